"""A wrong side in, the slip that explains it out, or none: one is named only if no other explains it as well.

The rows of the slips' table are tried on the true derivation of the left side, in values and as a chain rule, over
paths and over consumers, and on the side before it in the chain. What they make is compared in every model.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from derivgen.arrays import ShapeError
from derivgen.backward import delta, delta_form, lone, post, pre, pre_form, slopes, weights_form
from derivgen.checking.judging.deciding import Clock, World
from derivgen.derivation import DerivationError, count_paths, is_recursive, local
from derivgen.errors import CertificateError
from derivgen.expression import ONE, Apply, Name, Partial, Tree, apply, matrix, names, negate, product, transform, walk
from derivgen.graph import Graph, Node
from derivgen.networks import Layer, Network
from derivgen.operations import OPERATIONS
from derivgen.slips import (
    LARGEST,
    OTHER_SLOPES,
    SLIPS,
    Roles,
    Slipped,
    Work,
    chain_rule,
    derivation,
    line,
    local_step,
    slope_as,
    update,
    ways_of,
)  # fmt: skip
from derivgen.worked import all_factors, arrays_in, of_loss

MOST_KEPT = 2_000  # quantities whose slips are kept for the next wrong line about them
MOST_PATHS = 24  # so many are still tried one by one
# Rows that say the same where there is room for both: of two paths, the one left out is the one that is overwritten.
_CLASSES = {"accumulation_overwritten": "path_left_out"}
# Rows that speak of less are preferred to those that would explain nearly anything; of these the first.
_VAGUE = ("whole_sign", "another_variable", "term_left_out", "another_quantity")
BY_NAME = ("another_variable", "another_quantity")


@dataclass(frozen=True)
class Asked:
    """What a wrong side should have been: the quantity, or the step of its update, and the side before it."""

    token: Tree
    updated: bool = False
    before: Tree | None = None
    side: Tree | None = None


def slip_in_symbols(
    world: World, roles: Roles, network: Network | None, asked: Asked, clock: Clock,
    change: Callable[[Tree], Tree] = lambda tree: tree,
) -> Slipped | None:  # fmt: skip
    """The one slip that makes the wrong side out of the truth, else out of the side before.

    ``change`` makes of a tree what it is in a world that has one branch of each kink only.
    """
    assert asked.side is not None
    if (turned := _turned_back(world, roles, asked, clock)) is not None:
        return turned
    first, wanted = world.first_residues(asked.side), world.residues(asked.side)
    nothing = first is not None and not any(any(found) for found in wanted if found is not None)
    for source, key in _sources(roles, network, asked):
        if key not in world.kept:
            if len(world.kept) >= MOST_KEPT:
                world.kept.clear()
            ways = (replace(way, tree=change(way.tree)) for way in source())
            world.kept[key] = [(way, world.first_residues(way.tree)) for way in ways]
        alike = [
            way for way, own in world.kept[key]
            if (own == first or own is None or first is None) and _same(world, way.tree, wanted)
        ]  # fmt: skip
        if nothing:  # without its target a cross-entropy is zero, and so is much else
            alike = [way for way in alike if way.slip != "target_left_out"]
        if world.compares(asked.side):  # residues have no order: the points must tell too
            alike = [way for way in alike if world.decide(way.tree, asked.side, clock).equal]
        if alike or clock.over:
            return _signed(world, roles, _only(alike, asked), asked)
    return None


def _signed(world: World, roles: Roles, found: Slipped | None, asked: Asked) -> Slipped | None:
    """Whose sign it is that is wrong: the loss's only where its difference stands there turned, y - a for a - y."""
    if found is None or found.slip != "loss_sign":
        return found
    straight = turned = False
    for token, cell in zip(world.cells(asked.token)[1], world.cells(asked.side or ONE)[1], strict=False):
        shown = {world.first_residues(part) for part in walk(cell)}
        for slope in _loss_slopes(roles, token, asked.updated):
            straight |= world.first_residues(slope) in shown
            turned |= world.first_residues(negate(slope)) in shown
    if turned and not straight:
        return found
    whole = asked.updated or world.decide(negate(asked.token), asked.side or ONE, Clock(), real=False).equal
    return _neutral(found) if whole else None


