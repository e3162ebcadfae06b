r"""The mathematics of a Markdown file: its pieces with exact offsets; code, comments and tables are told apart.

markdown-it says what is code, a table or a list, its dollar-math plugin what is a formula. Neither says where in the
file a formula stands: rules wrapped around theirs write it down.

>>> [(piece.source, piece.at) for piece in pieces("A `$y$` and $x$:\n\n> $$ a\n> = b $$\n\n\\(w\\)\n")]
[('x', 13), (' a\n  = b ', 22), ('w', 37)]
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from derivgen.checking.finding.in_tex import MATH, Piece, states
from derivgen.operations import SPELLINGS

_ENVIRONMENT = re.compile(r"\\begin\{([A-Za-z]{1,30}\*?)\}")
LONGEST = 8_000  # characters of a formula inside a paragraph
_BLOCKS = ("math_block", "bracket_block", "tex_block")
_INLINES = {"math_inline": 1, "math_inline_double": 2, "bracket_inline": 2}
# The longest first: Markdown makes of \\( what MathJax reads as \(.
_BRACKETS = {r"\\(": r"\\)", r"\\[": r"\\]", r"\(": r"\)", r"\[": r"\]", "$`": "`$"}
_DISPLAYED = re.compile(r"\s*\$\$(?P<inside>[^$]+)\$\$\s*")
_VERBATIM = re.compile(r"<(?P<end>/?)(?:code|pre|kbd|samp|script|style|textarea)\b", re.IGNORECASE)
_RAW_HTML = re.compile(r"<(?:script|pre|style|textarea|!|\?)", re.IGNORECASE)


def pieces(text: str) -> list[Piece]:
    """Every formula of a text, in order."""
    return scan(text)[0]


def scan(text: str) -> tuple[list[Piece], list[tuple[int, int]]]:
    """Every formula, and the stretches that are code."""
    text = text.replace("\r\n", " \n").replace("\r", "\n").replace("\0", "\ufffd")  # as markdown-it does, in place
    lines = _Lines(text)
    found: list[Piece] = []
    hidden: list[tuple[int, int]] = []
    table = 0
    for token in _reader().parse(text):
        table += {"table_open": 1, "table_close": -1}.get(token.type, 0)
        if token.type in _BLOCKS:
            found.append(_block(lines, token))
        elif token.type == "fence" and token.info.strip(" {}") == "math":
            found.append(_fence(lines, token))
        elif token.type in ("fence", "code_block", "html_block") and token.map:
            found += _code(lines, token, hidden)
        elif token.type == "inline" and token.map:
            found += _inlines(lines, token, "table" if table else "", hidden)
    return sorted(found, key=lambda piece: piece.start), hidden


class _Lines:
    """The lines of a text by their numbers from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text) + 1]

    def start(self, number: int) -> int:
        return min(self.starts[min(number, len(self.starts) - 1)], len(self.text))

    def line(self, number: int) -> str:
        return self.text[self.start(number) : max(self.start(number), self.start(number + 1))].rstrip("\n")

    def source(self, start: int, end: int, columns: dict[int, int]) -> str:
        """A stretch of the text, with blanks for what stands before the content of a line: a quotation's >."""
        piece = list(self.text[start:end])
        for begin, column in columns.items():
            for at in range(max(start, begin), min(begin + column, end)):
                piece[at - start] = " "
        return "".join(piece)


def _block(lines: _Lines, token: Token) -> Piece:
    """A display of its own; its rule has noted its place."""
    start, end, inner, closing, columns = (token.meta[key] for key in ("start", "end", "inner", "closing", "columns"))
    return Piece(lines.source(inner, closing, columns), inner, start, end, "", True)


def _fence(lines: _Lines, token: Token) -> Piece:
    """The inside of a fence ```math."""
    assert token.map is not None
    first, last = token.map
    count = token.content.count("\n")
    columns = {}
    for number, content in enumerate(token.content.split("\n")[:count], first + 1):
        columns[lines.start(number)] = max(0, lines.line(number).rfind(content))
    start, end = lines.start(first + 1), lines.start(first + 1 + count)
    return Piece(lines.source(start, end, columns), start, lines.start(first), lines.start(last), "", True)


def _states(code: str) -> bool:
    """Whether code shows an equation, between dollars or without."""
    return any(states(line) or ("=" in line and line.count("$") > 1) for line in code.split("\n"))


