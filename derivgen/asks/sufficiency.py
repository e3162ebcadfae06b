"""Which of two data items are enough to work out a quantity: decided, with a formula or with two assignments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from derivgen.derivation import Chain, chain
from derivgen.draws import Draws
from derivgen.errors import CertificateError, shown
from derivgen.exercise import Answer, AskError, Counterexample, Part, State, allow, quantities
from derivgen.expression import Apply, Name, Partial, Tree, walk
from derivgen.graph import Graph
from derivgen.operations import KINKED
from derivgen.sufficiency import Decider, Quantity, Step, Witness, decider, node_of
from derivgen.sufficiency.items import (
    ANSWERS,
    Group,
    Item,
    ItemError,
    Question,
    Vocabulary,
    answer_of,
    drawn,
    quantities_of,
    word_of,
)

T = TypeVar("T")
LONGEST_RULE = 12  # parts of a chain-rule sum that is written before its local derivatives are put in
MOST_SHARING = 4  # quantities of one layer that share a row of a table


def sufficiency(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """``of`` from ``item_1``, from ``item_2``, or from both; what is left out is drawn, the ``answer`` first.

    Enough means: for all real numbers, zeros and kinks included. A given ``answer`` must be the right one.
    """
    if "wrt" in parameters:
        raise AskError("needs of, item_1 and item_2, each of which may be left out")
    allow(parameters, "of", "item_1", "item_2", "answer")
    network = state.network
    if not network.layers:
        raise AskError("needs a network of layers (kind: layered)")
    if len(network.layers[0].pre) > 1:
        raise AskError("is about a single example, not about a batch")
    if state.numbered - {name for name, _ in network.fixed} or state.known.slopes:
        raise AskError("is about a network without numbers: put it into an exercise without givens and random")
    state.need_bound(*network.outputs, *([network.loss] if network.loss else []))
    answer = parameters.get("answer", "")
    if "answer" in parameters and (not isinstance(answer, str) or answer not in ANSWERS):
        raise AskError(f"must be one of {', '.join(ANSWERS)}", "answer")
    words, deciding = Vocabulary(network), decider(network)
    question = _question(words, deciding, parameters, str(answer), draws)
    _refuse(state.graph, question)
    facts = {
        "target": question.target, "value": isinstance(question.target, Name), "answer": question.answer,
        "data": tuple(tuple(map(_phrase, item)) for item in question.items),
        "biases": bool(words.biases) and any(g.kind in ("weights", "between") for item in question.items for g in item),
        **_why(state, words, deciding, question),
    }  # fmt: skip
    place = ANSWERS.index(question.answer)
    named = {"of": word_of(question.target)}
    named |= {f"item_{i}": ", ".join(group.word for group in item) for i, item in enumerate(question.items, 1)}
    return state, Part("sufficiency", named, Answer("statements", (), ANSWERS, (place,)), facts)


def _question(
    words: Vocabulary, deciding: Decider, parameters: Mapping[str, object], answer: str, draws: Draws
) -> Question:
    """The question as given, decided; or drawn as far as it is not."""
    target = _read(words.quantity, parameters["of"], "of") if "of" in parameters else None
    first, second = (_item(words, parameters, f"item_{i}") for i in (1, 2))
    for key, item in (("item_1", first), ("item_2", second)):
        if item and target in quantities_of(item):
            raise AskError("names what is asked for", key)
    if first and second and set(quantities_of(first)) == set(quantities_of(second)):
        raise AskError("names the same as item_1", "item_2")
    if target is None or first is None or second is None:
        found = drawn(deciding, words, draws, answer=answer, target=target, items=(first, second))
        if found is None:
            wanted = f" with the answer {answer}" if answer else ""
            raise AskError(f"no question{wanted} was found on this network")
        return found
    decided = answer_of(deciding, target, (first, second))
    if not decided:
        raise AskError("cannot be decided: neither a formula nor two assignments that differ were found")
    if answer and answer != decided:
        raise AskError(f"is {shown(decided)}, not {shown(answer)}", "answer")
    return Question(target, (first, second), decided)


def _item(words: Vocabulary, parameters: Mapping[str, object], key: str) -> Item | None:
    """A data item: a word, or a list of them."""
    if key not in parameters:
        return None
    given = parameters[key]
    listed = given if isinstance(given, tuple) else (given,)
    if not listed:
        raise AskError("must name something that is known", key)
    return tuple(dict.fromkeys(_read(words.group, word, key) for word in listed))


def _read(read: Callable[[object], T], word: object, key: str) -> T:
    try:
        return read(word)
    except ItemError as error:
        raise AskError(str(error), key) from None


def _refuse(graph: Graph, question: Question) -> None:
    """An error if a target's sum is fixed, or the quiz does not say what a derivative is at a kink."""
    tokens = (question.target, *quantities_of(*question.items))
    tied = frozenset(name for group in graph.simplices for name in group)
    if any(tied & graph.ancestors(node_of(token)) for token in tokens):
        raise AskError("cannot be decided about a loss whose targets sum to one: ask about the outputs")
    kinked = any(
        isinstance(part, Apply) and part.operation in KINKED for node in graph.nodes for part in walk(node.tree)
    )
    if graph.kinks == "forbid" and kinked and any(isinstance(token, Partial) for token in tokens):
        raise AskError("must know what a derivative is at a kink: say kinks: left (ReLU'(0) = 0) or right in the quiz")


