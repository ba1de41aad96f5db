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
from sync.edge.world import World
from sync.errors import ConfigError, PlanOutdated, StoreUnavailable, TargetRefused, TargetRejected
from sync.ledger import claims, marks, states
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import acceptance, schedule, send, verdicts
from sync.steps import pull as run
from tests.clocks import FakeClock
from tests.crash.processes import Killed
from tests.edge.slow_wires import SlowWire
from tests.mark_names import AGAINST, SUBMITTED
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, TestWorld, flush, make_world

SCHOOL = invent(20, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)
LONGEST_S = 200.0


def changed(number: int) -> InventedSchool:
    """Return the school without one of its pupils: another for each *number*."""
    covered = [pupil for pupil in SCHOOL.pupils if pupil.year >= 3]
    return without_pupils(SCHOOL, [covered[number].school_id])


def change(scene: TestWorld, number: int) -> None:
    scene.isams.school = changed(number)
    scene.isams.flush()


def delivered() -> TestWorld:
    """Return a world whose first delivery SDS has taken and run, a day ago."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.DONE
    scene.clock.advance(24 * 3600)
    return scene


def newest(scene: TestWorld) -> State:
    return scene.look().states[-1][1]


def to_hand_over(scene: TestWorld) -> None:
    """Move the newest delivery up to where it is to be handed over."""
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.SEALED
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.PLANNED


# -- unchanged -----------------------------------------------------------------------------------


def test_an_unchanged_school_costs_no_call_of_sds() -> None:
    """The same people in another order are the same bytes, and SDS has them already."""
    scene = delivered()
    requests = len(scene.sds.requests)
    for seed in range(3):
        scene.next_night(changed=shuffled(SCHOOL, seed), after_h=0)

        assert scene.send_until_still().outcome is Outcome.UNCHANGED
        scene.clock.advance(24 * 3600)
    assert len(scene.sds.requests) == requests
    assert len(scene.sds.submissions) == 1


def test_a_refused_delivery_leaves_sds_with_what_it_had() -> None:
    """After a refusal the school as it was is unchanged, and as it was refused it goes again."""
    scene = delivered()
    change(scene, 3)
    scene.sds.reject_with([{"code": "InvalidFileFormat", "target": "users.csv"}])
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.REFUSED
    requests = len(scene.sds.requests)

    flush(scene, pupils=SCHOOL.pupils, memberships=SCHOOL.memberships)
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.UNCHANGED
    assert len(scene.sds.requests) == requests
    scene.next_night(changed=changed(3), after_h=0)
    assert scene.accept().outcome is Outcome.ACCEPTED


def test_after_a_lost_answer_nothing_is_unchanged() -> None:
    """SDS may hold what was sent last, so yesterday's school goes again when it comes back."""
    scene = delivered()
    change(scene, 3)
    scene.sds.fail_next("validate", httpx.ReadTimeout("lost"), done=True)
    scene.pull()
    to_hand_over(scene)
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.LATER
    scene.clock.advance(states.CLAIM_LASTS.total_seconds() + 1)
    flush(scene, pupils=SCHOOL.pupils, memberships=SCHOOL.memberships)
    scene.pull()

    assert scene.accept().outcome is Outcome.ACCEPTED
    first, lost, again = scene.sds.submissions
    assert lost.files != first.files
    assert again.files == first.files


def test_files_that_sds_took_but_did_not_find_are_not_taken_for_nothing() -> None:
    """If SDS says that it saw four of five files, it holds those: the whole set goes again."""
    scene = delivered()
    change(scene, 3)
    partial = {
        "status": "succeeded",
        "validatedFiles": ["orgs.csv", "users.csv", "roles.csv", "classes.csv"],
        "errors": [],
        "warnings": [{"code": "OptionalFileNotFound", "target": "enrollments.csv"}],
    }
    scene.sds.fail_next("backendOperation", Answer(200, body=json.dumps(partial).encode()))
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.REFUSED
    flush(scene, pupils=SCHOOL.pupils, memberships=SCHOOL.memberships)
    scene.pull()

    assert scene.accept().outcome is Outcome.ACCEPTED
    assert scene.sds.submissions[-1].files == scene.sds.submissions[0].files


# -- one at a time -------------------------------------------------------------------------------


