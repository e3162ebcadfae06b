"""The committed gallery is what its own first lines make, byte for byte."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from derivgen.cli import main

GALLERY = Path(__file__).parent.parent / "generated"
FOLDERS = sorted(path.parent for path in GALLERY.glob("*/*/key.json"))


def test_the_gallery_is_there() -> None:
    assert len(FOLDERS) >= 6


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sheet_replays(folder: Path, tmp_path: Path) -> None:
    first = (folder / "solutions.md").read_text("utf-8").split("\n")[0]
    tex = (folder / "solutions.tex").read_text("utf-8").split("\n")[0]
    match = re.fullmatch(r"<!-- (derivgen generate .*) -->", first)
    assert match and tex == f"% {match[1]}"
    words = shlex.split(match[1])[1:]
    result = CliRunner().invoke(main, [*words, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    made = tmp_path / folder.parent.name / folder.name
    committed = {str(path.relative_to(folder)) for path in folder.rglob("*.*") if path.suffix != ".pdf"}
    assert {str(path.relative_to(made)) for path in made.rglob("*.*")} == committed
    for name in committed:
        assert (made / name).read_bytes() == (folder / name).read_bytes(), name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_gallery_page_names_it(folder: Path) -> None:
    page = (GALLERY / "README.md").read_text("utf-8")
    assert f"({folder.parent.name}/{folder.name}/solutions.md)" in page


CHECKED = ["derivgen", "check", "sigmoid-network", "first.md", "second.tex", "third.txt", "--part", "1"]


def test_the_checked_works_are_checked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = GALLERY / "check"
    for name in CHECKED[3:6]:
        shutil.copy(folder / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    for form in ("markdown", "html", "latex", "json"):
        result = CliRunner().invoke(main, [*CHECKED[1:], "--format", form, "--out", "reports"])
        assert result.exit_code == 1, result.output  # something is wrong in two of them
    Path("summary.txt").write_text(CliRunner().invoke(main, [*CHECKED[1:], "--summary"]).stdout, "utf-8")
    made, committed = ({str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*.*")} for root in (tmp_path, folder))
    assert made == committed
    assert shlex.join([*CHECKED, "--summary"]) in (GALLERY / "README.md").read_text("utf-8")
