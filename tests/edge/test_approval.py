"""P7: a person's answer to a delivery that waits for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.edge.world import World
from sync.errors import AnswerRefused
from sync.ledger import marks
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval, send
from sync.steps.approval import Answered
from tests.mark_names import APPROVED, REJECTED
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, TestWorld, make_world

SCHOOL = invent(20, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)
DAY_S = 24 * 3600.0

type Answer = Callable[[World, str], Answered]


class Watched(MemoryStore):
    """Calls `before_put` with each name that is about to be written."""

    before_put: Callable[[str], None] | None = None

    def _put(self, name: str, body: bytes) -> bool:
        if self.before_put:
            self.before_put(name)
        return super()._put(name, body)


def held() -> tuple[TestWorld, str]:
    """Return a world whose first delivery waits for a person, and that delivery's id."""
    trial = make_world(SCHOOL, knobs=QUICK, store=Watched, SDS__HOLD_FIRST="true")
    trial.pull()
    step = trial.send_until_still()
    assert step.outcome is Outcome.HELD
    return trial, step.delivery


def state_of(trial: TestWorld, delivery_id: str) -> State:
    return {folder.id: reached for folder, reached in trial.look().states}[delivery_id]


def refused(trial: TestWorld, delivery_id: str, answer: Answer = approval.approve) -> str:
    """Return the state in which the delivery is told to be."""
    with pytest.raises(AnswerRefused) as caught:
        answer(trial.world, delivery_id)
    return str(caught.value.facts.get("state", ""))


def shrink(trial: TestWorld) -> None:
    """Take half of the school away."""
    gone = [pupil.school_id for pupil in SCHOOL.pupils[:10]]
    trial.isams.school = without_pupils(SCHOOL, gone)
    trial.isams.flush()


def test_a_first_delivery_waits_and_goes_once_it_is_approved() -> None:
    """Nothing is asked of SDS before, and all of it is sent after."""
    trial, delivery_id = held()
    trial.clock.advance(3600)
    trial.send_until_still()
    assert not trial.sds.requests

    assert approval.approve(trial.world, delivery_id)[:2] == (CONNECTOR, Outcome.APPROVED)
    assert ("send", {"connector": CONNECTOR}, 0) in trial.nudges.kept
    assert trial.send_until_still().outcome is Outcome.DONE
    assert len(trial.sds.submissions) == 1


def test_a_rejected_delivery_is_never_sent() -> None:
    """A no stands, also for who would approve it afterwards."""
    trial, delivery_id = held()

    approval.reject(trial.world, delivery_id)

    assert refused(trial, delivery_id) == "rejected"
    assert refused(trial, delivery_id, approval.reject) == "rejected"
    assert trial.send_until_still().outcome is Outcome.REJECTED
    assert not trial.sds.requests


def test_an_answer_is_taken_once() -> None:
    """Whoever answers an approved delivery again, before or after it went, is refused."""
    trial, delivery_id = held()
    approval.approve(trial.world, delivery_id)

    assert refused(trial, delivery_id) == "ready"
    trial.send_until_still()
    assert refused(trial, delivery_id, approval.reject) == "done"
    assert refused(trial, delivery_id) == "done"
    assert len(trial.sds.submissions) == 1


def test_an_approval_can_be_withdrawn_until_it_is_sent() -> None:
    """Who has approved by mistake says no, and nothing goes."""
    trial, delivery_id = held()
    approval.approve(trial.world, delivery_id)

    approval.reject(trial.world, delivery_id)

    assert send.send(trial.world, CONNECTOR).outcome is Outcome.REJECTED
    assert trial.sds.submissions == []


@pytest.mark.parametrize(
    "delivery_id", ["", "..", "20260914T210001Z-00000000", "claims", "../profiles", "x" * 2000]
)
def test_a_delivery_that_does_not_exist_cannot_be_answered(delivery_id: str) -> None:
    """An unknown id is refused, and nothing is written."""
    trial, _ = held()
    before = [blob.name for blob in trial.store.blobs("")]

    refused(trial, delivery_id)

    assert [blob.name for blob in trial.store.blobs("")] == before


def test_the_next_nights_delivery_takes_the_place_of_one_that_waits() -> None:
    """What was held yesterday cannot be approved any more: the new one is asked about."""
    trial, delivery_id = held()
    trial.clock.advance(DAY_S)
    shrink(trial)
    trial.pull()

    newer = trial.send_until_still()

    assert newer.outcome is Outcome.HELD
    assert newer.delivery != delivery_id
    assert refused(trial, delivery_id) == "superseded"
    approval.approve(trial.world, newer.delivery)
    assert trial.accept().outcome is Outcome.ACCEPTED


