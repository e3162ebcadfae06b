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

import decimal
from collections.abc import Sequence
from typing import Any

from derivgen.checking.deciding import AtNumbers, World, close
from derivgen.checking.rounding import agreement, literal, worked
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

    def carried(self, world: World, token: Tree | None, *, mistaken: bool, new: bool = False) -> AtNumbers:
        """The network with the numbers that the work has written down for its quantities, but the one in question."""
        said = {**self.written, **self.mistaken} if mistaken else self.written
        tokens = set(self.world.cells(token)[1]) if token is not None else set()
        more = {key.name if isinstance(key, Name) else key: value for key, value in said.items() if key not in tokens}
        return AtNumbers(world, {**self.given, **(self.updated if new else {}), **more}, self.subject.taken)

    def states(self, truth: Tree, *, stepped: bool) -> list[AtNumbers]:
        """The states that a statement may be about: once values are updated, a value may be the old or the new one.

        A derivative is one before the step until the new values are worked out, or all weights have theirs.
        """
        now = [self.state("now")]
        if not self.updated or stepped:
            return now
        whole = set(self.subject.roles.weights) <= self.updated.keys()
        values = not any(isinstance(part, Partial) for part in walk(truth))
        return [*now, self.state("new")] if values or whole else now

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
            value, radius = worked(cell, state, self._rounded)
        except (EvaluationError, decimal.DecimalException, KeyError):
            return ""
        if close(value, true):
            return "exact"
        gap = abs(to_decimal(value) - to_decimal(true))
        # So wide a margin would let anything pass.
        return "rounded" if gap <= radius <= max(abs(to_decimal(value)), abs(to_decimal(true))) else ""

    def _rounded(self, shown: Number) -> bool:
        """Whether a number in a line may be one that was rounded: no given number is, but one that it is taken for."""
        own = literal(shown)
        assert own is not None
        if own.unit == 1:
            return False
        if not any(shown.value == value for value in self.given.values()):
            return True
        return any(agreement(own, value) == "rounded" for value in self._known_values())

    def _known_values(self) -> list[Real]:
        """The numbers of all nodes, and of the loss's derivatives, as far as the work's numbers say them."""
        state, graph, found = self.state("now"), self.world.graph, []
        loss = self.subject.roles.loss
        for key in (*(node.name for node in graph.nodes), *(Partial(loss, n) for n in graph.ancestors(loss) if loss)):
            try:
                found.append(state[key])
            except (EvaluationError, decimal.DecimalException):
                continue
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
