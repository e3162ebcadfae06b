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
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from derivgen.derivation import branch, local_derivatives
from derivgen.errors import DerivgenError
from derivgen.expression import ZERO, Apply, Name, Number, Partial, Tree, names, substitute, walk
from derivgen.graph import Graph
from derivgen.operations import OPERATIONS
from derivgen.reading import read_row

Real = Fraction | Decimal
PRECISION = 100  # 30 right digits even where 1 - σ(z) cancels; nothing below 10^-40 is printed
CONTEXT = decimal.Context(
    prec=PRECISION, rounding=decimal.ROUND_HALF_EVEN, Emin=-(10**9), Emax=10**9,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)  # fmt: skip
_ZERO, _ONE = Fraction(0), Fraction(1)
_LARGEST_EXPONENT = 10**6
_LARGEST_FLOOR = 10**PRECISION
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


def same_number(value: Real | None, other: Real | None) -> bool:
    """Whether two numbers are equal, or so near that only their last carried digits differ; what is unknown is not."""
    if value is None or other is None:
        return False
    x, y = to_decimal(value), to_decimal(other)
    return abs(x - y) <= Decimal("1e-30") * max(abs(x), abs(y))


def _short(x: Fraction) -> Real:
    """The fraction, unless it is too long to be of use exactly: squared again and again, it would fill the memory."""
    if x.numerator.bit_length() + x.denominator.bit_length() > _LONGEST_FRACTION:
        return to_decimal(x)
    return x


def _add(x: Real, y: Real) -> Real:
    if type(x) is Fraction and type(y) is Fraction:
        return _short(x + y)
    return _difference(CONTEXT.add(to_decimal(x), to_decimal(y)), x, y)


def _subtract(x: Real, y: Real) -> Real:
    if type(x) is Fraction and type(y) is Fraction:
        return _short(x - y)
    return _difference(CONTEXT.subtract(to_decimal(x), to_decimal(y)), x, y)


def _difference(result: Real, x: Real, y: Real) -> Real:
    """The sum or difference, unless all of its digits are lost: 1 − σ(1000) is not 0."""
    if not result and x and type(x) is not type(y):  # a value of e^x or log x is never a fraction, but by an identity
        raise EvaluationError("a difference is too small to be told from zero: choose smaller numbers")
    return result


def _multiply(x: Real, y: Real) -> Real:
    if type(x) is Fraction and type(y) is Fraction:
        return _short(x * y)
    if (type(x) is Fraction and not x) or (type(y) is Fraction and not y):
        return _ZERO
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


def _floor(x: Real) -> Real:
    if abs(x) > _LARGEST_FLOOR:
        raise EvaluationError("the number is too large to be rounded down")
    return Fraction(math.floor(x))


def _tie(x: Real, y: Real, kinks: str) -> bool:
    if x != y:
        return False
    if kinks == "forbid":
        raise KinkError("the value lies exactly at a kink, where there is no derivative")
    return True


def _max(x: Real, y: Real, kinks: str) -> Real:
    _tie(x, y, kinks)
    return max(x, y)


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
    "floor": _floor,
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
    value_tree = branch(read_row(row.name, row.local[tree.slot - 1] if tree.slot else row.value), kinks)
    return evaluator(substitute(value_tree, dict(zip(row.arguments, tree.args, strict=True))), kinks)


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

    ``given`` holds the leaves' numbers, any inner value at which the graph is cut, and any derivative that is known:
    what lies above them need not be. Through a value that is only ``taken`` no derivative passes. With ``carry`` every
    value is rounded to that many decimals before it is used again, as by hand.
    """

    def __init__(
        self, graph: Graph, given: Mapping[Any, Real], carry: int | None = None, taken: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(given)
        self.graph, self.carry, self.taken = graph, carry, taken
        self.cuts = frozenset(n for n in given if isinstance(n, str) and not graph.is_leaf(n))
        forms = ((name, form) for name, stated in graph.stated for _, form in stated)
        self.read_off = {form for name, form in forms if form == Apply("above", (Name(name), ZERO))}

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
        return self.rounded(self._worked_out(tree, name))

    def _worked_out(self, tree: Tree, name: str) -> Real:
        # Where a slope is read off a given output, 0 is no kink but an inactive ReLU.
        tolerant = self.graph.kinks == "forbid" and self.read_off and not self.read_off.isdisjoint(walk(tree))
        kinks = "left" if tolerant else self.graph.kinks
        try:
            return evaluator(self.graph.resolved(tree), kinks)(self)
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
        return self.rounded(self._local(self.graph, name, parent))

    def _local(self, graph: Graph, name: str, parent: str) -> Real:
        tree = local_derivatives(graph, name)[parent]
        try:
            return self._worked_out(tree, f"d{name}/d{parent}")
        except MissingNumberError:
            for inner in names(tree):  # what is missing is its number, not those of all that it comes from
                absent = [leaf for leaf in graph.upstream(inner, self.cuts) if graph.is_leaf(leaf) and leaf not in self]
                if inner not in self and len(absent) > 1:
                    raise MissingNumberError(f"{inner} has no number: give it one") from None
            raise

    def _total(self, partial: Partial) -> Real:
        """∂of/∂wrt = Σ over the nodes u that use wrt of ∂of/∂u · ∂u/∂wrt, back to what is known.

        Each quantity is done once, so all derivatives of one ``of`` are one sweep. Where a local derivative is zero, as
        at an inactive ReLU, what it is multiplied by need not be known.
        """
        of = partial.of
        waiting = [partial.wrt]
        shares: dict[str, list[tuple[str, Real]]] = {}
        while waiting:
            here = waiting[-1]
            key = Partial(of, here)
            if key in self:
                waiting.pop()
                continue
            if here == of:
                self[key] = _ONE
                continue
            if here not in shares:
                shares[here] = self._shares(of, here)
                ahead = [user for user, _ in shares[here] if Partial(of, user) not in self]
                waiting += ahead
                if ahead:
                    continue
            sums: Real = _ZERO
            for i, (user, slope) in enumerate(shares[here]):
                share = _multiply(self[Partial(of, user)], slope)
                sums = _add(sums, share) if i else share
            self[key] = self.rounded(sums)  # once: the sum is one line by hand
        return self[partial]

    def _shares(self, of: str, wrt: str) -> list[tuple[str, Real]]:
        """The nodes that use ``wrt`` on the way to ``of``, last first, with their nonzero local derivatives."""
        graph = self.graph.facing(wrt)
        reach = graph.behind(of)
        found = []
        for user in reversed(graph.users[wrt]):
            if user not in reach:
                continue
            if user in self.taken and user != of:
                raise EvaluationError(
                    f"{user} is taken as a number of its own: no derivative with respect to {wrt} passes"
                )
            slope = self._local(graph, user, wrt)
            if slope:
                found.append((user, slope))
        return found


def contradiction(
    graph: Graph, given: Mapping[Any, Real], taken: frozenset[str] = frozenset()
) -> tuple[str | Partial, Real] | None:
    """A given inner value or derivative that the other givens determine otherwise, and as what; else None."""
    for key, value in given.items():
        if isinstance(key, str) and (graph.is_leaf(key) or key in taken):
            continue
        others = {other: number for other, number in given.items() if other != key}
        try:
            determined = Numbers(graph, others, taken=taken - {key} if isinstance(key, str) else taken)[key]
        except EvaluationError:
            continue
        if determined != value:
            return key, determined
    return None


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
