"""Write ∂of/∂wrt in forward values: the local derivatives not yet shown, then their product."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import chain, chain_rule, edges, forward_form, terms
from derivgen.draws import Draws
from derivgen.exercise import (
    Answer,
    Part,
    State,
    adjoint_lines,
    allow,
    local_fact,
    local_line,
    quantities,
)
from derivgen.expression import Name


def gradient(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "wrt", "of", "form")
    target, graph = state.derivative(parameters), state.graph
    over = state.over(target, parameters)
    needed = edges(graph, target.of, target.wrt, over)
    known = [edge for edge in needed if state.where(local_fact(graph, edge))]
    new = [edge for edge in needed if edge not in known]
    result = forward_form(graph, target.of, target.wrt, over=over)
    short = forward_form(graph, target.of, target.wrt, cancel=True, over=over)
    single = len(needed) == 1 and len(terms(graph, target.of, target.wrt, over)) == 1
    rule = () if single else (chain_rule(graph, target.of, target.wrt, over),)
    facts = {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of),
        "quantities": quantities(result),
        "deltas": adjoint_lines(state, target, numeric=False) if over else (),
        "lines": () if single else tuple(local_line(graph, edge) for edge in new),
        "from_parts": tuple(dict.fromkeys(state.where(local_fact(graph, edge)) for edge in known)),
        "rule_part": state.where(("chain rule", target)), "single": single,
        "result": chain(target, *rule, result, short),
    }  # fmt: skip
    part = Part("gradient", {"of": target.of, "wrt": target.wrt}, Answer("expression", ((target, short),)), facts)
    return state.show(("gradient", target, result), *(local_fact(graph, edge) for edge in new)), part
