"""Each ask on stems for which it makes sense, against what a textbook or an independent computation says."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.errors import DerivgenError
from derivgen.networks import KINDS
from derivgen.sheet import Composer, compose
from derivgen.writing import files, key

CHAIN = """
      kind: equations
      inputs: x
      weights: [w_1, w_2]
      target: y
      equations: |
        z_1 = x*w_1
        a_1 = sigmoid(z_1)
        z_2 = a_1*w_2
        a_2 = sigmoid(z_2)
      loss: half_squared_error(a_2, y)
"""
FORK = """
      kind: equations
      inputs: x
      weights: w
      equations: |
        u = x*w
        f = u*u + u*x
"""


def quiz(network: str, asks: str, *, givens: str = "", top: str = "") -> spec.Quiz:
    lines = f"title: A test\n{top}\nexercises:\n  - network:{network.rstrip()}\n"
    if givens:
        lines += f"    givens: {givens}\n"
    return spec.loads(f"{lines}    asks: {asks}\n", asks=ASKS, kinds=KINDS)


def answers(network: str, asks: str, **more: str) -> list[dict[str, Any]]:
    data = json.loads(key(compose(quiz(network, asks, **more))))
    return [part["answer"] for part in data["exercises"][0]["parts"]]


def solution(network: str, asks: str, **more: str) -> str:
    return files(compose(quiz(network, asks, **more)), ["markdown"])["solutions.md"]


def questions(network: str, asks: str, **more: str) -> str:
    return files(compose(quiz(network, asks, **more)), ["markdown"])["questions.md"]


def test_the_source_quiz_part_by_part() -> None:
    """The published solution of the seven-part scalar network (one published line is mislabelled; ours is right)."""
    source = compose(spec.load("neural-nets", asks=ASKS, kinds=KINDS))
    parts = json.loads(key(source))["exercises"][0]["parts"]
    assert [part["ask"] for part in parts] == [
        "forward_pass", "composed_loss", "chain_rule", "gradient", "chain_rule", "gradient", "update",
    ]  # fmt: skip
    assert [(v["name"], v["plain"]) for v in parts[0]["answer"]["values"]] == [
        ("z_1", "x*w_1"), ("a_1", "g_1(z_1)"), ("z_2", "a_1*w_2"), ("a_2", "g_2(z_2)"),
    ]  # fmt: skip
    assert [part["answer"]["plain"] for part in parts[1:]] == [
        "Loss(g_2(g_1(x*w_1)*w_2), y^*)",
        "dLoss/da_2*da_2/dz_2*dz_2/dw_2",
        "(a_2 - y^*)*a_2*(1 - a_2)*a_1",
        "dLoss/da_2*da_2/dz_2*dz_2/da_1*da_1/dz_1*dz_1/dw_1",
        "(a_2 - y^*)*a_2*(1 - a_2)*w_2*a_1*(1 - a_1)*x",
        "w_1 - alpha*(a_2 - y^*)*a_2*(1 - a_2)*w_2*a_1*(1 - a_1)*x",
    ]
    text = files(source, ["markdown"])["solutions.md"]
    assert r"\frac{\partial z _ 1}{\partial w _ 1} &= x" in text  # the line that the source mislabels
    assert "the others are in part (d)" in text and "the chain rule of part (e)" in text


def test_local_derivatives_and_closed_form() -> None:
    local, closed = answers(CHAIN, "[{local_derivatives: w_1}, {closed_form: w_2}]")
    assert [(v["name"], v["plain"]) for v in local["values"]] == [
        ("dL/da_2", "a_2 - y"), ("da_2/dz_2", "a_2*(1 - a_2)"), ("dz_2/da_1", "w_2"),
        ("da_1/dz_1", "a_1*(1 - a_1)"), ("dz_1/dw_1", "x"),
    ]  # fmt: skip
    inner = "sigmoid(sigmoid(x*w_1)*w_2)"
    assert closed["plain"] == f"({inner} - y)*{inner}*(1 - {inner})*sigmoid(x*w_1)"


SQUARE = FORK.replace("        f = u*u + u*x\n", "      loss: u^2 + y\n").replace("inputs: x", "inputs: [x, y]")


def test_an_update_ends_in_numbers_where_those_it_needs_are_given() -> None:
    givens = "{x: 2, w: 3, alpha: 0.1}"  # no y: its derivative is what is asked for, not the loss
    text = solution(SQUARE, "[{update: w}]", givens=givens)
    assert r"= w - \alpha \cdot 2 u x \cr  &= 3 - 0.1 \cdot 2 \cdot 6 \cdot 2 \cr  &= 0.6 " in text
    assert r"u &= x w = 2 \cdot 3 = 6" in text and "what is its new value" in text
    assert r"&= 0.6" not in solution(SQUARE, "[{update: w}]", givens="{x: 2, w: 3}")
    (answer,) = answers(SQUARE, "[{update: w}]", givens=givens)
    assert answer["plain"] == "w - alpha*2*u*x"


@pytest.mark.parametrize("form", ["paths", "recursive"])
def test_the_update_by_a_sum_is_told_in_the_values(form: str) -> None:
    ask = f"[{{update: {{wrt: x, form: {form}}}}}]"
    (answer,) = answers(FORK, ask)
    assert answer["plain"] == "x - alpha*((2*u + x)*w + u)"
    assert r"&= x - \alpha ((2 u + x) w + u) " in solution(FORK, ask)
    assert "= -2.8 " in solution(FORK, ask, givens="{x: 2, w: 3, alpha: 0.1}")


def test_a_gradient_too_wide_for_the_step_stands_above_it() -> None:
    sum_ = " + ".join(f"(u - {i})^3*(u + x)^{i}" for i in range(2, 7))
    network = FORK.replace("u*u + u*x", sum_)
    text = solution(network, "[{update: x}]", givens="{x: 2, w: 3, alpha: 0.001}")
    assert "The gradient is" in text
    assert r"x &\leftarrow x - \alpha \cdot \frac{\partial f}{\partial x} = 2 - 0.001 \cdot " in text.replace(
        r" \cr  &", " "
    )


def test_like_terms_of_a_closed_form_are_collected() -> None:
    network = FORK.replace("f = u*u + u*x", "q = u\n        r = u\n        f = q*r + x")
    assert [a["plain"] for a in answers(network, "[{closed_form: w}]")] == ["2*x^2*w"]
    text = solution(network, "[{gradient: w}, {closed_form: w}]")
    assert r"&= r x + q x \cr  &= x w \cdot x + x w \cdot x \cr  &= 2 x^{2} w " in text


def test_the_cancelled_form_is_the_answer_and_what_goes_on() -> None:
    network = FORK.replace("u = x*w", "u = e^(x*w)").replace("f = u*u + u*x", "v = log(u)\n        f = v/3")
    found = answers(network, "[{gradient: w}, {closed_form: w}, {update: w}]")
    assert [a["plain"] for a in found] == ["1/3*x", "1/3*x", "w - alpha*1/3*x"]
    assert "holds inputs and weights only" in solution(network, "[{gradient: w}, {closed_form: w}]")
    bce = CHAIN.replace("half_squared_error", "binary_cross_entropy")
    assert answers(bce, "[{gradient: w_2}]")[0]["plain"] == "(a_2 - y)*a_1"


def test_numbers_by_hand() -> None:
    """f = u² + ux at x = 2, w = 3: u = 6, f = 48, df/dw = (2u + x)·x = 28, dfdx by both paths = 14·3 + 6 = 48."""
    found = answers(
        FORK, "[{forward_values: {of: u}}, loss_value, {derivative: w}, {derivative: x}, {updated_value: w}]",
        givens="{x: 2, w: 3, alpha: 0.5}",
    )  # fmt: skip
    assert [v["exact"] for v in found[0]["values"]] == ["6/1"]
    assert [answer["exact"] for answer in found[1:]] == ["48/1", "28/1", "48/1", "-11/1"]


@pytest.mark.parametrize("seed", ["1", "2", "3", "4"])
def test_a_number_line_that_is_just_the_answer_is_printed_once(seed: str) -> None:
    """Whether −x needs a line of its own, −(−2), is another question for each variant of one structure."""
    network = FORK.replace("u = x*w", "u = -x").replace("f = u*u + u*x", "f = u*w")
    asks = "[{forward_values: {of: u}}, {derivative: w}, {derivative: u}]"
    composer = Composer(quiz(network, asks, givens="{x: {choice: [-2, 3]}, w: 1.5}"))
    for number in range(int(seed), int(seed) + 8):
        text = files(composer.compose(str(number)), ["markdown"])["solutions.md"]
        value = "= -(-2) = 2 " if "$x = -2$" in text else "= -3 "
        rows = text.replace(r" \cr  &", " ")
        assert f"u &= -x {value}" in rows
        assert (r"&= u = 2 " if "$x = -2$" in text else r"= u = -3 ") in rows
        assert r"= w = 1.5 \end" in rows and "= 1.5 = 1.5" not in rows and "= -3 = -3" not in rows


def test_a_rounded_number_line_that_is_just_the_answer_is_printed_once() -> None:
    network = FORK.replace("u = x*w", "u = sigmoid(w)").replace("f = u*u + u*x", "f = u*x")
    text = solution(network, "[{derivative: x}]", givens="{x: 0.5, w: 1}").replace(r" \cr  &", " ")
    assert r"= u \approx 0.7311 \end" in text
    text = solution(network, "[{derivative: u}]", givens="{x: 0.123456, w: 1}").replace(r" \cr  &", " ")
    assert r"= x \approx 0.1235 " in text


@pytest.mark.parametrize(("kinks", "slope"), [("left", "-2"), ("right", "2")])
def test_the_sign_of_a_tie_is_the_one_of_the_quiz(kinks: str, slope: str) -> None:
    network = FORK.replace("u*u + u*x", "absolute_error(u, 6)")
    asks, givens = "[{derivative: w}, {update: w}]", "{x: 2, w: 3, alpha: 0.5}"
    (derivative, _) = answers(network, asks, givens=givens, top=f"kinks: {kinks}")
    assert derivative["exact"] == f"{slope}/1"
    text = solution(network, asks, givens=givens, top=f"kinks: {kinks}")
    assert r"= \mathrm{sign}(6 - 6) \cdot 2 \cr" in text.replace("&", "")
    assert f"= {3 - Fraction(slope) / 2} " in text.replace("&", "")


def test_a_deep_network_is_updated_though_its_closed_form_fits_no_page() -> None:
    stages = "\n        ".join(f"u_{i} = u_{i - 1}*u_{i - 1} + u_{i - 1}*x" for i in range(1, 40))
    network = FORK.replace("u = x*w", "u_0 = x*w").replace("f = u*u + u*x", stages)
    (answer,) = answers(network, "[{update: w}]")
    assert answer["plain"].startswith("w - alpha*")
    with pytest.raises(DerivgenError, match="too many"):
        compose(quiz(network, "[{closed_form: w}]"))


def test_two_paths_are_summed_and_the_direct_one_says_what_is_held() -> None:
    (answer,) = answers(FORK, "[{chain_rule: x}]")
    assert answer["plain"] == "df/du*du/dx + df/dx|{u}"
    assert "along 2 paths" in solution(FORK, "[{chain_rule: x}]")


def test_a_derivative_without_earlier_parts_shows_its_forward_values() -> None:
    text = solution(CHAIN, "[{derivative: w_1}]", givens="{x: 1, w_1: 0.5, w_2: -2, y: 1}")
    assert r"a _ 1 &= \sigma(z _ 1)" in text and r"(-2)" in text
    again = solution(CHAIN, "[forward_values, {derivative: w_1}]", givens="{x: 1, w_1: 0.5, w_2: -2, y: 1}")
    assert again.count(r"a _ 1 &= \sigma(z _ 1)") == 2  # in the stem and in the first solution, not again in the second


def test_an_updated_value_without_earlier_parts_shows_its_forward_values() -> None:
    text = solution(CHAIN, "[{updated_value: w_1}]", givens="{x: 1, w_1: 0.5, w_2: -2, y: 1, alpha: 0.1}")
    assert r"a _ 1 &= \sigma(z _ 1)" in text


def test_carry_rounds_as_by_hand_and_prints_the_unrounded_value() -> None:
    top = "rounding: {carry: 2}"
    text = solution(CHAIN, "[forward_values]", givens="{x: 1, w_1: 0.55, w_2: 1.5, y: 1}", top=top)
    assert r"\approx 0.63" in text and "Round every intermediate value to 2 decimals" in text
    assert r"\lbrack 0.634136 \rbrack" in text


@pytest.mark.parametrize(
    ("asks", "message"),
    [
        ("[{gradient: y_1}]", "'y_1' is unknown"),
        ("[{gradient: alpha}]", "does not depend on alpha"),
        ("[{gradient: {wrt: w, of: x}}]", "'x' is unknown"),
        ("[{gradient: {}}]", "wrt"),
        ("[{gradient: {wrt: w, from: x}}]", "'from' is unknown"),
        ("[{forward_pass: {of: x}}]", "takes no parameters"),
        ("[{gradient: w}, {gradient: w}]", "already asked"),
        ("[{derivative: w}]", "has no number"),
        ("[{gradient: 'weights[3]'}]", "there are"),
    ],
)
def test_an_ask_that_makes_no_sense_says_why(asks: str, message: str) -> None:
    network = FORK.replace("x*w\n", "x*w + 0*y\n").replace("inputs: x", "inputs: [x, y]")
    with pytest.raises(DerivgenError) as caught:
        compose(quiz(network, asks))
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert str(caught.value).startswith("quiz.yaml:")


def test_numbers_before_a_bind_are_refused() -> None:
    network = CHAIN.replace("sigmoid(z_1)", "g(z_1)").replace("target: y", "target: y\n      functions: g")
    with pytest.raises(DerivgenError, match="until g is bound"):
        compose(quiz(network, "[{derivative: w_1}]", givens="{x: 1, w_1: 1, w_2: 1, y: 1}"))
    compose(quiz(network, "[{bind: {g: tanh}}, {derivative: w_1}]", givens="{x: 1, w_1: 1, w_2: 1, y: 1}"))


def test_inner_givens_must_agree_unless_taken() -> None:
    givens = "{x: 2, w: 3, u: 5}"
    with pytest.raises(DerivgenError, match="the other givens make u 6"):
        compose(quiz(FORK, "[{derivative: {wrt: u}}]", givens=givens))
    (answer,) = answers(FORK, "[{derivative: {wrt: u}}]", givens="{x: 2, w: 3, u: {take: 5}}")
    assert answer["exact"] == "12/1"
    (answer,) = answers(FORK, "[{derivative: {wrt: u}}]", givens="{x: 2, u: 5}")
    assert answer["exact"] == "12/1"


@pytest.mark.parametrize("name", ["neural-nets-numeric", "neural-nets-variants"])
def test_seeds_are_certified_and_nice(name: str) -> None:
    composer = Composer(spec.load(name, asks=ASKS, kinds=KINDS))
    for seed in range(20):
        data = json.loads(key(composer.compose(str(seed))))
        values = []
        for part in data["exercises"][0]["parts"]:
            assert part["certified"]
            if part["answer"]["type"] == "number":
                values.append(part["answer"]["latex"])
                assert Fraction(part["answer"]["latex"]) != 0
        assert len(set(values)) == len(values)


def test_impossible_constraints_name_the_constraint() -> None:
    with pytest.raises(DerivgenError, match="must not be zero"):
        compose(quiz(FORK, "[{derivative: w}]", givens="{x: {choice: [0]}, w: 1}"))


def test_cross_entropy_after_a_sigmoid_cancels_to_the_difference() -> None:
    network = CHAIN.replace("half_squared_error", "binary_cross_entropy")
    text = solution(network, "[{gradient: w_2}, {derivative: w_2}]", givens="{x: 1, w_1: 1, w_2: 1, y: 1}")
    assert r"\frac{a _ 2 - y}{a _ 2 (1 - a _ 2)} \cdot a _ 2 (1 - a _ 2) \cdot a _ 1 \cr  &= (a _ 2 - y) a _ 1" in text


def test_a_bound_loss_is_written_out_before_the_numbers_go_in() -> None:
    network = CHAIN.replace("half_squared_error(a_2, y)", "L(a_2, y)").replace(
        "target: y", "target: y\n      functions: L"
    )
    text = solution(network, "[{bind: {L: squared_error}}, loss_value]", givens="{x: 1, w_1: 1, w_2: 1, y: 1}")
    assert r"L &= L(a _ 2, y) = (a _ 2 - y)^{2} \approx" in text.replace(r" \cr  &", " ")


# --- how a question is worded -------------------------------------------------------------------------------


def test_the_local_derivatives_are_asked_for_without_naming_the_factors_of_the_chain_rule() -> None:
    for asks in ("[{chain_rule: w_2}, {local_derivatives: w_2}]", "[{local_derivatives: w_2}]"):
        assert r"\partial" not in questions(CHAIN, asks).partition("### (b)" if "chain" in asks else "### (a)")[2]
    text = questions(FORK, "[{local_derivatives: x}, {chain_rule: x}]")
    assert r"\partial u" not in text and r"\vert" not in text


def test_a_constant_gradient_is_asked_for_without_an_empty_list() -> None:
    line = "\n      kind: equations\n      inputs: x\n      weights: [w, b]\n      equations: f = 2*b + 3*x*w\n"
    text = questions(line, "[{gradient: b}]")
    assert r"Give $\frac{\partial f}{\partial b}$." in text and "in terms of" not in text
    assert "in terms of $x$" in questions(line, "[{gradient: w}]")


@pytest.mark.parametrize("ask", ["gradient", "closed_form", "chain_rule", "update", "derivative"])
def test_a_derivative_that_is_zero_for_all_numbers_is_refused(ask: str) -> None:
    line = "\n      kind: equations\n      inputs: x\n      weights: w\n      equations: u = x + w; f = u - w - x\n"
    line = line.replace("equations: u = x + w; f = u - w - x", 'equations: "u = x + w; f = u - w - x"')
    with pytest.raises(DerivgenError, match="derivative of f with respect to w is zero whatever the numbers"):
        compose(quiz(line, f"[{{{ask}: w}}]", givens="{x: 1, w: 2, alpha: 1}"))


def test_one_node_is_asked_for_in_the_singular() -> None:
    one = "\n      kind: equations\n      inputs: x\n      weights: w\n      equations: u = x*w\n      loss: u^2\n"
    assert "write $u$ in terms of the values that flow directly into it." in questions(one, "[forward_pass]")
    assert "each in terms of" in questions(CHAIN, "[forward_pass]")


def test_several_unbound_functions_are_spoken_of_in_the_plural() -> None:
    network = CHAIN.replace("sigmoid(z_1)", "g(z_1)").replace("sigmoid(z_2)", "h(z_2)")
    network = network.replace("target: y", "target: y\n      functions: [g, h]")
    with pytest.raises(DerivgenError, match="has no numbers until g, h are bound to operations"):
        compose(quiz(network, "[{derivative: w_1}]", givens="{x: 1, w_1: 1, w_2: 1, y: 1}"))


def test_a_target_is_introduced_where_it_is_used() -> None:
    assert "(a _ 2 - y)^{2}$, where $y$ is the target." in questions(CHAIN, "[{gradient: w_1}]")
    without = questions(CHAIN.replace("half_squared_error(a_2, y)", "a_2^2"), "[{gradient: w_1}]")
    assert "target" not in without and "The loss is $L = a _ 2^{2}$." in without
    within = questions(
        CHAIN.replace("a_1*w_2", "a_1*w_2 - y").replace("error(a_2, y)", "error(a_2, 0)"), "[{gradient: w_1}]"
    )
    assert "where" not in within and "The target is $y$." in within


KINKED = """
      kind: equations
      inputs: x
      weights: w
      target: y
      functions: [g, Loss]
      equations: |
        z = x*w
        a = g(z)
        b = EXPRESSION
      loss: Loss(b, y)
