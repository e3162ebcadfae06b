"""Decisions about data sufficiency, against the source's key, traps, and a search for collisions among small integers."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy
import pytest

import derivgen
from derivgen import preparing, spec
from derivgen.asks import ASKS
from derivgen.asks.sufficiency import lines
from derivgen.draws import Draws
from derivgen.errors import CertificateError, QuizError
from derivgen.evaluation import Numbers
from derivgen.exercise import Counterexample
from derivgen.expression import Name, Partial
from derivgen.networks import KINDS, Network, build
from derivgen.sheet import Composer, compose
from derivgen.sufficiency import Decider, Quantity, Step, Witness
from derivgen.sufficiency.items import ANSWERS, Vocabulary, answer_of, quantities_of
from derivgen.sufficiency.items import drawn as drawn_question
from derivgen.sufficiency.witness import kernel

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


# --- the ask --------------------------------------------------------------------------------------------------------


SMALL = "sizes: [2, 2, 1], notation: neurons, biases: false"


def quiz(asks: str, *, kinks: str = "left", more: str = "", shape: str = SMALL) -> Any:
    text = f"title: t\nkinks: {kinks}\nexercises:\n  - network: {{kind: layered, {shape}}}\n{more}    asks:\n{asks}"
    return spec.loads(text, asks=ASKS, kinds=KINDS)


@pytest.mark.parametrize(("ask", "said", "more"), [
    ("{of: o_z, item_1: inputs, item_2: weights}", "asks[0].sufficiency.of: 'o_z' is unknown", {}),
    ("{of: o_y, item_1: wieghts, item_2: inputs}", "asks[0].sufficiency.item_1: 'wieghts' is unknown; did you mean 'weights'?", {}),
    ("{of: o_y, item_1: [], item_2: inputs}", "asks[0].sufficiency.item_1: must name something that is known", {}),
    ("{of: o_y, item_1: [3], item_2: inputs}", "asks[0].sufficiency.item_1: must be a word", {}),
    ("{of: o_y, item_1: do_y/do_y, item_2: inputs}", "asks[0].sufficiency.item_1: o_y does not depend on o_y", {}),
    ("{of: o_y, item_1: weights, item_2: inputs, answer: each}", "asks[0].sufficiency.answer: is 'together', not 'each'", {}),
    ("{answer: both}", "asks[0].sufficiency.answer: must be one of first, second, together, each, neither", {}),
    ("{answer: [each]}", "asks[0].sufficiency.answer: must be one of first", {}),
    ("weights", "asks[0]: needs of, item_1 and item_2", {}),
    ("{of: 'o_{h_1}', item_1: [weights, o_h], item_2: inputs}", "asks[0].sufficiency.item_1: names what is asked for", {}),
    ("{of: o_y, item_1: o_h, item_2: ['o_{h_1}', 'o_{h_2}']}", "asks[0].sufficiency.item_2: names the same", {}),
    ("{items: weights}", "'items' is unknown", {}),
    ("{of: o_y, item_1: weights}", "asks[0]: is about a network without numbers", {"more": "    random: true\n"}),
    ("{of: 'do_y/do_{h_1}', item_1: weights, item_2: inputs}", "asks[0]: must know what a derivative is at a kink",
     {"kinks": "forbid"}),
    ("{}", "needs a network of layers", {"shape": "sizes: [2, 1]", "kind": "chain"}),
    ("{of: dL/dz_1^(1), item_1: weights, item_2: inputs}", "whose targets sum to one",
     {"shape": "sizes: [2, 2], output_activation: softmax, loss: cross_entropy"}),
    ("{}", "a single example", {"shape": "sizes: [2, 1], examples: 2"}),
    ("{}", "until g is bound", {"shape": "sizes: [2, 1, 1], functions: [g], activation: g"}),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_in_one_line(ask: str, said: str, more: dict[str, str]) -> None:
    if more.pop("kind", ""):
        asked = spec.loads(
            f"title: t\nexercises:\n  - network: {{kind: chain, depth: 2}}\n    asks:\n      - sufficiency: {ask}\n",
            asks=ASKS, kinds=KINDS,
        )  # fmt: skip
    else:
        asked = quiz(f"      - sufficiency: {ask}\n", **more)
    with pytest.raises(QuizError) as error:
        compose(asked)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_question_about_values_needs_no_convention() -> None:
    sheet = compose(quiz("      - sufficiency: {of: o_y, item_1: weights, item_2: inputs}\n", kinks="forbid"))
    assert sheet.exercises[0].plan.parts[0].answer.correct == (ANSWERS.index("together"),)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "leaky_relu", "softplus", "gelu"])
def test_other_activations_are_decided_too(activation: str) -> None:
    shape = f"sizes: [2, 2, 1], notation: neurons, biases: true, activation: {activation}, output_activation: sigmoid"
    asks = """
      - sufficiency: {of: "do_y/dw_{h_1,y}", item_1: [o_y, "o_{h_1}"], item_2: [weights, inputs]}
      - sufficiency: {of: "o_{h_1}", item_1: [o_y, weights], item_2: inputs}
