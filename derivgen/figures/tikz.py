r"""A Scene in, a TikZ picture out; it needs the library arrows.meta only.

The picture carries no alternative text: ``\BeginAccSupp`` is in a package that sheets do not load, and a comment would
be read by nobody whom it could help. In LaTeX the sheet's own words introduce the network; SVG has title and desc.
"""

from __future__ import annotations

from derivgen.figures.geometry import rounded
from derivgen.figures.metrics import HALO, LABEL, NODE, baseline
from derivgen.figures.palette import COLORS, INK
from derivgen.figures.scene import PAGE, Label, Line, Scene, Shape

PREAMBLE = r"\usepackage{tikz}" + "\n" + r"\usetikzlibrary{arrows.meta}"
_NAMES = {INK: "derivgenink"} | {COLORS[role]: f"derivgen{role}" for role in ("weight", "value", "gradient")}


def tikz(scene: Scene, widest: float = PAGE) -> str:
    """The picture, with x and y in points and y downwards; texts stand on baselines that the metrics say.

    One that is wider than the page's text (``widest``, in points) is made smaller as a whole.
    """
    fit = "" if scene.width <= widest else f",scale={_n(widest / scene.width)},transform shape"
    size = f"({_n(scene.width)},{_n(scene.height)})"
    return "\n".join(
        [
            rf"\begin{{tikzpicture}}[x=1pt,y=-1pt,line width=0.6pt,>={{Stealth[length=5pt,width=4pt]}}{fit}]",
            *(rf"\definecolor{{{name}}}{{HTML}}{{{color[1:]}}}" for color, name in _NAMES.items()),
            rf"\useasboundingbox (0,0) rectangle {size};",
            *(_line(line) for line in scene.lines),
            *(part for shape in scene.shapes for part in _shape(shape)),
            *(part for label in scene.labels for part in _label(label)),
            r"\end{tikzpicture}",
        ]
    )


def _n(value: float) -> str:
    """A number without needless zeros.

    >>> _n(12.0), _n(0.5), _n(-3.25)
    ('12', '0.5', '-3.25')
    """
    return f"{rounded(value):.2f}".rstrip("0").rstrip(".")


def _at(x: float, y: float) -> str:
    return f"({_n(x)},{_n(y)})"


def _line(line: Line) -> str:
    if line.curve:
        path = _at(*line.points[0]) + "".join(
            f" .. controls {_at(*b)} and {_at(*c)} .. {_at(*d)}" for _, b, c, d in line.curve
        )
    else:
        path = " -- ".join(_at(*point) for point in line.points)
    return rf"\draw[{'->' if line.arrow else '-'},black!70] {path};"


def _shape(shape: Shape) -> list[str]:
    outline = f"{_at(shape.box.left, shape.box.top)} rectangle {_at(shape.box.right, shape.box.bottom)}"
    ink = _NAMES[INK]
    if shape.kind == "circle":
        drawn = [rf"\draw[{ink},fill=white] {_at(shape.x, shape.y)} circle [radius={_n(shape.width / 2)}];"]
    elif shape.kind in ("box", "split"):
        drawn = [rf"\draw[{ink},fill=white,rounded corners=2pt] {outline};"]
    elif shape.kind == "dots":
        dots = " ".join(f"{_at(shape.x, shape.y + shift)} circle [radius=0.9]" for shift in (-5, 0, 5))
        return [rf"\fill[{ink}] {dots};"]
    else:
        drawn = []
    if shape.kind == "split":
        top, bottom = _at(shape.x, shape.box.top + 5), _at(shape.x, shape.box.bottom - 5)
        drawn.append(rf"\draw[{ink},line width=0.4pt] {top} -- {bottom};")
    quarter = shape.width / 4
    places = (-quarter, quarter) if shape.kind == "split" else (0.0,)
    texts = zip(shape.texts, places, strict=False)  # a plain node has none
    return drawn + [_text(shape.x + shift, shape.y, text, NODE, ink) for text, shift in texts]


def _label(label: Label) -> list[str]:
    box = label.box
    if label.role == "blank":
        corners = f"{_at(box.left + 1, box.top + 1)} rectangle {_at(box.right - 1, box.bottom - 1)}"
        return [rf"\draw[line width=0.4pt,black!60,fill=white] {corners};"]
    return [_text(label.x, label.y, label.latex, LABEL, _NAMES[COLORS[label.role]], halo=True)]


def _text(x: float, y: float, latex: str, size: int, color: str, halo: bool = False) -> str:
    white = f",fill=white,inner sep={_n(HALO)}pt" if halo else ",inner sep=0pt"
    font = rf"\fontsize{{{size}}}{{{size + 2}}}\selectfont"
    return rf"\node[anchor=base,{color}{white},font={font}] at {_at(x, y + baseline(latex, size))} {{${latex}$}};"
