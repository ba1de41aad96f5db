"""What follows from not knowing: vouching, sending again, looking at runs, older versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx
import pytest
from pydantic import BaseModel, ConfigDict

from simulators.school import without_pupils
from simulators.sds import Answer
from simulators.sds.knobs import RUN_START, Names
from sync.errors import AnswerRefused, TargetRefused
from sync.ledger.fates import Fate
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval, schedule, send
from sync.steps import pull as run
from tests.crash.processes import Doom, Killed, Way, doomed
from tests.edge.test_outcomes_of_hand_overs import QUICK, SCHOOL, became, change, live, shown
from tests.mark_names import AGAINST, VOUCHED
from tests.worlds import CONNECTOR, TestWorld, make_world

HOUR_S = 3600.0
SILENT = replace(QUICK, backend_knows_operation=False, run_duration_s=None)


def unproven() -> tuple[TestWorld, str]:
    """Return a world whose first delivery nobody has answered for, and its id."""
    scene = make_world(SCHOOL, knobs=SILENT)
    scene.pull()
    live(scene, 3)
    assert became(scene)["word"] == "unproven"
    return scene, scene.look().states[-1][0].id


# -- a person's word ------------------------------------------------------------------------------


def test_a_person_who_has_looked_says_that_sds_has_it() -> None:
    """It counts as taken from then on, and the same school is unchanged."""
    scene, delivery_id = unproven()

    assert approval.approve(scene.world, delivery_id).outcome is Outcome.TAKEN
    assert became(scene)["word"] == "taken"
    scene.next_night(after_h=0)
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.UNCHANGED


def test_nobody_vouches_for_what_something_was_handed_over_after() -> None:
    """SDS may have let go of it since."""
    scene, delivery_id = unproven()
    change(scene, 3)
    scene.pull()
    live(scene, 0.2)
    assert len(scene.sds.submissions) == 2

    with pytest.raises(AnswerRefused, match="newer delivery was handed to SDS"):
        approval.approve(scene.world, delivery_id)
    assert not scene.look().in_state(State.DONE)


def test_an_unproven_delivery_cannot_be_rejected() -> None:
    """SDS has it: a no would only be a wish."""
    scene, delivery_id = unproven()

    with pytest.raises(AnswerRefused, match="unproven"):
        approval.reject(scene.world, delivery_id)


@pytest.mark.parametrize("at", range(1, 12))
def test_a_word_that_is_cut_short_is_finished_by_the_next_look(at: int) -> None:
    """Killed anywhere between the marks, a later look writes the rest of them."""
    scene, delivery_id = unproven()
    with suppress(Killed):
        approval.approve(doomed(scene, Doom(at, Way.AFTER)), delivery_id)
    live(scene, 0.2)

    said = any(VOUCHED in folder.made_at for folder, _ in scene.look().states)
    assert became(scene)["word"] == ("taken" if said else "unproven")


# -- again, and no more ---------------------------------------------------------------------------


def night(scene: TestWorld, by: str = "timer") -> Outcome:
    """Read the school at the next night's hour, and send for two hours; return the last word."""
    scene.clock.advance(22 * HOUR_S)
    scene.isams.flush()
    schedule.ask(scene.world, "northbank", by)
    run.pull(scene.world, "northbank")
    first = [send.send(scene.world, CONNECTOR)]
    live(scene, 2)
    return first[0].outcome


def test_the_same_files_go_on_two_more_nights_and_then_a_person_is_asked_for() -> None:
    """SDS refuses them each time: the fourth night says so, and each one after it."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    words = [night(scene) for _ in range(5)]

    assert words == [Outcome.SEALED] * 3 + [Outcome.FAILED] * 2
    assert len(scene.sds.submissions) == 3
    assert "refused these very files 3 times" in str(_last_failure(scene))


@pytest.mark.parametrize("by", ["http", "terminal", "resync"])
def test_a_person_who_asks_for_a_pull_has_them_sent_once_more(by: str) -> None:
    """And the next night by itself it is told again."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    for _ in range(4):
        night(scene)
    assert len(scene.sds.submissions) == 3

    assert night(scene, by) is Outcome.SEALED
    assert len(scene.sds.submissions) == 4
    assert night(scene) is Outcome.FAILED


