"""One formula in steps: their names, the programs of both passes (executed), values, differentials, simple gradients."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from randomly import DIGITS, REAL, Network, awkward, forward, networks, real

from derivgen import certify, linearity, preparing, spec
from derivgen.asks import ASKS
from derivgen.derivation import Filled, chain
from derivgen.draws import Draws
from derivgen.errors import CertificateError, DerivgenError, QuizError
from derivgen.evaluation import EvaluationError, Numbers, evaluator, to_decimal
from derivgen.exercise import Assignment, Cases, Known, Nabla, Part, Program, State, Step
from derivgen.expression import Apply, Name, Partial, apply, negate, number, walk
from derivgen.folders import bundled_quizzes
from derivgen.graph import Graph
from derivgen.networks import KINDS, build
from derivgen.networks import Network as Built
from derivgen.printing import plain
from derivgen.reading import ReadingError, Scope, read
from derivgen.sheet import Composer, compose
from derivgen.writing import files, key

QUOTIENT = "f = (x + s(y))/(s(x) + (x + y)^2)"


def loaded(asks: object = "forward_pseudocode", *, givens: object = None, random: bool = False, **network: object) -> spec.Quiz:
    network = {"kind": "staged", "inputs": ["x", "y", "z"], **network}
    exercise = {"network": network, "asks": asks if isinstance(asks, list) else [asks], "random": random}
    exercise |= {"givens": givens} if givens else {}
    text = json.dumps({"title": "A test", "exercises": [exercise]})
    return spec.loads(text, asks=ASKS, kinds=KINDS)


def built(**network: object) -> Built:
    return build(loaded(**network).exercises[0].network, Draws("", "q", "1"), "forbid")


def steps(**network: object) -> list[str]:
    graph = built(**network).graph
    return [f"{node.name} = {plain(node.tree, graph.scope)}" for node in graph.nodes]


def solution(*asks: object, **more: Any) -> str:
    return files(compose(loaded(list(asks), **more)), ["markdown"])["solutions.md"]


# --- the steps and their names ---------------------------------------------------------------------------------------


def test_the_quotient_of_the_source_step_by_step() -> None:
    assert steps(formula=QUOTIENT, symbols={"s": "sigmoid"}) == [
        "s_y = s(y)", "num = x + s_y", "s_x = s(x)", "sum = x + y", "sqr = sum^2", "denom = s_x + sqr", "inv = 1/denom",
        "f = num*inv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("f = (x + y)*z + x", ["sum = x + y", "prod = sum*z", "f = prod + x"]),
        ("f = (x + y)*(y + x)", ["sum = x + y", "f = sum*sum"]),
        ("f = x*y*z - 2", ["prod_1 = x*y", "prod_2 = prod_1*z", "f = prod_2 - 2"]),
        ("f = x - y + z - 1", ["diff = x - y", "sum = diff + z", "f = sum - 1"]),
        ("f = 1/(x + y)", ["denom = x + y", "f = 1/denom"]),
        ("f = x/2", ["f = x/2"]),
        ("f = x/y", ["inv = 1/y", "f = x*inv"]),
        ("f = sigmoid(x + y)^3", ["sum = x + y", "g = sigmoid(sum)", "f = g^3"]),
        ("f = e^(-x*y)", ["prod = x*y", "neg = -prod", "f = e^(neg)"]),
        ("f = 2*x/3 + 1/2*x", ["prod_1 = 2*x", "quot = prod_1/3", "prod_2 = 1/2*x", "f = quot + prod_2"]),
    ],
)
def test_each_operation_is_one_step(formula: str, wanted: list[str]) -> None:
    assert steps(formula=formula) == wanted


def test_given_names_and_coarse_steps() -> None:
    assert steps(formula="f = (x + y)*z + x", names=["g", "h"]) == ["g = x + y", "h = g*z", "f = h + x"]
    neuron = {"formula": "F = sigmoid(w_0*x + w_1*y + w_2)", "weights": ["w_0", "w_1", "w_2"]}
    assert steps(**neuron, coarse=True, names="Y") == ["Y = w_0*x + w_1*y + w_2", "F = sigmoid(Y)"]
    assert len(steps(**neuron)) == 5


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("f = tanh(w*a + v*b - 1)*(w*a + v*b)",
         ["sum = w*a + v*b", "diff = sum - 1", "g = tanh(diff)", "f = g*sum"]),
        ("f = (w*a + b + 2)*(w*a + b - 1)",
         ["sum_1 = w*a + b", "sum_2 = sum_1 + 2", "diff = sum_1 - 1", "f = sum_2*diff"]),
        ("f = tanh(a - w*b)*(a - w*b + v)", ["diff = a - w*b", "g = tanh(diff)", "sum = diff + v", "f = g*sum"]),
        ("f = (w*a + v)*(a*w - b)", ["prod = w*a", "sum = prod + v", "diff = prod - b", "f = sum*diff"]),
        ("f = (a + b + v)*(a + b)*e^(a + b + v + w)",
         ["sum_1 = a + b", "sum_2 = sum_1 + v", "sum_3 = sum_2 + w", "prod = sum_2*sum_1", "g = e^(sum_3)",
          "f = prod*g"]),
        ("f = tanh(w*a + v*b)", ["sum = w*a + v*b", "f = tanh(sum)"]),
    ],
)  # fmt: skip
def test_what_is_repeated_in_coarse_steps_is_computed_once(formula: str, wanted: list[str]) -> None:
    found = steps(formula=formula, inputs=["w", "a", "v", "b"], coarse=True)
    assert sorted(found) == sorted(wanted)


def test_generated_names_are_nobody_elses() -> None:
    found = steps(formula="f = (sum + num)/(sum*inv) + s_x*sigmoid(x)", inputs=["sum", "num", "inv", "s_x", "x"])
    names = [line.partition(" =")[0] for line in found]
    assert len(set(names)) == len(names)
    assert not {"sum", "num", "inv", "s_x", "x"} & set(names)
    found = steps(formula="f = r(x)*relu(x)", symbols={"r": "sigmoid"}, inputs=["x"])  # r_x has no second number
    assert found[:2] == ["r_x = r(x)", "g = relu(x)"]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"formula": "f = x + q"}, "exercises[0].network.formula: column 9: 'q' is unknown"),
        ({"formula": "f = x"}, "formula: has no operation"),
        ({"formula": "f = x + y; g = f*x"}, "formula: must be one formula"),
        ({"formula": "x + y"}, "formula: 'x + y' is not an equation"),
        ({"formula": 3}, "formula: must be a formula such as"),
        ({}, "network: formula is missing"),
        ({"formula": "f = x*y + z", "names": ["p", "q"]}, "names: holds 2 names for the 1 steps before f"),
        ({"formula": "f = x*y + z", "names": ["x"]}, "names: 'x' is another quantity's name already"),
        ({"formula": "f = x*y + z", "names": ["2p"]}, "names: '2p' is not a name"),
        ({"formula": "f = x*y", "coarse": "yes"}, "coarse: must be true or false"),
        ({"formula": "f = s(x)", "symbols": {"s": "sigmod"}}, "did you mean 'sigmoid'?"),
        ({"formula": "f = x*y", "formulas": 1}, "did you mean 'formula'?"),
        ({"formula": "f = x*y", "weights": ["x"]}, "'x' is declared twice"),
    ],
)
def test_a_mistake_in_the_network_is_one_line(network: dict[str, object], message: str) -> None:
    with pytest.raises(QuizError) as error:
        built(**network)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


FORMS = ("{0} + {1}", "{0}*{1}", "{0} - {1}", "{0}/{1}", "sigmoid({0})", "tanh({0})", "{0}^2", "-{0}", "max({0}, {1})",
         "2*{0}", "swish({0})", "1/(1 + {0}^2)", "{0} + {1} - {0}*{1}", "e^(-{0}^2)", "elu({0})")  # fmt: skip


def formulas() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["x", "y", "z"])
    return st.recursive(
        leaves, lambda inner: st.builds(lambda f, a, b: f"({f.format(a, b)})", st.sampled_from(FORMS), inner, inner),
        max_leaves=9,
    )  # fmt: skip


POINT = {"x": Fraction(7, 10), "y": Fraction(-13, 10), "z": Fraction(9, 5)}


@settings(max_examples=80, deadline=None)
@given(formulas(), st.booleans())
def test_the_steps_compute_the_formula(formula: str, coarse: bool) -> None:
    tree = read(formula, Scope.of(["x", "y", "z"]))
    values = {name: mpmath.mpf(value.numerator) / value.denominator for name, value in POINT.items()}
    try:
        with mpmath.workdps(DIGITS):
            assume(not awkward(tree, values) and abs(wanted := real(tree, values)) < 10**6)
    except (ZeroDivisionError, OverflowError):
        assume(False)
    assume(isinstance(tree, Apply))
    graph = built(formula=f"f = {formula}", coarse=coarse).graph
    trees = [node.tree for node in graph.nodes]
    assert len(set(trees)) == len(trees)
    if not coarse:  # single operations, on names and numbers
        for step in trees:
            inner = [part for part in walk(step) if isinstance(part, Apply)]
            assert all(part is step or not any(isinstance(p, Name) for p in walk(part)) for part in inner)
    with mpmath.workdps(DIGITS):
        assert abs(forward(graph, values)["f"] - wanted) < mpmath.mpf(10) ** -40 * (1 + abs(wanted))


# --- the programs, executed ------------------------------------------------------------------------------------------


def asked(graph: Graph, ask: str) -> Part:
    network = Built(graph, tuple(graph.leaves), (), (), (), "", "")
    return ASKS[ask](State(network, Known()), {}, Draws("", "q", "1"))[1]


def program_of(graph: Graph, ask: str) -> Program:
    program = asked(graph, ask).facts["program"]
    assert isinstance(program, Program)
    return program


def python(text: str, names: set[str], functions: Mapping[str, str]) -> str:
    """A printed right side as a Python expression; quantities are looked up by their names."""
    quantity = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    called = "|".join(re.escape(name) for name in sorted(functions, key=len, reverse=True))
    token = re.compile(
        rf"(?P<call>(?<![A-Za-z0-9_])(?:{called})(?=\())|(?P<name>(?<![A-Za-z0-9_])(?:{quantity})(?![A-Za-z0-9_]))"
        r"|(?P<e>e\^)|(?P<power>\^\(?-?\d+\)?)|(?P<test>1\[(?P<left>.+?) (?P<sign><=|>=|<|>) (?P<right>.+?)\])"
        r"|(?P<number>\d+(?:\.\d+)?)"
    )

    def put(match: re.Match[str]) -> str:
        if match["test"]:
            return f"mpf({python(match['left'], names, functions)} {match['sign']} {python(match['right'], names, functions)})"
        if match["power"]:
            return "**" + match["power"][1:]
        if match["e"]:
            return "exp"
        return functions[match[0]] if match["call"] else f"v[{match[0]!r}]" if match["name"] else f"mpf({match[0]!r})"

    return token.sub(put, text)


def run(program: Program, graph: Graph, values: dict[str, Any]) -> dict[str, Any]:
    """What the printed plain text of a program, as Python, makes of these values."""
    meant = {name: f"REAL[{name!r}]" for name in REAL} | {f: f"REAL[{o!r}]" for f, o in graph.bindings}
    meant |= {"ln": "REAL['log']"}
    printed = preparing.statements(program, graph, "plain")
    lines = [
        f"v[{left!r}] {relation} {python(right, {*values, *(line[0] for line in printed)}, meant)}"
        for left, relation, right in printed
    ]
    names = {"v": values, "REAL": REAL, "exp": mpmath.exp, "mpf": mpmath.mpf}
    exec("\n".join(lines), names)  # noqa: S102 - what derivgen itself has printed
    return values


def check_programs(graph: Graph, point: Mapping[str, Fraction]) -> None:
    """Both passes, run one after the other, give the certified values and derivatives."""
    with mpmath.workdps(DIGITS):
        leaves = {name: mpmath.mpf(value.numerator) / value.denominator for name, value in point.items()}
        values = run(program_of(graph, "forward_pseudocode"), graph, leaves)
        backward = program_of(graph, "backward_pseudocode")
        values = run(backward, graph, values)
        numbers = Numbers(graph, point)
        reached = graph.ancestors(graph.output)
        assert {name for name, _ in backward.truths} == {f"d{name}" for name in reached}
        for name in reached:
            wanted = numbers[Partial(graph.output, name)]
            assert abs(values[f"d{name}"] - mpmath.mpf(str(wanted.numerator)) / wanted.denominator if isinstance(
                wanted, Fraction) else values[f"d{name}"] - mpmath.mpf(str(wanted))) < mpmath.mpf(10) ** -30, name  # fmt: skip


def test_the_published_programs() -> None:
    graph = built(formula=QUOTIENT, symbols={"s": "sigmoid"}).graph
    lines = preparing.statements(program_of(graph, "backward_pseudocode"), graph, "plain")
    assert [" ".join(line) for line in lines] == [
        "df = 1", "dnum = df*inv", "dinv = df*num", "ddenom = -dinv*(1/denom^2)", "ds_x = ddenom", "dsqr = ddenom",
        "dsum = 2*dsqr*sum", "dx = dsum", "dy = dsum", "dx += ds_x*s_x*(1 - s_x)", "dx += dnum", "ds_y = dnum",
        "dy += ds_y*s_y*(1 - s_y)",
    ]  # fmt: skip
    assert [step.number for step in program_of(graph, "backward_pseudocode").steps] == [0, 8, 7, 6, 5, 4, 3, 2, 1]
    check_programs(graph, {"x": Fraction(3, 5), "y": Fraction(8, 5)})


def bundled_graphs() -> list[tuple[str, Graph]]:
    """The graphs of all exercises that write theirs as equations or steps."""
    found = []
    for name in bundled_quizzes():
        quiz = spec.load(name, asks=ASKS, kinds=KINDS)
        own = tuple(one for one in quiz.exercises if one.network.kind not in ("layered", "convolutional"))
        composer = Composer(replace(quiz, exercises=own))
        for seed in ("1", "2") if name.endswith("-variants") else ("1",):
            for exercise in composer.compose(seed).exercises:
                graph = exercise.plan.graph
                network = exercise.plan.network
                if not (network.layers or network.units) and not any(graph.is_abstract(n.tree) for n in graph.nodes):
                    found.append((f"{name}/{seed}/{exercise.number}", graph))
    return found


def test_the_programs_of_the_bundled_graphs_give_the_certified_gradients() -> None:
    graphs = bundled_graphs()
    assert len(graphs) > 15
    for place, graph in graphs:
        point = {leaf: Fraction(3 + 4 * i, 10) for i, leaf in enumerate(graph.leaves)}
        try:
            check_programs(graph, point)
        except AssertionError as error:
            raise AssertionError(place) from error


@settings(max_examples=60, deadline=None)
@given(networks(most=12))
def test_the_programs_of_random_graphs_give_the_certified_gradients(network: Network) -> None:
    check_programs(network.graph, network.given)


@settings(max_examples=25, deadline=None)
@given(networks(most=8))
def test_every_program_is_certified(network: Network) -> None:
    for ask in ("forward_pseudocode", "backward_pseudocode"):
        assert preparing.prove_program(program_of(network.graph, ask), network.graph)


def statements_of(program: Program) -> list[Assignment]:
    return [line for step in program.steps for line in step.statements]


def rewritten(program: Program, lines: list[Assignment]) -> Program:
    return replace(program, steps=tuple(Step(i, (line,)) for i, line in enumerate(lines, 1)))


@pytest.mark.parametrize("formula", [QUOTIENT, "f = (x + y)*z + x", "f = s(x*y)*x + max(x, y)*z^2"])
def test_every_change_of_a_program_is_refused(formula: str) -> None:
    graph = built(formula=formula, symbols={"s": "sigmoid"}).graph
    for ask in ("forward_pseudocode", "backward_pseudocode"):
        program = program_of(graph, ask)
        lines = statements_of(program)
        assert preparing.prove_program(rewritten(program, lines), graph)
        broken = [lines[::-1]]
        for i, line in enumerate(lines):
            flipped = "+=" if line.relation == "=" else "="
            broken += [
                [*lines[:i], *lines[i + 1 :]],
                [*lines[:i], line, *lines[i:]],
                [*lines[:i], replace(line, relation=flipped), *lines[i + 1 :]],
                [*lines[:i], replace(line, right=negate(line.right)), *lines[i + 1 :]],
                [*lines[:i], replace(line, right=apply("multiply", number(2), line.right)), *lines[i + 1 :]],
            ]
        for wrong in broken:
            with pytest.raises((CertificateError, ReadingError)):
                preparing.prove_program(rewritten(program, wrong), graph)


def test_an_adjoint_is_used_only_when_it_is_complete() -> None:
    graph = Graph.of("g = x*y; h = g*x; f = g + h", ["x", "y"])
    lines = statements_of(program_of(graph, "backward_pseudocode"))
    last = max(i for i, line in enumerate(lines) if line.left == "dg")
    first = min(i for i, line in enumerate(lines) if any(part == Name("dg") for part in walk(line.right)))
    assert last < first
    early = [*lines[:last], lines[first], lines[last], *lines[last + 1 : first], *lines[first + 1 :]]
    with pytest.raises(CertificateError):
        preparing.prove_program(rewritten(program_of(graph, "backward_pseudocode"), early), graph)


def test_targets_and_constants_get_no_derivative() -> None:
    text = (
        "title: t\nexercises:\n  - network:\n      inputs: x\n      weights: w\n      target: y\n"
        "      constants: c\n      equations: z = c*w*x\n      loss: (z - y)^2\n    asks: [backward_pseudocode]\n"
    )
    made = files(compose(spec.loads(text, asks=ASKS, kinds=KINDS)), ["markdown"])["solutions.md"]
    assert r"\mathrm{dw}" in made and r"\mathrm{dx}" in made
    assert r"\mathrm{dy}" not in made and r"\mathrm{dc}" not in made


@pytest.mark.parametrize(
    ("network", "ask", "message"),
    [
        ({"formula": "f = x*dx", "inputs": ["x", "dx"]}, "backward_pseudocode", "dx would be the derivative by x"),
        ({"formula": "f = x*dx", "inputs": ["x", "dx"]}, "staged_values", "dx would be a differential"),
        ({"formula": "f = x*dx", "inputs": ["x", "dx"]}, "sensitivity", "dx would be the step of x"),
        ({"kind": "layered", "sizes": [1, 1], "inputs": None}, "forward_pseudocode", "needs equations"),
        ({"formula": "f = x*y"}, "tanh_logistic", "needs f to be the tanh of an input"),
        ({"formula": "f = x*y"}, {"sensitivity": {"step": 0}}, "must be a number that is not zero"),
        ({"formula": "f = x*y"}, {"staged_values": ["x", "x"]}, "names a quantity twice"),
        ({"formula": "f = x*y"}, {"partial_derivatives": {"gradient": 1}}, "gradient: must be true or false"),
        ({"formula": "f = x*y"}, {"partial_derivatives": "q"}, "'q' is unknown"),
    ],
)
def test_what_makes_no_sense_is_one_line(network: dict[str, object], ask: object, message: str) -> None:
    network = {key: value for key, value in {"inputs": ["x", "y"], **network}.items() if value is not None}
    exercise = {"network": {"kind": "staged", **network}, "asks": [ask], "random": True}
    with pytest.raises(DerivgenError) as error:
        compose(spec.loads(json.dumps({"title": "t", "exercises": [exercise]}), asks=ASKS, kinds=KINDS))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


# --- the bundled quizzes against what was published ------------------------------------------------------------------


def values_of(quiz: str, part: str) -> dict[str, str]:
    data = json.loads(key(compose(spec.load(quiz, asks=ASKS, kinds=KINDS))))
    parts = {p["id"]: p["answer"] for exercise in data["exercises"] for p in exercise["parts"]}
    return {value["name"]: value.get("decimal", value["plain"]) for value in parts[part]["values"]}


def test_the_residual_network_of_the_source() -> None:
    found = {name: Fraction(value) for name, value in values_of("residual-and-softmax", "1.a").items()}
    wanted = {
        "xw_0": "0.3", "xwb_0": "0.4", "x_1": "0.4", "xw_1": "-0.08", "y_1": "-0.38", "yx": "0.62", "z": "0.62",
        "dz/dw_0": "-0.2", "dz/dw_1": "0.4", "dz/db_0": "-0.2", "dz/db_1": "1",
    }  # fmt: skip
    assert found == {name: Fraction(value) for name, value in wanted.items()}
    text = files(compose(spec.load("residual-and-softmax", asks=ASKS, kinds=KINDS)), ["latex"])["solutions.tex"]
    token = r"\frac{\partial %s}{\partial %s}"
    names = ("z", r"\mathrm{yx}", "y_1", r"\mathrm{xw}_1", "x_1", r"\mathrm{xwb}_0", "b_0")
    way = r" \cdot ".join(token % pair for pair in zip(names, names[1:], strict=False))
    assert f"{token % ('z', 'b_0')} &= {way}" in text
    assert r"1 \cdot 1 \cdot 1 \cdot (-0.2) \cdot 1 \cdot 1" in text
    assert r"&= (-0.2) \cdot \mathrm{dx}_1 + 0.4 \cdot \mathrm{dw}_1" in text


def test_the_staged_computations_of_the_source() -> None:
    circuit = {name: Fraction(value) for name, value in values_of("staged-computation", "5.d").items()}
    assert [circuit[name] for name in ("g", "h", "f")] == [3, -12, -14]
    assert [circuit[f"df/d{name}"] for name in "xyz"] == [-3, -4, 3]
    neuron = values_of("staged-computation", "7.d")
    rounded = {name: round(float(value), 3) for name, value in neuron.items()}
    assert rounded["Y"] == 1 and rounded["F"] == 0.731 and rounded["dF/dY"] == 0.197
    assert [rounded[f"dF/dw_{i}"] for i in range(3)] == [-0.197, -0.393, 0.197]
    assert [rounded[f"dF/dx_{i}"] for i in range(2)] == [0.393, -0.590]
    data = json.loads(key(compose(spec.load("staged-computation", asks=ASKS, kinds=KINDS))))
    counted = next(p for e in data["exercises"] for p in e["parts"] if p["ask"] == "parameter_count")
    assert counted["answer"]["exact"] == "210/1"


@pytest.mark.parametrize("seed", [f"s{i}" for i in range(12)])
def test_variants_compose(seed: str) -> None:
    sheet = VARIANTS.compose(seed)
    assert all(proofs for exercise in sheet.exercises for proofs in exercise.proofs)


VARIANTS = Composer(spec.load("staged-computation-variants", asks=ASKS, kinds=KINDS))


# --- differentials ---------------------------------------------------------------------------------------------------


def test_a_differential_is_proved_by_its_partial_derivatives() -> None:
    graph = Graph.of("u = x*w", ["x", "w", "dx", "dw"])
    truth = read("du/dx*x + du/dw*w", graph.scope)  # not the differential: its own names
    wide = replace(graph, nodes=(*graph.nodes, replace(graph.node("u"), name="du", tree=read("w*dx + x*dw", graph.scope))))
    tokens = apply("add", *(apply("multiply", Partial("u", p), Name(f"d{p}")) for p in ("x", "w")))
    for right, holds in (("w*dx + x*dw", True), ("x*dx + w*dw", False), ("w*dx - x*dw", False), ("w*dx", False)):
        line = chain(Name("du"), read(right, wide.scope), truth=tokens)
        prepared = preparing.prepare(line, wide, [])
        assert isinstance(prepared, preparing.PreparedChain)
        if holds:
            assert preparing.prove(line, prepared)
        else:
            with pytest.raises(CertificateError):
                preparing.prove(line, prepared)
    assert truth != tokens


@pytest.mark.parametrize(
    ("text", "exact", "holds"),
    [
        ("0.3*dx + 1*dw", True, True),
        ("0.3*dx + 1.0*dw", True, True),
        ("0.30001*dx + 1*dw", True, False),
        ("0.2*dx + 1*dw", False, False),
        ("0.3*dw + 1*dx", True, False),
        ("1*dx + 0.3*dw", True, False),
        ("0.3*dx - 1*dw", True, False),
        ("0.3*dx + 1*dw + 0", True, False),
        ("(-0.3)*dx + 1*dw", True, False),
    ],
)
def test_a_line_of_numbers_beside_names(text: str, exact: bool, holds: bool) -> None:
    graph = Graph.of("u = x*w", ["x", "w", "dx", "dw"])
    point = certify.NumberLines(Graph.of("u = x*w", ["x", "w"])).point({"x": Fraction(1), "w": Fraction(3, 10)})
    keep = frozenset({"dx", "dw"})
    if holds:
        certify.mixed(graph, text, "w*dx + x*dw", keep, point, exact=exact, latex=False)
    else:
        with pytest.raises(CertificateError):
            certify.mixed(graph, text, "w*dx + x*dw", keep, point, exact=exact, latex=False)


def test_names_to_keep_are_printed() -> None:
    graph = Graph.of("u = x*w", ["x", "w", "dx"])
    tree = read("w*dx - x*dx", graph.scope)
    line = chain(Name("u"), tree, Filled(tree, keep=frozenset({"dx"})))
    prepared = preparing.prepare(line, graph, [])
    assert isinstance(prepared, preparing.PreparedChain) and prepared.mixed
    assert prepared.mixed.forms["plain"].fill({Name("w"): "-2", Name("x"): "0.5"}) == "(-2)*dx - 0.5*dx"


# --- simple gradients ------------------------------------------------------------------------------------------------


def test_a_maximum_by_cases_and_at_its_tie() -> None:
    text = solution("partial_derivatives", formula="f = max(x, y)")
    assert r"f &= \begin{cases} x, & x \ge y \cr y, & x < y \end{cases}" in text
    assert r"\frac{\partial f}{\partial x} &= \begin{cases} 1, & x > y \cr 0, & x < y \end{cases}" in text
    assert r"\max(x + h, x) - \max(x, x) &= \begin{cases} h, & h > 0 \cr 0, & h < 0 \end{cases}" in text
    assert text.count("does not exist there") == 2


@pytest.mark.parametrize(
    ("formula", "right", "left"),
    [("f = relu(x)", "1", "0"), ("f = abs(x)", "1", "-1"), ("f = leaky_relu(x)", "1", "0.01"),
     ("f = max(2, x)", "1", "0"), ("f = max(x, 2)", "1", "0")],
)  # fmt: skip
def test_the_one_sided_derivatives_at_a_kink(formula: str, right: str, left: str) -> None:
    text = solution("partial_derivatives", formula=formula)
    assert f"that is ${right}$ for a step up and ${left}$ for a step down" in text


@pytest.mark.parametrize(
    ("formula", "rows", "holds"),
    [
        ("max(x, y)", (("x", "above_or_equal"), ("y", "strictly_below")), True),
        ("max(x, y)", (("y", "above_or_equal"), ("x", "strictly_below")), False),
        ("max(x, y)", (("x", "strictly_below"), ("y", "above_or_equal")), False),
        ("max(x, y)", (("x", "above"), ("0", "strictly_below")), False),
        ("max(x, y)", (("x", "above"),), False),
        ("x*y", (("x*y", "above"), ("x*y", "below")), True),
    ],
)
def test_wrong_cases_are_refused(formula: str, rows: tuple[tuple[str, str], ...], holds: bool) -> None:
    graph = Graph.of(f"f = {formula}", ["x", "y"])
    cases = Cases(
        Name("f"), tuple((read(value, graph.scope), Apply(sign, (Name("x"), Name("y")))) for value, sign in rows)
    )
    if holds:
        assert preparing.prove_cases(cases, graph)
    else:
        with pytest.raises(CertificateError):
            preparing.prove_cases(cases, graph)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("max(x, 2*y)", ["where $x$ is equal to $2 y$, ∂x and ∂y do not exist"]),
        ("max(x, -x)", ["where $x$ is equal to $-x$, ∂x does not exist"]),
        ("max(x, x^2)", ["where $x$ is equal to $x^{2}$, ∂x does not exist"]),
        ("abs(x^2 - 4)*y", ["where $x^{2} - 4$ is equal to $0$, $f$ may go on by another formula: ∂x exists"]),
        ("abs(x^2 - 4)", ["where $x^{2} - 4$ is equal to $0$, ∂x does not exist"]),
        ("max(x, max(y, z))", ["where $x$ is equal to $\\max(y, z)$, ∂x does not exist",
                               "where $x$ is equal to $\\max(y, z)$, $f$ may go on by another formula: ∂y and ∂z exist",
                               "where $y$ is equal to $z$, $f$ may go on by another formula: ∂y and ∂z exist"]),
        ("abs(x) + abs(y)", ["where $x$ is equal to $0$, ∂x does not exist", "where $y$ is equal to $0$, ∂y does not exist"]),
        ("relu(x)*y - relu(x*(1 + y))", ["where $x$ is equal to $0$, $f$ may go on by another formula: ∂x exists",
                                         "where $x (1 + y)$ is equal to $0$, $f$ may go on by another formula: ∂x and ∂y exist"]),
        ("relu(x) - relu(-x)", ["where $x$ is equal to $0$, $f$ may go on by another formula: ∂x exists"]),  # it is x
        ("floor(x)*x", ["where $x$ is a whole number, $f$ may go on by another formula: ∂x exists"]),
        ("relu(x)^2", []),  # both slopes are zero
        ("elu(x)*y", []),  # both are one
        ("x*tanh(y)", []),
    ],
)  # fmt: skip
def test_what_is_said_of_other_ties(formula: str, said: list[str]) -> None:
    text = solution("partial_derivatives", formula=f"f = {formula}")
    text = re.sub(r"\$\\frac\{\\partial f\}\{\\partial (\w)\}\$", r"∂\1", text)
    assert [line.partition(" there only")[0].partition(": the slopes")[0] for line in text.splitlines()
            if line.startswith("At a point")] == [f"At a point {one}" for one in said]  # fmt: skip


@pytest.mark.parametrize(
    ("tree", "other", "wanted"),
    [("x^2 - 4", "4*x", "none"), ("x^2 - 4", "x - 2", ""), ("x - 2", "x^2 - 4", "all"), ("x^2 + 1", "x", "none"),
     ("x", "y", ""), ("x*y", "2", "none"), ("x", "0", "all"), ("e^x", "x", ""), ("3", "x", "all"),
     ("x^3 - x", "(x - 1)*(x + 3)", "")],
)  # fmt: skip
def test_common_zeros(tree: str, other: str, wanted: str) -> None:
    scope = Scope.of(["x", "y"])
    assert linearity.common_zeros(read(tree, scope), read(other, scope)) == wanted


def test_a_gradient_is_proved_entry_by_entry() -> None:
    graph = Graph.of("f = x*y", ["x", "y"])
    targets = (Partial("f", "x"), Partial("f", "y"))
    assert preparing.prove_gradient(Nabla(targets, (Name("y"), Name("x"))), graph)
    with pytest.raises(CertificateError):
        preparing.prove_gradient(Nabla(targets, (Name("x"), Name("y"))), graph)
    assert r"\nabla f &= \begin{bmatrix} y \cr x \end{bmatrix}" in solution(
        {"partial_derivatives": {"gradient": True}}, formula="f = x*y"
    )


def kinds(formula: str, step: float = 0.1, **numbers: object) -> list[str]:
    """What each quantity's prediction is said to be."""
    exercise = compose(loaded({"sensitivity": {"step": step}}, formula=formula, givens=numbers)).exercises[0]
    moves = exercise.plan.parts[0].facts["moves"]
    assert isinstance(moves, tuple)
    return [exercise.verdicts[move["verdict"]].kind if move["verdict"] else "exact" for move in moves]


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("f = x*y", ["exact", "exact"]),
        ("f = x + y", ["exact", "exact"]),
        ("f = x^2*y + 3*y", ["near", "exact"]),
        ("f = sigmoid(x) + y", ["near", "exact"]),
        ("f = (x + y)^2 - x^2 - 2*x*y", ["exact", "near"]),  # linear in x, though it does not look so
        ("f = max(x, y)", ["linear", "linear"]),
        ("f = max(x, y)*y", ["linear", "linear"]),
        ("f = relu(x^2) + y", ["near", "exact"]),
        ("f = elu(x)*y", ["linear", "exact"]),
        ("f = abs(x - y)*2", ["linear", "linear"]),
    ],
)
def test_a_prediction_is_exact_where_the_function_is_linear(formula: str, wanted: list[str]) -> None:
    found = kinds(formula, x=1, y=-2)
    assert found == wanted


