"""Real numbers to 80 digits: the operations, and how close two numbers are."""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from derivgen.certify.common import UnluckyError
from derivgen.errors import CertificateError

CONTEXT = decimal.Context(prec=80, Emin=-(10**9), Emax=10**9)
TOLERANCE = Decimal(10) ** -30


def real(value: Fraction | Decimal) -> Decimal:
    return (
        value if isinstance(value, Decimal) else CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
    )


def relative_error(x: Decimal, y: Decimal) -> Decimal:
    """|x − y| / max(|x|, |y|)."""
    scale = max(abs(x), abs(y))
    return Decimal(0) if scale == 0 else abs(CONTEXT.subtract(x, y)) / max(scale, Decimal("1e-12"))


def compare(shown: Decimal, true: Decimal, *, exact: bool, text: str) -> None:
    """Raise ``CertificateError`` unless a printed number is the true one.

    After an ≈ it need only be within half a unit of its last decimal.
    """
    gap = abs(CONTEXT.subtract(shown, true))
    exponent = shown.as_tuple().exponent
    assert isinstance(exponent, int)
    if exact:
        allowed = max(abs(true), Decimal(1)) * TOLERANCE
    else:
        # A tie's true value comes with the difference's own error, which is no reason to refuse its rounding.
        allowed = CONTEXT.add(Decimal((0, (5,), exponent - 1)), max(abs(true), Decimal(1)) * TOLERANCE)
    if gap > allowed:
        raise CertificateError(f"a printed number is wrong: {text}")


def _quotient(x: Decimal, y: Decimal) -> Decimal:
    if y == 0:
        raise UnluckyError
    return CONTEXT.divide(x, y)


def _logarithm(x: Decimal) -> Decimal:
    if x <= 0:
        raise UnluckyError
    return CONTEXT.ln(x)


def _floored(x: Decimal) -> Decimal:
    nearest = x.to_integral_value(decimal.ROUND_HALF_EVEN)  # 80 digits of 3 · (1/3) stop short of 1
    return nearest if abs(CONTEXT.subtract(x, nearest)) <= TOLERANCE else x.to_integral_value(decimal.ROUND_FLOOR)


def _folded(method: Any) -> Any:
    def fold(*args: Decimal) -> Decimal:
        result = args[0]
        for argument in args[1:]:
            result = method(result, argument)
        return result

    return fold


REAL: dict[str, Any] = {
    "add": _folded(CONTEXT.add),
    "subtract": CONTEXT.subtract,
    "multiply": _folded(CONTEXT.multiply),
    "divide": _quotient,
    "reciprocal": lambda x: _quotient(Decimal(1), x),
    "negate": CONTEXT.minus,
    "power": lambda x, n: CONTEXT.power(x, n) if x or n >= 0 else _quotient(x, x),
    "exp": CONTEXT.exp,
    "log": _logarithm,
    "floor": _floored,
}
COMPARED: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "above": operator.gt, "below": operator.le, "above_or_equal": operator.ge, "strictly_below": operator.lt,
}  # fmt: skip
