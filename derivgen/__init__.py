"""derivgen: quizzes about backpropagation with certified answer keys."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
