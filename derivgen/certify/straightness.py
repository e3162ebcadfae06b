"""How far a formula strays from a straight line along a step."""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from derivgen.certify.common import UnluckyError
from derivgen.certify.points import Point
from derivgen.certify.reals import CONTEXT, real
from derivgen.expression import Tree
from derivgen.graph import Graph

_ON_THE_WAY = ("0.061803", "0.214159", "0.357721", "0.501414", "0.618034", "0.787654", "0.943291")


def bent(graph: Graph, tree: Tree, values: Mapping[str, Fraction | Decimal], name: str, step: Fraction) -> Decimal:
    """How far a formula strays, at points on a step of x, from the straight line between its values at the ends.

    It is relative to the largest of its values; zero, but for rounding, where it is linear along the step.
    """
    leaves = {other: real(value) for other, value in values.items()}

    def at(way: Decimal) -> Decimal:
        moved = CONTEXT.add(leaves[name], CONTEXT.multiply(way, real(step)))
        return Point(replace(graph, nodes=()), {**leaves, name: moved}).value(tree)

    try:
        start, end = at(Decimal(0)), at(Decimal(1))
        strays = [
            (CONTEXT.add(start, CONTEXT.multiply(way, CONTEXT.subtract(end, start))), at(way))
            for way in map(Decimal, _ON_THE_WAY)
        ]  # fmt: skip
    except (UnluckyError, decimal.InvalidOperation):
        return Decimal(1)
    size = max(abs(value) for value in (start, end, Decimal("1e-12")))
    return max(abs(CONTEXT.subtract(line, value)) for line, value in strays) / size
