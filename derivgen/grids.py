"""A side of a printed line in, its entries out: the certificates' own account of what matrices mean.

``arrays.py`` has the same rules a second time, for what is printed: neither knows of the other.

>>> W, x = Name("W"), Name("x")
>>> column = Apply("matrix", (Apply("row", (Name("p"),)), Apply("row", (Name("q"),))))
>>> arrays = Arrays((("W", Apply("matrix", (Apply("row", (Name("a"), Name("b"))),))), ("x", column)))
>>> str(arrays.taken_apart(Apply("multiply", (x, W))))
'2×2'
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derivgen.errors import CertificateError
from derivgen.expression import Apply, Name, Number, Partial, Tree


@dataclass(frozen=True)
class Grid:
    """The entries of an array-valued side, row by row, and how many rows and columns they make."""

    rows: int
    columns: int
    cells: tuple[Tree, ...]

    def __str__(self) -> str:
        return f"{self.rows}×{self.columns}"


class Arrays:
    """What the names of whole arrays stand for; takes any tree apart (a rule of its own, not the printing side's)."""

    def __init__(self, arrays: tuple[tuple[str, Tree], ...]) -> None:
        self.declared = dict(arrays)

    def taken_apart(self, tree: Tree) -> Tree | Grid:
        """A single number's tree, no array in it, or the grid of its entries; ``CertificateError`` if sizes clash."""
        if isinstance(tree, Number):
            return tree
        if isinstance(tree, Name):
            return self.taken_apart(self.declared[tree.name]) if tree.name in self.declared else tree
        if isinstance(tree, Partial):
            return self._partial(tree)
        if tree.operation == "matrix":
            return self._literal(tree)
        args = [self.taken_apart(argument) for argument in tree.args]
        if tree.operation == "shape":
            (whole,) = args
            assert isinstance(whole, Grid)
            return Grid(1, 2, (Number(Fraction(whole.rows)), Number(Fraction(whole.columns))))
        grids = [argument for argument in args if isinstance(argument, Grid)]
        if tree.operation == "transpose":
            (grid,) = grids or [Grid(0, 0, ())]
            cells = [grid.cells[i * grid.columns + j] for j in range(grid.columns) for i in range(grid.rows)]
            return self._sound(Grid(grid.columns, grid.rows, tuple(cells)), tree)
        if not grids and tree.operation != "hadamard":
            return Apply(tree.operation, tuple(a for a in args if not isinstance(a, Grid)), tree.slot)
        if tree.operation == "multiply":
            result = args[0]
            for factor in args[1:]:
                result = self._times(result, factor)
            return result
        return self._cell_by_cell(tree, args, grids)

    def written_out(self, tree: Tree) -> Tree:
        """The tree with the names of arrays replaced by their matrices, and not worked out."""
        if isinstance(tree, Apply):
            return Apply(tree.operation, tuple(map(self.written_out, tree.args)), tree.slot)
        apart = self.taken_apart(tree)
        if not isinstance(apart, Grid):
            return tree
        rows = (apart.cells[i * apart.columns : (i + 1) * apart.columns] for i in range(apart.rows))
        return Apply("matrix", tuple(Apply("row", row) for row in rows))

    def _sound(self, grid: Grid, tree: Tree) -> Grid:
        if not grid.cells:
            raise CertificateError("a printed line transposes or multiplies a single number as if it were an array")
        return grid

    def _partial(self, tree: Partial) -> Tree | Grid:
        held: list[str] = []
        for name in tree.held:
            inner = self.taken_apart(Name(name))
            cells = inner.cells if isinstance(inner, Grid) else (inner,)
            held += [cell.name for cell in cells if isinstance(cell, Name)]
        if tree.wrt not in self.declared:
            return Partial(tree.of, tree.wrt, tuple(held))
        grid = self.taken_apart(Name(tree.wrt))
        assert isinstance(grid, Grid)
        if tree.of in self.declared or not all(isinstance(cell, Name) for cell in grid.cells):
            raise CertificateError(f"a printed line takes a derivative of {tree.of} by {tree.wrt}: not all are numbers")
        partials = (Partial(tree.of, cell.name, tuple(held)) for cell in grid.cells if isinstance(cell, Name))
        return Grid(grid.rows, grid.columns, tuple(partials))

    def _literal(self, tree: Apply) -> Grid:
        rows = [row.args for row in tree.args if isinstance(row, Apply) and row.operation == "row"]
        cells = [self.taken_apart(entry) for row in rows for entry in row]
        if len({len(row) for row in rows}) != 1 or any(isinstance(cell, Grid) for cell in cells):
            raise CertificateError("a printed matrix is not made of rows of numbers of one length")
        return Grid(len(rows), len(rows[0]), tuple(cell for cell in cells if not isinstance(cell, Grid)))

    def _times(self, x: Tree | Grid, y: Tree | Grid) -> Tree | Grid:
        if not isinstance(x, Grid) and not isinstance(y, Grid):
            return Apply("multiply", (x, y))
        if not isinstance(x, Grid):
            assert isinstance(y, Grid)
            return Grid(y.rows, y.columns, tuple(Apply("multiply", (x, cell)) for cell in y.cells))
        if not isinstance(y, Grid):
            return Grid(x.rows, x.columns, tuple(Apply("multiply", (cell, y)) for cell in x.cells))
        if x.columns != y.rows:
            raise CertificateError(f"a printed line multiplies a {x} matrix by a {y} one")
        cells = []
        for i in range(x.rows):
            for j in range(y.columns):
                terms = [
                    Apply("multiply", (x.cells[i * x.columns + k], y.cells[k * y.columns + j]))
                    for k in range(x.columns)
                ]
                cells.append(Apply("add", tuple(terms)) if terms[1:] else terms[0])
        return Grid(x.rows, y.columns, tuple(cells))

    def _cell_by_cell(self, tree: Apply, args: list[Tree | Grid], grids: list[Grid]) -> Grid:
        """Sums, differences, ⊙ and functions; a written number may stand beside an array (1 − a), nothing else may."""
        first = grids[0] if grids else None
        if first is None or any((grid.rows, grid.columns) != (first.rows, first.columns) for grid in grids):
            sizes = " and ".join(map(str, grids)) or "single numbers"
            raise CertificateError(f"a printed line takes {tree.operation} of {sizes}")
        alone = (first.rows, first.columns) == (1, 1)  # a product that came to one number
        over_number = tree.operation == "divide" and not isinstance(args[1], Grid)
        if tree.operation in ("divide", "reciprocal", "power") and not over_number:
            raise CertificateError(f"a printed line takes {tree.operation} of a matrix")
        beside = any(not isinstance(argument, (Grid, Number)) for argument in args)
        if beside and not alone and tree.operation in ("add", "subtract", "hadamard"):
            raise CertificateError(f"a printed line takes {tree.operation} of a matrix and a single quantity")
        operation = "multiply" if tree.operation == "hadamard" else tree.operation
        cells = (
            Apply(operation, tuple(a.cells[i] if isinstance(a, Grid) else a for a in args), tree.slot)
            for i in range(len(first.cells))
        )
        return Grid(first.rows, first.columns, tuple(cells))
