"""A sheet's drawings in, what a format puts in their places out: TikZ, an SVG file, the words for who cannot see it.

A sheet's skeleton has a mark for each, ``1a:question:tikz``, or for one of its numbers, ``1a:number:forward z``; a
question sheet has no marks of solutions' drawings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from derivgen.figures.drawing import Drawing
from derivgen.figures.scene import Scene
from derivgen.figures.svg import svg
from derivgen.figures.tikz import tikz
from derivgen.sheet import Sheet
from derivgen.templating import environment

FOLDERS = {False: "questions-figures", True: "solutions-figures"}  # of the question sheet, of the solution sheet
PLACES = ("question", "solution")
FORMS = ("tikz", "file", "alt")
_FILE = re.compile(r"[0-9]+[a-z]*(-[0-9]+)?(-solution)?\.svg")


@dataclass(frozen=True)
class Mark:
    """Where a sheet has a drawing: whose, the question's or the solution's, and in which form."""

    name: str
    place: str
    form: str

    @staticmethod
    def of(text: str) -> Mark:
        return Mark(*text.split(":", 2))

    def __str__(self) -> str:
        return f"{self.name}:{self.place}:{self.form}"

    def file(self, *, solutions: bool) -> str:
        """The SVG file's path beside a sheet."""
        ending = "-solution" if self.place == "solution" else ""
        return f"{FOLDERS[solutions]}/{self.name}{ending}.svg"


def is_ours(folder: str, file: str) -> bool:
    """Whether a file in a folder beside a sheet can be one of its drawings."""
    return folder in FOLDERS.values() and _FILE.fullmatch(file) is not None


def text(sheet: Sheet, mark: Mark, *, solutions: bool) -> str:
    """What stands at a mark: a TikZ picture, the path of an SVG file, or the words."""
    if mark.form == "file":
        return mark.file(solutions=solutions)
    return _text(sheet, mark)


def picture(sheet: Sheet, mark: Mark) -> str:
    """The SVG file of a mark."""
    return _text(sheet, replace(mark, form="svg"))


def _text(sheet: Sheet, mark: Mark) -> str:
    for exercise in sheet.exercises:
        for drawing in exercise.plan.drawings:
            if drawing.name == mark.name:
                scene = exercise.scenes.get(drawing.name)
                if scene is None:  # without numbers: the same in all variants
                    return _without_numbers(drawing, mark.place, mark.form)
                return written(drawing, scene, mark.place, mark.form)
    raise KeyError(mark)


@lru_cache(maxsize=512)
def _without_numbers(drawing: Drawing, place: str, form: str) -> str:
    return written(drawing, drawing.plain, place, form)


def written(drawing: Drawing, scene: Scene, place: str, form: str) -> str:
    """What a question or a solution shows of a scene, in a form: tikz, svg or alt; or the number of one label."""
    shown = drawing.shown(scene, solution=place == "solution")
    if place == "number":
        return {label.id: label.latex for label in scene.labels}[form]
    if form == "tikz":
        return tikz(shown)
    facts = drawing.facts(shown)
    if form == "alt":
        return words(facts)
    return svg(replace(shown, alt=(("question", words(facts)),)), str(_module().title(facts)).strip())


def words(facts: dict[str, object]) -> str:
    """A drawing in words, on one line of plain text."""
    return " ".join(str(_module().alt(facts)).split())


@lru_cache(maxsize=1)
def _module() -> Any:
    return environment(lambda value: value, autoescape=False).get_template("figures.j2").module
