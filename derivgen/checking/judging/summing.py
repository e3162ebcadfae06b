"""Derivatives that are added up: what each consumer adds to one, and which shares a statement may add.

>>> from derivgen.graph import Graph
>>> from derivgen.printing import plain
>>> graph = Graph.of("s = x*w; t = s*w; f = s*t", ["x", "w"])
>>> [plain(share, graph.scope) for share in shares_of(graph, Partial("f", "w"))]
['df/ds*ds/dw', 'df/dt*dt/dw|{s}']
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from derivgen.checking.work import Statement, Unread
from derivgen.derivation import local_partial
from derivgen.expression import Partial, Tree, product, walk
from derivgen.graph import Graph

MOST_SHARES = 6


def shares_of(graph: Graph, token: Partial) -> list[Tree]:
    """∂of/∂c ∂c/∂v for each consumer c of v."""
    found: list[Tree] = []
    reach = graph.ancestors(token.of)
    for user in graph.consumers[token.wrt]:
        if user in reach:
            own = local_partial(graph, user, token.wrt)
            found.append(own if user == token.of else product((Partial(token.of, user), own)))
    return found


def path_of(token: Partial, share: Tree) -> tuple[str, ...]:
    """The quantities through which a share goes, as far as it says."""
    through = [part.of for part in walk(share) if isinstance(part, Partial) and part.wrt == token.wrt]
    return tuple(dict.fromkeys((token.wrt, *through, token.of)))


def subsets(shares: Sequence[Tree]) -> list[tuple[Tree, ...]]:
    """Which shares may be added at once: one, several, all."""
    if len(shares) > MOST_SHARES:
        return [*((share,) for share in shares), tuple(shares)]
    return [some for n in range(1, len(shares) + 1) for some in itertools.combinations(shares, n)]


def accumulated(found: Sequence[Statement | Unread]) -> dict[Partial, int]:
    """The derivatives that are added up somewhere in a work, and in how many statements."""
    statements = [s for s in found if isinstance(s, Statement) and s.links and not s.fragment.skip]
    added = {s.left.tree for s in statements if s.links[0][0] == "+=" and isinstance(s.left.tree, Partial)}
    counts: dict[Partial, int] = {}
    for s in statements:
        if isinstance(s.left.tree, Partial) and s.left.tree in added:
            counts[s.left.tree] = counts.get(s.left.tree, 0) + 1
    return counts
