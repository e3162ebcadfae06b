"""What a layout leaves and the writers read: shapes, lines and placed labels, in TeX points.

1 pt is 1/72.27 in; x points right and y down; every shape and label is a box around its centre. Coordinates are
rounded once, to 0.01 pt, when the layout is done, so that every platform writes the same bytes.

A name in an ``id`` is plain (``W_11^(1)``), so that a picture can be filled by the names of the graph: a node's shape
has the name of the quantity that it hands on, a line that of its weight (or ``source>target``), and a label its layer
and quantity: ``question W_11^(1)``, ``forward z_1^(1)``, ``backward z_1^(1)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from derivgen.figures.geometry import Box, Point, bends, flattened
from derivgen.figures.metrics import label_room

ShapeKind = Literal["circle", "box", "split", "dots", "none"]
ShapeRole = Literal["input", "hidden", "output", "operation", "function", "value"]
LabelRole = Literal["weight", "value", "gradient", "name", "blank"]
Layer = Literal["question", "forward", "backward"]

LAYERS: tuple[Layer, ...] = ("question", "forward", "backward")
PAGE, TALLEST = 440.0, 600.0  # pt: the width of a page's text, on A4 too; how high a drawing may be printed
APART = 1.0  # pt, at least, between a label and what is not its own
NEAR = 7.0  # pt: how far off a foreign line does not matter
_TOUCH = APART - 0.015  # both ends are rounded to 0.01


@dataclass(frozen=True)
class Shape:
    """A node. ``texts`` is its LaTeX: one, or two in a split box (z | a); ``dots`` and ``none`` have no outline."""

    id: str
    kind: ShapeKind
    x: float
    y: float
    width: float
    height: float
    texts: tuple[str, ...]
    role: ShapeRole

    @property
    def box(self) -> Box:
        return Box.around(self.x, self.y, self.width, self.height)


@dataclass(frozen=True)
class Line:
    """An edge from border to border; a smooth one is bent through its points, any other runs straight between them."""

    id: str
    points: tuple[Point, ...]
    source: str
    target: str
    smooth: bool = False
    arrow: bool = True

    @property
    def curve(self) -> tuple[tuple[Point, Point, Point, Point], ...]:
        """The cubic Bézier pieces of a smooth line; none of a straight one."""
        return bends(self.points) if self.smooth and len(self.points) > 2 else ()

    @property
    def track(self) -> tuple[Point, ...]:
        """The line as short straight pieces, for measuring."""
        return flattened(self.curve) if self.curve else self.points


@dataclass(frozen=True)
class Label:
    """A text that owns a line or a shape. Its box is its room: what is written stands in the middle of it."""

    id: str
    x: float
    y: float
    width: float
    height: float
    latex: str
    role: LabelRole
    owner: str
    layer: Layer = "question"

    @property
    def box(self) -> Box:
        return Box.around(self.x, self.y, self.width, self.height)

    @property
    def of(self) -> str:
        """The quantity that it tells of."""
        return self.id.partition(" ")[2]

    @property
    def place(self) -> tuple[float, float]:
        return (self.x, self.y)


@dataclass(frozen=True)
class Scene:
    """A drawing on paper of ``width`` by ``height``; ``alt`` has what each layer says in words."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    alt: tuple[tuple[Layer, str], ...] = ()

    @property
    def scale(self) -> float:
        """How much smaller it is printed, to be no wider than a page's text."""
        return min(1.0, PAGE / self.width) if self.width else 1.0

    def revealed(self, layers: Iterable[Layer]) -> Scene:
        """The same drawing, on the same coordinates, with the labels and words of those layers only.

        A blank goes where the value that fills it is shown.
        """
        shown = tuple(layers)
        labels = tuple(label for label in self.labels if label.layer in shown)
        told = {label.place for label in labels if label.role != "blank"}
        return replace(
            self,
            labels=tuple(label for label in labels if label.role != "blank" or label.place not in told),
            alt=tuple((layer, sentence) for layer, sentence in self.alt if layer in shown),
        )

    def fill(self, texts: Mapping[str, str]) -> Scene | None:
        """The drawing with other texts in those labels, by their ids; None if one would outgrow its room and touch.

        A text that fits its room changes nothing else, since rooms are clear of one another. A wider one may take more
        room where there is some: what it must not touch is measured again for it alone.
        """
        wider: list[int] = []
        labels: list[Label] = []
        for label in self.labels:
            if label.id in texts:
                width, height = label_room(texts[label.id])
                if width > label.width or height > label.height:
                    wider.append(len(labels))
                label = replace(
                    label, latex=texts[label.id], width=max(width, label.width), height=max(height, label.height)
                )
            labels.append(label)
        filled = replace(self, labels=tuple(labels))
        inside = Box(0, 0, self.width, self.height)
        for at in wider:
            if not inside.contains(labels[at].box) or filled.crowded(labels[at]):
                return None
        return filled

    def crowded(self, label: Label) -> tuple[str, ...]:
        """The ids of what a label touches, and of a line that is nearer to it than its own."""
        box, found = label.box, []
        for other in self.labels:
            if other.id != label.id and box.gap(other.box) < _TOUCH and not _same_place(label, other):
                found.append(other.id)
        for shape in self.shapes:
            touches = box.overlap(shape.box) > 0 if shape.id == label.owner else box.gap(shape.box) < _TOUCH
            if touches:
                found.append(shape.id)
        own, nearest, rival = -1.0, NEAR, ""
        for line in self.lines:
            distance = min(box.near(a, b, NEAR) for a, b in pairwise(line.track))
            if line.id == label.owner:
                own = distance
            elif distance < _TOUCH:
                found.append(line.id)
            elif distance < nearest:
                nearest, rival = distance, line.id
        if rival and nearest <= own:
            found.append(rival)
        return tuple(found)

    def touching(self) -> tuple[tuple[str, str], ...]:
        """Every label's id with each thing that crowds it: none in a drawing that can be read."""
        return tuple((label.id, other) for label in self.labels for other in self.crowded(label))

    def facts(self) -> tuple[dict[str, str], ...]:
        """What the labels say, as plain data for a template to put into words: layer, role, of, latex, from, to."""
        lines = {line.id: line for line in self.lines}
        found = []
        for label in self.labels:
            fact = {"layer": label.layer, "role": label.role, "latex": label.latex, "of": label.of}
            if line := lines.get(label.owner):
                fact |= {"from": line.source, "to": line.target}
            found.append(fact)
        return tuple(found)


def _same_place(one: Label, other: Label) -> bool:
    """A blank and the value that goes into it stand on the same place; they are never shown together."""
    return (one.role == "blank") != (other.role == "blank") and one.place == other.place
