"""Drawings: what TeX and the outlines really cover stays inside the boxes that the layout has kept apart."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pictures import as_printed, misdrawn, points, signs
from test_layered import network

from derivgen.draws import Draws
from derivgen.figures.geometry import Box
from derivgen.figures.layered import layered, unwritten
from derivgen.figures.metrics import LABEL, NODE, MetricsError, measured
from derivgen.figures.scene import LAYERS, Label, Line, Scene, Shape
from derivgen.figures.svg import outline, svg
from derivgen.figures.tikz import tikz
from derivgen.pdf import CONFINED, engine
from derivgen.printing import plain

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = ["-3", "-2", "-1", "0", "1", "2", "5", "11", "0.25", "-1.5", "-0.73", "0.7311", "-0.0921", r"\frac{1}{3}", r"-\frac{12}{25}"]
STARTS = ["from-to", "bias-row", "textbook", "neurons"]


def numbers(net, draws, choices=NUMBERS):
    """LaTeX for every quantity of a network, and for the derivative with respect to each inside it."""
    inside = [name for layer in net.layers for name in (*layer.pre[0], *layer.post[0])]
    values = {name: draws.choice(f"value {name}", choices) for name in (*net.inputs, *net.weights, *net.biases, *inside)}
    return values, {name: draws.choice(f"gradient {name}", choices) for name in inside}


def drawn_scene(seed, largest=(5, 5, 5, 3)):
    """A layered network of random sizes, drawn in a random way."""
    draws = Draws("", "figures", str(seed))
    depth = 2 + draws.choice("depth", [0, 1, 2])
    sizes = [1 + draws.choice(f"size {i}", range(most)) for i, most in enumerate(largest[-depth:])]
    made = network(f"sizes: {sizes}, notation: {draws.choice('notation', STARTS)}, biases: {draws.choice('has', ['true', 'false'])}")
    values, gradients = numbers(made, draws) if draws.choice("numbers", [True, True, False]) else ({}, {})
    scene = layered(
        made, weights=draws.choice("weights", ["symbols", "numbers", "none"]), values=values, gradients=gradients,
        style=draws.choice("style", ["split", "circle"]), biases=draws.choice("biases", [True, False]),
        asked=[made.weights[0]], blanks=made.layers[0].post[0][:1],
    )
    return made, scene


# --- geometry ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(150))
def test_no_label_touches_anything_and_each_is_nearest_to_its_own_line(seed):
    _, scene = drawn_scene(seed)
    assert scene.touching() == ()
    paper = Box(0, 0, scene.width, scene.height)
    assert all(paper.contains(part.box) for part in (*scene.shapes, *scene.labels))
    assert all(0 <= x <= scene.width and 0 <= y <= scene.height for line in scene.lines for x, y in line.points)
    assert scene.width <= 470
    boxes = [shape.box for shape in scene.shapes]
    assert not any(a.gap(b) < 2 for i, a in enumerate(boxes) for b in boxes[:i])


@pytest.mark.parametrize("seed", range(40))
def test_a_line_runs_through_no_node(seed):
    _, scene = drawn_scene(seed)
    for line in scene.lines:
        for shape in scene.shapes:
            if shape.id not in (line.source, line.target):
                assert shape.box.distance(*line.points) > 2
    ids = [part.id for part in (*scene.shapes, *scene.labels)]
    assert len(ids) == len(set(ids))


def test_the_check_itself_sees_each_kind_of_touch():
    a, b = Shape("a", "circle", 10, 50, 20, 20, ("a",), "input"), Shape("b", "circle", 110, 50, 20, 20, ("b",), "output")
    lines = (Line("w", ((20, 50), (100, 50)), "a", "b"), Line("v", ((20, 55), (100, 90)), "a", "b"))

    def touched(*labels):
        return Scene(120, 100, (a, b), lines, labels).touching()

    clear = Label("question w", 80, 50, 10, 8, "w", "weight", "w")
    assert touched(clear) == ()
    assert touched(clear, replace(clear, id="question u", x=82)) == (("question w", "question u"), ("question u", "question w"))
    assert touched(replace(clear, x=97)) == (("question w", "b"),)
    assert touched(replace(clear, y=62, x=50)) == (("question w", "v"),)
    assert touched(replace(clear, y=59, x=44, height=4)) == (("question w", "v"),)  # nearer to v than to its own


def test_what_stands_where():
    net = network("sizes: [2, 3, 1]")
    values, gradients = numbers(net, Draws("", "figures", "1"))
    scene = layered(net, weights="numbers", values=values, gradients=gradients)
    shapes = {shape.id: shape for shape in scene.shapes}
    labels = {label.id: label for label in scene.labels}
    assert [shape.role for shape in scene.shapes] == ["input"] * 2 + ["hidden"] * 3 + ["output"]
    assert shapes["x_1"].x < shapes["a_1^(1)"].x < shapes["H"].x
    assert shapes["x_1"].x == shapes["x_2"].x
    assert shapes["a_2^(1)"].y == shapes["H"].y == (shapes["x_1"].y + shapes["x_2"].y) / 2
    assert shapes["a_2^(1)"].texts == ("z_2^{(1)}", "a_2^{(1)}")
    for name in ("z_2^(1)", "a_2^(1)"):
        assert labels[f"forward {name}"].y < shapes["a_2^(1)"].y < labels[f"backward {name}"].y
        assert labels[f"forward {name}"].latex == values[name]
    assert labels["forward z_2^(1)"].x < shapes["a_2^(1)"].x < labels["forward a_2^(1)"].x
    assert labels["question W_12^(1)"].latex == values["W_12^(1)"]
    line = next(line for line in scene.lines if line.id == "W_12^(1)")
    assert (line.source, line.target) == ("x_1", "a_2^(1)")


@pytest.mark.parametrize("notation", STARTS)
def test_a_weight_stands_on_the_line_between_the_nodes_that_it_joins(notation):
    """The equations say which: z_j has the weight times the node's value as a term."""
    net = network(f"sizes: [2, 3, 2], notation: {notation}")
    scene = layered(net, biases=True)
    pre = {post: pre for layer in net.layers for pre, post in zip(layer.pre[0], layer.post[0], strict=True)}
    nodes = {node.name: node for node in net.graph.nodes}
    seen = [line.id for line in scene.lines]
    assert sorted(seen) == sorted({*net.weights, *net.biases})
    for line in scene.lines:
        terms = plain(nodes[pre[line.target]].tree, net.graph.scope).split(" + ")
        source = line.source if not line.source.startswith("1 ") else ""
        assert any({line.id, source} - {""} <= set(term.split("*")) for term in terms), (line, terms)


