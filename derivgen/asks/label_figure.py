"""A drawing with its numbers, some of them left blank: which ones, the quiz says or the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derivgen.asks.circuit_values import backward_lines, numbered, weights_of
from derivgen.derivation import Value
from derivgen.draws import Draws
from derivgen.errors import suggest
from derivgen.exercise import Answer, AskError, Part, State, allow, value_line
from derivgen.expression import Apply, Name, Partial, Tree

USUAL = 3  # blanks


def label_figure(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "of", "blanks", "gradients")
    figure, of = numbered(state, {"gradients": False, **parameters})
    graph, weights = state.graph, weights_of(state)
    nodes = [key for key in figure.values if key in graph and key not in figure.told and key not in weights]
    nodes = [key for key in nodes if not _copied(graph.node(key).tree)]
    slopes = [slope for slope in figure.gradients if slope.wrt in graph and slope.wrt != of]
    blanks = _blanks(parameters.get("blanks", USUAL), [*nodes, *slopes], draws)
    told = (frozenset(figure.values) | frozenset(figure.gradients)) - blanks
    figure = replace(figure, told=told, blanks=tuple(key for key in (*nodes, *slopes) if key in blanks))
    trees: list[Tree] = [Name(key) if isinstance(key, str) else key for key in figure.blanks]
    lines = {node.name: value_line(graph, node) for node in graph.nodes}
    facts = {
        "figure": figure, "of": Name(of), "blanks": tuple(trees), "circuit": figure.kind == "circuit",
        "gradients": bool(figure.gradients),
        "lines": (
            *(lines[key] for key in figure.blanks if isinstance(key, str)),
            *backward_lines(state, of, [key.wrt for key in figure.blanks if isinstance(key, Partial)]),
        ),
    }  # fmt: skip
    answer = Answer("values", tuple((tree, Value(tree)) for tree in trees))
    said = [key if isinstance(key, str) else f"d{of}/d{key.wrt}" for key in figure.blanks]
    after = state.show(*(("value", key) for key in figure.blanks if isinstance(key, str)))
    return after, Part("label_figure", {"of": of, "blanks": ", ".join(said)}, answer, facts)


def _copied(tree: Tree) -> bool:
    """Whether a node only hands on what another one shows already: H = z."""
    return isinstance(tree, Name) or (isinstance(tree, Apply) and tree.operation == "identity")


def _blanks(wanted: object, possible: list[str | Partial], draws: Draws) -> frozenset[str | Partial]:
    """So many, drawn by the seed, or those that a list names: ``z_1``, ``dL/dz_1``."""
    if not possible:
        raise AskError("there is no value to leave blank", "blanks")
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        if not 1 <= wanted <= len(possible):
            raise AskError(f"must be between 1 and {len(possible)}", "blanks")
        return frozenset(draws.shuffled("blanks", possible)[:wanted])
    if not isinstance(wanted, (list, tuple)) or not wanted:
        raise AskError("must be a number, or a list of quantities", "blanks")
    words = {key if isinstance(key, str) else f"d{key.of}/d{key.wrt}": key for key in possible}
    for word in wanted:
        if word not in words:
            raise AskError(suggest(str(word), words), "blanks")
    return frozenset(words[str(word)] for word in wanted)
