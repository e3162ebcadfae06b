"""A Scene in, an SVG file out: texts as outlines, so that it looks alike in every reader.

``title`` and ``desc`` hold the sentences of the layers that the scene still has; the ids begin with a digest of what is
drawn, so that several pictures may stand in one page. No character of a label is in the file as text.
"""

from __future__ import annotations

import hashlib
import re
import warnings
import xml.etree.ElementTree as ElementTree
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from derivgen.figures.geometry import Point, rounded
from derivgen.figures.metrics import HALO, LABEL, NODE, MetricsError, baseline, label_room, measured
from derivgen.figures.palette import COLORS, INK, LINE
from derivgen.figures.scene import Label, Line, Scene, Shape

SCALE = 4 / 3  # CSS pixels to a point, about: 96 to an inch
_COMMAND = re.compile(r"([MLQCZ])\s*([-+.\de\s]*)")
_LEADING = re.compile(r"^(\\(?:times|div|cdot|pm)|[+-])")
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
_FONT = 0.93  # STIX Two, drawn so that its letters are as large as Latin Modern's
_SIGNED = re.compile(r"(?<![\w})\]])-(\d+(?:\.\d+)?)")


def svg(scene: Scene, title: str = "") -> str:
    """The file, as one text. Points are the picture's own units; ``width`` and ``height`` are in CSS pixels."""
    glyphs: dict[tuple[str, int], str] = {}
    prefix = "g" + hashlib.sha256(repr((scene, title)).encode()).hexdigest()[:10] + "-"
    body = [
        *(_line(line, prefix) for line in scene.lines),
        *(part for shape in scene.shapes for part in _shape(shape, glyphs, prefix)),
        *(part for label in scene.labels for part in _label(label, glyphs, prefix)),
    ]
    told = " ".join(sentence for _, sentence in scene.alt)
    width, height = _n(scene.width), _n(scene.height)
    names = f' aria-labelledby="{prefix}title {prefix}desc"' if title or told else ""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{_n(scene.width * SCALE)}" height="{_n(scene.height * SCALE)}" role="img"{names}>',
            *([f'<title id="{prefix}title">{escape(title)}</title>'] if title else []),
            *([f'<desc id="{prefix}desc">{escape(told)}</desc>'] if told else []),
            "<defs>",
            f'<marker id="{prefix}arrow" viewBox="0 0 5 4" refX="4.6" refY="2" markerWidth="5" markerHeight="4" '
            f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L5 2L0 4L1.2 2z" fill="{LINE}"/></marker>',
            *(f'<path id="{id}" d="{outline(latex, size)}"/>' for (latex, size), id in glyphs.items()),
            "</defs>",
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            *body,
            "</svg>\n",
        ]
    )


Piece = tuple[str, tuple[Point, ...]]  # a command of a path with its points


@lru_cache(maxsize=4096)
def outline(latex: str, size: int) -> str:
    """The outlines of a formula as one path, its middle and its baseline at the origin, inside its measured box.

    The font's letters are larger than TeX's for their size, and its indices stand higher.
    """
    pieces = _number(latex, size) if _DECIMAL.fullmatch(latex) else _drawn(latex, size)[0]
    points = [point for _, points in pieces for point in points]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    extent = measured(latex, size)
    scale = min(
        _FONT,
        (extent.width + HALO) / (right - left),
        (extent.height + HALO / 2) / max(0.01, -min(y for _, y in points)),
        (extent.depth + HALO / 2) / max(0.01, max(y for _, y in points)),
    )
    middle = (left + right) / 2
    path = "".join(
        command + " ".join(_pair(((x - middle) * scale, y * scale)) for x, y in points) for command, points in pieces
    )
    return path.replace(" -", "-")


def _number(latex: str, size: int) -> list[Piece]:
    """A decimal number, put together from its digits: every variant has others, and these are drawn once."""
    pieces: list[Piece] = []
    at = 0.0
    for sign in latex:
        drawn, width = _drawn(sign, size)
        pieces += [(command, tuple((x + at, y) for x, y in points)) for command, points in drawn]
        at += width
    return pieces


