"""A theorem in, proofs of its every printed line out, by routes that share no rule with whoever wrote it.

Each line is read back from its LaTeX, its Markdown and its plain form, its sums are written out for N = 2, …, 5, and
every choice of its open indices is tried.

``residues``: dual numbers modulo 2^61 − 1. The exponentials of different quantities are free symbols, de^h = e^h dh,
a logarithm has no value, only the derivative du/u: both are exact, since no algebraic relation holds between them.

``difference``: real numbers to 60 digits, a derivative as a central difference, which uses no rule at all.

The targets of a cross-entropy are any numbers up to the link whose reason says that they sum to one.
"""

from __future__ import annotations

import decimal
import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from derivgen.certify import PRIME, Proof
from derivgen.errors import CertificateError
from derivgen.proofs.printing import printed
from derivgen.proofs.reading import read, read_equation
from derivgen.proofs.table import REASONS, Argument, Theorem
from derivgen.proofs.tree import (
    Call,
    Delta,
    Derivative,
    Equation,
    Minus,
    Over,
    Plus,
    Power,
    Sum,
    Symbol,
    Times,
    Tree,
    Whole,
    transformed,
)

SIZES = range(2, 6)
DIALECTS = ("latex", "markdown", "plain")
TARGET = "y"  # the letter of what sums to one where a reason says so
_CONTEXT = decimal.Context(prec=60)
_STEP = Decimal(10) ** -20
_TOLERANCE = Decimal(10) ** -30
Indices = Mapping[str, int]


class MeaninglessError(CertificateError):
    """A line that has no value: an index out of its range, a logarithm by itself, a division by zero."""


@dataclass(frozen=True)
class Setting:
    """What a line is judged under: its definitions, how i and j lie, and what is supposed of the targets."""

    given: tuple[Equation, ...]
    case: str = ""
    simplex: bool = False


def verified(theorem: Theorem) -> list[Proof]:
    """Proofs that every link of every argument holds, as printed; raises ``CertificateError`` naming the link."""
    proofs: list[Proof] = []
    for dialect in DIALECTS:
        given = tuple(_read_back(equation, dialect, theorem) for equation in theorem.given)
        for argument in theorem.arguments:
            proofs += _argued(argument, given, dialect, theorem)
        found = tuple(argument.links[-1].right for argument in theorem.arguments if argument.case)
        for link in (link for argument in theorem.arguments for link in argument.links if link.reason == "cases"):
            if link.about[1:] != found:
                raise CertificateError(f"the proof of {theorem.name} sums up other cases than it has")
        claim = _read_back(theorem.claim, dialect, theorem)
        last = theorem.arguments[-1]
        ends = Equation(last.left, last.links[-1].right)
        if last.case or claim != _read_back(ends, dialect, theorem):
            raise CertificateError(f"the proof of {theorem.name} ends in something else than its claim")
    return proofs


def _argued(argument: Argument, given: tuple[Equation, ...], dialect: str, theorem: Theorem) -> list[Proof]:
    proofs: list[Proof] = []
    before = read(printed(argument.left, dialect, straight=theorem.straight), dialect)
    simplex = False
    for number, link in enumerate(argument.links, 1):
        simplex = simplex or REASONS[link.reason] == "simplex"
        setting = Setting(given, argument.case, simplex)
        text = printed(link.right, dialect, straight=theorem.straight)
        after = read(text, dialect)
        mentioned = [_read_back(each, dialect, theorem) for each in link.about if isinstance(each, Equation)]
        try:
            for equation in (Equation(before, after), *mentioned):
                proofs += holds(equation, setting)
        except CertificateError as error:
            raise CertificateError(f"link {number} of the proof of {theorem.name}: {error}: {text}") from None
        before = after
    return proofs


def _read_back(equation: Equation, dialect: str, theorem: Theorem) -> Equation:
    return read_equation(printed(equation, dialect, straight=theorem.straight), dialect)


