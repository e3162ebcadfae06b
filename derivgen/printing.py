"""Tree in, text out: LaTeX and plain maths in the textbook look, with slots where a line takes numbers.

Two numbers never stand side by side without a dot, a negative number in a product or after a sign stands in
brackets, symbolic lines have no ``1\\cdot``, no ``+ -`` and no ``x^{1}``.

>>> from derivgen.reading import Scope, read
>>> scope = Scope.of(["a_1", "x", "w_1"])
>>> line = read("-x*w_1*(1 - a_1)^2/2", scope)
>>> latex(line, scope), plain(line, scope)
('-\\\\frac{x \\\\cdot w_1 \\\\cdot (1 - a_1)^{2}}{2}', '-x*w_1*(1 - a_1)^2/2')
>>> form = printed(line, scope, "latex", numeric=True)
>>> form.fill({Name("x"): "-3", Name("w_1"): "0.5", Name("a_1"): "1"})
'-\\\\frac{(-3) \\\\cdot 0.5 \\\\cdot (1 - 1)^{2}}{2}'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from derivgen.expression import Apply, Name, Number, Partial, Tree, substitute, walk
from derivgen.lexing import BEGIN, END
from derivgen.notation import latex_name, parts
from derivgen.operations import INDICATORS, OPERATIONS
from derivgen.reading import Scope, read_row

SLOT = "\x1a"
BREAK = "\x1b"  # where a long line may go on in the next row
WIDEST = 72  # what fits on a row, in characters as seen
WIDEST_FRACTION = 110  # in characters of plain maths, a quantity's name counted as a number
_NUMBER_WIDTH = 7
SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4
_QUOTIENTS = ("divide", "reciprocal")
_WORD = r"\mathrm{"  # two upright words, or a word and a letter, would run into one
_TALL = (r"\frac", r"\left", r"\begin")  # what brackets must grow around
COMPARISON = {">": ">", "<": "<", "<=": r"\le", ">=": r"\ge"}


@dataclass(frozen=True)
class Form:
    """A printed line: its text in pieces, and between them the slots for numbers (what, in brackets if negative)."""

    pieces: tuple[str, ...]
    slots: tuple[tuple[Tree, bool], ...]

    def fill(self, numbers: Mapping[Tree, str]) -> str:
        """The text with these numbers; it may hold a ``BREAK`` where it goes on in the next row."""
        if not self.slots:
            return self.pieces[0]
        texts = [self.pieces[0]]
        for (quantity, bracketed), piece in zip(self.slots, self.pieces[1:], strict=True):
            number = numbers[quantity]
            texts.append(f"({number})" if bracketed and number[0] == "-" else number)
            texts.append(piece)
        return "".join(texts)

    @property
    def text(self) -> str:
        return self.pieces[0]


def printed(
    tree: Tree, scope: Scope, dialect: str, *, numeric: bool = False, keep: frozenset[str] = frozenset()
) -> Form:
    """The tree in a dialect (latex, markdown or plain); ``numeric`` puts a slot for every quantity not to ``keep``."""
    printer = _Printer(scope, dialect == "plain", numeric, _is_array(tree, scope), keep)
    text = _broken(printer.tree(tree, 0)) if dialect != "plain" else printer.tree(tree, 0)
    if dialect == "markdown":
        text = portable(text).rstrip()  # no space before a closing dollar
    return Form(tuple(text.split(SLOT)), tuple(printer.slots))


def latex(tree: Tree, scope: Scope) -> str:
    return printed(tree, scope, "latex").text.replace(BREAK, "")


def plain(tree: Tree, scope: Scope) -> str:
    return printed(tree, scope, "plain").text


def fits(tree: Tree, scope: Scope) -> bool:
    """Whether a formula in brackets, which no row may break, fits on a row beside what it is subtracted from."""
    return _width(latex(tree, scope)) <= WIDEST - 12


def symbol(function: str, scope: Scope, dialect: str) -> str:
    """A function's own symbol, without arguments."""
    if dialect == "plain":
        return function
    symbols = {operation: latex for latex, (operation, _) in scope.by_latex.items()}
    text = symbols.get(function, function) if function in OPERATIONS else symbols.get(function) or latex_name(function)
    return portable(text) if dialect == "markdown" else text


