"""The one form of all JSON documents: `exit`, `command`, `error`, then what the command tells.

Imports nothing of ours: it is needed also where Ctrl-C comes while the terminal is being loaded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence


def enveloped(
    command: str, code: int, error: Mapping[str, object] | None, told: Mapping[str, object]
) -> dict[str, object]:
    """Return the document of a *command*; *told* are its own keys, none of which is one of ours."""
    return {"exit": code, "command": command, "error": error, **told}


GROUPS = frozenset({"addresses", "identity", "sds"})
"""The words after which a second one says which command it is."""


def command_of(words: Sequence[str]) -> str:
    """Return which command *words* call, "" if they call none."""
    said = [word for word in words if not word.startswith("-")]
    return " ".join(said[: 2 if said and said[0] in GROUPS else 1])


def print_json(document: Mapping[str, object]) -> None:
    """Print *document* on stdout."""
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
