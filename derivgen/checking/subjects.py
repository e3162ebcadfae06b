"""What a work is checked against: a quiz with its seed, or equations, in; ``Subject``s by their exercises' numbers out.

>>> subject = of_equations("z = w*x; L = (z - y)^2", "x=2,w=1/2,y=0")
>>> subject.roles.weights, subject.roles.targets, subject.roles.loss, str(subject.numbers["w"])
(('w',), ('y',), 'L', '1/2')
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from derivgen.checking.work import Subject
from derivgen.exercise import Part
from derivgen.explain import numbers_of
from derivgen.expression import Partial
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.sheet import Exercise, Sheet
from derivgen.slips import Roles

# Equations do not say who is who; letters do, by the custom of the field.
_WEIGHT, _BIAS, _TARGET = re.compile(r"[wWvVuU]|theta|Theta"), re.compile(r"b|beta"), re.compile(r"[yt]|target")
_STEP_SIZES = {"alpha": r"\balpha\b|α", "eta": r"\beta\b|η|\\eta\b", "lambda": r"\blambda\b|λ"}

# Parts whose solutions speak of something else than their network's own values and derivatives.
NOT_JUDGED = {
    "prove": "proof", "bottleneck": "counts", "equal_weights": "assumption", "output_sizes": "counts",
    "layer_parameters": "counts", "multiply_adds": "counts", "receptive_field": "counts", "find_layer": "counts",
    "parameter_count": "counts",
}  # fmt: skip


# Parts that speak of small changes too: their lines are judged, but for those with a change in them.
CHANGES = frozenset({"sensitivity", "staged_values", "partial_derivatives"})


@dataclass(frozen=True)
class Topic:
    """One exercise as it is checked: its subject, and the sheet's own account of it, if it is a quiz's."""

    subject: Subject
    exercise: Exercise | None = None

    def ask(self, part: str) -> str:
        """The ask of a part by its letter; empty if there is none."""
        found = self._part(part)
        return found.ask if found else ""

    def of(self, part: str) -> Subject:
        """The subject of a part by its letter: a question may be about a function of its own, not about the network."""
        found = self._part(part)
        if found is None or found.answer is None or found.answer.graph is None:
            return self.subject
        graph = found.answer.graph
        return replace(self.subject, graph=graph, roles=replace(self.subject.roles, graph=graph), network=None)

    def _part(self, part: str) -> Part | None:
        parts = self.exercise.plan.parts if self.exercise else ()
        return next((p for p in parts if part and p.id.partition(".")[2] == part), None)


def of_sheet(sheet: Sheet) -> dict[int, Topic]:
    """The exercises of one variant of a quiz, by their numbers."""
    return {exercise.number: Topic(_subject(exercise, sheet.quiz.digits), exercise) for exercise in sheet.exercises}


def _subject(exercise: Exercise, digits: int) -> Subject:
    plan = exercise.plan
    network = plan.network
    trained = (*network.weights, *network.biases)
    fixed = tuple(name for name, value in network.fixed if value == 1)
    graph = plan.graph.fixed(dict.fromkeys(fixed, Fraction(1)))  # what a row of biases meets is 1 in every line
    roles = Roles(
        graph, trained, network.loss, network.example_losses, network.step_size, network.biases, fixed,
        network.targets,
    )  # fmt: skip
    givens = ((key, value) for key, value in exercise.givens if key not in fixed)
    numbers: dict[str | Partial, Fraction] = {key: Fraction(value) for key, value in givens}
    return Subject(graph, roles, network, numbers, plan.known.taken, digits)


def of_equations(equations: str, at: str = "", text: str = "", *, functions: Iterable[str] = ()) -> Subject:
    """The subject of equations that somebody typed; ``text`` is the work, which says what the step size is called."""
    return of_graph(Graph.of(equations, None, tuple(functions)), at, text)


def of_graph(graph: Graph, at: str = "", text: str = "") -> Subject:
    """The subject of a graph whose leaves are told apart by their letters; a step size is added as one more leaf."""
    said = f"{at} {text}"
    step = next((name for name, sign in _STEP_SIZES.items() if name in graph or re.search(sign, said)), "alpha")
    if step not in graph:
        graph = Graph(
            (*graph.leaves, step), graph.nodes, graph.functions, graph.bindings, graph.kinks, graph.arrays,
            graph.stated, graph.simplices,
        )  # fmt: skip

    numbers: dict[str | Partial, Fraction] = dict(numbers_of(at, graph).items())

    def named(letter: re.Pattern[str]) -> tuple[str, ...]:
        return tuple(leaf for leaf in graph.leaves if letter.fullmatch(re.split(r"[_^0-9]", leaf)[0]) and leaf != step)

    weights, biases, targets = named(_WEIGHT), named(_BIAS), named(_TARGET)
    others = {*weights, *biases, *targets, step}
    inputs = tuple(leaf for leaf in graph.leaves if leaf not in others)
    loss = graph.output
    network = Network(graph, inputs, weights, targets, (), step, loss, "equations", biases)
    return Subject(graph, Roles(graph, (*weights, *biases), loss, (), step, biases, (), targets), network, numbers)
