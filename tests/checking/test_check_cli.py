"""`derivgen check` as it is typed: what it prints and writes, its exit codes, and its errors in one line."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from derivgen.cli import main

NETWORK = ["--network", "z = w*x; a = sigmoid(z); L = (a - y)^2"]
RIGHT, WRONG = "dL/da = 2*(a - y)\n", "dL/da = 2*(y - a)\n"


@pytest.fixture(autouse=True)
def _in_a_fresh_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def run(*words: str, code: int, **options) -> Result:
    result = CliRunner().invoke(main, ["check", *words], **options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result


def work(name: str, text: str | bytes) -> str:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def test_right_and_wrong():
    assert run(*NETWORK, work("a.txt", RIGHT), code=0).stdout.splitlines() == [
        "✓ 1      dL/da = 2*(a - y)", "", "Everything is right (1 right)",
    ]  # fmt: skip
    assert "Wrong in line 1" in run(*NETWORK, work("b.txt", WRONG), code=1).stdout
    assert "dL/da = 2*(q - a)" in run(*NETWORK, work("c.txt", "dL/da = 2*(q - a)"), code=2).stdout
    assert "no equation could be found" in run(*NETWORK, work("d.txt", "Only words."), code=2).stdout


def test_what_comes_from_stdin():
    assert "right" in run(*NETWORK, "-", code=0, input=RIGHT).stdout


def test_a_quiz_with_its_seed():
    text = r"Exercise 1: $\frac{\partial z_1}{\partial w_1} = x$"
    assert "1 right" in run("neural-nets", work("a.md", text), code=0).stdout
    work("secret.txt", "mine")
    assert (
        "1 right" in run("neural-nets", "a.md", "--seed", "7", "--secret", "secret.txt", "--part", "1", code=0).stdout
    )


def test_numbers_of_a_network():
    run(*NETWORK, "--at", "x=1,w=2,y=0", work("a.txt", RIGHT), code=0)
    assert "did you mean" in run(*NETWORK, "--at", "xx=1", "a.txt", code=2).stderr


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("json", "{"),
        ("html", "<!doctype html>"),
        ("latex", r"\documentclass"),
        ("markdown", "# Checked derivation: a.txt"),
    ],
)
def test_formats(form, start):
    said = run(*NETWORK, work("a.txt", WRONG), "--format", form, code=1).stdout
    assert said.startswith(start)
    run(*NETWORK, "a.txt", "--format", form, "--out", "there/report", code=1)
    assert Path("there/report").read_text("utf-8") == said
    if form == "json":
        assert json.loads(said)["first_wrong"] == 0


def test_echo():
    assert "read as: dL/da = 2*(a - y)" in run(*NETWORK, work("a.txt", RIGHT), "--echo", code=0).stdout


def test_several_files():
    work("a.txt", RIGHT), work("b.txt", WRONG)
    said = run(*NETWORK, "a.txt", "b.txt", code=1).stdout
    assert said.index("a.txt:") < said.index("Everything") < said.index("b.txt:") < said.index("Wrong")
    assert "--out" in run(*NETWORK, "a.txt", "b.txt", "--format", "html", code=2).stderr
    run(*NETWORK, "a.txt", "b.txt", "--format", "html", "--out", "reports", code=1)
    assert sorted(os.listdir("reports")) == ["a.html", "b.html"]


def test_a_work_is_never_written_over():
    work("a.txt", WRONG)
    assert "the work itself" in run(*NETWORK, "a.txt", "--out", "a.txt", code=2).stderr
    assert Path("a.txt").read_text() == WRONG
    Path("x").mkdir(), work("x/a.txt", RIGHT)
    assert "two of the files" in run(*NETWORK, "a.txt", "x/a.txt", "--out", "there", code=2).stderr


BAD = [
    ("nothing.md", None, "cannot read the work nothing.md"), ("empty.md", b" \n", "is empty"),
    ("bytes.md", b"\xff\xfe\x00", "not UTF-8"), ("nul.md", b"a = b\0", "not text"),
    ("huge.md", b"x" * (2**20 + 1), "larger than 1 MiB"), (".", None, "cannot read the work ."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "words"), BAD)
def test_a_file_that_cannot_be_read_is_one_line(name, content, words):
    if content is not None:
        work(name, content)
    result = run(*NETWORK, name, code=2)
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert words in result.stderr


def test_the_summary_of_a_class():
    names = [work("a.txt", RIGHT), work("b.txt", WRONG), work("c.txt", "=\n" + WRONG + WRONG), work("=1+1.txt", WRONG)]
    result = run(*NETWORK, *names, "gone.md", "--summary", code=1)
    assert "gone.md" in result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0][:3] == ["file", "right", "wrong"]
    assert lines[1][:4] == ["✓", "a.txt", "1", "0"]
    assert ["loss", "sign", "3", "3"] in lines
    rows = list(csv.DictReader(Path("summary.csv").read_text("utf-8").splitlines()))
    assert [row["file"] for row in rows] == ["a.txt", "b.txt", "c.txt", "'=1+1.txt", "gone.md"]
    assert [row["wrong"] for row in rows] == ["0", "1", "1", "1", ""]
    assert rows[1]["first_wrong_line"] == "1"
    assert rows[2]["slips"] == "loss_sign:1"
    assert rows[4]["error"]
    assert all(cell[:1] not in ("=", "+", "-", "@") for row in rows for cell in row.values())
    run(*NETWORK, "a.txt", "--summary", code=0)  # its own table is replaced
    work("mine.csv", "name,grade\n")
    assert "not derivgen's" in run(*NETWORK, "a.txt", "--summary", "--out", "mine.csv", code=2).stderr
    assert Path("mine.csv").read_text() == "name,grade\n"


MISUSE = [
    ([], "QUIZ and a FILE"), (["neural-nets"], "FILE"), (["nosuch", "a.md"], "neither a file nor a bundled quiz"),
    (["neural-nets", "a.md"], "2 exercises"), (["neural-nets", "a.md", "--part", "9"], "no exercise 9"),
    (["neural-nets", "a.md", "--part", "1.z"], "did you mean"), (["neural-nets", "a.md", "--part", "?"], "no part"),
    (["neural-nets", "a.md", "--at", "x=1"], "--at"), ([*NETWORK, "a.md", "--seed", "1"], "--seed"),
    ([*NETWORK, "a.md", "--part", "1.a"], "no parts"), (["--network", "a = b +", "a.md"], "missing"),
    ([*NETWORK, "a.md", "--summary", "--format", "json"], "--summary"), ([*NETWORK, "a.md", "--format", "pdf"], "pdf"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), MISUSE)
def test_misuse_is_one_line(words, said):
    work("a.md", "$a = b$")
    result = run(*words, code=2)
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr


def test_colour_is_for_terminals_that_want_it(monkeypatch):
    from derivgen import cli

    work("a.txt", WRONG)
    assert "\x1b[" not in run(*NETWORK, "a.txt", code=1, color=True).stdout
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert cli._screen()[0] is True
    monkeypatch.setenv("NO_COLOR", "1")
    assert cli._screen()[0] is False


class Terminal:
    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass
