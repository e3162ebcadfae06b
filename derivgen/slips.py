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

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derivgen import certify
from derivgen.derivation import Step, local_partial, steps, sum_of_products
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
    negate,
    number,
    product,
    substitute,
    total,
    transform,
    walk,
)
from derivgen.graph import Graph
from derivgen.notation import swapped
from derivgen.operations import INDICATORS, OPERATIONS
from derivgen.reading import read_row

LARGEST = 300  # parts of a wrong tree


@dataclass(frozen=True)
class Roles:
    """What a slip must know of a network: its graph, what is trained, its loss, the losses of a batch's examples."""

    graph: Graph
    weights: tuple[str, ...] = ()
    loss: str = ""
    example_losses: tuple[str, ...] = ()
    step_size: str = ""


@dataclass(frozen=True)
class Work:
    """A correct derivation: ``truth``, and what it comes to.

    ``terms`` are the products of a chain rule, each a row of steps; ``line`` is an equation's or a matrix line's right
    side instead. Of an update, ``weight`` is what is trained: w − α · (the terms).
    """

    roles: Roles
    truth: Tree
    terms: tuple[tuple[Step, ...], ...] = ()
    line: Tree | None = None
    weight: str = ""

    @property
    def tree(self) -> Tree:
        if self.line is not None:
            return self.line
        summed = sum_of_products((tree for _, tree in term) for term in self.terms)
        if not self.weight:
            return summed
        return apply("subtract", Name(self.weight), product((Name(self.roles.step_size), summed)))


@dataclass(frozen=True)
class Slipped:
    """A wrong version: by which slip, and what its words name. ``path`` is one through the network, ``at`` a node."""

    slip: str
    tree: Tree
    about: tuple[Tree, ...] = ()
    path: tuple[str, ...] = ()
    at: str = ""


Ways = Callable[[Work], Iterator[Slipped]]
SLIPS: dict[str, Ways] = {}


def slip(ways: Ways) -> Ways:
    """Add a row; refuses a name that the table already has."""
    if ways.__name__ in SLIPS:
        raise ValueError(f"{ways.__name__!r} is already in the table")
    SLIPS[ways.__name__] = ways
    return ways


# --- what enters ----------------------------------------------------------------------------------------------


def derivation(roles: Roles, target: Partial, over: bool | None = None) -> Work:
    """∂of/∂wrt in forward values."""
    return Work(roles, target, steps(roles.graph, target.of, target.wrt, over))


def chain_rule(roles: Roles, target: Partial, over: bool | None = None) -> Work:
    """∂of/∂wrt in Leibniz tokens."""
    graph = roles.graph.facing(target.wrt)
    written = steps(graph, target.of, target.wrt, over)
    return Work(roles, target, tuple(
        tuple((e, tree if tree == Partial(*e) else local_partial(graph, *e)) for e, tree in term) for term in written
    ))  # fmt: skip


def update(roles: Roles, target: Partial, over: bool | None = None) -> Work:
    """w − α ∂of/∂w."""
    token = apply("multiply", Name(roles.step_size), target)
    truth = apply("subtract", Name(target.wrt), token)
    return replace(derivation(roles, target, over), truth=truth, weight=target.wrt)


def line(roles: Roles, truth: Tree, right: Tree) -> Work:
    """A line ``truth = right`` that is no derivative: an equation, a line of matrices, a count."""
    return Work(roles, truth, line=right)


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
        yield Slipped("path_left_out", rest.tree, path=_path(term))


@slip
def accumulation_overwritten(work: Work) -> Iterator[Slipped]:
    """each path overwrites the one before instead of being added: only the last is kept"""
    if len(work.terms) > 1:
        last = replace(work, terms=work.terms[-1:])
        yield Slipped("accumulation_overwritten", last.tree, path=_path(work.terms[-1]))


@slip
def activation_derivative_forgotten(work: Work) -> Iterator[Slipped]:
    """the activation's derivative is forgotten"""
    for edge, _ in _activations(work):
        if _operation(work, edge[0]) != "relu":
            yield Slipped("activation_derivative_forgotten", _with(work, edge, ONE).tree, (Partial(*edge),))


