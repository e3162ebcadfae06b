"""Graph in, derivation out: local derivatives, paths, chain-rule products, adjoints, closed forms.

>>> from derivgen.graph import Graph
>>> from derivgen.printing import plain
>>> graph = Graph.of("f = x*x + x", ["x"])
>>> plain(local(graph, "f", "x"), graph.scope)
'2*x + 1'
>>> graph = Graph.of("z = w*x; a = sigmoid(z); L = (a - y)^2/2", ["w", "x", "y"])
>>> plain(chain_rule(graph, "L", "w"), graph.scope)
'dL/da*da/dz*dz/dw'
>>> plain(forward_form(graph, "L", "w"), graph.scope)
'(a - y)*a*(1 - a)*x'
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TypeGuard

from derivgen.errors import DerivgenError
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
)
from derivgen.graph import Graph
from derivgen.operations import OPERATIONS, RIGHT_HAND
from derivgen.reading import read_row
from derivgen.simplifying import UNIT, Term, cancels, collect, decompose, folded

MOST_PATHS = 6  # more than these are not printed as a sum over paths, but recursively over the consumers
LARGEST_CLOSED_FORM = 600  # parts of a tree that still fits on a page


class DerivationError(DerivgenError):
    """A derivation that the graph does not have."""


@dataclass(frozen=True)
class Filled:
    """A tree with numbers in place of its quantities: the number line of a symbolic line.

    ``stage`` counts the steps of gradient descent that the numbers have behind them. ``keep`` are names that stay, as
    the dx of 0.3 dx; such a line ends its chain.
    """

    tree: Tree
    stage: int = 0
    keep: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Value:
    """The number that a tree comes to, after ``stage`` steps of gradient descent.

    It is printed with as many decimals as it takes to tell it from that of ``apart``, if the two are different.
    """

    tree: Tree
    stage: int = 0
    apart: Tree | None = None


@dataclass(frozen=True)
class Link:
    """One step: a relation ("=" or "<-"), what stands on its right, and the reason's name."""

    relation: str
    right: Tree | Filled | Value
    reason: str = ""


@dataclass(frozen=True)
class Chain:
    """A line: ``left`` and its links, printed one below the other.

    ``truth`` is what every side must come to; the left side itself if it is None. An update's left side need not.
    """

    left: Tree
    links: tuple[Link, ...]
    truth: Tree | None = None


def chain(left: Tree, *rights: Tree | Filled | Value, relation: str = "=", truth: Tree | None = None) -> Chain:
    """The chain of these right sides, without those that repeat their predecessor."""
    links: list[Link] = []
    for right in rights:
        if links and isinstance(links[-1].right, Number):
            break  # a constant has no numbers to put in
        if right != left and (not links or right != links[-1].right):
            links.append(Link("=" if links else relation, right))
    return Chain(left, tuple(links), truth)


# --- local derivatives --------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def _rule(operation: str, function: str, slot: int, args: tuple[Tree, ...], output: Tree | None, kinks: str) -> Tree:
    """The table's textbook local derivative in its ``slot``-th argument, with these arguments put in.

    It speaks of the operation by the name of the ``function`` that is bound to it: 1 − g(z)². Of a ``primed`` row it
    is g'(z), which ``unprimed`` writes out.
    """
    row = OPERATIONS[operation]
    if operation == "multiply":
        return product(argument for i, argument in enumerate(args) if i != slot)
    if operation == "power":
        exponent = args[1]
        assert isinstance(exponent, Number)
        return product((exponent, apply("power", args[0], number(exponent.value - 1))))
    if row.primed:
        return Apply(function, args, slot + 1)
    if output is not None and row.output_local:
        return substitute(read_row(operation, row.output_local), {"a": output})
    form = renamed(branch(read_row(operation, row.local[slot]), kinks), operation, function)
    return substitute(form, dict(zip(row.arguments, args, strict=True)))


def unprimed(graph: Graph, call: Apply) -> Tree:
    """What g'(z) is by the table, for a g that is a ``primed`` operation, in terms of g's own arguments."""
    operation = graph.operation(call.operation)
    assert operation is not None
    row = OPERATIONS[operation]
    form = renamed(read_row(operation, row.local[call.slot - 1]), operation, call.operation)
    return substitute(form, dict(zip(row.arguments, call.args, strict=True)))


