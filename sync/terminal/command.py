"""What all commands share: `--json`, how a result is printed, and what an error becomes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial, wraps

import click

from sync.errors import SyncError
from sync.ledger.marks import fault
from sync.report import unexpected
from sync.terminal import exits
from sync.terminal.context import Result, Terminal, err, out
from sync.terminal.tables import error_text

type Work = Callable[..., Result]


def command(word: str, *, epilog: str | None = None) -> Callable[[Work], click.Command]:
    """Make a function the command *word*: its docstring is the help, `--json` its last option.

    It is given the `Terminal`, and each option by name.
    """

    def made(work: Work) -> click.Command:
        @click.command(word, epilog=epilog)
        @click.pass_obj
        @wraps(work)  # with the options that click has noted on it
        def run(terminal: Terminal, /, *, as_json: bool, **options: object) -> int:
            return _carried_out(partial(work, terminal, **options), as_json=as_json)

        run.params.append(
            click.Option(["--json", "as_json"], is_flag=True, help="Print a JSON document.")
        )
        return run

    return made


def print_json(document: Mapping[str, object]) -> None:
    """Print *document* on stdout."""
    click.echo(json.dumps(document, indent=1))


def _carried_out(work: Callable[[], Result], *, as_json: bool) -> int:
    """Do *work*, print what came of it, and return the exit code."""
    try:
        result = work()
    except (click.ClickException, click.Abort, KeyboardInterrupt):
        raise
    except SyncError as error:
        result = _failed(error)
    except Exception as error:  # noqa: BLE001  # its text may quote a record: tell type and place
        result = _failed(unexpected(error))
    stdout = out()
    for shown in () if as_json else result.shown:
        stdout.print(shown, soft_wrap=isinstance(shown, str))
    for failure in result.errors:
        err().print(error_text(failure), soft_wrap=True)
    if as_json:
        print_json(result.document)  # last: after it nothing can end in a second document
    return int(result.code)


def _failed(error: SyncError) -> Result:
    code = exits.exit_of(error)
    return Result(code, {"exit": int(code), "error": fault(error).model_dump()}, errors=[error])
