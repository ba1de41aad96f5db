"""`explain`: why a record is in SDS or is not, told from what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from simulators.invented.records import InventedSchool
from simulators.school import invent
from simulators.sds import Connector as SdsConnector
from simulators.sds import Knobs
from sync.edge.storage.store import Store
from sync.ledger.manifests import WHY
from sync.report import Outcome, Step
from sync.roster.finding_codes import FindingCode
from sync.roster.rule_codes import RuleCode
from sync.roster.trace import Presence
from sync.sds.rowkeys import rows_of
from sync.steps import approval
from sync.steps.delivery import list_sets
from sync.steps.explain import WHO_LIMIT, explain, fault_of
from sync.steps.explain_values import ProfileTold, RecordTold
from sync.steps.sweep import sweep
from sync.web import responses
from sync.web.exchange import FORM, JSON
from sync.web.routes import ROUTES
from tests.canaries import found_in
from tests.clocks import FakeClock
from tests.edge import group_stage
from tests.memory_store import MemoryStore
from tests.simulation.group import CountingStore
from tests.worlds import CONNECTOR, OTHER_FEED, TestWorld, make_group, make_world

QUICK = Knobs(operation_polls=0, run_duration_s=60)
SCHOOL = invent(60, quirks=False)
PUPIL = next(each for each in SCHOOL.pupils if each.year == 8)


def delivered(school: InventedSchool = SCHOOL, **seniors: str) -> TestWorld:
    """Return a world in which SDS has taken what iSAMS says; *seniors* are settings of theirs."""
    scene = make_world(school, knobs=QUICK)
    scene.configure(**{f"PROFILES__SENIORS__{name}": value for name, value in seniors.items()})
    scene.pull()
    scene.send_until_still()
    return scene


def one_profile(store: Callable[[FakeClock], Store] = MemoryStore) -> TestWorld:
    """Return a world of one profile, in which SDS has taken what iSAMS says."""
    scene = make_world(SCHOOL, knobs=QUICK, store=store, PROFILES__PREP__YEAR_GROUPS="")
    scene.pull()
    scene.send_until_still()
    return scene


@pytest.fixture(scope="module")
def scene() -> TestWorld:
    return delivered()


def told(scene: TestWorld, who: str) -> RecordTold:
    """Return what is told of the one record that is known as *who*."""
    explained = explain(scene.world, who)
    assert explained.record, (explained.matches, explained.near)
    return explained.record


def of_profile(record: RecordTold, profile: str = "seniors") -> ProfileTold:
    return next(each for each in record.profiles if each.profile == profile)


def codes(record: RecordTold, profile: str = "seniors") -> list[RuleCode]:
    return [rule.code for rule in of_profile(record, profile).rules]


def without_address(school: InventedSchool = SCHOOL) -> InventedSchool:
    """Return the school in which the pupil has no address."""
    pupils = [replace(each, email="") if each == PUPIL else each for each in school.pupils]
    return replace(school, pupils=tuple(pupils))


def without_teachers(set_id: int) -> InventedSchool:
    """Return the school in which a set has no teacher."""
    sets = [replace(each, teachers=()) if each.id == set_id else each for each in SCHOOL.sets]
    return replace(SCHOOL, sets=tuple(sets))


# --- What is told ---------------------------------------------------------------------------


def test_of_a_pupil_whom_sds_has_all_is_told_and_there_is_nothing_to_do(scene: TestWorld) -> None:
    """What iSAMS said, each profile's rules, the rows, SDS's run, and every class."""
    record = told(scene, PUPIL.school_id)

    assert (record.kind, record.label) == ("pupil", f"Pupil {PUPIL.school_id}")
    assert record.facts["NC year"] == "8"
    assert record.verdict is Presence.IN
    kept = [RuleCode.OWN_ADDRESS, RuleCode.COVERED_YEAR, RuleCode.IN_COVERED_SET]
    assert codes(record) == kept
    assert codes(record, "prep") == [RuleCode.YEAR_NOT_COVERED, RuleCode.IN_NO_COVERED_SET]
    [row] = (of_profile(record).rows or {})["users.csv"]
    assert row["sourcedId"] == record.our_id
    [held] = record.held
    assert (held.word, held.taken, held.has) == ("done", True, True)
    assert held.ended_at
    assert held.ended_at > held.handed_at
    assert record.places
    assert all(place.is_everywhere for place in record.places)
    assert record.todo.startswith("Nothing")


def test_of_a_class_the_people_are_told(scene: TestWorld) -> None:
    """Pupils and teachers, by name, each as iSAMS lists them, as sent, and as SDS has them."""
    chosen = next(each for each in SCHOOL.sets if each.year == 8)
    record = told(scene, str(chosen.id))

    assert (record.kind, record.verdict) == ("set", Presence.IN)
    assert {place.role for place in record.places} == {"student", "teacher"}
    assert all(place.label and place.name and place.is_everywhere for place in record.places)
    [row] = (of_profile(record).rows or {})["classes.csv"]
    assert row["title"] == chosen.code.replace("/", "-")


@pytest.mark.parametrize(
    "who",
    [
        PUPIL.school_id,
        f"  {str(PUPIL.email).upper()} ",
        f"9990001-p{PUPIL.school_id}",
        f"pupil {PUPIL.school_id}",
        f"northbank/Pupil {PUPIL.school_id}",
    ],
)
def test_an_id_an_address_and_our_id_all_lead_there(scene: TestWorld, who: str) -> None:
    """In any capitals, with blanks around it."""
    assert told(scene, who).id == PUPIL.school_id


def test_every_verdict_is_what_the_files_say() -> None:
    """P17, of every pupil, member of staff and set of a school with all that is wrong in one."""
    scene = delivered(invent(60))
    rows = {
        file: {row[0] for profile in ("seniors", "prep") for row in _rows(scene, profile, file)}
        for file in ("users.csv", "classes.csv")
    }
    school = scene.isams.school
    wrong = [
        label
        for label in (
            *(f"Pupil {each.school_id}" for each in school.pupils),
            *(f"StaffMember {each.id}" for each in school.staff),
            *(f"Set {each.id}" for each in school.sets),
        )
        for record in [explain(scene.world, label).record]
        if record
        and (record.verdict is Presence.IN)
        is not (record.our_id in rows["classes.csv" if record.kind == "set" else "users.csv"])
    ]

    assert wrong == []


def _rows(scene: TestWorld, profile: str, file: str) -> Iterator[tuple[str, ...]]:
    newest = list_sets(scene.store, profile)[-1]
    return rows_of(file, newest.read_files(newest.manifest().files))


def test_who_is_left_out_is_told_why_and_what_to_do() -> None:
    """In the words of the finding, which name the screen of iSAMS."""
    scene = delivered(without_address())
    record = told(scene, PUPIL.school_id)

    assert record.verdict is Presence.LEFT_OUT
    assert RuleCode.NO_ADDRESS in codes(record)
    assert record.todo == FindingCode.PUPIL_WITHOUT_EMAIL.advice
    assert [held.has for held in record.held] == [False]


def test_a_place_that_was_not_sent_leads_to_the_class_that_says_why() -> None:
    """The pupil is in; the class of one of their sets is not."""
    listed = next(each for each in SCHOOL.memberships if each.school_id == PUPIL.school_id)
    scene = delivered(without_teachers(listed.set_id))
    record = told(scene, PUPIL.school_id)

    first = record.places[0]
    assert (first.label, first.in_isams, first.in_set) == (f"Set {listed.set_id}", True, False)
    assert f"ask why of Set {listed.set_id}." in record.todo
    assert told(scene, f"set {listed.set_id}").todo == FindingCode.SET_WITHOUT_TEACHER.advice


def test_who_is_of_no_profile_is_told_to_look_at_the_year() -> None:
    """There may be nothing to mend; the setting and the screen are named."""
    scene = delivered(YEAR_GROUPS="9-13")
    record = told(scene, PUPIL.school_id)

    assert record.verdict is Presence.NOT_OF_PROFILE
    assert record.todo == RuleCode.YEAR_NOT_COVERED.todo


def test_a_service_account_is_found_by_its_address() -> None:
    """It is nobody in iSAMS, and in every class of the profile."""
    scene = delivered(SERVICE_ACCOUNTS="robot@northbank.example")
    record = told(scene, "robot@northbank.example")

    assert (record.kind, record.verdict) == ("service account", Presence.IN)
    assert record.places


# --- After the set ------------------------------------------------------------------------------


def test_whom_isams_lists_no_more_is_found_while_sds_may_hold_them() -> None:
    """By address, or by id in SDS: the answer is that iSAMS does not list them."""
    scene = one_profile()
    scene.next_night(without=[PUPIL.school_id])
    for who in (str(PUPIL.email), f"9990001-P{PUPIL.school_id}"):
        record = told(scene, who)

        assert record.verdict is Presence.LEFT_OUT
        assert codes(record) == [RuleCode.NOT_LISTED]
        assert [held.has for held in record.held] == [True]
        assert record.todo == RuleCode.NOT_LISTED.todo


def without_year_9(school: InventedSchool) -> InventedSchool:
    """Return the school without so many pupils that a person must look."""
    return replace(school, pupils=tuple(each for each in school.pupils if each.year != 9))


def test_what_waits_for_a_person_is_told_and_how_to_look_at_it() -> None:
    """Whoever went with it and whoever stays: the delivery that waits is named."""
    scene = one_profile()
    scene.next_night(changed=without_year_9(SCHOOL))
    held = scene.send_until_still()
    gone = next(each for each in SCHOOL.pupils if each.year == 9)
    record = told(scene, f"9990001-P{gone.school_id}")
    there = told(scene, PUPIL.school_id)

    assert held.outcome is Outcome.HELD
    assert record.verdict is Presence.LEFT_OUT
    [waits] = [rule for rule in of_profile(there).rules if rule.code is RuleCode.WAITS]
    assert waits.said == held.delivery


def test_members_whom_isams_lists_no_more_stand_in_the_order_of_their_ids() -> None:
    """They have no label to be sorted by, and two looks at one class must not differ."""
    scene = one_profile()
    scene.next_night(changed=without_year_9(SCHOOL))
    chosen = next(each for each in SCHOOL.sets if each.year == 9)
    gone = [place.our_id for place in told(scene, str(chosen.id)).places if not place.label]

    assert len(gone) > 4
    assert gone == sorted(gone)


def test_a_new_pupil_of_a_delivery_that_waits_leads_to_its_plan() -> None:
    """They are in the newest set, and not in SDS: somebody must answer first."""
    scene = make_world(without_address(), knobs=QUICK, PROFILES__PREP__YEAR_GROUPS="")
    scene.pull()
    scene.send_until_still()
    scene.next_night(changed=without_year_9(SCHOOL))
    held = scene.send_until_still()
    record = told(scene, PUPIL.school_id)

    assert record.verdict is Presence.IN
    assert [each.has for each in record.held] == [False]
    assert f"`isams-sync plan {held.delivery}`" in record.todo


def test_a_school_that_goes_on_as_sds_has_it_is_told_why() -> None:
    """It is held, another school of the connector is not: the delivery has its rows of before."""
    scene = group_stage.delivered()
    group_stage.night(scene)
    chosen = scene.isams_of["southbank"].school.pupils[0]
    record = told(scene, f"southbank/Pupil {chosen.school_id}")
    [carried] = [rule for rule in record.profiles[0].rules if rule.code is RuleCode.CARRIED]

    assert carried.said == "no: it would lose, gain or change too much"


def test_what_goes_with_the_next_delivery_is_said_to_wait() -> None:
    """Read, and not sent yet: the status tells how that stands."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.pull()
    record = told(scene, PUPIL.school_id)

    assert record.verdict is Presence.IN
    assert record.held == []
    assert "isams-sync status" in record.todo


