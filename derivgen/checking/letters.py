r"""A fragment that defines a function or a quantity of the work's own in, the symbols with these out.

s(r) = 1/(1 + e^{-r}) says that the letter s is the sigmoid from here on, \delta = \partial L/\partial z that there is a
quantity δ. What the network declares keeps its meaning, and nothing that looks like it can be defined; a letter that
books use for any activation, g, takes the one that the work gives it.

>>> from derivgen.checking.subjects import of_equations
>>> symbols = Symbols.of(of_equations("f = tanh(x)"))
>>> learned(Fragment(r"s(r) = \frac{1}{1 + e^{-r}}", 0), symbols).own
(('s', 'sigmoid'),)
>>> learned(Fragment(r"\frac{\partial f}{\partial x} = \delta_1", 0), symbols).named
(('delta', '1', ''),)
"""

from __future__ import annotations

import re

from derivgen.checking.judging.deciding import World
from derivgen.checking.reading.statements import named, statements
from derivgen.checking.reading.symbols import Symbols
from derivgen.checking.work import Fragment, Statement
from derivgen.expression import Apply, Name
from derivgen.graph import Graph
from derivgen.operations import OPERATIONS

_DEFINITION = re.compile(r"(?<![A-Za-z\\'_^])\\?([A-Za-z]+)\s*(?:\\left)?\(\s*\\?[A-Za-z]+\s*(?:\\right)?\)\s*&?\s*:?=")
_FUNCTIONS = [name for name, row in OPERATIONS.items() if row.role == "activation"]


def learned(fragment: Fragment, symbols: Symbols) -> Symbols:
    """The symbols, and with them the quantities that a fragment names and the functions that it defines."""
    for written in named(fragment, symbols):
        if symbols.may_be_named(written):
            symbols = symbols.naming(written.key)
    for letter in dict.fromkeys(match[1] for match in _DEFINITION.finditer(fragment.source)):
        operation = _defined(letter, fragment, symbols) if symbols.may_be_called(letter) else None
        if operation is not None:
            symbols = symbols.calling(letter, operation)
    return symbols


def _defined(letter: str, fragment: Fragment, symbols: Symbols) -> str | None:
    """The function that a fragment says a letter is, empty if none of the table; None if it does not say."""
    trial = symbols.calling(letter, "identity")
    for one in statements(fragment, trial):
        if not isinstance(one, Statement) or not one.links or not isinstance(one.left.tree, Apply):
            continue
        (argument, *others), side = one.left.tree.args, one.links[0][1].tree
        if one.left.tree.operation != "identity" or others or not isinstance(argument, Name):
            continue
        world = World.of(Graph((argument.name,), ()))
        if not world.unknown(side):
            alike = (name for name in _FUNCTIONS if world.decide(Apply(name, (argument,)), side).equal)
            return next(alike, "")
    return None
