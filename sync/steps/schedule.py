"""The clock that starts a night: what is due is asked for, what stands still is nudged."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from math import ceil

from sync.edge.certificate import days_left
from sync.edge.world import World
from sync.errors import SyncError, concerning
from sync.ledger import ids, states
from sync.ledger.marks import TIMER, Asked, Failed, Nudged
from sync.report import Outcome, Step
from sync.steps.daily import tell_daily
from sync.steps.delivery import Pull, list_pulls
from sync.steps.retries import asked_by_timer, is_stuck, night_ends
from sync.steps.send import lies_idle
from sync.steps.strikes import last_strike
from sync.steps.sweep import sweep


def tick(world: World) -> Step:
    """Ask for the pulls that are due, nudge whatever stands still, delete what is past its time.

    Once a day also tell which schools are carried, shrink or stand still for long.

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
        facts["deleted"] = sweep(world, clock(), once_a_day=tell_daily)
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
    def going_on(self, **whom: str) -> Generator[None]:
        """Keep the first trouble, which is of *whom*, for the end, and go on."""
        try:
            with concerning(**whom):
                yield
        except SyncError as error:
            self.trouble = self.trouble or error

    def look_at_school(self, school: str) -> None:
        """Ask for a pull if it is due; nudge the last if its reader or its nudge is lost."""
        pulls, now = list_pulls(self.world.store, school), self.world.store.now()
        self.read_at.append(states.last_read(pulls))
        if due := _due(self.world, school, pulls, now):
            self.asked += _ask_due(self.world, school, pulls, due)
        elif _is_ours_to_take_up(pulls, now) or is_stuck(
            self.world.settings.schools[school], pulls, now
        ):
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


def ask(world: World, school: str, by: str) -> Step:
    """Ask for a pull of *school* now and nudge; *by* says who asks: a person.

    Now is storage's: a machine whose clock runs ahead would name a pull that is newest for days.
    Names hold whole seconds, so who asks just after another pull is given the next second.
    """
    now = world.store.now()
    listed = [pull.id for pull in list_pulls(world.store, school)]
    while True:
        pull_id = ids.stamp(ids.after(now, listed))
        step = _asked(world, school, pull_id, by, now)
        if step.outcome is Outcome.ASKED:
            return step
        listed = [pull_id]  # somebody was quicker


def _ask_due(world: World, school: str, pulls: Sequence[Pull], due: datetime) -> bool:
    """Ask for the pull that fell *due*, unless another tick has; say whether it was us.

    *pulls* are those that did not answer for it, so two ticks at once choose the same name.
    """
    pull_id = ids.stamp(ids.after(due, (pull.id for pull in pulls)))
    return _asked(world, school, pull_id, TIMER, due).outcome is Outcome.ASKED


def _asked(world: World, school: str, pull_id: str, by: str, at: datetime) -> Step:
    """Ask for the pull of that id, if nobody has, and nudge."""
    pull = Pull(pull_id, {}, world.store, ids.pulls_folder(school))
    made = pull.claim(Asked(at=at, by=f"{by} {uuid.uuid4().hex}", caller=world.caller))
    if made:
        world.nudges.nudge("pull", {"school": school})
    outcome = Outcome.ASKED if made else Outcome.NOTHING
    step = Step("ask", outcome, school, facts=_ahead(pull_id, at), pull=pull_id)
    world.tell(step)
    return step


def _ahead(pull_id: str, at: datetime) -> dict[str, int]:
    """Return by how many hours a pull had to be named ahead of its moment, if it was much."""
    ahead = ids.pulled_at(pull_id) - at
    return {"ahead_h": ceil(ahead / timedelta(hours=1))} if ahead > states.STANDSTILL else {}


def _is_ours_to_take_up(pulls: Sequence[Pull], now: datetime) -> bool:
    """Say whether the newest of *pulls* was killed, and no tick before us has nudged for that.

    It is still named by a message, but a dead host's is given to nobody for ten minutes:
    docs/reference/functions.md#held-message. The nudge goes on by itself if somebody lives yet.
    """
    if not pulls or not states.pull_was_killed(pulls[-1], now):
        return False
    newest, attempt = pulls[-1], states.attempts(pulls[-1])
    nudged = Nudged(at=now, by=uuid.uuid4().hex)
    return not newest.has(Nudged, attempt) and newest.claim(nudged, attempt)


def _due(world: World, school: str, pulls: Sequence[Pull], now: datetime) -> datetime | None:
    """Return the moment at which a pull was due for which none was asked, None if there is none.

    A tick that comes a moment early, or not at all, is made up for by the next:
    docs/reference/functions.md#early-tick, docs/reference/functions.md#pull-at-alone.
    """
    settings = world.settings.schools[school]
    due = last_strike(settings.pull_at, settings.time_zone, now)
    latest = now + states.STANDSTILL  # what is dated later is of a clock that ran ahead
    asked = [(pull, pull.when(Asked) or ids.moment_of_stamp(pull.id)) for pull in pulls]
    is_night = now < night_ends(settings, due)
    since = [pull for pull, at in asked if due <= at <= latest]
    return None if any(not (is_night and _came_to_nothing(pull)) for pull in since) else due


def _came_to_nothing(pull: Pull) -> bool:
    """Say whether *pull* is a person's that failed: it was given up within minutes.

    The night that it came before is still to be tried, until the morning.
    """
    return pull.has(Failed) and not asked_by_timer(pull)
