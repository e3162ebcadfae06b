"""Two assignments that agree on what is known and differ in the target: the proof that it is not enough.

All numbers begin as 1. Then single quantities are changed, set to 0 or turned round in sign. One layer's unknown
weights (or the inputs) are moved along a direction in which nothing known changes: with the ReLUs kept as they are,
every value and derivative is affine in one layer's weights, so that such directions are found by elimination. Or what
leads into a node, or a whole layer's weights, is turned round or scaled, and something else with it. Whatever is found
is evaluated anew, with every ReLU free, and made as simple as it will be.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from derivgen import certify
from derivgen.derivation import branch, local_derivatives
from derivgen.draws import Draws
from derivgen.evaluation import EvaluationError, Numbers
from derivgen.expression import Apply, Name, Number, Partial, Tree, substitute, walk
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.operations import OPERATIONS
from derivgen.reading import read_row
from derivgen.sufficiency.closure import Quantity, biases_of, node_of

Real = Any  # int, float or Fraction
Leaves = dict[str, Real]
SAME, FAR, SMALL = 1e-9, 1e-3, 1e-4  # numbers with e^x that may be the same, and are far enough apart
MOST_PROOFS = 60  # that such numbers are the same: it takes long
MOST_BASES, MOST_SCALED = 40, 8
MOST_WORK = 500_000  # pairs tried, times the leaves of the network
STEPS: tuple[Real, ...] = (1, -1, 2, -2, 3, Fraction(1, 2), Fraction(-1, 2), Fraction(1, 4), Fraction(-1, 4))
GATED = ("relu", "leaky_relu")


@dataclass(frozen=True)
class Witness:
    """Two assignments of the leaves: (name, its number in the one, in the other)."""

    leaves: tuple[tuple[str, Fraction, Fraction], ...]


class Machine:
    """A network's values and derivatives at numbers of its leaves, with the ReLUs free or kept as they were."""

    def __init__(self, network: Network, wanted: Collection[Quantity]) -> None:
        self.graph = graph = network.graph
        self.wanted = tuple(wanted)
        needed = frozenset[str]().union(*(graph.ancestors(node_of(quantity)) for quantity in wanted))
        self.leaves = tuple(name for name in graph.leaves if name in needed and name not in dict(network.fixed))
        self.fixed: Leaves = {name: int(value) for name, value in network.fixed if name in needed}
        trees = {node.name: graph.resolved(node.tree) for node in graph.nodes if node.name in needed}
        self.exact = all(map(_is_exact, trees.values()))
        self.nodes = [
            (name, _gate(graph, graph.node(name).tree), _compiled(tree, graph.kinks, self.exact))
            for name, tree in trees.items()
        ]
        self.right, self.proofs = graph.kinks == "right", 0
        plain = Graph(graph.leaves, graph.nodes, graph.functions, graph.bindings, graph.kinks)
        self.slopes = {
            name: [
                (parent, _compiled(plain.resolved(form), graph.kinks, self.exact))
                for parent, form in local_derivatives(plain, name).items()
            ]
            for name in trees
        }
        self.of = tuple(dict.fromkeys(q.of for q in wanted if isinstance(q, Partial)))

    def run(self, leaves: Mapping[str, Real], gates: Mapping[str, bool] | None = None) -> dict[Quantity, Real]:
        """The wanted quantities; with ``gates``, each ReLU on or off as these say."""
        values, on = self._forward(leaves, gates)
        found: dict[Quantity, Real] = {}
        adjoints: dict[str, dict[str, Real]] = {}
        for of in self.of:
            sums: dict[str, Real] = {of: 1}
            for name, gated, _ in reversed(self.nodes):
                above = sums.get(name, 0)
                if not above:
                    continue
                if gated:
                    z, leak = gated
                    sums[z] = sums.get(z, 0) + (above if on[name] else above * leak)
                    continue
                for parent, slope in self.slopes[name]:
                    sums[parent] = sums.get(parent, 0) + above * slope(values)
            adjoints[of] = sums
        for quantity in self.wanted:
            found[quantity] = (
                values[quantity.name] if isinstance(quantity, Name) else adjoints[quantity.of].get(quantity.wrt, 0)
            )
        return found

    def gates(self, leaves: Mapping[str, Real]) -> Mapping[str, bool]:
        """Which ReLUs are on."""
        return self._forward(leaves)[1]

    def _forward(
        self, leaves: Mapping[str, Real], gates: Mapping[str, bool] | None = None
    ) -> tuple[dict[str, Real], Mapping[str, bool]]:
        """The values of all nodes, and which ReLUs are on: as ``gates`` say, or as their inputs do."""
        values: dict[str, Real] = {**self.fixed, **leaves}
        on: dict[str, bool] = {}
        for name, gated, function in self.nodes:
            if not gated:
                values[name] = function(values)
                continue
            z, leak = gated
            on[name] = bool(values[z] >= 0 if self.right else values[z] > 0) if gates is None else gates[name]
            values[name] = values[z] if on[name] else leak * values[z]
        return values, on


