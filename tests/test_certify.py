"""The certificate catches what is wrong: every bracket, sign, factor, digit and name of every printed line counts."""

from __future__ import annotations

import ast
import decimal
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from randomly import meaning
from randomly import text_of as one_row

from derivgen import certify
from derivgen.certify import models
from derivgen.derivation import adjoints, chain_rule, closed_form, edges, forward_form, local, local_partial
from derivgen.errors import CertificateError, DerivgenError
from derivgen.evaluation import Numbers
from derivgen.expression import Apply, Name, Partial, Tree, apply, number, substitute
from derivgen.graph import Graph
from derivgen.operations import OPERATIONS
from derivgen.printing import BREAK, printed
from derivgen.reading import ReadingError, read, read_line, read_row
from derivgen.written import fill, quantity_key, write

REFUSED = (CertificateError, certify.UndefinedError, ReadingError)
DIALECTS = ("latex", "markdown", "plain")


@dataclass(frozen=True)
class Case:
    name: str
    equations: str
    leaves: str
    of: str
    wrt: tuple[str, ...]
    functions: str = ""
    bindings: tuple[tuple[str, str], ...] = ()
    at: str = ""
    kinks: str = "left"

    def __str__(self) -> str:
        return self.name

    @property
    def graph(self) -> Graph:
        graph = Graph.of(self.equations, self.leaves.split(), self.functions.split(), kinks=self.kinks)
        return graph.bind(dict(self.bindings)) if self.bindings else graph

    @property
    def given(self) -> dict[str, Fraction]:
        return dict(zip(self.leaves.split(), map(Fraction, self.at.split()), strict=True))


SIGMOIDS = "z_1 = x*w_1; a_1 = g_1(z_1); z_2 = a_1*w_2; a_2 = g_2(z_2); L = Loss(a_2, y^*)"
CASES = [
    Case("sigmoids", SIGMOIDS, "x w_1 w_2 y^* eta", "L", ("w_2", "w_1"), "g_1 g_2 Loss",
         (("g_1", "sigmoid"), ("g_2", "sigmoid"), ("Loss", "half_squared_error")), "1.5 -0.2 0.7 1 0.1"),
    Case("abstract", SIGMOIDS, "x w_1 w_2 y^* eta", "L", ("w_2", "w_1"), "g_1 g_2 Loss"),
    Case("fan-out", "u = x*x; v = 3*u - x; f = u*v + x/v", "x eta", "f", ("x",), at="-2 0.5"),
    Case("relu", "z_1 = w_1*x + b; a_1 = relu(z_1); z_2 = w_2*x - b; a_2 = relu(z_2); L = (a_1 - 2*a_2 - y)^2/2",
         "x w_1 w_2 b y eta", "L", ("w_1", "b"), at="2 -3 5 7 -1 0.1"),
    Case("kinks", "u = abs(x - y); v = max(u, w*y); f = leaky_relu(-v)*w", "x y w eta", "f", ("x", "w"),
         at="0.5 2 3 0.25"),
    Case("cross-entropy", "z = w*x + b; a = sigmoid(z); L = binary_cross_entropy(a, y)", "w x b y eta", "L", ("w", "b"),
         at="0.5 -1.5 0.25 1 0.1"),
    Case("mixed", "u = tanh(x*w); v = softplus(u)/w; f = e^(-v)*log(1 + w^2) - 1/u", "x w eta", "f", ("x", "w"),
         at="0.75 -1.25 0.1"),
]  # fmt: skip
NUMERIC = [case for case in CASES if case.at]


