"""How a network is introduced, without answering the first part: a network in, the stem template's facts out."""

from __future__ import annotations

from dataclasses import replace

from derivgen.derivation import chain
from derivgen.exercise import ArrowLabel, Known, Symbol
from derivgen.expression import Apply, Name, Number, Tree, names, walk
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.operations import OPERATIONS

EXPLAINED = ("sigmoid",)  # operations whose symbol does not say what they are


def stem(network: Network, asks: frozenset[str], known: Known) -> dict[str, object]:
    """A line of arrows for a chain, else words; the equations if no part asks for them."""
    if network.layers:
        return layered(network, asks, known)
    graph, reveals = network.graph, "forward_pass" not in asks
    inner = [node for node in graph.nodes if node.name != network.loss]
    arrows = _arrows(graph, [node.name for node in inner])
    loss = graph.node(network.loss).tree if network.loss else None
    roles = {
        "inputs": network.inputs,
        "weights": network.weights,
        "biases": network.biases,
        "targets": network.targets,
        "constants": network.constants,
    }
    return {
        **{role: tuple(map(Name, members)) for role, members in roles.items()},
        "functions": tuple(Symbol(f) for f, _ in graph.functions if f != network.loss),
        "abstract_loss": bool(network.loss and graph.functions and loss is not None and graph.is_abstract(loss)),
        "symbols": tuple(Symbol(name) for name in EXPLAINED if _uses(graph, name)),
        "arrows": arrows, "output": Name(inner[-1].name if inner else graph.output),
        "loss": Name(network.loss) if network.loss else "",
        "loss_line": chain(Name(network.loss), loss) if loss else "",
        "equations": tuple(chain(Name(node.name), node.tree) for node in inner) if reveals else (),
        "words": () if reveals or arrows else tuple({"name": Name(n.name), "said": _said(n.tree)} for n in inner),
    }  # fmt: skip


def layered(network: Network, asks: frozenset[str], known: Known) -> dict[str, object]:
    """Sizes, activations and what the letters mean; no equation of the network is given away."""
    graph, notation = network.graph, network.notation
    assert notation is not None
    last = network.layers[-1]
    write = notation.write
    i, j, n = ("a", "b", "n") if network.named else ("i", "j", "n")
    example = n if notation.batch else ""
    functions = tuple(dict.fromkeys(layer.activation for layer in network.layers[:-1]))
    loss = graph.node(network.loss).tree if network.loss else None
    single = network.example_losses[0] if network.example_losses else ""
    return {
        "sizes": (len(network.layers[0].pre and network.inputs) // len(last.pre), *(layer.size for layer in network.layers)),
        "hidden": tuple(
            {"size": layer.size, "activation": layer.activation if layer.activation in OPERATIONS else "", "symbol": Symbol(layer.activation)}
            for layer in network.layers[:-1]
        ),
        "hidden_alike": len(functions) == 1, "same_size": len({layer.size for layer in network.layers[:-1]}) == 1,
        "out": {"size": last.size, "activation": last.activation if last.activation in (*OPERATIONS, "softmax") else "",
                "symbol": Symbol(last.activation) if last.activation != "softmax" else ""},
        "biases": bool(network.biases) or bool(network.fixed), "bias_row": bool(network.fixed),
        "constants": tuple(Name(name) for name, _ in network.fixed),
        "named": network.named,
        "neurons": tuple(tuple(map(Name, row)) for row in network.neurons),
        "weight": Name(write("weight", i=i, j=j, l="l")),
        "pre": Name(write("pre", j=i if network.named else j, l="l", n=example)),
        "post": Name(write("post", j=i if network.named else j, l="l", n=example)),
        "bias": Name(write("bias", j=j, l="l")) if network.biases else "",
        "weights": Name(write("weights", l="l")),
        "inputs": tuple(map(Name, network.inputs)), "outputs": tuple(map(Name, network.outputs)),
        "lone": len(network.outputs) == 1, "product": notation.product, "examples": len(last.pre) if notation.batch else 0,
        "loss": Name(network.loss) if network.loss else "", "targets": tuple(map(Name, network.targets)),
        "loss_line": chain(Name(network.loss), loss) if loss else "",
        "single_line": chain(Name(single), graph.node(single).tree) if single else "",
        "loss_kind": network.loss_kind, "class": network.target_class, "reduction": network.reduction,
        "symbols": tuple(Symbol(name) for name in EXPLAINED if _uses(graph, name)),
        "functions": tuple(Symbol(f) for f, _ in graph.functions),
        "kinks": graph.kinks if _uses(graph, "relu") or _uses(graph, "leaky_relu") else "",
    }  # fmt: skip


def _uses(graph: Graph, operation: str) -> bool:
    return any(isinstance(part, Apply) and part.operation == operation for n in graph.nodes for part in walk(n.tree))


def _arrows(graph: Graph, inner: list[str]) -> tuple[dict[str, object], ...]:
    """The steps of a chain: each node has one non-leaf (or, the first, one input) before it; empty if it is none."""
    steps: list[dict[str, object]] = []
    before = ""
    for name in inner:
        tree = graph.node(name).tree
        if not isinstance(tree, Apply):
            return ()
        parts = names(tree)
        if not before:
            before = parts[0]
        if before not in parts or any(not graph.is_leaf(p) and p != before for p in parts):
            return ()
        arrow = _arrow(tree, before)
        if arrow is None:
            return ()
        steps.append({"from": Name(before), "to": Name(name), "label": arrow})
        before = name
    return tuple(steps)


def _arrow(tree: Apply, before: str) -> ArrowLabel | None:
    """What one node does to the value before it: f, × w, + b, or × w, + b; None if it does something else."""
    if tree.args == (Name(before),):
        return ArrowLabel("", Symbol(tree.operation))
    if tree.operation not in ("multiply", "add") or len(tree.args) != 2:
        return None
    first, second = tree.args
    if tree.operation == "add" and isinstance(first, Apply) and isinstance(second, (Name, Number)):
        inner = _arrow(first, before)
        return replace(inner, plus=second) if inner and inner.sign == "*" and second != Name(before) else None
    other = second if first == Name(before) else first
    if Name(before) not in tree.args or not isinstance(other, (Name, Number)) or other == Name(before):
        return None
    return ArrowLabel("*" if tree.operation == "multiply" else "+", other)


def _said(tree: Tree) -> object:
    """A node in words: its outermost operation by name, what it is applied to as mathematics."""
    if not isinstance(tree, Apply):
        return {"operation": "", "function": "", "args": (tree,)}
    function = "" if tree.operation in OPERATIONS else Symbol(tree.operation)
    return {"operation": tree.operation, "function": function, "args": tree.args}
