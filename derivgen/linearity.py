"""A formula and a step of one quantity in; out: whether it is linear along the step, and which kinks the step reaches.

That a kink is not reached is proved by intervals that hold all values on the way (Moore 1966); that the formula is
linear, by residues and, at real points on the way, by its values.
"""

from __future__ import annotations

import decimal
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, reduce

from derivgen import certify
from derivgen.derivation import lettered
from derivgen.errors import CertificateError
from derivgen.evaluation import EvaluationError, KinkError, Numbers, Real, evaluator, same_number, to_decimal
from derivgen.expression import ZERO, Apply, Name, Number, Tree, apply, names, negate, number, substitute, total, walk
from derivgen.graph import Graph
from derivgen.operations import OPERATIONS
from derivgen.printing import plain
from derivgen.reading import read_row

MOST_INTERVALS = 2000
_LEAST = Decimal("1e-60")  # what is nearer to zero than this, and no fraction, has no sign
_PAIRED = ("max", "absolute_error")  # they compare their arguments with one another, the others theirs with zero
JUMPING = ("sign", "floor")
_UNTOLD = "it cannot be told whether this step reaches a kink, or a point without a value: choose another"
# What an operation with a kink is above it and below it.
_SIDES = {
    "max": ("x", "y"), "absolute_error": ("a - y", "y - a"), "relu": ("z", "0"), "abs": ("x", "-x"),
    "leaky_relu": ("z", "0.01*z"), "elu": ("z", "e^z - 1"), "sign": ("1", "-1"),
}  # fmt: skip


@dataclass(frozen=True)
class Kink:
    """An operation that goes on by another formula where left = right; a floor, where left is a whole number."""

    part: Apply
    left: Tree
    right: Tree | None


@dataclass(frozen=True)
class Move:
    """A step of ``wrt``, the change of ``of`` that its derivative predicts, and the change that there is.

    ``graph`` has the one node ``of``, in inputs. The numbers decide which sentence is true of a move: ``judged``.
    """

    graph: Graph
    of: str
    wrt: str
    step: Fraction
    predicted: Tree
    actual: Tree
    kinks: tuple[Kink, ...]


@dataclass(frozen=True)
class Verdict:
    """What is true of a move, and the places of the kinks that it reaches.

    ``linear``: along the step, so that the prediction is exact; ``equal``: by coincidence; ``near`` or ``far``: not
    linear. Of a step that reaches a kink: ``past_linear``: linear up to there; ``past_equal``; ``past``: neither.
    ``reached`` counts in ``places_of`` the move's kinks.
    """

    kind: str
    reached: tuple[int, ...] = ()


def kinks_of(graph: Graph, tree: Tree, wrt: Iterable[str]) -> tuple[Kink, ...]:
    """The operations of a formula that depend on one of these quantities and have a kink, or a jump."""
    moved, found = set(wrt), []
    for part in dict.fromkeys(walk(graph.resolved(tree))):
        if isinstance(part, Apply) and (part.operation in _SIDES or part.operation == "floor"):
            left, right = part.args[0], part.args[1] if part.operation in _PAIRED else ZERO
            if moved.intersection(names(part)):
                found.append(Kink(part, left, None if part.operation == "floor" else right))
    return tuple(found)


def gap_of(kink: Kink) -> Tree:
    """What is zero at the kink."""
    return kink.left if kink.right in (None, ZERO) else apply("subtract", kink.left, kink.right or ZERO)


def places_of(graph: Graph, kinks: Iterable[Kink]) -> tuple[tuple[Kink, ...], ...]:
    """Kinks by where they are: max(x, y), max(y, x) and relu(x - y) have one and the same place."""
    places: list[list[Kink]] = []
    for kink in kinks:
        same = next((place for place in places if _same_place(graph, place[0], kink)), None)
        if same is None:
            places.append([kink])
        else:
            same.append(kink)
    return tuple(map(tuple, places))


def _same_place(graph: Graph, one: Kink, other: Kink) -> bool:
    if one.right is None or other.right is None:
        return (one.left, one.right) == (other.left, other.right)
    gap, against = gap_of(one), gap_of(other)
    return gap == against or any(not certify.differs(graph, gap, tree) for tree in (against, negate(against)))


def sides_of(kink: Kink) -> tuple[Tree, Tree] | None:
    """What the operation is above its kink and below it; None of one that jumps."""
    if kink.part.operation in JUMPING:
        return None
    above, below = (read_row(kink.part.operation, side) for side in _SIDES[kink.part.operation])
    return above, below


