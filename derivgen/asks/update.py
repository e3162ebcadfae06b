"""One gradient-descent step for a weight, in symbols, and with numbers where they are given."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import Filled, Value, chain, forward_form
from derivgen.draws import Draws
from derivgen.exercise import Answer, Part, State, adjoint_lines, allow, updated
from derivgen.expression import Apply, Name, Tree


def update(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "wrt", "of", "form")
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
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of), "step": Name(state.network.step_size),
        "gradient_part": shown, "numeric": numeric,
        "deltas": adjoint_lines(state, target, numeric=False) if over and not shown else (),
        "lines": (chain(target, product),) if several and not shown else (),
        "line": chain(Name(target.wrt), *rights, relation="<-", truth=step),
    }  # fmt: skip
    part = Part("update", {"of": target.of, "wrt": target.wrt}, Answer("expression", ((step, written),)), facts)
    return state.show(("update", target)), part