@slip
def inactive_relu(work: Work) -> Iterator[Slipped]:
    """an inactive ReLU is treated as active"""
    for edge, _ in _activations(work):
        if _operation(work, edge[0]) == "relu":
            yield Slipped("inactive_relu", _with(work, edge, ONE).tree, (Name(edge[1]),))
    if isinstance(work.line, Apply) and work.line.operation == "relu":
        yield Slipped("inactive_relu", work.line.args[0], work.line.args)
    yield from _left_out(work, "inactive_relu")


@slip
def derivative_at_activation(work: Work) -> Iterator[Slipped]:
    """the activation's derivative is taken at the activation instead of the pre-activation"""
    for edge, tree in _activations(work):
        if isinstance(tree, Partial):
            continue
        function, after = _function(work, edge[0]), Name(edge[0])
        operation = _operation(work, edge[0])
        if operation is None:
            there: Tree = Apply(function, (after,), 1)
        else:
            row = OPERATIONS[operation]
            there = substitute(read_row(operation, row.local[0]), {row.arguments[0]: after})
        yield Slipped("derivative_at_activation", _with(work, edge, there).tree, (after, Name(edge[1])))


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
                result = _each(work, lambda _, tree, change=change: substitute(tree, change)).tree  # type: ignore[misc]
            yield Slipped("index_order_swapped", result, (Name(other), Name(name)))
    yield from _other_weight(work)


def _other_weight(work: Work) -> Iterator[Slipped]:
    """The derivative by the weight whose indices are the other way round."""
    token = next((part for part in walk(work.truth) if isinstance(part, Partial)), None)
    if not work.terms or token is None or token.wrt not in work.roles.weights:
        return
    other = swapped(token.wrt)
    if other in work.roles.weights and other in work.roles.graph.ancestors(token.of):
        over = any(not _is_step(work, edge) for term in work.terms for edge, _ in term)
        make = chain_rule if all(isinstance(tree, Partial) for term in work.terms for _, tree in term) else derivation
        there = replace(work, terms=make(work.roles, Partial(token.of, other), over).terms)
        yield Slipped("index_order_swapped", there.tree, (Name(other), Name(token.wrt)))


@slip
def loss_sign(work: Work) -> Iterator[Slipped]:
    """the sign of the loss's derivative is wrong"""
    if work.line is not None:
        if _is_share(work):
            yield Slipped("loss_sign", _turned(work.line))
        return
    changed = _each(work, lambda edge, tree: _turned(tree) if _of_loss(work, edge, tree) else tree)
    if changed != work:
        yield Slipped("loss_sign", changed.tree)


@slip
def half_or_two_lost(work: Work) -> Iterator[Slipped]:
    """the factor 1/2 or 2 of a squared loss is lost"""
    if work.line is not None:
        losses = (work.roles.loss, *work.roles.example_losses)
        if _is_share(work) or (isinstance(work.truth, Name) and work.truth.name in losses):
            lost = _constant_lost(work.line, (Fraction(1, 2), Fraction(2)))
            if lost is not None:
                yield Slipped("half_or_two_lost", *lost)
        return
    about: list[Tree] = []

    def change(edge: tuple[str, str], tree: Tree) -> Tree:
        if not _of_loss(work, edge, tree):
            return tree
        equation = work.roles.graph.resolved(work.roles.graph.node(edge[0]).tree)
        if _constant_lost(_written_out(equation), (Fraction(1, 2),)) is not None:
            about.append(number(Fraction(1, 2)))
            return product((number(2), tree))
        lost = _constant_lost(tree, (Fraction(2),))
        if lost is None:
            return tree
        about.extend(lost[1])
        return lost[0]

    changed = _each(work, change)
    if about:
        yield Slipped("half_or_two_lost", changed.tree, tuple(about[:1]))


@slip
def mean_lost(work: Work) -> Iterator[Slipped]:
    """the 1/n of a mean is lost"""
    if work.line is not None:
        for part in walk(work.line) if _is_share(work) else ():
            if isinstance(part, Apply) and part.operation == "divide" and part.args[0] == number(2):
                below = transform(work.line, lambda p, part=part: p.args[0] if p is part else None)  # type: ignore[misc]
                yield Slipped("mean_lost", below, (apply("divide", ONE, part.args[1]),))
        if not isinstance(work.truth, Name) or work.truth.name != work.roles.loss or not work.roles.example_losses:
            return
        lost = _constant_lost(work.line, (Fraction(1, len(work.roles.example_losses)),))
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

    changed = _each(work, change)
    if about:
        yield Slipped("mean_lost", changed.tree, tuple(about[:1]))


