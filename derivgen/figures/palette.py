"""The colours of a drawing: dark enough to be read on white paper (contrast 4.5 and more), and never all that tells."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.figures.scene import LabelRole

INK, LINE = "#1A1A1A", "#4D4D4D"
COLORS: Mapping[LabelRole, str] = {
    "weight": "#1F4FA3",
    "value": "#0B6E2D",
    "gradient": "#B3261E",
    "name": INK,
    "blank": INK,
}
