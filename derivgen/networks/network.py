"""What a builder of networks returns: a graph, and who is who in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from derivgen import spec
from derivgen.draws import Draws
from derivgen.errors import suggest
from derivgen.expression import Tree
from derivgen.graph import Graph
from derivgen.notation import Notation
from derivgen.operations import OPERATIONS, SPELLINGS


@dataclass(frozen=True)
class Layer:
    """One layer of a layered network; quantities by [example][node], node 0 (the constant 1) first where there is one.

    ``weights`` are in the rows and columns of their matrix. The ``*_array`` are the names of the whole arrays, empty
    where a single quantity needs none.
    """

    number: int
    activation: str
    before: tuple[tuple[str, ...], ...]
    weights: tuple[tuple[str, ...], ...]
    biases: tuple[str, ...]
    pre: tuple[tuple[str, ...], ...]
    post: tuple[tuple[str, ...], ...]
    weights_array: str
    biases_array: str
    before_array: str
    pre_array: str
    post_array: str
    delta_array: str
    rest_array: str  # the weights without the constant's row

    @property
    def size(self) -> int:
        return len(self.pre[0])


@dataclass(frozen=True)
class Unit:
    """One step of a convolutional network; a shape is (channels, height, width), or (numbers,) of a vector.

    ``row`` numbers the layers as a sheet does, counted from 1: a batch normalization or an activation that follows
    a layer shares its row. ``source`` is the row whose output comes in, 0 for the network's input; ``second`` the row
    that a residual addition adds to it. ``inside`` tells how deep in residual blocks it stands.
    """

    kind: str  # conv, max_pool, average_pool, batch_norm, activation, flatten, dense, add
    row: int
    source: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    kernel: tuple[int, ...] = ()
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1
    bias: bool = False
    activation: str = ""
    second: int = 0
    inside: int = 0
    projection: bool = False

    @property
    def own_row(self) -> bool:
        return self.kind not in ("batch_norm", "activation") or self.row != self.source

    @property
    def windowed(self) -> bool:
        return self.kind in ("conv", "max_pool", "average_pool")

    @property
    def whole(self) -> bool:
        """Whether a pooling takes each channel as a whole."""
        return self.kind.endswith("_pool") and self.kernel == self.before[1:] and self.after[1:] == (1, 1)


@dataclass(frozen=True)
class Network:
    """A graph and the roles of its leaves; ``loss`` is the loss node's name, empty if there is none.

    ``fixed`` are leaves that always have the same number: the constant 1 that a row of biases meets.
    """

    graph: Graph
    inputs: tuple[str, ...]
    weights: tuple[str, ...]
    targets: tuple[str, ...]
    constants: tuple[str, ...]
    step_size: str
    loss: str
    kind: str = "equations"
    biases: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    notation: Notation | None = None
    neurons: tuple[tuple[str, ...], ...] = ()  # names of the nodes, layer by layer, where nodes have names
    fixed: tuple[tuple[str, Fraction], ...] = ()
    example_losses: tuple[str, ...] = ()
    reduction: str = ""  # of a batch's losses: mean or sum
    loss_kind: str = ""  # the loss's operation, or cross_entropy
    meanings: tuple[tuple[str, str], ...] = ()  # what abstract functions stand for, said on the sheet only
    formula: Tree | None = None  # which the graph computes in steps
    units: tuple[Unit, ...] = ()  # of a convolutional network, whose graph is that of its sizes
    input_shape: tuple[int, ...] = ()
    target_class: int = 0  # the one class that the loss is of, counted from 1; 0: the targets say

    @property
    def softmaxes(self) -> tuple[tuple[str, ...], ...]:
        """The outputs of each example that come out of one softmax."""
        return self.layers[-1].post if self.layers and self.layers[-1].activation == "softmax" else ()

    @property
    def named(self) -> bool:
        return bool(self.neurons)

    def array(self, word: str) -> str:
        """The whole array that a word means: its name, or its letter and layer in short (W2); empty if none."""
        names = [name for name, _ in self.graph.arrays]
        if word in names:
            return word
        short = re.fullmatch(r"[A-Za-z]+[0-9]+", word)
        return next((n for n in names if short and "_" not in n and re.sub(r"[\^()\[\]]", "", n) == word), "")


Builder = Callable[[spec.Network, Draws, str], Network]


def drawn(value: object, name: str, draws: Draws) -> object:
    """A value, or one of its choices if the quiz file leaves it to chance."""
    return draws.choice(name, value.choices) if isinstance(value, spec.OneOf) else value


def operation(spelling: object, role: str, place: spec.Place, more: tuple[str, ...] = ()) -> str:
    """The operation of that role, by any of its spellings, or one of ``more`` words."""
    choices = [*(row.name for row in OPERATIONS.values() if row.role == role), *more]
    if spelling in more:
        return str(spelling)
    found = SPELLINGS.get(spelling) if isinstance(spelling, str) else None
    if found is None or found not in choices:
        raise place.error(suggest(str(spelling), choices))
    return found
