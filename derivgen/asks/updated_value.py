"""The number of a weight after one step of gradient descent."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import Chain, Filled, Value, chain, forward_form
from derivgen.exercise import Answer, Part, State, allow, recursive, updated
from derivgen.expression import Name


def updated_value(state: State, parameters: Mapping[str, object]) -> tuple[State, Part]:
    allow(parameters, "wrt", "of")
    target = state.derivative(parameters)
    state.need_bound(target.of)
    step = updated(state.network, target.of, target.wrt, target)
    shown = state.where(("number", target))
    lines: tuple[Chain, ...] = ()
    if not shown:
        if recursive(state.graph, target):
            lines = (chain(target, Value(target)),)
        else:
            form = forward_form(state.graph, target.of, target.wrt)
            lines = (chain(target, form, Filled(form), Value(target)),)
    facts = {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of), "step": Name(state.network.step_size),
        "derivative_part": shown, "lines": lines,
        "line": chain(Name(target.wrt), step, Filled(step), Value(step), relation="<-", truth=step),
    }  # fmt: skip
    answer = Answer("number", ((step, Value(step)),))
    return state.show(("updated", target)), Part("updated_value", {"of": target.of, "wrt": target.wrt}, answer, facts)
