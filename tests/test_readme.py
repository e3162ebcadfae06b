"""Every command and every quiz in the README runs; what it lists is what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from derivgen.asks import ASKS
from derivgen.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = [(kind, text) for _, kind, text in re.findall(r"^(```+)(\w+)\n(.*?)^\1$", README, re.DOTALL | re.MULTILINE)]
COMMANDS = [
    line.partition("&&")[2].strip() if "&&" in line and "derivgen" in line else line
    for kind, text in BLOCKS
    if kind == "sh"
    for line in text.splitlines()
    if "derivgen " in line
]


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 7


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, text in BLOCKS:
        if kind == "yaml":  # its first line says what it is called
            (tmp_path / text.partition("\n")[0].removeprefix("# ")).write_text(text)
        if kind == "markdown":
            (tmp_path / text.partition("\n")[0][5:-4]).write_text(text)
    (tmp_path / "class.csv").write_text("Ada,a1\n")
    (tmp_path / "secret.txt").write_text("a secret of the test's own")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    assert words[0] == "derivgen"
    arguments = ["1..3" if word == "1..200" else word for word in words[1:]]
    result = CliRunner().invoke(main, arguments)
    # The work in the README has a wrong step in it: to find it is no failure of the command.
    assert result.exit_code == (1 if words[1] == "check" else 0), result.output


def test_the_report_that_is_shown_is_what_the_command_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (work,) = (text for kind, text in BLOCKS if kind == "markdown" and text.startswith("<!-- work.md"))
    (tmp_path / "work.md").write_text(work)
    monkeypatch.chdir(tmp_path)
    command = next(command for command in COMMANDS if command.startswith("derivgen check --network"))
    shown = [text for kind, text in BLOCKS if kind == "text"]
    assert CliRunner().invoke(main, shlex.split(command)[1:]).stdout in shown


def test_quick_start_and_development_are_one_command_each() -> None:
    for heading in ("Quick start", "Development"):
        block = re.search(rf"## {heading}\n\n```sh\n(.*?)```", README, re.DOTALL)
        assert block and len(block[1].strip().splitlines()) == 1


def test_every_ask_and_every_module_is_named() -> None:
    for ask in ASKS:
        assert f"`{ask}`" in README
    architecture = README.partition("## Architecture")[2]
    for path in (ROOT / "derivgen").iterdir():
        name = path.stem if path.suffix == ".py" else f"{path.name}/"
        if name.startswith(("_", "templates")):
            continue
        assert f"`{name}`" in architecture or name in ("errors", "folders"), name


def test_every_dependency_earns_its_line() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    needed = re.search(r"^dependencies = \[(.*?)\]", project, re.DOTALL | re.MULTILINE)
    assert needed
    for name in re.findall(r'"([A-Za-z][A-Za-z0-9_-]*)', needed[1]):
        assert f"| {name} |" in README, name


def test_every_sheet_that_it_links_to_is_there():
    links = re.findall(r"\]\((generated/[^)]+)\)", README)
    assert len(links) > 15
    assert [link for link in links if not (ROOT / link).exists()] == []
