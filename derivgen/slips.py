"""The table of slips: what people get wrong. A correct derivation in, its plausible wrong versions out.

A slip serves twice: it makes the false statements and the wrong choices of a question, and it names the mistake in
somebody's derivation (``named``). It changes the steps of a ``Work``, one place or one term at a time, and says where;
what comes out right after all, at random residues, is no slip and is never handed out.

>>> from derivgen.graph import Graph
>>> from derivgen.printing import plain
>>> graph = Graph.of("z = w*x; a = tanh(z); L = (a - y)^2", ["w", "x", "y"])
>>> for found in wrong(derivation(Roles(graph, ("w",), "L"), Partial("L", "w"))):
...     print(f"{found.slip}: {plain(found.tree, graph.scope)}")
activation_derivative_forgotten: 2*(a - y)*x
derivative_at_activation: 2*(a - y)*(1 - tanh(a)^2)*x
loss_sign: 2*(y - a)*(1 - a^2)*x
half_or_two_lost: (a - y)*(1 - a^2)*x
weight_for_activation: 2*(a - y)*(1 - a^2)*w
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from derivgen import certify
from derivgen.derivation import local_partial
from derivgen.errors import CertificateError
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
    total,
    transform,
    walk,
)  # fmt: skip
from derivgen.notation import swapped
from derivgen.operations import OPERATIONS
from derivgen.reading import read_row
from derivgen.worked import (
    Roles,
    Slipped,
    Work,
    activations,
    before_of,
    chain_rule,
    constant_lost,
    derivation,
    each,
    function_of,
    is_share,
    is_step,
    line,
    of_loss,
    operation_of,
    path_of,
    products,
    sign_turned,
    update,
    with_edge,
    written,
    written_out,
)  # fmt: skip

__all__ = [
    "SLIPS", "Roles", "Slipped", "Work", "chain_rule", "derivation", "line", "named", "slip", "update", "wrong",
    "wrong_values",
]  # fmt: skip

LARGEST = 300  # parts of a wrong tree

Ways = Callable[[Work], Iterator[Slipped]]
SLIPS: dict[str, Ways] = {}


def slip(ways: Ways) -> Ways:
    """Add a row; refuses a name that the table already has."""
    if ways.__name__ in SLIPS:
        raise ValueError(f"{ways.__name__!r} is already in the table")
    SLIPS[ways.__name__] = ways
    return ways


# --- what leaves ----------------------------------------------------------------------------------------------


def wrong(work: Work, *more: Slipped) -> tuple[Slipped, ...]:
    """Every slip that this work leaves room for, each result once, none equal to the truth."""
    graph = work.roles.graph
    seen = [certify.fingerprint(graph, work.truth)]
    found = []
    for way in (*(way for ways in SLIPS.values() for way in ways(work)), *more):
        if sum(1 for _ in walk(way.tree)) > LARGEST:
            continue
        try:
            print_ = certify.fingerprint(graph, way.tree)
        except CertificateError:  # arrays that do not fit: nobody would be taken in
            continue
        if all(certify.apart(print_, other) for other in seen):
            seen.append(print_)
            found.append(way)
    return tuple(found)


def wrong_values(roles: Roles, of: str, known: frozenset[str] = frozenset()) -> tuple[Slipped, ...]:
    """The wrong values of a node: by a slip at it, or at any node it comes from but those whose values are known."""
    graph = roles.graph
    upstream = graph.upstream(of, known) - known
    nodes = [node for node in graph.nodes if node.name in upstream]
    deep = []
    for node in reversed(nodes[:-1]):
        for ways in SLIPS.values():
            for way in ways(line(roles, Name(node.name), graph.resolved(node.tree))):
                values = {node.name: way.tree}
                for later in nodes[nodes.index(node) + 1 :]:
                    if any(name in values for name in names(later.tree)):
                        values[later.name] = substitute(graph.resolved(later.tree), values)
                deep.append(replace(way, tree=values[of], at=node.name))
    return wrong(line(roles, Name(of), graph.resolved(graph.node(of).tree)), *deep)


def named(work: Work, tree: Tree) -> Slipped | None:
    """The slip that makes this tree out of the work, if one does."""
    graph = work.roles.graph
    wanted = certify.fingerprint(graph, tree)
    return next((w for w in wrong(work) if not certify.apart(certify.fingerprint(graph, w.tree), wanted)), None)


# --- the rows ---------------------------------------------------------------------------------------------------


@slip
def path_left_out(work: Work) -> Iterator[Slipped]:
    """a path from the quantity to the output is left out of the sum"""
    for i, term in enumerate(work.terms if len(work.terms) > 1 else ()):
        rest = replace(work, terms=(*work.terms[:i], *work.terms[i + 1 :]))
        yield Slipped("path_left_out", rest.tree, path=path_of(term))


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


@slip
def inactive_relu(work: Work) -> Iterator[Slipped]:
    """an inactive ReLU is treated as active"""
    for edge, _ in activations(work):
        if operation_of(work, edge[0]) == "relu":
            yield Slipped("inactive_relu", with_edge(work, edge, ONE).tree, (Name(edge[1]),))
    if isinstance(work.line, Apply) and work.line.operation == "relu":
        yield Slipped("inactive_relu", work.line.args[0], work.line.args)
    yield from _left_out(work, "inactive_relu")


@slip
def derivative_at_activation(work: Work) -> Iterator[Slipped]:
    """the activation's derivative is taken at the activation instead of the pre-activation"""
    for edge, tree in activations(work):
        if isinstance(tree, Partial):
            continue
        function, after = function_of(work, edge[0]), Name(edge[0])
        operation = operation_of(work, edge[0])
        if operation is None:
            there: Tree = Apply(function, (after,), 1)
        else:
            row = OPERATIONS[operation]
            there = substitute(read_row(operation, row.local[0]), {row.arguments[0]: after})
        yield Slipped("derivative_at_activation", with_edge(work, edge, there).tree, (after, Name(edge[1])))


