"""Statements in, verdicts out, one a link: each side against the true value of what the chain begins with.

What somebody has said stays said: wrong claims make a world of their own, in which later lines may *follow*; numbers
that were written are carried; an update leads to a new state of the network; shares of a sum (+=) are counted.
"""

from __future__ import annotations

import contextlib
import decimal
import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from derivgen.checking.judging.deciding import Decision, World, close
from derivgen.checking.judging.expecting import step
from derivgen.checking.judging.rounding import Literal, agreement, literal
from derivgen.checking.judging.shaping import between_shapes, completed
from derivgen.checking.judging.sides import Chain, Finding, Sides, says
from derivgen.checking.judging.summing import accumulated, path_of, shares_of, subsets
from derivgen.checking.judging.telling import Telling
from derivgen.checking.work import Side, Statement, Subject, Unread, Verdict
from derivgen.errors import CertificateError, DerivgenError
from derivgen.evaluation import CONTEXT, EvaluationError, Real, to_decimal
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
    walk,
)  # fmt: skip
from derivgen.written import write

__all__ = ["judge"]

SECONDS = 2.0  # for one link


def judge(subject: Subject, found: Sequence[Statement | Unread], seconds: float = SECONDS) -> list[Verdict]:
    """A verdict for each link, in the order of the text; an ``Unread`` has one."""
    judging = _Judging(subject, found, seconds)
    verdicts: list[Verdict] = []
    for i, item in enumerate(found):
        judging.supposed.enter(found, i)
        if isinstance(item, Unread) and (item.fragment.skip or item.assumed):
            verdicts.append(Verdict("skipped", item.start, item.end, problem=item.fragment.skip or "condition"))
        elif isinstance(item, Unread):
            judging.lost |= judging.may_update(item)
            verdicts.append(Verdict(
                "unread", item.start, item.end, "", problem=item.problem, suggestion=item.suggestion,
                exercise=item.fragment.exercise, part=item.fragment.part,
            ))  # fmt: skip
        else:
            verdicts += judging.statement(item)
    return verdicts


# w_{new} = ..., w' = ..., w^+ = ..., w \to ...
_NEW = re.compile(r"(?<![A-Za-z\\])([A-Za-z])[^=]{0,12}(?:(?<![A-Za-z])new(?![A-Za-z])|'|\^\{?\+|\\to\b)")


