"""A sheet in, text out: the Jinja environment. A format is one template file in ``templates/formats``.

Mathematics reaches a template as ``Markup``; everything else that is printed is escaped by ``finalize`` for the
format at hand, so that no template can forget. Templates run sandboxed and get strings, integers, lists and dicts only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from derivgen import pictures
from derivgen.context import MARK, skeleton_context, variant_texts
from derivgen.errors import DerivgenError, suggest
from derivgen.folders import templates_folder
from derivgen.formula import fault
from derivgen.pictures import Mark
from derivgen.printing import portable
from derivgen.templating import environment

if TYPE_CHECKING:
    from derivgen.sheet import Sheet
    from derivgen.spec import Place, Quiz

MACROS = ("document", "exercise", "part", "solution", "paragraph", "inline", "formula", "display", "lines", "arrows",
          "steps", "beside", "reasoned",
          "space", "strong", "code", "choices", "answers", "figure", "table")  # fmt: skip


class FormatError(DerivgenError):
    """Text that a format cannot set."""


# --- escaping -----------------------------------------------------------------------------------------------

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}",
    "\u00a0": "~", "\u2009": r"\,", "\u202f": r"\,", "\u2212": r"\ensuremath{-}",
}  # fmt: skip
_JOINED = re.compile(r"(?<=([-,']))\1")  # -- is a dash in TeX, '' and ,, are quotes
# What pdflatex sets in T1 with Latin Modern and textcomp, in roman, bold and typewriter alike; a test compiles it.
_SETTABLE = re.compile(
    "[\\x20-\\x7e\\n"
    "\u00a0-\u00ac\u00ae-\u00ff"  # Latin-1, without the soft hyphen
    "\u0100-\u0125\u0128-\u0131\u0134-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u0165\u0168-\u017e"  # Latin Extended-A
    "\u01cd-\u01d4\u01e2\u01e3\u01e6-\u01eb\u01f4\u01f5\u0218-\u021b\u0232\u0233"  # pinyin, Romanian and others
    "\u1e02\u1e03\u1e0d\u1e20\u1e21\u1e25\u1e37\u1e43\u1e45\u1e47\u1e5b\u1e63\u1e6d\u1ef2\u1ef3"  # names from India
    "\u2009\u2010-\u2016\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u202f\u2030\u2039-\u203b\u203d\u2044"
    "\u20ac\u2103\u2116\u2190-\u2193\u2212]"
)


def _visible(text: str) -> str:
    """The text in composed form on lines of its own, without characters that cannot be seen."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    text = re.sub("[\t\v\f\r\x1c-\x1f\x85\u2028\u2029]", " ", text)
    return "".join(c for c in text if c == "\n" or not unicodedata.category(c).startswith("C"))


def escape_latex(text: str) -> str:
    """The text as itself in LaTeX; ``FormatError`` names a character that pdflatex cannot set."""
    text = _visible(text)
    for character in text:
        if not _SETTABLE.match(character):
            name = unicodedata.name(character, "no name").lower()
            raise FormatError(
                f"pdflatex cannot set {character!r} (U+{ord(character):04X}, {name}); use another character, or "
                "--format markdown"
            )
    text = "".join(_LATEX.get(character, character) for character in text)
    return _JOINED.sub(lambda m: "{}" + m[0], text)


# A dollar stands in a span: GitHub and Jupyter look for mathematics after Markdown is done, within one text.
_MARKDOWN = {
    **{sign: f"&#{ord(sign)};" for sign in "\\<>&`^~|"},
    **{sign: "\\" + sign for sign in "*_{}[]#!%@"},
    "$": "<span>&#36;</span>",
}
# Repeated, these are dashes, ellipses, highlights or fences in some readers.
_REPEATED = re.compile(r"(?<=([-.=:+]))\1")
# At the start of a line: a list, a heading's underline, a definition, a fence.
_LINE_START = re.compile(r"^(?:()([-+=:])|(\(?\w{1,9})([.)])(?=\s|$))", re.MULTILINE)


