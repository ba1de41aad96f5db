"""What a tick finds due, and what it finds standing still."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from simulators.school import invent
from sync.errors import StoreConflict
from sync.ledger import ids, states
from sync.report import Outcome
from sync.steps import pull as run
from sync.steps import schedule, send, tick
from sync.steps.delivery import Pull, list_pulls
from tests.clocks import START, FakeClock
from tests.crash.processes import TICK_S
from tests.mark_names import APPROVED, SEALED
from tests.worlds import CONNECTOR, ONE_SCHOOL, TestWorld, make_world

SCHOOL = invent(12, quirks=False)


def world_at(moment: datetime, **settings: str) -> TestWorld:
    return make_world(SCHOOL, clock=FakeClock(moment), base={**ONE_SCHOOL, **settings})


def asked_at(scene: TestWorld) -> list[datetime]:
    """Return the moments, in UTC, that made a pull due."""
    return [datetime.strptime(f"{pull.id}+0000", "%Y%m%dT%H%M%SZ%z") for pull in pulls(scene)]


def pulls(scene: TestWorld) -> list[Pull]:
    return list_pulls(scene.store, "northbank")


def tick_through(scene: TestWorld, days: float) -> list[datetime]:
    """Tick every five minutes, each tick doubled; return what was asked for."""
    tick.tick(scene.world)
    before = len(pulls(scene))
    for _ in range(int(days * 86_400 / TICK_S)):
        scene.clock.advance(TICK_S)
        tick.tick(scene.world)
        tick.tick(scene.world)
        if SEALED in pulls(scene)[-1].made_at:
            continue
        scene.store.claim(f"{ids.pulls_folder('northbank')}{pulls(scene)[-1].id}/sealed.json", b"")
    return asked_at(scene)[before:]


@pytest.mark.parametrize(
    ("zone", "at", "start", "due"),
    [
        # The clocks go forward on 28 March 2027 and back on 31 October 2027, at 01:00 UTC.
        ("Europe/London", "22:00", (2027, 3, 27, 12), ["27T22:00", "28T21:00", "29T21:00"]),
        ("Europe/London", "01:30", (2027, 3, 27, 12), ["28T01:30", "29T00:30", "30T00:30"]),
        ("Europe/London", "22:00", (2027, 10, 30, 12), ["30T21:00", "31T22:00", "01T22:00"]),
        ("Europe/London", "01:30", (2027, 10, 30, 12), ["31T00:30", "01T01:30", "02T01:30"]),
        # New York changes on 14 March and 7 November 2027.
        ("America/New_York", "02:30", (2027, 3, 13, 12), ["14T07:30", "15T06:30", "16T06:30"]),
        ("America/New_York", "01:30", (2027, 11, 6, 12), ["07T05:30", "08T06:30", "09T06:30"]),
        ("Asia/Kathmandu", "06:15", (2027, 3, 27, 12), ["28T00:30", "29T00:30", "30T00:30"]),
    ],
)
def test_a_pull_is_due_by_the_schools_own_clock(
    zone: str, at: str, start: tuple[int, int, int, int], due: list[str]
) -> None:
    """Once a day at the school's time, on the days when its clocks change too."""
    scene = world_at(
        datetime(*start, tzinfo=UTC),
        SCHOOLS__NORTHBANK__TIME_ZONE=zone,
        SCHOOLS__NORTHBANK__PULL_AT=at,
    )

    assert [f"{moment:%dT%H:%M}" for moment in tick_through(scene, 3)] == due


def test_several_times_a_day_are_each_due_once() -> None:
    """Every time in PULL_AT gives one pull, however often it ticks."""
    scene = world_at(
        datetime(2026, 11, 2, 23, 30, tzinfo=UTC), SCHOOLS__NORTHBANK__PULL_AT="06:00,12:30,22:00"
    )

    found = tick_through(scene, 1)

    assert [f"{moment:%H:%M}" for moment in found] == ["06:00", "12:30", "22:00"]


def test_a_first_deployment_pulls_at_once() -> None:
    """The time that struck last counts, so that nobody waits for the night to see a result."""
    scene = world_at(datetime(2026, 11, 3, 10, 0, tzinfo=UTC))

    tick.tick(scene.world)
    tick.tick(scene.world)

    assert asked_at(scene) == [datetime(2026, 11, 2, 22, 0, tzinfo=UTC)]


def test_days_without_ticks_are_made_good_by_one_pull() -> None:
    """After an outage of days the newest due time is asked for, not each that was missed."""
    scene = world_at(datetime(2026, 11, 3, 22, 0, tzinfo=UTC))
    tick.tick(scene.world)
    scene.clock.advance(timedelta(days=3, hours=2).total_seconds())

    tick.tick(scene.world)

    assert [f"{moment:%dT%H}" for moment in asked_at(scene)] == ["03T22", "06T22"]


def test_a_pull_asked_for_by_hand_stands_for_the_one_that_is_due() -> None:
    """A resync at 22:03 leaves nothing to ask for at 22:05, if the tick at 22:00 was lost."""
    scene = make_world(SCHOOL)
    scene.clock.advance(180)
    schedule.ask(scene.world, "northbank", "resync")
    scene.clock.advance(120)

    tick.tick(scene.world)

    assert asked_at(scene) == [START + timedelta(seconds=180)]


