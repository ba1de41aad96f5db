"""Handing over: P6, P8 and P10, and what SDS's odder answers lead to."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest

from simulators.school import InventedSchool, invent, shuffled, without_pupils
from simulators.sds import Answer, Knobs
from simulators.sds import Connector as SdsConnector
from sync import afterwards, records, run, sending, state, verdicts
from sync.edge.world import World
from sync.errors import (
    ConfigError,
    PlanOutdated,
    StoreUnavailable,
    TargetRefused,
    TargetRejected,
)
from sync.report import Outcome
from sync.state import State
from tests.clocks import FakeClock
from tests.crash.processes import Killed
from tests.edge.slow_wires import SlowWire
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, TestWorld, flush, make_world

SCHOOL = invent(20, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)
LONGEST_S = 200.0


def changed(number: int) -> InventedSchool:
    """Return the school without one of its pupils: another for each *number*."""
    covered = [pupil for pupil in SCHOOL.pupils if pupil.year >= 3]
    return without_pupils(SCHOOL, [covered[number].school_id])


def change(one: TestWorld, number: int) -> None:
    one.isams.school = changed(number)
    one.isams.flush()


def delivered() -> TestWorld:
    """Return a world whose first delivery SDS has taken and run, a day ago."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    assert one.send_until_still().outcome is Outcome.DONE
    one.clock.advance(24 * 3600)
    return one


def newest(one: TestWorld) -> State:
    return one.look().states[-1][1]


def to_hand_over(one: TestWorld) -> None:
    """Move the newest delivery up to where it is to be handed over."""
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.SEALED
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.PLANNED


# -- unchanged -----------------------------------------------------------------------------------


def test_an_unchanged_school_costs_no_call_of_sds() -> None:
    """The same people in another order are the same bytes, and SDS has them already."""
    one = delivered()
    requests = len(one.sds.requests)
    for seed in range(3):
        one.isams.school = shuffled(SCHOOL, seed)
        one.isams.flush()
        one.pull()

        assert one.send_until_still().outcome is Outcome.UNCHANGED
        one.clock.advance(24 * 3600)
    assert len(one.sds.requests) == requests
    assert len(one.sds.submissions) == 1


def test_a_refused_delivery_leaves_sds_with_what_it_had() -> None:
    """After a refusal the school as it was is unchanged, and as it was refused it goes again."""
    one = delivered()
    change(one, 3)
    one.sds.reject_with([{"code": "InvalidFileFormat", "target": "users.csv"}])
    one.pull()
    assert one.send_until_still().outcome is Outcome.REFUSED
    requests = len(one.sds.requests)

    flush(one, pupils=SCHOOL.pupils, memberships=SCHOOL.memberships)
    one.pull()
    assert one.send_until_still().outcome is Outcome.UNCHANGED
    assert len(one.sds.requests) == requests
    change(one, 3)
    one.pull()
    assert one.accept().outcome is Outcome.ACCEPTED


def test_after_a_lost_answer_nothing_is_unchanged() -> None:
    """SDS may hold what was sent last, so yesterday's school goes again when it comes back."""
    one = delivered()
    change(one, 3)
    one.sds.fail_next("validate", httpx.ReadTimeout("lost"), done=True)
    one.pull()
    to_hand_over(one)
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.LATER
    one.clock.advance(state.CLAIM_LASTS.total_seconds() + 1)
    flush(one, pupils=SCHOOL.pupils, memberships=SCHOOL.memberships)
    one.pull()

    assert one.accept().outcome is Outcome.ACCEPTED
    first, lost, again = one.sds.submissions
    assert lost.files != first.files
    assert again.files == first.files


