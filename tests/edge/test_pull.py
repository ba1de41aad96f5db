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
from sync.steps import pull, schedule, send, status, tick
from sync.steps.delivery import list_sets
from tests.crash.processes import Doom, Killed, Way, doomed
from tests.worlds import CONNECTOR, TestWorld, flush, make_world

SCHOOL = invent(20, quirks=False)
SECRET = "invented-client-secret"
PAUSE_S, ATTEMPTS = 300.0, 5  # of a pull that a person asked for
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


def pulled_at_last(scene: TestWorld) -> Step:
    """Ask for a pull and try it until it is over, as ticks would."""
    scene.clock.advance(1)
    schedule.ask(scene.world, "northbank", "test")
    while (step := pull.pull(scene.world, "northbank")).outcome is Outcome.LATER:
        scene.clock.advance(PAUSE_S)
    return step


def rosters(scene: TestWorld) -> list[str]:
    """Return every blob of sets and deliveries."""
    return [blob.name for top in ("connectors/", "profiles/") for blob in scene.store.blobs(top)]


def pull_told(scene: TestWorld) -> dict[str, object]:
    schools = status.survey(scene.world).document()["schools"]
    assert isinstance(schools, dict)
    told = schools["northbank"]["pull"]
    assert isinstance(told, dict)
    return told


def with_token() -> TestWorld:
    """Return a world whose key wants a token, with yesterday's delivery accepted."""
    scene = make_world(SCHOOL, SCHOOLS__NORTHBANK__ISAMS_CLIENT_SECRET=SECRET)
    key = BatchKey(secret=SECRET, needs_token=True)
    scene.isams.keys = {key.guid: key}
    scene.isams.tokens = TokenDesk({key.guid: SECRET}, scene.clock.now)
    assert scene.pull().outcome is Outcome.SEALED
    assert scene.send_until_still().outcome is Outcome.DONE
    scene.clock.advance(24 * 3600)
    return scene


def test_there_are_sixteen_ways_to_fail() -> None:
    """The simulator knows at least sixteen ways in which an answer of iSAMS is of no use."""
    assert len(faults.FATAL) >= 16
    assert len(TOKEN_FAULTS) >= 10


@pytest.mark.parametrize(("route", "fault"), EVERY_FAULT)
def test_a_failed_read_changes_nothing(route: str, fault: Faults) -> None:
    """Whichever request fails, however: no set, no delivery, no call of SDS, and status says so."""
    scene = with_token()
    before, requests = rosters(scene), len(scene.sds.requests)
    flush(scene, pupils=SCHOOL.pupils[:3])
    scene.isams.script([fault] * 100, route=route)

    step, told = pulled_at_last(scene), pull_told(scene)
    send.send(scene.world, CONNECTOR)
    tick.tick(scene.world)

    assert step.outcome is Outcome.FAILED
    assert rosters(scene) == before
    assert len(scene.sds.requests) == requests
    assert told["state"] == "failed"
    assert str(told["error"]).count("Source") == 1


def test_a_read_that_fails_once_is_made_good_by_the_next() -> None:
    """One bad answer costs a few minutes, not the night."""
    scene = make_world(SCHOOL)
    scene.isams.script([faults.refused(503)] * 4)
    scene.clock.advance(1)
    schedule.ask(scene.world, "northbank", "test")

    assert pull.pull(scene.world, "northbank").outcome is Outcome.LATER
    assert pull_told(scene)["state"] == "waiting"
    assert ("pull", {"school": "northbank"}, PAUSE_S) in scene.nudges.kept
    scene.clock.advance(PAUSE_S)
    assert pull.pull(scene.world, "northbank").outcome is Outcome.SEALED
    assert pull_told(scene)["state"] == "sealed"


def test_a_pull_that_fails_five_times_has_failed() -> None:
    """Then nobody nudges any more, and status shows how often it was tried."""
    scene = make_world(SCHOOL)
    scene.isams.faults = faults.refused(503)

    step = pulled_at_last(scene)

    assert step.outcome is Outcome.FAILED
    assert step.facts["attempt"] == ATTEMPTS
    assert pull_told(scene)["attempts"] == ATTEMPTS
    assert pull.pull(scene.world, "northbank").outcome is Outcome.NOTHING
    scene.nudges.kept.clear()
    scene.clock.advance(10 * 3600)  # in the morning, when the night is over
    tick.tick(scene.world)
    assert not scene.nudges.kept


def test_a_pull_that_is_killed_again_and_again_has_failed() -> None:
    """What ends the process cannot be written down by it: the sixth finds five, and gives up."""
    scene = make_world(SCHOOL)
    schedule.ask(scene.world, "northbank", "test")
    for attempt in range(ATTEMPTS):
        with pytest.raises(Killed):
            pull.pull(doomed(scene, Doom(5, Way.BEFORE)), "northbank")
        assert pull_told(scene)["state"] == "running", attempt
        assert pull.pull(scene.world, "northbank").outcome is Outcome.BUSY
        scene.clock.advance(states.ATTEMPT_LASTS.total_seconds())

    assert pull.pull(scene.world, "northbank").outcome is Outcome.FAILED
    assert pull_told(scene)["state"] == "failed"
    assert "UnexpectedError" in str(pull_told(scene)["error"])


def test_a_profile_that_cannot_be_built_does_not_take_the_others_along() -> None:
    """Its fault is told, its last set stays; the school's other profiles are sealed anew."""
    scene = make_world(SCHOOL)
    scene.pull()
    changed = make_world(SCHOOL, PROFILES__PREP__INCLUDED_SUBJECTS="no-such-subject")
    scene.world = scene.process(settings=changed.world.settings)

    step = scene.pull()

    assert step.outcome is Outcome.PARTLY_SEALED
    assert step.facts["profiles_failed"] == 1
    assert "ConfigError" in str(pull_told(scene)["faults"])
    assert [len(scene.store.folders(f"profiles/{name}/")) for name in ("seniors", "prep")] == [2, 1]


def test_only_the_newest_pull_counts() -> None:
    """A pull that was asked for later stands for the one before it."""
    scene = make_world(SCHOOL)
    schedule.ask(scene.world, "northbank", "test")
    scene.clock.advance(60)
    schedule.ask(scene.world, "northbank", "test")

    assert pull.pull(scene.world, "northbank").outcome is Outcome.SEALED
    assert pull.pull(scene.world, "northbank").outcome is Outcome.NOTHING


def set_digests(scene: TestWorld) -> Iterator[set[str]]:
    for profile in ("seniors", "prep"):
        yield {sealed.manifest().digest for sealed in list_sets(scene.store, profile)}


def test_the_same_school_in_another_order_gives_the_same_bytes() -> None:
    """Whatever order iSAMS lists its records in, a profile's set has one digest."""
    school = invent(60)
    scene = make_world(school)
    scene.pull()
    for seed in range(5):
        scene.next_night(changed=shuffled(school, seed), after_h=0)

    assert [len(found) for found in set_digests(scene)] == [1, 1]
    flush(scene, pupils=without_pupils(school, [school.pupils[-1].school_id]).pupils)
    scene.pull()
    assert sum(len(found) for found in set_digests(scene)) > 2