def test_what_no_run_takes_goes_three_times_and_then_the_portal_is_named() -> None:
    """It is awaited for 26 hours each time, so it takes some nights."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, activity_word="skipped"))
    for _ in range(9):
        night(scene)
        live(scene, 3)

    assert len(scene.sds.submissions) == 3
    assert isinstance(_last_failure(scene), TargetRefused)
    assert "Sync health" in str(_last_failure(scene))


def test_a_change_is_sent_whatever_was_in_vain_before() -> None:
    """Other files have a chance too."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    for _ in range(4):
        night(scene)
    change(scene, 3)

    assert night(scene) is Outcome.SEALED
    assert len(scene.sds.submissions) == 4


def _last_failure(scene: TestWorld) -> object:
    return next(step.error for step in reversed(scene.steps) if step.error)


def test_after_five_different_deliveries_without_a_run_a_person_is_asked() -> None:
    """SDS may hold any of them, and nobody knows which."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, run_duration_s=None))
    words = []
    for number in range(6):
        change(scene, number)
        night(scene)
        words.append(scene.look().states[-1][1])

    assert words[:5] == [State.ACCEPTED] * 5
    assert words[5] is State.HELD


# -- one look at runs -----------------------------------------------------------------------------


def calls(scene: TestWorld) -> int:
    """Return how many calls Graph was asked so far, sign-in apart."""
    return sum(line.host.startswith("graph") for line in scene.sds.requests)


def test_a_look_at_runs_costs_three_calls_at_most_and_a_run_is_counted_once() -> None:
    """However many runs are over, and however often it is looked."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, activity_word="skipped", run_period_s=1800))
    scene.pull()
    scene.accept()
    scene.clock.advance(6 * HOUR_S)
    for _ in range(12):
        before = calls(scene)
        assert send.send(scene.world, CONNECTOR).outcome is Outcome.RUNNING
        assert calls(scene) - before <= 3
        scene.clock.advance(60)

    counted = [line.path for line in scene.sds.requests if line.route == "getStatistics"]
    assert len(counted) >= 12
    assert len(counted) == len(set(counted))


@pytest.mark.parametrize(
    ("answer", "told"),
    [(None, ""), (Answer(429), ""), (Answer(409), ""), (Answer(403), RUN_START), (Answer(400), "")],
)
def test_a_start_that_sds_refuses_leaves_it_to_sdss_own_run(
    answer: Answer | None, told: str
) -> None:
    """Asked once; a missing role is named, and the run of the night does."""
    knobs = replace(QUICK, auto_run_after_validate=False, start_answer=answer)
    scene = make_world(SCHOOL, knobs=knobs, SDS__START_RUN="true")
    scene.pull()
    scene.accept()
    step = send.send(scene.world, CONNECTOR)
    assert step.outcome is Outcome.RUNNING
    assert told in str(step.error)
    assert bool(step.error) is (answer is not None and answer.status in {400, 403})
    scene.sds.next_run_at = scene.clock.now()
    live(scene, 1.5)

    assert became(scene)["word"] == "done"
    # a 400 may be about the short name of the call: once more by the long one
    asked = 2 if answer and answer.status == 400 else 1
    assert [line.route for line in scene.sds.requests].count("runsStart") == asked


def test_no_run_is_started_for_what_was_never_answered_for() -> None:
    """A start would cost one of five, for files that SDS may have refused."""
    scene = make_world(SCHOOL, knobs=SILENT, SDS__START_RUN="true")
    scene.pull()
    live(scene, 5)

    assert "runsStart" not in {line.route for line in scene.sds.requests}


# -- before a claim -------------------------------------------------------------------------------


@pytest.mark.parametrize("readiness", ["expired", "disabled", "failed"])
def test_a_flow_that_takes_nothing_refuses_the_hand_over_before_a_claim(readiness: str) -> None:
    """What is sent would go nowhere: nothing is uploaded, and no hand-over of the day is spent."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.sds.change_flows(lambda flow: replace(flow, readiness=readiness))
    scene.pull()
    step = scene.accept()

    assert step.outcome is Outcome.FAILED
    assert isinstance(step.error, TargetRefused)
    assert step.error.facts["states"] == readiness
    assert not scene.look().claims
    assert not scene.sds.submissions


@pytest.mark.parametrize(("readiness", "told"), [("notReady", "notready"), ("ready", "")])
def test_a_flow_that_is_not_ready_yet_goes_and_is_told(readiness: str, told: str) -> None:
    """A new flow takes some minutes, and its files wait for it."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.sds.change_flows(lambda flow: replace(flow, readiness=readiness))
    scene.pull()
    scene.accept()

    (step,) = (each for each in scene.steps if each.outcome is Outcome.SUBMITTED)
    assert step.facts.get("flow", "") == told


