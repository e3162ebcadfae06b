"""Another ask with four answers to choose from: the right one, and three that slips lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from derivgen import certify, slips
from derivgen.arrays import worked as entry_by_entry
from derivgen.asks.activations import activations
from derivgen.asks.chain_rule import chain_rule
from derivgen.asks.classify import classify
from derivgen.asks.closed_form import closed_form
from derivgen.asks.composed_loss import composed_loss
from derivgen.asks.derivative import derivative
from derivgen.asks.gradient import gradient
from derivgen.asks.gradients import arrays_of, form_of, gradients
from derivgen.asks.local_derivative import local_derivative
from derivgen.asks.loss_gradient import PAIRS, loss_gradient
from derivgen.asks.loss_value import loss_value
from derivgen.asks.output import output
from derivgen.asks.parameter_count import parameter_count
from derivgen.asks.pre_activations import pre_activations
from derivgen.asks.risk_contribution import risk_contribution, worked
from derivgen.asks.update import update
from derivgen.asks.updated_value import updated_value
from derivgen.asks.weight_shapes import weight_shapes
from derivgen.backward import delta, delta_form, post, pre, pre_form, slopes
from derivgen.derivation import Chain, DerivationError, Filled, Value, chain, without_adjoints
from derivgen.derivation import closed_form as in_leaves
from derivgen.draws import Draws
from derivgen.errors import suggest
from derivgen.evaluation import Real, evaluator, same_number, to_decimal
from derivgen.exercise import AskError, Claim, On, Part, State, quantities, slip_fact
from derivgen.expression import Apply, Name, Partial, Tree, apply, names, number, total, transform, walk
from derivgen.graph import Graph
from derivgen.networks import Layer
from derivgen.simplifying import simplified
from derivgen.slips import Roles, Shape, Slipped, Work
from derivgen.worked import tidied

WRONG = 3
NEAR, NEAREST = Decimal("0.006"), Decimal("0.0004")
LAST_RESORT = ("inactive_relu",)  # numbers are drawn so that no ReLU is inactive
LARGEST_SHOWN = 60  # parts of a wrong line that is shown with its numbers
WIDEST_LINE = 10  # quantities side by side in such a line of matrices
UNSHOWN = ("another_class",)


def multiple_choice(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """``ask: derivative`` and whatever that ask takes; the key's place and the slips are drawn."""
    name = parameters.get("ask")
    if name not in ASKS:
        raise AskError("needs the ask to choose an answer of: ask" if name is None else suggest(str(name), ASKS), "ask")
    own = {key: value for key, value in parameters.items() if key != "ask"}
    ask, ways = ASKS[str(name)]
    after, inner = ask(state, own, draws)
    assert inner.answer is not None
    if len(inner.answer.entries) != 1 or inner.answer.type == "statements":
        raise AskError(f"needs an ask with one answer; {name} has more here", "ask")
    made = ways(state, inner, own)
    key, found = _alternatives(state, inner, made)
    numeric = isinstance(key, Value)
    compared = key.tree if isinstance(key, Value) else key if _has_number(state, inner, key) else None
    count = min(WRONG, len(found)) if made.all_there_are else WRONG
    chosen = _chosen(found, draws, compared is not None and _numbers(state, compared) is None, count)
    place = draws.below("place", len(chosen) + 1)
    trees: list[Tree | Value] = [Value(way.tree) if numeric else way.tree for way in chosen]
    answers = (*trees[:place], key, *trees[place:])
    slipped: tuple[Slipped | None, ...] = (*chosen[:place], None, *chosen[place:])
    left, graph = inner.answer.entries[0][0], inner.answer.graph
    facts = {
        "ask": inner.ask, "inner": inner.facts, "correct": (place,),
        "own": On(graph or state.graph, {
            "meanings": () if numeric else _meanings(state, trees), "rests": () if numeric else _rests(state, trees),
            "options": tuple(_printed(left, answer, way is None) for answer, way in zip(answers, slipped, strict=True)),
            "wrong": tuple(
                {"place": i, "slip": slip_fact(way), "line": _worked_out(graph or state.graph, way) if numeric else ""}
                for i, way in enumerate(slipped) if way is not None
            ),
        }),
    }  # fmt: skip
    answer = replace(inner.answer, type="choice", choices=answers, correct=(place,))
    distinct = tuple(answer.tree for answer in answers if isinstance(answer, Value))
    formulas = (key, *(way.tree for way in chosen)) if not isinstance(key, Value) and compared is not None else ()
    named = {"ask": inner.ask, **inner.parameters}
    return after, replace(
        inner, ask="multiple_choice", parameters=named, answer=answer, facts=facts, distinct=distinct, formulas=formulas
    )


