"""Each slip in gradients of the bundled quizzes is found and named; what is right stays right however it is written."""

from __future__ import annotations

import pytest
from mutating import mutants, rewritings, subjects, verdict

SUBJECTS = dict(subjects())
EVERY = 6  # of the gradients, and of the slips in each; `python tests/checking/mutating.py` takes all


@pytest.mark.parametrize("name", SUBJECTS)
def test_slips_are_found_and_named(name: str) -> None:
    about = SUBJECTS[name]
    tried = list(mutants(about, EVERY))
    found = [(way, verdict(about, left, way.tree, relation)) for left, way, relation in tried]
    assert [way for way, own in found if own.verdict != "wrong"] == []
    named = [own.slip == way.slip for way, own in found]
    assert sum(named) >= 0.9 * len(named)


def test_a_right_derivation_is_right_in_every_form() -> None:
    found = [(name, left, side, verdict(about, left, side)) for name, about, left, side in rewritings(7, 150)]
    assert [row for row in found if row[-1].verdict not in ("right", "right only when")] == []
