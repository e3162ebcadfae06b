"""Other people's LaTeX and plain maths: a corpus of lines, derivgen's own print, and whatever else a file may hold."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivgen import certify, spec
from derivgen.asks import ASKS
from derivgen.checking.reading.statements import read_side, statements
from derivgen.checking.reading.symbols import Symbols
from derivgen.checking.work import Fragment, Statement, Subject, Unread
from derivgen.draws import Draws
from derivgen.expression import Apply, Name, Partial, Tree
from derivgen.graph import Graph
from derivgen.networks import KINDS, build
from derivgen.printing import plain
from derivgen.reading import read_line
from derivgen.sheet import Composer
from derivgen.slips import Roles

CORPUS = Path(__file__).parent / "corpus" / "reading.txt"
LINES = [line for line in CORPUS.read_text(encoding="utf-8").splitlines() if line and line[0] not in "#"]


def of_graph(graph: Graph, network=None) -> Subject:
    loss = network.loss if network else graph.output if graph.output in ("L", "ell", "Loss") else ""
    return Subject(graph, Roles(graph, loss=loss), network)


@lru_cache
def subject(words: str) -> Subject:
    """What a line with @ names."""
    kind, rest = words.split(" ", 1)
    if kind == "equations":
        equations, _, leaves = rest.partition("; leaves ")
        return of_graph(Graph.of(equations, leaves.split()))
    quiz, number = rest.split()
    made = spec.load(quiz, asks=ASKS, kinds=KINDS)
    network = build(made.exercises[int(number)].network, Draws("1"), "left")
    return of_graph(network.graph, network)


@lru_cache
def symbols(words: str) -> Symbols:
    return Symbols.of(subject(words))


def corpus() -> list[tuple[str, str, str, str]]:
    found, words = [], ""
    for line in LINES:
        if line.startswith("@"):
            words = line[2:]
            continue
        text, _, expected = line.partition(" ⟶ ")
        dialect = "plain" if text.startswith("plain ") else "latex"
        found.append((words, dialect, text.removeprefix("plain "), expected))
    return found


def told(found: Statement | Unread, text: str, graph: Graph) -> str:
    if isinstance(found, Unread):
        return f"! {text[found.start : found.end].strip()} | {found.problem}"
    sides = [("", found.left), *found.links]
    return " ".join(f"{relation} {plain(side.tree, graph.scope)}".strip() for relation, side in sides)


def read(text: str, words: str, dialect: str = "latex", at: int = 0) -> list[Statement | Unread]:
    return statements(Fragment(text, at, dialect), symbols(words))


@pytest.mark.parametrize("words", [line[2:] for line in LINES if line.startswith("@")], ids=lambda part: part[:60])
def test_the_corpus_is_read_as_it_says(words):
    graph, rows = subject(words).graph, [row[1:] for row in corpus() if row[0] == words]
    found = [(text, read(text, words, dialect)) for dialect, text, _ in rows]
    assert [(text, " ;; ".join(told(one, text, graph) for one in some)) for text, some in found] == [
        (text, expected) for _, text, expected in rows
    ]
    assert [text for text, some in found if any(isinstance(one, Unread) and not one.suggestion for one in some)] == []


LAYERED = "title: T\nexercises:\n  - network: {kind: layered, sizes: [2, 3, 2], loss: %s, notation: %s}\n    asks: [gradients]"
ENTRIES = [
    ("textbook", r"W^{[2]}_{12}", "w_12^[2]"), ("textbook", r"W_{21}^{(1)}", "w_21^[1]"),
    ("textbook", r"\mathbf{W}_{1,2}^{(2)}", "w_12^[2]"), ("textbook", r"w_{12}^{(2)}", "w_12^[2]"),
    ("from-to", r"w^{(2)}_{12}", "W_12^(2)"), ("from-to", r"W^{(2)}_{12}", "W_12^(2)"),
    ("neurons", r"W^{(1)}_{12}", "w_{x_1,h_2}"), ("bias-row", r"w_{01}^2", "W_01^2"),
    ("textbook", r"X_{12}^{(1)}", ""), ("textbook", r"W_{44}^{(1)}", ""),
]  # fmt: skip


@pytest.mark.parametrize(("notation", "written", "name"), ENTRIES)
def test_an_entry_of_a_matrix_is_its_leaf_in_either_case(notation, written, name):
    made = spec.loads(LAYERED % ("squared_error", notation), asks=ASKS, kinds=KINDS)
    network = build(made.exercises[0].network, Draws("1"), "left")
    table = Symbols.of(of_graph(network.graph, network))
    (found,) = statements(Fragment(rf"\frac{{\partial {network.loss}}}{{\partial {written}}}", 0), table)
    if name:
        assert isinstance(found, Statement)
        assert found.left.tree == Partial(network.loss, name)
    else:
        assert isinstance(found, Unread)
        assert "no such quantity" in found.problem


def test_the_corpus_is_large_and_of_both_kinds():
    expected = [line[3] for line in corpus()]
    assert sum(not line.startswith("!") for line in expected) >= 150
    assert sum(line.startswith("!") for line in expected) >= 60


CHAIN = "equations z_1 = x*w_1; a_1 = sigmoid(z_1); z_2 = a_1*w_2; a_2 = sigmoid(z_2); L = (a_2 - y)^2/2; leaves x w_1 w_2 y alpha"


def test_sides_and_faults_are_counted_in_the_files_text():
    before = "Some prose, then $"
    source = r"\frac{\partial L}{\partial w_2} = q + 1 = \left(a_2 - y\right)\, a_1"
    text = before + source + "$."
    lost, kept = read(source, CHAIN, at=len(before))
    assert isinstance(lost, Unread)
    assert text[lost.start : lost.end] == "q"
    assert isinstance(kept, Statement)
    assert text[kept.left.start : kept.left.end] == r"\frac{\partial L}{\partial w_2}"
    side = kept.links[0][1]
    assert text[side.start : side.end] == r"(a_2 - y\right)\, a_1"  # \left is space


def test_one_side_that_cannot_be_read_loses_its_own_link_only():
    found = read(r"z_1 = x w_1 = q = 2 = 3", CHAIN)
    assert [type(one).__name__ for one in found] == ["Statement", "Unread", "Statement"]
    first, lost, last = found
    assert (first.left.tree, last.left.tree) == (Name("z_1"), Apply("multiply", (Name("x"), Name("w_1"))))
    assert len(first.links) + len(last.links) == 3
    assert lost.relation == "="


def test_after_an_update_that_cannot_be_read_nothing_is_compared_with_the_old_value():
    found = read(r"w_1 \leftarrow w_1 - q = 2", CHAIN)
    assert [one.problem for one in found] == ["q: no such quantity", "what it is compared with cannot be read"]
    assert found[0].relation == "<-"


def test_a_row_without_tokens_leaves_the_others():
    text = r"z_1 &= x w_1 \\ a_{1 &= 2 \\ z_2 &= a_1 w_2 \\ &= 3"
    first, lost, last, more = read(text, CHAIN)
    assert isinstance(lost, Unread)
    assert text[lost.start : lost.end] == "{"
    assert [type(one) for one in (first, last, more)] == [Statement] * 3
    assert text[last.left.start : last.left.end] == "z_2"
    assert more.left == last.links[0][1]
    assert {one.fragment.source for one in (first, lost, last, more)} == {text}


def test_a_fragment_may_go_on_with_the_one_before():
    (first,) = read(r"\frac{dL}{dw_2} = (a_2-y)a_2(1-a_2)a_1", CHAIN)
    (second,) = statements(Fragment("= 1 \\cdot 2", 100), symbols(CHAIN), first)
    assert second.left == first.links[-1][1]
    assert second.links[0][1].start == 102
    (alone,) = read("= 1", CHAIN)
    assert isinstance(alone, Unread)


def test_the_declared_symbols_decide():
    chain, layered = symbols(CHAIN), symbols("quiz backprop-practice 4")
    assert read_side("a_1(1-a_1)", chain).operation == "multiply"
    assert read_side("g(3)", layered).operation == "g"
    assert read_side("W_{11}^{(2)}", layered) == Name("W_11^(2)")
    assert read_side("W_{11}^2", layered) == Name("W_11^(2)")  # W_11 alone is nothing, so this is no power
    assert read_side("a_1^2", chain).operation == "power"
    assert read_side("dL/dw_1", chain, "plain") == Partial("L", "w_1")
    assert read_side(r"\delta_1^{(2)}", layered) == Partial("H", "z_1^(2)")
    assert read_side(r"\sigma'(z_2)", chain) == Apply("sigmoid", (Name("z_2"),), slot=1)


def test_a_loss_has_the_books_other_names_only_where_they_are_free():
    free = symbols("equations a = w*x; L = a^2; leaves w x")
    taken = symbols("equations ell = w*x; L = ell^2; leaves w x")
    assert read_side(r"\mathcal{L} + \ell + Loss", free).args == (Name("L"),) * 3
    assert read_side(r"\ell", taken) == Name("ell")
    none = symbols("equations a = w*x; o = a^2; leaves w x")
    assert isinstance(statements(Fragment(r"\ell", 0), none)[0], Unread)


# --- derivgen's own print -----------------------------------------------------------------------------------------


def proved_lines(quiz: str, monkeypatch) -> list[tuple[Graph, str, bool]]:
    """Every line that the certificates of a quiz read back, in latex, markdown and plain maths."""
    seen: dict[tuple[str, bool, int], Graph] = {}
    original = certify.symbolic

    def spied(graph: Graph, text: str, truth: Tree, *, latex: bool) -> list[certify.Proof]:
        seen[text, latex, id(graph)] = graph
        return original(graph, text, truth, latex=latex)

    monkeypatch.setattr(certify, "symbolic", spied)
    Composer(spec.load(quiz, asks=ASKS, kinds=KINDS)).compose("1", "derivgen generate")
    return [(graph, text, latex) for (text, latex, _), graph in seen.items()]


@pytest.mark.parametrize("quiz", ["sigmoid-network", "softmax-network"])
def test_what_derivgen_prints_is_read_to_the_same_trees(quiz, monkeypatch):
    lines = proved_lines(quiz, monkeypatch)
    assert len(lines) > 20
    assert {latex for _, _, latex in lines} == {True, False}
    tables: dict[int, Symbols] = {}
    for graph, text, latex in lines:
        table = tables.setdefault(id(graph), Symbols.of(of_graph(graph)))
        own = read_line(text, graph.scope, latex=latex, cap=400_000)
        (found,) = statements(Fragment(text, 0, "latex" if latex else "plain"), table)
        assert isinstance(found, Statement), (text, found)
        assert found.left.tree == own.left, text
        assert tuple((relation, side.tree) for relation, side in found.links) == own.links, text


# --- whatever else a file may hold ---------------------------------------------------------------------------------

PIECES = [
    "x", "w_1", "a_2", "z_1", "W_{11}^{(2)}", "L", "y", "q", "d", "e", "1", "0.5", "12", "(", ")", "[", "]", "{", "}", "^", "_",
    "+", "-", "*", "/", "=", "'", ",", ";", ".", "|", "&", "<", ">", "\\\\", "\n", " ", "~", "%", "?", r"\frac", r"\frac{",
    r"\partial ", r"\nabla_", r"\sum_k", r"\prod_{k=1}^{2}", r"\sum_{j \neq k}", r"\left(", r"\right)", r"\left.", r"\right|_",
    r"\cdot ", r"\odot", r"\top", "^T", "^{2}", "^{(k)}", "_{k}", "^*", r"\hat", r"\hat{y}", r"\mathbf{", r"\text{if }", r"\text{and}",
    r"\mathbb{1}", r"\begin{bmatrix}", r"\end{bmatrix}", r"\begin{cases}", r"\end{cases}", r"\begin{aligned}", r"\end{aligned}",
    r"\quad ", r"\implies ", r"\leftarrow ", ":=", "+=", "-=", r"\sigma", r"\ln ", r"\exp", r"\max", r"\tanh^2", r"\underbrace{",
    r"\boxed{", "₁", "²", "⁽²⁾", "∂", "σ", "ŷ", "dL/dw_1", "a1", "e^", "transpose(", "1[", r"1\{", r"\le ", "\\", r"\delta",
]  # fmt: skip
TABLES = [CHAIN, "quiz backprop-practice 4", "quiz sigmoid-network 0"]


def checked(text: str, dialect: str, words: str) -> None:
    """Read a text: only statements and faults come out, each within the text (fuzz.py says how long that takes)."""
    found = statements(Fragment(text, 7, dialect), symbols(words))
    for one in found:
        if isinstance(one, Unread):
            assert 7 <= one.start <= one.end <= 7 + len(text)
            assert one.problem
            assert one.suggestion
        else:
            for side in (one.left, *(side for _, side in one.links)):
                assert 7 <= side.start < side.end <= 7 + len(text)
                plain(side.tree, symbols(words).graph.scope)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.sampled_from(["latex", "plain"]), st.sampled_from(TABLES))
def test_pieces_of_mathematics_in_any_order_end_in_statements_or_faults(text, dialect, words):
    checked(text, dialect, words)


@settings(max_examples=75, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["latex", "plain"]))
def test_any_text_ends_in_statements_or_faults(text, dialect):
    checked(text, dialect, CHAIN)


def test_every_class_of_unicode_ends_in_statements_or_faults():
    for start in (*range(0x80, 0x3100, 97), *range(0x1D400, 0x1D800, 61), 0xD7A0, 0xFE00, 0xFFF0, 0x1F600, 0xE0000):
        for text in ("".join(map(chr, range(start, start + 60))), f"a_1 {chr(start)} x = {chr(start + 1)}"):
            checked(text, "latex", CHAIN)


HOSTILE = {
    "a long word": "a" * 10**6, "a long sum": "x+" * 500_000, "brackets": "(" * 10**6, "braces": "{" * 50_000,
    "fractions": r"\frac{" * 10_000, "powers": "x^{" * 20_000, "a tower": "9^" * 40_000, "digits": "9" * 10**6,
    "big powers": "(" * 50 + "x" + ")^9" * 50, "matrices": r"\begin{bmatrix}" * 1000, "ends": r"\end{bmatrix}" * 1000,
    "sums": r"\sum_k " * 2000, "sums of sums": r"\sum_{k=1}^{1000}\sum_{j=1}^{1000} x", "e": "e^" * 1500, "logarithms": r"\ln " * 1500,
    "fonts": r"\mathbf{" * 2000, "hats": r"\hat{" * 2000, "notes": r"\underbrace{" * 2000, "subscripts": "a_{" * 2000, "minus": "-" * 2000,
    "relations": "=" * 2000, "rows": r"x = 2 \\ " * 1000, "left": r"\left. " * 2000, "cases": r"\begin{cases}1&x>0\\" * 150,
    "primes": "a_1" + "'" * 4000, "words": ("ab" * 90 + " ") * 250, "d": "d" * 100 + "/d" * 2000, "labels": "x^(" * 4000,
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("dialect", ["latex", "plain"])
def test_hostile_lines_are_refused(text, dialect):
    checked(text, dialect, CHAIN)


def test_deep_brackets_are_read_up_to_the_limit():
    (found,) = read("(" * 50 + "x" + ")" * 50 + " = x", CHAIN)
    assert isinstance(found, Statement)
    (lost,) = read("(" * 70 + "x" + ")" * 70, CHAIN)
    assert isinstance(lost, Unread)
    assert "deep" in lost.problem or "inside" in lost.problem
