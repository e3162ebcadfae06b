"""A ``Figure`` in, its scenes out: laid out once for each size of number, then only filled, variant by variant.

What a layout looks like depends on the structure and on how wide the numbers are, never on the variant before: a sheet
made alone has the bytes that it has in a class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Literal

from derivgen.certify import NumberLines
from derivgen.derivation import Chain, chain
from derivgen.exercise import Figure
from derivgen.expression import Apply, Name, Number, Partial
from derivgen.figures.apart import inputs, taken_apart
from derivgen.figures.circuit import circuit
from derivgen.figures.layered import layered, unwritten
from derivgen.figures.metrics import label_room
from derivgen.figures.scene import PAGE, TALLEST, Label, Scene
from derivgen.figures.stack import stack
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.spec import Look
from derivgen.stacks import described, rows

ROOMS = ("-8", "-88", "-8.88", "-88.88", "-8.8888", "-88.8888", "-888.8888")
USUAL = "-8.88"
MOST_OPERATIONS = 12  # of a circuit that is drawn without being asked for
LARGEST = 40  # operations of any circuit that is drawn
Key = str | Partial


class Drawing:
    """A figure with its layouts so far. ``name`` is that of its files."""

    def __init__(self, figure: Figure, name: str = "") -> None:
        self.figure, self.name = figure, name
        self._layouts: dict[tuple[str, ...], Scene | None] = {}

    @property
    def owner(self) -> str:
        """The exercise or the part that shows it, by which it is named: 1, 1a."""
        return self.name.partition("-")[0]

    @property
    def graph(self) -> Graph:
        """The graph whose quantities have numbers on the drawing: a circuit has every operation's."""
        return self._apart if self.figure.kind == "circuit" else self.figure.network.graph

    @cached_property
    def _apart(self) -> Graph:
        return taken_apart(self.figure.network.graph)

    @cached_property
    def lines(self) -> NumberLines:
        """The certificates of a circuit's numbers."""
        return NumberLines(self.graph)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """What has a number on it: quantities, and derivatives."""
        return (*self.figure.values, *self.figure.gradients)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the numbers' labels."""
        return tuple(map(_id, self.keys))

    @property
    def plain(self) -> Scene:
        """The drawing without numbers."""
        return _plain(replace(self.figure, values=(), gradients=(), told=frozenset(), blanks=()))

    @property
    def small(self) -> bool:
        """Whether it is no circuit of many operations, and no wider than a page: one that can introduce its network."""
        few = self.figure.kind != "circuit" or len(self.graph.nodes) <= MOST_OPERATIONS
        return few and self.plain.width <= PAGE and not self.crowded

    @property
    def crowded(self) -> bool:
        """Whether it cannot be read, or is higher than a page, with numbers of a usual width."""
        if self.figure.kind == "circuit" and len(self.graph.nodes) > LARGEST:  # a layout would take long, too
            return True
        scene = self._laid(dict.fromkeys(self.keys, USUAL)) if self.keys else self.plain
        return bool(scene.touching()) or scene.height * scene.scale > TALLEST

    def scene(self, texts: Mapping[Key, str]) -> Scene:
        """The drawing with these numbers on it, in the smallest layout that has room for them."""
        if not self.keys:
            return self.plain
        widest: dict[str, float] = {}
        for key in self.keys:
            widest[self._kind(key)] = max(widest.get(self._kind(key), 0.0), label_room(texts[key])[0])
        rooms = {kind: [room for room in ROOMS if label_room(room)[0] >= width] for kind, width in widest.items()}
        if all(rooms.values()):
            layout = self._layout({kind: fitting[0] for kind, fitting in rooms.items()})
            filled = layout and layout.fill({label.id: texts[self._key(label)] for label in self._numbers(layout)})
            if filled:
                return filled
        return self._laid(texts)

    def shown(self, scene: Scene, *, solution: bool) -> Scene:
        """What a question or a solution shows of a scene; a question has boxes where numbers are to be filled in."""
        if solution:
            return scene
        if self.figure.kind == "stack":
            letters = {row: _upright(letter) for row, letter in self.figure.letters}
            told = [replace(label, latex=letters.get(int(label.of), label.latex)) for label in scene.labels]
            return replace(scene, labels=tuple(label for label in told if label.latex))
        kept = [label for label in scene.labels if label.role == "name" or self._told(label)]
        blanks = set(map(_id, self.figure.blanks))
        kept += [
            replace(label, id=f"blank {label.id}", latex="", role="blank", layer="question")
            for label in scene.labels
            if label.id in blanks
        ]
        return replace(scene, labels=tuple(kept))

    def facts(self, scene: Scene) -> dict[str, object]:
        """What a shown scene says, as plain data for the words beside it."""
        figure, labels = self.figure, scene.labels
        if figure.kind == "stack":
            return self._stacked(scene)
        lines = {line.id: line for line in scene.lines}
        return {
            "kind": figure.kind, "plain": figure.look.nodes == "plain",
            "layers": [[self._called(name) for name in row] for row in self._rows()],
            "operations": list(self._operations()),
            "weights": [
                {"of": label.of, "text": label.latex if label.of in self._valued else "",
                 "from": self._called(lines[label.owner].source), "to": self._called(lines[label.owner].target)}
                for label in labels if label.role == "weight" and label.owner in lines
            ],
            "values": [
                {"of": self._called(label.of), "text": label.latex} for label in labels if label.role == "value"
            ],
            "gradients": [
                {"of": self._output, "wrt": self._called(label.of), "text": label.latex}
                for label in labels if label.role == "gradient"
            ],
            "blanks": [self._called(label.of.partition(" ")[2]) for label in labels if label.role == "blank"],
        }  # fmt: skip

    def _stacked(self, scene: Scene) -> dict[str, object]:
        """The layers of a stack with what the drawing says of their sizes: a shape, a letter, or nothing."""
        network, letters = self.figure.network, {_upright(letter): letter for _, letter in self.figure.letters}
        shown = {int(label.of): label.latex for label in scene.labels}
        shapes = {0: network.input_shape, **{row[0].row: row[0].after for row in rows(network)}}
        sizes = {row: letters.get(shown[row], shapes[row]) for row in shown}
        said = list(map(described, rows(network)))
        return {"kind": "stack", "layers": said, "sizes": sizes, "values": [], "gradients": [], "blanks": []}

    # --- inside -------------------------------------------------------------------------------------------------

    def _layout(self, rooms: Mapping[str, str]) -> Scene | None:
        """A drawing with room for numbers that wide; None if they would touch."""
        place = tuple(rooms.get(kind, "") for kind in ("weight", "value", "gradient"))
        if place not in self._layouts:
            scene = self._laid({key: rooms[self._kind(key)] for key in self.keys})
            self._layouts[place] = None if scene.touching() else scene
        return self._layouts[place]

    def _laid(self, texts: Mapping[Key, str]) -> Scene:
        return _laid(self.figure, texts)

    def _numbers(self, scene: Scene) -> list[Label]:
        """The labels that hold a number of this figure."""
        numeric = self.figure.look.weights == "numbers"
        return [
            label for label in scene.labels
            if label.role in ("value", "gradient") or (label.role == "weight" and numeric and label.of in self._valued)
        ]  # fmt: skip

    @cached_property
    def _valued(self) -> frozenset[str]:
        return frozenset(self.figure.values)

    @property
    def _output(self) -> str:
        return self.figure.gradients[0].of if self.figure.gradients else ""

    def _key(self, label: Label) -> Key:
        return Partial(self._output, label.of) if label.role == "gradient" else label.of

    def _told(self, label: Label) -> bool:
        symbol = label.role == "weight" and label.of not in self._valued
        return symbol or self._key(label) in self.figure.told

    def _kind(self, key: Key) -> str:
        if isinstance(key, Partial):
            return "gradient"
        network = self.figure.network
        return "weight" if network.layers and key in (*network.weights, *network.biases) else "value"

    def _called(self, name: str) -> str:
        """A quantity in words: its name, or for an operation without one its number in brackets."""
        if " " in name:  # the node from which biases come: "1 0" before the first layer
            return name.partition(" ")[0]
        if name in self._neurons:
            return self._neurons[name]
        return name if "/" not in name else f"({self._steps[name]})"

    @cached_property
    def _neurons(self) -> dict[str, str]:
        """What the nodes of a network are called where they have names of their own."""
        names = (name for row in self.figure.network.neurons for name in row)
        return dict(zip((name for row in self._rows() for name in row), names, strict=False))

    @cached_property
    def _steps(self) -> dict[str, int]:
        unnamed = [node.name for node in self.graph.nodes if "/" in node.name]
        return {name: i for i, name in enumerate(unnamed, 1)}

    def _rows(self) -> Iterator[tuple[str, ...]]:
        if self.figure.kind == "layered":
            layers = self.figure.network.layers
            constants = {name for name, _ in self.figure.network.fixed}
            yield tuple(name for name in layers[0].before[0] if name not in constants)
            for layer in layers:
                yield layer.post[0]

    def _operations(self) -> Iterator[dict[str, object]]:
        for node in self.graph.nodes if self.figure.kind == "circuit" else ():
            tree = node.tree
            if isinstance(tree, Apply):
                constants = [argument for argument in tree.args if isinstance(argument, Number)]
                fed = inputs(tree) if len(tree.args) == 1 or not constants else tree.args
                called = [self._called(a.name) if isinstance(a, Name) else _number(a) for a in fed]
                function = tree.operation if tree.operation in dict(self.graph.functions) else ""
                yield {"gives": self._called(node.name), "operation": tree.operation, "function": function,
                       "inputs": called}  # fmt: skip


