r"""A text with macros in, the text with them written out, and where each of its characters stands in the source.

Plain macros are expanded: up to nine arguments, the first with a default perhaps, no recursion, a bounded length. A use
that is not expanded stays as it is, with the reason.

>>> source = r"\newcommand{\pd}[2]{\frac{\partial#1}{\partial#2}}So $\pd Lw = x$"
>>> text = expanded(source)
>>> start, end = text.of(text.source.index("w"), text.source.index("w") + 1)
>>> text.source, source[start:end]
('\\relax{}So $\\frac{\\partial L}{\\partial w} = x$', 'w')
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from derivgen.checking.finding.in_tex import CODE

MOST = 400  # expansions for one use
LENGTH = 10_000  # characters of one use written out
ARGUMENT = 3_000  # characters of one argument
WORK = 2_000_000  # characters handled for all uses together

_UNCLEAR = "a macro whose arguments are not clear"
_TOO_MUCH = "a macro that calls itself, or is too long written out"
_COMMAND = re.compile(r"\\(?P<name>[A-Za-z@]+|.)|%", re.DOTALL)
_DEFINES = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator|DeclarePairedDelimiter|[gex]?def|let)"
    r"(?![A-Za-z@])"
)
_NEW = re.compile(
    r"\*?\s*(?:\{\s*\\(?P<braced>[A-Za-z@]+|.)\s*\}|\\(?P<name>[A-Za-z@]+|.))"
    r"\s*(?:\[(?P<count>[0-9])\]\s*(?:\[(?P<default>[^\[\]]*)\])?\s*)?(?=\{)",
    re.DOTALL,
)
_DEF = re.compile(r"\s*\\(?P<name>[A-Za-z@]+|.)\s*(?P<parameters>[^{}\\]{0,80}?)\s*(?=\{)", re.DOTALL)
_OPERATOR = re.compile(r"\*?\s*(?:\{\s*\\(?P<braced>[A-Za-z@]+)\s*\}|\\(?P<name>[A-Za-z@]+))\s*(?=\{)")
_LET = re.compile(r"\s*\\(?P<name>[A-Za-z@]+)\s*=?\s*(?P<meant>\\(?:[A-Za-z@]+|.)|[^\s{}])")
_BEGIN = re.compile(r"\s*\{([A-Za-z]+\*?)\}")
_PARAMETER = re.compile(r"#([1-9])")
_BRACE = re.compile(r"\\.|[{}]|\n[ \t]*\n", re.DOTALL)
_WORD_END = re.compile(r"\\[A-Za-z@]+\Z")


@dataclass(frozen=True)
class Macro:
    """What stands for a command; ``problem`` says why it is not expanded."""

    body: str
    count: int = 0
    default: str | None = None
    problem: str = ""


@dataclass
class Expanded:
    """A text written out; ``runs`` say from which offset on it comes from where: whole of a use, or as it stands."""

    source: str
    runs: list[tuple[int, int, int]] = field(default_factory=list)  # offset, where in the source, its end or −1
    problems: dict[str, str] = field(default_factory=dict)  # of the macros that are not expanded
    uses: list[tuple[int, int]] = field(default_factory=list)  # where the uses stand in the source

    def of(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the expanded text stands in the source."""
        if not self.runs:
            return start, end
        first, last = self._place(start), self._place(max(start, end - 1))
        if end <= start:
            return first[0], first[0]
        begin, stop = min(first[0], last[0]), max(first[1], last[1])
        before, behind = self._use(begin), self._use(stop - 1)
        # What goes on behind a use, or begins before it, has the whole of it.
        return before[0] if stop > before[1] else begin, behind[1] if begin < behind[0] else stop

    def _use(self, at: int) -> tuple[int, int]:
        """The use that an offset of the source lies in; the offset itself if it lies in none."""
        number = bisect_right(self.uses, (at + 1,)) - 1
        return self.uses[number] if number >= 0 and at < self.uses[number][1] else (at, at + 1)

    def _place(self, at: int) -> tuple[int, int]:
        offset, start, end = self.runs[max(0, bisect_right(self.runs, (at, len(self.source) * 2, 0)) - 1)]
        return (start, end) if end >= 0 else (start + at - offset, start + at - offset + 1)


Runs = list[tuple[str, int, int]]  # text, where it stands in the source, its end or −1 if it stands there as it is


