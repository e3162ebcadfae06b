"""Data sufficiency: whether what is known of a network fixes a target, decided and proved.

``Decider.decide`` returns the steps of a formula, a ``Witness`` that there is none, or None where neither is found.
"Fixes" means: for all real numbers, zeros and kinks included.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from derivgen.networks import Network
from derivgen.sufficiency.closure import Closure, Quantity, Step, node_of
from derivgen.sufficiency.witness import Witness, find

__all__ = ["Decider", "Quantity", "Step", "Witness", "decider", "node_of"]


@lru_cache(maxsize=32)
def decider(network: Network) -> Decider:
    """The decider of a network, whose rules are kept for its next question."""
    return Decider(network)


class Decider:
    """Decisions about one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.closure = Closure(network)

    def decide(self, target: Quantity, known: Collection[Quantity]) -> tuple[Step, ...] | Witness | None:
        """A formula's steps, or a witness against it, or None: undecided."""
        steps = self.closure.steps(target, known)
        return find(self.network, target, known) if steps is None else steps
