"""A layered network's forward and backward pass in matrices: a layer in, the trees of its matrix equations out.

With the weights' first index the node they come from (Wᵀx), to (W x), or one example a row (X W):

    z = Wᵀ x + b        z = W x + b         Z = X W + 1 bᵀ
    δ' = (W δ) ⊙ g'     δ' = (Wᵀ δ) ⊙ g'    Δ' = (Δ Wᵀ) ⊙ g'
    ∂L/∂W = x δᵀ        ∂L/∂W = δ xᵀ        ∂L/∂W = Xᵀ Δ

δ = ∂L/∂z of the layer, δ' of the layer before (Rumelhart, Hinton & Williams 1986). Every
tree is certified entry by entry.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from derivgen.derivation import Chain, Filled, Value, chain, forward_form, from_output, local
from derivgen.exercise import State, value_line
from derivgen.expression import ONE, Apply, Name, Partial, Tree, column, matrix, number, total
from derivgen.graph import Graph
from derivgen.networks import Layer, Network


def transposed(tree: Tree) -> Apply:
    return Apply("transpose", (tree,))


def times(*factors: Tree) -> Apply:
    return Apply("multiply", factors)


def lone(layer: Layer) -> bool:
    """Whether a layer's pre-activation is a single number, which is written without brackets."""
    return layer.size == 1 and len(layer.pre) == 1


def pre(layer: Layer) -> Tree:
    """What a layer's pre-activations are called: the array's name, or the only one's."""
    return Name(layer.pre[0][0]) if lone(layer) or not layer.pre_array else Name(layer.pre_array)


def post(layer: Layer) -> Tree:
    return Name(layer.post[0][0]) if lone(layer) or not layer.post_array else Name(layer.post_array)


def delta(layer: Layer, of: str) -> Tree:
    """∂L/∂z of a layer by its own letter; the derivative itself where it is one number."""
    return Partial(of, layer.pre[0][0]) if not layer.delta_array else Name(layer.delta_array)


def _convention(network: Network) -> str:
    assert network.notation is not None
    return network.notation.product


def ones(layer: Layer) -> Tree:
    """A column of ones, one for each example."""
    return column([number(1)] * len(layer.pre))


def pre_form(network: Network, layer: Layer) -> Tree:
    """The pre-activations: Wᵀ x + b, W x + b, or X W + 1 bᵀ."""
    weights, before = Name(layer.weights_array), Name(layer.before_array)
    by = _convention(network)
    main = (
        times(transposed(weights), before)
        if by == "W^T x"
        else times(weights, before)
        if by == "W x"
        else times(before, weights)
    )
    if not layer.biases:
        return main
    biases: Tree = Name(layer.biases_array)
    return total((main, times(ones(layer), transposed(biases)) if by == "X W" else biases))


def pre_sums(graph: Graph, layer: Layer) -> Tree:
    """The same entry by entry: the sums of products."""
    rows = [[graph.node(name).tree for name in row] for row in layer.pre]
    if lone(layer):
        return rows[0][0]
    return matrix(rows) if len(rows) > 1 or _batch(layer) else column(rows[0])


def _batch(layer: Layer) -> bool:
    return len(layer.pre) > 1


def _shaped(layer: Layer, rows: list[list[Tree]]) -> Tree:
    if lone(layer):
        return rows[0][0]
    return matrix(rows) if _batch(layer) else column(rows[0])


def slopes(graph: Graph, layer: Layer) -> Tree:
    """g'(z) of a layer, entry by entry, in the textbook form."""
    rows = [
        [local(graph, a, z) for z, a in zip(zs, posts, strict=True)]
        for zs, posts in zip(layer.pre, layer.post, strict=True)
    ]
    return _shaped(layer, rows)


