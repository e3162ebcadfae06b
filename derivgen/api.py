"""The Python interface: what ``import derivgen`` offers. Equations in; derivations, closed forms, values, sheets out.

>>> import derivgen
>>> net = derivgen.network("a = sigmoid(w*x + b); L = (a - y)^2/2")
>>> net.closed_form("a")
1/(exp(-b - w*x) + 1)
>>> net.gradient("w")
a*x*(1 - a)*(a - y)
>>> f"{net.values(x=1, w='-0.2', b='0.1', y=1)['a']:.30f}"
'0.475020812521060013900806817396'
>>> print(net.derivation("w"))
dL/da = a - y
da/dw = a*(1 - a)*x
dL/dw = dL/da*da/dw
      = (a - y)*a*(1 - a)*x
<BLANKLINE>
a = sigmoid(w*x + b)
dL/dw = (a - y)*a*(1 - a)*x
      = (sigmoid(w*x + b) - y)*sigmoid(w*x + b)*(1 - sigmoid(w*x + b))*x
<BLANKLINE>
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from derivgen import derivation as rules
from derivgen import spec
from derivgen.asks import ASKS
from derivgen.checking.flow import check as _check
from derivgen.checking.report import Report
from derivgen.checking.subjects import of_graph, of_sheet
from derivgen.derivation import DerivationError
from derivgen.errors import DerivgenError, suggest
from derivgen.evaluation import EvaluationError, Numbers, Real, contradiction
from derivgen.explain import circuit_text, constant, derivation_text, numbers_of
from derivgen.expression import Name, Partial, Tree
from derivgen.formats import format_of
from derivgen.graph import Graph
from derivgen.networks import KINDS
from derivgen.printing import BREAK, printed
from derivgen.reading import read
from derivgen.sheet import Sheet as _Sheet
from derivgen.sheet import compose
from derivgen.writing import key
from derivgen.written import write

if TYPE_CHECKING:
    import sympy

__all__ = ["Derivation", "Net", "Report", "Sheet", "check", "generate", "network"]


@dataclass(frozen=True)
class Derivation:
    """A worked derivation, certified; prints as plain maths, and as typeset mathematics in a notebook."""

    graph: Graph
    of: str
    wrt: str
    at: tuple[tuple[str, Fraction], ...] = ()
    digits: int = 4

    def text(self, form: str = "plain") -> str:
        """The lines in plain, markdown or latex."""
        return derivation_text(self.graph, self.of, [self.wrt], dict(self.at), form, self.digits)

    def __str__(self) -> str:
        return self.text()

    def _repr_markdown_(self) -> str:
        return self.text("markdown")

    def _repr_latex_(self) -> str:
        return self.text("latex")


@dataclass(frozen=True)
class Net:
    """A network as a computational graph of equations; see ``network``."""

    graph: Graph

    @property
    def output(self) -> str:
        """The last node: the loss, if there is one."""
        return self.graph.output

    def bind(self, **functions: str) -> Net:
        """The network with abstract functions bound: ``net.bind(g="sigmoid")``."""
        return Net(self.graph.bind(functions))

    def expression(self, name: str) -> sympy.Expr:
        """A node's equation as a SymPy expression in its parents."""
        return self._expression(self.graph.node(self._node(name)).tree)

    def closed_form(self, name: str | None = None) -> sympy.Expr:
        """A node in inputs and weights only, as a SymPy expression."""
        from derivgen.symbolic import expression

        tree = Name(self._node(name or self.output))
        return expression(rules.closed_form(self.graph, tree, largest=None), self.graph.kinks)

    def gradient(self, wrt: str, of: str | None = None, *, closed: bool = False) -> sympy.Expr:
        """∂of/∂wrt as a SymPy expression in forward values, or ``closed``: in inputs and weights only.

        Other derivatives never stand in it. Raises ``DerivationError`` if ``of`` does not depend on ``wrt``.
        """
        from derivgen.symbolic import symbol

        of = self._node(of or self.output)
        rules.require(self.graph, of, self._quantity(wrt))
        known = rules.adjoints(self.graph, of)
        order = [node.name for node in self.graph.nodes if node.name in known and node.name != wrt]
        gradient = self._expression(known[wrt])
        for name in order:  # an adjoint is written in its consumers' adjoints, which come later in the order
            token = symbol(f"d{of}/d{name}")
            gradient = gradient.xreplace({token: self._expression(known[name])})
        if closed:
            for node in reversed(self.graph.nodes):
                gradient = gradient.xreplace({symbol(node.name): self._expression(node.tree)})
        return gradient

    def values(self, given: Mapping[str, object] | None = None, **more: object) -> dict[str, Real]:
        """Every node's number: exact fractions where the operations allow, else decimals of at least 30 right digits.

        An inner value may be given too: what lies above it need not be known, and the others must agree with it.
        Numbers are given as int, Fraction or text ("-0.2", "1/3"); a float is refused, because it is not exact.
        """
        numbers = self._numbers({**(given or {}), **more})
        return {node.name: numbers[node.name] for node in self.graph.nodes}

    def gradients(
        self, given: Mapping[str, object] | None = None, of: str | None = None, **more: object
    ) -> dict[str, Real]:
        """The number of ∂of/∂v for every leaf v, by one adjoint sweep."""
        of = self._node(of or self.output)
        numbers = self._numbers({**(given or {}), **more})
        return {leaf: numbers[Partial(of, leaf)] for leaf in self.graph.leaves if leaf in self.graph.ancestors(of)}

    def derivation(self, wrt: str, of: str | None = None, at: str = "", digits: int = 4) -> Derivation:
        """The worked derivation of ∂of/∂wrt, with numbers for ``at="x=1,w=-0.2"``."""
        of = self._node(of or self.output)
        rules.require(self.graph, of, self._quantity(wrt))
        return Derivation(self.graph, of, wrt, tuple(numbers_of(at, self.graph).items()), digits)

    def _expression(self, tree: Tree) -> sympy.Expr:
        from derivgen.symbolic import expression

        return expression(self.graph.resolved(tree), self.graph.kinks)

    def _node(self, name: str) -> str:
        if self.graph.is_leaf(name):
            raise DerivationError(suggest(name, [node.name for node in self.graph.nodes]))
        return name

    def _quantity(self, name: str) -> str:
        if name not in self.graph:
            raise DerivationError(suggest(name, [*self.graph.leaves, *(node.name for node in self.graph.nodes)]))
        return name

    def _numbers(self, given: Mapping[str, object]) -> Numbers:
        exact = self._given(given)
        if found := contradiction(self.graph, exact):
            raise EvaluationError(f"{found[0]}: the other numbers make it {write(found[1], 6)[0]}")
        return Numbers(self.graph, exact)

    def _given(self, given: Mapping[str, object]) -> dict[str, Real]:
        exact: dict[str, Real] = {}
        for name, value in given.items():
            self._quantity(name)
            number = constant(read(value, self.graph.scope)) if isinstance(value, str) else value
            if isinstance(number, bool) or not isinstance(number, (int, Fraction)):
                raise DerivgenError(
                    f"{name}: {value!r} is not an exact number; write an int, a Fraction, or text such as '-0.2'"
                )
            exact[name] = Fraction(number)
        return exact

    def svg(self, at: str = "", of: str | None = None, digits: int = 4) -> str:
        """The network as a circuit, an SVG file's text; ``at="x=1,w=2"`` writes values and ∂of/∂ of them on it.

        Raises ``DerivgenError`` for equations that are too crowded to be drawn.
        """
        return circuit_text(self.graph, of, at, "svg", digits)

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg()
        except DerivgenError:
            return None

    def _repr_markdown_(self) -> str:
        def text(tree: Tree) -> str:
            return printed(tree, self.graph.scope, "markdown").text.replace(BREAK, "")

        rows = [f"{text(Name(node.name))} &= {text(node.tree)}" for node in self.graph.nodes]
        return r"$$ \begin{aligned} " + r" \cr ".join(rows) + r" \end{aligned} $$"


