"""An expression with indices in, its text out: LaTeX, portable Markdown, plain maths.

>>> from derivgen.proofs.reading import read
>>> tree = read("-sum(j=1..N, y_j*d/dh_i(ln(P_j)))", "plain")
>>> printed(tree, "latex")
'-\\\\sum_{j=1}^{N} y_j \\\\frac{\\\\partial}{\\\\partial h_i} \\\\ln(P_j)'
>>> printed(tree, "plain")
'-sum(j=1..N, y_j*d/dh_i(ln(P_j)))'
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from derivgen.printing import portable
from derivgen.proofs.tree import (
    Call,
    Delta,
    Derivative,
    Equation,
    Minus,
    Over,
    Plus,
    Power,
    Sum,
    Symbol,
    Times,
    Tree,
    Whole,
)

FUNCTIONS = {"ln": r"\ln", "sigma": r"\sigma", "tanh": r"\tanh"}
ALONE, TERM, FACTOR, LAST = 0, 1, 2, 3  # what surrounds a part: nothing, a sum, a product, a product whose end it is
_TALL = (r"\frac", r"\sum", r"\left")


def printed(tree: Tree | Equation, dialect: str, *, straight: bool = False) -> str:
    """The text in a dialect (latex, markdown or plain); ``straight`` writes d/dz, not ∂/∂z."""
    if isinstance(tree, Equation):
        sides = (printed(side, dialect, straight=straight) for side in (tree.left, tree.right))
        return " = ".join(sides)
    if dialect == "plain":
        return _plain(tree, ALONE)
    text = _Latex("d" if straight else r"\partial ").text(tree, ALONE)
    return portable(text).strip() if dialect == "markdown" else text


class _Latex:
    def __init__(self, sign: str) -> None:
        self.sign = sign

    def text(self, tree: Tree, around: int) -> str:
        text = self._bare(tree)
        return _bracketed(text) if _needs_brackets(tree, around) else text

    def _bare(self, tree: Tree) -> str:
        match tree:
            case Whole(value):
                return str(value)
            case Symbol(letter, index):
                return f"{letter}_{index}" if len(index) == 1 else f"{letter}_{{{index}}}" if index else letter
            case Delta(first, second):
                return rf"\delta_{{{first}{second}}}"
            case Sum(index, body, low, beyond):
                return rf"\sum_{{{index}={low}}}^{{{_end(beyond)}}} {self.text(body, LAST)}"
            case Call("exp", argument):
                return f"e^{{{self.text(argument, ALONE)}}}"
            case Call(function, argument):
                inner = self.text(argument, ALONE)
                return FUNCTIONS[function] + _bracketed(inner)
            case Derivative(by, body) if isinstance(body, Symbol):
                return rf"\frac{{{self.sign}{self._bare(body)}}}{{{self.sign}{self._bare(by)}}}"
            case Derivative(by, body):
                operand = self.text(body, FACTOR if isinstance(body, Times) else LAST)
                return rf"\frac{{{self.sign.strip()}}}{{{self.sign}{self._bare(by)}}} {operand}"
            case Plus(terms):
                return _sum(terms, lambda term: self.text(term, TERM), self._bare)
            case Minus(body):
                return f"-{self.text(body, LAST)}"
            case Times(factors):
                text = self.text(factors[0], FACTOR)
                for i, (before, factor) in enumerate(itertools.pairwise(factors), 2):
                    ends = i == len(factors) and not isinstance(factor, Times)
                    piece = self.text(factor, LAST if ends else FACTOR)
                    dotted = _stands_apart(before) or _stands_apart(factor) or piece[0].isdigit()
                    text += (r" \cdot " if dotted else " ") + piece
                return text
            case Over(above, below):
                return rf"\frac{{{self.text(above, ALONE)}}}{{{self.text(below, ALONE)}}}"
            case Power(base, exponent):
                inner = self.text(base, FACTOR)
                inner = _bracketed(inner) if isinstance(base, (Over, Derivative, Power)) or _is_exp(base) else inner
                return f"{inner}^{{{exponent}}}"


def _end(beyond: int) -> str:
    return "N" if not beyond else f"N+{beyond}" if beyond > 0 else f"N-{-beyond}"


def _bracketed(text: str) -> str:
    return rf"\left({text}\right)" if any(command in text for command in _TALL) else f"({text})"


def _is_exp(tree: Tree) -> bool:
    return isinstance(tree, Call) and tree.function == "exp"


def _stands_apart(tree: Tree) -> bool:
    """Whether a dot stands on both sides of a factor: fractions and numbers."""
    return isinstance(tree, (Over, Whole)) or (isinstance(tree, Derivative) and isinstance(tree.body, Symbol))


def _is_open(tree: Tree) -> bool:
    """Whether what follows would seem to belong to it: a sum, or ∂/∂h of an expression."""
    return isinstance(tree, Sum) or (isinstance(tree, Derivative) and not isinstance(tree.body, Symbol))


def _needs_brackets(tree: Tree, around: int) -> bool:
    if isinstance(tree, (Plus, Minus)):
        return around != ALONE
    if isinstance(tree, Times):  # -x y and Σ x y need none; a product in a product is kept apart
        return around == FACTOR
    return _is_open(tree) and around == FACTOR


def _sum(terms: tuple[Tree, ...], term: Callable[[Tree], str], first: Callable[[Tree], str]) -> str:
    text = first(terms[0]) if isinstance(terms[0], Minus) else term(terms[0])
    for each in terms[1:]:
        sign, inner = ("-", each.body) if isinstance(each, Minus) else ("+", each)
        text += f" {sign} {term(inner)}"
    return text


def _plain(tree: Tree, around: int) -> str:
    text = _plain_bare(tree)
    tight = isinstance(tree, (Plus, Minus)) and around != ALONE
    tight = tight or (isinstance(tree, (Times, Over)) and around == FACTOR)
    return f"({text})" if tight else text


def _plain_bare(tree: Tree) -> str:
    match tree:
        case Whole(value):
            return str(value)
        case Symbol(letter, index):
            return f"{letter}_{index}" if index else letter
        case Delta(first, second):
            return f"delta_{first}{second}"
        case Sum(index, body, low, beyond):
            return f"sum({index}={low}..{_end(beyond)}, {_plain(body, ALONE)})"
        case Call("exp", argument):
            return f"e^({_plain(argument, ALONE)})"
        case Call(function, argument):
            return f"{function}({_plain(argument, ALONE)})"
        case Derivative(by, body) if isinstance(body, Symbol):
            return f"d{_plain_bare(body)}/d{_plain_bare(by)}"
        case Derivative(by, body):
            return f"d/d{_plain_bare(by)}({_plain(body, ALONE)})"
        case Plus(terms):
            return _sum(terms, lambda term: _plain(term, TERM), _plain_bare)
        case Minus(body):
            return f"-{_plain(body, TERM)}"
        case Times(factors):
            return "*".join(_plain(factor, FACTOR) for factor in factors)
        case Over(above, below):
            return f"{_plain(above, FACTOR)}/{_plain(below, FACTOR)}"
        case Power(base, exponent):
            inner = _plain(base, FACTOR)
            inner = f"({inner})" if isinstance(base, (Derivative, Power)) or _is_exp(base) else inner
            return f"{inner}^{exponent}"