def test_files_that_sds_took_but_did_not_find_are_not_taken_for_nothing() -> None:
    """If SDS says that it saw four of five files, it holds those: the whole set goes again."""
    one = delivered()
    change(one, 3)
    partial = {
        "status": "succeeded",
        "validatedFiles": ["orgs.csv", "users.csv", "roles.csv", "classes.csv"],
        "errors": [],
        "warnings": [{"code": "OptionalFileNotFound", "target": "enrollments.csv"}],
    }
    one.sds.fail_next("backendOperation", Answer(200, body=json.dumps(partial).encode()))
    one.pull()
    assert one.send_until_still().outcome is Outcome.REFUSED
    flush(one, pupils=SCHOOL.pupils, memberships=SCHOOL.memberships)
    one.pull()

    assert one.accept().outcome is Outcome.ACCEPTED
    assert one.sds.submissions[-1].files == one.sds.submissions[0].files


# -- one at a time -------------------------------------------------------------------------------


def test_no_session_is_opened_while_a_lost_request_may_still_arrive() -> None:
    """A `validate` without an answer may be late: a session that it could meet is not opened."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.sds.fail_next("validate", httpx.ReadTimeout("lost"))
    one.pull()
    to_hand_over(one)
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.LATER
    sessions = [line.route for line in one.sds.requests].count("getUploadSession")

    one.clock.advance(state.CLAIM_LASTS.total_seconds() - 60)
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.BUSY
    assert [line.route for line in one.sds.requests].count("getUploadSession") == sessions
    one.clock.advance(61)
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.SUBMITTED


def test_a_delivery_is_not_compared_while_another_is_on_its_way() -> None:
    """What SDS will hold is not known then; compared later, it is compared with the right one."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    to_hand_over(one)
    claim = f"{one.look().prefix}claims/000001"
    work = records.Claim(delivery=one.look().states[-1][0].id, at=one.clock.now(), by="somebody")
    one.store.claim(f"{claim}.json", work.to_json())
    change(one, 3)
    one.pull()
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.SEALED

    assert sending.send(one.world, CONNECTOR).outcome is Outcome.BUSY
    assert newest(one) is State.SEALED
    done = records.ClaimDone(delivery="", submitted="no")
    one.store.claim(f"{claim}.done", done.to_json())
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.PLANNED


# -- the vendors' pace ---------------------------------------------------------------------------


def test_sds_is_given_four_submissions_a_day_at_most() -> None:
    """A fifth school in one day waits until the first submission is a day old."""
    one = make_world(SCHOOL, knobs=QUICK)
    for number in range(4):
        change(one, number)
        one.pull()
        assert one.send_until_still().outcome is Outcome.DONE
    change(one, 4)
    one.pull()

    assert one.send_until_still().outcome is Outcome.LIMITED
    assert len(one.sds.submissions) == 4
    since_first = one.clock.now() - one.sds.submissions[0].at
    one.clock.advance((timedelta(days=1) - since_first).total_seconds() - 60)
    assert one.send_until_still().outcome is Outcome.LIMITED
    one.clock.advance(120)
    assert one.send_until_still().outcome is Outcome.DONE
    assert len(one.sds.submissions) == 5


