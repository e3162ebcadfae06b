"""What the nodes of a layer hand on: g(z), node by node, then as a vector."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.asks.pre_activations import known_parts
from derivgen.backward import forward_lines, post
from derivgen.derivation import Value, chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow, value_line
from derivgen.expression import Name
from derivgen.networks import Layer


def activations(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "layer")
    layers = state.network.layers
    first = next(
        (layer.number for layer in layers if not all(state.where(("value", n)) for row in layer.post for n in row)), 1
    )
    layer = state.layer(parameters, first)
    return shown(state, layer, Part("activations", {"layer": str(layer.number)}, None, {}))


def shown(state: State, layer: Layer, part: Part) -> tuple[State, Part]:
    """The values of a layer's nodes, with whatever they need that no part has shown."""
    graph, wanted = state.graph, [name for row in layer.post for name in row]
    state.need_bound(*wanted)
    if set(wanted) <= state.cuts:
        raise AskError(f"the values of layer {layer.number} are given already", "layer")
    if not state.numeric(*wanted):
        raise AskError("needs numbers: give them under givens, or write random: true")
    new = [node.name for node in state.value_nodes(*wanted)]
    nodes = [*new, *(name for name in wanted if name not in new and name not in state.cuts)]  # what is asked is shown
    left, batch = post(layer), len(layer.pre) > 1
    if batch:  # node by node, the values of a batch would fill a page
        lines = forward_lines(state.network, nodes)
    else:
        before = forward_lines(state.network, [name for name in nodes if name not in wanted])
        lines = (*before, *(value_line(graph, graph.node(name)) for name in wanted if name in nodes))
    whole = any(line.left == left for line in lines)
    vector = () if whole else (chain(left, dict(graph.arrays)[layer.post_array], Value(left)),)
    single = left == Name(wanted[0])
    answer = Answer("number" if single else "matrix", ((left, Value(left)),))
    facts = {
        "left": left, "lone": single, "batch": batch, "layer": layer.number,
        "last": layer.number == len(state.network.layers),
        "names": tuple(map(Name, wanted)), "lines": lines, "vector": vector,
        "taken": tuple(Name(name) for name in wanted if name in state.known.taken),
        "bias_row": bool(state.network.fixed) and layer.number < len(state.network.layers),
        "from_parts": known_parts(state, layer.pre),
    }  # fmt: skip
    after = state.show(*(("value", name) for name in new))
    return after, Part(part.ask, part.parameters, answer, facts)
