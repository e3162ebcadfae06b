"""The numbers of a work: those given, those that it has written down, those after an update; what a side is worth.

>>> from fractions import Fraction
>>> from derivgen.graph import Graph
>>> from derivgen.reading import read
>>> from derivgen.slips import Roles
>>> graph = Graph.of("z = w*x", ["w", "x"])
>>> figures = Figures(Subject(graph, Roles(graph), numbers={"w": Fraction(1, 3), "x": Fraction(2)}), World.of(graph))
>>> figures.graded((read("0.33*2", graph.scope),), (figures.state("now")["z"],), figures.state("now"))
'rounded'
"""

from __future__ import annotations

import contextlib
import decimal
from collections.abc import Iterator, Sequence
from typing import Any

from derivgen.checking.judging.deciding import AtNumbers, World, close
from derivgen.checking.judging.rounding import agreement, literal, worked
from derivgen.checking.work import Subject
from derivgen.evaluation import EvaluationError, Real, to_decimal
from derivgen.expression import Name, Number, Partial, Tree, walk
from derivgen.written import WritingError, write

Values = Sequence[Real]


class Figures:
    """What is known of numbers while a work is gone through."""

    def __init__(self, subject: Subject, world: World) -> None:
        self.subject, self.world = subject, world
        self.given: dict[Any, Real] = dict(subject.numbers)
        self.updated: dict[Any, Real] = {}  # new values of weights, from which nothing has been worked out yet
        self.written: dict[Tree, Real] = {}  # numbers as the work has them: right but for rounding
        self.mistaken: dict[Tree, Real] = {}  # and wrong ones
        self._at: dict[str, AtNumbers] = {}
        self._known: tuple[AtNumbers | None, list[Real]] = None, []

    def give(self, name: str, value: Real) -> None:
        """A number for an input or a weight."""
        self.given[name] = value
        self._at.clear()

    def take_back(self, name: str) -> None:
        """What was given holds no longer."""
        self.given.pop(name, None)
        self._at.clear()

    def update(self, name: str, value: Real) -> None:
        """A weight's value after a step; it counts when the work goes on from it."""
        self.updated[name] = value
        self._at.clear()

    def write_down(self, token: Tree, value: Real | None, *, sound: bool) -> None:
        """Keep a number that the work has for a quantity, right or wrong; None takes a wrong one back."""
        kept, other = (self.written, self.mistaken) if sound else (self.mistaken, self.written)
        other.pop(token, None)
        if value is not None:
            kept[token] = value

    def state(self, name: str) -> AtNumbers:
        """The network at the work's numbers: ``now``, or ``new`` after the updates."""
        if name not in self._at:
            given = {**self.given, **self.updated} if name == "new" else dict(self.given)
            self._at[name] = AtNumbers(self.world, given, self.subject.taken)
        return self._at[name]

    def carried(self, world: World, token: Tree | None, *, mistaken: bool, new: bool = False) -> Iterator[AtNumbers]:
        """The network with the numbers that the work has written down for its quantities, but the one in question.

        All of them, or those of values, or of weights alone: a calculator keeps what is rounded on paper.
        """
        said = {**self.written, **self.mistaken} if mistaken else self.written
        tokens = set(self.world.cells(token)[1]) if token is not None else set()
        if not new:  # a new weight stands among the numbers of the work as soon as it is written there
            tokens |= {Name(name) for name in self.updated}
        kept = {key: value for key, value in said.items() if key not in tokens}
        values = {key.name: value for key, value in kept.items() if isinstance(key, Name)}
        slopes = {key: value for key, value in kept.items() if not isinstance(key, Name)}
        leaves = {name: value for name, value in values.items() if self.world.graph.is_leaf(name)}
        start = {**self.given, **(self.updated if new else {})}
        for more in _different({**values, **slopes}, values, leaves):
            yield AtNumbers(world, {**start, **more}, self.subject.taken)

    def times(self, truth: Tree, *, stepped: bool, goes_on: bool) -> tuple[bool, ...]:
        """Whether a statement is about the old weights, False, or the new ones, True, or may be about either.

        Once weights are updated, values are those of the new ones; while the step ``goes_on`` to other weights, its
        old values are said too. A derivative is one before the step until the new values are worked out, or all
        weights have theirs: then it is of the new ones like a value.
        """
        if not self.updated or stepped:
            return (False,)
        whole = set(self.subject.roles.weights) <= self.updated.keys()
        if whole or not any(isinstance(part, Partial) for part in walk(truth)):
            return (False, True) if goes_on else (True,)
        return (False,)

    def states(self, times: Sequence[bool]) -> list[AtNumbers]:
        """The states that a statement may be about."""
        return [self.state("new" if new else "now") for new in times]

    def missing(self, *sides: Tree) -> list[str]:
        """The leaves that the sides need and that have no number, in the network's order."""
        graph, given = self.world.graph, [name for name in self.given if isinstance(name, str)]
        cuts = frozenset(name for name in given if name in graph and not graph.is_leaf(name))
        spoken = {name for side in sides for own in self.world.quantities(side) for name in graph.upstream(own, cuts)}
        return [leaf for leaf in graph.leaves if leaf in spoken and leaf not in self.given]

    def go_on(self) -> None:
        """From the old state to the new one: what was said of the old values is no more so."""
        self.given.update(self.updated)
        moved = set(self.updated)
        self.updated = {}
        for said in (self.written, self.mistaken):
            for token in [t for t in said if not (isinstance(t, Name) and t.name in moved)]:
                del said[token]
        self._at.clear()

    def graded(self, cells: tuple[Tree, ...], true: Values, state: AtNumbers) -> str:
        """How a side's entries stand for the true values: all exact, or some rounded; empty if one does not."""
        grades = [self._grade(cell, value, state) for cell, value in zip(cells, true, strict=True)]
        return "" if not all(grades) else "rounded" if "rounded" in grades else "exact"

    def _grade(self, cell: Tree, true: Real, state: AtNumbers) -> str:
        shown = literal(cell)
        if shown is not None:
            return agreement(shown, true)
        try:
            value, radius = worked(cell, state, self.is_rounded)
        except (EvaluationError, decimal.DecimalException, KeyError):
            return ""
        if close(value, true):
            return "exact"
        gap = abs(to_decimal(value) - to_decimal(true))
        # So wide a margin would let anything pass.
        return "rounded" if gap <= radius <= max(abs(to_decimal(value)), abs(to_decimal(true))) else ""

    def is_rounded(self, shown: Number) -> bool:
        """Whether a number in a line may be one that was rounded: none is that is known, unless it is another's too."""
        own = literal(shown)
        assert own is not None
        if own.unit == 1:
            return False
        known = self._known_values()
        if not any(close(shown.value, value) for value in known):
            return True
        coarse = own.value < 10 * own.unit  # a given 0.1 is not 0.0934 by chance
        return not coarse and any(agreement(own, value) == "rounded" for value in known)

    def known(self) -> dict[str, Real]:
        """The numbers of leaves and nodes, as far as the work's numbers say them."""
        found = {name: value for name, value in self.given.items() if isinstance(name, str)}
        return {**found, **self._worked_out([node.name for node in self.world.graph.nodes if node.name not in found])}

    def is_worked_out(self, value: Real) -> bool:
        """Whether a number is that of a node, or of a derivative of the loss, without its sign."""
        return any(close(value, other) for other in self._known_values()[len(self.given) :])

    def _known_values(self) -> list[Real]:
        """The given numbers and those of nodes and of the loss's derivatives, as far as these say them; no signs."""
        state = self.state("now")
        if self._known[0] is not state:
            graph, loss = self.world.graph, self.subject.roles.loss
            slopes = [Partial(loss, name) for name in graph.ancestors(loss)] if loss else []
            worked_out = self._worked_out([*(node.name for node in graph.nodes), *slopes])
            values: list[Real] = [*self.given.values(), *worked_out.values()]
            self._known = state, [value if value >= 0 else -value for value in values]
        return self._known[1]

    def _worked_out(self, keys: Sequence[Any]) -> dict[Any, Real]:
        state, found = self.state("now"), {}
        for key in keys:
            with contextlib.suppress(EvaluationError, decimal.DecimalException):
                found[key] = state[key]
        return found

    def as_written(self, cells: tuple[Tree, ...]) -> Values:
        """What a side comes to as it stands there; nothing if it has no value."""
        try:
            return tuple(worked(cell, self.state("now"), lambda _: False)[0] for cell in cells)
        except (EvaluationError, decimal.DecimalException, KeyError):
            return ()

    def text(self, values: Values) -> str:
        """Numbers as they are written, to two digits more than the work's."""
        try:
            return ", ".join(write(value, self.subject.digits + 2)[0] for value in values)
        except WritingError:
            return ""


def _different(*rows: dict[Any, Real]) -> list[dict[Any, Real]]:
    """The rows, each once."""
    return [row for i, row in enumerate(rows) if row not in rows[:i]]
