"""`python -m sync`: the terminal, where its two packages are installed."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

MISSING = (
    "The terminal needs two packages that the function app does without: click and rich.\n"
    "Run: python dev.py setup    or: pip install -r requirements-terminal.txt"
)


INTERRUPTED = 130  # as shells count an end by Ctrl-C
STOPPED = "Stopped. Nothing is lost: run it again, or let the app go on."


def main() -> int:
    """Start the terminal, or say what is missing."""
    if not (find_spec("click") and find_spec("rich")):
        sys.stderr.write(MISSING + "\n")
        return 2
    try:
        from sync.cli import start

        code = start()
        sys.stdout.flush()
    except KeyboardInterrupt:  # while the program was still being loaded
        sys.stderr.write(STOPPED + "\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read stdout has gone, as `head` does. Nothing may be left for the end to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
