"""The Jinja environment of all templates: sandboxed, strict about names, with brackets that TeX leaves free."""

from __future__ import annotations

from collections.abc import Callable

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from derivgen.folders import templates_folder


def environment(finalize: Callable[[object], object], *, autoescape: bool = True) -> ImmutableSandboxedEnvironment:
    """Templates compiled once each; ``finalize`` gets everything that they print."""
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(templates_folder()),
        undefined=jinja2.StrictUndefined,
        autoescape=autoescape,
        finalize=finalize,
        variable_start_string="<<", variable_end_string=">>", block_start_string="<%", block_end_string="%>",
        comment_start_string="<#", comment_end_string="#>", trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, auto_reload=False, cache_size=-1,
    )  # fmt: skip
