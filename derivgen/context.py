"""A sheet in, what the templates get out: strings, integers, lists and dicts, mathematics as ``Markup``.

A sheet is rendered once per structure, with a mark wherever a variant's own text goes (``skeleton_context``); each
variant then only puts its texts (``variant_texts``) in the marks' places.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from markupsafe import Markup

from derivgen import __version__
from derivgen.expression import Name
from derivgen.plan import PreparedChain, Text
from derivgen.printing import printed
from derivgen.sheet import Exercise, Row, Sheet
from derivgen.written import write

MARK = "\x1a"  # no text from outside can hold it: invisible characters are refused or taken out


def structure(sheet: Sheet) -> tuple[object, ...]:
    """What decides the skeleton: the plans, and which rows print a value beside the rounded one."""
    marks = tuple(
        bool(link.unrounded)
        for exercise in sheet.exercises
        for links in exercise.filled.values()
        for link in links
    )  # fmt: skip
    return (*(exercise.plan for exercise in sheet.exercises), marks, bool(sheet.command))


def variant_texts(sheet: Sheet, dialect: str) -> list[str]:
    """The variant's own texts, in the order of their marks."""
    texts = [sheet.code, sheet.command]
    for exercise in sheet.exercises:
        texts += [write(value, 12)[0] for _, value in exercise.givens]
        for chains in exercise.plan.chains:
            for chain in chains:
                if chain.numeric:
                    for row in exercise.rows(chain, dialect):
                        texts += (row.relation, row.right, row.unrounded)
    return texts


def skeleton_context(sheet: Sheet, dialect: str) -> dict[str, object]:
    """The context with marks in place of the variant's own texts."""
    marks = _Marks()
    code, command = marks.next(), marks.next()
    quiz = sheet.quiz
    return {
        "title": quiz.title, "course": quiz.course, "date": quiz.date, "instructions": quiz.instructions,
        "paper": quiz.paper, "name_line": quiz.name_line, "carry": -1 if quiz.carry is None else quiz.carry,
        "code": code, "command": command if sheet.command else "", "version": __version__,
        "points": points_text(sheet.points), "digits": quiz.digits,
        "exercises": [_exercise(exercise, dialect, marks) for exercise in sheet.exercises],
    }  # fmt: skip


def points_text(points: Fraction | int) -> str:
    """Points as a student reads them: 3, 0.5."""
    return write(Fraction(points), 2)[0]


class _Marks:
    def __init__(self) -> None:
        self.count = 0

    def next(self) -> Markup:
        self.count += 1
        return Markup(f"{MARK}{self.count - 1}{MARK}")


def _exercise(exercise: Exercise, dialect: str, marks: _Marks) -> dict[str, object]:
    made = exercise.plan
    scope = made.graph.scope
    givens = [Markup(f"{printed(Name(n), scope, dialect).text} = {marks.next()}") for n, _ in exercise.givens]
    rows: dict[PreparedChain, list[Row]] = {}
    for chain in (chain for chains in made.chains for chain in chains if chain.numeric):
        rows[chain] = [
            Row(row.left, marks.next(), marks.next(), _kept(row.unrounded, marks.next()))
            for row in exercise.rows(chain, dialect)
        ]

    def fact(value: object) -> object:
        if isinstance(value, Text):
            return Markup(value.forms[dialect])
        if isinstance(value, PreparedChain):
            printed_rows = rows.get(value) or exercise.rows(value, dialect)
            return {"rows": [{name: Markup(getattr(row, name)) for name in _ROW} for row in printed_rows]}
        if isinstance(value, Mapping):
            return {key: fact(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [fact(inner) for inner in value]
        return value

    return {
        "number": exercise.number, "title": exercise.title, "stem": fact(made.stem), "kind": made.network.kind,
        "givens": givens, "points": points_text(sum((Fraction(p.points) for p in made.parts), Fraction(0))),
        "parts": [
            {
                "ask": part.ask, "label": part.id.partition(".")[2], "space": part.space,
                "points": points_text(part.points), "hint": part.hint,
                "directives": fact(part.directives), "facts": fact(facts),
            }
            for part, facts in zip(made.parts, made.prepared, strict=True)
        ],
        "trailing": fact(made.trailing),
    }  # fmt: skip


_ROW = ("left", "relation", "right", "unrounded")


def _kept(unrounded: str, mark: Markup) -> str:
    return mark if unrounded else ""
