"""The number of the loss (or of any one node, by ``of``), from the values of the nodes before it."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import Value
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow, value_line
from derivgen.expression import Name


def loss_value(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "of")
    of, graph = state.output(parameters), state.graph
    state.need_bound(of)
    if of in state.cuts:
        raise AskError(f"the value of {of} is given already")
    nodes = state.value_nodes(of) or (graph.node(of),)
    known = dict.fromkeys(state.where(("value", p)) for p in graph.parents(of) if state.where(("value", p)))
    facts = {
        "of": Name(of), "loss": of == state.network.loss, "lines": tuple(value_line(graph, node) for node in nodes),
        "from_parts": tuple(known),
    }  # fmt: skip
    answer = Answer("number", ((Name(of), Value(Name(of))),))
    return state.show(*(("value", node.name) for node in nodes)), Part("loss_value", {"of": of}, answer, facts)
