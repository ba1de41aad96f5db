"""Restores that somebody else is quicker with, that storage interrupts, or that come to nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from simulators.school import invent
from simulators.sds import Knobs
from sync.errors import AnswerRefused
from sync.ledger import states
from sync.ledger.claims import Paused
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval, restore, send, tick
from sync.steps.sweep import SWEEP_EVERY
from tests.clocks import FakeClock
from tests.crash.processes import Doom, Way, doomed
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, TestWorld, make_world

SCHOOL = invent(40, quirks=False)
COVERED = [pupil.school_id for pupil in SCHOOL.pupils if pupil.year >= 3]
QUICK = Knobs(operation_polls=0, run_duration_s=60)
DAY_S = 24 * 3600.0


def two_nights(store: Callable[[FakeClock], MemoryStore] = MemoryStore) -> tuple[TestWorld, str]:
    """Return a world of two deliveries that SDS has taken, and the id of the first."""
    scene = make_world(SCHOOL, knobs=QUICK, store=store, SCHOOLS__NORTHBANK__SCHOOL_YEAR="2026")
    for number in (0, 1):
        scene.next_night(changed=SCHOOL, without=COVERED[number : number + 1])
        assert scene.send_until_still().outcome is Outcome.DONE
    return scene, scene.look().deliveries[0].id


class Contended(MemoryStore):
    """Somebody else is a moment quicker with a pause."""

    quicker: Paused | None = None

    def claim(self, name: str, body: bytes) -> bool:
        if self.quicker and "/pauses/" in name:
            super().claim(name, self.quicker.to_json())
            self.quicker = None
        return super().claim(name, body)


def test_of_two_who_ask_at_the_same_moment_one_is_refused() -> None:
    """The other's pause stands, and whoever was refused is told to look at the status."""
    scene, first = two_nights(Contended)
    second = scene.look().deliveries[1].id
    assert isinstance(scene.store, Contended)
    theirs = Paused(restores=second, delivery=second, at=scene.clock.now(), by="another")
    scene.store.quicker = theirs
    scene.nudges.kept.clear()

    with pytest.raises(AnswerRefused, match="at the same moment by somebody"):
        restore.restore(scene.world, first)

    assert scene.look().pause == theirs
    assert not scene.nudges.kept


def test_a_restore_under_way_is_not_nudged_and_one_that_stands_still_is() -> None:
    """Its own message comes first; ten minutes later a tick leaves another."""
    scene, first = two_nights()
    restore.restore(scene.world, first)
    scene.nudges.kept.clear()
    wanted = ("send", {"connector": CONNECTOR}, 0)

    tick.tick(scene.world)
    assert wanted not in scene.nudges.kept
    scene.clock.advance(states.STANDSTILL.total_seconds() + 1)
    tick.tick(scene.world)

    assert wanted in scene.nudges.kept


def test_a_restore_that_storage_interrupts_is_gone_on_with() -> None:
    """Storage that is away is no fault of the files: nothing is written down as failed."""
    scene, first = two_nights()
    pause = restore.restore(scene.world, first)
    calls = Doom()
    send.send(doomed(scene_copy(scene), calls), CONNECTOR)
    at = next(n for n, call in enumerate(calls.calls, 1) if call.endswith(f"{first}/users.csv"))

    step = send.send(doomed(scene, Doom(at, Way.FAILED)), CONNECTOR)
    assert step.outcome is Outcome.LATER
    assert scene.look().delivery(pause.delivery) is None

    assert scene.send_until_still().outcome is Outcome.DONE


def scene_copy(scene: TestWorld) -> TestWorld:
    """Return the same world over a copy of what is stored, to see which calls are made."""
    assert isinstance(scene.store, MemoryStore)
    store = MemoryStore(scene.clock)
    store.held = dict(scene.store.held)
    return replace(scene, store=store)


def test_a_restore_of_what_is_gone_by_then_fails_and_says_so() -> None:
    """Somebody has deleted the former delivery since: SDS keeps what it has."""
    scene, first = two_nights()
    restore.restore(scene.world, first)
    for blob in scene.store.blobs(f"{scene.look().prefix}{first}/"):
        scene.store.delete(blob.name)

    step = scene.send_until_still()

    assert (step.outcome, step.error and step.error.code) == (Outcome.FAILED, "StoreMissing")
    assert len(scene.sds.submissions) == 2


def rejected(scene: TestWorld, pause: Paused) -> None:
    send.send(scene.world, CONNECTOR)
    send.send(scene.world, CONNECTOR)
    approval.reject(scene.world, pause.delivery)


def _swept_meanwhile(scene: TestWorld, pause: Paused) -> None:
    send.send(scene.world, CONNECTOR)
    scene.store.create(f"{scene.look().prefix}{pause.delivery}/swept.json", b"{}")


@pytest.mark.parametrize(
    ("spoil", "state"), [(rejected, State.REJECTED), (_swept_meanwhile, State.SWEPT)]
)
def test_what_did_not_reach_sds_is_restored_by_another(
    spoil: Callable[[TestWorld, Paused], None], state: State
) -> None:
    """Asked for again, there is a new delivery, and it goes."""
    scene, first = two_nights()
    pause = restore.restore(scene.world, first)
    spoil(scene, pause)
    assert {each.id: reached for each, reached in scene.look().states}[pause.delivery] is state
    scene.clock.advance(60)

    again = restore.restore(scene.world, first)

    assert again.delivery != pause.delivery
    assert scene.send_until_still().outcome is Outcome.DONE


def test_what_is_still_on_its_way_is_not_restored_twice() -> None:
    """While it waits to be compared, or for a person, the answer stays the same."""
    scene, first = two_nights()
    pause = restore.restore(scene.world, first)
    for _ in range(3):
        send.send(scene.world, CONNECTOR)
        scene.clock.advance(6)
        assert restore.restore(scene.world, first) == pause


def test_a_sweep_keeps_both_deliveries_of_a_pause() -> None:
    """What was to come back, and what was made of it, even if somebody rejected that."""
    scene, first = two_nights()
    pause = restore.restore(scene.world, first)
    rejected(scene, pause)
    scene.clock.advance(20 * DAY_S)
    tick.tick(scene.world)
    prefix = scene.look().prefix
    for delivery in (first, pause.delivery):
        assert scene.store.read(f"{prefix}{delivery}/users.csv")

    restore.resume(scene.world)
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    tick.tick(scene.world)

    for delivery in (first, pause.delivery):
        assert f"{prefix}{delivery}/users.csv" not in [b.name for b in scene.store.blobs(prefix)]