class _Printer:
    def __init__(
        self, scope: Scope, plain: bool, numeric: bool, arrays: bool, keep: frozenset[str] = frozenset()
    ) -> None:
        self.scope, self.plain, self.numeric, self.arrays, self.keep = scope, plain, numeric, arrays, keep
        self.symbols = {operation: latex for latex, (operation, _) in scope.by_latex.items()}
        self.functions = scope.functions
        self.slots: list[tuple[Tree, bool]] = []
        self.stacked = True
        self.opportunity = "" if plain else BREAK

    def slot(self, quantity: Tree, bracketed: bool) -> str:
        self.slots.append((quantity, bracketed))
        return SLOT

    def tree(self, tree: Tree, level: int) -> str:
        """The text of the tree where an operator of this precedence surrounds it (0: nothing does)."""
        if isinstance(tree, Name):
            if self.numeric and tree.name not in self.keep:
                return self.slot(tree, level > 0)
            return tree.name if self.plain else latex_name(tree.name)
        if isinstance(tree, Number):
            return self.number(tree, level)
        if isinstance(tree, Partial):
            return self.slot(tree, level > 0) if self.numeric else self.partial(tree, level)
        row = OPERATIONS.get(tree.operation)
        if row is not None and row.written_out:
            value = read_row(row.name, row.value)
            return self.tree(substitute(value, dict(zip(row.arguments, tree.args, strict=True))), level)
        form = _FORMS.get(tree.operation)
        if form is None:
            return self.call(tree)
        own, method = form
        if own >= level or (self.plain and tree.operation == "hadamard"):
            return str(method(self, tree))
        return self.brackets(str(method(self, tree)))

    def brackets(self, text: str) -> str:
        if not self.plain and any(command in text for command in _TALL):
            return rf"\left({text}\right)"
        return f"({text})"

    def unsigned(self, tree: Tree, level: int) -> str:
        """The text after a sign or a dot: in brackets if it would begin with a minus sign."""
        text = self.tree(tree, level)
        return self.brackets(text) if text.startswith("-") else text

    def number(self, number: Number, level: int) -> str:
        value = number.value
        if value < 0:
            text = "-" + self.number(Number(-value, number.text.lstrip("-")), PRODUCT)
            return self.brackets(text) if level > 0 else text
        if number.text:
            return number.text
        if value.denominator == 1:
            return str(value.numerator)
        if self.plain or not self.stacked:
            text = f"{value.numerator}/{value.denominator}"
            return self.brackets(text) if level > PRODUCT else text
        text = rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
        return self.brackets(text) if level >= ATOM else text

    def partial(self, partial: Partial, level: int) -> str:
        if self.plain:
            text = f"d{partial.of}/d{partial.wrt}"
            text += f"|{{{', '.join(partial.held)}}}" if partial.held else ""
        else:
            text = rf"\frac{{\partial {latex_name(partial.of)}}}{{\partial {latex_name(partial.wrt)}}}"
            if partial.held:
                text = rf"\left.{text}\right|_{{{', '.join(map(latex_name, partial.held))}}}"
        return self.brackets(text) if level >= ATOM else text

    def add(self, tree: Apply) -> str:
        text = self.tree(tree.args[0], 0 if _bare(tree.args[0]) else SUM)
        for term in tree.args[1:]:
            inner, sign = _unsigned(term)
            text += f"{self.opportunity} {sign} {self.unsigned(inner, PRODUCT)}"
        return text

    def subtract(self, tree: Apply) -> str:
        left, right = tree.args
        return f"{self.tree(left, 0 if _bare(left) else SUM)}{self.opportunity} - {self.unsigned(right, PRODUCT)}"

    def negate(self, tree: Apply) -> str:
        return f"-{self.unsigned(tree.args[0], PRODUCT)}"

    def multiply(self, tree: Apply) -> str:
        dotted = self.numeric or any(
            isinstance(f, Apply) and (f.operation == "multiply" or f.operation in INDICATORS) for f in tree.args
        )
        if len(tree.args) > 2:  # a row of brackets and functions is read factor by factor
            dotted = dotted or any(isinstance(f, Apply) and not _is_monomial(f) for f in tree.args)
        text, inline, before, after_word = "", not self.plain and not self.stacked, False, False
        slashed = False  # a / b c could be read in two ways
        for i, factor in enumerate(tree.args):
            operation = factor.operation if isinstance(factor, Apply) else ""
            level, array = PRODUCT, self.arrays and _is_array(factor, self.scope)
            if operation == "hadamard":
                level = POWER
            elif operation == "negate":  # -x y, but (-3) y and y (-x)
                level = POWER if i or inline or isinstance(_unsigned(factor)[0], Number) else SUM
            elif isinstance(factor, Number) or operation in _QUOTIENTS:  # x*(1/2), not x*1/2; in an exponent (1/2) x
                level = POWER if inline or (i and self.plain) else PRODUCT
            piece = self.unsigned(factor, level) if i else self.tree(factor, level)
            word = piece.startswith(_WORD) and not text.endswith(")")
            # 2 (-3) and ∂f/∂x (-3) look like calls.
            below_zero = i and piece.startswith("(-") and isinstance(tree.args[i - 1], (Number, Partial))
            word, after_word = word or after_word, piece.startswith(_WORD) and not piece.endswith(")")
            if not i:
                text = piece
            elif self.plain:
                text += f"*{piece}"
            elif (array or before) and not piece[0].isdigit() and piece[0] != SLOT:
                text += f" {piece}"  # arrays stand side by side
            elif (
                dotted or slashed or piece[0].isdigit() or piece[0] == "." or isinstance(factor, Partial) or word
                or below_zero
            ):  # fmt: skip
                text += rf"{self.opportunity} \cdot {piece}"
            else:
                text += f" {piece}"
            before, slashed = array, isinstance(factor, Apply) and operation == "divide" and self.is_wide(factor)
        return text

    def matrix(self, tree: Apply) -> str:
        opportunity, self.opportunity = self.opportunity, ""  # no row of the page ends inside
        rows = [[self.tree(entry, 0) for entry in row.args] for row in tree.args if isinstance(row, Apply)]
        self.opportunity = opportunity
        if self.plain:
            return f"[{'; '.join(', '.join(row) for row in rows)}]"
        inside = r" \\ ".join(" & ".join(row) for row in rows)
        return f"{BEGIN} {inside} {END}"

    def transpose(self, tree: Apply) -> str:
        (inner,) = tree.args
        if self.plain:
            return f"transpose({self.tree(inner, 0)})"
        if isinstance(inner, Name) and not self.numeric:
            return latex_name(inner.name, r"\top")
        return rf"{self.tree(inner, ATOM)}^{{\top}}"

    def hadamard(self, tree: Apply) -> str:
        if self.plain:
            return f"hadamard({', '.join(self.tree(argument, 0) for argument in tree.args)})"
        left, right = (self.tree(argument, POWER) for argument in tree.args)
        return rf"{left} \odot {right}"

    def divide(self, tree: Apply) -> str:
        above, below = tree.args
        if self.plain or not self.stacked:
            return f"{self.tree(above, PRODUCT)}/{self.tree(below, POWER)}"
        if self.is_wide(tree):  # no row could end inside the fraction
            return f"{self.tree(above, PRODUCT)}{self.opportunity} / {self.tree(below, POWER)}"
        return rf"\frac{{{self.tree(above, 0)}}}{{{self.tree(below, 0)}}}"

    def is_wide(self, quotient: Apply) -> bool:
        return max(map(self.room, quotient.args)) > WIDEST_FRACTION

    def room(self, tree: Tree) -> int:
        """About how wide a side of a fraction is once numbers stand in it, the same with and without them."""
        return len(plain(tree, self.scope)) + 4 * sum(isinstance(part, Name) for part in walk(tree))

    def reciprocal(self, tree: Apply) -> str:
        if self.plain or not self.stacked:
            return f"1/{self.tree(tree.args[0], POWER)}"
        return rf"\frac{{1}}{{{self.tree(tree.args[0], 0)}}}"

    def power(self, tree: Apply) -> str:
        base, exponent = tree.args
        text = self.tree(base, ATOM)
        raised = self.tree(exponent, 0)
        if isinstance(base, Name) and not self.numeric and ("^" in text or self.is_name(base.name, raised)):
            text = self.brackets(text)
        if self.plain:
            return f"{text}^{raised if raised.isalnum() else f'({raised})'}"
        return f"{text}^{{{raised}}}"

    def is_name(self, base: str, raised: str) -> bool:
        """Whether the power would look like a quantity that is called so: x^2."""
        return (*parts(base)[:2], raised) in self.scope.by_parts

    def exp(self, tree: Apply) -> str:
        if not self.scope.has_euler:  # e^x would be a power of a quantity
            return self.call(tree)
        stacked, self.stacked = self.stacked, False  # in an exponent q/2, not a fraction of two sizes
        inner = self.tree(tree.args[0], 0)
        self.stacked = stacked
        return f"e^({inner})" if self.plain else f"e^{{{inner}}}"

    def abs(self, tree: Apply) -> str:
        inner = self.tree(tree.args[0], 0)
        return f"abs({inner})" if self.plain else rf"\lvert {inner} \rvert"

    def floor(self, tree: Apply) -> str:
        opportunity, self.opportunity = self.opportunity, ""  # no row of the page ends inside
        inner = self.tree(tree.args[0], 0)
        self.opportunity = opportunity
        if self.plain:
            return f"floor({inner})"
        return rf"\left\lfloor {inner} \right\rfloor" if r"\frac" in inner else rf"\lfloor {inner} \rfloor"

    def indicator(self, tree: Apply) -> str:
        left, right = (self.tree(argument, 0) for argument in tree.args)
        sign = INDICATORS[tree.operation]
        if self.plain:
            return f"1[{left} {sign} {right}]"
        return rf"\mathbf{{1}}{_grown('[', f'{left} {COMPARISON[sign]} {right}', ']')}"

    def call(self, tree: Apply) -> str:
        name, args = tree.operation, ", ".join(self.tree(argument, 0) for argument in tree.args)
        if self.plain:
            spellings = OPERATIONS[name].spellings if name in OPERATIONS else ()
            name = next((s for s in spellings if self.functions.get(s, ("",))[0] == name), name)
            mark = "" if not tree.slot else "'" if len(tree.args) == 1 else f"'{tree.slot}"
            return f"{name}{mark}({args})"
        symbol, arguments = self.symbols.get(name) or latex_name(name), _grown("(", args, ")")
        if not tree.slot:
            return symbol + arguments
        return f"{symbol}'{arguments}" if len(tree.args) == 1 else rf"\partial_{{{tree.slot}}} {symbol}{arguments}"


