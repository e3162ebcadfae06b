"""Random trees and graphs for Hypothesis, and a second opinion on what a tree means, by other definitions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any

import mpmath
from hypothesis import strategies as st

from derivgen.expression import Apply, Name, Number, Partial, Tree, number, substitute, walk
from derivgen.graph import Graph
from derivgen.operations import OPERATIONS
from derivgen.printing import BREAK, printed
from derivgen.reading import Scope, read_row

PRIME = 2**127 - 1
DIGITS = 70
STEP = mpmath.mpf(10) ** -22


# --- what a text means, whatever its shape: arithmetic modulo a prime, all else unknown functions ------------------


def meaning(tree: Tree) -> int:
    """Equal for trees that differ in brackets and grouping only; different for all others (but for 10^-38)."""
    if isinstance(tree, Number):
        return tree.value.numerator * pow(tree.value.denominator, -1, PRIME) % PRIME
    if isinstance(tree, (Name, Partial)):
        return hashed(repr(tree))
    row = OPERATIONS.get(tree.operation)
    if row is not None and row.written_out:
        return meaning(substitute(read_row(row.name, row.value), dict(zip(row.arguments, tree.args, strict=True))))
    args = [meaning(argument) for argument in tree.args]
    match tree.operation:
        case "add":
            return sum(args) % PRIME
        case "subtract":
            return (args[0] - args[1]) % PRIME
        case "negate":
            return -args[0] % PRIME
        case "multiply":
            return math.prod(args) % PRIME
        case "divide":
            return args[0] * pow(args[1], -1, PRIME) % PRIME
        case "reciprocal":
            return pow(args[0], -1, PRIME)
        case "power":
            return pow(args[0], args[1] if args[1] < PRIME // 2 else args[1] - PRIME, PRIME)
        case operation:
            return hashed(f"{operation}{tree.slot}{args}")


def hashed(key: str) -> int:
    return int.from_bytes(sha256(key.encode()).digest()) % PRIME


# --- what a tree comes to: 70 digits, every operation defined a second time ----------------------------------------


REAL: dict[str, Callable[..., Any]] = {
    "add": lambda *terms: sum(terms),
    "subtract": lambda x, y: x - y,
    "multiply": lambda *factors: math.prod(factors),
    "divide": lambda x, y: x / y,
    "negate": lambda x: -x,
    "power": lambda x, n: x ** int(n),
    "reciprocal": lambda x: 1 / x,
    "exp": lambda x: mpmath.exp(x),
    "log": lambda x: mpmath.log(x),
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": lambda z: mpmath.tanh(z),
    "relu": lambda z: z if z > 0 else mpmath.mpf(0),
    "leaky_relu": lambda z: z if z > 0 else z / 100,
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "swish": lambda z: z / (1 + mpmath.exp(-z)),
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "gelu": lambda z: z * (1 + mpmath.tanh(mpmath.mpf("0.7978845608") * (z + mpmath.mpf("0.044715") * z**3))) / 2,
    "identity": lambda z: z,
    "abs": lambda x: x if x > 0 else -x,
    "floor": lambda x: mpmath.floor(x),
    "max": lambda x, y: x if x > y else y,
    "sign": lambda x: mpmath.mpf(1 if x > 0 else -1),
    "squared_error": lambda a, y: (a - y) ** 2,
    "half_squared_error": lambda a, y: (a - y) ** 2 / 2,
    "absolute_error": lambda a, y: a - y if a > y else y - a,
    "binary_cross_entropy": lambda a, y: -y * mpmath.log(a) - (1 - y) * mpmath.log(1 - a),
    "above": lambda x, y: mpmath.mpf(x > y),
    "below": lambda x, y: mpmath.mpf(x <= y),
    "above_or_equal": lambda x, y: mpmath.mpf(x >= y),
    "strictly_below": lambda x, y: mpmath.mpf(x < y),
}


# Where two arguments must lie apart, and where one must lie above zero, for a point to be generated.
APART = {
    "relu": lambda z: (z, 0), "leaky_relu": lambda z: (z, 0), "abs": lambda x: (x, 0), "sign": lambda x: (x, 0), "max": lambda x, y: (x, y),
    "absolute_error": lambda a, y: (a, y), "divide": lambda x, y: (y, 0), "reciprocal": lambda x: (x, 0),
    "power": lambda x, n: (x, 0) if n < 0 else (1, 0),
}  # fmt: skip
ABOVE = {"log": lambda x: x, "binary_cross_entropy": lambda a, y: min(a, 1 - a)}


def awkward(tree: Tree, values: Mapping[str, Any]) -> bool:
    """Whether a pole or a kink is near."""
    for part in walk(tree):
        if isinstance(part, Apply):
            args = [real(argument, values) for argument in part.args]
            if part.operation in APART:
                x, y = APART[part.operation](*args)
                if abs(x - y) < 0.02:
                    return True
            if part.operation in ABOVE and ABOVE[part.operation](*args) < 0.02:
                return True
    return False


def real(tree: Tree, values: Mapping[str, Any], partials: Callable[[Partial], Any] | None = None) -> Any:
    """The number that a tree comes to; call it under ``mpmath.workdps(DIGITS)``."""
    if isinstance(tree, Number):
        return mpmath.mpf(tree.value.numerator) / tree.value.denominator
    if isinstance(tree, Name):
        return values[tree.name]
    if isinstance(tree, Partial):
        assert partials is not None
        return partials(tree)
    args = [real(argument, values, partials) for argument in tree.args]
    if tree.slot:  # g'(z)
        ends = (REAL[tree.operation](*moved(args, tree.slot - 1, step)) for step in (STEP, -STEP))
        return mpmath.fsub(*ends) / (2 * STEP)
    return REAL[tree.operation](*args)


def moved(args: list[Any], place: int, step: Any) -> list[Any]:
    return [argument + step if i == place else argument for i, argument in enumerate(args)]


def forward(graph: Graph, values: Mapping[str, Any]) -> dict[str, Any]:
    """All values; what ``values`` fixes stays."""
    found = dict(values)
    for node in graph.nodes:
        if node.name not in found:
            found[node.name] = real(graph.resolved(node.tree), found)
    return found


def central(graph: Graph, partial: Partial, leaves: Mapping[str, Any]) -> Any:
    """(f(x + h) − f(x − h)) / 2h of the forward pass, with ``held`` through the one equation alone."""
    base = forward(graph, leaves)
    ends = []
    for step in (STEP, -STEP):
        moved = {partial.wrt: base[partial.wrt] + step}
        if partial.held:
            ends.append(real(graph.resolved(graph.node(partial.of).tree), {**base, **moved}))
        else:
            ends.append(forward(graph, {**leaves, **moved})[partial.of])
    return (ends[0] - ends[1]) / (2 * STEP)


def text_of(tree: Tree, scope: Scope, dialect: str) -> str:
    """A formula as it is printed on one row."""
    return printed(tree, scope, dialect).text.replace(BREAK, "")


# --- strategies ----------------------------------------------------------------------------------------------------

NAMES = ("x", "y^*", "w_1", "a_1", "W_11^(2)", "yhat", "alpha", "z_12", "eta^*", "Loss", "b")
UNARY = ("negate", "reciprocal", "exp", "log", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "swish", "elu",
         "gelu", "identity", "abs")
BINARY = ("subtract", "divide", "max", "squared_error", "half_squared_error", "absolute_error",
          "binary_cross_entropy", "above", "below", "above_or_equal", "strictly_below")  # fmt: skip


def trees(most: int = 14) -> st.SearchStrategy[Tree]:
    """Any tree over ``NAMES``, the abstract functions g (of one argument) and h (of two), and partials."""
    numbers = st.builds(number, st.fractions(min_value=-20, max_value=20, max_denominator=16))
    partials = st.builds(
        lambda of, wrt, held: Partial(of, wrt, held),
        st.sampled_from(NAMES), st.sampled_from(NAMES),
        st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple),
    )  # fmt: skip
    leaves = st.one_of(st.sampled_from(NAMES).map(Name), numbers, partials)

    def wider(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        many = st.lists(inner, min_size=2, max_size=4).map(tuple)
        exponents = st.integers(-3, 4).map(number)
        return st.one_of(
            st.builds(lambda o, x: Apply(o, (x,)), st.sampled_from(UNARY), inner),
            st.builds(lambda o, x, y: Apply(o, (x, y)), st.sampled_from(BINARY), inner, inner),
            st.builds(lambda o, args: Apply(o, args), st.sampled_from(("add", "multiply")), many),
            st.builds(lambda x, n: Apply("power", (x, n)), inner, exponents),
            st.builds(lambda x, slot: Apply("g", (x,), slot), inner, st.integers(0, 1)),
            st.builds(lambda x, y, slot: Apply("h", (x, y), slot), inner, inner, st.integers(0, 2)),
        )

    return st.recursive(leaves, wider, max_leaves=most)


EQUATIONS = (
    "{0} + {1}", "{0} - {1}", "{0}*{1}", "{0}*{1} + {2}", "-{0}", "{0}^2", "{0}^3", "{0}/{1}", "1/{0}", "{0}^-1",
    "{0}*{0} + {0}", "reciprocal({0})", "exp({0})", "e^(-{0})", "log({0})", "log(1 + {0}^2)", "sigmoid({0})",
    "tanh({0})", "relu({0})", "relu(-{0})", "leaky_relu({0})", "leaky_relu({0}*{1})", "softplus({0})", "identity({0})",
    "abs({0})", "max({0}, {1})", "absolute_error({0}, {1})", "squared_error({0}, {1})", "half_squared_error({0}, {1})",
    "binary_cross_entropy({0}, {1})", "binary_cross_entropy(sigmoid({0}), {1})", "({0} - {1})^2/2",
    "sigmoid({0}*{1} + {2})", "relu({0})*{0} + 3*{1}", "2*{0} - {1}/4", "max({0}, {1})*e^(-{0}^2)",
    "{0}/(1 + {1}^2)", "-({0} - 2*{1})*{2}", "({0} + {1})*({0} - {1})", "1 - (1 - {0})*{1}",
)  # fmt: skip
LARGEST = 30


@dataclass(frozen=True)
class Network:
    """Equations, and a point at which every value is defined, moderate and far from every kink."""

    equations: tuple[str, ...]
    point: tuple[tuple[str, Fraction], ...]

    @property
    def graph(self) -> Graph:
        return Graph.of("\n".join(self.equations), [name for name, _ in self.point])

    @property
    def given(self) -> dict[str, Fraction]:
        return dict(self.point)

    def leaves(self) -> dict[str, Any]:
        return {name: mpmath.mpf(value.numerator) / value.denominator for name, value in self.point}


@st.composite
def networks(draw: st.DrawFn, most: int = 15) -> Network:
    """A random graph of up to ``most`` nodes; the last one depends on as much as can be."""
    leaves = draw(st.integers(1, 4))
    values: dict[str, Any] = {}
    point = []
    for i in range(leaves):
        value = Fraction(draw(st.integers(-1500, 1500).filter(lambda n: n % 10)), 1000)
        point.append((f"x_{i}", value))
        values[f"x_{i}"] = mpmath.mpf(value.numerator) / value.denominator
    equations = []
    for i in range(draw(st.integers(1, most))):
        known = tuple(values)
        parents = [known[-1 - draw(st.integers(0, min(len(known) - 1, 5)))] for _ in range(3)]
        for form in (draw(st.sampled_from(EQUATIONS)), "tanh({0})"):
            text = form.format(*parents)
            tree = Graph.of(f"v = {text}").node("v").tree
            if not awkward(tree, values) and abs(value := real(tree, values)) < LARGEST:
                break
        values[f"v_{i}"] = value
        equations.append(f"v_{i} = {text}")
    return Network(tuple(equations), tuple(point))
