"""Hidden units that start with equal weights have equal gradients, and stay equal in every step of gradient descent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derivgen.asks.gradients import arrays_of
from derivgen.derivation import Chain, Value, adjoints, chain
from derivgen.draws import Draws
from derivgen.evaluation import EvaluationError, evaluator
from derivgen.exercise import Answer, AskError, On, Part, State, allow
from derivgen.expression import Apply, Name, Partial, Tree, transform, walk
from derivgen.graph import Graph, Node
from derivgen.networks import Layer

MOST_STEPS = 5


@dataclass(frozen=True)
class Unit:
    """A hidden unit: what flows in and out of it, and its weights, in the order of the other layers' nodes."""

    pre: str
    post: str
    incoming: tuple[str, ...]
    outgoing: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.incoming, self.pre, self.post, *self.outgoing)


def equal_weights(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """∂L/∂w_i2 = ∂L/∂w_i1 where all hidden units have equal weights; then ``steps`` (3) of gradient descent.

    Proved on a network in which the weights of the units are one and the same quantity each.
    """
    allow(parameters, "steps")
    network, graph, of = state.network, state.graph, state.network.loss
    steps = parameters.get("steps", 3)
    if not isinstance(steps, int) or isinstance(steps, bool) or not 1 <= steps <= MOST_STEPS:
        raise AskError(f"must be a whole number from 1 to {MOST_STEPS}", "steps")
    if len(network.layers) != 2 or len(network.layers[0].pre) > 1 or not of:
        raise AskError("needs a network with one hidden layer, a loss and no batch (kind: layered)")
    if not state.numeric(of, network.step_size) or state.cuts:
        raise AskError("needs the numbers of all inputs, weights and targets and of the step size, and no others")
    state.need_bound(of)
    hidden, last = network.layers
    units = _units(state, hidden, last)
    if len(units) < 2:
        raise AskError("needs at least two hidden units")
    _require_equal(state, units)
    tied, forms, kind = _tied(graph, units), adjoints(graph, of), _kind(state, hidden, units)
    arrays = [array for layer in network.layers for array in arrays_of(layer)]
    shown = tuple(
        {
            "number": stage + 1,
            "gradients": tuple(chain(Partial(of, array), Value(Partial(of, array), stage)) for array in arrays),
            "arrays": tuple(chain(Name(array), Value(Name(array), stage + 1)) for array in arrays),
        }
        for stage in range(steps)
    )  # fmt: skip
    facts = {
        "units": len(units), "steps": steps, "step": Name(network.step_size), "arrays": tuple(map(Name, arrays)),
        "slopes": tuple(Partial(of, array) for array in arrays),
        "of": Name(of), "kind": kind, "biases": bool(last.biases), "out_bias": Name(last.biases_array or "b"),
        "first": Name(units[0].post), "second": Name(units[1].post),
        "lines": On(tied, _lines(graph, of, units[0], units[1], forms)),
        "others": tuple(On(tied, _lines(graph, of, units[0], unit, forms)) for unit in units[2:]),  # proved, not shown
        "shown": shown,
        "before": chain(Name(of), Value(Name(of))), "after": chain(Name(of), Value(Name(of), steps)),
    }  # fmt: skip
    resting = {"still": [n for u in units for n in (*u.incoming, *u.outgoing)],
               "late": [n for u in units for n in u.incoming]}  # fmt: skip
    zero: tuple[tuple[Tree, str], ...] = tuple((Partial(of, name), "=") for name in resting.get(kind, ()))
    demands = ((Name(network.step_size), "!"), *zero)
    answer = Answer("values", tuple((Name(array), Value(Name(array), steps)) for array in arrays))
    return state, replace(Part("equal_weights", {"steps": str(steps)}, answer, facts), demands=demands)


def _units(state: State, hidden: Layer, last: Layer) -> tuple[Unit, ...]:
    """Each hidden unit with its weights, read off the equations."""
    graph, trained = state.graph, {*state.network.weights, *state.network.biases}
    posts = hidden.post[0][-len(hidden.pre[0]) :]
    found = []
    for pre, post in zip(hidden.pre[0], posts, strict=True):
        incoming = tuple(name for name in graph.parents(pre) if name in trained)
        outgoing = tuple(
            factor.name
            for node in last.pre[0] for part in walk(graph.node(node).tree)
            if isinstance(part, Apply) and part.operation == "multiply" and Name(post) in part.args
            for factor in part.args if isinstance(factor, Name) and factor.name in trained
        )  # fmt: skip
        found.append(Unit(pre, post, incoming, outgoing))
    return tuple(found)


def _require_equal(state: State, units: Sequence[Unit]) -> None:
    """An error that names two weights that the givens do not make equal."""
    literal, same = dict(state.known.literal), dict(state.known.same)
    for unit in units[1:]:
        for one, other in zip((*units[0].incoming, *units[0].outgoing), (*unit.incoming, *unit.outgoing), strict=True):
            numbers = literal.get(one), literal.get(other)
            if numbers[0] != numbers[1] or (numbers[0] is None and same.get(one, 1) != same.get(other, 2)):
                how = "give both one number, or draw them with {..., same: c}"
                raise AskError(f"needs hidden units with equal weights, but {one} and {other} may differ: {how}")


def _kind(state: State, hidden: Layer, units: Sequence[Unit]) -> str:
    """What the steps will show: ``still`` and ``late`` start at zero, with and without g(0) = 0, ``move`` does not."""
    literal = dict(state.known.literal)
    if any(literal.get(name) != 0 for unit in units for name in (*unit.incoming, *unit.outgoing)):
        return "move"
    try:
        activation = state.graph.resolved(state.graph.node(units[0].post).tree)
        start = evaluator(activation, state.graph.kinks)({units[0].pre: Fraction(0)})
    except EvaluationError as error:
        raise AskError(str(error)) from None
    return "late" if start else "still"


def _tied(graph: Graph, units: Sequence[Unit]) -> Graph:
    """The graph in which the units' weights are copies of shared leaves, so that each still has its own derivative."""
    taken = {*graph.leaves, *(node.name for node in graph.nodes)}
    copies: list[Node] = []
    shared: list[str] = []
    for row in zip(*((*unit.incoming, *unit.outgoing) for unit in units), strict=True):
        name = next(f"shared_{i}" for i in range(len(taken) + 1) if f"shared_{i}" not in taken)
        taken.add(name)
        shared.append(name)
        copies += [Node(copy, Name(name)) for copy in row]
    copied = {node.name for node in copies}
    leaves = (*(leaf for leaf in graph.leaves if leaf not in copied), *shared)
    return replace(graph, leaves=leaves, nodes=(*copies, *graph.nodes))


def _lines(
    graph: Graph, of: str, first: Unit, unit: Unit, forms: Mapping[str, Tree]
) -> dict[str, tuple[Chain, ...]]:
    """Each quantity of a unit in its own terms, in those of the first unit, and so the first unit's."""
    swap = dict(zip(unit.names, first.names, strict=True))

    def swapped(tree: Tree) -> Tree:
        return transform(tree, lambda part: _swapped(part, swap))

    def line(left: Tree, form: Tree) -> Chain:
        return chain(left, form, swapped(form), swapped(left))

    def slopes(names: Sequence[str]) -> Iterator[Chain]:
        return (line(Partial(of, name), forms[name]) for name in names)

    return {
        "forward": tuple(line(Name(name), graph.node(name).tree) for name in (unit.pre, unit.post)),
        "backward": tuple(slopes((unit.post, unit.pre))),
        "weights": tuple(slopes((*unit.incoming, *unit.outgoing))),
    }


def _swapped(part: Tree, swap: Mapping[str, str]) -> Tree | None:
    if isinstance(part, Name) and part.name in swap:
        return Name(swap[part.name])
    if isinstance(part, Partial) and part.wrt in swap:
        return replace(part, wrt=swap[part.wrt])
    return None
