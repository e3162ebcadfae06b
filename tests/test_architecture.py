"""The shape of the house: imports point backwards, nothing evaluates text, and the top level stays tidy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "derivgen"

# A module imports only from those before it. A folder is one module here. `__init__` hands out the names of modules
# that stand before it, each when it is first asked for; the version is a word that it has from the start.
# fmt: off
ORDER = [
    "errors", "folders", "expression", "arrays", "operations", "notation", "lexing", "reading", "printing", "symbolic",
    "graph", "simplifying", "derivation", "evaluation", "written", "draws", "grids", "certify", "linearity", "proofs", "worked", "slips", "strict_yaml", "spec", "networks",
    "exercise", "stacks", "figures", "backward", "sufficiency", "asks", "preparing", "stem", "plan", "contradictions", "givens", "sheet", "templating", "pictures", "context", "formula", "formats", "pdf", "writing", "explain", "checking", "api",
    "__init__", "cli", "__main__",
]
TOP_LEVEL = {
    "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "derivgen", "templates", "generated", "tests",
}
# fmt: on

# Each of them runs text as code, or hands it to SymPy's reader, which does.
BANNED = {"eval", "exec", "compile", "sympify", "parse_expr", "lambdify", "S", "N", "__import__"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    first, *rest = path.relative_to(PACKAGE).parts
    return first if rest else path.stem


def imported(tree: ast.AST, path: Path) -> Iterator[str]:
    """The names after `derivgen.` of all that a file imports, in functions and under TYPE_CHECKING too.

    >>> list(imported(ast.parse("def f():\\n  from derivgen import graph, compose, __version__"), PACKAGE / "cli.py"))
    ['graph', '__init__']
    >>> list(imported(ast.parse("from . import x\\nfrom ..spec import y"), PACKAGE / "asks" / "gradient.py"))
    ['asks', 'spec']
    >>> list(imported(ast.parse("import sympy, derivgen.graph"), PACKAGE / "cli.py"))
    ['graph']
    """
    here = ("derivgen", *path.relative_to(PACKAGE).parts)
    for node in ast.walk(tree):
        names: list[str] = []
        match node:
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom():
                source = [*(here[: -node.level] if node.level else ()), *filter(None, [node.module])]
                names = [".".join([*source, alias.name]) for alias in node.names]
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
                names = [name]
        for name in names:
            package, *inside = name.split(".")
            if package == "derivgen" and inside != ["__version__"]:
                known = inside and (inside[0] in ORDER or is_module(inside[0]))
                yield inside[0] if known else "__init__"


def is_module(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_backwards(path):
    here = module_of(path)
    assert here in ORDER, f"{here} has no place in the order"
    for there in imported(ast.parse(path.read_text(encoding="utf-8")), path):
        assert there in ORDER, f"{there} has no place in the order"
        backwards = there == here or ORDER.index(there) < ORDER.index(here)
        assert backwards, f"{here} imports {there}, which comes later"


def test_the_package_itself_imports_nothing_until_asked():
    code = "import sys, derivgen; print(*sorted(name for name in sys.modules if name.startswith('derivgen.')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8", timeout=60)
    assert run.stdout.split() == []


@pytest.mark.parametrize(
    "words", [["--help"], ["list"], *(["list", t] for t in ("asks", "operations", "formats", "notations", "slips"))]
)
def test_help_and_lists_import_neither_sympy_nor_jinja(words):
    code = (
        "import sys\nfrom derivgen.cli import main\n"
        "try:\n    main(sys.argv[1:])\nfinally:\n"
        "    print(*{'sympy', 'jinja2', 'pydantic'} & set(sys.modules), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *words]
    run = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", timeout=60)
    assert run.stdout
    assert run.stderr.split() == []


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def evaluations(tree: ast.AST) -> Iterator[str]:
    """Calls that would run text as code, and imports that would hide one behind another name.

    >>> list(evaluations(ast.parse("sympy.S('x'); x.evalf(); re.compile('x'); S.One; eval('1')")))
    ['S in line 1', 'eval in line 1']
    >>> list(evaluations(ast.parse("from sympy import sympify as read, Symbol")))
    ['sympify in line 1']
    >>> list(evaluations(ast.parse("x.subs('x', 1); run = eval")))
    ['subs of a text in line 1', 'eval in line 1']
    """
    for node in ast.walk(tree):
        names: list[str] = []
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="compile")):
                pass
            case ast.Call(func=ast.Attribute(attr=name)):
                names = [name]
                if name == "subs" and any(map(is_text, node.args)):
                    yield f"{name} of a text in line {node.lineno}"
            case ast.Call(func=ast.Name(id="S" | "N" as name)):
                names = [name]
            case ast.Name(id=name, ctx=ast.Load()) if name not in ("S", "N"):
                names = [name]
            case ast.ImportFrom() if (node.module or "").split(".")[0] in ("sympy", "builtins"):
                names = [alias.name for alias in node.names]
        yield from (f"{name} in line {node.lineno}" for name in names if name in BANNED)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_text_is_run_as_code(path):
    assert list(evaluations(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_the_top_level_holds_what_it_should():
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, encoding="utf-8"
    )
    if listing.returncode or not (ROOT / ".git").exists():
        pytest.skip("not a git repository")
    tops = {name.split("/")[0] for name in listing.stdout.split("\0") if name}
    assert {top for top in tops if not top.startswith(".")} <= TOP_LEVEL
