"""Rows: what people get wrong in what they put in or add up."""

from __future__ import annotations

from collections.abc import Iterator

from derivgen.expression import Apply, Name, names, substitute, total, walk
from derivgen.slips.layers import before_layer, layer_of, left_out, operation_of_layer, with_slope
from derivgen.slips.table import slip
from derivgen.worked import Slipped, Work, activations, arrays_in, is_gate, with_edge


@slip
def activation_left_out(work: Work) -> Iterator[Slipped]:
    """a pre-activation is used in place of its activation"""
    own = work.line
    if isinstance(own, Apply) and own.operation != "relu" and len(own.args) == 1 and isinstance(own.args[0], Name):
        yield Slipped("activation_left_out", own.args[0], (own.args[0], work.truth))
    if work.edges and own is not None and (isinstance(work.truth, Name) and work.slope is None and not work.cells):
        values = before_layer(work, work.roles.graph.spread(work.truth))
        relu = operation_of_layer(work) == "relu"
        yield Slipped(
            "inactive_relu" if relu else "activation_left_out", values, layer_of(work)[::-1][: 1 if relu else 2]
        )
    elif work.slope is not None and (inside := before_layer(work, work.slope)) != work.slope:
        yield Slipped("activation_left_out", with_slope(work, inside), layer_of(work)[::-1])
    elif work.cells and work.edges:
        yield Slipped("activation_left_out", before_layer(work, work.tree), layer_of(work)[::-1])
    for edge, tree in activations(work) if work.local else ():
        if edge[0] in names(tree):
            put_in = substitute(tree, {edge[0]: Name(edge[1])})
            yield Slipped("activation_left_out", with_edge(work, edge, put_in).tree, (Name(edge[1]), Name(edge[0])))
    yield from left_out(work, "activation_left_out")


@slip
def term_left_out(work: Work) -> Iterator[Slipped]:
    """a term of a sum is left out"""
    arrays = work.line is not None and arrays_in(work.roles.graph, work.line)
    if isinstance(work.line, Apply) and work.line.operation == "add" and not arrays:
        for i, term in enumerate(work.line.args if not any(map(is_gate, walk(work.line))) else ()):
            rest = (*work.line.args[:i], *work.line.args[i + 1 :])
            yield Slipped("term_left_out", total(rest), (term,))
