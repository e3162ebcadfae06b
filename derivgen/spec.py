"""A quiz file in, a frozen Quiz out, validated once; every error names the place, the value and the choices."""

from __future__ import annotations

import re
import typing
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from derivgen.errors import QuizError, escaped, shown, suggest
from derivgen.folders import bundled_quizzes, templates_folder
from derivgen.strict_yaml import DECIMAL, INTEGER, SIZE_CAP, exact, parsed, too_large
from derivgen.strict_yaml import Place as Place  # every value of a quiz has one: its users find it here

DRAWN_CAP = 10**6  # the largest number that may be drawn
CHOICES_CAP = 1000
POINTS_CAP = 1000
DIRECTIVES = ("bind", "text")
ALLOWED = ("zeros", "repeats", "inactive")  # zero values and answers, equal answers, inactive ReLUs and saturated units
RATIO = re.compile(r"([-+]?(?:0|[1-9][0-9]*)) */ *([1-9][0-9]*)")
NAME_KEYS = ("inputs", "weights", "target", "constants", "functions")


# ---- what leaves -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OneOf:
    """A value to be drawn from these: `{one_of: [sigmoid, tanh]}`."""

    choices: tuple[object, ...]


@dataclass(frozen=True)
class Literal:
    """A given number."""

    value: Fraction


@dataclass(frozen=True)
class Take:
    """A number to go on with in place of the one that the other givens determine: the graph is cut there."""

    value: Fraction


@dataclass(frozen=True)
class Draw:
    """A number to be drawn: from [low, high] in steps of 10^-places, or from the choices.

    All that say the same word in ``same`` get one number.
    """

    kind: typing.Literal["integer", "decimal", "choice"]
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)
    places: int = 0
    nonzero: bool = False
    choices: tuple[Fraction, ...] = ()
    same: str = ""


Given = Literal | Take | Draw
Givens = Given | tuple["Givens", ...]  # a vector, or a matrix row by row


@dataclass(frozen=True)
class Network:
    """A network as the quiz writes it. The text of the equations begins at line `equations_line`.

    A kind other than `equations` has its keys in `options`, as they were typed. `loss_name` names the node of
    `loss`; without a loss it is None unless the quiz says it.
    """

    kind: str
    place: Place
    inputs: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    equations: str = ""
    equations_line: int = 0
    loss: str | None = None
    loss_name: str | None = None
    step_size: str = "alpha"
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Ask:
    """One question or directive; `parameters` are its own, without `points`, `space` and `hint`."""

    name: str
    parameters: Mapping[str, object]
    place: Place
    points: int | Fraction | None = None
    space: str | None = None
    hint: str | None = None


@dataclass(frozen=True)
class Look:
    """How a network's drawing looks: what stands on the lines and in the nodes, and whether biases are drawn.

    ``mark`` are weights that stand on their lines where the others do not.
    """

    weights: typing.Literal["symbols", "numbers", "none"] = "symbols"
    nodes: typing.Literal["split", "circle", "plain"] = "split"
    biases: bool = False
    mark: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """Whether the description of a network has a drawing (None: where there is room for one), and of which values."""

    show: bool | None = None
    values: typing.Literal["none", "given", "all"] = "none"
    look: Look | None = None
    place: Place | None = None


@dataclass(frozen=True)
class Exercise:
    """A network with its givens, and what is asked about it."""

    id: str | None
    title: str
    network: Network
    givens: Mapping[str, Givens]
    random: bool
    introduce: bool
    picture: Picture
    allow: frozenset[str]
    asks: tuple[Ask, ...]
    place: Place


@dataclass(frozen=True)
class Quiz:
    """A whole quiz file; `name` is the file's stem, `carry` the decimals of `rounding`, None without it."""

    name: str
    title: str
    course: str
    date: str
    instructions: str
    digits: int
    paper: typing.Literal["letter", "a4"]
    carry: int | None
    kinks: typing.Literal["forbid", "left", "right"]
    name_line: bool
    exercises: tuple[Exercise, ...]
    place: Place


