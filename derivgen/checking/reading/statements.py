"""A fragment of somebody's mathematics in, its statements out: chains A = B = C, and what cannot be read.

Rows, commas, wide spaces, words and ⟹ part statements; a row that begins with a relation goes on with the row before.
One side that cannot be read makes only its own link unread.

>>> from derivgen.checking.work import Fragment, Subject
>>> from derivgen.graph import Graph
>>> from derivgen.printing import plain
>>> from derivgen.slips import Roles
>>> graph = Graph.of("z = w*x; a = sigmoid(z)", ["w", "x"])
>>> symbols = Symbols.of(Subject(graph, Roles(graph)))
>>> (found,) = statements(Fragment(r"\\frac{\\partial a}{\\partial w} &= a(1-a)\\,x", 0), symbols)
>>> plain(found.left.tree, graph.scope), [(sign, plain(side.tree, graph.scope)) for sign, side in found.links]
('da/dw', [('=', 'a*(1 - a)*x')])
>>> (lost,) = statements(Fragment("x_1 = 2", 0), symbols)
>>> lost.problem, lost.suggestion
('x_1: no such quantity', 'this network has w, x, z, a')
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from derivgen.arrays import ShapeError
from derivgen.checking.finding import conditions
from derivgen.checking.reading.foreign import LENGTH, Mark, RefusedError, tokens
from derivgen.checking.reading.parsing import Foreign
from derivgen.checking.reading.symbols import Symbols, Written
from derivgen.checking.work import INEQUALITY, Fragment, Side, Statement, Unread
from derivgen.expression import Apply, Name, Tree, apply
from derivgen.lexing import COMPARISONS, Token
from derivgen.notation import GREEK

__all__ = ["Symbols", "read_side", "statements"]

TOKENS = 8_000  # of one side
POINT = 80  # symbols in |_{…}
_MATRICES = frozenset((r"\begin{matrix}", r"\begin{cases}", r"\end{matrix}", r"\end{cases}"))
_OPENING = frozenset(("(", "[", "{", r"\{", r"\begin{matrix}", r"\begin{cases}"))
_CLOSING = frozenset((")", "]", "}", r"\}", r"\end{matrix}", r"\end{cases}"))
_BINARY = frozenset(("+", "*", "/", "^", r"\odot"))
_INEQUALITIES = frozenset((*COMPARISONS.values(), "!="))
_BARS = frozenset(("|", r"\rvert"))
_PARTING = frozenset(("&", ",", ";", ":"))
_AROUND = frozenset(("(", ")", "[", "]", "{", "}", "d", r"\partial"))  # a function and its argument, or what it is by
_MISSING = "one side of the relation is missing"
_BEFORE = "what it is compared with cannot be read"
_PUNCTUATION = frozenset((",", ".", ";", ":"))


@dataclass
class _Piece:
    """A relation and the tokens of the side after it; the first side of a statement has no relation."""

    relation: str
    marks: list[Mark] = field(default_factory=list)
    sign: Mark | None = None
    meant: str = ""  # of the first side: a condition or a supposition, by the words before it


@dataclass
class _Run:
    """Tokens that belong together, and what parted them from the run before; ``related``: a relation is among them.

    ``meant`` is how an equation stands there: a condition or a supposition, by words or by brackets round it.
    """

    parted: Mark | None = None
    marks: list[Mark] = field(default_factory=list)
    related: bool = False
    meant: str = ""


def statements(fragment: Fragment, symbols: Symbols, before: Statement | None = None) -> list[Statement | Unread]:
    """What a fragment states, in the order of its text.

    ``before`` is the statement of an earlier fragment that this one goes on with if it begins with a relation.
    """
    try:
        marks = tokens(fragment.source, fragment.dialect, symbols)
    except RefusedError as refused:
        rows = list(_cut(fragment)) if len(fragment.source) <= LENGTH else []
        if len(rows) < 2:
            return [_unread(fragment, refused, "=" if "=" in fragment.source else "")]
        return _row_by_row(fragment, rows, symbols, before)
    reader = _Reader(fragment, symbols, {mark.at: mark.end for mark in marks})
    marks, held = _points(_parted_by_arrows(marks))
    for pieces in (*_chains(marks), *held):
        reader.chain(pieces, before)
    return _with_conditions(reader.found)


def named(fragment: Fragment, symbols: Symbols) -> Iterator[Written]:
    """The symbols that a fragment may be naming: one that is a first side, or stands alone after a derivative."""
    try:
        marks, _ = _points(tokens(fragment.source, fragment.dialect, symbols))
    except RefusedError:
        return
    for first, *others in (pieces for pieces in _chains(marks) if len(pieces) > 1):
        derivative = any(mark.text in ("d", r"\partial", r"\nabla") for mark in first.marks)
        for piece in (first, *(others if derivative else ())):
            if len(piece.marks) == 1 and isinstance(piece.marks[0].value, Written):
                yield piece.marks[0].value


def _with_conditions(found: list[Statement | Unread]) -> list[Statement | Unread]:
    """The statements, those marked that stand in one formula with a condition."""
    if all(one.fragment.skip != "condition" for one in found):
        return found
    return [
        one if one.fragment.skip else replace(one, fragment=replace(one.fragment, conditional=True)) for one in found
    ]


def _parted_by_arrows(marks: list[Mark]) -> list[Mark]:
    """The tokens, an arrow between two equations as the end of a row: z = w x → a = σ(z)."""
    bounds = [i for i, mark in enumerate(marks) if mark.kind in ("arrow", "row", "then", "end")]
    related = [
        any(mark.kind == "relation" for mark in marks[first:last])
        for first, last in pairwise([0, *bounds])
    ]  # fmt: skip
    for (i, before), behind in zip(zip(bounds, related, strict=True), related[1:], strict=False):
        if marks[i].kind == "arrow" and before and behind:
            marks[i] = replace(marks[i], kind="row")
    return marks


def _points(marks: list[Mark]) -> tuple[list[Mark], list[list[_Piece]]]:
    """The tokens without the points at which they hold, |_{w = 2}, and these as conditions."""
    left: list[Mark] = []
    held: list[list[_Piece]] = []
    i = 0
    while i < len(marks):
        end = _closed(marks, i + 2) if marks[i].text in _BARS and marks[i + 1].text == "_" else 0
        inner = marks[i + 3 : end]
        if end and any(mark.kind == "relation" for mark in inner):
            for run in _runs(inner):
                pieces = _sides(run.marks)
                pieces[0].meant = "condition"
                held.append(pieces)
            i = end + 1
        else:
            left.append(marks[i])
            i += 1
    return left, held


def _closed(marks: Sequence[Mark], start: int) -> int:
    """Where the brace is closed that opens here, not far from it; 0 if none does."""
    depth = 0
    for i in range(start, min(len(marks), start + POINT)):
        depth += (marks[i].text == "{") - (marks[i].text == "}")
        if depth <= 0:
            return i if i > start else 0
    return 0


def _cut(fragment: Fragment) -> Iterator[Fragment]:
    """The rows of a fragment, each a fragment, where one of them has no tokens."""
    start = 0
    for match in re.finditer(r"\n|$" if fragment.dialect == "plain" else r"\\\\(?![A-Za-z])|$", fragment.source):
        row = fragment.source[start : match.start()]
        if row.strip():
            yield replace(fragment, source=row, at=fragment.at + start)
        start = match.end()


def _row_by_row(
    fragment: Fragment, rows: list[Fragment], symbols: Symbols, before: Statement | None
) -> list[Statement | Unread]:
    """What can be read of rows of which one spoils the whole."""
    found: list[Statement | Unread] = []
    for row in rows:
        parts = [replace(part, fragment=fragment) for part in statements(row, symbols, before)]
        if found and parts and isinstance(parts[0], Unread) and parts[0].problem == _MISSING:
            parts[0] = replace(parts[0], problem=_BEFORE, suggestion="mend that first")
        found += parts
        last = found[-1] if found else None
        before = last if isinstance(last, Statement) else None
    return found


def read_side(source: str, symbols: Symbols, dialect: str = "latex") -> Tree:
    """One expression alone; ``RefusedError`` where it cannot be read."""
    marks = tokens(source, dialect, symbols)
    return _Reader(Fragment(source, 0, dialect), symbols, {mark.at: mark.end for mark in marks}).tree(marks[:-1])


# --- parting -------------------------------------------------------------------------------------------------------


def _chains(marks: list[Mark]) -> Iterator[list[_Piece]]:
    """The chains of a fragment, each its sides with the relations before them."""
    chain: list[_Piece] = []
    for row, leads in _rows(marks):
        for i, run in enumerate(_runs(row)):
            pieces = _sides(run.marks)
            run.meant = run.meant or ("supposition" if leads and run.related else "")
            begins = not pieces[0].marks  # with a relation
            pieces[0].meant = run.meant
            if chain and run.meant and not begins:
                yield chain
                chain = pieces
            elif chain and not chain[-1].marks:  # the row before ended in one
                chain[-1].marks = pieces[0].marks
                chain += pieces[1:]
            elif chain and begins:
                chain += pieces[1:]
            elif chain and not i and _goes_on(pieces, chain):
                chain[-1].marks += pieces[0].marks
                chain += pieces[1:]
            else:
                if chain:
                    yield chain
                chain = pieces
    if chain:
        yield chain


def _goes_on(pieces: list[_Piece], chain: list[_Piece]) -> bool:
    """Whether a row goes on with the term of the row before: a sign parts them, or it relates nothing by itself."""
    first, last = pieces[0].marks[0], chain[-1].marks[-1]
    if (first.kind == "sign" and first.text in _BINARY) or (last.kind == "sign" and last.text in (*_BINARY, "-")):
        return True
    return len(pieces) == 1 and len(chain) > 1 and (first.text == "-" or first.kind != "text")


def _rows(marks: list[Mark]) -> Iterator[tuple[list[Mark], bool]]:
    """The rows of a fragment, and whether ⟹ follows; a row ends in no matrix and in no bracket that closes later."""
    balance = sum((mark.text in _OPENING) - (mark.text in _CLOSING) for mark in marks if mark.kind == "sign")
    row: list[Mark] = []
    depth = matrices = 0
    for mark in marks:
        if mark.kind == "sign":
            change = (mark.text in _OPENING) - (mark.text in _CLOSING)
            depth += change
            matrices = max(matrices + (change if mark.text in _MATRICES else 0), 0)
        elif mark.kind in ("row", "then", "end") and not matrices:
            if depth <= 0 or balance or mark.kind == "end":
                if row:
                    yield row, mark.kind == "then"
                row, depth = [], 0
            elif mark.kind == "then":
                row.append(mark)
            continue
        if matrices or depth <= 0 or not (mark.kind == "wide" or mark.text == "&"):
            row.append(mark)
    if row:
        yield row, False


def _runs(row: list[Mark]) -> Iterator[_Run]:
    """The row parted at commas, wide spaces and words where equations stand on both sides."""
    runs = [_Run()]
    depth = 0
    for mark in row:
        if mark.kind == "sign":
            depth += (mark.text in _OPENING) - (mark.text in _CLOSING)
        if depth <= 0 and (mark.kind in ("wide", "text") or (mark.kind == "sign" and mark.text in _PARTING)):
            if runs[-1].marks:
                runs.append(_Run(mark))
            elif mark.text in (",", ";", ":") or runs[-1].parted is None or mark.kind == "text":
                runs[-1].parted = mark if len(runs) > 1 or mark.kind == "text" else None
        else:
            runs[-1].marks.append(mark)
            runs[-1].related |= mark.kind == "relation" and depth <= 0
    if len(runs) > 1 and _is_number_of_equation(runs[-1]):
        runs.pop()
    if len(runs) > 1 and not runs[-1].marks and not _conditional(runs[-1].parted):
        runs.pop()  # what ends the row
    first = runs[0].parted
    for run in runs:
        if run.parted is not None and run.parted.kind == "text" and (run.related or _compares(run.marks)):
            run.meant = conditions.said(run.parted.text)
    unclear = first is not None and _conditional(first) and not runs[0].meant
    if first is not None and (unclear or (runs[0].marks and _operates(runs[0].marks[0]))):
        runs[0].marks.insert(0, first)
    for run in itertools.chain.from_iterable(map(_set_apart, _joined(_joined(runs, _aligned), _inseparable))):
        while run.marks and run.marks[-1].text in _PUNCTUATION and run.marks[-1].kind == "sign":
            run.marks.pop()
        if run.marks:
            yield run


def _compares(marks: Sequence[Mark]) -> bool:
    """Whether an inequality stands outside of all brackets: z > 0."""
    depth = 0
    for mark in marks:
        depth += (mark.text in _OPENING) - (mark.text in _CLOSING) if mark.kind == "sign" else 0
        if depth <= 0 and mark.text in _INEQUALITIES:
            return True
    return False


def _set_apart(run: _Run) -> Iterator[_Run]:
    """A run, and the equation in brackets at its end, which may be what it holds for: … = a (y = 0)."""
    marks, opened, start = run.marks, list[int](), 0
    while marks and marks[-1].text in _PUNCTUATION and marks[-1].kind == "sign":
        marks.pop()
    for i, mark in enumerate(marks):
        if mark.kind == "sign" and mark.text in _OPENING:
            opened.append(i)
        elif mark.kind == "sign" and mark.text in _CLOSING and opened:
            start = opened.pop()
    if not run.related or not marks or marks[-1].text != ")" or opened or start < 1:
        yield run
        return
    inner = marks[start + 1 : -1]
    if not any(mark.kind == "relation" for mark in inner) and not _compares(inner):
        yield run
        return
    before = marks[start - 1]
    if before.text == "1" and before.end == marks[start].at:  # an indicator, 1(z > 0)
        yield run
        return
    meant = conditions.said(inner[0].text) if inner[0].kind == "text" else ""
    yield replace(run, marks=marks[: start - (before.kind == "wide" or before.text == "&")])
    yield _Run(before, [mark for mark in inner if mark.kind != "text"], True, meant or "supposition")


def _joined(runs: list[_Run], belong: Callable[[_Run, _Run], bool]) -> list[_Run]:
    """The runs, those made one that belong together; what parts them stays, unless it only aligns."""
    whole = runs[:1]
    for run in runs[1:]:
        before = whole[-1]
        if belong(before, run):
            assert run.parted is not None
            before.marks += (*([] if _aligned(before, run) else [run.parted]), *run.marks)
            before.related |= run.related
        else:
            whole.append(run)
    return whole


def _aligned(before: _Run, run: _Run) -> bool:
    """Whether only an alignment or a wide space beside a sign or a relation parts two runs."""
    assert run.parted is not None
    return _touches(before, run) and (run.parted.kind == "wide" or run.parted.text == "&")


def _inseparable(before: _Run, run: _Run) -> bool:
    return not _parted(before, run)


def _is_number_of_equation(run: _Run) -> bool:
    """Whether what ends a row is its number: (2) after a wide space."""
    texts = [mark.text for mark in run.marks]
    wide = run.parted is not None and run.parted.kind == "wide"
    return wide and len(texts) == 3 and texts[0] == "(" and texts[2] == ")" and run.marks[1].kind == "number"


def _conditional(mark: Mark | None) -> bool:
    """Whether words make an equation hold on a condition only."""
    return mark is not None and mark.kind == "text" and conditions.said(mark.text) == "condition"


def _parted(before: _Run, run: _Run) -> bool:
    """Whether two runs are statements of their own."""
    assert run.parted is not None
    if run.meant and before.marks and run.marks:
        return True
    if not before.marks or not run.marks or _conditional(run.parted) or _touches(before, run):
        return False
    if run.parted.text == ":" and run.related:  # for w_1: dL/dw_1 = ...
        return True
    return run.parted.kind == "text" or (before.related and run.related)


def _touches(before: _Run, run: _Run) -> bool:
    """Whether a sign or a relation stands right beside what would part the runs."""
    if not before.marks or not run.marks:
        return True
    first, last = run.marks[0], before.marks[-1]
    minus = first.kind == "sign" and first.text == "-" and not run.related
    return minus or _operates(first) or _operates(last) or (last.kind == "sign" and last.text == "-")


def _operates(mark: Mark) -> bool:
    """Whether a mark is a relation, or a sign that needs something on both of its sides."""
    return mark.kind == "relation" or (mark.kind == "sign" and mark.text in _BINARY)


def _sides(run: Sequence[Mark]) -> list[_Piece]:
    """The sides of a run with the relations before them; the first is empty where a relation begins it."""
    pieces = [_Piece("")]
    depth = 0
    for mark in run:
        if mark.kind == "sign":
            depth += (mark.text in _OPENING) - (mark.text in _CLOSING)
        if depth <= 0 and (mark.kind == "relation" or mark.text in _INEQUALITIES):
            pieces.append(_Piece(mark.text, sign=mark))
        else:
            pieces[-1].marks.append(mark)
    return pieces


# --- reading -------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads the chains of one fragment, each side alone."""

    def __init__(self, fragment: Fragment, symbols: Symbols, ends: dict[int, int]) -> None:
        self.fragment, self.symbols, self.ends = fragment, symbols, ends
        self.found: list[Statement | Unread] = []
        self.dummy = ""  # of the chain that is being read
        self.meant = fragment  # as what that chain is meant
        self.gradients = False  # whether it is about a gradient

    def chain(self, pieces: list[_Piece], before: Statement | None) -> None:
        """One chain: statements as far as its sides can be read, and what is lost between them."""
        self.meant = self._fragment(pieces[0].meant)
        self.gradients = any(mark.text == r"\nabla" for mark in pieces[0].marks)
        left = None
        earlier = (before.links[-1][1] if before.links else before.left) if before else None
        goes_on = before is not None and not pieces[0].marks
        self.dummy = before.dummy if before and goes_on else _dummy(pieces[0].marks, self.symbols)
        links: list[tuple[str, Side]] = []
        lost = False  # the link before belongs to a side that cannot be read
        for k, piece in enumerate(pieces):
            relation = piece.relation or (pieces[1].relation if len(pieces) > 1 else "")
            if not k and not piece.marks and earlier is not None:
                left = earlier
                continue
            try:
                side = self.side(piece, pieces[k - 1] if k else None, links[-1][1] if links else left)
            except RefusedError as refused:
                if not (k == 1 and lost):
                    self.state(left, links, alone=False)
                    self.found.append(_unread(self.meant, refused, _judged(relation)))
                left, links, lost = links[-1][1] if links else left, [], not k
                if _judged(relation) in ("<-", "+="):  # what follows is of the new value
                    left = None
                continue
            if piece.relation in _INEQUALITIES:  # it claims what is not checked; the chain goes on from its side
                self.state(left, links, alone=False)
                assert piece.sign is not None
                inequality = RefusedError(INEQUALITY, piece.sign.at, piece.sign.end, "write an equation")
                self.found.append(_unread(self.meant, inequality, "="))
                left, links = side, []
            elif left is None:
                if k > 1:  # what it is compared with is not read, and told for another link
                    self.found.append(Unread(side.start, side.end, _BEFORE, "mend that first", self.meant, "="))
                left = side
            else:
                side, beside = self.parted(side, piece) if k < len(pieces) - 1 else (side, None)
                if links and self.moves(pieces[1].relation, left):  # = 0.4 is what is added, or what it comes to
                    side = replace(side, change=_changed(pieces[1].relation, left, side.tree))
                last = links[-1][1] if links else left
                links.append(("<-" if self.moves(relation, last) else _judged(relation), side))
                if beside is not None:
                    self.state(left, links, alone=False)
                    left, links = beside, []
        self.state(left, links, alone=len(pieces) == 1)

    def parted(self, side: Side, piece: _Piece) -> tuple[Side, Side | None]:
        """V = [1; 2] W = [3; 4]: where the product does not fit, the array before a relation begins an equation."""
        tree, last = side.tree, piece.marks[-1]
        if not isinstance(tree, Apply) or tree.operation != "multiply" or piece.marks[-2].text != r"\end{matrix}":
            return side, None
        try:
            self.symbols.graph.entries(tree)
        except ShapeError:
            *before, name = tree.args
            first = before[0] if len(before) == 1 else Apply("multiply", tuple(before))
            at = self.fragment.at + last.at
            return Side(first, side.start, self.fragment.at + piece.marks[-2].end), Side(name, at, side.end)
        return side, None
    def _fragment(self, meant: str) -> Fragment:
        """The fragment as words inside it make it: a condition, a supposition."""
        if not meant:
            return self.fragment
        skip = self.fragment.skip or ("condition" if meant == "condition" else "")
        return replace(self.fragment, skip=skip, supposed=True)

    def state(self, left: Side | None, links: list[tuple[str, Side]], *, alone: bool) -> None:
        if left is not None and (links or alone):
            self.found.append(Statement(left, tuple(links), self.meant, self.dummy))

    def side(self, piece: _Piece, before: _Piece | None, left: Side | None) -> Side:
        """One side of a relation; of w -= v it is w − v, and of a weight's w += v it is w + v."""
        if not piece.marks:
            at = before.marks[-1].end if before and before.marks else 0
            raise RefusedError(_MISSING, at, at, "write both sides")
        tree = self.tree(piece.marks)
        if piece.relation == "-=" and left is None:
            at = piece.marks[0].at
            raise RefusedError("what is lessened cannot be read", at, at, "write w <- w - ...")
        if left is not None and (piece.relation == "-=" or self.moves(piece.relation, left)):
            tree = _changed(piece.relation, left, tree)
        start, end = piece.marks[0].at, piece.marks[-1].end
        return Side(tree, self.fragment.at + start, self.fragment.at + end)

    def moves(self, relation: str, left: Side | None) -> bool:
        """Whether += or -= changes what is trained; += of a derivative adds up shares."""
        if relation not in ("+=", "-=") or left is None or not isinstance(left.tree, Name):
            return False
        rows = self.symbols.graph.entries(left.tree) or ((left.tree,),)
        return all(isinstance(cell, Name) and cell.name in self.symbols.trained for row in rows for cell in row)

    def tree(self, marks: list[Mark]) -> Tree:
        if not marks:
            raise RefusedError("nothing to read", 0, len(self.fragment.source), "write an expression")
        if len(marks) > TOKENS:
            raise RefusedError(
                f"more than {TOKENS:,} symbols on one side", marks[0].at, marks[-1].end, "name a part of it"
            )
        end = Mark("end", "", marks[-1].end, None, marks[-1].end)
        side: list[Token] = [*marks, end]
        source, plain = self.fragment.source, self.fragment.dialect == "plain"
        return Foreign(source, side, self.symbols, plain, self.ends, self.dummy, gradients=self.gradients).side()


