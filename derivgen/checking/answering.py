"""An answer alone: does it answer what its part asked, and in the form asked?

What is right may still be no answer: a product of partial derivatives where a closed form is asked for, a sum that is
not worked out where a number is. Such a line is wrong as an answer, and the report says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from derivgen import certify
from derivgen.arrays import ShapeError
from derivgen.checking.judging.works import judge
from derivgen.checking.subjects import Topic
from derivgen.checking.work import Fragment, Side, Statement, Subject, Unread, Verdict
from derivgen.derivation import Value
from derivgen.errors import CertificateError, DerivgenError
from derivgen.exercise import Answer, Part
from derivgen.expression import Apply, Name, Number, Partial, Tree, names, walk
from derivgen.printing import BREAK, printed

Read = Callable[[Fragment, Subject], list[Statement | Unread]]


def answered(
    topic: Topic, number: int, letter: str, text: str, form: str, found: Sequence[Fragment], read: Read
) -> list[Verdict]:
    """The verdicts on an answer: on each of its lines, and on what is missing of an answer."""
    assert topic.exercise is not None
    part = next(p for p in topic.exercise.plan.parts if p.id.partition(".")[2] == letter)
    answer = part.answer
    if answer is None or answer.type in ("drawing", "text") or (answer.theorem and not answer.entries):
        asks = "drawing" if answer and answer.type == "drawing" else "proof or a text"
        raise DerivgenError(f"--part: part {number}.{letter} asks for a {asks}, which cannot be checked")
    if answer.choices:
        return [_in(_choice(answer, text), number, letter)]
    subject = replace(topic.subject, graph=answer.graph) if answer.graph else topic.subject
    statements = _statements(part, subject, text, form, found, read)
    if part.ask == "weight_shapes":
        return [_in(verdict, number, letter) for verdict in _shapes(answer, text)]
    if part.ask == "fill_in_blank" and (filled := _filled(answer, subject, statements)):
        return [_in(filled, number, letter)]
    verdicts = judge(subject, statements)
    lacking = list(_lacking(part, subject, text, statements, verdicts))
    other = [(one.start, one.end) for one in lacking if one.problem != "unanswered"]
    # A link has one verdict: what is right in another form than the one asked for is wrong as an answer.
    verdicts = [v for v in verdicts if not any(start < v.end and v.start < end for start, end in other)] + lacking
    return [_in(verdict, number, letter) for verdict in sorted(verdicts, key=lambda v: (v.start, v.end))]


def _in(verdict: Verdict, number: int, letter: str) -> Verdict:
    return replace(verdict, exercise=number, part=letter)


def _filled(answer: Answer, subject: Subject, statements: Sequence[Statement | Unread]) -> Verdict | None:
    """The verdict on what stands in a blank; None if a whole line was written, which is judged as any other."""
    [(left, blank)] = answer.entries
    assert not isinstance(blank, Value)
    for one in statements:
        if isinstance(one, Statement) and len(one.links) == 1 and one.left.start < 0:  # its left side was put before it
            side = one.links[0][1]
            verdict = "right" if _same(subject, side.tree, blank) else "wrong"
            return Verdict(verdict, side.start, side.end, left=left, tree=side.tree, expected=blank)
    return None


_SHAPE = re.compile(r"(\d+)\s*(?:\\times|×|x|by)\s*(\d+)")


def _shapes(answer: Answer, text: str) -> Iterator[Verdict]:
    """The verdicts on shapes, 3 × 2 and 3 × 1, in the order in which they are asked for."""
    said = list(_SHAPE.finditer(text))
    shapes = [right for _, right in answer.entries if not isinstance(right, Value)]
    wanted = [[cell.value for cell in _cells(shape) if isinstance(cell, Number)] for shape in shapes]
    for match, sizes in zip(said, wanted, strict=False):
        verdict = "right" if [int(match[1]), int(match[2])] == sizes else "wrong"
        yield Verdict(verdict, match.start(), match.end(), problem="" if verdict == "right" else "shape")
    for left, _ in answer.entries[len(said) :]:
        yield Verdict("wrong", 0, len(text), problem="unanswered", about=(left,))


def _choice(answer: Answer, text: str) -> Verdict:
    """A letter, or one of the words that there are to choose from."""
    words = [str(choice).lower() for choice in answer.choices]
    said = [*re.findall(r"(?<![A-Za-z\\])\(?([A-H])\)?(?![A-Za-z])", text)]
    places = {ord(letter) - ord("A") for letter in said}
    if not places:
        places = {words.index(word) for word in re.findall(r"[a-z]+", text.lower()) if word in words}
    right = ", ".join(f"({'ABCDEFGH'[place]})" for place in answer.correct)
    if not said and words and words[0] in ("true", "false"):
        right = words[answer.correct[0]]
    if len(places) != 1:
        return Verdict("unread", 0, len(text), problem="no choice")
    return Verdict("right" if places == set(answer.correct) else "wrong", 0, len(text), exact=right, problem="choice")


# --- what is read -------------------------------------------------------------------------------------------------


def _statements(
    part: Part, subject: Subject, text: str, form: str, found: Sequence[Fragment], read: Read
) -> list[Statement | Unread]:
    """What the text states; an expression alone is read as the answer to the only thing that is asked."""
    kept = [replace(fragment, skip="") for fragment in found if fragment.skip in ("", "blank")]
    statements = [one for fragment in kept for one in read(fragment, subject)]
    related = [one for one in statements if isinstance(one, Statement) and one.links]
    assert part.answer is not None
    entries = part.answer.entries
    if related or len(entries) != 1:
        return [one for one in statements if isinstance(one, Unread) or one.links]
    bare = kept[-1] if kept else _all(text)
    left, right = entries[0]
    name, relation = _asked(left, right)
    notation = "plain" if bare.dialect == "plain" else "latex"
    printed_left = printed(name, subject.graph.scope, notation).text.replace(BREAK, "")
    sign = {"latex": {"=": "=", "<-": r"\leftarrow"}}.get(bare.dialect, {}).get(relation, relation)
    before = f"{printed_left} {sign} "
    return read(replace(bare, source=before + bare.source, at=bare.at - len(before)), subject)


def _all(text: str) -> Fragment:
    """The whole text as one expression."""
    source = text.strip()
    return Fragment(source, text.find(source), "latex" if re.search(r"\\[A-Za-z]", source) else "plain")


def _asked(left: Tree, right: Tree | Value) -> tuple[Tree, str]:
    """What an answer has on its left, and the relation: an update assigns to its weight."""
    if isinstance(left, (Name, Partial)):
        return left, "<-" if isinstance(right, Value) and right.stage else "="
    if isinstance(left, Apply) and left.operation == "subtract":
        return left.args[0], "<-"
    return left, "="


# --- what is missing ----------------------------------------------------------------------------------------------


def _lacking(
    part: Part, subject: Subject, text: str, statements: Sequence[Statement | Unread], verdicts: Sequence[Verdict]
) -> Iterator[Verdict]:
    """For each thing asked: that it is not there, or there only in another form than the one asked for."""
    assert part.answer is not None
    for left, right in part.answer.entries:
        name, _ = _asked(left, right)
        sides = [side for one in statements if isinstance(one, Statement) for side in _sides(one, name, left)]
        if not sides and _by_entries(subject, name, statements):
            continue
        if not sides:
            if not any(isinstance(one, Unread) for one in statements):
                yield Verdict("wrong", 0, len(text), problem="unanswered", about=(name,))
            continue
        if any(_wrong(side, verdicts) for side in sides):
            continue
        problems = [_form(part, subject, name, side.tree, right) for side in sides]
        if all(problems):
            last = sides[-1]
            yield Verdict("wrong", last.start, last.end, tree=last.tree, problem=problems[-1], about=(name,))


def _by_entries(subject: Subject, name: Tree, statements: Sequence[Statement | Unread]) -> bool:
    """Whether an array is answered entry by entry."""
    said = {one.left.tree for one in statements if isinstance(one, Statement) and one.links}
    rows = subject.graph.entries(name)
    return rows is not None and all(cell in said for row in rows for cell in row)


def _sides(statement: Statement, name: Tree, left: Tree) -> list[Side]:
    """The sides that say what ``name`` is; of a value after a step also those of the step itself."""
    if statement.left.tree in (name, left):
        return [side for _, side in statement.links]
    return [side for _, side in statement.links if side.tree == name] and [statement.left]


def _wrong(side: Side, verdicts: Sequence[Verdict]) -> bool:
    """Whether a side was found to be anything but right: that is said already."""
    return any(
        v.verdict not in ("right", "recovered") and v.start < side.end and side.start < v.end for v in verdicts
    )


def _form(part: Part, subject: Subject, name: Tree, tree: Tree, right: Tree | Value) -> str:
    """What is wrong with the form of a right answer; empty if nothing is."""
    if tree == name:
        return "form itself"
    partials = {one for one in walk(tree) if isinstance(one, Partial)}
    if isinstance(right, Value):
        return "" if all(map(_number, _entries(subject, tree))) else "form number"
    wanted = {one for one in walk(right) if isinstance(one, Partial)}
    if part.ask in ("chain_rule", "multiple_choice") and wanted and not partials:
        return "form product"
    if partials and not wanted:
        return "form partials"
    inner = [one for one in names(tree) if one in subject.graph and not subject.graph.is_leaf(one)]
    asked = [one for one in names(right) if one in subject.graph and not subject.graph.is_leaf(one)]
    if inner and not asked:
        return "form closed"
    return "" if _same(subject, tree, right) else "form other"


def _same(subject: Subject, tree: Tree, right: Tree) -> bool:
    """Whether an answer is the part's own answer, at random residues."""
    try:
        return not certify.differs(subject.graph, tree, right)
    except (CertificateError, DerivgenError):
        return True  # its value has been judged; only its form is asked about here


def _entries(subject: Subject, tree: Tree) -> list[Tree]:
    """The entries of what is an array, transposed or not; else the tree itself."""
    try:
        rows = subject.graph.entries(tree)
    except ShapeError:
        return [tree]
    return [tree] if rows is None else [cell for row in rows for cell in row]


def _cells(tree: Tree) -> list[Tree]:
    if isinstance(tree, Apply) and tree.operation in ("matrix", "row"):
        return [cell for row in tree.args for cell in _cells(row)]
    return [tree]


def _number(tree: Tree) -> bool:
    """Whether a tree is a number as one writes it: 2, -0.5, 1/3."""
    if isinstance(tree, Apply) and tree.operation == "negate":
        return _number(tree.args[0])
    if isinstance(tree, Apply) and tree.operation == "divide":
        return all(isinstance(argument, Number) for argument in tree.args)
    return isinstance(tree, Number)