def test_a_wide_layer_has_dots_and_one_of_many_weights_can_be_marked():
    net = network("sizes: [9, 7, 3]")
    scene = layered(net, asked=["W_22^(1)"])
    assert [shape.kind for shape in scene.shapes].count("dots") == 2
    assert [shape.id for shape in scene.shapes[:5]] == ["x_1", "x_2", "x_3", "dots 0", "x_9"]
    assert [label.id for label in scene.labels if label.owner == "W_22^(1)"] == ["question W_22^(1)"]
    assert 1 in unwritten(net, scene)
    assert unwritten(network("sizes: [2, 2, 1]"), layered(network("sizes: [2, 2, 1]"))) == ()


def test_named_neurons_are_called_by_their_names():
    net = network("sizes: [2, 2, 1], notation: neurons")
    texts = [text for shape in layered(net, style="circle").shapes for text in shape.texts]
    assert texts == ["x_1", "x_2", "h_1", "h_2", "y"]


# --- text metrics ----------------------------------------------------------------------------------------------


def texts():
    bases = [*"abdfghijklpqwxyzHJLMWQ", r"\alpha", r"\beta", r"\delta", r"\sigma", r"\theta", r"\ell", r"\Sigma", r"\hat{y}", r"\bar{x}", r"\mathrm{Loss}"]
    ends = ["", "_1", "_{12}", "^{(2)}", "_{11}^{(1)}", "_{jk}^{[2]}", "^{*}", "_2^{1}", "_{x_1,h_2}", "'"]
    found = [base + end for base in bases for end in ends if not (end == "'" and "hat" in base)]
    found += [*NUMBERS, r"\mathrm{ReLU}", r"\tanh", r"\ln", r"\exp", r"\frac{a_1}{b_2}", r"\frac{1}{x}", r"(\cdot)^2", r"(\cdot)-2", r"\times 2", "+1"]
    found += ["1-a", r"\sigma'(z_1)", r"\max(0,z)", r"\mathrm{Loss}(a_2,y^*)", r"1.5\times 10^{-3}", "x_1 = -3", r"\mathbf{1}", r"e^{-w_0x_0}", "|z|", "+", r"\times", r"\div"]
    return [*found, r"\frac{\partial L}{\partial w_1}", r"\sqrt{x}", r"-\frac{5}{2}", "z^{3}", r"\mathrm{softmax}", r"\left(x\right)", r"\Sigma+b", "1 0", "a<b", r"z\ge 0"]


