"""Equations in, graph out: one node for one name, topological order, and one clear line for what makes no graph."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
import sympy

from derivgen.errors import DerivgenError
from derivgen.expression import Apply, Name, Partial, column
from derivgen.graph import Graph, GraphError
from derivgen.reading import read


def test_a_name_used_twice_is_one_node() -> None:
    graph = Graph.of("u = x*x; f = u + u*x", ["x"])
    assert [node.name for node in graph.nodes] == ["u", "f"]
    assert graph.parents("u") == ("x",)
    assert graph.parents("f") == ("u", "x")
    assert graph.consumers == {"x": ("u", "f"), "u": ("f",), "f": ()}


def test_the_order_is_topological_and_else_as_written() -> None:
    graph = Graph.of("f = u*v\nv = 2*x\nu = 3*x\nw = f + 1\ns = x", ["x"])
    assert [node.name for node in graph.nodes] == ["v", "u", "f", "w", "s"]
    assert Graph.of("b = x; a = x; c = a + b", ["x"]).nodes[0].name == "b"


def test_the_order_does_not_depend_on_where_an_equation_stands() -> None:
    lines = ["a = x", "b = a + x", "c = b*a", "d = c + b"]
    assert [n.name for n in Graph.of("\n".join(reversed(lines)), ["x"]).nodes] == ["a", "b", "c", "d"]


def test_a_deep_chain_needs_no_deep_recursion() -> None:
    graph = Graph.of("; ".join(f"v_{i + 1} = v_{i} + 1" for i in range(3000)), ["v_0"])
    assert len(graph.nodes) == 3000
    assert len(graph.ancestors("v_3000")) == 3001
    assert len(graph.descendants("v_0")) == 3001


def test_undefined_names_are_leaves_only_where_none_are_declared() -> None:
    assert Graph.of("a = sigmoid(w*x + b); L = (a - y)^2/2").leaves == ("w", "x", "b", "y")
    with pytest.raises(GraphError):
        Graph.of("a = sigmoid(w*x + b)", ["w", "x"])


def test_comments_and_empty_lines_do_not_count() -> None:
    graph = Graph.of("\n# first\nu = x  # the input; not v = 3\n\n  f = u;\n", ["x"])
    assert [(node.name, node.line) for node in graph.nodes] == [("u", 3), ("f", 5)]


@pytest.mark.parametrize(
    ("equations", "says"),
    [
        ("a = b; b = a", "the equations go in a circle: (a → b → a|b → a → b)"),
        ("a = a + x", "the equations go in a circle: a → a"),
        ("a = x + c; b = a; c = b", "circle"),
        ("u = x\nu = 2*x", "line 2: 'u' is defined twice .it is defined in line 1."),
        ("x = 3", "line 1: 'x' is defined twice .it is declared above."),
        ("u = 2*q", "line 1: column 7: 'q' is unknown"),
        ("u = x\nf = u*alhpa", "line 2: column 7: 'alhpa' is unknown; did you mean 'alpha'?"),
        ("f = sigmiod(x)", "line 1: column 5: 'sigmiod' is unknown; did you mean 'sigmoid'?"),
        ("f = gelu'(x)", "line 1: column 5: an equation has functions, not their derivatives"),
        ("", "there are no equations"),
        ("# nothing", "there are no equations"),
        ("f", "line 1: 'f' is not an equation"),
        ("f = ", "line 1: .*nothing to read"),
        ("2*f = x", "line 1: the left side of an equation is one name, not '2.f'"),
        ("f = x = 2", "line 1: .*more than one ="),
        ("f = 9^9^9^9", "line 1: column 8: a power of a power needs brackets"),
        ("f = " + "(" * 10_000 + "x", "line 1: column .*(deep|more than)"),
        ("f = x; g = (x", "line 1: column 12: .*never closed"),
        ("w_1^(2) = x; w_{1}^(2) = 2*x", "print alike"),
        ("f = x + 2*x^(2)", r"column 11: x\^\(2\) could be a label or a power; write x\^2 for the power"),
        ("= x", "left side"),
        ("f(x) = x", "left side of an equation is one name"),
        ("x^2 = x", r"line 1: x\^2 is a power; the left side of an equation is one name"),
        ("y = x\nW_11^2 = y", r"line 2: W_11\^2 is a power"),
        ("f = x*transpose(x)", "column 7: an equation is between numbers, not matrices"),
        ("f = [x, 1]", "column 5: an equation is between numbers, not matrices"),
    ],
)
def test_what_makes_no_graph_is_one_clear_line(equations: str, says: str) -> None:
    with pytest.raises(DerivgenError, match=says.replace("(a → b → a|b → a → b)", "(a → b → a|b → a → b)")) as caught:
        Graph.of(equations, ["x", "alpha"])
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_number_in_brackets_above_an_undeclared_name_is_a_label() -> None:
    graph = Graph.of("a = w_1^(1)*x; y = w_1^(2)*a^2")
    assert graph.leaves == ("w_1^(1)", "x", "w_1^(2)")
    for equations in ("a = w*x; y = w^(2)*a", "y = w^(2)*x + w", "a = w*x; y = a^(2)"):
        with pytest.raises(GraphError, match="could be a label or a power"):
            Graph.of(equations)


def test_a_circle_is_named_in_the_order_in_which_values_would_flow() -> None:
    with pytest.raises(GraphError) as caught:
        Graph.of("p = x; a = p + c; b = 2*a; c = b*b", ["x"])
    names = str(caught.value).rpartition(": ")[2].split(" → ")
    assert names[0] == names[-1]
    assert len(names) == 4
    flow = {("a", "b"), ("b", "c"), ("c", "a")}
    assert set(itertools.pairwise(names)) == flow


def test_a_twice_declared_name_is_refused() -> None:
    with pytest.raises(GraphError, match="'x' is declared twice"):
        Graph.of("f = x", ["x", "x"])


# --- functions -------------------------------------------------------------------------------------------------------


def abstract() -> Graph:
    return Graph.of("z = w*x; a = g(z); L = Loss(a, y)", ["w", "x", "y"], ["g", "Loss"])


def test_functions_are_abstract_until_bound() -> None:
    graph = abstract()
    assert graph.functions == (("g", 1), ("Loss", 2))
    assert graph.is_abstract(graph.node("a").tree)
    assert str(graph.expression("a")) == "g(z)"
    bound = graph.bind({"g": "sigmoid"})
    assert not bound.is_abstract(bound.node("a").tree)
    assert bound.is_abstract(bound.node("L").tree)
    assert sympy.simplify(bound.expression("a") - 1 / (1 + sympy.exp(-sympy.Symbol("z", real=True)))) == 0
    assert bound.node("a").tree == Apply("g", (Name("z"),)), "it is still printed by its own name"
    assert graph.is_abstract(graph.node("a").tree), "binding makes a new graph"


@pytest.mark.parametrize(("spelling", "operation"), [("ReLU", "relu"), ("sigma", "sigmoid"), ("id", "identity")])
def test_a_function_is_bound_by_any_spelling(spelling: str, operation: str) -> None:
    assert abstract().bind({"g": spelling}).operation("g") == operation


@pytest.mark.parametrize(
    ("bindings", "says"),
    [
        ({"h": "sigmoid"}, "'h' is unknown"),
        ({"g": "rleu"}, "'rleu' is unknown; did you mean 'relu'?"),
        ({"g": "half_squared_error"}, "half_squared_error takes 2 arguments, but g is used with 1"),
        ({"Loss": "sigmoid"}, "sigmoid takes 1 argument, but Loss is used with 2"),
        ({"g": "add"}, "'add' is unknown"),
        ({"los": "relu"}, "did you mean 'Loss'?"),
    ],
)
def test_a_wrong_binding_is_refused(bindings: dict[str, str], says: str) -> None:
    with pytest.raises(GraphError, match=re.escape(says)):
        abstract().bind(bindings)


def test_a_declared_function_must_be_used_and_always_alike() -> None:
    with pytest.raises(GraphError, match="'g' is declared but no equation uses it"):
        Graph.of("f = x", ["x"], ["g"])
    with pytest.raises(GraphError, match="takes 1 argument, not 2"):
        Graph.of("f = g(x) + g(x, x)", ["x"], ["g"])


@pytest.mark.parametrize("name", ["sigmoid", "relu", "exp", "max"])
def test_a_function_cannot_take_an_operations_name(name: str) -> None:
    with pytest.raises(GraphError, match=f"'{name}' is an operation already"):
        Graph.of(f"f = {name}(x)", ["x"], [name])


def test_a_node_may_be_named_like_the_function_that_makes_it() -> None:
    graph = Graph.of("a = w*x; Loss = Loss(a, y)", ["w", "x", "y"], ["Loss"])
    assert graph.output == "Loss"
    assert graph.node("Loss").tree == Apply("Loss", (Name("a"), Name("y")))
    assert graph.bind({"Loss": "squared_error"}).operation("Loss") == "squared_error"


@pytest.mark.parametrize("call", ["g(x, (x + 1))", "g (x, max(x, 2))", "g(abs(x), -x)"])
def test_a_functions_arguments_may_be_any_expressions(call: str) -> None:
    assert Graph.of(f"f = {call}", ["x"], ["g"]).functions == (("g", 2),)


def test_a_functions_name_inside_another_name_is_no_call() -> None:
    assert Graph.of("f = sg(x) + g(x, x)", ["x"], ["g", "sg"]).functions == (("g", 2), ("sg", 1))


def test_equal_graphs_are_equal_and_hash_alike() -> None:
    assert abstract() == abstract()
    assert hash(abstract()) == hash(abstract())
    assert abstract() != abstract().bind({"g": "relu"})
    assert "z" in abstract()
    assert "q" not in abstract()


def test_a_number_above_is_a_power_unless_the_leaf_is_declared_so() -> None:
    assert Graph.of("f = x^2 + W_11^2").leaves == ("x", "W_11")
    declared = Graph.of("f = x^2 + W_11^2", ["x", "W_11^2"])
    assert declared.parents("f") == ("x", "W_11^2")
    layered = Graph.of("z_1^[1] = w_11^[1]*x_1; o_{h_1} = tanh(z_1^[1])")
    assert (layered.leaves, layered.output) == (("w_11^[1]", "x_1"), "o_{h_1}")


def test_whole_arrays_have_names_that_are_no_quantities() -> None:
    graph = Graph.of("f = x_1*w_1 + x_2*w_2", ["x_1", "x_2", "w_1", "w_2"])
    graph = replace(
        graph, arrays=(("x", column([Name("x_1"), Name("x_2")])), ("w", column([Name("w_1"), Name("w_2")])))
    )
    assert graph.scope.arrays == {"x", "w"}
    assert "x" not in graph and "x" not in graph.leaves
    product = read("transpose(w)*x", graph.scope)
    rows = graph.entries(product)
    assert rows is not None and len(rows) == len(rows[0]) == 1
    assert graph.entries(Name("f")) is None
    assert graph.spread(Partial("f", "x")) == column([Partial("f", "x_1"), Partial("f", "x_2")])
    assert hash(graph) != hash(replace(graph, arrays=()))
    with pytest.raises(DerivgenError, match="'f' would be a quantity and an array"):
        _ = replace(graph, arrays=(("f", column([Name("x_1")])),)).scope
