"""Text in, tokens out: plain maths, and the LaTeX that derivgen prints, both driven by the declared names.

What is a name, a call or a power is decided here, by the ``Scope``: x^2 is a power unless a quantity is called so.

>>> scope = Scope.of(["x", "W_11^2"], arrays=["W^2"])
>>> [token.kind for token in plain_tokens("W_11^2*x^2", scope, 100)]
['name', 'sign', 'name', 'sign', 'number', 'end']
>>> [token.text for token in latex_tokens(r"W^{2\\top} x", scope, 100)]
['W^2', '\\\\top', 'x', '']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from derivgen.errors import DerivgenError, suggest
from derivgen.expression import Partial
from derivgen.notation import GREEK, NAME, latex_base, parts
from derivgen.operations import CALLABLE, OPERATIONS, SPELLINGS

DIGITS = 60  # of one number

RELATIONS = {"=": "=", "≈": "≈", "~=": "≈", "<-": "<-", "←": "<-", r"\approx": "≈", r"\leftarrow": "<-", r"\gets": "<-"}
COMPARISONS = {">": ">", "<": "<", "<=": "<=", ">=": ">=", "≤": "<=", "≥": ">=", r"\le": "<=", r"\ge": ">=",
               r"\leq": "<=", r"\geq": ">="}  # fmt: skip
ARRAY_CALLS = {"transpose": 1, "hadamard": 2}  # how plain maths writes what LaTeX has signs for
ROW, BEGIN, END = r"\\", r"\begin{bmatrix}", r"\end{bmatrix}"


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

    An ``open`` scope takes every undeclared name as a quantity, but not right before a bracket. ``arrays`` are those
    names that stand for whole matrices and vectors.
    """

    names: frozenset[str]
    functions: Mapping[str, tuple[str, int]]
    open: bool = False
    by_parts: Mapping[tuple[str, str, str], str] = field(default_factory=dict, compare=False, repr=False)
    by_latex: Mapping[str, tuple[str, int]] = field(default_factory=dict, compare=False, repr=False)
    arrays: frozenset[str] = frozenset()

    @staticmethod
    def of(
        names: Iterable[str], functions: Mapping[str, int] | None = None, *, open: bool = False,
        arrays: Iterable[str] = (),
    ) -> Scope:  # fmt: skip
        """The scope of these names and declared functions (name → arity); a declared name wins over an operation's."""
        quantities, whole = tuple(names), tuple(arrays)
        if twice := set(quantities) & set(whole):
            raise DerivgenError(f"{min(twice)!r} would be a quantity and an array; rename one of them")
        declared = tuple(dict.fromkeys((*quantities, *whole)))
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
        return Scope(frozenset(declared), table, open, by_parts, by_latex, frozenset(whole))

    @cached_property
    def has_euler(self) -> bool:
        """Whether e^x is the exponential function: not if a quantity is called e, whatever stands above it."""
        return not any((base, subscript) == ("e", "") for base, subscript, _ in self.by_parts)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # number name function partial sign relation end
    text: str
    at: int
    value: object = None


# --- plain maths -------------------------------------------------------------------------------------------------

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CALL = re.compile(r"\s*(?:'\d?)?\s*\(")
_PLAIN_SIGN = re.compile(r"<-|<=|>=|~=|\*\*|[-+*/^()\[\],;=≈←<>≤≥'|{}]|−|·|×")
_SAME_SIGN = {"−": "-", "·": "*", "×": "*", "**": "^"}


def plain_tokens(text: str, scope: Scope, limit: int) -> list[Token]:
    """The tokens of plain maths; ``ReadingError`` where there is none."""
    tokens: list[Token] = []
    position = opened = 0
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
            tokens.append(Token("function", match[0], position, scope.functions[match[0]]))
            position = match.end()
            continue
        if match := NAME.match(text, position):
            token, position = _plain_name(text, match, scope)
            tokens.append(token)
            continue
        match = _PLAIN_SIGN.match(text, position)
        if match is None or (match[0] == ";" and opened <= 0):  # rows end inside a matrix only
            raise ReadingError(f"{text[position]!r} cannot be read here", text, position)
        sign = _SAME_SIGN.get(match[0], match[0])
        opened += {"[": 1, "]": -1}.get(sign, 0)
        tokens.append(Token("relation" if sign in RELATIONS else "sign", sign, position))
        position = match.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


