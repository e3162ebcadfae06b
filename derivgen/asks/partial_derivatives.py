"""Every ∂of/∂x in the inputs themselves; at a kink its cases, and why there is no derivative at the tie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from derivgen.asks.staged_values import listed
from derivgen.derivation import Chain, chain, closed_form, lettered, local
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Cases, Nabla, On, Part, State, allow, local_line
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
)
from derivgen.graph import Graph, Node
from derivgen.linearity import JUMPING, Kink, common_zeros, difference, gap_of, kinks_of, places_of
from derivgen.simplifying import simplified

# An operation with a kink: what it is above and below, and its slopes there. The sides compare x with y, or z with 0.
_SLOPES: dict[str, tuple[Fraction, Fraction]] = {
    "relu": (Fraction(1), Fraction(0)), "abs": (Fraction(1), Fraction(-1)),
    "leaky_relu": (Fraction(1), Fraction(1, 100)),
}  # fmt: skip


def partial_derivatives(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """∂of/∂x for each x of ``wrt`` (all weights, else all inputs), and with ``gradient: true`` ∇of as a column.

    ``of`` is written in inputs and weights first. Of one maximum, ReLU or absolute value of quantities it gives the
    cases, the indicator form, and at the tie the two one-sided difference quotients, which differ. Of any other kink
    it says where it is, and which derivatives do not exist there.
    """
    allow(parameters, "wrt", "of", "gradient")
    stacked = parameters.get("gradient", False)
    if not isinstance(stacked, bool):
        raise AskError("must be true or false", "gradient")
    of = state.output(parameters)
    every = {**parameters, "wrt": parameters.get("wrt", [n.name for n in state.leaves(of)])}
    targets, graph = listed(state, of, every), in_inputs(state, of)
    lines = [differentiated(graph, target) for target in targets]
    forms = [rate(graph, target) for target in targets]
    kink = _kink(graph, of)
    facts = {
        "of": Name(of), "targets": targets, "lines": tuple(lines),
        "nabla": Nabla(targets, tuple(forms)) if stacked else "",
        "kink": _kinked(graph, of, kink, [t.wrt for t in targets]) if kink else "", "lone": len(targets) == 1,
        "single": len(state.leaves(of)) == 1, "ties": () if kink else _ties(graph, targets),
    }  # fmt: skip
    entries: tuple[tuple[Tree, Tree], ...] = tuple(zip(targets, forms, strict=True))
    wrt = ", ".join(target.wrt for target in targets)
    return state, Part("partial_derivatives", {"of": of, "wrt": wrt}, Answer("values", entries), facts)


def in_inputs(state: State, of: str) -> Graph:
    """The graph whose only node is ``of``, written in the inputs and weights: the formula, where there is one."""
    graph, formula = state.graph, state.network.formula
    if state.network.layers:
        raise AskError("needs equations, not layers")
    tree = formula if formula is not None and of == graph.output else closed_form(graph, graph.node(of).tree)
    tree = tree if formula is None else lettered(tree, graph.bindings)
    return replace(graph, nodes=(Node(of, tree),), arrays=(), stated=(), simplices=())


def rate(graph: Graph, target: Partial) -> Tree:
    """∂f/∂x of a formula in its inputs, with equal factors merged; a function is called as the formula calls it."""
    return lettered(simplified(closed_form(graph, local(graph, target.of, target.wrt))), graph.bindings)


def described(graph: Graph, kink: Kink) -> dict[str, object]:
    """Where a kink is: what is equal to what, or, without the second, a whole number."""
    left, right = lettered(kink.left, graph.bindings), kink.right
    if right == ZERO and isinstance(left, Apply) and left.operation == "negate":
        left = left.args[0]
    return {"left": left, "right": "" if right is None else lettered(right, graph.bindings)}


def differentiated(graph: Graph, target: Partial) -> Chain:
    """∂f/∂x of a formula: as the rules give it, then with equal factors merged."""
    line, form = local_line(graph, (target.of, target.wrt)), local(graph, target.of, target.wrt)
    return chain(target, *(link.right for link in line.links), simplified(form))


# --- kinks --------------------------------------------------------------------------------------------------------


def _kink(graph: Graph, of: str) -> tuple[Tree, Tree, Tree, Tree] | None:
    """What is compared with what, and the values above and below: x, y, x, y of max(x, y), or z, 0, z, −z of |z|."""
    tree = graph.resolved(graph.node(of).tree)
    if not isinstance(tree, Apply) or not all(
        isinstance(a, Number) or (isinstance(a, Name) and graph.is_leaf(a.name)) for a in tree.args
    ):
        return None
    if tree.operation == "max" and tree.args[0] != tree.args[1]:
        return (*tree.args, *tree.args)  # type: ignore[return-value]
    if tree.operation in _SLOPES:
        (z,), slopes = tree.args, _SLOPES[tree.operation]
        return (z, ZERO, *(_times(slope, z) for slope in slopes))  # type: ignore[return-value]
    return None


def _times(slope: Fraction, tree: Tree) -> Tree:
    if not slope:
        return ZERO
    decimal = Number(abs(slope), "0.01" if abs(slope) == Fraction(1, 100) else "")
    written = product((decimal, tree))
    return negate(written) if slope < 0 else written


def _kinked(graph: Graph, of: str, kink: tuple[Tree, Tree, Tree, Tree], wrt: list[str]) -> dict[str, object]:
    left, right, above, below = kink
    tree = graph.node(of).tree
    assert isinstance(tree, Apply)
    step = next(name for name in ("h", "t", "u", "dx", "delta") if name not in graph)
    moving = replace(graph, leaves=(*graph.leaves, step))
    slopes = {name: (_slope(above, name), _slope(below, name)) for name in wrt}
    one_sided = []
    for name in wrt:
        tied: dict[str, Tree] = {}  # at the tie, everything in terms of what moves
        here: Tree = ZERO if right == ZERO else Name(name)
        for side in (left, right):
            if isinstance(side, Name):
                tied[side.name] = here
        if any(isinstance(side, Number) and side != ZERO for side in (left, right)):
            here = next(side for side in (left, right) if isinstance(side, Number))
            tied = {name: here}
        moved = Name(step) if here == ZERO else apply("add", here, Name(step))
        change = apply("subtract", substitute(tree, {**tied, name: moved}), substitute(tree, tied))
        forward = left == Name(name)  # a step up makes the left side the larger one
        up, down = slopes[name] if forward else slopes[name][::-1]
        rows = tuple(
            (_scaled(slope, Name(step)), apply(sign, Name(step), ZERO))
            for slope, sign in ((up, "above"), (down, "strictly_below"))
        )
        one_sided.append({
            "wrt": Name(name), "target": Partial(of, name), "right": up, "left": down,
            "change": On(moving, {"line": Cases(change, rows)}), "step": Name(step),
        })  # fmt: skip
    sides = (("above_or_equal", above), ("strictly_below", below))
    return {
        "operation": graph.operation(tree.operation) or "",
        "cases": Cases(Name(of), tuple((value, apply(sign, left, right)) for sign, value in sides)),
        "slopes": tuple(
            Cases(Partial(of, name), tuple(
                (slope, apply(sign, left, right))
                for slope, sign in zip(slopes[name], ("above", "strictly_below"), strict=True)
            )) for name in wrt
        ),
        "tie": (left, right) if isinstance(left, Name) else (right, left), "sides": tuple(one_sided),
    }  # fmt: skip


def _ties(graph: Graph, targets: tuple[Partial, ...]) -> tuple[dict[str, object], ...]:
    """Where each operation with a kink has it, and which derivatives do not exist there, or need not."""
    of = targets[0].of
    tree = graph.node(of).tree
    kinks = kinks_of(graph, tree, [target.wrt for target in targets])
    kinks = tuple(kink for kink in kinks if kink.part.operation != "elu")  # its slopes are the same on both sides
    found: list[dict[str, object]] = []
    for place in places_of(graph, kinks):  # |x| and relu(x) have one kink
        kink = place[0]
        moved = [target for target in targets if any(target.wrt in names(one.part) for one in place)]
        # Of several kinks that a quantity moves, one may undo another.
        alone = {t for t in moved if sum(t.wrt in names(one.part) for one in kinks) == 1}
        apart = difference(graph, tree, kink) if alone else None
        there = replace(graph, nodes=(Node(of, apart),)) if apart is not None else None
        slopes = {target: rate(there, target) for target in moved if there and target in alone}
        known = {target: common_zeros(gap_of(kink), slope) for target, slope in slopes.items()}
        found.append({
            **described(graph, kink), "jumps": any(one.part.operation in JUMPING for one in place),
            "missing": tuple(target for target in moved if known.get(target) == "none"),
            "doubtful": tuple(target for target in moved if not known.get(target)),
            # Not printed: what decides between them is proved all the same.
            "proof": On(there, {"lines": tuple(chain(*sides) for sides in slopes.items())}) if there else (),
        })  # fmt: skip
    return tuple(tie for tie in found if tie["missing"] or tie["doubtful"])


def _slope(branch: Tree, name: str) -> Tree:
    """The derivative of one branch: a quantity times a number, or a number."""
    if branch == Name(name):
        return ONE
    if isinstance(branch, Apply) and branch.operation == "negate":
        return negate(_slope(branch.args[0], name))
    if isinstance(branch, Apply) and branch.args[-1] == Name(name):
        return branch.args[0]
    return ZERO


def _scaled(slope: Tree, step: Name) -> Tree:
    if slope == ZERO:
        return ZERO
    return negate(step) if slope == number(-1) else product((slope, step))
