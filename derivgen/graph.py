"""Equations in, ``Graph`` out: nodes in topological order, each one equation as the instructor wrote it.

>>> graph = Graph.of("z = w*x + b; a = sigmoid(z)", ["x", "w", "b"])
>>> [node.name for node in graph.nodes], graph.parents("a")
(['z', 'a'], ('z',))
>>> graph.expression("a")
1/(1 + exp(-z))
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from derivgen.arrays import Rows, entries, named
from derivgen.errors import DerivgenError, suggest
from derivgen.expression import Apply, Tree, apply, names, number, transform, walk
from derivgen.notation import NAME, is_power_like, parts
from derivgen.operations import OPERATIONS, SPELLINGS
from derivgen.reading import ReadingError, Scope, read

if TYPE_CHECKING:
    import sympy


class GraphError(DerivgenError):
    """Equations that make no graph; ``line`` counts from the first line that ``Graph.of`` was told, 0 is none."""

    def __init__(self, problem: str, line: int = 0) -> None:
        self.problem, self.line = problem, line
        super().__init__(f"line {line}: {problem}" if line else problem)


@dataclass(frozen=True)
class Node:
    """One equation: ``name`` = ``tree``."""

    name: str
    tree: Tree
    line: int = field(default=0, compare=False)

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The quantities on the right-hand side, each once, in the order as written."""
        return names(self.tree)