def test_no_session_is_opened_while_a_lost_request_may_still_arrive() -> None:
    """A `validate` without an answer may be late: a session that it could meet is not opened."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.sds.fail_next("validate", httpx.ReadTimeout("lost"))
    scene.pull()
    to_hand_over(scene)
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.LATER
    sessions = [line.route for line in scene.sds.requests].count("getUploadSession")

    scene.clock.advance(states.CLAIM_LASTS.total_seconds() - 60)
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.BUSY
    assert [line.route for line in scene.sds.requests].count("getUploadSession") == sessions
    scene.clock.advance(61)
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.SUBMITTED


def test_a_delivery_is_not_compared_while_another_is_on_its_way() -> None:
    """What SDS will hold is not known then; compared later, it is compared with the right one."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.pull()
    to_hand_over(scene)
    claim = f"{scene.look().prefix}claims/000001"
    work = claims.Claim(delivery=scene.look().states[-1][0].id, at=scene.clock.now(), by="somebody")
    scene.store.claim(f"{claim}.json", work.to_json())
    scene.next_night(changed=changed(3), after_h=0)
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.SEALED

    assert send.send(scene.world, CONNECTOR).outcome is Outcome.BUSY
    assert newest(scene) is State.SEALED
    done = claims.ClaimDone(delivery="", submitted="no")
    scene.store.claim(f"{claim}.done", done.to_json())
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.SEALED  # beside what SDS has now
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.PLANNED


# -- the vendors' pace ---------------------------------------------------------------------------


def test_sds_is_given_four_submissions_a_day_at_most() -> None:
    """A fifth school in one day waits until the first submission is a day old."""
    scene = make_world(SCHOOL, knobs=QUICK)
    for number in range(4):
        scene.next_night(changed=changed(number), after_h=0)
        assert scene.send_until_still().outcome is Outcome.DONE
    scene.next_night(changed=changed(4), after_h=0)

    assert scene.send_until_still().outcome is Outcome.LIMITED
    assert len(scene.sds.submissions) == 4
    since_first = scene.clock.now() - scene.sds.submissions[0].at
    scene.clock.advance((timedelta(days=1) - since_first).total_seconds() - 60)
    assert scene.send_until_still().outcome is Outcome.LIMITED
    scene.clock.advance(120)
    assert scene.send_until_still().outcome is Outcome.DONE
    assert len(scene.sds.submissions) == 5


def test_one_delivery_is_submitted_three_times_at_most() -> None:
    """If SDS never tells us that it took it, we stop, and say so."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.sds.fail_next("validate", httpx.ReadTimeout("lost"), times=None, done=True)
    scene.pull()
    to_hand_over(scene)
    for hours in range(40):
        step = send.send(scene.world, CONNECTOR)
        if hours == 2:  # the third failed: for a day nothing of it is even begun
            scene.sds.fail_next("getUploadSession", Answer(503), times=None)
        scene.clock.advance(3600)

    assert step.outcome in {Outcome.DONE, Outcome.NOTHING}
    assert newest(scene) is State.DONE
    assert len(scene.sds.submissions) == states.SUBMISSIONS_EACH


def test_an_operation_is_asked_after_no_oftener_than_every_five_seconds() -> None:
    """A chain of nudges keeps the pause that SDS asks for, and ends for the ticks to go on."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=10**6))
    scene.pull()
    to_hand_over(scene)
    send.send(scene.world, CONNECTOR)
    scene.nudges.kept = scene.nudges.kept[-1:]
    while scene.nudges.kept:
        _, _, delay_s = scene.nudges.kept.pop()
        scene.clock.advance(delay_s)
        send.send(scene.world, CONNECTOR)
        assert len(scene.nudges.kept) <= 1

    polls = [line.at for line in scene.sds.requests if line.route == "operation"]
    pauses_s = [(b - a).total_seconds() for a, b in pairwise(polls)]
    assert min(pauses_s) >= 5
    assert 20 < len(polls) < 60


def slow(scene: TestWorld, pieces: int) -> World:
    """Return a process that meets the slowest other side there can be."""
    return scene.process(
        isams_transport=lambda wire: SlowWire(wire, scene.clock, pieces),
        sds_transport=lambda wire: SlowWire(wire, scene.clock, pieces),
    )


