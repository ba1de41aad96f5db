"""What is damaged, killed or lost ends in a hold or a word, never in a failure each night."""

from __future__ import annotations

import pytest

from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval, restore, send, status, tick
from sync.steps.attempts import KILLED_TIMES
from tests.crash.processes import Doom, Killed, Way, doomed
from tests.worlds import CONNECTOR, TestWorld, make_world

SCHOOL = invent(20, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)
COVERED = [pupil.school_id for pupil in SCHOOL.pupils if pupil.year >= 3]
OTHERS = [without_pupils(SCHOOL, [school_id]) for school_id in COVERED[:3]]
EVERY_FILE = ("users.csv", "orgs.csv", "enrollments.csv", "manifest.json")


def two_nights() -> TestWorld:
    """Return a world whose second delivery, another than the first, was taken a day ago."""
    scene = make_world(SCHOOL, knobs=QUICK, SCHOOLS__NORTHBANK__SCHOOL_YEAR="2026")
    for school in OTHERS[:2]:
        scene.next_night(changed=school)
        assert scene.send_until_still().outcome is Outcome.DONE
    return scene


def damage(scene: TestWorld, name: str, *, missing: bool) -> None:
    """Delete a file of the last accepted delivery, or leave other bytes in its place."""
    path = f"{scene.look().prefix}{scene.look().deliveries[-1].id}/{name}"
    scene.store.delete(path)
    if not missing:
        scene.store.create(path, b"changed")


@pytest.mark.parametrize("missing", [True, False], ids=["missing", "damaged"])
@pytest.mark.parametrize("name", [*EVERY_FILE, "plan.json", "submitted.json"])
def test_without_a_file_of_what_sds_holds_there_is_nothing_to_compare_with(
    name: str, *, missing: bool
) -> None:
    """Night after night it is held, for a person to look; approved, it goes, and all is well."""
    scene = two_nights()
    damage(scene, name, missing=missing)
    compared = name in EVERY_FILE
    for school in (OTHERS[2], SCHOOL):
        scene.next_night(changed=school)
        step = scene.send_until_still()
        assert step.outcome is (Outcome.HELD if compared else Outcome.DONE)

    if compared:
        approval.approve(scene.world, step.delivery)
        assert scene.send_until_still().outcome is Outcome.DONE
    scene.next_night(changed=OTHERS[0])
    assert scene.send_until_still().outcome is Outcome.DONE


@pytest.mark.parametrize("missing", [True, False], ids=["missing", "damaged"])
@pytest.mark.parametrize("name", EVERY_FILE)
def test_an_older_delivery_can_be_restored_where_the_last_is_damaged(
    name: str, *, missing: bool
) -> None:
    """It is held, for it cannot be compared; a person who approves has it back."""
    scene = two_nights()
    first = scene.look().deliveries[0].id
    damage(scene, name, missing=missing)

    pause = restore.restore(scene.world, first)
    assert scene.send_until_still().outcome is Outcome.HELD
    approval.approve(scene.world, pause.delivery)

    assert scene.send_until_still().outcome is Outcome.DONE
    assert scene.sds.submissions[-1].files == scene.sds.submissions[0].files
    assert restore.resume(scene.world) == [CONNECTOR]


def killed_at(scene: TestWorld, call: str) -> None:
    """Send in a process that is killed at the first call that begins so, as when memory ends."""

    class _Aimed(Doom):
        def _is_the_one(self, name: str) -> bool:
            self.demand_life()
            return name.startswith(call)

    with pytest.raises(Killed):
        send.send(doomed(scene, _Aimed(1, Way.BEFORE)), CONNECTOR)


def nudged(scene: TestWorld) -> bool:
    """Tick after a while; say whether a send was asked for."""
    scene.nudges.kept.clear()
    scene.clock.advance(3600)
    tick.tick(scene.world)
    return any(queue == "send" for queue, _, _ in scene.nudges.kept)


def told(scene: TestWorld) -> str:
    return str(status.survey(scene.world).connectors[CONNECTOR].deliveries[0].error)


