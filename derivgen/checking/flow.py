"""Subjects and a text in, a ``Report`` out: the whole flow of a check.

A work on a quiz of several exercises is cut at its markers, each piece judged on its own exercise's network; what no
marker claims is passed over. ``--part 1`` says instead that all of it is about exercise 1, and ``--part 1.e`` that it
is the answer to that part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from derivgen.checking.answering import answered
from derivgen.checking.finding.fragments import form_of, fragments
from derivgen.checking.finding.macros import Expanded, expanded
from derivgen.checking.judging.works import judge
from derivgen.checking.letters import learned
from derivgen.checking.reading.scanning import relates, relates_otherwise
from derivgen.checking.reading.statements import statements
from derivgen.checking.reading.symbols import Symbols
from derivgen.checking.report import Report
from derivgen.checking.subjects import CHANGES, NOT_JUDGED, Topic
from derivgen.checking.work import Fragment, Marker, Statement, Subject, Unread, Verdict
from derivgen.errors import DerivgenError, suggest
from derivgen.notation import parts

LEADS_ON = 12  # words between two formulas of one calculation
_RELATION_FIRST = re.compile(r"\s*(?:\\begin\s*\{[A-Za-z]+\*?\}\s*)?(?:&\s*)?(?:=|≈|\\approx|\\implies)")
_DELIMITER = re.compile(r"\\(?:begin|end)\s*\{[A-Za-z*]+\}")
# Words that only lead on to the next step of the same calculation.
_LEADS_ON = frozenset((
    "and", "so", "thus", "hence", "then", "therefore", "consequently", "or", "that", "this", "it", "which", "is", "i",
    "e", "gives", "yields", "equals", "becomes", "simplifies", "reduces", "comes", "to", "further", "finally", "next",
    "in", "turn", "again", "equivalently", "simplifying", "expanding", "factoring", "rearranging", "we", "get",
    "obtain", "have",
))  # fmt: skip
_CHANGE = re.compile(r"\\mathrm\{d|\\nabla|∇|\\Delta|\bd[a-z]|\bh\b")


class _Reader:
    """Reads the fragments of a work by the symbols of their subjects, and by what functions it has defined so far."""

    def __init__(self) -> None:
        self.known: list[tuple[Subject, Symbols]] = []

    def read(self, fragment: Fragment, subject: Subject, before: Statement | None = None) -> list[Statement | Unread]:
        """What a fragment states; ``before`` is the chain that it may go on with."""
        place = next((i for i, (same, _) in enumerate(self.known) if same is subject), len(self.known))
        symbols = learned(fragment, self.known[place][1] if place < len(self.known) else Symbols.of(subject))
        self.known[place : place + 1] = [(subject, symbols)]
        return statements(fragment, symbols, before)


def check(about: Subject | Mapping[int, Topic], text: str, *, form: str = "", name: str = "", part: str = "") -> Report:
    """Check a work against one subject, or against a quiz's exercises by their numbers.

    ``form`` is tex, md or plain, told from ``name`` and the text where it is left out. Raises ``DerivgenError`` for a
    part that is not there, and for a work on several exercises that does not say which is which.
    """
    topics = {1: Topic(about)} if isinstance(about, Subject) else dict(about)
    form = form or form_of(name, text)
    exercise, letter = _asked(part, topics)
    written = expanded(text, comments=form == "tex")
    verdicts = _verdicts(topics, written.source, form, exercise, letter)
    about_these = {exercise: topics[exercise]} if letter else topics
    return Report(text, about_these, tuple(_in_source(verdict, written) for verdict in verdicts), form, name)


def _verdicts(topics: Mapping[int, Topic], text: str, form: str, exercise: int, letter: str) -> list[Verdict]:
    """The verdicts on a text without macros, in its order."""
    reader = _Reader()
    found, marks = fragments(text, form, _names(topics.values()))
    if letter:
        return answered(topics[exercise], exercise, letter, text, form, found, reader.read)
    placed = [replace(fragment, exercise=exercise) for fragment in found] if exercise else _placed(found, marks, topics)
    groups: dict[int, list[Fragment]] = {}
    for fragment in placed:
        groups.setdefault(fragment.exercise, []).append(fragment)
    verdicts: list[Verdict] = []
    for number, group in groups.items():
        verdicts += _judged(topics.get(number), group, reader, topics, text)
    return sorted(verdicts, key=lambda verdict: (verdict.start, verdict.end))


def _in_source(verdict: Verdict, written: Expanded) -> Verdict:
    """A verdict on a text with its macros written out, where it belongs in the source."""
    start, end = written.of(verdict.start, verdict.end)
    command = written.source[verdict.start : verdict.end].strip()
    if verdict.verdict == "unread" and command[:1] == "\\" and command[1:] in written.problems:
        verdict = replace(verdict, problem=f"{command}: {written.problems[command[1:]]}", suggestion="write it out")
    return replace(verdict, start=start, end=end)


def _names(topics: Iterable[Topic]) -> set[str]:
    """The words that the networks declare as quantities and functions."""
    graphs = [topic.subject.graph for topic in topics]
    scopes = (graph.scope for graph in graphs)
    declared = {name for scope in scopes for name in (*scope.names, *scope.arrays)}
    return {parts(name)[0] for name in declared.union(*(dict(graph.functions) for graph in graphs))}


def _asked(part: str, topics: Mapping[int, Topic]) -> tuple[int, str]:
    """The exercise and the letter that ``--part`` names; 0 and "" for none."""
    if not part:
        return 0, ""
    match = re.fullmatch(r"(?:(\d{1,3})[.]?)?\(?([a-z]?)\)?", part.strip())
    if match is None or not (match[1] or match[2]):
        raise DerivgenError(f"--part: {part!r} is no part; write 2 for an exercise or 1.e for one of its parts")
    number = int(match[1]) if match[1] else next(iter(topics)) if len(topics) == 1 else 0
    if number not in topics:
        choices = ", ".join(map(str, list(topics)[:8]))
        raise DerivgenError(f"--part: there is no exercise {number or 'without a number'} (exercises: {choices})")
    exercise = topics[number].exercise
    if match[2]:
        if exercise is None:
            raise DerivgenError("--part: equations have no parts; only a quiz has")
        known = [p.id.partition(".")[2] for p in exercise.plan.parts]
        if match[2] not in known:
            raise DerivgenError(f"--part: {suggest(f'{number}.{match[2]}', [f'{number}.{one}' for one in known])}")
    return number, match[2]


def _placed(
    found: Sequence[Fragment], marks: Sequence[Marker], topics: Mapping[int, Topic]
) -> list[Fragment]:  # fmt: skip
    """The fragments, each in its exercise; all in the only one there is."""
    if len(topics) == 1:
        return [replace(fragment, exercise=next(iter(topics))) for fragment in found]
    if found and not any(mark.label[0].isdigit() for mark in marks):
        raise DerivgenError(
            f"the quiz has {len(topics)} exercises and the work does not say which it is about: head its pieces "
            '"Exercise 2", or name one with --part 2'
        )
    return [
        replace(fragment, skip=fragment.skip or "elsewhere") if not fragment.exercise else fragment
        for fragment in found
    ]


def _judged(
    topic: Topic | None, group: Sequence[Fragment], reader: _Reader, topics: Mapping[int, Topic], text: str
) -> list[Verdict]:
    """The verdicts on the fragments of one exercise, which know of each other."""
    kinds: dict[str, list[Statement | Unread]] = {}  # a part with a subject of its own is judged apart
    subjects: dict[str, Subject] = {}
    verdicts: list[Verdict] = []
    for number, fragment in enumerate(group):
        goes_on = number > 0 and _goes_on(text, group, number)
        reason = fragment.skip or (topic and NOT_JUDGED.get(topic.ask(fragment.part), "")) or ""
        if reason and reason != "condition" and not relates(fragment.source):
            continue  # a name in passing: nothing is said of it
        if reason == "undelimited":
            problem = "an equation outside of all delimiters"
            verdicts.append(replace(_whole(fragment, "unread", problem), suggestion="write it between $ and $"))
        elif reason and (reason != "condition" or topic is None):  # a condition is no claim, but may say numbers
            verdicts.append(_whole(fragment, "skipped", reason))
        elif topic is None:
            known = ", ".join(map(str, list(topics)[:8]))
            verdicts.append(
                _whole(fragment, "unread", f"there is no exercise {fragment.exercise} (exercises: {known})")
            )
        else:
            subject = topic.of(fragment.part)
            key = fragment.part if subject is not topic.subject else ""
            subject = subjects.setdefault(key, subject)
            said = kinds.setdefault(key, [])
            last = said[-1] if goes_on and said and isinstance(said[-1], Statement) else None
            if last is not None:
                said.pop()
            found = reader.read(fragment, subject, last)
            if not any(map(_claims, found)) and relates_otherwise(fragment.source):
                verdicts.append(_whole(fragment, "skipped", "relation"))
            for one in _joined(last, filter(_claims, found)):
                if _is_change(one, fragment, topic):
                    verdicts.append(_whole(fragment, "skipped", "differential"))
                else:
                    said.append(one)
    for key, read in kinds.items():
        verdicts += _in_parts(judge(subjects[key], read), group)
    return verdicts


def _goes_on(text: str, group: Sequence[Fragment], number: int) -> bool:
    """Whether a formula begins with a relation and belongs to the one before it.

    Nothing is said between them, or between displays a few words such as "so", if words join no other formula to it.
    """
    before, fragment = group[number - 1], group[number]
    if before.part != fragment.part or before.skip or fragment.skip:
        return False
    if not _RELATION_FIRST.match(fragment.source):
        return False
    words = _words(text, before, fragment)
    displays = not (_in_line(text, before) or _in_line(text, fragment))
    if not words:  # "with $x = 1$ $$= 2 w$$" goes on with an earlier formula
        return displays or _in_line(text, fragment) or not relates(before.source)
    return displays and len(words) <= LEADS_ON and _LEADS_ON.issuperset(words) and not _is_aside(text, group[:number])


def _words(text: str, before: Fragment, fragment: Fragment) -> list[str]:
    """What is said between two formulas."""
    between = _DELIMITER.sub(" ", text[before.at + len(before.source) : fragment.at])
    return re.findall("[a-z0-9]+", between.lower())


def _is_aside(text: str, group: Sequence[Fragment]) -> bool:
    """Whether words join the last chain to another formula of its sentence: A and B, so = C is of either."""
    begun = next((i for i in reversed(range(len(group))) if not _RELATION_FIRST.match(group[i].source)), 0)
    before, first = group[max(0, begun - 1)], group[begun]
    return begun > 0 and before.sentence == first.sentence and bool(_words(text, before, first))


def _in_line(text: str, fragment: Fragment) -> bool:
    r"""Whether a formula stands between $ and $, $` and `$, or between \\( and \\)."""
    opened = text[max(0, fragment.at - 2) : fragment.at]
    return opened in (r"\(", "$`") or (opened.endswith("$") and opened != "$$")


def _joined(last: Statement | None, found: Iterable[Statement | Unread]) -> Iterator[Statement | Unread]:
    """What was found, its first chain made one with the chain that it goes on with."""
    first, *others = (*found,) or (None,)
    if last is not None:
        end = last.links[-1][1] if last.links else last.left
        if isinstance(first, Statement) and first.left is end:
            first = replace(last, links=(*last.links, *first.links))
        else:
            yield last
    yield from filter(None, (first, *others))


def _is_change(one: Statement | Unread, fragment: Fragment, topic: Topic) -> bool:
    """Whether something is unread because it names a small change, in a part that speaks of such."""
    if not isinstance(one, Unread) or topic.ask(fragment.part) not in CHANGES:
        return False
    if not fragment.source[max(0, one.start - fragment.at) : one.end - fragment.at].strip("& "):
        return True  # a row of the table of values that has no differential beside it
    return _CHANGE.search(fragment.source, max(0, one.start - fragment.at), one.end - fragment.at + 1) is not None


def _claims(one: Statement | Unread) -> bool:
    """Whether something is said; what cannot be read and relates nothing, w_1 → z_1, is a name in passing."""
    return isinstance(one, Statement) or one.assumed or relates(one.fragment.source)


def _whole(fragment: Fragment, verdict: str, problem: str) -> Verdict:
    return Verdict(
        verdict, fragment.at, fragment.at + len(fragment.source), problem=problem, exercise=fragment.exercise,
        part=fragment.part,
    )  # fmt: skip


def _in_parts(verdicts: Sequence[Verdict], group: Sequence[Fragment]) -> list[Verdict]:
    """The verdicts with the exercise and part of the fragment that they stand in."""
    placed = []
    for verdict in verdicts:
        within = (f for f in group if f.at <= verdict.end and verdict.start <= f.at + len(f.source))
        home = next(within, group[0])
        placed.append(replace(verdict, exercise=home.exercise, part=home.part))
    return placed