@pytest.mark.parametrize("days", [12, None])
def test_each_hand_over_tells_how_long_the_inbound_flow_lasts(days: int | None) -> None:
    """In whole days; nothing where SDS does not tell when it ends."""
    scene = make_world(SCHOOL, knobs=QUICK)
    ends = days and scene.clock.now() + timedelta(days=days, hours=5)
    scene.sds.change_flows(lambda flow: replace(flow, expires=ends or None))
    scene.pull()
    scene.accept()

    (step,) = (each for each in scene.steps if each.outcome is Outcome.SUBMITTED)
    assert step.facts.get("flow_days") == days


def test_a_connector_without_any_flow_is_sent_nothing() -> None:
    """As after its flow was deleted in the portal."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.sds.flows = []
    scene.pull()

    assert isinstance(scene.accept().error, TargetRefused)
    assert not scene.sds.submissions


# -- an acceptance that is odd --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("knobs", "told"),
    [
        ({"extra_warnings": (("HeaderOdd", "users.csv"),)}, {"warnings": 1}),
        ({"extra_warnings": (("OptionalFileNotFound", "demographics.csv"),)}, {}),
        ({"validated_files": Names.NONE}, {"files_not_listed": 5}),
        ({"validated_files": Names.PATHS}, {}),
        ({"validated_files": Names.OTHER_CASE}, {}),
    ],
)
def test_what_is_odd_about_an_acceptance_is_told(
    knobs: Mapping[str, Any], told: Mapping[str, int]
) -> None:
    """SDS said so, and it counts; but a person can see what else SDS said."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, **knobs))
    scene.pull()
    step = scene.accept()

    assert step.outcome is Outcome.ACCEPTED
    assert step.facts == told


# -- other versions -------------------------------------------------------------------------------


class Old(BaseModel):
    """A record as the version before read it: any other key was a fault."""

    model_config = ConfigDict(extra="forbid")


class OldFault(Old):
    error: str
    message: str
    who: str
    facts: Mapping[str, int | str]


class OldExcess(Old):
    table: str
    what: str
    rows: int
    allowed: int
    org: str = ""
    grade: str = ""


class OldHold(Old):
    digest: str
    first: bool
    excesses: tuple[OldExcess, ...]


class OldChange(Old):
    before: int
    after: int
    added: int
    removed: int
    changed: int


class OldPlan(Old):
    against: str | None
    changes: Mapping[str, OldChange]


class OldSubmitted(Old):
    operation: str
    digest: str
    claim: str
    at: datetime


class OldAccepted(Old):
    operation: str
    at: datetime
    warnings: int


class OldRunAsked(Old):
    at: datetime
    started: bool


class OldReceipt(Old):
    outcome: Literal[
        "completed", "run-failed", "run-unseen", "refused", "incomplete", "no-answer", "gave-up"
    ]
    at: datetime
    faults: tuple[Mapping[str, str], ...] = ()
    run: Mapping[str, str] = {}
    counts: Mapping[str, int] = {}


OLD: Mapping[str, type[Old]] = {
    "failed.json": OldFault,
    "held.json": OldHold,
    "plan.json": OldPlan,
    "submitted.json": OldSubmitted,
    "accepted.json": OldAccepted,
    "run-asked.json": OldRunAsked,
    "receipt.json": OldReceipt,
}


def every_kind_of_night() -> TestWorld:
    """Return a world that has lived through most of what can become of a delivery."""
    scene = make_world(SCHOOL, knobs=QUICK, SDS__START_RUN="true")
    for number, knobs in enumerate(
        (
            QUICK,
            replace(QUICK, backend_knows_operation=False),
            replace(QUICK, activity_word="skipped"),
            replace(QUICK, operation_status="failed"),
            replace(QUICK, overlooked=frozenset({"enrollments.csv"})),
            replace(SILENT),
            QUICK,
        )
    ):
        scene.sds.knobs = knobs
        change(scene, number)
        night(scene)
        scene.clock.advance(5 * HOUR_S)
        live(scene, 0.5)
    scene.isams.school = without_pupils(SCHOOL, [pupil.school_id for pupil in SCHOOL.pupils[:10]])
    night(scene)
    return scene