def sides(case: Case, wrt: str) -> Iterator[tuple[Tree, Tree, Tree]]:
    """(left, right, truth) of every line that a derivation prints."""
    graph, truth = case.graph, Partial(case.of, wrt)
    for tree in (chain_rule(graph, case.of, wrt), forward_form(graph, case.of, wrt), adjoints(graph, case.of)[wrt]):
        yield truth, tree, truth
    yield truth, closed_form(graph, forward_form(graph, case.of, wrt)), truth
    for edge in edges(graph, case.of, wrt):
        yield local_partial(graph, *edge), local(graph, *edge), local_partial(graph, *edge)
    step = apply("subtract", Name(wrt), apply("multiply", Name("eta"), truth))
    update = substitute(step, {})
    assert isinstance(update, Apply)
    form = apply("subtract", Name(wrt), apply("multiply", Name("eta"), forward_form(graph, case.of, wrt)))
    yield Name(wrt), form, step


def text_of(graph: Graph, left: Tree, right: Tree, dialect: str, *, update: bool) -> str:
    arrow = ("<-" if dialect == "plain" else r"\leftarrow") if update else "="
    return f"{one_row(left, graph.scope, dialect)} {arrow} {one_row(right, graph.scope, dialect)}"


SYMBOLIC = [
    pytest.param(case, left, right, truth, id=f"{case}-{case.of}-{wrt}-{i}")
    for case in CASES
    for wrt in case.wrt
    for i, (left, right, truth) in enumerate(sides(case, wrt))
    if left != right
]


@pytest.mark.parametrize(("case", "left", "right", "truth"), SYMBOLIC)
def test_right_lines_pass(case: Case, left: Tree, right: Tree, truth: Tree) -> None:
    for dialect in DIALECTS:
        text = text_of(case.graph, left, right, dialect, update=left != truth)
        proofs = certify.symbolic(case.graph, text, truth, latex=dialect != "plain")
        assert [proof.route for proof in proofs] == ["residues", "difference"]
        assert all(proof.points > 0 for proof in proofs)


# --- mutations of a text ---------------------------------------------------------------------------------------------

TOKEN = re.compile(r"\\(?:left|right)\\?[(){}|.\[\]]|\\[A-Za-z]+|[A-Za-z]+(?=[_^(])|[A-Za-z]|\d+(?:\.\d+)?|\S")
PAIRS = {"(": ")", "{": "}", "[": "]", r"\left(": r"\right)", r"\lvert": r"\rvert", r"\lbrack": r"\rbrack"}
SIGNS = {"+", "-"}


def mutations(text: str) -> Iterator[tuple[str, str]]:
    """(what was done, the text without one pair or one bracket or sign, with another digit, with two names swapped)."""
    spans = [(m.start(), m.end(), m[0]) for m in TOKEN.finditer(text)]

    def without(*dropped: int) -> str:
        pieces, position = [], 0
        for i in dropped:
            pieces.append(text[position : spans[i][0]])
            position = spans[i][1]
        return "".join(pieces) + " " + text[position:] if not pieces else " ".join([*pieces, text[position:]])

    for i, (start, end, token) in enumerate(spans):
        if token in PAIRS:
            depth, j = 1, i
            while depth and j + 1 < len(spans):
                j += 1
                depth += {token: 1, PAIRS[token]: -1}.get(spans[j][2], 0)
            if not depth:
                yield "pair", without(i, j)
        if token in PAIRS or token in PAIRS.values():
            yield "bracket", without(i)
        if token in SIGNS:
            yield "sign", without(i)
            yield "sign", text[:start] + {"+": "-", "-": "+"}[token] + text[end:]
        for k, digit in enumerate(token) if token[0].isdigit() else ():
            if digit != ".":
                yield "digit", f"{text[:start]}{token[:k]}{(int(digit) + 1) % 10}{token[k + 1 :]}{text[end:]}"
        if re.fullmatch(r"\d+(?:\.\d+)?|[A-Za-z]|\\(?:alpha|eta)", token):
            yield "factor", without(i)
            for dot in (i - 1, i + 1):
                if 0 <= dot < len(spans) and spans[dot][2] in (r"\cdot", "*"):
                    yield "factor", without(*sorted((i, dot)))
    words = list(dict.fromkeys(spans[i][2] for i in range(len(spans)) if re.fullmatch(r"[a-zA-Z]", spans[i][2])))
    for first in words:
        for second in words[: words.index(first)]:
            swap = {first: second, second: first}
            yield "swap", re.sub(rf"(?<![A-Za-z\\])({first}|{second})(?![A-Za-z(])", lambda m: swap[m[0]], text)  # noqa: B023


