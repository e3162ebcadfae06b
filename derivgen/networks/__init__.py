"""The table of network kinds: a quiz file's network in, a ``Network`` (a graph and who is who in it) out.

A network is its equations; every kind but ``equations`` only writes the equations for you.
"""

from __future__ import annotations

from derivgen import spec
from derivgen.draws import Draws
from derivgen.networks.chain import chain
from derivgen.networks.convolutional import convolutional
from derivgen.networks.equations import equations
from derivgen.networks.layered import layered
from derivgen.networks.network import Builder, Layer, Network, Unit, drawn
from derivgen.networks.staged import staged

__all__ = ["KINDS", "Layer", "Network", "Unit", "build", "drawn"]

KINDS: dict[str, Builder] = {
    "equations": equations, "chain": chain, "layered": layered, "convolutional": convolutional, "staged": staged,
}  # fmt: skip


def build(network: spec.Network, draws: Draws, kinks: str) -> Network:
    """The network that a quiz file describes; what it leaves to chance is drawn."""
    return KINDS[network.kind](network, draws, kinks)
