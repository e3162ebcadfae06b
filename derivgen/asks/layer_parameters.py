"""How many parameters each layer of a convolutional network has, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, On, Part, State, allow
from derivgen.expression import Name, Tree, number, total
from derivgen.graph import Graph, Node
from derivgen.networks import Unit
from derivgen.stacks import counts, described, parameter_terms, parameters, row_of, stacked, with_commas


def layer_parameters(state: State, parameters_: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """k·k·C_in/g·C_out + C_out for a convolution, in·out + out for a dense layer, 2·C for a batch normalization.

    ``layer: 3`` asks for one layer only, numbered as on the sheet. The counts are those of the weights' shapes.
    """
    allow(parameters_, "layer")
    rows = {row[0].row: row for row in stacked(state)}
    one = row_of(state, parameters_)
    wanted = rows if one is None else {one.row: rows[one.row]}
    terms: dict[int, tuple[Tree, ...]] = {
        row: tuple(term for unit in units for term in parameter_terms(unit)) for row, units in wanted.items()
    }
    if not any(terms.values()):
        raise AskError("nothing is learned here: there are no parameters to count", "layer" if one else "")
    found = {row: sum(map(parameters, units)) for row, units in wanted.items()}
    normalized = [unit for units in wanted.values() for unit in units if unit.kind == "batch_norm"]
    facts = {
        **counts(state.network, terms, found), "one": described(rows[one.row]) if one else "",
        "biases": any(unit.bias for units in wanted.values() for unit in units),
        "windowed": any(unit.kind == "conv" and terms[row] for row, units in wanted.items() for unit in units),
        "dense": any(unit.kind == "dense" for units in wanted.values() for unit in units),
        "groups": any(unit.groups > 1 for units in wanted.values() for unit in units),
        "normalized": with_commas(sum(map(parameters, normalized))) if normalized else "",
        "normalized_line": _normalized(normalized) if len(normalized) > 1 and one is None else "",
    }  # fmt: skip
    every = total(term for row in terms for term in terms[row])
    named = {"layer": str(one.row)} if one else {}
    return state, Part("layer_parameters", named, Answer("number", ((every, number(sum(found.values()))),)), facts)


def _normalized(units: list[Unit]) -> On:
    """What all batch normalizations have together, one term for each of them."""
    whole = total(term for unit in units for term in parameter_terms(unit))
    graph = Graph.made((), [Node("B", whole)])
    return On(graph, {"line": chain(Name("B"), whole, number(sum(map(parameters, units))))})
