"""What a pull leaves behind, and what it leaves alone: P3, P8 and P11 from iSAMS to sealed sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulators.isams import faults
from simulators.isams.faults import Faults
from simulators.isams.keys import BatchKey
from simulators.isams.oauth import TokenDesk
from simulators.school import invent, shuffled, without_pupils
from sync.ledger import states
from sync.report import Outcome, Step
from sync.steps import pull, schedule, send, status
from tests.crash.processes import Doom, Killed, Way, doomed
from tests.worlds import CONNECTOR, TestWorld, flush, make_world

SCHOOL = invent(20, quirks=False)
SECRET = "invented-client-secret"
_WIRE = ("no answer", "connection closed mid-body", "empty body", "truncated at the end")
TOKEN_FAULTS = {
    name: fault
    for name, fault in faults.FATAL.items()
    if name in _WIRE or any(word in name for word in ("4", "5", "HTML", "redirected"))
}
EVERY_FAULT = [
    *(pytest.param("batch", fault, id=f"batch {name}") for name, fault in faults.FATAL.items()),
    *(pytest.param("token", fault, id=f"token {name}") for name, fault in TOKEN_FAULTS.items()),
]


def pulled_at_last(one: TestWorld) -> Step:
    """Ask for a pull and try it until it is over, as ticks would."""
    one.clock.advance(1)
    schedule.ask(one.world, "northbank", "test")
    while (step := pull.pull(one.world, "northbank")).outcome is Outcome.LATER:
        one.clock.advance(pull.RETRY_S)
    return step


def rosters(one: TestWorld) -> list[str]:
    """Return every blob but the pulls' own."""
    return [blob.name for blob in one.store.blobs("") if not blob.name.startswith("schools/")]


def pull_told(one: TestWorld) -> dict[str, object]:
    schools = status.survey(one.world).document()["schools"]
    assert isinstance(schools, dict)
    told = schools["northbank"]["pull"]
    assert isinstance(told, dict)
    return told


def with_token() -> TestWorld:
    """Return a world whose key wants a token, with yesterday's delivery accepted."""
    one = make_world(SCHOOL, SCHOOLS__NORTHBANK__ISAMS_CLIENT_SECRET=SECRET)
    key = BatchKey(secret=SECRET, needs_token=True)
    one.isams.keys = {key.guid: key}
    one.isams.tokens = TokenDesk({key.guid: SECRET}, one.clock.now)
    assert one.pull().outcome is Outcome.SEALED
    assert one.send_until_still().outcome is Outcome.DONE
    one.clock.advance(24 * 3600)
    return one


def test_there_are_sixteen_ways_to_fail() -> None:
    """The simulator knows at least sixteen ways in which an answer of iSAMS is of no use."""
    assert len(faults.FATAL) >= 16
    assert len(TOKEN_FAULTS) >= 10


@pytest.mark.parametrize(("route", "fault"), EVERY_FAULT)
def test_a_failed_read_changes_nothing(route: str, fault: Faults) -> None:
    """Whichever request fails, however: no set, no delivery, no call of SDS, and status says so."""
    one = with_token()
    before, requests = rosters(one), len(one.sds.requests)
    flush(one, pupils=SCHOOL.pupils[:3])
    one.isams.script([fault] * 100, route=route)

    step = pulled_at_last(one)
    send.send(one.world, CONNECTOR)
    schedule.tick(one.world)

    assert step.outcome is Outcome.FAILED
    assert rosters(one) == before
    assert len(one.sds.requests) == requests
    told = pull_told(one)
    assert told["state"] == "failed"
    assert str(told["error"]).count("Source") == 1


