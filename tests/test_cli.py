"""The commands: what they write, what they say, and what they leave alone when something is wrong."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner, Result

from derivgen import certify, cli, derivation, pdf, reading, sheet
from derivgen.cli import main
from derivgen.errors import CertificateError
from derivgen.operations import OPERATIONS

TEXTS = {"questions.md", "questions.tex", "solutions.md", "solutions.tex", "key.json"}
FOLDERS = {"questions-figures", "solutions-figures"}
DRAWN = {f"{folder}/1.svg" for folder in FOLDERS}  # the drawing that introduces the one exercise

QUIZ = """\
title: {title}
exercises:
  - network:
      inputs: x
      weights: w
      target: y
      equations: |
        {equations}
      loss: {loss}
    random: true
    {givens}
    asks:
      - {asks}
"""


def quiz(**changes: str) -> str:
    defaults = {"title": "T", "equations": "a = sigmoid(w*x)", "loss": "(a - y)^2", "givens": "", "asks": "gradient: w"}
    return QUIZ.format(**{**defaults, **changes})


@pytest.fixture(autouse=True)
def _in_a_fresh_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def run(*words: str, **options) -> Result:
    result = CliRunner().invoke(main, words, **options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def good(*words: str, **options) -> str:
    result = run(*words, **options)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*words: str, code: int = 2, **options) -> str:
    """What is said: one line of reasonable length, and nothing that looks like a program's insides."""
    result = run(*words, **options)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("derivgen: ")
    assert len(line) < 1100
    assert "Traceback" not in line
    assert "fault of derivgen" not in line
    return line.removeprefix("derivgen: ")


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def table_of(folder: Path) -> list[list[str]]:
    return list(csv.reader((folder / "index.csv").read_text("utf-8").splitlines()))


def file(text: str, name: str = "quiz.yaml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


# ---- generate --------------------------------------------------------------------------------------------


def test_one_variant_in_both_formats():
    assert good("generate", "neural-nets") == f"{Path('generated', 'neural-nets', '1')}\n"
    assert set(snapshot(Path("generated"))) == {
        f"neural-nets/1/{name}" for name in TEXTS | DRAWN | {f"{folder}/2.svg" for folder in FOLDERS}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "endings"),
    [(["latex"], {"tex"}), (["markdown"], {"md"}), (["markdown", "latex", "latex"], {"md", "tex"})],
)
def test_the_formats_that_are_asked_for(words, endings):
    good("generate", "neural-nets", "--out", "o", *(f"--format={word}" for word in words))
    made = {path.name for path in Path("o/neural-nets/1").iterdir()}
    drawn = FOLDERS if "md" in endings else set()  # LaTeX draws in the text itself
    assert made == {"key.json", *drawn, *(f"{kind}.{end}" for kind in ("questions", "solutions") for end in endings)}


def test_a_range_of_seeds_and_its_index():
    said = good("generate", "neural-nets-numeric", "--seeds", "1..5", "--out", "o")
    assert said == f"{Path('o', 'neural-nets-numeric')}: 5 variants\n"
    folder = Path("o/neural-nets-numeric")
    assert {path.name for path in folder.iterdir()} == {*"12345", "index.csv"}
    rows = table_of(folder)
    assert rows[0] == ["name", "seed", "code"]
    codes = [json.loads((folder / seed / "key.json").read_text("utf-8"))["code"] for seed in "12345"]
    assert rows[1:] == [["", seed, code] for seed, code in zip("12345", codes, strict=True)]
    assert len(set(codes)) == 5
    assert len({(folder / seed / "questions.md").read_text("utf-8") for seed in "12345"}) == 5
    good("generate", "neural-nets-numeric", "--seed", "3", "--out", "alone")
    assert snapshot(Path("alone/neural-nets-numeric/3")) == snapshot(folder / "3")


def test_a_class_whose_quiz_has_nothing_to_draw_is_told_so():
    result = run("generate", "neural-nets", "--seeds", "1..2", "--out", "o")
    assert result.exit_code == 0
    assert "1 of 2 sheets repeat another" in result.stderr


