"""The table of slips, empty: a row is a generator that makes wrong versions of a ``Work``, named as the slip."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derivgen.worked import Slipped, Work

Ways = Callable[[Work], Iterator[Slipped]]
SLIPS: dict[str, Ways] = {}


def slip(ways: Ways) -> Ways:
    """Add a row; refuses a name that the table already has."""
    if ways.__name__ in SLIPS:
        raise ValueError(f"{ways.__name__!r} is already in the table")
    SLIPS[ways.__name__] = ways
    return ways
