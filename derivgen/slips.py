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

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from derivgen import certify
from derivgen.arrays import ShapeError
from derivgen.derivation import local, local_partial
from derivgen.errors import CertificateError
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
from derivgen.notation import swapped
from derivgen.operations import OPERATIONS
from derivgen.reading import read_row
from derivgen.worked import (
    Roles,
    Shape,
    Slipped,
    Work,
    activations,
    array_of,
    arrays_in,
    before_of,
    chain_rule,
    constant_lost,
    derivation,
    each,
    factors,
    function_of,
    is_share,
    is_step,
    line,
    local_step,
    of_loss,
    operation_of,
    path_of,
    products,
    put,
    rewritten,
    shaped_like,
    sign_turned,
    stepped,
    tidied,
    update,
    with_edge,
    written,
    written_out,
)  # fmt: skip

__all__ = [
    "SLIPS", "Roles", "Shape", "Slipped", "Work", "chain_rule", "derivation", "expanded", "line", "local_step", "named",
    "neighbours", "slip", "update", "ways_of", "wrong", "wrong_lines", "wrong_values",
]  # fmt: skip

LARGEST = 300  # parts of a wrong tree, for each of its entries
MOST_OTHERS = 200  # quantities in place of others
HALF = Fraction(1, 2)
RESHAPING = ("outer_product_reversed",)  # the mistake is the shape, if it changes

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
    (height, width), _ = seen[0]
    for way in (*ways_of(work), *more):
        if sum(1 for _ in walk(way.tree)) > LARGEST * height * width:
            continue
        try:
            print_ = certify.fingerprint(graph, way.tree)
        except CertificateError:  # arrays that do not fit: nobody would be taken in
            continue
        if print_[0] != seen[0][0] and way.slip not in RESHAPING:
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


def wrong_lines(works: Sequence[Work], *, expand: bool = False) -> tuple[Slipped, ...]:
    """The wrong versions of the last of these lines of arrays, by a slip in it or in one before, which it goes on from.

    With ``expand`` what the lines before come to is written out.
    """
    *before, last = works
    graph = last.roles.graph
    deep = []
    for k, work in enumerate(before):
        for way in ways_of(work):
            try:
                tree = way.tree
                for token, later in zip(works[k:], works[k + 1 :], strict=False):
                    tree = put(graph, later.tree, token.truth, tree)
            except ShapeError:
                continue
            deep.append(replace(way, tree=tree, at=work.truth.name if isinstance(work.truth, Name) else ""))
    found = wrong(last, *deep)
    return tuple(replace(way, tree=expanded(works, way.tree)) for way in found) if expand else found


def expanded(works: Sequence[Work], tree: Tree) -> Tree:
    """The tree with the lines that come before the last written out in it."""
    for work in reversed(works[:-1]):
        tree = put(work.roles.graph, tree, work.truth, work.tree)
    return tree


def ways_of(work: Work) -> Iterator[Slipped]:
    """Every slip in a work, or in each of its cells at once."""
    for ways in SLIPS.values():
        yield from ways(work)
        found = [next((way for way in ways(cell) if not way.path), None) for row in work.cells for cell in row]
        cells = [cell for row in work.cells for cell in row]
        if first := next(filter(None, found), None):
            graph = work.roles.graph
            rows = [cell.tree if way is None else way.tree for way, cell in zip(found, cells, strict=True)]
            about = tuple(array_of(graph, tree) for tree in first.about)
            yield replace(first, tree=shaped_like(graph, work.tree, rows), about=about)


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
    if work.slope is not None and _operation_of_layer(work) != "relu":
        yield Slipped("activation_derivative_forgotten", _with_slope(work, None), (_layer_slope(work),))