def test_a_roster_with_seeds_and_with_names():
    roster = file('\ufeffname,seed\n\nanna\n"Doe, Jane",jd-7\n=1+1,+s1\n-x,@s2\nØrsted, ö\n', "class.csv")
    good("generate", "neural-nets-numeric", "--roster", roster, "--out", "o")
    folder = Path("o/neural-nets-numeric")
    rows = table_of(folder)[1:]
    assert [row[:2] for row in rows] == [
        ["", "anna"], ["Doe, Jane", "jd-7"], ["'=1+1", "'+s1"], ["'-x", "'@s2"], ["Ørsted", "ö"],
    ]  # fmt: skip
    keys = [json.loads(path.read_text("utf-8")) for path in folder.glob("*/key.json")]
    assert {key["seed"] for key in keys} == {"anna", "jd-7", "+s1", "@s2", "ö"}
    for path in folder.glob("*/questions.*"):
        assert "Jane" not in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"\n\n", "is empty"), (b"a,b,c\n", "class.csv:1: write one seed"), (b"\xff", "UTF-8"),
     (b"ok\nname,\n", "class.csv:2: write one seed"), (b"a\nA\n", "the seed 'A' is there twice"),
     (b"name;seed\nAnn;7\n", "class.csv:1: a name and a seed are parted by a comma, not by ';'"),
     (b"ok\nAnn\t7\n", r"class.csv:2: a name and a seed are parted by a comma, not by '\t'"),
     (b"x" * 200_000, "not a table"), (b"a\n" * 600_000, "larger than 1 MiB")],
)  # fmt: skip
def test_a_roster_that_cannot_be_used(content, said):
    Path("class.csv").write_bytes(content)
    assert said in refused("generate", "neural-nets", "--roster", "class.csv")
    assert not Path("generated").exists()


def test_a_secret_keys_the_draws():
    sheets, codes = set(), set()
    for secret in (None, "first", "second", "first\n"):
        words = ["--secret", file(secret, "secret.txt")] if secret else []
        good("generate", "neural-nets-numeric", "--out", "o", *words)
        texts = snapshot(Path("o/neural-nets-numeric/1"))
        sheets.add(texts["questions.md"].partition(b"---")[0])
        codes.add(json.loads(texts["key.json"])["code"])
        for text in texts.values():
            assert secret is None or secret.encode().strip() not in text
        line = texts["solutions.md"].split(b"\n")[0].decode()
        assert line.endswith("--seed 1 --secret secret.txt -->" if secret else "--seed 1 -->")
    assert len(sheets) == len(codes) == 3
    assert "is empty" in refused("generate", "neural-nets", "--secret", file("  \n", "empty"))
    assert "cannot read the secret" in refused("generate", "neural-nets", "--secret", "nowhere")


def test_pdfs_of_one_variant_and_of_a_class():
    good("generate", "neural-nets-numeric", "--seeds", "1..2", "--format", "markdown", "--pdf", "--out", "o")
    folder = Path("o/neural-nets-numeric")
    assert {path.name for path in folder.iterdir()} == {"1", "2", "index.csv", "all-questions.pdf", "all-solutions.pdf"}
    assert {path.name for path in (folder / "1").iterdir()} == TEXTS | FOLDERS | {"questions.pdf", "solutions.pdf"}
    for kind in ("questions", "solutions"):
        lengths = [len(pypdfium2.PdfDocument(folder / seed / f"{kind}.pdf")) for seed in "12"]
        whole = pypdfium2.PdfDocument(folder / f"all-{kind}.pdf")
        assert len(whole) == sum(length + length % 2 for length in lengths)  # each starts on a right-hand page
        assert whole.get_metadata_dict().get("Title", "") == ""


# ---- a folder appears whole or not at all ----------------------------------------------------------------


