"""The asks prove, equal_weights and bottleneck, on sheets: against sums worked out here, and what is refused."""

from __future__ import annotations

import importlib
import json
import math
import re
from typing import Any

import pytest
import sympy
from rendering import formulas, github_errors, katex_errors, leftovers

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.certify import PRIME
from derivgen.errors import CertificateError, DerivgenError
from derivgen.graph import Graph
from derivgen.networks import KINDS
from derivgen.proofs.table import THEOREMS
from derivgen.sheet import Composer, Sheet
from derivgen.writing import files, key

# The package hands out the functions under these names.
EQUAL_WEIGHTS = importlib.import_module("derivgen.asks.equal_weights")
BOTTLENECK = importlib.import_module("derivgen.asks.bottleneck")
TINY = "{kind: layered, sizes: [1, 1]}"
SIGMOID = "{kind: layered, sizes: [2, 2, 1], activation: sigmoid, loss: half_squared_error}"
START = "{x: [1, 2], y: 1, alpha: 0.5, W1: c, b1: c, W2: c, b2: c}"
NUMBERS = "{x: [1, 2], y: 1, alpha: 0.5, W1: 0.5, b1: 0.5, W2: 0.5, b2: 0.5}"


def sheet(network: str, asks: str, givens: str = "", top: str = "", seed: str = "1") -> Sheet:
    text = f"title: A test\n{top}\nexercises:\n  - network: {network}\n"
    text += f"    givens: {givens}\n" if givens else ""
    return Composer(spec.loads(f"{text}    asks: {asks}\n", asks=ASKS, kinds=KINDS)).compose(seed)


def bundled(quiz: str, seed: str = "1") -> Sheet:
    return Composer(spec.load(quiz, asks=ASKS, kinds=KINDS)).compose(seed)


def parts(made: Sheet) -> list[dict[str, Any]]:
    return [part for exercise in json.loads(key(made))["exercises"] for part in exercise["parts"]]


def markdown(made: Sheet, kind: str = "solutions") -> str:
    return files(made, ["markdown"])[f"{kind}.md"]


# --- prove ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", THEOREMS)
def test_a_proof_is_set_in_both_formats_with_a_reason_for_each_link(claim: str) -> None:
    made = sheet(TINY, f"[prove: {claim}]")
    theorem = THEOREMS[claim]
    shown = [*(THEOREMS[lemma] for lemma in theorem.lemmas), theorem]
    for kind in ("questions", "solutions"):
        text = markdown(made, kind)
        assert leftovers(text) == []
        assert katex_errors(formulas(text)) == [] and github_errors(formulas(text)) == []
    links = sum(len(argument.links) for each in shown for argument in each.arguments)
    assert len(re.findall(r"^\(\*\*\d\*\*\) [A-Z$]", markdown(made), re.MULTILINE)) == links
    assert markdown(made).count(r"&& \quad (") == links
    assert markdown(made, "questions").count(r"\quad (") == 0
    (part,) = parts(made)
    assert part["answer"]["type"] == "text" and part["parameters"] == {"claim": claim}
    assert [proof["route"] for proof in part["certified"]] == ["residues", "difference"]
    assert all(proof["points"] >= 4 * links for proof in part["certified"])


def test_a_lemma_is_proved_once() -> None:
    alone = markdown(sheet(TINY, "[prove: softmax_cross_entropy]"))
    assert "First, the derivative of softmax itself" in alone and "quotient rule" in alone
    together = markdown(sheet(TINY, "[{prove: softmax}, {prove: softmax_cross_entropy}]"))
    assert "Part (a) is used on the way." in together and together.count("First case") == 1


def test_the_published_gradient_is_what_is_proved() -> None:
    answers = [part["answer"]["plain"] for part in parts(bundled("residual-and-softmax")) if part["ask"] == "prove"]
    assert answers == ["dP_j/dh_i = P_j*(delta_ij - P_i)", "dL/dh_i = P_i - y_i", "dx_4/dx_3 = x_4*(1 - x_4)"]
    text = markdown(bundled("residual-and-softmax"))
    assert r"The targets sum to one, $\sum _ {j=1}^{N} y _ j = 1$" in text


