"""Each slip where it applies and where it does not; what comes out is wrong, once, and has words."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from derivgen import certify, slips, spec
from derivgen.asks import ASKS
from derivgen.asks.multiple_choice import _output_delta
from derivgen.derivation import forward_form, local
from derivgen.draws import Draws
from derivgen.evaluation import Numbers
from derivgen.exercise import Known, State
from derivgen.expression import Name, Partial, apply, column, matrix, number, product, total
from derivgen.formats import format_of
from derivgen.graph import Graph
from derivgen.networks import KINDS, build
from derivgen.printing import plain
from derivgen.reading import read
from derivgen.slips import SLIPS, Roles, Shape, chain_rule, derivation, line, named, slip, update, wrong, wrong_values

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
ARRAYS_OF_A_LAYER = (
    ("W", matrix([[Name("p"), Name("q")], [Name("r"), Name("s")]])), ("x", column([Name("x_1"), Name("x_2")])),
    ("z", column([Name("z_1"), Name("z_2")])), ("a", column([Name("a_1"), Name("a_2")])),
    ("b", column([Name("b_1"), Name("b_2")])), ("d", column([Partial("L", "a_1"), Partial("L", "a_2")])),
)  # fmt: skip
PLAIN = Graph.of(
    "z_1 = p*x_1 + r*x_2 + b_1; z_2 = q*x_1 + s*x_2 + b_2; a_1 = tanh(z_1); a_2 = tanh(z_2); L = a_1^2 + a_1*a_2",
    [*"pqrs", "x_1", "x_2", "b_1", "b_2", "alpha"],
)
ARRAYS = Graph.made(PLAIN.leaves, PLAIN.nodes, arrays=ARRAYS_OF_A_LAYER)
OWN = Roles(ARRAYS, ("p", "q", "r", "s", "b_1", "b_2"), "L", (), "alpha", biases=("b_1", "b_2"))


def of_line(text: str, roles: Roles = OWN) -> slips.Work:
    """A line of arrays, or of whatever else."""
    tree = read(text, ARRAYS.scope)
    return line(roles, tree, tree)


def step_of(of: str, wrt: str) -> slips.Work:
    return slips.local_step(ROLES, Partial(of, wrt), (of, wrt), local(NET, of, wrt))


def shape_of(shape: Shape, rows: int = 2, columns: int = 2) -> slips.Work:
    stated = matrix([[number(rows), number(columns)]])
    return replace(line(OWN, stated, stated), shape=shape)


def count_of(*, biased: bool, sizes: tuple[int, ...] = (3, 2, 1)) -> slips.Work:
    """How many parameters layers of these sizes have."""
    pairs = list(zip(sizes, sizes[1:], strict=False))
    terms = [apply("multiply", number(a), number(b)) for a, b in pairs]
    tree = total([*terms, *(number(b) for _, b in pairs if biased)])
    return replace(line(OWN, tree, tree), sizes=sizes, biased=biased)


def logits() -> slips.Work:
    """∂L/∂z of softmax and its cross-entropy."""
    text = "title: T\nexercises:\n  - network: {kind: layered, sizes: [1, 2], output_activation: softmax, loss: cross_entropy}\n"
    quiz = spec.loads(text + "    asks: [loss_gradient]\n", asks=ASKS, kinds=KINDS)
    network = build(quiz.exercises[0].network, Draws("", "", ""), "forbid")
    form = column(forward_form(network.graph, "L", z, cancel=True) for z in network.layers[0].pre[0])
    return _output_delta(
        State(network, Known()), network.layers[0], Partial("L", network.layers[0].pre_array), form, "L"
    )


EDGES = ((("a_1", "z_1"), ("a_2", "z_2")),)
SLOPE = column(local(ARRAYS, *edge) for edge in EDGES[0])
_THROUGH = apply("hadamard", read("W*d", ARRAYS.scope), SLOPE)
HIDDEN = replace(line(OWN, _THROUGH, _THROUGH), edges=EDGES, slope=SLOPE)
VALUES = slips.Work(OWN, Name("a"), line=column(ARRAYS.node(a).tree for a, _ in EDGES[0]), edges=EDGES)
LOGITS = logits()
_SHARES = "exp({})/(exp(x_1) + exp(x_2))"
SHARES = of_line(f"[{_SHARES.format('x_1')}; {_SHARES.format('x_2')}]")
LARGEST = of_line("1[q > r]*1[q > s] + 2*1[r > q]*1[r > s] + 3*1[s > q]*1[s > r]")
STEP = of_line("W - alpha*dL/dW")
_NAMED = Graph.made(NET.leaves, NET.nodes, arrays=(
    ("W", matrix([[Name("W_11"), Name("W_12")], [Name("W_21"), Name("W_22")]])), ("x", column([Name("x_1"), Name("x_2")])),
))  # fmt: skip
SWAPPABLE = line(Roles(_NAMED, WEIGHTS), read("transpose(W)*x", _NAMED.scope), read("transpose(W)*x", _NAMED.scope))
TIMES = of_line("transpose(W)*x")


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
        ("index_order_swapped", SWAPPABLE, ["transpose([W_11, W_21; W_21, W_22])*x", "transpose([W_11, W_12; W_12, W_22])*x"]),
        ("transposed_matrix", STEP, ["W - alpha*transpose(dL/dW)"]),
        ("outer_product_reversed", of_line("x*transpose(d)"), ["d*transpose(x)"]),
        ("outer_product_reversed", of_line("transpose(x)*d"), []),  # d'x is the same number
        ("outer_product_reversed", TIMES, []),
        ("input_left_out", TIMES, ["transpose(W)*[0; x_2]", "transpose(W)*[x_1; 0]"]),
        ("bias_left_out", of_line("transpose(W)*x + b"), ["transpose(W)*x"]),
        ("bias_left_out", of_line("transpose(W)*x", Roles(ARRAYS, constants=("x_1",))), ["transpose(W)*[0; x_2]"]),
        ("bias_left_out", of_line("transpose(W)*x + d"), []),
        ("term_left_out", of_line("transpose(W)*x + b"), []),
        ("step_sign", update(ROLES, Partial("H", "v_1")), ["v_1 + alpha*a_1"]),
        ("step_sign", STEP, ["W + alpha*dL/dW"]),
        ("step_sign", of_net("v_1"), []),
        ("step_size_left_out", STEP, ["W - dL/dW"]),
        ("old_value_left_out", STEP, ["-alpha*dL/dW"]),
        ("value_for_derivative", step_of("a_1", "z_1"), ["a_1"]),
        ("value_for_derivative", step_of("H", "v_1"), ["v_1*a_1"]),
        ("value_for_derivative", of_net("z_1", "a_1"), []),  # of a chain of steps, nobody is asked for one
        ("neighbouring_term", step_of("H", "v_1"), ["a_2"]),
        ("neighbouring_term", step_of("H", "a_1"), ["v_2"]),
        ("activation_left_out", step_of("a_1", "z_1"), ["1 - z_1^2"]),
        ("activation_derivative_forgotten", HIDDEN, ["W*d"]),
        ("derivative_at_activation", HIDDEN, ["hadamard(W*d, [1 - tanh(a_1)^2; 1 - tanh(a_2)^2])"]),
        ("value_for_derivative", HIDDEN, ["hadamard(W*d, [a_1; a_2])"]),
        ("activation_left_out", HIDDEN, ["hadamard(W*d, [1 - z_1^2; 1 - z_2^2])"]),
        ("activation_left_out", VALUES, ["[z_1; z_2]"]),
        ("loss_sign", LOGITS, ["[y_1 - H_1; y_2 - H_2]"]),
        ("target_left_out", LOGITS, ["[H_1; H_2]"]),
        ("activation_left_out", LOGITS, ["[z_1^(1) - y_1; z_2^(1) - y_2]"]),
        ("activation_derivative_twice", LOGITS,
         ["[(H_1 - y_1)*H_1*(1 - H_1); (H_2 - y_2)*H_2*(1 - H_2)]"]),
        ("denominator_left_out", SHARES, ["[e^(x_1); e^(x_2)]"]),
        ("another_class", LARGEST, ["2*1[q > r]*1[q > s] + 3*1[r > q]*1[r > s] + 1[s > q]*1[s > r]",
                                    "3*1[q > r]*1[q > s] + 1[r > q]*1[r > s] + 2*1[s > q]*1[s > r]"]),
        ("term_left_out", LARGEST, []),
        ("shape_transposed", shape_of(Shape(0, False)), []),
        ("shape_transposed", shape_of(Shape(0, False), 3, 2), ["[2, 3]"]),
        ("bias_row_forgotten", shape_of(Shape(0, True)), ["[1, 2]"]),
        ("bias_row_forgotten", shape_of(Shape(1, True)), ["[2, 1]"]),
        ("bias_row_forgotten", shape_of(Shape(1, False)), []),
        ("bias_row_added", shape_of(Shape(0, False)), ["[3, 2]", "[2, 3]"]),
        ("neighbouring_layer", shape_of(Shape(0, False, ((2, 2), (2, 1)))), ["[2, 1]"]),
        ("term_left_out", line(ROLES, Name("z_1"), NET.node("z_1").tree), ["W_21*x_2", "W_11*x_1"]),
        ("term_left_out", line(ROLES, Name("L"), NET.node("L").tree), []),
        ("biases_counted", count_of(biased=False), ["3*2 + 2*1 + 2 + 1"]),
        ("biases_counted", count_of(biased=True), []),
        ("inputs_counted", count_of(biased=True), ["3*2 + 2*1 + 2 + 1 + 3"]),
        ("sizes_added", count_of(biased=False), []),  # 5 + 3 is what 6 + 2 is
        ("sizes_added", count_of(biased=False, sizes=(3, 4)), ["7"]),
        ("another_layer_counted", count_of(biased=False), ["3*2 + 2*1 + 1"]),
        ("another_variable", replace(of_net("v_1", "H"), judged=True),
         ["dH/dW_11", "dH/dW_12", "dH/dW_21", "dH/dW_22", "dH/dv_2", "dH/dx_1", "dH/dx_2", "dH/dz_1", "dH/dz_2", "dH/da_2"]),  # dH/da_1 has a name of its own
        ("another_variable", of_net("v_1", "H"), []),  # a question's choices would say what they are
        ("whole_sign", replace(of_net("v_1", "H"), judged=True), ["-a_1"]),
        ("whole_sign", of_net("v_1", "H"), []),
        ("half_or_two_added", replace(of_net("v_1"), judged=True), ["1/2*(H - y)*a_1"]),
        ("half_or_two_added", replace(derivation(Roles(BATCH, ("w",), "L", ("e_1", "e_2")), Partial("e_1", "w")), judged=True),
         ["4*(p - y)*x"]),
        ("half_or_two_added", of_net("v_1"), []),
        ("another_slope", replace(of_net("W_11", "H"), judged=True), ["v_1*a_1*(1 - a_1)*x_1"]),
        ("another_slope", replace(of_net("W_12", "H"), judged=True), []),
        ("another_slope", replace(HIDDEN, judged=True), ["hadamard(W*d, [a_1*(1 - a_1); a_2*(1 - a_2)])"]),
        ("another_quantity", replace(of_net("a_1", "H"), judged=True), ["W_11", "W_12", "W_21", "W_22"]),
        ("another_quantity", of_net("a_1", "H"), []),
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
    assert found is not None and (found.slip, found.about) == (
        "activation_derivative_forgotten",
        (Partial("a_1", "z_1"),),
    )
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
