"""The first half of a run, and the clock that starts it: `tick`, `ask`, `pull`.

A pull is a folder under `schools/<school>/pulls/`: `asked.json`, then `tried-1.json` with
`ended-1.json` for each attempt that failed, at last `sealed.json` or `failed.json`. Only the
newest pull of a school counts.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial

from sync import calendar, delivery, state
from sync.edge.certificate import days_left
from sync.edge.clock import Budget
from sync.edge.world import World
from sync.errors import SyncError, UnexpectedError
from sync.records import Attempt, Pulled
from sync.report import Fault, Outcome, Step, fault
from sync.school import Subject
from sync.sealing import export, seal
from sync.sending import stands_still
from sync.sweeping import sweep
from sync.wanted import wanted

PULL_S = 130.0  # one reading of iSAMS; with a slow store after it an invocation stays within 200 s
RETRY_S = 300.0


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
            read_at.append(state.last_read(listed))
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
        own = calendar.stamp(moment + timedelta(seconds=late_s))
        body = Attempt(at=moment, by=f"{by} {uuid.uuid4().hex}").to_json()
        made = world.store.claim(f"{delivery.pulls_folder(school)}{own}/{state.ASKED}", body)
        if made:
            world.nudges.nudge("pull", {"school": school})
            break
    step = Step("ask", Outcome.ASKED if made else Outcome.NOTHING, school, pull=own)
    world.tell(step)
    return step


def pulls(world: World, school: str) -> list[state.Folder]:
    """Return the pulls of *school*, oldest first."""
    return state.pulls(school, world.store.blobs(delivery.pulls_folder(school)))


def pull(world: World, school: str) -> Step:
    """Read *school* once and seal every profile of it: the newest pull, if it is still open.

    Errors become the step's outcome: one that may pass leaves the pull open for the next nudge.
    """
    listed = pulls(world, school)
    step = replace(_pull(world, school, listed), pull=listed[-1].id if listed else "")
    world.tell(step)
    return step


def _pull(world: World, school: str, listed: Sequence[state.Folder]) -> Step:
    now = world.store.now()
    if not listed or state.pull_is_over(listed[-1]):
        return Step("pull", Outcome.NOTHING, school)
    if state.pull_is_running(listed[-1], now):
        return Step("pull", Outcome.BUSY, school, again_in_s=RETRY_S)
    number = state.attempts(listed[-1]) + 1
    folder = f"{delivery.pulls_folder(school)}{listed[-1].id}/"
    if number > state.ATTEMPTS:
        return _given_up(world, school, folder)
    mine = Attempt(at=world.store.now(), by=uuid.uuid4().hex).to_json()
    if not world.store.claim(f"{folder}tried-{number}.json", mine):
        return Step("pull", Outcome.BUSY, school, again_in_s=RETRY_S)
    try:
        return _read_and_seal(world, school, folder, number)
    except SyncError as error:
        final = not error.retry or number >= state.ATTEMPTS
        name = state.FAILED if final else f"ended-{number}.json"
        world.store.claim(f"{folder}{name}", fault(error).to_json())
        if final:
            return Step("pull", Outcome.FAILED, school, facts={"attempt": number}, error=error)
        world.nudges.nudge("pull", {"school": school}, RETRY_S)
        return Step(
            "pull",
            Outcome.LATER,
            school,
            facts={"attempt": number},
            error=error,
            again_in_s=RETRY_S,
        )


def _given_up(world: World, school: str, folder: str) -> Step:
    """End a pull whose last attempt was killed: it could not say so itself."""
    error = UnexpectedError(
        "the pull was killed again and again, as by too little memory: see the host's own log",
        attempts=state.ATTEMPTS,
    )
    world.store.claim(f"{folder}{state.FAILED}", fault(error).to_json())
    return Step("pull", Outcome.FAILED, school, error=error)


def _read_and_seal(world: World, school: str, folder: str, attempt: int) -> Step:
    began = world.store.now()
    read = world.source(school).school(
        Budget.of(world.clock, PULL_S), wanted(world.settings, school)
    )
    sets: dict[str, str] = {}
    faults: dict[str, Fault] = {}
    first: SyncError | None = None
    for profile in world.settings.profiles_of(school):
        try:
            sets[profile] = seal(world, profile, read, began)
        except SyncError as error:
            if error.retry:
                raise
            faults[profile] = fault(error)
            first = first or error
    if first is not None and not sets:
        raise first
    kept = export(world, school, read, began, f"{folder}datasets-{attempt}/")
    record = Pulled(at=began, sets=sets, faults=faults)
    world.store.claim(f"{folder}{state.SEALED}", record.to_json())
    for connector, profiles in world.settings.connectors().items():
        if set(profiles) & sets.keys():
            world.nudges.nudge("send", {"connector": connector})
    return Step(
        "pull",
        Outcome.PARTLY_SEALED if faults else Outcome.SEALED,
        school,
        facts=dict(read.counts)
        | {"profiles": len(sets), "profiles_failed": len(faults)}
        | ({"exported": kept} if kept else {}),
        error=first,
    )


def _due(
    world: World, school: str, listed: Sequence[state.Folder], now: datetime
) -> datetime | None:
    """Return the moment at which a pull was due for which none was asked, None if there is none."""
    place = world.settings.schools[school]
    due = calendar.last_due(place.pull_at, place.time_zone, now)
    return None if listed and listed[-1].id >= calendar.stamp(due) else due


def _stands_still(listed: Sequence[state.Folder], now: datetime) -> bool:
    """Say whether the newest pull is open, and nothing has been heard of it for a while."""
    is_open = bool(listed) and not state.pull_is_over(listed[-1])
    return is_open and state.stands_still(listed[-1], now)


def read_subjects(world: World, school: str) -> Iterator[tuple[str, str, str]]:
    """Yield id, code and name of the school's subjects, by id; raises `SourceError`."""
    return subject_rows(world.source(school).subjects(Budget.of(world.clock, PULL_S)))


def subject_rows(subjects: Mapping[str, Subject]) -> Iterator[tuple[str, str, str]]:
    """Yield id, code and name of *subjects*, by id, the shorter ids first."""
    for one in sorted(subjects.values(), key=lambda one: (len(one.id), one.id)):
        yield one.id, one.code, one.name