def look_of(network: Network, weights: Literal["symbols", "numbers"] = "symbols", *, biases: bool = False) -> Look:
    """Boxes z | a with the weights on the lines; circles where neurons have names."""
    return Look(weights, "circle" if network.named else "split", biases)


def matrices_beside(figure: Figure) -> tuple[Chain, ...]:
    """The arrays whose entries have no room on the lines of a drawing of layers, written out."""
    network = figure.network
    arrays, missing = dict(network.graph.arrays), unwritten(network, Drawing(figure).plain)
    names = [
        array for layer in network.layers if layer.number in missing
        for array in (layer.weights_array, *([layer.biases_array] if figure.look.biases else []))
    ]  # fmt: skip
    return tuple(chain(Name(array), arrays[array]) for array in names if array in arrays)


def quantities(figure: Figure) -> tuple[str, ...]:
    """The quantities whose values can stand on a drawing, weights on their lines excepted."""
    network = figure.network
    if figure.kind == "layered":
        split = figure.look.nodes == "split"  # a circle has room for one name
        nodes = (name for layer in network.layers for name in (*(layer.pre[0] if split else ()), *layer.post[0]))
        return tuple(dict.fromkeys((*network.inputs, *nodes)))
    graph = taken_apart(network.graph)
    return (*(leaf for leaf in graph.leaves if graph.users[leaf]), *(node.name for node in graph.nodes))


def _laid(figure: Figure, texts: Mapping[Key, str]) -> Scene:
    values = {key: text for key, text in texts.items() if isinstance(key, str)}
    gradients = {key.wrt: text for key, text in texts.items() if isinstance(key, Partial)}
    if figure.kind == "circuit":
        return circuit(figure.network.graph, values, gradients)
    if figure.kind == "stack":
        return stack(figure.network, dict(figure.letters))
    look = figure.look
    return layered(
        figure.network, weights=look.weights, style=look.nodes, biases=look.biases, asked=look.mark,
        values=values, gradients=gradients,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _plain(figure: Figure) -> Scene:
    return _laid(figure, {})


def _id(key: Key) -> str:
    """The id of the label that holds a number."""
    return f"backward {key.wrt}" if isinstance(key, Partial) else f"forward {key}"


def _upright(letter: str) -> str:
    """A letter that stands for a shape, which is no quantity."""
    return letter and rf"\mathrm{{{letter}}}"


def _number(tree: object) -> str:
    assert isinstance(tree, Number)
    return tree.text or str(tree.value)
