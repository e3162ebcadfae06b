"""Whole sheets as their readers get them: every formula and document is set, and no question gives itself away."""

from __future__ import annotations

import json
import re
from functools import cache

import pypdfium2
import pytest
from markupsafe import Markup
from rendering import formulas, github_errors, katex_errors, katex_html, leftovers, outside, pdf_text, prose_text

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.errors import DerivgenError
from derivgen.folders import bundled_quizzes
from derivgen.formats import format_of
from derivgen.networks import KINDS
from derivgen.pdf import compile_pdf
from derivgen.printing import latex
from derivgen.sheet import Composer, Sheet
from derivgen.writing import files

SEEDS = ("1", "zq7seed")
COMMAND = "derivgen generate xq9quiz --seed zq7seed"

# Everything that a sheet can hold and the bundled quizzes do not.
EVERYTHING = r"""
title: 'Half 100% _of_ $x$ & {it} \alpha <b>'
course: 'CS #1: {{7*7}} << 7 >>'
date: '^^M -- "Spring"'
instructions: |
  Show your work, 100% of $x_1 \cdot w_1$; it costs \$5.

  1. No `notes`.
paper: a4
digits: 3
exercises:
  - title: '<script>alert(1)</script> \input{/etc/passwd}'
    network:
      inputs: [x, y]
      weights: w_1
      target: t
      constants: c
      equations: |
        u = x*y + c
        v = relu(u*w_1)
        s = u + v/2
      loss: (s - t)^2
    random: true
    givens: {c: 1/3, x: {integer: [1, 5]}, y: {integer: [1, 5]}, w_1: {choice: [0.5, 1.5]}}
    asks:
      - forward_values: {points: 0.5}
      - loss_value
      - text: 'Now $\frac{\partial L}{\partial w_1}$ & _more_.'
      - chain_rule: {wrt: w_1, hint: 'Try $u$ & 50% of **it**.'}
      - local_derivatives: w_1
      - gradient: w_1
      - closed_form: w_1
      - derivative: w_1
      - update: w_1
      - updated_value: w_1
      - derivative: x
      - text: That is all_.
  - network:
      inputs: x
      weights: [a, b]
      target: t
      functions: [f, Loss]
      equations: "z = f(x, a); o = log(z^2 + 1) - b*z"
      loss: Loss(o, t)
    asks: [forward_pass, composed_loss, {chain_rule: [a, b]}, {bind: {Loss: absolute_error}}, {gradient: b}]
"""
CARRIED = EVERYTHING.replace("digits: 3", "digits: 3\nrounding: {carry: 2}").replace("paper: a4", "name_line: false")
QUIZZES = [*bundled_quizzes(), "everything", "carried"]


@cache
def composer(quiz: str) -> Composer:
    own = {"everything": EVERYTHING, "carried": CARRIED}
    loaded = (
        spec.loads(own[quiz], f"{quiz}.yaml", asks=ASKS, kinds=KINDS)
        if quiz in own
        else spec.load(quiz, asks=ASKS, kinds=KINDS)
    )
    return Composer(loaded)


@cache
def sheet(quiz: str, seed: str) -> Sheet:
    return composer(quiz).compose(seed, COMMAND.replace("zq7seed", seed))


@cache
def made(quiz: str, seed: str) -> dict[str, str]:
    return files(sheet(quiz, seed), ["latex", "markdown"])


@cache
def document(quiz: str, seed: str, kind: str) -> bytes:
    return compile_pdf(made(quiz, seed)[f"{kind}.tex"])


every_quiz = pytest.mark.parametrize("quiz", QUIZZES)


def seeds_of(quiz: str) -> tuple[str, ...]:
    """More than one where they differ in more than their numbers."""
    return SEEDS if quiz.endswith("-variants") else SEEDS[-1:]


@every_quiz
def test_every_formula_is_read_and_nothing_is_left_over(quiz):
    found = []
    for seed in seeds_of(quiz):
        for kind in ("questions", "solutions"):
            text = made(quiz, seed)[f"{kind}.md"]
            assert leftovers(text) == []
            found += formulas(text)
    assert len(found) > 20
    unique = list(dict.fromkeys(found))
    assert katex_errors(unique) == []
    assert github_errors(unique) == []