def smaller(tree: Tree) -> Iterator[Tree]:
    """The tree without one argument of one sum or product, or without one sign or one operation."""
    if not isinstance(tree, Apply):
        return
    row = OPERATIONS.get(tree.operation)
    if row is not None and row.written_out:
        written = substitute(read_row(row.name, row.value), dict(zip(row.arguments, tree.args, strict=True)))
        yield from smaller(written)
        return
    if tree.operation in ("add", "multiply", "subtract", "divide"):
        for i in range(len(tree.args)):
            rest = tree.args[:i] + tree.args[i + 1 :]
            yield rest[0] if len(rest) == 1 else replace(tree, operation=tree.operation, args=rest)
    elif tree.operation in ("negate", "reciprocal", "power", "exp") or (row is not None and len(tree.args) == 1):
        yield tree.args[0]
    for i, argument in enumerate(tree.args):
        for less in smaller(argument):
            yield replace(tree, args=(*tree.args[:i], less, *tree.args[i + 1 :]))


def _same(graph: Graph, text: str, truth: Tree, *, latex: bool, right: Tree) -> bool:
    """Whether a changed line still says the same: it reads back, and both sides have the values of before."""
    line = read_line(text, graph.scope, latex=latex)
    if len(line.links) != 1:
        return False
    held = {part for part in _walk(line.links[0][1]) if isinstance(part, Partial) and part.held}
    if not held <= set(_walk(right)) | {line.left}:
        return False
    left = truth if line.links[0][0] == "<-" else line.left
    return all(
        _values(graph, changed) == _values(graph, true) for changed, true in ((left, truth), (line.links[0][1], right))
    )


def _values(graph: Graph, tree: Tree) -> list[str]:
    """The tree at fixed points by the reverse sweep (the certificate goes forward), to 25 digits."""
    found = []
    for salt in (3, 5):
        given = {name: Fraction(17 * salt + 7 * i, 97) for i, name in enumerate(graph.leaves)}
        if any(isinstance(part, Apply) and part.slot for part in _walk(graph.resolved(tree))) or _abstract(graph):
            return [str(meaning(graph.resolved(tree)))]
        try:
            value = Numbers(replace(graph, kinks="left"), given).value(tree)
        except DerivgenError as error:
            found.append(type(error).__name__)
            continue
        found.append(f"{Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else value:.24e}")
    return found


def _walk(tree: Tree) -> list[Tree]:
    from derivgen.expression import walk

    return list(walk(tree))


def _abstract(graph: Graph) -> bool:
    return any(graph.is_abstract(node.tree) for node in graph.nodes)


@pytest.mark.parametrize("dialect", ["latex", "markdown", "plain"])
@pytest.mark.parametrize(("case", "left", "right", "truth"), SYMBOLIC)
def test_whatever_is_changed_in_a_symbolic_line_is_caught(
    case: Case, left: Tree, right: Tree, truth: Tree, dialect: str
) -> None:
    graph = case.graph
    text = text_of(graph, left, right, dialect, update=left != truth)
    if dialect == "markdown" and text == text_of(graph, left, right, "latex", update=left != truth):
        return
    uncaught = []
    for kind, changed in dict.fromkeys(mutations(text)):
        if changed == text:
            continue
        try:
            certify.symbolic(graph, changed, truth, latex=dialect != "plain")
        except REFUSED:
            continue
        if not _same(graph, changed, truth, latex=dialect != "plain", right=right):
            uncaught.append((kind, changed))
    assert not uncaught, text


