"""A side of a chain in, what is found of it out: right, wrong, following from what is wrong before it.

A side is compared with the true value of what its chain begins with, in symbols, or in numbers to the digits written.
"""

from __future__ import annotations

import decimal
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derivgen.checking.judging.branches import at_tie, conditions, convention, misfilled, open_at_kink, zero_by_a_value
from derivgen.checking.judging.carrying import Figures, Values
from derivgen.checking.judging.deciding import AtNumbers, Clock, Decision, World, close
from derivgen.checking.judging.expecting import expected
from derivgen.checking.judging.letting import is_filled_form
from derivgen.checking.judging.rounding import (
    agreement,
    literal,
    numeric,
    outside_exponents,
    structural,
    truncated,
    worked,
)
from derivgen.checking.judging.shaping import said_shape
from derivgen.checking.judging.stepping import Steps
from derivgen.checking.judging.supposing import Suppositions
from derivgen.checking.work import Statement, Subject, Unread
from derivgen.errors import CertificateError
from derivgen.evaluation import EvaluationError, Real
from derivgen.expression import (
    ONE,
    Apply,
    Name,
    Number,
    Partial,
    Tree,
    names,
    negate,
    product,
    total,
    transform,
    walk,
)  # fmt: skip
from derivgen.printing import plain
from derivgen.written import write

MOST_WORLDS = 6  # of single wrong claims in which a line may follow
NEARLY_ZERO = Fraction(1, 10**40)
MOST_DRAWN = 3  # points for what has no number
MOST_FILLED, MOST_FILLINGS = 4, 32  # numbers in a side that may stand for given quantities, and ways to read them


@dataclass(frozen=True)
class Finding:
    """What is found of a side before words are made of it."""

    verdict: str
    number: str = ""
    exact: str = ""
    decision: Decision = field(default_factory=lambda: Decision(None))
    needs: str = ""
    problem: str = ""
    shown: tuple[str, str] | None = None  # the true number and the one written


@dataclass(frozen=True)
class Chain:
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

    @property
    def right(self) -> str:
        """The verdict on a right side: behind a wrong one the work has recovered."""
        return "right" if self.sound else "recovered"


