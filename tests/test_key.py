"""``key.json``, schema 1: the fields of the design, numbers as strings, and answers that read back as themselves."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction

import pytest

from derivgen import __version__, spec
from derivgen.asks import ASKS
from derivgen.evaluation import Numbers
from derivgen.expression import Tree
from derivgen.folders import bundled_quizzes
from derivgen.graph import Graph
from derivgen.networks import KINDS
from derivgen.reading import read
from derivgen.sheet import Composer, Exercise
from derivgen.writing import key

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
    asks: ["""
ALL_ASKS += """forward_pass, composed_loss, {chain_rule: w_1}, {local_derivatives: w_1}, {gradient: w_1}, {closed_form: w_1},
           {update: w_1}, forward_values, loss_value, {derivative: w_1}, {updated_value: w_1}]
  - id: second
    network: {kind: layered, sizes: [2, 2, 1], activation: [tanh, sigmoid], loss: binary_cross_entropy}
    random: true
    asks: [weight_shapes, pre_activations, activations, output, classify, loss_value, loss_gradient, gradients,
           {update: W^(1)}, training_step]
"""

ANSWER_TYPES = {"number", "expression", "matrix", "values", "choice", "statements", "text", "drawing"}
ENTRY = {"latex", "plain", "exact", "decimal", "tolerance"}
QUIZZES = [*bundled_quizzes(), "all"]


def sheet_of(quiz: str, seed: str):
    loaded = (
        spec.loads(ALL_ASKS, "all.yaml", asks=ASKS, kinds=KINDS)
        if quiz == "all"
        else spec.load(quiz, asks=ASKS, kinds=KINDS)
    )
    return Composer(loaded).compose(seed, "derivgen generate")


def no_number(value: object) -> None:
    """Numbers are strings; counts and the schema are whole."""
    if isinstance(value, dict):
        list(map(no_number, value.values()))
    elif isinstance(value, list):
        list(map(no_number, value))
    else:
        assert isinstance(value, str) or type(value) is int


@pytest.mark.parametrize("seed", ["1", "zq7seed"])
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
            assert Fraction(exact) == dict(exercise.givens)[name]
        for letter, part in zip("abcdefghijklmnop", row["parts"], strict=False):
            required = {"id", "ask", "points", "answer", "certified"}
            assert required <= set(part) <= required | {"parameters", "choices"}
            assert part["id"] == f"{number}.{letter}"
            assert part["ask"] in ASKS
            assert set(part.get("parameters", {})) <= {"of", "wrt"}
            assert Fraction(part["points"]) == 1 or quiz == "neural-nets-numeric"
            assert part["answer"]["type"] in ANSWER_TYPES
            assert part["certified"]
            for proof in part["certified"]:
                assert set(proof) == {"route", "points", "error"}
                assert proof["route"] in ("residues", "difference")
                assert proof["points"] >= 1
                assert 0 <= Decimal(proof["error"]) < Decimal("1e-9")


def entries(exercise: Exercise, row: dict):
    """Each printed answer, and the tree that it is the answer for."""
    for part, printed in zip(exercise.plan.parts, row["parts"], strict=True):
        answer = printed["answer"]
        listed = answer["values"] if answer["type"] == "values" else [answer]
        assert part.answer is not None
        for entry, (left, right) in zip(listed, part.answer.entries, strict=True):
            yield entry, left, right


@pytest.mark.parametrize("seed", ["1", "2", "zq7seed"])
@pytest.mark.parametrize("quiz", QUIZZES)
def test_answers_read_back_as_themselves(quiz, seed):
    sheet = sheet_of(quiz, seed)
    for exercise, row in zip(sheet.exercises, json.loads(key(sheet))["exercises"], strict=True):
        scope = exercise.plan.graph.scope
        for entry, _, right in entries(exercise, row):
            assert set(entry) - {"name", "type"} <= ENTRY
            plain = read(entry["plain"], scope)
            latex = read(entry["latex"], scope, latex=True)
            if "decimal" not in entry:
                assert set(entry) - {"name", "type"} == {"latex", "plain"}
                numbers = somewhere(exercise)
                expected = numbers.value(right)
                assert expected
                for tree in (plain, latex):
                    assert abs(decimal(numbers.value(tree)) - decimal(expected)) < Decimal("1e-30")
                continue
            value = value_of(plain)
            assert abs(value_of(latex) - value) <= Decimal(entry["tolerance"]["abs"]) + abs(value) * Decimal("0.05")
            assert abs(Decimal(entry["decimal"]) - value) <= abs(value) * Decimal("1e-12")
            assert entry["tolerance"] == {"abs": f"5e-{sheet.quiz.digits + 1}", "rel": "0"}
            if "exact" in entry:
                assert re.fullmatch(r"-?\d+/\d+", entry["exact"])
                exact = Fraction(entry["exact"])
                assert value_of(plain) == Decimal(exact.numerator) / Decimal(exact.denominator)
            # A short decimal is a whole one: 0.5 stands for 0.500000000000.
            terminates = "exact" in entry and Fraction(entry["decimal"]) == Fraction(entry["exact"])
            digits = entry["decimal"].lstrip("-0.").replace(".", "")
            assert terminates or len(digits) >= 12


def somewhere(exercise: Exercise) -> Numbers:
    """The exercise's graph at numbers of our own, none of them special."""
    graph = exercise.plan.graph
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
    assert [row["id"] for row in data["exercises"]] == ["first"]
    assert data["exercises"][0]["givens"]["x"] == "1/3"
