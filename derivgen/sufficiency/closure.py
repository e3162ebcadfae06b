"""What is known in, a formula for a target out: every step holds for all numbers, zeros and kinks included.

A *rule* says that a quantity is a form in others. Nothing is ever divided by what can be zero, and a ReLU's derivative
is read off its input or, where the convention at 0 allows, its output. The cheapest derivation is found as shortest
paths are (Knuth 1977, A generalization of Dijkstra's algorithm).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from derivgen.derivation import from_output, local, local_derivatives
from derivgen.expression import ONE, ZERO, Apply, Name, Partial, Tree, negate, number, product, total, walk
from derivgen.graph import Graph
from derivgen.networks import Layer, Network

Quantity = Name | Partial
HOMOGENEOUS = ("relu", "leaky_relu", "identity")  # g(tz) = t g(z) for t > 0, so that g(z) = g'(z) z


def node_of(quantity: Quantity) -> str:
    """The node or leaf whose value it is, or which it is a derivative of."""
    return quantity.name if isinstance(quantity, Name) else quantity.of


@dataclass(frozen=True)
class Rule:
    """``form`` is what a quantity comes to; ``written`` the same in derivatives alone, as the chain rule has it.

    ``detour`` is what makes a rule less welcome than another of the same length.
    """

    form: Tree
    written: Tree | None = None
    detour: int = 0


@dataclass(frozen=True)
class Step:
    """One line of a derivation: a quantity, its form in what is known by then, and the chain rule before that."""

    quantity: Quantity
    form: Tree
    written: Tree | None = None


@dataclass(frozen=True)
class _Table:
    """All that a target could be worked out from, numbered, and every rule: what it gives, needs and costs."""

    places: Mapping[Quantity, int]
    rules: tuple[tuple[int, Rule, tuple[int, ...], int], ...]
    users: tuple[tuple[int, ...], ...]  # for each quantity the rules that need it


class Closure:
    """Everything that follows from what is known of a network; the rules are made once."""

    def __init__(self, network: Network) -> None:
        self.graph = network.graph
        self.constants = frozenset[Quantity](Name(name) for name, _ in network.fixed)
        self._rules = _Rules(network)
        self._made: dict[Quantity, tuple[tuple[Rule, tuple[Quantity, ...], int], ...]] = {}
        self._tables: dict[Quantity, _Table] = {}
        self._found: dict[tuple[Quantity, frozenset[Quantity]], dict[int, int] | None] = {}

    def steps(self, target: Quantity, known: Collection[Quantity]) -> tuple[Step, ...] | None:
        """The steps to a target from what is known, empty if it is known itself; None if no rules lead there."""
        chosen, table = self._chosen(target, self.constants.union(known)), self._table(target)
        if chosen is None:
            return None
        found: dict[int, Step] = {}
        names = tuple(table.places)

        def follow(place: int) -> None:
            if place in chosen and place not in found:
                _, rule, needs, _ = table.rules[chosen[place]]
                for need in needs:
                    follow(need)
                found[place] = Step(names[place], rule.form, rule.written)

        follow(table.places[target])
        return _told(self.graph, tuple(found.values()), target)

    def reaches(self, target: Quantity, known: Collection[Quantity]) -> bool:
        """Whether the target follows from what is known."""
        return self._chosen(target, self.constants.union(known)) is not None

    def _of(self, quantity: Quantity) -> tuple[tuple[Rule, tuple[Quantity, ...], int], ...]:
        """A quantity's rules, what each needs and how long it is."""
        if quantity not in self._made:
            self._made[quantity] = tuple(
                (rule, quantities(rule.form), sum(1 for _ in walk(rule.form)) + rule.detour)
                for rule in self._rules.of(quantity)
            )
        return self._made[quantity]

    def _table(self, target: Quantity) -> _Table:
        if target not in self._tables:
            places = {target: 0}
            waiting = [target]
            while waiting:
                for _, needs, _ in self._of(waiting.pop()):
                    for need in needs:
                        if need not in places:
                            places[need] = len(places)
                            waiting.append(need)
            rules = tuple(
                (place, rule, tuple(places[need] for need in needs), cost)
                for quantity, place in places.items() for rule, needs, cost in self._of(quantity)
            )  # fmt: skip
            users: list[list[int]] = [[] for _ in places]
            for i, (_, _, needs_, _) in enumerate(rules):
                for place in needs_:
                    users[place].append(i)
            self._tables[target] = _Table(places, rules, tuple(map(tuple, users)))
        return self._tables[target]

    def _chosen(self, target: Quantity, known: frozenset[Quantity]) -> dict[int, int] | None:
        """For each quantity that the target is worked out from, by its place, its cheapest rule; None if it is not."""
        if (target, known) not in self._found:
            self._found[target, known] = {} if target in known else self._search(self._table(target), known)
        return self._found[target, known]

    @staticmethod
    def _search(table: _Table, known: frozenset[Quantity]) -> dict[int, int] | None:
        missing = [len(needs) for _, _, needs, _ in table.rules]
        costs = [cost for *_, cost in table.rules]
        heap = [(costs[i], i) for i, count in enumerate(missing) if not count]
        chosen: dict[int, int] = {}
        done = bytearray(len(table.places))

        def reached(place: int, cost: int) -> None:
            done[place] = 1
            for i in table.users[place]:
                missing[i] -= 1
                costs[i] += cost
                if not missing[i] and not done[table.rules[i][0]]:
                    heapq.heappush(heap, (costs[i], i))

        heapq.heapify(heap)
        for quantity in known:
            if quantity in table.places:
                reached(table.places[quantity], 0)
        while heap and not done[0]:
            cost, i = heapq.heappop(heap)
            place = table.rules[i][0]
            if not done[place]:
                chosen[place] = i
                reached(place, cost)
        return chosen if done[0] else None


