"""Somebody's derivation against the truth, line by line: ``check`` is the whole flow, ``Report`` what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derivgen.checking.flow import check
    from derivgen.checking.report import Report

__all__ = ["Report", "check"]


def __getattr__(name: str) -> Any:
    # The flow stands on all the other modules of this folder, which are imported through this one.
    if name == "check":
        from derivgen.checking.flow import check

        return check
    if name == "Report":
        from derivgen.checking.report import Report

        return Report
    raise AttributeError(f"module 'derivgen.checking' has no attribute {name!r}")