def test_a_new_run_replaces_an_old_one():
    quiz_ = file(quiz())
    good("generate", quiz_, "--out", "o", "--pdf")
    assert {"questions.pdf", "questions.tex"} < {path.name for path in Path("o/quiz/1").iterdir()}
    good("generate", quiz_, "--out", "o", "--format", "markdown")
    texts = {"questions.md", "solutions.md", "key.json"}
    assert {path.name for path in Path("o/quiz/1").iterdir()} == texts | FOLDERS
    assert [path.name for path in Path("o/quiz").iterdir()] == ["1"]


@pytest.mark.parametrize("foreign", ["notes.txt", "grades/anna.txt", "key.json/x", ".hidden"])
def test_a_foreign_file_is_not_deleted(foreign):
    good("generate", "neural-nets", "--seed", "2", "--out", "o")
    path = Path("o/neural-nets/1", foreign)
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    before = snapshot(Path("o"))
    for words in (["--seed", "1"], ["--seeds", "1..3"]):
        assert f"holds {Path(foreign).parts[0]}, which is not derivgen's" in refused(
            "generate", "neural-nets", "--out", "o", *words
        )
    assert snapshot(Path("o")) == before


def test_a_foreign_index_is_not_overwritten():
    Path("o/neural-nets").mkdir(parents=True)
    Path("o/neural-nets/index.csv").write_text("my,own,table\n")
    assert "index.csv is not derivgen's" in refused("generate", "neural-nets", "--seeds", "1..2", "--out", "o")
    assert snapshot(Path("o")) == {"neural-nets/index.csv": b"my,own,table\n"}
    good("generate", "neural-nets", "--seed", "index.csv", "--out", "o")
    assert len(list(Path("o/neural-nets").iterdir())) == 2


def test_a_link_is_not_followed():
    Path("elsewhere").mkdir()
    Path("o/neural-nets").mkdir(parents=True)
    try:
        Path("o/neural-nets/1").symlink_to(Path("elsewhere").resolve())
    except OSError:
        pytest.skip("no links on this machine")
    assert "in the way" in refused("generate", "neural-nets", "--out", "o")
    assert list(Path("elsewhere").iterdir()) == []


@pytest.mark.parametrize("failing", [3, 5])
def test_a_run_that_cannot_be_put_in_place_leaves_everything_as_it_was(monkeypatch, failing):
    good("generate", "neural-nets-numeric", "--seeds", "1..3", "--out", "o")
    before = snapshot(Path("o"))
    renamed, rename = [], Path.rename

    def full(self: Path, target: Path) -> Path:
        renamed.append(target)
        if len(renamed) == failing:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    secret = file("s", "secret")
    said = refused("generate", "neural-nets-numeric", "--seeds", "1..3", "--out", "o", "--secret", secret)
    assert "cannot write to" in said
    assert "No space left on device" in said
    assert snapshot(Path("o")) == before


def test_a_failed_run_leaves_no_new_folder():
    bad = file(quiz(equations="a = log(w*x)", givens="givens: {w: -1, x: 1, y: 2}", asks="loss_value"))
    refused("generate", bad, "--out", "new/deeper")
    assert not Path("new").exists()


# ---- bad input -------------------------------------------------------------------------------------------