"""


@pytest.mark.parametrize(
    ("kinks", "expression", "binding", "said"),
    [
        ("left", "a", "g: relu, Loss: squared_error", r"At a kink the left-hand derivative counts: $\mathrm{ReLU}'(0) = 0$."),
        ("right", "a", "g: relu, Loss: squared_error", r"At a kink the right-hand derivative counts: $\mathrm{ReLU}'(0) = 1$."),
        ("left", "a", "g: leaky_relu, Loss: squared_error", r"the left-hand derivative counts: $\mathrm{LReLU}'(0) = 0.01$."),
        ("right", "a", "g: leaky_relu, Loss: squared_error", r"the right-hand derivative counts: $\mathrm{LReLU}'(0) = 1$."),
        ("left", "abs(a)", "g: tanh, Loss: squared_error", "counts: the absolute value has the derivative $-1$ at $0$."),
        ("right", "a", "g: relu, Loss: absolute_error", r"counts: $\mathrm{ReLU}'(0) = 1$; the absolute value has the derivative $1$ at $0$."),
        ("left", "max(a, x)", "g: tanh, Loss: squared_error", "\n\nWhere the two arguments of a maximum are equal, it counts as the second of them."),
        ("right", "max(relu(a), x)", "g: tanh, Loss: squared_error", "'(0) = 1$. Where the two arguments of a maximum are equal, it counts as the first of them."),
    ],
)  # fmt: skip
def test_what_counts_at_a_kink_is_said_to_the_student(kinks: str, expression: str, binding: str, said: str) -> None:
    asks = f"[{{bind: {{{binding}}}}}, {{gradient: w}}]"
    made = compose(quiz(KINKED.replace("EXPRESSION", expression), asks, top=f"kinks: {kinks}"))
    texts = files(made, ["latex", "markdown"])
    for name in (name for name in texts if not name.endswith(".svg")):
        assert (" ".join(said.split()) in " ".join(texts[name].split())) == (name != "key.json"), name
    assert said in texts["questions.md"]


@pytest.mark.parametrize(("kinks", "operation"), [("forbid", "relu"), ("left", "tanh"), ("right", "sigmoid")])
def test_where_there_is_no_kink_none_is_spoken_of(kinks: str, operation: str) -> None:
    network = KINKED.replace("EXPRESSION", "a")
    text = questions(
        network, f"[{{bind: {{g: {operation}, Loss: squared_error}}}}, {{gradient: w}}]", top=f"kinks: {kinks}"
    )
    assert "kink" not in text and "maximum" not in text
