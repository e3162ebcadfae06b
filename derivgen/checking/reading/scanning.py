"""Other people's mathematics in, pieces out: signs, words, numbers and letters of LaTeX, plain maths and Unicode.

Spaces, comments and what only arranges a formula are left out. ``foreign.py`` joins the pieces to symbols.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from derivgen.errors import DerivgenError
from derivgen.notation import GREEK

LENGTH = 100_000  # characters of one fragment
MOST = 12_000  # signs and words in it
WORD = 200  # letters in one run


class RefusedError(DerivgenError):
    """What cannot be read: where in the fragment, why, and what to write instead."""

    def __init__(self, problem: str, start: int, end: int, suggestion: str = "") -> None:
        self.problem, self.start, self.end, self.suggestion = problem, start, max(end, start), suggestion
        super().__init__(f"{problem}; {suggestion}" if suggestion else problem)


_SPACES = (
    "thinspace medspace thickspace negthinspace displaystyle textstyle scriptstyle limits nolimits nonumber notag "
    "hline "
    "left "
    "right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm strut mathstrut "
    "centering allowbreak rm bf it mit boldmath ensuremath relax xspace noindent par toprule midrule bottomrule "
    "qed qedhere blacksquare checkmark"
).replace(" ", "|")
_WORDS = (
    "text|textrm|textbf|textit|textsf|texttt|mathrm|operatorname\\*?|mbox|hbox|mathit|mathtt|textnormal|intertext|"
    "shortintertext"
)
_FONTS = (
    "mathbf|boldsymbol|bm|vec|mathcal|mathsf|mathfrak|mathbb|mathbbm|mathds|bold|pmb|mathscr|symbf|mathbfit|underline"
)
_GROUP = r"\s*\{(?P<{0}>[^{{}}]*)\}}"
_BAR = r"(?:\||\\[lr]?vert(?![A-Za-z]))"
_NORM = (  # two bars, one right after the other: these open it, those close it
    re.compile(rf"\\left\s*{_BAR}\s*\\left\s*{_BAR}|\\lvert\s*\\lvert(?![A-Za-z])"),
    re.compile(rf"\\right\s*{_BAR}\s*\\right\s*{_BAR}|\\rvert\s*\\rvert(?![A-Za-z])"),
)
_ADDED = r"\\math(?:rel|bin)\s*\{\s*(?:[-+]\s*\}\s*=|[-+]\s*=\s*\}|\{\s*[-+]\s*\}\s*\{\s*=\s*\}\s*\})"

_SCAN = re.compile(
    r"(?P<letters>[A-Za-z]+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?P<tens>[eE][-+]?[0-9]+(?![A-Za-z0-9_]))?)"
    rf"|(?P<added>{_ADDED})"
    r"|(?P<sign>:=|\+=|-=|<-|<=|>=|~=|==>|=>|==|!=|->|\*\*|\|\||\{(?!\})|[-+*/^_()}\[\],;.=<>'|&])"
    r"|(?P<wide>\\(?:q?quad|hfill)(?![A-Za-z])|\\hspace\*?\s*\{\s*(?:[1-9][0-9.]*\s*(?:cm|em|in)|\\fill)\s*\})"
    r"|(?P<space>[^\S\n]+|~|\\[,;:!> ]|\\(?:label|tag\*?|vspace\*?|hspace\*?|phantom|eqref|ref|color)\s*\{[^{}]*\}"
    rf"|\\(?:left|right)\s*\.(?![0-9])|\\(?:{_SPACES})(?![A-Za-z])|\{{\}}|\\\n)"
    r"|(?P<line>\n)"
    r"|(?P<row>\\\\\*?(?:\s*\[[0-9.\s]*(?:pt|em|ex|cm|mm|in)\])?|\\(?:cr|newline|tabularnewline)(?![A-Za-z]))"
    r"|(?P<environment>\\(?P<which>begin|end)\s*\{(?P<name>[A-Za-z]+\*?)\}(?:\[[tbc]\])?"
    r"(?:\{(?:[0-9lcrLCR|\s]|[@!><]\s*\{[^{}]*(?:\{\}[^{}]*)*\}|@)*\})?)"
    rf"|(?P<word>\\(?:{_WORDS})(?![A-Za-z])\s*\{{(?P<inside>[^{{}}]*)\}})"
    rf"|(?P<font>\\(?:{_FONTS})(?![A-Za-z])|\\(?:boxed|textcolor\s*\{{[^{{}}]*\}}|mathop|mathrm|text)(?![A-Za-z]))"
    r"|(?P<accent>\\(?:wide)?(?P<mark>hat|tilde|bar)(?![A-Za-z])|\\(?P<over>overline)(?![A-Za-z]))"
    r"|(?P<brace>\\[{}|])"
    r"|(?P<command>\\[A-Za-z]+)"
    r"|(?P<above>[⁰¹²³⁴-⁹⁺⁻⁽⁾ⁿᵀ]+)"
    r"|(?P<below>[₀-₉₊₋₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼ]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)

_SIGNS: dict[str, str] = {
    r"\cdot": "*", r"\times": "*", r"\ast": "*", r"\star": "*", r"\div": "/", r"\lbrace": r"\{", r"\rbrace": r"\}",
    r"\lbrack": "[", r"\rbrack": "]", r"\prime": "'", r"\vert": "|", r"\dfrac": r"\frac", r"\tfrac": r"\frac",
    r"\cfrac": r"\frac", r"\nicefrac": r"\frac", r"\sfrac": r"\frac", r"\mid": "|", r"\intercal": r"\top", "**": "^",
    r"\leq": "<=", r"\le": "<=", r"\leqslant": "<=", r"\geq": ">=", r"\ge": ">=", r"\geqslant": ">=", r"\lt": "<",
    r"\gt": ">", r"\neq": "!=", r"\ne": "!=", r"\lVert": r"\|", r"\rVert": r"\|", r"\Vert": r"\|", "||": r"\|",
    r"\colon": ":",
}  # fmt: skip
_RELATED = {
    "=": "=", r"\approx": "≈", r"\simeq": "≈", r"\approxeq": "≈", r"\doteq": "≈", "~=": "≈", "<-": "<-", ":=": "<-",
    "==": "=", r"\triangleq": "=", r"\xlongequal": "=", r"\cong": "≈", r"\eqqcolon": "=",
    r"\leftarrow": "<-", r"\longleftarrow": "<-", r"\gets": "<-", r"\coloneqq": "<-", r"\equiv": "=", "+=": "+=",
    "-=": "-=",
}  # fmt: skip
_THEN = frozenset((
    "=>", "==>", r"\implies", r"\Rightarrow", r"\Longrightarrow", r"\therefore", r"\because", r"\iff",
    r"\Leftrightarrow", r"\Longleftrightarrow",
))  # fmt: skip
_ARROWS = frozenset((r"\to", r"\rightarrow", r"\longrightarrow", r"\mapsto", "->"))
_VARIANTS = {"varepsilon": "epsilon", "varphi": "phi", "vartheta": "theta", "varrho": "rho", "varsigma": "sigma"}
_OPERATORS = frozenset((
    r"\frac", r"\partial", r"\nabla", r"\sum", r"\prod", r"\odot", r"\top", r"\lvert", r"\rvert", r"\lfloor",
    r"\rfloor", r"\underbrace", r"\overbrace", r"\overset", r"\underset", r"\stackrel",
))  # fmt: skip
_UNICODE = {
    "∂": r"\partial", "𝜕": r"\partial", "∇": r"\nabla", "·": "*", "⋅": "*", "∙": "*", "×": "*", "∗": "*", "⋆": "*",
    "−": "-", "–": "-", "÷": "/", "∕": "/", "⁄": "/", "≤": "<=", "⩽": "<=", "≥": ">=", "⩾": ">=", "≠": "!=",
    "∑": r"\sum", "∏": r"\prod", "⊙": r"\odot", "⊤": r"\top", "′": "'", "’": "'", "ʹ": "'", "≈": r"\approx",
    "≃": r"\approx", "≅": r"\approx", "≐": r"\approx", "≜": "=", "≡": "=", "≝": "=",
    "←": r"\gets", "⟵": r"\gets", "≔": ":=", "⇒": "=>", "⟹": "=>", "∴": "=>", "→": r"\to",
    "⇔": "=>", "⊥": r"\perp", "∣": "|", "‖": r"\|", "ℓ": r"\ell", "ϵ": r"\epsilon", "ϕ": r"\phi", "⌊": r"\lfloor",
    "⌋": r"\rfloor", ":": ":",
}  # fmt: skip
_OTHERS = (  # they relate, but state no equality
    r"\propto", r"\sim", r"\to", r"\rightarrow", r"\longrightarrow", r"\mapsto", "!=", r"\ne", r"\neq", "->", "∝", "∼",
    "→", "↦", "≠",
)  # fmt: skip
_RELATION = re.compile("|".join(
    re.escape(sign) + (r"(?![A-Za-z])" if sign[-1].isalpha() else "") for sign in sorted(
        (*_RELATED, *_THEN, "=", *(sign for sign, meant in _UNICODE.items() if meant in _RELATED or meant in _THEN)),
        key=len, reverse=True,
    )
))  # fmt: skip
_OTHER = re.compile("|".join(re.escape(sign) + (r"(?![A-Za-z])" if sign[-1].isalpha() else "") for sign in _OTHERS))


def relates(text: str) -> bool:
    """Whether an equality, an update or a conclusion is written somewhere in a text.

    >>> relates(r"a \\triangleq b"), relates(r"a \\to b"), relates("a ≔ b")
    (True, False, True)
    """
    return _RELATION.search(text) is not None


def relates_otherwise(text: str) -> bool:
    """Whether a sign stands in a text that relates without stating an equality: ≠, ∝, →."""
    return _OTHER.search(text) is not None


_ACCENTS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0305": "bar"}


@dataclass(slots=True)
class Raw:
    """A piece of the text as found: kind, what it says, where, and for words what stands inside."""

    kind: str  # number letters word font accent sign relation row wide then environment end
    text: str
    at: int
    end: int
    inside: str = ""


_NAMED = re.compile(r"\\(?:[A-Za-z]{3,})")  # \operatorname{\sigma}
# b), 2. or (3) before an equation, and its number behind it
_NUMBERED = re.compile(r"\s*(?:(?:[a-z0-9]|[0-9]{2})[.)](?=\s)|\([0-9]{1,3}[a-z]?\)(?=\\[ ;:,]|~|\\q?quad))")
_NUMBER = re.compile(r"(?:(?<=[^0-9\s])|(?<=_[0-9]))(?:\\[ ;:]|~|[ \t]{2,})\s*\([0-9]{1,3}[a-z]?\)\s*\Z")


def scanned(text: str, plain: bool) -> list[Raw]:
    """The pieces of the text, spaces and what only arranges it left out."""
    found: list[Raw] = []
    position = 0
    if numbered := _NUMBERED.match(text):
        text = " " * numbered.end() + text[numbered.end() :]
    text = _NUMBER.sub(lambda match: " " * len(match[0]), text)
    if not plain and "%" in text:
        text = re.sub(r"(?<!\\)%[^\n]*", lambda match: " " * len(match[0]), text)  # comments
    if "\\" in text and len({len(bars.findall(text)) for bars in _NORM}) == 1:
        for bars in _NORM:
            text = bars.sub(lambda match: r"\|".ljust(len(match[0])), text)
    for match in _SCAN.finditer(text):
        kind, position, end = match.lastgroup or "", match.start(), match.end()
        written = match[0]
        # lastgroup is the last group that closed: inner groups of a kind name it too
        kind = _INNER.get(kind, kind)
        if len(found) > MOST or (kind in ("letters", "command") and end - position > WORD):
            problem = f"more than {MOST:,} symbols in one piece" if len(found) > MOST else "so long a word is not read"
            raise RefusedError(problem, position, end, "part it")
        if kind == "space":
            if r"\left" in written and "." in written:
                found.append(Raw("sign", r"\left.", position, end))
            continue
        if kind == "line":
            if plain:
                found.append(Raw("row", written, position, end))
            continue
        if kind == "sign":
            found.append(Raw(*_meaning(written), position, end))
        elif kind == "added":
            found.append(Raw("relation", "+=" if "+" in written else "-=", position, end))
        elif kind in ("letters", "row", "wide", "font"):
            found.append(Raw(kind, written, position, end))
        elif kind == "number":
            found.append(Raw(kind, written, position, end, match["tens"] or ""))
        elif kind == "word":
            inside = match["inside"].strip()
            named = _NAMED.fullmatch(inside)
            found.append(_sign(inside, position, end) if named else Raw(kind, written, position, end, inside))
            if "$" in written and relates(written):  # an equation among the words must not vanish with them
                found.append(Raw("unknown", match["inside"].strip(), position, end))
        elif kind == "accent":
            found.append(Raw(kind, written, position, end, match["mark"] or "bar"))
        elif kind == "environment":
            found.append(Raw(kind, match["which"], position, end, match["name"].rstrip("*")))
        elif kind in ("command", "brace"):
            found.append(_sign(written, position, end))
        elif kind in ("above", "below"):
            _script(found, "^" if kind == "above" else "_", written, position)
        else:
            _unicode(found, written, position)
    return found


_INNER = {"which": "environment", "name": "environment", "tens": "number", "inside": "word", "mark": "accent",
          "over": "accent"}  # fmt: skip


def _sign(written: str, at: int, end: int) -> Raw:
    """A sign or a command: a relation, the name of a Greek letter or a function, or an operator."""
    return Raw(*_meaning(written), at, end)


@lru_cache(maxsize=1024)
def _meaning(written: str) -> tuple[str, str]:
    """The kind of a sign or a command, and what it is called here."""
    if written in _RELATED:
        return "relation", _RELATED[written]
    if written in _ARROWS:
        return "arrow", written
    if written in _THEN:
        return "then", written
    sign = _SIGNS.get(written, written)
    if sign[0] == "\\" and len(sign) > 2 and sign not in _OPERATORS:
        return "named", _VARIANTS.get(sign[1:], sign[1:])
    return "sign", sign


def _script(found: list[Raw], mark: str, written: str, at: int) -> None:
    """Unicode's own raised or lowered characters as a script in braces."""
    found += [Raw("sign", mark, at, at), Raw("sign", "{", at, at)]
    for match in re.finditer("[0-9]+|.", unicodedata.normalize("NFKC", written).replace("−", "-")):
        kind = "number" if match[0][0].isdigit() else "letters" if match[0].isalpha() else "sign"
        found.append(Raw(kind, match[0], at + match.start(), at + match.end()))
    found.append(Raw("sign", "}", at + len(written), at + len(written)))


