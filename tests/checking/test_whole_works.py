"""Whole works, from their text to the verdicts."""

from __future__ import annotations

import pytest

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.checking import check
from derivgen.checking.subjects import of_equations, of_sheet
from derivgen.formats import format_of
from derivgen.networks import KINDS
from derivgen.sheet import compose

CHAIN = "z_1 = x*w_1; a_1 = sigmoid(z_1); z_2 = a_1*w_2; a_2 = sigmoid(z_2); L = (a_2 - y)^2/2"
GATE = "z = x*w; h = relu(z); L = (h - y)^2"
POINT = "x=1,w_1=0.5,w_2=-1,y=1"
SUM, SUM_AT = "h_1 = relu(w_1*x); o = v_1*h_1; L = (o - y)^2/2", "x=1,w_1=3,v_1=2,y=4,eta=0.1"
LARGER = "m = max(x, y); f = m*z"
PAIR = "a = tanh(w*x); b = tanh(w*a); L = (b - t)^2"

WORKS = [
    # network, numbers, form, text, verdicts
    (CHAIN, "", "md", r"""$$\begin{aligned}\frac{\partial L}{\partial w_1} &= (a_2-y)a_2(1-a_2) w_2 \\ &\quad a_1(1-a_1)x
\end{aligned}$$""", ["right"]),
    (PAIR, "", "plain", "dL/dw\n = 2(b-t)(1-b^2)a\n", ["wrong"]),
    (PAIR, "", "plain", "dL/db\n = 2(b - t)\n", ["right"]),
    (CHAIN, "", "md", r"If $y=1$ then $\frac{\partial L}{\partial a_2} = a_2 - 1$.", ["skipped", "right only when"]),
    (CHAIN, "", "md", r"If $y=1$, all is well. $\frac{\partial L}{\partial a_2} = a_2 - 1$.", ["skipped", "wrong"]),
    (CHAIN, "", "md", r"Suppose $x=2$. $\frac{\partial z_1}{\partial w_1} = 2$.", ["skipped", "right"]),
    (CHAIN, "", "md", r"Suppose $x=2$. $\frac{\partial z_1}{\partial w_1} = 3$.", ["skipped", "wrong"]),
    (CHAIN, "", "md", r"$\frac{\partial L}{\partial a_2} = a_2 - 1$ if $y=1$.", ["right only when", "skipped"]),
    (CHAIN, "", "md", r"If $y=1$ then $\frac{\partial L}{\partial a_2} = a_2 - 3$.", ["skipped", "wrong"]),
    (CHAIN, "", "md", r"If $z_1=0$ then $\frac{\partial L}{\partial a_2} = a_2$.", ["skipped", "undecided"]),
    (CHAIN, "x=1,w_1=0.5,w_2=-1,y=1", "md", r"$a_1 = 6.22e-1 = 0.622$", ["right", "right"]),
    (CHAIN, "x=1,w_1=0.5,w_2=-1,y=1", "md", r"$a_1 = 6.23e-1$", ["wrong"]),
    (CHAIN, "x=1,w_1=0.5,w_2=-1,y=1,eta=0.5", "md", r"$w_2 \leftarrow -1 - 0.5(-0.0921) = -0.954$", ["right", "right"]),
    # a step size without a number; a value after the last update is one of the new weights
    (CHAIN, POINT, "md", r"$w_1 \leftarrow w_1 - 0.5\cdot 0.0348 = 0.4826$", ["undecided", "undecided"]),
    (CHAIN, POINT, "plain", "w_2 = w_2 - 0.5*dL/dw_2", ["undecided"]),
    (CHAIN, POINT, "plain", "w_2 = w_2 + 0.5*dL/dw_2", ["wrong"]),
    (CHAIN, POINT, "plain", "w_2 <- w_2 - eta*dL/dw_2 = -0.954\nz_2 = -0.594", ["right", "undecided", "right"]),
    (CHAIN, POINT, "plain", "w_2 <- -1 - 0.5*(-0.0921) = -0.954\nz_2 = -0.622", ["undecided"] * 2 + ["wrong"]),
    (CHAIN, POINT, "plain", "w_1 <- w_1 - eta*0.0348", ["right"]),
    (CHAIN, POINT, "plain", "w_1 <- 0.5 - eta*0.0448", ["wrong"]),
    (CHAIN, "x=1,w_1=0.5", "plain", "z_2 = 0.62*w_2", ["right"]),
    (CHAIN, "x=1,w_1=0.5", "plain", "z_2 = 0.63*w_2", ["wrong"]),
    (GATE, "x=2,w=1", "plain", "L = (2 - y)^2\ndL/dw = 2*(2 - y)*2\ndL/dw = 2*(2 - y)*1", ["right", "right", "wrong"]),
    (CHAIN, "x=1,w_1=0.5", "plain", "dL/da_2 = a_2 - 1\ndL/da_2 = a_2\ndL/da_2 = 2*a_2", ["undecided", "wrong", "wrong"]),
    (CHAIN, POINT + ",eta=0.5", "plain", "w_2 <- w_2 - 0.5*(-0.0921) = -0.954\nz_2 = -0.594", ["right"] * 3),
    (CHAIN, POINT + ",eta=0.5", "plain", "w_2 <- w_2 - 0.5*(-0.0921) = -0.954\nz_2 = -0.622", ["right"] * 2 + ["wrong"]),
    (CHAIN, POINT + ",eta=0.5", "plain", "w_2 <- -0.954\nz_2 = -0.622\nw_1 <- 0.4826", ["right"] * 3),  # one step
    # a new weight is not used for the other gradients, though it stands in the work
    (SUM, SUM_AT, "plain", "h_1 = 3\no = 6\ndL/do = 2\nv_1 <- 1.4\ndL/dh_1 = 2*1.4 = 2.8\ndL/dw_1 = 2.8",
     ["right"] * 4 + ["wrong", "follows", "follows"]),
    # what was rounded on paper was carried on by a calculator, right or wrong
    (CHAIN, POINT, "plain", "a_1 = 0.6\na_2 = 0.354\ndL/dz_2 = -0.148\ndL/dw_2 = -0.0886", ["right"] * 4),
    (CHAIN, POINT + ",eta=0.5", "plain", "w_2 <- -1.046\nz_2 = -0.651\na_2 = 0.3427",
     ["wrong", "follows", "follows"]),
    # a wrong derivative of what the loss goes through
    (PAIR, "", "plain", "db/dw = (1 - b^2)*a\ndL/dw = 2*(b - t)*(1 - b^2)*a", ["wrong", "follows"]),
    (GATE, "x=2,w=1,y=1", "md", r"$\frac{\partial L}{\partial w} = 2(h-y)x = 4$", ["right only when", "right"]),
    (GATE, "x=2,w=1,y=1", "md", r"$\frac{\partial L}{\partial w} = h x = 4$", ["wrong", "recovered"]),
    (GATE, "x=2,w=1,y=1", "md", r"$\frac{\partial L}{\partial w} = (h-y)x^2 = 4$", ["wrong", "recovered"]),
    (GATE, "x=-2,w=1,y=1", "md", r"$\frac{\partial L}{\partial w} = 2(h-y)x = 4$", ["wrong", "follows"]),
    (GATE, "", "md", r"$\frac{\partial L}{\partial w} = 2(h-y)x$", ["wrong"]),
    (CHAIN, "x=2,w_1=1,w_2=0.5,y=1,alpha=0.5", "md", r"$w_{2,\text{new}} = 0.55$. Now $z_2 = 0.4844$.", ["unread", "undecided"]),
    (CHAIN, "x=2,w_1=1,w_2=0.5,y=1,alpha=0.5", "md", r"$x_{2,\text{new}} = 0.55$. Now $z_2 = 0.4844$.", ["unread", "wrong"]),
    (GATE, "x=2,w=1,y=1", "plain", "dL/dw = dL/dh*dz/dw = 4", ["wrong", "recovered"]),
    (GATE, "x=2,w=1,y=1", "plain", "dL/dw = dL/dh*dh/dz*dz/dw = 4", ["right", "right"]),
    (CHAIN, "", "md", r"Let $e = a_2 - y$, then $L = \frac12 e^2$ and $\frac{\partial L}{\partial a_2} = e$.", ["skipped", "right", "right"]),
    (GATE, "x=2,w=1,y=1", "plain", "dh/dw = 1[z > 0]*x = 1[2 > 0]*2 = 2", ["right", "right", "right"]),
    (GATE, "x=2,w=1,y=1", "plain", "dh/dw = 1[z > 0]*x = 1[3 > 0]*2 = 2", ["right", "wrong", "recovered"]),
    (GATE, "", "md", r"$\frac{\partial h}{\partial w} = \mathbb{1}[h \ge 0]\,x$", ["wrong"]),
    (GATE, "", "plain", "dh/dz = ReLU'(h)\ndh/dz = ReLU'(z)\ndh/dz = 1[h > 0]", ["right only when", "right", "right"]),
    (GATE, "x=2,w=0,y=1", "plain", "dh/dz = 1\ndh/dz = 0\nh = 0", ["undecided", "undecided", "right"]),
    ("z = x*w; h = relu(z); k = relu(h*v)", "x=2,w=-1,v=3", "plain", "dk/dw = 0\ndk/dw = 1", ["right", "wrong"]),
    # other kinks with numbers
    (LARGER, "x=2,y=1,z=2", "md", r"$\frac{\partial f}{\partial x} = z$, $f = xz = 4$",
     ["right only when", "right only when", "right"]),
    (LARGER, "x=2,y=1,z=2", "md", r"$\frac{\partial f}{\partial x} = x$, $f = yz$", ["wrong", "wrong"]),
    ("m = max(x, max(y, z)); f = m*w", "x=1,y=2,z=2,w=3", "plain", "df/dy = w\ndf/dy = y", ["undecided", "wrong"]),
    (GATE, "x=2,w=0,y=1", "plain", "dL/dw = 2*(h - y)*x\nh = z\ndL/dh = -2*y", ["undecided", *["right only when"] * 2]),
    (GATE, "x=2,w=0,y=1", "plain", "dL/dw = x*h\nL = z^2", ["wrong", "wrong"]),
    ("a = abs(z); L = (a-y)^2", "z=-2,y=1", "plain", "dL/dz = -2*(a - y)\ndL/dz = 2*(a - y)", ["right only when", "wrong"]),
    ("z = x*w; h = max(0, z); L = (h - y)^2", "x=2,w=-1,y=1", "plain", "dL/dw = h*x\nL = y^2\ndL/dw = 3.0*h",
     ["wrong", "right only when", "wrong"]),
    ("m = max(x, y); f = m*z", "x=2,y=1,z=3", "plain", "df/dy = x - m\ndf/dx = z", ["wrong", "right only when"]),
    # a number for some of the quantities of the side before
    ("z = w*x; L = (z - y)^2", "x=3,w=0,y=1", "plain", "dL/dw = 2*(z - y)*x = -2*x = -6\ndL/dw = 2*(z - y)*x = 2*x",
     ["right", "right only when", "right", "right", "wrong"]),
    # zero beside a factor that is wrong
    ("z = w*x; L = (z - y)^2", "x=0,w=2,y=1", "plain", "dL/dw = -2.0*x\ndL/dw = 3.0*x\ndL/dw = 2.0*(z - y)*0",
     ["right", "wrong", "right"]),
    # what is right where the numbers have the kinks does not follow from what is wrong elsewhere
    ("z = w*x; h = relu(z); u = v*x; o = h + u", "w=-1,x=1,v=2", "plain", "du/dx = 2*v*x\no = u", ["wrong", "right only when"]),
    # another number than the exercise gives; a weight that may have made a step
    ("p = sigmoid(z); L = -y*log(p) - (1-y)*log(1-p)", "z=1,y=1", "md",
     "Suppose $y=0$. Then $L = -\\ln(1-p)$, $L = 1.3133$. $L = 0.5$",
     ["undecided", "right only when", "right only when", "wrong"]),
    ("z = x*w; L = (z - y)^2", "x=1,w=2,y=1", "plain", "w = 1.8\nz = 1.8", ["undecided", "right"]),
    ("z = x*w; L = (z - y)^2", "x=1,w=2,y=1", "plain", "w = 2.2", ["wrong"]),
    ("h = elu(z); L = (h-y)^2", "z=-2,y=1", "plain", "dL/dz = 2*(h - y)*(h + 1)", ["right only when"]),
]  # fmt: skip