@pytest.mark.parametrize(("case", "left", "right", "truth"), SYMBOLIC)
def test_whatever_is_left_out_of_a_symbolic_line_is_caught(case: Case, left: Tree, right: Tree, truth: Tree) -> None:
    graph = case.graph
    for less in smaller(right):
        text = text_of(graph, left, less, "latex", update=left != truth)
        try:
            certify.symbolic(graph, text, truth, latex=True)
        except REFUSED:
            continue
        assert _same(graph, text, truth, latex=True, right=right), text


# --- number lines ----------------------------------------------------------------------------------------------------


def number_lines() -> Iterator[tuple[str, Case, Tree]]:
    for case in NUMERIC:
        for wrt in case.wrt:
            graph = case.graph
            yield f"{case}-{wrt}", case, forward_form(graph, case.of, wrt)
            yield f"{case}-{wrt}-rule", case, chain_rule(graph, case.of, wrt)
            step = apply("subtract", Name(wrt), apply("multiply", Name("eta"), Partial(case.of, wrt)))
            yield f"{case}-{wrt}-step", case, step
        for node in case.graph.nodes:
            yield f"{case}-{node.name}", case, node.tree


NUMBER_LINES = [pytest.param(case, tree, id=name) for name, case, tree in number_lines()]
UNIT = Case("ones", "u = x*w; f = u*v - x", "x w v", "f", ("x",), at="1 1 -1")
NUMBER_LINES += [pytest.param(UNIT, read("x*w*v - x", UNIT.graph.scope), id="ones")]
NUMBER_LINES += [pytest.param(UNIT, read("w*x^2*(v - x)*1*x", UNIT.graph.scope), id="one-written")]


class Line:
    """A number line as it is printed, and its proof."""

    def __init__(self, case: Case, tree: Tree, dialect: str, places: int = 4) -> None:
        graph = case.graph
        numbers = Numbers(graph, case.given)
        form = printed(tree, graph.scope, dialect, numeric=True)
        quantities = tuple(dict.fromkeys(quantity for quantity, _ in form.slots))
        answer = numbers.value(tree)
        filling = fill(
            [(graph.resolved(tree),)], quantities, {quantity_key(q): numbers[quantity_key(q)] for q in quantities},
            [answer], places, carried=False,
        )  # fmt: skip
        exact, answer_exact, (self.answer,) = (
            len(filling.exact) == len(quantities),
            filling.answers_exact,
            filling.answers,
        )
        self.text = form.fill(filling.texts).replace(BREAK, "")
        self.symbolic = one_row(tree, graph.scope, dialect)
        self.relations = ("=" if exact else "≈", "=" if exact and answer_exact else "≈")
        self.lines, self.latex = certify.NumberLines(graph), dialect != "plain"
        self.point = self.lines.point(case.given)
        self.tree = tree

    def prove(self, text: str, answer: str | None = None) -> None:
        self.lines.prove_line(
            text, self.symbolic, self.answer if answer is None else answer, self.relations, self.point, latex=self.latex
        )
        self.lines.prove_value(self.answer if answer is None else answer, self.tree, self.relations[1], self.point)


@pytest.mark.parametrize("dialect", ["latex", "plain"])
@pytest.mark.parametrize(("case", "tree"), NUMBER_LINES)
def test_whatever_is_changed_in_a_number_line_is_caught(case: Case, tree: Tree, dialect: str) -> None:
    line = Line(case, tree, dialect)
    line.prove(line.text)
    uncaught = []
    for kind, changed in dict.fromkeys(mutations(line.text)):
        if changed == line.text:
            continue
        try:
            line.prove(changed)
        except REFUSED:
            continue
        if not _harmless(kind, line, changed):
            uncaught.append((kind, changed))
    assert not uncaught, line.text
    line.prove(line.text)


def _harmless(kind: str, line: Line, changed: str) -> bool:
    """Only a bracket that is no part of the form may go: (-3) + 1 is -3 + 1, 2^{3} is 2^3."""
    if kind not in ("pair", "bracket"):
        return False
    scope = line.lines.graph.scope
    return read(changed, scope, latex=line.latex) == read(line.text, scope, latex=line.latex)