def test_one_delivery_is_submitted_three_times_at_most() -> None:
    """If SDS never tells us that it took it, we stop, and say so."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.sds.fail_next("validate", httpx.ReadTimeout("lost"), times=None, done=True)
    one.pull()
    to_hand_over(one)
    for hours in range(40):
        step = sending.send(one.world, CONNECTOR)
        if hours == 2:  # the third failed: for a day nothing of it is even begun
            one.sds.fail_next("getUploadSession", Answer(503), times=None)
        one.clock.advance(3600)

    assert step.outcome in {Outcome.DONE, Outcome.NOTHING}
    assert newest(one) is State.DONE
    assert len(one.sds.submissions) == state.SUBMISSIONS_EACH


def test_an_operation_is_asked_after_no_oftener_than_every_five_seconds() -> None:
    """A chain of nudges keeps the pause that SDS asks for, and ends for the ticks to go on."""
    one = make_world(SCHOOL, knobs=Knobs(operation_polls=10**6))
    one.pull()
    to_hand_over(one)
    sending.send(one.world, CONNECTOR)
    one.nudges.kept = one.nudges.kept[-1:]
    while one.nudges.kept:
        _, _, delay_s = one.nudges.kept.pop()
        one.clock.advance(delay_s)
        sending.send(one.world, CONNECTOR)
        assert len(one.nudges.kept) <= 1

    polls = [line.at for line in one.sds.requests if line.route == "operation"]
    pauses_s = [(b - a).total_seconds() for a, b in pairwise(polls)]
    assert min(pauses_s) >= 5
    assert 20 < len(polls) < 60


def slow(one: TestWorld, pieces: int) -> World:
    """Return a process that meets the slowest other side there can be."""
    return one.process(
        isams_transport=lambda wire: SlowWire(wire, one.clock, pieces),
        sds_transport=lambda wire: SlowWire(wire, one.clock, pieces),
    )


def busy(one: TestWorld) -> World:
    """Return a process that is always told to come back in an hour."""

    def answer(_: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(b"")
        return httpx.Response(503, headers={"Retry-After": "3600"}, stream=stream)

    return one.process(
        isams_transport=lambda _: httpx.MockTransport(answer),
        sds_transport=lambda _: httpx.MockTransport(answer),
    )


def took_s(one: TestWorld, process: World, *, pull: bool) -> float:
    began_s = one.clock.passed_s
    step = run.pull(process, "northbank") if pull else sending.send(process, CONNECTOR)
    assert step.outcome not in {Outcome.NOTHING, Outcome.BUSY}
    return one.clock.passed_s - began_s


@pytest.mark.parametrize("pieces", [1, 2, 3, 50])
def test_a_pull_ends_in_time_however_slow_the_answer(pieces: int) -> None:
    """A late, trickling answer of iSAMS costs one invocation at most 200 s."""
    one = make_world(SCHOOL)
    run.ask(one.world, "northbank", "test")

    assert took_s(one, slow(one, pieces), pull=True) <= LONGEST_S


def late(one: TestWorld) -> World:
    """Return a process whose answers all begin as late as can be, and then come whole."""
    return slow(one, 1)


def trickling(one: TestWorld) -> World:
    """Return a process whose answers begin late, and then come a little at a time."""
    return slow(one, 50)


@pytest.mark.parametrize("process", [late, busy, trickling])
@pytest.mark.parametrize("stage", ["hand over", "check", "run"])
def test_a_send_ends_in_time_however_slow_sds_is(
    stage: str, process: Callable[[TestWorld], World]
) -> None:
    """Late answers of Graph and its storage cost one invocation at most 200 s."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    to_hand_over(one)
    if stage != "hand over":
        sending.send(one.world, CONNECTOR)
    if stage == "run":
        one.clock.advance(6)
        sending.send(one.world, CONNECTOR)

    assert took_s(one, process(one), pull=False) <= LONGEST_S


def test_a_wait_of_an_hour_is_not_waited() -> None:
    """`Retry-After: 3600` ends the invocation: a later one asks again."""
    one = make_world(SCHOOL)
    run.ask(one.world, "northbank", "test")
    process = busy(one)

    assert took_s(one, process, pull=True) <= LONGEST_S
    assert one.clock.slept == []