def branch(row: Tree, kinks: str) -> Tree:
    """A row's form with the indicators of the branch that counts at a tie."""
    if kinks != "right":
        return row
    return transform(row, lambda p: Apply(RIGHT_HAND[p.operation], p.args) if _is_left_hand(p) else None)


def _is_left_hand(part: Tree) -> TypeGuard[Apply]:
    return isinstance(part, Apply) and part.operation in RIGHT_HAND


def renamed(tree: Tree, operation: str, function: str) -> Tree:
    """The tree with a function's name for the operation's."""
    if operation == function or not isinstance(tree, Apply):
        return tree
    name = function if tree.operation == operation else tree.operation
    return Apply(name, tuple(renamed(argument, operation, function) for argument in tree.args), tree.slot)


def local_derivatives(graph: Graph, name: str) -> dict[str, Tree]:
    """∂name/∂p for every parent p of a node, by one reverse sweep over the node's own equation."""
    stated = graph.stated_forms(name)
    if stated is not None:
        return stated
    return _local_derivatives(graph.node(name).tree, name, graph.functions, graph.bindings, graph.kinks)


@lru_cache(maxsize=16384)
def _local_derivatives(
    tree: Tree,
    name: str,
    functions: tuple[tuple[str, int], ...],
    bindings: tuple[tuple[str, str], ...],
    kinks: str,
) -> dict[str, Tree]:
    declared, bound = dict(functions), dict(bindings)
    found: dict[str, list[Term]] = {parent: [] for parent in names(tree)}
    if isinstance(tree, Apply) and tree.operation in declared and tree.operation not in bound and len(tree.args) > 1:
        args = [argument.name for argument in tree.args if isinstance(argument, Name)]
        if len(set(args)) == len(tree.args):  # L = Loss(a, y): nothing more to say of ∂L/∂a
            return {parent: Partial(name, parent) for parent in args}

    def sweep(part: Tree, coefficient: Fraction, factors: tuple[Tree, ...], output: Tree | None) -> None:
        if isinstance(part, Name):
            found[part.name].append(folded(coefficient, factors))
        if not isinstance(part, Apply):
            return
        operation = bound.get(part.operation) if part.operation in declared else part.operation
        for slot, argument in enumerate(part.args):
            if isinstance(argument, Number):
                continue
            if operation is None:
                rule: Tree = Apply(part.operation, part.args, slot + 1)
            elif operation == "add":
                rule = ONE  # not through the table: a lookup by n terms for each of them would be quadratic
            else:
                rule = _rule(operation, part.operation, slot, part.args, output, kinks)
            more, further = decompose(rule)
            if more:
                sweep(argument, coefficient * more, factors + further, None)

    sweep(tree, UNIT, (), Name(name))
    return {parent: lettered(collect(terms), bindings) for parent, terms in found.items()}


def lettered(tree: Tree, bindings: tuple[tuple[str, str], ...]) -> Tree:
    """The tree with each operation called by the letter that is bound to it: s(z), not σ(z), where s is the sigmoid.

    One function has one name on a sheet. Where several letters stand for one operation, none is better than its own.
    """
    stand_for = [operation for _, operation in bindings]
    letters = {operation: letter for letter, operation in bindings if stand_for.count(operation) == 1}
    return _called(tree, letters) if letters else tree


def _called(tree: Tree, letters: Mapping[str, str]) -> Tree:
    if not isinstance(tree, Apply):
        return tree
    args = tuple(_called(argument, letters) for argument in tree.args)
    return Apply(letters.get(tree.operation, tree.operation), args, tree.slot)


def local(graph: Graph, name: str, parent: str) -> Tree:
    """The textbook local derivative ∂name/∂parent, its other parents fixed."""
    return local_derivatives(graph, name)[parent]


def from_output(graph: Graph, name: str, parent: str) -> Tree | None:
    """A (leaky) ReLU's derivative read off what comes out of it: 1[a > 0] for 1[z > 0]; None where that is not enough.

    At a = 0 a ReLU's output says only that z ≤ 0: not enough where the right-hand branch counts at z = 0.
    """
    tree = graph.node(name).tree
    operation = graph.operation(tree.operation) if isinstance(tree, Apply) and tree.args == (Name(parent),) else None
    if operation == "leaky_relu" or (operation == "relu" and graph.kinks != "right"):
        return substitute(local(graph, name, parent), {parent: Name(name)})
    return None


