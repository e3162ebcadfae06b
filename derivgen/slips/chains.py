"""Rows: what people get wrong in the products of a chain rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derivgen.derivation import local, local_partial
from derivgen.expression import (
    ONE,
    Apply,
    Name,
    Number,
    Partial,
    Tree,
    apply,
    names,
    number,
    product,
    substitute,
    transform,
    walk,
)  # fmt: skip
from derivgen.notation import swapped
from derivgen.operations import OPERATIONS
from derivgen.reading import read_row
from derivgen.slips.layers import layer_of, layer_slope, left_out, on_edges, operation_of_layer, with_slope
from derivgen.slips.table import slip
from derivgen.worked import (
    Slipped,
    Work,
    activations,
    array_of,
    arrays_in,
    chain_rule,
    constant_lost,
    derivation,
    each,
    edges_of,
    function_of,
    is_share,
    is_step,
    of_loss,
    operation_of,
    path_of,
    products,
    rewritten,
    shaped_like,
    sign_turned,
    with_edge,
    written,
    written_out,
)  # fmt: skip


@slip
def path_left_out(work: Work) -> Iterator[Slipped]:
    """a path from the quantity to the output is left out of the sum"""
    for i, term in enumerate(work.terms if len(work.terms) > 1 else ()):
        rest = replace(work, terms=(*work.terms[:i], *work.terms[i + 1 :]))
        yield Slipped("path_left_out", rest.tree, path=path_of(term))
        if work.judged and 2 < len(work.terms) > i + 1:  # that only the last is kept is a row of its own
            missing = path_of(work.terms[not i])
            yield Slipped("path_left_out", replace(work, terms=(term,)).tree, path=missing)


@slip
def accumulation_overwritten(work: Work) -> Iterator[Slipped]:
    """each path overwrites the one before instead of being added: only the last is kept"""
    if len(work.terms) > 1:
        last = replace(work, terms=work.terms[-1:])
        yield Slipped("accumulation_overwritten", last.tree, path=path_of(work.terms[-1]))


@slip
def activation_derivative_forgotten(work: Work) -> Iterator[Slipped]:
    """the activation's derivative is forgotten"""
    for edge, _ in activations(work):
        if operation_of(work, edge[0]) != "relu":
            yield Slipped("activation_derivative_forgotten", with_edge(work, edge, ONE).tree, (Partial(*edge),))
    if work.slope is not None and operation_of_layer(work) != "relu":
        yield Slipped("activation_derivative_forgotten", with_slope(work, None), (layer_slope(work),))


@slip
def inactive_relu(work: Work) -> Iterator[Slipped]:
    """an inactive ReLU is treated as active"""
    for edge, _ in activations(work):
        if operation_of(work, edge[0]) == "relu":
            yield Slipped("inactive_relu", with_edge(work, edge, ONE).tree, (Name(edge[1]),))
    if isinstance(work.line, Apply) and work.line.operation == "relu":
        yield Slipped("inactive_relu", work.line.args[0], work.line.args)
    if work.slope is not None and operation_of_layer(work) == "relu":
        yield Slipped(
            "inactive_relu", with_slope(work, None), (array_of(work.roles.graph, Name(work.edges[0][0][1])),)
        )
    yield from left_out(work, "inactive_relu")


@slip
def derivative_at_activation(work: Work) -> Iterator[Slipped]:
    """the activation's derivative is taken at the activation instead of the pre-activation"""
    for edge, tree in activations(work):
        if isinstance(tree, Partial):
            continue
        yield Slipped(
            "derivative_at_activation", with_edge(work, edge, _slope_at(work, edge[0])).tree, tuple(map(Name, edge))
        )
    if work.slope is not None:
        there = on_edges(work, lambda after, _: _slope_at(work, after))
        yield Slipped("derivative_at_activation", with_slope(work, there), layer_of(work))


def _slope_at(work: Work, name: str) -> Tree:
    """The derivative of a node's activation, taken at the activation itself."""
    operation = operation_of(work, name)
    if operation is None:
        return Apply(function_of(work, name), (Name(name),), 1)
    row = OPERATIONS[operation]
    return substitute(read_row(operation, row.local[0]), {row.arguments[0]: Name(name)})


