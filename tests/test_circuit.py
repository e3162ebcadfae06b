"""Circuits: what is drawn for an equation, and that what is drawn can be read, on drawn graphs too."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from pictures import misdrawn, mistakable, unreadable

from derivgen.evaluation import Numbers
from derivgen.expression import Partial
from derivgen.figures.apart import taken_apart
from derivgen.figures.circuit import circuit
from derivgen.figures.scene import PAGE
from derivgen.graph import Graph

CS231N = "f = 1/(1 + e^(-(w_0*x_0 + w_1*x_1 + w_2)))"
SHARED = "f = (x + y)*z + x"
SIGMAS = "f = (x + sigmoid(y))/(sigmoid(x) + (x + y)^2)"
CHAIN = "z_1 = x*w_1; a_1 = g_1(z_1); z_2 = a_1*w_2; a_2 = g_2(z_2); L = Loss(a_2, y^*)"
DRAWN = range(500 if os.environ.get("DERIVGEN_STRICT") == "1" else 20)  # pictures.py draws 500 at any time
BATCH = 10


def chain():
    return Graph.of(CHAIN, ["x", "w_1", "w_2", "y^*"], ["g_1", "g_2", "Loss"])


def drawn(seed, most=20):
    """A graph of up to so many operations (one equation may run over), with quantities used more than once."""
    draw = random.Random(seed).random
    pick = lambda items: items[int(draw() * len(items))]  # noqa: E731  (the same on every Python)
    leaves = [f"x_{i + 1}" for i in range(1 + int(draw() * 3))] + [f"w_{i + 1}" for i in range(1 + int(draw() * 4))]
    count, known, unused, lines = 1 + int(draw() * most), list(leaves), [], []
    left = count

    def operand(depth):
        if depth < 2 and left > 0 and draw() < 0.35:
            return f"({operation(depth + 1)})"
        return unused.pop(int(draw() * len(unused))) if unused and draw() < 0.6 else pick(known)

    def operation(depth):
        nonlocal left
        left -= 1
        form = pick(["{}+{}", "{}+{}", "{}*{}", "{}*{}", "{}*{}", "{}-{}", "{}/{}", "max({},{})", "sigmoid({})", "tanh({})",
                     "exp({})", "g({})", "relu({})", "{}^2", "{}+1", "2*{}", "1/{}", "-{}"])  # fmt: skip
        return form.format(*(f"({operand(depth)})" for _ in range(form.count("{}"))))

    while left > 0:
        name = f"z_{len(lines) + 1}"
        lines.append(f"{name} = {operation(0)}")
        known.append(name)
        unused.append(name)
    text = "\n".join(lines)
    return Graph.of(text, leaves, ["g"] if "g(" in text else [])


def texts(graph, seed=1):
    """Numbers of several widths for every quantity: values, gradients."""
    draw = random.Random(seed).random
    apart = taken_apart(graph)
    quantities = [*graph.leaves, *(node.name for node in apart.nodes)]
    forms = ["{:.0f}", "{:.2f}", "{:.4f}"]
    return tuple(
        {quantity: forms[int(draw() * 3)].format(draw() * 18 - 9) for quantity in quantities} for _ in range(2)
    )


def crossings(scene):
    """Pairs of lines that cross inside, not where they meet at a node."""

    def sides(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    count = 0
    for i, one in enumerate(scene.lines):
        for other in scene.lines[:i]:
            if {one.source} & {other.source} or {one.target} & {other.target}:
                continue
            count += any(
                sides(a, b, c) * sides(a, b, d) < 0 and sides(c, d, a) * sides(c, d, b) < 0
                for a, b in pairwise(one.track)
                for c, d in pairwise(other.track)
            )
    return count


# --- what is drawn ----------------------------------------------------------------------------------------------


def test_each_operation_is_a_node_and_a_quantity_used_twice_is_one():
    scene = circuit(Graph.of(SHARED))
    signs = {shape.id: shape.texts for shape in scene.shapes}
    assert signs == {
        "x": ("x",), "y": ("y",), "z": ("z",), "f/0/0": ("+",), "f/0": (r"\times",), "f": ("+",), "f:end": ("f",)
    }  # fmt: skip
    assert [line.target for line in scene.lines if line.source == "x"] == ["f/0/0", "f"]
    assert not scene.labels


def test_a_quantity_times_itself_has_two_lines():
    scene = circuit(Graph.of("f = x*x + x"))
    assert sorted(line.id for line in scene.lines if line.source == "x") == ["x>f", "x>f/0", "x>f/0.1"]
    assert not unreadable(scene)


@pytest.mark.parametrize(("equation", "sign"), [
    ("f = e^x", r"\exp"), ("f = 1/x", r"1/(\cdot)"), ("f = x^3", r"(\cdot)^{3}"), ("f = -x", r"\times(-1)"),
    ("f = x/y", r"\div"), ("f = x - y", "-"), ("f = x + 1", "+1"), ("f = x/2", r"\div 2"), ("f = 2*x", r"2\times"),
    ("f = max(x, y)", r"\max"), ("f = max(x, 0)", r"\max(\cdot, 0)"), ("f = sigmoid(x)", r"\sigma"),
    ("f = tanh(x)", r"\tanh"), ("f = relu(x)", r"\mathrm{ReLU}"), ("f = log(x)", r"\ln"), ("f = abs(x)", r"|\cdot|"),
    ("f = 1 - x", r"1-(\cdot)"), ("f = x*(1/2)", r"\times 1/2"), ("f = half_squared_error(a, y)", r"\frac{1}{2} (a - y)^{2}"),
])  # fmt: skip
def test_signs(equation, sign):
    (shape,) = [shape for shape in circuit(Graph.of(equation)).shapes if shape.id == "f"]
    assert shape.texts == (sign,)


def test_a_function_has_its_own_symbol_until_it_is_bound():
    graph = chain()
    texts = {shape.id: shape.texts[0] for shape in circuit(graph).shapes}
    assert (texts["a_1"], texts["L"]) == ("g_1", r"\mathrm{Loss}")
    bound = {shape.id: shape.texts[0] for shape in circuit(graph.bind({"g_1": "sigmoid"})).shapes}
    assert bound["a_1"] == r"\sigma"


def test_operations_inside_an_equation_have_values_and_gradients():
    """The numbers of CS231n's own drawing (Karpathy, Li: Backpropagation, Intuitions)."""
    apart = taken_apart(Graph.of(CS231N))
    given = {"w_0": 2, "x_0": -1, "w_1": -3, "x_1": -2, "w_2": -3}
    numbers = Numbers(apart, {name: Fraction(value) for name, value in given.items()})
    rows = [(f"{float(numbers[node.name]):.2f}", f"{float(numbers[Partial('f', node.name)]):.2f}") for node in apart.nodes]
    assert rows == [
        ("-2.00", "0.20"), ("6.00", "0.20"), ("4.00", "0.20"), ("1.00", "0.20"), ("-1.00", "-0.20"), ("0.37", "-0.53"),
        ("1.37", "-0.53"), ("0.73", "1.00"),
    ]  # fmt: skip