def latex_formulas(text: str) -> list[tuple[str, bool]]:
    """The formulas of a document in their order, a display of lines as Markdown writes it."""
    body = text.partition(r"\begin{document}")[2]
    body = re.sub(r"\\begin\{tikzpicture\}.*?\\end\{tikzpicture\}", "", body, flags=re.DOTALL)
    body = re.sub(r"\\settowidth\{\\wrapped\}.*", "", body)  # measures a cell, which comes later
    pattern = (
        r"(?<!\\)\$([^$]+)\$|(?<!\\)\\\[(.+?)\\\]|\\begin\{align\*\}(.+?)\\end\{align\*\}"
        r"|\\begin\{alignat\*\}\{2\}(.+?)\\end\{alignat\*\}"
    )
    found = []
    for inline, display, lines, steps in re.findall(pattern, body, re.DOTALL):
        lines, steps = (rows.replace(r"\\*", r"\\") for rows in (lines, steps))  # only a page cares
        whole = f"\\begin{{aligned}} {lines} \\end{{aligned}}" if lines else display
        whole = f"\\begin{{alignedat}}{{2}} {steps} \\end{{alignedat}}" if steps else whole
        # An inline fraction is set as large as a displayed one: Markdown has no room for it in a line.
        found.append((" ".join((inline or whole).replace(r"\displaystyle", "").split()), not inline))
    return found


@every_quiz
def test_a_formula_looks_alike_in_both_formats(quiz):
    different = []
    for kind in ("solutions",) if quiz.endswith("-variants") else ("questions", "solutions"):
        texts = made(quiz, SEEDS[-1])
        of_latex, of_markdown = latex_formulas(texts[f"{kind}.tex"]), formulas(texts[f"{kind}.md"])
        assert [display for _, display in of_latex] == [display for _, display in of_markdown]
        # The space around an arrow's label is each format's own.
        pairs = [
            ((ours.replace(r"\;", r"\ "), display), (theirs, display))
            for (ours, display), (theirs, _) in zip(of_latex, of_markdown, strict=True)
        ]
        # What is written alike looks alike; that KaTeX sets it is tested above.
        different += [(ours, theirs) for ours, theirs in dict.fromkeys(pairs) if ours != theirs]
    html = katex_html([formula for pair in different for formula in pair])
    for (ours, theirs), left, right in zip(different, html[::2], html[1::2], strict=True):
        assert left, ours
        assert left == right, f"{ours[0]} is not {theirs[0]}"


# A twin's question sheets are set as those of the quiz that it varies.
DOCUMENTS = [(quiz, kind) for quiz in QUIZZES for kind in ("questions", "solutions")
             if kind == "solutions" or not quiz.endswith("-variants")]  # fmt: skip


@pytest.mark.parametrize(("quiz", "kind"), DOCUMENTS)
def test_every_document_is_set(quiz, kind):
    seed = SEEDS[-1]
    text = pdf_text(document(quiz, seed, kind))
    code = json.loads(made(quiz, seed)["key.json"])["code"]
    with pypdfium2.PdfDocument(document(quiz, seed, kind)) as read:
        pages = len(read)
    assert text.count(code) == pages
    assert outside(document(quiz, seed, kind)) == []
    for page in range(1, pages + 1):
        assert f"Page {page} of {pages}" in text


@every_quiz
def test_every_picture_that_a_text_names_is_there_and_no_other(quiz):
    written = made(quiz, SEEDS[-1])
    for kind in ("questions", "solutions"):
        named = re.findall(r"\]\(([^)]*\.svg)\)", written[f"{kind}.md"])
        assert sorted(named) == sorted(name for name in written if name.startswith(f"{kind}-figures/"))
        assert len(named) == len(set(named))


@every_quiz
def test_a_question_sheet_shows_what_a_student_and_a_grader_need(quiz):
    key = json.loads(made(quiz, SEEDS[-1])["key.json"])
    loaded = composer(quiz).quiz
    points = [part["points"] for exercise in key["exercises"] for part in exercise["parts"]]
    total = f"{sum(map(float, points)):g}"
    markdown = made(quiz, SEEDS[-1])["questions.md"]
    assert re.findall(r"^### \(\w+\) \[(.+)\]$", markdown, re.MULTILINE) == points
    assert f"Points: {total}" in markdown
    assert key["code"] in markdown
    assert ("Name:" in markdown) == loaded.name_line
    for exercise in key["exercises"]:
        own = f"{sum(float(part['points']) for part in exercise['parts']):g}"
        assert f"({own} point{'' if own == '1' else 's'})" in markdown
    if (quiz, "questions") in DOCUMENTS:
        text = pdf_text(document(quiz, SEEDS[-1], "questions"))
        assert ("Name:" in text) == loaded.name_line
        assert re.search(rf"Points: */?\s*{total}\b|Points: *\n?/ ?{total}\b", " ".join(text.split()))
    tex = made(quiz, SEEDS[-1])["questions.tex"]
    assert re.findall(r"\\points\{([^#}]+)\}", tex) == points