_FORMS = {
    "add": (SUM, _Printer.add),
    "subtract": (SUM, _Printer.subtract),
    "negate": (SUM, _Printer.negate),
    "multiply": (PRODUCT, _Printer.multiply),
    "divide": (PRODUCT, _Printer.divide),
    "reciprocal": (PRODUCT, _Printer.reciprocal),
    "power": (POWER, _Printer.power),
    "exp": (POWER, _Printer.exp),
    "abs": (ATOM, _Printer.abs),
    "floor": (ATOM, _Printer.floor),
    "matrix": (ATOM, _Printer.matrix),
    "transpose": (ATOM, _Printer.transpose),
    "hadamard": (PRODUCT, _Printer.hadamard),
} | dict.fromkeys(INDICATORS, (ATOM, _Printer.indicator))


def _is_monomial(tree: Apply) -> bool:
    """Whether a factor is a power of one quantity: 2 x² w needs no dots."""
    return tree.operation == "power" and isinstance(tree.args[0], Name)


def _is_array(tree: Tree, scope: Scope) -> bool:
    """Whether a matrix or a vector stands in the tree."""
    return any(
        part.operation == "matrix" if isinstance(part, Apply) else
        part.name in scope.arrays if isinstance(part, Name) else
        part.wrt in scope.arrays if isinstance(part, Partial) else False
        for part in walk(tree)
    )  # fmt: skip


