"""What a question of sufficiency speaks of: words of a quiz file, or draws, in; targets and data items out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derivgen.draws import Draws
from derivgen.errors import DerivgenError, suggest
from derivgen.exercise import DERIVATIVE
from derivgen.expression import Name, Partial, Tree, walk
from derivgen.networks import Layer, Network
from derivgen.sufficiency import Decider, Quantity, Witness
from derivgen.sufficiency.closure import biases_of, node_of

ANSWERS = ("first", "second", "together", "each", "neither")
MOST_TARGETS, POOL = 200, 10
MANY = 10**9


class ItemError(DerivgenError):
    """A word that names nothing that can be known of the network."""


@dataclass(frozen=True)
class Group:
    """One phrase of a data item, a ``word`` of a quiz file, and the quantities it names.

    ``weights``, ``biases`` and ``parameters`` (both) are all of the network; ``between`` the weights from the nodes
    ``ends[0]`` to the nodes ``ends[1]``; ``inputs`` and ``outputs`` a whole layer's; ``one`` is a single quantity; an
    ``array`` goes by its name.
    """

    word: str
    kind: str
    quantities: tuple[Quantity, ...]
    ends: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    name: Tree | None = None


Item = tuple[Group, ...]


def word_of(quantity: Quantity) -> str:
    """A quantity as a quiz file writes it."""
    return quantity.name if isinstance(quantity, Name) else f"d{quantity.of}/d{quantity.wrt}"


def single(quantity: Quantity) -> Group:
    return Group(word_of(quantity), "one", (quantity,))


def quantities_of(*items: Item) -> tuple[Quantity, ...]:
    """All that some items name, each quantity once."""
    return tuple(dict.fromkeys(quantity for item in items for group in item for quantity in group.quantities))


class Vocabulary:
    """The words by which a layered network's quantities are called."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.graph = network.graph
        fixed = dict(network.fixed)
        self.biases = tuple(b for layer in network.layers for b in biases_of(network, layer))
        self.weights = tuple(w for w in network.weights if w not in self.biases)
        self.inputs = Group("inputs", "inputs", tuple(map(Name, network.inputs)))
        self.outputs = [
            Group(
                self._word("post", layer, layer.post_array), "outputs",
                tuple(Name(a) for a in layer.post[0] if a not in fixed),
            )
            for layer in network.layers
        ]
        self.between = [self._between(layer) for layer in network.layers]
        trained = tuple(map(Name, (*self.weights, *self.biases)))
        self.all = {
            "weights": Group("weights", "weights", tuple(map(Name, self.weights))),
            **({"biases": Group("biases", "biases", tuple(map(Name, self.biases)))} if self.biases else {}),
            **({"parameters": Group("parameters", "parameters", trained)} if self.biases else {}),
            "inputs": self.inputs,
        }
        self.words = {group.word: group for group in (*self.all.values(), *self.outputs, *self.between)}
        if network.named:
            self.words |= {self._word("input", None, ""): self.inputs}

    def _between(self, layer: Layer) -> Group:
        weights = tuple(Name(w) for row in layer.weights for w in row if w not in self.biases)
        array, number = layer.rest_array or layer.weights_array, layer.number
        if not self.network.named:
            return Group(array or weights[0].name, "between", weights, name=Name(array))
        ends = self.network.neurons[number - 1], self.network.neurons[number]
        return Group(self._word("weight", layer, array), "between", weights, ends)

    def _word(self, key: str, layer: Layer | None, array: str) -> str:
        """o_h for all outputs of a layer, w_{h,j} for all weights that lead to it, where its neurons share a letter."""
        network = self.network
        assert network.notation is not None
        number = layer.number if layer else 0
        before, own = (_letter(network.neurons[at]) if network.named and at >= 0 else "" for at in (number - 1, number))
        if not own or (key == "weight" and not before):
            return array or (layer.post[0][0] if layer else "")
        return network.notation.write(key, i=before or own, j=own)

    def quantity(self, word: object) -> Quantity:
        """A value or a derivative by its name: o_y, do_y/dw_{j_2,y}."""
        if not isinstance(word, str):
            raise ItemError("must be the name of a quantity, or a derivative such as dL/dw")
        word = word.strip()
        if word in self._names:
            return Name(word)
        if derivative := DERIVATIVE.fullmatch(word):
            of, wrt = derivative["of"].strip(), derivative["wrt"].strip()
            if of not in self.graph or self.graph.is_leaf(of):
                raise ItemError(suggest(of, [node.name for node in self.graph.nodes]))
            if wrt not in self._names:
                raise ItemError(suggest(wrt, self._names))
            if wrt not in self.graph.ancestors(of) or wrt == of:
                raise ItemError(f"{of} does not depend on {wrt}")
            return Partial(of, wrt)
        raise ItemError(suggest(word, self._names))

    @property
    def _names(self) -> list[str]:
        network = self.network
        known = {*(name for name, _ in network.fixed), network.step_size}
        leaves = (name for name in self.graph.leaves if name not in known)
        return [*leaves, *(node.name for node in self.graph.nodes)]

    def group(self, word: object) -> Group:
        """What a word of a data item names."""
        if not isinstance(word, str):
            raise ItemError("must be a word such as weights, inputs, the name of a quantity or a derivative")
        word = word.strip()
        if word in self.words:
            return self.words[word]
        if array := self.network.array(word):
            return self._array(array)
        try:
            quantity = self.quantity(word)
        except ItemError as error:
            if DERIVATIVE.fullmatch(word):
                raise
            known = [*self.words, *(name for name, _ in self.graph.arrays), *self._names]
            raise ItemError(suggest(word, known)) from error
        return single(quantity)

    def _array(self, array: str) -> Group:
        fixed = dict(self.network.fixed)
        tree = dict(self.graph.arrays)[array]
        entries = tuple(part for part in walk(tree) if isinstance(part, (Name, Partial)))
        quantities = tuple(q for q in entries if not (isinstance(q, Name) and q.name in fixed))
        for group in (self.inputs, *self.outputs, *self.between):
            if set(group.quantities) == set(quantities):
                return group
        return Group(array, "array", quantities, name=Name(array))