def _unicode(found: list[Raw], character: str, at: int) -> None:
    """Any other character: a sign, a Greek or an accented letter, a letter of another font."""
    end = at + 1
    if character in _UNICODE:
        found.append(_sign(_UNICODE[character], at, end))
        return
    if character in _ACCENTS and found and found[-1].kind == "letters" and len(found[-1].text) == 1:
        found.insert(-1, Raw("accent", character, found[-1].at, end, _ACCENTS[character]))
        return
    if character == "𝟙":
        found.append(Raw("font", r"\mathbb", at, end))
        found.append(Raw("number", "1", at, end))
        return
    plain = unicodedata.normalize("NFKD", character)
    if unicodedata.category(character) == "No" and (halves := re.fullmatch(r"([0-9])⁄([0-9]+)", plain)):  # ½
        found.append(Raw("sign", r"\frac", at, end))
        for half in halves.groups():
            found += [Raw("sign", "{", at, at), Raw("number", half, at, end), Raw("sign", "}", end, end)]
        return
    if len(plain) == 1 and plain.isascii() and plain.isalnum():
        found.append(Raw("number" if plain.isdigit() else "letters", plain, at, end))
        return
    if len(plain) == 2 and plain[0].isascii() and plain[0].isalpha() and plain[1] in _ACCENTS:
        found.append(Raw("accent", character, at, end, _ACCENTS[plain[1]]))
        found.append(Raw("letters", plain[0], at, end))
        return
    greek = _greek(plain)
    if greek:
        found.append(Raw("named", greek, at, end))
        return
    if character.isspace() or unicodedata.category(character) in ("Cf", "Zs"):
        return
    found.append(Raw("unknown", character, at, end))


def _greek(character: str) -> str:
    """The name of a Greek letter of any font, empty if it is none."""
    match = re.fullmatch(r"GREEK (CAPITAL|SMALL) LETTER ([A-Z]+)", unicodedata.name(character[:1], ""))
    if match is None or len(character) != 1:
        return ""
    name = match[2].lower().replace("lamda", "lambda").replace("final sigma", "sigma")
    name = name.capitalize() if match[1] == "CAPITAL" else name
    return name if name in GREEK else ""
