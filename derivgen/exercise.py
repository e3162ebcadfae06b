"""What an ask receives and returns: ``State`` in, ``State`` and ``Part`` out. Data only, no numbers, no English.

A part's facts are trees, chains and plain strings; the sheet turns them into the mathematics of a format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derivgen.derivation import (
    Chain,
    DerivationError,
    Filled,
    Value,
    adjoints,
    chain,
    forward_form,
    is_recursive,
    local,
    local_partial,
    require,
)
from derivgen.errors import DerivgenError, shown, suggest
from derivgen.evaluation import EvaluationError, Numbers, Real
from derivgen.expression import ZERO, Apply, Name, Partial, Tree, apply, substitute, walk
from derivgen.graph import Graph, Node
from derivgen.networks import Layer, Network
from derivgen.operations import OPERATIONS
from derivgen.proofs.table import Theorem
from derivgen.reading import read_row
from derivgen.slips import Roles, Slipped
from derivgen.spec import Look

DERIVATIVE = re.compile(r"d(?P<of>[A-Za-z].*?)/d(?P<wrt>[A-Za-z].*)")  # as a quiz file writes it
TEXTBOOK_IDENTITIES = ("sigmoid", "tanh")  # their derivative is quoted as g' = g(1 − g), 1 − g²


class AskError(DerivgenError):
    """An ask that makes no sense on this network; ``parameter`` is the one at fault, if any."""

    def __init__(self, problem: str, parameter: str = "") -> None:
        self.problem, self.parameter = problem, parameter
        super().__init__(problem)


@dataclass(frozen=True)
class Answer:
    """A typed answer; ``entries`` are (what it is the answer for, its tree), numeric ones as ``Value``."""

    type: str  # number, expression, matrix, values, choice, statements, drawing, text
    entries: tuple[tuple[Tree, Tree | Value], ...]
    choices: tuple[Tree | Value | str, ...] = ()
    correct: tuple[int, ...] = ()  # the places of the right choices
    graph: Graph | None = None  # on which it holds, if not on the network's
    theorem: Theorem | None = None  # whose claim it is


@dataclass(frozen=True)
class Route:
    """A path through the network, from the first quantity to the last, printed with arrows."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """A line that a question states, right or wrong: proved to be what ``holds`` says, printed like any other."""

    left: Tree
    right: Tree
    holds: bool


@dataclass(frozen=True)
class Cases:
    """What ``left`` is under each condition, an indicator: {x, x ≥ y; y, x < y}. Proved wherever one of them holds."""

    left: Tree
    rows: tuple[tuple[Tree, Tree], ...]


@dataclass(frozen=True)
class Nabla:
    """The gradient of a quantity as the column of its derivatives: ∇f = [y; x]."""

    targets: tuple[Partial, ...]
    forms: tuple[Tree, ...]


@dataclass(frozen=True)
class Supposed:
    """What a question supposes, or asks about: H ≈ 1. Nothing proves it."""

    left: Tree
    relation: str  # "=" or "≈"
    right: Tree


@dataclass(frozen=True)
class Assignment:
    """A statement of a program: name = value, or name += what is added to it."""

    left: str
    relation: str  # "=" or "+="
    right: Tree


@dataclass(frozen=True)
class Step:
    """The statements of one numbered step; number 0 has no number."""

    number: int
    statements: tuple[Assignment, ...]


@dataclass(frozen=True)
class Program:
    """Numbered steps that are executed one after the other: proved by executing what is printed of them.

    ``known`` are the quantities of the graph whose values it begins with, ``truths`` what its variables must come to
    at the end.
    """

    steps: tuple[Step, ...]
    known: tuple[str, ...]
    truths: tuple[tuple[str, Tree], ...]


@dataclass(frozen=True)
class Counterexample:
    """Two assignments that agree in all that is ``known`` and differ in the ``target``, as the rows of a table.

    A row names the quantities that share it and says whether they are known, asked or neither. ``leaves`` are those
    that matter, with their numbers in the one and in the other; one that has no row is 1 in both.
    """

    leaves: tuple[tuple[str, Fraction, Fraction], ...]
    rows: tuple[tuple[tuple[Name | Partial, ...], str], ...]
    known: tuple[Name | Partial, ...]
    target: Name | Partial


@dataclass(frozen=True)
class Gap:
    """A line with a blank in it, where ``GAP`` stands."""

    left: Tree
    right: Tree


GAP = Name("gap")


@dataclass(frozen=True)
class On:
    """Facts that hold on a graph of their own, not on the network's."""

    graph: Graph
    facts: Mapping[str, object]


