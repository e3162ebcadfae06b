"""How quantities are named: a plain name (``W_11^(2)``) in, its parts and its LaTeX out.

>>> latex_name("W_11^(2)"), latex_name("y^*"), latex_name("alpha"), latex_name("Loss"), latex_name("yhat")
('W_{11}^{(2)}', 'y^{*}', '\\\\alpha', '\\\\mathrm{Loss}', '\\\\hat{y}')
"""

from __future__ import annotations

import re
from functools import lru_cache

from derivgen.errors import DerivgenError

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

# One plain name: letters, digits, then a subscript, then a star, a superscript in brackets, or a bare number. Whether
# x^2 is a name or a power is decided by the declarations: see reading.py.
_ITEM = "(?:[A-Za-z]+_)?[A-Za-z0-9]+"
NAME = re.compile(
    r"(?P<base>[A-Za-z]+)(?P<digits>[0-9]*)"
    rf"(?:_(?:\{{(?P<braced>{_ITEM}(?:,{_ITEM})*)\}}|(?P<sub>[A-Za-z0-9]+)))?"
    r"(?:\^(?:(?P<star>\*)|\((?P<sup>[A-Za-z0-9]+)\)|\[(?P<square>[A-Za-z0-9]+)\]|(?P<bare>[0-9]+)))?"
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
        if subscript.isalpha() and len(subscript) > 1:
            subscript = latex_base(subscript)
        elif "_" in subscript:  # names with indices of their own: x_1,h_12
            subscript = ",".join(latex_name(item) if "_" in item else item for item in subscript.split(","))
        latex += f"_{subscript}" if len(subscript) == 1 else f"_{{{subscript}}}"
    if superscript or mark:
        latex += f"^{{{superscript}{mark}}}"
    return latex
