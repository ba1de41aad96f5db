"""What follows from not knowing: vouching, sending again, looking at runs, older versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import httpx
import pytest
from pydantic import BaseModel, ConfigDict

from simulators.school import without_pupils
from simulators.sds import Answer
from simulators.sds.knobs import RUN_START, Names
from sync import asking, run, sending, state
from sync.errors import AnswerRefused, TargetRefused
from sync.fates import Fate
from sync.report import Outcome
from sync.state import State
from tests.crash.processes import Doom, Killed, Way, doomed
from tests.edge.test_outcomes_of_hand_overs import QUICK, SCHOOL, became, change, live, shown
from tests.worlds import CONNECTOR, TestWorld, make_world

HOUR_S = 3600.0
SILENT = replace(QUICK, backend_knows_operation=False, run_duration_s=None)


def unproven() -> tuple[TestWorld, str]:
    """Return a world whose first delivery nobody has answered for, and its id."""
    one = make_world(SCHOOL, knobs=SILENT)
    one.pull()
    live(one, 3)
    assert became(one)["word"] == "unproven"
    return one, one.look().states[-1][0].id


# -- a person's word ------------------------------------------------------------------------------


def test_a_person_who_has_looked_says_that_sds_has_it() -> None:
    """It counts as taken from then on, and the same school is unchanged."""
    one, own = unproven()

    assert asking.answer(one.world, own, approve=True).outcome is Outcome.TAKEN
    assert became(one)["word"] == "taken"
    one.isams.flush()
    one.pull()
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.UNCHANGED


def test_nobody_vouches_for_what_something_was_handed_over_after() -> None:
    """SDS may have let go of it since."""
    one, own = unproven()
    change(one, 3)
    one.pull()
    live(one, 0.2)
    assert len(one.sds.submissions) == 2

    with pytest.raises(AnswerRefused, match="newer delivery was handed to SDS"):
        asking.answer(one.world, own, approve=True)
    assert not one.look().named(State.DONE)


def test_an_unproven_delivery_cannot_be_rejected() -> None:
    """SDS has it: a no would only be a wish."""
    one, own = unproven()

    with pytest.raises(AnswerRefused, match="unproven"):
        asking.answer(one.world, own, approve=False)


@pytest.mark.parametrize("at", range(1, 12))
def test_a_word_that_is_cut_short_is_finished_by_the_next_look(at: int) -> None:
    """Killed anywhere between the marks, a later look writes the rest of them."""
    one, own = unproven()
    with suppress(Killed):
        asking.answer(doomed(one, Doom(at, Way.AFTER)), own, approve=True)
    live(one, 0.2)

    said = any(state.VOUCHED in folder.made_at for folder, _ in one.look().states)
    assert became(one)["word"] == ("taken" if said else "unproven")


# -- again, and no more ---------------------------------------------------------------------------


def night(one: TestWorld, by: str = "timer") -> Outcome:
    """Read the school at the next night's hour, and send for two hours; return the last word."""
    one.clock.advance(22 * HOUR_S)
    one.isams.flush()
    run.ask(one.world, "northbank", by)
    run.pull(one.world, "northbank")
    first = [sending.send(one.world, CONNECTOR)]
    live(one, 2)
    return first[0].outcome


def test_the_same_files_go_on_two_more_nights_and_then_a_person_is_asked_for() -> None:
    """SDS refuses them each time: the fourth night says so, and each one after it."""
    one = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    words = [night(one) for _ in range(5)]

    assert words == [Outcome.SEALED] * 3 + [Outcome.FAILED] * 2
    assert len(one.sds.submissions) == 3
    assert "refused these very files 3 times" in str(_last_failure(one))


@pytest.mark.parametrize("by", ["http", "terminal", "resync"])
def test_a_person_who_asks_for_a_pull_has_them_sent_once_more(by: str) -> None:
    """And the next night by itself it is told again."""
    one = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    for _ in range(4):
        night(one)
    assert len(one.sds.submissions) == 3

    assert night(one, by) is Outcome.SEALED
    assert len(one.sds.submissions) == 4
    assert night(one) is Outcome.FAILED


def test_what_no_run_takes_goes_three_times_and_then_the_portal_is_named() -> None:
    """It is awaited for 26 hours each time, so it takes some nights."""
    one = make_world(SCHOOL, knobs=replace(QUICK, activity_word="skipped"))
    for _ in range(9):
        night(one)
        live(one, 3)

    assert len(one.sds.submissions) == 3
    assert isinstance(_last_failure(one), TargetRefused)
    assert "Sync health" in str(_last_failure(one))


