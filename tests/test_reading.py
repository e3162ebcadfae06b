"""Text in, tree out: what is read, what is refused and how, and that all that is printed reads back as it was meant."""

from __future__ import annotations

import re
import time
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from randomly import NAMES, meaning, trees
from randomly import text_of as one_row

from derivgen.errors import DerivgenError
from derivgen.expression import Apply, Name, Number, Partial, Tree, apply, column, matrix, number
from derivgen.printing import latex, plain
from derivgen.reading import LENGTH, ReadingError, Scope, read, read_line

LETTERS = ["x", "y", "z", "w_0", "w_1", "w_2", "x_0", "x_1", "a_1", "a_2", "y^*", "W_11^(2)", "yhat", "alpha", "z_12"]
SCOPE = Scope.of(LETTERS, {"g": 1, "g_1": 1, "Loss": 2})
X, Y, Z, A1 = Name("x"), Name("y"), Name("z"), Name("a_1")


def times(*factors: Tree) -> Tree:
    return apply("multiply", *factors)


def plus(*terms: Tree) -> Tree:
    return apply("add", *terms)


def minus(left: Tree, right: Tree) -> Tree:
    return apply("subtract", left, right)


def half(tree: Tree) -> Tree:
    return apply("divide", tree, number(2))


def squared(tree: Tree) -> Tree:
    return apply("power", tree, number(2))


ONE = number(1)
READ = [
    ("x * w_1", times(X, Name("w_1"))),
    ("(a_2 - y^*)^2/2", half(squared(minus(Name("a_2"), Name("y^*"))))),
    ("-0.2", apply("negate", Number(Fraction(-1, -5)))),
    ("0.3", Number(Fraction(3, 10))),
    (".5", Number(Fraction(1, 2))),
    ("w_0*x_0 + w_1*x_1 + w_2",
     plus(times(Name("w_0"), Name("x_0")), times(Name("w_1"), Name("x_1")), Name("w_2"))),
    ("sigmoid(z)", apply("sigmoid", Z)),
    ("ReLU(z)", apply("relu", Z)),
    ("max(x, y)", apply("max", X, Y)),
    ("e^(-x)", apply("exp", apply("negate", X))),
    ("e^-z", apply("exp", apply("negate", Z))),
    ("exp(x)", apply("exp", X)),
    ("ln(x)", apply("log", X)),
    ("1/(1+e^-z)", apply("divide", ONE, plus(ONE, apply("exp", apply("negate", Z))))),
    ("2x", times(number(2), X)),
    ("2 x y", times(number(2), X, Y)),
    ("2(x + y)", times(number(2), plus(X, Y))),
    ("x y^2", times(X, squared(Y))),
    ("a_1(1 - a_1)", times(A1, minus(ONE, A1))),
    ("a_1 (1-a_1)", times(A1, minus(ONE, A1))),
    ("(x)(y)", times(X, Y)),
    ("g(z)", apply("g", Z)),
    ("g_1(x)g(z)", times(apply("g_1", X), apply("g", Z))),
    ("g'(z)", Apply("g", (Z,), 1)),
    ("Loss(x, y)", apply("Loss", X, Y)),
    ("Loss'2(x, y)", Apply("Loss", (X, Y), 2)),
    ("y^*", Name("y^*")),
    ("y^* * x", times(Name("y^*"), X)),
    ("y^**x", times(Name("y^*"), X)),
    ("y*x", times(Y, X)),
    ("y^2", squared(Y)),
    ("(y^*)^2", squared(Name("y^*"))),
    ("W_11^(2)", Name("W_11^(2)")),
    ("W_11^(2)(x)", times(Name("W_11^(2)"), X)),
    ("yhat", Name("yhat")),
    ("z_12", Name("z_12")),
    ("x^(2)", squared(X)),
    ("x**2", squared(X)),
    ("x − y·z", minus(X, times(Y, Z))),
    ("-x^2", apply("negate", squared(X))),
    ("(-x)^2", squared(apply("negate", X))),
    ("x^-1", apply("power", X, number(-1))),
    ("x - y - z", plus(X, apply("negate", Y), apply("negate", Z))),
    ("x - (y - z)", minus(X, minus(Y, Z))),
    ("x/y/z", apply("divide", apply("divide", X, Y), Z)),
    ("x/y*z", times(apply("divide", X, Y), Z)),
    ("x*(-3)", times(X, apply("negate", number(3)))),
    ("|x - y|", apply("abs", minus(X, Y))),
    ("1[x > y]", apply("above", X, Y)),
    ("1[z <= 0]", apply("below", Z, number(0))),
    ("dx/dy", Partial("x", "y")),
    ("dz/dx|{y, w_1}", Partial("z", "x", ("y", "w_1"))),
    ("dy^*/dW_11^(2)", Partial("y^*", "W_11^(2)")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), READ)
