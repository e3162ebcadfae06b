"""What is shipped: the code and, once and inside it, the templates."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def wheel(built) -> list[str]:
    (path,) = built.glob("derivgen-*.whl")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def on_disk(folder: str, pattern: str) -> set[str]:
    found = (path for path in (ROOT / folder).rglob(pattern) if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


def test_the_wheel_carries_each_template_once(wheel):
    shipped = [name for name in wheel if "templates/" in name]
    assert len(shipped) == len(set(shipped))
    assert set(shipped) == {f"derivgen/{name}" for name in on_disk("templates", "*")}


def test_the_wheel_carries_the_package_and_nothing_else(wheel):
    assert on_disk("derivgen", "*.py") <= set(wheel)
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"derivgen"}
    assert [name for name in wheel if "templates/" in name and name.endswith(".py")] == []
    assert [name for name in wheel if "__pycache__" in name] == []


def test_the_wheel_installs_the_command(wheel, built):
    (path,) = built.glob("*.whl")
    (entry_points,) = (name for name in wheel if name.endswith("entry_points.txt"))
    with zipfile.ZipFile(path) as archive:
        assert "derivgen = derivgen.cli:main" in archive.read(entry_points).decode()


def test_the_sdist_carries_what_it_takes_to_build_and_test(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"} <= names
    assert on_disk("templates", "*") | on_disk("derivgen", "*.py") <= names
    assert "tests/test_package.py" in names
    assert not any("node_modules" in name or name.startswith(".git/") for name in names)
