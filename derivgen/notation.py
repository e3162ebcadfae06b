"""How quantities are named: a plain name (``W_11^(2)``) in, its parts and its LaTeX out.

>>> latex_name("W_11^(2)"), latex_name("y^*"), latex_name("alpha"), latex_name("Loss"), latex_name("yhat")
('W_{11}^{(2)}', 'y^{*}', '\\\\alpha', '\\\\mathrm{Loss}', '\\\\hat{y}')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from derivgen.errors import DerivgenError, suggest

GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
        "ell",
    ]
)
ACCENTS = ("hat", "bar", "tilde")
INDICES = ("ij", "ji", "nj", "ni")  # two indices, no word: W_ij of a general weight

# One plain name: letters, digits, then a subscript, then a star, a superscript in brackets, or a bare number. Whether
# x^2 is a name or a power is decided by the declarations: see reading.py.
_ITEM = "(?:[A-Za-z]+_)?[A-Za-z0-9]+"
NAME = re.compile(
    r"(?P<base>[A-Za-z]+)(?P<digits>[0-9]*)"
    rf"(?:_(?:\{{(?P<braced>{_ITEM}(?:,{_ITEM})*)\}}|(?P<sub>[A-Za-z0-9]+)))?"
    r"(?:\^(?:(?P<star>\*)|\((?P<sup>[A-Za-z0-9]+)\)|\[(?P<square>[A-Za-z0-9]+)\]|(?P<bare>[0-9]+|l)))?"
)
LONGEST = 40


@lru_cache(maxsize=4096)
def parts(name: str) -> tuple[str, str, str]:
    """The base, subscript and superscript of a plain name; an error if it is none."""
    match = NAME.fullmatch(name)
    if match is None or len(name) > LONGEST:
        raise DerivgenError(
            f"{name[:LONGEST]!r} is not a name; write letters, then _1 or _{{a,b}}, then ^*, ^(2), ^[2] or ^2, "
            "such as w_1, y^*, W_11^(2)"
        )
    digits, subscript = match["digits"], match["braced"] or match["sub"] or ""
    if digits and subscript:
        raise DerivgenError(f"{name!r} has two subscripts, {digits} and {subscript}")
    return match["base"], digits or subscript, name.partition("^")[2]


def swapped(name: str) -> str:
    """The name with its two indices in the other order; empty if there are not two different ones.

    >>> swapped("W_12^(2)"), swapped("w_{1,12}"), swapped("w_{x_1,h_2}"), swapped("w_11"), swapped("z_1")
    ('W_21^(2)', 'w_{12,1}', 'w_{h_2,x_1}', '', '')
    """
    match = NAME.fullmatch(name)
    written = match and (match["braced"] or match["sub"] or match["digits"])
    if not match or not written:
        return ""
    indices = written.split(",") if "," in written else list(written)
    if len(indices) != 2 or indices[0] == indices[1]:
        return ""
    first, last = (
        match.start(group := "braced" if match["braced"] else "sub" if match["sub"] else "digits"),
        match.end(group),
    )
    joined = ("," if "," in written else "").join(reversed(indices))
    return f"{name[:first]}{joined}{name[last:]}"


def is_power_like(name: str) -> bool:
    """Whether the name would be a power, were it not declared: x^2, W_11^2."""
    match = NAME.fullmatch(name)
    return match is not None and match["bare"] is not None


@lru_cache(maxsize=4096)
def latex_base(base: str) -> str:
    """One letter as it is, a Greek letter by its command, an accented letter, else an upright word."""
    if len(base) == 1:
        return base
    if base in GREEK:
        return "\\" + base
    for accent in ACCENTS:
        if base.endswith(accent) and len(base) == len(accent) + 1:
            return f"\\{accent}{{{base[0]}}}"
    return f"\\mathrm{{{base}}}"


@lru_cache(maxsize=4096)
def latex_name(name: str, mark: str = "") -> str:
    """The LaTeX of a plain name; a ``mark`` such as a transpose's joins the superscript.

    >>> latex_name("w_{x_1,h_2}"), latex_name("beta_2^1"), latex_name("W^(2)", r"\\top")
    ('w_{x_1,h_2}', '\\\\beta_2^{1}', 'W^{(2)\\\\top}')
    """
    base, subscript, superscript = parts(name)
    latex = latex_base(base)
    if subscript:
        if subscript.isalpha() and len(subscript) > 1 and subscript not in INDICES:
            subscript = latex_base(subscript)
        elif "_" in subscript:  # names with indices of their own: x_1,h_12
            subscript = ",".join(latex_name(item) if "_" in item else item for item in subscript.split(","))
        latex += f"_{subscript}" if len(subscript) == 1 else f"_{{{subscript}}}"
    if superscript or mark:
        latex += f"^{{{superscript}{mark}}}"
    return latex


# --- the table of notations: how a layered network's quantities are written ----------------------------------

# In a pattern i is a node of the layer before, j a node of this layer, l the layer and n the example of a batch.
_PATTERN = re.compile(
    r"(?P<base>[A-Za-z]+)(?:_(?:\{(?P<braced>[ijn](?:,[ijn])*)\}|(?P<sub>[ijn]+)))?"
    r"(?:\^(?P<sup>\(l\)|\[l\]|l|\*))?"
)
_OPTIONAL = ("lone_pre", "lone_post", "rest", "example_loss")


class NotationError(DerivgenError):
    """A notation that is no row of the table, or a pattern that cannot be one; ``key`` is the pattern at fault."""

    def __init__(self, problem: str, key: str = "") -> None:
        self.problem, self.key = problem, key
        super().__init__(problem)


@dataclass(frozen=True)
class Notation:
    """One row: a pattern for each kind of quantity. The first index of a weight is the row of its matrix.

    ``weight`` from node i of layer l − 1 to node j of layer l; ``bias`` is empty where it is row 0 of the weights, and
    the nodes numbered 0 are the ones that it meets. ``lone_pre`` and ``lone_post`` name a layer's only node; an only
    output or target has no index. The names of whole arrays are ``weights`` … ``delta`` (∂L/∂z of a layer); ``rest`` is
    the weight matrix without row 0. A notation with the index n writes a batch, one example a row.
    """

    name: str
    weight: str = "W_ij^(l)"
    bias: str = "b_j^(l)"
    pre: str = "z_j^(l)"
    post: str = "a_j^(l)"
    input: str = "x_i"
    output: str = "H_j"
    target: str = "y_j"
    loss: str = "L"
    step: str = "alpha"
    lone_pre: str = ""
    lone_post: str = ""
    weights: str = "W^(l)"
    biases: str = "b^(l)"
    pres: str = "z^(l)"
    posts: str = "a^(l)"
    inputs: str = "x"
    outputs: str = "H"
    targets: str = "y"
    delta: str = "delta^(l)"
    rest: str = ""
    example_loss: str = "ell"

    @property
    def from_first(self) -> bool:
        """Whether a weight's first index is the node it comes from: W^T x, not W x."""
        indices = self._match("weight")
        return indices.index("i") < indices.index("j")

    @property
    def batch(self) -> bool:
        """Whether quantities carry the number of the example."""
        return "n" in self._match("pre")

    @property
    def bias_row(self) -> bool:
        return not self.bias

    @property
    def product(self) -> str:
        """The convention of the matrix product."""
        return "X W" if self.batch else "W^T x" if self.from_first else "W x"

    def _match(self, key: str) -> str:
        match = _PATTERN.fullmatch(getattr(self, key))
        return (match["braced"] or match["sub"] or "").replace(",", "") if match else ""

    def write(self, key: str, *, i: object = "", j: object = "", l: object = "", n: object = "") -> str:  # noqa: E741
        """The plain name of a quantity: its pattern with these indices; a comma parts indices of two digits.

        >>> NOTATIONS["from-to"].write("weight", i=1, j=2, l=3), NOTATIONS["from-to"].write("weight", i=1, j=12, l=3)
        ('W_12^(3)', 'W_{1,12}^(3)')
        """
        match = _PATTERN.fullmatch(getattr(self, key))
        assert match is not None
        indices = {"i": str(i), "j": str(j), "n": str(n)}
        letters = (match["braced"] or match["sub"] or "").replace(",", "")
        written = [indices[letter] for letter in letters if indices[letter]]
        text = match["base"]
        if written:
            joined = ("," if match["braced"] or _worded(written) else "").join(written)
            text += f"_{joined}" if joined.isalnum() else f"_{{{joined}}}"
        return text + (f"^{match['sup'].replace('l', str(l))}" if match["sup"] else "")


