"""Proofs with indices: what is printed reads back, every link holds, and every break of one is caught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import sympy

from derivgen.errors import CertificateError
from derivgen.proofs import printing, verifying
from derivgen.proofs.printing import printed
from derivgen.proofs.reading import read, read_equation
from derivgen.proofs.table import REASONS, THEOREMS, Argument, Theorem
from derivgen.proofs.tree import (
    Call,
    Delta,
    Derivative,
    Equation,
    Minus,
    Over,
    Plus,
    Power,
    Sum,
    Symbol,
    Times,
    Tree,
    Whole,
    children,
    rebuilt,
    transformed,
    walk,
)
from derivgen.proofs.verifying import DIALECTS, SIZES, Setting, holds, verified

# Single-place changes that change no value, such as a sign under a square: each is proved equal by SymPy.
HARMLESS = [line.split(": ") for line in (Path(__file__).parent / "same_in_proofs.txt").read_text().splitlines()]

every_theorem = pytest.mark.parametrize("theorem", THEOREMS.values(), ids=lambda theorem: theorem.name)


@every_theorem
def test_a_proof_is_verified(theorem: Theorem) -> None:
    proofs = verified(theorem)
    assert {proof.route for proof in proofs} == {"residues", "difference"}
    links = sum(len(argument.links) for argument in theorem.arguments)
    assert sum(proof.points for proof in proofs if proof.route == "residues") >= links * len(DIALECTS) * len(SIZES)


@every_theorem
def test_every_lemma_and_every_reason_is_used(theorem: Theorem) -> None:
    assert set(theorem.lemmas) <= set(THEOREMS)
    used = {link.reason for t in THEOREMS.values() for argument in t.arguments for link in argument.links}
    assert used == set(REASONS)
    for lemma in theorem.lemmas:  # a link that uses it mentions its claim, or the like for another letter
        assert any(link.reason == lemma and link.about for argument in theorem.arguments for link in argument.links)


# --- every single-place change of a link --------------------------------------------------------------------


def indices_of(tree: Tree) -> set[str]:
    """The letters that are indices in a tree."""
    found: set[str] = set()
    for part in walk(tree):
        match part:
            case Symbol(index=index):
                found.add(index)
            case Delta(first, second):
                found |= {first, second}
            case Sum(index=index):
                found.add(index)
            case Derivative(by=by):
                found.add(by.index)
    return {index for index in found if index.isalpha()}


def at_node(tree: Tree, letters: list[str], symbols: list[str]) -> Iterator[Tree]:
    """The node with one thing about it changed: a sign, an index, a bound, a term, a letter."""
    yield Minus(tree)
    match tree:
        case Whole(value):
            yield Whole(value + 1)
            if value:
                yield Whole(value - 1)
        case Symbol(letter, index):
            yield from (Symbol(letter, other) for other in letters if index.isalpha() and other != index)
            yield from (Symbol(other, index) for other in symbols if other != letter)
        case Delta(first, second):
            yield Whole(1)
            yield Whole(0)
            yield from (Delta(other, second) for other in letters if other != first)
            yield from (Delta(first, other) for other in letters if other != second)
        case Sum(index, body, low, beyond):
            yield body
            yield Sum(index, body, low + 1, beyond)
            yield Sum(index, body, low - 1, beyond)
            yield Sum(index, body, low, beyond - 1)
            yield Sum(index, body, low, beyond + 1)
            yield from (Sum(other, body, low, beyond) for other in letters if other != index)
        case Call(function, argument):
            yield argument
            yield from (Call(other, argument) for other in ("exp", "ln") if other != function)
        case Derivative(by, body):
            yield body
            yield from (
                Derivative(replace(by, index=other), body)
                for other in letters if by.index.isalpha() and other != by.index
            )  # fmt: skip
        case Minus(body):
            yield body
        case Plus(terms):
            yield from (rest(Plus, terms, i) for i in range(len(terms)))
            yield Times(terms)
        case Times(factors):
            yield from (rest(Times, factors, i) for i in range(len(factors)))
            yield Plus(factors)
        case Over(above, below):
            yield from (above, below, Over(below, above))
        case Power(base, exponent):
            yield from (base, Power(base, exponent + 1))


def rest(kind: type[Plus] | type[Times], parts: tuple[Tree, ...], left_out: int) -> Tree:
    kept = tuple(part for i, part in enumerate(parts) if i != left_out)
    return kept[0] if len(kept) == 1 else kind(kept)


def mutants(tree: Tree, letters: list[str], symbols: list[str]) -> Iterator[Tree]:
    """Every tree that differs from this one in one place."""
    yield from at_node(tree, letters, symbols)
    parts = children(tree)
    for i, part in enumerate(parts):
        for changed in mutants(part, letters, symbols):
            yield rebuilt(tree, (*parts[:i], changed, *parts[i + 1 :]))


LINKS = [
    (theorem, argument, number)
    for theorem in THEOREMS.values() for argument in theorem.arguments for number in range(len(argument.links))
]  # fmt: skip
NAMES = [f"{t.name}-{a.case or 'any'}-{n + 1}" for t, a, n in LINKS]


def setting(theorem: Theorem, argument: Argument, number: int) -> Setting:
    simplex = any(REASONS[link.reason] == "simplex" for link in argument.links[: number + 1])
    return Setting(theorem.given, argument.case, simplex)


def changed_links(theorem: Theorem, argument: Argument, number: int) -> list[tuple[Tree, Tree]]:
    """What stands before a link, and each single-place change of what the link says, none of them twice."""
    before = argument.links[number - 1].right if number else argument.left
    right = argument.links[number].right
    letters = sorted(indices_of(before) | indices_of(right))
    own = {part.letter for side in (before, right) for part in walk(side) if isinstance(part, Symbol)}
    return [(before, mutant) for mutant in dict.fromkeys(mutants(right, letters, sorted(own))) if mutant != right]


def is_refuted(before: Tree, mutant: Tree, under: Setting) -> bool:
    try:
        holds(Equation(before, mutant), under)
    except CertificateError:
        return True
    return False


@pytest.mark.parametrize(("theorem", "argument", "number"), LINKS, ids=NAMES)
def test_every_break_of_a_link_is_caught(theorem: Theorem, argument: Argument, number: int) -> None:
    """Whatever is not refuted is the same for another reason, which SymPy proves by rules of its own."""
    under, survivors = setting(theorem, argument, number), []
    changed = changed_links(theorem, argument, number)
    assert len(changed) >= 3
    for before, mutant in changed:
        if not is_refuted(before, mutant, under):
            survivors.append(mutant)
            assert is_same_by_sympy(before, mutant, under), printed(mutant, "plain")
    found = {printed(mutant, "plain") for mutant in survivors}
    assert found == {text for name, text in HARMLESS if name == NAMES[LINKS.index((theorem, argument, number))]}


# --- a second route: SymPy, on symbols --------------------------------------------------------------------------


def in_sympy(tree: Tree, size: int, at: dict[str, int], given: tuple[Equation, ...]) -> sympy.Expr:
    """The tree with its sums written out, in SymPy's own symbols."""

    def go(part: Tree, at: dict[str, int]) -> sympy.Expr:
        match part:
            case Whole(value):
                return sympy.Integer(value)
            case Symbol(letter, index):
                for equation in given:
                    if isinstance(equation.left, Symbol) and equation.left.letter == letter:
                        own = equation.left.index
                        if own == index and own.isdigit():
                            return go(equation.right, at)
                        if not own.isdigit():
                            return go(equation.right, {own: at[index]} if own else {})
                return sympy.Symbol(f"{letter}{at.get(index, index)}", real=True)
            case Delta(first, second):
                return sympy.Integer(at[first] == at[second])
            case Sum(index, body, low, beyond):
                return sympy.Add(*(go(body, {**at, index: k}) for k in range(low, size + beyond + 1)))
            case Call("exp", argument):
                return sympy.exp(go(argument, at))
            case Call("ln", argument):
                return sympy.log(go(argument, at))
            case Call(function, argument):
                (body,) = (e.right for e in given if isinstance(e.left, Call) and e.left.function == function)
                return go(transformed(body, lambda p: argument if p == Symbol("z") else None), at)
            case Derivative(by, body):
                return sympy.diff(go(body, at), sympy.Symbol(f"{by.letter}{at.get(by.index, by.index)}", real=True))
            case Minus(body):
                return -go(body, at)
            case Plus(terms):
                return sympy.Add(*(go(term, at) for term in terms))
            case Times(factors):
                return sympy.Mul(*(go(factor, at) for factor in factors))
            case Over(above, below):
                return go(above, at) / go(below, at)
            case Power(base, exponent):
                return go(base, at) ** exponent
        raise AssertionError(part)

    return go(tree, at)