def _number_token(text: str, match: re.Match[str]) -> Token:
    written = match[0]
    if len(written) > DIGITS:
        raise ReadingError(f"a number of {len(written)} digits is too long", text, match.start())
    if re.match(r"[eE][-+]?\d", text[match.end() : match.end() + 3]):
        raise ReadingError("write 1e-3 as 0.001 in an equation", text, match.start())
    return Token("number", written, match.start(), Fraction(written))


def _plain_name(text: str, match: re.Match[str], scope: Scope) -> tuple[Token, int]:
    """The longest declared name at this place, or a function, or a Leibniz token such as dL/dw_1."""
    whole = match[0]
    candidates = list(dict.fromkeys((whole, whole.partition("^")[0])))
    for name in candidates:
        end = match.start() + len(name)
        if name in scope.functions and _CALL.match(text, end):
            return Token("function", name, match.start(), scope.functions[name]), end
        if name in scope.names:
            return Token("name", name, match.start()), end
    if token := _leibniz(text, match.start(), scope):
        return token
    label = scope.open and (match["sup"] or "").isdigit()  # graph.py refuses it beside a quantity x
    name = candidates[-1] if (match["sup"] and not label) or match["bare"] else whole  # x^(2) and x^2 are powers of x
    if name in ARRAY_CALLS and _CALL.match(text, match.start() + len(name)):
        return Token("function", name, match.start(), (name, ARRAY_CALLS[name])), match.start() + len(name)
    if name == "e" and text[match.start() + 1 :].lstrip().startswith("^"):
        return Token("sign", "e", match.start()), match.start() + 1
    if scope.open and name not in scope.functions:
        after = text[match.start() + len(name) :]
        if after.startswith("(") or (after.lstrip().startswith("(") and len(name) > 1 and name.isalpha()):
            raise ReadingError(_no_function(name, scope), text, match.start())
        parts(name)
        return Token("name", name, match.start()), match.start() + len(name)
    if name in scope.functions:
        raise ReadingError(f"{name!r} is a function; write {name}(...)", text, match.start())
    known = [*scope.names, *scope.functions] if text[match.start() + len(name) :].startswith("(") else [*scope.names]
    raise ReadingError(suggest(name, sorted(known)), text, match.start())


def _no_function(name: str, scope: Scope) -> str:
    """What to say of an undeclared name before a bracket: f(x) may be meant as a product or as a function."""
    said = suggest(name, scope.functions)
    if "did you mean" in said:
        return said
    return f"{name!r} is no known function; write {name} * (...) for a product, or --function {name} for a function"


_HELD, _COMMA = re.compile(r"\|\{\s*"), re.compile(r"\s*,\s*")
_DENOMINATOR = re.compile(r"/d(?=[A-Za-z])")


def _leibniz(text: str, start: int, scope: Scope) -> tuple[Token, int] | None:
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
    return Token("partial", text[start:end], start, Partial(of[0], wrt[0], held, start)), end


def _declared(text: str, start: int, scope: Scope) -> tuple[str, int] | None:
    match = NAME.match(text, start)
    if match is None:
        return None
    whole = match[0]
    bare = whole.partition("^")[0]
    for name in (whole, bare):
        if name in scope.names or (scope.open and name == bare):
            return name, start + len(name)
    return None


# --- LaTeX --------------------------------------------------------------------------------------------------

