"""Rows: what people get wrong in lines of matrices, in equations and in updates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from derivgen.expression import (
    ONE,
    ZERO,
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
)  # fmt: skip
from derivgen.slips.table import slip
from derivgen.worked import (
    Slipped,
    Work,
    arrays_in,
    factors,
    is_gate,
    rewritten,
    shaped_like,
    stepped,
    tidied,
)  # fmt: skip


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
    elif work.judged and not work.weight and not stepped(work):
        without = rewritten(work.roles.graph, work.tree, targets)
        of_loss = isinstance(work.truth, Name) and work.truth.name == work.roles.loss
        if (work.cells or work.terms or of_loss) and without != work.tree:
            yield Slipped("target_left_out", without)


@slip
def denominator_left_out(work: Work) -> Iterator[Slipped]:
    """the denominator of a softmax is left out"""
    rows = work.roles.graph.entries(work.line) if work.line is not None and not work.cells else None
    cells = [cell for row in rows or () for cell in row]
    if work.judged and work.line is not None and rows is None and _is_share_of_one(work.line, work):
        yield Slipped("denominator_left_out", work.line.args[0])
    tops = [cell.args[0] for cell in cells if isinstance(cell, Apply) and cell.operation == "divide"]
    if tops and len(tops) == len(cells) and work.line is not None:
        yield Slipped("denominator_left_out", shaped_like(work.roles.graph, work.line, tops))


def _is_share_of_one(tree: Tree, work: Work) -> TypeGuard[Apply]:
    """Whether a tree is an entry of a softmax: e^z over a sum of such, which may have a name."""
    if not isinstance(tree, Apply) or tree.operation != "divide":
        return False
    graph = work.roles.graph
    top, below = tree.args
    if isinstance(below, Name) and below.name in graph and not graph.is_leaf(below.name):
        below = graph.resolved(graph.node(below.name).tree)
    grows = isinstance(top, Apply) and top.operation in ("exp", "power")
    return grows and isinstance(below, Apply) and below.operation == "add" and top in below.args


@slip
def another_class(work: Work) -> Iterator[Slipped]:
    """an output that is not the largest is chosen"""
    line = work.line
    if not isinstance(line, Apply) or line.operation != "add":
        return
    gates = [tuple(part for part in factors(term) if not isinstance(part, Number)) for term in line.args]
    if not all(gates) or not all(map(is_gate, (gate for term in gates for gate in term))):
        return
    for turn in range(1, len(gates)):
        numbers = (number((k + turn) % len(gates) + 1) for k in range(len(gates)))
        yield Slipped("another_class", total(product((k, *term)) for k, term in zip(numbers, gates, strict=True)))
