r"""The mathematics of a .tex file: its pieces with exact offsets; comments, code and the preamble are passed over.

pylatexenc cuts the text into tokens; its parser of nodes is not used, since it recurses as deep as the text is nested,
and takes a character at a time. Between two signs that matter nothing is looked at, so a long file costs little.

>>> [(piece.source, piece.at) for piece in pieces(r"a $x$ % $y$" "\n" r"\verb|$z$| \(w\)")]
[('x', 3), ('w', 25)]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pylatexenc.latexwalker import LatexWalker, LatexWalkerEndOfStream

from derivgen.checking.reading.scanning import relates

MATH = frozenset((
    "equation", "align", "gather", "multline", "eqnarray", "alignat", "flalign", "displaymath", "math", "dmath",
    "aligned", "alignedat", "gathered", "split", "array", "cases", "empheq", "IEEEeqnarray",
))  # fmt: skip
CODE = frozenset(
    {"verbatim", "Verbatim", "lstlisting", "minted", "comment", "filecontents", "algorithmic", "algorithm"}
)
ASIDE = {"tikzpicture": "drawing", "picture": "drawing", "tabular": "table", "tabularx": "table", "longtable": "table"}
MEASURES = ("settowidth", "settoheight", "settodepth")  # of what is not printed there
_GROUPS = re.compile(r"\s*\{[^{}]{0,80}\}\s*\{")
OPENERS = {r"\(": r"\)", r"\[": r"\]", "$": "$", "$$": "$$"}
MOST_INSIDE = 8  # formulas inside a formula's words
_SIGNS = {
    opener: re.compile(rf"{re.escape(closer)}|\\.|%[^\n]*|[{{}}]|\n[ \t]*\n", re.DOTALL)
    for opener, closer in OPENERS.items()
}
_MATHEMATICAL = re.compile(
    r"\\(?:[dt]?frac|partial|nabla|sigma|delta)(?![A-Za-z])|[∂∇]|(?<![\w\\])d[A-Za-z]\w*/d[A-Za-z]"
)
_SIGN = re.compile(r"[\\$%{}]")
_ENVIRONMENT = re.compile(r"\s*\{([A-Za-z]{1,30}\*?)\}")
_VERB = re.compile(r"(\*?)([^\sA-Za-z*])(?P<code>[^\n]*?)\2")


@dataclass
class Piece:
    """A formula as found: its text, where it begins, its whole extent with the delimiters, why it is left out."""

    source: str
    at: int
    start: int
    end: int
    skip: str = ""
    display: bool = False


@dataclass
class _Scan:
    text: str
    at: int = 0
    asides: list[tuple[str, str]] = field(default_factory=list)  # the environments that are open: name, why left out
    found: list[Piece] = field(default_factory=list)
    hidden: list[tuple[int, int]] = field(default_factory=list)


def states(line: str) -> bool:
    """Whether a line looks like an equation, of derivatives or in LaTeX, wherever it stands.

    >>> states(r"so \\frac{a}{b} = c holds"), states("dL/dw = x"), states("width=3cm, x = 2")
    (True, True, False)
    """
    return _MATHEMATICAL.search(line) is not None and relates(line)


def pieces(text: str) -> list[Piece]:
    """Every formula of a text, in order."""
    return scan(text)[0]


def scan(text: str) -> tuple[list[Piece], list[tuple[int, int]]]:
    """Every formula, and the stretches that nobody reads: comments, code, the preamble."""
    text = text.replace("\r\n", " \n").replace("\r", "\n")
    state = _Scan(text)
    body = re.search(r"^[^%\n]*\\begin\s*\{document\}", text, re.MULTILINE)
    if body:
        state.at = body.end()
        state.hidden.append((0, body.end()))
    walker = LatexWalker(text, tolerant_parsing=True)
    while (sign := _SIGN.search(text, state.at)) is not None:
        state.at = sign.start()
        try:
            token = walker.get_token(state.at, environments=False)
        except LatexWalkerEndOfStream:
            break
        if token.tok == "comment":
            state.hidden.append((token.pos, token.pos + token.len))
            state.at = token.pos + token.len
        elif token.tok in ("mathmode_inline", "mathmode_display"):
            _formula(state, str(token.arg), token.pos + token.len)
        elif token.tok == "macro":
            if _macro(state, str(token.arg), token.pos) == "end":
                break
        else:
            state.at = token.pos + max(1, token.len)
    return state.found, state.hidden


def _macro(state: _Scan, name: str, at: int) -> str:
    """Go on behind a command; an environment is opened, closed, or taken whole."""
    after = at + 1 + len(name)
    state.at = after
    if name == "verb" and (match := _VERB.match(state.text, after)):
        state.at = match.end()
        state.hidden.append((at, match.end()))
    if name in MEASURES and (match := _GROUPS.match(state.text, after)):
        state.at = _closing(state.text, match.end())
        state.hidden.append((at, state.at))
    if name == "ensuremath" and state.text.startswith("{", after):
        end = _closing(state.text, after + 1)
        state.found.append(Piece(state.text[after + 1 : end - 1], after + 1, at, end, _aside(state)))
        state.at = end
    if name not in ("begin", "end") or not (match := _ENVIRONMENT.match(state.text, after)):
        return ""
    environment, state.at = match[1], match.end()
    plain = environment.rstrip("*")
    if name == "end":
        if environment == "document":
            state.hidden.append((state.at, len(state.text)))
            return "end"
        if state.asides and state.asides[-1][0] == plain:
            state.asides.pop()
    elif plain in MATH or plain in CODE:
        _whole(state, environment, at)
    elif plain in ASIDE:
        state.asides.append((plain, ASIDE[plain]))
    return ""


def _closing(text: str, at: int) -> int:
    """Behind the brace that closes the group which begins here, or where the line ends."""
    depth = 1
    for match in re.compile(r"\\.|[{}\n]").finditer(text, at):
        depth += (match[0] == "{") - (match[0] == "}")
        if not depth or match[0] == "\n":
            return match.end()
    return len(text)


def _whole(state: _Scan, environment: str, at: int) -> None:
    r"""An environment of mathematics, or of code, up to its \end; one that is never closed ends with its paragraph."""
    closing = rf"\end{{{environment}}}"
    found = state.text.find(closing, state.at)
    end = found + len(closing) if found >= 0 else _paragraph_end(state.text, state.at)
    if environment.rstrip("*") in CODE:
        state.hidden.append((at, end))
    else:
        state.found.append(Piece(state.text[at:end], at, at, end, _aside(state), True))
    state.at = end


def _formula(state: _Scan, opener: str, start: int) -> None:
    """The formula up to the delimiter that closes it, at the same depth of braces, in the same paragraph."""
    begun = start - len(opener)
    if opener not in OPENERS:  # a \) that closes nothing
        state.at = start
        return
    inner = _inside(state.text, opener, start)
    if inner is None:
        state.at = start
        return
    end = inner + len(OPENERS[opener])
    display = opener in ("$$", r"\[")
    state.found.append(Piece(state.text[start:inner], start, begun, end, _aside(state), display))
    state.at = end


def _inside(text: str, opener: str, start: int) -> int | None:
    """Where the closing delimiter stands; None if there is none at this depth before the paragraph ends.

    A second opener, or many closers inside braces, mean that this one is never closed: no text is gone over again
    and again.
    """
    closer = OPENERS[opener]
    at, depth, inner = start, 0, 0
    while (match := _SIGNS[opener].search(text, at)) is not None:
        sign, at = match[0], match.end()
        if sign == closer and depth == 0:
            return match.start()
        inner += sign in (opener, closer)
        if sign[0] == "\n" or inner > MOST_INSIDE or (sign == opener != closer and depth == 0):
            return None
        depth = max(0, depth + (sign == "{") - (sign == "}"))
    return None


def _aside(state: _Scan) -> str:
    return state.asides[-1][1] if state.asides else ""


def _paragraph_end(text: str, at: int) -> int:
    found = re.compile(r"\n[ \t]*\n").search(text, at)
    return found.start() if found else len(text)
