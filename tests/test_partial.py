"""Partial information: what some givens inside a network determine, what they do not, and what contradicts them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.backward import read_off
from derivgen.contradictions import unsolvable
from derivgen.draws import Draws
from derivgen.errors import CertificateError, QuizError
from derivgen.evaluation import MissingNumberError, Numbers, to_decimal
from derivgen.exercise import Known, State
from derivgen.expression import Name, Partial
from derivgen.graph import Graph
from derivgen.networks import KINDS, Network, build
from derivgen.sheet import Composer, Sheet
from derivgen.writing import files, key

RELU = "sizes: [2, 2, 2, 1], activation: relu, biases: false"


def compose(network: str, givens: str, asks: str, *, top: str = "", more: str = "") -> Sheet:
    text = f"title: T\n{top}\nexercises:\n  - network: {{kind: layered, {network}}}\n    givens: {givens}\n{more}    asks: {asks}\n"
    return Composer(spec.loads(text, asks=ASKS, kinds=KINDS)).compose("1")


def answers(sheet: Sheet) -> list[dict[str, Any]]:
    return [part["answer"] for part in json.loads(key(sheet))["exercises"][0]["parts"]]


def exact(sheet: Sheet) -> list[Fraction]:
    return [Fraction(answer["exact"]) for answer in answers(sheet)]


def refusal(*words: str, **more: str) -> str:
    with pytest.raises(QuizError) as caught:
        compose(*words, **more)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def solutions(sheet: Sheet) -> str:
    return files(sheet, ["latex"])["solutions.tex"]


# --- the two problems of source 001 ------------------------------------------------------------------------------

SIX = "[derivative: a_1^(1), derivative: a_2^(1), derivative: z_1^(1), derivative: z_2^(1), derivative: W_11^(2), derivative: W_21^(2)]"
FIRST = "{W2: [[5, 1], [1, 2]], z^(1): [3, -2], dH/dz^(2): [-3, 1]}"
SECOND = "{W2: [[3, -1], [-1, 2]], z^(1): [2, 4], dH/dz^(2): [-1, 2]}"


@pytest.mark.parametrize(
    ("givens", "published"), [(FIRST, [-14, -1, -14, 0, -9, 0]), (SECOND, [-5, 5, -5, 5, -2, -4])], ids=["first", "second"]
)
def test_a_network_of_which_only_the_middle_is_known(givens: str, published: list[int]) -> None:
    sheet = compose(RELU, givens, SIX)
    assert exact(sheet) == published
    text = solutions(sheet)
    if published[0] == -14:
        for line in (r"(-3) \cdot 5 + 1 \cdot 1 ", r"(-3) \cdot 1 + 1 \cdot 2 ", r"(-3) \cdot 3 "):
            assert line in text
    assert "x_1" not in text.partition(r"\begin{document}")[2].partition("Compute")[2], "what is not known is not used"


def test_a_derivative_that_is_given_is_used_as_given_wherever_it_stands() -> None:
    """With dH/da^(1) known, what lies behind it need not be; nor need the weights that lead there."""
    found = exact(compose(RELU, "{dH/da^(1): [7, -2], z^(1): [3, -2], x: [4, 5]}", "[derivative: z_1^(1), derivative: W_11^(1), derivative: W_21^(1), derivative: W_22^(1)]"))
    assert found == [7, 28, 35, 0]
    deltas = exact(compose(RELU, "{delta2: [-3, 1], W2: [[5, 1], [1, 2]]}", "[derivative: a_1^(1)]"))
    assert deltas == [-14], "delta2 is short for dH/dz^(2)"


def test_a_large_loss_does_not_blur_what_is_proved() -> None:
    """The certificate adds up given derivatives to all of its digits: L = 2520.5 once hid what a step of 10^-25 changes."""
    network = "sizes: [1, 1], loss: half_squared_error"
    assert exact(compose(network, "{y: -1, H: 70, dL/dH: 71}", "[derivative: y]")) == [-71]
    assert exact(compose(network, "{y: 1, H: '-2657/2500', dL/dz_1^(1): '-5157/2500'}", "[derivative: H]")) == [Fraction(-5157, 2500)]


def test_thirds_may_be_given_as_the_outputs_of_a_softmax() -> None:
    softmax = "sizes: [2, 3], output_activation: softmax, loss: cross_entropy"
    sheet = compose(softmax, "{H: ['1/3', '1/2', '1/6'], y: [0, 0, 1]}", "[loss_gradient]")
    assert answers(sheet)[0]["exact"] == [["1/3"], ["1/2"], ["-5/6"]]


@pytest.mark.parametrize("leave_out", ["W2", "z^(1)", "dH/dz^(2)"])
def test_without_any_one_of_the_three_the_missing_quantity_is_named(leave_out: str) -> None:
    givens = {"W2": "[[5, 1], [1, 2]]", "z^(1)": "[3, -2]", "dH/dz^(2)": "[-3, 1]"}
    left = ", ".join(f"{name}: {value}" for name, value in givens.items() if name != leave_out)
    missing = {"W2": "W_12^(2)", "z^(1)": "z_1^(1)", "dH/dz^(2)": "W_11^(3)"}[leave_out]
    message = refusal(RELU, f"{{{left}}}", "[derivative: z_1^(1)]")
    assert f"exercises[0]: the givens do not determine what is asked: {missing} has no number" in message


# --- the numbered network of source 001 --------------------------------------------------------------------------

NUMBERED = "[derivative: z_1^(2), derivative: a_2^(1), derivative: W_11^(1), output]"


@pytest.mark.parametrize(
    "givens",
    [
        "{x: [1, 3], W1: [[2, 1], [3, 1]], W2: [[2, 1], [0, 1]], W3: [3, -2]}",
        "{x: [1, 3], W1: [[2, 1], [3, 1]], W2: [[2, 1], [0, 1]], W3: [3, -2], z^(1): [11, 4], z^(2): [22, 15]}",
        "{x: [1, 3], W2: [[2, 1], [0, 1]], W3: [3, -2], z^(1): [11, 4], z^(2): [22, 15]}",
        "{x: [1, 3], W2: [[2, 1], [0, 1]], W3: [3, -2], z^(1): [11, 4]}",
    ],
    ids=["weights", "weights and values", "values for W1", "no z2"],
)
def test_the_numbered_network(givens: str) -> None:
    assert exact(compose(RELU, givens, NUMBERED)) == [3, -2, 4, 36]


# --- the kink of source 001 --------------------------------------------------------------------------------------

AT_A_KINK = "{x: [-2, 3], W1: [[5, 0], [-1, 3]], W2: [[2, 4], [0, 1]], W3: [5, -2]}"  # z = (-13, 9), then (0, 9), H = -18


def test_a_unit_at_a_kink_takes_the_declared_derivative() -> None:
    asks = "[output, derivative: z_1^(2), derivative: z_2^(2), derivative: W_21^(3), derivative: W_21^(2), derivative: a_2^(1)]"
    left = compose(RELU, AT_A_KINK, asks, top="kinks: left")
    assert left.exercises[0].numbers["z_1^(2)"] == 0
    assert exact(left) == [-18, 0, -2, 9, 0, -2]
    right = compose(RELU, AT_A_KINK, "[derivative: z_1^(2), derivative: W_21^(2), derivative: a_2^(1)]", top="kinks: right")
    assert exact(right) == [5, 45, -2]
    assert "kink" in refusal(RELU, AT_A_KINK, asks)


@pytest.mark.parametrize(("kinks", "slope"), [("left", 0), ("right", -14)])
def test_a_given_value_at_a_kink(kinks: str, slope: int) -> None:
    givens = "{W2: [[5, 1], [1, 2]], z^(1): [0, 4], dH/dz^(2): [-3, 1]}"
    assert exact(compose(RELU, givens, "[derivative: z_1^(1)]", top=f"kinks: {kinks}")) == [slope]
    assert "kink" in refusal(RELU, givens, "[derivative: z_1^(1)]")


# --- slopes that are read off a given output ----------------------------------------------------------------------

TWO = "sizes: [2, 2, 1], activation: relu, biases: false"
LEAKY = TWO.replace("relu", "leaky_relu")
BOTH = "[derivative: z_1^(1), derivative: z_2^(1)]"


@pytest.mark.parametrize("top", ["", "kinks: left", "rounding: {carry: 2}"])
def test_a_given_output_says_whether_a_relu_is_active(top: str) -> None:
    """z > 0 exactly where a > 0; at a = 0, z < 0, or a kink whose derivative is declared to be 0."""
    assert exact(compose(TWO, "{W2: [5, 1], a^(1): [3, 2]}", BOTH, top=top)) == [5, 1]
    assert exact(compose(TWO, "{W2: [5, 1], a^(1): [3, 0]}", BOTH, top=top)) == [5, 0]
    assert exact(compose(TWO, "{W2: [5, 1], x: [2, 7], a^(1): [3, 0]}", "[derivative: W_21^(1), derivative: W_22^(1)]", top=top)) == [35, 0]
    assert exact(compose(LEAKY, "{W2: [5, 1], a^(1): [3, -0.02]}", BOTH, top=top)) == [5, Fraction(1, 100)]
    deep = "{W2: [[5, 1], [1, 2]], a^(1): [3, 0], dH/dz^(2): [-3, 1]}"
    assert exact(compose(RELU, deep, "[derivative: a_1^(1), derivative: z_1^(1), derivative: z_2^(1)]", top=top)) == [-14, -14, 0]


def test_where_the_right_hand_branch_counts_an_output_of_zero_says_too_little() -> None:
    assert exact(compose(TWO, "{W2: [5, 1], a^(1): [3, 2]}", BOTH, top="kinks: right")) == [5, 1]
    assert exact(compose(LEAKY, "{W2: [5, 1], a^(1): [3, 0]}", BOTH, top="kinks: right")) == [5, 1]
    message = refusal(TWO, "{W2: [5, 1], a^(1): [3, 0]}", BOTH, top="kinks: right")
    assert "the givens do not determine what is asked: z_2^(1) has no number" in message
    assert "kink" in refusal(LEAKY, "{W2: [5, 1], a^(1): [3, 0]}", BOTH), "it comes from z = 0 only"


def test_the_solution_says_what_the_output_tells_and_has_no_number_for_what_flows_in() -> None:
    sheet = compose(TWO, "{W2: [5, 1], a^(1): [3, 2]}", "[derivative: z_1^(1)]")
    text = files(sheet, ["markdown"])["solutions.md"]
    assert "What flows into a ReLU is positive exactly where its output is: $a _ 1^{(1)}$ says whether" in text
    assert r"W _ {11}^{(2)} \cdot \mathbf{1}\lbrack a _ 1^{(1)} > 0\rbrack \cr  &= 5 \cdot \mathbf{1}\lbrack 3 > 0\rbrack" in text
    known = files(compose(TWO, "{W2: [5, 1], z^(1): [3, 2]}", "[derivative: z_1^(1)]"), ["markdown"])["solutions.md"]
    assert "What flows into" not in known and r"\mathbf{1}\lbrack z _ 1^{(1)} > 0\rbrack" in known


def test_all_gradients_from_given_outputs() -> None:
    sheet = compose(TWO, "{W2: [5, 1], x: [2, 7], a^(1): [3, 0]}", "[gradients]")
    assert [value["plain"] for value in answers(sheet)[0]["values"]] == ["[10, 0; 35, 0]", "[3; 0]"]


@pytest.mark.parametrize("a", [0, 3])
def test_a_gate_that_is_read_off_wrongly_is_caught(a: int, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Numbers._local
    monkeypatch.setattr(Numbers, "_local", lambda self, graph, name, by: 1 - right(self, graph, name, by) if name == "a_1^(1)" else right(self, graph, name, by))
    with pytest.raises((CertificateError, QuizError), match=r"is wrong|cannot be reached"):
        compose(TWO, f"{{W2: [5, 1], a^(1): [{a}, 2]}}", "[derivative: z_1^(1)]")


# --- source 004 --------------------------------------------------------------------------------------------------

SIGMOIDS = "sizes: [2, 2, 1], activation: [sigmoid, sigmoid], notation: bias-row, loss: half_squared_error"
POINT = "x: [1, 2, 5], y: 1, W1: [[-1, 2], [-2, 1], [1, 4]], W2: [[1], [2], [-4]], lambda: 2"
STEPS = "[weight_shapes, pre_activations: 1, pre_activations: 2, output, classify, loss_value, derivative: W_11^2, derivative: W_21^1, updated_value: W_11^2, updated_value: W_21^1]"


def rounded(answer: dict[str, Any], digits: int) -> str:
    return f"{float(answer['decimal']):.{digits}g}"


def test_the_sigmoid_network_as_published_with_a_rounded_value_taken() -> None:
    sheet = compose(SIGMOIDS, f"{{{POINT}, beta_2^1: {{take: 0.999}}}}", STEPS)
    shapes, first, second, *rest = answers(sheet)
    assert [value["plain"] for value in shapes["values"]] == ["[3, 2]", "[3, 1]"]
    assert first["plain"] == "[0; 24]" and Fraction(second["exact"]) == Fraction("-1.996")
    assert [rounded(answer, 4) for answer in rest] == ["0.1196", "0", "0.3875", "-0.04636", "-0.2318", "2.093", "1.464"]
    assert [f"{float(answer['decimal']):.4f}" for answer in rest[-2:]] == ["2.0927", "1.4636"]
    questions = files(sheet, ["latex"])["questions.tex"]
    assert "take" in questions.lower() and r"\beta_2^{1} = 0.999" in questions


def test_the_sigmoid_network_without_it() -> None:
    sheet = compose(SIGMOIDS, f"{{{POINT}}}", STEPS)
    *_, out, _, loss, first, second, new_first, new_second = answers(sheet)
    found = [rounded(answer, 6) for answer in (out, loss, first, second, new_first, new_second)]
    assert found == ["0.119203", "0.387902", "-0.046239", "-0.231195", "2.09248", "1.46239"]
    assert "0.999" not in files(sheet, ["latex"])["questions.tex"]


def test_no_derivative_passes_through_a_value_that_is_taken() -> None:
    taken = f"{{{POINT}, beta_2^1: {{take: 0.999}}}}"
    for ask in ("derivative: W_22^1", "derivative: alpha_2^1", "derivative: x_1", "updated_value: W_02^1", "gradients"):
        message = refusal(SIGMOIDS, taken, f"[{ask}]")
        assert ": beta_2^1 is taken as a number of its own: no derivative with respect to " in message
    assert exact(compose(RELU, "{z^(1): [3, 2], a_1^(1): {take: 4}, dH/dz^(2): [-3, 1]}", "[derivative: W_11^(2)]")) == [-12]
    message = refusal(SIGMOIDS, f"{{{POINT}, beta_2^1: 0.999}}", "[output]")
    assert "givens.beta_2^1: the other givens make beta_2^1 1.000000; to use another value, write {take: ...}" in message


# --- any subset of what a whole network knows ---------------------------------------------------------------------


def whole(chance: random.Random) -> tuple[str, Network, Numbers]:
    """A random network that stays exact, at random whole numbers, no unit at a kink."""
    while True:
        sizes = [chance.randint(1, 3) for _ in range(chance.randint(3, 4))]
        sizes[-1] = 1
        options = (
            f"sizes: {sizes}, activation: {chance.choice(['relu', 'relu', 'leaky_relu', 'identity'])}, "
            f"biases: {chance.choice(['true', 'false'])}, notation: {chance.choice(['from-to', 'textbook', 'neurons', 'bias-row'])}"
            + chance.choice(["", ", loss: half_squared_error"])
        )
        text = f"title: T\nexercises:\n  - network: {{kind: layered, {options}}}\n    asks: [weight_shapes]\n"
        network = build(spec.loads(text, asks=ASKS, kinds=KINDS).exercises[0].network, Draws("", "q", "1"), "forbid")
        given = {name: Fraction(chance.choice([-3, -2, -1, 1, 2, 3])) for name in network.graph.leaves} | dict(network.fixed)
        numbers = Numbers(network.graph, given)
        if all(numbers[z] for layer in network.layers for row in layer.pre for z in row):
            return options, network, numbers


def revealed(chance: random.Random, network: Network, numbers: Numbers) -> dict[str | Partial, Fraction]:
    """Some of the leaves, of the values inside and of the derivatives; a whole layer more often than a part of it."""
    graph, of = network.graph, network.loss or network.graph.output
    groups: list[list[str]] = [list(network.inputs), [*network.targets, network.step_size]]
    for layer in network.layers:
        groups += [[n for row in layer.weights for n in row], list(layer.biases), list(layer.pre[0]), list(layer.post[0])]
    found: dict[str | Partial, Fraction] = {}
    for group in groups:
        part = group if chance.random() < 0.8 else [name for name in group if chance.random() < 0.7]
        if chance.random() < (0.75 if group and graph.is_leaf(group[0]) else 0.3):
            found |= {name: Fraction(numbers[name]) for name in part}
        if part and not graph.is_leaf(part[0]) and chance.random() < 0.3:
            slopes = [name for name in part if name != of]
            found |= {Partial(of, name): Fraction(numbers[Partial(of, name)]) for name in slopes}
    return found | dict(network.fixed)


def determined(graph: Graph, of: str, given: Mapping[str | Partial, Fraction], numbers: Numbers) -> set[str | Partial]:
    """What follows from the givens, by two rules applied until nothing new comes: forward values, then derivatives.

    A value follows from its equation's quantities; a derivative from those of all that use the quantity, each with its
    local derivative, which is a weight or an input, or the slope of an activation at a known value; where the slope is
    zero the rest is not needed.
    """
    known: set[str | Partial] = set(given)
    for node in graph.nodes:
        if known.issuperset(node.parents):
            known.add(node.name)
    for name in [*(node.name for node in reversed(graph.nodes)), *graph.leaves]:
        token = Partial(of, name)
        if token in known or name not in graph.ancestors(of):
            continue
        follows = True
        for user in graph.users[name]:
            if user not in {of, *graph.ancestors(of)}:
                continue
            tree = graph.node(user).tree
            gated = getattr(tree, "operation", "") in ("relu", "leaky_relu") and user not in given
            needed = {name} if gated else set()
            for product in tree.args if getattr(tree, "operation", "") in ("add", "multiply") else ():
                factors = [f.name for f in (product.args if hasattr(product, "args") else (product,)) if isinstance(f, Name)]
                if name in factors:
                    needed |= {factor for factor in factors if factor != name}
            if getattr(tree, "operation", "") == "multiply":
                needed = set(node_names(tree)) - {name}
            if getattr(tree, "operation", "") == "half_squared_error":
                needed = set(node_names(tree))
            ahead = user == of or Partial(of, user) in known or not numbers.local(user, name)
            follows = follows and ahead and known.issuperset(needed)
        if follows:
            known.add(token)
    return known


def as_read_off(network: Network, given: Mapping[str | Partial, Fraction]) -> Graph:
    """The graph whose slopes are in terms of given outputs where these are all that is known."""
    names = frozenset(key for key in given if isinstance(key, str))
    slopes = frozenset(key for key in given if isinstance(key, Partial))
    return read_off(State(network, Known(names, slopes, frozenset(), tuple(given.items())))).graph


def node_names(tree: Any) -> list[str]:
    return [part.name for part in tree.args if isinstance(part, Name)]


@pytest.mark.parametrize("number", range(150))
def test_whatever_is_revealed_of_a_network_gives_its_own_numbers_or_says_what_is_missing(number: int) -> None:
    chance = random.Random(f"partial {number}")
    _, network, numbers = whole(chance)
    of = network.loss or network.graph.output
    given = revealed(chance, network, numbers)
    graph = as_read_off(network, given)
    known = determined(graph, of, given, numbers)
    wanted: list[str | Partial] = [node.name for node in graph.nodes]
    wanted += [Partial(of, name) for name in graph.ancestors(of) if name not in dict(network.fixed)]
    for target in wanted:
        if target in known:
            assert Numbers(graph, given)[target] == numbers[target], target
        else:
            with pytest.raises(MissingNumberError) as caught:
                Numbers(graph, given)[target]
            missing = str(caught.value).partition(" has no number")[0].rpartition(" ")[2]
            assert missing not in known


def test_among_these_are_many_of_both() -> None:
    found = missed = 0
    for number in range(150):
        chance = random.Random(f"partial {number}")
        _, network, numbers = whole(chance)
        of = network.loss or network.graph.output
        given = revealed(chance, network, numbers)
        known = determined(network.graph, of, given, numbers)
        derivatives = {Partial(of, name) for name in network.graph.ancestors(of)}
        if any(isinstance(key, Partial) or not network.graph.is_leaf(key) for key in given):
            found += len((known - set(given)) & derivatives)
            missed += len(derivatives - known)
    assert found > 500 and missed > 500


def text_of(given: Mapping[str | Partial, Fraction]) -> str:
    return json.dumps({k if isinstance(k, str) else f"d{k.of}/d{k.wrt}": str(v) for k, v in given.items()})


@pytest.mark.parametrize("number", range(24))
def test_the_same_on_a_sheet_with_its_certificates(number: int) -> None:
    """Derivatives that follow are printed and proved; one that does not is an error that names what is missing."""
    chance = random.Random(f"partial {number}")
    options, network, numbers = whole(chance)
    graph, of = network.graph, network.loss or network.graph.output
    given = revealed(chance, network, numbers)
    known = determined(graph, of, given, numbers)
    asked = [name for name in (*graph.leaves, *(n.name for n in graph.nodes)) if name in graph.ancestors(of) and name != of and name not in dict(network.fixed)]
    asked = [name for name in asked if Partial(of, name) not in given]
    follow = [name for name in asked if Partial(of, name) in known and printable(graph, of, name, known)]
    others = [name for name in asked if Partial(of, name) not in known]
    words = {k: v for k, v in given.items() if k not in dict(network.fixed)}
    if follow:
        chosen = chance.sample(follow, min(4, len(follow)))
        sheet = compose(options, text_of(words), json.dumps([{"derivative": name} for name in chosen]))
        assert exact(sheet) == [numbers[Partial(of, name)] for name in chosen]
        assert all(files(sheet, ["latex", "markdown"]).values())
    if others:
        name = chance.choice(others)
        assert " has no number" in refusal(options, text_of(words), json.dumps([{"derivative": name}]))


def printable(graph: Graph, of: str, name: str, known: set[str | Partial]) -> bool:
    """Whether all that a line of this derivative prints is known, a zero's company included."""
    return all(
        known.issuperset(graph.node(user).parents) or (user in known and not graph.is_leaf(name))
        for user in graph.users[name]
    ) and all(user == of or Partial(of, user) in known for user in graph.users[name])


