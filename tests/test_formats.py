"""Formats export the same macros, templates forget nothing, and text from outside comes out as itself."""

from __future__ import annotations

import re
import subprocess
import tempfile
import unicodedata
from pathlib import Path

import jinja2.nodes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rendering import formulas, katex_errors, leftovers, pdf_text, prose_text

from derivgen import pdf
from derivgen.asks import ASKS
from derivgen.folders import templates_folder
from derivgen.formats import (
    _SETTABLE,
    MACROS,
    FormatError,
    comment,
    escape_latex,
    escape_markdown,
    format_of,
    formats,
    prose,
)
from derivgen.formula import COMMANDS, fault
from derivgen.networks import KINDS
from derivgen.preparing import DIALECTS
from derivgen.spec import DIRECTIVES

TEMPLATES = sorted(templates_folder().rglob("*.j2"))
HOSTILE = [
    "100% of _all_ $x$ & {y} #1 ~ ^",
    r"\input{/etc/passwd} \alpha \\ \end{document}",
    "<script>alert(1)</script> &amp; <!-- x -->",
    "{{7*7}} <<7*7>> <% if %> {# #} << >>",
    "-- --- ,, '' ``x`` <<y>> ?` !` ...",
    "^^M ^^5cinput ^^^^0041",
    "\"double\" 'single' `grave`",
    "[link](http://x.example) ![i](y) [^1] @cite :smile: ==mark== %%gone%% ~~no~~ H~2~O x^2^",
    "**bold** __bold__ *it* _it_ ***",
    "1. one",
    "1) one",
    "(a) one",
    "- list",
    "+ list",
    "= x",
    "=== x",
    "--- x",
    ": definition",
    "::: div",
    "# heading ## #",
    "> quote",
    "| a | b |",
    "``` x",
    "~~~ x",
    "$$ x $$ and $5 to $6 and $",
    r"ends in a backslash \ ",
    "Ærøskøbing, Łódź, Škoda, Nguyên – “quoted” 5 € ×2 §3 ½",
]
printable = st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=60)


def spaced(text: str) -> str:
    return " ".join(text.split())


# ---- the formats and their templates ---------------------------------------------------------------------


@pytest.mark.parametrize("name", formats())
def test_every_format_exports_the_same_macros(name):
    module = format_of(name).environment.get_template(f"formats/{name}.j2").module
    exported = {key for key in dir(module) if not key.startswith("_")}
    assert exported - {"dialect", "extension"} == set(MACROS)
    assert module.dialect in DIALECTS
    assert re.fullmatch("[a-z]+", str(module.extension))


def test_every_ask_has_a_template_and_every_template_an_ask():
    templates = {path.stem for path in (templates_folder() / "asks").glob("*.j2")}
    assert templates == {*ASKS, *DIRECTIVES}
    for name in sorted(templates):
        macros = format_of("latex").environment.get_template(f"asks/{name}.j2").module
        wanted = ["directive"] if name in DIRECTIVES else ["question", "solution"]
        optional = {"room", "numbers"}  # what a question leaves to be filled in
        assert [key for key in dir(macros) if not key.startswith("_") and key not in optional] == wanted


def test_every_kind_of_network_has_a_stem_and_the_reverse():
    assert {path.stem for path in (templates_folder() / "stems").glob("*.j2")} == set(KINDS)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(templates_folder()).as_posix())
def test_templates_join_no_strings_and_switch_no_escaping_off(path):
    # `~` and `+` join mathematics and text before finalize sees them: what is not Math would be escaped as HTML.
    tree = format_of("latex").environment.parse(path.read_text("utf-8"))
    joins = (jinja2.nodes.Concat, jinja2.nodes.Mod, jinja2.nodes.MarkSafe, jinja2.nodes.ScopedEvalContextModifier)
    assert [node.lineno for node in tree.find_all(joins)] == []
    assert {node.name for node in tree.find_all(jinja2.nodes.Filter)} <= {"length", "trim"}


def test_a_format_that_there_is_not():
    with pytest.raises(FormatError, match="'latx' is unknown; did you mean 'latex'"):
        format_of("latx")


# ---- Markdown --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("frame", ["# %s", "%s", "Before\n\n%s\n\nafter", "**%s**", "Let $x$ be %s"])
def test_hostile_text_comes_out_of_markdown_as_itself(text, frame):
    rendered = frame % escape_markdown(text.strip())
    expected = (frame % text.strip()).replace("# ", "", 1) if frame == "# %s" else frame % text.strip()
    expected = expected.replace("$x$", "x", 1) if "Let" in frame else expected
    expected = text.strip() if frame.startswith("**") else expected
    assert spaced(prose_text(rendered)) == spaced(expected)
    assert len(formulas(rendered)) == ("Let $x$" in frame)
    assert leftovers(rendered) == []