def test_a_merge_that_is_killed_each_time_is_given_up() -> None:
    """After five times it has failed, says why in the status, and nothing is nudged any more."""
    scene = two_nights()
    scene.next_night(changed=OTHERS[2], after_h=1)
    merged = f"read profiles/seniors/{scene.store.folders('profiles/seniors/')[-1]}/users.csv"
    for _ in range(KILLED_TIMES):
        killed_at(scene, merged)
        assert scene.look().states[-1][1] is State.DONE
        assert nudged(scene)

    step = send.send(scene.world, CONNECTOR)

    assert (step.outcome, step.error and step.error.code) == (Outcome.FAILED, "UnexpectedError")
    assert "killed again and again" in told(scene)
    assert not nudged(scene)
    scene.next_night(changed=OTHERS[2], after_h=1)
    assert scene.send_until_still().outcome is Outcome.DONE


def test_a_comparison_that_is_killed_each_time_is_given_up() -> None:
    """It is sealed, and cannot be compared: the same holds for it."""
    scene = two_nights()
    scene.next_night(changed=OTHERS[2], after_h=1)
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.SEALED
    delivery = f"read {scene.look().prefix}{scene.look().deliveries[-1].id}/users.csv"
    for _ in range(KILLED_TIMES):
        killed_at(scene, delivery)
    scene.clock.advance(700)  # then the last, too, cannot be at work any more

    assert send.send(scene.world, CONNECTOR).outcome is Outcome.FAILED
    assert scene.look().states[-1][1] is State.FAILED
    assert "killed again and again" in told(scene)
    assert not nudged(scene)


def test_a_restore_that_is_killed_each_time_is_given_up() -> None:
    """And can be asked for again, as anything that came to nothing."""
    scene = two_nights()
    first = scene.look().deliveries[0].id
    pause = restore.restore(scene.world, first)
    for _ in range(KILLED_TIMES):
        killed_at(scene, f"read {scene.look().prefix}{first}/users.csv")
    scene.clock.advance(700)

    step = send.send(scene.world, CONNECTOR)
    assert step.outcome is Outcome.FAILED
    assert "ask for the restore again" in str(step.error)
    scene.clock.advance(60)
    assert restore.restore(scene.world, first).delivery != pause.delivery
    assert scene.send_until_still().outcome is Outcome.DONE


def test_who_is_at_work_was_not_killed() -> None:
    """However many begin at once, as with doubled nudges: what they make goes."""
    scene = two_nights()
    scene.next_night(changed=OTHERS[2], after_h=1)
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.SEALED
    delivery = f"read {scene.look().prefix}{scene.look().deliveries[-1].id}/users.csv"
    for _ in range(KILLED_TIMES):
        killed_at(scene, delivery)

    assert send.send(scene.world, CONNECTOR).outcome is Outcome.PLANNED
    assert scene.send_until_still().outcome is Outcome.DONE


def test_what_storage_interrupts_is_not_killed() -> None:
    """Ten times storage was away in the middle: the eleventh merge is made all the same."""
    scene = two_nights()
    scene.next_night(changed=OTHERS[2], after_h=1)
    for _ in range(KILLED_TIMES * 2):
        calls = Doom()
        probe = doomed(scene, calls)
        calls.at = 12
        calls.way = Way.FAILED
        assert send.send(probe, CONNECTOR).outcome is Outcome.LATER
        assert calls.calls[-2].startswith(("read", "claim"))

    assert scene.send_until_still().outcome is Outcome.DONE


def test_merges_that_came_to_an_end_are_not_counted() -> None:
    """The same sets may be merged again and again, as after each resume: that is no fault."""
    scene = two_nights()
    first = scene.look().deliveries[0].id
    for _ in range(KILLED_TIMES + 2):
        restore.restore(scene.world, first)
        assert scene.send_until_still().outcome in {Outcome.DONE, Outcome.UNCHANGED}
        restore.resume(scene.world)
        assert scene.send_until_still().outcome in {Outcome.DONE, Outcome.LIMITED}
        scene.clock.advance(5 * 3600)
