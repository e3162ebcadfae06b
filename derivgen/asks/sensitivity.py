"""What each ∂of/∂x means: the change that it predicts for a small step, beside the change that there is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from derivgen import certify
from derivgen.asks.partial_derivatives import in_inputs
from derivgen.asks.staged_values import listed
from derivgen.derivation import Filled, Value, chain, closed_form, local, simplified
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, On, Part, State, Supposed, allow
from derivgen.expression import ZERO, Apply, Name, Number, Tree, apply, negate, product, substitute, total, walk
from derivgen.graph import Graph
from derivgen.operations import KINKED
from derivgen.printing import exact_decimal, fits

STEP = Fraction(1, 10)
MOST_KINKS = 3


def sensitivity(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """∂of/∂x · dx beside of(x + dx) − of(x), for each x of ``wrt`` (all inputs and weights) and dx = ``step`` (0.1).

    The two are equal for every step where of is linear in x; where it is so on each side of a kink, as long as the
    step does not cross it (which the numbers must not); else they are near.
    """
    allow(parameters, "wrt", "of", "step")
    step = parameters.get("step", STEP)
    if not isinstance(step, (int, Fraction)) or isinstance(step, bool) or not step:
        raise AskError("must be a number that is not zero, such as 0.1", "step")
    of = state.output(parameters)
    state.need_bound(of)
    targets = listed(state, of, {**parameters, "wrt": parameters.get("wrt", [n.name for n in state.leaves(of)])})
    graph = in_inputs(state, of)
    whole = graph.node(of).tree
    size = Number(abs(Fraction(step)), exact_decimal(abs(Fraction(step))) or "")
    signed = size if step > 0 else Number(-size.value, f"-{size.text}" if size.text else "")
    moves: list[dict[str, object]] = []
    demands: list[tuple[Tree, str]] = []
    for target in targets:
        name = target.wrt
        if not graph.is_leaf(name):
            raise AskError(f"{name} is no input and no weight: it cannot be changed by itself", "wrt")
        sign = "add" if step > 0 else "subtract"
        moved = substitute(whole, {name: apply(sign, Name(name), size)})
        change = apply("subtract", moved, whole)
        predicted = apply("multiply", target, size) if step > 0 else negate(apply("multiply", target, size))
        rate = simplified(closed_form(graph, local(graph, of, name)))
        kind, crossed = _kind(graph, of, name, signed)
        demands += crossed
        shown = rate if fits(rate, graph.scope) else target  # no room in a sentence: its own line comes next
        moves.append({
            "wrt": Name(name), "kind": kind, "dx": Name(_dx(name)), "target": target,
            "step": Supposed(Name(_dx(name)), "=", signed),
            "rate": chain(target, rate, Filled(rate), Value(target)),
            "predicted": chain(predicted, Filled(predicted), Value(predicted)),
            "actual": chain(change, Filled(change), Value(change)),
            "identity": _identity(graph, of, name, rate) if kind == "exact" else "",
            "meaning": Supposed(Name(f"d{of}"), "=" if kind == "exact" else "≈", _times(shown, Name(_dx(name)))),
        })  # fmt: skip
    numbers: tuple[tuple[Tree, Tree | Value], ...] = tuple((target, Value(target)) for target in targets)
    facts = {
        "of": Name(of), "moves": tuple(moves), "targets": targets, "lone": len(targets) == 1,
        "size": signed, "wrt": tuple(Name(t.wrt) for t in targets),
        "value": chain(Name(of), whole, Filled(whole), Value(Name(of))),
    }  # fmt: skip
    part = Part("sensitivity", {"of": of, "wrt": ", ".join(t.wrt for t in targets)}, Answer("values", numbers), facts)
    return state.show(*(("number", t) for t in targets)), replace(part, demands=tuple(demands))


def _dx(name: str) -> str:
    return f"d{name}"


def _times(rate: Tree, step: Name) -> Tree:
    if isinstance(rate, Number) and rate.value < 0:
        return negate(product((Number(-rate.value), step)))
    return product((rate, step))


def _moving(graph: Graph, name: str) -> tuple[Graph, Name]:
    """The graph with the step dx as one more leaf."""
    step = _dx(name)
    if step in graph:
        raise AskError(f"{step} would be the step of {name}, but it is a quantity of its own")
    return replace(graph, leaves=(*graph.leaves, step)), Name(step)


def _identity(graph: Graph, of: str, name: str, rate: Tree) -> object:
    """f(x + dx) − f(x) = ∂f/∂x dx for every dx."""
    moving, step = _moving(graph, name)
    whole = graph.node(of).tree
    change = apply("subtract", substitute(whole, {name: apply("add", Name(name), step)}), whole)
    return On(moving, {"line": chain(change, _times(rate, step))})


def _kind(graph: Graph, of: str, name: str, size: Number) -> tuple[str, list[tuple[Tree, str]]]:
    """exact where f is linear in x, piecewise where it is between kinks, else near; and what must stay positive."""
    whole = graph.resolved(graph.node(of).tree)
    kinks = [part for part in walk(whole) if isinstance(part, Apply) and part.operation in KINKED]
    kinks = [part for part in dict.fromkeys(kinks) if any(p == Name(name) for p in walk(part))]
    moving, step = _moving(graph, name)
    if not kinks:
        return ("exact" if _linear(moving, whole, name, step) else "near"), []
    if len(kinks) > MOST_KINKS or not all(_linear(moving, branch, name, step) for branch in _branches(whole, name)):
        return "near", []
    after = {name: apply("add", Name(name), size)}
    crossed: list[tuple[Tree, str]] = []
    for part in kinks:
        gap = apply("subtract", part.args[0], part.args[1] if part.operation in ("max", "absolute_error") else ZERO)
        crossed.append((apply("multiply", gap, substitute(gap, after)), ">"))
    return "piecewise", crossed


def _linear(moving: Graph, tree: Tree, name: str, step: Name) -> bool:
    """Whether a change of x by dx and then by dx again changes the tree by as much twice, whatever the numbers are."""
    once = substitute(tree, {name: apply("add", Name(name), step)})
    twice = substitute(tree, {name: total((Name(name), step, step))})
    gap = total((twice, negate(product((Number(Fraction(2)), once))), tree))
    return not certify.differs(moving, gap, ZERO)


def _branches(tree: Tree, name: str) -> Iterator[Tree]:
    """The tree on each side of each of its kinks in x."""
    if not isinstance(tree, Apply):
        yield tree
        return
    inner = [tuple(_branches(argument, name)) for argument in tree.args]
    for args in itertools.product(*inner):
        if tree.operation in KINKED and any(part == Name(name) for part in walk(tree)):
            yield from _sides(tree.operation, args)
        else:
            yield Apply(tree.operation, args, tree.slot)


def _sides(operation: str, args: tuple[Tree, ...]) -> Iterator[Tree]:
    if operation == "max":
        yield from args
    elif operation in ("abs", "absolute_error"):
        inner = args[0] if operation == "abs" else apply("subtract", *args)
        yield from (inner, negate(inner))
    elif operation == "elu":
        yield from (args[0], apply("exp", args[0]))
    elif operation == "sign":
        yield ZERO
    else:
        yield from (args[0], product((Number(Fraction(1, 100)), args[0])) if operation == "leaky_relu" else ZERO)
