"""A group of schools at a glance: a row for each school and connector.

Counts, states, moments and ids of ours: nobody's name. Schools have their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sync.edge.world import World
from sync.steps.status import survey
from sync.steps.status_values import (
    ConnectorStatus,
    Json,
    SchoolState,
    SetStatus,
    Status,
    seconds,
)
from sync.steps.strikes import next_strike

_ORDER: Sequence[SchoolState] = (
    "held",
    "failed",
    "rejected",
    "waiting",
    "carried",
    "next",
    "delivered",
)


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """A school at a connector; None is what is not known, or does not exist yet.

    `read_at` is when the oldest of its profiles' newest sets was read, `age_h` the hours since.
    The counts are of these sets: who is in two profiles counts twice. `carried_since` is when that
    was read which SDS keeps, of a school that does not go with its newest sets. `accepted_at` is
    when SDS last accepted something new of it. `offer` is what a person can answer.
    """

    school: str
    name: str
    connector: str
    state: SchoolState
    why: str = ""
    offer: str = ""
    read_at: datetime | None = None
    age_h: float | None = None
    pupils: int | None = None
    teachers: int | None = None
    classes: int | None = None
    findings: int | None = None
    carried_since: datetime | None = None
    accepted_at: datetime | None = None
    next_pull_at: datetime | None = None

    def document(self) -> Json:
        """Return it as JSON values, each name of `COLUMNS` in its order."""
        values = {name: getattr(self, name) for name in COLUMNS}
        return {
            name: seconds(value) if isinstance(value, datetime) else value
            for name, value in values.items()
        }

    def cells(self) -> list[str]:
        """Return it as a row of CSV: what is not known is blank."""
        return ["" if value is None else str(value) for value in self.document().values()]


COLUMNS: Sequence[str] = tuple(each.name for each in fields(SchoolRow))


def trust(world: World) -> list[SchoolRow]:
    """Return a row for each school and connector: what waits for a person first, then by name."""
    return rows_of(world, survey(world))


def rows_of(world: World, status: Status) -> list[SchoolRow]:
    """Return the rows that *status* tells; see `trust`."""
    rows = [
        row
        for connector, shown in status.connectors.items()
        for row in _rows(world, status, connector, shown)
    ]
    return sorted(rows, key=lambda row: (_ORDER.index(row.state), row.name, row.connector))


def document(world: World) -> Json:
    """Return the rows as JSON values, beside the moment by storage's clock."""
    status = survey(world)
    rows = [row.document() for row in rows_of(world, status)]
    return {"now": seconds(status.now), "schools": rows}


def _rows(
    world: World, status: Status, connector: str, stood: ConnectorStatus
) -> Iterable[SchoolRow]:
    for school, shown in stood.schools.items():
        row = SchoolRow(school, school, connector, shown.state, shown.why, shown.offer)
        row = replace(row, accepted_at=stood.accepted.get(school))
        if shown.state not in {"delivered", "next"}:
            row = replace(row, carried_since=shown.since)
        if school in world.settings.schools:
            row = _of_settings(world, status, row)
        yield row


def _of_settings(world: World, status: Status, row: SchoolRow) -> SchoolRow:
    """Return *row* with what only a school has that the settings name."""
    settings = world.settings.schools[row.school]
    row = replace(
        row,
        name=settings.name,
        next_pull_at=next_strike(settings.pull_at, settings.time_zone, status.now),
    )
    profiles = [
        status.profiles[profile]
        for profile in world.settings.connectors()[row.connector]
        if world.settings.school_of(profile) == row.school
    ]
    sets = [newest for newest in profiles if newest]
    return _of_sets(row, sets, status.now) if sets else row


def _of_sets(row: SchoolRow, sets: Sequence[SetStatus], now: datetime) -> SchoolRow:
    def total(name: str) -> int:
        return sum(newest.manifest.counts.get(name, 0) for newest in sets)

    return replace(
        row,
        read_at=min(newest.manifest.pulled_at for newest in sets),
        age_h=max(newest.age_h(now) for newest in sets),
        pupils=total("students"),
        teachers=total("teachers"),
        classes=total("classes"),
        findings=sum(sum(newest.manifest.findings.values()) for newest in sets),
    )
