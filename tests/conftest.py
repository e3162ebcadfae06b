"""What all tests share: in CI, Hypothesis tries the same examples every time; elsewhere new ones."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("the same every time", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("the same every time")
