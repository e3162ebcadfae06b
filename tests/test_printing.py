"""The textbook look: what a teacher would write, in LaTeX, Markdown and plain maths."""

from __future__ import annotations

import contextlib
import re
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from randomly import NAMES, meaning, networks, text_of, trees

from derivgen.derivation import DerivationError, adjoints, closed_form, forward_form
from derivgen.expression import Apply, Name, Number, Tree, apply, number
from derivgen.graph import Graph
from derivgen.notation import latex_name
from derivgen.printing import BREAK, WIDEST, _width, exact_decimal, latex, plain, portable, printed
from derivgen.reading import Scope, read

SCOPE = Scope.of(["x", "y", "z", "w_1", "a_1", "y^*", "alpha", "W_11^(2)", "yhat"], {"g": 1, "h": 2})
X, Y, Z = Name("x"), Name("y"), Name("z")


def times(*factors: Tree) -> Tree:
    return apply("multiply", *factors)


def minus(tree: Tree) -> Tree:
    return apply("negate", tree)


LOOKS = [
    ("x*w_1", "x w_1", "x*w_1"),
    ("2*x", "2 x", "2*x"),
    ("x*2", r"x \cdot 2", "x*2"),
    ("2*3*x", r"2 \cdot 3 x", "2*3*x"),
    ("2*(1/3)*x", r"2 \cdot \frac{1}{3} \cdot x", None),
    ("x*(-3)", r"x (-3)", "x*(-3)"),
    ("x*(-y)", r"x (-y)", "x*(-y)"),
    ("-x*y", "-x y", "-x*y"),
    ("-(x + y)", "-(x + y)", "-(x + y)"),
    ("x - (-y)", "x - (-y)", "x - (-y)"),
    ("x - (y - z)", "x - (y - z)", "x - (y - z)"),
    ("x + (-3)", "x - 3", "x - 3"),
    ("a_1*(1 - a_1)", "a_1 (1 - a_1)", "a_1*(1 - a_1)"),
    ("(x - y^*)^2/2", r"\frac{(x - y^{*})^{2}}{2}", "(x - y^*)^2/2"),
    ("(y^*)^2", "(y^{*})^{2}", "(y^*)^2"),
    ("1/(1 + e^(-x))", r"\frac{1}{1 + e^{-x}}", "1/(1 + e^(-x))"),
    ("(x/y)^2", r"\left(\frac{x}{y}\right)^{2}", "(x/y)^2"),
    ("x/(y*z)", r"\frac{x}{y z}", "x/(y*z)"),
    ("W_11^(2)*yhat*alpha", r"W_{11}^{(2)} \hat{y} \alpha", "W_11^(2)*yhat*alpha"),
    ("sigmoid(x)*relu(y)", r"\sigma(x) \mathrm{ReLU}(y)", "sigmoid(x)*relu(y)"),
    ("max(x, y)", r"\max(x, y)", "max(x, y)"),
    ("|x - y|", r"\lvert x - y \rvert", "abs(x - y)"),
    ("g'(x)*h'2(x, y)", r"g'(x) \partial_{2} h(x, y)", "g'(x)*h'2(x, y)"),
    ("1[x > 0]*y", r"\mathbf{1}[x > 0] \cdot y", "1[x > 0]*y"),
    ("x^-2", "x^{-2}", "x^(-2)"),
    ("(-x)^2", "(-x)^{2}", "(-x)^2"),
    ("dx/dy*y", r"\frac{\partial x}{\partial y} y", "dx/dy*y"),
    ("0.30*x", "0.30 x", "0.30*x"),
    ("half_squared_error(x, y)", r"\frac{1}{2} (x - y)^{2}", "1/2*(x - y)^2"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tex", "written"), LOOKS)
def test_it_looks_as_in_a_textbook(text: str, tex: str, written: str | None) -> None:
    tree = read(text, SCOPE)
    assert latex(tree, SCOPE) == tex
    if written is not None:
        assert plain(tree, SCOPE) == written


@pytest.mark.parametrize(
    ("tree", "tex", "written"),
    [
        (number(-3), "-3", "-3"),
        (times(X, number(-3)), "x (-3)", "x*(-3)"),
        (times(number(-3), X), "(-3) x", "(-3)*x"),
        (minus(times(minus(X), Y)), "-(-x y)", "-(-x*y)"),
        (times(X, times(minus(Y), Z)), r"x \cdot (-y z)", "x*(-y*z)"),
        (apply("add", X, times(minus(Y), Z)), "x + (-y z)", "x + (-y*z)"),
        (apply("subtract", X, times(number(-2), Y)), "x - (-2) y", "x - (-2)*y"),
        (apply("add", X, minus(Y), minus(Z)), "x - y - z", "x - y - z"),
        (number(Fraction(1, 2)), r"\frac{1}{2}", "1/2"),
        (times(number(Fraction(1, 2)), X), r"\frac{1}{2} x", "1/2*x"),
        (times(X, number(Fraction(1, 2))), r"x \frac{1}{2}", "x*(1/2)"),
        (apply("power", number(Fraction(1, 2)), number(2)), r"\left(\frac{1}{2}\right)^{2}", "(1/2)^2"),
        (apply("divide", X, number(Fraction(1, 2))), r"\frac{x}{\frac{1}{2}}", "x/(1/2)"),
        (apply("power", number(-2), number(2)), "(-2)^{2}", "(-2)^2"),
        (apply("reciprocal", times(X, Y)), r"\frac{1}{x y}", "1/(x*y)"),
        (Number(Fraction(-3, 10), "-0.30"), "-0.30", "-0.30"),
        (apply("divide", minus(X), Y), r"\frac{-x}{y}", "(-x)/y"),
    ],
)  # fmt: skip
def test_signs_and_fractions(tree: Tree, tex: str, written: str) -> None:
    assert latex(tree, SCOPE) == tex
    assert plain(tree, SCOPE) == written
    assert read(tex, SCOPE, latex=True) is not None
    assert read(written, SCOPE) is not None


@pytest.mark.parametrize(
    ("text", "latex_text"),
    [
        ("Sum*E*x", r"\mathrm{Sum} \cdot E x"),
        ("E*Sum", r"E \cdot \mathrm{Sum}"),
        ("input_i*aa", r"\mathrm{input}_i \cdot \mathrm{aa}"),
        ("x*relu(E)", r"x \cdot \mathrm{ReLU}(E)"),
        ("relu(E)*x", r"\mathrm{ReLU}(E) x"),
        ("Sum^2*E", r"\mathrm{Sum}^{2} \cdot E"),
        ("x*(Sum + E)", r"x (\mathrm{Sum} + E)"),
        ("alpha*x*E", r"\alpha x E"),
    ],
)
def test_an_upright_word_stands_apart_from_its_neighbours(text: str, latex_text: str) -> None:
    scope = Scope.of(["Sum", "E", "x", "input_i", "aa", "alpha"])
    tree = read(text, scope)
    assert latex(tree, scope) == latex_text
    assert meaning(read(latex_text, scope, latex=True)) == meaning(tree)


# --- no printed line has them ----------------------------------------------------------------------------------------

NEVER = {
    "two signs": r"[-+]\s*[-+]",
    "two numbers side by side": r"(?<![\^{_\d.])\b\d+(?:\.\d+)?\s+\d",
    "a number after a bracket or a factor": r"\)\s*\d",
    "a lone dot": r"\\cdot\s*(?:\\cdot|[-+)=}]|$)",
    "empty brackets": r"\(\s*\)|\{\s*\}",
}
NEVER_IN_SYMBOLIC = {
    "a factor one": r"(?<![\w.\]])1\s*(?:\\cdot|\*)|(?:\\cdot|\*)\s*1(?![\w.\[\]/])",
    "a zero with a sign": r"-\s*0(?![.\d])",
    "a power one": r"\^\{1\}|\^1(?!\d)",
    "a term zero": r"[-+]\s*0(?![.\d])",
    "a plus and a minus": r"\+\s*\(?-\d",
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(networks())
def test_no_derivation_has_what_no_teacher_writes(network: object) -> None:
    graph = network.graph  # type: ignore[attr-defined]
    of = graph.output
    sweep = adjoints(graph, of)
    for wrt in graph.ancestors(of) - {of}:
        lines = [forward_form(graph, of, wrt), sweep[wrt]]
        with contextlib.suppress(DerivationError):
            lines.append(closed_form(graph, lines[0]))
        for i, tree in enumerate(lines):
            for dialect in ("latex", "plain"):
                text = text_of(tree, graph.scope, dialect)
                for what, pattern in (NEVER | (NEVER_IN_SYMBOLIC if i < 2 else {})).items():
                    assert not re.search(pattern, text), (what, text)


@settings(max_examples=300, deadline=None)
@given(trees(8))
def test_two_numbers_always_have_a_dot(tree: Tree) -> None:
    scope = Scope.of(NAMES, {"g": 1, "h": 2})
    for dialect in ("latex", "markdown"):
        text = text_of(tree, scope, dialect)
        for what in ("two signs", "two numbers side by side", "a number after a bracket or a factor"):
            assert not re.search(NEVER[what], text), (what, text)


# --- number lines ----------------------------------------------------------------------------------------------------


def filled(text: str, dialect: str, **numbers: str) -> str:
    form = printed(read(text, SCOPE), SCOPE, dialect, numeric=True)
    return form.fill({Name(name): value for name, value in numbers.items()}).replace(BREAK, "")


@pytest.mark.parametrize(
    ("text", "numbers", "tex", "written"),
    [
        ("x*y*z", {"x": "1", "y": "1", "z": "-0.2"}, r"1 \cdot 1 \cdot (-0.2)", "1*1*(-0.2)"),
        ("x*y", {"x": "-3", "y": "2"}, r"(-3) \cdot 2", "(-3)*2"),
        ("x + y", {"x": "-3", "y": "-2"}, "-3 + (-2)", "-3 + (-2)"),
        ("x - y", {"x": "5", "y": "-2"}, "5 - (-2)", "5 - (-2)"),
        ("-x", {"x": "-2"}, "-(-2)", "-(-2)"),
        ("-x*y", {"x": "-2", "y": "3"}, r"-(-2) \cdot 3", "-(-2)*3"),
        ("x^2", {"x": "-2"}, "(-2)^{2}", "(-2)^2"),
        ("x^2", {"x": "2"}, "2^{2}", "2^2"),
        ("x/y", {"x": "-1", "y": "-2"}, r"\frac{-1}{-2}", "(-1)/(-2)"),
        ("e^(-x)", {"x": "-2"}, "e^{-(-2)}", "e^(-(-2))"),
        ("1*x", {"x": "1"}, r"1 \cdot 1", "1*1"),
        ("2*x*(1 - y)", {"x": "1", "y": "-1"}, r"2 \cdot 1 \cdot (1 - (-1))", "2*1*(1 - (-1))"),
        ("max(x, y)", {"x": "-1", "y": "0"}, r"\max(-1, 0)", "max(-1, 0)"),
        ("1[x > 0]*y", {"x": "-1", "y": "2"}, r"\mathbf{1}[-1 > 0] \cdot 2", "1[-1 > 0]*2"),
        ("|x|", {"x": "-1"}, r"\lvert -1 \rvert", "abs(-1)"),
    ],
)
def test_a_number_line_keeps_every_factor(text: str, numbers: dict[str, str], tex: str, written: str) -> None:
    assert filled(text, "latex", **numbers) == tex
    assert filled(text, "plain", **numbers) == written


def test_a_number_line_has_as_many_slots_as_its_symbolic_line_has_quantities() -> None:
    form = printed(read("x*x*y + x - 2*g(y)*dx/dy", SCOPE), SCOPE, "latex", numeric=True)
    assert [quantity for quantity, _ in form.slots[:4]] == [X, X, Y, X]
    assert len(form.slots) == 6
    assert len(form.pieces) == 7


# --- details ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "tex"),
    [
        ("x", "x"), ("x1", "x_1"), ("w_12", "w_{12}"), ("y^*", "y^{*}"), ("W_11^(2)", "W_{11}^{(2)}"),
        ("yhat", r"\hat{y}"), ("wbar_2", r"\bar{w}_2"), ("alpha", r"\alpha"), ("Loss", r"\mathrm{Loss}"),
        ("L_train", r"L_{\mathrm{train}}"), ("W_{1,2}", "W_{1,2}"), ("a_1^(l)", "a_1^{(l)}"),
        ("w_11^[1]", "w_{11}^{[1]}"), ("beta_2^1", r"\beta_2^{1}"), ("alpha^2", r"\alpha^{2}"), ("W_01^2", "W_{01}^{2}"),
        ("w_{x_1,h_2}", "w_{x_1,h_2}"), ("o_{h_12}", "o_{h_{12}}"), ("yhat_2", r"\hat{y}_2"), ("ell", r"\ell"),
        ("W_{10,2}^(1)", "W_{10,2}^{(1)}"), ("o_{in_1}", r"o_{\mathrm{in}_1}"), ("x_0", "x_0"),
    ],
)  # fmt: skip
def test_names_are_typeset(name: str, tex: str) -> None:
    assert latex_name(name) == tex


@pytest.mark.parametrize(
    "name", ["", "1x", "x__1", "x^2.5", "x_", "x y", "é", "x" * 41, "x1_2", "$x$", r"\alpha", "x^(2"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    from derivgen.errors import DerivgenError

    with pytest.raises(DerivgenError, match=r"not a name|two subscripts"):
        latex_name(name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(3, 8), "0.375"), (Fraction(-3, 8), "-0.375"), (Fraction(1, 3), None), (Fraction(7), "7"),
        (Fraction(1, 100), "0.01"), (Fraction(-1, 20), "-0.05"), (Fraction(0), "0"), (Fraction(12345, 10), "1234.5"),
    ],
)  # fmt: skip
def test_finite_decimals(value: Fraction, text: str | None) -> None:
    assert exact_decimal(value) == text


@given(st.fractions(max_denominator=1000))
def test_a_finite_decimal_is_exact(value: Fraction) -> None:
    text = exact_decimal(value)
    assert text is None or Fraction(text) == value


@pytest.mark.parametrize("text", [r"y^{*}", r"W_{11}^{(2)}", r"\mathbf{1}[x < y]", r"\left.\frac{x}{y}\right|_{z}"])
def test_markdown_has_nothing_that_its_readers_take_for_markup(text: str) -> None:
    seen = portable(text)
    assert not re.search(r"[*|\[\]~]|\S_|_\S|\S<|<\S", seen)
    assert portable(seen) == seen, "once is enough"


@settings(max_examples=150, deadline=None)
@given(trees(10))
def test_every_brace_is_closed_and_every_left_has_its_right(tree: Tree) -> None:
    scope = Scope.of(NAMES, {"g": 1, "h": 2})
    for dialect in ("latex", "markdown"):
        text = text_of(tree, scope, dialect)
        assert text.count("{") == text.count("}")
        assert text.count(r"\left") == text.count(r"\right")


def test_a_declared_name_is_never_printed_as_a_call() -> None:
    scope = Scope.of(["sigmoid", "x"])
    tree = times(Name("sigmoid"), Apply("sigmoid", (X,)))
    for dialect in ("latex", "plain"):
        assert read(text_of(tree, scope, dialect), scope, latex=dialect == "latex") == tree


LONG = "alpha + alpha*yhat + alpha*yhat^2 + alpha*yhat^3 + 1/2 + alpha*yhat^4 + alpha*yhat^5"


@pytest.mark.parametrize("text", [f"x*({LONG} + z*({LONG} + x*({LONG})))*y", f"y - x*({LONG})*z*({LONG})/(x + y)"])
def test_a_long_bracket_or_fraction_is_broken_and_reads_back(text: str) -> None:
    tree = read(text, SCOPE)
    for dialect in ("latex", "markdown"):
        line = printed(tree, SCOPE, dialect).text
        rows = line.split(BREAK)
        assert len(rows) > 1 and max(map(_width, rows)) <= WIDEST
        assert all(len(re.findall(r"\\left(?![a-z])", row)) == len(re.findall(r"\\right(?![a-z])", row)) for row in rows)
        assert all(row.count("{") == row.count("}") for row in rows)
        assert meaning(read(line.replace(BREAK, ""), SCOPE, latex=True)) == meaning(tree)


def test_a_factor_behind_a_quotient_too_wide_for_a_fraction_has_a_dot() -> None:
    names = [f"x_{i}" for i in range(30)]
    scope = Graph.of(f"f = {' + '.join(names)}").scope
    wide = apply("divide", number(128), apply("add", *map(Name, names)))
    tree = apply("multiply", wide, apply("subtract", number(1), Name("x_0")))
    text = printed(tree, scope, "latex").text.replace(BREAK, "")
    assert text.endswith(r") \cdot (1 - x_0)") and read(text, scope, latex=True) == tree
