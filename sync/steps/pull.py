"""The reading half of a run: a school is read once, and every profile of it sealed.

A pull is a folder under `schools/<school>/pulls/`: `asked.json`, then `tried-1.json` with
`ended-1.json` for each attempt that failed, at last `sealed.json` or `failed.json`. Only the
newest pull of a school counts. `sync.steps.retries` says when it is tried again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sync.edge.clock import Budget
from sync.edge.world import World
from sync.errors import SyncError, UnexpectedError, concerning
from sync.isams.school import School, Subject
from sync.ledger import states
from sync.ledger.marks import AttemptBegun, AttemptFailed, Beat, Failed, Fault, Pulled, fault
from sync.ledger.words import Word
from sync.report import Outcome, Step
from sync.steps.delivery import Pull, list_pulls
from sync.steps.kept import keep
from sync.steps.needs import datasets_of_school
from sync.steps.retries import next_attempt_at, retries_of, was_told
from sync.steps.seal import export, seal
from sync.steps.words import words_of

PULL_S = 130.0  # a reading of iSAMS; with a slow store after it an invocation stays within 200 s
BUSY_S = 300.0


def pull(world: World, school: str) -> Step:
    """Read *school* once and seal every profile of it: the newest pull, if it is still open.

    Errors become the step's outcome: what may pass leaves the pull open for the next nudge.
    """
    pulls = list_pulls(world.store, school)
    if pulls:
        step = replace(_pull(world, school, pulls), pull=pulls[-1].id)
    else:
        step = Step("pull", Outcome.NOTHING, school)
    world.tell(step)
    return step


def _pull(world: World, school: str, pulls: Sequence[Pull]) -> Step:
    newest, now = pulls[-1], world.store.now()
    if states.pull_is_over(newest):
        return Step("pull", Outcome.NOTHING, school)
    free_at = states.pull_is_free_at(newest)
    if free_at and now < free_at:
        # This nudge may be that of a process that was killed: it comes again when that is sure.
        again_in_s = (free_at - now).total_seconds()
        world.nudges.nudge("pull", {"school": school}, again_in_s)
        return Step("pull", Outcome.BUSY, school, again_in_s=again_in_s)
    attempt = states.attempts(newest) + 1
    retries = retries_of(world.settings.schools[school], pulls)
    due = next_attempt_at(newest, retries)
    if due and now < due:  # a doubled nudge: that of the pause is on its way
        return Step("pull", Outcome.BUSY, school, again_in_s=(due - now).total_seconds())
    if attempt > retries.attempts:
        return _given_up(school, newest, attempt - 1)
    if not newest.claim(AttemptBegun(at=world.store.now(), by=uuid.uuid4().hex), attempt):
        return Step("pull", Outcome.BUSY, school, again_in_s=BUSY_S)
    try:
        with (
            concerning(school=school),
            world.beating(partial(_beat, newest, attempt), states.BEAT_S),
        ):
            return _read_and_seal(world, school, newest, attempt)
    except SyncError as error:
        pause = retries.pause_after(attempt, error, world.store.now())
        return _not_pulled(world, school, newest, error, pause)


def _beat(pull: Pull, attempt: int, beat: int) -> None:
    pull.claim(Beat(at=pull.store.now()), Beat.number(attempt, beat))


def _not_pulled(
    world: World, school: str, newest: Pull, error: SyncError, pause: timedelta | None
) -> Step:
    """Note how an attempt failed: for good, or with another to come.

    What a person must mend is told as a failure when it first comes, and only then.
    """
    attempt, told = states.attempts(newest) + 1, was_told(newest, error)
    step = partial(Step, "pull", about=school, facts={"attempt": attempt}, error=error)
    if pause is None:
        newest.claim(Failed.of(error))
        return step(outcome=Outcome.MISSED if told else Outcome.FAILED)
    newest.claim(AttemptFailed.of(error), attempt)
    again_in_s = pause.total_seconds()
    world.nudges.nudge("pull", {"school": school}, again_in_s)
    passes = error.who == "nobody" or told
    return step(outcome=Outcome.LATER if passes else Outcome.FAILED, again_in_s=again_in_s)


def _given_up(school: str, newest: Pull, attempts: int) -> Step:
    """End a pull whose last attempt was killed: it could not say so itself."""
    failed = newest.numbers(AttemptFailed)
    if failed:
        before = newest.read(AttemptFailed, failed[-1]).message
        why = f"its last attempt was killed. Before that: {before}"
    else:
        why = (
            "it was killed again and again, as by too little memory: see the host's log, give the"
            " app more memory, then ask for another"
        )
    error = UnexpectedError(
        f"the pull was given up: {why}",
        attempts=attempts,
        killed=attempts - len(failed),
        school=school,
    )
    newest.claim(Failed.of(error))
    return Step("pull", Outcome.FAILED, school, error=error)


def _read_and_seal(world: World, school: str, newest: Pull, attempt: int) -> Step:
    began = world.store.now()
    read = world.source(school).school(
        Budget.of(world.clock, PULL_S), datasets_of_school(world.settings, school)
    )
    if not newest.is_still_of(attempt):
        return Step("pull", Outcome.BUSY, school, again_in_s=BUSY_S)
    # After the reading, which is long: what was said meanwhile counts. Once for all profiles.
    words = words_of(world.store, school)
    sealed = seal_profiles(world, school, read, began, words)
    for dataset, error in sorted(read.untold.items()):
        what = {"dataset": dataset}
        world.tell(Step("export", Outcome.UNTOLD, school, facts=what, error=error, pull=newest.id))
    exports = export(world, school, read, began, newest, attempt)
    keep(world, school, read, newest, attempt)
    newest.claim(Pulled(at=began, sets=sealed.sets, faults=sealed.faults))
    for connector, profiles in world.settings.connectors().items():
        if set(profiles) & sealed.sets.keys():
            world.nudges.nudge("send", {"connector": connector})
    facts: dict[str, int | str] = {
        **read.counts,
        "profiles": len(sealed.sets),
        "profiles_failed": len(sealed.faults),
        **({"exported": exports} if exports else {}),
        **({"rest_base": read.rest_base} if read.rest_base else {}),
    }
    return Step(
        "pull",
        Outcome.PARTLY_SEALED if sealed.faults else Outcome.SEALED,
        school,
        facts=facts,
        error=sealed.first_error,
    )


@dataclass(slots=True)
class Sealed:
    """The set that each profile got, or why it got none; and the first error of these."""

    sets: dict[str, str] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    first_error: SyncError | None = None


def seal_profiles(
    world: World, school: str, read: School, began: datetime, words: Sequence[Word]
) -> Sealed:
    """Seal every profile that can be; raise what may pass, and the first error if none could be."""
    sealed = Sealed()
    for profile in world.settings.profiles_of(school):
        try:
            with concerning(school=school, profile=profile):
                sealed.sets[profile] = seal(world, profile, read, began, words)
        except SyncError as error:
            if error.retry:
                raise
            sealed.faults[profile] = fault(error)
            sealed.first_error = sealed.first_error or error
    if sealed.first_error is not None and not sealed.sets:
        raise sealed.first_error
    return sealed


def subjects_of(world: World, school: str) -> Iterator[tuple[str, str, str]]:
    """Yield id, code and name of the school's subjects, by id; raises `SourceError`."""
    with concerning(school=school):
        return subject_rows(world.source(school).subjects(Budget.of(world.clock, PULL_S)))


def subject_rows(subjects: Mapping[str, Subject]) -> Iterator[tuple[str, str, str]]:
    """Yield id, code and name of *subjects*, by id, the shorter ids first."""
    for subject in sorted(subjects.values(), key=lambda subject: (len(subject.id), subject.id)):
        yield subject.id, subject.code, subject.name