@slip
def inactive_relu(work: Work) -> Iterator[Slipped]:
    """an inactive ReLU is treated as active"""
    for edge, _ in activations(work):
        if operation_of(work, edge[0]) == "relu":
            yield Slipped("inactive_relu", with_edge(work, edge, ONE).tree, (Name(edge[1]),))
    if isinstance(work.line, Apply) and work.line.operation == "relu":
        yield Slipped("inactive_relu", work.line.args[0], work.line.args)
    if work.slope is not None and _operation_of_layer(work) == "relu":
        yield Slipped(
            "inactive_relu", _with_slope(work, None), (array_of(work.roles.graph, Name(work.edges[0][0][1])),)
        )
    yield from _left_out(work, "inactive_relu")


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
        there = _on_edges(work, lambda after, _: _slope_at(work, after))
        yield Slipped("derivative_at_activation", _with_slope(work, there), _layer(work))


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
    for edge, other in products(work) if work.local else ():
        whole = product((Name(edge[1]), Name(other)))
        yield Slipped("value_for_derivative", with_edge(work, edge, whole).tree, (whole,))
    if work.slope is not None:
        values = _on_edges(work, lambda after, _: Name(after))
        yield Slipped("value_for_derivative", _with_slope(work, values), _layer(work)[:1])


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
        yield Slipped("activation_derivative_twice", tree, (_layer_slope(work),))


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
            bare = _bare(factor)
            if (bare.name if isinstance(bare, Name) else bare.wrt if isinstance(bare, Partial) else "") not in arrays:
                continue
            turned = bare if bare is not factor else apply("transpose", bare)
            changed = Apply("multiply", (*part.args[:i], turned, *part.args[i + 1 :]))
            result = transform(work.line, lambda p, part=part, changed=changed: changed if p is part else None)  # type: ignore[misc]
            yield Slipped("transposed_matrix", result, (bare,))


def _bare(factor: Tree) -> Tree:
    return factor.args[0] if isinstance(factor, Apply) and factor.operation == "transpose" else factor


@slip
def outer_product_reversed(work: Work) -> Iterator[Slipped]:
    """an outer product is taken the wrong way round"""
    line, arrays = work.line, dict(work.roles.graph.arrays)
    if not isinstance(line, Apply) or line.operation != "multiply" or len(line.args) != 2:
        return
    left, right = line.args
    both = (_bare(left), _bare(right))
    weights = any(set(names(arrays.get(name, ONE))) & set(work.roles.weights) for name in names(line))
    if (both[0] == left) != (both[1] == right) and not weights:
        turned = [bare if bare != old else apply("transpose", bare) for bare, old in zip(both, line.args, strict=True)]
        yield Slipped("outer_product_reversed", Apply("multiply", (turned[1], turned[0])), both)


@slip
def step_sign(work: Work) -> Iterator[Slipped]:
    """the step goes along the gradient, not against it"""
    if step := stepped(work):
        yield Slipped("step_sign", apply("add", step[0], product(step[1:])))


@slip
def step_size_left_out(work: Work) -> Iterator[Slipped]:
    """the step size is left out"""
    if step := stepped(work):
        yield Slipped("step_size_left_out", apply("subtract", step[0], step[2]), step[1:2])


@slip
def old_value_left_out(work: Work) -> Iterator[Slipped]:
    """only the step is kept, without the old value"""
    if step := stepped(work):
        yield Slipped("old_value_left_out", negate(product(step[1:])), step[:1])


@slip
def bias_left_out(work: Work) -> Iterator[Slipped]:
    """the bias is left out"""
    graph, roles = work.roles.graph, work.roles
    if not isinstance(work.line, Apply) or work.edges or work.cells:
        return
    ones = dict.fromkeys(roles.constants, ZERO)
    if ones and (tree := rewritten(graph, work.line, ones)) != work.line:
        yield Slipped("bias_left_out", tree if arrays_in(graph, work.line) else tidied(tree))
    if work.line.operation != "add":
        return
    arrays = dict(graph.arrays)
    for i, term in enumerate(work.line.args):
        if any(set(names(arrays.get(name, Name(name)))) & set(roles.biases) for name in names(term)):
            yield Slipped("bias_left_out", total((*work.line.args[:i], *work.line.args[i + 1 :])))


@slip
def input_left_out(work: Work) -> Iterator[Slipped]:
    """what comes in from one node is left out"""
    graph, weights = work.roles.graph, set(work.roles.weights)
    arrays = arrays_in(graph, work.line) if isinstance(work.line, Apply) and not work.edges else {}
    if not any(set(names(array)) & weights for array in arrays.values()) or stepped(work):
        return
    for name, array in arrays.items():
        entries = [entry for entry in names(array) if entry not in work.roles.constants]
        column = graph.entries(Name(name))
        if set(entries) & weights or len(entries) < 2 or column is None or len(column[0]) > 1:
            continue
        for entry in entries:
            yield Slipped("input_left_out", rewritten(graph, work.line or ONE, {entry: ZERO}), (Name(entry),))