@pytest.mark.parametrize(
    ("formula", "step", "numbers", "wanted"),
    [
        ("f = elu(x)", -0.1, {"x": 2}, "linear"),
        ("f = max(x, x^2)", 0.1, {"x": "1/2"}, "linear"),
        ("f = relu(-x)^2", 0.1, {"x": 1}, "linear"),
        ("f = relu(x*y)*x", 0.1, {"x": 2, "y": -1}, "linear"),
        ("f = y*x^2", 0.1, {"x": 1, "y": 0}, "linear"),  # at this y
        ("f = floor(x)*x", 0.1, {"x": "1.5"}, "linear"),
        ("f = relu(relu(x) - 1/2) + log(e^x)", 0.1, {"x": 1}, "linear"),
        ("f = x^3", 3, {"x": -1}, "equal"),
        ("f = x^2", 7, {"x": 1}, "far"),
        ("f = x^2 - 2*x", 0.1, {"x": 1}, "near"),  # where the slope is zero, as near as elsewhere
        ("f = x^2 - 2*x", 0.0001, {"x": 1}, "near"),
        ("f = x^2 - 2*x", 7, {"x": 1}, "far"),
        ("f = e^(10*x)", 0.5, {"x": -1}, "far"),
        ("f = log(x)/x", 0.01, {"x": "0.1"}, "near"),  # it has no value at x - 1/4, nor a slope from there
        ("f = 1/(1 + x^2)", -3, {"x": 1}, "far"),  # no pole on the way
        ("f = max(x, y)", 5, {"x": 2, "y": 3}, "past_linear"),
        ("f = relu(x - y)*x", -0.1, {"x": 1, "y": "0.95"}, "past"),
        ("f = relu(1 - 100*abs(x - 1.05))", 0.1, {"x": 1}, "past_equal"),  # a tent between two points of the step
        ("f = floor(x)*x", 0.1, {"x": "1.95"}, "past_linear"),
        ("f = abs(x^2 - 4)*y", 6, {"x": -3, "y": 1}, "past"),  # both ends are above the kink
    ],
)
def test_the_numbers_decide_what_is_said_of_a_prediction(
    formula: str, step: float, numbers: dict[str, object], wanted: str
) -> None:
    assert kinds(formula, step, **numbers)[0] == wanted


