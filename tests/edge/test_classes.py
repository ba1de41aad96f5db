"""Whole nights with classes that are not sets: read, sealed, taken by SDS; or not sent at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Literal

import pytest

from simulators.isams import METHODS, BatchKey
from simulators.isams.documents import Shape
from simulators.isams.faults import Faults
from simulators.school import invent
from simulators.sds import Knobs
from sync.report import Outcome
from sync.settings.class_kinds import CLASSES
from tests.clocks import FakeClock
from tests.worlds import CONNECTOR, ONE_SCHOOL, TestWorld, make_world

SCHOOL = invent(60, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)
NEEDS = {
    "forms": "School_GetSchoolForms",
    "form-lessons": "Teaching_GetTeachingForms",
    "year-groups": "School_GetAllYears",
    "houses": "School_GetAcademicHouses",
    "boarding-houses": "School_GetBoardingHouses",
    "divisions": "School_GetSchoolDivisions",
}


def one_profile(**settings: str) -> TestWorld:
    """Return a world of a single profile that covers the whole school."""
    chosen = {f"PROFILES__ALL__{name}": text for name, text in settings.items()}
    taken = {"PROFILES__SENIORS__YEAR_GROUPS": "", "PROFILES__PREP__YEAR_GROUPS": ""}
    years = {"PROFILES__ALL__YEAR_GROUPS": "-2-13"}
    return make_world(SCHOOL, knobs=QUICK, base={**ONE_SCHOOL, **taken, **years, **chosen})


def rows(world: TestWorld, name: str) -> list[str]:
    """Return the lines of a file of the newest delivery, without its header."""
    files = [*world.sealed_files()][-1]
    return files[name].decode().splitlines()[1:]


@pytest.mark.parametrize("kind", CLASSES)
def test_a_night_of_each_kind_of_class_is_taken_by_sds(kind: str) -> None:
    """From iSAMS to SDS's own checks and its run."""
    world = one_profile(CLASSES=kind)
    world.pull()

    assert world.send_until_still().outcome is Outcome.DONE
    assert rows(world, "classes.csv")


def test_all_kinds_all_staff_and_the_timetables_teachers_go_together() -> None:
    """The most that a profile can ask for is one file set that SDS takes."""
    world = one_profile(CLASSES=",".join(CLASSES), STAFF="all", TIMETABLE_TEACHERS="true")
    world.pull()

    assert world.send_until_still().outcome is Outcome.DONE
    assert len(rows(world, "users.csv")) == len(SCHOOL.pupils) + len(SCHOOL.staff)


@pytest.mark.parametrize(("kind", "method"), NEEDS.items())
@pytest.mark.parametrize("how", ["not ticked", "empty", "absent"])
def test_what_classes_are_made_of_must_be_there(
    kind: str, method: str, how: Literal["not ticked", "empty", "absent"]
) -> None:
    """A lost tick or a filter must not end every form's Team: nothing is sealed at all."""
    world = one_profile(CLASSES=f"sets,{kind}")
    if how == "not ticked":
        (guid,) = world.isams.keys
        world.isams.keys = {guid: BatchKey(guid=guid, methods=METHODS - {method})}
    else:
        shape = Shape(empty={method}) if how == "empty" else Shape(absent={method})
        world.isams.script([Faults(shape=shape)] * 9)

    step = world.pull()

    assert step.outcome is Outcome.FAILED
    assert step.error is not None
    assert method in f"{step.error} {step.error.facts}"
    assert not list(world.sealed_files())
    assert not list(world.store.blobs("profiles/"))


def on_the_eve(**settings: str) -> TestWorld:
    """Return a world in late August 2027 with last year's delivery accepted, then rolled over."""
    world = make_world(
        invent(60, quirks=False, school_year=2027),
        knobs=QUICK,
        clock=FakeClock(datetime(2027, 8, 20, 12, tzinfo=UTC)),
        base={**ONE_SCHOOL, "SCHOOLS__NORTHBANK__SCHOOL_YEAR": "2027", **settings},
    )
    world.pull()
    assert world.send_until_still().outcome is Outcome.DONE
    return world


