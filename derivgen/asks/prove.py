"""Prove a formula that textbooks quote: p − y, σ(1 − σ) and others; each link is verified for N = 2, …, 5."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.draws import Draws
from derivgen.errors import suggest
from derivgen.exercise import Answer, AskError, Part, State, allow
from derivgen.proofs.table import THEOREMS


def prove(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """``claim`` names a row of the table of theorems; it says nothing of the exercise's network.

    A lemma that no earlier part has proved is proved first.
    """
    given = "claim" if "claim" in parameters else "wrt" if "wrt" in parameters else ""  # prove: softmax says wrt
    allow(parameters, given or "claim")
    if not given:
        raise AskError(f"needs a claim: {', '.join(THEOREMS)}")
    claim = parameters[given]
    if claim not in THEOREMS:
        raise AskError(suggest(str(claim), THEOREMS), given)
    theorem = THEOREMS[str(claim)]
    shown = {name: state.where(("theorem", name)) for name in theorem.lemmas}
    facts = {
        "theorem": theorem, "lemmas": tuple(THEOREMS[name] for name, part in shown.items() if not part),
        "lemma_part": "".join(shown.values()),
    }  # fmt: skip
    part = Part("prove", {"claim": theorem.name}, Answer("text", (), theorem=theorem), facts)
    return state.show(*(("theorem", name) for name in (theorem.name, *theorem.lemmas))), part

