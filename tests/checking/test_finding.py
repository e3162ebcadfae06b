"""Where the mathematics of a file stands, which exercise it belongs to, and what is left out with which reason."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.checking.finding.fragments import FORMS, LONGEST, SKIPS, form_of, fragments
from derivgen.draws import Draws
from derivgen.errors import DerivgenError
from derivgen.folders import bundled_quizzes
from derivgen.networks import KINDS, build
from derivgen.notation import parts

GENERATED = Path(__file__).parents[2] / "generated"
SHEETS = sorted(GENERATED.glob("*/1/solutions.md"))


def read(text: str, form: str) -> list[str]:
    """The sources of what is to be read."""
    return [fragment.source.strip() for fragment in fragments(text, form)[0] if not fragment.skip]


def left_out(text: str, form: str) -> list[tuple[str, str]]:
    return [(fragment.source.strip(), fragment.skip) for fragment in fragments(text, form)[0] if fragment.skip]


def labels(text: str, form: str) -> list[str]:
    return [mark.label for mark in fragments(text, form)[1]]


TEX = [
    ("a $x$ b $$y$$ c", ["x", "y"]),
    (r"\(x\) and \[ y \]", ["x", "y"]),
    (r"\begin{align*} a &= b \\ &= c \end{align*}", [r"\begin{align*} a &= b \\ &= c \end{align*}"]),
    (r"\begin{equation}a=b\end{equation}", [r"\begin{equation}a=b\end{equation}"]),
    *(
        (rf"\begin{{{e}}}a=b\end{{{e}}}", [rf"\begin{{{e}}}a=b\end{{{e}}}"])
        for e in ("gather", "multline*", "eqnarray")
    ),
    ("x % not $y$\n$z$", ["z"]),
    (r"100\% of $y$", ["y"]),
    (r"\verb|$x$| $y$", ["y"]),
    (r"\begin{verbatim}$x$\end{verbatim}$y$", ["y"]),
    (r"\begin{lstlisting}" + "\n$x$\n" + r"\end{lstlisting}$y$", ["y"]),
    (r"\documentclass{article}\newcommand{\x}{$q$}" + "\n" + r"\begin{document}$y$\end{document}$z$", ["y"]),
    (r"\textbf{so $x$} \footnote{$y$}", ["x", "y"]),
    (r"$a \text{ if $b$}$ $c$", [r"a \text{ if $b$}", "c"]),
    (r"costs \$5, and $x$", ["x"]),
    (r"\\$x$", ["x"]),
    ("a lone $ sign\n\nthen $x$", ["x"]),
    (r"\[ never closed" + "\n\n$x$", ["x"]),
    (r"\item[$x$] \ensuremath{a_{1}} \parbox{3cm}{$y$}", ["x", "a_{1}", "y"]),
    (r"\begin{aligned} x \end{aligned}", [r"\begin{aligned} x \end{aligned}"]),
    (r"\begin{align} never closed" + "\n\n$x$", [r"\begin{align} never closed", "x"]),
]


@pytest.mark.parametrize(("text", "sources"), TEX)
def test_mathematics_of_a_tex_file(text, sources):
    assert read(text, "tex") == sources


MARKDOWN = [
    ("a $x$ b\n\n$$\ny\n$$\n", ["x", "y"]),
    ("$$a=b$$ in a line", ["a=b"]),
    (r"\(x\) and \[y\]", ["x", "y"]),
    ("\\[\na\n= b\n- c\n\\]\n", ["a\n= b\n- c"]),
    ("text\n$$\n- a = b\n$$\n", ["- a = b"]),
    ("```math\nx\n```\n", ["x"]),
    ("```python\n$x$\n```\n\n    $code$\n\n`$y$` $z$", ["z"]),
    ("<!-- $x$ -->\n\n$y$", ["y"]),
    ("- item $x$\n  and $y$\n", ["x", "y"]),
    ("> quoted $x\n> = y$ so", ["x\n  = y"]),
    (r"costs \$5, or $5 and $6: $x$", ["x"]),
    ("**bold $x$** [link $y$](z)", ["x", "y"]),
    ("text\n\\begin{align*}\na &= b \\\\\n- c\n\\end{align*}\n", ["\\begin{align*}\na &= b \\\\\n- c\n\\end{align*}"]),
]


MARKDOWN += [
    ("$ a = b$ and $c = d $ and $ e = f $", ["a = b", "c = d", "e = f"]),
    ("1$a = b$ and $\\frac ab$5", ["a = b", "\\frac ab"]),
    ("it costs $5 and x = $6. Or $HOME = $PATH", []),
    ("costs $5 and $a_1 = 3x$", ["a_1 = 3x"]),
    ("<p>$x$</p>\n\n<div>\n$y$\n</div>\n\n<table><tr><td>$z$</td></tr></table>", ["x", "y", "z"]),
    ("<pre>\n$x$\n</pre>\n\n<code>$y$</code> $z$", ["z"]),
    ("so\n\n    $$a = b$$\n\n1. x\n\n        $$c$$\n", ["a = b", "c"]),
    ("$`a = b`$ and `$x$`", ["a = b"]),
    ("``` {math}\nx\n```", ["x"]),
    (r"\\(x\\) and \\[y\\], so \begin{equation}z\end{equation}.", ["x", "y", r"\begin{equation}z\end{equation}"]),
    ("$$ a $$ $$ b $$", ["a", "b"]),
    ("$a$ = $b$, $c$ and $d$", ["a  =  b", "c", "d"]),
    ("$a$ =\n$b$", ["a  =  b"]),
]


@pytest.mark.parametrize(("text", "sources"), MARKDOWN)
def test_mathematics_of_a_markdown_file(text, sources):
    assert read(text, "md") == sources


GRADIENT = r"\frac{\partial L}{\partial w} = x"
SEEN = [
    ("md", f"`${GRADIENT}$`", "code"),
    ("md", f"```latex\n{GRADIENT}\n```", "code"),
    ("md", f"\t${GRADIENT}$", "code"),
    ("md", f"So {GRADIENT} holds", "undelimited"),
    ("md", f"$${GRADIENT}", "undelimited"),
    ("md", f"$$\n{GRADIENT}\n\n$$", "undelimited"),
    ("md", f"![${GRADIENT}$](u)", "undelimited"),
    ("md", "dL/dw = x", "undelimited"),
    ("md", "| a |\n|---|\n| $a = b$ |", "table"),
    ("tex", rf"\[ {GRADIENT}", "undelimited"),
    ("tex", f"so ${GRADIENT}", "undelimited"),
    ("tex", rf"\newcommand{{\q}}{{{GRADIENT}}}", "undelimited"),
    ("tex", rf"\begin{{NiceArray}} {GRADIENT} \end{{NiceArray}}", "undelimited"),
]


@pytest.mark.parametrize(("form", "text", "reason"), SEEN)
def test_an_equation_that_is_not_read_is_told_all_the_same(form, text, reason):
    assert [skip for _, skip in left_out(text, form)] == [reason]
    assert read(text, form) == []


def test_a_side_outside_of_the_dollars_is_told():
    for text in ("$a$ = b", "a - b = $c$"):
        assert [skip for _, skip in left_out(text, "md")] == ["undelimited"]
    assert left_out("$a$ = $b$, and width=3 $c$", "md") == []


PLAIN = [
    ("dL/dw = x*a", ["dL/dw = x*a"]),
    ("So, by the chain rule, dL/dw = x*a, as above.", ["dL/dw = x*a"]),
    ("(a) a_1 = sigmoid(z_1).", ["a_1 = sigmoid(z_1)"]),
    ("dL/dw = x*a\n      = 2*x\n", ["dL/dw = x*a\n      = 2*x"]),
    ("dL/dw = x*a +\n  b\nnext line", ["dL/dw = x*a +\n  b"]),
    ("dL/dw = x\n\n= y", ["dL/dw = x", "= y"]),
    ("What is it?\nNo relation here.", []),
    ("L = (a - y)^2/2 (half squared error)", ["L = (a - y)^2/2"]),
    ("a = 1 if z > 0", ["a = 1 if z > 0"]),  # what is cut off must not be a condition
    ("a = 1, if z > 0", ["a = 1, if z > 0"]),
    ("w := w - alpha*dL/dw", ["w := w - alpha*dL/dw"]),
    (r"1.e \frac{\partial L}{\partial w} = x", [r"\frac{\partial L}{\partial w} = x"]),
    ("out = score", ["out = score"]),
    ("loss = (phat - y)^2/2 (half squared error)", ["loss = (phat - y)^2/2"]),
    ("The output out is out = score.", ["out = score"]),
    ("The out z = 2*x", ["z = 2*x"]),  # a noun
    ("score: out = 2*x", ["out = 2*x"]),
    ("phat - y = out - y", ["phat - y = out - y"]),
    ("a half-squared error: L = a", ["L = a"]),
    ("dout / dw = x, so by the rule dL/dw = 2*x", ["dout / dw = x", "dL/dw = 2*x"]),
    ("Then, from (2), z = 3 (using w = 1 and x = 3).", ["z = 3", "w = 1", "x = 3"]),
    ("z = x, where yhat = 3", ["z = x, where yhat = 3"]),
    ("dL/dw = x*a - by the chain rule", ["dL/dw = x*a"]),
    ("Multiply: dL/dw = x", ["dL/dw = x"]),
    ("w ≔ w - 2", ["w ≔ w - 2"]),
    ("(2) z = x\n(ii) z = x", ["z = x", "z = x"]),
    ("z = 2*x   (3)\nz = 2 (3)", ["z = 2*x", "z = 2 (3)"]),
    ("z = x  // bias", ["z = x"]),
    ("== Part (b) ==\n=======", []),
]


@pytest.mark.parametrize(("text", "sources"), PLAIN)
def test_mathematics_of_plain_text(text, sources):
    found, _ = fragments(text, "plain", {"out", "score"})
    assert [fragment.source.strip() for fragment in found if not fragment.skip] == sources


@cache
def declared() -> list[tuple[str, ...]]:
    """Of every network of the bundled quizzes the quantities."""
    made = [spec.load(name, asks=ASKS, kinds=KINDS) for name in bundled_quizzes()]
    return [tuple(build(one.network, Draws("1"), "left").graph.scope.names) for quiz in made for one in quiz.exercises]


PROSE = ["", "So", "The output is", "By the chain rule,", "(a) Hence", "which, from (2), gives", "Loss:", "1. We get", "the mean-squared error"]
BEHIND = ["", ".", ", as above", " (chain rule applied)", " by the chain rule", "  # see above", ", so it is small", " -- done"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_equation_of_a_plain_text_is_lost_or_cut(data):
    names = data.draw(st.sampled_from(declared()))
    name = st.sampled_from([*names, "phat", "Loss"])
    lines, equations = [], []
    for _ in range(3):
        left, *right = (data.draw(name) for _ in range(4))
        left = data.draw(st.sampled_from([left, f"d{left}/d{right[0]}", f"{left} - {right[1]}"]))
        equations.append(f"{left} = ({right[0]} - {right[1]})*{right[2]}")
        before, behind = data.draw(st.sampled_from(PROSE)), data.draw(st.sampled_from(BEHIND))
        lines.append(f"{before} {equations[-1]}{behind}".lstrip())
    found, _ = fragments("\n".join(lines), "plain", {parts(name)[0] for name in names})
    assert [fragment.source for fragment in found] == equations


def test_the_dialect_of_a_plain_line_is_told_by_its_commands():
    found, _ = fragments("a = b\n\n\\frac{a}{b} = c", "plain")
    assert [fragment.dialect for fragment in found] == ["plain", "latex"]


MARKERS = [
    ("md", "## 1\\. Title (7 points)\n\n### (a) [1]\n\n### (b) [2]\n\n## 2\\. More", ["1", ".a", ".b", "2"]),
    ("tex", r"\section*{Exercise 2}" + "\nx\n" + r"\item[(b)] y", ["2", ".b"]),
    ("tex", r"{\large\bfseries 3. Counting}\quad", ["3"]),
    ("md", "Problem 3\n\na) so\n\nPart (b): then", ["3", ".a", ".b"]),
    ("md", "**Q1.** so\n\n1.e and", ["1", "1.e"]),
    ("md", "Exercise 2\n\n1. first\n2. second\n", ["2"]),  # a list, since another marker is said
    ("md", "1. so\n\n2. so\n", ["1", "2"]),
    ("md", "(A) a choice\n\nAnd (b) in a line", []),
    ("plain", "Question 2 (c): a = b", ["2.c"]),
    ("tex", "% Exercise 1\nExercise 2", ["2"]),
    ("md", "```\nExercise 1\n```\n", []),
]


@pytest.mark.parametrize(("form", "text", "expected"), MARKERS)
def test_markers(form, text, expected):
    assert labels(text, form) == expected


def test_a_fragment_belongs_to_the_marker_above_it():
    found, _ = fragments("$a$\n\n## 2. X\n\n$b$\n\n(c) $d$\n\n## 3. Y\n\n$e$", "md")
    assert [(f.source, f.exercise, f.part) for f in found] == [("a", 0, ""), ("b", 2, ""), ("d", 2, "c"), ("e", 3, "")]


LEFT_OUT = [
    ("md", "### (a)\n\nShow $a = b$.\n\n**Solution.** $c = d$", ["question"]),
    ("tex", r"\item[(a)] Show $a = b$." + "\n\\begin{answer}\n" + r"$c = d$", ["question"]),
    ("md", "True or false?\n\n$$ a = b $$\n\n$c = d$", ["claim"]),
    ("md", "Suppose $a = b$. True or false: $c = d$ for all $i$.\n\n$e = f$", ["claim"] * 3),
    ("md", "It is zero at $H = 1$, and $a = b$, where $c = d$.", ["condition"]),
    ("md", "(A) $a = b$\n\n(B) $c = d$\n\nSo $e = f$", ["choice"] * 2),
    ("md", "(B) forgets a path:\n\n$$ a = b $$\n\n$$ c = d $$", ["choice"]),
    ("tex", "\\item[(A)] $a = b$\n\\item[(B)] $c = d$\n\\end{list}\n$e = f$", ["choice"] * 2),
    ("md", "| a |\n|---|\n| $a = b$ |\n\n$c = d$", ["table"]),
    ("tex", r"\begin{tabular}{c}$a = b$\end{tabular} $c = d$", ["table"]),
    ("tex", r"\begin{tikzpicture}\node {$a = b$};\end{tikzpicture} $c = d$", ["drawing"]),
    ("md", r"$a = b + \underline{\qquad\qquad}$ and $c = d$", ["blank"]),
    ("md", r"$$ \begin{alignedat}{2} 1)\quad & a &&= b \cr 2)\quad & c &&= d \end{alignedat} $$", ["program"]),
]


@pytest.mark.parametrize(("form", "text", "reasons"), LEFT_OUT)
def test_what_is_no_statement_of_the_work_is_left_out_with_the_reason(form, text, reasons):
    said = [reason for _, reason in left_out(text, form)]
    assert said == reasons
    assert set(said) <= set(SKIPS)
    if form != "md" or "program" not in said:
        assert len(read(text, form)) >= 1


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.parts[-3])
def test_both_forms_of_a_solution_sheet_say_the_same(sheet):
    found, marks = fragments(sheet.read_text("utf-8"), "md")
    others, other_marks = fragments(sheet.with_suffix(".tex").read_text("utf-8"), "tex")
    others = [fragment for fragment in others if fragment.skip != "drawing"]  # an SVG file of its own in Markdown
    assert [mark.label for mark in marks] == [mark.label for mark in other_marks]
    assert [(f.skip, f.exercise, f.part) for f in found] == [(f.skip, f.exercise, f.part) for f in others]
    key = sheet.with_name("key.json").read_text("utf-8")
    assert sum(mark.label[0] == "." for mark in marks) == key.count('"ask":')


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.parts[-3])
@pytest.mark.parametrize("ending", [".md", ".tex"])
def test_offsets_are_exact(sheet, ending):
    text = sheet.with_suffix(ending).read_text("utf-8")
    found, marks = fragments(text, ending[1:])
    assert found
    assert all(text[f.at :].startswith(f.source) for f in found)
    assert all(mark.at < len(text) for mark in marks)


def test_windows_line_ends_do_not_move_anything():
    text = "Exercise 1\r\n\r\nSo $x$ and\r\n\r\n$$\r\na\r\n= b\r\n$$\r\n"
    for form in ("md", "tex"):
        found, _ = fragments(text, form)
        assert [text[f.at : f.at + 1] for f in found] == ["x", "\r"]
        assert [f.source.split() for f in found] == [["x"], ["a", "=", "b"]]


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [("a.tex", "", "tex"), ("a.MD", "", "md"), ("-", r"\begin{document}", "tex"), ("-", "$x$", "md"),
     ("a.txt", "dL/dw = x", "plain"), ("-", r"\[ x \]", "md"), ("-", r"\frac{a}{b} = c", "plain")],
)  # fmt: skip
def test_the_form_of_a_file(name, text, form):
    assert form_of(name, text) == form


HOSTILE = {
    "braces": "{" * 10_000, "dollars": "$" * 10_000, "openers": r"\[" * 5_000, "begins": r"\begin{align}" * 1_500,
    "tables": r"\begin{tabular}" * 1_500, "comments": "%\n" * 5_000, "verbs": r"\verb|" * 1_500,
    "nested": "$ {" * 3_000, "quotes": "> " * 2_500, "stars": "*" * 5_000, "one line": "x = " * 10_000,
    "labels": "(a) " * 2_500, "blanks": "_" * 15_000, "claims": "true or false " * 1_500, "choices": "(A)\n" * 1_500,
    "spaces": " " * 25_000 + "=", "words": "so " * 5_000 + "= 1", "items": r"\item" * 5_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_every_text_comes_to_its_end(name):
    for form in FORMS:  # what is more than linear in its length would not, in the time of a test run
        found, _ = fragments(HOSTILE[name], form)
        assert all(HOSTILE[name][each.at : each.at + len(each.source)] == each.source for each in found)


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(DerivgenError, match="1,048,576 characters"):
        fragments("x" * (LONGEST + 1), "plain")


PIECES = st.sampled_from(
    ["$", "$$", r"\(", r"\)", r"\[", r"\]", "{", "}", "%", "\n", "\n\n", "> ", "- ", "| ", "`", "```math\n", "```\n",
     r"\begin{align}", r"\end{align}", r"\begin{tabular}", "x = y", " ", "(A) ", "(a) ", "1. ", "True or false?",
     "Solution.", "\\", r"\verb|", "é", "\r\n", "\0", "\t", "# ", "    "]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60))
def test_any_text_is_cut_without_a_fault(text):
    for form in FORMS:
        found, marks = fragments(text, form)
        assert [f.at for f in found] == sorted(f.at for f in found)
        assert [mark.at for mark in marks] == sorted(mark.at for mark in marks)
        for fragment in found:
            piece = text[fragment.at : fragment.at + len(fragment.source)]
            # Blanks stand for what a quotation or a list has before a line, and for odd line ends.
            assert len(piece) == len(fragment.source)
            assert all(a in (b, " ", "\n", "\ufffd") for a, b in zip(fragment.source, piece, strict=True))
