"""What a report says in each format, that nothing of a work escapes into it as markup, and that its data is stable."""

from __future__ import annotations

import html
import json
import re

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import derivgen
from derivgen import spec
from derivgen.asks import ASKS
from derivgen.checking import Report, check
from derivgen.checking.report import FORMATS, terminal
from derivgen.checking.subjects import Topic, of_equations, of_sheet
from derivgen.checking.work import VERDICTS, Verdict, Witness
from derivgen.errors import DerivgenError
from derivgen.expression import Partial
from derivgen.networks import KINDS
from derivgen.pdf import compile_pdf
from derivgen.reading import read
from derivgen.sheet import compose
from derivgen.slips import SLIPS

SUBJECT = of_equations("z = w*x; a = sigmoid(z); L = (a - y)^2")
RIGHT = r"$\frac{\partial L}{\partial a} = 2 \cdot (a - y)$"
WRONG = r"$\frac{\partial L}{\partial a} = 2 \cdot (y - a)$"


def tree(text: str):
    return read(text, SUBJECT.graph.scope)


def report(text: str, *verdicts: Verdict) -> Report:
    return Report(text, {1: Topic(SUBJECT)}, verdicts)


def verdict(kind: str, start: int = 0, end: int = 5, **more) -> Verdict:
    return Verdict(kind, start, end, left=Partial("L", "w"), tree=tree("x"), exercise=1, **more)


WITNESS = Witness((("x", "2"), ("w", "0.5")), "1", "-1")


# --- codes and data ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "code"),
    [([], 2), (["skipped"], 2), (["right"], 0), (["right", "recovered", "right only when"], 0), (["right", "unread"], 2),
     (["undecided"], 2), (["wrong"], 1), (["unread", "follows"], 1), (["right", "skipped"], 0)],
)  # fmt: skip
def test_the_exit_code(kinds, code):
    made = report("a = b", *(verdict(kind) for kind in kinds))
    assert (made.exit_code, made.ok) == (code, code == 0)


def test_the_data_has_the_schema_of_the_readme():
    text = "first\n  dL/dw = x and = y\n"
    made = report(
        text, verdict("right", 8, 17),
        verdict("wrong", 22, 25, slip="loss_sign", expected=tree("-x"), witness=WITNESS), Verdict("unread", 0, 5, problem="no"),
    )  # fmt: skip
    data = json.loads(made.write("json"))
    assert data == made.data()
    assert list(data) == ["schema", "lines", "first_wrong", "counts"]
    assert data["schema"] == 1
    assert data["first_wrong"] == 1
    assert list(data["counts"]) == list(VERDICTS)
    assert data["counts"]["wrong"] == data["counts"]["right"] == data["counts"]["unread"] == 1
    assert data["lines"][1] == {
        "line": 2, "column": 17, "source": "= y", "read_as": "dL/dw = x", "verdict": "wrong", "slip": "loss_sign",
        "expected_latex": "-x", "witness": {"at": {"x": "2", "w": "0.5"}, "left": "1", "right": "-1"},
    }  # fmt: skip
    assert data["lines"][0]["slip"] is data["lines"][0]["expected_latex"] is data["lines"][0]["witness"] is None
    assert data["lines"][2]["read_as"] is None


# --- what is said -------------------------------------------------------------------------------------------------


def test_a_line_is_marked_and_what_is_wrong_stands_under_it():
    text = "So\ndL/dw = x\nand\ndL/dw = y\nend\n"
    said = str(
        report(
            text, verdict("right", 9, 12),
            verdict("wrong", 23, 26, slip="step_size_left_out", about=(tree("alpha"),), expected=tree("-x"), witness=WITNESS),
        )
    )  # fmt: skip
    assert said.splitlines() == [
        "✓ 2      dL/dw = x",
        "  3      and",
        "✗ 4      dL/dw = y",
        "           → It leaves out the step size alpha.",
        "           → dL/dw is -x.",
        "           → At x = 2, w = 0.5 the two sides are 1 and -1.",
        "",
        "Wrong in line 4 (1 right, 1 wrong)",
    ]


def test_several_links_of_a_line_are_told_apart():
    said = str(report("$a = b = c$, so", verdict("right", 3, 6), verdict("wrong", 7, 10))).splitlines()
    assert said[:2] == ["✓ 1      $a = b", "✗        = c$, so"]


@pytest.mark.parametrize("slip", SLIPS)
def test_every_slip_has_its_words_in_every_format(slip):
    made = report("a = b", verdict("wrong", slip=slip, about=(tree("w"), tree("x")), path=("w", "z", "a", "L")))
    for form in set(FORMATS) - {"json"}:
        said = made.write(form)
        assert "known as" not in said
        assert slip not in said