NESTED = "(" * 10_000 + "x" + ")" * 10_000
BAD = {
    "missing file": (None, "'quiz.yaml' is neither a file nor a bundled quiz"),
    "empty file": ("", "quiz.yaml: the file is empty"),
    "unknown key": (quiz() + "    ask: []\n", "'ask' is unknown; did you mean 'asks'?"),
    "unknown ask": (quiz(asks="gradiant: w"), "quiz.yaml:13: exercises[0].asks[0]: 'gradiant' is unknown"),
    "unknown operation": (quiz(equations="a = sigmod(w*x)"), "did you mean 'sigmoid'?"),
    "undeclared name": (quiz(equations="a = w*x + b"), "'b'"),
    "defined twice": (
        quiz(equations="a = w*x\n        a = 2*w"),
        "quiz.yaml:9: exercises[0].network.equations: 'a' is defined twice (it is defined in line 8)",
    ),
    "cycle": (quiz(equations="a = b*w\n        b = a*x"), "b"),
    "no dependence": (quiz(loss="(a - y)^2", equations="a = x^2 + 0*y\n        c = w*x"), "w"),
    "kink": (
        quiz(equations="a = relu(w*x)", givens="givens: {w: 0, x: 1, y: 2}", asks="derivative: w"),
        "kink",
    ),
    "log of a negative number": (
        quiz(equations="a = log(w*x)", givens="givens: {w: -1, x: 1, y: 2}", asks="loss_value"),
        "log of a number that is not positive",
    ),
    "division by zero": (
        quiz(equations="a = 1/(w - x)", givens="givens: {w: 1, x: 1, y: 2}", asks="loss_value"),
        "division by zero",
    ),
    "tower": (quiz(equations="a = w*x*9^9^9^9"), ""),
    "nested brackets": (quiz(equations=f"a = {NESTED}"), ""),
    "nested lists": (quiz() + "    x: " + "[" * 10_000, "nested more than 24 deep"),
    "50 MB": ("#" * 50_000_000, "is larger than a quiz file may be"),
    "not UTF-8": (b"title: \xff", "not UTF-8"),
    "a program": (b"\x7fELF\0\0\0", "U+007F"),
    "a title that pdflatex cannot set": (quiz(title="Prüfung 日"), "pdflatex cannot set '日'"),
    "a formula that runs TeX": (quiz(asks="text: '$\\input{x}$'\n      - loss_value"), r"\input"),
    "an empty formula": (
        quiz(title="a $ $ b", asks="text: 'a $ $ b'\n      - loss_value"),
        r"quiz.yaml:13: exercises[0].asks[0].text: the formula $ $ is empty; a dollar sign is \$",
    ),
    "a formula that TeX cannot end": (
        quiz(asks="loss_value: {hint: 'Put $\\frac{1}$ in.'}"),
        r"quiz.yaml:13: exercises[0].asks[0].loss_value.hint: \frac takes two groups",
    ),
    "a bad formula in the instructions": (
        "instructions: |\n  Show\n  your $x^2^3$.\n" + quiz(),
        "quiz.yaml:1: instructions: two superscripts follow each other",
    ),
    "a huge number": (quiz(equations="a = w*x + 1" + "0" * 5000), ""),
    "a huge exponent": (quiz(givens="givens: {x: 1e999999999}"), "more digits than"),
    "no number fits": (quiz(equations="a = w*x*0 + x", givens="givens: {x: {choice: [0]}}", asks="loss_value"), ""),
    "an unknown given": (quiz(givens="givens: {v: 1}"), "'v' is unknown"),
    "nothing to ask": (quiz(asks="text: hello"), ""),
    "asked twice": (quiz(asks="gradient: w\n      - gradient: w"), "already asked"),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_input_gets_one_clear_line_and_leaves_earlier_output_alone(fault):
    content, said = BAD[fault]
    good("generate", file(quiz()), "--out", "o")
    before = snapshot(Path("o"))
    if content is None:
        Path("quiz.yaml").unlink()
    else:
        Path("quiz.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    line = refused("generate", "quiz.yaml", "--out", "o")
    assert said in line
    assert "quiz.yaml" in line
    assert snapshot(Path("o")) == before
    assert [path.name for path in Path("o/quiz").iterdir()] == ["1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["generate"], "Missing argument 'QUIZ'"),
        (["generate", "neural-nts"], "did you mean 'neural-nets'?"),
        (["generate", "neural-nets", "--sed", "1"], "No such option"),
        (["generate", "neural-nets", "--format", "latx"], "did you mean 'latex'?"),
        (["generate", "neural-nets", "--seed", ""], "must not be empty"),
        (["generate", "neural-nets", "--seed", "1", "--seeds", "1..2"], "give one of"),
        (["generate", "neural-nets", "--seeds", "5..1"], "must go up"),
        (["generate", "neural-nets", "--seeds", "1-5"], "write 1..200"),
        (["generate", "neural-nets", "--seeds", "1..999999999"], "at most 100,000"),
        (["generate", "neural-nets", "--seed", "a\udcffb"], "is not UTF-8"),
        (["generate", "neural-nets", "--roster", "nowhere"], "cannot read the roster"),
        (["generate", "neural-nets", "--roster", "."], "cannot read the roster"),
        (["generate", "."], "is a folder"),
        (["generate", "a\nb"], r"a\nb"),
        (["list", "askes"], "did you mean 'asks'?"),
        (["lst"], "No such command"),
        (["derive", "a = "], ""),
        (["derive", ""], ""),
        (["derive", "a = x*w", "--wrt", "v"], "--wrt: 'v'"),
        (["derive", "a = x*w", "--of", "x"], "--of: 'x'"),
        (["derive", "a = x*w", "--at", "x=1"], "w"),
        (["derive", "a = x*w", "--at", "x=one,w=2"], "'one'"),
        (["derive", "a = log(x)", "--at", "x=-1"], "log of a number that is not positive"),
        (["derive", "a = 1/x", "--at", "x=0"], "division by zero"),
        (["derive", "a = relu(x)", "--at", "x=0"], "kink"),
        (["derive", "L = sigmoid(w)", "--at", "w=-1000"], "L: a value is too small to be printed"),
        (["derive", "L = sigmoid(w)", "--at", "w=1000"], "dL/dw: a difference is too small to be told from zero"),
        (
            ["derive", "a = sigmoid(w); L = (a - 1)^2", "--at", "w=999"],
            "L: a difference is too small to be told from zero",
        ),
        (["derive", "u = w^9; L = u^2", "--at", "w=1000"], "u: a value is larger than 1e+15"),
        (["derive", "u = 10^9*w; L = u/10^9", "--at", "w=10000000"], "u: a value is larger than 1e+15"),
        (["derive", "a = 9^9^9^9*x"], ""),
        (["derive", f"a = {NESTED}"], ""),
        (["derive", "a = __import__('os').system('x')"], ""),
        (["derive", "a = x; a = y"], "a"),
        (["derive", "a = b; b = a"], ""),
        (["derive", "a = x*w", "--digits", "99"], "99"),
        (
            ["derive", "a = g(w*x)"],
            "line 1: column 5: 'g' is no known function; write g * (...) for a product, or --function g",
        ),
        (["derive", "a = x_1(w + 1)"], "--function x_1"),
        (["derive", "a = Quux (w*x)"], "write Quux * (...)"),
        (["derive", "a = sigmod(w*x)"], "did you mean 'sigmoid'?"),
        (["derive", "a = g(w*x)", "--function", "h"], "'h' is declared but no equation uses it"),
        (["derive", "a = g(w*x)", "--function", "g", "--at", "w=1,x=2"], "has no numbers until g is bound"),
        (["derive", "a = x*w", "--format", "word"], "word"),
    ],
)
def test_bad_words_get_one_clear_line(words, said):
    assert said in refused(*words)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("way", ["o", "o/neural-nets", "o/neural-nets/1"])
def test_an_output_folder_that_cannot_be_written(way):
    Path(way).parent.mkdir(parents=True, exist_ok=True)
    Path(way).write_text("a file in the way")  # stops root too, whom no permission stops
    line = refused("generate", "neural-nets", "--out", "o")
    assert way.replace("/", os.sep) in line or "o" in line
    assert Path(way).read_text() == "a file in the way"
    assert len(snapshot(Path())) == 1


def test_a_pdf_with_no_tex_anywhere(monkeypatch):
    def none() -> pdf.Engine:
        raise pdf.PdfError('no TeX that can set a sheet, or run: pip install "derivgen[pdf]"')

    good("generate", "neural-nets", "--out", "o")
    before = snapshot(Path("o"))
    monkeypatch.setattr(pdf, "engine", none)
    assert "derivgen[pdf]" in refused("generate", "neural-nets", "--out", "o", "--pdf")
    assert snapshot(Path("o")) == before


def test_a_pdf_that_tex_refuses(monkeypatch):
    good("generate", "neural-nets", "--out", "o", "--seeds", "1..2")
    before = snapshot(Path("o"))

    def refuses(tex: str) -> bytes:
        raise pdf.PdfError("TeX: ! Undefined control sequence. l.3")

    monkeypatch.setattr(pdf, "compile_pdf", refuses)
    for words in ([], ["--seeds", "1..2"]):
        assert "Undefined control sequence" in refused("generate", "neural-nets", "--out", "o", "--pdf", *words)
        assert snapshot(Path("o")) == before


# ---- seeds -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "seed",
    ["../x", "..", ".", "/etc/passwd", "a/b\\c", "x" * 500, "-->", "--", "a\nb", "\\end{document}", "ünïcode", "日本",
     "CON", "nul.txt", "a.", " a ", "$(id)", "%0a", "a_b", "<!--", "1;2", "'", "\x1b[31m", "index.csv", "-5"],
)  # fmt: skip
def test_a_broken_seed_is_safe(seed):
    result = run("generate", "neural-nets-numeric", f"--seed={seed}", "--out", "o")
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    (folder,) = Path("o/neural-nets-numeric").iterdir()
    assert line == str(folder)
    assert len(folder.name) <= 40
    assert folder.name.isascii()
    assert folder.name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert set(snapshot(Path())) == {f"o/neural-nets-numeric/{folder.name}/{name}" for name in TEXTS | DRAWN}
    assert json.loads((folder / "key.json").read_text("utf-8"))["seed"] == seed
    markdown, tex = (folder / "solutions.md").read_text("utf-8"), (folder / "solutions.tex").read_text("utf-8")
    first, second, *_ = markdown.split("\n")
    assert first.startswith("<!-- derivgen generate neural-nets-numeric --seed ")
    assert first.endswith(" -->")
    assert first.count("-->") == 1
    assert first.count("<!--") == 1
    assert second == ""
    assert tex.split("\n")[0].startswith("% derivgen generate neural-nets-numeric --seed ")
    assert tex.split("\n")[1].startswith(r"\documentclass")
    if not seed.isascii() or "\\" in seed or not seed.isprintable():  # what a TeX might stumble over
        pdf.compile_pdf(tex.split("\n")[0] + "\n\\documentclass{article}\\usepackage{lmodern}\\begin{document}x\\end{document}")


