"""True or false, and why: a statement about a derivative, right, or made wrong by a slip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from derivgen import slips
from derivgen.asks.derivative import derivative
from derivgen.asks.gradient import gradient
from derivgen.asks.multiple_choice import LAST_RESORT, apart_in_numbers
from derivgen.derivation import chain, forward_form, local, local_partial
from derivgen.draws import Draws
from derivgen.errors import suggest
from derivgen.evaluation import evaluator
from derivgen.exercise import Answer, AskError, Claim, Part, State, Supposed, allow, local_line, slip_fact, value_line
from derivgen.expression import ZERO, Apply, Name, Partial, Tree, number, product, substitute
from derivgen.slips import SLIPS

TRUTHS = ("true", "false")
# Output values at which an activation's derivative is zero (near them, nearly so), and some at which it is not.
SATURATED = {
    "sigmoid": ((Fraction(1), Fraction(0)), (Fraction(1, 2),)),
    "tanh": ((Fraction(1), Fraction(-1)), (Fraction(0),)),
}
SATURATED_NEAR = Fraction(1, 20)
ACTIVE = tuple(map(Fraction, (1, 2, 3)))


def true_false(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """``∂of/∂wrt = …``, with ``truth`` and ``slip`` drawn if left out; or a statement ``about`` all weights at once."""
    about = parameters.get("about")
    if about is None:
        return _formula(state, parameters, draws)
    if about not in ABOUT:
        raise AskError(suggest(str(about), ABOUT), "about")
    return ABOUT[str(about)](state, parameters, draws)


def _truth(parameters: Mapping[str, object], draws: Draws) -> bool:
    """Whether the statement is to be true: as the quiz says, else true as often as false."""
    truth = parameters.get("truth")
    if truth is None:
        return draws.choice("truth", (True, False))
    if not isinstance(truth, bool):
        raise AskError("must be true or false", "truth")
    return truth


def _part(parameters: Mapping[str, str], truth: bool, facts: Mapping[str, object]) -> Part:
    word = TRUTHS[not truth]
    answer = Answer("statements", (), TRUTHS, (TRUTHS.index(word),))
    return Part("true_false", {**parameters, "truth": word}, answer, {**facts, "truth": word})


# --- a formula ------------------------------------------------------------------------------------------------


def _formula(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """∂of/∂wrt as it is, or with a slip in it."""
    allow(parameters, "wrt", "of", "form", "truth", "slip", "about")
    target = state.derivative(parameters)
    work = slips.derivation(state.roles, target, state.over(target, parameters))
    slip = parameters.get("slip")
    if slip is not None and slip not in SLIPS:
        raise AskError(suggest(str(slip), SLIPS), "slip")
    if slip is not None and parameters.get("truth") is True:
        raise AskError("makes a statement false, but truth is true", "slip")
    truth = slip is None and _truth(parameters, draws)
    tree, wrong = work.tree, None
    if not truth:
        found = [way for way in apart_in_numbers(state, target, slips.wrong(work)) if slip in (None, way.slip)]
        if state.determines(target) and state.number(target) is None:  # numbers are drawn so that no ReLU is inactive
            found = [way for way in found if slip or way.slip not in LAST_RESORT] or found
        if not found:
            said = f"the slip {slip} cannot" if slip else "no slip can"
            raise AskError(f"{said} be made in d{target.of}/d{target.wrt}", "slip" if slip else "truth")
        kind = draws.choice("slip", list(dict.fromkeys(way.slip for way in found)))
        wrong = draws.choice("way", [way for way in found if way.slip == kind])
        tree = wrong.tree
    asked = {key: value for key, value in parameters.items() if key in ("of", "wrt", "form")}
    after, before = gradient(state, {**asked, "of": target.of, "wrt": target.wrt}, draws)
    facts = {
        "about": "formula", "target": target, "claim": Claim(target, tree, truth),
        "slip": slip_fact(wrong) if wrong else "", "work": before.facts,
    }  # fmt: skip
    named = {"of": target.of, "wrt": target.wrt, **({"slip": wrong.slip} if wrong else {})}
    part = _part(named, truth, facts)
    if wrong is None:
        return after, part
    return after, replace(part, distinct=(target, wrong.tree))


# --- all weights at once -----------------------------------------------------------------------------------------


def _output(state: State) -> tuple[str, str, str]:
    """The only output, the quantity before its activation, and the activation's operation."""
    network, graph = state.network, state.graph
    outputs = network.outputs or ((graph.output,) if not network.loss else ())
    if len(outputs) != 1:
        raise AskError("needs a network with a single output, and no loss unless its kind is layered", "about")
    tree = graph.node(outputs[0]).tree
    if isinstance(tree, Apply) and len(tree.args) == 1 and isinstance(tree.args[0], Name):
        return outputs[0], tree.args[0].name, graph.operation(tree.operation) or ""
    return outputs[0], "", ""