def _code(lines: _Lines, token: Token, hidden: list[tuple[int, int]]) -> list[Piece]:
    """What is code, or a comment: hidden; an equation in code is told as one that is not read.

    A display that is only indented too far is one all the same.
    """
    assert token.map is not None
    start, end = lines.start(token.map[0]), lines.start(token.map[1])
    source = lines.text[start:end]
    if token.type == "code_block" and (display := _DISPLAYED.fullmatch(source)):
        first, last = (start + offset for offset in display.span("inside"))
        return [Piece(lines.text[first:last], first, first - 2, last + 2, "", True)]
    hidden.append((start, end))
    comment = source.lstrip(" >").startswith("<!")
    return [Piece(source, start, start, end, "code", True)] if _states(source) and not comment else []


def _inlines(lines: _Lines, token: Token, skip: str, hidden: list[tuple[int, int]]) -> list[Piece]:
    """The formulas inside a paragraph, a heading or a cell."""
    if all(child.type not in (*_INLINES, "code_inline") for child in token.children or ()):
        return []
    assert token.map is not None
    offsets, columns = _laid(lines, token)
    found = []
    verbatim = False
    for child in token.children or ():
        if child.type == "html_inline" and (tag := _VERBATIM.match(child.content)):
            verbatim = not tag["end"]
        if child.type not in (*_INLINES, "code_inline") or "from" not in child.meta:
            continue
        start, end = child.meta["from"], child.meta["to"]
        begun, ended = offsets(start), offsets(end - 1) + 1
        if child.type == "code_inline":
            hidden.append((begun, ended))
            if _states(child.content):
                found.append(Piece(lines.text[begun:ended], begun, begun, ended, "code"))
            continue
        width = child.meta.get("width", _INLINES[child.type])
        inner, closing = offsets(start + width), offsets(end - 1) + 1 - width
        display = child.type == "math_inline_double" or child.markup.endswith(("[", "}"))
        reason = "code" if verbatim else skip
        found.append(Piece(lines.source(inner, closing, columns), inner, begun, ended, reason, display))
    return found


def _laid(lines: _Lines, token: Token) -> tuple[Callable[[int], int], dict[int, int]]:
    """From an offset in a block's content to the file's, and in which column each line's content begins."""
    assert token.map is not None
    begins, places, at = [], [], 0
    columns: dict[int, int] = {}
    number = token.map[0]
    for content in token.content.split("\n"):
        while number < token.map[1] - 1 and content.strip() not in lines.line(number):
            number += 1
        column = max(0, lines.line(number).find(content.strip()))
        column -= len(content) - len(content.lstrip())
        begins.append(at)
        places.append(lines.start(number) + column)
        columns[lines.start(number)] = max(0, column)
        at += len(content) + 1
        number += 1
    columns.pop(lines.start(token.map[0]))  # what stands before the first line is no part of any formula

    def offset(place: int) -> int:
        row = max(i for i, begin in enumerate(begins) if begin <= place)
        return places[row] + place - begins[row]

    return offset, columns


# --- rules ------------------------------------------------------------------------------------------------------


def _reader() -> MarkdownIt:
    """CommonMark with tables and mathematics, each formula's token with its place."""
    reader = MarkdownIt("commonmark").enable(["table"])
    reader.use(dollarmath_plugin, allow_labels=False, double_inline=True, allow_blank_lines=False)
    reader.inline.ruler.before("math_inline", "bracket_inline", _brackets)
    ends_paragraph = ["paragraph", "reference", "blockquote", "list"]
    reader.block.ruler.before("fence", "bracket_block", _bracket_block, {"alt": ends_paragraph})
    for inline in reader.inline.ruler.__rules__:
        if inline.name in ("math_inline", "backticks"):
            inline.fn = _located(inline.fn)
    for block in reader.block.ruler.__rules__:
        if block.name == "math_block":
            block.fn, block.alt = _located_block(block.fn), ends_paragraph
        if block.name == "html_block":
            block.fn = _only_verbatim(block.fn)
    return reader