def test_a_change_is_sent_whatever_was_in_vain_before() -> None:
    """Other files have a chance of their own."""
    one = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    for _ in range(4):
        night(one)
    change(one, 3)

    assert night(one) is Outcome.SEALED
    assert len(one.sds.submissions) == 4


def _last_failure(one: TestWorld) -> object:
    return next(step.error for step in reversed(one.steps) if step.error)


def test_after_five_different_deliveries_without_a_run_a_person_is_asked() -> None:
    """SDS may hold any of them, and nobody knows which."""
    one = make_world(SCHOOL, knobs=replace(QUICK, run_duration_s=None))
    words = []
    for number in range(6):
        change(one, number)
        night(one)
        words.append(one.look().states[-1][1])

    assert words[:5] == [State.ACCEPTED] * 5
    assert words[5] is State.HELD


# -- one look at runs -----------------------------------------------------------------------------


def calls(one: TestWorld) -> int:
    """Return how many calls Graph was asked so far, sign-in apart."""
    return sum(line.host.startswith("graph") for line in one.sds.requests)


def test_a_look_at_runs_costs_three_calls_at_most_and_a_run_is_counted_once() -> None:
    """However many runs are over, and however often it is looked."""
    one = make_world(SCHOOL, knobs=replace(QUICK, activity_word="skipped", run_period_s=1800))
    one.pull()
    one.accept()
    one.clock.advance(6 * HOUR_S)
    for _ in range(12):
        before = calls(one)
        assert sending.send(one.world, CONNECTOR).outcome is Outcome.RUNNING
        assert calls(one) - before <= 3
        one.clock.advance(60)

    counted = [line.path for line in one.sds.requests if line.route == "getStatistics"]
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
    one = make_world(SCHOOL, knobs=knobs, SDS__START_RUN="true")
    one.pull()
    one.accept()
    step = sending.send(one.world, CONNECTOR)
    assert step.outcome is Outcome.RUNNING
    assert told in str(step.error)
    assert bool(step.error) is (answer is not None and answer.status in {400, 403})
    one.sds.next_run_at = one.clock.now()
    live(one, 1)

    assert became(one)["word"] == "done"
    # a 400 may be about the short name of the call: once more by the long one
    asked = 2 if answer and answer.status == 400 else 1
    assert [line.route for line in one.sds.requests].count("runsStart") == asked


def test_no_run_is_started_for_what_was_never_answered_for() -> None:
    """A start would cost one of five, for files that SDS may have refused."""
    one = make_world(SCHOOL, knobs=SILENT, SDS__START_RUN="true")
    one.pull()
    live(one, 5)

    assert "runsStart" not in {line.route for line in one.sds.requests}


# -- before a claim -------------------------------------------------------------------------------


@pytest.mark.parametrize("readiness", ["expired", "disabled", "failed"])
def test_a_flow_that_takes_nothing_refuses_the_hand_over_before_a_claim(readiness: str) -> None:
    """What is sent would go nowhere: nothing is uploaded, and no hand-over of the day is spent."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.sds.change_flows(lambda flow: replace(flow, readiness=readiness))
    one.pull()
    step = one.accept()

    assert step.outcome is Outcome.FAILED
    assert isinstance(step.error, TargetRefused)
    assert step.error.facts["states"] == readiness
    assert not one.look().claims
    assert not one.sds.submissions


@pytest.mark.parametrize(("readiness", "told"), [("notReady", "notready"), ("ready", "")])
def test_a_flow_that_is_not_ready_yet_goes_and_is_told(readiness: str, told: str) -> None:
    """A new flow takes some minutes, and its files wait for it."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.sds.change_flows(lambda flow: replace(flow, readiness=readiness))
    one.pull()
    one.accept()

    (step,) = (each for each in one.steps if each.outcome is Outcome.SUBMITTED)
    assert step.facts.get("flow", "") == told


