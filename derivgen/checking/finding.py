r"""The text of a file in, its mathematics out: fragments with exact offsets, and the markers of exercises and parts.

What is no statement of the work's own is a fragment too, with the reason why it is not read in ``skip``: the question
that a solution answers, a claim to be judged, a condition, a choice, a table, a drawing, pseudo-code,
a line with a blank in it.

>>> found, marks = fragments("## 1. A network\n\nTrue or false? $a = 2 b$\n\nHere $a = w x$.\n", "md")
>>> [(fragment.source, fragment.skip, fragment.exercise) for fragment in found], [mark.label for mark in marks]
([('a = 2 b', 'claim', 1), ('a = w x', '', 1)], ['1'])
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from derivgen.checking import conditions, in_markdown, in_tex
from derivgen.checking.in_tex import Piece
from derivgen.checking.markers import markers, place
from derivgen.checking.work import Fragment, Marker
from derivgen.errors import DerivgenError, suggest
from derivgen.notation import GREEK
from derivgen.operations import SPELLINGS

FORMS = ("tex", "md", "plain")
ENDINGS = {".tex": "tex", ".md": "md", ".markdown": "md"}
SKIPS = ("question", "claim", "choice", "table", "drawing", "program", "blank", "condition", "code", "undelimited")
LONGEST = 2**20  # characters of a file
LEAD = 200  # characters before a formula that may say how it is meant

_BLANK = re.compile(
    r"\\underline\s*\{\s*(?:\\(?:q?quad|hspace\*?\s*\{[^{}]*\}|phantom\s*\{[^{}]*\}|[ ,;!])\s*)*\}|_{3,}|(?:\\_){3,}"
)
_PROGRAM = re.compile(r"(?:^|\\\\|\\cr|\})\s*\*?\s*\d+\)\s*\\quad")
_CHOICE = re.compile(r"^[ \t]*(?:\\item\s*\[)?\([A-H]\)", re.MULTILINE)
_CLAIM = re.compile(r"\btrue\s+or\s+false\b", re.IGNORECASE)
_DECIDED = re.compile(r"^[ \t>*_]*(?:\\textbf\s*\{)?(?:true|false)\b(?!\s+or\b)", re.IGNORECASE | re.MULTILINE)
_SOLUTION = re.compile(
    r"^[ \t#>]*(?:\\begin\{(?:answer|solution|proof)\}"
    r"|(?:\*\*|__|\*|\\(?:textbf|textit|emph|paragraph\*?|(?:sub)*section\*?)\s*\{)?(?:Solution|Answer|Proof)\b\s*(?:[.:*}_]|$))",
    re.MULTILINE,
)
_GAP = re.compile(r"\n[ \t]*\n")
_ITEM_END = re.compile(r"\n[ \t]*\n|\\item\b|\\end\s*\{")


def form_of(name: str, text: str) -> str:
    """The form of a file: by its name's ending, else by what its text has in it.

    >>> form_of("work.tex", ""), form_of("-", "So $x = 1$."), form_of("-", "dL/dw = x")
    ('tex', 'md', 'plain')
    """
    for ending, form in ENDINGS.items():
        if name.lower().endswith(ending):
            return form
    if re.search(r"^[^%\n]*\\(?:documentclass|begin\s*\{document\}|section|item\b)", text, re.MULTILINE):
        return "tex"
    return "md" if re.search(r"\$|\\[(\[]|\\begin\s*\{|^```", text, re.MULTILINE) else "plain"


def fragments(text: str, form: str) -> tuple[list[Fragment], list[Marker]]:
    """Every piece of mathematics, and every marker, in the order of the text; ``form`` is tex, md or plain."""
    if form not in FORMS:
        raise DerivgenError(suggest(form, FORMS))
    if len(text) > LONGEST:
        raise DerivgenError(f"the work has more than {LONGEST:,} characters; check it in pieces")
    pieces, hidden = {"tex": in_tex.scan, "md": in_markdown.scan, "plain": _plain}[form](text)
    if form != "plain":
        pieces = _joined(text, pieces)
        pieces = sorted([*pieces, *_strays(text, pieces, hidden)], key=lambda piece: piece.start)
    inside = _inside([*hidden, *((piece.start, piece.end) for piece in pieces)])
    # A line of plain maths may begin with its label: only formulas with delimiters can hide one.
    marks = markers(text, form, _inside(hidden) if form == "plain" else inside)
    reasons = _Reasons(text, pieces, marks, inside)
    found = [Fragment(piece.source, piece.at, _dialect(piece, form), reasons.of(number), *place(marks, piece.start))
             for number, piece in enumerate(pieces)]  # fmt: skip
    return _in_sentences(text, form, pieces, found), marks


def _dialect(piece: Piece, form: str) -> str:
    return "latex" if form != "plain" or re.search(r"\\[A-Za-z]", piece.source) else "plain"


def _inside(stretches: Sequence[tuple[int, int]]) -> Callable[[int], bool]:
    """Whether an offset lies in one of the stretches."""
    ordered = sorted(stretches)
    starts = [start for start, _ in ordered]
    ends: list[int] = []
    for _, end in ordered:  # of nested stretches the farthest end counts
        ends.append(max(end, ends[-1] if ends else 0))

    def inside(at: int) -> bool:
        number = bisect_right(starts, at) - 1
        return number >= 0 and at < ends[number]

    return inside


# --- what the delimiters leave out ----------------------------------------------------------------------------------

_EQUALS = re.compile(r"[ \t]*(?:=|≈)[ \t]*")
_ASIDES = re.compile(rf"\\(?P<which>begin|end)\s*\{{(?:{'|'.join(in_tex.ASIDE)})\}}")


def _joined(text: str, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, those made one between which only a relation stands: $a$ = $b$."""
    found: list[Piece] = []
    for piece in pieces:
        before = found[-1] if found else None
        plain = before is not None and not (before.display or piece.display or before.skip or piece.skip)
        if before is not None and plain and _EQUALS.fullmatch(text, before.end, piece.start):
            between = text[before.at + len(before.source) : piece.at]
            between = "".join(sign if sign in "=≈" else " " for sign in between)
            found[-1] = Piece(before.source + between + piece.source, before.at, before.start, piece.end)
        else:
            found.append(piece)
    return found


