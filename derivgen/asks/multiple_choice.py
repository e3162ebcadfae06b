"""Another ask with four answers to choose from: the right one, and three that slips lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from derivgen import certify, slips
from derivgen.asks.chain_rule import chain_rule
from derivgen.asks.derivative import derivative
from derivgen.asks.gradient import gradient
from derivgen.asks.loss_value import loss_value
from derivgen.asks.output import output
from derivgen.asks.parameter_count import parameter_count
from derivgen.asks.risk_contribution import risk_contribution, worked
from derivgen.asks.update import update
from derivgen.asks.updated_value import updated_value
from derivgen.derivation import Chain, Filled, Value, chain
from derivgen.draws import Draws
from derivgen.errors import suggest
from derivgen.evaluation import Real, evaluator, to_decimal
from derivgen.exercise import AskError, Claim, On, Part, State, slip_fact
from derivgen.expression import Apply, Name, Tree, apply, number, total, walk
from derivgen.graph import Graph
from derivgen.slips import Roles, Slipped

ASKS = {
    ask.__name__: ask
    for ask in (
        chain_rule, gradient, derivative, update, updated_value, loss_value, output, parameter_count, risk_contribution,
    )
}  # fmt: skip
WRONG = 3
NEAR, NEAREST = Decimal("0.006"), Decimal("0.0004")
LAST_RESORT = ("inactive_relu",)  # numbers are drawn so that no ReLU is inactive
LARGEST_SHOWN = 60  # parts of a wrong line that is shown with its numbers


def multiple_choice(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """``ask: derivative`` and whatever that ask takes; the key's place and the slips are drawn."""
    name = parameters.get("ask")
    if name not in ASKS:
        raise AskError("needs the ask to choose an answer of: ask" if name is None else suggest(str(name), ASKS), "ask")
    own = {key: value for key, value in parameters.items() if key != "ask"}
    after, inner = ASKS[str(name)](state, own, draws)
    assert inner.answer is not None
    if len(inner.answer.entries) != 1 or inner.answer.type not in ("number", "expression"):
        raise AskError(f"needs an ask with one answer, a number or an expression; {name} has more here", "ask")
    key, found = _alternatives(state, inner, own)
    numeric = isinstance(key, Value)
    chosen = _chosen(found, draws, isinstance(key, Value) and state.number(key.tree) is None)
    place = draws.below("place", WRONG + 1)
    trees: list[Tree | Value] = [Value(way.tree) if numeric else way.tree for way in chosen]
    answers = (*trees[:place], key, *trees[place:])
    ways: tuple[Slipped | None, ...] = (*chosen[:place], None, *chosen[place:])
    left, graph = inner.answer.entries[0][0], inner.answer.graph
    facts = {
        "ask": inner.ask, "inner": inner.facts, "correct": (place,),
        "own": On(graph or state.graph, {
            "options": tuple(_printed(left, answer, way is None) for answer, way in zip(answers, ways, strict=True)),
            "wrong": tuple(
                {"place": i, "slip": slip_fact(way), "line": _worked_out(way) if numeric else ""}
                for i, way in enumerate(ways) if way is not None
            ),
        }),
    }  # fmt: skip
    answer = replace(inner.answer, type="choice", choices=answers, correct=(place,))
    distinct = tuple(answer.tree for answer in answers if isinstance(answer, Value))
    named = {"ask": inner.ask, **inner.parameters}
    return after, replace(inner, ask="multiple_choice", parameters=named, answer=answer, facts=facts, distinct=distinct)