@dataclass(frozen=True)
class Symbol:
    """An operation's or a declared function's own symbol: σ, g_1."""

    function: str


@dataclass(frozen=True)
class Relation:
    """A relation's own sign: +=."""

    relation: str


@dataclass(frozen=True)
class ArrowLabel:
    """What an arrow does: × w, + b, or a function's symbol."""

    sign: str  # "*", "+" or "" for a function
    by: Tree | Symbol
    plus: Tree | None = None  # the bias after a weight: × w, + b


@dataclass(frozen=True)
class Figure:
    """A drawing of a network: in layers, as a circuit of its operations, or as a stack of convolutional layers.

    ``values`` and ``gradients`` are the quantities whose numbers stand on a solution's drawing, and ``told`` those of
    them that stand on the question's too. In place of ``blanks`` the question has boxes to be filled in. ``letters``
    are what a question shows in place of a stack's sizes: a letter, or nothing.
    """

    network: Network
    kind: str  # layered, circuit or stack
    values: tuple[str, ...] = ()
    gradients: tuple[Partial, ...] = ()
    told: frozenset[str | Partial] = frozenset()
    blanks: tuple[str | Partial, ...] = ()
    look: Look = field(default_factory=Look)
    letters: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Part:
    """One question: what its template needs to word it and to work it out."""

    ask: str
    parameters: Mapping[str, str]
    answer: Answer | None
    facts: Mapping[str, object]
    id: str = ""
    points: int | Fraction = 1
    space: str = ""
    hint: str = ""
    directives: tuple[Mapping[str, object], ...] = ()
    demands: tuple[tuple[Tree, str], ...] = ()  # what must be negative "<", positive ">", zero "=" or not "!"
    distinct: tuple[Tree, ...] = ()  # choices that must not be taken for one another
    formulas: tuple[Tree, ...] = ()  # the right formula and wrong ones, which must not come to its number


@dataclass(frozen=True)
class Known:
    """What an exercise's givens fix: leaves and inner values by name, derivatives; which values are only taken.

    ``literal`` are the numbers that the quiz itself gives, which are the same for every variant; ``same`` names the
    number that several quantities share, drawn once for all of them.
    """

    numbered: frozenset[str] = frozenset()
    slopes: frozenset[Partial] = frozenset()
    taken: frozenset[str] = frozenset()
    literal: tuple[tuple[str | Partial, Fraction], ...] = ()
    same: tuple[tuple[str | Partial, str], ...] = ()


