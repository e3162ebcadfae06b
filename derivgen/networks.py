"""The table of network kinds: a quiz file's network in, a ``Network`` (a graph and who is who in it) out.

A network is its equations; every kind but ``equations`` only writes the equations for you.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from derivgen import spec
from derivgen.draws import Draws
from derivgen.errors import DerivgenError, suggest
from derivgen.graph import Graph, GraphError
from derivgen.operations import OPERATIONS, SPELLINGS


@dataclass(frozen=True)
class Network:
    """A graph and the roles of its leaves; ``loss`` is the loss node's name, empty if there is none."""

    graph: Graph
    inputs: tuple[str, ...]
    weights: tuple[str, ...]
    targets: tuple[str, ...]
    constants: tuple[str, ...]
    step_size: str
    loss: str
    kind: str = "equations"
    biases: tuple[str, ...] = ()


Builder = Callable[[spec.Network, Draws, str], Network]
KINDS: dict[str, Builder] = {}


def kind(name: str) -> Callable[[Builder], Builder]:
    def add(builder: Builder) -> Builder:
        if name in KINDS:
            raise ValueError(f"{name!r} is already in the table")
        KINDS[name] = builder
        return builder

    return add


def build(network: spec.Network, draws: Draws, kinks: str) -> Network:
    """The network that a quiz file describes; what it leaves to chance is drawn."""
    return KINDS[network.kind](network, draws, kinks)


def drawn(value: object, name: str, draws: Draws) -> object:
    """A value, or one of its choices if the quiz file leaves it to chance."""
    return draws.choice(name, value.choices) if isinstance(value, spec.OneOf) else value


@kind("equations")
def equations(network: spec.Network, draws: Draws, kinks: str) -> Network:
    loss = network.loss_name or ""
    try:
        graph = Graph.of(
            network.equations,
            _leaves(network),
            network.functions,
            extra=[(loss, network.loss)] if network.loss is not None else [],
            kinks=kinks,
        )
    except GraphError as error:
        place = network.place.at("equations")
        if error.line:
            place = replace(place, line=network.equations_line + error.line - 1)
        elif network.loss is not None and error.problem.startswith("column"):
            place = network.place.at("loss")
        raise place.error(error.problem) from None
    except DerivgenError as error:
        raise network.place.error(str(error)) from None
    return Network(
        graph, network.inputs, network.weights, network.target, network.constants, network.step_size, loss, "equations"
    )


def _leaves(network: spec.Network) -> tuple[str, ...]:
    """The declared names, and the step size as one more leaf, so that an update line has a quantity to name."""
    declared = (*network.inputs, *network.weights, *network.target, *network.constants)
    return declared if network.step_size in declared else (*declared, network.step_size)


@kind("chain")
def chain(network: spec.Network, draws: Draws, kinks: str) -> Network:
    """z_i = a_{i−1} · w_i (+ b_i), a_i = g(z_i) for i = 1 … depth, with a_0 = x, and a loss of the last a.

    ``depth`` 1 to 9, ``activation`` one for all or a list of one each, ``biases``, ``loss``; each may be drawn.
    """
    options, place = dict(network.options), network.place
    for key in options:
        if key not in ("depth", "activation", "biases", "loss"):
            raise place.at(key).error(suggest(key, ["depth", "activation", "biases", "loss"]))
    depth = drawn(options.get("depth", 2), "depth", draws)
    if not isinstance(depth, int) or isinstance(depth, bool) or not 1 <= depth <= 9:
        raise place.at("depth").error("must be a whole number from 1 to 9")
    biases = drawn(options.get("biases", False), "biases", draws)
    if not isinstance(biases, bool):
        raise place.at("biases").error("must be true or false")
    given = options.get("activation", "sigmoid")
    listed = list(given) if isinstance(given, (list, tuple)) else [given] * depth
    if len(listed) != depth:
        raise place.at("activation").error(f"has {len(listed)} entries for {depth} layers")
    loss_choice = drawn(options.get("loss", "half_squared_error"), "loss", draws)
    functions = [
        _operation(drawn(choice, f"activation {i}", draws), "activation", place.at("activation"))
        for i, choice in enumerate(listed, 1)
    ]
    loss = _operation(loss_choice, "loss", place.at("loss"))
    lines, before = [], "x"
    weights = tuple(f"w_{i}" for i in range(1, depth + 1))
    added = tuple(f"b_{i}" for i in range(1, depth + 1)) if biases else ()
    for i, function in enumerate(functions, 1):
        lines += [f"z_{i} = {before}*w_{i}" + (f" + b_{i}" if biases else ""), f"a_{i} = {function}(z_{i})"]
        before = f"a_{i}"
    leaves = ("x", *weights, *added, "y", network.step_size)
    graph = Graph.of("\n".join(lines), leaves, extra=[("L", f"{loss}({before}, y)")], kinks=kinks)
    return Network(graph, ("x",), weights, ("y",), (), network.step_size, "L", "chain", added)


def _operation(spelling: object, role: str, place: spec.Place) -> str:
    choices = [row.name for row in OPERATIONS.values() if row.role == role]
    operation = SPELLINGS.get(spelling) if isinstance(spelling, str) else None
    if operation is None or operation not in choices:
        raise place.error(suggest(str(spelling), choices))
    return operation
