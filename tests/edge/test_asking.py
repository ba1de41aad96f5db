"""P7 and what status tells: a person's answer, and what people see who never read a log."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from simulators.isams import faults
from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.errors import AnswerRefused
from sync.ledger import marks
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import pull, schedule, send, status
from tests.mark_names import APPROVED, REJECTED
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, TestWorld, make_world

SCHOOL = invent(20, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)
DAY_S = 24 * 3600.0


class Watched(MemoryStore):
    """Calls `before_put` with each name that is about to be written."""

    before_put: Callable[[str], None] | None = None

    def _put(self, name: str, body: bytes) -> bool:
        if self.before_put:
            self.before_put(name)
        return super()._put(name, body)


def held() -> tuple[TestWorld, str]:
    """Return a world whose first delivery waits for a person, and that delivery's id."""
    one = make_world(SCHOOL, knobs=QUICK, store=Watched, SDS__HOLD_FIRST="true")
    one.pull()
    step = one.send_until_still()
    assert step.outcome is Outcome.HELD
    return one, step.delivery


def state_of(one: TestWorld, own: str) -> State:
    return {folder.id: reached for folder, reached in one.look().states}[own]


def refused(one: TestWorld, own: str, *, approve: bool = True) -> str:
    with pytest.raises(AnswerRefused) as caught:
        status.answer(one.world, own, approve=approve)
    return str(caught.value.facts.get("state", ""))


def shrink(one: TestWorld) -> None:
    """Take half of the school away."""
    gone = [pupil.school_id for pupil in SCHOOL.pupils[:10]]
    one.isams.school = without_pupils(SCHOOL, gone)
    one.isams.flush()


def test_a_first_delivery_waits_and_goes_once_it_is_approved() -> None:
    """Nothing is asked of SDS before, and all of it is sent after."""
    one, own = held()
    one.clock.advance(3600)
    one.send_until_still()
    assert not one.sds.requests

    assert status.answer(one.world, own, approve=True) == (CONNECTOR, Outcome.APPROVED)
    assert ("send", {"connector": CONNECTOR}, 0) in one.nudges.kept
    assert one.send_until_still().outcome is Outcome.DONE
    assert len(one.sds.submissions) == 1


def test_a_rejected_delivery_is_never_sent() -> None:
    """A no stands, also for who would approve it afterwards."""
    one, own = held()

    status.answer(one.world, own, approve=False)

    assert refused(one, own) == "rejected"
    assert refused(one, own, approve=False) == "rejected"
    assert one.send_until_still().outcome is Outcome.REJECTED
    assert not one.sds.requests


def test_an_answer_is_taken_once() -> None:
    """Whoever answers an approved delivery again, before or after it went, is refused."""
    one, own = held()
    status.answer(one.world, own, approve=True)

    assert refused(one, own) == "ready"
    one.send_until_still()
    assert refused(one, own, approve=False) == "done"
    assert refused(one, own) == "done"
    assert len(one.sds.submissions) == 1


def test_an_approval_can_be_withdrawn_until_it_is_sent() -> None:
    """Who has approved by mistake says no, and nothing goes."""
    one, own = held()
    status.answer(one.world, own, approve=True)

    status.answer(one.world, own, approve=False)

    assert send.send(one.world, CONNECTOR).outcome is Outcome.REJECTED
    assert one.sds.submissions == []


@pytest.mark.parametrize(
    "own", ["", "..", "20260914T210001Z-00000000", "claims", "../profiles", "x" * 2000]
)
def test_a_delivery_that_does_not_exist_cannot_be_answered(own: str) -> None:
    """An unknown id is refused, and nothing is written."""
    one, _ = held()
    before = [blob.name for blob in one.store.blobs("")]

    refused(one, own)

    assert [blob.name for blob in one.store.blobs("")] == before


