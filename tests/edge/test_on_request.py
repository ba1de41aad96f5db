"""Sessions and courses, from iSAMS to SDS: sent on request, once sent always sent; and P8."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from simulators.isams import IsamsSimulator
from simulators.isams.documents import METHODS
from simulators.isams.keys import BatchKey
from simulators.school import InventedSchool, invent, shuffled, without_pupils
from simulators.sds import Answer, Knobs, check_files
from sync.edge.clock import Budget
from sync.edge.world import Source
from sync.isams.datasets import TERMS, Wanted
from sync.ledger.marks import Receipt
from sync.report import Outcome
from sync.sds.tables import COLUMNS, ON_REQUEST
from sync.settings.load import load
from sync.steps import approval, restore, send, tick
from sync.steps.seal import profile_set
from sync.steps.sweep import SWEEP_EVERY
from sync.steps.told.counts import numbers
from tests.clocks import FakeClock
from tests.edge.isams_edge import isams_of
from tests.edge.rest_edge import BUDGET_S, rest_of, simulated
from tests.mark_names import SWEPT
from tests.worlds import CONNECTOR, ONE_SCHOOL, TestWorld, make_world

SCHOOL = invent(20, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)
BOTH = {
    "PROFILES__SENIORS__SESSIONS": "true",
    "PROFILES__SENIORS__COURSES": "true",
    "PROFILES__PREP__SESSIONS": "true",
    "PROFILES__PREP__COURSES": "true",
}
NO_ANSWER = Receipt(outcome="no-answer", at=datetime(2026, 11, 21, tzinfo=UTC)).to_json()
WITHOUT_TERMS = [method for method in METHODS if method != "School_GetSchoolTerms"]


def changed(number: int) -> InventedSchool:
    """Return the school without one of its pupils: another for each *number*."""
    covered = [pupil for pupil in SCHOOL.pupils if pupil.year >= 3]
    return without_pupils(SCHOOL, [covered[number].school_id])


def set_to(scene: TestWorld, **asked: str) -> None:
    """Start the app anew with other settings, a day later."""
    key = {"SCHOOLS__NORTHBANK__ISAMS_KEY": next(iter(scene.isams.keys))}
    env = {**ONE_SCHOOL, "SDS__HOLD_FIRST": "false", **key, **asked}
    scene.clock.advance(24 * 3600)
    scene.isams.flush()
    scene.world = scene.process(settings=load(env))


def next_day(scene: TestWorld, school: InventedSchool) -> Outcome:
    """Pull and send the *school* a day later; return what became of it."""
    scene.next_night(changed=school)
    outcome = scene.accept().outcome
    if outcome is Outcome.ACCEPTED:
        assert scene.send_until_still().outcome is Outcome.DONE
    return outcome


def sent(**asked: str) -> TestWorld:
    """Return a world whose first delivery SDS has taken."""
    scene = make_world(SCHOOL, knobs=QUICK, base={**ONE_SCHOOL, **asked})
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.DONE
    return scene


def held_for(scene: TestWorld) -> set[tuple[str, str]]:
    """Return the limits that the newest delivery meets: tables, and what would happen to them."""
    delivery_id = scene.look().states[-1][0].id
    held = json.loads(scene.store.read(f"{scene.look().prefix}{delivery_id}/held.json"))
    return {(excess["table"], excess["what"]) for excess in held["excesses"]}


def rows(scene: TestWorld, name: str) -> list[list[str]]:
    """Return the rows of a file that SDS was given last."""
    return [line.split(",") for line in scene.sds.submissions[-1].files[name].decode().split()[1:]]


def test_sds_is_given_what_was_asked_for_and_finds_no_fault() -> None:
    """The school year, its three terms, and a course for each subject; every class refers."""
    scene = sent(**BOTH)

    files = scene.sds.submissions[-1].files
    assert files.keys() == {*COLUMNS, *ON_REQUEST}
    assert check_files(files) == []
    sessions = rows(scene, "academicSessions.csv")
    assert [row[0] for row in sessions] == ["9990001-2026", *(row[0] for row in sessions[1:])]
    assert [row[2] for row in sessions] == ["schoolYear", "term", "term", "term"]
    courses = {row[0] for row in rows(scene, "courses.csv")}
    classes = files["classes.csv"].decode().splitlines()[1:]
    assert {line.split(",")[-2] for line in classes} == {"9990001-2026"}
    assert {line.split(",")[-1] for line in classes} == courses


def test_who_asks_for_nothing_sends_the_five_files() -> None:
    """Not a file, not a column more than ever."""
    scene = sent()

    assert scene.sds.submissions[-1].files.keys() == set(COLUMNS)
    for name, header in COLUMNS.items():
        first = scene.sds.submissions[-1].files[name].partition(b"\r\n")[0]
        assert first.decode() == ",".join(header)


def test_one_profile_may_ask_alone() -> None:
    """The classes of the other have neither a session nor a course."""
    scene = sent(PROFILES__SENIORS__SESSIONS="true", PROFILES__SENIORS__COURSES="true")

    files = scene.sds.submissions[-1].files
    assert check_files(files) == []
    tails = [line.split(",")[-2:] for line in files["classes.csv"].decode().splitlines()[1:]]
    assert ["", ""] in tails
    assert {bool(session) for session, _ in tails} == {True, False}


def test_asking_later_is_sent_without_a_hold() -> None:
    """Nothing is lost by it: the same people are in the same classes."""
    scene = sent()
    set_to(scene, **BOTH)

    assert next_day(scene, SCHOOL) is Outcome.ACCEPTED
    assert scene.sds.submissions[-1].files.keys() == {*COLUMNS, *ON_REQUEST}


def test_what_settings_take_away_waits_and_is_then_sent_as_a_header_for_ever() -> None:
    """A file that is missing would empty in SDS what it held, and nobody would have said so."""
    scene = sent(**BOTH)
    set_to(scene)

    assert next_day(scene, SCHOOL) is Outcome.HELD
    assert {("academicSessions.csv", "emptied")} <= held_for(scene)
    assert {table for table, _ in held_for(scene)} == set(ON_REQUEST)
    assert len(scene.sds.submissions) == 1

    approval.approve(scene.world, scene.look().states[-1][0].id)
    assert scene.send_until_still().outcome is Outcome.DONE
    headers = {name: (",".join(cells) + "\r\n").encode() for name, cells in ON_REQUEST.items()}
    assert scene.sds.submissions[-1].files.items() >= headers.items()
    assert check_files(scene.sds.submissions[-1].files) == []

    assert next_day(scene, SCHOOL) is Outcome.UNCHANGED
    for number in range(2):
        assert next_day(scene, changed(number)) is Outcome.ACCEPTED
        assert scene.sds.submissions[-1].files.items() >= headers.items()
    set_to(scene, **BOTH)
    assert next_day(scene, SCHOOL) is Outcome.ACCEPTED
    assert len(rows(scene, "academicSessions.csv")) == 4


def test_a_request_that_nobody_approved_leaves_nothing_behind() -> None:
    """What SDS was never given need not be sent on: the five files again."""
    scene = make_world(SCHOOL, knobs=QUICK, base={**ONE_SCHOOL, **BOTH}, SDS__HOLD_FIRST="true")
    scene.pull()
    assert scene.accept().outcome is Outcome.HELD
    approval.reject(scene.world, scene.look().states[-1][0].id)
    set_to(scene)

    assert next_day(scene, SCHOOL) is Outcome.ACCEPTED
    assert scene.sds.submissions[-1].files.keys() == set(COLUMNS)


def test_a_file_whose_delivery_was_lost_on_the_way_goes_on_to_be_sent() -> None:
    """SDS may have taken it although its answer never came."""
    scene = sent()
    set_to(scene, **BOTH)
    scene.sds.fail_next("backendOperation", Answer(503), times=None)
    scene.pull()
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.SEALED
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.PLANNED
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.SUBMITTED
    scene.clock.advance(24 * 3600)
    send.send(scene.world, CONNECTOR)
    scene.sds.heal()
    set_to(scene)

    assert next_day(scene, SCHOOL) is Outcome.HELD
    approval.approve(scene.world, scene.look().states[-1][0].id)
    assert scene.accept().outcome is Outcome.ACCEPTED
    assert scene.sds.submissions[-1].files.keys() == {*COLUMNS, *ON_REQUEST}


def test_what_was_lost_on_the_way_keeps_its_files() -> None:
    """A month later SDS may still hold it: what comes next is compared with it, and is held."""
    scene = sent()
    set_to(scene, **BOTH)
    assert next_day(scene, changed(0)) is Outcome.ACCEPTED
    lost = scene.look().states[-1][0]
    for name, body in {"accepted": b"", "receipt": NO_ANSWER}.items():
        scene.store.delete(f"{scene.look().prefix}{lost.id}/{name}.json")
        if body:
            scene.store.create(f"{scene.look().prefix}{lost.id}/{name}.json", body)
    scene.clock.advance(30 * 24 * 3600)
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    tick.tick(scene.world)
    set_to(scene)

    assert SWEPT not in next(e for e, _ in scene.look().states if e.id == lost.id).made_at
    assert next_day(scene, changed(1)) is Outcome.HELD
    assert {(name, "emptied") for name in ON_REQUEST} <= held_for(scene)


def test_what_is_restored_has_the_headers_of_files_that_were_asked_for_since() -> None:
    """Else SDS would be sent fewer files than before, and so would all that comes after."""
    scene = sent()
    first = scene.look().states[-1][0].id
    set_to(scene, **BOTH)
    assert next_day(scene, changed(0)) is Outcome.ACCEPTED
    people = scene.sds.submissions[0].files["users.csv"]

    asked = restore.restore(scene.world, first)
    assert scene.send_until_still().outcome is Outcome.HELD
    assert {(name, "emptied") for name in ON_REQUEST} == held_for(scene)
    approval.approve(scene.world, asked.delivery)
    assert scene.accept().outcome is Outcome.ACCEPTED

    files = scene.sds.submissions[-1].files
    assert files.keys() == {*COLUMNS, *ON_REQUEST}
    assert files["users.csv"] == people
    assert not rows(scene, "courses.csv")
    assert check_files(files) == []


@pytest.mark.parametrize("lists_files", [True, False])
@pytest.mark.parametrize("name", sorted(ON_REQUEST))
def test_a_file_on_request_that_sds_did_not_find_is_no_acceptance(
    name: str, *, lists_files: bool
) -> None:
    """A warning to SDS; to us, every class without its session or course."""
    scene = make_world(SCHOOL, knobs=QUICK, base={**ONE_SCHOOL, **BOTH})
    body = {
        "status": "succeeded",
        "validatedFiles": sorted({*COLUMNS, *ON_REQUEST} - {name}) if lists_files else [],
        "errors": [],
        "warnings": [{"code": "OptionalFileNotFound", "target": name}],
    }
    scene.sds.fail_next("backendOperation", Answer(200, body=json.dumps(body).encode()))
    scene.pull()

    assert scene.send_until_still().outcome is Outcome.REFUSED


def test_the_same_school_in_another_order_is_unchanged() -> None:
    """Terms and subjects may come as they like."""
    scene = sent(**BOTH)

    assert next_day(scene, shuffled(SCHOOL, 3)) is Outcome.UNCHANGED


@pytest.mark.parametrize("quirks", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_apis_tell_sds_the_same_sessions_and_courses(seed: int, *, quirks: bool) -> None:
    """The same school gives the same seven files, byte for byte, whichever API it is read by."""
    school, clock = invent(60, seed=seed, quirks=quirks), FakeClock()
    batch = isams_of(IsamsSimulator(school, clock=clock.now), clock)
    rest = rest_of(simulated(clock, school), clock)

    told = [_files(source, clock) for source in (batch, rest)]

    assert told[0] == told[1]
    assert all(told[0][name].count(b"\n") > 1 for name in (*COLUMNS, *ON_REQUEST))


def _files(source: Source, clock: FakeClock) -> dict[str, bytes]:
    read = source.school(Budget.of(clock, BUDGET_S), Wanted(needed=frozenset({TERMS})))
    env = {**ONE_SCHOOL, **BOTH, "SCHOOLS__NORTHBANK__ISAMS_KEY": "invented-key"}
    at = datetime(2026, 11, 21, 22, tzinfo=UTC)
    made = profile_set(load(env), "seniors", read, at)
    return {name: body for name, body in made.files.items() if name.endswith(".csv")}


def test_people_are_told_in_their_own_words() -> None:
    """What changed is shown by what it is, not by the name of a file."""
    told = {"academicSessions_added": 4, "courses_added": 1, "sessions": 1, "courses": 2}

    assert numbers(told) == "4 sessions added, 1 course added, 1 session, 2 courses"


def test_without_terms_there_is_no_set() -> None:
    """A key that may not read School Terms says which to tick, and SDS keeps what it has."""
    scene = sent(**BOTH)
    key = next(iter(scene.isams.keys))
    scene.isams.keys = {key: BatchKey(guid=key, methods=WITHOUT_TERMS)}
    scene.clock.advance(24 * 3600)
    scene.isams.flush()

    step = scene.pull()

    assert step.outcome is Outcome.FAILED
    assert "School Terms" in str(step.error)
    assert len([blob for blob in scene.store.blobs("profiles/") if "manifest" in blob.name]) == 2


def test_a_year_that_has_no_terms_yet_is_not_sent() -> None:
    """On 1 September, if nobody has entered the terms: SDS keeps the old year until then."""
    scene = sent(**BOTH)
    set_to(scene, **BOTH, SCHOOLS__NORTHBANK__SCHOOL_YEAR="2035")

    step = scene.pull()

    assert step.outcome is Outcome.FAILED
    assert "no terms of the school year 2035-36" in str(step.error)