def difference(graph: Graph, tree: Tree, kink: Kink) -> Tree | None:
    """By how much the formula on one side of a kink is above that on the other; None where there is a jump.

    It is zero at the kink. Where its slope is not, the one-sided derivatives of the formula differ there.
    """
    sides = sides_of(kink)
    if sides is None:
        return None
    above, below = (piece(graph.resolved(tree), {kink.part: side}) for side in sides)
    return apply("subtract", above, below)


def moving(graph: Graph, step: str) -> Graph:
    """The graph with the step as one more leaf."""
    return graph if step in graph else Graph(
        (*graph.leaves, step), graph.nodes, graph.functions, graph.bindings, graph.kinks
    )  # fmt: skip


def judged(move: Move, numbers: Numbers) -> Verdict:
    """What is true of a move at these numbers.

    ``EvaluationError`` where it begins at a kink, where it reaches a point without a value, or nothing is certain.
    """
    graph, tree = move.graph, move.graph.resolved(move.graph.node(move.of).tree)
    values = {name: numbers[name] for name in names(tree)}
    _need_values(tree, move, values)
    reached: list[int] = []
    sides: dict[Tree, Tree] = {}
    for i, place in enumerate(places_of(graph, move.kinks)):
        beyond = False
        for kink in place:
            past, sides[kink.part] = _side(kink, move, values)
            beyond = beyond or past
        reached += [i] if beyond else []
    here = piece(tree, sides)
    bent = certify.bent(graph, tree, values, move.wrt, move.step) if not reached else Decimal(0)
    linear = bent <= certify.TOLERANCE and (
        is_linear(graph, here, move.wrt)
        or is_linear(graph, substitute(here, _others(values, move.wrt)), move.wrt)
    )  # fmt: skip
    predicted, actual = numbers.value(move.predicted), numbers.value(move.actual)
    equal = _equal(predicted, actual, certain=linear and not reached)
    if linear and not reached:
        if not equal:
            raise CertificateError(f"{move.of} is linear in {move.wrt} along a step, but its prediction is not exact")
        return Verdict("linear")
    if reached:
        return Verdict("past_equal" if equal else "past_linear" if linear else "past", tuple(reached))
    if equal:
        return Verdict("equal")
    usual = max(abs(to_decimal(predicted)), _usual_change(tree, move, values))
    return Verdict("near" if 2 * _gap(predicted, actual) <= usual else "far")


def _usual_change(tree: Tree, move: Move, values: Mapping[str, Real]) -> Decimal:
    """What a step of this size changes at the slope that the formula has nearby.

    Where its own slope is zero, or nearly, the prediction is too small for anything to be near beside it.
    """
    at = Fraction(values[move.wrt])
    run, value = max(abs(at), Fraction(1)) / 4, evaluator(tree, "left")
    start, slopes = value(values), [Decimal(0)]
    for end in (at - run, at + run):
        with suppress(EvaluationError):  # no value there
            slopes.append(_gap(value({**values, move.wrt: end}), start) / to_decimal(run))
    return max(slopes) * abs(to_decimal(move.step))


def _others(values: Mapping[str, Real], name: str) -> dict[str, Tree]:
    return {other: number(Fraction(value)) for other, value in values.items() if other != name}


def _gap(x: Real, y: Real) -> Decimal:
    return abs(to_decimal(x) - to_decimal(y))


def _equal(x: Real, y: Real, *, certain: bool) -> bool:
    """Whether two changes are equal; an error where only further digits could tell."""
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x == y
    alike = same_number(x, y) or _gap(x, y) < Decimal("1e-60")
    if alike and not certain:
        raise EvaluationError("the step is too small to tell the predicted change from the actual one")
    return alike


# --- linear ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def is_linear(graph: Graph, tree: Tree, name: str) -> bool:
    """Whether a change of x by dx and then by dx again changes the tree by as much twice, whatever the numbers are."""
    step = next(letter for letter in (f"d{name}", "h", "t", "u", "v") if letter not in graph)
    once = substitute(tree, {name: apply("add", Name(name), Name(step))})
    twice = substitute(tree, {name: total((Name(name), Name(step), Name(step)))})
    gap = total((twice, negate(apply("multiply", number(2), once)), tree))
    return not certify.differs(moving(graph, step), gap, ZERO)


def piece(tree: Tree, sides: Mapping[Tree, Tree]) -> Tree:
    """The formula with operations that have a kink replaced by what they are on one side of it."""
    if not isinstance(tree, Apply):
        return tree
    args = tuple(piece(argument, sides) for argument in tree.args)
    side = sides.get(tree)
    if side is None:
        return Apply(tree.operation, args, tree.slot)
    return substitute(side, dict(zip(OPERATIONS[tree.operation].arguments, args, strict=True)))


