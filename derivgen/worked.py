"""A correct derivation as slips see it: what enters their table, and the parts that they change.

A ``Work`` is the products of a chain rule, or the right side of an equation or of a line of matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derivgen.arrays import ShapeError
from derivgen.derivation import Step, local_partial, steps, sum_of_products
from derivgen.expression import (
    ONE,
    ZERO,
    Apply,
    Name,
    Number,
    Partial,
    Tree,
    apply,
    matrix,
    names,
    negate,
    number,
    product,
    substitute,
    total,
    transform,
    walk,
)  # fmt: skip
from derivgen.graph import Graph
from derivgen.operations import INDICATORS, OPERATIONS
from derivgen.reading import read_row


@dataclass(frozen=True)
class Roles:
    """What a slip must know of a network: its graph, what is trained, its loss, the losses of a batch's examples."""

    graph: Graph
    weights: tuple[str, ...] = ()
    loss: str = ""
    example_losses: tuple[str, ...] = ()
    step_size: str = ""
    biases: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()  # always 1: what a row of biases meets
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """What is known of a weight matrix's shape: the side on which the inputs and the bias are, and others' shapes."""

    inputs: int  # 0: each has a row, 1: a column
    bias: bool  # whether the biases are a row (or column) of the matrix
    near: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Work:
    """A correct derivation: ``truth``, and what it comes to.

    ``terms`` are the products of a chain rule, each a row of steps; ``line`` is an equation's or a matrix line's right
    side instead. Of an update, ``weight`` is what is trained: w − α · (the terms). Of arrays, ``cells`` are the
    derivations of the entries, ``edges`` each entry's (activation, pre-activation), ``slope`` the activation's
    derivatives in the line: (W δ) ⊙ g'(z).
    """

    roles: Roles
    truth: Tree
    terms: tuple[tuple[Step, ...], ...] = ()
    line: Tree | None = None
    weight: str = ""
    local: bool = False  # one local derivative, not a chain of them
    cells: tuple[tuple[Work, ...], ...] = ()
    edges: tuple[tuple[tuple[str, str], ...], ...] = ()
    slope: Tree | None = None
    shape: Shape | None = None
    sizes: tuple[int, ...] = ()  # of the layers whose parameters are counted, the inputs first
    biased: bool = True  # whether biases are counted
    judged: bool = False  # somebody's work is looked at: rows count too that would make a question too easy

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


def local_step(roles: Roles, token: Tree, edge: tuple[str, str], form: Tree) -> Work:
    """One local derivative, everything else that flows into the node held fixed."""
    return Work(roles, token, (((edge, form),),), local=True)


# --- parts of a work ----------------------------------------------------------------------------------------------


def path_of(term: Sequence[Step]) -> tuple[str, ...]:
    """The quantities of a product's path, from the first to the output."""
    return (*(parent for (_, parent), _ in reversed(term)), term[0][0][0])


def each(work: Work, change: Callable[[tuple[str, str], Tree], Tree]) -> Work:
    return replace(work, terms=tuple(tuple((edge, change(edge, tree)) for edge, tree in term) for term in work.terms))


def with_edge(work: Work, edge: tuple[str, str], tree: Tree) -> Work:
    """The work with something else written for an edge, wherever it stands."""
    return each(work, lambda here, old: tree if here == edge else old)


def written(work: Work, edge: tuple[str, str]) -> Tree:
    return next(tree for term in work.terms for here, tree in term if here == edge)


def is_step(work: Work, edge: tuple[str, str]) -> bool:
    """Whether an edge is one of the graph, not a whole ∂of/∂consumer."""
    graph = work.roles.graph
    return not graph.is_leaf(edge[0]) and edge[1] in graph.sources(edge[0])


def edges_of(work: Work) -> dict[tuple[str, str], Tree]:
    """The edges of the graph in the work, each once, and what is written for them."""
    return {edge: tree for term in work.terms for edge, tree in term if is_step(work, edge)}


def activations(work: Work) -> list[tuple[tuple[str, str], Tree]]:
    """The edges through an activation whose derivative is a factor."""
    return [
        (edge, tree) for edge, tree in edges_of(work).items()
        if function_of(work, edge[0]) and tree != ONE and (edge[0] != work.roles.loss)
        and edge[0] not in work.roles.example_losses
    ]  # fmt: skip


