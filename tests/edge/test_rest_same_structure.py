"""P8 beyond people and sets: what REST gives of a school's structure is what batch gives of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from simulators.isams import (
    FORM_SPELLINGS,
    ROOM_SPELLINGS,
    SET_SPELLINGS,
    IsamsSimulator,
    RestChoices,
)
from simulators.isams.rest_choices import FormSpelling, RoomSpelling
from simulators.school import InventedSchool, invent
from sync.edge.clock import Budget
from sync.isams import datasets
from sync.isams.datasets import EXTRAS, TEACHING_FORMS, Wanted
from sync.isams.school import Lesson, School
from tests.clocks import FakeClock
from tests.edge.isams_edge import isams_of
from tests.edge.rest_edge import ALL_OF_REST, BUDGET_S, rest_of, simulated, staff_as_in_rest

SEEDS = (1, 2, 3, 5, 8)
ROOMED = RestChoices(lessons_have_rooms=True)
COUNTED = (
    *("Year", "Form", "AcademicHouse", "BoardingHouse", "SchoolDivision", "Term"),
    *("Building", "Classroom", "Week"),
)


def by_batch(school: InventedSchool) -> School:
    clock = FakeClock()
    isams = isams_of(IsamsSimulator(school, clock=clock.now), clock)
    return isams.school(Budget.of(clock, BUDGET_S), Wanted(needed=frozenset(EXTRAS), tutors=True))


def by_rest(
    school: InventedSchool, choices: RestChoices = ROOMED, wanted: Wanted = ALL_OF_REST
) -> School:
    clock = FakeClock()
    simulator = simulated(clock, school)
    simulator.rest.choices = choices
    return rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S), wanted)


def of_sets(read: School, *, rooms: bool = True) -> set[Lesson]:
    """Return the lessons that REST can tell: a set's, by somebody current."""
    lessons = (
        lesson
        for lesson in read.lessons or ()
        if lesson.set_id and lesson.teacher_id in read.employees
    )
    return {lesson if rooms else replace(lesson, room_id="") for lesson in lessons}


def structure(read: School) -> Mapping[str, object]:
    """Return what both APIs give alike."""
    return {
        "years": read.years,
        "forms": read.forms,
        "academic houses": read.academic_houses,
        "boarding houses": read.boarding_houses,
        "divisions": read.divisions,
        "terms": read.terms,
        "buildings": read.buildings,
        "rooms": read.rooms,
        "periods": read.periods,
        "employees": staff_as_in_rest(read),
        "pupils": {key: replace(pupil, division_id="") for key, pupil in read.pupils.items()},
        "counts": {name: read.counts[name] for name in COUNTED},
    }


@pytest.mark.parametrize("quirks", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_both_apis_give_the_same_structure(seed: int, *, quirks: bool) -> None:
    """Years, forms, houses, divisions, terms, buildings, rooms and periods, and who is in them."""
    school = invent(180, seed=seed, quirks=quirks)
    batch, rest = by_batch(school), by_rest(school)

    for name, records in structure(rest).items():
        assert records == structure(batch)[name], name
        assert records, name
    assert any(pupil.boarding_house_id for pupil in rest.pupils.values())
    assert rest.teaching_forms is None


@pytest.mark.parametrize("quirks", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_both_apis_give_the_same_lessons_of_sets(seed: int, *, quirks: bool) -> None:
    """What batch joins by code REST says by the set's id; other lessons REST does not tell."""
    school = invent(180, seed=seed, quirks=quirks)
    batch, rest = by_batch(school), by_rest(school)

    assert of_sets(rest) == set(rest.lessons or ())
    assert of_sets(rest) == of_sets(batch)
    assert len(of_sets(rest)) > len(rest.sets)
    assert rest.counts["Schedule"] >= len(of_sets(rest))


@pytest.mark.parametrize(
    ("forms", "rooms"),
    [
        *((forms, RoomSpelling()) for forms in FORM_SPELLINGS.values()),
        *((FormSpelling(), rooms) for rooms in ROOM_SPELLINGS.values()),
    ],
)
def test_each_spelling_is_the_same_school(forms: FormSpelling, rooms: RoomSpelling) -> None:
    """Whatever iSAMS calls its fields, if we accept it; a building that is not given is none."""
    school = invent(150)
    choices = RestChoices(forms=forms, rooms=rooms)
    batch, rest = by_batch(school), by_rest(school, choices)
    wanted = dict(structure(batch))
    if not rooms.building:
        listed = batch.rooms or {}
        wanted["rooms"] = {key: replace(room, building_id="") for key, room in listed.items()}

    assert structure(rest) == wanted
    assert of_sets(rest) == of_sets(batch, rooms=False)


@pytest.mark.parametrize(
    "choices",
    [
        RestChoices(lists_are_paged=True),
        RestChoices(lists_have_totals=False),
        RestChoices(links_without_hal=True, links="relative", lists_are_paged=True),
        RestChoices(zoned_times=True),
    ],
)
def test_what_nobody_knows_of_rest_makes_no_difference(choices: RestChoices) -> None:
    """Paged lists, no totals, links of either kind: the same structure."""
    school = invent(180)

    assert structure(by_rest(school, choices)) == structure(by_batch(school))


def test_each_timetable_is_asked_for_once() -> None:
    """Also where both the set's teachers and the lessons come from it."""
    clock = FakeClock()
    school = invent(60, quirks=False)
    simulator = simulated(clock, school)
    simulator.rest.choices = RestChoices(sets=SET_SPELLINGS["no teachers"])
    read = rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S), ALL_OF_REST)
    asked = [seen.path for seen in simulator.requests if "/timetables/employees/" in seen.path]

    assert sorted(asked) == sorted(
        f"/api/timetables/employees/{person.id}" for person in school.staff
    )
    assert {key: item.teacher_ids for key, item in read.sets.items()} == {
        key: item.teacher_ids for key, item in by_batch(school).sets.items()
    }
    assert of_sets(read) == of_sets(by_batch(school), rooms=False)