def test_plain_maths_is_read_as_it_is_written(text: str, tree: Tree) -> None:
    assert read(text, SCOPE) == tree


LATEX = [
    (r"x w_1", times(X, Name("w_1"))),
    (r"x \cdot w_{1}", times(X, Name("w_1"))),
    (r"\frac{(a_2 - y^{*})^{2}}{2}", half(squared(minus(Name("a_2"), Name("y^*"))))),
    (r"(y^{*})^{2}", squared(Name("y^*"))),
    (r"y ^ {\ast }", Name("y^*")),
    (r"W_{11}^{(2)}", Name("W_11^(2)")),
    (r"W _ {11}^{(2)}", Name("W_11^(2)")),
    (r"\hat{y}", Name("yhat")),
    (r"\alpha x", times(Name("alpha"), X)),
    (r"z_{12}", Name("z_12")),
    (r"\sigma(z)", apply("sigmoid", Z)),
    (r"\mathrm{ReLU}(z)", apply("relu", Z)),
    (r"\tanh(z)", apply("tanh", Z)),
    (r"\ln(x)", apply("log", X)),
    (r"\max(x, y)", apply("max", X, Y)),
    (r"e^{-x}", apply("exp", apply("negate", X))),
    (r"\left(\frac{x}{y}\right)^{2}", squared(apply("divide", X, Y))),
    (r"a_1 (1 - a_1)", times(A1, minus(ONE, A1))),
    (r"g_1(z)", apply("g_1", Z)),
    (r"g_1'(z)", Apply("g_1", (Z,), 1)),
    (r"\mathrm{Loss}(x, y)", apply("Loss", X, Y)),
    (r"\partial_{2} \mathrm{Loss}(x, y)", Apply("Loss", (X, Y), 2)),
    (r"\lvert x \rvert", apply("abs", X)),
    (r"\mathbf{1}[x > y]", apply("above", X, Y)),
    (r"\mathbf{1}\lbrack x \le y\rbrack", apply("below", X, Y)),
    (r"\frac{\partial x}{\partial y^{*}}", Partial("x", "y^*")),
    (r"\left.\frac{\partial x}{\partial y}\right|_{z, w_1}", Partial("x", "y", ("z", "w_1"))),
    (r"\left.\frac{\partial x}{\partial y}\right\vert _ {z}", Partial("x", "y", ("z",))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), LATEX)
def test_latex_is_read_as_it_is_printed(text: str, tree: Tree) -> None:
    assert read(text, SCOPE, latex=True) == tree


def test_a_line_has_relations() -> None:
    line = read_line("z = x*w_1 ≈ 0.5*2 = 1", SCOPE)
    assert line.left == Z
    assert [relation for relation, _ in line.links] == ["=", "≈", "="]
    assert line.links[-1][1] == ONE
    update = read_line(r"w_1 \leftarrow w_1 - \alpha x", SCOPE, latex=True)
    assert [relation for relation, _ in update.links] == ["<-"]
    assert read_line("w_1 <- x", SCOPE).links == (("<-", X),)


def test_positions_point_into_the_text() -> None:
    tree = read("x * (y + g(z))", SCOPE)
    assert isinstance(tree, Apply)
    assert tree.args[0].at == 0
    inner = tree.args[1]
    assert isinstance(inner, Apply)
    assert [argument.at for argument in inner.args] == [5, 9]


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["sigma", "2*sigma + x", "sigma(x)"])
def test_a_declared_name_wins_over_an_operation(text: str) -> None:
    scope = Scope.of(["sigma", "x"])
    tree = read(text, scope)
    assert not any(isinstance(part, Apply) and part.operation == "sigmoid" for part in _parts(tree))
    again = read(latex(tree, scope), scope, latex=True)
    assert meaning(again) == meaning(tree)


