"""Numbers on a graph: exact where they can be, 30 right digits else, and one clear line where there is no number."""

from __future__ import annotations

import time
from decimal import Decimal
from fractions import Fraction

import mpmath
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from randomly import Network, networks

from derivgen.evaluation import EvaluationError, KinkError, MissingNumberError, Numbers, contradiction, round_half_up
from derivgen.expression import Partial
from derivgen.graph import Graph

HALF = Fraction(1, 2)


def numbers_of(equations: str, carry: int | None = None, kinks: str = "forbid", **given: object) -> Numbers:
    graph = Graph.of(equations, kinks=kinks)
    return Numbers(graph, {name: Fraction(str(value)) for name, value in given.items()}, carry)


# --- exact ------------------------------------------------------------------------------------------------------------


def test_a_value_used_twice_counts_twice() -> None:
    numbers = numbers_of("f = x*x + x", x=3)
    assert numbers["f"] == 12
    assert numbers[Partial("f", "x")] == 7


def test_a_relu_network_stays_exact_to_the_end() -> None:
    numbers = numbers_of(
        "z_1 = w_1*x + b; a_1 = relu(z_1); z_2 = a_1/3 - y/7; a_2 = leaky_relu(z_2); L = (a_2 - y)^2/2 + abs(b)",
        x="0.1", w_1="0.7", b="-0.01", y=1,
    )  # fmt: skip
    wanted = {"z_1": "6/100", "z_2": "-43/350", "a_2": "-43/35000"}
    for name, value in wanted.items():
        assert numbers[name] == Fraction(value)
    a_2, x = Fraction(-43, 35000), Fraction(1, 10)
    assert numbers["L"] == (a_2 - 1) ** 2 / 2 + Fraction(1, 100)
    assert numbers[Partial("L", "w_1")] == (a_2 - 1) * Fraction(1, 100) * Fraction(1, 3) * x
    assert numbers[Partial("L", "b")] == (a_2 - 1) * Fraction(1, 100) * Fraction(1, 3) - 1
    assert all(isinstance(value, Fraction) for value in numbers.values())


@pytest.mark.parametrize(
    "equation", ["f = e^(x - x)", "f = log(x/x)", "f = sigmoid(x - x)", "f = tanh(x - x)", "f = x^-3"]
)
def test_what_comes_to_a_fraction_is_one(equation: str) -> None:
    assert isinstance(numbers_of(equation, x="0.3")["f"], Fraction)


def test_a_long_sum_of_thirds_is_exact() -> None:
    equations = "; ".join(f"v_{i + 1} = v_{i} + x/3" for i in range(300))
    assert numbers_of(equations, x=1, v_0=0)["v_300"] == 100


# --- thirty digits ----------------------------------------------------------------------------------------------------

REFERENCE = {
    "sigmoid(x)": lambda x: 1 / (1 + mpmath.exp(-x)),
    "1 - sigmoid(x)": lambda x: 1 / (1 + mpmath.exp(x)),
    "tanh(x)": mpmath.tanh,
    "softplus(x)": lambda x: mpmath.log1p(mpmath.exp(x)),
    "exp(x)": mpmath.exp,
    "log(1 + x^2)": lambda x: mpmath.log1p(x * x),
    "binary_cross_entropy(sigmoid(x), 1)": lambda x: mpmath.log1p(mpmath.exp(-x)),
}


@pytest.mark.parametrize("x", ["0.3", "-0.3", "1e-18", "-1e-18", "12.5", "-12.5", "80", "-80"])
@pytest.mark.parametrize("formula", REFERENCE)
def test_values_have_thirty_right_digits(formula: str, x: str) -> None:
    """Even where a unit is saturated, and 1 − σ(z) cancels all that a float has."""
    value = Fraction(numbers_of(f"f = {formula}", x=Fraction(x))["f"])
    with mpmath.workdps(250):
        at = Fraction(x)
        true = REFERENCE[formula](mpmath.mpf(at.numerator) / at.denominator)
        assert abs(mpmath.mpf(value.numerator) / value.denominator / true - 1) < mpmath.mpf(10) ** -30


