"""Text in, tree out: plain maths, and the LaTeX that derivgen prints. Never ``eval``.

One tokenizer per dialect (``lexing.py``), driven by the declared names, feeds one precedence parser. What cannot be
read is refused with line, column and a suggestion; nothing is guessed: ``a_1(1 - a_1)`` is a product and ``g(z)`` a
call because the scope says so.

>>> scope = Scope.of(["a_1", "z"], {"g": 1})
>>> read("a_1(1 - a_1)", scope).operation, read("g(z)", scope).operation
('multiply', 'g')
>>> read("0.3", scope).value
Fraction(3, 10)
>>> read("[a_1, z; 0, 1]", scope) == read(r"\\begin{bmatrix} a_1 & z \\\\ 0 & 1 \\end{bmatrix}", scope, latex=True)
True
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from derivgen.expression import Apply, Name, Number, Partial, Tree, apply, number, walk
from derivgen.lexing import (
    ARRAY_CALLS,
    BEGIN,
    COMPARISONS,
    END,
    RELATIONS,
    ROW,
    ReadingError,
    Scope,
    Token,
    latex_tokens,
    plain_tokens,
)
from derivgen.operations import INDICATORS, OPERATIONS

__all__ = [
    "DEPTH", "EULER", "LENGTH", "OWN_LENGTH", "Line", "Parser", "ReadingError", "Scope", "read", "read_line",
    "read_row",
]  # fmt: skip

LENGTH, TOKENS, DEPTH, EXPONENT, DEGREE = 4_000, 2_000, 60, 64, 256
OWN_LENGTH = 400_000  # what derivgen itself printed may be longer than what a person types
_INDICATOR_OF = {sign: name for name, sign in INDICATORS.items()}


@dataclass(frozen=True)
class Line:
    """A line as read: the left side, then (relation, right side) pairs."""

    left: Tree
    links: tuple[tuple[str, Tree], ...]


# --- the parser ---------------------------------------------------------------------------------------------


class Parser:
    """Precedence climbing over tokens of either dialect; ``latex`` has groups in braces and fractions.

    ``checking/reading/parsing.py`` extends it to what other people write.
    """

    def __init__(self, text: str, tokens: list[Token], latex: bool) -> None:
        self.text, self.tokens, self.i, self.depth = text, tokens, 0, 0
        self.columns, self.rows, self.close = ("&", ROW, END) if latex else (",", ";", "]")

    @property
    def token(self) -> Token:
        return self.tokens[self.i]

    def refuse(self, problem: str, token: Token | None = None) -> ReadingError:
        return ReadingError(problem, self.text, (token or self.token).at)

    def accept(self, text: str) -> bool:
        if self.token.kind in ("sign", "relation") and self.token.text == text:
            self.i += 1
            return True
        return False

    def expect(self, text: str, opened: Token | None = None) -> None:
        if not self.accept(text):
            if opened is not None and self.token.kind == "end":
                raise self.refuse(f"the {opened.text!r} here is never closed", opened)
            raise self.refuse(f"expected {text!r}, not {self.token.text or 'the end'!r}")

    def line(self) -> Line:
        left = self.sum()
        links = []
        while self.token.kind == "relation":
            relation = RELATIONS[self.token.text]
            self.i += 1
            links.append((relation, self.sum()))
        self.end()
        return Line(left, tuple(links))

    def end(self) -> None:
        if self.token.kind != "end":
            raise self.refuse(f"{self.token.text!r} cannot stand here")

    def sum(self) -> Tree:
        self.depth += 1
        if self.depth > DEPTH:
            raise self.refuse(f"brackets nested more than {DEPTH} deep")
        terms, minus = [self.signed()], False
        while self.token.kind == "sign" and self.token.text in "+-":
            minus = self.token.text == "-"
            self.i += 1
            self.no_second_sign()
            terms.append(apply("negate", self.term()) if minus else self.term())
        self.depth -= 1
        if len(terms) == 2 and minus:  # by the sign that stands there: x + (-3) stays a sum
            return apply("subtract", terms[0], terms[1].args[0]) if isinstance(terms[1], Apply) else terms[1]
        return terms[0] if len(terms) == 1 else Apply("add", tuple(terms))

    def signed(self) -> Tree:
        if self.accept("-"):
            self.no_second_sign()
            return apply("negate", self.term())  # not folded: a number line keeps its signs as written
        if self.token.text == "+":
            raise self.refuse("a leading + is not needed")
        return self.term()

    def no_second_sign(self) -> None:
        if self.token.kind == "sign" and self.token.text in ("+", "-", "*", "/"):
            raise self.refuse("two signs in a row; write brackets: 2*(-3)")

    def term(self) -> Tree:
        factors = [self.factor()]
        divided = entrywise = False
        while True:
            if self.token.text == r"\odot" or (entrywise and (self.token.text in ("*", "/") or self.starts_factor())):
                factors, entrywise = [self.entrywise(factors)], True
            elif self.accept("*"):
                self.no_second_sign()
                factors.append(self.factor())
                divided = False
            elif self.accept("/"):
                self.no_second_sign()
                factors = [_quotient(_product(factors), self.factor())]
                divided = True
            elif self.starts_factor():
                self.side_by_side(divided)
                factors.append(self.factor())
            else:
                return _product(factors)

    def entrywise(self, factors: list[Tree]) -> Tree:
        """What stands before \\odot, times what follows it, entry by entry."""
        if len(factors) > 1 or self.token.text != r"\odot":
            raise self.refuse(r"a product beside \odot can be read in two ways; write brackets")
        self.i += 1
        self.no_second_sign()
        return apply("hadamard", factors[0], self.factor())

    def side_by_side(self, divided: bool) -> None:
        """Refuse a factor that follows another, or a quotient, without a sign where it could be misread."""
        if self.token.kind == "number":
            raise self.refuse("a number cannot follow a factor directly; write * between them")
        if divided:
            raise self.refuse("a/b c can be read in two ways; write (a/b)*c or a/(b*c)")

    def starts_factor(self) -> bool:
        token = self.token
        return token.kind in ("number", "name", "function", "partial", "indicator") or (
            token.kind == "sign" and token.text in ("(", "e", "{", r"\frac", r"\partial", r"\lvert", r"\lfloor", BEGIN)
        )

    def factor(self) -> Tree:
        start = self.token
        base = self.base()
        while self.accept(r"\top"):
            base = Apply("transpose", (base,), at=start.at)
        if not self.accept("^"):
            return base
        exponent = self.exponent()
        if base is EULER:
            return Apply("exp", (exponent,), at=start.at)
        power = _integer(exponent)
        if power is None:
            raise self.refuse("an exponent must be a whole number, or the base must be e", start)
        if abs(power) > EXPONENT or _degree(base) * max(abs(power), 1) > DEGREE:
            raise self.refuse(f"an exponent of {power} is too large", start)
        if self.token.text == "^":
            raise self.refuse("a power of a power needs brackets")
        return Apply("power", (base, number(power)), at=start.at)

    def exponent(self) -> Tree:
        minus = self.accept("-")
        if self.token.text == "{":
            inner = self.bracketed("{", "}")
        else:
            inner = self.base()
            if inner is EULER:
                self.expect("^")
                inner = Apply("exp", (self.exponent(),))
        return apply("negate", inner) if minus else inner

    def bracketed(self, left: str, right: str) -> Tree:
        opened = self.token
        self.expect(left)
        inner = self.sum()
        self.expect(right, opened)
        return inner

    def base(self) -> Tree:
        token = self.token
        if token.kind == "number":
            self.i += 1
            assert isinstance(token.value, Fraction)
            if token.text == "1" and self.token.text == "[":
                return self.indicator()
            return Number(token.value, token.text, token.at)
        if token.kind == "name":
            self.i += 1
            return Name(token.text, token.at)
        if token.kind == "partial":
            self.i += 1
            assert isinstance(token.value, Partial)
            return token.value
        if token.kind == "function":
            return self.call(0)
        if token.kind == "indicator":
            self.i += 1
            return self.indicator()
        if token.text == "(":
            return self.bracketed("(", ")")
        if token.text == "{":
            return self.bracketed("{", "}")
        if token.text == r"\lvert":
            return Apply("abs", (self.bracketed(r"\lvert", r"\rvert"),), at=token.at)
        if token.text == r"\lfloor":
            return Apply("floor", (self.bracketed(r"\lfloor", r"\rfloor"),), at=token.at)
        if token.text == "|":
            return Apply("abs", (self.bracketed("|", "|"),), at=token.at)
        if token.text == "e":
            self.i += 1
            return EULER
        if token.text == r"\frac":
            self.i += 1
            above = self.bracketed("{", "}")
            return _quotient(above, self.bracketed("{", "}"))
        if token.text == r"\partial":
            return self.slot_derivative()
        if token.text == BEGIN or (token.text == "[" and self.close == "]"):
            return self.matrix()
        raise self.refuse("something is missing here" if token.kind == "end" else f"{token.text!r} cannot stand here")

    def matrix(self) -> Tree:
        opened, rows = self.token, [self.row()]
        while self.token.text == self.rows:
            if self.rows == ROW and self.tokens[self.i + 1].text == END:
                self.i += 1
                break
            first = self.tokens[self.i + 1]
            rows.append(self.row())
            width, wanted = len(rows[-1].args), len(rows[0].args)
            if width != wanted:
                raise self.refuse(f"row {len(rows)} of a matrix is {width} wide, its first row {wanted}", first)
        self.expect(self.close, opened)
        return Apply("matrix", tuple(rows), at=opened.at)

    def row(self) -> Apply:
        """One row, after the sign that opens the matrix or ends the row before."""
        entries: list[Tree] = []
        while not entries or self.token.text == self.columns:
            self.i += 1
            start = self.token
            entries.append(self.sum())
            if any(isinstance(part, Apply) and part.operation == "matrix" for part in walk(entries[-1])):
                raise self.refuse("a matrix cannot stand in a matrix; rows are parted by ; : [a, b; c, d]", start)
        return Apply("row", tuple(entries))

    def indicator(self) -> Tree:
        opened = self.token
        self.expect("[")
        left = self.sum()
        sign = COMPARISONS.get(self.token.text)
        if sign is None:
            raise self.refuse("an indicator compares two quantities: 1[x > y]")
        self.i += 1
        right = self.sum()
        self.expect("]", opened)
        return Apply(_INDICATOR_OF[sign], (left, right), at=opened.at)

    def slot_derivative(self) -> Tree:
        self.expect(r"\partial")
        self.expect("_")
        self.expect("{")
        slot = self.token
        self.i += 1
        self.expect("}")
        if not isinstance(slot.value, Fraction) or self.token.kind != "function":
            raise self.refuse("expected the number of an argument and a function", slot)
        return self.call(int(slot.value))

    def call(self, slot: int) -> Tree:
        token = self.token
        assert isinstance(token.value, tuple)
        operation, arity = token.value
        self.i += 1
        if self.accept("'"):
            slot = 1
            if arity > 1:
                if self.token.kind != "number":
                    raise self.refuse(f"which derivative of {token.text}? write {token.text}'1(...)")
                slot = int(self.token.text)
                self.i += 1
        if self.accept("^"):  # g^{\prime}(z)
            self.expect("{")
            self.expect("'")
            self.expect("}")
            slot = 1
        primed = operation not in OPERATIONS or OPERATIONS[operation].primed
        if slot and (not primed or operation in ARRAY_CALLS or not 1 <= slot <= arity):
            raise self.refuse(f"{token.text} has no such derivative", token)
        opened = self.token
        if opened.text != "(":
            raise self.refuse(f"write {token.text}(...) with brackets")
        self.i += 1
        args = [self.sum()]
        while self.accept(","):
            args.append(self.sum())
        self.expect(")", opened)
        if len(args) != arity:
            raise self.refuse(f"{token.text} takes {arity} argument{'s' if arity > 1 else ''}, not {len(args)}", token)
        return Apply(operation, tuple(args), slot, token.at)


EULER: Tree = Name("e", -2)


def _product(factors: list[Tree]) -> Tree:
    return factors[0] if len(factors) == 1 else Apply("multiply", tuple(factors))


def _quotient(above: Tree, below: Tree) -> Tree:
    return apply("divide", above, below)


def _integer(tree: Tree) -> int | None:
    if isinstance(tree, Apply) and tree.operation == "negate":
        inner = _integer(tree.args[0])
        return None if inner is None else -inner
    if isinstance(tree, Number) and tree.value.denominator == 1 and abs(tree.value) < 10**9:
        return int(tree.value)
    return None


def _degree(tree: Tree) -> int:
    """The total degree, an upper bound: what keeps towers such as ((9^9)^99)^99 out."""
    if not isinstance(tree, Apply):
        return 1
    inner = [_degree(argument) for argument in tree.args]
    if tree.operation == "power":
        return inner[0] * max(abs(_integer(tree.args[1]) or 0), 1)
    if tree.operation in ("multiply", "divide"):
        return sum(inner)
    return max(inner)


# --- what callers use ---------------------------------------------------------------------------------------


def _parser(text: str, scope: Scope, latex: bool, cap: int) -> Parser:
    if len(text) > cap:
        raise ReadingError(f"more than {cap:,} characters in one expression", text, cap)
    if not text.strip():
        raise ReadingError("nothing to read", text, 0)
    limit = max(TOKENS, cap // 2 if cap > LENGTH else 0)
    tokens = (latex_tokens if latex else plain_tokens)(text, scope, limit)
    return Parser(text, tokens, latex)


def read(text: str, scope: Scope, *, latex: bool = False, cap: int = LENGTH) -> Tree:
    """One expression; ``ReadingError`` with line and column for what cannot be read."""
    parser = _parser(text, scope, latex, cap)
    tree = parser.sum()
    parser.end()
    return tree


def read_line(text: str, scope: Scope, *, latex: bool = False, cap: int = LENGTH) -> Line:
    """One line such as ``z_1 = x*w_1 = 0.5*2 = 1``."""
    return _parser(text, scope, latex, cap).line()


@lru_cache(maxsize=256)
def read_row(operation: str, text: str) -> Tree:
    """A table row's own text, in terms of its arguments and, as ``a``, its output."""
    indicators = {name: (name, 2) for name in INDICATORS}
    scope = Scope.of([*OPERATIONS[operation].arguments, "a"])
    return read(text, Scope(scope.names, {**scope.functions, **indicators}, False, scope.by_parts, scope.by_latex))