def _meanings(state: State, trees: list[Tree | Value]) -> tuple[Chain, ...]:
    """What the δ in formulas to choose from stand for."""
    of, used = state.output({}), {name for tree in trees if not isinstance(tree, Value) for name in names(tree)}
    return tuple(
        chain(Name(layer.delta_array), Partial(of, layer.pre_array))
        for layer in state.network.layers if layer.delta_array in used
    )  # fmt: skip


def _rests(state: State, trees: list[Tree | Value]) -> tuple[dict[str, Tree], ...]:
    """The weights without their biases that stand in formulas to choose from."""
    used = {name for tree in trees if not isinstance(tree, Value) for name in names(tree)}
    return tuple(
        {"rest": Name(layer.rest_array), "whole": Name(layer.weights_array)}
        for layer in state.network.layers if layer.rest_array in used
    )  # fmt: skip


def _alternatives(state: State, inner: Part, ways: Ways) -> tuple[Tree | Value, tuple[Slipped, ...]]:
    """The right answer as a choice, and every wrong one that a slip leads to and that is told from it."""
    assert inner.answer is not None
    right, graph = inner.answer.entries[0][1], state.graph
    if not isinstance(right, Value):
        key = ways.key or right
        if not _has_number(state, inner, key) or not (value := state.number(key)):
            return key, ways.wrong
        return key, tuple(way for way in ways.wrong if not same_number(value, state.number(way.tree)))
    known = tuple(way for way in ways.wrong if state.determines(graph.spread(way.tree)))
    return right, apart_in_numbers(state, right.tree, known)


def _has_number(state: State, inner: Part, key: Tree) -> bool:
    """Whether the exercise gives a formula a number: a wrong one must not come to it."""
    assert inner.answer is not None
    of, graph = quantities(key), state.graph
    single = inner.answer.graph is None and graph.entries(key) is None
    named = all(part.name in graph for part in of if isinstance(part, Name))
    return bool(of) and single and named and state.determines(key)


def _chosen(found: tuple[Slipped, ...], draws: Draws, drawn: bool, count: int) -> tuple[Slipped, ...]:
    """So many wrong ways: by different slips as long as there are any, then at other places."""
    likely = tuple(way for way in found if way.slip not in LAST_RESORT) if drawn else found
    left = list(likely if len(likely) >= count else found)
    if len(left) < max(count, 1):
        answers = f"{len(left)} wrong answer{'s' if len(left) != 1 else ''}"
        raise AskError(f"slips lead to {answers} here, and a choice needs {WRONG}")
    chosen: list[Slipped] = []
    for turn in range(count):
        used = {way.slip for way in chosen}
        fresh = list(dict.fromkeys(way.slip for way in left if way.slip not in used))
        kinds = fresh or list(dict.fromkeys(way.slip for way in left))
        kind = draws.choice(f"slip {turn}", kinds)
        way = draws.choice(f"way {turn}", [way for way in left if way.slip == kind])
        chosen.append(way)
        left.remove(way)
    return tuple(chosen)


def _printed(left: Tree, answer: Tree | Value, right: bool) -> Chain | Claim:
    """A choice as a line of which only the right side is shown: a number, or a claim that is right or wrong."""
    return chain(answer.tree, answer) if isinstance(answer, Value) else Claim(left, answer, right)


