"""Prints derivgen's speed as ratios measured in this one run: python tests/benchmarks/run.py

Nothing here is a timed test: shared machines drift, so each figure stands beside a yardstick taken in the same minute.
"""

from __future__ import annotations

import math
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
RUNS = 7


def process(*words: str) -> float:
    """Seconds that a fresh process takes, whole."""
    started = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def paired(first: Callable[[], float], second: Callable[[], float]) -> tuple[float, float, float]:
    """Medians of both, and the median of the ratios pair by pair, so that a drift of the machine cancels."""
    first(), second()
    pairs = [(first(), second()) for _ in range(RUNS)]
    ones, others = zip(*pairs, strict=True)
    return statistics.median(ones), statistics.median(others), statistics.median(a / b for a, b in pairs)


def report(what: str, first: float, second: float, ratio: float, bound: str) -> None:
    print(f"{what:<58} {first * 1e3:9.2f} ms  {second * 1e3:9.2f} ms  ratio {ratio:7.2f}  ({bound})")


def python(code: str) -> float:
    return process(sys.executable, "-c", code)


def command(*words: str) -> float:
    return process(sys.executable, "-m", "derivgen", *words)


def startup() -> None:
    report("--help : import click", *paired(lambda: command("--help"), lambda: python("import click")), "at most 2")

    def cold() -> float:
        folder = tempfile.mkdtemp()
        try:
            return command("generate", str(HERE / "quiz_2_3_1.yaml"), "--out", folder)
        finally:
            shutil.rmtree(folder)

    report(
        "cold first sheet, both formats, key : import sympy", *paired(cold, lambda: python("import sympy")), "under 2.5"
    )


def warm() -> float:
    """Seconds of one warm variant on disk: draws, arithmetic, certificates, both formats, key."""
    from derivgen import spec
    from derivgen.asks import ASKS
    from derivgen.networks import KINDS
    from derivgen.sheet import Composer
    from derivgen.writing import files

    composer = Composer(spec.load(HERE / "quiz_2_3_1.yaml", asks=ASKS, kinds=KINDS))
    folder = Path(tempfile.mkdtemp())

    def variant(seed: int) -> float:
        started = time.perf_counter()
        here = folder / f"{seed}.new"
        here.mkdir()
        for name, text in files(composer.compose(str(seed)), ["latex", "markdown"]).items():
            (here / name).write_bytes(text.encode())
        here.rename(folder / str(seed))
        return time.perf_counter() - started

    for seed in range(30):
        variant(seed)
    times = [variant(seed) for seed in range(100, 300)]
    pass_time = statistics.median(python("pass") for _ in range(RUNS))
    middle = statistics.median(times)
    shutil.rmtree(folder)
    report(
        "warm variant of a 2-3-1 network : python -c pass",
        middle,
        pass_time,
        middle / pass_time,
        "at most 5 ms to 6 ms",
    )
    return middle


def pictures() -> None:
    """What drawings cost: each bundled quiz's, made anew; and 200 variants that share theirs."""
    from derivgen import spec
    from derivgen.asks import ASKS
    from derivgen.figures.drawing import Drawing
    from derivgen.folders import bundled_quizzes
    from derivgen.networks import KINDS
    from derivgen.sheet import Composer
    from derivgen.writing import files

    slowest, count = 0.0, 0
    for quiz in bundled_quizzes():
        sheet = Composer(spec.load(quiz, asks=ASKS, kinds=KINDS)).compose("1")
        for drawing in (drawing for exercise in sheet.exercises for drawing in exercise.plan.drawings):
            started = time.perf_counter()
            fresh = Drawing(drawing.figure)
            fresh._laid(dict.fromkeys(fresh.keys, "-8.88"))
            slowest, count = max(slowest, time.perf_counter() - started), count + 1
    print(f"a drawing of the bundled quizzes, laid out: {slowest * 1e3:.1f} ms the slowest of {count} (at most 100)")

    def composer(picture: str) -> Composer:
        text = f"""title: T
exercises:
  - network: {{kind: layered, sizes: [2, 2, 2, 1], activation: relu, biases: false}}
    picture: {picture}
    random: true
    asks: [output, derivative: {{wrt: W_11^(1)}}]"""
        return Composer(spec.loads(text, asks=ASKS, kinds=KINDS))

    medians = []
    for picture in ("false", "{weights: numbers, values: given}"):
        made = composer(picture)
        files(made.compose("0"), ["latex", "markdown"])
        times = []
        for seed in range(1, 201):
            started = time.perf_counter()
            files(made.compose(str(seed)), ["latex", "markdown"])
            times.append(time.perf_counter() - started)
        medians.append(statistics.median(times))
    report("200 variants with a numbered drawing : without", medians[1], medians[0], medians[1] / medians[0], "no bound")


def users_script() -> float:
    """Seconds of what a user would write: sympy.diff, subs and latex anew for each variant, one text."""
    import random

    import sympy

    random_numbers = random.Random(1)
    x = sympy.symbols("x_1 x_2")
    w = [sympy.symbols(f"w_{i}1 w_{i}2 b_{i}") for i in (1, 2, 3)]
    v, c, t = sympy.symbols("v_1 v_2 v_3"), sympy.Symbol("c"), sympy.Symbol("t")
    hidden = [1 / (1 + sympy.exp(-(a * x[0] + b * x[1] + d))) for a, b, d in w]
    output = 1 / (1 + sympy.exp(-(sum(vi * hi for vi, hi in zip(v, hidden, strict=True)) + c)))
    loss = (output - t) ** 2 / 2
    names = [*x, *(s for row in w for s in row), *v, c, t]

    def variant() -> float:
        started = time.perf_counter()
        numbers = {name: sympy.Rational(random_numbers.randint(-20, 20), 10) for name in names}
        text = [sympy.latex(h) + str(h.subs(numbers).evalf(30)) for h in (*hidden, output, loss)]
        for weight in (v[0], w[0][0], w[2][1]):
            gradient = sympy.diff(loss, weight)
            text.append(sympy.latex(gradient) + str(gradient.subs(numbers).evalf(30)))
        return time.perf_counter() - started

    variant()
    return statistics.median(variant() for _ in range(5))


