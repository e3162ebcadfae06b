"""Boxes and arcs of an acyclic graph in, places and routes out: columns by rank, few crossings, straight rows.

The layered layout of Sugiyama, Tagawa & Toda (1981): ranks by the longest path, long arcs through virtual boxes, orders
by barycentres, heights by isotonic regression. Only + − × ÷ and comparisons touch a coordinate, so every machine gives
the same one. x runs to the right, y down.

>>> boxes = [Box("x", 10, 8, 8), Box("f", 20, 10, 10)]
>>> arrange(boxes, [Arc("x", "f", 0, 30)]).centres
{'x': (5.0, 0.0), 'f': (60.0, 0.0)}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import inf

from derivgen.figures.bands import Folded, Step, cuts, folded

Point = tuple[float, float]
SHORTEST, ARROW, BETWEEN = 28.0, 10.0, 6.0  # the width of a gap, of it beside its labels, the height between boxes
STEEPEST, LONGEST = 1.1, 150.0  # how many points an arc falls on one, at most; a gap that is made wider for that
VIRTUAL, FLAT = 3.0, 40.0  # half the height of a virtual box; in a column so wide a long arc runs level
_SWEEPS, _HEIGHTS, _SETTLE, _LATER = 10, 30, 10, 3
_STRAIGHT, _VIRTUAL, _FIXED = 16.0, 6.0, 1000.0  # how much more an arc that ought to be straight counts


@dataclass(frozen=True)
class Box:
    """What is placed: its width, and how far it and its labels reach above and below its centre."""

    id: str
    width: float
    above: float
    below: float


@dataclass(frozen=True)
class Arc:
    """``operand`` is which of its target's inputs it is; ``room`` the width of its widest label, and more.

    A ``bare`` one has no label: it may share its way with others of its source.
    """

    source: str
    target: str
    operand: int = 0
    room: float = 0.0
    straight: bool = False
    bare: bool = False


@dataclass(frozen=True)
class Arrangement:
    """Each box's centre, and each arc's points from centre to centre, with the numbers of crossings and of bands."""

    centres: dict[str, Point]
    routes: tuple[tuple[Point, ...], ...]
    crossings: int
    bands: int = 1

    @property
    def width(self) -> float:
        """From the leftmost centre to the rightmost."""
        xs = [x for x, _ in self.centres.values()]
        return max(xs) - min(xs)


def arrange(
    boxes: Sequence[Box], arcs: Sequence[Arc], ordered: frozenset[str] = frozenset(), widest: float = inf
) -> Arrangement:
    """Places for boxes, which come in topological order; ``ordered`` ones take their inputs from top to bottom.

    What is much wider than ``widest`` is cut into bands, one below the other. Bare arcs of one source to later bands
    share one way there.
    """
    ends = tuple((arc.source, arc.target, arc.operand, arc.straight) for arc in arcs)
    names = tuple(box.id for box in boxes)
    shared: frozenset[int] = frozenset()
    for _ in range(2):
        layout = _best(names, ends, ordered, shared)
        ys = layout.heights(boxes)
        lefts, rights = layout.columns(boxes, arcs, ys)
        bands = layout.bands(boxes, lefts, rights, ys, widest)
        if shared or not (shared := _sharing(arcs, layout, bands.ends)):
            break
    middles = [(left + right) / 2 for left, right in zip(lefts, rights, strict=True)]
    at = [
        (round(middles[rank] + dx, 2), round(y + dy, 2))
        for rank, y, (dx, dy) in zip(layout.rank, ys, bands.moves, strict=True)
    ]
    routes = []
    for i, chain in enumerate(layout.chains):
        route = [at[chain[0]], *bands.turns.get((i, layout.rank[chain[0]]), ())]
        for virtual in chain[1:-1]:  # level across its column, so that it passes the boxes there
            rank, y = layout.rank[virtual], at[virtual][1]
            left, right = (
                round(lefts[rank] + bands.moves[virtual][0], 2),
                round(rights[rank] + bands.moves[virtual][0], 2),
            )
            route += [(left, y), (right, y)] if right - left > FLAT else [at[virtual]]
            route += bands.turns.get((i, rank), ())
        routes.append((*route, at[chain[-1]]))
    centres = {box.id: at[i] for i, box in enumerate(boxes)}
    return Arrangement(centres, tuple(routes), layout.count, len(bands.ends) + 1)


def _sharing(arcs: Sequence[Arc], layout: _Layout, cut: Sequence[int]) -> frozenset[int]:
    """The bare arcs that run over the end of a band together with others of their source."""
    pairs = [(arc.source, arc.target) for arc in arcs]
    free = [
        i for i, (arc, (source, target)) in enumerate(zip(arcs, layout.ends, strict=True))
        if arc.bare and pairs.count(pairs[i]) == 1
        and any(layout.rank[source] <= end < layout.rank[target] for end in cut)
    ]  # fmt: skip
    sources = [arcs[i].source for i in free]
    return frozenset(i for i in free if sources.count(arcs[i].source) > 1)


Ends = tuple[str, str, int, bool]  # source, target, operand, straight


@lru_cache(maxsize=256)
def _best(boxes: tuple[str, ...], arcs: tuple[Ends, ...], ordered: frozenset[str], shared: frozenset[int]) -> _Layout:
    """The order with the fewest crossings, after a column more before sources that are used more than once."""
    best = _Layout(boxes, arcs, ordered, {}, shared)
    targets = {arc[1] for arc in arcs}
    used = [arc[0] for arc in arcs]
    often = [i for i, box in enumerate(boxes) if box not in targets and used.count(box) > 1]
    late: dict[int, int] = {}
    for _ in range(_LATER):
        if not best.count or not often:
            break
        delays = [{**late, source: best.rank[source] + 1} for source in often]
        tries = [_Layout(boxes, arcs, ordered, delay, shared) for delay in delays]
        k = min(range(len(tries)), key=lambda k: tries[k].count)
        if tries[k].count >= best.count:
            break
        best, late = tries[k], delays[k]
    return best


class _Layout:
    """Columns and orders of boxes and virtual boxes by number: the real ones first, in their order."""

    def __init__(
        self, boxes: tuple[str, ...], arcs: tuple[Ends, ...], ordered: frozenset[str], late: dict[int, int],
        shared: frozenset[int],
    ) -> None:  # fmt: skip
        number = {box: i for i, box in enumerate(boxes)}
        self.real, self.arcs, self.shared = len(boxes), arcs, shared
        self.ends = [(number[arc[0]], number[arc[1]]) for arc in arcs]
        self.rank = _ranks(len(boxes), self.ends, late)
        self.chains: list[list[int]] = []
        self.up: list[list[int]] = [[] for _ in boxes]
        self.down: list[list[int]] = [[] for _ in boxes]
        self.port: dict[tuple[int, int], float] = {}  # where an arc meets an ordered box, from 0 (top) to 1
        self.pull: dict[tuple[int, int], float] = {}  # how strongly two neighbours want the same height
        ways: dict[tuple[int, int], int] = {}  # the virtual boxes that the arcs of a source share, by column
        for i, (arc, (source, target)) in enumerate(zip(arcs, self.ends, strict=True)):
            self._add(arc, source, target, arc[1] in ordered, ways if i in shared else {})
        self.layers: list[list[int]] = [[] for _ in range(max(self.rank, default=0) + 1)]
        self.count = self.order()

    def _add(self, arc: Ends, source: int, target: int, ordered: bool, ways: dict[tuple[int, int], int]) -> None:
        chain = [source]
        for rank in range(self.rank[source] + 1, self.rank[target]):
            chain.append(ways.setdefault((source, rank), len(self.rank)))
            if chain[-1] < len(self.rank):
                continue
            self.rank.append(rank)
            self.up.append([])
            self.down.append([])
        chain.append(target)
        self.chains.append(chain)
        for a, b in pairwise(chain):
            if b not in self.down[a]:
                self.down[a].append(b)
                self.up[b].append(a)
            virtual = (a >= self.real) + (b >= self.real)
            self.pull[a, b] = _STRAIGHT if arc[3] else _VIRTUAL if virtual == 2 else 2.0 if virtual else 1.0
        self.port[chain[-2], target] = 0.1 * arc[2] if ordered else 0.0

    # --- the order within each column ---------------------------------------------------------------------------

    def order(self) -> int:
        """Start from a walk back from the outputs, operand by operand; keep the best of the barycentre sweeps."""
        seen: set[int] = set()
        stack = [i for i in range(self.real) if not self.down[i]][::-1]
        while stack:
            here = stack.pop()
            if here not in seen:
                seen.add(here)
                self.layers[self.rank[here]].append(here)
                stack.extend(reversed(self.up[here]))
        best, kept = self.crossings(), [list(layer) for layer in self.layers]
        for sweep in range(_SWEEPS):
            if not best:
                break
            self._sweep(forward=sweep % 2 == 0)
            self._exchange()
            count = self.crossings()
            if count < best:
                best, kept = count, [list(layer) for layer in self.layers]
        self.layers = kept
        return best

    def crossings(self) -> int:
        """How many pairs of arcs cross between neighbouring columns."""
        count = 0
        for layer, following in pairwise(self.layers):
            place = {box: i for i, box in enumerate(following)}
            arcs = [(i, place[b] + self.port.get((a, b), 0.0)) for i, a in enumerate(layer) for b in self.down[a]]
            for k, (i, j) in enumerate(arcs):
                for m, n in arcs[:k]:
                    count += (i > m and j < n) or (i < m and j > n)
        return count

    def _sweep(self, *, forward: bool) -> None:
        ranks = range(1, len(self.layers)) if forward else range(len(self.layers) - 2, -1, -1)
        for rank in ranks:
            place = {box: float(i) for i, box in enumerate(self.layers[rank - 1 if forward else rank + 1])}
            keys = {}
            for i, box in enumerate(self.layers[rank]):
                near = self.up[box] if forward else self.down[box]
                where = [place[b] + (0.0 if forward else self.port.get((box, b), 0.0)) for b in near]
                keys[box] = sum(where) / len(where) if where else float(i)
            self.layers[rank].sort(key=keys.__getitem__)  # stable: ties keep their order

    def _exchange(self) -> None:
        """Exchange neighbours while that takes a crossing away."""
        for _ in range(4):
            better = False
            for rank, layer in enumerate(self.layers):
                before = {box: float(i) for i, box in enumerate(self.layers[rank - 1])} if rank else {}
                after = (
                    {box: float(i) for i, box in enumerate(self.layers[rank + 1])}
                    if rank + 1 < len(self.layers) else {}
                )  # fmt: skip
                for i in range(len(layer) - 1):
                    a, b = layer[i], layer[i + 1]
                    if self._between(a, b, before, after) > self._between(b, a, before, after):
                        layer[i], layer[i + 1] = b, a
                        better = True
            if not better:
                return

    def _between(self, a: int, b: int, before: dict[int, float], after: dict[int, float]) -> int:
        """The crossings of a's arcs with b's while a stands above b."""
        count = sum(before[i] > before[j] for i in self.up[a] for j in self.up[b])
        return count + sum(
            after[i] + self.port.get((a, i), 0.0) > after[j] + self.port.get((b, j), 0.0)
            for i in self.down[a]
            for j in self.down[b]
        )

    # --- coordinates --------------------------------------------------------------------------------------------

    def columns(
        self, boxes: Sequence[Box], arcs: Sequence[Arc], ys: Sequence[float]
    ) -> tuple[list[float], list[float]]:
        """Each column's sides: as wide as its widest box, and before the next one room for the labels between.

        No arc from a column to the next is much steeper than its room is wide.
        """
        count = len(self.layers)
        widths, rooms = [0.0] * count, [SHORTEST] * count
        for box, rank in zip(boxes, self.rank, strict=False):
            widths[rank] = max(widths[rank], box.width)
        for arc, (source, target) in zip(arcs, self.ends, strict=True):
            steep = 0.0
            if self.rank[target] == self.rank[source] + 1:
                steep = min(abs(ys[target] - ys[source]) / STEEPEST, LONGEST)
            rooms[self.rank[source]] = max(rooms[self.rank[source]], arc.room + ARROW, steep)
        lefts, x = [], 0.0
        for width, room in zip(widths, rooms, strict=True):
            lefts.append(x)
            x += width + room
        return lefts, [left + width for left, width in zip(lefts, widths, strict=True)]

    def bands(
        self, boxes: Sequence[Box], lefts: Sequence[float], rights: Sequence[float], ys: Sequence[float], widest: float
    ) -> Folded:
        """Where the columns go: beside one another, or in bands that are not much wider than the page."""
        steps = [
            Step(i, a, b, self.port.get((a, b), 0.0), i in self.shared)
            for i, chain in enumerate(self.chains)
            for a, b in pairwise(chain)
        ]
        leading = [0] * len(self.layers)
        for source, _ in {step.lane for step in steps}:
            leading[self.rank[source]] += 1
        above, below = self._reaches(boxes)
        return folded(cuts(lefts, rights, leading, widest), lefts, self.rank, steps, ys, above, below, self.real)

    def _reaches(self, boxes: Sequence[Box]) -> tuple[list[float], list[float]]:
        """How far each box, and each virtual one, reaches above and below its centre."""
        virtual = [VIRTUAL] * (len(self.rank) - self.real)
        return [box.above for box in boxes] + virtual, [box.below for box in boxes] + virtual

    def heights(self, boxes: Sequence[Box]) -> list[float]:
        """Each box's y: near its neighbours', in order and apart, with rows and long arcs straight."""
        above, below = self._reaches(boxes)
        stacks = [_stacked(layer, above, below) for layer in self.layers]
        order = list(zip(self.layers, stacks, strict=True))
        ys = [0.0] * len(self.rank)
        for layer, stack in order:
            for place, box in zip(stack, layer, strict=True):
                ys[box] = place - stack[-1] / 2
        for sweep in range(_HEIGHTS):
            for layer, stack in order if sweep % 2 else order[::-1]:
                wishes = [self._wish(box, ys) for box in layer]
                _place(layer, stack, wishes, ys)
        rows = self._rows()
        row_of = {box: row for row in rows for box in row}
        for sweep in range(_SETTLE):
            means = {row: sum(ys[box] for box in row) / len(row) for row in rows}
            for layer, stack in order if sweep % 2 else order[::-1]:
                wishes = [
                    (means[row_of[box]], _FIXED * len(row_of[box])) if box in row_of else self._wish(box, ys)
                    for box in layer
                ]
                _place(layer, stack, wishes, ys)
        for row in rows:  # what is straight but for a hair is straight
            mean = sum(ys[box] for box in row) / len(row)
            for box in row:
                if abs(ys[box] - mean) < 1.0:
                    ys[box] = mean
        top = min(ys, default=0.0)
        return [y - top for y in ys]

    def _wish(self, box: int, ys: list[float]) -> tuple[float, float]:
        """The height that suits the neighbours, and how much it counts."""
        total = weight = 0.0
        for near in self.up[box]:
            pull = self.pull[near, box]
            total, weight = total + pull * ys[near], weight + pull
        for near in self.down[box]:
            pull = self.pull[box, near]
            total, weight = total + pull * ys[near], weight + pull
        return (total / weight, weight) if weight else (ys[box], 1.0)

    def _rows(self) -> list[tuple[int, ...]]:
        """What ought to stand at one height: chains of straight arcs, and the virtual boxes of a long arc."""
        rows: dict[int, list[int]] = {}
        for arc, chain in zip(self.arcs, self.chains, strict=True):
            inner = chain if arc[3] else chain[1:-1]
            if len(inner) > 1:
                first = rows.get(inner[0], [inner[0]])
                first.extend(box for box in inner[1:] if box not in first)
                for box in inner[1:]:
                    if box in rows and rows[box] is not first:
                        first.extend(other for other in rows[box] if other not in first)
                for box in first:
                    rows[box] = first
        unique: dict[tuple[int, ...], None] = {}
        for row in rows.values():
            unique[tuple(row)] = None
        return list(unique)


def _stacked(layer: list[int], above: list[float], below: list[float]) -> list[float]:
    """The heights of a column's boxes, packed as closely as they may stand."""
    places = [0.0]
    for a, b in pairwise(layer):
        places.append(places[-1] + below[a] + above[b] + BETWEEN)
    return places[: len(layer)]