NO_TARGET, NO_WEIGHT = r"$\frac{\partial L}{\partial a_2} = a_2$", r"$\frac{\partial L}{\partial w_1} = 0$"
GIVEN, BEFORE = ["skipped", "right only when"], ["right only when", "skipped"]
ASSUMED = [
    ("md", f"With $y=0$: {NO_TARGET}", GIVEN),
    ("md", f"With $y=0$:\n\n${NO_TARGET}$", GIVEN),
    ("md", f"Since $w_2=0$, {NO_WEIGHT}.", GIVEN),
    ("md", f"Because $y = a_2$, {NO_WEIGHT}. And so {NO_WEIGHT}.", ["skipped", "undecided", "undecided"]),
    ("md", f"Because $y = a_2$, {NO_WEIGHT}.\n\nNow {NO_WEIGHT}.", ["skipped", "undecided", "wrong"]),
    ("md", f"Since $a_1 = 0$, {NO_WEIGHT}.", ["skipped", "undecided"]),
    ("md", f"Given $y=0$ we get {NO_TARGET}. Hence {NO_TARGET}.", [*GIVEN, "right only when"]),
    ("md", f"Case 1: $y=0$. {NO_TARGET}. Case 2: $y=1$. {NO_TARGET}.", [*GIVEN, "skipped", "wrong"]),
    ("md", f"At $y=0$ {NO_TARGET}, but {NO_TARGET}. {NO_TARGET}", [*GIVEN, "right only when", "wrong"]),
    ("md", f"If $y=0$ and $x=1$ then {NO_TARGET}.", ["skipped", *GIVEN]),
    ("md", f"With $y=0$ {NO_TARGET}, with $y=1$ it is {NO_TARGET}", ["skipped", "undecided"] * 2),
    ("md", f"{NO_TARGET} for $y=0$.", BEFORE),
    ("md", f"{NO_TARGET} if the target is $y=0$.", BEFORE),
    ("md", r"$\frac{\partial z_1}{\partial w_1} = 1$ (where $x = 1$)", ["right", "skipped"]),
    ("md", r"$\frac{\partial L}{\partial a_2} = a_2 \quad\text{(if } y=0\text{)}$", BEFORE),
    ("md", r"$\frac{\partial L}{\partial a_2} = 2a_2 \quad\text{(if } y=0\text{)}$", ["wrong", "skipped"]),
    ("md", r"$\frac{\partial L}{\partial a_2} = a_2 \text{ if } y=0$", BEFORE),
    ("md", r"$\frac{\partial L}{\partial a_2} = a_2 \qquad (y = 0)$", BEFORE),
    ("md", r"$\text{If } y=0, \text{ then } \frac{\partial L}{\partial a_2} = a_2$", GIVEN),
    ("md", r"$y=0 \implies \frac{\partial L}{\partial a_2} = a_2$", GIVEN),
    ("md", r"$y=a_2 \implies \frac{\partial L}{\partial a_2} = 0$", ["skipped", "undecided"]),
    ("md", f"Since $y=0$, {NO_WEIGHT}", ["skipped", "wrong"]),
    # facts stay claims, and make nothing conditional
    ("md", rf"Since $a_2 = \sigma(z_2)$, {NO_TARGET}.", ["right", "wrong"]),
    ("md", rf"Since $a_2 = z_2$, {NO_TARGET}.", ["wrong", "wrong"]),
    ("md", rf"Since $z_1 = x$, {NO_WEIGHT}.", ["wrong", "follows"]),
    ("md", r"Since $\frac{\partial z_1}{\partial w_1} = w_1$, so what?", ["wrong"]),
    ("md", rf"So we arrive at {NO_TARGET}.", ["wrong"]),
    ("plain", "y = 0\ndL/da_2 = a_2", ["right", "right only when"]),
    ("plain", "If y = 0, dL/da_2 = a_2", GIVEN),
    ("plain", "y = 0: dL/da_2 = a_2", ["right", "right only when"]),
    ("plain", "dL/da_2 = a_2 since y = 0", BEFORE),
    ("plain", "for w_1: dz_1/dw_1 = x\nwith x as input: dz_1/dw_1 = x", ["right", "right"]),
    ("plain", "dL/da_2 = a_2 (y = 0)", BEFORE),
    ("plain", "dL/da_2 = a_2 since a_2 = sigmoid(z_2)", ["wrong", "right"]),
]


