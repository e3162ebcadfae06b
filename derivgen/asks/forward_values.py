"""The numbers of all nodes (or of those that ``of`` needs)."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import Filled, Value, chain
from derivgen.exercise import Answer, Part, State, allow
from derivgen.expression import Name


def forward_values(state: State, parameters: Mapping[str, object]) -> tuple[State, Part]:
    allow(parameters, "of")
    graph = state.graph
    of = state.output(parameters) if "of" in parameters else graph.output
    state.need_bound(of)
    needed = graph.ancestors(of)
    nodes = [n for n in graph.nodes if n.name in needed and (n.name != state.network.loss or "of" in parameters)]
    nodes = nodes or list(graph.nodes)
    lines = tuple(chain(Name(node.name), node.tree, Filled(node.tree), Value(Name(node.name))) for node in nodes)
    answer = Answer("values", tuple((Name(node.name), Value(Name(node.name))) for node in nodes))
    facts = {"nodes": tuple(Name(node.name) for node in nodes), "lines": lines}
    return state.show(*(("value", node.name) for node in nodes)), Part("forward_values", {}, answer, facts)