# ---- what a question sheet must not say ------------------------------------------------------------------


def squeezed(formula: str) -> str:
    return re.sub(r"\s+|\\ast ?|\*|[{}]", "", formula)


def answers(key: dict) -> list[str]:
    """The answers of a key, those that are more than a name or a digit, as they are printed in LaTeX."""
    found = []
    for exercise in key["exercises"]:
        for part in exercise["parts"]:
            answer = part["answer"]
            if answer["type"] in ("drawing", "text"):  # is drawn (tests/test_pictures.py), or to be proved
                continue
            if "choices" in part:  # the right one is among those that the question shows
                continue
            told = [*exercise["givens"].values(), part.get("parameters", {}).get("step", "")]  # which stand on the sheet
            for entry in answer.get("values", [answer]):
                if entry.get("exact") not in told:
                    found.append(entry["latex"])
    telling = [latex for latex in found if not re.fullmatch(r"-?\d{1,2}", latex)]  # -1 stands on any sheet
    return [latex for latex in telling if re.search(r"\d\.\d\d|[-+ ]|\\cdot|\\frac", latex)]


def stated(quiz: str, seed: str) -> set[str]:
    """The formulas that the exercises begin with: one may be a step of another's."""
    plans = [exercise.plan for exercise in sheet(quiz, seed).exercises]
    return {latex(plan.network.formula, plan.graph.scope) for plan in plans if plan.network.formula is not None}


@every_quiz
def test_a_question_sheet_gives_nothing_away(quiz):
    for seed in seeds_of(quiz):
        texts = made(quiz, seed)
        key = json.loads(texts["key.json"])
        given = stated(quiz, seed)
        # A count is a number as any other; a choice of five sentences has no answer in mathematics.
        assert answers(key) or quiz == "parameter-counts" or quiz.startswith("data-sufficiency")
        for name in ("questions.tex", "questions.md"):
            sheet = texts[name]
            for word in ("zq7seed", "derivgen generate", "--seed", "xq9quiz"):
                assert word not in sheet
            found = latex_formulas(sheet) if name.endswith("tex") else formulas(sheet)
            shown = [squeezed(tex) for tex, _ in found]
            sides = {side for tex in shown for side in re.split(r"&?=|\\\\|\\cr|\\(?:begin|end)aligned", tex)}
            for answer in answers(key):
                if re.fullmatch(r"-?[\d.]+", answer):
                    assert not re.search(rf"(?<![\d.]){re.escape(answer)}(?![\d.]*\d)", sheet), answer
                elif answer not in given:
                    told = squeezed(answer)
                    assert told not in sides
                    assert r"\cdot" not in answer or not [tex for tex in shown if told in tex], answer
            said = sheet.partition(r"\begin{document}")[2] + sheet[:400].partition("\\doc")[0]
            assert not re.search("(?<!onv)olution", said)  # convolutions there may be


@pytest.mark.parametrize("quiz", [quiz for quiz, kind in DOCUMENTS if kind == "questions"])
def test_a_question_pdf_gives_nothing_away(quiz):
    content = document(quiz, "zq7seed", "questions")
    with pypdfium2.PdfDocument(content) as read:
        said = " ".join([*read.get_metadata_dict().values(), pdf_text(content)])
        assert read.count_attachments() == 0
    for word in ("zq7seed", "derivgen generate", "--seed", "xq9quiz"):
        assert word not in said
        assert word.encode() not in content
    assert "Solution" not in said
    for answer in answers(json.loads(made(quiz, "zq7seed")["key.json"])):
        if re.fullmatch(r"-?[\d.]+", answer):
            assert not re.search(rf"(?<![\d.]){re.escape(answer)}(?![\d.]*\d)", said)


@every_quiz
def test_a_solution_sheet_says_how_it_was_made(quiz):
    texts = made(quiz, "zq7seed")
    assert texts["solutions.tex"].split("\n")[0] == f"% {COMMAND}"
    assert texts["solutions.md"].split("\n")[0] == f"<!-- {COMMAND} -->"
    key = json.loads(texts["key.json"])
    for answer in answers(key):
        if re.fullmatch(r"-?[\d.]+", answer) and not composer(quiz).quiz.carry:
            assert answer in texts["solutions.tex"]


# ---- words from outside ----------------------------------------------------------------------------------


