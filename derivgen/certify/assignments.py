"""Two assignments of numbers in, a proof out: they agree in what is known and not in what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from derivgen.certify.common import PRIME, Proof, UnluckyError
from derivgen.certify.numbers import NumberLines
from derivgen.certify.reals import TOLERANCE, relative_error
from derivgen.certify.residues import SIMPLE, Dual, Residues, ratio
from derivgen.errors import CertificateError
from derivgen.expression import Tree
from derivgen.graph import Graph

_APART = Decimal(10) ** -6


class _At(Residues):
    """A model of the graph at given fractions; e^x is what it is at any other x that is not a multiple of it."""

    def __init__(self, graph: Graph, leaves: Mapping[str, Fraction]) -> None:
        super().__init__(graph, 0)
        self.leaves = {name: v.numerator * pow(v.denominator, -1, PRIME) % PRIME for name, v in leaves.items()}

    def _forward(self, seed: str = "", *held: str) -> dict[str, Dual]:
        values: dict[str, Dual] = {name: (value, int(name == seed)) for name, value in self.leaves.items()}
        for node in self.graph.nodes:
            if all(parent in values for parent in node.parents):
                value, tangent = self.evaluate(self.graph.resolved(node.tree), values)
                values[node.name] = value, 1 if node.name == seed else tangent
        return values

    def gate(self, difference: int) -> int:
        """The sign of a simple fraction; of any other number a residue does not tell it."""
        above, below = ratio(difference)
        if max(above, abs(below)) > SIMPLE:
            raise UnluckyError
        return int(above * below > 0 or (above == 0 and self.graph.kinks == "right"))


def alike(graph: Graph, leaves: Iterable[Mapping[str, Fraction]], trees: Iterable[Tree]) -> bool:
    """Whether assignments agree in these quantities exactly: tanh(36) and tanh(37) do not, however close they are.

    Two numbers that hold e^x count as equal where they are so whatever e^x is, for every x that is no multiple of
    another; False also where a kink's side depends on such a number.
    """
    first, *others = (_At(graph, own) for own in leaves)
    for other in others:  # one value for each e^x
        other.exps, other.roots, other.logs = first.exps, first.roots, first.logs
    try:
        return all(first.value(tree) == other.value(tree) for tree in trees for other in others)
    except UnluckyError:
        return False


def counterexample(
    graph: Graph, leaves: Iterable[Mapping[str, Fraction]], printed: Mapping[Any, tuple[tuple[str, str], ...]],
    known: Iterable[Tree], target: Tree,
) -> list[Proof]:  # fmt: skip
    """Prove that printed numbers are those of two assignments, which agree in what is known and not in the target."""
    leaves, known, lines = tuple(leaves), tuple(known), NumberLines(graph)
    points = [lines.point(own) for own in leaves]
    for tree, pair in printed.items():
        for (text, relation), point in zip(pair, points, strict=True):
            lines.prove_value(text, tree, relation, point)
    worst = max((relative_error(*(point.value(tree) for point in points)) for tree in known), default=Decimal(0))
    if worst > TOLERANCE or not alike(graph, leaves, known):
        raise CertificateError("two assignments differ in what is known")
    if relative_error(*(point.value(target) for point in points)) <= _APART:
        raise CertificateError("two assignments agree in what is asked for")
    return [Proof("difference", 2, f"{worst:.1e}")]
