"""The table of proofs: a claim, what it speaks of, and chains of links with a reason for each. Rows in plain maths.

A row's texts are read once; ``verifying`` proves every link from what is printed of it.

>>> THEOREMS["softmax"].claim.right == read("P_j*(delta_ij - P_i)", "plain")
True
"""

from __future__ import annotations

from dataclasses import dataclass

from derivgen.proofs.reading import read, read_equation
from derivgen.proofs.tree import Equation, Tree

# What each reason lets a link suppose from then on; its words stand in the template.
REASONS = {
    "definition": "", "quotient_rule": "", "only_one_term": "", "no_such_term": "", "factor": "", "recognize": "",
    "cases": "", "sum_rule": "", "logarithm": "", "softmax": "", "cancel": "", "split": "", "delta_picks": "",
    "targets_sum_to_one": "simplex", "reciprocal_rule": "", "inner": "", "two_fractions": "", "one_minus": "",
    "exponentials": "", "divide": "", "sigmoid": "", "multiply_out": "", "exponent_sum": "", "common_factor": "",
    "logarithms": "", "one_exponential": "",
}  # fmt: skip


@dataclass(frozen=True)
class Link:
    """One step: what stands on its right, why, and the formulas that the reason mentions."""

    right: Tree
    reason: str
    about: tuple[Tree | Equation, ...] = ()


@dataclass(frozen=True)
class Argument:
    """A chain of equal sides; ``case`` says how its open indices i and j lie: equal, different, or any way."""

    left: Tree
    links: tuple[Link, ...]
    case: str = ""


@dataclass(frozen=True)
class Theorem:
    """A claim with its proof: the last argument ends in it, the others prepare it.

    ``given`` are the definitions, ``lemmas`` the theorems that it uses; ``mentioned`` are symbols that the question
    explains.
    """

    name: str
    claim: Equation
    given: tuple[Equation, ...]
    arguments: tuple[Argument, ...]
    lemmas: tuple[str, ...] = ()
    mentioned: tuple[Tree, ...] = ()
    straight: bool = False  # d/dz, not ∂/∂z


THEOREMS: dict[str, Theorem] = {}


def steps(left: str, *links: tuple[str, ...], case: str = "") -> Argument:
    """A chain from plain maths: each link is its right side, its reason, and what the reason mentions."""
    read_links = []
    for right, reason, *about in links:
        if reason not in REASONS:
            raise ValueError(f"{reason!r} is no reason")
        mentioned = tuple(read_equation(text, "plain") if "=" in _outside(text) else _tree(text) for text in about)
        read_links.append(Link(_tree(right), reason, mentioned))
    return Argument(_tree(left), tuple(read_links), case)


def _tree(text: str) -> Tree:
    return read(text, "plain")


def _outside(text: str) -> str:
    """The text without the bounds of its sums."""
    return text.replace("=1..", "")


def theorem(
    name: str, claim: str, given: tuple[str, ...], *arguments: Argument, lemmas: tuple[str, ...] = (),
    mentioned: tuple[str, ...] = (), straight: bool = False,
) -> None:  # fmt: skip
    """Add a row; refuses a name that the table already has."""
    if name in THEOREMS:
        raise ValueError(f"{name!r} is already in the table")
    definitions = tuple(read_equation(text, "plain") for text in given)
    THEOREMS[name] = Theorem(
        name, read_equation(claim, "plain"), definitions, arguments, lemmas, tuple(map(_tree, mentioned)), straight
    )


_P_J = "P_j = e^(h_j)/sum(k=1..N, e^(h_k))"