def test_an_operation_whose_symbol_is_taken_is_printed_by_its_name() -> None:
    scope = Scope.of(["sigma", "x"])
    tree = read("logistic(x) * sigma", scope)
    assert tree == times(apply("sigmoid", X), Name("sigma"))
    for dialect in ("latex", "markdown", "plain"):
        assert read(one_row(tree, scope, dialect), scope, latex=dialect != "plain") == tree


@pytest.mark.parametrize("name", ["e", "id", "max", "exp", "log", "tanh", "relu", "SE", "linear", "identity", "abs"])
def test_any_operation_may_be_a_quantity(name: str) -> None:
    scope = Scope.of([name, "x"])
    for text in (name, f"{name}*x", f"{name}^2", f"2{name} + x", f"x({name} - 1)"):
        tree = read(text, scope)
        assert any(part == Name(name) for part in _parts(tree)), text
        for dialect in ("latex", "markdown", "plain"):
            again = read(one_row(tree, scope, dialect), scope, latex=dialect != "plain")
            assert meaning(again) == meaning(tree)


@pytest.mark.parametrize("dialect", ["latex", "markdown", "plain"])
@pytest.mark.parametrize("text", ["Loss(x, y)", "Loss", "Loss*x", "Loss^2 + Loss'1(x, y)", "x Loss", "x Loss(x, y)"])
def test_a_node_may_be_named_like_its_function(text: str, dialect: str) -> None:
    scope = Scope.of(["x", "y", "Loss"], {"Loss": 2})
    tree = read(text, scope)
    assert meaning(read(one_row(tree, scope, dialect), scope, latex=dialect != "plain")) == meaning(tree)
    calls = [part for part in _parts(tree) if isinstance(part, Apply) and part.operation == "Loss"]
    assert len(calls) == text.count("(")


@pytest.mark.parametrize("twins", [("x1", "x_1"), ("W_1", "W_{1}"), ("z12", "z_12"), ("x_{1}", "x1")])
def test_names_that_print_alike_are_refused(twins: tuple[str, str]) -> None:
    with pytest.raises(DerivgenError, match="print alike"):
        Scope.of(twins)


@pytest.mark.parametrize("twins", [("x_1", "x1"), ("hat", "mathrm"), ("rho", "p"), ("xhat", "x")])
def test_only_names_that_print_alike_are_refused(twins: tuple[str, str]) -> None:
    from derivgen.notation import latex_name

    if latex_name(twins[0]) == latex_name(twins[1]):
        with pytest.raises(DerivgenError, match="print alike"):
            Scope.of(twins)
    else:
        Scope.of(twins)


def test_x1_is_x_with_an_index() -> None:
    scope = Scope.of(["x1", "x2"])
    tree = read("x1*x2 + 2x1", scope)
    assert tree == plus(times(Name("x1"), Name("x2")), times(number(2), Name("x1")))
    assert latex(tree, scope) == "x_1 x_2 + 2 x_1"
    assert read(latex(tree, scope), scope, latex=True) == tree


def test_an_open_scope_takes_every_name() -> None:
    scope = Scope.of([], open=True)
    assert read("w*x + b", scope) == plus(times(Name("w"), X), Name("b"))
    assert read("a*(1 - a)", scope) == times(Name("a"), minus(ONE, Name("a")))
    assert read("a(1 - a)", Scope.of(["a"], open=True)) == times(Name("a"), minus(ONE, Name("a")))
    for text in ("a(1 - a)", "y^*(1 - y^*)", "g_1(z)"):  # a product, or a function?
        with pytest.raises(ReadingError, match="column 1: '.*' is no known function; write"):
            read(text, scope)
    with pytest.raises(ReadingError, match="did you mean 'sigmoid'"):
        read("sigmiod(z)", scope)


# --- names with a layer above, and indices that are names -------------------------------------------------------------

