"""One digit of one number on a solution sheet changed at a time: not all of the sheet may be found right any more.

    python tests/checking/digits.py                      20 changes on each of 3 seeds of each bundled quiz
    python tests/checking/digits.py 5 sigmoid-network    fewer, on one quiz

Prints each change that passes. What is left are numbers that nothing hangs on: a factor beside 0, the smaller of a
maximum's arguments, a summand below the rounding of the rest.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.checking import check
from derivgen.checking.report import Report
from derivgen.checking.subjects import of_sheet
from derivgen.folders import bundled_quizzes
from derivgen.formats import format_of
from derivgen.networks import KINDS
from derivgen.sheet import Composer

_NUMBER = re.compile(r"(?<![\w.^{])\d+(?:\.\d+)?(?![\w.])")


def places(report: Report) -> Iterator[tuple[int, int]]:
    """Where numbers of two digits or more stand in lines that were found right."""
    for verdict in report.verdicts:
        for match in _NUMBER.finditer(report.text[verdict.start : verdict.end]) if verdict.verdict == "right" else ():
            if len(match[0].replace(".", "")) > 1:
                yield verdict.start + match.start(), verdict.start + match.end()


def changed(number: str, draw: random.Random) -> str:
    """The number with one digit changed, but the last, which may be rounded."""
    place = draw.choice([i for i, sign in enumerate(number) if sign.isdigit()][:-1])
    digit = str((int(number[place]) + draw.randint(1, 9)) % 10)
    return number[:place] + digit + number[place + 1 :]


def main(count: int, quizzes: list[str]) -> None:
    tally: Counter[str] = Counter()
    draw = random.Random(1)
    for quiz in quizzes or bundled_quizzes():
        composer = Composer(spec.load(quiz, asks=ASKS, kinds=KINDS))
        for seed in "123":
            sheet = composer.compose(seed)
            text = format_of("markdown").render(sheet, solutions=True)
            found = list(places(check(of_sheet(sheet), text, form="md")))
            for start, end in draw.sample(found, min(count, len(found))):
                other = changed(text[start:end], draw)
                report = check(of_sheet(sheet), text[:start] + other + text[end:], form="md")
                worst = {verdict.verdict for verdict in report.verdicts} - {"right", "right only when", "skipped"}
                tally["found" if worst else "passed"] += 1
                if not worst:
                    print(f"{quiz} {seed}: {text[start:end]} -> {other}: {text[max(0, start - 80) : end + 30]!r}")
    print(dict(tally))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, sys.argv[2:])