def local_partial(graph: Graph, name: str, parent: str) -> Partial:
    """The token of a local derivative; it says what is held fixed where the total derivative differs."""
    others = tuple(other for other in graph.sources(name) if other != parent and parent in graph.ancestors(other))
    return Partial(name, parent, others)


# --- paths and products -------------------------------------------------------------------------------------


def count_paths(graph: Graph, of: str, wrt: str) -> int:
    """How many paths lead from ``wrt`` to ``of``."""
    graph = graph.facing(wrt)
    counts = {wrt: 1}
    for node in graph.nodes:
        counts[node.name] = sum(counts.get(parent, 0) for parent in graph.sources(node.name)) + (node.name == wrt)
        if node.name == of:
            break
    return counts.get(of, 0)


def paths(graph: Graph, of: str, wrt: str) -> tuple[tuple[str, ...], ...]:
    """Every path, from ``of`` back to ``wrt``, in the order of the parents as written."""
    graph = graph.facing(wrt)
    reach = graph.descendants(wrt)
    found: list[tuple[str, ...]] = []

    def follow(path: tuple[str, ...]) -> None:
        if path[-1] == wrt:
            found.append(path)
            return
        for parent in graph.sources(path[-1]):
            if parent in reach:
                follow((*path, parent))

    follow((of,))
    return tuple(found)


def require(graph: Graph, of: str, wrt: str) -> None:
    """An error if ``of`` does not depend on ``wrt``."""
    if of == wrt or wrt not in graph.ancestors(of):
        raise DerivationError(f"{of} does not depend on {wrt}: there is nothing to derive")


