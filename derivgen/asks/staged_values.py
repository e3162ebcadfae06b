"""Each step's value beside its differential, then derivatives as abstract products, with numbers, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derivgen import derivation
from derivgen.derivation import Filled, Value, chain, local, local_partial, sum_of_products
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, On, Part, State, allow, value_line
from derivgen.expression import ZERO, Name, Partial, Tree, names, product, total
from derivgen.graph import Graph, Node
from derivgen.printing import plain
from derivgen.reading import Scope

WIDEST = 64  # characters of plain maths that stand side by side on a page


def staged_values(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """v = f(p, q, …) with its number, dv = Σ ∂v/∂p dp, and ∂of/∂w = Σ over paths Π ∂v/∂p for each w of ``wrt``.

    ``wrt`` is one quantity or a list; all weights (or, without weights, all inputs) if it is left out.
    """
    allow(parameters, "wrt", "of")
    of, network = state.output(parameters), state.network
    if network.layers:
        raise AskError("needs equations, not layers")
    state.need_bound(of)
    targets = listed(state, of, parameters)
    for target in targets:
        if derivation.is_recursive(state.graph, target.of, target.wrt):
            raise AskError(f"{target.wrt} reaches {of} along too many paths to write each as a product", "wrt")
    nodes = [node for node in state.graph.nodes if node.name in state.graph.ancestors(of)]
    graph = differentials(state, nodes)
    rules = [derivation.chain_rule(state.graph, target.of, target.wrt, over=False) for target in targets]
    differences = [differential(state, node) for node in nodes]
    wide = max(_width(state.graph, node, line) for node, line in zip(nodes, differences, strict=True)) > WIDEST
    facts = {
        "wide": wide, "of": Name(of), "targets": targets,
        "steps": tuple(
            {"value": value_line(state.graph, node), "differential": On(graph, {"line": line})}
            for node, line in zip(nodes, differences, strict=True)
        ),
        "lines": tuple(
            chain(target, rule, Filled(rule), Value(target)) for target, rule in zip(targets, rules, strict=True)
        ),
        "several": any(derivation.count_paths(state.graph, t.of, t.wrt) > 1 for t in targets),
        "example": Name(_d(nodes[0].name)), "of_what": Name(nodes[0].name),
    }  # fmt: skip
    values: list[tuple[Tree, Tree | Value]] = [(Name(node.name), Value(Name(node.name))) for node in nodes]
    values += [(target, Value(target)) for target in targets]
    shows = [("value", node.name) for node in nodes] + [("number", target) for target in targets]
    asked = {"of": of, "wrt": ", ".join(target.wrt for target in targets)}
    return state.show(*shows), Part("staged_values", asked, Answer("values", tuple(values)), facts)


def listed(state: State, of: str, parameters: Mapping[str, object]) -> tuple[Partial, ...]:
    """The derivatives of ``of`` that ``wrt`` names; by all weights, else by all inputs, if it is left out."""
    network, reach = state.network, state.graph.ancestors(of)
    own = (*network.weights, *network.biases) or network.inputs or state.graph.leaves
    given = parameters.get("wrt", tuple(name for name in own if name in reach))
    wanted = given if isinstance(given, (tuple, list)) else (given,)
    if not wanted:
        raise AskError(f"there is nothing that {of} could be derived by", "wrt")
    if len(set(map(str, wanted))) < len(wanted):
        raise AskError("names a quantity twice", "wrt")
    return tuple(state.derivative({"of": of, "wrt": one}) for one in wanted)


def _width(graph: Graph, node: Node, line: derivation.Chain) -> int:
    """About how many characters a step's value (z = w*x = 2*3 = 6) and its differential take, side by side."""
    form = plain(node.tree, graph.scope)
    scope = Scope.of((*graph.scope.names, *(_d(name) for name in (node.name, *node.parents))), dict(graph.functions))
    beside = [plain(link.right, scope) for link in line.links if not isinstance(link.right, (Filled, Value))]
    return len(form) + max(len(form), 5 * len(node.parents)) + max(map(len, beside), default=0)


# --- differentials ------------------------------------------------------------------------------------------------


def _d(name: str) -> str:
    return f"d{name}"


def differentials(state: State, nodes: list[Node]) -> Graph:
    """The graph with the differential dv of every quantity: Σ ∂v/∂p dp of a node, one more leaf of a leaf."""
    graph, reach = state.graph, {parent for node in nodes for parent in node.parents}
    leaves = tuple(_d(leaf) for leaf in graph.leaves if leaf in reach)
    for name in (*leaves, *(_d(node.name) for node in nodes)):
        if name in graph:
            raise AskError(f"{name} would be a differential, but it is a quantity of its own")
    own = tuple(Node(_d(node.name), _form(graph, node)) for node in nodes)
    return replace(graph, leaves=(*graph.leaves, *leaves), nodes=(*graph.nodes, *own))


def _form(graph: Graph, node: Node) -> Tree:
    """Σ ∂v/∂p dp with the local derivatives written out."""
    return sum_of_products((local(graph, node.name, parent), Name(_d(parent))) for parent in node.parents)


def differential(state: State, node: Node) -> derivation.Chain:
    """dv in forward values, and with the numbers: proved to be ∂v/∂p dp + ∂v/∂q dq."""
    graph = state.graph
    tokens = total(
        product((local_partial(graph, node.name, parent), Name(_d(parent))))
        for parent in node.parents
        if local(graph, node.name, parent) != ZERO
    )  # fmt: skip
    form = _form(graph, node)
    kept = frozenset(_d(parent) for parent in node.parents)
    filled = (Filled(form, keep=kept),) if set(names(form)) - kept else ()
    return chain(Name(_d(node.name)), form, *filled, truth=tokens)