@pytest.mark.parametrize(
    ("numbers", "step", "message"),
    [
        ({"x": 2, "y": 3}, 1, "ends where f goes on by another formula, where x is equal to y"),
        ({"x": 3, "y": 3}, 1, "begins where f goes on by another formula, where x is equal to y"),
    ],
)
def test_a_step_to_or_from_a_tie_says_so(numbers: dict[str, object], step: int, message: str) -> None:
    with pytest.raises(QuizError, match=message):
        kinds("f = max(x, y)", step, **numbers)


@pytest.mark.parametrize(
    ("formula", "step", "where"),
    [
        ("f = 1/x", -2, "x is zero"),
        ("f = log(x)/(x - 2)", 3, "x - 2 is zero"),
        ("f = 5*(x*(x - 4/3)^2)^-1", 1, "x - 4/3 is zero"),  # the same sign on both sides
        ("f = log(x^2)", -2, "x is zero"),
    ],
)
def test_a_step_over_a_pole_is_refused(formula: str, step: int, where: str) -> None:
    with pytest.raises(QuizError, match=rf"of x reaches a point where f does not exist, where {re.escape(where)}: "):
        kinds(formula, step, x=1)


def test_one_place_of_several_kinks_is_said_once() -> None:
    text = solution({"sensitivity": {"step": -2}}, formula="f = relu(x) + relu(-x)", givens={"x": 1})
    assert "only up to a point where $x$ is equal to $0$, and this step" in text
    text = solution("partial_derivatives", formula="f = max(x, y) + 3*max(y, x) + relu(x - y)")
    assert text.count("At a point where") == 1


