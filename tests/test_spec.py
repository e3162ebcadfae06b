"""The quiz file: what it becomes, and the one line that every fault in it gets."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import textwrap
import time
from fractions import Fraction
from pathlib import Path

import pytest

from derivgen import folders, spec
from derivgen.errors import CertificateError, DerivgenError, QuizError, escaped, shown, suggest
from derivgen.spec import Draw, Literal, OneOf, Place, Quiz, Take

ASKS = ("forward_pass", "composed_loss", "chain_rule", "gradient", "update")
KINDS = ("equations", "layered")

QUIZ = """\
title: Neural nets
exercises:
  - network:
      inputs: x
      weights: [w_1, w_2]
      target: y^*
      functions: g_1 g_2, Loss
      equations: |
        z_1 = x * w_1      # a comment
        a_1 = g_1(z_1)
        z_2 = a_1 * w_2
        a_2 = g_2(z_2)
      loss: Loss(a_2, y^*)
    asks:
      - forward_pass
      - chain_rule: w_2
      - bind: {g_1: sigmoid, g_2: {one_of: [sigmoid, tanh]}, Loss: half_squared_error}
      - gradient: {wrt: w_1, of: Loss, points: 3, space: 6cm, hint: "try **this**"}
      - text: Now with $x$.
"""


def read(text: str) -> Quiz:
    return spec.loads(text, asks=ASKS, kinds=KINDS)


def refusal(text: str) -> str:
    """The message that a text is refused with, which is always one line of reasonable length."""
    with pytest.raises(QuizError) as caught:
        read(text)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    assert len(message) < 900
    return message


def quiz(head: str = "title: T", network: str = "", exercise: str = "", asks: str = "forward_pass") -> str:
    """A quiz with these lines put in; its exercise stands at line 100, so that the tests know the lines."""
    head = textwrap.dedent(head).strip("\n")
    filling = "\n" * (99 - len(head.splitlines()))
    network = network or "{inputs: x, weights: w, equations: z = x*w}"
    lines = [head, f"{filling}exercises:", f"  - network: {network}"]
    return "\n".join([*lines, f"    asks: [{asks}]", *(f"    {line}" for line in exercise.splitlines())])


# ---- what a quiz becomes ---------------------------------------------------------------------------------


def test_a_quiz_becomes_frozen_values() -> None:
    q = read(QUIZ)
    assert (q.name, q.title, q.course, q.date, q.instructions) == ("quiz", "Neural nets", "", "", "")
    assert (q.digits, q.paper, q.carry, q.kinks, q.name_line) == (4, "letter", None, "forbid", True)
    (exercise,) = q.exercises
    assert (exercise.id, exercise.title, exercise.random, dict(exercise.givens)) == (None, "", False, {})
    network = exercise.network
    assert (network.kind, network.inputs, network.weights) == ("equations", ("x",), ("w_1", "w_2"))
    assert (network.target, network.constants, network.functions) == (("y^*",), (), ("g_1", "g_2", "Loss"))
    assert (network.loss, network.loss_name, network.step_size) == ("Loss(a_2, y^*)", "Loss", "alpha")
    with pytest.raises(dataclasses.FrozenInstanceError):
        q.title = "Another"  # type: ignore[misc]
    with pytest.raises(TypeError):
        exercise.givens["x"] = Literal(Fraction(1))  # type: ignore[index]


def test_asks_in_every_form() -> None:
    forward, chain, bind, gradient, text = read(QUIZ).exercises[0].asks
    assert (forward.name, dict(forward.parameters), forward.points) == ("forward_pass", {}, None)
    assert (chain.name, dict(chain.parameters)) == ("chain_rule", {"wrt": "w_2"})
    drawn = OneOf(("sigmoid", "tanh"))
    assert dict(bind.parameters) == {"g_1": "sigmoid", "g_2": drawn, "Loss": "half_squared_error"}
    assert dict(gradient.parameters) == {"wrt": "w_1", "of": "Loss"}
    assert (gradient.points, gradient.space, gradient.hint) == (3, "6cm", "try **this**")
    assert dict(text.parameters) == {"text": "Now with $x$."}


def test_places_lead_to_the_lines_of_the_file() -> None:
    exercise = read(QUIZ).exercises[0]
    network, asks = exercise.network, exercise.asks
    assert (exercise.place.path, exercise.place.line) == ("exercises[0]", 3)
    assert (network.place.path, network.place.line) == ("exercises[0].network", 3)
    assert network.equations_line == 9
    assert QUIZ.splitlines()[network.equations_line - 1].strip() == network.equations.splitlines()[0]
    assert (asks[3].place.path, asks[3].place.line) == ("exercises[0].asks[3]", 18)
    assert asks[3].place.at("wrt").path == "exercises[0].asks[3].gradient.wrt"
    assert asks[1].place.at("wrt").path == "exercises[0].asks[1].chain_rule"
    assert asks[0].place.at("wrt") == dataclasses.replace(asks[0].place, inner="")
    error = network.place.at("weights").at(1).error("'w_2' is odd")
    assert str(error) == "quiz.yaml:5: exercises[0].network.weights[1]: 'w_2' is odd"
    assert str(network.place.at("nowhere").error("is bad")) == "quiz.yaml:3: exercises[0].network: is bad"


@pytest.mark.parametrize(
    ("equations", "line"),
    [("z = x*w", 4), ('"z = x*w; a = 2*z"', 4), ("|\n   # note\n   z = x*w", 5), ("\n   z = x*w", 5)],
)
def test_the_line_of_the_equations(equations: str, line: int) -> None:
    text = f"title: T\nexercises:\n- network:\n   equations: {equations}\n  asks: [forward_pass]\n"
    text = text.replace("equations: \n   z", "equations:\n     z")
    text = text.replace("|\n   # note\n   z", "|\n     # note\n     z")
    assert read(text).exercises[0].network.equations_line == line


@pytest.mark.parametrize(
    "equations", [">\n     a = x\n     b = a", "a = x\n     b = a", "'a = x\n     b = a'"]
)
def test_folded_equations_are_refused(equations: str) -> None:
    text = f"title: T\nexercises:\n- network:\n   equations: {equations}\n  asks: [forward_pass]\n"
    assert "exercises[0].network.equations: several lines of equations need a '|'" in refusal(text)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        ("Loss(a, y)", "Loss"),
        (" Loss ( f(a), (y) ) ", "Loss"),
        ("Loss(a) + Loss(b)", "L"),
        ("squared(a, y)", "L"),
        ("(a - y)^2/2", "L"),
        ("Loss(a", "L"),
    ],
)
def test_the_name_of_the_loss(loss: str, name: str) -> None:
    network = f'{{inputs: [a, b, y], functions: Loss, equations: c = a, loss: "{loss}"}}'
    assert read(quiz(network=network)).exercises[0].network.loss_name == name
    named = network.replace("equations", "loss_name: J, equations")
    assert read(quiz(network=named)).exercises[0].network.loss_name == "J"


def test_a_network_without_a_loss_has_no_loss_name() -> None:
    assert read(quiz()).exercises[0].network.loss_name is None


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("x", ("x",)),
        ("x_1, x_2", ("x_1", "x_2")),
        ("x_1 x_2,x_3", ("x_1", "x_2", "x_3")),
        ('"z_{1,2}, W_11^(2)"', ("z_{1,2}", "W_11^(2)")),
        ("no", ("no",)),
        ("[y, on]", ("y", "on")),
        ("", ()),
    ],
)
def test_names(written: str, names: tuple[str, ...]) -> None:
    network = f"\n      inputs: {written}\n      equations: z = 1"
    assert read(quiz(network=network)).exercises[0].network.inputs == names


def test_another_kind_keeps_its_options() -> None:
    network = "{kind: layered, sizes: [2, 3, {one_of: [1, 2]}], bias: true, rate: 0.1}"
    n = read(quiz(network=network)).exercises[0].network
    assert dict(n.options) == {"sizes": (2, 3, OneOf((1, 2))), "bias": True, "rate": Fraction(1, 10)}


def test_head() -> None:
    head = """
    title: 1984
    course: 101
    date: 2025-10-01
    instructions: Show $x$.
    digits: 0
    paper: a4
    rounding: {carry: 3}
    kinks: right
    name_line: false
    """
    q = read(quiz(head, exercise="id: 7\ntitle: 1e3"))
    assert (q.title, q.course, q.date, q.instructions) == ("1984", "101", "2025-10-01", "Show $x$.")
    assert (q.digits, q.paper, q.carry, q.kinks, q.name_line) == (0, "a4", 3, "right", False)
    assert (q.exercises[0].id, q.exercises[0].title) == ("7", "1e3")


@pytest.mark.parametrize(
    "title", ["100% _sure_ $5", r"\input{/etc/passwd}", "<script>", "{{7*7}}", "no", "12:30:45", "Zoë ∂ 🙂"]
)
def test_hostile_titles_stay_themselves(title: str) -> None:
    assert read(quiz(f"title: '{title}'")).title == title


@pytest.mark.parametrize(
    "plain", ["no", "yes", "on", "off", "12:30:45", "2025-10-01", "0x1F", "1_000", "010"]
)
def test_what_yaml_would_have_changed_stays_text(plain: str) -> None:
    assert read(quiz(network=f"{{kind: layered, a: {plain}}}")).exercises[0].network.options["a"] == plain


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("1e-3", Fraction(1, 1000)),
        ("0.30", Fraction(3, 10)),
        (".5", Fraction(1, 2)),
        ("1.", Fraction(1)),
        ("-2.5E+1", Fraction(-25)),
        ("+3", 3),
        ("-0", 0),
        ("true", True),
        ("null", None),
        ("~", None),
    ],
)
def test_numbers_are_exact(plain: str, value: object) -> None:
    read_value = read(quiz(network=f"{{kind: layered, a: {plain}}}")).exercises[0].network.options["a"]
    assert (read_value, type(read_value)) == (value, type(value))


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("-0.2", Literal(Fraction(-1, 5))),
        ("1e-3", Literal(Fraction(1, 1000))),
        ("1/3", Literal(Fraction(1, 3))),
        ("-4/6", Literal(Fraction(-2, 3))),
        ("'0.5'", Literal(Fraction(1, 2))),
        ("{take: 0.999}", Take(Fraction(999, 1000))),
        ("{integer: [-3, 3], nonzero: true}", Draw("integer", Fraction(-3), Fraction(3), 0, nonzero=True)),
        ("{decimal: [-1, 0.5]}", Draw("decimal", Fraction(-1), Fraction(1, 2), 1)),
        ("{decimal: [0, 0.25], places: 2}", Draw("decimal", Fraction(0), Fraction(1, 4), 2)),
        ("{choice: [1, 1/2]}", Draw("choice", choices=(Fraction(1), Fraction(1, 2)))),
    ],
)
def test_givens(written: str, given: object) -> None:
    exercise = read(quiz(exercise=f"givens:\n  dH/dz_1^(2): {written}")).exercises[0]
    assert dict(exercise.givens) == {"dH/dz_1^(2)": given}


@pytest.mark.parametrize(
    ("written", "points"), [("0", 0), ("2", 2), ("1.5", Fraction(3, 2)), ("1/2", Fraction(1, 2))]
)
def test_points(written: str, points: object) -> None:
    assert read(quiz(asks=f"{{update: {{points: {written}}}}}")).exercises[0].asks[0].points == points


@pytest.mark.parametrize(("written", "space"), [("6cm", "6cm"), ("2.5 in", "2.5in"), ("30mm", "30mm")])
def test_space(written: str, space: str) -> None:
    assert read(quiz(asks=f"{{update: {{space: {written}}}}}")).exercises[0].asks[0].space == space


# ---- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "quiz.yaml: the file is empty; a quiz needs a title and exercises"),
        ("# only a comment\n", "quiz.yaml: the file is empty; a quiz needs a title and exercises"),
        ("- a", "quiz.yaml:1: must be a mapping, not a list"),
        ("title: T", "quiz.yaml:1: 'exercises' is missing"),
        ("title: T\nexercises: []", "quiz.yaml:2: exercises: must hold at least one item"),
        ("title: T\nexercises: 3", "quiz.yaml:2: exercises: must be a list, not 3"),
        ("title: T\nexercises: [3]", "quiz.yaml:2: exercises[0]: must be a mapping, not 3"),
        ("title: T\n\ntitle: U", "quiz.yaml:3: 'title' stands here twice"),
        ("title: T\na: [{b: 1, b: 2}]", "quiz.yaml:2: a[0]: 'b' stands here twice"),
        (
            "a: &x 1",
            "quiz.yaml:1: a: the YAML anchor '&x' is not read; put quotes around a text that begins with &",
        ),
        (
            "a: *x",
            "quiz.yaml:1: a: the YAML alias '*x' is not read; put quotes around a text that begins with *",
        ),
        (
            "a: !!python/object:os.system x",
            "the YAML tag 'tag:yaml.org,2002:python/object:os.system' is not read",
        ),
        ("? [a]\n: 1", "quiz.yaml:1: a key must be one word of text"),
        ("a: 1\n--- \nb: 2", "quiz.yaml:2: a quiz file holds one YAML document"),
        (
            "title: a: b",
            "quiz.yaml:1: not YAML: mapping values are not allowed here; put quotes around a text",
        ),
        (
            "title: T\n\ta: b",
            "quiz.yaml:2: not YAML: found character '\\t' that cannot start any token; indent with",
        ),
        ("title: @you", "quiz.yaml:1: not YAML: found character '@' that cannot start any token; put quotes"),
        ("title: [", "quiz.yaml:1: not YAML: "),
        ("a: 1\nb: \0", "quiz.yaml:2: holds the character U+0000: not a text file?"),
        ('title: "a\\0b"', "quiz.yaml:1: title: holds the character U+0000, which no sheet can show"),
        ('title: "\\ud800"', "quiz.yaml:1: title: holds the character U+D800"),
        ('title: "\\u202e "', "quiz.yaml:1: title: holds nothing that can be seen, only the character U+202E"),
        ('title: T\ncourse: "\\u200b\\u200d"', "quiz.yaml:2: course: holds nothing that can be seen"),
        ('title: T\ndate: "\\ue000"', "quiz.yaml:2: date: holds nothing that can be seen, only the character U+E000"),
        ('title: T\nexercises: [{title: "\\ufeff"}]', "quiz.yaml:2: exercises[0].title: holds nothing that can be seen"),
        ('title: T\nexercises: [{asks: [text: "\\u2060"]}]', "quiz.yaml:2: exercises[0].asks[0].text: holds nothing that can be seen"),
        ('title: "\\UFFFFFFFF"', "quiz.yaml:1: not YAML: an escape that stands for no character"),
        ("a: 1e999999999", "quiz.yaml:1: a: '1e999999999' has more digits than derivgen counts with (60)"),
        ("a: " + "9" * 5000, "has more digits than derivgen counts with (60)"),
        ("a: 1\n\nb: {c: " + "[" * 10_000 + "]" * 10_000 + "}", "quiz.yaml:3: nested more than 24 deep"),
        ("a: " + "[" * 10_000, "quiz.yaml:1: nested more than 24 deep"),
        ("\n".join("  " * i + "a:" for i in range(100)), "nested more than 24 deep"),
    ],
)
def test_files_that_are_refused(text: str, message: str) -> None:
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            "titel: T",
            "quiz.yaml:1: 'titel' is unknown; did you mean 'title'? (course, date, digits, exercises, ",
        ),
        ("title:", "quiz.yaml:1: title: must not be empty"),
        ("course: C", "quiz.yaml:1: 'title' is missing"),
        ("title: ' '", "quiz.yaml:1: title: must not be empty"),
        ("title: [a]", "quiz.yaml:1: title: must be text, not a list"),
        ("title: |\n  a\n  b", "quiz.yaml:1: title: must be on one line, not 'a\\nb\\n'"),
        ("title: T\ndigits: 13", "quiz.yaml:2: digits: must be at most 12, not 13"),
        ("title: T\ndigits: -1", "quiz.yaml:2: digits: must be at least 0, not -1"),
        ("title: T\ndigits: 0.5", "quiz.yaml:2: digits: must be a whole number, not 0.5"),
        ("title: T\ndigits: true", "quiz.yaml:2: digits: must be a whole number, not true"),
        (
            "title: T\npaper: leter",
            "quiz.yaml:2: paper: 'leter' is unknown; did you mean 'letter'? (a4, letter)",
        ),
        ("title: T\npaper: 4", "quiz.yaml:2: paper: cannot be 4"),
        ("title: T\nkinks: up", "quiz.yaml:2: kinks: 'up' is unknown (forbid, left, right)"),
        ("title: T\nname_line: no", "quiz.yaml:2: name_line: must be true or false, not 'no'"),
        ("title: T\nrounding: 3", "quiz.yaml:2: rounding: must be a mapping, not 3"),
        ("title: T\nrounding: {}", "quiz.yaml:2: rounding: 'carry' is missing"),
        ("title: T\nrounding: {cary: 3}", "rounding: 'cary' is unknown; did you mean 'carry'? (carry)"),
    ],
)
def test_heads_that_are_refused(head: str, message: str) -> None:
    assert message in refusal(quiz(head))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("3", ": must be a mapping, not 3"),
        ("{kind: 3}", ".kind: must be text, not 3"),
        ("{kind: layerd}", ".kind: 'layerd' is unknown; did you mean 'layered'? (equations, layered)"),
        ("{inputs: x}", ": 'equations' is missing"),
        ("{equations: ' ; '}", ".equations: must hold at least one equation"),
        ("{equations: '# z = 1'}", ".equations: must hold at least one equation"),
        ("{equations: z = 1, weigths: w}", ": 'weigths' is unknown; did you mean 'weights'?"),
        ("{equations: z = 1, inputs: 3}", ".inputs: must be a name or a list of names, not 3"),
        ("{equations: z = 1, inputs: [x, 3]}", ".inputs[1]: must be a name, not 3"),
        ("{equations: z = 1, inputs: [x, x]}", ".inputs: 'x' is declared twice, here and in inputs"),
        ("{equations: z = 1, inputs: x, weights: x}", ".weights: 'x' is declared twice, here and in inputs"),
        ("{equations: z = 1, loss: 3}", ".loss: must be text, not 3"),
        ("{equations: z = 1, loss: L = z}", ".loss: must be an expression, not 'L = z'; its name goes into"),
        ("{equations: z = 1, step_size: 0.1}", ".step_size: must be text, not 0.1"),
        ("{equations: z = 1, step_size: a b}", ".step_size: must be a name without spaces, not 'a b'"),
        ("{kind: layered, g: {one_of: []}}", ".g: must be {one_of: [...]} with at least one choice"),
        ("{kind: layered, g: {one_of: [a], b: 1}}", ".g: must be {one_of: [...]} with at least one choice"),
    ],
)
def test_networks_that_are_refused(network: str, message: str) -> None:
    assert f"quiz.yaml:101: exercises[0].network{message}" in refusal(quiz(network=network))


@pytest.mark.parametrize(
    ("exercise", "message"),
    [
        ("aks: 3", "quiz.yaml:103: exercises[0]: 'aks' is unknown; did you mean 'asks'? (allow, asks, givens, id, "),
        ("id: a b", "exercises[0].id: must be at most 40 letters, digits, - and _, not 'a b'"),
        ("id: ../x", "exercises[0].id: must be at most 40 letters"),
        ("random: 1", "exercises[0].random: must be true or false, not 1"),
        ("givens: 3", "exercises[0].givens: must be a mapping, not 3"),
        ("givens: {x: ab}", "exercises[0].givens.x: must be a number such as 3, -0.2 or 1/3, not 'ab'"),
        ("givens: {x: true}", "exercises[0].givens.x: must be a number such as 3, -0.2 or 1/3, not true"),
        ("givens: {x: }", "exercises[0].givens.x: must be a number such as 3, -0.2 or 1/3, not nothing"),
        ("givens: {x: 1/0}", "exercises[0].givens.x: must be a number such as 3, -0.2 or 1/3, not '1/0'"),
        ("givens: {x: 010}", "exercises[0].givens.x: must be a number"),
        ("givens: {x: .inf}", "exercises[0].givens.x: must be a number"),
        ("givens: {x: 9^9^9^9}", "exercises[0].givens.x: must be a number"),
        ("givens: {x: '1e9999999'}", "exercises[0].givens.x: '1e9999999' has more digits"),
        ("givens:\n  x: 1\n  x: 2", "quiz.yaml:105: exercises[0].givens: 'x' stands here twice"),
        (
            "givens: {x: {}}",
            "exercises[0].givens.x: must say one of integer, decimal, choice, take, not none",
        ),
        ("givens: {x: {integr: [1, 2]}}", "givens.x: 'integr' is unknown; did you mean 'integer'?"),
        (
            "givens: {x: {integer: [1, 2], take: 1}}",
            "must say one of integer, decimal, choice, take, not integer and",
        ),
        (
            "givens: {x: {integer: [2, 2]}}",
            "givens.x.integer: must be two numbers, the lower first: [low, high]",
        ),
        (
            "givens: {x: {integer: [2]}}",
            "givens.x.integer: must be two numbers, the lower first: [low, high]",
        ),
        ("givens: {x: {integer: 3}}", "givens.x.integer: must be a list, not 3"),
        ("givens: {x: {integer: }}", "givens.x.integer: must be two numbers, the lower first: [low, high]"),
        ("givens: {x: {integer: [0.5, 2]}}", "givens.x.integer[0]: must be a whole number, not 0.5"),
        (
            "givens: {x: {integer: [0, 10000000]}}",
            "givens.x.integer[1]: must lie between -1000000 and 1000000",
        ),
        (
            "givens: {x: {decimal: [0, 0.25]}}",
            "givens.x.decimal[1]: must be a number with at most 1 decimals",
        ),
        ("givens: {x: {decimal: [0, 1], places: 7}}", "givens.x.places: must be at most 6, not 7"),
        ("givens: {x: {integer: [0, 1], places: 2}}", "givens.x.places: goes with decimal, not with integer"),
        (
            "givens: {x: {take: 1, nonzero: true}}",
            "givens.x.nonzero: goes with integer or decimal, not with take",
        ),
        ("givens: {x: {take: }}", "givens.x.take: must be a number"),
        ("givens: {x: {choice: []}}", "givens.x.choice: must hold 1 to 1000 numbers, not 0"),
        ("givens: {x: {choice: [1, a]}}", "givens.x.choice[1]: must be a number"),
    ],
)
def test_exercises_that_are_refused(exercise: str, message: str) -> None:
    assert message in refusal(quiz(exercise=exercise))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ("gradeint", ": 'gradeint' is unknown; did you mean 'gradient'? (bind, chain_rule, composed_loss, "),
        (
            "{gradeint: w}",
            ": 'gradeint' is unknown; did you mean 'gradient'? (bind, chain_rule, composed_loss, ",
        ),
        ("3", ": must be an ask or a mapping with one, not 3"),
        ("[]", ": must be an ask or a mapping with one, not a list"),
        ("{}", ": must be an ask or a mapping with one, not a mapping"),
        (
            "{gradient: w, points: 3}",
            ": holds 2 keys; an item is one ask, its options inside it: gradient: {points: 3}",
        ),
        ("{gradient: 0.5}", ".gradient: must be a name or a mapping, not 0.5"),
        ("{gradient: {points: -1}}", ".gradient.points: must be from 0 to 1000, not -1"),
        (
            "{gradient: {points: many}}",
            ".gradient.points: must be a number such as 3, -0.2 or 1/3, not 'many'",
        ),
        ("{gradient: {hint: [a]}}", ".gradient.hint: must be text, not a list"),
        (
            "{gradient: {space: 6}}",
            ".gradient.space: must be a length up to 50cm such as 6cm, 30mm or 2in, not '6'",
        ),
        ("{gradient: {space: 51cm}}", ".gradient.space: must be a length up to 50cm"),
        ("{gradient: {space: '1cm}\\input{x'}}", ".gradient.space: must be a length up to 50cm"),
        ("bind", ": must be a mapping such as {g_1: sigmoid}, not nothing"),
        ("{bind: sigmoid}", ".bind: must be a mapping such as {g_1: sigmoid}, not 'sigmoid'"),
        ("{bind: {g: 3}}", ".bind.g: must be an operation or {one_of: [...]}, not 3"),
        ("text", ": must be text, not nothing"),
        ("{text: [a]}", ".text: must be text, not a list"),
    ],
)
def test_asks_that_are_refused(ask: str, message: str) -> None:
    assert f"quiz.yaml:102: exercises[0].asks[1]{message}" in refusal(quiz(asks=f"forward_pass, {ask}"))


def test_ids_are_unique() -> None:
    exercise = "- {id: a, network: {equations: z = 1}, asks: [forward_pass]}\n"
    message = refusal("title: T\nexercises:\n" + 2 * exercise)
    assert message == "quiz.yaml:4: exercises[1].id: 'a' is another exercise's id already"


def test_an_alias_bomb_does_not_go_off() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert refusal(bomb).startswith("quiz.yaml:1: a: the YAML anchor '&a' is not read")


def test_wide_files_are_read_in_no_time() -> None:
    start = time.perf_counter()
    assert "is declared twice" in refusal(quiz(network=f"{{equations: z = 1, inputs: '{'a ' * 100_000}'}}"))
    refusal(quiz(network=f"{{equations: z = 1, inputs: '{'{ ' * 100_000}'}}"))
    assert time.perf_counter() - start < 5


def test_long_and_invisible_values_make_one_short_line() -> None:
    assert len(refusal(quiz(f"title: T\npaper: {'x' * 10_000}"))) < 200
    assert r"'a\nb\u202ec'" in refusal(quiz('title: T\npaper: "a\\nb\\u202ec"'))
    assert len(refusal(f"title: T\n{'k' * 900}: 1\n")) < 500


# ---- files -----------------------------------------------------------------------------------------------


def load(path: str | Path) -> Quiz:
    return spec.load(path, asks=ASKS, kinds=KINDS)


def test_a_file_and_its_name(tmp_path: Path) -> None:
    (tmp_path / "my quiz.yaml").write_bytes(b"\xef\xbb\xbf" + QUIZ.replace("\n", "\r\n").encode())
    assert load(tmp_path / "my quiz.yaml").name == "my quiz"
    assert load(str(tmp_path / "my quiz.yaml")).exercises[0].network.equations_line == 9


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", ": the file is empty; a quiz needs a title and exercises"),
        (b"title: T\ncourse: \xff\xfe", ":2: not UTF-8; save the file as UTF-8 text"),
        ("title: T".encode("utf-16"), ":1: not UTF-8; save the file as UTF-8 text"),
        (b"title: T\n\0\0", ":2: holds the character U+0000: not a text file?"),
        (b"#" * (spec.SIZE_CAP + 1), ": is larger than a quiz file may be (256 KiB)"),
    ],
)
def test_contents_that_are_refused(
    content: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("q.yaml").write_bytes(content)
    with pytest.raises(QuizError) as caught:
        load("q.yaml")
    assert str(caught.value) == f"q.yaml{message}"  # The name as it was typed.


def test_fifty_megabytes_are_refused_at_once(tmp_path: Path) -> None:
    with (tmp_path / "big.yaml").open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    start = time.perf_counter()
    with pytest.raises(QuizError, match="is larger than a quiz file may be"):
        load(tmp_path / "big.yaml")
    assert time.perf_counter() - start < 0.1
    assert "is larger than" in refusal("é" * (spec.SIZE_CAP // 2 + 1))


def test_words_that_are_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "templates"
    (folder / "quizzes").mkdir(parents=True)
    (folder / "quizzes" / "neural-nets.yaml").write_text(QUIZ, encoding="utf-8")
    (folder / "secret.yaml").write_text(QUIZ, encoding="utf-8")
    for module in (spec, folders):
        monkeypatch.setattr(module, "templates_folder", lambda: folder)
    monkeypatch.chdir(tmp_path)
    assert spec.bundled_quizzes() == ["neural-nets"]
    assert load("neural-nets").name == "neural-nets"
    Path("neural-nets").mkdir()  # A folder of that name does not hide the quiz.
    assert spec.resolve("neural-nets") == folder / "quizzes" / "neural-nets.yaml"
    Path("folder").mkdir()
    cases = {
        "neural-nts": "'neural-nts' is neither a file nor a bundled quiz; "
        "did you mean 'neural-nets'? (neural-nets)",
        "../secret": "'../secret' is neither a file nor a bundled quiz (neural-nets)",
        "folder": "folder: is a folder, not a quiz file",
        "a\0b": r"'a\x00b' is neither a file nor a bundled quiz (neural-nets)",
    }
    for word, message in cases.items():
        with pytest.raises(QuizError) as caught:
            load(word)
        assert str(caught.value) == message
    with pytest.raises(QuizError, match="is neither a file nor a bundled quiz"):
        load("x" * 5000)


def test_an_existing_file_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("neural-nets").write_text(QUIZ, encoding="utf-8")
    assert spec.resolve("neural-nets") == Path("neural-nets")


def test_the_templates_folder_exists() -> None:
    assert spec.templates_folder().is_dir()


# ---- errors ----------------------------------------------------------------------------------------------


def test_exit_codes() -> None:
    assert (DerivgenError.exit_code, QuizError.exit_code, CertificateError.exit_code) == (2, 2, 1)


@pytest.mark.parametrize(
    ("word", "choices", "message"),
    [
        ("rleu", ["tanh", "relu"], "'rleu' is unknown; did you mean 'relu'? (relu, tanh)"),
        ("RELU", ["tanh", "relu"], "'RELU' is unknown; did you mean 'relu'? (relu, tanh)"),
        ("zzz", ["tanh", "relu"], "'zzz' is unknown (relu, tanh)"),
        ("zzz", [], "'zzz' is unknown"),
        ("y", [*"abcdefghi"], "'y' is unknown (a, b, c, d, e, f, g, h, ...)"),
    ],
)
def test_suggest(word: str, choices: list[str], message: str) -> None:
    assert suggest(word, choices) == message


def test_values_are_shown_on_one_short_line() -> None:
    assert escaped("a\x1b\n\u2028b") == r"a\x1b\n\u2028b"
    assert len(escaped("x" * 200)) == len(escaped("\0" * 200)) == 80
    values: list[object] = [None, False, 3, Fraction(1, 10), {}, [], "a"]
    assert [shown(value) for value in values] == (
        ["nothing", "false", "3", "0.1", "a mapping", "a list", "'a'"]
    )


def test_a_place_says_one_line_whatever_it_is_given() -> None:
    place = Place("a\nb.yaml", 7, "givens.x\ny")
    assert str(place.error("bad\nvalue")) == r"a\nb.yaml:7: givens.x\ny: bad\nvalue"


def test_errors_import_nothing_heavy() -> None:
    code = "import sys, derivgen.errors; print(*{'sympy', 'pydantic', 'yaml', 'difflib'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