def test_the_small_network_s_derivatives() -> None:
    """x_1 = 0.5·1 + 0.3 and so on; derivatives by hand."""
    x_3 = -1 * 0.8 + 1
    x_4 = math.exp(x_3) / (math.exp(x_3) + math.exp(0.4) + math.exp(-0.6))
    slope = x_4 * (1 - x_4)
    found = [p["answer"]["decimal"] for p in parts(bundled("residual-and-softmax")) if p["ask"] == "derivative"]
    assert list(map(float, found)) == pytest.approx([slope, slope * 0.8, slope * -1])


@pytest.mark.parametrize(
    ("asks", "problem"),
    [("[prove]", "asks[0]: needs a claim: softmax, "),
     ("[prove: sofmax]", "asks[0].prove: 'sofmax' is unknown; did you mean 'softmax'?"),
     ("[{prove: {claim: 3}}]", "asks[0].prove.claim: '3' is unknown"),
     ("[{prove: {claim: tanh, of: L}}]", "asks[0]: 'of' is unknown"),
     ("[{prove: {claim: softmax, wrt: x}}]", "asks[0]: 'wrt' is unknown"),
     ("[{prove: tanh}, {prove: tanh}]", "asks[1]: this exercise has already asked prove of the same quantity"),
     ("[{bottleneck: {wide: 10, narrow: 5}}]", "asks[0].bottleneck.narrow: must be less than half of 10"),
     ("[{bottleneck: {wide: 2.5}}]", "asks[0].bottleneck.wide: must be a whole number from 3 to 200"),
     ("[{bottleneck: {wide: 500}}]", "asks[0].bottleneck.wide: must be a whole number from 3 to 200"),
     ("[{bottleneck: {sizes: 3}}]", "asks[0]: 'sizes' is unknown"),
     ("[equal_weights]", "asks[0]: needs a network with one hidden layer, a loss and no batch")],
)  # fmt: skip
def test_what_makes_no_sense_is_one_line_with_its_place(asks: str, problem: str) -> None:
    with pytest.raises(DerivgenError) as error:
        sheet(TINY, asks)
    assert problem in str(error.value) and "\n" not in str(error.value) and "quiz.yaml:" in str(error.value)


# --- equal weights ----------------------------------------------------------------------------------------------


def descended(hidden: int, constant: float, x: list[float], y: float, step: float, activation: str, steps: int) -> Any:
    """Plain gradient descent on a one-hidden-layer network, weight by weight, every unit by itself."""
    g = {"sigmoid": lambda z: 1 / (1 + math.exp(-z)), "tanh": math.tanh}[activation]
    slope = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a * a}[activation]
    w = [[constant] * hidden for _ in x]
    b, v, c = [constant] * hidden, [constant] * hidden, constant
    for _ in range(steps):
        a = [g(sum(x[i] * w[i][j] for i in range(len(x))) + b[j]) for j in range(hidden)]
        error = sum(v[j] * a[j] for j in range(hidden)) + c - y
        back = [error * v[j] * slope(a[j]) for j in range(hidden)]
        v, c = [v[j] - step * error * a[j] for j in range(hidden)], c - step * error
        w = [[w[i][j] - step * back[j] * x[i] for j in range(hidden)] for i in range(len(x))]
        b = [b[j] - step * back[j] for j in range(hidden)]
    return [w, [[u] for u in b], [[u] for u in v], [[c]]]


def in_floats(entry: object) -> Any:
    return [in_floats(item) for item in entry] if isinstance(entry, list) else float(str(entry))


def test_three_steps_of_the_bundled_quiz() -> None:
    moving, resting = (p for p in parts(bundled("intuition")) if p["ask"] == "equal_weights")
    names = ["W^(1)'''", "b^(1)'''", "W^(2)'''", "b^(2)'''"]
    assert [value["name"] for value in moving["answer"]["values"]] == names
    expected = descended(2, 0.5, [1, 2], 1, 0.5, "sigmoid", 3)
    for value, wanted in zip(moving["answer"]["values"], expected, strict=True):
        found = in_floats(value["decimal"])
        for row, right in zip(found, wanted, strict=True):
            assert row == pytest.approx(right)
    weights, biases, out, last = (value["exact"] for value in resting["answer"]["values"])
    assert weights == [["0/1", "0/1"], ["0/1", "0/1"]] and biases == out == [["0/1"], ["0/1"]] and last == [["7/8"]]