def _strays(text: str, pieces: Sequence[Piece], hidden: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """Equations outside of every delimiter, or behind one that is never closed: a reader sees that they are there."""
    rest, done = [], 0
    for start, end in sorted((*hidden, *_asides(text), *((piece.start, piece.end) for piece in pieces))):
        rest += [text[done:start], re.sub(r"[^\n]", " ", text[max(start, done) : end])]
        done = max(done, end)
    for start, line in _lines("".join((*rest, text[done:]))):
        if in_tex.states(line):
            begin, end = start + len(line) - len(line.lstrip()), start + len(line.rstrip())
            yield Piece(text[begin:end], begin, begin, end, "undelimited")


def _asides(text: str) -> Iterator[tuple[int, int]]:
    """Drawings and tables, in which signs of all kinds stand outside of formulas."""
    depth = begin = 0
    for match in _ASIDES.finditer(text):
        begin = match.start() if not depth else begin
        depth = max(0, depth + (1 if match["which"] == "begin" else -1))
        if not depth:
            yield begin, match.end()


# --- conditions ---------------------------------------------------------------------------------------------------

_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n\s*\n")


def _in_sentences(text: str, form: str, pieces: Sequence[Piece], found: Sequence[Fragment]) -> list[Fragment]:
    """The fragments with their sentences and paragraphs, and what the words before them make of them.

    In plain text a condition and what it makes right may stand in one fragment: it is told by what it states.
    """
    placed: list[Fragment] = []
    earlier = ""
    sentence = paragraph = 0
    for number, (piece, fragment) in enumerate(zip(pieces, found, strict=True)):
        begin = 0
        if number:
            ended, parted = _ends(text, form, pieces[number - 1], piece)
            moved = (fragment.exercise, fragment.part) != (found[number - 1].exercise, found[number - 1].part)
            sentence, paragraph = sentence + (ended or moved), paragraph + (parted or moved)
            earlier, begin = "" if ended else earlier, pieces[number - 1].end
        end = piece.at if form == "plain" else piece.start
        earlier = conditions.meant(_clause(text, max(begin, end - LEAD), end), earlier, fragment.source)
        condition = earlier == "condition" and form != "plain" and not piece.display
        placed.append(replace(
            fragment, skip=fragment.skip or ("condition" if condition else ""), supposed=bool(earlier),
            sentence=sentence, paragraph=paragraph,
        ))  # fmt: skip
    behind = {fragment.sentence for fragment in placed if fragment.skip == "condition"}
    return [replace(fragment, conditional=fragment.sentence in behind) for fragment in placed]


def _clause(text: str, begin: int, end: int) -> str:
    """The words right before a formula, in its own sentence."""
    before = text[begin:end]
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    return before[ends[-1] :] if ends else before


def _ends(text: str, form: str, before: Piece, piece: Piece) -> tuple[bool, bool]:
    """Whether a sentence, and a paragraph, ends between two formulas; a display goes on with what leads into it."""
    if form == "plain":
        between = text[before.at + len(before.source) : piece.start]
        apart = _GAP.search(between) is not None
        return apart or re.search(r"[:,]\s*\Z", between) is None, apart
    between = text[before.end : piece.start]
    gap = _GAP.search(between)
    lead = between[: gap.start()].rstrip() if gap else between
    leads = piece.display and (lead.endswith((":", ",")) or lead[-1:].isalpha() or not (lead or before.display))
    full_stop = re.search(r"[.!?;](?=\s)", between + " ") or before.source.rstrip().endswith(".")
    goes_on = piece.display or between.strip()[:1].islower()
    return bool(full_stop) or (gap is not None and not leads), gap is not None and not goes_on


# --- what is not the work's own -----------------------------------------------------------------------------------


class _Reasons:
    """Why a formula is not read, by where it stands."""

    def __init__(
        self, text: str, pieces: Sequence[Piece], marks: Sequence[Marker], hidden: Callable[[int], bool]
    ) -> None:
        self.text, self.pieces, self.hidden = text, pieces, hidden
        self.starts = [piece.start for piece in pieces]
        self.named: dict[int, str] = {}
        self._choices()
        self._claims()
        self._questions(marks)

    def of(self, number: int) -> str:
        """The reason for a piece; empty for what is to be read."""
        piece = self.pieces[number]
        if piece.skip or number in self.named:
            return piece.skip or self.named[number]
        if _PROGRAM.search(piece.source):
            return "program"
        return "blank" if _BLANK.search(piece.source) else ""

    def _mark(self, start: int, end: int, reason: str, *, more: str = "") -> None:
        """Name the reason of all that begins in a stretch, and of a display that ``more`` says belongs to it."""
        first, last = bisect_right(self.starts, start - 1), bisect_right(self.starts, end - 1)
        for number in range(first, last):
            self.named.setdefault(number, reason)
        if last < len(self.pieces) and re.fullmatch(more or "(?!)", self.text[end : self.starts[last]]):
            self.named.setdefault(last, reason)

    def _choices(self) -> None:
        """(A) … and the display that it leads into; in a solution such a paragraph says what is wrong with a choice."""
        found = [match for match in _CHOICE.finditer(self.text) if not self.hidden(match.start())]
        stops = [*(match.start() for match in found[1:]), len(self.text)]
        for match, stop in zip(found, stops, strict=False):
            gap = _ITEM_END.search(self.text, match.end(), stop)
            end = gap.start() if gap else stop
            leads = self.text[match.start() : end].rstrip().endswith(":")
            self._mark(match.start(), end, "choice", more=r"\s*" if leads else "")

    def _claims(self) -> None:
        """The paragraph that asks "true or false?", as far as a line does not answer it, and the display behind it."""
        done = 0
        for match in _CLAIM.finditer(self.text):
            if match.start() < done:
                continue
            begins = [done, *(gap.end() for gap in _GAP.finditer(self.text, done, match.start()))]
            if answered := [*_DECIDED.finditer(self.text, begins[-1], match.start())]:
                begins.append(self.text.rindex("\n", answered[-1].end(), match.start()) + 1)
            ends = (end.search(self.text, match.end()) for end in (_GAP, _DECIDED))
            end = min((found.start() for found in ends if found), default=len(self.text))
            asks = not re.search(r"[A-Za-z$\\]", self.text[match.end() : end])
            self._mark(begins[-1], end, "claim", more=r"\s*" if asks else "")
            done = end

    def _questions(self, marks: Sequence[Marker]) -> None:
        """Between the label of a part, or the begin of the work, and the word Solution stands the question."""
        starts = [mark.at for mark in marks] or [0]
        for start, end in zip(starts, [*starts[1:], len(self.text)], strict=True):
            for match in _SOLUTION.finditer(self.text, start, end):
                if not self.hidden(match.start()):
                    self._mark(start, match.start(), "question")
                    break


# --- plain text ---------------------------------------------------------------------------------------------------

_RELATION = re.compile(r"(?<![<>!=])(?::=|\+=|==?|<-|~=|≈|←|=>|⇒|\\approx|\\leftarrow|\\gets|\\implies)(?!=)")
_OPERATOR_END = re.compile(r"(?:[-+*/=≈·×]|<-)\s*$")
_WORD = re.compile(r"[A-Za-z]{2,}(?![A-Za-z0-9_^(\[{'])")
_LABEL = re.compile(
    r"\s*(?:[-*•>#]+\s+|\(?[a-z]\)\s+|\d{1,3}(?:\.[a-z][.)]?|[a-z]?[.):])\s+|(?:step|line|eq)\.?\s*\d*\s*[.:)]\s*)*",
    re.I,
)
_TAIL = re.compile(r"\s*(?:[,;:]\s+|#|//|--|—|–\s|\(\s*(?=[A-Za-z]{3,}\s)|\b(?=by\b|since\b|because\b|using\b|from\b))")
_KNOWN = frozenset(GREEK) | frozenset(SPELLINGS) | {"hat", "bar", "sum", "prod", "diag", "max", "min"}


def _plain(text: str) -> tuple[list[Piece], list[tuple[int, int]]]:
    """Every line with a relation, without the words around it; a line that goes on joins the one before."""
    text = text.replace("\r\n", " \n").replace("\r", "\n")
    found: list[Piece] = []
    alone = -1  # where the line before begins, if it is an expression that nothing is said of
    for start, line in _lines(text):
        before, alone = alone, start if line.strip() and not any(_words(line, 0, len(line))) else -1
        joined = found and not text[found[-1].end : start].strip(" \t\n") and "\n\n" not in text[found[-1].end : start]
        stripped = line.strip()
        goes_on = joined and (
            _RELATION.match(stripped) or (re.match(r"[-+*/·×](?=\s|\w)", stripped) and not _RELATION.search(stripped))
        )
        if joined and stripped and (goes_on or _OPERATOR_END.search(found[-1].source)):
            last, (_, end) = found[-1], _maths(line, first=False)
            found[-1] = Piece(text[last.at : start + end], last.at, last.start, start + end, "", True)
        elif _RELATION.search(line):
            begin, end = _maths(line)
            if before >= 0 and not joined and _RELATION.match(stripped):  # dL/dw, and below it = …
                at = before + len(text[before:start]) - len(text[before:start].lstrip())
                end = start + _maths(line, first=False)[1]
                found.append(Piece(text[at:end], at, at, end, "", True))
            elif begin < end:
                piece = line[begin:end]
                found.append(Piece(piece, start + begin, start + begin, start + end, "", True))
    return found, []


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.split("\n"):
        yield at, line
        at += len(line) + 1


def _maths(line: str, first: bool = True) -> tuple[int, int]:
    """Where the mathematics of a line begins and ends; nothing is cut off that may be a condition.

    >>> line = "(a) So, by the chain rule, dL/dw = x*a, as above."
    >>> begin, end = _maths(line)
    >>> line[begin:end], _maths("What is it?"), "a = 1 if z > 0"[slice(*_maths("a = 1 if z > 0"))]
    ('dL/dw = x*a', (0, 0), 'a = 1 if z > 0')
    """
    relation = _RELATION.search(line)
    label = _LABEL.match(line)
    begin = label.end() if label and first else len(line) - len(line.lstrip())
    left = relation.start() if relation else begin
    if relation and begin > left:
        begin = 0
    for word in _words(line, begin, left) if first else ():
        begin = word.end()
    begin += len(line[begin:left]) - len(line[begin:left].lstrip(" \t:,;."))
    end = len(line.rstrip(" \t.,;"))
    if relation is None and first:
        return 0, 0
    for word in _words(line, relation.end() if relation else begin, end):
        cut = max((m.start() for m in _TAIL.finditer(line, left) if m.end() <= word.start()), default=None)
        if cut is not None and not conditions.begins(line[word.start() :]):
            end = cut
        break
    if first and not line[begin:left].strip():
        return 0, 0
    return begin, len(line[:end].rstrip(" \t.,;"))


def _words(line: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """The words of prose: no name of a function or of a Greek letter, nothing behind a backslash or a digit."""
    for match in _WORD.finditer(line, start, end):
        before = line[match.start() - 1] if match.start() else " "
        word = match[0]
        derivative = re.fullmatch(r"d[A-Za-z]\w*", word) and "/" in (before, line[match.end() : match.end() + 1])
        ours = before in "\\_^/." or before.isalnum() or word.lower() in _KNOWN or derivative
        if not ours and (len(word) > 2 or word.lower() in _SHORT):
            yield match


_SHORT = frozenset({"so", "is", "we", "by", "of", "to", "in", "at", "as", "if", "it", "be", "or", "an", "on", "no"})