@slip
def weight_for_activation(work: Work) -> Iterator[Slipped]:
    """the weight is used in place of the activation that it meets"""
    for edge, other in _products(work):
        if edge[1] in work.roles.weights and other not in work.roles.weights:
            yield Slipped("weight_for_activation", _confused(work, edge, other), (Name(edge[1]), Name(other)))


@slip
def activation_for_weight(work: Work) -> Iterator[Slipped]:
    """the activation is used in place of the weight that it meets"""
    for edge, other in _products(work):
        if edge[1] not in work.roles.weights and other in work.roles.weights:
            yield Slipped("activation_for_weight", _confused(work, edge, other), (Name(edge[1]), Name(other)))


def _confused(work: Work, edge: tuple[str, str], other: str) -> Tree:
    """The work with one factor of a product where its other factor should be: w for x, or ∂z/∂x for ∂z/∂w."""
    spelt_out = _written(work, edge) == Name(other)
    return _with(work, edge, Name(edge[1]) if spelt_out else local_partial(work.roles.graph, edge[0], other)).tree


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
            early = _each(work, lambda _, tree, change=change: substitute(tree, change))  # type: ignore[misc]
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
    found = [(name, _before(graph, name)) for name in (names(work.line) if work.line is not None else ())]
    for name, before in found:
        if before and (graph.operation(_function(work, name)) == "relu") == (slip == "inactive_relu"):
            about = (Name(before),) if slip == "inactive_relu" else (Name(before), Name(name))
            yield Slipped(slip, substitute(work.line or ONE, {name: Name(before)}), about)
    for edge, other in _products(work):
        before = _before(graph, other)
        if _written(work, edge) != Name(other) or not before:
            continue
        if (graph.operation(_function(work, other)) == "relu") == (slip == "inactive_relu"):
            about = (Name(before),) if slip == "inactive_relu" else (Name(before), Name(other))
            yield Slipped(slip, _with(work, edge, Name(before)).tree, about)


@slip
def term_left_out(work: Work) -> Iterator[Slipped]:
    """a term of a sum is left out"""
    if isinstance(work.line, Apply) and work.line.operation == "add":
        for i, term in enumerate(work.line.args):
            rest = (*work.line.args[:i], *work.line.args[i + 1 :])
            yield Slipped("term_left_out", total(rest), (term,))


# --- parts of a work ----------------------------------------------------------------------------------------------


def _path(term: Sequence[Step]) -> tuple[str, ...]:
    """The quantities of a product's path, from the first to the output."""
    return (*(parent for (_, parent), _ in reversed(term)), term[0][0][0])


def _each(work: Work, change: Callable[[tuple[str, str], Tree], Tree]) -> Work:
    return replace(work, terms=tuple(tuple((edge, change(edge, tree)) for edge, tree in term) for term in work.terms))


def _with(work: Work, edge: tuple[str, str], tree: Tree) -> Work:
    """The work with something else written for an edge, wherever it stands."""
    return _each(work, lambda here, old: tree if here == edge else old)


def _written(work: Work, edge: tuple[str, str]) -> Tree:
    return next(tree for term in work.terms for here, tree in term if here == edge)


def _is_step(work: Work, edge: tuple[str, str]) -> bool:
    """Whether an edge is one of the graph, not a whole ∂of/∂consumer."""
    graph = work.roles.graph
    return not graph.is_leaf(edge[0]) and edge[1] in graph.sources(edge[0])


def _edges(work: Work) -> dict[tuple[str, str], Tree]:
    """The edges of the graph in the work, each once, and what is written for them."""
    return {edge: tree for term in work.terms for edge, tree in term if _is_step(work, edge)}


def _activations(work: Work) -> list[tuple[tuple[str, str], Tree]]:
    """The edges through an activation whose derivative is a factor."""
    return [
        (edge, tree) for edge, tree in _edges(work).items()
        if _function(work, edge[0]) and tree != ONE and (edge[0] != work.roles.loss)
        and edge[0] not in work.roles.example_losses
    ]  # fmt: skip


