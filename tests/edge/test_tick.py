"""What a tick finds due, and what it finds standing still."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from simulators.school import invent
from sync import delivery, run, sending, state
from sync.errors import StoreConflict
from sync.report import Outcome
from tests.clocks import START, FakeClock
from tests.crash.processes import TICK_S
from tests.worlds import CONNECTOR, ONE_SCHOOL, TestWorld, make_world

SCHOOL = invent(12, quirks=False)


def world_at(moment: datetime, **settings: str) -> TestWorld:
    return make_world(SCHOOL, clock=FakeClock(moment), base={**ONE_SCHOOL, **settings})


def asked_at(one: TestWorld) -> list[datetime]:
    """Return the moments, in UTC, that made a pull due."""
    return [datetime.strptime(f"{pull.id}+0000", "%Y%m%dT%H%M%SZ%z") for pull in pulls(one)]


def pulls(one: TestWorld) -> list[state.Folder]:
    return run.pulls(one.world, "northbank")


def tick_through(one: TestWorld, days: float) -> list[datetime]:
    """Tick every five minutes, each tick doubled; return what was asked for."""
    run.tick(one.world)
    before = len(pulls(one))
    for _ in range(int(days * 86_400 / TICK_S)):
        one.clock.advance(TICK_S)
        run.tick(one.world)
        run.tick(one.world)
        if pulls(one)[-1].has(state.SEALED):
            continue
        one.store.claim(f"{delivery.pulls_folder('northbank')}{pulls(one)[-1].id}/sealed.json", b"")
    return asked_at(one)[before:]


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
    one = world_at(
        datetime(*start, tzinfo=UTC),
        SCHOOLS__NORTHBANK__TIME_ZONE=zone,
        SCHOOLS__NORTHBANK__PULL_AT=at,
    )

    assert [f"{moment:%dT%H:%M}" for moment in tick_through(one, 3)] == due


def test_several_times_a_day_are_each_due_once() -> None:
    """Every time in PULL_AT gives one pull, however often it ticks."""
    one = world_at(
        datetime(2026, 11, 2, 23, 30, tzinfo=UTC), SCHOOLS__NORTHBANK__PULL_AT="06:00,12:30,22:00"
    )

    found = tick_through(one, 1)

    assert [f"{moment:%H:%M}" for moment in found] == ["06:00", "12:30", "22:00"]


def test_a_first_deployment_pulls_at_once() -> None:
    """The time that struck last counts, so that nobody waits for the night to see a result."""
    one = world_at(datetime(2026, 11, 3, 10, 0, tzinfo=UTC))

    run.tick(one.world)
    run.tick(one.world)

    assert asked_at(one) == [datetime(2026, 11, 2, 22, 0, tzinfo=UTC)]


def test_days_without_ticks_are_made_good_by_one_pull() -> None:
    """After an outage of days the newest due time is asked for, not each that was missed."""
    one = world_at(datetime(2026, 11, 3, 22, 0, tzinfo=UTC))
    run.tick(one.world)
    one.clock.advance(timedelta(days=3, hours=2).total_seconds())

    run.tick(one.world)

    assert [f"{moment:%dT%H}" for moment in asked_at(one)] == ["03T22", "06T22"]


def test_a_pull_asked_for_by_hand_stands_for_the_one_that_is_due() -> None:
    """A resync at 22:03 leaves nothing to ask for at 22:05, if the tick at 22:00 was lost."""
    one = make_world(SCHOOL)
    one.clock.advance(180)
    run.ask(one.world, "northbank", "resync")
    one.clock.advance(120)

    run.tick(one.world)

    assert asked_at(one) == [START + timedelta(seconds=180)]


def nudged(one: TestWorld) -> list[str]:
    """Tick once; return the queues that got a message."""
    one.nudges.kept.clear()
    run.tick(one.world)
    return [queue for queue, _, _ in one.nudges.kept]


def stand_still(one: TestWorld) -> None:
    one.clock.advance(state.STANDSTILL.total_seconds() + 1)


def test_what_stands_still_is_nudged_at_every_stage() -> None:
    """A lost nudge costs a quarter of an hour, wherever it was lost, and no more."""
    one = make_world(SCHOOL)
    run.ask(one.world, "northbank", "test")
    for stage in ("asked", "sealed", "merged", "planned", "submitted", "accepted"):
        assert nudged(one) == [], f"{stage}: under way"
        stand_still(one)
        wanted = "pull" if stage == "asked" else "send"
        assert nudged(one) == [wanted], f"{stage}: stands still"
        if stage == "asked":
            run.pull(one.world, "northbank")
        else:
            sending.send(one.world, CONNECTOR)
            while stage == "submitted" and not one.look().named(state.State.ACCEPTED):
                one.clock.advance(6)
                sending.send(one.world, CONNECTOR)
    one.send_until_still()
    stand_still(one)

    assert nudged(one) == [], "done"


def test_a_pull_at_work_is_not_nudged() -> None:
    """What was begun a moment ago is under way, even if it was asked for long before."""
    one = make_world(SCHOOL)
    run.ask(one.world, "northbank", "test")
    stand_still(one)
    folder = f"{delivery.pulls_folder('northbank')}{pulls(one)[-1].id}/"
    one.store.claim(f"{folder}tried-1.json", b"{}")

    assert nudged(one) == []


def test_a_held_delivery_is_not_nudged_and_an_approved_one_is() -> None:
    """Nobody hurries a person; once the answer is there, its delivery must not be forgotten."""
    one = make_world(SCHOOL, SDS__HOLD_FIRST="true")
    one.pull()
    held = one.send_until_still()
    stand_still(one)
    assert nudged(one) == []

    one.store.claim(f"{one.look().prefix}{held.delivery}/{state.APPROVED}", b"{}")
    stand_still(one)

    assert nudged(one) == ["send"]


def test_a_machine_whose_clock_runs_ahead_does_not_stop_the_school() -> None:
    """Pulls and sets are named by storage's clock, so one of next month cannot be the newest."""
    one = make_world(SCHOOL)
    ahead = replace(one.world, clock=FakeClock(START + timedelta(days=30)))
    run.ask(ahead, "northbank", "terminal")
    run.pull(ahead, "northbank")
    one.clock.advance(24 * 3600)

    run.tick(one.world)

    assert len(run.pulls(one.world, "northbank")) == 2
    assert run.pulls(one.world, "northbank")[-1].id < "20260917"


