"""Two trees and a network in; whether they are equal out, and if not, numbers at which they differ.

Every quantity and every derivative has its true value on the graph, so that a forgotten path shows. First modulo
p = 2^61 − 1: leaves are random residues, e^x and log x free ones that keep their laws, a ReLU a gate times its
argument with the gates' patterns tried in turn (all of them up to 16, beyond that a sample in which each is open and
closed: ``Decision.sampled``). Two different rational functions of degree d agree at a random point with a probability
of at most d/p (Schwartz 1980, Zippel 1979): below 10^-15 for d below a thousand. What is refused there is tried at
real points, to 100 digits, on both sides of every kink: residues do not know that log(xy) is log x + log y. Where
these differ, they are the witness.

>>> world = World.of(Graph.of("z = w*x; a = sigmoid(z); L = (a - y)^2", ["w", "x", "y"]))
>>> world.decide(Partial("L", "z"), read("2*(a - y)*(a - a^2)", world.graph.scope)).equal
True
>>> decision = world.decide(Partial("L", "z"), read("2*(a - y)*x", world.graph.scope))
>>> decision.equal, [f"{value:.4f}" for value in map(float, decision.values)]
(False, ['0.0535', '0.1936'])
"""

from __future__ import annotations

import contextlib
import decimal
import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

from derivgen import certify
from derivgen.certify import PRIME, Residues, UnluckyError
from derivgen.checking.judging.fitting import misfit, size
from derivgen.derivation import branch, local_derivatives, local_partial
from derivgen.errors import CertificateError
from derivgen.evaluation import EvaluationError, Numbers, Real, to_decimal
from derivgen.expression import ZERO, Apply, Name, Number, Partial, Tree, matrix, names, substitute, transform, walk
from derivgen.graph import Graph, GraphError, Node, in_order
from derivgen.operations import INDICATORS, OPERATIONS
from derivgen.reading import read, read_row

__all__ = ["AtNumbers", "Clock", "Decision", "World", "close", "read"]

MOST_PATTERNS = 16  # of open and closed gates
SAMPLE = 32  # patterns of more gates
FEWEST_MODELS = 4
MOST_READINGS = 4  # tokens that may be meant as local derivatives, each of which is tried either way
POINTS, MOST_DRAWS = 4, 120
MOST_TIMES = 8  # that a column is multiplied by itself entry by entry
MOST_FURTHER = 60  # points for a side that compares something of its own
COMPARING = frozenset((*INDICATORS, "max", "abs", "relu", "leaky_relu", "elu", "sign", "absolute_error"))
_TOLERANCE = Decimal(10) ** -30
_STAND_INS = {1: ("swish", "tanh", "softplus", "sigmoid"), 2: ("squared_error", "binary_cross_entropy")}


class Clock:
    """The time that a line may take."""

    def __init__(self, seconds: float = 2.0) -> None:
        self.end = time.monotonic() + seconds

    @property
    def over(self) -> bool:
        return time.monotonic() > self.end


@dataclass(frozen=True)
class Decision:
    """Whether two trees are equal; None if that cannot be told, for the ``problem`` given.

    ``values`` are the two at ``point``, numbers of the leaves at which they differ.
    """

    equal: bool | None
    sampled: bool = False
    point: Mapping[Any, Real] = field(default_factory=dict)
    values: tuple[Real, ...] = ()
    problem: str = ""


# --- the models -------------------------------------------------------------------------------------------------


