"""Fill in a blank, true or false, multiple choice, a point's share of the risk, counts of parameters."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from rendering import formulas, github_errors, katex_errors, leftovers

from derivgen import certify, spec
from derivgen.asks import ASKS
from derivgen.certify import symbolic
from derivgen.errors import CertificateError, DerivgenError
from derivgen.formats import format_of
from derivgen.networks import KINDS
from derivgen.pdf import compile_pdf
from derivgen.reading import read
from derivgen.sheet import Composer, Sheet
from derivgen.slips import SLIPS
from derivgen.writing import files, key

DEEP = "{kind: layered, sizes: [2, 2, 2, 1], functions: [g], activation: g, biases: false}"
SMALL = "{kind: layered, sizes: [2, 2, 1], functions: [g], activation: g, biases: false}"
RELU = "{kind: layered, sizes: [2, 2, 2, 1], activation: relu, biases: false}"
SIGMOID = "{kind: layered, sizes: [2, 2, 1], activation: sigmoid, loss: half_squared_error}"
SATURATED = "{kind: layered, sizes: [2, 2, 1], activation: relu, output_activation: sigmoid}"
TANH = "{kind: layered, sizes: [2, 2, 1], output_activation: tanh, notation: bias-row}"
ACTIVE = "{kind: layered, sizes: [2, 2, 1], activation: relu, output_activation: relu}"
SCALAR = """
      kind: equations
      inputs: x
      weights: [w_1, w_2]
      target: y
      equations: |
        z_1 = x*w_1
        a_1 = sigmoid(z_1)
        z_2 = a_1*w_2
        a_2 = sigmoid(z_2)
      loss: half_squared_error(a_2, y)"""
# The published numbers of the third and the last problem of the source.
SLOPES = "{W2: [[5, 1], [1, 2]], 'z^(1)': [3, -2], 'dH/dz^(2)': [-3, 1]}"
NUMBERED = "{x: [-2, 3], W2: [[2, 1], [0, 1]], W3: [5, -2], 'z^(1)': [-13, 9], 'z^(2)': [0, 9]}"


def quiz(network: str, asks: str, givens: str = "", more: str = "") -> spec.Quiz:
    text = f"title: A test\nkinks: left\nexercises:\n  - network: {network}\n"
    text += f"    givens: {givens}\n" if givens else ""
    return spec.loads(f"{text}{more}    asks: {asks}\n", asks=ASKS, kinds=KINDS)


def sheet(network: str, asks: str, givens: str = "", more: str = "", seed: str = "1") -> Sheet:
    return Composer(quiz(network, asks, givens, more)).compose(seed)


def part(made: Sheet, at: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(key(made))["exercises"][0]["parts"][at]
    return found


def markdown(made: Sheet) -> tuple[str, str]:
    made_files = files(made, ["markdown"])
    return made_files["questions.md"], made_files["solutions.md"]


SOFTMAX = "{kind: layered, sizes: [2, 3, 4], activation: tanh, output_activation: softmax, loss: cross_entropy}"
SQUARE = "{kind: layered, sizes: [2, 2, 2], activation: relu, loss: squared_error, notation: textbook}"
BATCH = "{kind: layered, sizes: [2, 3, 2], output_activation: softmax, loss: cross_entropy, examples: 3}"
BIAS_ROW = "{kind: layered, sizes: [2, 2, 2], activation: sigmoid, output_activation: sigmoid, loss: half_squared_error, notation: bias-row}"
RANDOM = "    random: true\n"
MATRICES = [  # asks of a whole array, or with an answer of another kind; in numbers and, where that can be, in symbols
    (SOFTMAX, "pre_activations, layer: 2", True), (SOFTMAX, "activations, layer: 1", False), (SOFTMAX, "output", False),
    (SOFTMAX, "gradients, wrt: W^(1)", True), (SOFTMAX, "gradients, wrt: b^(1)", True), (SOFTMAX, "loss_gradient", True),
    (SOFTMAX, "updated_value, wrt: W2", False), (SOFTMAX, "classify", False), (SOFTMAX, "weight_shapes, layer: 2", True),
    (SQUARE, "pre_activations, layer: 1", True), (SQUARE, "gradients, wrt: 'W^[1]'", True), (SQUARE, "update, wrt: 'W^[2]'", True),
    (BATCH, "gradients, wrt: W^(1)", True), (BATCH, "loss_gradient", False), (BATCH, "output", False),
    (BIAS_ROW, "gradients, wrt: W^1", True), (BIAS_ROW, "activations, layer: 1", False), (BIAS_ROW, "update, wrt: W^1", True),
    (SCALAR, "closed_form, wrt: w_2", True), (SCALAR, "local_derivative, of: a_1, wrt: z_1", True), (SCALAR, "composed_loss", True),
    (SCALAR, "local_derivative, of: a_2, wrt: z_2, numeric: true", False), (SIGMOID, "pre_activations, layer: 2", True),
]  # fmt: skip
EVERY = [
    *((network, f"[{{multiple_choice: {{ask: {ask}}}}}]", "", RANDOM) for network, ask, _ in MATRICES),
    *((network, f"[{{multiple_choice: {{ask: {ask}}}}}]", "", "") for network, ask, symbolic in MATRICES if symbolic),
    (DEEP, "[{fill_in_blank: W_12^(1)}, {fill_in_blank: x_1}, {fill_in_blank: 'W_11^(2)'}]", "", ""),
    (DEEP, "[{true_false: W_21^(2)}, {true_false: {wrt: W_11^(1), truth: false}}, {multiple_choice: {ask: gradient, wrt: x_2}}]", "", ""),
    (DEEP, "[{multiple_choice: {ask: chain_rule, wrt: W_11^(1)}}, {parameter_count: {}}, {parameter_count: {form: formula}}]", "", ""),
    (RELU, "[{true_false: {about: all_zero}}, {true_false: {wrt: {any: weights}}}]", "", RANDOM),
    (RELU, "[{multiple_choice: {ask: derivative, wrt: {any: weights, layer: 1}}}, {multiple_choice: {ask: output}}]", "", RANDOM),
    (RELU, "[{true_false: {about: all_zero}}]", NUMBERED, ""),
    (RELU, "[{risk_contribution: {}}, {risk_contribution: {output: 3, target: 1, examples: 10}}]", "", ""),
    (RELU, "[{multiple_choice: {ask: risk_contribution, output: 3, target: 1}}, {multiple_choice: {ask: parameter_count, form: words, sizes: [3, 4, 2, 1]}}]", "", ""),
    (RELU, "[{parameter_count: {form: words}}, {parameter_count: {form: words, sizes: [3, 4], biases: false}}]", "", ""),
    (SATURATED, "[{true_false: {about: saturated_output}}]", "", ""),
    (TANH, "[{true_false: {about: saturated_output}}]", "", ""),
    (ACTIVE, "[{true_false: {about: active_output}}]", "", ""),
    (SIGMOID, "[{multiple_choice: {ask: updated_value, wrt: W_11^(1)}}, {multiple_choice: {ask: loss_value}}]", "", RANDOM),
    (SIGMOID, "[{multiple_choice: {ask: update, wrt: W_11^(2)}}, {true_false: {wrt: b_1^(1)}}]", "", RANDOM),
    (SCALAR, "[{multiple_choice: {ask: updated_value, wrt: w_1}}, {multiple_choice: {ask: update, wrt: w_1}}, {fill_in_blank: w_1}]", "", RANDOM),
    (SCALAR, "[{multiple_choice: {ask: derivative, wrt: w_2}}, {multiple_choice: {ask: loss_value}}]", "", RANDOM),
]  # fmt: skip


@cache
def composer_of(network: str, asks: str, givens: str, more: str) -> Composer:
    return Composer(quiz(network, asks, givens, more))


@cache
def second(network: str, asks: str, givens: str, more: str) -> Sheet:
    return composer_of(network, asks, givens, more).compose("2")


@pytest.mark.parametrize(("network", "asks", "givens", "more"), EVERY)
def test_every_sheet_is_certified_and_in_both_formats(network: str, asks: str, givens: str, more: str) -> None:
    made = second(network, asks, givens, more)
    for text in markdown(made):
        prose = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "M", text)
        assert leftovers(text) == [] and "  " not in prose and " ." not in prose and " ," not in prose
    latex = files(made, ["latex"])
    assert "<<" not in latex["solutions.tex"] and "gap" not in latex["questions.tex"]
    for row in json.loads(key(made))["exercises"][0]["parts"]:
        assert row["certified"], row


def test_every_formula_is_set() -> None:
    found = list(dict.fromkeys(formula for case in EVERY for text in markdown(second(*case)) for formula in formulas(text)))
    assert len(found) > len(EVERY)
    assert katex_errors(found) == [] and github_errors(found) == []


@pytest.mark.parametrize(
    ("network", "asks"), [(SCALAR, EVERY[-2][1]), (SQUARE, "[{multiple_choice: {ask: gradients, wrt: 'W^[1]'}}]")]
)
def test_pdflatex_sets_choices_and_blanks(network: str, asks: str) -> None:
    made = sheet(network, asks, more=RANDOM)
    for solutions in (False, True):
        assert compile_pdf(format_of("latex").render(made, solutions=solutions)).startswith(b"%PDF")


# --- fill_in_blank ----------------------------------------------------------------------------------------------


def blanks(network: str, wrt: str) -> set[str]:
    composer = Composer(quiz(network, f"[{{fill_in_blank: '{wrt}'}}]"))
    return {part(composer.compose(str(seed)))["answer"]["plain"] for seed in range(12)}


def test_the_published_blanks() -> None:
    assert blanks(DEEP, "W_12^(1)") == {"W_22^(2)*g'(z_2^(2))*W_21^(3)", "W_21^(2)*g'(z_1^(2))*W_11^(3)"}
    assert blanks(SMALL, "x_1") == {"W_12^(1)*g'(z_2^(1))*W_21^(2)", "W_11^(1)*g'(z_1^(1))*W_11^(2)"}


def test_what_all_paths_share_stands_outside_and_the_blank_fills_the_line() -> None:
    made = sheet(DEEP, "[{fill_in_blank: W_12^(1)}]")
    question, solution = markdown(made)
    assert r"&= x _ 1 \cdot g'(z _ 2^{(1)}) \cdot (" in question and question.count(r"\underline{\qquad\qquad}") == 1
    answer = part(made)["answer"]["latex"].replace("_", " _ ")
    assert answer not in question and answer in solution
    line = next(tex for tex, _ in formulas(question) if "underline" in tex)
    whole = line.replace(r"\underline{\qquad\qquad}", part(made)["answer"]["latex"]).replace("&", "")
    graph = made.exercises[0].plan.graph
    text = whole.replace(r"\begin{aligned}", "").replace(r"\end{aligned}", "")
    truth = read("dH/dW_12^(1)", graph.scope)
    assert symbolic(graph, text, truth, latex=True)
    with pytest.raises(CertificateError):
        symbolic(graph, text.replace("x _ 1", "x _ 2"), truth, latex=True)


def test_a_quiz_may_choose_the_blank() -> None:
    made = sheet(DEEP, "[{fill_in_blank: {wrt: W_12^(1), blank: 2}}]")
    assert part(made)["answer"]["plain"] == "W_22^(2)*g'(z_2^(2))*W_21^(3)"
    with pytest.raises(DerivgenError, match=r"fill_in_blank.blank: must be a whole number from 1 to 2"):
        sheet(DEEP, "[{fill_in_blank: {wrt: W_12^(1), blank: 3}}]")


def test_one_path_misses_one_factor() -> None:
    assert blanks(SMALL, "W_11^(1)") == {"x_1", "g'(z_1^(1))", "W_11^(2)"}


def test_the_whole_line_has_the_factors_in_the_order_of_the_question() -> None:
    network = "{kind: layered, sizes: [2, 2, 1], activation: sigmoid, output_activation: sigmoid, loss: squared_error}"
    composer = Composer(quiz(network, "[{fill_in_blank: W_21^(1)}]"))
    for seed in range(8):
        made = composer.compose(str(seed))
        question, solution = markdown(made)
        asked = next(tex for tex, _ in formulas(question) if "underline" in tex)
        blank = part(made)["answer"]["latex"].replace("_", " _ ")
        assert asked.replace(r"\underline{\qquad\qquad}", blank) in {tex for tex, _ in formulas(solution)}


# --- true_false --------------------------------------------------------------------------------------------------


def test_the_published_statements() -> None:
    made = sheet(DEEP, """[
      {true_false: {wrt: z_1^(2), truth: true}}, {true_false: {wrt: W_21^(2), truth: true}},
      {true_false: {wrt: a_2^(1), slip: path_left_out}}]""")  # fmt: skip
    question, solution = markdown(made)
    assert [part(made, i)["answer"] for i in range(3)] == [{"type": "statements", "correct": [i]} for i in (0, 0, 1)]
    assert all(part(made, i)["choices"] == ["true", "false"] for i in range(3))
    assert r"&= W _ {11}^{(3)} g'(z _ 1^{(2)}) \end{aligned}" in question
    assert r"&= W _ {11}^{(3)} \cdot g'(z _ 1^{(2)}) \cdot a _ 2^{(1)} \end{aligned}" in question
    assert "**False**" in solution and "leaves out the path" in solution and "leaves out" not in question


@pytest.mark.parametrize("slip", sorted(SLIPS))
def test_a_false_statement_by_each_slip_that_can_be_made(slip: str) -> None:
    """On a network with a loss, whatever slip is named: a certified false statement, or an error that says it cannot be."""
    network = "{kind: layered, sizes: [2, 2, 1], activation: [sigmoid, identity], loss: squared_error}"
    try:
        made = sheet(network, f"[{{true_false: {{wrt: W_12^(1), slip: {slip}}}}}]")
    except DerivgenError as error:
        assert f"asks[0].true_false.slip: the slip {slip} cannot be made in dL/dW_12^(1)" in str(error)
        assert slip not in ("activation_derivative_forgotten", "derivative_at_activation", "index_order_swapped", "loss_sign",
                            "half_or_two_lost", "weight_for_activation", "activation_for_weight")  # fmt: skip
    else:
        assert part(made)["answer"]["correct"] == [1] and part(made)["parameters"]["slip"] == slip


def test_a_slip_that_is_right_at_the_numbers_of_the_quiz_is_not_used() -> None:
    """With W_12 = W_21 and all else alike, only slips that change the number are left."""
    givens = "{x: [1, 1], W1: [[1, 1], [1, 1]], W2: [[1, 1], [1, 1]], W3: [1, 1]}"
    composer = Composer(quiz(RELU, "[{true_false: {wrt: W_12^(2), truth: false}}]", givens))
    found = {part(composer.compose(str(seed)))["parameters"]["slip"] for seed in range(20)}
    assert found <= {"weight_for_activation", "activation_for_weight"} and found


@pytest.mark.parametrize(
    ("network", "ask", "correct", "said"),
    [
        (SATURATED, "{about: saturated_output, value: 1}", 0, "the output is saturated"),
        (SATURATED, "{about: saturated_output, truth: false}", 1, "need not be near zero"),
        (TANH, "{about: saturated_output, value: -1}", 0, "the output is saturated"),
        (ACTIVE, "{about: active_output, value: 1}", 1, "the output node is active"),
        (ACTIVE, "{about: active_output, truth: true}", 0, "all of the derivatives are zero"),
    ],
)
def test_statements_about_all_weights(network: str, ask: str, correct: int, said: str) -> None:
    made = sheet(network, f"[{{true_false: {ask}}}]")
    question, solution = markdown(made)
    assert part(made)["answer"]["correct"] == [correct]
    assert said in solution and said not in question and "for all $i$, $j$, and $l$" in question


def test_all_zero_is_decided_by_the_numbers() -> None:
    """The published network: z_1^(2) = 0 closes one gate, and a_2^(2) = 9 is the derivative by W_21^(3)."""
    for seed in "123456":
        made = sheet(RELU, "[{true_false: {about: all_zero}}]", NUMBERED, seed=seed)
        assert part(made)["answer"]["correct"] == [1]
        assert r"\frac{\partial H}{\partial W _ {21}^{(3)}}" in markdown(made)[1]
    closed = NUMBERED.replace("[0, 1]]", "[0, -1]]").replace("[0, 9]", "[0, -9]")
    for seed in "123456":
        made = sheet(RELU, "[{true_false: {about: all_zero}}]", closed, seed=seed)
        assert part(made)["answer"]["correct"] == [0] and "None of its nodes is active" in markdown(made)[1]


def test_all_are_zero_where_the_derivative_by_what_flows_into_the_output_is() -> None:
    """At H = y the loss is flat; behind an inactive output node nothing moves. Nothing is left to chance then."""
    at_target = "{x: [1, 2], W1: [[1, 1], [1, 1]], W2: [1, 1], y: 6}"
    behind = "{x: [1, 2], W1: [[1, 1], [1, 1]], W2: [-1, 0]}"
    for kind, activation in (("half_squared_error", "relu"), ("squared_error", "identity"), ("", "relu")):
        network = RELU.replace("[2, 2, 2, 1], activation: relu", f"[2, 2, 1], activation: {activation}")
        loss = f", loss: {kind}}}" if kind else ", output_activation: relu}"
        given = at_target if kind else behind
        for seed in "123456":
            ask = f"[{{true_false: {{about: all_zero{', of: L' if kind else ''}}}}}]"
            made = sheet(network.replace("}", loss), ask, given, seed=seed)
            assert part(made)["answer"]["correct"] == [0] and part(made)["certified"]
            solution = markdown(made)[1]
            assert "leads through $z _ 1^{(2)}$, so" in solution and "and it is zero" in solution
    off = at_target.replace("y: 6", "y: 5")
    network = RELU.replace("[2, 2, 2, 1]", "[2, 2, 1]").replace("}", ", loss: squared_error}")
    assert part(sheet(network, "[{true_false: {about: all_zero, of: L}}]", off))["answer"]["correct"] == [1]
    with pytest.raises(DerivgenError, match=r"part 1.a needs a value that is nonzero"):
        sheet(network, "[{true_false: {about: all_zero, of: L, truth: false}}]", at_target)


# --- multiple_choice -----------------------------------------------------------------------------------------------


def test_choices_differ_and_the_key_is_the_answer() -> None:
    network, asks = (
        SIGMOID,
        "[{multiple_choice: {ask: derivative, wrt: {any: weights}}}, {multiple_choice: {ask: loss_value}}]",
    )
    composer = Composer(quiz(network, asks, more=RANDOM))
    for seed in range(12):
        made = composer.compose(str(seed))
        for at in (0, 1):
            row = part(made, at)
            numbers = [Fraction(text) for text in row["choices"]]
            assert len(numbers) == 4 and row["choices"][row["answer"]["correct"][0]] == row["answer"]["latex"]
            assert all(abs(a - b) > Fraction(2, 10**4) for i, a in enumerate(numbers) for b in numbers[:i])


CELL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def numbers_in(choice: str) -> list[Fraction]:
    return [Fraction(text) for text in CELL.findall(choice)]


@pytest.mark.parametrize(
    ("network", "ask"), [(network, ask) for network, ask, _ in MATRICES if network != SCALAR and "shapes" not in ask]
)
def test_matrices_to_choose_from_differ_in_an_entry_and_the_key_is_the_answer(network: str, ask: str) -> None:
    composer = composer_of(network, f"[{{multiple_choice: {{ask: {ask}}}}}]", "", RANDOM)
    for seed in range(3):
        row = part(composer.compose(str(seed)))
        choices, key_ = row["choices"], row["answer"]["latex"]
        assert len(choices) == 4 and choices[row["answer"]["correct"][0]] == key_
        for i, one in enumerate(choices):
            assert shape_of(one) == shape_of(key_) or shape_of(one) == shape_of(key_)[::-1]
            for other in choices[:i]:
                pairs = zip(numbers_in(one), numbers_in(other), strict=True)
                assert shape_of(one) != shape_of(other) or any(abs(a - b) > Fraction(2, 10**4) for a, b in pairs)


def shape_of(choice: str) -> tuple[int, int]:
    rows = choice.split(r"\\")
    return len(rows), rows[0].count("&") + 1


def test_shapes_are_written_with_a_cross_and_the_slips_are_named() -> None:
    question, solution = markdown(sheet(SOFTMAX, "[{multiple_choice: {ask: weight_shapes, layer: 2}}]"))
    options = re.findall(r"^\([A-D]\) \$(\d) \\times (\d)\$$", question, re.MULTILINE)
    assert len(set(options)) == 4 and ("3", "4") in options
    letters = re.findall(r"^\([A-D]\) (?:has|is the shape)", solution, re.MULTILINE)
    assert len(letters) == 3


def test_a_class_is_chosen_out_of_four() -> None:
    made = sheet(SOFTMAX, "[{multiple_choice: {ask: classify}}]", more=RANDOM)
    row = part(made)
    assert sorted(row["choices"]) == ["1", "2", "3", "4"] and row["answer"]["exact"] == f"{row['answer']['latex']}/1"
    assert markdown(made)[1].count("names an output that is not the largest.") == 3


def test_what_delta_means_is_said_where_a_choice_has_it() -> None:
    question, _ = markdown(sheet(SQUARE, "[{multiple_choice: {ask: gradients, wrt: 'W^[1]'}}]"))
    assert r"where $\delta^{\lbrack 2\rbrack } = \frac{\partial L}{\partial z^{\lbrack 2\rbrack }}$" in question


def test_symbolic_choices_are_wrong_but_for_the_key() -> None:
    made = sheet(
        DEEP, "[{multiple_choice: {ask: gradient, wrt: x_2}}, {multiple_choice: {ask: chain_rule, wrt: W_11^(1)}}]"
    )
    graph = made.exercises[0].plan.graph
    for at, wrt in enumerate(("x_2", "W_11^(1)")):
        row, truth = part(made, at), read(f"dH/d{wrt}", graph.scope)
        for i, text in enumerate(row["choices"]):
            if i in row["answer"]["correct"]:
                assert symbolic(graph, text, truth, latex=True)
            else:
                with pytest.raises(CertificateError):
                    symbolic(graph, text, truth, latex=True)


def test_the_solution_says_which_slip_leads_to_each_wrong_choice() -> None:
    question, solution = markdown(sheet(SCALAR, "[{multiple_choice: {ask: gradient, wrt: w_2}}]"))
    assert question.startswith("# A test") and "Which of these is" in question
    letters = re.findall(r"^\(([A-D])\) (?:forgets|takes|has|loses|uses)", solution, re.MULTILINE)
    marked = re.findall(r"\*\*\(([A-D])\)\*\*", solution)
    assert len(letters) == 3 and sorted(letters + marked) == ["A", "B", "C", "D"]
    assert "**(" not in question and "&#10003;" not in question
    assert not re.search(r"^\([A-D]\) [a-z]", question, re.MULTILINE)


def test_a_wrong_sum_stands_on_rows_of_its_own_before_its_numbers() -> None:
    """It would else be one line, too long for a page, with the numbers behind it."""
    composer = Composer(quiz(SOFTMAX, "[{multiple_choice: {ask: derivative, wrt: W_22^(1)}}]", more=RANDOM))
    sums = 0
    for seed in range(4):
        solution = markdown(composer.compose(str(seed)))[1].split("is right.")[1]
        explained = re.findall(r"^\([A-D]\) .*:\n\n\$\$ \\begin\{aligned\} (.*?) \\end", solution, re.MULTILINE)
        for rows in (one.split(r"\cr") for one in explained if r"\quad +" in one):
            assert all(row.strip().startswith("&") for row in rows)
            sums += 1
    assert sums


def test_choices_differ_as_they_are_printed_where_intermediates_are_rounded() -> None:
    loaded = quiz(SCALAR, "[{multiple_choice: {ask: derivative, wrt: w_1}}]", more=RANDOM)
    composer = Composer(replace(loaded, carry=2))
    for seed in range(15):
        question, _ = markdown(composer.compose(str(seed)))
        shown = re.findall(r"^\([A-D]\) \$(.*)\$$", question, re.MULTILINE)
        assert len(set(shown)) == len(shown) == 4


def test_symbolic_choices_differ_at_the_numbers_of_the_sheet() -> None:
    """With z > 0, 2(H − y)z is as right as 2(H − y)a."""
    network = "{kind: layered, sizes: [2, 2, 1], activation: relu, loss: squared_error}"
    asks = "[loss_value, {multiple_choice: {ask: gradient, wrt: {any: weights, layer: 2}}}]"
    literal = "{x: [3, 1], W1: [[2, 2], [-2, -3]], 'b^(1)': [-3, 3], W2: [2, -3], 'b^(2)': [-3], y: 3}"
    for givens, more in (("", RANDOM), (literal, "")):
        composer = Composer(quiz(network, asks, givens, more))
        for seed in range(12):
            made = composer.compose(str(seed))
            asked = made.exercises[0].plan.parts[1].answer
            assert asked is not None
            values = [float(made.exercises[0].numbers.value(tree)) for tree in asked.choices]  # type: ignore[arg-type]
            right = values.pop(asked.correct[0])
            assert all(abs(right - wrong) > 0.004 * abs(right) for wrong in values)


def test_choices_are_found_where_a_slip_can_never_differ() -> None:
    """z^(1) is positive by its rule: to treat the ReLU as active is no mistake, whatever is drawn."""
    givens = """{W2: {integer: [-5, 5], nonzero: true}, 'z^(1)': {integer: [1, 6]},
      'dH/dz^(2)': {integer: [-4, 4], nonzero: true}}"""
    for seed in "1234":
        made = sheet(RELU, "[{multiple_choice: {ask: derivative, wrt: W_21^(2)}}]", givens, seed=seed)
        assert len(set(part(made)["choices"])) == 4


def test_too_few_slips_are_an_error() -> None:
    with pytest.raises(
        DerivgenError, match=r"quiz.yaml:6: .*slips lead to 1 wrong answer here, and a choice needs 3"
    ):
        sheet(RELU, "[{multiple_choice: {ask: derivative, wrt: a_1^(2)}}]", "{W3: [2, 3]}")


# --- risk_contribution and parameter_count ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "plain"),
    [
        ("{output: 1, target: 1}", "0"), ("{output: 3, target: 1}", "4/n*dH/dw"), ("{output: 1, target: 3}", "-4/n*dH/dw"),
        ("{output: 3, target: 1, examples: 10}", "(2/5)*dH/dw"), ("{output: 1, target: 0.5}", "1/n*dH/dw"),
    ],
)  # fmt: skip
def test_a_points_share(ask: str, plain: str) -> None:
    made = sheet(RELU, f"[{{risk_contribution: {ask}}}]")
    assert part(made)["answer"]["plain"].strip("()").replace("2/5)*", "2/5*") == plain.strip("()").replace(
        "2/5)*", "2/5*"
    )
    assert part(made)["answer"]["type"] == "expression"


@pytest.mark.parametrize("ask", ["risk_contribution: {output: 3, target: 1}", "multiple_choice: {ask: risk_contribution, output: 3, target: 1}"])
def test_a_points_share_is_named_before_it_is_derived(ask: str) -> None:
    _, solution = markdown(sheet(RELU, f"[{{{ask}}}]"))
    assert r"The point's share of the risk is $r = \frac{(H - y)^{2}}{n}$" in solution
    assert r"\frac{\partial r}{\partial w}" in solution and r"\partial R" not in solution


@pytest.mark.parametrize("sizes", ["[2, 2, 1]", "[2, 3]", "[3, 4, 2, 1]"])
@pytest.mark.parametrize("biases", ["true", "false"])
def test_counts_to_choose_from_with_and_without_biases(sizes: str, biases: str) -> None:
    network = f"{{kind: layered, sizes: {sizes}, biases: {biases}}}"
    for seed in "123":
        row = part(sheet(network, "[{multiple_choice: {ask: parameter_count}}]", seed=seed))
        assert len({Fraction(text) for text in row["choices"]}) == 4


def test_the_biases_of_a_count_to_choose_may_be_drawn() -> None:
    network = "{kind: layered, sizes: [2, {one_of: [2, 3]}, 1], biases: {one_of: [true, false]}}"
    composer = Composer(quiz(network, "[{multiple_choice: {ask: parameter_count}}]"))
    assert {part(composer.compose(str(seed)))["answer"]["exact"] for seed in range(20)} == {"6/1", "9/1", "13/1"}


def test_drawn_shares_are_zero_half_of_the_time() -> None:
    composer = Composer(quiz(RELU, "[risk_contribution]"))
    zeros = sum(part(composer.compose(str(seed)))["answer"]["plain"] == "0" for seed in range(200))
    assert 70 <= zeros <= 130


@pytest.mark.parametrize(("sizes", "count"), [([3, 4, 2, 1], 29), ([2, 5, 3, 1], 37)])
@pytest.mark.parametrize("form", ["network", "words", "formula"])
def test_the_published_counts(sizes: list[int], count: int, form: str) -> None:
    network = f"{{kind: layered, sizes: {sizes}}}"
    ask = "parameter_count" if form == "network" else f"{{parameter_count: {{form: {form}, sizes: {sizes}}}}}"
    made = sheet(network, f"[{ask}]")
    assert part(made)["answer"]["exact"] == f"{count}/1"
    question, solution = markdown(made)
    assert str(count) not in question.replace("2#", "") and f"= {count}" in solution.replace("&", "")


@pytest.mark.parametrize("notation", ["from-to", "bias-row", "neurons", "textbook"])
def test_a_network_counts_alike_in_every_notation(notation: str) -> None:
    made = sheet(
        f"{{kind: layered, sizes: [3, 4, 2, 1], notation: {notation}, loss: squared_error}}", "[parameter_count]"
    )
    assert part(made)["answer"]["exact"] == "29/1"
    bare = sheet(f"{{kind: layered, sizes: [3, 4, 2, 1], notation: {notation}, biases: false}}", "[parameter_count]")
    assert part(bare)["answer"]["exact"] == "22/1"


# --- chance, and errors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "ask", "kinds"),
    [
        (DEEP, "{true_false: {wrt: {any: weights}}}", 2),
        (RELU, "{true_false: {about: all_zero}}", 2),
        (SATURATED, "{true_false: {about: saturated_output}}", 2),
        (ACTIVE, "{true_false: {about: active_output}}", 2),
        (SCALAR, "{multiple_choice: {ask: derivative, wrt: w_1}}", 4),
        (DEEP, "{multiple_choice: {ask: gradient, wrt: W_12^(1)}}", 4),
    ],
)
def test_truths_and_places_are_uniform(network: str, ask: str, kinds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """χ² at 0.1%: 10.83 for two kinds, 16.27 for four. What is drawn is not proved: chance is all that is asked for."""
    monkeypatch.setattr(certify, "symbolic", lambda *_, **__: [])
    monkeypatch.setattr(certify, "refuted", lambda *_, **__: [])
    monkeypatch.setattr(certify.NumberLines, "prove_line", lambda *_, **__: ())
    monkeypatch.setattr(certify.NumberLines, "prove_value", lambda *_, **__: "0")
    seeds = 80
    composer = Composer(quiz(network, f"[{ask}]", more=RANDOM))
    made = (composer.compose(str(seed)).exercises[0].plan.parts[0].answer for seed in range(seeds))
    counts = Counter(answer.correct[0] for answer in made if answer)
    expected = seeds / kinds
    assert sum((counts[i] - expected) ** 2 / expected for i in range(kinds)) < {2: 10.83, 4: 16.27}[kinds]


@pytest.mark.parametrize(
    ("network", "ask", "message"),
    [
        (DEEP, "{true_false: {wrt: x_1, truth: perhaps}}", "true_false.truth: must be true or false"),
        (DEEP, "{true_false: {wrt: x_1, slip: path_lft_out}}", "true_false.slip: 'path_lft_out' is unknown; did you mean 'path_left_out'"),
        (DEEP, "{true_false: {wrt: x_1, slip: path_left_out, truth: true}}", "true_false.slip: makes a statement false"),
        (DEEP, "{true_false: {wrt: x_1, slip: mean_lost}}", "true_false.slip: the slip mean_lost cannot be made in dH/dx_1"),
        (DEEP, "{true_false: {about: everything}}", "true_false.about: 'everything' is unknown"),
        (DEEP, "{true_false: {about: saturated_output}}", "true_false.about: needs a sigmoid or tanh at the output"),
        (SATURATED, "{true_false: {about: saturated_output, value: 2}}", "true_false.value: lies outside"),
        (SATURATED, "{true_false: {about: saturated_output, value: 1, truth: false}}", "true_false.truth: is true where"),
        (SATURATED, "{true_false: {about: active_output}}", "true_false.about: needs a ReLU at the output"),
        (ACTIVE, "{true_false: {about: active_output, value: 0}}", "true_false.value: must be positive"),
        (ACTIVE, "{true_false: {about: active_output, value: 1, truth: true}}", "true_false.truth: is false at 1"),
        (DEEP, "{true_false: {about: all_zero}}", "until g is bound"),
        (SCALAR, "{true_false: {about: all_zero}}", "true_false.about: needs a network of layers"),
        (SATURATED, "{true_false: {about: all_zero, truth: true}}", "needs numbers"),
        (DEEP, "{fill_in_blank: W_11^(3)}", "fill_in_blank: W_11^(3) reaches H in one step"),
        ("{kind: layered, sizes: [1, 3, 3, 1]}", "{fill_in_blank: x_1}", "along 9 paths, too many to write out"),
        (DEEP, "{multiple_choice: {wrt: x_1}}", "needs the ask to choose an answer of"),
        (DEEP, "{multiple_choice: {ask: gradeint, wrt: x_1}}", "multiple_choice.ask: 'gradeint' is unknown; did you mean 'gradient'"),
        (SQUARE, "{multiple_choice: {ask: gradients}}", "multiple_choice.ask: needs an ask with one answer; gradients has more here"),
        (SOFTMAX, "{multiple_choice: {ask: weight_shapes}}", "needs an ask with one answer; weight_shapes has more here"),
        (SQUARE, "{multiple_choice: {ask: weight_shapes, layer: 1}}", "slips lead to 2 wrong answers here, and a choice needs 3"),
        (SIGMOID, "{multiple_choice: {ask: forward_values}}", "multiple_choice.ask: 'forward_values' is unknown"),
        (DEEP, "{multiple_choice: {ask: gradient, wrt: x_9}}", "multiple_choice.wrt: 'x_9' is unknown"),
        (DEEP, "{multiple_choice: {ask: parameter_count, form: formule}}", "multiple_choice.form: 'formule' is unknown"),
        (DEEP, "{risk_contribution: {output: big}}", "risk_contribution.output: must be a number"),
        (DEEP, "{risk_contribution: {examples: 0}}", "risk_contribution.examples: must be a whole number"),
        ("{kind: layered, sizes: [2, 2]}", "risk_contribution", "needs a network with a single output"),
        (DEEP, "{parameter_count: {form: poem}}", "parameter_count.form: 'poem' is unknown"),
        (DEEP, "{parameter_count: {sizes: [2, 3]}}", "parameter_count.sizes: the network's own sizes count"),
        (DEEP, "{parameter_count: {form: words, sizes: [2, 0]}}", "parameter_count.sizes: holds 0"),
        (SCALAR, "parameter_count", "needs a network of layers"),
    ],
)  # fmt: skip
def test_errors_are_one_line_with_the_place(network: str, ask: str, message: str) -> None:
    with pytest.raises(DerivgenError) as caught:
        sheet(network, f"[{ask}]")
    text = str(caught.value)
    assert message in text and "\n" not in text and text.startswith("quiz.yaml:") and "asks[0]" in text


def test_a_literal_truth_that_the_numbers_contradict_is_an_error() -> None:
    with pytest.raises(DerivgenError, match=r"quiz.yaml:4: exercises\[0\]: part 1.a needs a value that is zero"):
        sheet(RELU, "[{true_false: {about: all_zero, truth: true}}]", NUMBERED)
    closed = NUMBERED.replace("[0, 1]]", "[0, -1]]").replace("[0, 9]", "[0, -9]")
    with pytest.raises(DerivgenError, match=r"part 1.a needs a value that is nonzero"):
        sheet(RELU, "[{true_false: {about: all_zero, truth: false}}]", closed)


@pytest.mark.parametrize(("outputs", "count"), [(2, 2), (3, 3), (4, 4), (5, 4)])
def test_all_other_classes_are_wrong_choices_where_there_are_no_more(outputs: int, count: int) -> None:
    network = f"{{kind: layered, sizes: [2, 3, {outputs}], activation: tanh, output_activation: softmax, loss: cross_entropy}}"
    for seed in ("1", "2", "3"):
        row = part(sheet(network, "[{multiple_choice: {ask: classify}}]", more=RANDOM, seed=seed))
        assert len(set(row["choices"])) == count
        (right,) = row["answer"]["correct"]
        assert row["choices"][right] == row["answer"]["latex"]


def test_weights_without_their_biases_are_explained_where_a_choice_has_them() -> None:
    question, _ = markdown(sheet(BIAS_ROW, "[{multiple_choice: {ask: gradients, wrt: W^1}}]"))
    assert r"and $\bar{W}^{2}$ is $W^{2}$ without its biases." in question
