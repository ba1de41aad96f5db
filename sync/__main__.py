"""`isams-sync`, also `python -m sync`: the terminal, where its two packages are installed."""

from __future__ import annotations

import errno
import os
import sys
from importlib.util import find_spec

from sync.terminal.stopping import stopped

MISSING = (
    "The terminal needs two packages that the function app does without: click and rich.\n"
    "Run: python dev.py setup    or: pip install -r requirements-terminal.txt"
)
UNEXPECTED = 1
READER_GONE = 141  # as a shell counts what a closed pipe ended


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
        return stopped(sys.argv[1:])
    except OSError as error:
        code = _unwritten(error)
        # Nothing may be left for the end of the program to flush: it would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _unwritten(error: OSError) -> int:
    """Return the exit code where stdout takes no more: a reader that has gone is no fault.

    Windows says of a closed pipe that the argument is invalid.
    """
    gone = {errno.EPIPE, errno.EINVAL} if os.name == "nt" else {errno.EPIPE}
    if error.errno in gone:
        return READER_GONE
    sys.stderr.write(f"The result cannot be written to stdout: {error.strerror}\n")
    return UNEXPECTED


if __name__ == "__main__":
    sys.exit(main())
