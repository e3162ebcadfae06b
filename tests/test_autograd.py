"""Random layered networks against HIPS autograd: every gradient, and a whole training step, to 1e-9.

What autograd differentiates is written here a second time, with NumPy and in matrices: Wᵀx, Wx or XW as the notation says.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import autograd
import autograd.numpy as np
import pytest

from derivgen import plan, spec
from derivgen.asks import ASKS
from derivgen.draws import Draws
from derivgen.evaluation import Numbers, to_decimal
from derivgen.exercise import Known
from derivgen.expression import Partial
from derivgen.networks import KINDS, Network, build
from derivgen.sheet import certified

NETWORKS, STEPS = 200, 25  # every eighth network takes a whole training step, as it is printed and proved
TOLERANCE = 1e-9
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda z: z,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "softmax": lambda z: np.exp(z) / np.sum(np.exp(z), axis=-1, keepdims=True),
}
LOSSES: dict[str, Callable[[Any, Any], Any]] = {  # of rows of outputs and targets: one number for each row
    "half_squared_error": lambda a, y: np.sum((a - y) ** 2, axis=-1) / 2,
    "squared_error": lambda a, y: np.sum((a - y) ** 2, axis=-1),
    "absolute_error": lambda a, y: np.sum(np.abs(a - y), axis=-1),
    "binary_cross_entropy": lambda a, y: -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a), axis=-1),
    "cross_entropy": lambda p, y: -np.sum(y * np.log(p), axis=-1),
}
NOTATIONS = ["from-to", "bias-row", "neurons", "textbook", "examples", "{like: textbook, bias: ''}", "{like: examples, bias: ''}"]


def options_of(chance: random.Random) -> str:
    """A random network as a quiz writes it."""
    notation = chance.choice(NOTATIONS)
    sizes = [chance.randint(1, 4) for _ in range(chance.randint(2, 4))]
    hidden = [chance.choice(["relu", "leaky_relu", "sigmoid", "tanh", "softplus", "identity"]) for _ in sizes[2:]]
    output, losses = chance.choice([
        ("identity", ["half_squared_error", "squared_error", "absolute_error"]), ("tanh", ["squared_error"]),
        ("sigmoid", ["binary_cross_entropy", "half_squared_error"]), ("softmax", ["cross_entropy"]),
    ])  # fmt: skip
    options = {"sizes": sizes, "activation": [*hidden, output], "loss": chance.choice(losses), "notation": notation}
    if output == "softmax":
        sizes[-1] = max(sizes[-1], 2)
    if "examples" in notation:
        options |= {"examples": chance.randint(2, 4), "reduction": chance.choice(["mean", "sum"])}
    elif output == "softmax" and chance.random() < 0.4:
        options["class"] = chance.randint(1, sizes[-1])
    if chance.random() < 0.2:
        options["biases"] = "false"
    return ", ".join(f"{key}: {value}" for key, value in options.items()).replace("'", "").replace("bias: }", "bias: ''}")


def network_of(options: str) -> tuple[spec.Exercise, Network]:
    text = f"title: T\nkinks: left\nexercises:\n  - network: {{kind: layered, {options}}}\n    asks: [training_step]\n"
    exercise = spec.loads(text, asks=ASKS, kinds=KINDS).exercises[0]
    return exercise, build(exercise.network, Draws("", "q", "1"), "left")


def numbers_of(network: Network, chance: random.Random) -> dict[str, Fraction]:
    """A tenth from −2 to 2 for each leaf; classes for a cross-entropy, 0 or 1 for a binary one."""
    given = {name: Fraction(chance.choice([n for n in range(-20, 21) if n]), 10) for name in network.graph.leaves}
    if network.loss_kind == "binary_cross_entropy":
        given |= {name: Fraction(chance.randint(0, 1)) for name in network.targets}
    for group in network.graph.simplices:
        shares = chance.choice([[1, 0, 0, 0], [0, 1, 0, 0], [Fraction(1, 4), Fraction(3, 4), 0, 0]])
        given |= {name: Fraction(share) for name, share in zip(group, shares, strict=False)}
    return given | dict(network.fixed) | {network.step_size: Fraction(1, 10)}


Arrays = dict[str, Any]


def arrays_of(network: Network, numbers: Mapping[str, Any]) -> Arrays:
    """The parameters and the inputs as arrays of floats, in the places that the network's own arrays give them."""
    found: Arrays = {"x": np.array([[float(numbers[n]) for n in row if n in network.inputs] for row in network.layers[0].before])}
    for layer in network.layers:
        found[f"W{layer.number}"] = np.array([[float(numbers[name]) for name in row] for row in layer.weights])
        if layer.biases:
            found[f"b{layer.number}"] = np.array([float(numbers[name]) for name in layer.biases])
    return found


