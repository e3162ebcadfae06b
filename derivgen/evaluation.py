"""Numbers on a graph: forward values, local derivatives and adjoints; exact fractions wherever they can be.

Where e^x or a logarithm comes in, values are decimals of ``PRECISION`` digits, rounded once, when printed.

>>> from derivgen.graph import Graph
>>> graph = Graph.of("z = w*x; f = z*z + w", ["w", "x"])
>>> numbers = Numbers(graph, {"w": Fraction(1, 2), "x": Fraction(3)})
>>> numbers["f"], numbers[Partial("f", "w")]
(Fraction(11, 4), Fraction(10, 1))
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from derivgen.derivation import local_derivatives
from derivgen.errors import DerivgenError
from derivgen.expression import Name, Number, Partial, Tree, substitute
from derivgen.graph import Graph
from derivgen.operations import OPERATIONS
from derivgen.reading import read_row

Real = Fraction | Decimal
PRECISION = 100  # 30 right digits even where 1 - σ(z) cancels; nothing below 10^-40 is printed
CONTEXT = decimal.Context(
    prec=PRECISION, rounding=decimal.ROUND_HALF_EVEN, Emin=-(10**9), Emax=10**9,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)  # fmt: skip
_LARGEST_EXPONENT = 10**6
_LONGEST_FRACTION = 20_000  # bits


class EvaluationError(DerivgenError):
    """Numbers that the network cannot take: log of a negative number, division by zero, a forbidden kink.

    ``at`` is the quantity whose equation cannot be worked out.
    """

    def __init__(self, problem: str, at: str = "") -> None:
        self.at = at
        super().__init__(f"{at}: {problem}" if at else problem)


class MissingNumberError(EvaluationError):
    """A leaf that was given no number."""


class KinkError(EvaluationError):
    """A value exactly at a kink while the quiz forbids it."""


def to_decimal(number: Real) -> Decimal:
    if isinstance(number, Decimal):
        return number
    return CONTEXT.divide(Decimal(number.numerator), Decimal(number.denominator))


def _short(x: Fraction) -> Real:
    """The fraction, unless it is too long to be of use exactly: squared again and again, it would fill the memory."""
    if x.numerator.bit_length() + x.denominator.bit_length() > _LONGEST_FRACTION:
        return to_decimal(x)
    return x


def _add(x: Real, y: Real) -> Real:
    if type(x) is Fraction and type(y) is Fraction:
        return _short(x + y)
    return CONTEXT.add(to_decimal(x), to_decimal(y))


def _subtract(x: Real, y: Real) -> Real:
    if type(x) is Fraction and type(y) is Fraction:
        return _short(x - y)
    return CONTEXT.subtract(to_decimal(x), to_decimal(y))


def _multiply(x: Real, y: Real) -> Real:
    if type(x) is Fraction and type(y) is Fraction:
        return _short(x * y)
    return CONTEXT.multiply(to_decimal(x), to_decimal(y))


def _divide(x: Real, y: Real) -> Real:
    if y == 0:
        raise EvaluationError("division by zero")
    if type(x) is Fraction and type(y) is Fraction:
        return _short(x / y)
    return CONTEXT.divide(to_decimal(x), to_decimal(y))


def _negate(x: Real) -> Real:
    return -x if type(x) is Fraction else CONTEXT.minus(to_decimal(x))


def _power(x: Real, n: Real) -> Real:
    if x == 0 and n < 0:
        raise EvaluationError("division by zero")
    if type(x) is Fraction:
        bits = (x.numerator.bit_length() + x.denominator.bit_length()) * abs(int(n))
        if bits <= _LONGEST_FRACTION:
            return Fraction(x ** int(n))
    return CONTEXT.power(to_decimal(x), int(n))


def _exp(x: Real) -> Real:
    if x == 0:
        return Fraction(1)
    if not -_LARGEST_EXPONENT <= x <= _LARGEST_EXPONENT:
        raise EvaluationError("the exponent of e is too large")
    return CONTEXT.exp(to_decimal(x))


def _log(x: Real) -> Real:
    if x <= 0:
        raise EvaluationError("log of a number that is not positive")
    return Fraction(0) if x == 1 else CONTEXT.ln(to_decimal(x))


def _tie(x: Real, y: Real, kinks: str) -> bool:
    if x != y:
        return False
    if kinks == "forbid":
        raise KinkError("the value lies exactly at a kink, where there is no derivative")
    return True


def _max(x: Real, y: Real, kinks: str) -> Real:
    _tie(x, y, kinks)
    return max(x, y)


_ZERO, _ONE = Fraction(0), Fraction(1)


def _indicator(holds: Callable[[Real, Real], bool]) -> Callable[[Real, Real, str], Real]:
    def evaluate(x: Real, y: Real, kinks: str) -> Real:
        _tie(x, y, kinks)
        return _ONE if holds(x, y) else _ZERO

    return evaluate


_BINARY: dict[str, Callable[[Any, Any], Real]] = {
    "add": _add, "subtract": _subtract, "multiply": _multiply, "divide": _divide, "power": _power,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Real]] = {
    "negate": _negate, "reciprocal": lambda x: _divide(_ONE, x), "exp": _exp, "log": _log,
}  # fmt: skip
_KINKED: dict[str, Callable[[Any, Any, str], Real]] = {
    "max": _max,
    "above": _indicator(lambda x, y: x > y),
    "below": _indicator(lambda x, y: x <= y),
    "above_or_equal": _indicator(lambda x, y: x >= y),
    "strictly_below": _indicator(lambda x, y: x < y),
}

Evaluator = Callable[[Mapping[Any, Real]], Real]


@lru_cache(maxsize=16384)
def evaluator(tree: Tree, kinks: str = "forbid") -> Evaluator:
    """The tree as a function of its quantities' numbers (names by their text, partials by themselves)."""
    if isinstance(tree, Number):
        value: Real = tree.value
        return lambda numbers: value
    if isinstance(tree, (Name, Partial)):
        key = tree.name if isinstance(tree, Name) else tree
        return lambda numbers: numbers[key]
    operation, args = tree.operation, [evaluator(argument, kinks) for argument in tree.args]
    if operation in _UNARY:
        unary, only = _UNARY[operation], args[0]
        return lambda numbers: unary(only(numbers))
    if operation in _BINARY:
        return _fold(_BINARY[operation], args)
    if operation in _KINKED:
        kinked, (left, right) = _KINKED[operation], args
        return lambda numbers: kinked(left(numbers), right(numbers), kinks)
    row = OPERATIONS.get(operation)
    if row is None:
        raise EvaluationError(f"{operation} has no numbers until it is bound to an operation")
    return evaluator(substitute(read_row(row.name, row.value), dict(zip(row.arguments, tree.args, strict=True))), kinks)