@slip
def value_for_derivative(work: Work) -> Iterator[Slipped]:
    """a value is used in place of its derivative"""
    for edge, _ in activations(work) if work.local or work.judged else ():
        yield Slipped("value_for_derivative", with_edge(work, edge, Name(edge[0])).tree, (Name(edge[0]),))
    for edge in edges_of(work) if work.local and work.judged else ():
        yield Slipped("value_for_derivative", with_edge(work, edge, Name(edge[0])).tree, (Name(edge[0]),))
    for edge, other in products(work) if work.local else ():
        whole = product((Name(edge[1]), Name(other)))
        yield Slipped("value_for_derivative", with_edge(work, edge, whole).tree, (whole,))
    if work.slope is not None:
        values = on_edges(work, lambda after, _: Name(after))
        yield Slipped("value_for_derivative", with_slope(work, values), layer_of(work)[:1])


@slip
def neighbouring_term(work: Work) -> Iterator[Slipped]:
    """the factor of another term is used"""
    yield from neighbours(work) if work.local else ()


def neighbours(work: Work) -> Iterator[Slipped]:
    """The factor of another term of a sum that the work goes through; of a chain, where the table has too little."""
    weights = work.roles.weights
    for edge, other in products(work):
        if not work.local and written(work, edge) != Name(other):
            continue
        for part in walk(work.roles.graph.node(edge[0]).tree):
            if isinstance(part, Apply) and part.operation == "multiply" and all(isinstance(a, Name) for a in part.args):
                for name in names(part) if Name(edge[1]) not in part.args else ():
                    if (name in weights) == (other in weights):
                        tree = with_edge(work, edge, Name(name)).tree
                        yield Slipped("neighbouring_term", tree, (Name(name), Name(other)))


@slip
def activation_derivative_twice(work: Work) -> Iterator[Slipped]:
    """the output's derivative is multiplied on although the loss's has it already"""
    if work.cells and work.edges:
        graph = work.roles.graph
        slopes = [local(graph, *edge) for row in work.edges for edge in row]
        cells = [cell.tree for row in work.cells for cell in row]
        tree = shaped_like(graph, work.tree, [product(pair) for pair in zip(cells, slopes, strict=True)])
        yield Slipped("activation_derivative_twice", tree, (layer_slope(work),))
    if work.judged and work.terms and not work.local and not work.weight:
        yield from _twice(work)


def _twice(work: Work) -> Iterator[Slipped]:
    """The derivative of an output once more: of one on the way, or of one whose logit is the quantity itself."""
    graph, loss = work.roles.graph, work.roles.loss
    outputs = graph.sources(loss) if loss in graph and not graph.is_leaf(loss) else ()
    for edge, tree in activations(work):
        if edge[0] in outputs:
            changed = with_edge(work, edge, product((tree, tree))).tree
            yield Slipped("activation_derivative_twice", changed, (Partial(*edge),))
    token = work.truth
    for output in outputs if isinstance(token, Partial) and token.of == loss else ():
        assert isinstance(token, Partial)
        if output != token.wrt and not graph.is_leaf(output) and token.wrt in graph.sources(output):
            slope = local(graph, output, token.wrt)
            yield Slipped("activation_derivative_twice", product((work.tree, slope)), (Partial(output, token.wrt),))


@slip
def index_order_swapped(work: Work) -> Iterator[Slipped]:
    """the order of a weight's indices is swapped"""
    trees = [tree for term in work.terms for _, tree in term] if work.line is None else [work.line]
    trees += [array for tree in trees for array in arrays_in(work.roles.graph, tree).values()]
    found = dict.fromkeys(name for tree in trees for name in names(tree) if name in work.roles.weights)
    for name in found:
        other = swapped(name)
        if other and other in work.roles.weights:
            change = {name: Name(other)}
            if work.line is not None:
                result = rewritten(work.roles.graph, work.line, change)
            else:
                result = each(work, lambda _, tree, change=change: substitute(tree, change)).tree  # type: ignore[misc]
            yield Slipped("index_order_swapped", result, (Name(other), Name(name)))
    yield from _other_weight(work)


def _other_weight(work: Work) -> Iterator[Slipped]:
    """The derivative by the weight whose indices are the other way round."""
    token = next((part for part in walk(work.truth) if isinstance(part, Partial)), None)
    if not work.terms or token is None or token.wrt not in work.roles.weights:
        return
    other = swapped(token.wrt)
    if other in work.roles.weights and other in work.roles.graph.ancestors(token.of):
        over = any(not is_step(work, edge) for term in work.terms for edge, _ in term)
        make = chain_rule if all(isinstance(tree, Partial) for term in work.terms for _, tree in term) else derivation
        there = replace(work, terms=make(work.roles, Partial(token.of, other), over).terms)
        yield Slipped("index_order_swapped", there.tree, (Name(other), Name(token.wrt)))