def test_the_next_nights_delivery_takes_the_place_of_one_that_waits() -> None:
    """What was held yesterday cannot be approved any more: the new one is asked about."""
    one, own = held()
    one.clock.advance(DAY_S)
    shrink(one)
    one.pull()

    newer = one.send_until_still()

    assert newer.outcome is Outcome.HELD
    assert newer.delivery != own
    assert refused(one, own) == "superseded"
    status.answer(one.world, newer.delivery, approve=True)
    assert one.accept().outcome is Outcome.ACCEPTED


def test_a_school_that_is_itself_again_takes_the_place_of_its_loss() -> None:
    """A large loss waits; once the next night brings the school back, it cannot be sent."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    one.send_until_still()
    one.clock.advance(DAY_S)
    shrink(one)
    one.pull()
    loss = one.send_until_still()
    assert loss.outcome is Outcome.HELD
    one.clock.advance(DAY_S)
    one.isams.school = SCHOOL
    one.isams.flush()
    one.pull()

    assert one.send_until_still().outcome is Outcome.UNCHANGED
    assert refused(one, loss.delivery) == "superseded"
    assert len(one.sds.submissions) == 1


@pytest.mark.parametrize("first", ["yes", "no"])
def test_of_a_yes_and_a_no_at_once_the_no_counts(first: str) -> None:
    """Whoever is a moment earlier: the delivery is rejected, and SDS hears nothing."""
    one, own = held()
    assert isinstance(one.store, Watched)
    store = one.store

    def other_answer(name: str) -> None:
        if name.endswith((APPROVED, REJECTED)):
            store.before_put = None
            status.answer(one.world, own, approve=first == "no")

    store.before_put = other_answer
    status.answer(one.world, own, approve=first == "yes")

    assert state_of(one, own) is State.REJECTED
    one.send_until_still()
    assert not one.sds.requests


def test_of_two_equal_answers_at_once_one_is_told_that_it_came_second() -> None:
    """An approval is one person's, even if two press the button in the same moment."""
    one, own = held()
    assert isinstance(one.store, Watched)
    store = one.store

    def other_answer(name: str) -> None:
        if name.endswith(APPROVED):
            store.before_put = None
            status.answer(one.world, own, approve=True)

    store.before_put = other_answer

    refused(one, own)
    assert state_of(one, own) is State.READY


def test_a_no_that_comes_during_the_upload_still_counts() -> None:
    """Until the files are validated SDS has taken nothing."""
    one, own = held()
    status.answer(one.world, own, approve=True)
    assert isinstance(one.store, Watched)
    record = marks.Approved(digest="", at=one.clock.now(), by="somebody at the same moment")

    def say_no(name: str) -> None:
        if "/claims/" in name and name.endswith(".json"):
            one.store.claim(f"{one.look().prefix}{own}/{REJECTED}", record.to_json())

    one.store.before_put = say_no

    assert send.send(one.world, CONNECTOR).outcome is Outcome.BUSY
    assert not one.sds.submissions


@pytest.mark.parametrize(("hours", "outcome"), [(23.9, Outcome.SUBMITTED), (24.1, Outcome.EXPIRED)])
def test_an_approval_lasts_a_day(hours: float, outcome: Outcome) -> None:
    """What could not be sent within 24 h of the yes needs another look."""
    one, own = held()
    status.answer(one.world, own, approve=True)
    one.clock.advance(hours * 3600)

    assert send.send(one.world, CONNECTOR).outcome is outcome
    assert len(one.sds.submissions) == (outcome is Outcome.SUBMITTED)


def test_an_approval_covers_no_other_files_than_those_it_was_given_for() -> None:
    """An approval of another digest, however it came there, sends nothing."""
    one, own = held()
    record = marks.Approved(digest="0" * 64, at=one.clock.now(), by="somebody")
    one.store.create(f"{one.look().prefix}{own}/{APPROVED}", record.to_json())

    assert one.send_until_still().outcome is Outcome.FAILED
    assert not one.sds.requests


@pytest.mark.parametrize(("hours", "sent"), [(47.9, 1), (48.1, 0)])
def test_a_late_approval_does_not_send_old_data(hours: float, sent: int) -> None:
    """However fresh the yes: what was read more than 48 h ago is not sent."""
    one, own = held()
    one.clock.advance(hours * 3600)
    status.answer(one.world, own, approve=True)

    one.send_until_still()

    assert len(one.sds.submissions) == sent


