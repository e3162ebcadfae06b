"""Tree in, SymPy expression out, by constructors only: no text ever reaches SymPy's parsers."""

from __future__ import annotations

from typing import Any

import sympy

from derivgen.expression import Name, Number, Partial, Tree, substitute
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
    "above": lambda x, y: _indicator(x > y),
    "below": lambda x, y: _indicator(x <= y),
    "above_or_equal": lambda x, y: _indicator(x >= y),
    "strictly_below": lambda x, y: _indicator(x < y),
}


def expression(tree: Tree) -> sympy.Expr:
    """The SymPy expression; a declared function stays an undefined SymPy function.

    >>> from derivgen.reading import Scope, read
    >>> expression(read("tanh(x) + x*x", Scope.of(["x"])))
    x**2 + (exp(x) - exp(-x))/(exp(x) + exp(-x))
    """
    if isinstance(tree, Number):
        return sympy.Rational(tree.value.numerator, tree.value.denominator)
    if isinstance(tree, Name):
        return symbol(tree.name)
    if isinstance(tree, Partial):
        return symbol(f"d{tree.of}/d{tree.wrt}")
    args = [expression(argument) for argument in tree.args]
    if tree.operation in _CONSTRUCTORS:
        return _CONSTRUCTORS[tree.operation](*args)
    row = OPERATIONS.get(tree.operation)
    if row is not None:
        value = substitute(read_row(row.name, row.value), dict(zip(row.arguments, tree.args, strict=True)))
        return expression(value)
    function = sympy.Function(tree.operation)
    if not tree.slot:
        return function(*args)
    dummies = [sympy.Dummy(f"t{i}") for i in range(len(args))]
    derivative = sympy.Derivative(function(*dummies), dummies[tree.slot - 1])
    return sympy.Subs(derivative, tuple(dummies), tuple(args))
