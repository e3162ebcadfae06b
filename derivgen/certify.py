"""Printed text in, proofs out: every answer is proved again by routes that share no rule with the one that made it.

``residues``: the line as read back, at random residues modulo 2^61 − 1, against dual numbers pushed forward through
the definitions of the operations (only e^x and log x have a derivative rule here). It catches paths, algebra, signs and
brackets; a wrong line passes with probability about 10^-17 (Schwartz 1980, Zippel 1979).

``difference``: the line at random real points to 80 digits, against the central difference of the forward pass, which
uses no derivative rule at all. At a kink the convention's branch is frozen first.

``numbers``: a number line is read back, laid over the symbolic line it fills, and each number is compared with the
forward pass and the central difference at the sheet's numbers; then the line is worked out again from what is printed.
"""

from __future__ import annotations

import decimal
import hashlib
import itertools
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

from derivgen.errors import CertificateError
from derivgen.expression import Apply, Name, Number, Partial, Tree, names, substitute, walk
from derivgen.graph import Graph
from derivgen.grids import Arrays, Grid
from derivgen.operations import INDICATORS, OPERATIONS
from derivgen.reading import OWN_LENGTH, Line, Scope, read_line, read_row

PRIME = (1 << 61) - 1
MOST_GATES = 8  # with more kinks than these, a sample of the branches is tried
_CONTEXT = decimal.Context(prec=80, Emin=-(10**9), Emax=10**9)
_STEP = Decimal(10) ** -25
TOLERANCE = Decimal(10) ** -30
_APART = Decimal(10) ** -6
_POINTS = 2
_NEAR_ATTEMPTS, _FAR_ATTEMPTS = 100, 900  # to find them


class UndefinedError(CertificateError):
    """A line that has no value anywhere, such as log(x − x): the quiz is at fault, not the derivation."""

    exit_code = 2


class UnluckyError(Exception):
    """A division by zero or a logarithm's pole at a random point: try another."""


@dataclass(frozen=True)
class Proof:
    """One route: its name, at how many points, and the largest relative error seen."""

    route: str
    points: int
    error: str