class Sides:
    """What sides are judged by: the network, wrong claims, numbers given and written, updates."""

    def __init__(self, subject: Subject, found: Sequence[Statement | Unread], seconds: float) -> None:
        self.subject, self.seconds = subject, seconds
        self.world = World.of(subject.graph)
        self.world.prepare(subject.roles.loss or subject.graph.output)
        self.claims: dict[Tree, Tree] = {}
        self.worlds: dict[tuple[tuple[Tree, Tree], ...], World] = {}
        self.figures = Figures(subject, self.world)
        self.steps = Steps(subject, found)
        self.supposed = Suppositions(subject, self.world, self.figures)
        self.clock = Clock(seconds)

    def begin(self) -> None:
        """A new link, which has its own time."""
        self.clock = Clock(self.seconds)

    def finding(self, chain: Chain, tree: Tree, world: World | None = None) -> Finding:
        """Right as it stands, right as a number, or following from what is wrong before it; else wrong."""
        world = world or self.world
        if name := world.unknown(tree) or world.unknown(chain.truth):
            return Finding("undecided", problem=world.problem(name))
        if (found := self._of_shape(chain, tree)) is not None:
            return found
        filled = numeric(tree)
        decision = world.decide(chain.truth, tree, self.clock, real=not filled)
        if decision.equal:
            needs = convention(world, chain.truth, tree, self.clock)
            verdict = "right only when" if needs else chain.right
            number = "exact" if literal(tree) and self.figures.given else ""
            return Finding(verdict, number, decision=decision, needs=needs)
        if not filled and self.figures.given and (found := self._filled_in(chain, tree, world)) is not None:
            return replace(found, decision=decision)
        if filled:
            found = self.as_number(chain, tree)
            if found is not None:
                if found.verdict == "right" and self._zero_by_chance(chain, tree, world):
                    return Finding("wrong", decision=world.decide(chain.truth, tree, self.clock))
                if found.verdict == "right" and (other := self._one_by_chance(chain, tree, world)) is not None:
                    return other
                held = self.supposed.in_passing(world.leaves_of(chain.truth))
                if found.verdict == "right" and held and self.figures.missing(chain.truth):
                    return replace(found, verdict="right only when", needs=self.supposed.said(held))
                if found.verdict == "right" and not chain.sound:
                    found = replace(found, verdict="recovered")
                return replace(found, decision=decision)
        needs, under = self.supposed.needed(chain.truth, tree, self.clock)
        if needs:
            return Finding("right only when", decision=decision, needs=needs)
        if filled:
            if (found := self._partly_known(chain, tree, world)) is not None:
                return found
            decision = world.decide(chain.truth, tree, self.clock)
            alone = not says(tree) and not (structural(tree) and derived(chain.truth))
            alone = alone and not self._constant(chain.truth)
            if decision.equal is False and not decision.problem and alone:
                return Finding("undecided", problem="nothing says which numbers the quantities have")
            if decision.equal:
                return Finding(chain.right, decision=decision)
        if self._follows(chain, tree, world):
            return Finding("follows", decision=decision)
        if decision.equal is None:
            return Finding("undecided", decision=decision, problem=decision.problem)
        if under is not None:
            decision = under
        if needs := self._at_these_numbers(chain, tree, world):
            return replace(self._where(chain, tree, needs), decision=decision)
        if (found := self._at_tie(chain, tree, world)) is not None:
            return replace(found, decision=decision)
        if self._worked_out(chain, tree, world):
            held = [name for name in world.leaves_of(chain.truth) if name in self.figures.given]
            return Finding("right only when", decision=decision, needs=self.supposed.said(held))
        if needs := self._undeclared(chain, tree, world):
            return Finding("right only when", decision=decision, needs=needs)
        if self._follows_on_branch(chain, tree):
            return Finding("follows", decision=decision)
        return Finding("wrong", decision=decision, problem=decision.problem)

    def _of_shape(self, chain: Chain, tree: Tree) -> Finding | None:
        """W = 3 × 2 says of an array what shape it has; None of anything else."""
        said = said_shape(tree)
        rows = None if said is None else self.world.graph.entries(chain.left)
        shape = (0, 0) if rows is None else (len(rows), len(rows[0]))
        if rows is None or (shape == (1, 1) != said):  # a number is worked out
            return None
        problem = f"{plain(chain.left, self.world.graph.scope)} has the shape {shape[0]}×{shape[1]}"
        return Finding("right") if said == shape else Finding("wrong", problem=problem)

    def _at_these_numbers(self, chain: Chain, tree: Tree, world: World) -> str:
        """The branches that the work's numbers take at kinks, where a line is right on these; empty if it is not."""
        if not self.figures.given or not (world.kinked or world.compares(tree)):
            return ""
        if not any(isinstance(part, (Name, Number)) for part in walk(tree)):
            return ""  # a chain rule names the slope of an open ReLU too, though it is 1
        numbers = self.figures.state("now")
        if found := conditions(world, numbers, chain.truth, tree, self.clock):
            return ", ".join(found)
        held = self.supposed.targets(world.leaves_of(chain.truth, tree)) if world is self.world else []
        there = conditions(self.supposed.under(held), numbers, chain.truth, tree, self.clock) if held else []
        return ", ".join((*there, self.supposed.said(held))) if there else ""

    def _at_tie(self, chain: Chain, tree: Tree, world: World) -> Finding | None:
        """Right beside the kink at which the numbers lie; a derivative there hangs on what counts at it."""
        if not self.figures.given or not world.kinked:
            return None
        numbers = self.figures.state("now")
        needs = at_tie(world, numbers, chain.truth, tree, self.clock)
        if not needs:
            return None
        if derived(chain.truth) and open_at_kink(world, numbers, self.cells(chain.truth)):
            return Finding("undecided", problem="the numbers lie at a kink, and nothing says what counts there")
        return Finding("right only when", needs=", ".join(needs))

    def _filled_in(self, chain: Chain, tree: Tree, world: World) -> Finding | None:
        """Right, where known quantities stand for some of a side's numbers: a - 1 where y = 1.

        Where one would have to stand there that has no number, nobody can tell.
        """
        places = _fillable(tree)[:MOST_FILLED]
        absent = [leaf for leaf in self.figures.missing(chain.truth) if leaf not in self.figures.missing(tree)]
        known = self.figures.known() if places else {}
        filled = [
            (way, _with_parts(tree, {
                id(place): negate(Name(name)) if known.get(name) == -place.value != 0 else Name(name)
                for place, name in zip(places, way, strict=True) if name
            }))
            for way in itertools.islice(itertools.product(*_ways(places, known, absent)), 1, MOST_FILLINGS)
        ]  # fmt: skip
        found = self._first(filled, absent, lambda side: world.decide(chain.truth, side, self.clock, real=False).equal)
        if found is not None:
            return found if found.verdict != "right" or chain.sound else replace(found, verdict="recovered")
        found = self._first(filled, absent, lambda side: self._at_these_numbers(chain, side, world))
        if found is None or found.verdict != "right":
            return found
        needs = self._at_these_numbers(chain, tree, world)  # with numbers for quantities the gate's is filled in too
        return self._where(chain, tree, needs) if needs else Finding(chain.right)

    def _where(self, chain: Chain, tree: Tree, needs: str) -> Finding:
        """Right only under conditions that the numbers meet; right, if a 0 stands where these close a gate."""
        if any(isinstance(part, Number) and part.value == 0 for part in outside_exponents(tree)):
            return Finding(chain.right)
        return Finding("right only when", needs=needs)

    def _first(
        self, filled: Sequence[tuple[Sequence[str | None], Tree]], absent: Sequence[str],
        right: Callable[[Tree], object],
    ) -> Finding | None:  # fmt: skip
        """What is found of a side by the first way to fill quantities in for its numbers in which it is right."""
        open_leaf = ""
        for way, side in filled:
            if self.clock.over or not (needs := right(side)):
                continue
            if unknown := [name for name in way if name in absent]:
                open_leaf = open_leaf or str(unknown[0])
            elif own := [name for name in self.supposed.own() if name in way]:
                return Finding("right only when", needs=self.supposed.said(own))
            else:
                return Finding("right", needs=needs if isinstance(needs, str) else "")
        return Finding("undecided", problem=f"{open_leaf} has no number") if open_leaf else None

    def _worked_out(self, chain: Chain, tree: Tree, world: World) -> bool:
        """Whether a side is the one before with a number for some of its quantities: 2(z - y) x = -2x."""
        before = chain.before
        if before is None or not chain.sound or not self.figures.given or not _counts(tree):
            return False
        said, left = ({part for part in walk(side) if isinstance(part, (Name, Partial))} for side in (before, tree))
        if not left or not left < said:
            return False
        found = self.as_number(chain, tree)
        return found is not None and found.number == "exact" and not self._zero_by_chance(chain, tree, world)

    def _zero_by_chance(self, chain: Chain, tree: Tree, world: World) -> bool:
        """Whether a side with numbers and quantities in it is zero by what makes any product zero.

        That is the value of a dead ReLU where the truth is zero by its derivative, or a quantity that is zero beside a
        factor that is wrong.
        """
        if not says(tree):
            return False
        now = self.figures.state("now")
        if world.kinked and derived(chain.truth) and zero_by_a_value(world, now, chain.truth, tree, self.clock):
            return True
        zeros = [name for name in world.leaves_of(chain.truth, tree) if self.figures.given.get(name) == 0]
        if not zeros or open_at_kink(world, now, self.cells(chain.truth)):
            return False
        near = {name: NEARLY_ZERO * (i + 1) for i, name in enumerate(zeros)}
        state = AtNumbers(world, {**self.figures.given, **near}, self.subject.taken)
        return any(
            self._apart_near(state, true, own)
            for true, own in zip(self.cells(chain.truth), self.cells(tree), strict=True)
        )

    def _apart_near(self, state: AtNumbers, true: Tree, own: Tree) -> bool:
        """Whether two cells that are zero differ where a quantity is only nearly so; a 0 that is written stays zero."""
        now = self.figures.state("now")
        try:
            if now.value(true) != 0 or now.value(own) != 0 or state.value(own) == 0:
                return False
            return not self.figures.graded((own,), (state.value(true),), state)
        except (EvaluationError, decimal.DecimalException):
            return False

    def _one_by_chance(self, chain: Chain, tree: Tree, world: World) -> Finding | None:
        """What is found of a right value whose side has a quantity in it that other numbers are as well: 1, 2, 3.

        The numbers do not tell then whether it belongs there: the form must, with quantities for the side's numbers.
        """
        known = {name: abs(Fraction(value)) for name, value in self.figures.known().items()}
        silent = [name for name in names(tree) if name in known and _is_common(known[name], list(known.values()))]
        if not silent or self._is_filled_form(chain, tree) or self._filled_in(chain, tree, world) is not None:
            return None
        graph, fillable = world.graph, _fillable(tree)
        places = [place for place in fillable if not structural(place)]
        given = {value for name, value in known.items() if graph.is_leaf(name)}
        certain = places and all(p.value in given and not self.figures.is_worked_out(p.value) for p in places)
        tried = len(fillable) <= MOST_FILLED and math.prod(map(len, _ways(fillable, known))) <= MOST_FILLINGS
        if certain and tried:
            return Finding("wrong", decision=world.decide(chain.truth, tree, self.clock))
        form = expected(self.subject.graph, self.subject.network, chain.truth, Name(graph.nodes[-1].name))
        strange = next((name for name in silent if form is not None and name not in names(form)), silent[0])
        value = write(self.figures.known()[strange], 9)[0]
        problem = f"at {strange} = {value} the numbers do not tell whether {strange} belongs there"
        return Finding("undecided", problem=problem)

    def _is_filled_form(self, chain: Chain, tree: Tree) -> bool:
        """Whether every entry of a side is a true form with numbers in it, whatever the letters are that are left."""
        pairs = zip(self.cells(chain.truth), self.cells(tree), strict=True)
        state, rounded = self.state(chain), self.figures.is_rounded
        return all(not says(own) or is_filled_form(state, true, own, rounded, self.clock) for true, own in pairs)

    def _constant(self, truth: Tree) -> bool:
        """Whether a quantity is the same number whatever the leaves are: ∂z/∂b = 1."""
        found = [values for values in self.world.residues(truth) if values is not None]
        return len(found) > 1 and all(values == found[0] for values in found)

    def _undeclared(self, chain: Chain, tree: Tree, world: World) -> str:
        """That the targets add up to 1, where a line is right for such and the network does not say so itself."""
        targets, graph = self.subject.roles.targets, world.graph
        if len(targets) < 2 or graph.simplices or not set(targets) & set(world.leaves_of(chain.truth, tree)):
            return ""
        there = World.of(replace(graph, simplices=(targets,)))
        if not there.decide(chain.truth, tree, self.clock).equal:
            return ""
        return f"{plain(total(map(Name, targets)), graph.scope)} = 1"

    def _follows(self, chain: Chain, tree: Tree, world: World) -> bool:
        """Whether a wrong side is right after all that was wrong before it."""
        before = chain.before
        if before is not None and not chain.sound and world.decide(before, tree, self.clock).equal:
            return True
        meant = [(self.world, form) for form in self._claimed(chain.truth)]
        meant += [(there, chain.truth) for there in self._wrong_worlds()]
        return any(not self.clock.over and there.decide(form, tree, self.clock).equal for there, form in meant)

    def _follows_on_branch(self, chain: Chain, tree: Tree) -> bool:
        """The same where the numbers have the kinks, as with an active ReLU left out."""
        meant = [(self.world, form) for form in self._claimed(chain.truth)]
        meant += [(there, chain.truth) for there in self._wrong_worlds()]
        return any(not self.clock.over and self._on_branch(there, form, tree) for there, form in meant)

    def _on_branch(self, world: World, form: Tree, tree: Tree) -> bool:
        if not self.figures.given or not (world.kinked or world.compares(tree)):
            return False
        return bool(conditions(world, self.figures.state("now"), form, tree, self.clock))

    def _claimed(self, truth: Tree) -> Iterator[Tree]:
        """∂L/∂v = ∂L/∂c ∂c/∂v with a wrong claim for ∂c/∂v in it, where there is no way from v to L but through c."""
        if not isinstance(truth, Partial) or truth.held:
            return
        graph, of = self.world.graph, truth.of
        for token, claim in self.claims.items():
            if isinstance(token, Partial) and not token.held and token.wrt == truth.wrt and token.of != of:
                through = token.of in graph.ancestors(of)
                if through and truth.wrt not in graph.upstream(of, frozenset([token.of])):
                    yield product((Partial(of, token.of), claim))

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

    def cells(self, tree: Tree) -> tuple[Tree, ...]:
        return self.world.cells(tree)[1]

    def as_number(self, chain: Chain, tree: Tree) -> Finding | None:
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
        if derived(chain.truth) and open_at_kink(self.world, self.figures.state("now"), truths):
            return Finding("undecided", problem="the numbers lie at a kink, and nothing says what counts there")
        grade = self.figures.graded(cells, true, self.figures.state("now"))
        if not grade and chain.sound and (self._drifted(chain, truths, cells) or _cut_off(cells, true)):
            grade = "drifted"
        exact = self.figures.text(true)
        if grade and (number := misfilled(chain.before or chain.left, tree, self.figures.state("now"))):
            return Finding("wrong", "wrong", problem=f"no quantity that is compared here is {number}")
        if grade:
            return Finding("right", grade, exact)
        if self._follows_in_numbers(chain, truths, cells):
            return Finding("follows", "wrong", exact)
        return Finding("wrong", "wrong", exact, shown=(exact, self.figures.text(self.figures.as_written(cells))))

    def _partly_known(self, chain: Chain, tree: Tree, world: World) -> Finding | None:
        """A side with numbers in it where some quantities have numbers and others none, whatever these may be.

        What the side has no letter for and nobody has given a number may be any of the side's numbers.
        """
        given = self.figures.given
        missing = self.figures.missing(chain.truth, tree) if given else []
        if not missing or (structural(tree) and derived(chain.truth)):
            return None
        if absent := [leaf for leaf in missing if leaf not in self.figures.missing(tree)]:
            what = "the step size" if self.subject.roles.step_size in absent else absent[0]
            return Finding("undecided", problem=f"{what} has no number")
        try:
            (shape, truths), (own, cells) = (world.cells(side) for side in (chain.truth, tree))
        except CertificateError:
            return None
        seen = 0
        for drawn in itertools.islice(world.points, MOST_DRAWN) if shape == own else ():
            state = AtNumbers(world, {**drawn.leaves, **given}, self.subject.taken)
            try:
                values = [(state.value(cell), state.value(side)) for cell, side in zip(truths, cells, strict=True)]
                right = self.figures.graded(cells, [true for true, _ in values], state)
            except (EvaluationError, decimal.DecimalException):
                continue
            if not right:
                apart = next(pair for pair in values if not close(*pair))
                follows = self._follows(chain, tree, world)
                return Finding("follows" if follows else "wrong", decision=Decision(False, point=state, values=apart))
            seen += 1
        return Finding(chain.right, "rounded") if seen else None

    def _true_values(self, chain: Chain, truths: tuple[Tree, ...], cells: tuple[Tree, ...]) -> Values | None:
        """The values that a side must have; after updates the new ones, where the work has gone on to them."""
        found = None
        for state in self.figures.states(self._times(chain)):
            try:
                values = tuple(state.value(cell) for cell in truths)
            except (EvaluationError, decimal.DecimalException):
                continue
            if state is not self.figures.state("now") and self.figures.graded(cells, values, state):
                self.figures.go_on()
                return values
            found = found or values
        return found

    def state(self, chain: Chain) -> AtNumbers:
        """The state whose numbers are the true ones where a side has none of those that it may have."""
        return self.figures.states(self._times(chain))[0]

    def _drifted(self, chain: Chain, truths: tuple[Tree, ...], cells: tuple[Tree, ...]) -> bool:
        """Whether a number comes of the digits that were written before, rounded as they are."""
        states = self._carried([self.world], chain, mistaken=False)
        return any(self._comes_of(chain, truths, cells, state) for state in states)

    def _times(self, chain: Chain) -> tuple[bool, ...]:
        goes_on = self.steps.goes_on(frozenset(self.figures.updated))
        return self.figures.times(chain.truth, stepped=chain.kind != "equation", goes_on=goes_on)

    def _carried(self, worlds: Sequence[World], chain: Chain, *, mistaken: bool) -> Iterator[AtNumbers]:
        for world in worlds:
            for new in self._times(chain):
                yield from self.figures.carried(world, chain.left, mistaken=mistaken, new=new)

    def _follows_in_numbers(self, chain: Chain, truths: tuple[Tree, ...], cells: tuple[Tree, ...]) -> bool:
        """Whether a number comes of what is wrong before it: in its chain, in forms, in numbers."""
        worlds = [self.world, *self._wrong_worlds()]
        if chain.sound and not self.claims and not self.figures.mistaken:
            return False
        states = self._carried(worlds, chain, mistaken=True)
        return any(self._comes_of(chain, truths, cells, state) for state in states)

    def _comes_of(self, chain: Chain, truths: tuple[Tree, ...], cells: tuple[Tree, ...], state: AtNumbers) -> bool:
        """Whether a side is what the one before it comes to as written, or what the quantity is in that state."""
        sides = [truths] if chain.before is None or chain.sound else []
        if chain.before is not None:
            sides.insert(0, self.cells(chain.before))
        for side in sides:
            try:
                values = tuple(worked(cell, state, lambda _: False)[0] for cell in side)
            except (EvaluationError, decimal.DecimalException, KeyError):
                continue
            if len(values) == len(cells) and self.figures.graded(cells, values, state):
                return True
        return False