@pytest.mark.parametrize("x", ["0.3", "-12.5", "40", "-40"])
@pytest.mark.parametrize("function", ["sigmoid", "tanh"])
def test_derivatives_have_thirty_right_digits(function: str, x: str) -> None:
    value = Fraction(numbers_of(f"f = {function}(x)", x=x)[Partial("f", "x")])
    with mpmath.workdps(250):
        z = mpmath.mpf(x) if function == "sigmoid" else 2 * mpmath.mpf(x)
        s = 1 / (1 + mpmath.exp(-z))
        true = s / (1 + mpmath.exp(z)) * (1 if function == "sigmoid" else 4)
        assert abs(mpmath.mpf(value.numerator) / value.denominator / true - 1) < mpmath.mpf(10) ** -30


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(8))
def test_all_values_have_thirty_right_digits(network: Network) -> None:
    from randomly import forward

    numbers = Numbers(network.graph, network.given)
    with mpmath.workdps(200):
        for name, true in forward(network.graph, network.leaves()).items():
            value = Fraction(numbers[name])
            gap = abs(mpmath.mpf(value.numerator) / value.denominator - true)
            assert gap <= abs(true) * mpmath.mpf(10) ** -30 + mpmath.mpf(10) ** -60, name


# --- no number --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equations", "given", "says"),
    [
        ("u = x - 1; f = log(u)", {"x": "0.5"}, "^f: log of a number that is not positive$"),
        ("f = log(x)", {"x": 0}, "^f: log of a number that is not positive$"),
        ("f = y/x", {"x": 0, "y": 1}, "^f: division by zero$"),
        ("u = x - 1; f = 1/u", {"x": 1}, "^f: division by zero$"),
        ("f = reciprocal(x)", {"x": 0}, "^f: division by zero$"),
        ("f = x^-2", {"x": 0}, "^f: division by zero$"),
        ("a = relu(x); f = 2*a", {"x": 0}, "^a: the value lies exactly at a kink"),
        ("a = max(x, y); f = a", {"x": "0.25", "y": "1/4"}, "^a: the value lies exactly at a kink"),
        ("a = abs(x - y)", {"x": 2, "y": 2}, "^a: the value lies exactly at a kink"),
        ("f = e^(x)", {"x": 10**7}, "^f: the exponent of e is too large$"),
        ("f = e^(e^(e^x))", {"x": 5}, "^f: "),
        ("f = binary_cross_entropy(a, y)", {"a": 1, "y": 1}, "^f: log of a number"),
        ("f = binary_cross_entropy(a, y)", {"a": "1.5", "y": 1}, "^f: log of a number"),
        ("f = x + y", {"x": 1}, "^y has no number: give it one$"),
        ("u = x + y; f = u", {"x": 1}, "^y has no number: give it one$"),
    ],
)
def test_where_there_is_no_number_one_line_says_why(equations: str, given: dict[str, object], says: str) -> None:
    numbers = numbers_of(equations, **given)
    with pytest.raises(EvaluationError, match=says):
        numbers[numbers.graph.output]


def test_a_quantity_that_does_not_exist_has_no_number() -> None:
    with pytest.raises(EvaluationError, match="there is no quantity q"):
        numbers_of("f = x", x=1)["q"]


def test_an_unbound_function_has_no_number() -> None:
    graph = Graph.of("f = g(x)", ["x"], ["g"])
    with pytest.raises(EvaluationError, match="g has no numbers until it is bound"):
        Numbers(graph, {"x": Fraction(1)})["f"]


@pytest.mark.parametrize("step", ["v_{i}^64", "v_{i}*v_{i}", "v_{i}/(v_{i} + 1/7) + v_{i}^2", "v_{i}^-64"])
def test_numbers_that_would_fill_the_memory_are_rounded_or_refused_at_once(step: str) -> None:
    equations = "; ".join(["v_1 = x + 1/3", *(f"v_{i + 1} = {step.format(i=i)}" for i in range(1, 60))])
    start = time.perf_counter()
    try:
        numbers_of(equations, x=2)["v_60"]
    except EvaluationError as error:
        assert "too large" in str(error) or "division by zero" in str(error)
    assert time.perf_counter() - start < 2


# --- kinks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kinks", "slope"), [("left", 0), ("right", 1)])
def test_the_convention_at_a_kink(kinks: str, slope: int) -> None:
    numbers = numbers_of("z = x - 1; a = relu(z); f = 3*a", kinks=kinks, x=1)
    assert numbers["f"] == 0
    assert numbers[Partial("f", "x")] == 3 * slope


def test_a_forbidden_kink_says_where() -> None:
    with pytest.raises(KinkError, match=r"^da/dx: "):
        numbers_of("a = relu(x)", x=0)[Partial("a", "x")]


# --- cuts -------------------------------------------------------------------------------------------------------------


def test_what_is_given_is_used_and_what_lies_upstream_need_not_be_known() -> None:
    graph = Graph.of("z = w*x; a = sigmoid(z); f = a*v", ["w", "x", "v"])
    numbers = Numbers(graph, {"a": Fraction(9), "v": Fraction(2)})
    assert numbers["f"] == 18
    assert numbers[Partial("f", "a")] == 2
    assert numbers[Partial("f", "v")] == 9
    with pytest.raises(EvaluationError, match="has no number"):
        numbers["z"]


