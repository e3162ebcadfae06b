"""A side whose arrays do not fit together in; which of them do not, in the work's own symbols, out."""

from __future__ import annotations

from collections.abc import Callable

from derivgen.errors import CertificateError
from derivgen.expression import Apply, Name, Partial, Tree
from derivgen.lexing import Scope
from derivgen.printing import plain

Shape = tuple[int, int]
LONGEST_NAME = 40  # characters of an expression that is named as it stands
_JOINED = {
    "add": "they cannot be added", "subtract": "one cannot be subtracted from the other",
    "hadamard": "they cannot be multiplied entry by entry",
}


def size(shape: Shape) -> str:
    return f"{shape[0]}×{shape[1]}"


def misfit(tree: Tree, shape_of: Callable[[Tree], Shape], scope: Scope) -> str:
    """What does not fit in a tree: the innermost part that has no shape, though what it is made of has one; else ''."""
    if not isinstance(tree, Apply) or _fits(tree, shape_of):
        return ""
    for argument in tree.args:
        if inner := misfit(argument, shape_of, scope):
            return inner
    if not all(_fits(argument, shape_of) for argument in tree.args):
        return ""
    for k in range(1, len(tree.args)):
        first, second = Apply(tree.operation, tree.args[:k]) if k > 1 else tree.args[0], tree.args[k]
        if not _fits(Apply(tree.operation, (first, second)), shape_of):
            return _said(tree.operation, (first, shape_of(first)), (second, shape_of(second)), scope)
    return ""


def _said(operation: str, first: tuple[Tree, Shape], second: tuple[Tree, Shape], scope: Scope) -> str:
    left, right = (f"{_called(tree, scope)} is {size(shape)}" for tree, shape in (first, second))
    if operation == "multiply":
        return f"{left} and cannot multiply {_called(second[0], scope)}, which is {size(second[1])}"
    if operation == "divide":
        return f"{left} and cannot be divided by {_called(second[0], scope)}, which is {size(second[1])}"
    if operation in _JOINED:
        return f"{left} and {right}: {_JOINED[operation]}"
    return f"{left} and {right}: they do not fit together"


def _called(tree: Tree, scope: Scope) -> str:
    text = plain(tree, scope)
    if len(text) > LONGEST_NAME:
        return "one part"
    alone = isinstance(tree, (Name, Partial)) or (isinstance(tree, Apply) and tree.operation == "transpose")
    return text if alone else f"({text})"


def _fits(tree: Tree, shape_of: Callable[[Tree], Shape]) -> bool:
    try:
        shape_of(tree)
    except CertificateError:
        return False
    return True