@pytest.mark.parametrize(("form", "text", "verdicts"), ASSUMED)
def test_an_assumption_is_no_claim_and_what_it_makes_right_is_not_wrong(
    form: str, text: str, verdicts: list[str]
) -> None:
    report = check(of_equations(CHAIN, "", text), text, form=form)
    assert [verdict.verdict for verdict in report.verdicts] == verdicts
    assert {verdict.needs for verdict in report.verdicts} <= {"", "y = 0", "w_2 = 0"}


@pytest.mark.parametrize(("network", "numbers", "form", "text", "verdicts"), WORKS)
def test_a_work_is_judged_as_its_reader_would(
    network: str, numbers: str, form: str, text: str, verdicts: list[str]
) -> None:
    report = check(of_equations(network, numbers, text), text, form=form)
    assert [verdict.verdict for verdict in report.verdicts] == verdicts


BIASED = """
title: T
exercises:
  - network: {kind: layered, sizes: [2, 2, 1], activation: sigmoid, output_activation: sigmoid, loss: squared_error,
              notation: bias-row}
    givens: {x: [1, 2, 5], y: 1, W^1: [[-1, 2], [-2, 1], [1, 4]], W^2: [[1], [2], [-4]], lambda: 2}
    asks: [output]
"""


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        (r"$W^1 = 3 \times 2$, $W^2 = 1 \times 3$", "right wrong"),  # shapes
        (r"$\alpha_1^1 = W_{01}^1 + W_{11}^1 x_1 + W_{21}^1 x_2$, $\partial \alpha^2/\partial W_{01}^2 = \beta_0^1 = 1$", "right right right"),
        (r"$x = \begin{bmatrix} 2 \\ 5 \end{bmatrix}$", "right"),  # without the bias's 1
        (r"$x = \begin{bmatrix} 5 \\ 2 \end{bmatrix}$", "wrong"),
        (r"$x = \begin{bmatrix} 2 \end{bmatrix}$", "wrong"),
        (r"$W^1 = \begin{bmatrix} -1 & 2 \\ -2 & 1 \\ 1 & 4 \end{bmatrix} W^2 = \begin{bmatrix} 1 \\ 2 \\ -4 \end{bmatrix}$", "right right"),
        (r"$\alpha^1 = \begin{bmatrix} -1 & -2 & 1 \\ 2 & 1 & 4 \end{bmatrix} x = \begin{bmatrix} 0 \\ 24 \end{bmatrix}$", "right right"),
        (r"$\hat{y} = 0.11920$, $\hat{y} = 0.119202$, $\hat{y} = 0.119204$", "right right wrong"),  # 0.1192029…
        # a number that is known is not one that was rounded: 2 and 0.5 leave no room beside 0.119203
        (r"$\partial \ell/\partial W_{11}^2 = 2(0.119203 - 1) \cdot 0.119203 \cdot (1 - 0.119203) \cdot 0.5$", "right"),
        (r"$\partial \ell/\partial W_{11}^2 = 2(0.115203 - 1) \cdot 0.119203 \cdot (1 - 0.119203) \cdot 0.5$", "wrong"),
        (r"$W_{21}^1 = 1 - 2 \cdot (-0.4624)$, $W_{21}^1 = 1 - 2 \cdot (-0.4)$", "right wrong"),
    ],
)
def test_what_is_said_of_arrays_and_of_digits(text: str, verdicts: str) -> None:
    about = of_sheet(compose(spec.loads(BIASED, asks=ASKS, kinds=KINDS)))
    assert [verdict.verdict for verdict in check(about, text, form="md").verdicts] == verdicts.split()


