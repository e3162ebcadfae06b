"""A printed line of numbers in; proved to be its symbolic line with the right numbers put in, or refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from derivgen.certify.at_givens import point_at
from derivgen.certify.common import arrays_of, cells_of, read_own
from derivgen.certify.points import Point
from derivgen.certify.reals import compare, real, relative_error
from derivgen.errors import CertificateError
from derivgen.expression import Apply, Name, Number, Tree
from derivgen.graph import Graph

_HOLE = re.compile(
    r"(?:(?<=[-+*/] )|(?<=[*/])|(?<=\\cdot ))\(-(?P<negative>\d+(?:\.\d+)?)\)"
    r"|(?<![\w.}^])(?<!(?<!e)\^\{)(?<!mathbf\{)(?P<plain>\d+(?:\.\d+)?)(?![\w\[])"
)
_ONE_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _holes(text: str) -> Iterator[re.Match[str]]:
    """The numbers of a line, but an exponent: the 2 of 3^{-2}, unless it is e's."""
    for match in _HOLE.finditer(text):
        start = match.start()
        if text[max(start - 3, 0) : start] not in ("^{-", "^(-") or text[start - 4 : start - 3] == "e":
            yield match


def _skeleton(text: str, matches: Iterable[re.Match[str]]) -> str:
    """The line with # for each of its numbers."""
    pieces, end = [], 0
    for match in matches:
        pieces += [text[end : match.start()], "#"]
        end = match.end()
    return "".join([*pieces, text[end:]])


@dataclass(frozen=True)
class _Layout:
    """A number line's structure: its entries with holes, and what each hole must show (sign, quantity)."""

    shape: tuple[int, int]
    cells: tuple[Tree, ...]
    quantities: tuple[tuple[int, Tree], ...]