def is_same_by_sympy(one: Tree, other: Tree, under: Setting) -> bool:
    for size in (2, 3):
        last = sympy.Symbol(f"y{size}", real=True)
        simplex = {last: 1 - sum(sympy.Symbol(f"y{k}", real=True) for k in range(1, size))} if under.simplex else {}
        for i in range(1, size + 1):
            for j in range(1, size + 1):
                if under.case and (i == j) != (under.case == "equal"):
                    continue
                sides = (in_sympy(side, size, {"i": i, "j": j}, under.given) for side in (one, other))
                if sympy.simplify(sympy.Add(next(sides), -next(sides)).subs(simplex)) != 0:
                    return False
    return True


@pytest.mark.parametrize(("theorem", "argument", "number"), LINKS, ids=NAMES)
def test_every_link_is_right_by_sympy_too(theorem: Theorem, argument: Argument, number: int) -> None:
    before = argument.links[number - 1].right if number else argument.left
    assert is_same_by_sympy(before, argument.links[number].right, setting(theorem, argument, number))




# --- what is supposed, what is printed, what is claimed -----------------------------------------------------------


def with_link(theorem: Theorem, place: int, **changes: object) -> Theorem:
    """The theorem with the link at ``place`` of its last argument changed."""
    last = theorem.arguments[-1]
    links = list(last.links)
    links[place] = replace(links[place], **changes)  # type: ignore[arg-type]
    return replace(theorem, arguments=(*theorem.arguments[:-1], replace(last, links=tuple(links))))