# -- status --------------------------------------------------------------------------------------


def told(one: TestWorld, *path: str | int) -> object:
    """Return what status says at *path*, as a reader of its JSON sees it."""
    found: object = json.loads(json.dumps(status.status(one.world)))
    for key in path:
        assert isinstance(found, dict | list)
        found = found[key]  # type: ignore[index]  # a list by number, a record by name
    return found


def test_silence_is_seen() -> None:
    """If nothing has been read for days, status shows how old each profile's data are."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    one.clock.advance(70 * 3600)

    assert told(one, "profiles", "seniors", "set", "age_h") == 70.0
    assert told(one, "schools", "northbank", "pull", "state") == "sealed"


def test_status_of_a_new_app_is_empty_not_wrong() -> None:
    """Before the first pull there are no sets, no deliveries and nothing to wait for but them."""
    one = make_world(SCHOOL)

    assert told(one, "profiles", "prep") == {"set": None}
    assert told(one, "connectors", CONNECTOR, "waiting_for") == ["prep", "seniors"]
    assert told(one, "connectors", CONNECTOR, "deliveries") == []


def test_status_tells_of_a_hold_by_count() -> None:
    """How many rows of which table would go, how many may: no names."""
    one = make_world(SCHOOL, knobs=QUICK)
    one.pull()
    one.send_until_still()
    one.clock.advance(DAY_S)
    shrink(one)
    one.pull()
    one.send_until_still()

    here = ("connectors", CONNECTOR, "deliveries", 0)

    assert told(one, *here, "state") == "held"
    assert told(one, *here, "hold", "excesses", 0, "what") == "removed"
    assert told(one, *here, "changes", "enrollments.csv", "removed") == 34
    assert "@" not in str(told(one))


def test_status_tells_of_every_stage() -> None:
    """From asked to receipt, each look shows the step that was reached."""
    one = make_world(SCHOOL, knobs=QUICK)
    stages = ["waiting", "sealed", "ready", "submitted", "accepted", "done"]
    seen = []
    schedule.ask(one.world, "northbank", "test")
    seen.append(told(one, "schools", "northbank", "pull", "state"))
    pull.pull(one.world, "northbank")
    for _ in range(5):
        send.send(one.world, CONNECTOR)
        one.clock.advance(61)
        seen.append(told(one, "connectors", CONNECTOR, "deliveries", 0, "state"))

    assert list(dict.fromkeys(seen)) == stages


def test_status_tells_why_a_pull_waits() -> None:
    """Between two attempts the last error is there to read."""
    one = make_world(SCHOOL)
    one.isams.faults = faults.refused(503)
    one.pull()

    assert told(one, "schools", "northbank", "pull", "error", "error") == "SourceUnavailable"
    assert told(one, "schools", "northbank", "pull", "attempts") == 1


def test_findings_are_those_of_the_newest_set() -> None:
    """A profile without a set has none; with one, its own file comes back as it was sealed."""
    one = make_world(invent(60))
    assert status.findings(one.world, "seniors") is None
    one.pull()
    found = status.findings(one.world, "seniors")
    assert found
    assert b"PUPIL_WITHOUT_EMAIL" in found.upper().replace(b"-", b"_")


def test_an_answer_is_for_one_connector_alone() -> None:
    """Two connectors that are sent the same files have deliveries of different ids."""
    one = make_world(
        SCHOOL,
        PROFILES__SENIORS__YEAR_GROUPS="3-13",
        PROFILES__PREP__YEAR_GROUPS="3-13",
        PROFILES__PREP__CONNECTOR="Pilot",
        SDS__HOLD_FIRST="true",
    )
    one.pull()
    held_ids = {connector: one.accept(connector).delivery for connector in (CONNECTOR, "Pilot")}

    assert len(set(held_ids.values())) == 2
    assert status.answer(one.world, held_ids["Pilot"], approve=True).connector == "Pilot"
