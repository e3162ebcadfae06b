"""Verdicts in, a ``Report`` out: what was found of each link, as text in several formats or as data.

All wording is in ``templates/reports``. What comes from the work is escaped for the format at hand by the templates'
``finalize``; mathematics that derivgen prints itself, from trees that it has read, is passed on as it is.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from markupsafe import Markup

from derivgen.checking.subjects import Topic
from derivgen.checking.work import VERDICTS, Place, Verdict
from derivgen.expression import Name, Tree
from derivgen.formats import FormatError, escape_latex, escape_markdown
from derivgen.printing import BREAK, printed
from derivgen.reading import Scope
from derivgen.templating import environment

SCHEMA = 1
FORMATS = ("terminal", "markdown", "latex", "html", "json")
EXTENSIONS = {"terminal": "txt", "markdown": "md", "latex": "tex", "html": "html", "json": "json"}
_DIALECTS = {"terminal": "plain", "markdown": "markdown", "latex": "latex", "html": "plain"}
_UNSURE = ("unread", "undecided")
_WRONG = ("wrong", "follows")
# Of several verdicts on one line, the first of these marks it.
_WORST = ("wrong", "follows", "right only when", "unread", "undecided", "recovered", "right", "skipped")
SHOWN_LINE = 2_000  # characters of one line of a work


@dataclass(frozen=True)
class Line:
    """One link as it is told: where it is, as written, as read, and what is found of it."""

    place: Place
    source: str
    verdict: Verdict
    scope: Scope | None
    problem: str = ""

    def form(self, tree: Tree | None, dialect: str) -> str:
        """A tree as derivgen prints it; empty where there is none, or where nothing can print it."""
        if tree is None or self.scope is None:
            return ""
        try:
            return printed(tree, self.scope, dialect).text.replace(BREAK, "")
        except (ValueError, KeyError, IndexError, AssertionError):  # a shape that only a reader of others' maths makes
            return ""

    def read_as(self, dialect: str) -> str:
        """The link as it was read: its two sides and the relation between them."""
        sides = [self.form(tree, dialect) for tree in (self.verdict.left, self.verdict.tree)]
        return f" {_relation(self.verdict.relation, dialect)} ".join(side for side in sides if side)


_SIGNS = {
    "plain": {}, "latex": {"≈": r"\approx", "<-": r"\leftarrow", "+=": r"\mathrel{+}=", "=>": r"\Rightarrow"},
}  # fmt: skip


def _relation(sign: str, dialect: str) -> str:
    signs: Mapping[str, str] = _SIGNS["plain" if dialect == "plain" else "latex"]
    return signs.get(sign, sign)


@dataclass(frozen=True)
class Report:
    """What is found of a work: one verdict a link, in the order of its text."""

    text: str
    topics: Mapping[int, Topic]
    verdicts: tuple[Verdict, ...]
    form: str = "md"
    name: str = ""

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """One entry a link."""
        starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        return tuple(self._line(verdict, starts) for verdict in self.verdicts)

    def _line(self, verdict: Verdict, starts: Sequence[int]) -> Line:
        at = min(max(verdict.start, 0), len(self.text))
        row = bisect_right(starts, at) - 1
        topic = self.topics.get(verdict.exercise) or next(iter(self.topics.values()), None)
        scope = topic.subject.graph.scope if topic else None
        source = self.text[at : max(at, verdict.end)].strip()
        return Line(Place(row + 1, at - starts[row] + 1), source, verdict, scope, verdict.problem)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many links have each verdict."""
        return {verdict: sum(one.verdict == verdict for one in self.verdicts) for verdict in VERDICTS}

    @property
    def first_wrong(self) -> int | None:
        """The place in ``lines`` of the first wrong link; None if none is wrong."""
        return next((i for i, one in enumerate(self.verdicts) if one.verdict in _WRONG), None)

    @property
    def exit_code(self) -> int:
        """1 if something is wrong, else 2 if something is unread or undecided or nothing is judged, else 0."""
        if any(self.counts[verdict] for verdict in _WRONG):
            return 1
        judged = len(self.verdicts) - self.counts["skipped"]
        return 2 if not judged or any(self.counts[verdict] for verdict in _UNSURE) else 0

    @property
    def slips(self) -> tuple[str, ...]:
        """The slips that explain wrong links, one for each of them."""
        return tuple(one.slip for one in self.verdicts if one.slip and one.verdict in _WRONG)

    @property
    def ok(self) -> bool:
        """Whether all that was judged is right, and something was."""
        return self.exit_code == 0

    def data(self) -> dict[str, object]:
        """The report as plain data: the schema of ``--format json``."""
        return {
            "schema": SCHEMA,
            "lines": [_entry(line) for line in self.lines],
            "first_wrong": self.first_wrong,
            "counts": self.counts,
        }

    def write(self, form: str = "terminal", *, echo: bool = False) -> str:
        """The report as text; the terminal's has rich's markup in it, which ``terminal`` shows."""
        if form == "json":
            return json.dumps(self.data(), ensure_ascii=False, indent=1) + "\n"
        text = _template(form).render(report=_context(self, form, echo))
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"

    def __str__(self) -> str:
        return terminal(self.write("terminal"), color=False)

    def _repr_html_(self) -> str:
        return self.write("html")