def _grown(left: str, inside: str, right: str) -> str:
    """The brackets of a call, tall around a matrix."""
    return rf"\left{left}{inside}\right{right}" if BEGIN in inside else f"{left}{inside}{right}"


def _bare(tree: Tree) -> bool:
    """Whether a first term may start with its minus sign."""
    return isinstance(tree, (Name, Number, Partial)) or (isinstance(tree, Apply) and tree.operation == "negate")


def _unsigned(term: Tree) -> tuple[Tree, str]:
    if isinstance(term, Apply) and term.operation == "negate":
        return term.args[0], "-"
    if isinstance(term, Number) and term.value < 0:
        return Number(-term.value, term.text.lstrip("-")), "-"
    return term, "+"


@lru_cache(maxsize=4096)  # LaTeX and Markdown break alike
def _broken(text: str) -> str:
    """The text with those break opportunities kept that a long line needs, none inside a fraction or an exponent.

    Sums break before products do: a row is filled with whole terms where they fit. What is too wide between two
    breaks is broken inside its brackets, which then have a fixed size: no row may end between \\left and \\right.
    """
    if len(text) + (_NUMBER_WIDTH - 1) * text.count(SLOT) <= WIDEST:  # nothing looks wider than it is written
        return text.replace(BREAK, "")
    places = _opportunities(text)
    chunks = [text[start:end] for start, end in _chunks(text, places, 0, len(text), 0)]
    chunks = [chunk.replace(BREAK, "") for chunk in chunks]
    if sum(map(_width, chunks)) <= WIDEST:
        return "".join(chunks)
    terms: list[list[str]] = []
    for chunk in chunks:
        if chunk.startswith((r" \cdot", " /")) and terms:
            terms[-1].append(chunk)
        else:
            terms.append([chunk])
    rows = [""]
    for term in terms:
        whole = sum(map(_width, term))
        if rows[-1] and _width(rows[-1]) + whole > WIDEST:
            rows.append("")
        for chunk in term:
            if rows[-1] and _width(rows[-1]) + _width(chunk) > WIDEST:
                rows.append("")
            rows[-1] += chunk
    return _fixed(BREAK.join(rows))


