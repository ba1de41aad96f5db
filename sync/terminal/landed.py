"""`landed`: what is in Teams otherwise than it was sent, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
from rich.console import RenderableType

from sync.report import Exit
from sync.sds.landed.kinds import KINDS
from sync.steps.findings import spreadsheet
from sync.steps.landed.told import (
    COLUMNS,
    ConnectorLanded,
    RowsTold,
    all_landed,
    document,
    landed_rows,
)
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.tables import SHOWN, cut, table, when

OFF = (
    "Nothing is read back: set SDS__READ_BACK to on, and SDS__READ_BACK_CLIENT_ID"
    " (docs/operations.md)."
)


@command("landed")
@click.option("--rows", "with_rows", is_flag=True, help="Also show which ones. This names people.")
@click.option("--csv", "as_csv", is_flag=True, help="Print all rows as CSV. This names people.")
def show_landed(terminal: Terminal, *, with_rows: bool, as_csv: bool) -> Result:
    """Show what is in Teams otherwise than it was sent, and since when.

    Graph is not asked: it is what the last read-back saw. The exit code is 3 if anything is so for
    more than 48 hours, else 5 if nothing can be told; 0 where nothing is read back.
    """
    settings = terminal.settings()
    world = terminal.opened(settings, lambda _: None)
    with doing("Looking at what is stored"):
        told = all_landed(world)
        value, rows = document(world, told), list[RowsTold]()
        if with_rows or as_csv:
            rows = [landed_rows(world, each.connector) for each in told]
            value = {**value, "rows": {each.connector: each.document() for each in rows}}
    code = _code(told) if settings.sds.read_back else Exit.DONE
    if as_csv:
        return Result(code, value, verbatim=_csv(rows))
    lines = [] if settings.sds.read_back else [OFF]
    shown = [line for each in told for line in _lines(each)]
    return Result(code, value, [*lines, *shown, *_named(rows)])


def _csv(found: Sequence[RowsTold]) -> str:
    cells = [row.cells() for each in found for row in each.rows]
    return spreadsheet(COLUMNS, cells).replace("\r\n", "\n")


def _code(told: Sequence[ConnectorLanded]) -> Exit:
    if any(each.late for each in told):
        return Exit.HELD
    return Exit.TARGET if any(each.is_troubled for each in told) else Exit.DONE


def _lines(told: ConnectorLanded) -> Iterator[RenderableType]:
    yield f"{told.connector}: {told.headline}"
    if told.whole:
        saw = told.whole.saw
        yield (
            f"  As seen by {told.whole.seen_by} at {when(told.whole.at)}, of delivery"
            f" {told.whole.delivery}: {saw.there:,} of {saw.sent:,} classes are there"
        )
        if saw.unclear:
            yield f"  {saw.unclear:,} people could not be told apart; `landed --rows` names them"
        if saw.gave_more:
            yield "  Graph gave more of people than was asked for; it was dropped unread"
        if saw.counts:
            rows = [
                (count, kind, when(saw.since[kind]), KINDS[kind].means)
                for kind, count in sorted(saw.counts.items(), key=lambda each: saw.since[each[0]])
            ]
            yield table("Otherwise than sent", ("how many", "difference", "since", "what"), rows)
    if told.is_due and not told.is_open:
        yield "  Looked at again with the next tick: it is due now"
    elif told.due_at and not told.is_open:
        yield f"  Looked at again from {when(told.due_at)} on"


def _named(found: Sequence[RowsTold]) -> Iterator[RenderableType]:
    for each in found:
        if each.note:
            yield f"{each.connector}: {each.note}."
        elif each.rows:
            cells = [
                (
                    row.difference,
                    row.class_name or row.class_id,
                    row.name or row.person or row.address,
                    when(row.first_seen) if row.first_seen else "",
                    row.advice,
                )
                for row in each.rows[:SHOWN]
            ]
            columns = ("difference", "class", "who", "since", "what to do")
            yield table(f"In Teams, {each.connector}{cut(each.rows)}", columns, cells)
            if len(each.rows) > SHOWN:
                yield "`isams-sync landed --csv` prints all of them."
