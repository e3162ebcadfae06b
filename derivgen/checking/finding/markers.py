r"""Where a work says which exercise and part comes next: headings and labels in, ``Marker``s out.

A number alone, "1.", may be a heading or an item of a list: it counts only where nothing says "Exercise" or stands in a
heading. ``(A)`` in capitals is a choice, no part.

>>> [(m.at, m.label) for m in markers("## 1\\. Title (7 points)\n\n### (a) [1]\n\nProblem 2(b): x\n")]
[(0, '1'), (25, '.a'), (38, '2.b')]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from derivgen.checking.work import Marker

MOST_EXERCISES = 999

_WORD = r"(?:exercise|problem|question|task)s?\s*|(?:ex|q)\.?\s*(?=\d)"
_NUMBER = r"(?P<number>\d{1,3})"
_LETTER = r"[. \t]{0,2}\(?(?P<letter>[a-z])(?![A-Za-z])\)?"
_END = r"(?![A-Za-z0-9_^*/+=<-])"
# What may stand before a label: a heading's or list's signs, and commands that only change the look of it.
_TEX_LOOK = (
    r"(?:\\(?:(?:sub){0,2}section|(?:sub)?paragraph|chapter)\*?\s*\{|\\(?:text(?:bf|it|sc|sf)|underline|emph|bf|uline)\s*\{"
    r"|\\item\s*\[|\\(?:bfseries|itshape|[lL]arge|LARGE|[hH]uge|normalsize|noindent|par|medskip|bigskip|smallskip|bf|it|item)"
    r"(?![A-Za-z])|\\csname [^\\]*\\endcsname=\d+|\{|\[)"
)
_LOOK = {
    "tex": rf"(?P<look>(?:\s*{_TEX_LOOK}){{0,8}})\s*",
    "md": r"(?P<look>(?:[ ]{0,3}(?:\#{1,6}|[-*+](?=\s)|\*{1,3}|_{1,3}|>)[ \t]*){0,4})",
    "plain": r"(?P<look>[ \t]*(?:\#{1,6}[ \t]*)?)",
}
_HEADING = {
    "tex": re.compile(r"section|paragraph|chapter|bf"),
    "md": re.compile(r"#|\*\*|__"),
    "plain": re.compile("#"),
}
_LABELS = (
    ("named", rf"(?i:{_WORD}){_NUMBER}(?:{_LETTER})?{_END}"),
    ("dotted", rf"{_NUMBER}\\?[.(]\(?(?P<letter>[a-z])(?:\\?[.)]|(?=\s)){_END}"),
    ("joined", rf"{_NUMBER}(?P<letter>[a-z])\\?[.):]{_END}"),
    ("number", rf"{_NUMBER}\\?[.):](?=\s|$|[}}*])"),
    ("part", r"(?:(?i:part)\s*)?\((?P<letter>[a-z])\)" + _END),
    ("part", r"(?i:part)\s+(?P<letter>[a-z])(?![A-Za-z])"),
    ("part", r"(?P<letter>[a-z])\\?\)" + _END),
)


def _patterns(form: str) -> list[tuple[str, re.Pattern[str]]]:
    return [(kind, re.compile(rf"^{_LOOK[form]}{label}", re.MULTILINE)) for kind, label in _LABELS]


_PATTERNS = {form: _patterns(form) for form in _LOOK}


def markers(text: str, form: str = "md", hidden: Callable[[int], bool] = lambda at: False) -> list[Marker]:
    """The markers of a text in their order; what begins where ``hidden`` says (formulas, code) is none."""
    found = [row for row in _found(text, form) if not hidden(row[0])]
    strong = any(kind in ("named", "heading", "dotted", "joined") for _, kind, _ in found)
    kept = [(at, label) for at, kind, label in found if kind != "number" or not strong]
    return [Marker(at, label) for at, label in sorted(kept)]


def _found(text: str, form: str) -> Iterator[tuple[int, str, str]]:
    """Each place once: its offset, what kind of label stands there, the label."""
    taken: set[int] = set()
    for kind, pattern in _PATTERNS[form]:
        for match in pattern.finditer(text):
            line = text.rfind("\n", 0, match.start("look") if match["look"] else match.start()) + 1
            if line in taken:
                continue
            taken.add(line)
            groups = match.groupdict()
            label = (groups.get("number") or "").lstrip("0") + (f".{groups['letter']}" if groups.get("letter") else "")
            heading = kind == "number" and _HEADING[form].search(match["look"])
            yield match.start(), "heading" if heading else kind, label


def place(found: Sequence[Marker], at: int) -> tuple[int, str]:
    """The exercise and part that an offset belongs to; 0 and "" where nothing says.

    >>> place([Marker(0, "1"), Marker(9, ".b")], 12)
    (1, 'b')
    """
    exercise, part = 0, ""
    for marker in found:
        if marker.at > at:
            break
        number, _, letter = marker.label.partition(".")
        exercise = int(number) if number else exercise
        part = letter
    return exercise, part
