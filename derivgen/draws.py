"""Keys in, seeded numbers out: a SHA-256 counter stream for every drawn quantity, and what makes numbers nice.

A stream's key holds the secret, the quiz, the seed, the exercise and the quantity's name, so adding an exercise or a
quantity changes no other draw; nothing here depends on Python's ``random`` or on hash seeds.

>>> draws = Draws("secret", "quiz", "1")
>>> draws.integer("x", 1, 6) == Draws("secret", "quiz", "1").integer("x", 1, 6)
True
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

T = TypeVar("T")
MOST_ATTEMPTS = 400


# Separators of keys inside a part, so that two different keys are never the same bytes.
_ESCAPES = str.maketrans({"\x1c": "\x1c0", "\x1d": "\x1c1", "\x1e": "\x1c2", "\x1f": "\x1c3"})


def _joined(parts: Iterable[str]) -> bytes:
    return "\x1f".join(part.translate(_ESCAPES) for part in parts).encode()


class Draws:
    """Draws under one key; ``within`` narrows it, so that streams never share their numbers."""

    def __init__(self, *key: str) -> None:
        self._key = _joined(key)

    def within(self, *key: str) -> Draws:
        narrowed = Draws()
        narrowed._key = self._key + b"\x1e" + Draws(*key)._key
        return narrowed

    def below(self, name: str, bound: int) -> int:
        """A number in 0 … bound − 1, each equally likely (what would favour small ones is drawn again)."""
        limit = (1 << 64) - (1 << 64) % bound
        counter = 0
        while True:
            digest = hashlib.sha256(self._key + b"\x1d" + _joined([name]) + counter.to_bytes(4)).digest()
            for start in range(0, 32, 8):
                word = int.from_bytes(digest[start : start + 8])
                if word < limit:
                    return word % bound
            counter += 1

    def integer(self, name: str, low: int, high: int) -> int:
        return low + self.below(name, high - low + 1)

    def choice(self, name: str, choices: Sequence[T]) -> T:
        return choices[self.below(name, len(choices))]

    def decimal(self, name: str, low: Fraction, high: Fraction, places: int, *, nonzero: bool = False) -> Fraction:
        """A multiple of 10^−places in low … high."""
        first, last = -((-low * 10**places).__floor__()), (high * 10**places).__floor__()
        count = last - first + 1
        if nonzero and first <= 0 <= last:
            drawn = first + self.below(name, count - 1)
            return Fraction(drawn + (drawn >= 0), 10**places)
        return Fraction(first + self.below(name, count), 10**places)


def digest(*parts: str, length: int = 8) -> str:
    """A short code of letters and digits that are hard to confuse."""
    value = int.from_bytes(hashlib.sha256(_joined(parts)).digest())
    alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    return "".join(alphabet[(value >> (5 * i)) % 32] for i in range(length))
