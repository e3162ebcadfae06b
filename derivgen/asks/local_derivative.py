"""One local derivative: of a node with respect to what flows directly into it."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import Filled, Value, chain, local, local_partial
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow, local_fact, local_line, value_line
from derivgen.expression import Name, names
from derivgen.graph import Node


def local_derivative(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """∂of/∂wrt, the other inputs of ``of`` held fixed; its number too if ``numeric: true`` and the givens allow it."""
    allow(parameters, "of", "wrt", "numeric")
    if "of" not in parameters or "wrt" not in parameters:
        raise AskError("needs a node and what flows into it: {of: a_1, wrt: z_1}")
    of, wrt = state.quantity(parameters["of"], "of", node=True), state.quantity(parameters["wrt"], "wrt")
    graph = state.graph
    if wrt not in graph.parents(of):
        raise AskError(f"{wrt} does not flow directly into {of}: it takes {', '.join(graph.parents(of))}", "wrt")
    graph = graph.facing(wrt)
    edge = (of, wrt)
    token, form = local_partial(graph, *edge), local(graph, *edge)
    numeric = parameters.get("numeric", False)
    if not isinstance(numeric, bool):
        raise AskError("must be true or false", "numeric")
    line, nodes = local_line(graph, edge), tuple[Node, ...]()
    if numeric:
        state.need_bound(of)
        nodes = state.value_nodes(*names(form))
        line = chain(token, *(link.right for link in line.links), Filled(form), Value(form))
    facts = {
        "target": token, "of": Name(of), "wrt": Name(wrt), "line": line,
        "equation": chain(Name(of), graph.node(of).tree),
        "numeric": numeric, "forward_lines": tuple(value_line(graph, node) for node in nodes),
        "part": state.where(local_fact(graph, edge)),
    }  # fmt: skip
    answer = Answer("number", ((token, Value(form)),)) if numeric else Answer("expression", ((token, form),))
    after = state.show(local_fact(graph, edge), *(("value", node.name) for node in nodes))
    return after, Part("local_derivative", {"of": of, "wrt": wrt}, answer, facts)
