"""What comes late never looks newer, and what is lost is never taken for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.edge.clock import Budget
from sync.edge.world import Source
from sync.isams.datasets import NOTHING_MORE, Wanted
from sync.isams.school import School, Subject
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import pull, schedule, sweep, tick
from sync.steps.delivery import list_sets
from tests.clocks import FakeClock
from tests.memory_store import MemoryStore
from tests.worlds import TestWorld, make_world

SCHOOL = invent(20, quirks=False)
COVERED = [pupil.school_id for pupil in SCHOOL.pupils if pupil.year >= 3]
OTHERS = [without_pupils(SCHOOL, [school_id]) for school_id in COVERED[:4]]
QUICK = Knobs(operation_polls=0, run_duration_s=60)


def delivered() -> TestWorld:
    """Return a world whose school was delivered a day ago."""
    scene = make_world(SCHOOL, knobs=QUICK, SCHOOLS__NORTHBANK__SCHOOL_YEAR="2026")
    scene.next_night()
    assert scene.send_until_still().outcome is Outcome.DONE
    scene.clock.advance(22 * 3600)
    return scene


class _Asleep:
    """A machine that has read the school, and sleeps until the app has read and sent another."""

    def __init__(self, scene: TestWorld, source: Source) -> None:
        self._scene = scene
        self._source = source

    def school(self, budget: Budget, wanted: Wanted = NOTHING_MORE) -> School:
        read, scene = self._source.school(budget, wanted), self._scene
        scene.clock.advance(10 * 3600)
        scene.isams.school = OTHERS[0]
        scene.isams.flush()
        tick.tick(scene.world)
        assert pull.pull(scene.world, "northbank").outcome is Outcome.SEALED
        assert scene.send_until_still().outcome is Outcome.DONE
        return read

    def subjects(self, budget: Budget) -> Mapping[str, Subject]:
        return self._source.subjects(budget)


def test_a_reading_that_comes_late_is_not_the_newest() -> None:
    """A laptop that wakes in the morning puts no pupil back into the classes of yesterday."""
    scene = delivered()
    schedule.ask(scene.world, "northbank", "terminal")
    asleep = replace(scene.world, source=lambda school: _Asleep(scene, scene.world.source(school)))

    pull.pull(asleep, "northbank")

    newest = list_sets(scene.store, "seniors")[-1]
    assert newest.manifest().pulled_at == max(
        sealed.manifest().pulled_at for sealed in list_sets(scene.store, "seniors")
    )
    assert scene.send_until_still().outcome is Outcome.NOTHING
    assert len(scene.sds.submissions) == 2


@pytest.mark.parametrize("missing", [True, False], ids=["missing", "damaged"])
def test_a_hand_over_whose_manifest_is_gone_does_not_stop_the_nights_after(
    *, missing: bool
) -> None:
    """What SDS answers for it cannot be judged: the next waits for a person, and then goes."""
    scene = delivered()
    scene.next_night(changed=OTHERS[0])
    scene.hand_over()
    handed = scene.look()
    path = f"{handed.prefix}{handed.deliveries[-1].id}/manifest.json"
    scene.store.delete(path)
    if not missing:
        scene.store.create(path, b"changed")

    for school in OTHERS[1:3]:
        scene.next_night(changed=school)
        step = scene.send_until_still()

        assert step.outcome is Outcome.HELD


def test_a_delivery_whose_folder_is_gone_may_be_what_sds_holds() -> None:
    """Its claim stands: whoever goes back to the school of before is not told that SDS has it."""
    scene = delivered()
    scene.next_night(changed=OTHERS[0])
    assert scene.send_until_still().outcome is Outcome.DONE
    listing = scene.look()
    for blob in scene.store.blobs(f"{listing.prefix}{listing.deliveries[-1].id}/"):
        scene.store.delete(blob.name)

    scene.next_night(changed=SCHOOL)

    assert scene.send_until_still().outcome is Outcome.HELD
    assert scene.look().states[-1][1] is State.HELD


def test_a_claim_whose_end_is_damaged_stops_nothing() -> None:
    """How it ended nobody knows, so it counts as one that got through."""
    scene = delivered()
    (done,) = [
        blob.name for blob in scene.store.blobs("connectors/") if blob.name.endswith(".done")
    ]
    scene.store.delete(done)
    scene.store.create(done, b"")

    scene.next_night(changed=OTHERS[0])

    assert scene.send_until_still().outcome is Outcome.DONE


class _Slow(MemoryStore):
    """A store in which a delete takes a tenth of a second."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self._slow = clock

    def delete(self, name: str) -> None:
        self._slow.advance(0.1)
        super().delete(name)


def test_a_sweep_that_ran_out_of_time_goes_on_at_the_next_tick() -> None:
    """It is not noted as done: rosters do not outlive their week for that."""
    scene = make_world(SCHOOL, knobs=QUICK, store=_Slow)
    old = "profiles/prep/20260801T210000Z-0000000a/"
    for number in range(700):
        scene.store.create(f"{old}odd-{number}.csv", b"x")
    scene.clock.advance(timedelta(days=8).total_seconds())

    for _ in range(3):
        sweep.sweep(scene.world, scene.store.now())
        scene.clock.advance(300)

    assert not scene.store.blobs(old)


def test_what_a_clock_that_ran_ahead_has_dated_goes_a_week_later() -> None:
    """Not a week after the day on which it seems to have been written."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.clock.advance(timedelta(days=30).total_seconds())
    old = "profiles/prep/20260801T210000Z-0000000a/users.csv"
    scene.store.create(old, b"x")
    scene.clock.advance(-timedelta(days=20).total_seconds())

    sweep.sweep(scene.world, scene.store.now())

    assert not scene.store.blobs("profiles/prep/20260801T210000Z-0000000a/")