def test_a_step_past_a_kink_is_worked() -> None:
    text = solution({"sensitivity": {"step": 5, "wrt": "x"}}, formula="f = max(x, y)", givens={"x": 2, "y": 3})
    assert r"\max(2 + 5, 3) - \max(2, 3) \cr  &= 4" in text and r"\cdot 5 &= 0 \cdot 5 = 0" in text
    assert "linear in $x$ only up to a point where $x$ is equal to $y$" in text


def test_a_formula_that_strays_from_a_line_is_bent() -> None:
    graph, values = Graph.of("f = x*y", ["x", "y"]), {"x": Fraction(1), "y": Fraction(2)}
    assert certify.bent(graph, graph.nodes[0].tree, values, "x", Fraction(1, 10)) < certify.TOLERANCE
    bent = read("x*y + 1/1000*x^2", graph.scope)
    assert certify.bent(graph, bent, values, "x", Fraction(1, 10)) > certify.TOLERANCE


@given(st.fractions(-3, 3, max_denominator=20), st.fractions(0, 2, max_denominator=20), st.fractions(0, 1))
@pytest.mark.parametrize(
    "formula",
    ["x^2 - x", "x^3 - 1/2", "abs(x - 1)", "e^x - x", "1/(x - 5)", "gelu(x)", "elu(x) + relu(-x)", "sign(x)*floor(x)",
     "max(x, tanh(x))", "log(x^2 + 1) - leaky_relu(x)", "swish(x)^-2", "x - 2*x"],
)  # fmt: skip
def test_an_enclosure_holds_every_value(formula: str, low: Fraction, width: Fraction, way: Fraction) -> None:
    tree = read(formula, Scope.of(["x"]))
    ends = linearity._point(low)[0], linearity._point(low + width)[1]
    try:
        below, above = linearity.enclosed(tree, {"x": ends})
        value = to_decimal(evaluator(tree, "left")({"x": low + way * width}))
    except (ZeroDivisionError, EvaluationError, ArithmeticError):
        assume(False)
    assert below <= value <= above


