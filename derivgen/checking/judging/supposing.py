"""What a work supposes: statements behind words of condition in, the numbers that they give and what needs them out.

An assumption is one by what it states: an input or a weight is something, or a quantity is a number though nothing says
which numbers there are. A fact of the network behind the same words, "since a = σ(z)", is a claim like any other.
"""

from __future__ import annotations

import contextlib
import decimal
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derivgen.checking.judging.branches import Branch, equal_there, taken_to
from derivgen.checking.judging.carrying import Figures
from derivgen.checking.judging.deciding import AtNumbers, Clock, Decision, World
from derivgen.checking.judging.rounding import agreement, literal
from derivgen.checking.judging.vanishing import by_chance
from derivgen.checking.reading.statements import statements
from derivgen.checking.reading.symbols import Symbols
from derivgen.checking.work import Statement, Subject, Unread
from derivgen.evaluation import EvaluationError, Real
from derivgen.expression import Apply, Name, Tree, names, total
from derivgen.printing import plain
from derivgen.written import write

__all__ = ["Suppositions"]


_STRICT = re.compile(r"(?P<left>[^<>=]+?)\s*(?P<sign>[<>]|\\[lg]t(?![a-z]))\s*(?P<right>[^<>=]+)")


@dataclass(frozen=True)
class Sign:
    """An inequality between the two trees of a ``gap`` that opens or closes gates: what is ``taken`` for each there."""

    gap: tuple[Tree, Tree]
    needs: str
    taken: Mapping[Apply, Branch]