# --- where there is no value ------------------------------------------------------------------------------------


def _need_values(tree: Tree, move: Move, values: Mapping[str, Real]) -> None:
    """An error if the step reaches a point at which the formula, as written, has no value.

    A change across such a point is no sum of small ones: nothing that a derivative predicts can be compared with it.
    """
    for divisor in dict.fromkeys(_needed(tree)):
        if move.wrt not in names(divisor):
            continue
        if _reaches(divisor, _sign(divisor, values), move, values):
            where = f"{plain(lettered(divisor, move.graph.bindings), move.graph.scope)} is zero"
            jumps = any(isinstance(part, Apply) and part.operation in JUMPING for part in walk(divisor))
            reaches = "may reach" if jumps else "reaches"  # what jumps can pass zero without a value of zero
            raise EvaluationError(
                f"this step of {move.wrt} {reaches} a point where {move.of} does not exist, where {where}: "
                f"choose another step"
            )


def _needed(tree: Tree) -> Iterator[Tree]:
    """What must not become zero: each divisor, and what a logarithm is taken of; the inner ones first."""
    if not isinstance(tree, Apply):
        return
    row = OPERATIONS[tree.operation]
    if row.value and row.role != "activation":  # an activation has a value everywhere
        yield from _needed(substitute(read_row(row.name, row.value), dict(zip(row.arguments, tree.args, strict=True))))
        return
    for argument in tree.args:
        yield from _needed(argument)
    if tree.operation in ("log", "reciprocal"):
        yield from _factors(tree.args[0])
    elif tree.operation == "divide":
        yield from _factors(tree.args[1])
    elif tree.operation == "power" and isinstance(tree.args[1], Number) and tree.args[1].value < 0:
        yield from _factors(tree.args[0])


def _factors(tree: Tree) -> Iterator[Tree]:
    """What is zero where a product or a power is: (x - 1)^2 touches zero, and does not change its sign there."""
    if isinstance(tree, Apply) and tree.operation == "multiply":
        for argument in tree.args:
            yield from _factors(argument)
    elif isinstance(tree, Apply) and tree.operation in ("power", "negate", "abs"):
        yield from _factors(tree.args[0])
    else:
        yield tree


# --- kinks ----------------------------------------------------------------------------------------------------


def _side(kink: Kink, move: Move, values: Mapping[str, Real]) -> tuple[bool, Tree]:
    """Whether the step reaches the kink, and what its operation is on the side on which it begins."""
    gaps = _gaps(kink, values)
    signs = [_sign(gap, values) for gap in gaps]
    changes = f"where {move.of} goes on by another formula, {_where(kink, move.graph)}"
    if 0 in signs:
        raise KinkError(f"this step of {move.wrt} begins {changes}: choose other numbers")
    if move.graph.kinks == "forbid" and any(not _sign(gap, _ahead(move, values)) for gap in gaps):
        raise KinkError(f"this step of {move.wrt} ends {changes}: choose another step")
    reached = any(_reaches(gap, before, move, values) for gap, before in zip(gaps, signs, strict=True))
    if kink.right is None:
        return reached, _whole(kink, values)
    return reached, read_row(kink.part.operation, _SIDES[kink.part.operation][0 if signs[0] > 0 else 1])


def _gaps(kink: Kink, values: Mapping[str, Real]) -> tuple[Tree, ...]:
    """What keeps its sign until the kink is reached; a floor has one below and one above."""
    if kink.right is None:
        whole = _whole(kink, values)
        return apply("subtract", kink.left, whole), apply("subtract", number(whole.value + 1), kink.left)
    return (gap_of(kink),)


def _whole(kink: Kink, values: Mapping[str, Real]) -> Number:
    return number(Fraction(evaluator(kink.part, "left")(values)))


def _where(kink: Kink, graph: Graph) -> str:
    """The kink's equation, for an error."""
    right = "a whole number" if kink.right is None else f"equal to {plain(kink.right, graph.scope)}"
    return f"where {plain(kink.left, graph.scope)} is {right}"


def _ahead(move: Move, values: Mapping[str, Real]) -> dict[str, Real]:
    return {**values, move.wrt: Fraction(values[move.wrt]) + move.step}


def _sign(gap: Tree, values: Mapping[str, Real]) -> int:
    value = evaluator(gap, "left")(values)
    if isinstance(value, Decimal) and abs(value) < _LEAST:
        raise EvaluationError(_UNTOLD)
    return (value > 0) - (value < 0)


