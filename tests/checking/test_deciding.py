"""Equality on a network: in residues, at real points, on every branch; never by the form of a line."""

from __future__ import annotations

import pytest
from works import subject

from derivgen.checking.judging.deciding import Clock, World, close, read
from derivgen.evaluation import Numbers
from derivgen.expression import Apply, Name, Partial, Tree, matrix, product
from derivgen.graph import Graph

TWO = subject("z_1=w_1*x; a_1=sigmoid(z_1); z_2=w_2*a_1; a_2=tanh(z_2); L=(a_2-y)^2").graph
GATES = subject("z_1=u*x; z_2=v*x; a_1=relu(z_1); a_2=relu(z_2); H=a_1*p + a_2*q; L=(H-y)^2").graph
MANY = subject(
    "; ".join(f"z_{i}=w_{i}*x; a_{i}=relu(z_{i})" for i in range(1, 8)) + "; H="
    + " + ".join(f"v_{i}*a_{i}" for i in range(1, 8))
).graph  # fmt: skip
SHARED = subject("s=x*w; t=s*w; f=s*t").graph
OPEN = subject("z=w*x; a=g(z); L=Loss(a,y)", functions=("g", "Loss")).graph


def decided(graph: Graph, left: str, right: str) -> bool | None:
    return World.of(graph).decide(*(read(side, graph.scope) for side in (left, right))).equal


@pytest.mark.parametrize(
    ("graph", "left", "right", "equal"),
    [
        (TWO, "dL/dw_1", "2*(a_2 - y)*(1 - a_2^2)*w_2*a_1*(1 - a_1)*x", True),
        (TWO, "dL/dw_1", "2*(a_2 - y)*w_2*a_1*(1 - a_1)*x", False),
        (TWO, "dL/dw_1", "dL/da_2*da_2/dz_2*dz_2/da_1*da_1/dz_1*dz_1/dw_1", True),
        (TWO, "dL/dw_1", "dL/da_2*da_2/da_1*da_1/dw_1", True),
        (TWO, "a_1", "1/(1 + e^(-w_1*x))", True),
        (TWO, "a_1", "e^z_1/(e^z_1 + 1)", True),
        (TWO, "a_1", "1/(1 + e^(w_1*x))", False),
        (TWO, "1 - a_1", "sigmoid(-z_1)", True),
        (TWO, "a_2", "2*sigmoid(2*z_2) - 1", True),
        (TWO, "log(x^2*y^2)", "log(x^2) + log(y^2)", True),  # residues do not know it
        (TWO, "e^(x + y)", "e^x*e^y", True),
        (TWO, "e^(x + y)", "e^x + e^y", False),
        (TWO, "dL/dx", "0", False),
        (TWO, "dL/da_2", "2*a_2 - 2*y", True),
        (TWO, "dz_1/dw_2", "0", True),
        (GATES, "dL/dx", "2*(H - y)*(p*1[z_1 > 0]*u + q*1[z_2 > 0]*v)", True),
        (GATES, "dL/dx", "2*(H - y)*(p*u + q*1[z_2 > 0]*v)", False),
        (GATES, "dL/dx", "2*(H - y)*p*1[z_1 > 0]*u", False),
        (GATES, "1[a_1 > 0]", "1[z_1 > 0]", True),
        (GATES, "a_1", "max(0, u*x)", True),
        (GATES, "a_1*a_2", "max(0, z_1*z_2)", False),
        (GATES, "a_1 - relu(-z_1)", "z_1", True),
        (TWO, "1[z_1 > 0]", "1", False),  # a gate that is no kink of the network
        (TWO, "1[a_1 > 0]", "1", None),  # so at all points that are tried, but that is no proof
        (SHARED, "dt/dw", "s + w*x", True),
        (SHARED, "dt/dw", "s", False),  # the total derivative is the truth
        (SHARED, "df/dw", "df/dt*dt/dw + df/ds*ds/dw", True),  # a textbook's chain rule, dt/dw meant with s fixed
        (SHARED, "df/dw", "df/dt*dt/dw", False),
        (SHARED, "df/dw", "df/ds*ds/dw", False),
        (OPEN, "dL/dw", "dL/da*g'(z)*x", True),
        (OPEN, "dL/dw", "dL/da*g'(w*x)*x", True),
        (OPEN, "dL/dw", "dL/da*g(z)*x", False),
        (OPEN, "dL/da", "Loss'1(a, y)", True),
        (OPEN, "da/dz", "a*(1 - a)", False),
        (OPEN, "da/dz", "1/(1 + e^(-z))", False),  # softplus is a stand-in at some points only
    ],
)
def test_equal_is_what_has_the_same_value(graph: Graph, left: str, right: str, equal: bool | None) -> None:
    assert decided(graph, left, right) is equal


def test_the_derivative_of_a_function_of_the_table() -> None:
    primed = product((Apply("tanh", (Name("z_2"),), 1), Name("w_2"), Apply("sigmoid", (read("w_1*x", TWO.scope),), 1)))
    world = World.of(TWO)
    assert world.decide(read("da_2/dz_1", TWO.scope), primed).equal is True
    for point in world.points:
        assert close(point.value(primed), point.value(Partial("a_2", "z_1")))


@pytest.mark.parametrize("k", range(1, 8))
def test_each_of_many_gates_counts(k: int) -> None:
    right, wrong = (f"v_{k}*{gate}w_{k}" for gate in (f"1[z_{k} > 0]*", ""))
    rest = " + ".join(f"v_{i}*1[a_{i} > 0]*w_{i}" for i in range(1, 8) if i != k)
    assert decided(MANY, "dH/dx", f"{rest} + {right}") is True
    assert decided(MANY, "dH/dx", f"{rest} + {wrong}") is False
    scope = MANY.scope
    assert World.of(MANY).decide(read("dH/dx", scope), read(f"{rest} + {right}", scope)).sampled


