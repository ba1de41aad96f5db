"""SDS's run is looked for when it can have ended, and not with every tick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from simulators.school import invent
from simulators.sds import Answer, Knobs
from sync.ledger import pace
from sync.report import Outcome
from sync.steps import send
from tests.crash.processes import Nudging, Platform
from tests.mark_names import RUN_ASKED
from tests.worlds import CONNECTOR, TestWorld, make_world

SCHOOL = invent(6, quirks=False)
HOUR_S = 3600.0
ACCEPTED_AT = datetime(2026, 9, 14, 22, 0, tzinfo=UTC)


def night(
    run_s: float | None, *, hours: float, nudging: Nudging = Nudging.KEPT, fails: int = 0
) -> TestWorld:
    """Live a night with ticks every five minutes, in which SDS's run takes so long."""
    knobs = Knobs(operation_polls=1, run_duration_s=run_s)
    scene = make_world(SCHOOL, knobs=knobs, SDS__START_RUN=str(bool(fails)).lower())
    if fails:
        scene.sds.fail_next("runs", Answer(503), times=fails)
    Platform(scene, scene.process(), nudging).go_on(hours=hours, until=lambda: False)
    return scene


def looks(scene: TestWorld) -> int:
    return sum(line.path.endswith("/runs") for line in scene.sds.requests)


def became(scene: TestWorld) -> Outcome:
    return [step for step in scene.steps if step.name in {"receipt", "run"}][-1].outcome


@pytest.mark.parametrize(
    ("looked_at_h", "next_h"), [(None, 0), (0, 1), (0.9, 1.4), (1, 1.5), (2, 2.5), (4, 5), (20, 25)]
)
def test_the_longer_a_run_is_awaited_the_rarer_it_is_looked_for(
    looked_at_h: float | None, next_h: float
) -> None:
    """At once, after an hour, and then after a quarter of the time that has passed."""
    looked_at = None if looked_at_h is None else ACCEPTED_AT + timedelta(hours=looked_at_h)

    assert pace.look_at_run_at(ACCEPTED_AT, looked_at) == ACCEPTED_AT + timedelta(hours=next_h)


@pytest.mark.parametrize("nudging", list(Nudging))
def test_a_run_of_two_hours_is_looked_for_five_times_at_most(nudging: Nudging) -> None:
    """Whatever becomes of the messages, its end is known soon after."""
    scene = night(2 * HOUR_S, hours=3.5, nudging=nudging)

    assert became(scene) is Outcome.DONE
    assert looks(scene) <= 5


def test_a_run_that_never_comes_is_looked_for_a_dozen_times_a_day() -> None:
    """And after 26 hours it is said that none took the files."""
    scene = night(None, hours=23)
    before = looks(scene)
    Platform(scene, scene.process()).go_on(hours=3.8, until=lambda: False)

    assert before <= 14
    assert Outcome.NOT_TAKEN in {step.outcome for step in scene.steps}


def test_a_look_that_fails_is_made_again_by_the_next_tick() -> None:
    """Only what SDS has answered counts as a look: by then it is asked for a run as well."""
    scene = night(2 * HOUR_S, hours=0.7, fails=8)

    assert any(blob.name.endswith(RUN_ASKED) for blob in scene.store.blobs("connectors/"))


def test_a_person_who_waits_for_the_run_has_it_looked_for_each_time() -> None:
    """At a terminal, with `--wait`."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, run_duration_s=120))
    scene.pull()
    scene.accept()
    for _ in range(3):
        step = send.send(scene.world, CONNECTOR, is_awaited=True)
        scene.clock.advance(60)

    assert step.outcome is Outcome.DONE