@dataclass(frozen=True)
class Graph:
    """Leaves and nodes. ``functions`` are declared (name → arity), ``bindings`` say which operation one stands for.

    ``kinks`` is the branch that counts at a kink: "left" (ReLU'(0) = 0) or "right", or "forbid". ``arrays`` names whole
    matrices of quantities. ``stated`` gives a node's derivatives in a textbook form of its builder's, which the
    certificates prove: softmax's p(1 − p), and ∂ℓ/∂z = p − y past it. The leaves of a simplex sum to one.
    """

    leaves: tuple[str, ...]
    nodes: tuple[Node, ...]
    functions: tuple[tuple[str, int], ...] = ()
    bindings: tuple[tuple[str, str], ...] = ()
    kinks: str = "forbid"
    arrays: tuple[tuple[str, Tree], ...] = ()
    stated: tuple[tuple[str, tuple[tuple[str, Tree], ...]], ...] = ()
    simplices: tuple[tuple[str, ...], ...] = ()

    @staticmethod
    def made(
        leaves: tuple[str, ...],
        nodes: Iterable[Node],
        functions: tuple[tuple[str, int], ...] = (),
        *,
        kinks: str = "forbid",
        arrays: tuple[tuple[str, Tree], ...] = (),
        stated: tuple[tuple[str, tuple[tuple[str, Tree], ...]], ...] = (),
        simplices: tuple[tuple[str, ...], ...] = (),
    ) -> Graph:
        """The graph of nodes that a builder has written, in topological order; names that print alike are refused."""
        graph = Graph(leaves, tuple(nodes), functions, (), kinks, arrays, stated, simplices)
        _ = graph.scope
        return graph

    @staticmethod
    def of(
        equations: str,
        leaves: Iterable[str] | None = None,
        functions: Iterable[str] = (),
        *,
        extra: Iterable[tuple[str, str]] = (),
        kinks: str = "forbid",
        first_line: int = 1,
    ) -> Graph:
        """The graph of equations, one a line or separated by ``;``; with no ``leaves``, undefined names become leaves.

        ``extra`` are further (name, expression) equations; lines count from ``first_line``.
        Raises ``ReadingError`` and ``GraphError``.
        """
        statements = [*_statements(equations, first_line), *((name, text, 0, 0) for name, text in extra)]
        if not statements:
            raise GraphError("there are no equations")
        declared, functions = tuple(leaves or ()), tuple(functions)
        _refuse_twice(declared, statements)
        for name in functions:
            if name in OPERATIONS:
                raise GraphError(f"{name!r} is an operation already; a function needs a name of its own")
        arities = {name: _arity(name, statements) for name in functions}
        defined = [name for name, _, _, _ in statements]
        scope = Scope.of([*declared, *defined], arities, open=leaves is None)
        for _, text, line, column in statements:
            _refuse_unclear(text, scope.names, line, column)
        nodes = [Node(name, _read(text, scope, line, column), line) for name, text, line, column in statements]
        free = () if leaves is not None else _undefined(nodes)
        for _, text, line, column in statements if any(name.endswith(")") for name in free) else ():
            _refuse_unclear(text, scope.names | {name for name in free if not name.endswith(")")}, line, column)
        return Graph((*declared, *free), in_order(nodes), tuple(arities.items()), kinks=kinks)

    def fixed(self, numbers: Mapping[str, Fraction]) -> Graph:
        """The graph in which these leaves are numbers; a constraint on one of them is dropped."""
        if not numbers:
            return self
        trees = {name: apply("negate", number(-v)) if v < 0 else number(v) for name, v in numbers.items()}
        groups = tuple(group for group in self.simplices if not set(group) & numbers.keys())
        leaves = tuple(leaf for leaf in self.leaves if leaf not in numbers)
        nodes = (*(Node(name, tree) for name, tree in trees.items()), *self.nodes)
        return replace(self, leaves=leaves, nodes=nodes, simplices=groups)

    @cached_property
    def scope(self) -> Scope:
        quantities = (*self.leaves, *(node.name for node in self.nodes))
        return Scope.of(quantities, dict(self.functions), arrays=dict(self.arrays))

    @cached_property
    def _arrays(self) -> dict[str, Tree]:
        return dict(self.arrays)

    def spread(self, tree: Tree) -> Tree:
        """The tree with the names of arrays written out as their matrices."""
        return named(tree, self._arrays)

    def entries(self, tree: Tree) -> Rows | None:
        """The rows of trees that an array-valued tree comes to; None if it stands for a single number."""
        return entries(self.spread(tree))

    @cached_property
    def _by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    @cached_property
    def _hash(self) -> int:
        return hash((self.leaves, self.nodes, self.functions, self.bindings, self.kinks, self.arrays, self.stated))

    def __hash__(self) -> int:
        return self._hash

    def __contains__(self, name: object) -> bool:
        return name in self._by_name or name in self.leaves

    def node(self, name: str) -> Node:
        return self._by_name[name]

    def is_leaf(self, name: str) -> bool:
        return name not in self._by_name

    @property
    def output(self) -> str:
        """The last node: what the network computes, or its loss."""
        return self.nodes[-1].name

    def parents(self, name: str) -> tuple[str, ...]:
        return () if self.is_leaf(name) else self.node(name).parents

    @cached_property
    def _stated(self) -> dict[str, dict[str, Tree]]:
        return {name: dict(forms) for name, forms in self.stated}

    def stated_forms(self, name: str) -> dict[str, Tree] | None:
        """The node's derivatives as its builder states them, by what they are taken of; None if it does not."""
        return self._stated.get(name)

    def sources(self, name: str) -> tuple[str, ...]:
        """What a derivative goes on to from a node: its parents, or what its builder states it of."""
        forms = self._stated.get(name) if self.stated else None
        return self.parents(name) if forms is None else tuple(forms)

    def behind(self, of: str) -> frozenset[str]:
        """All quantities that a derivative of ``of`` goes on to, itself included."""
        if not self.stated:
            return self.ancestors(of)
        if of not in self._behind:
            seen, stack = {of}, [of]
            while stack:
                for source in self.sources(stack.pop()):
                    if source not in seen:
                        seen.add(source)
                        stack.append(source)
            self._behind[of] = frozenset(seen)
        return self._behind[of]

    @cached_property
    def _behind(self) -> dict[str, frozenset[str]]:
        return {}

    def facing(self, wrt: str) -> Graph:
        """The graph whose derivatives can be taken of ``wrt``: stated ones that pass it by are left out."""
        passed = [
            name for name, forms in self._stated.items()
            if wrt not in forms and wrt in self.parents(name)
        ]  # fmt: skip
        return replace(self, stated=tuple(row for row in self.stated if row[0] not in passed)) if passed else self

    @cached_property
    def users(self) -> dict[str, tuple[str, ...]]:
        """For each quantity the nodes whose derivatives go on to it, in topological order."""
        table: dict[str, list[str]] = {name: [] for name in (*self.leaves, *self._by_name)}
        for node in self.nodes:
            for source in self.sources(node.name):
                table[source].append(node.name)
        return {name: tuple(users) for name, users in table.items()}

    @cached_property
    def consumers(self) -> dict[str, tuple[str, ...]]:
        """For each quantity the nodes whose equations hold it, in topological order."""
        table: dict[str, list[str]] = {name: [] for name in (*self.leaves, *self._by_name)}
        for node in self.nodes:
            for parent in node.parents:
                table[parent].append(node.name)
        return {name: tuple(users) for name, users in table.items()}

    @cached_property
    def _ancestors(self) -> dict[str, frozenset[str]]:
        return {}

    def ancestors(self, name: str) -> frozenset[str]:
        """All quantities on which ``name`` depends, itself included."""
        if name not in self._ancestors:
            seen, stack = {name}, [name]
            while stack:
                for parent in self.parents(stack.pop()):
                    if parent not in seen:
                        seen.add(parent)
                        stack.append(parent)
            self._ancestors[name] = frozenset(seen)
        return self._ancestors[name]

    def upstream(self, name: str, cuts: frozenset[str]) -> frozenset[str]:
        """What must be known for the value of ``name`` when the values at ``cuts`` are given."""
        if not cuts:
            return self.ancestors(name)
        seen, stack = {name}, [name]
        while stack:
            here = stack.pop()
            for parent in () if here in cuts else self.parents(here):
                if parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        return frozenset(seen)

    def descendants(self, name: str) -> frozenset[str]:
        """All nodes that depend on ``name``, itself included."""
        seen = {name}
        for node in self.nodes:
            if any(parent in seen for parent in node.parents):
                seen.add(node.name)
        return frozenset(seen)

    def operation(self, function: str) -> str | None:
        """The operation that a function's name stands for; None while it is abstract."""
        if function in dict(self.functions):
            return dict(self.bindings).get(function)
        return function

    def is_abstract(self, tree: Tree) -> bool:
        """Whether an unbound function stands in the tree."""
        return any(isinstance(part, Apply) and self.operation(part.operation) is None for part in walk(tree))

    def bind(self, bindings: Mapping[str, str]) -> Graph:
        """The graph with abstract functions bound to operations, by any of their spellings."""
        arities, bound = dict(self.functions), dict(self.bindings)
        for function, spelling in bindings.items():
            if function not in arities:
                raise GraphError(suggest(function, arities))
            operation = SPELLINGS.get(str(spelling))
            choices = [row.name for row in OPERATIONS.values() if row.role or row.name in ("exp", "log", "max", "abs")]
            if operation is None or operation not in choices:
                raise GraphError(suggest(str(spelling), choices))
            if len(OPERATIONS[operation].arguments) != arities[function]:
                needed = len(OPERATIONS[operation].arguments)
                raise GraphError(
                    f"{operation} takes {needed} argument{'s' if needed > 1 else ''}, "
                    f"but {function} is used with {arities[function]}"
                )
            bound[function] = operation
        return replace(self, bindings=tuple(bound.items()))

    def resolved(self, tree: Tree) -> Tree:
        """The tree with bound functions replaced by their operations."""
        bound = dict(self.bindings)

        def change(part: Tree) -> Tree | None:
            if isinstance(part, Apply) and part.operation in bound:
                return Apply(bound[part.operation], tuple(self.resolved(argument) for argument in part.args), part.slot)
            return None

        return transform(tree, change) if bound else tree

    def expression(self, name: str) -> sympy.Expr:
        """The node's equation as a SymPy expression in its parents."""
        from derivgen.symbolic import expression

        return expression(self.resolved(self.node(name).tree))