@slip
def target_left_out(work: Work) -> Iterator[Slipped]:
    """the target is left out"""
    targets = dict.fromkeys(work.roles.targets, ZERO)
    if work.cells and work.edges and set(names(work.tree)) & targets.keys():
        yield Slipped("target_left_out", tidied(substitute(work.tree, targets)))


@slip
def denominator_left_out(work: Work) -> Iterator[Slipped]:
    """the denominator of a softmax is left out"""
    rows = work.roles.graph.entries(work.line) if work.line is not None and not work.cells else None
    cells = [cell for row in rows or () for cell in row]
    tops = [cell.args[0] for cell in cells if isinstance(cell, Apply) and cell.operation == "divide"]
    if tops and len(tops) == len(cells) and work.line is not None:
        yield Slipped("denominator_left_out", shaped_like(work.roles.graph, work.line, tops))


@slip
def another_class(work: Work) -> Iterator[Slipped]:
    """an output that is not the largest is chosen"""
    line = work.line
    if not isinstance(line, Apply) or line.operation != "add":
        return
    gates = [tuple(part for part in factors(term) if not isinstance(part, Number)) for term in line.args]
    if not all(gates) or not all(map(_is_gate, (gate for term in gates for gate in term))):
        return
    for turn in range(1, len(gates)):
        numbers = (number((k + turn) % len(gates) + 1) for k in range(len(gates)))
        yield Slipped("another_class", total(product((k, *term)) for k, term in zip(numbers, gates, strict=True)))


def _is_gate(tree: Tree) -> bool:
    return isinstance(tree, Apply) and tree.operation == "above"


@slip
def shape_transposed(work: Work) -> Iterator[Slipped]:
    """rows and columns of a shape change places"""
    if work.shape:
        yield Slipped("shape_transposed", matrix([_sides(work)[::-1]]))


@slip
def bias_row_forgotten(work: Work) -> Iterator[Slipped]:
    """the row or column of the biases is forgotten in a shape"""
    if work.shape and work.shape.bias:
        yield Slipped("bias_row_forgotten", _longer(work, work.shape.inputs, -1))


@slip
def bias_row_added(work: Work) -> Iterator[Slipped]:
    """a row or column for biases is added to a shape that has none, or has it already"""
    if work.shape:
        for side in (work.shape.inputs, 1 - work.shape.inputs):
            yield Slipped("bias_row_added", _longer(work, side, 1))


@slip
def neighbouring_layer(work: Work) -> Iterator[Slipped]:
    """a shape has the size of a neighbouring layer"""
    for near in work.shape.near if work.shape else ():
        yield Slipped("neighbouring_layer", matrix([list(map(number, near))]))


@slip
def biases_counted(work: Work) -> Iterator[Slipped]:
    """biases are counted where there are none"""
    if work.sizes and not work.biased:
        yield Slipped("biases_counted", total((work.tree, *map(number, work.sizes[1:]))))


@slip
def inputs_counted(work: Work) -> Iterator[Slipped]:
    """the inputs are counted among the parameters"""
    if work.sizes:
        yield Slipped("inputs_counted", total((work.tree, number(work.sizes[0]))))


@slip
def sizes_added(work: Work) -> Iterator[Slipped]:
    """the sizes of neighbouring layers are added instead of multiplied"""
    if work.sizes:
        pairs = zip(work.sizes, work.sizes[1:], strict=False)
        biases = work.sizes[1:] if work.biased else ()
        yield Slipped("sizes_added", number(sum(a + b for a, b in pairs) + sum(biases)))


@slip
def another_layer_counted(work: Work) -> Iterator[Slipped]:
    """one layer too many is counted, as large as the last"""
    if work.sizes:
        last = work.sizes[-1]
        yield Slipped("another_layer_counted", total((work.tree, number(last * last + last * work.biased))))


def _sides(work: Work) -> tuple[Tree, ...]:
    rows = work.roles.graph.entries(work.tree)
    assert rows is not None
    return rows[0]


def _longer(work: Work, side: int, by: int) -> Tree:
    """The shape with more rows or columns, or fewer."""
    sizes = [size.value if isinstance(size, Number) else 0 for size in _sides(work)]
    return matrix([[number(size + by if i == side else size) for i, size in enumerate(sizes)]])