def test_a_condition_says_the_branch_that_a_line_needs() -> None:
    about = of_equations("m = max(x, max(y, z)); f = m*w + relu(v)", "x=1,y=3,z=2,w=3,v=1")
    (verdict,) = check(about, "df/dy = w", form="plain").verdicts
    assert verdict.needs == "x < max(y, z), y > z"


@pytest.mark.parametrize(("line", "verdict"), [
    (r"\sigma(t) = 0.3", "undecided"), (r"\sigma'(z) = a_1(1 - a_1)", "undecided"), (r"\sigma'(z) = \sigma(z)", "wrong"),
    (r"\sigma'(z) = 1", "undecided"),
])  # fmt: skip
def test_a_letter_that_nothing_goes_on_with_is_told(line: str, verdict: str) -> None:
    (found,) = check(of_equations(CHAIN), f"${line}$", form="md").verdicts
    assert found.verdict == verdict
    assert found.problem == ("" if verdict == "wrong" else f"{line[line.index('(') + 1]}: no such quantity")


@pytest.mark.parametrize("sign", [r"\ne", r"\propto", r"\to", r"\sim", "≠"])
def test_a_relation_that_is_no_equation_is_told(sign: str) -> None:
    report = check(of_equations(CHAIN), rf"$\frac{{\partial L}}{{\partial w_2}} {sign} a_1$", form="md")
    assert [(verdict.verdict, verdict.problem) for verdict in report.verdicts] == [("skipped", "relation")]