def products(work: Work) -> Iterator[tuple[tuple[str, str], str]]:
    """The edges through a product of two quantities, and the other of the two, which is the derivative."""
    graph = work.roles.graph
    for edge, tree in edges_of(work).items():
        others = [
            next(a.name for a in part.args if isinstance(a, Name) and a.name != edge[1])
            for part in walk(graph.node(edge[0]).tree)
            if isinstance(part, Apply) and part.operation == "multiply" and len(set(part.args)) == len(part.args) == 2
            and Name(edge[1]) in part.args and all(isinstance(a, Name) for a in part.args)
        ]  # fmt: skip
        if len(others) == 1 and tree in (Name(others[0]), local_partial(graph, *edge)):
            yield edge, others[0]


def before_of(graph: Graph, name: str) -> str:
    """The pre-activation of a node that is an activation; empty for any other quantity."""
    tree = None if graph.is_leaf(name) else graph.node(name).tree
    if isinstance(tree, Apply) and len(tree.args) == 1 and isinstance(tree.args[0], Name):
        return tree.args[0].name
    return ""


def function_of(work: Work, name: str) -> str:
    """The function of one quantity that a node is, as its equation calls it."""
    tree = work.roles.graph.node(name).tree
    if isinstance(tree, Apply) and len(tree.args) == 1 and isinstance(tree.args[0], Name):
        row = OPERATIONS.get(tree.operation)
        return tree.operation if row is None or row.role == "activation" else ""
    return ""


def operation_of(work: Work, name: str) -> str | None:
    """The operation that a node is; None while it is abstract."""
    return work.roles.graph.operation(function_of(work, name))


def of_loss(work: Work, edge: tuple[str, str], tree: Tree) -> bool:
    """Whether an edge leads out of a loss into a prediction, and its derivative is written out."""
    losses = (work.roles.loss, *work.roles.example_losses)
    inner = edge[1] in work.roles.example_losses
    return bool(edge[0]) and edge[0] in losses and not inner and not isinstance(tree, Partial) and is_step(work, edge)


def is_share(work: Work) -> bool:
    """Whether a line is a derivative written out with what it is multiplied by: (2/n)(H − y) ∂H/∂w."""
    if work.line is None or work.edges or stepped(work):
        return False
    return any(isinstance(part, Partial) for part in walk(work.line))


def stepped(work: Work) -> tuple[Tree, Tree, Tree] | None:
    """The old value, the step size and the gradient of an update; None for any other work."""
    if work.weight:
        return Name(work.weight), Name(work.roles.step_size), replace(work, weight="").tree
    line = work.line
    if isinstance(line, Apply) and line.operation == "subtract" and isinstance(line.args[1], Apply):
        size, *gradient = line.args[1].args
        if size == Name(work.roles.step_size) and len(gradient) == 1:
            return line.args[0], size, gradient[0]
    return None


def sign_turned(tree: Tree) -> Tree:
    """The tree with the sign of its difference turned: a − y to y − a."""
    found = next((p for p in walk(tree) if isinstance(p, Apply) and p.operation == "subtract"), None)
    if found is None:
        return negate(tree)
    turned = apply("subtract", found.args[1], found.args[0])
    return transform(tree, lambda part: turned if part is found else None)


def written_out(tree: Tree) -> Tree:
    """A loss that is called by name as its formula."""
    if isinstance(tree, Apply) and tree.operation in OPERATIONS and OPERATIONS[tree.operation].written_out:
        row = OPERATIONS[tree.operation]
        return substitute(read_row(row.name, row.value), dict(zip(row.arguments, tree.args, strict=True)))
    return tree


def constant_lost(tree: Tree, constants: tuple[Fraction, ...]) -> tuple[Tree, tuple[Tree, ...]] | None:
    """The tree without the first of these constant factors, and the factor; None if there is none."""
    tree = written_out(tree)
    if not isinstance(tree, Apply) or tree.operation in INDICATORS:
        return None
    if tree.operation == "multiply":
        for i, factor in enumerate(tree.args):
            if (value := constant(factor)) in constants:
                return product((*tree.args[:i], *tree.args[i + 1 :])), (number(value),)
            if isinstance(factor, Apply) and factor.operation == "divide" and constant(factor.args[0]) in constants:
                rest = apply("divide", ONE, factor.args[1])
                return Apply("multiply", (*tree.args[:i], rest, *tree.args[i + 1 :])), (factor.args[0],)
    if tree.operation == "divide" and (below := constant(tree.args[1])) and 1 / below in constants:
        return tree.args[0], (number(1 / below),)
    return None