def test_changes_are_printed_so_that_they_can_be_told_apart() -> None:
    ask = {"sensitivity": {"step": 0.001}}
    text = solution(ask, formula="f = x^2", givens={"x": 1})
    assert r"2 \cdot 0.001 = 0.002" in text and "&= 0.002001" in text
    assert r"&= 1.5 \cdot 0.001 = 0.0015" in files(
        compose(replace(loaded(ask, formula="f = abs(x)*y", givens={"x": 1, "y": "1.5"}), digits=3)), ["markdown"]
    )["solutions.md"]
    quiz = replace(loaded(ask, formula="f = x^2", givens={"x": "1.37"}), carry=2, digits=2)
    assert r"2.74 \cdot 0.001 = 0.00274" in files(compose(quiz), ["markdown"])["solutions.md"]
    (part,) = json.loads(key(compose(quiz)))["exercises"][0]["parts"]
    assert part["parameters"] == {"of": "f", "wrt": "x", "step": "1/1000"}
    shown = {row["name"]: (row["latex"], row["tolerance"]["abs"]) for row in part["answer"]["values"]}
    assert shown == {
        "df/dx": ("2.74", "5e-3"), "df/dx*0.001": ("0.00274", "5e-7"),
        "(x + 0.001)^2 - x^2": ("0.002741", "5e-7"),
    }  # fmt: skip


