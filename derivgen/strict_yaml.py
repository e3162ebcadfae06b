"""A YAML text in, plain values and the line of each of them out, read strictly and exactly.

No aliases, anchors, tags, duplicate keys, dates, octal or base-60 numbers; only `true` and `false` are booleans; an
integer is an `int`, a decimal (`0.3`, `1e-3`) a `Fraction`. Of the quiz's shape it knows only where prose and where
equations stand, because both are read as they were typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import yaml

from derivgen.errors import QuizError, escaped, shown

SIZE_CAP = 256 * 1024  # bytes of a quiz file
DEPTH_CAP = 24  # collections inside collections; the deepest honest quiz has about ten
DIGITS_CAP = 60  # digits of a number, and the size of its exponent


INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
DECIMAL = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+|(?:0|[1-9][0-9]*)(?=[eE]))(?:[eE]([-+]?[0-9]+))?"
)
INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# A title may be `1984` and a date `2025-10-01`: here every scalar is the text as it was typed.
PROSE = re.compile(
    r"title|course|date|instructions"
    r"|exercises\[\d+\]\.(?:id|title|asks\[\d+\]\.(?:text|[^.]+\.(?:hint|space)))"
)
EQUATIONS = re.compile(r"exercises\[\d+\]\.network\.equations")
YAML_HINTS = (
    ("'\\t'", "indent with spaces, not with tabs"),
    ("cannot start any token", "put quotes around the text"),
    ("mapping values are not allowed", "put quotes around a text that holds ': '"),
    ("expected <block end>", "is the indentation right?"),
    ("could not find expected ':'", "is the indentation right?"),
)


@dataclass(frozen=True)
class Place:
    """Where something stands in a quiz file: `quiz.yaml`, 7, `exercises[0].asks[3]`.

    `inner` is the path below which the children stand, where that is another one (an ask's parameters stand
    below its name); `lines` gives the line of every path in the file.
    """

    file: str
    line: int
    path: str = ""
    inner: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)

    def at(self, step: str | int) -> Place:
        """The place of a key or a list item below this one, or the nearest place that is in the file."""
        base = self.inner or self.path
        for path in (below(base, step), base):
            if path in self.lines:
                return Place(self.file, self.lines[path], path, lines=self.lines)
        return self

    def error(self, message: str) -> QuizError:
        """`file:line: path: message`, on one line whatever the user typed."""
        path = f"{escaped(self.path, 160)}: " if self.path else ""
        return QuizError(f"{escaped(self.file, 200)}:{self.line}: {path}{escaped(message, 600)}")


def below(path: str, step: str | int) -> str:
    """The path one step further: `asks` and 3 make `asks[3]`.

    >>> below(below("exercises[0]", "asks"), 3)
    'exercises[0].asks[3]'
    """
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step


class StrictLoader(yaml.SafeLoader):
    """YAML events in, plain values out, with the line of every key and item in `lines`.

    Events, because PyYAML's own composer recurses without a limit and follows aliases.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.lines: dict[str, int] = {}
        super().__init__(text)

    def document(self) -> object:
        """The one document of the text; None if there is none."""
        self.next_event()
        if isinstance(self.next_event(), yaml.StreamEndEvent):
            return None
        value = self.value(self.next_event(), "", 0)
        self.next_event()
        if not isinstance(extra := self.next_event(), yaml.StreamEndEvent):
            raise self.place(extra, "").error("a quiz file holds one YAML document, and here begins another")
        return value

    def next_event(self) -> yaml.Event:
        event: yaml.Event = self.get_event()  # type: ignore[no-untyped-call]  # The stubs leave it bare.
        return event

    def place(self, event: yaml.Event, path: str) -> Place:
        return Place(self.file, event.start_mark.line + 1 if event.start_mark else 1, path)

    def value(self, event: yaml.Event, path: str, depth: int) -> object:
        """The value that begins with this event, as str, int, Fraction, bool, None, list or dict."""
        self.refuse_references(event, path)
        if depth > DEPTH_CAP:
            # The path would be as long as the nest is deep.
            raise self.place(event, "").error(f"nested more than {DEPTH_CAP} deep")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, path)
        return (self.mapping if isinstance(event, yaml.MappingStartEvent) else self.sequence)(path, depth)

    def refuse_references(self, event: yaml.Event, path: str) -> None:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            what, sign = f"the YAML alias {shown('*' + str(anchor))}", "*"
        elif anchor is not None:
            what, sign = f"the YAML anchor {shown('&' + str(anchor))}", "&"
        elif tag is not None:
            what, sign = f"the YAML tag {shown(tag)}", "!"
        else:
            return
        advice = f"put quotes around a text that begins with {sign}"
        raise self.place(event, path).error(f"{what} is not read; {advice}")

    def sequence(self, path: str, depth: int) -> list[object]:
        items: list[object] = []
        while not isinstance(event := self.next_event(), yaml.SequenceEndEvent):
            item = below(path, len(items))
            self.lines[item] = self.place(event, item).line
            items.append(self.value(event, item, depth + 1))
        return items

    def mapping(self, path: str, depth: int) -> dict[str, object]:
        entries: dict[str, object] = {}
        while not isinstance(event := self.next_event(), yaml.MappingEndEvent):
            self.refuse_references(event, path)
            if not isinstance(event, yaml.ScalarEvent) or not event.value.strip():
                raise self.place(event, path).error("a key must be one word of text")
            key, child = event.value, below(path, event.value)
            refuse_invisible(key, self.place(event, path))
            if key in entries:
                raise self.place(event, path).error(f"{shown(key)} stands here twice")
            self.lines[child] = self.place(event, child).line
            entries[key] = self.value(self.next_event(), child, depth + 1)
        return entries

    def scalar(self, event: yaml.ScalarEvent, path: str) -> object:
        """A plain scalar as what it looks like, a quoted or block one as text."""
        text, place = event.value, self.place(event, path)
        refuse_invisible(text, place)
        if EQUATIONS.fullmatch(path):
            lines = {mark.line for mark in (event.start_mark, event.end_mark) if mark}
            if event.style == ">" or (event.style != "|" and len(lines) > 1):
                raise place.error("several lines of equations need a '|' after the key, or YAML joins them")
            # The line of a block's first line: an error inside the text counts from here.
            self.lines[path] = place.line + (event.style == "|")
        if PROSE.fullmatch(path):
            refuse_unseen(text, place)
        if event.style is not None or (text and PROSE.fullmatch(path)):
            return text
        if text in ("", "~", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if INTEGER.fullmatch(text):
            return int(exact(text, place))
        return exact(text, place) if DECIMAL.fullmatch(text) else text


def refuse_invisible(text: str, place: Place) -> None:
    if found := INVISIBLE.search(text):
        raise place.error(f"holds the character U+{ord(found[0]):04X}, which no sheet can show")


def refuse_unseen(text: str, place: Place) -> None:
    """A text of characters that are left out of every sheet would be an empty one, and TeX trips over that."""
    unseen = [character for character in text if unicodedata.category(character)[0] == "C" and character not in "\t\n"]
    if unseen and all(character in unseen or character.isspace() for character in text):
        raise place.error(f"holds nothing that can be seen, only the character U+{ord(unseen[0]):04X}")


def exact(text: str, place: Place) -> Fraction:
    """The number that an integer or a decimal stands for, if it is small enough to count with."""
    match = DECIMAL.fullmatch(text)
    exponent = match[1] if match and match[1] else "0"
    # Checked before any number is made: 1e999999999 would fill the memory.
    if len(text) > DIGITS_CAP or abs(int(exponent)) > DIGITS_CAP:
        raise place.error(f"{shown(text)} has more digits than derivgen counts with ({DIGITS_CAP})")
    return Fraction(text)


def parsed(text: str, file: str) -> tuple[object, dict[str, int]]:
    """The value of a strict YAML text and the line of every path in it; QuizError for anything else."""
    if len(text) > SIZE_CAP or len(text.encode("utf-8", "replace")) > SIZE_CAP:
        raise too_large(file)
    loader: StrictLoader | None = None
    try:
        loader = StrictLoader(text, file)
        return loader.document(), loader.lines
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        character = error.character if isinstance(error.character, int) else ord(str(error.character))
        raise Place(file, line).error(f"holds the character U+{character:04X}: not a text file?") from None
    except yaml.MarkedYAMLError as error:
        mark, problem = error.problem_mark, str(error.problem or error.context)
        hint = next((f"; {hint}" for sign, hint in YAML_HINTS if sign in problem), "")
        raise Place(file, mark.line + 1 if mark else 1).error(f"not YAML: {problem}{hint}") from None
    except (ValueError, OverflowError):
        # PyYAML hands "\UFFFFFFFF" to chr().
        line = loader.get_mark().line + 1 if loader else 1
        raise Place(file, line).error("not YAML: an escape that stands for no character") from None


def too_large(file: str) -> QuizError:
    return QuizError(f"{escaped(file, 200)}: is larger than a quiz file may be ({SIZE_CAP // 1024} KiB)")
