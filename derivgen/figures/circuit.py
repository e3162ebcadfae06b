"""A graph of equations in, a ``Scene`` out: each operation a node, each quantity on the line that leaves its node.

>>> from derivgen.graph import Graph
>>> scene = circuit(Graph.of("f = (x + y)*z + x"))
>>> [(shape.id, shape.texts) for shape in scene.shapes if shape.kind == "circle"]
[('f/0/0', ('+',)), ('f/0', ('\\\\times',)), ('f', ('+',))]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from derivgen.expression import Apply, Name
from derivgen.figures.apart import ORDERED, inputs, sign, taken_apart
from derivgen.figures.geometry import Box as Around
from derivgen.figures.geometry import Point, rounded
from derivgen.figures.metrics import NODE, label_room, measured
from derivgen.figures.placing import Wish, along, place
from derivgen.figures.ranks import ARROW, SHORTEST, Arc, Arrangement, Box, arrange
from derivgen.figures.scene import PAGE, Label, LabelRole, Layer, Line, Scene, Shape, ShapeKind, ShapeRole
from derivgen.graph import Graph
from derivgen.notation import latex_name
from derivgen.printing import latex
from derivgen.reading import Scope

CIRCLE, TALL, PADDING, MARGIN = 18.0, 18.0, 4.0, 4.0  # a circle's diameter, a box's height, around texts, the picture
# Between a label and its line, a line and a foreign node, a label and its node; widths count in steps.
GAP, CLEAR, NEXT, STEP = 1.5, 1.5, 0.8, 4.0
# How often room is made where something touches, and how much: beside a line's labels, above and below a node.
TRIES, WIDER, TALLER = 14, 6.0, 3.0
ROOMY = 1.17 * PAGE  # the most, between the outermost centres, that a drawing grows to by making room
SHARES = (1.0, 0.75, 0.5, 0.25)  # of the room that is wanted: the most that needs no further band is made
CLEARER = 5  # how often room is made where labels may only be taken for one another
# Which numbers of a quantity that is used more than once stand at its node; the fewer, the more room there is.
AT_NODES: tuple[tuple[LabelRole, ...], ...] = (("value", "gradient"), ("gradient",), ())
_AROUND = (0.0, -0.5, 0.5, -1.0, 1.0, -1.5, 1.5)  # of its node a label may stand
_ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.84)  # where on its line a label may stand
_AT_START = (0.34, 0.26, 0.42, 0.18, 0.5, 0.58, 0.66)  # where many lines meet: near their sources, where they are apart
# Inputs from which on a node is a tall box; how much of its height is for each, and how much of the room beside it.
MANY, PORT, SPREAD = 4, 8.0, 17.0


@dataclass(frozen=True)
class Text:
    """What is to stand at a quantity: its name, its value or its gradient."""

    quantity: str
    role: LabelRole
    latex: str
    layer: Layer

    @property
    def id(self) -> str:
        return f"{self.layer} {self.quantity}"


@dataclass(frozen=True)
class Parts:
    """What the drawing of a structure consists of, before anything has a place."""

    shapes: tuple[Shape, ...]  # in topological order
    arcs: tuple[Arc, ...]
    ordered: frozenset[str]
    names: tuple[tuple[str, str], ...]  # of quantities that stand on a line: their LaTeX

    def leaving(self, quantity: str) -> list[int]:
        return [i for i, arc in enumerate(self.arcs) if arc.source == quantity]


def circuit(graph: Graph, values: Mapping[str, str] | None = None, gradients: Mapping[str, str] | None = None) -> Scene:
    """The drawing of a graph, with the LaTeX of values (above the lines) and gradients (below), by quantity.

    A quantity is a name, or the place of an operation inside an equation, as ``taken_apart`` names it. One that is used
    more than once has its numbers at its node, since its gradient is the sum over all lines that leave it.
    """
    parts = parts_of(graph)
    texts = [
        *(Text(quantity, "name", text, "question") for quantity, text in parts.names),
        *(Text(quantity, "value", text, "forward") for quantity, text in (values or {}).items()),
        *(Text(quantity, "gradient", text, "backward") for quantity, text in (gradients or {}).items()),
    ]
    drawn = {shape.id for shape in parts.shapes}
    texts = [text for text in texts if text.quantity in drawn]
    best: tuple[tuple[int, int], Scene] | None = None
    for at_nodes in AT_NODES:
        owners = {text.id: _owner(parts, text, at_nodes) for text in texts}
        found = _mended(parts, texts, owners)
        if best is None or found[0] < best[0]:
            best = found
        if not best[0][0]:
            break
    assert best is not None
    return best[1]


def _mended(parts: Parts, texts: list[Text], owners: Mapping[str, str]) -> tuple[tuple[int, int], Scene]:
    """The first drawing in which nothing touches, or the best there was: room is made where something touches.

    The number of what touches comes with it, and of labels that may be taken for one another.
    """
    best: tuple[tuple[int, int], Scene] | None = None
    wider: dict[str, float] = {}
    taller: dict[str, float] = {}
    for attempt in range(TRIES):
        scene, crowded, mistaken = _scene(parts, texts, owners, wider, taller, far=attempt > 0, lost=attempt > 1)
        found = len(crowded), len(mistaken)
        if best is None or found < best[0]:
            best = found, scene
        if not crowded and (not mistaken or attempt >= CLEARER):
            break
        ends = {line.id: (line.source, line.target) for line in scene.lines}
        for id in crowded or mistaken:
            for line in (id,) if id in ends else tuple(line for line in ends if id in ends[line]):
                wider[line] = wider.get(line, 0.0) + WIDER * (1 + attempt // 2)
            for shape in ends.get(id, (id,)):
                taller[shape] = taller.get(shape, 0.0) + TALLER * (1 + attempt // 2)
    assert best is not None
    return best


@lru_cache(maxsize=256)
def parts_of(graph: Graph) -> Parts:
    """A graph's shapes and arcs: leaves, operations, numbers that no sign holds, and the outputs' names."""
    apart = taken_apart(graph)
    shapes: dict[str, Shape] = {}
    arcs: list[Arc] = []
    names: list[tuple[str, str]] = []
    functions: set[str] = set()
    used = {argument.name for node in apart.nodes for argument in inputs(node.tree) if isinstance(argument, Name)}
    for node in apart.nodes:
        for i, argument in enumerate(inputs(node.tree)):
            if isinstance(argument, Name):
                source = argument.name
                if graph.is_leaf(source) and source not in shapes and "/" not in source:
                    shapes[source] = _shape(source, "none", latex_name(source), "input")
            else:
                source = f"{node.name}/#{i}"
                shapes[source] = _shape(source, "none", latex(argument, Scope.of([])), "value")
            arcs.append(Arc(source, node.name, i))
        text, round_ = sign(node.tree, apart)
        shape = _shape(node.name, "circle", text, "operation") if round_ else _shape(node.name, "box", text, "function")
        count = len(inputs(node.tree))
        if not round_:
            functions.add(node.name)
        if count >= MANY:
            shape = replace(shape, kind="box", height=max(shape.height, PORT * (count + 1)))
        shapes[node.name] = shape
        if node.name in used and "/" not in node.name:
            names.append((node.name, latex_name(node.name)))
    for node in apart.nodes:
        if node.name not in used:
            end = f"{node.name}:end"
            shapes[end] = _shape(end, "none", latex_name(node.name), "output")
            arcs.append(Arc(node.name, end))
    ordered = frozenset(
        node.name for node in apart.nodes
        if isinstance(node.tree, Apply) and (node.tree.operation in ORDERED or node.name in functions)
    )  # fmt: skip
    return Parts(tuple(shapes.values()), _straightened(tuple(arcs), shapes, graph), ordered, tuple(names))


def _shape(id: str, kind: ShapeKind, text: str, role: ShapeRole) -> Shape:
    extent = measured(text, NODE)
    width, height = extent.width, extent.height + extent.depth
    if kind == "circle":
        width = height = CIRCLE
    elif kind == "box":
        width, height = max(width + 2 * PADDING, TALL), max(height + PADDING, TALL)
    else:
        width, height = width + 3.0, max(height + 2.0, 10.0)
    return Shape(id, kind, 0.0, 0.0, round(width, 2), round(height, 2), (text,), role)


def _straightened(arcs: tuple[Arc, ...], shapes: Mapping[str, Shape], graph: Graph) -> tuple[Arc, ...]:
    """The arcs, and which make a straight row: into each operation from the only operation before it.

    A chain of operations begins its row at a leaf, the first declared one that nothing else uses. Many inputs stand
    around the height of their node, none of them at it.
    """
    into: dict[str, list[int]] = {}
    count: dict[str, int] = {}
    for i, arc in enumerate(arcs):
        into.setdefault(arc.target, []).append(i)
        count[arc.source] = count.get(arc.source, 0) + 1
    working = {target: [i for i in inner if arcs[i].source in into] for target, inner in into.items()}
    chain = all(len(inner) <= 1 for inner in working.values())
    straight: set[int] = set()
    taken: set[str] = set()
    place = {leaf: i for i, leaf in enumerate(graph.leaves)}
    for target, inner in into.items():
        wanted = working[target] if len(working[target]) == 1 else inner if len(inner) == 1 else []
        if chain and not working[target]:
            alone = [i for i in inner if count[arcs[i].source] == 1]
            wanted = sorted(alone, key=lambda i: place.get(arcs[i].source, len(place)))[:1]
        if wanted and len(inner) < MANY and arcs[wanted[0]].source not in taken:
            straight.add(wanted[0])
            taken.add(arcs[wanted[0]].source)
    return tuple(replace(arc, straight=i in straight) for i, arc in enumerate(arcs))


def _scene(
    parts: Parts, texts: list[Text], owners: Mapping[str, str], wider: Mapping[str, float], taller: Mapping[str, float],
    *, far: bool, lost: bool,
) -> tuple[Scene, list[str], list[str]]:  # fmt: skip
    """The drawing with so much more room beside lines' labels and above and below nodes; where it needs still more.

    That is where something touches, and where labels may be taken for one another.

    With ``far`` and ``lost``, labels may also stand where they are read less well.
    """
    arrangement = _arranged(parts, texts, owners, wider, taller)
    shapes = tuple(
        replace(shape, x=arrangement.centres[shape.id][0], y=arrangement.centres[shape.id][1]) for shape in parts.shapes
    )
    lines = _lines(parts, {shape.id: shape for shape in shapes}, arrangement)
    named = {owners[text.id]: text for text in texts if text.role == "name"}
    at = {shape.id: shape for shape in shapes}
    by_line = {line.id: line for line in lines}
    inputs_of = {shape.id: [line for line in lines if line.target == shape.id] for shape in shapes}
    wishes = []
    for text in texts:
        owner = owners[text.id]
        if owner in by_line:
            many = len(inputs_of.get(by_line[owner].target, ())) >= MANY
            wishes.append(_beside(text, by_line[owner], named.get(owner), lost, many))
        else:
            wishes.append(_around(text, at[owner], far))
    labels, crowded, mistaken = place(wishes, shapes, lines)
    scene = _framed(shapes, lines, labels)
    crowded += _run_over(shapes, lines)
    if not crowded:  # the scene's own measure has the last word
        owned = {label.id: label.owner for label in labels}
        crowded = [owned[id] for id, _ in scene.touching()]
    return scene, list(dict.fromkeys(crowded)), list(dict.fromkeys(mistaken))


def _owner(parts: Parts, text: Text, at_nodes: tuple[LabelRole, ...]) -> str:
    """The line that carries a text; the node itself for the numbers of a quantity that is used more than once.

    Where there is no room at the node they go to the line that bears its name: the value first, which is right on each.
    """
    leaving = parts.leaving(text.quantity)
    if len(leaving) > 1 and text.role in at_nodes:
        return text.quantity
    chosen = next((i for i in leaving if parts.arcs[i].straight), leaving[0])
    return _line_id(parts, chosen)


def _line_id(parts: Parts, i: int) -> str:
    arc = parts.arcs[i]
    twin = any(other.source == arc.source and other.target == arc.target for other in parts.arcs[:i])
    return f"{arc.source}>{arc.target}" + (f".{arc.operand}" if twin else "")


def _arranged(parts: Parts, texts: list[Text], owners: Mapping[str, str], wider: Mapping[str, float],
              taller: Mapping[str, float]) -> Arrangement:  # fmt: skip
    """Room for the texts in the boxes and on the arcs, then places. Widths count in steps: near numbers, one layout.

    Of the room that is made for what is crowded, so much as would need one more band of columns, or much smaller
    print, is left out.
    """
    room: dict[str, float] = {}
    above = {shape.id: shape.height / 2 + 1 for shape in parts.shapes}
    below = dict(above)
    for text in texts:
        width, height = label_room(text.latex)
        owner = owners[text.id]
        extra = GAP + height
        if owner in above:
            extra += above[owner] - 1 if text.role == "value" else below[owner] - 1
        else:
            room[owner] = max(room.get(owner, 0.0), STEP * (width // STEP + 1.0))
        if text.role == "value":
            above[text.quantity] = max(above[text.quantity], extra)
        elif text.role == "gradient":
            below[text.quantity] = max(below[text.quantity], extra)
    for id, more in taller.items():
        above[id], below[id] = above[id] + more, below[id] + more
    meeting = [(_line_id(parts, i), arc.target) for i, arc in enumerate(parts.arcs) if _line_id(parts, i) in room]
    for line, target in meeting:
        if (count := sum(other == target for _, other in meeting)) >= MANY:
            room[line] = max(room[line], SPREAD * count)
    boxes = tuple(Box(shape.id, shape.width, above[shape.id], below[shape.id]) for shape in parts.shapes)

    lines = [_line_id(parts, i) for i in range(len(parts.arcs))]
    bare = set(lines) - set(room)

    def arranged(share: float) -> Arrangement:
        roomy = room | {line: room.get(line, SHORTEST - ARROW) + share * more for line, more in wider.items()}
        arcs = tuple(
            replace(arc, room=roomy.get(line, 0.0), bare=line in bare)
            for line, arc in zip(lines, parts.arcs, strict=True)
        )
        return _arrange(boxes, arcs, parts.ordered)

    tight = arranged(0.0) if wider else None
    for share in SHARES:
        found = arranged(share)
        if tight is None or (found.bands <= tight.bands and found.width <= max(ROOMY, tight.width)):
            return found
    assert tight is not None
    return tight


@lru_cache(maxsize=256)
def _arrange(boxes: tuple[Box, ...], arcs: tuple[Arc, ...], ordered: frozenset[str]) -> Arrangement:
    return arrange(boxes, arcs, ordered, PAGE - 2 * MARGIN)


# --- lines ------------------------------------------------------------------------------------------------------


def _lines(parts: Parts, shapes: Mapping[str, Shape], arrangement: Arrangement) -> tuple[Line, ...]:
    """Each arc's line from its source's edge to its target's."""
    arriving: dict[str, list[int]] = {}
    for i, arc in enumerate(parts.arcs):
        arriving.setdefault(arc.target, []).append(i)
    ends: dict[int, Point] = {}
    for target, arcs in arriving.items():
        ends.update(_ends(shapes[target], arcs, parts, arrangement))
    lines = []
    for i, (arc, route) in enumerate(zip(parts.arcs, arrangement.routes, strict=True)):
        points = (_leave(shapes[arc.source], route[1]), *route[1:-1], ends[i])
        exact = tuple((rounded(x), rounded(y)) for x, y in points)
        lines.append(Line(_line_id(parts, i), exact, arc.source, arc.target, len(points) > 2, True))
    return tuple(lines)