def _worded(indices: list[str]) -> bool:
    """Whether indices side by side would be read as a number or a word: 1 and 12, or h and j."""
    joined = "".join(indices)
    return len(joined) > len(indices) or (len(indices) > 1 and joined.isalpha() and joined not in INDICES)


NOTATIONS: dict[str, Notation] = {}


def _row(name: str, **patterns: str) -> None:
    if name in NOTATIONS:
        raise ValueError(f"{name!r} is already in the table")
    NOTATIONS[name] = Notation(name, **patterns)


_row("from-to")
_row("bias-row", weight="W_ij^l", bias="", pre="alpha_j^l", post="beta_j^l", output="yhat_j", loss="ell", step="lambda",
     lone_pre="alpha^l", weights="W^l", biases="", pres="alpha^l", posts="beta^l", outputs="yhat", delta="delta^l",
     rest="Wbar^l")  # fmt: skip
_row("neurons", weight="w_{i,j}", bias="b_j", pre="z_j", post="o_j", input="o_i", output="o_j", target="t_j",
     posts="o^(l)", inputs="o^(l)", outputs="o^(l)", targets="t")  # fmt: skip
_row("textbook", weight="w_ji^[l]", bias="b_j^[l]", pre="z_j^[l]", post="a_j^[l]", output="yhat_j", weights="W^[l]",
     biases="b^[l]", pres="z^[l]", posts="a^[l]", outputs="yhat", delta="delta^[l]")  # fmt: skip
