"""How many weights and biases a fully connected network has: layer by layer, or by the general formula."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from derivgen.derivation import chain
from derivgen.draws import Draws
from derivgen.errors import CertificateError, suggest
from derivgen.exercise import Answer, AskError, On, Part, State, Supposed, allow
from derivgen.expression import Name, Tree, apply, number, total
from derivgen.graph import Graph

FORMS = ("network", "words", "formula")
WIDEST, DEEPEST = 10**6, 9
MOST_EDGES = 10**5  # that are counted one by one
LAYERS, NODES = (3, 4), (2, 5)  # how many layers, and nodes of a hidden layer, are drawn


def parameter_count(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """Σ n_i · n_{i+1} weights and Σ n_{i+1} biases.

    ``form: network`` counts the exercise's own network, ``words`` and ``formula`` one of ``sizes`` (drawn if left out)
    with ``biases`` (true) that the question describes.
    """
    allow(parameters, "form", "sizes", "biases")
    form = parameters.get("form", "network")
    if form not in FORMS:
        raise AskError(suggest(str(form), FORMS), "form")
    if form == "network":
        for key in ("sizes", "biases"):
            if key in parameters:
                raise AskError(f"the network's own {key} count; to say others, write form: words", key)
        sizes, biases = _own(state)
    else:
        sizes, said = _said(parameters, draws), parameters.get("biases", True)
        if not isinstance(said, bool):
            raise AskError("must be true or false", "biases")
        biases = said
    pairs = tuple(itertools.pairwise(sizes))
    count = sum(a * b + b * biases for a, b in pairs)
    _counted(state if form == "network" else None, sizes, biases, count)
    layers = []
    for number_, (a, b) in enumerate(pairs, 1):
        weights = apply("multiply", number(a), number(b))
        whole: Tree = apply("add", weights, number(b)) if biases else weights
        layers.append({
            "number": number_, "from": a, "to": b, "last": number_ == len(pairs),
            "line": chain(whole, number(a * b + b * biases)),
        })  # fmt: skip
    terms: list[Tree] = []
    for a, b in pairs:
        terms += [apply("multiply", number(a), number(b)), *([number(b)] if biases else [])]
    whole = total(terms)
    named = [_size(i) for i in range(len(sizes))]
    products: list[Tree] = [apply("multiply", Name(a), Name(b)) for a, b in itertools.pairwise(named)]
    general = total([*products, *(map(Name, named[1:]) if biases else ())])
    graph = Graph.of(f"N = {' + '.join(_text(named, biases))}", named)
    sums = [apply("multiply", number(a), number(b)) for a, b in pairs]
    filled = total([*sums, *(number(b) for _, b in pairs if biases)])
    facts = {
        "form": form, "sizes": sizes, "hidden": sizes[1:-1], "biases": biases, "layers": tuple(layers),
        "depth_is": Supposed(Name("L"), "=", number(len(pairs))),
        "total": chain(total(map(number, (a * b + b * biases for a, b in pairs))), number(count)) if pairs[1:] else "",
        "count": count, "last": len(sizes) - 1,
        "formula": On(graph, {"line": chain(Name("N"), general), "value": chain(filled, number(count)),
                              "names": tuple(map(Name, named))}),
    }  # fmt: skip
    words = {"form": str(form)}
    if form != "network":
        words |= {"sizes": "-".join(map(str, sizes)), "biases": str(biases).lower()}
    return state, Part("parameter_count", words, Answer("number", ((whole, number(count)),)), facts)


def _own(state: State) -> tuple[tuple[int, ...], bool]:
    """The sizes of the exercise's network and whether it has biases."""
    network = state.network
    if not network.layers:
        raise AskError("needs a network of layers (kind: layered), or form: words", "form")
    first = len(network.layers[0].before[0]) - len(network.fixed[:1])
    return (first, *(layer.size for layer in network.layers)), bool(network.biases or network.fixed)


def _said(parameters: Mapping[str, object], draws: Draws) -> tuple[int, ...]:
    """The sizes that the question says, from the inputs to the outputs."""
    given = parameters.get("sizes")
    if given is None:
        hidden = draws.integer("layers", *LAYERS) - 1
        return (draws.integer("size 0", 2, 4), *(draws.integer(f"size {i}", *NODES) for i in range(1, hidden + 1)), 1)
    if not isinstance(given, (tuple, list)) or not 2 <= len(given) <= DEEPEST + 1:
        raise AskError(f"must list 2 to {DEEPEST + 1} layers, the inputs first, such as [3, 4, 2, 1]", "sizes")
    for size in given:
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= WIDEST:
            raise AskError(f"holds {size}, but a layer has 1 to {WIDEST} nodes", "sizes")
    return tuple(given)


def _counted(state: State | None, sizes: tuple[int, ...], biases: bool, count: int) -> None:
    """Count again, one by one: the graph's leaves that are neither input nor target, or the edges between the nodes.

    Where the edges are too many, by quarters of squares: ab = ((a + b)² − (a − b)²)/4.
    """
    if state is not None:
        network = state.network
        others = {*network.inputs, *network.targets, network.step_size, *network.constants}
        others |= {name for name, _ in network.fixed}
        counted = sum(1 for name in state.graph.leaves if name not in others)
    elif count > MOST_EDGES:
        pairs = list(itertools.pairwise(sizes))
        counted = sum((a + b) ** 2 // 4 - (a - b) ** 2 // 4 for a, b in pairs) + (sum(sizes[1:]) if biases else 0)
    else:
        edges = {(l, i, j) for l, (a, b) in enumerate(itertools.pairwise(sizes)) for i in range(a) for j in range(b)}  # noqa: E741
        counted = len(edges) + (len({(l, j) for l, b in enumerate(sizes[1:]) for j in range(b)}) if biases else 0)  # noqa: E741
    if counted != count:
        raise CertificateError(f"a network counted as {count} parameters has {counted}")


def _size(layer: int) -> str:
    return f"n^({layer})"


def _text(named: list[str], biases: bool) -> list[str]:
    """The terms of the general formula as an equation's text, which the printed formula is certified against."""
    return [f"{a}*{b}" for a, b in itertools.pairwise(named)] + (named[1:] if biases else [])