@pytest.mark.parametrize("dialect", ["latex", "plain"])
@pytest.mark.parametrize(("case", "tree"), NUMBER_LINES)
def test_whatever_is_left_out_of_a_number_line_is_caught(case: Case, tree: Tree, dialect: str) -> None:
    line = Line(case, tree, dialect)
    graph = case.graph
    numbers = Numbers(graph, case.given)
    for less in smaller(tree):
        form = printed(less, graph.scope, dialect, numeric=True)
        quantities = tuple(dict.fromkeys(quantity for quantity, _ in form.slots))
        texts = {quantity: write(numbers[quantity_key(quantity)], 12)[0] for quantity in quantities}
        with pytest.raises(REFUSED):
            line.prove(form.fill(texts).replace(BREAK, ""))


@pytest.mark.parametrize(("case", "tree"), NUMBER_LINES)
def test_a_wrong_answer_is_caught(case: Case, tree: Tree) -> None:
    line = Line(case, tree, "latex")
    for kind, changed in mutations(line.answer):
        if kind in ("digit", "sign") and re.fullmatch(r"-?\d+(\.\d+)?", changed.strip()):
            if Fraction(changed) == Fraction(line.answer):
                continue
            with pytest.raises(CertificateError):
                line.prove(line.text, changed.strip())


def test_a_removed_one_is_caught_in_a_number_line() -> None:
    graph = Graph.of("f = a*b*c", ["a", "b", "c"])
    lines = certify.NumberLines(graph)
    point = lines.point({"a": Fraction(1), "b": Fraction(1), "c": Fraction(-1, 5)})
    lines.prove_line(r"1 \cdot 1 \cdot (-0.2)", "a b c", "-0.2", ("=", "="), point, latex=True)
    for wrong in (r"1 \cdot (-0.2)", "(-0.2)", "-0.2", r"(-0.2) \cdot 1 \cdot 1", r"1 \cdot (-1) \cdot 0.2"):
        with pytest.raises(REFUSED):
            lines.prove_line(wrong, "a b c", "-0.2", ("=", "="), point, latex=True)


def test_a_line_read_once_is_still_compared_at_the_next_numbers() -> None:
    graph = Graph.of("f = a*b", ["a", "b"])
    lines = certify.NumberLines(graph)
    for a, b in ((Fraction(2), Fraction(-3)), (Fraction(-1), Fraction(4))):
        point = lines.point({"a": a, "b": b})
        shown = [f"({n})" if n < 0 else f"{n}" for n in (a, b)]
        lines.prove_line(rf"{shown[0]} \cdot {shown[1]}", "a b", str(a * b), ("=", "="), point, latex=True)
        with pytest.raises(CertificateError):
            lines.prove_line(rf"{shown[1]} \cdot {shown[0]}", "a b", str(a * b), ("=", "="), point, latex=True)


def test_rounding_is_checked_to_half_a_unit() -> None:
    graph = Graph.of("f = a^3/16", ["a"])
    lines = certify.NumberLines(graph)
    point = lines.point({"a": Fraction(1)})
    lines.prove_value("0.0625", Name("f"), "=", point)
    lines.prove_value("0.063", Name("f"), "≈", point)
    lines.prove_value("0.188", Partial("f", "a"), "≈", point)  # 3/16 is a tie
    for wrong in ("0.06", "0.064", "0.0624"):
        with pytest.raises(CertificateError):
            lines.prove_value(wrong, Name("f"), "=" if wrong == "0.06" else "≈", point)


@pytest.mark.parametrize(
    ("equation", "answer"), [("f = a^3/48", "0.063"), ("f = -a^3/48", "-0.063"), ("f = a^7/112", "0.063")]
)
def test_a_tie_is_no_reason_to_refuse(equation: str, answer: str) -> None:
    """The derivative is 1/16, but the central difference of a^3 lies 10^-51 beside it, on the wrong side of the tie."""
    graph = Graph.of(equation, ["a"])
    lines = certify.NumberLines(graph)
    lines.prove_value(answer, Partial("f", "a"), "≈", lines.point({"a": Fraction(1)}))
    lines.prove_value(answer, Partial("f", "a"), "≈", lines.point({"a": Fraction(-1)}))


