"""Trees of matrices and vectors in, trees of their entries out: what W x and δ ⊙ g'(z) are, entry by entry.

A product of arrays is the matrix product, sums are taken entry by entry, a function acts on every entry, and a number
beside an array (1 − a) on each of them. The certificates have this a second time, by themselves.

>>> W, x = matrix([[Name("a"), Name("b")]]), column([Name("x"), Name("y")])
>>> row = [apply("multiply", Name("a"), Name("x")), apply("multiply", Name("b"), Name("y"))]
>>> worked(Apply("multiply", (W, x))) == matrix([[total(row)]])
True
>>> shape(Apply("transpose", (x,)))
(1, 2)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce

from derivgen.errors import DerivgenError
from derivgen.expression import Apply, Name, Number, Partial, Tree, apply, column, matrix, total, transform

__all__ = ["Rows", "ShapeError", "column", "entries", "matrix", "named", "shape", "worked"]

Rows = tuple[tuple[Tree, ...], ...]


class ShapeError(DerivgenError):
    """Arrays that do not fit: a 2×3 matrix times one of two rows."""


def named(tree: Tree, arrays: Mapping[str, Tree]) -> Tree:
    """The tree with every array's name replaced by its matrix, and ∂L/∂W by the matrix of ∂L/∂W_ij."""

    def change(part: Tree) -> Tree | None:
        if isinstance(part, Name):
            return arrays.get(part.name)
        if isinstance(part, Partial) and part.wrt in arrays:
            of = part.of
            return transform(arrays[part.wrt], lambda e: Partial(of, e.name) if isinstance(e, Name) else None)
        return None

    return transform(tree, change) if arrays else tree


def entries(tree: Tree) -> Rows | None:
    """The rows of what the tree comes to, or None if it is a single number; the names of arrays must be written out.

    Raises ``ShapeError``.
    """
    if not isinstance(tree, Apply):
        return None
    if tree.operation == "matrix":
        return tuple(row.args for row in tree.args if isinstance(row, Apply))
    inner = [entries(argument) for argument in tree.args]
    if not any(inner):
        if tree.operation in ("transpose", "hadamard"):
            raise ShapeError(f"a single number has no {tree.operation}")
        return None
    if tree.operation == "transpose":
        return tuple(zip(*(inner[0] or ()), strict=True))
    if tree.operation == "multiply":
        parts = [argument if rows is None else rows for argument, rows in zip(tree.args, inner, strict=True)]
        found = reduce(_times, parts)
        return found if isinstance(found, tuple) else None
    if tree.operation == "divide" and inner[1] is None:
        return _each(tree, inner, lambda above, below: apply("divide", above, below))
    if tree.operation in ("divide", "reciprocal", "power"):
        raise ShapeError(f"{tree.operation} is for single numbers, not for matrices")
    if tree.operation == "hadamard":
        return _each(tree, inner, lambda *factors: reduce(_product, factors))
    return _each(tree, inner, lambda *args: replace(tree, args=args))


def _times(left: Tree | Rows, right: Tree | Rows) -> Tree | Rows:
    if not isinstance(left, tuple) or not isinstance(right, tuple):
        if isinstance(left, tuple):
            return tuple(tuple(_product(entry, right) for entry in row) for row in left)  # type: ignore[arg-type]
        if isinstance(right, tuple):
            return tuple(tuple(_product(left, entry) for entry in row) for row in right)
        return _product(left, right)
    if len(left[0]) != len(right):
        raise ShapeError(f"a {_size(left)} matrix cannot be multiplied by a {_size(right)} one")
    columns = tuple(zip(*right, strict=True))
    return tuple(tuple(total(map(_product, row, below)) for below in columns) for row in left)


def _product(left: Tree, right: Tree) -> Tree:
    """The product of two entries, its factors in one row; ones and zeros stay, a number line shows them."""
    factors: list[Tree] = []
    for part in (left, right):
        factors += part.args if isinstance(part, Apply) and part.operation == "multiply" else (part,)
    return Apply("multiply", tuple(factors))


def _each(tree: Apply, inner: list[Rows | None], change: Callable[..., Tree]) -> Rows:
    """The change at every place; what is no array is a number that stands at each of them."""
    rows = [found for found in inner if found is not None]
    if any(_size(found) != _size(rows[0]) for found in rows):
        sizes = " and ".join(map(_size, rows))
        raise ShapeError(f"{tree.operation} needs matrices of one shape, not {sizes}")
    alone = _size(rows[0]) == "1×1"  # a product that came to one number
    if (
        tree.operation in ("add", "subtract", "hadamard")
        and not alone
        and not all(
            found is not None or isinstance(argument, Number) for argument, found in zip(tree.args, inner, strict=True)
        )
    ):
        raise ShapeError(f"{tree.operation} needs matrices, not a matrix and a single quantity")
    return tuple(
        tuple(
            change(*(a if found is None else found[i][j] for a, found in zip(tree.args, inner, strict=True)))
            for j in range(len(rows[0][0]))
        )
        for i in range(len(rows[0]))
    )


def _size(rows: Rows) -> str:
    return f"{len(rows)}×{len(rows[0])}"


def shape(tree: Tree) -> tuple[int, int] | None:
    """Rows and columns of what the tree comes to; None for a single number."""
    rows = entries(tree)
    return None if rows is None else (len(rows), len(rows[0]))


def worked(tree: Tree) -> Tree:
    """The tree worked out to one matrix of its entries; itself if it is a single number."""
    rows = entries(tree)
    return tree if rows is None else matrix(rows)
