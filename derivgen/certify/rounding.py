"""A number rounded as by hand in; proved to follow from the others in one step, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from derivgen.certify.points import Point
from derivgen.certify.reals import CONTEXT, REAL, TOLERANCE, compare, real
from derivgen.expression import Name, Partial, names
from derivgen.graph import Graph


def rounded_once(
    graph: Graph, numbers: Mapping[Any, Fraction | Decimal], key: str | Partial, text: str, places: int
) -> None:
    """Prove that a number rounded as by hand follows in one step from the rounded numbers that it is worked out from.

    A value goes by its node's equation; ∂of/∂v is Σ ∂of/∂u · ∂u/∂v over the nodes u that use v, each ∂u/∂v by a
    central difference of u's equation at the rounded numbers.
    """
    if isinstance(key, str):
        true = _alone(graph, numbers, key).value(Name(key))
    else:
        facing, shares = graph.facing(key.wrt), []
        for user in facing.users[key.wrt]:
            if user in facing.behind(key.of) and (slope := _slope(facing, numbers, user, key.wrt)):
                shares.append(CONTEXT.multiply(real(numbers[Partial(key.of, user)]), slope))
        true = REAL["add"](*shares, Decimal(0)) if key.of != key.wrt else Decimal(1)
    compare(Decimal(text).quantize(Decimal(1).scaleb(-places)), true, exact=False, text=text)


def _alone(graph: Graph, numbers: Mapping[Any, Fraction | Decimal], name: str) -> Point:
    """One node's equation at its parents' numbers."""
    node = graph.node(name)
    alone = replace(graph, leaves=node.parents, nodes=(node,), arrays=(), stated=(), simplices=())
    return Point(alone, {parent: real(numbers[parent]) for parent in node.parents})


def _slope(graph: Graph, numbers: Mapping[Any, Fraction | Decimal], user: str, wrt: str) -> Decimal:
    """∂user/∂wrt at these numbers; one that a network's builder states is worked out from its form."""
    stated = graph.stated_forms(user)
    if stated is None:
        slope = _alone(graph, numbers, user).difference(Partial(user, wrt))
        return slope if abs(slope) > TOLERANCE else Decimal(0)
    values = {name: real(numbers[name]) for name in names(stated[wrt])}
    return Point(graph, {}).evaluate(graph.resolved(stated[wrt]), values)
