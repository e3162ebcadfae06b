"""Givens in, the first of them that cannot be out, with what the others make of it.

Each given value inside a network, and each given derivative, is an equation: z = Σ w·a + b; ∂H/∂w = ∂H/∂z · a. With
what is known put in, those that are linear in the rest are solved together (Gauss & Jordan), again and again while
this gives new numbers; and what can only lie in a range, such as a probability, must lie there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from derivgen.derivation import local_derivatives
from derivgen.evaluation import EvaluationError, MissingNumberError, Numbers, Real, contradiction
from derivgen.expression import ONE, Apply, Name, Partial, Tree, apply, product, total
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.operations import INDICATORS, RANGES
from derivgen.written import write

Key = str | Partial
Linear = dict[Tree, Fraction]  # a tree as a sum: what each unknown is multiplied by; the constant stands at ONE
NEAR = Fraction(1, 10**30)  # two numbers so near are equal but for their last carried digits
TINY = Fraction(1, 10**60)  # a factor that may as well be 0: nothing is concluded from it
PROBABILITIES = ("cross_entropy", "binary_cross_entropy")  # the losses whose targets are


def said(key: Key) -> str:
    return key if isinstance(key, str) else f"d{key.of}/d{key.wrt}"


def conflict(network: Network, given: Mapping[Key, Real], taken: frozenset[str]) -> tuple[Key, str] | None:
    """A given that disagrees with the others, unless the quiz says ``take``, and how; None if there is none."""
    graph = network.graph
    for group in graph.simplices:
        if not _probable([given.get(name) for name in group]):
            return group[0], f"the targets {', '.join(group)} must sum to 1, none negative"
    for name in network.targets if network.loss_kind == "binary_cross_entropy" else ():
        if name in given and not 0 <= given[name] <= 1:
            return name, f"{name} is the target of a binary cross-entropy: it must lie between 0 and 1"
    inner = {key for key in given if isinstance(key, str) and not graph.is_leaf(key)}
    if not inner and not any(isinstance(key, Partial) for key in given):
        return None
    for group in network.softmaxes:
        numbers = [given.get(name) for name in group]
        if not taken.intersection(group) and (0 in numbers or not _probable(numbers)):
            return group[0], f"the outputs {', '.join(group)} of a softmax must be positive and sum to 1"
    for name in sorted(inner - taken):
        tree = graph.resolved(graph.node(name).tree)
        operation, its = tree.operation if isinstance(tree, Apply) else "", _range_of(network, Name(name))
        if operation in RANGES and not its.holds(given[name]):
            return name, f"{name} cannot be {_text(given[name])}: it {its.why}"
        if operation == "relu" and given[name] == 0:
            for key, value in given.items():
                if isinstance(key, Partial) and value and graph.users.get(key.wrt) == (name,):
                    return key, f"the other givens make {said(key)} 0"
    found = contradiction(graph, given, taken)
    if found is not None:
        advice = "; to use another value, write {take: ...}" if isinstance(found[0], str) else ""
        return found[0], f"the other givens make {said(found[0])} {_text(found[1])}{advice}"
    return unsolvable(network, given, taken)


def _probable(numbers: list[Real | None]) -> bool:
    """Whether these can be the probabilities of all classes; what is not given yet can be any."""
    known = [Fraction(number) for number in numbers if number is not None]
    return min(known, default=0) >= 0 and (len(known) < len(numbers) or sum(known) == 1) and sum(known) <= 1


def _text(number: Real) -> str:
    return write(number, 6)[0]


# --- ranges -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Range:
    """The numbers from ``low`` to ``high``, None where there is no end; an ``open`` one without its ends."""

    low: Fraction | None = None
    high: Fraction | None = None
    open: bool = False
    why: str = ""

    def holds(self, number: Real) -> bool:
        low, high = (None if end is None else Fraction(number) - end for end in (self.low, self.high))
        slack = -NEAR if self.open else NEAR
        return (low is None or low > -slack) and (high is None or high < slack)

    def plus(self, other: Range, factor: Fraction) -> Range:
        """This range and ``factor`` times the other, added."""
        ends = (other.low, other.high) if factor > 0 else (other.high, other.low)
        low, high = (
            None if mine is None or its is None else mine + factor * its
            for mine, its in zip((self.low, self.high), ends, strict=True)
        )  # fmt: skip
        return Range(low, high, self.open or other.open)

    def __str__(self) -> str:
        ends = (("at least", self.low), ("at most", self.high))
        return " and ".join(f"{word} {_text(end)}" for word, end in ends if end is not None)


def _range_of(network: Network, unknown: Tree) -> Range:
    """Where a quantity, or a tree that is not linear, can lie."""
    graph, zero, one = network.graph, Fraction(0), Fraction(1)
    tree = unknown
    if isinstance(unknown, Name):
        if unknown.name in network.targets and network.loss_kind in PROBABILITIES:
            return Range(zero, one, why="is the target of a cross-entropy")
        if any(unknown.name in group for group in network.softmaxes):
            return Range(zero, one, open=True, why="comes out of softmax")
        if unknown.name not in graph or graph.is_leaf(unknown.name):
            return Range()
        tree = graph.resolved(graph.node(unknown.name).tree)
    operation = tree.operation if isinstance(tree, Apply) else ""
    if operation in INDICATORS:
        return Range(zero, one)
    low, high = (None if end is None else Fraction(end) for end in RANGES.get(operation, (None, None)))
    return Range(low, high, open=operation != "relu", why=f"comes out of {operation}")


# --- equations ----------------------------------------------------------------------------------------------


def _linear(tree: Tree, numbers: Numbers) -> Linear:
    """A tree with what is known put in; a part that is not linear in the rest counts as one unknown."""
    try:
        return {ONE: Fraction(numbers.value(tree))}
    except MissingNumberError:
        pass
    if not isinstance(tree, Apply) or tree.operation not in ("add", "subtract", "negate", "multiply", "divide"):
        return {tree: Fraction(1)}
    parts = [_linear(part, numbers) for part in tree.args]
    if tree.operation == "add":
        return _sum([(part, Fraction(1)) for part in parts])
    if tree.operation == "negate":
        return _sum([(parts[0], Fraction(-1))])
    if tree.operation == "subtract":
        return _sum([(parts[0], Fraction(1)), (parts[1], Fraction(-1))])
    if tree.operation == "divide":
        below = parts[1].get(ONE, Fraction(0))
        return _sum([(parts[0], 1 / below)]) if _unknowns(parts[1]) == [] and below else {tree: Fraction(1)}
    factor, rest = Fraction(1), []
    for part, form in zip(tree.args, parts, strict=True):
        if _unknowns(form):
            rest.append((part, form))
        else:
            factor *= form.get(ONE, Fraction(0))
    if len(rest) > 1 and factor:
        return {product(part for part, _ in rest): factor}
    return _sum([(rest[0][1], factor)] if rest else [({ONE: Fraction(1)}, factor)])


def _sum(terms: list[tuple[Linear, Fraction]]) -> Linear:
    found: Linear = {}
    for form, factor in terms:
        for tree, share in form.items():
            found[tree] = found.get(tree, Fraction(0)) + factor * share
    return {tree: share for tree, share in found.items() if share}


def _unknowns(form: Linear) -> list[Tree]:
    return [tree for tree in form if tree != ONE]


def _right_sides(network: Network, key: Key, taken: frozenset[str]) -> Iterator[Tree]:
    """What a given value or derivative is equal to by the network: its equation, or Σ ∂of/∂u · ∂u/∂wrt."""
    if isinstance(key, str):
        if not network.graph.is_leaf(key) and key not in taken:
            yield network.graph.resolved(network.graph.node(key).tree)
        return
    paired = _paired(network)
    for whole in (network.graph, *([paired] if paired is not network.graph else [])):
        graph = whole.facing(key.wrt)
        users = [user for user in graph.users[key.wrt] if user in graph.behind(key.of)]
        if taken.isdisjoint(set(users) - {key.of}):
            terms = []
            for user in users:
                local = graph.resolved(local_derivatives(graph, user)[key.wrt])
                terms.append(local if user == key.of else apply("multiply", Partial(key.of, user), local))
            yield total(terms)


def _paired(network: Network) -> Graph:
    """The graph with p − y as the derivative of a binary cross-entropy by what flows into its sigmoid."""
    graph = network.graph
    if not network.layers or (network.layers[-1].activation, network.loss_kind) != ("sigmoid", "binary_cross_entropy"):
        return graph
    last, losses = network.layers[-1], network.example_losses or (network.loss,)
    stated = dict(graph.stated)
    for n, loss in enumerate(losses):
        targets = network.targets[n * last.size : (n + 1) * last.size]
        rows = zip(last.pre[n], last.post[n], targets, strict=True)
        stated[loss] = tuple((z, apply("subtract", Name(p), Name(y))) for z, p, y in rows)
    return replace(graph, stated=tuple(stated.items()))


def _rows(network: Network, known: Mapping[Key, Real], taken: frozenset[str]) -> Iterator[tuple[Key | None, Linear]]:
    """Every equation as a sum that must be 0, with the given that it is of; probabilities sum to 1."""
    sums = [*network.graph.simplices, *(group for group in network.softmaxes if taken.isdisjoint(group))]
    rows: list[tuple[Key | None, Tree, Fraction]] = [(None, total(map(Name, group)), Fraction(1)) for group in sums]
    for given, number in known.items():
        rows += [(given, tree, Fraction(number)) for tree in _right_sides(network, given, taken)]
    numbers = Numbers(network.graph, known, taken=taken)
    for key, tree, value in rows:
        try:
            form = _linear(tree, numbers)
        except EvaluationError:  # a kink, say: nothing is concluded
            continue
        form = _sum([(form, Fraction(1)), ({ONE: Fraction(1)}, -value)])
        yield key, form


# --- their solution -----------------------------------------------------------------------------------------


def unsolvable(network: Network, given: Mapping[Key, Real], taken: frozenset[str]) -> tuple[Key, str] | None:
    """A given that no numbers of what is not known can lead to."""
    known: dict[Key, Real] = dict(given)
    first = next(key for key in given if isinstance(key, Partial) or not network.graph.is_leaf(key))
    while True:
        pivots: dict[Tree, Linear] = {}
        for key, row in _rows(network, known, taken):
            place = first if key is None else key
            value = Fraction(1) if key is None else Fraction(known[key])
            form = _reduced(row, pivots)
            if any(abs(one[unknown]) < TINY for one in (row, form) for unknown in _unknowns(one)):
                continue
            for one in (row, form):
                if problem := _out_of_range(network, place, value, one):
                    return place, problem
            unknowns = _unknowns(form)
            if not unknowns:
                rest = form.get(ONE, Fraction(0))
                if abs(rest) <= NEAR * max(Fraction(1), abs(value)):
                    continue
                if key is None:
                    return first, f"with the other givens, the probabilities of all classes sum to {_text(1 + rest)}"
                if key not in given:
                    return first, f"with the other givens, {said(key)} is both {_text(value)} and {_text(value + rest)}"
                return key, f"the other givens make {said(key)} {_text(value + rest)}"
            chosen = unknowns[0]
            solved = _sum([(form, -1 / form[chosen]), ({chosen: Fraction(1)}, Fraction(1))])
            pivots = {tree: _reduced(other, {chosen: solved}) for tree, other in pivots.items()} | {chosen: solved}
        new = {
            (tree.name if isinstance(tree, Name) else tree): _whole(form.get(ONE, Fraction(0)))
            for tree, form in pivots.items() if isinstance(tree, (Name, Partial)) and not _unknowns(form)
        }  # fmt: skip
        if not new:
            return None
        known |= new


def _whole(number: Fraction) -> Fraction:
    """The number, but without its last digits' error where it is next to a whole one."""
    return Fraction(round(number)) if abs(number - round(number)) < NEAR else number


