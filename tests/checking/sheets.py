"""The solution sheets of the bundled quizzes through the checker: what they assert of their networks must be right.

    python tests/checking/sheets.py                50 seeds of each quiz that draws, both formats
    python tests/checking/sheets.py --seeds 2 sigmoid-network

Prints each link that is wrong, unread or undecided, and how many there are of each verdict; exit code 1 if there is one.
The tests check the quizzes that draw nothing (``test_sheets_checked.py``).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.checking import check
from derivgen.checking.report import Report
from derivgen.checking.subjects import of_sheet
from derivgen.checking.work import Verdict
from derivgen.folders import bundled_quizzes
from derivgen.formats import format_of
from derivgen.networks import KINDS
from derivgen.sheet import Composer

FORMS = {"tex": "latex", "md": "markdown"}
FINE = ("right", "right only when", "skipped")


def checked(composer: Composer, seed: str) -> Iterator[tuple[str, Report]]:
    """The reports on a variant's solution sheets, by their endings."""
    sheet = composer.compose(seed, f"derivgen generate quiz --seed {seed}")
    about = of_sheet(sheet)
    for ending, form in FORMS.items():
        yield ending, check(about, format_of(form).render(sheet, solutions=True), form=ending)


def faults(report: Report) -> list[Verdict]:
    return [verdict for verdict in report.verdicts if verdict.verdict not in FINE]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quizzes", nargs="*", help="their names (all bundled ones if left out)")
    parser.add_argument("--seeds", type=int, default=50)
    chosen = parser.parse_args()
    counts: Counter[str] = Counter()
    bad = 0
    for quiz in chosen.quizzes or bundled_quizzes():
        composer = Composer(spec.load(quiz, asks=ASKS, kinds=KINDS))
        for seed in map(str, range(1, (chosen.seeds if quiz.endswith("-variants") else 1) + 1)):
            for ending, report in checked(composer, seed):
                counts.update(verdict.verdict for verdict in report.verdicts)
                for verdict in faults(report):
                    bad += 1
                    said = report.text[verdict.start : verdict.end]
                    print(f"{quiz}, seed {seed}, {ending}: {verdict.verdict}: {said[:120]!r} {verdict.problem}")
    print(dict(counts))
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