def test_by_whichever_connector_sds_has_it_there_is_nothing_to_do() -> None:
    """The other connector was given its files later, and has only other pupils."""
    scene = make_world(
        SCHOOL,
        knobs=QUICK,
        connectors=(SdsConnector(), OTHER_FEED),
        PROFILES__PREP__CONNECTOR=OTHER_FEED.name,
    )
    scene.pull()
    scene.send_until_still(CONNECTOR)
    held = scene.send_until_still(OTHER_FEED.name)  # the school is on two: a person is asked
    approval.approve(scene.world, held.delivery)
    scene.send_until_still(OTHER_FEED.name)
    record = told(scene, PUPIL.school_id)

    assert [held.has for held in record.held] == [True, False]
    assert record.todo.startswith("Nothing")
    assert all(place.is_everywhere for place in record.places)


# --- Who is meant -------------------------------------------------------------------------------


def test_of_several_each_is_listed_with_what_to_type_for_it() -> None:
    """Codes are not unique in iSAMS."""
    first, second, *_ = [each for each in SCHOOL.sets if each.year == 8]
    alike = [replace(each, code=first.code) if each == second else each for each in SCHOOL.sets]
    scene = delivered(replace(SCHOOL, sets=tuple(alike)))
    explained = explain(scene.world, first.code)

    assert explained.record is None
    assert [match.ask for match in explained.matches] == [f"Set {first.id}", f"Set {second.id}"]
    assert told(scene, explained.matches[1].ask).id == str(second.id)