LAYERED = ["x", "x_0", "x_1", "W_11", "W_11^2", "W_01^2", "beta_2^1", "alpha^2", "w_11^[1]", "W_{10,2}^(1)",
           "w_{x_1,h_2}", "o_{h_1}", "o_{h_12}", "yhat", "yhat_2", "ell", "lambda", "e^2", "h_{alpha_1,b}"]  # fmt: skip
LAYERS = Scope.of(LAYERED, {"g": 1}, arrays=["W^2", "W^(2)", "W^[1]", "delta^(2)", "X"])


@pytest.mark.parametrize("dialect", ["latex", "markdown", "plain"])
@pytest.mark.parametrize("name", [*LAYERED, *sorted(LAYERS.arrays)])
def test_a_name_may_carry_its_layer(name: str, dialect: str) -> None:
    trees: list[Tree] = [
        Name(name), Partial("ell", name), Partial(name, "x"), times(X, Name(name)), times(Name(name), X),
        plus(Name(name), Partial("ell", name)), Partial("ell", "x", (name, "x_1")),
    ]  # fmt: skip
    if name not in LAYERS.arrays:
        trees += [squared(Name(name)), times(squared(Name(name)), Partial("ell", name)), squared(Partial("ell", name))]
    for tree in trees:
        assert read(one_row(tree, LAYERS, dialect), LAYERS, latex=dialect != "plain") == tree


def test_a_number_above_is_a_label_only_where_it_is_declared() -> None:
    for text, tree in [
        ("x^2", squared(X)), ("W_11^2", Name("W_11^2")), ("W_11^3", apply("power", Name("W_11"), number(3))),
        ("W_11^25", apply("power", Name("W_11"), number(25))), ("beta_2^1^2", squared(Name("beta_2^1"))),
        ("x^2*W_11^2", times(squared(X), Name("W_11^2"))), ("dell/dW_11^2", Partial("ell", "W_11^2")),
        ("dell/dx_1^2", squared(Partial("ell", "x_1"))), ("x_0^(2)", squared(Name("x_0"))),
    ]:  # fmt: skip
        assert read(text, LAYERS) == tree, text
    both = Scope.of(["x", "x^2"])
    assert read("x^2", both) == Name("x^2")
    for dialect in ("latex", "markdown", "plain"):
        text = one_row(squared(X), both, dialect)
        assert text.replace(" ", "") in ("(x)^{2}", "(x)^2")
        assert read(text, both, latex=dialect != "plain") == squared(X)
    opened = Scope.of([], open=True)
    assert read("x^2 + W_11^2", opened) == plus(squared(X), squared(Name("W_11")))
    assert read("w^[1]*y^*", opened) == times(Name("w^[1]"), Name("y^*"))


@pytest.mark.parametrize("twins", [("w_{x_1,h}", "w_{x1,h}"), ("x^2", "x^(2)"), ("W_11^2", "W_{11}^2")])
def test_layered_names_that_print_alike_are_refused(twins: tuple[str, str]) -> None:
    from derivgen.notation import latex_name

    if latex_name(twins[0]) == latex_name(twins[1]):
        with pytest.raises(DerivgenError, match="print alike"):
            Scope.of(twins)
        with pytest.raises(DerivgenError, match="print alike"):
            Scope.of(twins[:1], arrays=twins[1:])
    else:
        Scope.of(twins)


def test_an_array_needs_a_name_of_its_own() -> None:
    with pytest.raises(DerivgenError, match="'x' would be a quantity and an array"):
        Scope.of(["x"], arrays=["x"])


@pytest.mark.parametrize("text", [r"x^{2}_1", r"W_{11}^{3}_1", r"o_{h_2}", r"X^{2\top}", r"W^{3}"])
def test_no_script_is_ever_dropped(text: str) -> None:
    with pytest.raises(ReadingError):
        read(text, LAYERS, latex=True)


# --- matrices --------------------------------------------------------------------------------------------------------

