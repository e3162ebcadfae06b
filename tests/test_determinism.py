"""The same quiz, seed and version give the same bytes everywhere, and one exercise's draws are its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.folders import bundled_quizzes
from derivgen.networks import KINDS
from derivgen.sheet import Composer, compose
from derivgen.writing import files

ROOT = Path(__file__).parent.parent
QUIZZES = bundled_quizzes()
SEEDS = ("1", "zq7seed")

# What another interpreter runs: a digest of every file of every bundled quiz.
SCRIPT = """
import hashlib, json, sys
from derivgen import spec
from derivgen.asks import ASKS
from derivgen.folders import bundled_quizzes
from derivgen.networks import KINDS
from derivgen.sheet import Composer
from derivgen.writing import files

made = {}
for quiz in bundled_quizzes():
    composer = Composer(spec.load(quiz, asks=ASKS, kinds=KINDS), "secret")
    for seed in sys.argv[1:]:
        for name, text in files(composer.compose(seed, f"derivgen {seed}"), ["latex", "markdown"]).items():
            made[f"{quiz}/{seed}/{name}"] = hashlib.sha256(text.encode()).hexdigest()
print(json.dumps(made))
"""


@lru_cache
def here() -> dict[str, str]:
    made = {}
    for quiz in QUIZZES:
        composer = Composer(spec.load(quiz, asks=ASKS, kinds=KINDS), "secret")
        for seed in SEEDS if quiz.endswith("-variants") else SEEDS[-1:]:  # what was made before is no matter either
            for name, text in files(composer.compose(seed, f"derivgen {seed}"), ["latex", "markdown"]).items():
                made[f"{quiz}/{seed}/{name}"] = hashlib.sha256(text.encode()).hexdigest()
    return made


@contextmanager
def elsewhere(python: str, hash_seed: str) -> Iterator[Callable[[], dict[str, str]]]:
    """What another interpreter makes meanwhile: its digests, when they are asked for."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "LC_ALL": "C"}
    command = [python, "-c", SCRIPT, SEEDS[-1]]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment
    ) as process:

        def digests() -> dict[str, str]:
            printed, said = process.communicate(timeout=120)
            assert process.returncode == 0, said
            made: dict[str, str] = json.loads(printed)
            return made

        try:
            yield digests
        finally:
            process.kill()


@pytest.mark.parametrize("hash_seed", ["1"])  # these tests have another, a new one each time
def test_the_same_bytes_for_every_hash_seed(hash_seed):
    with elsewhere(sys.executable, hash_seed) as digests:
        ours = {name: digest for name, digest in here().items() if f"/{SEEDS[-1]}/" in name}
        assert digests() == ours


@lru_cache
def interpreter(version: str) -> str | None:
    """A Python of that version that has derivgen's dependencies; DERIVGEN_PYTHONS may name folders to look in."""
    folders = [*os.environ.get("DERIVGEN_PYTHONS", "").split(os.pathsep), None]
    for folder in folders:
        found = folder != "" and shutil.which(f"python{version}", path=folder)
        if not found:
            continue
        needed = "import sys, sympy, jinja2, yaml, pydantic, click, rich; print('%d.%d' % sys.version_info[:2])"
        run = subprocess.run([found, "-c", needed], capture_output=True, check=False, encoding="utf-8", timeout=60)
        if run.stdout.strip() == version:
            return found
    return None


# Skipped under DERIVGEN_STRICT too: strict means that what a fresh machine can install must be there, and a second
# Python with derivgen's dependencies is none of that. Where one is at hand, say where in DERIVGEN_PYTHONS.
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_same_bytes_for_every_python(version):
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        pytest.skip("this is the Python that runs the tests")
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} with derivgen's dependencies is at hand")
    with elsewhere(python, "random") as digests:
        ours = here()
        assert digests().items() <= ours.items()


# ---- draws -----------------------------------------------------------------------------------------------

NETWORK = """\
  - network:
      inputs: x
      weights: [w, v]
      target: y
      equations: |
        a = tanh(w*x)
        b = v*a
      loss: (b - y)^2
    random: true
    asks: [{derivative: w}]
"""
OTHER = NETWORK.replace("tanh", "sigmoid").replace("v*a", "v + a")
WITH_AN_ID = NETWORK.replace("  - network", "  - id: mine\n    network")


def givens(*exercises: str, seed: str = "1", name: str = "quiz.yaml") -> list[tuple[tuple[str, object], ...]]:
    quiz = spec.loads("title: T\nexercises:\n" + "".join(exercises), name, asks=ASKS, kinds=KINDS)
    return [exercise.givens for exercise in compose(quiz, seed).exercises]


@pytest.mark.parametrize("exercise", [NETWORK, WITH_AN_ID], ids=["without an id", "with an id"])
def test_another_exercise_leaves_the_draws_alone(exercise):
    (alone,) = givens(exercise)
    before, after = givens(OTHER, exercise), givens(exercise, OTHER)
    assert before[1] == alone
    assert after[0] == alone
    assert before[0] == after[1]
    assert givens(OTHER, exercise, OTHER)[1] == alone


def test_the_same_exercise_twice_has_draws_of_its_own():
    first, second = givens(NETWORK, NETWORK)
    assert [first] == givens(NETWORK)
    assert first != second


def test_another_ask_or_word_leaves_the_draws_alone():
    changed = NETWORK.replace("asks: [{derivative: w}]", "title: New\n    asks: [loss_value, {derivative: w}]")
    assert givens(changed) == givens(NETWORK)


def test_another_seed_quiz_or_secret_changes_the_draws():
    quiz = spec.loads("title: T\nexercises:\n" + NETWORK, asks=ASKS, kinds=KINDS)
    drawn = {
        givens(NETWORK)[0],
        givens(NETWORK, seed="2")[0],
        givens(NETWORK, name="other.yaml")[0],
        compose(quiz, "1", secret="s").exercises[0].givens,
    }
    assert len(drawn) == 4


def test_seeds_are_for_ever():
    """If this fails, sheets that instructors have handed out can no longer be made again: raise the version."""
    quiz = spec.load("neural-nets-numeric", asks=ASKS, kinds=KINDS)
    drawn = {seed: {k: str(v) for k, v in compose(quiz, seed).exercises[0].givens} for seed in SEEDS}
    assert drawn == {
        "1": {"x": "-6/5", "w_1": "-8/5", "w_2": "29/10", "y^*": "1", "alpha": "1/10"},
        "zq7seed": {"x": "3/10", "w_1": "29/10", "w_2": "-3/10", "y^*": "0", "alpha": "1/2"},
    }
