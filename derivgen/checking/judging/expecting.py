"""A quantity and a wrong side of it in; what should stand there out, in the wrong side's own vocabulary."""

from __future__ import annotations

from dataclasses import replace

from derivgen.backward import delta, delta_form, post, post_form, pre, pre_form, weights_form
from derivgen.derivation import (
    DerivationError,
    chain_rule,
    closed_form,
    forward_form,
    local,
    local_partial,
    without_adjoints,
)
from derivgen.errors import DerivgenError
from derivgen.expression import (
    ONE,
    ZERO,
    Apply,
    Name,
    Partial,
    Tree,
    apply,
    matrix,
    names,
    product,
    substitute,
    transform,
    walk,
)
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.operations import OPERATIONS
from derivgen.reading import read_row

MOST_CELLS = 16  # of an array that is written out entry by entry


def expected(graph: Graph, network: Network | None, truth: Tree, side: Tree) -> Tree | None:
    """The true expression: a product of partials for one of partials, in values for values; None if too large."""
    try:
        written = _whole(network, truth) if network is not None else None
        return written if written is not None else _entries(graph, truth, side)
    except DerivgenError:
        return None


def _whole(network: Network, truth: Tree) -> Tree | None:
    """The line of a whole layer in matrices."""
    of = network.loss or network.graph.output
    arrays = dict(network.graph.arrays)
    for layer in network.layers if network.notation is not None else ():
        if isinstance(truth, Name) and truth.name not in arrays:
            return None
        if truth == pre(layer):
            return pre_form(network, layer)
        if truth == post(layer):
            return post_form(network, layer)
        if truth in (delta(layer, of), Partial(of, layer.pre_array)) and layer.pre_array:
            return delta_form(network, layer.number, of)[-1]
        if layer.weights_array and truth == Partial(of, layer.weights_array):
            return weights_form(network, layer, of)
    return None


def _entries(graph: Graph, truth: Tree, side: Tree) -> Tree | None:
    rows = graph.entries(truth)
    if rows is None:
        return _written(graph, truth, side)
    if len(rows) * len(rows[0]) > MOST_CELLS:
        return None
    return matrix([_written(graph, cell, side) for cell in row] for row in rows)


def _written(graph: Graph, truth: Tree, side: Tree) -> Tree:
    """One quantity, derivative, or step of an update, written out once."""
    if isinstance(truth, Name):
        if graph.is_leaf(truth.name):
            return truth
        node = graph.node(truth.name)
        in_leaves = names(side) and all(graph.is_leaf(name) for name in names(side) if name in graph)
        return closed_form(graph, truth) if in_leaves and not set(names(side)) & set(node.parents) else node.tree
    if isinstance(truth, Partial):
        return _derivative(graph, truth, side)
    if truth == side:
        return truth
    if isinstance(truth, Apply) and truth.slot:
        return _slope(graph, truth)
    return transform(truth, lambda part: _derivative(graph, part, side) if isinstance(part, Partial) else None)


def _slope(graph: Graph, truth: Apply) -> Tree:
    """A function's derivative by the table, in its value where that is shorter: σ(z)(1 − σ(z))."""
    row = OPERATIONS.get(graph.operation(truth.operation) or "")
    if row is None:
        raise DerivationError(f"nothing says what function {truth.operation} is")
    if row.output_local and len(truth.args) == 1:
        return substitute(read_row(row.name, row.output_local), {"a": replace(truth, slot=0)})
    return substitute(read_row(row.name, row.local[truth.slot - 1]), dict(zip(row.arguments, truth.args, strict=True)))


def _derivative(graph: Graph, token: Partial, side: Tree) -> Tree:
    of, wrt = token.of, token.wrt
    if of == wrt:
        return ONE
    if wrt not in graph.ancestors(of):
        return ZERO
    facing = graph.facing(wrt)
    if token.held and wrt in facing.sources(of):
        return local(facing, of, wrt)
    if any(isinstance(part, Partial) for part in walk(side)):
        rule = chain_rule(graph, of, wrt)
        if rule not in (token, side, local_partial(graph, of, wrt) if wrt in graph.sources(of) else token):
            return rule
    form = forward_form(graph, of, wrt, cancel=True)
    used = [name for name in names(side) if name in graph]
    if used and all(graph.is_leaf(name) for name in used) and not all(graph.is_leaf(name) for name in names(form)):
        try:
            return closed_form(graph, without_adjoints(graph, of, form))
        except DerivationError:
            return form
    return form


def step(size: str, loss: str, weight: Tree) -> Tree:
    """w − α ∂L/∂w, of one weight or of a whole array."""
    assert isinstance(weight, Name)
    return apply("subtract", weight, product((Name(size), Partial(loss, weight.name))))
