"""The number of the loss (or of any one node, by ``of``), from the values of the nodes before it."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import Chain, Filled, Value, chain
from derivgen.exercise import Answer, Part, State, allow
from derivgen.expression import Name


def loss_value(state: State, parameters: Mapping[str, object]) -> tuple[State, Part]:
    allow(parameters, "of")
    of, graph = state.output(parameters), state.graph
    state.need_bound(of)
    lines: list[Chain] = []
    new = []
    for node in graph.nodes:
        if node.name in graph.ancestors(of) and (node.name == of or not state.where(("value", node.name))):
            lines.append(chain(Name(node.name), node.tree, Filled(node.tree), Value(Name(node.name))))
            new.append(("value", node.name))
    known = dict.fromkeys(state.where(("value", p)) for p in graph.parents(of) if state.where(("value", p)))
    facts = {"of": Name(of), "loss": of == state.network.loss, "lines": tuple(lines), "from_parts": tuple(known)}
    answer = Answer("number", ((Name(of), Value(Name(of))),))
    return state.show(*new), Part("loss_value", {"of": of}, answer, facts)