def test_a_negative_step_is_a_negative_factor() -> None:
    text = solution({"sensitivity": {"step": -0.1}}, formula="f = log(e^x) + x*y", givens={"x": 1, "y": -2})
    assert r"\frac{\partial f}{\partial y} \cdot (-0.1) &= 1 \cdot (-0.1) = -0.1" in text
    alone = solution({"sensitivity": {"step": -0.1}}, formula="f = log(e^x)", givens={"x": 1})
    assert r"\frac{\partial f}{\partial x} \cdot (-0.1) &= 1 \cdot (-0.1) = -0.1" in alone


def test_a_negative_factor_must_be_the_one_of_the_line() -> None:
    graph = Graph.of("f = x*y", ["x", "y"])
    lines = certify.NumberLines(graph)
    point = lines.point({"x": Fraction(2), "y": Fraction(3)})
    lines.prove_line("2 * (-0.1)", "x*(-0.1)", "-0.2", ("=", "="), point, latex=False)
    for text, answer in (("2 * (-0.2)", "-0.4"), ("2 * 0.1", "0.2"), ("(-2) * (-0.1)", "0.2")):
        with pytest.raises(CertificateError):
            lines.prove_line(text, "x*(-0.1)", answer, ("=", "="), point, latex=False)


@pytest.mark.parametrize(
    ("formula", "numbers", "ask"),
    [
        ("f = log(x)", {"x": 2}, {"sensitivity": {"step": -0.1}}),
        ("f = log(x - 5)", {"x": 8}, "partial_derivatives"),
        ("f = log(x - 500)*log(3 - y)", {"x": 700, "y": 1}, "backward_pseudocode"),
    ],
)
def test_a_logarithm_is_proved_where_it_is_defined(formula: str, numbers: dict[str, object], ask: object) -> None:
    assert solution(ask, formula=formula, givens=numbers)