def layered(layers: list[int]) -> tuple[str, int]:
    """The equations of a sigmoid network and its number of edges (weights)."""
    lines, edges = [], 0
    before = [f"x_{i}" for i in range(layers[0])]
    for depth, width in enumerate(layers[1:], 1):
        after = []
        for j in range(width):
            terms = [f"w_{{{depth},{i},{j}}}*{a}" for i, a in enumerate(before)]
            lines += [f"z_{{{depth},{j}}} = {' + '.join(terms)}", f"a_{{{depth},{j}}} = sigmoid(z_{{{depth},{j}}})"]
            after.append(f"a_{{{depth},{j}}}")
            edges += len(terms)
        before = after
    squares = " + ".join(f"({a} - t_{i})^2" for i, a in enumerate(before))
    return "\n".join([*lines, f"L = 1/2*({squares})"]), edges


def all_gradients() -> None:
    from derivgen import derivation
    from derivgen.graph import Graph
    from derivgen.printing import latex

    sizes = [[2, 3, 1], [4, 6, 2], [8, 8, 8, 2], [16, 16, 16, 4], [24, 24, 24, 12], [32, 32, 32, 29]]
    points = []
    for layers in sizes:
        equations, edges = layered(layers)
        graph = Graph.of(equations)
        best = math.inf
        for _ in range(3):
            derivation._local_derivatives.cache_clear()
            derivation._rule.cache_clear()
            started = time.perf_counter()
            forms = derivation.adjoints(graph, "L")
            for form in forms.values():
                latex(form, graph.scope)
            best = min(best, time.perf_counter() - started)
        points.append((edges, best))
        print(
            f"all gradients with LaTeX, {edges:5d} edges: {best * 1e3:8.2f} ms, "
            f"{best / edges * 1e3:.4f} ms an edge (under 0.3)"
        )
    slope = _slope([(math.log(e), math.log(t)) for e, t in points])
    print(f"growth exponent from {points[0][0]} to {points[-1][0]} edges: {slope:.2f} (at most 1.15)")


CHAIN = "z_1 = x*w_1; a_1 = sigmoid(z_1); z_2 = a_1*w_2; a_2 = sigmoid(z_2); L = (a_2 - y)^2/2"
RELUS = """z_1 = w_11*x_1 + w_21*x_2 + b_1; z_2 = w_12*x_1 + w_22*x_2 + b_2; a_1 = relu(z_1); a_2 = relu(z_2)
z_3 = v_1*a_1 + v_2*a_2 + c; o = sigmoid(z_3); L = (o - y)^2/2"""


def checker() -> None:
    """What `derivgen check` takes a line, from the text to the verdict; of a wrong one with its witness and slip."""
    deep, weights = layered([16, 16, 16, 1])
    rows = (
        ("1-1-1 sigmoid", CHAIN, r"\partial L/\partial w_1 = (a_2 - y) a_2 (1 - a_2) w_2 a_1 (1 - a_1) x", " x", 2),
        ("2-2-1 ReLU", RELUS, r"\partial L/\partial w_{11} = (o - y) o (1 - o) v_1 \mathbb{1}[z_1 > 0] x_1", " o", 2),
        (
            f"16-16-16-1, {weights} weights", deep,
            r"\partial L/\partial w_{1,0,0} = \partial L/\partial a_{1,0} a_{1,0} (1 - a_{1,0}) x_0", " x_0", 20,
        ),
    )  # fmt: skip
    for name, equations, line, lost, bound in rows:
        for kind, said in (("right", line), ("wrong", line.replace(lost, "", 1))):
            one, more = (_checking(equations, said, lines) for lines in (1, 51))
            each = (more - one) / 50 * 1e3
            print(f"checking a {kind} line, {name}: {each:.2f} ms (at most {bound}), the first {one * 1e3:.0f} ms")
    print(f"checking a thousand lines of {rows[0][0]}: {_checking(CHAIN, rows[0][2], 1000):.2f} s")


def _checking(equations: str, line: str, lines: int) -> float:
    """Seconds that a work of so many equal lines takes, the best of three on subjects of their own."""
    from derivgen.checking import check
    from derivgen.checking.subjects import of_equations

    best = math.inf
    for _ in range(3):
        subject = of_equations(equations)
        started = time.perf_counter()
        check(subject, f"$${line}$$\n\n" * lines, form="md")
        best = min(best, time.perf_counter() - started)
    return best


def _slope(points: list[tuple[float, float]]) -> float:
    xs, ys = zip(*points, strict=True)
    mx, my = statistics.mean(xs), statistics.mean(ys)
    return sum((x - mx) * (y - my) for x, y in points) / sum((x - mx) ** 2 for x in xs)


if __name__ == "__main__":
    startup()
    middle = warm()
    script = users_script()
    report("user's script : warm variant", script, middle, script / middle, "at least 20")
    pictures()
    all_gradients()
    checker()