@pytest.mark.parametrize("hidden", [2, 3])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("constant", ["0", "0.5", "-0.3"])
def test_units_that_start_equal_stay_equal(hidden: int, activation: str, constant: str) -> None:
    network = SIGMOID.replace("2, 2, 1", f"2, {hidden}, 1").replace("sigmoid", activation)
    made = sheet(network, "[{equal_weights: {steps: 4}}]", START.replace("c", constant))
    (part,) = parts(made)
    expected = descended(hidden, float(constant), [1, 2], 1, 0.5, activation, 4)
    for value, wanted in zip(part["answer"]["values"], expected, strict=True):
        for row, right in zip(in_floats(value["decimal"]), wanted, strict=True):
            assert row == pytest.approx(right)
    columns = {tuple(row[j] for row in part["answer"]["values"][0]["decimal"]) for j in range(hidden)}
    assert len(columns) == 1
    text = markdown(made)
    said = {"still": "Nothing is learned here", "late": "In the first step the weights that lead in stand still",
            "move": "stay copies of each other"}  # fmt: skip
    kind = "move" if constant != "0" else "late" if activation == "sigmoid" else "still"
    assert [word for word, words in said.items() if words in text] == [kind]


def test_with_a_relu_at_zero_nothing_moves_but_the_output_s_bias() -> None:
    network = SIGMOID.replace("sigmoid", "relu")
    zeros = START.replace("c", "0")
    (part,) = parts(sheet(network, "[equal_weights]", zeros, "kinks: left"))
    assert [value["exact"][0][0] for value in part["answer"]["values"]] == ["0/1", "0/1", "0/1", "7/8"]
    with pytest.raises(DerivgenError, match="kink"):
        sheet(network, "[equal_weights]", zeros)


def test_a_network_with_several_outputs() -> None:
    network = "{kind: layered, sizes: [2, 2, 2], activation: tanh, output_activation: softmax, loss: cross_entropy}"
    givens = NUMBERS.replace("y: 1", "y: [1, 0]").replace("W2: 0.5", "W2: [[0.5, 0.2], [0.5, 0.2]]")
    made = sheet(network, "[equal_weights]", givens)
    assert len(parts(made)[0]["certified"]) == 1
    assert markdown(made).count(r"W _ {22}^{(2)}") >= 1


@pytest.mark.parametrize(
    ("network", "givens", "asks", "problem"),
    [(SIGMOID, NUMBERS.replace("W1: 0.5", "W1: [[0.5, 0.5], [0.5, 0.4]]"), "[equal_weights]",
      "needs hidden units with equal weights, but W_21^(1) and W_22^(1) may differ"),
     (SIGMOID, NUMBERS.replace("W2: 0.5", "W2: {choice: [1, 2]}"), "[equal_weights]",
      "needs hidden units with equal weights, but W_11^(2) and W_21^(2) may differ"),
     (SIGMOID, NUMBERS, "[{equal_weights: {steps: 0}}]", "asks[0].equal_weights.steps: must be a whole number from 1 to 5"),
     (SIGMOID, NUMBERS, "[{equal_weights: {steps: true}}]", "asks[0].equal_weights.steps: must be a whole number from 1 to 5"),
     (SIGMOID, "{x: [1, 2]}", "[equal_weights]", "needs the numbers of all inputs, weights and targets"),
     (SIGMOID.replace("2, 2, 1", "2, 1, 1"), NUMBERS, "[equal_weights]", "needs at least two hidden units"),
     (SIGMOID.replace("2, 2, 1", "2, 2, 2, 1"), NUMBERS, "[equal_weights]", "needs a network with one hidden layer"),
     (SIGMOID.replace(", loss: half_squared_error", ""), "{x: [1, 2]}", "[equal_weights]", "a loss and no batch"),
     ("{inputs: x, weights: w, equations: z = x*w}", "{x: 1, w: 2}", "[equal_weights]", "(kind: layered)"),
     (SIGMOID, NUMBERS.replace("W1: 0.5", "W1: {take: 1, same: c}"), "[equal_weights]",
      "givens.W1.same: goes with integer or decimal or choice, not with take"),
     (SIGMOID, NUMBERS.replace("W1: 0.5", "W1: {choice: [1], same: 'a b'}"), "[equal_weights]",
      "must be at most 40 letters, digits, - and _, not 'a b'")],
)  # fmt: skip
def test_where_units_cannot_be_equal_is_one_line(network: str, givens: str, asks: str, problem: str) -> None:
    with pytest.raises(DerivgenError) as error:
        sheet(network, asks, givens)
    assert problem in str(error.value) and "\n" not in str(error.value)


