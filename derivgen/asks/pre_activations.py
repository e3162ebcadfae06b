"""A layer's pre-activations, worked out with matrices: Wᵀ x + b, in symbols or with numbers."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.backward import pre, pre_form, pre_sums
from derivgen.derivation import Filled, Value, chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow, value_line
from derivgen.expression import Name

WIDEST_SUM = 14  # products side by side in a matrix of sums


def pre_activations(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "layer")
    graph, first = state.graph, 1
    for layer in state.network.layers:
        if all(name in state.cuts or state.where(("value", name)) for row in layer.pre for name in row):
            first = min(layer.number + 1, len(state.network.layers))
    layer = state.layer(parameters, first)
    wanted = [name for row in layer.pre for name in row]
    if set(wanted) <= state.cuts:
        raise AskError(f"the values of layer {layer.number} are given already", "layer")
    left, form, sums = pre(layer), pre_form(state.network, layer), pre_sums(graph, layer)
    numeric = state.numeric(*wanted)
    if numeric:
        state.need_bound(*wanted)
    before = [node for node in state.value_nodes(*wanted) if node.name not in wanted] if numeric else []
    wide = len(layer.before[0]) * (layer.size if len(layer.pre) > 1 else 1) > WIDEST_SUM
    if numeric:
        line = chain(left, form, Filled(form), *(() if wide else (Filled(sums),)), Value(left))
        answer = Answer("number" if left == Name(wanted[0]) else "matrix", ((left, Value(left)),))
    else:
        line = chain(left, form, sums)
        answer = Answer("expression" if left == Name(wanted[0]) else "matrix", ((left, sums),))
    facts = {
        "left": left, "layer": layer.number, "last": layer.number == len(state.network.layers), "numeric": numeric,
        "lone": left == Name(wanted[0]), "line": line, "lines": tuple(value_line(graph, node) for node in before),
        "bias_row": bool(state.network.fixed), "ones": tuple(Name(row[0]) for row in layer.before),
        "from_parts": known_parts(state, layer.before),
    }  # fmt: skip
    shows = [("value", name) for name in wanted] + [("value", node.name) for node in before]
    return state.show(*shows if numeric else ()), Part("pre_activations", {"layer": str(layer.number)}, answer, facts)


def known_parts(state: State, rows: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The earlier parts that derived these values."""
    labels = (state.where(("value", name)) for row in rows for name in row)
    return tuple(dict.fromkeys(filter(None, labels)))
