"""What both routes begin with: how a line is read, what an operation means, and how a proof is noted down."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from derivgen.errors import CertificateError
from derivgen.expression import Tree, substitute
from derivgen.graph import Graph
from derivgen.grids import Arrays, Grid
from derivgen.operations import OPERATIONS
from derivgen.reading import OWN_LENGTH, Line, Scope, read_line, read_row

PRIME = (1 << 61) - 1


class UndefinedError(CertificateError):
    """A line that has no value anywhere, such as log(x − x): the quiz is at fault, not the derivation."""

    exit_code = 2


class UnluckyError(Exception):
    """A division by zero or a logarithm's pole at a random point: try another."""


@dataclass(frozen=True)
class Proof:
    """One route: its name, at how many points, and the largest relative error seen."""

    route: str
    points: int
    error: str


def pseudorandom(*key: object) -> int:
    """A pseudorandom residue, the same for the same key everywhere."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8]) % (PRIME - 2) + 1


def read_own(text: str, scope: Scope, *, latex: bool) -> Line:
    """A line that we printed, and may therefore be as long as it is."""
    return read_line(text, scope, latex=latex, cap=OWN_LENGTH)


@lru_cache(maxsize=65536)
def expanded(operation: str, args: tuple[Tree, ...], kinks: str) -> Tree:
    """What an operation means, with the branch that counts at a tie."""
    row = OPERATIONS[operation]
    value = read_row(operation, row.value)
    if kinks == "right" and operation == "sign":
        value = read_row(operation, "above_or_equal(x, 0) - strictly_below(x, 0)")
    return substitute(value, dict(zip(row.arguments, args, strict=True)))


@lru_cache(maxsize=256)
def arrays_of(graph: Graph) -> Arrays:
    return Arrays(graph.arrays)


def cells_of(graph: Graph, tree: Tree) -> tuple[tuple[int, int], tuple[Tree, ...]]:
    """The shape (a single number's is 1×1) and the entries of a side."""
    apart = arrays_of(graph).taken_apart(tree)
    return ((apart.rows, apart.columns), apart.cells) if isinstance(apart, Grid) else ((1, 1), (apart,))
