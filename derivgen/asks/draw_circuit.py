"""The computational graph of equations: a node for each operation, taken apart down to single ones."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Claim, Figure, Part, State, allow
from derivgen.expression import Name, Tree, transform
from derivgen.figures.drawing import Drawing
from derivgen.graph import Graph

ROOM = "5cm"  # to draw in, if the quiz says nothing else


def draw_circuit(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters)
    graph, figure = state.graph, Figure(state.network, "circuit")
    apart = Drawing(figure).graph
    facts = {
        "figure": figure, "outputs": tuple(Name(node.name) for node in graph.nodes if not graph.users[node.name]),
        "equations": tuple(chain(Name(node.name), node.tree) for node in graph.nodes),
        "claims": tuple(Claim(Name(n.name), together(apart, n.name), holds=True) for n in graph.nodes),
    }  # fmt: skip
    if shown := state.where(("drawn", "circuit")):
        raise AskError(f"part {shown} shows this drawing already")
    after = state.show(("drawing", "circuit"))
    return after, Part("draw_circuit", {}, Answer("drawing", ()), facts, space=ROOM)


def together(apart: Graph, name: str) -> Tree:
    """The expression that a node of a graph taken apart stands for, in quantities that have names."""

    def put(part: Tree) -> Tree | None:
        return together(apart, part.name) if isinstance(part, Name) and "/" in part.name else None

    return transform(apart.node(name).tree, put)