@lru_cache(maxsize=4096)
def holds(equation: Equation, setting: Setting) -> tuple[Proof, ...]:
    """Both routes for every N and every choice of the open indices; raises ``CertificateError`` if one says no."""
    if not set(_free(equation.right)) <= set(_free(equation.left)):
        raise CertificateError("an index stands open that the left side does not have")
    points, worst = 0, Decimal(0)
    for size in SIZES:
        residues, reals = _Residues(setting, size), _Reals(setting, size)
        for indices in _choices(equation, setting.case, size):
            points += 1
            if residues.value(equation.left, indices) != residues.value(equation.right, indices):
                raise CertificateError("the two sides differ (at residues modulo 2^61 - 1)")
            left, right = (reals.value(side, indices) for side in (equation.left, equation.right))
            worst = max(worst, abs(left - right) / max(abs(left), abs(right), Decimal(1)))
            if worst > _TOLERANCE:
                raise CertificateError("the two sides differ (against the central difference)")
    return Proof("residues", points, "0"), Proof("difference", points, f"{worst:.1e}")


def _choices(equation: Equation, case: str, size: int) -> Iterator[Indices]:
    """Every choice of the open indices from 1 to N that the case allows."""
    free = dict.fromkeys((*_free(equation.left), *_free(equation.right)))
    for numbers in itertools.product(range(1, size + 1), repeat=len(free)):
        chosen = dict(zip(free, numbers, strict=True))
        if case and {"i", "j"} <= chosen.keys() and (chosen["i"] == chosen["j"]) != (case == "equal"):
            continue
        yield chosen


def _free(tree: Tree, bound: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The indices that no sum around them runs over, in order."""
    found: list[str] = []
    match tree:
        case Symbol(index=index):
            found = [index]
        case Delta(first, second):
            found = [first, second]
        case Derivative(by, body):
            found = [by.index, *_free(body, bound)]
        case Sum(index, body):
            found = [*_free(body, bound | {index})]
        case Call(argument=body) | Minus(body=body) | Power(base=body):
            found = [*_free(body, bound)]
        case Plus(terms=parts) | Times(factors=parts):
            found = [index for part in parts for index in _free(part, bound)]
        case Over(above, below):
            found = [*_free(above, bound), *_free(below, bound)]
    return tuple(index for index in found if index.isalpha() and index not in bound)


def _place(index: str, indices: Indices) -> int:
    """Which one an index means; 0 is a quantity that has none."""
    return 0 if not index else int(index) if index.isdigit() else indices[index]


# --- what both routes share: definitions and places -----------------------------------------------------------


class _Model:
    """One random point for one N; a quantity is (letter, place)."""

    def __init__(self, setting: Setting, size: int) -> None:
        self.setting, self.size = setting, size
        self.quantities: dict[tuple[str, str], tuple[str, Tree]] = {}
        self.functions: dict[str, tuple[str, Tree]] = {}
        for equation in setting.given:
            match equation.left:
                case Symbol(letter, index) if not index.isdigit():
                    self.quantities[letter, ""] = index, equation.right
                case Symbol(letter, index):
                    self.quantities[letter, index] = "", equation.right
                case Call(function, Symbol(letter)):
                    self.functions[function] = letter, equation.right
                case _:
                    raise CertificateError("a definition defines neither a quantity nor a function")

    def quantity(self, symbol: Symbol, indices: Indices) -> tuple[str, int]:
        """Its letter and place; ``MeaninglessError`` where an index is out of range."""
        place = _place(symbol.index, indices)
        if symbol.index and not symbol.index.isdigit() and not 1 <= place <= self.size:
            raise MeaninglessError("an index is out of its range")
        return symbol.letter, place

    def meaning(self, symbol: Symbol, indices: Indices) -> tuple[Tree, Indices] | None:
        """What a defined quantity stands for, and the index there; None for a free one."""
        self.quantity(symbol, indices)
        found = self.quantities.get((symbol.letter, symbol.index)) or self.quantities.get((symbol.letter, ""))
        if found is None:
            return None
        index, tree = found
        if bool(index) != bool(symbol.index) and (symbol.letter, symbol.index) not in self.quantities:
            raise MeaninglessError("a quantity has an index too many or too few")
        return tree, {index: _place(symbol.index, indices)} if index else {}

    def called(self, call: Call) -> Tree:
        """A defined function's body with the argument put in."""
        if call.function not in self.functions:
            raise MeaninglessError(f"{call.function} is not defined")
        letter, body = self.functions[call.function]
        return transformed(body, lambda part: call.argument if part == Symbol(letter) else None)

    def range(self, tree: Sum) -> range:
        return range(tree.low, self.size + tree.beyond + 1)

    def equal(self, tree: Delta, indices: Indices) -> int:
        return int(_place(tree.first, indices) == _place(tree.second, indices))

    def on_simplex(self, quantity: tuple[str, int]) -> bool:
        """Whether this is the last target, which is what the others leave of one."""
        return self.setting.simplex and quantity == (TARGET, self.size)


def _residue(*key: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8]) % (PRIME - 2) + 1


