"""Works for the tests: lines in derivgen's own plain maths, a network in equations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from derivgen.checking.judging.works import judge
from derivgen.checking.work import Fragment, Side, Statement, Subject, Verdict
from derivgen.expression import Apply, Name
from derivgen.graph import Graph
from derivgen.lexing import Scope
from derivgen.reading import read_line
from derivgen.slips import Roles


def subject(
    equations: str, weights: str = "", *, loss: str = "L", step: str = "", functions: tuple[str, ...] = (),
    numbers: Mapping[str, str] | None = None, simplices: tuple[tuple[str, ...], ...] = (),
) -> Subject:  # fmt: skip
    graph = Graph.of(equations, None, functions, kinks="left")
    if step:
        graph = replace(graph, leaves=(*graph.leaves, step))
    graph = replace(graph, simplices=simplices)
    roles = Roles(graph, tuple(weights.split()), loss, (), step)
    return Subject(graph, roles, numbers={name: Fraction(value) for name, value in (numbers or {}).items()})


def statements(about: Subject, text: str, more: str = "") -> list[Statement]:
    """One statement a line; += and => are the work's own signs. ``more`` are letters that the network does not have."""
    scope = about.graph.scope
    if more:
        scope = Scope.of([*about.graph.leaves, *(node.name for node in about.graph.nodes), *more.split()],
                         dict(about.graph.functions))  # fmt: skip
    found, at = [], 0
    for row in (row.strip() for row in text.strip().splitlines()):
        line = read_line(row.replace("+=", "=").replace("=>", "="), scope)
        signs = [sign for sign in row.split() if sign in ("=", "<-", "+=", "=>", "≈")]
        links = tuple((sign, Side(tree, at, at + len(row))) for sign, (_, tree) in zip(signs, line.links, strict=True))
        dummy = more if isinstance(line.left, Apply) and line.left.args == (Name(more),) else ""
        found.append(Statement(Side(line.left, at, at), links, Fragment(row, at, "plain", exercise=1, part="a"), dummy))
        at += len(row) + 1
    return found


def verdicts(about: Subject, text: str, more: str = "") -> list[Verdict]:
    return judge(about, statements(about, text, more))


def words(about: Subject, text: str, more: str = "") -> list[str]:
    """Of each link its verdict, and how it is a number or which slip it is."""
    return [" ".join(filter(None, (v.verdict, v.number, v.slip))) for v in verdicts(about, text, more)]