# ---- the shapes that pydantic holds the file to ----------------------------------------------------------

Line = Annotated[str, Field(pattern=r"^[^\n]*$")]
Name = Annotated[str, Field(pattern=r"^\S+$")]
Decimals = Annotated[int, Field(ge=0, le=12)]
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]


class Shape(BaseModel):
    """The keys of one mapping in the file. What needs more than a type is an `object` and read below."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class RoundingShape(Shape):
    carry: Decimals


class QuizShape(Shape):
    title: Annotated[Line, Field(min_length=1)]
    course: Line = ""
    date: Line = ""
    instructions: str = ""
    digits: Decimals = 4
    paper: typing.Literal["letter", "a4"] = "letter"
    rounding: RoundingShape | None = None
    kinks: typing.Literal["forbid", "left", "right"] = "forbid"
    name_line: bool = True
    exercises: Annotated[list[object], Field(min_length=1)]


class ExerciseShape(Shape):
    id: Slug | None = None
    title: Line = ""
    network: dict[str, object]
    givens: dict[str, object] = {}
    random: bool = False
    introduce: bool = True
    picture: object = None
    allow: list[object] = []
    asks: Annotated[list[object], Field(min_length=1)]


class PictureShape(Shape):
    weights: typing.Literal["symbols", "numbers", "none"] = "symbols"
    values: typing.Literal["none", "given", "all"] = "none"
    nodes: typing.Literal["split", "circle", "plain"] = "split"
    biases: bool = False
    mark: object = ()


class EquationsShape(Shape):
    kind: str
    inputs: object = ()
    weights: object = ()
    target: object = ()
    constants: object = ()
    functions: object = ()
    equations: str
    loss: str | None = None
    loss_name: Name | None = None
    step_size: Name = "alpha"


class AskShape(Shape):
    points: object = None
    space: str | None = None
    hint: str | None = None


class DrawShape(Shape):
    integer: list[object] | None = None
    decimal: list[object] | None = None
    choice: list[object] | None = None
    take: object = None
    places: Annotated[int, Field(ge=0, le=6)] = 1
    nonzero: bool = False
    same: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")] = ""


# What pydantic found, in our words: filled with the value, and with the limits that were broken.
MESSAGES = {
    "string_type": "must be text, not {value}",
    "int_type": "must be a whole number, not {value}",
    "bool_type": "must be true or false, not {value}",
    "list_type": "must be a list, not {value}",
    "dict_type": "must be a mapping, not {value}",
    "model_type": "must be a mapping, not {value}",
    "greater_than_equal": "must be at least {ge}, not {value}",
    "less_than_equal": "must be at most {le}, not {value}",
    "string_too_short": "must not be empty",
    "too_short": "must hold at least one item",
}
PATTERNS = {
    r"^[^\n]*$": "must be on one line, not {value}",
    r"^\S+$": "must be a name without spaces, not {value}",
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$": "must be at most 40 letters, digits, - and _, not {value}",
}

ShapeT = typing.TypeVar("ShapeT", bound=Shape)


def validated(shape: type[ShapeT], raw: object, place: Place) -> ShapeT:
    """The mapping in its shape, or a QuizError for the most telling of its faults. An empty key is absent."""
    if not isinstance(raw, dict):
        raise place.error(MESSAGES["dict_type"].format(value=shown(raw)))
    keys = shape.model_fields
    try:
        return shape.model_validate({k: v for k, v in raw.items() if v is not None or k not in keys})
    except ValidationError as error:
        faults = [(place_of(fault["loc"], place), fault) for fault in error.errors(include_url=False)]
    # A misspelt key is also a missing one: the misspelling says more.
    where, fault = min(faults, key=lambda pair: (pair[1]["type"] != "extra_forbidden", pair[0].line))
    context = fault.get("ctx", {})
    match fault["type"]:
        case "extra_forbidden":
            parent = place_of(fault["loc"][:-1], place)
            model = RoundingShape if len(fault["loc"]) > 1 else shape
            nearby = Place(where.file, where.line, parent.path)
            raise nearby.error(suggest(str(fault["loc"][-1]), model.model_fields))
        case "missing":
            parent = place_of(fault["loc"][:-1], place)
            # The key may be there with nothing behind it.
            missing = f"{shown(fault['loc'][-1])} is missing"
            raise where.error(missing if where == parent else "must not be empty")
        case "literal_error" if isinstance(fault["input"], str):
            raise where.error(suggest(fault["input"], re.findall(r"'(\w+)'", context["expected"])))
        case "string_pattern_mismatch":
            message = PATTERNS[context["pattern"]]
        case kind:
            message = MESSAGES.get(kind, "cannot be {value}")
    raise where.error(message.format(value=shown(fault["input"]), **context))


def place_of(steps: tuple[str | int, ...], place: Place) -> Place:
    """The place that these steps lead to from another."""
    for step in steps:
        place = place.at(step)
    return place


# ---- from a file -----------------------------------------------------------------------------------------


def resolve(word: str | Path) -> Path:
    """The file that a word means: an existing file, else the bundled quiz of that name, else a QuizError."""
    path, names = Path(word), bundled_quizzes()
    try:
        if path.is_file():
            return path
        # Only a listed name: `../secret` must not wander out of the folder.
        if str(word) in names:
            return templates_folder() / "quizzes" / f"{word}.yaml"
        if path.exists():
            kind = "a folder" if path.is_dir() else "no regular file"
            raise QuizError(f"{escaped(str(word), 200)}: is {kind}, not a quiz file")
    except (OSError, ValueError):
        pass  # A name too long for the system, or with a NUL in it, is no file either.
    raise QuizError(suggest(str(word), names, "is neither a file nor a bundled quiz"))


def load(source: str | Path, *, asks: Collection[str], kinds: Collection[str]) -> Quiz:
    """Read a quiz: a path or a bundled quiz's name. `asks` and `kinds` are the words that the tables know.

    Raises QuizError, one line, for a file that cannot be read and for the first fault in it.
    """
    path, file = resolve(source), str(source)
    try:
        if path.stat().st_size > SIZE_CAP:
            raise too_large(file)
        with path.open("rb") as stream:
            data = stream.read(SIZE_CAP + 1)
    except OSError as error:
        raise QuizError(f"{escaped(file, 200)}: cannot be read ({error.strerror})") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Place(file, line).error("not UTF-8; save the file as UTF-8 text") from None
    return quiz_of(text, file, path.stem, asks, kinds)


def loads(text: str, name: str = "quiz.yaml", *, asks: Collection[str], kinds: Collection[str]) -> Quiz:
    """Read a quiz from its text; `name` is the file name that errors show, and its stem the quiz's name."""
    return quiz_of(text, name, Path(name).stem, asks, kinds)


