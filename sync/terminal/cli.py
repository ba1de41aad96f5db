"""`python -m sync …`: the same steps as on Azure, from a terminal.

Results go to stdout, progress and errors to stderr. With --json, stdout holds exactly one JSON
document, also when the command fails, is mistyped or is stopped with Ctrl-C. Nobody is named but in
the files that `build` and `datasets` write.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from sync.edge.clock import SystemClock
from sync.edge.quiet import quieten
from sync.edge.storage.queues import Unqueued
from sync.edge.world import World, opened
from sync.errors import SyncError
from sync.ledger.marks import Fault, fault
from sync.report import Step, unexpected
from sync.settings import Settings
from sync.settings.export_kinds import DATASETS
from sync.terminal import exits, tables
from sync.terminal.build import build
from sync.terminal.check import check
from sync.terminal.context import Surroundings, Told, err, out
from sync.terminal.datasets import datasets
from sync.terminal.follower import Patience
from sync.terminal.rehearse import rehearsed
from sync.terminal.run import answer_hold, restored, resumed, run_once
from sync.terminal.source import subjects
from sync.terminal.status import status
from sync.terminal.stopping import stopped

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_school = click.option("--school", metavar="KEY", help="One school, by its key in the settings.")
_profiles = click.option(
    "--profile", "profiles", metavar="KEY", multiple=True, help="A profile, by its key; repeatable."
)
_save = click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep what iSAMS sends in this file, for --from. It names people.",
)


def _source[Command: Callable[..., object]](words: str) -> Callable[[Command], Command]:
    return click.option("--from", "source", type=_FILE, help=words)


def _out[Command: Callable[..., object]](words: str) -> Callable[[Command], Command]:
    folder = click.Path(file_okay=False, path_type=Path)
    return click.option("--out", "folder", required=True, type=folder, help=words)


@click.group(epilog="\b\nExit codes:\n" + exits.table())
def cli() -> None:
    """Carry a school's people and classes from iSAMS to School Data Sync.

    Settings come from the environment and from local.settings.json in this folder.
    """


@cli.command("subjects")
@_school
@_source("A document kept by build --save.")
@_as_json
@click.pass_obj
def _subjects(
    around: Surroundings, school: str | None, source: Path | None, *, as_json: bool
) -> int:
    """List id, code and name of the school's subjects."""
    return _answer(lambda: subjects(around, school, source), as_json=as_json)


@cli.command("build")
@_out("Where to write: a folder for each profile. The files name people.")
@_source("Build from a document kept by --save; asks no network.")
@_save
@_profiles
@_school
@_as_json
@click.pass_obj
def _build(  # click hands each option over by name
    around: Surroundings,
    folder: Path,
    source: Path | None,
    save: Path | None,
    profiles: Sequence[str],
    school: str | None,
    *,
    as_json: bool,
) -> int:
    """Write each profile's files, to look at. Nothing is sent and nothing is stored."""
    _one_of_both(source, save)
    work = partial(build, around, folder, (school, profiles), source, save)
    return _answer(work, as_json=as_json)


@cli.command("datasets")
@_out("Where to write: a folder for each school. Some of the files name people.")
@click.option(
    "--only",
    metavar="NAME",
    multiple=True,
    type=click.Choice(DATASETS, case_sensitive=False),
    help="A file, by its name without .csv; repeatable. Left out, all: " + ", ".join(DATASETS),
)
@_source("A document kept by --save; asks no network.")
@_save
@_school
@_as_json
@click.pass_obj
def _datasets(  # click hands each option over by name
    around: Surroundings,
    folder: Path,
    only: Sequence[str],
    source: Path | None,
    save: Path | None,
    school: str | None,
    *,
    as_json: bool,
) -> int:
    """Write the school's records as CSV files for other programs. Nothing is sent or stored."""
    _one_of_both(source, save)
    work = partial(datasets, around, folder, (school, only), source, save)
    return _answer(work, as_json=as_json)


@cli.command("rehearse")
@click.option(
    "--on",
    "day",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day to rehearse, such as 2027-09-01.",
)
@_source("Read a document kept by build --save; asks no network.")
@_as_json
@click.pass_obj
def _rehearse(around: Surroundings, day: datetime, source: Path | None, *, as_json: bool) -> int:
    """Show what another day would send: Teams that go on, are new, or end; clashes; no teacher.

    iSAMS is read as it is now, and compared with what SDS may hold. Nothing is sent.
    """
    return _answer(lambda: rehearsed(around, day.date(), source), as_json=as_json)


