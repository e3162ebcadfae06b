"""Write ∂of/∂wrt in inputs and weights only."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen import derivation
from derivgen.derivation import adjoints, chain, forward_form
from derivgen.draws import Draws
from derivgen.exercise import Answer, Part, State, allow
from derivgen.expression import Name, Partial, Tree, names, transform
from derivgen.graph import Graph


def closed_form(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "wrt", "of", "form")
    target, graph = state.derivative(parameters), state.graph
    over = state.over(target, parameters)
    product = forward_form(graph, target.of, target.wrt, over=over)
    whole = _without_adjoints(graph, target.of, product) if over else product
    result = derivation.closed_form(graph, whole)
    inner = [node.name for node in graph.nodes if node.name in names(product)]
    facts = {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of),
        "leaves": state.leaves(target.of),
        "gradient_part": state.where(("gradient", target, product)),
        "forward_lines": tuple(chain(Name(n), derivation.closed_form(graph, graph.node(n).tree)) for n in inner),
        "result": chain(target, product, result),
    }  # fmt: skip
    part = Part("closed_form", {"of": target.of, "wrt": target.wrt}, Answer("expression", ((target, result),)), facts)
    return state.show(("closed form", target)), part


def _without_adjoints(graph: Graph, of: str, tree: Tree) -> Tree:
    """The tree with each ∂of/∂consumer written out in its turn (a cap on the size follows)."""
    known = adjoints(graph, of)

    def change(part: Tree) -> Tree | None:
        if isinstance(part, Partial) and part.of == of and not part.held and part.wrt in known:
            form = known[part.wrt]
            return form if form == part else _without_adjoints(graph, of, form)
        return None

    return transform(tree, change)