def test_a_witness_is_what_the_network_says() -> None:
    left, right = read("dL/dw_1", TWO.scope), read("2*(a_2 - y)*w_2*a_1*(1 - a_1)*x", TWO.scope)
    decision = World.of(TWO).decide(left, right)
    numbers = Numbers(TWO, {name: decision.point[name] for name in TWO.leaves})
    assert close(decision.values[0], numbers.value(left)) and close(decision.values[1], numbers.value(right))
    assert not close(*decision.values)


def test_a_world_of_wrong_claims() -> None:
    """A claimed local derivative, adjoint and equation go on into all that comes of them."""
    scope = TWO.scope

    def holds(claim: tuple[str, str], left: str, right: str) -> bool | None:
        pair: tuple[Tree, Tree] = (read(claim[0], scope), read(claim[1], scope))
        return World(TWO, (pair,)).decide(read(left, scope), read(right, scope)).equal

    assert holds(("da_1/dz_1", "a_1"), "dL/dw_1", "2*(a_2 - y)*(1 - a_2^2)*w_2*a_1*x")
    assert not holds(("da_1/dz_1", "a_1"), "dL/dw_1", "2*(a_2 - y)*(1 - a_2^2)*w_2*a_1*(1 - a_1)*x")
    assert holds(("dL/dz_2", "a_2 - y"), "dL/dw_2", "(a_2 - y)*a_1")
    assert holds(("dL/dz_2", "dL/da_2*a_2"), "dL/dw_1", "2*(a_2 - y)*a_2*w_2*a_1*(1 - a_1)*x")
    assert holds(("z_2", "w_1*a_1"), "a_2", "tanh(w_1*a_1)")
    assert holds(("z_1", "w_1*a_2"), "z_1", "w_1*x")  # in a circle: no equation


def test_a_constraint_is_kept_at_every_point() -> None:
    graph = subject("p=y_1*log(q) + y_2*log(q)", simplices=(("y_1", "y_2"),)).graph
    assert decided(graph, "p", "log(q)") is True
    for point in World.of(graph).points:
        assert point["y_1"] + point["y_2"] == 1


@pytest.mark.parametrize(
    ("left", "right", "problem"),
    [
        ("x", "u", "no quantity u"), ("dL/du", "x", "no quantity u"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_says_why(left: str, right: str, problem: str) -> None:
    scope = Graph.of("L = u*x*w_1", None).scope
    decision = World.of(TWO).decide(read(left, scope), read(right, scope))
    assert decision.equal is None and problem in decision.problem


def test_arrays() -> None:
    w, x = matrix([[Name("p"), Name("q")]]), matrix([[Name("x")], [Name("y")]])
    graph = Graph.of("z = p*x + q*y; L = z^2", None)
    graph = Graph.made(graph.leaves, graph.nodes, arrays=(("W", w), ("v", x)))
    assert decided(graph, "W*v", "[z]") is True
    assert decided(graph, "dL/dW", "2*z*transpose(v)") is True
    assert decided(graph, "dL/dW", "2*z*v") is False
    assert decided(graph, "W*W", "z") is None
    assert decided(graph, "z", "W*W") is False


def test_no_time_is_no_verdict() -> None:
    decision = World.of(TWO).decide(Partial("L", "w_1"), Name("x"), Clock(0))
    assert decision.equal is None and "time" in decision.problem


def test_a_long_work_leaves_nothing_behind() -> None:
    """Gates and powers of single lines do not pile up in the models that are kept."""
    world = World.of(GATES)
    for i in range(50):
        world.decide(Name("H"), read(f"e^(x + {i})*1[u > {i}]", GATES.scope))
    world.decide(Name("H"), Name("y"))
    assert all(len(model.exps) < 10 and len(model.gates) < 10 for model in world.models)


TWO_GATES = "z_1 = x_1*u + x_2*v + b; z_2 = x_1*s + c; h_1 = relu(z_1); h_2 = relu(z_2); o = h_1*p + h_2*q; L = (o-y)^2/2"
WRONG_GATES = ["u > 0", "x_1 > 0", "b > 0", "h_1 >= 0", "o > 0", "p > 0", "z_1 > b", "z_1 > z_2", "h_1 > h_2", "o > y",
               "x_1*u + x_2*v > 0", "z_2 > 0", "h_2 > 0"]  # fmt: skip
RIGHT_GATES = ["z_1 > 0", "h_1 > 0", "x_1*u + x_2*v + b > 0", "2*z_1 > 0", "0 < z_1"]


@pytest.mark.parametrize("gate", [*WRONG_GATES, *RIGHT_GATES])
def test_no_other_gate_passes_for_that_of_a_relu(gate: str) -> None:
    leaves = ["x_1", "x_2", "u", "v", "b", "s", "c", "p", "q", "y"]
    world = World.of(Graph.of(TWO_GATES, leaves))
    line = read(f"(o - y)*p*x_1*1[{gate}]", world.graph.scope)
    assert world.decide(Partial("L", "u"), line).equal is (gate in RIGHT_GATES)


@pytest.mark.parametrize(("gate", "right"), [("w > 0", False), ("x > 0", False), ("h >= 0", False), ("h > 0", True)])
def test_a_single_relu_has_one_gate(gate: str, right: bool) -> None:
    world = World.of(Graph.of("z = w*x; h = relu(z); L = (h - y)^2", ["w", "x", "y"]))
    assert world.decide(Partial("h", "w"), read(f"x*1[{gate}]", world.graph.scope)).equal is right
