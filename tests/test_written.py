"""Where numbers become text: rounded once, never a lie, and lines that come out when a student works them again."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from randomly import Network, networks

from derivgen.derivation import chain_rule, forward_form, is_recursive
from derivgen.errors import DerivgenError
from derivgen.evaluation import EvaluationError, Numbers, evaluator, round_half_up
from derivgen.expression import Name, Partial
from derivgen.graph import Graph
from derivgen.printing import printed
from derivgen.reading import Scope, read
from derivgen.written import LARGEST, WritingError, fill, quantity_key, significant, write


@pytest.mark.parametrize(
    ("number", "places", "text", "exact"),
    [
        ("0.5", 4, "0.5", True), ("-3/8", 4, "-0.375", True), ("7", 4, "7", True), ("-14", 0, "-14", True),
        ("1/3", 4, "0.3333", False), ("2/3", 4, "0.6667", False), ("0.00005", 4, "0.0001", False),
        ("0.12345", 4, "0.1235", False), ("-0.12345", 4, "-0.1235", False), ("0.12344999", 4, "0.1234", False),
        ("0", 4, "0", True), ("1/1000000", 4, "0.0000010", False), ("-1/3000000", 4, "-0.00000033", False),
        ("0.999996", 4, "1.0000", False), ("2.5", 0, "3", False), ("100", 2, "100", True), ("1/7", 0, "0.14", False),
    ],
)  # fmt: skip
def test_numbers_are_rounded_half_up_and_say_so(number: str, places: int, text: str, exact: bool) -> None:
    shown, is_exact = write(Fraction(number), places)
    assert shown == text
    assert is_exact == exact or Fraction(shown) == Fraction(number)


@given(st.fractions(-1000, 1000), st.integers(0, 8))
def test_what_is_written_is_near_and_never_a_false_zero(number: Fraction, places: int) -> None:
    text, exact = write(number, places)
    assert abs(Fraction(text) - number) <= Fraction(1, 2 * 10**places)
    assert exact == (Fraction(text) == number)
    assert (Fraction(text) == 0) == (number == 0)
    assert not text.startswith("-0.") or Fraction(text) != 0
    assert text not in ("-0", "")


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=30), st.integers(0, 8)
)
def test_a_decimal_is_never_exact(number: Decimal, places: int) -> None:
    """A decimal stands for a number that goes on: what it rounds to is no more than near."""
    text, exact = write(number, places)
    assert not exact
    assert (Fraction(text) == 0) == (number == 0)


@pytest.mark.parametrize(
    "number", [Fraction(LARGEST * 10), -Fraction(LARGEST * 10), Decimal(10) ** 40, Fraction(1, 10**60)]
)
def test_what_does_not_fit_on_a_page_is_refused(number: Fraction | Decimal) -> None:
    with pytest.raises(WritingError, match=r"too small|larger"):
        write(number, 4)


@pytest.mark.parametrize(
    "number",
    ["1/3", "-22/7", "1/30000", "123456789/7", "1/9999999", "5", "-0.25", "0", "99999999999999/1000000000000007"],
)
def test_the_key_has_at_least_twelve_digits(number: str) -> None:
    text = significant(Fraction(number))
    gap = abs(Fraction(text) - Fraction(number))
    assert gap <= abs(Fraction(number)) * Fraction(1, 10**12)
    if Fraction(number) and gap:
        assert len(text.lstrip("-0.").replace(".", "")) >= 12


@pytest.mark.parametrize("number", ["0.1", "-12.75", "1e-9"])
def test_the_key_of_a_decimal_too(number: str) -> None:
    value = Decimal(number) / 7
    assert abs(Decimal(significant(value)) - value) <= abs(value) * Decimal("1e-12")


# --- lines ------------------------------------------------------------------------------------------------------------

GRAPH = Graph.of("z = w*x; a = sigmoid(z); L = (a - y)^2/2", ["w", "x", "y"])
GIVEN = {"w": Fraction(1, 3), "x": Fraction(2), "y": Fraction(1)}


def test_intermediates_get_more_decimals_than_the_answer() -> None:
    scope = Scope.of(["a", "b"])
    tree = read("1000*a*b", scope)
    numbers = {"a": Fraction(1, 3), "b": Fraction(1, 7)}
    filling = fill([(tree,)], (Name("a"), Name("b")), numbers, [Fraction(1000, 21)], 2, carried=False)
    texts, (answer,) = filling.texts, filling.answers
    assert answer == "47.62"
    assert not filling.exact
    assert len(texts[Name("a")]) > len("0.33")
    assert round_half_up(1000 * Fraction(texts[Name("a")]) * Fraction(texts[Name("b")]), 2) == Fraction(answer)


def test_exact_numbers_stay_as_they_are() -> None:
    scope = Scope.of(["a"])
    filling = fill([(read("a/3", scope),)], (Name("a"),), {"a": Fraction(1, 8)}, [Fraction(1, 24)], 4, carried=False)
    assert (filling.texts, filling.answers) == ({Name("a"): "0.125"}, ("0.0417",))
    assert (filling.exact, filling.answers_exact) == ({Name("a")}, False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(networks(8), st.integers(1, 6))
def test_a_line_worked_out_again_from_its_printed_numbers_rounds_to_its_printed_answer(
    network: Network, places: int
) -> None:
    graph = network.graph
    of, numbers = graph.output, Numbers(graph, network.given)
    for wrt in sorted(graph.ancestors(of) - {of})[:4]:
        trees = [graph.node(of).tree, forward_form(graph, of, wrt)]
        if not is_recursive(graph, of, wrt):
            trees.append(chain_rule(graph, of, wrt))
        for tree in trees:
            form = printed(tree, graph.scope, "plain", numeric=True)
            quantities = tuple(dict.fromkeys(quantity for quantity, _ in form.slots))
            try:
                answer = numbers.value(tree)
                filling = fill([(tree,)], quantities, _known(numbers, quantities), [answer], places, carried=False)
            except (WritingError, EvaluationError):  # too long, or a difference that nobody can tell from zero
                assume(False)
            texts, (shown,) = filling.texts, filling.answers
            if len(filling.exact) == len(texts):  # then the answer is rounded from the very numbers that stand there
                assert all(Fraction(text) == numbers[quantity_key(q)] for q, text in texts.items())
            printed_numbers = {quantity_key(q): Fraction(text) for q, text in texts.items()}
            again = evaluator(tree, "left")(printed_numbers)
            decimals = len(shown.partition(".")[2])
            assert round_half_up(again, decimals) == Fraction(shown), form.fill(texts)
            reread = read(form.fill(texts), graph.scope)
            assert round_half_up(evaluator(reread, "left")({}), decimals) == Fraction(shown)


def _known(numbers: Numbers, quantities: tuple[object, ...]) -> dict[object, object]:
    return {quantity_key(q): numbers[quantity_key(q)] for q in quantities}  # type: ignore[arg-type]


def test_a_line_near_a_pole_gets_as_many_decimals_as_it_takes() -> None:
    scope = Scope.of(["a", "b"])
    numbers = {"a": Fraction(1, 3), "b": Fraction(1, 3) + Fraction(1, 10**6)}
    tree = read("1/(b - a)", scope)
    filling = fill([(tree,)], (Name("a"), Name("b")), numbers, [Fraction(10**6)], 2, carried=False)
    texts, (answer,) = filling.texts, filling.answers
    worked_out = 1 / (Fraction(texts[Name("b")]) - Fraction(texts[Name("a")]))
    assert round_half_up(worked_out, 2) == Fraction(answer)


def test_carried_numbers_are_shown_as_they_are() -> None:
    numbers = Numbers(GRAPH, GIVEN | {"w": Fraction("0.123456")}, carry=3)
    form = forward_form(GRAPH, "L", "w")
    quantities = tuple(dict.fromkeys(q for q, _ in printed(form, GRAPH.scope, "plain", numeric=True).slots))
    filling = fill([(form,)], quantities, _known(numbers, quantities), [numbers.value(form)], 3, carried=True)
    for quantity, text in filling.texts.items():
        assert Fraction(text) == numbers[quantity_key(quantity)]
    assert Fraction(filling.answers[0]) == numbers.value(form)


def test_a_partial_is_known_by_itself_and_a_name_by_its_text() -> None:
    assert quantity_key(Name("x")) == "x"
    assert quantity_key(Partial("L", "x")) == Partial("L", "x")


def test_writing_errors_are_one_line() -> None:
    assert issubclass(WritingError, DerivgenError)


def test_every_line_of_a_chain_and_every_entry_reaches_its_answer() -> None:
    """Two lines in a row share their numbers' texts; one entry that needs more decimals gives them to all."""
    scope = Scope.of(["a", "b"])
    first, second = (read("1000*a", scope), read("a + b", scope)), (read("500*(a + a)", scope), read("b + a", scope))
    numbers = {"a": Fraction(1, 3), "b": Fraction(1, 7)}
    answers = [Fraction(1000, 3), Fraction(10, 21)]
    filling = fill([first, second], (Name("a"), Name("b")), numbers, answers, 2, carried=False)
    assert filling.answers == ("333.33", "0.48")
    known = {name: Fraction(filling.texts[Name(name)]) for name in "ab"}
    assert len(filling.texts[Name("a")]) == len("0.33333")
    for line in (first, second):
        for tree, answer in zip(line, filling.answers, strict=True):
            assert round_half_up(evaluator(tree, "left")(known), 2) == Fraction(answer)
    assert filling.equal == (True,), "as printed, both lines are the same"
    assert not filling.answers_exact


def test_lines_of_different_rounded_numbers_are_not_equal() -> None:
    scope = Scope.of(["a", "b"])
    numbers = {"a": Fraction(1, 3), "b": Fraction(2, 3)}
    lines = [(read("a + a", scope),), (read("b", scope),)]
    filling = fill(lines, (Name("a"), Name("b")), numbers, [Fraction(2, 3)], 2, carried=False)
    assert filling.equal == (False,)
