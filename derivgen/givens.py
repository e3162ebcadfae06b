"""A plan, an exercise's givens and draws in; numbers that make a good exercise out.

Literal givens are used as they are. Drawn ones are drawn again, within a bound, until nothing about them is ugly: no
kink, no dead ReLU, no saturated unit, no zero or equal answers that the ask did not intend, nothing that prints as 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from derivgen import spec
from derivgen.contradictions import Key, conflict, said
from derivgen.derivation import Value, local_derivatives
from derivgen.draws import MOST_ATTEMPTS, Draws
from derivgen.errors import DerivgenError, suggest
from derivgen.evaluation import (
    EvaluationError,
    MissingNumberError,
    Numbers,
    Real,
    same_number,
    to_decimal,
)  # fmt: skip
from derivgen.exercise import DERIVATIVE, Known, Part, updated
from derivgen.expression import Apply, Name, Number, Partial, Tree, transform, walk
from derivgen.linearity import judged
from derivgen.networks import Network
from derivgen.plan import Plan
from derivgen.preparing import entries_of
from derivgen.written import WritingError, write

SATURATED = Fraction(1, 100)
LARGEST_DRAWN_VALUE = 1000
PERMITS = {  # by the end of a reason against drawn numbers, what the quiz may allow
    "must not be zero": "zeros", "a dead ReLU": "inactive", "saturated": "inactive", "the same answer": "repeats",
    "must not be the same": "repeats",
}  # fmt: skip
# Numbers with these are decimals anyway.
SMOOTH = ("exp", "log", "sigmoid", "tanh", "softplus", "swish", "elu", "gelu", "binary_cross_entropy")
BOUNDED = ("sigmoid", "tanh", "softmax")
MOST_REDRAWS = 20  # of one example that has come out twice
Rule = spec.Draw
T = TypeVar("T")


class UnfitError(DerivgenError):
    """No numbers of this structure make a good exercise; another structure might."""


class AlikeError(EvaluationError):
    """Choices that come to the same once every intermediate is rounded."""


@dataclass(frozen=True)
class Entries:
    """An exercise's givens quantity by quantity: names of leaves and inner values, and derivatives."""

    rules: Mapping[Key, spec.Given]
    places: Mapping[Key, spec.Place]

    def known(self, network: Network, random: bool) -> Known:
        """What these givens fix, before any number is drawn."""
        names = {key for key in self.rules if isinstance(key, str)}
        leaves = network.graph.leaves if random else [name for name, _ in network.fixed]
        return Known(
            frozenset({*leaves, *names}),
            frozenset(key for key in self.rules if isinstance(key, Partial)),
            frozenset(key for key, rule in self.rules.items() if isinstance(key, str) and isinstance(rule, spec.Take)),
            (*network.fixed, *((k, r.value) for k, r in self.rules.items() if not isinstance(r, spec.Draw))),
            tuple((k, r.same) for k, r in self.rules.items() if isinstance(r, spec.Draw) and r.same),
        )


# --- from the quiz file's words to quantities ---------------------------------------------------------------


def expanded(network: Network, exercise: spec.Exercise) -> Entries:
    """The givens, whole arrays entry by entry (``W^(2)``, in short ``W2``), ``dH/dz_1^(2)`` as a derivative."""
    rules: dict[Key, spec.Given] = {}
    places: dict[Key, spec.Place] = {}
    arrays = dict(network.graph.arrays)
    fixed = dict(network.fixed)
    for word, given in exercise.givens.items():
        place = exercise.place.at("givens").at(word)
        for key, rule, where in _entries(network, arrays, word, given, place):
            if key in fixed:
                if isinstance(rule, spec.Literal) and rule.value == fixed[str(key)]:
                    continue
                raise where.error(f"{key} is always {fixed[str(key)]} in this notation")
            if key in rules:
                raise where.error(f"{said(key)} is given twice")
            if isinstance(rule, spec.Take) and (isinstance(key, Partial) or network.graph.is_leaf(key)):
                raise where.error("take is for a value inside the network; give the number itself")
            rules[key], places[key] = rule, where
    return Entries(rules, places)


