r"""The words that make an equation a condition, in one table: what stands before a formula in, how it is meant out.

``condition``: what follows holds nowhere else: *if*, *when*, *for*. ``supposition``: it may be a fact of the network,
which is checked, or an assumption, which is taken as given; the equation itself tells: *with*, *since*, *let*.

>>> meant("It is zero if "), meant("Since "), meant("if the target is "), meant("so we arrive at "), meant("Hence ")
('condition', 'supposition', 'supposition', '', '')
"""

from __future__ import annotations

import re

# What stands right behind these is a condition; farther behind them, in the same clause, a supposition.
CONDITIONS = ("if", "when", "whenever", "unless", "for", "at", "provided", "assuming")
SUPPOSITIONS = (
    "suppose", "supposing", "assume", "let", "given", "set", "setting", "take", "taking", "put", "putting", "choose",
    "choosing", "with", "since", "because", "as", "where", "case", "once", "while", "under",
)  # fmt: skip
OTHERWISE = ("otherwise", "else", "o.w.")  # what stands before these holds on no condition that is said
WORDS = frozenset((*CONDITIONS, *SUPPOSITIONS, *OTHERWISE))

_OF = ("for", "at")  # a name behind these alone says what is spoken of: "For $w_1$ the path is longer"

_FARTHEST = 5  # words between such a word and its equation
_SIGN = re.compile(r"[=<>≤≥≠≈∈]|\\(?:[lgn]eq?|[lg]t|in|approx)\b")


def _one_of(words: tuple[str, ...]) -> str:
    return "(?:" + "|".join(map(re.escape, words)) + ")"


_RIGHT_BEHIND = re.compile(
    rf"(?<!arrive )(?<!arrived )(?<!arriving )\b{_one_of(CONDITIONS)}(?:\s+(?:that|only|now))?\W*\Z", re.IGNORECASE
)
_IN_THE_CLAUSE = re.compile(
    rf"(?<!arrive )(?<!arrived )(?<!arriving )\b{_one_of(CONDITIONS + SUPPOSITIONS)}"
    rf"(?:[^\w.;!?]+\w+){{0,{_FARTHEST}}}[^\w.;!?]*\Z",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*,?\s*(?:and|or|&)\s*")  # "If y = 1, L = 2": behind a comma alone stands the claim


def said(words: str) -> str:
    """How an equation is meant that stands behind words inside a formula, \\text{(if }.

    >>> said("(if "), said(" with "), said(" and ")
    ('condition', 'supposition', '')
    """
    found = {word.strip("(),:;[]").lower() for word in words.split()}
    if not found.isdisjoint((*CONDITIONS, *OTHERWISE)):
        return "condition"
    return "" if found.isdisjoint(SUPPOSITIONS) else "supposition"


def begins(words: str) -> bool:
    """Whether words behind an equation in plain text make it one that holds on a condition.

    >>> begins("if z is positive"), begins("with y = 0"), begins("as above")
    (True, True, False)
    """
    first = words.split(maxsplit=1)[0].lower() if words.strip() else ""
    return first in (*CONDITIONS, *OTHERWISE) or (first in SUPPOSITIONS and _SIGN.search(words) is not None)


def meant(before: str, earlier: str = "", formula: str = "=") -> str:
    """How a formula is meant by the words before it, in its clause; ``earlier`` is how the one before them was.

    >>> meant(" and ", "condition"), meant(", we have ", "condition"), meant("For ", "", "w_1"), meant("If ", "", "z")
    ('condition', '', '', 'condition')
    """
    if earlier and _AND.fullmatch(before):
        return earlier if "," not in before else "supposition"
    if right := _RIGHT_BEHIND.search(before):
        return "" if right[0].split()[0].lower() in _OF and not _SIGN.search(formula) else "condition"
    return "supposition" if _IN_THE_CLAUSE.search(before) else ""