@pytest.mark.skipif(sys.platform == "win32", reason="the $'...' of a command is a shell's")
@pytest.mark.parametrize("seed", ["zq7seed", "a b", "a\nb", "--x", "$(id)", "it's", "-->", "日本", "a_b.c-d"])
def test_the_command_on_a_solution_makes_the_same_seed(seed):
    good("generate", "neural-nets-numeric", f"--seed={seed}", "--out", "o", "--format", "latex")
    (folder,) = Path("o/neural-nets-numeric").iterdir()
    command = (folder / "solutions.tex").read_text("utf-8").split("\n")[0].removeprefix("% ")
    shell = subprocess.run(
        ["bash", "-c", f"derivgen() {{ printf '%s\\0' \"$@\"; }}; {command}"],
        capture_output=True, check=True, encoding="utf-8", env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert shell.stdout.split("\0") == ["generate", "neural-nets-numeric", "--seed", seed, ""]


def test_seeds_that_make_the_same_folder_are_refused():
    roster = file("Anna\nanna\n", "class.csv")
    assert "the seed 'anna' is there twice (or differs only in case)" in refused(
        "generate", "neural-nets", "--roster", roster
    )


# ---- certificates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["sigmoid", "half_squared_error"])
def test_a_wrong_derivation_is_never_written(monkeypatch, request, operation):
    def forget() -> None:
        for remembered in (derivation._rule, derivation._local_derivatives, reading.read_row):
            remembered.cache_clear()

    file(quiz(equations="a = sigmoid(w*x)", loss="half_squared_error(a, y)", asks="derivative: w"))
    good("generate", "quiz.yaml", "--out", "o")
    before = snapshot(Path("o"))
    row = OPERATIONS[operation]
    negated = tuple(f"-({form})" for form in row.local)
    wrong = dataclasses.replace(row, local=negated, output_local=row.output_local and f"-({row.output_local})")
    monkeypatch.setitem(OPERATIONS, operation, wrong)
    request.addfinalizer(forget)
    forget()
    for words in (["--seed", "2"], ["--seeds", "1..3"], ["--seed", "1"]):
        said = refused("generate", "quiz.yaml", "--out", "o", *words, code=1)
        assert "derivgen generate quiz.yaml --seed" in said
    refused("derive", f"p = w*x; q = {operation}(p{', y' if len(row.arguments) > 1 else ''})", code=1)
    assert snapshot(Path("o")) == before


def test_a_failed_certificate_says_how_to_reproduce_it(monkeypatch):
    def fails(*arguments, **options):
        raise CertificateError("a line is not what it should be")

    monkeypatch.setattr(sheet, "certified", fails)
    monkeypatch.setattr(sheet.givens, "certified", fails, raising=False)
    monkeypatch.setattr(certify, "symbolic", fails)
    line = refused("generate", "neural-nets-numeric", "--seed", "7", "--out", "o", code=1)
    assert "derivgen generate neural-nets-numeric --seed 7" in line
    assert not Path("o").exists()


# ---- derive, list, and the rest --------------------------------------------------------------------------

EQUATIONS = "a = sigmoid(w*x + b); L = (a - y)^2/2"


def test_derive_in_each_format():
    plain = good("derive", EQUATIONS, "--of", "L", "--wrt", "w")
    assert "dL/dw = (a - y)*a*(1 - a)*x" in plain.replace("\n      =", " =").replace("dL/da*da/dw = ", "")
    assert "$" not in plain
    assert "\\" not in plain
    markdown = good("derive", EQUATIONS, "--wrt", "w", "--format", "markdown")
    assert markdown.startswith("$$ ")
    latex = good("derive", EQUATIONS, "--wrt", "w", "--format", "latex")
    assert latex.startswith("\\begin{align*}")


def test_derive_leaves_a_function_abstract():
    said = good("derive", "z = w*x; a = g(z); L = Loss(a, y)", "--wrt", "w", "--function", "g", "--function", "Loss")
    assert "da/dz = g'(z)\n" in said and "= dL/da*g'(z)*x\n" in said
    assert "= 2*(a - y)*g'(w*x)*x\n" in good("derive", "a = g(w*x); L = (a-y)^2", "--wrt", "w", "--function", "g")
    help_text = " ".join(good("derive", "--help").split())
    assert "write g*(w*x) for a product" in help_text and "--function NAME" in help_text


def test_derive_says_nothing_twice():
    assert good("derive", "q = -x; L = q*w", "--wrt", "x", "--at", "x=1.66,w=1").split("\n") == [
        "q = -x = -1.66", "L = q*w = (-1.66)*1 = -1.66", "", "dL/dq = w", "dq/dx = -1", "dL/dx = dL/dq*dq/dx",
        "      = -w", "", "dL/dx = -w = -1", "",
    ]  # fmt: skip


def test_derive_reads_a_defined_name_before_a_bracket_as_a_factor():
    assert "da/dz = 1 - y\n" in good("derive", "z = w*x; a = z(1 - y)", "--wrt", "w")


def test_derive_with_numbers_by_everything_and_from_stdin():
    said = good("derive", EQUATIONS, "--at", "x=1, w=-0.2, b=1/10, y=1", "--digits", "3")
    assert "≈ -0.131" in said
    assert {f"dL/d{leaf}" for leaf in "wxby"} <= set(said.split())
    assert good("derive", "-", "--wrt", "w", input=EQUATIONS) == good("derive", EQUATIONS, "--wrt", "w")
    assert "not UTF-8" in refused("derive", "-", input=b"\xff\xfe")


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("quizzes", ["neural-nets", "neural-nets-numeric", "neural-nets-variants"]),
        ("asks", ["chain_rule", "closed_form", "composed_loss", "forward_pass", "gradient", "update", "updated_value"]),
        ("operations", ["sigmoid(z)", "relu(z)", "max(x,", "binary_cross_entropy("]),
        ("networks", ["equations", "chain"]),
        ("formats", ["latex", "markdown"]),
        ("notations", ["from-to", "bias-row", "neurons", "textbook", "examples"]),
        ("slips", ["path_left_out", "index_order_swapped", "inactive_relu", "transposed_matrix"]),
    ],
)
def test_every_table_is_listed(table, rows):
    said = good("list", table)
    for row in rows:
        assert any(line.startswith(row) for line in said.splitlines()), row
    assert table != "quizzes" or good("list") == said


