"""`plan`: whom a held offer or delivery is about, by name, before anybody approves it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.invented.records import InventedSchool
from simulators.school import invent, without_pupils
from sync.errors import AnswerRefused
from sync.ledger.manifests import PEOPLE, Beside, DeliveryManifest
from sync.ledger.marks import Hold, Plan, Swept
from sync.ledger.offers import HeldOffer, Schools, Why
from sync.report import Exit
from sync.sds.full_plan.lines import LineKind
from sync.sds.guard.limits import DRIFTED
from sync.steps import approval, full_plan, restore
from sync.steps.delivery import Delivery
from sync.steps.full_plan import FullPlan, SchoolPlan
from sync.terminal.tables import SHOWN
from sync.web import responses
from tests.canaries import found_in
from tests.edge.cli_stage import Trial, trial
from tests.edge.group_stage import DAY_S, delivered, lose, night, offer_of, read
from tests.edge.test_privacy import told_by
from tests.memory_store import MemoryStore
from tests.worlds import THREE_SCHOOLS, TestWorld, make_group, make_world

YEAR = 9


def pair(school: InventedSchool) -> tuple[int, int]:
    """Return two sets of one year and subject."""
    return next(
        (one.id, other.id)
        for one in school.sets
        for other in school.sets
        if one.id < other.id and one.subject_id == other.subject_id
        if one.year == other.year == YEAR
    )


def exchanged(school: InventedSchool) -> InventedSchool:
    """Return *school* with the pupils of the two sets exchanged: no total is another."""
    one, other = pair(school)
    now = {one: other, other: one}
    rows = (row._replace(set_id=now.get(row.set_id, row.set_id)) for row in school.memberships)
    return replace(school, memberships=tuple(rows))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# --- At a terminal --------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, invent(300, quirks=False)) as started:
        started.sync("run", "--approve")
        yield started


def held(here: Trial, *, without_year: int | None = None) -> str:
    """Let a night be held on which two rosters are exchanged; return the delivery's id."""
    here.clock.advance(DAY_S)
    school = exchanged(here.stage.isams.school)
    gone = [pupil.school_id for pupil in school.pupils if pupil.year == without_year]
    here.stage.isams.school = without_pupils(school, gone)
    here.stage.isams.flush()
    ended = here.sync("run", "--json").json["ended"]
    return str(ended[-1]["delivery"])


def test_a_held_exchange_is_shown_as_both_rosters_by_name(here: Trial) -> None:
    """What could show a pupil's work to others is first on the screen, after why it is held."""
    school = here.stage.isams.school
    one, _ = pair(school)
    in_it = {row.school_id for row in school.memberships if row.set_id == one}
    pupil = next(each for each in school.pupils if each.school_id in in_it)
    code = next(each.code for each in school.sets if each.id == one).replace("/", "-")
    plan_id = held(here)
    said = here.sync("plan", plan_id)
    heading, taken_over, pairs, exchange, *rosters, answer = said.out.splitlines()

    assert said.code == Exit.DONE
    assert heading.startswith("Northbank School, offer ")
    assert heading.endswith("held: it would lose, gain or change too much")
    assert taken_over.strip().startswith("2 classes would be other pupils'")
    assert pairs.strip() == "1 pair of classes would have each other's pupils; none may."
    assert exchange.startswith(f"  {code} (Year 9) and ")
    assert exchange.endswith("would have each other's pupils:")
    assert rosters[0].startswith(f"    {code} now: ")
    assert f"{pupil.forename} {pupil.surname} ({pupil.form})" in rosters[0]
    assert f"{pupil.forename} {pupil.surname} ({pupil.form})" in rosters[3]
    assert len(rosters) == 4
    assert answer.startswith(f"If this is right, `isams-sync approve {plan_id}`")


def test_the_screen_has_twenty_lines_and_the_file_all(here: Trial) -> None:
    """That there are more is said, and how to have them."""
    plan_id = held(here, without_year=7)
    shown = here.sync("plan", plan_id).out.splitlines()
    listed = rows(here.sync("plan", plan_id, "--csv").out)

    assert sum(line.startswith("  ") for line in shown) == SHOWN
    assert shown[-2].endswith(f"more: `isams-sync plan {plan_id} --csv` prints all of it.")
    assert list(listed[0]) == list(full_plan.COLUMNS)
    assert len(listed) > 500
    order = [row["change"] for row in listed]
    assert list(dict.fromkeys(order))[:3] == ["held", "exchanged", "team-ends"]


def test_the_document_has_what_the_file_has(here: Trial) -> None:
    """Programs read the same, school by school."""
    plan_id = held(here, without_year=7)
    listed = rows(here.sync("plan", plan_id, "--csv").out)
    told = here.sync("plan", plan_id, "--json").json
    (school,) = told["schools"]

    assert (told["exit"], told["plan"]) == (0, plan_id)
    assert (school["name"], school["why"]) == ("Northbank School", "limits")
    assert [each["said"] for each in school["limits"]] == [
        row["what"] for row in listed if row["change"] == "held"
    ]
    assert school["changes"] == [
        {name: value for name, value in row.items() if name != "school"}
        for row in listed
        if row["change"] != "held"
    ]


def test_an_unknown_id_is_refused(here: Trial) -> None:
    """As approve does."""
    said = here.sync("plan", "20260914T210001Z-00000000")

    assert said.code == Exit.USAGE
    assert "`isams-sync status` lists those there are" in said.err


def test_what_holds_says_how_to_see_it(here: Trial) -> None:
    """The line of a hold and the status name the next step."""
    plan_id = held(here)

    assert f"`isams-sync plan {plan_id}`" in here.sync("status").out


def test_a_title_that_is_a_formula_does_not_begin_a_cell() -> None:
    """A spreadsheet would run it."""
    plan = FullPlan("x", "MIS feed", [school_of(make_world(), "=1+1")])

    assert rows(plan.csv())[0]["school"] == "'=1+1"


def school_of(scene: TestWorld, name: str) -> SchoolPlan:
    """Return a school's first plan, under another name."""
    scene.pull()
    scene.send_until_still()
    (school,) = planned(scene, newest(scene).id).schools
    return replace(school, name=name)


# --- Which schools --------------------------------------------------------------------------------


def planned(scene: TestWorld, plan_id: str) -> FullPlan:
    return full_plan.full_plan(scene.world, plan_id)


def newest(scene: TestWorld) -> Delivery:
    return scene.look().deliveries[-1]


def kinds(school: SchoolPlan) -> set[LineKind]:
    return {line.kind for line in school.lines()}


def test_an_offer_is_shown_for_its_school_alone() -> None:
    """With the delivery that was made with it, though a newer one went without it."""
    scene = delivered()
    night(scene)
    offer = offer_of(scene, "southbank")
    (school,) = planned(scene, offer.name.id).schools

    assert (school.school, school.why) == ("southbank", Why.LIMITS)
    assert school.limits
    assert {line.person.split("-")[0] for line in school.lines() if line.person} == {"9990002"}


def test_a_delivery_is_shown_with_the_offers_that_an_answer_to_it_means() -> None:
    """Those it was made with, and those that wait beside it; what waits is first."""
    scene = delivered(make_group(base=THREE_SCHOOLS))
    night(scene)
    schools = planned(scene, newest(scene).id).schools

    assert [(each.school, each.why) for each in schools] == [
        ("southbank", Why.LIMITS),
        ("northbank", None),
    ]


def test_a_first_delivery_is_all_new_and_says_so() -> None:
    """There is nothing to compare it with: every Team begins."""
    scene = make_world(SDS__HOLD_FIRST="true")
    scene.pull()
    scene.send_until_still()
    (school,) = planned(scene, newest(scene).id).schools

    assert school.why is Why.FIRST
    (note,) = school.notes
    assert note.startswith(full_plan.IS_FIRST)
    assert "55 pupils, 7 teachers, 55 classes and 335 places" in note
    assert kinds(school) == {LineKind.BEGINS, LineKind.PERSON, LineKind.SCHOOL}


def test_a_school_that_leaves_loses_every_team() -> None:
    """And is told by its key, because the settings do not name it any more."""
    scene = delivered()
    scene.configure(
        **{
            name: ""
            for name in scene.env
            if name.startswith(("SCHOOLS__SOUTHBANK", "PROFILES__SOUTH"))
        }
    )
    read(scene, "northbank")
    scene.send_until_still()
    offer = offer_of(scene, "southbank")
    (school,) = planned(scene, offer.name.id).schools

    assert (school.name, school.why) == ("southbank", Why.LEFT)
    assert LineKind.ENDS in kinds(school)
    assert LineKind.BEGINS not in kinds(school)


def test_what_is_sent_again_is_compared_whole() -> None:
    """A restored delivery offers no school by itself."""
    scene = delivered()
    first = newest(scene).id
    lose(scene, "northbank", 2)
    read(scene, "northbank")
    scene.send_until_still()
    again = restore.restore(scene.world, first).delivery
    scene.send_until_still()
    told = {each.school: kinds(each) for each in planned(scene, again).schools}

    assert LineKind.PERSON in told["northbank"]
    assert not told["southbank"]


def test_a_delivery_of_the_version_before_is_compared_whole() -> None:
    """It does not say what it has of whom."""
    scene = delivered()
    lose(scene, "northbank", 2)
    read(scene, "northbank")
    scene.send_until_still()
    scene.store.delete(newest(scene).path(Schools.file_name))
    told = {each.school: kinds(each) for each in planned(scene, newest(scene).id).schools}

    assert LineKind.PERSON in told["northbank"]
    assert not told["southbank"]


def test_an_offer_with_which_no_delivery_was_made_cannot_be_shown() -> None:
    """Nothing is merged of it, so there is nothing to compare."""
    scene = delivered()
    night(scene)
    offer = offer_of(scene, "southbank")
    for delivery in scene.look().deliveries[1:]:
        scene.store.delete(delivery.path(DeliveryManifest.file_name))

    with pytest.raises(AnswerRefused, match="no delivery was made with this offer"):
        planned(scene, offer.name.id)


# --- Trouble --------------------------------------------------------------------------------------


def held_again(scene: TestWorld | None = None) -> TestWorld:
    """Return a world whose newest delivery is held for losses, beside one that SDS holds."""
    scene = scene or make_world(invent(60, quirks=False))
    scene.pull()
    scene.send_until_still()
    gone = [pupil.school_id for pupil in scene.isams.school.pupils[::2]]
    scene.next_night(without=gone)
    scene.send_until_still()
    return scene


def test_a_delivery_whose_files_are_swept_says_so() -> None:
    """By its own id, and by that of an offer in it."""
    scene = held_again()
    delivery = newest(scene)
    offer = offer_of(scene, "northbank").name.id
    delivery.claim(Swept(at=scene.store.now(), by="test"))

    for plan_id in (delivery.id, offer):
        with pytest.raises(AnswerRefused, match="its files are past their time") as caught:
            planned(scene, plan_id)
        assert caught.value.facts["state"] == "swept"


@pytest.mark.parametrize("lost", ["users.csv", DeliveryManifest.file_name])
def test_a_baseline_that_cannot_be_read_is_said_with_where_to_look(lost: str) -> None:
    """Why it waits is told all the same; that nothing would change is not."""
    scene = held_again()
    before, delivery = scene.look().deliveries
    scene.store.delete(before.path(lost))
    (school,) = planned(scene, delivery.id).schools

    assert school.limits
    assert list(school.lines()) == []
    (note,) = school.notes
    assert note.startswith("What SDS holds cannot be read any more, so nothing can be compared")
    assert delivery.path("") in note


def test_files_that_cannot_be_read_are_said_with_what_to_do() -> None:
    """Nobody can see what it would change."""
    scene = held_again()
    delivery = newest(scene)
    scene.store.delete(delivery.path("users.csv"))
    (school,) = planned(scene, delivery.id).schools

    assert school.notes == [full_plan.NO_FILES]
    assert list(school.lines()) == []


def test_a_delivery_that_was_not_compared_yet_is_compared_with_the_newest() -> None:
    """Its plan by counts is still to come."""
    scene = held_again()
    delivery = newest(scene)
    lines = list(planned(scene, delivery.id).schools[0].lines())
    scene.store.delete(delivery.path(Plan.file_name))

    assert list(planned(scene, delivery.id).schools[0].lines()) == lines


def without_names(scene: TestWorld, delivery: Delivery) -> None:
    """Let *delivery* be as the version before would have left it."""
    for name in (PEOPLE, Beside.file_name):
        scene.store.delete(delivery.path(name))


def test_people_of_the_version_before_have_their_addresses() -> None:
    """SDS holds what that made: who goes has no name any more, and it is said why."""
    scene = held_again()
    gone = next(each for each in invent(60, quirks=False).pupils[::2] if each.year >= 3)
    before, delivery = scene.look().deliveries
    without_names(scene, before)
    (school,) = planned(scene, delivery.id).schools
    told = {entry.person for entry in school.entries()}

    assert school.notes == [full_plan.NOT_NAMED[0]]
    assert str(gone.email).lower() in told
    assert not any(f"{gone.forename} {gone.surname}" in name for name in told)