def test_a_text_is_never_smaller_than_tex_sets_it(tmp_path):
    every = [(size, latex) for size in (LABEL, NODE) for latex in texts()]
    assert len(every) > 400
    boxes = "\n".join(
        rf"\fontsize{{{size}}}{{12}}\selectfont\setbox0\hbox{{${latex}$}}\typeout{{= \the\wd0 \the\ht0 \the\dp0}}" for size, latex in every
    )
    (tmp_path / "m.tex").write_text(
        "\\documentclass[11pt]{article}\\usepackage[T1]{fontenc}\\usepackage{lmodern}\\usepackage{amsmath}\\begin{document}\n"
        + boxes + "\n\\end{document}\n", encoding="utf-8",
    )  # fmt: skip
    command = [*engine().command, "m.tex"]
    subprocess.run(command, cwd=tmp_path, env=os.environ | CONFINED, capture_output=True, timeout=120)
    log = (tmp_path / "m.log").read_text(encoding="utf-8", errors="replace")
    sizes = [tuple(map(float, found)) for found in re.findall(r"^= ([\d.]+)pt([\d.]+)pt([\d.]+)pt$", log, re.MULTILINE)]
    assert len(sizes) == len(every)
    generous = 0.0
    for (size, latex), (width, height, depth) in zip(every, sizes, strict=True):
        mine = measured(latex, size)
        assert mine.width >= width and mine.height >= height and mine.depth >= depth, (size, latex, mine, width, height, depth)
        generous = max(generous, mine.width - width)
    assert generous < 9  # brackets that grow: for the largest that there is


def test_a_text_that_is_not_known_is_refused():
    for latex in (r"\undefined", "x_{1", "ß"):
        with pytest.raises(MetricsError):
            measured(latex)


# --- what the writers really draw ------------------------------------------------------------------------------


def test_labels_are_clear_of_everything_in_the_pdf_and_in_the_svg_too():
    assert not misdrawn([drawn_scene(seed)[1].revealed(LAYERS) for seed in range(200, 208)])


def test_a_sign_outside_its_box_is_seen():
    _, scene = drawn_scene(200)
    label, *others = scene.revealed(LAYERS).labels
    moved = replace(scene, labels=(replace(label, y=label.y - 5), *others))
    (drawn,) = signs([moved])
    assert not as_printed(moved, drawn)[1] and len(drawn) >= len(moved.labels)
    assert as_printed(replace(scene, labels=(label, *others)), drawn)[1]


@pytest.mark.parametrize("latex", texts())
def test_every_text_has_an_outline_that_its_box_holds(latex):
    drawn, extent = points(outline(latex, LABEL)), measured(latex, LABEL)
    xs, ys = [x for x, _ in drawn], [y for _, y in drawn]
    assert max(xs) - min(xs) <= extent.width + 1.02
    assert -min(ys) <= extent.height + 0.52 and max(ys) <= extent.depth + 0.52


def test_a_number_is_drawn_as_it_is_read():
    """Put together from its signs, with the minus of a sign: no wider than TeX sets it, no sign on another."""
    wide = {latex: max(x for x, _ in points(outline(latex, LABEL))) * 2 for latex in ("-4", "4", "44", "-44.25")}
    assert wide["4"] < wide["44"] < wide["-44.25"] and wide["-4"] < wide["4"] + 9


# --- what is revealed ------------------------------------------------------------------------------------------


def told(scene):
    return {label.id: label.latex for label in scene.labels}