def _leave(shape: Shape, towards: Point) -> Point:
    if shape.kind == "circle":
        return _rim(shape, towards)
    return shape.x + shape.width / 2, shape.y


def _rim(shape: Shape, towards: Point) -> Point:
    """Where the line from a circle's centre to a point leaves the circle."""
    dx, dy = towards[0] - shape.x, towards[1] - shape.y
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    return shape.x + dx * shape.width / 2 / length, shape.y + dy * shape.width / 2 / length


def _ends(shape: Shape, arcs: list[int], parts: Parts, arrangement: Arrangement) -> dict[int, Point]:
    """Where arcs meet their target: a circle towards its centre, a box spread over its left side, in order."""
    before = {i: arrangement.routes[i][-2] for i in arcs}
    arcs = sorted(arcs, key=lambda i: (before[i][1], parts.arcs[i].operand))
    if shape.kind == "circle":
        ends = {i: _rim(shape, before[i]) for i in arcs}
        heights = [ends[i][1] for i in arcs]
        apart = all(b - a > 4.0 for a, b in pairwise(heights))
        turned = [parts.arcs[i].operand for i in arcs] != sorted(parts.arcs[i].operand for i in arcs)
        if apart and not (turned and shape.id in parts.ordered):
            return ends
    if shape.id in parts.ordered:
        arcs = sorted(arcs, key=lambda i: parts.arcs[i].operand)
    level = next((k for k, i in enumerate(arcs) if abs(before[i][1] - shape.y) < 1.0), None)
    ends = {}
    for k, i in enumerate(arcs):
        if level is None:
            part = 2 * (k + 1) / (len(arcs) + 1) - 1  # from -1 (top) to 1
        elif k < level:
            part = (k + 1) / (level + 1) - 1
        else:
            part = (k - level) / (len(arcs) - level)
        y = part * shape.height / 2
        x = -((shape.width**2 / 4 - y * y) ** 0.5) if shape.kind == "circle" else -shape.width / 2
        ends[i] = (shape.x + x, shape.y + y)
    return ends


