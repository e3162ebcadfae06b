"""An exercise's structure in, everything that its variants share out: parts, printed forms, symbolic certificates.

Made once per structure and kept; a variant then costs draws, arithmetic, number certificates and templates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from derivgen import certify
from derivgen.asks import ASKS, OF_STACKS, WHOLE
from derivgen.derivation import Chain, Filled, Value, chain
from derivgen.draws import Draws
from derivgen.errors import CertificateError, DerivgenError
from derivgen.exercise import (
    TEXTBOOK_IDENTITIES,
    AskError,
    Known,
    Part,
    State,
    Symbol,
    input_form,
)
from derivgen.expression import Apply, Name, Partial, Tree, substitute, walk
from derivgen.figures.drawing import Drawing
from derivgen.graph import Graph, GraphError
from derivgen.linearity import Move
from derivgen.networks import Network, drawn
from derivgen.operations import OPERATIONS
from derivgen.preparing import (
    PreparedChain,
    answer_proofs,
    chains_of,
    checked,
    entries_of,
    facts_of,
    prepare,
    prove,
)
from derivgen.reading import read_row
from derivgen.spec import Ask as AskSpec
from derivgen.spec import Picture
from derivgen.stem import drawing_asks, picture, primes, stem

STATED = frozenset({"true_false", "fill_in_blank"})  # asks whose questions print a derivative's formula
PRINTED = STATED | {"gradient"}
NO_PICTURE = Picture(False)



@dataclass(frozen=True, eq=False)
class Plan:
    """One exercise: its network after all bindings, its stem's and parts' facts, prepared, and the proofs so far."""

    network: Network
    stem: Mapping[str, object]
    parts: tuple[Part, ...]
    prepared: tuple[Mapping[str, object], ...]
    proofs: tuple[tuple[certify.Proof, ...], ...]
    chains: tuple[tuple[PreparedChain, ...], ...]
    trailing: tuple[Mapping[str, object], ...]
    lines: certify.NumberLines
    known: Known
    drawings: tuple[Drawing, ...] = ()

    @property
    def graph(self) -> Graph:
        return self.network.graph

    @cached_property
    def cuts(self) -> frozenset[str]:
        """The nodes whose values are given."""
        return frozenset(name for name in self.known.numbered if not self.graph.is_leaf(name))

    @cached_property
    def partial(self) -> bool:
        """Whether something inside the network is given: then not all that lies above it need be known."""
        return bool(self.cuts or self.known.slopes)

    @cached_property
    def used(self) -> frozenset[str]:
        """Every quantity that a number on the sheet depends on."""
        found: set[str] = set()
        for part in self.parts:
            for tree in (*_value_trees(part), *(tree for tree, _ in part.demands)):
                for name in quantities_of(self.graph, tree):
                    found |= self.graph.upstream(name, self.cuts)
        for key in (key for drawing in self.drawings for key in drawing.keys):
            name = key if isinstance(key, str) else key.of
            found |= self.graph.upstream(name, self.cuts) if name in self.graph else set()
        return frozenset(found)

    @cached_property
    def needed(self) -> frozenset[str]:
        """The leaves for which a number is needed."""
        return frozenset(name for name in self.used if self.graph.is_leaf(name))

    @cached_property
    def moves(self) -> tuple[tuple[Part, Move], ...]:
        """The steps of single quantities of which the numbers decide what is said."""
        return tuple((part, move) for part in self.parts for move, _ in facts_of(Move, part.facts, self.graph))

    @cached_property
    def answers(self) -> tuple[tuple[Part, Tree], ...]:
        """Each part's numeric answers before any step of gradient descent, matrices entry by entry.

        Changes that are printed with decimals of their own are none of them.
        """
        return tuple(
            (part, tree)
            for part in self.parts
            for _, right in (part.answer.entries if part.answer else ())
            if isinstance(right, Value) and not right.stage and right.apart is None
            for tree in entries_of(self.graph, right.tree)
        )


def quantities_of(graph: Graph, tree: Tree) -> Iterator[str]:
    """The quantities that a tree's number depends on, whole arrays entry by entry."""
    arrays = dict(graph.arrays)
    for piece in walk(tree):
        if isinstance(piece, Partial):
            yield piece.of
        elif isinstance(piece, Name) and piece.name in arrays:
            yield from quantities_of(graph, arrays[piece.name])
        elif isinstance(piece, Name):
            yield piece.name