def test_of_two_schools_the_school_is_part_of_what_to_type() -> None:
    """Both number their sets alike."""
    scene = make_group()
    for school in ("northbank", "southbank"):
        scene.pull(school)
    chosen = scene.isams.school.sets[0].id
    matches = explain(scene.world, f"Set {chosen}").matches

    assert [match.ask for match in matches] == [
        f"northbank/Set {chosen}",
        f"southbank/Set {chosen}",
    ]
    assert told(scene, matches[1].ask).school == "Southbank School"


def test_where_there_is_none_what_is_near_is_offered(scene: TestWorld) -> None:
    """At most five ids, codes or addresses; a name is not looked for."""
    explained = explain(scene.world, str(PUPIL.email)[:-1])

    assert explained.record is None
    assert 0 < len(explained.near) <= 5
    assert explained.near[0].lower() == str(PUPIL.email).lower()
    assert explain(scene.world, PUPIL.surname).record is None
    assert explain(scene.world, "?").near == []


@pytest.mark.parametrize("who", ["", "   ", "x" * (WHO_LIMIT + 1)])
def test_what_can_be_nobodys_is_told_before_anything_is_read(who: str) -> None:
    """Nothing, or more than an address can have."""
    assert fault_of(who)
    assert fault_of("x" * WHO_LIMIT) == ""


