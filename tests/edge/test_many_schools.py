"""P11: one school's failure stays its own, and no change older than 48 hours is sent.

Ten schools on the real host: docs/reference/functions.md#ten-schools
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx
import pytest

from simulators.isams import faults
from simulators.school import invent, without_pupils
from simulators.sds import Answer
from simulators.sds.tenant import Files
from sync.ledger.pace import QUIET
from sync.report import Outcome
from sync.steps import approval, pull, schedule, send, status, tick
from sync.steps.connector import look, newest_sets
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, OTHER_FEED, TWO_SCHOOLS, TestWorld, make_group, make_world

HOUR_S = 3600.0
YEARS = (range(3, 7), range(7, 14))  # of the profiles prep and seniors
NORTH, SOUTH = b"9990001", b"9990002"


def apart() -> TestWorld:
    """Return two schools, each with a connector for itself."""
    return make_group(PROFILES__SOUTH__CONNECTOR=OTHER_FEED.name)


def staged(scene: TestWorld) -> dict[str, bytes]:
    """Return the `orgs.csv` that SDS holds, by the connector's name."""
    names = {each.id: each.name for each in scene.sds.connectors}
    return {names[school]: files["orgs.csv"] for school, files in scene.sds.staged.items()}


def lose_a_pupil(scene: TestWorld, school: str) -> None:
    app = scene.isams_of[school]
    app.school = without_pupils(app.school, [app.school.pupils[-1].school_id])
    app.flush()


@pytest.mark.parametrize("failing", ["northbank", "southbank"])
def test_on_two_connectors_one_schools_failure_is_not_the_others(failing: str) -> None:
    """The school that can be read is delivered; of the other SDS hears nothing."""
    scene = apart()
    scene.isams_of[failing].faults = faults.refused(403)
    tick.tick(scene.world)
    for queue, message, _ in list(scene.nudges.kept):
        assert queue == "pull"
        pull.pull(scene.world, message["school"])
    for connector in (CONNECTOR, OTHER_FEED.name):
        scene.send_until_still(connector)
    tick.tick(scene.world)

    well = {"northbank": OTHER_FEED.name, "southbank": CONNECTOR}[failing]
    assert list(staged(scene)) == [well]
    schools = status.survey(scene.world).document()["schools"]
    assert isinstance(schools, dict)
    assert schools[failing]["pull"]["error"]["error"] == "SourceRefused"


def test_on_two_connectors_a_refusal_of_sds_is_not_the_others() -> None:
    """Faults that SDS finds in one delivery leave the other connector's alone."""
    scene = apart()
    for school in ("northbank", "southbank"):
        scene.pull(school)
    scene.sds.reject_with([{"code": "InvalidFileFormat", "target": "users.csv"}])

    assert scene.send_until_still(CONNECTOR).outcome is Outcome.REFUSED
    assert scene.send_until_still(OTHER_FEED.name).outcome is Outcome.DONE
    assert list(staged(scene)) == [OTHER_FEED.name]


def test_a_school_that_was_never_read_keeps_no_other_from_its_first_delivery() -> None:
    """It is not there, which empties nothing: SDS has nothing of it. The status names it."""
    scene = make_group()
    scene.isams_of["southbank"].faults = faults.refused(403)
    scene.pull("northbank")
    scene.pull("southbank")

    assert scene.send_until_still().outcome is Outcome.DONE
    assert NORTH in staged(scene)[CONNECTOR]
    assert SOUTH not in staged(scene)[CONNECTOR]
    connectors = status.survey(scene.world).document()["connectors"]
    assert isinstance(connectors, dict)
    assert connectors[CONNECTOR]["waiting_for"] == ["south"]
    assert connectors[CONNECTOR]["schools"]["southbank"] == {
        "state": "waiting",
        "why": "unread",
        "since": None,
    }


