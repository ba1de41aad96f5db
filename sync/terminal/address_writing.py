"""`addresses learn`, `plan`, `write`, `looked`, `undo`, `doubt`: writing into iSAMS by REST."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from uuid import uuid4

import click
from rich.console import RenderableType

from sync.edge.isams.records import RestRecords
from sync.edge.isams.writing import RestWriter
from sync.errors import ConfigError, SyncError, concerning
from sync.isams.addresses.kinds import PeopleKind, records_of
from sync.report import Exit
from sync.settings import Settings
from sync.steps.addresses import learning, looking, planning, writing
from sync.steps.addresses.changing import EndCode
from sync.steps.addresses.desk import (
    NOT_BUILT,
    Desk,
    Shelf,
    demand_ready,
    open_plan,
    school_in,
)
from sync.steps.addresses.writing import PASSED, Carried
from sync.terminal import exits, options, scope
from sync.terminal.address_lists import find
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.tables import table

_SWAGGER_BYTES = 32 * 1024 * 1024
_NOBODY_ELSE = (
    "Tell everybody who may: nobody edits these records in iSAMS until this is over. An edit in the"
    " half minute before a record is written can be lost, and nobody would see it."
)
_HALF_WAY = frozenset({EndCode.STOPPED, EndCode.TAKEN_OVER, EndCode.LATE, EndCode.OUTDATED})


# -- learn ---------------------------------------------------------------------------------------


@command("learn", group="addresses")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--unused",
    "unused_fields",
    metavar="FIELDS",
    default="",
    help="Fields that the school does not use, by commas, as the Swagger spells them; one that"
    " pupils and staff have as pupils.leavingDate or staff.leavingDate. It replaces what was said.",
)
@options.school
def learn_swagger(terminal: Terminal, file: Path, unused_fields: str, school: str | None) -> Result:
    """Learn from FILE, the Swagger of your own iSAMS, what PUT takes and GET shows.

    Nothing can be written before. Save the document whose address stands at the top of iSAMS's
    Swagger page; say it again after each update of iSAMS.
    """
    settings, key = _school(terminal, school)
    shelf = _shelf(terminal, settings, key)
    names = [name.strip() for name in unused_fields.split(",") if name.strip()]
    learned = learning.learn(
        shelf.store, key, _swagger(file), names, caller=shelf.caller, by=shelf.by
    )
    kinds = learned.kept.kinds
    unused = learning.unused_words(learned.kept)
    document = {
        "school": key,
        "swagger": learned.kept.digest[:8],
        "kinds": {kind: len(fields.takes) for kind, fields in kinds.items()},
        "unused": unused,
        "harmed": {kind.value: list(names) for kind, names in learned.harmed.items()},
    }
    lines = [
        f"{key}: PUT of {kind} takes {len(fields.takes)} fields, and GET shows each of them."
        for kind, fields in kinds.items()
    ]
    lines += [
        f"{key}: of {kind} nothing can be written: PUT takes {', '.join(names)}, which GET does not"
        " show."
        for kind, names in learned.harmed.items()
    ]
    if unused:
        lines.append(f"Not used by the school, by your word: {', '.join(unused)}.")
    lines.append(f"Next: `isams-sync addresses plan {next(iter(kinds))} --only` and the id of one.")
    return Result(Exit.DONE, document, [*lines, NOT_BUILT])


def _swagger(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            body = opened.read(_SWAGGER_BYTES + 1)
    except OSError as error:
        raise click.BadParameter(f"cannot be read: {error.strerror}", param_hint="FILE") from None
    if len(body) > _SWAGGER_BYTES:
        raise ConfigError("FILE: this is no Swagger: it is too large")
    return body


# -- plan ----------------------------------------------------------------------------------------


@command("plan", group="addresses")
@click.argument("kind", type=click.Choice([kind.value for kind in PeopleKind]))
@click.option(
    "--only",
    metavar="ID",
    multiple=True,
    help="A record, by its id in iSAMS; repeatable. The first plan of a kind is of one.",
)
@options.school
def make_plan(terminal: Terminal, kind: str, only: Sequence[str], school: str | None) -> Result:
    """Plan to write the addresses of at most 25 records of KIND, pupils or staff, into iSAMS.

    It shows which, and writes nothing. A plan that is not begun within an hour is void.
    """
    settings, key = _school(terminal, school)
    whose = PeopleKind(kind)
    with _desk(terminal, settings, key) as desk:
        matched, read = find(terminal, settings, key, whose)
        current = [record.id for record in records_of(read, whose)]
        with doing(f"Reading the records of {key} one by one") as say, concerning(school=key):
            drawn = planning.plan_addresses(
                _telling(desk, say.so_far), whose, matched.proposals, current, only
            )
    plan = drawn.plan
    rows = [
        (number, row.record_id, row.address)
        for number, row in enumerate(plan.content.rows, start=1)
    ]
    document = {
        "school": key,
        "plan": plan.id,
        "digest": plan.digits,
        "records": [{"id": record_id, "address": address} for _, record_id, address in rows],
        "left": drawn.left,
        "unfit": drawn.unfit,
    }
    title = f"{plan.id}: the school addresses that would be written, of {kind}: {len(rows)}"
    lines: list[RenderableType] = [table(title, ("", "id", "address"), rows)]
    if drawn.unfit:
        lines.append(f"{drawn.unfit} have an address by now, or are not current any more.")
    if drawn.left:
        lines.append(f"{drawn.left} more are left for the next plan.")
    lines += [
        _NOBODY_ELSE,
        (
            f"Write them with `isams-sync addresses write {plan.id}`, within an hour, and type"
            f" {plan.digits} when you are asked."
        ),
        NOT_BUILT,
    ]
    return Result(Exit.DONE, document, lines)


# -- write and undo ------------------------------------------------------------------------------


@command("write", group="addresses")
@click.argument("plan_id", metavar="ID")
@options.school
def carry_out(terminal: Terminal, plan_id: str, school: str | None) -> Result:
    """Write the addresses of the plan ID into iSAMS, one record at a time.

    Each record is read before and after. Whatever is not as it was meant ends it. Ctrl-C ends it
    between two records; the same command goes on.
    """
    return _carried(terminal, plan_id, school, "write", writing.write)


@command("undo", group="addresses")
@click.argument("plan_id", metavar="ID")
@options.school
def take_back(terminal: Terminal, plan_id: str, school: str | None) -> Result:
    """Take back the addresses that the plan ID has written, where they are still ours."""
    return _carried(terminal, plan_id, school, "undo", writing.undo)


def _carried(
    terminal: Terminal,
    plan_id: str,
    school: str | None,
    word: str,
    work: Callable[[Desk, str, str], Carried],
) -> Result:
    settings, key = _school_of(terminal, plan_id, school)
    with _desk(terminal, settings, key) as desk:
        plan = open_plan(desk, plan_id)
        if word == "write":
            writing.demand_writable(plan)
        digits = _typed(
            f"{plan.id} is of {plan.kind}: {plan.planned.records}. {_NOBODY_ELSE} {NOT_BUILT}\n"
            f"Type the first eight characters of what was planned, {plan.digits}, to {word}"
        )
        with doing(f"{plan.id}: one record at a time") as say, _ctrl_c() as stops:
            carried = work(_telling(desk, say.so_far, stops), plan.id, digits)
    return _result(key, carried, word)


def _result(key: str, carried: Carried, word: str) -> Result:
    plan = carried.plan
    became = {
        "planned": plan.planned.records,
        "written": carried.written,
        "refused": len(carried.refused),
        "passed": dict(carried.passed),
        "in_doubt": carried.in_doubt,
        "undone": carried.undone,
    }
    document = {
        "school": key,
        "plan": plan.id,
        "end": carried.end.value,
        **became,
        "refusals": [
            {"id": each.record_id, "status": each.status, "fields": list(each.fields)}
            for each in carried.refused
        ],
        "doubtful": carried.doubtful,
        "fields": list(carried.doubt),
        "status": carried.status,
    }
    errors: list[SyncError] = [carried.error] if carried.error else []
    return Result(_exit(carried), document, list(_lines(carried, word)), errors)


def _lines(carried: Carried, word: str) -> Iterator[RenderableType]:
    plan = carried.plan
    yield (
        f"{plan.id}: {plan.planned.records} planned, {carried.written} written,"
        f" {len(carried.refused)} refused, {sum(carried.passed.values())} passed over,"
        f" {carried.in_doubt} in doubt, {carried.undone} undone. {carried.end.sentence}"
    )
    for code, number in carried.passed.items():
        yield f"- {number} {code}: {PASSED.get(code, '')}"
    for each in carried.refused:
        names = f"; it names {', '.join(each.fields)}" if each.fields else ""
        by_hand = "Take that address off" if word == "undo" else "Type that address"
        yield (
            f"- {each.record_id} refused with {each.status}{names}. {by_hand} on iSAMS's own"
            " screens."
        )
    if carried.status and carried.end is not EndCode.DOUBT:
        yield f"The answer that ended it had the status {carried.status}."
    yield from _next(carried, word)


def _next(carried: Carried, word: str) -> Iterator[str]:
    plan = carried.plan
    if carried.in_doubt:
        names = ", ".join(carried.doubt) or "it cannot be read now"
        yield (
            f"{carried.doubtful} is in doubt, fields that differ: {names}. Look at it on iSAMS's"
            f" own screens; then `isams-sync addresses doubt {plan.id}`. How it was is kept for"
            " seven days at most."
        )
    if word == "write" and carried.written and not carried.in_doubt:
        yield (
            f"If this was the first of {plan.kind}: `isams-sync addresses looked {plan.id}`."
            f" `isams-sync addresses {plan.kind} --since {plan.id}` says what a later reading sees;"
            f" `isams-sync addresses undo {plan.id}` takes it back, within seven days."
        )
    yield NOT_BUILT


def _exit(carried: Carried) -> Exit:
    if carried.in_doubt:
        return Exit.HELD
    if carried.error:
        return exits.exit_of(carried.error)
    if carried.end in _HALF_WAY or carried.status == 429:
        return Exit.LATER
    if carried.end not in {EndCode.DONE, EndCode.LEFT}:
        return Exit.SOURCE
    is_partly = carried.refused or carried.passed or carried.end is EndCode.LEFT
    return Exit.PARTLY if is_partly else Exit.DONE


# -- looked and doubt ----------------------------------------------------------------------------


@command("looked", group="addresses")
@click.argument("plan_id", metavar="ID")
@options.school
def confirm_looked(terminal: Terminal, plan_id: str, school: str | None) -> Result:
    """Say that you have compared what the first plan of a kind has written; others may follow.

    It names all fields that PUT carried: look at each on iSAMS's own screens, of that record.
    """
    settings, key = _school_of(terminal, plan_id, school)
    shelf = _shelf(terminal, settings, key)
    plan, names = looking.to_compare(shelf, plan_id)
    ids = ", ".join(row.record_id for row in plan.content.rows)
    _typed(
        f"PUT carried these {len(names)} fields of {ids}: {', '.join(names)}.\n"
        f"{looking.LEFT_OUT_OF_PUT} If each is on iSAMS's screens as it should be, type yes",
        expected="yes",
    )
    looking.looked(shelf, plan)
    document = {"school": key, "plan": plan.id, "kind": plan.kind.value, "fields": list(names)}
    line = f"{key}: others of {plan.kind} may be planned, 25 at a time."
    return Result(Exit.DONE, document, [line, NOT_BUILT])


@command("doubt", group="addresses")
@click.argument("plan_id", metavar="ID")
@options.school
def show_doubt(terminal: Terminal, plan_id: str, school: str | None) -> Result:
    """Read the record of the plan ID that is in doubt, and name the fields that differ.

    If it is as it was, or as it was meant to be, the doubt is over. Nothing is written.
    """
    settings, key = _school_of(terminal, plan_id, school)
    with _desk(terminal, settings, key) as desk, doing("Reading the record in doubt"):
        carried = writing.settle(desk, plan_id)
    return _result(key, carried, "doubt")


# -- what they share -----------------------------------------------------------------------------


def _school(terminal: Terminal, school: str | None) -> tuple[Settings, str]:
    settings = terminal.settings()
    return settings, scope.only_school(settings, school)


def _school_of(terminal: Terminal, plan_id: str, school: str | None) -> tuple[Settings, str]:
    """Return the school of a plan; another that was typed, or that nobody knows, is an error."""
    settings = terminal.settings()
    key = options.known_key("ID", school_in(plan_id), settings.schools)
    if school and options.known_key("--school", school, settings.schools) != key:
        raise click.BadParameter(f"{plan_id} is a plan of {key}", param_hint="--school")
    return settings, key


def _shelf(terminal: Terminal, settings: Settings, key: str) -> Shelf:
    demand_ready(settings, key, writes=False)
    world = terminal.opened(settings, lambda _: None)
    return Shelf(school=key, store=world.store, caller=world.caller)


@contextmanager
def _desk(terminal: Terminal, settings: Settings, key: str) -> Generator[Desk]:
    demand_ready(settings, key)
    world = terminal.opened(settings, lambda _: None)
    place = settings.schools[key]
    with (
        closing(RestRecords(place, terminal.clock)) as reading,
        closing(RestWriter(place, terminal.clock)) as writer,
    ):
        yield Desk(
            school=key,
            store=world.store,
            caller=world.caller,
            by=uuid4().hex,
            clock=terminal.clock,
            reading=reading,
            writing=writer,
        )


def _telling(
    desk: Desk, tell: Callable[[str], None], stops: Callable[[], bool] = lambda: False
) -> Desk:
    """Return *desk* with who hears how far it is, and who says whether to stop."""
    return replace(desk, tell=tell, stops=stops)


def _typed(question: str, expected: str = "") -> str:
    """Return what a person types in answer; without *expected* it is for others to judge.

    Raises:
        click.UsageError: nobody is there to be asked, or it is not what was expected.
    """
    if not sys.stdin.isatty():
        raise click.UsageError(
            "This is approved by a person at a terminal: no script can type it. Nothing was done."
        )
    answer: str = click.prompt(question, err=True)
    if expected and answer.strip().lower() != expected:
        raise click.UsageError(f"That was not {expected}. Nothing was done.")
    return answer


@contextmanager
def _ctrl_c() -> Generator[Callable[[], bool]]:
    """Yield who says whether Ctrl-C was pressed; a second time it ends everything at once."""
    pressed: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)
        sys.stderr.write("Stopping after this record; Ctrl-C again ends it at once.\n")

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