# --- What is not there --------------------------------------------------------------------------


def forget(scene: TestWorld, profile: str, body: bytes | None = None) -> None:
    """Take away why.json of a profile's newest set, or put *body* in its place."""
    assert isinstance(scene.store, MemoryStore)
    name = list_sets(scene.store, profile)[-1].path(WHY)
    del scene.store.held[name]
    if body is not None:
        scene.store.create(name, body)


def test_a_set_of_the_version_before_says_that_it_must_be_read_again() -> None:
    """It has no such file, and nothing is guessed; the other profile is told all the same."""
    scene = delivered()
    forget(scene, "seniors")
    explained = explain(scene.world, PUPIL.school_id)

    assert explained.record
    assert of_profile(explained.record).verdict is None
    assert "isams-sync run" in of_profile(explained.record).note
    assert explained.notes == [f"seniors: {of_profile(explained.record).note}."]


@pytest.mark.parametrize("body", [b"[]", b'[\n["pupil"]\n]\n', b"[\n", b"", b"[\n7\n]\n"])
def test_a_damaged_file_is_told_and_quoted_nowhere(body: bytes) -> None:
    """Cut short, or not ours: nothing is taken from it."""
    scene = delivered()
    for profile in ("seniors", "prep"):
        forget(scene, profile, body)
    explained = explain(scene.world, PUPIL.school_id)

    assert explained.record is None
    assert all("gone or damaged" in note for note in explained.notes)
    assert len(explained.notes) == 2