def _phrase(group: Group) -> dict[str, object]:
    """What the words of a data item name."""
    quantities_: tuple[Tree, ...] = group.quantities
    return {
        "kind": group.kind, "quantities": quantities_, "name": group.name or "",
        "derivative": all(isinstance(q, Partial) for q in quantities_),
        "from": tuple(map(Name, group.ends[0])), "to": tuple(map(Name, group.ends[1])),
    }  # fmt: skip


# --- why ------------------------------------------------------------------------------------------------------------


def _why(state: State, words: Vocabulary, deciding: Decider, question: Question) -> dict[str, object]:
    """A formula or a pair of assignments for each of the cases that the answer speaks of."""
    items = question.items
    cases = {
        "first": ((1,), (2,)), "second": ((2,), (1,)), "together": ((1,), (2,), (1, 2)), "each": ((1,), (2,)),
        "neither": ((1, 2),),
    }[question.answer]  # fmt: skip
    found: list[dict[str, object]] = []
    for numbers in cases:
        known = quantities_of(*(items[i - 1] for i in numbers))
        decided = deciding.decide(question.target, known)
        if isinstance(decided, tuple):
            formula = lines(decided, (*known, *deciding.closure.constants))
            found.append({"numbers": numbers, "enough": True, "lines": formula, "several": len(formula) > 1})
        else:
            assert decided is not None
            pair = _counterexample(state, question.target, known, decided)
            found.append({"numbers": numbers, "enough": False, "pair": pair, "others": _others(state, words, pair)})
    return {"cases": tuple(found)}


def lines(steps: tuple[Step, ...], known: tuple[Quantity, ...]) -> tuple[Chain, ...]:
    """A line for each step: ∂f/∂x by the chain rule, then in what is known."""
    have = set[Tree](known)
    found = []
    for step in steps:
        if missing := [q for q in quantities(step.form) if q not in have]:
            raise CertificateError(f"a formula uses {word_of(missing[0])}, which is not known")  # type: ignore[arg-type]
        have.add(step.quantity)
        written = step.written
        short = written is not None and written != step.form and sum(1 for _ in walk(written)) <= LONGEST_RULE
        several = short and isinstance(written, Apply)
        found.append(chain(step.quantity, *((written,) if several and written else ()), step.form))
    return tuple(found)


def _counterexample(state: State, target: Quantity, known: tuple[Quantity, ...], witness: Witness) -> Counterexample:
    """The table's rows: leaves that are not 1, the outputs layer by layer, other known quantities, the target last."""
    graph, network = state.graph, state.network
    needed = _needed(graph, target, known)
    fixed = tuple((name, value, value) for name, value in network.fixed if name in needed)
    own = set(known)

    def remark(quantity: Quantity) -> str:
        return "known" if quantity in own else ""

    rows: list[tuple[tuple[Quantity, ...], str]] = [
        ((Name(name),), remark(Name(name))) for name, one, other in witness.leaves if not one == other == 1
    ]
    listed: set[Quantity] = {target, *(Name(name) for name, *_ in witness.leaves)}
    for layer in network.layers:
        posts = [Name(a) for a in layer.post[0] if a in needed and Name(a) != target and not graph.is_leaf(a)]
        alike = len({remark(a) for a in posts}) == 1 and len(posts) <= MOST_SHARING
        rows += [(tuple(posts), remark(posts[0]))] if alike else [((a,), remark(a)) for a in posts]
        listed |= set(posts)
    rows += [((quantity,), "known") for quantity in known if quantity not in listed]
    rows = [row for row in rows if row[0] != (target,)]
    return Counterexample((*witness.leaves, *fixed), (*rows, ((target,), "asked")), known, target)


def _needed(graph: Graph, target: Quantity, known: tuple[Quantity, ...]) -> frozenset[str]:
    ends = (node_of(quantity) for quantity in (target, *known))
    return frozenset[str]().union(*map(graph.ancestors, ends))


def _others(state: State, words: Vocabulary, pair: Counterexample) -> tuple[str, ...]:
    """What kinds of leaves are 1 in both assignments and have no row."""
    network = state.network
    rows = {quantity for row, _ in pair.rows for quantity in row}
    rest = {name for name, *_ in pair.leaves if Name(name) not in rows} - {name for name, _ in network.fixed}
    roles = {
        "weights": words.weights, "biases": words.biases, "inputs": network.inputs, "targets": network.targets,
    }  # fmt: skip
    return tuple(role for role, names in roles.items() if rest & set(names))
