"""`python -m sync`: the terminal, where its two packages are installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec

MISSING = (
    "The terminal needs two packages that the function app does without: click and rich.\n"
    "Run: python dev.py setup    or: pip install -r requirements-terminal.txt"
)


def main() -> int:
    """Start the terminal, or say what is missing."""
    if not (find_spec("click") and find_spec("rich")):
        sys.stderr.write(MISSING + "\n")
        return 2
    from sync.cli import start

    return start()


if __name__ == "__main__":
    sys.exit(main())
