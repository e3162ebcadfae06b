"""Give the local derivative of every node along the paths from ``wrt`` to ``of``."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.derivation import edges, local, local_partial
from derivgen.draws import Draws
from derivgen.exercise import Answer, Part, State, allow, local_fact, local_line
from derivgen.expression import Name


def local_derivatives(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "wrt", "of", "form")
    target, graph = state.derivative(parameters), state.graph
    needed = edges(graph, target.of, target.wrt, state.over(target, parameters))
    facts = {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of),
        "tokens": tuple(local_partial(graph, *edge) for edge in needed),
        "lines": tuple(local_line(graph, edge) for edge in needed),
    }  # fmt: skip
    answer = Answer("values", tuple((local_partial(graph, *edge), local(graph, *edge)) for edge in needed))
    part = Part("local_derivatives", {"of": target.of, "wrt": target.wrt}, answer, facts)
    return state.show(*(local_fact(graph, edge) for edge in needed)), part
