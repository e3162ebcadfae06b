"""Verdicts on whole works: the first wrong line, what follows from it, numbers to their digits, updates, sums."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from works import statements, subject, verdicts, words

from derivgen.checking import check
from derivgen.checking.judging.works import judge
from derivgen.checking.work import NUMBERS, VERDICTS, Fragment, Unread
from derivgen.printing import plain

CHAIN = "z_1=w_1*x; a_1=sigmoid(z_1); z_2=w_2*a_1; a_2=sigmoid(z_2); L=(a_2-y)^2/2"
NET = subject(CHAIN, "w_1 w_2", step="alpha")
AT = {"x": "2", "w_1": "0.3", "w_2": "-0.5", "y": "1", "alpha": "0.5"}
NUMBERED = subject(CHAIN, "w_1 w_2", step="alpha", numbers=AT)
LAYER = subject(
    "z_1=w_11*x_1+w_12*x_2; z_2=w_21*x_1+w_22*x_2; a_1=relu(z_1); a_2=relu(z_2); H=v_1*a_1+v_2*a_2; L=(H-y)^2",
    "w_11 w_12 w_21 w_22 v_1 v_2", step="eta",
)  # fmt: skip
SHARED = subject("s=x*w; t=s*v; f=s*t", "w v", loss="f")
OPEN = subject("z=w*x; a=g(z); L=(a-y)^2", "w", functions=("g",))
TARGETS = subject("L = -t_1*log(p_1) - t_2*log(p_2)", simplices=(("t_1", "t_2"),))

FREE = replace(TARGETS, graph=replace(TARGETS.graph, simplices=()), roles=replace(TARGETS.roles, targets=("t_1", "t_2")))


@pytest.mark.parametrize(
    ("about", "text", "expected"),
    [
        (NET, "dL/da_2 = a_2 - y\nda_2/dz_2 = a_2*(1 - a_2)", ["right", "right"]),
        (NET, "dL/dw_2 = dL/da_2*da_2/dz_2*dz_2/dw_2 = (a_2 - y)*a_2*(1 - a_2)*a_1", ["right", "right"]),
        # what is wrong, and what only follows from it, across chains and within one
        (NET, "da_2/dz_2 = a_2\ndL/dz_2 = (a_2 - y)*a_2\ndL/dw_2 = (a_2 - y)*a_2*a_1",
         ["wrong value_for_derivative", "follows", "follows"]),
        (NET, "da_2/dz_2 = a_2\ndL/dw_2 = (a_2 - y)*a_2*(1 - a_2)*a_1", ["wrong value_for_derivative", "right"]),
        (NET, "z_2 = w_2*z_1\nda_2/dw_2 = a_2*(1 - a_2)*z_1", ["wrong activation_left_out", "follows"]),
        (NET, "dL/dw_2 = (a_2 - y)*a_1 = a_1*a_2 - a_1*y = (a_2 - y)*a_2*(1 - a_2)*a_1",
         ["wrong activation_derivative_forgotten", "follows", "recovered"]),
        (NET, "dL/dz_2 = (y - a_2)*a_2*(1 - a_2)\ndL/dw_2 = dL/dz_2*a_1\ndL/dw_2 = (y - a_2)*a_2*(1 - a_2)*a_1",
         ["wrong loss_sign", "right", "follows"]),
        (NET, "dL/dz_2 = (y - a_2)*a_2*(1 - a_2)\ndL/dw_2 = (y - a_2)*a_2*(1 - a_2)*x", ["wrong loss_sign", "wrong"]),
        # a slip is taken back
        (NET, "da_2/dz_2 = a_2\nda_2/dz_2 = a_2*(1 - a_2)\ndL/dz_2 = (a_2 - y)*a_2",
         ["wrong value_for_derivative", "right", "wrong value_for_derivative"]),
        # expressions
        (NET, "a_1*(1 - a_1) = a_1 - a_1^2 = a_1*(a_1 - 1)", ["right", "wrong whole_sign"]),
        (NET, "dL/dw_1 = dL/da_2*da_2/dz_2*dz_2/dw_2", ["wrong another_variable"]),
        (LAYER, "dL/dx_1 = 2*(H - y)*v_1*1[z_1 > 0]*w_11", ["wrong path_left_out"]),
        (LAYER, "dL/dw_12 = 2*(H - y)*v_2*1[z_2 > 0]*x_1", ["wrong index_order_swapped"]),
        (LAYER, "dL/dw_12 = (H - y)*v_1*1[z_1 > 0]*x_2", ["wrong half_or_two_lost"]),
        (LAYER, "dL/dw_12 = 2*(H - y)*v_1*x_2", ["wrong inactive_relu"]),
        (LAYER, "H = v_1*a_1", ["wrong term_left_out"]),
        # constraints and abstract functions
        (TARGETS, "t_2 = 1 - t_1\nL = -t_1*log(p_1) - (1 - t_1)*log(p_2)", ["right", "right"]),
        (FREE, "t_2 = 1 - t_1\nL = -t_1*log(p_1) - (1 - t_1)*log(p_2)", ["right only when", "right only when"]),
        (FREE, "L = -t_1*log(p_1) - (1 + t_1)*log(p_2)", ["wrong"]),
        (OPEN, "dL/dz = 2*(a - y)*g'(z)\nda/dz = a*(1 - a)", ["right", "right only when"]),
        # => begins a statement of its own
        (NET, "z_2 = w_2*a_1 => dz_2/dw_2 = a_1", ["right", "skipped", "right"]),
        # what is said of an input or a weight
        (NET, "x = 2\nw_1 = x\nw_1 = w_1", ["right exact", "undecided", "right"]),
        (NET, "a_1 = 0.62", ["undecided"]),
        (NET, "dz_2/dw_1 = 0\nda_1/dz_1 = 1", ["wrong", "wrong activation_derivative_forgotten"]),
        (NET, "x = 0.5\nw_1 = 2\nz_1 = 0.5*2 = 1\nz_1 = 1.1", ["right exact"] * 4 + ["wrong wrong"]),
    ],
)  # fmt: skip
def test_verdicts(about: object, text: str, expected: list[str]) -> None:
    assert words(about, text) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("z_1 = w_1*x = 0.3*2 = 0.6", ["right", "right exact", "right exact"]),
        ("a_1 = 0.6457\na_1 = 0.65\na_1 = 0.646", ["right rounded"] * 3),
        ("a_1 = 0.6456\na_1 = 0.6", ["right drifted", "right rounded"]),
        ("a_1 = 1", ["wrong wrong"]),  # a whole number rounds nothing
        ("z_2 = -0.5*0.6457 = -0.3228", ["right rounded", "right rounded"]),
        ("z_2 = -0.5*0.65 = -0.325", ["right rounded", "right drifted"]),
        ("a_1 = 0.65\nz_2 = -0.325", ["right rounded", "right drifted"]),
        ("z_2 = 0.3*0.65 = 0.195", ["wrong wrong", "follows wrong"]),
        ("a_1 = 0.7\nz_2 = -0.35\nz_2 = -0.3228", ["wrong wrong", "follows wrong", "right rounded"]),
        ("da_1/dz_1 = a_1\ndL/dw_1 = 0.0912", ["wrong value_for_derivative", "follows wrong"]),
        ("dL/dw_2 = -0.0912\ndL/dw_2 = 0.0912", ["right rounded", "wrong wrong whole_sign"]),
        ("dL/dw_2 = -0.3745", ["wrong wrong activation_derivative_forgotten"]),
        ("dL/dw_2 = -0.58*0.42*(1 - 0.42)*0.6457 = -9.12*10^(-2)", ["right rounded", "right rounded"]),
        ("dL/da_2 = a_2 - 1 = -0.58", ["right", "right rounded"]),
        ("x = 2\nx = 3", ["right exact", "wrong wrong"]),
    ],
)  # fmt: skip
def test_numbers_are_judged_to_the_digits_written(text: str, expected: list[str]) -> None:
    assert words(NUMBERED, text) == expected


def test_a_symbolic_side_is_not_right_because_its_numbers_are() -> None:
    ones = subject(CHAIN, "w_1 w_2", numbers={**AT, "x": "1"})
    assert words(ones, "dL/dw_1 = (a_2 - y)*a_2*(1 - a_2)*w_2*a_1*(1 - a_1)")[0].startswith("wrong")


def test_updates_lead_to_a_new_state() -> None:
    text = """
        w_2 <- w_2 - alpha*dL/dw_2 = -0.5 - 0.5*(-0.0912) = -0.4544
        dL/dw_1 = 0.0323
        w_1 <- w_1 - alpha*dL/dw_1 = 0.2838
        z_1 = w_1*x = 0.2838*2 = 0.5677
        a_1 = 0.6382
        z_2 = -0.4544*0.6382 = -0.29
        a_1 = 0.6457"""
    assert words(NUMBERED, text) == [
        "right", "right rounded", "right rounded", "right rounded", "right", "right rounded", "right", "right rounded",
        "right rounded", "right rounded", "right rounded", "right rounded", "wrong wrong",
    ]  # fmt: skip


def test_an_updated_weight_is_not_used_for_the_other_gradients() -> None:
    found = verdicts(NUMBERED, "w_2 <- w_2 - alpha*dL/dw_2 = -0.4544\ndL/dw_1 = 0.0294")[-1]
    assert (found.verdict, found.slip) == ("wrong", "updated_weight_early")
    assert [plain(tree, NET.graph.scope) for tree in found.about] == ["w_2", "w_1"]


LINE = subject("o = w*x; L = (o - y)^2", "w", step="alpha", numbers={"x": "2", "w": "1", "y": "3", "alpha": "0.1"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("w <- 1 - 0.1*(-4) = 1.4\nw <- 1.4 - 0.1*(-0.8) = 1.48", ["right exact"] * 4),
        ("w <- 1.4\nw <- 1.48\nw <- 1.496", ["right exact"] * 3),
        ("w = 1 - 0.1*(-4)\nw = 1.4 - 0.1*(-0.8)", ["right exact"] * 2),
        ("w <- w - alpha*dL/dw\nw <- 1 - 0.1*(-4) = 1.4", ["right", "right exact", "right exact"]),
        ("w <- w - alpha*dL/dw\no = 2\ndL/dw = -4\nw <- 1.4\no = 2.8", ["right", *["right exact"] * 4]),
        ("w <- 1.4\nw <- 1.4 - 0.1*(-4)\ndL/dw = -4", ["right exact", "wrong wrong", "wrong wrong"]),
    ],
)  # fmt: skip
def test_a_weight_that_has_its_new_value_takes_the_next_step(text: str, expected: list[str]) -> None:
    assert words(LINE, text) == expected


def test_the_truth_of_the_next_step_is_shown() -> None:
    found = verdicts(LINE, "w <- 1.4\ndL/dw = -4\nw <- 1.4 - 0.1*(-4) = 1.8")
    assert [verdict.exact for verdict in found[1:]] == ["-0.8", "1.48", "1.48"]
    assert plain(found[1].expected, LINE.graph.scope) == "-0.8"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("w_1 <- w_1 - alpha*dL/dw_1", "right"),
        ("w_1 = w_1 - alpha*dL/dw_1", "right"),
        ("w_1 <- w_1 + alpha*dL/dw_1", "wrong step_sign"),
        ("w_1 <- w_1 - dL/dw_1", "wrong step_size_left_out"),
        ("w_1 <- w_1 - alpha*dL/dw_2", "wrong"),
        ("w_1 <- w_1 - 0.1*dL/dw_1", "right only when"),
        ("w_2 <- w_2 - alpha*(a_2 - y)*a_2*(1 - a_2)*a_1", "right"),
        ("w_2 <- w_2 - alpha*(y - a_2)*a_2*(1 - a_2)*a_1", "wrong loss_sign"),
        ("w_1 <- w_1 - alpha*(a_2 - y)*a_2*(1 - a_2)*(w_2 - alpha*dL/dw_2)*a_1*(1 - a_1)*x", "wrong updated_weight_early"),
    ],
)  # fmt: skip
def test_updates(text: str, expected: str) -> None:
    assert words(NET, text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("df/ds = 0\ndf/ds += t\ndf/ds += df/dt*v", ["right"] * 3),
        ("df/ds = df/dt*v\ndf/ds += t", ["right"] * 2),
        ("df/ds += t\ndf/ds += 2*s", ["right", "wrong"]),
        ("df/ds += t", ["wrong path_left_out"]),
        ("df/ds += t\ndf/ds = df/dt*v\ndf/ds += x", ["right", "wrong accumulation_overwritten", "wrong"]),
        ("df/ds = t\ndf/ds = df/dt*v", ["wrong path_left_out", "wrong accumulation_overwritten"]),
        ("df/ds += t + s*v", ["right"]),
    ],
)
def test_sums_are_added_up_share_by_share(text: str, expected: list[str]) -> None:
    shared = subject("s=x*w; t=s*v + u; f=s*t", "w v", loss="f")
    assert words(shared, text) == expected


def test_functions_and_letters_of_the_work() -> None:
    bound = replace(OPEN, graph=OPEN.graph.bind({"g": "sigmoid"}))
    text = "g(t) = 1/(1 + e^(-t))\ng'(t) = g(t)*(1 - g(t))\ng'(t) = g(t)"
    assert words(bound, text, "t") == ["right", "right", "wrong value_for_derivative"]
    assert words(OPEN, "g(t) = 1/(1 + e^(-t))", "t") == ["right only when"]
    assert words(OPEN, "g(t) = t^2 + 1", "t") == ["undecided"]
    text = "d = dL/dz_2 = (a_2 - y)*a_2*(1 - a_2)\ndL/dw_2 = d*a_1\ndL/dw_2 = d*x"
    assert words(NET, text, "d") == ["skipped", "right", "right", "wrong another_quantity"]
    assert words(NET, "dL/dw_2 = q*x", "q") == ["undecided"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$s(r) = \frac{1}{1 + e^{-r}}$, $g'(z) = g(z)(1-g(z))$", ["right", "right"]),
        (r"$\sigma(\theta) := 1/(1+e^{-\theta})$, $\tanh z = \frac{e^z-e^{-z}}{e^z+e^{-z}}$", ["right", "right"]),
        (r"\begin{align*} s'(r) &= \frac{e^{-r}}{(1+e^{-r})^2} \\ &= s(q) \\ &= s(r)(1-s(r)) \end{align*}",
         ["right", "unread", "right"]),
        ("$z_2 = w_2 z_1$, $s'(r) = s(r)$, $s(r) = r(1-r)$", ["wrong", "wrong", "unread"]),  # it is another s then
        # the letter is the statement's own, and one letter alone
        (r"$s(r) = 1/(1+e^{-r})$, $z_1 = r$, $a_1 = s(r)$", ["right", "unread", "unread"]),
        (r"$s(r_1) = 1/(1+e^{-r_1})$, $s(r) = r_1$, $s(r)^2 = 1$, $s(r) = a_1$", [*["unread"] * 2, *["undecided"] * 2]),
        (r"$s(r) += r$", ["undecided"]),
    ],
)  # fmt: skip
def test_a_function_is_defined_for_any_argument(text: str, expected: list[str]) -> None:
    assert [v.verdict for v in check(NET, text, form="tex").verdicts] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$s(r) = \frac{1}{1+e^{-r}}$, $f = 2s(2x) - 1$, $f'(x) = 4s'(2x)$, $f'(x) = 4s(2x)$", "right right right wrong"),
        (r"$f = 2s(2x) - 1$", "unread"),  # nobody has said what s is
        (r"$s(r) = 1/(1+e^{r})$", "unread"),  # no function of the table
        (r"$g(z) = \max(0, z)$, $f = g(f) - g(-f)$, $\frac{d g(u)}{du} = \mathbb{1}[u > 0]$", "right right right"),
        (r"$h(x) = x$, $h(f) = f$, $\tanh(r) = r$", "right right wrong"),
        (r"$\tanh(r) = h(r)$, $x(t) = t$", "unread unread"),  # a quantity is no function
        (r"$\frac{\partial \tanh(z)}{\partial z} = 1 - \tanh^2(z)$, $1 - \sigma(z) = \sigma(-z)$", "right right"),
    ],
)
def test_a_work_may_say_what_a_letter_is_as_a_function(text: str, expected: str) -> None:
    about = subject("f=tanh(x)", "x")
    assert [v.verdict for v in check(about, text, form="tex").verdicts] == expected.split()


def test_a_work_may_name_what_the_network_does_not_have() -> None:
    def found(text: str) -> list[str]:
        return [v.verdict for v in check(NET, text, form="md").verdicts]

    named = r"Let $\delta = \frac{\partial L}{\partial z_2} = (a_2-y)a_2(1-a_2)$. "
    assert found(named + r"$\frac{\partial L}{\partial w_2} = \delta a_1$") == ["skipped", "right", "right"]
    assert found(named + r"$\frac{\partial L}{\partial w_1} = \delta w_2 x$") == ["skipped", "right", "wrong"]
    behind = r"$\frac{\partial L}{\partial z_2} = (a_2-y)a_2(1-a_2) = \delta_2$, $\delta_1 = \delta_2 w_2 a_1(1-a_1)$, "
    assert found(behind + r"$\frac{\partial L}{\partial w_1} = \delta_1 x$") == ["right", "skipped", "skipped", "right"]
    assert found(r"$H = x w_1$, $H = a_1 w_2$, $z_2 = H$, $z_1 = H$") == ["skipped", "undecided", "right", "wrong"]
    # what stands for a quantity, or has an index, is the same all through a work
    assert found(named + r"$\delta = (a_2-y)a_2$") == ["skipped", "right", "wrong"]
    assert found(r"$\delta_2 := (a_2-y)a_2(1-a_2)$, $\delta_2 = (a_2-y)a_2$") == ["skipped", "wrong"]
    assert found(r"$L(w_2) = \frac12(\sigma(a_1 w_2) - y)^2$, $z_2(w_2) = a_1 w_2$") == ["right", "right"]
    # what is called nearly like something of the network is a slip of the pen
    assert found(r"$x_1 = 2$, $W_2 = 3$, $Z = x$, $w_3 = x$, $z_1 = r$, $z_1 = \delta x$") == ["unread"] * 6


def test_a_display_goes_on_with_the_one_before() -> None:
    chain = r"$$\frac{\partial L}{\partial w_2} = \frac{\partial L}{\partial z_2} \frac{\partial z_2}{\partial w_2}$$"
    text = chain + "\n\n$$= (a_2 - y) a_2 (1 - a_2) a_1$$\n\n$$= (a_2 - y) a_2 a_1$$\n\nThis is $= 0$.\n"
    assert [v.verdict for v in check(NET, text, form="md").verdicts] == ["right", "right", "wrong", "unread"]


def test_what_is_told_of_a_wrong_line() -> None:
    (found,) = verdicts(NET, "dL/dw_1 = (a_2 - y)*a_2*(1 - a_2)*w_2*x")
    scope = NET.graph.scope
    assert found.expected is not None and found.witness is not None
    assert plain(found.expected, scope) == "(a_2 - y)*a_2*(1 - a_2)*w_2*a_1*(1 - a_1)*x"
    assert [plain(tree, scope) for tree in found.about] == ["da_1/dz_1"]
    assert {name for name, _ in found.witness.at} == {"w_1", "x", "w_2", "y"}
    assert found.witness.left != found.witness.right
    (partials,) = verdicts(NET, "dL/dw_1 = dL/da_2*da_2/dz_2*dz_2/dw_1*x")
    assert partials.expected is not None and "dz_1/dw_1" in plain(partials.expected, scope)
    (number,) = verdicts(NUMBERED, "a_1 = 0.7")
    assert number.expected is not None and plain(number.expected, scope) == "0.6457"
    assert number.witness is not None and (number.witness.left, number.witness.right) == ("0.645656", "0.7")
    (path,) = verdicts(LAYER, "dL/dx_1 = 2*(H - y)*v_1*1[z_1 > 0]*w_11")
    assert path.path == ("x_1", "z_2", "a_2", "H", "L")
    (step,) = verdicts(NET, "w_1 <- w_1 + alpha*dL/dw_1")
    assert step.expected is not None and plain(step.expected, scope).startswith("w_1 - alpha*")
    (needs,) = verdicts(FREE, "t_2 = 1 - t_1")
    assert needs.needs == "t_1 + t_2 = 1"


def test_a_verdict_for_each_link_in_the_order_of_the_text() -> None:
    here = statements(NET, "z_2 = w_2*a_1 = a_1*w_2\ndL/da_2 = a_2 - y")
    passed = replace(here[0], fragment=Fragment("", 0, skip="code"))
    gap = Unread(7, 9, "there is no quantity x_1", "write x", Fragment("", 0, exercise=2, part="b"))
    found = judge(NET, [here[0], gap, passed, here[1]])
    assert [v.verdict for v in found] == ["right", "right", "unread", "skipped", "skipped", "right"]
    assert (found[2].problem, found[2].suggestion) == (gap.problem, gap.suggestion)
    assert [(v.exercise, v.part) for v in found[1:3]] == [(1, "a"), (2, "b")]
    assert all(v.verdict in VERDICTS and v.number in NUMBERS for v in found)
    assert judge(NET, []) == []


def test_no_time_is_said_to_be_none() -> None:
    found = judge(NET, statements(NET, "dL/dw_1 = (a_2 - y)*x"), seconds=0)
    assert [v.verdict for v in found] == ["undecided"] and "time" in found[0].problem


def test_given_inner_values_and_derivatives_count() -> None:
    given = replace(NET, numbers={"a_1": Fraction(1, 2), "w_2": Fraction(2), "y": Fraction(0)})
    assert words(given, "z_2 = 1\na_1 = 0.5\ndz_2/dw_2 = 0.5\nz_1 = 0") == [
        "right exact", "right exact", "right exact", "undecided",
    ]  # fmt: skip


NASTY = [
    "w_1 = x", "w_1 = w_1*w_1 = 2", "x <- w_1", "y <- 3", "a_1 = 1/(x - x)", "a_1 = log(x - x)", "L = e^(e^(e^(9)))",
    "dx/dL = 2", "dL/dL = 1", "dL/dL = 2", "dx/dw_1 += 1", "dL/dw_1 += 0", "2 = 3", "0 = 1/0", "L = floor(e^(999999))",
    "z_1 = [x; y]", "[z_1; z_2] = [w_1*x; w_2]", "a_1 => x", "L = max(x, y)*1[x > y]", "z_1 = z_2", "z_2 = z_1", "q = q + 1",
    "dL/dw_1 <- 0", "L <- L - alpha", "w_1 <- [x; y]", "(x + y)^64 = x^64", "0.5 = 0.3*2", "x*0.5 = 1",
]  # fmt: skip


@pytest.mark.parametrize("about", [NET, NUMBERED], ids=["symbols", "numbers"])
def test_whatever_is_said_gets_a_verdict(about: object) -> None:
    """None of it is an error, in any order, after whatever was said before."""
    for rows in (NASTY, NASTY[::-1]):
        found = verdicts(about, "\n".join(rows), "q")  # type: ignore[arg-type]
        assert [v.verdict for v in found if v.verdict not in VERDICTS] == []
        assert len(found) == sum(row.count(" = ") + any(s in row for s in ("<-", "+=", "=>")) for row in rows)
    found = verdicts(about, "2 = 3\ndL/dL = 1\nz_1 = [x; y]")  # type: ignore[arg-type]
    assert [v.verdict for v in found] == ["wrong", "right", "wrong"]
