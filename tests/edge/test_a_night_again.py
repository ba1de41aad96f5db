"""A short outage costs no night: what the timer asked for is tried until the morning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from simulators.isams import faults, messages
from simulators.isams.faults import Faults
from simulators.school import invent
from sync.report import Outcome, Step
from sync.steps import pull, retries, schedule, status, tick
from sync.steps.delivery import list_pulls
from tests.clocks import FakeClock
from tests.crash.processes import Doom, Killed, Nudging, Platform, Way, doomed
from tests.mark_names import FAILED, SEALED
from tests.worlds import ONE_SCHOOL, TestWorld, make_world

SCHOOL = invent(12, quirks=False)
START = datetime(2026, 11, 16, 22, 0, tzinfo=UTC)  # PULL_AT, in winter
MINUTE = timedelta(minutes=1)


def evening(start: datetime = START, **settings: str) -> TestWorld:
    """Return a world at the moment when a pull falls due."""
    return make_world(SCHOOL, clock=FakeClock(start), base={**ONE_SCHOOL, **settings})


def marks(scene: TestWorld) -> set[str]:
    return set(list_pulls(scene.store, "northbank")[-1].made_at)


def pull_steps(scene: TestWorld) -> list[Step]:
    """Return what attempts of pulls came to, in order."""
    quiet = {Outcome.BUSY, Outcome.NOTHING}
    return [step for step in scene.steps if step.name == "pull" and step.outcome not in quiet]


def outcomes(scene: TestWorld) -> list[Outcome]:
    return [step.outcome for step in pull_steps(scene)]


def is_over(scene: TestWorld) -> bool:
    return bool(marks(scene) & {SEALED, FAILED})


def live(
    scene: TestWorld, fault: Faults, minutes: float, nudging: Nudging = Nudging.KEPT
) -> datetime:
    """Have iSAMS fail for *minutes* from the first tick on; return when the pull was over."""
    platform = Platform(scene, scene.process(), nudging)
    scene.isams.faults = fault
    tick.tick(platform.process)
    platform.go_on(hours=minutes / 60, until=lambda: is_over(scene))
    scene.isams.faults = Faults()
    scene.isams.flush()
    assert platform.go_on(hours=24, until=lambda: is_over(scene))
    return scene.clock.now()


OUTAGES = {
    "a deadlock of 22 minutes": (faults.DEADLOCK, 22),
    "a 503 of 30 minutes": (faults.refused(503), 30),
    "a momentary 401": (Faults(message=messages.INVALID_KEY), 1),
    "an HTML page": (faults.refused(200), 1),
    "an empty list": (faults.empty("Teaching_GetTeachingSets"), 1),
    "a backup of three hours": (faults.refused(503), 180),
}


@pytest.mark.parametrize("nudging", Nudging)
@pytest.mark.parametrize("outage", OUTAGES)
def test_a_short_outage_costs_no_night(outage: str, nudging: Nudging) -> None:
    """Whatever it was that passed: the same night is read, even if every message is lost."""
    fault, minutes = OUTAGES[outage]
    scene = evening()

    over_at = live(scene, fault, minutes, nudging)

    assert SEALED in marks(scene)
    assert len(list_pulls(scene.store, "northbank")) == 1
    assert over_at < datetime(2026, 11, 17, 6, 0, tzinfo=UTC)


def begun(scene: TestWorld) -> list[datetime]:
    """Return when each attempt of the newest pull was begun."""
    pull_made = list_pulls(scene.store, "northbank")[-1].made_at
    return sorted(at for name, at in pull_made.items() if name.startswith("tried-"))


def test_a_night_is_tried_nine_times_with_growing_pauses() -> None:
    """Eight times again, each pause longer than the one before; after the last it has failed."""
    scene = evening()

    live(scene, faults.refused(503), 24 * 60)

    times = begun(scene)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 9
    assert pauses == sorted(set(pauses))
    assert times[-1] < datetime(2026, 11, 17, 6, 0, tzinfo=UTC)
    assert FAILED in marks(scene)
    assert outcomes(scene) == [Outcome.LATER] * 8 + [Outcome.FAILED]


@pytest.mark.parametrize(
    ("start", "settings", "until"),
    [
        (START, {"RETRY_UNTIL": "23:00"}, START + timedelta(hours=1)),
        (START, {"PULL_AT": "22:00,22:30"}, START + timedelta(minutes=30)),
        # 06:00 in Auckland is 17:00 UTC in summer
        (
            datetime(2026, 11, 16, 9, 0, tzinfo=UTC),
            {"TIME_ZONE": "Pacific/Auckland", "RETRY_UNTIL": "00:30"},
            datetime(2026, 11, 16, 11, 30, tzinfo=UTC),
        ),
        # The night on which the clocks go back is an hour longer, and that on which they go
        # forward an hour shorter: 28 March and 31 October 2027, at 01:00 UTC.
        (
            datetime(2027, 10, 30, 21, 0, tzinfo=UTC),
            {"RETRY_UNTIL": "03:00"},
            datetime(2027, 10, 31, 3, 0, tzinfo=UTC),
        ),
        (
            datetime(2027, 3, 27, 22, 0, tzinfo=UTC),
            {"RETRY_UNTIL": "03:00"},
            datetime(2027, 3, 28, 2, 0, tzinfo=UTC),
        ),
    ],
)
def test_it_is_tried_until_an_hour_in_school_time(
    start: datetime, settings: dict[str, str], until: datetime
) -> None:
    """Or until the next moment in PULL_AT: the last attempt is before it, the next would not be."""
    scene = evening(
        start, **{f"SCHOOLS__NORTHBANK__{name}": text for name, text in settings.items()}
    )

    live(scene, faults.refused(503), (until - start).total_seconds() / 60 - 1)

    times = begun(scene)
    first = list_pulls(scene.store, "northbank")[0]
    assert first.id == list_pulls(scene.store, "northbank")[-1].id
    assert times[-1] < until
    assert times[-1] + retries.NIGHT_PAUSES[len(times) - 1] + MINUTE > until


def test_a_person_who_asks_gets_five_attempts_five_minutes_apart() -> None:
    """They are there to see it; and what does not pass by itself is told to them at once."""
    busy, refusing = evening(), evening()
    for scene, fault in ((busy, faults.refused(503)), (refusing, faults.refused(401))):
        scene.isams.faults = fault
        schedule.ask(scene.world, "northbank", "terminal")
        while not is_over(scene):
            pull.pull(scene.world, "northbank")
            scene.clock.advance(300)

    assert outcomes(busy) == [Outcome.LATER] * 4 + [Outcome.FAILED]
    assert outcomes(refusing) == [Outcome.FAILED]


def test_a_person_who_asks_while_a_night_is_tried_again_does_not_end_it() -> None:
    """The one who was told of a refused key, and renewed it wrongly, has not lost the night."""
    scene = evening()
    platform = Platform(scene, scene.process())
    scene.isams.faults = faults.refused(401)
    platform.go_on(hours=0.2, until=lambda: False)

    schedule.ask(scene.world, "northbank", "resync")
    platform.go_on(hours=0.5, until=lambda: False)
    assert not is_over(scene)
    scene.isams.faults = Faults()
    platform.go_on(hours=4, until=lambda: is_over(scene))

    assert SEALED in marks(scene)


def test_a_person_who_asks_just_before_the_tick_does_not_end_the_night() -> None:
    """Theirs is given up within minutes; the night that fell due is tried until the morning."""
    scene = evening()
    platform = Platform(scene, scene.process(), Nudging.KEPT)
    scene.isams.faults = faults.refused(503)
    scene.clock.advance(120)
    schedule.ask(platform.process, "northbank", "resync")
    platform.go_on(hours=1, until=lambda: FAILED in marks(scene))
    scene.isams.faults = Faults()
    scene.isams.flush()

    assert platform.go_on(hours=3, until=lambda: SEALED in marks(scene))
    assert len(list_pulls(scene.store, "northbank")) == 2


def test_what_a_person_must_mend_is_told_at_the_first_failure_and_once() -> None:
    """One line at level error at 22:00, none at 05:15; another fault is told for itself."""
    scene = evening()
    live(scene, faults.refused(401), 24 * 60)
    assert outcomes(scene) == [Outcome.FAILED, *[Outcome.LATER] * 7, Outcome.MISSED]

    other = evening()
    platform = Platform(other, other.process())
    other.isams.faults = faults.refused(401)
    platform.go_on(hours=0.5, until=lambda: False)
    other.isams.faults = faults.empty("Teaching_GetTeachingSets")
    platform.go_on(hours=24, until=lambda: is_over(other))

    told = [
        step.error.code
        for step in pull_steps(other)
        if step.outcome is Outcome.FAILED and step.error
    ]
    assert told == ["SourceRefused", "SourceIncomplete"]


def test_the_status_says_why_and_that_it_is_tried_again() -> None:
    """It waits, with the last error; once it has failed for good, that is what it says."""
    scene = evening()
    tick.tick(scene.world)
    scene.isams.faults = faults.refused(401)
    pull.pull(scene.world, "northbank")

    told = status.survey(scene.world).schools["northbank"]
    assert told is not None
    assert (told.state, told.error and told.error.error) == ("waiting", "SourceRefused")


def test_a_nudge_that_comes_too_soon_costs_no_attempt() -> None:
    """A doubled message must not use up the night's attempts in its first minute."""
    scene = evening()
    tick.tick(scene.world)
    scene.isams.faults = faults.refused(503)
    pull.pull(scene.world, "northbank")
    scene.clock.advance(299)

    assert pull.pull(scene.world, "northbank").outcome is Outcome.BUSY
    scene.clock.advance(1)
    assert pull.pull(scene.world, "northbank").outcome is Outcome.LATER
    assert len(begun(scene)) == 2


