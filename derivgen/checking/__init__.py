"""Somebody's derivation against the truth, line by line: ``check`` is the whole flow, ``Report`` what it finds.

The rooms, in the order in which a work goes through them: ``flow`` leads it; ``macros`` writes the work's own out;
``finding`` with ``in_tex``, ``in_markdown``, ``in_plain`` and ``markers`` finds its mathematics, and by the words of
``conditions`` what is assumed; ``scanning``, ``foreign``, ``parsing``, ``sums_and_cases`` and ``statements`` read it,
by the ``symbols`` of the network and the ``letters`` of the work's own; ``judging`` goes through its chains, with
``summing`` for shares of a sum and ``stepping`` for updates; ``sides`` judges one side, by ``shaping`` and ``deciding``
(which knows ``fitting`` shapes), ``branches`` at kinks (and ``vanishing`` behind closed ones), ``supposing`` for what
is assumed, and ``carrying`` and ``rounding`` for numbers, with ``letting`` beside letters; ``telling`` makes a verdict
of it, with what was ``expecting`` there and the slip that ``diagnosing`` names; ``answering`` looks at a part's answer;
``subjects`` says what a work is checked against; ``report`` and ``classes`` write.
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
