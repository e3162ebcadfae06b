"""Seeds are forever: pinned values, independent streams, every number equally likely."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from fractions import Fraction

import pytest

from derivgen.draws import Draws, digest

SEED = Draws("secret", "quiz", "1")


def test_the_same_key_draws_the_same_for_ever() -> None:
    """These numbers stand on printed sheets: a change of them breaks every sheet's reproduction line."""
    assert [SEED.integer(name, 1, 1000) for name in ("x", "w_1", "w_2", "y^*")] == PINNED_INTEGERS
    assert SEED.within("exercise", "2").integer("x", 1, 1000) == PINNED_WITHIN
    assert SEED.decimal("alpha", Fraction(-2), Fraction(2), 2) == PINNED_DECIMAL
    assert SEED.choice("activation", ["relu", "sigmoid", "tanh"]) == PINNED_CHOICE
    assert digest("secret", "quiz", "1") == PINNED_DIGEST


PINNED_INTEGERS = [25, 51, 327, 249]
PINNED_WITHIN = 763
PINNED_DECIMAL = Fraction(14, 25)
PINNED_CHOICE = "tanh"
PINNED_DIGEST = "J6UY287N"


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_hash_seeds_do_not_count(hash_seed: str) -> None:
    code = "from derivgen.draws import Draws; print(Draws('secret', 'quiz', '1').integer('x', 1, 1000))"
    run = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert int(run.stdout) == PINNED_INTEGERS[0]


@pytest.mark.parametrize("bound", [2, 3, 7, 10])
def test_every_number_is_equally_likely(bound: int) -> None:
    draws = 6000
    counts = Counter(SEED.below(f"{bound}.{i}", bound) for i in range(draws))
    assert set(counts) == set(range(bound))
    expected = draws / bound
    chi_squared = sum((counts[i] - expected) ** 2 / expected for i in range(bound))
    assert chi_squared < 3 * bound + 15


def test_a_bound_beside_a_power_of_two_does_not_favour_small_numbers() -> None:
    """Of 2^64 words 3·2^62 − 1 is no divisor: taken modulo, the first third would come up twice as often."""
    bound = 3 * 2**62
    draws = [SEED.below(str(i), bound) for i in range(3000)]
    low = sum(draw < 2**62 for draw in draws)
    assert abs(low - 1000) < 120


def test_both_ends_are_drawn() -> None:
    assert {SEED.integer(str(i), -1, 1) for i in range(200)} == {-1, 0, 1}
    assert {SEED.decimal(str(i), Fraction(-1, 5), Fraction(1, 5), 1) for i in range(200)} == {
        Fraction(n, 10) for n in range(-2, 3)
    }


def test_nonzero_leaves_zero_out_and_nothing_else() -> None:
    drawn = Counter(SEED.decimal(str(i), Fraction(-2), Fraction(2), 0, nonzero=True) for i in range(2000))
    assert set(drawn) == {Fraction(n) for n in (-2, -1, 1, 2)}
    assert max(drawn.values()) < 1.3 * min(drawn.values())


@pytest.mark.parametrize(("low", "high"), [("0.05", "0.34"), ("-0.34", "-0.05"), ("0", "0.3"), ("1", "1")])
def test_a_decimal_lies_between_its_ends(low: str, high: str) -> None:
    for i in range(100):
        value = SEED.decimal(str(i), Fraction(low), Fraction(high), 1)
        assert Fraction(low) <= value <= Fraction(high)
        assert (value * 10).denominator == 1


def test_streams_are_independent() -> None:
    """No stream is another one, shifted or not: names, seeds, secrets, exercises and their boundaries all count."""
    keys = [
        Draws("s", "q", "1"), Draws("s", "q", "2"), Draws("t", "q", "1"), Draws("s", "p", "1"), Draws("sq", "", "1"),
        Draws("s", "q1", ""), Draws("s", "q"), Draws("s", "q", "1", ""), Draws("s", "q").within("1"),
        Draws("s", "q", "1").within(""), Draws("s").within("q", "1"), Draws("s\x1fq", "1"), Draws("s", "q\x1f1"),
        Draws("s", "q", "1").within("a", "b"), Draws("s", "q", "1").within("a").within("b"),
        Draws("s", "q", "1").within("ab"), Draws("s\x1eq"), Draws("s").within("q"), Draws("s\x1e").within("q"),
        Draws("s").within("\x1eq"), Draws("s\x1f", "q"), Draws("s", "\x1fq"),
    ]  # fmt: skip
    sequences = [tuple(key.below(str(i), 10**6) for i in range(3)) for key in keys]
    assert len(set(sequences)) == len(keys)
    names = [SEED.below(name, 10**9) for name in ("x", "x_1", "x1", "w_1", "", "x\x1d", "\x1dx")]
    assert len(set(names)) == len(names)


def test_names_and_counters_do_not_run_into_each_other() -> None:
    assert Draws("a").below("b\x00\x00\x00\x00", 10**12) != Draws("a").below("b", 10**12)
    assert Draws("a").within("b").below("c", 10**12) != Draws("a", "b").below("c", 10**12)
    assert Draws("a\x1d").below("b", 10**12) != Draws("a").below("\x1db", 10**12)


def test_adding_a_quantity_changes_no_other_draw() -> None:
    before = {name: SEED.integer(name, 0, 99) for name in ("x", "y")}
    after = {name: SEED.integer(name, 0, 99) for name in ("a", "x", "b", "y")}
    assert before.items() <= after.items()


def test_codes_are_short_and_easily_told_apart() -> None:
    codes = [digest("secret", str(seed)) for seed in range(2000)]
    assert len(set(codes)) == 2000
    assert {len(code) for code in codes} == {8}
    assert not set("".join(codes)) & set("01IO")
    assert digest("a", "b") != digest("ab")
    assert digest("a", "b") != digest("a\x1fb")
