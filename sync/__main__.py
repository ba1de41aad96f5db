"""`python -m sync`: the terminal, where its two packages are installed."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from sync.terminal.stopping import stopped

MISSING = (
    "The terminal needs two packages that the function app does without: click and rich.\n"
    "Run: python dev.py setup    or: pip install -r requirements-terminal.txt"
)
UNEXPECTED = 1


def main() -> int:
    """Start the terminal, or say what is missing."""
    if not (find_spec("click") and find_spec("rich")):
        sys.stderr.write(MISSING + "\n")
        return 2
    try:
        from sync.terminal.cli import start

        code = start()
        if sys.stdout:  # there is none where it was closed before the start
            sys.stdout.flush()
    except KeyboardInterrupt:  # while the program was still being loaded
        return stopped(sys.argv)
    except OSError as error:  # a full disk, or whoever read stdout has gone
        sys.stderr.write(f"The result cannot be written to stdout: {error.strerror}\n")
        # Nothing may be left for the end of the program to flush: it would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNEXPECTED
    return code


if __name__ == "__main__":
    sys.exit(main())
