"""What each ∂of/∂x means: the change that it predicts for a small step, beside the change that there is."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from derivgen.asks.partial_derivatives import described, in_inputs, rate
from derivgen.asks.staged_values import listed
from derivgen.derivation import Chain, Filled, Value, chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, On, Part, State, Supposed, allow
from derivgen.expression import Name, Number, Partial, Tree, apply, negate, product, substitute
from derivgen.graph import Graph
from derivgen.linearity import Move, is_linear, kinks_of, moving, places_of
from derivgen.printing import exact_decimal, fits

STEP = Fraction(1, 10)


def sensitivity(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """∂of/∂x · dx beside of(x + dx) − of(x), for each x of ``wrt`` (all inputs and weights) and dx = ``step`` (0.1).

    The two are equal for every step where of is linear in x, which is proved. Else the numbers decide: of may be linear
    along this step, or not, or the step may reach a kink. A step that reaches a point without a value is refused.
    """
    allow(parameters, "wrt", "of", "step")
    step = parameters.get("step", STEP)
    if not isinstance(step, (int, Fraction)) or isinstance(step, bool) or not step:
        raise AskError("must be a number that is not zero, such as 0.1", "step")
    of = state.output(parameters)
    state.need_bound(of)
    targets = listed(state, of, {**parameters, "wrt": parameters.get("wrt", [n.name for n in state.leaves(of)])})
    graph = in_inputs(state, of)
    whole = graph.node(of).tree
    size = Number(Fraction(step), exact_decimal(Fraction(step)) or "")
    for target in targets:
        if not graph.is_leaf(target.wrt):
            raise AskError(f"{target.wrt} is no input and no weight: it cannot be changed by itself", "wrt")
        if _dx(target.wrt) in graph:
            raise AskError(f"{_dx(target.wrt)} would be the step of {target.wrt}, but it is a quantity of its own")
    moves = [_move(graph, target, size) for target in targets]
    facts = {
        "of": Name(of), "moves": tuple(moves), "targets": targets, "lone": len(targets) == 1,
        "size": size, "wrt": tuple(Name(t.wrt) for t in targets),
        "value": chain(Name(of), whole, Filled(whole), Value(Name(of))),
    }  # fmt: skip
    entries = tuple((target, Value(target)) for target in targets)
    answer = Answer("values", (*entries, *(change for target in targets for change in _changes(graph, target, size))))
    asked = {"of": of, "wrt": ", ".join(target.wrt for target in targets), "step": str(size.value)}
    return state.show(*(("number", t) for t in targets)), Part("sensitivity", asked, answer, facts)


def _changes(graph: Graph, target: Partial, size: Number) -> tuple[tuple[Tree, Value], tuple[Tree, Value]]:
    """The predicted change and the actual one, each printed so that it can be told from the other."""
    whole = graph.node(target.of).tree
    predicted, actual = apply("multiply", target, size), apply("subtract", _moved(whole, target.wrt, size), whole)
    return (predicted, Value(predicted, apart=actual)), (actual, Value(actual, apart=predicted))


def _move(graph: Graph, target: Partial, size: Number) -> dict[str, object]:
    """The lines of one quantity's step; where the formula is not linear in it, the numbers decide what to say."""
    name, whole, slope = target.wrt, graph.node(target.of).tree, rate(graph, target)
    (predicted, by_rate), (actual, by_values) = _changes(graph, target, size)
    kinks = kinks_of(graph, whole, [name])
    exact = not kinks and is_linear(graph, graph.resolved(whole), name)
    shown = slope if fits(slope, graph.scope) else target  # no room in a sentence: its own line comes next
    move = Move(graph, target.of, name, size.value, predicted, actual, kinks)
    return {
        "wrt": Name(name), "dx": Name(_dx(name)), "target": target, "step": Supposed(Name(_dx(name)), "=", size),
        "verdict": "" if exact else move,
        "kinks": tuple(described(graph, place[0]) for place in places_of(graph, kinks)),
        "rate": chain(target, slope, Filled(slope), Value(target)),
        "predicted": _predicted(by_rate, slope, size),
        "actual": chain(actual, Filled(actual), by_values),
        "identity": _identity(graph, target.of, name, slope) if exact else "",
        "meaning": Supposed(Name(_dx(target.of)), "=" if exact else "≈", _times(shown, Name(_dx(name)))),
    }  # fmt: skip


def _moved(whole: Tree, name: str, size: Number) -> Tree:
    """f(x + dx), as f(x − 0.1) where dx is negative."""
    if size.value > 0:
        return substitute(whole, {name: apply("add", Name(name), size)})
    return substitute(whole, {name: apply("subtract", Name(name), Number(-size.value, size.text.lstrip("-")))})


def _predicted(value: Value, slope: Tree, size: Number) -> Chain:
    """∂f/∂x · 0.1 = 3 · 0.1 = 0.3; a rate that is the same everywhere is known without the numbers."""
    result = slope.value * size.value if isinstance(slope, Number) else None
    if result is None or exact_decimal(result) is None:
        return chain(value.tree, Filled(value.tree), value)
    return chain(value.tree, apply("multiply", slope, size), Number(result, exact_decimal(result) or ""))


def _dx(name: str) -> str:
    return f"d{name}"


def _times(rate: Tree, step: Name) -> Tree:
    if isinstance(rate, Number) and rate.value < 0:
        return negate(product((Number(-rate.value), step)))
    return product((rate, step))


def _identity(graph: Graph, of: str, name: str, rate: Tree) -> object:
    """f(x + dx) − f(x) = ∂f/∂x dx for every dx."""
    step = Name(_dx(name))
    whole = graph.node(of).tree
    change = apply("subtract", substitute(whole, {name: apply("add", Name(name), step)}), whole)
    return On(moving(graph, step.name), {"line": chain(change, _times(rate, step))})
