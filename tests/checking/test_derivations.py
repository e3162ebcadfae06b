"""A corpus of judged derivations: whole works, and what a careful instructor finds of every link in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.checking import check
from derivgen.checking.report import Line
from derivgen.checking.subjects import Topic, of_equations, of_sheet
from derivgen.checking.work import Subject
from derivgen.networks import KINDS
from derivgen.sheet import compose
from derivgen.slips import SLIPS

CORPUS = Path(__file__).parent / "corpus" / "derivations.txt"
QUIZ = "title: T\nexercises:\n  - network: {{kind: layered, {}}}\n{}    asks: [parameter_count]\n"
SHORT = {"right only when": "only"}
# Rows of the slips' table that are about shapes, counts and classes.
NOT_IN_DERIVATIONS = {
    "another_class", "shape_transposed", "bias_row_forgotten", "bias_row_added", "neighbouring_layer", "biases_counted",
    "inputs_counted", "sizes_added", "another_layer_counted",
}  # fmt: skip


class Work(NamedTuple):
    """A work of the corpus: the words after @ of its network, its form, its lines, and of each line its verdicts."""

    network: str
    form: str
    title: str
    lines: tuple[str, ...]
    expected: tuple[tuple[str, ...], ...]


def works() -> Iterator[Work]:
    """The works of the corpus, in the order of the file; its head says how they are written."""
    network = ""
    for block in re.split(r"^(?=@ |== )", CORPUS.read_text(encoding="utf-8"), flags=re.M)[1:]:
        head, _, body = block.partition("\n")
        if head.startswith("@"):
            network = head[2:]
            continue
        form, title = head[3:].split(": ", 1)
        rows = [row.partition("⟶") for row in body.rstrip().split("\n")]
        texts, marks = (row[0].rstrip() for row in rows), (row[2].split() for row in rows)
        yield Work(network, form, title, tuple(texts), tuple(map(tuple, marks)))


@lru_cache(maxsize=2)  # works on one network stand together
def subject(network: str, text: str = "") -> Subject | dict[int, Topic]:
    """What a work is judged against; the step size of equations is called as its text calls it."""
    kind, rest = network.split(" ", 1)
    said, _, numbers = rest.partition(" | ")
    if kind == "equations":
        functions = re.search(r"functions ([\w ]+)", numbers)
        at = re.search(r"at (\S+)", numbers)
        return of_equations(said, at[1] if at else "", text, functions=functions[1].split() if functions else ())
    if kind == "layered":
        quiz = spec.loads(QUIZ.format(said, f"    givens: {{{numbers}}}\n" * bool(numbers)), asks=ASKS, kinds=KINDS)
    else:
        name, number = said.split()
        quiz = spec.load(name, asks=ASKS, kinds=KINDS)
        exercise = quiz.exercises[int(number) - 1]
        asks = tuple(ask for i, ask in enumerate(exercise.asks) if not i or ask.name == "bind")
        quiz = replace(quiz, exercises=(replace(exercise, asks=asks),))  # what else is asked makes no difference here
    return of_sheet(compose(quiz))


def found(line: Line) -> str:
    """A verdict as the corpus writes it."""
    verdict = line.verdict
    if verdict.verdict == "wrong":
        return f"wrong:{verdict.slip or '-'}"
    return "drifted" if verdict.number == "drifted" else SHORT.get(verdict.verdict, verdict.verdict)


WORKS = list(works())


@pytest.mark.parametrize("work", WORKS, ids=[work.title for work in WORKS])
def test_a_work_is_judged_as_a_careful_instructor_would(work: Work) -> None:
    text = "\n".join(work.lines) + "\n"
    report = check(subject(work.network, text if work.network[0] == "e" else ""), text, form=work.form)
    rows: list[list[str]] = [[] for _ in work.lines]
    for line in report.lines:
        rows[line.place.line - 1].append(found(line))
    assert list(zip(work.lines, map(tuple, rows), strict=True)) == list(zip(work.lines, work.expected, strict=True))


def test_there_are_enough_of_every_kind() -> None:
    verdicts = [mark for work in WORKS for marks in work.expected for mark in marks]
    slips = {mark.partition(":")[2] for mark in verdicts if mark.startswith("wrong:")}
    assert sum(map(bool, (marks for work in WORKS for marks in work.expected))) >= 330
    assert len({work.title for work in WORKS}) == len(WORKS)
    assert {"right", "only", "drifted", "follows", "recovered", "unread", "undecided"} <= set(verdicts)
    assert slips - {"-"} == set(SLIPS) - NOT_IN_DERIVATIONS