def _changed(relation: str, left: Side, change: Tree) -> Tree:
    """What w += v and w -= v come to."""
    return apply("add" if relation == "+=" else "subtract", left.tree, change)


def _dummy(side: Sequence[Mark], symbols: Symbols) -> str:
    """The undeclared letter that a first side applies functions to, and no more: the z of g(z), \\tanh z and dg/dz."""
    written = [mark.value for mark in side if isinstance(mark.value, Written)]
    letters = {symbol for symbol in written if _undeclared(symbol, symbols)}
    if len(letters) != 1 or any(symbols.function(symbol.key) is None for symbol in written if symbol not in letters):
        return ""
    (letter,) = letters
    called = pairwise(mark.value for mark in side if mark.text not in _AROUND)
    is_argument = any(isinstance(f, Written) and f != letter and argument == letter for f, argument in called)
    return letter.base if is_argument else ""


def _undeclared(written: Written, symbols: Symbols) -> bool:
    """Whether a symbol is a letter alone that the network does not have."""
    alone = written == Written(written.base) and (len(written.base) == 1 or written.base in GREEK)
    return alone and symbols.key(written.key) is None


def _judged(relation: str) -> str:
    """A relation as it is judged: w -= v is the update w <- w - v, whatever w is."""
    return "<-" if relation == "-=" else "=" if relation in _INEQUALITIES else relation


def _unread(fragment: Fragment, refused: RefusedError, relation: str) -> Unread:
    start, end = fragment.at + refused.start, fragment.at + max(refused.end, refused.start)
    return Unread(start, end, refused.problem, refused.suggestion, fragment, relation)
