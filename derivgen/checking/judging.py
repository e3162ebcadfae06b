"""Statements in, verdicts out, one a link: each side against the true value of what the chain begins with.

What somebody has said stays said: wrong claims make a world of their own, in which later lines may *follow*; numbers
that were written are carried; an update leads to a new state of the network; shares of a sum (+=) are counted.
"""

from __future__ import annotations

import decimal
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derivgen.checking import diagnosing
from derivgen.checking.carrying import Figures, Values
from derivgen.checking.deciding import AtNumbers, Clock, Decision, World, close
from derivgen.checking.diagnosing import Asked
from derivgen.checking.expecting import expected, step
from derivgen.checking.rounding import agreement, literal, numeric, outside_exponents, structural, worked
from derivgen.checking.summing import accumulated, path_of, shares_of, subsets
from derivgen.checking.supposing import Suppositions
from derivgen.checking.work import Side, Statement, Subject, Unread, Verdict, Witness
from derivgen.errors import CertificateError, DerivgenError
from derivgen.evaluation import EvaluationError, Real, to_decimal
from derivgen.expression import (
    Apply,
    Name,
    Number,
    Partial,
    Tree,
    names,
    number,
    product,
    substitute,
    total,
    transform,
    walk,
)  # fmt: skip
from derivgen.operations import OPERATIONS
from derivgen.printing import plain
from derivgen.slips import Slipped
from derivgen.written import WritingError, write

__all__ = ["judge"]

SECONDS = 2.0  # for one link
MOST_WORLDS = 6  # of single wrong claims in which a line may follow
MOST_FILLED, MOST_FILLINGS = 4, 32  # numbers in a side that may stand for given quantities, and ways to read them


def judge(subject: Subject, found: Sequence[Statement | Unread], seconds: float = SECONDS) -> list[Verdict]:
    """A verdict for each link, in the order of the text; an ``Unread`` has one."""
    judging = _Judging(subject, found, seconds)
    verdicts: list[Verdict] = []
    for i, item in enumerate(found):
        judging.supposed.enter(found, i)
        if isinstance(item, Unread) and (item.fragment.skip or item.assumed):
            verdicts.append(Verdict("skipped", item.start, item.end, problem=item.fragment.skip or "condition"))
        elif isinstance(item, Unread):
            verdicts.append(Verdict(
                "unread", item.start, item.end, "", problem=item.problem, suggestion=item.suggestion,
                exercise=item.fragment.exercise, part=item.fragment.part,
            ))  # fmt: skip
        else:
            verdicts += judging.statement(item)
    return verdicts


@dataclass(frozen=True)
class _Finding:
    """What is found of a side before words are made of it."""

    verdict: str
    number: str = ""
    exact: str = ""
    decision: Decision = field(default_factory=lambda: Decision(None))
    needs: str = ""
    problem: str = ""
    shown: tuple[str, str] | None = None  # the true number and the one written


@dataclass(frozen=True)
class _Chain:
    """A chain as far as it is judged: what every side must come to, and the side before."""

    left: Tree
    truth: Tree
    kind: str = "equation"  # update, share
    before: Tree | None = None
    sound: bool = True  # whether the side before is right

    @property
    def token(self) -> Tree | None:
        """The quantity or derivative that the chain is about; None for a chain between expressions."""
        return self.left if isinstance(self.left, (Name, Partial)) else None


