"""Write ∂of/∂wrt as a product of local derivatives along each path."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen import derivation
from derivgen.derivation import chain, count_paths, paths
from derivgen.draws import Draws
from derivgen.exercise import Answer, Part, Route, State, allow
from derivgen.expression import Name


def chain_rule(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters, "wrt", "of", "form")
    target = state.derivative(parameters)
    over = state.over(target, parameters)
    tree = derivation.chain_rule(state.graph, target.of, target.wrt, over)
    facts = {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of), "line": chain(target, tree),
        "paths": () if over else tuple(
            Route(tuple(reversed(path))) for path in paths(state.graph, target.of, target.wrt)
        ),
        "count": count_paths(state.graph, target.of, target.wrt), "recursive": over,
        "forward": state.where("forward pass"), "direct": tree == target,
    }  # fmt: skip
    part = Part("chain_rule", {"of": target.of, "wrt": target.wrt}, Answer("expression", ((target, tree),)), facts)
    return state.show(("chain rule", target)), part