class _Judging:
    """What is known while a work is gone through: wrong claims, numbers given and written, updates, shares."""

    def __init__(self, subject: Subject, found: Sequence[Statement | Unread], seconds: float) -> None:
        self.subject = subject
        self.sides = Sides(subject, found, seconds)
        self.telling = Telling(self.sides)
        self.world, self.figures, self.steps = self.sides.world, self.sides.figures, self.sides.steps
        self.claims, self.supposed = self.sides.claims, self.sides.supposed
        self.definitions: dict[str, Tree] = {}
        self.summed = accumulated(found)
        self.lost = False  # an update that could not be read: from there on nobody knows the weights
        self.shares: dict[Partial, list[Tree]] = {}
        self.begun: set[Partial] = set()

    # --- statements -----------------------------------------------------------------------------------------------

    def statement(self, statement: Statement) -> list[Verdict]:
        fragment, before = statement.fragment, dict(self.claims)
        self.steps.reach(statement)
        reason = fragment.skip or ("condition" if fragment.supposed and self.supposed.assumes(statement) else "")
        if self.supposed.rivals_given(statement):
            found = self._refused(statement.left.tree, statement.links, "the exercise gives it another number")
        elif reason:
            found = [
                Verdict("skipped", side.start, side.end, relation, tree=side.tree, problem=reason)
                for relation, side in statement.links
            ]  # fmt: skip
        elif shapes := _between_shapes(statement):
            found = shapes
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
        if self.lost:
            found = [_after_an_unread_update(verdict) for verdict in found]
        if fragment.conditional or self.supposed.further:
            if any(verdict.verdict in ("wrong", "follows") for verdict in found):
                self.claims.clear()  # nothing goes on from what may be right
                self.claims.update(before)
            if not self.supposed.understood:
                found = [_under_a_condition(verdict) for verdict in found]
        return [replace(verdict, exercise=fragment.exercise, part=fragment.part) for verdict in found]

    def may_update(self, item: Unread) -> bool:
        """Whether what cannot be read may say a weight's new value: w_{new} = ..., w' = ..."""
        weights = {name[0] for name in self.subject.roles.weights}
        said = _NEW.search(item.fragment.source)
        return said is not None and said[1] in weights

    def _chain(self, left: Side, links: Sequence[tuple[str, Side]], dummy: str) -> list[Verdict]:
        if not links:
            return []
        left, links = _turned(left, links)
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
        chain = Chain(token, token)
        if links[0][0] == "<-":
            return self._update(chain, links)
        if links[0][0] == "+=" or (isinstance(token, Partial) and token in self.summed):
            return self._summand(chain, links)
        if isinstance(token, Name) and self.world.graph.is_leaf(token.name) and token.name in self.world.graph:
            return self._leaf(chain, links)
        return self._judged(chain, links)

    def _refused(self, left: Tree, links: Sequence[tuple[str, Side]], problem: str) -> list[Verdict]:
        """Nothing is said of these links but why."""
        return [
            Verdict("undecided", side.start, side.end, relation, left, side.tree, problem=problem)
            for relation, side in links
        ]  # fmt: skip

    def _meant(self, tree: Tree) -> Tree:
        """The tree with the work's own letters replaced by what they were said to be."""
        return substitute(tree, self.definitions) if self.definitions else tree

    def _judged(self, chain: Chain, links: Sequence[tuple[str, Side]], world: World | None = None) -> list[Verdict]:
        """Every link of a chain; what it ends with is what the work goes on with."""
        verdicts: list[Verdict] = []
        form: Tree | None = None  # the last side that says what the quantity is, if it is wrong
        for relation, side in links:
            if self._names(chain, side.tree):
                verdicts.append(_definition(chain.left, relation, side))
                continue
            self.sides.begin()
            tree = completed(self.world.graph, chain.left, self._meant(side.tree), self.subject.roles.constants)
            try:
                finding = self.sides.finding(chain, tree, world)
            except (DerivgenError, RecursionError) as error:  # arrays that do not fit, a derivative of an array
                finding = Finding("undecided", problem=str(error))
            if self.supposed.rivals and (finding.verdict in ("wrong", "follows") or finding.number == "drifted"):
                finding = self._supposed_instead(chain, tree, world) or finding
            if side.change is not None and finding.verdict in ("wrong", "undecided"):
                tree, finding = self._as_change(chain, tree, finding, self._meant(side.change))
                side = replace(side, tree=tree)
            if self.supposed.understood and self.supposed.signs and finding.verdict in ("wrong", "follows"):
                finding = self._on_supposed_branch(chain, tree, finding)
            verdicts.append(self.telling.verdict(chain, relation, side, tree, finding, world or self.world))
            sound = verdicts[-1].verdict in ("right", "recovered", "right only when")
            chain = replace(chain, before=tree, sound=sound or (verdicts[-1].verdict == "undecided" and chain.sound))
            if says(tree) or not self.figures.given:
                form = None if chain.sound else tree
        if judged := [verdict for verdict in verdicts if verdict.verdict != "skipped"]:
            self._remember(chain, judged[-1], form)
        return verdicts

    def _as_change(self, chain: Chain, tree: Tree, finding: Finding, changed: Tree) -> tuple[Tree, Finding]:
        """A side read as what is added, or taken away, where it is nothing else: w -= 0.1 (-4) = -0.4."""
        with contextlib.suppress(DerivgenError, RecursionError):
            other = self.sides.finding(chain, changed)
            return (changed, other) if other.verdict not in ("wrong", "undecided") else (tree, finding)
        return tree, finding

    def _supposed_instead(self, chain: Chain, tree: Tree, world: World | None) -> Finding | None:
        """Right at the numbers that the work supposes in place of those that it was given."""
        with self.supposed.under_rivals() as needs, contextlib.suppress(DerivgenError, RecursionError):
            found = self.sides.finding(chain, tree, world)
            if found.verdict in ("right", "recovered"):
                return replace(found, verdict="right only when", needs=needs)
            return found if found.verdict == "right only when" else None
        return None

    def _on_supposed_branch(self, chain: Chain, tree: Tree, finding: Finding) -> Finding:
        """What is wrong in general, where the sentence says on which side of a kink it is."""
        needs, equal = self.supposed.on_branch(chain.truth, tree, self.sides.clock)
        if equal:
            return Finding("right only when", needs=needs)
        if equal is None or finding.number:
            return Finding("undecided", problem="it stands behind a condition")
        return Finding("wrong", decision=Decision(False))  # numbers at which the sides differ may lie beyond the kink

    def _remember(self, chain: Chain, last: Verdict, form: Tree | None) -> None:
        """Keep what the chain claims: a wrong form or number of its quantity, or the digits of a right one.

        Of a wrong form that was worked out to a number both count from there on.
        """
        if chain.kind == "share" or chain.before is None or last.verdict == "undecided":
            return
        for token, side in self._cell_by_cell(chain.left, chain.before):
            shown = literal(side)
            if shown is not None and (last.number or not chain.sound):
                self.figures.write_down(token, shown.value, sound=chain.sound)
            elif chain.sound:
                self.claims.pop(token, None)
                self.figures.write_down(token, None, sound=True)
        if form is not None and not chain.sound and chain.kind == "equation":
            for token, side in self._cell_by_cell(chain.left, form):
                if side != token and (literal(side) is None or not self.figures.given):
                    self.claims.pop(token, None)  # the latest claim stands last
                    self.claims[token] = side

    def _cell_by_cell(self, left: Tree, side: Tree) -> list[tuple[Name | Partial, Tree]]:
        """The quantities of a chain, of an array one after the other, and what a side has for each."""
        try:
            tokens, sides = (self.world.cells(tree)[1] for tree in (left, side))
        except CertificateError:
            return []
        pairs = zip(tokens, sides, strict=False) if len(tokens) == len(sides) else ()
        return [(token, cell) for token, cell in pairs if isinstance(token, (Name, Partial))]

    # --- leaves, functions, letters of the work's own -------------------------------------------------------------

    def _leaf(self, chain: Chain, links: Sequence[tuple[str, Side]]) -> list[Verdict]:
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
        elif known and not says(sides[0]) and not any(shown and agreement(shown, value) for value in known):
            stepped = self._is_update(chain, sides[0]) or self._takes_a_step(name, sides[0])  # w_1 = 0.3 - 0.1*0.2
            stepped = stepped or self._is_next(chain.left, links)
            if not stepped and self._may_be_stepped(name, shown):
                return self._unknown_step(chain, links)
            return self._update(chain, links) if stepped else self._judged(chain, links)
        found = self._judged(chain, links)
        if shown is None and found[0].verdict == "wrong" and says(sides[0]):
            problem = f"{name} is given: the network has no equation for it"
            found[0] = _undecided(found[0], problem)
            self.claims.pop(chain.left, None)
        return found

    def _is_update(self, chain: Chain, side: Tree) -> bool:
        """Whether a number is a weight's after one step."""
        truth = self._stepped(chain.left)
        found = None if truth is None else self.sides.as_number(replace(chain, truth=truth), side)
        return found is not None and found.verdict == "right"

    def _may_be_stepped(self, name: str, shown: Literal | None) -> bool:
        """Whether a weight's number may be its new one after a step whose size nothing says: downhill from the old."""
        roles, figures = self.subject.roles, self.figures
        if shown is None or name not in roles.weights or not roles.step_size or roles.step_size in figures.given:
            return False
        try:
            slope = figures.state("now").value(Partial(roles.loss or self.world.graph.output, name))
            moved = to_decimal(figures.state("now").value(Name(name))) - to_decimal(shown.value)
        except (DerivgenError, decimal.DecimalException):
            return False
        return moved * to_decimal(slope) > 0

    def _takes_a_step(self, name: str, side: Tree) -> bool:
        """Whether a side begins with a weight's number, and takes the step size times something from it, or adds it."""
        size = self.figures.given.get(self.subject.roles.step_size)
        if not isinstance(side, Apply) or side.operation not in ("subtract", "add") or size is None:
            return False
        old, *moves = (literal(part) for part in (side.args[0], *walk(side.args[-1])))
        begins = old is not None and old.value == self.figures.given.get(name)
        return begins and any(move is not None and move.value == size for move in moves)

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
        found = self._judged(Chain(left, left), links, World.of(replace(graph, leaves=(*graph.leaves, dummy))))
        if dummy not in names(links[0][1].tree) and found[0].verdict in ("undecided", "wrong"):
            return [_undecided(verdict, f"{dummy}: no such quantity") for verdict in found]
        if isinstance(left, Apply) and not left.slot and self._open(left.operation) and found[0].verdict == "wrong":
            problem = f"the network leaves open which function {left.operation} is"
            return [_undecided(verdict, problem) for verdict in found]
        return found

    def _open(self, function: str) -> bool:
        """Whether a function is declared and bound to no row of the table."""
        graph = self.world.given_graph
        return function in dict(graph.functions) and function not in dict(graph.bindings)

    def _defined(self, left: Side, links: Sequence[tuple[str, Side]]) -> list[Verdict]:
        """A letter of the work's own, which stands for its first side from now on."""
        tree = left.tree
        if not isinstance(tree, Name) or not self.world.unknown(tree):
            return []
        relation, side = links[0]
        meaning = self._meant(side.tree)
        if relation not in ("=", "<-") or self.world.unknown(meaning) or tree.name in names(side.tree):
            return []
        first = _definition(tree, relation, side)
        if (old := self.definitions.get(tree.name)) is not None:
            self.sides.begin()
            # What stands for a quantity of the network, or has an index, is the same all through a work.
            fixed = isinstance(old, (Name, Partial)) or not tree.name.isalpha() or not says(meaning)
            if fixed or self.world.decide(old, meaning, self.sides.clock).equal:
                return []
            problem = f"{tree.name} stands for something else above"
            first = replace(first, verdict="undecided", problem=problem)
        self.definitions[tree.name] = meaning
        return [first, *(self._judged(Chain(meaning, meaning, before=meaning), links[1:]) if links[1:] else ())]

    def _names(self, chain: Chain, side: Tree) -> bool:
        """Whether a side is a letter of the work's own, which stands for what the chain is about from now on."""
        if not isinstance(side, Name) or side.name in self.definitions or not self.world.unknown(side):
            return False
        if self.world.unknown(chain.left) or side.name in names(chain.left):
            return False
        self.definitions[side.name] = chain.left
        return True

    # --- updates --------------------------------------------------------------------------------------------------

    def _stepped(self, weight: Tree) -> Tree | None:
        """w − α ∂L/∂w; None where the network has no step size or no loss."""
        roles = self.subject.roles
        loss = roles.loss or self.world.graph.output
        if not isinstance(weight, Name) or not roles.step_size or self.world.unknown(Name(roles.step_size)):
            return None
        return step(roles.step_size, loss, weight)

    def _update(self, chain: Chain, links: Sequence[tuple[str, Side]]) -> list[Verdict]:
        """w <- w − α ∂L/∂w, from the old values; the new one counts when the work goes on from it."""
        truth = self._stepped(chain.left)
        if self._is_next(chain.left, links):
            self.figures.go_on()
        own = self.subject.roles.step_size not in self.figures.given and not self._uses_step(links[0][1].tree)
        if own and truth is not None and self.figures.given:
            return self._unknown_step(chain, links)
        if (truth is None or own) and (found := self._any_step(chain, links)) is not None:
            return found
        if truth is None:
            return self._refused(chain.left, links, "the network has no step size, or no loss")
        found = self._judged(replace(chain, truth=truth, kind="update"), links)
        if any(verdict.verdict in ("right", "recovered", "follows", "right only when") for verdict in found):
            self._move(chain.left, truth, links)
        return found

    def _is_next(self, weight: Tree, links: Sequence[tuple[str, Side]]) -> bool:
        """Whether an update is one of the next step: it begins at the value that the weight has by the last one.

        Else what it comes to tells, by the new values or from the new weight: 1.4 - 0.1*(-0.8), or 1.48.
        """
        truth = self._stepped(weight)
        if truth is None or not isinstance(weight, Name) or weight.name not in self.figures.updated:
            return False
        sides = [self._meant(side.tree) for _, side in links]
        old, new = (self.figures.state(name) for name in ("now", "new"))
        for side in sides:
            begin = literal(side.args[0]) if isinstance(side, Apply) and side.operation in ("subtract", "add") else None
            if begin is not None and not says(side):
                return not agreement(begin, old[weight.name]) and bool(agreement(begin, new[weight.name]))
        shown = literal(sides[-1])
        with contextlib.suppress(DerivgenError, decimal.DecimalException, KeyError):
            forms = [truth, *(side for side in sides[:-1] if weight.name in names(side))]
            met = [[bool(shown and agreement(shown, state.value(form))) for form in forms] for state in (old, new)]
            return any(met[1]) and not any(met[0])
        return False

    def _move(self, weight: Tree, truth: Tree | None, links: Sequence[tuple[str, Side]]) -> None:
        """Take down a weight's new value: the true one, or what the work has where that cannot be worked out."""
        _, side = next((link for link in reversed(links) if link[1].change is None), links[-1])
        cells = self.sides.cells(truth) if truth is not None else ()
        written = self.sides.cells(self._meant(side.tree))
        for name, true, own in itertools.zip_longest(self.sides.cells(weight), cells, written):
            value: Real | None = None
            with contextlib.suppress(EvaluationError, decimal.DecimalException):
                value = self.figures.state("now").value(true) if true is not None else None
            if value is None and own is not None:
                value = next(iter(self.figures.as_written((own,))), None)
            if value is not None and isinstance(name, Name):
                self.figures.update(name.name, value)
                self.steps.stepped(name.name, by_rule=says(side.tree))

    def _unknown_step(self, chain: Chain, links: Sequence[tuple[str, Side]]) -> list[Verdict]:
        """An update by a number where nothing says what the step size is; the work goes on from what it comes to."""
        size = self._size_of_step(chain.left, self._meant(links[0][1].tree))
        if size is not None and size < 0:  # wrong whatever the step size is
            return self._judged(self._stepped_by(chain, -size), links)
        self._move(chain.left, None, links)
        return self._refused(chain.left, links, "the step size has no number")

    def _uses_step(self, tree: Tree) -> bool:
        return self.subject.roles.step_size in names(self._meant(tree))

    def _any_step(self, chain: Chain, links: Sequence[tuple[str, Side]]) -> list[Verdict] | None:
        """An update with a step size of its own: w − 0.1 ∂L/∂w is right when the step size is 0.1."""
        size = self._size_of_step(chain.left, self._meant(links[0][1].tree))
        if size is None or size <= 0:
            return None
        found = self._judged(self._stepped_by(chain, size), links)
        name = self.subject.roles.step_size or "alpha"
        needs = f"{name} = {write(size, 9)[0]}"
        return [replace(v, verdict="right only when", needs=needs) if v.verdict == "right" else v for v in found]

    def _stepped_by(self, chain: Chain, size: Fraction) -> Chain:
        assert isinstance(chain.left, Name)
        gradient = Partial(self.subject.roles.loss or self.world.graph.output, chain.left.name)
        return replace(chain, truth=Apply("subtract", (chain.left, product((Number(size), gradient)))), kind="update")

    def _size_of_step(self, weight: Tree, side: Tree) -> Fraction | None:
        """How many times the gradient is taken away from a weight, the same wherever one looks; None if it is not."""
        loss = self.subject.roles.loss or self.world.graph.output
        known = isinstance(weight, Name) and not self.world.unknown(weight) and not self.world.unknown(side)
        if not known or not says(side):
            return None
        assert isinstance(weight, Name)
        sizes = []
        try:
            pairs = [self.sides.cells(tree) for tree in (weight, side, Partial(loss, weight.name))]
            for point in itertools.islice(self.world.points, 3):
                old, new, slope = (to_decimal(point.value(cells[0])) for cells in pairs)
                sizes.append(CONTEXT.divide(CONTEXT.subtract(old, new), slope))
        except (DerivgenError, decimal.DecimalException):
            return None
        size = Fraction(sizes[0]).limit_denominator(10**9) if sizes else Fraction(0)
        return size if size not in (0, 1) and all(close(each, size) for each in sizes) else None

    # --- shares of a sum ------------------------------------------------------------------------------------------

    def _summand(self, chain: Chain, links: Sequence[tuple[str, Side]]) -> list[Verdict]:
        """∂L/∂v += ∂L/∂c ∂c/∂v, one consumer c after the other: each share once, and all of them in the end."""
        token = chain.left
        if not isinstance(token, Partial) or self.world.unknown(token) or token.wrt in dict(self.world.graph.arrays):
            return self._refused(token, links, "only the derivative by a single quantity is added up share by share")
        self.sides.begin()
        self.summed[token] = self.summed.get(token, 1) - 1
        relation, side = links[0]
        tree = self._meant(side.tree)
        left_over = self.shares.setdefault(token, shares_of(self.world.graph, token))
        whole = total(left_over) if left_over else token
        zero = (shown := literal(tree)) is not None and shown.value == 0
        if relation == "=" and zero and token not in self.begun and left_over:
            return self._judged(Chain(token, shown_as(tree), "share"), links)
        again = relation == "=" and token in self.begun
        self.begun.add(token)
        share = next((some for some in subsets(left_over) if self._is_right(token, total(some), tree)), None)
        if again and share is not None and not self._is_right(token, token, tree):
            return self._overwritten(token, share, links)
        if share is None:
            target = whole if relation == "+=" else token
            return self._judged(Chain(token, target, "share"), links)
        found = self._judged(Chain(token, total(share), "share"), links)
        for one in share:
            left_over.remove(one)
        if left_over and not self.summed[token]:
            return self._unfinished(token, share, found)
        return found

    def _overwritten(self, token: Partial, share: Sequence[Tree], links: Sequence[tuple[str, Side]]) -> list[Verdict]:
        """A share behind = instead of +=: it is the whole sum from there on, so that its number is wrong as well."""
        first, *rest = self._judged(Chain(token, token), links)
        expects, path = total(shares_of(self.world.graph, token)), path_of(token, share[0])
        slip = "accumulation_overwritten"
        return [replace(first, verdict="wrong", expected=expects, slip=slip, path=path, about=(), at=""), *rest]

    def _unfinished(self, token: Partial, share: Sequence[Tree], found: Sequence[Verdict]) -> list[Verdict]:
        """The last share of a sum to which some are missing; the work goes on with what it has added up."""
        left_over = self.shares[token]
        added = [one for one in shares_of(self.world.graph, token) if one not in left_over]
        self.claims.pop(token, None)
        self.claims[token] = total(added)
        last = replace(
            found[0], verdict="wrong", expected=total((*share, *left_over)), slip="path_left_out",
            path=path_of(token, left_over[0]),
        )  # fmt: skip
        after = (replace(v, verdict="follows", number="", exact="") if v.verdict == "right" else v for v in found[1:])
        return [last, *after]

    def _is_right(self, token: Tree, truth: Tree, tree: Tree) -> bool:
        return self.sides.finding(Chain(token, truth, "share"), tree).verdict == "right"