def _value_trees(part: Part) -> Iterator[Tree]:
    for line in chains_of(part.facts):
        for link in line.links:
            if isinstance(link.right, Filled) and link.right.keep:
                yield from _filled_names(link.right)
            elif isinstance(link.right, (Filled, Value)):
                yield link.right.tree


def _filled_names(line: Filled) -> tuple[Tree, ...]:
    """The names of a line that numbers are put in for."""
    return tuple(part for part in walk(line.tree) if isinstance(part, Name) and part.name not in line.keep)


# --- from a quiz file's exercise to a plan ------------------------------------------------------------------


def make(
    network: Network,
    asks: tuple[AskSpec, ...],
    known: Known,
    number: int,
    draws: Draws,
    *,
    drop_repeats: bool,
    wanted: Picture = NO_PICTURE,
) -> Plan:
    """Fold the state over the asks; errors carry the place in the quiz file."""
    state = State(network, known)
    parts: list[Part] = []
    prepared: list[Mapping[str, object]] = []
    proofs: list[tuple[certify.Proof, ...]] = []
    chains: list[tuple[PreparedChain, ...]] = []
    directives: list[Mapping[str, object]] = []
    seen: set[tuple[object, ...]] = set()
    stem_found: list[PreparedChain] = []
    asked = frozenset(ask.name for ask in asks)
    stem_facts = stem(network, asked, picture(network, asked, drawing_asks(asks), known, wanted))
    prepared_stem = prepare(stem_facts, network.graph, stem_found)
    drawings = _named(prepared_stem, str(number))
    if wanted.show and wanted.place and any(drawing.crowded for drawing in drawings):
        raise wanted.place.error("this network is too crowded to be drawn")
    for line, ready in zip(chains_of(stem_facts), stem_found, strict=True):
        prove(line, ready)
    leaks = any(ask.name == "local_derivatives" for ask in asks)
    counts: dict[str, int] = {}
    shared = draws.within("shared")
    for spec in asks:
        counts[spec.name] = counts.get(spec.name, 0) + 1
        own = draws if spec.name == "bind" else draws.within("ask", spec.name, str(counts[spec.name]))
        try:
            if network.units and spec.name not in (*OF_STACKS, "text"):
                raise AskError(f"a convolutional network has shapes and counts only: ask {', '.join(OF_STACKS[:-1])}")
            if spec.name == "bind":
                state, facts = _bind(state, resolved(spec.parameters, state, own, draws, "bind "), leaks)
                ready_chains: list[PreparedChain] = []
                directives.append(checked(facts, state.graph, ready_chains))
                continue
            if spec.name == "text":
                directives.append({"directive": "text", "text": spec.parameters["text"]})
                continue
            chosen = resolved(spec.parameters, state, own, shared)
            alike = drop_repeats or chosen != spec.parameters  # what is drawn may come out twice
            for parameters in (chosen,) if spec.name in WHOLE else _singles(chosen):
                label = chr(ord("a") + len(parts)) if len(parts) < 26 else f"a{chr(ord('a') + len(parts) - 26)}"
                after, part = ASKS[spec.name](replace(state, label=label), parameters, own)
                key = (part.ask, tuple(sorted(part.parameters.items())), state.graph.bindings, parameters.get("form"))
                if key in seen:
                    if alike:
                        continue
                    raise AskError(f"this exercise has already asked {part.ask} of the same quantity")
                if other := _given_away(part, parts):
                    if alike:
                        continue
                    label = other.id.partition(".")[2]
                    raise AskError(f"one question would print the other's answer: part {label} asks the same")
                seen.add(key)
                state = after
                said = {g: on for g, on in primes(state.graph, part.facts).items() if not state.where(("prime", g))}
                state = state.show(*(("prime", function) for function in said))
                part = replace(part, facts={**part.facts, "primes": tuple(said.values())}) if said else part
                part = replace(
                    part, id=f"{number}.{label}", points=1 if spec.points is None else spec.points,
                    space=spec.space or part.space, hint=spec.hint or "", directives=tuple(directives),
                )  # fmt: skip
                directives = []
                found: list[PreparedChain] = []
                part_proofs: list[certify.Proof] = []
                prepared.append(checked(part.facts, state.graph, found, part_proofs))
                parts.append(part)
                proofs.append(tuple(answer_proofs(part, state.graph)) or tuple(part_proofs))
                chains.append(tuple(found))
                drawn = _named(prepared[-1], f"{number}{label}")
                if any(drawing.crowded for drawing in drawn):
                    raise AskError("this network is too crowded to be drawn")
                drawings += drawn
        except AskError as error:
            place = spec.place.at(error.parameter) if error.parameter else spec.place
            raise place.error(error.problem) from None
        except GraphError as error:
            raise spec.place.error(error.problem) from None
        except CertificateError:
            raise
        except DerivgenError as error:
            raise spec.place.error(str(error)) from None
    if not parts:
        raise asks[0].place.error("there is nothing to ask") if asks else AskError("there is nothing to ask")
    assert isinstance(prepared_stem, dict)
    return Plan(
        replace(network, graph=state.graph), prepared_stem, tuple(parts), tuple(prepared), tuple(proofs), tuple(chains),
        tuple(directives), certify.NumberLines(state.graph), known, tuple(drawings),
    )  # fmt: skip


