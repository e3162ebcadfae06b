"""The size after every layer of a convolutional network, or of those that a drawing leaves blank."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Figure, Part, State, allow
from derivgen.expression import Name, Tree, matrix, number
from derivgen.figures.drawing import Drawing
from derivgen.figures.stack import drawable
from derivgen.graph import Graph
from derivgen.networks import Unit
from derivgen.networks.convolutional import sizes
from derivgen.stacks import described, size_lines, square, stacked, window_words

LETTERS = "ABCDEFGHJKLMNPQRSTUVXYZ"


def output_sizes(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """floor((n + 2p − d(k − 1) − 1)/s) + 1 for each window, C·H·W for what is flattened.

    ``blanks: 3`` asks for so many sizes, drawn by the seed, ``blanks: [1, 4]`` for those of these layers; they are
    called A, B, C and the others are shown. Without it, all are asked.
    """
    allow(parameters, "blanks")
    network, units = state.network, {row[0].row: row for row in stacked(state)}
    asked = _blanks(parameters.get("blanks"), [row[0] for row in units.values()], draws)
    letters = dict(zip(sorted(asked), LETTERS, strict=False)) if "blanks" in parameters else {}
    hidden = _hidden(asked, [row[0] for row in units.values()])
    figure = Figure(network, "stack", letters=tuple((row, letters.get(row, "")) for row in (*asked, *hidden)))
    drawn = drawable(network) and Drawing(figure).small
    shapes = tuple((_called(row, letters), _shape(units[row][0], state)) for row in asked)
    whole = Graph.made((), network.graph.nodes, arrays=shapes)
    facts = {
        "figure": figure if drawn else "", "window": window_words(network),
        "blanks": bool(letters), "letters": tuple(letters[row] for row in asked if letters),
        "rows": tuple(
            {**described(row), "letter": letters.get(at, ""), "asked": at in asked, "hidden": at in hidden}
            for at, row in units.items()
        ),
        "answers": tuple(
            {**described(units[row]), "letter": letters.get(row, ""), "lines": size_lines(network, units[row][0]),
             "called": _names(units[row][0], state)}
            for row in asked
        ),
        "lines": tuple(line for row in asked for line in size_lines(network, units[row][0])),
        "windowed": any(units[row][0].windowed for row in asked),
    }  # fmt: skip
    entries = tuple((Name(_called(row, letters)), matrix([list(map(number, units[row][0].after))])) for row in asked)
    named = {"blanks": ", ".join(map(str, asked))} if letters else {}
    return state, Part("output_sizes", named, Answer("values", entries, graph=whole), facts)


def _called(row: int, letters: Mapping[int, str]) -> str:
    """What the key calls a layer's size: its letter on the sheet, or S_ and its number."""
    return letters.get(row) or f"S_{row}"


def _names(unit: Unit, state: State) -> tuple[Name, ...]:
    return tuple(map(Name, sizes(unit.row, unit.after, square(state.network))))


def _hidden(asked: tuple[int, ...], units: list[Unit]) -> tuple[int, ...]:
    """The layers whose sizes would tell an answer: what an addition makes equal to it, and what is flattened of it."""
    alike = [{unit.row, unit.source, unit.second} for unit in units if unit.kind == "add"]
    found = set(asked)
    while True:
        more = {row for group in alike if group & found for row in group} - found - {0}
        if not more:
            break
        found |= more
    found |= {unit.row for unit in units if unit.kind == "flatten" and unit.source in found}
    return tuple(sorted(found - set(asked)))


def _shape(unit: Unit, state: State) -> Tree:
    """A layer's output in the names of its sizes: [16, n_2, n_2]."""
    sides = tuple(map(Name, sizes(unit.row, unit.after, square(state.network))))
    if len(unit.after) == 1:
        return matrix([sides])
    return matrix([[number(unit.after[0]), *(sides if len(sides) > 1 else sides * 2)]])


def _blanks(wanted: object, units: list[Unit], draws: Draws) -> tuple[int, ...]:
    """The rows that are asked for: those that change a shape, so many of them, or those of a list."""
    changing = [unit.row for unit in units if unit.windowed or unit.kind == "flatten"]
    if wanted is None:
        return tuple(unit.row for unit in units)
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        if not changing:
            raise AskError("no layer changes the height and width", "blanks")
        if not 1 <= wanted <= min(len(changing), len(LETTERS)):
            raise AskError(f"must be between 1 and {min(len(changing), len(LETTERS))}", "blanks")
        return tuple(sorted(draws.shuffled("blanks", changing)[:wanted]))
    if not isinstance(wanted, (list, tuple)) or not wanted:
        raise AskError("must be a number, or a list of layers", "blanks")
    known = [unit.row for unit in units]
    for row in wanted:
        if row not in known or isinstance(row, bool):
            raise AskError(f"there is no layer {row}: they are numbered 1 to {len(known)}", "blanks")
    if len(wanted) > len(LETTERS):
        raise AskError(f"must name at most {len(LETTERS)} layers", "blanks")
    return tuple(sorted(set(wanted)))
