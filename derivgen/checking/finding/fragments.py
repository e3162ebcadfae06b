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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from derivgen.checking.finding import conditions, in_markdown, in_plain, in_tex
from derivgen.checking.finding.in_tex import Piece
from derivgen.checking.finding.markers import markers, place
from derivgen.checking.work import Fragment, Marker
from derivgen.errors import DerivgenError, suggest

FORMS = ("tex", "md", "plain")
ENDINGS = {".tex": "tex", ".md": "md", ".markdown": "md"}
SKIPS = ("question", "claim", "choice", "table", "drawing", "program", "blank", "condition", "code", "undelimited")
LONGEST = 2**20  # characters of a file
NEAR = 20  # characters before a formula in which a side of its equation may end
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


def fragments(text: str, form: str, names: Iterable[str] = ()) -> tuple[list[Fragment], list[Marker]]:
    """Every piece of mathematics, and every marker, in the order of the text; ``form`` is tex, md or plain.

    ``names`` are the words that the network declares: no prose.
    """
    if form not in FORMS:
        raise DerivgenError(suggest(form, FORMS))
    if len(text) > LONGEST:
        raise DerivgenError(f"the work has more than {LONGEST:,} characters; check it in pieces")
    if form == "plain":
        pieces, hidden = in_plain.scan(text, frozenset(names))
    else:
        pieces, hidden = {"tex": in_tex.scan, "md": in_markdown.scan}[form](text)
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

_EQUALS = re.compile(r"[ \t]*\n?[ \t]*(?:=|≈)[ \t]*\n?[ \t]*")
_BESIDE = re.compile(r"[ \t]*=[ \t]*[^\s=$\\][^\n=$\\]*")
_BEFORE = re.compile(r"[A-Za-z0-9_)}\]][ \t]*=[ \t]*\Z")
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
    for line in re.finditer(r"[^\n]+", "".join((*rest, text[done:]))):
        if in_tex.states(line[0]):
            begin, end = line.start() + len(line[0]) - len(line[0].lstrip()), line.start() + len(line[0].rstrip())
            yield Piece(text[begin:end], begin, begin, end, "undelimited")
    for piece in pieces:  # $dL/da$ = a: one side of it is no formula
        if not (piece.display or piece.skip):
            near = max(0, piece.start - NEAR)
            beside = _BESIDE.match(text, piece.end) or _BEFORE.search(text, near, piece.start)
            if beside is not None:
                yield Piece(beside[0], beside.start(), beside.start(), beside.end(), "undelimited")



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


# What may stand behind a condition if no prose is a part of it, and words for what lies outside of it.
_BARE = re.compile(r"\W*(?:\Z|[,:;.)]|(?:then|we|it)\b|(?:and|or)\s*\Z)")
_OTHER = re.compile(
    rf"\b(?:{'|'.join(map(re.escape, conditions.OTHERWISE))}|other|opposite|generally?|not)\b", re.IGNORECASE
)


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
    ends = [*(piece.start for piece in pieces[1:]), len(text)]
    vague = {fragment.sentence for fragment, piece, end in zip(placed, pieces, ends, strict=False)
             if (fragment.skip == "condition" and not _BARE.match(text, piece.end, end))
             or _OTHER.search(_SENTENCE_END.split(text[piece.end : end], maxsplit=1)[0])}  # fmt: skip
    return [replace(fragment, conditional=fragment.sentence in behind, bare=fragment.sentence not in vague)
            for fragment in placed]  # fmt: skip


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