def test_many_digits_are_not_rounded_before_they_are_compared() -> None:
    graph = Graph.of("f = b*a", ["a", "b"])
    lines = certify.NumberLines(graph)
    shown, answer = "-0.12345678901234567890123456789012", "-0.24691357802469135780246913578024"
    point = lines.point({"a": Fraction(shown), "b": Fraction(2)})
    lines.prove_line(rf"2 \cdot ({shown})", "b a", answer, ("=", "="), point, latex=True)
    with pytest.raises(CertificateError):
        lines.prove_line(rf"2 \cdot ({shown[:-6]}9)", "b a", answer, ("=", "="), point, latex=True)


@pytest.mark.parametrize("wrong", ["-3", "3/16 + 1", "0.1874", "0.189", "0.18750001"])
def test_a_wrong_derivative_is_caught(wrong: str) -> None:
    graph = Graph.of("f = a^3/16", ["a"])
    lines = certify.NumberLines(graph)
    point = lines.point({"a": Fraction(1)})
    with pytest.raises((CertificateError, decimal.InvalidOperation)):
        lines.prove_value(wrong, Partial("f", "a"), "≈", point)


# --- what is defined by other things ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kinks", ["left", "right", "forbid"])
@pytest.mark.parametrize("row", [row for row in OPERATIONS.values() if row.value and row.name != "sign"], ids=str)
def test_a_definition_may_be_printed(row: object, kinks: str) -> None:
    assert isinstance(row, type(OPERATIONS["relu"]))
    arguments = ["p", "q"][: len(row.arguments)]
    call = f"g({', '.join(arguments)})"
    graph = Graph.of(f"f = {call} + {call}^2", arguments, ["g"], kinks=kinks).bind({"g": row.name})
    definition = substitute(read_row(row.name, row.value), dict(zip(row.arguments, map(Name, arguments), strict=True)))
    left = Apply("g", tuple(map(Name, arguments)))
    for dialect in DIALECTS:
        text = text_of(graph, left, definition, dialect, update=False)
        certify.symbolic(graph, text, left, latex=dialect != "plain")
        for slot, parent in enumerate(arguments):
            derivative = replace(left, slot=slot + 1)
            rule = local(Graph.of(f"g = {row.name}({', '.join(arguments)})", arguments, kinks=kinks), "g", parent)
            rule = substitute(rule, {"g": left})
            certify.symbolic(graph, text_of(graph, derivative, rule, dialect, update=False), derivative,
                             latex=dialect != "plain")  # fmt: skip


@pytest.mark.parametrize("operation", ["relu", "leaky_relu", "abs", "sigmoid"])
def test_one_function_used_twice_has_two_derivatives(operation: str) -> None:
    graph = Graph.of("a = g(x); b = g(-2*x); f = a*b + a", ["x"], ["g"], kinks="left").bind({"g": operation})
    for line in ("df/da*g'(x) - 2*df/db*g'(-2*x)", "(b + 1)*g'(x) - 2*a*g'(-2*x)"):
        certify.symbolic(graph, f"df/dx = {line}", Partial("f", "x"), latex=False)
    with pytest.raises(CertificateError):
        certify.symbolic(graph, "df/dx = (b + 1)*g'(x) - 2*a*g'(x)", Partial("f", "x"), latex=False)