def test_a_school_that_is_itself_again_takes_the_place_of_its_loss() -> None:
    """A large loss waits; once the next night brings the school back, it cannot be sent."""
    trial = make_world(SCHOOL, knobs=QUICK)
    trial.pull()
    trial.send_until_still()
    trial.clock.advance(DAY_S)
    shrink(trial)
    trial.pull()
    loss = trial.send_until_still()
    assert loss.outcome is Outcome.HELD
    trial.next_night(changed=SCHOOL)

    assert trial.send_until_still().outcome is Outcome.UNCHANGED
    assert refused(trial, loss.delivery) == "superseded"
    assert len(trial.sds.submissions) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [(approval.approve, approval.reject), (approval.reject, approval.approve)],
    ids=["yes", "no"],
)
def test_of_a_yes_and_a_no_at_once_the_no_counts(first: Answer, second: Answer) -> None:
    """Whoever is a moment earlier: the delivery is rejected, and SDS hears nothing."""
    trial, delivery_id = held()
    assert isinstance(trial.store, Watched)
    store = trial.store

    def other_answer(name: str) -> None:
        if name.endswith((APPROVED, REJECTED)):
            store.before_put = None
            second(trial.world, delivery_id)

    store.before_put = other_answer
    first(trial.world, delivery_id)

    assert state_of(trial, delivery_id) is State.REJECTED
    trial.send_until_still()
    assert not trial.sds.requests


def test_of_two_equal_answers_at_once_one_is_told_that_it_came_second() -> None:
    """An approval is one person's, even if two press the button in the same moment."""
    trial, delivery_id = held()
    assert isinstance(trial.store, Watched)
    store = trial.store

    def other_answer(name: str) -> None:
        if name.endswith(APPROVED):
            store.before_put = None
            approval.approve(trial.world, delivery_id)

    store.before_put = other_answer

    refused(trial, delivery_id)
    assert state_of(trial, delivery_id) is State.READY


def test_a_no_that_comes_during_the_upload_still_counts() -> None:
    """Until the files are validated SDS has taken nothing."""
    trial, delivery_id = held()
    approval.approve(trial.world, delivery_id)
    assert isinstance(trial.store, Watched)
    record = marks.Approved(digest="", at=trial.clock.now(), by="somebody at the same moment")

    def say_no(name: str) -> None:
        if "/claims/" in name and name.endswith(".json"):
            trial.store.claim(f"{trial.look().prefix}{delivery_id}/{REJECTED}", record.to_json())

    trial.store.before_put = say_no

    assert send.send(trial.world, CONNECTOR).outcome is Outcome.BUSY
    assert not trial.sds.submissions


@pytest.mark.parametrize(("hours", "outcome"), [(23.9, Outcome.SUBMITTED), (24.1, Outcome.EXPIRED)])
def test_an_approval_lasts_a_day(hours: float, outcome: Outcome) -> None:
    """What could not be sent within 24 h of the yes needs another look."""
    trial, delivery_id = held()
    approval.approve(trial.world, delivery_id)
    trial.clock.advance(hours * 3600)

    assert send.send(trial.world, CONNECTOR).outcome is outcome
    assert len(trial.sds.submissions) == (outcome is Outcome.SUBMITTED)


def test_an_approval_covers_no_other_files_than_those_it_was_given_for() -> None:
    """An approval of another digest, however it came there, sends nothing."""
    trial, delivery_id = held()
    record = marks.Approved(digest="0" * 64, at=trial.clock.now(), by="somebody")
    trial.store.create(f"{trial.look().prefix}{delivery_id}/{APPROVED}", record.to_json())

    assert trial.send_until_still().outcome is Outcome.FAILED
    assert not trial.sds.requests


def test_a_late_approval_sends_what_is_not_two_days_old() -> None:
    """What was read up to 48 h ago still goes."""
    trial, delivery_id = held()
    trial.clock.advance(47.9 * 3600)
    approval.approve(trial.world, delivery_id)

    trial.send_until_still()

    assert len(trial.sds.submissions) == 1


def test_a_late_approval_does_not_send_old_data() -> None:
    """What was read more than 48 h ago cannot be approved any more: it would not be sent."""
    trial, delivery_id = held()
    trial.clock.advance(48.1 * 3600)

    with pytest.raises(AnswerRefused, match="older than 48 h"):
        approval.approve(trial.world, delivery_id)

    trial.send_until_still()
    assert not trial.sds.submissions


def test_an_answer_is_for_one_connector_alone() -> None:
    """Two connectors that are sent the same files have deliveries of different ids."""
    trial = make_world(
        SCHOOL,
        PROFILES__SENIORS__YEAR_GROUPS="3-13",
        PROFILES__PREP__YEAR_GROUPS="3-13",
        PROFILES__PREP__CONNECTOR="Pilot",
        SDS__HOLD_FIRST="true",
    )
    trial.pull()
    held_ids = {connector: trial.accept(connector).delivery for connector in (CONNECTOR, "Pilot")}

    assert len(set(held_ids.values())) == 2
    assert approval.approve(trial.world, held_ids["Pilot"]).connector == "Pilot"
