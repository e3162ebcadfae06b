"""A sheet in, what the templates get out: strings, integers, lists and dicts, mathematics as ``Markup``.

A sheet is rendered once per structure, with a mark wherever a variant's own text goes (``skeleton_context``); each
variant then only puts its texts (``variant_texts``) in the marks' places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from markupsafe import Markup

from derivgen import __version__
from derivgen.derivation import local
from derivgen.evaluation import Real, evaluator
from derivgen.expression import ZERO, Apply, Name, Partial, Tree, walk
from derivgen.figures.drawing import Drawing
from derivgen.graph import Graph
from derivgen.linearity import Move
from derivgen.operations import KINKED, OPERATIONS
from derivgen.pictures import FORMS, PLACES, Mark
from derivgen.plan import Plan
from derivgen.preparing import PreparedChain, Text
from derivgen.printing import portable, printed
from derivgen.sheet import Exercise, Row, Sheet
from derivgen.written import write

MARK = "\x1a"  # no text from outside can hold it: invisible characters are refused or taken out


def variant_texts(sheet: Sheet, dialect: str) -> list[str]:
    """The variant's own texts, in the order of their marks."""
    texts = [sheet.code, sheet.command]
    for exercise in sheet.exercises:
        numbers = dict(exercise.givens)
        texts += [given_text(numbers[key], dialect) for group in givens(exercise) for key in group.keys]
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
        "points": points_text(sheet.points), "digits": quiz.digits, "kinks": kinks(sheet, dialect),
        "exercises": [_exercise(exercise, dialect, marks) for exercise in sheet.exercises],
        "drawn": any(exercise.plan.drawings for exercise in sheet.exercises),
    }  # fmt: skip