@lru_cache(maxsize=1)
def _ziamath() -> tuple[Any, Any]:
    """Its settings and its formulas, loaded when first needed: the fonts take a moment."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it opens its fonts in the way of older Pythons
        from ziamath.config import config
        from ziamath.zmath import Latex
    return config, Latex


@lru_cache(maxsize=1024)
def _drawn(latex: str, size: int) -> tuple[list[Piece], float]:
    """What ziamath draws of a formula, and how far on the next sign stands."""
    config, formula_of = _ziamath()
    # A minus before a number is its sign, as is what comes first; ziamath would space it as an operation.
    text = _LEADING.sub(r"{\1}", _SIGNED.sub(r"{-\1}", latex))
    drawing = ElementTree.Element("g")
    before, config.svg2 = config.svg2, False  # one element a sign, and no ids of ziamath's own
    try:
        formula = formula_of(text, size=size, inline=True)
        formula.drawon(drawing, 0, 0)
        width = float(formula.getsize()[0])
    finally:
        config.svg2 = before
    pieces: list[Piece] = []
    for part in drawing.iter():
        if part.tag == "path":
            for command, numbers in _COMMAND.findall(part.get("d", "")):
                values = [float(number) for number in numbers.split()]
                pieces.append((command, tuple(zip(values[::2], values[1::2], strict=True))))
        elif part.tag == "rect":
            x, y, across, high = (float(part.get(key, 0)) for key in ("x", "y", "width", "height"))
            corners = ((x, y), (x + across, y), (x + across, y + high), (x, y + high))
            pieces += [("M", corners[:1]), ("L", corners[1:]), ("Z", ())]
    if not any(points for _, points in pieces):
        raise MetricsError(f"nothing is drawn of the label {latex!r}")
    return pieces, width


def _n(value: float) -> str:
    return f"{rounded(value):.2f}".rstrip("0").rstrip(".")


def _pair(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _line(line: Line, prefix: str) -> str:
    if line.curve:
        path = f"M{_pair(line.points[0])}" + "".join(f"C{_pair(b)} {_pair(c)} {_pair(d)}" for _, b, c, d in line.curve)
    else:
        path = "M" + "L".join(_pair(point) for point in line.points)
    arrow = f' marker-end="url(#{prefix}arrow)"' if line.arrow else ""
    return f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="0.6"{arrow}/>'


def _shape(shape: Shape, glyphs: dict[tuple[str, int], str], prefix: str) -> list[str]:
    box, pen = shape.box, f'fill="#fff" stroke="{INK}" stroke-width="0.6"'
    drawn, shifts = [], (0.0,)
    if shape.kind == "circle":
        drawn.append(f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.width / 2)}" {pen}/>')
    elif shape.kind in ("box", "split"):
        size = f'width="{_n(shape.width)}" height="{_n(shape.height)}"'
        drawn.append(f'<rect x="{_n(box.left)}" y="{_n(box.top)}" {size} rx="2" {pen}/>')
    elif shape.kind == "dots":
        return [f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y + shift)}" r="0.9" fill="{INK}"/>' for shift in (-5, 0, 5)]
    if shape.kind == "split":
        bar = f"M{_n(shape.x)} {_n(box.top + 5)}V{_n(box.bottom - 5)}"
        drawn.append(f'<path d="{bar}" stroke="{INK}" stroke-width="0.4"/>')
        shifts = (-shape.width / 4, shape.width / 4)  # type: ignore[assignment]
    texts = zip(shape.texts, shifts, strict=False)  # a plain node has none
    return drawn + [_text(shape.x + shift, shape.y, text, NODE, INK, glyphs, prefix) for text, shift in texts]


def _label(label: Label, glyphs: dict[tuple[str, int], str], prefix: str) -> list[str]:
    box = label.box
    if label.role == "blank":
        size = f'width="{_n(label.width - 2)}" height="{_n(label.height - 2)}"'
        pen = f'fill="#fff" stroke="{LINE}" stroke-width="0.4"'
        return [f'<rect x="{_n(box.left + 1)}" y="{_n(box.top + 1)}" {size} {pen}/>']
    width, height = label_room(label.latex)
    x, y = _n(label.x - width / 2), _n(label.y - height / 2)
    halo = f'<rect x="{x}" y="{y}" width="{_n(width)}" height="{_n(height)}" fill="#fff"/>'
    return [halo, _text(label.x, label.y, label.latex, LABEL, COLORS[label.role], glyphs, prefix)]


def _text(
    x: float, y: float, latex: str, size: int, color: str, glyphs: dict[tuple[str, int], str], prefix: str
) -> str:
    id = glyphs.setdefault((latex, size), f"{prefix}{len(glyphs)}")
    return f'<use href="#{id}" x="{_n(x)}" y="{_n(y + baseline(latex, size))}" fill="{color}"/>'
