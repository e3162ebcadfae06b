"""Columns too wide for a page in, bands of them out: the drawing runs on below itself, as a line of text does.

An arc that leads on to the next band turns round at the right, runs back between the two, and turns in at the left.
Arcs of one source that share their way share their lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
SMALLER = 1.25  # so much wider than the page a drawing may be before it is cut: its texts are still easy to read
MOST = 5  # bands
# An arc's turn; between arcs; where they leave a box; around them; between boxes at most.
CORNER, LANE, PORT, GUTTER, APART = 5.0, 6.0, 5.0, 12.0, 24.0


@dataclass(frozen=True)
class Step:
    """What an arc does between two neighbouring columns: from a box, or a virtual one, to another."""

    arc: int
    source: int
    target: int
    port: float = 0.0  # which operand of its target, where they may not be exchanged
    shared: bool = False  # it turns in one lane with all such steps from its source

    @property
    def lane(self) -> tuple[int, int]:
        return self.source, -1 if self.shared else self.arc

    @property
    def entry(self) -> tuple[int, int, int]:
        return self.source, self.target, -1 if self.shared else self.arc


@dataclass(frozen=True)
class Folded:
    """How far each box moves, and the points of each arc's turn after a column."""

    moves: tuple[Point, ...]
    turns: dict[tuple[int, int], tuple[Point, ...]]  # by arc and column
    ends: tuple[int, ...]  # the columns that end a band


def cuts(lefts: Sequence[float], rights: Sequence[float], leading: Sequence[int], widest: float) -> tuple[int, ...]:
    """The columns that end a band, for the fewest bands that fit a page; among those, where the fewest arcs are cut.

    ``leading`` has how many arcs lead on from each column.

    >>> cuts([0, 50, 100, 150], [20, 70, 120, 170], [1, 2, 1, 0], 500), cuts(
    ...     [0, 50, 100, 150], [20, 70, 120, 170], [2, 1, 2, 0], 120)
    ((), (1,))
    """
    last = len(lefts) - 1
    limit = widest * SMALLER

    def width(first: int, end: int) -> float:
        turns = (_turn(leading[first - 1]) if first else 0.0) + (_turn(leading[end]) if end < last else 0.0)
        return (rights[end] if end == last else lefts[end + 1]) - lefts[first] + turns

    best: dict[int, tuple[int, float, tuple[int, ...]]] = {
        -1: (0, 0.0, ())
    }  # what ends at a column: its cost, its cuts
    for _ in range(MOST):
        following: dict[int, tuple[int, float, tuple[int, ...]]] = {}
        for before, (cut, broadest, chosen) in best.items():
            for end in range(before + 1, last + 1):
                across = width(before + 1, end)
                if across > limit:
                    continue
                more = cut + leading[end] ** 2 if end < last else cut
                found = more, max(broadest, across), (*chosen, end)
                if end not in following or found < following[end]:
                    following[end] = found
        if last in following:
            return following[last][2][:-1]
        best = following
    return ()


def _turn(count: int) -> float:
    return 2 * CORNER + LANE * count


def folded(
    ends: Sequence[int], lefts: Sequence[float], rank: Sequence[int], steps: Sequence[Step],
    ys: Sequence[float], above: Sequence[float], below: Sequence[float], real: int,
) -> Folded:  # fmt: skip
    """Each band below the one before it; ``ends`` are the columns that end one, ``real`` the number of real boxes."""
    band = [sum(column > end for end in ends) for column in range(len(lefts))]
    reach = [(y - a, y + d) for y, a, d in zip(ys, above, below, strict=True)]
    inside = [[i for i, r in enumerate(rank) if band[r] == b] for b in range(len(ends) + 1)]
    lifts = [0.0] * len(ys)
    for boxes in inside if ends else ():
        _close_up(sorted(boxes, key=lambda i: reach[i]), reach, lifts)
    ys = [y - lift for y, lift in zip(ys, lifts, strict=True)]
    tops = [min(reach[i][0] - lifts[i] for i in boxes) for boxes in inside]
    bottoms = [max(reach[i][1] - lifts[i] for i in boxes) for boxes in inside]
    crossing = [[step for step in steps if rank[step.source] == end] for end in ends]
    shifts, down = [0.0], bottoms[0]
    for b, across in enumerate(crossing):
        count = len({step.lane for step in across})
        shifts.append(down + 2 * GUTTER + LANE * (count - 1) - tops[b + 1])
        down = shifts[-1] + bottoms[b + 1]
    starts = [0, *(end + 1 for end in ends)]
    moves = tuple((-lefts[starts[band[r]]], shifts[band[r]] - lift) for r, lift in zip(rank, lifts, strict=True))
    turns: dict[tuple[int, int], tuple[Point, ...]] = {}
    for b, (end, across) in enumerate(zip(ends, crossing, strict=True)):
        lanes = {step.lane: step for step in across}
        entries = {step.entry: step for step in across}
        leave = _ports([(step.source, 0.0, ys[step.target]) for step in lanes.values()], ys, real)
        enter = _ports([(step.target, step.port, ys[step.source]) for step in entries.values()], ys, real)
        lane_of, entry_of = {key: k for k, key in enumerate(lanes)}, {key: k for k, key in enumerate(entries)}
        right, gutter = lefts[end + 1] - lefts[starts[b]] + CORNER, bottoms[b] + shifts[b] + GUTTER
        for step in across:
            i, j = lane_of[step.lane], entry_of[step.entry]
            # The topmost takes the outermost lane at the right, the lowest below, the innermost at the left.
            y, last = leave[i] + shifts[b], enter[j] + shifts[b + 1]
            inwards = LANE * (len(leave) - 1 - _place(leave, i))
            x, level, left = right + inwards, gutter + inwards, -3 * CORNER - LANE * _place(enter, j)
            turns[step.arc, end] = tuple((round(px, 2), round(py, 2)) for px, py in (
                (x - CORNER, y), (x, y + CORNER), (x, level - CORNER), (x - CORNER, level),
                (left + CORNER, level), (left, level + CORNER), (left, last - CORNER), (left + CORNER, last),
            ))  # fmt: skip
    return Folded(moves, turns, tuple(ends))


def _close_up(boxes: Sequence[int], reach: Sequence[Point], lifts: list[float]) -> None:
    """Lift what stands below a wide strip in which nothing stands: in a band of its own it need not be so far off."""
    bottom, lift = reach[boxes[0]][1], 0.0
    for i in boxes:
        lift += max(0.0, reach[i][0] - bottom - APART)
        lifts[i] = lift
        bottom = max(bottom, reach[i][1])


def _ports(at: Sequence[tuple[int, float, float]], ys: Sequence[float], real: int) -> list[float]:
    """The height at which each arc meets its box: those of one real box a little apart, ordered by their others."""
    heights = []
    for k, (box, *order) in enumerate(at):
        mates = sorted(([*others], m) for m, (mate, *others) in enumerate(at) if mate == box)
        place = mates.index((order, k)) - (len(mates) - 1) / 2
        heights.append(ys[box] + (place * PORT if box < real else 0.0))
    return heights


def _place(heights: Sequence[float], k: int) -> int:
    return sum((height, m) < (heights[k], k) for m, height in enumerate(heights))
