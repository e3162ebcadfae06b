"""The number of a weight after one step of gradient descent."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.asks.derivative import derivative
from derivgen.asks.update import update_array
from derivgen.derivation import Filled, Value, chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, Part, State, allow, updated
from derivgen.expression import Name


def updated_value(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "wrt", "of")
    if array := state.network.array(str(parameters.get("wrt"))):
        return update_array(state, {**parameters, "wrt": array}, "updated_value")
    target = state.derivative(parameters)
    shown = state.where(("number", target))
    facts: dict[str, object] = {
        "array": False,
        "forward_lines": (),
        "deltas": (),
        "lines": (),
        "derivative_part": shown,
    }
    if not shown:  # the derivative's own work, then the step
        state, before = derivative(state, parameters, draws)
        facts |= {"forward_lines": before.facts["forward_lines"], "deltas": before.facts["deltas"]}
        facts |= {"lines": (before.facts["line"],)}
    step = updated(state.network, target.of, target.wrt, target)
    facts |= {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of), "step": Name(state.network.step_size),
        "line": chain(Name(target.wrt), step, Filled(step), Value(step), relation="<-", truth=step),
    }  # fmt: skip
    answer = Answer("number", ((step, Value(step)),))
    part = Part("updated_value", {"of": target.of, "wrt": target.wrt}, answer, facts)
    return state.show(("updated", target)), part