def _gate(graph: Graph, tree: Tree) -> tuple[str, Real] | None:
    """What flows into a (leaky) ReLU and its slope below 0."""
    if isinstance(tree, Apply) and len(tree.args) == 1 and isinstance(tree.args[0], Name):
        operation = graph.operation(tree.operation)
        if operation in GATED:
            return tree.args[0].name, 0 if operation == "relu" else Fraction(1, 100)
    return None


_Function = Callable[[Mapping[str, Any]], Any]
_PYTHON: dict[str, Callable[..., Any]] = {
    "add": lambda *terms: sum(terms), "multiply": lambda *factors: math.prod(factors), "subtract": operator.sub,
    "negate": operator.neg, "divide": lambda x, y: _divided(x, y), "reciprocal": lambda x: _divided(1, x),
    "power": lambda x, n: x ** int(n) if n >= 0 else _divided(1, x ** -int(n)), "exp": math.exp, "log": math.log,
    "floor": math.floor, "max": max, "above": operator.gt, "below": operator.le, "above_or_equal": operator.ge,
    "strictly_below": operator.lt,
}  # fmt: skip


@lru_cache(maxsize=1024)
def _is_exact(tree: Tree) -> bool:
    """Whether a tree of fractions comes to a fraction: no e^x and no logarithm is in it."""
    for part in walk(tree):
        if isinstance(part, Apply) and part.operation in OPERATIONS:
            meaning = OPERATIONS[part.operation].value
            if part.operation in ("exp", "log") or (meaning and not _is_exact(read_row(part.operation, meaning))):
                return False
    return True


def _compiled(tree: Tree, kinks: str, exact: bool) -> _Function:
    """The tree as a function of Python's numbers; where it can be ``exact``, fractions stay fractions."""
    if isinstance(tree, Number):
        part = tree.value if exact else float(tree.value)
        value = int(tree.value) if tree.value.denominator == 1 else part
        return lambda values: value
    if isinstance(tree, Name):
        return operator.itemgetter(tree.name)
    assert isinstance(tree, Apply)
    function = _PYTHON.get(tree.operation)
    if function is None:
        row = OPERATIONS[tree.operation]  # g(z), or g'(z) where a local derivative is too long to be written out
        meaning = branch(read_row(row.name, row.local[tree.slot - 1] if tree.slot else row.value), kinks)
        return _compiled(substitute(meaning, dict(zip(row.arguments, tree.args, strict=True))), kinks, exact)
    args = [_compiled(argument, kinks, exact) for argument in tree.args]
    if len(args) == 2:
        first, second = args
        return lambda values: function(first(values), second(values))
    return lambda values: function(*(argument(values) for argument in args))


def _divided(x: Any, y: Any) -> Any:
    return x / y if isinstance(x, float) or isinstance(y, float) else Fraction(x) / y