def _entry(line: Line) -> dict[str, object]:
    verdict = line.verdict
    witness = verdict.witness and {
        "at": dict(verdict.witness.at), "left": verdict.witness.left, "right": verdict.witness.right,
    }  # fmt: skip
    return {
        "line": line.place.line, "column": line.place.column, "source": line.source,
        "read_as": line.read_as("plain") or None, "verdict": verdict.verdict, "slip": verdict.slip or None,
        "expected_latex": line.form(verdict.expected, "latex") or None, "witness": witness,
    }  # fmt: skip


# --- what templates get -----------------------------------------------------------------------------------------


def _context(report: Report, form: str, echo: bool) -> dict[str, object]:
    dialect = _DIALECTS[form]
    first = report.first_wrong
    return {
        "name": report.name, "counts": {_word(key): count for key, count in report.counts.items()},
        "total": len(report.verdicts), "judged": len(report.verdicts) - report.counts["skipped"],
        "first": _told(report.lines[first], dialect, True) if first is not None else {},
        "rows": list(_rows(report, dialect, echo)), "code": report.exit_code,
    }  # fmt: skip


def _word(verdict: str) -> str:
    return verdict.replace(" ", "_")


def _rows(report: Report, dialect: str, echo: bool) -> Iterator[dict[str, object]]:
    """The work's text cut into rows: a row ends with a line, or with a link where a line has several.

    Of what is no mathematics only the lines between two formulas of the work are shown.
    """
    text, first = report.text, report.first_wrong
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    by_line: dict[int, list[tuple[int, Line]]] = {}
    for number, line in enumerate(report.lines):
        end = max(line.verdict.start, min(line.verdict.end, len(text)))
        stop = text.count("\n", starts[line.place.line - 1], max(end - 1, 0)) + line.place.line
        by_line.setdefault(stop, []).append((number, line))
    if not by_line:
        return
    reason = ""
    for number in range(min(min(by_line), *(line.place.line for line in report.lines)), max(by_line) + 1):
        start = starts[number - 1]
        stop = starts[number] - 1 if number < len(starts) else len(text)
        for row in _line_rows(text[:stop], start, number, by_line.get(number, []), first, dialect, echo):
            said = row["said"]
            if isinstance(said, dict) and said:  # why something is skipped is said once for all that follows
                said["again"], reason = said["skipped"] == reason, said["skipped"]
            yield row


def _line_rows(
    text: str, start: int, number: int, told: list[tuple[int, Line]], first: int | None, dialect: str, echo: bool
) -> Iterator[dict[str, object]]:
    """The rows of one line of the work."""
    at = start
    for i, (place, line) in enumerate(told):
        last = i == len(told) - 1
        end = len(text) if last else max(at, min(line.verdict.end, len(text)))
        end += len(_CLOSING.match(text, end)[0])  # type: ignore[index]
        if not last and told[i + 1][1].verdict.end <= line.verdict.end:
            end = at  # two verdicts on one stretch: its text is shown once
        yield {
            "number": number if i == 0 else "",
            "text": _shown(text[at:end] if i == 0 else text[at:end].lstrip()),
            "said": _said(line, dialect, place == first, echo),
        }
        at = end
    if not told:
        yield {"number": number, "text": _shown(text[at:]), "said": {}}


