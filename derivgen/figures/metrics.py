r"""A label's LaTeX in, its width, height and depth on paper out: never smaller than what TeX sets.

The tables are what pdflatex measures of Latin Modern at 10 pt (in thousandths of an em, italic correction included);
the boxes are put together by the rules of The TeXbook's appendix G, rounded up where it is simpler to. A test sets a
few hundred labels and compares. What labels do not hold is refused.

>>> measured(r"W_{11}^{(2)}", 9)
Extent(width=20.56, height=9.32, depth=2.54)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from derivgen.errors import DerivgenError

LABEL, NODE = 9, 10  # sizes of the texts beside and inside nodes, in pt
HALO = 1.0  # of white around a label, in pt
_SCRIPTS = {10: (10, 7, 5), 9: (9, 6, 5)}  # LaTeX's own sizes of indices
# Small fonts are wider for their size: width at that size = slope × width at 10 pt + more.
_WIDER = {10: (1.0, 0.0), 9: (0.927, 0.0), 7: (0.745, 0.36), 6: (0.667, 0.48), 5: (0.58, 0.75)}
_HIGHER, _DEEPER = 1.04, 1.02

# height, depth: then each sign with its width
_MATHS = r"""
    431 0:  a 529  c 433  e 466  m 879  n 601  o 485  r 479  s 469  u 573  v 521  w 743  x 572  z 510  \alpha 644
    431 0:  \epsilon 406  \iota 354  \kappa 577  \nu 558  \pi 606  \sigma 608  \tau 551  \upsilon 577  \omega 659
    695 0:  b 430  d 521  h 577  k 553  l 319  \delta 483  \theta 498  \lambda 584  \ell 417  \partial 587
    695 195:  f 598  \beta 619  \zeta 512  \xi 484  \phi 596  \psi 688
    431 195:  g 513  p 504  q 483  y 527  \gamma 574  \eta 533  \mu 603  \rho 518  \chi 626
    660 0:  i 345
    660 195:  j 470
    616 0:  t 362
    684 0:  A 751  B 809  C 787  D 856  E 796  F 782  G 787  H 913  I 519  J 651  K 921  L 681  M 1080  N 913  O 791
    684 0:  P 781  R 768  S 671  T 724  U 792  V 806  W 1084  X 907  Y 803  Z 755
    684 195:  Q 791
    689 0:  \Gamma 625  \Theta 778  \Xi 667  \Pi 750  \Sigma 723  \Upsilon 778  \Phi 723  \Psi 778  \Omega 723
    716 0:  \Delta 834  \Lambda 695
    583 83:  + 778
    584 84:  - 778  \times 778  \div 778  \pm 778  \odot 778
    381 0:  = 778
    540 40:  < 778  > 778
    750 250:  / 501  ( 389  ) 389  [ 283  ] 278  | 278  \lbrace 501  \rbrace 501  \vert 278  \Vert 501  \mid 278
    750 250:  \lfloor 445  \rfloor 445
    106 195:  , 278
    106 0:  . 278  \ldots 1167
    431 0:  : 278  \infty 1001
    431 195:  ; 278
    689 0:  ! 278
    466 0:  * 501  \ast 501
    445 0:  \cdot 278  \circ 501  \cdots 1334
    695 0:  \top 778
    556 0:  \prime 275
    484 0:  \approx 778
    636 136:  \le 778  \ge 778
    695 195:  \ne 778
    684 0:  \nabla 834
    367 0:  \to 1001
"""
_UPRIGHT = r"""
    630 0:  0 500  1 500  2 500  3 500  4 500  5 500  6 500  7 500  8 500  9 500  i 278  t 389
    431 0:  a 511  c 445  e 445  m 841  n 563  o 500  r 392  s 395  u 563  v 536  w 731  x 544  z 445
    689 0:  b 556  d 556  f 385  h 563  k 539  l 283  A 750  B 709  C 723  D 764  E 681  F 653  G 785  H 750  I 362
    689 0:  J 514  K 778  L 625  M 917  N 750  O 778  P 681  R 760  S 556  T 723  U 750  V 758  W 1037  X 754  Y 766
    689 0:  Z 612
    431 195:  g 513  p 556  q 555  y 536
    630 195:  j 306
    689 195:  Q 778
"""
_BOLD = r"""
    653 0:  0 575  1 575
    433 0:  u 643  x 613
