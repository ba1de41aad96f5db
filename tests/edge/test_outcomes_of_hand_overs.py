"""Every row of the table of `sync.fates`, lived through: with a pause and without, run or not.

What the status says of a delivery, what the terminal shows, what the log has, and what becomes of
the same files next night.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from rich.console import Console

from simulators.school import invent, without_pupils
from simulators.sds import SENDER_ROLES, Knobs
from simulators.sds.knobs import FLOW_READ
from sync.ledger.fates import TABLE, Fate
from sync.report import Outcome
from sync.steps import restore, send, status
from sync.terminal.status import tables_of
from tests.worlds import CONNECTOR, TestWorld, make_world

SCHOOL = invent(20, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)
HOUR_S = 3600.0


@dataclass(frozen=True)
class Night:
    """How SDS behaves, for how many hours, and how the log calls the end of it."""

    outcome: Outcome
    knobs: Mapping[str, Any]
    hours: float = 1.5
    lost: int = 0


NIGHTS: Mapping[Fate, Night] = {
    Fate.LOST: Night(Outcome.LATER, {}, 0.05, lost=1),
    Fate.GAVE_UP: Night(Outcome.REFUSED, {}, 40.0, lost=9),
    Fate.CHECKING: Night(Outcome.CHECKING, {"operation_status": None}),
    Fate.REFUSED: Night(Outcome.REFUSED, {"operation_status": "failed"}),
    Fate.INCOMPLETE: Night(Outcome.REFUSED, {"overlooked": frozenset({"enrollments.csv"})}),
    Fate.UNPROVEN: Night(
        Outcome.UNPROVEN, {"backend_knows_operation": False, "run_duration_s": None}, 3.0
    ),
    Fate.NO_ANSWER: Night(
        Outcome.REFUSED, {"backend_knows_operation": False, "run_duration_s": None}, 27.0
    ),
    Fate.TAKEN: Night(Outcome.TAKEN, {"backend_knows_operation": False}, 3.0),
    Fate.ACCEPTED: Night(Outcome.RUNNING, {"run_duration_s": None}),
    Fate.DONE: Night(Outcome.DONE, {}),
    Fate.FAULTY: Night(Outcome.FAULTY, {"activity_word": "completedWithErrors"}),
    Fate.ENDED: Night(Outcome.ENDED, {"roles": SENDER_ROLES - {FLOW_READ}}),
    Fate.NOT_TAKEN: Night(Outcome.NOT_TAKEN, {"activity_word": "skipped"}, 27.0),
    Fate.UNSEEN: Night(Outcome.NOT_TAKEN, {"run_duration_s": None}, 27.0),
}


def live(scene: TestWorld, hours: float) -> None:
    """Send as the queues do, and then as the ticks do, for so many *hours*."""
    until_s = scene.clock.passed_s + hours * HOUR_S
    while scene.clock.passed_s < until_s:
        step = send.send(scene.world, CONNECTOR)
        pause_s = 900.0 if step.again_in_s is None else max(step.again_in_s, 6.0)
        scene.clock.advance(min(pause_s, until_s - scene.clock.passed_s + 1))


def change(scene: TestWorld, number: int) -> None:
    covered = [pupil for pupil in SCHOOL.pupils if pupil.year >= 3]
    scene.isams.school = without_pupils(SCHOOL, [covered[number].school_id])
    scene.isams.flush()


def evening(*, start_run: bool, paused: bool) -> TestWorld:
    """Return a world with something to hand over: what was pulled, or what is restored."""
    scene = make_world(SCHOOL, knobs=QUICK, SDS__START_RUN=str(start_run).lower())
    scene.pull()
    if paused:
        live(scene, 1)
        change(scene, 2)
        scene.pull()
        live(scene, 1)
        restore.restore(scene.world, scene.look().states[0][0].id)
    return scene


def became(scene: TestWorld, delivery_id: str = "") -> Mapping[str, Any]:
    """Return what the status says of a delivery, the newest unless *own* is given."""
    document: Any = status.survey(scene.world).document()
    told = document["connectors"][CONNECTOR]["deliveries"]
    found = [each for each in told if each["id"] == delivery_id] if delivery_id else told
    return dict(found[0]["became"])


def shown(scene: TestWorld) -> str:
    """Return what `status` prints at a terminal."""
    text = io.StringIO()
    console = Console(file=text, width=400, markup=False, highlight=False)
    for each in tables_of(scene.world, status.survey(scene.world)):
        console.print(each)
    return text.getvalue()


@pytest.mark.parametrize("paused", [False, True], ids=["", "paused"])
@pytest.mark.parametrize("start_run", [False, True], ids=["", "start-run"])
@pytest.mark.parametrize("fate", NIGHTS)
def test_a_hand_over_ends_as_its_row_says(fate: Fate, *, start_run: bool, paused: bool) -> None:
    """The word, who acts, whether SDS may hold it, and what the same files do next night."""
    night, row = NIGHTS[fate], TABLE[fate]
    scene = evening(start_run=start_run, paused=paused)
    scene.sds.knobs = replace(QUICK, **night.knobs)
    if night.lost:
        scene.sds.fail_next("validate", httpx.ReadTimeout("lost"), times=night.lost, done=True)
    live(scene, night.hours)
    delivery = scene.look().states[-1][0].id

    assert became(scene) == {"word": row.word, "may_hold": row.may_hold, "who": row.who}
    held = [each for each in scene.look().hand_overs() if each.delivery_id == delivery]
    assert {each.fate for each in held} == {fate}
    assert night.outcome in {step.outcome for step in scene.steps if _is_about(step, delivery)}
    assert row.word in shown(scene)
    if row.tomorrow == "-":
        return  # nothing is merged while it is so
    before = len(scene.sds.submissions)
    tomorrow(scene)
    assert len(scene.sds.submissions) - before == (again(fate) if not paused else lost_again(fate))


def _is_about(step: Any, delivery: str) -> bool:
    return step.delivery == delivery or step.outcome is Outcome.LATER


def again(fate: Fate) -> int:
    """Return how often the same school is handed over next night, without a pause."""
    return 1 if TABLE[fate].tomorrow == "again" else 0


def lost_again(fate: Fate) -> int:
    """Under a pause nothing goes again; only a hand-over that was never answered is repeated."""
    return 1 if fate is Fate.LOST else 0


def tomorrow(scene: TestWorld) -> None:
    """Let SDS be well again, read the same school a night later, and send for a while."""
    scene.sds.heal()
    scene.sds.knobs = replace(QUICK, run_duration_s=scene.sds.knobs.run_duration_s)
    scene.clock.advance(12 * HOUR_S if scene.sds.knobs.run_duration_s is None else 24 * HOUR_S)
    scene.next_night(after_h=0)
    live(scene, 0.3)


def test_every_row_is_lived_through() -> None:
    """A row that is new fails here until it has its night."""
    assert {*NIGHTS, Fate.REPLACED} == set(Fate)


@pytest.mark.parametrize("start_run", [False, True])
def test_a_delivery_whose_place_was_taken_before_a_run_is_replaced(*, start_run: bool) -> None:
    """The run speaks for the newer alone."""
    scene = make_world(SCHOOL, knobs=QUICK, SDS__START_RUN=str(start_run).lower())
    scene.sds.knobs = replace(QUICK, auto_run_after_validate=False)
    scene.sds.fail_next("runsStart", httpx.ConnectError("away"), times=None)
    scene.pull()
    live(scene, 0.1)
    first = scene.look().states[-1][0].id
    change(scene, 3)
    scene.pull()
    live(scene, 0.1)
    scene.sds.heal()
    scene.sds.next_run_at = scene.clock.now()
    live(scene, 1)

    row = TABLE[Fate.REPLACED]  # and since a run took the newer one, SDS holds it no more
    assert became(scene, first) == {"word": row.word, "may_hold": False, "who": row.who}
    assert became(scene)["word"] == "done"