def test_help_and_version():
    assert "generate" in good("--help")
    assert good("--version").startswith("derivgen, version ")
    assert run().exit_code == 2
    for command in ("generate", "derive", "list"):
        assert "--help" in good(command, "-h")


def test_an_interrupted_run_says_so_and_leaves_nothing(monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(sheet.Composer, "compose", interrupt)
    result = run("generate", "neural-nets", "--out", "o")
    assert (result.exit_code, result.stdout, result.stderr.strip()) == (130, "", "derivgen: interrupted")
    assert not Path("o").exists()


def test_a_fault_of_our_own_is_one_line_too(monkeypatch):
    def broken(*arguments):
        raise ZeroDivisionError("no\nnews")

    monkeypatch.setattr(sheet.Composer, "compose", broken)
    result = run("generate", "neural-nets", "--out", "o")
    assert result.exit_code == 70
    assert result.stderr == ("derivgen: a fault of derivgen's own, please report it: ZeroDivisionError: no news\n")
    monkeypatch.setenv("DERIVGEN_DEBUG", "1")
    assert isinstance(CliRunner().invoke(main, ["generate", "neural-nets", "--out", "o"]).exception, ZeroDivisionError)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_has_had_enough():
    code = "from derivgen import cli; cli.main(['list', 'operations'])"
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = [sys.executable, "-c", code]
        run = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, encoding="utf-8", check=False, timeout=60)
    finally:
        os.close(writer)
    assert run.stderr == ""
    assert run.returncode != 0