@slip
def index_order_swapped(work: Work) -> Iterator[Slipped]:
    """the order of a weight's indices is swapped"""
    trees = [tree for term in work.terms for _, tree in term] if work.line is None else [work.line]
    found = dict.fromkeys(name for tree in trees for name in names(tree) if name in work.roles.weights)
    for name in found:
        other = swapped(name)
        if other and other in work.roles.weights:
            change = {name: Name(other)}
            if work.line is not None:
                result = substitute(work.line, change)
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


@slip
def transposed_matrix(work: Work) -> Iterator[Slipped]:
    """a matrix is transposed, or is not where it should be"""
    arrays = dict(work.roles.graph.arrays)
    if not isinstance(work.line, Apply):
        return
    for part in walk(work.line):
        if not (isinstance(part, Apply) and part.operation == "multiply"):
            continue
        for i, factor in enumerate(part.args):
            bare = factor.args[0] if isinstance(factor, Apply) and factor.operation == "transpose" else factor
            if not isinstance(bare, Name) or bare.name not in arrays:
                continue
            turned = bare if bare is not factor else apply("transpose", bare)
            changed = Apply("multiply", (*part.args[:i], turned, *part.args[i + 1 :]))
            result = transform(work.line, lambda p, part=part, changed=changed: changed if p is part else None)  # type: ignore[misc]
            yield Slipped("transposed_matrix", result, (bare,))


@slip
def activation_left_out(work: Work) -> Iterator[Slipped]:
    """a pre-activation is used in place of its activation"""
    own = work.line
    if isinstance(own, Apply) and own.operation != "relu" and len(own.args) == 1 and isinstance(own.args[0], Name):
        yield Slipped("activation_left_out", own.args[0], (own.args[0], work.truth))
    yield from _left_out(work, "activation_left_out")


def _left_out(work: Work, slip: str) -> Iterator[Slipped]:
    """A pre-activation in place of its activation: where that is a ReLU, it is treated as active."""
    graph = work.roles.graph
    found = [(name, before_of(graph, name)) for name in (names(work.line) if work.line is not None else ())]
    for name, before in found:
        if before and (graph.operation(function_of(work, name)) == "relu") == (slip == "inactive_relu"):
            about = (Name(before),) if slip == "inactive_relu" else (Name(before), Name(name))
            yield Slipped(slip, substitute(work.line or ONE, {name: Name(before)}), about)
    for edge, other in products(work):
        before = before_of(graph, other)
        if written(work, edge) != Name(other) or not before:
            continue
        if (graph.operation(function_of(work, other)) == "relu") == (slip == "inactive_relu"):
            about = (Name(before),) if slip == "inactive_relu" else (Name(before), Name(other))
            yield Slipped(slip, with_edge(work, edge, Name(before)).tree, about)


@slip
def term_left_out(work: Work) -> Iterator[Slipped]:
    """a term of a sum is left out"""
    if isinstance(work.line, Apply) and work.line.operation == "add":
        for i, term in enumerate(work.line.args):
            rest = (*work.line.args[:i], *work.line.args[i + 1 :])
            yield Slipped("term_left_out", total(rest), (term,))