def test_a_missing_gate_is_caught_by_residues_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the random real points lie on the open side of every ReLU, the other route sees nothing."""
    graph = Graph.of("z = x^2 + 1 + w; a = relu(z); L = a*y", ["x", "w", "y"], kinks="left")
    models_of = models.models_of
    monkeypatch.setattr(models, "models_of", lambda graph: (models_of(graph)[0], _open(graph)))
    certify.symbolic(graph, "dL/dx = y*1[z > 0]*2*x", Partial("L", "x"), latex=False)
    with pytest.raises(CertificateError, match="residues"):
        certify.symbolic(graph, "dL/dx = y*2*x", Partial("L", "x"), latex=False)


def test_a_line_that_is_defined_at_the_usual_points_draws_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph.of("f = a*b + 7*a", ["a", "b"])
    models.models_of(graph)
    monkeypatch.setattr(models, "_points", lambda graph: pytest.fail("another point was drawn"))
    assert certify.symbolic(graph, "df/da = b + 7", Partial("f", "a"), latex=False)[1].points == 2


def _open(graph: Graph) -> tuple[certify.Point, ...]:
    return (certify.Point(graph, {name: Decimal("0.5") for name in graph.leaves}),)


@pytest.mark.parametrize("wrong", ["df/dx", "df/dx|{v}", "df/dx|{y}", "du/dx|{u}", "df/dx|{f}"])
def test_what_is_held_counts(wrong: str) -> None:
    graph = Graph.of("u = x*x; v = 2*u; f = u*x + v*y", ["x", "y"])
    certify.symbolic(graph, "df/dx|{u} = u", Partial("f", "x", ("u",)), latex=False)
    certify.symbolic(graph, "df/dx = df/du*du/dx + df/dx|{u}", Partial("f", "x"), latex=False)
    with pytest.raises(CertificateError):
        certify.symbolic(graph, f"df/dx = df/du*du/dx + {wrong}", Partial("f", "x"), latex=False)


def test_an_update_must_say_what_is_updated() -> None:
    graph = Graph.of("f = w*x*v", ["w", "x", "v", "eta"])
    truth = apply("subtract", Name("w"), apply("multiply", Name("eta"), Partial("f", "w")))
    certify.symbolic(graph, "w <- w - eta*x*v", truth, latex=False)
    for wrong in ("x <- w - eta*x*v", "f <- w - eta*x*v", "w <- w - eta*v", "w = w - eta*x*v", "2*w <- w - eta*x*v"):
        with pytest.raises(CertificateError):
            certify.symbolic(graph, wrong, truth, latex=False)


@pytest.mark.parametrize(
    "line",
    [
        "dL/dw|{a}",
        "dx/dw|{a}",
        "1/(w - w)",
        "log(w - w)",
        "e^(9^64)",
        "dL/dL",
        "1/0",
        "1/2305843009213693951",
        "a^64",
        "log(-w^2)",
    ],
)
def test_a_line_without_a_value_is_no_crash(line: str) -> None:
    graph = Graph.of("a = sigmoid(w*x); L = a^2", ["w", "x"])
    with pytest.raises(REFUSED):
        certify.symbolic(graph, f"dL/dw = {line}", Partial("L", "w"), latex=False)


# --- independence ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(Path(certify.__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_the_certificate_knows_nothing_of_the_derivation(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    imported = {
        name
        for node in ast.walk(ast.parse(source))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        )
    }  # fmt: skip
    ours = {name.split(".")[1] for name in imported if name.startswith("derivgen.")}
    assert ours <= {"certify", "errors", "expression", "graph", "grids", "operations", "reading"}
    attributes = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    assert not attributes & {"local", "output_local"}, "the table's derivative rules are the other side's"


@pytest.mark.parametrize("row", ["sigmoid", "tanh", "softplus", "relu", "squared_error"])
def test_a_wrong_rule_in_the_table_is_caught(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = OPERATIONS[row]
    arguments = ", ".join(f"x_{i}" for i in range(len(right.arguments)))
    equations, leaves = f"a = {row}({arguments}); f = a^2", [f"x_{i}" for i in range(len(right.arguments))]
    graph = Graph.of(equations, leaves, kinks="left")
    product = apply("multiply", number(2), Name("a"), local(graph, "a", "x_0"))
    text = text_of(graph, Partial("f", "x_0"), product, "plain",
                   update=False)  # fmt: skip
    certify.symbolic(graph, text, Partial("f", "x_0"), latex=False)
    monkeypatch.setitem(OPERATIONS, row, replace(right, local=("7",) * len(right.local), output_local="7*a"))
    again = Graph.of(equations.replace("x_", "t_"), [leaf.replace("x_", "t_") for leaf in leaves], kinks="left")
    wrong = apply("multiply", number(2), Name("a"), local(again, "a", "t_0"))
    with pytest.raises(CertificateError):
        certify.symbolic(again, text_of(again, Partial("f", "t_0"), wrong, "plain", update=False), Partial("f", "t_0"),
                         latex=False)  # fmt: skip


def test_certifying_is_a_pure_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's decimal context does not count."""
    graph = Graph.of("f = a*e^b", ["a", "b"])
    run: Callable[[], object] = lambda: certify.symbolic(graph, "df/db = a*e^b", Partial("f", "b"), latex=False)  # noqa: E731
    first = run()
    with decimal.localcontext() as context:
        context.prec = 3
        assert run() == first


