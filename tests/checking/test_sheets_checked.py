"""What a solution sheet asserts of its network is found right by the checker, in both formats.

`python tests/checking/sheets.py` does the same for 50 seeds of the quizzes that draw.
"""

from __future__ import annotations

import pytest
from sheets import checked, faults

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.folders import bundled_quizzes
from derivgen.networks import KINDS
from derivgen.sheet import Composer


@pytest.mark.parametrize("quiz", [quiz for quiz in bundled_quizzes() if not quiz.endswith("-variants")])
def test_a_solution_sheet_is_right_in_all_that_it_says(quiz: str) -> None:
    for ending, report in checked(Composer(spec.load(quiz, asks=ASKS, kinds=KINDS)), "1"):
        wrong = [(v.verdict, report.text[v.start : v.end], v.problem) for v in faults(report)]
        assert wrong == [], ending
