"""∂L/∂z at the logits: p − y, for softmax with cross-entropy and for sigmoid with binary cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.backward import lone, pre
from derivgen.derivation import Filled, Value, chain, forward_form
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow, value_line
from derivgen.expression import Name, Partial, Tree, apply, column, matrix

PAIRS = (("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"))


def loss_gradient(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters)
    network, graph = state.network, state.graph
    if not network.layers or (network.layers[-1].activation, network.loss_kind) not in PAIRS:
        raise AskError("needs softmax with cross_entropy, or sigmoid with binary_cross_entropy")
    layer, of = network.layers[-1], network.loss
    rows = [[forward_form(graph, of, z, cancel=True) for z in row] for row in layer.pre]
    single, batch = lone(layer), len(layer.pre) > 1
    token = Partial(of, layer.pre[0][0]) if single else Partial(of, layer.pre_array)
    form: Tree = rows[0][0] if single else matrix(rows) if batch else column(rows[0])
    numeric = state.numeric(of)
    wanted = [name for row in layer.post for name in row]
    nodes = state.value_nodes(*wanted) if numeric else ()
    short: tuple[Tree, ...] = ()
    if not single and not batch and not network.target_class and layer.post_array:
        targets = next((name for name, tree in graph.arrays if tree == column(map(Name, network.targets))), "")
        short = (apply("subtract", Name(layer.post_array), Name(targets)),) if targets else ()
    line = chain(token, *short, form, *((Filled(form), Value(token)) if numeric else ()))
    right: Tree | Value = Value(token) if numeric else form
    facts = {
        "target": token, "pre": pre(layer), "outputs": tuple(map(Name, wanted)),
        "softmax": layer.activation == "softmax",
        "class": network.target_class, "lines": tuple(value_line(graph, node) for node in nodes), "line": line,
        "batch": batch,
    }  # fmt: skip
    kind = ("number" if numeric else "expression") if single else "matrix"
    after = state.show(
        *(("value", node.name) for node in nodes), *(("number", Partial(of, z)) for z in layer.pre[0] if single)
    )
    return after, Part("loss_gradient", {"of": of}, Answer(kind, ((token, right),)), facts)
