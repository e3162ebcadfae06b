"""Matrices end to end: a 2-2-1 network's lines printed, read back, certified, filled, rendered and put into a key."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from randomly import NAMES, meaning, trees
from rendering import formulas, github_errors, katex_errors, leftovers, pdf_text

from derivgen import certify
from derivgen.arrays import ShapeError, column, entries, matrix, named, shape, worked
from derivgen.derivation import Chain, Filled, Value, chain
from derivgen.errors import CertificateError
from derivgen.exercise import Known, Part
from derivgen.explain import Rows
from derivgen.expression import ONE, Apply, Name, Partial, Tree, apply
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.pdf import compile_pdf
from derivgen.plan import Plan
from derivgen.preparing import PreparedChain, prepare, prove
from derivgen.printing import BREAK, WIDEST, latex, printed
from derivgen.reading import ReadingError, Scope, read
from derivgen.sheet import Exercise, certified
from derivgen.writing import _entry

DIALECTS = ("latex", "markdown", "plain")
REFUSED = (CertificateError, ReadingError)
EQUATIONS = """
z_1^(1) = W_11^(1)*x_1 + W_21^(1)*x_2
z_2^(1) = W_12^(1)*x_1 + W_22^(1)*x_2
a_1^(1) = {activation}(z_1^(1))
a_2^(1) = {activation}(z_2^(1))
z_1^(2) = W_11^(2)*a_1^(1) + W_21^(2)*a_2^(1)
H = z_1^(2)^2 + c*z_1^(2)
"""
LEAVES = ["x_1", "x_2", "W_11^(1)", "W_12^(1)", "W_21^(1)", "W_22^(1)", "W_11^(2)", "W_21^(2)", "c", "alpha"]


def network(activation: str = "relu") -> Graph:
    graph = Graph.of(EQUATIONS.format(activation=activation), LEAVES, kinks="left")
    arrays = (
        ("W^(1)", matrix([[Name("W_11^(1)"), Name("W_12^(1)")], [Name("W_21^(1)"), Name("W_22^(1)")]])),
        ("W^(2)", column([Name("W_11^(2)"), Name("W_21^(2)")])),
        ("x", column([Name("x_1"), Name("x_2")])),
        ("z^(1)", column([Name("z_1^(1)"), Name("z_2^(1)")])),
        ("a^(1)", column([Name("a_1^(1)"), Name("a_2^(1)")])),
        ("delta^(1)", column([Partial("H", "z_1^(1)"), Partial("H", "z_2^(1)")])),
        ("delta^(2)", column([Partial("H", "z_1^(2)")])),
    )
    return replace(graph, arrays=arrays)


GRAPH = network()
GIVEN = {name: Fraction(text) for name, text in zip(LEAVES, "1 -3 2 0.5 -1 4 3 -2 -1 0.1".split(), strict=True)}


def tree(text: str, graph: Graph = GRAPH) -> Tree:
    return read(text, graph.scope)


PRODUCT = tree("transpose(W^(1))*x")
SLOPES = tree("hadamard(W^(2)*delta^(2), 1[z^(1) > 0])")
OUTER = tree("x*transpose(delta^(1))")
STEP = tree("W^(1) - alpha*dH/dW^(1)")


def worked_line(left: Tree, form: Tree, graph: Graph = GRAPH) -> Chain:
    """left = form = numbers = their sums of products = answers."""
    return chain(left, form, Filled(form), Filled(worked(graph.spread(form))), Value(left))


LINES = {
    "forward": worked_line(Name("z^(1)"), PRODUCT),
    "delta": worked_line(Name("delta^(1)"), SLOPES),
    "gradient": worked_line(Partial("H", "W^(1)"), OUTER),
    "update": chain(Name("W^(1)"), STEP, Filled(STEP), Value(STEP), relation="<-", truth=STEP),
}


def filled(
    line: Chain, graph: Graph = GRAPH, at: Any = None, carry: int | None = None, digits: int = 4
) -> tuple[Exercise, PreparedChain]:
    """One chain as a sheet has it: prepared, proved, its numbers filled and proved again."""
    ready: Any = prepare(line, graph, [])
    assert prove(line, ready)
    network = Network(graph, (), (), (), (), "", "")
    made = Plan(
        network, {}, (Part("forward_values", {}, None, {}),), ({},), ((),), ((ready,),), (), certify.NumberLines(graph),
        Known(),
    )  # fmt: skip
    return certified(made, dict(at or GIVEN), digits=digits, carry=carry), ready


def rows(done: tuple[Exercise, PreparedChain], dialect: str) -> list[str]:
    exercise, ready = done
    return [f"{row.left} {row.relation} {row.right}".strip() for row in exercise.rows(ready, dialect)]


def test_a_line_of_matrices_goes_from_names_to_numbers_to_sums_of_products_to_answers() -> None:
    exercise = filled(LINES["forward"])
    assert rows(exercise, "plain") == [
        "z^(1) = transpose(W^(1))*x",
        "= transpose([2, 0.5; -1, 4])*[1; -3]",
        "= [2*1 + (-1)*(-3); 0.5*1 + 4*(-3)]",
        "= [5; -11.5]",
    ]
    assert rows(exercise, "latex") == [
        r"z^{(1)} = W^{(1)\top} x",
        r"= \begin{bmatrix} 2 & 0.5 \\ -1 & 4 \end{bmatrix}^{\top} \begin{bmatrix} 1 \\ -3 \end{bmatrix}",
        r"= \begin{bmatrix} 2 \cdot 1 + (-1) \cdot (-3) \\ 0.5 \cdot 1 + 4 \cdot (-3) \end{bmatrix}",
        r"= \begin{bmatrix} 5 \\ -11.5 \end{bmatrix}",
    ]
    assert rows(exercise, "markdown")[3] == r"= \begin{bmatrix} 5 \cr -11.5 \end{bmatrix}"


def test_the_other_lines_of_a_training_step() -> None:
    assert rows(filled(LINES["delta"]), "plain")[1:] == [
        "= hadamard([3; -2]*[29], 1[[5; -11.5] > 0])",
        "= [3*29*1[5 > 0]; (-2)*29*1[-11.5 > 0]]",
        "= [87; 0]",
    ]
    assert rows(filled(LINES["gradient"]), "plain")[-1] == "= [87, 0; -261, 0]"
    assert rows(filled(LINES["update"]), "plain") == [
        "W^(1) <- W^(1) - alpha*dH/dW^(1)",
        "= [2, 0.5; -1, 4] - 0.1*[87, 0; -261, 0]",
        "= [-6.7, 0.5; 25.1, 4]",
    ]


def test_brackets_grow_around_a_matrix() -> None:
    shown = {text: latex(tree(text), GRAPH.scope) for text in ("1[[x_1; 1] > 0]", "tanh([x_1; 1])", "([x_1; 1] - x)*c")}
    tall = r"\begin{bmatrix} x_1 \\ 1 \end{bmatrix}"
    assert list(shown.values()) == [
        rf"\mathbf{{1}}\left[{tall} > 0\right]", rf"\tanh\left({tall}\right)", rf"\left({tall} - x\right) c",
    ]  # fmt: skip
    for text, written in shown.items():
        assert read(written, GRAPH.scope, latex=True) == tree(text)
        markdown = printed(tree(text), GRAPH.scope, "markdown").text.replace(BREAK, "")
        assert read(markdown, GRAPH.scope, latex=True) == tree(text)
        assert katex_errors([(markdown, False)]) == []


def test_a_short_line_stays_on_one_row() -> None:
    form = tree("c*delta^(2)")
    exercise = filled(chain(form, Filled(form), Value(form)))
    assert rows(exercise, "plain") == ["c*delta^(2) = (-1)*[29] = [-29]"]


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_what_is_near_is_never_printed_as_equal(name: str, activation: str) -> None:
    """With e^x in it, or thirds among the givens, every rounded line says so; what is joined by = is equal as printed."""
    graph = network(activation)
    at = GIVEN | {"x_1": Fraction(1, 3), "W_22^(1)": Fraction(1, 7)}
    line = LINES[name]
    if name == "delta" and activation != "relu":
        form = {"sigmoid": "a^(1) - hadamard(a^(1), a^(1))", "tanh": "1 - hadamard(a^(1), a^(1))"}[activation]
        line = worked_line(Name("delta^(1)"), tree(f"hadamard(W^(2)*delta^(2), {form})", graph), graph)
    for digits in (2, 4):
        exercise, ready = filled(line, graph, at, digits=digits)
        links = exercise.filled[ready]
        assert links[0].relation == "≈"
        assert [link.relation for link in links[1:-1]] == ["="] * (len(links) - 2), "the same numbers, arranged anew"
        gates_only = (name, activation) == ("delta", "relu")  # what is rounded there stands in 1[z > 0] only
        assert links[-1].relation == ("=" if gates_only else "≈")


def test_numbers_carried_as_by_hand_fill_matrices_too() -> None:
    at = GIVEN | {"x_1": Fraction(1, 3), "W_22^(1)": Fraction(1, 7)}
    exercise, ready = filled(LINES["forward"], at=at, carry=2)
    last = exercise.rows(ready, "plain")[-1]
    assert last.right == "[3.66; -0.26]" or last.right == "[3.67; -0.26]"
    assert last.unrounded == "[3.666667; -0.261905]"
    assert exercise.rows(ready, "latex")[-1].unrounded == r"\begin{bmatrix} 3.666667 \\ -0.261905 \end{bmatrix}"


@pytest.mark.parametrize("name", LINES)
def test_what_is_printed_reads_back_to_the_same_tree(name: str) -> None:
    for link in LINES[name].links:
        right = link.right
        trees = [right] if isinstance(right, (Apply, Name)) else [] if isinstance(right, Value) else [right.tree]
        for part in (*trees, *(GRAPH.spread(t) for t in trees)):
            for dialect in DIALECTS:
                text = printed(part, GRAPH.scope, dialect).text.replace(BREAK, "")
                assert read(text, GRAPH.scope, latex=dialect != "plain") == part


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 3), st.integers(1, 3), st.data())
def test_any_matrix_reads_back_entry_by_entry(height: int, width: int, data: st.DataObject) -> None:
    scope = Scope.of(NAMES, {"g": 1, "h": 2}, arrays=["A", "B^2"])
    cells = [[data.draw(trees(4)) for _ in range(width)] for _ in range(height)]
    form = apply("multiply", apply("transpose", Name("A")), apply("subtract", matrix(cells), Name("B^2")))
    for dialect in DIALECTS:
        text = printed(form, scope, dialect).text.replace(BREAK, "")
        try:
            again: Any = read(text, scope, latex=dialect != "plain")
        except ReadingError as error:
            assert "too large" in str(error)
            continue
        assert again.args[0] == form.args[0]
        assert again.args[1].args[1] == Name("B^2")
        for row, wanted in zip(again.args[1].args[0].args, cells, strict=True):
            for entry, cell in zip(row.args, wanted, strict=True):
                with suppress(ValueError):  # it divides by zero
                    assert meaning(entry) == meaning(cell), text


def test_a_key_has_the_matrix_and_reads_back() -> None:
    exercise, _ = filled(LINES["gradient"], digits=3)
    entry: dict[str, Any] = _entry(exercise, Value(Partial("H", "W^(1)")), 3)
    assert entry == {
        "latex": r"\begin{bmatrix} 87 & 0 \\ -261 & 0 \end{bmatrix}",
        "plain": "[87, 0; -261, 0]",
        "exact": [["87/1", "0/1"], ["-261/1", "0/1"]],
        "decimal": [["87", "0"], ["-261", "0"]],
        "tolerance": {"abs": "5e-4", "rel": "0"},
    }
    at = GIVEN | {"x_1": Fraction(1, 3)}
    exercise, _ = filled(LINES["forward"], at=at)
    entry = _entry(exercise, Value(Name("z^(1)")), 4)
    assert entry["plain"] == "[11/3; -71/6]"
    rows_read, numbers = entries(read(entry["plain"], GRAPH.scope)), exercise.numbers
    assert rows_read is not None
    for row, name in zip(rows_read, ("z_1^(1)", "z_2^(1)"), strict=True):
        assert numbers.value(row[0]) == numbers[name]
    assert read(entry["latex"], GRAPH.scope, latex=True) == tree("[3.6667; -11.8333]")
    symbolic = _entry(exercise, SLOPES, 4)
    assert read(str(symbolic["plain"]), GRAPH.scope) == SLOPES
    assert read(str(symbolic["latex"]), GRAPH.scope, latex=True) == SLOPES


def test_matrices_are_set_by_every_reader() -> None:
    blocks = {
        dialect: Rows(
            tuple(
                (row.left, row.relation, row.right)
                for exercise, ready in map(filled, LINES.values())
                for row in exercise.rows(ready, dialect)
            )
        ).text(dialect)
        for dialect in ("latex", "markdown")
    }
    found = formulas(blocks["markdown"])
    assert len(found) == 1
    assert leftovers(blocks["markdown"]) == []
    assert not re.search(r"\\\\|[*|\[\]~]|\S_|_\S", blocks["markdown"])
    inline = f"So ${printed(SLOPES, GRAPH.scope, 'markdown').text.replace(BREAK, '')}$ is it."
    found += formulas(inline)
    assert leftovers(inline) == []
    assert katex_errors(found) == []
    assert github_errors(found) == []
    content = compile_pdf(
        r"\documentclass{article}\usepackage{lmodern}\usepackage{amsmath}\begin{document}"
        + blocks["latex"] + rf"${latex(SLOPES, GRAPH.scope)}$\end{{document}}"
    )  # fmt: skip
    assert "261" in pdf_text(content)


def test_a_matrix_is_not_torn_apart_at_the_end_of_a_row() -> None:
    wide = matrix([[worked(GRAPH.spread(tree("transpose(x)*W^(1)*W^(2)"))).args[0].args[0]] for _ in range(2)])  # type: ignore[union-attr]
    for form in (
        wide,
        apply("add", wide, wide, wide),
        apply("multiply", Name("c"), wide),
        apply("subtract", wide, wide),
    ):
        text = printed(form, GRAPH.scope, "latex", numeric=True)
        whole = "".join(text.pieces)
        for row in whole.split(BREAK):
            assert row.count(r"\begin{bmatrix}") == row.count(r"\end{bmatrix}")
    assert BREAK in "".join(printed(apply("add", wide, wide, wide), GRAPH.scope, "latex", numeric=True).pieces)
    low = apply("add", *(column([Name("x_1"), Name("x_2")]) for _ in range(5)))
    assert BREAK not in latex_of(low), f"five narrow columns take less than {WIDEST} characters"


def latex_of(form: Tree) -> str:
    return "".join(printed(form, GRAPH.scope, "latex", numeric=True).pieces)


# --- the rules of arrays ----------------------------------------------------------------------------------------------

A, B, V = tree("[c, 2; alpha, x_1]"), tree("[1, x_2; c, c]"), tree("[x_1; x_2]")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[c, 2; alpha, x_1]*[x_1; x_2]", "[c*x_1 + 2*x_2; alpha*x_1 + x_1*x_2]"),
        ("transpose([c; alpha])*[x_1; x_2]", "[c*x_1 + alpha*x_2]"),
        ("[c; alpha]*transpose([x_1; x_2])", "[c*x_1, c*x_2; alpha*x_1, alpha*x_2]"),
        ("2*[c; alpha] - [1; x_1]", "[2*c - 1; 2*alpha - x_1]"),
        ("hadamard([c; alpha], 1 - [x_1; x_2])", "[c*(1 - x_1); alpha*(1 - x_2)]"),
        ("sigmoid([c; alpha])", "[sigmoid(c); sigmoid(alpha)]"), ("[c, 1]/2", "[c/2, 1/2]"),
        ("1[[c; alpha] > 0]", "[1[c > 0]; 1[alpha > 0]]"), ("-[c; alpha]", "[-c; -alpha]"),
        ("transpose([c; alpha])*[x_1; x_2] + c", "[c*x_1 + alpha*x_2 + c]"),
        ("[c] + [1] + [x_1]", "[c + 1 + x_1]"),
    ],
)  # fmt: skip
def test_arrays_are_worked_out_to_their_entries(text: str, wanted: str) -> None:
    got = worked(tree(text))
    shown = printed(got, GRAPH.scope, "plain").text.replace("(c*x_1 + alpha*x_2) + c", "c*x_1 + alpha*x_2 + c")
    assert shown == wanted
    for truth in (text, wanted):  # and the certificates, which have the rules a second time, agree
        certify.symbolic(GRAPH, f"{shown} = {truth}", got, latex=False)


@pytest.mark.parametrize(
    "text",
    [
        "x*x", "W^(1)*transpose(x)", "x + W^(2)*transpose(x)", "hadamard(x, transpose(x))", "transpose(c)", "x/x", "x^2",
        "x + c", "hadamard(c, x)", "hadamard(c, c)", "max(x, transpose(x))", "1/x",
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_refused_twice(text: str) -> None:
    form = tree(text)
    with pytest.raises(ShapeError):
        entries(GRAPH.spread(form))
    with pytest.raises(CertificateError):
        certify.symbolic(GRAPH, f"x = {text}", Name("x"), latex=False)


def test_names_of_arrays_are_written_out() -> None:
    assert named(Partial("H", "x"), dict(GRAPH.arrays)) == column([Partial("H", "x_1"), Partial("H", "x_2")])
    assert shape(GRAPH.spread(Partial("H", "W^(1)"))) == (2, 2)
    assert shape(GRAPH.spread(Name("c"))) is None
    assert named(ONE, {}) == ONE
    assert "W^(1)" in GRAPH.scope.arrays
    assert "W^(1)" not in GRAPH
    assert "W^(1)" not in GRAPH.leaves


# --- certificates -----------------------------------------------------------------------------------------------------

RIGHT = [
    ("z^(1) = transpose(W^(1))*x", "z^(1)"),
    ("transpose(z^(1)) = transpose(x)*W^(1)", "transpose(z^(1))"),
    ("delta^(1) = hadamard(W^(2)*delta^(2), 1[z^(1) > 0])", "delta^(1)"),
    ("dH/dW^(1) = x*transpose(delta^(1))", "dH/dW^(1)"),
    ("dH/dW^(2) = a^(1)*transpose(delta^(2))", "dH/dW^(2)"),
    ("dH/dx = W^(1)*delta^(1)", "dH/dx"),
    ("W^(1) <- W^(1) - alpha*x*transpose(delta^(1))", "W^(1) - alpha*dH/dW^(1)"),
    ("z^(1) = [W_11^(1)*x_1 + W_21^(1)*x_2; W_12^(1)*x_1 + W_22^(1)*x_2]", "z^(1)"),
    ("delta^(2) = 2*transpose(W^(2))*a^(1) + c", "delta^(2)"),
    ("z_1^(2) = transpose(W^(2))*a^(1)", "z_1^(2)"),
]
WRONG = [
    "z^(1) = W^(1)*x", "z^(1) = transpose(W^(1))*a^(1)", "z^(1) = transpose(x)*W^(1)", "z^(1) = -transpose(W^(1))*x",
    "z^(1) = [W_11^(1)*x_1 + W_12^(1)*x_2; W_12^(1)*x_1 + W_22^(1)*x_2]",
    "z^(1) = [W_12^(1)*x_1 + W_22^(1)*x_2; W_11^(1)*x_1 + W_21^(1)*x_2]",
    "z^(1) = [W_11^(1)*x_1 + W_21^(1)*x_2, W_12^(1)*x_1 + W_22^(1)*x_2]",
    "z^(1) = [W_11^(1)*x_1 - W_21^(1)*x_2; W_12^(1)*x_1 + W_22^(1)*x_2]", "z^(1) = W_11^(1)*x_1 + W_21^(1)*x_2",
    "delta^(1) = hadamard(W^(2), 1[z^(1) > 0])", "delta^(1) = W^(2)*delta^(2)",
    "delta^(1) = hadamard(W^(2)*delta^(2), 1[x > 0])", "dH/dW^(1) = delta^(1)*transpose(x)",
    "dH/dW^(1) = x*delta^(1)", "dH/dW^(1) = hadamard(x, delta^(1))", "dH/dx = transpose(W^(1))*delta^(1)",
    "dH/dW^(1) = dH/dW^(2)", "dz^(1)/dx = W^(1)", "dH/ddelta^(1) = x", "dH/dx = dH/dx_1", "z^(1) = z_1^(1)",
    "H = W^(2)",
]  # fmt: skip


@pytest.mark.parametrize(("text", "truth"), RIGHT)
def test_right_lines_of_matrices_pass(text: str, truth: str) -> None:
    left, relation, right = re.split(r" (=|<-) ", text)
    for dialect in DIALECTS:
        sides = [printed(tree(side), GRAPH.scope, dialect).text.replace(BREAK, "") for side in (left, right)]
        sign = {"<-": "<-" if dialect == "plain" else r"\leftarrow"}.get(relation, "=")
        proofs = certify.symbolic(GRAPH, f"{sides[0]} {sign} {sides[1]}", tree(truth), latex=dialect != "plain")
        assert [proof.route for proof in proofs] == ["residues", "difference"]


@pytest.mark.parametrize("text", WRONG)
def test_wrong_lines_of_matrices_are_caught(text: str) -> None:
    left = text.split(" = ")[0]
    with pytest.raises(REFUSED):
        certify.symbolic(GRAPH, text, tree(left), latex=False)


NUMBERS = "transpose([2, 0.5; -1, 4])*[1; -3]"
SUMS = "[2*1 + (-1)*(-3); 0.5*1 + 4*(-3)]"
SUMS_OF_NAMES = "[W_11^(1)*x_1 + W_21^(1)*x_2; W_12^(1)*x_1 + W_22^(1)*x_2]"
WRONG_NUMBERS = [
    (NUMBERS, "[5; 11.5]"), (NUMBERS, "[-11.5; 5]"), (NUMBERS, "[5, -11.5]"), (NUMBERS, "5"), (NUMBERS, "[5]"),
    (NUMBERS, "[5; -11.4]"), (NUMBERS, "[5; -11.5; 0]"), (NUMBERS, "[4 + 1; -11.5]"), (NUMBERS, "c"),
    ("transpose([2, 0.5; 1, 4])*[1; -3]", "[5; -11.5]"), ("transpose([2, -1; 0.5, 4])*[1; -3]", "[5; -11.5]"),
    ("[2, 0.5; -1, 4]*[1; -3]", "[5; -11.5]"), ("[2, -1; 0.5, 4]*[1; -3]", "[5; -11.5]"),
    ("transpose([2, 0.5; -1, 4])*[1, -3]", "[5; -11.5]"), ("transpose([2, 0.5; -1, 4])*[-3; 1]", "[5; -11.5]"),
    ("transpose([2, 0.5, 0; -1, 4, 0])*[1; -3]", "[5; -11.5]"), ("-transpose([2, 0.5; -1, 4])*[1; -3]", "[5; -11.5]"),
    ("[5; -11.5]", "[5; -11.5]"),
]  # fmt: skip


def test_wrong_numbers_in_a_matrix_line_are_caught() -> None:
    lines = certify.NumberLines(GRAPH)
    point, exact = lines.point(GIVEN), ("=", "=")
    before = lines.prove_line(NUMBERS, "transpose(W^(1))*x", "[5; -11.5]", exact, point, latex=False)
    lines.prove_line(SUMS, SUMS_OF_NAMES, "[5; -11.5]", exact, point, latex=False, equal=before)
    for text, answer in WRONG_NUMBERS:
        with pytest.raises(REFUSED):
            lines.prove_line(text, "transpose(W^(1))*x", answer, exact, point, latex=False)
    for text in (
        SUMS.replace("(-1)*", ""), SUMS.replace("+ 4", "- 4"), SUMS.replace("-1", "1"), SUMS.replace("0.5*1", "1*0.5"),
        SUMS.replace("; ", ", "), "[0.5*1 + 4*(-3); 2*1 + (-1)*(-3)]",
    ):  # fmt: skip
        with pytest.raises(REFUSED):
            lines.prove_line(text, SUMS_OF_NAMES, "[5; -11.5]", exact, point, latex=False)
    with pytest.raises(CertificateError):
        lines.prove_line(SUMS, SUMS_OF_NAMES, "[5; -11.5]", exact, point, latex=False, equal=(*before[:1], before[0]))
    lines.prove_value("[5; -11.5]", Name("z^(1)"), "=", point)
    for answer in ("[5; 11.5]", "[5, -11.5]", "5", "[5; -11.49]", "[-11.5; 5]"):
        with pytest.raises(CertificateError):
            lines.prove_value(answer, Name("z^(1)"), "=", point)


def test_what_was_read_once_is_compared_again_at_the_next_numbers() -> None:
    lines = certify.NumberLines(GRAPH)
    for sign in (1, -1):
        at = GIVEN | {"x_1": Fraction(sign), "W_12^(1)": Fraction(sign)}
        point = lines.point(at)
        top = 2 * sign + 3
        line = rf"\begin{{bmatrix}} 2 & {sign} \\ -1 & 4 \end{{bmatrix}}^{{\top}} \begin{{bmatrix}} {sign} \\ -3 \end{{bmatrix}}"
        text = rf"\begin{{bmatrix}} {top} \\ -11 \end{{bmatrix}}"
        lines.prove_line(line, r"W^{(1)\top} x", text, ("=", "="), point, latex=True)
        with pytest.raises(CertificateError):
            lines.prove_line(line, r"W^{(1)\top} x", text.replace("11", "12"), ("=", "="), point, latex=True)
        with pytest.raises(CertificateError):
            lines.prove_line(line.replace("4", "5"), r"W^{(1)\top} x", text, ("=", "="), point, latex=True)
