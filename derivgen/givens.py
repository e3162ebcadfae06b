"""A plan, an exercise's givens and draws in; numbers that make a good exercise out.

Literal givens are used as they are. Drawn ones are drawn again, within a bound, until nothing about them is ugly: no
kink, no dead ReLU, no saturated unit, no zero or equal answers that the ask did not intend, nothing that prints as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeVar

from derivgen import spec
from derivgen.derivation import local_derivatives
from derivgen.draws import MOST_ATTEMPTS, Draws
from derivgen.evaluation import EvaluationError, Numbers, Real
from derivgen.expression import Apply, Tree
from derivgen.plan import Plan
from derivgen.written import WritingError, write

SATURATED = Fraction(1, 100)
LARGEST_DRAWN_VALUE = 1000
Rule = spec.Draw
T = TypeVar("T")


def settle(made: Plan, exercise: spec.Exercise, draws: Draws, digits: int, finish: Callable[[dict[str, Real]], T]) -> T:
    """``finish`` on the first numbers that are fit; a one-line error naming the constraint if there are none."""
    needed = made.needed
    literal, rules = _rules(made, exercise, needed)
    missing = sorted(needed - literal.keys() - rules.keys())
    if missing:
        raise exercise.place.error(f"{missing[0]} has no number: give it one under givens, or write random: true")
    rejected: dict[str, int] = {}
    for attempt in range(MOST_ATTEMPTS if rules else 1):
        given = {**literal, **{name: _draw(rule, f"{name}#{attempt}", draws) for name, rule in rules.items()}}
        try:
            if rules and (reason := _ugly(made, Numbers(made.graph, given), digits)):
                rejected[reason] = rejected.get(reason, 0) + 1
                continue
            _check_inner(made, exercise, given)
            return finish(given)
        except (EvaluationError, WritingError) as error:
            if not rules:
                raise exercise.place.error(str(error)) from None
            rejected[str(error)] = rejected.get(str(error), 0) + 1
    worst = max(rejected, key=lambda reason: rejected[reason])
    raise exercise.place.error(f"no numbers found in {MOST_ATTEMPTS} draws; most often: {worst}")


def _check_inner(made: Plan, exercise: spec.Exercise, given: Mapping[str, Real]) -> None:
    """A given inner value must agree with the other givens, unless the quiz says ``take``."""
    for name, given_value in exercise.givens.items():
        if made.graph.is_leaf(name) or isinstance(given_value, spec.Take):
            continue
        try:
            value = Numbers(made.graph, {n: v for n, v in given.items() if n != name})[name]
        except EvaluationError:
            continue
        if value != given[name]:
            place = exercise.place.at("givens").at(name)
            raise place.error(
                f"the other givens make {name} {write(value, 6)[0]}; to use another value, write {{take: ...}}"
            )


def _rules(made: Plan, exercise: spec.Exercise, needed: frozenset[str]) -> tuple[dict[str, Real], dict[str, Rule]]:
    literal: dict[str, Real] = {}
    rules: dict[str, Rule] = {}
    for name, given in exercise.givens.items():
        if isinstance(given, spec.Draw):
            rules[name] = given
        else:
            literal[name] = given.value
    if exercise.random:
        for name in made.graph.leaves:
            if name in needed and name not in literal and name not in rules:
                rules[name] = _default_rule(made, name)
    return literal, rules


def _default_rule(made: Plan, name: str) -> Rule:
    """What ``random: true`` draws: a class for a probability, tenths for a step size, else tenths from −2 to 2."""
    network = made.network
    if name == network.step_size:
        return Rule("choice", choices=(Fraction(1, 10), Fraction(1, 5), Fraction(1, 2)))
    if name in network.targets:
        resolved = [
            made.graph.resolved(node.tree) for node in made.graph.nodes if name in node.parents or name == node.name
        ]
        feeds = [p for node in made.graph.nodes if name in node.parents for p in node.parents if p != name]
        outputs = [made.graph.resolved(made.graph.node(p).tree) for p in feeds if not made.graph.is_leaf(p)]
        if any(
            isinstance(t, Apply) and t.operation in ("sigmoid", "binary_cross_entropy") for t in (*outputs, *resolved)
        ):
            return Rule("choice", choices=(Fraction(0), Fraction(1)))
        return Rule("integer", low=Fraction(-3), high=Fraction(3))
    return Rule("decimal", low=Fraction(-2), high=Fraction(2), places=1, nonzero=True)


def _draw(rule: Rule, name: str, draws: Draws) -> Fraction:
    if rule.kind == "choice":
        return draws.choice(name, rule.choices)
    places = 0 if rule.kind == "integer" else rule.places
    return draws.decimal(name, rule.low, rule.high, places, nonzero=rule.nonzero)


def _ugly(made: Plan, numbers: Numbers, digits: int) -> str:
    """Why these drawn numbers make no good exercise, or an empty string."""
    graph = made.graph
    for node in graph.nodes:
        if node.name not in made.used or node.name in made.cuts:
            continue
        value = numbers[node.name]
        if value == 0:
            return f"{node.name} must not be zero"
        if _size(value) > LARGEST_DRAWN_VALUE:
            return f"{node.name} must not be larger than {LARGEST_DRAWN_VALUE}"
        resolved = graph.resolved(node.tree)
        operation = resolved.operation if isinstance(resolved, Apply) else ""
        if operation in ("sigmoid", "tanh", "relu", "leaky_relu"):
            for parent in local_derivatives(graph, node.name):
                slope = _size(numbers.local(node.name, parent))
                if slope == 0:
                    return f"{node.name} must not be a dead ReLU"
                if operation in ("sigmoid", "tanh") and slope < SATURATED:
                    return f"{node.name} must not be saturated"
    seen: dict[str, tuple[Tree, str]] = {}
    for part, tree in made.answers:
        if part.ask in ("forward_values",):
            continue
        value = numbers.value(tree)
        if value == 0:
            return f"the answer of part {part.id} must not be zero"
        if _size(value) < Fraction(1, 2 * 10**digits):
            return f"the answer of part {part.id} must not print as zero"
        text = write(value, digits)[0]
        before = seen.setdefault(text, (tree, part.id))
        if before[0] != tree:
            return f"parts {before[1]} and {part.id} must not have the same answer"
    return ""


def _size(number: Real) -> Real:
    return -number if number < 0 else number
