"""Sides that are equal where something is zero in; whether one says why it is, or is equal by chance, out.

Behind a dead ReLU every derivative is zero, and so is everything that has the ReLU's value as a factor: that h x is
∂L/∂w there explains nothing. What an instructor accepts is 0, a product with 0 in it or with the closed gate.

>>> open_, closed = (Graph.of(f"h = {value}; L = (h - y)^2", ["z", "y"]) for value in ("relu(z)", "0*z"))
>>> for text in ("h*z", "2*(h - y)*0"):
...     by_chance(World.of(open_), World.of(closed), Partial("L", "z"), read(text, open_.scope), Clock())
True
False
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from derivgen.checking.judging.deciding import Clock, World, read
from derivgen.errors import CertificateError
from derivgen.expression import ZERO, Apply, Name, Number, Partial, Tree, names, substitute
from derivgen.graph import Graph

__all__ = ["by_a_value", "by_chance", "read", "says_zero"]

_ALL = ("add", "subtract", "negate", "matrix", "row", "transpose")  # zero where each of their arguments is


def by_chance(
    world: World, there: World, truth: Tree, side: Tree, clock: Clock,
    change: Callable[[Tree], Tree] = lambda tree: tree,
) -> bool:  # fmt: skip
    """Whether a side of ``world`` is equal to the truth ``there`` only because something is zero in both.

    ``change`` makes of a tree what it is there.
    """
    try:
        pairs = list(zip(world.cells(truth)[1], world.cells(side)[1], strict=True))
    except (CertificateError, ValueError):
        return True
    for pair in pairs:
        if world.decide(*pair, clock, real=False).equal:
            continue
        true, own = map(change, pair)
        if (_zero(there, true, clock) and not says_zero(own, there, clock)) or _borrowed(there, true, own, clock):
            return True
    return False


def by_a_value(there: World, truth: Tree, side: Tree, clock: Clock) -> bool:
    """Whether numbers stand in a side, and it is zero by a value though the truth is zero whatever that value is."""
    inner = [name for name in names(side) if name in there.graph and not there.graph.is_leaf(name)]
    free = there
    for name in (name for name in inner if _zero(there, Name(name), clock)):
        free = _apart(free.graph, name)
    return _zero(free, truth, clock) and not says_zero(side, free, clock, chained=True)


def says_zero(side: Tree, there: World, clock: Clock, *, chained: bool = False) -> bool:
    """Whether a side is zero by what stands in it: 0, the derivative of a ReLU that is closed there.

    ``chained`` counts any derivative that is zero, with what else it is multiplied by as numbers.
    """
    if isinstance(side, Number):
        return side.value == 0
    if isinstance(side, Partial):
        return (chained or _is_local(there.graph, side)) and _zero(there, side, clock)
    if isinstance(side, Name):
        return side.name in there.graph and not there.graph.is_leaf(side.name) and _zero(there, side, clock)
    if not isinstance(side, Apply):
        return False
    if side.slot:
        return _zero(there, side, clock)
    parts = (says_zero(argument, there, clock, chained=chained) for argument in side.args)
    if side.operation in ("multiply", "hadamard"):
        return any(parts)
    if side.operation in ("divide", "power"):
        return next(parts)
    return side.operation in _ALL and all(parts)


def _is_local(graph: Graph, partial: Partial) -> bool:
    """Whether a derivative is one of a node by what stands in its equation, as that of a ReLU that is closed."""
    return partial.of in graph and not graph.is_leaf(partial.of) and partial.wrt in graph.parents(partial.of)


def _zero(there: World, tree: Tree, clock: Clock) -> bool:
    return there.decide(tree, ZERO, clock, real=False).equal is True


def _borrowed(there: World, truth: Tree, side: Tree, clock: Clock) -> bool:
    """Whether a side names a quantity that is zero there, and would be wrong if that were anything else."""
    inner = (name for name in names(side) if name in there.graph and not there.graph.is_leaf(name))
    for name in [name for name in inner if _zero(there, Name(name), clock)]:
        free = _apart(there.graph, name)
        right = free.decide(truth, side, clock, real=False).equal
        if not right and not free.decide(side, substitute(side, {name: ZERO}), clock, real=False).equal:
            return True
    return False


def _apart(graph: Graph, name: str) -> World:
    """The network in which a quantity may be anything, whatever comes into it."""
    nodes = tuple(node for node in graph.nodes if node.name != name)
    return World.of(replace(graph, leaves=(*graph.leaves, name), nodes=nodes, stated=()))
