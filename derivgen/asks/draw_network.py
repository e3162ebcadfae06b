"""The drawing of a layered network; each weight that the drawing puts on a line is proved to be that line's."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Claim, Figure, Part, State, allow
from derivgen.expression import ONE, Name, Partial
from derivgen.figures.drawing import Drawing, look_of, matrices_beside

ROOM = "5cm"  # to draw in, if the quiz says nothing else


def draw_network(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters)
    network = state.network
    if not network.layers:
        raise AskError("needs a network of layers; draw_circuit draws equations")
    state.need_one_example()
    biases = bool(network.biases or network.fixed)
    figure = Figure(network, "layered", look=look_of(network, biases=biases))
    facts = {
        "figure": figure, "biases": biases, "sizes": tuple(layer.size for layer in network.layers),
        "claims": tuple(_claims(state, figure)),
        "matrices": matrices_beside(figure),
    }  # fmt: skip
    if shown := state.where(("drawn", "layered")):
        raise AskError(f"part {shown} shows this drawing already")
    after = state.show(("drawing", "layered"))
    return after, Part("draw_network", {}, Answer("drawing", ()), facts, space=ROOM)


def _claims(state: State, figure: Figure) -> list[Claim]:
    """What the drawing's lines say: ∂z/∂a is the weight that stands on the line from a to z's node."""
    network, scene = state.network, Drawing(figure).plain
    pre = {post: z for layer in network.layers for z, post in zip(layer.pre[0], layer.post[0], strict=True)}
    lines = {line.id: line for line in scene.lines}
    claims = []
    for label in (label for label in scene.labels if label.role == "weight"):
        line = lines[label.owner]
        z = pre[line.target]
        if line.source in network.graph:
            claims.append(Claim(Partial(z, line.source), Name(label.of), holds=True))
        elif label.of in network.biases:  # from a node 1
            claims.append(Claim(Partial(z, label.of), ONE, holds=True))
    return claims