def _neutral(found: Slipped) -> Slipped:
    """A wrong sign of which nothing says whose it is."""
    return replace(found, slip="whole_sign", about=())


def _loss_slopes(roles: Roles, token: Tree, updated: bool) -> list[Tree]:
    """The factors of the loss's derivatives that have quantities in them."""
    steps = [step for work in _works(roles, token, updated) for term in work.terms for step in term
             if of_loss(work, *step)]  # fmt: skip
    found = (factor for _, tree in steps for factor in all_factors(tree) if names(factor))
    return list(dict.fromkeys(found))


def _turned_back(world: World, roles: Roles, asked: Asked, clock: Clock) -> Slipped | None:
    """The matrix that, transposed once more, makes the wrong side right; shapes may not fit as it stands.

    A transposition is its own inverse, so that it is looked for in what was written, whichever form that has.
    """
    if asked.side is None or asked.updated or not arrays_in(roles.graph, asked.side):
        return None
    ways = SLIPS["transposed_matrix"](line(roles, asked.token, asked.side))
    right = [way for way in ways if not clock.over and world.decide(asked.token, way.tree, clock, real=False).equal]
    return right[0] if len(right) == 1 else None


def slip_of_function(world: World, truth: Tree, side: Tree, clock: Clock) -> Slipped | None:
    """The one slip in the derivative of a function, whatever its argument is: σ' = -σ(1 - σ)."""
    if not isinstance(truth, Apply) or not truth.slot or len(truth.args) != 1:
        return None
    value = replace(truth, slot=0)
    ways = [Slipped("whole_sign", negate(truth)), Slipped("value_for_derivative", value, (value,))]
    if other := OTHER_SLOPES.get(world.given_graph.operation(truth.operation) or ""):
        ways.append(Slipped("another_slope", replace(truth, operation=other), (truth,)))
        ways.append(Slipped("another_slope", slope_as(other, value), (truth,)))
    alike = [way for way in ways if not clock.over and world.decide(way.tree, side, clock).equal]
    return alike[0] if len(alike) == 1 else None


def slip_in_numbers(
    roles: Roles, network: Network | None, asked: Asked, matches: Callable[[Tree], bool], clock: Clock
) -> Slipped | None:  # fmt: skip
    """The one slip whose numbers ``matches`` accepts."""
    for source, _ in _sources(roles, network, asked):
        # So many quantities may stand for others that some number is met by chance.
        alike = [way for way in source() if way.slip != "another_quantity" and not clock.over and matches(way.tree)]
        if alike or clock.over:
            found = None if clock.over else _only(alike, asked)
            return _neutral(found) if found is not None and found.slip == "loss_sign" else found
    return None


def _sources(
    roles: Roles, network: Network | None, asked: Asked
) -> Iterator[tuple[Callable[[], Iterable[Slipped]], object]]:
    """What is tried, one after the other, each with a key to keep it by."""
    yield lambda: _candidates(roles, asked.token, asked.updated), (roles, asked.token, asked.updated)
    if network is not None and network.layers:
        found = network  # of one kind here and in the call
        yield (
            lambda: _of_matrices(roles, found, asked.token, asked.updated),
            (roles, asked.token, asked.updated, "matrices"),
        )
    if (unfolded := _unfolded(roles.graph))[1]:
        key = (roles, asked.token, asked.updated, "inside")
        yield lambda: _inside(replace(roles, graph=unfolded[0]), dict(unfolded[1]), asked.token, asked.updated), key
    if (before := asked.before) is not None:
        yield lambda: _ways(line(roles, asked.token, before)), (roles, asked.token, before, "line")