def test_an_unknown_slip_is_named_by_its_name():
    assert "another mistake" in str(report("a = b", verdict("wrong", slip="another_mistake")))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"number": "drifted", "exact": "0.25"}, "rounded too early: the exact value is 0.25"),
        ({"number": "wrong", "exact": "0.25"}, "The value is 0.25."),
        ({"problem": "form closed"}, "closed form is asked for"),
        ({"problem": "form number"}, "a number is asked for"),
        ({"problem": "unanswered", "about": (Partial("L", "w"),)}, "nothing says what dL/dw is"),
        ({"problem": "something of its own"}, "something of its own"),
    ],
)
def test_reasons(more, words):
    assert words in str(report("a = b", verdict("wrong", **more)))


def test_what_is_needed_sampled_or_skipped_is_said():
    assert "It holds only if t_1 + t_2 = 1." in str(report("a = b", verdict("right only when", needs="t_1 + t_2 = 1")))
    assert "a sample of them" in str(report("a = b", verdict("right", sampled=True)))
    assert "pseudo-code" in str(report("a = b", Verdict("skipped", 0, 5, problem="program")))
    assert "follows from the error above" in str(report("a = b", verdict("follows")))


def test_a_line_can_be_echoed():
    made = report("a = b", verdict("right"))
    assert "read as: dL/dw = x" in terminal(made.write("terminal", echo=True), color=False)
    assert r"$\frac{\partial L}{\partial w} = x$" in made.write("markdown", echo=True)
    assert "read as" not in made.write("terminal")


# --- colour -------------------------------------------------------------------------------------------------------


def test_colour_only_adds_to_the_signs():
    text = report("a = [b] \\[c\\] [/red]", verdict("wrong", 0, 20, slip="loss_sign")).write("terminal")
    plain, colored = terminal(text, color=False), terminal(text, color=True)
    assert "\x1b[" in colored
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
    assert r"a = [b] \[c\] [/red]" in plain


def test_long_lines_are_wrapped_beside_the_gutter():
    said = terminal(report("a = " + "b + " * 40, verdict("right", 0, 150)).write("terminal"), color=False, width=60)
    assert max(map(len, said.splitlines())) <= 60
    assert said.splitlines()[1].startswith(" " * 9)


# --- nothing of a work becomes markup ------------------------------------------------------------------------------

HOSTILE = [
    r"$a = b$ \input{/etc/passwd} \write18{ls} \end{document}", "<script>alert(1)</script> <b>a = b</b> <!-- -->",
    "`` ``` [x](javascript:y) **b** ~~~ # a = b | c", "[red]a = b[/red] [link=x]", "\x1b[31mred\x1b[0m a = b \u202e\u200b",
    "% ^^5c & # _ ^ ~ \" ' -- ` $", "你好 = ∂ 🎉", "\\", "a\tb = c",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_html_holds_a_work_as_text(text):
    page = report(text, verdict("wrong", 0, len(text), problem=text)).write("html")
    body = page.partition("<body>")[2]
    tags = set(re.findall(r"<(/?\w+)", body))
    assert tags <= {
        f"{s}{t}"
        for s in ("", "/")
        for t in ("h1", "p", "strong", "table", "tr", "td", "pre", "ul", "li", "code", "body", "html")
    }
    visible = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())
    assert " ".join(re.sub(r"[\x00-\x1f\u200b\u202e]", " ", text).split()) in visible
    assert "\x1b" not in page


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_holds_a_work_as_code(text):
    said = report(text, verdict("wrong", 0, len(text), problem=text)).write("markdown")
    tokens = MarkdownIt("commonmark").enable("table").parse(said)
    inline = [child for token in tokens for child in token.children or ()]
    allowed = {"text", "code_inline", "strong_open", "strong_close", "softbreak", "text_special", "html_inline"}
    assert {child.type for child in inline} <= allowed
    # The one tag that is written is the span around a dollar, which keeps it from beginning mathematics.
    assert {child.content for child in inline if child.type == "html_inline"} <= {"<span>", "</span>"}
    assert {token.type for token in tokens} <= {
        "heading_open", "heading_close", "inline", "paragraph_open", "paragraph_close", "bullet_list_open",
        "bullet_list_close", "list_item_open", "list_item_close",
    }  # fmt: skip
    assert any(child.type == "code_inline" for child in inline)


