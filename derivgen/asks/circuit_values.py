"""Every forward value and every derivative of one output, to be written on the drawing and into a table."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.asks.draw_circuit import together
from derivgen.derivation import Chain, Filled, Value, adjoints, chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Figure, Part, State, allow, value_line
from derivgen.expression import Apply, Name, Partial, Tree
from derivgen.figures.drawing import Drawing, look_of, quantities


def circuit_values(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "of", "gradients")
    figure, of = numbered(state, parameters)
    drawing = Drawing(figure)
    slopes = {slope.wrt: slope for slope in figure.gradients}
    weights = weights_of(state)
    trees = {key: quantity(drawing, key) for key in figure.values if key not in weights}
    nodes = state.value_nodes(of)
    shown, asked = state.where(("drawn", figure.kind)), state.where(("drawing", figure.kind))
    facts = {
        "figure": figure, "gradients": bool(slopes), "circuit": figure.kind == "circuit", "of": Name(of),
        "part": asked,
        "rows": tuple(
            {"of": tree, "value": f"forward {key}", "told": key in figure.told,
             "gradient": f"backward {key}" if key in slopes else ""} for key, tree in trees.items()
        ),
        "forward_lines": tuple(value_line(state.graph, node) for node in nodes),
        "backward_lines": backward_lines(state, of, [slope.wrt for slope in figure.gradients]),
    }  # fmt: skip
    entries: list[tuple[Tree, Tree | Value]] = [
        (tree, Value(tree)) for key, tree in trees.items() if key not in figure.told
    ]
    entries += [(slope, Value(slope)) for slope in figure.gradients if slope.wrt in state.graph and slope.wrt != of]
    if not entries:
        raise AskError("all values are given already")
    if shown and not asked:
        raise AskError(f"the drawing of part {shown} shows its answers: ask it in another exercise")
    drawn = () if asked else (("drawn", figure.kind),)  # what a part asks for, no later one prints
    after = state.show(*drawn, *(("value", node.name) for node in nodes))
    after = after.show(*(("number", slope) for slope in figure.gradients if slope.wrt in state.graph))
    return after, Part("circuit_values", {"of": of}, Answer("values", tuple(entries)), facts)


def numbered(state: State, parameters: Mapping[str, object]) -> tuple[Figure, str]:
    """The drawing with the values of all that an output comes from, and with its derivatives by them."""
    network, graph = state.network, state.graph
    state.need_one_example()
    of = state.quantity(parameters.get("of", state.output({})), "of", node=True)
    state.need_bound(of)
    gradients = parameters.get("gradients", True)
    if not isinstance(gradients, bool):
        raise AskError("must be true or false", "gradients")
    if not network.layers:
        drawing = Drawing(Figure(network, "circuit"))
        reach = drawing.graph.ancestors(of)
        names = [name for name in quantities(drawing.figure) if name in reach or name == of]
        told = frozenset(name for name in names if name in state.numbered)
        slopes = tuple(Partial(of, name) for name in names) if gradients else ()
        return Figure(network, "circuit", tuple(names), slopes, told), of
    biases = bool(network.biases or network.fixed)
    look = look_of(network, "numbers", biases=biases)
    names = [*quantities(Figure(network, "layered", look=look))]
    reach = graph.ancestors(of)
    slopes = tuple(Partial(of, name) for name in names if name in reach or name == of) if gradients else ()
    trained = tuple(name for name in (*network.weights, *network.biases) if name in state.numbered)
    told = frozenset(name for name in (*names, *trained) if name in state.numbered)
    return Figure(network, "layered", (*names, *trained), slopes, told, look=look), of


def weights_of(state: State) -> frozenset[str]:
    """The weights of a layered network: they stand on its lines."""
    network = state.network
    return frozenset((*network.weights, *network.biases)) if network.layers else frozenset()


def backward_lines(state: State, of: str, names: list[str]) -> tuple[Chain, ...]:
    """∂of/∂v of every quantity that has a name, from the output back."""
    forms = adjoints(state.graph, of)
    order = [*state.graph.leaves, *(node.name for node in state.graph.nodes)]
    tokens = [Partial(of, name) for name in reversed(order) if name in names and name in forms]
    return tuple(chain(token, forms[token.wrt], Filled(forms[token.wrt]), Value(token)) for token in tokens)


def quantity(drawing: Drawing, key: str) -> Tree:
    """What has a value on a drawing: a name, or an operation inside an equation."""
    if "/" not in key:
        return Name(key)
    tree = together(drawing.graph, key)
    assert isinstance(tree, Apply)
    return tree
