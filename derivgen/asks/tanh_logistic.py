"""tanh in terms of the logistic function, its derivative from there, and why both forms of the derivative agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derivgen.asks.partial_derivatives import in_inputs
from derivgen.derivation import chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, On, Part, State, Symbol, allow
from derivgen.expression import ONE, Apply, Name, Partial, Tree, apply, negate, number
from derivgen.graph import Graph


def tanh_logistic(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """f = tanh x = 2 s(2x) − 1, so f' = 4 s(2x)(1 − s(2x)) = 1 − tanh² x, with s the logistic function."""
    allow(parameters, "of")
    of = state.output(parameters)
    graph = in_inputs(state, of)
    tree = graph.resolved(graph.node(of).tree)
    if not isinstance(tree, Apply) or tree.operation != "tanh" or not isinstance(tree.args[0], Name):
        raise AskError(f"needs {of} to be the tanh of an input: f = tanh(x)", "of")
    graph, s = _logistic(graph)
    x, function = tree.args[0], Name(of)
    double = apply("multiply", number(2), x)
    at: Tree = Apply(s, (double,))
    up, down, down_twice = apply("exp", x), apply("exp", negate(x)), apply("exp", negate(double))
    rest = apply("subtract", ONE, at)
    slope: Tree = Apply(s, (double,), 1)
    product = apply("multiply", number(4), at, rest)
    token = Partial(of, x.name)
    last = apply("subtract", apply("multiply", number(2), at), ONE)
    r = Name(next(name for name in ("r", "t", "u", "v") if name not in graph))
    wide = replace(graph, leaves=(*graph.leaves, r.name))
    facts = {
        "of": function, "x": x, "token": token, "tanh": Symbol("tanh"),
        "definition": On(wide, {"line": chain(Apply(s, (r,)), _over(ONE, apply("add", ONE, apply("exp", negate(r)))))}),
        "form": On(graph, {"line": chain(
            function, _over(apply("subtract", up, down), apply("add", up, down)),
            _over(apply("subtract", ONE, down_twice), apply("add", ONE, down_twice)),
        )}),
        "parts": On(graph, {"lines": (
            chain(at, _over(ONE, apply("add", ONE, down_twice))),
            chain(rest, _over(down_twice, apply("add", ONE, down_twice))),
        )}),
        "result": On(graph, {"line": chain(function, apply("subtract", at, rest), last)}),
        "rule": On(wide, {"line": chain(
            Apply(s, (r,), 1), _over(apply("exp", negate(r)), _squared(apply("add", ONE, apply("exp", negate(r))))),
            apply("multiply", Apply(s, (r,)), apply("subtract", ONE, Apply(s, (r,)))),
        )}),
        "derivative": On(graph, {"line": chain(
            token, apply("multiply", number(2), slope, number(2)), apply("multiply", number(4), slope), product,
        )}),
        "equal": On(graph, {"line": chain(
            apply("subtract", ONE, _squared(tree)), apply("subtract", ONE, _squared(last)),
            apply("subtract", apply("multiply", number(4), at), apply("multiply", number(4), _squared(at))),
            product,
        )}),
    }  # fmt: skip
    answer = Answer("expression", ((token, product),), graph=graph)
    return state, Part("tanh_logistic", {"of": of, "wrt": x.name}, answer, facts)


def _over(above: Tree, below: Tree) -> Tree:
    return apply("divide", above, below)


def _squared(tree: Tree) -> Tree:
    return apply("power", tree, number(2))


def _logistic(graph: Graph) -> tuple[Graph, str]:
    """A letter for the logistic function that the graph has not yet, declared and bound; its own if it has one."""
    for function, operation in graph.bindings:
        if operation == "sigmoid":
            return graph, function
    letter = next(name for name in ("s", "S", "phi") if name not in graph and name not in dict(graph.functions))
    functions = (*graph.functions, (letter, 1))
    return replace(graph, functions=functions, bindings=(*graph.bindings, (letter, "sigmoid"))), letter
