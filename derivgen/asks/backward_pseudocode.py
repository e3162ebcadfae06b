"""The backward pass as a program: the steps of the forward pass from the last to the first, adjoints accumulated."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.asks.forward_pseudocode import numbered_nodes
from derivgen.derivation import adjoints, local_derivatives, sum_of_products
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Assignment, Part, Program, Relation, State, Step, allow
from derivgen.expression import ONE, Name, Partial, Tree


def backward_pseudocode(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """Step k: for each input v of node k, dv = dk · ∂k/∂v, added (+=) if an earlier line has assigned dv already.

    dv is ∂of/∂v; it is complete when the step that computes v is reached, since all its users have larger numbers
    (reverse accumulation, Griewank & Walther §3.2). Targets and constants have no derivatives here.
    """
    allow(parameters, "of")
    of = state.output(parameters)
    nodes, graph, network = numbered_nodes(state, of), state.graph, state.network
    fixed = {*network.targets, *network.constants}
    variables = {name: f"d{name}" for name in (*graph.leaves, *(node.name for node in nodes)) if name not in fixed}
    for name, variable in variables.items():
        if variable in graph:
            raise AskError(f"{variable} would be the derivative by {name}, but it is a quantity of its own")
    steps = [Step(0, (Assignment(variables[of], "=", ONE),))]
    seen: dict[str, int] = {of: 1}
    for number, node in reversed(list(enumerate(nodes, 1))):
        lines = []
        for parent, form in local_derivatives(graph, node.name).items():
            if parent in fixed:
                continue
            contribution = sum_of_products([[Name(variables[node.name]), form]])
            lines.append(Assignment(variables[parent], "+=" if parent in seen else "=", contribution))
            seen[parent] = seen.get(parent, 0) + 1
        if lines:
            steps.append(Step(number, tuple(lines)))
    known = tuple(name for name in (*graph.leaves, *(node.name for node in nodes)) if name in graph.ancestors(of))
    truths: list[tuple[str, Tree]] = [
        (variables[name], ONE if name == of else Partial(of, name)) for name in seen
    ]  # fmt: skip
    forms = adjoints(graph, of)
    entries: tuple[tuple[Tree, Tree], ...] = tuple((Partial(of, name), forms[name]) for name in seen if name != of)
    example = next((parent for node in nodes for parent in node.parents if parent in seen), of)
    facts = {
        "of": Name(of), "program": Program(tuple(steps), known, tuple(truths)),
        "variable": Name(variables[example]), "token": Partial(of, example),
        "twice": tuple(Name(name) for name, count in seen.items() if count > 1),
        "plus": Relation("+="), "forward": state.where("forward pass"),
    }  # fmt: skip
    return state, Part("backward_pseudocode", {"of": of}, Answer("values", entries), facts)
