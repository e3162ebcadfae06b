"""Where a number becomes text, and the only place: exact or rounded once, half away from zero.

>>> write(Fraction(-3, 8), 4), write(Fraction(1, 3), 4), write(Fraction(1, 10**6), 4)
(('-0.375', True), ('0.3333', False), ('0.0000010', True))
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from derivgen.errors import DerivgenError
from derivgen.evaluation import Real, evaluator, round_half_up, same_number
from derivgen.expression import Name, Partial, Tree
from derivgen.printing import exact_decimal

MOST_EXTRA = 30  # further decimals that a line's intermediates may need
MOST_SHOWN = 6  # further decimals of two equal numbers
LARGEST = 10**15


class WritingError(DerivgenError):
    """A number that does not fit on a page; ``name`` is the quantity's, where it is known."""

    def __init__(self, problem: str, name: str = "") -> None:
        self.problem = problem
        super().__init__(f"{name}: {problem}" if name else problem)


def named(name: str, number: Real, places: int) -> tuple[str, bool]:
    """``write`` for a quantity, which an error names."""
    try:
        return write(number, places)
    except WritingError as error:
        raise WritingError(error.problem, name) from None


def _name(quantity: Tree) -> str:
    if isinstance(quantity, Partial):
        return f"d{quantity.of}/d{quantity.wrt}"
    return quantity.name if isinstance(quantity, Name) else ""


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


def places_apart(number: Real, other: Real, places: int) -> int:
    """At least so many decimals, and as many more as it takes for two different numbers to print as different ones.

    Of equal ones, as many as they have, if those are few.
    """
    if same_number(number, other):
        text = exact_decimal(number) if isinstance(number, Fraction) and number == other else None
        own = len(text.partition(".")[2]) if text else places
        return own if places < own <= places + MOST_SHOWN else places
    for more in range(places, places + MOST_EXTRA):
        if Fraction(write(number, more)[0]) != Fraction(write(other, more)[0]):
            return more
    return places


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


@dataclass(frozen=True)
class Filling:
    """The printed numbers of a chain: ``texts`` of its lines' slots, ``answers`` of what they come to.

    ``exact`` are the quantities whose text is their value; ``equal`` says of each further line whether it comes to
    the very same as the line before it, as printed; ``reached``, whether the last line comes to the very answers.
    """

    texts: Mapping[Tree, str]
    exact: frozenset[Tree]
    answers: tuple[str, ...]
    answers_exact: bool
    equal: tuple[bool, ...] = ()
    reached: bool = False


def fill(
    lines: Sequence[tuple[Tree, ...]], quantities: Sequence[Tree], numbers: Mapping[Any, Real],
    answers: Sequence[Real], places: int, *, carried: bool, kinks: str = "left", name: str = "",
) -> Filling:  # fmt: skip
    """The numbers of a chain's lines, each the trees of its entries, and of the answer that all of them come to.

    The slots get as many more decimals than the answer as it takes that every line, worked out from what is printed,
    rounds to the printed answer. With ``carried`` numbers nothing is rounded here again. ``kinks`` says what a printed
    tie comes to, ``name`` is the answers'.
    """
    values = {quantity: numbers[quantity_key(quantity)] for quantity in quantities}
    written = [named(name, answer, places) for answer in answers]
    shown, shown_exact = tuple(text for text, _ in written), all(exact for _, exact in written)
    texts: dict[Tree, tuple[str, bool]] = {}
    for extra in (MOST_EXTRA,) if carried else range(MOST_EXTRA):
        # A carried number is already as it is printed; only a given may have more decimals than the others.
        texts = {q: named(_name(q), value, extra if carried else places + extra) for q, value in values.items()}
        if carried or all(exact for _, exact in texts.values()) or _reaches(lines, texts, shown, kinks):
            break
    else:
        raise WritingError("the answer cannot be reached from a line's printed numbers", name)
    exact = frozenset(quantity for quantity, (_, is_exact) in texts.items() if is_exact)
    plain_texts = {quantity: text for quantity, (text, _) in texts.items()}
    equal = _equal(lines, plain_texts, kinks, exact=not carried and len(exact) == len(texts))
    reached = bool(lines) and not carried and _worked_out(lines[-1], plain_texts, kinks) == list(map(Fraction, shown))
    return Filling(plain_texts, exact, shown, shown_exact, equal, reached)


def _worked_out(line: tuple[Tree, ...], texts: Mapping[Tree, str], kinks: str) -> list[Real]:
    known = {quantity_key(quantity): Fraction(text) for quantity, text in texts.items()}
    return [evaluator(tree, "right" if kinks == "right" else "left")(known) for tree in line]


def _reaches(
    lines: Sequence[tuple[Tree, ...]], texts: Mapping[Tree, tuple[str, bool]], shown: tuple[str, ...], kinks: str
) -> bool:
    """Whether every entry of every line, worked out from its printed numbers, rounds to its printed answer."""
    try:
        reached = [
            _worked_out(line, {quantity: text for quantity, (text, _) in texts.items()}, kinks) for line in lines
        ]
    except DerivgenError:  # rounded onto a pole: more decimals
        return False
    return all(
        round_half_up(value, len(text.partition(".")[2])) == Fraction(text)
        for line in reached
        for value, text in zip(line, shown, strict=True)
    )


def _equal(
    lines: Sequence[tuple[Tree, ...]], texts: Mapping[Tree, str], kinks: str, *, exact: bool
) -> tuple[bool, ...]:
    if exact or len(lines) < 2:
        return (True,) * (len(lines) - 1)
    reached = [_worked_out(line, texts, kinks) for line in lines]
    return tuple(
        all(isinstance(x, Fraction) and x == y for x, y in zip(before, after, strict=True))
        for before, after in itertools.pairwise(reached)
    )