def _place(layer: list[int], stack: list[float], wishes: list[tuple[float, float]], ys: list[float]) -> None:
    """The heights nearest to the wishes (least squares) that keep order and distance: pool adjacent violators."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, count
    for (wish, weight), offset in zip(wishes, stack, strict=True):
        mean, count = wish - offset, 1
        while pools and pools[-1][0] > mean:
            other, more, many = pools.pop()
            mean = (other * more + mean * weight) / (more + weight)
            weight, count = weight + more, count + many
        pools.append((mean, weight, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    for box, mean, offset in zip(layer, means, stack, strict=True):
        ys[box] = mean + offset


def _ranks(count: int, ends: Sequence[tuple[int, int]], late: dict[int, int]) -> list[int]:
    """Each box's column: the longest path to it; then what may move to the right for nothing moves to its user.

    ``late`` sources stand no further left than that. Arcs that share both ends are two columns long, so that each has
    a virtual box of its own.
    """
    length = [2 if ends.count(end) > 1 else 1 for end in ends]
    into: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    out: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for (source, target), steps in zip(ends, length, strict=True):
        into[target].append((source, steps))
        out[source].append((target, steps))
    rank = [0] * count
    for box in range(count):
        rank[box] = max((rank[source] + steps for source, steps in into[box]), default=late.get(box, 0))
    free = [False] * count  # nothing above it is used elsewhere: it moves with all that is above it
    for box in range(count):
        free[box] = all(free[source] and len(out[source]) == 1 for source, _ in into[box])
    for box in range(count - 1, -1, -1):
        stuck = sum(not (free[source] and len(out[source]) == 1) for source, _ in into[box])
        if out[box] and (free[box] or stuck < len(out[box])):
            rank[box] = min(rank[target] - steps for target, steps in out[box])
    lowest = min(rank, default=0)
    return [r - lowest for r in rank]
