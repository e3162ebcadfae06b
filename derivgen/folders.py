"""Where the templates and the bundled quizzes are. Imports nothing heavy, so that ``derivgen list`` is quick."""

from __future__ import annotations

from pathlib import Path


def templates_folder() -> Path:
    """Where the templates are: inside an installed package, beside it in a checkout."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.exists() else Path(__file__).parent.parent / "templates"


def bundled_quizzes() -> list[str]:
    """The names of the quizzes that come with derivgen, sorted."""
    return sorted(path.stem for path in (templates_folder() / "quizzes").glob("*.yaml"))