def test_latex_holds_a_work_as_text():
    text = "\n".join(HOSTILE)
    starts = [text.index(line) for line in HOSTILE]
    verdicts = [
        verdict("wrong", at, at + len(line), problem=line, slip="loss_sign")
        for at, line in zip(starts, HOSTILE, strict=True)
    ]
    made = Report(text, {1: Topic(SUBJECT)}, tuple(verdicts), name=r"\input{x}_1.md").write("latex", echo=True)
    body = made.partition(r"\begin{document}")[2]
    assert not re.search(r"\\(?:input|write18|immediate|catcode)", body)
    with pypdfium2.PdfDocument(compile_pdf(made)) as pdf:
        words = "".join(page.get_textpage().get_text_bounded() for page in pdf)
    assert r"\input{/etc/passwd}" in words
    assert "root:" not in words


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40))
def test_the_terminal_shows_any_text_as_it_is(text):
    line = "".join(c if c.isprintable() and c not in "\ue05b\ue05c" else " " for c in text)
    said = terminal(report("a = b", verdict("wrong", problem=line)).write("terminal"), color=False)
    if shown := " ".join(line.split()):
        assert shown in " ".join(said.replace("→", " ").split()) or "→" in line
    assert "\x1b" not in said


# --- the whole flow -----------------------------------------------------------------------------------------------


def test_a_work_is_checked_line_by_line():
    made = check(SUBJECT, f"So {RIGHT}.\n\nBut {WRONG}.\n\n```\n$q = 1$\n```\n")
    assert [line.verdict.verdict for line in made.lines] == ["right", "wrong", "skipped"]
    assert [line.place.line for line in made.lines] == [1, 3, 5]
    assert made.first_wrong == 1


def test_in_python():
    net = derivgen.network("z = w*x; a = sigmoid(z); L = (a - y)^2")
    assert derivgen.check(net, RIGHT).exit_code == 0
    assert derivgen.check("L = (a - y)^2", WRONG).exit_code == 1
    assert isinstance(derivgen.check(net, WRONG), derivgen.Report)
    sheet = derivgen.generate("neural-nets")
    assert derivgen.check(sheet, r"$\frac{\partial z_1}{\partial w_1} = x$", part="1").exit_code == 0
    with pytest.raises(DerivgenError, match="2 exercises"):
        derivgen.check(sheet, RIGHT)


def test_the_pieces_of_a_work_are_judged_on_their_own_exercises():
    sheet = derivgen.generate("backprop-practice")
    own = r"$\frac{\partial z_1^{(2)}}{\partial a_1^{(1)}} = W_{11}^{(2)}$"
    made = derivgen.check(sheet, f"{own}\n\n# Exercise 3\n\n{own}\n\n# Exercise 99\n\n{own}\n")
    assert [(line.verdict.verdict, line.verdict.exercise) for line in made.lines] == [
        ("skipped", 0), ("right", 3), ("unread", 99),
    ]  # fmt: skip


ANSWERS = [  # neural-nets 1.e asks for a product of partials, 1.f for the gradient in forward values
    ("1.e", r"\frac{\partial \mathrm{Loss}}{\partial a_2} \cdot \frac{\partial a_2}{\partial z_2} \cdot \frac{\partial z_2}{\partial a_1} \cdot \frac{\partial a_1}{\partial z_1} \cdot \frac{\partial z_1}{\partial w_1}", 0, ""),
    ("1.f", r"\frac{\partial \mathrm{Loss}}{\partial a_2} \cdot \frac{\partial a_2}{\partial z_2} \cdot \frac{\partial z_2}{\partial a_1} \cdot \frac{\partial a_1}{\partial z_1} \cdot \frac{\partial z_1}{\partial w_1}", 1, "form partials"),
    ("1.f", r"(a_2 - y^{*}) \cdot a_2 (1 - a_2) \cdot w_2 \cdot a_1 (1 - a_1) \cdot x", 0, ""),
    ("1.e", r"(a_2 - y^{*}) \cdot a_2 (1 - a_2) \cdot w_2 \cdot a_1 (1 - a_1) \cdot x", 1, "form product"),
    ("1.f", r"(a_2 - y^{*}) \cdot a_2 (1 - a_2) \cdot w_2 \cdot x", 1, ""),
    ("1.f", r"\frac{\partial \mathrm{Loss}}{\partial w_1}", 1, "form itself"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "answer", "code", "problem"), ANSWERS)
