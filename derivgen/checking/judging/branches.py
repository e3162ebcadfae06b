"""A network with kinks and numbers in; the network on the branches that these numbers take out, and their conditions.

On one branch max(x, y) is x, |x| is -x, and a ReLU is its argument or zero. Two sides that are equal there are equal
for all numbers of the branch: that they meet at one point is not enough.

>>> from derivgen.graph import Graph
>>> from derivgen.reading import read
>>> graph = Graph.of("m = max(x, y); f = m*abs(z)", ["x", "y", "z"])
>>> numbers = AtNumbers(World.of(graph), {"x": 2, "y": 1, "z": -1})
>>> left, right = (read(text, graph.scope) for text in ("df/dx", "-z"))
>>> conditions(World.of(graph), numbers, left, right, Clock())
['x > y', 'z < 0']
"""

from __future__ import annotations

import decimal
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from derivgen.checking.judging.deciding import COMPARING, AtNumbers, Clock, World, close
from derivgen.checking.judging.rounding import agreement, literal
from derivgen.checking.judging.vanishing import by_a_value, by_chance, says_zero
from derivgen.evaluation import EvaluationError, Real, evaluator, to_decimal
from derivgen.expression import ONE, ZERO, Apply, Name, Tree, substitute, total, transform, walk
from derivgen.lexing import Scope
from derivgen.operations import INDICATORS, KINKED, OPERATIONS
from derivgen.printing import plain
from derivgen.reading import read_row
from derivgen.written import write

MOST_TIES = 2  # kinks at which numbers lie, each tried on either side
MOST_KEPT = 32  # networks of single branches
_FAR = 10**9  # beyond any kink from a point that was drawn
MOST_DROPPED = 8  # conditions of which each is tried to be done without


def conditions(world: World, numbers: AtNumbers, truth: Tree, side: Tree, clock: Clock) -> list[str]:
    """What the numbers make of the kinks, where the sides are equal for all numbers like them; else nothing.

    A condition that they do not need is left out.
    """
    truth, side = (numbers.written_out(world.graph.spread(tree)) for tree in (truth, side))
    taken = _needed(world, _branches(world, numbers, (truth, side)), truth, side, clock)
    return list(dict.fromkeys(_said(part, larger, world.graph.scope) for part, (_, larger) in taken.items()))


def at_tie(world: World, numbers: AtNumbers, truth: Tree, side: Tree, clock: Clock) -> list[str]:
    """The same for numbers at a kink itself, which belong to the branches on both sides of it: z >= 0 or z <= 0."""
    truth, side = (numbers.written_out(world.graph.spread(tree)) for tree in (truth, side))
    around = _branches(world, numbers, (truth, side))
    ties = [part for part in _parts(world, numbers, (truth, side)) if part not in around and _is_tie(part, numbers)]
    gaps = list(dict.fromkeys(map(_compared, ties)))
    for sides in itertools.product((False, True), repeat=len(gaps)) if 0 < len(gaps) <= MOST_TIES else ():
        above = dict(zip(gaps, sides, strict=True))
        chosen = {part: (_resolved(part, numbers, 1 if above[_compared(part)] else -1), above[_compared(part)])
                  for part in ties}  # fmt: skip
        taken = {} if clock.over else _needed(world, {**around, **chosen}, truth, side, clock)
        if taken:
            return list(dict.fromkeys(_said(part, larger, world.graph.scope, "=" * (part in chosen))
                                      for part, (_, larger) in taken.items()))  # fmt: skip
    return []


def _needed(world: World, taken: dict[Apply, Branch], truth: Tree, side: Tree, clock: Clock) -> dict[Apply, Branch]:
    """Of these branches those without which the sides are not equal; none if they are not, or only by chance."""
    if not taken or not _equal(world, taken, truth, side, clock):
        return {}
    # Open ones stay where there is a choice: behind a closed one anything may be equal.
    for part in sorted(taken, key=lambda part: not says_zero(taken[part][0], world, clock))[:MOST_DROPPED]:
        fewer = {other: branch for other, branch in taken.items() if other != part}
        if not clock.over and _equal(world, fewer, truth, side, clock):
            taken = fewer
    return {} if _by_chance(world, taken, truth, side, clock) else taken


Branch = tuple[Tree, bool]  # what a part is there, and whether the first of what it compares is the larger


def _parts(world: World, numbers: AtNumbers, sides: Sequence[Tree]) -> list[Apply]:
    """Each part with a kink that the sides have a say in."""
    spoken = {name for side in sides for own in world.quantities(side) for name in world.graph.ancestors(own)}
    parts = [part for name, own in world.kinked.items() if name in spoken for part in own]
    parts += [part for side in sides for part in walk(side)
              if isinstance(part, Apply) and part.operation in COMPARING]  # fmt: skip
    return list(dict.fromkeys(parts))