_row("examples", pre="z_nj^(l)", post="a_nj^(l)", input="x_ni", output="yhat_nj", target="y_nj", example_loss="ell_n",
     pres="Z^(l)", posts="A^(l)", inputs="X", outputs="Yhat", targets="Y", delta="Delta^(l)")  # fmt: skip


_WHOLES = {"weight": "weights", "bias": "biases", "pre": "pres", "post": "posts", "input": "inputs",
           "output": "outputs", "target": "targets"}  # fmt: skip


def _whole(pattern: str, *, capital: bool) -> str:
    """The array of what a pattern writes: without its indices, W for w.

    >>> _whole("s_j^[l]", capital=False), _whole("w_ji^[l]", capital=True)
    ('s^[l]', 'W^[l]')
    """
    match = _PATTERN.fullmatch(pattern)
    assert match is not None
    base = match["base"].upper() if capital and len(match["base"]) == 1 else match["base"]
    return base + (f"^{match['sup']}" if match["sup"] else "")


def notation(given: object) -> Notation:
    """A row by its name, or a row of the quiz's own: patterns that change another's (``like``, else from-to).

    Raises ``NotationError`` naming the pattern that cannot be one.
    """
    if isinstance(given, str):
        if given not in NOTATIONS:
            raise NotationError(suggest(given, NOTATIONS))
        return NOTATIONS[given]
    if not isinstance(given, Mapping):
        raise NotationError("must be a notation's name, or a mapping of patterns")
    known = [row.name for row in fields(Notation) if row.name != "name"]
    changes: dict[str, str] = {}
    for key, pattern in given.items():
        if key == "like":
            continue
        if key not in known:
            raise NotationError(suggest(str(key), [*known, "like"]), str(key))
        if pattern in ("", None) and key in ("bias", "biases", *_OPTIONAL):
            changes[key] = ""
        elif not isinstance(pattern, str) or not _PATTERN.fullmatch(pattern):
            raise NotationError(
                f"{str(pattern)[:40]!r} is no pattern; write letters, indices out of i, j, n, then ^(l), ^[l] or ^l, "
                "such as W_ij^(l)", key
            )  # fmt: skip
        else:
            changes[key] = pattern
    for key, whole in _WHOLES.items():
        if key in changes and whole not in given and changes[key]:
            changes[whole] = _whole(changes[key], capital=key == "weight" or "n" in changes[key].partition("_")[2])
    made = replace(notation(given.get("like", "from-to")), name="own", **changes)
    if sorted(made._match("weight")) != ["i", "j"]:
        raise NotationError("a weight has the indices i and j, each once, such as W_ij^(l)", "weight")
    if made.bias_row and not made.rest:
        base, mark, layer = made.weights.partition("^")
        made = replace(made, rest=f"{base}bar{mark}{layer}")
    return made