def pseudorandom(*key: object) -> int:
    """A pseudorandom residue, the same for the same key everywhere."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8]) % (PRIME - 2) + 1


@lru_cache(maxsize=65536)
def _expanded(operation: str, args: tuple[Tree, ...], kinks: str) -> Tree:
    """What an operation means, with the branch that counts at a tie."""
    row = OPERATIONS[operation]
    value = read_row(operation, row.value)
    if kinks == "right" and operation == "sign":
        value = read_row(operation, "above_or_equal(x, 0) - strictly_below(x, 0)")
    return substitute(value, dict(zip(row.arguments, args, strict=True)))


@lru_cache(maxsize=256)
def _arrays_of(graph: Graph) -> Arrays:
    return Arrays(graph.arrays)


def cells_of(graph: Graph, tree: Tree) -> tuple[tuple[int, int], tuple[Tree, ...]]:
    """The shape (a single number's is 1×1) and the entries of a side."""
    apart = _arrays_of(graph).taken_apart(tree)
    return ((apart.rows, apart.columns), apart.cells) if isinstance(apart, Grid) else ((1, 1), (apart,))


# --- residues: dual numbers modulo a prime ------------------------------------------------------------------

_Dual = tuple[int, int]  # value, derivative
_SIMPLE = 10**6
_LARGEST_POWER = 10**4
_ROOT = 12


def _ratio(residue: int) -> tuple[int, int]:
    """The fraction (numerator, denominator) of least size that is this residue, by Euclid's algorithm (Wang 1981)."""
    above, below = (PRIME, residue), (0, 1)
    while above[1] > _SIMPLE:
        quotient = above[0] // above[1]
        above = above[1], above[0] - quotient * above[1]
        below = below[1], below[0] - quotient * below[1]
    return above[1], below[1]


class Residues:
    """A model of the graph at one random point: forward values and, for any seed, derivatives.

    ``off`` are the kinks, in the order in which they are met, whose gates are closed.
    """

    def __init__(self, graph: Graph, salt: int, off: frozenset[int] = frozenset()) -> None:
        self.graph, self.salt, self.off = graph, salt, off
        self.gates: dict[int, int] = {}
        self.kinks = 0
        self.exps: dict[int, int] = {}
        self.roots: dict[int, int] = {}  # the _ROOT-th roots of the first values of e^x
        self.logs: dict[int, int] = {}
        self.passes: dict[tuple[str, ...], dict[str, _Dual]] = {}

    def derivative(self, partial: Partial) -> int:
        """How ``of`` moves with ``wrt`` along every path, but those through what is held."""
        key = (partial.wrt, *partial.held)
        if key not in self.passes:
            self.passes[key] = self._forward(*key)
        return self.passes[key][partial.of][1]

    def _forward(self, seed: str = "", *held: str) -> dict[str, _Dual]:
        values: dict[str, _Dual] = {}
        for name in self.graph.leaves:
            values[name] = pseudorandom(self.salt, name), int(name == seed and name not in held)
        for group in self.graph.simplices:
            *others, last = group
            values[last] = (1 - sum(values[name][0] for name in others)) % PRIME, values[last][1]
        for node in self.graph.nodes:
            value, tangent = self.evaluate(self.graph.resolved(node.tree), values)
            values[node.name] = value, 0 if node.name in held else 1 if node.name == seed else tangent
        return values

    def value(self, tree: Tree) -> int:
        if () not in self.passes:
            self.passes[()] = self._forward()
        return self.evaluate(self.graph.resolved(tree), self.passes[()])[0]

    def closed(self, kink: int) -> bool:
        """Whether the gate of a kink is closed, by its place among those that are met."""
        return kink in self.off

    def gate(self, difference: int) -> int:
        """1 where x > y for x − y = difference: chosen once, and the opposite for the opposite difference."""
        if difference == 0:
            return 0
        if difference not in self.gates:
            gate = self._multiple(difference)
            if gate is None:
                gate = int(not self.closed(self.kinks))
                self.kinks += 1
            self.gates[difference], self.gates[-difference % PRIME] = gate, 1 - gate
        return self.gates[difference]

    def _multiple(self, difference: int) -> int | None:
        """The gate of a known difference of which this one is a simple multiple: 2z > 0 where z > 0."""
        for known, gate in self.gates.items():
            above, below = _ratio(difference * pow(known, -1, PRIME) % PRIME)
            if max(above, abs(below)) <= _SIMPLE:
                return gate if below > 0 else 1 - gate
        return None

    def evaluate(self, tree: Tree, values: Mapping[str, _Dual]) -> _Dual:
        if isinstance(tree, Number):
            return tree.value.numerator * pow(tree.value.denominator, -1, PRIME) % PRIME, 0
        if isinstance(tree, Name):
            return values[tree.name]
        if isinstance(tree, Partial):
            return self.derivative(tree), 0
        args = [self.evaluate(argument, values) for argument in tree.args]
        if tree.slot and tree.operation in OPERATIONS:  # g'(z) of a bound g
            names = OPERATIONS[tree.operation].arguments
            seeded = {
                n: (value, int(i == tree.slot)) for i, (n, (value, _)) in enumerate(zip(names, args, strict=True), 1)
            }
            return self.evaluate(Apply(tree.operation, tuple(map(Name, names))), seeded)[1], 0
        method = getattr(self, "_" + tree.operation, None) if tree.operation in OPERATIONS else None
        if method is not None:
            result: _Dual = method(*args)
            return result
        if tree.operation in OPERATIONS:
            names = OPERATIONS[tree.operation].arguments  # its arguments are worked out once, however often it has them
            meaning = _expanded(tree.operation, tuple(map(Name, names)), self.graph.kinks)
            return self.evaluate(meaning, dict(zip(names, args, strict=True)))
        return self._abstract(tree, args)

    def _abstract(self, tree: Apply, args: list[_Dual]) -> _Dual:
        key = (self.salt, tree.operation, tuple(value for value, _ in args))
        tangent = sum(pseudorandom(*key, slot + 1) * args[slot][1] for slot in range(len(args)))
        return pseudorandom(*key, tree.slot), 0 if tree.slot else tangent % PRIME

    def _add(self, *terms: _Dual) -> _Dual:
        return sum(v for v, _ in terms) % PRIME, sum(t for _, t in terms) % PRIME

    def _subtract(self, x: _Dual, y: _Dual) -> _Dual:
        return (x[0] - y[0]) % PRIME, (x[1] - y[1]) % PRIME

    def _negate(self, x: _Dual) -> _Dual:
        return -x[0] % PRIME, -x[1] % PRIME

    def _multiply(self, *factors: _Dual) -> _Dual:
        value, tangent = 1, 0
        for v, t in factors:
            value, tangent = value * v % PRIME, (tangent * v + value * t) % PRIME
        return value, tangent

    def _reciprocal(self, x: _Dual) -> _Dual:
        if x[0] == 0:
            raise UnluckyError
        inverse = pow(x[0], -1, PRIME)
        return inverse, -x[1] * inverse * inverse % PRIME

    def _divide(self, x: _Dual, y: _Dual) -> _Dual:
        return self._multiply(x, self._reciprocal(y))

    def _power(self, x: _Dual, n: _Dual) -> _Dual:
        exponent = n[0] if n[0] < PRIME // 2 else n[0] - PRIME
        if abs(exponent) > _LARGEST_POWER:  # no whole number, but the residue of something else
            raise UnluckyError
        base = x if exponent >= 0 else self._reciprocal(x)
        result: _Dual = (1, 0)
        for _ in range(abs(exponent)):
            result = self._multiply(result, base)
        return result

    def _exp(self, x: _Dual) -> _Dual:
        if x[0] == 0:
            return 1, x[1]
        if x[0] not in self.exps:
            known = next((v for v, logarithm in self.logs.items() if logarithm == x[0]), None)
            value = known if known is not None else self._power_of_known(x[0])
            if value is None:  # a power itself, so that e^(x/2) has a value beside e^x
                value = self.roots[x[0]] = pseudorandom(self.salt, "exp", min(x[0], PRIME - x[0]))
                if x[0] > PRIME - x[0]:
                    value = self.roots[x[0]] = pow(value, -1, PRIME)
                value = pow(value, _ROOT, PRIME)
            self.exps[x[0]], self.exps[PRIME - x[0]] = value, pow(value, -1, PRIME)
        value = self.exps[x[0]]
        return value, value * x[1] % PRIME

    def _power_of_known(self, exponent: int) -> int | None:
        """e^(p/q x) of an e^x that has a value: e^(2x) = (e^x)^2; None if this is no simple multiple of a known one."""
        for known, root in self.roots.items():
            below, above = _ratio(known * pow(exponent, -1, PRIME) % PRIME)  # exponent = above/below · known
            if abs(above) <= _ROOT and abs(below) <= _ROOT and _ROOT % below == 0:
                return pow(root, _ROOT // below * above, PRIME)
        return None

    def _log(self, x: _Dual) -> _Dual:
        if x[0] == 0:
            raise UnluckyError
        if x[0] not in self.logs:
            known = next((v for v, power in self.exps.items() if power == x[0]), None)
            self.logs[x[0]] = known if known is not None else pseudorandom(self.salt, "log", x[0])
        return (0 if x[0] == 1 else self.logs[x[0]]), x[1] * pow(x[0], -1, PRIME) % PRIME

    def _floor(self, x: _Dual) -> _Dual:
        """The floor of a simple fraction; of any other residue some number, always the same: it has no order."""
        above, below = _ratio(x[0])
        if max(above, abs(below)) <= _SIMPLE:
            return above // below % PRIME, 0
        return pseudorandom(self.salt, "floor", x[0]), 0

    def _max(self, x: _Dual, y: _Dual) -> _Dual:
        return x if self.gate((x[0] - y[0]) % PRIME) else y

    def _abs(self, x: _Dual) -> _Dual:
        return x if self.gate(x[0]) else self._negate(x)

    def _leaky_relu(self, z: _Dual) -> _Dual:
        return z if self.gate(z[0]) else self._multiply(z, (pow(100, -1, PRIME), 0))

    def _above(self, x: _Dual, y: _Dual) -> _Dual:
        return self.gate((x[0] - y[0]) % PRIME), 0

    def _below(self, x: _Dual, y: _Dual) -> _Dual:
        return 1 - self.gate((x[0] - y[0]) % PRIME), 0

    def _above_or_equal(self, x: _Dual, y: _Dual) -> _Dual:
        return (1, 0) if x[0] == y[0] else self._above(x, y)

    def _strictly_below(self, x: _Dual, y: _Dual) -> _Dual:
        return (0, 0) if x[0] == y[0] else self._below(x, y)


# --- difference: real numbers to 80 digits ------------------------------------------------------------------


_SLOT = re.compile(r"#\d+")  # a number of a line, by its place


class Point:
    """The forward pass at one real point, any quantity moved by hand, the branches at kinks frozen."""

    def __init__(
        self, graph: Graph, leaves: Mapping[str, Decimal], cuts: Mapping[str, Decimal] | None = None,
        slopes: Mapping[Partial, Decimal] | None = None,
    ) -> None:  # fmt: skip
        self.graph, self.cuts, self.slopes = graph, dict(cuts or {}), dict(slopes or {})
        self.gates: dict[Tree, bool] = {}
        self.offsets: dict[str, Decimal] = {}
        self.base = self._forward(dict(leaves), {})
        self.differences: dict[Partial, Decimal] = {}
        self.moved: dict[tuple[str, ...], tuple[dict[str, Decimal], dict[str, Decimal]]] = {}

    def _forward(self, known: dict[str, Decimal], moved: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """The values of all nodes; a node whose value is given moves by as much as its equation does."""
        values = {**known, **moved}
        for node in self.graph.nodes:
            if node.name in values:
                continue
            if not all(parent in values for parent in node.parents):
                if node.name in self.cuts:
                    values[node.name] = self.cuts[node.name]
                continue
            value = self.evaluate(self.graph.resolved(node.tree), values)
            if node.name in self.cuts:
                offset = self.offsets.setdefault(node.name, _CONTEXT.subtract(self.cuts[node.name], value))
                value = _CONTEXT.add(value, offset)
            values[node.name] = value
        return values

    def difference(self, partial: Partial) -> Decimal:
        """(f(x + h) − f(x − h)) / 2h of the forward pass; with ``held``, those quantities do not move.

        Where derivatives ∂f/∂v are given, f is Σ ∂f/∂v · v over the given v that are met first on the way, plus what
        reaches f past all of them.
        """
        if partial not in self.differences:
            given = {} if partial.held else {s.wrt: slope for s, slope in self.slopes.items() if s.of == partial.of}
            if partial.wrt in given:
                return given[partial.wrt]
            key = (partial.wrt, *partial.held, "|", *given) if given else (partial.wrt, *partial.held)
            if key not in self.moved:
                self.moved[key] = tuple(  # type: ignore[assignment]
                    self._moved(step, partial.wrt, partial.held, given) for step in (_STEP, -_STEP)
                )
            ends = [
                _REAL["add"](values[partial.of], *(_CONTEXT.multiply(given[n], values["#" + n]) for n in given))
                for values in self.moved[key]
            ]  # fmt: skip
            self.differences[partial] = _CONTEXT.divide(_CONTEXT.subtract(*ends), 2 * _STEP)
        return self.differences[partial]

    def _moved(
        self, step: Decimal, wrt: str, held: tuple[str, ...], given: Mapping[str, Decimal]
    ) -> dict[str, Decimal]:
        """The forward pass with ``wrt`` moved; a node of ``given`` stays, its move is its ``#node``."""
        values = {name: self.base[name] for name in held}
        values[wrt] = _CONTEXT.add(self.base[wrt], step)
        reach = self.graph.descendants(wrt)
        still = {name: value for name, value in self.base.items() if name not in reach}
        if not given:
            return self._forward(still, values)
        values = {**still, **values}
        for node in self.graph.nodes:
            if node.name in values:
                continue
            value = _CONTEXT.add(self.evaluate(self.graph.resolved(node.tree), values), self.offsets.get(node.name, 0))
            if node.name in given:
                values["#" + node.name] = _CONTEXT.subtract(value, self.base[node.name])
                value = self.base[node.name]
            values[node.name] = value
        return {**{"#" + name: Decimal(0) for name in given}, **values}

    def stepped(self, of: str, weights: Iterable[str], step: str) -> Point:
        """The point after one step of gradient descent, all weights from their old values."""
        leaves = {name: self.base[name] for name in self.graph.leaves if name in self.base}
        for name in weights:
            move = _CONTEXT.multiply(self.base[step], self.difference(Partial(of, name)))
            leaves[name] = _CONTEXT.subtract(self.base[name], move)
        return Point(self.graph, leaves)

    def value(self, tree: Tree) -> Decimal:
        return self.evaluate(self.graph.resolved(tree), self.base)

    def evaluate(self, tree: Tree, values: Mapping[str, Decimal]) -> Decimal:
        if isinstance(tree, Number):
            return _CONTEXT.divide(Decimal(tree.value.numerator), Decimal(tree.value.denominator))
        if isinstance(tree, Name):
            return values[tree.name]
        if isinstance(tree, Partial):
            return self.difference(tree)
        if tree.operation == "max":
            return self._max(tree, values)
        if tree.operation in INDICATORS:
            return Decimal(self._holds(tree, values))
        args = [self.evaluate(argument, values) for argument in tree.args]
        if tree.slot:
            return self._slot(tree, args)
        if tree.operation in _REAL:
            result: Decimal = _REAL[tree.operation](*args)
            return result
        if tree.operation in OPERATIONS:
            names = OPERATIONS[tree.operation].arguments
            meaning = _expanded(tree.operation, tuple(map(Name, names)), self.graph.kinks)
            if all(part.operation in _REAL for part in walk(meaning) if isinstance(part, Apply)):
                return self.evaluate(meaning, dict(zip(names, args, strict=True)))
            # A branch is remembered by what it is of, so that this is what stands in the tree.
            return self.evaluate(_expanded(tree.operation, tree.args, self.graph.kinks), values)
        return self._abstract(tree, args)

    def _max(self, tree: Apply, values: Mapping[str, Decimal]) -> Decimal:
        x, y = (self.evaluate(argument, values) for argument in tree.args)
        if any(isinstance(part, Name) and _SLOT.fullmatch(part.name) for part in walk(tree)):
            return max(x, y)  # a line's own numbers: another line's #0 and #1 are others
        if tree not in self.gates:  # the first pass is the base point: its branch counts ever after
            self.gates[tree] = x > y or (x == y and self.graph.kinks == "right")
        return x if self.gates[tree] else y

    def _holds(self, tree: Apply, values: Mapping[str, Decimal]) -> bool:
        """An indicator; like a maximum's, its branch at the base point counts ever after."""
        x, y = (self.evaluate(argument, values) for argument in tree.args)
        holds = bool(_COMPARED[tree.operation](x, y))
        if any(isinstance(part, Name) and _SLOT.fullmatch(part.name) for part in walk(tree)):
            return holds
        return self.gates.setdefault(tree, holds)

    def _slot(self, tree: Apply, args: list[Decimal]) -> Decimal:
        """The derivative of a function in one argument, by a central difference of the function."""
        names = tuple(f"#{i}:{argument}" for i, argument in enumerate(args))  # each place has branches of its own
        bare, ends = Apply(tree.operation, tuple(map(Name, names))), []
        self.evaluate(bare, dict(zip(names, args, strict=True)))  # freezes them
        for step in (_STEP, -_STEP):
            moved = dict(zip(names, args, strict=True))
            moved[names[tree.slot - 1]] = _CONTEXT.add(args[tree.slot - 1], step)
            ends.append(self.evaluate(bare, moved))
        return _CONTEXT.divide(_CONTEXT.subtract(*ends), 2 * _STEP)

    def _abstract(self, tree: Apply, args: list[Decimal]) -> Decimal:
        """A smooth stand-in for an unknown function; bounded, so that deep networks keep their digits."""
        total = Decimal(0)
        for slot, argument in enumerate(args):
            a, b, c = (Decimal(pseudorandom(tree.operation, slot, i) % 900 + 100) / 1000 for i in range(3))
            risen = _CONTEXT.divide(1, _CONTEXT.add(1, _CONTEXT.exp(_CONTEXT.multiply(-c, argument))))
            bent = _REAL["add"](a, _CONTEXT.multiply(b, risen), total)
            total = _REAL["add"](total, _CONTEXT.multiply(bent, risen))
        return total


def _quotient(x: Decimal, y: Decimal) -> Decimal:
    if y == 0:
        raise UnluckyError
    return _CONTEXT.divide(x, y)


def _logarithm(x: Decimal) -> Decimal:
    if x <= 0:
        raise UnluckyError
    return _CONTEXT.ln(x)


def _floored(x: Decimal) -> Decimal:
    nearest = x.to_integral_value(decimal.ROUND_HALF_EVEN)  # 80 digits of 3 · (1/3) stop short of 1
    return nearest if abs(_CONTEXT.subtract(x, nearest)) <= TOLERANCE else x.to_integral_value(decimal.ROUND_FLOOR)


def _folded(method: Any) -> Any:
    def fold(*args: Decimal) -> Decimal:
        result = args[0]
        for argument in args[1:]:
            result = method(result, argument)
        return result

    return fold


_REAL: dict[str, Any] = {
    "add": _folded(_CONTEXT.add),
    "subtract": _CONTEXT.subtract,
    "multiply": _folded(_CONTEXT.multiply),
    "divide": _quotient,
    "reciprocal": lambda x: _quotient(Decimal(1), x),
    "negate": _CONTEXT.minus,
    "power": lambda x, n: _CONTEXT.power(x, n) if x or n >= 0 else _quotient(x, x),
    "exp": _CONTEXT.exp,
    "log": _logarithm,
    "floor": _floored,
}
_COMPARED: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "above": operator.gt, "below": operator.le, "above_or_equal": operator.ge, "strictly_below": operator.lt,
}  # fmt: skip


# --- symbolic lines -----------------------------------------------------------------------------------------


_BRANCHING = ("max", "relu", "leaky_relu", "abs", "absolute_error", "sign", "elu")


def branching(graph: Graph, name: str) -> tuple[Apply, ...]:
    """What has a kink in a node's equation."""
    parts = walk(graph.resolved(graph.node(name).tree))
    return tuple(part for part in parts if isinstance(part, Apply) and part.operation in _BRANCHING)


def _trials(graph: Graph) -> Iterator[frozenset[int]]:
    """All branches on, then each kink off in turn."""
    kinks = sum(len(branching(graph, node.name)) for node in graph.nodes)
    return itertools.chain([frozenset(), frozenset()], (frozenset([i]) for i in range(min(kinks, MOST_GATES))))


@lru_cache(maxsize=64)
def models(graph: Graph) -> tuple[tuple[Residues, ...], tuple[Point, ...]]:
    residues = tuple(Residues(graph, salt, off) for salt, off in enumerate(_trials(graph)))
    return residues, tuple(itertools.islice(_points(graph), _POINTS))


def _points(graph: Graph) -> Iterator[Point]:
    """Random real points at which the whole forward pass is defined; after a while farther out, for log(x − 5)."""
    centres = _centres(graph)
    for attempt in range(_NEAR_ATTEMPTS + _FAR_ATTEMPTS):
        near = attempt < _NEAR_ATTEMPTS
        leaves = {n: _random(attempt, n) if near else _far(attempt, n, centres) for n in graph.leaves}
        for group in graph.simplices:
            leaves[group[-1]] = 1 - sum((leaves[name] for name in group[:-1]), Decimal(0))
        try:
            yield Point(graph, leaves)
        except (UnluckyError, decimal.InvalidOperation):
            continue


def _random(attempt: int, name: str) -> Decimal:
    """A random number; logarithms like positive ones below one, so every other attempt is at such."""
    low = 0.05 if attempt % 2 else -1.5
    width = 1.5 - low if low < 0 else 0.9
    return Decimal(str(round(low + (pseudorandom("point", attempt, name) % 10**6) / 10**6 * width, 6)))


def _centres(graph: Graph) -> tuple[Decimal, ...]:
    """The numbers of the equations with either sign, and zero: where a line is defined often begins at one of them."""
    parts = (part for node in graph.nodes for part in walk(graph.resolved(node.tree)))
    found = dict.fromkeys(_real(part.value) for part in parts if isinstance(part, Number) and part.value)
    return (Decimal(0), *found, *(number.copy_negate() for number in found))


def _far(attempt: int, name: str, centres: tuple[Decimal, ...]) -> Decimal:
    """A random number around one of the centres, by up to 1, 10, 100 or 1000."""
    centre = centres[pseudorandom("centre", attempt, name) % len(centres)]
    reach = 10 ** (pseudorandom("reach", attempt, name) % 4)
    offset = Decimal(pseudorandom("point", attempt, name) % (2 * 10**6) - 10**6) / 10**6
    return _CONTEXT.add(centre, _CONTEXT.multiply(offset, reach))


def _enough(graph: Graph, reals: tuple[Point, ...]) -> Iterator[Point]:
    """The usual real points, then farther ones, for a line that is defined at none of the usual."""
    yield from reals
    yield from itertools.islice(_points(graph), _POINTS, None)


def _close(x: Decimal, y: Decimal) -> Decimal:
    scale = max(abs(x), abs(y))
    return Decimal(0) if scale == 0 else abs(_CONTEXT.subtract(x, y)) / max(scale, Decimal("1e-12"))


def _read(text: str, scope: Scope, *, latex: bool) -> Line:
    return read_line(text, scope, latex=latex, cap=OWN_LENGTH)


def symbolic(graph: Graph, text: str, truth: Tree, *, latex: bool) -> list[Proof]:
    """Prove that every side of a printed symbolic line has the value of ``truth``.

    Raises ``CertificateError`` naming the line if one does not, ``ReadingError`` if it cannot be read back.
    """
    return [*_symbolic(graph, text, truth, latex)]


@lru_cache(maxsize=4096)  # structures of one quiz share most of their lines
def _symbolic(graph: Graph, text: str, truth: Tree, latex: bool) -> tuple[Proof, ...]:
    line = _read(text, graph.scope, latex=latex)
    sides = [line.left, *(right for _, right in line.links)]
    update = bool(line.links) and line.links[0][0] == "<-"
    if update:
        if not isinstance(truth, Apply) or line.left != truth.args[0]:
            raise CertificateError(f"a printed line updates something else: {text}")
        sides = sides[1:]
    try:
        return _equal(graph, tuple(sides), truth)
    except UndefinedError:
        raise
    except CertificateError as error:
        raise CertificateError(f"{error}: {text}") from None


@lru_cache(maxsize=4096)  # a line reads the same in most dialects
def _equal(graph: Graph, sides: tuple[Tree, ...], truth: Tree) -> tuple[Proof, ...]:
    residues, reals = models(graph)
    shape, truths = cells_of(graph, truth)
    parts = [cells_of(graph, side) for side in sides]
    if any(own != shape for own, _ in parts):
        raise CertificateError("a printed line has sides of different shapes")
    lucky = 0
    for model in residues:
        try:
            wanted = [model.value(cell) for cell in truths]
            got = [[model.value(cell) for cell in cells] for _, cells in parts]
        except UnluckyError:
            continue
        lucky += 1
        if any(values != wanted for values in got):
            raise CertificateError("a printed line is wrong (at residues modulo 2^61 - 1)")
    if not lucky:
        raise UndefinedError("a line has no value anywhere")
    worst, seen = Decimal(0), 0
    for i, point in enumerate(_enough(graph, reals)):
        if seen and i >= len(reals):
            break
        try:
            wanted_real = [point.value(cell) for cell in truths]
            errors = [
                _close(point.value(cell), real)
                for _, cells in parts
                for cell, real in zip(cells, wanted_real, strict=True)
            ]
        except (UnluckyError, decimal.DecimalException):
            continue
        seen += 1
        worst = max([worst, *errors])
        if worst > TOLERANCE:
            raise CertificateError("a printed line is wrong (against the central difference)")
    if not seen:
        raise UndefinedError("a line has no value at any real point that was tried")
    return Proof("residues", lucky, "0"), Proof("difference", seen, f"{worst:.1e}")


# --- programs -------------------------------------------------------------------------------------------------


def executed(
    graph: Graph, scope: Scope, lines: Iterable[tuple[str, str, str]], known: tuple[str, ...],
    truths: tuple[tuple[str, Tree], ...], *, latex: bool,
) -> list[Proof]:  # fmt: skip
    """Prove that statements (left, = or +=, right), read back and executed in order, leave the ``truths`` behind.

    They begin with the values of ``known``; what is used or added to before it is assigned, or assigned a second time,
    is a ``CertificateError``.
    """
    program = [
        (_read(left, scope, latex=latex).left, relation, _read(right, scope, latex=latex).left)
        for left, relation, right in lines
    ]
    assigned = {left.name for left, _, _ in program if isinstance(left, Name)}
    if missing := [name for name, _ in truths if name not in assigned]:
        raise CertificateError(f"a printed program never assigns {missing[0]}")
    residues, reals = models(graph)
    lucky, seen, worst = 0, 0, Decimal(0)
    for model in residues:
        try:
            start = {name: (model.value(Name(name)), 0) for name in known}
            found = _run(program, start, graph, model.evaluate, _sum_modulo)
            wrong = [name for name, truth in truths if found[name][0] != model.value(truth)]
        except UnluckyError:
            continue
        lucky += 1
        if wrong:
            raise CertificateError(f"a printed program leaves a wrong {wrong[0]} (at residues modulo 2^61 - 1)")
    for i, point in enumerate(_enough(graph, reals)):
        if seen and i >= len(reals):
            break
        try:
            values = {name: point.value(Name(name)) for name in known}
            ends = _run(program, values, graph, point.evaluate, _CONTEXT.add)
            errors = {name: _close(ends[name], point.value(truth)) for name, truth in truths}
        except (UnluckyError, decimal.DecimalException):
            continue
        seen += 1
        worst = max([worst, *errors.values()])
        if worst > TOLERANCE:
            at = max(errors, key=lambda name: errors[name])
            raise CertificateError(f"a printed program leaves a wrong {at} (against the central difference)")
    if not lucky or not seen:
        raise UndefinedError("a program has no value anywhere")
    return [Proof("residues", lucky, "0"), Proof("difference", seen, f"{worst:.1e}")]


def _sum_modulo(x: _Dual, y: _Dual) -> _Dual:
    return (x[0] + y[0]) % PRIME, 0


_V = TypeVar("_V")


def _run(
    program: Iterable[tuple[Tree, str, Tree]], values: dict[str, _V], graph: Graph,
    evaluate: Callable[[Tree, Mapping[str, _V]], _V], add: Callable[[_V, _V], _V],
) -> dict[str, _V]:  # fmt: skip
    """What the variables are after the statements."""
    for left, relation, right in program:
        if not isinstance(left, Name):
            raise CertificateError("a printed program assigns to what is no variable")
        name, missing = left.name, [n for n in names(right) if n not in values]
        if missing:
            raise CertificateError(f"a printed program uses {missing[0]} before it is assigned")
        if (name in values) != (relation == "+="):
            raise CertificateError(f"a printed program {'adds to' if relation == '+=' else 'assigns again'} {name}")
        value = evaluate(graph.resolved(right), values)
        values[name] = add(values[name], value) if relation == "+=" else value
    return values


# --- two assignments ------------------------------------------------------------------------------------------


class _At(Residues):
    """A model of the graph at given fractions; e^x is what it is at any other x that is not a multiple of it."""

    def __init__(self, graph: Graph, leaves: Mapping[str, Fraction]) -> None:
        super().__init__(graph, 0)
        self.leaves = {name: v.numerator * pow(v.denominator, -1, PRIME) % PRIME for name, v in leaves.items()}

    def _forward(self, seed: str = "", *held: str) -> dict[str, _Dual]:
        values: dict[str, _Dual] = {name: (value, int(name == seed)) for name, value in self.leaves.items()}
        for node in self.graph.nodes:
            if all(parent in values for parent in node.parents):
                value, tangent = self.evaluate(self.graph.resolved(node.tree), values)
                values[node.name] = value, 1 if node.name == seed else tangent
        return values

    def gate(self, difference: int) -> int:
        """The sign of a simple fraction; of any other number a residue does not tell it."""
        above, below = _ratio(difference)
        if max(above, abs(below)) > _SIMPLE:
            raise UnluckyError
        return int(above * below > 0 or (above == 0 and self.graph.kinks == "right"))


def alike(graph: Graph, leaves: Iterable[Mapping[str, Fraction]], trees: Iterable[Tree]) -> bool:
    """Whether assignments agree in these quantities exactly: tanh(36) and tanh(37) do not, however close they are.

    Two numbers that hold e^x count as equal where they are so whatever e^x is, for every x that is no multiple of
    another; False also where a kink's side depends on such a number.
    """
    first, *others = (_At(graph, own) for own in leaves)
    for other in others:  # one value for each e^x
        other.exps, other.roots, other.logs = first.exps, first.roots, first.logs
    try:
        return all(first.value(tree) == other.value(tree) for tree in trees for other in others)
    except UnluckyError:
        return False


def counterexample(
    graph: Graph, leaves: Iterable[Mapping[str, Fraction]], printed: Mapping[Any, tuple[tuple[str, str], ...]],
    known: Iterable[Tree], target: Tree,
) -> list[Proof]:  # fmt: skip
    """Prove that printed numbers are those of two assignments, which agree in what is known and not in the target."""
    leaves, known, lines = tuple(leaves), tuple(known), NumberLines(graph)
    points = [lines.point(own) for own in leaves]
    for tree, pair in printed.items():
        for (text, relation), point in zip(pair, points, strict=True):
            lines.prove_value(text, tree, relation, point)
    worst = max((_close(*(point.value(tree) for point in points)) for tree in known), default=Decimal(0))
    if worst > TOLERANCE or not alike(graph, leaves, known):
        raise CertificateError("two assignments differ in what is known")
    if _close(*(point.value(target) for point in points)) <= _APART:
        raise CertificateError("two assignments agree in what is asked for")
    return [Proof("difference", 2, f"{worst:.1e}")]


# --- what is meant to be wrong --------------------------------------------------------------------------------

Fingerprint = tuple[tuple[int, int], tuple[tuple[int, ...] | None, ...]]


def fingerprint(graph: Graph, tree: Tree) -> Fingerprint:
    """A tree's shape, and its entries at random residues with each kink on and off; None at a division by zero.

    Raises ``CertificateError`` for a product of arrays that do not fit.
    """
    shape, cells = cells_of(graph, tree)
    found: list[tuple[int, ...] | None] = []
    for model in models(graph)[0]:
        try:
            found.append(tuple(model.value(cell) for cell in cells))
        except UnluckyError:
            found.append(None)
    return shape, tuple(found)


def apart(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two fingerprints are of different quantities."""
    if one[0] != other[0]:
        return True
    return any(a != b for a, b in zip(one[1], other[1], strict=True) if a is not None and b is not None)


def differs(graph: Graph, tree: Tree, truth: Tree) -> bool:
    """Whether a tree is something else than ``truth``: they differ at random residues, or in shape."""
    return apart(fingerprint(graph, tree), fingerprint(graph, truth))


def refuted(graph: Graph, text: str, truth: Tree, *, latex: bool) -> list[Proof]:
    """Prove that a printed line, read back, says of ``truth`` what is not so; raises ``CertificateError`` if it is."""
    line = _read(text, graph.scope, latex=latex)
    wanted = fingerprint(graph, truth)
    if apart(fingerprint(graph, line.left), wanted):
        raise CertificateError(f"a printed statement is about something else: {text}")
    if not all(apart(fingerprint(graph, right), wanted) for _, right in line.links):
        raise CertificateError(f"a statement that is meant to be wrong is right: {text}")
    return [Proof("residues", len(wanted[1]), "0")]


# --- along a step ---------------------------------------------------------------------------------------------

_ON_THE_WAY = ("0.061803", "0.214159", "0.357721", "0.501414", "0.618034", "0.787654", "0.943291")


def bent(graph: Graph, tree: Tree, values: Mapping[str, Fraction | Decimal], name: str, step: Fraction) -> Decimal:
    """How far a formula strays, at points on a step of x, from the straight line between its values at the ends.

    It is relative to the largest of its values; zero, but for rounding, where it is linear along the step.
    """
    leaves = {other: _real(value) for other, value in values.items()}

    def at(way: Decimal) -> Decimal:
        moved = _CONTEXT.add(leaves[name], _CONTEXT.multiply(way, _real(step)))
        return Point(replace(graph, nodes=()), {**leaves, name: moved}).value(tree)

    try:
        start, end = at(Decimal(0)), at(Decimal(1))
        strays = [
            (_CONTEXT.add(start, _CONTEXT.multiply(way, _CONTEXT.subtract(end, start))), at(way))
            for way in map(Decimal, _ON_THE_WAY)
        ]  # fmt: skip
    except (UnluckyError, decimal.InvalidOperation):
        return Decimal(1)
    size = max(abs(value) for value in (start, end, Decimal("1e-12")))
    return max(abs(_CONTEXT.subtract(line, value)) for line, value in strays) / size


# --- number lines -------------------------------------------------------------------------------------------

# A number, as one hole: with its brackets where they follow a sign; not an exponent, not the 1 of an indicator.
_HOLE = re.compile(
    r"(?:(?<=[-+*/] )|(?<=[*/])|(?<=\\cdot ))\(-(?P<negative>\d+(?:\.\d+)?)\)"
    r"|(?<![\w.}^])(?<!(?<!e)\^\{)(?<!mathbf\{)(?P<plain>\d+(?:\.\d+)?)(?![\w\[])"
)


_ONE_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _holes(text: str) -> Iterator[re.Match[str]]:
    """The numbers of a line, but an exponent: the 2 of 3^{-2}, unless it is e's."""
    for match in _HOLE.finditer(text):
        start = match.start()
        if text[max(start - 3, 0) : start] not in ("^{-", "^(-") or text[start - 4 : start - 3] == "e":
            yield match


def _skeleton(text: str, matches: Iterable[re.Match[str]]) -> str:
    """The line with # for each of its numbers."""
    pieces, end = [], 0
    for match in matches:
        pieces += [text[end : match.start()], "#"]
        end = match.end()
    return "".join([*pieces, text[end:]])


@dataclass(frozen=True)
class _Layout:
    """A number line's structure: its entries with holes, and what each hole must show (sign, quantity)."""

    shape: tuple[int, int]
    cells: tuple[Tree, ...]
    quantities: tuple[tuple[int, Tree], ...]


class NumberLines:
    """Proofs of number lines on one graph; what is read of a line's structure is kept for the next variant."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._layouts: dict[tuple[str, str, bool], _Layout] = {}
        self._matrices: dict[tuple[str, bool], tuple[tuple[int, int], tuple[int, ...]]] = {}
        self._apart: dict[Tree, tuple[tuple[int, int], tuple[Tree, ...]]] = {}

    def point(self, given: Mapping[Any, Fraction | Decimal], taken: frozenset[str] = frozenset()) -> Point:
        """The forward pass at the sheet's numbers; what they leave open gets any number, and must not matter."""
        numbers = {name: _real(value) for name, value in given.items() if isinstance(name, str)}
        slopes = {partial: _real(value) for partial, value in given.items() if isinstance(partial, Partial)}
        leaves = {name: value for name, value in numbers.items() if self.graph.is_leaf(name)}
        cuts = {name: value for name, value in numbers.items() if name not in leaves}
        if not cuts and not slopes:
            return Point(self.graph, leaves)
        cuts |= self._inverted({name: value for name, value in cuts.items() if name not in taken}, numbers)
        for attempt in range(40):
            more = {n: _random(attempt, n) for n in self.graph.leaves if n not in leaves}
            try:
                return Point(self.graph, {**more, **leaves}, cuts, slopes)
            except (UnluckyError, decimal.InvalidOperation):
                continue
        raise UnluckyError

    def _inverted(self, cuts: Mapping[str, Decimal], known: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """The pre-activations that nothing else determines, and that given activations leave no choice."""
        found: dict[str, Decimal] = {}
        for name, value in cuts.items():
            tree = self.graph.resolved(self.graph.node(name).tree)
            if isinstance(tree, Apply) and tree.operation == "divide" and value > 0:
                found |= self._logit(tree, value, cuts, known)
            if not isinstance(tree, Apply) or len(tree.args) != 1 or not isinstance(tree.args[0], Name):
                continue
            before = tree.args[0].name
            above = self.graph.upstream(before, frozenset(known))
            if before in known or all(leaf in known for leaf in above if self.graph.is_leaf(leaf)):
                continue
            if tree.operation == "sigmoid" and 0 < value < 1:
                found[before] = _CONTEXT.ln(_CONTEXT.divide(value, _CONTEXT.subtract(1, value)))
            elif tree.operation == "tanh" and -1 < value < 1:
                ratio = _CONTEXT.divide(_CONTEXT.add(1, value), _CONTEXT.subtract(1, value))
                found[before] = _CONTEXT.divide(_CONTEXT.ln(ratio), 2)
            elif tree.operation == "relu":  # at an output of 0, any negative number: what the quiz asks must not tell
                found[before] = value if value > 0 else Decimal(-1)
            elif tree.operation == "leaky_relu":
                found[before] = value if value > 0 else _CONTEXT.multiply(value, 100)
        return found

    def _logit(
        self, tree: Apply, value: Decimal, cuts: Mapping[str, Decimal], known: Mapping[str, Decimal]
    ) -> dict[str, Decimal]:
        """z = log p of a softmax all of whose outputs are given: e^z / Σ e^z is p then, as Σ p = 1."""
        above, below = tree.args
        if not isinstance(above, Apply) or above.operation != "exp" or not isinstance(above.args[0], Name):
            return {}
        before = above.args[0].name
        forms = {name: self.graph.resolved(self.graph.node(name).tree) for name in cuts}
        shares = [cuts[name] for name, form in forms.items() if isinstance(form, Apply) and form.args[1:] == (below,)]
        whole = _close(_REAL["add"](*shares), Decimal(1)) <= TOLERANCE
        return {before: _CONTEXT.ln(value)} if whole and before not in known else {}

    def prove_line(
        self, text: str, symbolic_text: str, answer: str, relations: tuple[str, str], point: Point, *, latex: bool,
        carried: Mapping[Any, Fraction | Decimal] | None = None, equal: tuple[Decimal, ...] = (),
    ) -> tuple[Decimal, ...]:  # fmt: skip
        """Prove ``symbolic relation[0] text relation[1] answer``; raises ``CertificateError``.

        Returns what the line's entries come to as printed. With ``equal``, what the line before it came to, they must
        be that: the two are joined by an equals sign.
        """
        matches = tuple(_holes(text))
        holes = [Decimal("-" + m["negative"]) if m["negative"] else Decimal(m["plain"]) for m in matches]
        skeleton = _skeleton(text, matches)
        layout = self._layouts.get((skeleton, symbolic_text, latex)) or self._layout(
            skeleton, symbolic_text, text, latex
        )
        if len(holes) != len(layout.quantities):
            raise CertificateError(f"a number line has a number too many or too few: {text}")
        values: dict[str, Decimal] = {}
        for i, (shown, (sign, quantity)) in enumerate(zip(holes, layout.quantities, strict=True)):
            values[f"#{i}"] = shown
            if isinstance(quantity, Number):
                true = _real(quantity.value)
            elif carried is not None:
                true = _real(carried[quantity.name if isinstance(quantity, Name) else quantity])
            else:
                true = point.value(quantity)
            exact = relations[0] == "=" or isinstance(quantity, Number)  # a constant is never rounded
            _compare(shown if sign > 0 else shown.copy_negate(), true, exact=exact, text=text)
        worked_out = tuple(point.evaluate(cell, values) for cell in layout.cells)
        whole = f"{text} {relations[1]} {answer}"
        for shown, value in zip(self._answer(answer, layout.shape, latex), worked_out, strict=True):
            _compare(shown, value, exact=relations[1] == "=", text=whole)
        for before, value in zip(equal, worked_out, strict=True) if equal else ():
            _compare(before, value, exact=True, text=whole)
        return worked_out

    def prove_value(self, answer: str, tree: Tree, relation: str, point: Point, *, latex: bool = False) -> str:
        """Prove that a printed answer is the tree's value, rounded as it is printed; returns the relative error."""
        if tree not in self._apart:
            self._apart[tree] = cells_of(self.graph, tree)
        shape, cells = self._apart[tree]
        worst = Decimal(0)
        for shown, cell in zip(self._answer(answer, shape, latex), cells, strict=True):
            true = point.value(cell)
            _compare(shown, true, exact=relation == "=", text=answer)
            worst = max(worst, _close(shown, true))
        return f"{worst:.1e}"

    def _answer(self, text: str, shape: tuple[int, int], latex: bool) -> list[Decimal]:
        """The numbers of a printed answer, a single one or a matrix of this shape."""
        signs: tuple[int, ...]
        if _ONE_NUMBER.fullmatch(text):
            printed, signs, numbers = (1, 1), (1,), [Decimal(text)]
        else:
            matches = tuple(_holes(text))
            numbers = [Decimal(m["plain"] or m["negative"]) for m in matches]
            key = _skeleton(text, matches), latex
            if key not in self._matrices:
                self._matrices[key] = self._matrix(text, latex)
            printed, signs = self._matrices[key]
        if printed != shape or len(numbers) != len(signs):
            raise CertificateError(f"a printed answer has another shape than what it is the answer for: {text}")
        return [number if sign > 0 else number.copy_negate() for number, sign in zip(numbers, signs, strict=True)]

    def _matrix(self, text: str, latex: bool) -> tuple[tuple[int, int], tuple[int, ...]]:
        """The shape and the signs of a printed matrix of numbers, after reading it."""
        tree = _read(text, self.graph.scope, latex=latex).left
        rows = [row.args for row in tree.args if isinstance(row, Apply)] if isinstance(tree, Apply) else []
        entries = [entry for row in rows for entry in row]
        spans = [(m.start(), m.end()) for m in _holes(text)]
        signs = []
        if not isinstance(tree, Apply) or tree.operation != "matrix" or len(spans) != len(entries):
            raise CertificateError(f"a printed answer is no number and no matrix of numbers: {text}")
        for entry, (start, end) in zip(entries, spans, strict=True):
            minus = isinstance(entry, Apply) and entry.operation == "negate"
            bare = entry.args[0] if isinstance(entry, Apply) and minus else entry
            if not isinstance(bare, Number) or not start <= bare.at < end:
                raise CertificateError(f"a printed answer is no number and no matrix of numbers: {text}")
            signs.append(-1 if minus else 1)
        return (len(rows), len(rows[0])), tuple(signs)

    def _layout(self, skeleton: str, symbolic_text: str, text: str, latex: bool) -> _Layout:
        arrays = _arrays_of(self.graph)
        symbolic_line = arrays.written_out(_read(symbolic_text, self.graph.scope, latex=latex).left)
        read = _read(text, self.graph.scope, latex=latex).left
        spans = [(m.start(), m.end(), m["negative"] is not None) for m in _holes(text)]
        quantities: dict[int, tuple[int, Tree]] = {}
        tree = _lay(symbolic_line, read, spans, quantities, text)
        if sorted(quantities) != list(range(len(spans))):
            raise CertificateError(f"a number line does not have the form of its symbolic line: {text}")
        shape, cells = cells_of(self.graph, self.graph.resolved(tree))
        layout = _Layout(shape, cells, tuple(quantities[i] for i in range(len(spans))))
        self._layouts[skeleton, symbolic_text, latex] = layout
        return layout


def rounded_once(
    graph: Graph, numbers: Mapping[Any, Fraction | Decimal], key: str | Partial, text: str, places: int
) -> None:
    """Prove that a number rounded as by hand follows in one step from the rounded numbers that it is worked out from.

    A value goes by its node's equation; ∂of/∂v is Σ ∂of/∂u · ∂u/∂v over the nodes u that use v, each ∂u/∂v by a
    central difference of u's equation at the rounded numbers.
    """
    if isinstance(key, str):
        true = _alone(graph, numbers, key).value(Name(key))
    else:
        facing, shares = graph.facing(key.wrt), []
        for user in facing.users[key.wrt]:
            if user in facing.behind(key.of) and (slope := _slope(facing, numbers, user, key.wrt)):
                shares.append(_CONTEXT.multiply(_real(numbers[Partial(key.of, user)]), slope))
        true = _REAL["add"](*shares, Decimal(0)) if key.of != key.wrt else Decimal(1)
    _compare(Decimal(text).quantize(Decimal(1).scaleb(-places)), true, exact=False, text=text)


def _alone(graph: Graph, numbers: Mapping[Any, Fraction | Decimal], name: str) -> Point:
    """One node's equation at its parents' numbers."""
    node = graph.node(name)
    alone = replace(graph, leaves=node.parents, nodes=(node,), arrays=(), stated=(), simplices=())
    return Point(alone, {parent: _real(numbers[parent]) for parent in node.parents})


def _slope(graph: Graph, numbers: Mapping[Any, Fraction | Decimal], user: str, wrt: str) -> Decimal:
    """∂user/∂wrt at these numbers; one that a network's builder states is worked out from its form."""
    stated = graph.stated_forms(user)
    if stated is None:
        slope = _alone(graph, numbers, user).difference(Partial(user, wrt))
        return slope if abs(slope) > TOLERANCE else Decimal(0)
    values = {name: _real(numbers[name]) for name in names(stated[wrt])}
    return Point(graph, {}).evaluate(graph.resolved(stated[wrt]), values)


def mixed(
    graph: Graph, text: str, symbolic_text: str, keep: frozenset[str],
    true: Point | Mapping[Tree, Fraction | Decimal], *, exact: bool, latex: bool,
) -> None:  # fmt: skip
    """Prove that a line of numbers beside the names ``keep``, read back, is its symbolic line with numbers put in.

    ``true`` is the forward pass at the sheet's numbers, or the rounded values that are carried.
    """
    found: list[tuple[Decimal, Tree]] = []
    symbolic_line, line = (_read(t, graph.scope, latex=latex).left for t in (symbolic_text, text))
    _match(symbolic_line, line, keep, found, text)
    for shown, quantity in found:
        value = true.value(quantity) if isinstance(true, Point) else _real(true[quantity])
        _compare(shown, value, exact=exact, text=text)


def _match(symbolic_part: Tree, part: Tree, keep: frozenset[str], found: list[tuple[Decimal, Tree]], text: str) -> None:
    """Lay a read line over its symbolic line; what stands for a quantity goes to ``found``."""
    wrong = CertificateError(f"a number line does not have the form of its symbolic line: {text}")
    if isinstance(symbolic_part, Name) and symbolic_part.name not in keep:
        minus = isinstance(part, Apply) and part.operation == "negate"
        bare = part.args[0] if minus and isinstance(part, Apply) else part
        if not isinstance(bare, Number):
            raise wrong
        found.append((_real(-bare.value if minus else bare.value), symbolic_part))
    elif isinstance(symbolic_part, Apply):
        if not isinstance(part, Apply) or not _alike(part, symbolic_part):
            raise wrong
        for one, other in zip(symbolic_part.args, part.args, strict=True):
            _match(one, other, keep, found, text)
    elif symbolic_part != part:
        raise wrong


def _lay(
    symbolic_part: Tree, part: Tree, spans: list[tuple[int, int, bool]], found: dict[int, tuple[int, Tree]], text: str
) -> Tree:
    """The number line's tree with holes, after checking that it is the symbolic line's, part by part."""
    wrong = CertificateError(f"a number line does not have the form of its symbolic line: {text}")
    sign, bare = (-1, part.args[0]) if isinstance(part, Apply) and part.operation == "negate" else (1, part)
    hole = None
    if isinstance(bare, Number):
        hole = next((i for i, (start, end, _) in enumerate(spans) if start <= bare.at < end), None)
    bracketed = hole is not None and spans[hole][2]  # its minus sign is the number's: (-3)
    if bracketed and isinstance(symbolic_part, Apply) and symbolic_part.operation == "negate":
        (only,) = symbolic_part.args  # the symbolic line has the number in brackets too: x (-0.1)
        symbolic_part = Number(-only.value) if isinstance(only, Number) else symbolic_part
    if bracketed and (sign == 1 or isinstance(symbolic_part, Apply)):
        raise wrong
    if not isinstance(symbolic_part, Apply):
        if hole is None or hole in found:
            raise wrong
        found[hole] = (1 if bracketed else sign, symbolic_part)
        if isinstance(symbolic_part, Number):  # the same at all numbers, and compared with what is printed
            return symbolic_part
        name = Name(f"#{hole}")
        return name if bracketed or sign == 1 else Apply("negate", (name,))
    if not isinstance(part, Apply) or not _alike(part, symbolic_part):
        raise wrong
    if part.operation == "power":
        if part.args[1] != symbolic_part.args[1]:
            raise wrong
        return Apply("power", (_lay(symbolic_part.args[0], part.args[0], spans, found, text), part.args[1]))
    pairs = zip(symbolic_part.args, part.args, strict=True)
    return Apply(part.operation, tuple(_lay(s, p, spans, found, text) for s, p in pairs), part.slot)


def _alike(part: Apply, other: Apply) -> bool:
    """Whether two applications are of the same operation, or the same derivative of it, to as many arguments."""
    return (part.operation, part.slot, len(part.args)) == (other.operation, other.slot, len(other.args))


def _real(value: Fraction | Decimal) -> Decimal:
    return (
        value if isinstance(value, Decimal) else _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
    )


def _compare(shown: Decimal, true: Decimal, *, exact: bool, text: str) -> None:
    """Equal, or after an ≈ equal to within half a unit of the last printed decimal."""
    gap = abs(_CONTEXT.subtract(shown, true))
    exponent = shown.as_tuple().exponent
    assert isinstance(exponent, int)
    if exact:
        allowed = max(abs(true), Decimal(1)) * TOLERANCE
    else:
        # A tie's true value comes with the difference's own error, which is no reason to refuse its rounding.
        allowed = _CONTEXT.add(Decimal((0, (5,), exponent - 1)), max(abs(true), Decimal(1)) * TOLERANCE)
    if gap > allowed:
        raise CertificateError(f"a printed number is wrong: {text}")