A, W2 = Name("X"), Name("W^(2)")
MATRICES = [
    ("[x, -x_1; 3, 1]", matrix([[X, apply("negate", Name("x_1"))], [number(3), ONE]])),
    ("[x; x_1]", column([X, Name("x_1")])),
    ("transpose(W^(2))*X", times(apply("transpose", W2), A)),
    ("hadamard(transpose(W^(2))*delta^(2), g'(X))",
     apply("hadamard", times(apply("transpose", W2), Name("delta^(2)")), Apply("g", (A,), 1))),
    ("2*hadamard(X, 1 - X)", times(number(2), apply("hadamard", A, minus(ONE, A)))),
    ("W^(2) - lambda*dell/dW^(2)", minus(W2, times(Name("lambda"), Partial("ell", "W^(2)")))),
    ("W^2*transpose([1, 2; 3, 4])*(X + X)",
     times(Name("W^2"), apply("transpose", matrix([[number(1), number(2)], [number(3), number(4)]])), plus(A, A))),
    ("transpose(dell/dW^(2))", apply("transpose", Partial("ell", "W^(2)"))),
    ("-hadamard(X, X)", apply("negate", apply("hadamard", A, A))),
    ("hadamard(hadamard(X, -X), X*X)",
     apply("hadamard", apply("hadamard", A, apply("negate", A)), times(A, A))),
    ("[x/2, x^2]", matrix([[half(X), squared(X)]])),
    ("g(W^2*X - [1; 2])", apply("g", minus(times(Name("W^2"), A), column([ONE, number(2)])))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), MATRICES)
def test_matrices_are_read_as_they_are_printed(text: str, tree: Tree) -> None:
    assert read(text, LAYERS) == tree
    assert plain(tree, LAYERS) == text
    for dialect in ("latex", "markdown"):
        assert read(one_row(tree, LAYERS, dialect), LAYERS, latex=True) == tree


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("[1, 2; 3]", 8, "row 2 of a matrix is 1 wide, its first row 2"),
        ("[1; x; 1, 2]", 8, "row 3 of a matrix is 2 wide, its first row 1"),
        ("[1, [2]]", 5, "cannot stand in a matrix"), ("[1, 2", 1, "never closed"), ("[]", 2, "cannot stand here"),
        ("[1; ]", 5, "cannot stand here"), ("1; 2", 2, "';' cannot be read"), ("hadamard(X)", 1, "takes 2 arguments"),
        ("transpose'(X)", 1, "no such derivative"), ("[1,, 2]", 4, "cannot stand here"), ("X [1]", 3, "cannot stand"),
    ],
)  # fmt: skip
def test_what_is_no_matrix_is_refused_with_its_place(text: str, column: int, says: str) -> None:
    with pytest.raises(ReadingError, match=says) as caught:
        read(text, LAYERS)
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        (r"\begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}", 26, "row 2 of a matrix is 1 wide"),
        (r"\begin{bmatrix} 1 & 2", 1, "never closed"), (r"1 \\ 2", 3, "cannot be read"),
        (r"\begin{pmatrix} 1 \end{pmatrix}", 1, r"\\begin cannot be read"), (r"[1]", 1, "cannot stand here"),
        (r"X X \odot X", 5, "two ways"), (r"X \odot X X", 11, "two ways"), (r"X \top", 3, "write"),
        (r"\frac{\partial x}{\partial X^{\top}}", 35, "transposed as a whole"), (r"\end{bmatrix}", 1, "cannot stand"),
        (r"X^{\top", 3, "never closed"),
    ],
)  # fmt: skip
def test_latex_that_is_no_matrix_is_refused_with_its_place(text: str, column: int, says: str) -> None:
    with pytest.raises(ReadingError, match=says) as caught:
        read(text, LAYERS, latex=True)
    assert caught.value.column == column


def test_a_last_row_may_be_closed() -> None:
    text = r"\begin{bmatrix}1&2\\3&4\\\end{bmatrix}^\top"
    assert read(text, LAYERS, latex=True) == read("transpose([1, 2; 3, 4])", LAYERS)


def _parts(tree: Tree) -> list[Tree]:
    from derivgen.expression import walk

    return list(walk(tree))


# --- refusals --------------------------------------------------------------------------------------------------------

