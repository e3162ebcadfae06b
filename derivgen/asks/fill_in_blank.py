"""A gradient written out path by path with one product missing: fill in the blank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derivgen.derivation import MOST_PATHS, Step, chain, count_paths, local_partial, steps
from derivgen.draws import Draws
from derivgen.exercise import GAP, Answer, AskError, Gap, Part, Route, State, allow
from derivgen.expression import ONE, Apply, Name, Number, Tree, product, total


def fill_in_blank(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """Σ over paths of the products of local derivatives, from ``wrt`` on; what all paths share stands outside the sum.

    One product of the sum is left out, or of a single path one factor: the ``blank``-th, else one that is drawn.
    """
    allow(parameters, "wrt", "of", "blank")
    target, graph = state.derivative(parameters), state.graph
    count = count_paths(graph, target.of, target.wrt)
    if count > MOST_PATHS:
        raise AskError(f"{target.wrt} reaches {target.of} along {count} paths, too many to write out", "wrt")
    paths = [tuple(reversed(path)) for path in steps(graph, target.of, target.wrt, over=False)]
    first, inner, last = _shared(paths)
    if len(paths) == 1:
        inner = [(step,) for step in paths[0] if step[1] != ONE]
        if len(inner) < 2:
            raise AskError(f"{target.wrt} reaches {target.of} in one step: there is nothing to leave out", "wrt")
    place = parameters.get("blank")
    if place is None:
        place = draws.below("blank", len(inner)) + 1
    if not isinstance(place, int) or isinstance(place, bool) or not 1 <= place <= len(inner):
        raise AskError(f"must be a whole number from 1 to {len(inner)}", "blank")
    missing = place - 1
    whole = [_product(steps) for steps in inner]
    gapped = [*whole[:missing], GAP, *whole[missing + 1 :]]
    if len(paths) == 1:
        full, holed = (product(trees) for trees in (whole, gapped))
    else:
        full, holed = (
            product((*_factors(first), total(terms), *_factors(last))) for terms in (whole, gapped)
        )  # fmt: skip
    blank = whole[missing]
    edges = [edge for edge, _ in inner[missing]]
    token = product(local_partial(graph, *edge) for edge in edges)
    unbound = [f for f, _ in graph.functions if f not in dict(graph.bindings)]
    path = paths[missing] if len(paths) > 1 else paths[0]
    facts = {
        "target": target, "wrt": Name(target.wrt), "of": Name(target.of), "gap": Gap(target, holed),
        "slopes": tuple(Apply(f, (Name("z"),), 1) for f in unbound if any(_calls(tree, f) for tree in whole)),
        "blank": chain(token, blank), "line": chain(target, full), "several": len(paths) > 1,
        "path": Route((path[0][0][1], *(edge[0] for edge, _ in path))), "count": len(paths),
        "shared": tuple(tree for tree in (*_factors(first), *_factors(last))) if len(paths) > 1 else (),
    }  # fmt: skip
    answer = Answer("expression", ((token, blank),))
    return state, Part("fill_in_blank", {"of": target.of, "wrt": target.wrt, "blank": str(place)}, answer, facts)


def _shared(paths: list[tuple[Step, ...]]) -> tuple[tuple[Step, ...], list[tuple[Step, ...]], tuple[Step, ...]]:
    """What all paths begin with, what each has of its own, and what all end with."""
    shortest = min(map(len, paths))
    begin = next((i for i in range(shortest) if len({path[i][0] for path in paths}) > 1), shortest)
    end = next((i for i in range(shortest - begin) if len({path[-1 - i][0] for path in paths}) > 1), shortest - begin)
    cut = [path[begin : len(path) - end] for path in paths]
    return paths[0][:begin], cut, paths[0][len(paths[0]) - end :]


def _factors(written: Sequence[Step]) -> tuple[Tree, ...]:
    """The factors of steps side by side, ones left out and products opened."""
    found: list[Tree] = []
    for _, tree in written:
        found += tree.args if isinstance(tree, Apply) and tree.operation == "multiply" else (tree,)
    return tuple(tree for tree in found if tree != ONE)


def _product(written: Sequence[Step]) -> Tree:
    factors = _factors(written)
    numbers = tuple(tree for tree in factors if isinstance(tree, Number))
    return product((*numbers, *(tree for tree in factors if not isinstance(tree, Number))))


def _calls(tree: Tree, function: str) -> bool:
    if not isinstance(tree, Apply):
        return False
    return tree.operation == function or any(_calls(argument, function) for argument in tree.args)
