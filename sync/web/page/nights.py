"""The nights of a school: what became of each, and what each gave, in numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sync.ledger.manifests import DeliveryManifest
from sync.ledger.offers import BECAUSE, Why
from sync.roster.academic_year import school_day
from sync.steps.status_values import NightStood, Status
from sync.web.page import tags
from sync.web.page.morning import Morning
from sync.web.page.tags import Kind

SQUARES = 14
"""Nights that are drawn as squares, or as bars."""


class Square(NamedTuple):
    """What became of a night; `address` is that of its run."""

    on: date
    state: Kind
    told: str
    address: str


def squares(school: str, nights: Sequence[NightStood]) -> list[Square]:
    """Return the last nights of *school* as squares, the oldest first."""
    return [_square(school, night) for night in nights[-SQUARES:]]


def _square(school: str, night: NightStood) -> Square:
    tag = tags.OF_NIGHT[night.word]
    because = f": {BECAUSE[Why(night.why)]}" if night.why and night.word == "carried" else ""
    run = night.delivery or f"{night.pull}?school={school}"
    return Square(night.on, tag.state, f"{tag.word}{because}", f"/page/run/{run}")


# -- numbers ---------------------------------------------------------------------------------------

type Counts = Mapping[str, int]
"""How many there are of each kind, by what manifests call it."""

_KINDS: Mapping[str, str] = {
    "students": "Pupils",
    "teachers": "Teachers",
    "classes": "Classes",
    "enrollments": "Enrolments",
}


class Holds(NamedTuple):
    """How many of a kind the newest sets hold, by profile, and what SDS has of them.

    `nights` are sums over the profiles, the oldest first; `week` is the change within seven days.
    """

    kind: str
    profiles: Sequence[int]
    sds: int | None
    week: int | None
    nights: Sequence[int]


class Numbers(NamedTuple):
    """A row for each kind, and the `days` of their nights; none of both where there is no set."""

    days: Sequence[date] = ()
    rows: Sequence[Holds] = ()


def holds(morning: Morning) -> Numbers:
    """Return what the newest sets of a school hold, and what its readings of a month gave."""
    if not any(morning.sets.values()):
        return Numbers()
    sums, taken = _by_day(morning), _sds_has(morning)
    return Numbers(list(sums), [_row(morning, kind, sums, taken) for kind in _KINDS])


def _row(morning: Morning, kind: str, sums: Mapping[date, Counts], taken: Counts) -> Holds:
    nights = {day: counts[kind] for day, counts in sums.items()}
    return Holds(
        kind=_KINDS[kind],
        profiles=[
            newest.manifest.counts.get(kind, 0) if newest else 0 for newest in morning.sets.values()
        ],
        sds=taken.get(kind),
        week=_week(nights),
        nights=list(nights.values()),
    )


def _by_day(morning: Morning) -> Mapping[date, Counts]:
    """Return the sums over the profiles for each day on which any was read, the oldest first.

    A profile that was not read that day counts as it was read last.
    """
    read = dict[date, dict[str, Counts]]()
    for profile, at, counts in _readings(morning):
        read.setdefault(school_day(at, morning.declared.time_zone), {})[profile] = counts
    last, sums = dict[str, Counts](), dict[date, Counts]()
    for day in sorted(read):
        last |= read[day]
        sums[day] = {kind: sum(each.get(kind, 0) for each in last.values()) for kind in _KINDS}
    return sums


def _readings(morning: Morning) -> Iterator[tuple[str, datetime, Counts]]:
    """Yield the readings of each profile, the newest last: the profile, when, and what it gave."""
    for profile, newest in morning.sets.items():
        for night in morning.status.nights.get(profile, ()):
            yield profile, night.pulled_at, night.counts
        if newest:
            yield profile, newest.manifest.pulled_at, newest.manifest.counts


def _week(nights: Mapping[date, int]) -> int | None:
    """Return the change within seven days, or since the first; None where only one day is known."""
    if len(nights) < 2:
        return None
    days = list(nights)
    before = [day for day in days if day <= days[-1] - timedelta(days=7)]
    return nights[days[-1]] - nights[before[-1] if before else days[0]]


# -- what SDS has ----------------------------------------------------------------------------------


def _sds_has(morning: Morning) -> Counts:
    """Return what the newest delivery that SDS may hold has; nothing where that is not known.

    Of a connector with more schools the counts are of all of them, so they say nothing of one.
    """
    connector = morning.connector
    if connector is None or len(connector.schools) > 1:
        return {}
    held = (
        delivery.manifest
        for delivery in connector.deliveries
        if delivery.became and delivery.became.may_hold and delivery.manifest
    )
    newest = next(held, None)
    return {**_people(morning.status, newest), **newest.counts} if newest else {}


def _people(status: Status, manifest: DeliveryManifest) -> Counts:
    """Return the pupils and teachers of a delivery, whose own counts are of rows.

    Its sets say it; where one of them is not known any more, nobody does.
    """
    known = {
        night.id: night.counts
        for profile in manifest.sources
        for night in status.nights.get(profile, ())
    }
    sets = [known[set_id] for set_id in manifest.sources.values() if set_id in known]
    if len(sets) < len(manifest.sources):
        return {}
    return {kind: sum(each.get(kind, 0) for each in sets) for kind in ("students", "teachers")}
