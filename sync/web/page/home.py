"""Home: how a school stands this morning, in one panel, and below it why. Pure.

The panel and what else there is to see are in `panel`, the five steps of the night in `way`, the
squares and the numbers in `nights`: here they are put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sync.roster.finding_codes import FindingCode
from sync.roster.findings import harm
from sync.settings import Settings
from sync.steps.status_values import Status
from sync.steps.strikes import next_strike
from sync.web.page.morning import Morning
from sync.web.page.nights import Numbers, Square, holds, squares
from sync.web.page.panel import Panel, notices, panel
from sync.web.page.way import WayStep, way


class Soon(NamedTuple):
    """What comes up by itself."""

    at: datetime | date
    told: str


class FindingRow(NamedTuple):
    """How many findings of a kind there are."""

    told: str
    how_many: int


class Home(NamedTuple):
    """A school's home. `notices` are what else somebody should see.

    `read_at` is when the oldest of the newest sets was read, `sds_of` when what SDS has was.
    `pull_at` are the hours at which iSAMS is read, as texts.
    """

    school: str
    name: str
    panel: Panel
    notices: Sequence[Panel]
    way: Sequence[WayStep]
    squares: Sequence[Square]
    profiles: Sequence[str]
    numbers: Numbers
    read_at: datetime | None
    sds_of: datetime | None
    findings: Sequence[FindingRow]
    findings_total: int
    next_at: datetime
    pull_at: Sequence[str]
    soon: Sequence[Soon]


def home(settings: Settings, status: Status, school: str) -> Home:
    """Return the home of *school*, a key of the settings."""
    morning = Morning(settings, status, school)
    declared, shown = morning.declared, morning.shown
    manifests = [newest.manifest for newest in morning.sets.values() if newest]
    counted = Counter[str]()
    for manifest in manifests:
        counted.update(manifest.findings)
    next_at = next_strike(declared.pull_at, declared.time_zone, status.now)
    return Home(
        school=school,
        name=morning.name,
        panel=panel(morning),
        notices=list(notices(morning)),
        way=list(way(morning)),
        squares=squares(school, status.stood.get(morning.connector_name, {}).get(school, ())),
        profiles=list(morning.sets),
        numbers=holds(morning),
        read_at=min((manifest.pulled_at for manifest in manifests), default=None),
        sds_of=shown.since if shown else None,
        findings=list(_findings(counted)),
        findings_total=sum(counted.values()),
        next_at=next_at,
        pull_at=[f"{at:%H:%M}" for at in declared.pull_at],
        soon=list(_soon(morning, next_at)),
    )


def _findings(counted: Counter[str]) -> Iterator[FindingRow]:
    """Yield the kinds that hurt classes most, and what is left in one row."""
    codes = sorted((FindingCode(code) for code, count in counted.items() if count), key=harm)
    for code in codes[:3]:
        yield FindingRow(code.told, counted[code])
    if rest := codes[3:]:
        kinds = "1 other kind" if len(rest) == 1 else f"{len(rest)} other kinds"
        yield FindingRow(kinds, sum(counted[code] for code in rest))


def _soon(morning: Morning, next_at: datetime) -> Iterator[Soon]:
    replaced = "If you have not answered by then, a new plan takes the place of this one."
    held = morning.shown is not None and morning.shown.state == "held"
    yield Soon(next_at, f"iSAMS is read. {replaced}" if held else "iSAMS is read.")
    if turn := morning.status.turns.get(morning.school):
        yield Soon(turn, "The academic year turns, and every class gets a new Team.")
