"""Numbers that make no good exercise: what literal ones are refused for, and that drawn ones are drawn again."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.errors import QuizError
from derivgen.networks import KINDS
from derivgen.sheet import Composer, Sheet
from derivgen.writing import key

RELU = "sizes: [2, 2, 2, 1], activation: relu, biases: false"
LINEAR = "sizes: [2, 2, 1], biases: false, loss: half_squared_error"
SIGMOID = "sizes: [2, 2, 1], activation: sigmoid, loss: half_squared_error"
RANDOM = "    random: true\n"


def composer(network: str, givens: str, asks: str, *, top: str = "", more: str = "") -> Composer:
    text = f"title: T\n{top}\nexercises:\n  - network: {{kind: layered, {network}}}\n    givens: {givens}\n{more}    asks: {asks}\n"
    return Composer(spec.loads(text, asks=ASKS, kinds=KINDS))


def refusal(*words: str, **more: str) -> str:
    with pytest.raises(QuizError) as caught:
        composer(*words, **more).compose()
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def latex(sheet: Sheet) -> list[str]:
    parts: list[dict[str, Any]] = json.loads(key(sheet))["exercises"][0]["parts"]
    return [part["answer"]["latex"] for part in parts]


# --- a kink that no draw can mend ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("givens", "at", "own"),
    [
        ("{z^(1): [0, 4]}", "a_1^(1)", "z_1^(1)"),
        ("{x: [1, -1], W1: [[1, 2], [1, 3]]}", "a_1^(1)", "x_1, x_2, W_11^(1), W_21^(1)"),
        ("{x: {integer: [1, 3]}, z_2^(2): 0}", "a_2^(2)", "z_2^(2)"),
    ],
)
def test_literal_numbers_at_a_kink_are_named_whatever_is_drawn(givens: str, at: str, own: str) -> None:
    message = refusal(RELU, givens, "[derivative: W_11^(2), output]", more=RANDOM)
    wanted = f"{at}: the value lies exactly at a kink, where there is no derivative, whatever is drawn: the quiz gives {own}"
    assert message == f"quiz.yaml:4: exercises[0]: {wanted}"


def test_where_a_draw_is_at_fault_the_draws_are_counted() -> None:
    givens = "{x: {choice: [0]}, W1: [[1, 2], [1, 3]]}"
    assert "no numbers found in 400 draws; most often: " in refusal(RELU, givens, "[output]", more=RANDOM)


# --- a step that shows -----------------------------------------------------------------------------------------------

POINT = "{x: [1, 1], W1: [[0.1, 0.2], [0.3, 0.4]], W2: [0.5, 0.5], y: 0.8, alpha: 0.01}"  # dL/dW2 = -0.12, -0.18


def test_a_step_that_does_not_show_is_refused_and_says_what_to_raise() -> None:
    message = refusal(LINEAR, POINT, "[updated_value: W_11^(2)]", top="digits: 2")
    assert message == (
        "quiz.yaml:4: exercises[0]: the step of part 1.a must show in 2 decimals of W_11^(2): raise digits"
    )
    assert latex(composer(LINEAR, POINT, "[updated_value: W_11^(2)]", top="digits: 3").compose()) == ["0.501"]
    for ask, array in (("updated_value: W2", r"W^(2)"), ("training_step", "W^(1)")):
        assert f"2 decimals of {array}: raise digits" in refusal(LINEAR, POINT, f"[{ask}]", top="digits: 2")


def test_a_step_of_nothing_at_all_is_a_step() -> None:
    flat = POINT.replace("y: 0.8", "y: 0.5")  # H = y
    assert latex(composer(LINEAR, flat, "[updated_value: W_11^(2)]", top="digits: 2").compose()) == ["0.5"]


def test_one_entry_of_a_matrix_that_shows_its_step_is_enough() -> None:
    uneven = POINT.replace("x: [1, 1]", "x: [1, 30]").replace("0.01", "0.001")
    (shown,) = latex(composer(LINEAR, uneven, "[updated_value: W1]", top="digits: 2").compose())
    first, *_ = (line.split(" & ") for line in shown.split("bmatrix}")[1].split(r"\\"))
    assert [float(entry) for entry in first] == [0.1, 0.2]


def test_drawn_numbers_are_drawn_again_until_every_step_shows() -> None:
    made = composer(SIGMOID, "{alpha: 0.1}", "[updated_value: W_11^(2), updated_value: W_11^(1)]", top="digits: 2", more=RANDOM)
    for seed in range(15):
        sheet = made.compose(str(seed))
        numbers = sheet.exercises[0].numbers
        for weight, text in zip(("W_11^(2)", "W_11^(1)"), latex(sheet), strict=True):
            assert Fraction(text) != numbers[weight]
    never = refusal(SIGMOID, "{alpha: 0.001, x: [0.1, 0.2]}", "[updated_value: W_11^(1)]", top="digits: 2", more=RANDOM)
    assert "most often: the step of part 1.a must show in 2 decimals of W_11^(1): raise digits" in never


# --- batches and steps that make sense ------------------------------------------------------------------------------


def loss_of(sheet: Sheet) -> tuple[Any, Any]:
    before, after = sheet.exercises[0].passes
    return before["L"], after["L"]


def batch(sheet: Sheet) -> list[tuple[Any, ...]]:
    exercise = sheet.exercises[0]
    return [tuple(exercise.numbers[name] for name in row) for row in exercise.plan.network.layers[0].before]


@pytest.mark.parametrize(
    ("network", "givens", "asks"),
    [
        ("sizes: [2, 3, 1], examples: 3, loss: squared_error", "{}", "[gradients]"),
        ("sizes: [2, 2, 1], activation: sigmoid, examples: 4", "{X: {choice: [0, 1]}}", "[output]"),
        ("sizes: [2, 2, 1], examples: 3, loss: squared_error", "{x_11: 1, x_12: {integer: [1, 2]}, x_21: 1, x_22: {integer: [1, 2]}}", "[output]"),
        ("sizes: [1, 2, 1], examples: 9, loss: squared_error", "{}", "[output]"),
    ],
)
def test_a_drawn_batch_has_no_example_twice(network: str, givens: str, asks: str) -> None:
    made = composer(network, givens, asks, more=RANDOM)
    for seed in range(10):
        rows = batch(made.compose(str(seed)))
        assert len(set(rows)) == len(rows)


def test_examples_that_are_given_or_may_repeat_stay_as_they_are() -> None:
    twice = "sizes: [2, 2, 1], activation: sigmoid, examples: 2"
    assert len(set(batch(composer(twice, "{X: [[1, 2], [1, 2]]}", "[output]", more=RANDOM).compose()))) == 1
    small = "{X: {choice: [1]}}"
    assert "the examples 1 and 2 must not be the same" in refusal(twice, small, "[output]", more=RANDOM)
    more = RANDOM + "    allow: [repeats]\n"
    assert len(set(batch(composer(twice, small, "[output]", more=more).compose()))) == 1


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "softplus", "tanh", "sigmoid"])
@pytest.mark.parametrize("rest", ["loss: squared_error", "loss: half_squared_error, examples: 2", "loss: cross_entropy, output_activation: softmax"])
def test_a_drawn_training_step_lowers_the_loss(activation: str, rest: str) -> None:
    sizes = "[2, 3, 2]" if "softmax" in rest else "[2, 3, 1]"
    made = composer(f"sizes: {sizes}, activation: {activation}, {rest}", "{}", "[training_step]", more=RANDOM)
    for seed in range(3):
        before, after = loss_of(made.compose(str(seed)))
        assert after < before


def test_a_literal_step_size_is_kept_and_lowers_the_loss_where_some_draw_lets_it() -> None:
    network = "sizes: [2, 3, 1], activation: relu, loss: squared_error"
    before, after = loss_of(composer(network, "{alpha: 0.01}", "[training_step]", more=RANDOM).compose())
    assert after < before
    before, after = loss_of(composer(network, "{alpha: 2}", "[training_step]", more=RANDOM).compose())
    assert after > before
