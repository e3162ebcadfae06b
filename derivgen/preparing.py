"""What asks return in, the mathematics of every format out: printed once per structure, and proved as printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TypeVar

from derivgen import certify
from derivgen.derivation import Chain, Filled, Value
from derivgen.evaluation import Numbers, same_number
from derivgen.exercise import (
    GAP,
    ArrowLabel,
    Cases,
    Claim,
    Counterexample,
    Figure,
    Gap,
    Nabla,
    On,
    Part,
    Program,
    Relation,
    Route,
    Supposed,
    Symbol,
)
from derivgen.expression import Apply, Name, Number, Partial, Tree, column, matrix, number, walk
from derivgen.figures.drawing import Drawing
from derivgen.graph import Graph
from derivgen.operations import INDICATORS
from derivgen.printing import BREAK, COMPARISON, Form, fits, portable, printed, symbol
from derivgen.proofs import verifying
from derivgen.proofs.printing import printed as formula
from derivgen.proofs.table import Theorem
from derivgen.proofs.tree import Equation
from derivgen.proofs.tree import Tree as Indexed
from derivgen.reading import Scope
from derivgen.written import write

T = TypeVar("T")
DIALECTS = ("latex", "markdown", "plain")
RELATIONS = {
    "latex": {"=": "=", "≈": r"\approx", "<-": r"\leftarrow", "+=": r"\mathrel{+}="},
    "markdown": {"=": "=", "≈": r"\approx", "<-": r"\leftarrow", "+=": r"\mathrel{+}="},
    "plain": {"=": "=", "≈": "≈", "<-": "<-", "+=": "+="},
}


@dataclass(frozen=True)
class PreparedLink:
    """A link's relation and its text in each dialect; a number line keeps what it fills.

    ``entries`` are the trees of what it comes to, one or a matrix's. ``symbolic`` is the line that numbers are put
    into, certified even where it is not printed. A matrix of answers has a slot for each of its entries.
    """

    relation: str
    forms: Mapping[str, Form]
    filled: Filled | None = None
    value: Value | None = None
    quantities: tuple[Tree, ...] = ()
    entries: tuple[Tree, ...] = ()
    symbolic: Mapping[str, str] = field(default_factory=dict)

    @property
    def numeric(self) -> bool:
        return self.filled is not None or self.value is not None


@dataclass(frozen=True, eq=False)
class PreparedChain:
    """A chain ready to be filled. ``graph`` is the one on which it holds.

    ``above`` are the rows of a left side that is too long to stand beside its numbers: they go on below it.
    """

    left: Mapping[str, str]
    links: tuple[PreparedLink, ...]
    graph: Graph
    above: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    worked: bool = False  # numbers throughout, which no variant changes

    @cached_property
    def numeric(self) -> bool:
        return any(link.numeric for link in self.links)

    @property
    def mixed(self) -> PreparedLink | None:
        """The line that ends the chain with numbers beside names, such as 0.3 dx."""
        last = self.links[-1] if self.links else None
        return last if last and last.filled and last.filled.keep else None

    @cached_property
    def stage(self) -> int:
        """How many steps of gradient descent its numbers have behind them."""
        return max(part.stage for link in self.links for part in (link.filled, link.value) if part is not None)

    @cached_property
    def on_one_line(self) -> bool:
        """Whether the chain is short enough for z = w x = 2 · 3 = 6; decided by its structure, not by its numbers."""
        if self.mixed:  # it stands beside another line
            return False
        forms = [link.forms["plain"] for link in self.links if link.forms]
        width = sum(sum(map(len, form.pieces)) + 8 * len(form.slots) for form in forms)
        return (self.numeric or self.worked) and len(self.left["plain"]) + width + 8 <= WIDEST_ROW


PLACES = 4  # of a number that is no decimal in a table of two assignments
WIDEST_LEFT = 40  # characters of a formula in plain maths that still stands beside its numbers
WIDEST_ROW = 58  # characters of plain maths, a number counted as eight, that still go on one printed line


@dataclass(frozen=True)
class Text:
    """Mathematics without numbers: its text in each dialect."""

    forms: Mapping[str, str]


def chains_of(fact: object) -> Iterator[Chain]:
    if isinstance(fact, Chain):
        yield fact
    elif isinstance(fact, On):
        yield from chains_of(fact.facts)
    elif isinstance(fact, Mapping):
        for inner in fact.values():
            yield from chains_of(inner)
    elif isinstance(fact, (tuple, list)):
        for inner in fact:
            yield from chains_of(inner)


# --- preparing facts ----------------------------------------------------------------------------------------


def prepare(fact: object, graph: Graph, found: list[PreparedChain]) -> object:
    """The fact with its mathematics printed; every chain is also put into ``found``."""
    if isinstance(fact, (Number, Name, Apply, Partial)):
        return Text({d: printed(fact, graph.scope, d).text.replace(BREAK, "") for d in DIALECTS})
    if isinstance(fact, Symbol):
        return Text({dialect: symbol(fact.function, graph.scope, dialect) for dialect in DIALECTS})
    if isinstance(fact, Relation):
        return Text({dialect: RELATIONS[dialect][fact.relation] for dialect in DIALECTS})
    if isinstance(fact, ArrowLabel):
        inner = prepare(fact.by, graph, found)
        assert isinstance(inner, Text)
        signs = {"latex": {"*": r"\times ", "+": "+ ", "": ""}, "plain": {"*": "*", "+": "+", "": ""}}
        bias = prepare(fact.plus, graph, found) if fact.plus is not None else Text(dict.fromkeys(DIALECTS, ""))
        assert isinstance(bias, Text)
        return Text({
            d: signs["plain" if d == "plain" else "latex"][fact.sign] + inner.forms[d]
            + (f", + {bias.forms[d]}" if fact.plus is not None else "") for d in DIALECTS
        })  # fmt: skip
    if isinstance(fact, Route):
        arrow = {"latex": r" \to ", "markdown": r" \to ", "plain": " -> "}
        return Text({d: arrow[d].join(printed(Name(n), graph.scope, d).text for n in fact.names) for d in DIALECTS})
    if isinstance(fact, Chain):
        found.append(_prepared_chain(fact, graph))
        return found[-1]
    if isinstance(fact, (Claim, Gap)):
        return _prepared_row(fact, graph)
    if isinstance(fact, Supposed):
        left, right = ({d: printed(side, graph.scope, d).text for d in DIALECTS} for side in (fact.left, fact.right))
        return Text({d: f"{left[d]} {RELATIONS[d][fact.relation]} {right[d]}".replace(BREAK, "") for d in DIALECTS})
    if isinstance(fact, Cases):
        return _prepared_cases(fact, graph)
    if isinstance(fact, Nabla):
        return _prepared_gradient(fact, graph)
    if isinstance(fact, Program):
        return _prepared_program(fact, graph)
    if isinstance(fact, Counterexample):
        return _prepared_counterexample(fact, graph)
    if isinstance(fact, Figure):
        return Drawing(fact)
    if isinstance(fact, Theorem):
        return _prepared_theorem(fact)
    if isinstance(fact, On):
        return prepare(fact.facts, fact.graph, found)
    if isinstance(fact, Mapping):
        return {key: prepare(inner, graph, found) for key, inner in fact.items()}
    if isinstance(fact, tuple):
        return [prepare(inner, graph, found) for inner in fact]
    return fact


BLANK = {"latex": r"\underline{\qquad\qquad}", "markdown": r"\underline{\qquad\qquad}", "plain": "____"}


def _prepared_row(fact: Claim | Gap, graph: Graph) -> dict[str, object]:
    """A line that is not worked out, in the shape of a chain's printed rows; a gap becomes a blank."""
    left = {d: printed(fact.left, graph.scope, d).text.replace(BREAK, "") for d in DIALECTS}
    right = {d: printed(fact.right, graph.scope, d).text for d in DIALECTS}
    if isinstance(fact.left, Apply) and fact.left.operation == "shape":  # 3 × 2, not a matrix of these numbers
        sides = [printed(side, graph.scope, "plain").text for side in entries_of(graph, fact.right)]
        right = {d: (" x " if d == "plain" else r" \times ").join(sides) for d in DIALECTS}
    if isinstance(fact, Gap):
        right = {d: text.replace(printed(GAP, graph.scope, d).text, BLANK[d]) for d, text in right.items()}
    relation = {d: RELATIONS[d]["="] for d in DIALECTS}
    count = max(text.count(BREAK) for text in right.values()) + 1
    pieces = {d: [piece.strip() for piece in text.split(BREAK)] for d, text in right.items()}
    further = dict.fromkeys(DIALECTS, r"\quad")
    rows = tuple(
        {
            "left": Text(left if i == 0 else dict.fromkeys(DIALECTS, "")),
            "relation": Text(relation if i == 0 else further),
            "right": Text({d: pieces[d][i] if i < len(pieces[d]) else "" for d in DIALECTS}), "unrounded": "",
        }
        for i in range(count)
    )  # fmt: skip
    return {"rows": list(rows)}


