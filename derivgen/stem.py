"""How a network is introduced, without answering the first part: a network in, the stem template's facts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace

from derivgen.derivation import chain, lettered, unprimed
from derivgen.exercise import ArrowLabel, Figure, Known, On, Symbol
from derivgen.expression import Apply, Name, Number, Partial, Tree, apply, names, substitute, walk
from derivgen.figures.drawing import Drawing, look_of, matrices_beside, quantities
from derivgen.figures.metrics import MetricsError
from derivgen.figures.stack import drawable
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.notation import Notation
from derivgen.operations import OPERATIONS, Operation
from derivgen.proofs.table import Theorem
from derivgen.reading import read_row
from derivgen.spec import Ask, Look, Picture
from derivgen.stacks import described, rows

# Asks that name no quantity of a layer.
SELF_CONTAINED = frozenset({"parameter_count", "risk_contribution", "prove", "bottleneck", "text"})
DEFINED = ("swish", "elu", "gelu", "softplus", "leaky_relu")  # what not every course calls by these names
EXPLAINED = ("sigmoid",)  # operations whose symbol does not say what they are
# Asks with drawings of their own.
DRAWN = frozenset({"draw_network", "draw_circuit", "circuit_values", "label_figure", "output_sizes"})
PASSES = frozenset({"forward_pass", "forward_pseudocode"})  # asks that the equations would answer
STAGING = PASSES | {"draw_circuit"}  # asks that the steps of a formula would answer
WHOLE = frozenset({"partial_derivatives", "sensitivity", "tanh_logistic", "text"})  # of a formula, not of its steps
# Asks that a drawing with all values would answer.
TOLD = frozenset(("forward_values", "pre_activations", "activations", "output", "classify", "loss_value",
                  "training_step", "staged_values"))  # fmt: skip
# Asks of a convolutional network of whose work the sizes are a part.
SIZED = frozenset({"multiply_adds", "output_sizes"})


def stem(network: Network, asks: frozenset[str], figure: Figure | None = None) -> dict[str, object]:
    """Its drawing, else a line of arrows for a chain, else words; the equations if no part asks for them."""
    if network.units:
        return {**stacked(network), "picture": figure or ""}
    if network.layers:
        letters = {"letters": not asks <= SELF_CONTAINED, "arrays": not asks <= {"sufficiency"}}
        return {**layered(network), **letters, **_drawn(network, asks, figure)}
    graph, reveals = network.graph, not asks & (PASSES if network.formula is None else STAGING)
    inner = [node for node in graph.nodes if node.name != network.loss]
    arrows = _arrows(graph, [node.name for node in inner])
    stepwise = network.formula is None or (len(graph.nodes) > 1 and not asks <= WHOLE)
    if network.formula is not None:
        inner = list(graph.nodes)
    loss = graph.node(network.loss).tree if network.loss else None
    in_loss = names(loss) if loss else ()
    roles = {
        "inputs": network.inputs,
        "weights": network.weights,
        "biases": network.biases,
        "targets": tuple(name for name in network.targets if name in in_loss),
        "targets_within": tuple(name for name in network.targets if name not in in_loss and graph.consumers[name]),
        "constants": network.constants,
    }
    return {
        **{role: tuple(map(Name, members)) for role, members in roles.items()}, "picture": figure or "",
        "functions": tuple(Symbol(f) for f, _ in graph.functions if f != network.loss and graph.operation(f) is None),
        "formula": "" if network.formula is None else chain(Name(graph.output), network.formula),
        "called": () if reveals or not stepwise or network.formula is None else tuple(
            Name(node.name) for node in graph.nodes[:-1]
        ),
        "definitions": _definitions(graph) if network.formula is not None else (),
        "meanings": tuple(
            {"symbol": Symbol(f), "operation": operation, "usual": Symbol(operation)} for f, operation in graph.bindings
        ),
        "abstract_loss": bool(network.loss and graph.functions and loss is not None and graph.is_abstract(loss)),
        "symbols": tuple(
            Symbol(name) for name in EXPLAINED if (_uses if network.formula is None else _shows)(graph, name)
        ),
        "arrows": () if figure or network.formula is not None else arrows,
        "output": Name(inner[-1].name if inner else graph.output),
        "loss": Name(network.loss) if network.loss else "",
        "loss_line": chain(Name(network.loss), loss) if loss else "",
        "equations": tuple(chain(Name(n.name), n.tree) for n in inner) if reveals and stepwise else (),
        "words": tuple(
            {"name": Name(n.name), "said": _said(n.tree)} for n in inner
            if not (reveals or arrows or figure or network.formula)
        ),
    }  # fmt: skip


def drawing_asks(asks: Iterable[Ask]) -> frozenset[str]:
    """The asks that have drawings of their own; sizes have one only where some of them are left blank."""
    drawn = (ask for ask in asks if ask.name in DRAWN)
    return frozenset(ask.name for ask in drawn if ask.name != "output_sizes" or "blanks" in ask.parameters)


def picture(
    network: Network, asks: frozenset[str], drawing: frozenset[str], known: Known, wanted: Picture
) -> Figure | None:
    """The drawing that introduces a network, if it has one: it gives no answer away.

    Unless the quiz says otherwise, networks of layers have one, and equations of few operations. ``drawing`` are the
    asks that have drawings of their own.
    """
    own, layers = drawing | (asks & {"forward_pseudocode"}), network.layers
    batch = bool(layers) and len(layers[0].pre) > 1
    single = network.formula is not None and (len(network.graph.nodes) == 1 or asks <= WHOLE)
    if wanted.show is False or (wanted.show is None and (own or batch or single)):
        return None
    if wanted.show:
        assert wanted.place is not None
        if own:
            aside = ", which has one of its own" if drawing else ""
            raise wanted.place.error(f"this drawing would answer {min(drawing or own)}{aside}")
        if batch:
            raise wanted.place.error("a batch has no drawing: each example has values of its own")
        if wanted.values == "all" and (answered := asks & TOLD):
            raise wanted.place.at("values").error(f"all values on the drawing would answer {min(answered)}")
        if wanted.look and not layers:
            raise wanted.place.error("for equations, only values can be chosen")
        for name in wanted.look.mark if wanted.look else ():
            if name not in (*network.weights, *network.biases):
                raise wanted.place.at("mark").error(f"{name} is no weight of this network")
    if network.units:
        return _stack(network, asks, wanted)
    look = wanted.look or usual_look(network, asks)
    bare = Figure(network, "layered" if layers else "circuit", look=look)
    names = quantities(bare)
    told = [name for name in names if wanted.values == "all" or (wanted.values == "given" and name in known.numbered)]
    trained = (*network.weights, *network.biases) if layers and look.weights == "numbers" else ()
    told += [name for name in trained if name in known.numbered]
    try:
        fits = Drawing(bare).small
    except MetricsError as error:
        if wanted.place and wanted.show:
            raise wanted.place.error(str(error)) from None
        return None
    return replace(bare, values=tuple(told), told=frozenset(told)) if fits or wanted.show else None


def _stack(network: Network, asks: frozenset[str], wanted: Picture) -> Figure | None:
    """The drawing of a convolutional network: of its sizes the input's only, or all if the quiz says so."""
    place = wanted.place
    if wanted.show and place and wanted.values == "all" and (answered := asks & SIZED):
        raise place.at("values").error(f"all sizes on the drawing would answer {min(answered)}")
    if not drawable(network):
        if wanted.show and place:
            raise place.error("has too many layers, or a residual block inside another, to be drawn")
        return None
    hidden = () if wanted.values == "all" else tuple((row[0].row, "") for row in rows(network))
    figure = Figure(network, "stack", letters=hidden)
    return figure if Drawing(figure).small or wanted.show else None