def test_a_version_that_is_rolled_back_reads_what_this_one_writes() -> None:
    """No new key in a record and no new word: what is new stands in blobs beside it."""
    scene = every_kind_of_night()

    read = set[str]()
    for blob in scene.store.blobs("connectors/"):
        name = blob.name.rpartition("/")[2]
        if "/offers/" in blob.name:
            continue  # it looks into no folder but those of deliveries, claims and pauses
        if model := OLD.get(name):
            model.model_validate(json.loads(scene.store.read(blob.name)))
            read.add(name)
    assert read >= {"held.json", "plan.json", "submitted.json", "accepted.json", "receipt.json"}


def test_a_hand_over_of_the_version_before_is_followed_by_graph_and_the_flows_of_today() -> None:
    """Nothing was noted then of where SDS answers, and of which flows were ours."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, graph_knows_operation=True))
    scene.pull()
    scene.hand_over()
    folder = scene.look().prefix + scene.look().states[-1][0].id
    for name in ("place-000001.json", "against.json"):
        scene.store.delete(f"{folder}/{name}")
    live(scene, 1.5)

    assert became(scene)["word"] == "done"
    assert Fate.DONE in {each.fate for each in scene.look().hand_overs()}


def test_a_run_that_nobody_names_flows_of_is_asked_about_by_another_process_too() -> None:
    """What one process has learned of a run another may have to ask again; the end is the same."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.pull()
    scene.accept()
    scene.clock.advance(HOUR_S)

    assert send.send(scene.process(), CONNECTOR).outcome is Outcome.DONE


# -- what a lost answer leaves ---------------------------------------------------------------------


def test_a_lost_answer_counts_although_the_same_delivery_was_answered_for_later() -> None:
    """SDS refused it the second time, and may have taken it the first: so it may hold it still."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.pull()
    live(scene, 1.5)
    scene.clock.advance(20 * HOUR_S)
    change(scene, 3)
    scene.sds.fail_next("validate", httpx.ReadTimeout("lost"), done=True)
    scene.pull()
    live(scene, 0.1)
    scene.sds.knobs = replace(QUICK, operation_status="failed")
    live(scene, 0.5)
    fates = [each.fate for each in scene.look().hand_overs()]

    assert fates == [Fate.DONE, Fate.LOST, Fate.REFUSED]
    scene.next_night(changed=SCHOOL, after_h=0)
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.SEALED


def test_a_change_back_has_its_three_nights_again() -> None:
    """Other files went in between: what was in vain before them says nothing of today."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    for school in (1, 1, 1, 2, 1):
        change(scene, school)
        words = night(scene)

    assert words is Outcome.SEALED


def test_a_damaged_record_of_what_sds_may_hold_waits_for_a_person() -> None:
    """Nothing can be compared with it: held, night after night, and never `failed` for ever."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.pull()
    live(scene, 1.5)
    name = f"{scene.look().prefix}{scene.look().states[-1][0].id}/manifest.json"
    scene.store.delete(name)
    scene.store.create(name, b"{}")
    change(scene, 3)
    night(scene)
    newest, reached = scene.look().states[-1]

    assert reached is State.HELD
    approval.approve(scene.world, newest.id)
    live(scene, 1.5)
    assert became(scene)["word"] == "done"


def test_what_an_unchanged_delivery_repeats_is_told_when_it_was_not_taken() -> None:
    """It was unchanged while its run was awaited; then no run took it."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, activity_word="skipped"))
    scene.pull()
    live(scene, 1.5)
    night(scene)
    live(scene, 5)

    assert became(scene)["word"] == "not-taken"
    assert "repeats" in became(scene)
    text = shown(scene)
    assert "which is not-taken" in text
    assert "SDS holds exactly this already" not in text


def test_nights_of_the_version_before_do_not_count_as_in_vain() -> None:
    """It could not hear what became of them; after the upgrade the same school goes once more."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    for _ in range(3):
        night(scene)
    for folder, _ in scene.look().states:
        scene.store.delete(f"{scene.look().prefix}{folder.id}/{AGAINST}")

    assert night(scene) is Outcome.SEALED
