"""The parts of a layer's lines that slips change: its edges from pre-activations to activations, its slope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from derivgen.expression import (
    ONE,
    Apply,
    Name,
    Partial,
    Tree,
    names,
    substitute,
    transform,
)  # fmt: skip
from derivgen.worked import (
    Slipped,
    Work,
    array_of,
    arrays_in,
    before_of,
    function_of,
    operation_of,
    products,
    rewritten,
    shaped_like,
    with_edge,
    written,
)  # fmt: skip


def layer_of(work: Work) -> tuple[Tree, ...]:
    """The layer's activations and its pre-activations, as whole arrays."""
    after, before = work.edges[0][0]
    return array_of(work.roles.graph, Name(after)), array_of(work.roles.graph, Name(before))


def layer_slope(work: Work) -> Tree:
    return array_of(work.roles.graph, Partial(*work.edges[0][0]))


def operation_of_layer(work: Work) -> str | None:
    return operation_of(work, work.edges[0][0][0])


def before_layer(work: Work, tree: Tree) -> Tree:
    """The tree with each pre-activation in place of its activation."""
    return substitute(tree, {after: Name(before) for row in work.edges for after, before in row})


def on_edges(work: Work, make: Callable[[str, str], Tree]) -> Tree:
    """Something for each entry of the slope, in its shape."""
    assert work.slope is not None
    return shaped_like(work.roles.graph, work.slope, [make(*edge) for row in work.edges for edge in row])


def with_slope(work: Work, other: Tree | None) -> Tree:
    """The line with something else in the slope's place, or without it."""

    def change(part: Tree) -> Tree | None:
        if not isinstance(part, Apply) or work.slope not in part.args:
            return None
        args = tuple(other if a == work.slope else a for a in part.args if a != work.slope or other is not None)
        return args[0] if len(args) == 1 else replace(part, args=args)  # type: ignore[arg-type]

    return transform(work.tree, change)


def left_out(work: Work, slip: str) -> Iterator[Slipped]:
    """A pre-activation in place of its activation: where that is a ReLU, it is treated as active."""
    graph = work.roles.graph
    found = [
        (name, before_of(graph, name))
        for name in (names(work.line) if work.line is not None and not work.edges else ())
    ]
    for name, before in found:
        if before and (graph.operation(function_of(work, name)) == "relu") == (slip == "inactive_relu"):
            about = (Name(before),) if slip == "inactive_relu" else (Name(before), Name(name))
            yield Slipped(slip, substitute(work.line or ONE, {name: Name(before)}), about)
    for name, array in arrays_in(graph, work.line).items() if work.line is not None else ():
        change = {entry: Name(before_of(graph, entry)) for entry in names(array) if before_of(graph, entry)}
        relu = {graph.operation(function_of(work, entry)) for entry in change} == {"relu"}
        if change and relu == (slip == "inactive_relu"):
            whole = (array_of(graph, next(iter(change.values()))), Name(name))
            yield Slipped(slip, rewritten(graph, work.line or ONE, change), whole[: 1 if relu else 2])
    for edge, other in products(work):
        before = before_of(graph, other)
        if written(work, edge) != Name(other) or not before:
            continue
        if (graph.operation(function_of(work, other)) == "relu") == (slip == "inactive_relu"):
            about = (Name(before),) if slip == "inactive_relu" else (Name(before), Name(other))
            yield Slipped(slip, with_edge(work, edge, Name(before)).tree, about)
