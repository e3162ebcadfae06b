"""Decisions about data sufficiency, against the source's key, traps, and a search for collisions among small integers."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy
import pytest

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.draws import Draws
from derivgen.evaluation import Numbers
from derivgen.expression import Name, Partial
from derivgen.networks import KINDS, Network, build
from derivgen.sufficiency import Decider, Quantity, Witness
from derivgen.sufficiency.items import Vocabulary, answer_of, quantities_of

NETWORK = "{kind: layered, sizes: %s, notation: %s, activation: %s, biases: %s}"
QUIZ = """
title: t
kinks: left
exercises:
  - network: %s
    asks:
%s
"""


def network(sizes: object, notation: str = "neurons", activation: object = "relu", biases: bool = False) -> Network:
    text = QUIZ % (
        NETWORK % (list(sizes), notation, activation, str(biases).lower()),  # type: ignore[call-overload]
        "      - weight_shapes",
    )
    quiz = spec.loads(text, asks=ASKS, kinds=KINDS)
    return build(quiz.exercises[0].network, Draws("test"), quiz.kinks)


def decided(of: str, known: list[str], **shape: Any) -> object:
    net = network(**shape)
    words = Vocabulary(net)
    return Decider(net).decide(words.quantity(of), quantities_of(tuple(words.group(word) for word in known)))


# --- the source -----------------------------------------------------------------------------------------------------

SOURCE = [
    ("o_y", ["weights", "o_h"], ["weights", "o_j"], "each"),
    ("o_{h_1}", ["inputs"], ["o_j"], "neither"),
    ("o_{j_1}", ["w_{h,j}"], ["o_h"], "together"),
    ("do_y/dw_{j_2,y}", ["o_{j_2}"], ["weights", "inputs"], "each"),
    ("do_y/dw_{h_2,j_2}", ["w_{j_2,y}"], ["do_{j_2}/dw_{h_2,j_2}"], "together"),
    ("do_y/dw_{x_1,h_3}", ["weights", "inputs"], ["w_{x_1,h_3}"], "first"),
]


@pytest.mark.parametrize(("of", "first", "second", "answer"), SOURCE)
def test_the_questions_of_the_source_have_its_answers(of: str, first: list[str], second: list[str], answer: str) -> None:
    net = network([4, 3, 2, 1])
    words = Vocabulary(net)
    items = tuple(tuple(map(words.group, item)) for item in (first, second))
    assert answer_of(Decider(net), words.quantity(of), (items[0], items[1])) == answer


@pytest.mark.parametrize(("notation", "of", "known"), [
    ("from-to", "dH/dW_11^(1)", ["W^(2)", "x", "z^(1)"]), ("textbook", "dyhat/dw_11^[1]", ["W2", "x", "z^[1]"]),
    ("bias-row", "dyhat/dW_11^1", ["W^2", "x", "alpha^1"]),
])  # fmt: skip
def test_another_notation_decides_alike(notation: str, of: str, known: list[str]) -> None:
    found = decided(of, known, sizes=[2, 2, 1], notation=notation, biases=True)
    assert isinstance(found, tuple) and found[-1].quantity == Vocabulary(network([2, 2, 1], notation, biases=True)).quantity(of)
    assert isinstance(decided(of, known[:2], sizes=[2, 2, 1], notation=notation, biases=True), Witness)


# --- traps ----------------------------------------------------------------------------------------------------------

TRAPS = [
    # (what must not be overlooked, of, known, sizes, activation)
    ("a weight ±1 behind an unknown gate", "do_{h_1}/do_{x_1}", ["w_{x_1,h_1}"], [1, 1, 1], "relu"),
    ("a weight ±1 behind an unknown gate", "w_{x_1,h_1}", ["do_{h_1}/do_{x_1}", "o_{h_1}"], [1, 1, 1], "relu"),
    ("two signs turned at once", "w_{x_1,h_1}", ["o_{h_1}", "w_{h_1,y}", "do_y/dw_{x_1,h_1}"], [1, 1, 1], "relu"),
    ("all signs turned at once", "o_y", ["o_{h_1}", "do_y/dw_{x_1,h_1}", "do_y/do_{x_1}"], [1, 1, 1], "identity"),
    ("a weight that is 0", "o_{h_1}", ["w_{h_1,y}", "o_y"], [1, 1, 1], "relu"),
    ("a factor that is 0", "do_y/do_{h_1}", ["do_y/do_{x_1}", "w_{x_1,h_1}"], [1, 1, 1], "identity"),
    ("an input that is 0", "w_{x_1,h_1}", ["o_{h_1}", "inputs"], [1, 1, 1], "identity"),
]


@pytest.mark.parametrize(("trap", "of", "known", "sizes", "activation"), TRAPS)
def test_what_ranks_overlook_is_found(trap: str, of: str, known: list[str], sizes: list[int], activation: str) -> None:
    assert isinstance(decided(of, known, sizes=sizes, activation=activation), Witness)


def test_a_gate_is_read_off_the_output_only_where_that_decides_it() -> None:
    net = network([1, 1, 1])
    target, known = Partial("o_{h_1}", "o_{x_1}"), (Name("w_{x_1,h_1}"), Name("o_{h_1}"))
    assert not isinstance(Decider(net).decide(target, known), (Witness, type(None)))
    from dataclasses import replace

    right = replace(net, graph=replace(net.graph, kinks="right"))
    assert isinstance(Decider(right).decide(target, known), Witness)


# --- against a search -----------------------------------------------------------------------------------------------


@dataclass
class Brute:
    """All values and derivatives of a network at many assignments at once, by forward differentiation."""

    net: Network
    leaves: dict[str, Any]

    def wanted(self, quantity: Quantity) -> Any:
        values, moves = {}, {}
        wrt = quantity.wrt if isinstance(quantity, Partial) else ""
        fixed = dict(self.net.fixed)
        some = next(iter(self.leaves.values()))
        for name in self.net.graph.leaves:
            values[name] = numpy.full_like(some, int(fixed[name])) if name in fixed else self.leaves.get(name, some * 0)
            moves[name] = some * 0 + (name == wrt)
        for layer in self.net.layers:
            for j, (z, a) in enumerate(zip(layer.pre[0], layer.post[0], strict=True)):
                transposed = self.net.notation is not None and not self.net.notation.from_first
                own = layer.weights[j] if transposed else [row[j] for row in layer.weights]
                pairs = list(zip(own, layer.before[0], strict=True))
                values[z] = sum(values[w] * values[x] for w, x in pairs)
                moves[z] = sum(moves[w] * values[x] + values[w] * moves[x] for w, x in pairs)
                if layer.biases:
                    values[z], moves[z] = values[z] + values[layer.biases[j]], moves[z] + moves[layer.biases[j]]
                if z == wrt:
                    moves[z] = some * 0 + 1
                on = values[z] > 0 if layer.activation == "relu" else values[z] == values[z]
                values[a], moves[a] = numpy.where(on, values[z], 0), numpy.where(on, moves[z], 0)
                if a == wrt:
                    moves[a] = some * 0 + 1
        return moves[quantity.of] if isinstance(quantity, Partial) else values[quantity.name]


def colliding(net: Network, target: Quantity, known: tuple[Quantity, ...]) -> bool:
    """Whether two assignments of small integers agree on what is known and not on the target."""
    fixed = dict(net.fixed)
    names = [name for name in net.graph.leaves if name not in fixed and name != net.step_size]
    if 3 ** len(names) <= 7000:
        grid = numpy.array(list(itertools.product((-1, 0, 1), repeat=len(names)))).T
    else:
        grid = numpy.random.default_rng(1).integers(-1, 2, (len(names), 7000))
    free = [i for i, name in enumerate(names) if Name(name) not in known]
    more = numpy.random.default_rng(2).integers(-2, 3, (len(names), 6000))
    for i in set(range(len(names))) - set(free):  # the same numbers for what is known, so that collisions are many
        more[i] = more[i, 0]
    brute = Brute(net, dict(zip(names, numpy.concatenate([grid, more], axis=1), strict=True)))
    seen: dict[bytes, int] = {}
    rows = numpy.ascontiguousarray(numpy.array([brute.wanted(quantity) for quantity in known]).T)
    return any(seen.setdefault(row.tobytes(), t) != t for row, t in zip(rows, brute.wanted(target).tolist(), strict=True))


def random_question(seed: int) -> tuple[Network, Quantity, tuple[Quantity, ...]]:
    draws = Draws("random", str(seed))
    sizes = [draws.integer("inputs", 1, 2), *(draws.integer(f"hidden {i}", 1, 2) for i in range(draws.integer("d", 1, 2)))]
    net = network(
        [*sizes, 1], draws.choice("notation", ("neurons", "from-to", "textbook", "bias-row")),
        draws.choice("activation", ("relu", "relu", "identity")), draws.choice("biases", (True, False)),
    )  # fmt: skip
    words = Vocabulary(net)
    kind = draws.choice("kind", ("value", "derivative", "leaf"))
    nodes = [name for layer in net.layers for name in layer.post[0] if not net.graph.is_leaf(name)]
    node = draws.choice("node", nodes)
    behind = [n for n in (*words.weights, *words.biases, *net.inputs, *nodes) if n in net.graph.ancestors(node) and n != node]
    target: Quantity = Partial(node, draws.choice("wrt", behind)) if kind == "derivative" else Name(node)
    if kind == "leaf":
        target = Name(draws.choice("leaf", (*words.weights, *words.biases, *net.inputs)))
    groups = [*words.all.values(), *words.between, *words.outputs]
    known: dict[Quantity, None] = dict.fromkeys(map(Name, words.weights)) if draws.choice("w", (True, False)) else {}
    for i in range(draws.integer("phrases", 1, 4)):
        own = draws.within(str(i))
        if own.choice("what", ("group", "single")) == "group":
            known |= dict.fromkeys(own.choice("group", groups).quantities)
        else:
            at = own.choice("node", nodes)
            wrt = [n for n in (*words.weights, *net.inputs, *nodes) if n in net.graph.ancestors(at) and n != at]
            single = [*map(Name, (*words.weights, *nodes)), *(Partial(at, n) for n in wrt)]
            known[own.choice("single", single)] = None
    known.pop(target, None)
    return net, target, tuple(known) or (Name(node if target != Name(node) else net.inputs[0]),)


def test_no_decision_is_contradicted_by_a_search(capsys: pytest.CaptureFixture[str]) -> None:
    count: Counter[str] = Counter()
    for seed in range(300):
        net, target, known = random_question(seed)
        found = Decider(net).decide(target, known)
        collides = colliding(net, target, known)
        kind = "undecided" if found is None else "not enough" if isinstance(found, Witness) else "enough"
        assert not (kind == "enough" and collides), (seed, target, known)
        count[kind] += 1
        if isinstance(found, Witness):
            sides = [{name: pair[i] for name, *pair in found.leaves} | dict(net.fixed) for i in range(2)]
            first, second = (Numbers(net.graph, side) for side in sides)
            assert all(first.value(quantity) == second.value(quantity) for quantity in known), (seed, target, known)
            assert first.value(target) != second.value(target)
    with capsys.disabled():
        print(f"\ndata sufficiency, 300 random questions: {dict(count)}")
    assert count["undecided"] < 15 and count["enough"] > 40


if __name__ == "__main__":
    import sys

    for seed in range(int(sys.argv[1])):
        net, target, known = random_question(seed)
        found = Decider(net).decide(target, known)
        collides = colliding(net, target, known)
        if found is None or (isinstance(found, tuple) and collides):
            print(seed, net.layers[0].activation, net.neurons, target, known, found, collides)
