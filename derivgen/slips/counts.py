"""Rows: what people get wrong in shapes and in numbers of parameters."""

from __future__ import annotations

from collections.abc import Iterator

from derivgen.expression import Number, Tree, matrix, number, total
from derivgen.slips.table import slip
from derivgen.worked import Slipped, Work


@slip
def shape_transposed(work: Work) -> Iterator[Slipped]:
    """rows and columns of a shape change places"""
    if work.shape:
        yield Slipped("shape_transposed", matrix([_sides(work)[::-1]]))


@slip
def bias_row_forgotten(work: Work) -> Iterator[Slipped]:
    """the row or column of the biases is forgotten in a shape"""
    if work.shape and work.shape.bias:
        yield Slipped("bias_row_forgotten", _longer(work, work.shape.inputs, -1))


@slip
def bias_row_added(work: Work) -> Iterator[Slipped]:
    """a row or column for biases is added to a shape that has none, or has it already"""
    if work.shape:
        for side in (work.shape.inputs, 1 - work.shape.inputs):
            yield Slipped("bias_row_added", _longer(work, side, 1))


@slip
def neighbouring_layer(work: Work) -> Iterator[Slipped]:
    """a shape has the size of a neighbouring layer"""
    for near in work.shape.near if work.shape else ():
        yield Slipped("neighbouring_layer", matrix([list(map(number, near))]))


@slip
def biases_counted(work: Work) -> Iterator[Slipped]:
    """biases are counted where there are none"""
    if work.sizes and not work.biased:
        yield Slipped("biases_counted", total((work.tree, *map(number, work.sizes[1:]))))


@slip
def inputs_counted(work: Work) -> Iterator[Slipped]:
    """the inputs are counted among the parameters"""
    if work.sizes:
        yield Slipped("inputs_counted", total((work.tree, number(work.sizes[0]))))


@slip
def sizes_added(work: Work) -> Iterator[Slipped]:
    """the sizes of neighbouring layers are added instead of multiplied"""
    if work.sizes:
        pairs = zip(work.sizes, work.sizes[1:], strict=False)
        biases = work.sizes[1:] if work.biased else ()
        yield Slipped("sizes_added", number(sum(a + b for a, b in pairs) + sum(biases)))


@slip
def another_layer_counted(work: Work) -> Iterator[Slipped]:
    """one layer too many is counted, as large as the last"""
    if work.sizes:
        last = work.sizes[-1]
        yield Slipped("another_layer_counted", total((work.tree, number(last * last + last * work.biased))))


def _sides(work: Work) -> tuple[Tree, ...]:
    rows = work.roles.graph.entries(work.tree)
    assert rows is not None
    return rows[0]


def _longer(work: Work, side: int, by: int) -> Tree:
    """The shape with more rows or columns, or fewer."""
    sizes = [size.value if isinstance(size, Number) else 0 for size in _sides(work)]
    return matrix([[number(size + by if i == side else size) for i, size in enumerate(sizes)]])