# ---- from the shapes to the quiz -------------------------------------------------------------------------


def quiz_of(text: str, file: str, name: str, asks: Collection[str], kinds: Collection[str]) -> Quiz:
    """Parse, validate, freeze."""
    raw, lines = parsed(text, file)
    if raw is None:
        raise QuizError(f"{escaped(file, 200)}: the file is empty; a quiz needs a title and exercises")
    place = Place(file, 1, lines=lines)
    shape = validated(QuizShape, raw, place)
    if not shape.title.strip():
        raise place.at("title").error("must not be empty")
    listed = place.at("exercises")
    exercises = tuple(exercise_of(item, listed.at(i), asks, kinds) for i, item in enumerate(shape.exercises))
    seen: set[str] = set()
    for exercise in exercises:
        if exercise.id in seen:
            raise exercise.place.at("id").error(f"{shown(exercise.id)} is another exercise's id already")
        seen |= {exercise.id} if exercise.id else set()
    return Quiz(
        name=name, title=shape.title, course=shape.course, date=shape.date, instructions=shape.instructions,
        digits=shape.digits, paper=shape.paper, carry=shape.rounding.carry if shape.rounding else None,
        kinks=shape.kinks, name_line=shape.name_line, exercises=exercises, place=place,
    )  # fmt: skip


