"""The class that the network's output stands for: by a threshold, or the largest of several outputs."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from derivgen.asks.activations import shown
from derivgen.backward import post
from derivgen.derivation import Filled, Value, chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow
from derivgen.expression import Name, Number, Tree, apply, number, product, total
from derivgen.printing import exact_decimal

THRESHOLDS = {"sigmoid": Fraction(1, 2)}  # of a probability; other outputs are classified by their sign


def classify(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """1[ŷ ≥ t], or the number k of the output with p_k > p_j for all other j."""
    allow(parameters, "threshold")
    layer = state.layer({}, len(state.network.layers))
    if len(layer.post) > 1:
        raise AskError("a class is of one example, not of a batch")
    outputs = layer.post[0]
    first: tuple[Mapping[str, object], ...] = ()
    if any(not state.where(("value", name)) and name not in state.cuts for name in outputs):
        state, before = shown(state, layer, Part("output", {}, None, {}))
        first = (before.facts,)
    given = parameters.get("threshold", THRESHOLDS.get(layer.activation, Fraction(0)))
    if isinstance(given, bool) or not isinstance(given, (int, Fraction)):
        raise AskError("must be a number such as 0.5", "threshold")
    limit = Number(Fraction(given), exact_decimal(Fraction(given)) or "")
    tree: Tree
    if len(outputs) == 1:
        tree = apply("above_or_equal", Name(outputs[0]), limit)
        line = chain(tree, Filled(tree), Value(tree))
    else:
        if "threshold" in parameters:
            raise AskError("goes with a single output", "threshold")
        tree = total(
            product((number(k), *(apply("above", Name(a), Name(b)) for b in outputs if b != a)))
            for k, a in enumerate(outputs, 1)
        )
        line = chain(tree, Value(tree))
    facts = {
        "outputs": tuple(map(Name, outputs)), "output": post(layer), "several": len(outputs) > 1, "line": line,
        "threshold": limit, "first": first, "output_part": state.where(("value", outputs[0])),
    }  # fmt: skip
    return state, Part("classify", {}, Answer("number", ((tree, Value(tree)),)), facts)
