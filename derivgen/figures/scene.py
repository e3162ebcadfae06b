"""What a layout leaves and the writers read: shapes, lines and placed labels, in TeX points.

1 pt is 1/72.27 in; x points right and y down; every shape and label is a box around its centre. Coordinates are
rounded once, to 0.01 pt, when the layout is done, so that every platform writes the same bytes.

A name in an ``id`` is plain (``W_11^(1)``), so that a picture can be filled by the names of the graph: a node's shape
has the name of the quantity that it hands on, a line that of its weight (or ``source>target``), and a label its layer and
quantity: ``question W_11^(1)``, ``forward z_1^(1)``, ``backward z_1^(1)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from derivgen.figures.geometry import Box, Point, bends, flattened

ShapeKind = Literal["circle", "box", "split", "dots", "none"]
ShapeRole = Literal["input", "hidden", "output", "operation", "function", "value"]
LabelRole = Literal["weight", "value", "gradient", "name", "blank"]
Layer = Literal["question", "forward", "backward"]

LAYERS: tuple[Layer, ...] = ("question", "forward", "backward")


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


@dataclass(frozen=True)
class Scene:
    """A drawing on paper of ``width`` by ``height``; ``alt`` has what each layer says in words."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    alt: tuple[tuple[Layer, str], ...] = ()

    def revealed(self, layers: Iterable[Layer]) -> Scene:
        """The same drawing, on the same coordinates, with the labels and words of those layers only.

        A blank goes where a label of a shown layer stands on it: see ``blanks`` of a layout.
        """
        shown = tuple(layers)
        return replace(
            self,
            labels=tuple(label for label in self.labels if label.layer in shown),
            alt=tuple((layer, sentence) for layer, sentence in self.alt if layer in shown),
        )

    def fill(self, texts: Mapping[str, str]) -> Scene | None:
        """The drawing with other texts in those labels, by their ids; None if one would outgrow its room and touch.

        A text that fits its room changes nothing else, since rooms are clear of one another. A wider one may take more
        room where there is some: what it must not touch is measured again for it alone.
        """
        from derivgen.figures.placing import crowded
        from derivgen.figures.metrics import label_room

        wider, labels = [], []
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
            if not inside.contains(labels[at].box) or crowded(filled, labels[at]):
                return None
        return filled

    def facts(self) -> tuple[dict[str, str], ...]:
        """What the labels say, as plain data for a template that puts it into words: layer, role, of, latex, from, to."""
        lines = {line.id: line for line in self.lines}
        found = []
        for label in self.labels:
            fact = {"layer": label.layer, "role": label.role, "latex": label.latex, "of": label.id.partition(" ")[2]}
            if line := lines.get(label.owner):
                fact |= {"from": line.source, "to": line.target}
            found.append(fact)
        return tuple(found)

    def described(self, sentences: Sequence[tuple[Layer, str]]) -> Scene:
        return replace(self, alt=tuple(sentences))
