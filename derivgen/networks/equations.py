"""The general form: a network is its equations."""

from __future__ import annotations

from dataclasses import replace

from derivgen import spec
from derivgen.draws import Draws
from derivgen.errors import DerivgenError
from derivgen.graph import Graph, GraphError
from derivgen.networks.network import Network


def equations(network: spec.Network, draws: Draws, kinks: str) -> Network:
    loss = network.loss_name or ""
    try:
        graph = Graph.of(
            network.equations,
            _leaves(network),
            network.functions,
            extra=[(loss, network.loss)] if network.loss is not None else [],
            kinks=kinks,
            first_line=network.equations_line,
        )
    except GraphError as error:
        place = network.place.at("equations")
        if error.line:
            place = replace(place, line=error.line)
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
