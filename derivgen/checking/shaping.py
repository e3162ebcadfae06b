"""What somebody says of an array without all of its entries: its shape, W = 3 × 2, or a column without the bias's 1.

>>> from derivgen.expression import number
>>> said_shape(Apply("multiply", (number(3), number(2))))
(3, 2)
>>> graph = Graph(("x_0", "x_1"), (), arrays=(("x", column([Name("x_0"), Name("x_1")])),))
>>> completed(graph, Name("x"), column([number(5)]), ["x_0"]) == column([Name("x_0"), number(5)])
True
"""

from __future__ import annotations

from collections.abc import Collection

from derivgen.arrays import ShapeError
from derivgen.expression import Apply, Name, Number, Tree, column
from derivgen.graph import Graph


def said_shape(tree: Tree) -> tuple[int, int] | None:
    """The shape that 3 × 2 says; None of anything but a product of two whole numbers."""
    if not isinstance(tree, Apply) or tree.operation != "multiply" or len(tree.args) != 2:
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
