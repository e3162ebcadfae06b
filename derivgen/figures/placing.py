"""Labels and the spots that each could take in, labels in their places out: a min-conflict search.

A spot costs what it overlaps (other labels, nodes, lines that are not its own) and how near it comes to foreign
lines, since a label belongs to the line that it is nearest to. Ties fall to the spot that comes first, so the search
has one outcome on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from derivgen.figures.geometry import Box, Point, rounded
from derivgen.figures.scene import APART, NEAR, Label, LabelRole, Layer, Line, Shape

HARD = 1000.0  # what a touch costs; soft costs stay below it
_NEARER = 2.0  # pt, at least, that a label is nearer to its own line: its ink is smaller than its box
MISTAKEN = 150.0  # what it costs to stand where a reader may take a label for another's: more than any other soft cost
_BESIDE, _BELOW = 10.0, 2.0  # pt: how far labels of one kind stand apart, side by side and one below the other
_CLEARLY = 4.0  # pt: how much nearer a label is to its own line than to a foreign one, for nobody to doubt
_LETTER = 4.0  # pt: how far a number stands off a foreign letter, beside which it would look like that letter's own
_LIKED = 1.5  # how much more each further spot costs than the one before it
_SWEEPS, _STARTS, _FEW = 12, 6, 2  # rounds from one start; starts; where more room is made if they fail


@dataclass(frozen=True)
class Wish:
    """A label to be placed: its size, and the centres where it may stand, the best liked first."""

    id: str
    latex: str
    role: LabelRole
    owner: str
    layer: Layer
    width: float
    height: float
    spots: tuple[Point, ...]

    def at(self, spot: Point) -> Label:
        x, y = rounded(spot[0]), rounded(spot[1])
        return Label(self.id, x, y, self.width, self.height, self.latex, self.role, self.owner, self.layer)


def along(line: Line, share: float) -> tuple[Point, Point]:
    """The point at a share of a line's length, and the direction there, of length 1.

    >>> along(Line("x>y", ((0, 0), (8, 6)), "x", "y"), 0.5)
    ((4.0, 3.0), (0.8, 0.6))
    """
    track = line.track
    lengths = [sqrt((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) for a, b in pairwise(track)]
    left = share * sum(lengths)
    at = 0
    while at < len(lengths) - 1 and left > lengths[at]:
        left -= lengths[at]
        at += 1
    (ax, ay), (bx, by), length = track[at], track[at + 1], lengths[at] or 1.0
    dx, dy = (bx - ax) / length, (by - ay) / length
    return (ax + left * dx, ay + left * dy), (dx, dy)


def place(
    wishes: Sequence[Wish], shapes: Sequence[Shape], lines: Sequence[Line]
) -> tuple[tuple[Label, ...], list[str], list[str]]:
    """Each label at the spot that lets all be read best; the owners of those crowded, and mistaken, even there."""
    search = _Search(wishes, shapes, lines, (), alike=True)
    chosen, clear = search.run(_FEW, MISTAKEN)
    crowded = [] if clear else [wishes[i].owner for i in range(len(wishes)) if search.crowded(i, chosen)]
    mistaken = [] if clear else [wishes[i].owner for i in range(len(wishes)) if search.mistaken(i, chosen)]
    return tuple(search.labels[i][at] for i, at in enumerate(chosen)), crowded, mistaken


def settled(
    wishes: Sequence[Wish], shapes: Sequence[Shape], lines: Sequence[Line], fixed: Sequence[Label] = ()
) -> tuple[tuple[Label, ...], bool]:
    """The labels in their places, and whether the search found all of them clear of everything."""
    search = _Search(wishes, shapes, lines, fixed)
    chosen, clear = search.run(_STARTS)
    return tuple(search.labels[i][at] for i, at in enumerate(chosen)), clear


class _Search:
    def __init__(
        self, wishes: Sequence[Wish], shapes: Sequence[Shape], lines: Sequence[Line], fixed: Sequence[Label],
        *, alike: bool = False,
    ) -> None:  # fmt: skip
        """With ``alike``, labels of one kind and different owners stand clearly apart, and off foreign letters."""
        surroundings = Surroundings(shapes, lines, strict=alike)
        self.wishes, self.alike = wishes, alike
        self.labels = [[wish.at(spot) for spot in wish.spots] for wish in wishes]
        self.boxes = [[label.box.grown(APART / 2) for label in row] for row in self.labels]
        hulls = [_hull(row) for row in self.boxes]
        self.surroundings = [surroundings.near(hull, wish.owner) for hull, wish in zip(hulls, wishes, strict=True)]
        every = [label.box.grown(APART / 2) for label in fixed]
        self.still = [[box for box in every if hull.gap(box) < NEAR] for hull in hulls]
        self.known: list[list[float | None]] = [[None] * len(row) for row in self.labels]
        # Labels whose spots never come near one another cannot be in each other's way.
        reach = max(NEAR, _BESIDE) if alike else NEAR
        self.rivals = [
            [j for j, other in enumerate(hulls) if j != i and hull.gap(other) < reach] for i, hull in enumerate(hulls)
        ]

    def run(self, starts: int, fine: float = HARD) -> tuple[list[int], bool]:
        """The spots of the cheapest outcome, and whether it costs less than what is fine."""
        count = len(self.labels)
        best: list[int] = []
        lowest = 0.0
        for start in range(starts):
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
            if lowest < fine or self.hopeless(found):
                break
        return best, lowest < fine

    def hopeless(self, chosen: Sequence[int]) -> bool:
        """A label with no clear spot stays in the way, whatever the others do: one try is enough then."""
        return any(
            self.static(i, at) >= HARD and all(self.static(i, k) >= HARD for k in range(len(self.labels[i])))
            for i, at in enumerate(chosen)
        )

    def crowded(self, i: int, chosen: Sequence[int]) -> bool:
        return self.cost(i, chosen[i], chosen) >= HARD

    def mistaken(self, i: int, chosen: Sequence[int]) -> bool:
        doubted = self.surroundings[i].doubted(self.labels[i][chosen[i]])
        return doubted or any(self.like(i, chosen[i], j, chosen[j]) for j in self.rivals[i])

    def like(self, i: int, at: int, j: int, other: int) -> bool:
        """Whether two labels of one kind are so near to each other that a reader may exchange them."""
        one, two = self.wishes[i], self.wishes[j]
        if not self.alike or one.role != two.role or one.role == "name" or one.owner == two.owner:
            return False
        a, b = self.boxes[i][at], self.boxes[j][other]
        return (
            a.left < b.right + _BESIDE and b.left < a.right + _BESIDE
            and a.top < b.bottom + _BELOW and b.top < a.bottom + _BELOW
        )  # fmt: skip

    def best(self, i: int, chosen: Sequence[int | None]) -> int:
        best, lowest = 0, self.cost(i, 0, chosen)
        for at in range(1, len(self.labels[i])):
            if _LIKED * at >= lowest:  # no later spot can cost less
                break
            cost = self.cost(i, at, chosen)
            if cost < lowest:
                best, lowest = at, cost
        return best

    def static(self, i: int, at: int) -> float:
        """What a spot costs, wherever the other labels stand; worked out when first asked for."""
        known = self.known[i][at]
        if known is None:
            box = self.boxes[i][at]
            cost = _LIKED * at + self.surroundings[i].cost(self.labels[i][at])
            known = self.known[i][at] = cost + sum(_conflict(box, other) for other in self.still[i])
        return known

    def cost(self, i: int, at: int, chosen: Sequence[int | None], earlier: bool = False) -> float:
        cost, box = self.static(i, at), self.boxes[i][at]
        for j in self.rivals[i]:
            other = chosen[j]
            if other is not None and not (earlier and j > i):
                cost += _conflict(box, self.boxes[j][other])
                if self.like(i, at, j, other):
                    cost += MISTAKEN
        return cost


Piece = tuple[Point, Point]


class Surroundings:
    """The shapes and lines around a label, and what it costs to stand there."""

    def __init__(self, shapes: Sequence[Shape], lines: Sequence[Line], *, strict: bool = False) -> None:
        """With ``strict``, a place costs more beside a letter, and where it is not clearly nearer to its own line."""
        self.strict = strict
        self.letters = {shape.id for shape in shapes if strict and shape.kind == "none"}
        self.shapes = [(shape.id, shape.box) for shape in shapes]
        self.lines: list[tuple[str, Box, Sequence[Piece]]] = []
        for line in lines:
            track = line.track
            self.lines.append((line.id, _span(track), tuple(pairwise(track))))

    def near(self, hull: Box, owner: str) -> Surroundings:
        """What of them matters to a label of that owner anywhere inside the hull."""
        around, near = hull.grown(NEAR), Surroundings((), ())
        near.letters, near.strict = self.letters, self.strict
        near.shapes = [(id, box) for id, box in self.shapes if box.meets(around)]
        near.lines = [
            (id, span, pieces if id == owner else around.beside(pieces))
            for id, span, pieces in self.lines
            if id == owner or span.meets(around)
        ]
        return near

    def cost(self, label: Label) -> float:
        box, cost = label.box, 0.0
        for id, other in self.shapes:
            if id == label.owner:
                if box.overlap(other) > 0:
                    cost += HARD
            elif (gap := box.gap(other)) < APART:
                cost += HARD + box.overlap(other)
            elif id in self.letters and gap < _LETTER:
                cost += 6 * (_LETTER - gap)
        foreign, own = self.distances(label)
        for distance in foreign:
            if distance < APART or (own is not None and distance < own + _NEARER):
                cost += HARD
            elif self.strict and own is not None and distance < own + _CLEARLY:
                cost += MISTAKEN / 2
            cost += (NEAR - distance) * 3
        return cost

    def doubted(self, label: Label) -> bool:
        """Whether a line that is not its own is nearly as near to the label."""
        if not self.strict or label.role == "name":
            return False
        foreign, own = self.distances(label)
        return own is not None and any(distance < own + _CLEARLY for distance in foreign)

    def distances(self, label: Label) -> tuple[list[float], float | None]:
        """Of the label from each foreign line that is near, and from its own line; ``NEAR`` stands for all beyond."""
        box = label.box
        around = box.grown(NEAR)
        foreign, own = [], None
        for id, span, pieces in self.lines:
            if id == label.owner:
                own = box.nearest(pieces, NEAR)
            elif span.meets(around):
                distance = box.nearest(pieces, NEAR)
                if distance < NEAR:
                    foreign.append(distance)
        return foreign, own


def _conflict(one: Box, other: Box) -> float:
    area = one.overlap(other)
    return HARD + area if area else 0.0


def _span(points: Sequence[Point]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _hull(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.left for box in boxes), min(box.top for box in boxes),
        max(box.right for box in boxes), max(box.bottom for box in boxes),
    )  # fmt: skip
