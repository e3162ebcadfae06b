"""What derivgen says when it cannot go on: one line, an exit code, and the choices there were."""

from __future__ import annotations

from collections.abc import Iterable

SHOWN_CHOICES = 8
SHOWN_CHARACTERS = 80


class DerivgenError(Exception):
    """An error whose message is one line for the person at the keyboard; `exit_code` is the process's."""

    exit_code: int = 2


class QuizError(DerivgenError):
    """A quiz file, or something in it, that cannot be used."""


class CertificateError(DerivgenError):
    """An answer that could not be proved again from its printed text: nothing is written."""

    exit_code = 1


def escaped(text: str, cap: int = SHOWN_CHARACTERS) -> str:
    """The text on one line and at most `cap` characters long; what cannot be seen becomes an escape.

    >>> escaped("two\\nlines")
    'two\\\\nlines'
    """
    seen = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: cap + 1])
    return seen if len(seen) <= cap else seen[: cap - 3] + "..."


def shown(value: object) -> str:
    """A value as its writer would recognise it: a text in quotes, a number, `true`, "a list", "nothing".

    >>> shown("rleu"), shown(True), shown([1, 2]), shown(0.5)
    ("'rleu'", 'true', 'a list', '0.5')
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{escaped(value)}'"
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
        case int():
            return escaped(str(value))
        case _ if hasattr(value, "__float__"):
            return f"{float(value)}"  # A Fraction was typed as a decimal: 0.1, not 1/10.
        case _:
            return f"'{escaped(str(value))}'"


def suggest(word: str, choices: Iterable[str], problem: str = "is unknown", first: Iterable[str] = ()) -> str:
    """Say that a word is none of the choices, which one it resembles, and what there is to choose from.

    >>> suggest("rleu", ["tanh", "sigmoid", "relu", "identity"])
    "'rleu' is unknown; did you mean 'relu'? (identity, relu, sigmoid, tanh)"
    """
    import difflib  # Only a failing run pays for it.

    ahead = list(first)
    known = [*ahead, *sorted(set(choices) - set(ahead))]
    folded = {choice.casefold(): choice for choice in reversed(known)}
    near = difflib.get_close_matches(word[:SHOWN_CHARACTERS].casefold(), folded, n=1)
    message = f"{shown(word)} {problem}"
    if near:
        message += f"; did you mean {shown(folded[near[0]])}?"
    if known:
        more = ["..."] if len(known) > SHOWN_CHOICES else []
        message += f" ({', '.join([escaped(choice) for choice in known[:SHOWN_CHOICES]] + more)})"
    return message