def exercise_of(raw: object, place: Place, asks: Collection[str], kinds: Collection[str]) -> Exercise:
    shape = validated(ExerciseShape, raw, place)
    givens, listed = place.at("givens"), place.at("asks")
    return Exercise(
        id=shape.id,
        title=shape.title,
        network=network_of(shape.network, place.at("network"), kinds),
        givens=MappingProxyType({name: given_of(v, givens.at(name)) for name, v in shape.givens.items()}),
        random=shape.random,
        introduce=shape.introduce,
        picture=picture_of(shape.picture, place.at("picture")),
        allow=frozenset(allowed(word, place.at("allow").at(i)) for i, word in enumerate(shape.allow)),
        asks=tuple(ask_of(item, listed.at(i), asks) for i, item in enumerate(shape.asks)),
        place=place,
    )


def picture_of(raw: object, place: Place) -> Picture:
    """Whether and how an exercise draws its network: true, false, or what shall stand on the drawing."""
    if raw is None or isinstance(raw, bool):
        return Picture(raw, place=place)
    if not isinstance(raw, Mapping):
        raise place.error(f"must be true, false or a mapping, not {shown(raw)}")
    shape = validated(PictureShape, dict(raw), place)
    styled = bool(shape.model_fields_set - {"values"})
    look = Look(shape.weights, shape.nodes, shape.biases, names_of(shape.mark, place.at("mark")))
    return Picture(True, shape.values, look if styled else None, place)


def allowed(word: object, place: Place) -> str:
    """One of the rules that drawn numbers may break in an exercise."""
    if not isinstance(word, str) or word not in ALLOWED:
        raise place.error(suggest(str(word), ALLOWED))
    return word


def network_of(raw: dict[str, object], place: Place, kinds: Collection[str]) -> Network:
    """The network of an exercise; of a kind other than `equations`, its options untouched but frozen."""
    kind = raw.get("kind", "equations")
    if not isinstance(kind, str):
        raise place.at("kind").error(f"must be text, not {shown(kind)}")
    if kind not in {*kinds, "equations"}:
        raise place.at("kind").error(suggest(kind, {*kinds, "equations"}))
    if kind != "equations":
        options = {key: value for key, value in raw.items() if key != "kind"}
        frozen_options = {key: frozen(value, place.at(key)) for key, value in options.items()}
        return Network(kind, place, options=MappingProxyType(frozen_options))
    shape = validated(EquationsShape, {**raw, "kind": kind}, place)
    names = {key: names_of(getattr(shape, key), place.at(key)) for key in NAME_KEYS}
    refuse_twins(names, place)
    if not re.sub(r"#.*", "", shape.equations).strip(" \t\r\n;"):
        raise place.at("equations").error("must hold at least one equation")
    if shape.loss is not None and (not shape.loss.strip() or "=" in shape.loss):
        raise place.at("loss").error(
            f"must be an expression, not {shown(shape.loss)}; its name goes into loss_name"
        )
    return Network(
        kind,
        place,
        inputs=names["inputs"],
        weights=names["weights"],
        target=names["target"],
        constants=names["constants"],
        functions=names["functions"],
        equations=shape.equations,
        equations_line=place.at("equations").line,
        loss=shape.loss,
        loss_name=shape.loss_name or (shape.loss and name_of_loss(shape.loss, names["functions"])),
        step_size=shape.step_size,
    )


def names_of(value: object, place: Place) -> tuple[str, ...]:
    """Names from a list of names, or from one text, apart by commas or spaces (`z_{1,2}` is one name)."""
    if isinstance(value, str):
        return tuple(re.findall(r"(?:[^,\s{}]|\{[^{}]*\}|[{}])+", value))
    if not isinstance(value, list | tuple):
        raise place.error(f"must be a name or a list of names, not {shown(value)}")
    for i, name in enumerate(value):
        if not isinstance(name, str) or not name.strip():
            raise place.at(i).error(f"must be a name, not {shown(name)}")
    return tuple(name.strip() for name in value)