def _worked_out(graph: Graph, way: Slipped) -> Chain | str:
    """How a slip comes to its number; nothing where that is too long or too wide to print."""
    spread = graph.spread(way.tree)
    wide = spread != way.tree and _columns(way.tree) + _columns(spread) > WIDEST_LINE
    if wide or sum(1 for _ in walk(spread)) > LARGEST_SHOWN or way.slip in UNSHOWN:
        return ""
    return chain(way.tree, Filled(way.tree), Value(way.tree))


def _columns(tree: Tree) -> int:
    """About how many quantities stand side by side: of a matrix, those of its widest row."""
    if not isinstance(tree, Apply):
        return 1
    inner = map(_columns, tree.args)
    return max(inner) if tree.operation == "matrix" else sum(inner)


def apart_in_numbers(state: State, truth: Tree, ways: tuple[Slipped, ...]) -> tuple[Slipped, ...]:
    """The ways that come to other numbers than the truth and one another, as far as the quiz's own numbers say."""
    values = _numbers(state, truth)
    seen = [] if values is None else [values]
    kept = []
    for way in ways:
        values = _numbers(state, way.tree)
        if values is not None:
            if any(_near(values, others) for others in seen):
                continue
            seen.append(values)
        kept.append(way)
    return tuple(kept)


def _numbers(state: State, tree: Tree) -> list[Real] | None:
    """A tree's numbers, a matrix's row by row, where the quiz's own determine them."""
    rows = state.graph.entries(tree)
    found = [state.number(cell) for cell in ((tree,) if rows is None else (cell for row in rows for cell in row))]
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else None


def _near(values: list[Real], others: list[Real]) -> bool:
    """Whether numbers may be taken for one another; the sheet looks again, at its digits."""
    pairs = [(to_decimal(x), to_decimal(y)) for x, y in zip(values, others, strict=False)]
    same = len(values) == len(others)
    return same and all(abs(x - y) < max(NEAREST, NEAR * abs(x), NEAR * abs(y)) for x, y in pairs)


def _apart(graph: Graph, truth: Tree, ways: tuple[Slipped, ...]) -> tuple[Slipped, ...]:
    """The ways whose results, once worked out, are neither the truth nor one another."""
    seen = [certify.fingerprint(graph, truth)]
    kept = []
    for way in ways:
        mark = certify.fingerprint(graph, way.tree)
        if all(certify.apart(mark, other) for other in seen):
            seen.append(mark)
            kept.append(way)
    return tuple(kept)


# --- the wrong answers of each ask -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ways:
    """The wrong answers; ``key`` is the right one in their form, where that is not the ask's own.

    Where they are ``all_there_are``, such as the other classes, fewer than three are enough.
    """

    wrong: tuple[Slipped, ...]
    key: Tree | None = None
    all_there_are: bool = False


def _roles(state: State) -> Roles:
    network = state.network
    constants = tuple(name for name, _ in network.fixed)
    return replace(state.roles, biases=network.biases, constants=constants, targets=network.targets)


def _entry(inner: Part) -> tuple[Tree, Tree]:
    """What the answer is for, and its tree."""
    assert inner.answer is not None
    left, right = inner.answer.entries[0]
    return left, right.tree if isinstance(right, Value) else right