def find(network: Network, target: Quantity, known: Collection[Quantity]) -> Witness | None:
    """Two assignments that agree on all that is known and differ in the target; None if none is found."""
    machine = Machine(network, (*known, target))
    free = tuple(name for name in machine.leaves if Name(name) not in known)
    tried = itertools.islice(_tried(network, machine, free, target, known), MOST_WORK // max(len(machine.leaves), 1))
    for base, other in tried:
        if machine.proofs > MOST_PROOFS:
            break
        if _shows(machine, base, other, target, known):
            return _simplest(machine, base, other, target, known)
    return None


def _tried(
    network: Network, machine: Machine, free: Sequence[str], target: Quantity, known: Collection[Quantity]
) -> Iterator[tuple[Leaves, Leaves]]:
    """Pairs of assignments, the simplest first."""
    groups = [group for group in _groups(network, free) if group]
    bundles = _bundles(network, groups, free)
    for number, base in enumerate(_bases(machine)):
        moved = _along(machine, base, groups, target, known)
        scaled = _scaled(base, bundles, len(groups)) if number < MOST_SCALED else ()
        for other in itertools.chain(_single(base, free), moved, scaled):
            yield base, other


def _shows(machine: Machine, one: Leaves, other: Leaves, target: Quantity, known: Collection[Quantity]) -> bool:
    """Whether two assignments agree on all that is known and differ in the target."""
    try:
        first, second = machine.run(one), machine.run(other)
    except (ArithmeticError, ValueError):
        return False
    if not all(map(math.isfinite, (*first.values(), *second.values()))):
        return False
    if not all(_same(first[q], second[q]) for q in known) or _same(first[target], second[target], FAR):
        return False
    if machine.exact:
        return True
    machine.proofs += 1
    if machine.proofs > MOST_PROOFS:
        return False
    sides = [{n: Fraction(v) for n, v in {**machine.fixed, **side}.items()} for side in (one, other)]
    try:  # floats are close wherever a function is saturated, and some numbers cannot be printed
        for side in sides:
            numbers = Numbers(machine.graph, side)
            for tree in (*machine.wanted, *(Name(name) for name, *_ in machine.nodes)):
                numbers.value(tree)
    except EvaluationError:
        return False
    return certify.alike(machine.graph, sides, known)


def _same(x: Real, y: Real, tolerance: float = SAME) -> bool:
    if isinstance(x, float) or isinstance(y, float):
        return bool(abs(x - y) <= tolerance * max(abs(x), abs(y), SMALL))
    return bool(x == y)


def _bases(machine: Machine) -> Iterator[Leaves]:
    """Assignments to begin from: all 1, then more and more of other small numbers, the same ones every time."""
    ones: Leaves = dict.fromkeys(machine.leaves, 1)
    yield ones
    draws = Draws("witness")
    for number in range(1, MOST_BASES):
        own = draws.within(str(number))
        choices = (1, 1, 1, 0, -1, 2) if number % 2 else (1, 0, -1, 2, -2, 3)
        yield {name: own.choice(name, choices) for name in machine.leaves}


def _single(base: Leaves, free: Sequence[str]) -> Iterator[Leaves]:
    """One unknown changed: by a little, to 0, or in its sign."""
    for name in free:
        for value in dict.fromkeys((base[name] + 1, 0, -base[name], base[name] - 1)):
            if value != base[name]:
                yield {**base, name: value}


def _scaled(base: Leaves, bundles: Sequence[Sequence[str]], groups: int) -> Iterator[Leaves]:
    """Two bundles turned round in sign, or one twice and the other half as large; three whole groups turned round."""

    def times(*factors: tuple[Sequence[str], Real]) -> Leaves:
        moved = dict(base)
        for bundle, factor in factors:
            moved |= {name: whole(factor * moved[name]) for name in bundle}
        return moved

    half = Fraction(1, 2)
    for one, other in itertools.combinations(bundles, 2):
        yield times((one, -1), (other, -1))
        yield times((one, 2), (other, half))
        yield times((one, half), (other, 2))
    for three in itertools.combinations(bundles[:groups], 3):
        yield times(*((bundle, -1) for bundle in three))


def _bundles(network: Network, groups: list[list[str]], free: Sequence[str]) -> list[list[str]]:
    """Unknowns that may be scaled together: whole groups, what leads into or out of a node, single ones."""
    graph = network.graph
    found = [*groups]
    for layer in network.layers:
        for z, a in zip(layer.pre[0], layer.post[0][-layer.size :], strict=True):
            into = [name for name in graph.parents(z) if name in free]
            out = [name for user in graph.consumers[a] for name in _beside(graph, user, a) if name in free]
            found += [into, out]
    found += [[name] for name in free]
    return [list(bundle) for bundle in dict.fromkeys(map(tuple, found)) if bundle]


def _beside(graph: Graph, z: str, a: str) -> list[str]:
    """The weights that a node's output is multiplied by on its way into z."""
    tree = graph.node(z).tree
    terms = tree.args if isinstance(tree, Apply) and tree.operation == "add" else (tree,)
    return [
        factor.name for term in terms if isinstance(term, Apply) and Name(a) in term.args
        for factor in term.args if isinstance(factor, Name) and factor.name != a
    ]  # fmt: skip


def _groups(network: Network, free: Sequence[str]) -> list[list[str]]:
    """The unknowns layer by layer, the inputs first, then the targets: values are affine in each of these groups."""
    rows = [list(network.inputs)]
    for layer in network.layers:
        rows.append([*(w for row in layer.weights for w in row), *biases_of(network, layer)])
    rows.append(list(network.targets))
    return [[name for name in dict.fromkeys(row) if name in free] for row in rows]


def _along(
    machine: Machine, base: Leaves, groups: list[list[str]], target: Quantity, known: Collection[Quantity]
) -> Iterator[Leaves]:
    """The base moved in one group, along what leaves everything known as it is and changes the target."""
    if not machine.exact:  # values are affine in a layer's weights only where every function is
        return
    gates = machine.gates(base)
    here = machine.run(base, gates)
    for group in groups:
        columns: list[dict[Quantity, Fraction]] = []
        for name in group:
            there = machine.run({**base, name: base[name] + 1}, gates)
            columns.append({q: Fraction(there[q]) - Fraction(here[q]) for q in machine.wanted})
        for direction in kernel([[column[q] for column in columns] for q in known], len(group)):
            if sum(step * column[target] for step, column in zip(direction, columns, strict=True)):
                for length in STEPS:
                    moved = (whole(base[n] + length * step) for n, step in zip(group, direction, strict=True))
                    yield {**base, **dict(zip(group, moved, strict=True))}


def whole(value: Real) -> Real:
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


def kernel(rows: Sequence[Sequence[Fraction]], width: int) -> list[list[Fraction]]:
    """A basis of the vectors that all rows send to 0, whole numbers as small as they can be, by elimination."""
    left = [list(row) for row in rows if any(row)]
    pivots: list[tuple[int, list[Fraction]]] = []
    for at in range(width):
        row = next((row for row in left if row[at]), None)
        if row is None:
            continue
        left.remove(row)
        row = [entry / row[at] for entry in row]
        left = [[a - other[at] * b for a, b in zip(other, row, strict=True)] for other in left]
        left = [other for other in left if any(other)]
        pivots = [(k, [a - own[at] * b for a, b in zip(own, row, strict=True)]) for k, own in pivots]
        pivots.append((at, row))
    taken = {at for at, _ in pivots}
    basis = []
    for free in (at for at in range(width) if at not in taken):
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for at, row in pivots:
            vector[at] = -row[free]
        scale = math.lcm(*(entry.denominator for entry in vector))
        basis.append([entry * scale for entry in vector])
    return basis


def _simplest(
    machine: Machine, one: Leaves, other: Leaves, target: Quantity, known: Collection[Quantity]
) -> Witness:
    """The same with as many numbers 1 as can be, and as few that differ."""
    for name in machine.leaves:
        for value in (1, 0):
            if one[name] == other[name] == value:
                break
            first, second = {**one, name: value}, {**other, name: value}
            if _shows(machine, first, second, target, known):
                one, other = first, second
                break
    return Witness(tuple((name, Fraction(one[name]), Fraction(other[name])) for name in machine.leaves))