theorem(
    "softmax", "dP_j/dh_i = P_j*(delta_ij - P_i)", (_P_J,),
    steps(
        "dP_i/dh_i",
        ("d/dh_i(e^(h_i)/sum(k=1..N, e^(h_k)))", "definition", "P_i"),
        ("(d/dh_i(e^(h_i))*sum(k=1..N, e^(h_k)) - e^(h_i)*d/dh_i(sum(k=1..N, e^(h_k))))/sum(k=1..N, e^(h_k))^2",
         "quotient_rule"),
        ("(e^(h_i)*sum(k=1..N, e^(h_k)) - e^(h_i)*e^(h_i))/sum(k=1..N, e^(h_k))^2",
         "only_one_term", "h_i", "d/dh_i(sum(k=1..N, e^(h_k))) = e^(h_i)"),
        ("(e^(h_i)/sum(k=1..N, e^(h_k)))*((sum(k=1..N, e^(h_k)) - e^(h_i))/sum(k=1..N, e^(h_k)))",
         "factor", "e^(h_i)"),
        ("P_i*(1 - P_i)", "recognize", "P_i"),
        case="equal",
    ),
    steps(
        "dP_j/dh_i",
        ("d/dh_i(e^(h_j)/sum(k=1..N, e^(h_k)))", "definition", "P_j"),
        ("(d/dh_i(e^(h_j))*sum(k=1..N, e^(h_k)) - e^(h_j)*d/dh_i(sum(k=1..N, e^(h_k))))/sum(k=1..N, e^(h_k))^2",
         "quotient_rule"),
        ("(0*sum(k=1..N, e^(h_k)) - e^(h_j)*e^(h_i))/sum(k=1..N, e^(h_k))^2",
         "no_such_term", "e^(h_j)", "h_i", "d/dh_i(sum(k=1..N, e^(h_k))) = e^(h_i)"),
        ("-(e^(h_j)/sum(k=1..N, e^(h_k)))*(e^(h_i)/sum(k=1..N, e^(h_k)))", "two_fractions"),
        ("-P_j*P_i", "recognize", "P_j", "P_i"),
        case="different",
    ),
    steps("dP_j/dh_i", ("P_j*(delta_ij - P_i)", "cases", "delta_ij", "P_i*(1 - P_i)", "-P_j*P_i")),
    mentioned=("h_j", "delta_ij"),
)  # fmt: skip

theorem(
    "softmax_cross_entropy", "dL/dh_i = P_i - y_i", (_P_J, "L = -sum(j=1..N, y_j*ln(P_j))"),
    steps(
        "dL/dh_i",
        ("d/dh_i(-sum(j=1..N, y_j*ln(P_j)))", "definition", "L"),
        ("-sum(j=1..N, y_j*d/dh_i(ln(P_j)))", "sum_rule", "y_j", "h_i"),
        ("-sum(j=1..N, y_j*(1/P_j)*dP_j/dh_i)", "logarithm"),
        ("-sum(j=1..N, y_j*(1/P_j)*P_j*(delta_ij - P_i))", "softmax", "dP_j/dh_i = P_j*(delta_ij - P_i)"),
        ("-sum(j=1..N, y_j*(delta_ij - P_i))", "cancel", "P_j"),
        ("-sum(j=1..N, y_j*delta_ij) + P_i*sum(j=1..N, y_j)", "split", "P_i"),
        ("-y_i + P_i*sum(j=1..N, y_j)", "delta_picks", "delta_ij"),
        ("P_i - y_i", "targets_sum_to_one", "sum(j=1..N, y_j) = 1"),
    ),
    lemmas=("softmax",), mentioned=("h_j", "y_j"),
)  # fmt: skip

theorem(
    "sigmoid", "d/dz(sigma(z)) = sigma(z)*(1 - sigma(z))", ("sigma(z) = 1/(1 + e^(-z))",),
    steps(
        "d/dz(sigma(z))",
        ("d/dz(1/(1 + e^(-z)))", "definition", "sigma(z)"),
        ("-(1/(1 + e^(-z))^2)*d/dz(1 + e^(-z))", "reciprocal_rule", "d/du(1/u) = -1/u^2"),
        ("e^(-z)/(1 + e^(-z))^2", "inner", "d/dz(1 + e^(-z)) = -e^(-z)"),
        ("(1/(1 + e^(-z)))*(e^(-z)/(1 + e^(-z)))", "two_fractions"),
        ("sigma(z)*(1 - sigma(z))", "one_minus", "1 - sigma(z) = e^(-z)/(1 + e^(-z))"),
    ),
    straight=True,
)  # fmt: skip