class Model(Residues):
    """Residues whose derivatives are those of one sweep back from the output: Σ ∂of/∂consumer · ∂consumer/∂v."""

    def __init__(self, world: World, salt: int, off: frozenset[int]) -> None:
        super().__init__(world.graph, salt, off)
        self.world, self.own = world, sum(map(len, world.kinked.values()))
        self.adjoints: dict[str, dict[str, int]] = {}
        self.slopes: dict[tuple[str, str], int] = {}
        self.sizes: tuple[int, ...] = ()
        self.met = 0

    def closed(self, kink: int) -> bool:
        """A gate that is no kink of the network, but of a line, is open or closed whatever the network's are."""
        return super().closed(kink) if kink < self.own else bool(certify.pseudorandom("gate", self.salt, kink) & 1)

    def derivative(self, partial: Partial) -> int:
        edge = (partial.of, partial.wrt)
        if partial.held and not self.graph.is_leaf(partial.of) and partial.wrt in self.graph.parents(partial.of):
            return self.slope(*edge)
        return super().derivative(partial) if partial.held else self._adjoints(partial.of).get(partial.wrt, 0)

    def slope(self, name: str, parent: str) -> int:
        """A local derivative, as the world has it."""
        if (name, parent) not in self.slopes:
            claimed = self.world.slopes.get(Partial(name, parent))
            tree = local_derivatives(self.graph, name)[parent] if claimed is None else claimed
            if claimed is None and isinstance(tree, Partial):  # of an abstract function: there is nothing more to say
                value = super().derivative(Partial(name, parent, tuple(set(self.graph.parents(name)) - {parent})))
            else:
                value = self.value(tree)
            self.slopes[name, parent] = value
        return self.slopes[name, parent]

    def _adjoints(self, of: str) -> dict[str, int]:
        if of not in self.adjoints:
            found = self.adjoints[of] = {of: 1}  # a claimed derivative may speak of those nearer the output
            reach = self.graph.ancestors(of)
            for name in (*(node.name for node in reversed(self.graph.nodes)), *self.graph.leaves):
                if name not in found or (name not in reach):
                    continue
                if (claimed := self.world.adjoints.get(Partial(of, name))) is not None:
                    found[name] = self.value(claimed)
                for parent in self.graph.parents(name):
                    found[parent] = (found.get(parent, 0) + found[name] * self.slope(name, parent)) % PRIME
        return self.adjoints[of]

    def value(self, tree: Tree) -> int:
        if () not in self.passes:
            self.passes[()] = self._forward()
            self.forget()
        return super().value(tree)

    def forget(self) -> None:
        """Drop the gates and powers that single lines have added, so that a long work does not slow down."""
        kept = (self.gates, self.exps, self.roots, self.logs)
        if self.sizes:
            for table, size in zip(kept, self.sizes, strict=True):
                while len(table) > size:
                    table.popitem()
            self.kinks = self.met
        elif () in self.passes:
            self.sizes, self.met = tuple(map(len, kept)), self.kinks


