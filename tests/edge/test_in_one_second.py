"""Names hold whole seconds: what is done within one, or by a clock that was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.edge.storage.folder import FolderStore
from sync.edge.world import World
from sync.ledger import ids, states
from sync.report import Outcome, Step
from sync.steps import pull, schedule, send, tick
from sync.steps.delivery import list_pulls, list_sets
from sync.terminal.follower import Follower, Patience, Sent, sealed_since
from tests.clocks import FakeClock
from tests.crash.scheduler import Race
from tests.worlds import CONNECTOR, TestWorld, make_world

SCHOOL = invent(20, quirks=False)
OTHER = without_pupils(SCHOOL, [SCHOOL.pupils[5].school_id])
QUICK = Knobs(operation_polls=0, run_duration_s=60)
AHEAD = timedelta(days=30)


class Unsleeping(FakeClock):
    """The clock of one of several processes: its own sleep makes nobody else older."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic_s(self) -> float:
        return self._clock.monotonic_s()


def ask_and_pull(world: World) -> Step:
    schedule.ask(world, "northbank", "terminal")
    return pull.pull(world, "northbank")


def run_at_a_terminal(world: World, ended: list[Step]) -> None:
    """Do what `run` does: read, and follow what was sealed until SDS has answered."""
    asked_at = world.clock.now()
    ended.append(ask_and_pull(world))
    if sets := sealed_since(world, CONNECTOR, asked_at):
        ended.append(Follower(world, CONNECTOR, Sent(sets=sets), Patience(run_s=0)).follow())


def test_a_school_that_is_read_twice_in_one_second_is_sealed_twice() -> None:
    """The same school, but not the same set: each says what iSAMS showed at its own moment."""
    scene = make_world(SCHOOL)
    scene.clock.advance(0.25)
    steps = [ask_and_pull(scene.world)]
    scene.clock.advance(0.25)
    steps.append(ask_and_pull(scene.world))

    assert [step.outcome for step in steps] == [Outcome.SEALED] * 2
    sets = list_sets(scene.store, "seniors")
    assert len({sealed.id for sealed in sets}) == len(sets) == 2
    assert len({sealed.manifest().digest for sealed in sets}) == 1
    assert sets == sorted(sets, key=lambda sealed: sealed.manifest().pulled_at)


def test_the_later_of_two_sets_of_one_second_is_the_newest() -> None:
    """Whatever its digits are: what is sent is what was read last."""
    for school in (invent(20, seed=seed, quirks=False) for seed in range(6)):
        scene = make_world(school)
        gone = [pupil.school_id for pupil in school.pupils if pupil.year >= 7][:1]
        ask_and_pull(scene.world)
        scene.next_night(changed=school, without=gone, after_h=0.1 / 3600)
        ask_and_pull(scene.world)

        counts = [
            sealed.manifest().counts["students"] for sealed in list_sets(scene.store, "seniors")
        ]
        assert counts[0] == counts[-1] + 1


def test_a_run_that_is_begun_again_at_once_is_a_run(tmp_path: Path) -> None:
    """However often within the second, after failures too: it reads the school and sends it."""
    scene = make_world(
        SCHOOL, knobs=QUICK, store=lambda clock: FolderStore(tmp_path / "rosters", clock=clock)
    )
    key = scene.isams.keys
    scene.isams.keys = {}
    failed = [ask_and_pull(scene.world).outcome for _ in range(12)]
    scene.isams.keys = key
    ended: list[Step] = []
    for _ in range(3):
        run_at_a_terminal(scene.world, ended)

    assert failed == [Outcome.FAILED] * 12
    assert [step.outcome for step in ended if step.name == "pull"] == [Outcome.SEALED] * 3
    assert len(list_pulls(scene.store, "northbank")) == 15
    assert not [step.error for step in ended if step.error]


@pytest.mark.parametrize("seed", range(20))
def test_three_terminals_at_once_all_end_well(seed: int) -> None:
    """None is told of a fault of the app: one reads, and the others are busy, or read as well."""
    scene = make_world(SCHOOL, knobs=QUICK)
    ended: list[Step] = []

    def run(world: World) -> None:
        run_at_a_terminal(replace(world, clock=Unsleeping(scene.clock)), ended)

    Race(scene, seed).run([run] * 3)

    pulled = [step.outcome for step in ended if step.name == "pull"]
    assert Outcome.SEALED in pulled
    assert len(pulled) == 3
    assert not [step for step in [*ended, *scene.steps] if step.outcome is Outcome.FAILED]
    assert len(scene.sds.submissions) == 1


