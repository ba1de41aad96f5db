"""Schools that share a connector wait for each other, and go to SDS together."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from simulators.isams import faults
from sync.ledger.marks import TERMINAL
from sync.ledger.pace import QUIET, SPACING
from sync.report import Outcome, Step
from sync.steps import approval, pull, restore, schedule, send, tick
from tests.edge.test_many_schools import lose_a_pupil
from tests.worlds import CONNECTOR, TestWorld, make_group, make_world

TEN_S = QUIET.total_seconds()


def both_taken() -> TestWorld:
    """Return two schools that SDS has taken, in the middle of the next day."""
    scene = make_group()
    for school in ("northbank", "southbank"):
        scene.pull(school)
    assert scene.send_until_still().outcome is Outcome.DONE
    scene.clock.advance_to(12)
    scene.nudges.kept.clear()
    return scene


def night(scene: TestWorld) -> None:
    """Let both schools' pulls be asked for by the timer; from each a pupil is gone."""
    scene.clock.advance_to(22)
    for school in ("northbank", "southbank"):
        lose_a_pupil(scene, school)
    tick.tick(scene.world)


def sent(scene: TestWorld) -> Step:
    return send.send(scene.world, CONNECTOR)


def until(step: Step) -> datetime:
    return datetime.fromisoformat(str(step.facts["until"]))


def read(scene: TestWorld, school: str, by: str) -> None:
    """Have a pupil leave, and the school read at the word of *by*."""
    lose_a_pupil(scene, school)
    scene.clock.advance(1)
    schedule.ask(scene.world, school, by)
    assert pull.pull(scene.world, school).outcome is Outcome.SEALED


def test_a_school_waits_for_a_pull_that_is_being_tried() -> None:
    """And goes with it, in one hand-over."""
    scene = both_taken()
    night(scene)
    pull.pull(scene.world, "northbank")
    step = sent(scene)
    pull.pull(scene.world, "southbank")

    assert (step.outcome, step.facts["for"]) == (Outcome.SETTLING, "pulls")
    assert until(step) - scene.clock.now() <= timedelta(hours=1)
    assert scene.accept().outcome is Outcome.ACCEPTED
    assert len(scene.sds.submissions) == 2


def test_it_waits_an_hour_at_most() -> None:
    """A pull that nobody sees to keeps no school from SDS."""
    scene = both_taken()
    night(scene)
    pull.pull(scene.world, "northbank")
    scene.clock.advance(3601)

    assert scene.accept().outcome is Outcome.ACCEPTED


def test_a_pull_in_the_pause_after_a_failure_is_not_waited_for() -> None:
    """What it brings goes four hours after the others at the earliest, and a tick sees to it."""
    scene = both_taken()
    night(scene)
    scene.isams_of["southbank"].faults = faults.refused(503)
    pull.pull(scene.world, "southbank")
    pull.pull(scene.world, "northbank")
    assert scene.accept().outcome is Outcome.ACCEPTED
    handed_at = scene.clock.now()
    scene.isams_of["southbank"].faults = faults.Faults()
    scene.clock.advance(3600)
    pull.pull(scene.world, "southbank")

    step = sent(scene)
    scene.nudges.kept.clear()
    scene.clock.advance(1200)
    tick.tick(scene.world)
    nudged = [queue for queue, _, _ in scene.nudges.kept]
    scene.clock.advance_to(3)
    tick.tick(scene.world)

    assert (step.outcome, step.facts["for"], step.again_in_s) == (Outcome.SETTLING, "hours", None)
    assert abs(until(step) - handed_at - SPACING) < timedelta(minutes=1)
    assert "send" not in nudged
    assert ("send", {"connector": CONNECTOR}, 0) in scene.nudges.kept
    assert scene.accept().outcome is Outcome.ACCEPTED


def test_what_people_have_read_goes_together_after_ten_minutes() -> None:
    """Not four hours after the night's hand-over, and once for both schools."""
    scene = both_taken()
    for school in ("northbank", "southbank"):
        read(scene, school, "resync")
    step = sent(scene)

    assert (step.outcome, step.facts["for"]) == (Outcome.SETTLING, "hours")
    assert step.again_in_s == pytest.approx(TEN_S, abs=5)
    assert scene.accept().outcome is Outcome.ACCEPTED
    assert len(scene.sds.submissions) == 2


def test_a_run_at_a_terminal_waits_for_nobody() -> None:
    """It reads all that it was asked for before it sends."""
    scene = both_taken()
    for school in ("northbank", "southbank"):
        read(scene, school, TERMINAL)

    assert sent(scene).outcome is Outcome.SEALED


def test_what_goes_on_after_a_restore_waits_for_nobody() -> None:
    """Who resumes wants it sent."""
    scene = both_taken()
    read(scene, "northbank", "resync")
    scene.accept()
    former = min(each.id for each in scene.look().deliveries)
    restore.restore(scene.world, former)
    assert scene.accept().outcome is Outcome.ACCEPTED
    restore.resume(scene.world)

    assert sent(scene).outcome is Outcome.SEALED


def test_answers_to_two_offers_go_together() -> None:
    """Ten minutes after the second."""
    scene = both_taken()
    for school in ("northbank", "southbank"):
        for _ in range(14):
            lose_a_pupil(scene, school)
        scene.pull(school)
    scene.send_until_still()
    for school, held in scene.look().offers.items():
        assert school in {"northbank", "southbank"}
        approval.approve(scene.world, held[-1].id)
        scene.clock.advance(300)
        assert sent(scene).outcome is Outcome.SETTLING

    assert scene.accept().outcome is Outcome.ACCEPTED
    assert len(scene.sds.submissions) == 2


def test_what_was_merged_before_is_handed_over_while_others_wait() -> None:
    """A delivery that may go is not kept by what comes after it."""
    scene = both_taken()
    night(scene)
    for school in ("northbank", "southbank"):
        pull.pull(scene.world, school)
    assert sent(scene).outcome is Outcome.SEALED
    scene.clock.advance(60)
    schedule.ask(scene.world, "southbank", "resync")
    read(scene, "northbank", "resync")
    outcomes = [sent(scene).outcome for _ in range(2)]

    assert outcomes == [Outcome.PLANNED, Outcome.SUBMITTED]


def test_one_school_waits_for_nothing() -> None:
    """Its sets go as they come, up to the fourth of a day."""
    scene = make_world()
    for _ in range(3):
        scene.next_night(without=[scene.isams.school.pupils[-1].school_id], after_h=1)
        assert scene.accept().outcome is Outcome.ACCEPTED

    assert len(scene.sds.submissions) == 3
    assert Outcome.SETTLING not in {step.outcome for step in scene.steps}
