"""Drawings on sheets: what they show, what they keep to themselves, and that their numbers are proved."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

import derivgen
from derivgen import sheet as sheets
from derivgen import spec
from derivgen.asks import ASKS
from derivgen.errors import CertificateError, DerivgenError
from derivgen.expression import Partial
from derivgen.figures.drawing import Drawing
from derivgen.networks import KINDS
from derivgen.pdf import compile_pdf
from derivgen.pictures import words
from derivgen.sheet import Composer, Sheet
from derivgen.writing import files

CIRCUIT = "{kind: equations, inputs: [x, y, z], equations: 'f = (x + y)*z + x'}"
LAYERS = "{kind: layered, sizes: [2, 2, 1], activation: relu, biases: false}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def made(network: str, asks: str, *, more: str = "", seed: str = "1") -> Sheet:
    text = f"title: T\nexercises:\n  - network: {network}\n    random: true\n    asks: {asks}\n"
    text += "".join(f"    {line}\n" for line in more.splitlines())
    return Composer(spec.loads(text, asks=ASKS, kinds=KINDS)).compose(seed)


def texts(network: str, asks: str, **more: str) -> dict[str, str]:
    return files(made(network, asks, **more), ["latex", "markdown"])


def drawn_numbers(tex: str) -> list[str]:
    """The numbers that the labels of TikZ pictures show."""
    labels = re.findall(r"\{\$([^$]*)\$\};", "".join(re.findall(r"\\begin\{tikzpicture\}.*?\\end", tex, re.DOTALL)))
    return [label for label in labels if NUMBER.fullmatch(label)]


# ---- what stands where -------------------------------------------------------------------------------------


def test_a_drawing_to_be_made_is_on_the_solution_only():
    written = texts(CIRCUIT, "[draw_circuit]")
    assert "tikzpicture" in written["solutions.tex"]
    assert "tikzpicture" not in written["questions.tex"].partition(r"\begin{document}")[2]
    assert [name for name in written if name.endswith(".svg")] == ["solutions-figures/1a-solution.svg"]
    assert "](solutions-figures/1a-solution.svg)" in written["solutions.md"]
    assert json.loads(written["key.json"])["exercises"][0]["parts"][0]["answer"]["text"].startswith("Drawing of a")


@pytest.mark.parametrize("network", [CIRCUIT, LAYERS])
@pytest.mark.parametrize("ask", ["circuit_values", "label_figure: {blanks: 2, gradients: true}"])
def test_a_question_shows_what_is_given_and_no_answer(network, ask):
    sheet = made(network, f"[{ask if ':' not in ask else '{' + ask + '}'}]")
    written = files(sheet, ["latex", "markdown"])
    (exercise,) = sheet.exercises
    (drawing,) = exercise.plan.drawings
    scene = exercise.scenes["1a"]
    told = [label for label in scene.labels if label.id.partition(" ")[2] and drawing._told(label)]
    on_question = sorted(label.latex for label in told if NUMBER.fullmatch(label.latex))
    on_solution = sorted(label.latex for label in scene.labels if NUMBER.fullmatch(label.latex))
    assert sorted(drawn_numbers(written["questions.tex"])) == on_question
    assert sorted(drawn_numbers(written["solutions.tex"])) == on_solution
    assert len(on_question) < len(on_solution)
    hidden = sorted((label.role, label.of) for label in scene.labels if not drawing._told(label))
    shown = drawing.facts(drawing.shown(scene, solution=False))
    for role, of in hidden:
        rows = shown["values"] if role == "value" else shown["gradients"]
        assert all(row["of" if role == "value" else "wrt"] != drawing._called(of) for row in rows)
    for name, place in (("questions-figures/1a.svg", False), ("solutions-figures/1a-solution.svg", True)):
        description = ElementTree.fromstring(written[name])[1].text
        assert description == words(drawing.facts(drawing.shown(scene, solution=place)))
        assert written[name].count("<text") == 0  # outlines only: there is nothing else to read


def test_blanks_are_boxes_and_their_numbers_the_answers():
    written = texts(LAYERS, "[{label_figure: {blanks: [z_1^(1), dH/da_1^(1)], gradients: true}}]")
    assert written["questions.tex"].count(r"\draw[line width=0.4pt,black!60,fill=white]") == 2
    assert r"\draw[line width=0.4pt,black!60,fill=white]" not in written["solutions.tex"]
    values = json.loads(written["key.json"])["exercises"][0]["parts"][0]["answer"]["values"]
    assert [value["name"] for value in values] == ["z_1^(1)", "dH/da_1^(1)"]


def test_no_part_prints_the_drawing_that_another_asks_for():
    written = texts(CIRCUIT, "[draw_circuit, circuit_values]")
    assert "tikzpicture" not in written["questions.tex"].partition(r"\begin{document}")[2]
    assert "on your drawing of part (a)" in written["questions.md"]
    assert not [name for name in written if name.startswith("questions-figures")]
    assert "| $f$ |" in written["solutions.md"] and "| $f$ |" not in written["questions.md"]  # the list of its nodes
    assert written["solutions.tex"].count(r"\begin{tikzpicture}") == 2


def test_what_would_tell_each_other_is_left_blank_together():
    for seed in range(8):
        sheet = made(LAYERS, "[{label_figure: {blanks: 2, gradients: true}}]", seed=str(seed))
        (drawing,) = sheet.exercises[0].plan.drawings
        blanks = drawing.figure.blanks
        for layer in drawing.figure.network.layers:
            for z, a in zip(layer.pre[0], layer.post[0], strict=True):
                assert (z in blanks) == (a in blanks)
                assert (Partial("H", z) in blanks) == (Partial("H", a) in blanks)


def test_the_table_of_a_question_holds_what_is_given():
    network = "{kind: equations, inputs: [x, y], equations: 'f = x*y + x'}"
    written = texts(network, "[circuit_values]", more="givens: {x: 2, y: -7}")
    rows = [line for line in written["questions.md"].splitlines() if line.startswith("|")]
    assert rows[2:] == ["| $x$ | $2$ |  |", "| $y$ | $-7$ |  |", "| $x y$ |  |  |", "| $f$ |  |  |"]
    rows = [line for line in written["solutions.md"].splitlines() if line.startswith("|")]
    assert rows[2:] == ["| $x$ | $2$ | $-6$ |", "| $y$ | $-7$ | $2$ |", "| $x y$ | $-14$ | $1$ |", "| $f$ | $-12$ | $1$ |"]


@pytest.mark.parametrize("notation", ["from-to", "bias-row", "neurons", "textbook"])
def test_a_filled_table_has_every_number_in_every_notation(notation):
    network = f"{{kind: layered, sizes: [2, 3, 2], activation: relu, notation: {notation}}}"
    for ask in ("circuit_values", "{label_figure: {blanks: 2, gradients: true}}"):
        written = texts(network, f"[{ask}]")
        assert r"\end{document}" in written["solutions.tex"]
        rows = [line for line in written["solutions.md"].splitlines() if line.startswith("|")][2:]
        assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))
        assert notation != "bias-row" or compile_pdf(written["solutions.tex"])


def test_a_variant_has_the_bytes_that_it_has_alone():
    asks = "[circuit_values]"
    text = f"title: T\nexercises:\n  - network: {LAYERS}\n    random: true\n    asks: {asks}\n"
    composer = Composer(spec.loads(text, asks=ASKS, kinds=KINDS))
    together = [files(composer.compose(str(seed)), ["latex", "markdown"]) for seed in range(12)]
    assert together[11] == texts(LAYERS, asks, seed="11")
    assert len({written["solutions.tex"] for written in together}) == 12


def test_the_words_of_a_drawing():
    written = texts(CIRCUIT, "[circuit_values]", more="givens: {x: -2, y: 5, z: -4}")
    said = re.findall(r"!\[(.*)\]", written["solutions.md"])[-1].replace("\\", "")
    assert said == (
        "Drawing of a computational graph. (1) is the sum of x and y; (2) is the product of (1) and z; f is the sum of "
        "(2) and x. Values: x = -2, y = 5, z = -4, (1) = 3, (2) = -12, f = -14. "
        "Derivatives of f: -3 by x, -4 by y, 3 by z, -4 by (1), 1 by (2), 1 by f."
    )


def test_the_words_of_a_drawing_are_in_the_pdf_too():
    tex = texts(LAYERS, "[draw_network]")["solutions.tex"]
    data = compile_pdf(tex.replace(r"\begin{document}", "\\pdfcompresslevel=0\n\\begin{document}"))
    said = data.replace(rb"\040", b" ")  # as PDF writes a space
    assert said.count(b"/Span <</Alt (Drawing of a network, from left to right.") == 1
    assert data.count(b"BDC") == data.count(b"EMC") == 1


def test_a_notebook_shows_drawings():
    net = derivgen.network("z = w*x; L = (z - y)^2")
    assert net._repr_svg_().startswith("<svg")
    assert "Values: w = 2" in net.svg(at="w=2,x=3,y=1")
    crowded = derivgen.network("; ".join(f"a_{i} = {f'a_{i - 1}' if i else 'x'}*y*x + x*y + y/x" for i in range(60)))
    assert crowded._repr_svg_() is None
    sheet = derivgen.generate("computational-graphs", seed="1")
    shown = sheet._repr_markdown_()
    assert shown.count("](data:image/svg+xml;base64,") == len(sheet.pictures()) == 2
    assert "questions-figures" not in shown
    assert len(sheet.pictures(solutions=True)) == 5


# ---- proofs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", ["circuit_values", "{label_figure: {gradients: true}}"])
@pytest.mark.parametrize("network", [CIRCUIT, LAYERS])
def test_a_wrong_number_never_stands_on_a_drawing(network, ask, monkeypatch):
    right = sheets.write
    monkeypatch.setattr(sheets, "write", lambda value, digits: (right(value + 1, digits)[0], True))
    with pytest.raises(CertificateError):
        made(network, f"[{ask}]")


def test_a_weight_on_the_wrong_line_is_found(monkeypatch):
    plain = Drawing.plain

    def exchanged(drawing: Drawing) -> object:
        scene = plain.fget(drawing)
        labels = [label for label in scene.labels if label.role == "weight"]
        first, second = (next(i for i, other in enumerate(scene.labels) if other is label) for label in labels[:2])
        changed = list(scene.labels)
        one, other = scene.labels[first], scene.labels[second]
        changed[first], changed[second] = replace(one, owner=other.owner), replace(other, owner=one.owner)
        return replace(scene, labels=tuple(changed))

    monkeypatch.setattr(Drawing, "plain", property(exchanged))
    with pytest.raises(CertificateError):
        made(LAYERS, "[draw_network]")


# ---- the drawing that introduces a network -------------------------------------------------------------------


def test_networks_are_introduced_by_a_drawing_where_there_is_room():
    many = "; ".join(f"a_{i} = {f'a_{i - 1}' if i else 'x'}*y + x" for i in range(7))
    for network, ask, there in [
        (CIRCUIT, "forward_values", True),
        (LAYERS, "output", True),
        ("{kind: layered, sizes: [2, 2, 1], notation: examples, examples: 2}", "output", False),
        ("{kind: equations, inputs: [x, y], equations: '" + many + "'}", "forward_values", False),
    ]:
        assert (r"\begin{tikzpicture}" in texts(network, f"[{ask}]")["questions.tex"]) == there
        assert r"\begin{tikzpicture}" not in texts(network, f"[{ask}]", more="picture: false")["questions.tex"]


def test_a_drawing_with_the_givens():
    more = "picture: {weights: numbers, values: given}\ngivens: {x: [1, 3], 'W^(1)': [[2, 1], [5, 4]], 'W^(2)': [7, 6]}"
    written = texts(LAYERS, "[output]", more=more)
    assert sorted(drawn_numbers(written["questions.tex"])) == sorted("13214576")


def test_one_weight_alone_may_be_marked():
    written = texts(LAYERS, "[output]", more="picture: {weights: none, mark: W_11^(1)}")
    labels = re.findall(r"color=?|\{\$(W[^$]*)\$\};", written["questions.tex"])
    assert [label for label in labels if label] == ["W_{11}^{(1)}"]


def test_a_wide_layer_has_its_weights_in_a_matrix_beside_it():
    written = texts("{kind: layered, sizes: [5, 4, 1]}", "[{derivative: {wrt: x_1}}]")
    assert "Not all weights have room on the lines:" in written["questions.md"]
    assert r"W_{54}^{(1)}" in written["questions.tex"].replace(" ", "")


@pytest.mark.parametrize(
    ("network", "ask", "wanted", "said"),
    [
        (CIRCUIT, "draw_circuit", "true", "this drawing would answer draw_circuit, which has one of its own"),
        (LAYERS, "output", "{values: all}", "all values on the drawing would answer output"),
        (CIRCUIT, "forward_values", "{weights: numbers}", "for equations, only values can be chosen"),
        (LAYERS, "output", "{mark: W_9}", "W_9 is no weight of this network"),
        (LAYERS, "output", "{weights: names}", "'names' is unknown"),
        (LAYERS, "output", "maybe", "must be true, false or a mapping, not 'maybe'"),
        ("{kind: layered, sizes: [2, 1], examples: 2}", "output", "true", "a batch has no drawing"),
        (CIRCUIT, "draw_network", "null", "needs a network of layers; draw_circuit draws equations"),
        (CIRCUIT, "label_figure: {blanks: 9}", "null", "must be between 1 and"),
        (CIRCUIT, "label_figure: {blanks: [g]}", "null", "'g' is unknown"),
        (CIRCUIT, "label_figure: {blanks: [dg/dx]}", "null", "'dg/dx' is unknown; did you mean 'df/dx'"),
        (CIRCUIT, "draw_circuit: {}}, {label_figure: {blanks: 1}", "null", "its drawing is what part a asks for"),
        (CIRCUIT, "circuit_values: {}}, {label_figure: {blanks: 1}", "null", "would show numbers that part a asks for"),
        (CIRCUIT, "label_figure: {blanks: 1}}, {circuit_values: {}", "null", "the drawing of part a shows its answers"),
        (LAYERS, "output: {}}, {label_figure: {blanks: 1}", "null", "would show numbers that part a asks for"),
        (CIRCUIT, "circuit_values: {}}, {draw_circuit: {}", "null", "part a shows this drawing already"),
        ("{kind: equations, functions: [g], inputs: x, equations: 'f = g(x)'}", "circuit_values", "null", "has no numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_in_one_line(network, ask, wanted, said):
    with pytest.raises(DerivgenError) as error:
        made(network, f"[{ask if ':' not in ask else '{' + ask + '}'}]", more=f"picture: {wanted}")
    assert said in str(error.value)
    assert str(error.value).startswith("quiz.yaml:")


def test_equations_too_many_to_draw_are_refused():
    network = "{kind: equations, inputs: [x, y], equations: '" + "; ".join(
        f"a_{i} = {'a_' + str(i - 1) if i else 'x'}*y + x*y" for i in range(40)
    ) + "'}"  # fmt: skip
    with pytest.raises(DerivgenError, match="too crowded to be drawn"):
        made(network, "[draw_circuit]")


def test_foreign_files_among_drawings_are_never_replaced(tmp_path):
    from derivgen.writing import OutputError, Variant, refuse_foreign

    folder = tmp_path / "1" / "questions-figures"
    folder.mkdir(parents=True)
    (folder / "1a-solution.svg").write_text("")
    refuse_foreign(tmp_path, [Variant("1")], several=False)
    (folder / "mine.svg").write_text("")
    with pytest.raises(OutputError, match=re.escape("questions-figures/mine.svg, which is not derivgen's")):
        refuse_foreign(tmp_path, [Variant("1")], several=False)
    assert Path(folder / "mine.svg").exists()