def test_an_equation_outside_of_all_delimiters_is_unread() -> None:
    report = check(of_equations(CHAIN), "So dL/dw_2 = 7 a_1", form="md")
    assert [verdict.verdict for verdict in report.verdicts] == ["unread"]
    assert report.exit_code == 2


def test_what_is_spoken_of_is_no_condition() -> None:
    text = r"For $w_1$ the path is longer, $\frac{\partial L}{\partial w_1} = a_2$. For $y = 0$, $\frac{\partial L}{\partial a_2} = a_2$."
    report = check(of_equations(CHAIN), text, form="md")
    assert [verdict.verdict for verdict in report.verdicts] == ["wrong", "skipped", "right only when"]


@pytest.mark.parametrize(("weight", "slip"), [("0.5", ""), ("0.7", "half_or_two_lost")])
def test_a_half_is_no_slip_of_the_loss_where_a_weight_is_one(weight: str, slip: str) -> None:
    about = of_equations("a = w*x; o = v*a; L = (o - y)^2/2", f"x=1.3,w=0.9,v={weight},y=0.4")
    gradient = 2 * (float(weight) * 1.17 - 0.4) * float(weight) * 1.3
    (found,) = check(about, f"dL/dw = {gradient:.4f}", form="plain").verdicts
    assert (found.verdict, found.slip) == ("wrong", slip)


@pytest.mark.parametrize(("text", "verdicts"), [
    ("If $x = 0$, $L = 0$.", "skipped undecided"), ("When $a = y$, $L = 1$.", "skipped undecided"),
    ("If $x = 0$ and $b = 0$, $z = 0$.", "skipped skipped right_only_when"),
])  # fmt: skip
def test_the_claim_behind_a_condition_is_none(text: str, verdicts: str) -> None:
    found = check(of_equations("z = w*x + b; a = sigmoid(z); L = (a - y)^2/2"), text, form="md").verdicts
    assert [verdict.verdict.replace(" ", "_") for verdict in found] == verdicts.split()


@pytest.mark.parametrize(("line", "verdict"), [
    ("dL/db = (a - 0.25)*(1 - a^2)", "right"), ("dL/db = (a - 0.25)*(1 - a^2)*x", "wrong"), ("dL/db = 0.1112*x", "undecided"),
    ("dL/dw = 0.1112*x", "right"), ("dL/dw = (a - 0.25)*(1 - a^2)*x^2", "wrong"), ("z = 0.7 + b*x", "wrong"),
    ("z = 0.7*x + b", "right"), ("dz/db = x/1", "wrong"), ("b <- b - 0.5*(a - y)*(1 - a^2)*x", "wrong"),
])  # fmt: skip
def test_a_factor_that_is_1_here_is_seen(line: str, verdict: str) -> None:
    about = of_equations("z = w*x + b; a = tanh(z); L = (a - y)^2/2", "x=1,w=0.7,b=-0.3,y=0.25,alpha=0.5")
    (found,) = check(about, line, form="plain").verdicts
    assert found.verdict == verdict


@pytest.mark.parametrize(("side", "verdict"), [
    ("8*w - 12", "right"), ("4*(2*w - 3)", "right"), ("2*(2 - 3)*x", "right"), ("2*x*o - 6*x", "right"),
    ("8*w - 12*w", "undecided"), ("-4*w", "undecided"), ("4*(o - 3)*w", "undecided"), ("(2*1 - 3)*x^2", "wrong"),
    ("x^2*(o - 3)", "wrong"), ("(o - 3)*(y + 1)", "wrong"),
])  # fmt: skip
def test_numbers_beside_letters_are_those_of_a_true_form(side: str, verdict: str) -> None:
    about = of_equations("o = w*x; L = (o - y)^2", "x=2,w=1,y=3,alpha=0.1")
    (found,) = check(about, f"dL/dw = {side}", form="plain").verdicts
    assert found.verdict == verdict
    if verdict == "undecided":
        assert found.problem == "at w = 1 the numbers do not tell whether w belongs there"


def test_a_number_may_stand_for_a_quantity_of_the_other_sign() -> None:
    about = of_equations("z = w*x + b; a = tanh(z); L = (a - y)^2/2", "x=2,w=0.5,b=-0.5,y=1,alpha=0.5")
    for line in ("z = w*x - 0.5", "a = tanh(w*2 - 0.5)", "L = (tanh(w*x - 0.5) - y)^2/2"):
        (found,) = check(about, line, form="plain").verdicts
        assert found.verdict == "right"


AT_0 = r"$\frac{\partial L}{\partial a} = -a$"