def quantities(tree: Tree) -> tuple[Quantity, ...]:
    """The quantities in a form, each once."""
    return tuple(dict.fromkeys(part for part in walk(tree) if isinstance(part, (Name, Partial))))


class _Rules:
    """Every way in which a quantity of a layered network follows from others."""

    def __init__(self, network: Network) -> None:
        self.network, self.graph = network, network.graph
        rows = [(layer, layer.pre[0], layer.post[0]) for layer in network.layers]
        self.cuts: list[tuple[str, ...]] = [row for _, pre, post in rows for row in (pre, post)]
        self.layer_of = {name: layer for layer, pre, post in rows for name in (*pre, *post)}
        self.biases = {layer.number: biases_of(network, layer) for layer in network.layers}

    def of(self, quantity: Quantity) -> Iterator[Rule]:
        if isinstance(quantity, Name):
            yield from self._value(quantity.name)
        else:
            yield from self._derivative(quantity)

    # --- values ---------------------------------------------------------------------------------------------------

    def _value(self, name: str) -> Iterator[Rule]:
        graph = self.graph
        if not graph.is_leaf(name):
            yield Rule(graph.node(name).tree)
            yield from self._homogeneous(name)
        for user in graph.consumers[name]:
            tree = graph.node(user).tree
            if tree == Name(name):  # a = z
                yield Rule(Name(user))
            elif tree == Apply("sigmoid", (Name(name),)):
                below = Apply("subtract", (ONE, Name(user)))  # 0 < a < 1
                yield Rule(Apply("log", (Apply("divide", (Name(user), below)),)))
            elif tree == Apply("leaky_relu", (Name(name),)):
                on, off = Apply("above", (Name(user), ZERO)), Apply("below", (Name(user), ZERO))
                yield Rule(total((product((on, Name(user))), product((number(100), off, Name(user))))))
            elif isinstance(tree, Apply) and tree.operation == "add" and Name(name) in tree.args:  # b = z − Σ w a
                rest = [negate(term) for term in tree.args if term != Name(name)]
                yield Rule(total((Name(user), *rest)))
            if user in self.layer_of:
                for parent, form in local_derivatives(graph, user).items():
                    if form == Name(name) and parent != name:  # w = ∂z/∂a
                        yield Rule(Partial(user, parent))

    def _homogeneous(self, name: str) -> Iterator[Rule]:
        """Euler's theorem: what is homogeneous in x_1 … x_n is Σ x_i ∂/∂x_i (biases count among the x_i)."""
        layer = self.layer_of.get(name)
        if layer is None:
            return
        last = layer.number
        is_pre = name in layer.pre[0]
        biases: list[str] = []
        behind = self.graph.ancestors(name)
        for at in range(last, 0, -1):
            here = self.network.layers[at - 1]
            if not (at == last and is_pre) and here.activation not in HOMOGENEOUS:
                return
            if not (at == last and is_pre):
                yield self._euler(name, [z for z in here.pre[0] if z in behind], biases)
            weights = [w for row in here.weights for w in row if w in behind and w not in self.biases[at]]
            biases = [*biases, *(b for b in self.biases[at] if b in behind)]
            yield self._euler(name, weights, biases)
            fixed = dict(self.network.fixed)
            yield self._euler(name, [a for a in here.before[0] if a in behind and a not in fixed], biases)

    @staticmethod
    def _euler(name: str, over: list[str], biases: list[str]) -> Rule:
        return Rule(total(product((Name(x), Partial(name, x))) for x in (*over, *biases)))

    # --- derivatives ------------------------------------------------------------------------------------------------

    def _derivative(self, token: Partial) -> Iterator[Rule]:
        graph, of, wrt = self.graph, token.of, token.wrt
        if of == wrt:
            yield Rule(ONE)
            return
        if wrt not in graph.ancestors(of):
            yield Rule(ZERO)
            return
        between = graph.ancestors(of) & graph.descendants(wrt)
        users = [user for user in graph.facing(wrt).users[wrt] if user in between]
        for cut in self.cuts:
            through = [name for name in cut if name in between and name not in (of, wrt)]
            if through and of not in cut and wrt not in cut:
                pairs = [(Partial(of, name), Partial(name, wrt)) for name in through]
                sums = total(product(pair) for pair in pairs)
                yield Rule(sums, sums)
        yield from self._summed([((Partial(of, user), None), (user, wrt)) for user in users], 2)
        parents = [parent for parent in graph.parents(of) if parent in between]
        yield from self._summed([((None, Partial(parent, wrt)), (of, parent)) for parent in parents], 4)
        if not graph.is_leaf(wrt):  # ∂f/∂z = ∂f/∂b, where z = … + b
            for parent in graph.parents(wrt):
                if graph.users[parent] == (wrt,) and local(graph, wrt, parent) == ONE:
                    yield Rule(Partial(of, parent))
        for user in graph.consumers[of]:  # ∂z/∂x = ∂a/∂x, where a = z
            if graph.node(user).tree == Name(of):
                yield Rule(Partial(user, wrt))

    def _summed(
        self, terms: list[tuple[tuple[Partial | None, Partial | None], tuple[str, str]]], detour: int
    ) -> Iterator[Rule]:
        """Σ of products of a local derivative and one before or after it, the local one in each of its forms."""
        graph = self.graph
        plain: list[Tree] = [local(graph.facing(parent), node, parent) for _, (node, parent) in terms]
        read = [from_output(graph, *edge) or form for form, (_, edge) in zip(plain, terms, strict=True)]
        tokens: list[Tree] = [Partial(*edge) for _, edge in terms]

        def summed(slopes: list[Tree]) -> Tree:
            rows = (
                [p for p in (before, slope, after) if p is not None and not (isinstance(p, Partial) and p.of == p.wrt)]
                for ((before, after), _), slope in zip(terms, slopes, strict=True)
            )
            return total(map(product, rows))

        for slopes in (read, plain) if read != plain else (plain,):
            yield Rule(summed(slopes), summed(tokens), detour)