def kinks(sheet: Sheet, dialect: str) -> list[dict[str, object]]:
    """The operations with a kink on the sheet and what counts there, if the quiz says that anything does.

    ``value`` is the derivative at 0, ``equation`` says the same of a function with a symbol: ReLU'(0) = 0.
    """
    side = sheet.quiz.kinks
    graphs = [exercise.plan.graph for exercise in sheet.exercises] if side != "forbid" else []
    found = {
        "abs" if part.operation == "absolute_error" else part.operation
        for graph in graphs for node in graph.nodes for part in walk(graph.resolved(node.tree))
        if isinstance(part, Apply) and part.operation in KINKED
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for name in (name for name in KINKED if name in found):
        value = equation = ""
        if name != "max":
            graph = Graph.of(f"a = {name}(z)", ["z"], kinks=side)
            value = write(evaluator(local(graph, "a", "z"), side)({"z": Fraction(0)}), 2)[0]
            called = printed(Apply(name, (ZERO,), 1), graph.scope, dialect).text
            equation = f"{called} = {value}" if OPERATIONS[name].latex else ""
        rows.append({"operation": name, "side": side, "value": Markup(value), "equation": Markup(equation)})
    return rows


def points_text(points: Fraction | int) -> str:
    """Points as a student reads them: 3, 0.5."""
    return write(Fraction(points), 2)[0]


Key = str | Partial


@dataclass(frozen=True)
class Group:
    """One given as a sheet prints it: a quantity, or a whole array; ``role`` is given, known (inside) or taken."""

    role: str
    left: Tree
    rows: tuple[tuple[Key, ...], ...]
    whole: bool

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(key for row in self.rows for key in row)


def givens(exercise: Exercise) -> tuple[Group, ...]:
    """What is given, in the order of the network's quantities; arrays whole where all of their entries are."""
    return _groups(exercise.plan, tuple(key for key, _ in exercise.givens))


@lru_cache(maxsize=256)
def _groups(made: Plan, keys: tuple[Key, ...]) -> tuple[Group, ...]:
    graph, network, known = made.graph, made.network, made.known
    fixed = {name for name, _ in network.fixed}
    order: list[Key] = [key for key in keys if key not in fixed]
    if network.layers:
        place = {name: i for i, name in enumerate((*graph.leaves, *(node.name for node in graph.nodes)))}
        order.sort(key=lambda key: (isinstance(key, Partial), place[key if isinstance(key, str) else key.wrt]))
    wholes = _wholes(made, keys)
    found: list[Group] = []
    done: set[Key] = set()
    for key in order:
        if key in done:
            continue
        role = "known" if isinstance(key, Partial) or not graph.is_leaf(key) else "given"
        role = "taken" if key in known.taken else role
        group = Group(role, Name(key) if isinstance(key, str) else key, ((key,),), False)
        for entries, (left, width) in wholes.items():
            if key in entries and role != "taken" and not done & set(entries) and not known.taken & set(entries):
                rows = tuple(entries[i : i + width] for i in range(0, len(entries), width))
                group = Group(role, left, rows, True)
                break
        done |= set(group.keys)
        found.append(group)
    return tuple(found)


def _wholes(made: Plan, keys: tuple[Key, ...]) -> dict[tuple[Key, ...], tuple[Tree, int]]:
    """The arrays all of whose entries are among the keys: their entries, what they are called, their width."""
    given = set(keys)
    outputs = dict.fromkeys(key.of for key in keys if isinstance(key, Partial))
    found: dict[tuple[Key, ...], tuple[Tree, int]] = {}
    for name, tree in made.graph.arrays:
        entries, width = tuple(map(_key, _entries(tree))), _width(tree)
        if all(isinstance(entry, str) for entry in entries):  # δ goes by ∂L/∂z, which a student knows
            found[entries] = Name(name), width
            for of in outputs:
                found[tuple(Partial(of, str(entry)) for entry in entries)] = Partial(of, name), width
    return {entries: row for entries, row in found.items() if given.issuperset(entries)}


def _entries(array: Tree) -> tuple[Tree, ...]:
    assert isinstance(array, Apply)
    return tuple(entry for row in array.args if isinstance(row, Apply) for entry in row.args)


def _width(array: Tree) -> int:
    assert isinstance(array, Apply) and isinstance(array.args[0], Apply)
    return len(array.args[0].args)


def _key(entry: Tree) -> Key:
    assert isinstance(entry, (Name, Partial))
    return entry.name if isinstance(entry, Name) else entry


def given_text(value: Real, dialect: str) -> str:
    """A given number as it is: a decimal if it is one, else a fraction."""
    text, exact = write(value, 12)
    if exact or not isinstance(value, Fraction):
        return text
    sign = "-" if value < 0 else ""
    if dialect == "plain":
        return f"{sign}{abs(value.numerator)}/{value.denominator}"
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


class _Marks:
    def __init__(self) -> None:
        self.count = 0

    def next(self) -> Markup:
        self.count += 1
        return Markup(f"{MARK}{self.count - 1}{MARK}")


def _exercise(exercise: Exercise, dialect: str, marks: _Marks) -> dict[str, object]:
    made = exercise.plan
    scope = made.graph.scope
    said: dict[str, list[Markup]] = {"given": [], "known": [], "taken": []}
    for group in givens(exercise):
        cells = [[marks.next() for _ in row] for row in group.rows]
        said[group.role].append(
            Markup(f"{printed(group.left, scope, dialect).text} = {_matrix(cells, group, dialect)}")
        )
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
        if isinstance(value, Drawing):
            return {
                **{place: {form: _place(value, place, form) for form in FORMS} for place in PLACES},
                "numbers": {id: _place(value, "number", id) for id in value.ids},
            }
        if isinstance(value, Move):
            verdict = exercise.verdicts[value]
            return {"kind": verdict.kind, "reached": list(verdict.reached)}
        if isinstance(value, Mapping):
            return {key: fact(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [fact(inner) for inner in value]
        return value

    return {
        "number": exercise.number, "title": exercise.title, "stem": fact(made.stem), "kind": made.network.kind,
        "introduce": exercise.introduce, "givens_at": _givens_at(made),
        "givens": said["given"], "knowns": said["known"], "taken": said["taken"],
        "points": points_text(sum((Fraction(p.points) for p in made.parts), Fraction(0))),
        "parts": [
            {
                "ask": part.ask, "label": part.id.partition(".")[2], "space": part.space,
                "points": points_text(part.points), "hint": part.hint,
                "directives": fact(part.directives), "facts": fact(facts),
                "kept": [
                    {"label": label, "of": list(dict.fromkeys(Markup(chain.left[dialect]) for chain in kept))}
                    for label, kept in exercise.kept(chains).items()
                ],
            }
            for part, facts, chains in zip(made.parts, made.prepared, made.chains, strict=True)
        ],
        "trailing": fact(made.trailing),
    }  # fmt: skip


def _matrix(cells: list[list[Markup]], group: Group, dialect: str) -> str:
    """The numbers of a group: one, or a matrix of them."""
    if not group.whole:
        return cells[0][0]
    text = r" \\ ".join(" & ".join(row) for row in cells)
    text = rf"\begin{{bmatrix}} {text} \end{{bmatrix}}"
    return portable(text) if dialect == "markdown" else text


SHAPES = ("draw_network", "weight_shapes")  # asks that printed matrices would answer


def _givens_at(made: Plan) -> int:
    """Before which part the numbers stand: the first that they do not give away."""
    return next((i for i, part in enumerate(made.parts) if part.ask not in SHAPES), len(made.parts))


def _place(drawing: Drawing, place: str, form: str) -> Markup:
    """The mark of a drawing, or of one of its numbers."""
    return Markup(f"{MARK}{Mark(drawing.name, place, form)}{MARK}")


_ROW = ("left", "relation", "right", "unrounded")


def _kept(unrounded: str, mark: Markup) -> str:
    return mark if unrounded else ""