def busy(scene: TestWorld) -> World:
    """Return a process that is always told to come back in an hour."""

    def answer(_: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(b"")
        return httpx.Response(503, headers={"Retry-After": "3600"}, stream=stream)

    return scene.process(
        isams_transport=lambda _: httpx.MockTransport(answer),
        sds_transport=lambda _: httpx.MockTransport(answer),
    )


def took_s(scene: TestWorld, process: World, *, pull: bool) -> float:
    began_s = scene.clock.passed_s
    step = run.pull(process, "northbank") if pull else send.send(process, CONNECTOR)
    assert step.outcome not in {Outcome.NOTHING, Outcome.BUSY}
    return scene.clock.passed_s - began_s


@pytest.mark.parametrize("pieces", [1, 2, 3, 50])
def test_a_pull_ends_in_time_however_slow_the_answer(pieces: int) -> None:
    """A late, trickling answer of iSAMS costs one invocation at most 200 s."""
    scene = make_world(SCHOOL)
    schedule.ask(scene.world, "northbank", "test")

    assert took_s(scene, slow(scene, pieces), pull=True) <= LONGEST_S


def late(scene: TestWorld) -> World:
    """Return a process whose answers all begin as late as can be, and then come whole."""
    return slow(scene, 1)


def trickling(scene: TestWorld) -> World:
    """Return a process whose answers begin late, and then come a little at a time."""
    return slow(scene, 50)


@pytest.mark.parametrize("process", [late, busy, trickling])
@pytest.mark.parametrize("stage", ["hand over", "check", "run"])
def test_a_send_ends_in_time_however_slow_sds_is(
    stage: str, process: Callable[[TestWorld], World]
) -> None:
    """Late answers of Graph and its storage cost one invocation at most 200 s."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.pull()
    to_hand_over(scene)
    if stage != "hand over":
        send.send(scene.world, CONNECTOR)
    if stage == "run":
        scene.clock.advance(6)
        send.send(scene.world, CONNECTOR)

    assert took_s(scene, process(scene), pull=False) <= LONGEST_S


def test_a_wait_of_an_hour_is_not_waited() -> None:
    """`Retry-After: 3600` ends the invocation: a later one asks again."""
    scene = make_world(SCHOOL)
    schedule.ask(scene.world, "northbank", "test")
    process = busy(scene)

    assert took_s(scene, process, pull=True) <= LONGEST_S
    assert scene.clock.slept == []


# -- what never answers --------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 404, 418, 503])
def test_an_operation_that_cannot_be_read_does_not_block_the_connector_for_ever(
    status: int,
) -> None:
    """After two hours it is unproven, and the next night's delivery goes."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.pull()
    to_hand_over(scene)
    for route in ("operation", "operations", "backendOperation"):
        scene.sds.fail_next(route, Answer(status), times=None)
    send.send(scene.world, CONNECTOR)
    send.send(scene.world, CONNECTOR)
    assert newest(scene) is State.SUBMITTED
    scene.clock.advance(acceptance.ANSWER_WITHIN.total_seconds() + 1)

    assert send.send(scene.world, CONNECTOR).outcome is Outcome.UNPROVEN
    change(scene, 3)
    scene.sds.heal()
    scene.pull()
    assert scene.accept().outcome is Outcome.ACCEPTED


def test_runs_that_may_not_be_seen_end_in_a_receipt_too() -> None:
    """Without the role for runs a delivery is done after a day, as if its run was not seen."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.sds.fail_next("runs", Answer(403), times=None)
    scene.pull()
    scene.accept()
    waiting = send.send(scene.world, CONNECTOR)
    assert (waiting.outcome, type(waiting.error)) == (Outcome.RUNNING, TargetRefused)
    assert newest(scene) is State.ACCEPTED
    scene.clock.advance(verdicts.RUN_WITHIN.total_seconds() + 1)

    step = send.send(scene.world, CONNECTOR)

    assert step.outcome is Outcome.NOT_TAKEN
    assert step.facts["receipt"] == "run-unseen"


def test_a_delivery_that_is_superseded_while_it_is_uploaded_is_not_validated() -> None:
    """The newer is what the school is: SDS gets that."""
    scene = delivered()
    scene.next_night(changed=changed(3), after_h=0)
    to_hand_over(scene)

    class Meanwhile(httpx.BaseTransport):
        def __init__(self, wire: httpx.BaseTransport) -> None:
            self.wire = wire
            self.done = False

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "enrollments.csv" in request.url.path and not self.done:
                self.done = True
                scene.next_night(changed=changed(5), after_h=0)
                assert send.send(scene.world, CONNECTOR).outcome is Outcome.SEALED
            return self.wire.handle_request(request)

    process = scene.process(sds_transport=Meanwhile)

    assert send.send(process, CONNECTOR).outcome is Outcome.BUSY
    assert len(scene.sds.submissions) == 1
    assert scene.accept().outcome is Outcome.ACCEPTED
    assert len(scene.sds.submissions) == 2


def test_who_wakes_after_its_claim_is_over_validates_nothing() -> None:
    """By then another may be half-way through an upload: those files would be taken."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.pull()
    to_hand_over(scene)

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
                scene.clock.advance(states.CLAIM_LASTS.total_seconds() + 1)
                with suppress(Killed):
                    send.send(scene.process(sds_transport=DiesHalfWay), CONNECTOR)
            return answer

    assert send.send(scene.process(sds_transport=SleepsAtTheEnd), CONNECTOR).error
    assert not scene.sds.submissions


def test_one_connector_under_a_name_and_an_id_is_sent_nothing() -> None:
    """Each profile's files alone would empty the other's classes, and no limit would be met."""
    scene = make_world(SCHOOL, PROFILES__PREP__CONNECTOR=SdsConnector().id)
    scene.pull()
    for connector in scene.world.settings.connectors():
        step = scene.accept(connector)

        assert step.outcome is Outcome.FAILED
        assert isinstance(step.error, ConfigError)
    assert scene.sds.submissions == []


def test_a_profile_taken_away_by_settings_is_held() -> None:
    """The newest sets of the profiles that are left are merged anew, and a person looks."""
    scene = delivered()
    settings = scene.world.settings
    left = {"seniors": settings.profiles["seniors"]}
    process = scene.process(settings=settings.model_copy(update={"profiles": left}))
    scene.clock.advance(60)

    steps = [send.send(process, CONNECTOR).outcome for _ in range(2)]

    name = next(blob.name for blob in scene.store.blobs("connectors/") if "held" in blob.name)
    excesses = json.loads(scene.store.read(name))["excesses"]
    assert steps == [Outcome.SEALED, Outcome.HELD]
    assert "profiles" in [excess["table"] for excess in excesses]
    assert len(scene.sds.submissions) == 1


def test_a_run_of_sds_that_failed_is_waited_out_and_the_same_school_is_sent_again() -> None:
    """SDS took the files and did nothing with them: tomorrow is not `unchanged`."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, blocking_error="Cancelled"))
    scene.pull()
    scene.accept()
    scene.clock.advance(3600)
    waiting = send.send(scene.world, CONNECTOR)
    scene.clock.advance(verdicts.RUN_WITHIN.total_seconds())
    last = scene.send_until_still()
    scene.sds.knobs = QUICK
    scene.next_night(after_h=0)
    scene.accept()

    assert (waiting.outcome, waiting.facts) == (Outcome.RUNNING, {"left_out": "failed"})
    assert (last.outcome, last.facts["receipt"]) == (Outcome.NOT_TAKEN, "run-failed")
    assert len(scene.sds.submissions) == 2


def test_a_claim_whose_delivery_could_not_be_marked_ends_by_its_age() -> None:
    """SDS is reading, and only the mark that says so is missing: nobody else may begin."""
    scene = make_world(SCHOOL)
    scene.pull()
    to_hand_over(scene)

    class Forgetful(MemoryStore):
        def create(self, name: str, body: bytes) -> bool:
            if name.endswith(SUBMITTED):
                raise StoreUnavailable("storage is busy")
            return super().create(name, body)

    store = Forgetful(scene.clock)
    assert isinstance(scene.store, MemoryStore)
    store.held = scene.store.held
    step = send.send(scene.process(store=store), CONNECTOR)

    assert step.outcome is Outcome.LATER
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.BUSY
    assert len(scene.sds.submissions) == 1


def test_a_plan_made_against_another_delivery_is_not_handed_over() -> None:
    """What was compared with something that SDS does not hold has not been compared."""
    scene = delivered()
    scene.next_night(changed=changed(3), after_h=0)
    to_hand_over(scene)
    name = f"{scene.look().prefix}{scene.look().states[-1][0].id}/{AGAINST}"
    scene.store.delete(name)
    scene.store.create(name, marks.Against(deliveries=("another",)).to_json())

    step = send.send(scene.world, CONNECTOR)

    assert isinstance(step.error, PlanOutdated)
    assert len(scene.sds.submissions) == 1


def test_a_file_that_sds_did_not_validate_is_no_acceptance() -> None:
    """Classes that SDS does not list as read would all become inactive."""
    scene = make_world(SCHOOL, knobs=QUICK)
    told = {"status": "succeeded", "errors": [], "validatedFiles": ["orgs.csv"]}
    scene.sds.fail_next("backendOperation", Answer(200, body=json.dumps(told).encode()))
    scene.pull()
    step = scene.send_until_still()

    assert step.outcome is Outcome.REFUSED
    assert newest(scene) is State.DONE
    assert step.facts == {}
    assert isinstance(step.error, TargetRejected)
    assert step.error.facts["faults"] == 4


def test_an_operation_that_failed_without_a_reason_is_no_acceptance() -> None:
    """`failed` says enough."""
    scene = make_world(SCHOOL, knobs=replace(QUICK, operation_status="failed"))
    scene.pull()

    assert scene.send_until_still().outcome is Outcome.REFUSED


def test_a_machine_that_slept_during_the_upload_validates_nothing() -> None:
    """Its clocks stood still with it; storage's did not, and its claim may be over."""
    scene = make_world(SCHOOL)
    scene.pull()
    to_hand_over(scene)

    class Slept(MemoryStore):
        def read(self, name: str) -> bytes:
            if name.endswith("enrollments.csv"):
                scene.clock.advance(states.CLAIM_LASTS.total_seconds() * 0.6)
            return super().read(name)

    assert isinstance(scene.store, MemoryStore)
    store = Slept(scene.clock)
    store.held = scene.store.held
    step = send.send(replace(scene.process(store=store), clock=FakeClock()), CONNECTOR)

    assert step.outcome is Outcome.LATER
    assert scene.sds.submissions == []