# -- what never answers --------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 404, 418, 503])
def test_an_operation_that_cannot_be_read_does_not_block_the_connector_for_ever(
    status: int,
) -> None:
    """After two hours it is unproven, and the next night's delivery goes."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    to_hand_over(one)
    for route in ("operation", "operations", "backendOperation"):
        one.sds.fail_next(route, Answer(status), times=None)
    sending.send(one.world, CONNECTOR)
    sending.send(one.world, CONNECTOR)
    assert newest(one) is State.SUBMITTED
    one.clock.advance(afterwards.ANSWER_WITHIN.total_seconds() + 1)

    assert sending.send(one.world, CONNECTOR).outcome is Outcome.UNPROVEN
    change(one, 3)
    one.sds.heal()
    one.pull()
    assert one.accept().outcome is Outcome.ACCEPTED


def test_runs_that_may_not_be_seen_end_in_a_receipt_too() -> None:
    """Without the role for runs a delivery is done after a day, as one whose run was not seen."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.sds.fail_next("runs", Answer(403), times=None)
    one.pull()
    one.accept()
    waiting = sending.send(one.world, CONNECTOR)
    assert (waiting.outcome, type(waiting.error)) == (Outcome.RUNNING, TargetRefused)
    assert newest(one) is State.ACCEPTED
    one.clock.advance(verdicts.RUN_WITHIN.total_seconds() + 1)

    step = sending.send(one.world, CONNECTOR)

    assert step.outcome is Outcome.NOT_TAKEN
    assert step.facts["receipt"] == "run-unseen"


def test_a_delivery_that_is_superseded_while_it_is_uploaded_is_not_validated() -> None:
    """The newer one is what the school is: SDS gets that."""
    one = delivered()
    change(one, 3)
    one.pull()
    to_hand_over(one)

    class Meanwhile(httpx.BaseTransport):
        def __init__(self, wire: httpx.BaseTransport) -> None:
            self.wire = wire
            self.done = False

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "enrollments.csv" in request.url.path and not self.done:
                self.done = True
                change(one, 5)
                one.pull()
                assert sending.send(one.world, CONNECTOR).outcome is Outcome.SEALED
            return self.wire.handle_request(request)

    process = one.process(sds_transport=Meanwhile)

    assert sending.send(process, CONNECTOR).outcome is Outcome.BUSY
    assert len(one.sds.submissions) == 1
    assert one.accept().outcome is Outcome.ACCEPTED
    assert len(one.sds.submissions) == 2


