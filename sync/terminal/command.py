"""What all commands share: `--json`, how a result is printed, and what an error becomes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial, wraps

import click

from sync.errors import SyncError
from sync.ledger.marks import fault
from sync.report import unexpected
from sync.terminal import exits
from sync.terminal.context import Result, Terminal, err, out, say
from sync.terminal.envelope import enveloped, print_json
from sync.terminal.tables import error_text

type Work = Callable[..., Result]


def command(
    word: str, *, group: str = "", epilog: str | None = None
) -> Callable[[Work], click.Command]:
    """Make a function the command *word*: its docstring is the help, `--json` its last option.

    *group* is the word before it, of a command that lies in a group.
    It is given the `Terminal`, and each option by name.
    """
    typed = f"{group} {word}".strip()

    def made(work: Work) -> click.Command:
        @click.command(word, epilog=epilog)
        @click.pass_obj
        @wraps(work)  # with the options that click has noted on it
        def run(terminal: Terminal, /, *, as_json: bool, **options: object) -> int:
            return _carried_out(typed, partial(work, terminal, **options), as_json=as_json)

        run.params.append(
            click.Option(["--json", "as_json"], is_flag=True, help="Print a JSON document.")
        )
        return run

    return made


def _carried_out(word: str, work: Callable[[], Result], *, as_json: bool) -> int:
    """Do *work* of the command *word*, print what came of it, and return the exit code."""
    try:
        result = work()
    except (click.ClickException, click.Abort, KeyboardInterrupt):
        raise
    except SyncError as error:
        result = _failed(error)
    except Exception as error:  # noqa: BLE001  # its text may quote a record: tell type and place
        result = _failed(unexpected(error))
    if not as_json:
        say(out(), *result.shown)
        sys.stdout.write(result.verbatim)
    say(err(), *map(error_text, result.errors))
    if as_json:
        worst = fault(result.errors[0]).model_dump() if result.errors else None
        # Last: after it nothing can end in a second document.
        print_json(enveloped(word, int(result.code), worst, result.document))
    return int(result.code)


def _failed(error: SyncError) -> Result:
    return Result(exits.exit_of(error), errors=[error])
