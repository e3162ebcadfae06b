"""The Python interface: what is known is used, what contradicts itself or is missing is an error."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

import derivgen
from derivgen.errors import DerivgenError
from derivgen.evaluation import EvaluationError, MissingNumberError

NET = derivgen.network("a = w*x; L = (a - y)^2")


def test_an_inner_value_that_the_others_determine_otherwise_is_refused() -> None:
    for method in (NET.values, NET.gradients):
        with pytest.raises(EvaluationError, match="a: the other numbers make it 2"):
            method(a=3, w=2, x=1, y=0)
    assert NET.values(a=2, w=2, x=1, y=0) == {"a": 2, "L": 4}
    assert NET.values(a=3, y=1) == {"a": 3, "L": 4}


def test_the_derivative_by_what_nobody_knows_is_no_zero() -> None:
    with pytest.raises(MissingNumberError, match="x has no number"):
        NET.gradients(a=3, y=1)
    with pytest.raises(MissingNumberError, match="has no number"):
        NET.gradients(a=3, y=3)  # dL/da is 0, but da/dw is not known
    assert NET.gradients(a=3, y=1, w=3, x=1) == {"w": 4, "x": 12, "y": -4}


@pytest.mark.parametrize(("kinks", "at_zero"), [("left", -1), ("right", 1)])
def test_the_expression_of_a_kink_is_the_one_of_its_branch(kinks: str, at_zero: int) -> None:
    net = derivgen.network("a = abs(w); L = 2*a", kinks=kinks)
    w = sympy.Symbol("w", real=True)
    assert net.gradient("w").subs(w, 0) == 2 * at_zero == net.gradients(w=0)["w"]
    assert net.gradient("w").subs(w, Fraction(-3)) == -2


def test_an_abstract_function_is_a_call_and_an_undeclared_one_an_error() -> None:
    assert str(derivgen.network("a = g(w)", ["g"]).bind(g="exp").gradient("w")) == "a"
    with pytest.raises(DerivgenError, match="write g"):
        derivgen.network("a = g(w)")
