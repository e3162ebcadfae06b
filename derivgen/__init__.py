"""derivgen: quizzes about backpropagation, with answer keys that are proved before they are printed.

``network`` builds a network from equations, ``generate`` composes a quiz, ``check`` checks a derivation. All are in
``derivgen.api``, imported only when one of them is first used, so that the command line starts quickly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derivgen.api import Derivation, Net, Report, Sheet, check, generate, network

__version__ = "0.1.0"
__all__ = ["Derivation", "Net", "Report", "Sheet", "__version__", "check", "generate", "network"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from importlib import import_module

        return vars(import_module("derivgen.api"))[name]
    raise AttributeError(f"module 'derivgen' has no attribute {name!r}")
