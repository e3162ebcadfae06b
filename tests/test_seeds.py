"""``seeds.py`` at 10 seeds on every bundled quiz that draws something; and it sees what it is there to see."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import seeds
from seeds import Report, alike, misprinted, survey, uniform

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.errors import CertificateError
from derivgen.folders import bundled_quizzes
from derivgen.networks import KINDS
from derivgen.sheet import Composer, Exercise
from derivgen.writing import key

VARIANTS = [name for name in bundled_quizzes() if name.endswith("-variants")]
FEW = 10


@pytest.mark.parametrize("quiz", VARIANTS)
def test_some_seeds_of_a_quiz_of_variants(quiz: str) -> None:
    report = survey(quiz, FEW)
    assert report.seeds == FEW and not report.faults and not report.uneven(len(report.places))
    assert report.distinct > FEW / 2


def test_some_seeds_of_the_other_quizzes_that_draw(capsys: pytest.CaptureFixture[str]) -> None:
    others = [name for name in seeds.drawing() if name not in VARIANTS]
    assert seeds.main(["--seeds", str(FEW), *others]) == 0, capsys.readouterr().out
    printed = capsys.readouterr().out
    assert all(f"{name}: {FEW} seeds, " in printed for name in others) and " different sheets of about " in printed


def written(tmp_path: Path, network: str, more: str, asks: str, top: str = "") -> str:
    path = tmp_path / "own.yaml"
    path.write_text(f"title: T\n{top}\nexercises:\n  - network: {{kind: layered, {network}}}\n{more}    asks: {asks}\n")
    return str(path)


RANDOM = "    random: true\n"


def test_a_failed_certificate_and_an_error_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quiz = written(tmp_path, "sizes: [2, 1]", RANDOM, "[output]")
    right = Composer.compose

    def compose(self: Composer, seed: str, *more: Any) -> Any:
        if seed == "3":
            raise CertificateError("a printed number is wrong: 7")
        return right(self, seed, *more)

    monkeypatch.setattr(Composer, "compose", compose)
    assert survey(quiz, 4).faults == {"failed certificate": ["seed 3: a printed number is wrong: 7"]}
    nothing = written(tmp_path, "sizes: [2, 1]", "    givens: {x: 1}\n", "[output]")
    assert [len(found) for found in survey(nothing, 2).faults.values()] == [2]


def test_a_sheet_that_comes_twice_is_a_fault_only_where_there_are_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quiz = written(tmp_path, "sizes: [1, 1], biases: false", "    givens: {x_1: {integer: [1, 3]}, W1: {choice: [1, 4, 4]}}\n", "[output]")
    few = survey(quiz, 30)
    assert few.possible == 6 and few.distinct <= 6 and not few.faults
    monkeypatch.setattr(seeds, "MANY", 6)
    assert list(survey(quiz, 30).faults) == ["sheet that came twice"]


def test_zeros_and_kinks_that_nobody_allowed_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from derivgen import givens

    network, asks = "sizes: [1, 2, 1], activation: relu, biases: false", "[output, derivative: x_1]"
    allowed = "    givens: {x_1: {integer: [1, 3]}, W1: [[0, 2]], W2: [3, 1]}\n"
    top = "kinks: left"
    assert not survey(written(tmp_path, network, "    allow: [zeros, inactive, repeats]\n" + allowed, asks, top), 5).faults
    monkeypatch.setattr(givens, "_ugly", lambda *anything: "")
    found = survey(written(tmp_path, network, allowed, asks, top), 5).faults
    assert {kind: len(places) // 5 for kind, places in found.items()} == {"unintended zero": 2, "unintended kink": 1}


def exercise_of(quiz: str, seed: str = "1") -> tuple[Exercise, dict[str, Any]]:
    sheet = Composer(spec.load(quiz, asks=ASKS, kinds=KINDS)).compose(seed)
    return sheet.exercises[0], json.loads(key(sheet))["exercises"][0]


def test_what_prints_as_zero_and_what_looks_like_the_key_is_counted(tmp_path: Path) -> None:
    quiz = written(tmp_path, "sizes: [2, 2, 1], activation: tanh", RANDOM, "[output, pre_activations: 1, gradients]")
    exercise, row = exercise_of(quiz)
    assert list(misprinted(exercise, row, Report("q"))) == []
    output, pre, _ = row["parts"]
    output["answer"]["latex"], output["answer"]["decimal"] = "-0.0000", "-0.00001"
    pre["answer"]["latex"], pre["answer"]["decimal"] = r"\begin{bmatrix} 1.5 \\ 0 \end{bmatrix}", [["1.5"], ["0.00002"]]
    assert [kind for kind, _ in misprinted(exercise, row, Report("q"))] == ["nonzero answer printed as 0"] * 2


@pytest.mark.parametrize(
    ("choices", "faults"),
    [
        (["1.25", "-1.25", "2.5", "0"], []),
        (["1.25", "-1.25", "1.2500", "0"], ["choice equal to the right one"]),
        (["1.25", "-1.25", "3", "3.00004"], ["choice equal to another"]),
        (["W_{11}^{(1)} x_1", "x_1", "W_{11}^{(1)}", "x_1 W_{11}^{(1)}"], ["choice equal to the right one"]),
        ([r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}", r"\begin{bmatrix} 1 & 2 \end{bmatrix} x_1", r"\begin{bmatrix} 1 \\ 2.00001 \end{bmatrix}"],
         ["choice equal to the right one"]),
        (["true", "false"], []),
    ],
)  # fmt: skip
def test_choices_that_cannot_be_told_apart(tmp_path: Path, choices: list[str], faults: list[str]) -> None:
    quiz = written(tmp_path, "sizes: [2, 2, 1], activation: tanh", RANDOM, "[output]")
    exercise, row = exercise_of(quiz)
    row["parts"][0] |= {"choices": choices}
    row["parts"][0]["answer"] = {"type": "choice", "correct": [0], "tolerance": {"abs": "5e-5", "rel": "0"}}
    report = Report("q")
    assert [kind for kind, _ in misprinted(exercise, row, report)] == faults
    first = "true" if "true" in choices else f"1 of {len(choices)}"
    assert report.places["1.a"][first] == 1 and report.places["1.a"].total() == 1
    assert len(report.places["1.a"]) == len(choices), "places that never came are counted as never"


def test_uneven_places_are_told_from_even_ones() -> None:
    assert uniform([500, 500]) == 1 and uniform([7]) == 1 and uniform([0, 0]) == 1
    assert uniform([60, 40]) == pytest.approx(0.0455, abs=1e-4)  # χ² = 4 with one degree of freedom
    assert uniform([30, 20, 25, 25]) == pytest.approx(0.5724, abs=1e-4)  # χ² = 2 with three
    report = Report("q", places={"1.a": Counter(true=1100, false=900), "1.b": Counter(true=1010, false=990)})
    assert len(report.uneven(2)) == 1 and "part 1.a" in report.uneven(2)[0]
    assert any("not uniform" in line for line in report.lines(2))
    assert alike("a", "a", 0) and not alike([1.0], [1.0, 2.0], 5) and alike([Fraction(1, 3)], [0.33333], 1e-4)