def _letter(neurons: Sequence[str]) -> str:
    """What the names of a layer's nodes have in common: h of h_1, h_2."""
    letters = {name.partition("_")[0] for name in neurons}
    return letters.pop() if len(letters) == 1 else ""


# --- drawn questions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """A target and two data items, and which of the five answers is right."""

    target: Quantity
    items: tuple[Item, Item]
    answer: str


def answer_of(decider: Decider, target: Quantity, items: tuple[Item, Item]) -> str:
    """Which of the five answers is right; empty if that cannot be decided."""
    decided = [decider.decide(target, quantities_of(*some)) for some in ((items[0],), (items[1],), items)]
    if None in decided:
        return ""
    first, second, both = (not isinstance(found, Witness) for found in decided)
    alone = {(True, True): "each", (True, False): "first", (False, True): "second"}
    return alone.get((first, second), "together" if both else "neither")


def drawn(
    decider: Decider,
    words: Vocabulary,
    draws: Draws,
    *,
    answer: str = "",
    target: Quantity | None = None,
    items: tuple[Item | None, Item | None] = (None, None),
) -> Question | None:
    """A question whose answer was drawn first, each as likely; None if there is none in ``MOST_TARGETS`` tries."""
    wanted = (answer,) if answer else tuple(draws.shuffled("answer", ANSWERS))
    inner = Draws("sufficiency", str(draws.below("question", MANY)))  # one draw, however many tries there are
    for answer in wanted:
        for attempt in range(MOST_TARGETS):
            own = inner.within(answer, str(attempt))
            aim = target or _target(words, own)
            if any(aim in quantities_of(item) for item in items if item is not None):
                continue
            pool = list(_pool(words, aim, own))
            for pair in _pairs(decider, aim, pool, items, answer, own):
                if answer_of(decider, aim, pair) == answer:
                    return Question(aim, pair, answer)
    return None


def _target(words: Vocabulary, draws: Draws) -> Quantity:
    """The output of a node, or the derivative of an output by a weight or by another node's output."""
    network, graph = words.network, words.graph
    posts = [q.name for group in words.outputs for q in group.quantities if isinstance(q, Name)]
    if draws.choice("target", ("value", "derivative")) == "value":
        return Name(draws.choice("node", posts))
    of = draws.choice("of", network.outputs)
    behind = [name for name in (*words.weights, *posts) if name in graph.ancestors(of) and name != of]
    return Partial(of, draws.choice("wrt", behind))


def _pool(words: Vocabulary, target: Quantity, draws: Draws) -> Iterator[Item]:
    """Data items of one or two phrases, none of which names the target."""
    seen: set[frozenset[Quantity]] = set()
    for number in range(POOL):
        own = draws.within("item", str(number))
        size = own.integer("size", 1, 2)
        item = tuple(dict.fromkeys(_group(words, target, own.within(str(i))) for i in range(size)))
        named = frozenset(quantities_of(item))
        nested = any(set(a.quantities) <= set(b.quantities) for a in item for b in item if a is not b)
        if target not in named and named not in seen and not nested:
            seen.add(named)
            yield item


def _group(words: Vocabulary, target: Quantity, draws: Draws) -> Group:
    kind = draws.choice("kind", ("weights", "between", "inputs", "outputs", "output", "weight", "derivative"))
    graph = words.graph
    if kind == "weights" and words.biases:
        return words.all[draws.choice("biases", ("weights", "parameters", "parameters"))]
    if kind in ("weights", "inputs"):
        return words.all[kind]
    if kind == "between":
        return draws.choice("group", words.between)
    if kind == "outputs":
        return draws.choice("group", words.outputs)
    posts = [q.name for group in words.outputs for q in group.quantities if isinstance(q, Name)]
    if kind == "output":
        return single(Name(draws.choice("node", posts)))
    if kind == "weight":
        return single(Name(draws.choice("weight", words.weights)))
    nodes = [name for name in posts if name in graph.ancestors(node_of(target)) or name in words.network.outputs]
    node = draws.choice("node", nodes)
    wrt = [name for name in (*words.weights, *posts) if name in graph.ancestors(node) and name != node]
    if isinstance(target, Partial) and target.wrt in wrt and draws.choice("near", (True, False)):
        wrt = [target.wrt]  # ∂o_j/∂w beside ∂o_y/∂w
    return single(Partial(node, draws.choice("wrt", wrt)))


def _pairs(
    decider: Decider, target: Quantity, pool: list[Item], given: tuple[Item | None, Item | None], answer: str,
    draws: Draws,
) -> Iterator[tuple[Item, Item]]:  # fmt: skip
    """Pairs of items that have this answer as far as formulas are found."""
    reach = decider.closure.reaches
    firsts, seconds = (pool if own is None else [own] for own in given)
    firsts = [item for item in firsts if reach(target, quantities_of(item)) == (answer in ("first", "each"))]
    seconds = [item for item in seconds if reach(target, quantities_of(item)) == (answer in ("second", "each"))]
    for first, second in itertools.product(firsts, draws.shuffled("second", seconds) if seconds else []):
        one, other = set(quantities_of(first)), set(quantities_of(second))
        if not (one <= other or other <= one) and (
            answer not in ("together", "neither") or reach(target, one | other) == (answer == "together")
        ):
            yield first, second
