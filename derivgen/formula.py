r"""An instructor's formula in, its first fault out: what pdflatex would stop at, or a Markdown reader would not show.

>>> fault(r"\frac{\partial L}{\partial w_1} \le x^{2}")
''
>>> fault("x^")
'^ needs an argument: one letter, digit or sign, or a group in braces'
"""

from __future__ import annotations

import re

DEEPEST = 20  # groups inside groups


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\S+", text))


# What may follow _ or ^ without braces.
_SYMBOLS = _words(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi
    varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega partial infty ell nabla ast prime
    top circ"""
)
_SIGNS = _words(
    """sum prod cdot cdots ldots dots times le ge leq geq ne neq approx in to rightarrow leftarrow mapsto exp ln log max
    min tanh sin cos quad qquad lVert rVert lvert rvert vert Vert langle rangle odot pm mp forall exists"""
)
_SPACES = frozenset(("\\,", "\\;", "\\!", "\\:", "\\ "))
_ARGUMENTS = {"frac": 2, "sqrt": 1, "hat": 1, "bar": 1, "tilde": 1, "mathbf": 1, "mathrm": 1}
_DELIMITERS = _words(r"( ) [ ] | . / < > \{ \} \| \vert \Vert \lvert \rvert \lVert \rVert \langle \rangle")
COMMANDS = _SYMBOLS | _SIGNS | frozenset(_ARGUMENTS) | {"text", "left", "right"}

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z0-9+\-*/=<>()\[\]|,.;:!?']")
_SHORT = re.compile(r"[A-Za-z0-9*+-]")
_TEXT = re.compile(r"[A-Za-z0-9 ,.;:!?()=+/'-]")


class _FaultError(Exception):
    pass


def fault(formula: str) -> str:
    """What is wrong with a formula (without its dollars), in words; empty if nothing is."""
    try:
        _Reader(formula).whole()
    except _FaultError as error:
        return str(error)
    return ""


class _Reader:
    """One pass over the tokens by TeX's own grammar of lists, atoms and scripts."""

    def __init__(self, formula: str) -> None:
        self.tokens, self.at, self.depth = _TOKEN.findall(formula), 0, 0

    def next(self) -> str:
        """The token at hand, after spaces; empty at the end."""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next()
        self.at += 1
        return token

    def whole(self) -> None:
        self.row("")

    def row(self, end: str) -> None:
        """Atoms and their scripts up to ``end``, which is taken."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise _FaultError(f"a formula nests at most {DEEPEST} groups")
        scripts: set[str] = set()
        before = ""
        while (token := self.next()) != end:
            if not token or token == "}" or token == r"\right":
                pairs = r"\right" in (end, token)
                raise _FaultError(r"\left and \right do not pair" if pairs else "the braces do not match")
            if token in ("_", "^", "'"):
                # After x' a ^ still joins the prime; after x^2 neither a ^ nor a ' can follow.
                sign = "_" if token == "_" else "^"
                if sign in scripts and before != "'":
                    raise _FaultError(f"two {'sub' if sign == '_' else 'super'}scripts follow each other; use braces")
                self.at += 1
                scripts.add(sign)
                if token != "'":
                    self.argument(f"{token} needs an argument")
            else:
                self.atom()
                scripts = set()
            before = token
        self.at += 1
        self.depth -= 1

    def atom(self) -> None:
        token = self.take()
        name = token[1:]
        if token == "{":
            self.row("}")
        elif token == r"\left":
            self.delimiter(token)
            self.row(r"\right")
            self.delimiter(r"\right")
        elif token == r"\text":
            self.words()
        elif token[0] == "\\" and name in _ARGUMENTS:
            for _ in range(_ARGUMENTS[name]):
                self.argument(f"{token} takes {'two groups' if _ARGUMENTS[name] == 2 else 'a group'}")
        else:
            known = name in COMMANDS or token in _SPACES or token in _DELIMITERS
            if not (known if token[0] == "\\" else _PLAIN.fullmatch(token)):
                raise _FaultError(f"{token} cannot stand in a formula of a text")

    def argument(self, problem: str) -> None:
        token = self.next()
        if token == "{":
            self.atom()
        elif _SHORT.fullmatch(token) or token[1:] in _SYMBOLS:
            self.at += 1
        else:
            raise _FaultError(f"{problem}: one letter, digit or sign, or a group in braces")

    def delimiter(self, command: str) -> None:
        if self.take() not in _DELIMITERS:
            raise _FaultError(f"{command} needs a bracket, a bar or a dot after it")

    def words(self) -> None:
        r"""The group after ``\text``: plain words."""
        if self.take() != "{":
            raise _FaultError(r"\text takes a group")
        while (token := self.tokens[self.at] if self.at < len(self.tokens) else "") != "}":
            if not token:
                raise _FaultError("the braces do not match")
            if not all(map(_TEXT.fullmatch, token)):
                raise _FaultError(rf"{token} cannot stand in \text")
            self.at += 1
        self.at += 1