def _products(work: Work) -> Iterator[tuple[tuple[str, str], str]]:
    """The edges through a product of two quantities, and the other of the two, which is the derivative."""
    graph = work.roles.graph
    for edge, tree in _edges(work).items():
        others = [
            next(a.name for a in part.args if isinstance(a, Name) and a.name != edge[1])
            for part in walk(graph.node(edge[0]).tree)
            if isinstance(part, Apply) and part.operation == "multiply" and len(set(part.args)) == len(part.args) == 2
            and Name(edge[1]) in part.args and all(isinstance(a, Name) for a in part.args)
        ]  # fmt: skip
        if len(others) == 1 and tree in (Name(others[0]), local_partial(graph, *edge)):
            yield edge, others[0]


def _before(graph: Graph, name: str) -> str:
    """The pre-activation of a node that is an activation; empty for any other quantity."""
    tree = None if graph.is_leaf(name) else graph.node(name).tree
    if isinstance(tree, Apply) and len(tree.args) == 1 and isinstance(tree.args[0], Name):
        return tree.args[0].name
    return ""


def _function(work: Work, name: str) -> str:
    """The function of one quantity that a node is, as its equation calls it."""
    tree = work.roles.graph.node(name).tree
    if isinstance(tree, Apply) and len(tree.args) == 1 and isinstance(tree.args[0], Name):
        row = OPERATIONS.get(tree.operation)
        return tree.operation if row is None or row.role == "activation" else ""
    return ""


def _operation(work: Work, name: str) -> str | None:
    """The operation that a node is; None while it is abstract."""
    return work.roles.graph.operation(_function(work, name))


def _of_loss(work: Work, edge: tuple[str, str], tree: Tree) -> bool:
    """Whether an edge leads out of a loss into a prediction, and its derivative is written out."""
    losses = (work.roles.loss, *work.roles.example_losses)
    inner = edge[1] in work.roles.example_losses
    return bool(edge[0]) and edge[0] in losses and not inner and not isinstance(tree, Partial) and _is_step(work, edge)


def _is_share(work: Work) -> bool:
    """Whether a line is a derivative written out with what it is multiplied by: (2/n)(H − y) ∂H/∂w."""
    return work.line is not None and any(isinstance(part, Partial) for part in walk(work.line))


def _turned(tree: Tree) -> Tree:
    """The tree with the sign of its difference turned: a − y to y − a."""
    found = next((p for p in walk(tree) if isinstance(p, Apply) and p.operation == "subtract"), None)
    if found is None:
        return negate(tree)
    turned = apply("subtract", found.args[1], found.args[0])
    return transform(tree, lambda part: turned if part is found else None)


def _written_out(tree: Tree) -> Tree:
    """A loss that is called by name as its formula."""
    if isinstance(tree, Apply) and tree.operation in OPERATIONS and OPERATIONS[tree.operation].written_out:
        row = OPERATIONS[tree.operation]
        return substitute(read_row(row.name, row.value), dict(zip(row.arguments, tree.args, strict=True)))
    return tree


def _constant_lost(tree: Tree, constants: tuple[Fraction, ...]) -> tuple[Tree, tuple[Tree, ...]] | None:
    """The tree without the first of these constant factors, and the factor; None if there is none."""
    tree = _written_out(tree)
    if not isinstance(tree, Apply) or tree.operation in INDICATORS:
        return None
    if tree.operation == "multiply":
        for i, factor in enumerate(tree.args):
            if (value := _constant(factor)) in constants:
                return product((*tree.args[:i], *tree.args[i + 1 :])), (number(value),)
            if isinstance(factor, Apply) and factor.operation == "divide" and _constant(factor.args[0]) in constants:
                rest = apply("divide", ONE, factor.args[1])
                return Apply("multiply", (*tree.args[:i], rest, *tree.args[i + 1 :])), (factor.args[0],)
    if tree.operation == "divide" and (below := _constant(tree.args[1])) and 1 / below in constants:
        return tree.args[0], (number(1 / below),)
    return None


def _constant(tree: Tree) -> Fraction:
    """The value of a constant, 1/2 as it is read included; zero if it is none."""
    if isinstance(tree, Number):
        return tree.value
    if isinstance(tree, Apply) and tree.operation == "divide":
        above, below = map(_constant, tree.args)
        return above / below if below else Fraction(0)
    return Fraction(0)