def test_a_derivative_passes_a_given_value_but_not_a_taken_one() -> None:
    graph = Graph.of("a = 2*x; b = 3*x; f = a*b", ["x"])
    numbers = Numbers(graph, {"x": Fraction(1), "a": Fraction(2)})
    assert numbers["f"] == 6
    assert numbers[Partial("f", "x")] == 12
    taken = Numbers(graph, {"x": Fraction(1), "a": Fraction(5)}, taken=frozenset({"a"}))
    assert taken["f"] == 15
    assert taken[Partial("f", "b")] == 5
    with pytest.raises(EvaluationError, match="a is taken as a number of its own"):
        taken[Partial("f", "x")]


def test_a_given_derivative_stands_for_all_above_it() -> None:
    graph = Graph.of("z = w*x + v*x; a = relu(z); f = g*a", ["w", "v", "x", "g"])
    numbers = Numbers(graph, {"z": Fraction(3), "x": Fraction(2), Partial("f", "a"): Fraction(-5)})
    assert numbers[Partial("f", "z")] == -5
    assert numbers[Partial("f", "w")] == -10
    with pytest.raises(MissingNumberError, match="w has no number"):
        numbers[Partial("f", "x")]


def test_behind_a_zero_nothing_need_be_known() -> None:
    graph = Graph.of("a = relu(z); f = g*a", ["z", "g"])
    assert Numbers(graph, {"z": Fraction(-2)})[Partial("f", "z")] == 0


def test_contradictions_are_found() -> None:
    graph = Graph.of("a = relu(z); f = g*a", ["z", "g"])
    assert contradiction(graph, {"z": Fraction(-2), Partial("f", "z"): Fraction(3)}) == (Partial("f", "z"), 0)
    assert contradiction(graph, {"z": Fraction(2), "a": Fraction(3)}) == ("a", 2)
    assert contradiction(graph, {"z": Fraction(2), "a": Fraction(3)}, frozenset({"a"})) is None
    assert contradiction(graph, {"z": Fraction(2), Partial("f", "z"): Fraction(3)}) is None


def test_a_held_derivative_goes_through_the_one_equation() -> None:
    numbers = numbers_of("u = x*x; f = u*x", x=3)
    assert numbers[Partial("f", "x", ("u",))] == 9
    assert numbers[Partial("f", "x")] == 27


# --- rounding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        ("0.125", 2, "0.13"), ("-0.125", 2, "-0.13"), ("0.1249999", 2, "0.12"), ("2.5", 0, "3"), ("-2.5", 0, "-3"),
        ("0", 3, "0"), ("0.0004", 3, "0"), ("1/3", 3, "0.333"), ("2/3", 3, "0.667"), ("-1/2000", 3, "-0.001"),
    ],
)  # fmt: skip
def test_ties_go_away_from_zero(value: str, places: int, rounded: str) -> None:
    assert round_half_up(Fraction(value), places) == Fraction(rounded)
    if "/" not in value:
        assert round_half_up(Decimal(value), places) == Fraction(rounded)


@given(st.fractions(), st.integers(0, 8))
def test_rounding_is_to_the_nearest(value: Fraction, places: int) -> None:
    rounded = round_half_up(value, places)
    assert abs(rounded - value) <= Fraction(1, 2 * 10**places)
    assert (rounded * 10**places).denominator == 1
    assert round_half_up(-value, places) == -rounded


def test_a_tiny_decimal_rounds_at_once() -> None:
    assert round_half_up(Decimal("1e-900000"), 4) == 0


def test_carried_rounding_rounds_every_intermediate_as_by_hand() -> None:
    numbers = numbers_of("u = x/3; v = u*2; f = v*v", carry=3, x=1)
    assert numbers["u"] == Fraction("0.333")
    assert numbers["v"] == Fraction("0.666")
    assert numbers["f"] == Fraction("0.444")
    assert numbers[Partial("f", "v")] == Fraction("1.332")
    assert numbers[Partial("v", "u")] == 2
    assert numbers[Partial("u", "x")] == Fraction("0.333")
    assert numbers[Partial("f", "x")] == round_half_up(Fraction("2.664") / 3, 3)  # the sum over the users, once


def test_without_carry_nothing_is_rounded() -> None:
    numbers = numbers_of("u = x/3; f = u*3", x=1)
    assert numbers["f"] == 1


def test_the_programs_decimal_context_does_not_count() -> None:
    import decimal

    wanted = numbers_of("f = sigmoid(x)*tanh(x) - log(x)", x="0.7")["f"]
    with decimal.localcontext() as context:
        context.prec = 3
        assert numbers_of("f = sigmoid(x)*tanh(x) - log(x)", x="0.7")["f"] == wanted
