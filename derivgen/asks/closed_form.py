"""Write ∂of/∂wrt in inputs and weights only."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen import derivation
from derivgen.derivation import chain, forward_form, lettered, without_adjoints
from derivgen.draws import Draws
from derivgen.exercise import Answer, Part, State, allow
from derivgen.expression import Name, Tree, names
from derivgen.graph import Graph
from derivgen.simplifying import simplified


def closed_form(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "wrt", "of", "form")
    target, graph = state.derivative(parameters), state.graph
    over = state.over(target, parameters)
    product = forward_form(graph, target.of, target.wrt, over=over)
    short = forward_form(graph, target.of, target.wrt, cancel=True, over=over)
    shown = state.where(("gradient", target, product))
    letters = graph.bindings if state.network.formula is not None else ()  # as the formula writes them
    result = _written(graph, without_adjoints(graph, target.of, short) if over else short, letters)
    inner = [node.name for node in graph.nodes if node.name in names(short)]
    facts = {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of),
        "leaves": state.leaves(target.of), "gradient_part": shown,
        "forward_lines": tuple(chain(Name(n), _written(graph, graph.node(n).tree, letters)) for n in inner),
        "result": chain(target, *(() if shown else (product,)), short, result, simplified(result)),
    }  # fmt: skip
    answer = Answer("expression", ((target, simplified(result)),))
    part = Part("closed_form", {"of": target.of, "wrt": target.wrt}, answer, facts)
    return state.show(("closed form", target)), part


def _written(graph: Graph, tree: Tree, letters: tuple[tuple[str, str], ...]) -> Tree:
    return lettered(derivation.closed_form(graph, tree), letters)