@pytest.mark.parametrize("hours", [47.5, 48.5, 240.0])
def test_a_school_that_cannot_be_read_stays_as_sds_has_it_and_stops_no_other(hours: float) -> None:
    """However long it is away: what SDS holds may be repeated, and the other school's news goes."""
    scene = make_group()
    scene.pull("southbank")
    scene.pull("northbank")
    scene.send_until_still()
    scene.isams_of["southbank"].faults = faults.refused(503)
    lose_a_pupil(scene, "southbank")
    scene.clock.advance(hours * HOUR_S)
    lose_a_pupil(scene, "northbank")
    scene.pull("northbank")

    assert scene.send_until_still().outcome is Outcome.DONE
    before, after = (by_school(each.files) for each in scene.sds.submissions)
    assert before["9990002"] == after["9990002"]
    assert len(before["9990001"]["users.csv"]) - len(after["9990001"]["users.csv"]) == 1


def test_a_school_that_waits_while_others_go_is_in_the_log() -> None:
    """No delivery waits that could say it: the mail `held` comes of this line, and ends by it."""
    scene = make_group()
    for school in ("northbank", "southbank"):
        scene.pull(school)
    scene.send_until_still()
    lose_a_pupil(scene, "northbank")
    app = scene.isams_of["southbank"]
    covered = [each.school_id for each in app.school.pupils if each.year >= 3]
    app.school = without_pupils(app.school, covered[-11:])
    app.flush()
    for school in ("northbank", "southbank"):
        scene.pull(school)
    scene.send_until_still()
    (held,) = [step for step in scene.steps if step.name == "offer"]
    approval.reject(scene.world, held.delivery)

    assert (held.about, held.outcome) == ("southbank", Outcome.HELD)
    assert [step.outcome for step in scene.steps if step.name == "offer"] == [
        Outcome.HELD,
        Outcome.REJECTED,
    ]


def test_a_new_school_that_waits_is_in_the_log() -> None:
    """It is held before anything is merged of it."""
    scene = make_group()
    scene.pull("northbank")
    scene.send_until_still()
    strict = make_world(
        invent(20, quirks=False),
        others={"southbank": invent(20, seed=2, quirks=False, key="southbank")},
        base=TWO_SCHOOLS,
        SDS__HOLD_FIRST="true",
    )
    scene.world = scene.process(settings=strict.world.settings)
    lose_a_pupil(scene, "northbank")
    scene.pull("northbank")
    scene.pull("southbank")
    scene.send_until_still()

    offers = [(step.about, step.outcome) for step in scene.steps if step.name == "offer"]
    assert offers == [("southbank", Outcome.HELD)]


def by_school(files: Files) -> dict[str, dict[str, list[bytes]]]:
    """Return the lines of each file that are a school's, by what their ids begin with."""
    return {
        org: {
            name: [line for line in body.split(b"\r\n") if line.startswith(org.encode())]
            for name, body in files.items()
        }
        for org in ("9990001", "9990002")
    }


def test_what_a_school_away_has_is_told_with_its_age() -> None:
    """The status says since when SDS has had nothing newer of it, and why."""
    scene = make_group()
    scene.pull("southbank")
    scene.pull("northbank")
    scene.send_until_still()
    read_at = scene.clock.now()
    scene.clock.advance(72 * HOUR_S)
    scene.pull("northbank")
    scene.send_until_still()

    connectors = status.survey(scene.world).document()["connectors"]
    assert isinstance(connectors, dict)
    south = connectors[CONNECTOR]["schools"]["southbank"]
    assert (south["state"], south["why"]) == ("carried", "stale")
    assert datetime.fromisoformat(south["since"]) < read_at


def test_a_school_that_was_begun_first_and_read_last_is_delivered_the_same_night() -> None:
    """Its set is older by name than the delivery that left without it, and goes all the same."""
    scene = make_group()
    scene.pull("northbank")
    scene.pull("southbank")
    scene.send_until_still()
    scene.clock.advance(20 * HOUR_S)
    lose_a_pupil(scene, "northbank")
    lose_a_pupil(scene, "southbank")

    class Slow(httpx.BaseTransport):
        def __init__(self, wire: httpx.BaseTransport) -> None:
            self.wire = wire

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            scene.clock.advance(30)
            scene.pull("southbank")
            assert scene.accept().outcome is Outcome.ACCEPTED
            return self.wire.handle_request(request)

    schedule.ask(scene.world, "northbank", "test")
    assert pull.pull(scene.process(isams_transport=Slow), "northbank").outcome is Outcome.SEALED

    assert scene.accept().outcome is Outcome.ACCEPTED
    before, between, after = (each.files["users.csv"] for each in scene.sds.submissions)
    assert before.count(b"\r\n") - between.count(b"\r\n") == 1
    assert between.count(b"\r\n") - after.count(b"\r\n") == 1


