"""Write the loss (or any node, by ``of``) in terms of inputs and weights, substituting from the output back."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import LARGEST_CLOSED_FORM, chain, closed_form
from derivgen.draws import Draws
from derivgen.exercise import Answer, Part, State, allow
from derivgen.expression import Name, Tree, names, substitute, walk

MOST_STEPS = 9


def composed_loss(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "of")
    of, graph = state.output(parameters), state.graph
    tree = graph.node(of).tree
    closed_form(graph, tree)  # an error if it would not fit on a page
    steps: list[Tree] = []
    here = tree
    for node in reversed(graph.nodes):
        if node.name in names(here) and node.name != of:
            here = substitute(here, {node.name: node.tree})
            steps.append(here)
    if len(steps) > MOST_STEPS or sum(sum(1 for _ in walk(step)) for step in steps) > LARGEST_CLOSED_FORM:
        steps = steps[-1:]
    left: Tree = tree if graph.is_abstract(tree) else Name(of)
    line = chain(left, tree, *steps)
    facts = {
        "of": Name(of), "tree": tree, "loss": of == state.network.loss, "line": line,
        "leaves": state.leaves(of),
        "functions": tuple(Name(f) for f, _ in graph.functions if f not in dict(graph.bindings) and f != of),
        "forward": state.where("forward pass"), "depth": len(steps),
    }  # fmt: skip
    return state.show(("composed", of)), Part("composed_loss", {"of": of}, Answer("expression", ((left, here),)), facts)