def test_operands_that_may_not_be_exchanged_come_in_from_top_to_bottom():
    for equation in ("f = x - y", "f = (y + 1)/(x*y) - x", "z = x*y; f = y/z - z/y", "f = x/y - y/x"):
        scene = circuit(Graph.of(equation, ["x", "y"]))
        for shape in scene.shapes:
            if shape.texts[0] in ("-", r"\div"):
                ends = [line.points[-1][1] for line in scene.lines if line.target == shape.id]
                assert ends == sorted(ends), (equation, shape.id)


# --- how it lies ------------------------------------------------------------------------------------------------


def test_the_scalar_chain_is_one_row_that_weights_enter_from_below():
    scene = circuit(chain(), *texts(chain()))
    at = {shape.id: shape.y for shape in scene.shapes}
    assert len({at[name] for name in ("x", "z_1", "a_1", "z_2", "a_2", "L", "L:end")}) == 1
    assert all(at[name] > at["x"] for name in ("w_1", "w_2", "y^*"))
    names = {label.latex: label.owner for label in scene.labels if label.role == "name"}
    assert names == {"z_1": "z_1>a_1", "a_1": "a_1>z_2", "z_2": "z_2>a_2", "a_2": "a_2>L"}


@pytest.mark.parametrize("equation", [SHARED, SIGMAS, CS231N])
def test_the_reference_circuits_have_no_crossing(equation):
    graph = Graph.of(equation)
    scene = circuit(graph, *texts(graph))
    assert crossings(scene) == 0
    assert not unreadable(scene)


