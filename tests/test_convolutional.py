"""Convolutional networks: known architectures counted independently, sizes, fields, bad input, what a question tells."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from pictures import misdrawn

from derivgen import certify, spec
from derivgen.asks import ASKS, OF_STACKS
from derivgen.draws import Draws
from derivgen.errors import CertificateError, DerivgenError
from derivgen.evaluation import Numbers
from derivgen.expression import Name
from derivgen.figures.stack import drawable, stack
from derivgen.networks import KINDS, Network, build
from derivgen.sheet import Composer, Sheet
from derivgen.stacks import multiply_adds, parameters, rows, size_lines
from derivgen.writing import files, key


def quiz(network: str, asks: str, more: str = "") -> str:
    return f"title: T\nexercises:\n  - network: {{kind: convolutional, {network}}}\n{more}    asks: {asks}\n"


def compose(network: str, asks: str, more: str = "", seed: str = "1") -> Sheet:
    return Composer(spec.loads(quiz(network, asks, more), asks=ASKS, kinds=KINDS)).compose(seed)


def built(network: str, seed: str = "1") -> Network:
    exercise = spec.loads(quiz(network, "[output_sizes]"), asks=ASKS, kinds=KINDS).exercises[0]
    return build(exercise.network, Draws(seed), "forbid")


def parts(sheet: Sheet) -> list[dict[str, Any]]:
    return [part for exercise in json.loads(key(sheet))["exercises"] for part in exercise["parts"]]


def exact(part: dict[str, Any]) -> Fraction:
    return Fraction(part["answer"]["exact"])


def refusal(network: str, asks: str = "[output_sizes]", more: str = "") -> str:
    with pytest.raises(DerivgenError) as caught:
        compose(network, asks, more)
    message = str(caught.value)
    assert len(message.splitlines()) == 1 and message.startswith("quiz.yaml:")
    return message.removeprefix("quiz.yaml:")


# --- the architectures of the papers, as written there ---------------------------------------------------------------

LENET = """input: [1, 32, 32], layers: [{conv: 6, kernel: 5}, tanh, {average_pool: 2}, {conv: 16, kernel: 5}, tanh,
    {average_pool: 2}, {conv: 120, kernel: 5}, tanh, flatten, {dense: 84}, tanh, {dense: 10}]"""
ALEXNET = """input: [3, 227, 227], layers: [{conv: 96, kernel: 11, stride: 4}, relu, {max_pool: 3, stride: 2},
    {conv: 256, kernel: 5, padding: 2}, relu, {max_pool: 3, stride: 2}, {conv: 384, kernel: 3, padding: 1}, relu,
    {conv: 384, kernel: 3, padding: 1}, relu, {conv: 256, kernel: 3, padding: 1}, relu, {max_pool: 3, stride: 2},
    flatten, {dense: 4096}, relu, {dense: 4096}, relu, {dense: 1000}, softmax]"""
VGG = "input: [3, 224, 224], layers: [{}, flatten, {{dense: 4096}}, relu, {{dense: 4096}}, relu, {{dense: 1000}}]".format(
    ", ".join(
        ", ".join(f"{{conv: {channels}, kernel: 3, padding: 1}}, relu" for _ in range(count)) + ", {max_pool: 2}"
        for channels, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    )
)


def basic(channels: int, stride: int) -> str:
    """One block of ResNet-18; where it halves the picture, a 1×1 projection with batch normalization."""
    conv = f"conv: {channels}, kernel: 3, padding: 1, bias: false"
    skip = f", projection: [{{conv: {channels}, kernel: 1, stride: 2, bias: false}}, batch_norm]" if stride > 1 else ""
    return f"{{residual: [{{{conv}, stride: {stride}}}, batch_norm, relu, {{{conv}}}, batch_norm]{skip}}}, relu"


RESNET = """input: [3, 224, 224], layers: [{{conv: 64, kernel: 7, stride: 2, padding: 3, bias: false}}, batch_norm, relu,
    {{max_pool: 3, stride: 2, padding: 1}}, {}, {{average_pool: global}}, flatten, {{dense: 1000}}]""".format(
    ", ".join(basic(c, s) for c, s in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)))
)
DENSE = "input: [30], layers: [{dense: 1024}, relu, {dense: 512}, relu, {dense: 1}]"


def kernels(*layers: tuple[int, int, int]) -> int:
    """Each convolution (k, channels in, channels out) with its biases."""
    return sum(k * k * c * f + f for k, c, f in layers)


def denses(*sizes: int) -> int:
    return sum(a * b + b for a, b in itertools.pairwise(sizes))


def resnet() -> tuple[int, int]:
    """ResNet-18 by He et al. 2016, table 1: convolutions without biases, and batch normalization after each."""
    convolutions = [(7, 3, 64)] + [(3, 64, 64)] * 4
    for before, after in ((64, 128), (128, 256), (256, 512)):
        convolutions += [(3, before, after), (1, before, after)] + [(3, after, after)] * 3
    normalized = sum(2 * f for _, _, f in convolutions)
    return sum(k * k * c * f for k, c, f in convolutions) + normalized + denses(512, 1000), normalized


VGG_LAYERS = [(3, 3, 64), (3, 64, 64), (3, 64, 128), (3, 128, 128), (3, 128, 256), (3, 256, 256), (3, 256, 256),
              (3, 256, 512), *[(3, 512, 512)] * 5]  # fmt: skip
KNOWN = {
    "LeNet-5": (LENET, kernels((5, 1, 6), (5, 6, 16), (5, 16, 120)) + denses(120, 84, 10), 61_706),
    "AlexNet": (
        ALEXNET,
        kernels((11, 3, 96), (5, 96, 256), (3, 256, 384), (3, 384, 384), (3, 384, 256))
        + denses(256 * 6 * 6, 4096, 4096, 1000),
        62_378_344,
    ),
    "VGG-16": (VGG, kernels(*VGG_LAYERS) + denses(512 * 7 * 7, 4096, 4096, 1000), 138_357_544),
    "ResNet-18": (RESNET, resnet()[0], 11_689_512),
    "30-1024-512-1": (DENSE, 30 * 1024 + 1024 + 1024 * 512 + 512 + 512 * 1 + 1, 557_057),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_parameters_of_a_known_architecture(name: str) -> None:
    network, counted, published = KNOWN[name]
    assert counted == published
    (part,) = parts(sheet := compose(network, "[layer_parameters]"))
    assert exact(part) == published and part["certified"]
    text = files(sheet, ["markdown"])["solutions.md"]
    assert f"{published:,} parameters" in text
    assert ("of which 9,600 belong to batch normalization" in text) == (name == "ResNet-18")
    assert sum(parameters(unit) for unit in built(network).units) == published


def test_batch_normalization_in_resnet_18_has_9600_parameters() -> None:
    assert resnet()[1] == 9_600
    assert sum(parameters(unit) for unit in built(RESNET).units if unit.kind == "batch_norm") == 9_600


def test_the_worked_sum_of_the_source() -> None:
    text = files(compose(DENSE, "[layer_parameters]"), ["latex"])["solutions.tex"]
    said = r"30 \cdot 1024 + 1024 + 1024 \cdot 512 + 512 + 512 \cdot 1 + 1"
    assert said in text and "557057" in text and "557,057 parameters" in text


# Output sizes as the papers print them: (channels, side) after each convolution and pooling.
SIZES = {
    "LeNet-5": (LENET, [(6, 28), (6, 14), (16, 10), (16, 5), (120, 1)]),
    "AlexNet": (ALEXNET, [(96, 55), (96, 27), (256, 27), (256, 13), (384, 13), (384, 13), (256, 13), (256, 6)]),
    "ResNet-18": (
        RESNET,
        [(64, 112), (64, 56), *[(64, 56)] * 4, *[(128, 28)] * 5, *[(256, 14)] * 5, *[(512, 7)] * 5, (512, 1)],
    ),
}


@pytest.mark.parametrize("name", SIZES)
def test_the_sizes_of_a_known_architecture(name: str) -> None:
    network, published = SIZES[name]
    assert [unit.after[:2] for unit in built(network).units if unit.windowed] == published


def test_multiply_adds_of_vgg_16_and_of_its_first_layers() -> None:
    sides = [224, 224, 112, 112, 56, 56, 56, 28, 28, 28, 14, 14, 14]
    counted = [k * k * c * f * side * side for (k, c, f), side in zip(VGG_LAYERS, sides, strict=True)]
    counted += [512 * 7 * 7 * 4096, 4096 * 4096, 4096 * 1000]
    (part,) = parts(compose(VGG, "[multiply_adds]"))
    assert exact(part) == sum(counted) == 15_470_264_320
    found = [multiply_adds(unit) for unit in built(VGG).units if multiply_adds(unit)]
    assert found == counted


def seen(layers: list[tuple[int, int, int]]) -> int:
    """The receptive field by brute force: which input entries reach output 0, one layer after the other, set by set."""
    entries = {0}
    for k, s, d in reversed(layers):
        entries = {entry * s + d * i for entry in entries for i in range(k)}
    return max(entries) - min(entries) + 1


@pytest.mark.parametrize(
    ("network", "layer", "windows", "known"),
    [
        (LENET, 4, [(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)], 16),
        (ALEXNET, 8, [(11, 4, 1), (3, 2, 1), (5, 1, 1), (3, 2, 1), *[(3, 1, 1)] * 3, (3, 2, 1)], 195),
        (VGG, 18, [w for count in (2, 2, 3, 3, 3) for w in [*[(3, 1, 1)] * count, (2, 2, 1)]], 212),
        (RESNET, 25, [(7, 2, 1), (3, 2, 1), *[(3, 1, 1)] * 4, *([(3, 2, 1), *[(3, 1, 1)] * 3] * 3)], 435),
        ("input: [1, 64, 64], layers: [{conv: 2, kernel: 3, dilation: 4}, {conv: 2, kernel: 3, dilation: 2, stride: 2}, {max_pool: 3}]",
         3, [(3, 1, 4), (3, 2, 2), (3, 3, 1)], 17),
    ],
)  # fmt: skip
def test_receptive_fields(network: str, layer: int, windows: list[tuple[int, int, int]], known: int) -> None:
    assert seen(windows) == known
    if network is RESNET:
        layer = max(row[0].row for row in rows(built(network)) if row[0].kind == "add")
    (part,) = parts(compose(network, f"[receptive_field: {{layer: {layer}}}]"))
    assert exact(part) == known


# --- sizes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_a_size_is_the_number_of_places_of_its_window(seed: int) -> None:
    draws = Draws("sizes", str(seed))
    n, k, s = draws.integer("n", 1, 40), draws.integer("k", 1, 7), draws.integer("s", 1, 4)
    p, d = draws.integer("p", 0, 3), draws.integer("d", 1, 3)
    places = len([start for start in range(-p, n + p, s) if start + d * (k - 1) < n + p])
    layer = f"{{conv: 2, kernel: {k}, stride: {s}, padding: {p}, dilation: {d}}}"
    if not places:
        assert "has no room" in refusal(f"input: [1, {n}, {n + 1}], layers: [{layer}]")
        return
    network = built(f"input: [1, {n}, {n}], layers: [{layer}]")
    assert Numbers(network.graph, {})["n_1"] == places and network.units[0].after == (2, places, places)


def test_a_wrong_size_is_not_certified() -> None:
    network = built(LENET)
    text = r"n_1 = \left\lfloor \frac{32 + 2 \cdot 0 - 5}{1} \right\rfloor + 1 = "
    assert certify.symbolic(network.graph, text + "28", Name("n_1"), latex=True)
    for wrong in (text + "27", text.replace("- 5", "- 4") + "28", text.replace("32", "31") + "28"):
        with pytest.raises(CertificateError):
            certify.symbolic(network.graph, wrong, Name("n_1"), latex=True)
    with pytest.raises(CertificateError, match="layer 1 has 28 places"):
        size_lines(network, replace(network.units[0], after=(6, 27, 27)))


def test_what_is_not_square_has_a_height_and_a_width() -> None:
    network = "input: [2, 9, 12], layers: [{conv: 4, kernel: 3}, {max_pool: 3, stride: 2}, flatten, {dense: 3}]"
    assert built(network).outputs == ("n_4",)
    text = files(compose(network, "[output_sizes]"), ["markdown"])["solutions.md"]
    assert "H _ 2" in text and "W _ 2" in text and "4 × 3 × 4" in text and "n _ 3 = 4 \\cdot 3 \\cdot 4 = 48" in text.replace("&", "")


def test_a_dilation_stands_in_the_formula_only_where_there_is_one() -> None:
    network = "input: [1, 9, 9], layers: [{conv: 2, kernel: 3}]"
    plain = files(compose(network, "[output_sizes]"), ["latex"])["solutions.tex"]
    dilated = files(compose(network.replace("kernel: 3", "kernel: 3, dilation: 2"), "[output_sizes]"), ["latex"])
    assert r"\frac{n + 2 p - k}{s}" in plain and r"\frac{9 + 2 \cdot 0 - 3}{1}" in plain
    assert r"\frac{n + 2 p - d (k - 1) - 1}{s}" in dilated["solutions.tex"]
    assert r"\frac{9 + 2 \cdot 0 - 2 (3 - 1) - 1}{1}" in dilated["solutions.tex"]


def test_every_size_may_be_drawn() -> None:
    network = "input: [1, {one_of: [20, 24]}, 20], layers: [{conv: {one_of: [2, 4]}, kernel: {one_of: [3, 5]}, bias: {one_of: [true, false]}}, {one_of: [relu, tanh]}, {max_pool: {one_of: [2, global]}}]"
    found = {tuple(unit.after for unit in built(network, str(seed)).units) for seed in range(60)}
    assert len(found) >= 12


# --- what a question tells --------------------------------------------------------------------------------------------


def questions(sheet: Sheet) -> str:
    texts = files(sheet, ["markdown", "latex"])
    return "\n".join(texts[name] for name in ("questions.md", "questions.tex"))


def tikz(sheet: Sheet) -> str:
    return files(sheet, ["latex"])["questions.tex"]


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_blank_is_a_letter_on_the_question_and_a_size_on_the_solution(seed: int) -> None:
    sheet = compose(LENET, "[output_sizes: {blanks: 3}]", seed=str(seed))
    (part,) = parts(sheet)
    assert [value["name"] for value in part["answer"]["values"]] == ["A", "B", "C"]
    network = built(LENET)
    for row in part["parameters"]["blanks"].split(", "):
        after = network.units[[unit.row for unit in network.units].index(int(row))].after
        spoken, drawn = " × ".join(map(str, after)), r" \times ".join(map(str, after))
        if len(after) == 3:
            assert spoken not in questions(sheet) and drawn not in questions(sheet)
            assert f"is {spoken}." in files(sheet, ["markdown"])["solutions.md"]
    assert tikz(sheet).count(r"$\mathrm{A}$") == 1


def test_the_key_of_a_blank_is_its_shape() -> None:
    (part,) = parts(compose(LENET, "[output_sizes: {blanks: [2, 6]}]"))
    values = part["answer"]["values"]
    assert [value["plain"] for value in values] == ["[6, 14, 14]", "[120]"]


def test_sizes_that_are_all_asked_have_a_drawing_without_them() -> None:
    network = "input: [3, 9, 9], layers: [{conv: 4, kernel: 3}, flatten, {dense: 2}]"
    for more in ("", "    picture: {values: given}\n"):
        text = questions(compose(network, "[output_sizes]", more))
        assert "Input: 3 × 9 × 9. 1: convolution" in text and ", size" not in text
    assert "all sizes on the drawing would answer output_sizes" in refusal(
        network, "[output_sizes]", "    picture: {values: all}\n"
    )


def test_one_is_no_plural() -> None:
    network = "input: [3, 3, 3], layers: [{conv: 1, kernel: 3, bias: false}, flatten, {dense: 1, bias: false}]"
    text = files(compose(network, "[output_sizes: {blanks: [1, 2]}, layer_parameters: 3]"), ["markdown"])["solutions.md"]
    for said in ("one channel for its one kernel", "a vector of 1 number.", "1 parameter."):
        assert said in text


def test_what_an_addition_makes_equal_is_not_told() -> None:
    network = "input: [4, 16, 16], layers: [{residual: [{conv: 8, kernel: 3, stride: 2, padding: 1}], projection: {conv: 8, kernel: 1, stride: 2}}, {average_pool: 2}, flatten, {dense: 2}]"
    text = questions(compose(network, "[output_sizes: {blanks: [1]}]"))
    assert "8 × 8 × 8" not in text and r"8 \times 8 \times 8" not in text and r"8 \times 4 \times 4" in text
    flat = questions(compose(network, "[output_sizes: {blanks: [4]}]"))
    assert "$128$" not in flat and "size 128" not in flat


@pytest.mark.parametrize("network", [LENET, ALEXNET, DENSE, RESNET, VGG])
def test_drawings_touch_nothing_and_fit_the_page(network: str) -> None:
    net = built(network)
    scene = stack(net, {2: "A"})
    assert drawable(net) and not scene.touching() and scene.width <= 440
    assert not list(misdrawn([scene]))


def test_a_drawing_with_sizes_only_if_wanted_and_not_where_it_would_answer() -> None:
    shown = questions(compose(LENET, "[layer_parameters]", "    picture: {values: all}\n"))
    bare = questions(compose(LENET, "[layer_parameters]"))
    assert r"16 \times 10 \times 10" in shown and r"16 \times 10 \times 10" not in bare
    assert "1 × 32 × 32" in bare
    assert "would answer multiply_adds" in refusal(LENET, "[multiply_adds]", "    picture: {values: all}\n")
    assert "would answer output_sizes" in refusal(LENET, "[output_sizes: {blanks: 3}]", "    picture: true\n")


# --- the question turned around ----------------------------------------------------------------------------------------

FIND = "input: [1], layers: [{dense: 1}]"


@pytest.mark.parametrize(
    ("ask", "right"),
    [
        ("{find: kernel, input: 227, output: 55, stride: 4, padding: 0, choices: [3, 5, 11, 15]}", 11),
        ("{find: stride, input: 224, output: 112, kernel: 7, padding: 3}", 2),
        ("{find: padding, input: 28, output: 28, kernel: 5, stride: 1}", 2),
        ("{find: dilation, input: 20, output: 14, kernel: 3, stride: 1, padding: 1, choices: [1, 2, 3, 4]}", 4),
        ("{find: units, sizes: [30, h, 512, 1], total: 557057}", 1024),
        ("{find: units, sizes: [784, h, 10], total: 25450}", 32),
        ("{find: units, sizes: [3, 4, h, 2], total: 30, biases: false}", 3),
    ],
)
def test_find_layer(ask: str, right: int) -> None:
    (part,) = parts(compose(FIND, f"[find_layer: {ask}]", "    introduce: false\n"))
    assert exact(part) == right and part["certified"]


def solutions(find: str, said: Mapping[str, str]) -> Iterator[int]:
    """Every choice that fits what the question says, by trying each place of the window."""
    letters = {key: int(said[key]) for key in said if said[key].isdigit()}
    for choice in {"kernel": (1, 3, 5, 7), "stride": (1, 2, 3, 4), "padding": (0, 1, 2, 3), "dilation": (1, 2, 3)}[find]:
        k, s, p, d = ({**letters, find: choice}[key] for key in ("kernel", "stride", "padding", "dilation"))
        ends = range(d * (k - 1), letters["input"] + 2 * p, s)
        if len(ends) == letters["output"]:
            yield choice


@pytest.mark.parametrize("find", ["kernel", "stride", "padding", "dilation"])
def test_a_drawn_question_has_one_answer(find: str) -> None:
    right = set()
    for seed in range(25):
        (part,) = parts(compose(FIND, f"[find_layer: {{find: {find}}}]", "    introduce: false\n", str(seed)))
        assert list(solutions(find, part["parameters"])) == [exact(part)]
        right.add(exact(part))
    assert len(right) > 2


def test_a_drawn_hidden_size_gives_the_total() -> None:
    for seed in range(10):
        (part,) = parts(compose(FIND, "[find_layer: {find: units}]", "    introduce: false\n", str(seed)))
        sizes = [int(size) for size in part["parameters"]["sizes"].replace("h", str(exact(part))).split("-")]
        assert str(denses(*sizes)) == part["parameters"]["total"]


# --- bad input, in one line each ------------------------------------------------------------------------------------

PICTURE = "input: [3, 8, 8], layers: "


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("layers: [flatten]", "3: exercises[0].network: 'input' is missing"),
        ("input: [3, 8, 8]", "3: exercises[0].network: 'layers' is missing"),
        ("input: [3, 8, 8], layer: []", "network.layer: 'layer' is unknown; did you mean 'layers'?"),
        ("input: [3, 8], layers: [relu]", "network.input: must be [channels, height, width], or [numbers] of a vector"),
        ("input: 3, layers: [relu]", "network.input: must be [channels, height, width]"),
        ("input: [3, 0, 8], layers: [relu]", "network.input[1]: must be a whole number from 1 to 4096, not 0"),
        ("input: [3, 8, true], layers: [relu]", "network.input[2]: must be a whole number"),
        (PICTURE + "[]", "network.layers: must not be empty"),
        (PICTURE + "relu", "network.layers: must be a list of layers, not 'relu'"),
        (PICTURE + "[7]", "network.layers[0]: must be a layer such as relu"),
        (PICTURE + "[rleu]", "network.layers[0]: 'rleu' is unknown; did you mean 'relu'?"),
        (PICTURE + "[batchnorm]", "network.layers[0]: 'batchnorm' is unknown; did you mean 'batch_norm'?"),
        (PICTURE + "[conv]", "network.layers[0]: 'conv' needs its size: write {conv: ...}"),
        (PICTURE + "[{convv: 3}]", "network.layers[0]: 'convv' is unknown; did you mean 'conv'?"),
        (PICTURE + "[{conv: 3, dense: 4}]", "network.layers[0]: is conv and dense at once"),
        (PICTURE + "[{conv: 3}]", "network.layers[0]: a conv needs its kernel"),
        (PICTURE + "[{conv: 3, kernel: 3, strides: 2}]", "layers[0].strides: 'strides' is unknown; did you mean 'stride'?"),
        (PICTURE + "[{conv: 0, kernel: 3}]", "network.layers[0].conv: must be a whole number from 1"),
        (PICTURE + "[{conv: 4, kernel: 2.5}]", "network.layers[0].kernel: must be a whole number from 1 to 512, not 2.5"),
        (PICTURE + "[{conv: 4, kernel: 3, stride: 0}]", "network.layers[0].stride: must be a whole number from 1"),
        (PICTURE + "[{conv: 4, kernel: 3, padding: -1}]", "network.layers[0].padding: must be a whole number from 0"),
        (PICTURE + "[{conv: 4, kernel: 3, bias: 1}]", "network.layers[0].bias: must be true or false, not 1"),
        (PICTURE + "[{conv: 4, kernel: 3, groups: 2}]", "layers[0].groups: 2 groups do not divide the 3 channels that come in"),
        (PICTURE + "[{conv: 4, kernel: 3, groups: 3}]", "layers[0].groups: 3 groups do not divide the 4 channels that go out"),
        (PICTURE + "[relu, {conv: 4, kernel: 9}]",
         "network.layers[1]: a convolution with kernel 9 has no room: floor((8 + 2*0 - 1*(9 - 1) - 1)/1) + 1 = 0, which is less than 1"),
        (PICTURE + "[{conv: 4, kernel: 3, dilation: 4}]", "network.layers[0]: a convolution with kernel 3 has no room"),
        (PICTURE + "[{max_pool: 9}]", "network.layers[0]: pooling with window 9 has no room"),
        (PICTURE + "[{max_pool: 2, padding: 2}]", "network.layers[0].padding: 2 is more than half of the window 2"),
        (PICTURE + "[{average_pool: 2, dilation: 2}]", "network.layers[0].dilation: 'dilation' is unknown"),
        (PICTURE + "[{average_pool: global, stride: 2}]", "network.layers[0].stride: does not go with global"),
        (PICTURE + "[{dense: 4}]", "network.layers[0]: a dense layer needs a vector, but 3 x 8 x 8 comes in: flatten it before"),
        (PICTURE + "[flatten, flatten]", "layers[1]: flatten needs channels x height x width, but a vector of 192 comes in"),
        (PICTURE + "[flatten, {conv: 4, kernel: 1}]", "layers[1]: a convolution needs channels x height x width"),
        (PICTURE + "[flatten, {max_pool: 2}]", "layers[1]: pooling needs channels x height x width"),
        (PICTURE + "[{conv: 4, kernel: 1, from: 6}]", "layers[0].from: says that 6 channels come in, but 3 do"),
        (PICTURE + "[flatten, {dense: 4, from: 100}]", "layers[1].from: says that 100 numbers come in, but 192 do"),
        (PICTURE + "[{residual: [{conv: 4, kernel: 1}]}]",
         "network.layers[0]: a residual block's layers give 4 x 8 x 8, but its input is 3 x 8 x 8; give it a projection"),
        (PICTURE + "[{residual: [{conv: 4, kernel: 3}], projection: {conv: 4, kernel: 1}}]",
         "network.layers[0]: a residual block's layers give 4 x 6 x 6, but its projection gives 4 x 8 x 8"),
        (PICTURE + "[{residual: []}]", "network.layers[0].residual: must not be empty"),
        (PICTURE + "[{residual: [{conv: 4, kernel: 11}]}]", "layers[0].residual[0]: a convolution with kernel 11 has no room"),
        (PICTURE + "[{residual: [{residual: [{residual: [{residual: [relu]}]}]}]}]", "residual blocks nested more than 3 deep"),
    ],
)  # fmt: skip
def test_a_bad_network_is_refused_with_its_place(network: str, message: str) -> None:
    assert message in refusal(network)


@pytest.mark.parametrize(
    ("asks", "message"),
    [
        ("[output_sizes: {blanks: 0}]", "output_sizes.blanks: must be between 1 and 6"),
        ("[output_sizes: {blanks: [1, 99]}]", "output_sizes.blanks: there is no layer 99: they are numbered 1 to 8"),
        ("[output_sizes: {blanks: yes}]", "output_sizes.blanks: must be a number, or a list of layers"),
        ("[output_sizes: {blank: 2}]", "asks[0]: 'blank' is unknown; did you mean 'blanks'?"),
        ("[layer_parameters: {layer: 2}]", "layer_parameters.layer: nothing is learned here"),
        ("[layer_parameters: {layer: 9}]", "layer_parameters.layer: must be the number of a layer, from 1 to 8"),
        ("[multiply_adds: {layer: 2}]", "multiply_adds.layer: only convolutions and dense layers multiply"),
        ("[receptive_field: {layer: 7}]", "receptive_field.layer: is of a layer whose output has a height and a width"),
        ("[find_layer: {find: kernl}]", "find_layer.find: 'kernl' is unknown; did you mean 'kernel'?"),
        ("[find_layer: {find: kernel, kernel: 3}]", "find_layer.kernel: is what the question asks for"),
        ("[find_layer: {find: kernel, input: 32, output: 31, stride: 1, padding: 0}]", "find_layer.output: no kernel of 1, 3, 5, 7 gives 31"),
        ("[find_layer: {find: kernel, input: 32, output: 8, stride: 4, padding: 0}]", "find_layer: kernel 1 and 3 all give 8"),
        ("[find_layer: {find: stride, input: 1, kernel: 1, padding: 0}]", "find_layer: with these numbers no stride leads"),
        ("[find_layer: {choices: [3]}]", "find_layer.choices: must list 2 to 8 numbers"),
        ("[find_layer: {choices: [3, 3]}]", "find_layer.choices: must not hold a number twice"),
        ("[find_layer: {choices: [3, 0]}]", "find_layer.choices: must be a whole number from 1"),
        ("[find_layer: {find: units, sizes: [h, 3, 1]}]", "find_layer.sizes: must hold one hidden layer called h"),
        ("[find_layer: {find: units, sizes: [3, 1]}]", "find_layer.sizes: must list 3 to 8 layers"),
        ("[find_layer: {find: units, sizes: [3, h, 1], total: 12}]", "find_layer.total: no hidden size gives 12 parameters: they are 5 h + 1"),
        ("[find_layer: {find: units, biases: 3}]", "find_layer.biases: must be true or false"),
        ("[gradient: w]", "asks[0]: a convolutional network has shapes and counts only: ask output_sizes, "),
        ("[bind: {g: relu}]", "asks[0]: a convolutional network has shapes and counts only"),
    ],
)  # fmt: skip
def test_a_bad_ask_is_refused_with_its_place(asks: str, message: str) -> None:
    network = LENET.replace("{conv: 120, kernel: 5}, tanh, ", "{conv: 120, kernel: 5}, ")
    assert message in refusal(" ".join(network.split()), asks)


@pytest.mark.parametrize("ask", [ask for ask in ASKS if ask not in OF_STACKS])
def test_what_a_stack_does_not_have_is_not_asked(ask: str) -> None:
    assert "a convolutional network has shapes and counts only" in refusal(FIND, f"[{ask}]")


@pytest.mark.parametrize("ask", ["output_sizes", "layer_parameters", "multiply_adds", "receptive_field"])
def test_other_networks_have_no_shapes_to_ask_for(ask: str) -> None:
    text = f"title: T\nexercises:\n  - network: {{kind: layered, sizes: [2, 1]}}\n    asks: [{ask}]\n"
    with pytest.raises(DerivgenError, match=r"asks\[0\].*: needs a network of kind convolutional"):
        Composer(spec.loads(text, asks=ASKS, kinds=KINDS)).compose("1")


def test_counts_are_numbers_and_shapes_agree_with_the_graph() -> None:
    for network in (LENET, ALEXNET, VGG, RESNET, DENSE):
        net = built(network)
        values = Numbers(net.graph, {})
        for unit in (row[0] for row in rows(net)):
            assert values[f"n_{unit.row}"] == Fraction(unit.after[-1])
            assert unit.kind != "flatten" or unit.after == (math.prod(unit.before),)
