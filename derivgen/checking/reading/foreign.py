"""Pieces of other people's mathematics in, tokens out: symbols joined with their scripts by what is declared.

What is a label, a power, a word of several letters or a d of Leibniz is decided here. What a symbol means is looked up
when it is parsed, for an index variable may stand in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from derivgen.checking.finding import conditions
from derivgen.checking.reading.scanning import LENGTH, MOST, Raw, RefusedError, scanned
from derivgen.checking.reading.symbols import SOFTMAX, Symbols, Written
from derivgen.errors import escaped
from derivgen.lexing import DIGITS, Token
from derivgen.notation import GREEK

__all__ = ["LENGTH", "Mark", "RefusedError", "tokens"]

DEEP = 20  # braces under braces with notes
_MAGNITUDE = 64  # of a power of ten in 1e-3
_MATRICES = frozenset(("bmatrix", "pmatrix", "matrix", "array", "Bmatrix", "smallmatrix"))
_ROWS = frozenset((
    "align", "aligned", "alignat", "gather", "gathered", "split", "eqnarray", "equation", "multline", "displaymath",
    "math", "flalign", "dmath", "alignedat", "IEEEeqnarray",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark(Token):
    """A token that knows where it ends.

    Kinds: number, symbol, sign, relation, indicator, end, and what parts statements: row, wide, then, text.
    """

    end: int = 0


def tokens(text: str, dialect: str, symbols: Symbols) -> list[Mark]:
    """The tokens of a fragment, an ``end`` last; ``RefusedError`` where there is none."""
    if len(text) > LENGTH:
        raise RefusedError(f"more than {LENGTH:,} characters of mathematics in one piece", 0, len(text), "part it")
    return _Joiner(scanned(text, dialect == "plain"), symbols, dialect == "plain").tokens(len(text))


class _Joiner:
    """Makes symbols of a base and its scripts; every other piece becomes the token that the parser knows."""

    def __init__(self, raw: list[Raw], symbols: Symbols, plain: bool) -> None:
        end = raw[-1].end if raw else 0
        self.raw, self.symbols, self.plain, self.i = [*raw, Raw("end", "", end, end)], symbols, plain, 0
        self.found: list[Mark] = []
        self.skipped: list[Raw] = []  # the } after which an under- or overbrace's note is passed over

    @property
    def here(self) -> Raw:
        return self.raw[self.i]

    def texts(self, start: int, count: int) -> list[str]:
        found = [raw.text for raw in self.raw[self.i + start : self.i + start + count]]
        return found + [""] * (count - len(found))

    def add(self, kind: str, text: str, at: int, end: int, value: object = None) -> None:
        self.found.append(Mark(kind, text, at, value, end))

    def tokens(self, length: int) -> list[Mark]:
        while (raw := self.here).kind != "end":
            if len(self.found) > MOST:
                raise RefusedError(f"more than {MOST:,} symbols in one piece", raw.at, raw.end, "part it")
            self.step(raw)
        self.add("end", "", length, length)
        return self.found

    def step(self, raw: Raw) -> None:
        """One piece, and what belongs to it."""
        kind = raw.kind
        if kind == "sign":
            self.sign(raw)
        elif kind == "letters":
            self.letters(raw)
        elif kind == "number":
            self.i += 1
            value = _value(raw)
            self.add("number", _digits(raw), raw.at, raw.end, value)
        elif kind == "relation":
            self.i += 1
            if raw.end - raw.at == len(r"\xlongequal") and self.here.text == "{":
                self.i = self.group_end(self.i) + 1  # what stands over it
            self.add("relation", raw.text, raw.at, raw.end)
        elif kind == "named":
            self.symbol(raw)
        elif kind == "accent" or kind == "font":
            self.dressed(raw)
        elif kind == "word":
            self.word(raw)
        elif kind == "environment":
            self.environment(raw)
        elif kind == "space":
            self.i += 1
        else:
            self.i += 1
            self.add(kind, raw.text, raw.at, raw.end)

    def sign(self, raw: Raw) -> None:
        text = raw.text
        if text in (r"\underbrace", r"\overbrace"):
            self.i += 1
            if self.here.text == "{":
                self.skipped.append(self.raw[self.group_end(self.i)])
                if len(self.skipped) > DEEP:
                    raise RefusedError(f"braces nested more than {DEEP} deep", raw.at, raw.end, "name a part of it")
            return
        if text in (r"\overset", r"\underset", r"\stackrel"):
            self.annotated(raw)
            return
        if text == "^":
            if self.transposed():
                return
            following = self.texts(1, 2)
            if following[0] in ("'", "*") or (following[0] == "{" and following[1] == "'"):
                problem = "a prime or a star stands on what has no name"
                raise RefusedError(problem, raw.at, raw.end, "write the derivative out")
        self.i += 1
        self.add("sign", text, raw.at, raw.end)
        if self.skipped and self.skipped[-1] is raw:
            self.skipped.pop()
            if self.here.text in ("_", "^"):
                self.i += 1
                self.i = self.group_end(self.i) + 1 if self.here.text == "{" else min(self.i + 1, len(self.raw) - 1)

    def annotated(self, raw: Raw) -> None:
        """What stands over or under a sign says why it holds; the sign counts."""
        self.i += 1
        self.i = (self.group_end(self.i) if self.here.text == "{" else min(self.i, len(self.raw) - 2)) + 1
        if self.here.text == "{":
            for brace in (self.raw[self.group_end(self.i)], self.here):
                brace.kind = "space"
        elif self.here.kind == "end":
            raise RefusedError(f"{raw.text} needs a sign", raw.at, raw.end, r"write \overset{1}{=}")

    def group_end(self, start: int) -> int:
        """Where the group that is opened here is closed, among the pieces."""
        depth = 0
        for i in range(start, len(self.raw)):
            depth += {"{": 1, "}": -1}.get(self.raw[i].text, 0) if self.raw[i].kind == "sign" else 0
            if depth == 0:
                return i
        raise RefusedError("the '{' here is never closed", self.raw[start].at, self.raw[start].end, "close it with }")

    def transposed(self) -> bool:
        """Whether ^T, ^\\top, ^{\\mathsf T} stands here; then it is one sign."""
        start = self.here
        i = self.i + 1
        braced = self.raw[i].text == "{"
        i += braced
        if self.raw[i].kind == "font" and i + 1 < len(self.raw):
            i += 1
            if braced and self.raw[i].text == "{" and i + 2 < len(self.raw) and self.raw[i + 2].text == "}":
                del self.raw[i + 2], self.raw[i]
        raw = self.raw[i]
        if not (raw.text in ("T", r"\top") or (raw.kind == "word" and raw.inside == "T")):
            return False
        if braced and self.raw[i + 1].text != "}":
            return False
        if raw.text == "T" and "T" in self.symbols.spread:
            return False
        self.i = i + 1 + braced
        self.add("sign", r"\top", start.at, self.raw[self.i - 1].end)
        return True

    # --- letters, words and what dresses them ---------------------------------------------------------------------

    def letters(self, raw: Raw) -> None:
        """A run of letters: declared words, the longest first, else one letter after the other."""
        if raw.text == "e" and self.symbols.has_euler and self.texts(1, 1)[0] == "^":
            self.i += 1
            self.add("sign", "e", raw.at, raw.end)
            return
        if self.plain and raw.text.lower() in conditions.WORDS and not self.split(raw.text):
            self.i += 1
            self.add("text", raw.text, raw.at, raw.end)
            return
        length = self.longest(raw.text)
        if length < len(raw.text):
            rest = Raw("letters", raw.text[length:], raw.at + length, raw.end)
            self.raw[self.i : self.i + 1] = [Raw("letters", raw.text[:length], raw.at, raw.at + length), rest]
            raw = self.here
        if raw.text == "d" and "d" not in self.symbols.spread and self.differential(raw):
            self.i += 1
            self.add("sign", "d", raw.at, raw.end)
        elif raw.text == "e" and self.symbols.has_euler and self.texts(1, 1)[0] == "^":
            self.i += 1
            self.add("sign", "e", raw.at, raw.end)
        else:
            self.symbol(raw)

    def longest(self, run: str) -> int:
        """How many letters of a run are its first symbol."""
        for length in range(min(len(run), self.symbols.widest), 1, -1):
            if run[:length] in self.symbols.words and (length == len(run) or run[:length] not in ("id",)):
                return length
        if self.plain and len(run) > 1 and run[0] != "d" and not self.split(run):
            return len(run)  # told as a whole: sigmod, not s
        if self.plain and run in GREEK:
            return len(run)
        return 1

    def split(self, run: str) -> bool:
        return all(letter in self.symbols.spread for letter in run)

    def differential(self, raw: Raw) -> bool:
        """Whether something stands right after a d that it can be of."""
        following = self.raw[self.i + 1]
        following_kinds = ("letters", "named", "accent", "font", "word")
        return following.kind in following_kinds or following.text in ("{", "}", "^", "(", "/")

    def word(self, raw: Raw) -> None:
        """Upright words: a declared name, a function, a d of Leibniz, or prose."""
        inside = raw.inside
        if re.search(r"\{\s|\s\}\Z", raw.text) and inside and self.texts(1, 1)[0] not in ("_", "^", "(", "'"):
            self.i += 1
            self.add("text", inside, raw.at, raw.end)  # a blank inside: \text{loss } L
        elif self.is_euler(inside, self.texts(1, 1)[0]):
            self.i += 1
            self.add("sign", "e", raw.at, raw.end)
        elif self.is_declared(inside) or (inside.isalpha() and len(inside) == 1 and inside != "d"):
            self.symbol(Raw("named", inside, raw.at, raw.end))
        elif inside == "d" and "d" not in self.symbols.spread:
            self.i += 1
            self.add("sign", "d", raw.at, raw.end)
        elif self.is_operator(raw):
            self.symbol(Raw("named", inside, raw.at, raw.end))
        elif re.fullmatch(r"[0-9]+(\.[0-9]+)?", inside):
            self.i += 1
            self.add("number", inside, raw.at, raw.end, _value(Raw("number", inside, raw.at, raw.end)))
        elif inside.replace("\\", "") in (",", ".", ";", ""):
            self.i += 1
            if inside:
                self.add("sign", inside[-1], raw.at, raw.end)
        elif self.texts(1, 1)[0] in ("_", "^", "(") and inside.isalpha():
            self.symbol(Raw("named", inside, raw.at, raw.end))  # a name that is not declared
        else:
            self.i += 1
            self.add("text", inside, raw.at, raw.end)

    def is_euler(self, word: str, following: str) -> bool:
        return word == "e" and self.symbols.has_euler and following == "^"

    def is_declared(self, word: str) -> bool:
        """Whether something is called so; the softmax only where it is applied, elsewhere the word is a remark."""
        return word in self.symbols.spread and (word != SOFTMAX or self.texts(1, 1)[0] in ("(", "["))

    def is_operator(self, raw: Raw) -> bool:
        """Whether an upright word is no prose, though nothing is called so."""
        if not raw.inside.isalpha() or raw.inside.lower() in conditions.WORDS | {"and", "or", "so", "then", "hence"}:
            return False
        return raw.text.startswith((r"\operatorname", r"\mathrm")) and len(raw.inside) > 1

    def dressed(self, raw: Raw) -> None:
        """An accent or a font: it dresses one symbol, else a font changes nothing."""
        start, count = self.i, len(self.found)
        self.i += 1
        letters = self.here
        if raw.text in (r"\mathrm", r"\text") and letters.kind == "letters":  # \mathrm dL, \mathrm e^z
            alone = len(letters.text) == 1 and self.is_euler(letters.text, self.texts(1, 1)[0])
            if alone or (letters.text[0] == "d" and "d" not in self.symbols.spread):
                self.add("sign", letters.text[0], raw.at, letters.at + 1)
                rest = Raw("letters", letters.text[1:], letters.at + 1, letters.end)
                self.raw[self.i : self.i + 1] = [rest] if rest.text else []
                return
        if raw.text == r"\boxed" and self.here.text == "{":
            for brace in (self.raw[self.group_end(self.i)], self.here):
                brace.kind = "space"
            return
        if raw.kind == "font" and self.indicated(raw):
            return
        base = self.base(raw)
        if base is None:
            self.i = start + 1
            del self.found[count:]
            if raw.kind == "accent":
                raise RefusedError(f"{raw.text} must stand on one letter", raw.at, raw.end, r"write \hat{y}_1")
            return
        self.joined(base, raw.at, count)

    def indicated(self, raw: Raw) -> bool:
        """𝟙: a bold or blackboard 1 (or 𝕀) before what it indicates."""
        braced = self.here.text == "{"
        one = self.raw[self.i + braced]
        letter = one.text == "I" and "I" not in self.symbols.spread and "mathb" in raw.text
        if (one.text != "1" and not letter) or (braced and self.texts(2, 1)[0] != "}"):
            return False
        self.i += 3 if braced else 1
        self.add("indicator", "1", raw.at, self.raw[self.i - 1].end)
        return True

    def base(self, raw: Raw, depth: int = 0) -> Written | None:
        """The symbol under an accent or in a font, with the scripts that stand inside; None if there is no such."""
        if depth > 4:
            return None
        accent = raw.inside if raw.kind == "accent" else ""
        braced = self.here.text == "{" and self.here.kind == "sign"
        self.i += braced
        inner = self.here
        if inner.kind in ("font", "accent"):
            self.i += 1
            found = self.base(inner, depth + 1)
            if found is None:
                return None
        elif inner.kind == "word" and inner.inside in self.symbols.spread:
            self.i += 1
            found = Written(inner.inside)
        elif inner.kind == "named":
            self.i += 1
            found = Written(inner.text)
        elif inner.kind == "letters":
            length = self.longest(inner.text) if braced else 1
            if length < len(inner.text):
                rest = Raw("letters", inner.text[length:], inner.at + length, inner.end)
                first = Raw("letters", inner.text[:length], inner.at, inner.at + length)
                self.raw[self.i : self.i + 1] = [first, rest]
            self.i += 1
            found = Written(self.raw[self.i - 1].text)
        else:
            return None
        if accent:
            found = Written(found.base + accent, found.subscript, found.superscript, found.primes)
        if braced:
            found = self.scripts(found)
            if self.here.text != "}":
                return None
            self.i += 1
        return found

    def symbol(self, raw: Raw) -> None:
        self.i += 1
        self.joined(Written(raw.text), raw.at, len(self.found))

    def joined(self, base: Written, at: int, count: int) -> None:
        """The token of a symbol with its scripts; a transpose among them is a sign of its own, after ``count``."""
        written = self.scripts(base)
        later = self.found[count:]
        del self.found[count:]
        end = later[0].at if later else self.raw[self.i - 1].end
        self.add("symbol", written.plain, at, end, written)
        self.found += later

    # --- scripts ---------------------------------------------------------------------------------------------------

    def scripts(self, written: Written) -> Written:
        """The symbol with the scripts that follow it; a superscript that is a power is left where it stands."""
        if self.plain and written.base not in self.symbols.words:
            written = self.digits(written)
        while True:
            mark = self.here.text if self.here.kind == "sign" else ""
            if mark == "'":
                self.i += 1
                written = written.primed(1)
            elif mark == "_" and not written.subscript:
                written = self.below(written)
            elif mark == "^":
                changed = self.above(written)
                if changed is None:
                    return written
                written = changed
            else:
                return written

    def digits(self, written: Written) -> Written:
        """Plain maths may write w1 for w_1 where that is declared."""
        following, before = self.here, self.raw[self.i - 1]
        if (
            following.kind == "number" and following.at == before.end and following.text.isdigit()
            and not written.subscript and self.symbols.takes(written.base, following.text)
        ):  # fmt: skip
            self.i += 1
            return Written(written.base, (following.text,), (), 0)
        return written

    def below(self, written: Written) -> Written:
        start = self.here
        self.i += 1
        raw = self.here
        if raw.text == "{":
            end = self.group_end(self.i)
            pieces = self.pieces(self.i + 1, end)
            self.i = end + 1
        elif raw.kind == "end":
            raise RefusedError("something is missing here", start.at, start.end, "write the subscript")
        else:
            pieces = self.run(written) if self.plain else self.single(written)
        if not pieces:
            raise RefusedError("a subscript is missing here", start.at, start.end, "write it, or leave the _ out")
        return Written(written.base, pieces, written.superscript, written.primes)

    def run(self, written: Written) -> tuple[str, ...]:
        """Letters and digits after _ in plain maths: the longest that is declared, else all that stand together."""
        pieces: list[str] = []
        start, end = self.i, self.here.at
        while self.here.kind in ("number", "letters", "named") and self.here.at == end and "." not in self.here.text:
            pieces += [self.here.text] if self.here.kind != "letters" else self.words(self.here.text)
            end = self.here.end
            self.i += 1
        if self.symbols.takes(written.base, "".join(pieces)) or len(pieces) < 2:
            return tuple(pieces)
        if pieces[0].isdigit() and self.symbols.takes(written.base, pieces[0]):  # x_1w_1
            self.i = start + 1
            return (pieces[0],)
        return tuple(pieces)

    def words(self, text: str) -> list[str]:
        """A subscript's letters: an index each, or a word that some quantity has."""
        return [text] if self.symbols.is_word(text) else list(text)

    def single(self, written: Written) -> tuple[str, ...]:
        """One character after _, as TeX takes it; more digits where only they are declared: W_11."""
        raw = self.here
        if raw.kind == "number" and len(raw.text) > 1 and raw.text.isdigit():
            if self.symbols.takes(written.base, raw.text[0]) or not self.symbols.takes(written.base, raw.text):
                self.raw[self.i : self.i + 1] = [
                    Raw("number", raw.text[0], raw.at, raw.at + 1), Raw("number", raw.text[1:], raw.at + 1, raw.end)
                ]  # fmt: skip
        elif raw.kind == "letters" and len(raw.text) > 1:
            length = len(raw.text) if self.symbols.takes(written.base, raw.text) else 1
            if length == 1:
                self.raw[self.i : self.i + 1] = [
                    Raw("letters", raw.text[0], raw.at, raw.at + 1),
                    Raw("letters", raw.text[1:], raw.at + 1, raw.end),
                ]
        elif raw.kind not in ("number", "letters", "named", "word"):
            raise RefusedError("a subscript is missing here", raw.at, raw.end, "write it in braces: w_{1}")
        self.i += 1
        raw = self.raw[self.i - 1]
        return (raw.inside if raw.kind == "word" else raw.text,)

    def pieces(self, start: int, end: int) -> tuple[str, ...]:
        """What stands in a script, piece by piece: digits together, letters each for itself, words whole."""
        found: list[str] = []
        for raw in self.raw[start:end]:
            if raw.kind == "letters":
                found += self.words(raw.text)
            elif raw.kind == "word":
                found.append(raw.inside)
            elif raw.kind in ("number", "named", "relation") or (raw.kind == "sign" and raw.text not in ("{", "}")):
                found.append(raw.text)
        return tuple(found)

    def above(self, written: Written) -> Written | None:
        """The symbol with its superscript if that is a label, a star or primes; None if it is a power."""
        following = self.raw[self.i + 1]
        if following.kind == "end":
            return None
        if following.text == "{" and following.kind == "sign":
            near = range(self.i + 2, min(self.i + 12, len(self.raw)))
            end = next((i for i in near if self.raw[i].text == "}"), 0)
            if not end or any(raw.text in ("{", "^") for raw in self.raw[self.i + 2 : end]):
                end = self.font_end(self.i + 2)  # W^{(2)\\mathsf{T}}
            if not end:
                return None
            pieces, after = self.pieces(self.i + 2, end), end + 1
        elif following.text in ("(", "["):
            near = range(self.i + 2, min(self.i + 6, len(self.raw)))
            end = next((i for i in near if self.raw[i].text in (")", "]")), 0)
            if not end:
                return None
            pieces, after = self.pieces(self.i + 1, end + 1), end + 1
            if self.symbols.key((written.base, "".join(written.subscript), "".join(pieces))) is None:
                label = pieces[0] == "[" and self.plain
                label |= len(pieces) == 3 and pieces[1].isdigit()  # no power: w^(2) is a label where any is declared
                return self.put(written, pieces, after) if label else None
            return self.put(written, pieces, after)
        elif following.kind in ("number", "letters") and not self.plain:
            pieces, after = (following.text[0],), self.i + 2
            if len(following.text) > 1 and "." not in following.text:
                kind, at = following.kind, following.at
                if not self.symbols.is_label(written.base, written.subscript, following.text[0]):
                    return None
                self.raw[self.i + 1 : self.i + 2] = [
                    Raw(kind, following.text[0], at, at + 1), Raw(kind, following.text[1:], at + 1, following.end)
                ]  # fmt: skip
        else:
            pieces, after = (following.text,), self.i + 2
        return self.labelled(written, pieces, after)

    def font_end(self, start: int) -> int:
        """Where a superscript ends that has one group inside, as of ^{(2)\\mathsf{T}}; 0 if it is no such."""
        window = [raw.text for raw in self.raw[start : start + 12]]
        if "{" not in window:
            return 0
        inner = window.index("{")
        near = window[inner : inner + 4]
        if self.raw[start + inner - 1].kind != "font" or near[2:] != ["}", "}"] or "^" in window[:inner]:
            return 0
        return start + inner + 3

    def labelled(self, written: Written, pieces: tuple[str, ...], after: int) -> Written | None:
        if not pieces:
            return None
        if all(piece == "'" for piece in pieces):
            self.i = after
            return written.primed(len(pieces))
        turned = pieces[-1] in ("T", r"\top") and pieces != ("*",) and "T" not in self.symbols.spread
        if turned:
            at, end = self.here.at, self.raw[after - 1].end
            pieces = pieces[:-1]
            if pieces and not self.may_be_label(written, pieces):
                return None
            self.add("sign", r"\top", at, end)
            if not pieces:
                self.i = after
                return written
        elif not self.may_be_label(written, pieces):
            return None
        return self.put(written, pieces, after)

    def may_be_label(self, written: Written, pieces: tuple[str, ...]) -> bool:
        """Whether a superscript belongs to the name: in brackets, or declared so."""
        inner = pieces[1:-1]
        if pieces == ("*",):
            return True
        if pieces[0] in ("(", "[") and pieces[-1] in (")", "]") and all(p.isalnum() or p in "+-" for p in inner):
            return len(inner) == 1 or any(piece in "+-" for piece in inner[1:]) or written.base in self.symbols.spread
        return self.symbols.is_label(written.base, written.subscript, "".join(pieces))

    def put(self, written: Written, pieces: tuple[str, ...], after: int) -> Written:
        if written.superscript:
            raw = self.here
            raise RefusedError("a second superscript", raw.at, raw.end, "write a power in brackets: (a^{(2)})^2")
        self.i = after
        return Written(written.base, written.subscript, pieces, written.primes)

    # --- environments ----------------------------------------------------------------------------------------------

    def environment(self, raw: Raw) -> None:
        """Rows of equations are parted by themselves; matrices and cases keep their begin and end."""
        self.i += 1
        name = raw.inside
        if name in _MATRICES or name in ("cases", "dcases", "rcases"):
            kind = "matrix" if name in _MATRICES else "cases"
            self.add("sign", rf"\{raw.text}{{{kind}}}", raw.at, raw.end)
        elif name not in _ROWS:
            raise RefusedError(
                f"the environment {escaped(name, 20)} is not read", raw.at, raw.end, "write rows of equations"
            )


def _digits(raw: Raw) -> str:
    """A number's digits without a power of ten: 0.622 of 6.22e-1, which is as exact."""
    return raw.text if not raw.inside else format(Decimal(raw.text), "f")


def _value(raw: Raw) -> Fraction:
    """A number's exact value."""
    digits = raw.text.removesuffix(raw.inside)
    if len(digits) > DIGITS:
        raise RefusedError(f"a number of {len(digits)} digits is too long", raw.at, raw.end, f"at most {DIGITS} digits")
    if not raw.inside:
        return Fraction(digits)
    if len(raw.inside) > 5 or abs(int(raw.inside[1:])) > _MAGNITUDE:
        raise RefusedError("a number of that size is not read", raw.at, raw.end, f"at most {_MAGNITUDE} digits")
    return Fraction(digits) * Fraction(10) ** int(raw.inside[1:])