@pytest.mark.parametrize(("text", "verdict", "needs"), [
    (rf"If $y = 0$, {AT_0}.", "wrong", ""), (rf"{AT_0} if $y = 0$.", "wrong", ""),
    (r"If $y = 0$, $\frac{\partial L}{\partial a} = a$.", "right only when", "y = 0"),
    (r"If $x = 0$, $\frac{\partial L}{\partial w} = 0$.", "right only when", "x = 0"),
    ("For $x = 2$, $w = 1$ and $b = -1$ we have $z = 1$.", "right", ""),
    (rf"If $y = 0$ and $z$ is large, {AT_0}.", "undecided", ""), (rf"If $y = 0$ and all is small, {AT_0}.", "undecided", ""),
    (rf"If $y = 0$, ${{z = w x + b}}$, otherwise {AT_0}.", "undecided", ""),
])  # fmt: skip
def test_a_number_in_the_same_sentence_makes_a_line_wrong(text: str, verdict: str, needs: str) -> None:
    about = of_equations("z = w*x + b; a = tanh(z); L = (a - y)^2/2")
    found = [one for one in check(about, text, form="md").verdicts if one.verdict != "skipped"][-1]
    assert (found.verdict, found.needs) == (verdict, needs)


BY_X = r"\frac{\partial L}{\partial x}"


@pytest.mark.parametrize(("text", "verdict", "needs"), [
    (rf"If $s > 0$, ${BY_X} = 2e(w + 1)$.", "right only when", "s > 0"),
    (rf"If $s < 0$, ${BY_X} = 2e$.", "right only when", "s < 0"),
    (rf"${BY_X} = 2e$ if $0 > s$.", "right only when", "0 > s"),
    (rf"If $s > 0$ and $y = 0$, ${BY_X} = 2o(w + 1)$.", "right only when", "s > 0, y = 0"),
    (rf"If $s < 0$, ${BY_X} = 2e(w + 1)$.", "wrong", ""), (rf"If $s > 0$, ${BY_X} = 2e$.", "wrong", ""),
    (rf"If $s > 0$, ${BY_X} = e(w + 1)$.", "wrong", ""), (rf"If $w > 0$, ${BY_X} = 2e$.", "undecided", ""),
    (rf"If $s < 0$, ${BY_X} = 2e + r x$.", "undecided", ""),
    (rf"If $s > 0$, $r = s$, otherwise ${BY_X} = 2e$.", "undecided", ""),
])  # fmt: skip
def test_a_side_of_a_kink_in_the_same_sentence_is_taken(text: str, verdict: str, needs: str) -> None:
    about = of_equations("s = x*w; r = relu(s); o = r + x; e = o - y; L = e^2")
    found = [one for one in check(about, text, form="md").verdicts if one.verdict != "skipped"][-1]
    assert (found.verdict, found.needs) == (verdict, needs)


OPEN = r"$\frac{\partial h}{\partial z} = 1$"
ACTIVE = [
    ("md", f"If $z>0$, {OPEN}.", ["skipped", "right only when"]),
    ("md", f"Since $z>0$, {OPEN}.", ["skipped", "undecided"]),
    ("md", f"Assume $z>0$. Then {OPEN}. So {OPEN}.", ["skipped", "undecided", "undecided"]),
    ("md", r"$\frac{\partial h}{\partial z} = 1 \quad (z > 0)$", ["undecided", "skipped"]),
    ("md", r"$\frac{\partial h}{\partial z} = 1 \text{ since } z > 0$", ["undecided", "skipped"]),
    ("plain", "dh/dz = 1 since z > 0", ["undecided", "skipped"]),
    ("plain", "if z > 0: dh/dz = 1", ["skipped", "undecided"]),
    ("md", f"Here {OPEN}.", ["wrong"]),
]


@pytest.mark.parametrize(("form", "text", "verdicts"), ACTIVE)
def test_an_active_unit_is_an_assumption(form: str, text: str, verdicts: list[str]) -> None:
    report = check(of_equations(GATE), text, form=form)
    assert [verdict.verdict for verdict in report.verdicts] == verdicts


OPERATORS = [
    (r"\frac{d}{dw_2}\left(\frac12(a_2-y)^2\right) = (a_2-y)a_2(1-a_2)a_1", ["right"]),
    (r"\frac{d}{dw_2}\left(\frac12(a_2-y)^2\right) = (a_2-y)a_1", ["wrong"]),
    (r"\frac{\partial}{\partial a_2}\frac12(a_2-y)^2 = a_2 - y", ["right"]),
    (r"\frac{\partial}{\partial a_2}(a_2-y)^2 = a_2 - y", ["wrong"]),
    (r"\frac{\partial}{\partial z_2} \log a_2 = 1 - a_2", ["right"]),
    (r"\frac{\partial \log a_2}{\partial z_2} = 1 - a_2", ["right"]),
    (r"\frac{\partial}{\partial w_1}\sigma(w_1 x) = a_1(1-a_1)x", ["right"]),
    (r"\frac{\partial (w_1 x)}{\partial w_1} = x", ["right"]),
    (r"\frac{\partial}{\partial w_2}(z_1 + x) = 0", ["right"]),
    (r"\partial_{w_2} L = (a_2-y)\frac{\partial}{\partial w_2}(a_2 - y)", ["right"]),
    (r"\frac{\partial}{\partial w_1}(w_1 x + z_2) = x", ["unread"]),  # with z_2 held fixed, or not?
    (r"\frac{\partial}{\partial w_2} a_1 w_2 = a_1", ["unread"]),  # of a_1, times w_2?
    (r"\frac{d\sigma}{dz} = \sigma(z)(1-\sigma(z))", ["right"]),
    (r"\frac{d}{dz}\sigma(z) = \sigma(z)(1+\sigma(z))", ["wrong"]),
    (r"\frac{d\sigma}{dz_1} = a_1(1-a_1)", ["right"]),
    (r"\left.\frac{\partial L}{\partial a_2}\right|_{y=0} = a_2", ["skipped", "right only when"]),
    (r"\frac{\partial L}{\partial a_2}\Big|_{y=0} = a_1", ["skipped", "wrong"]),
    (r"\nabla_{w_2} L = (a_2-y)a_2(1-a_2)a_1", ["right"]),
]