def _entries(
    network: Network, arrays: Mapping[str, Tree], word: str, given: spec.Givens, place: spec.Place
) -> list[tuple[Key, spec.Given, spec.Place]]:
    graph = network.graph
    if word in graph:
        if isinstance(given, tuple):
            raise place.error(f"{word} is a single number, not a list")
        return [(word, given, place)]
    if derivative := DERIVATIVE.fullmatch(word.strip()):
        of, wrt = derivative["of"], derivative["wrt"]
        if of not in graph or graph.is_leaf(of):
            raise place.error(suggest(of, [node.name for node in graph.nodes]))
        if wrt in arrays:
            return _shaped(substitute_wrt(arrays[wrt], of), given, place, word)
        if wrt not in graph:
            raise place.error(suggest(wrt, [*graph.leaves, *(node.name for node in graph.nodes), *arrays]))
        if wrt not in graph.ancestors(of) or wrt == of:
            raise place.error(f"{of} does not depend on {wrt}")
        if isinstance(given, tuple):
            raise place.error(f"{word} is a single number, not a list")
        return [(Partial(of, wrt), given, place)]
    name = network.array(word)
    if not name:
        known = [*graph.leaves, *(node.name for node in graph.nodes), *arrays]
        raise place.error(suggest(word, known, first=[network.step_size] if network.step_size in graph else []))
    return _shaped(arrays[name], given, place, word)


def substitute_wrt(array: Tree, of: str) -> Tree:
    """The array of the derivatives of ``of`` by an array's entries."""
    return transform(array, lambda part: Partial(of, part.name) if isinstance(part, Name) else None)


def _shaped(array: Tree, given: spec.Givens, place: spec.Place, word: str) -> list[tuple[Key, spec.Given, spec.Place]]:
    """Each entry with its number: a matrix row by row, a vector as a list, or one rule for all."""
    assert isinstance(array, Apply)
    rows = [list(row.args) for row in array.args if isinstance(row, Apply)]
    shape = f"{len(rows)} × {len(rows[0])}"
    if (
        isinstance(given, tuple)
        and not any(isinstance(item, tuple) for item in given)
        and 1 in (len(rows), len(rows[0]))
    ):
        flat = [entry for row in rows for entry in row]
        if len(given) == len(flat):
            pairs = [(entry, item, place.at(i)) for i, (entry, item) in enumerate(zip(flat, given, strict=True))]
        else:
            raise place.error(f"{word} is {shape}: it takes {len(flat)} numbers, not {len(given)}")
    elif isinstance(given, tuple):
        if len(given) != len(rows):
            raise place.error(f"{word} is {shape}, but here are {len(given)} rows")
        pairs = []
        for i, (row, items) in enumerate(zip(rows, given, strict=True)):
            if not isinstance(items, tuple) or len(items) != len(row):
                count = len(items) if isinstance(items, tuple) else 1
                raise place.at(i).error(
                    f"{word} is {shape}, but this row has {count} number{'s' if count != 1 else ''}"
                )
            pairs += [(entry, item, place.at(i).at(j)) for j, (entry, item) in enumerate(zip(row, items, strict=True))]
    else:
        pairs = [(entry, given, place) for row in rows for entry in row]
    found: list[tuple[Key, spec.Given, spec.Place]] = []
    for entry, item, where in pairs:
        if isinstance(item, tuple):
            raise where.error("must be a number, not a list")
        if isinstance(entry, Number):
            if not isinstance(item, spec.Literal) or item.value != entry.value:
                raise where.error(f"this entry is always {entry.value}")
        else:
            found.append((entry.name if isinstance(entry, Name) else entry, item, where))  # type: ignore[arg-type]
    return found


# --- numbers ------------------------------------------------------------------------------------------------


