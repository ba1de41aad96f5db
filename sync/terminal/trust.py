"""`trust`: a group of schools at a glance, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from sync.edge.world import World
from sync.ledger.offers import Why
from sync.report import Exit
from sync.steps.status import survey
from sync.steps.status_values import SchoolStatus, seconds
from sync.steps.told.clocks import zone_of
from sync.steps.trust import SchoolRow, rows_of
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.schools import stands
from sync.terminal.tables import table

_COLUMNS = (
    "school",
    "state",
    "read",
    "age",
    "pupils, teachers, classes",
    "findings",
    "accepted",
    "next pull",
)


@command("trust")
def show_trust(terminal: Terminal) -> Result:
    """Show every school in a line: what waits first, how old it is, counts, and the next pull."""
    world = terminal.opened(terminal.settings(), lambda _: None)
    with doing("Looking at what is stored"):
        status = survey(world)
    rows = rows_of(world, status)
    document = {"now": seconds(status.now), "schools": [row.document() for row in rows]}
    zone = zone_of(world.settings, [row.school for row in rows])
    many = len({row.school for row in rows})
    title = f"{many} {'school' if many == 1 else 'schools'}, by the clocks of {zone}"
    several = len({row.connector for row in rows}) > 1
    cells = [_cells(world, row, zone, several=several) for row in rows]
    return Result(Exit.DONE, document, [*_notes(world, rows), table(title, _COLUMNS, cells)])


def _notes(world: World, rows: Sequence[SchoolRow]) -> Iterator[str]:
    """Yield a line of each school that does not go with what was read, and what to answer."""
    for row in rows:
        if row.state not in {"delivered", "next"}:
            shown = SchoolStatus(row.state, row.why, row.carried_since)
            name, how = (
                world.settings.called(row.school),
                stands(world.settings, row.school, shown),
            )
            more = f"`isams-sync status --school {row.school}` says more"
            yield f"- {name}: {how}. {more}{f'; its offer is {row.offer}' if row.offer else ''}"


def _cells(world: World, row: SchoolRow, zone: tzinfo, *, several: bool) -> tuple[object, ...]:
    name = world.settings.called(row.school)
    counts = (row.pupils, row.teachers, row.classes)
    return (
        f"{name}, {row.connector}" if several else name,
        f"{row.state} {row.why}" if row.state == "held" else row.state,
        _at(row.read_at, zone) or ("" if row.why == Why.LEFT else "never"),
        f"{row.age_h:g} h" if row.age_h is not None else "",
        ", ".join(f"{count:,}" for count in counts if count is not None),
        row.findings,
        _at(row.accepted_at, zone) or "never",
        _at(row.next_pull_at, zone),
    )


def _at(moment: datetime | None, zone: tzinfo) -> str:
    """Return *moment* without its zone, which the title tells."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""
