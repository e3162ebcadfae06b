"""How many multiply-adds a convolutional network takes for one input, layer by layer and together."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow
from derivgen.expression import Tree, number, total
from derivgen.stacks import counts, described, multiply_terms, row_of, size_lines, stacked
from derivgen.stacks import multiply_adds as counted


def multiply_adds(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """k·k·C_in/g·C_out·H·W for a convolution with an output of H × W, in·out for a dense layer.

    Biases, pooling, batch normalization and activations are not counted, and the question says so. ``layer: 3`` asks
    for one layer only.
    """
    allow(parameters, "layer")
    rows = {row[0].row: row for row in stacked(state)}
    one = row_of(state, parameters)
    wanted = rows if one is None else {one.row: rows[one.row]}
    terms: dict[int, tuple[Tree, ...]] = {row: multiply_terms(units[0]) for row, units in wanted.items()}
    if not any(terms.values()):
        raise AskError("only convolutions and dense layers multiply by weights", "layer" if one else "")
    found = {row: counted(units[0]) for row, units in wanted.items()}
    facts = {
        **counts(state.network, terms, found, "M"), "one": described(rows[one.row]) if one else "",
        "windowed": any(units[0].kind == "conv" for units in wanted.values()),
        "dense": any(units[0].kind == "dense" for units in wanted.values()),
        "sizes": size_lines(state.network, one) if one else (),
    }  # fmt: skip
    every = total(term for row in terms for term in terms[row])
    named = {"layer": str(one.row)} if one else {}
    return state, Part("multiply_adds", named, Answer("number", ((every, number(sum(found.values()))),)), facts)