class Suppositions:
    """The assumptions that hold where a work is being read; their numbers are given like any others."""

    def __init__(self, subject: Subject, world: World, figures: Figures) -> None:
        self.subject, self.world, self.figures = subject, world, figures
        self.numbers: dict[str, Real] = {}
        self.passing: dict[str, Real | None] = {}  # for this sentence only: what was given before
        self.understood = False  # all that this sentence supposes are numbers, or on which side of a kink it is
        self.signs: list[Sign] = []  # of this sentence: s > 0
        self.before: list[Sign] = []  # and those of its paragraph before it
        self.unclear = False  # something else is supposed in this paragraph
        self.further = False  # something that is no number is supposed, up to the end of the paragraph
        self.place = (-1, -1)
        self.rivals: dict[str, Real] = {}  # "suppose y = 0" where the exercise has y = 1: what it has is true as well
        self.part = (0, "")
        self._worlds: dict[tuple[tuple[str, Real], ...], World] = {}

    def enter(self, found: Sequence[Statement | Unread], number: int) -> None:
        """Go on to this statement of a work; with a new sentence comes all that it supposes, in front or behind."""
        place = _place(found[number])
        if place == self.place:
            return
        same = place[1] == self.place[1]
        self.further, self.unclear = self.further and same, self.unclear and same
        self.before, self.signs = [*self.before, *self.signs] if same else [], []
        self.place = place
        for name, value in self.passing.items():
            self._give(name, value)
        self.passing = {}
        items = list(itertools.takewhile(lambda item: _place(item) == place, itertools.islice(found, number, None)))
        kinds = {self._kind(item) for item in items}
        first = -1
        said: dict[Tree, Tree] = {}
        for item in items:
            self.further |= isinstance(item, Unread) and item.assumed
            behind, first = item.fragment.at == first, item.fragment.at
            if isinstance(item, Statement) and (behind or item.fragment.supposed) and self.assumes(item):
                left, right = item.left.tree, item.links[0][1].tree
                if said.setdefault(left, right) != right:  # two cases in one sentence
                    self.further, kinds = True, {*kinds, "other"}
                self._suppose(item, certain=not behind)
        self._understand(kinds, bare=items[0].fragment.bare)

    def _understand(self, kinds: set[str], *, bare: bool) -> None:
        """Note whether what a sentence supposes says under what its lines are right, or wrong."""
        gaps = [sign.gap for sign in self.signs]
        if len(set(gaps)) < len(gaps):  # two cases
            kinds = {*kinds, "other"}
        known = not self.unclear and "other" not in kinds and set(self.passing) <= set(self.own())
        supposes = bool(self.passing or self.signs) and (bool(self.signs) or not self.further)
        self.understood = known and bare and supposes and {sign.gap for sign in self.before} <= set(gaps)
        self.unclear |= "other" in kinds

    def _kind(self, item: Statement | Unread) -> str:
        """What an item supposes: a number for a leaf, a side of a kink, which is noted, or something other; else ''."""
        condition = item.fragment.skip == "condition"
        if isinstance(item, Unread):
            sign = self._sign(item) if item.assumed else None
            self.signs += [sign] if sign is not None else []
            return "sign" if sign is not None else "other" if item.assumed or condition else ""
        if not condition and not (item.fragment.supposed and self.assumes(item)):
            return ""
        left = item.left.tree
        is_number = self.assumes(item) and literal(item.links[0][1].tree) is not None
        return "number" if is_number and self._is_leaf(left) and not self._shared(names(left)[0]) else "other"

    def _sign(self, item: Unread) -> Sign | None:
        """On which side of a kink of the network's an inequality is, s > 0; None if it is no such."""
        sides = _STRICT.fullmatch(item.fragment.source)
        if sides is None or item.fragment.skip != "condition":
            return None
        equation = replace(item.fragment, source=f"{sides['left']} = {sides['right']}", skip="")
        read = statements(equation, Symbols.of(self.subject))
        if len(read) != 1 or not isinstance(read[0], Statement) or len(read[0].links) != 1:
            return None
        gap = read[0].left.tree, read[0].links[0][1].tree
        larger = sides["sign"] in (">", r"\gt")
        taken = taken_to(self.world, gap, larger=larger)
        left, right = (plain(tree, self.world.graph.scope) for tree in gap)
        return Sign(gap, f"{left} {'>' if larger else '<'} {right}", taken) if taken else None

    def _suppose(self, statement: Statement, *, certain: bool) -> None:
        """Take a statement as given: a number for a leaf, or something further."""
        shown = literal(statement.links[0][1].tree)
        left = statement.left.tree
        if self._of_classes(left, statement.links[0][1].tree):
            return  # what this makes right is found by itself
        if shown is None or not isinstance(left, Name) or not self._is_leaf(left) or self._shared(left.name):
            self.further |= certain
            return
        if statement.fragment.skip == "condition":
            self.passing.setdefault(left.name, self.figures.given.get(left.name))
        self._give(left.name, shown.value)

    def _give(self, name: str, value: Real | None) -> None:
        if value is None:
            self.numbers.pop(name, None)
            self.figures.take_back(name)
        else:
            self.numbers[name] = value
            self.figures.give(name, value)

    def assumes(self, statement: Statement) -> bool:
        """Whether a statement is no claim about the network that could be right or wrong."""
        if len(statement.links) != 1 or statement.links[0][0] not in ("=", "≈") or statement.dummy:
            return False
        left, right = statement.left.tree, statement.links[0][1].tree
        if isinstance(left, Name) and self._is_leaf(left) and left != right:
            own = left.name in names(right) or self.subject.roles.step_size in names(right)
            known = left.name in self.figures.given and left.name not in self.numbers
            return not own and not (known and statement.fragment.skip != "condition")
        graph = self.world.graph
        if isinstance(left, Name) and isinstance(right, Name) and self._is_leaf(right) and left.name in graph:
            return right.name not in graph.ancestors(left.name)  # a = y, but not z = x, which forgets w
        if self._constrains(left, right):
            return True
        if literal(right) is None:
            return False
        open_gate = isinstance(left, Apply) and bool(left.slot) and left.operation == "relu"
        return (open_gate or (isinstance(left, Name) and left.name in graph)) and not self._known(left)

    def _constrains(self, left: Tree, right: Tree) -> bool:
        """Whether an equation ties inputs and weights to a number, t_1 + t_2 = 1, which nothing says of them."""
        side, number = (right, left) if literal(left) else (left, right)
        tied = set(names(side))
        if literal(number) is None or len(tied) < 2 or not all(self._is_leaf(Name(name)) for name in tied):
            return False
        return not self._known(side) and not self.world.decide(left, right, Clock()).equal

    def _of_classes(self, left: Tree, right: Tree) -> bool:
        """Whether an equation says that the targets add up to 1."""
        side, number = (right, left) if literal(left) else (left, right)
        shown, targets = literal(number), self.subject.roles.targets
        if shown is None or shown.value != 1 or len(targets) < 2 or set(names(side)) != set(targets):
            return False
        return self.world.decide(total(map(Name, targets)), side, Clock()).equal is True

    def rivals_given(self, statement: Statement) -> bool:
        """Whether a statement supposes another number than the exercise gives; it is kept for this part."""
        fragment, left = statement.fragment, statement.left.tree
        if self.part != (fragment.exercise, fragment.part):
            self.rivals, self.part = {}, (fragment.exercise, fragment.part)
        if not fragment.supposed or len(statement.links) != 1 or statement.links[0][0] not in ("=", "≈"):
            return False
        shown = literal(statement.links[0][1].tree)
        if shown is None or not isinstance(left, Name) or not self._is_leaf(left) or self._shared(left.name):
            return False
        given = self.subject.numbers.get(left.name)
        if left.name in self.subject.roles.weights or given is None or agreement(shown, given):
            return False
        self.rivals[left.name] = shown.value
        return True

    @contextlib.contextmanager
    def under_rivals(self) -> Iterator[str]:
        """The work's numbers with those that it supposes instead; what these are."""
        before = {name: self.figures.given[name] for name in self.rivals if name in self.figures.given}
        for name, value in self.rivals.items():
            self.figures.give(name, value)
        try:
            yield self.said(list(self.rivals))
        finally:
            for name, value in before.items():
                self.figures.give(name, value)

    def _is_leaf(self, tree: Tree) -> bool:
        return isinstance(tree, Name) and tree.name in self.world.graph and self.world.graph.is_leaf(tree.name)

    def _known(self, tree: Tree) -> bool:
        """Whether the work's numbers say what a quantity is."""
        try:
            self.figures.state("now").value(tree)
        except (EvaluationError, decimal.DecimalException):
            return False
        return True

    def _shared(self, name: str) -> bool:
        """Whether a leaf is tied to others by a constraint: a number for it alone is not all that is supposed."""
        return any(name in group for group in self.world.graph.simplices)

    def on_branch(self, truth: Tree, tree: Tree, clock: Clock) -> tuple[str, bool | None]:
        """What the signs of this sentence are, and whether two sides are equal where they hold."""
        taken = {part: branch for sign in self.signs for part, branch in sign.taken.items()}
        world = self.under(list(self.passing))
        needs = ", ".join(filter(None, (*(sign.needs for sign in self.signs), self.said(list(self.passing)))))
        return needs, equal_there(world, taken, truth, tree, clock)

    # --- what holds under them ------------------------------------------------------------------------------------

    def needed(self, truth: Tree, tree: Tree, clock: Clock) -> tuple[str, Decision | None]:
        """The numbers of the work's own that make two sides equal, as they are written; else the decision under them.

        Where all numbers are known, these are the exercise's: there a formula must be right whatever they are, but for
        targets. That of a class is 0 or 1, and what it is multiplied by is left out by everybody.
        """
        used = self.world.leaves_of(truth, tree)
        held = [name for name in self.own() if name in used and not self._shared(name)]
        decision = self.under(held).decide(truth, tree, clock) if held else None
        if decision is not None and decision.equal:
            return self.said(self._fewest(held, truth, tree, clock)), decision
        with_targets = [*held, *(name for name in self.targets(used) if name not in held)]
        if with_targets != held and self._equal(with_targets, truth, tree, clock):
            return self.said(self._fewest(with_targets, truth, tree, clock)), Decision(True)
        return "", None if decision is None else self._whole(decision, held)

    def _equal(self, held: Sequence[str], truth: Tree, tree: Tree, clock: Clock) -> bool:
        """Whether sides are equal at these numbers, and not only because both are zero there."""
        there = self.under(held)
        equal = not clock.over and there.decide(truth, tree, clock).equal
        return bool(equal) and not by_chance(self.world, there, truth, tree, clock)

    def _fewest(self, held: list[str], truth: Tree, tree: Tree, clock: Clock) -> list[str]:
        """Of these numbers those without which the sides are not equal."""
        for name in list(held):
            fewer = [other for other in held if other != name]
            if fewer and self._equal(fewer, truth, tree, clock):
                held = fewer
        return held

    def targets(self, used: Sequence[str]) -> list[str]:
        """The targets with numbers on which sides depend; of classes that add up to 1 all, or none."""
        given, groups = self.figures.given, self.world.graph.simplices
        found = [name for name in self.subject.roles.targets if name in given and name in used]
        whole = {name: all(other in given for other in group) for group in groups for name in group}
        found = [name for name in found if whole.get(name, True)]
        return [*found, *(n for group in groups if set(group) & set(found) for n in group if n not in found)]

    def own(self) -> list[str]:
        """The leaves whose numbers the work supposes; none where every leaf has one: these are the exercise's then."""
        given, graph = self.figures.given, self.world.graph
        others = {name for name in graph.leaves if name not in given} - {self.subject.roles.step_size}
        return [name for name in graph.leaves if name in given and name not in self.subject.numbers] if others else []

    def in_passing(self, used: Sequence[str]) -> list[str]:
        """Those of these leaves to which only this sentence gives a number: if x = 0."""
        return [name for name, before in self.passing.items() if name in used and before is None]

    def said(self, held: Sequence[str]) -> str:
        """What a line needs that is right at these numbers: y = 1."""
        return ", ".join(f"{name} = {write(self.figures.given[name], 9)[0]}" for name in held)

    def under(self, held: Sequence[str]) -> World:
        """The network whose leaves of these names are numbers."""
        key = tuple((name, self.figures.given[name]) for name in held)
        if key not in self._worlds:
            self._worlds[key] = World.of(self.world.graph.fixed({name: Fraction(value) for name, value in key}))
        return self._worlds[key]

    def _whole(self, decision: Decision, held: Sequence[str]) -> Decision:
        """A decision whose witness says the supposed numbers too."""
        if not isinstance(decision.point, AtNumbers):
            return decision
        leaves = {**decision.point.leaves, **{name: self.figures.given[name] for name in held}}
        return replace(decision, point=AtNumbers(self.world, leaves, self.subject.taken))


def _place(item: Statement | Unread) -> tuple[int, int]:
    return item.fragment.sentence, item.fragment.paragraph
