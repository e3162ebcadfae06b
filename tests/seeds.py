"""Many seeds of every bundled quiz that draws something: what may not happen is counted, what should be even is tested.

    python tests/seeds.py                                  2,000 seeds of each; some minutes
    python tests/seeds.py --seeds 200 sigmoid-network-variants
    python tests/seeds.py path/to/my-quiz.yaml             a quiz of your own

Of each quiz it counts failed certificates and other errors; unintended zeros and kinks (in an exercise without ``allow: [zeros]``);
answers that are not zero and print as 0; choices that cannot be told from the right one, or from each other, within the key's
tolerance; different sheets. No sheet may come twice where a quiz has 10^9 possible ones: the ways to draw its numbers
before the ugly ones are sorted out, times the structures that were met. That truth values, and the right choice's
places, come equally often is tested by χ², at 0.1 % divided by the number of tests. The exit code is 1 if
anything is wrong. The tests run 10 seeds (``test_seeds.py``).
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import mpmath

from derivgen import givens, spec
from derivgen.asks import ASKS
from derivgen.errors import DerivgenError
from derivgen.evaluation import EvaluationError, Numbers
from derivgen.expression import Apply, Tree, walk
from derivgen.folders import bundled_quizzes
from derivgen.networks import KINDS
from derivgen.reading import read
from derivgen.sheet import Composer, Exercise, Sheet
from derivgen.writing import key

SEEDS = 2000
LEVEL = 0.001
MANY = 10**9  # possible sheets, from which none may come twice
KINKED = ("relu", "leaky_relu", "abs", "absolute_error", "max")
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
NOTHING = re.compile(r"-?0(?:\.0*)?")


@dataclass
class Report:
    """What came of one quiz: ``faults`` by kind, each with the seed and place; how often each place held the right choice."""

    quiz: str
    seeds: int = 0
    distinct: int = 0
    possible: int = 1
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    places: dict[str, Counter[str]] = field(default_factory=dict)

    def uneven(self, tests: int) -> list[str]:
        """Parts whose right choice does not come equally often at each place, at the level shared by all tests."""
        return [
            f"part {part}: {dict(sorted(counts.items()))}, p = {p:.1g}"
            for part, counts in self.places.items()
            if (p := uniform(list(counts.values()))) < LEVEL / max(tests, 1)
        ]

    def lines(self, tests: int) -> Iterator[str]:
        yield f"{self.quiz}: {self.seeds} seeds, {self.distinct} different sheets of about {float(self.possible):.1g}"
        for part, counts in self.places.items():
            yield f"  part {part}: {dict(sorted(counts.items()))}, p = {uniform(list(counts.values())):.2g}"
        for kind, found in self.faults.items():
            yield f"  {len(found)} × {kind}, first {found[0]}"
        for line in self.uneven(tests):
            yield f"  not uniform: {line}"


def uniform(counts: Sequence[int]) -> float:
    """The probability that equally likely places come out at least as unevenly as this (Pearson's χ²)."""
    mean = Fraction(sum(counts), len(counts))
    if len(counts) < 2 or not mean:
        return 1.0
    statistic = sum((count - mean) ** 2 for count in counts) / mean
    return float(mpmath.gammainc((len(counts) - 1) / 2, float(statistic) / 2, mpmath.inf, regularized=True))


# --- one quiz ---------------------------------------------------------------------------------------------------


def survey(word: str, seeds: int) -> Report:
    quiz = spec.load(word, asks=ASKS, kinds=KINDS)
    composer, report = Composer(quiz), Report(word)
    contents: Counter[str] = Counter()
    structures: list[dict[int, int]] = [{} for _ in quiz.exercises]
    for seed in map(str, range(1, seeds + 1)):
        report.seeds += 1
        try:
            sheet = composer.compose(seed)
        except DerivgenError as error:
            report.faults["failed certificate" if error.exit_code == 1 else "error"].append(f"seed {seed}: {error}")
            continue
        data = json.loads(key(sheet))
        contents[json.dumps(data["exercises"])] += 1
        for exercise, asked, row, met in zip(sheet.exercises, quiz.exercises, data["exercises"], structures, strict=True):
            met.setdefault(id(exercise.plan), ways(exercise, asked))
            for kind, what in (*ugly(exercise, asked, quiz.kinks), *misprinted(exercise, row, report)):
                report.faults[kind].append(f"seed {seed}, exercise {exercise.number}: {what}")
    report.distinct = len(contents)
    for met in structures:
        report.possible *= max(met.values(), default=1) * max(len(met), 1)
    if report.possible >= MANY and report.distinct < contents.total():
        report.faults["sheet that came twice"].append(f"{contents.total() - report.distinct} of {contents.total()}")
    return report


def ways(exercise: Exercise, asked: spec.Exercise) -> int:
    """In how many ways an exercise's numbers can be drawn, the ugly ones among them."""
    _, rules = givens._rules(exercise.plan, asked, givens.expanded(exercise.plan.network, asked))
    count = 1
    for rule in rules.values():
        steps = (rule.high - rule.low) * 10**rule.places + 1
        zero = rule.nonzero and rule.low <= 0 <= rule.high
        count *= len(set(rule.choices)) if rule.kind == "choice" else int(steps) - zero
    return count


def ugly(exercise: Exercise, asked: spec.Exercise, kinks: str) -> Iterator[tuple[str, str]]:
    """Zeros and kinks among the values of an exercise whose numbers are drawn, where the quiz does not allow them."""
    made, numbers = exercise.plan, exercise.numbers
    if "zeros" in asked.allow or ways(exercise, asked) == 1:
        return
    graph = made.graph
    for node in graph.nodes:
        tree = graph.resolved(node.tree)
        inactive = isinstance(tree, Apply) and tree.operation == "relu" and "inactive" in asked.allow
        meant = inactive or node.name in made.cuts or node.name in made.network.example_losses
        if node.name in numbers and not numbers[node.name] and not meant:
            yield "unintended zero", node.name
        for part in walk(tree) if node.name in made.used else ():
            if isinstance(part, Apply) and part.operation in KINKED and at_kink(part, numbers):
                yield "unintended kink", f"{node.name} (kinks: {kinks})"
    for part, tree in made.answers:
        assert part.answer is not None
        if part.answer.type == "number" and part.ask != "classify" and not numbers.value(tree):
            yield "unintended zero", f"the answer of part {part.id}"


def at_kink(call: Apply, numbers: Numbers) -> bool:
    try:
        first, *others = (numbers.value(argument) for argument in call.args)
    except EvaluationError:  # not known, in an exercise on partial information
        return False
    return first == (others[0] if others else 0)


# --- one key ----------------------------------------------------------------------------------------------------


def misprinted(exercise: Exercise, row: Mapping[str, Any], report: Report) -> Iterator[tuple[str, str]]:
    """What is wrong in one exercise of a key; its right choices are counted on the way."""
    for part, made in zip(row["parts"], exercise.plan.parts, strict=True):
        answer = part["answer"]
        for entry in answer["values"] if answer["type"] == "values" else [answer]:
            for shown, number in zip(texts(entry.get("latex", "")), numbers_of(entry.get("decimal", [])), strict=False):
                if NOTHING.fullmatch(shown) and float(number):
                    yield "nonzero answer printed as 0", f"part {part['id']}: {number}"
        if "choices" not in part:
            continue
        choices, correct = part["choices"], answer["correct"]
        counts = report.places.setdefault(part["id"], Counter({label(choices, i): 0 for i in range(len(choices))}))
        for place in correct:
            counts[label(choices, place)] += 1
        graph = made.answer.graph or exercise.plan.graph if made.answer else exercise.plan.graph
        found = [value_of(choice, graph) for choice in choices] if choices != ["true", "false"] else []
        for (i, one), (j, other) in itertools.combinations(enumerate(found), 2):
            if alike(one, other, float(answer.get("tolerance", {}).get("abs", 0))):
                right = "the right one" if {i, j} & set(correct) else "another"
                yield f"choice equal to {right}", f"part {part['id']}: {choices[i]} and {choices[j]}"


def label(choices: Sequence[str], place: int) -> str:
    """A truth value by its name, another choice by its place."""
    return choices[place] if sorted(choices) == ["false", "true"] else f"{place + 1} of {len(choices)}"


def texts(latex: str) -> list[str]:
    """The printed numbers of an answer: its only one, or a matrix's row by row."""
    inside = re.fullmatch(r"\\begin\{bmatrix\} (.*) \\end\{bmatrix\}", latex)
    return [cell.strip() for cell in re.split(r"&|\\\\", inside[1])] if inside else [latex]


def numbers_of(decimal: str | list[list[str]]) -> list[str]:
    return [decimal] if isinstance(decimal, str) else [cell for row in decimal for cell in row]


def value_of(choice: str, graph: Any) -> list[float] | str:
    """The numbers of a choice, those of a formula at numbers of our own; the text of what has none."""
    if NUMBER.fullmatch(choice):
        return [float(choice)]
    try:
        tree = read(choice, graph.scope, latex=True)
        at = Numbers(graph, {name: Fraction(13 + 7 * i % 31, 11 + i) for i, name in enumerate(graph.leaves)})
        rows: list[list[Tree]] = graph.entries(tree) or [[tree]]
        return [float(at.value(cell)) for row in rows for cell in row]
    except DerivgenError:
        return choice


def alike(one: list[float] | str, other: list[float] | str, tolerance: float) -> bool:
    if isinstance(one, str) or isinstance(other, str) or len(one) != len(other):
        return one == other
    return all(abs(a - b) <= max(tolerance, 1e-12 * abs(a)) for a, b in zip(one, other, strict=True))


# --- all of them ------------------------------------------------------------------------------------------------


def drawing() -> list[str]:
    """The bundled quizzes that leave something to the seed."""

    def content(sheet: Sheet) -> str:
        return json.dumps(json.loads(key(sheet))["exercises"])

    def draws(word: str) -> bool:
        composer = Composer(spec.load(word, asks=ASKS, kinds=KINDS))
        return len({content(composer.compose(seed)) for seed in "123"}) > 1

    return [word for word in bundled_quizzes() if word.endswith("-variants") or draws(word)]


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quizzes", nargs="*", help="bundled quizzes or files; all that draw something if left out")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    chosen = parser.parse_args(words)
    reports = [survey(word, chosen.seeds) for word in chosen.quizzes or drawing()]
    tests = sum(len(report.places) for report in reports)
    for report in reports:
        print("\n".join(report.lines(tests)), flush=True)
    wrong = sum(len(found) for report in reports for found in report.faults.values())
    wrong += sum(len(report.uneven(tests)) for report in reports)
    print(f"{tests} tests of uniformity; {wrong} faults")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