def stacked(network: Network) -> dict[str, object]:
    """The input's shape and the layers of a convolutional network, row by row."""
    units = network.units
    weighted = [unit for unit in units if unit.kind in ("conv", "dense")]
    return {
        "input": network.input_shape, "rows": tuple(map(described, rows(network))),
        "blocks": any(unit.kind == "add" for unit in units),
        "windowed": any(unit.windowed for unit in units),
        "normalized": any(unit.kind == "batch_norm" for unit in units),
        "biased": any(unit.bias for unit in weighted), "unbiased": any(not unit.bias for unit in weighted),
    }  # fmt: skip


def usual_look(network: Network, asks: frozenset[str] = frozenset()) -> Look:
    """Boxes z | a with the weights on the lines; circles where neurons have names; plain where nothing is named."""
    if network.layers and asks and asks <= SELF_CONTAINED:
        return Look("none", "plain")
    return look_of(network)


def _drawn(network: Network, asks: frozenset[str], figure: Figure | None) -> dict[str, object]:
    """What is said beside a drawing of layers: weights that have no room on it, and biases that it leaves out."""
    if figure is None:
        return {"picture": "", "matrices": (), "undrawn_biases": False}
    crowded = figure.look.weights == "symbols" and not figure.look.mark and "weight_shapes" not in asks
    matrices = matrices_beside(figure) if crowded else ()
    has = bool(network.biases or network.fixed)
    return {"picture": figure, "matrices": matrices, "undrawn_biases": has and not figure.look.biases}


