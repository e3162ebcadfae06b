"""Text in, tree out: plain maths, and the LaTeX that derivgen prints. Never ``eval``.

One tokenizer per dialect, driven by the declared names, feeds one precedence parser. What cannot be read is refused
with line, column and a suggestion; nothing is guessed: ``a_1(1 - a_1)`` is a product and ``g(z)`` a call because the
scope says so.

>>> scope = Scope.of(["a_1", "z"], {"g": 1})
>>> read("a_1(1 - a_1)", scope).operation, read("g(z)", scope).operation
('multiply', 'g')
>>> read("0.3", scope).value
Fraction(3, 10)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from derivgen.errors import DerivgenError, suggest
from derivgen.expression import Apply, Name, Number, Partial, Tree, apply, number
from derivgen.notation import GREEK, NAME, latex_base, parts
from derivgen.operations import CALLABLE, INDICATORS, OPERATIONS, SPELLINGS

LENGTH, TOKENS, DEPTH, DIGITS, EXPONENT, DEGREE = 4_000, 2_000, 60, 60, 64, 256
OWN_LENGTH = 400_000  # what derivgen itself printed may be longer than what a person types

RELATIONS = {"=": "=", "≈": "≈", "~=": "≈", "<-": "<-", "←": "<-", r"\approx": "≈", r"\leftarrow": "<-", r"\gets": "<-"}
_COMPARISONS = {">": ">", "<": "<", "<=": "<=", ">=": ">=", "≤": "<=", "≥": ">=", r"\le": "<=", r"\ge": ">=",
                r"\leq": "<=", r"\geq": ">="}  # fmt: skip
_INDICATOR_OF = {sign: name for name, sign in INDICATORS.items()}


class ReadingError(DerivgenError):
    """What cannot be read; ``line`` and ``column`` count from 1."""

    def __init__(self, problem: str, text: str, at: int) -> None:
        at = min(at, len(text))
        self.problem = problem
        self.line = text.count("\n", 0, at) + 1
        self.column = at - (text.rfind("\n", 0, at) + 1) + 1
        super().__init__(f"line {self.line}, column {self.column}: {problem}")


@dataclass(frozen=True)
class Scope:
    """The declared names and the functions (spelling → operation or declared function, and its arity).

    An ``open`` scope takes every undeclared name as a quantity.
    """

    names: frozenset[str]
    functions: Mapping[str, tuple[str, int]]
    open: bool = False
    by_parts: Mapping[tuple[str, str, str], str] = field(default_factory=dict, compare=False, repr=False)
    by_latex: Mapping[str, tuple[str, int]] = field(default_factory=dict, compare=False, repr=False)

    @staticmethod
    def of(names: Iterable[str], functions: Mapping[str, int] | None = None, *, open: bool = False) -> Scope:
        """The scope of these names and declared functions (name → arity); a declared name wins over an operation's."""
        declared = tuple(dict.fromkeys(names))
        table = {
            spelling: (operation, len(OPERATIONS[operation].arguments))
            for spelling, operation in SPELLINGS.items()
            if operation in CALLABLE
        }
        for name in declared:
            table.pop(name, None)
        table.update({name: (name, arity) for name, arity in (functions or {}).items()})
        by_parts: dict[tuple[str, str, str], str] = {}
        for name in (*declared, *(functions or {})):
            twin = by_parts.setdefault(parts(name), name)
            if twin != name:
                raise DerivgenError(f"{twin!r} and {name!r} would print alike; rename one of them")
        taken = {latex_base(base) for base, _, _ in by_parts}
        by_latex = {}
        for row in (OPERATIONS[name] for name in CALLABLE):
            symbols = (row.latex, *(f"\\mathrm{{{spelling}}}" for spelling in row.spellings))
            free = next((latex for latex in symbols if latex and latex not in taken), None)
            if free is not None:
                by_latex[free] = (row.name, len(row.arguments))
        return Scope(frozenset(declared), table, open, by_parts, by_latex)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # number name function partial sign relation end
    text: str
    at: int
    value: object = None


