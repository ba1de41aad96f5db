"""The clock that starts a night: what is due is asked for, what stands still is nudged."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from zoneinfo import ZoneInfo

from sync.edge.certificate import days_left
from sync.edge.world import World
from sync.errors import SyncError
from sync.ledger import ids, states
from sync.ledger.marks import Attempt
from sync.report import Outcome, Step
from sync.roster.academic_year import school_day
from sync.steps.pull import pulls
from sync.steps.send import stands_still
from sync.steps.sweep import sweep


def tick(world: World) -> Step:
    """Ask for the pulls that are due, nudge whatever stands still, delete what is past its time.

    Every tick may be lost, late or doubled: what was asked for is known by its name. One school's
    or connector's trouble does not keep the tick from the others; the first is told at the end.
    """
    asked, nudged = 0, 0
    first: SyncError | None = None
    read_at: list[datetime | None] = []
    for school in sorted(world.settings.schools):
        try:
            listed, now = pulls(world, school), world.store.now()
            read_at.append(states.last_read(listed))
            if due := _due(world, school, listed, now):
                asked += ask(world, school, "timer", due).outcome is Outcome.ASKED
            elif _stands_still(listed, now):
                world.nudges.nudge("pull", {"school": school})
                nudged += 1
        except SyncError as error:
            first = first or error
    for connector in world.settings.connectors():
        try:
            if stands_still(world, connector):
                world.nudges.nudge("send", {"connector": connector})
                nudged += 1
        except SyncError as error:
            first = first or error
    facts = {"asked": asked, "nudged": nudged}
    clock = cache(world.store.now)  # asked once
    for more in (partial(_watched, world, read_at, clock), partial(_deleted, world, clock)):
        try:
            facts |= more()
        except SyncError as error:
            first = first or error
    outcome = Outcome.SWEPT if first is None else Outcome.FAILED
    step = Step("tick", outcome, facts=facts, error=first)
    world.tell(step)
    return step


def _watched(
    world: World, read_at: Sequence[datetime | None], clock: Callable[[], datetime]
) -> dict[str, int]:
    """Return what a tick tells for those who watch; *read_at* is each school's last reading.

    `data_age_h` is of the school whose data are oldest; one that was never read is in `unread`.
    """
    now = clock()
    ages_h = [int((now - at).total_seconds() // 3600) for at in read_at if at]
    told = {
        "data_age_h": max(ages_h, default=None),
        "unread": read_at.count(None),
        "poisoned": sum(len(texts) for texts in world.nudges.poisoned().values()),
        "certificate_days": days_left(world.settings.sds.certificate, now),
    }
    return {name: number for name, number in told.items() if number is not None}


def _deleted(world: World, clock: Callable[[], datetime]) -> dict[str, int]:
    return {"deleted": sweep(world, clock())}


def ask(world: World, school: str, by: str, at: datetime | None = None) -> Step:
    """Ask for a pull of *school* and nudge; *at* is the moment that made it due, else now.

    Now is storage's: a machine whose clock runs ahead would name a pull that is newest for days.
    """
    moment = at or world.store.now()
    # Names hold whole seconds: who asks by hand just after another pull is given the next one.
    for late_s in range(1 if at else 5):
        own = ids.stamp(moment + timedelta(seconds=late_s))
        body = Attempt(at=moment, by=f"{by} {uuid.uuid4().hex}").to_json()
        made = world.store.claim(f"{ids.pulls_folder(school)}{own}/{states.ASKED}", body)
        if made:
            world.nudges.nudge("pull", {"school": school})
            break
    step = Step("ask", Outcome.ASKED if made else Outcome.NOTHING, school, pull=own)
    world.tell(step)
    return step


def _due(
    world: World, school: str, listed: Sequence[states.Folder], now: datetime
) -> datetime | None:
    """Return the moment at which a pull was due for which none was asked, None if there is none."""
    place = world.settings.schools[school]
    due = last_due(place.pull_at, place.time_zone, now)
    return None if listed and listed[-1].id >= ids.stamp(due) else due


def _stands_still(listed: Sequence[states.Folder], now: datetime) -> bool:
    """Say whether the newest pull is open, and nothing has been heard of it for a while."""
    is_open = bool(listed) and not states.pull_is_over(listed[-1])
    return is_open and states.stands_still(listed[-1], now)


def last_due(times: Sequence[time], zone: ZoneInfo, now: datetime) -> datetime:
    """Return the latest moment, not after *now*, at which one of *times* struck in *zone*.

    There is at least one of *times*. One that a clock change skips strikes an hour later; one that
    it repeats strikes once.
    """
    today = school_day(now, zone)
    struck = [_utc(day, at, zone) for day in (today - timedelta(days=1), today) for at in times]
    return max(found for found in struck if found <= now)


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