def _named(facts: object, name: str) -> list[Drawing]:
    """The drawings among prepared facts; each gets the name of its files."""
    found = list(_drawings(facts))
    for i, drawing in enumerate(found):
        drawing.name = name + (f"-{i + 1}" if i else "")
    return found


def _drawings(facts: object) -> Iterator[Drawing]:
    if isinstance(facts, Drawing):
        yield facts
    elif isinstance(facts, Mapping):
        for inner in facts.values():
            yield from _drawings(inner)
    elif isinstance(facts, list):
        for inner in facts:
            yield from _drawings(inner)


def _given_away(part: Part, parts: list[Part]) -> Part | None:
    """An earlier part about the same derivative, one of the two in words that print its formula for the other."""
    about = [part.parameters.get(key) for key in ("of", "wrt")]
    for other in parts if all(about) else ():
        asks = {part.ask, other.ask}
        if [other.parameters.get(key) for key in ("of", "wrt")] == about and asks <= PRINTED and asks & STATED:
            return other
    return None


def resolved(
    parameters: Mapping[str, object], state: State, draws: Draws, shared: Draws, prefix: str = ""
) -> dict[str, object]:
    """The parameters with what is left to chance drawn: ``{one_of: […]}``, and ``{any: weights, layer: 2, as: v}``."""
    found: dict[str, object] = {}
    for key, value in parameters.items():
        value = drawn(value, f"{prefix}{key}", draws)
        if isinstance(value, Mapping) and "any" in value:
            members, same = state.members(value, key), value.get("as")
            # `as` names a choice, so that several asks can be about the same quantity.
            value = shared.choice(str(same), members) if same else draws.choice(f"{prefix}{key}", members)
        found[key] = value
    return found


def _singles(parameters: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """An ask of several quantities (``chain_rule: [w_1, w_2]``) is one part for each."""
    wrt = parameters.get("wrt")
    for one in wrt if isinstance(wrt, (tuple, list)) else (wrt,):
        yield parameters if one is None else {**parameters, "wrt": one}


def _bind(state: State, bindings: Mapping[str, object], leaks: bool) -> tuple[State, dict[str, object]]:
    graph = state.graph
    done = dict(graph.bindings)
    for function in bindings:
        if function in done:
            raise AskError(f"{function} is already bound to {done[function]}", function)
    bound = graph.bind({function: str(value) for function, value in bindings.items()})
    groups: dict[str, list[str]] = {}
    for function, operation in ((f, dict(bound.bindings)[f]) for f in bindings):
        groups.setdefault(operation, []).append(function)
    calls = {function: _call(bound, function) for function in bindings}
    facts: dict[str, object] = {
        "directive": "bind",
        "bindings": tuple(
            {"operation": operation, "functions": tuple(map(Symbol, group))} for operation, group in groups.items()
        ),
        "definitions": tuple(_definition(calls[f], operation) for operation, group in groups.items() for f in group),
        "identities": () if leaks else tuple(
            chain(replace(calls[f], slot=1), input_form(operation, f, calls[f].args[0]))
            for operation, group in groups.items() if operation in TEXTBOOK_IDENTITIES for f in group
        ),
    }  # fmt: skip
    return replace(state, network=replace(state.network, graph=bound)), facts


def _call(graph: Graph, function: str) -> Apply:
    """The first call of a declared function in the equations."""
    return next(
        part for node in graph.nodes for part in walk(node.tree)
        if isinstance(part, Apply) and part.operation == function
    )  # fmt: skip


def _definition(call: Apply, operation: str) -> Chain:
    """Loss(a, y) = ½(a − y)², or g(z) = 1/(1 + e^−z): what a bound function's call means here."""
    row = OPERATIONS[operation]
    if not row.value:
        return chain(call, Apply(operation, call.args))
    return chain(call, substitute(read_row(operation, row.value), dict(zip(row.arguments, call.args, strict=True))))