@dataclass(frozen=True)
class Line:
    """A line as read: the left side, then (relation, right side) pairs."""

    left: Tree
    links: tuple[tuple[str, Tree], ...]


# --- tokens -------------------------------------------------------------------------------------------------

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CALL = re.compile(r"\s*(?:'\d?)?\s*\(")
_PLAIN_SIGN = re.compile(r"<-|<=|>=|~=|\*\*|[-+*/^()\[\],=≈←<>≤≥'|{}]|−|·|×")
_SAME_SIGN = {"−": "-", "·": "*", "×": "*", "**": "^"}


def _plain_tokens(text: str, scope: Scope, limit: int) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        if len(tokens) > limit:
            raise ReadingError(f"more than {limit} symbols in one expression", text, position)
        if space := _SPACE.match(text, position):
            position = space.end()
            continue
        if match := _NUMBER.match(text, position):
            position = match.end()
            tokens.append(_number_token(text, match))
            continue
        if (
            (match := _IDENTIFIER.match(text, position))
            and match[0] in scope.functions
            and _CALL.match(text, match.end())
        ):
            tokens.append(_Token("function", match[0], position, scope.functions[match[0]]))
            position = match.end()
            continue
        if match := NAME.match(text, position):
            token, position = _plain_name(text, match, scope)
            tokens.append(token)
            continue
        match = _PLAIN_SIGN.match(text, position)
        if match is None:
            raise ReadingError(f"{text[position]!r} cannot be read here", text, position)
        sign = _SAME_SIGN.get(match[0], match[0])
        tokens.append(_Token("relation" if sign in RELATIONS else "sign", sign, position))
        position = match.end()
    tokens.append(_Token("end", "", len(text)))
    return tokens


def _number_token(text: str, match: re.Match[str]) -> _Token:
    written = match[0]
    if len(written) > DIGITS:
        raise ReadingError(f"a number of {len(written)} digits is too long", text, match.start())
    if re.match(r"[eE][-+]?\d", text[match.end() : match.end() + 3]):
        raise ReadingError("write 1e-3 as 0.001 in an equation", text, match.start())
    return _Token("number", written, match.start(), Fraction(written))


def _plain_name(text: str, match: re.Match[str], scope: Scope) -> tuple[_Token, int]:
    """The longest declared name at this place, or a function, or a Leibniz token such as dL/dw_1."""
    whole = match[0]
    candidates = [whole]
    if match["star"] or match["sup"]:
        candidates.append(whole[: whole.rindex("^")])
    for name in candidates:
        end = match.start() + len(name)
        if name in scope.functions and _CALL.match(text, end):
            return _Token("function", name, match.start(), scope.functions[name]), end
        if name in scope.names:
            return _Token("name", name, match.start()), end
    if token := _leibniz(text, match.start(), scope):
        return token
    name = candidates[-1] if match["sup"] else whole
    if name == "e" and text[match.start() + 1 :].lstrip().startswith("^"):
        return _Token("sign", "e", match.start()), match.start() + 1
    if scope.open and name not in scope.functions:
        if re.match(r"\s*\(", text[match.start() + len(name) :]) and len(name) > 1 and name.isalpha():
            raise ReadingError(suggest(name, scope.functions), text, match.start())
        parts(name)
        return _Token("name", name, match.start()), match.start() + len(name)
    if name in scope.functions:
        raise ReadingError(f"{name!r} is a function; write {name}(...)", text, match.start())
    known = [*scope.names, *scope.functions] if text[match.start() + len(name) :].startswith("(") else [*scope.names]
    raise ReadingError(suggest(name, sorted(known)), text, match.start())


_HELD, _COMMA = re.compile(r"\|\{\s*"), re.compile(r"\s*,\s*")
_DENOMINATOR = re.compile(r"/d(?=[A-Za-z])")


