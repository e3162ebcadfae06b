"""A layered network in, its drawing out: a column for each layer, inputs on the left, every weight on its own line.

Numbers come as LaTeX by the names of their quantities, so that a drawing is made once and filled for every variant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import sqrt
from typing import Literal

from derivgen.figures.geometry import Point, rounded
from derivgen.figures.metrics import NODE, label_room, measured
from derivgen.figures.placing import Wish, along, settled
from derivgen.figures.scene import PAGE, Label, LabelRole, Layer, Line, Scene, Shape, ShapeRole
from derivgen.networks import Network
from derivgen.notation import latex_name

Weights = Literal["symbols", "numbers", "none"]
Style = Literal["split", "circle", "plain"]

MOST_NODES, SHOWN = 6, 3  # a wider layer shows its first three nodes, dots, and its last
MOST_WEIGHTS = 12  # lines of a gap that can carry their weights
_MARGIN, _TALL, _CIRCLE, _CONSTANT = 4.0, 25.0, 26.0, 20.0
_PADDING, _BETWEEN = 5.0, 14.0  # beside a text in its box; between a node's numbers and those of the next node
_STEP = 6.0  # what is secret on a question sheet shall not be read off the width of a box
_BLANK = (28.0, 14.0)  # room to write a number in
_GAP, _NARROW, _WIDE_GAP, _STEPS = 62.0, 40.0, 190.0, 3  # between columns: usual; least; most, in so many steps
_HIGHER = (1.0, 1.25, 1.6, 2.0)  # rows are moved apart until all can be read
_SLOPE, _FLAT = 0.55, 0.3  # how steeply a line may leave a circle, and one with a number above it
_SPREAD, _STEEP = 7.0, 1.1  # how far from its middle a line may meet a box's side, and how steep it is then
_SHARES = tuple(i / 50 for i in range(6, 45, 2))
_MANY_SHARES = tuple(i / 100 for i in range(8, 93, 2))  # for the one weight that is asked for among many lines


def layered(
    network: Network,
    *,
    weights: Weights = "symbols",
    values: Mapping[str, str] | None = None,
    gradients: Mapping[str, str] | None = None,
    style: Style = "split",
    biases: bool = False,
    asked: Collection[str] = (),
    blanks: Collection[str] = (),
    room: str = "",
) -> Scene:
    """The drawing of a network of layers.

    ``weights`` on their lines as symbols, as the numbers that ``values`` has for them, or not at all; a gap of more
    than twelve lines, or too narrow for its labels, carries none (``unwritten`` tells), except those ``asked`` for.
    ``values`` stand above the nodes (green, forward), ``gradients`` below (red, backward), both in LaTeX by the name
    of the quantity: z and a of a split node each over its half. ``style``: boxes ``z | a``, circles of
    one name, or plain circles.
    ``biases`` come from a node 1 of their own. ``blanks`` are quantities whose numbers a question leaves to be filled
    in. ``room`` is the widest number that there shall be room for, so that ``Scene.fill`` finds it.
    """
    plan = _Plan(network, weights, dict(values or {}), dict(gradients or {}), style, biases, frozenset(asked),
                 frozenset(blanks), label_room(room) if room else (0.0, 0.0))  # fmt: skip
    return plan.scene()


def unwritten(network: Network, scene: Scene) -> tuple[int, ...]:
    """The numbers of the layers whose weights do not all stand on their lines: they belong in matrices beside it."""
    written = {label.of for label in scene.labels if label.role == "weight"}
    return tuple(
        layer.number for layer in network.layers if not {name for row in layer.weights for name in row} <= written
    )


@dataclass(frozen=True)
class _Node:
    """A node before it has a place: ``pre`` is its quantity before the activation, where it has one."""

    id: str
    pre: str
    role: ShapeRole
    constant: bool = False
    dots: bool = False


@dataclass(frozen=True)
class _Edge:
    source: str
    target: str
    weight: str


@dataclass
class _Plan:
    network: Network
    weights: Weights
    values: dict[str, str]
    gradients: dict[str, str]
    style: Style
    biases: bool
    asked: frozenset[str]
    blanks: frozenset[str]
    room: tuple[float, float]
    columns: list[list[_Node]] = field(default_factory=list)
    gaps: list[list[_Edge]] = field(default_factory=list)
    written: list[bool] = field(default_factory=list)  # whether a gap's weights stand on its lines

    def __post_init__(self) -> None:
        layers = self.network.layers
        before = layers[0].before[0]
        names = [before[self._constants(0) :], *(layer.post[0] for layer in layers)]
        kept = [_kept(len(row)) for row in names]
        for number, row in enumerate(names):
            pre = layers[number - 1].pre[0] if number else row
            role: ShapeRole = "input" if not number else "output" if number == len(layers) else "hidden"
            column = [_Node(row[k], pre[k] if number else "", role) for k in kept[number]]
            if len(column) < len(row):
                column.insert(SHOWN, _Node(f"dots {number}", "", role, dots=True))
            if number < len(layers) and self._bias(number, 0):
                column.append(_Node(f"1 {number}", "", role, constant=True))
            self.columns.append(column)
        for number, layer in enumerate(layers):
            edges = [
                _Edge(names[number][i], layer.post[0][j], self._weight(number, i, j))
                for i in kept[number]
                for j in kept[number + 1]
            ]
            if self._bias(number, 0):
                edges += [_Edge(f"1 {number}", layer.post[0][j], self._bias(number, j)) for j in kept[number + 1]]
            self.gaps.append(edges)
            self.written.append(self.weights != "none" and len(edges) <= MOST_WEIGHTS)

    # --- who is who ---------------------------------------------------------------------------------------------

    def _constants(self, number: int) -> int:
        """1 if the layer before hands on a constant first: the row of biases."""
        layer = self.network.layers[number]
        return len(layer.before[0]) - (
            len(self.network.layers[number - 1].post[0]) if number else len(self.network.inputs) // len(layer.before)
        )

    def _weight(self, number: int, i: int, j: int) -> str:
        """The weight from node i to node j; a matrix has rows by either, and a constant's row or column first."""
        rows, skip = self.network.layers[number].weights, self._constants(number)
        from_first = self.network.notation is None or self.network.notation.from_first
        return rows[i + skip][j] if from_first else rows[j][i + skip]

    def _bias(self, number: int, j: int) -> str:
        layer = self.network.layers[number]
        if not self.biases:
            return ""
        if self._constants(number):
            return self._weight(number, -1, j)
        return layer.biases[j] if layer.biases else ""

    # --- sizes --------------------------------------------------------------------------------------------------

    def _shape(self, node: _Node) -> Shape:
        """A node's outline, at no place yet."""
        if node.dots:
            return Shape(node.id, "dots", 0, 0, 6, 14, (), node.role)
        if node.constant:
            return Shape(node.id, "circle", 0, 0, _CONSTANT, _CONSTANT, ("1",), "value")
        if node.pre and self.style == "split":
            texts = (latex_name(node.pre), latex_name(node.id))
            return Shape(node.id, "split", 0, 0, rounded(2 * self.half), _TALL, texts, node.role)
        name = () if self.style == "plain" else (self._name(node),)
        return Shape(node.id, "circle", 0, 0, self.circle, self.circle, name, node.role)

    @cached_property
    def half(self) -> float:
        """The width of half a box: the same for all, and none the wiser about a number that is not shown."""
        names = [name for layer in self.network.layers for name in (*layer.pre[0], *layer.post[0])]
        text = max(measured(latex_name(name), NODE).width for name in names)
        return max(text + 2 * _PADDING, self.number[0] + 2.0)

    @cached_property
    def circle(self) -> float:
        """The width of a circle around the widest of the texts that stand in circles."""
        nodes = [node for column in self.columns for node in column if not node.dots and not node.constant]
        across = max(_CIRCLE, self.given[0], 0.0 if self.style == "split" else self.number[0])
        for node in nodes:
            if self.style == "circle" or (self.style == "split" and not node.pre):
                extent = measured(self._name(node), NODE)
                corner = sqrt(extent.width**2 + (extent.height + extent.depth) ** 2)  # its corners stay inside
                across = max(across, corner + 4.0)
        return rounded(across)

    def _name(self, node: _Node) -> str:
        for names, row in zip(self.network.neurons, self._rows(), strict=False):
            if node.id in row:
                return latex_name(names[row.index(node.id)])
        return latex_name(node.id)

    def _rows(self) -> list[tuple[str, ...]]:
        layers = self.network.layers
        return [layers[0].before[0][self._constants(0) :], *(layer.post[0] for layer in layers)]

    def _room(self, text: str) -> tuple[float, float]:
        width, height = label_room(text)
        return max(width, self.room[0]), max(height, self.room[1])

    def _number_room(self, given: bool) -> tuple[float, float]:
        """The room of every number above and below a node, or an input where those are given; in whole steps."""
        names = [name for layer in self.network.layers for name in (*layer.pre[0], *layer.post[0])]
        names = [*self.network.inputs] if given else names
        width, height = _BLANK if self.blanks & set(names) else (0.0, 0.0)
        for texts in (self.values, self.gradients):
            for name in names:
                if name in texts:
                    across, high = self._room(texts[name])
                    width, height = max(width, across), max(height, high)
        return (width if given else _STEP * -(-width // _STEP)), height

    @cached_property
    def number(self) -> tuple[float, float]:
        return self._number_room(given=False)

    @cached_property
    def given(self) -> tuple[float, float]:
        return self._number_room(given=True)

    def scene(self) -> Scene:
        """The first, ever roomier drawing in which nothing touches; if none is, a gap's weights leave its lines."""
        while True:
            columns = [[self._shape(node) for node in column] for column in self.columns]
            for higher in _HIGHER:
                drawn = self._drawn(columns, higher)
                if drawn is not None:
                    return drawn
            crowded = [k for k, written in enumerate(self.written) if written]
            if not crowded:
                return self._drawn(columns, 1.0, last=True) or _none()
            self.written[max(crowded, key=lambda k: len(self.gaps[k]))] = False

    def _drawn(self, columns: list[list[Shape]], higher: float, last: bool = False) -> Scene | None:
        pitch = self._pitch() * higher
        widths = [max(shape.width for shape in column) for column in columns]
        spare = max(PAGE - 2 * _MARGIN - sum(widths), _NARROW * len(self.gaps))
        needs = [
            2 + sum(bool(self._weight_text(k, edge.weight)) for edge in edges) for k, edges in enumerate(self.gaps)
        ]
        shares = [_NARROW + (spare - _NARROW * len(needs)) * need / sum(needs) for need in needs]
        shapes: list[Shape] = []
        lines: list[Line] = []
        labels: list[Label] = []
        left = 0.0
        placed = _column(columns[0], left + widths[0] / 2, pitch)
        shapes += placed
        for k, edges in enumerate(self.gaps):
            left += widths[k]
            for gap in self._widths(k, shares[k]):
                following = _column(columns[k + 1], left + gap + widths[k + 1] / 2, pitch)
                drawn = _lines(edges, placed, following, _FLAT if self.values or self.gradients else _SLOPE)
                marks = self._numbers([*placed, *following])
                weights, clear = settled(self._wishes(k, edges, drawn), [*placed, *following], drawn, marks)
                part = Scene(0, 0, (*placed, *following), drawn, (*weights, *marks))
                if clear and not part.touching():
                    break
            else:
                if not last:
                    return None
                weights = tuple(label for label in weights if not part.crowded(label))
            left += gap
            placed = following
            shapes += following
            lines += drawn
            labels += weights
        return _framed(shapes, lines, [*labels, *self._numbers(shapes)])

    def _pitch(self) -> float:
        """From one row to the next, at least."""
        shown = bool(self.values) + bool(self.gradients)
        return max(_TALL, self.circle) + shown * max(self.number[1], self.given[1]) + _BETWEEN

    def _widths(self, k: int, spare: float) -> list[float]:
        """How wide a gap may be: the wider, the more its weights need, as far as the page lets it."""
        texts = [text for edge in self.gaps[k] if (text := self._weight_text(k, edge.weight))]
        room = max((self._weight_room(text)[0] for text in texts), default=0.0)
        wish = _GAP + room * (1.0 if len(texts) < 5 else 1.6) + 4.0 * min(len(self.gaps[k]), 8)
        most = max(_NARROW, min(max(_WIDE_GAP, wish), spare))
        least = most if len(texts) > MOST_WEIGHTS - 3 else min(wish, most)  # so many need every point there is
        return [least + (most - least) * i / (_STEPS - 1) for i in range(_STEPS)] if most > least else [least]

    def _weight_text(self, k: int, weight: str) -> str:
        if not self.written[k] and weight not in self.asked:
            return ""
        if self.weights == "numbers" and weight not in self.blanks:
            return self.values.get(weight, latex_name(weight))
        return latex_name(weight)

    def _weight_room(self, text: str) -> tuple[float, float]:
        return self._room(text) if self.weights == "numbers" else label_room(text)

    def _wishes(self, k: int, edges: Sequence[_Edge], lines: Sequence[Line]) -> list[Wish]:
        """The weights of a gap, each on its line, best where the lines of one node have parted but not yet crossed."""
        crossing = len({edge.source for edge in edges}) > 1 and len({edge.target for edge in edges}) > 1
        best = 0.32 if crossing else 0.5
        shares = sorted(_SHARES if self.written[k] else _MANY_SHARES, key=lambda share: abs(share - best))
        wishes = []
        for edge, line in zip(edges, lines, strict=True):
            if text := self._weight_text(k, edge.weight):
                spots = tuple(along(line, share)[0] for share in shares)
                id = f"question {edge.weight}"
                wishes.append(Wish(id, text, "weight", line.id, "question", *self._weight_room(text), spots))
        return wishes

    def _numbers(self, shapes: Sequence[Shape]) -> list[Label]:
        """What stands above and below the nodes, and the blanks where it is left out."""
        pre = {node.id: node.pre for column in self.columns for node in column}
        labels = []
        for shape in shapes:
            halves = ((pre[shape.id], -shape.width / 4), (shape.id, shape.width / 4))
            for name, shift in halves if shape.kind == "split" else ((shape.id, 0.0),):
                for texts, role, layer, side in (
                    (self.values, "value", "forward", -1), (self.gradients, "gradient", "backward", 1)
                ):  # fmt: skip
                    if name in texts:
                        labels += self._number(shape, name, texts[name], role, layer, shift, side)  # type: ignore[arg-type]
        return labels

    def _number(
        self, shape: Shape, name: str, text: str, role: LabelRole, layer: Layer, shift: float, side: int
    ) -> list[Label]:
        width, height = self.given if shape.role == "input" else self.number
        y = rounded(shape.y + side * (shape.height / 2 + 1.0 + height / 2))
        given = shape.role == "input" and layer == "forward" and name not in self.blanks
        label = Label(
            f"{layer} {name}", rounded(shape.x + shift), y, width, height, text, role, shape.id,
            "question" if given else layer,
        )  # fmt: skip
        if name not in self.blanks:
            return [label]
        return [label, replace(label, id=f"question {layer} {name}", latex="", role="blank", layer="question")]


def _none() -> Scene:
    return Scene(0, 0, (), (), ())


def _kept(size: int) -> list[int]:
    return list(range(size)) if size <= MOST_NODES else [*range(SHOWN), size - 1]


def _column(shapes: Sequence[Shape], x: float, pitch: float) -> list[Shape]:
    """A layer's nodes, one below the other, in the middle of the drawing's height."""
    top = -(sum(shape.role != "value" for shape in shapes) - 1) * pitch / 2  # a constant hangs below its layer
    widest = max(shape.width for shape in shapes)
    # The constant stands at the right, or its lines would run through the boxes above it.
    shifts = [(widest - shape.width) / 2 if shape.role == "value" else 0.0 for shape in shapes]
    return [
        replace(shape, x=rounded(x + shift), y=rounded(top + i * pitch))
        for i, (shape, shift) in enumerate(zip(shapes, shifts, strict=True))
    ]


def _lines(edges: Sequence[_Edge], sources: Sequence[Shape], targets: Sequence[Shape], flat: float) -> tuple[Line, ...]:
    """A line for each edge, from border to border; the ends on one node are spread, so that arrowheads keep apart."""
    at = {shape.id: shape for shape in (*sources, *targets)}
    lines = []
    for edge in edges:
        source, target = at[edge.source], at[edge.target]
        lines.append(
            Line(
                edge.weight, (_port(source, target, 1, flat), _port(target, source, -1, flat)), edge.source, edge.target
            )
        )
    return tuple(lines)


def _port(shape: Shape, other: Shape, side: int, flat: float) -> Point:
    """Where a line meets a node's border, on its right (1) or left (-1): the lower, the more it comes from below."""
    slope = (other.y - shape.y) / abs(other.x - shape.x)
    if shape.kind == "circle":
        slope = max(-flat, min(flat, slope))
        reach = shape.width / 2 / sqrt(1 + slope * slope)
        return rounded(shape.x + side * reach), rounded(shape.y + slope * reach)
    slope = max(-_STEEP, min(_STEEP, slope))
    return rounded(shape.x + side * shape.width / 2), rounded(shape.y + slope * _SPREAD)


def _framed(shapes: Sequence[Shape], lines: Sequence[Line], labels: Sequence[Label]) -> Scene:
    """Moved so that everything stands inside the margins; coordinates are rounded here for good."""
    boxes = [*(shape.box for shape in shapes), *(label.box for label in labels)]
    left, top = min(box.left for box in boxes) - _MARGIN, min(box.top for box in boxes) - _MARGIN
    right, bottom = max(box.right for box in boxes) + _MARGIN, max(box.bottom for box in boxes) + _MARGIN
    dx, dy = -rounded(left), -rounded(top)
    return Scene(
        rounded(right - left), rounded(bottom - top),
        tuple(replace(shape, x=rounded(shape.x + dx), y=rounded(shape.y + dy)) for shape in shapes),
        tuple(
            replace(line, points=tuple((rounded(x + dx), rounded(y + dy)) for x, y in line.points)) for line in lines
        ),
        tuple(replace(label, x=rounded(label.x + dx), y=rounded(label.y + dy)) for label in labels),
    )  # fmt: skip