@dataclass(frozen=True)
class State:
    """What an exercise has said so far. ``shown`` maps each derived fact to the label of the part that derived it."""

    network: Network
    known: Known
    label: str = ""
    shown: Mapping[object, str] = field(default_factory=dict)

    @property
    def numbered(self) -> frozenset[str]:
        return self.known.numbered

    @property
    def graph(self) -> Graph:
        return self.network.graph

    @property
    def cuts(self) -> frozenset[str]:
        """The nodes whose values are given: what lies above them need not be known."""
        return frozenset(name for name in self.numbered if not self.graph.is_leaf(name))

    def value_nodes(self, *names: str) -> tuple[Node, ...]:
        """The nodes whose values ``names`` need and no part has shown yet, in order; given ones are not among them."""
        needed = frozenset().union(*(self.graph.upstream(name, self.cuts) for name in names)) - self.cuts
        return tuple(n for n in self.graph.nodes if n.name in needed and not self.where(("value", n.name)))

    def show(self, *facts: object) -> State:
        """The state after this part derived these facts."""
        return replace(self, shown={**dict.fromkeys(facts, self.label), **self.shown})

    def where(self, fact: object) -> str:
        """The label of the part that derived a fact, or an empty string."""
        return self.shown.get(fact, "")

    def settled(self, token: Partial, *, numeric: bool) -> bool:
        """Whether a derivative is given, or an earlier part has derived it."""
        if token in self.known.slopes:
            return True
        return bool(self.where(("number" if numeric else "adjoint", token)))

    def output(self, parameters: Mapping[str, object]) -> str:
        """The quantity that is derived: ``of``, else the loss, else the last node."""
        if "of" in parameters:
            return self.quantity(parameters["of"], "of", node=True)
        return self.network.loss or self.graph.output

    def quantity(self, name: object, parameter: str, *, node: bool = False) -> str:
        """A quantity of the graph by its name, or by its place in a role: ``weights[-1]``."""
        if not isinstance(name, str):
            raise AskError("must be the name of a quantity", parameter)
        role, bracket, index = name.partition("[")
        members = {"weights": self.network.weights, "inputs": self.network.inputs}.get(role)
        if bracket and members is not None and index[:-1].lstrip("-").isdigit() and name.endswith("]"):
            place = int(index[:-1])
            if not -len(members) <= place < len(members):
                raise AskError(f"{name} does not exist: there are {len(members)} {role}", parameter)
            return members[place]
        known = [n.name for n in self.graph.nodes] + ([] if node else list(self.graph.leaves))
        if name not in known:
            raise AskError(suggest(name, known), parameter)
        return name

    def members(self, chosen: Mapping[str, object], parameter: str) -> tuple[str, ...]:
        """The quantities of a role out of which one is drawn: ``{any: weights, layer: 2}``."""
        network, layer = self.network, chosen.get("layer")
        roles: dict[str, tuple[str, ...]]
        roles = {"inputs": network.inputs, "weights": network.weights, "biases": network.biases}
        if network.layers:
            numbers = range(1, len(network.layers) + 1)
            if layer is not None and layer not in numbers:
                raise AskError(f"there is no layer {layer}: they are numbered 1 to {len(network.layers)}", parameter)
            layers = [part for part in network.layers if layer in (None, part.number)]
            hidden = [part for part in layers if part.number < len(network.layers)]
            own = {name for part in layers for row in part.weights for name in row}
            roles |= {
                "weights": tuple(name for name in network.weights if name in own),
                "biases": tuple(name for part in layers for name in part.biases),
                "pre_activations": tuple(name for part in layers for row in part.pre for name in row),
                "hidden_pre_activations": tuple(name for part in hidden for row in part.pre for name in row),
                "activations": tuple(name for part in hidden for row in part.post for name in row),
            }  # fmt: skip
        for key in chosen:
            if key not in ("any", "layer", "as"):
                raise AskError(suggest(key, ["any", "layer", "as"]), parameter)
        role = chosen["any"]
        if role not in roles:
            raise AskError(suggest(str(role), roles), parameter)
        if not roles[str(role)]:
            raise AskError(f"there are no {role} to choose from", parameter)
        return roles[str(role)]

    def leaves(self, of: str) -> tuple[Name, ...]:
        """Inputs, weights and whatever else ``of`` comes from, in the order of their roles."""
        network, needed = self.network, self.graph.ancestors(of)
        roles = (*network.inputs, *network.weights, *network.biases, *network.constants, *network.targets)
        return tuple(Name(name) for name in roles or self.graph.leaves if name in needed)

    def derivative(self, parameters: Mapping[str, object]) -> Partial:
        """The derivative that ``of`` and ``wrt`` ask for; an error if there is none."""
        of = self.output(parameters)
        if "wrt" not in parameters:
            raise AskError("needs a quantity to derive by: wrt", "wrt")
        wrt = self.quantity(parameters["wrt"], "wrt")
        try:
            require(self.graph, of, wrt)
        except DerivationError as error:
            raise AskError(str(error), "wrt") from None
        if forward_form(self.graph, of, wrt) == ZERO:
            raise AskError(f"the derivative of {of} with respect to {wrt} is zero whatever the numbers are", "wrt")
        return Partial(of, wrt)

    def over(self, target: Partial, parameters: Mapping[str, object]) -> bool:
        """Whether a derivative is written over the nodes that use ``wrt`` (recursively), not along whole paths.

        ``form: paths`` or ``form: recursive`` says so; else it is where a derivative on the way is given, or the paths
        are many.
        """
        form = parameters.get("form")
        if form not in (None, "paths", "recursive"):
            raise AskError(suggest(str(form), ["paths", "recursive"]), "form")
        if form is not None:
            return form == "recursive"
        between = self.graph.descendants(target.wrt)
        if any(slope.of == target.of and slope.wrt in between for slope in self.known.slopes):
            return True
        return is_recursive(self.graph, target.of, target.wrt)

    def numeric(self, *names: str) -> bool:
        """Whether the givens say enough for the values of these quantities."""
        needed = frozenset().union(*(self.graph.upstream(name, self.cuts) for name in names))
        return all(name in self.numbered for name in needed if self.graph.is_leaf(name))

    @property
    def roles(self) -> Roles:
        """What slips must know of the network."""
        network = self.network
        trained = (*network.weights, *network.biases)
        return Roles(self.graph, trained, network.loss, network.example_losses, network.step_size)

    def determines(self, tree: Tree) -> bool:
        """Whether the givens say enough for the number of a tree."""
        return all(
            self.numeric(part.name) if isinstance(part, Name) else self._determined(part)
            for part in quantities(tree)
            if isinstance(part, (Name, Partial))
        )

    def _determined(self, slope: Partial) -> bool:
        """Whether a derivative is given, or follows from what is known of the nodes ahead."""
        if slope in self.known.slopes or self.numeric(slope.of):
            return True
        form = adjoints(self.graph, slope.of).get(slope.wrt) if self.known.slopes and not slope.held else None
        return form is not None and self.determines(form)

    def number(self, tree: Tree) -> Real | None:
        """A tree's number where the quiz's own numbers determine it; None if something is drawn, or has no number."""
        try:
            return Numbers(self.graph, dict(self.known.literal), taken=self.known.taken).value(tree)
        except EvaluationError:
            return None

    def layer(self, parameters: Mapping[str, object], default: int) -> Layer:
        """The layer that ``layer: 2`` means, counted from 1 behind the inputs."""
        layers = self.network.layers
        if not layers:
            raise AskError("needs a network of layers (kind: layered)")
        number = parameters.get("layer", default)
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= len(layers):
            raise AskError(f"there is no layer {shown(number)}: they are numbered 1 to {len(layers)}", "layer")
        return layers[number - 1]

    def need_one_example(self) -> None:
        """An error if a batch is to be drawn."""
        if self.network.layers and len(self.network.layers[0].pre) > 1:
            raise AskError("a batch has no drawing: each example has values of its own")

    def need_bound(self, *names: str) -> None:
        """An error if a number is asked for while a function is still abstract."""
        for name in names:
            for here in sorted(self.graph.upstream(name, self.cuts) - self.cuts):
                if not self.graph.is_leaf(here) and self.graph.is_abstract(self.graph.node(here).tree):
                    free = [f for f, _ in self.graph.functions if f not in dict(self.graph.bindings)]
                    bound = "is bound to an operation" if len(free) == 1 else "are bound to operations"
                    raise AskError(f"has no numbers until {', '.join(free)} {bound} (by a bind before it)")


