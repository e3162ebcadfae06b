"""Labels and the spots that each could take in, labels in their places out: a min-conflict search.

A spot costs what it overlaps (other labels, nodes, lines that are not its own) and how near it comes to foreign lines, since
a label belongs to the line that it is nearest to. Ties fall to the spot that comes first, so the search has one
outcome on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from derivgen.figures.geometry import Box, Point, rounded
from derivgen.figures.scene import Label, Line, Scene, Shape

APART = 1.0  # pt, at least, between a label and what is not its own
NEAR = 7.0  # pt: a foreign line nearer than that costs something
_HARD = 1000.0  # what a touch costs; soft costs stay below it
_SWEEPS, _STARTS = 12, 6


@dataclass(frozen=True)
class Spot:
    """A centre for a label, and what is to be said against it before anything else stands there."""

    x: float
    y: float
    dislike: float = 0.0


@dataclass(frozen=True)
class Wish:
    """A label to be placed, of a known size, and where it may stand."""

    label: Label
    spots: tuple[Spot, ...]


def on(line: Line, shares: Iterable[float], best: float = 0.5) -> tuple[Spot, ...]:
    """Spots on a line, at shares of its length; the farther from the best share, the less liked."""
    return tuple(Spot(*_at(line.track, share)[0], abs(share - best) * 12) for share in shares)


def beside(
    line: Line, width: float, height: float, shares: Iterable[float], *, above: bool, best: float = 0.5, gap: float = APART
) -> tuple[Spot, ...]:
    """Spots next to a line, on one side of it: so far from it that the label's box keeps ``gap`` off the straight line."""
    spots = []
    for share in shares:
        (x, y), (dx, dy) = _at(line.track, share)
        length = sqrt(dx * dx + dy * dy) or 1.0
        across, up = -dy / length, dx / length  # the normal that points down where the line runs to the right
        if (up > 0) == above or (up == 0 and above):
            across, up = -across, -up
        reach = abs(across) * width / 2 + abs(up) * height / 2 + gap
        spots.append(Spot(x + across * reach, y + up * reach, abs(share - best) * 12))
    return tuple(spots)


def place(wishes: Sequence[Wish], shapes: Sequence[Shape], lines: Sequence[Line], fixed: Sequence[Label] = ()) -> tuple[Label, ...]:  # fmt: skip
    """Each label at the spot that lets all be read best; whether none touches is for ``faults`` to say."""
    search = _Search(wishes, shapes, lines, fixed)
    chosen = search.run()
    return tuple(search.labels[i][at] for i, at in enumerate(chosen))


class _Search:
    def __init__(
        self, wishes: Sequence[Wish], shapes: Sequence[Shape], lines: Sequence[Line], fixed: Sequence[Label]
    ) -> None:
        surroundings = Surroundings(shapes, lines)
        self.labels = [
            [replace(wish.label, x=rounded(spot.x), y=rounded(spot.y)) for spot in wish.spots] for wish in wishes
        ]
        self.boxes = [[label.box.grown(APART / 2) for label in row] for row in self.labels]
        still = [label.box.grown(APART / 2) for label in fixed]
        self.static = [
            [
                spot.dislike + surroundings.cost(label) + sum(_conflict(box, other) for other in still)
                for spot, label, box in zip(wish.spots, labels, boxes, strict=True)
            ]
            for wish, labels, boxes in zip(wishes, self.labels, self.boxes, strict=True)
        ]
        # Labels whose spots never come near one another cannot be in each other's way.
        hulls = [_hull(row) for row in self.boxes]
        self.rivals = [
            [j for j, other in enumerate(hulls) if j != i and hull.gap(other) < NEAR] for i, hull in enumerate(hulls)
        ]

    def run(self) -> list[int]:
        count = len(self.labels)
        best: list[int] = []
        lowest = 0.0
        for start in range(_STARTS):
            order = [*range(start, count), *range(start)] if start < count else list(range(count))[::-1]
            chosen: list[int | None] = [None] * count
            for _ in range(_SWEEPS):
                before = list(chosen)
                for i in order:
                    chosen[i] = self.best(i, chosen)
                if chosen == before:
                    break
            found = [at for at in chosen if at is not None]
            cost = sum(self.cost(i, at, chosen, earlier=True) for i, at in enumerate(found))
            if not best or cost < lowest:
                best, lowest = found, cost
            if lowest < _HARD:
                break
        return best

    def best(self, i: int, chosen: Sequence[int | None]) -> int:
        costs = [self.cost(i, at, chosen) for at in range(len(self.labels[i]))]
        return costs.index(min(costs))

    def cost(self, i: int, at: int, chosen: Sequence[int | None], earlier: bool = False) -> float:
        cost, box = self.static[i][at], self.boxes[i][at]
        for j in self.rivals[i]:
            other = chosen[j]
            if other is not None and not (earlier and j > i):
                cost += _conflict(box, self.boxes[j][other])
        return cost