_LATEX_TOKEN = re.compile(
    r"(?P<held>\\left\.)|(?P<bar>\\right(?:\||\\vert)\s*_)"  # before the spaces, which skip \right
    r"|(?P<space>\s+|\\[,;!:] ?|\\(?:thinspace|quad|qquad)\b|\\(?:big|Big|bigg|Bigg)[lr]?(?![a-zA-Z])"
    r"|\\(?:left|right)(?![a-zA-Z.|])|\{\})"
    r"|(?P<matrix>\\(?:begin|end)\{bmatrix\}|\\\\|\\cr(?![a-zA-Z])|&)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<word>\\(?:mathrm|hat|bar|tilde|mathbf)\{[A-Za-z0-9\\_]+\})"
    r"|(?P<command>\\[A-Za-z]+)"
    r"|(?P<letter>[A-Za-z])"
    r"|(?P<sign>[-+*/^_()\[\]{},=<>'|])"
)
_LATEX_SIGNS = {r"\cdot": "*", r"\times": "*", r"\ast": "*", r"\lbrace": "{",
                r"\rbrace": "}", r"\lbrack": "[", r"\rbrack": "]", r"\prime": "'"}  # fmt: skip


_TOP = r"\top"
_LATEX_COMMANDS = (r"\frac", r"\partial", r"\lvert", r"\rvert", r"\lfloor", r"\rfloor", r"\odot", _TOP)


def latex_tokens(text: str, scope: Scope, limit: int) -> list[Token]:
    """The tokens of LaTeX, its names joined; ``ReadingError`` for every command that derivgen does not print."""
    raw: list[Token] = []
    position = opened = 0
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
        if kind == "matrix":
            opened += {BEGIN: 1, END: -1}.get(written, 0)
            sign = ROW if written == r"\cr" else written
            if sign == ROW and opened <= 0:
                raise ReadingError(f"{written} cannot be read here", text, match.start())
            if sign != "&" or opened > 0:  # outside a matrix it only aligns
                raw.append(Token("sign", sign, match.start()))
        elif kind == "number":
            raw.append(_number_token(text, match))
        elif kind == "command" and written in _LATEX_SIGNS:
            raw.append(Token("sign", _LATEX_SIGNS[written], match.start()))
        elif written in RELATIONS:
            raw.append(Token("relation", RELATIONS[written], match.start()))
        elif written in COMPARISONS:
            raw.append(Token("sign", COMPARISONS[written], match.start()))
        elif kind in ("word", "letter") or (kind == "command" and written[1:] in GREEK):
            raw.append(Token("word", written, match.start()))
        elif kind == "command" and written not in _LATEX_COMMANDS and written not in scope.by_latex:
            raise ReadingError(f"{written[:20]} cannot be read here", text, match.start())
        else:
            raw.append(Token("sign", re.sub(r"\s", "", written), match.start()))
    raw.append(Token("end", "", len(text)))
    return _LatexNames(text, raw, scope).tokens()


