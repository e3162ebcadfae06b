"""A side with numbers beside letters in; whether a true form is that side with numbers for some of its quantities, out.

That the values agree does not tell: at x = 2 the wrong x^2 (o - 3) is 2 (o - y) x. So the letters of the side may be
anything, while what it has numbers for keeps its value: a true form must stay equal to the side all the same.

>>> from derivgen.graph import Graph
>>> graph = Graph.of("o = w*x; L = (o - y)^2", ["w", "x", "y"])
>>> state = AtNumbers(World.of(graph), {"w": 1, "x": 2, "y": 3})
>>> for text in ("8*w - 12", "2*(2 - 3)*x", "8*w - 12*w", "x^2*(o - 3)"):
...     is_filled_form(state, Partial("L", "w"), read(text, graph.scope), lambda _: False, Clock())
True
True
False
False
"""

from __future__ import annotations

import decimal
import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from derivgen.checking.judging.deciding import AtNumbers, Clock, World, read
from derivgen.checking.judging.expecting import expected
from derivgen.checking.judging.rounding import worked
from derivgen.errors import DerivgenError
from derivgen.evaluation import CONTEXT, Numbers, Real, evaluator, to_decimal
from derivgen.expression import Name, Number, Partial, Tree, names, transform, walk
from derivgen.graph import Graph

__all__ = ["Clock", "World", "is_filled_form", "read"]

MOST_PLACES = 8  # of letters in a form, each of which may be one that the side has a number for
LARGEST = 400  # parts of a form
_SHRUNK = ((63, 77, 59, 71, 83, 67, 79, 73), (87, 61, 78, 93, 69, 82, 57, 74))  # per cent: no sign or domain changes


def is_filled_form(
    state: AtNumbers, truth: Tree, side: Tree, rounded: Callable[[Number], bool], clock: Clock
) -> bool:  # fmt: skip
    """Whether a side is a true form of one quantity with numbers in place of some of its letters."""
    letters = list(dict.fromkeys(part for part in walk(side) if isinstance(part, (Name, Partial))))
    try:
        points = [_Point(state, letters, shrunk, truth, side, rounded) for shrunk in _SHRUNK]
    except (DerivgenError, decimal.DecimalException, KeyError):
        return False
    return any(_fits(points, form, letters, clock) for form in _forms(state.world.graph, truth, side, letters))


class _Point:
    """The network's numbers, other numbers for the letters of a side, and what that side is then."""

    def __init__(
        self, state: AtNumbers, letters: list[Name | Partial], shrunk: tuple[int, ...], truth: Tree, side: Tree,
        rounded: Callable[[Number], bool],
    ) -> None:  # fmt: skip
        self.state = state
        keys = [letter.name if isinstance(letter, Name) else letter for letter in letters]
        values = [CONTEXT.multiply(to_decimal(state[key]), Decimal(shrunk[i % len(shrunk)]) / 100)
                  for i, key in enumerate(keys)]  # fmt: skip
        self.moved = dict(zip(letters, (value or Decimal("0.1") for value in values), strict=True))
        there = AtNumbers(state.world, {**state.leaves, **dict(zip(keys, self.moved.values(), strict=True))})
        here = worked(side, state, rounded)[0]
        value, radius = worked(side, there, rounded)
        off = abs(to_decimal(here) - to_decimal(state.value(truth)))  # what rounding did to it before
        self.value = to_decimal(value)
        self.slack = 3 * off + 2 * radius + Decimal(10) ** -20 * abs(self.value)

    def meets(self, value: Real) -> bool:
        return abs(to_decimal(value) - self.value) <= self.slack


class _Over(dict[Any, Real]):
    """Numbers of single places in a form before those of the network."""

    def __init__(self, numbers: Numbers) -> None:
        super().__init__()
        self.numbers = numbers

    def __missing__(self, key: Any) -> Real:
        return self.numbers[key]


def _fits(points: list[_Point], form: Tree, letters: list[Name | Partial], clock: Clock) -> bool:
    """Whether a form is the side at all points, with some of its letters kept at their numbers."""
    places: list[Name | Partial] = []

    def opened(part: Tree) -> Tree | None:
        if not isinstance(part, (Name, Partial)) or part not in letters:
            return None
        places.append(part)
        return Name(f"#{len(places)}")

    state = points[0].state
    if sum(1 for _ in walk(form)) > LARGEST:
        return False
    apart = transform(form, opened)
    if not set(letters) <= set(places):
        return False
    evaluate = evaluator(state.written_out(apart), state.graph.kinks)
    kept = [state[place.name if isinstance(place, Name) else place] for place in places]
    free = itertools.product((True, False), repeat=min(len(places), MOST_PLACES))
    for moves in free:
        if clock.over:
            return False
        if all(_met(point, evaluate, places, kept, (*moves, *[True] * len(places))) for point in points):
            return True
    return False


def _met(
    point: _Point, evaluate: Callable[[Any], Real], places: list[Name | Partial], kept: list[Real],
    moves: tuple[bool, ...],
) -> bool:  # fmt: skip
    over = _Over(point.state)
    for i, place in enumerate(places):
        over[f"#{i + 1}"] = point.moved[place] if moves[i] else kept[i]
    try:
        return point.meets(evaluate(over))
    except (DerivgenError, decimal.DecimalException, KeyError):
        return False


def _forms(graph: Graph, truth: Tree, side: Tree, letters: list[Name | Partial]) -> Iterator[Tree]:
    """What a quantity is by the network: in values, by the chain rule, and in the letters of the side alone."""
    last = Name(graph.nodes[-1].name)
    found = [form for form in (expected(graph, None, truth, asked) for asked in (last, side)) if form is not None]
    own = {letter.name for letter in letters if isinstance(letter, Name)}
    yield from dict.fromkeys([truth, *found, *(_unfolded(graph, form, own) for form in found)])


def _unfolded(graph: Graph, form: Tree, own: set[str]) -> Tree:
    """A form with the equations of all nodes in it that are no letters of the side."""
    for node in reversed(graph.nodes):
        if node.name not in own and node.name in names(form) and sum(1 for _ in walk(form)) <= LARGEST:
            form = transform(form, lambda part, node=node: node.tree if part == Name(node.name) else None)  # type: ignore[misc]
    return form
