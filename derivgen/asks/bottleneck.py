"""A linear layer in between, narrower than its neighbours: fewer weights, and a matrix of lower rank."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from fractions import Fraction

from derivgen.certify import PRIME
from derivgen.derivation import chain
from derivgen.draws import Draws
from derivgen.errors import CertificateError
from derivgen.exercise import Answer, AskError, Part, State, allow
from derivgen.expression import apply, number, total

WIDEST = 200
WIDE, NARROW = (60, 80, 100, 120, 200), (5, 6, 8, 10, 12, 15, 20)


def bottleneck(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """n · n weights directly, n · r + r · n through r linear units: a matrix of rank r at most.

    ``wide`` is n, ``narrow`` is r (drawn if left out), less than half of n.
    """
    allow(parameters, "wide", "narrow")
    wide = _size(parameters, "wide", draws.choice("wide", WIDE), 3)
    narrow = _size(parameters, "narrow", draws.choice("narrow", NARROW), 1)
    if 2 * narrow >= wide:
        raise AskError(f"must be less than half of {wide}, else the layer saves no weights", "narrow")
    direct, through = wide * wide, 2 * wide * narrow
    _checked(wide, narrow, direct, through)
    one = apply("multiply", number(wide), number(wide))
    into, out = (apply("multiply", number(a), number(b)) for a, b in ((wide, narrow), (narrow, wide)))
    two = total((into, out))
    facts = {
        "wide": number(wide), "narrow": number(narrow), "direct": number(direct), "through": number(through),
        "single": narrow == 1,
        "direct_line": chain(one, number(direct)),
        "through_line": chain(two, total((number(wide * narrow), number(wide * narrow))), number(through)),
        "share": chain(apply("divide", number(through), number(direct)), number(Fraction(through, direct))),
    }  # fmt: skip
    answer = Answer("values", ((one, number(direct)), (two, number(through))))
    return state, Part("bottleneck", {"wide": str(wide), "narrow": str(narrow)}, answer, facts)


def _size(parameters: Mapping[str, object], key: str, drawn: int, least: int) -> int:
    size = parameters.get(key, drawn)
    if not isinstance(size, int) or isinstance(size, bool) or not least <= size <= WIDEST:
        raise AskError(f"must be a whole number from {least} to {WIDEST}", key)
    return size


def _checked(wide: int, narrow: int, direct: int, through: int) -> None:
    """Count the edges one by one, and eliminate: random matrices modulo a prime have the ranks that are claimed."""
    def edges(*sizes: int) -> int:
        return sum(1 for a, b in itertools.pairwise(sizes) for _ in itertools.product(range(a), range(b)))

    if (edges(wide, wide), edges(wide, narrow, wide)) != (direct, through):
        raise CertificateError(f"a layer of {wide} units is counted wrong")
    first, second = _random("first", narrow, wide), _random("second", wide, narrow)
    product = [[sum(a * first[k][j] for k, a in enumerate(row)) % PRIME for j in range(wide)] for row in second]
    if _rank(product) != narrow or _rank([[int(i == j) for j in range(wide)] for i in range(wide)]) != wide:
        raise CertificateError(f"{narrow} is not the rank of a product through {narrow} units")


def _random(name: str, rows: int, columns: int) -> list[list[int]]:
    def entry(i: int, j: int) -> int:
        return int.from_bytes(hashlib.sha256(f"{name} {i} {j}".encode()).digest()[:7])

    return [[entry(i, j) for j in range(columns)] for i in range(rows)]


def _rank(rows: list[list[int]]) -> int:
    """The rank modulo the prime, by elimination."""
    rank, rest = 0, [list(row) for row in rows]
    for column in range(len(rows[0])):
        pivot = next((row for row in rest if row[column]), None)
        if pivot is None:
            continue
        rank += 1
        rest = [row for row in rest if row is not pivot]
        inverse = pow(pivot[column], -1, PRIME)
        for row in rest:
            if factor := row[column] * inverse % PRIME:
                row[:] = [(a - factor * b) % PRIME for a, b in zip(row, pivot, strict=True)]
    return rank