def named(network: Network, arrays: Arrays) -> dict[str, float]:
    """The other way round: each quantity's number."""
    rows = [(name, value) for names, values in zip(network.layers[0].before, arrays["x"], strict=True)
            for name, value in zip([n for n in names if n in network.inputs], values, strict=True)]  # fmt: skip
    for layer in network.layers:
        weights = arrays[f"W{layer.number}"]
        rows += [(name, weights[i, j]) for i, names in enumerate(layer.weights) for j, name in enumerate(names)]
        rows += list(zip(layer.biases, arrays.get(f"b{layer.number}", ()), strict=True))
    return {name: float(value) for name, value in rows}


def loss_of(network: Network, targets: Any) -> Callable[[Arrays], Any]:
    """The forward pass in matrices, one example a row."""
    assert network.notation is not None
    by, bias_row = network.notation.product, bool(network.fixed)

    def loss(arrays: Arrays) -> Any:
        value = arrays["x"]
        for layer in network.layers:
            if bias_row:
                value = np.concatenate([np.ones((len(value), 1)), value], axis=1)
            weights = arrays[f"W{layer.number}"]
            value = np.dot(value, weights.T if by == "W x" else weights)
            if layer.biases:
                value = value + arrays[f"b{layer.number}"]
            value = ACTIVATIONS[layer.activation](value)
        each = LOSSES[network.loss_kind](value, targets)
        return np.mean(each) if network.reduction != "sum" else np.sum(each)

    return loss


def targets_of(network: Network, numbers: Mapping[str, Fraction]) -> Any:
    size = network.layers[-1].size
    if network.target_class:
        return np.array([[float(k == network.target_class) for k in range(1, size + 1)]])
    return np.array([float(numbers[name]) for name in network.targets]).reshape(-1, size)


def close(ours: Fraction | Decimal, theirs: float, what: str) -> None:
    mine = float(to_decimal(ours))
    assert abs(mine - theirs) <= TOLERANCE * max(1, abs(mine)), (what, mine, theirs)


@pytest.mark.parametrize("number", range(NETWORKS))
def test_a_random_network_agrees_with_autograd(number: int) -> None:
    chance = random.Random(f"layered {number}")
    options = options_of(chance)
    exercise, network = network_of(options)
    given = numbers_of(network, chance)
    numbers = Numbers(network.graph, given)
    arrays, loss = arrays_of(network, given), loss_of(network, targets_of(network, given))
    close(numbers[network.loss], loss(arrays), options)
    slopes = autograd.grad(loss)(arrays)
    for name, theirs in named(network, slopes).items():
        close(numbers[Partial(network.loss, name)], theirs, f"{name} in {options}")
    if number % (NETWORKS // STEPS):
        return
    made = plan.make(network, exercise.asks, Known(frozenset(network.graph.leaves)), 1, Draws("", "q", "1"), drop_repeats=False)
    after = certified(made, dict(given)).passes[1]
    stepped = {key: value if key == "x" else value - 0.1 * slopes[key] for key, value in arrays.items()}
    for name, theirs in named(network, stepped).items():
        close(after[name], theirs, f"new {name} in {options}")
    close(after[network.loss], loss(stepped), f"new loss in {options}")


def test_every_kind_of_network_is_among_them() -> None:
    made = [options_of(random.Random(f"layered {number}")) for number in range(NETWORKS)]
    for word in (*ACTIVATIONS, *LOSSES, "bias-row", "neurons", "textbook", "class: ", "reduction: sum", "reduction: mean", "biases: false"):
        assert sum(word in options for options in made) >= 4, word