def expanded(text: str, *, comments: bool = True) -> Expanded:
    """The text with its macros written out; ``comments`` go from % to the end of the line."""
    return _Expander(text, comments).expanded() if _DEFINES.search(text) else Expanded(text)


class _Expander:
    def __init__(self, text: str, comments: bool) -> None:
        self.text, self.comments = text, comments
        self.macros: dict[str, Macro] = {}
        self.problems: dict[str, str] = {}
        self.found: Runs = []
        self.uses: list[tuple[int, int]] = []
        self.work = 0

    def expanded(self) -> Expanded:
        at = done = 0
        while (match := _COMMAND.search(self.text, at)) is not None:
            at = match.end()
            if match[0] == "%":
                end = self.text.find("\n", at)
                at = at if not self.comments else end if end >= 0 else len(self.text)
                continue
            name, new = match["name"], None
            if name == "begin" and (begin := _BEGIN.match(self.text, at)) and begin[1].rstrip("*") in CODE:
                end = self.text.find(rf"\end{{{begin[1]}}}", at)
                at = end if end >= 0 else at
            elif _DEFINES.fullmatch(match[0]):
                if (end := self.define(name, at)) > at:
                    new, at = [(r"\relax{}", match.start(), end)], end
            elif name in self.macros and name != "begin":
                use = self.used(name, at)
                if use is not None:
                    new, at = use[0], use[1]
            if new is not None:
                before: Runs = [(self.text[done : match.start()], done, -1)]
                self.found += [*_spaced(before, new[0][0][:1], match.start(), at), *new]
                self.uses.append((match.start(), at))
                done = at
        self.found.append((self.text[done:], done, -1))
        return self.whole()

    def whole(self) -> Expanded:
        runs, offset = [], 0
        for piece, start, end in self.found:
            if piece:
                runs.append((offset, start, end))
                offset += len(piece)
        return Expanded("".join(piece for piece, _, _ in self.found), runs, self.problems, self.uses)

    # --- definitions --------------------------------------------------------------------------------------------

    def define(self, how: str, at: int) -> int:
        """Learn a definition; where it ends, or where it begins if it is none."""
        pattern = _DEF if how.endswith("def") else _LET if how == "let" else _OPERATOR if how[0] == "D" else _NEW
        pattern = _NEW if how == "DeclareRobustCommand" else pattern
        match = pattern.match(self.text, at)
        if match is None:
            return at
        groups = match.groupdict()
        name = groups.get("braced") or groups["name"]
        if how == "let":
            self.learn(name, Macro(self.macros[m[1:]].body if (m := match["meant"])[1:] in self.macros else m))
            return match.end()
        bodies, end = [], match.end()
        for _ in range(3 if how == "DeclarePairedDelimiter" else 1):
            group = _argument(self.text, end)
            if group is None:
                break
            bodies.append(group[0])
            end = group[2]
            if how != "DeclarePairedDelimiter" or len(bodies) == 2:
                break
        if how == "DeclarePairedDelimiter":
            if len(bodies) < 2:
                return at
            self.learn(name, Macro(f"{bodies[0]} #1 {bodies[1]}", 1))
            return end
        if not bodies:
            return at
        if how == "DeclareMathOperator":
            self.learn(name, Macro(rf"\operatorname{{{bodies[0]}}}"))
        elif how == "providecommand" and name in self.macros:
            pass
        else:
            self.learn(name, _macro(bodies[0], groups))
        return end

    def learn(self, name: str, macro: Macro) -> None:
        self.macros[name] = macro
        self.problems.pop(name, None)
        if macro.problem:
            self.problems[name] = macro.problem

    # --- uses -----------------------------------------------------------------------------------------------------

    def used(self, name: str, at: int) -> tuple[Runs, int] | None:
        """A use written out, and where it ends; None where it stays as it is."""
        begin = at - len(name) - 1
        end = self.arguments_end(name, at)
        if end is None:
            return None
        whole: Runs = [(self.text[begin:end], begin, -1)]
        for _ in range(MOST):
            text = "".join(piece for piece, _, _ in whole)
            self.work += len(text)
            if len(text) > LENGTH or self.work > WORK:
                break
            place = next((m for m in _COMMAND.finditer(text) if m["name"] in self.macros), None)
            if place is None:
                return _spaced(whole, self.text[end : end + 1], begin, end) or [(" ", begin, end)], end
            step = self.step(text, place, whole, begin, end)
            if step is None:
                return None
            whole = step
        self.problems[name] = _TOO_MUCH
        self.macros[name] = Macro("", problem=self.problems[name])
        return None

    def arguments_end(self, name: str, at: int) -> int | None:
        if self.macros[name].problem or self.work > WORK:
            self.problems.setdefault(name, _TOO_MUCH)
            return None
        found = _arguments(self.text, at, self.macros[name])
        self.work += ARGUMENT if found is None else found[1] - at
        if found is None:
            self.problems.setdefault(name, _UNCLEAR)
        return found[1] if found else None

    def step(self, text: str, place: re.Match[str], whole: Runs, begin: int, end: int) -> Runs | None:
        """What is written out so far, with the first macro in it replaced by its body."""
        name = place["name"]
        macro = self.macros[name]
        found = _arguments(text, place.end(), macro)
        if found is None or macro.problem:
            self.problems.setdefault(name, macro.problem or _UNCLEAR)
            return None
        arguments, after = found
        new = _spaced(_slice(whole, 0, place.start()), macro.body[:1], begin, end)
        done = 0
        for parameter in _PARAMETER.finditer(macro.body):
            first, last = arguments[int(parameter[1]) - 1]
            value = _slice(whole, first, last) if first >= 0 else [(macro.default or "", begin, end)]
            said = "".join(piece for piece, _, _ in value)
            new = _spaced([*new, (macro.body[done : parameter.start()], begin, end)], said[:1], begin, end)
            new = _spaced([*new, *value], macro.body[parameter.end() : parameter.end() + 1], begin, end)
            done = parameter.end()
        new = _spaced([*new, (macro.body[done:], begin, end)], text[after : after + 1], begin, end)
        return [*new, *_slice(whole, after, len(text))]