def test_before_the_first_reading_nothing_is_known() -> None:
    """Each profile says how its first set is made."""
    explained = explain(make_world(SCHOOL).world, PUPIL.school_id)

    assert explained.record is None
    assert all("isams-sync run" in note for note in explained.notes)


def test_it_goes_with_the_files_of_its_set() -> None:
    """It names people: after a week it is gone, but for the newest set's."""
    scene = delivered()
    scene.next_night(without=[PUPIL.school_id])
    scene.send_until_still()
    scene.clock.advance(timedelta(days=8).total_seconds())
    sweep(scene.world, scene.store.now())
    left = [blob.name for blob in scene.store.blobs("profiles/seniors/") if WHY in blob.name]

    assert left == [list_sets(scene.store, "seniors")[-1].path(WHY)]


# --- What it costs, and what is logged ----------------------------------------------------------


def test_it_asks_storage_at_most_twelve_times_for_one_profile() -> None:
    """Found or not, and with another night's delivery that waits."""
    scene = one_profile(CountingStore)
    assert isinstance(scene.store, CountingStore)
    asked_of = scene.store.calls

    def calls(who: str) -> int:
        asked_of.clear()
        explain(scene.world, who)
        return asked_of.total()

    assert calls(PUPIL.school_id) <= 12
    assert calls("nobody") <= 12
    scene.next_night(without=[PUPIL.school_id])
    assert calls(str(SCHOOL.sets[0].id)) <= 12
    assert calls(f"9990001-P{PUPIL.school_id}") <= 12


def test_the_log_has_counts_and_never_whom(scene: TestWorld) -> None:
    """Neither who was asked about, nor who was found."""
    scene.steps.clear()
    explain(scene.world, str(PUPIL.email))

    assert scene.steps == [
        Step("explain", Outcome.TOLD, facts={"found": 1, "matches": 0, "near": 0})
    ]
    assert not found_in(scene.steps[0].line())


# --- Over HTTP ----------------------------------------------------------------------------------


def asked(scene: TestWorld, body: bytes, kind: str = JSON) -> tuple[int, Any]:
    """Return status and document of the response."""
    response = responses.to_explain(scene.world, kind, body)
    return response.status, json.loads(response.body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps({"who": PUPIL.school_id}).encode(), "application/json"),
        (json.dumps({"who": PUPIL.school_id}).encode(), "Application/JSON; charset=utf-8"),
        (f"who={PUPIL.school_id}".encode(), FORM),
        (f"who=+{PUPIL.school_id}&x=1".encode(), f"{FORM};charset=UTF-8"),
    ],
)
def test_who_stands_in_the_body(scene: TestWorld, body: bytes, kind: str) -> None:
    """As JSON, or as a page's form; the document is that of the values."""
    status, document = asked(scene, body, kind)

    assert status == 200
    assert document == explain(scene.world, PUPIL.school_id).document()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"who": "nobody"}', JSON, 404),
        (b"{}", JSON, 400),
        (b"[]", JSON, 400),
        (b'"who"', JSON, 400),
        (b'{"who": 7}', JSON, 400),
        (b'{"who": ["7"]}', JSON, 400),
        (b'{"who": ', JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (b"[" * 20_000, JSON, 400),
        (b"", FORM, 400),
        (b"who=1&who=2", FORM, 400),
        (b"who=1", "", 415),
        (b"who=1", "text/plain", 415),
        (b"x" * (responses.BODY_LIMIT_BYTES + 1), JSON, 413),
        (json.dumps({"who": "x" * (WHO_LIMIT + 1)}).encode(), JSON, 400),
    ],
)
def test_a_body_that_says_nobody_is_refused_by_its_status(
    scene: TestWorld, body: bytes, kind: str, status: int
) -> None:
    """And nothing of it is repeated in the answer."""
    answered, document = asked(scene, body, kind)

    assert answered == status
    assert ("message" in document) is (status != 404)
    assert PUPIL.surname not in json.dumps(document)


def test_nobody_is_asked_about_in_an_address() -> None:
    """Addresses are logged: a query of this one is refused."""
    assert responses.unread(ROUTES["explain"], ["who"])