class Surroundings:
    """The shapes and lines around a label, and what it costs to stand there."""

    def __init__(self, shapes: Sequence[Shape], lines: Sequence[Line]) -> None:
        self.shapes = [(shape, shape.box) for shape in shapes]
        self.lines = [(line, _hull([_span(line.track)]), tuple(zip(line.track, line.track[1:], strict=False))) for line in lines]  # fmt: skip

    def cost(self, label: Label) -> float:
        box, cost = label.box, 0.0
        for shape, other in self.shapes:
            if shape.id != label.owner and box.gap(other) < APART:
                cost += _HARD + box.overlap(other)
            elif shape.id == label.owner and box.overlap(other) > 0:
                cost += _HARD
        foreign, own = self.distances(label, NEAR)
        for distance in foreign:
            if distance < APART or (own is not None and distance <= own):
                cost += _HARD
            cost += (NEAR - distance) * 3
        return cost

    def distances(self, label: Label, within: float) -> tuple[list[float], float | None]:
        """Of the label from each foreign line that is near, and from its own line."""
        box = label.box
        around = box.grown(within)
        foreign, own = [], None
        for line, hull, pieces in self.lines:
            mine = line.id == label.owner
            if not mine and around.gap(hull) > 0:
                continue
            distance = min(box.distance(a, b) for a, b in pieces)
            if mine:
                own = distance
            elif distance < within:
                foreign.append(distance)
        return foreign, own


def crowded(scene: Scene, label: Label) -> tuple[str, ...]:
    """What a label touches or comes too near to: the ids, and ``own line`` if another line is nearer than its own."""
    box, found = label.box, []
    for other in scene.labels:
        if other.id != label.id and box.gap(other.box) < APART - 0.011 and not _same_place(label, other):
            found.append(other.id)
    for shape in scene.shapes:
        room = box.gap(shape.box)
        if room < APART - 0.011 and shape.id != label.owner or shape.id == label.owner and box.overlap(shape.box) > 0:
            found.append(shape.id)
    own = None
    nearest, foreign = NEAR, ""
    for line in scene.lines:
        distance = min(box.distance(a, b) for a, b in zip(line.track, line.track[1:], strict=False))
        if line.id == label.owner:
            own = distance
        elif distance < APART - 0.011:
            found.append(line.id)
        elif distance < nearest:
            nearest, foreign = distance, line.id
    if own is not None and foreign and nearest <= own:
        found.append(f"own line farther than {foreign}")
    return tuple(found)


def faults(scene: Scene) -> tuple[tuple[str, str], ...]:
    """Every label of a scene with each thing that it touches."""
    return tuple((label.id, other) for label in scene.labels for other in crowded(scene, label))


def _same_place(one: Label, other: Label) -> bool:
    """A blank and the value that goes into it stand on the same place; they are never shown together."""
    return (one.role == "blank") != (other.role == "blank") and one.id.split(" ", 1)[1] == other.id.split(" ", 1)[1]


def _conflict(one: Box, other: Box) -> float:
    area = one.overlap(other)
    return _HARD + area if area else 0.0


def _span(points: Sequence[Point]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _hull(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.left for box in boxes), min(box.top for box in boxes),
        max(box.right for box in boxes), max(box.bottom for box in boxes),
    )  # fmt: skip


def _at(track: Sequence[Point], share: float) -> tuple[Point, Point]:
    """The point at a share of the length of a track, and the direction there."""
    lengths = [sqrt((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) for a, b in zip(track, track[1:], strict=False)]
    left = share * sum(lengths)
    for a, b, length in zip(track, track[1:], lengths, strict=False):
        if left <= length and length > 0:
            t = left / length
            return (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])), (b[0] - a[0], b[1] - a[1])
        left -= length
    a, b = track[-2], track[-1]
    return b, (b[0] - a[0], b[1] - a[1])