class BetweenSeals(MemoryStore):
    """Calls `then` once, when the profile `prep` has been sealed."""

    then: Callable[[], object] | None = None

    def _put(self, name: str, body: bytes) -> bool:
        made = super()._put(name, body)
        if self.then and name.startswith("profiles/prep/") and name.endswith("manifest.json"):
            then, self.then = self.then, None
            then()
        return made


def test_a_send_between_the_seals_of_one_pull_waits_for_the_last() -> None:
    """Half of a reading is sent neither alone nor beside another's: the whole goes afterwards."""
    scene = make_world(invent(20, quirks=False), store=BetweenSeals)
    scene.pull()
    scene.send_until_still()
    scene.clock.advance(HOUR_S)
    app = scene.isams
    gone = [next(p.school_id for p in app.school.pupils if p.year in years) for years in YEARS]
    app.school = without_pupils(app.school, gone)
    app.flush()
    assert isinstance(scene.store, BetweenSeals)
    scene.store.then = scene.send_until_still

    scene.pull()

    assert scene.send_until_still().outcome is Outcome.DONE
    rows = [each.files["users.csv"].count(b"\r\n") for each in scene.sds.submissions]
    assert [rows[0] - each for each in rows] == [0, 2]


def test_a_fault_of_one_connector_does_not_stop_a_tick() -> None:
    """Every school that is due is asked for, and every connector that stands still is nudged."""
    scene = apart()
    scene.pull("northbank")
    scene.pull("southbank")
    scene.sds.fail_next("*", Answer(500), times=None)
    for connector in (CONNECTOR, OTHER_FEED.name):
        for _ in range(3):
            send.send(scene.world, connector)
    scene.clock.advance(24 * HOUR_S)
    scene.nudges.kept.clear()

    tick.tick(scene.world)

    messages = [next(iter(message.values())) for _, message, _ in scene.nudges.kept]
    assert messages == ["northbank", "southbank", CONNECTOR, OTHER_FEED.name]


def test_of_two_merges_at_once_the_one_that_saw_less_never_goes() -> None:
    """A merge that was slow to write looked at older sets: the newest sets are what SDS gets."""
    scene = make_group()
    for school in ("northbank", "southbank"):
        scene.pull(school)
    scene.accept()
    left = [
        scene.isams_of[school].school.pupils[-1].school_id for school in ("northbank", "southbank")
    ]
    lose_a_pupil(scene, "northbank")

    class Slow(MemoryStore):
        """Lets the other school be pulled, and merged by another process, before it writes."""

        waits = True

        def create(self, name: str, body: bytes) -> bool:
            if self.waits and name.startswith("connectors/"):
                self.waits = False
                scene.pull("northbank")
                scene.clock.advance(QUIET.total_seconds())
                send.send(scene.world, CONNECTOR)
                scene.clock.advance(5)
            return super().create(name, body)

    lose_a_pupil(scene, "southbank")
    scene.pull("southbank")
    assert isinstance(scene.store, MemoryStore)
    slow = Slow(scene.clock)
    slow.held = scene.store.held
    scene.clock.advance(QUIET.total_seconds())
    send.send(scene.process(store=slow), CONNECTOR)
    scene.accept()

    listing = look(scene.world, CONNECTOR)
    sources = listing.states[-1][0].manifest().sources
    newest = newest_sets(scene.world, CONNECTOR).values()
    sent = scene.sds.submissions[-1].files["users.csv"].decode()
    assert not slow.waits
    assert sources == {each.profile: each.id for each in newest if each}
    assert not [pupil for pupil in left if f"P{pupil}," in sent]