# --- labels -----------------------------------------------------------------------------------------------------


def _beside(text: Text, line: Line, name: Text | None, lost: bool, many: bool) -> Wish:
    """Where a text may stand on its line: the name on it, the value above, the gradient below; clear of the name."""
    width, height = label_room(text.latex)
    begun = _begun(line)
    places = _AT_START if many else _ALONG
    if text.role == "name":
        parts = places if lost else places[:3]
        shares = [part * begun for part in parts] + (list(places) if lost and begun < 1 else [])
        return _wish(text, line.id, [along(line, share)[0] for share in shares])
    side = -1.0 if text.role == "value" else 1.0
    lift = label_room(name.latex)[1] / 2 if name is not None else 0.0
    pieces = tuple(pairwise(line.track)) if line.smooth else ()
    spots: list[Point] = []
    later: list[Point] = []
    for part in places:
        (x, y), (dx, dy) = along(line, part * begun)
        nx, ny = (-dy, dx) if dx >= 0 else (dy, -dx)  # points down
        reach = (abs(nx) * width + abs(ny) * height) / 2 + GAP
        for off, kept in ((reach + lift, spots), (reach, later))[: 2 if lift else 1]:
            spot = (x + side * nx * off, y + side * ny * off)
            (later if _runs_through(pieces, spot, width, height) else kept).append(spot)
    return _wish(text, line.id, [*spots, *later])