def _reaches(gap: Tree, side: int, move: Move, values: Mapping[str, Real]) -> bool:
    """Whether the gap of a kink is zero, or of the other sign, somewhere on the step."""
    at = Fraction(values[move.wrt])
    if _sign(gap, _ahead(move, values)) != side:
        return True
    still = {name: _point(value) for name, value in values.items()}
    waiting = [(min(at, at + move.step), max(at, at + move.step))]
    for _ in range(MOST_INTERVALS):
        if not waiting:
            return False
        low, high = waiting.pop()
        if _sign_within(gap, {**still, move.wrt: (_point(low)[0], _point(high)[1])}) == side:
            continue
        middle = (low + high) / 2
        if _sign(gap, {**values, move.wrt: middle}) != side:
            return True
        waiting += [(low, middle), (middle, high)]
    raise EvaluationError(_UNTOLD)


# --- common zeros of polynomials --------------------------------------------------------------------------------

_Polynomial = list[Fraction]  # coefficients, of the constant first


def common_zeros(tree: Tree, other: Tree) -> str:
    """Whether the second is zero where the first is: "none", "all", or an empty string if that is not known.

    It is known of polynomials in one and the same quantity, real or complex zeros alike, and of what is a number.
    """
    if isinstance(other, Number):
        return "none" if other.value else "all"
    quantities = {*names(tree), *names(other)}
    one, two = (_polynomial(part, min(quantities)) if len(quantities) == 1 else None for part in (tree, other))
    if not one or not two:
        return ""
    if not _remainder(two, one):
        return "all"
    while two:
        one, two = two, _remainder(one, two)
    return "none" if len(one) == 1 else ""


def _polynomial(tree: Tree, name: str) -> _Polynomial | None:
    """The coefficients; None of what is no polynomial."""
    if isinstance(tree, Number):
        return _trimmed([tree.value])
    if tree == Name(name):
        return [Fraction(0), Fraction(1)]
    if not isinstance(tree, Apply) or tree.operation not in ("add", "subtract", "negate", "multiply", "power"):
        return None
    if tree.operation == "power":
        base, exponent = tree.args
        if not isinstance(exponent, Number) or not 0 <= exponent.value <= 20:
            return None
        return _polynomial(Apply("multiply", (base,) * int(exponent.value)), name) if exponent.value else [Fraction(1)]
    parts = [_polynomial(argument, name) for argument in tree.args]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if tree.operation == "multiply":
        return reduce(_multiplied, known)
    signs = [-1 if tree.operation == "negate" or (i and tree.operation == "subtract") else 1 for i in range(len(known))]
    rows = itertools.zip_longest(*known, fillvalue=Fraction(0))
    return _trimmed([sum((sign * c for sign, c in zip(signs, row, strict=True)), Fraction(0)) for row in rows])


def _multiplied(one: _Polynomial, other: _Polynomial) -> _Polynomial:
    found = [Fraction(0)] * (len(one) + len(other))
    for (i, a), (j, b) in itertools.product(enumerate(one), enumerate(other)):
        found[i + j] += a * b
    return _trimmed(found)


def _remainder(one: _Polynomial, by: _Polynomial) -> _Polynomial:
    """What a division leaves (Euclid); of a lower degree than what it is divided by."""
    rest = list(one)
    while len(rest) >= len(by):
        factor, shift = rest[-1] / by[-1], len(rest) - len(by)
        for i, coefficient in enumerate(by):
            rest[shift + i] -= factor * coefficient
        rest = _trimmed(rest[:-1])
    return rest


def _trimmed(found: _Polynomial) -> _Polynomial:
    while found and not found[-1]:
        found = found[:-1]
    return found


# --- intervals ------------------------------------------------------------------------------------------------

_Interval = tuple[Decimal, Decimal]
_DOWN, _UP = (
    decimal.Context(prec=60, rounding=rounding, Emin=-(10**9), Emax=10**9)
    for rounding in (decimal.ROUND_FLOOR, decimal.ROUND_CEILING)
)


def _sign_within(tree: Tree, values: Mapping[str, _Interval]) -> int:
    """The sign of all that the tree comes to on these intervals; 0 if they do not tell."""
    try:
        low, high = enclosed(tree, values)
    except (decimal.DecimalException, ZeroDivisionError):
        return 0
    return (low > 0) - (high < 0)