def _located(rule: Callable[[StateInline, bool], bool]) -> Any:
    """The rule, and its token's place in the content; what only looks like a formula is left alone: $5 and $6."""

    def located(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        pending = state.pending
        done = rule(state, silent)
        if done and state.src[start] == "$" and not _is_formula(state.src, start, state.pos):
            state.pos, state.pending = start, pending
            del state.tokens[count:]
            return False
        if done and not silent and len(state.tokens) > count:
            state.tokens[-1].meta.update({"from": start, "to": state.pos})
        return done

    return located


_NO_WORDS = re.compile(r"\\(?:text|mathrm|operatorname)\w*\*?\s*\{[^{}]*\}|_\{[^{}]*\}|\\[A-Za-z]+")
_PROSE = re.compile(r"[A-Za-z]{3,}")


def _is_formula(text: str, start: int, end: int) -> bool:
    """Whether dollars enclose a formula; with a blank at one end, or a digit beside them, it must look like one."""
    inside = text[start:end].strip("$")
    beside = text[max(0, start - 1) : start] + text[end : end + 1]
    if inside[:1].isspace() == inside[-1:].isspace() and not any(sign.isdigit() for sign in beside):
        return True
    said = [word for word in _PROSE.findall(_NO_WORDS.sub(" ", inside)) if word.lower() not in SPELLINGS]
    return not said and re.search(r"\\[A-Za-z]|[=_^]", inside) is not None


def _only_verbatim(rule: Callable[[StateBlock, int, int, bool], bool]) -> Any:
    """The rule for HTML where it hides something: in <p> and <div> formulas are formulas, as a browser shows them."""

    def verbatim(state: StateBlock, first: int, last: int, silent: bool) -> bool:
        begin = state.bMarks[first] + state.tShift[first]
        return _RAW_HTML.match(state.src, begin) is not None and rule(state, first, last, silent)

    return verbatim


def _located_block(rule: Callable[[StateBlock, int, int, bool], bool]) -> Any:
    """The rule, and its token's place in the file; where it is only tried, to end a paragraph, it leaves nothing."""

    def located(state: StateBlock, first: int, last: int, silent: bool) -> bool:
        count, line = len(state.tokens), state.line
        done = rule(state, first, last, silent)
        if silent:
            del state.tokens[count:]
            state.line = line
        elif done and len(state.tokens) > count:
            start = state.bMarks[first] + state.tShift[first]
            end = state.src.rindex("$$", start + 2, state.eMarks[state.line - 1]) + 2
            if "$$" in state.src[start + 2 : end - 2]:  # two displays in one line: a paragraph
                del state.tokens[count:]
                state.line = line
                return False
            _note(state.tokens[-1], state, start, end, first, (start + 2, end - 2))
        return done

    return located


def _note(token: Token, state: StateBlock, start: int, end: int, first: int, inner: tuple[int, int]) -> None:
    """Write down where a display stands, and in which column its lines begin inside a quotation or a list."""
    columns = {}
    for number in range(first + 1, state.line):
        line = state.src.rfind("\n", 0, state.bMarks[number]) + 1
        columns[line] = state.bMarks[number] - line
    token.meta.update({"start": start, "end": end, "inner": inner[0], "closing": inner[1], "columns": columns})


def _brackets(state: StateInline, silent: bool) -> bool:
    r"""\(…\), \[…\], $`…`$ and \begin{equation}…\end{equation} inside a paragraph."""
    at = state.pos
    environment = _ENVIRONMENT.match(state.src, at)
    if environment and environment[1].rstrip("*") in MATH:
        opener, closer, width = environment[0], rf"\end{{{environment[1]}}}", 0
    else:
        opener = next((sign for sign in _BRACKETS if state.src.startswith(sign, at)), "")
        closer, width = _BRACKETS.get(opener, ""), len(opener)
    if not opener:
        return False
    end = state.src.find(closer, at + len(opener), at + LONGEST)
    if end < 0 or state.src.find(opener, at + len(opener), end) >= 0:
        return False
    if not silent:
        token = state.push("bracket_inline", "math", 0)
        token.content, token.markup = state.src[at + width : end], opener
        token.meta.update({"from": at, "to": end + len(closer), "width": width})
    state.pos = end + len(closer)
    return True


def _bracket_block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    r"""\[…\] and \begin{align}…\end{align} that begin a line: their lines are no list and no heading."""
    start = state.bMarks[first] + state.tShift[first]
    if state.is_code_block(first):
        return False
    environment = _ENVIRONMENT.match(state.src, start, state.eMarks[first])
    if environment and environment[1].rstrip("*") in MATH:
        closing = rf"\end{{{environment[1]}}}"
    elif state.src.startswith(r"\[", start):
        closing = r"\]"
    else:
        return False
    for number in range(first, last):
        if state.isEmpty(number):
            return False
        at = state.src.find(closing, start + 2 if number == first else state.bMarks[number], state.eMarks[number])
        if at < 0:
            continue
        if state.src[at + len(closing) : state.eMarks[number]].strip(" .,;"):
            return False  # the sentence goes on: a paragraph
        if silent:
            return True
        state.line = number + 1
        token = state.push("tex_block" if environment else "bracket_block", "math", 0)
        token.map = [first, state.line]
        inner = (start, at + len(closing)) if environment else (start + 2, at)
        _note(token, state, start, at + len(closing), first, inner)
        return True
    return False
