"""The forward pass as a program: one numbered step for each node, in order."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Assignment, Part, Program, State, Step, allow
from derivgen.expression import Name, Tree
from derivgen.graph import Node


def forward_pseudocode(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """Steps 1, 2, …: each node that ``of`` (the output if left out) comes from, in terms of what is known by then."""
    allow(parameters, "of")
    of = state.output(parameters)
    nodes = numbered_nodes(state, of)
    graph = state.graph
    program = Program(
        tuple(Step(i, (Assignment(node.name, "=", node.tree),)) for i, node in enumerate(nodes, 1)),
        tuple(leaf for leaf in graph.leaves if leaf in graph.ancestors(of)),
        tuple((node.name, Name(node.name)) for node in nodes),
    )
    entries: tuple[tuple[Tree, Tree], ...] = tuple((Name(node.name), node.tree) for node in nodes)
    facts = {
        "of": Name(of), "leaves": tuple(map(Name, program.known)), "program": program,
        "staged": state.network.formula is not None, "count": len(nodes),
    }  # fmt: skip
    return state.show("forward pass"), Part("forward_pseudocode", {"of": of}, Answer("values", entries), facts)


def numbered_nodes(state: State, of: str) -> tuple[Node, ...]:
    """The nodes that a program computes, the first of which is step 1; both passes number them alike."""
    if state.network.layers:
        raise AskError("needs equations: the passes of layers are matrix products (gradients asks for those)")
    needed = state.graph.ancestors(of)
    return tuple(node for node in state.graph.nodes if node.name in needed)
