"""`isams-sync`, also `python -m sync`: the terminal, where its two packages are installed."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from sync.terminal.stopping import stopped, unwritten

MISSING = (
    "The terminal needs two packages that the function app does without: click and rich.\n"
    "Run: python dev.py setup    or: pip install -r requirements-terminal.txt"
)


def main() -> int:
    """Start the terminal, or say what is missing."""
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # until the end
    sys.stdout = sys.stdout or nowhere  # there is none where it was closed before the start
    sys.stderr = sys.stderr or nowhere
    if not (find_spec("click") and find_spec("rich")):
        sys.stderr.write(MISSING + "\n")
        return 2
    try:
        from sync.terminal.cli import start

        code = start()
        sys.stdout.flush()
    except KeyboardInterrupt:  # while the program was still being loaded
        return stopped(sys.argv[1:])
    except OSError as error:
        return unwritten(error)
    return code


if __name__ == "__main__":
    sys.exit(main())
