"""The number of ∂of/∂wrt: its form in forward values, then with the numbers put in."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import Chain, Filled, Value, adjoints, chain, chain_rule, forward_form
from derivgen.exercise import Answer, Part, State, allow, recursive
from derivgen.expression import Name, Partial, names


def derivative(state: State, parameters: Mapping[str, object]) -> tuple[State, Part]:
    allow(parameters, "wrt", "of")
    target, graph = state.derivative(parameters), state.graph
    state.need_bound(target.of)
    result = forward_form(graph, target.of, target.wrt)
    values = [name for name in names(result) if not graph.is_leaf(name)]
    below = {n.name for n in graph.nodes} & graph.ancestors(target.of)
    missing = [n for n in graph.nodes if n.name in below and not state.where(("value", n.name)) and _reaches(state, n.name, values)]
    deltas = _deltas(state, target) if recursive(graph, target) else ()
    shown = state.where(("gradient", target, result))
    rule = () if shown else (chain_rule(graph, target.of, target.wrt),)
    facts = {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of), "gradient_part": shown,
        "forward_parts": tuple(dict.fromkeys(state.where(("value", n)) for n in values if state.where(("value", n)))),
        "forward_lines": tuple(chain(Name(n.name), n.tree, Filled(n.tree), Value(Name(n.name))) for n in missing),
        "deltas": deltas, "line": chain(target, *rule, result, Filled(result), Value(target)),
    }  # fmt: skip
    answer = Answer("number", ((target, Value(target)),))
    shows = [("value", n.name) for n in missing] + [("number", target)]
    return state.show(*shows), Part("derivative", {"of": target.of, "wrt": target.wrt}, answer, facts)


def _reaches(state: State, name: str, values: list[str]) -> bool:
    return any(name in state.graph.ancestors(value) for value in values)


def _deltas(state: State, target: Partial) -> tuple[Chain, ...]:
    """The adjoints of every node between ``wrt`` and ``of``, from the output back."""
    graph = state.graph
    between = graph.descendants(target.wrt) & graph.ancestors(target.of)
    forms = adjoints(graph, target.of)
    tokens = [n.name for n in reversed(graph.nodes) if n.name in between and n.name in forms and n.name != target.wrt]
    lines = []
    for name in tokens:
        token, form = Partial(target.of, name), forms[name]
        lines.append(chain(token, form, Filled(form), Value(token)))
    return tuple(lines)
