"""A scalar chain of layers of one unit each."""

from __future__ import annotations

from derivgen import spec
from derivgen.draws import Draws
from derivgen.errors import suggest
from derivgen.graph import Graph
from derivgen.networks.network import Network, drawn, operation


def chain(network: spec.Network, draws: Draws, kinks: str) -> Network:
    """z_i = a_{i−1} · w_i (+ b_i), a_i = g(z_i) for i = 1 … depth, with a_0 = x, and a loss of the last a.

    ``depth`` 1 to 9, ``activation`` one for all or a list of one each, ``biases``, ``loss``; each may be drawn.
    """
    options, place = dict(network.options), network.place
    for key in options:
        if key not in ("depth", "activation", "biases", "loss"):
            raise place.at(key).error(suggest(key, ["depth", "activation", "biases", "loss"]))
    depth = drawn(options.get("depth", 2), "depth", draws)
    if not isinstance(depth, int) or isinstance(depth, bool) or not 1 <= depth <= 9:
        raise place.at("depth").error("must be a whole number from 1 to 9")
    biases = drawn(options.get("biases", False), "biases", draws)
    if not isinstance(biases, bool):
        raise place.at("biases").error("must be true or false")
    given = options.get("activation", "sigmoid")
    listed = list(given) if isinstance(given, (list, tuple)) else [given] * depth
    if len(listed) != depth:
        raise place.at("activation").error(f"has {len(listed)} entries for {depth} layers")
    loss_choice = drawn(options.get("loss", "half_squared_error"), "loss", draws)
    functions = [
        operation(drawn(choice, f"activation {i}", draws), "activation", place.at("activation"))
        for i, choice in enumerate(listed, 1)
    ]
    loss = operation(loss_choice, "loss", place.at("loss"))
    lines, before = [], "x"
    weights = tuple(f"w_{i}" for i in range(1, depth + 1))
    added = tuple(f"b_{i}" for i in range(1, depth + 1)) if biases else ()
    for i, function in enumerate(functions, 1):
        lines += [f"z_{i} = {before}*w_{i}" + (f" + b_{i}" if biases else ""), f"a_{i} = {function}(z_{i})"]
        before = f"a_{i}"
    leaves = ("x", *weights, *added, "y", network.step_size)
    graph = Graph.of("\n".join(lines), leaves, extra=[("L", f"{loss}({before}, y)")], kinks=kinks)
    return Network(graph, ("x",), weights, ("y",), (), network.step_size, "L", "chain", added)
