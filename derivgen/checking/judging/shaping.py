r"""What somebody says of an array without all of its entries: its shape, W = 3 × 2, or a column without the bias's 1.

Shapes alone make claims too, (2 × 3)(3 × 1) = 2 × 1, which no arithmetic tells: there the text decides, not its tree.

>>> from derivgen.expression import number
>>> said_shape(Apply("multiply", (number(3), number(2))))
(3, 2)
>>> between_shapes([r"(2 \times 3)(3 \times 1)", r"2 \times 1"]), between_shapes([r"2 \times 3", "6"])
([('right', '')], [])
>>> graph = Graph(("x_0", "x_1"), (), arrays=(("x", column([Name("x_0"), Name("x_1")])),))
>>> completed(graph, Name("x"), column([number(5)]), ["x_0"]) == column([Name("x_0"), number(5)])
True
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from math import prod

from derivgen.arrays import ShapeError
from derivgen.expression import Apply, Name, Number, Tree, column
from derivgen.graph import Graph

Shape = tuple[int, int]

_ARRANGES = re.compile(r"\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\[,;:! ]|~|[&\s]+")
_TIMES = r"(?:\\times|×)"
_PAIR = re.compile(rf"[(\[]([0-9]{{1,4}}){_TIMES}([0-9]{{1,4}})[)\]]|([0-9]{{1,4}}){_TIMES}([0-9]{{1,4}})")
_BETWEEN = rf"(?:\\cdot|·|⋅|\+|(?<=[)\]])(?:{_TIMES})?(?=[(\[]))"
_SIDE = re.compile(rf"(?:{_PAIR.pattern})(?:{_BETWEEN}(?:{_PAIR.pattern}))*")


def between_shapes(sides: Sequence[str]) -> list[tuple[str, str]]:
    """The verdict and the problem of each link of a chain between shapes; empty if it is no such chain.

    One side at least multiplies shapes. What is right of the numbers alone could be meant so.
    """
    sides = [_ARRANGES.sub("", side) for side in sides]
    said = [_worked_out(side) for side in itertools.takewhile(_SIDE.fullmatch, sides)]
    multiplies = any(len(_PAIR.findall(term)) > 1 for side in sides[: len(said)] for term in side.split("+"))
    if not multiplies or (len(said) < len(sides) and len({value for _, value in said}) == 1):
        return []
    (shape, value), *others = said
    found = [_compared(shape, own, value == number) for own, number in others]
    return [*found, *[("undecided", "this is compared with a shape")] * (len(sides) - len(said))]


def _compared(shape: Shape | None, own: Shape | None, equal: bool) -> tuple[str, str]:
    """What is found of a side that has a shape of its own, and is equal as a number or not."""
    if shape is not None and shape == own:
        return "right", ""
    if equal:
        could_be = "this is right of numbers, but wrong of shapes"
        return ("right", "") if shape is None else ("undecided", could_be)
    if shape is None or own is None:
        return "wrong", "these shapes do not fit"
    return "wrong", f"this comes to the shape {shape[0]}×{shape[1]}"


def _worked_out(side: str) -> tuple[Shape | None, int]:
    """The shape of a sum of products of shapes, and their value as numbers."""
    terms = [[(int(a or c), int(b or d)) for a, b, c, d in _PAIR.findall(term)] for term in side.split("+")]
    found = {_chained(term) for term in terms}
    return found.pop() if len(found) == 1 else None, sum(prod(map(prod, term)) for term in terms)


def _chained(shapes: list[Shape]) -> Shape | None:
    """The shape of a product of matrices of these shapes."""
    fits = all(before[1] == behind[0] for before, behind in pairwise(shapes))
    return (shapes[0][0], shapes[-1][1]) if fits else None


def said_shape(tree: Tree) -> Shape | None:
    """The shape that 3 × 2 says, or (3 × 1)(1 × 2); None of anything but products of two whole numbers."""
    if not isinstance(tree, Apply) or tree.operation != "multiply" or len(tree.args) < 2:
        return None
    if all(isinstance(factor, Apply) for factor in tree.args):
        factors = [said_shape(factor) for factor in tree.args]
        return None if None in factors else _chained([factor for factor in factors if factor])
    if len(tree.args) != 2:
        return None
    sizes = [size.value for size in tree.args if isinstance(size, Number) and size.value.denominator == 1]
    return (int(sizes[0]), int(sizes[1])) if len(sizes) == 2 else None


def completed(graph: Graph, left: Tree, side: Tree, ones: Collection[str]) -> Tree:
    """A column without its first entry, where that is the 1 of the bias, with it; any other side as it stands."""
    if not isinstance(left, Name) or left.name not in dict(graph.arrays):
        return side
    try:
        rows, own = graph.entries(left), graph.entries(side)
    except ShapeError:
        return side
    if rows is None or own is None or {len(row) for row in (*rows, *own)} != {1} or len(own) != len(rows) - 1:
        return side
    first = rows[0][0]
    return column([first, *(row[0] for row in own)]) if isinstance(first, Name) and first.name in ones else side
