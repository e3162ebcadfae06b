"""The macros of a work: written out, within bounds, and each character with its place in the source."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivgen.checking import check
from derivgen.checking.finding.macros import LENGTH, expanded
from derivgen.checking.subjects import of_equations

WRITTEN = [
    (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} $\pd{L}{w}$ $\pd Lw$", r"$\frac{\partial L}{\partial w}$ $\frac{\partial L}{\partial w}$"),
    (r"\def\half{\tfrac12} $\half x$", r"$\tfrac12 x$"),
    (r"\def\p{\partial}\def\q#1{\p#1} $\q w$", r"$\partial w$"),  # no \partialw
    (r"\newcommand*\a[2][L]{#1/#2} $\a w + \a[K]w$", "$L/w + K/w$"),
    (r"\renewcommand{\a}{x}\providecommand{\a}{y}\providecommand{\b}{z} $\a\b$", "$xz$"),
    (r"\DeclareMathOperator*{\relu}{ReLU} $\relu(z)$", r"$\operatorname{ReLU}(z)$"),
    (r"\DeclarePairedDelimiter{\norm}{\lVert}{\rVert} $\norm{x}$", r"$\lVert x \rVert$"),
    (r"\let\al\alpha $\al\\al$", r"$\alpha\\al$"),
    (r"$\a$ \def\a{x} $\a$ \def\a{y} $\a$", "$\\a$  $x$  $y$"),
    ("% \\def\\a{x}\n$\\a$", "% \\def\\a{x}\n$\\a$"),
    (r"\begin{verbatim}\def\a{x}\end{verbatim} $\a$", r"\begin{verbatim}\def\a{x}\end{verbatim} $\a$"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "says"), WRITTEN)
def test_plain_macros_are_written_out(source: str, says: str) -> None:
    assert expanded(source).source.replace(r"\relax{}", "").strip() == says


LEFT = [
    (r"\def\a{\a}", r"\a", "calls itself"),
    (r"\def\a{\b}\def\b{\a}", r"\a", "calls itself"),
    (r"\def\a#1/#2{x}", r"\a u/v", "between its arguments"),
    (r"\newcommand{\a}[2]{#1#2}", r"\a{u}", "arguments are not clear"),
    ("".join(rf"\def\a{one}{{\a{two}\a{two}}}" for one, two in zip("bcdefghijklm", "cdefghijklmn", strict=True)), r"\ab", "too long"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "use", "reason"), LEFT)
def test_what_is_not_expanded_is_unread_with_its_reason(definition: str, use: str, reason: str) -> None:
    (line,) = check(of_equations("z = w*x"), f"{definition} $3 = {use}$", form="tex").lines
    assert line.verdict.verdict == "unread"
    assert reason in line.verdict.problem
    assert line.source == use.split("{")[0].split()[0]


def test_a_verdict_stands_where_the_macro_is_used() -> None:
    text = "\\newcommand{\\pd}[2]{\\frac{\\partial #1}{\\partial #2}}\n\n$\\pd{z}{w} = w$ and $z = \\pd{z}{q}$"
    lines = check(of_equations("z = w*x"), text, form="tex").lines
    assert [(line.source, line.verdict.start) for line in lines] == [("w", text.index("w$")), ("q", text.index("q"))]
    assert [line.place.line for line in lines] == [3, 3]
    (line,) = check(of_equations("z_1 = w_1*x"), r"\newcommand{\at}[2]{#1_{#2}} $z_1 = \at{w}{1} x$", form="tex").lines
    assert line.source == r"\at{w}{1} x"


def test_every_row_behind_an_unread_one_is_told() -> None:
    text = r"\begin{align} \pd{z}{w} &= \pd{z}{x} \\ &= x \\ &= w x \\ &= 3 z \end{align}"
    assert [line.source for line in check(of_equations("z = w*x"), text, form="tex").lines] == [r"\pd", "x", "w x", "3 z"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*"{}[]#1xw$%\n ", "\\\\", r"\def", r"\newcommand", r"\let", r"\a", r"\b", "#1", "[1]", "{#1#1}"]), max_size=40))
def test_whatever_is_defined_every_character_has_a_place(words: list[str]) -> None:
    source = "\\def\\a#1{#1\\b#1}" + "".join(words)
    text = expanded(source)
    places = [text.of(at, at + 1) for at in range(len(text.source))]
    assert all(0 <= start < end <= len(source) for start, end in places)


@pytest.mark.parametrize("source", [
    r"\def\a#1{#1#1}" + r"\a{" * 30_000, r"\def\a{" + "x" * 2_900 + "}" + r"\a" * 30_000,
    r"\def\a{\a\a}" + r"\a" * 30_000, r"\newcommand" * 30_000,
])  # fmt: skip
def test_no_definition_makes_a_text_long(source: str) -> None:
    begun = time.process_time()
    assert len(expanded(source).source) < 2_200_000 + LENGTH
    assert time.process_time() - begun < 3