@slip
def activation_left_out(work: Work) -> Iterator[Slipped]:
    """a pre-activation is used in place of its activation"""
    own = work.line
    if isinstance(own, Apply) and own.operation != "relu" and len(own.args) == 1 and isinstance(own.args[0], Name):
        yield Slipped("activation_left_out", own.args[0], (own.args[0], work.truth))
    if work.edges and own is not None and (isinstance(work.truth, Name) and work.slope is None and not work.cells):
        values = _before_layer(work, work.roles.graph.spread(work.truth))
        relu = _operation_of_layer(work) == "relu"
        yield Slipped(
            "inactive_relu" if relu else "activation_left_out", values, _layer(work)[::-1][: 1 if relu else 2]
        )
    elif work.slope is not None and (inside := _before_layer(work, work.slope)) != work.slope:
        yield Slipped("activation_left_out", _with_slope(work, inside), _layer(work)[::-1])
    elif work.cells and work.edges:
        yield Slipped("activation_left_out", _before_layer(work, work.tree), _layer(work)[::-1])
    for edge, tree in activations(work) if work.local else ():
        if edge[0] in names(tree):
            put_in = substitute(tree, {edge[0]: Name(edge[1])})
            yield Slipped("activation_left_out", with_edge(work, edge, put_in).tree, (Name(edge[1]), Name(edge[0])))
    yield from _left_out(work, "activation_left_out")


# --- of a layer: its edges from pre-activations to activations --------------------------------------------------------


def _layer(work: Work) -> tuple[Tree, ...]:
    """The layer's activations and its pre-activations, as whole arrays."""
    after, before = work.edges[0][0]
    return array_of(work.roles.graph, Name(after)), array_of(work.roles.graph, Name(before))


def _layer_slope(work: Work) -> Tree:
    return array_of(work.roles.graph, Partial(*work.edges[0][0]))


def _operation_of_layer(work: Work) -> str | None:
    return operation_of(work, work.edges[0][0][0])


def _before_layer(work: Work, tree: Tree) -> Tree:
    """The tree with each pre-activation in place of its activation."""
    return substitute(tree, {after: Name(before) for row in work.edges for after, before in row})


def _on_edges(work: Work, make: Callable[[str, str], Tree]) -> Tree:
    """Something for each entry of the slope, in its shape."""
    assert work.slope is not None
    return shaped_like(work.roles.graph, work.slope, [make(*edge) for row in work.edges for edge in row])


def _with_slope(work: Work, other: Tree | None) -> Tree:
    """The line with something else in the slope's place, or without it."""

    def change(part: Tree) -> Tree | None:
        if not isinstance(part, Apply) or work.slope not in part.args:
            return None
        args = tuple(other if a == work.slope else a for a in part.args if a != work.slope or other is not None)
        return args[0] if len(args) == 1 else replace(part, args=args)  # type: ignore[arg-type]

    return transform(work.tree, change)


def _left_out(work: Work, slip: str) -> Iterator[Slipped]:
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


@slip
def term_left_out(work: Work) -> Iterator[Slipped]:
    """a term of a sum is left out"""
    arrays = work.line is not None and arrays_in(work.roles.graph, work.line)
    if isinstance(work.line, Apply) and work.line.operation == "add" and not arrays:
        for i, term in enumerate(work.line.args if not any(map(_is_gate, walk(work.line))) else ()):
            rest = (*work.line.args[:i], *work.line.args[i + 1 :])
            yield Slipped("term_left_out", total(rest), (term,))


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
    """a factor 1/2 or 2 is added that the squared loss does not have"""
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
        if other := _OTHER_SLOPES.get(operation_of(work, edge[0]) or ""):
            yield Slipped("another_slope", with_edge(work, edge, _slope_as(other, edge[0])).tree, (Partial(*edge),))
    if work.slope is not None and (other := _OTHER_SLOPES.get(_operation_of_layer(work) or "")):
        there = _on_edges(work, lambda after, _, other=other: _slope_as(other, after))  # type: ignore[misc]
        yield Slipped("another_slope", _with_slope(work, there), (_layer_slope(work),))


_OTHER_SLOPES = {"sigmoid": "tanh", "tanh": "sigmoid"}


def _slope_as(operation: str, activation: str) -> Tree:
    """What an activation's derivative would be, in its own value, if it were another operation."""
    return substitute(read_row(operation, OPERATIONS[operation].output_local), {"a": Name(activation)})


@slip
def another_weight(work: Work) -> Iterator[Slipped]:
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
                yield Slipped("another_weight", tree, (Name(other), Name(name)))


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
