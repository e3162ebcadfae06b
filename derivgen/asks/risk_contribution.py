"""One point's share of the gradient of the empirical risk under square loss, at a given output and target."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from derivgen.derivation import chain
from derivgen.draws import Draws
from derivgen.evaluation import evaluator
from derivgen.exercise import Answer, AskError, On, Part, State, Supposed, allow
from derivgen.expression import ZERO, Apply, Name, Partial, Tree, apply, negate, number, product, substitute
from derivgen.graph import Graph
from derivgen.operations import RANGES

WIDEST = 100000


def risk_contribution(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """∂r/∂w = (2/n)(H − y) ∂H/∂w, for a point's share r = (1/n)(H − y)² of the risk (1/n) Σ (H(x_i) − y_i)².

    ``output`` and ``target`` are the numbers of H and y (drawn: as often equal as not); ``examples`` is n, or a letter.
    """
    allow(parameters, "output", "target", "examples")
    outputs = state.network.outputs
    if len(outputs) > 1:
        raise AskError("needs a network with a single output")
    out, wanted = _numbers(parameters, draws)
    if state.network.layers:
        least, largest = RANGES.get(state.network.layers[-1].activation, (None, None))
        if "output" in parameters and ((least is not None and out < least) or (largest is not None and out > largest)):
            raise AskError(f"cannot come out of {state.network.layers[-1].activation}", "output")
    name = outputs[0] if outputs else state.graph.output if not state.network.loss else "H"
    count = parameters.get("examples")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= WIDEST):
        raise AskError(f"must be a whole number from 1 to {WIDEST}", "examples")
    target, weight, letter, share = _free(name, "y"), _free(name, "w"), _free(name, "n"), _free(name, "r")
    n: Tree = Name(letter) if count is None else number(count)
    function = _free(name, "h")
    error = apply("power", apply("subtract", Name(name), Name(target)), number(2))
    risk = f"({name} - {target})^2/{letter if count is None else count}"
    graph = Graph.of(
        f"{name} = {function}({weight}); {share} = {risk}",
        [weight, target, *([letter] if count is None else [])], [function],
    )  # fmt: skip
    token, slope = Partial(share, weight), Partial(name, weight)
    form = product((apply("divide", number(2), n), apply("subtract", Name(name), Name(target)), slope))
    filled = substitute(form, {name: number(out), target: number(wanted)})
    answer = worked(filled)
    facts = {
        "weight": Name(weight), "n": n, "given": count is not None, "zero": out == wanted,
        "input": Name("x_i"), "its_target": Name(f"{target}_i"),
        "square": apply("power", apply("subtract", Apply(name, (Name("x_i"),)), Name(f"{target}_i")), number(2)),
        "output_is": Supposed(Name(name), "=", number(out)), "target_is": Supposed(Name(target), "=", number(wanted)),
        "own": On(graph, {
            "share_is": chain(Name(share), apply("divide", error, n)), "slope": slope,
            "line": chain(token, product((Partial(share, name), slope)), form), "numbers": chain(filled, answer),
            "difference": chain(apply("subtract", number(out), number(wanted)), number(out - wanted)),
        }),
    }  # fmt: skip
    named = {"output": str(out), "target": str(wanted)}
    return state, Part("risk_contribution", named, Answer("expression", ((filled, answer),), graph=graph), facts)


def worked(tree: Tree) -> Tree:
    """(2/n)(3 − 1) ∂H/∂w → (4/n) ∂H/∂w: the numbers of a share worked out."""
    factors = tree.args if isinstance(tree, Apply) and tree.operation == "multiply" else (tree,)
    value, below, rest = Fraction(1), None, []
    for factor in factors:
        if isinstance(factor, Partial):
            rest.append(factor)
        elif isinstance(factor, Apply) and factor.operation == "divide" and isinstance(factor.args[1], Name):
            value, below = value * Fraction(evaluator(factor.args[0])({})), factor.args[1]
        else:
            value *= Fraction(evaluator(factor)({}))
    if value == 0:
        return ZERO
    size: Tree = number(abs(value))
    share = product((apply("divide", size, below) if below is not None else size, *rest))
    return share if value > 0 else negate(share)


def _numbers(parameters: Mapping[str, object], draws: Draws) -> tuple[Fraction, Fraction]:
    """The output's and the target's number; both equal, or different, as likely as not where both are drawn."""
    given: dict[str, Fraction] = {}
    for key in ("output", "target"):
        value = parameters.get(key)
        if value is not None:
            if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
                raise AskError("must be a number such as 1", key)
            given[key] = Fraction(value)
    if len(given) == 2:
        return given["output"], given["target"]
    away = draws.choice("difference", (0, 0, 0, 0, -2, -1, 1, 2))
    if "target" in given:
        return given["target"] + away, given["target"]
    out = given.get("output", Fraction(0))
    if "output" not in given:
        out = Fraction(draws.integer("output", -2, 3))
    return out, out - away


def _free(taken: str, letter: str) -> str:
    """The letter, or its capital if the output is called so."""
    return letter if taken != letter else letter.swapcase()