def _reduced(form: Linear, pivots: Mapping[Tree, Linear]) -> Linear:
    return _sum([(pivots.get(tree, {tree: Fraction(1)}), share) for tree, share in form.items()])


def _out_of_range(network: Network, key: Key, value: Fraction, form: Linear) -> str:
    """Why a sum of unknowns cannot be 0 with each of them where it can lie, or an empty string."""
    unknowns = _unknowns(form)
    constant = form.get(ONE, Fraction(0))
    if not unknowns:
        return ""
    if len(unknowns) == 1:
        (unknown,) = unknowns
        number, its = _whole(-constant / form[unknown]), _range_of(network, unknown)
        if isinstance(unknown, Name) and not its.holds(number):
            return f"with the other givens, it makes {unknown.name} {_text(number)}, but that {its.why}"
        if isinstance(unknown, Apply) and unknown.operation in INDICATORS and number not in (0, 1):
            ends = (value + constant, value + constant + form[unknown])
            return f"the other givens make {said(key)} {' or '.join(map(_text, sorted(ends)))}"
    reach = Range(value + constant, value + constant)
    for unknown in unknowns:
        reach = reach.plus(_range_of(network, unknown), form[unknown])
    return "" if reach.holds(value) else f"with the other givens, {said(key)} must be {reach}"
