"""A drawing with its numbers, some of them left blank: which ones, the quiz says or the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derivgen.asks.circuit_values import backward_lines, numbered, quantity
from derivgen.derivation import Chain, Filled, Value, chain
from derivgen.draws import Draws
from derivgen.errors import suggest
from derivgen.exercise import Answer, AskError, Figure, Part, State, allow, value_line
from derivgen.expression import Name, Partial, Tree
from derivgen.figures.drawing import Drawing, quantities
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.printing import plain

USUAL = 3  # places left blank
Key = str | Partial


def label_figure(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "of", "blanks", "gradients")
    wanted = parameters.get("blanks", USUAL)
    named = wanted if isinstance(wanted, (list, tuple)) else ()
    figure, of = numbered(state, {"gradients": any("/" in str(word) for word in named), **parameters})
    if part := state.where(("drawing", figure.kind)):
        raise AskError(f"its drawing is what part {part} asks for: ask it in another exercise")
    graph, drawing = state.graph, Drawing(figure)
    blanks = _named(named, figure, graph) if named else _drawn(wanted, _places(state.network, figure, of), draws)
    told = (frozenset(figure.values) | frozenset(figure.gradients)) - frozenset(blanks)
    figure = replace(figure, told=told, blanks=blanks)
    values = [quantity(drawing, key) for key in blanks if isinstance(key, str)]
    slopes = [key for key in blanks if isinstance(key, Partial)]
    trees: list[Tree] = [*values, *slopes]
    asked = (state.where(("number" if isinstance(key, Partial) else "value", key)) for key in told)
    if part := next(filter(None, asked), ""):
        raise AskError(f"its drawing would show numbers that part {part} asks for: ask it in another exercise")
    facts = {
        "figure": figure, "of": Name(of), "blanks": tuple(trees), "circuit": figure.kind == "circuit",
        "gradients": bool(figure.gradients),
        "lines": (
            *(_value_line(graph, tree) for tree in values),
            *backward_lines(state, of, [slope.wrt for slope in slopes]),
        ),
    }  # fmt: skip
    answer = Answer("values", tuple((tree, Value(tree)) for tree in trees))
    said = ", ".join(plain(tree, graph.scope) for tree in trees)
    after = state.show(("drawn", figure.kind), *(("value", tree.name) for tree in values if isinstance(tree, Name)))
    return after, Part("label_figure", {"of": of, "blanks": said}, answer, facts)


def _places(network: Network, figure: Figure, of: str) -> list[tuple[Key, ...]]:
    """What is left blank together: a node's z and a, since one would tell the other, and its two derivatives."""
    inner = [key for key in quantities(figure) if key not in figure.told]
    slopes = {slope.wrt: slope for slope in figure.gradients if slope.wrt in network.graph and slope.wrt != of}
    if not network.layers:
        return [*((key,) for key in inner), *((slope,) for slope in slopes.values())]
    nodes = [pair for layer in network.layers for pair in zip(layer.pre[0], layer.post[0], strict=True)]
    values: list[tuple[Key, ...]] = [tuple(key for key in pair if key in inner) for pair in nodes]
    values += [tuple(slopes[key] for key in pair if key in slopes) for pair in nodes if of not in pair]
    return [place for place in values if place]


def _drawn(wanted: object, places: list[tuple[Key, ...]], draws: Draws) -> tuple[Key, ...]:
    """So many places, by the seed, in the order of the drawing."""
    if not isinstance(wanted, int) or isinstance(wanted, bool):
        raise AskError("must be a number, or a list of quantities", "blanks")
    if not places:
        raise AskError("there is no value to leave blank", "blanks")
    if not 1 <= wanted <= len(places):
        raise AskError(f"must be between 1 and {len(places)}", "blanks")
    chosen = draws.shuffled("blanks", places)[:wanted]
    return tuple(key for place in places if place in chosen for key in place)


def _named(wanted: object, figure: Figure, graph: Graph) -> tuple[Key, ...]:
    """The quantities of a list: ``z_1``, ``dL/dz_1``."""
    assert isinstance(wanted, (list, tuple))
    keys: list[Key] = [key for key in quantities(figure) if key in graph and key not in figure.told]
    keys += [slope for slope in figure.gradients if slope.wrt in graph and slope.wrt != slope.of]
    words = {key if isinstance(key, str) else f"d{key.of}/d{key.wrt}": key for key in keys}
    for word in wanted:
        if word not in words:
            raise AskError(suggest(str(word), words), "blanks")
    return tuple(key for word, key in words.items() if word in wanted)


def _value_line(graph: Graph, tree: Tree) -> Chain:
    """A node's equation with its numbers, or those of an operation inside an equation."""
    if isinstance(tree, Name):
        return value_line(graph, graph.node(tree.name))
    return chain(tree, Filled(tree), Value(tree))
