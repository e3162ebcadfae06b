"""Write every inner node in terms of the node's inputs."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow
from derivgen.expression import Name


def forward_pass(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters)
    nodes = [node for node in state.graph.nodes if node.name != state.network.loss]
    if not nodes:
        raise AskError("there is no node but the loss: nothing to write down")
    lines = tuple(chain(Name(node.name), node.tree) for node in nodes)
    answer = Answer("values", tuple((Name(node.name), node.tree) for node in nodes))
    facts = {"nodes": tuple(Name(node.name) for node in nodes), "lines": lines}
    return state.show("forward pass"), Part("forward_pass", {}, answer, facts)
