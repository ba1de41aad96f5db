"""The first half of a run, and the clock that starts it: `tick`, `ask`, `pull`.

A pull is a folder under `schools/<school>/pulls/`: `asked.json`, then `tried-1.json` with
`ended-1.json` for each attempt that failed, at last `sealed.json` or `failed.json`. Only the
newest pull of a school counts.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sync.edge.clock import Budget
from sync.edge.world import World
from sync.errors import SyncError, UnexpectedError
from sync.isams.school import Subject
from sync.ledger import ids, states
from sync.ledger.marks import Attempt, Fault, Pulled, fault
from sync.report import Outcome, Step
from sync.steps.needs import datasets_of_school
from sync.steps.seal import export, seal

PULL_S = 130.0  # one reading of iSAMS; with a slow store after it an invocation stays within 200 s
RETRY_S = 300.0


def pulls(world: World, school: str) -> list[states.Folder]:
    """Return the pulls of *school*, oldest first."""
    return states.pulls(school, world.store.blobs(ids.pulls_folder(school)))


def pull(world: World, school: str) -> Step:
    """Read *school* once and seal every profile of it: the newest pull, if it is still open.

    Errors become the step's outcome: one that may pass leaves the pull open for the next nudge.
    """
    listed = pulls(world, school)
    step = replace(_pull(world, school, listed), pull=listed[-1].id if listed else "")
    world.tell(step)
    return step


def _pull(world: World, school: str, listed: Sequence[states.Folder]) -> Step:
    now = world.store.now()
    if not listed or states.pull_is_over(listed[-1]):
        return Step("pull", Outcome.NOTHING, school)
    if states.pull_is_running(listed[-1], now):
        return Step("pull", Outcome.BUSY, school, again_in_s=RETRY_S)
    number = states.attempts(listed[-1]) + 1
    folder = f"{ids.pulls_folder(school)}{listed[-1].id}/"
    if number > states.ATTEMPTS:
        return _given_up(world, school, folder)
    mine = Attempt(at=world.store.now(), by=uuid.uuid4().hex).to_json()
    if not world.store.claim(f"{folder}tried-{number}.json", mine):
        return Step("pull", Outcome.BUSY, school, again_in_s=RETRY_S)
    try:
        return _read_and_seal(world, school, folder, number)
    except SyncError as error:
        final = not error.retry or number >= states.ATTEMPTS
        name = states.FAILED if final else f"ended-{number}.json"
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
        attempts=states.ATTEMPTS,
    )
    world.store.claim(f"{folder}{states.FAILED}", fault(error).to_json())
    return Step("pull", Outcome.FAILED, school, error=error)


def _read_and_seal(world: World, school: str, folder: str, attempt: int) -> Step:
    began = world.store.now()
    read = world.source(school).school(
        Budget.of(world.clock, PULL_S), datasets_of_school(world.settings, school)
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
    world.store.claim(f"{folder}{states.SEALED}", record.to_json())
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


def read_subjects(world: World, school: str) -> Iterator[tuple[str, str, str]]:
    """Yield id, code and name of the school's subjects, by id; raises `SourceError`."""
    return subject_rows(world.source(school).subjects(Budget.of(world.clock, PULL_S)))


def subject_rows(subjects: Mapping[str, Subject]) -> Iterator[tuple[str, str, str]]:
    """Yield id, code and name of *subjects*, by id, the shorter ids first."""
    for one in sorted(subjects.values(), key=lambda one: (len(one.id), one.id)):
        yield one.id, one.code, one.name
