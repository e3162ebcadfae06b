"""The tree that reading returns and printing prints: small, immutable, in the order as written.

SymPy reorders and merges the very factors that a student must see, so what is *printed* is one of these
trees; SymPy expressions are made from them by constructors (``symbolic.py``).

>>> print_me = product([Name("x"), Name("w_1")])
>>> print_me
Apply(operation='multiply', args=(Name(name='x'), Name(name='w_1')), slot=0)
>>> names(print_me)
('x', 'w_1')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number; ``text`` keeps a decimal as it was written (0.30), empty for what was computed."""

    value: Fraction
    text: str = field(default="", compare=False, repr=False)
    at: int = field(default=-1, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A quantity, by its declared plain name: ``w_1``, ``y^*``, ``W_11^(2)``."""

    name: str
    at: int = field(default=-1, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation of the table, or a declared function, on its arguments.

    ``slot`` k > 0 is the derivative of an abstract function in its k-th argument: g'(z) has slot 1. Arrays are
    ``matrix`` of ``row``s, ``transpose`` and ``hadamard`` (⊙); see ``arrays.py``.
    """

    operation: str
    args: tuple[Tree, ...]
    slot: int = 0
    at: int = field(default=-1, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Partial:
    """The Leibniz token ∂of/∂wrt; with ``held``, the partial derivative while those quantities are fixed.

    Without ``held`` it is the total influence of ``wrt`` on ``of`` along every path.
    """

    of: str
    wrt: str
    held: tuple[str, ...] = ()
    at: int = field(default=-1, compare=False, repr=False)


Tree = Number | Name | Apply | Partial

ZERO = Number(Fraction(0))
ONE = Number(Fraction(1))


def number(value: int | Fraction) -> Number:
    return Number(Fraction(value))


def apply(operation: str, *args: Tree) -> Apply:
    return Apply(operation, args)


def negate(tree: Tree) -> Tree:
    if isinstance(tree, Number):
        return number(-tree.value)
    if isinstance(tree, Apply) and tree.operation == "negate":
        return tree.args[0]
    return apply("negate", tree)


def total(terms: Iterable[Tree]) -> Tree:
    """The sum of the terms, in their order; two terms of which the second is negated are a difference.

    >>> total([Name("a"), negate(Name("y"))]).operation
    'subtract'
    """
    terms = tuple(terms)
    if not terms:
        return ZERO
    if len(terms) == 1:
        return terms[0]
    if len(terms) == 2 and isinstance(terms[1], Apply) and terms[1].operation == "negate":
        return apply("subtract", terms[0], terms[1].args[0])
    return Apply("add", terms)


def product(factors: Iterable[Tree]) -> Tree:
    """The product of the factors, unmerged and in their order; ones are left out."""
    factors = tuple(f for f in factors if f != ONE)
    if not factors:
        return ONE
    return factors[0] if len(factors) == 1 else Apply("multiply", factors)


def matrix(rows: Iterable[Iterable[Tree]]) -> Apply:
    """The matrix of these rows; products of arrays are the ordinary ``multiply``, in order.

    >>> len(matrix([[ONE, ZERO], [ZERO, ONE]]).args)
    2
    """
    return Apply("matrix", tuple(Apply("row", tuple(row)) for row in rows))


def column(entries: Iterable[Tree]) -> Apply:
    """A vector, which is a matrix of one column."""
    return matrix((entry,) for entry in entries)


def walk(tree: Tree) -> Iterable[Tree]:
    """Every part of the tree, the whole first, then left to right (no recursion: width and depth are free)."""
    stack = [tree]
    while stack:
        part = stack.pop()
        yield part
        if isinstance(part, Apply):
            stack.extend(reversed(part.args))


def names(tree: Tree) -> tuple[str, ...]:
    """The names in the tree, each once, in the order of their first appearance."""
    return tuple(dict.fromkeys(part.name for part in walk(tree) if isinstance(part, Name)))


def transform(tree: Tree, change: Callable[[Tree], Tree | None]) -> Tree:
    """The tree with every part replaced for which ``change`` gives one (outermost first)."""
    changed = change(tree)
    if changed is not None:
        return changed
    if isinstance(tree, Apply):
        return replace(tree, args=tuple(transform(argument, change) for argument in tree.args))
    return tree


def substitute(tree: Tree, values: Mapping[str, Tree]) -> Tree:
    """The tree with names replaced, all at once."""
    return transform(tree, lambda part: values.get(part.name) if isinstance(part, Name) else None)
