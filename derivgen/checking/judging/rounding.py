"""A side with numbers in it and the numbers that it stands for in; whether rounding explains what is written out.

>>> from derivgen.reading import Scope, read
>>> shown = literal(read("-0.38", Scope.of([])))
>>> [agreement(shown, Fraction(n, 1000)) for n in (-380, -383, -386)]
['exact', 'rounded', '']
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from derivgen.checking.judging.deciding import AtNumbers, close
from derivgen.evaluation import Numbers, Real, evaluator, to_decimal
from derivgen.expression import Apply, Name, Number, Partial, Tree, transform, walk

_SLACK = Decimal(1) + Decimal(10) ** -20
_TEN = Number(Fraction(10))
_STRUCTURAL = (Fraction(0), Fraction(1), Fraction(2), Fraction(1, 2))


@dataclass(frozen=True)
class Literal:
    """A number as written, and the unit of its last digit."""

    value: Fraction
    unit: Fraction


def literal(tree: Tree) -> Literal | None:
    """A number written as such: -0.38, 12, 3.1 · 10^-4; None for anything that is still to be worked out."""
    if isinstance(tree, Number):
        return Literal(tree.value, Fraction(1, 10 ** places(tree)))
    if not isinstance(tree, Apply):
        return None
    if tree.operation == "negate":
        inner = literal(tree.args[0])
        return None if inner is None else Literal(-inner.value, inner.unit)
    if tree.operation == "multiply" and len(tree.args) == 2:
        mantissa, power = literal(tree.args[0]), tree.args[1]
        if mantissa and isinstance(power, Apply) and power.operation == "power" and power.args[0] == _TEN:
            exponent = power.args[1]
            if isinstance(exponent, Number) and exponent.value.denominator == 1 and abs(exponent.value) <= 30:
                scale = Fraction(10) ** int(exponent.value)
                return Literal(mantissa.value * scale, mantissa.unit * scale)
    return None


def places(number: Number) -> int:
    """How many decimals a number is written with."""
    return len(number.text.partition(".")[2])


def agreement(shown: Literal, true: Real) -> str:
    """``exact``, ``rounded`` to the digits written, or empty; a whole number below 10 rounds nothing."""
    if close(shown.value, true):
        return "exact"
    half = to_decimal(shown.unit) / 2 * _SLACK
    fine = shown.unit < 1 or abs(shown.value) >= 10
    return "rounded" if fine and abs(to_decimal(shown.value) - to_decimal(true)) <= half else ""


def truncated(shown: Literal, true: Real) -> bool:
    """Whether a number of three digits or more is the true one with the rest cut off: 0.119623 for 0.1196235."""
    rest = abs(to_decimal(true)) - abs(to_decimal(shown.value))
    same_sign = shown.value * (1 if to_decimal(true) > 0 else -1) > 0
    return same_sign and abs(shown.value) >= 100 * shown.unit and 0 <= rest < to_decimal(shown.unit)


def numeric(tree: Tree) -> bool:
    """Whether numbers stand in a tree for quantities: there are no names in it, or decimals beside them."""
    named = False
    decimal = False
    for part in outside_exponents(tree):
        if isinstance(part, (Name, Partial)):
            named = True
        elif isinstance(part, Number):
            decimal |= bool(places(part)) or part.value not in _STRUCTURAL
    return decimal or not named


def structural(tree: Tree) -> bool:
    """Whether all numbers of a tree are such as rules of calculus bring along: 0, 1, 2, 1/2."""
    found = [part for part in outside_exponents(tree) if isinstance(part, Number)]
    return all(not places(part) and part.value in _STRUCTURAL for part in found)


def outside_exponents(tree: Tree) -> list[Tree]:
    """The parts of a tree but the exponents of powers."""
    bare = transform(tree, lambda p: p.args[0] if isinstance(p, Apply) and p.operation == "power" else None)
    return list(walk(bare))


class _Over(dict[Any, Real]):
    """Numbers of a line's own before those of the network."""

    def __init__(self, own: dict[Any, Real], numbers: Numbers) -> None:
        super().__init__(own)
        self.numbers = numbers

    def __missing__(self, key: Any) -> Real:
        return self.numbers[key]


def worked(tree: Tree, numbers: AtNumbers, rounded: Callable[[Number], bool]) -> tuple[Real, Decimal]:
    """What a side comes to as written, and how far rounding may have led it astray.

    Each literal for which ``rounded`` holds may be off by half a unit of its last digit; the first order of what that
    does to the result, with a tenth to spare.
    """
    own: dict[Any, Real] = {}
    units: dict[str, Fraction] = {}

    def opened(part: Tree) -> Tree | None:
        if isinstance(part, Apply) and part.operation == "power":
            return Apply("power", (transform(part.args[0], opened), part.args[1]))
        if isinstance(part, Number) and rounded(part):
            name = f"#{len(own)}"
            own[name], units[name] = part.value, Fraction(1, 2 * 10 ** places(part))
            return Name(name)
        return None

    from_table = numbers.written_out(transform(tree, opened))
    evaluate = evaluator(from_table, numbers.graph.kinks)
    over = _Over(own, numbers)
    value = evaluate(over)
    radius = Decimal(0)
    for name, half in units.items():
        over[name] = Fraction(own[name]) + half
        radius += abs(to_decimal(evaluate(over)) - to_decimal(value))
        over[name] = own[name]
    return value, radius * Decimal("1.1")