_CLOSING = re.compile(r"(?:\s*(?:\$\$?|\\\)|\\\]))?[.,;]*")  # the delimiter and the mark that a link ends with


def _shown(text: str) -> str:
    """A stretch of the work on one line, cut if it is very long; nothing in it moves a cursor."""
    text = text if len(text) <= SHOWN_LINE else text[: SHOWN_LINE - 1] + "…"
    return "".join(c if c == " " or not unicodedata.category(c).startswith(("C", "Z")) else " " for c in text).rstrip()


def _said(line: Line, dialect: str, first: bool, echo: bool) -> dict[str, object]:
    return {**_told(line, dialect, first), "echo": _math(line.read_as(dialect), dialect) if echo else ""}


def _told(line: Line, dialect: str, first: bool) -> dict[str, object]:
    """All that a template needs to say of one link."""
    verdict = line.verdict

    def form(tree: Tree | None) -> str:
        return _math(line.form(tree, dialect), dialect)

    witness = verdict.witness
    return {
        "line": line.place.line, "column": line.place.column, "verdict": _word(verdict.verdict), "first": first,
        "relation": verdict.relation, "again": False,
        "skipped": verdict.problem if verdict.verdict == "skipped" else "",
        "left": form(verdict.left), "expected": form(verdict.expected),
        "number": verdict.number, "exact": verdict.exact, "needs": verdict.needs, "problem": line.problem,
        "suggestion": getattr(verdict, "suggestion", ""), "sampled": verdict.sampled,
        "read": _math(line.read_as(dialect), dialect),
        "about": [form(tree) for tree in verdict.about],
        "slip": {
            "slip": verdict.slip, "called": verdict.slip.replace("_", " "),
            "about": _about(line, dialect), "at": form(Name(verdict.at) if verdict.at else None),
        } if verdict.slip else {},
        "witness": {"at": [list(pair) for pair in witness.at], "left": witness.left, "right": witness.right}
        if witness else {},
        "exercise": verdict.exercise, "part": verdict.part,
    }  # fmt: skip


def _math(text: str, dialect: str) -> str:
    """Mathematics in a dialect: of derivgen's own printing, so no escape may touch it; plain maths is text."""
    return text if dialect == "plain" or not text else Markup(text)


def _about(line: Line, dialect: str) -> list[str]:
    """What the words of a slip name: a path with its arrows, or quantities."""
    if line.verdict.path:
        arrow = " -> " if dialect == "plain" else r" \to "
        return [_math(arrow.join(line.form(Name(name), dialect) for name in line.verdict.path), dialect)]
    return [_math(line.form(tree, dialect), dialect) for tree in line.verdict.about]


# --- templates ----------------------------------------------------------------------------------------------------


def _latex(text: str) -> str:
    """Any text as itself in LaTeX; what pdflatex cannot set is named by its number."""
    try:
        return escape_latex(text)
    except FormatError:
        return "".join(_latex_character(character) for character in text)