def _leibniz(text: str, start: int, scope: Scope) -> tuple[_Token, int] | None:
    if text[start] != "d":
        return None
    of = _declared(text, start + 1, scope)
    slash = of and _DENOMINATOR.match(text, of[1])
    wrt = _declared(text, slash.end(), scope) if slash else None
    if of is None or wrt is None:
        return None
    end = wrt[1]
    held: tuple[str, ...] = ()
    while sign := _HELD.match(text, end) if not held else _COMMA.match(text, end):
        name = _declared(text, sign.end(), scope)
        if name is None:
            raise ReadingError("expected the name of a quantity that is held fixed", text, sign.end())
        held, end = (*held, name[0]), name[1]
    if held:
        if not text.startswith("}", end):
            raise ReadingError("expected '}' after what is held fixed", text, end)
        end += 1
    return _Token("partial", text[start:end], start, Partial(of[0], wrt[0], held, start)), end


def _declared(text: str, start: int, scope: Scope) -> tuple[str, int] | None:
    match = NAME.match(text, start)
    if match is None:
        return None
    whole = match[0]
    bare = whole[: whole.rindex("^")] if match["star"] or match["sup"] else whole
    for name in (whole, bare):
        if name in scope.names or (scope.open and name == bare):
            return name, start + len(name)
    return None


_LATEX_TOKEN = re.compile(
    r"(?P<held>\\left\.)|(?P<bar>\\right(?:\||\\vert)\s*_)"  # before the spaces, which skip \right
    r"|(?P<space>\s+|\\[,;!:] ?|\\(?:thinspace|quad|qquad)\b|\\(?:big|Big|bigg|Bigg)[lr]?(?![a-zA-Z])"
    r"|\\(?:left|right)(?![a-zA-Z.|])|\{\}|&)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<word>\\(?:mathrm|hat|bar|tilde|mathbf)\{[A-Za-z0-9\\_]+\})"
    r"|(?P<command>\\[A-Za-z]+)"
    r"|(?P<letter>[A-Za-z])"
    r"|(?P<sign>[-+*/^_()\[\]{},=<>'|])"
)
_LATEX_SIGNS = {r"\cdot": "*", r"\times": "*", r"\ast": "*", r"\lbrace": "{",
                r"\rbrace": "}", r"\lbrack": "[", r"\rbrack": "]", r"\prime": "'"}  # fmt: skip


_LATEX_COMMANDS = (r"\frac", r"\partial", r"\lvert", r"\rvert")


def _latex_tokens(text: str, scope: Scope, limit: int) -> list[_Token]:
    raw: list[_Token] = []
    position = 0
    while position < len(text):
        if len(raw) > limit:
            raise ReadingError(f"more than {limit} symbols in one expression", text, position)
        match = _LATEX_TOKEN.match(text, position)
        if match is None:
            raise ReadingError(f"{text[position : position + 12]!r} cannot be read here", text, position)
        kind, position = str(match.lastgroup), match.end()
        if kind == "space":
            continue
        written = match[0]
        if kind == "number":
            raw.append(_number_token(text, match))
        elif kind == "command" and written in _LATEX_SIGNS:
            raw.append(_Token("sign", _LATEX_SIGNS[written], match.start()))
        elif written in RELATIONS:
            raw.append(_Token("relation", RELATIONS[written], match.start()))
        elif written in _COMPARISONS:
            raw.append(_Token("sign", _COMPARISONS[written], match.start()))
        elif kind in ("word", "letter") or (kind == "command" and written[1:] in GREEK):
            raw.append(_Token("word", written, match.start()))
        elif kind == "command" and written not in _LATEX_COMMANDS and written not in scope.by_latex:
            raise ReadingError(f"{written[:20]} cannot be read here", text, match.start())
        else:
            raw.append(_Token("sign", re.sub(r"\s", "", written), match.start()))
    raw.append(_Token("end", "", len(text)))
    return _LatexNames(text, raw, scope).tokens()


