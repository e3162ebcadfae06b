"""Boxes, straight pieces and the distances between them: arithmetic and square roots only, the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import sqrt

Point = tuple[float, float]
Curve = tuple[tuple[Point, Point, Point, Point], ...]
PIECES = 12  # straight pieces that stand for one bend


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    @staticmethod
    def around(x: float, y: float, width: float, height: float) -> Box:
        return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def grown(self, by: float) -> Box:
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def contains(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def overlap(self, other: Box) -> float:
        """The area that two boxes share.

        >>> Box(0, 0, 4, 2).overlap(Box(3, 1, 9, 9)), Box(0, 0, 1, 1).overlap(Box(1, 0, 2, 1))
        (1, 0)
        """
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across * down if across > 0 and down > 0 else 0

    def meets(self, other: Box) -> bool:
        """Whether two boxes have a point in common."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.top <= other.bottom
            and other.top <= self.bottom
        )

    def gap(self, other: Box) -> float:
        """The distance between two boxes; 0 if they touch."""
        across = max(self.left - other.right, other.left - self.right, 0)
        down = max(self.top - other.bottom, other.top - self.bottom, 0)
        return sqrt(across * across + down * down)

    def distance(self, a: Point, b: Point) -> float:
        """The distance of a straight piece from the box; 0 if it runs through it.

        >>> Box(0, 0, 2, 2).distance((-1, 1), (5, 1)), Box(0, 0, 2, 2).distance((5, 0), (5, 9))
        (0.0, 3.0)
        """
        if self.crossed(a, b):
            return 0.0
        ends = min(self._outside(a), self._outside(b))
        corners = min(
            squared_distance(corner, a, b)
            for corner in (
                (self.left, self.top),
                (self.right, self.top),
                (self.left, self.bottom),
                (self.right, self.bottom),
            )
        )
        return sqrt(min(ends, corners))

    def near(self, a: Point, b: Point, within: float) -> float:
        """The distance of a straight piece, or anything not less than ``within`` if it is farther: quicker to tell."""
        (ax, ay), (bx, by) = a, b
        dx, dy = bx - ax, by - ay
        length = sqrt(dx * dx + dy * dy) or 1.0
        x, y = (self.left + self.right) / 2 - ax, (self.top + self.bottom) / 2 - ay
        reach = (abs(dy) * (self.right - self.left) + abs(dx) * (self.bottom - self.top)) / 2
        off = (abs(x * dy - y * dx) - reach) / length  # of the endless line through a and b
        return off if off >= within else self.distance(a, b)

    def nearest(self, pieces: Sequence[tuple[Point, Point]], within: float) -> float:
        """The distance of the nearest of some straight pieces; ``within`` if they are all farther."""
        nearest = within
        for a, b in self.grown(within).beside(pieces):
            nearest = min(nearest, self.near(a, b, nearest))
            if not nearest:
                break
        return nearest

    def beside(self, pieces: Sequence[tuple[Point, Point]]) -> list[tuple[Point, Point]]:
        """The straight pieces that are not wholly to one side of the box: all that may run through it."""
        left, top, right, bottom = self.left, self.top, self.right, self.bottom
        return [
            (a, b) for a, b in pieces
            if not (
                (a[0] < left and b[0] < left) or (a[0] > right and b[0] > right)
                or (a[1] < top and b[1] < top) or (a[1] > bottom and b[1] > bottom)
            )
        ]  # fmt: skip

    def crossed(self, a: Point, b: Point) -> bool:
        """Whether a straight piece has a point in the box (Liang and Barsky's clipping)."""
        (ax, ay), (bx, by) = a, b
        dx, dy = bx - ax, by - ay
        low, high = 0.0, 1.0
        for step, room in ((-dx, ax - self.left), (dx, self.right - ax), (-dy, ay - self.top), (dy, self.bottom - ay)):
            if step == 0:
                if room < 0:
                    return False
            else:
                at = room / step
                if step < 0:
                    low = max(low, at)
                else:
                    high = min(high, at)
        return low <= high

    def _outside(self, p: Point) -> float:
        across = max(self.left - p[0], 0, p[0] - self.right)
        down = max(self.top - p[1], 0, p[1] - self.bottom)
        return across * across + down * down


def squared_distance(p: Point, a: Point, b: Point) -> float:
    """Of a point from a straight piece."""
    (px, py), (ax, ay), (bx, by) = p, a, b
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    t = 0.0 if length == 0 else min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / length))
    across, down = ax + t * dx - px, ay + t * dy - py
    return across * across + down * down


@lru_cache(maxsize=4096)
def bends(points: tuple[Point, ...]) -> Curve:
    """Cubic Bézier pieces through the points, without a kink, that never swing beyond two neighbouring points.

    The direction at a point is the mean of the directions to it and from it, across and down for themselves: none where
    they are opposed, and bounded where one is small (as in Steffen's interpolation, Astron. Astrophys. 239, 1990).
    """
    steps = [_direction(p, q) for p, q in pairwise(points)]
    before, after = [steps[0], *steps], [*steps, steps[-1]]
    turns = [(_mean(u[0], v[0]), _mean(u[1], v[1])) for u, v in zip(before, after, strict=True)]
    pieces = []
    for (p, q), (s, t) in zip(pairwise(points), pairwise(turns), strict=True):
        third = sqrt((q[0] - p[0]) ** 2 + (q[1] - p[1]) ** 2) / 3
        first = (p[0] + third * s[0], p[1] + third * s[1])
        second = (q[0] - third * t[0], q[1] - third * t[1])
        pieces.append((p, first, second, q))
    return tuple(pieces)


def _direction(p: Point, q: Point) -> Point:
    dx, dy = q[0] - p[0], q[1] - p[1]
    length = sqrt(dx * dx + dy * dy) or 1.0
    return dx / length, dy / length


def _mean(one: float, other: float) -> float:
    if one * other <= 0:
        return 0.0
    least = min(abs(one), abs(other))
    return min((abs(one) + abs(other)) / 2, 1.5 * least) * (1 if one > 0 else -1)


@lru_cache(maxsize=4096)
def flattened(curve: Curve) -> tuple[Point, ...]:
    track = [curve[0][0]]
    for a, b, c, d in curve:
        if a[1] == b[1] == c[1] == d[1] or a[0] == b[0] == c[0] == d[0]:  # level or upright: one piece
            track.append(d)
            continue
        for i in range(1, PIECES + 1):
            t = i / PIECES
            u = 1 - t
            k = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
            track.append(
                (
                    k[0] * a[0] + k[1] * b[0] + k[2] * c[0] + k[3] * d[0],
                    k[0] * a[1] + k[1] * b[1] + k[2] * c[1] + k[3] * d[1],
                )
            )
    return tuple(track)


def rounded(value: float) -> float:
    """To 0.01 pt; never -0.0."""
    return round(value, 2) + 0.0
