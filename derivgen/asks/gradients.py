"""The gradient of every weight matrix and bias vector: δ of each layer from the output back, then outer products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derivgen.backward import biases_form, delta, delta_form, forward_lines, lone, read_off, weights_form
from derivgen.derivation import Chain, Filled, Value, chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow
from derivgen.expression import Name, Partial, Tree
from derivgen.networks import Layer


def gradients(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """``of`` the loss; ``wrt`` leaves out all arrays but these."""
    allow(parameters, "of", "wrt")
    of = derived(state, parameters)
    wrt = parameters.get("wrt")
    wanted = [array for layer in state.network.layers for array in arrays_of(layer)]
    if wrt is not None:
        wrt = state.network.array(str(wrt))
        if wrt not in wanted:
            raise AskError(f"must be one of {', '.join(wanted)}", "wrt")
        wanted = [wrt]
    numeric = state.numeric(of) and not state.known.slopes
    state = read_off(state) if numeric else state
    state, work = gradient_work(state, of, wanted, numeric)
    entries = tuple((Partial(of, array), answer(state, of, array, numeric)) for array in wanted)
    facts = {**work, "of": Name(of), "targets": tuple(Partial(of, array) for array in wanted), "numeric": numeric,
             "arrays": tuple(map(Name, wanted))}  # fmt: skip
    named = {"of": of, **({"wrt": wanted[0]} if wrt is not None else {})}
    kind = "matrix" if len(entries) == 1 else "values"
    return state, Part("gradients", named, Answer(kind, entries), facts)


def derived(state: State, parameters: Mapping[str, object]) -> str:
    """The one quantity whose gradients are asked for."""
    if not state.network.layers:
        raise AskError("needs a network of layers (kind: layered)")
    of = state.output(parameters)
    if of != state.network.loss and (state.network.loss or len(state.network.outputs) > 1):
        raise AskError(f"must be {state.network.loss or 'the only output'}", "of")
    return of


def arrays_of(layer: Layer) -> tuple[str, ...]:
    return (layer.weights_array, layer.biases_array) if layer.biases else (layer.weights_array,)


def answer(state: State, of: str, array: str, numeric: bool) -> Tree | Value:
    """A gradient's number, or its entries in symbols."""
    token = Partial(of, array)
    return Value(token) if numeric else form_of(state, of, array)


def form_of(state: State, of: str, array: str) -> Tree:
    """The matrix form of a gradient."""
    layer = next(layer for layer in state.network.layers if array in arrays_of(layer))
    make = weights_form if array == layer.weights_array else biases_form
    return make(state.network, layer, of)


def meanings(layers: Sequence[Layer], fresh: Sequence[Layer], of: str) -> dict[str, object]:
    """What the letters stand for that derivatives by these layers' pre-activations bring with them."""
    after = [layers[layer.number] for layer in fresh if layer.number < len(layers)]
    return {
        "delta_meanings": tuple(
            {"delta": delta(layer, of), "layer": layer.number}
            for layer in fresh if layer.delta_array and not lone(layer)
        ),
        "rest_meanings": tuple(
            {"rest": Name(layer.rest_array), "whole": Name(layer.weights_array)} for layer in after if layer.rest_array
        ),
    }  # fmt: skip


def gradient_work(state: State, of: str, wanted: Sequence[str], numeric: bool) -> tuple[State, dict[str, object]]:
    """Missing forward values, δ layer by layer, and the wanted gradients; what is shown already is left out."""
    network = state.network
    layers = network.layers
    new = [array for array in wanted if not state.where(("gradient array", of, array, numeric))]
    lowest = min((la.number for la in layers if set(arrays_of(la)) & set(new)), default=len(layers) + 1)
    forward: list[Chain] = []
    shows: list[object] = []
    if numeric:
        state.need_bound(of)
        outputs = [name for layer in layers for row in layer.post for name in row]
        nodes = [node.name for node in state.value_nodes(*outputs)]
        forward = [*forward_lines(network, nodes)]
        shows += [("value", name) for name in nodes]
    deltas: list[Chain] = []
    parts: list[str] = []
    fresh: list[Layer] = []
    for layer in reversed(layers[lowest - 1 :]):
        if part := state.where(("delta", of, layer.number, numeric)):
            parts.append(part)
            continue
        fresh.append(layer)
        token, left = Partial(of, layer.pre_array or layer.pre[0][0]), delta(layer, of)
        if lone(layer):
            token = Partial(of, layer.pre[0][0])
        forms = delta_form(network, layer.number, of)
        ending: tuple[Filled | Value, ...] = (Filled(forms[-1]), Value(token)) if numeric else ()
        deltas.append(chain(left, token, *forms, *ending) if left != token else chain(token, *forms, *ending))
        shows.append(("delta", of, layer.number, numeric))
    lines, known = [], []
    for array in wanted:
        if part := state.where(("gradient array", of, array, numeric)):
            known.append(part)
            continue
        form, token = form_of(state, of, array), Partial(of, array)
        trivial = form == delta(next(la for la in layers if array in arrays_of(la)), of)  # ∂L/∂b = δ
        ending = ((Value(token),) if trivial else (Filled(form), Value(token))) if numeric else ()
        lines.append(chain(token, form, *ending))
        shows.append(("gradient array", of, array, numeric))
    facts: dict[str, object] = {
        "forward": tuple(forward), "deltas": tuple(deltas), "lines": tuple(lines),
        "delta_parts": tuple(dict.fromkeys(parts)),
        "gradient_parts": tuple(dict.fromkeys(known)),
        **meanings(network.layers, fresh, of),
    }  # fmt: skip
    return state.show(*shows), facts
