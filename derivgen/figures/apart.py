"""A graph of equations taken apart: one node for each operation, so that each has a value and a derivative.

An operation inside an equation is named by its place in the tree: ``f/0/1`` is the second argument of the first
argument of f's equation, and ``f/:2`` the sum or product of the first two of three.

>>> from derivgen.graph import Graph
>>> for node in taken_apart(Graph.of("f = (x + y)*z + x")).nodes:
...     print(node.name, node.tree.operation, node.parents)
f/0/0 add ('x', 'y')
f/0 multiply ('f/0/0', 'z')
f add ('f/0', 'x')
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivgen.evaluation import EvaluationError, evaluator
from derivgen.expression import Apply, Name, Number, Tree, substitute
from derivgen.graph import Graph, Node
from derivgen.notation import latex_name
from derivgen.operations import OPERATIONS
from derivgen.printing import latex, symbol
from derivgen.reading import Scope, read_row

WIDEST = 3  # terms or factors that are taken two at a time; more go into one node
_SIGNS = {"add": "+", "subtract": "-", "multiply": r"\times", "divide": r"\div"}
# With one operand a number (%s): on the right, on the left. A dot holds the place of what goes in.
_RIGHT = {"add": "+%s", "subtract": r"(\cdot)-%s", "multiply": r"\times %s", "divide": r"\div %s",
          "power": r"(\cdot)^{%s}", "max": r"\max(\cdot, %s)"}  # fmt: skip
_LEFT = {"add": "%s+", "subtract": r"%s-(\cdot)", "multiply": r"%s\times", "divide": r"%s/(\cdot)",
         "max": r"\max(%s, \cdot)"}  # fmt: skip
_FORMS = {"negate": r"\times(-1)", "reciprocal": r"1/(\cdot)", "exp": r"\exp", "abs": r"|\cdot|",
          "floor": r"\lfloor\cdot\rfloor",
          "above": r"\mathbf{1}[\cdot>\cdot]", "below": r"\mathbf{1}[\cdot\le\cdot]"}  # fmt: skip
ORDERED = ("subtract", "divide", "power")  # whose operands may not be exchanged


def taken_apart(graph: Graph) -> Graph:
    """The graph in which every operation is a node of its own, on names and at times a number.

    ``Numbers`` of it gives the value of each, and its derivative.
    """
    nodes: list[Node] = []
    for node in graph.nodes:
        tree = _opened(node.tree, node.name, graph, nodes)
        if isinstance(tree, Apply):
            nodes.append(Node(node.name, tree, node.line))
        else:  # another name for a quantity, or a number
            nodes.append(Node(node.name, tree if isinstance(tree, Number) else Apply("identity", (tree,)), node.line))
    return replace(graph, nodes=tuple(nodes), arrays=(), stated=(), simplices=())


def _opened(tree: Tree, place: str, graph: Graph, nodes: list[Node]) -> Tree:
    """The operation at a place, on names and numbers; what is inside its arguments goes to ``nodes``."""
    if not isinstance(tree, Apply):
        return tree
    args, minus = list(tree.args), [False] * len(tree.args)
    folded = tree.operation in ("add", "multiply") and 2 <= len(args) <= WIDEST
    if folded and tree.operation == "add":  # a − b in a longer sum is one operation, not two
        for i, term in enumerate(args):
            if i and isinstance(term, Apply) and term.operation == "negate":
                args[i], minus[i] = term.args[0], True
    operands = [
        _named(_opened(argument, f"{place}/{i}", graph, nodes), f"{place}/{i}", nodes)
        for i, argument in enumerate(args)
    ]
    if not folded:
        return _number(Apply(tree.operation, tuple(operands), tree.slot), graph)
    result = operands[0]
    for i, operand in enumerate(operands[1:], 1):
        result = _named(result, f"{place}/:{i}", nodes)
        result = _number(Apply("subtract" if minus[i] else tree.operation, (result, operand)), graph)
    return result


def _named(tree: Tree, place: str, nodes: list[Node]) -> Tree:
    if not isinstance(tree, Apply):
        return tree
    nodes.append(Node(place, tree))
    return Name(place)


def _number(tree: Apply, graph: Graph) -> Tree:
    """A number if the operation's arguments are numbers only: 1/2 is one."""
    if all(isinstance(argument, Number) for argument in tree.args) and tree.operation in _SIGNS:
        try:
            value = evaluator(tree, graph.kinks)({})
        except EvaluationError:
            return tree
        if isinstance(value, Fraction):
            return Number(value)
    return tree


def inputs(tree: Tree) -> tuple[Tree, ...]:
    """What goes into an operation along arcs: names, and the numbers that its sign does not hold."""
    if not isinstance(tree, Apply):
        return ()
    if _constant(tree) is not None:
        return tuple(argument for argument in tree.args if not isinstance(argument, Number))
    return tree.args


def _constant(tree: Apply) -> int | None:
    """Which argument is a number that the operation's sign can hold."""
    if len(tree.args) == 2:
        first, second = (isinstance(argument, Number) for argument in tree.args)
        if second and not first and tree.operation in _RIGHT:
            return 1
        if first and not second and tree.operation in _LEFT:
            return 0
    return None


def sign(tree: Tree, graph: Graph) -> tuple[str, bool]:
    """An operation's sign in LaTeX, and whether it is one that stands in a circle."""
    if not isinstance(tree, Apply):
        return latex(tree, Scope.of([])), False
    place = _constant(tree)
    if place is not None:
        form = (_RIGHT if place else _LEFT)[tree.operation]
        constant = tree.args[place]
        assert isinstance(constant, Number)
        if tree.operation == "add":
            return (f"+{_short(constant)}" if constant.value >= 0 else _short(constant)), False
        bracketed = place and constant.value < 0 and tree.operation != "power"
        return form % (f"({_short(constant)})" if bracketed else _short(constant)), False
    if tree.operation in _SIGNS:
        return _SIGNS[tree.operation], True
    return _FORMS.get(tree.operation) or _called(tree, graph), False


def _called(tree: Apply, graph: Graph) -> str:
    """A function's symbol: its operation's, if it is bound to one that has a symbol, else its own."""
    operation = graph.operation(tree.operation)
    row = OPERATIONS.get(operation or "")
    if row is not None and row.latex:
        return row.latex
    if row is not None and row.written_out and tree.operation in OPERATIONS:  # ½(a − y)² has no other name
        names = tuple(a.name for a in tree.args if isinstance(a, Name) and "/" not in a.name)
        if len(names) == len(row.arguments):
            form = substitute(read_row(row.name, row.value), dict(zip(row.arguments, tree.args, strict=True)))
            return latex(form, Scope.of(names))
        return latex(read_row(row.name, row.value), Scope.of(row.arguments))
    if tree.operation in dict(graph.functions):
        return latex_name(tree.operation)
    return symbol(tree.operation, Scope.of([]), "latex")


def _short(number: Number) -> str:
    """A number on one line: 1/2, not a tall fraction; a decimal as it was written."""
    if number.text:
        return number.text
    value = number.value
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