@slip
def loss_sign(work: Work) -> Iterator[Slipped]:
    """the sign of the loss's derivative is wrong"""
    if work.line is not None:
        if is_share(work):
            yield Slipped("loss_sign", sign_turned(work.line))
        return
    changed = each(work, lambda edge, tree: sign_turned(tree) if of_loss(work, edge, tree) else tree)
    if changed != work:
        yield Slipped("loss_sign", changed.tree)


@slip
def half_or_two_lost(work: Work) -> Iterator[Slipped]:
    """the factor 1/2 or 2 of a squared loss is lost"""
    if work.line is not None:
        losses = (work.roles.loss, *work.roles.example_losses)
        if is_share(work) or (isinstance(work.truth, Name) and work.truth.name in losses):
            lost = constant_lost(work.line, (Fraction(1, 2), Fraction(2)))
            if lost is not None:
                yield Slipped("half_or_two_lost", *lost)
        return
    about: list[Tree] = []

    def change(edge: tuple[str, str], tree: Tree) -> Tree:
        if not of_loss(work, edge, tree):
            return tree
        equation = work.roles.graph.resolved(work.roles.graph.node(edge[0]).tree)
        if constant_lost(written_out(equation), (Fraction(1, 2),)) is not None:
            about.append(number(Fraction(1, 2)))
            return product((number(2), tree))
        lost = constant_lost(tree, (Fraction(2),))
        if lost is None:
            return tree
        about.extend(lost[1])
        return lost[0]

    changed = each(work, change)
    if about:
        yield Slipped("half_or_two_lost", changed.tree, tuple(about[:1]))


@slip
def mean_lost(work: Work) -> Iterator[Slipped]:
    """the 1/n of a mean is lost"""
    if work.line is not None:
        for part in walk(work.line) if is_share(work) else ():
            if isinstance(part, Apply) and part.operation == "divide" and part.args[0] == number(2):
                below = transform(work.line, lambda p, part=part: p.args[0] if p is part else None)  # type: ignore[misc]
                yield Slipped("mean_lost", below, (apply("divide", ONE, part.args[1]),))
        if not isinstance(work.truth, Name) or work.truth.name != work.roles.loss or not work.roles.example_losses:
            return
        lost = constant_lost(work.line, (Fraction(1, len(work.roles.example_losses)),))
        if lost is not None:
            yield Slipped("mean_lost", *lost)
        return
    about: list[Tree] = []

    def change(edge: tuple[str, str], tree: Tree) -> Tree:
        into_mean = edge[0] == work.roles.loss and edge[1] in work.roles.example_losses
        if into_mean and isinstance(tree, Number) and tree != ONE:
            about.append(tree)
            return ONE
        return tree

    changed = each(work, change)
    if about:
        yield Slipped("mean_lost", changed.tree, tuple(about[:1]))


@slip
def weight_for_activation(work: Work) -> Iterator[Slipped]:
    """the weight is used in place of the activation that it meets"""
    for edge, other in products(work):
        if edge[1] in work.roles.weights and other not in work.roles.weights:
            yield Slipped("weight_for_activation", _confused(work, edge, other), (Name(edge[1]), Name(other)))


@slip
def activation_for_weight(work: Work) -> Iterator[Slipped]:
    """the activation is used in place of the weight that it meets"""
    for edge, other in products(work):
        if edge[1] not in work.roles.weights and other in work.roles.weights:
            yield Slipped("activation_for_weight", _confused(work, edge, other), (Name(edge[1]), Name(other)))


def _confused(work: Work, edge: tuple[str, str], other: str) -> Tree:
    """The work with one factor of a product where its other factor should be: w for x, or ∂z/∂x for ∂z/∂w."""
    spelt_out = written(work, edge) == Name(other)
    return with_edge(work, edge, Name(edge[1]) if spelt_out else local_partial(work.roles.graph, edge[0], other)).tree


@slip
def updated_weight_early(work: Work) -> Iterator[Slipped]:
    """a weight that is already updated is used where the old one belongs"""
    if not work.weight:
        return
    partial = next(part for part in walk(work.truth) if isinstance(part, Partial))
    used = dict.fromkeys(name for term in work.terms for _, tree in term for name in names(tree))
    for name in used:
        if name in work.roles.weights and name != work.weight:
            token = Partial(partial.of, name)
            new = apply("subtract", Name(name), product((Name(work.roles.step_size), token)))
            change = {name: new}
            early = each(work, lambda _, tree, change=change: substitute(tree, change))  # type: ignore[misc]
            yield Slipped("updated_weight_early", early.tree, (Name(name), Name(work.weight)))