def test_pupils_arrive_on_their_day_by_themselves() -> None:
    """Until PUPILS_FROM the Teams have teachers alone; that day nobody has to approve anything."""
    waits = {f"PROFILES__{key}__PUPILS_FROM": "2027-09-06" for key in ("SENIORS", "PREP")}
    world = on_the_eve(**waits)
    before = rows(world, "enrollments.csv")
    world.clock.advance((datetime(2027, 9, 6, 21, tzinfo=UTC) - world.clock.now()).total_seconds())
    world.pull()

    assert world.send_until_still().outcome is Outcome.DONE
    after = rows(world, "enrollments.csv")
    assert not [row for row in before if row.endswith(",student")]
    assert len([row for row in after if row.endswith(",student")]) > 100


def test_an_embargo_on_running_classes_is_a_loss_that_waits_for_a_person() -> None:
    """Pupils who were in their Teams would be taken out of them: the guard says so."""
    world = on_the_eve()
    waits = {
        key: profile.model_copy(update={"pupils_from": date(2027, 9, 30)})
        for key, profile in world.world.settings.profiles.items()
    }
    changed = world.world.settings.model_copy(update={"profiles": waits})
    world.world = world.process(settings=changed)
    world.pull()

    assert world.send_until_still(CONNECTOR).outcome is Outcome.HELD


def test_a_year_that_waits_for_its_pupils_is_not_told_as_emptied() -> None:
    """The turn of the year waits for a person, who is told what ends, not what is awaited."""
    world = on_the_eve(SCHOOLS__NORTHBANK__SCHOOL_YEAR="2026")
    settings = world.world.settings
    northbank = settings.schools["northbank"].model_copy(update={"school_year": 2027})
    waits = {
        key: profile.model_copy(update={"pupils_from": date(2027, 9, 6)})
        for key, profile in settings.profiles.items()
    }
    changes = {"schools": {"northbank": northbank}, "profiles": waits}
    world.world = world.process(settings=settings.model_copy(update=changes))
    world.pull()

    assert world.send_until_still().outcome is Outcome.HELD
    (held,) = (
        name
        for name in (b.name for b in world.store.blobs(""))
        if name.endswith("held.json") and "/offers/" not in name
    )
    excesses = json.loads(world.store.read(held))["excesses"]
    assert {excess["table"] for excess in excesses} >= {"classes.csv", "places of pupils"}
    assert not [excess for excess in excesses if excess["grade"]]


def test_kept_teams_that_lose_a_year_are_told_while_its_new_classes_wait() -> None:
    """Its forms wait for PUPILS_FROM as before; that its sets are gone is a loss all the same."""
    chosen = {
        "PROFILES__SENIORS__CLASSES": "sets,forms",
        "PROFILES__SENIORS__KEEP_TEAMS": "11,13",
        "PROFILES__SENIORS__PUPILS_FROM": "2027-09-06",
    }
    world = on_the_eve(**chosen)
    taught = world.isams.school.sets
    left = tuple(each for each in taught if each.year != 11)
    world.isams.school = replace(world.isams.school, sets=left)
    world.clock.advance(24 * 3600)
    world.pull()

    assert world.send_until_still(CONNECTOR).outcome is Outcome.HELD
    (held,) = (
        b.name
        for b in world.store.blobs("")
        if b.name.endswith("held.json") and "/offers/" not in b.name
    )
    excesses = json.loads(world.store.read(held))["excesses"]
    assert [each["grade"] for each in excesses if each["what"] == "emptied"] == ["11"]


def renamed(world: TestWorld, old: str, new: str) -> None:
    """Call a form otherwise in iSAMS, everywhere."""
    read = world.isams.school
    world.isams.school = replace(
        read,
        forms=tuple(replace(f, name=new) if f.name == old else f for f in read.forms),
        pupils=tuple(replace(p, form=new) if p.form == old else p for p in read.pupils),
        teaching_forms=tuple(
            replace(t, form=new) if t.form == old else t for t in read.teaching_forms
        ),
    )
    world.isams.flush()