def test_what_is_defined_nowhere_is_named_in_the_words_of_the_quiz() -> None:
    with pytest.raises(QuizError, match=r"no value at any real point that was tried: f$"):
        solution("partial_derivatives", formula="f = log(-x^2)")


@pytest.mark.parametrize(
    ("formula", "letters", "wanted", "unwanted"),
    [
        ("f = s(x) + sigmoid(-x) + swish(x)", {"s": "sigmoid"}, r"$\mathrm{swish}(u) = u s(u)$", r"\sigma"),
        ("f = (x/y)^3 - s(z)*log(y)", {"s": "tanh"}, r"1 - s(z)^{2}", r"\tanh"),
        ("f = swish(x)", {}, r"Here $\sigma$ stands for the sigmoid function.", "Here $s$"),
        ("f = s(x)^2", {"s": "gelu"}, r"$s(u) = \frac{1}{2} \cdot u \cdot (1 + \tanh(", "GELU}"),
        ("f = s(x)^2", {"s": "elu"}, r"$s(u) = \mathbf{1}", "ELU}"),
        ("f = s(x)^2", {"s": "swish"}, r"Here $\sigma$ stands for the sigmoid", "swish}"),
        ("f = s(x)*r(x)", {"s": "swish", "r": "sigmoid"}, r"$s(u) = u r(u)$", r"\sigma"),
        ("f = s(x)*r(y)", {"s": "swish", "r": "swish"}, r"$\mathrm{swish}(u) = u \sigma(u)$", "s(u)"),
    ],
)
def test_a_function_has_one_name_on_a_sheet(formula: str, letters: dict[str, str], wanted: str, unwanted: str) -> None:
    asks = [{"partial_derivatives": {"gradient": True}}, "sensitivity"]
    text = solution(*asks, formula=formula, symbols=letters, givens={"x": 1, "y": 2, "z": 1})
    assert wanted in text and unwanted not in text


def test_a_rounded_number_beside_a_differential_is_not_its_value() -> None:
    quiz = loaded("staged_values", formula="f = sigmoid(x*y)", givens={"x": "1.37", "y": "0.61"})
    text = files(compose(replace(quiz, carry=2)), ["markdown"])["solutions.md"]
    assert r"&\approx 0.7 \cdot (1 - 0.7) \cdot \mathrm{dprod}" in text