"""

_WORDS = {"ln", "log", "exp", "tanh", "max", "min", "sin", "cos", "tan", "lim", "sinh", "cosh"}
_SPACES = {r"\,": 3, r"\thinspace": 3, r"\:": 4, r"\>": 4, r"\;": 5, r"\quad": 18, r"\ ": 6, "~": 6, r"\!": 0}
_BINARY = {"+", "-", "*", r"\ast", r"\cdot", r"\times", r"\div", r"\pm", r"\circ", r"\odot"}
_RELATIONS = {"=", "<", ">", ":", r"\approx", r"\le", r"\ge", r"\leq", r"\geq", r"\ne", r"\neq", r"\to", r"\mid"}
_SAME = {r"\lbrack": "[", r"\rbrack": "]", r"\{": r"\lbrace", r"\}": r"\rbrace", r"\leq": r"\le", r"\geq": r"\ge",
         r"\neq": r"\ne", r"\|": r"\Vert",
         r"\lvert": r"\vert", r"\rvert": r"\vert", r"\varepsilon": r"\epsilon", r"\colon": ":"}  # fmt: skip
_ACCENTS = {r"\hat", r"\bar", r"\tilde", r"\dot"}
_FONTS = {r"\mathrm": "upright", r"\text": "upright", r"\mathbf": "bold", r"\mathit": "maths"}
_BIG = {r"\left", r"\right", r"\bigl", r"\bigr", r"\big"}
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)


class MetricsError(DerivgenError):
    """A label holds something that no width is known of."""


@dataclass(frozen=True)
class Extent:
    """In pt; the depth is what reaches below the baseline."""

    width: float
    height: float
    depth: float

    def beside(self, other: Extent, space: float = 0.0) -> Extent:
        return Extent(self.width + space + other.width, max(self.height, other.height), max(self.depth, other.depth))


def _table(text: str) -> dict[str, tuple[float, float, float]]:
    found = {}
    for line in text.strip().splitlines():
        sizes, signs = line.split(":  ", 1)
        height, depth = map(int, sizes.split())
        words = signs.split()
        for sign, width in zip(words[::2], words[1::2], strict=True):
            found[sign] = (int(width) / 100, height / 100, depth / 100)
    return found


_TABLES = {"maths": _table(_MATHS), "upright": _table(_UPRIGHT), "bold": _table(_BOLD)}
_TABLES["maths"] |= {sign: _TABLES["upright"][sign] for sign in "0123456789"}
_NOTHING = Extent(0.0, 0.0, 0.0)


@lru_cache(maxsize=8192)
def measured(latex: str, size: int = LABEL) -> Extent:
    """The size of a formula in text style, rounded up to 0.01 pt. Raises ``MetricsError`` for what it does not know."""
    reader = _Reader([token for token in _TOKEN.findall(latex) if not token.isspace()], latex)
    extent = reader.row(_SCRIPTS[size], 0, "maths", stop="")
    return Extent(*(-(-round(value * 100, 6) // 1) / 100 for value in (extent.width, extent.height, extent.depth)))


def baseline(latex: str, size: int = LABEL) -> float:
    """How far below its middle a text has its baseline; the same for all numbers, so that a row of them is level."""
    extent = measured(latex, size)
    return (extent.height - (0 if _DECIMAL.fullmatch(latex) else extent.depth)) / 2


def label_room(latex: str) -> tuple[float, float]:
    """The width and height of a label with its halo, around its middle."""
    extent, low = measured(latex, LABEL), baseline(latex, LABEL)
    return extent.width + 2 * HALO, 2 * (max(extent.height - low, low + extent.depth) + HALO)


@dataclass
class _Reader:
    """Sets a row of atoms: the box of each, and the spaces between them."""

    tokens: list[str]
    latex: str
    at: int = 0

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next()
        self.at += 1
        return token

    def row(self, sizes: tuple[int, int, int], level: int, font: str, stop: str) -> Extent:
        size, extent, last = sizes[level], _NOTHING, ""
        while (token := self.next()) != stop:
            if not token:
                raise MetricsError(f"no end of {stop} in the label {self.latex!r}")
            kind, atom = self.atom(sizes, level, font)
            # A sign at the start, or after another, is no operation: a minus of its number.
            if kind == "binary" and last in ("", "binary", "relation", "open"):
                kind = "sign"
            mu = 0
            if level == 0 and last:
                if "relation" in (kind, last):
                    mu = 5
                elif "binary" in (kind, last):
                    mu = 4
                elif last == "comma" or "word" in (kind, last) or "inner" in (kind, last):
                    mu = 3
            elif "word" in (kind, last) and last:
                mu = 3
            extent = extent.beside(atom, mu * self.quad(size) / 18)
            last = kind
        self.at += 1
        return extent

    def atom(self, sizes: tuple[int, int, int], level: int, font: str) -> tuple[str, Extent]:
        """One nucleus with its sub- and superscript, and what kind of thing it is for the spaces around it."""
        kind, body = self.nucleus(sizes, level, font)
        scripts: dict[str, Extent] = {}
        while self.next() in ("_", "^", "'"):
            token, inner = self.take(), min(level + 1, 2)
            if token == "'":
                prime = self.sign(r"\prime", sizes[inner], "maths")
                scripts["^"] = prime.beside(scripts.get("^", _NOTHING))
                continue
            script = self.argument(sizes, inner, font="maths")
            scripts[token] = scripts[token].beside(script) if token in scripts else script
        if not scripts:
            return kind, body
        return "" if kind == "binary" else kind, self.scripted(body, scripts, sizes[level], sizes[min(level + 1, 2)])

    def scripted(self, body: Extent, scripts: dict[str, Extent], size: int, small: int) -> Extent:
        em = self.quad(size)
        below, above = scripts.get("_", _NOTHING), scripts.get("^", _NOTHING)
        height, depth = body.height, body.depth
        up = max(body.height - 0.38 * small, 0.45 * size, above.depth + 0.11 * size) if "^" in scripts else 0.0
        down = max(body.depth + 0.1 * small, (0.25 if "^" in scripts else 0.15) * size, below.height - 0.34 * size)
        if "^" in scripts and "_" in scripts:
            down += max(0.0, 0.17 * size - (up - above.depth - (below.height - down)))
            # A superscript above a subscript does not come below 4/5 of an x's height: both move up.
            raised = max(0.0, 0.345 * size - (up - above.depth))
            up, down = up + raised, down - raised + 0.02 * size
        if "^" in scripts:
            height = max(height, up + above.height)
        if "_" in scripts:
            depth = max(depth, down + below.depth)
        return Extent(body.width + max(below.width, above.width) + 0.5 + 0.005 * em, height, depth)

    def nucleus(self, sizes: tuple[int, int, int], level: int, font: str) -> tuple[str, Extent]:
        size, token = sizes[level], self.take()
        if token == "{":
            return "group", self.row(sizes, level, font, stop="}")
        if token in _SPACES:
            return "space", Extent(_SPACES[token] * self.quad(size) / 18, 0.0, 0.0)
        if token in _FONTS:
            return "letter", self.argument(sizes, level, _FONTS[token])
        if token[1:] in _WORDS:
            word = _NOTHING
            for letter in token[1:]:
                word = word.beside(self.sign(letter, size, "upright"))
            return "word", word
        if token in _ACCENTS:
            body = self.argument(sizes, level, font)
            return "letter", Extent(max(body.width, 0.56 * size), body.height + 0.28 * size, body.depth)
        if token in (r"\frac", r"\tfrac"):
            return "inner", self.fraction(sizes, level)
        if token == r"\sqrt":
            body = self.argument(sizes, level, font)
            return "letter", Extent(body.width + 1.02 * size, body.height + 0.5 * size, body.depth + 0.45 * size)
        if token in _BIG:
            token = self.take()
            delimiter = _NOTHING if token == "." else self.sign(token, size, "maths")
            return "inner", Extent(1.55 * delimiter.width, 1.15 * size, 0.65 * size)
        kind = (
            "binary" if token in _BINARY
            else "relation" if token in _RELATIONS
            else "comma" if token in (",", ";")
            else "open" if token in ("(", "[", r"\lbrack", r"\lbrace", r"\lfloor")
            else "letter"
        )  # fmt: skip
        return kind, self.sign(token, size, font)

    def argument(self, sizes: tuple[int, int, int], level: int, font: str) -> Extent:
        return self.nucleus(sizes, level, font)[1]

    def fraction(self, sizes: tuple[int, int, int], level: int) -> Extent:
        inner = min(level + 1, 2)
        size, top, bottom = sizes[level], self.argument(sizes, inner, "maths"), self.argument(sizes, inner, "maths")
        up = max(0.41 * size, 0.25 * size + 0.09 * size + top.depth)
        down = max(0.35 * size, bottom.height - 0.25 * size + 0.09 * size)
        return Extent(max(top.width, bottom.width) + 2.4, up + top.height, down + bottom.depth)

    def sign(self, token: str, size: int, font: str) -> Extent:
        table = _TABLES[font]
        token = _SAME.get(token, token)
        found = table.get(token) or (_TABLES["maths"].get(token) if font != "bold" or not token.isalnum() else None)
        if found is None:
            raise MetricsError(f"no width is known of {token!r} in the label {self.latex!r}")
        slope, more = _WIDER[size]
        width, height, depth = found
        # A sign such as + hangs equally deep in every size.
        deep = max(0.9, _DEEPER * depth) if 0 < depth < 1.5 else _DEEPER * depth * size / 10
        return Extent(slope * width + more, _HIGHER * height * size / 10, deep)

    def quad(self, size: int) -> float:
        """What the spaces of that size are eighteenths of."""
        return size * (1.03 if size > 8 else 1.2)