def test_a_stray_blob_is_no_pull_and_no_claim() -> None:
    """Somebody who leaves a note in the container does not stop the school."""
    one = make_world(SCHOOL)
    one.store.create("schools/northbank/pulls/note/readme.txt", b"x")
    one.store.create(f"{delivery.connector_folder(CONNECTOR)}claims/copy.json", b"x")

    nights = [one.pull().outcome for _ in range(2)]

    assert nights == [Outcome.SEALED, Outcome.SEALED]
    assert one.accept().outcome is Outcome.ACCEPTED


def test_one_connectors_trouble_does_not_keep_the_tick_from_the_others() -> None:
    """What can be nudged is nudged, and the trouble is told."""
    one = make_world(SCHOOL, PROFILES__PREP__CONNECTOR="Another", SDS__HOLD_FIRST="true")
    one.pull()
    assert one.accept("Another").outcome is Outcome.HELD
    folder = delivery.connector_folder("Another")
    one.store.create(f"{folder}pauses/000001.json", b"junk")
    one.nudges.kept.clear()
    one.clock.advance(3600)

    step = run.tick(one.world)

    assert isinstance(step.error, StoreConflict)
    assert ("send", {"connector": CONNECTOR}, 0) in one.nudges.kept


def test_who_asks_twice_in_one_second_gets_two_pulls() -> None:
    """The first may have been read already, before whatever the second is about."""
    one = make_world(SCHOOL)
    run.ask(one.world, "northbank", "resync")
    first = run.pull(one.world, "northbank")
    run.ask(one.world, "northbank", "resync")

    assert (first.outcome, run.pull(one.world, "northbank").outcome) == (
        Outcome.SEALED,
        Outcome.SEALED,
    )