def test_two_deliveries_of_one_second_are_two() -> None:
    """The second holds the same files: it says so in a folder of its own, not in the first's."""
    scene = make_world(SCHOOL, knobs=QUICK)
    ask_and_pull(scene.world)
    first = send.send(scene.world, CONNECTOR)
    scene.clock.advance(0.1)
    ask_and_pull(scene.world)
    second = send.send(scene.world, CONNECTOR)

    assert first.delivery != second.delivery
    assert [each.id for each in scene.look().deliveries] == [first.delivery, second.delivery]


# --- A clock that once ran ahead --------------------------------------------------------------


@pytest.fixture
def corrected(tmp_path: Path) -> TestWorld:
    """Return a folder store that was written a month ahead, and a clock that is right again."""
    scene = make_world(
        SCHOOL, knobs=QUICK, store=lambda clock: FolderStore(tmp_path / "rosters", clock=clock)
    )
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.DONE
    scene.clock.advance(AHEAD.total_seconds())
    scene.next_night(changed=OTHER, after_h=0)
    assert scene.send_until_still().outcome is Outcome.DONE
    scene.clock.advance(3600 - AHEAD.total_seconds())
    return scene


def test_a_clock_that_once_ran_ahead_does_not_stop_a_folder(corrected: TestWorld) -> None:
    """The next nights are read, sealed and sent, each as the newest."""
    for school in (SCHOOL, OTHER, SCHOOL):
        assert corrected.next_night(changed=school).outcome is Outcome.SEALED
        step = corrected.send_until_still()
        assert step.delivery == corrected.look().deliveries[-1].id
        assert corrected.look().states[-1][1] in {states.State.ACCEPTED, states.State.DONE}

    assert len(corrected.sds.submissions) == 5
    files = corrected.look().deliveries[-1].files()
    assert corrected.sds.submissions[-1].files == files


def test_after_it_what_is_due_is_asked_for(corrected: TestWorld) -> None:
    """A tick does not take next month's pull for tonight's; of two ticks one asks."""
    corrected.clock.advance(24 * 3600)
    asked = [tick.tick(corrected.world).facts["asked"] for _ in range(2)]

    assert asked == [1, 0]
    assert pull.pull(corrected.world, "northbank").outcome is Outcome.SEALED


def test_after_it_a_delivery_is_compared_with_what_sds_holds(corrected: TestWorld) -> None:
    """With the last that was handed over, not with that of next month."""
    corrected.next_night(changed=SCHOOL)
    last = corrected.send_until_still()
    held = corrected.look().may_hold()

    assert last.delivery == held[-1].delivery_id


def test_what_was_read_ahead_of_time_is_too_old_to_send(corrected: TestWorld) -> None:
    """Nobody knows its age: it is not sent for a month, but counts as stale until it is read."""
    corrected.clock.advance(AHEAD.total_seconds())
    corrected.next_night(changed=SCHOOL, after_h=0)
    corrected.clock.advance(-AHEAD.total_seconds())

    step = corrected.send_until_still()

    assert (step.name, step.outcome) == ("merge", Outcome.STALE)


def test_what_was_planned_ahead_of_time_is_too_old_to_hand_over(corrected: TestWorld) -> None:
    """The clock was set right just before: nobody knows how old it is."""
    corrected.clock.advance(AHEAD.total_seconds())
    corrected.next_night(changed=SCHOOL, after_h=0)
    planned = [send.send(corrected.world, CONNECTOR).outcome for _ in range(2)]
    assert planned == [Outcome.SEALED, Outcome.PLANNED]
    corrected.clock.advance(-AHEAD.total_seconds())

    step = corrected.send_until_still()

    assert (step.name, step.outcome) == ("hand-over", Outcome.STALE)
    assert len(corrected.sds.submissions) == 2


def test_a_claim_of_next_month_keeps_nobody_waiting(corrected: TestWorld) -> None:
    """Its holder was killed, and nobody can wait until it is ten minutes old."""
    claims = f"{corrected.look().prefix}claims/"
    done = max(blob.name for blob in corrected.store.blobs(claims) if blob.name.endswith(".done"))
    corrected.store.delete(done)
    corrected.next_night(changed=SCHOOL)

    assert corrected.send_until_still().outcome is not Outcome.BUSY
    assert len(corrected.sds.submissions) == 3


@pytest.mark.parametrize(
    ("now", "stamps", "after"),
    [
        ("20261121T220000Z", [], "20261121T220000Z"),
        ("20261121T220000Z", ["20261121T215959Z"], "20261121T220000Z"),
        ("20261121T220000Z", ["20261121T220000Z"], "20261121T220001Z"),
        ("20261121T220000Z", ["20261221T235959Z", "20261121T220000Z"], "20261222T000000Z"),
    ],
)
def test_a_pull_is_named_after_every_other(now: str, stamps: Sequence[str], after: str) -> None:
    """Now, or the second after the last."""
    assert ids.stamp(ids.after(ids.moment_of_stamp(now), stamps)) == after