_TANH = "(e^(z) - e^(-z))/(e^(z) + e^(-z))"

theorem(
    "tanh", "d/dz(tanh(z)) = 1 - tanh(z)^2", (f"tanh(z) = {_TANH}",),
    steps(
        "d/dz(tanh(z))",
        (f"d/dz({_TANH})", "definition", "tanh(z)"),
        ("(d/dz(e^(z) - e^(-z))*(e^(z) + e^(-z)) - (e^(z) - e^(-z))*d/dz(e^(z) + e^(-z)))/(e^(z) + e^(-z))^2",
         "quotient_rule"),
        ("((e^(z) + e^(-z))^2 - (e^(z) - e^(-z))^2)/(e^(z) + e^(-z))^2",
         "exponentials", "d/dz(e^(z) - e^(-z)) = e^(z) + e^(-z)", "d/dz(e^(z) + e^(-z)) = e^(z) - e^(-z)"),
        (f"1 - ({_TANH})^2", "divide"),
        ("1 - tanh(z)^2", "recognize", "tanh(z)"),
    ),
    straight=True,
)  # fmt: skip

theorem(
    "binary_cross_entropy", "dL/dz = a - y",
    ("a = sigma(z)", "sigma(z) = 1/(1 + e^(-z))", "L = -y*ln(a) - (1 - y)*ln(1 - a)"),
    steps(
        "dL/dz",
        ("d/dz(-y*ln(a) - (1 - y)*ln(1 - a))", "definition", "L"),
        ("-(y/a)*da/dz + ((1 - y)/(1 - a))*da/dz", "logarithms", "d/dz(ln(1 - a)) = -(1/(1 - a))*da/dz"),
        ("(-(y/a) + (1 - y)/(1 - a))*a*(1 - a)", "sigmoid", "da/dz = a*(1 - a)"),
        ("-y*(1 - a) + (1 - y)*a", "cancel", "a", "1 - a"),
        ("a - y", "multiply_out", "y*a"),
    ),
    lemmas=("sigmoid",), mentioned=("y", "z"),
)  # fmt: skip

theorem(
    "softmax_shift", "e^(h_i + c)/sum(k=1..N, e^(h_k + c)) = P_i", (_P_J,),
    steps(
        "e^(h_i + c)/sum(k=1..N, e^(h_k + c))",
        ("(e^(h_i)*e^(c))/sum(k=1..N, e^(h_k)*e^(c))", "exponent_sum", "e^(u + v) = e^(u)*e^(v)"),
        ("(e^(h_i)*e^(c))/(e^(c)*sum(k=1..N, e^(h_k)))", "common_factor", "e^(c)"),
        ("e^(h_i)/sum(k=1..N, e^(h_k))", "cancel", "e^(c)"),
        ("P_i", "recognize", "P_i"),
    ),
    mentioned=("c", "h_j"),
)  # fmt: skip

_BELOW = "(e^(x_3) + sum(k=1..N, e^(u_k)))"

theorem(
    "softmax_output", "dx_4/dx_3 = x_4*(1 - x_4)", (f"x_4 = e^(x_3)/{_BELOW}",),
    steps(
        "dx_4/dx_3",
        (f"d/dx_3(e^(x_3)/{_BELOW})", "definition", "x_4"),
        (f"(d/dx_3(e^(x_3))*{_BELOW} - e^(x_3)*d/dx_3{_BELOW})/{_BELOW}^2", "quotient_rule"),
        (f"({_BELOW}*e^(x_3) - (e^(x_3))^2)/{_BELOW}^2",
         "one_exponential", "x_3", f"d/dx_3{_BELOW} = e^(x_3)"),
        (f"(e^(x_3)/{_BELOW})*(({_BELOW} - e^(x_3))/{_BELOW})", "factor", "e^(x_3)"),
        ("x_4*(1 - x_4)", "recognize", "x_4"),
    ),
    mentioned=("u_k", "x_3"), straight=True,
)  # fmt: skip