def settle(
    made: Plan, exercise: spec.Exercise, entries: Entries, draws: Draws, digits: int,
    finish: Callable[[dict[Key, Real]], T],
) -> T:  # fmt: skip
    """``finish`` on the first numbers that are fit; a one-line error naming the constraint if there are none."""
    literal, rules = _rules(made, exercise, entries)
    if not made.partial and (missing := sorted(made.needed - literal.keys() - rules.keys())):
        raise exercise.place.error(f"{missing[0]} has no number: give it one under givens, or write random: true")
    if found := conflict(made.network, literal, made.known.taken):
        key, problem = found
        raise entries.places.get(key, exercise.place).error(problem)
    rejected: dict[str, int] = {}
    for attempt in range(MOST_ATTEMPTS if rules else 1):
        drawn = _drawn(rules, literal, made, attempt, draws)
        given = {**literal, **(drawn if "inactive" in exercise.allow else _enlivened(drawn, rules, literal, made))}
        numbers = Numbers(made.graph, given, taken=made.known.taken)
        try:
            reason = _unfit(made, numbers, digits)
            if rules and not reason:
                reason = "" if "repeats" in exercise.allow else _repeated(made, rules, given)
                reason = reason or _ugly(made, numbers, digits, exercise.allow)
                reason = reason or (_past_a_kink(made, numbers) if attempt < MOST_ATTEMPTS * 3 // 4 else "")
                # A literal step size may be too large for any draw: then it is the quiz's own choice.
                if not reason and (made.network.step_size in rules or attempt < MOST_ATTEMPTS * 3 // 4):
                    reason = _climbing(made, numbers, killed=attempt >= MOST_ATTEMPTS // 2)
            if reason:
                rejected[reason] = rejected.get(reason, 0) + 1
                continue
            if rules and (found := conflict(made.network, given, made.known.taken)):
                rejected[found[1]] = rejected.get(found[1], 0) + 1
                continue
            if made.partial:
                _want(made, numbers)
            return finish(given)
        except AlikeError as error:
            rejected[str(error)] = rejected.get(str(error), 0) + 1
        except MissingNumberError as error:
            raise exercise.place.error(f"the givens do not determine what is asked: {error}") from None
        except (EvaluationError, WritingError) as error:
            if not rules:
                raise exercise.place.error(str(error)) from None
            rejected[str(error)] = rejected.get(str(error), 0) + 1
    worst = max(rejected, key=lambda reason: rejected[reason])
    if rules and (stuck := _stuck(made, literal)):
        worst = stuck
    elif rules:
        permits = next((f" (allow: [{word}] permits it)" for end, word in PERMITS.items() if worst.endswith(end)), "")
        worst = f"no numbers found in {MOST_ATTEMPTS} draws; most often: {worst}{permits}"
    raise UnfitError(worst)


def _want(made: Plan, numbers: Numbers) -> None:
    """Raise for what an answer lacks, before a line on the way to it does: z, not each weight that z comes from."""
    for _, tree in made.answers:
        try:
            numbers.value(tree)
        except MissingNumberError:
            raise
        except EvaluationError:  # its own line says so
            return


def _past_a_kink(made: Plan, numbers: Numbers) -> str:
    """Which part's step of one quantity takes it to a kink, or an empty string."""
    for part, move in made.moves:
        if judged(move, numbers).reached:
            return f"the step of {move.wrt} in part {part.id} must not reach a kink"
    return ""


def _stuck(made: Plan, literal: Mapping[Key, Real]) -> str:
    """What the quiz's own numbers lead to that no draw can mend, such as a kink; an empty string if nothing."""
    graph, numbers = made.graph, Numbers(made.graph, literal, taken=made.known.taken)
    for node in (node for node in graph.nodes if node.name in made.used):
        try:
            numbers[node.name]
            for parent in local_derivatives(graph, node.name):
                with suppress(MissingNumberError):
                    numbers.local(node.name, parent)
        except MissingNumberError:
            continue
        except EvaluationError as error:
            above = graph.upstream(node.name, made.cuts - {node.name})
            fixed = dict(made.network.fixed)
            own = ", ".join(name for name in literal if name in above and name not in fixed and name != node.name)
            return f"{error}, whatever is drawn: the quiz gives {own}"
    return ""


def _rules(made: Plan, exercise: spec.Exercise, entries: Entries) -> tuple[dict[Key, Real], dict[Key, Rule]]:
    literal: dict[Key, Real] = dict(made.network.fixed)
    rules: dict[Key, Rule] = {}
    for key, given in entries.rules.items():
        if isinstance(given, spec.Draw):
            rules[key] = given
        else:
            literal[key] = given.value
    if exercise.random:
        for name in made.graph.leaves:
            if name in made.needed and name not in literal and name not in rules:
                rules[name] = _default_rule(made, name)
    return literal, rules


def _drawn(
    rules: Mapping[Key, Rule], literal: Mapping[Key, Real], made: Plan, attempt: int, draws: Draws
) -> dict[Key, Real]:
    """A number by every rule; the targets of a cross-entropy are drawn together, as one class that has what is left."""
    numbers: dict[Key, Real] = {
        key: _draw(rule, f"{f'same {rule.same}' if rule.same else said(key)}#{attempt}", draws)
        for key, rule in rules.items()
    }  # fmt: skip
    for group in made.graph.simplices:
        drawn = tuple(name for name in group if name in rules)
        if drawn and all(name in rules or name in literal for name in group):
            left = 1 - sum((Fraction(literal[name]) for name in group if name in literal), Fraction(0))
            chosen = draws.choice(f"{' '.join(group)}#{attempt}", drawn)
            numbers |= {name: left if name == chosen else Fraction(0) for name in drawn}
    seen: set[tuple[Real | None, ...]] = set()
    for row in _examples(made):
        for again in range(MOST_REDRAWS):
            inputs = tuple(numbers.get(name, literal.get(name)) for name in row)
            if inputs not in seen:
                break
            numbers |= {
                name: _draw(rules[name], f"{name}#{attempt} {again}", draws) for name in row if name in rules
            }  # fmt: skip
        seen.add(inputs)
    return numbers


def _examples(made: Plan) -> tuple[tuple[str, ...], ...]:
    """The inputs of each example of a batch."""
    return made.network.layers[0].before if made.network.reduction else ()


def _repeated(made: Plan, rules: Mapping[Key, Rule], given: Mapping[Key, Real]) -> str:
    """Which two examples of a batch are the same, if a draw could make them differ."""
    rows = list(enumerate(_examples(made), 1))
    for (n, first), (m, second) in itertools.combinations(rows, 2):
        drawn = any(name in rules for name in (*first, *second))
        if drawn and [given.get(name) for name in first] == [given.get(name) for name in second]:
            return f"the examples {n} and {m} must not be the same"
    return ""


def _after_a_step(made: Plan) -> list[tuple[Part, Tree]]:
    """The parts that ask for the loss after a step of gradient descent."""
    return [
        (part, right.tree) for part in made.parts for _, right in (part.answer.entries if part.answer else ())
        if isinstance(right, Value) and right.stage and right.tree == Name(made.network.loss)
    ]  # fmt: skip


def _steep(made: Plan) -> bool:
    """Whether a part asks for a step through activations without bounds: easily too long, and the loss explodes."""
    return bool(_after_a_step(made)) and any(layer.activation not in BOUNDED for layer in made.network.layers)


def _climbing(made: Plan, numbers: Numbers, *, killed: bool) -> str:
    """Which part's step does not lower the loss, or, unless that may be, kills a whole layer; or an empty string."""
    network = made.network
    for part, loss in _after_a_step(made):
        of = network.loss
        steps = {w: updated(network, of, w, Partial(of, w)) for w in (*network.weights, *network.biases)}
        leaves = {name: numbers[name] for name in made.graph.leaves if name in numbers}
        after = Numbers(made.graph, {**leaves, **{w: numbers.value(step) for w, step in steps.items()}})
        if after.value(loss) >= numbers.value(loss):
            return f"the step of part {part.id} must lower {network.loss}"
        for layer in network.layers:
            dead = layer.activation == "relu" and not killed
            if dead and not any(after[name] for row in layer.post for name in row):
                return f"the step of part {part.id} must not leave a layer of dead ReLUs"
    return ""


def _enlivened(
    drawn: dict[Key, Real], rules: Mapping[Key, Rule], literal: Mapping[Key, Real], made: Plan
) -> dict[Key, Real]:
    """The drawn numbers with the signs of all that flows into an inactive ReLU turned round, so that it is active.

    Where a rule draws x as often as −x, what comes out is drawn as fairly as before; a wide network would else hardly
    ever be alive. In a batch, a ReLU is turned round that is inactive for all examples.
    """
    drawn = dict(drawn)
    inactive = {tree for part in made.parts for tree, sign in part.demands if sign in ("<", "=")}
    for layer in made.network.layers:
        if layer.activation not in ("relu", "leaky_relu"):
            continue
        numbers = Numbers(made.graph, {**literal, **drawn})
        for befores, afters in zip(zip(*layer.pre, strict=True), zip(*layer.post, strict=True), strict=True):
            if inactive.intersection(map(Name, (*befores, *afters))):
                continue
            parents = made.graph.parents(befores[0])
            into = [leaf for leaf in parents if leaf in (*made.network.weights, *made.network.biases)]
            even = all(
                leaf in rules and rules[leaf].low == -rules[leaf].high
                and not rules[leaf].choices and not rules[leaf].same for leaf in into
            )
            try:
                if even and not made.cuts.intersection(befores) and all(numbers[name] < 0 for name in befores):
                    drawn |= {leaf: -drawn[leaf] for leaf in into}
            except EvaluationError:
                break
    return drawn


def _default_rule(made: Plan, name: str) -> Rule:
    """What ``random: true`` draws: a class for a probability, tenths for a step size, else tenths from −2 to 2."""
    network = made.network
    if name == network.step_size:
        hundredths = (1, 5, 10) if _steep(made) else (10, 20, 50)
        return Rule("choice", choices=tuple(Fraction(size, 100) for size in hundredths))
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
    if network.layers and not any(
        isinstance(part, Apply) and part.operation in SMOOTH
        for node in made.graph.nodes for part in walk(made.graph.resolved(node.tree))
    ):  # fmt: skip
        if name not in network.inputs and _steep(made):
            return Rule("decimal", low=Fraction(-1), high=Fraction(1), places=1, nonzero=True)
        rows = [row for row in _examples(made) if row == (name,)]  # one input: as many numbers as there are examples
        ends = Fraction(max(3, len(_examples(made)) if rows else 0))
        return Rule("integer", low=-ends, high=ends, nonzero=True)
    ends = Fraction(2) if name in network.inputs else _narrow(made, name)
    return Rule("decimal", low=-ends, high=ends, places=1, nonzero=True)


def _narrow(made: Plan, name: str) -> Fraction:
    """How large a drawn weight may be: 2, less where so many flow into a node that it would be saturated."""
    network = made.network
    layers = (layer for layer in network.layers if name in layer.biases or any(name in row for row in layer.weights))
    into = max((len(layer.before[0]) for layer in layers), default=0)
    return Fraction(2) if into <= 3 else Fraction(max(int(20 * (2 / into) ** 0.5), 2), 10)


def _draw(rule: Rule, name: str, draws: Draws) -> Fraction:
    if rule.kind == "choice":
        return draws.choice(name, rule.choices)
    places = 0 if rule.kind == "integer" else rule.places
    return draws.decimal(name, rule.low, rule.high, places, nonzero=rule.nonzero)


def _unfit(made: Plan, numbers: Numbers, digits: int) -> str:
    """Why the parts do not hold at these numbers, literal or drawn, or an empty string."""
    for part in made.parts:
        for tree, sign in part.demands:
            value = numbers.value(tree)
            if not {"<": value < 0, ">": value > 0, "=": value == 0, "!": value != 0}[sign]:
                wanted = {"<": "negative", ">": "positive", "=": "zero", "!": "nonzero"}[sign]
                return f"part {part.id} needs a value that is {wanted}"
        if alike(part, numbers, digits):
            return f"the choices of part {part.id} must differ by more than the tolerance"
        if _coincide(part, numbers):
            return f"the wrong formulas of part {part.id} must not come to the number of the right one"
        if weight := _unmoved(part, numbers, digits):
            return f"the step of part {part.id} must show in {digits} decimals of {weight}: raise digits"
    return ""


def _unmoved(part: Part, numbers: Numbers, digits: int) -> str:
    """A weight that a step of gradient descent changes, but not as printed; a matrix if no entry shows it."""
    for step, right in part.answer.entries if part.answer else ():
        if not isinstance(right, Value) or not isinstance(step, Apply) or step.operation != "subtract" or right.apart:
            continue
        pairs = zip(*(entries_of(numbers.graph, tree) for tree in (step.args[0], step)), strict=True)
        moves = [(numbers.value(old), numbers.value(new)) for old, new in pairs]
        moves = [(old, new) for old, new in moves if old != new]
        if moves and all(Fraction(write(old, digits)[0]) == Fraction(write(new, digits)[0]) for old, new in moves):
            return "the weight" if not isinstance(step.args[0], Name) else step.args[0].name
    return ""


def _coincide(part: Part, numbers: Numbers) -> bool:
    """Whether a wrong formula comes to the right one's number, if that is not zero, or so near that nobody can tell."""
    values: list[Real | None] = []
    for tree in part.formulas:
        try:
            values.append(numbers.value(tree))
        except EvaluationError:  # nobody is shown its number
            values.append(None)
    return bool(values) and bool(values[0]) and any(same_number(values[0], other) for other in values[1:])


def alike(part: Part, numbers: Numbers, digits: int) -> bool:
    """Whether two choices of a part print alike, or are too near to be told apart; matrices, if all entries are."""
    shown: list[list[Real]] = []
    for tree in part.distinct:
        try:
            values = [numbers.value(entry) for entry in entries_of(numbers.graph, tree)]
        except EvaluationError:  # nobody is shown its number
            continue
        for others in shown:
            if len(values) == len(others) and all(_alike(x, y, digits) for x, y in zip(values, others, strict=True)):
                return True
        shown.append(values)
    return False


def _alike(value: Real, other: Real, digits: int) -> bool:
    """Whether two numbers print alike, or a rounded answer could be taken for either."""
    gap = to_decimal(value) - to_decimal(other)
    return _size(gap) < 3 * Decimal(10) ** -digits or _size(gap) < Decimal("0.005") * abs(to_decimal(value))


def _ugly(made: Plan, numbers: Numbers, digits: int, allow: frozenset[str]) -> str:
    """Why these drawn numbers make no good exercise, or an empty string."""
    graph = made.graph
    zeros = {tree.name for part in made.parts for tree, sign in part.demands if sign == "=" and isinstance(tree, Name)}
    alive = _alive(made, numbers)
    for node in graph.nodes:
        if node.name not in made.used or node.name in made.cuts or node.name in (*zeros, *made.network.example_losses):
            continue
        try:
            value = numbers[node.name]
        except MissingNumberError:
            if made.partial:
                continue
            raise
        resolved = graph.resolved(node.tree)
        operation = resolved.operation if isinstance(resolved, Apply) else ""
        if node.name in alive:
            continue
        if value == 0 and "zeros" not in allow and not (operation == "relu" and "inactive" in allow):
            return f"{node.name} must not be {'a dead ReLU' if operation == 'relu' else 'zero'}"
        if _size(value) > LARGEST_DRAWN_VALUE:
            return f"{node.name} must not be larger than {LARGEST_DRAWN_VALUE}"
        if operation in ("sigmoid", "tanh", "relu", "leaky_relu") and "inactive" not in allow:
            for parent in local_derivatives(graph, node.name):
                slope = _size(numbers.local(node.name, parent))
                if slope == 0:
                    return f"{node.name} must not be a dead ReLU"
                if operation in ("sigmoid", "tanh") and slope < SATURATED:
                    return f"{node.name} must not be saturated"
    seen: dict[str, tuple[Tree, str]] = {}
    for part, tree in made.answers:
        assert part.answer is not None
        value, single = numbers.value(tree), part.answer.type == "number" and part.ask != "classify"
        if value == 0:
            if "zeros" in allow or not single:
                continue
            return f"the answer of part {part.id} must not be zero"
        if _size(value) < Fraction(1, 2 * 10**digits):
            return f"the answer of part {part.id} must not print as zero"
        if not single:
            continue
        text = write(value, digits)[0]
        before = seen.setdefault(text, (tree, part.id))
        if before[0] != tree and "repeats" not in allow:
            return f"parts {before[1]} and {part.id} must not have the same answer"
    return ""


def _alive(made: Plan, numbers: Numbers) -> frozenset[str]:
    """The ReLUs of a batch that are active for one example at least: they may be inactive for another."""
    found: set[str] = set()
    for layer in made.network.layers:
        if len(layer.post) > 1 and layer.activation in ("relu", "leaky_relu"):
            for column in zip(*layer.post, strict=True):
                with suppress(EvaluationError):
                    found |= set(column) if any(numbers[name] > 0 for name in column) else set()
    return frozenset(found)


def _size(number: Real) -> Real:
    return -number if number < 0 else number