def _fold(binary: Callable[[Any, Any], Real], args: list[Evaluator]) -> Evaluator:
    first, rest = args[0], tuple(args[1:])
    if len(rest) == 1:
        second = rest[0]
        return lambda numbers: binary(first(numbers), second(numbers))

    def folded(numbers: Mapping[Any, Real]) -> Real:
        result = first(numbers)
        for argument in rest:
            result = binary(result, argument(numbers))
        return result

    return folded


class Numbers(dict[Any, Real]):
    """The numbers of a graph's quantities, computed when asked for: by name, or by ``Partial``.

    ``given`` holds the leaves' numbers and any inner value at which the graph is cut. With ``carry`` every value is
    rounded to that many decimals before it is used again, as by hand.
    """

    def __init__(self, graph: Graph, given: Mapping[str, Real], carry: int | None = None) -> None:
        super().__init__(given)
        self.graph, self.carry, self.cuts = graph, carry, frozenset(n for n in given if not graph.is_leaf(n))

    def __missing__(self, key: str | Partial) -> Real:
        if isinstance(key, str):
            value = self._forward(key)
        elif key.held:
            value = self.local(key.of, key.wrt)
        else:
            value = self._total(key)
        self[key] = value
        return value

    def rounded(self, value: Real) -> Real:
        return value if self.carry is None else round_half_up(value, self.carry)

    def _forward(self, name: str) -> Real:
        if name not in self.graph:
            raise EvaluationError(f"there is no quantity {name}")
        if self.graph.is_leaf(name):
            raise MissingNumberError(f"{name} has no number: give it one")
        wanted = self.graph.upstream(name, self.cuts)
        for node in self.graph.nodes:  # in order, so that a deep network needs no deep recursion
            if node.name not in self and node.name in wanted:
                self[node.name] = self._evaluate(node.tree, node.name)
        return self[name]

    def _evaluate(self, tree: Tree, name: str) -> Real:
        try:
            return self.rounded(evaluator(self.graph.resolved(tree), self.graph.kinks)(self))
        except MissingNumberError:
            raise
        except EvaluationError as error:
            raise error if error.at else type(error)(str(error), name) from None
        except decimal.Overflow:
            raise EvaluationError("the number is too large", name) from None

    def value(self, tree: Tree) -> Real:
        """The number that a tree comes to."""
        return self._evaluate(tree, "the answer")

    def local(self, name: str, parent: str) -> Real:
        """The local derivative's number."""
        return self._evaluate(local_derivatives(self.graph, name)[parent], f"d{name}/d{parent}")

    def _total(self, partial: Partial) -> Real:
        """The adjoint sweep from ``of``, kept for every quantity upstream."""
        of, graph = partial.of, self.graph
        sums: dict[str, Real] = {of: _ONE}
        needed = graph.ancestors(of)
        for node in reversed(graph.nodes):
            if node.name not in needed or node.name not in sums or node.name in self.cuts:
                continue
            upstream = sums[node.name]
            for parent in node.parents:
                share = _multiply(upstream, self.local(node.name, parent))
                sums[parent] = self.rounded(_add(sums[parent], share) if parent in sums else share)
        for name, value in sums.items():
            self.setdefault(Partial(of, name), value)
        return sums.get(partial.wrt, _ZERO)


def round_half_up(value: Real, places: int) -> Fraction:
    """The nearest number with that many decimals; a tie away from zero, as by hand."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        assert isinstance(exponent, int)
        if exponent < -places - 2 * PRECISION:
            return _ZERO
        value = Fraction(value)
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**places)
