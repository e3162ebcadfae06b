"""Rows for somebody's work only, since they would make a question too easy or say its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache

from derivgen.expression import (
    Apply,
    Name,
    Partial,
    Tree,
    names,
    negate,
    number,
    product,
    substitute,
)  # fmt: skip
from derivgen.notation import swapped
from derivgen.operations import OPERATIONS
from derivgen.reading import read_row
from derivgen.slips.layers import layer_slope, on_edges, operation_of_layer, with_slope
from derivgen.slips.table import slip
from derivgen.worked import (
    Roles,
    Slipped,
    Work,
    activations,
    before_of,
    constant_lost,
    each,
    of_loss,
    operation_of,
    with_edge,
    written_out,
)  # fmt: skip

MOST_OTHERS = 200  # quantities in place of others
HALF = Fraction(1, 2)


@slip
def another_variable(work: Work) -> Iterator[Slipped]:
    """the derivative is taken with respect to another quantity"""
    token = work.truth
    graph = work.roles.graph
    if not work.judged or not isinstance(token, Partial) or not work.terms:
        return
    for name in dict.fromkeys((*work.roles.weights, *graph.leaves, *(node.name for node in graph.nodes))):
        if name not in (token.wrt, token.of) and name in graph.ancestors(token.of):
            yield Slipped("another_variable", Partial(token.of, name), (Name(name), Name(token.wrt)))


@slip
def whole_sign(work: Work) -> Iterator[Slipped]:
    """the sign is wrong"""
    if work.judged:
        yield Slipped("whole_sign", negate(work.tree))


@slip
def half_or_two_added(work: Work) -> Iterator[Slipped]:
    """a factor 1/2 or 2 of a squared loss is there once too often"""
    losses = (work.roles.loss, *work.roles.example_losses)
    if not work.judged:
        return
    if work.line is not None:
        squared = isinstance(work.line, Apply) and work.line.operation == "power" and work.line.args[1] == number(2)
        if squared and isinstance(work.truth, Name) and work.truth.name in losses:
            yield Slipped("half_or_two_added", product((number(HALF), work.line)), (number(HALF),))
        return
    for factor in (HALF, Fraction(2)):
        changed = each(work, lambda edge, tree, factor=factor: _more(work, edge, tree, factor))  # type: ignore[misc]
        if changed != work:
            yield Slipped("half_or_two_added", changed.tree, (number(factor),))


def _more(work: Work, edge: tuple[str, str], tree: Tree, factor: Fraction) -> Tree:
    """The derivative of a squared loss with a factor more: a half where the loss has one, else a two."""
    if not of_loss(work, edge, tree):
        return tree
    equation = written_out(work.roles.graph.resolved(work.roles.graph.node(edge[0]).tree))
    halved = constant_lost(equation, (HALF,)) is not None
    fits = halved if factor == HALF else constant_lost(tree, (Fraction(2),)) is not None
    return product((number(factor), tree)) if fits else tree


@slip
def another_slope(work: Work) -> Iterator[Slipped]:
    """the derivative of another activation is used: of tanh for the sigmoid, or the reverse"""
    if not work.judged:
        return
    for edge, _ in activations(work):
        if other := OTHER_SLOPES.get(operation_of(work, edge[0]) or ""):
            tree = with_edge(work, edge, slope_as(other, Name(edge[0]))).tree
            yield Slipped("another_slope", tree, (Partial(*edge),))
    if work.slope is not None and (other := OTHER_SLOPES.get(operation_of_layer(work) or "")):
        there = on_edges(work, lambda after, _, other=other: slope_as(other, Name(after)))  # type: ignore[misc]
        yield Slipped("another_slope", with_slope(work, there), (layer_slope(work),))


OTHER_SLOPES = {"sigmoid": "tanh", "tanh": "sigmoid"}


def slope_as(operation: str, activation: Tree) -> Tree:
    """What an activation's derivative would be, in its own value, if it were another operation."""
    return substitute(read_row(operation, OPERATIONS[operation].output_local), {"a": activation})


@slip
def another_quantity(work: Work) -> Iterator[Slipped]:
    """another weight, input or activation of the same kind is used in its place: w_1 for w_2"""
    if not work.judged or work.weight or work.local:
        return
    trees = [tree for term in work.terms for _, tree in term] if work.line is None else [work.line]
    used = dict.fromkeys(name for tree in trees for name in names(tree))
    for kind in _kinds(work.roles):
        for name in used if len(kind) * len(used) <= MOST_OTHERS else ():
            for other in kind if name in kind else ():
                if other in (name, swapped(name)) or _in_circle(work, other):
                    continue
                change: Mapping[str, Tree] = {name: Name(other)}
                if work.line is not None:
                    tree = substitute(work.line, change)
                else:
                    tree = each(work, lambda _, old, change=change: substitute(old, change)).tree  # type: ignore[misc]
                yield Slipped("another_quantity", tree, (Name(other), Name(name)))


def _in_circle(work: Work, other: str) -> bool:
    """Whether a quantity of an equation would come out of itself."""
    graph = work.roles.graph
    return isinstance(work.truth, Name) and work.truth.name in graph and work.truth.name in graph.ancestors(other)


@lru_cache(maxsize=64)
def _kinds(roles: Roles) -> tuple[tuple[str, ...], ...]:
    """Quantities that are easily taken for each other: weights, biases, targets, what layers pass on, sums."""
    graph = roles.graph
    weights = tuple(name for name in roles.weights if name not in roles.biases)
    special = {*roles.weights, *roles.biases, *roles.targets, *roles.constants, roles.step_size}
    inputs = tuple(name for name in graph.leaves if name not in special)
    nodes = [node.name for node in graph.nodes if node.name not in (roles.loss, *roles.example_losses)]
    passed_on = tuple(name for name in nodes if before_of(graph, name))
    return weights, roles.biases, roles.targets, (*inputs, *passed_on), tuple(n for n in nodes if n not in passed_on)
