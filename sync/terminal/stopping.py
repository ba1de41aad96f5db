"""What is said when Ctrl-C ends a command. Imports nothing: it may come while we are loaded."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

INTERRUPTED = 130  # as shells count an end by Ctrl-C
STOPPED = "Stopped. Nothing is lost: run it again, or let the app go on."


def stopped(words: Sequence[str]) -> int:
    """Say that Ctrl-C has ended the command that *words* say, and return the exit code."""
    sys.stderr.write(STOPPED + "\n")
    if "--json" in words:
        error = {"error": "Stopped", "message": STOPPED, "who": "caller", "facts": {}}
        sys.stdout.write(json.dumps({"exit": INTERRUPTED, "error": error}, indent=1) + "\n")
    return INTERRUPTED