class _LatexNames:
    """Joins a base with its subscript and superscript into the declared name that is printed so."""

    def __init__(self, text: str, raw: list[Token], scope: Scope) -> None:
        self.text, self.raw, self.scope, self.i = text, raw, scope, 0
        self.transposed = -1  # where the ⊤ of the name just read stands, −1 if it has none

    def tokens(self) -> list[Token]:
        joined: list[Token] = []
        while self.i < len(self.raw):
            token = self.raw[self.i]
            if token.kind == "word":
                joined.append(self.name())
                if self.transposed >= 0:
                    joined.append(Token("sign", _TOP, self.transposed))
            elif token.text == "^" and _TOP in (self.texts(1, 1)[0], self.texts(2, 1)[0]):
                joined.append(self.top(token))
            elif token.text == _TOP:
                raise ReadingError(r"write ^{\top} above what is transposed", self.text, token.at)
            elif token.text == r"\frac" and self.texts(1, 2) == ["{", r"\partial"] and self.texts(3, 1) != ["_"]:
                joined.append(self.leibniz(token))
            elif token.text == r"\left.":
                self.i += 1
                inner = self.leibniz(self.raw[self.i])
                joined.append(self.held(inner))
            elif token.kind == "sign" and (token.text in self.scope.by_latex):
                joined.append(Token("function", token.text, token.at, self.scope.by_latex[token.text]))
                self.i += 1
            else:
                joined.append(token)
                self.i += 1
        return joined

    def texts(self, start: int, count: int) -> list[str]:
        found = [token.text for token in self.raw[self.i + start : self.i + start + count]]
        return found + [""] * (count - len(found))

    def top(self, token: Token) -> Token:
        """The ^{⊤} of a bracket or a matrix, as one sign."""
        self.i += 1
        braced = self.raw[self.i].text == "{"
        for text in ("{", _TOP, "}") if braced else (_TOP,):
            self.expect(text)
        return Token("sign", _TOP, token.at)

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
        inside = (token.text for token in self.raw[start : i - 1] if token.text not in ("{", "}"))
        return "".join(map(_plain_word, inside)), i

    def scripts(self) -> tuple[str, str, list[int]]:
        """The subscript and the superscript of the base here, and where the base and each of them end."""
        found, start, ends = {"_": "", "^": ""}, self.i, [self.i + 1]
        for _ in range(2):
            mark = self.texts(1, 1)[0]
            if mark not in found or found[mark]:
                break
            found[mark], end = self.group()
            if not found[mark]:
                raise ReadingError("something is missing here", self.text, self.raw[end - 1].at)
            ends.append(end)
            self.i = end - 1
            if mark == "^" and found[mark].endswith(_TOP):
                found[mark], self.transposed = found[mark].removesuffix(_TOP), self.raw[end - 1].at
        self.i = start
        return found["_"], found["^"], ends

    def name(self) -> Token:
        token, self.transposed = self.raw[self.i], -1
        if token.kind == "end":
            raise ReadingError("something is missing here", self.text, token.at)
        base, following = _plain_word(token.text), self.texts(1, 1)[0]
        if token.text == r"\mathbf{1}":
            self.i += 1
            return Token("indicator", "1", token.at)
        if token.text in self.scope.by_latex and following != "_":
            self.i += 1
            return Token("function", token.text, token.at, self.scope.by_latex[token.text])
        if base == "e" and following == "^" and self.scope.has_euler:
            self.i += 1
            return Token("sign", "e", token.at)
        subscript, superscript, ends = self.scripts()
        longest = [((base, subscript, superscript), ends[-1])]
        if ends[1:] and self.raw[ends[-2]].text == "^" and self.transposed < 0:  # else what stands last is an exponent
            longest.append(((base, subscript, ""), ends[-2]))
        for key, end in longest:
            if key in self.scope.by_parts:
                self.i = end
                name = self.scope.by_parts[key]
                called = self.raw[end].text in ("(", "'")
                if name in self.scope.functions and (called or name not in self.scope.names):
                    return Token("function", name, token.at, self.scope.functions[name])
                return Token("name", name, token.at)
        written = base + (f"_{subscript}" if subscript else "")
        if (base, subscript, "") in self.scope.by_parts:
            written += f"^{superscript}"
        raise ReadingError(suggest(written, sorted(self.scope.names)), self.text, token.at)

    def leibniz(self, token: Token) -> Token:
        self.expect(r"\frac")
        sides = []
        for _ in range(2):
            self.expect("{")
            self.expect(r"\partial")
            if self.raw[self.i].kind != "word":
                raise ReadingError("expected a name after the partial sign", self.text, self.raw[self.i].at)
            sides.append(self.name().text)
            if self.transposed >= 0:
                raise ReadingError("a derivative is transposed as a whole", self.text, self.transposed)
            self.expect("}")
        return Token("partial", "", token.at, Partial(sides[0], sides[1], (), token.at))

    def held(self, inner: Token) -> Token:
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
        return Token("partial", "", inner.at, Partial(partial.of, partial.wrt, tuple(held), inner.at))


def _plain_word(latex: str) -> str:
    if match := re.fullmatch(r"\\(mathrm|hat|bar|tilde)\{\\?([A-Za-z0-9]+)\}", latex):
        return match[2] if match[1] == "mathrm" else match[2] + match[1]
    return latex.removeprefix("\\") if latex[1:] in GREEK else latex