def network(equations: str, functions: Iterable[str] = (), *, kinks: str = "forbid") -> Net:
    """A network from equations, one a line or separated by ``;``. Undefined names become inputs and weights.

    ``functions`` stay abstract until bound: g(w*x) is a call if g is among them, and g*(w*x) a product.
    ``kinks`` is "forbid", "left" (ReLU'(0) = 0) or "right".
    Raises ``ReadingError`` or ``GraphError`` for what cannot be read.
    """
    return Net(Graph.of(equations, None, tuple(functions), kinks=kinks))


@dataclass(frozen=True)
class Sheet:
    """A certified variant of a quiz."""

    sheet: _Sheet

    def text(self, form: str = "markdown", *, solutions: bool = False) -> str:
        """The question sheet, or the solution sheet, in a format: markdown or latex."""
        return format_of(form).render(self.sheet, solutions=solutions)

    def pictures(self, *, solutions: bool = False) -> dict[str, str]:
        """The SVG files that the Markdown text shows, by the paths that it gives them."""
        return format_of("markdown").figures(self.sheet, solutions=solutions)

    @property
    def key(self) -> str:
        """The machine-readable key, as JSON."""
        return key(self.sheet)

    def _repr_markdown_(self) -> str:
        text = self.text()
        for path, drawn in self.pictures().items():  # a notebook has no files beside it
            text = text.replace(f"({path})", f"(data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()})")
        return text


def generate(quiz: str | Path, seed: str = "1", *, secret: str = "") -> Sheet:
    """One variant of a quiz: a file, or a bundled quiz's name.

    >>> "Backpropagation by hand" in generate("neural-nets").text(solutions=True)
    True
    """
    return Sheet(compose(spec.load(quiz, asks=ASKS, kinds=KINDS), seed, secret=secret))


def check(network: Net | Sheet | str, text: str, *, at: str = "", form: str = "", part: str = "") -> Report:
    """Check a derivation line by line against a network, a variant of a quiz, or equations.

    ``form`` is tex, md or plain, told from the text where it is left out; ``at="x=1,w=-0.2"`` are the network's
    numbers; ``part="1.e"`` checks an answer to one part of a quiz alone. A report prints itself; ``report.data()`` is
    its data, ``report.write("markdown")`` its text in a format, ``report.exit_code`` 1 if something is wrong, else 2 if
    something could not be read or decided, else 0. Raises ``DerivgenError`` for a part that is not there.

    >>> report = check("a = tanh(w*x); L = (a - y)^2", "dL/da = 2*(a - y)")
    >>> report.exit_code, report.counts["right"], report.lines[0].read_as("plain")
    (0, 1, 'dL/da = 2*(a - y)')
    """
    if isinstance(network, Sheet):
        if at:
            raise DerivgenError("at: a quiz has its own numbers")
        return _check(of_sheet(network.sheet), text, form=form, part=part)
    graph = Graph.of(network) if isinstance(network, str) else network.graph
    return _check(of_graph(graph, at, text), text, form=form, part=part)