def _cut_off(cells: tuple[Tree, ...], true: Values) -> bool:
    """Whether every number is the true one, or that with digits cut off instead of rounded."""
    shown = [literal(cell) for cell in cells]
    return all(own and (agreement(own, value) or truncated(own, value)) for own, value in zip(shown, true, strict=True))


def says(tree: Tree) -> bool:
    """Whether quantities stand in a tree, so that it is no matter of numbers alone."""
    return any(isinstance(part, (Name, Partial)) for part in walk(tree))


def _counts(tree: Tree) -> bool:
    """Whether a number stands in a tree as a factor or a term."""
    return any(isinstance(part, Number) and part.value for part in outside_exponents(tree))


def _is_common(value: Real, others: Sequence[Real]) -> bool:
    """Whether a number is met by chance: it is a half or of one digit, or a second quantity has it."""
    return value == Fraction(1, 2) or (value < 10 and value == int(value)) or others.count(value) > 1


def derived(truth: Tree) -> bool:
    """Whether a chain is about a derivative, of which 0, 1 and 2 are said in symbols too."""
    return any(isinstance(part, Partial) for part in walk(truth))


def _fillable(tree: Tree) -> list[Number]:
    """The numbers of a side that quantities may stand for: none in exponents, and no 1 below a fraction."""
    parts = outside_exponents(tree)
    ones = {id(p.args[1]) for p in parts if isinstance(p, Apply) and p.operation == "divide" and p.args[1] == ONE}
    return [part for part in parts if isinstance(part, Number) and id(part) not in ones]


def _ways(places: Sequence[Number], known: Mapping[str, Real], absent: Sequence[str] = ()) -> list[list[str | None]]:
    """The quantities that each of these numbers may stand for, with its sign or the other; None is the number."""
    return [[None, *(n for n, own in known.items() if abs(own) == place.value), *absent] for place in places]


def _with_parts(tree: Tree, others: Mapping[int, Tree]) -> Tree:
    """The tree with others for some of its very parts, equal ones elsewhere untouched."""
    return transform(tree, lambda part: others.get(id(part)))
