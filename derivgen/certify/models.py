"""A graph in; the random residues and real points at which all that is printed of it is compared, out."""

from __future__ import annotations

import decimal
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from derivgen.certify.common import Proof, UndefinedError, UnluckyError, pseudorandom
from derivgen.certify.points import Point
from derivgen.certify.reals import CONTEXT, TOLERANCE, real
from derivgen.certify.residues import Residues
from derivgen.errors import CertificateError
from derivgen.expression import Apply, Number, walk
from derivgen.graph import Graph

MOST_GATES = 8  # with more kinks than these, a sample of the branches is tried
_POINTS = 2
_NEAR_ATTEMPTS, _FAR_ATTEMPTS = 100, 900  # to find them
_BRANCHING = ("max", "relu", "leaky_relu", "abs", "absolute_error", "sign", "elu")


def branching(graph: Graph, name: str) -> tuple[Apply, ...]:
    """What has a kink in a node's equation."""
    parts = walk(graph.resolved(graph.node(name).tree))
    return tuple(part for part in parts if isinstance(part, Apply) and part.operation in _BRANCHING)


def _trials(graph: Graph) -> Iterator[frozenset[int]]:
    """All branches on, then each kink off in turn."""
    kinks = sum(len(branching(graph, node.name)) for node in graph.nodes)
    return itertools.chain([frozenset(), frozenset()], (frozenset([i]) for i in range(min(kinks, MOST_GATES))))


@lru_cache(maxsize=64)
def models_of(graph: Graph) -> tuple[tuple[Residues, ...], tuple[Point, ...]]:
    """The graph at random residues, with each kink on and off, and at random real points."""
    residues = tuple(Residues(graph, salt, off) for salt, off in enumerate(_trials(graph)))
    return residues, tuple(itertools.islice(_points(graph), _POINTS))


def _points(graph: Graph) -> Iterator[Point]:
    """Random real points at which the whole forward pass is defined; after a while farther out, for log(x − 5)."""
    centres = _centres(graph)
    for attempt in range(_NEAR_ATTEMPTS + _FAR_ATTEMPTS):
        near = attempt < _NEAR_ATTEMPTS
        leaves = {n: any_number(attempt, n) if near else _far(attempt, n, centres) for n in graph.leaves}
        for group in graph.simplices:
            leaves[group[-1]] = 1 - sum((leaves[name] for name in group[:-1]), Decimal(0))
        try:
            yield Point(graph, leaves)
        except (UnluckyError, decimal.InvalidOperation):
            continue


def any_number(attempt: int, name: str) -> Decimal:
    """A random number; logarithms like positive ones below one, so every other attempt is at such."""
    low = 0.05 if attempt % 2 else -1.5
    width = 1.5 - low if low < 0 else 0.9
    return Decimal(str(round(low + (pseudorandom("point", attempt, name) % 10**6) / 10**6 * width, 6)))


def _centres(graph: Graph) -> tuple[Decimal, ...]:
    """The numbers of the equations with either sign, and zero: where a line is defined often begins at one of them."""
    parts = (part for node in graph.nodes for part in walk(graph.resolved(node.tree)))
    found = dict.fromkeys(real(part.value) for part in parts if isinstance(part, Number) and part.value)
    return (Decimal(0), *found, *(number.copy_negate() for number in found))


def _far(attempt: int, name: str, centres: tuple[Decimal, ...]) -> Decimal:
    """A random number around one of the centres, by up to 1, 10, 100 or 1000."""
    centre = centres[pseudorandom("centre", attempt, name) % len(centres)]
    reach = 10 ** (pseudorandom("reach", attempt, name) % 4)
    offset = Decimal(pseudorandom("point", attempt, name) % (2 * 10**6) - 10**6) / 10**6
    return CONTEXT.add(centre, CONTEXT.multiply(offset, reach))


def _defined(
    points: Iterable[Point], at_reals: Callable[[Point], Mapping[str, Decimal]]
) -> Iterator[Mapping[str, Decimal]]:
    """What ``at_reals`` finds at those of the points at which it is defined."""
    for point in points:
        try:
            yield at_reals(point)
        except (UnluckyError, decimal.DecimalException):
            continue


def compared(
    graph: Graph, what: str, at_residues: Callable[[Residues], Sequence[str]],
    at_reals: Callable[[Point], Mapping[str, Decimal]],
) -> tuple[Proof, Proof]:  # fmt: skip
    """Prove something by both routes: ``at_residues`` returns its faults, ``at_reals`` each fault's relative error.

    ``what`` it is appears in the ``UndefinedError`` if it has no value at any of the points.
    """
    residues, reals = models_of(graph)
    lucky = 0
    for model in residues:
        try:
            faults = at_residues(model)
        except UnluckyError:
            continue
        lucky += 1
        if faults:
            raise CertificateError(f"{faults[0]} (at residues modulo 2^61 - 1)")
    if not lucky:
        raise UndefinedError(f"{what} has no value anywhere")
    found = list(_defined(reals, at_reals))
    if not found:  # it is defined at none of the usual points: one farther out will do
        found = list(itertools.islice(_defined(itertools.islice(_points(graph), _POINTS, None), at_reals), 1))
    if not found:
        raise UndefinedError(f"{what} has no value at any real point that was tried")
    for errors in found:
        for fault, error in errors.items():
            if error > TOLERANCE:
                raise CertificateError(f"{fault} (against the central difference)")
    worst = max((error for errors in found for error in errors.values()), default=Decimal(0))
    return Proof("residues", lucky, "0"), Proof("difference", len(found), f"{worst:.1e}")