REFUSED = [
    ("x + q", 1, 5, "'q' is unknown"),
    ("w1", 1, 1, "did you mean 'w_1'?"),
    ("x *\n  alhpa", 2, 3, "did you mean 'alpha'?"),
    ("sigmiod(z)", 1, 1, "did you mean 'sigmoid'?"),
    ("2 * sigmoid", 1, 5, "'sigmoid' is a function; write sigmoid"),
    ("x +", 1, 4, "something is missing"),
    ("", 1, 1, "nothing to read"),
    ("  ", 1, 1, "nothing to read"),
    ("(x + y", 1, 1, "never closed"),
    ("x + y)", 1, 6, "cannot stand here"),
    ("()", 1, 2, "cannot stand here"),
    ("x * -3", 1, 5, "write brackets"),
    ("x + -3", 1, 5, "write brackets"),
    ("--x", 1, 2, "write brackets"),
    ("+x", 1, 1, "not needed"),
    ("x 2", 1, 3, r"write \* between"),
    ("2 3", 1, 3, r"write \* between"),
    ("x/2y", 1, 4, "two ways"),
    ("1/2x", 1, 4, "two ways"),
    ("x^y", 1, 1, "exponent must be a whole number"),
    ("x^0.5", 1, 1, "exponent must be a whole number"),
    ("2^x", 1, 1, "exponent must be a whole number"),
    ("x^2^2", 1, 4, "needs brackets"),
    ("x^100", 1, 1, "too large"),
    ("((x^60)^60)", 1, 2, "too large"),
    ("g(x, y)", 1, 1, "takes 1 argument, not 2"),
    ("max(x)", 1, 1, "takes 2 arguments, not 1"),
    ("g()", 1, 3, "cannot stand here"),
    ("sigmoid'(z)", 1, 1, "has no such derivative"),
    ("Loss'(x, y)", 1, 6, "which derivative"),
    ("Loss'3(x, y)", 1, 1, "has no such derivative"),
    ("1e-3", 1, 1, "write 1e-3 as 0.001"),
    ("x = y", 1, 3, "cannot stand here"),
    ("x & y", 1, 3, "'&' cannot be read"),
    ("x; y", 1, 2, "';' cannot be read"),
    ("__import__('os')", 1, 1, "cannot be read"),
    ("x.y", 1, 2, "cannot be read"),
    ("1[x]", 1, 4, "compares two quantities"),
    ("x > y", 1, 3, "cannot stand here"),
    ("x,y", 1, 2, "cannot stand here"),
    ("dx/dq", 1, 1, "unknown"),
    ("dx/dy|{q}", 1, 8, "expected the name"),
    ("dx/dy|{}", 1, 8, "expected the name"),
    ("dx/dy|{z", 1, 9, "expected '}'"),
    ("dx/dy|{z,", 1, 10, "expected the name"),
    ("é", 1, 1, "cannot be read"),
    ("x^", 1, 3, "missing"),
    ("e^", 1, 3, "missing"),
    ("e^-", 1, 4, "missing"),
    ("|x", 1, 1, "never closed"),
    ("x|", 1, 2, "cannot stand here"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "says"), REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(ReadingError, match=says) as caught:
        read(text, SCOPE)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert "\n" not in str(caught.value)


REFUSED_LATEX = [
    (r"\foo", r"\\foo cannot be read"), (r"\frac{x}", "expected"), (r"\frac{x}{y", "never closed|expected"),
    (r"x_", "unknown|missing|expected"), (r"x_{1", "never closed"), (r"\left.\frac{\partial x}{\partial y}", "right"),
    (r"\left.", "expected"), (r"\frac{\partial}{\partial x}", "expected a name"), (r"\partial", "expected"),
    (r"\mathbf{1}", "expected"), (r"y^{**}", "whole number|cannot"), (r"\hat{q}", "unknown"),
    (r"\hat{", r"\\hat cannot be read"),
    (r"x \cdot", "missing"), (r"\lvert x", "never closed"), ("$x$", "cannot be read"), (r"x \\ y", "cannot be read"),
    (r"\input{/etc/passwd}", r"^line 1, column 1: \\input cannot be read"),
    (r"x^", "missing"), (r"\partial_{x} g(z)", "expected|number"),
    (r"x^{", "never closed|missing"), (r"\left(x", "never closed"), (r"\sigma", "write|brackets"), (r"e", "unknown"),
    (r"\left.\frac{\partial x}{\partial y}\right|_{q}", "unknown"), (r"\frac{\partial x}{\partial q}", "unknown"),
    (r"\left.\frac{\partial x}{\partial y}\right|_{", "missing"),
    (r"\left.\frac{\partial x}{\partial y}\right|_{2}", "unknown"),
    (r"\partial_{1", "expected"), (r"g^{\prime", "never closed"), (r"\partial_", "expected"), (r"x_{}", "missing"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), REFUSED_LATEX)
def test_latex_that_cannot_be_read_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(ReadingError, match=says) as caught:
        read(text, SCOPE, latex=True)
    assert caught.value.line == 1
    assert 1 <= caught.value.column <= len(text) + 1


HUGE = [
    "9^9^9^9", "(((9^9)^9)^9)^9", "((9^60)^60)^60", "(" * 10_000 + "x" + ")" * 10_000, "(" * 10_000,
    "x + " * 100_000 + "x",
    "9" * 10_000, "0." + "1" * 500, "x^" + "9" * 500, "x" * 100_000, "a" * 50_000_000, "-(" * 500 + "x" + ")" * 500,
    "e^" * 3000 + "x", "e^-" * 3000 + "x", "|" * 3000, "g(" * 2000 + "x" + ")" * 2000, "((x + 1)^16*(x + 2)^16)^16",
    "1[" * 1000, "g" + "'" * 3000, "\x00" * 10, "x^-" + "-" * 3000, "e^(" * 1000, "x_" + "1" * 3000, "{" * 3000,
    "x^(" * 1000, "[" * 3000, "[1, " * 500, "[1; 2" * 300, "transpose(" * 1000, r"\begin{bmatrix}" * 200,
    r"x \odot " * 1000 + "x",
]  # fmt: skip


@pytest.mark.parametrize("latex", [False, True])
@pytest.mark.parametrize("text", HUGE, ids=lambda text: f"{text[:8]}…{len(text)}")
def test_what_is_too_large_is_one_clear_line_at_once(text: str, latex: bool) -> None:
    start = time.perf_counter()
    with pytest.raises(ReadingError) as caught:
        read(text, SCOPE, latex=latex)
    assert time.perf_counter() - start < 1
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_wide_sum_is_not_deep() -> None:
    text = " + ".join(["x"] * 900)
    tree = read(text, SCOPE)
    assert isinstance(tree, Apply)
    assert len(tree.args) == 900
    assert len(text) < LENGTH


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=r"xyegw_012^*()[]{}|'.,+-/=<> \sigmafrcdptl" + "\n", max_size=30), st.booleans())
def test_any_text_is_read_or_refused(text: str, latex: bool) -> None:
    scope = Scope.of(["x", "y", "w_1", "e"], {"g": 1})
    try:
        tree = read(text, scope, latex=latex)
    except DerivgenError:
        return
    assume(not latex)
    assert meaning_or_none(read(plain(tree, scope), scope)) == meaning_or_none(tree)


def meaning_or_none(tree: Tree) -> int | None:
    try:
        return meaning(tree)
    except ValueError:  # it divides by zero
        return None


# --- what is printed reads back --------------------------------------------------------------------------------------

PRINTED_SCOPE = Scope.of(NAMES, {"g": 1, "h": 2})


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees())
def test_what_is_printed_reads_back_as_it_was_meant(tree: Tree) -> None:
    wanted = meaning_or_none(tree)
    for dialect in ("latex", "markdown", "plain"):
        text = one_row(tree, PRINTED_SCOPE, dialect)
        try:
            again = read(text, PRINTED_SCOPE, latex=dialect != "plain")
        except ReadingError as error:
            assert re.search("too large", str(error)), text  # a degree over the cap
            continue
        assert meaning_or_none(again) == wanted, (text, plain(again, PRINTED_SCOPE))
        twice = one_row(again, PRINTED_SCOPE, dialect)
        assert twice == text or meaning_or_none(read(twice, PRINTED_SCOPE, latex=dialect != "plain")) == wanted, (text, twice)