# --- certificates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["a_1^(1)", "a_2^(1)", "dH/da_1^(1)", "dH/da_2^(1)", "dH/dz_1^(1)", "dH/dz_2^(1)", "dH/dW_11^(2)", "dH/dW_21^(2)"])
def test_a_wrong_number_on_a_partial_sheet_is_caught(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    of, slash, wrt = wrong.partition("/d")
    target = Partial(of[1:], wrt) if slash else wrong
    right = Numbers.__missing__

    def missing(self: Numbers, key: str | Partial) -> Any:
        value = right(self, key)
        if key == target:
            self[key] = value = value + 1
        return value

    assert exact(compose(RELU, FIRST, SIX)) == [-14, -1, -14, 0, -9, 0]
    monkeypatch.setattr(Numbers, "__missing__", missing)
    with pytest.raises(CertificateError, match="exercise 1; to reproduce"):
        compose(RELU, FIRST, SIX)


@pytest.mark.parametrize(("node", "parent"), [("a_1^(1)", "z_1^(1)"), ("a_2^(1)", "z_2^(1)"), ("z_1^(2)", "a_1^(1)"), ("z_2^(2)", "a_1^(1)"), ("z_1^(2)", "W_11^(2)")])
def test_a_wrong_local_derivative_on_a_partial_sheet_is_caught(node: str, parent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inactive ReLU treated as active, an active one as inactive, a weight doubled, an activation doubled."""
    right = Numbers._local

    def local(self: Numbers, graph: Graph, name: str, by: str) -> Any:
        value = right(self, graph, name, by)
        return (1 - value if node.startswith("a") else 2 * value) if (name, by) == (node, parent) else value

    monkeypatch.setattr(Numbers, "_local", local)
    with pytest.raises(CertificateError):
        compose(RELU, FIRST, SIX)


@pytest.mark.parametrize("wrong", ["alpha^2", "yhat", "ell"])
def test_a_wrong_value_behind_one_that_is_taken_is_caught(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Numbers._evaluate

    def evaluate(self: Numbers, tree: Any, name: str) -> Any:
        value = right(self, tree, name)
        return to_decimal(value) + Decimal("0.01") if name == wrong else value

    monkeypatch.setattr(Numbers, "_evaluate", evaluate)
    with pytest.raises((CertificateError, QuizError), match=r"is wrong|cannot be reached from a line's printed numbers"):
        compose(SIGMOIDS, f"{{{POINT}, beta_2^1: {{take: 0.999}}}}", STEPS)


# --- givens that no numbers of the rest can lead to ----------------------------------------------------------------

SOFTMAX = "sizes: [2, 2, 2], output_activation: softmax, loss: cross_entropy"
THREE = "sizes: [2, 2, 3], output_activation: softmax, loss: cross_entropy"
BINARY = "sizes: [2, 2, 1], output_activation: sigmoid, loss: binary_cross_entropy"
OUTER = "W2: [[1, 2], [3, 4]]"


@pytest.mark.parametrize(
    ("network", "givens", "message"),
    [
        # dW_ij = a_i δ_j: one a_i for all j
        (RELU, f"{{dH/dW^(2): [[3, 1], [1, 1]], dH/dz^(2): [1, 1], {OUTER}}}", "dH/dW^(2)[0][1]: the other givens make dH/dW_12^(2) 3"),
        (RELU, f"{{dH/dW^(2): [[3, 6], [0, 1]], dH/dz^(2): [1, 2], {OUTER}}}", "dH/dW^(2)[1][1]: the other givens make dH/dW_22^(2) 0"),
        (RELU, f"{{dH/dW^(2): [[3, 1], [1, 0]], dH/dz^(2): [1, 0], {OUTER}}}", "dH/dW^(2)[0][1]: the other givens make dH/dW_12^(2) 0"),
        (RELU, f"{{dH/dW^(2): [[-3, -6], [1, 2]], dH/dz^(2): [1, 2], {OUTER}}}", "dH/dW^(2)[0][0]: with the other givens, it makes a_1^(1) -3, but that comes out of relu"),
        (BINARY.replace("output", "activation: sigmoid, output"), "{dL/dW^(2): [3, 0.5], dL/dz_1^(2): 0.5, W2: [1, 2]}", "dL/dW^(2)[0]: with the other givens, it makes a_1^(1) 6, but that comes out of sigmoid"),
        # the gate of a ReLU
        (RELU, f"{{dH/da_1^(1): 4, dH/dz_1^(1): 3, {OUTER}}}", "dH/dz_1^(1): the other givens make dH/dz_1^(1) 0 or 4"),
        # a softmax with its cross-entropy: p - y
        (SOFTMAX, "{dL/dz^(2): [0.5, 0.25], a^(1): [3, 4]}", "dL/dz^(2)[1]: the other givens make dL/dz_2^(2) -0.5"),
        (SOFTMAX, "{dL/dz^(2): [1, -1], a^(1): [3, 4]}", "dL/dz^(2)[0]: with the other givens, dL/dz_1^(2) must be at least -1 and at most 1"),
        (SOFTMAX, "{z^(2): [1, 2], dL/dz^(2): [1, 1], a^(1): [3, 4]}", "dL/dz^(2)[0]: with the other givens, it makes y_1 -0.731059, but that is the target of a cross-entropy"),
        (SOFTMAX, "{y: [1, 0], dL/dz^(2): [0.5, 0.5], a^(1): [3, 4]}", "dL/dz^(2)[0]: with the other givens, it makes H_1 1.5, but that comes out of softmax"),
        (SOFTMAX, "{y: [1, 0], dL/dz^(2): [0, 0], a^(1): [3, 4]}", "dL/dz^(2)[0]: with the other givens, it makes H_1 1, but that comes out of softmax"),
        (f"{SOFTMAX}, class: 1", "{dL/dz^(2): [-0.5, 0.25], a^(1): [3, 4]}", "dL/dz^(2)[1]: the other givens make dL/dz_2^(2) 0.5"),
        (THREE, "{y_1: 1, dL/dz_1^(2): 0.5, a^(1): [3, 4]}", "dL/dz_1^(2): with the other givens, it makes H_1 1.5, but that comes out of softmax"),
        # a sigmoid with its cross-entropy
        (BINARY, "{z_1^(2): 0, dL/dz_1^(2): 5, a^(1): [3, 4]}", "dL/dz_1^(2): with the other givens, it makes y -4.5, but that is the target of a cross-entropy"),
        (BINARY, "{y: 1, dL/dz_1^(2): 0.5, a^(1): [3, 4]}", "dL/dz_1^(2): with the other givens, it makes H 1.5, but that comes out of sigmoid"),
        (BINARY, "{dL/dz_1^(2): -1, a^(1): [3, 4]}", "dL/dz_1^(2): with the other givens, dL/dz_1^(2) must be at least -1 and at most 1"),
    ],
)
def test_what_no_numbers_of_the_rest_can_lead_to_is_an_error(network: str, givens: str, message: str) -> None:
    assert refusal(network, givens, "[derivative: W_11^(2)]" if "dW" not in givens and "da" not in givens else "[derivative: a_2^(1)]").endswith(f"givens.{message}")


@pytest.mark.parametrize(
    ("network", "givens", "ask", "answer"),
    [
        (RELU, f"{{dH/dW^(2): [[3, 6], [1, 2]], dH/dz^(2): [1, 2], {OUTER}}}", "a_1^(1)", 5),
        (RELU, f"{{dH/dW^(2): [[3, 0], [0, 0]], dH/dz^(2): [1, 0], {OUTER}}}", "a_1^(1)", 1),
        (RELU, f"{{dH/da_1^(1): 4, dH/dz_1^(1): 0, x: [2, 3], {OUTER}}}", "W_11^(1)", 0),
        (SOFTMAX, "{dL/dz^(2): [0.5, -0.5], a^(1): [3, 4]}", "W_11^(2)", Fraction(3, 2)),
        (SOFTMAX, "{y: [1, 0], dL/dz^(2): [-0.25, 0.25], a^(1): [3, 4]}", "W_21^(2)", -1),
        (BINARY, "{y: 1, dL/dz_1^(2): -0.25, a^(1): [3, 4]}", "W_21^(2)", -1),
        (BINARY, "{z_1^(2): 0, dL/dz_1^(2): -0.5, a^(1): [3, 4]}", "W_21^(2)", -2),
    ],
)
def test_what_some_numbers_lead_to_is_none(network: str, givens: str, ask: str, answer: int | Fraction) -> None:
    assert exact(compose(network, givens, f"[derivative: {ask}]")) == [answer]


@pytest.mark.parametrize("number", range(60))
def test_a_network_s_own_numbers_never_contradict_one_another(number: int) -> None:
    """Smooth ones too, leaves' derivatives too; batches too."""
    chance = random.Random(f"own {number}")
    last = chance.choice(["output_activation: softmax, loss: cross_entropy", "output_activation: sigmoid, loss: binary_cross_entropy", "loss: squared_error"])
    batch = chance.choice(["", "", ", examples: 2"])
    options = f"sizes: [2, 2, 2], activation: {chance.choice(['relu', 'tanh', 'sigmoid', 'leaky_relu'])}, {last}{batch}"
    text = f"title: T\nexercises:\n  - network: {{kind: layered, {options}}}\n    asks: [weight_shapes]\n"
    network = build(spec.loads(text, asks=ASKS, kinds=KINDS).exercises[0].network, Draws("", "q", "1"), "left")
    leaves: dict[str | Partial, Any] = {name: Fraction(chance.choice([-3, -2, -1, 1, 2, 3]), 2) for name in network.graph.leaves}
    for i, name in enumerate(network.targets):
        leaves[name] = Fraction(i % 2)
    numbers = Numbers(network.graph, leaves)
    of = network.loss
    everything = [*leaves, *(node.name for node in network.graph.nodes), *(Partial(of, name) for name in sorted(network.graph.ancestors(of) - {of, network.step_size}))]
    for _ in range(5):
        shown = chance.sample(everything, chance.randint(1, len(everything) // 2))
        given = {key: numbers[key] for key in shown}
        if any(isinstance(key, Partial) or not network.graph.is_leaf(key) for key in given):
            assert unsolvable(network, given, frozenset()) is None