def _statements(text: str, first_line: int) -> list[tuple[str, str, int, int]]:
    """(name, expression, line, column of the expression) of each statement."""
    found: list[tuple[str, str, int, int]] = []
    for count, whole in enumerate(text.splitlines(), first_line):
        column = 0
        for part in whole.split("#", 1)[0].split(";"):
            if part.strip():
                found.append(_statement(part, count, column))
            column += len(part) + 1
    return found


def _statement(part: str, line: int, column: int) -> tuple[str, str, int, int]:
    left, sign, right = part.partition("=")
    name = left.strip()
    if not sign:
        raise GraphError(f"{_short(part)} is not an equation; write name = expression", line)
    if not NAME.fullmatch(name):
        raise GraphError(f"the left side of an equation is one name, not {_short(left)}", line)
    if "=" in right:
        raise GraphError(f"{_short(part)} holds more than one =", line)
    parts(name)
    if is_power_like(name):
        raise GraphError(f"{name} is a power; the left side of an equation is one name", line)
    return name, right, line, column + len(left) + 1


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _refuse_unclear(text: str, names: Collection[str], line: int, column: int) -> None:
    """Refuse w^(2) beside a quantity w: layered networks have such labels, and it could be the power."""
    for match in NAME.finditer(text):
        bare = match[0].partition("^")[0]
        if (match["sup"] or "").isdigit() and match[0] not in names and bare in names:
            power = f"{bare}^{match['sup']}"
            problem = f"{match[0]} could be a label or a power; write {power} for the power, or declare {match[0]}"
            raise GraphError(f"column {column + match.start() + 1}: {problem}", line)