def _turned(left: Side, links: Sequence[tuple[str, Side]]) -> tuple[Side, Sequence[tuple[str, Side]]]:
    """2.8 = o says that o is 2.8: the number is what is judged, and rounded perhaps."""
    relation, side = links[0]
    if relation not in ("=", "≈") or literal(left.tree) is None or not says(side.tree):
        return left, links
    return side, [(relation, replace(left, start=side.start, end=side.end)), *links[1:]]


def _between_shapes(statement: Statement) -> list[Verdict]:
    """The verdicts on a chain between shapes, (2 × 3)(3 × 1) = 2 × 1; empty if it is none."""
    fragment = statement.fragment
    links = [("", statement.left), *statement.links]
    texts = [fragment.source[side.start - fragment.at : side.end - fragment.at] for _, side in links]
    return [
        Verdict(verdict, side.start, side.end, relation, tree=side.tree, problem=problem)
        for (relation, side), (verdict, problem) in zip(statement.links, between_shapes(texts), strict=False)
    ]


def _definition(left: Tree, relation: str, side: Side) -> Verdict:
    """A side that gives a name, or says what a name of the work's own stands for, claims nothing."""
    return Verdict("skipped", side.start, side.end, relation, left, side.tree, problem="definition")


def _under_a_condition(verdict: Verdict) -> Verdict:
    """What is wrong in general may be right under the condition that it stands with."""
    return _undecided(verdict, "it stands behind a condition") if verdict.verdict in ("wrong", "follows") else verdict


def _after_an_unread_update(verdict: Verdict) -> Verdict:
    """A number that is wrong for the old weights may be right for those that could not be read."""
    unsure = verdict.number and verdict.verdict in ("wrong", "follows")
    return _undecided(verdict, "an update above could not be read") if unsure else verdict


def _undecided(verdict: Verdict, problem: str) -> Verdict:
    """A verdict taken back, with all that was said of the line."""
    return replace(verdict, verdict="undecided", problem=problem, expected=None, witness=None, slip="", needs="")


def shown_as(tree: Tree) -> Tree:
    """A number as the value that it has."""
    found = literal(tree)
    return tree if found is None else number(found.value)
