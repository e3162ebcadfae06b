"""The forward pass at a real point, to 80 digits, and its central differences, which use no derivative rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from derivgen.certify.common import expanded, pseudorandom
from derivgen.certify.reals import COMPARED, CONTEXT, REAL
from derivgen.expression import Apply, Name, Number, Partial, Tree, walk
from derivgen.graph import Graph
from derivgen.operations import INDICATORS, OPERATIONS

_STEP = Decimal(10) ** -25
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
                offset = self.offsets.setdefault(node.name, CONTEXT.subtract(self.cuts[node.name], value))
                value = CONTEXT.add(value, offset)
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
                REAL["add"](values[partial.of], *(CONTEXT.multiply(given[n], values["#" + n]) for n in given))
                for values in self.moved[key]
            ]  # fmt: skip
            self.differences[partial] = CONTEXT.divide(CONTEXT.subtract(*ends), 2 * _STEP)
        return self.differences[partial]

    def _moved(
        self, step: Decimal, wrt: str, held: tuple[str, ...], given: Mapping[str, Decimal]
    ) -> dict[str, Decimal]:
        """The forward pass with ``wrt`` moved; a node of ``given`` stays, its move is its ``#node``."""
        values = {name: self.base[name] for name in held}
        values[wrt] = CONTEXT.add(self.base[wrt], step)
        reach = self.graph.descendants(wrt)
        still = {name: value for name, value in self.base.items() if name not in reach}
        if not given:
            return self._forward(still, values)
        values = {**still, **values}
        for node in self.graph.nodes:
            if node.name in values:
                continue
            value = CONTEXT.add(self.evaluate(self.graph.resolved(node.tree), values), self.offsets.get(node.name, 0))
            if node.name in given:
                values["#" + node.name] = CONTEXT.subtract(value, self.base[node.name])
                value = self.base[node.name]
            values[node.name] = value
        return {**{"#" + name: Decimal(0) for name in given}, **values}

    def stepped(self, of: str, weights: Iterable[str], step: str) -> Point:
        """The point after one step of gradient descent, all weights from their old values."""
        leaves = {name: self.base[name] for name in self.graph.leaves if name in self.base}
        for name in weights:
            move = CONTEXT.multiply(self.base[step], self.difference(Partial(of, name)))
            leaves[name] = CONTEXT.subtract(self.base[name], move)
        return Point(self.graph, leaves)

    def value(self, tree: Tree) -> Decimal:
        return self.evaluate(self.graph.resolved(tree), self.base)

    def evaluate(self, tree: Tree, values: Mapping[str, Decimal]) -> Decimal:
        if isinstance(tree, Number):
            return CONTEXT.divide(Decimal(tree.value.numerator), Decimal(tree.value.denominator))
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
        if tree.operation in REAL:
            result: Decimal = REAL[tree.operation](*args)
            return result
        if tree.operation in OPERATIONS:
            names = OPERATIONS[tree.operation].arguments
            meaning = expanded(tree.operation, tuple(map(Name, names)), self.graph.kinks)
            if all(part.operation in REAL for part in walk(meaning) if isinstance(part, Apply)):
                return self.evaluate(meaning, dict(zip(names, args, strict=True)))
            # A branch is remembered by what it is of, so that this is what stands in the tree.
            return self.evaluate(expanded(tree.operation, tree.args, self.graph.kinks), values)
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
        holds = bool(COMPARED[tree.operation](x, y))
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
            moved[names[tree.slot - 1]] = CONTEXT.add(args[tree.slot - 1], step)
            ends.append(self.evaluate(bare, moved))
        return CONTEXT.divide(CONTEXT.subtract(*ends), 2 * _STEP)

    def _abstract(self, tree: Apply, args: list[Decimal]) -> Decimal:
        """A smooth stand-in for an unknown function; bounded, so that deep networks keep their digits."""
        total = Decimal(0)
        for slot, argument in enumerate(args):
            a, b, c = (Decimal(pseudorandom(tree.operation, slot, i) % 900 + 100) / 1000 for i in range(3))
            risen = CONTEXT.divide(1, CONTEXT.add(1, CONTEXT.exp(CONTEXT.multiply(-c, argument))))
            bent = REAL["add"](a, CONTEXT.multiply(b, risen), total)
            total = REAL["add"](total, CONTEXT.multiply(bent, risen))
        return total