def test_lessons_change_no_teacher_of_a_set_that_names_some() -> None:
    """Who takes a lesson joins a class only where a profile says so."""
    school = invent(60, quirks=False)
    cover = replace(school.lessons[0], id=9_999_999, teacher=school.staff[-1].user_code)
    with_cover = replace(school, lessons=(*school.lessons, cover))

    assert by_rest(with_cover).sets == by_rest(school).sets
    assert len(by_rest(with_cover).lessons or ()) == len(by_rest(school).lessons or ()) + 1


@pytest.mark.parametrize(
    "dataset", [dataset for dataset in EXTRAS if dataset is not TEACHING_FORMS]
)
def test_only_what_is_wanted_is_asked_for_and_given(dataset: datasets.Dataset) -> None:
    """Of the others each stays unknown, and nobody has to allow its module."""
    clock = FakeClock()
    simulator = simulated(clock)
    read = rest_of(simulator, clock).school(
        Budget.of(clock, BUDGET_S), Wanted(needed=frozenset({dataset}))
    )
    alone = {
        "YEARS": read.years,
        "FORMS": read.forms,
        "ACADEMIC_HOUSES": read.academic_houses,
        "BOARDING_HOUSES": read.boarding_houses,
        "DIVISIONS": read.divisions,
        "TERMS": read.terms,
        "BUILDINGS": read.buildings,
        "WEEKS": read.periods,
        "LESSONS": read.lessons,
    }
    given = {name for name, records in alone.items() if records is not None}
    modules = {path.split("/")[2] for path in (r.path for r in simulator.requests) if "api" in path}
    extra = {"BUILDINGS": {"estates"}, "WEEKS": {"timetables"}, "LESSONS": {"timetables"}}
    (name,) = given

    assert getattr(datasets, name) is dataset
    assert modules == {"students", "humanresources", "teaching"} | extra.get(name, {"school"})


def test_what_is_wanted_besides_may_be_empty_and_is_then_known_to_be() -> None:
    """An export of nothing is no reason to stop the night."""
    school = invent(60, quirks=False)
    bare = replace(school, terms=(), boarding_houses=(), buildings=(), weeks=(), years=())
    wanted = Wanted(besides=frozenset(EXTRAS), tutors=True)
    read = by_rest(bare, wanted=wanted)

    assert (read.terms, read.boarding_houses, read.periods, read.years) == ({}, {}, {}, {})
    assert (read.buildings, read.rooms, read.divisions) == ({}, {}, {})
    assert read.academic_houses
    assert read.teaching_forms is None
    assert read.counts["Term"] == read.counts["Classroom"] == 0


@pytest.mark.parametrize(
    "forms",
    [
        FormSpelling(names=("label",)),
        FormSpelling(tutor="label"),
        FormSpelling(year="label", unsaid=("ncYear",)),
    ],
)
def test_forms_that_cannot_be_read_stay_unknown_to_those_who_can_do_without(
    forms: FormSpelling,
) -> None:
    """No name, no tutor or no year that we know: an export loses one file and not the night."""
    read = by_rest(
        invent(60, quirks=False),
        RestChoices(forms=forms),
        Wanted(besides=frozenset(EXTRAS), tutors=True),
    )

    assert read.forms is None
    assert read.years
    assert "Form" not in read.counts


def test_forms_that_stand_nowhere_stay_unknown_to_those_who_can_do_without() -> None:
    """Neither empty nor an error: an export has no file of them, and the roster goes on."""
    read = by_rest(
        invent(60, quirks=False),
        RestChoices(forms_path=""),
        Wanted(besides=frozenset(EXTRAS), tutors=True),
    )

    assert read.forms is None
    assert "Form" not in read.counts