class _LatexNames:
    """Joins a base with its subscript and superscript into the declared name that is printed so."""

    def __init__(self, text: str, raw: list[_Token], scope: Scope) -> None:
        self.text, self.raw, self.scope, self.i = text, raw, scope, 0

    def tokens(self) -> list[_Token]:
        joined: list[_Token] = []
        while self.i < len(self.raw):
            token = self.raw[self.i]
            if token.kind == "word":
                joined.append(self.name())
            elif token.text == r"\frac" and self.texts(1, 2) == ["{", r"\partial"] and self.texts(3, 1) != ["_"]:
                joined.append(self.leibniz(token))
            elif token.text == r"\left.":
                self.i += 1
                inner = self.leibniz(self.raw[self.i])
                joined.append(self.held(inner))
            elif token.kind == "sign" and (token.text in self.scope.by_latex):
                joined.append(_Token("function", token.text, token.at, self.scope.by_latex[token.text]))
                self.i += 1
            else:
                joined.append(token)
                self.i += 1
        return joined

    def texts(self, start: int, count: int) -> list[str]:
        found = [token.text for token in self.raw[self.i + start : self.i + start + count]]
        return found + [""] * (count - len(found))

    def expect(self, text: str) -> None:
        token = self.raw[self.i]
        if token.text != text:
            raise ReadingError(f"expected {text!r}, not {token.text or 'the end'!r}", self.text, token.at)
        self.i += 1

    def group(self) -> tuple[str, int]:
        """The text of one script, a single token or a braced group, and where it ends."""
        i = self.i + 2  # past the base and the _ or ^
        if self.raw[i].kind == "end":
            raise ReadingError("something is missing here", self.text, self.raw[i].at)
        if self.raw[i].text != "{":
            return self.raw[i].text, i + 1
        depth, start = 1, i + 1
        i = start
        while depth:
            if self.raw[i].kind == "end":
                raise ReadingError("a { is never closed", self.text, self.raw[start - 1].at)
            depth += {"{": 1, "}": -1}.get(self.raw[i].text, 0)
            i += 1
        return "".join(_plain_word(token.text) for token in self.raw[start : i - 1]), i

    def name(self) -> _Token:
        token = self.raw[self.i]
        if token.kind == "end":
            raise ReadingError("something is missing here", self.text, token.at)
        whole = token.text + ("_" if self.texts(1, 1) == ["_"] else "")
        base = _plain_word(token.text)
        if token.text == r"\mathbf{1}":
            self.i += 1
            return _Token("indicator", "1", token.at)
        if token.text in self.scope.by_latex and not whole.endswith("_"):
            self.i += 1
            return _Token("function", token.text, token.at, self.scope.by_latex[token.text])
        if base == "e" and self.texts(1, 1) == ["^"] and ("e", "", "") not in self.scope.by_parts:
            self.i += 1
            return _Token("sign", "e", token.at)
        scripts = {"_": "", "^": ""}
        start, ends = self.i, {}
        for _ in range(2):
            mark = self.texts(1, 1)[0]
            if mark not in scripts or scripts[mark]:
                break
            scripts[mark], end = self.group()
            self.i = end - 1
            ends[mark] = end
        self.i = start
        for key, end in (
            ((base, scripts["_"], scripts["^"]), max(ends.values(), default=start + 1)),
            ((base, scripts["_"], ""), ends.get("_", start + 1)),
            ((base, "", ""), start + 1),
        ):
            if key in self.scope.by_parts and (key[1] or not scripts["_"] or end == start + 1):
                self.i = end
                name = self.scope.by_parts[key]
                called = self.raw[end].text in ("(", "'")
                if name in self.scope.functions and (called or name not in self.scope.names):
                    return _Token("function", name, token.at, self.scope.functions[name])
                return _Token("name", name, token.at)
        written = base + (f"_{scripts['_']}" if scripts["_"] else "")
        raise ReadingError(suggest(written, sorted(self.scope.names)), self.text, token.at)

    def leibniz(self, token: _Token) -> _Token:
        self.expect(r"\frac")
        sides = []
        for _ in range(2):
            self.expect("{")
            self.expect(r"\partial")
            if self.raw[self.i].kind != "word":
                raise ReadingError("expected a name after the partial sign", self.text, self.raw[self.i].at)
            sides.append(self.name().text)
            self.expect("}")
        return _Token("partial", "", token.at, Partial(sides[0], sides[1], (), token.at))

    def held(self, inner: _Token) -> _Token:
        token = self.raw[self.i]
        if not token.text.startswith(r"\right"):
            raise ReadingError(r"\left. without its \right|", self.text, token.at)
        self.i += 1
        self.expect("{")
        held = []
        while True:
            held.append(self.name().text)
            if self.raw[self.i].text != ",":
                break
            self.i += 1
        self.expect("}")
        partial = inner.value
        assert isinstance(partial, Partial)
        return _Token("partial", "", inner.at, Partial(partial.of, partial.wrt, tuple(held), inner.at))


