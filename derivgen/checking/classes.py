"""Many works at once: each one's report, a table, a CSV, and which slips the class made.

What fails with one file is said of that file, and the others are checked all the same.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.checking.flow import check
from derivgen.checking.report import EXTENSIONS, Report, summary_text, terminal
from derivgen.checking.subjects import Topic, of_equations, of_sheet
from derivgen.checking.work import VERDICTS, Subject
from derivgen.errors import DerivgenError, escaped
from derivgen.networks import KINDS
from derivgen.sheet import Composer
from derivgen.writing import OutputError, cell, slug

HEAD = ("file", *(verdict.replace(" ", "_") for verdict in VERDICTS), "first_wrong_line", "slips", "error")


@dataclass(frozen=True)
class Equations:
    """A network as typed; what its step size is called is told from each work."""

    text: str
    at: str = ""


About = Equations | Mapping[int, Topic]


@dataclass(frozen=True)
class Result:
    """One file's report, or what was wrong with the file."""

    name: str
    report: Report | None
    error: str = ""

    @property
    def code(self) -> int:
        return self.report.exit_code if self.report else 2


def equations(text: str, at: str = "") -> Equations:
    """The network of ``--network``; raises ``DerivgenError`` for what cannot be read."""
    of_equations(text, at)
    return Equations(text, at)


def quiz(source: str, seed: str, secret: str = "") -> Mapping[int, Topic]:
    """The exercises of one variant of a quiz, a file or a bundled one's name."""
    return of_sheet(Composer(spec.load(source, asks=ASKS, kinds=KINDS), secret).compose(seed))


def checked(about: About, work: tuple[str, str, str], part: str = "") -> Result:
    """One work's result."""
    name, text, error = work
    if error:
        return Result(name, None, error)
    try:
        subject: Subject | Mapping[int, Topic]
        subject = of_equations(about.text, about.at, text) if isinstance(about, Equations) else about
        return Result(name, check(subject, text, name="" if name == "-" else Path(name).name, part=part))
    except DerivgenError as problem:
        return Result(name, None, f"{escaped(name)}: {problem}")


def shown(report: Report, form: str, color: bool = False, width: int = 0, *, echo: bool = False) -> str:
    """A report's text in a format, the terminal's with its colours."""
    text = report.write(form, echo=echo)
    return terminal(text, color=color, width=width) if form == "terminal" else text


def write_reports(out: Path, results: Sequence[Result], form: str, *, echo: bool = False) -> Iterator[Path]:
    """Write each report: one into the file ``out``, several into that folder by their files' names."""
    reports = [(result.name, result.report) for result in results if result.report]
    paths = [out] if len(results) == 1 else [out / f"{_stem(name)}.{EXTENSIONS[form]}" for name, _ in reports]
    if len(set(paths)) < len(paths):
        raise OutputError(f"--out: two of the files would both be written to {out}; check them apart")
    for path, (name, report) in zip(paths, reports, strict=False):
        if name != "-" and path.exists() and Path(name).exists() and path.samefile(name):
            raise OutputError(f"--out: {path} is the work itself")
        _write(path, shown(report, form, echo=echo))
        yield path


def _stem(name: str) -> str:
    return slug(Path(name).stem if name != "-" else "stdin")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"--out: {path} cannot be written ({error.strerror})") from None


# --- the summary --------------------------------------------------------------------------------------------------


def slips(results: Sequence[Result]) -> list[tuple[str, int, int]]:
    """The slips of the class: the slip, how many links have it, in how many files; the most common first."""
    found = [Counter(result.report.slips) for result in results if result.report]
    total = sum(found, Counter())
    return [(slip, count, sum(slip in one for one in found)) for slip, count in total.most_common()]


def write_summary(path: Path, results: Sequence[Result]) -> None:
    """The table as CSV; a file that is not derivgen's summary is left alone."""
    try:
        if path.exists() and not path.read_bytes().startswith(",".join(HEAD).encode()):
            raise OutputError(f"{path} is not derivgen's; move it or choose another --out")
    except OSError as error:
        raise OutputError(f"--out: {path} cannot be read ({error.strerror})") from None
    _write(path, as_csv(results))


def as_csv(results: Sequence[Result]) -> str:
    """One row a file; a cell that a spreadsheet would run as a formula gets a leading quote."""
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(HEAD)
    for result in results:
        report = result.report
        counts = [str(report.counts[verdict]) if report else "" for verdict in VERDICTS]
        said = " ".join(f"{slip}:{n}" for slip, n in Counter(report.slips).most_common()) if report else ""
        rows.writerow([cell(result.name), *counts, _first(report), cell(said), cell(result.error)])
    return buffer.getvalue()


def _first(report: Report | None) -> str:
    return str(report.lines[report.first_wrong].place.line) if report and report.first_wrong is not None else ""


def table(results: Sequence[Result], color: bool = False, width: int = 0) -> str:
    """The table for a terminal, and the slips counted over the class."""
    rows: list[dict[str, object]] = [
        {
            "name": escaped(result.name, 40), "error": "" if result.report else "error", "first": _first(result.report),
            "code": result.code, "counts": {k.replace(" ", "_"): n for k, n in result.report.counts.items()}
            if result.report else {},
        }
        for result in results
    ]  # fmt: skip
    counted = [
        {"slip": slip.replace("_", " "), "links": links, "files": files} for slip, links, files in slips(results)
    ]
    return summary_text(rows, counted, color=color, width=width)