def biases_of(network: Network, layer: Layer) -> tuple[str, ...]:
    """A layer's biases: its own, or the weights that lead from the constant 1."""
    fixed = dict(network.fixed)
    ones = tuple(
        parent for z in layer.pre[0] for term in network.graph.node(z).tree.args  # type: ignore[union-attr]
        if isinstance(term, Apply) and any(isinstance(a, Name) and a.name in fixed for a in term.args)
        for parent in (a.name for a in term.args if isinstance(a, Name)) if parent not in fixed
    ) if fixed else ()  # fmt: skip
    return (*layer.biases, *ones)


# --- as a student reads it ------------------------------------------------------------------------------------------


def _told(graph: Graph, steps: tuple[Step, ...], target: Quantity) -> tuple[Step, ...]:
    """The steps with derivatives put into derivatives, and pre-activations into the only activation that needs them."""
    needed = [need for step in steps for need in quantities(step.form)]
    inner: dict[Quantity, Tree] = {}
    told: list[Step] = []
    for step in steps:
        quantity = step.quantity
        form = _tidied(step.form, inner)
        if quantity != target and (isinstance(quantity, Partial) or _passing(graph, quantity, steps, needed)):
            inner[quantity] = form
        else:
            told.append(Step(quantity, form, _chain_rule(graph, quantity, form) or step.written))
    return tuple(told)