def refuse_twins(names: Mapping[str, tuple[str, ...]], place: Place) -> None:
    """A name is declared once: as an input, a weight, a target, a constant or a function."""
    owners: dict[str, str] = {}
    for key, group in names.items():
        for name in group:
            if name in owners:
                raise place.at(key).error(f"{shown(name)} is declared twice, here and in {owners[name]}")
            owners[name] = key


def name_of_loss(loss: str, functions: Collection[str]) -> str:
    """The function's name if the whole loss is one call of a declared function, else L.

    >>> name_of_loss("Loss(a_2, y)", ["Loss"]), name_of_loss("Loss(a) + Loss(b)", ["Loss"])
    ('Loss', 'L')
    """
    head, bracket, arguments = loss.strip().partition("(")
    if not bracket or head.strip() not in functions:
        return "L"
    depth = 1
    for i, character in enumerate(arguments):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return head.strip() if i == len(arguments) - 1 else "L"
    return "L"


def frozen(value: object, place: Place) -> object:
    """The value with tuples and read-only mappings; `{one_of: [...]}` becomes a OneOf."""
    if isinstance(value, list):
        return tuple(frozen(item, place.at(i)) for i, item in enumerate(value))
    if not isinstance(value, dict):
        return value
    if "one_of" not in value:
        return MappingProxyType({key: frozen(v, place.at(key)) for key, v in value.items()})
    choices = value["one_of"]
    if len(value) > 1 or not isinstance(choices, list) or not choices:
        raise place.error("must be {one_of: [...]} with at least one choice, and nothing beside it")
    return OneOf(tuple(frozen(item, place.at("one_of").at(i)) for i, item in enumerate(choices)))


def number(value: object, place: Place) -> Fraction:
    """An exact number from an int, a decimal, or a text such as "1/3"."""
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, str):
        text = value.strip()
        if ratio := RATIO.fullmatch(text):
            return exact(ratio[1], place) / exact(ratio[2], place)
        if INTEGER.fullmatch(text) or DECIMAL.fullmatch(text):
            return exact(text, place)
    raise place.error(f"must be a number such as 3, -0.2 or 1/3, not {shown(value)}")


def given_of(raw: object, place: Place, depth: int = 0) -> Givens:
    """A number, or the rule by which it is drawn, with limits that leave something to draw; or a list of such."""
    if isinstance(raw, list):
        if depth == 2:
            raise place.error("must be a number, not a list")
        if not raw:
            raise place.error("must be a number, a list of numbers, or a list of rows, not empty")
        return tuple(given_of(item, place.at(i), depth + 1) for i, item in enumerate(raw))
    if not isinstance(raw, dict):
        return Literal(number(raw, place))
    rules = ("integer", "decimal", "choice", "take")
    shape = validated(DrawShape, raw, place)
    chosen = [rule for rule in rules if rule in raw]
    if len(chosen) != 1:
        raise place.error(f"must say one of {', '.join(rules)}, not {' and '.join(chosen) or 'none'}")
    kind = chosen[0]
    drawn = ("integer", "decimal", "choice")
    for key, owners in (("places", ("decimal",)), ("nonzero", ("integer", "decimal")), ("same", drawn)):
        if key in raw and kind not in owners:
            raise place.at(key).error(f"goes with {' or '.join(owners)}, not with {kind}")
    where = place.at(kind)
    if kind == "take":
        return Take(number(shape.take, where))
    listed: list[object] = getattr(shape, kind) or []
    values = tuple(number(value, where.at(i)) for i, value in enumerate(listed))
    for i, value in enumerate(values):
        if abs(value) > DRAWN_CAP:
            raise where.at(i).error(f"must lie between -{DRAWN_CAP} and {DRAWN_CAP}, not {shown(listed[i])}")
    if kind == "choice":
        if not 1 <= len(values) <= CHOICES_CAP:
            raise where.error(f"must hold 1 to {CHOICES_CAP} numbers, not {len(values)}")
        return Draw("choice", choices=values, same=shape.same)
    return range_of(kind, values, shape, where)