def test_without_its_assumption_the_last_step_is_caught() -> None:
    theorem = THEOREMS["softmax_cross_entropy"]
    with pytest.raises(CertificateError, match="link 8 of the proof of softmax_cross_entropy"):
        verified(with_link(theorem, -1, reason="cancel"))


def test_the_shortcut_of_one_case_only_is_caught() -> None:
    """y_i = 1 and all other targets 0, before Σ y_j = 1 is said and even after: it holds for no other targets."""
    theorem = THEOREMS["softmax_cross_entropy"]
    for shortcut in ("P_i - y_i", "-y_i + P_i", "-y_i + P_i*y_i", "P_i - 1"):
        with pytest.raises(CertificateError, match="link 7 of"):
            verified(with_link(theorem, 6, right=read(shortcut, "plain")))
    with pytest.raises(CertificateError, match="ends in something else|link 8"):
        verified(with_link(theorem, 7, right=read("P_i - 1", "plain")))


def test_a_wrong_formula_beside_a_reason_is_caught() -> None:
    wrong = read_equation("d/dz(1 + e^(-z)) = e^(-z)", "plain")
    with pytest.raises(CertificateError, match="link 3 of the proof of sigmoid"):
        verified(with_link(THEOREMS["sigmoid"], 2, about=(wrong,)))
    with pytest.raises(CertificateError, match="sums up other cases"):
        verified(with_link(THEOREMS["softmax"], 0, about=(Delta("i", "j"), Symbol("P", "i"), Symbol("P", "j"))))


