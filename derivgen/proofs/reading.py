"""Text in, an expression with indices out: what ``printing`` prints, in any of its dialects, by a descent of its own.

>>> read(r"\\sum_{k=1}^{N} e^{h_k}", "latex") == read("sum(k=1..N, e^(h_k))", "plain")
True
"""

from __future__ import annotations

import re

from derivgen.errors import CertificateError
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

_LATEX = re.compile(r"\s+|\\left|\\right|(\\[A-Za-z]+|\d+|[A-Za-z]|[-+=^_(){}])")
_PLAIN = re.compile(r"\s+|(\.\.|\d+|[A-Za-z]+(?:_[A-Za-z0-9]+)?|[-+*/=^(),])")
_COMMANDS = {r"\ln": "ln", r"\sigma": "sigma", r"\tanh": "tanh"}
_NAMES = tuple(_COMMANDS.values())


def read(text: str, dialect: str) -> Tree:
    """The expression that a printed text says; ``CertificateError`` for a text that is none."""
    reader = _reader(text, dialect)
    tree = reader.expression()
    reader.finish()
    return tree


def read_equation(text: str, dialect: str) -> Equation:
    """Both sides of ``left = right``."""
    reader = _reader(text, dialect)
    left = reader.expression()
    reader.take("=")
    right = reader.expression()
    reader.finish()
    return Equation(left, right)


def _reader(text: str, dialect: str) -> _Reader:
    return _Plain(text, _PLAIN) if dialect == "plain" else _Latex(text, _LATEX)


class _Reader:
    """The signs, shared by both dialects; products and atoms are each dialect's own."""

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        self.text, self.at = text, 0
        self.tokens: list[str] = []
        place = 0
        while place < len(text):
            match = pattern.match(text, place)
            if match is None:
                raise self.error()
            if match[1]:
                self.tokens.append(match[1])
            place = match.end()

    def error(self) -> CertificateError:
        return CertificateError(f"a printed line of a proof cannot be read: {self.text}")

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        if not token:
            raise self.error()
        self.at += 1
        return token

    def take(self, *tokens: str) -> None:
        for token in tokens:
            if self.next() != token:
                raise self.error()

    def finish(self) -> None:
        if self.at != len(self.tokens):
            raise self.error()

    def whole(self) -> int:
        token = self.next()
        if not token.isdigit():
            raise self.error()
        return int(token)

    def expression(self) -> Tree:
        terms: list[Tree] = []
        sign = self.next() if self.peek() == "-" else "+"
        while True:
            term = self.term()
            terms.append(Minus(term) if sign == "-" else term)
            if self.peek() not in ("+", "-"):
                return terms[0] if len(terms) == 1 else Plus(tuple(terms))
            sign = self.next()

    def term(self) -> Tree:
        raise NotImplementedError

    def bracketed(self) -> Tree:
        self.take("(")
        inner = self.expression()
        self.take(")")
        return inner

    def end_of_range(self) -> int:
        """N, N-1 or N+1."""
        self.take("N")
        if self.peek() not in ("+", "-"):
            return 0
        return self.whole() if self.next() == "+" else -self.whole()


class _Latex(_Reader):
    def term(self) -> Tree:
        factors = [self.factor()]
        while self.peek() not in ("", "+", "-", "=", ")", "}"):
            if self.peek() == r"\cdot":
                self.next()
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else Times(tuple(factors))

    def factor(self) -> Tree:
        base = self.atom()
        if self.peek() != "^":
            return base
        self.take("^", "{")
        exponent = self.whole()
        self.take("}")
        return Power(base, exponent)

    def atom(self) -> Tree:
        token = self.peek()
        if token == "(":
            return self.bracketed()
        if token.isdigit():
            return Whole(self.whole())
        if token == r"\frac":
            return self.fraction()
        if token == r"\sum":
            return self.sum()
        if token == r"\delta":
            self.take(r"\delta", "_", "{")
            first, second = self.next(), self.next()
            self.take("}")
            return Delta(first, second)
        if token in _COMMANDS:
            self.next()
            return Call(_COMMANDS[token], self.bracketed())
        if token == "e" and self.peek(1) == "^":
            self.take("e", "^", "{")
            argument = self.expression()
            self.take("}")
            return Call("exp", argument)
        return self.symbol()

    def symbol(self) -> Symbol:
        letter = self.next()
        if not (len(letter) == 1 and letter.isalpha()):
            raise self.error()
        if self.peek() != "_":
            return Symbol(letter)
        self.next()
        if self.peek() != "{":
            return Symbol(letter, self.next())
        self.next()
        index = self.next()
        self.take("}")
        return Symbol(letter, index)

    def sum(self) -> Tree:
        self.take(r"\sum", "_", "{")
        index = self.next()
        self.take("=")
        low = self.whole()
        self.take("}", "^", "{")
        beyond = self.end_of_range()
        self.take("}")
        return Sum(index, self.term(), low, beyond)

    def fraction(self) -> Tree:
        self.take(r"\frac", "{")
        sign = self.peek()
        if sign not in (r"\partial", "d"):
            above = self.expression()
            self.take("}", "{")
            below = self.expression()
            self.take("}")
            return Over(above, below)
        self.next()
        body: Tree | None = None if self.peek() == "}" else self.symbol()
        self.take("}", "{", sign)
        by = self.symbol()
        self.take("}")
        return Derivative(by, self.factor() if body is None else body)


class _Plain(_Reader):
    def term(self) -> Tree:
        factors = [self.factor()]
        while self.peek() == "*":
            self.next()
            factors.append(self.factor())
        whole = factors[0] if len(factors) == 1 else Times(tuple(factors))
        if self.peek() != "/":
            return whole
        if len(factors) > 1:
            raise self.error()
        self.next()
        return Over(whole, self.factor())

    def factor(self) -> Tree:
        base = self.atom()
        if self.peek() != "^":
            return base
        self.next()
        return Power(base, self.whole())

    def atom(self) -> Tree:
        token = self.peek()
        if token == "(":
            return self.bracketed()
        if token.isdigit():
            return Whole(self.whole())
        if token == "sum":
            self.take("sum", "(")
            index = self.next()
            self.take("=")
            low = self.whole()
            self.take("..")
            beyond = self.end_of_range()
            self.take(",")
            body = self.expression()
            self.take(")")
            return Sum(index, body, low, beyond)
        if token == "e":
            self.take("e", "^")
            return Call("exp", self.bracketed())
        if token in _NAMES:
            return Call(self.next(), self.bracketed())
        if token.startswith("delta_"):
            indices = self.next().removeprefix("delta_")
            if len(indices) != 2:
                raise self.error()
            return Delta(indices[0], indices[1])
        if token.startswith("d") and self.peek(1) == "/" and self.peek(2).startswith("d"):
            above = self.next().removeprefix("d")
            self.take("/")
            by = self.named(self.next().removeprefix("d"))
            return Derivative(by, self.named(above) if above else self.bracketed())
        return self.named(self.next())

    def named(self, word: str) -> Symbol:
        letter, _, index = word.partition("_")
        if not (len(letter) == 1 and letter.isalpha()):
            raise self.error()
        return Symbol(letter, index)
