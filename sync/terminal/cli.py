"""`isams-sync …`: the same steps as on Azure, from a terminal.

Results go to stdout, progress and errors to stderr. With --json, stdout holds a single JSON
document, also when the command fails, is mistyped or is stopped with Ctrl-C. Nobody is named but by
`findings`, `plan`, `explain`, `addresses plan` and `landed --rows`, and in the files that
`addresses`, `build` and `datasets` write.
"""

from __future__ import annotations

import getpass
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
from click.shell_completion import shell_complete

from sync import __version__
from sync.edge.clock import SystemClock
from sync.edge.quiet import quieten
from sync.edge.storage.queues import Unqueued
from sync.edge.world import World, opened
from sync.ledger.callers import at_terminal
from sync.ledger.marks import Fault
from sync.report import Exit, Step
from sync.settings import Settings
from sync.terminal import exits
from sync.terminal.addresses import addresses
from sync.terminal.approve import approve_held
from sync.terminal.build import build_files
from sync.terminal.check import check_deployment
from sync.terminal.context import Terminal
from sync.terminal.datasets import write_datasets
from sync.terminal.envelope import command_of, enveloped, print_json
from sync.terminal.explain import explain_who
from sync.terminal.findings import show_findings
from sync.terminal.identity import identity
from sync.terminal.landed import show_landed
from sync.terminal.plan import show_plan
from sync.terminal.rehearse import rehearse_day
from sync.terminal.reject import reject_held
from sync.terminal.restore import restore_former
from sync.terminal.resume import resume_paused
from sync.terminal.run import run_now
from sync.terminal.sds import sds_setup
from sync.terminal.starter import write_starter
from sync.terminal.status import show_status
from sync.terminal.stopping import stopped
from sync.terminal.subjects import list_subjects
from sync.terminal.trust import show_trust

NAME = "isams-sync"
"""What people type: pyproject.toml installs it under this name."""

_COMPLETE = "_ISAMS_SYNC_COMPLETE"  # click's own name of it; the scripts that it makes set it
_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(epilog=exits.HELP, context_settings=_HELP)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Carry a school's people and classes from iSAMS to School Data Sync.

    Settings come from the environment and from local.settings.json in this folder.
    """


for _command in (
    list_subjects,
    build_files,
    write_datasets,
    rehearse_day,
    write_starter,
    run_now,
    approve_held,
    reject_held,
    restore_former,
    resume_paused,
    identity,
    sds_setup,
    addresses,
    check_deployment,
    show_status,
    show_trust,
    show_findings,
    show_landed,
    explain_who,
    show_plan,
):
    cli.add_command(_command)


def commands(group: click.Group = cli) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that call it, those of groups too, by name."""
    for word, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from (((word, *rest), inner) for rest, inner in commands(command))
        else:
            yield (word,), command


def command_rows(group: click.Group = cli) -> Iterator[tuple[str, str]]:
    """Yield each command with the first sentence of its help, as the handbook lists them."""
    for words, command in commands(group):
        first, _, _ = (command.help or "").partition("\n\n")
        yield f"`{' '.join(words)}`", " ".join(first.split())


def main(words: Sequence[str], terminal: Terminal, group: click.Group = cli) -> int:
    """Run the command that *words* say, and return the exit code."""
    quieten()
    try:
        # Not `group.main`, which takes a reader that has gone for a failure.
        with group.make_context(NAME, list(words), obj=terminal) as context:
            code = group.invoke(context)
    except click.exceptions.Exit as ended:  # after --help and --version
        return ended.exit_code
    except click.ClickException as error:
        error.show()
        code = int(Exit.USAGE)
        if "--json" in words:
            wrong = error.format_message()
            fault = Fault(error="UsageError", message=wrong, who="caller", facts={})
            print_json(enveloped(command_of(words), code, fault.model_dump(), {}))
    except (click.Abort, KeyboardInterrupt):
        return stopped(words)
    return int(code or 0)


def start(group: click.Group = cli) -> int:
    """Run a command of *group* at a real terminal."""
    if instruction := os.environ.get(_COMPLETE):  # a shell asks what could be typed
        return shell_complete(group, {}, NAME, _COMPLETE, instruction)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What another program reads is UTF-8; a terminal may not be able to show every name.
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    return main(sys.argv[1:], Terminal(os.environ, Path.cwd(), SystemClock(), _opened), group)


def _opened(settings: Settings, tell: Callable[[Step], None]) -> World:
    return opened(settings, tell, nudges=Unqueued(), caller=at_terminal(_user()))


def _user() -> str:
    """Return the user of the system who types, "" where the system knows no name of theirs."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # as in a container that has no list of users
        return ""
