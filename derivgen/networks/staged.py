"""One formula, computed in steps: each operation an equation of its own, with a name."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from derivgen import spec
from derivgen.derivation import lettered
from derivgen.draws import Draws
from derivgen.errors import DerivgenError, shown, suggest
from derivgen.expression import ONE, Apply, Name, Number, Tree, apply, names, negate, total, walk
from derivgen.graph import Graph, GraphError, Node
from derivgen.networks.network import Network, drawn
from derivgen.notation import parts
from derivgen.operations import OPERATIONS, SPELLINGS

KEYS = ("formula", "inputs", "weights", "names", "symbols", "coarse", "step_size")
COMMUTATIVE = ("add", "multiply", "max")
MOST_STEPS = 60
# What a step is called by its operation; a function of a leaf takes the leaf's name as an index: s_x.
_CALLED = {
    "add": "sum", "subtract": "diff", "multiply": "prod", "divide": "quot", "negate": "neg", "reciprocal": "inv",
    "sigmoid": "s", "tanh": "t", "relu": "r",
}  # fmt: skip
_POWERS = {2: "sqr", 3: "cube"}
_LETTERS = ("g", "h", "p", "q", "r", "u", "v", "a", "b", "c", "d", "k", "m")


def staged(network: spec.Network, draws: Draws, kinks: str) -> Network:
    """The steps of ``formula`` (f = …), in the order in which it is read; a part that comes twice is one step.

    A quotient is its numerator times a reciprocal. ``names`` are those of the steps before the last, in their order
    (readable ones if left out); ``symbols`` say what letters stand for (``{s: sigmoid}``); with ``coarse``, a sum of
    quantities and of products of them is one step. Raises ``QuizError`` with the place in the quiz file.
    """
    options, place = network.options, network.place
    for key in options:
        if key not in KEYS:
            raise place.at(key).error(suggest(key, KEYS))
    if "formula" not in options:
        raise place.error("formula is missing: write it as f = (x + y)*z + x")
    formula = drawn(options["formula"], "formula", draws)
    if not isinstance(formula, str) or not formula.strip():
        raise place.at("formula").error(f"must be a formula such as f = (x + y)*z + x, not {shown(formula)}")
    coarse = drawn(options.get("coarse", False), "coarse", draws)
    if not isinstance(coarse, bool):
        raise place.at("coarse").error(f"must be true or false, not {shown(coarse)}")
    inputs, weights = (spec.names_of(options.get(key, ()), place.at(key)) for key in ("inputs", "weights"))
    step_size = options.get("step_size", "alpha")
    if not isinstance(step_size, str):
        raise place.at("step_size").error(f"must be a name, not {shown(step_size)}")
    spec.refuse_twins({"inputs": inputs, "weights": weights}, place)
    symbols = _symbols(options.get("symbols", {}), formula, place.at("symbols"))
    leaves = tuple(dict.fromkeys((*inputs, *weights, step_size)))
    try:
        whole = Graph.of(formula, leaves, symbols, kinks=kinks)
        if len(whole.nodes) > 1:
            raise GraphError("must be one formula; several equations are of the kind equations")
        whole = whole.bind(symbols)
        only = whole.nodes[0]
        whole = replace(whole, nodes=(Node(only.name, lettered(only.tree, whole.bindings), only.line),))
    except DerivgenError as error:
        problem = error.problem if isinstance(error, GraphError) else str(error)
        raise place.at("formula").error(problem) from None
    node = whole.nodes[0]
    written = _grouped(node.tree) if coarse else node.tree
    steps = _Steps(whole, coarse, _repeated(written) if coarse else frozenset())
    root = steps.root(written)
    if not isinstance(root, Apply):
        raise place.at("formula").error("has no operation: there is nothing to compute in steps")
    if len(steps.found) >= MOST_STEPS:
        raise place.at("formula").error(f"has more than {MOST_STEPS} steps")
    called = _names(steps, node.name, leaves, symbols, options.get("names"), place.at("names"))
    nodes = [Node(called[step.place], _renamed(step.tree, called)) for step in steps.found]
    try:
        graph = Graph.made(leaves, [*nodes, Node(node.name, _renamed(root, called))], whole.functions, kinks=kinks)
    except DerivgenError as error:
        raise (place.at("names") if "names" in options else place).error(str(error)) from None
    used = frozenset(names(node.tree))
    return Network(
        replace(graph, bindings=whole.bindings), tuple(name for name in inputs if name in used),
        tuple(name for name in weights if name in used), (), (), step_size, "", "staged", formula=node.tree,
    )  # fmt: skip


def _symbols(given: object, formula: str, place: spec.Place) -> dict[str, str]:
    """The letters that the formula uses for operations, and what they stand for."""
    if not isinstance(given, Mapping):
        raise place.error(f"must be a mapping such as {{s: sigmoid}}, not {shown(given)}")
    found: dict[str, str] = {}
    for letter, operation in given.items():
        if not isinstance(operation, str) or operation not in SPELLINGS:
            raise place.at(str(letter)).error(suggest(str(operation), SPELLINGS))
        if re.search(rf"(?<![A-Za-z0-9_]){re.escape(str(letter))}\s*\(", formula):
            found[str(letter)] = operation
    return found


@dataclass
class _Step:
    """One operation on quantities, numbers and other steps, which stand in it by their ``place``."""

    place: str
    tree: Apply
    role: str = ""  # num or denom of a quotient


@dataclass
class _Steps:
    """The steps of a tree as they are met, from the left and from the inside out."""

    graph: Graph
    coarse: bool
    repeated: frozenset[Tree] = frozenset()  # products that several steps need
    found: list[_Step] = field(default_factory=list)
    known: dict[Tree, str] = field(default_factory=dict)

    def root(self, tree: Tree) -> Tree:
        return self._opened(tree) if isinstance(tree, Apply) else tree

    def _named(self, tree: Tree, role: str = "") -> Tree:
        """What a part is called: itself if it is no operation on quantities, else the step that it is, found once."""
        if not isinstance(tree, Apply) or not names(tree):
            return tree
        return self._step(self._opened(tree), role)

    def _step(self, opened: Tree, role: str = "") -> Tree:
        if not isinstance(opened, Apply):
            return opened
        key = _alike(opened)
        if key not in self.known:
            self.known[key] = f"#{len(self.found)}"
            self.found.append(_Step(self.known[key], opened))
        step = self.found[int(self.known[key][1:])]
        step.role = step.role or role
        return Name(step.place)

    def _opened(self, tree: Apply) -> Tree:
        """The outermost operation on names and numbers; what is inside becomes steps."""
        if tree.operation == "divide" and names(tree.args[1]):
            above, below = tree.args
            named = self._named(above, "num")
            inverse = apply("reciprocal", self._named(below, "denom"))
            return inverse if named == ONE else Apply("multiply", (named, self._step(inverse)))
        if tree.operation in ("add", "multiply"):
            if self.coarse and tree.operation == "add":
                return Apply("add", tuple(self._term(term) for term in tree.args))
            return self._folded(tree)
        if self.coarse and tree.operation == "subtract":
            return Apply("subtract", tuple(self._term(term) for term in tree.args))
        return Apply(tree.operation, tuple(self._named(argument) for argument in tree.args), tree.slot)

    def _folded(self, tree: Apply) -> Tree:
        """A sum or product, two at a time from the left; a − b in a longer sum is one operation."""
        result = self._named(tree.args[0])
        for i, term in enumerate(tree.args[1:]):
            minus = tree.operation == "add" and isinstance(term, Apply) and term.operation == "negate"
            inner = term.args[0] if minus and isinstance(term, Apply) else term
            operand = self._named(inner)
            left = self._step(result) if i else result
            result = Apply("subtract" if minus else tree.operation, (left, operand))
        return result

    def _term(self, term: Tree) -> Tree:
        """A term of a weighted sum: a product of quantities stays where it is, if nothing else needs it."""
        if isinstance(term, Apply) and _alike(term) in self.repeated:
            return self._named(term)
        if isinstance(term, Apply) and term.operation in ("multiply", "negate"):
            inner = self._term if term.operation == "negate" else self._named
            return Apply(term.operation, tuple(inner(argument) for argument in term.args))
        return self._named(term)


def _alike(tree: Apply) -> Tree:
    """The same for x + y and y + x."""
    if tree.operation in COMMUTATIVE:
        return replace(tree, args=tuple(sorted(tree.args, key=repr)), at=-1)
    return replace(tree, at=-1)


# --- what is repeated in coarse steps -----------------------------------------------------------------------------


def _terms(tree: Tree) -> tuple[Tree, ...]:
    """The terms of a sum or difference; of anything else none."""
    if not isinstance(tree, Apply) or tree.operation not in ("add", "subtract"):
        return ()
    return tree.args if tree.operation == "add" else (tree.args[0], negate(tree.args[1]))


def _grouped(tree: Tree) -> Tree:
    """The tree with each beginning that two sums have in common as a sum of its own: (w a + v b) − 1."""
    sums = tuple(dict.fromkeys(terms for part in walk(tree) if (terms := _terms(part))))
    return _split(tree, sums)


def _split(tree: Tree, sums: tuple[tuple[Tree, ...], ...]) -> Tree:
    if not isinstance(tree, Apply):
        return tree
    terms = _terms(tree)
    shared = (_in_common(terms, other) for other in sums)
    common = max((count for count in shared if 2 <= count < len(terms)), default=0)
    if not common:
        return Apply(tree.operation, tuple(_split(argument, sums) for argument in tree.args), tree.slot)
    first = _split(total(terms[:common]), sums)
    return total((first, *(_split(term, sums) for term in terms[common:])))


def _in_common(terms: tuple[Tree, ...], others: tuple[Tree, ...]) -> int:
    """With how many of the same terms two sums begin."""
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(terms, others, strict=False))
    return sum(1 for _ in alike)


def _repeated(tree: Tree) -> frozenset[Tree]:
    """The products that stand in more than one distinct place; the inside of what is itself repeated counts once."""
    places: dict[Tree, set[Tree]] = {}
    waiting, seen = [tree], set()
    while waiting:
        part = waiting.pop()
        if not isinstance(part, Apply) or _alike(part) in seen:
            continue
        seen.add(_alike(part))
        for argument in part.args:
            inner = argument.args[0] if isinstance(argument, Apply) and argument.operation == "negate" else argument
            if isinstance(inner, Apply) and inner.operation == "multiply" and names(inner):
                places.setdefault(_alike(inner), set()).add(_alike(part))
            waiting.append(inner)
    return frozenset(product for product, parents in places.items() if len(parents) > 1)


def _renamed(tree: Tree, called: Mapping[str, str]) -> Tree:
    if isinstance(tree, Name):
        return Name(called.get(tree.name, tree.name))
    if isinstance(tree, Apply):
        return Apply(tree.operation, tuple(_renamed(argument, called) for argument in tree.args), tree.slot)
    return tree


# --- names ------------------------------------------------------------------------------------------------------


def _names(
    steps: _Steps, output: str, leaves: tuple[str, ...], symbols: Iterable[str], given: object, place: spec.Place
) -> dict[str, str]:
    """What each step is called, the last excepted, which the formula names."""
    taken = {output, *leaves, *symbols}
    if given is None:
        return _generated(steps, taken)
    own = spec.names_of(given, place)
    if len(own) != len(steps.found):
        needed = ", ".join(_generated(steps, taken).values()) or "none"
        raise place.error(
            f"holds {len(own)} name{'' if len(own) == 1 else 's'} for the {len(steps.found)} steps before {output} "
            f"(by themselves they would be called {needed})"
        )
    for i, name in enumerate(own):
        if name in taken or name in own[:i]:
            raise place.error(f"{shown(name)} is another quantity's name already")
        try:
            parts(name)
        except DerivgenError as error:
            raise place.error(str(error)) from None
    return {step.place: name for step, name in zip(steps.found, own, strict=True)}


def _generated(steps: _Steps, taken: set[str]) -> dict[str, str]:
    """num and denom of a quotient, s_x of a leaf, sum, prod, sqr …, numbered where several would be called alike."""
    wanted = {step.place: step.role or _wanted(step.tree, steps.graph) for step in steps.found}
    counts = Counter(wanted.values())
    found: dict[str, str] = {}
    used = {*taken, *SPELLINGS, *OPERATIONS, "e"}
    numbers: Counter[str] = Counter()
    for step in steps.found:
        base = wanted[step.place]
        name = base
        if not base or (base in used and "_" in base):
            name = next((letter for letter in _LETTERS if letter not in used), "")
            base = name or "step"
        while not name or name in used or (counts[base] > 1 and name == base and "_" not in base):
            numbers[base] += 1
            name = f"{base}_{numbers[base]}"
        used.add(name)
        found[step.place] = name
    return found


def _wanted(tree: Apply, graph: Graph) -> str:
    """What a step would be called were it alone; empty for one of the letters g, h, …"""
    if tree.operation == "power" and isinstance(tree.args[1], Number):
        return _POWERS.get(int(tree.args[1].value), "pow")
    operation = graph.operation(tree.operation) or ""
    called = _CALLED.get(operation, "")
    if operation in ("sigmoid", "tanh", "relu"):
        letter = tree.operation if tree.operation not in OPERATIONS else called
        only = tree.args[0]
        if not isinstance(only, Name) or not only.name.replace("_", "").isalnum():
            return ""
        return f"{letter}_{only.name}" if only.name.isalnum() else f"{letter}_{{{only.name}}}"
    return called