def terms(graph: Graph, of: str, wrt: str, over: bool | None = None) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The edges (node, parent) of each printed product: whole paths if they are few, else one step over each consumer.

    In the second case the first edge of a product stands for the whole adjoint ∂of/∂consumer. ``over`` asks for one
    or the other, here and below; None leaves it to the number of paths.
    """
    require(graph, of, wrt)
    graph = graph.facing(wrt)
    if not (is_recursive(graph, of, wrt) if over is None else over):
        return tuple(tuple(itertools.pairwise(path)) for path in paths(graph, of, wrt))
    reach = graph.behind(of)
    users = [user for user in graph.users[wrt] if user in reach]
    return tuple(((user, wrt),) if user == of else ((of, user), (user, wrt)) for user in users)


def _is_edge(graph: Graph, edge: tuple[str, str]) -> bool:
    return edge[1] in graph.sources(edge[0])


def is_recursive(graph: Graph, of: str, wrt: str) -> bool:
    """Whether the derivative is printed over its consumers, not along whole paths."""
    return count_paths(graph, of, wrt) > MOST_PATHS


def edges(graph: Graph, of: str, wrt: str, over: bool | None = None) -> tuple[tuple[str, str], ...]:
    """The edges whose local derivatives the printed products need, each once, from the output back."""
    found = dict.fromkeys(edge for term in terms(graph, of, wrt, over) for edge in term)
    if not (is_recursive(graph, of, wrt) if over is None else over):
        return tuple(found)
    return tuple(edge for edge in found if edge[1] == wrt and _is_edge(graph, edge))


def chain_rule(graph: Graph, of: str, wrt: str, over: bool | None = None) -> Tree:
    """Σ over paths of Π ∂node/∂parent, abstract: the multivariable chain rule."""
    graph = graph.facing(wrt)
    over = is_recursive(graph, of, wrt) if over is None else over
    if over:
        tokens = [
            [Partial(*edge) if edge[1] != wrt else local_partial(graph, *edge) for edge in term]
            for term in terms(graph, of, wrt, over)
        ]
    else:
        tokens = [[local_partial(graph, *edge) for edge in term] for term in terms(graph, of, wrt, over)]
    return total(product(factors) for factors in tokens)


def forward_form(graph: Graph, of: str, wrt: str, *, cancel: bool = False, over: bool | None = None) -> Tree:
    """The chain rule multiplied out in forward values; factors stay in order, signs and numbers come first.

    With ``cancel``, what stands above and below in a product is gone:
    (p − y)/(p(1 − p)) · p(1 − p) · x → (p − y) · x.
    """
    written = steps(graph, of, wrt, over)
    return sum_of_products(((tree for _, tree in term) for term in written), cancel=cancel)


Step = tuple[tuple[str, str], Tree]  # an edge (node, parent) and what is written for it


def steps(graph: Graph, of: str, wrt: str, over: bool | None = None) -> tuple[tuple[Step, ...], ...]:
    """The edges of each product with their local derivatives; where it goes over the consumers, ∂of/∂consumer first."""
    graph = graph.facing(wrt)
    recursive = is_recursive(graph, of, wrt) if over is None else over
    return tuple(
        tuple((edge, Partial(*edge) if recursive and edge[1] != wrt else local(graph, *edge)) for edge in term)
        for term in terms(graph, of, wrt, recursive)
    )


def sum_of_products(products: Iterable[Iterable[Tree]], *, cancel: bool = False) -> Tree:
    """Σ Π of these factors, in order; signs and numbers come first in a product."""
    collected: list[Term] = []
    for written in products:
        coefficient = UNIT
        groups: list[tuple[Tree, ...]] = []
        for tree in written:
            more, further = decompose(tree)
            coefficient *= more
            groups.append(further)
        if cancel and cancels(factor for group in groups for factor in group):
            collected.append(folded(coefficient, (factor for group in groups for factor in group)))
        else:
            collected.append((coefficient, tuple(product(group) for group in groups if group)))
    return collect(collected)


def adjoints(graph: Graph, of: str) -> dict[str, Tree]:
    """Reverse accumulation: ∂of/∂v = Σ over consumers c of ∂of/∂c · ∂c/∂v, each in terms of its consumers' adjoints.

    Linear in the edges (Griewank & Walther, Evaluating Derivatives, §3.2).
    """
    needed = graph.ancestors(of)
    collected: dict[str, list[Term]] = {of: []}
    for node in reversed(graph.nodes):
        if node.name not in needed or node.name not in collected:
            continue
        upstream = () if node.name == of else (Partial(of, node.name),)
        for parent, derivative in local_derivatives(graph, node.name).items():
            coefficient, factors = decompose(derivative)
            rest = (product(factors),) if factors else ()
            collected.setdefault(parent, []).append((coefficient, (*upstream, *rest)))
    # Collected from the output back; printed in the order of the consumers.
    return {name: collect(reversed(terms)) for name, terms in collected.items() if name != of}


def without_adjoints(graph: Graph, of: str, tree: Tree) -> Tree:
    """The tree with each ∂of/∂consumer written out in its turn; ``DerivationError`` if that does not fit on a page."""
    forms = adjoints(graph, of)
    values: dict[Tree, Tree] = {}

    def put(part: Tree) -> Tree | None:
        return values.get(part) if isinstance(part, Partial) else None

    for node in reversed(graph.nodes):  # consumers come first
        if node.name in forms:
            token = Partial(of, node.name)
            written = transform(forms[node.name], put)
            if sum(1 for _ in walk(written)) <= LARGEST_CLOSED_FORM:
                values[token] = written
    written = transform(tree, put)
    missing = [part for part in walk(written) if isinstance(part, Partial) and forms.get(part.wrt, part) != part]
    if missing or sum(1 for _ in walk(written)) > LARGEST_CLOSED_FORM:
        raise DerivationError("the closed form holds too many symbols to print; ask for the gradient instead")
    return written


def closed_form(graph: Graph, tree: Tree, *, largest: int | None = LARGEST_CLOSED_FORM) -> Tree:
    """The tree in terms of inputs and weights only, bound functions by their operations' symbols."""
    values: dict[str, Tree] = {}
    sizes: dict[str, int] = {}
    upstream = frozenset[str]().union(*(graph.ancestors(name) for name in names(tree)))
    for node in (node for node in graph.nodes if node.name in upstream):
        inner = graph.resolved(node.tree)
        sizes[node.name] = sum(sizes.get(p.name, 1) if isinstance(p, Name) else 1 for p in walk(inner))
        if largest is None or sizes[node.name] <= largest:
            values[node.name] = substitute(inner, values)
    needed = [name for name in names(tree) if not graph.is_leaf(name)]
    size = sum(sizes.get(p.name, 1) if isinstance(p, Name) else 1 for p in walk(tree))
    if largest is not None and (size > largest or any(name not in values for name in needed)):
        raise DerivationError(
            f"the closed form would hold {size} symbols, too many to print; ask for the gradient instead"
        )
    return substitute(graph.resolved(tree), values)
