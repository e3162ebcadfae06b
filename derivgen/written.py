"""Where a number becomes text, and the only place: exact or rounded once, half away from zero.

>>> write(Fraction(-3, 8), 4), write(Fraction(1, 3), 4), write(Fraction(1, 10**6), 4)
(('-0.375', True), ('0.3333', False), ('0.0000010', True))
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from derivgen.derivation import Filled
from derivgen.errors import DerivgenError
from derivgen.evaluation import Real, evaluator, round_half_up
from derivgen.expression import Name, Tree
from derivgen.printing import exact_decimal

MOST_EXTRA = 30  # further decimals that a line's intermediates may need
LARGEST = 10**15


class WritingError(DerivgenError):
    """A number that does not fit on a page."""


def write(number: Real, places: int) -> tuple[str, bool]:
    """The text of a number with at most ``places`` decimals, and whether it is exact.

    What is not zero never prints as zero: it gets two significant digits instead.
    """
    if not -LARGEST <= number <= LARGEST:
        raise WritingError(f"a value is larger than {LARGEST:.0e}: choose smaller numbers")
    if isinstance(number, Fraction):
        text = exact_decimal(number)
        if text is not None and len(text.partition(".")[2]) <= places:
            return text, True
    rounded = round_half_up(number, places)
    if rounded == 0 and number != 0:
        places = 1 - _exponent(number)
        if places > 40:
            raise WritingError("a value is too small to be printed: choose larger numbers")
        rounded = round_half_up(number, places)
    exact = isinstance(number, Fraction) and rounded == number
    scaled = int(abs(rounded) * 10**places)
    digits = str(scaled).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return ("-" if rounded < 0 else "") + text, exact


def _exponent(number: Real) -> int:
    """The decimal exponent of the first significant digit: 0.00012 → −4."""
    if isinstance(number, Decimal):
        return number.adjusted()
    places = 0
    while abs(number) * 10**places < 1:
        places += 1
    return -places


def significant(number: Real, digits: int = 15) -> str:
    """A decimal of that many significant digits, for the key."""
    if isinstance(number, Fraction):
        text = exact_decimal(number)
        if text is not None and len(text) <= 40:
            return text
    if number == 0:
        return "0"
    if isinstance(number, Fraction):
        exponent = len(str(abs(number.numerator))) - len(str(number.denominator))
    else:
        exponent = _exponent(number)
    return write(number, max(digits - exponent, 0))[0]


def quantity_key(quantity: Tree) -> object:
    """What ``Numbers`` knows a quantity by: a name's text, a partial itself."""
    return quantity.name if isinstance(quantity, Name) else quantity


def fill(
    line: Filled, quantities: tuple[Tree, ...], numbers: Mapping[Any, Real], answer: Real, places: int, carried: bool
) -> tuple[dict[Tree, str], bool, str, bool]:
    """The texts of a number line's slots, whether all are exact, and its answer's text and whether *it* is exact.

    The slots get as many more decimals than the answer as it takes that the line, worked out from what is printed,
    rounds to the printed answer. With ``carried`` numbers nothing is rounded here again.
    """
    values = {quantity: numbers[quantity_key(quantity)] for quantity in quantities}
    shown, exact = write(answer, places)
    if carried:  # every number on the line is already as it is printed; only a given may have more decimals
        texts = {quantity: write(value, MOST_EXTRA) for quantity, value in values.items()}
        return {q: t for q, (t, _) in texts.items()}, all(e for _, e in texts.values()), shown, exact
    decimals = len(shown.partition(".")[2])
    for extra in range(MOST_EXTRA):
        texts = {quantity: write(value, places + extra) for quantity, value in values.items()}
        if all(e for _, e in texts.values()):
            break
        known = {quantity_key(q): Fraction(t) for q, (t, _) in texts.items()}
        try:
            worked_out = evaluator(line.tree, "left")(known)
        except DerivgenError:  # rounded onto a pole: more decimals
            continue
        if round_half_up(worked_out, decimals) == Fraction(shown):
            break
    else:
        raise WritingError("a line's answer cannot be reached from its printed numbers")
    return {q: t for q, (t, _) in texts.items()}, all(e for _, e in texts.values()), shown, exact