def test_the_lines_hold_only_where_the_weights_are_tied(monkeypatch: pytest.MonkeyPatch) -> None:
    def untied(graph: Graph, units: object) -> Graph:
        return graph

    monkeypatch.setattr(EQUAL_WEIGHTS, "_tied", untied)
    with pytest.raises(CertificateError, match="a printed line is wrong"):
        sheet(SIGMOID, "[equal_weights]", NUMBERS)


def test_one_number_for_all_that_say_the_same_word() -> None:
    rule = "{decimal: [-2, 2], places: 2, nonzero: true, same: c}"
    found = set()
    for seed in "123456":
        makers = START.replace("b2: c", "b2: 0").replace("c", rule.replace("c", "@")).replace("@", "c")
        made = sheet(SIGMOID, "[equal_weights]", makers, "", seed)
        givens = json.loads(key(made))["exercises"][0]["givens"]
        (one,) = {number for name, number in givens.items() if re.match(r"W|b_\d\^\(1\)", name)}
        found.add(one)
    assert len(found) > 3


# --- a bottleneck, and counts -----------------------------------------------------------------------------------


def test_the_published_counts() -> None:
    found = {part["ask"]: part["answer"] for part in parts(bundled("intuition"))}
    assert found["parameter_count"]["exact"] == "210/1"
    assert [value["exact"] for value in found["bottleneck"]["values"]] == ["10000/1", "2000/1"]
    text = markdown(bundled("intuition"))
    assert r"80 + 100 + 30" in text or r"8 \cdot 10 + 10 \cdot 10 + 10 \cdot 3" in text
    assert "1000 + 1000" in text and r"\frac{1}{5}" in text


@pytest.mark.parametrize("seed", ["1", "2", "3", "4"])
def test_a_drawn_bottleneck_is_narrower(seed: str) -> None:
    (part,) = parts(sheet(TINY, "[bottleneck]", seed=seed))
    wide, narrow = int(part["parameters"]["wide"]), int(part["parameters"]["narrow"])
    assert [value["exact"] for value in part["answer"]["values"]] == [f"{wide**2}/1", f"{2 * wide * narrow}/1"]
    assert 2 * narrow < wide


@pytest.mark.parametrize("rows", [[[1, 2], [2, 4]], [[0, 0], [0, 0]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
                                  [[0, 1], [1, 0]], [[1, 0, 2], [0, 0, 3]], [[5]]])  # fmt: skip
def test_a_rank_is_sympy_s(rows: list[list[int]]) -> None:
    negated = [[entry * (PRIME - 1) % PRIME for entry in row] for row in rows]
    assert BOTTLENECK._rank(rows) == BOTTLENECK._rank(negated) == sympy.Matrix(rows).rank()


def test_wrong_counts_and_ranks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CertificateError, match="counted wrong"):
        BOTTLENECK._checked(10, 3, 100, 61)
    with pytest.raises(CertificateError, match="counted wrong"):
        BOTTLENECK._checked(10, 3, 101, 60)
    monkeypatch.setattr(BOTTLENECK, "_random", lambda name, rows, columns: [[1] * columns for _ in range(rows)])
    with pytest.raises(CertificateError, match="3 is not the rank"):
        BOTTLENECK._checked(10, 3, 100, 60)