def test_who_wakes_after_its_claim_is_over_validates_nothing() -> None:
    """By then another may be half-way through its own upload: those files would be taken."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    to_hand_over(one)

    class DiesHalfWay(httpx.BaseTransport):
        def __init__(self, wire: httpx.BaseTransport) -> None:
            self.wire = wire

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "classes.csv" in request.url.path:
                raise Killed
            return self.wire.handle_request(request)

    class SleepsAtTheEnd(DiesHalfWay):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = self.wire.handle_request(request)
            if "enrollments.csv" in request.url.path and b"flush" in request.url.query:
                one.clock.advance(state.CLAIM_LASTS.total_seconds() + 1)
                with suppress(Killed):
                    sending.send(one.process(sds_transport=DiesHalfWay), CONNECTOR)
            return answer

    assert sending.send(one.process(sds_transport=SleepsAtTheEnd), CONNECTOR).error
    assert not one.sds.submissions


def test_one_connector_under_a_name_and_an_id_is_sent_nothing() -> None:
    """Each profile's files alone would empty the other's classes, and no limit would be met."""
    one = make_world(SCHOOL, PROFILES__PREP__CONNECTOR=SdsConnector().id)
    one.pull()
    for connector in one.world.settings.connectors():
        step = one.accept(connector)

        assert step.outcome is Outcome.FAILED
        assert isinstance(step.error, ConfigError)
    assert one.sds.submissions == []


def test_a_profile_taken_away_by_settings_is_held() -> None:
    """The newest sets of the profiles that are left are merged anew, and a person looks."""
    one = delivered()
    settings = one.world.settings
    left = {"seniors": settings.profiles["seniors"]}
    process = one.process(settings=settings.model_copy(update={"profiles": left}))
    one.clock.advance(60)

    steps = [sending.send(process, CONNECTOR).outcome for _ in range(2)]

    name = next(blob.name for blob in one.store.blobs("connectors/") if "held" in blob.name)
    excesses = json.loads(one.store.read(name))["excesses"]
    assert steps == [Outcome.SEALED, Outcome.HELD]
    assert "profiles" in [excess["table"] for excess in excesses]
    assert len(one.sds.submissions) == 1


def test_a_run_of_sds_that_failed_is_waited_out_and_the_same_school_is_sent_again() -> None:
    """SDS took the files and did nothing with them: tomorrow is not `unchanged`."""
    one = make_world(SCHOOL, knobs=replace(QUICK, blocking_error="Cancelled"))
    one.pull()
    one.accept()
    one.clock.advance(3600)
    waiting = sending.send(one.world, CONNECTOR)
    one.clock.advance(verdicts.RUN_WITHIN.total_seconds())
    last = one.send_until_still()
    one.sds.knobs = QUICK
    one.isams.flush()
    one.pull()
    one.accept()

    assert (waiting.outcome, waiting.facts) == (Outcome.RUNNING, {"left_out": "failed"})
    assert (last.outcome, last.facts["receipt"]) == (Outcome.NOT_TAKEN, "run-failed")
    assert len(one.sds.submissions) == 2


def test_a_claim_whose_delivery_could_not_be_marked_ends_by_its_age() -> None:
    """SDS is reading, and only the mark that says so is missing: nobody else may begin."""
    one = make_world(SCHOOL)
    one.pull()
    to_hand_over(one)

    class Forgetful(MemoryStore):
        def create(self, name: str, body: bytes) -> bool:
            if name.endswith(state.SUBMITTED):
                raise StoreUnavailable("storage is busy")
            return super().create(name, body)

    store = Forgetful(one.clock)
    assert isinstance(one.store, MemoryStore)
    store.held = one.store.held
    step = sending.send(one.process(store=store), CONNECTOR)

    assert step.outcome is Outcome.LATER
    assert sending.send(one.world, CONNECTOR).outcome is Outcome.BUSY
    assert len(one.sds.submissions) == 1


def test_a_plan_made_against_another_delivery_is_not_handed_over() -> None:
    """What was compared with something that SDS does not hold has not been compared."""
    one = delivered()
    change(one, 3)
    one.pull()
    to_hand_over(one)
    name = f"{one.look().prefix}{one.look().states[-1][0].id}/{state.AGAINST}"
    one.store.delete(name)
    one.store.create(name, records.Against(deliveries=("another",)).to_json())

    step = sending.send(one.world, CONNECTOR)

    assert isinstance(step.error, PlanOutdated)
    assert len(one.sds.submissions) == 1


def test_a_file_that_sds_did_not_validate_is_no_acceptance() -> None:
    """Classes that SDS does not list as read would all become inactive."""
    one = make_world(SCHOOL, knobs=QUICK)
    told = {"status": "succeeded", "errors": [], "validatedFiles": ["orgs.csv"]}
    one.sds.fail_next("backendOperation", Answer(200, body=json.dumps(told).encode()))
    one.pull()
    step = one.send_until_still()

    assert step.outcome is Outcome.REFUSED
    assert newest(one) is State.DONE
    assert step.facts == {}
    assert isinstance(step.error, TargetRejected)
    assert step.error.facts["faults"] == 4


def test_an_operation_that_failed_without_a_reason_is_no_acceptance() -> None:
    """`failed` says enough."""
    one = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    one.pull()

    assert one.send_until_still().outcome is Outcome.REFUSED


def test_a_machine_that_slept_during_the_upload_validates_nothing() -> None:
    """Its own clocks stood still with it; storage's did not, and its claim may be over."""
    one = make_world(SCHOOL)
    one.pull()
    to_hand_over(one)

    class Slept(MemoryStore):
        def read(self, name: str) -> bytes:
            if name.endswith("enrollments.csv"):
                one.clock.advance(state.CLAIM_LASTS.total_seconds() * 0.6)
            return super().read(name)

    assert isinstance(one.store, MemoryStore)
    store = Slept(one.clock)
    store.held = one.store.held
    step = sending.send(replace(one.process(store=store), clock=FakeClock()), CONNECTOR)

    assert step.outcome is Outcome.LATER
    assert one.sds.submissions == []