def escape_markdown(text: str) -> str:
    """The text as itself in every Markdown reader; what could start math, markup or a command is escaped."""
    text = re.sub(r"(?<=\n)[^\S\n]+", "", _visible(text))  # an indented line would be code
    text = "".join(_MARKDOWN.get(character, character) for character in text)
    text = _REPEATED.sub(lambda m: "\\" + m[0], text)
    return _LINE_START.sub(r"\1\3\\\2\4", text)


def comment(text: str) -> Markup:
    """A command for a comment: as it is typed, which no escape would leave it, and unable to end the comment."""
    if not re.fullmatch(r"[\x20-\x7e]*", text) or "-->" in text:
        raise FormatError(f"a comment cannot hold {text!r}")
    return Markup(text)


ESCAPES: dict[str, Callable[[str], str]] = {"latex": escape_latex, "markdown": escape_markdown}


def spoken_latex(text: str) -> str:
    """Words for a PDF's reader, which are never set: names, numbers and plain words in ASCII."""
    return re.sub(r"[^\w .,:;=()\[\]^*/'+-]", "?", text, flags=re.ASCII)


SPOKEN: dict[str, Callable[[str], str]] = {"latex": spoken_latex, "markdown": escape_markdown}


# --- an instructor's own paragraph: plain text with $...$ -----------------------------------------------------


def prose(text: str, dialect: str) -> Markup:
    r"""Plain text with formulas between dollars; ``FormatError`` for a formula that a reader would not see as one."""
    pieces = re.split(r"(?<!\\)\$((?:[^$\n\\]|\\.)+)\$", text.strip())
    done = []
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            done.append(ESCAPES[dialect](piece.replace("\\$", "$")))
            continue
        if problem := _problem(piece, pieces[i + 1]):
            raise FormatError(problem)
        done.append(f"${piece if dialect == 'latex' else portable(piece).strip()}$")
    return Markup("".join(done))


def _problem(piece: str, after: str) -> str:
    """What is wrong with a formula of a text, and with what stands right after its dollar."""
    if not piece.strip():
        return rf"the formula ${piece}$ is empty; a dollar sign is \$"
    if piece != piece.strip():
        return rf"the formula ${piece}$ begins or ends with a space; a dollar sign is \$"
    if re.match(r"\d", after):
        return rf"a digit stands right after the formula ${piece}$: put a space between them; a dollar sign is \$"
    problem = fault(piece)
    return problem and f"{problem} (in ${piece}$)"


def located(error: FormatError, quiz: Quiz, dialect: str) -> DerivgenError:
    """The error with the place in the quiz file of the first text that cannot be set."""
    plain = [(quiz.place.at(key), getattr(quiz, key)) for key in ("title", "course", "date")]
    plain += [(exercise.place.at("title"), exercise.title) for exercise in quiz.exercises]
    mixed: list[tuple[Place, object]] = [(quiz.place.at("instructions"), quiz.instructions)]
    for ask in (ask for exercise in quiz.exercises for ask in exercise.asks):
        mixed += [(ask.place.at("hint"), ask.hint), (ask.place.at("text"), ask.parameters.get("text"))]
    for texts, setter in ((plain, ESCAPES[dialect]), (mixed, partial(prose, dialect=dialect))):
        for place, text in texts:
            try:
                setter(text if isinstance(text, str) else "")
            except FormatError as found:
                return place.error(str(found))
    return error


# --- the environment ----------------------------------------------------------------------------------------