def constant(tree: Tree) -> Fraction:
    """The value of a constant, 1/2 as it is read included; zero if it is none."""
    if isinstance(tree, Number):
        return tree.value
    if isinstance(tree, Apply) and tree.operation == "divide":
        above, below = map(constant, tree.args)
        return above / below if below else Fraction(0)
    return Fraction(0)


# --- arrays -----------------------------------------------------------------------------------------------------


def shaped_like(graph: Graph, model: Tree, cells: Sequence[Tree]) -> Tree:
    """These entries, row by row, in the shape of another tree; a single number's only one."""
    rows = graph.entries(model)
    if rows is None:
        return cells[0]
    width = len(rows[0])
    return matrix(cells[i : i + width] for i in range(0, len(cells), width))


def array_of(graph: Graph, tree: Tree) -> Tree:
    """The name of the array that a quantity is an entry of, in a derivative too; the tree itself if there is none."""

    def whole(name: str) -> str:
        return next((array for array, inside in graph.arrays if Name(name) in set(walk(inside))), name)

    if isinstance(tree, Name):
        return Name(whole(tree.name))
    return Partial(whole(tree.of), whole(tree.wrt)) if isinstance(tree, Partial) else tree


def arrays_in(graph: Graph, tree: Tree) -> dict[str, Tree]:
    """The whole arrays that a tree names."""
    inside = names(tree)
    return {name: array for name, array in graph.arrays if name in inside}


def rewritten(graph: Graph, tree: Tree, change: Mapping[str, Tree]) -> Tree:
    """The tree with quantities replaced; an array that holds one of them is written out."""
    arrays = arrays_in(graph, tree)
    out = {name: substitute(array, change) for name, array in arrays.items() if set(names(array)) & change.keys()}
    return substitute(tree, {**change, **out})


def put(graph: Graph, tree: Tree, token: Tree, other: Tree) -> Tree:
    """The tree with another for a quantity or an array, named or by its entries; ``ShapeError`` if it does not fit."""
    change = {token: other}
    rows, others = graph.entries(token), graph.entries(other)
    if rows is not None:
        if others is None or (len(rows), len(rows[0])) != (len(others), len(others[0])):
            raise ShapeError("one array cannot stand for another of another shape")
        pairs = (pair for row in zip(rows, others, strict=True) for pair in zip(*row, strict=True))
        change |= {old: new for old, new in pairs if isinstance(old, (Name, Partial))}
    return transform(tree, change.get)


def factors(tree: Tree) -> tuple[Tree, ...]:
    """The factors of a product; of anything else, itself."""
    return tree.args if isinstance(tree, Apply) and tree.operation == "multiply" else (tree,)


def is_gate(tree: Tree) -> bool:
    return isinstance(tree, Apply) and tree.operation == "above"


def all_factors(tree: Tree) -> tuple[Tree, ...]:
    """The factors of a product, of those that are quotients or negative too, without what is divided by."""
    if isinstance(tree, Apply) and tree.operation in ("multiply", "divide", "negate"):
        above = tree.args[:1] if tree.operation == "divide" else tree.args
        return tuple(factor for part in above for factor in all_factors(part))
    return (tree,)


def tidied(tree: Tree) -> Tree:
    """The tree without 1 · and 0 · and + 0."""
    if not isinstance(tree, Apply):
        return tree
    args = tuple(map(tidied, tree.args))
    if tree.operation == "multiply":
        return ZERO if ZERO in args else product(args)
    if tree.operation == "add":
        return total(argument for argument in args if argument != ZERO)
    if tree.operation == "subtract" and ZERO in args:
        return args[0] if args[1] == ZERO else negate(args[1])
    return ZERO if tree.operation == "negate" and args[0] == ZERO else replace(tree, args=args)