def allow(parameters: Mapping[str, object], *known: str) -> None:
    """An error for a parameter that an ask does not take."""
    for key in parameters:
        if key not in known:
            raise AskError(suggest(key, known) if known else f"{key!r} is unknown; this ask takes no parameters", "")


# --- steps that several asks share --------------------------------------------------------------------------


def local_fact(graph: Graph, edge: tuple[str, str]) -> tuple[Partial, Tree]:
    """What makes a local derivative known: its token and its form (which changes when a function is bound)."""
    return local_partial(graph, *edge), local(graph, *edge)


def local_line(graph: Graph, edge: tuple[str, str]) -> Chain:
    """∂a/∂z = g(z)(1 − g(z)) = a(1 − a): through the operation's input where textbooks do, then as used."""
    name, parent = edge
    tree, form = graph.node(name).tree, local(graph, name, parent)
    steps: list[Tree] = []
    if isinstance(tree, Apply) and tree.args == (Name(parent),):
        operation = graph.operation(tree.operation)
        if operation in TEXTBOOK_IDENTITIES:
            steps.append(input_form(operation, tree.operation, Name(parent)))
    return chain(local_partial(graph, name, parent), *steps, form)


def input_form(operation: str, function: str, argument: Tree) -> Tree:
    """The table's local derivative in terms of the input, written with the function's own name: g(z)(1 − g(z))."""
    row = OPERATIONS[operation]
    form = substitute(read_row(operation, row.local[0]), {row.arguments[0]: argument})
    return _renamed(form, operation, function)


