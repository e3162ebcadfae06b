"""Tree in, SymPy expression out, by constructors only: no text ever reaches SymPy's parsers."""

from __future__ import annotations

from typing import Any

import sympy

from derivgen.arrays import entries
from derivgen.expression import Apply, Name, Number, Partial, Tree, substitute, walk
from derivgen.operations import OPERATIONS
from derivgen.reading import read_row


def symbol(name: str) -> sympy.Symbol:
    """The real symbol of a quantity's plain name."""
    return sympy.Symbol(name, real=True)


def _indicator(holds: Any) -> sympy.Expr:
    return sympy.Piecewise((sympy.S.One, holds), (sympy.S.Zero, True))


_CONSTRUCTORS: dict[str, Any] = {
    "add": lambda *terms: sympy.Add(*terms),
    "subtract": lambda x, y: x - y,
    "multiply": lambda *factors: sympy.Mul(*factors),
    "divide": lambda x, y: x / y,
    "negate": lambda x: -x,
    "power": lambda x, n: x**n,
    "reciprocal": lambda x: 1 / x,
    "exp": sympy.exp,
    "log": sympy.log,
    "max": sympy.Max,
    "floor": sympy.floor,
    "above": lambda x, y: _indicator(x > y),
    "below": lambda x, y: _indicator(x <= y),
    "above_or_equal": lambda x, y: _indicator(x >= y),
    "strictly_below": lambda x, y: _indicator(x < y),
}


def expression(tree: Tree, kinks: str = "left") -> Any:
    """The SymPy expression, of matrices a SymPy matrix; a declared function stays an undefined SymPy function.

    ``kinks`` says what sign(0) is: −1, or 1 if it is "right".

    >>> from derivgen.reading import Scope, read
    >>> expression(read("tanh(x) + x*x", Scope.of(["x"])))
    x**2 + (exp(x) - exp(-x))/(exp(x) + exp(-x))
    >>> expression(read("[x, 1]*transpose([2, x])", Scope.of(["x"])))
    Matrix([[3*x]])
    """
    if any(isinstance(part, Apply) and part.operation == "matrix" for part in walk(tree)):
        return sympy.ImmutableMatrix([[_single(entry, kinks) for entry in row] for row in entries(tree) or ()])
    return _single(tree, kinks)


def _single(tree: Tree, kinks: str) -> sympy.Expr:
    if isinstance(tree, Number):
        return sympy.Rational(tree.value.numerator, tree.value.denominator)
    if isinstance(tree, Name):
        return symbol(tree.name)
    if isinstance(tree, Partial):
        return symbol(f"d{tree.of}/d{tree.wrt}")
    args = [_single(argument, kinks) for argument in tree.args]
    if tree.operation == "sign":
        above = args[0] >= 0 if kinks == "right" else args[0] > 0
        return sympy.Piecewise((sympy.S.One, above), (sympy.S.NegativeOne, True))
    if tree.operation in _CONSTRUCTORS:
        return _CONSTRUCTORS[tree.operation](*args)
    row = OPERATIONS.get(tree.operation)
    if row is not None:
        form = row.local[tree.slot - 1] if tree.slot else row.value
        value = substitute(read_row(row.name, form), dict(zip(row.arguments, tree.args, strict=True)))
        return _single(value, kinks)
    function = sympy.Function(tree.operation)
    if not tree.slot:
        return function(*args)
    dummies = [sympy.Dummy(f"t{i}") for i in range(len(args))]
    derivative = sympy.Derivative(function(*dummies), dummies[tree.slot - 1])
    return sympy.Subs(derivative, tuple(dummies), tuple(args))
