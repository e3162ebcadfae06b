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


Question = tuple[tuple[tuple[str, ...], ...], str, int]  # where, what and below which bound


class Draws:
    """Draws under one key; ``within`` narrows it, so that streams never share their numbers."""

    def __init__(self, *key: str) -> None:
        self._key = _joined(key)
        self._trace: list[tuple[Question, int]] | None = None
        self._path: tuple[tuple[str, ...], ...] = ()

    def within(self, *key: str) -> Draws:
        narrowed = Draws()
        narrowed._key = self._key + b"\x1e" + Draws(*key)._key
        narrowed._trace, narrowed._path = self._trace, (*self._path, key)
        return narrowed

    def traced(self) -> tuple[Draws, list[tuple[Question, int]]]:
        """The same draws, and the list in which every draw from them will stand: what was asked and what came out."""
        traced = Draws()
        traced._key, traced._trace = self._key, []
        return traced, traced._trace

    def answer(self, question: Question) -> int:
        """What comes out if the question of a trace is asked here."""
        path, name, bound = question
        draws = self
        for key in path:
            draws = draws.within(*key)
        return draws.below(name, bound)

    def below(self, name: str, bound: int) -> int:
        """A number in 0 … bound − 1, each equally likely (what would favour small ones is drawn again)."""
        limit = (1 << 64) - (1 << 64) % bound
        counter = 0
        while True:
            digest = hashlib.sha256(self._key + b"\x1d" + _joined([name]) + counter.to_bytes(4)).digest()
            for start in range(0, 32, 8):
                word = int.from_bytes(digest[start : start + 8])
                if word < limit:
                    if self._trace is not None:
                        self._trace.append(((self._path, name, bound), word % bound))
                    return word % bound
            counter += 1

    def shuffled(self, name: str, items: Sequence[T]) -> list[T]:
        """The items in an order each as likely as any other (Fisher & Yates 1938)."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(f"{name}/{last}", last + 1)
            order[last], order[other] = order[other], order[last]
        return order

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
