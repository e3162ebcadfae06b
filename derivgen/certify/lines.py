"""A printed symbolic line in, proofs out: each of its sides has the value that it should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from derivgen.certify.common import Proof, UndefinedError, cells_of, read_own
from derivgen.certify.models import compared
from derivgen.certify.points import Point
from derivgen.certify.reals import relative_error
from derivgen.certify.residues import Residues
from derivgen.errors import CertificateError
from derivgen.expression import Apply, Tree
from derivgen.graph import Graph

_WRONG = "a printed line is wrong"


def symbolic(graph: Graph, text: str, truth: Tree, *, latex: bool) -> list[Proof]:
    """Prove that every side of a printed symbolic line has the value of ``truth``.

    Raises ``CertificateError`` naming the line if one does not, ``ReadingError`` if it cannot be read back.
    """
    return [*_symbolic(graph, text, truth, latex)]


@lru_cache(maxsize=4096)  # structures of one quiz share most of their lines
def _symbolic(graph: Graph, text: str, truth: Tree, latex: bool) -> tuple[Proof, ...]:
    line = read_own(text, graph.scope, latex=latex)
    sides = [line.left, *(right for _, right in line.links)]
    update = bool(line.links) and line.links[0][0] == "<-"
    if update:
        if not isinstance(truth, Apply) or line.left != truth.args[0]:
            raise CertificateError(f"a printed line updates something else: {text}")
        sides = sides[1:]
    try:
        return _equal(graph, tuple(sides), truth)
    except UndefinedError:
        raise
    except CertificateError as error:
        raise CertificateError(f"{error}: {text}") from None


@lru_cache(maxsize=4096)  # a line reads the same in most dialects
def _equal(graph: Graph, sides: tuple[Tree, ...], truth: Tree) -> tuple[Proof, ...]:
    shape, truths = cells_of(graph, truth)
    parts = [cells_of(graph, side) for side in sides]
    if any(own != shape for own, _ in parts):
        raise CertificateError("a printed line has sides of different shapes")

    def at_residues(model: Residues) -> Sequence[str]:
        wanted = [model.value(cell) for cell in truths]
        got = [[model.value(cell) for cell in cells] for _, cells in parts]
        return [_WRONG] if any(values != wanted for values in got) else []

    def at_reals(point: Point) -> Mapping[str, Decimal]:
        wanted = [point.value(cell) for cell in truths]
        pairs = ((cell, value) for _, cells in parts for cell, value in zip(cells, wanted, strict=True))
        return {_WRONG: max(relative_error(point.value(cell), value) for cell, value in pairs)}

    return compared(graph, "a line", at_residues, at_reals)
