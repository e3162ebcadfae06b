"""Printed text in, proofs out: every answer is proved again by routes that share no rule with the one that made it.

``residues``: the line as read back, at random residues modulo 2^61 − 1, against dual numbers pushed forward through
the definitions of the operations (only e^x and log x have a derivative rule here). It catches paths, algebra, signs and
brackets; a wrong line passes with probability about 10^-17 (Schwartz 1980, Zippel 1979).

``points``: the line at random real points to 80 digits, against the central difference of the forward pass, which
uses no derivative rule at all. At a kink the convention's branch is frozen first. A ``Proof`` calls it ``difference``.

``numbers``: a number line is read back, laid over the symbolic line it fills, and each number is compared with the
forward pass and the central difference at the sheet's numbers; then the line is worked out again from what is printed.
"""

from __future__ import annotations

from derivgen.certify.assignments import alike, counterexample
from derivgen.certify.common import PRIME, Proof, UndefinedError, UnluckyError, cells_of, pseudorandom
from derivgen.certify.lines import symbolic
from derivgen.certify.models import branching
from derivgen.certify.numbers import NumberLines, mixed
from derivgen.certify.points import Point
from derivgen.certify.programs import executed
from derivgen.certify.reals import TOLERANCE
from derivgen.certify.refuting import apart, differs, fingerprint, refuted
from derivgen.certify.residues import Residues
from derivgen.certify.rounding import rounded_once
from derivgen.certify.straightness import bent

__all__ = [
    "PRIME", "TOLERANCE", "NumberLines", "Point", "Proof", "Residues", "UndefinedError", "UnluckyError", "alike",
    "apart", "bent", "branching", "cells_of", "counterexample", "differs", "executed", "fingerprint", "mixed",
    "pseudorandom", "refuted", "rounded_once", "symbolic",
]  # fmt: skip
