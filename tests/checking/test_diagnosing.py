"""Each slip in gradients of the bundled quizzes is found and named; what is right stays right however it is written."""

from __future__ import annotations

import itertools

import pytest
from mutating import mutants, rewritings, subjects, verdict

from derivgen.checking.work import Subject
from derivgen.expression import Tree

SUBJECTS = dict(subjects())
EVERY = 40  # of the mutants; `python tests/checking/mutating.py` takes all


@pytest.mark.parametrize("name", SUBJECTS)
def test_slips_are_found_and_named(name: str) -> None:
    about = SUBJECTS[name]
    tried = list(itertools.islice(mutants(about), 0, None, EVERY))
    found = [(way, verdict(about, left, way.tree, relation)) for left, way, relation in tried]
    assert [way for way, own in found if own.verdict != "wrong"] == []
    named = [own.slip == way.slip for way, own in found]
    assert sum(named) >= 0.9 * len(named)


@pytest.mark.parametrize(
    ("about", "left", "side"),
    [pytest.param(*row, id=f"{i} {name}") for i, (name, *row) in enumerate(rewritings(7, 200))],
)
def test_a_right_derivation_is_right_in_every_form(about: Subject, left: Tree, side: Tree) -> None:
    assert verdict(about, left, side).verdict in ("right", "right only when")
