"""Every slip in every gradient of the bundled quizzes' networks, and right derivations rewritten at random.

Run as a script, it measures both on everything; the tests take a sample of it.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from derivgen import slips, spec
from derivgen.asks import ASKS
from derivgen.checking.judging.works import judge
from derivgen.checking.work import Fragment, Side, Statement, Subject, Verdict
from derivgen.derivation import adjoints, local_derivatives
from derivgen.draws import Draws
from derivgen.errors import DerivgenError
from derivgen.expression import (
    Apply,
    Name,
    Number,
    Partial,
    Tree,
    apply,
    negate,
    number,
    product,
    total,
    transform,
    walk,
)
from derivgen.graph import Graph
from derivgen.networks import KINDS, build
from derivgen.operations import OPERATIONS
from derivgen.slips import Roles, Slipped, Work

QUIZZES = Path(__file__).parents[2] / "templates" / "quizzes"
NOTHING = Fragment("", 0)


def statement(left: Tree, *sides: Tree, relation: str = "=") -> Statement:
    """A chain as if it had been read."""
    return Statement(Side(left, 0, 1), tuple((relation, Side(side, 0, 1)) for side in sides), NOTHING)


def verdict(subject: Subject, left: Tree, side: Tree, relation: str = "=") -> Verdict:
    (found,) = judge(subject, [statement(left, side, relation=relation)])
    return found


def subjects(seed: str = "1") -> Iterator[tuple[str, Subject]]:
    """Each network of the bundled quizzes once, with roles."""
    seen: set[Graph] = set()
    for path in sorted(QUIZZES.glob("*.yaml")):
        quiz = spec.load(path, asks=ASKS, kinds=KINDS)
        for i, exercise in enumerate(quiz.exercises, 1):
            try:
                network = build(exercise.network, Draws("", quiz.name, seed), exercise.kinks)
            except (DerivgenError, AttributeError):
                network = build(exercise.network, Draws("", quiz.name, seed), "left")
            if not network.graph.nodes or network.graph in seen or network.kind == "convolutional":
                continue
            seen.add(network.graph)
            trained = (*network.weights, *network.biases)
            roles = Roles(network.graph, trained, network.loss, network.example_losses, network.step_size,
                          network.biases, tuple(n for n, _ in network.fixed), network.targets)  # fmt: skip
            yield f"{path.stem} {i}", Subject(network.graph, roles, network)


def works(subject: Subject) -> Iterator[Work]:
    """Each gradient: in values, as a chain rule, and as an update."""
    roles, graph = subject.roles, subject.graph
    of = roles.loss or graph.output
    for wrt in roles.weights or graph.leaves:
        if wrt not in graph.ancestors(of):
            continue
        yield slips.derivation(roles, Partial(of, wrt))
        yield slips.chain_rule(roles, Partial(of, wrt))
        if roles.step_size and roles.loss:
            yield slips.update(roles, Partial(of, wrt))


def mutants(subject: Subject, every: int = 1) -> Iterator[tuple[Tree, Slipped, str]]:
    """(left side, wrong right side, relation) of every slip in every gradient, or of a sample of both."""
    found = (
        (Name(work.weight) if work.weight else work.truth, way, "<-" if work.weight else "=")
        for work in itertools.islice(works(subject), 0, None, every)
        for way in slips.wrong(work)
    )
    return itertools.islice(found, 0, None, every)


# --- right rewritings ------------------------------------------------------------------------------------------------


def rewritten(tree: Tree, graph: Graph, draw: random.Random, steps: int = 3) -> Tree:
    """The tree in another form of the same value: reordered, expanded, factored, partly substituted."""
    for _ in range(steps):
        ways = [_reordered, _expanded, _factored, _substituted, _slope, _signs, _grouped]
        tree = draw.choice(ways)(tree, graph, draw)
    return tree


def _at(tree: Tree, fits: tuple[str, ...], draw: random.Random) -> Apply | None:
    places = [part for part in walk(tree) if isinstance(part, Apply) and part.operation in fits]
    return draw.choice(places) if places else None


def _put(tree: Tree, place: Tree, other: Tree) -> Tree:
    return transform(tree, lambda part: other if part is place else None)


def _reordered(tree: Tree, graph: Graph, draw: random.Random) -> Tree:
    place = _at(tree, ("add", "multiply"), draw)
    if place is None:
        return tree
    return _put(tree, place, Apply(place.operation, tuple(draw.sample(place.args, len(place.args)))))


def _expanded(tree: Tree, graph: Graph, draw: random.Random) -> Tree:
    place = _at(tree, ("multiply",), draw)
    sums = [] if place is None else [a for a in place.args if isinstance(a, Apply) and a.operation in ("add", "subtract")]
    if place is None or not sums:
        return tree
    chosen = draw.choice(sums)
    rest = tuple(a for a in place.args if a is not chosen)
    terms = [Apply("multiply", (term, *rest)) for term in chosen.args]
    return _put(tree, place, Apply(chosen.operation, tuple(terms)))


def _factored(tree: Tree, graph: Graph, draw: random.Random) -> Tree:
    factor = Name(draw.choice(graph.leaves))
    return apply("divide", Apply("multiply", (factor, tree)), factor)


def _substituted(tree: Tree, graph: Graph, draw: random.Random) -> Tree:
    """A quantity by its equation, or a derivative by its sum over consumers."""
    named = [p for p in walk(tree) if isinstance(p, Name) and p.name in graph and not graph.is_leaf(p.name)]
    tokens = [p for p in walk(tree) if isinstance(p, Partial) and not p.held]
    if tokens and draw.random() < 0.5:
        token = draw.choice(tokens)
        if token.wrt in (token.of,) or token.wrt not in graph.ancestors(token.of):
            return tree
        return _put(tree, token, adjoints(graph, token.of)[token.wrt])
    if not named:
        return tree
    chosen = draw.choice(named)
    return _put(tree, chosen, graph.node(chosen.name).tree)


def _slope(tree: Tree, graph: Graph, draw: random.Random) -> Tree:
    """σ'(z) for a(1 − a) in the place of a local derivative: the factor times σ'(z) over its form."""
    nodes = [
        node for node in graph.nodes
        if isinstance(node.tree, Apply) and len(node.tree.args) == 1 and isinstance(node.tree.args[0], Name)
        and (row := OPERATIONS.get(graph.operation(node.tree.operation) or "")) and row.role == "activation"
        and row.name in ("sigmoid", "tanh")
    ]  # fmt: skip
    if not nodes:
        return tree
    node = draw.choice(nodes)
    assert isinstance(node.tree, Apply) and isinstance(node.tree.args[0], Name)
    form = local_derivatives(graph, node.name)[node.tree.args[0].name]
    primed = Apply(node.tree.operation, node.tree.args, 1)
    for part in walk(tree):
        if part == form:
            return _put(tree, part, primed)
    return apply("divide", Apply("multiply", (tree, primed)), form)


def _signs(tree: Tree, graph: Graph, draw: random.Random) -> Tree:
    place = _at(tree, ("subtract",), draw)
    if place is None:
        return negate(negate(tree))
    return _put(tree, place, negate(Apply("subtract", place.args[::-1])))


def _grouped(tree: Tree, graph: Graph, draw: random.Random) -> Tree:
    place = _at(tree, ("multiply", "add"), draw)
    if place is None or len(place.args) < 3:
        return total((tree, number(0))) if draw.random() < 0.5 else product((tree, Number(Fraction(1))))
    cut = draw.randrange(1, len(place.args) - 1)
    first, rest = Apply(place.operation, place.args[: cut + 1]), place.args[cut + 1 :]
    return _put(tree, place, Apply(place.operation, (first, *rest)) if rest else first)


def rewritings(seed: int, count: int) -> Iterator[tuple[str, Subject, Tree, Tree]]:
    draw = random.Random(seed)
    found = [(name, s, list(works(s))) for name, s in subjects()]
    found = [row for row in found if row[2]]
    for _ in range(count):
        name, subject, some = draw.choice(found)
        work = draw.choice([w for w in some if not w.weight])
        yield name, subject, work.truth, rewritten(work.tree, subject.graph, draw, draw.randint(1, 5))


def main(count: int) -> None:
    tally: Counter[str] = Counter()
    named: Counter[tuple[str, str]] = Counter()
    begin = time.perf_counter()
    for name, subject in subjects():
        for left, way, relation in mutants(subject):
            found = verdict(subject, left, way.tree, relation)
            tally["all"] += 1
            tally[found.verdict] += 1
            tally["named"] += found.slip == way.slip
            if found.verdict != "wrong":
                print("not wrong:", name, left, way.slip, found.verdict, found.problem, found.needs)
            named[way.slip, found.slip] += 1
    print(dict(tally), f"{time.perf_counter() - begin:.1f} s")
    for (wanted, got), times in named.most_common():
        if wanted != got:
            print(f"  {wanted} named {got or 'nothing'}: {times}")
    begin, verdicts = time.perf_counter(), Counter[str]()
    for name, subject, left, side in rewritings(1, count):
        found = verdict(subject, left, side)
        verdicts[found.verdict] += 1
        if found.verdict not in ("right", "right only when"):
            print("not right:", name, left, found.verdict, found.problem, side)
    print(dict(verdicts), f"{time.perf_counter() - begin:.1f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