def _prepared_program(program: Program, graph: Graph) -> dict[str, object]:
    """The rows of each step; a long right side goes on in the next row."""
    texts = {dialect: statements(program, graph, dialect) for dialect in DIALECTS}
    steps: list[object] = []
    place = 0
    for step in program.steps:
        rows: list[object] = []
        for _ in step.statements:
            left, relation, right = ({d: texts[d][place][i] for d in DIALECTS} for i in range(3))
            pieces = {d: [piece.strip() for piece in text.split(BREAK)] for d, text in right.items()}
            place += 1
            for i in range(max(map(len, pieces.values()))):
                rows.append({
                    "left": Text(left if i == 0 else dict.fromkeys(DIALECTS, "")),
                    "relation": Text(relation if i == 0 else dict.fromkeys(DIALECTS, r"\quad")),
                    "right": Text({d: own[i] if i < len(own) else "" for d, own in pieces.items()}),
                })  # fmt: skip
        steps.append({"number": step.number, "rows": rows})
    return {"steps": steps}


def statements(program: Program, graph: Graph, dialect: str) -> list[tuple[str, str, str]]:
    """Each statement's left side, relation and right side as printed."""
    scope = _variables(program, graph)
    return [
        (
            printed(Name(line.left), scope, dialect).text, RELATIONS[dialect][line.relation],
            printed(line.right, scope, dialect).text,
        )
        for step in program.steps for line in step.statements
    ]  # fmt: skip