# --- residues: dual numbers modulo a prime ----------------------------------------------------------------------

_Dual = tuple[int | None, int | None]  # a value, None of a logarithm; a derivative, None where it would be a second one
_Seed = tuple[str, int] | None


class _Residues(_Model):
    def value(self, tree: Tree, indices: Indices) -> int:
        value = self.dual(tree, indices, None)[0]
        if value is None:
            raise MeaninglessError("a logarithm or a second derivative stands by itself")
        return value

    def leaf(self, quantity: tuple[str, int]) -> int:
        if self.on_simplex(quantity):
            return (1 - sum(self.leaf((TARGET, place)) for place in range(1, self.size))) % PRIME
        return _residue(self.size, quantity)

    def dual(self, tree: Tree, indices: Indices, seed: _Seed) -> _Dual:
        match tree:
            case Whole(value):
                return value, 0
            case Delta():
                return self.equal(tree, indices), 0
            case Symbol():
                meaning = self.meaning(tree, indices)
                if meaning is not None:
                    return self.dual(*meaning, seed)
                quantity = self.quantity(tree, indices)
                return self.leaf(quantity), int(quantity == seed)
            case Derivative(by, body):
                if self.meaning(by, indices) is not None:
                    raise MeaninglessError("a derivative with respect to a quantity that depends on others")
                return self.dual(body, indices, self.quantity(by, indices))[1], None if seed else 0
            case Sum(index, body):
                return self.sum([self.dual(body, {**indices, index: k}, seed) for k in self.range(tree)])
            case Plus(terms):
                return self.sum([self.dual(term, indices, seed) for term in terms])
            case Minus(body):
                return self.product((PRIME - 1, 0), self.dual(body, indices, seed))
            case Times(factors):
                result: _Dual = (1, 0)
                for factor in factors:
                    result = self.product(result, self.dual(factor, indices, seed))
                return result
            case Over(above, below):
                return self.product(self.dual(above, indices, seed), self.inverse(self.dual(below, indices, seed)))
            case Power(base, exponent):
                power: _Dual = (1, 0)
                once = self.dual(base, indices, seed)
                for _ in range(exponent):
                    power = self.product(power, once)
                return power
            case Call("exp", argument):
                value = self.exponential(argument, indices)
                return value, _times(value, self.dual(argument, indices, seed)[1])
            case Call("ln", argument):
                inner, tangent = self.dual(argument, indices, seed)
                inverse = self.inverse((inner, 0))[0]
                assert inverse is not None
                return None, None if tangent is None else tangent * inverse % PRIME
            case Call():
                return self.dual(self.called(tree), indices, seed)

    def sum(self, terms: list[_Dual]) -> _Dual:
        values, tangents = [value for value, _ in terms], [tangent for _, tangent in terms]
        return (
            None if None in values else sum(filter(None, values)) % PRIME,
            None if None in tangents else sum(filter(None, tangents)) % PRIME,
        )

    def product(self, x: _Dual, y: _Dual) -> _Dual:
        """(x y, x y' + x' y); an unknown value times a derivative of zero is zero."""
        first, second = _times(x[0], y[1]), _times(x[1], y[0])
        return _times(x[0], y[0]), None if first is None or second is None else (first + second) % PRIME

    def inverse(self, x: _Dual) -> _Dual:
        value, tangent = x
        if value is None:
            raise MeaninglessError("a logarithm stands below a fraction line")
        if value % PRIME == 0:
            raise MeaninglessError("a division by zero")
        inverse = pow(value, -1, PRIME)
        return inverse, None if tangent is None else -tangent * inverse * inverse % PRIME

    def exponential(self, argument: Tree, indices: Indices) -> int:
        """e^(2h + hc) = E(h)² E(hc): one free symbol for each product of quantities."""
        result = 1
        for monomial, times in self.polynomial(argument, indices).items():
            result = result * pow(_residue("exp", self.size, monomial), times, PRIME) % PRIME
        return result

    def polynomial(self, tree: Tree, indices: Indices) -> dict[tuple[object, ...], int]:
        """Whole coefficients by products of quantities; what is no polynomial stands for itself, by its value."""
        match tree:
            case Whole(value):
                return {(): value}
            case Symbol() if self.meaning(tree, indices) is None:
                return {(self.quantity(tree, indices),): 1}
            case Minus(body):
                return {key: -times for key, times in self.polynomial(body, indices).items()}
            case Plus(terms):
                found: dict[tuple[object, ...], int] = {}
                for term in terms:
                    for key, times in self.polynomial(term, indices).items():
                        found[key] = found.get(key, 0) + times
                return found
            case Times(factors):
                whole: dict[tuple[object, ...], int] = {(): 1}
                for factor in factors:
                    pairs = itertools.product(whole.items(), self.polynomial(factor, indices).items())
                    whole = {}
                    for (key, times), (other, more) in pairs:
                        both = tuple(sorted((*key, *other), key=repr))
                        whole[both] = whole.get(both, 0) + times * more
                return whole
            case _:
                return {("value", self.value(tree, indices)): 1}


