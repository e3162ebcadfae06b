"""One whole step of gradient descent: forward, every gradient, every update from the old weights, forward again."""

from __future__ import annotations

from collections.abc import Mapping

from derivgen.asks.gradients import arrays_of, derived, gradient_work
from derivgen.backward import forward_lines
from derivgen.derivation import Filled, Value, chain
from derivgen.draws import Draws
from derivgen.exercise import Answer, AskError, Part, State, allow, updated, value_line
from derivgen.expression import Name, Partial, Tree


def training_step(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    allow(parameters)
    of, network, graph = derived(state, parameters), state.network, state.graph
    if not network.loss:
        raise AskError("needs a loss")
    inner = [node.name for node in graph.nodes if node.name in state.cuts]
    if inner or state.known.slopes:
        name = inner[0] if inner else "a derivative"
        raise AskError(f"goes through the whole network from its inputs, but {name} is given")
    needed = [leaf for leaf in graph.leaves if leaf in graph.ancestors(of) or leaf == network.step_size]
    if missing := [leaf for leaf in needed if leaf not in state.numbered]:
        raise AskError(f"{missing[0]} has no number: give it one")
    arrays = [array for layer in network.layers for array in arrays_of(layer)]
    state, work = gradient_work(state, of, arrays, numeric=True)
    losses = [node for node in graph.nodes if node.name in (*network.example_losses, of)]
    unseen = [node for node in losses if not state.where(("value", node.name))]
    steps = {array: updated(network, of, array, Partial(of, array)) for array in arrays}
    updates = tuple(
        chain(Name(array), step, Filled(step), Value(step), relation="<-", truth=step) for array, step in steps.items()
    )  # fmt: skip
    facts = {
        **work, "of": Name(of), "step": Name(network.step_size), "arrays": tuple(map(Name, arrays)),
        "loss_lines": tuple(value_line(graph, node) for node in unseen), "updates": updates,
        "again": forward_lines(network, [node.name for node in graph.nodes], stage=1),
        "loss_part": state.where(("value", of)),
        "loss_line": chain(Name(of), Value(Name(of))), "new_loss_line": chain(Name(of), Value(Name(of), 1)),
    }  # fmt: skip
    entries: list[tuple[Tree, Tree | Value]] = [(step, Value(step)) for step in steps.values()]
    entries.append((Name(of), Value(Name(of), 1)))
    after = state.show(*(("value", node.name) for node in unseen))
    return after, Part("training_step", {}, Answer("values", tuple(entries)), facts)
