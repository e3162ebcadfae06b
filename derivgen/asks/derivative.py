"""The number of ∂of/∂wrt: its form in forward values, then with the numbers put in."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.backward import read_off
from derivgen.derivation import Filled, Value, chain, chain_rule, forward_form, local_derivatives
from derivgen.draws import Draws
from derivgen.exercise import Answer, Part, State, adjoint_lines, adjoint_parts, allow, value_line
from derivgen.expression import Name, Tree, names, walk


def derivative(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "wrt", "of", "form")
    state = read_off(state)
    target, graph = state.derivative(parameters), state.graph
    state.need_bound(target.of)
    over = state.over(target, parameters)
    result = forward_form(graph, target.of, target.wrt, over=over)
    short = forward_form(graph, target.of, target.wrt, cancel=True, over=over)
    deltas = adjoint_lines(state, target) if over else ()
    forms = [result, *(link.right for line in deltas for link in line.links[:1] if isinstance(link.right, Tree))]
    used = [name for name in dict.fromkeys(n for form in forms for n in names(form)) if not graph.is_leaf(name)]
    missing = state.value_nodes(*used)
    factors = {factor for form in forms for factor in walk(form)}
    outputs = [name for name, _ in graph.stated if name in state.cuts]
    gates = tuple(Name(name) for name in outputs if factors.intersection(local_derivatives(graph, name).values()))
    shown = state.where(("gradient", target, result))
    rule = () if shown else (chain_rule(graph, target.of, target.wrt, over),)
    facts = {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of), "gradient_part": shown,
        "forward_parts": tuple(dict.fromkeys(state.where(("value", n)) for n in used if state.where(("value", n)))),
        "forward_lines": tuple(value_line(graph, node) for node in missing), "deltas": deltas,
        "gates": gates,
        "adjoint_parts": adjoint_parts(state, target) if over else (),
        "line": chain(target, *rule, result, short, Filled(short), Value(target)),
    }  # fmt: skip
    answer = Answer("number", ((target, Value(target)),))
    shows = [("value", n.name) for n in missing] + [("number", target)]
    return state.show(*shows), Part("derivative", {"of": target.of, "wrt": target.wrt}, answer, facts)