def _variables(program: Program, graph: Graph) -> Scope:
    """The graph's names and those of the program's own variables."""
    own = dict.fromkeys(line.left for step in program.steps for line in step.statements if line.left not in graph)
    return replace(graph, leaves=(*graph.leaves, *own)).scope


def prove_program(program: Program, graph: Graph) -> list[certify.Proof]:
    """Proofs that what is printed of a program, executed, gives what it is said to give."""
    proofs: list[certify.Proof] = []
    scope = _variables(program, graph)
    for dialect in DIALECTS:
        signs = {sign: relation for relation, sign in RELATIONS[dialect].items()}
        lines = [
            (left, signs[relation], right.replace(BREAK, ""))
            for left, relation, right in statements(program, graph, dialect)
        ]
        proofs += certify.executed(graph, scope, lines, program.known, program.truths, latex=dialect != "plain")
    return proofs


def _prepared_counterexample(fact: Counterexample, graph: Graph) -> list[dict[str, object]]:
    """The rows of the table: the quantities, their numbers in either assignment, and what is known of them."""
    return [
        {
            "names": [prepare(quantity, graph, []) for quantity in quantities], "remark": remark,
            "cells": [
                Text({d: ", ".join(_signed(value, d) for value in values) for d in DIALECTS})
                for values in zip(*(pair_of(fact, graph, quantity) for quantity in quantities), strict=True)
            ],
        }
        for quantities, remark in fact.rows
    ]  # fmt: skip


def _signed(value: tuple[str, str], dialect: str) -> str:
    text, relation = value
    return text if relation == "=" else f"{RELATIONS[dialect][relation]} {text}"


def pair_of(fact: Counterexample, graph: Graph, quantity: Name | Partial) -> tuple[tuple[str, str], tuple[str, str]]:
    """A quantity's two numbers as printed, each with the relation that they stand in to the true ones."""
    first, second = _assignments(fact, graph)
    texts = [write(numbers.value(quantity), PLACES) for numbers in (first, second)]
    if texts[0] == texts[1] and not same_number(first.value(quantity), second.value(quantity)):
        texts = [write(numbers.value(quantity), 3 * PLACES) for numbers in (first, second)]
    one, other = ((text, "=" if exact else "≈") for text, exact in texts)
    return one, other


