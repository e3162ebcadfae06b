"""Expressions with indices: sums over an index, h_j, Kronecker's δ_ij, ∂/∂h_i of an expression; immutable, as written.

An index is a letter that a sum or a claim leaves open (k), or a number (x_3); it counts from 1 to N.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number that is not negative."""

    value: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """z, h_j, x_3."""

    letter: str
    index: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """δ_ij: 1 where the two indices are equal, else 0."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Σ of the body for ``index`` from ``low`` to N + ``beyond``."""

    index: str
    body: Tree
    low: int = 1
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """exp, ln, or a function that a definition gives: σ(z)."""

    function: str
    argument: Tree


@dataclass(frozen=True, slots=True)
class Derivative:
    """∂/∂by of the body."""

    by: Symbol
    body: Tree


@dataclass(frozen=True, slots=True)
class Plus:
    terms: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Minus:
    body: Tree


@dataclass(frozen=True, slots=True)
class Times:
    factors: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Over:
    above: Tree
    below: Tree


@dataclass(frozen=True, slots=True)
class Power:
    base: Tree
    exponent: int


Tree = Whole | Symbol | Delta | Sum | Call | Derivative | Plus | Minus | Times | Over | Power


@dataclass(frozen=True, slots=True)
class Equation:
    left: Tree
    right: Tree


def children(tree: Tree) -> tuple[Tree, ...]:
    """The parts directly below; a derivative's variable is none of them."""
    match tree:
        case Sum(body=body) | Derivative(body=body) | Minus(body=body):
            return (body,)
        case Call(argument=argument):
            return (argument,)
        case Plus(terms=parts) | Times(factors=parts):
            return parts
        case Over(above=above, below=below):
            return (above, below)
        case Power(base=base):
            return (base,)
        case _:
            return ()


def rebuilt(tree: Tree, parts: tuple[Tree, ...]) -> Tree:
    """The same node on other parts.

    >>> rebuilt(Minus(Whole(1)), (Symbol("z"),))
    Minus(body=Symbol(letter='z', index=''))
    """
    match tree:
        case Sum() | Derivative() | Minus():
            return replace(tree, body=parts[0])
        case Call():
            return replace(tree, argument=parts[0])
        case Plus():
            return Plus(parts)
        case Times():
            return Times(parts)
        case Over():
            return Over(*parts)
        case Power():
            return replace(tree, base=parts[0])
        case _:
            return tree


def transformed(tree: Tree, change: Callable[[Tree], Tree | None]) -> Tree:
    """The tree with every part replaced for which ``change`` gives one (outermost first)."""
    changed = change(tree)
    if changed is not None:
        return changed
    return rebuilt(tree, tuple(transformed(part, change) for part in children(tree)))


def walk(tree: Tree) -> Iterator[Tree]:
    """Every part, the whole first."""
    yield tree
    for part in children(tree):
        yield from walk(part)
