"""The table of slips: what people get wrong. A correct derivation in, its plausible wrong versions out.

A slip serves twice: it makes the false statements and the wrong choices of a question, and it names the mistake in
somebody's derivation (``named``). It changes the steps of a ``Work``, one place or one term at a time, and says where;
what comes out right after all, at random residues, is no slip and is never handed out.

>>> from derivgen.expression import Partial
>>> from derivgen.graph import Graph
>>> from derivgen.printing import plain
>>> graph = Graph.of("z = w*x; a = tanh(z); L = (a - y)^2", ["w", "x", "y"])
>>> for found in wrong(derivation(Roles(graph, ("w",), "L"), Partial("L", "w"))):
...     print(f"{found.slip}: {plain(found.tree, graph.scope)}")
activation_derivative_forgotten: 2*(a - y)*x
derivative_at_activation: 2*(a - y)*(1 - tanh(a)^2)*x
loss_sign: 2*(y - a)*(1 - a^2)*x
half_or_two_lost: (a - y)*(1 - a^2)*x
weight_for_activation: 2*(a - y)*(1 - a^2)*w
"""

from __future__ import annotations

from derivgen.slips.making import LARGEST, expanded, named, ways_of, wrong, wrong_lines, wrong_values
from derivgen.slips.table import SLIPS, slip
from derivgen.worked import Roles, Shape, Slipped, Work, chain_rule, derivation, line, local_step, update

# The rows, in this order: of two that make the same of a work, the first counts.
# isort: off
from derivgen.slips.chains import neighbours
from derivgen.slips import lines, counts, terms, judged  # noqa: F401
from derivgen.slips.judged import OTHER_SLOPES, slope_as
# isort: on

__all__ = [
    "LARGEST", "OTHER_SLOPES", "SLIPS", "Roles", "Shape", "Slipped", "Work", "chain_rule", "derivation", "expanded",
    "line", "local_step", "named", "neighbours", "slip", "slope_as", "update", "ways_of", "wrong", "wrong_lines",
    "wrong_values",
]  # fmt: skip
