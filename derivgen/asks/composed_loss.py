"""Write the loss (or any node, by ``of``) in terms of inputs and weights, substituting from the output back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from derivgen.derivation import LARGEST_CLOSED_FORM, chain, closed_form
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow
from derivgen.expression import Name, Tree, names, substitute, walk
from derivgen.graph import Graph
from derivgen.printing import BREAK, latex, printed

MOST_STEPS = 9
WIDEST_ROW = 405  # points of a whole row inside a solution, without its relation sign


def composed_loss(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "of")
    of, graph = state.output(parameters), state.graph
    tree = graph.node(of).tree
    closed_form(graph, tree)  # an error if it would not fit on a page
    steps: list[Tree] = []
    here = tree
    for node in reversed(graph.nodes):
        if node.name in names(here) and node.name != of:
            here = substitute(here, {node.name: node.tree})
            steps.append(here)
    left: Tree = tree if graph.is_abstract(tree) else Name(of)
    widest = WIDEST_ROW - _width(latex(left, graph.scope))
    if not _fits(here, graph, widest):
        raise AskError(f"{of} in terms of inputs and weights is wider than a page; ask for an earlier node by of", "of")
    steps = [step for step in steps if _fits(step, graph, widest)]
    if len(steps) > MOST_STEPS or sum(sum(1 for _ in walk(step)) for step in steps) > LARGEST_CLOSED_FORM:
        steps = steps[-1:]
    line = chain(left, tree, *steps)
    facts = {
        "of": Name(of), "tree": tree, "loss": of == state.network.loss, "line": line,
        "leaves": state.leaves(of),
        "functions": tuple(Name(f) for f, _ in graph.functions if f not in dict(graph.bindings) and f != of),
        "forward": state.where("forward pass"), "depth": len(steps),
    }  # fmt: skip
    return state.show(("composed", of)), Part("composed_loss", {"of": of}, Answer("expression", ((left, here),)), facts)


def _fits(tree: Tree, graph: Graph, widest: float) -> bool:
    """Whether no row is too wide: nothing breaks inside brackets, and a chain of calls is all brackets."""
    return all(_width(row) <= widest for row in printed(tree, graph.scope, "latex").text.split(BREAK))


_STACKED = re.compile(r"\\frac\{([^{}]*)\}\{([^{}]*)\}")
_GROUP = re.compile(r"\\mathrm\{([^{}]*)\}|\{([^{}]*)\}")
_WORDS = re.compile(r"\\(?:left|right|mathbf)(?![a-z])|\\(tanh|ln|max)(?![a-z])")
_SIGN = re.compile(r" [-+=] |\\cdot|\\[A-Za-z]+|\\.|[^ _^]")


def _width(text: str) -> float:
    r"""About how many points wide a printed formula is; a fraction is as wide as its wider half.

    >>> _width("x + y") > _width("xy") == _width(r"\frac{xy}{2}") == _width(r"\mathrm{xy}")
    True
    """
    text, before = _WORDS.sub(lambda match: match[1] or "", text), ""
    while before != text:
        before = text
        text = _STACKED.sub(lambda match: max(match[1], match[2], key=_width), text)
        text = text if _STACKED.search(text) else _GROUP.sub(lambda match: match[1] or match[2] or "", text, count=1)
    return sum(map(_points, _SIGN.findall(text)))


def _points(sign: str) -> float:
    if sign[0] == " ":
        return 13.5
    if sign.isupper():
        return 9.5
    return 4.5 if sign in "()[]|!'" else 8 if sign[0] == "\\" or sign == "," else 6