def enclosed(tree: Tree, values: Mapping[str, _Interval]) -> _Interval:
    """An interval that holds all that the tree comes to while each quantity is in its own."""
    if isinstance(tree, Number):
        return _point(tree.value)
    if isinstance(tree, Name):
        return values[tree.name]
    assert isinstance(tree, Apply)
    if tree.operation == "power":
        exponent = tree.args[1]
        assert isinstance(exponent, Number)
        return _power(enclosed(tree.args[0], values), int(exponent.value))
    args = [enclosed(argument, values) for argument in tree.args]
    if tree.operation in _ENCLOSURES:
        return reduce(_ENCLOSURES[tree.operation], args[1:], args[0])
    if tree.operation in _RISING:
        return _RISING[tree.operation](args[0][0], _DOWN), _RISING[tree.operation](args[0][1], _UP)
    if tree.operation in _UNARY:
        return _UNARY[tree.operation](*args)
    row = OPERATIONS[tree.operation]
    meaning = read_row(row.name, row.value)
    if row.name in _MONOTONE:
        below, above = (enclosed(meaning, {row.arguments[0]: (end, end)}) for end in args[0])
        return below[0], above[1]
    return enclosed(meaning, dict(zip(row.arguments, args, strict=True)))


def _point(value: Real) -> _Interval:
    if isinstance(value, Decimal):
        return value, value
    above, below = Decimal(value.numerator), Decimal(value.denominator)
    return _DOWN.divide(above, below), _UP.divide(above, below)


def _product(x: _Interval, y: _Interval) -> _Interval:
    ends = list(itertools.product(x, y))
    return min(_DOWN.multiply(*pair) for pair in ends), max(_UP.multiply(*pair) for pair in ends)


def _reciprocal(x: _Interval) -> _Interval:
    if x[0] <= 0 <= x[1]:
        raise ZeroDivisionError
    return _DOWN.divide(1, x[1]), _UP.divide(1, x[0])


def _power(x: _Interval, exponent: int) -> _Interval:
    """A power: of an even one, only the size counts."""
    if exponent < 0:
        return _reciprocal(_power(x, -exponent))
    if exponent % 2 == 0:
        sizes = sorted(end.copy_abs() for end in x)  # abs() would round
        x = (sizes[0] if x[0] > 0 or x[1] < 0 else Decimal(0)), sizes[1]
    return reduce(_product, [x] * exponent, (Decimal(1), Decimal(1)))


def _exp(x: Decimal, context: decimal.Context) -> Decimal:
    return _widened(context.exp(x), context)


def _log(x: Decimal, context: decimal.Context) -> Decimal:
    if x <= 0:
        raise ZeroDivisionError
    return _widened(context.ln(x), context)


def _widened(x: Decimal, context: decimal.Context) -> Decimal:
    """Past the rounding of e^x and log x, which is to the nearest in every context."""
    return context.next_minus(x) if context is _DOWN else context.next_plus(x)


def _compared(holds: Callable[[Decimal, Decimal], bool]) -> Callable[[_Interval, _Interval], _Interval]:
    """An indicator that rises with its first argument and falls with its second; or the other way round."""

    def within(x: _Interval, y: _Interval) -> _Interval:
        found = [Decimal(holds(a, b)) for a, b in itertools.product(x, y)]
        return min(found), max(found)

    return within


_ENCLOSURES: dict[str, Callable[[_Interval, _Interval], _Interval]] = {
    "add": lambda x, y: (_DOWN.add(x[0], y[0]), _UP.add(x[1], y[1])),
    "subtract": lambda x, y: (_DOWN.subtract(x[0], y[1]), _UP.subtract(x[1], y[0])),
    "multiply": _product, "divide": lambda x, y: _product(x, _reciprocal(y)),
    "max": lambda x, y: (max(x[0], y[0]), max(x[1], y[1])),
    "above": _compared(lambda x, y: x > y), "below": _compared(lambda x, y: x <= y),
    "above_or_equal": _compared(lambda x, y: x >= y), "strictly_below": _compared(lambda x, y: x < y),
}  # fmt: skip
_RISING: dict[str, Callable[[Decimal, decimal.Context], Decimal]] = {
    "exp": _exp, "log": _log, "floor": lambda x, _: x.to_integral_value(decimal.ROUND_FLOOR),
}  # fmt: skip
_UNARY: dict[str, Callable[[_Interval], _Interval]] = {
    "negate": lambda x: (x[1].copy_negate(), x[0].copy_negate()), "reciprocal": _reciprocal,
}  # fmt: skip
_MONOTONE = ("relu", "leaky_relu", "elu", "sign", "sigmoid", "tanh", "softplus")