@cli.command("run", epilog="\b\nExit codes:\n" + exits.table())
@click.option(
    "--approve",
    is_flag=True,
    help="Approve a first delivery, which has nothing to be compared with. A delivery that loses"
    " or gains much is held all the same.",
)
@click.option(
    "--wait",
    "wait_min",
    type=click.IntRange(0, 24 * 60),
    metavar="MINUTES",
    help="How long to wait for SDS's own run after SDS has accepted the files. Left out: a few"
    " looks, about two minutes.",
)
@_profiles
@_school
@_as_json
@click.pass_obj
def _run(
    around: Surroundings,
    profiles: Sequence[str],
    school: str | None,
    wait_min: int | None,
    *,
    approve: bool,
    as_json: bool,
) -> int:
    """Read iSAMS, build every profile and deliver to SDS, now.

    A school is read with all its profiles; --profile says whose connectors are then sent to.
    """
    patience = Patience(approve=approve, run_s=None if wait_min is None else wait_min * 60.0)
    work = partial(run_once, around, (school, profiles), patience)
    return _answer(work, as_json=as_json)


@cli.command("approve")
@click.argument("delivery")
@_as_json
@click.pass_obj
def _approve(around: Surroundings, delivery: str, *, as_json: bool) -> int:
    """Approve a held DELIVERY, by the id that `status` shows, and send it now.

    iSAMS is not read again: exactly what was held is sent.
    """
    work = partial(answer_hold, around, delivery, Patience(), approve=True)
    return _answer(work, as_json=as_json)


@cli.command("reject")
@click.argument("delivery")
@_as_json
@click.pass_obj
def _reject(around: Surroundings, delivery: str, *, as_json: bool) -> int:
    """Reject a held DELIVERY: it is never sent, and SDS keeps what it has."""
    work = partial(answer_hold, around, delivery, Patience(), approve=False)
    return _answer(work, as_json=as_json)


@cli.command("restore")
@click.argument("delivery")
@_as_json
@click.pass_obj
def _restore(around: Surroundings, delivery: str, *, as_json: bool) -> int:
    """Send the files of a former DELIVERY again, and keep newer ones back until `resume`.

    `status` shows which there are. It is compared with what SDS holds now, and may be held.
    """
    return _answer(lambda: restored(around, delivery, Patience()), as_json=as_json)


@cli.command("resume")
@click.option("--connector", metavar="NAME", help="One connector; left out, all that are paused.")
@_as_json
@click.pass_obj
def _resume(around: Surroundings, connector: str | None, *, as_json: bool) -> int:
    """End the pause that `restore` began: the next run sends what iSAMS says again."""
    return _answer(lambda: resumed(around, connector), as_json=as_json)


@cli.command("check")
@_as_json
@click.pass_obj
def _check(around: Surroundings, *, as_json: bool) -> int:
    """Try settings, iSAMS, storage, sign-in and SDS, and say what is wrong. Nothing is sent."""
    return _answer(lambda: check(around), as_json=as_json)


@cli.command("status")
@_as_json
@click.pass_obj
def _status(around: Surroundings, *, as_json: bool) -> int:
    """Show how schools, profiles and deliveries stand, and what to do next."""
    return _answer(lambda: status(around), as_json=as_json)


def _one_of_both(source: Path | None, save: Path | None) -> None:
    if source and save:
        raise click.UsageError("--save keeps what iSAMS sends, and --from asks it for nothing.")


def _answer(work: Callable[[], Told], *, as_json: bool) -> int:
    """Do *work*, say what came of it, and return the exit code."""
    try:
        told = work()
    except (click.ClickException, click.Abort, KeyboardInterrupt):
        raise
    except SyncError as error:
        told = _failed(error)
    except Exception as error:  # noqa: BLE001  # its text may quote a record: tell type and place
        told = _failed(unexpected(error))
    results = out()
    for shown in () if as_json else told.shown:
        results.print(shown, soft_wrap=isinstance(shown, str))
    for each in told.errors:
        err().print(tables.of_error(each), soft_wrap=True)
    if as_json:
        _print_json(told.value)  # last: after it nothing can end in a second document
    return int(told.code)


def _print_json(value: Mapping[str, object]) -> None:
    click.echo(json.dumps(value, indent=1))


def _failed(error: SyncError) -> Told:
    value = {"exit": int(exits.of_error(error)), "error": fault(error).model_dump()}
    return Told(exits.of_error(error), value, errors=[error])


def main(words: Sequence[str], around: Surroundings) -> int:
    """Run the command that *words* say, and return the exit code."""
    quieten()
    try:
        code = cli.main(list(words), "python -m sync", standalone_mode=False, obj=around)
    except click.ClickException as error:
        error.show()
        code = int(exits.Exit.USAGE)
        if "--json" in words:
            told = Fault(error="UsageError", message=error.format_message(), who="caller", facts={})
            _print_json({"exit": code, "error": told.model_dump()})
    except (click.Abort, KeyboardInterrupt):
        return stopped(words)
    return int(code or 0)


def _opened(settings: Settings, tell: Callable[[Step], None]) -> World:
    return opened(settings, tell, nudges=Unqueued())


def start() -> int:
    """Run at a real terminal."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that this terminal cannot show
    return main(sys.argv[1:], Surroundings(os.environ, Path.cwd(), SystemClock(), _opened))
