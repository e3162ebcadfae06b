"""The harness that judges rendered sheets, judged itself."""

from __future__ import annotations

import pytest
import rendering
from rendering import formulas, github_errors, katex_errors, leftovers

from derivgen.pdf import compile_pdf

SHEET = r"""<!-- derivgen generate "$quiz" --format markdown \alpha -->
# Neural nets

A neuron has $w _ 1$, costs \$5 and `\code $x$`.

$$ \frac{\partial L}{\partial w _ 1} = \begin{aligned} a & = b \cr c & < d \end{aligned} $$

| name | value |
|------|-------|
| $x$  | $- 3$ |

Then $$ y = 1 $$ in a paragraph.

```math
z = 2
```
"""


def test_formulas_are_found_where_readers_find_them():
    found = formulas(SHEET)
    assert [tex for tex, display in found if not display] == ["w _ 1", "x", "- 3"]
    assert [tex for tex, display in found if display] == [
        r"\frac{\partial L}{\partial w _ 1} = \begin{aligned} a & = b \cr c & < d \end{aligned}",
        "y = 1",
        "z = 2",
    ]
    assert leftovers(SHEET) == []
    assert katex_errors(found) == []
    assert github_errors(found) == []


@pytest.mark.parametrize(
    "prose",
    [
        r"The slope is \alpha here",
        r"The slope is \frac{1}{2} here",
        "Half a $formula",
        "A $ spaced $ pair",
        "A digit follows: $x$2",
        "| $a | b$ |\n|---|---|\n| c | d |",
        "<summary>Hint: $x$</summary>",
        "![the $x$ node](figure.svg)",
    ],
)
def test_mathematics_left_in_prose_is_reported(prose):
    assert len(leftovers(prose)) >= 1


@pytest.mark.parametrize(
    "prose", [r"It costs \$5 or \$6", "Code: `$x$ \\alpha`", "<!-- $x$ \\alpha -->", r"Stars \* and \[x\]"]
)
def test_prose_without_mathematics_is_left_alone(prose):
    assert leftovers(prose) == []
    assert formulas(prose) == []


@pytest.mark.parametrize(
    ("tex", "said"),
    [
        (r"\frac{1", "end of input"),
        (r"\nosuchmacro", "Undefined control sequence"),
        (r"\begin{cases} a", r"\end"),
        ("é", "unicodeTextInMathMode"),
        (r"\def\a{\a\a}\a", "expansion"),
    ],
)
def test_a_bad_formula_is_reported_with_what_katex_says(tex, said):
    (complaint,) = katex_errors([("x", False), (tex, True)])
    assert complaint.startswith(tex + ": ")
    assert said in complaint


@pytest.mark.parametrize("tex", [r"\operatorname{ReLU}(z)", r"\bm x", r"x \phantom{y}"])
def test_what_katex_accepts_and_github_refuses(tex):
    assert katex_errors([(tex, False)]) == []
    (complaint,) = github_errors([(tex, False)])
    assert "GitHub refuses" in complaint


def test_github_refuses_mbox_but_not_its_namesakes():
    assert github_errors([(r"\mbox{if}", False)]) == [r"\mbox{if}: GitHub refuses \mbox"]
    assert github_errors([(r"\bmod \mathrm{ReLU}", False)]) == []


@pytest.mark.parametrize(("strict", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_without_katex_the_test_is_skipped_unless_strict(monkeypatch, tmp_path, strict, outcome):
    monkeypatch.setattr(rendering, "KATEX", tmp_path)
    monkeypatch.setenv("DERIVGEN_STRICT", strict)
    with pytest.raises(outcome, match="npm ci"):
        katex_errors([("x", False)])


def test_the_pages_of_a_pdf_are_read_back(tmp_path):
    content = compile_pdf(
        r"\documentclass{article}\usepackage{lmodern}"
        r"\begin{document}first $x + 1$\newpage second\end{document}"
    )
    first, second = rendering.pdf_text(content).split("\f")
    assert "first" in first
    assert "second" in second
    pages = rendering.pdf_pages_png(content, tmp_path)
    assert [page.name for page in pages] == ["page-1.png", "page-2.png"]
    assert all(page.read_bytes().startswith(b"\x89PNG") for page in pages)
