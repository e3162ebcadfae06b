"""A graph at random residues modulo 2^61 − 1: values, and derivatives by dual numbers pushed forward."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.certify.common import PRIME, UnluckyError, expanded, pseudorandom
from derivgen.expression import Apply, Name, Number, Partial, Tree
from derivgen.graph import Graph
from derivgen.operations import OPERATIONS

Dual = tuple[int, int]  # value, derivative
SIMPLE = 10**6
_LARGEST_POWER = 10**4
_ROOT = 12


def ratio(residue: int) -> tuple[int, int]:
    """The fraction (numerator, denominator) of least size that is this residue, by Euclid's algorithm (Wang 1981)."""
    above, below = (PRIME, residue), (0, 1)
    while above[1] > SIMPLE:
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
        self.passes: dict[tuple[str, ...], dict[str, Dual]] = {}

    def derivative(self, partial: Partial) -> int:
        """How ``of`` moves with ``wrt`` along every path, but those through what is held."""
        key = (partial.wrt, *partial.held)
        if key not in self.passes:
            self.passes[key] = self._forward(*key)
        return self.passes[key][partial.of][1]

    def _forward(self, seed: str = "", *held: str) -> dict[str, Dual]:
        values: dict[str, Dual] = {}
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
            above, below = ratio(difference * pow(known, -1, PRIME) % PRIME)
            if max(above, abs(below)) <= SIMPLE:
                return gate if below > 0 else 1 - gate
        return None

    def evaluate(self, tree: Tree, values: Mapping[str, Dual]) -> Dual:
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
            result: Dual = method(*args)
            return result
        if tree.operation in OPERATIONS:
            names = OPERATIONS[tree.operation].arguments  # its arguments are worked out once, however often it has them
            meaning = expanded(tree.operation, tuple(map(Name, names)), self.graph.kinks)
            return self.evaluate(meaning, dict(zip(names, args, strict=True)))
        return self._abstract(tree, args)

    def _abstract(self, tree: Apply, args: list[Dual]) -> Dual:
        key = (self.salt, tree.operation, tuple(value for value, _ in args))
        tangent = sum(pseudorandom(*key, slot + 1) * args[slot][1] for slot in range(len(args)))
        return pseudorandom(*key, tree.slot), 0 if tree.slot else tangent % PRIME

    def _add(self, *terms: Dual) -> Dual:
        return sum(v for v, _ in terms) % PRIME, sum(t for _, t in terms) % PRIME

    def _subtract(self, x: Dual, y: Dual) -> Dual:
        return (x[0] - y[0]) % PRIME, (x[1] - y[1]) % PRIME

    def _negate(self, x: Dual) -> Dual:
        return -x[0] % PRIME, -x[1] % PRIME

    def _multiply(self, *factors: Dual) -> Dual:
        value, tangent = 1, 0
        for v, t in factors:
            value, tangent = value * v % PRIME, (tangent * v + value * t) % PRIME
        return value, tangent

    def _reciprocal(self, x: Dual) -> Dual:
        if x[0] == 0:
            raise UnluckyError
        inverse = pow(x[0], -1, PRIME)
        return inverse, -x[1] * inverse * inverse % PRIME

    def _divide(self, x: Dual, y: Dual) -> Dual:
        return self._multiply(x, self._reciprocal(y))

    def _power(self, x: Dual, n: Dual) -> Dual:
        exponent = n[0] if n[0] < PRIME // 2 else n[0] - PRIME
        if abs(exponent) > _LARGEST_POWER:  # no whole number, but the residue of something else
            raise UnluckyError
        base = x if exponent >= 0 else self._reciprocal(x)
        result: Dual = (1, 0)
        for _ in range(abs(exponent)):
            result = self._multiply(result, base)
        return result

    def _exp(self, x: Dual) -> Dual:
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
            below, above = ratio(known * pow(exponent, -1, PRIME) % PRIME)  # exponent = above/below · known
            if abs(above) <= _ROOT and abs(below) <= _ROOT and _ROOT % below == 0:
                return pow(root, _ROOT // below * above, PRIME)
        return None

    def _log(self, x: Dual) -> Dual:
        if x[0] == 0:
            raise UnluckyError
        if x[0] not in self.logs:
            known = next((v for v, power in self.exps.items() if power == x[0]), None)
            self.logs[x[0]] = known if known is not None else pseudorandom(self.salt, "log", x[0])
        return (0 if x[0] == 1 else self.logs[x[0]]), x[1] * pow(x[0], -1, PRIME) % PRIME

    def _floor(self, x: Dual) -> Dual:
        """The floor of a simple fraction; of any other residue some number, always the same: it has no order."""
        above, below = ratio(x[0])
        if max(above, abs(below)) <= SIMPLE:
            return above // below % PRIME, 0
        return pseudorandom(self.salt, "floor", x[0]), 0

    def _max(self, x: Dual, y: Dual) -> Dual:
        return x if self.gate((x[0] - y[0]) % PRIME) else y

    def _abs(self, x: Dual) -> Dual:
        return x if self.gate(x[0]) else self._negate(x)

    def _leaky_relu(self, z: Dual) -> Dual:
        return z if self.gate(z[0]) else self._multiply(z, (pow(100, -1, PRIME), 0))

    def _above(self, x: Dual, y: Dual) -> Dual:
        return self.gate((x[0] - y[0]) % PRIME), 0

    def _below(self, x: Dual, y: Dual) -> Dual:
        return 1 - self.gate((x[0] - y[0]) % PRIME), 0

    def _above_or_equal(self, x: Dual, y: Dual) -> Dual:
        return (1, 0) if x[0] == y[0] else self._above(x, y)

    def _strictly_below(self, x: Dual, y: Dual) -> Dual:
        return (0, 0) if x[0] == y[0] else self._below(x, y)