def test_a_connector_without_any_flow_is_sent_nothing() -> None:
    """As after its flow was deleted in the portal."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.sds.flows = []
    one.pull()

    assert isinstance(one.accept().error, TargetRefused)
    assert not one.sds.submissions


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
    one = make_world(SCHOOL, knobs=replace(QUICK, **knobs))
    one.pull()
    step = one.accept()

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
    one = make_world(SCHOOL, knobs=QUICK, SDS__START_RUN="true")
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
        one.sds.knobs = knobs
        change(one, number)
        night(one)
        one.clock.advance(5 * HOUR_S)
        live(one, 0.5)
    one.isams.school = without_pupils(SCHOOL, [pupil.school_id for pupil in SCHOOL.pupils[:10]])
    night(one)
    return one


def test_a_version_that_is_rolled_back_reads_what_this_one_writes() -> None:
    """No new key in a record and no new word: what is new stands in blobs of its own."""
    one = every_kind_of_night()

    read = set[str]()
    for blob in one.store.blobs("connectors/"):
        name = blob.name.rpartition("/")[2]
        if model := OLD.get(name):
            model.model_validate(json.loads(one.store.read(blob.name)))
            read.add(name)
    assert read >= {"held.json", "plan.json", "submitted.json", "accepted.json", "receipt.json"}


def test_a_hand_over_of_the_version_before_is_followed_by_graph_and_the_flows_of_today() -> None:
    """Nothing was noted then of where SDS answers, and of which flows were ours."""
    one = make_world(SCHOOL, knobs=replace(QUICK, graph_knows_operation=True))
    one.pull()
    one.hand_over()
    folder = one.look().prefix + one.look().states[-1][0].id
    for name in ("place-000001.json", "against.json"):
        one.store.delete(f"{folder}/{name}")
    live(one, 1)

    assert became(one)["word"] == "done"
    assert Fate.DONE in {each.fate for each in one.look().hand_overs(one.world)}


def test_a_run_that_nobody_names_flows_of_is_asked_about_by_another_process_too() -> None:
    """What one process has learned of a run another may have to ask again; the end is the same."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    one.accept()
    one.clock.advance(HOUR_S)

    assert sending.send(one.process(), CONNECTOR).outcome is Outcome.DONE


# -- what a lost answer leaves ---------------------------------------------------------------------


def test_a_lost_answer_counts_although_the_same_delivery_was_answered_for_later() -> None:
    """SDS refused it the second time, and may have taken it the first: so it may hold it still."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    live(one, 1)
    one.clock.advance(20 * HOUR_S)
    change(one, 3)
    one.sds.fail_next("validate", httpx.ReadTimeout("lost"), done=True)
    one.pull()
    live(one, 0.1)
    one.sds.knobs = replace(QUICK, operation_status="failed")
    live(one, 0.5)
    fates = [each.fate for each in one.look().hand_overs(one.world)]

    assert fates == [Fate.DONE, Fate.LOST, Fate.REFUSED]
    one.isams.school = SCHOOL
    one.isams.flush()
    one.pull()
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.SEALED


def test_a_change_back_has_its_three_nights_again() -> None:
    """Other files went in between: what was in vain before them says nothing of today."""
    one = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    for school in (1, 1, 1, 2, 1):
        change(one, school)
        words = night(one)

    assert words is Outcome.SEALED


def test_a_damaged_record_of_what_sds_may_hold_waits_for_a_person() -> None:
    """Nothing can be compared with it: held, night after night, and never `failed` for ever."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    live(one, 1)
    name = f"{one.look().prefix}{one.look().states[-1][0].id}/manifest.json"
    one.store.delete(name)
    one.store.create(name, b"{}")
    change(one, 3)
    night(one)
    newest, reached = one.look().states[-1]

    assert reached is State.HELD
    asking.answer(one.world, newest.id, approve=True)
    live(one, 1)
    assert became(one)["word"] == "done"


def test_what_an_unchanged_delivery_repeats_is_told_when_it_was_not_taken() -> None:
    """It was unchanged while its run was awaited; then no run took it."""
    one = make_world(SCHOOL, knobs=replace(QUICK, activity_word="skipped"))
    one.pull()
    live(one, 1)
    night(one)
    live(one, 5)

    assert became(one)["word"] == "not-taken"
    assert "repeats" in became(one)
    text = shown(one)
    assert "which is not-taken" in text
    assert "SDS holds exactly this already" not in text


def test_nights_of_the_version_before_do_not_count_as_in_vain() -> None:
    """It could not hear what became of them; after the upgrade the same school goes once more."""
    one = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    for _ in range(3):
        night(one)
    for folder, _ in one.look().states:
        one.store.delete(f"{one.look().prefix}{folder.id}/{state.AGAINST}")

    assert night(one) is Outcome.SEALED