def test_a_retry_survives_a_killed_process() -> None:
    """The process that was to try again is gone, and its message too: a tick finds the mark."""
    scene = evening()
    tick.tick(scene.world)
    scene.isams.faults = faults.refused(401)
    pull.pull(scene.world, "northbank")
    scene.isams.faults = Faults()
    scene.clock.advance(300)
    with pytest.raises(Killed):
        pull.pull(doomed(scene, Doom(4, Way.BEFORE)), "northbank")
    scene.nudges.kept.clear()

    platform = Platform(scene, scene.process())

    assert platform.go_on(hours=1, until=lambda: is_over(scene))
    assert SEALED in marks(scene)


def test_a_tick_leaves_alone_what_waits_for_its_next_attempt() -> None:
    """Until its pause is over, and ten minutes more for the message that was left for it."""
    scene = evening()
    scene.isams.faults = faults.refused(503)
    platform = Platform(scene, scene.process())
    platform.go_on(hours=0.75, until=lambda: False)  # attempts at 0, 5, 15 and 35 minutes
    assert len(begun(scene)) == 4
    due = begun(scene)[-1] + timedelta(minutes=40)
    scene.nudges.kept.clear()

    nudged = []
    while scene.clock.now() < due + timedelta(minutes=11):
        scene.clock.advance(60)
        tick.tick(scene.world)
        if scene.nudges.kept:
            nudged.append(scene.clock.now())
        scene.nudges.kept.clear()

    assert timedelta(minutes=10) < nudged[0] - due < timedelta(minutes=12)
