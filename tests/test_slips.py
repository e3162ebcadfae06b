"""Each slip where it applies and where it does not; what comes out is wrong, once, and has words."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derivgen import certify, slips
from derivgen.evaluation import Numbers
from derivgen.expression import Name, Partial, apply, column, matrix, product
from derivgen.formats import format_of
from derivgen.graph import Graph
from derivgen.printing import plain
from derivgen.reading import read
from derivgen.slips import SLIPS, Roles, chain_rule, derivation, line, named, slip, update, wrong, wrong_values

WEIGHTS = ("W_11", "W_12", "W_21", "W_22", "v_1", "v_2")
NET = Graph.of(
    "z_1 = W_11*x_1 + W_21*x_2; z_2 = W_12*x_1 + W_22*x_2; a_1 = tanh(z_1); a_2 = relu(z_2); "
    "H = v_1*a_1 + v_2*a_2; L = 1/2*(H - y)^2",
    ["x_1", "x_2", *WEIGHTS, "y", "alpha"],
)
ROLES = Roles(NET, WEIGHTS, "L", (), "alpha")
THREE = Graph.of("a = u*x; b = v*x; c = w*x; L = a + b + c", ["x", "u", "v", "w"])
BATCH = Graph.of("p = w*x; q = w*s; e_1 = (p - y)^2; e_2 = (q - t)^2; L = 1/2*(e_1 + e_2)", ["w", "x", "s", "y", "t"])
OPEN = Graph.of("z = w*x; a = g(z); H = v*a", ["w", "x", "v"], ["g"])
ARRAYS = Graph.made(
    ("p", "q", "r", "s", "x_1", "x_2"), (), arrays=(
        ("W", matrix([[Name("p"), Name("q")], [Name("r"), Name("s")]])), ("x", column([Name("x_1"), Name("x_2")])),
    ),
)  # fmt: skip


def results(work: slips.Work, name: str) -> list[str]:
    return [plain(way.tree, work.roles.graph.scope) for way in wrong(work) if way.slip == name]


def of_net(wrt: str, of: str = "L") -> slips.Work:
    return derivation(ROLES, Partial(of, wrt))


@pytest.mark.parametrize(
    ("name", "work", "expected"),
    [
        ("path_left_out", of_net("x_1", "H"), ["v_2*1[z_2 > 0]*W_12", "v_1*(1 - a_1^2)*W_11"]),
        ("path_left_out", of_net("v_1"), []),
        ("path_left_out", derivation(Roles(THREE), Partial("L", "x")), ["v + w", "u + w", "u + v"]),
        ("accumulation_overwritten", derivation(Roles(THREE), Partial("L", "x")), ["w"]),
        ("accumulation_overwritten", of_net("x_1", "H"), []),  # of two paths, it is the first left out
        ("activation_derivative_forgotten", of_net("W_11"), ["(H - y)*v_1*x_1"]),
        ("activation_derivative_forgotten", of_net("W_12"), []),
        ("activation_derivative_forgotten", chain_rule(ROLES, Partial("L", "W_11")), ["dL/dH*dH/da_1*dz_1/dW_11"]),
        ("inactive_relu", of_net("W_12", "H"), ["v_2*x_1"]),
        ("inactive_relu", of_net("W_11", "H"), []),
        ("inactive_relu", line(ROLES, Name("a_2"), NET.node("a_2").tree), ["z_2"]),
        ("inactive_relu", of_net("v_2", "H"), ["z_2"]),
        ("derivative_at_activation", of_net("W_11", "H"), ["v_1*(1 - tanh(a_1)^2)*x_1"]),
        ("derivative_at_activation", of_net("W_12", "H"), []),  # 1[a > 0] is 1[z > 0]: right by accident
        ("derivative_at_activation", derivation(Roles(OPEN), Partial("H", "w")), ["v*g'(a)*x"]),
        ("index_order_swapped", derivation(ROLES, Partial("z_1", "x_2")), ["W_12"]),
        ("index_order_swapped", derivation(ROLES, Partial("z_1", "x_1")), []),
        ("index_order_swapped", of_net("W_12", "H"), ["v_1*(1 - a_1^2)*x_2"]),
        ("index_order_swapped", line(ROLES, Name("z_1"), NET.node("z_1").tree), ["W_11*x_1 + W_12*x_2"]),
        ("loss_sign", of_net("v_1"), ["(y - H)*a_1"]),
        ("loss_sign", of_net("v_1", "H"), []),
        ("half_or_two_lost", of_net("v_1"), ["2*(H - y)*a_1"]),
        ("half_or_two_lost", of_net("v_1", "H"), []),
        ("half_or_two_lost", line(ROLES, Name("L"), NET.node("L").tree), ["(H - y)^2"]),
        ("half_or_two_lost", derivation(Roles(BATCH, ("w",), "L", ("e_1", "e_2")), Partial("e_1", "w")), ["(p - y)*x"]),
        ("mean_lost", derivation(Roles(BATCH, ("w",), "L", ("e_1", "e_2")), Partial("L", "w")), ["2*(p - y)*x + 2*(q - t)*s"]),
        ("mean_lost", derivation(Roles(BATCH, ("w",), "L", ("e_1", "e_2")), Partial("e_1", "w")), []),
        ("weight_for_activation", of_net("v_1", "H"), ["v_1"]),
        ("weight_for_activation", chain_rule(ROLES, Partial("L", "v_1")), ["dL/dH*dH/da_1"]),
        ("weight_for_activation", of_net("a_1", "H"), []),
        ("activation_for_weight", of_net("a_1", "H"), ["a_1"]),
        ("activation_for_weight", of_net("v_1", "H"), []),
        ("updated_weight_early", update(ROLES, Partial("L", "W_12")),
         ["W_12 - alpha*(H - y)*(v_2 - alpha*dL/dv_2)*1[z_2 > 0]*x_1"]),
        ("updated_weight_early", of_net("W_12"), []),
        ("transposed_matrix", line(Roles(ARRAYS), read("transpose(W)*x", ARRAYS.scope), read("transpose(W)*x", ARRAYS.scope)),
         ["W*x"]),
        ("transposed_matrix", of_net("W_12"), []),
        ("activation_left_out", of_net("v_1", "H"), ["z_1"]),
        ("activation_left_out", line(ROLES, Name("H"), NET.node("H").tree), ["v_1*z_1 + v_2*a_2"]),
        ("activation_left_out", of_net("W_11", "z_1"), []),
        ("term_left_out", line(ROLES, Name("z_1"), NET.node("z_1").tree), ["W_21*x_2", "W_11*x_1"]),
        ("term_left_out", line(ROLES, Name("L"), NET.node("L").tree), []),
    ],
)  # fmt: skip
def test_a_slip_applies_where_it_should(name: str, work: slips.Work, expected: list[str]) -> None:
    assert results(work, name) == expected


def test_every_slip_is_tested_above() -> None:
    marks = test_a_slip_applies_where_it_should.pytestmark  # type: ignore[attr-defined]
    tested = {name for name, _, expected in marks[0].args[1] if expected}
    assert tested == set(SLIPS)


WORKS = [
    *(of_net(wrt) for wrt in ("x_1", "x_2", *WEIGHTS, "a_1", "z_2")),
    *(update(ROLES, Partial("L", wrt)) for wrt in WEIGHTS),
    *(chain_rule(ROLES, Partial("L", wrt)) for wrt in ("x_1", "W_12")),
    derivation(ROLES, Partial("L", "x_1"), over=True),
]


@pytest.mark.parametrize("work", WORKS, ids=lambda work: plain(work.truth, NET.scope))
def test_what_slips_make_is_wrong_and_no_two_are_the_same(work: slips.Work) -> None:
    """By another route than the one that chose them: at numbers at which no gate is closed or all are."""
    found = [way.tree for way in wrong(work)]
    assert found
    marks = [certify.fingerprint(NET, tree) for tree in (work.truth, *found)]
    assert all(certify.apart(a, b) for i, a in enumerate(marks) for b in marks[:i])
    rows = []
    for sign in (1, -1):
        leaves = {name: Fraction(7 * i % 11 + 2, 3) for i, name in enumerate(NET.leaves)}
        numbers = Numbers(NET, leaves | {name: sign * leaves[name] for name in ("W_12", "W_22")})
        rows.append([f"{float(numbers.value(tree)):.12g}" for tree in (work.truth, work.tree, *found)])
    truth, right, *others = zip(*rows, strict=True)
    assert truth == right and len({truth, *others}) == len(others) + 1


def test_wrong_values_go_through_to_the_output() -> None:
    found = wrong_values(ROLES, "H")
    assert {way.at for way in found} >= {"", "z_1", "z_2"}
    texts = [plain(way.tree, NET.scope) for way in found]
    assert "v_1*tanh(W_11*x_1) + v_2*a_2" in texts
    known = wrong_values(ROLES, "H", frozenset({"z_1", "z_2", "a_1", "a_2"}))
    assert not any(way.at for way in known)


def test_a_mistake_is_named() -> None:
    work = of_net("W_11")
    found = named(work, read("v_1*x_1*(H - y)", NET.scope))
    assert found is not None and (found.slip, found.about) == ("activation_derivative_forgotten", (Partial("a_1", "z_1"),))
    assert named(work, read("v_1*x_1", NET.scope)) is None
    assert named(work, work.tree) is None


def test_arrays_that_do_not_fit_are_left_out() -> None:
    arrays = (("W", matrix([[Name("p"), Name("q")], [Name("r"), Name("s")], [Name("t"), Name("u")]])),
              ("x", column([Name("x_1"), Name("x_2"), Name("x_3")])))  # fmt: skip
    tall = Graph.made((*"pqrstu", "x_1", "x_2", "x_3"), (), arrays=arrays)
    tree = product((apply("transpose", Name("W")), Name("x")))
    assert results(line(Roles(tall), tree, tree), "transposed_matrix") == []


def test_the_table_refuses_twins() -> None:
    with pytest.raises(ValueError, match="already in the table"):
        slip(SLIPS["path_left_out"])


@pytest.mark.parametrize("name", ["latex", "markdown"])
def test_every_slip_has_words(name: str) -> None:
    words = format_of(name).environment.globals["words"]
    assert set(words["slips"]) == set(SLIPS)
