"""What is said when Ctrl-C or a closed pipe ends a command.

Imports next to nothing: we may still be loading.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from sync.terminal.envelope import command_of, enveloped, print_json

INTERRUPTED = 130  # as shells count an end by Ctrl-C
READER_GONE = 141  # as shells count an end by a closed pipe
_UNEXPECTED = 1
STOPPED = "Stopped. Nothing is lost: run it again, or let the app go on."


def stopped(words: Sequence[str]) -> int:
    """Say that Ctrl-C has ended the command that *words* say, and return the exit code."""
    sys.stderr.write(STOPPED + "\n")
    if "--json" in words:
        error = {"error": "Stopped", "message": STOPPED, "who": "caller", "facts": {}}
        print_json(enveloped(command_of(words), INTERRUPTED, error, {}))
    return INTERRUPTED


def unwritten(error: OSError) -> int:
    """Return the exit code where stdout takes no more; a reader that has gone is no fault.

    Windows says of a closed pipe that the argument is invalid.
    """
    # Nothing may be left for the end of the program to flush: it would fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    gone = {errno.EPIPE, errno.EINVAL} if os.name == "nt" else {errno.EPIPE}
    if error.errno in gone:
        return READER_GONE
    sys.stderr.write(f"The result cannot be written to stdout: {error.strerror}\n")
    return _UNEXPECTED