def test_hostile_words_come_out_as_themselves():
    loaded = composer("everything").quiz
    texts = made("everything", SEEDS[-1])
    markdown, printed = prose_text(texts["questions.md"]), pdf_text(document("everything", SEEDS[-1], "questions"))
    one_line = " ".join(printed.replace("\u2019", "'").split())
    for words in (loaded.title, loaded.course, loaded.date, loaded.exercises[0].title):
        assert words in markdown
        assert words in one_line
    for words in ("Show your work, 100% of", "it costs $5.", "1. No `notes`."):
        assert words in " ".join(markdown.split())
        assert words in one_line
    assert "& 50% of **it**." in markdown
    assert "& 50% of **it**." in one_line
    assert "& _more_." in markdown
    assert "That is all_." in markdown
    assert "49" not in markdown.partition("\n")[0]


def test_hostile_words_in_every_place():
    words = [r"\input{/etc/passwd}", "%", "_", "$", "<script>", "{{7*7}}", "^^5c", "a--b"]
    hostile = " ".join(words)
    text = (
        f"title: '{hostile}'\ncourse: '{hostile}'\ndate: '{hostile}'\ninstructions: '{hostile}'\nexercises:\n"
        "- network: {inputs: x, weights: w, equations: z = x*w}\n"
        f"  title: '{hostile}'\n  asks: [{{text: '{hostile}'}}, {{gradient: {{wrt: w, hint: '{hostile}'}}}}]\n"
    )
    texts = files(Composer(spec.loads(text, asks=ASKS, kinds=KINDS)).compose(), ["latex", "markdown"])
    markdown = prose_text(texts["questions.md"])
    printed = " ".join(pdf_text(compile_pdf(texts["questions.tex"])).replace("\ufffe", "-").split())
    assert leftovers(texts["questions.md"]) == []
    for word in words:
        assert markdown.count(word) >= 6, word
        assert printed.count(word) >= 6, word


# ---- pages -----------------------------------------------------------------------------------------------


def test_a_fraction_in_a_sentence_has_room():
    r"""The subscript of ∂Loss/∂w_2 in part (c) of `neural-nets` stands clear of the line below it."""
    (first, *_) = pypdfium2.PdfDocument(document("neural-nets", SEEDS[-1], "questions"))
    text = first.get_textpage()
    whole = text.get_text_range()
    start = whole.index("(c)")
    line = whole.index("the way", start)
    above = min(text.get_charbox(i)[1] for i in range(start, line) if whole[i].strip())
    below = max(text.get_charbox(i)[3] for i in range(line, line + 30) if whole[i].strip())
    assert above - below > 2


BLOCK = "{conv: 512, kernel: 3, padding: 1, bias: false}, batch_norm"
LONG = {
    "a stack of many layers with long descriptions": f"""
  - network:
      kind: convolutional
      input: [512, 33, 47]
      layers: [{", ".join(f"{{residual: [{BLOCK}, relu, {BLOCK}], projection: [{BLOCK}]}}, relu" for _ in range(10))}]
    asks: [output_sizes: {{blanks: 3}}, multiply_adds]
""",
    "a circuit and its table, each of half a page": """
  - network: {kind: staged, inputs: [x, y], formula: "f = max(x*y, gelu(x)) + elu(y)^2/(swish(x) - 3)"}
    givens: {x: 0.5, y: -1}
    asks: [forward_pseudocode, backward_pseudocode, circuit_values]
""",
    "a long local derivative": """
  - network: {kind: staged, inputs: [x], weights: [w], formula: "f = gelu(w*x)"}
    givens: {x: 0.5, w: 2}
    asks: [backward_pseudocode, circuit_values, partial_derivatives: {gradient: true}, sensitivity: {step: 0.1}]
""",
    "long brackets and long fractions": """
  - network:
      kind: staged
      inputs: [x, y]
      formula: f = (x + sigmoid(y)/2 + swish(x*y))^2/(swish(x) + (x + y)^2)
    givens: {x: 0.5, y: -1}
    asks: [partial_derivatives: {gradient: true}, sensitivity: {step: 0.1}]
""",
}


def test_what_is_long_or_wide_stays_on_the_page():
    """One document for all of them, each on a page of its own."""
    text = f"title: T\nexercises:{''.join(LONG.values())}"
    texts = files(Composer(spec.loads(text, asks=ASKS, kinds=KINDS)).compose(), ["latex"])
    for kind in ("questions", "solutions"):
        tex, count = re.subn(r"(?=\\medskip\n\{\\large\\bfseries \d)", r"\\clearpage ", texts[f"{kind}.tex"])
        assert count == len(LONG)
        assert outside(compile_pdf(tex)) == []


CHAINS = ([1, 1, 1], [6], [2, 2], [4, 4, 4], [9, 2], [60])


