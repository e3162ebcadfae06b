"""A convolutional network in, what is said and counted of its layers out: facts for templates, sums and products."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from derivgen.derivation import Chain, chain
from derivgen.errors import CertificateError
from derivgen.exercise import AskError, On, State
from derivgen.expression import Apply, Name, Tree, apply, number, total
from derivgen.graph import Graph, Node
from derivgen.networks import Network, Unit
from derivgen.networks.convolutional import sizes, window_tree

WRITTEN_OUT = 4  # layers whose terms all stand in the sum of a total; of more, their counts do


def rows(network: Network) -> tuple[tuple[Unit, ...], ...]:
    """The units that stand in one row of a sheet: a layer, then its batch normalization and its activation."""
    found: dict[int, list[Unit]] = {}
    for unit in network.units:
        found.setdefault(unit.row, []).append(unit)
    return tuple(map(tuple, found.values()))


def square(network: Network) -> bool:
    """Whether pictures are as high as wide, so that one size says both."""
    return network.input_shape[1:2] == network.input_shape[2:]


def stacked(state: State) -> tuple[tuple[Unit, ...], ...]:
    """The rows of the exercise's network; an error if it is of another kind."""
    if not state.network.units:
        raise AskError("needs a network of kind convolutional")
    return rows(state.network)


def row_of(state: State, parameters: Mapping[str, object], key: str = "layer") -> Unit | None:
    """The layer that ``layer: 2`` means, numbered as on the sheet; None if it is not said."""
    units = [row[0] for row in stacked(state)]
    wanted = parameters.get(key)
    if wanted is None:
        return None
    if not isinstance(wanted, int) or isinstance(wanted, bool) or not 1 <= wanted <= len(units):
        raise AskError(f"must be the number of a layer, from 1 to {len(units)}", key)
    return units[wanted - 1]


# --- what is said -------------------------------------------------------------------------------------------


def described(row: tuple[Unit, ...]) -> dict[str, object]:
    """A row in plain data, for a template to put into words."""
    unit, *more = row
    return {
        "row": unit.row, "kind": unit.kind, "source": unit.source, "second": unit.second, "inside": unit.inside,
        "follows": unit.source == unit.row - 1, "projection": unit.projection, "activation": unit.activation,
        "channels": unit.after[0], "kernel": unit.kernel, "whole": unit.whole, "stride": unit.stride,
        "padding": unit.padding, "dilation": unit.dilation, "groups": unit.groups, "bias": unit.bias,
        "biased": unit.kind in ("conv", "dense"), "shape": unit.after, "before": unit.before,
        "more": tuple({"kind": other.kind, "activation": other.activation} for other in more),
    }  # fmt: skip


def window_words(network: Network) -> dict[str, object]:
    """The size formula in letters, certified on a graph of its own; with the dilation where a layer has one."""
    dilated = any(unit.dilation > 1 for unit in network.units)
    text = "m = floor((n + 2*p - d*(k - 1) - 1)/s) + 1" if dilated else "m = floor((n + 2*p - k)/s) + 1"
    graph = Graph.of(text, ["n", "p", "k", "s", *(["d"] if dilated else [])])
    return {"line": On(graph, {"line": chain(Name("m"), graph.node("m").tree)}), "dilated": dilated}


def size_lines(network: Network, unit: Unit) -> tuple[Chain, ...]:
    """n_2 = ⌊(28 + 2·0 − 2)/2⌋ + 1 = 14 of a row; empty where nothing is worked out."""
    names = sizes(unit.row, unit.after, square(network))
    dilated = any(other.dilation > 1 for other in network.units)
    if unit.windowed:
        _slid(unit)
        sides = zip(names, unit.before[1:], unit.kernel, unit.after[1:], strict=False)
        return tuple(
            chain(Name(name), window_tree(number(n), unit, k, dilated=dilated), number(m)) for name, n, k, m in sides
        )
    if unit.kind == "flatten":
        return (chain(Name(names[0]), Apply("multiply", tuple(map(number, unit.before))), number(unit.after[0])),)
    return ()


def _slid(unit: Unit) -> None:
    """Count a window's places one by one: the steps of s at which its last entry is still in the padded picture."""
    for n, k, m in zip(unit.before[1:], unit.kernel, unit.after[1:], strict=True):
        last = unit.dilation * (k - 1)
        places = sum(1 for start in range(0, n + 2 * unit.padding, unit.stride) if start + last < n + 2 * unit.padding)
        if places != m:
            raise CertificateError(f"layer {unit.row} has {places} places for its window, not {m}")


# --- what is counted ----------------------------------------------------------------------------------------


def tensors(unit: Unit) -> tuple[tuple[int, ...], ...]:
    """The shapes of what is learned: kernels [C_out, C_in/g, k, k], weights [out, in], biases, scale and shift."""
    if unit.kind == "conv":
        weights: tuple[int, ...] = (unit.after[0], unit.before[0] // unit.groups, *unit.kernel)
    elif unit.kind == "dense":
        weights = (unit.after[0], unit.before[0])
    else:
        return ((unit.after[0],),) * 2 if unit.kind == "batch_norm" else ()
    return (weights, (unit.after[0],)) if unit.bias else (weights,)


def parameters(unit: Unit) -> int:
    """How many numbers are learned."""
    return sum(map(prod, tensors(unit)))


def parameter_terms(unit: Unit) -> tuple[Tree, ...]:
    """k·k·C_in·C_out and C_out of a convolution, in·out and out of a dense layer, 2·C of a batch normalization."""
    out = number(unit.after[0])
    if unit.kind == "batch_norm":
        return (apply("multiply", number(2), out),)
    if unit.kind not in ("conv", "dense"):
        return ()
    factors = (*unit.kernel, unit.before[0] // unit.groups)
    return (apply("multiply", *map(number, factors), out), *([out] if unit.bias else []))


def multiply_adds(unit: Unit) -> int:
    """A convolution's or a dense layer's multiplications: one for each weight at each place that it is used."""
    weights = tensors(unit)[:1] if unit.kind in ("conv", "dense") else ()
    return sum(map(prod, weights)) * prod(unit.after[1:])


def multiply_terms(unit: Unit) -> tuple[Tree, ...]:
    """k·k·C_in·C_out·H·W of a convolution, in·out of a dense layer."""
    if unit.kind not in ("conv", "dense"):
        return ()
    factors = (*unit.kernel, unit.before[0] // unit.groups, *unit.after)
    return (apply("multiply", *map(number, factors)),)


def with_commas(count: int) -> str:
    """A count as a text prints it: 557,057."""
    return f"{count:,}"


Counted = tuple[dict[str, object], Tree, int]


def counts(
    network: Network, terms: Mapping[int, tuple[Tree, ...]], found: Mapping[int, int], what: str = "N"
) -> dict[str, object]:
    """Each row's sum with its count, and the total: all terms if there are few layers, else their counts."""
    here = {row[0].row: described(row) for row in rows(network)}
    listed = [row for row in here if terms.get(row)]
    every = [term for row in listed for term in terms[row]]
    whole = total(every) if len(listed) <= WRITTEN_OUT else total(number(found[row]) for row in listed)
    count = sum(found.values())
    graph = Graph.made((), [Node(what, total(every))])
    return {
        "rows": tuple(
            {**here[row], "line": chain(total(terms[row]), number(found[row])), "count": with_commas(found[row])}
            for row in listed
        ),
        "none": tuple(here[row] for row in here if row not in listed),
        "total": On(graph, {"line": chain(Name(what), whole, number(count))}),
        "count": with_commas(count), "several": len(listed) > 1,
    }  # fmt: skip
