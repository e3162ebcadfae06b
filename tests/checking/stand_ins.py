"""Thin stand-ins for the reading and the judging of a work, so that what lies before and behind them is tested alone.

They read derivgen's own print only, and judge each link by the fingerprints of its two sides.
"""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from derivgen import certify
from derivgen.checking.work import Side, Statement, Unread, Verdict, Witness
from derivgen.errors import CertificateError
from derivgen.expression import Partial
from derivgen.reading import ReadingError, read_line


class Symbols:
    @staticmethod
    def of(subject):
        return subject


def statements(fragment, subject):
    try:
        line = read_line(fragment.source, subject.graph.scope, latex=fragment.dialect == "latex")
    except ReadingError as error:
        end = fragment.at + len(fragment.source)
        return [Unread(fragment.at, end, error.problem, "", fragment)] if "=" in fragment.source else []
    at = fragment.at
    cuts = [at + i for i, c in enumerate(fragment.source) if c == "="] + [at + len(fragment.source)]
    sides = [Side(tree, cuts[i], cuts[i + 1]) for i, (_, tree) in enumerate(line.links)]
    links = tuple((relation, side) for (relation, _), side in zip(line.links, sides, strict=True))
    return [Statement(Side(line.left, at, cuts[0]), links, fragment)]


def judge(subject, found):
    return [verdict for one in found for verdict in _verdicts(subject, one)]


def _verdicts(subject, one):
    if isinstance(one, Unread):
        yield Verdict("unread", one.start, one.end, problem=one.problem)
        return
    wrong = False
    for relation, side in one.links:
        try:
            differs = certify.differs(subject.graph, side.tree, one.left.tree)
        except CertificateError:
            differs = True
        verdict = "right" if not differs else "follows" if wrong else "wrong"
        wrong |= differs
        yield Verdict(
            verdict, side.start, side.end, relation, one.left.tree, side.tree,
            expected=one.left.tree if differs else None,
            slip="loss_sign" if verdict == "wrong" and isinstance(one.left.tree, Partial) else "",
            witness=Witness((("x", "2"), ("w", "0.5")), "1", "-1") if differs else None,
        )  # fmt: skip


@pytest.fixture
def stand_ins(monkeypatch):
    """The stand-ins in place of the modules."""
    for name, member in (("symbols", Symbols), ("statements", statements), ("judging", judge)):
        module = ModuleType(f"derivgen.checking.{name}")
        setattr(module, {"symbols": "Symbols", "statements": "statements", "judging": "judge"}[name], member)
        monkeypatch.setitem(sys.modules, f"derivgen.checking.{name}", module)