@lru_cache(maxsize=64)
def _assignments(fact: Counterexample, graph: Graph) -> tuple[Numbers, Numbers]:
    sided = replace(graph, kinks="left") if graph.kinks == "forbid" else graph  # a value at a kink is what it is
    return (
        Numbers(sided, {name: one for name, one, _ in fact.leaves}),
        Numbers(sided, {name: other for name, _, other in fact.leaves}),
    )


def prove_pair(fact: Counterexample, graph: Graph) -> list[certify.Proof]:
    """Proofs, from its printed numbers, that two assignments agree in what is known and differ in the target."""
    printed_ = {quantity: pair_of(fact, graph, quantity) for row, _ in fact.rows for quantity in row}
    leaves = [
        {name: Fraction(printed_[Name(name)][i][0] if Name(name) in printed_ else 1) for name, *_ in fact.leaves}
        for i in range(2)
    ]  # fmt: skip
    return certify.counterexample(graph, leaves, printed_, fact.known, fact.target)


def conditions(fact: Cases, graph: Graph, dialect: str) -> list[tuple[str, str]]:
    """Each case's value and its condition as printed."""
    found = []
    for value, condition in fact.rows:
        assert isinstance(condition, Apply)
        sign = INDICATORS[condition.operation]
        sides = [printed(side, graph.scope, dialect).text for side in condition.args]
        if dialect == "markdown":
            sign = portable(COMPARISON[sign]).strip()
        found.append((
            printed(value, graph.scope, dialect).text.replace(BREAK, ""),
            f" {COMPARISON[sign] if dialect == 'latex' else sign} ".join(sides).replace(BREAK, ""),
        ))  # fmt: skip
    return found


def _prepared_cases(fact: Cases, graph: Graph) -> dict[str, object]:
    """The cases under one brace, in the shape of a chain's printed rows."""
    right = {}
    for dialect, end in (("latex", r" \\ "), ("markdown", r" \cr ")):
        rows = end.join(f"{value}, & {condition}" for value, condition in conditions(fact, graph, dialect))
        right[dialect] = rf"\begin{{cases}} {rows} \end{{cases}}"
    right["plain"] = f"{{{'; '.join(', '.join(row) for row in conditions(fact, graph, 'plain'))}}}"
    left = {d: printed(fact.left, graph.scope, d).text.replace(BREAK, "") for d in DIALECTS}
    relation = {d: RELATIONS[d]["="] for d in DIALECTS}
    return {"rows": [{"left": Text(left), "relation": Text(relation), "right": Text(right), "unrounded": ""}]}


def _prepared_gradient(fact: Nabla, graph: Graph) -> dict[str, object]:
    """∇f by itself, and the line that says what it is."""
    signs = {"latex": r"\nabla ", "markdown": r"\nabla ", "plain": "grad "}
    symbol_ = Text({d: signs[d] + printed(Name(fact.targets[0].of), graph.scope, d).text for d in DIALECTS})
    right = Text({d: printed(_stacked(fact, graph), graph.scope, d).text.replace(BREAK, "") for d in DIALECTS})
    relation = Text({d: RELATIONS[d]["="] for d in DIALECTS})
    rows = [{"left": symbol_, "relation": relation, "right": right, "unrounded": ""}]
    return {"symbol": symbol_, "line": {"rows": rows}}


def _stacked(fact: Nabla, graph: Graph) -> Tree:
    """The column as printed: of ∂f/∂x where a form is too wide for a row, since no row ends inside a matrix."""
    return column(fact.forms if all(fits(form, graph.scope) for form in fact.forms) else fact.targets)


def prove_gradient(fact: Nabla, graph: Graph) -> list[certify.Proof]:
    """Proofs that the printed column holds the derivatives, in their order."""
    proofs: list[certify.Proof] = []
    for dialect in DIALECTS:
        sides = (
            printed(side, graph.scope, dialect).text for side in (column(fact.targets), _stacked(fact, graph))
        )
        text = " = ".join(sides).replace(BREAK, "")
        proofs += certify.symbolic(graph, text, column(fact.targets), latex=dialect != "plain")
    return proofs


