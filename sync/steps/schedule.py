"""The clock that starts a night: what is due is asked for, what stands still is nudged."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sync.edge.certificate import days_left
from sync.edge.world import World
from sync.errors import SyncError, concerning
from sync.ledger import ids, states
from sync.ledger.marks import Asked
from sync.report import Outcome, Step
from sync.roster.academic_year import school_day
from sync.steps.delivery import Pull, list_pulls
from sync.steps.send import lies_idle
from sync.steps.sweep import sweep


def tick(world: World) -> Step:
    """Ask for the pulls that are due, nudge whatever stands still, delete what is past its time.

    Every tick may be lost, late or doubled: what was asked for is known by its name. A school's or
    connector's trouble does not keep the tick from the others; the first is its error at the end.
    """
    rounds = _Tick(world)
    for school in sorted(world.settings.schools):
        with rounds.going_on(school=school):
            rounds.look_at_school(school)
    for connector in world.settings.connectors():
        with rounds.going_on(connector=connector):
            rounds.look_at_connector(connector)
    facts = {"asked": rounds.asked, "nudged": rounds.nudged}
    clock = cache(world.store.now)  # asked once
    with rounds.going_on():
        facts |= _watched(world, rounds.read_at, clock)
    with rounds.going_on():
        facts["deleted"] = sweep(world, clock())
    outcome = Outcome.SWEPT if rounds.trouble is None else Outcome.FAILED
    step = Step("tick", outcome, facts=facts, error=rounds.trouble)
    world.tell(step)
    return step


@dataclass(slots=True)
class _Tick:
    """What a tick has done so far. `read_at` is when each school's newest sets were sealed."""

    world: World
    asked: int = 0
    nudged: int = 0
    trouble: SyncError | None = None
    read_at: list[datetime | None] = field(default_factory=list)

    @contextmanager
    def going_on(self, **whom: str) -> Iterator[None]:
        """Keep the first trouble, which is of *whom*, for the end, and go on."""
        try:
            with concerning(**whom):
                yield
        except SyncError as error:
            self.trouble = self.trouble or error

    def look_at_school(self, school: str) -> None:
        """Ask for a pull if it is due; nudge the last if nothing is heard of it."""
        pulls, now = list_pulls(self.world.store, school), self.world.store.now()
        self.read_at.append(states.last_read(pulls))
        if due := _due(self.world, school, pulls, now):
            self.asked += ask(self.world, school, "timer", due).outcome is Outcome.ASKED
        elif _is_stuck(pulls, now):
            self.world.nudges.nudge("pull", {"school": school})
            self.nudged += 1

    def look_at_connector(self, connector: str) -> None:
        """Nudge what has work that nobody is at."""
        if lies_idle(self.world, connector):
            self.world.nudges.nudge("send", {"connector": connector})
            self.nudged += 1


def _watched(
    world: World, read_at: Sequence[datetime | None], clock: Callable[[], datetime]
) -> dict[str, int]:
    """Return what a tick tells those who watch; *read_at* is each school's last reading.

    `data_age_h` is of the school whose data are oldest; what was never read is in `unread`.
    """
    now = clock()
    ages_h = [int((now - at).total_seconds() // 3600) for at in read_at if at]
    figures = {
        "data_age_h": max(ages_h, default=None),
        "unread": read_at.count(None),
        "poisoned": sum(len(texts) for texts in world.nudges.poisoned().values()),
        "certificate_days": days_left(world.settings.sds.certificate, now),
    }
    return {name: number for name, number in figures.items() if number is not None}


def ask(world: World, school: str, by: str, at: datetime | None = None) -> Step:
    """Ask for a pull of *school* and nudge; *at* is the moment that made it due, else now.

    Now is storage's: a machine whose clock runs ahead would name a pull that is newest for days.
    """
    moment = at or world.store.now()
    # Names hold whole seconds: who asks by hand just after another pull is given the next second.
    for late_s in range(1 if at else 5):
        pull_id = ids.stamp(moment + timedelta(seconds=late_s))
        pull = Pull(pull_id, {}, world.store, ids.pulls_folder(school))
        made = pull.claim(Asked(at=moment, by=f"{by} {uuid.uuid4().hex}"))
        if made:
            world.nudges.nudge("pull", {"school": school})
            break
    step = Step("ask", Outcome.ASKED if made else Outcome.NOTHING, school, pull=pull_id)
    world.tell(step)
    return step


def _due(world: World, school: str, pulls: Sequence[Pull], now: datetime) -> datetime | None:
    """Return the moment at which a pull was due for which none was asked, None if there is none."""
    settings = world.settings.schools[school]
    due = last_due(settings.pull_at, settings.time_zone, now)
    return None if pulls and pulls[-1].id >= ids.stamp(due) else due


def _is_stuck(pulls: Sequence[Pull], now: datetime) -> bool:
    """Say whether the newest pull is open, and nothing has been heard of it for a while."""
    is_open = bool(pulls) and not states.pull_is_over(pulls[-1])
    return is_open and states.is_forgotten(pulls[-1], now)


def last_due(times: Sequence[time], zone: ZoneInfo, now: datetime) -> datetime:
    """Return the latest moment, not after *now*, at which any of *times* struck in *zone*.

    *times* are never empty. What a clock change skips strikes an hour later; what it
    repeats strikes once.
    """
    today = school_day(now, zone)
    struck = [_utc(day, at, zone) for day in (today - timedelta(days=1), today) for at in times]
    return max(moment for moment in struck if moment <= now)


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    # The timer ticks in UTC, and Flex Consumption knows no zone:
    # docs/reference/functions.md#utc
    return datetime.combine(day, at, zone).astimezone(UTC)