def _weights(state: State, of: str) -> tuple[str, ...]:
    weights = tuple(name for name in state.network.weights if name in state.graph.ancestors(of))
    if not weights:
        raise AskError("needs a network with weights", "about")
    return weights


def _general(state: State, of: str, relation: str) -> dict[str, object]:
    """∂H/∂W_ij^(l) ≈ 0 for all i, j, l, by the notation; nothing where weights have no pattern."""
    notation = state.network.notation
    if notation is None:
        return {"general": "", "indices": (), "about_zero": relation == "≈"}
    i, j = ("a", "b") if state.network.named else ("i", "j")
    name = notation.write("weight", i=i, j=j, l="l")
    indices = (i, j, *(("l",) if "l" in name.partition("^")[2] else ()))
    return {"general": Supposed(Partial(of, name), relation, ZERO), "indices": tuple(map(Name, indices))}


def _value(parameters: Mapping[str, object], choices: tuple[Fraction, ...], draws: Draws) -> Fraction:
    value = parameters.get("value")
    if value is None:
        return draws.choice("value", choices)
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise AskError("must be a number such as 1", "value")
    return Fraction(value)


def _saturated_output(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """H ≈ 1 out of a sigmoid: H(1 − H) ≈ 0 is a factor of every ∂H/∂W; at H ≈ 1/2 it is 1/4."""
    allow(parameters, "about", "truth", "value")
    of, before, operation = _output(state)
    if operation not in SATURATED:
        raise AskError(f"needs a sigmoid or tanh at the output, and {of} has {operation or 'none'}", "about")
    if "value" in parameters:
        value = _value(parameters, (), draws)
        low, high = sorted((SATURATED[operation][0][0], SATURATED[operation][0][1]))
        if not low <= value <= high:
            raise AskError(f"lies outside what {operation} comes to", "value")
        truth = min(abs(value - end) for end in (low, high)) <= SATURATED_NEAR
        if parameters.get("truth", truth) is not truth:
            raise AskError(f"is {str(truth).lower()} where {of} is about {float(value):g}", "truth")
    else:
        truth = _truth(parameters, draws)
        value = _value(parameters, SATURATED[operation][not truth], draws)
    weights = _weights(state, of)
    step, slope = local_partial(state.graph, of, before), local(state.graph, of, before)
    at = substitute(slope, {of: number(value)})
    rules = tuple(
        chain(Partial(of, weight), product((step, Partial(before, weight)))) for weight in weights
    )  # fmt: skip
    facts = {
        "about": "saturated_output", "of": Name(of), "activation": operation,
        "there": Supposed(Name(of), "≈", number(value)), "at": Supposed(Name(of), "=", number(value)),
        **_general(state, of, "≈"), "slope": local_line(state.graph, (of, before)), "rules": rules, "step": step,
        "number": chain(at, number(Fraction(evaluator(at)({})))), "exact": value in SATURATED[operation][0],
    }  # fmt: skip
    return state, _part({"of": of, "about": "saturated_output", "value": str(value)}, truth, facts)


def _active_output(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """H ≈ 1 out of a ReLU: its gate is 1 and nothing makes all ∂H/∂W zero; a negative pre-activation does."""
    allow(parameters, "about", "truth", "value")
    of, before, operation = _output(state)
    if operation != "relu":
        raise AskError(f"needs a ReLU at the output, and {of} has {operation or 'none'}", "about")
    if "value" in parameters:
        value = _value(parameters, (), draws)
        if value == 0:
            raise AskError("must be positive (the output) or negative (what flows into it)", "value")
        if parameters.get("truth", value < 0) is not (value < 0):
            raise AskError(f"is {str(value < 0).lower()} at {float(value):g}", "truth")
        truth = value < 0
    else:
        truth = _truth(parameters, draws)
        value = _value(parameters, tuple(-v for v in ACTIVE) if truth else ACTIVE, draws)
    inside = truth or "value" not in parameters  # drawn, the words must not tell the truth
    weights = _weights(state, of)
    step = local_partial(state.graph, of, before)
    facts = {
        "about": "active_output", "of": Name(of), "pre": Name(before), **_general(state, of, "="),
        "there": Supposed(Name(before if inside else of), "≈", number(value)), "inside": inside,
        "slope": local_line(state.graph, (of, before)), "step": step,
        "rules": tuple(chain(Partial(of, weight), product((step, Partial(before, weight)))) for weight in weights),
    }  # fmt: skip
    return state, _part({"of": of, "about": "active_output", "value": str(value)}, truth, facts)


def _all_zero(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """All ∂H/∂W = 0 at these numbers: false as soon as one is not.

    True where no last hidden node is active, or where the derivative by what flows into the output is zero at the
    quiz's own numbers: at H = y, or behind an inactive output node.
    """
    allow(parameters, "about", "truth", "of")
    network, graph = state.network, state.graph
    if len(network.layers) < 2 or len(network.outputs) != 1:
        raise AskError("needs a network of layers with a hidden layer and a single output (kind: layered)", "about")
    of = state.output(parameters) if "of" in parameters else network.outputs[0]
    hidden, last = network.layers[-2], network.layers[-1]
    state.need_bound(of)
    into = Partial(of, last.pre[0][0])
    if state.number(into) == 0 and parameters.get("truth") is not False:
        return _no_way_back(state, into, draws)
    possible = hidden.activation == "relu" and not network.fixed
    truth = _truth(parameters, draws) if possible or "truth" in parameters else False
    fixed = {name for name, _ in network.fixed}
    posts = tuple(name for row in hidden.post for name in row if name not in fixed)
    facts: dict[str, object] = {"about": "all_zero", "of": Name(of), "factor": "", **_general(state, of, "=")}
    named = {"of": of, "about": "all_zero"}
    if not truth:
        outgoing = [name for row in last.weights for name in row]
        weight = draws.choice("weight", outgoing)
        needed = forward_form(graph, of, weight)
        if not state.determines(needed):
            raise AskError(f"needs numbers for d{of}/d{weight}: give them under givens, or write random: true")
        after, before = derivative(state, {"of": of, "wrt": weight}, draws)
        facts |= {"weight": Name(weight), "work": before.facts}
        part = _part(named, truth, facts)
        demands: tuple[tuple[Tree, str], ...] = ((Partial(of, weight), "!"),)
        return after, replace(part, demands=demands)
    if not possible:
        raise AskError("can be true only where the last hidden layer uses the ReLU and biases are no weights", "truth")
    if not all(state.determines(Name(name)) for name in posts):
        raise AskError("needs numbers: give them under givens, or write random: true")
    nodes = state.value_nodes(*posts)
    facts |= {
        "lines": tuple(value_line(graph, node) for node in nodes), "posts": tuple(map(Name, posts)),
        "pres": tuple(Name(name) for row in hidden.pre for name in row),
        "zeros": tuple(
            local_line(graph, (a, z)) for zs, row in zip(hidden.pre, hidden.post, strict=True)
            for z, a in zip(zs, row, strict=True) if a not in fixed
        ),
        "direct": tuple(
            chain(Partial(of, weight), forward_form(graph, of, weight)) for row in last.weights for weight in row
        ),
    }  # fmt: skip
    after = state.show(*(("value", node.name) for node in nodes))
    part = _part(named, truth, facts)
    demands = tuple((Name(name), "=") for name in posts)
    return after, replace(part, demands=demands)


def _no_way_back(state: State, into: Partial, draws: Draws) -> tuple[State, Part]:
    """All ∂L/∂W = 0, since ∂L/∂z of the output node is: it is a factor of each of them."""
    after, before = derivative(state, {"of": into.of, "wrt": into.wrt}, draws)
    facts = {
        "about": "all_zero", "of": Name(into.of), **_general(state, into.of, "="), "factor": into,
        "pre": Name(into.wrt), "work": before.facts,
    }  # fmt: skip
    part = _part({"of": into.of, "about": "all_zero"}, True, facts)
    return after, replace(part, demands=((into, "="),))


ABOUT: dict[str, Callable[[State, Mapping[str, object], Draws], tuple[State, Part]]] = {
    "saturated_output": _saturated_output, "active_output": _active_output, "all_zero": _all_zero,
}  # fmt: skip
