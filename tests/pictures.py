"""Many drawn circuits and layered networks: whatever touches is counted, in the layout, in the PDF and in the SVG.

    python tests/pictures.py                     500 of each, in some minutes
    python tests/pictures.py --drawings 100
    python tests/pictures.py --first 5000        others than the tests' own

Circuits have up to 20 operations, each drawn with names, values and gradients, and without numbers; layered networks go
up to 5-5-5-3, in random ways of drawing. Counted are labels that touch a node, another label or a foreign line, or
are nearer to one than to their own; lines that run through a node; nodes that touch; what leaves the paper.
All of that is measured three times: as laid out; with the boxes of the signs that the PDF really has (pypdfium2); and with
the outlines that the SVG really draws. It also says how long a drawing takes and how small a page makes the widest.
The exit code is 1 if anything is wrong. The tests draw a few of each (``test_circuit.py``, ``test_figures.py``).
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pypdfium2

from derivgen.figures.geometry import Box, Point
from derivgen.figures.scene import LAYERS, PAGE, Line, Scene
from derivgen.figures.svg import svg
from derivgen.figures.tikz import PREAMBLE, tikz
from derivgen.pdf import compile_pdf

DRAWINGS, BATCH = 500, 25
SVG = "{http://www.w3.org/2000/svg}"
SLACK = 0.4  # how far a sign may reach out of the box that is kept free for it
NUMBER = re.compile(r"-?\d*\.?\d+")


# --- as laid out ----------------------------------------------------------------------------------------------


def unreadable(scene: Scene) -> list[tuple[str, str]]:
    """What labels touch, nodes that touch, lines that run through nodes, and what leaves the paper."""
    found, paper = [*scene.touching()], Box(0, 0, scene.width, scene.height)
    for i, shape in enumerate(scene.shapes):
        found += [(shape.id, other.id) for other in scene.shapes[:i] if shape.box.gap(other.box) < 1]
        for line in scene.lines:
            if shape.id not in (line.source, line.target):
                found += [(line.id, shape.id)] * any(shape.box.crossed(a, b) for a, b in pairwise(line.track))
    found += [(part.id, "outside") for part in (*scene.shapes, *scene.labels) if not paper.contains(part.box)]
    found += [(line.id, "outside") for line in scene.lines for x, y in line.track if not paper.contains(Box(x, y, x, y))]
    return found


# --- as it is in the PDF --------------------------------------------------------------------------------------


def signs(scenes: Sequence[Scene]) -> list[list[tuple[str, Box]]]:
    """Of each picture the signs that its page of a PDF has, with the boxes around their ink, in points from the top."""
    pages = "\n".join(
        rf"\pdfpagewidth={scene.width}pt\pdfpageheight={scene.height}pt\shipout\vbox{{\hbox{{{tikz(scene, scene.width)}}}}}"
        for scene in scenes
    )
    tex = (
        "\\documentclass[11pt]{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{lmodern}\n\\usepackage{amsmath}\n"
        + PREAMBLE + "\n\\pdfhorigin=0pt\\pdfvorigin=0pt\\hoffset=0pt\\voffset=0pt\n\\begin{document}\n" + pages + "\n\\end{document}\n"
    )  # fmt: skip
    found = []
    for page, scene in zip(pypdfium2.PdfDocument(compile_pdf(tex, timeout=300)), scenes, strict=True):
        text, drawn = page.get_textpage(), []
        for i in range(text.count_chars()):
            sign = text.get_text_range(i, 1)
            if sign.strip():
                left, bottom, right, top = (value * 72.27 / 72 for value in text.get_charbox(i))
                drawn.append((sign, Box(left, scene.height - top, right, scene.height - bottom)))
        found.append(drawn)
    return found


def as_printed(scene: Scene, drawn: Iterable[tuple[str, Box]]) -> tuple[Scene, list[tuple[str, str]]]:
    """The scene with each label as large as its signs in the PDF; and what has none, or is where nothing should be."""
    parts, faults = [*scene.shapes, *scene.labels], []
    boxes: dict[str, list[Box]] = {part.id: [] for part in parts}
    for sign, box in drawn:
        home = [part.id for part in parts if part.box.grown(SLACK).contains(box)]
        if home:
            boxes[home[0]].append(box)
        else:
            faults.append((sign, "in no box"))
    faults += [(shape.id, "no sign") for shape in scene.shapes if shape.texts and not boxes[shape.id]]
    return _resized(scene, boxes, faults), faults


# --- as it is in the SVG --------------------------------------------------------------------------------------


def points(path: str) -> list[Point]:
    found = [float(number) for number in NUMBER.findall(path)]
    return list(zip(found[::2], found[1::2], strict=True))


def as_outlined(scene: Scene) -> tuple[Scene, list[tuple[str, str]]]:
    """The scene with each label as large as its outline in the SVG; and outlines or lines that are not where they belong."""
    root = ElementTree.fromstring(svg(scene))
    paths = {path.get("id"): points(path.get("d", "")) for path in root.iter(f"{SVG}path") if path.get("id")}
    owners = [shape for shape in scene.shapes for _ in shape.texts]
    owners += [label for label in scene.labels if label.role != "blank"]
    faults, boxes = [], {part.id: list[Box]() for part in (*scene.shapes, *scene.labels)}
    for use, owner in zip(root.iter(f"{SVG}use"), owners, strict=True):
        x, y = float(use.get("x", "")), float(use.get("y", ""))
        outline = paths[use.get("href", "")[1:]]
        xs, ys = [x + px for px, _ in outline], [y + py for _, py in outline]
        box = Box(min(xs), min(ys), max(xs), max(ys))
        boxes[owner.id].append(box)
        if not owner.box.grown(SLACK).contains(box):
            faults.append((owner.id, "out of its box"))
    drawn = [path.get("d", "") for path in root.findall(f"{SVG}path") if path.get("fill") == "none"]
    faults += [(line.id, "elsewhere") for line, path in zip(scene.lines, drawn, strict=True) if not _follows(line, path)]
    return _resized(scene, boxes, faults), faults


def _follows(line: Line, path: str) -> bool:
    inner = [point for _, *piece in line.curve for point in piece]
    asked = [line.points[0], *(inner or line.points[1:])]
    real = points(path)
    return len(asked) == len(real) and all(
        abs(x - u) < 0.011 and abs(y - v) < 0.011 for (x, y), (u, v) in zip(asked, real, strict=True)
    )


def _resized(scene: Scene, boxes: dict[str, list[Box]], faults: list[tuple[str, str]]) -> Scene:
    labels = []
    for label in scene.labels:
        if found := boxes[label.id]:
            left, top = min(box.left for box in found), min(box.top for box in found)
            right, bottom = max(box.right for box in found), max(box.bottom for box in found)
            labels.append(replace(label, x=(left + right) / 2, y=(top + bottom) / 2, width=right - left, height=bottom - top))
        else:
            labels.append(label)
            if label.role != "blank":
                faults.append((label.id, "no sign"))
    return replace(scene, labels=tuple(labels))


def misdrawn(scenes: Sequence[Scene]) -> list[tuple[int, str, tuple[str, str]]]:
    """What is wrong in the PDF and the SVG of some pictures: which one, in which of them, what."""
    found = []
    for i, (scene, drawn) in enumerate(zip(scenes, signs(scenes), strict=True)):
        for kind, (measured, faults) in (("PDF", as_printed(scene, drawn)), ("SVG", as_outlined(scene))):
            found += [(i, kind, fault) for fault in (*faults, *unreadable(measured))]
    return found


# --- many -----------------------------------------------------------------------------------------------------


@dataclass
class Report:
    """What came of one kind of picture."""

    kind: str
    widths: list[float] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=lambda: {"layout": [], "PDF": [], "SVG": []})

    def lines(self) -> list[str]:
        wrong = ", ".join(f"{len({fault.split(':')[0] for fault in found})} in the {where}" for where, found in self.faults.items())
        took = sorted(1000 * second for second in self.seconds)
        wide = sum(width > PAGE for width in self.widths)
        return [
            f"{self.kind}: {len(self.widths)} drawn; with faults: {wrong}",
            f"  {statistics.median(took):.0f} ms (median), {took[-1]:.0f} ms (longest)",
            f"  {wide} wider than a page: made smaller, to {min(1.0, PAGE / max(self.widths)):.2f} at most;"
            f" up to {max(self.heights):.0f} pt high",
            *(f"  {where}: {fault}" for where, found in self.faults.items() for fault in found[:20]),
        ]


def survey(kind: str, pictures: Callable[[int], Sequence[Scene]], seeds: Sequence[int]) -> Report:
    report = Report(kind)
    for at in range(0, len(seeds), BATCH):
        scenes, of = [], []
        for seed in seeds[at : at + BATCH]:
            start = time.perf_counter()
            drawn = pictures(seed)
            report.seconds.append((time.perf_counter() - start) / len(drawn))
            scenes += drawn
            of += [seed] * len(drawn)
        report.widths += [scene.width for scene in scenes]
        report.heights += [scene.height for scene in scenes]
        report.faults["layout"] += [f"seed {seed}: {fault}" for seed, scene in zip(of, scenes, strict=True) for fault in unreadable(scene)]
        for i, where, fault in misdrawn([scene.revealed(LAYERS) for scene in scenes]):  # no blank, but what goes into it
            report.faults[where].append(f"seed {of[i]}: {fault}")
    return report


def circuits(seed: int) -> list[Scene]:
    from test_circuit import circuit, drawn, texts

    graph = drawn(seed)
    return [circuit(graph, *texts(graph, seed)), circuit(graph)]


def layers(seed: int) -> list[Scene]:
    from test_figures import drawn_scene

    return [drawn_scene(seed)[1]]


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drawings", type=int, default=DRAWINGS, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first")
    chosen = parser.parse_args(words)
    seeds = range(chosen.first, chosen.first + chosen.drawings)
    reports = [survey("circuits", circuits, seeds), survey("layered networks", layers, seeds)]
    for report in reports:
        print("\n".join(report.lines()), flush=True)
    return int(any(found for report in reports for found in report.faults.values()))


if __name__ == "__main__":
    sys.exit(main())
