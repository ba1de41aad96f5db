"""The round of a tick: what is due is asked for, what stands still is nudged, what is past goes.

Every tick may be lost, late or doubled: what was asked for is known by its name. Only places at
which anything may have changed are looked at: see `sync.ledger.rounds`.
"""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sync.edge.certificate import days_left
from sync.edge.clock import Budget
from sync.edge.storage.noting import unnoted
from sync.edge.world import World
from sync.errors import SyncError, concerning
from sync.ledger import rounds, states
from sync.ledger.marks import Nudged
from sync.report import Outcome, Step
from sync.steps.daily import tell_daily
from sync.steps.delivery import Pull, all_sets, list_pulls
from sync.steps.landed import read_backs
from sync.steps.nights import nights_of, stood
from sync.steps.retries import is_stuck
from sync.steps.rounds import Found, Glance, connector_place, glance, note, school_place
from sync.steps.schedule import ask_due, due_pull
from sync.steps.send import standing
from sync.steps.status import see_connector, see_school
from sync.steps.status_values import Night
from sync.steps.strikes import next_strike
from sync.steps.sweep import sweep

MIDNIGHT = time()

SEE_S = 60.0
"""A tick of a hundred schools whose month was never read has a long way, and an invocation ends."""

SOON = timedelta(minutes=5)
"""How a place stands that wants a look sooner than this is not kept: the next tick looks anyway."""


def tick(world: World) -> Step:
    """Ask for the pulls that are due, nudge whatever stands still, delete what is past its time.

    Once a day also tell which schools are carried, shrink or stand still for long. A school's or
    connector's trouble does not keep the tick from the others; the first is its error at the end.
    """
    try:
        with concerning(folder=rounds.WORK):
            seen = glance(world)
    except SyncError as error:
        step = Step("tick", Outcome.FAILED, error=error)
    else:
        step = _looked_round(world, seen)
    world.tell(step)
    return step


def _looked_round(world: World, seen: Glance) -> Step:
    before = seen.last
    # Until it has looked at all and swept, the next has to.
    all_at = before.all_at if before and not seen.is_of_all else seen.now - rounds.ALL_AFTER
    found = Found(all_at, read_at=dict(before.read_at if before else {}))
    ticking = _Tick(world, seen, found)
    ticking.look_round()
    facts = {"asked": ticking.asked, "nudged": ticking.nudged}
    with ticking.going_on():
        facts |= _watched(world, seen.now, found)
    facts["deleted"] = ticking.deleted
    outcome = Outcome.SWEPT if ticking.trouble is None else Outcome.FAILED
    return Step("tick", outcome, facts=facts, error=ticking.trouble)


