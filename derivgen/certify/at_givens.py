"""The forward pass at the numbers that a sheet gives, of leaves, of nodes or of derivatives."""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from derivgen.certify.common import UnluckyError
from derivgen.certify.models import any_number
from derivgen.certify.points import Point
from derivgen.certify.reals import CONTEXT, REAL, TOLERANCE, real, relative_error
from derivgen.expression import Apply, Name, Partial
from derivgen.graph import Graph


def point_at(
    graph: Graph, given: Mapping[Any, Fraction | Decimal], taken: frozenset[str] = frozenset()
) -> Point:
    """The forward pass at the sheet's numbers; what they leave open gets any number, and must not matter."""
    numbers = {name: real(value) for name, value in given.items() if isinstance(name, str)}
    slopes = {partial: real(value) for partial, value in given.items() if isinstance(partial, Partial)}
    leaves = {name: value for name, value in numbers.items() if graph.is_leaf(name)}
    cuts = {name: value for name, value in numbers.items() if name not in leaves}
    if not cuts and not slopes:
        return Point(graph, leaves)
    cuts |= _inverted(graph, {name: value for name, value in cuts.items() if name not in taken}, numbers)
    for attempt in range(40):
        more = {n: any_number(attempt, n) for n in graph.leaves if n not in leaves}
        try:
            return Point(graph, {**more, **leaves}, cuts, slopes)
        except (UnluckyError, decimal.InvalidOperation):
            continue
    raise UnluckyError


def _inverted(graph: Graph, cuts: Mapping[str, Decimal], known: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The pre-activations that nothing else determines, and that given activations leave no choice."""
    found: dict[str, Decimal] = {}
    for name, value in cuts.items():
        tree = graph.resolved(graph.node(name).tree)
        if isinstance(tree, Apply) and tree.operation == "divide" and value > 0:
            found |= _logit(graph, tree, value, cuts, known)
        if not isinstance(tree, Apply) or len(tree.args) != 1 or not isinstance(tree.args[0], Name):
            continue
        before = tree.args[0].name
        above = graph.upstream(before, frozenset(known))
        if before in known or all(leaf in known for leaf in above if graph.is_leaf(leaf)):
            continue
        if tree.operation == "sigmoid" and 0 < value < 1:
            found[before] = CONTEXT.ln(CONTEXT.divide(value, CONTEXT.subtract(1, value)))
        elif tree.operation == "tanh" and -1 < value < 1:
            ratio = CONTEXT.divide(CONTEXT.add(1, value), CONTEXT.subtract(1, value))
            found[before] = CONTEXT.divide(CONTEXT.ln(ratio), 2)
        elif tree.operation == "relu":  # at an output of 0, any negative number: what the quiz asks must not tell
            found[before] = value if value > 0 else Decimal(-1)
        elif tree.operation == "leaky_relu":
            found[before] = value if value > 0 else CONTEXT.multiply(value, 100)
    return found


def _logit(
    graph: Graph, tree: Apply, value: Decimal, cuts: Mapping[str, Decimal], known: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """z = log p of a softmax all of whose outputs are given: e^z / Σ e^z is p then, as Σ p = 1."""
    above, below = tree.args
    if not isinstance(above, Apply) or above.operation != "exp" or not isinstance(above.args[0], Name):
        return {}
    before = above.args[0].name
    forms = {name: graph.resolved(graph.node(name).tree) for name in cuts}
    shares = [cuts[name] for name, form in forms.items() if isinstance(form, Apply) and form.args[1:] == (below,)]
    whole = relative_error(REAL["add"](*shares), Decimal(1)) <= TOLERANCE
    return {before: CONTEXT.ln(value)} if whole and before not in known else {}