def _branches(world: World, numbers: AtNumbers, sides: Sequence[Tree]) -> dict[Apply, Branch]:
    """These parts as they are at these numbers; none at a kink itself."""
    found: dict[Apply, Branch] = {}
    for part in _parts(world, numbers, sides):
        try:
            gap = numbers.value(Apply("subtract", _compared(part)))
            if gap:
                found[part] = _resolved(part, numbers), gap > 0
        except (EvaluationError, decimal.DecimalException):
            continue
    return found


def _is_tie(part: Apply, numbers: AtNumbers) -> bool:
    try:
        return not numbers.value(Apply("subtract", _compared(part)))
    except (EvaluationError, decimal.DecimalException):
        return False


def _compared(part: Apply) -> tuple[Tree, Tree]:
    """The two trees between which a kink is: x and y of max(x, y), z and 0 of ReLU(z)."""
    return (part.args[0], part.args[1]) if len(part.args) > 1 else (part.args[0], ZERO)


def _said(part: Apply, larger: bool, scope: Scope, equal: str = "") -> str:
    x, y = (plain(tree, scope) for tree in _compared(part))
    return f"{x} {'>' if larger else '<'}{equal} {y}"


def _resolved(part: Apply, numbers: AtNumbers, beside: int = 0) -> Tree:
    """A part without its own kink; those inside its arguments stay, since each is a condition of its own.

    At a kink it is what it is ``beside`` it, where the first of what it compares is larger or smaller.
    """
    row = OPERATIONS[part.operation]
    values = {name: numbers.value(argument) for name, argument in zip(row.arguments, part.args, strict=True)}
    values[row.arguments[0]] = to_decimal(values[row.arguments[0]]) + beside if beside else values[row.arguments[0]]
    own = Apply(row.name, tuple(map(Name, row.arguments)))
    return substitute(_smooth(own, values), dict(zip(row.arguments, part.args, strict=True)))


def _smooth(tree: Tree, values: Mapping[str, Real]) -> Tree:
    """Of a maximum the larger argument, plus nothing of the other, which it still depends on."""
    if not isinstance(tree, Apply):
        return tree
    if tree.operation in INDICATORS or tree.operation == "max":
        x, y = tree.args
        larger = evaluator(Apply("subtract", (x, y)), "left")(values) > 0
        if tree.operation == "max":
            kept, other = (x, y) if larger else (y, x)
            return total((kept, Apply("multiply", (ZERO, other))))
        return ONE if larger == (">" in INDICATORS[tree.operation]) else ZERO
    if tree.operation in COMPARING:
        row = OPERATIONS[tree.operation]
        meant = substitute(read_row(row.name, row.value), dict(zip(row.arguments, tree.args, strict=True)))
        return _smooth(meant, values)
    return replace(tree, args=tuple(_smooth(argument, values) for argument in tree.args))


def _equal(world: World, taken: Mapping[Apply, Branch], truth: Tree, side: Tree, clock: Clock) -> bool:
    """Whether the sides are equal on the network that has these branches only."""
    if not taken:
        return False
    there, change = _there(world, taken)
    return there.decide(change(truth), change(side), clock).equal is True


def _by_chance(world: World, taken: Mapping[Apply, Branch], truth: Tree, side: Tree, clock: Clock) -> bool:
    """Whether the sides are equal on these branches only because something is zero there."""
    there, change = _there(world, taken)

    def called(part: Tree) -> Tree | None:
        """A value by the name of its node: ReLU(z) is h, and no gate."""
        if not isinstance(part, Apply) or part not in taken or part.operation in INDICATORS:
            return None
        return next((Name(n) for n in world.kinked if world.decide(Name(n), part, clock).equal), None)

    return by_chance(world, there, truth, transform(side, called), clock, change)


def zero_by_a_value(world: World, numbers: AtNumbers, truth: Tree, side: Tree, clock: Clock) -> bool:
    """Whether a side with numbers in it is zero by the value of a dead ReLU, where the truth is by its derivative."""
    truth, side = (numbers.written_out(world.graph.spread(tree)) for tree in (truth, side))
    taken = _branches(world, numbers, (truth, side))
    closed = {part: branch for part, branch in taken.items() if says_zero(branch[0], world, clock)}
    if not closed:
        return False
    there, change = _there(world, closed)
    pairs = zip(world.cells(truth)[1], world.cells(side)[1], strict=True)
    return any(by_a_value(there, change(true), change(own), clock) for true, own in pairs)


def _there(world: World, taken: Mapping[Apply, Branch]) -> tuple[World, Callable[[Tree], Tree]]:
    """The network that has these branches only, and what a tree is there."""

    def change(part: Tree) -> Tree | None:
        return transform(taken[part][0], change) if isinstance(part, Apply) and part in taken else None

    kept: dict[object, World] = world.kept.setdefault("branches", {})
    key = tuple(taken.items())
    if key not in kept:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[key] = _world_there(world, change)
    return kept[key], lambda tree: transform(tree, change)


