"""One gradient-descent step for a weight, in symbols, and with numbers where they are given."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import Filled, Value, chain, forward_form
from derivgen.exercise import Answer, Part, State, allow, recursive, updated
from derivgen.expression import Name, Tree


def update(state: State, parameters: Mapping[str, object]) -> tuple[State, Part]:
    allow(parameters, "wrt", "of")
    target, graph = state.derivative(parameters), state.graph
    product = forward_form(graph, target.of, target.wrt)
    step: Tree = updated(state.network, target.of, target.wrt, target)
    written = step if recursive(graph, target) else updated(state.network, target.of, target.wrt, product)
    numeric = bool(graph.ancestors(target.of) <= state.numbered) and state.network.step_size in state.numbered
    rights: list[Tree | Filled | Value] = [step, written]
    if numeric:
        rights += [Filled(written), Value(written)]
    facts = {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of), "step": Name(state.network.step_size),
        "gradient_part": state.where(("gradient", target, product)),
        "line": chain(Name(target.wrt), *rights, relation="<-", truth=step), "numeric": numeric,
    }  # fmt: skip
    part = Part("update", {"of": target.of, "wrt": target.wrt}, Answer("expression", ((step, written),)), facts)
    return state.show(("update", target)), part
