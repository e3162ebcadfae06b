"""Every row of the table, proved against SymPy's derivative and a difference of a second definition of its value."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest
import sympy
from randomly import DIGITS, REAL, STEP, real

from derivgen import certify
from derivgen.derivation import local, unprimed
from derivgen.errors import CertificateError
from derivgen.evaluation import KinkError, Numbers
from derivgen.expression import Apply, Name, Partial, Tree, number, substitute
from derivgen.graph import Graph
from derivgen.operations import (
    CALLABLE,
    INDICATORS,
    OPERATIONS,
    PRIMITIVES,
    RIGHT_HAND,
    SPELLINGS,
    Operation,
    operation,
)
from derivgen.printing import printed
from derivgen.reading import Scope, read, read_row
from derivgen.symbolic import expression, symbol

ROWS = list(OPERATIONS.values())
DERIVED = [row for row in ROWS if row.name not in INDICATORS]
POINTS = [Fraction(-7, 5), Fraction(-1, 3), Fraction(2, 7), Fraction(6, 7)]
POSITIVE = {"log", "binary_cross_entropy"}  # and the second one below one


def points(row: Operation) -> list[dict[str, Fraction]]:
    """Points on both sides of every kink, within the operation's domain."""
    firsts = [x for x in POINTS if x > 0] if row.name in POSITIVE else POINTS
    if row.name == "power":
        return [{"x": x, "n": Fraction(n)} for x in firsts for n in (-3, -1, 0, 1, 2, 5)]
    if len(row.arguments) == 1:
        return [{row.arguments[0]: x} for x in firsts]
    seconds = [Fraction(-3, 4), Fraction(3, 4)]
    return [dict(zip(row.arguments, (x, y), strict=True)) for x in firsts for y in seconds]


def called(row: Operation, point: dict[str, Fraction]) -> Tree:
    """The operation on its arguments' names; an exponent is a number."""
    arguments = tuple(number(point["n"]) if name == "n" else Name(name) for name in row.arguments)
    return Apply(row.name, arguments)


def local_of(row: Operation, slot: int, point: dict[str, Fraction]) -> Tree:
    constants = {"n": number(point["n"])} if "n" in point else {}
    return substitute(read_row(row.name, row.local[slot]) if "n" not in constants else _power(point), constants)


def _power(point: dict[str, Fraction]) -> Tree:
    n = point["n"]
    return Apply("multiply", (number(n), Apply("power", (Name("x"), number(n - 1)))))


def wet(point: dict[str, Fraction]) -> dict[str, object]:
    return {name: mpmath.mpf(value.numerator) / value.denominator for name, value in point.items()}


# SymPy has no derivative of a floor; the central difference proves that row.
@pytest.mark.parametrize("row", [row for row in DERIVED if row.name != "floor"], ids=str)
def test_the_textbook_local_derivative_is_the_one_of_sympy(row: Operation) -> None:
    for point in points(row):
        for slot, argument in enumerate(row.arguments):
            if argument == "n":
                continue
            truth = sympy.diff(expression(called(row, point)), symbol(argument))
            mine = expression(local_of(row, slot, point))
            at = {symbol(name): sympy.Rational(value.numerator, value.denominator) for name, value in point.items()}
            gap = (truth - mine).replace(sympy.Heaviside, lambda x, *_: sympy.Piecewise((1, x > 0), (0, True))).subs(at)
            assert abs(sympy.N(gap, 40)) < 10**-30, (point, argument)


@pytest.mark.parametrize("row", DERIVED, ids=str)
def test_the_textbook_local_derivative_is_the_central_difference(row: Operation) -> None:
    with mpmath.workdps(DIGITS):
        for point in points(row):
            for slot, argument in enumerate(row.arguments):
                if argument == "n":
                    continue
                values = wet(point)
                ends = [
                    REAL[row.name](*{**values, argument: values[argument] + step}.values()) for step in (STEP, -STEP)
                ]
                truth = (ends[0] - ends[1]) / (2 * STEP)
                assert abs(real(local_of(row, slot, point), values) - truth) < mpmath.mpf(10) ** -30, (point, argument)


