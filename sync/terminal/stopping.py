"""What is said when Ctrl-C ends a command. Imports next to nothing: we may still be loading."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sync.terminal.envelope import command_of, enveloped, print_json

INTERRUPTED = 130  # as shells count an end by Ctrl-C
STOPPED = "Stopped. Nothing is lost: run it again, or let the app go on."


def stopped(words: Sequence[str]) -> int:
    """Say that Ctrl-C has ended the command that *words* say, and return the exit code."""
    sys.stderr.write(STOPPED + "\n")
    if "--json" in words:
        error = {"error": "Stopped", "message": STOPPED, "who": "caller", "facts": {}}
        print_json(enveloped(command_of(words), INTERRUPTED, error, {}))
    return INTERRUPTED