def test_a_damaged_file_of_names_is_no_names() -> None:
    """What differs is told all the same."""
    scene = held_again()
    delivery = newest(scene)
    assert isinstance(scene.store, MemoryStore)
    scene.store.held[delivery.path(PEOPLE)] = (b"[]", scene.store.now())
    (school,) = planned(scene, delivery.id).schools

    assert school.notes == [full_plan.NOT_NAMED[1]]
    assert kinds(school)


# --- Over HTTP ------------------------------------------------------------------------------------


def test_the_plan_is_json_or_csv_over_http() -> None:
    """By `Accept`, like the findings; either names people."""
    scene = held_again()
    plan_id = newest(scene).id
    document = responses.to_plan(scene.world, plan_id)
    sheet = responses.to_plan(scene.world, plan_id, "text/csv")

    assert (document.status, document.content_type) == (200, "application/json")
    assert (sheet.status, sheet.content_type) == (200, "text/csv")
    assert json.loads(document.body)["schools"][0]["name"] == "Northbank School"
    assert sheet.body.decode().startswith(",".join(full_plan.COLUMNS))
    assert found_in(sheet.body.decode())


# --- Who hears of it ------------------------------------------------------------------------------


def test_whoever_looks_at_a_plan_leaves_no_name_elsewhere() -> None:
    """No step, status, error or stored mark has one: names are in the plan's own answer alone."""
    scene = held_again()
    plan_id = newest(scene).id
    steps = len(scene.steps)
    shown = responses.to_plan(scene.world, plan_id).body.decode()

    assert found_in(shown)
    assert scene.steps[steps:] == []
    assert told_by(scene) == {}


def test_the_plan_is_of_what_an_approval_lets_go() -> None:
    """Approved and sent, the same plan says what was changed; nobody is waited for any more."""
    scene = held_again()
    delivery = newest(scene)
    (before,) = planned(scene, delivery.id).schools
    approval.approve(scene.world, delivery.id)
    scene.send_until_still()
    (after,) = planned(scene, delivery.id).schools

    assert (before.why, after.why) == (Why.LIMITS, None)
    assert list(after.lines()) == list(before.lines())
    assert after.limits == before.limits


def test_a_delivery_that_waits_as_a_whole_says_so_until_it_is_answered() -> None:
    """Every school of it waits for one yes."""
    scene = make_world(invent(60, quirks=False))
    scene.pull()
    scene.send_until_still()
    scene.store.delete(newest(scene).path("users.csv"))
    gone = next(each.school_id for each in scene.isams.school.pupils if each.year >= 3)
    scene.next_night(without=[gone])
    scene.send_until_still()
    delivery = newest(scene)
    (before,) = planned(scene, delivery.id).schools
    approval.approve(scene.world, delivery.id)
    (after,) = planned(scene, delivery.id).schools

    assert (before.why, after.why) == (Why.LIMITS, None)
    assert [met.said for met in before.limits] == ["1 delivery that SDS may hold cannot be read"]


def test_a_loss_within_a_week_says_that_this_plan_is_of_now() -> None:
    """What went on the nights before is not in it."""
    scene = held_again()
    hold = newest(scene).read(Hold)
    drifted = hold.excesses[0].model_copy(update={"table": "pupils", "what": DRIFTED})
    offer = offer_of(scene, "northbank")
    (folder,) = scene.look().offers["northbank"]
    held_offer = folder.read(HeldOffer)
    scene.store.delete(folder.path(HeldOffer.file_name))
    folder.claim(held_offer.model_copy(update={"excesses": (drifted,)}))
    (school,) = planned(scene, offer.name.id).schools

    assert school.notes == [full_plan.DRIFT]
    assert school.limits[0].said.startswith("Within a week, and not in a single night, ")
    assert school.limits[0].now is not None


def test_classes_that_come_back_exchanged_are_shown_with_what_they_last_held() -> None:
    """A year that was emptied, with a person's yes, has its rosters no more in what SDS holds."""
    whole = invent(300, quirks=False)
    scene = make_world(whole)
    scene.pull()
    scene.send_until_still()
    scene.next_night(without=[each.school_id for each in whole.pupils if each.year == YEAR])
    scene.send_until_still()
    approval.approve(scene.world, newest(scene).id)
    scene.send_until_still()
    scene.next_night(changed=exchanged(whole))
    scene.send_until_still()
    (school,) = planned(scene, newest(scene).id).schools
    (line,) = (each for each in school.lines() if each.kind is LineKind.EXCHANGED)

    assert all(roster.away and not roster.before for roster in line.rosters)