def delta_form(network: Network, number_: int, of: str) -> tuple[Tree, ...]:
    """The forms of a layer's δ: the output layer's entries, or δ of the next layer through its weights, ⊙ g'."""
    graph, layer = network.graph, network.layers[number_ - 1]
    if number_ == len(network.layers):
        rows = [[forward_form(graph, of, z) for z in row] for row in layer.pre]
        short = [[forward_form(graph, of, z, cancel=True) for z in row] for row in layer.pre]
        return (_shaped(layer, rows),) if rows == short else (_shaped(layer, rows), _shaped(layer, short))
    following = network.layers[number_]
    weights: Tree = Name(following.rest_array or following.weights_array)
    ahead, by = delta(following, of), _convention(network)
    if by == "W^T x":
        through = times(weights, ahead)
    elif by == "W x":
        through = times(transposed(weights), ahead)
    else:
        through = times(ahead, transposed(weights))
    slope = slopes(graph, layer)
    if lone(layer):
        return (through,) if slope == ONE else (times(*through.args, slope),)
    if all(entry == ONE for row in (graph.entries(slope) or ()) for entry in row):
        return (through,)
    return (Apply("hadamard", (through, slope)),)


def weights_form(network: Network, layer: Layer, of: str) -> Tree:
    """∂L/∂W: the outer product of a layer's inputs and its δ, in the weights' own shape."""
    before, own = Name(layer.before_array), delta(layer, of)
    by, single = _convention(network), lone(layer)
    if by == "W^T x":
        return times(before, own if single else transposed(own))
    if by == "W x":
        return times(own, transposed(before))
    return times(transposed(before), own)


def biases_form(network: Network, layer: Layer, of: str) -> Tree:
    """∂L/∂b: δ itself, summed over the examples of a batch."""
    own = delta(layer, of)
    return times(transposed(own), ones(layer)) if _convention(network) == "X W" else own


def read_off(state: State) -> State:
    """The state with ReLU'(z) = 1[a > 0] wherever the output a is given, and z, which flows in, is not known.

    z > 0 exactly where a > 0. At a = 0 this says z ≤ 0: not enough where the right-hand branch counts at z = 0.
    """
    graph, literal, stated = state.graph, dict(state.known.literal), dict(state.graph.stated)
    for name in sorted(state.cuts - state.known.taken):
        tree = graph.node(name).tree
        operation = graph.operation(tree.operation) if isinstance(tree, Apply) else ""
        if operation not in ("relu", "leaky_relu") or state.numeric(z := graph.parents(name)[0]):
            continue
        positive = operation == "relu" and literal.get(name, 0) > 0  # then either branch says the same
        form = from_output(replace(graph, kinks="left") if positive else graph, name, z)
        if form is not None:
            stated[name] = ((z, form),)
    return replace(state, network=replace(state.network, graph=replace(graph, stated=tuple(stated.items()))))


def forward_lines(network: Network, wanted: Collection[str], stage: int = 0) -> tuple[Chain, ...]:
    """The values of these nodes, whole layers with matrices where they can be, in the order of the forward pass."""
    graph, lines = network.graph, []
    left = set(wanted)
    for layer in network.layers:
        for names, token, form in (
            ([name for row in layer.pre for name in row], pre(layer), pre_form(network, layer)),
            ([name for row in layer.post for name in row], post(layer), post_form(network, layer)),
        ):
            if form is not None and left.issuperset(names) and not (lone(layer) and form == graph.node(names[0]).tree):
                lines.append(chain(token, form, Filled(form, stage), Value(token, stage)))
            else:
                lines += [value_line(graph, graph.node(name), stage) for name in names if name in left]
            left -= set(names)
    return (*lines, *(value_line(graph, node, stage) for node in graph.nodes if node.name in left))


def post_form(network: Network, layer: Layer) -> Tree | None:
    """g(z) of a whole layer at once; None where that has no short form (softmax, a linear output, a 1 in front)."""
    whole = network.graph.entries(post(layer))
    fits = whole is not None and sum(map(len, whole)) == sum(map(len, layer.post))
    if lone(layer) or not fits or layer.activation in ("softmax", "identity"):
        return None
    return Apply(layer.activation, (pre(layer),))
