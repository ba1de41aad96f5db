"""`isams-sync …`: the same steps as on Azure, from a terminal.

Results go to stdout, progress and errors to stderr. With --json, stdout holds a single JSON
document, also when the command fails, is mistyped or is stopped with Ctrl-C. Nobody is named but in
the files that `build` and `datasets` write.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from sync.edge.clock import SystemClock
from sync.edge.quiet import quieten
from sync.edge.storage.queues import Unqueued
from sync.edge.world import World, opened
from sync.ledger.marks import Fault
from sync.report import Exit, Step
from sync.settings import Settings
from sync.terminal import exits
from sync.terminal.approve import approve_held
from sync.terminal.build import build_files
from sync.terminal.check import check_deployment
from sync.terminal.command import print_json
from sync.terminal.context import Terminal
from sync.terminal.datasets import write_datasets
from sync.terminal.rehearse import rehearse_day
from sync.terminal.reject import reject_held
from sync.terminal.restore import restore_former
from sync.terminal.resume import resume_paused
from sync.terminal.run import run_now
from sync.terminal.status import show_status
from sync.terminal.stopping import stopped
from sync.terminal.subjects import list_subjects


@click.group(epilog=exits.HELP)
def cli() -> None:
    """Carry a school's people and classes from iSAMS to School Data Sync.

    Settings come from the environment and from local.settings.json in this folder.
    """


for _command in (
    list_subjects,
    build_files,
    write_datasets,
    rehearse_day,
    run_now,
    approve_held,
    reject_held,
    restore_former,
    resume_paused,
    check_deployment,
    show_status,
):
    cli.add_command(_command)


def commands(group: click.Group = cli) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that call it, those of groups too, by name."""
    for word, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from (((word, *rest), inner) for rest, inner in commands(command))
        else:
            yield (word,), command


def command_rows() -> Iterator[tuple[str, str]]:
    """Yield each command with the first sentence of its help, as the handbook lists them."""
    for words, command in commands():
        first, _, _ = (command.help or "").partition("\n\n")
        yield f"`{' '.join(words)}`", " ".join(first.split())


def main(words: Sequence[str], terminal: Terminal) -> int:
    """Run the command that *words* say, and return the exit code."""
    quieten()
    try:
        code = cli.main(list(words), "isams-sync", standalone_mode=False, obj=terminal)
    except click.ClickException as error:
        error.show()
        code = int(Exit.USAGE)
        if "--json" in words:
            wrong = error.format_message()
            fault = Fault(error="UsageError", message=wrong, who="caller", facts={})
            print_json({"exit": code, "error": fault.model_dump()})
    except (click.Abort, KeyboardInterrupt):
        return stopped(words)
    return int(code or 0)


def start() -> int:
    """Run at a real terminal."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that this terminal cannot show
    return main(sys.argv[1:], Terminal(os.environ, Path.cwd(), SystemClock(), _opened))


def _opened(settings: Settings, tell: Callable[[Step], None]) -> World:
    return opened(settings, tell, nudges=Unqueued())
