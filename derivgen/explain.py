"""Equations in, one worked derivation out: the lines of ``derivgen derive`` and of ``Network.derivation``.

The lines are those of the asks, filled and certified as on a sheet; only the mathematics is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from derivgen import plan
from derivgen.derivation import (
    LARGEST_CLOSED_FORM,
    DerivationError,
    closed_form,
    forward_form,
    is_recursive,
)
from derivgen.draws import Draws
from derivgen.errors import DerivgenError, suggest
from derivgen.evaluation import Real, contradiction
from derivgen.exercise import Figure, Known
from derivgen.expression import Number, Partial, Tree, names
from derivgen.figures.drawing import Drawing, quantities
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.reading import ReadingError, read
from derivgen.sheet import certified, numbered
from derivgen.simplifying import simplified
from derivgen.spec import Ask, Place
from derivgen.written import write

HERE = Place("derive", 1)


@dataclass(frozen=True)
class Rows:
    """A block of lines in one dialect: (left, relation, right) each; an empty left goes on with the line before."""

    rows: tuple[tuple[str, str, str], ...]

    def text(self, form: str) -> str:
        if form == "plain":
            return "".join(
                f"{left or ' ' * self._indent(i)} {relation} {right}\n"
                for i, (left, relation, right) in enumerate(self.rows)
            )
        joined = (r" \cr " if form == "markdown" else " \\\\\n").join(
            f"{left} &{relation} {right}" for left, relation, right in self.rows
        )
        if form == "markdown":
            return rf"$$ \begin{{aligned}} {joined} \end{{aligned}} $$" + "\n"
        return f"\\begin{{align*}}\n{joined}\n\\end{{align*}}\n"

    def _indent(self, i: int) -> int:
        while not self.rows[i][0]:
            i -= 1
        return len(self.rows[i][0])


def explain(
    equations: str, of: str | None, wrt: Iterable[str], at: str, form: str, digits: int, functions: Iterable[str] = ()
) -> str:
    """The text of ``derivgen derive``; ``functions`` stay abstract."""
    graph = Graph.of(equations, functions=functions, kinks="forbid")
    given = numbers_of(at, graph)
    target = graph.output if of is None else of
    if target not in graph or graph.is_leaf(target):
        raise DerivationError(f"--of: {suggest(target, [node.name for node in graph.nodes])}")
    reach = graph.ancestors(target)
    by = list(wrt) or [leaf for leaf in graph.leaves if leaf in reach]
    for name in by:
        if name not in graph:
            raise DerivationError(f"--wrt: {suggest(name, [*graph.leaves, *(n.name for n in graph.nodes)])}")
    return derivation_text(graph, target, by, given, form, digits)


def drawing(equations: str, of: str | None, at: str, form: str, digits: int, functions: Iterable[str] = ()) -> str:
    """The text of ``derivgen derive --figure``."""
    return circuit_text(Graph.of(equations, functions=functions, kinks="forbid"), of, at, form, digits)


def circuit_text(graph: Graph, of: str | None, at: str, form: str, digits: int) -> str:
    """A graph as a circuit, in tikz or svg; with numbers, every value and ∂of/∂ of it, each of them proved."""
    from derivgen.pictures import written

    given = numbers_of(at, graph)
    target = graph.output if of is None else of
    if target not in graph or graph.is_leaf(target):
        raise DerivationError(f"--of: {suggest(target, [node.name for node in graph.nodes])}")
    network = Network(graph, (), (), (), (), "", "")
    figure = Figure(network, "circuit")
    if given:
        names, reach = quantities(figure), Drawing(figure).graph.ancestors(target)
        slopes = tuple(Partial(target, name) for name in names if name in reach)
        figure = replace(figure, values=names, gradients=slopes)
    drawing = Drawing(figure)
    if drawing.crowded:
        raise DerivgenError("these equations are too crowded to be drawn: draw some of them alone")
    scene = numbered(drawing, dict[str | Partial, Real](given.items()), digits)
    if scene.touching():
        raise DerivgenError("these equations are too crowded to be drawn: draw some of them alone")
    return written(drawing, scene, "solution", form) + "\n"


def derivation_text(
    graph: Graph, of: str, wrt: Iterable[str], given: Mapping[str, Fraction], form: str, digits: int
) -> str:
    """All blocks of a derivation as text in one form: plain, markdown or latex."""
    return "\n".join(block.text(form) for block in derivation_rows(graph, of, wrt, given, form, digits))


def numbers_of(at: str, graph: Graph) -> dict[str, Fraction]:
    """``x=1,w=-0.2`` as exact numbers."""
    given: dict[str, Fraction] = {}
    for item in filter(None, (piece.strip() for piece in at.split(","))):
        name, sign, text = (piece.strip() for piece in item.partition("="))
        if not sign:
            raise DerivgenError(f"--at: {item!r} is not name=number")
        if name not in graph:
            raise DerivgenError(f"--at: {suggest(name, graph.leaves)}")
        if name in given:
            raise DerivgenError(f"--at: {name} is given twice")
        try:
            value = constant(read(text, graph.scope))
        except ReadingError:
            value = None
        if value is None:
            raise DerivgenError(f"--at: {text!r} is not a number; write 0.5, -2 or 1/3")
        given[name] = value
    return given


def constant(tree: Tree) -> Fraction | None:
    """The value of a number as written: 2, −0.5, 1/3."""
    if isinstance(tree, Number):
        return tree.value
    operation, args = getattr(tree, "operation", ""), [constant(a) for a in getattr(tree, "args", ())]
    if operation == "negate" and args[0] is not None:
        return -args[0]
    if operation == "divide" and args[0] is not None and args[1]:
        return args[0] / args[1]
    return None


def derivation_rows(
    graph: Graph, of: str, wrt: Iterable[str], given: Mapping[str, Fraction], form: str, digits: int
) -> list[Rows]:
    """The forward equations, then for each ``wrt`` local derivatives, chain rule, closed form, and numbers if given."""
    network = Network(graph, (), (), (), (), "", "")
    reach = graph.ancestors(of)
    asks: list[Ask] = [_ask("forward_values", of=of)] if given else []
    for name in wrt:
        asks.append(_ask("gradient", of=of, wrt=name))
        asks += [_ask("closed_form", of=of, wrt=name)] if _fits(graph, of, name) else []
        asks += [_ask("derivative", of=of, wrt=name)] if given else []
    made = plan.make(network, tuple(asks), Known(frozenset(given)), 1, Draws(), drop_repeats=True)
    missing = sorted(name for name in made.needed if name not in given) if given else []
    cut = {name for inner in given if not graph.is_leaf(inner) for name in graph.ancestors(inner)}
    if missing := [name for name in missing if name in reach and name not in cut]:
        raise DerivgenError(f"--at: {', '.join(missing)} must have a number too")
    if found := contradiction(graph, given):
        raise DerivgenError(f"--at: the other numbers make {found[0]} {write(found[1], 6)[0]}")
    exercise = certified(made, dict[str | Partial, Real](given.items()), digits=digits)
    blocks: list[Rows] = []
    printed: set[tuple[tuple[str, str, str], ...]] = set()
    for chains in made.chains:
        rows: list[tuple[str, str, str]] = []
        for chain in chains:
            lines = tuple((row.left, row.relation, row.right) for row in exercise.rows(chain, form))
            if lines not in printed:
                printed.add(lines)
                rows += lines
        if rows:
            blocks.append(Rows(tuple(rows)))
    return blocks


def _ask(name: str, **parameters: object) -> Ask:
    return Ask(name, parameters, HERE)


def _fits(graph: Graph, of: str, wrt: str) -> bool:
    """Whether there is a closed form to print: neither too long, nor what the gradient already is."""
    if is_recursive(graph, of, wrt):
        return False
    form = forward_form(graph, of, wrt, cancel=True)
    if all(graph.is_leaf(name) for name in names(form)) and simplified(form) == form:
        return False
    try:
        return bool(closed_form(graph, form, largest=LARGEST_CLOSED_FORM))
    except DerivationError:
        return False
