"""Somebody's derivation against the truth, line by line: ``check`` is the whole flow, ``Report`` what it finds.

Its rooms, in the order in which a work goes through them: ``flow`` leads it; ``finding`` finds its mathematics,
``reading`` makes statements of it, with the ``letters`` that the work has defined itself; ``judging`` finds of each
link whether it is right; ``answering`` looks at a part's answer. ``work`` is the data that passes between them,
``subjects`` what a work is checked against; ``report`` and ``classes`` write.
"""

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