def _plain_word(latex: str) -> str:
    if match := re.fullmatch(r"\\(mathrm|hat|bar|tilde)\{\\?([A-Za-z0-9]+)\}", latex):
        return match[2] if match[1] == "mathrm" else match[2] + match[1]
    return latex.removeprefix("\\") if latex[1:] in GREEK else latex


# --- the parser ---------------------------------------------------------------------------------------------


class _Parser:
    """Precedence climbing over tokens of either dialect; ``latex`` has groups in braces and fractions."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self.text, self.tokens, self.i, self.depth = text, tokens, 0, 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.i]

    def refuse(self, problem: str, token: _Token | None = None) -> ReadingError:
        return ReadingError(problem, self.text, (token or self.token).at)

    def accept(self, text: str) -> bool:
        if self.token.kind in ("sign", "relation") and self.token.text == text:
            self.i += 1
            return True
        return False

    def expect(self, text: str, opened: _Token | None = None) -> None:
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
        divided = False
        while True:
            if self.accept("*"):
                self.no_second_sign()
                factors.append(self.factor())
                divided = False
            elif self.accept("/"):
                self.no_second_sign()
                factors = [_quotient(_product(factors), self.factor())]
                divided = True
            elif self.starts_factor():
                if self.token.kind == "number":
                    raise self.refuse("a number cannot follow a factor directly; write * between them")
                if divided:
                    raise self.refuse("a/b c can be read in two ways; write (a/b)*c or a/(b*c)")
                factors.append(self.factor())
            else:
                return _product(factors)

    def starts_factor(self) -> bool:
        token = self.token
        return token.kind in ("number", "name", "function", "partial", "indicator") or (
            token.kind == "sign" and token.text in ("(", "e", "{", r"\frac", r"\partial", r"\lvert")
        )

    def factor(self) -> Tree:
        start = self.token
        base = self.base()
        if not self.accept("^"):
            return base
        exponent = self.exponent()
        if base is _EULER:
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
            if inner is _EULER:
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
        if token.text == "|":
            return Apply("abs", (self.bracketed("|", "|"),), at=token.at)
        if token.text == "e":
            self.i += 1
            return _EULER
        if token.text == r"\frac":
            self.i += 1
            above = self.bracketed("{", "}")
            return _quotient(above, self.bracketed("{", "}"))
        if token.text == r"\partial":
            return self.slot_derivative()
        raise self.refuse("something is missing here" if token.kind == "end" else f"{token.text!r} cannot stand here")

    def indicator(self) -> Tree:
        opened = self.token
        self.expect("[")
        left = self.sum()
        sign = _COMPARISONS.get(self.token.text)
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
        if slot and (operation in OPERATIONS or not 1 <= slot <= arity):
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


_EULER: Tree = Name("e", -2)


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


def _parser(text: str, scope: Scope, latex: bool, cap: int) -> _Parser:
    if len(text) > cap:
        raise ReadingError(f"more than {cap:,} characters in one expression", text, cap)
    if not text.strip():
        raise ReadingError("nothing to read", text, 0)
    limit = max(TOKENS, cap // 2 if cap > LENGTH else 0)
    tokens = (_latex_tokens if latex else _plain_tokens)(text, scope, limit)
    return _Parser(text, tokens)


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