def _read(text: str, scope: Scope, line: int, column: int) -> Tree:
    try:
        tree = read(text, scope)
    except ReadingError as error:
        raise GraphError(f"column {column + error.column}: {error.problem}", line) from None
    for part in walk(tree):
        if isinstance(part, Apply) and part.operation in ("matrix", "transpose", "hadamard"):
            raise GraphError(f"column {column + part.at + 1}: an equation is between numbers, not matrices", line)
        if isinstance(part, Apply) and part.slot:
            raise GraphError(f"column {column + part.at + 1}: an equation has functions, not their derivatives", line)
    return tree


def _refuse_twice(declared: tuple[str, ...], statements: list[tuple[str, str, int, int]]) -> None:
    seen: dict[str, str] = {}
    for name in declared:
        if name in seen:
            raise GraphError(f"{name!r} is declared twice")
        seen[name] = "declared above"
    for name, _, line, _ in statements:
        if name in seen:
            raise GraphError(f"{name!r} is defined twice (it is {seen[name]})", line)
        seen[name] = f"defined in line {line}"


def _arity(function: str, statements: list[tuple[str, str, int, int]]) -> int:
    """How many arguments the equations give a declared function: counted at its first call."""
    for _, text, _, _ in statements:
        for match in re.finditer(rf"(?<![A-Za-z0-9_]){re.escape(function)}\s*\(", text):
            depth, commas = 1, 0
            for character in text[match.end() :]:
                depth += {"(": 1, ")": -1}.get(character, 0)
                commas += character == "," and depth == 1
                if not depth:
                    break
            return commas + 1
    raise GraphError(f"the function {function!r} is declared but no equation uses it")


def _undefined(nodes: list[Node]) -> tuple[str, ...]:
    defined = {node.name for node in nodes}
    return tuple(dict.fromkeys(name for node in nodes for name in node.parents if name not in defined))


def in_order(nodes: list[Node]) -> tuple[Node, ...]:
    """Topological order, stable in the order as written (Kahn 1962); a cycle is an error that names it."""
    waiting = {node.name: node for node in nodes}
    needs = {node.name: sum(parent in waiting for parent in node.parents) for node in nodes}
    users: dict[str, list[str]] = {name: [] for name in waiting}
    for node in nodes:
        for parent in node.parents:
            if parent in users:
                users[parent].append(node.name)
    place = {node.name: i for i, node in enumerate(nodes)}
    import heapq

    ready = [place[name] for name, count in needs.items() if count == 0]
    heapq.heapify(ready)
    order: list[Node] = []
    while ready:
        node = nodes[heapq.heappop(ready)]
        order.append(node)
        for user in users[node.name]:
            needs[user] -= 1
            if needs[user] == 0:
                heapq.heappush(ready, place[user])
    if len(order) < len(nodes):
        raise GraphError(f"the equations go in a circle: {_cycle(waiting, {node.name for node in order})}")
    return tuple(order)


def _cycle(nodes: dict[str, Node], done: set[str]) -> str:
    trail: list[str] = [next(name for name in nodes if name not in done)]
    while True:
        following = next(parent for parent in nodes[trail[-1]].parents if parent in nodes and parent not in done)
        if following in trail:
            return " → ".join([*trail[trail.index(following) :], following][::-1])
        trail.append(following)
