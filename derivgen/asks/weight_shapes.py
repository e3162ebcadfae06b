"""The shapes of the weight matrices, by the notation's convention."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow
from derivgen.expression import Name, apply, matrix, number


def weight_shapes(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "layer")
    network = state.network
    if not network.layers or network.notation is None:
        raise AskError("needs a network of layers (kind: layered)")
    layers = (state.layer(parameters, 1),) if "layer" in parameters else network.layers
    rows, entries = [], []
    for layer in layers:
        shape = len(layer.weights), len(layer.weights[0])
        entries.append((apply("shape", Name(layer.weights_array)), matrix([list(map(number, shape))])))
        from_first, with_bias = network.notation.from_first, int(bool(network.fixed))
        rows.append({
            "matrix": Name(layer.weights_array), "rows": shape[0], "columns": shape[1], "from_first": from_first,
            "sources": len(layer.before[0]) - with_bias, "nodes": layer.size, "bias_row": bool(with_bias),
        })  # fmt: skip
    named = {"layer": str(parameters["layer"])} if "layer" in parameters else {}
    facts = {"shapes": tuple(rows), "product": network.notation.product}
    return state, Part("weight_shapes", named, Answer("values", tuple(entries)), facts)