def _begun(line: Line) -> float:
    """The share of its length that a line runs to the right before it turns round to the next band."""
    lengths = [((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5 for a, b in pairwise(line.track)]
    turn = next((i for i, (a, b) in enumerate(pairwise(line.track)) if b[0] <= a[0]), None)
    return 1.0 if turn is None else sum(lengths[:turn]) / sum(lengths)


def _runs_through(pieces: Sequence[tuple[Point, Point]], spot: Point, width: float, height: float) -> bool:
    """Whether a line runs through a label beside it."""
    box = Around.around(*spot, width, height)
    return any(box.crossed(a, b) for a, b in box.beside(pieces))


def _around(text: Text, shape: Shape, far: bool) -> Wish:
    """Where a number may stand at its node: a value above it, a gradient below."""
    width, height = label_room(text.latex)
    side = -1.0 if text.role == "value" else 1.0
    reach, off = (shape.width + width) / 2, (shape.height + height) / 2 + NEXT
    spots = [(shape.x + part * reach, shape.y + side * off) for part in (0.0, -0.2, 0.2, -0.4, 0.4, -0.6, -0.8)]
    spots += [(shape.x - reach - NEXT, shape.y + side * part * height) for part in (0.55, 0.9)]
    for more in (3.0, 6.0, 10.0, 14.0) if far and shape.role != "input" else ():  # where many lines meet, farther away
        spots += [(shape.x + part * reach, shape.y + side * (off + more)) for part in _AROUND]
    return _wish(text, shape.id, spots)


def _wish(text: Text, owner: str, spots: list[Point]) -> Wish:
    return Wish(text.id, text.latex, text.role, owner, text.layer, *label_room(text.latex), tuple(spots))


def _run_over(shapes: tuple[Shape, ...], lines: tuple[Line, ...]) -> list[str]:
    """The nodes that a line, not their own, runs through or too near to."""
    found = []
    tracks = [(line, tuple(pairwise(line.track))) for line in lines]
    for shape in shapes:
        box = shape.box.grown(CLEAR)
        for line, pieces in tracks:
            if shape.id not in (line.source, line.target) and any(box.crossed(a, b) for a, b in box.beside(pieces)):
                found.append(shape.id)
    return found


def _framed(shapes: tuple[Shape, ...], lines: tuple[Line, ...], labels: tuple[Label, ...]) -> Scene:
    """Everything moved so that a margin is left all around."""
    boxes = [*(shape.box for shape in shapes), *(label.box for label in labels)]
    points = [point for line in lines for point in line.track]
    left = min([*(box.left for box in boxes), *(x for x, _ in points)]) - MARGIN
    top = min([*(box.top for box in boxes), *(y for _, y in points)]) - MARGIN
    right = max([*(box.right for box in boxes), *(x for x, _ in points)]) + MARGIN
    bottom = max([*(box.bottom for box in boxes), *(y for _, y in points)]) + MARGIN

    def moved(x: float, y: float) -> Point:
        return rounded(x - left), rounded(y - top)

    return Scene(
        rounded(right - left),
        rounded(bottom - top),
        tuple(replace(s, x=moved(s.x, s.y)[0], y=moved(s.x, s.y)[1]) for s in shapes),
        tuple(replace(line, points=tuple(moved(x, y) for x, y in line.points)) for line in lines),
        tuple(replace(label, x=moved(label.x, label.y)[0], y=moved(label.x, label.y)[1]) for label in labels),
    )
