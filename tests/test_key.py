"""``key.json``, schema 1: the fields of the design, numbers as strings, and answers that read back as themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache
from string import ascii_lowercase
from typing import Any

import pytest

from derivgen import __version__, certify, spec
from derivgen.asks import ASKS
from derivgen.derivation import Value
from derivgen.evaluation import Numbers, Real
from derivgen.expression import Apply, Number, Tree, walk
from derivgen.folders import bundled_quizzes
from derivgen.graph import Graph
from derivgen.networks import KINDS
from derivgen.operations import INDICATORS
from derivgen.reading import read
from derivgen.sheet import Composer, Exercise, Sheet
from derivgen.writing import key

# Every ask, on a network for which it makes sense. A new ask is one line more.
ALL_ASKS = """\
title: All
digits: 5
exercises:
  - id: first
    network:
      inputs: x
      weights: [w_1, w_2]
      target: y^*
      equations: |
        z_1 = x*w_1 + x/3
        a_1 = tanh(z_1)
        z_2 = a_1*w_2
        a_2 = max(z_2, -1) + x
      loss: half_squared_error(a_2, y^*)
    random: true
    givens: {x: 1/3}
    asks:
      - forward_pass
      - composed_loss
      - chain_rule: w_1
      - local_derivatives: w_1
      - gradient: w_1
      - closed_form: w_1
      - update: w_1
      - forward_values
      - loss_value
      - derivative: w_1
      - updated_value: w_1
      - local_derivative: {of: a_1, wrt: z_1}
  - id: second
    network: {kind: layered, sizes: [2, 2, 1], activation: [tanh, sigmoid], loss: binary_cross_entropy}
    random: true
    asks:
      - weight_shapes
      - pre_activations
      - activations
      - output
      - classify
      - loss_value
      - loss_gradient
      - gradients
      - update: W^(1)
      - updated_value: b^(1)
      - training_step
  - id: symbols
    network: {kind: layered, sizes: [2, 3, 2], activation: tanh, loss: squared_error}
    asks:
      - pre_activations: {layer: 1}
      - gradients
      - update: W^(2)
  - id: choices
    network: {kind: layered, sizes: [2, 2, 2, 1], activation: relu}
    random: true
    asks:
      - fill_in_blank: x_1
      - true_false: W_11^(1)
      - true_false: {about: all_zero, truth: false}
      - multiple_choice: {ask: derivative, wrt: W_11^(1)}
      - multiple_choice: {ask: gradient, wrt: x_2}
      - risk_contribution
      - parameter_count
      - bottleneck
      - prove: tanh
  - id: shapes
    network:
      kind: convolutional
      input: [3, 16, 16]
      layers: [{conv: 4, kernel: 3, padding: 1}, batch_norm, relu, {max_pool: 2}, flatten, {dense: 5}]
    asks:
      - output_sizes: {blanks: 2}
      - layer_parameters
      - multiply_adds
      - receptive_field
      - find_layer
  - id: drawn
    network: {kind: layered, sizes: [2, 2, 1], activation: relu, biases: false}
    random: true
    asks: [draw_network]
  - id: circuit
    network: {kind: equations, inputs: [x, y], equations: "f = x*y + x"}
    random: true
    asks: [draw_circuit, circuit_values]
  - id: blanks
    network: {kind: equations, inputs: [x, y], equations: "f = x*y + x"}
    random: true
    asks: [{label_figure: {blanks: 1}}]
  - id: steps
    network: {kind: staged, inputs: [x, y], formula: f = x*y + y}
    random: true
    allow: [repeats]
    asks: [forward_pseudocode, backward_pseudocode, staged_values, partial_derivatives, sensitivity]
  - id: logistic
    network: {kind: staged, inputs: x, formula: f = tanh(x)}
    asks: [tanh_logistic]
  - id: equal
    network: {kind: layered, sizes: [2, 2, 1], activation: sigmoid, loss: half_squared_error}
    random: true
    givens: {W1: {choice: [0.5, 1], same: c}, b1: 0.5, W2: 0.5}
    asks:
      - equal_weights
  - id: enough
    network: {kind: layered, sizes: [2, 2, 1], notation: neurons, biases: false}
    asks:
      - sufficiency: {of: o_y, item_1: [weights, o_h], item_2: inputs}