def _tidied(tree: Tree, values: Mapping[Quantity, Tree]) -> Tree:
    """The tree with quantities replaced, products of products as one product, without factors 1."""
    if isinstance(tree, (Name, Partial)):
        return values.get(tree, tree)
    if not isinstance(tree, Apply):
        return tree
    args = [_tidied(argument, values) for argument in tree.args]
    if tree.operation != "multiply":
        return replace(tree, args=tuple(args))
    flat = (a.args if isinstance(a, Apply) and a.operation == "multiply" else (a,) for a in args)
    return product(factor for factors in flat for factor in factors)


def _chain_rule(graph: Graph, quantity: Quantity, form: Tree) -> Tree | None:
    """Σ ∂f/∂u ∂u/∂x over a cut of nodes u, where ∂u/∂x (or ∂f/∂u) are derivatives that are known."""
    tokens = [part for part in quantities(form) if isinstance(part, Partial)]
    if not isinstance(quantity, Partial) or not tokens or quantity in tokens:
        return None
    of, wrt = quantity.of, quantity.wrt
    if all(token.wrt == wrt for token in tokens) and _is_cut(graph, [token.of for token in tokens], quantity):
        return total(product((Partial(of, token.of), token)) for token in tokens)
    if all(token.of == of for token in tokens) and _is_cut(graph, [token.wrt for token in tokens], quantity):
        return total(product((token, Partial(token.wrt, wrt))) for token in tokens)
    return None


def _is_cut(graph: Graph, nodes: list[str], quantity: Partial) -> bool:
    """Whether every path of a derivative leads through exactly one of these nodes."""
    if any(other in graph.ancestors(node) for node, other in itertools.permutations(nodes, 2)):
        return False
    seen, waiting = {quantity.wrt}, [quantity.wrt]
    while waiting:
        for user in graph.users[waiting.pop()]:
            if user not in seen and user not in nodes:
                seen.add(user)
                waiting.append(user)
    return quantity.of not in seen


def _passing(graph: Graph, quantity: Name, steps: tuple[Step, ...], needed: list[Quantity]) -> bool:
    """Whether a value is needed once, as the only argument of a function."""
    return needed.count(quantity) == 1 and any(
        isinstance(step.quantity, Name) and graph.parents(step.quantity.name) == (quantity.name,)
        and quantity in quantities(step.form) for step in steps if not graph.is_leaf(node_of(step.quantity))
    )  # fmt: skip