def range_of(kind: str, ends: tuple[Fraction, ...], shape: DrawShape, place: Place) -> Draw:
    """The draw between two ends, both of which may come out."""
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise place.error("must be two numbers, the lower first: [low, high]")
    places = 0 if kind == "integer" else shape.places
    for i, end in enumerate(ends):
        if (end * 10**places).denominator != 1:
            what = f"a number with at most {places} decimals (places)" if places else "a whole number"
            raise place.at(i).error(f"must be {what}, not {shown(end)}")
    whole: typing.Literal["integer", "decimal"] = "integer" if kind == "integer" else "decimal"
    return Draw(whole, ends[0], ends[1], places, shape.nonzero, same=shape.same)


def ask_of(raw: object, place: Place, known: Collection[str]) -> Ask:
    """`forward_pass`, `chain_rule: w_2`, `gradient: {wrt: w_1, points: 3}`, `bind: {...}` or `text: ...`."""
    if isinstance(raw, str):
        raw = {raw: None}
    if not isinstance(raw, dict) or not raw:
        raise place.error(f"must be an ask or a mapping with one, not {shown(raw)}")
    name = next(iter(raw))
    if len(raw) > 1:
        message = f"holds {len(raw)} keys; an item is one ask, its options inside it: {name}: {{points: 3}}"
        raise place.error(message)
    if name not in {*known, *DIRECTIVES}:
        raise place.error(suggest(name, {*known, *DIRECTIVES}))
    value, where = raw[name], place.at(name)
    place = replace(place, inner=where.path)
    if name in DIRECTIVES:
        return Ask(name, (bindings if name == "bind" else paragraph)(value, where), place)
    match value:
        case None:
            value = {}
        case str() | list():
            value = {"wrt": value}
        case int() if not isinstance(value, bool):
            value = {"layer": value}
        case dict():
            pass
        case _:
            raise where.error(f"must be a name or a mapping, not {shown(value)}")
    common = {key: value[key] for key in AskShape.model_fields if key in value}
    shape = validated(AskShape, common, place)
    parameters = {k: frozen(v, place.at(k)) for k, v in value.items() if k not in common}
    return Ask(
        name,
        MappingProxyType(parameters),
        place,
        points=points_of(shape.points, place.at("points")),
        space=space_of(shape.space, place.at("space")),
        hint=shape.hint,
    )


def bindings(value: object, place: Place) -> Mapping[str, object]:
    """Abstract functions and the operations they become."""
    if not isinstance(value, dict) or not value:
        raise place.error(f"must be a mapping such as {{g_1: sigmoid}}, not {shown(value)}")
    bound = {name: frozen(operation, place.at(name)) for name, operation in value.items()}
    for name, operation in bound.items():
        if not isinstance(operation, str | OneOf):
            raise place.at(name).error(f"must be an operation or {{one_of: [...]}}, not {shown(value[name])}")
    return MappingProxyType(bound)


def paragraph(value: object, place: Place) -> Mapping[str, object]:
    """The instructor's own words."""
    if not isinstance(value, str) or not value.strip():
        raise place.error(f"must be text, not {shown(value)}")
    return MappingProxyType({"text": value})


def points_of(value: object, place: Place) -> int | Fraction | None:
    """Points, whole if they are whole."""
    if value is None:
        return None
    points = number(value, place)
    if not 0 <= points <= POINTS_CAP:
        raise place.error(f"must be from 0 to {POINTS_CAP}, not {shown(value)}")
    return int(points) if points.denominator == 1 else points


def space_of(text: str | None, place: Place) -> str | None:
    """A TeX length of at most half a metre; anything else in its place could be a TeX command."""
    if text is None:
        return None
    millimetres = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 0.3515}
    match = re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,3})?) ?(mm|cm|in|pt)", text.strip())
    if not match or float(match[1]) * millimetres[match[2]] > 500:
        raise place.error(f"must be a length up to 50cm such as 6cm, 30mm or 2in, not {shown(text)}")
    return match[1] + match[2]