class AtNumbers(Numbers):
    """The numbers of a world, to 100 digits; ``bound`` says what abstract functions stand for there."""

    def __init__(
        self, world: World, given: Mapping[Any, Real], taken: frozenset[str] = frozenset(),
        bound: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        graph = world.given_graph.bind(bound) if bound else world.given_graph
        if graph.kinks == "forbid":  # no point lies at a kink of the network's; 1[a > 0] at a closed ReLU is 0
            graph = replace(graph, kinks="left")
        super().__init__(graph, given, taken=taken)
        self.bound = tuple((bound or {}).items())
        self.world, self.leaves, self._under_way = world, dict(given), set[Partial]()

    def value(self, tree: Tree) -> Real:
        return super().value(self.written_out(tree))

    def written_out(self, tree: Tree) -> Tree:
        """The tree with every function as an operation of the table, and g'(z) in the table's form."""
        return _slopes_written_out(self.graph.resolved(tree), self.graph.kinks)

    def _local(self, graph: Graph, name: str, parent: str) -> Real:
        if parent not in graph.sources(name):
            raise EvaluationError(f"{name} does not depend on {parent} directly")
        claimed = self.world.slopes.get(Partial(name, parent))
        return super()._local(graph, name, parent) if claimed is None else self.value(claimed)

    def _total(self, partial: Partial) -> Real:
        for claim, tree in self.world.adjoints.items():  # in the order back from the output
            if claim.of == partial.of and claim not in self and claim not in self._under_way:
                self._under_way.add(claim)
                self[claim] = self.value(tree)
        return super()._total(partial) if partial not in self else self[partial]


def _slopes_written_out(tree: Tree, kinks: str) -> Tree:
    """The tree with g'(z) of the table's functions in the table's form."""

    def change(part: Tree) -> Tree | None:
        if not isinstance(part, Apply) or not part.slot or part.operation not in OPERATIONS:
            return None
        row = OPERATIONS[part.operation]
        args = [_slopes_written_out(argument, kinks) for argument in part.args]
        form = branch(read_row(row.name, row.local[part.slot - 1]), kinks)
        return substitute(form, dict(zip(row.arguments, args, strict=True)))

    return transform(tree, change)


def close(x: Real, y: Real) -> bool:
    """Equal but for the last of a hundred digits."""
    a, b = to_decimal(x), to_decimal(y)
    return abs(a - b) <= _TOLERANCE * max(abs(a), abs(b), _TOLERANCE)


# --- the world ----------------------------------------------------------------------------------------------------

Claims = tuple[tuple[Tree, Tree], ...]  # a quantity or derivative, and what somebody says that it is


class _Kept(Iterable[AtNumbers]):
    """What an iterator gives, as often as it is asked for, and drawn only as far as somebody went."""

    def __init__(self, source: Iterator[AtNumbers]) -> None:
        self.source, self.kept = source, list[AtNumbers]()

    def __iter__(self) -> Iterator[AtNumbers]:
        for i in itertools.count():
            if i == len(self.kept):
                following = next(self.source, None)
                if following is None:
                    return
                self.kept.append(following)
            yield self.kept[i]


class World:
    """The graph as it is, or as it would be if certain wrong claims were true."""

    def __init__(self, graph: Graph, claims: Claims = ()) -> None:
        self.slopes: dict[Partial, Tree] = {}
        self.adjoints: dict[Partial, Tree] = {}
        self.kept: dict[object, Any] = {}  # what others have worked out on this world and will ask for again
        bare = replace(graph, stated=()) if graph.stated else graph
        for token, tree in claims:
            if isinstance(token, Name):
                bare = _with_equation(bare, token.name, tree)
            elif isinstance(token, Partial) and not token.held and token in self._edges(bare):
                self.slopes[token] = tree
            elif isinstance(token, Partial) and not token.held:
                self.adjoints[token] = tree
        order = {node.name: i for i, node in enumerate(bare.nodes)}
        self.adjoints = dict(sorted(self.adjoints.items(), key=lambda row: -order.get(row[0].wrt, -1)))
        self.graph = bare
        self.given_graph = bare if claims else graph

    @staticmethod
    def of(graph: Graph) -> World:
        """The true world, with its models kept for the next work on the same network."""
        return _true_world(graph)

    @staticmethod
    def _edges(graph: Graph) -> frozenset[Partial]:
        """The derivatives that are local ones and nothing else."""
        return _plain_edges(graph)

    @cached_property
    def kinked(self) -> dict[str, tuple[Apply, ...]]:
        """The nodes that have kinks."""
        found = {node.name: certify.branching(self.graph, node.name) for node in self.graph.nodes}
        return {name: parts for name, parts in found.items() if parts}

    @cached_property
    def models(self) -> tuple[Model, ...]:
        patterns = _patterns(sum(map(len, self.kinked.values())))
        return tuple(Model(self, salt, off) for salt, off in enumerate(patterns))

    def prepare(self, of: str) -> None:
        """Work the models out as far as every line needs them, so that no line's time is spent on it."""
        for model in self.models:
            with contextlib.suppress(UnluckyError, KeyError):
                model.value(Partial(of, of))

    @cached_property
    def points(self) -> Iterable[AtNumbers]:
        """Real points, each kink on either side at some; drawn when they are first needed."""
        return _Kept(self._drawn())

    @cached_property
    def rare_points(self) -> Iterable[AtNumbers]:
        """Further points, for sides that differ on some branches only."""
        return _Kept(self._drawn_on())

    def _drawn_on(self) -> Iterator[AtNumbers]:
        for attempt in range(MOST_DRAWS, 3 * MOST_DRAWS):
            point = AtNumbers(self, _leaves(self.graph, attempt), bound=_stand_ins(self.graph, attempt))
            try:
                self._sides(point)
            except (EvaluationError, decimal.DecimalException):
                continue
            yield point

    def _drawn(self) -> Iterator[AtNumbers]:
        seen: set[object] = set()
        kinks = sum(map(len, self.kinked.values()))
        kept = 0
        for attempt in range(MOST_DRAWS):
            bound = _stand_ins(self.graph, attempt)
            point = AtNumbers(self, _leaves(self.graph, attempt), bound=bound)
            try:
                sides = self._sides(point)
            except (EvaluationError, decimal.DecimalException):
                continue
            news = {sides} if 2**kinks <= MOST_PATTERNS else set(enumerate(sides))
            if kept < POINTS or not news <= seen:
                kept += 1
                seen |= news
                yield point
            if kept >= MOST_PATTERNS or (kept >= POINTS and len(seen) >= min(2**kinks, 2 * kinks or 1, MOST_PATTERNS)):
                return

    def _sides(self, point: AtNumbers) -> tuple[bool, ...]:
        """On which side of each kink a point lies; an error if it lies on one."""
        found = []
        for parts in self.kinked.values():
            for part in parts:
                x, y = [point.value(argument) for argument in (*part.args, Apply("subtract", part.args[:1] * 2))][:2]
                if x == y:
                    raise EvaluationError("at a kink")
                found.append(x > y)
        return tuple(found)

    # --- deciding -------------------------------------------------------------------------------------------------

    def unknown(self, tree: Tree) -> str:
        """A name in the tree that the network does not have, or has not there; empty if there is none."""
        for part in walk(tree):
            if isinstance(part, Name) and part.name not in self._all:
                return part.name
            if isinstance(part, Partial):
                for name in (part.wrt, *part.held):
                    if name not in self._all:
                        return name
                if part.of not in self.graph:
                    return part.of
        return ""

    def problem(self, name: str) -> str:
        """What is wrong with an ``unknown`` name."""
        whole = name in self._all
        return f"{name} is an array, of which no derivative is taken" if whole else f"there is no quantity {name}"

    @cached_property
    def _all(self) -> frozenset[str]:
        graph = self.given_graph
        return frozenset((*graph.leaves, *(node.name for node in graph.nodes), *(name for name, _ in graph.arrays)))

    def cells(self, tree: Tree) -> tuple[tuple[int, int], tuple[Tree, ...]]:
        """The shape of a tree and its entries; ``CertificateError`` for arrays that do not fit."""
        if name := self.unknown(tree):
            raise CertificateError(self.problem(name))
        try:
            return certify.cells_of(self.graph, tree)
        except CertificateError:
            try:
                return certify.cells_of(self.graph, self._entrywise(tree))
            except CertificateError as error:
                raise CertificateError(misfit(tree, self._shape, self.graph.scope) or str(error)) from None

    def _shape(self, tree: Tree) -> tuple[int, int]:
        return certify.cells_of(self.graph, self._entrywise(tree))[0]

    def _entrywise(self, tree: Tree) -> Tree:
        """1 - a^2 of a column as books mean it: entry by entry, the number beside each entry.

        A square matrix stays as it is: its power is a product of matrices, or is meant entry by entry; nobody can tell.
        """
        if not isinstance(tree, Apply):
            return tree
        args = tuple(map(self._entrywise, tree.args))
        try:
            shapes = [certify.cells_of(self.graph, argument)[0] for argument in args]
        except CertificateError:
            return replace(tree, args=args)
        if tree.operation == "power" and shapes[0][0] != shapes[0][1] and isinstance(args[1], Number):
            times = args[1].value
            if times.denominator == 1 and 2 <= times <= MOST_TIMES:
                whole = args[0]
                for _ in range(int(times) - 1):
                    whole = Apply("hadamard", (whole, args[0]))
                return whole
        if tree.operation in ("add", "subtract") and (1, 1) in shapes and len(set(shapes)) == 2:
            rows, columns = max(shapes)
            if rows == columns:
                return replace(tree, args=args)
            args = tuple(
                matrix([[argument] * columns] * rows) if shape == (1, 1) else argument
                for argument, shape in zip(args, shapes, strict=True)
            )
        return replace(tree, args=args)

    def residues(self, tree: Tree) -> list[tuple[int, ...] | None]:
        """The entries in every model; None where there is a division by zero."""
        cells = self.cells(tree)[1]
        found: list[tuple[int, ...] | None] = []
        for model in self.models:
            try:
                found.append(tuple(map(model.value, cells)))
            except UnluckyError:
                found.append(None)
        return found

    def first_residues(self, tree: Tree) -> tuple[tuple[int, int], tuple[int, ...]] | None:
        """The shape and the entries in the first model: enough to tell most trees apart."""
        try:
            shape, cells = self.cells(tree)
            return shape, tuple(map(self.models[0].value, cells))
        except (UnluckyError, CertificateError, KeyError):
            return None

    def decide(self, left: Tree, right: Tree, clock: Clock | None = None, *, real: bool = True) -> Decision:
        """Whether the sides are equal; without ``real`` as residues only, where that can accept and not refuse."""
        clock = clock or Clock()
        for side in (left, right):
            if name := self.unknown(side):
                return Decision(None, problem=self.problem(name))
        if left == right:
            return Decision(True)
        try:
            shape, truths = self.cells(left)
        except CertificateError as error:
            return Decision(None, problem=str(error))
        try:
            own, cells = self.cells(right)
        except CertificateError as error:
            return Decision(False, problem=str(error))
        if own != shape:
            return Decision(False, problem=f"this is {size(own)}, and the left side is {size(shape)}")
        sampled = self.sampled(left, right)
        refused: list[bool] = []
        for reading in self._readings(right):
            refused = self._compared(truths, cells if reading is right else self.cells(reading)[1], clock)
            if refused and not any(refused):
                if not self.compares(reading):
                    return Decision(True, sampled)
                meant = cells if reading is right else self.cells(reading)[1]
                return self._at_points(truths, meant, sampled, refused, clock, further=True)
            if clock.over:
                return Decision(None, sampled, problem="the time for one line is over")
        if not real:
            return Decision(False if refused else None, sampled)
        return self._at_points(truths, cells, sampled, refused, clock)

    def compares(self, tree: Tree) -> bool:
        """Whether a side compares what the network does not: residues have no order, so that points must tell."""
        own = {part for parts in self.kinked.values() for part in parts}
        asked = {Apply("above", (name, ZERO)) for part in own for name in part.args[:1]}
        found = (part for part in walk(self.graph.spread(tree)) if isinstance(part, Apply))
        return any(part.operation in COMPARING and part not in own and part not in asked for part in found)

    def _compared(self, truths: tuple[Tree, ...], cells: tuple[Tree, ...], clock: Clock) -> list[bool]:
        """In which of the models the sides differ, of those that have values for them."""
        refused = []
        for model in self.models:
            model.forget()
            try:
                refused.append(any(model.value(a) != model.value(b) for a, b in zip(truths, cells, strict=True)))
            except (UnluckyError, RecursionError):
                continue
            if clock.over:
                break
        return refused

    def _at_points(
        self, truths: tuple[Tree, ...], cells: tuple[Tree, ...], sampled: bool, refused: list[bool], clock: Clock,
        *, further: bool = False,
    ) -> Decision:  # fmt: skip
        """The same at real points, each of which that tells the sides apart is a witness."""
        seen, partly = 0, any(refused) and not all(refused)
        more = itertools.islice(self.rare_points, None if partly else MOST_FURTHER)
        for point in itertools.chain(self.points, more if partly or further else ()):
            if clock.over:
                return Decision(None, sampled, problem="the time for one line is over")
            try:
                for a, b in zip(truths, cells, strict=True):
                    values = point.value(a), point.value(b)
                    if not close(*values):
                        return Decision(False, sampled, point, values)
            except (EvaluationError, decimal.DecimalException):
                continue
            seen += 1
        certain = refused and not any(_beyond_residues(cell) for cell in (*truths, *cells))
        if seen < 2 and not (certain and any(refused)):
            return Decision(None, sampled, problem="the sides have no values at the points that were tried")
        if seen < 2:
            return Decision(False, sampled)
        if partly:  # equal wherever it was looked, but not on branches of which no point was found
            return Decision(None, sampled, problem="the sides differ on branches of which no numbers were found")
        return Decision(True, sampled)

    def sampled(self, *sides: Tree) -> bool:
        """Whether more kinks have a say in these sides than all patterns of could be tried."""
        if 2 ** sum(map(len, self.kinked.values())) <= MOST_PATTERNS:
            return False
        spoken = {name for side in sides for cell in self.quantities(side) for name in self.graph.ancestors(cell)}
        kinks = sum(len(parts) for name, parts in self.kinked.items() if name in spoken)
        return kinks >= MOST_PATTERNS.bit_length()

    def quantities(self, tree: Tree) -> Iterator[str]:
        """What a tree names: quantities, and those whose derivatives it takes."""
        for part in walk(self.graph.spread(tree)):
            if isinstance(part, Name) and part.name in self.graph:
                yield part.name
            elif isinstance(part, Partial) and part.of in self.graph:
                yield part.of

    def leaves_of(self, *sides: Tree) -> tuple[str, ...]:
        """The leaves on which the sides depend, in the network's order."""
        spoken = {name for side in sides for cell in self.quantities(side) for name in self.graph.ancestors(cell)}
        return tuple(leaf for leaf in self.graph.leaves if leaf in spoken)

    def functions_of(self, *sides: Tree) -> frozenset[str]:
        """The functions that the sides call, or that what they speak of calls."""
        spoken = {name for side in sides for cell in self.quantities(side) for name in self.graph.ancestors(cell)}
        trees = [*sides, *(self.graph.node(name).tree for name in spoken if not self.graph.is_leaf(name))]
        return frozenset(part.operation for tree in trees for part in walk(tree) if isinstance(part, Apply))

    def _readings(self, tree: Tree) -> Iterator[Tree]:
        """What a side may mean: ∂b/∂w of an edge is all that w does to b, or what it does to b directly.

        The total derivative is what the token says. But textbooks write chain rules with local ones, ∂L/∂w =
        ∂L/∂a ∂a/∂w + ∂L/∂b ∂b/∂w, where a flows into b too; such a product is right. Which tokens are local is not
        written, so that each is tried either way.
        """
        yield tree
        change: dict[Partial, Partial] = {}
        for part in walk(self.graph.spread(tree)):
            if isinstance(part, Partial) and not part.held and part.wrt in self.graph.parents(part.of):
                meant = local_partial(self.graph, part.of, part.wrt)
                if meant.held:
                    change[part] = meant
        if not change:
            return
        tree, tokens = self.graph.spread(tree), list(change)
        if len(tokens) <= MOST_READINGS:
            chosen = [c for n in range(len(tokens), 0, -1) for c in itertools.combinations(tokens, n)]
        else:
            inputs = dict.fromkeys(token.wrt for token in tokens)
            chosen = [tuple(tokens), *(tuple(token for token in tokens if token.wrt == wrt) for wrt in inputs)]
        for few in chosen:
            meant_here: dict[Tree, Tree] = {token: change[token] for token in few}
            yield transform(tree, meant_here.get)


@lru_cache(maxsize=16)
def _true_world(graph: Graph) -> World:
    return World(graph)


@lru_cache(maxsize=64)
def _plain_edges(graph: Graph) -> frozenset[Partial]:
    found = []
    for node in graph.nodes:
        found += [token for parent in node.parents if not (token := local_partial(graph, node.name, parent)).held]
    return frozenset(found)


def _with_equation(graph: Graph, name: str, tree: Tree) -> Graph:
    """The graph with another equation for a node; itself where that would go in a circle, or is no equation."""
    if graph.is_leaf(name) or any(isinstance(part, Partial) for part in walk(tree)):
        return graph
    if any(used not in graph or name in graph.ancestors(used) for used in names(tree)):
        return graph
    nodes = [Node(name, tree) if node.name == name else node for node in graph.nodes]
    try:
        return replace(graph, nodes=in_order(nodes))
    except GraphError:
        return graph


def _patterns(kinks: int) -> list[frozenset[int]]:
    """Which gates are closed: every way for a few; else none, all, and each in turn, alone or in a small group.

    What forgets a gate shows where that one is closed and the others on its path are open.
    """
    if 2**kinks <= MOST_PATTERNS:
        ways = [frozenset(i for i in range(kinks) if number >> i & 1) for number in range(2**kinks)]
        return ways * (FEWEST_MODELS // len(ways)) if len(ways) < FEWEST_MODELS else ways
    groups = min(kinks, SAMPLE - 2)
    members = [i if kinks == groups else certify.pseudorandom("closed", i) % groups for i in range(kinks)]
    alone = [
        frozenset(i for i, group in enumerate(members) if group == way) for way in range(groups)
    ]  # fmt: skip
    return [frozenset(), frozenset(range(kinks)), *alone]


def _leaves(graph: Graph, attempt: int) -> dict[Any, Real]:
    """Short decimals, between 0 and 1 at every other attempt: logarithms like these.

    Of the others, half have more positive numbers than negative ones, so that a single ReLU is closed now and then.
    """
    low, high = (5, 95) if attempt % 2 else (-150 if attempt % 4 else -60, 150)
    found: dict[Any, Real] = {}
    for name in graph.leaves:
        drawn = certify.pseudorandom("number", attempt, name) % (high - low) + low
        found[name] = Fraction(drawn or 7, 100)
    for group in graph.simplices:
        shares = [certify.pseudorandom("share", attempt, name) % 9 + 1 for name in group[:-1]]
        for name, share in zip(group, shares, strict=False):
            found[name] = Fraction(share, 10 * len(group))
        found[group[-1]] = 1 - sum((Fraction(found[name]) for name in group[:-1]), Fraction(0))
    return found


def _stand_ins(graph: Graph, attempt: int) -> dict[str, str]:
    """For each abstract function an operation, another at every other point, so that none is taken for its meaning."""
    bound = dict(graph.bindings)
    found = {}
    for i, (function, arity) in enumerate(graph.functions):
        choices = _STAND_INS.get(arity)
        if function not in bound and choices:
            found[function] = choices[(attempt // 2 + i) % len(choices)]
    return found


def _beyond_residues(tree: Tree) -> bool:
    """Whether a tree has laws that residues do not know: of powers, logarithms, order."""
    return any(isinstance(part, Apply) and part.operation not in _RATIONAL for part in walk(tree))


_RATIONAL = ("add", "subtract", "multiply", "divide", "negate", "power", "reciprocal")