def prove_cases(fact: Cases, graph: Graph) -> list[certify.Proof]:
    """Proofs that the printed values, each times the indicator of its printed condition, sum to the left side."""
    proofs: list[certify.Proof] = []
    for dialect in DIALECTS:
        left = printed(fact.left, graph.scope, dialect).text.replace(BREAK, "")
        times, one = ("*", "1[{}]") if dialect == "plain" else (r" \cdot ", r"\mathbf{{1}}[{}]")
        terms = [f"({value}){times}{one.format(c)}" for value, c in conditions(fact, graph, dialect)]
        proofs += certify.symbolic(graph, f"{left} = {' + '.join(terms)}", fact.left, latex=dialect != "plain")
    return proofs


def _prepared_theorem(theorem: Theorem) -> dict[str, object]:
    """A theorem's formulas, and each chain of its proof as rows with their numbers and the reasons beside them."""

    def text(tree: Indexed | Equation) -> Text:
        return Text({d: formula(tree, d, straight=theorem.straight) for d in DIALECTS})

    arguments = []
    for argument in theorem.arguments:
        rows = [
            {"left": text(argument.left) if i == 0 else "", "right": text(link.right)}
            for i, link in enumerate(argument.links)
        ]  # fmt: skip
        reasons = [{"name": link.reason, "about": list(map(text, link.about))} for link in argument.links]
        arguments.append({"case": argument.case, "rows": rows, "reasons": reasons})
    return {
        "name": theorem.name, "claim": text(theorem.claim), "given": list(map(text, theorem.given)),
        "mentioned": list(map(text, theorem.mentioned)), "arguments": arguments,
    }  # fmt: skip


def facts_of(kind: type[T], fact: object, graph: Graph) -> Iterator[tuple[T, Graph]]:
    """Every fact of a kind and the graph on which it holds."""
    if isinstance(fact, kind):
        yield fact, graph
    elif isinstance(fact, On):
        yield from facts_of(kind, fact.facts, fact.graph)
    elif isinstance(fact, Mapping):
        for inner in fact.values():
            yield from facts_of(kind, inner, graph)
    elif isinstance(fact, (tuple, list)):
        for inner in fact:
            yield from facts_of(kind, inner, graph)


def claims_of(fact: object, graph: Graph) -> Iterator[tuple[Claim, Graph]]:
    """Every claim and the graph on which it is made."""
    yield from facts_of(Claim, fact, graph)


def prove_claim(claim: Claim, graph: Graph) -> list[certify.Proof]:
    """Proofs that what a question states is right, or wrong, as it is meant to be; from its printed texts."""
    proofs: list[certify.Proof] = []
    judge = certify.symbolic if claim.holds else certify.refuted
    stated = claim.left
    if isinstance(stated, Apply) and stated.operation == "shape":  # is not read back: its numbers are
        rows = graph.entries(stated.args[0]) or ((),)
        stated = matrix([[number(len(rows)), number(len(rows[0]))]])
    for dialect in DIALECTS:
        sides = (printed(side, graph.scope, dialect).text for side in (stated, claim.right))
        left, right = (text.replace(BREAK, "") for text in sides)
        proofs += judge(graph, f"{left} {RELATIONS[dialect]['=']} {right}", claim.left, latex=dialect != "plain")
    return proofs


def _prepared_chain(line: Chain, graph: Graph) -> PreparedChain:
    broken = {dialect: printed(line.left, graph.scope, dialect).text for dialect in DIALECTS}
    left = {dialect: text.replace(BREAK, "") for dialect, text in broken.items()}
    above: dict[str, tuple[str, ...]] = {}
    first = line.links[0].right if line.links else None
    long = len(left["plain"]) > WIDEST_LEFT or BREAK in broken["latex"]
    if long and isinstance(first, Filled) and first.tree == line.left:
        above = {d: tuple(piece.strip() for piece in text.split(BREAK)) for d, text in broken.items()}
    links = []
    for link in line.links:
        right = link.right
        if isinstance(right, Value):
            links.append(_prepared_value(link.relation, right, graph))
        elif isinstance(right, Filled):
            tree = graph.spread(right.tree)
            forms = {d: printed(tree, graph.scope, d, numeric=True, keep=right.keep) for d in DIALECTS}
            quantities = tuple(dict.fromkeys(quantity for quantity, _ in forms["latex"].slots))
            symbolic = {d: printed(right.tree, graph.scope, d).text.replace(BREAK, "") for d in DIALECTS}
            entries = tuple(map(graph.resolved, entries_of(graph, tree)))
            links.append(PreparedLink(link.relation, forms, right, None, quantities, entries, symbolic))
        else:
            forms = {dialect: printed(right, graph.scope, dialect) for dialect in DIALECTS}
            links.append(PreparedLink(link.relation, forms))
    worked = len(links) > 1 and not any(
        isinstance(part, (Name, Partial)) for link in line.links if not isinstance(link.right, (Filled, Value))
        for part in walk(link.right)
    ) and not any(link.numeric for link in links)  # fmt: skip
    return PreparedChain(left, tuple(links), graph, above, worked)