@pytest.mark.parametrize(("more", "asked"), [(timedelta(0), 0), (timedelta(seconds=1), 1)])
def test_a_pull_that_is_dated_a_little_ahead_stands_for_the_one_that_is_due(
    more: timedelta, asked: int
) -> None:
    """Clocks are set right by minutes, which is no second reading; one of later tells nothing."""
    scene = make_world(SCHOOL)
    scene.clock.advance(60)
    ahead_s = (states.STANDSTILL + more).total_seconds()
    scene.clock.advance(ahead_s)
    schedule.ask(scene.world, "northbank", "resync")
    scene.clock.advance(-ahead_s)

    assert tick.tick(scene.world).facts["asked"] == asked


def nudged(scene: TestWorld) -> list[str]:
    """Tick once; return the queues that got a message."""
    scene.nudges.kept.clear()
    tick.tick(scene.world)
    return [queue for queue, _, _ in scene.nudges.kept]


def stand_still(scene: TestWorld) -> None:
    scene.clock.advance(states.STANDSTILL.total_seconds() + 1)


def test_what_stands_still_is_nudged_at_every_stage() -> None:
    """A lost nudge costs a quarter of an hour, wherever it was lost, and no more."""
    scene = make_world(SCHOOL)
    schedule.ask(scene.world, "northbank", "test")
    for stage in ("asked", "sealed", "merged", "planned", "submitted", "accepted"):
        assert nudged(scene) == [], f"{stage}: under way"
        stand_still(scene)
        wanted = "pull" if stage == "asked" else "send"
        assert nudged(scene) == [wanted], f"{stage}: stands still"
        if stage == "asked":
            run.pull(scene.world, "northbank")
        else:
            send.send(scene.world, CONNECTOR)
            while stage == "submitted" and not scene.look().in_state(states.State.ACCEPTED):
                scene.clock.advance(6)
                send.send(scene.world, CONNECTOR)
    scene.send_until_still()
    stand_still(scene)

    assert nudged(scene) == [], "done"


def test_a_pull_at_work_is_not_nudged() -> None:
    """What was begun a moment ago is under way, even if it was asked for long before."""
    scene = make_world(SCHOOL)
    schedule.ask(scene.world, "northbank", "test")
    stand_still(scene)
    folder = f"{ids.pulls_folder('northbank')}{pulls(scene)[-1].id}/"
    scene.store.claim(f"{folder}tried-1.json", b"{}")

    assert nudged(scene) == []


def test_a_held_delivery_is_not_nudged_and_an_approved_one_is() -> None:
    """Nobody hurries a person; once the answer is there, its delivery must not be forgotten."""
    scene = make_world(SCHOOL, SDS__HOLD_FIRST="true")
    scene.pull()
    held = scene.send_until_still()
    stand_still(scene)
    assert nudged(scene) == []

    scene.world.store.claim(f"{scene.look().prefix}{held.delivery}/{APPROVED}", b"{}")
    stand_still(scene)

    assert nudged(scene) == ["send"]


def test_a_machine_whose_clock_runs_ahead_does_not_stop_the_school() -> None:
    """Pulls and sets are named by storage's clock, so one of next month cannot be the newest."""
    scene = make_world(SCHOOL)
    ahead = replace(scene.world, clock=FakeClock(START + timedelta(days=30)))
    schedule.ask(ahead, "northbank", "terminal")
    run.pull(ahead, "northbank")
    scene.clock.advance(24 * 3600)

    tick.tick(scene.world)

    assert len(list_pulls(scene.store, "northbank")) == 2
    assert list_pulls(scene.store, "northbank")[-1].id < "20260917"


def test_a_stray_blob_is_no_pull_and_no_claim() -> None:
    """Somebody who leaves a note in the container does not stop the school."""
    scene = make_world(SCHOOL)
    scene.store.create("schools/northbank/pulls/note/readme.txt", b"x")
    scene.store.create(f"{ids.connector_folder(CONNECTOR)}claims/copy.json", b"x")

    nights = [scene.pull().outcome for _ in range(2)]

    assert nights == [Outcome.SEALED, Outcome.SEALED]
    assert scene.accept().outcome is Outcome.ACCEPTED


def test_one_connectors_trouble_does_not_keep_the_tick_from_the_others() -> None:
    """What can be nudged is nudged, and the trouble is told."""
    scene = make_world(SCHOOL, PROFILES__PREP__CONNECTOR="Another", SDS__HOLD_FIRST="true")
    scene.pull()
    assert scene.accept("Another").outcome is Outcome.HELD
    folder = ids.connector_folder("Another")
    scene.store.create(f"{folder}pauses/000001.json", b"junk")
    scene.nudges.kept.clear()
    scene.clock.advance(3600)

    step = tick.tick(scene.world)

    assert isinstance(step.error, StoreConflict)
    assert ("send", {"connector": CONNECTOR}, 0) in scene.nudges.kept


def test_who_asks_twice_in_one_second_gets_two_pulls() -> None:
    """The first may have been read already, before whatever the second is about."""
    scene = make_world(SCHOOL)
    schedule.ask(scene.world, "northbank", "resync")
    first = run.pull(scene.world, "northbank")
    schedule.ask(scene.world, "northbank", "resync")

    assert (first.outcome, run.pull(scene.world, "northbank").outcome) == (
        Outcome.SEALED,
        Outcome.SEALED,
    )
