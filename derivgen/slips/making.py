"""A ``Work`` in, its plausible wrong versions out; or the slip that makes one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derivgen import certify
from derivgen.arrays import ShapeError
from derivgen.errors import CertificateError
from derivgen.expression import Name, Tree, names, substitute, walk
from derivgen.slips.table import SLIPS
from derivgen.worked import (
    Roles,
    Slipped,
    Work,
    array_of,
    line,
    put,
    shaped_like,
)  # fmt: skip

LARGEST = 300  # parts of a wrong tree, for each of its entries
RESHAPING = ("outer_product_reversed",)  # the mistake is the shape, if it changes


def wrong(work: Work, *more: Slipped) -> tuple[Slipped, ...]:
    """Every slip that this work leaves room for, each result once, none equal to the truth."""
    graph = work.roles.graph
    seen = [certify.fingerprint(graph, work.truth)]
    found = []
    (height, width), _ = seen[0]
    for way in (*ways_of(work), *more):
        if sum(1 for _ in walk(way.tree)) > LARGEST * height * width:
            continue
        try:
            print_ = certify.fingerprint(graph, way.tree)
        except CertificateError:  # arrays that do not fit: nobody would be taken in
            continue
        if print_[0] != seen[0][0] and way.slip not in RESHAPING:
            continue
        if all(certify.apart(print_, other) for other in seen):
            seen.append(print_)
            found.append(way)
    return tuple(found)


def wrong_values(roles: Roles, of: str, known: frozenset[str] = frozenset()) -> tuple[Slipped, ...]:
    """The wrong values of a node: by a slip at it, or at any node it comes from but those whose values are known."""
    graph = roles.graph
    upstream = graph.upstream(of, known) - known
    nodes = [node for node in graph.nodes if node.name in upstream]
    deep = []
    for node in reversed(nodes[:-1]):
        for ways in SLIPS.values():
            for way in ways(line(roles, Name(node.name), graph.resolved(node.tree))):
                values = {node.name: way.tree}
                for later in nodes[nodes.index(node) + 1 :]:
                    if any(name in values for name in names(later.tree)):
                        values[later.name] = substitute(graph.resolved(later.tree), values)
                deep.append(replace(way, tree=values[of], at=node.name))
    return wrong(line(roles, Name(of), graph.resolved(graph.node(of).tree)), *deep)


def wrong_lines(works: Sequence[Work], *, expand: bool = False) -> tuple[Slipped, ...]:
    """The wrong versions of the last of these lines of arrays, by a slip in it or in one before, which it goes on from.

    With ``expand`` what the lines before come to is written out.
    """
    *before, last = works
    graph = last.roles.graph
    deep = []
    for k, work in enumerate(before):
        for way in ways_of(work):
            try:
                tree = way.tree
                for token, later in zip(works[k:], works[k + 1 :], strict=False):
                    tree = put(graph, later.tree, token.truth, tree)
            except ShapeError:
                continue
            deep.append(replace(way, tree=tree, at=work.truth.name if isinstance(work.truth, Name) else ""))
    found = wrong(last, *deep)
    return tuple(replace(way, tree=expanded(works, way.tree)) for way in found) if expand else found


def expanded(works: Sequence[Work], tree: Tree) -> Tree:
    """The tree with the lines that come before the last written out in it."""
    for work in reversed(works[:-1]):
        tree = put(work.roles.graph, tree, work.truth, work.tree)
    return tree


def ways_of(work: Work) -> Iterator[Slipped]:
    """Every slip in a work, or in each of its cells at once."""
    for ways in SLIPS.values():
        yield from ways(work)
        found = [next((way for way in ways(cell) if not way.path), None) for row in work.cells for cell in row]
        cells = [cell for row in work.cells for cell in row]
        if first := next(filter(None, found), None):
            graph = work.roles.graph
            rows = [cell.tree if way is None else way.tree for way, cell in zip(found, cells, strict=True)]
            about = tuple(array_of(graph, tree) for tree in first.about)
            yield replace(first, tree=shaped_like(graph, work.tree, rows), about=about)


def named(work: Work, tree: Tree) -> Slipped | None:
    """The slip that makes this tree out of the work, if one does."""
    graph = work.roles.graph
    wanted = certify.fingerprint(graph, tree)
    return next((w for w in wrong(work) if not certify.apart(certify.fingerprint(graph, w.tree), wanted)), None)
