"""The equations of a plain text: its lines without the words around them.

The words of prose are those that the network does not declare, where no sign joins them to a formula: a name that
nobody has declared stays where it stands, to be told of, and no equation is lost.

>>> found, _ = scan("So out = 1/(1 + exp(-score)), and hence dout/dw = out*phat", frozenset({"out"}))
>>> [piece.source for piece in found]
['out = 1/(1 + exp(-score))', 'dout/dw = out*phat']
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from derivgen.checking.finding import conditions
from derivgen.checking.finding.in_tex import Piece
from derivgen.notation import GREEK
from derivgen.operations import CALLABLE, SPELLINGS

RELATION = re.compile(
    r"(?<![<>!=])(?::=|\+=|==?|<-|~=|[≈≃≅≐≜≡≝≔←⟵⇒⟹∴]|=>|\\(?:approx|equiv|triangleq|leftarrow|gets|implies)(?![A-Za-z]))(?!=)"
)
_OPERATOR_END = re.compile(r"(?:[-+/=≈·×]|(?<!\^)\*|<-)\s*$")  # y^* ends as it is
_WORD = re.compile(r"[A-Za-z]{2,}(?![A-Za-z0-9_^(\[{'])")
_LABEL = re.compile(
    r"\s*(?:[-*•>#]+\s+|\(?(?:[a-z]|[ivx]{1,4})\)\s+|\(\d{1,3}\)\s+|\d{1,3}(?:\.[a-z][.)]?|[a-z]?[.):])\s+|(?:step|line|eq)\.?\s*\d*\s*[.:)]\s*)*",
    re.I,
)
_CONNECTIVES = frozenset(("by", "since", "because", "using", "from", "so", "and", "then", "thus", "hence", "therefore"))
_TAIL = re.compile(
    rf"\s*(?:[,;:.]\s+|#|//|--|—|–\s|\(\s*(?=[A-Za-z]{{3,}}\s+[A-Za-z])|\b(?=(?:{'|'.join(sorted(_CONNECTIVES))})\b))"
)
_COMMENT = re.compile(r"//\s*\Z")
_NUMBER = re.compile(r"(?:\s{2,}|\t)[(\[]\d{1,3}(?:\.\d{1,3})?[a-z]?[)\]]\s*\Z")  # of an equation
_NUMBERED = re.compile(r"[\s(]*\d[\d.]*\)?\s*[,;:]\s*(?=\S)")  # of what stands elsewhere: from (2), L = …
_FUNCTIONS = frozenset(spelling for spelling, operation in SPELLINGS.items() if operation in CALLABLE)
_HEADING = re.compile(r"\s*={2,}\s[^=]*\s={2,}\s*")  # == Part 2 ==
_KNOWN = frozenset(GREEK) | _FUNCTIONS | {"hat", "bar", "sum", "prod", "diag", "max", "min"}
_SHORT = frozenset(("so", "is", "we", "by", "of", "to", "in", "at", "as", "if", "it", "be", "or", "an", "on", "no"))
_ARTICLES = re.compile(r"\b(?:the|an?|our|this|that|its|your|my)\s+\Z", re.IGNORECASE)
_NEVER = _SHORT | _CONNECTIVES | conditions.WORDS  # no names, whatever sign stands beside them
_SIGNS = "+*/^=<>≈←·×"


def scan(text: str, names: frozenset[str] = frozenset()) -> tuple[list[Piece], list[tuple[int, int]]]:
    """Every equation; a line that goes on joins the one before. ``names`` are words that the network declares."""
    text = text.replace("\r\n", " \n").replace("\r", "\n")
    found: list[Piece] = []
    alone = -1  # where the line before begins, if it is an expression that nothing is said of
    start = 0
    for line in text.split("\n"):
        before, alone = alone, start if line.strip() and not any(_words(line, 0, len(line), names)) else -1
        joined = found and not text[found[-1].end : start].strip(" \t\n") and "\n\n" not in text[found[-1].end : start]
        stripped, done = line.strip(), 0
        goes_on = joined and (
            RELATION.match(stripped) or (re.match(r"[-+*/·×](?=\s|\w)", stripped) and not RELATION.search(stripped))
        )
        if joined and stripped and (goes_on or _OPERATOR_END.search(found[-1].source)):
            last, done = found[-1], _end(line, 0, names)
            found[-1] = _piece(text, last.at, start + done)
        elif before >= 0 and not joined and RELATION.match(stripped):  # dL/dw, and below it = …
            done, at = _end(line, 0, names), start - len(text[before:start].lstrip())
            found.append(_piece(text, at, start + done))
        for begin, end in _equations(line, done, names):
            found.append(_piece(text, start + begin, start + end))
        start += len(line) + 1
    return found, []


def _piece(text: str, at: int, end: int) -> Piece:
    return Piece(text[at:end], at, at, end, "", True)


def _equations(line: str, start: int, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where each equation of a line begins and ends; nothing is cut off that may be a condition.

    >>> for line in ("(a) So, by the chain rule, dL/dw = x*a, as above.", "What is it?", "a = 1 if z > 0"):
    ...     [line[begin:end] for begin, end in _equations(line, 0, frozenset())]
    ['dL/dw = x*a']
    []
    ['a = 1 if z > 0']
    """
    while not _HEADING.fullmatch(line) and (relation := RELATION.search(line, start)):
        begin = _begin(line, start, relation.start(), names)
        start = max(_end(line, begin, names), relation.end())
        yield begin, start