def solution_lines(rows: list[int], before: str) -> str:
    """A page that says so, then a display with chains of so many rows, that much below the top of a page."""
    chains = [
        {
            "rows": [
                {"left": "", "relation": Markup("="), "right": Markup(str(10 * i + j)), "unrounded": ""}
                for j in range(n)
            ]
        }
        for i, n in enumerate(rows, 1)
    ]
    display = format_of("latex").environment.globals["lines"](chains)
    return rf"\clearpage BEGIN\clearpage x\vspace*{{{before}}}{display}"


@cache
def chains_on_pages() -> dict[tuple[int, str], list[str]]:
    """The pages of each display, by its number among the ``CHAINS`` and how far down it begins; set in one document."""
    places = [(i, before) for i, rows in enumerate(CHAINS) for before in (("1cm",) if rows == [60] else ("18cm", "19.5cm"))]
    preamble = made("neural-nets", SEEDS[-1])["solutions.tex"].partition(r"\begin{document}")[0]
    body = "".join(solution_lines(CHAINS[i], before) for i, before in places)
    text = pdf_text(compile_pdf(rf"{preamble}\begin{{document}}\pagestyle{{empty}}{body}\end{{document}}"))
    parts = text.removeprefix("BEGIN\f").split("\fBEGIN\f")
    return {place: part.split("\f") for place, part in zip(places, parts, strict=True)}


@pytest.mark.parametrize("i", range(len(CHAINS) - 1), ids=lambda i: str(CHAINS[i]))
def test_no_page_begins_in_the_middle_of_a_chain(i):
    last = {str(10 * chain + n - 1) for chain, n in enumerate(CHAINS[i], 1)}
    for before in ("18cm", "19.5cm"):
        first, *rest = chains_on_pages()[i, before]
        for page in rest:
            assert page.split()
        numbers = re.findall(r"\d+", first)
        if sum(CHAINS[i]) <= 6:
            assert numbers == [] or rest == []
        assert not numbers or numbers[-1] in last


def test_a_chain_longer_than_a_page_is_broken():
    assert len(chains_on_pages()[len(CHAINS) - 1, "1cm"]) == 2


@pytest.mark.parametrize("quiz", ["neural-nets", "neural-nets-numeric", "neural-nets-variants"])
def test_a_page_does_not_begin_with_a_solution(quiz):
    for seed in seeds_of(quiz):
        for page in pdf_text(document(quiz, seed, "solutions")).split("\f"):
            assert not page.lstrip().startswith("Solution.")


def test_a_composed_loss_stays_within_the_margins():
    """What is too wide for a page is refused by name, and all that is not is set between the margins."""
    chains = [
        f"{{kind: chain, depth: {depth}, activation: {activation}, biases: {biases}, loss: {loss}}}"
        for depth in (3, 4) for activation in ("softplus", "tanh") for biases in ("false", "true")
        for loss in ("half_squared_error", "binary_cross_entropy")
    ]  # fmt: skip
    sums = [
        f"{{inputs: [{', '.join(terms)}], weights: w, equations: 'u = {' + '.join(terms)}; f = {function}(u*w)'}}"
        for count in (9, 12, 15) for function in ("tanh", "softplus", "exp")
        for terms in ([f"x_{i}" for i in range(count)],)
    ]  # fmt: skip
    fitting, refused = [], 0
    for network in chains + sums:
        exercise = f"  - {{network: {network}, picture: false, asks: [composed_loss]}}\n"
        try:
            Composer(spec.loads(f"title: T\nexercises:\n{exercise}", asks=ASKS, kinds=KINDS)).compose()
        except DerivgenError as error:
            assert re.match(r"quiz.yaml:3: exercises.0..asks.0.: [fL] in terms of .* is wider than a page", str(error))
            refused += 1
        else:
            fitting.append(exercise)
    assert len(fitting) > 3 and refused > 0
    whole = Composer(spec.loads(f"title: T\nexercises:\n{''.join(fitting)}", asks=ASKS, kinds=KINDS)).compose()
    assert katex_errors(formulas(files(whole, ["markdown"])["questions.md"])) == []
    with pypdfium2.PdfDocument(compile_pdf(files(whole, ["latex"])["solutions.tex"])) as read:
        for page in read:
            text = page.get_textpage()
            ends = [text.get_charbox(i)[2] for i in range(text.count_chars()) if text.get_text_range(i, 1).strip()]
            margin = page.get_width() - 1.15 * 72
            assert [end for end in ends if margin + 0.5 < end < margin + 0.2 * 72] == []  # then come the points
            assert max(ends) < page.get_width() - 36
