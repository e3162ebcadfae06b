r"""A convolutional network in, its drawing out: a box for each layer from left to right, its output's size below it.

Rows wrap at the page's width, between residual blocks only; a block's addition is a circle, what is added to it goes
around above. A size's label has the id ``question n_2``, so that a question can show a letter in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derivgen.figures.geometry import Point, rounded
from derivgen.figures.metrics import NODE, label_room, measured
from derivgen.figures.scene import PAGE, Label, Line, Scene, Shape, ShapeRole
from derivgen.networks import Network, Unit
from derivgen.stacks import rows

MOST = 40  # boxes that a drawing can have
_MARGIN, _TALL, _CIRCLE, _PADDING, _GAP, _BELOW = 4.0, 22.0, 18.0, 5.0, 16.0, 13.0
_LANE, _ROOF, _BETWEEN = 34.0, 14.0, 18.0  # above a row: a projection's lane, a bare shortcut; between two rows
_WORDS = {
    "conv": r"\mathrm{conv}", "max_pool": r"\mathrm{max}", "average_pool": r"\mathrm{avg}",
    "flatten": r"\mathrm{flatten}", "dense": r"\mathrm{dense}", "batch_norm": r"\mathrm{BN}", "add": "+",
}  # fmt: skip
_ROLES: Mapping[str, ShapeRole] = {"add": "operation", "activation": "function", "batch_norm": "function"}


def size_latex(shape: tuple[int, ...]) -> str:
    r"""A shape as it stands on a drawing: 16 \times 5 \times 5."""
    return r" \times ".join(map(str, shape))


def name_latex(unit: Unit) -> str:
    """What stands in a layer's box: its kind, its window and how many channels or numbers go out."""
    if unit.kind == "activation":
        return rf"\mathrm{{{unit.activation.replace('_', ' ')}}}"
    word = _WORDS[unit.kind]
    if unit.windowed and not unit.whole:
        word += rf"\ {unit.kernel[0]} \times {unit.kernel[1]}"
    return word + (rf",\ {unit.after[0]}" if unit.kind in ("conv", "dense") else "")


def drawable(network: Network) -> bool:
    """Whether a network has few enough layers, and no block inside a block."""
    units = [row[0] for row in rows(network)]
    return len(units) <= MOST and all(unit.inside <= 1 for unit in units)


@dataclass
class _Group:
    """What one drawn row may not part: a single layer, or a residual block."""

    main: list[Unit] = field(default_factory=list)
    lane: list[Unit] = field(default_factory=list)

    @property
    def block(self) -> bool:
        return self.main[-1].kind == "add"


def stack(network: Network, letters: Mapping[int, str]) -> Scene:
    """The drawing of a convolutional network; a size's room holds the letter that may stand in its place, too."""
    return _Layout(network, letters).scene()


