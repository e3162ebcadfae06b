"""A script, not a test: python tests/checking/fuzz.py [-max_total_time=60] lets atheris look for what breaks the reader.

Any exception, or a call of more than a second, is a finding. Where atheris is not installed, the corpus is changed at
random instead, for as many seconds as the first argument says.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import nullcontext
from pathlib import Path

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["derivgen.checking", "derivgen.reading"]) if atheris else nullcontext():
    from derivgen.checking.reading.statements import statements
    from derivgen.checking.reading.symbols import Symbols
    from derivgen.checking.work import Fragment, Statement, Subject, Unread
    from derivgen.graph import Graph
    from derivgen.slips import Roles

CORPUS = Path(__file__).parent / "corpus" / "reading.txt"
EQUATIONS = "z_1 = x*w_11 + y*w_12; z_2 = x*w_21; a_1 = sigmoid(z_1); a_2 = relu(z_2); L = (a_1*a_2 - t)^2/2"


def table() -> Symbols:
    graph = Graph.of(EQUATIONS, ["x", "y", "w_11", "w_12", "w_21", "t"])
    return Symbols.of(Subject(graph, Roles(graph, loss="L")))


def read(text: str, dialect: str, symbols: Symbols) -> None:
    began = time.process_time()
    found = statements(Fragment(text, 0, dialect), symbols)
    assert time.process_time() - began < 1, "too slow"
    for part in found:
        start, end = (part.start, part.end) if isinstance(part, Unread) else (part.left.start, part.left.end)
        assert isinstance(part, (Statement, Unread))
        assert 0 <= start <= end <= len(text)


def changed(lines: list[str]) -> str:
    """A line of the corpus with pieces left out, and pieces of other lines put in."""
    text = random.choice(lines)
    for _ in range(random.randint(1, 5)):
        i, other = random.randrange(len(text) + 1), random.choice(lines)
        j = random.randrange(len(other) + 1)
        if random.random() < 0.5:
            text = text[:i] + text[i + random.randint(1, 5) :]
        else:
            text = text[:i] + other[j : j + random.randint(1, 12)] + text[i:]
    return text


def without_atheris(seconds: float, symbols: Symbols) -> None:
    lines = [line.partition(" ⟶ ")[0] for line in CORPUS.read_text(encoding="utf-8").splitlines() if " ⟶ " in line]
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        text = changed(lines)
        try:
            read(text, random.choice(["latex", "plain"]), symbols)
        except Exception:
            print(repr(text))
            raise
        count += 1
    print(f"{count} texts, nothing found")


def main() -> None:
    symbols = table()
    if atheris is None:
        return without_atheris(float(sys.argv[1]) if len(sys.argv) > 1 else 10, symbols)

    def one(data: bytes) -> None:
        provider = atheris.FuzzedDataProvider(data)
        dialect = "plain" if provider.ConsumeBool() else "latex"
        read(provider.ConsumeUnicodeNoSurrogates(4_000), dialect, symbols)

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
    return None


if __name__ == "__main__":
    main()