"""
    parts = compose(quiz(asks, shape=shape)).exercises[0].plan.parts
    assert [ANSWERS[part.answer.correct[0]] for part in parts] == ["first", "neither"]


SATURATED = [
    # tanh(36) and tanh(37) are the same float, and not the same number
    ("[6, 6, 1, 1]", "[relu, tanh, identity]", "z_1^(2)", "a_1^(2)", "W3"),
    ("[3, 1, 1]", "[tanh, identity]", "z_1^(1)", "a_1^(1)", "H"),
    ("[2, 1, 1]", "[gelu, identity]", "z_1^(1)", "a_1^(1)", "H"),
]


@pytest.mark.parametrize(("sizes", "activation", "of", "first", "second"), SATURATED)
def test_saturated_functions_are_not_taken_for_equal(sizes: str, activation: str, of: str, first: str, second: str) -> None:
    asked = quiz(f"      - sufficiency: {{of: {of}, item_1: {first}, item_2: {second}}}\n",
                 shape=f"sizes: {sizes}, activation: {activation}, biases: false")
    with pytest.raises(QuizError, match="cannot be decided"):
        compose(asked)


@pytest.mark.parametrize("activation", ["sigmoid", "leaky_relu"])
def test_an_injective_function_is_taken_back(activation: str) -> None:
    shape = f"sizes: [2, 1, 1], activation: {activation}"
    part = compose(quiz("      - sufficiency: {of: z_1^(1), item_1: a_1^(1), item_2: [x, W1]}\n", shape=shape))
    assert part.exercises[0].plan.parts[0].answer.correct == (ANSWERS.index("first"),)


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_drawn_question_has_the_answer_that_was_drawn(answer: str) -> None:
    net = network([3, 2, 2, 1], biases=True)
    decider, words = Decider(net), Vocabulary(net)
    for seed in range(12):
        found = drawn_question(decider, words, Draws("q", str(seed)), answer=answer)
        assert found is not None and found.answer == answer == answer_of(Decider(net), found.target, found.items)
        assert found.target not in quantities_of(*found.items)
        one, other = (set(quantities_of(item)) for item in found.items)
        assert not one <= other and not other <= one


def test_a_drawn_target_is_not_among_the_given_items() -> None:
    composer = Composer(quiz("      - sufficiency: {item_1: [o_h, o_y]}\n"))
    for seed in "1234":
        asked = composer.compose(seed).exercises[0].plan.parts[0].parameters["of"]
        assert asked not in ("o_{h_1}", "o_{h_2}", "o_y")


def test_a_class_gets_different_questions_and_a_seed_the_same_ones() -> None:
    composer = Composer(spec.load("data-sufficiency-variants", asks=ASKS, kinds=KINDS))

    def asked(sheet: Any) -> Any:
        return tuple(tuple(part.parameters.items()) for part in sheet.exercises[0].plan.parts)

    found = {seed: asked(composer.compose(seed)) for seed in map(str, range(8))}
    assert len(set(found.values())) == 8
    alone = Composer(composer.quiz).compose("5")
    assert asked(alone) == found["5"]


# --- what is printed is proved --------------------------------------------------------------------------------------


def pairs() -> list[tuple[Counterexample, Any]]:
    sheet = compose(spec.load("data-sufficiency", asks=ASKS, kinds=KINDS))
    plan = sheet.exercises[0].plan
    return [found for part in plan.parts for found in preparing.facts_of(Counterexample, part.facts, plan.graph)]


def test_a_table_that_proves_nothing_is_refused() -> None:
    found = pairs()
    assert len(found) >= 5
    for pair, graph in found:
        assert preparing.prove_pair(pair, graph)
        alike = replace(pair, leaves=tuple((name, one, one) for name, one, _ in pair.leaves))
        with pytest.raises(CertificateError, match="agree in what is asked for"):
            preparing.prove_pair(alike, graph)
        told = replace(pair, known=(*pair.known, pair.target))
        with pytest.raises(CertificateError, match="differ in what is known"):
            preparing.prove_pair(told, graph)
        rest = pair.rows[1:]
        with pytest.raises(CertificateError):  # a leaf without its row passes for 1
            preparing.prove_pair(replace(pair, rows=rest), graph)


def test_a_wrong_number_in_a_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pair, graph = pairs()[0]
    true = preparing.pair_of
    for row, remark in pair.rows:
        if remark == "asked" or not graph.is_leaf(row[0].name if isinstance(row[0], Name) else ""):
            def wrong(fact: Any, graph_: Any, quantity: Any, off: Any = row[0]) -> Any:
                one, other = true(fact, graph_, quantity)
                return ((str(Fraction(one[0]) + 1), one[1]), other) if quantity == off else (one, other)

            monkeypatch.setattr(preparing, "pair_of", wrong)
            with pytest.raises(CertificateError):
                preparing.prove_pair(pair, graph)
            monkeypatch.setattr(preparing, "pair_of", true)


def test_a_formula_may_use_only_what_is_known() -> None:
    with pytest.raises(CertificateError, match="uses z_y, which is not known"):
        lines((Step(Name("o_y"), Name("z_y")),), (Name("o_{h_1}"),))


def test_a_question_sheet_gives_nothing_away() -> None:
    sheet = derivgen.generate("data-sufficiency")
    for dialect in ("latex", "markdown"):
        questions, solutions = (sheet.text(dialect, solutions=solved) for solved in (False, True))
        assert solutions.count("is right") == 6 and "is right" not in questions
        assert questions.count("Each of the items alone is enough.") == 6
        for word in ("first network", "on the right is known", "asked for"):
            assert word in solutions
            assert word not in questions


def test_the_kernel_is_what_all_rows_send_to_zero() -> None:
    rows = [[Fraction(x) for x in row] for row in ([1, 2, 0, 3], [2, 4, 0, 6], [0, 0, 5, 1])]
    basis = kernel(rows, 4)
    assert len(basis) == 2
    for vector in basis:
        assert any(vector) and all(sum(a * b for a, b in zip(row, vector, strict=True)) == 0 for row in rows)


if __name__ == "__main__":
    import sys

    for seed in range(int(sys.argv[1])):
        net, target, known = random_question(seed)
        found = Decider(net).decide(target, known)
        collides = colliding(net, target, known)
        if found is None or (isinstance(found, tuple) and collides):
            print(seed, net.layers[0].activation, net.neurons, target, known, found, collides)
