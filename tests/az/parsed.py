"""Run by azure-cli's own Python: read commands as JSON, print as JSON what its parser says of each.

"" is a line that it understands. Nothing is run: it stops where azure-cli has parsed the words.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys

from azure.cli.core import get_default_cli
from knack.events import EVENT_INVOKER_POST_PARSE_ARGS


class Understood(BaseException):
    """The words are parsed, and no step further is done."""


def stop(*_: object, **__: object) -> None:
    """End it there."""
    raise Understood


def complaint(words: list[str]) -> str:
    """Return what azure-cli says of *words*. Words alone name a command, which must be there."""
    cli = get_default_cli()
    cli.register_event(EVENT_INVOKER_POST_PARSE_ARGS, stop)
    said = io.StringIO()
    named = not any(word.startswith("-") for word in words)
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            code = cli.invoke([*words, "--help"] if named else words)
    except Understood:
        return ""
    except SystemExit as ended:
        code = ended.code
    return "" if named and not code else f"not understood: {said.getvalue().strip()[:400]}"


json.dump([complaint(words) for words in json.load(sys.stdin)], sys.stdout)