class _Judging:
    """What is known while a work is gone through: wrong claims, numbers given and written, updates, shares."""

    def __init__(self, subject: Subject, found: Sequence[Statement | Unread], seconds: float) -> None:
        self.subject, self.seconds = subject, seconds
        self.world = World.of(subject.graph)
        self.world.prepare(subject.roles.loss or subject.graph.output)
        self.claims: dict[Tree, Tree] = {}
        self.worlds: dict[tuple[tuple[Tree, Tree], ...], World] = {}
        self.definitions: dict[str, Tree] = {}
        self.figures = Figures(subject, self.world)
        self.supposed = Suppositions(subject, self.world, self.figures)
        self.clock = Clock(seconds)
        self.summed = accumulated(found)
        self.shares: dict[Partial, list[Tree]] = {}
        self.parts: dict[Tree, list[Tree]] = {}  # wrong sides that leave out a path
        self.begun: set[Partial] = set()

    # --- statements -----------------------------------------------------------------------------------------------

    def statement(self, statement: Statement) -> list[Verdict]:
        fragment = statement.fragment
        reason = fragment.skip or ("condition" if fragment.supposed and self.supposed.assumes(statement) else "")
        if reason:
            found = [
                Verdict("skipped", side.start, side.end, relation, tree=side.tree, problem=reason)
                for relation, side in statement.links
            ]  # fmt: skip
        else:
            found, left = [], statement.left
            links: list[tuple[str, Side]] = []
            for relation, side in statement.links:
                if relation == "=>":  # what follows is a statement of its own; that it follows is not said to be so
                    found += self._chain(left, links, statement.dummy)
                    self.supposed.further |= self.supposed.assumes(replace(statement, left=left, links=tuple(links)))
                    found.append(Verdict("skipped", side.start, side.end, relation, tree=side.tree))
                    left, links = side, []
                else:
                    links.append((relation, side))
            found += self._chain(left, links, statement.dummy)
        if fragment.conditional or self.supposed.further:
            found = [_under_a_condition(verdict) for verdict in found]
        return [replace(verdict, exercise=fragment.exercise, part=fragment.part) for verdict in found]

    def _chain(self, left: Side, links: Sequence[tuple[str, Side]], dummy: str) -> list[Verdict]:
        if not links:
            return []
        if dummy and links[0][0] != "+=":
            return self._of_function(left.tree, links, dummy)
        if array := self._argument(left.tree, links):
            letter = next(name for name in ("t", "u", "v", "r", "q", "zeta", "xi") if name not in self.world.graph)
            meant = {array: Name(letter)}
            own = [(relation, replace(side, tree=substitute(side.tree, meant))) for relation, side in links]
            return self._of_function(substitute(left.tree, meant), own, letter)
        token = self._meant(left.tree)
        if defined := self._defined(left, links):
            return defined
        chain = _Chain(token, token)
        if links[0][0] == "<-":
            return self._update(chain, links)
        if links[0][0] == "+=" or (isinstance(token, Partial) and token in self.summed):
            return self._summand(chain, links)
        if isinstance(token, Name) and self.world.graph.is_leaf(token.name) and token.name in self.world.graph:
            return self._leaf(chain, links)
        return self._judged(chain, links)

    def _meant(self, tree: Tree) -> Tree:
        """The tree with the work's own letters replaced by what they were said to be."""
        return substitute(tree, self.definitions) if self.definitions else tree

    def _judged(self, chain: _Chain, links: Sequence[tuple[str, Side]], world: World | None = None) -> list[Verdict]:
        """Every link of a chain; what it ends with is what the work goes on with."""
        verdicts = []
        for relation, side in links:
            self.clock = Clock(self.seconds)
            tree = self._meant(side.tree)
            try:
                finding = self._finding(chain, tree, world)
            except (DerivgenError, RecursionError) as error:  # arrays that do not fit, a derivative of an array
                finding = _Finding("undecided", problem=str(error))
            verdicts.append(self._verdict(chain, relation, side, tree, finding, world or self.world))
            sound = verdicts[-1].verdict in ("right", "recovered", "right only when")
            chain = replace(chain, before=tree, sound=sound or (verdicts[-1].verdict == "undecided" and chain.sound))
        self._remember(chain, verdicts[-1])
        return verdicts

    def _remember(self, chain: _Chain, last: Verdict) -> None:
        """Keep what the chain claims: a wrong form or number of its quantity, or the digits of a right one."""
        if chain.kind == "share" or chain.before is None or last.verdict == "undecided":
            return
        try:
            tokens, sides = (self.world.cells(tree)[1] for tree in (chain.left, chain.before))
        except CertificateError:
            return
        if len(tokens) != len(sides):
            return
        for token, side in zip(tokens, sides, strict=True):
            if not isinstance(token, (Name, Partial)):
                continue
            shown = literal(side)
            if shown is not None and (last.number or not chain.sound):
                self.figures.write_down(token, shown.value, sound=chain.sound)
            elif chain.sound:
                self.claims.pop(token, None)
                self.figures.write_down(token, None, sound=True)
            elif chain.kind == "equation" and side != token:
                self.claims.pop(token, None)  # the latest claim stands last
                self.claims[token] = side

    # --- one side -------------------------------------------------------------------------------------------------

    def _finding(self, chain: _Chain, tree: Tree, world: World | None = None) -> _Finding:
        """Right as it stands, right as a number, or following from what is wrong before it; else wrong."""
        world = world or self.world
        if name := world.unknown(tree) or world.unknown(chain.truth):
            return _Finding("undecided", problem=world.problem(name))
        filled = numeric(tree)
        decision = world.decide(chain.truth, tree, self.clock, real=not filled)
        if decision.equal:
            needs = self._needs(chain.truth, tree)
            verdict = "right only when" if needs else "right" if chain.sound else "recovered"
            number = "exact" if literal(tree) and self.figures.given else ""
            return _Finding(verdict, number, decision=decision, needs=needs)
        if not filled and self.figures.given and self._filled_in(chain.truth, tree):
            return _Finding("right" if chain.sound else "recovered", decision=decision)
        if filled:
            found = self._as_number(chain, tree)
            if found is not None:
                if found.verdict == "right" and not chain.sound:
                    found = replace(found, verdict="recovered")
                return replace(found, decision=decision)
        needs, under = self.supposed.needed(chain.truth, tree, self.clock)
        if needs:
            return _Finding("right only when", decision=decision, needs=needs)
        if filled:
            decision = world.decide(chain.truth, tree, self.clock)
            alone = not self._says(tree) and not (structural(tree) and self._derived(chain.truth))
            alone = alone and not self._constant(chain.truth)
            if decision.equal is False and not decision.problem and alone:
                return _Finding("undecided", problem="nothing says which numbers the quantities have")
            if decision.equal:
                return _Finding("right" if chain.sound else "recovered", decision=decision)
        if self._follows(chain, tree):
            return _Finding("follows", decision=decision)
        if decision.equal is None:
            return _Finding("undecided", decision=decision, problem=decision.problem)
        if under is not None:
            decision = under
        if needs := self._at_these_numbers(chain, tree, world):
            return _Finding("right only when", decision=decision, needs=needs)
        return _Finding("wrong", decision=decision, problem=decision.problem)

    def _at_these_numbers(self, chain: _Chain, tree: Tree, world: World) -> str:
        """The signs that the work's numbers give its ReLUs, where a line is right for these; empty if it is not.

        Decided on the network whose ReLUs are as these signs have them: that two sides meet at one point is not enough.
        """
        if not self.figures.given or not world.kinked:
            return ""
        state, graph, scope = self.figures.state("now"), world.graph, world.graph.scope
        nodes, signs = [], []
        for node in graph.nodes:
            if node.name in world.kinked:
                (part, *more) = world.kinked[node.name]
                if more or part != node.tree or part.operation != "relu":
                    return ""
                try:
                    value = state.value(part.args[0])
                except (EvaluationError, decimal.DecimalException):
                    return ""
                if not value:
                    return ""
                signs.append(f"{plain(part.args[0], scope)} {'>' if value > 0 else '<'} 0")
                closed = Apply("multiply", (number(0), part.args[0]))
                node = replace(node, tree=part.args[0] if value > 0 else closed)
            nodes.append(node)
        there = World.of(replace(graph, nodes=tuple(nodes), stated=()))
        return ", ".join(signs) if there.decide(chain.truth, tree, self.clock).equal else ""

    def _says(self, tree: Tree) -> bool:
        """Whether quantities stand in a tree, so that it is no matter of numbers alone."""
        return any(isinstance(part, (Name, Partial)) for part in walk(tree))

    def _filled_in(self, truth: Tree, tree: Tree) -> bool:
        """Whether a side is right with given quantities in place of some of its numbers: a - 1 where y = 1."""
        places = [part for part in outside_exponents(tree) if isinstance(part, Number)][:MOST_FILLED]
        ways = [
            [None, *(key for key, own in self.figures.given.items() if isinstance(key, str) and own == place.value)]
            for place in places
        ]  # fmt: skip
        for way in itertools.islice(itertools.product(*ways), 1, MOST_FILLINGS):
            stand_for = {id(place): Name(name) for place, name in zip(places, way, strict=True) if name}
            filled = _with_parts(tree, stand_for)
            if not self.clock.over and self.world.decide(truth, filled, self.clock, real=False).equal:
                return True
        return False

    def _derived(self, truth: Tree) -> bool:
        """Whether a chain is about a derivative, of which 0, 1 and 2 are said in symbols too."""
        return any(isinstance(part, Partial) for part in walk(truth))

    def _constant(self, truth: Tree) -> bool:
        """Whether a quantity is the same number whatever the leaves are: ∂z/∂b = 1."""
        found = [values for values in self.world.residues(truth) if values is not None]
        return len(found) > 1 and all(values == found[0] for values in found)

    def _needs(self, truth: Tree, tree: Tree) -> str:
        """The constraints without which the sides are not equal."""
        simplices = self.world.graph.simplices
        if not simplices:
            return ""
        touched = [group for group in simplices if set(group) & set(self.world.leaves_of(truth, tree))]
        if not touched or truth == tree:
            return ""
        free = World.of(replace(self.world.graph, simplices=()))
        if free.decide(truth, tree, self.clock, real=False).equal:
            return ""
        scope = self.world.graph.scope
        return ", ".join(f"{plain(total(map(Name, group)), scope)} = 1" for group in touched)

    def _needs_of_functions(self, world: World, truth: Tree, tree: Tree) -> str:
        """What an abstract function would have to be: g'(z) = a(1 - a) is right when g is the sigmoid."""
        graph = world.given_graph
        for function, arity in graph.functions:
            for row in OPERATIONS.values() if function not in dict(graph.bindings) and arity == 1 else ():
                if row.role == "activation" and not self.clock.over:
                    bound = World.of(graph.bind({function: row.name}))
                    if bound.decide(truth, tree, self.clock, real=False).equal:
                        return f"{function} = {row.name}"
        return ""

    def _follows(self, chain: _Chain, tree: Tree) -> bool:
        """Whether a wrong side is right after all that was wrong before it."""
        before = chain.before
        if before is not None and not chain.sound and self.world.decide(before, tree, self.clock).equal:
            return True
        worlds = self._wrong_worlds()
        return any(not self.clock.over and w.decide(chain.truth, tree, self.clock).equal for w in worlds)

    def _wrong_worlds(self) -> list[World]:
        """The worlds in which all wrong claims are true, or one of them."""
        claims = tuple(self.claims.items())
        alone = [(claim,) for claim in claims[-MOST_WORLDS:]]
        sets = [claims, *alone] if len(claims) > 1 else alone
        for some in sets:
            if some not in self.worlds:
                self.worlds[some] = World(self.subject.graph, some)
        return [self.worlds[some] for some in sets]

    # --- numbers --------------------------------------------------------------------------------------------------

    def _cells(self, tree: Tree) -> tuple[Tree, ...]:
        return self.world.cells(tree)[1]

    def _as_number(self, chain: _Chain, tree: Tree) -> _Finding | None:
        """A side with numbers in it, judged to the digits written; None if the numbers that it needs are not known."""
        try:
            shapes = [self.world.cells(side) for side in (chain.truth, tree)]
        except CertificateError:
            return None
        if shapes[0][0] != shapes[1][0]:
            return None
        truths, cells = shapes[0][1], shapes[1][1]
        true = self._true_values(chain, truths, cells)
        if true is None:
            return None
        grade = self.figures.graded(cells, true, self.figures.state("now"))
        if not grade and chain.sound and self._drifted(chain, truths, cells):
            grade = "drifted"
        exact = self.figures.text(true)
        if grade:
            return _Finding("right", grade, exact)
        if self._follows_in_numbers(chain, truths, cells):
            return _Finding("follows", "wrong", exact)
        return _Finding("wrong", "wrong", exact, shown=(exact, self.figures.text(self.figures.as_written(cells))))

    def _true_values(self, chain: _Chain, truths: tuple[Tree, ...], cells: tuple[Tree, ...]) -> Values | None:
        """The values that a side must have; after updates the new ones, where the work has gone on to them."""
        found = None
        for state in self.figures.states(chain.truth, stepped=chain.kind != "equation"):
            try:
                values = tuple(state.value(cell) for cell in truths)
            except (EvaluationError, decimal.DecimalException):
                continue
            if state is not self.figures.state("now") and self.figures.graded(cells, values, state):
                self.figures.go_on()
                return values
            found = found or values
        return found

    def _drifted(self, chain: _Chain, truths: tuple[Tree, ...], cells: tuple[Tree, ...]) -> bool:
        """Whether a number comes of the digits that were written before, rounded as they are."""
        carried = self.figures.carried(self.world, chain.left, mistaken=False)
        return self._comes_of(chain, truths, cells, carried)

    def _follows_in_numbers(self, chain: _Chain, truths: tuple[Tree, ...], cells: tuple[Tree, ...]) -> bool:
        """Whether a number comes of what is wrong before it: in its chain, in forms, in numbers."""
        worlds = [self.world, *self._wrong_worlds()]
        if chain.sound and not self.claims and not self.figures.mistaken:
            return False
        times = (False, True) if self.figures.updated and chain.kind == "equation" else (False,)
        states = [self.figures.carried(world, chain.left, mistaken=True, new=new) for world in worlds for new in times]
        return any(self._comes_of(chain, truths, cells, state) for state in states)

    def _comes_of(self, chain: _Chain, truths: tuple[Tree, ...], cells: tuple[Tree, ...], state: AtNumbers) -> bool:
        """Whether a side is what the one before it comes to as written, or what the quantity is in that state."""
        sides = [truths] if chain.before is None or chain.sound else []
        if chain.before is not None:
            sides.insert(0, self._cells(chain.before))
        for side in sides:
            try:
                values = tuple(worked(cell, state, lambda _: False)[0] for cell in side)
            except (EvaluationError, decimal.DecimalException, KeyError):
                continue
            if len(values) == len(cells) and self.figures.graded(cells, values, state):
                return True
        return False

    # --- what is said of a side -----------------------------------------------------------------------------------

    def _verdict(
        self, chain: _Chain, relation: str, side: Side, tree: Tree, finding: _Finding, world: World
    ) -> Verdict:  # fmt: skip
        found = Verdict(
            finding.verdict, side.start, side.end, relation, chain.left, side.tree, number=finding.number,
            exact=finding.exact, needs=finding.needs, problem=finding.problem, sampled=finding.decision.sampled,
        )  # fmt: skip
        if finding.verdict not in ("wrong", "follows"):
            return found
        found = replace(found, expected=self._expected(chain, tree, finding))
        if finding.verdict == "follows":
            return found
        named = self._slip(chain, tree, finding) if world is self.world else None
        if named is None and not finding.number and (needs := self._needs_of_functions(world, chain.truth, tree)):
            return replace(found, verdict="right only when", needs=needs, expected=None)
        found = replace(found, witness=self._witness(chain, tree, finding, world))
        if named is not None and named.slip == "path_left_out" and self._other_half(chain.left, tree):
            named = replace(named, slip="accumulation_overwritten")
        return _with_slip(found, named) if named is not None else found

    def _other_half(self, token: Tree, tree: Tree) -> bool:
        """Whether a derivative is said once more to be a part of its sum, and the parts make it up."""
        before = self.parts.setdefault(token, [])
        before.append(tree)
        return len(before) > 1 and self.world.decide(token, total(before), self.clock).equal is True

    def _expected(self, chain: _Chain, tree: Tree, finding: _Finding) -> Tree | None:
        graph, network = self.subject.graph, self.subject.network
        if finding.number and literal(tree) and finding.exact and "," not in finding.exact:
            try:
                value = self.figures.state("now").value(chain.truth)
                return _as_tree(write(value, self.subject.digits)[0])
            except (DerivgenError, decimal.DecimalException, ValueError):
                return None
        return expected(graph, network, chain.truth, tree)

    def _witness(self, chain: _Chain, tree: Tree, finding: _Finding, world: World) -> Witness | None:
        if finding.shown is not None:
            return Witness((), *finding.shown)
        decision = finding.decision
        if not isinstance(decision.point, AtNumbers):
            return None
        at = [
            (name, write(decision.point.leaves[name], 6)[0])
            for name in world.leaves_of(chain.truth, tree) if name in decision.point.leaves
        ]  # fmt: skip
        at += [(f, op) for f, op in decision.point.bound if f in world.functions_of(chain.truth, tree)]
        left, right = _apart(*decision.values)
        return Witness(tuple(at), left, right)

    def _slip(self, chain: _Chain, tree: Tree, finding: _Finding) -> Slipped | None:
        """The slip that explains a wrong side, one entry of an array if only one is wrong."""
        roles = self.subject.roles
        try:
            if finding.number:
                return self._numeric_slip(chain, tree)
            token, wrong = self._wrong_entry(chain.left, tree)
            asked = Asked(token, chain.kind == "update", chain.before if chain.sound else None, wrong)
            return diagnosing.slip_in_symbols(self.world, roles, self.subject.network, asked, self.clock)
        except (DerivgenError, RecursionError):  # nothing that can be derived: no slip is named
            return None

    def _wrong_entry(self, left: Tree, tree: Tree) -> tuple[Tree, Tree]:
        """The only wrong entry of an array and what it is an entry of; the sides themselves if there are more."""
        tokens, cells = self._cells(left), self._cells(tree)
        if len(tokens) == len(cells) > 1:
            pairs = [pair for pair in zip(tokens, cells, strict=True) if not self.world.decide(*pair, self.clock).equal]
            if len(pairs) == 1:
                return pairs[0]
        return left, tree

    def _numeric_slip(self, chain: _Chain, tree: Tree) -> Slipped | None:
        """A slip whose numbers are the wrong ones: two digits at least, or chance would name one."""
        cells, state = self._cells(tree), self.figures.state("now")
        if (early := self._used_early(chain, cells)) is not None:
            return early
        shown = [literal(cell) for cell in cells]
        if not all(s is not None and abs(s.value) >= 10 * s.unit for s in shown) and all(shown):
            return None

        def matches(other: Tree) -> bool:
            try:
                values = tuple(state.value(cell) for cell in self.world.cells(other)[1])
            except (DerivgenError, decimal.DecimalException):
                return False
            return len(values) == len(cells) and bool(self.figures.graded(cells, values, state))

        asked = Asked(chain.left, chain.kind == "update", None, tree)
        return diagnosing.slip_in_numbers(self.subject.roles, self.subject.network, asked, matches, self.clock)

    def _used_early(self, chain: _Chain, cells: tuple[Tree, ...]) -> Slipped | None:
        """A derivative that was worked out with a weight that has been updated already."""
        if not self.figures.updated or not any(isinstance(part, Partial) for part in walk(chain.truth)):
            return None
        weights = [name for name in self.figures.updated if isinstance(name, str)]
        state, found = self.figures.state("now"), []
        forward = {node.name: state[node.name] for node in self.world.graph.nodes}
        for name in weights:
            new = {**self.figures.given, name: self.figures.updated[name]}
            for given in ({**forward, **new}, new):  # with the values of the forward pass kept, or done anew
                one = AtNumbers(self.world, given, self.subject.taken)
                try:
                    values = tuple(one.value(cell) for cell in self._cells(chain.truth))
                except (EvaluationError, decimal.DecimalException):
                    continue
                if self.figures.graded(cells, values, one):
                    found.append(name)
        if len(set(found)) != 1:
            return None
        at = next((part.wrt for part in walk(chain.truth) if isinstance(part, Partial)), "")
        return Slipped("updated_weight_early", chain.truth, (Name(found[0]), Name(at)))

    # --- leaves, functions, letters of the work's own -------------------------------------------------------------

    def _leaf(self, chain: _Chain, links: Sequence[tuple[str, Side]]) -> list[Verdict]:
        """A statement about an input or a weight: a given number, an update, a declared constraint."""
        assert isinstance(chain.left, Name)
        name = chain.left.name
        sides = [self._meant(side.tree) for _, side in links]
        shown = literal(sides[0])
        if shown is None and (name in names(sides[0]) or self.subject.roles.step_size in names(sides[0])):
            return self._update(chain, links) if sides[0] != chain.left else self._judged(chain, links)
        known = [state[name] for state in (self.figures.given, self.figures.updated) if name in state]
        if shown is not None and name in self.figures.updated and agreement(shown, self.figures.updated[name]):
            self.figures.go_on()
        elif shown is not None and not known:
            self.figures.give(name, shown.value)
        elif known and not self._says(sides[0]) and not any(shown and agreement(shown, value) for value in known):
            stepped = self._is_update(chain, sides[0])  # w_1 = 0.3 - 0.1*0.2
            return self._update(chain, links) if stepped else self._judged(chain, links)
        found = self._judged(chain, links)
        if shown is None and found[0].verdict == "wrong" and self._says(sides[0]):
            problem = f"{name} is given: the network has no equation for it"
            found[0] = replace(found[0], verdict="undecided", problem=problem, expected=None, witness=None, slip="")
            self.claims.pop(chain.left, None)
        return found

    def _is_update(self, chain: _Chain, side: Tree) -> bool:
        """Whether a number is a weight's after one step."""
        truth = self._stepped(chain.left)
        return truth is not None and (found := self._as_number(replace(chain, truth=truth), side)) is not None and (
            found.verdict == "right"
        )

    def _argument(self, left: Tree, links: Sequence[tuple[str, Side]]) -> str:
        """The array that stands for any number in a function's definition, σ(x) = 1/(1 + e^-x); empty if none does."""
        if not isinstance(left, Apply) or len(left.args) != 1 or not isinstance(left.args[0], Name):
            return ""
        name = left.args[0].name
        parts = [part for _, side in links for part in walk(side.tree) if isinstance(part, (Name, Partial))]
        return name if name in dict(self.world.graph.arrays) and all(part == Name(name) for part in parts) else ""

    def _of_function(self, left: Tree, links: Sequence[tuple[str, Side]], dummy: str) -> list[Verdict]:
        """A definition or a property of a function, for any argument."""
        graph = self.world.graph
        found = self._judged(_Chain(left, left), links, World.of(replace(graph, leaves=(*graph.leaves, dummy))))
        if dummy not in names(links[0][1].tree) and found[0].verdict in ("undecided", "wrong"):
            problem = f"{dummy}: no such quantity"
            return [
                replace(verdict, verdict="undecided", problem=problem, expected=None, witness=None, slip="", needs="")
                for verdict in found
            ]  # fmt: skip
        if isinstance(left, Apply) and not left.slot and self._open(left.operation) and found[0].verdict == "wrong":
            problem = f"the network leaves open which function {left.operation} is"
            return [
                replace(verdict, verdict="undecided", problem=problem, expected=None, witness=None, slip="", needs="")
                for verdict in found
            ]  # fmt: skip
        return found

    def _open(self, function: str) -> bool:
        """Whether a function is declared and bound to no row of the table."""
        graph = self.world.given_graph
        return function in dict(graph.functions) and function not in dict(graph.bindings)

    def _defined(self, left: Side, links: Sequence[tuple[str, Side]]) -> list[Verdict]:
        """A letter of the work's own, which stands for its first side from now on."""
        tree = left.tree
        if not isinstance(tree, Name) or not self.world.unknown(tree) or tree.name in self.definitions:
            return []
        relation, side = links[0]
        meaning = self._meant(side.tree)
        if relation != "=" or self.world.unknown(meaning) or tree.name in names(meaning):
            return []
        self.definitions[tree.name] = meaning
        first = Verdict("right", side.start, side.end, relation, tree, side.tree)
        return [first, *(self._judged(_Chain(tree, meaning, before=meaning), links[1:]) if links[1:] else ())]

    # --- updates --------------------------------------------------------------------------------------------------

    def _stepped(self, weight: Tree) -> Tree | None:
        """w − α ∂L/∂w; None where the network has no step size or no loss."""
        roles = self.subject.roles
        loss = roles.loss or self.world.graph.output
        if not isinstance(weight, Name) or not roles.step_size or self.world.unknown(Name(roles.step_size)):
            return None
        return step(roles.step_size, loss, weight)

    def _update(self, chain: _Chain, links: Sequence[tuple[str, Side]]) -> list[Verdict]:
        """w <- w − α ∂L/∂w, from the old values; the new one counts when the work goes on from it."""
        truth = self._stepped(chain.left)
        own = self.subject.roles.step_size not in self.figures.given and not self._uses_step(links[0][1].tree)
        if (truth is None or own) and (found := self._any_step(chain, links)) is not None:
            return found
        if truth is None:
            return [
                Verdict("undecided", side.start, side.end, relation, chain.left, side.tree,
                        problem="the network has no step size, or no loss")
                for relation, side in links
            ]  # fmt: skip
        found = self._judged(replace(chain, truth=truth, kind="update"), links)
        if any(verdict.verdict in ("right", "recovered", "follows", "right only when") for verdict in found):
            new: dict[str, Real] = {}
            for token, cell in zip(self._cells(chain.left), self._cells(truth), strict=True):
                try:
                    if isinstance(token, Name):
                        new[token.name] = self.figures.state("now").value(cell)
                except (EvaluationError, decimal.DecimalException):
                    continue
            for name, value in new.items():
                self.figures.update(name, value)
        return found

    def _uses_step(self, tree: Tree) -> bool:
        return self.subject.roles.step_size in names(self._meant(tree))

    def _any_step(self, chain: _Chain, links: Sequence[tuple[str, Side]]) -> list[Verdict] | None:
        """An update with a step size of its own: w − 0.1 ∂L/∂w is right when the step size is 0.1."""
        loss = self.subject.roles.loss or self.world.graph.output
        if not isinstance(chain.left, Name) or self.world.unknown(chain.left):
            return None
        weight, gradient = chain.left, Partial(loss, chain.left.name)
        side = self._meant(links[0][1].tree)
        if not self._says(side) or self.world.unknown(side):
            return None
        sizes = []
        try:
            pairs = [self._cells(tree) for tree in (weight, side, gradient)]
            for point in itertools.islice(self.world.points, 3):
                old, new, slope = (point.value(cells[0]) for cells in pairs)
                sizes.append((to_decimal(old) - to_decimal(new)) / to_decimal(slope))
        except (DerivgenError, decimal.DecimalException):
            return None
        size = Fraction(sizes[0]).limit_denominator(10**9) if sizes else Fraction(0)
        if not sizes or size <= 0 or size == 1 or not all(close(each, size) for each in sizes):
            return None
        truth = Apply("subtract", (weight, product((Number(size), gradient))))
        found = self._judged(replace(chain, truth=truth, kind="update"), links)
        name = self.subject.roles.step_size or "alpha"
        needs = f"{name} = {write(size, 9)[0]}"
        return [replace(v, verdict="right only when", needs=needs) if v.verdict == "right" else v for v in found]

    # --- shares of a sum ------------------------------------------------------------------------------------------

    def _summand(self, chain: _Chain, links: Sequence[tuple[str, Side]]) -> list[Verdict]:
        """∂L/∂v += ∂L/∂c ∂c/∂v, one consumer c after the other: each share once, and all of them in the end."""
        token = chain.left
        if not isinstance(token, Partial) or self.world.unknown(token) or token.wrt in dict(self.world.graph.arrays):
            return [
                Verdict("undecided", side.start, side.end, relation, token, side.tree,
                        problem="only the derivative by a single quantity is added up share by share")
                for relation, side in links
            ]  # fmt: skip
        self.clock = Clock(self.seconds)
        self.summed[token] = self.summed.get(token, 1) - 1
        relation, side = links[0]
        tree = self._meant(side.tree)
        left_over = self.shares.setdefault(token, shares_of(self.world.graph, token))
        whole = total(left_over) if left_over else token
        zero = (shown := literal(tree)) is not None and shown.value == 0
        if relation == "=" and zero and token not in self.begun and left_over:
            return self._judged(_Chain(token, shown_as(tree), "share"), links)
        again = relation == "=" and token in self.begun
        self.begun.add(token)
        share = next((some for some in subsets(left_over) if self._is_right(token, total(some), tree)), None)
        if again and share is not None and not self._is_right(token, token, tree):
            found = self._judged(_Chain(token, total(share), "share"), links)
            slip, path = "accumulation_overwritten", path_of(token, share[0])
            expects = total(shares_of(self.world.graph, token))
            return [replace(found[0], verdict="wrong", expected=expects, slip=slip, path=path), *found[1:]]
        if share is None:
            target = whole if relation == "+=" else token
            return self._judged(_Chain(token, target, "share"), links)
        found = self._judged(_Chain(token, total(share), "share"), links)
        for one in share:
            left_over.remove(one)
        if left_over and not self.summed[token]:
            last = replace(
                found[0], verdict="wrong", expected=total((*share, *left_over)), slip="path_left_out",
                path=path_of(token, left_over[0]),
            )  # fmt: skip
            return [last, *found[1:]]
        return found

    def _is_right(self, token: Tree, truth: Tree, tree: Tree) -> bool:
        return self._finding(_Chain(token, truth, "share"), tree).verdict == "right"