def _macro(body: str, groups: dict[str, str | None]) -> Macro:
    """The macro that a definition says."""
    parameters = re.sub(r"\s", "", groups.get("parameters") or "")
    count = len(parameters) // 2 if "parameters" in groups else int(groups.get("count") or 0)
    if parameters != "".join(f"#{k}" for k in range(1, count + 1)) and parameters:
        return Macro("", problem="a macro with signs between its arguments is not expanded")
    if "##" in body or any(int(one) > count for one in _PARAMETER.findall(body)):
        return Macro("", problem=_UNCLEAR)
    return Macro(re.sub(r"(?<!\\)%[^\n]*\n?", "", body), count, groups.get("default"))


def _argument(text: str, at: int) -> tuple[str, int, int] | None:
    """One argument: what it says, where that begins, where the argument ends: a group, a command or one character."""
    at += len(text[at : at + ARGUMENT]) - len(text[at : at + ARGUMENT].lstrip())
    if not text.startswith("{", at):
        match = re.compile(r"\\(?:[A-Za-z@]+|.)|[^\s{}%&$]").match(text, at)
        return (match[0], at, match.end()) if match else None
    depth, end = 0, at
    while (match := _BRACE.search(text, end, at + ARGUMENT)) is not None:
        depth += (match[0] == "{") - (match[0] == "}")
        end = match.end()
        if match[0][0] == "\n":
            return None
        if not depth:
            return text[at + 1 : end - 1], at + 1, end
    return None


def _arguments(text: str, at: int, macro: Macro) -> tuple[list[tuple[int, int]], int] | None:
    """Where the arguments of a use stand, −1 for one left out, and where the use ends."""
    found: list[tuple[int, int]] = []
    if macro.default is not None:
        bracket = re.compile(r"\s*\[([^\[\]{}]{0,200})\]").match(text, at)
        found.append(bracket.span(1) if bracket else (-1, -1))
        at = bracket.end() if bracket else at
    while len(found) < macro.count:
        argument = _argument(text, at)
        if argument is None:
            return None
        said, begin, at = argument
        found.append((begin, begin + len(said)))
    return found, at


def _slice(runs: Runs, start: int, end: int) -> Runs:
    """A stretch of what is written out."""
    found, offset = [], 0
    for piece, begin, stop in runs:
        first, last = max(start - offset, 0), min(end - offset, len(piece))
        if first < last:
            found.append((piece[first:last], begin + first if stop < 0 else begin, stop))
        offset += len(piece)
    return found


def _spaced(runs: Runs, behind: str, begin: int, end: int) -> Runs:
    """The same, with a blank behind a command that would run into what follows."""
    text = "".join(piece for piece, _, _ in runs[-2:])
    return [*runs, (" ", begin, end)] if behind.isalpha() and _WORD_END.search(text) else runs