def test_a_layer_shows_nothing_of_a_later_one():
    net = network("sizes: [2, 2, 1]")
    secret = {name: f"{i + 101}" for i, name in enumerate([*net.layers[0].pre[0], *net.layers[0].post[0], *net.layers[1].post[0]])}
    later = {name: f"-{i + 501}" for i, name in enumerate(net.layers[0].post[0])}
    scene = layered(net, values=secret | {"x_1": "7"}, gradients=later)
    scene = replace(scene, alt=tuple((layer, f"It says {layer}.") for layer in LAYERS))
    question, forward = scene.revealed(["question"]), scene.revealed(["question", "forward"])
    for write in (tikz, svg, lambda it: str(it.facts())):
        text = write(question)
        assert not any(number in text for number in (*secret.values(), *later.values()))
        assert not any(number in write(forward) for number in later.values())
    assert "It says question." in svg(question) and "forward" not in svg(question) and "backward" not in svg(forward)
    assert told(question)["forward x_1"] == "7"
    places = {label.id: label.place for label in scene.labels}
    assert all(places[label.id] == label.place for label in question.labels)
    assert (question.shapes, question.lines, question.width) == (scene.shapes, scene.lines, scene.width)


def test_an_outline_of_a_secret_is_not_in_the_question():
    net = network("sizes: [1, 1]")
    scene = layered(net, values={"H": "8"}, weights="none")
    assert outline("8", LABEL) in svg(scene)
    assert outline("8", LABEL) not in svg(scene.revealed(["question"]))


def test_a_blank_is_of_one_size_and_is_filled_where_it_stands():
    net = network("sizes: [2, 2, 1]")
    values = {name: "1" for layer in net.layers for name in (*layer.pre[0], *layer.post[0])}
    blanks = ["a_1^(1)", "H"]
    sizes = set()
    for text in ("1", "-0.7311"):
        scene = layered(net, values=values | {"H": text}, blanks=blanks)
        question = scene.revealed(["question"])
        boxes = [label for label in question.labels if label.role == "blank"]
        assert len(boxes) == 2 and "-0.7311" not in svg(question) + tikz(question)
        sizes |= {(box.width, box.height) for box in boxes}
        filled = scene.revealed(["question", "forward"])
        assert not any(label.role == "blank" for label in filled.labels)
        assert next(label for label in filled.labels if label.id == "forward H").place in {box.place for box in boxes}
        sizes |= {(label.width, label.height) for label in scene.labels if label.role == "blank"}
    assert len({width for width, _ in sizes}) <= 2


# --- one drawing, many numbers ---------------------------------------------------------------------------------


def test_numbers_are_filled_where_there_is_room():
    net = network("sizes: [2, 2, 1]")
    values, _ = numbers(net, Draws("", "figures", "1"), ["1", "2"])
    scene = layered(net, weights="numbers", values=values, room="-0.25")
    filled = scene.fill({"question W_11^(1)": "-0.25", "forward H": "2"})
    assert told(filled) == told(scene) | {"question W_11^(1)": "-0.25", "forward H": "2"}
    assert [label.box for label in filled.labels] == [label.box for label in scene.labels]
    assert (filled.shapes, filled.lines) == (scene.shapes, scene.lines)
    assert scene.fill({}) == scene


def test_a_number_without_room_is_refused_and_a_wider_one_may_take_some():
    net = network("sizes: [2, 2, 1]")
    values, _ = numbers(net, Draws("", "figures", "1"), ["1", "2"])
    scene = layered(net, weights="numbers", values=values)
    wider = scene.fill({"question W_11^(2)": "-3.25"})
    assert wider is not None and wider.touching() == ()
    assert scene.fill({"question W_11^(2)": r"\frac{123456789012345}{2}\cdot 12345678901234567890"}) is None
    assert scene.fill({"forward z_1^(1)": "-123456.789"}) is None


# --- the same everywhere, and fast -----------------------------------------------------------------------------

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from test_figures import digest
print(digest())
"""


def digest() -> str:
    text = "".join(tikz(scene) + svg(scene, "t") for _, scene in map(drawn_scene, (3, 7, 11, 13)))
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_bytes_do_not_depend_on_the_hash_seed():
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(Path(__file__).parent)], env=os.environ | {"PYTHONHASHSEED": "1"},
        capture_output=True, encoding="utf-8", check=True, timeout=120,
    )  # fmt: skip
    assert run.stdout.strip() == digest()  # these tests have another hash seed, a new one each time


def test_pictures_on_one_page_share_no_ids():
    one, two = svg(drawn_scene(1)[1]), svg(drawn_scene(2)[1])
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (one, two)]
    assert ids[0] and not ids[0] & ids[1]
    assert re.search(r'viewBox="0 0 [\d.]+ [\d.]+" width="[\d.]+" height="[\d.]+"', one)
    assert 'fill="#fff"/>' in one and "<text" not in one