def _times(x: int | None, y: int | None) -> int | None:
    if x == 0 or y == 0:
        return 0
    return None if x is None or y is None else x * y % PRIME


# --- difference: real numbers -----------------------------------------------------------------------------------


class _Reals(_Model):
    def __init__(self, setting: Setting, size: int) -> None:
        super().__init__(setting, size)
        self.moved: dict[tuple[str, int], Decimal] = {}

    def value(self, tree: Tree, indices: Indices) -> Decimal:
        try:
            with decimal.localcontext(_CONTEXT):
                return self.real(tree, indices)
        except decimal.DecimalException:
            raise MeaninglessError("a line has no real value") from None

    def leaf(self, quantity: tuple[str, int]) -> Decimal:
        if self.on_simplex(quantity):
            value = 1 - sum((self.leaf((TARGET, place)) for place in range(1, self.size)), Decimal(0))
        else:
            value = Decimal(_residue("real", self.size, quantity) % 2001 - 1000) / 1000 + Decimal("0.0004")
        return value + self.moved.get(quantity, 0)

    def real(self, tree: Tree, indices: Indices) -> Decimal:
        match tree:
            case Whole(value):
                return Decimal(value)
            case Delta():
                return Decimal(self.equal(tree, indices))
            case Symbol():
                meaning = self.meaning(tree, indices)
                return self.real(*meaning) if meaning is not None else self.leaf(self.quantity(tree, indices))
            case Derivative(by, body):
                return self.difference(self.quantity(by, indices), body, indices)
            case Sum(index, body):
                terms = (self.real(body, {**indices, index: k}) for k in self.range(tree))
                return sum(terms, Decimal(0))
            case Plus(terms):
                return sum((self.real(term, indices) for term in terms), Decimal(0))
            case Minus(body):
                return -self.real(body, indices)
            case Times(factors):
                result = Decimal(1)
                for factor in factors:
                    result *= self.real(factor, indices)
                return result
            case Over(above, below):
                return self.real(above, indices) / self.real(below, indices)
            case Power(base, exponent):
                return self.real(base, indices) ** exponent
            case Call("exp", argument):
                return self.real(argument, indices).exp()
            case Call("ln", argument):
                return self.real(argument, indices).ln()
            case Call():
                return self.real(self.called(tree), indices)

    def difference(self, quantity: tuple[str, int], body: Tree, indices: Indices) -> Decimal:
        if quantity in self.moved:
            raise MeaninglessError("a second derivative")
        ends = []
        for step in (_STEP, -_STEP):
            self.moved[quantity] = step
            try:
                ends.append(self.real(body, indices))
            finally:
                del self.moved[quantity]
        return (ends[0] - ends[1]) / (2 * _STEP)