def _only(alike: Sequence[Slipped], asked: Asked) -> Slipped | None:
    """The first of the slips, if all are of one row; vague rows count where there is no other."""
    found: dict[str, Slipped] = {}
    for way in alike:
        found.setdefault(_CLASSES.get(way.slip, way.slip), way)
    if "step_sign" in found:
        found = {name: way for name, way in found.items() if name not in _signs(asked)}
    if "step_size_left_out" in found:  # with a step size of 2 or 1/2 a factor of the loss could be lost as well
        found = {name: way for name, way in found.items() if not name.startswith("half_or_two")}
    for tier in (set(found) - set(_VAGUE), *({name} for name in _VAGUE[:2]), set(_VAGUE)):
        if left := [way for name, way in found.items() if name in tier]:
            return left[0] if len(left) == 1 and not _several(left[0], alike) else None
    return None


def _several(chosen: Slipped, alike: Sequence[Slipped]) -> bool:
    """Whether a row explains a line by several quantities, of which nobody can say which was meant."""
    return chosen.slip in BY_NAME and len({way.about for way in alike if way.slip == chosen.slip}) > 1


def _signs(asked: Asked) -> tuple[str, ...]:
    """Which words for a wrong sign do not fit: of w + α ∂L/∂w it is the step's, of w - α (y - a) x the loss's."""
    forward = isinstance(asked.side, Apply) and asked.side.operation == "add"
    return ("loss_sign", "whole_sign") if forward or not asked.updated else ("step_sign",)


def _same(world: World, tree: Tree, wanted: Sequence[tuple[int, ...] | None]) -> bool:
    """Whether a tree is the same as the wrong side in every model that has values for both."""
    try:
        found = [] if world.unknown(tree) else world.residues(tree)
    except CertificateError:
        return False
    pairs = [(a, b) for a, b in zip(found, wanted, strict=False) if a is not None and b is not None]
    return bool(pairs) and all(a == b for a, b in pairs)


# --- what is tried ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _candidates(roles: Roles, token: Tree, updated: bool) -> tuple[Slipped, ...]:
    """What slips make of one quantity, derivative or update."""
    return tuple(itertools.chain.from_iterable(_ways(work) for work in _works(roles, token, updated)))


def _ways(work: Work) -> Iterator[Slipped]:
    try:
        for way in ways_of(replace(work, judged=True)):
            if sum(1 for _ in walk(way.tree)) <= LARGEST:
                yield way
    except (DerivationError, ShapeError):
        return


def _works(roles: Roles, token: Tree, updated: bool) -> Iterator[Work]:
    """The right derivations of a quantity, in the forms in which it is done by hand."""
    graph = roles.graph
    if isinstance(token, Name) and token.name in graph and not graph.is_leaf(token.name) and not updated:
        yield line(roles, token, graph.resolved(graph.node(token.name).tree))
    target = Partial(roles.loss or graph.output, token.name) if updated and isinstance(token, Name) else token
    if not isinstance(target, Partial) or target.of not in graph or target.wrt not in graph.ancestors(target.of):
        return
    if target.of == target.wrt:
        return
    if updated:
        if roles.step_size:
            yield from (update(roles, target, over) for over in _forms(graph, target))
        return
    if target.wrt in graph.parents(target.of) and target.wrt in graph.sources(target.of):
        yield local_step(roles, target, (target.of, target.wrt), local(graph, target.of, target.wrt))
    for over in _forms(graph, target):
        yield derivation(roles, target, over)
        yield chain_rule(roles, target, over)
    yield from _over_parents(roles, target)


@lru_cache(maxsize=16)
def _unfolded(graph: Graph) -> tuple[Graph, tuple[tuple[str, Tree], ...]]:
    """The graph with what stands inside of an activation as a node of its own, h = tanh(w x), and what that is."""
    meant: dict[str, Tree] = {}
    nodes = []
    for node in graph.nodes:
        tree = node.tree
        if isinstance(tree, Apply) and len(tree.args) == 1 and isinstance(tree.args[0], Apply) and not tree.slot:
            row = OPERATIONS.get(graph.operation(tree.operation) or "")
            if row is not None and row.role == "activation":
                name = f"inside {node.name}"
                meant[name] = tree.args[0]
                nodes.append(Node(name, tree.args[0]))
                tree = replace(tree, args=(Name(name),))
        nodes.append(replace(node, tree=tree))
    return replace(graph, nodes=tuple(nodes), stated=()), tuple(meant.items())