@every_theorem
def test_another_claim_or_another_definition_is_caught(theorem: Theorem) -> None:
    with pytest.raises(CertificateError, match="something else than its claim"):
        verified(replace(theorem, claim=Equation(theorem.claim.left, Minus(theorem.claim.right))))
    for i, equation in enumerate(theorem.given):
        turned = Equation(equation.left, Times((Whole(2), equation.right)))
        with pytest.raises(CertificateError):
            verified(replace(theorem, given=(*theorem.given[:i], turned, *theorem.given[i + 1 :])))


@cache
def sides() -> tuple[Tree, ...]:
    """Every side of every proof, and every change of one that has a meaning of its own."""
    found = [tree for theorem in THEOREMS.values() for a in theorem.arguments for tree in (a.left, *(n.right for n in a.links))]
    changed = [mutant for theorem, a, n in LINKS for _, mutant in changed_links(theorem, a, n)]
    return tuple(dict.fromkeys((*found, *changed)))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_printed_reads_back(dialect: str) -> None:
    assert len(sides()) > 1500
    for tree in sides():
        text = printed(tree, dialect)
        assert read(text, dialect) == tree, text


BREAKS = [
    ("a sum's upper end", lambda text: text.replace("^{N}", "^{N-1}").replace("..N", "..N-1")),
    ("a sum's lower end", lambda text: text.replace("k=1", "k=2").replace("j=1", "j=2")),
    ("a sign", lambda text: text.replace(" - ", " + ")),
    ("an index", lambda text: text.replace("P_i", "P_j").replace("P _ i", "P _ j")),
    ("a square", lambda text: text.replace("^{2}", "").replace("^2", "")),
    ("brackets", lambda text: text.replace(r"\left(", "").replace(r"\right)", "").replace("(", "").replace(")", "")),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("spoil", [row[1] for row in BREAKS], ids=[row[0] for row in BREAKS])
def test_a_break_in_printing_is_caught(spoil, dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spoilt in one dialect only, each theorem in which it shows is refused, or not readable any more."""

    def broken(tree: Tree | Equation, into: str, *, straight: bool = False) -> str:
        text = printing.printed(tree, into, straight=straight)
        return str(spoil(text)) if into == dialect else text

    monkeypatch.setattr(verifying, "printed", broken)
    caught = 0
    for theorem in THEOREMS.values():
        try:
            verified(theorem)
        except CertificateError:
            caught += 1
    assert caught >= 2


@pytest.mark.parametrize(
    ("text", "dialect"),
    [("P_i +", "latex"), (r"\frac{1}{2", "latex"), ("__import__", "plain"), ("sum(k=1..N e^(h_k))", "plain"),
     (r"\input{x}", "latex"), ("P_i)", "plain"), ("", "plain"), ("a/b/c", "plain"), ("z;", "plain"), ("2^z", "plain")],
)  # fmt: skip
def test_what_is_no_line_of_a_proof_is_refused(text: str, dialect: str) -> None:
    with pytest.raises(CertificateError, match="cannot be read"):
        read(text, dialect)


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [("ln(z)", "ln(z)", "by itself"), ("P_i", "P_z", "open"), ("h_i/0", "h_i", "division by zero"),
     ("sum(k=0..N, h_k)", "z", "out of its range"), ("d/dP_i(P_i)", "1", "depends on others"),
     ("d/dh_i(d/dh_i(h_i*h_i))", "2", "by itself"), ("1/ln(z)", "z", "fraction line"), ("tanh(z)", "z", "not defined")],
)  # fmt: skip
def test_what_has_no_meaning_is_refused(left: str, right: str, said: str) -> None:
    equation = Equation(read(left, "plain"), read(right, "plain"))
    with pytest.raises(CertificateError, match=said):
        holds(equation, Setting(THEOREMS["softmax"].given))