def _world_there(world: World, change: Callable[[Tree], Tree | None]) -> World:
    graph = world.graph
    nodes = tuple(
        replace(node, tree=transform(graph.resolved(node.tree), change)) if node.name in world.kinked else node
        for node in graph.nodes
    )
    there = replace(graph, nodes=nodes, stated=())
    claims = tuple((token, transform(tree, change)) for token, tree in (*world.slopes.items(), *world.adjoints.items()))
    return World(there, claims) if claims else World.of(there)


def on_branch(world: World, numbers: AtNumbers, sides: Sequence[Tree]) -> tuple[World, Callable[[Tree], Tree]] | None:
    """The network on the branches that the numbers take, and what a tree is there; None if it has no kink there."""

    def out(tree: Tree) -> Tree:
        return numbers.written_out(world.graph.spread(tree))

    taken = _branches(world, numbers, [out(side) for side in sides])
    if not taken:
        return None
    there, change = _there(world, taken)
    return there, lambda tree: change(out(tree))


def taken_to(world: World, gap: tuple[Tree, Tree], *, larger: bool) -> dict[Apply, Branch]:
    """The parts with a kink where the two trees of a gap are equal, as they are where the first is larger, or not."""
    parts = dict.fromkeys(part for own in world.kinked.values() for part in own)
    point = next(iter(world.points), None)
    found: dict[Apply, Branch] = {}
    for part in parts if point is not None else ():
        compared = tuple(map(world.graph.resolved, _compared(part)))
        for own, above in ((gap, larger), (gap[::-1], not larger)):
            if compared == own and point is not None:
                found[part] = _resolved(part, point, _FAR if above else -_FAR), above
    return found


def equal_there(world: World, taken: dict[Apply, Branch], truth: Tree, side: Tree, clock: Clock) -> bool | None:
    """Whether two sides are equal on these branches; None if that cannot be told, or they are so by chance."""
    there, change = _there(world, taken)
    truth, side = (next(iter(world.points)).written_out(world.graph.spread(tree)) for tree in (truth, side))
    equal = there.decide(change(truth), change(side), clock).equal
    return None if equal and _by_chance(world, taken, truth, side, clock) else equal


def convention(world: World, truth: Tree, side: Tree, clock: Clock) -> str:
    """What a side takes the derivative at a kink to be, where the network leaves it open: ReLU'(0) = 0.

    That 1[z > 0] is ReLU'(h) with h = ReLU(z) is so by the left-hand derivative alone, since h is 0 wherever z is less.
    """
    graph = world.given_graph
    parts = (part for part in walk(graph.resolved(graph.spread(side))) if isinstance(part, Apply) and part.slot)
    primed = [part for part in parts if part.operation in KINKED and len(part.args) == 1]
    if graph.kinks != "forbid" or not primed:
        return ""
    if World.of(replace(graph, kinks="right")).decide(truth, side, clock).equal:
        return ""
    row = OPERATIONS[primed[0].operation]
    at_zero = evaluator(read_row(row.name, row.local[0]), "left")({row.arguments[0]: Fraction(0)})
    return f"{plain(replace(primed[0], args=(ZERO,)), graph.scope)} = {write(at_zero, 9)[0]}"


def open_at_kink(world: World, numbers: AtNumbers, cells: Sequence[Tree]) -> bool:
    """Whether the numbers lie at a kink and the values hang on what counts there, which the network leaves open."""
    if world.given_graph.kinks != "forbid" or not world.kinked:
        return False
    other = AtNumbers(World.of(replace(world.given_graph, kinks="right")), numbers.leaves)
    try:
        return not all(close(numbers.value(cell), other.value(cell)) for cell in cells)
    except (EvaluationError, decimal.DecimalException):
        return False


def misfilled(before: Tree, tree: Tree, state: AtNumbers) -> str:
    """The number that a comparison has in place of its quantity's, 1[3 > 0] for 1[z > 0] at z = 2; empty if none has.

    What the sides come to does not tell: either gate is open.
    """
    asked, own = _comparisons(before), _comparisons(tree)
    for side in range(2) if len(asked) == len(own) else ():
        try:
            values = [state.value(part.args[side]) for part in asked]
        except (EvaluationError, decimal.DecimalException):
            return ""
        for part in own:
            shown = literal(part.args[side])
            if shown is not None and not any(agreement(shown, value) for value in values):
                return write(shown.value, 9)[0]
    return ""


def _comparisons(tree: Tree) -> list[Apply]:
    found = (part for part in walk(tree) if isinstance(part, Apply))
    return [part for part in found if part.operation in INDICATORS or part.operation == "max"]