@dataclass(slots=True)
class _Tick:
    """What a tick has done so far, and what it has `found` for the next."""

    world: World
    seen: Glance
    found: Found
    asked: int = 0
    nudged: int = 0
    deleted: int = 0
    trouble: SyncError | None = None

    @contextmanager
    def going_on(self, **whom: str) -> Generator[None]:
        """Keep the first trouble, which is of *whom*, for the end, and go on."""
        try:
            with concerning(**whom):
                yield
        except SyncError as error:
            self.trouble = self.trouble or error

    def look_round(self) -> None:
        """Look where there may be anything new, sweep once a day, and keep what was found."""
        settings, seen = self.world.settings, self.seen
        schools = list(filter(seen.wants_school, sorted(settings.schools)))
        connectors = list(filter(seen.wants_connector, settings.connectors()))
        for school in schools:
            with self._looking(school_place(school), school=school):
                self._look_at_school(school)
        for connector in connectors:
            with self._looking(connector_place(connector), connector=connector):
                self._look_at_connector(connector)
        if seen.is_of_all:
            with self.going_on():
                self._sweep()
        self._see(schools, connectors)
        if schools or connectors:
            with self.going_on():
                note(self.world, self.seen, self.found)

    # -- what is to be done

    @contextmanager
    def _looking(self, place: str, **whom: str) -> Generator[None]:
        """Look at *place*: unless the look says otherwise, it wants another at once."""
        self.found.due[place] = self.seen.now
        with self.going_on(**whom):
            yield

    def _look_at_school(self, school: str) -> None:
        """Ask for a pull if it is due; nudge the last if its reader or its nudge is lost.

        Then it wants another look when the next pull is due, or the next day begins; at once while
        a pull is open.
        """
        pulls, now = list_pulls(self.world.store, school), self.seen.now
        settings = self.world.settings.schools[school]
        self.found.read_at[school] = states.last_read(pulls)
        if due := due_pull(self.world, school, pulls, now):
            self.asked += ask_due(self.world, school, pulls, due)
            return
        if _is_ours_to_take_up(pulls, now) or is_stuck(settings, pulls, now):
            self.world.nudges.nudge("pull", {"school": school})
            self.nudged += 1
        if not pulls or states.pull_is_over(pulls[-1]):
            strikes = [*settings.pull_at, MIDNIGHT]  # what is told of a school goes by days
            self.found.due[school_place(school)] = next_strike(strikes, settings.time_zone, now)

    def _look_at_connector(self, connector: str) -> None:
        """Nudge what has work that nobody is at."""
        stands = standing(self.world, connector)
        if stands.lies_idle:
            self.world.nudges.nudge("send", {"connector": connector})
            self.nudged += 1
        self.found.due[connector_place(connector)] = stands.look_at
        if self.world.settings.sds.read_back:
            self._look_at_teams(connector)

    def _look_at_teams(self, connector: str) -> None:
        """Nudge a read-back if one is due, or stands still; else want a look when it is."""
        due_at, place = read_backs.due_at(self.world, connector), connector_place(connector)
        if due_at and due_at <= self.seen.now:
            self.world.nudges.nudge("read-back", {"connector": connector})
            self.nudged += 1
        self.found.due[place] = min(filter(None, (self.found.due[place], due_at)), default=None)

    def _sweep(self) -> None:
        """Delete what is past its time, once a day. It is seen in this round what is left."""
        world = replace(self.world, store=unnoted(self.world.store))
        done = sweep(world, self.seen.now, once_a_day=tell_daily)
        self.deleted = done.deleted
        if done.over_at:
            self.found.all_at = min(done.over_at, self.seen.now)

    # -- what is kept

    def _see(self, schools: Iterable[str], connectors: Iterable[str]) -> None:
        """Keep how places stand at which nothing is under way; of the others it would be old.

        Of those too that there is no time for: whoever asks looks at them then.
        """
        budget = Budget.of(self.world.clock, SEE_S)
        for connector in connectors:
            if self._is_still(connector_place(connector), budget):
                with self.going_on(connector=connector):
                    self.found.connectors[connector] = see_connector(self.world, connector)
        for school in schools:
            if self._is_still(school_place(school), budget):
                with self.going_on(school=school):
                    self._see_school(school)
        for connector in self.world.settings.connectors():
            self._see_nights(connector)

    def _see_nights(self, connector: str) -> None:
        """Keep what became of the newest readings, of schools at which nothing is under way."""
        shown = self.found.connectors.get(connector) or self.seen.connector(connector)
        for school in shown.schools if shown else ():
            of_school = self.found.schools.get(school) or self.seen.school(school)
            if shown and of_school and school in self.world.settings.schools:
                zone = self.world.settings.schools[school].time_zone
                known = self.seen.stood(connector, school)
                nights = stood(known, school, of_school.pull, shown, zone)
                self.found.stood.setdefault(connector, {})[school] = nights

    def _is_still(self, place: str, budget: Budget) -> bool:
        due = self.found.due[place]
        return budget.left_s > 0 and (due is None or due - self.seen.now > SOON)

    def _see_school(self, school: str) -> None:
        """Keep how *school* stands, until one of its sets is too old for what is told of it."""
        now, place = self.seen.now, school_place(school)
        stood = self.found.schools[school] = see_school(self.world, school, now)
        too_old_at = [
            each.manifest.pulled_at + states.DATA_LASTS for each in stood.sets.values() if each
        ]
        due = [at for at in (self.found.due[place], *too_old_at) if at and at > now]
        self.found.due[place] = min(due, default=None)
        zone = self.world.settings.schools[school].time_zone
        for profile, newest in stood.sets.items():
            last = [Night.of(newest.id, newest.manifest)] if newest else []
            sets, known = all_sets(self.world.store, profile), self.seen.nights(profile)
            self.found.nights[profile] = nights_of(sets, [*known, *last], zone)


def _watched(world: World, now: datetime, found: Found) -> dict[str, int]:
    """Return what a tick tells those who watch.

    `data_age_h` is of the school whose data are oldest; what was never read is in `unread`.
    """
    known = [found.read_at[school] for school in world.settings.schools if school in found.read_at]
    ages_h = [int((now - at).total_seconds() // 3600) for at in known if at]
    figures = {
        "data_age_h": max(ages_h, default=None),
        "unread": known.count(None),
        "poisoned": sum(len(texts) for texts in world.nudges.poisoned().values()),
        "certificate_days": days_left(world.settings.sds.certificate, now),
    }
    return {name: number for name, number in figures.items() if number is not None}


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