def _under_a_condition(verdict: Verdict) -> Verdict:
    """What is wrong in general may be right under the condition that it stands with."""
    if verdict.verdict not in ("wrong", "follows"):
        return verdict
    problem = "it stands behind a condition"
    return replace(verdict, verdict="undecided", problem=problem, slip="", expected=None, witness=None)


def _with_parts(tree: Tree, others: Mapping[int, Tree]) -> Tree:
    """The tree with others for some of its very parts, equal ones elsewhere untouched."""
    return transform(tree, lambda part: others.get(id(part)))


def _as_tree(text: str) -> Tree:
    """A decimal as it is printed."""
    bare = Number(Fraction(text.lstrip("-")), text.lstrip("-"))
    return Apply("negate", (bare,)) if text.startswith("-") else bare


def shown_as(tree: Tree) -> Tree:
    """A number as the value that it has."""
    found = literal(tree)
    return tree if found is None else number(found.value)


def _with_slip(verdict: Verdict, named: Slipped) -> Verdict:
    return replace(verdict, slip=named.slip, about=named.about, path=named.path, at=named.at)


def _apart(left: Real, right: Real) -> tuple[str, str]:
    """Two numbers with as many decimals as it takes to tell them apart, four at least."""
    for places in (4, 6, 9, 15, 30):
        try:
            texts = write(left, places)[0], write(right, places)[0]
        except WritingError:
            break
        if texts[0] != texts[1]:
            return texts
    return f"{to_decimal(left):.6e}", f"{to_decimal(right):.6e}"