@pytest.mark.parametrize(("line", "verdicts"), OPERATORS)
def test_a_derivative_of_an_expression_is_read_where_its_meaning_is_clear(line: str, verdicts: list[str]) -> None:
    report = check(of_equations(CHAIN), f"${line}$", form="md")
    assert [verdict.verdict for verdict in report.verdicts] == verdicts


GRADIENTS = [
    (r"\nabla f(x,y) = \begin{pmatrix} y \\ x\end{pmatrix}", "right"), (r"\nabla f(x,y) = (x, y)", "wrong"),
    (r"\nabla f = \left(\frac{\partial f}{\partial x}, \frac{\partial f}{\partial y}\right)", "right"),
    (r"\nabla f = [y, x]^T", "right"), (r"\nabla f = \begin{bmatrix} y & x\end{bmatrix}", "right"),
    (r"\nabla f(y,x) = (y, x)", "wrong"), (r"f = (y, x)", "unread"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "verdict"), GRADIENTS)
def test_a_gradient_is_the_list_of_its_derivatives(line: str, verdict: str) -> None:
    report = check(of_equations("f = x*y"), f"${line}$", form="md")
    assert [found.verdict for found in report.verdicts] == [verdict]


def test_a_gradient_by_inputs_and_weights_alike_needs_to_say_which() -> None:
    report = check(of_equations("f = x*w"), r"$\nabla f = (w, x)$", form="md")
    assert [found.problem for found in report.verdicts][:1] == ["a gradient needs what it is by"]


QUIZ = """
title: T
exercises:
  - network: {kind: layered, sizes: [2, 3, 2], activation: tanh, output_activation: softmax, loss: cross_entropy,
              notation: textbook}
    asks: [gradients]
"""


@pytest.mark.parametrize(("sign", "verdict"), [("-", "right"), ("", "wrong")])
def test_a_function_is_defined_for_any_argument_though_it_be_called_like_an_array(sign: str, verdict: str) -> None:
    about = of_sheet(compose(spec.load("sigmoid-network", asks=ASKS, kinds=KINDS)))
    line = rf"$\sigma(x) = \frac{{1}}{{1 + e^{{{sign}x}}}}$"
    assert [found.verdict for found in check(about, line, form="md").verdicts] == [verdict]


@pytest.mark.parametrize(("slope", "verdict"), [
    ("1 - (a^{[1]})^2", "right"), (r"1 - \tanh^2(z^{[1]})", "right"),
    ("1 - (a^{[1]})^3", "wrong"), ("1 - a^{[1]}", "wrong"),
])  # fmt: skip
def test_powers_of_a_column_are_meant_entry_by_entry(slope: str, verdict: str) -> None:
    about = of_sheet(compose(spec.loads(QUIZ, asks=ASKS, kinds=KINDS)))
    line = rf"$\frac{{\partial L}}{{\partial z^{{[1]}}}} = (W^{{[2]\top}}(\hat y - y)) \odot ({slope})$"
    assert [found.verdict for found in check(about, line, form="md").verdicts] == [verdict]


@pytest.mark.parametrize(("line", "slip", "problem"), [
    (r"\frac{\partial L}{\partial z^{[1]}} = (W^{[2]}(\hat y - y)) \odot (1 - (a^{[1]})^2)", "transposed_matrix",
     "W^[2] is 2×3 and cannot multiply (yhat - y), which is 2×1"),
    (r"z^{[2]} = W^{[2]\top} a^{[1]} + b^{[2]}", "transposed_matrix",
     "transpose(W^[2]) is 3×2 and cannot multiply a^[1], which is 3×1"),
    (r"\frac{\partial L}{\partial W^{[2]}} = (\hat y - y) a^{[1]}", "transposed_matrix",
     "(yhat - y) is 2×1 and cannot multiply a^[1], which is 3×1"),
    (r"z^{[2]} = W^{[2]} a^{[1]} + b^{[1]}", "", "(W^[2]*a^[1]) is 2×1 and b^[1] is 3×1: they cannot be added"),
    (r"a^{[1]} = \tanh(W^{[1]})", "", "this is 3×2, and the left side is 3×1"),
])  # fmt: skip
def test_shapes_that_do_not_fit_are_said_in_the_work_s_symbols(line: str, slip: str, problem: str) -> None:
    about = of_sheet(compose(spec.loads(QUIZ, asks=ASKS, kinds=KINDS)))
    (verdict,) = check(about, f"${line}$", form="md").verdicts
    assert (verdict.verdict, verdict.slip, verdict.problem) == ("wrong", slip, problem)


LOGISTIC = "z = w*x; p = sigmoid(z); L = -y*log(p) - (1 - y)*log(1 - p)"
TANH = "z_1 = x*w_1 + b_1; a_1 = tanh(z_1); z_2 = a_1*w_2 + b_2; L = (z_2 - y)^2"
SOFTMAX = "s = e^z_1 + e^z_2 + e^z_3; p_1 = e^z_1/s; p_2 = e^z_2/s; p_3 = e^z_3/s; L = -y_1*log(p_1) - y_2*log(p_2) - y_3*log(p_3)"