@pytest.mark.parametrize("more", [{}, {"SESSIONS": "true", "COURSES": "true"}])
def test_a_form_that_is_only_written_otherwise_keeps_its_team_night_after_night(
    more: dict[str, str],
) -> None:
    """A corrected capital is no new class; nor is it one the night after, nor written back."""
    world = one_profile(CLASSES="sets,forms", **more)
    world.pull()
    assert world.send_until_still().outcome is Outcome.DONE
    before = [row.split(",")[0] for row in rows(world, "classes.csv")]
    name = next(form.name for form in world.isams.school.forms if form.name.lower() != form.name)
    renamed(world, name, name.lower())
    world.next_night()
    first = world.send_until_still().outcome
    oldest = max(world.isams.school.pupils, key=lambda pupil: pupil.year or 0)
    renamed(world, name.lower(), f" {name.lower()}")
    world.next_night(without=[oldest.school_id])
    second = world.send_until_still().outcome

    assert (first, second) == (Outcome.DONE, Outcome.DONE)
    assert [row.split(",")[0] for row in rows(world, "classes.csv")] == before
    assert any(name.lower().replace("/", "-") in row for row in rows(world, "classes.csv"))


@pytest.mark.parametrize(
    "nights",
    [
        ("8B (Art)", "8B (ART)", "8b(art)", "8B (Art)"),
        ("8 - AB", "8-AB", "8  -  ab", "8 - AB"),
        ("8/JDO", "8 / JDO", "8/jdo", "8 /  JDO"),
        ("8A*", "8a*", "8 a*", "8 A *"),
        ("8/Zo\xeb1", "8/ZO\xcb1", "8 / zo\xeb1", "8/Zo\xeb1"),
    ],
)
def test_a_form_keeps_its_team_whatever_signs_its_name_has(nights: tuple[str, ...]) -> None:
    """Each night it is written otherwise, and goes on under the id of the first."""
    world = one_profile(CLASSES="forms")
    name = world.isams.school.forms[0].name
    sent = []
    for night in nights:
        renamed(world, name, night)
        name = night
        world.next_night()
        assert world.send_until_still().outcome in {Outcome.DONE, Outcome.UNCHANGED}
        sent.append({row.split(",")[0] for row in rows(world, "classes.csv")})

    assert sent == [sent[0]] * len(nights)


@pytest.mark.parametrize(
    ("before", "after"),
    [("8A*", "8A     *"), ("8B (Art)", "8B [Art]"), ("8/JDO", "8-JDO"), ("8A", "8A*")],
)
def test_a_form_that_may_be_written_otherwise_waits_for_a_person(before: str, after: str) -> None:
    """Nothing proves that it is the same form, and nothing that it is another."""
    world = one_profile(CLASSES="forms")
    renamed(world, world.isams.school.forms[0].name, before)
    world.pull()
    world.send_until_still()
    renamed(world, before, after)
    world.next_night()

    assert world.send_until_still().outcome is Outcome.HELD
    (held,) = (
        b.name
        for b in world.store.blobs("")
        if b.name.endswith("held.json") and "/offers/" not in b.name
    )
    (excess,) = json.loads(world.store.read(held))["excesses"]
    assert (excess["what"], excess["rows"]) == ("same-letters", 1)


@pytest.mark.parametrize("written", ["8 / JDO", "8/jdo"])
def test_a_form_gets_no_other_forms_team_by_the_name_that_it_once_had(written: str) -> None:
    """The Team that a form has kept is named after its old name: another form may get that now."""
    world = one_profile(CLASSES="forms")
    mine, other = (form.name for form in world.isams.school.forms[:2])
    renamed(world, mine, "8/JDO")
    world.pull()
    world.send_until_still()
    renamed(world, "8/JDO", written)
    world.next_night()
    assert world.send_until_still().outcome is Outcome.DONE
    renamed(world, other, "8/JDO")
    world.next_night()

    assert world.send_until_still().outcome is Outcome.HELD


def test_a_form_with_another_name_is_another_team() -> None:
    """A new tutor's initials: whether it is the same form, nobody can say from its name."""
    world = one_profile(CLASSES="forms")
    world.pull()
    world.send_until_still()
    before = {row.split(",")[0] for row in rows(world, "classes.csv")}
    renamed(world, world.isams.school.forms[0].name, "8/XYZ")
    world.next_night()
    world.send_until_still()

    assert len(before - {row.split(",")[0] for row in rows(world, "classes.csv")}) == 1
