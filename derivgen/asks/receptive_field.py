"""How many entries of the input, across, one entry of a layer's output depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from derivgen.derivation import chain
from derivgen.draws import Draws
from derivgen.errors import CertificateError
from derivgen.exercise import Answer, AskError, On, Part, State, allow
from derivgen.expression import ONE, Name, Tree, apply, number
from derivgen.graph import Graph, Node
from derivgen.networks import Unit
from derivgen.stacks import described, row_of, stacked


@dataclass(frozen=True)
class _Field:
    """What a row sees: r entries, jumping j of the input for one of its own; ``path`` are the windows on the way."""

    reach: int
    jump: int
    path: tuple[Unit, ...]


def receptive_field(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """r_l = r_{l−1} + (k − 1)·d·j_{l−1} and j_l = j_{l−1}·s, from r_0 = j_0 = 1 (Araujo, Norris & Sim 2019).

    ``layer: 4`` is the layer that looks back, the last with a height and width if left out. Through a residual block
    the way with the larger field counts.
    """
    allow(parameters, "layer")
    units = {row[0].row: row[0] for row in stacked(state)}
    spatial = [row for row, unit in units.items() if len(unit.after) == 3]
    asked = row_of(state, parameters)
    if not spatial or (asked and len(asked.after) != 3):
        raise AskError("is of a layer whose output has a height and a width", "layer" if asked else "")
    last = asked.row if asked else max(spatial)
    found = _field(units, last)
    if any(unit.kernel[0] != unit.kernel[1] for unit in found.path):
        raise AskError("has no single number here: a window is not square", "layer")
    if not found.path:
        raise AskError("no window lies before this layer: it sees one entry", "layer")
    if _backward(found.path) != found.reach:
        raise CertificateError(f"layer {last} sees {_backward(found.path)} entries, not {found.reach}")
    facts, whole = _lines(found)
    facts |= {
        "layer": described((units[last],)), "square": found.reach,
        "more": any(unit.kind == "add" and unit.row <= last for unit in units.values()),
    }  # fmt: skip
    answer = Answer("number", ((Name(f"r_{found.path[-1].row}"), number(found.reach)),), graph=whole)
    return state, Part("receptive_field", {"layer": str(last)}, answer, facts)


def _field(units: Mapping[int, Unit], row: int) -> _Field:
    """The field of a row, by the recurrence along the way back to the input."""
    if row == 0:
        return _Field(1, 1, ())
    unit = units[row]
    before = _field(units, unit.source)
    if unit.kind == "add":
        other = _field(units, unit.second)
        if other.jump != before.jump:
            raise AskError(f"the two ways into layer {row} have different strides: its field is no square", "layer")
        return max(before, other, key=lambda field: field.reach)
    if not unit.windowed:
        return before
    grown = before.reach + (unit.kernel[0] - 1) * unit.dilation * before.jump
    return _Field(grown, before.jump * unit.stride, (*before.path, unit))


def _backward(path: tuple[Unit, ...]) -> int:
    """The same counted from the output back: m entries come from (m − 1)·s + d(k − 1) + 1 of the layer before."""
    entries = 1
    for unit in reversed(path):
        entries = (entries - 1) * unit.stride + unit.dilation * (unit.kernel[0] - 1) + 1
    return entries


def _lines(found: _Field) -> tuple[dict[str, object], Graph]:
    """Each step with its numbers, on a graph of the recurrence."""
    nodes, lines, reach, jump = [Node("r_0", ONE), Node("j_0", ONE)], [], 1, 1
    before = 0
    dilated = any(unit.dilation > 1 for unit in found.path)
    for unit in found.path:
        k, d, s = number(unit.kernel[0]), number(unit.dilation), number(unit.stride)
        wide: Tree = apply("subtract", k, ONE)

        def grown(r: Tree, j: Tree, wide: Tree = wide, d: Tree = d) -> Tree:
            return apply("add", r, apply("multiply", wide, d, j) if dilated else apply("multiply", wide, j))

        r, j = f"r_{unit.row}", f"j_{unit.row}"
        nodes.append(Node(r, apply("add", Name(f"r_{before}"), apply("multiply", wide, d, Name(f"j_{before}")))))
        nodes.append(Node(j, apply("multiply", Name(f"j_{before}"), s)))
        after = reach + (unit.kernel[0] - 1) * unit.dilation * jump
        lines.append(chain(Name(r), grown(number(reach), number(jump)), number(after)))
        if unit is not found.path[-1]:
            lines.append(chain(Name(j), apply("multiply", number(jump), s), number(jump * unit.stride)))
        reach, jump, before = after, jump * unit.stride, unit.row
    graph = Graph.made((), nodes)
    general = Graph.of(
        "R = r + (k - 1)*d*j; J = j*s" if dilated else "R = r + (k - 1)*j; J = j*s",
        ["r", "k", "j", "s", *(["d"] if dilated else [])],
    )
    rule = On(general, {name: chain(Name(name), general.node(name).tree) for name in ("R", "J")})
    return {"steps": On(graph, {"lines": tuple(lines)}), "rule": rule, "dilated": dilated}, graph