def layered(network: Network) -> dict[str, object]:
    """Sizes, activations and what the letters mean; no equation of the network is given away."""
    graph, notation, layers = network.graph, network.notation, network.layers
    assert notation is not None
    last, single = layers[-1], "".join(network.example_losses[:1])
    batch = len(last.pre) if notation.batch else 0
    loss = graph.node(network.loss).tree if network.loss else None
    letters = {"i": "a", "j": "b"} if network.named else {"i": "i", "j": "j"}
    node = letters["i"] if network.named else letters["j"]
    example = "n" if batch else ""
    return {
        "sizes": (len(network.inputs) // len(last.pre), *(layer.size for layer in layers)),
        "large": max(len(network.inputs) // len(last.pre), *(layer.size for layer in layers)) > 9,  # then all in digits
        "hidden": tuple({"size": layer.size, **_activation(layer.activation)} for layer in layers[:-1]),
        "hidden_alike": len({layer.activation for layer in layers[:-1]}) == 1,
        "all_alike": len({layer.activation for layer in layers}) == 1 and len(layers) > 1,
        "same_size": len({layer.size for layer in layers[:-1]}) == 1,
        "out": {"size": last.size, **_activation(last.activation)},
        "biases": bool(network.biases or network.fixed), "bias_row": bool(network.fixed),
        "constants": tuple(Name(name) for name, _ in network.fixed),
        "named": network.named, "neurons": tuple(tuple(map(Name, row)) for row in network.neurons),
        "weight": Name(notation.write("weight", **letters, l="l")),
        "weights": Name(notation.write("weights", l="l")),
        "pre": Name(notation.write("pre", j=node, l="l", n=example)),
        "post": Name(notation.write("post", j=node, l="l", n=example)),
        "bias": Name(notation.write("bias", j="j", l="l")) if network.biases else "",
        "outputs": tuple(map(Name, network.outputs)), "lone": len(network.outputs) == 1,
        "convention": notation.product, "product": _product(notation),
        "examples": batch, "reduction": network.reduction,
        "loss": Name(network.loss) if network.loss else "", "targets": tuple(map(Name, network.targets)),
        "loss_line": chain(Name(network.loss), loss) if loss else "", "class": network.target_class,
        "single_line": chain(Name(single), graph.node(single).tree) if single else "",
        "symbols": tuple(Symbol(name) for name in EXPLAINED if _uses(graph, name)),
        "functions": tuple(
            {"symbol": Symbol(f), "operation": dict(network.meanings).get(f, ""), "slope": Apply(f, (Name("z"),), 1)}
            for f, _ in graph.functions
        ),
    }  # fmt: skip


def _product(notation: Notation) -> Tree:
    """How a layer multiplies: W^T x, W x or X W, by the notation's own letter."""
    weights = Name(notation.weights.partition("^")[0])
    if notation.product == "X W":
        return apply("multiply", Name("X"), weights)
    return apply("multiply", apply("transpose", weights) if notation.from_first else weights, Name("x"))


def _activation(name: str) -> dict[str, object]:
    """An activation by its name, or a declared function by its symbol."""
    known = name in OPERATIONS or name == "softmax"
    return {"activation": name if known else "", "symbol": "" if known else Symbol(name)}


def _less_usual(graph: Graph) -> list[Operation]:
    """The operations that a sheet defines, by their own names or by a letter that stands for one."""
    bound = {operation for _, operation in graph.bindings}
    return [OPERATIONS[name] for name in DEFINED if name in bound or _uses(graph, name)]


def _uses(graph: Graph, operation: str) -> bool:
    return any(isinstance(part, Apply) and part.operation == operation for n in graph.nodes for part in walk(n.tree))


def _with_letter(graph: Graph) -> tuple[Graph, Name]:
    """The graph with a letter that it does not have, of which a function can be said."""
    letter = next(name for name in ("z", "u", "v", "t", "r", "q", "p", "zeta", "xi", "eta") if name not in graph)
    return replace(graph, leaves=(*graph.leaves, letter), stated=()), Name(letter)


def primes(graph: Graph, fact: object) -> dict[str, On]:
    """What each g'(z) in a part's facts is that stands for a long local derivative, by the name of g."""
    calls = {
        part.operation: part for tree in trees_of(fact) for part in walk(tree)
        if isinstance(part, Apply) and part.slot and graph.operation(part.operation) in OPERATIONS
    }  # fmt: skip
    wide, letter = _with_letter(graph)
    heads = {function: replace(call, args=(letter,)) for function, call in calls.items()}
    return {
        function: On(wide, {"symbol": Symbol(function), "line": chain(head, unprimed(wide, head))})
        for function, head in heads.items()
    }


def trees_of(fact: object) -> Iterator[Tree]:
    """Every tree in a part's facts, drawings excepted."""
    if isinstance(fact, (Name, Number, Partial, Apply)):
        yield fact
    elif isinstance(fact, Mapping):
        yield from trees_of(tuple(fact.values()))
    elif isinstance(fact, (tuple, list)):
        for inner in fact:
            yield from trees_of(inner)
    elif isinstance(fact, On):
        yield from trees_of(fact.facts)
    elif is_dataclass(fact) and not isinstance(fact, (Figure, Theorem)):
        yield from trees_of([getattr(fact, each.name) for each in fields(fact)])


def _shows(graph: Graph, operation: str) -> bool:
    """Whether an operation's own symbol stands on the sheet: in the equations, or in what is written for another."""
    written = [read_row(row.name, form) for row in _less_usual(graph) for form in (row.value, *row.local)]
    trees = [*(node.tree for node in graph.nodes), *(lettered(tree, graph.bindings) for tree in written)]
    return any(isinstance(part, Apply) and part.operation == operation for tree in trees for part in walk(tree))


def _definitions(graph: Graph) -> tuple[object, ...]:
    """What the less usual functions of a formula mean, of a letter that the graph does not have."""
    wide, letter = _with_letter(graph)
    forms = [
        (Apply(row.name, (letter,)), substitute(read_row(row.name, row.value), {row.arguments[0]: letter}))
        for row in _less_usual(graph)
    ]
    return tuple(
        On(wide, {"line": chain(*(lettered(tree, graph.bindings) for tree in sides))}) for sides in forms
    )  # fmt: skip


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