@pytest.mark.parametrize("left", ["", r"\frac{\partial \mathrm{Loss}}{\partial w_1} = "])
def test_an_answer_alone(part, answer, code, problem, left):
    made = derivgen.check(derivgen.generate("neural-nets"), f"${left}{answer}$", part=part)
    assert made.exit_code == code
    assert [one.problem for one in made.verdicts if one.problem] == ([problem] if problem else [])
    assert len(made.lines) == 1
    assert made.write("terminal")


def test_an_answer_to_something_else_is_none():
    made = derivgen.check(derivgen.generate("neural-nets"), r"$\frac{\partial z_1}{\partial w_1} = x$", part="1.f")
    assert made.exit_code == 1
    assert "nothing says what dLoss/dw_1 is" in str(made)


@pytest.mark.parametrize("part", ["10.b", "10.c"])
def test_true_or_false(part):
    sheet = derivgen.generate("backprop-practice")
    solution = sheet.text(solutions=True).partition(r"## 10\.")[2].partition(f"### ({part[-1]})")[2]
    right = re.search(r"\*\*(True|False)\*\*", solution)[1]
    wrong = {"True": "false", "False": "true"}[right]
    assert [derivgen.check(sheet, text, part=part).exit_code for text in (right, wrong, "perhaps")] == [0, 1, 2]
    assert f"The right choice is {right.lower()}" in str(derivgen.check(sheet, wrong, part=part))


def test_a_part_about_a_function_of_its_own_is_judged_on_that():
    sheet = derivgen.generate("staged-computation")
    made = derivgen.check(
        sheet, r"## 4.\n\n### (a)\n\n$\frac{\partial f}{\partial x} = 4 s(2 x) (1 - s(2 x))$".replace("\\n", "\n")
    )
    assert made.counts["right"] == 1


def test_small_changes_are_no_quantities_of_the_network():
    sheet = derivgen.generate("staged-computation")
    text = "## 1.\n\n### (b)\n\n$\\mathrm{df} = y \\cdot \\mathrm{dx}$ and $\\frac{\\partial f}{\\partial x} = y$"
    made = derivgen.check(sheet, text)
    assert [(line.verdict.verdict, line.verdict.problem) for line in made.lines] == [
        ("skipped", "differential"), ("right", ""),
    ]  # fmt: skip


def test_a_letter_is_an_answer_to_a_choice(tmp_path):
    quiz = tmp_path / "choice.yaml"
    quiz.write_text(QUIZ)
    sheet = derivgen.generate(quiz)
    right = re.search(r"\*\*\((.)\)\*\* is right", sheet.text(solutions=True))[1]
    said = [derivgen.check(sheet, f"({letter})", part="1.a").exit_code for letter in "ABCD"]
    assert said == [int(letter != right) for letter in "ABCD"]
    assert (
        derivgen.check(sheet, sheet.text(solutions=True)).counts["wrong"] == 0
    )  # what a choice says is not the work's


QUIZ = """\
title: Choice
exercises:
  - network: {kind: chain, depth: 2}
    asks:
      - multiple_choice: {ask: gradient, wrt: w_1}
"""


@pytest.mark.parametrize(("part", "text", "verdicts"), [
    ("1.a", r"$W^{[1]} = 3 \times 2$, $W^{[2]} = 3 \times 3$", "right right"), ("1.a", "3 x 2 and 2 x 3", "right wrong"),
    ("1.a", "3 × 2", "right wrong"), ("1.b", "$z^{[1]} = (1.5, 1, 1.5)^T$", "right"),
    ("1.b", "$z_1^{[1]} = 1.5, z_2^{[1]} = 1, z_3^{[1]} = 1.5$", "right right right"),
    ("1.b", "$z_1^{[1]} = 1.5, z_2^{[1]} = 1$", "right right wrong"), ("1.e", "$2$", "right"), ("1.e", "$3$", "wrong"),
])  # fmt: skip
def test_arrays_and_shapes_are_answers(part: str, text: str, verdicts: str) -> None:
    about = of_sheet(compose(spec.load("softmax-network", asks=ASKS, kinds=KINDS)))
    found = check(about, text, form="md", part=part).verdicts
    assert sorted(verdict.verdict for verdict in found) == sorted(verdicts.split())


ONE = """
title: T
exercises:
  - network: {kind: layered, sizes: [2, 2, 1], activation: tanh, loss: half_squared_error}
    random: true
    asks: [gradients]
"""


def test_a_wrong_number_for_an_array_of_one_entry_is_wrong() -> None:
    about = of_sheet(compose(spec.loads(ONE, asks=ASKS, kinds=KINDS)))
    (found,) = check(about, r"$\frac{\partial L}{\partial b^{(2)}} = 5.61$", form="md").verdicts
    assert found.verdict == "wrong"