@pytest.mark.parametrize("row", [row for row in ROWS if row.value], ids=str)
def test_the_value_is_what_the_operation_is_known_for(row: Operation) -> None:
    with mpmath.workdps(DIGITS):
        for point in points(row):
            values = wet(point)
            defined = real(read_row(row.name, row.value), values)
            assert abs(defined - REAL[row.name](*values.values())) < mpmath.mpf(10) ** -50


@pytest.mark.parametrize("row", [row for row in ROWS if row.output_local], ids=str)
def test_the_derivative_in_the_output_is_the_one_in_the_input(row: Operation) -> None:
    with mpmath.workdps(DIGITS):
        for point in points(row):
            values = wet(point)
            output = REAL[row.name](*values.values())
            by_output = real(read_row(row.name, row.output_local), {"a": output})
            assert abs(by_output - real(read_row(row.name, row.local[0]), values)) < mpmath.mpf(10) ** -50


@pytest.mark.parametrize("kinks", ["left", "right"])
@pytest.mark.parametrize(
    ("equation", "left", "right"),
    [
        ("f = relu(x)", "0", "1"),
        ("f = leaky_relu(x)", "1/100", "1"),
        ("f = abs(x)", "-1", "1"),
        ("f = max(x, y)", "0", "1"),
        ("f = max(y, x)", "1", "0"),
        ("f = absolute_error(x, y)", "-1", "1"),
        ("f = absolute_error(y, x)", "1", "-1"),
        ("f = max(x, 0)", "0", "1"),
        ("f = y*sign(x) + x", "1", "1"),
    ],
)
def test_at_a_kink_one_branch_counts(equation: str, left: str, right: str, kinks: str) -> None:
    graph = Graph.of(equation, ["x", "y"], kinks=kinks)
    numbers = Numbers(graph, {"x": Fraction(0), "y": Fraction(0)})
    assert numbers[Partial("f", "x")] == Fraction(left if kinks == "left" else right)


def test_at_a_kink_the_derivatives_of_max_share_one() -> None:
    for kinks in ("left", "right"):
        numbers = Numbers(Graph.of("f = max(x, y)", ["x", "y"], kinks=kinks), {"x": Fraction(2), "y": Fraction(2)})
        assert numbers[Partial("f", "x")] + numbers[Partial("f", "y")] == 1


@pytest.mark.parametrize(("kinks", "value"), [("left", -1), ("right", 1)])
def test_at_zero_a_sign_is_the_one_of_its_branch(kinks: str, value: int) -> None:
    graph = Graph.of("f = sign(x)", ["x"], kinks=kinks)
    assert Numbers(graph, {"x": Fraction(0)})["f"] == value
    assert expression(graph.node("f").tree, kinks).subs(symbol("x"), 0) == value
    point = certify.NumberLines(graph).point({"x": Fraction(0)})
    assert point.value(Name("f")) == value
    with pytest.raises(KinkError):
        Numbers(Graph.of("f = sign(x)", ["x"]), {"x": Fraction(0)})["f"]


# --- the table -------------------------------------------------------------------------------------------------------

REQUIRED = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "negate",
    "power",
    "reciprocal",
    "exp",
    "log",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "softplus",
    "identity",
    "max",
    "absolute_error",
    "squared_error",
    "half_squared_error",
    "binary_cross_entropy",
]


