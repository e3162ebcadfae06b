"""The numbers of all nodes (or of those that ``of`` needs)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derivgen.derivation import Value
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow, value_line
from derivgen.expression import Name


def forward_values(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "of")
    of = state.output(parameters) if "of" in parameters else state.graph.output
    state.need_bound(of)
    nodes = state.value_nodes(of) or replace(state, shown={}).value_nodes(of)  # shown already: once more
    if "of" not in parameters:
        nodes = tuple(node for node in nodes if node.name != state.network.loss)
    if not nodes:
        raise AskError("all values are given already")
    answer = Answer("values", tuple((Name(node.name), Value(Name(node.name))) for node in nodes))
    facts = {
        "nodes": tuple(Name(node.name) for node in nodes),
        "lines": tuple(value_line(state.graph, node) for node in nodes),
    }
    return state.show(*(("value", node.name) for node in nodes)), Part("forward_values", {}, answer, facts)
