"""A script, not a test: python tests/checking/fuzz.py [-max_total_time=60] lets atheris look for what breaks the reader.

Needs `pip install atheris`. Any exception, or a call of more than a second, is a finding.
"""

from __future__ import annotations

import sys
import time

try:
    import atheris
except ImportError:
    atheris = None

if atheris is not None:
    with atheris.instrument_imports(include=["derivgen.checking", "derivgen.reading"]):
        from derivgen.checking.statements import statements
        from derivgen.checking.symbols import Symbols
        from derivgen.checking.work import Fragment, Statement, Subject, Unread
    from derivgen.graph import Graph
    from derivgen.slips import Roles

EQUATIONS = "z_1 = x*w_11 + y*w_12; z_2 = x*w_21; a_1 = sigmoid(z_1); a_2 = relu(z_2); L = (a_1*a_2 - t)^2/2"


def table() -> Symbols:
    graph = Graph.of(EQUATIONS, ["x", "y", "w_11", "w_12", "w_21", "t"])
    return Symbols.of(Subject(graph, Roles(graph, loss="L")))


def main() -> None:
    if atheris is None:
        sys.exit("pip install atheris")
    symbols = table()

    def one(data: bytes) -> None:
        provider = atheris.FuzzedDataProvider(data)
        dialect = "plain" if provider.ConsumeBool() else "latex"
        text = provider.ConsumeUnicodeNoSurrogates(4_000)
        began = time.perf_counter()
        found = statements(Fragment(text, 0, dialect), symbols)
        assert time.perf_counter() - began < 1, "too slow"
        assert all(isinstance(part, (Statement, Unread)) for part in found)

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