def test_the_table_has_every_operation_of_the_first_sheet() -> None:
    assert set(REQUIRED) <= set(OPERATIONS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_has_a_derivative_for_each_argument(row: Operation) -> None:
    assert len(row.local) == len(row.arguments)
    assert bool(row.value) != (row.name in PRIMITIVES)


@pytest.mark.parametrize(("spelling", "name"), SPELLINGS.items())
def test_each_spelling_reads(spelling: str, name: str) -> None:
    if name not in CALLABLE:
        return
    arguments = ["p", "q"][: len(OPERATIONS[name].arguments)]
    tree = read(f"{spelling}({', '.join(arguments)})", Scope.of(["p", "q"]))
    assert tree == Apply(name, tuple(map(Name, arguments)))


@pytest.mark.parametrize("name", ["sigmoid", "ln", "BCE"])
def test_the_table_refuses_twins(name: str) -> None:
    before = dict(OPERATIONS), dict(SPELLINGS)
    with pytest.raises(ValueError, match=f"'{name}' is already in the table"):
        operation(name, "x", local="1")
    with pytest.raises(ValueError, match=f"'{name}' is already in the table"):
        operation("brand_new", "x", local="1", spellings=f"other {name}")
    assert before == (OPERATIONS, SPELLINGS)


def test_an_indicator_has_its_sign_and_its_twin_at_the_other_side() -> None:
    assert set(RIGHT_HAND) | set(RIGHT_HAND.values()) == set(INDICATORS)
    for left, right in RIGHT_HAND.items():
        assert INDICATORS[left][0] == INDICATORS[right][0]
        assert ("=" in INDICATORS[left]) != ("=" in INDICATORS[right])


def test_a_wrong_derivative_would_be_found() -> None:
    row = replace(OPERATIONS["tanh"], local=("1 - z^2",))
    with mpmath.workdps(DIGITS):
        truth = local_of(OPERATIONS["tanh"], 0, points(row)[0])
        assert abs(real(read_row("tanh", row.local[0]), wet(points(row)[0])) - real(truth, wet(points(row)[0]))) > 0.1


@pytest.mark.parametrize("name", [row.name for row in DERIVED if row.name in CALLABLE])
def test_the_derivation_uses_the_table(name: str) -> None:
    row = OPERATIONS[name]
    point = points(row)[-1]
    graph = Graph.of(f"f = {name}({', '.join(row.arguments)})", row.arguments)
    with mpmath.workdps(DIGITS):
        values = {**wet(point), "f": REAL[name](*wet(point).values())}
        for slot, argument in enumerate(row.arguments):
            expected = real(local_of(row, slot, point), values)
            form = local(graph, "f", argument)
            form = unprimed(graph, form) if row.primed else form
            assert abs(real(form, values) - expected) < mpmath.mpf(10) ** -50


@pytest.mark.parametrize(
    ("inside", "value"),
    [("7/2", 3), ("-7/2", -4), ("6/2", 3), ("3*(1/3)", 1), ("0", 0), ("(224 + 2*3 - 7)/2", 111), ("-1/999999", -1)],
)
def test_a_floor_is_exact_in_every_interpretation(inside: str, value: int) -> None:
    graph = Graph.of(f"f = floor({inside})", [])
    assert Numbers(graph, {})["f"] == value
    assert expression(graph.node("f").tree) == value
    for dialect in ("latex", "markdown", "plain"):
        text = printed(graph.node("f").tree, graph.scope, dialect).text
        assert read(text, graph.scope, latex=dialect != "plain") == graph.node("f").tree
        right, wrong = f"{text} = {value}", f"{text} = {value + 1}"
        assert certify.symbolic(graph, right, Name("f"), latex=dialect != "plain")
        with pytest.raises(CertificateError, match="a printed line is wrong"):
            certify.symbolic(graph, wrong, Name("f"), latex=dialect != "plain")


def test_a_floor_of_what_is_not_known_equals_only_itself() -> None:
    graph = Graph.of("f = floor((n + 2*p)/s) + 1", ["n", "p", "s"])
    assert certify.symbolic(graph, r"f = \left\lfloor \frac{2 p + n}{s} \right\rfloor + 1", Name("f"), latex=True)
    with pytest.raises(CertificateError):
        certify.symbolic(graph, r"f = \left\lfloor \frac{n + p}{s} \right\rfloor + 1", Name("f"), latex=True)