class NumberLines:
    """Proofs of number lines on one graph; what is read of a line's structure is kept for the next variant."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._layouts: dict[tuple[str, str, bool], _Layout] = {}
        self._matrices: dict[tuple[str, bool], tuple[tuple[int, int], tuple[int, ...]]] = {}
        self._apart: dict[Tree, tuple[tuple[int, int], tuple[Tree, ...]]] = {}

    def point(self, given: Mapping[Any, Fraction | Decimal], taken: frozenset[str] = frozenset()) -> Point:
        """The forward pass at the sheet's numbers."""
        return point_at(self.graph, given, taken)

    def prove_line(
        self, text: str, symbolic_text: str, answer: str, relations: tuple[str, str], point: Point, *, latex: bool,
        carried: Mapping[Any, Fraction | Decimal] | None = None, equal: tuple[Decimal, ...] = (),
    ) -> tuple[Decimal, ...]:  # fmt: skip
        """Prove ``symbolic relation[0] text relation[1] answer``; raises ``CertificateError``.

        Returns what the line's entries come to as printed. With ``equal``, what the line before it came to, they must
        be that: the two are joined by an equals sign.
        """
        matches = tuple(_holes(text))
        holes = [Decimal("-" + m["negative"]) if m["negative"] else Decimal(m["plain"]) for m in matches]
        skeleton = _skeleton(text, matches)
        layout = self._layouts.get((skeleton, symbolic_text, latex)) or self._layout(
            skeleton, symbolic_text, text, latex
        )
        if len(holes) != len(layout.quantities):
            raise CertificateError(f"a number line has a number too many or too few: {text}")
        values: dict[str, Decimal] = {}
        for i, (shown, (sign, quantity)) in enumerate(zip(holes, layout.quantities, strict=True)):
            values[f"#{i}"] = shown
            if isinstance(quantity, Number):
                true = real(quantity.value)
            elif carried is not None:
                true = real(carried[quantity.name if isinstance(quantity, Name) else quantity])
            else:
                true = point.value(quantity)
            exact = relations[0] == "=" or isinstance(quantity, Number)  # a constant is never rounded
            compare(shown if sign > 0 else shown.copy_negate(), true, exact=exact, text=text)
        worked_out = tuple(point.evaluate(cell, values) for cell in layout.cells)
        whole = f"{text} {relations[1]} {answer}"
        for shown, value in zip(self._answer(answer, layout.shape, latex), worked_out, strict=True):
            compare(shown, value, exact=relations[1] == "=", text=whole)
        for before, value in zip(equal, worked_out, strict=True) if equal else ():
            compare(before, value, exact=True, text=whole)
        return worked_out

    def prove_value(self, answer: str, tree: Tree, relation: str, point: Point, *, latex: bool = False) -> str:
        """Prove that a printed answer is the tree's value, rounded as it is printed; returns the relative error."""
        if tree not in self._apart:
            self._apart[tree] = cells_of(self.graph, tree)
        shape, cells = self._apart[tree]
        worst = Decimal(0)
        for shown, cell in zip(self._answer(answer, shape, latex), cells, strict=True):
            true = point.value(cell)
            compare(shown, true, exact=relation == "=", text=answer)
            worst = max(worst, relative_error(shown, true))
        return f"{worst:.1e}"

    def _answer(self, text: str, shape: tuple[int, int], latex: bool) -> list[Decimal]:
        """The numbers of a printed answer, a single one or a matrix of this shape."""
        signs: tuple[int, ...]
        if _ONE_NUMBER.fullmatch(text):
            printed, signs, numbers = (1, 1), (1,), [Decimal(text)]
        else:
            matches = tuple(_holes(text))
            numbers = [Decimal(m["plain"] or m["negative"]) for m in matches]
            key = _skeleton(text, matches), latex
            if key not in self._matrices:
                self._matrices[key] = self._matrix(text, latex)
            printed, signs = self._matrices[key]
        if printed != shape or len(numbers) != len(signs):
            raise CertificateError(f"a printed answer has another shape than what it is the answer for: {text}")
        return [number if sign > 0 else number.copy_negate() for number, sign in zip(numbers, signs, strict=True)]

    def _matrix(self, text: str, latex: bool) -> tuple[tuple[int, int], tuple[int, ...]]:
        """The shape and the signs of a printed matrix of numbers, after reading it."""
        tree = read_own(text, self.graph.scope, latex=latex).left
        rows = [row.args for row in tree.args if isinstance(row, Apply)] if isinstance(tree, Apply) else []
        entries = [entry for row in rows for entry in row]
        spans = [(m.start(), m.end()) for m in _holes(text)]
        signs = []
        if not isinstance(tree, Apply) or tree.operation != "matrix" or len(spans) != len(entries):
            raise CertificateError(f"a printed answer is no number and no matrix of numbers: {text}")
        for entry, (start, end) in zip(entries, spans, strict=True):
            sign, bare = _signed(entry)
            if not isinstance(bare, Number) or not start <= bare.at < end:
                raise CertificateError(f"a printed answer is no number and no matrix of numbers: {text}")
            signs.append(sign)
        return (len(rows), len(rows[0])), tuple(signs)

    def _layout(self, skeleton: str, symbolic_text: str, text: str, latex: bool) -> _Layout:
        arrays = arrays_of(self.graph)
        symbolic_line = arrays.written_out(read_own(symbolic_text, self.graph.scope, latex=latex).left)
        read = read_own(text, self.graph.scope, latex=latex).left
        spans = [(m.start(), m.end(), m["negative"] is not None) for m in _holes(text)]
        quantities: dict[int, tuple[int, Tree]] = {}
        tree = _lay(symbolic_line, read, spans, quantities, text)
        if sorted(quantities) != list(range(len(spans))):
            raise CertificateError(f"a number line does not have the form of its symbolic line: {text}")
        shape, cells = cells_of(self.graph, self.graph.resolved(tree))
        layout = _Layout(shape, cells, tuple(quantities[i] for i in range(len(spans))))
        self._layouts[skeleton, symbolic_text, latex] = layout
        return layout