@settings(max_examples=300, deadline=None)
@given(st.lists(printable, min_size=1, max_size=3).map("\n".join))
def test_any_text_comes_out_of_markdown_as_itself(text):
    if not spaced(text):
        return
    rendered = escape_markdown(text.strip())
    assert spaced(prose_text(rendered)) == spaced(text)
    assert formulas(rendered) == []
    assert leftovers(rendered) == []


# ---- LaTeX -----------------------------------------------------------------------------------------------

PREAMBLE = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage{textcomp}
\usepackage{amsmath}
\begin{document}
\pagestyle{empty}\raggedright
"""


def set_by_tex(texts: list[str]) -> list[str]:
    """What a reader of the PDF finds for each text, set on a page of its own."""
    pages = "\n\\newpage\n".join(f"{{\\large\\bfseries {escape_latex(text)}}}" for text in texts)
    read = pdf_text(pdf.compile_pdf(PREAMBLE + pages + "\n\\end{document}\n")).split("\f")
    # A typewriter's apostrophe is typeset as an apostrophe; a hyphen at a line's end is marked as one.
    return [spaced(page.replace("\u2019", "'").replace("\ufffe", "-")) for page in read]


def test_hostile_text_comes_out_of_pdflatex_as_itself():
    assert set_by_tex(HOSTILE) == list(map(spaced, HOSTILE))


@settings(max_examples=1, deadline=None)
@given(st.lists(printable.filter(str.strip), min_size=40, max_size=40))
def test_any_text_comes_out_of_pdflatex_as_itself(texts):
    # Spaces fall where TeX breaks a line: what counts is every other character.
    assert ["".join(page.split()) for page in set_by_tex(texts)] == ["".join(text.split()) for text in texts]


def candidates() -> list[str]:
    blocks = [(0x20, 0x250), (0x1E00, 0x1F00), (0x2000, 0x2070), (0x20A0, 0x20C0), (0x2100, 0x2200), (0x2212, 0x2213)]
    every = [chr(code) for first, last in blocks for code in range(first, last)]
    return [c for c in every if not unicodedata.category(c).startswith(("C", "Z")) or c == "\u00a0"]


def refused_by_tex(characters: list[str]) -> set[str]:
    """The characters at which pdflatex stops, or for which a font that sheets use has no sign."""
    lines = [
        f"\\message{{<{ord(c):X}>}}{escaped} {{\\bfseries {escaped}}} {{\\Large {escaped}}} \\texttt{{{escaped}}}\n\n"
        for c in characters
        for escaped in [escape_latex(c) if c.isascii() or c in "\u00a0\u2212" else c]
    ]
    command = [word for word in pdf.engine().command if word not in ("-halt-on-error", "-pdf", "-norc")]
    command[0] = re.sub("latexmk$", "pdflatex", command[0])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sheet.tex").write_text(PREAMBLE + "x" + "".join(lines) + "\\end{document}", "utf-8")
        subprocess.run([*command, "sheet.tex"], cwd=folder, stdout=subprocess.DEVNULL, check=False, timeout=60)
        log = (Path(folder) / "sheet.log").read_text("utf-8", "replace")
    refused, here = set(), ""
    for match in re.finditer(r"<([0-9A-F]+)>|^! |^Missing character", log, re.MULTILINE):
        here = chr(int(match[1], 16)) if match[1] else here
        refused |= set() if match[1] else {here}
    return refused


def test_what_counts_as_settable_is_what_pdflatex_sets():
    settable = [c for c in candidates() if _SETTABLE.fullmatch(c)]
    assert refused_by_tex(settable) == set()
    wanted = [c for c in candidates() if not _SETTABLE.fullmatch(c) and "\u00a0" <= c < "\u0180"]
    assert refused_by_tex(wanted) == set(wanted), "pdflatex could set more of Latin than we let it"


def test_what_pdflatex_cannot_set_is_named():
    with pytest.raises(FormatError) as caught:
        escape_latex("Exam 日")
    assert str(caught.value).startswith("pdflatex cannot set '日' (U+65E5, cjk unified ideograph-65e5)")
    assert prose_text(escape_markdown("Exam 日")) == "Exam 日"


def test_what_cannot_be_seen_is_left_out():
    assert escape_latex("a\u200b\u202eb\u00adc\td\u2028e\0") == "abc d e"
    assert escape_markdown("a\u200b\u202eb\u00adc\td\u2028e\0") == "abc d e"
    assert escape_latex("e\u0301") == "é"


# ---- an instructor's own paragraph, and comments ---------------------------------------------------------


@pytest.mark.parametrize("dialect", ["latex", "markdown"])
def test_a_paragraph_keeps_its_words_and_formulas_apart(dialect):
    made = prose(r"  Let $x_1 > 0$ be 5% of $\frac{1}{2}$; it costs \$5 or \$6.", dialect)
    if dialect == "latex":
        assert made == r"Let $x_1 > 0$ be 5\% of $\frac{1}{2}$; it costs \$5 or \$6."
    else:
        assert [tex for tex, _ in formulas(made)] == ["x _ 1 > 0", r"\frac{1}{2}"]
        assert prose_text(made).endswith("; it costs $5 or $6.")


@pytest.mark.parametrize(
    "formula",
    [r"\input{/etc/passwd}", r"\def\a{}", r"\write18{x}", "^^5cinput{x}", "x^^M", r"\csname x\endcsname", r"\\",
     "a % b", "a & b", "#1", "{x", "x}", "}{", "é", r"\href{javascript:x}{y}", r"\begin{x}", r"\mathbb{R}",
     " ", " x", "x ", "x^", "x_", "_", "x^2^3", "x_1_2", "x^2'", "x'^2^3", "x^{2", "x^}", r"x^\,", r"x^\frac{1}{2}", "x^(2)",
     r"\frac", r"\frac{1}", r"\frac{1}}", r"\sqrt", r"\sqrt[3]{x}", r"\hat{}_", r"\left(", r"\left( x", r"\left x \right)",
     r"\right)", r"\left( x \right", r"{\left(} \right)", r"\text x", r"\text{x_1}", r"\text{x", "@", '"x"', "`x`",
     "{" * 30 + "}" * 30, "{" * 50_000, "x" + "_{x" * 5000],
)  # fmt: skip
@pytest.mark.parametrize("dialect", ["latex", "markdown"])
def test_a_formula_in_a_paragraph_holds_known_commands_only(formula, dialect):
    with pytest.raises(FormatError):
        prose(f"Let ${formula}$.", dialect)


@pytest.mark.parametrize("dialect", ["latex", "markdown"])
def test_a_digit_after_a_formula_is_refused(dialect):
    for text in ("$x$2", "It costs $5 or $6."):
        with pytest.raises(FormatError, match=r"a dollar sign is \\\$"):
            prose(text, dialect)
    assert prose("$x$ 2", dialect) == "$x$ 2"


ATOMS = st.sampled_from(
    ["x", "W", "7", "+", "=", "<", "(", "]", "|", ",", "'", "*", "{}", "{a b}", r"\,", r"\ ", r"\{", r"\|", r"\sqrt 2", r"\frac12",
     r"\frac{a}{b}", r"\hat y", r"\hat{\theta}", r"\mathbf w", r"\mathrm{Loss}", r"\text{if  so, 2!}", r"\left( x \right)",
     r"\left. \frac{a}{b} \right|", r"\left[ \frac12 \right\rangle", r"\left\{ 1 \right>",
     *(f"\\{name}" for name in sorted(COMMANDS)), "^2", "_1", "_{i j}", "^\\ast", "_*", "^{-1}", r"\frac", r"\left(", "}", "{"]
)  # fmt: skip


@settings(max_examples=1, deadline=None)
@given(st.lists(st.lists(ATOMS, min_size=1, max_size=6).map(" ".join), min_size=400, max_size=400))
def test_what_passes_as_a_formula_is_set_by_every_reader(drawn):
    whole = [*(f"\\{name}" for name in sorted(COMMANDS)), *(f"x_\\{name}" for name in sorted(COMMANDS)), *drawn]
    good = [text for text in dict.fromkeys(whole) if not fault(text)]
    assert len(good) > 120
    pages = "\n\n".join(str(prose(f"${text}$", "latex")) for text in good)
    pdf.compile_pdf(PREAMBLE + pages + "\n\\end{document}\n")
    found = formulas("\n\n".join(str(prose(f"${text}$", "markdown")) for text in good))
    assert len(found) == len(good)
    assert katex_errors(found) == []


def test_a_comment_holds_what_was_typed():
    assert comment("derivgen generate a_b --seed x") == "derivgen generate a_b --seed x"
    for text in ("a --> b", "a\nb", "é"):
        with pytest.raises(FormatError):
            comment(text)