def _opportunities(text: str) -> list[tuple[int, int]]:
    """Each place where a row may end, and how many brackets it stands in."""
    found, depth, groups = [], 0, 0
    for match in _NESTING.finditer(text):
        character = match[0]
        if character == BREAK:
            found += [(match.start(), depth)] if not groups else []
        elif character in "{}":
            groups += 1 if character == "{" else -1
        else:
            depth += 1 if character in "([" else -1
    return found


_NESTING = re.compile(rf"[{{}}()\[\]{BREAK}]")


def _chunks(
    text: str, places: list[tuple[int, int]], start: int, end: int, depth: int
) -> Iterator[tuple[int, int]]:
    """The pieces of a text between its breaks of this depth; one that is wider than a row goes by deeper ones."""
    inside = [(place, level) for place, level in places if start < place < end]
    if depth and _width(text[start:end].replace(BREAK, "")) <= WIDEST:
        inside = []
    if not inside:
        yield start, end
        return
    cuts = [start, *(place for place, level in inside if level <= depth), end]
    for first, last in pairwise(cuts):
        yield from _chunks(text, places, first, last, depth + 1)


def _fixed(text: str) -> str:
    """The text with brackets of a fixed size for those of \\left and \\right that a row ends between."""
    opened: list[re.Match[str]] = []
    for match in re.finditer(r"\\(left|right)(?=[(\[)\]])", text):
        if match[1] == "left":
            opened.append(match)
            continue
        first = opened.pop()
        if BREAK in text[first.end() : match.start()]:
            text = text[: match.start()] + r"\biggr" + text[match.end() :]
            text = text[: first.start()] + r"\biggl" + text[first.end() :]
            return _fixed(text)
    return text


def _width(latex: str) -> int:
    """About how many characters wide a formula looks: commands count one, a number's slot seven."""
    latex = _MATRIX.sub(lambda match: "x" * _matrix_width(match[1]), latex)
    seen = re.sub(r"\\(?:left|right|mathrm|mathbf|frac)(?![A-Za-z])|[{}_^]", "", latex)
    return len(re.sub(r"\\[A-Za-z]+ ?", "x", seen)) + (_NUMBER_WIDTH - 1) * latex.count(SLOT)


_MATRIX = re.compile(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}")


def _matrix_width(inside: str) -> int:
    """A matrix is as wide as its columns' widest entries, and its brackets."""
    rows = [[_width(entry.strip()) for entry in row.split("&")] for row in inside.split(r"\\")]
    return sum(max(row[i] for row in rows) + 1 for i in range(len(rows[0]))) + 2


def exact_decimal(value: Fraction) -> str | None:
    """The finite decimal of a fraction, or None: 3/8 → 0.375, 1/3 → None."""
    rest, places = value.denominator, 0
    twos = fives = 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    scaled = value.numerator * 10**places // value.denominator
    sign, digits = ("-" if scaled < 0 else ""), str(abs(scaled)).rjust(places + 1, "0")
    return sign + (digits if not places else f"{digits[:-places]}.{digits[-places:]}")


# What Markdown renderers would read as emphasis, a table or an escape, token by token; `\text` is never emitted.
_PORTABLE = {
    "_": " _ ", "*": r"\ast ", "<": " < ", ">": " > ", "|": r"\vert ", r"\{": r"\lbrace ", r"\}": r"\rbrace ",
    r"\\": r"\cr ", r"\,": r"\thinspace ", "[": r"\lbrack ", "]": r"\rbrack ", "~": r"\ ",
}  # fmt: skip
_LATEX_PIECE = re.compile(r"\\[A-Za-z]+|\\.|[_*<>|\[\]~]")


@lru_cache(maxsize=8192)
def portable(latex: str) -> str:
    """The same formula in the form that every Markdown reader passes on unchanged."""
    text = _LATEX_PIECE.sub(lambda match: _PORTABLE.get(match[0], match[0]), latex)
    return re.sub(r" +", " ", text)
