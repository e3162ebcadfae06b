"""One gradient-descent step for a weight, in symbols, and with numbers where they are given."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.asks.gradients import arrays_of, derived, gradient_work
from derivgen.derivation import DerivationError, Filled, Value, chain, forward_form, without_adjoints
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, adjoint_lines, allow, updated, value_line
from derivgen.expression import Apply, Name, Partial, Tree, names, walk
from derivgen.graph import Node
from derivgen.printing import fits


def update(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "wrt", "of", "form")
    if array := state.network.array(str(parameters.get("wrt"))):
        return update_array(state, {**parameters, "wrt": array}, "update")
    target, graph = state.derivative(parameters), state.graph
    over = state.over(target, parameters)
    product = forward_form(graph, target.of, target.wrt, over=over)
    short = forward_form(graph, target.of, target.wrt, cancel=True, over=over)
    shown = state.where(("gradient", target, product))
    step: Tree = updated(state.network, target.of, target.wrt, target)
    inline = not over and (not _is_sum(short) or fits(short, graph.scope))
    above = not shown and (not inline or product != short)  # a line of its own for the gradient
    written = updated(state.network, target.of, target.wrt, short) if inline else step
    numeric = _has_numbers(state, written)
    missing = _missing(state, short) if numeric else ()
    numbers: list[Filled | Value] = [Filled(written), Value(written)] if numeric else []
    values = updated(state.network, target.of, target.wrt, _in_values(state, target, short))
    told = () if inline or numeric or not fits(values, graph.scope) else (values,)
    gradient: list[Filled | Value] = [Filled(short), Value(target)] if numeric and not inline else []
    facts = {
        "array": False, "target": target, "wrt": Name(target.wrt), "of": Name(target.of),
        "step": Name(state.network.step_size),
        "gradient_part": shown, "numeric": numeric,
        "forward_lines": tuple(value_line(graph, node) for node in missing),
        "deltas": adjoint_lines(state, target, numeric=numeric) if over and (numeric or not shown) else (),
        "lines": (chain(target, *((product,) if above else ()), short, *gradient),) if above or gradient else (),
        "line": chain(Name(target.wrt), step, written, *told, *numbers, relation="<-", truth=step),
    }  # fmt: skip
    part = Part("update", {"of": target.of, "wrt": target.wrt}, Answer("expression", ((step, values),)), facts)
    return state.show(("update", target)), part


def _is_sum(tree: Tree) -> bool:
    return isinstance(tree, Apply) and tree.operation in ("add", "subtract")


def _has_numbers(state: State, tree: Tree) -> bool:
    """Whether the givens, and the functions bound so far, say enough for the number of a tree."""
    used = {
        part.name if isinstance(part, Name) else part.of for part in walk(tree) if isinstance(part, (Name, Partial))
    }
    try:
        state.need_bound(*used)
    except AskError:
        return False
    return state.determines(tree) and not state.graph.is_abstract(tree)


def _missing(state: State, tree: Tree) -> tuple[Node, ...]:
    """The nodes in a gradient whose values no part has shown yet."""
    return state.value_nodes(*(name for name in names(tree) if not state.graph.is_leaf(name)))


def _in_values(state: State, target: Partial, short: Tree) -> Tree:
    """The gradient without further derivatives in it, where that can be printed."""
    try:
        return without_adjoints(state.graph, target.of, short)
    except DerivationError:
        return short


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
    work: Mapping[str, object] = {
        "forward": (),
        "deltas": (),
        "lines": (),
        "delta_parts": (),
        "gradient_parts": (),
        "delta_meanings": (),
        "rest_meanings": (),
    }
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
