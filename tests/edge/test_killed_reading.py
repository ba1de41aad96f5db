"""A reading whose process is killed is taken up when that is sure, and one that lives never is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import httpx
import pytest

from simulators.host.queues import LEASE_S
from simulators.school import invent
from sync.edge.beating import beating
from sync.edge.storage.queues import Queue
from sync.edge.world import World
from sync.errors import StoreUnavailable
from sync.ledger import states
from sync.ledger.marks import Pulled
from sync.report import Outcome
from sync.steps import pull, schedule, tick
from sync.steps.delivery import Pull, list_pulls, list_sets
from tests.crash.processes import (
    TICK_S,
    Doom,
    DoomedStore,
    Killed,
    Platform,
    Way,
    doomed,
)
from tests.worlds import TestWorld, make_world

SCHOOL = invent(20, quirks=False)
MESSAGE: tuple[Queue, dict[str, str]] = ("pull", {"school": "northbank"})
# host.json: until the message of a dead worker is given to another, and the wait for a poll.
WORKERS_UNSEEN_S, POLL_S = 30.0, 15.0


def asked() -> TestWorld:
    """Return a world in which a pull was asked for."""
    scene = make_world(SCHOOL)
    schedule.ask(scene.world, "northbank", "test")
    scene.nudges.kept.clear()
    return scene


class Waiting(httpx.BaseTransport):
    """The way to an iSAMS that thinks for a while: *meanwhile* happens before it answers."""

    def __init__(self, wire: httpx.BaseTransport, meanwhile: Callable[[], None]) -> None:
        self.wire, self.meanwhile = wire, meanwhile

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.meanwhile()
        return self.wire.handle_request(request)


def newest(scene: TestWorld) -> Pull:
    return list_pulls(scene.store, "northbank")[-1]


def slow(scene: TestWorld, meanwhile: Callable[[], None]) -> World:
    """Return another process, for which iSAMS takes its time."""
    return scene.process(isams_transport=lambda wire: Waiting(wire, meanwhile))


def dies_reading() -> Doom:
    """Return the doom of a process that dies when it has asked iSAMS."""
    good = Doom()
    pull.pull(doomed(asked(), good), "northbank")
    [number] = [n for n, call in enumerate(good.calls, 1) if call.startswith(("GET", "POST"))]
    return Doom(number, Way.AFTER)


def kill(scene: TestWorld) -> None:
    """Let a process die while it reads."""
    with pytest.raises(Killed):
        pull.pull(doomed(scene, dies_reading()), "northbank")


def ticks(scene: TestWorld, minutes: int) -> list[int]:
    """Tick every minute, and let nobody read a message; return the minutes that left one."""
    nudged = []
    for minute in range(1, minutes + 1):
        scene.clock.advance(60)
        tick.tick(scene.world)
        nudged += [minute] * len(scene.nudges.kept)
        scene.nudges.kept.clear()
    return nudged


@pytest.mark.parametrize("tick_s", [60.0, TICK_S])
def test_a_reading_whose_host_is_killed_is_taken_up_by_the_first_tick_after(tick_s: float) -> None:
    """Its message stays with the dead host for ten minutes; a tick sees that nobody reads."""
    scene = asked()
    kill(scene)
    killed_at_s = scene.clock.monotonic_s()
    scene.nudges.nudge(*MESSAGE, LEASE_S)
    platform = Platform(scene, scene.process(), tick_s=tick_s)
    platform.go_on(hours=0.5, until=lambda: states.pull_is_over(newest(scene)))

    assert newest(scene).has(Pulled)
    assert states.attempts(newest(scene)) == 2
    taken_up_in_s = scene.clock.monotonic_s() - killed_at_s
    assert taken_up_in_s < states.BEAT_LASTS.total_seconds() + tick_s


def test_of_all_ticks_one_nudges_for_a_killed_reading() -> None:
    """Others are busy with other schools: no tick leaves another message for what waits."""
    scene = asked()
    kill(scene)

    assert ticks(scene, 12) == [2]


def test_each_killed_attempt_is_taken_up() -> None:
    """The second is missed as the first was, and by its own last word."""
    scene = asked()
    kill(scene)
    assert ticks(scene, 3) == [2]
    kill(scene)

    assert ticks(scene, 5) == [2]


def test_of_two_ticks_at_once_one_takes_a_reading_up() -> None:
    """Both have seen that it is dead: whose mark stands leaves the message."""
    scene = asked()
    kill(scene)
    scene.clock.advance(states.BEAT_LASTS.total_seconds())
    scene.nudges.kept.clear()

    class Slow(DoomedStore):
        """Another tick comes to its end after this one has looked."""

        def claim(self, name: str, body: bytes) -> bool:
            if "/nudged-" in name:
                tick.tick(scene.world)
            return super().claim(name, body)

    tick.tick(scene.process(store=Slow(scene.store, Doom())))

    assert scene.nudges.kept == [(*MESSAGE, 0)]


def test_a_reading_whose_worker_is_killed_is_taken_up_within_two_minutes() -> None:
    """Its message comes back, finds a claim, and comes again when the claim must be dead."""
    scene = asked()
    killed_at_s = scene.clock.monotonic_s()
    kill(scene)
    scene.clock.advance(WORKERS_UNSEEN_S + POLL_S)

    assert pull.pull(scene.world, "northbank").outcome is Outcome.BUSY
    [(queue, message, wait_s)] = scene.nudges.kept
    scene.clock.advance(wait_s + POLL_S)
    assert pull.pull(scene.world, "northbank").outcome is Outcome.SEALED

    assert (queue, message) == MESSAGE
    assert scene.clock.monotonic_s() - killed_at_s < 120


def test_a_reading_that_lives_is_left_alone_however_long_it_takes() -> None:
    """Two minutes of thinking, signs of life in between: no other begins, no tick nudges."""
    scene, numbers = asked(), count(1)
    nudged: list[object] = []
    others: list[Outcome] = []
    beat: Callable[[int], object] = str

    def meanwhile() -> None:
        for _ in range(6):
            scene.clock.advance(states.BEAT_S)
            beat(next(numbers))
            others.append(pull.pull(scene.world, "northbank").outcome)
            scene.nudges.kept.clear()
            tick.tick(scene.world)
            nudged.extend(scene.nudges.kept)

    @contextmanager
    def by_hand(given: Callable[[int], object], every_s: float) -> Generator[None]:
        nonlocal beat
        assert every_s == states.BEAT_S
        beat = given
        yield

    step = pull.pull(replace(slow(scene, meanwhile), beating=by_hand), "northbank")

    assert step.outcome is Outcome.SEALED
    assert set(others) == {Outcome.BUSY}
    assert nudged == []
    assert states.attempts(newest(scene)) == 1


def test_a_reading_that_slept_leaves_it_to_the_one_that_took_over() -> None:
    """A laptop that was shut finds, when it wakes, that it was taken for dead: it seals nothing."""
    scene, others = asked(), []

    def meanwhile() -> None:
        scene.clock.advance(states.BEAT_LASTS.total_seconds())
        others.append(pull.pull(scene.world, "northbank").outcome)

    step = pull.pull(slow(scene, meanwhile), "northbank")

    assert others == [Outcome.SEALED]
    assert step.outcome is Outcome.BUSY
    assert len(list_sets(scene.store, "seniors")) == 1


def test_signs_of_life_are_given_until_the_work_is_done() -> None:
    """One after another, also after one that storage did not take; none begins afterwards."""
    seen: list[int] = []
    third = threading.Event()

    def beat(number: int) -> None:
        seen.append(number)
        if number == 2:
            raise StoreUnavailable("storage is busy")
        if number == 3:
            third.set()

    with beating(beat, 0.01):
        assert third.wait(5)
    for thread in threading.enumerate():
        if thread.name == "beating":
            thread.join(5)

    assert seen[:3] == [1, 2, 3]
    assert "beating" not in {thread.name for thread in threading.enumerate()}


def test_short_work_gives_no_sign_of_life() -> None:
    """A night costs what it did: no reading of a few seconds writes a blob more."""
    scene = asked()

    assert pull.pull(scene.world, "northbank").outcome is Outcome.SEALED
    assert not [b for b in scene.store.blobs("schools/") if "/reading-" in b.name]