class Format:
    """One format's environment, its macros as globals for every other template."""

    def __init__(self, name: str) -> None:
        self.name = name
        if name not in formats():
            raise FormatError(suggest(name, formats()))
        self.environment = environment(self._finalize)  # what macros return is Markup
        self.dialect = name
        module: Any = self.environment.get_template(f"formats/{name}.j2").module
        self.dialect, self.extension = str(module.dialect), str(module.extension)
        names = self.environment.globals
        names.update({macro: getattr(module, macro) for macro in MACROS})
        names["prose"] = self._prose
        words: Any = self.environment.get_template("words.j2").module
        names["words"] = {key: getattr(words, key) for key in dir(words) if not key.startswith("_")}
        names["asks"] = _Modules(self.environment, "asks")
        names["stems"] = _Modules(self.environment, "stems")

    def _prose(self, text: str) -> Markup:
        return prose(text, self.dialect)

    def _finalize(self, value: object) -> object:
        if isinstance(value, Markup):
            return value
        if isinstance(value, str):
            return Markup(ESCAPES[self.dialect](value))
        if isinstance(value, int):
            return Markup(str(value))
        raise TypeError(f"a template may print text and mathematics only, not {type(value).__name__}")

    def render(self, sheet: Sheet, *, solutions: bool) -> str:
        """The question sheet or the solution sheet: the structure's skeleton with this variant's texts put in."""
        pieces = self._pieces(sheet, solutions)
        comment(sheet.command)
        texts = sheet.texts.get(self.dialect)
        if texts is None:  # the same for the questions and the solutions
            texts = sheet.texts[self.dialect] = variant_texts(sheet, self.dialect)

        def text(piece: str | int | Mark) -> str:
            if isinstance(piece, str):
                return piece
            return texts[piece] if isinstance(piece, int) else self._drawn(sheet, piece, solutions)

        return "".join(map(text, pieces))

    def _drawn(self, sheet: Sheet, mark: Mark, solutions: bool) -> str:
        found = pictures.text(sheet, mark, solutions=solutions)
        return SPOKEN[self.dialect](found) if mark.form == "alt" else found

    def figures(self, sheet: Sheet, *, solutions: bool) -> dict[str, str]:
        """The SVG files that a sheet shows, by their paths beside it."""
        marks = [piece for piece in self._pieces(sheet, solutions) if isinstance(piece, Mark) and piece.form == "file"]
        return {mark.file(solutions=solutions): pictures.picture(sheet, mark) for mark in marks}

    def _pieces(self, sheet: Sheet, solutions: bool) -> list[str | int | Mark]:
        """The skeleton of a sheet's structure."""
        key = (self.name, solutions, sheet.structure)
        pieces = sheet.skeletons.get(key)
        if pieces is None:
            pieces = sheet.skeletons[key] = self._skeleton(sheet, solutions)
        return pieces

    def _skeleton(self, sheet: Sheet, solutions: bool) -> list[str | int | Mark]:
        """The rendered sheet cut at its marks: text, a variant's text by its number or a drawing's mark, text, …"""
        context = skeleton_context(sheet, self.dialect)
        if not solutions:  # what the questions must not know, their templates do not get
            context["command"] = ""
        try:
            text = self.environment.get_template("sheet.j2").render(sheet=context, solutions=solutions)
        except FormatError as error:
            raise located(error, sheet.quiz, self.dialect) from None
        text = re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"
        pieces = text.split(MARK)
        return [
            piece if i % 2 == 0 else int(piece) if piece.isdigit() else Mark.of(piece) for i, piece in enumerate(pieces)
        ]


class _Modules(Mapping[str, Any]):
    """The macros of the templates of one folder, loaded when first used."""

    def __init__(self, environment: jinja2.Environment, folder: str) -> None:
        self._environment, self._folder, self._loaded = environment, folder, {}  # type: ignore[var-annotated]

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            module = self._environment.get_template(f"{self._folder}/{name}.j2").module
            self._loaded[name] = {key: getattr(module, key) for key in dir(module) if not key.startswith("_")}
        return self._loaded[name]

    def __iter__(self) -> Any:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)


@lru_cache(maxsize=8)
def format_of(name: str) -> Format:
    """The format of that name, its templates compiled once."""
    return Format(name)


def formats() -> list[str]:
    """The names of all formats."""
    return sorted(path.stem for path in (templates_folder() / "formats").glob("*.j2"))