def mixed(
    graph: Graph, text: str, symbolic_text: str, keep: frozenset[str],
    true: Point | Mapping[Tree, Fraction | Decimal], *, exact: bool, latex: bool,
) -> None:  # fmt: skip
    """Prove that a line of numbers beside the names ``keep``, read back, is its symbolic line with numbers put in.

    ``true`` is the forward pass at the sheet's numbers, or the rounded values that are carried.
    """
    found: list[tuple[Decimal, Tree]] = []
    symbolic_line, line = (read_own(t, graph.scope, latex=latex).left for t in (symbolic_text, text))
    _match(symbolic_line, line, keep, found, text)
    for shown, quantity in found:
        value = true.value(quantity) if isinstance(true, Point) else real(true[quantity])
        compare(shown, value, exact=exact, text=text)


def _match(symbolic_part: Tree, part: Tree, keep: frozenset[str], found: list[tuple[Decimal, Tree]], text: str) -> None:
    """Lay a read line over its symbolic line; what stands for a quantity goes to ``found``."""
    wrong = CertificateError(f"a number line does not have the form of its symbolic line: {text}")
    if isinstance(symbolic_part, Name) and symbolic_part.name not in keep:
        sign, bare = _signed(part)
        if not isinstance(bare, Number):
            raise wrong
        found.append((real(sign * bare.value), symbolic_part))
    elif isinstance(symbolic_part, Apply):
        if not isinstance(part, Apply) or not _alike(part, symbolic_part):
            raise wrong
        for one, other in zip(symbolic_part.args, part.args, strict=True):
            _match(one, other, keep, found, text)
    elif symbolic_part != part:
        raise wrong


def _lay(
    symbolic_part: Tree, part: Tree, spans: list[tuple[int, int, bool]], found: dict[int, tuple[int, Tree]], text: str
) -> Tree:
    """The number line's tree with holes, after checking that it is the symbolic line's, part by part."""
    wrong = CertificateError(f"a number line does not have the form of its symbolic line: {text}")
    sign, bare = _signed(part)
    hole = None
    if isinstance(bare, Number):
        hole = next((i for i, (start, end, _) in enumerate(spans) if start <= bare.at < end), None)
    bracketed = hole is not None and spans[hole][2]  # its minus sign is the number's: (-3)
    if bracketed and isinstance(symbolic_part, Apply) and symbolic_part.operation == "negate":
        (only,) = symbolic_part.args  # the symbolic line has the number in brackets too: x (-0.1)
        symbolic_part = Number(-only.value) if isinstance(only, Number) else symbolic_part
    if bracketed and (sign == 1 or isinstance(symbolic_part, Apply)):
        raise wrong
    if not isinstance(symbolic_part, Apply):
        if hole is None or hole in found:
            raise wrong
        found[hole] = (1 if bracketed else sign, symbolic_part)
        if isinstance(symbolic_part, Number):  # the same at all numbers, and compared with what is printed
            return symbolic_part
        name = Name(f"#{hole}")
        return name if bracketed or sign == 1 else Apply("negate", (name,))
    if not isinstance(part, Apply) or not _alike(part, symbolic_part):
        raise wrong
    if part.operation == "power":
        if part.args[1] != symbolic_part.args[1]:
            raise wrong
        return Apply("power", (_lay(symbolic_part.args[0], part.args[0], spans, found, text), part.args[1]))
    pairs = zip(symbolic_part.args, part.args, strict=True)
    return Apply(part.operation, tuple(_lay(s, p, spans, found, text) for s, p in pairs), part.slot)


def _signed(part: Tree) -> tuple[int, Tree]:
    """A part without its minus sign, and the sign."""
    return (-1, part.args[0]) if isinstance(part, Apply) and part.operation == "negate" else (1, part)


def _alike(part: Apply, other: Apply) -> bool:
    """Whether two applications are of the same operation, or the same derivative of it, to as many arguments."""
    return (part.operation, part.slot, len(part.args)) == (other.operation, other.slot, len(other.args))