@pytest.mark.parametrize("sign", ["*", "+"])
@pytest.mark.parametrize("count", range(4, 9))
def test_many_inputs_stand_evenly_around_their_node_and_no_line_is_steep(count, sign):
    graph = Graph.of("f = " + sign.join("xyzuvwab"[:count]))
    scene = circuit(graph, *texts(graph))
    (node,) = [shape for shape in scene.shapes if shape.id == "f"]
    heights = [shape.y for shape in scene.shapes if shape.role == "input"]
    assert abs(node.y - (min(heights) + max(heights)) / 2) < 12 and scene.height < 55 * count
    lines = [line.points for line in scene.lines if line.target == "f"]
    assert all(abs(y1 - y0) <= 1.1 * (x1 - x0) for (x0, y0), (x1, y1) in lines)
    ends = [points[-1][1] for points in lines]
    assert all(b - a > 6 for a, b in pairwise(ends))
    assert not unreadable(scene)


def test_numbers_stand_above_and_below_their_lines_in_layers_of_their_own():
    graph = Graph.of(CS231N)
    scene = circuit(graph, *texts(graph))
    layers = {"name": "question", "value": "forward", "gradient": "backward"}
    assert all(label.layer == layers[label.role] for label in scene.labels)
    at = {line.id: line for line in scene.lines}
    for label in scene.labels:
        line = at[label.owner]
        (x0, y0), (x1, y1) = line.points[0], line.points[-1]
        level = y0 + (label.x - x0) / (x1 - x0) * (y1 - y0)
        assert (label.y < level) == (label.role == "value")
    assert len(scene.revealed(["question"]).labels) == 0
    assert {label.role for label in scene.revealed(["question", "forward"]).labels} == {"value"}


def test_numbers_of_a_quantity_used_twice_stand_at_its_node():
    graph = Graph.of(SHARED)
    owners = {label.id: label.owner for label in circuit(graph, *texts(graph)).labels}
    assert (owners["forward x"], owners["backward x"], owners["backward y"]) == ("x", "x", "y>f/0/0")


def test_no_label_stands_where_it_may_be_taken_for_another_s():
    for equations in ("a = x*y; b = a + x; c = a*b; d = c + a + x", "f = x*y*z*u*v*w", SHARED, SIGMAS, CS231N):
        graph = Graph.of(equations)
        assert not mistakable(circuit(graph, *texts(graph))), equations
        short = dict.fromkeys((*graph.leaves, *(node.name for node in taken_apart(graph).nodes)), "6")
        assert not mistakable(circuit(graph, short, short)), equations


@pytest.mark.parametrize("first", range(DRAWN.start, DRAWN.stop, BATCH))
def test_drawn_circuits_can_be_read(first):
    for seed in range(first, first + BATCH):
        graph = drawn(seed)
        assert not unreadable(circuit(graph, *texts(graph, seed))), f"seed {seed}"
        assert not unreadable(circuit(graph)), f"seed {seed}, without numbers"


def test_labels_are_clear_of_everything_in_the_pdf_and_in_the_svg_too():
    graphs = [Graph.of(SHARED), Graph.of(SIGMAS), Graph.of(CS231N), chain(), *(drawn(seed) for seed in range(1000, 1003))]
    assert not misdrawn([circuit(graph, *texts(graph, seed)) for seed, graph in enumerate(graphs)])


