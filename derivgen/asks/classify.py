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
    """1[ŷ ≥ t], or the number k of the output with p_k > p_j for all other j; of a batch, for one ``example``."""
    allow(parameters, "threshold", "example")
    layer = state.layer({}, len(state.network.layers))
    example, count = parameters.get("example"), len(layer.post)
    if count > 1 and example is None:
        raise AskError(f"a class is of one example of a batch: say which with example, from 1 to {count}")
    if example is not None and (not state.network.reduction or example not in range(1, count + 1) or example is True):
        raise AskError(f"must be a whole number from 1 to {count}" if count > 1 else "goes with a batch", "example")
    outputs = layer.post[int(str(example or 1)) - 1]
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
        "example": example or "", "threshold": limit, "first": first,
        "output_part": "" if first else state.where(("value", outputs[0])),
    }  # fmt: skip
    named = {"example": str(example)} if example else {}
    return state, Part("classify", named, Answer("number", ((tree, Value(tree)),)), facts)