def test_the_worked_small_change_of_the_source() -> None:
    text = solution({"sensitivity": {"wrt": "x"}}, formula="f = x*y", givens={"x": 1, "y": -2})
    assert r"\frac{\partial f}{\partial x} \cdot 0.1 &= (-2) \cdot 0.1 = -0.2" in text
    assert r"(x + 0.1) y - x y &= (1 + 0.1) \cdot (-2) - 1 \cdot (-2) \cr &= -0.2" in " ".join(text.split())
    assert r"(x + \mathrm{dx}) y - x y &= y \cdot \mathrm{dx}" in text


def test_tanh_by_its_logistic_form() -> None:
    text = " ".join(solution("tanh_logistic", formula="f = tanh(x)").split())
    for line in (r"s(2 x) - (1 - s(2 x)) \cr &= 2 s(2 x) - 1", r"4 s'(2 x) \cr &= 4 \cdot s(2 x) \cdot (1 - s(2 x))",
                 r"1 - \tanh(x)^{2} &= 1 - (2 s(2 x) - 1)^{2}"):  # fmt: skip
        assert line in text


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("f = 2*sigmoid(2*x) - 1", True),
        ("f = (1 - e^(-2*x))/(1 + e^(-2*x))", True),
        ("f = (e^(x/2) - e^(-3*x/2))/(e^(x/2) + e^(-3*x/2))", True),
        ("f = 2*sigmoid(3*x) - 1", False),
        ("f = 2*sigmoid(x) - 1", False),
        ("f = (1 - e^(-2*x))/(1 + e^(2*x))", False),
    ],
)
def test_powers_of_e_are_powers_of_one_another(line: str, holds: bool) -> None:
    graph = Graph.of("f = tanh(x)", ["x"])
    if holds:
        certify.symbolic(graph, line, Name("f"), latex=False)
    else:
        with pytest.raises(CertificateError):
            certify.symbolic(graph, line, Name("f"), latex=False)


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_elu_has_one_slope_at_zero(side: str) -> None:
    graph = Graph.of("f = 3*elu(x)", ["x"], kinks=side)
    assert Numbers(graph, {"x": Fraction(0)})[Partial("f", "x")] == 3
    value = certify.NumberLines(graph).point({"x": Fraction(0)}).value(Partial("f", "x"))
    assert abs(value - 3) < Fraction(1, 10**20)


def test_nothing_is_told_of_the_steps_that_are_asked_for() -> None:
    made = files(compose(loaded(["forward_pseudocode", "backward_pseudocode"], formula=QUOTIENT, symbols={"s": "sigmoid"})),
                 ["markdown"])  # fmt: skip
    assert r"\mathrm{num} &=" not in made["questions.md"]
    assert r"$\mathrm{num}$" in made["questions.md"]  # their names are
    shown = files(compose(loaded("backward_pseudocode", formula=QUOTIENT, symbols={"s": "sigmoid"})), ["markdown"])
    assert r"\mathrm{num} &= x + s _ y" in shown["questions.md"]


def test_a_long_local_derivative_has_a_prime_and_is_said_once() -> None:
    asks = ["backward_pseudocode", {"circuit_values": {}}, {"partial_derivatives": {"gradient": True}}]
    text = solution(*asks, formula="f = s(x*y)", inputs=["x", "y"], symbols={"s": "gelu"}, givens={"x": 1, "y": 2})
    assert r"\mathrm{df} \cdot s'(\mathrm{prod})" in text
    assert text.count("Here the derivative of $s$ is") == text.count(r"s'(z) &= \frac") == 1


@pytest.mark.parametrize("line", ["gelu(2*0.25)*2", "gelu'(2*0.25)"])
def test_a_number_line_without_its_prime_or_a_factor_is_refused(line: str) -> None:
    graph = Graph.of("f = gelu(w*x)", ["w", "x"])
    lines = certify.NumberLines(graph)
    point = lines.point({"w": Fraction(2), "x": Fraction("0.25")})
    lines.prove_line("gelu'(2*0.25)*2", "gelu'(w*x)*w", "1.7347", ("=", "≈"), point, latex=False)
    with pytest.raises(CertificateError):
        lines.prove_line(line, "gelu'(w*x)*w", "1.7347", ("=", "≈"), point, latex=False)


CARRIED = """
title: T
digits: 2
rounding: {carry: 2}
exercises:
  - network: {kind: staged, inputs: [x, y], formula: "f = s(x*y)/(1 + x^2)", symbols: {s: sigmoid}}
    givens: {x: 1.37, y: 0.61}
    asks: [circuit_values, staged_values: [x, y], sensitivity: {step: 0.01}]
"""


def test_rounded_as_by_hand_every_quantity_has_one_number() -> None:
    sheet = compose(spec.loads(CARRIED, asks=ASKS, kinds=KINDS))
    text = files(sheet, ["markdown"])["solutions.md"]
    assert "| $f$ | $0.25$ | $1$ |" in text and "| $x$ | $1.37$ | $-0.18$ |" in text
    assert "f = 0.25." in text and "-0.18 by x" in text  # on the drawing
    assert text.count(r"\approx 0.25 \quad \lbrack 0.2425") == text.count(r"\lbrack 0.2425") == 3
    assert text.count(r"\approx -0.18 \quad \lbrack -0.1862") == text.count(r"\lbrack -0.1862") == 3
    kept = [line.partition(": ")[0] for line in text.splitlines() if "the value is" in line]
    rate = r"$\frac{\partial f}{\partial x}$"
    assert kept == [f"For {rate}, the value is that of part (a)", f"For {rate} and $f$, the value is that of part (a)"]


@pytest.mark.parametrize(("key", "right"), [("f", "0.25"), (Partial("f", "x"), "1.50"), (Partial("f", "u"), "0.74")])
def test_a_number_on_a_drawing_follows_from_the_rounded_ones(key: str | Partial, right: str) -> None:
    graph = Graph.of("u = x*y; f = u^2 + x", ["x", "y"])
    numbers = Numbers(graph, {"x": Fraction("0.111"), "y": Fraction(1)}, 2)
    numbers |= {"u": Fraction("0.37"), Partial("f", "u"): Fraction("0.5"), "x": Fraction("0.11")}
    certify.rounded_once(graph, numbers, key, right, 2)
    for wrong in ("0.26", "1.51", "0.75", "0.7"):
        with pytest.raises(CertificateError):
            certify.rounded_once(graph, numbers, key, wrong, 2)
