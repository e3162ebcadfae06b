"""``python -m derivgen`` is the ``derivgen`` command."""

from __future__ import annotations

from derivgen.cli import main

if __name__ == "__main__":
    main(prog_name="derivgen")