def test_a_read_that_fails_once_is_made_good_by_the_next() -> None:
    """One bad answer costs a few minutes, not the night."""
    one = make_world(SCHOOL)
    one.isams.script([faults.refused(503)] * 4)
    one.clock.advance(1)
    schedule.ask(one.world, "northbank", "test")

    assert pull.pull(one.world, "northbank").outcome is Outcome.LATER
    assert pull_told(one)["state"] == "waiting"
    assert ("pull", {"school": "northbank"}, pull.RETRY_S) in one.nudges.kept
    one.clock.advance(pull.RETRY_S)
    assert pull.pull(one.world, "northbank").outcome is Outcome.SEALED
    assert pull_told(one)["state"] == "sealed"


def test_a_pull_that_fails_five_times_has_failed() -> None:
    """Then nobody nudges any more, and status shows how often it was tried."""
    one = make_world(SCHOOL)
    one.isams.faults = faults.refused(503)

    step = pulled_at_last(one)

    assert step.outcome is Outcome.FAILED
    assert step.facts["attempt"] == states.ATTEMPTS
    assert pull_told(one)["attempts"] == states.ATTEMPTS
    assert pull.pull(one.world, "northbank").outcome is Outcome.NOTHING
    one.nudges.kept.clear()
    one.clock.advance(3600)
    schedule.tick(one.world)
    assert not one.nudges.kept


def test_a_pull_that_is_killed_again_and_again_has_failed() -> None:
    """What ends the process cannot be written down by it: the sixth finds five, and gives up."""
    one = make_world(SCHOOL)
    schedule.ask(one.world, "northbank", "test")
    for attempt in range(states.ATTEMPTS):
        with pytest.raises(Killed):
            pull.pull(doomed(one, Doom(4, Way.BEFORE)), "northbank")
        assert pull_told(one)["state"] == "running", attempt
        assert pull.pull(one.world, "northbank").outcome is Outcome.BUSY
        one.clock.advance(states.ATTEMPT_LASTS.total_seconds())

    assert pull.pull(one.world, "northbank").outcome is Outcome.FAILED
    assert pull_told(one)["state"] == "failed"
    assert "UnexpectedError" in str(pull_told(one)["error"])


def test_a_profile_that_cannot_be_built_does_not_take_the_others_along() -> None:
    """Its fault is told, its last set stays; the school's other profiles are sealed anew."""
    one = make_world(SCHOOL)
    one.pull()
    changed = make_world(SCHOOL, PROFILES__PREP__INCLUDED_SUBJECTS="no-such-subject")
    one.world = one.process(settings=changed.world.settings)

    step = one.pull()

    assert step.outcome is Outcome.PARTLY_SEALED
    assert step.facts["profiles_failed"] == 1
    assert "ConfigError" in str(pull_told(one)["faults"])
    assert [len(one.store.folders(f"profiles/{own}/")) for own in ("seniors", "prep")] == [2, 1]


def test_only_the_newest_pull_counts() -> None:
    """A pull that was asked for later stands for the one before it."""
    one = make_world(SCHOOL)
    schedule.ask(one.world, "northbank", "test")
    one.clock.advance(60)
    schedule.ask(one.world, "northbank", "test")

    assert pull.pull(one.world, "northbank").outcome is Outcome.SEALED
    assert pull.pull(one.world, "northbank").outcome is Outcome.NOTHING


def set_digests(one: TestWorld) -> Iterator[set[str]]:
    for profile in ("seniors", "prep"):
        yield {own.partition("-")[2] for own in one.store.folders(f"profiles/{profile}/")}


def test_the_same_school_in_another_order_gives_the_same_bytes() -> None:
    """Whatever order iSAMS lists its records in, a profile's set has one digest."""
    school = invent(60)
    one = make_world(school)
    one.pull()
    for seed in range(5):
        one.isams.school = shuffled(school, seed)
        one.isams.flush()
        one.pull()

    assert [len(found) for found in set_digests(one)] == [1, 1]
    flush(one, pupils=without_pupils(school, [school.pupils[-1].school_id]).pupils)
    one.pull()
    assert sum(len(found) for found in set_digests(one)) > 2