class _Layout:
    def __init__(self, network: Network, letters: Mapping[int, str]) -> None:
        self.network, self.letters = network, letters
        self.shapes: list[Shape] = []
        self.lines: list[Line] = []
        self.labels: list[Label] = []
        self.at: dict[int, Shape] = {}

    def groups(self) -> list[_Group]:
        found: list[_Group] = []
        waiting = _Group()
        for unit in (row[0] for row in rows(self.network)):
            (waiting.lane if unit.projection else waiting.main).append(unit)
            if unit.inside == 0:
                found.append(waiting)
                waiting = _Group()
        return found

    def width(self, unit: Unit) -> float:
        if unit.kind == "add":
            return max(_CIRCLE, self.below(unit))
        return max(measured(name_latex(unit), NODE).width + 2 * _PADDING, self.below(unit))

    def below(self, unit: Unit) -> float:
        """The room of a size, or of the letter in its place."""
        return max(label_room(text)[0] for text in (size_latex(unit.after), self.letters.get(unit.row) or "A"))

    def span(self, group: _Group) -> float:
        lane = [*group.lane, *group.main[-1:]]
        return max(sum(self.width(unit) + _GAP for unit in units) for units in (group.main, lane))

    def scene(self) -> Scene:
        start = size_latex(self.network.input_shape)
        first = max(22.0, label_room(start)[0])
        x, y, widest = _MARGIN, _MARGIN, 0.0
        drawn: list[list[_Group]] = [[]]
        room = PAGE - 2 * _MARGIN - first - _GAP
        left = room
        for group in self.groups():
            if self.span(group) > left and drawn[-1]:
                drawn.append([])
                left = PAGE - 2 * _MARGIN - _GAP
            drawn[-1].append(group)
            left -= self.span(group)
        before = 0
        for number, groups in enumerate(drawn):
            roof = max((_LANE + _BELOW if g.lane else _ROOF if g.block else 0.0) for g in groups)
            middle = y + roof + _TALL / 2
            x = _MARGIN + (0.0 if number == 0 else _GAP)
            if number == 0:
                self.box(0, "x", start, x + first / 2, middle, first, "input")
                x += first + _GAP
            for place, group in enumerate(groups):
                wrap = y - _BETWEEN / 2 if number and not place else None
                x = self.group(group, before, x, middle, wrap)
                before = group.main[-1].row
            widest = max(widest, x - _GAP)
            y = middle + _TALL / 2 + _BELOW + _BETWEEN
        more = 8.0 if len(drawn) > 1 else 0.0  # where a line turns back
        return Scene(
            rounded(widest + _MARGIN + more), rounded(y - _BETWEEN + _MARGIN), tuple(self.shapes), tuple(self.lines),
            tuple(self.labels),
        )  # fmt: skip

    def group(self, group: _Group, before: int, x: float, middle: float, wrap: float | None) -> float:
        """Place one group, its first layer joined to the row before; returns where the next one may begin."""
        *inner, last = group.main
        start = x
        for unit in inner:
            x = self.layer(unit, x, middle) + _GAP
        lane = start
        for unit in group.lane:
            lane = self.layer(unit, lane, middle - _LANE, above=True) + _GAP
        x = self.layer(last, max(x, lane if group.lane else x), middle)
        for unit in (*group.main, *group.lane):
            source, target = self.at[unit.source], self.at[unit.row]
            wraps = wrap is not None and unit.source == before
            if unit.projection and unit.source == before:
                self.branch(source, target, wrap)
            else:
                self.join(source, target, wrap if wraps else None)
        if group.block and last.second:
            self.shortcut(self.at[last.second], self.at[last.row], middle, wrap, bool(group.lane))
        elif group.block:
            self.shortcut(self.at[0], self.at[last.row], middle, wrap, False)
        return x + _GAP

    def layer(self, unit: Unit, x: float, middle: float, above: bool = False) -> float:
        width = self.width(unit)
        role = _ROLES.get(unit.kind, "output" if unit.row == rows(self.network)[-1][0].row else "hidden")
        text, size = name_latex(unit), size_latex(unit.after)
        self.box(unit.row, text, size, x + width / 2, middle, width, role, unit.kind == "add", above)
        return x + width

    def box(
        self, row: int, text: str, size: str, x: float, y: float, width: float, role: ShapeRole, circle: bool = False,
        above: bool = False,
    ) -> None:  # fmt: skip
        id = f"{row} {text}"
        across = _CIRCLE if circle else width
        high = _CIRCLE if circle else _TALL
        shape = Shape(
            id, "circle" if circle else "box", rounded(x), rounded(y), rounded(across), rounded(high), (text,), role
        )
        room = max(label_room(size)[0], label_room(self.letters.get(row) or "A")[0])
        height = max(label_room(size)[1], label_room(self.letters.get(row) or "A")[1])
        down = (_TALL / 2 + height / 2 + 1.5) * (-1 if above else 1)
        self.shapes.append(shape)
        self.at[row] = shape
        self.labels.append(
            Label(f"question {row}", rounded(x), rounded(y + down), rounded(room), rounded(height), size, "value", id)
        )

    # --- lines --------------------------------------------------------------------------------------------------

    def line(self, points: list[Point], source: Shape, target: Shape, arrow: bool = True) -> None:
        rounded_points = tuple((rounded(x), rounded(y)) for x, y in points)
        self.lines.append(Line(f"{source.id}>{target.id}", rounded_points, source.id, target.id, arrow=arrow))

    def join(self, source: Shape, target: Shape, wrap: float | None) -> None:
        """From the right side of a box to the left side of the next, or around to the next row."""
        a, b = (source.box.right, source.y), (target.box.left, target.y)
        if target.kind == "circle" and source.y < target.y:  # from the lane above down into the addition
            self.line([a, (target.x, source.y), (target.x, target.box.top)], source, target)
        elif wrap is None:
            self.line([a, b], source, target)
        else:
            sized = next(label for label in self.labels if label.owner == source.id)
            x = max(a[0], sized.box.right) + 8
            self.line([a, (x, a[1]), (x, wrap), (b[0] - 8, wrap), (b[0] - 8, b[1]), b], source, target)

    def branch(self, source: Shape, target: Shape, wrap: float | None) -> None:
        """Off the line that leads into a block, up to the projection's lane."""
        x = target.box.left - 8
        start = (source.box.right, source.y) if wrap is None else (x, wrap)
        points = [start, (x, start[1]), (x, target.y), (target.box.left, target.y)]
        self.line(points[1:], source, target)

    def shortcut(self, source: Shape, target: Shape, middle: float, wrap: float | None, projected: bool) -> None:
        """What is added to a block's output goes around above it."""
        if projected:
            self.line([(source.box.right, source.y), (target.x, source.y), (target.x, target.box.top)], source, target)
            return
        first = min((shape for shape in self.shapes if shape.y == rounded(middle)), key=lambda s: abs(s.box.left))
        x = source.box.right + 6 if wrap is None else first.box.left - 8
        y = middle - _TALL / 2 - 8
        self.line([(x, middle), (x, y), (target.x, y), (target.x, target.box.top)], source, target)
