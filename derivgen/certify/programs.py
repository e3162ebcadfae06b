"""A printed program in, proofs out: executed in order, it leaves the right values behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from derivgen.certify.common import PRIME, Proof, read_own
from derivgen.certify.models import compared
from derivgen.certify.points import Point
from derivgen.certify.reals import CONTEXT, relative_error
from derivgen.certify.residues import Dual, Residues
from derivgen.errors import CertificateError
from derivgen.expression import Name, Tree, names
from derivgen.graph import Graph
from derivgen.reading import Scope

_V = TypeVar("_V")


def executed(
    graph: Graph, scope: Scope, lines: Iterable[tuple[str, str, str]], known: tuple[str, ...],
    truths: tuple[tuple[str, Tree], ...], *, latex: bool,
) -> list[Proof]:  # fmt: skip
    """Prove that statements (left, = or +=, right), read back and executed in order, leave the ``truths`` behind.

    They begin with the values of ``known``; what is used or added to before it is assigned, or assigned a second time,
    is a ``CertificateError``.
    """
    program = [
        (read_own(left, scope, latex=latex).left, relation, read_own(right, scope, latex=latex).left)
        for left, relation, right in lines
    ]
    assigned = {left.name for left, _, _ in program if isinstance(left, Name)}
    if missing := [name for name, _ in truths if name not in assigned]:
        raise CertificateError(f"a printed program never assigns {missing[0]}")

    def at_residues(model: Residues) -> Sequence[str]:
        start = {name: (model.value(Name(name)), 0) for name in known}
        found = _run(program, start, graph, model.evaluate, _sum_modulo)
        return [_fault(name) for name, truth in truths if found[name][0] != model.value(truth)]

    def at_reals(point: Point) -> Mapping[str, Decimal]:
        start = {name: point.value(Name(name)) for name in known}
        found = _run(program, start, graph, point.evaluate, CONTEXT.add)
        return {_fault(name): relative_error(found[name], point.value(truth)) for name, truth in truths}

    return [*compared(graph, "a program", at_residues, at_reals)]


def _fault(name: str) -> str:
    return f"a printed program leaves a wrong {name}"


def _sum_modulo(x: Dual, y: Dual) -> Dual:
    return (x[0] + y[0]) % PRIME, 0


def _run(
    program: Iterable[tuple[Tree, str, Tree]], values: dict[str, _V], graph: Graph,
    evaluate: Callable[[Tree, Mapping[str, _V]], _V], add: Callable[[_V, _V], _V],
) -> dict[str, _V]:  # fmt: skip
    """What the variables are after the statements."""
    for left, relation, right in program:
        if not isinstance(left, Name):
            raise CertificateError("a printed program assigns to what is no variable")
        name, missing = left.name, [n for n in names(right) if n not in values]
        if missing:
            raise CertificateError(f"a printed program uses {missing[0]} before it is assigned")
        if (name in values) != (relation == "+="):
            raise CertificateError(f"a printed program {'adds to' if relation == '+=' else 'assigns again'} {name}")
        value = evaluate(graph.resolved(right), values)
        values[name] = add(values[name], value) if relation == "+=" else value
    return values