def _alternatives(state: State, inner: Part, own: Mapping[str, object]) -> tuple[Tree | Value, tuple[Slipped, ...]]:
    """The right answer as a choice, and every wrong one that a slip leads to."""
    assert inner.answer is not None
    (left, right), graph = inner.answer.entries[0], inner.answer.graph
    if inner.ask in ("loss_value", "output"):
        assert isinstance(left, Name)
        found = slips.wrong_values(state.roles, left.name, state.cuts)
    elif inner.ask == "parameter_count":
        lines = (slips.line(Roles(state.graph), left, tree) for tree in (left, _grouped(left)))
        ways = [way for line in lines for way in slips.wrong(line)]
        counts = tuple(replace(way, tree=number(Fraction(evaluator(way.tree)({})))) for way in ways)
        found = _apart(state.graph, left, counts)
    elif graph is not None:
        line = slips.line(Roles(graph), left, left)
        found = _apart(graph, left, tuple(replace(way, tree=worked(way.tree)) for way in slips.wrong(line)))
    else:
        target = state.derivative(own)
        make = {"chain_rule": slips.chain_rule, "update": slips.update, "updated_value": slips.update}
        work = make.get(inner.ask, slips.derivation)(state.roles, target, state.over(target, own))
        found = slips.wrong(work)
        if not isinstance(right, Value):
            right = work.tree
    if isinstance(right, Value):
        found = apart_in_numbers(state, right.tree, tuple(way for way in found if state.determines(way.tree)))
    return right, found


def _grouped(tree: Tree) -> Tree:
    """The weights of a count, then its biases: either may be forgotten as a whole."""
    terms = tree.args if isinstance(tree, Apply) else ()
    weights, biases = ([t for t in terms if isinstance(t, Apply) == products] for products in (True, False))
    return apply("add", total(weights), total(biases)) if weights and biases else tree


def apart_in_numbers(state: State, truth: Tree, ways: tuple[Slipped, ...]) -> tuple[Slipped, ...]:
    """The ways that do not come to the same number as the truth or as another, as far as the quiz's own numbers say."""
    value = state.number(truth)
    seen = [] if value is None else [value]
    kept = []
    for way in ways:
        value = state.number(way.tree)
        if value is not None:
            if any(_near(value, other) for other in seen):
                continue
            seen.append(value)
        kept.append(way)
    return tuple(kept)


def _near(value: Real, other: Real) -> bool:
    """Whether two numbers may be taken for one another; the sheet looks again, at its digits."""
    x, y = to_decimal(value), to_decimal(other)
    return abs(x - y) < max(NEAREST, NEAR * abs(x), NEAR * abs(y))


def _apart(graph: Graph, truth: Tree, ways: tuple[Slipped, ...]) -> tuple[Slipped, ...]:
    """The ways whose results, once worked out, are neither the truth nor one another."""
    seen = [certify.fingerprint(graph, truth)]
    kept = []
    for way in ways:
        mark = certify.fingerprint(graph, way.tree)
        if all(certify.apart(mark, other) for other in seen):
            seen.append(mark)
            kept.append(way)
    return tuple(kept)


def _chosen(found: tuple[Slipped, ...], draws: Draws, drawn: bool) -> tuple[Slipped, ...]:
    """Three wrong ways: by different slips as long as there are any, then at other places."""
    likely = tuple(way for way in found if way.slip not in LAST_RESORT) if drawn else found
    left = list(likely if len(likely) >= WRONG else found)
    if len(left) < WRONG:
        raise AskError(f"slips lead to {len(left)} wrong answers here, and a choice needs {WRONG}")
    chosen: list[Slipped] = []
    for turn in range(WRONG):
        used = {way.slip for way in chosen}
        fresh = list(dict.fromkeys(way.slip for way in left if way.slip not in used))
        kinds = fresh or list(dict.fromkeys(way.slip for way in left))
        kind = draws.choice(f"slip {turn}", kinds)
        way = draws.choice(f"way {turn}", [way for way in left if way.slip == kind])
        chosen.append(way)
        left.remove(way)
    return tuple(chosen)


def _printed(left: Tree, answer: Tree | Value, right: bool) -> Chain | Claim:
    """A choice as a line of which only the right side is shown: a number, or a claim that is right or wrong."""
    return chain(answer.tree, answer) if isinstance(answer, Value) else Claim(left, answer, right)


def _worked_out(way: Slipped) -> Chain | str:
    """How a slip comes to its number; nothing where that is too long to print."""
    if sum(1 for _ in walk(way.tree)) > LARGEST_SHOWN:
        return ""
    return chain(way.tree, Filled(way.tree), Value(way.tree))