@pytest.mark.parametrize(("network", "line", "slip"), [
    # of a wrong sign only what is written can say whose it is
    (CHAIN, "dL/dw_2 = (a_2 - y)*a_2*(a_2 - 1)*a_1", "whole_sign"),
    (CHAIN, "dL/dw_2 = (y - a_2)*a_2*(1 - a_2)*a_1", "loss_sign"),
    (LOGISTIC, "dL/dp = -y/p - (1 - y)/(1 - p)", ""),
    (CHAIN, "dL/dz_2 = -dL/da_2*da_2/dz_2", "whole_sign"),
    (TANH, "dL/dw_1 = 2*(z_2 - y)*w_2*(a_1^2 - 1)*x", "whole_sign"),
    ("z = x*w; h = relu(z); g = relu(-z); L = (h + g - y)^2", "dL/dz = 2*(h + g - y)", ""),
    (CHAIN, "z_2 = a_1*w_1", "another_quantity"),
    (CHAIN, "dL/dw_1 = (a_2 - y)*a_2*(1 - a_2)*w_1*a_1*(1 - a_1)*x", "another_quantity"),
    (CHAIN, "dL/dw_1 = (a_2 - y)*a_2*(1 - a_2)*w_2*(1 - a_1^2)*x", "another_slope"),
    (TANH, "dL/dw_1 = 2*(z_2 - y)*w_2*a_1*(1 - a_1)*x", "another_slope"),
    (TANH, "dL/dw_2 = 4*(z_2 - y)*a_1", "half_or_two_added"),
    (CHAIN, "dL/dw_2 = 1/2*(a_2 - y)*a_2*(1 - a_2)*a_1", "half_or_two_added"),
    (TANH, "L = 1/2*(z_2 - y)^2", "half_or_two_added"),
    (SOFTMAX, "dL/dz_1 = dL/dp_1*dp_1/dz_1", "path_left_out"),
    (SOFTMAX, "dL/dz_1 = dL/dp_1*dp_1/dz_1 + dL/dp_1*dp_2/dz_1 + dL/dp_1*dp_3/dz_1", ""),  # it is zero
    (SOFTMAX, "dp_1/dz_2 = p_1*p_2", "whole_sign"),
])  # fmt: skip
def test_the_slip_that_was_made_is_named(network: str, line: str, slip: str) -> None:
    (verdict,) = check(of_equations(network), line, form="plain").verdicts
    assert (verdict.verdict, verdict.slip) == ("wrong", slip)


@pytest.mark.parametrize(("line", "slip"), [
    (r"\frac{\partial L}{\partial z^{[2]}} = y - \hat y", "loss_sign"),
    (r"\frac{\partial L}{\partial z_1^{[2]}} = \frac{\partial L}{\partial\hat y_1}\frac{\partial\hat y_1}{\partial z_1^{[2]}}",
     "path_left_out"),
    (r"\frac{\partial\hat y_1}{\partial z_2^{[2]}} = \hat y_1 \hat y_2", "whole_sign"),
    (r"\frac{\partial L}{\partial z^{[1]}} = (W^{[2]\top}(\hat y - y)) \odot a^{[1]} \odot (1 - a^{[1]})", "another_slope"),
])  # fmt: skip
def test_the_slip_of_a_layer_is_named(line: str, slip: str) -> None:
    about = of_sheet(compose(spec.loads(QUIZ, asks=ASKS, kinds=KINDS)))
    (verdict,) = check(about, f"${line}$", form="md").verdicts
    assert (verdict.verdict, verdict.slip) == ("wrong", slip)


def test_a_sheet_s_own_softmax_lines_are_right() -> None:
    """That the targets add up to 1 is declared with the network; of equations it is a condition."""
    sheet = compose(spec.loads(QUIZ.replace("[gradients]", "[loss_gradient, gradients]"), asks=ASKS, kinds=KINDS))
    report = check(of_sheet(sheet), format_of("markdown").render(sheet, solutions=True), form="md")
    assert {verdict.verdict for verdict in report.verdicts} == {"right"}
    softmax = "s = e^z_1 + e^z_2; p_1 = e^z_1/s; p_2 = e^z_2/s; L = -y_1*log(p_1) - y_2*log(p_2)"
    (verdict,) = check(of_equations(softmax), "dL/dz_1 = p_1 - y_1", form="plain").verdicts
    assert (verdict.verdict, verdict.needs) == ("right only when", "y_1 + y_2 = 1")


NO_SLIP = ["z_1 > b_1", "w_1 > 0", "z_1 > z_2"]


@pytest.mark.parametrize("gate", NO_SLIP)
def test_a_gate_of_one_s_own_is_no_slip_of_the_table(gate: str) -> None:
    network = "z_1 = x*w_1+b_1; h_1 = relu(z_1); z_2 = h_1*w_2+b_2; h_2 = relu(z_2); o = h_2*w_3; L = (o-y)^2/2"
    text = f"dL/dw_1 = (o - y)*w_3*w_2*x*1[{gate}]*1[z_2 > 0]"
    (verdict,) = check(of_equations(network, "", text), text, form="plain").verdicts
    assert (verdict.verdict, verdict.slip) == ("wrong", "")
