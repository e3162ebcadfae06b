"""The backward pass: every form of a derivative agrees with SymPy's and with a difference of the forward pass."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import mpmath
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from randomly import DIGITS, Network, central, forward, networks, real
from randomly import text_of as one_row

from derivgen import certify
from derivgen.derivation import (
    MOST_PATHS,
    DerivationError,
    adjoints,
    chain_rule,
    closed_form,
    count_paths,
    forward_form,
    is_recursive,
    local,
    local_partial,
    paths,
    require,
    terms,
)
from derivgen.evaluation import Numbers
from derivgen.expression import Name, Partial, names, walk
from derivgen.graph import Graph
from derivgen.printing import plain
from derivgen.symbolic import expression, symbol

CHAIN = Graph.of("z = x*w; a = sigmoid(z); L = (a - y)^2/2", ["x", "w", "y"])


def shown(graph: Graph, tree: object) -> str:
    return plain(tree, graph.scope)  # type: ignore[arg-type]


# --- by hand ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equation", "derivative"),
    [
        ("f = x*x + x", "2*x + 1"),
        ("f = x*x", "2*x"),
        ("f = x*x*x", "3*x^2"),
        ("f = x + x", "2"),
        ("f = x - x", "0"),
        ("f = 3*x", "3"),
        ("f = x/2", "1/2"),
        ("f = -x", "-1"),
        ("f = x^1", "1"),
        ("f = x^0", "0"),
        ("f = x^2", "2*x"),
        ("f = x^3*x", "4*x^3"),
        ("f = x^-1", "-1/x^2"),
        ("f = 1/x^2", "-2/x^3"),
        ("f = log(x^2 + b^2)", "2*x/(x^2 + b^2)"),
        ("f = c/x/b", "-c/(b*x^2)"),
        ("f = x^2/(2*m)", "x/m"),
        ("f = 3*x*b/(2*m)", "3*b/(2*m)"),
        ("f = (x*w)^2/(x/w)", "w^3"),
        ("f = 1/(1 + e^-x)", "e^(-x)/(1 + e^(-x))^2"),
        ("f = y*log(x) + (1 - y)*log(1 - x)", "y/x - (1 - y)/(1 - x)"),
        ("f = binary_cross_entropy(x, y)", "(x - y)/(x*(1 - x))"),
        ("f = x/y*y", "1"),
        ("f = 2*x^2/4", "x"),
        ("f = e^x", "f"),
        ("f = sigmoid(x)", "f*(1 - f)"),
        ("f = tanh(x)", "1 - f^2"),
        ("f = log(x)", "1/x"),
        ("f = relu(x)", "1[x > 0]"),
        ("f = abs(x)", "sign(x)"),
        ("f = absolute_error(x, y)", "sign(x - y)"),
        ("f = absolute_error(a, x)", "-sign(a - x)"),
        ("f = 2*abs(3*x)", "6*sign(3*x)"),
    ],
)
def test_local_derivatives_are_what_a_textbook_writes(equation: str, derivative: str) -> None:
    graph = Graph.of(equation)
    assert shown(graph, local(graph, "f", "x")) == derivative


def test_the_factors_of_a_chain_rule_product_are_not_merged() -> None:
    graph = Graph.of("u = w^2*x; v = u/c; L = 1/v^2")
    assert shown(graph, forward_form(graph, "L", "w")) == "-4/v^3*(1/c)*x*w"
    graph = Graph.of("u = x/m; v = (u - y)^2/2; L = v/3")
    assert shown(graph, forward_form(graph, "L", "x")) == "(u - y)*(1/(3*m))"


def test_what_stands_above_and_below_cancels_across_the_factors() -> None:
    graph = Graph.of("u = e^(x*w); v = log(u); L = v/b")
    assert shown(graph, forward_form(graph, "L", "w")) == "1/b*(1/u)*u*x"
    assert shown(graph, forward_form(graph, "L", "w", cancel=True)) == "x/b"
    graph = Graph.of("a = sigmoid(x*w); L = binary_cross_entropy(a, y)/2")
    assert shown(graph, forward_form(graph, "L", "w")) == "(a - y)/(2*a*(1 - a))*a*(1 - a)*x"
    assert shown(graph, forward_form(graph, "L", "w", cancel=True)) == "1/2*(a - y)*x"


def test_at_fan_out_both_branches_count() -> None:
    graph = Graph.of("u = 2*x; v = 3*x; f = u*v", ["x"])
    assert paths(graph, "f", "x") == (("f", "u", "x"), ("f", "v", "x"))
    assert shown(graph, chain_rule(graph, "f", "x")) == "df/du*du/dx + df/dv*dv/dx"
    assert shown(graph, forward_form(graph, "f", "x")) == "2*v + 3*u"


def test_like_terms_of_different_paths_are_collected() -> None:
    graph = Graph.of("u = x; v = x; f = u*y + v*y", ["x", "y"])
    assert shown(graph, forward_form(graph, "f", "x")) == "2*y"


@pytest.mark.parametrize(
    ("equation", "rule", "form"),
    [
        ("f = u + x", "df/du*du/dx + df/dx|{u}", "2*x + 1"),
        ("f = u*x", "df/du*du/dx + df/dx|{u}", None),
    ],
)
def test_where_the_local_derivative_is_not_the_total_one_it_says_what_is_held(
    equation: str, rule: str, form: str | None
) -> None:
    graph = Graph.of(f"u = x*x; {equation}", ["x"])
    assert shown(graph, chain_rule(graph, "f", "x")) == rule
    assert local_partial(graph, "f", "x") == Partial("f", "x", ("u",))
    assert local_partial(graph, "u", "x") == Partial("u", "x")
    x = symbol("x")
    gradient = expression(closed_form(graph, forward_form(graph, "f", "x")))
    assert sympy.expand(gradient - sympy.diff(x**2 + x if form else x**3, x)) == 0
    if form:
        assert shown(graph, forward_form(graph, "f", "x")) == form


def test_the_chain_of_the_source_quiz() -> None:
    graph = Graph.of(
        "z_1 = x*w_1; a_1 = g_1(z_1); z_2 = a_1*w_2; a_2 = g_2(z_2); L = Loss(a_2, y^*)",
        ["x", "w_1", "w_2", "y^*"],
        ["g_1", "g_2", "Loss"],
    )
    assert shown(graph, chain_rule(graph, "L", "w_1")) == "dL/da_2*da_2/dz_2*dz_2/da_1*da_1/dz_1*dz_1/dw_1"
    assert shown(graph, forward_form(graph, "L", "w_1")) == "dL/da_2*g_2'(z_2)*w_2*g_1'(z_1)*x"
    bound = graph.bind({"g_1": "sigmoid", "g_2": "sigmoid", "Loss": "half_squared_error"})
    assert shown(bound, forward_form(bound, "L", "w_2")) == "(a_2 - y^*)*a_2*(1 - a_2)*a_1"
    assert shown(bound, forward_form(bound, "L", "w_1")) == "(a_2 - y^*)*a_2*(1 - a_2)*w_2*a_1*(1 - a_1)*x"


def test_an_abstract_function_stays_abstract_until_it_is_bound() -> None:
    graph = Graph.of("a_1 = g_1(z_1)", ["z_1"], ["g_1"])
    assert shown(graph, local(graph, "a_1", "z_1")) == "g_1'(z_1)"
    assert shown(graph, local(graph.bind({"g_1": "tanh"}), "a_1", "z_1")) == "1 - a_1^2"


def test_a_bound_function_keeps_its_own_name_in_its_derivative() -> None:
    graph = Graph.of("u = f(x*w, b); L = g(u)*u + f(u, w)", functions=["f", "g"]).bind({"g": "tanh", "f": "max"})
    assert shown(graph, local(graph, "L", "u")) == "u*(1 - g(u)^2) + g(u) + 1[u > w]"
    assert shown(graph, local(graph, "u", "b")) == "1[x*w <= b]"
    graph = Graph.of("L = g(u)*tanh(u)", functions=["g"]).bind({"g": "sigmoid"})
    assert shown(graph, local(graph, "L", "u")) == "tanh(u)*g(u)*(1 - g(u)) + g(u)*(1 - tanh(u)^2)"


def test_an_abstract_function_of_two_arguments_inside_an_expression() -> None:
    graph = Graph.of("f = 2*h(x, x*y)", ["x", "y"], ["h"])
    assert shown(graph, local(graph, "f", "x")) == "2*h'1(x, x*y) + 2*h'2(x, x*y)*y"
    for dialect in ("latex", "markdown", "plain"):
        text = one_row(local(graph, "f", "x"), graph.scope, dialect)
        certify.symbolic(graph, text, Partial("f", "x"), latex=dialect != "plain")


def test_more_paths_than_fit_are_summed_over_the_consumers() -> None:
    stages = "; ".join(f"u_{i} = v_{i - 1}^2; w_{i} = v_{i - 1}^3; v_{i} = u_{i}*w_{i}" for i in range(1, 4))
    graph = Graph.of(stages, ["v_0"])
    assert count_paths(graph, "v_3", "v_0") == 8 > MOST_PATHS
    assert is_recursive(graph, "v_3", "v_0")
    assert not is_recursive(graph, "v_2", "v_0")
    assert shown(graph, chain_rule(graph, "v_3", "v_0")) == "dv_3/du_1*du_1/dv_0 + dv_3/dw_1*dw_1/dv_0"
    assert terms(graph, "v_3", "v_0") == ((("v_3", "u_1"), ("u_1", "v_0")), (("v_3", "w_1"), ("w_1", "v_0")))


def test_many_paths_cost_no_more_than_edges() -> None:
    stages = "; ".join(f"v_{i} = v_{i - 1}*v_{i - 1} + x; w_{i} = v_{i}/2 + v_{i - 1}" for i in range(1, 120))
    graph = Graph.of(stages.replace("v_0", "x"), ["x"])
    sweep = adjoints(graph, "w_119")
    assert set(sweep) >= {"x", "v_1", "v_118"}
    assert sum(1 for tree in sweep.values() for _ in walk(tree)) < 40 * len(graph.nodes)


@pytest.mark.parametrize(("of", "wrt"), [("a", "y"), ("a", "a"), ("z", "a"), ("x", "w")])
def test_what_does_not_depend_has_no_derivation(of: str, wrt: str) -> None:
    with pytest.raises(DerivationError, match=f"{of} does not depend on {wrt}"):
        require(CHAIN, of, wrt)


def test_a_closed_form_holds_inputs_and_weights_only() -> None:
    closed = closed_form(CHAIN, forward_form(CHAIN, "L", "w"))
    assert set(names(closed)) == {"x", "w", "y"}
    assert shown(CHAIN, closed) == "(sigmoid(x*w) - y)*sigmoid(x*w)*(1 - sigmoid(x*w))*x"


def test_a_closed_form_that_does_not_fit_is_refused_at_once() -> None:
    doubling = "; ".join(f"v_{i} = v_{i - 1}*v_{i - 1}" for i in range(1, 200))
    graph = Graph.of(doubling, ["v_0"])
    with pytest.raises(DerivationError, match="too many to print"):
        closed_form(graph, Name("v_199"))


def test_an_inner_quantity_has_derivatives_too() -> None:
    assert shown(CHAIN, forward_form(CHAIN, "L", "z")) == "(a - y)*a*(1 - a)"


@pytest.mark.parametrize(("kinks", "derivative"), [("left", "1[z > 0]"), ("right", "1[z >= 0]")])
def test_the_branch_at_a_kink_is_an_option(kinks: str, derivative: str) -> None:
    graph = Graph.of("a = relu(z)", ["z"], kinks=kinks)
    assert shown(graph, local(graph, "a", "z")) == derivative


# --- at random -------------------------------------------------------------------------------------------------------

SLOW = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LARGEST_FOR_SYMPY = 120  # operations; sympy.diff of a larger substituted expression takes seconds


def close(x: object, y: object) -> bool:
    return abs(x - y) <= mpmath.mpf(10) ** -28 * max(1, abs(x), abs(y))  # type: ignore[operator, no-any-return, call-overload, arg-type]


def upstream(graph: Graph) -> list[str]:
    known = graph.ancestors(graph.output) - {graph.output}
    return [name for name in (*graph.leaves, *(node.name for node in graph.nodes)) if name in known]


@SLOW
@given(networks())
def test_every_form_of_every_gradient_equals_the_central_difference(network: Network) -> None:
    graph, of = network.graph, network.graph.output
    numbers = Numbers(graph, network.given)
    with mpmath.workdps(DIGITS):
        leaves = network.leaves()
        values = forward(graph, leaves)
        sweep = adjoints(graph, of)

        def partials(partial: Partial) -> object:
            return central(graph, partial, leaves)

        for wrt in upstream(graph):
            true = partials(Partial(of, wrt))
            number = numbers[Partial(of, wrt)]
            exact = number if isinstance(number, Fraction) else Fraction(number)
            assert close(mpmath.mpf(exact.numerator) / exact.denominator, true), wrt
            for tree in (chain_rule(graph, of, wrt), forward_form(graph, of, wrt), sweep[wrt]):
                assert close(real(tree, values, partials), true), (wrt, tree)
            try:
                closed = closed_form(graph, forward_form(graph, of, wrt))
            except DerivationError:
                continue
            assert all(graph.is_leaf(name) for name in names(closed))
            assert close(real(closed, leaves, partials), true), wrt


@settings(SLOW, max_examples=60)
@given(networks(), st.integers(10**29, 10**30 - 1))
def test_every_gradient_equals_the_one_of_sympy(network: Network, digits: int) -> None:
    graph, of = network.graph, network.graph.output
    substituted = expression(closed_form(graph, Name(of))) if fits(graph) else None
    with mpmath.workdps(DIGITS):
        # The point is moved by less than it is away from a kink, so that it has 30 digits.
        given_ = {name: value + Fraction(digits, 10**35) for name, value in network.point}
        numbers = Numbers(graph, given_)
        leaves = {name: mpmath.mpf(value.numerator) / value.denominator for name, value in given_.items()}
        if substituted is None:
            return
        for wrt in graph.leaves:
            derivative = sympy.diff(substituted, symbol(wrt)).replace(sympy.Heaviside, _step)
            function = sympy.lambdify([symbol(name) for name in graph.leaves], derivative, modules="mpmath", cse=True)
            true = function(*leaves.values())
            exact = Fraction(numbers[Partial(of, wrt)])
            assert close(mpmath.mpf(exact.numerator) / exact.denominator, true), wrt


def _step(x: sympy.Expr, *_: object) -> sympy.Expr:
    return sympy.Piecewise((1, x > 0), (0, True))


def fits(graph: Graph) -> bool:
    sizes: dict[str, int] = {}
    for node in graph.nodes:
        sizes[node.name] = sum(sizes.get(p.name, 1) if isinstance(p, Name) else 1 for p in walk(node.tree))
    return sizes[graph.output] <= LARGEST_FOR_SYMPY


@settings(SLOW, max_examples=40)
@given(networks(), st.randoms(use_true_random=False))
def test_every_printed_line_passes_its_certificate(network: Network, random: object) -> None:
    graph, of = network.graph, network.graph.output
    quantities = upstream(graph)
    for wrt in random.sample(quantities, min(2, len(quantities))):  # type: ignore[attr-defined]
        truth = Partial(of, wrt)
        lines = [chain_rule(graph, of, wrt), forward_form(graph, of, wrt), adjoints(graph, of)[wrt]]
        with contextlib.suppress(DerivationError):
            lines.append(closed_form(graph, forward_form(graph, of, wrt)))
        for tree in dict.fromkeys(lines):
            for dialect in ("latex", "markdown", "plain"):
                text = " = ".join(one_row(side, graph.scope, dialect) for side in (truth, tree))
                certify.symbolic(graph, text, truth, latex=dialect != "plain")