def _prepared_value(relation: str, value: Value, graph: Graph) -> PreparedLink:
    """The link of an answer; a matrix of answers is printed with a slot for each."""
    rows = graph.entries(value.tree)
    if rows is None:
        return PreparedLink(relation, {}, value=value, entries=(value.tree,))
    width = len(rows[0])
    slots = [[Name(f"#{i * width + j}") for j in range(width)] for i in range(len(rows))]
    forms = {dialect: printed(matrix(slots), graph.scope, dialect, numeric=True) for dialect in DIALECTS}
    flat = tuple(slot for row in slots for slot in row)
    return PreparedLink(relation, forms, None, value, flat, tuple(entry for row in rows for entry in row))


def entries_of(graph: Graph, tree: Tree) -> tuple[Tree, ...]:
    """The trees of the single numbers that a tree comes to: itself, or a matrix's entries row by row."""
    rows = graph.entries(tree)
    return (tree,) if rows is None else tuple(entry for row in rows for entry in row)


def prove(line: Chain, prepared: PreparedChain) -> list[certify.Proof]:
    """The symbolic certificates of a chain, from its printed LaTeX, Markdown and plain texts."""
    proofs: list[certify.Proof] = []
    truth = line.truth if line.truth is not None else line.left
    relation = "<-" if line.links and line.links[0].relation == "<-" else "="
    for dialect in DIALECTS:
        texts = [link.forms[dialect].text.replace(BREAK, "") for link in prepared.links if not link.numeric]
        texts += [link.symbolic[dialect] for link in prepared.links if link.filled]
        for right in dict.fromkeys(texts):
            text = f"{prepared.left[dialect]} {RELATIONS[dialect][relation]} {right}"
            try:
                proofs += certify.symbolic(prepared.graph, text, truth, latex=dialect != "plain")
            except certify.UndefinedError as error:  # the instructor's doing: in the terms of the quiz file
                raise certify.UndefinedError(f"{error}: {prepared.left['plain']}") from None
    return proofs


def checked(
    facts: Mapping[str, object], graph: Graph, found: list[PreparedChain], proofs: list[certify.Proof] | None = None
) -> Mapping[str, object]:
    ready = prepare(facts, graph, found)
    for line, prepared in zip(chains_of(facts), found, strict=True):
        proved = prove(line, prepared)
        if proofs is not None:
            proofs += proved
    judged = [proof for claim, there in claims_of(facts, graph) for proof in prove_claim(claim, there)]
    judged += [proof for program, there in facts_of(Program, facts, graph) for proof in prove_program(program, there)]
    judged += [proof for pair, there in facts_of(Counterexample, facts, graph) for proof in prove_pair(pair, there)]
    judged += [proof for cases, there in facts_of(Cases, facts, graph) for proof in prove_cases(cases, there)]
    judged += [proof for nabla, there in facts_of(Nabla, facts, graph) for proof in prove_gradient(nabla, there)]
    judged += [proof for theorem, _ in facts_of(Theorem, facts, graph) for proof in verifying.verified(theorem)]
    if proofs is not None:
        proofs += judged
    assert isinstance(ready, dict)
    return ready


def answer_proofs(part: Part, graph: Graph) -> list[certify.Proof]:
    """The certificates of a symbolic answer as the key prints it, in LaTeX and plain."""
    proofs: list[certify.Proof] = []
    if part.answer and part.answer.graph:
        graph = part.answer.graph
    for left, right in part.answer.entries if part.answer else ():
        if not isinstance(right, Value):
            for dialect in ("latex", "plain"):
                text = printed(right, graph.scope, dialect).text.replace(BREAK, "")
                proofs += certify.symbolic(graph, text, left, latex=dialect == "latex")
    return proofs