def _begin(line: str, start: int, left: int, names: frozenset[str]) -> int:
    """Where an equation begins whose relation stands at ``left``: behind its label and the last word of prose."""
    begin = start
    if not start and (label := _LABEL.match(line)) and label.end() <= left:
        begin = label.end()
    for word in _words(line, begin, left, names):
        numbered = _NUMBERED.match(line, word.end(), left)
        begin = numbered.end() if numbered else word.end()
    return begin + len(line[begin:left]) - len(line[begin:left].lstrip(" \t:,;."))


def _end(line: str, begin: int, names: frozenset[str]) -> int:
    """Where the mathematics ends that begins here: before the first words behind a comma, a bracket, a *since*."""
    line = _NUMBER.sub("", line)
    relation = RELATION.search(line, begin)
    end = len(line.rstrip(" \t.,;"))
    conditional = conditions.meant(line[:begin]) == "condition"  # what follows may hold on it only
    for word in _words(line, relation.end() if relation else begin, end, names):
        if conditional or conditions.begins(line[word.start() :]):
            break
        tails = (tail.start() for tail in _TAIL.finditer(line, begin) if tail.end() <= word.start())
        if (cut := max(tails, default=0)) and (relation is None or cut >= relation.end()):
            end = cut
            line = re.sub(r"\s[-–—(]\s*\Z", "", line[:cut])
            break
    end = len(line[:end].rstrip(" \t.,;"))
    if line[:end].endswith(")") and line.count("(", 0, begin) > line.count(")", 0, begin):
        end -= line.count(")", begin, end) > line.count("(", begin, end)  # it closes a bracket of words: (using x = 3)
    return end


def _words(line: str, start: int, end: int, names: frozenset[str]) -> Iterator[re.Match[str]]:
    """The words of prose: no declared name, no function or Greek letter, nothing that a sign joins to a formula."""
    for match in _WORD.finditer(line, start, end):
        before = line[match.start() - 1] if match.start() else " "
        word = match[0]
        derivative = re.fullmatch(r"d[A-Za-z]\w*", word) and "/" in (before, line[match.end() : match.end() + 1])
        if before in "\\_^/." or before.isalnum() or derivative or not (len(word) > 2 or word.lower() in _SHORT):
            continue
        declared = word in names or word.lower() in _KNOWN
        if declared and not _is_noun(line, match):
            continue
        if word.lower() in _NEVER or not _joined(line, match):
            yield match


def _is_noun(line: str, match: re.Match[str]) -> bool:
    """Whether a word is one of a sentence, declared or not: the *loss* L = …, or *loss:* L = …"""
    behind = line[match.end() :]
    if re.match(r"\s*:(?!=)", behind):
        return True
    return re.match(r"\s+[A-Za-z]", behind) is not None and _ARTICLES.search(line, 0, match.start()) is not None


def _joined(line: str, match: re.Match[str]) -> bool:
    """Whether a sign of calculation or a relation stands beside a word; a hyphen between words is none."""
    before, behind = line[: match.start()].rstrip()[-1:], line[match.end() :].lstrip()
    if _COMMENT.search(line, 0, match.start()):
        return False
    if (before and before in _SIGNS) or (behind and behind[0] in _SIGNS) or RELATION.match(behind):
        return True
    if behind[:1] in ("-", "−"):
        return re.match(r"-[A-Za-z]{3,}", line[match.end() :]) is None
    return before in ("-", "−") and re.search(r"(?:-|[A-Za-z]{3,})-\s*\Z", line[: match.start()]) is None