# --- lines of one shape, and exponents ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equations", "at", "wrt", "answer"),
    [
        ("u = max(x, w); v = max(w, b); L = u*v", "x=3,w=2,b=5", "b", "= 3"),
        ("u = abs(x - w); v = abs(w - b); L = u + v", "x=3,w=2,b=5", "w", "= -2"),
        ("q = x*x; r = absolute_error(w, q); L = absolute_error(r, x)", "x=1.4,w=0.3", "w", "= -1"),
        ("L = w^-2", "w=2", "w", "= -0.25"),
        ("u = x*w; L = 1/u + 3*w^-1", "x=2,w=1", "w", "= -3.5"),
        ("L = w*e^(-2) + w^-1", "w=1", "w", "≈ -0.8647"),
    ],
)  # fmt: skip
def test_lines_that_were_once_refused(equations: str, at: str, wrt: str, answer: str) -> None:
    """Two lines max(2, 3) and max(5, 3) have branches of their own; the 2 of w^-2 is no number to put in."""
    import derivgen

    text = str(derivgen.network(equations).derivation(wrt, at=at))
    assert text.rstrip().splitlines()[-1].endswith(answer)


def test_a_deep_chain_of_one_function_is_proved_without_growing_twofold_at_each_step():
    # tanh means a quotient that has its argument four times: written out, twelve of them would be 4^12 arguments.
    equations = "a_0 = x*w; " + "; ".join(f"a_{i} = tanh(a_{i - 1})*w" for i in range(1, 13))
    graph = Graph.of(equations)
    form = closed_form(graph, Name("a_12"), largest=None)
    text = f"a_12 = {printed(form, graph.scope, 'plain').text.replace(BREAK, '')}"
    assert certify.symbolic(graph, text, Name("a_12"), latex=False)
    with pytest.raises(CertificateError):
        certify.symbolic(graph, f"{text} + x", Name("a_12"), latex=False)


@pytest.mark.parametrize("depth", [3, 6, 10])
def test_an_open_function_keeps_its_digits_in_deep_networks(depth):
    lines = ["a_0 = g(w*x)", "b_0 = g(v*x)"]
    for i in range(1, depth):
        lines += [f"a_{i} = g(w*a_{i - 1} + v*b_{i - 1})", f"b_{i} = g(v*a_{i - 1} - w*b_{i - 1})"]
    graph = Graph.of("; ".join([*lines, f"h = a_{depth - 1} + b_{depth - 1}"]), None, ("g",))
    token = Partial("h", "w")
    for name, form in adjoints(graph, "h").items():
        text = f"dh/d{name} = {printed(form, graph.scope, 'plain').text.replace(BREAK, '')}"
        assert certify.symbolic(graph, text, Partial("h", name), latex=False), name
    with pytest.raises(CertificateError):
        certify.symbolic(graph, "dh/dw = dh/dv", token, latex=False)