def _of_derivation(make: Callable[..., Work]) -> Maker:
    def ways(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
        target = state.derivative(own)
        work = make(state.roles, target, state.over(target, own))
        wrong = slips.wrong(work)
        if sum(way.slip not in LAST_RESORT for way in wrong) < WRONG:
            wrong = slips.wrong(work, *slips.neighbours(work))
        return Ways(wrong, work.tree)

    return ways


def _of_update(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    """A weight's step, or that of a whole matrix: the gradient's lines, and then W − α ∂L/∂W."""
    if inner.parameters["wrt"] not in dict(state.graph.arrays):
        return _of_derivation(slips.update)(state, inner, own)
    left, right = _entry(inner)
    of, array = inner.parameters["of"], inner.parameters["wrt"]
    numeric = state.numeric(of, state.network.step_size)
    works = [*_gradient_lines(state, of, array, numeric), slips.line(_roles(state), left, right)]
    return _of_lines(works, numeric)


def _of_gradients(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    token, _ = _entry(inner)
    assert isinstance(token, Partial)
    numeric = state.numeric(token.of) and not state.known.slopes
    return _of_lines(_gradient_lines(state, token.of, token.wrt, numeric), numeric)


def _of_lines(works: list[Work], numeric: bool) -> Ways:
    """Wrong versions of the last line; in symbols, all are written out as far."""
    key = None if numeric else slips.expanded(works, works[-1].tree)
    return Ways(slips.wrong_lines(works, expand=not numeric), key)


def _gradient_lines(state: State, of: str, array: str, numeric: bool) -> list[Work]:
    """δ of each layer from the output back, with numbers, else of the weights' own; then the outer product."""
    layers = state.network.layers
    at = next(i for i, layer in enumerate(layers) if array in arrays_of(layer))
    works = [_delta_line(state, layer, of) for layer in (reversed(layers[at:]) if numeric else (layers[at],))]
    form, token = form_of(state, of, array), Partial(of, array)
    if form == works[-1].truth:  # of the biases: δ itself
        return [*works[:-1], replace(works[-1], truth=token)]
    return [*works, slips.line(_roles(state), token, form)]


def _delta_line(state: State, layer: Layer, of: str) -> Work:
    network, roles = state.network, _roles(state)
    line, token = delta_form(network, layer.number, of)[-1], delta(layer, of)
    if layer is network.layers[-1]:
        return _output_delta(state, layer, token, line, of)
    edges = _edges(layer)
    return Work(roles, token, line=line, edges=edges, slope=slopes(state.graph, layer))


def _output_delta(state: State, layer: Layer, token: Tree, line: Tree, of: str) -> Work:
    """∂L/∂z of the output layer, a derivation for each entry."""
    roles, network = _roles(state), state.network
    cells = tuple(tuple(slips.derivation(roles, Partial(of, z)) for z in row) for row in layer.pre)
    paired = (layer.activation, network.loss_kind) in PAIRS
    return Work(roles, token, line=line, cells=cells, edges=_edges(layer) if paired else ())


def _edges(layer: Layer) -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(tuple(zip(after, before, strict=True)) for after, before in zip(layer.post, layer.pre, strict=True))


def _of_loss_gradient(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    token, form = _entry(inner)
    of, layer = inner.parameters["of"], state.network.layers[-1]
    if form == token:
        form = delta_form(state.network, layer.number, of)[-1]
    return Ways(slips.wrong(_output_delta(state, layer, token, form, of)))


def _of_layer(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    """A layer's pre-activations or its values: one of its lines goes wrong."""
    network, graph, roles = state.network, state.graph, _roles(state)
    left, _ = _entry(inner)
    layer = network.layers[int(inner.parameters.get("layer", len(network.layers))) - 1]
    if isinstance(left, Name) and left.name in graph:
        if state.numeric(left.name):
            return Ways(slips.wrong_values(roles, left.name, state.cuts))
        return Ways(slips.wrong(slips.line(roles, left, graph.node(left.name).tree)))
    works = [slips.line(roles, pre(layer), pre_form(network, layer))]
    if inner.ask == "pre_activations":
        found = slips.wrong_lines(works)
        if state.numeric(*(name for row in layer.pre for name in row)):
            return Ways(found)
        return Ways(tuple(replace(way, tree=tidied(entry_by_entry(graph.spread(way.tree)))) for way in found))
    values = transform(
        graph.spread(post(layer)),
        lambda part: (
            graph.resolved(graph.node(part.name).tree)
            if isinstance(part, Name) and not graph.is_leaf(part.name)
            else None
        ),
    )
    return Ways(slips.wrong_lines([*works, Work(roles, post(layer), line=values, edges=_edges(layer))]))


def _of_value(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    left, _ = _entry(inner)
    assert isinstance(left, Name)
    return Ways(slips.wrong_values(_roles(state), left.name, state.cuts))


def _of_composed(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    """A wrong value, in terms of inputs and weights."""
    of, left = inner.parameters["of"], _entry(inner)[0]
    ways = slips.wrong_values(_roles(state), of)
    key = in_leaves(state.graph, state.graph.node(of).tree)
    return Ways(_apart(state.graph, left, _written(ways, lambda tree: in_leaves(state.graph, tree))), key)


def _of_closed_form(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    target, graph = state.derivative(own), state.graph
    over = state.over(target, own)

    def closed(tree: Tree) -> Tree:
        return simplified(in_leaves(graph, without_adjoints(graph, target.of, tree) if over else tree))

    return Ways(_apart(graph, target, _written(slips.wrong(slips.derivation(state.roles, target, over)), closed)))


def _written(ways: tuple[Slipped, ...], change: Callable[[Tree], Tree]) -> tuple[Slipped, ...]:
    """The ways in another form, those that can be written in it."""
    found = []
    for way in ways:
        try:
            found.append(replace(way, tree=change(way.tree)))
        except DerivationError:
            continue
    return tuple(found)


def _of_local_derivative(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    token, form = _entry(inner)
    edge = inner.parameters["of"], inner.parameters["wrt"]
    roles = replace(state.roles, graph=state.graph.facing(edge[1]))
    return Ways(slips.wrong(slips.local_step(roles, token, edge, form)))


def _of_class(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    token, form = _entry(inner)
    return Ways(slips.wrong(slips.line(state.roles, token, form)), all_there_are=inner.facts["several"] is True)


def _of_shape(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    token, form = _entry(inner)
    network = state.network
    assert network.notation is not None
    layer = state.layer(own, 1)
    near = [network.layers[i] for i in (layer.number - 2, layer.number) if 0 <= i < len(network.layers)]
    shape = Shape(
        0 if network.notation.from_first else 1, bool(network.fixed),
        tuple((len(other.weights), len(other.weights[0])) for other in near),
    )  # fmt: skip
    return Ways(slips.wrong(replace(slips.line(state.roles, token, form), shape=shape)))


def _of_count(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    """Each count by a line with something left out, or with something else counted."""
    left, _ = _entry(inner)
    sizes, biased = inner.facts["sizes"], inner.facts["biases"]
    assert isinstance(sizes, tuple)
    whole = replace(slips.line(Roles(state.graph), left, left), sizes=sizes, biased=bool(biased))
    lines = (whole, slips.line(Roles(state.graph), left, _grouped(left)))
    found = [way for line in lines for way in slips.wrong(line)]
    counts = tuple(replace(way, tree=number(Fraction(evaluator(way.tree)({})))) for way in found)
    return Ways(_apart(state.graph, left, counts))


def _of_share(state: State, inner: Part, own: Mapping[str, object]) -> Ways:
    assert inner.answer is not None and inner.answer.graph is not None
    left, graph = inner.answer.entries[0][0], inner.answer.graph
    line = slips.line(Roles(graph), left, left)
    return Ways(_apart(graph, left, tuple(replace(way, tree=worked(way.tree)) for way in slips.wrong(line))))


def _grouped(tree: Tree) -> Tree:
    """The weights of a count, then its biases: either may be forgotten as a whole."""
    terms = tree.args if isinstance(tree, Apply) else ()
    weights, biases = ([t for t in terms if isinstance(t, Apply) == products] for products in (True, False))
    return apply("add", total(weights), total(biases)) if weights and biases else tree


Maker = Callable[[State, Part, Mapping[str, object]], Ways]
ASKS: dict[str, tuple[Callable[[State, Mapping[str, object], Draws], tuple[State, Part]], Maker]] = {
    ask.__name__: (ask, ways)
    for ask, ways in (
        (chain_rule, _of_derivation(slips.chain_rule)),
        (gradient, _of_derivation(slips.derivation)),
        (derivative, _of_derivation(slips.derivation)),
        (closed_form, _of_closed_form),
        (local_derivative, _of_local_derivative),
        (composed_loss, _of_composed),
        (update, _of_update),
        (updated_value, _of_update),
        (loss_value, _of_value),
        (output, _of_layer),
        (pre_activations, _of_layer),
        (activations, _of_layer),
        (gradients, _of_gradients),
        (loss_gradient, _of_loss_gradient),
        (classify, _of_class),
        (weight_shapes, _of_shape),
        (parameter_count, _of_count),
        (risk_contribution, _of_share),
    )
}