def _inside(roles: Roles, meant: dict[str, Tree], token: Tree, updated: bool) -> Iterator[Slipped]:
    """What slips make of one quantity where the activations stand around whole expressions."""

    def change(part: Tree) -> Tree | None:
        if isinstance(part, Partial) and part.wrt in meant:
            node = roles.graph.node(part.of).tree
            own = isinstance(node, Apply) and node.args == (Name(part.wrt),)
            return replace(node, args=(meant[part.wrt],), slot=1) if own else None  # type: ignore[arg-type]
        return meant.get(part.name) if isinstance(part, Name) else None

    for way in _candidates(roles, token, updated):
        about = tuple(transform(tree, change) for tree in way.about)
        path = tuple(name for name in way.path if name not in meant)
        yield replace(way, tree=transform(way.tree, change), about=about, path=path)


def _over_parents(roles: Roles, target: Partial) -> Iterator[Work]:
    """∂L/∂v = Σ ∂L/∂p ∂p/∂v over what the loss is made of: the way of softmax, where each p depends on each z."""
    graph = replace(roles.graph, stated=())
    users = [p for p in graph.sources(target.of) if target.wrt in graph.ancestors(p)]
    if len(users) < 2 or len(users) > MOST_PATHS or target.wrt in users:
        return
    terms = tuple((((target.of, p), Partial(target.of, p)), ((p, target.wrt), Partial(p, target.wrt))) for p in users)
    yield Work(replace(roles, graph=graph), target, terms)


def _forms(graph: Graph, target: Partial) -> list[bool | None]:
    """Over paths, and over consumers where that is another form."""
    recursive = is_recursive(graph, target.of, target.wrt)
    if recursive and count_paths(graph, target.of, target.wrt) > MOST_PATHS:
        return [True]
    return [False, True]


# --- lines of matrices ------------------------------------------------------------------------------------------


def _of_matrices(roles: Roles, network: Network, token: Tree, updated: bool) -> Iterator[Slipped]:
    """What slips make of a whole layer's line."""
    constants = tuple(name for name, _ in network.fixed)
    roles = replace(roles, biases=network.biases, constants=constants, targets=network.targets)
    of = network.loss or network.graph.output
    for layer in network.layers:
        for work in _layer_works(roles, network, layer, of, token, updated):
            yield from _ways(work)


def _layer_works(
    roles: Roles, network: Network, layer: Layer, of: str, token: Tree, updated: bool
) -> Iterator[Work]:  # fmt: skip
    if network.notation is None or (lone(layer) and not isinstance(token, Partial)):
        return
    edges = tuple(tuple(zip(a, z, strict=True)) for a, z in zip(layer.post, layer.pre, strict=True))
    if token == pre(layer):
        yield line(roles, token, pre_form(network, layer))
    elif token == post(layer) and layer.activation != "softmax":
        cells = network.graph.entries(pre(layer))
        if cells is not None:
            yield Work(roles, token, line=Apply(layer.activation, (pre(layer),)), edges=edges)
    elif token == post(layer) and (rows := network.graph.entries(token)):
        quotients = ((network.graph.node(a.name).tree for a in row if isinstance(a, Name)) for row in rows)
        yield line(roles, token, matrix(quotients))
    elif token in (delta(layer, of), Partial(of, layer.pre_array)) and layer.pre_array:
        forms = delta_form(network, layer.number, of)
        if layer is network.layers[-1]:
            inner = tuple(tuple(derivation(roles, Partial(of, z)) for z in row) for row in layer.pre)
            yield Work(roles, token, line=forms[-1], cells=inner, edges=edges)
        else:
            yield Work(roles, token, line=forms[-1], edges=edges, slope=slopes(network.graph, layer))
    elif layer.weights_array and token in (Partial(of, layer.weights_array), Name(layer.weights_array)):
        if not updated and isinstance(token, Partial):
            yield line(roles, token, weights_form(network, layer, of))
        elif updated and roles.step_size:
            step = product((Name(roles.step_size), Partial(of, layer.weights_array)))
            yield line(roles, token, apply("subtract", Name(layer.weights_array), step))