def _renamed(tree: Tree, operation: str, name: str) -> Tree:
    if not isinstance(tree, Apply):
        return tree
    renamed = name if tree.operation == operation else tree.operation
    return Apply(renamed, tuple(_renamed(argument, operation, name) for argument in tree.args), tree.slot)


def value_line(graph: Graph, node: Node, stage: int = 0) -> Chain:
    """z = w·x = 2 · 3 = 6; a loss bound by name is written out before the numbers go in."""
    form = node.tree
    if isinstance(form, Apply):
        operation = graph.operation(form.operation)
        if operation is not None and OPERATIONS[operation].written_out:
            form = graph.resolved(form)
    return chain(Name(node.name), node.tree, form, Filled(form, stage), Value(Name(node.name), stage))


def quantities(tree: Tree) -> tuple[Tree, ...]:
    """The names and Leibniz tokens in a tree, each once, in order."""
    return tuple(dict.fromkeys(part for part in walk(tree) if isinstance(part, (Name, Partial))))


def adjoint_lines(state: State, target: Partial, *, numeric: bool = True) -> tuple[Chain, ...]:
    """The adjoints of every node between ``wrt`` and ``of``, from the output back, but those given or shown before."""
    forms = adjoints(state.graph, target.of)
    lines = []
    for name in ahead(state, target, numeric=numeric):
        token, form = Partial(target.of, name), forms[name]
        lines.append(chain(token, form, *((Filled(form), Value(token)) if numeric else ())))
    return tuple(lines)


def ahead(state: State, target: Partial, *, numeric: bool = True) -> tuple[str, ...]:
    """The nodes whose adjoints ∂of/∂wrt still needs, from the output back: none beyond what is given or shown."""
    graph = state.graph.facing(target.wrt)
    reach = graph.behind(target.of)
    found: set[str] = set()
    waiting = [target.wrt]
    while waiting:
        for user in graph.users[waiting.pop()]:
            token = Partial(target.of, user)
            if user not in reach or user == target.of or user in found or state.settled(token, numeric=numeric):
                continue
            found.add(user)
            waiting.append(user)
    return tuple(node.name for node in reversed(graph.nodes) if node.name in found)


def adjoint_parts(state: State, target: Partial, *, numeric: bool = True) -> tuple[str, ...]:
    """The labels of the earlier parts whose derivatives ∂of/∂wrt goes on from."""
    here = (target.wrt, *ahead(state, target, numeric=numeric))
    users = dict.fromkeys(user for name in here for user in state.graph.facing(target.wrt).users[name])
    labels = (state.where(("number" if numeric else "adjoint", Partial(target.of, user))) for user in users)
    return tuple(dict.fromkeys(filter(None, labels)))


def slip_fact(slipped: Slipped) -> dict[str, object]:
    """What the words about a slip name: the quantities or the path that it is about, and the node where it is made."""
    about = (Route(slipped.path),) if slipped.path else slipped.about
    return {"slip": slipped.slip, "about": about, "at": Name(slipped.at) if slipped.at else ""}


def updated(network: Network, of: str, weight: str, gradient: Tree) -> Tree:
    """w − α · gradient: one step of gradient descent."""
    return apply("subtract", Name(weight), apply("multiply", Name(network.step_size), gradient))
