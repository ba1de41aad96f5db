"""`isams-sync`, also `python -m sync`: the terminal, where its two packages are installed.

One command is of both rooms that do not know each other: `page` serves what `web` draws to whoever
sits at the terminal. So it is hung into the tree of commands here, above both.
"""

from __future__ import annotations

import os
import sys
from copy import copy
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sync.terminal.stopping import stopped, unwritten

if TYPE_CHECKING:
    import click

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

        code = start(tree())
        sys.stdout.flush()
    except KeyboardInterrupt:  # while the program was still being loaded
        return stopped(sys.argv[1:])
    except OSError as error:
        return unwritten(error)
    return code


def tree() -> click.Group:
    """Return the tree of all commands."""
    from sync.terminal.cli import cli

    whole = copy(cli)
    whole.commands = {**cli.commands, "page": _page()}
    return whole


def _page() -> click.Command:
    from sync.terminal.command import command
    from sync.terminal.context import Result, Terminal
    from sync.terminal.serving import served

    @command("page")
    def serve_page(terminal: Terminal) -> Result:
        """Serve the page to a browser on this machine, until Ctrl-C. It names people on request.

        It shows what lies in storage, and its buttons really work: what is approved is sent.
        """
        from sync.web.page.loopback import Serving
        from sync.web.page.visit import AsGiven

        given = AsGiven(terminal.env, terminal.local())
        return served(terminal, lambda world: Serving(world, given))

    return serve_page


if __name__ == "__main__":
    sys.exit(main())
