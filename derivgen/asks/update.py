"""One gradient-descent step for a weight, in symbols, and with numbers where they are given."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.asks.gradients import arrays_of, derived, gradient_work
from derivgen.derivation import Filled, Value, chain, forward_form
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, adjoint_lines, allow, updated
from derivgen.expression import Apply, Name, Partial, Tree


def update(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "wrt", "of", "form")
    if parameters.get("wrt") in dict(state.graph.arrays):
        return update_array(state, parameters, "update")
    target, graph = state.derivative(parameters), state.graph
    over = state.over(target, parameters)
    product = forward_form(graph, target.of, target.wrt, over=over)
    step: Tree = updated(state.network, target.of, target.wrt, target)
    several = over or (isinstance(product, Apply) and product.operation in ("add", "subtract"))
    written = step if several else updated(state.network, target.of, target.wrt, product)
    shown = state.where(("gradient", target, product))
    numeric = graph.ancestors(target.of) <= state.numbered and state.network.step_size in state.numbered
    rights: list[Tree | Filled | Value] = [step, written]
    if numeric:
        rights += [Filled(written), Value(written)]
    facts = {
        "array": False, "target": target, "wrt": Name(target.wrt), "of": Name(target.of), "step": Name(state.network.step_size),
        "gradient_part": shown, "numeric": numeric,
        "deltas": adjoint_lines(state, target, numeric=False) if over and not shown else (),
        "lines": (chain(target, product),) if several and not shown else (),
        "line": chain(Name(target.wrt), *rights, relation="<-", truth=step),
    }  # fmt: skip
    part = Part("update", {"of": target.of, "wrt": target.wrt}, Answer("expression", ((step, written),)), facts)
    return state.show(("update", target)), part


def update_array(state: State, parameters: Mapping[str, object], ask: str) -> tuple[State, Part]:
    """The step for a whole matrix of weights, or vector of biases: W ← W − α ∂L/∂W."""
    of, array = derived(state, parameters), str(parameters["wrt"])
    if array not in (name for layer in state.network.layers for name in arrays_of(layer)):
        raise AskError(f"{array} is no matrix of weights and no vector of biases", "wrt")
    step = updated(state.network, of, array, Partial(of, array))
    numeric = state.numeric(of, state.network.step_size)
    if ask == "updated_value" and not numeric:
        raise AskError("needs numbers: give them under givens, or write random: true")
    shown = state.where(("gradient array", of, array, numeric))
    work: Mapping[str, object] = {"forward": (), "deltas": (), "lines": (), "delta_parts": (), "gradient_parts": (), "delta_meaning": ()}
    if not shown:
        state, work = gradient_work(state, of, [array], numeric)
    rights: list[Filled | Value] = [Filled(step), Value(step)] if numeric else []
    facts = {
        **work, "array": True, "target": Partial(of, array), "wrt": Name(array), "of": Name(of),
        "step": Name(state.network.step_size), "gradient_part": shown, "numeric": numeric,
        "line": chain(Name(array), step, *rights, relation="<-", truth=step),
    }  # fmt: skip
    answer = Answer("matrix", ((step, Value(step) if numeric else step),))
    return state.show(("updated", Partial(of, array))), Part(ask, {"of": of, "wrt": array}, answer, facts)
