"""What is meant to be wrong in, a proof that it is so out."""

from __future__ import annotations

from derivgen.certify.common import Proof, UnluckyError, cells_of, read_own
from derivgen.certify.models import models_of
from derivgen.errors import CertificateError
from derivgen.expression import Tree
from derivgen.graph import Graph

Fingerprint = tuple[tuple[int, int], tuple[tuple[int, ...] | None, ...]]


def fingerprint(graph: Graph, tree: Tree) -> Fingerprint:
    """A tree's shape, and its entries at random residues with each kink on and off; None at a division by zero.

    Raises ``CertificateError`` for a product of arrays that do not fit.
    """
    shape, cells = cells_of(graph, tree)
    found: list[tuple[int, ...] | None] = []
    for model in models_of(graph)[0]:
        try:
            found.append(tuple(model.value(cell) for cell in cells))
        except UnluckyError:
            found.append(None)
    return shape, tuple(found)


def apart(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two fingerprints are of different quantities."""
    if one[0] != other[0]:
        return True
    return any(a != b for a, b in zip(one[1], other[1], strict=True) if a is not None and b is not None)


def differs(graph: Graph, tree: Tree, truth: Tree) -> bool:
    """Whether a tree is something else than ``truth``: they differ at random residues, or in shape."""
    return apart(fingerprint(graph, tree), fingerprint(graph, truth))


def refuted(graph: Graph, text: str, truth: Tree, *, latex: bool) -> list[Proof]:
    """Prove that a printed line, read back, says of ``truth`` what is not so; raises ``CertificateError`` if it is."""
    line = read_own(text, graph.scope, latex=latex)
    wanted = fingerprint(graph, truth)
    if apart(fingerprint(graph, line.left), wanted):
        raise CertificateError(f"a printed statement is about something else: {text}")
    if not all(apart(fingerprint(graph, right), wanted) for _, right in line.links):
        raise CertificateError(f"a statement that is meant to be wrong is right: {text}")
    return [Proof("residues", len(wanted[1]), "0")]