def test_a_terminal_that_knows_little_gets_escapes():
    code = f"from derivgen import cli; cli.main(['derive', {EQUATIONS!r}, '--at', 'x=1,w=-0.2,b=0.1,y=1'])"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8", env=environment, timeout=60
    )
    assert " -0.1309" in run.stdout
    assert cli.LONGEST_FILE == 2**20


def test_derive_draws_the_equations(tmp_path: Path) -> None:
    equations = ["derive", "a = sigmoid(w*x + b); L = (a - y)^2/2", "--at", "x=1,w=-0.2,b=0.1,y=1"]
    for name, begins in (("circuit.svg", "<svg"), ("circuit.tex", r"\begin{tikzpicture}")):
        result = CliRunner().invoke(main, [*equations, "--figure", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
        assert (tmp_path / name).read_text("utf-8").startswith(begins)
    assert "-0.1309" in (tmp_path / "circuit.tex").read_text("utf-8"), "the gradient by w stands in it"
    plain = CliRunner().invoke(main, [*equations[:2], "--figure", str(tmp_path / "plain.tex")])
    assert plain.exit_code == 0 and "0.475" not in (tmp_path / "plain.tex").read_text("utf-8")
    refused = CliRunner().invoke(main, [*equations, "--figure", str(tmp_path / "circuit.png")])
    assert refused.exit_code == 2 and "must end in .svg or .tex" in refused.output
