"""Layered networks: every notation's names, arrays and equations, and one line for whatever cannot be a network."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import pytest
from randomly import meaning

from derivgen import spec
from derivgen.asks import ASKS
from derivgen.draws import Draws
from derivgen.errors import QuizError
from derivgen.evaluation import Numbers
from derivgen.expression import Apply, Name, Partial
from derivgen.formats import formats
from derivgen.networks import KINDS, Network, build
from derivgen.notation import NOTATIONS
from derivgen.printing import BREAK, plain, printed
from derivgen.reading import read
from derivgen.sheet import Composer
from derivgen.writing import files, key

DIALECTS = ("latex", "markdown", "plain")
SOFTMAX = "output_activation: softmax, loss: cross_entropy"
OWN = "{weight: 'theta_ij^[l]', bias: 'c_j^[l]', pre: 's_j^l', post: 'u_j^l', input: p_i, output: q_j, target: t_j, weights: 'Theta^[l]'}"


def quiz(network: str, asks: str = "[weight_shapes]", more: str = "", top: str = "") -> spec.Quiz:
    text = f"title: T\n{top}\nexercises:\n  - network: {{kind: layered, {network}}}\n{more}    asks: {asks}\n"
    return spec.loads(text, asks=ASKS, kinds=KINDS)


def network(options: str) -> Network:
    made = quiz(options)
    return build(made.exercises[0].network, Draws("", "q", "1"), made.kinks)


def equations(options: str) -> list[str]:
    made = network(options)
    return [f"{node.name} = {plain(node.tree, made.graph.scope)}" for node in made.graph.nodes]


def batch(notation: str) -> str:
    return ", examples: 3" if notation == "examples" else ""


# --- the equations ---------------------------------------------------------------------------------------------

EQUATIONS = {
    "from-to": """
        z_1^(1) = W_11^(1)*x_1 + W_21^(1)*x_2 + b_1^(1)
        z_2^(1) = W_12^(1)*x_1 + W_22^(1)*x_2 + b_2^(1)
        a_1^(1) = tanh(z_1^(1))
        a_2^(1) = tanh(z_2^(1))
        z_1^(2) = W_11^(2)*a_1^(1) + W_21^(2)*a_2^(1) + b_1^(2)
        H = z_1^(2)
        L = 1/2*(H - y)^2""",
    "bias-row": """
        alpha_1^1 = W_01^1*x_0 + W_11^1*x_1 + W_21^1*x_2
        alpha_2^1 = W_02^1*x_0 + W_12^1*x_1 + W_22^1*x_2
        beta_1^1 = tanh(alpha_1^1)
        beta_2^1 = tanh(alpha_2^1)
        alpha^2 = W_01^2*beta_0^1 + W_11^2*beta_1^1 + W_21^2*beta_2^1
        yhat = alpha^2
        ell = 1/2*(yhat - y)^2""",
    "neurons": """
        z_{h_1} = w_{x_1,h_1}*o_{x_1} + w_{x_2,h_1}*o_{x_2} + b_{h_1}
        z_{h_2} = w_{x_1,h_2}*o_{x_1} + w_{x_2,h_2}*o_{x_2} + b_{h_2}
        o_{h_1} = tanh(z_{h_1})
        o_{h_2} = tanh(z_{h_2})
        z_y = w_{h_1,y}*o_{h_1} + w_{h_2,y}*o_{h_2} + b_y
        o_y = z_y
        L = 1/2*(o_y - t_y)^2""",
    "textbook": """
        z_1^[1] = w_11^[1]*x_1 + w_12^[1]*x_2 + b_1^[1]
        z_2^[1] = w_21^[1]*x_1 + w_22^[1]*x_2 + b_2^[1]
        a_1^[1] = tanh(z_1^[1])
        a_2^[1] = tanh(z_2^[1])
        z_1^[2] = w_11^[2]*a_1^[1] + w_12^[2]*a_2^[1] + b_1^[2]
        yhat = z_1^[2]
        L = 1/2*(yhat - y)^2""",
    "examples": """
        z_11^(1) = x_11*W_11^(1) + x_12*W_21^(1) + b_1^(1)
        z_12^(1) = x_11*W_12^(1) + x_12*W_22^(1) + b_2^(1)
        a_11^(1) = tanh(z_11^(1))
        a_12^(1) = tanh(z_12^(1))
        z_21^(1) = x_21*W_11^(1) + x_22*W_21^(1) + b_1^(1)
        z_22^(1) = x_21*W_12^(1) + x_22*W_22^(1) + b_2^(1)
        a_21^(1) = tanh(z_21^(1))
        a_22^(1) = tanh(z_22^(1))
        z_11^(2) = a_11^(1)*W_11^(2) + a_12^(1)*W_21^(2) + b_1^(2)
        yhat_1 = z_11^(2)
        z_21^(2) = a_21^(1)*W_11^(2) + a_22^(1)*W_21^(2) + b_1^(2)
        yhat_2 = z_21^(2)
        ell_1 = 1/2*(yhat_1 - y_1)^2
        ell_2 = 1/2*(yhat_2 - y_2)^2
        L = 1/2*(ell_1 + ell_2)""",
}
PRODUCTS = {
    "from-to": "W^T x", "bias-row": "W^T x", "neurons": "W^T x", "textbook": "W x", "examples": "X W", OWN: "W^T x",
}  # fmt: skip


@pytest.mark.parametrize("notation", NOTATIONS)
def test_the_equations_of_a_2_2_1_network(notation: str) -> None:
    options = f"sizes: [2, 2, 1], activation: tanh, loss: half_squared_error, notation: {notation}"
    found = equations(options + (", examples: 2" if notation == "examples" else ""))
    assert found == [line.strip() for line in EQUATIONS[notation].strip().splitlines()]


def test_the_equations_in_a_quizs_own_patterns() -> None:
    assert equations(f"sizes: [1, 2, 2], activation: relu, loss: squared_error, notation: {OWN}") == [
        "s_1^1 = theta_11^[1]*p_1 + c_1^[1]", "s_2^1 = theta_12^[1]*p_1 + c_2^[1]", "u_1^1 = relu(s_1^1)", "u_2^1 = relu(s_2^1)",
        "s_1^2 = theta_11^[2]*u_1^1 + theta_21^[2]*u_2^1 + c_1^[2]",
        "s_2^2 = theta_12^[2]*u_1^1 + theta_22^[2]*u_2^1 + c_2^[2]",
        "q_1 = s_1^2", "q_2 = s_2^2", "L = (q_1 - t_1)^2 + (q_2 - t_2)^2",
    ]  # fmt: skip


def test_patterns_change_another_notation() -> None:
    made = network("sizes: [2, 1], activation: [sigmoid], notation: {like: textbook, weight: 'v_ji^[l]', weights: 'V^[l]'}")
    assert [n.name for n in made.graph.nodes] == ["z_1^[1]", "yhat"] and made.weights == ("v_11^[1]", "v_12^[1]")
    assert dict(made.graph.arrays)["V^[1]"] == Apply("matrix", (Apply("row", (Name("v_11^[1]"), Name("v_12^[1]"))),))


def test_named_neurons_come_with_any_names_and_any_notation() -> None:
    names = "neurons: [[u, v], [h_1, j_2], [y]]"
    made = network(f"sizes: [2, 2, 1], biases: false, notation: neurons, {names}")
    assert made.weights == ("w_{u,h_1}", "w_{u,j_2}", "w_{v,h_1}", "w_{v,j_2}", "w_{h_1,y}", "w_{j_2,y}")
    assert made.inputs == ("o_u", "o_v") and made.outputs == ("o_y",) and made.named
    made = network(f"sizes: [2, 2, 1], {names.replace('h_1', 'h').replace('j_2', 'k')}")
    assert made.weights[:2] == ("W_{u,h}^(1)", "W_{u,k}^(1)"), "two names side by side would read as one word"


def test_layers_of_one_node_and_a_network_of_one_layer() -> None:
    assert equations("sizes: [1, 1, 1], activation: sigmoid, biases: false") == [
        "z_1^(1) = W_11^(1)*x_1", "a_1^(1) = sigmoid(z_1^(1))", "z_1^(2) = W_11^(2)*a_1^(1)", "H = z_1^(2)",
    ]  # fmt: skip
    assert equations("sizes: [1, 1, 1], notation: bias-row, activation: [tanh, sigmoid]") == [
        "alpha^1 = W_01^1*x_0 + W_11^1*x_1", "beta_1^1 = tanh(alpha^1)", "alpha^2 = W_01^2*beta_0^1 + W_11^2*beta_1^1",
        "yhat = sigmoid(alpha^2)",
    ]  # fmt: skip
    assert equations("sizes: [2, 1], output_activation: tanh, biases: false") == [
        "z_1^(1) = W_11^(1)*x_1 + W_21^(1)*x_2", "H = tanh(z_1^(1))",
    ]  # fmt: skip
    lone = "{like: bias-row, lone_post: 'beta^l'}"
    assert equations(f"sizes: [1, 1, 1], activation: tanh, notation: {lone}")[1:] == [
        "beta^1 = tanh(alpha^1)", "alpha^2 = W_01^2*beta_0^1 + W_11^2*beta^1", "yhat = alpha^2",
    ]  # fmt: skip


def test_an_index_of_two_digits_is_parted_by_a_comma() -> None:
    made = network("sizes: [11, 12, 1], activation: relu")
    assert {"W_11^(1)", "W_{1,11}^(1)", "W_{11,1}^(1)", "W_{11,12}^(1)", "W_{12,1}^(2)", "b_12^(1)"} <= set(made.graph.leaves)
    assert len(set(made.weights)) == 11 * 12 + 12
    many = network("sizes: [11, 2], examples: 12, notation: examples")
    assert {"x_{1,11}", "x_{11,1}", "x_11", "x_{12,11}"} <= set(many.inputs) and len(set(many.inputs)) == 132


def test_abstract_activations_and_a_bind() -> None:
    made = network("sizes: [2, 2, 1], activation: [g, f], functions: [g, f]")
    assert [plain(node.tree, made.graph.scope) for node in made.graph.nodes][2:6:3] == ["g(z_1^(1))", "f(z_1^(2))"]
    assert dict(made.graph.functions) == {"g": 1, "f": 1}


def test_softmax_with_cross_entropy_one_hot_and_of_one_class() -> None:
    exps = "e^(z_1^(1)) + e^(z_2^(1)) + e^(z_3^(1))"
    lines = equations(f"sizes: [2, 3], {SOFTMAX}")
    assert [read(line.partition(" = ")[2], network(f"sizes: [2, 3], {SOFTMAX}").graph.scope) for line in lines[3:6]] == [
        read(f"e^(z_{k}^(1))/({exps})", network(f"sizes: [2, 3], {SOFTMAX}").graph.scope) for k in (1, 2, 3)
    ]
    assert lines[6] == "L = -y_1*log(H_1) - y_2*log(H_2) - y_3*log(H_3)"
    of_class = network(f"sizes: [2, 3], {SOFTMAX}, class: 2")
    assert plain(of_class.graph.node("L").tree, of_class.graph.scope) == "-log(H_2)"
    assert of_class.targets == () and of_class.target_class == 2 and not of_class.graph.simplices
    assert network(f"sizes: [2, 3], {SOFTMAX}").graph.simplices == (("y_1", "y_2", "y_3"),)


@pytest.mark.parametrize(("reduction", "loss"), [("mean", "1/3*(ell_1 + ell_2 + ell_3)"), ("sum", "ell_1 + ell_2 + ell_3")])
def test_a_batch_has_the_mean_or_the_sum_of_its_losses(reduction: str, loss: str) -> None:
    made = network(f"sizes: [2, 2], examples: 3, loss: squared_error, reduction: {reduction}")
    assert plain(made.graph.node("L").tree, made.graph.scope) == loss
    assert made.example_losses == ("ell_1", "ell_2", "ell_3") and made.reduction == reduction
    softmax = network(f"sizes: [2, 2], examples: 3, {SOFTMAX}, reduction: {reduction}")
    assert softmax.graph.simplices == (("y_11", "y_12"), ("y_21", "y_22"), ("y_31", "y_32"))


def test_what_a_quiz_leaves_to_chance_is_drawn() -> None:
    options = "sizes: {one_of: [[2, 2, 1], [3, {one_of: [2, 4]}, 1]]}, activation: {one_of: [relu, tanh]}, biases: {one_of: [true, false]}"
    made = quiz(options)
    seen = set()
    for seed in range(40):
        drawn = build(made.exercises[0].network, Draws("", "q", str(seed)), made.kinks)
        seen.add((len(drawn.inputs), drawn.layers[0].size, drawn.layers[0].activation, bool(drawn.biases)))
    assert {row[:2] for row in seen} == {(2, 2), (3, 2), (3, 4)} and len(seen) > 8


# --- the arrays: shapes, index order, conventions --------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(2, 3, 2), (3, 1, 2), (1, 2, 1), (2, 2, 2, 1)], ids=str)
@pytest.mark.parametrize("notation", [*NOTATIONS, OWN, "{like: textbook, bias: ''}", "{like: examples, bias: ''}"])
def test_the_arrays_are_what_the_equations_say(notation: str, sizes: tuple[int, ...]) -> None:
    """z = Wᵀx + b, Wx + b or XW + 1bᵀ with the arrays as they are printed, worked out with lists of fractions."""
    in_batch = notation == "examples" or "like: examples" in notation
    made = network(f"sizes: {list(sizes)}, activation: identity, notation: {notation}" + (", examples: 3" if in_batch else ""))
    graph = made.graph
    numbers = Numbers(graph, {name: Fraction(i * i % 7 - 3, 2) for i, name in enumerate(graph.leaves)} | dict(made.fixed))
    arrays = {name: rows for name, _ in graph.arrays if (rows := graph.entries(Name(name)))}
    grid = {name: [[numbers.value(cell) for cell in row] for row in rows] for name, rows in arrays.items() if "elta" not in name}
    assert made.notation is not None
    for layer, before, after in zip(made.layers, sizes, sizes[1:], strict=False):
        weights, inputs = grid[layer.weights_array], grid[layer.before_array]
        row = int(made.notation.bias_row)
        by = made.notation.product
        assert by == PRODUCTS.get(notation, "X W" if in_batch else "W x")
        assert (len(weights), len(weights[0])) == ((after, before + row) if by == "W x" else (before + row, after))
        if by != "X W":
            inputs = transposed(inputs)  # one row, as of a batch of one
        z = times(inputs, transposed(weights) if by == "W x" else weights)
        if layer.biases:
            bias = [cell for line in grid[layer.biases_array] for cell in line]
            assert len(bias) == after
            z = [[a + b for a, b in zip(line, bias, strict=True)] for line in z]
        assert z == [[numbers[name] for name in names] for names in layer.pre]
        if layer.pre_array:
            assert grid[layer.pre_array] == (z if by == "X W" else transposed(z))
        if layer.rest_array:
            assert [len(grid[layer.rest_array]), len(grid[layer.rest_array][0])] == ([after, before] if by == "W x" else [before, after])
            kept = {numbers_name for line in arrays[layer.rest_array] for cell in line for numbers_name in [str(cell)]}
            everything = {str(cell) for line in arrays[layer.weights_array] for cell in line}
            assert len(everything - kept) == after, "the constant's weights, one for each node"


def transposed(rows: list[list]) -> list[list]:
    return [list(column) for column in zip(*rows, strict=True)]


def times(left: list[list], right: list[list]) -> list[list]:
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*right, strict=True)] for row in left]


@pytest.mark.parametrize("notation", [*NOTATIONS, OWN])
def test_the_delta_of_a_layer_holds_the_derivatives_of_the_loss(notation: str) -> None:
    made = network(f"sizes: [2, 3, 2], activation: relu, loss: squared_error, notation: {notation}{batch(notation)}")
    for layer in made.layers:
        rows = made.graph.entries(Name(layer.delta_array))
        assert rows is not None
        cells = [cell for row in rows for cell in row]
        assert cells == [Partial(made.loss, z) for row in layer.pre for z in row]


def test_a_row_of_ones_is_always_one() -> None:
    made = network("sizes: [2, 3, 1], notation: bias-row")
    assert made.fixed == (("x_0", Fraction(1)), ("beta_0^1", Fraction(1)))
    assert "x_0" not in made.inputs and not made.biases
    assert network("sizes: [2, 3, 1], notation: bias-row, biases: false").fixed == ()


# --- names read back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        *(f"sizes: {sizes}, activation: relu, loss: squared_error, notation: {notation}{batch(notation)}"
          for notation, sizes in itertools.product([*NOTATIONS, OWN], ("[2, 3, 2]", "[1, 1, 1]", "[11, 10, 1]"))),
        f"sizes: [2, 2, 3], activation: tanh, {SOFTMAX}",
        f"sizes: [2, 2, 3], activation: tanh, {SOFTMAX}, examples: 12",
        "sizes: [2, 2, 1], activation: g, functions: g, notation: {weight: 'd_ij^(l)', output: e, input: T_i, inputs: T}",
        "sizes: [2, 2, 1], notation: {weight: 'relu_ij^(l)', pre: 'transpose_j^l', post: 'pi_j^[l]', loss: d}, loss: squared_error",
        "sizes: [2, 2, 1], notation: neurons, neurons: [[x, y_3], [d, e_11], [T]]",
    ],
)  # fmt: skip
def test_every_name_and_equation_reads_back(options: str) -> None:
    graph = network(options).graph
    of = graph.output
    named = [*graph.leaves, *(node.name for node in graph.nodes), *(name for name, _ in graph.arrays)]
    trees = [*map(Name, named), *(node.tree for node in graph.nodes)]
    trees += [Partial(of, name) for name in named if name in graph.ancestors(of)]
    for tree, dialect in itertools.product(trees, DIALECTS):
        text = printed(tree, graph.scope, dialect).text.replace(BREAK, "")
        assert meaning(read(text, graph.scope, latex=dialect != "plain", cap=10**6)) == meaning(tree)


# --- sheets ------------------------------------------------------------------------------------------------------

WORK = "[weight_shapes, pre_activations, activations, output, gradients, training_step]"


@pytest.mark.parametrize("sizes", ["[2, 2, 1]", "[3, 1, 2]", "[1, 1, 1]", "[2, 2]"])
@pytest.mark.parametrize("notation", [*NOTATIONS, OWN, "{like: bias-row, weight: 'w_ji^l'}", "{like: examples, bias: ''}"])
def test_a_training_step_in_every_notation(notation: str, sizes: str) -> None:
    """Every line is printed, read back and proved, in symbols and with numbers; and every format renders it."""
    more = ", examples: 2" if "examples" in notation else ""
    asks = WORK if sizes != "[2, 2]" else "[weight_shapes, pre_activations, output, gradients, training_step]"
    options = f"sizes: {sizes}, activation: tanh, loss: half_squared_error, notation: {notation}{more}"
    sheet = Composer(quiz(options, asks, "    random: true\n    allow: [zeros, repeats]\n")).compose("1")
    assert all(files(sheet, formats()).values())


# --- bad input ---------------------------------------------------------------------------------------------------


def refusal(text: spec.Quiz | str, *more: str) -> str:
    """The one line that a quiz is refused with: its file, line and place, and what is wrong."""
    with pytest.raises(QuizError) as caught:
        Composer(quiz(text, *more) if isinstance(text, str) else text).compose("1")
    message = str(caught.value)
    assert len(message.splitlines()) == 1 and message.isprintable() and len(message) < 400
    assert message.startswith("quiz.yaml:") and message.count("quiz.yaml") == 1
    return message


B = "sizes: [2, 2, 1]"
WHOLE = "must be a whole number from"
NETWORKS = [
    # sizes
    ("", "network: sizes is missing"),
    *((f"sizes: {bad}", "network.sizes: must list 2 to 10 layers")
      for bad in ("[]", "[2]", "2", "null", "{a: 1}", "abc", "true", "[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]", "{one_of: [2, 3]}")),
    *((f"sizes: [2, {bad}, 1]", f"network.sizes[1]: {WHOLE} 1 to 64")
      for bad in ("0", "-1", "1.5", "'3'", "null", "true", "[2]", "65", "1000000000000", "{a: 1}", "{one_of: [0, 70]}")),
    ("sizes: [2, {one_of: []}, 1]", "network.sizes[1]: must be {one_of: [...]} with at least one choice"),
    # unknown keys
    ("size: [2, 1]", "network.size: 'size' is unknown; did you mean 'sizes'?"),
    (f"{B}, activations: relu", "network.activations: 'activations' is unknown; did you mean 'activation'?"),
    (f"{B}, depth: 3", "network.depth: 'depth' is unknown"),
    (f"{B}, 3: 4", "network.3: '3' is unknown"),
    (f"{B}, null: 4", "network.null: 'null' is unknown"),
    # activations
    (f"{B}, activation: rleu", "network.activation: 'rleu' is unknown; did you mean 'relu'?"),
    *((f"{B}, activation: {bad}", "network.activation: ") for bad in ("null", "true", "3", "{a: b}", "''", "softmax", "squared_error")),
    (f"{B}, activation: []", "network.activation: has 0 entries for 2 layers of weights"),
    (f"{B}, activation: [relu]", "network.activation: has 1 entries for 2 layers of weights"),
    (f"{B}, activation: [relu, relu, relu]", "network.activation: has 3 entries for 2 layers of weights"),
    (f"{B}, activation: [relu, null]", "network.activation[1]: "),
    (f"{B}, activation: [relu, [relu]]", "network.activation[1]: "),
    (f"{B}, activation: [softmax, identity]", "network.activation[0]: 'softmax' is unknown"),
    (f"{B}, activation: [relu, relu], output_activation: relu", "network.output_activation: goes with one activation for all"),
    (f"{B}, output_activation: [sigmoid]", "network.output_activation: "),
    (f"{B}, output_activation: softmax", "network.output_activation: softmax needs at least two outputs"),
    (f"{B}, activation: [relu, softmax]", "network.activation[1]: softmax needs at least two outputs"),
    # biases, loss, class
    *((f"{B}, biases: {bad}", "network.biases: must be true or false") for bad in ("'no'", "1", "null", "[]")),
    (f"{B}, loss: squard_error", "network.loss: 'squard_error' is unknown; did you mean 'squared_error'?"),
    *((f"{B}, loss: {bad}", "network.loss: ") for bad in ("[]", "3", "true", "relu", "''", "(H - y)^2")),
    (f"{B}, loss: cross_entropy", "network.loss: cross_entropy goes with output_activation: softmax"),
    (f"{B}, class: 1, loss: squared_error", "network.class: goes with the loss cross_entropy"),
    *((f"sizes: [2, 3], {SOFTMAX}, class: {bad}", f"network.class: {WHOLE} 1 to 3") for bad in ("4", "0", "true", "'1'", "null", "[1, 2]")),
    (f"sizes: [2, 3], {SOFTMAX}, class: 1, examples: 2", "network.class: is of one example; a batch has targets"),
    # batches
    *((f"{B}, examples: {bad}", f"network.examples: {WHOLE} 2 to 12") for bad in ("1", "0", "13", "true", "'2'", "null", "[]", "2.5")),
    (f"{B}, notation: examples", "network.notation: the notation 'examples' writes a batch: say how many examples"),
    (f"{B}, examples: 2, notation: textbook", "network.examples: the notation 'textbook' does not number the examples"),
    *((f"{B}, examples: 2, reduction: {bad}", "network.reduction: ") for bad in ("max", "null", "true", "[]")),
    (f"{B}, reduction: sum", "network.reduction: is of the losses of a batch"),
    # notations and patterns
    (f"{B}, notation: texbook", "network.notation: 'texbook' is unknown; did you mean 'textbook'?"),
    *((f"{B}, notation: {bad}", "network.notation: must be a notation's name, or a mapping of patterns")
      for bad in ("null", "3", "[]", "true", "{like: null}", "{like: [1]}")),
    (f"{B}, notation: {{like: nobody}}", "network.notation: 'nobody' is unknown"),
    (f"{B}, notation: {{wieght: W_ij}}", "network.notation.wieght: 'wieght' is unknown; did you mean 'weight'?"),
    (f"{B}, notation: {{name: mine}}", "network.notation.name: 'name' is unknown"),
    *((f"{B}, notation: {{weight: {bad}}}", "network.notation.weight: a weight has the indices i and j, each once")
      for bad in ("W_i^(l)", "W_iij^(l)", "W_ijn^(l)", "W", "W^(l)")),
    *((f"{B}, notation: {{pre: {bad}}}", f"network.notation.pre: {bad} is no pattern")
      for bad in ("''", "'z_k^(l)'", "'z_j^(l)(l)'", "'z_1^(l)'", "'<script>'", "'z_j z_j'")),
    *((f"{B}, notation: {{pre: {bad}}}", "network.notation.pre: ") for bad in ("null", "3", "true", "[z]", "{a: 1}")),
    # two quantities with one name
    (f"{B}, notation: {{pre: a_j^(l)}}", "network.notation: the patterns give two quantities one name: a_1^(1)"),
    (f"{B}, notation: {{weight: W_ij}}", "network.notation: the patterns give two quantities one name: W_11"),
    (f"{B}, notation: {{pre: z_j}}", "network.notation: the patterns give two quantities one name: z_1"),
    (f"{B}, notation: {{input: x}}", "network.notation: the patterns give two quantities one name: x"),
    (f"{B}, notation: {{output: x_j}}", "network.notation: the patterns give two quantities one name: x"),
    (f"{B}, notation: {{bias: b}}", "network.notation: the patterns give two quantities one name: b"),
    (f"{B}, notation: {{weights: 'z^(l)'}}", "network.notation: the patterns give two quantities one name: z^(1)"),
    (f"{B}, notation: {{weights: W}}", "network.notation: the patterns give two quantities one name: W"),
    (f"{B}, notation: {{delta: 'W^(l)'}}", "network.notation: the patterns give two quantities one name: W^(1)"),
    (f"{B}, loss: squared_error, notation: {{loss: H}}", "network.notation: the patterns give two quantities one name: H"),
    (f"{B}, loss: squared_error, notation: {{loss: x}}", "network.notation: the patterns give two quantities one name: x"),
    (f"{B}, notation: {{step: x}}", "network.notation: the patterns give two quantities one name: x"),
    ("sizes: [2, 1, 2, 1], notation: {lone_pre: z}", "network.notation: the patterns give two quantities one name: z"),
    (f"{B}, notation: neurons, neurons: [[a, a], [c, d], [y]]", "network.notation: the patterns give two quantities one name: o_a"),
    # neurons
    *((f"{B}, neurons: {bad}", "network.neurons: must list the names of each of the 3 layers") for bad in ("[]", "3", "[[a, b], [c, d]]")),
    (f"{B}, neurons: [[a, b], [c], [d]]", "network.neurons[1]: has 1 names for 2 nodes"),
    *((f"{B}, neurons: [[a, b], [c, d], [{bad}]]", "network.neurons[2][0]: must be a name") for bad in ("''", "3", "null")),
    *((f"{B}, neurons: [[a, b], [c, d], ['{bad}']]", f"network.neurons[2]: '{bad}' is not a name") for bad in ("!", "y_1_2", "a,b")),
    (f"{B}, notation: neurons, neurons: [[a, b], [c, d], ['y^2']]", "network.notation: 'w_{c,y^2}' is not a name"),
    # functions
    (f"{B}, functions: g", "network.functions: the function 'g' is declared but no layer uses it"),
    (f"{B}, functions: relu, activation: relu", "network.functions: 'relu' is an operation already"),
    *((f"{B}, functions: {bad}", "network.functions: must be a name or a list of names") for bad in ("3", "null", "true")),
    (f"{B}, functions: [g, g], activation: g", "network.functions: the name 'g' is taken already"),
    (f"{B}, functions: x_1, activation: x_1", "network.functions: the name 'x_1' is taken already"),
    (f"{B}, functions: alpha, activation: alpha", "network.functions: the name 'alpha' is taken already"),
    (f"{B}, functions: '!', activation: '!'", "network: '!' is not a name"),
    (f"{B}, functions: [], activation: g", "network.activation: 'g' is unknown"),
    # step size
    *((f"{B}, step_size: {bad}", "network.step_size: must be a name") for bad in ("3", "null", "true", "[]")),
    *((f"{B}, step_size: '{bad}'", f"network: '{bad}' is not a name") for bad in ("a b", "", "3")),
    (f"{B}, step_size: x", "network: the patterns give two quantities one name: x"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), NETWORKS)
def test_what_is_no_network(options: str, message: str) -> None:
    assert f"exercises[0].{message}" in refusal(options)


P = "sizes: [2, 2, 2, 1], activation: relu, biases: false"
KNOWN = "W2: [[5, 1], [1, 2]], z^(1): [3, -2]"
NUMBER = "must be a number such as 3, -0.2 or 1/3"
GIVENS = [
    # sizes that do not fit
    ("{W2: [[5, 1]]}", "W2: W2 is 2 × 2, but here are 1 rows"),
    ("{W2: [[5, 1], [1, 2], [3, 4]]}", "W2: W2 is 2 × 2, but here are 3 rows"),
    ("{W2: [[5, 1], [1]]}", "W2[1]: W2 is 2 × 2, but this row has 1 number"),
    ("{W2: [[5, 1], [1, 2, 3]]}", "W2[1]: W2 is 2 × 2, but this row has 3 numbers"),
    ("{W2: [5, 1]}", "W2[0]: W2 is 2 × 2, but this row has 1 number"),
    ("{W2: [5, 1, 1, 2]}", "W2: W2 is 2 × 2, but here are 4 rows"),
    ("{z^(1): [1, 2, 3]}", "z^(1): z^(1) is 2 × 1: it takes 2 numbers, not 3"),
    ("{z^(1): [[1, 2]]}", "z^(1): z^(1) is 2 × 1, but here are 1 rows"),
    ("{dH/dz^(2): [1]}", "dH/dz^(2): dH/dz^(2) is 2 × 1: it takes 2 numbers, not 1"),
    ("{dH/dz^(2): [[1, 2]]}", "dH/dz^(2): dH/dz^(2) is 2 × 1, but here are 1 rows"),
    ("{x_1: [1]}", "x_1: x_1 is a single number, not a list"),
    ("{dH/dz_1^(2): [1]}", "dH/dz_1^(2): dH/dz_1^(2) is a single number, not a list"),
    # not numbers
    ("{W2: []}", "W2: must be a number, a list of numbers, or a list of rows, not empty"),
    ("{W2: [[5, 1], []]}", "W2[1]: must be a number, a list of numbers, or a list of rows, not empty"),
    ("{W2: [[5, 1], null]}", f"W2[1]: {NUMBER}, not nothing"),
    ("{W2: [[5, 1], [1, null]]}", f"W2[1][1]: {NUMBER}, not nothing"),
    ("{W2: [[5, 1], [1, a]]}", f"W2[1][1]: {NUMBER}, not 'a'"),
    ("{W2: [[5, 1], [1, true]]}", f"W2[1][1]: {NUMBER}, not true"),
    ("{W2: [[5, 1], [1, [2]]]}", "W2[1][1]: must be a number, not a list"),
    ("{W2: null}", f"W2: {NUMBER}, not nothing"),
    ("{W2: true}", f"W2: {NUMBER}, not true"),
    ("{dH/dz_1^(2): null}", f"dH/dz_1^(2): {NUMBER}, not nothing"),
    # an index outside its layer, and other names that nothing has
    ("{W_31^(2): 1}", "W_31^(2): 'W_31^(2)' is unknown; did you mean 'W_21^(2)'?"),
    ("{W_13^(1): 1}", "W_13^(1): 'W_13^(1)' is unknown"),
    ("{W_01^(1): 1}", "W_01^(1): 'W_01^(1)' is unknown"),
    ("{W_11^(4): 1}", "W_11^(4): 'W_11^(4)' is unknown"),
    ("{W_11^(0): 1}", "W_11^(0): 'W_11^(0)' is unknown"),
    ("{x_3: 1}", "x_3: 'x_3' is unknown; did you mean 'x_2'?"),
    ("{z_3^(1): 1}", "z_3^(1): 'z_3^(1)' is unknown"),
    ("{z^(9): [1, 2]}", "z^(9): 'z^(9)' is unknown"),
    ("{W4: 1}", "W4: 'W4' is unknown"),
    ("{b1: [1, 2]}", "b1: 'b1' is unknown"),
    ("{eta: 0.1}", "eta: 'eta' is unknown (alpha, H, W^(1), "),
    ("{dH/dz_1^(9): 1}", "dH/dz_1^(9): 'z_1^(9)' is unknown; did you mean 'z_1^(3)'?"),
    ("{dH/dz_3^(2): 1}", "dH/dz_3^(2): 'z_3^(2)' is unknown"),
    ("{dL/dz_1^(2): 1}", "dL/dz_1^(2): 'L' is unknown"),
    ("{dx_1/dz_1^(2): 1}", "dx_1/dz_1^(2): 'x_1' is unknown"),
    ("{dH/dH: 1}", "dH/dH: H does not depend on H"),
    ("{dz_1^(1)/dz_2^(1): 1}", "dz_1^(1)/dz_2^(1): z_1^(1) does not depend on z_2^(1)"),
    ("{dH/d: 1}", "dH/d: 'dH/d' is unknown"),
    ("{null: 1}", "null: 'null' is unknown"),
    # twice, and take where there is nothing to take
    ("{W2: [[5, 1], [1, 2]], W_11^(2): 5}", "W_11^(2): W_11^(2) is given twice"),
    ("{W2: [[5, 1], [1, 2]], W^(2): [[5, 1], [1, 2]]}", "W^(2)[0][0]: W_11^(2) is given twice"),
    ("{dH/dz^(2): [1, 2], delta^(2): [1, 2]}", "delta^(2)[0]: dH/dz_1^(2) is given twice"),
    ("{x: {take: 1}}", "x: take is for a value inside the network"),
    ("{W_11^(1): {take: 1}}", "W_11^(1): take is for a value inside the network"),
    ("{dH/dz_1^(2): {take: 1}}", "dH/dz_1^(2): take is for a value inside the network"),
    ("{z_1^(2): {take: null}}", f"z_1^(2).take: {NUMBER}, not nothing"),
    ("{z_1^(2): {take: [1]}}", f"z_1^(2).take: {NUMBER}, not a list"),
    ("{z_1^(2): {take: 1, nonzero: true}}", "z_1^(2).nonzero: goes with integer or decimal, not with take"),
    # contradictions
    (f"{{{KNOWN}, dH/dz^(2): [-3, 1], a_1^(1): 4}}", "a_1^(1): the other givens make a_1^(1) 3; to use another value, write {take: ...}"),
    (f"{{{KNOWN}, dH/dz^(2): [-3, 1], dH/da_1^(1): -13}}", "dH/da_1^(1): the other givens make dH/da_1^(1) -14"),
    (f"{{{KNOWN}, dH/dz^(2): [-3, 1], dH/dz_2^(1): 1}}", "dH/dz_2^(1): the other givens make dH/dz_2^(1) 0"),
    ("{z_1^(2): -2, dH/dz_1^(2): 5, a_1^(1): 2}", "dH/dz_1^(2): the other givens make dH/dz_1^(2) 0"),
    ("{a_1^(2): 0, dH/dz_1^(2): 5, a_1^(1): 2}", "dH/dz_1^(2): the other givens make dH/dz_1^(2) 0"),
    ("{a_1^(1): -2, dH/dz_1^(2): 5}", "a_1^(1): a_1^(1) cannot be -2: it comes out of relu"),
    ("{a^(1): [1, -2], dH/dz_1^(2): 5}", "a^(1)[1]: a_2^(1) cannot be -2: it comes out of relu"),
    ("{x: [1, 3], W1: [[2, 1], [3, 1]], z^(1): [11, 5], dH/dz_1^(2): 1}", "z^(1)[1]: the other givens make z_2^(1) 4"),
    ("{z^(1): [11, 4], W2: [[2, 1], [0, 1]], z^(2): [22, 16], dH/dz_1^(2): 1}", "z^(2)[1]: the other givens make z_2^(2) 15"),
    ("{W3: [3, -2], z^(2): [22, 15], H: 37, a_1^(1): 1}", "H: the other givens make H 36"),
    ("{W3: [3, -2], z^(2): [22, 15], dH/dz_1^(3): 2, a_1^(1): 1}", "dH/dz_1^(3): the other givens make dH/dz_1^(3) 1"),
]  # fmt: skip


@pytest.mark.parametrize(("givens", "message"), GIVENS)
def test_what_cannot_be_given(givens: str, message: str) -> None:
    assert f"exercises[0].givens.{message}" in refusal(P, "[derivative: W_11^(2)]", f"    givens: {givens}\n")


def test_what_the_givens_of_other_networks_cannot_be() -> None:
    def of(options: str, givens: str) -> str:
        return refusal(options, "[loss_value]", f"    random: true\n    givens: {givens}\n")

    softmax = f"sizes: [2, 3], {SOFTMAX}"
    for bad in ("[1, 0, 1]", "[0, 0, 0]", "[2, -1, 0]", "[0.333, 0.333, 0.333]", "1"):
        assert f"givens.{'y' if bad == '1' else 'y[0]'}: the targets y_1, y_2, y_3 must sum to 1, none negative" in of(softmax, f"{{y: {bad}}}")
    assert "givens.y_1: the targets y_1, y_2, y_3 must sum to 1" in of(softmax, "{y_1: 2}")
    assert "givens.Y[1][0]: the targets y_21, y_22 must sum to 1" in of(f"sizes: [2, 2], examples: 2, {SOFTMAX}", "{Y: [[1, 0], [1, 1]]}")
    assert "givens.H[0]: the outputs H_1, H_2, H_3 of a softmax must be positive and sum to 1" in of(softmax, "{H: [0.5, 0.5, 0.5]}")
    assert "givens.H[0]: the outputs H_1, H_2, H_3 of a softmax must be positive and sum to 1" in of(softmax, "{H: [1, 0, 0]}")
    row = "sizes: [2, 2, 1], activation: sigmoid, notation: bias-row, loss: half_squared_error"
    for givens, message in [
        ("{x_0: 2}", "x_0: x_0 is always 1 in this notation"), ("{x_0: {integer: [0, 3]}}", "x_0: x_0 is always 1"),
        ("{x_0: {take: 2}}", "x_0: x_0 is always 1"), ("{x: [2, 2, 5]}", "x[0]: x_0 is always 1"),
        ("{x: [2, 5]}", "x: x is 3 × 1: it takes 3 numbers, not 2"), ("{beta_0^1: 0}", "beta_0^1: beta_0^1 is always 1"),
        ("{W1: [[1, 2], [3, 4]]}", "W1: W1 is 3 × 2, but here are 2 rows"),
    ]:  # fmt: skip
        assert f"givens.{message}" in of(row, givens)


@pytest.mark.parametrize("seed", ["1", "2", "3", "4", "5", "6"])
@pytest.mark.parametrize("givens", ["{y_1: 1}", "{y_1: 0}", "{y_1: 1, y_2: 0}", "{y_2: 0.5}", "{y: {choice: [0, 1]}}"])
def test_targets_that_are_given_in_part_are_drawn_to_sum_to_one(givens: str, seed: str) -> None:
    made = quiz(f"sizes: [2, 3], {SOFTMAX}", "[loss_value]", f"    random: true\n    givens: {givens}\n")
    numbers = dict(Composer(made).compose(seed).exercises[0].givens)
    targets = [numbers[f"y_{k}"] for k in (1, 2, 3)]
    assert sum(targets) == 1 and all(y >= 0 for y in targets)


def test_the_outputs_of_a_softmax_may_be_given() -> None:
    """Of p = (0.5, 0.25, 0.25) and class 3 the derivatives at the logits are p − y, whatever came in."""
    made = quiz(f"sizes: [2, 3], {SOFTMAX}", "[loss_value, loss_gradient, derivative: 'z_3^(1)']", "    givens: {H: [0.5, 0.25, 0.25], y: [0, 0, 1]}\n")
    exercise = Composer(made).compose("1").exercises[0]
    assert [exercise.numbers[Partial("L", f"z_{k}^(1)")] for k in (1, 2, 3)] == [Fraction(1, 2), Fraction(1, 4), Fraction(-3, 4)]


N = "sizes: [2, 2, 1], activation: sigmoid, loss: half_squared_error"
ALL = "x: [1, 2], y: 1, W1: [[1, 2], [3, 4]], W2: [[1], [2]], b1: [1, 1], b2: 1, alpha: 0.1"
ASKED = [
    *((f"[{ask}: 9]", f"asks[0].{ask}: there is no layer 9: they are numbered 1 to 2") for ask in ("pre_activations", "activations", "weight_shapes")),
    *((f"[{{pre_activations: {{layer: {bad}}}}}]", "asks[0].pre_activations.layer: there is no layer ") for bad in ("0", "-1", "null", "true", "[1]", "1.5")),
    ("[{pre_activations: {layer: '1'}}]", "asks[0].pre_activations.layer: there is no layer '1'"),
    ("[{pre_activations: {layr: 1}}]", "asks[0]: 'layr' is unknown; did you mean 'layer'?"),
    ("[derivative: W_33^(1)]", "asks[0].derivative: 'W_33^(1)' is unknown; did you mean 'W_22^(1)'?"),
    ("[derivative: W_11^(3)]", "asks[0].derivative: 'W_11^(3)' is unknown"),
    ("[derivative: alpha]", "asks[0].derivative: L does not depend on alpha"),
    ("[derivative: L]", "asks[0].derivative: L does not depend on L"),
    ("[derivative: null]", "asks[0].derivative: needs a quantity to derive by: wrt"),
    ("[derivative: true]", "asks[0].derivative: must be a name or a mapping, not true"),
    ("[{derivative: {wrt: null}}]", "asks[0].derivative.wrt: must be the name of a quantity"),
    ("[{derivative: {wrt: {any: weights, layer: 3}}}]", "asks[0].derivative.wrt: there is no layer 3"),
    ("[{derivative: {wrt: {any: weight}}}]", "asks[0].derivative.wrt: 'weight' is unknown; did you mean 'weights'?"),
    ("[{derivative: {wrt: {any: null}}}]", "asks[0].derivative.wrt: 'None' is unknown"),
    ("[{derivative: {wrt: {any: activations, layer: 2}}}]", "asks[0].derivative.wrt: there are no activations to choose from"),
    ("[{derivative: {wrt: {any: weights, size: 3}}}]", "asks[0].derivative.wrt: 'size' is unknown"),
    ("[{derivative: {wrt: {one_of: []}}}]", "asks[0].derivative.wrt: must be {one_of: [...]} with at least one choice"),
    ("[{derivative: {wrt: {one_of: [W_99^(1)]}}}]", "asks[0].derivative.wrt: 'W_99^(1)' is unknown"),
    ("[{derivative: {wrt: W_11^(1), form: path}}]", "asks[0].derivative.form: 'path' is unknown; did you mean 'paths'?"),
    ("[{derivative: {wrt: W_11^(1), of: x_1}}]", "asks[0].derivative.of: 'x_1' is unknown"),
    ("[{derivative: {wrt: 'weights[99]'}}]", "asks[0].derivative.wrt: weights[99] does not exist: there are 6 weights"),
    ("[{gradients: {wrt: W^(3)}}]", "asks[0].gradients.wrt: must be one of W^(1), b^(1), W^(2), b^(2)"),
    ("[{gradients: {of: H}}]", "asks[0].gradients.of: must be L"),
    ("[update: x]", "asks[0].update: x is no matrix of weights and no vector of biases"),
    ("[updated_value: delta^(1)]", "asks[0].updated_value: delta^(1) is no matrix of weights and no vector of biases"),
    ("[{classify: {threshold: high}}]", "asks[0].classify.threshold: must be a number such as 0.5"),
    ("[{classify: {threshold: true}}]", "asks[0].classify.threshold: must be a number such as 0.5"),
    ("[loss_gradient]", "asks[0]: needs softmax with cross_entropy, or sigmoid with binary_cross_entropy"),
]  # fmt: skip


@pytest.mark.parametrize(("asks", "message"), ASKED)
def test_what_cannot_be_asked(asks: str, message: str) -> None:
    assert f"exercises[0].{message}" in refusal(N, asks, f"    givens: {{{ALL}}}\n")


def test_what_has_no_numbers_yet() -> None:
    for asks, message in [
        ("[training_step]", "asks[0]: x_1 has no number: give it one"), ("[output]", "asks[0]: needs numbers"),
        ("[classify]", "asks[0]: needs numbers"), ("[updated_value: W^(1)]", "asks[0]: needs numbers"),
        ("[loss_value]", "W_11^(1) has no number: give it one under givens, or write random: true"),
        ("[derivative: x_1]", "W_11^(1) has no number"),
    ]:  # fmt: skip
        assert message in refusal(N, asks)
    abstract = "sizes: [2, 2, 1], activation: g, functions: g, loss: half_squared_error"
    for ask in ("gradients", "output", "derivative: x_1"):
        assert "asks[0]: has no numbers until g is bound" in refusal(abstract, f"[{ask}]", "    random: true\n")
    assert "'softmax' is unknown" in refusal(abstract, "[bind: {g: softmax}, output]", "    random: true\n")


def test_numbers_that_cannot_be_found_say_what_would_permit_them() -> None:
    """Where all that flows in is negative, no ReLU is active; where a quiz allows that, numbers are found at once."""
    wide, asks = "sizes: [2, 16, 1], activation: relu, biases: false", "[output]"
    rules = "    random: true\n    givens: {x: {integer: [1, 3]}, W1: {integer: [-3, -1]}}\n"
    message = refusal(wide, asks, rules)
    assert "no numbers found in 400 draws; most often: a_1^(1) must not be a dead ReLU (allow: [inactive] permits it)" in message
    assert Composer(quiz(wide, asks, rules + "    allow: [inactive, zeros]\n")).compose("1")


def test_a_training_step_says_which_number_it_lacks_or_has_too_much() -> None:
    point = "x: [1, 2], W1: [[1, 2], [3, 4]], W2: [1, 1], y: 1"
    network = "sizes: [2, 2, 1], biases: false, loss: half_squared_error"
    for givens, message in [
        (point, "alpha has no number: give it one"), (f"{point.replace('y: 1', 'alpha: 1')}", "y has no number: give it one"),
        (f"{point}, alpha: 1, z_1^(1): 7", "goes through the whole network from its inputs, but z_1^(1) is given"),
    ]:  # fmt: skip
        assert f"asks[0]: {message}" in refusal(network, "[training_step]", f"    givens: {{{givens}}}\n")


def test_a_class_is_of_one_example_of_a_batch() -> None:
    network = "sizes: [1, 2], output_activation: softmax, loss: cross_entropy, examples: 2, biases: false"
    givens = "    givens: {X: [[1], [-1]], W1: [[1, 2]]}\n"
    sheet = Composer(quiz(network, "[{classify: {example: 1}}, {classify: {example: 2}}]", givens)).compose("1")
    parts = json.loads(key(sheet))["exercises"][0]["parts"]
    assert [part["answer"]["exact"] for part in parts] == ["2/1", "1/1"]
    text = files(sheet, ["markdown"])["solutions.md"]
    assert "choose for example 2: the number" in text and "The largest of the outputs of example 2 (part (a))" in text
    assert "outputs of example 1 has the number" in text, "its own work stands above it"
    for ask, message in [
        ("classify", "say which with example, from 1 to 2"), ("classify: {example: 3}", "must be a whole number from 1 to 2"),
        ("classify: {example: true}", "must be a whole number from 1 to 2"), ("classify: {example: one}", "must be a whole number"),
    ]:  # fmt: skip
        assert message in refusal(network, f"[{ask}]" if ask == "classify" else f"[{{{ask}}}]", givens)
    assert "goes with a batch" in refusal("sizes: [1, 2]", "[{classify: {example: 1}}]", "    random: true\n")


def test_letters_of_a_backward_pass_are_explained_once_where_they_come_in() -> None:
    deep = "sizes: [2, 3, 2, 2], activation: sigmoid, notation: bias-row, loss: half_squared_error"
    text = files(Composer(quiz(deep, "[{gradients: {wrt: W^3}}, gradients]", "")).compose("1"), ["latex"])["solutions.tex"]
    text = " ".join(text.split())
    assert r"Write $\delta^{3}$ for the derivatives by the pre-activations of layer 3. From the output back," in text
    assert r"Write $\delta^{2}$ and $\delta^{1}$ for the derivatives by the pre-activations of layers 2 and 1, and $\bar{W}^{3}$ for $W^{3}$ without its biases and $\bar{W}^{2}$ for $W^{2}$ without its biases. From" in text
    assert r"in the shape of $W^{3}$." in text


def test_large_networks_are_counted_without_counting_edges() -> None:
    asks = "[{parameter_count: {form: words, sizes: [784, 300, 100, 10]}}, {parameter_count: {form: formula, sizes: [1000000, 1000000, 10], biases: false}}]"
    sheet = Composer(quiz("sizes: [1, 1]", asks, "")).compose("1")
    found = [part["answer"]["exact"] for part in json.loads(key(sheet))["exercises"][0]["parts"]]
    assert found == ["266610/1", "1000010000000/1"]
    assert "a layer has 1 to 1000000 nodes" in refusal("sizes: [1, 1]", "[{parameter_count: {form: words, sizes: [1000001, 1]}}]")