def _html(text: str) -> str:
    """Any text as itself in HTML, without what turns or hides it."""
    return html.escape("".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") else c for c in text))


def _latex_character(character: str) -> str:
    try:
        return escape_latex(character)
    except FormatError:
        return f"[U+{ord(character):04X}]"


_BRACKET, _BACKSLASH = "\ue05b", "\ue05c"  # what would be markup, until `terminal` puts it back


def _rich(text: str) -> str:
    """Any text as itself in rich's markup, on one line."""
    seen = "".join(" " if unicodedata.category(c).startswith("C") else c for c in text)
    return seen.replace("[", _BRACKET).replace("\\", _BACKSLASH)


_ESCAPES: dict[str, Callable[[str], str]] = {
    "terminal": _rich, "summary": _rich, "markdown": escape_markdown, "latex": _latex, "html": _html,
}  # fmt: skip
_AROUND = {"terminal": "{}", "summary": "{}", "markdown": "${}$", "latex": "${}$", "html": "<code>{}</code>"}


@lru_cache(maxsize=8)
def _template(form: str) -> Any:
    """A format's template, compiled once; what it prints is escaped, but for mathematics of derivgen's own printing."""
    escape = _ESCAPES[form]

    def finalize(value: object) -> object:
        if isinstance(value, Markup):
            return value
        if isinstance(value, str):
            return Markup(escape(value))
        if isinstance(value, int):
            return Markup(str(value))
        raise TypeError(f"a template may print text and mathematics only, not {type(value).__name__}")

    made = environment(finalize)
    made.globals["inline"] = lambda math: Markup(_AROUND[form].format(finalize(math)))
    made.globals["code"] = lambda text: Markup(_code(text))
    words: Any = made.get_template("words.j2").module
    made.globals["words"] = {key: getattr(words, key) for key in dir(words) if not key.startswith("_")}
    told: Any = made.get_template("reports/words.j2").module
    made.globals["told"] = {key: getattr(told, key) for key in dir(told) if not key.startswith("_")}
    return made.get_template(f"reports/{form}.j2")


def _code(text: str) -> str:
    """A code span of Markdown that holds any text: fenced by more backquotes than stand in it."""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{fence} {text.strip()} {fence}"


# --- the terminal -------------------------------------------------------------------------------------------------

STYLES = {"right": "green", "recovered": "green", "wrong": "bold red", "follows": "yellow", "only": "yellow",
          "unsure": "magenta", "quiet": "dim", "first": "bold red"}  # fmt: skip


def terminal(text: str, *, color: bool, width: int = 0) -> str:
    """The terminal's report shown by rich: a tab parts the gutter from the text, which is wrapped beside it.

    Colour only adds to the signs: without it nothing is lost. Width 0 wraps nothing.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.theme import Theme

    wide = width or max((len(line) for line in text.split("\n")), default=0) + 20
    console = Console(
        width=max(wide, 20), force_terminal=color, no_color=not color, highlight=False, emoji=False,
        legacy_windows=False, theme=Theme(STYLES), color_system="standard" if color else None,
    )  # fmt: skip

    with console.capture() as captured:
        for line in text.split("\n"):
            gutter, tab, rest = line.partition("\t")
            if not tab:
                console.print(_text_of(gutter))
                continue
            grid = Table.grid(padding=(0, 1, 0, 0))
            grid.add_column(width=_GUTTER, no_wrap=True)
            grid.add_column(overflow="fold")
            grid.add_row(_text_of(gutter), _text_of(rest))
            console.print(grid)
    return "\n".join(line.rstrip() for line in captured.get().split("\n")).rstrip("\n") + "\n"


_GUTTER = 8


def summary_text(
    rows: Sequence[Mapping[str, object]], slips: Sequence[Mapping[str, object]], *, color: bool, width: int = 0
) -> str:
    """The table of several works: a row of cells a line of the template, cells parted by tabs."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text
    from rich.theme import Theme

    text = _template("summary").render(rows=rows, slips=slips)
    console = Console(
        width=width or 200, force_terminal=color, no_color=not color, highlight=False, emoji=False,
        legacy_windows=False, theme=Theme(STYLES), color_system="standard" if color else None,
    )  # fmt: skip
    with console.capture() as captured:
        for block in text.strip("\n").split("\n\n"):
            head, *body = [[_text_of(piece) for piece in line.split("\t")] for line in block.split("\n")]
            made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
            for i, name in enumerate(head):
                made.add_column(name, justify="left" if i == 0 else "right")
            for line in body:
                made.add_row(*line, *[Text()] * (len(head) - len(line)))
            console.print(made)
            console.print()
    return "\n".join(line.rstrip() for line in captured.get().split("\n")).rstrip("\n") + "\n"


def _text_of(piece: str) -> Any:
    """A piece of rich's markup, with the brackets and backslashes of the work put back."""
    from rich.text import Text

    made = Text.from_markup(piece, emoji=False)
    made.plain = made.plain.replace(_BRACKET, "[").replace(_BACKSLASH, "\\")
    return made