def test_a_circuit_wider_than_the_page_runs_on_below_itself():
    graph = Graph.of("f = " + "sigmoid(" * 20 + "x + y" + ")" * 20, ["x", "y"])
    scene = circuit(graph, *texts(graph))
    assert scene.width <= PAGE / 0.75 and not unreadable(scene)
    at = {shape.id: shape for shape in scene.shapes}
    back = [line for line in scene.lines if at[line.target].x < at[line.source].x]
    rows = {shape.y for shape in scene.shapes if shape.kind == "box"}
    assert len(back) == len(rows) - 1 > 0
    for line in back:  # round the right end, between the bands, round the left end, and always to the right at its ends
        assert line.points[1][0] > line.points[0][0] and line.points[-1][0] > line.points[-2][0]
        assert at[line.source].y < min(y for x, y in line.points[4:6]) < at[line.target].y


def test_lines_of_one_source_run_on_to_later_bands_in_one_lane():
    steps = [f"a_{i} = tanh({f'a_{i - 1}' if i > 1 else 'x'}*w)" for i in range(1, 11)]
    graph = Graph.of("; ".join(steps), ["x", "w"])
    scene = circuit(graph, *texts(graph))
    bottom = max(shape.box.bottom for shape in scene.shapes if shape.id == "w")
    on = [line.track for line in scene.lines if line.source == "w" and max(y for _, y in line.track) > bottom + 60]
    levels = {round(a[1]) for track in on for a, b in pairwise(track) if b[0] < a[0] and a[1] == b[1]}
    assert len(on) > 4 and len(levels) == 2  # three bands, one lane over each end
    assert scene.width < PAGE / 0.75 and not unreadable(scene)


NAMED = "p = w_0*x_0; q = w_1*x_1; s = p + q + w_2; f = 1/(1 + e^(-s))"
EIGHT = "a = x*y; b = a + x; c = a*b; d = c + a + x; e = exp(d) + y"


@pytest.mark.parametrize("equations", [NAMED, EIGHT])
@pytest.mark.parametrize("wide", ["1", "-0.53", "-12.25"])
def test_a_circuit_that_can_be_read_in_one_row_is_not_cut(equations, wide):
    graph = Graph.of(equations)
    numbers = dict.fromkeys((*graph.leaves, *(node.name for node in taken_apart(graph).nodes)), wide)
    for scene in (circuit(graph, numbers), circuit(graph, numbers, numbers)):
        at = {shape.id: shape for shape in scene.shapes}
        assert all(at[line.source].x < at[line.target].x for line in scene.lines)
        assert scene.scale > 0.79 and not unreadable(scene)


def test_bends_never_swing_beyond_their_points():
    for seed in range(40):
        for line in circuit(drawn(seed)).lines:
            for (ax, ay), *inner, (bx, by) in line.curve:
                assert all(min(ax, bx) - 0.01 <= x <= max(ax, bx) + 0.01 for x, _ in inner)
                assert all(min(ay, by) - 0.01 <= y <= max(ay, by) + 0.01 for _, y in inner)


def test_long_lines_bend_without_kinks():
    scene = circuit(Graph.of(SHARED))
    (long,) = [line for line in scene.lines if line.id == "x>f"]
    assert long.smooth and len(long.curve) >= 2


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from test_circuit import some_drawings
sys.stdout.reconfigure(encoding="utf-8", newline="\\n")
print(some_drawings(), end="")
"""


def some_drawings() -> str:
    return "\n".join(repr(circuit(graph, *texts(graph))) for graph in [Graph.of(CS231N), *map(drawn, range(6))])


def test_the_same_drawing_for_every_hash_seed():
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(folder=str(Path(__file__).parent))],
        env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert run.stdout == some_drawings()  # these tests have another hash seed, a new one each time