"""

ANSWER_TYPES = {"number", "expression", "matrix", "values", "choice", "statements", "text", "drawing"}
NUMBER = {"latex", "plain", "exact", "decimal", "tolerance"}
QUIZZES = [*bundled_quizzes(), "all"]


@cache
def composer(quiz: str) -> Composer:
    if quiz == "all":
        return Composer(spec.loads(ALL_ASKS, "all.yaml", asks=ASKS, kinds=KINDS))
    return Composer(spec.load(quiz, asks=ASKS, kinds=KINDS))


def sheet_of(quiz: str, seed: str) -> Sheet:
    return composer(quiz).compose(seed, "derivgen generate")


def no_number(value: object) -> None:
    """Numbers are strings; counts and the schema are whole."""
    if isinstance(value, dict):
        list(map(no_number, value.values()))
    elif isinstance(value, list):
        list(map(no_number, value))
    else:
        assert isinstance(value, str) or type(value) is int


@pytest.mark.parametrize("seed", ["1"])
@pytest.mark.parametrize("quiz", QUIZZES)
def test_the_fields_of_a_key(quiz, seed):
    sheet = sheet_of(quiz, seed)
    data = json.loads(key(sheet))
    no_number(data)
    assert list(data) == ["schema", "quiz", "title", "seed", "code", "derivgen", "exercises"]
    assert (data["schema"], data["quiz"], data["seed"], data["derivgen"]) == (1, quiz, seed, __version__)
    assert data["title"] == sheet.quiz.title
    assert re.fullmatch("[2-9A-HJ-NP-Z]{8}", data["code"])
    assert len(data["exercises"]) == len(sheet.exercises)
    for number, (row, exercise) in enumerate(zip(data["exercises"], sheet.exercises, strict=True), 1):
        assert set(row) == {"id", "givens", "parts"}
        for name, exact in row["givens"].items():
            assert re.fullmatch(r"-?\d+/\d+", exact)
            given = {key if isinstance(key, str) else f"d{key.of}/d{key.wrt}": value for key, value in exercise.givens}
            assert Fraction(exact) == given[name]
        for letter, part in zip(ascii_lowercase, row["parts"], strict=False):
            required = {"id", "ask", "points", "answer", "certified"}
            assert required <= set(part) <= required | {"parameters", "choices"}
            assert part["id"] == f"{number}.{letter}"
            assert part["ask"] in ASKS
            assert all(isinstance(text, str) for pair in part.get("parameters", {}).items() for text in pair)
            assert Fraction(part["points"]) >= 0
            assert part["answer"]["type"] in ANSWER_TYPES
            choices_of(part)
            assert part["certified"]
            for proof in part["certified"]:
                assert set(proof) == {"route", "points", "error"}
                assert proof["route"] in ("residues", "difference")
                assert proof["points"] >= 1
                assert 0 <= Decimal(proof["error"]) < Decimal("1e-9")


def choices_of(part: dict[str, Any]) -> None:
    """Choices are texts, no two alike; the right ones are named by their places, counted from 0."""
    answer = part["answer"]
    assert ("choices" in part) == ("correct" in answer)
    if "choices" not in part:
        return
    choices, correct = part["choices"], answer["correct"]
    assert all(isinstance(choice, str) and choice for choice in choices)
    assert len(set(choices)) == len(choices) >= 2
    assert sorted(set(correct)) == correct and all(place in range(len(choices)) for place in correct)
    if answer["type"] == "choice":
        assert len(correct) == 1
        if "latex" in answer:
            assert choices[correct[0]] == answer["latex"]


Entry = tuple[Graph, dict[str, Any], Tree | list[Real]]


def entries(exercise: Exercise, row: dict[str, Any]) -> Iterator[Entry]:
    """Each printed answer with the graph on which it holds, and the tree or the numbers that it should be."""
    for part, printed in zip(exercise.plan.parts, row["parts"], strict=True):
        answer = printed["answer"]
        listed = answer["values"] if answer["type"] == "values" else [answer]
        assert part.answer is not None
        if not part.answer.entries:
            assert {"latex", "plain"} & set(answer) == ({"latex", "plain"} if part.answer.theorem else set())
            continue
        for entry, (_, right) in zip(listed, part.answer.entries, strict=True):
            printed_only = {key: value for key, value in entry.items() if key not in ("name", "type", "correct")}
            graph = part.answer.graph or exercise.plan.graph
            if isinstance(right, Value):
                trees = [t for row in graph.entries(right.tree) or [[right.tree]] for t in row]
                yield graph, printed_only, [exercise.passes[right.stage].value(tree) for tree in trees]
            else:
                yield graph, printed_only, [right.value] if isinstance(right, Number) else right


def cells(value: object) -> list[Any]:
    """What a matrix holds, row by row; of a single thing, the thing."""
    if isinstance(value, Apply) and value.operation == "matrix":
        return [cell for row in value.args if isinstance(row, Apply) for cell in row.args]
    if isinstance(value, list):
        assert len({len(row) for row in value}) == 1
        return [cell for row in value for cell in row]
    return [value]


def shape(value: object) -> tuple[int, int] | None:
    if isinstance(value, Apply) and value.operation == "matrix":
        return len(value.args), len(cells(value)) // len(value.args)
    return (len(value), len(value[0])) if isinstance(value, list) else None


@pytest.mark.parametrize("seed", ["1", "2"])
@pytest.mark.parametrize("quiz", QUIZZES)
def test_answers_read_back_as_themselves(quiz: str, seed: str) -> None:
    sheet = sheet_of(quiz, seed)
    for exercise, row in zip(sheet.exercises, json.loads(key(sheet))["exercises"], strict=True):
        for graph, entry, right in entries(exercise, row):
            assert set(entry) <= NUMBER
            plain = read(entry["plain"], graph.scope)
            latex = read(entry["latex"], graph.scope, latex=True)
            if isinstance(right, list):
                holds_its_numbers(entry, plain, latex, right, sheet.quiz.digits)
                continue
            assert set(entry) == {"latex", "plain"}
            says_the_same(graph, plain, right)
            says_the_same(graph, latex, right)


def says_the_same(graph: Graph, tree: Tree, right: Tree) -> None:
    """In symbols: what is read back has the same value, entry by entry, at numbers of our own."""
    still_open = set(dict(graph.functions)) - set(dict(graph.bindings))
    if still_open or any(isinstance(part, Apply) and part.operation in INDICATORS for part in walk(right)):
        # What is left open has no numbers, and an indicator may be 0: at random residues, with each kink on and off.
        assert not certify.differs(graph, tree, right)
        return
    numbers = somewhere(graph)
    found, expected = ([cell for row in graph.entries(side) or [[side]] for cell in row] for side in (tree, right))
    for got, wanted in zip(found, expected, strict=True):
        value = decimal(numbers.value(wanted))
        assert value, "a number that is zero compares nothing"
        assert abs(decimal(numbers.value(got)) - value) < Decimal("1e-30")


def holds_its_numbers(entry: dict[str, Any], plain: Tree, latex: Tree, true: list[Real], digits: int) -> None:
    """Plain, LaTeX, decimal and exact are one number, or one matrix of numbers, each as close as it claims."""
    assert set(entry) - {"exact"} == NUMBER - {"exact"}
    assert shape(plain) == shape(latex) == shape(entry["decimal"])
    assert entry["tolerance"] == {"abs": f"5e-{digits + 1}", "rel": "0"}
    tolerance, exact = Decimal(entry["tolerance"]["abs"]), [isinstance(number, Fraction) for number in true]
    assert ("exact" in entry) == all(exact)
    if "exact" in entry:
        assert shape(entry["exact"]) == shape(plain)
        assert cells(entry["exact"]) == [f"{number.numerator}/{number.denominator}" for number in true]
    columns = map(decimal, true), map(value_of, cells(plain)), map(value_of, cells(latex)), cells(entry["decimal"])
    for number, worked, shown, written in zip(*columns, strict=True):
        assert abs(worked - number) <= abs(number) * Decimal("1e-12")
        assert abs(shown - number) <= tolerance + abs(number) * Decimal("0.05")
        assert abs(Decimal(written) - number) <= abs(number) * Decimal("1e-12")
        # A short decimal is a whole one: 0.5 stands for 0.500000000000.
        assert Decimal(written) == number or len(written.lstrip("-0.").replace(".", "")) >= 12


def somewhere(graph: Graph) -> Numbers:
    """The graph at numbers of our own, none of them special."""
    return Numbers(graph, {name: Fraction(13 + 7 * i, 11 + i) for i, name in enumerate(graph.leaves)})


def value_of(tree: Tree) -> Decimal:
    return decimal(Numbers(Graph.of("f = x"), {}).value(tree))


def decimal(number: Fraction | Decimal) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator) if isinstance(number, Fraction) else number


def test_every_ask_is_in_a_key():
    asked = {part["ask"] for row in json.loads(key(sheet_of("all", "1")))["exercises"] for part in row["parts"]}
    assert asked == set(ASKS)


def test_an_exercise_keeps_its_id():
    data = json.loads(key(sheet_of("all", "1")))
    assert [row["id"] for row in data["exercises"]] == [
        "first", "second", "symbols", "choices", "shapes", "drawn", "circuit", "blanks", "steps", "logistic", "equal", "enough",
    ]  # fmt: skip
    assert data["exercises"][0]["givens"]["x"] == "1/3"


def test_a_layered_network_gives_its_numbers_one_by_one_and_its_answers_as_matrices():
    data = json.loads(key(sheet_of("all", "1")))["exercises"][1]
    assert {"x_1", "W_21^(1)", "b_1^(2)", "y", "alpha"} <= set(data["givens"])
    parts = {part["ask"]: part for part in data["parts"]}
    assert parts["pre_activations"]["parameters"] == {"layer": "1"}
    shapes = [value["plain"] for value in parts["weight_shapes"]["answer"]["values"]]
    assert shapes == ["[2, 2]", "[2, 1]"]
    answer = parts["pre_activations"]["answer"]
    assert answer["type"] == "matrix" and shape(answer["exact"]) == shape(answer["decimal"]) == (2, 1)
    gradients = parts["gradients"]["answer"]["values"]
    assert [value["name"] for value in gradients] == ["dL/dW^(1)", "dL/db^(1)", "dL/dW^(2)", "dL/db^(2)"]
    assert [shape(value["decimal"]) for value in gradients] == [(2, 2), (2, 1), (2, 1), (1, 1)]
    assert parts["training_step"]["answer"]["values"][-1]["name"] == "L'"
