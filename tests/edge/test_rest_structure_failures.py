"""What goes wrong in REST beyond people and sets: each error says what to do, and names nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.isams import Faults, RestChoices, RestFaults, client_without
from simulators.isams.rest_choices import FormSpelling
from simulators.isams.rest_faults import NOT_AUTHORISED
from simulators.school import InventedSchool, invent
from sync.edge.clock import Budget
from sync.edge.isams.rest import ENDPOINTS
from sync.errors import SourceError, SourceIncomplete, SourceMalformed, SourceRefused
from sync.isams.datasets import (
    ACADEMIC_HOUSES,
    BOARDING_HOUSES,
    BUILDINGS,
    DIVISIONS,
    EXTRAS,
    FORMS,
    LESSONS,
    TEACHING_FORMS,
    TERMS,
    WEEKS,
    YEARS,
    Dataset,
    Wanted,
)
from sync.isams.rest.endpoints import asked_for
from tests.clocks import FakeClock
from tests.edge.rest_edge import ALL_OF_REST, BUDGET_S, CLEAN, rest_of, simulated

STRUCTURE_MODULES = ["SCHOOLMANAGEMENT", "ESTATESMANAGER", "TIMETABLEMANAGER"]
STRUCTURE, TIMETABLES = "/api/timetables/structure", "/api/timetables/employees/*"


def error_of(
    path: str = "",
    fault: Faults | None = None,
    *,
    wanted: Wanted = ALL_OF_REST,
    school: InventedSchool = CLEAN,
    choices: RestChoices | None = None,
) -> SourceError:
    """Return the error that reading ends with, if *path* is spoilt for ever."""
    clock = FakeClock()
    simulator = simulated(clock, school)
    simulator.rest.choices = choices or RestChoices()
    if fault:
        simulator.spoil(path, fault)
    with pytest.raises(SourceError) as caught:
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S), wanted)
    return caught.value


def needing(*some: Dataset) -> Wanted:
    return Wanted(needed=frozenset(some))


@pytest.mark.parametrize(
    ("path", "fault", "words"),
    [
        ("/api/school/yeargroups", RestFaults(fields={"tutorId": 9_001}), "most heads of year"),
        ("/api/school/yeargroups", RestFaults(without_fields=("tutorId",)), "no tutor: .* ncYear"),
        ("/api/school/forms", RestFaults(fields={"ncYear": "Two"}), "no form has a year"),
        ("/api/school/forms", RestFaults(without_fields=("ncYear",)), "no year: .* tutorEmployee"),
        ("/api/school/forms", RestFaults(fields={"tutorEmployeeId": 9_001}), "form tutors"),
        ("/api/school/forms", RestFaults(without_fields=("tutorEmployeeId",)), "form has no tutor"),
        ("/api/school/houses", RestFaults(fields={"type": "Canary"}), "neither Academic nor"),
        ("/api/school/houses", RestFaults(fields={"type": None}), "neither Academic nor"),
        ("/api/school/houses", RestFaults(fields={"name": "Canary"}), "two have one name"),
        ("/api/school/terms", RestFaults(fields={"startDate": "Canary"}), "School Manager, Terms"),
        ("/api/school/terms", RestFaults(fields={"schoolYear": None}), "no school year"),
        ("/api/estates/rooms", RestFaults(without_fields=("initials",)), "room has no code"),
        ("/api/students", RestFaults(fields={"formGroup": "Canary"}), "most forms of students"),
        ("/api/students", RestFaults(fields={"academicHouse": "Canary"}), "academic houses of"),
        ("/api/students", RestFaults(without_fields=("formGroup",)), "student has no form"),
        ("/api/students", RestFaults(without_fields=("boardingHouse",)), "no boarding: expected b"),
        ("/api/humanresources/employees", RestFaults(fields={"isTeachingStaff": 1}), "teaches"),
        (STRUCTURE, RestFaults(without_fields=("timetableDays",)), "week has no days"),
        (STRUCTURE, RestFaults(fields={"timetableDays": {}}), "days that are no list"),
        (STRUCTURE, RestFaults(without_fields=("periods",)), "day has no periods"),
        (STRUCTURE, RestFaults(without_fields=("startTime",)), "period has no starts: .* endTime"),
        (TIMETABLES, RestFaults(without_fields=("periodId",)), "no period: expected periodId"),
        (TIMETABLES, RestFaults(fields={"id": 900_001}), "of sets that iSAMS does not list"),
    ],
)
def test_what_does_not_fit_says_what_was_seen_and_no_value(
    path: str, fault: Faults, words: str
) -> None:
    """Field names or the screens of iSAMS; a class made of a guess is worse than none."""
    error = error_of(path, fault)

    assert type(error) is SourceMalformed
    with pytest.raises(SourceMalformed, match=words):
        raise error
    assert "anary" not in f"{error} {error.facts}"


@pytest.mark.parametrize(
    ("dataset", "path", "place"),
    [
        (YEARS, "/api/school/yeargroups", "school/yeargroups"),
        (DIVISIONS, "/api/school/yeargroups", "school/yeargroups/{id}/divisions"),
        (DIVISIONS, "/api/school/yeargroups/*/divisions", "school/yeargroups/{id}/divisions"),
        (FORMS, "/api/school/forms", "school/forms"),
        (ACADEMIC_HOUSES, "/api/school/houses", "school/houses?houseType=academic"),
        (TERMS, "/api/school/terms", "school/terms"),
        (BUILDINGS, "/api/estates/buildings", "estates/buildings"),
        (BUILDINGS, "/api/estates/rooms", "estates/rooms"),
        (WEEKS, STRUCTURE, "timetables/structure"),
        (LESSONS, TIMETABLES, "timetables/employees/{id}"),
    ],
)
def test_what_is_needed_and_empty_is_unknown(dataset: Dataset, path: str, place: str) -> None:
    """The place that is empty and the module to allow; never a school without them."""
    keys = ("yearGroups", "divisions", "forms", "houses", "terms", "buildings", "rooms", "sets")
    empty = RestFaults(fields={key: [] for key in (*keys, "timetableWeeks")}, short_by=10**9)
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.rest.choices = RestChoices(lists_have_totals=False)
    simulator.spoil(path, empty)
    with pytest.raises(SourceIncomplete, match="is empty in iSAMS's answer") as caught:
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S), needing(dataset))

    assert caught.value.facts["place"] == place
    assert caught.value.facts["module"] == ENDPOINTS[place].module


def test_houses_of_the_other_kind_are_not_those_that_are_needed() -> None:
    """A school may have no boarders, but then nobody can need boarding houses."""
    day = replace(CLEAN, boarding_houses=())
    error = error_of(wanted=needing(BOARDING_HOUSES), school=day)

    assert type(error) is SourceIncomplete
    assert str(error).startswith("Boarding Houses is empty")


@pytest.mark.parametrize("module", STRUCTURE_MODULES)
@pytest.mark.parametrize("status", [200, 403])
def test_a_module_that_is_not_allowed_is_named(module: str, status: int) -> None:
    """Whether iSAMS says so by status or by message alone; without wanting it nobody asks."""
    clock = FakeClock()
    simulator = simulated(clock, client=client_without(module))
    simulator.rest.choices = RestChoices(not_authorised_status=status)
    isams = rest_of(simulator, clock)
    isams.school(Budget.of(clock, BUDGET_S))
    with pytest.raises(SourceRefused, match=f"read\\* on {module} in") as caught:
        isams.school(Budget.of(clock, BUDGET_S), ALL_OF_REST)

    assert caught.value.facts["module"] == module


def test_forms_that_are_needed_and_may_not_be_read_are_refused() -> None:
    """What is shut is for the school to open."""
    error = error_of("/api/school/forms", RestFaults(says=NOT_AUTHORISED), wanted=needing(FORMS))

    assert "SCHOOLMANAGEMENT" in str(error)


def test_forms_that_stand_nowhere_are_refused_with_what_to_do() -> None:
    """Where they stand is our guess: batch has them, and `check` shows us what REST has."""
    error = error_of(wanted=needing(FORMS), choices=RestChoices(forms_path=""))

    assert type(error) is SourceRefused
    assert "ISAMS_API=batch" in str(error)
    assert "sync check" in str(error)


def test_forms_by_a_number_are_not_what_students_call_theirs() -> None:
    """An `id` that is a row's would give each form an empty class."""
    numbered = RestChoices(forms=FormSpelling(names=("label",), row_id="id"))
    error = error_of(wanted=needing(FORMS), choices=numbered)

    assert "most forms of students" in str(error)


def test_what_rest_does_not_give_is_refused_before_anything_is_asked() -> None:
    """Whole-form lessons: whoever needs them hears so at once; besides, they stay unknown."""
    clock = FakeClock()
    simulator = simulated(clock)
    isams = rest_of(simulator, clock)
    with pytest.raises(SourceRefused, match=r"Teaching Forms by REST.* ISAMS_API=batch"):
        isams.school(Budget.of(clock, BUDGET_S), needing(TEACHING_FORMS))
    asked = len(simulator.requests)
    read = isams.school(Budget.of(clock, BUDGET_S), Wanted(besides=frozenset({TEACHING_FORMS})))

    assert asked == 0
    assert read.teaching_forms is None


def test_what_is_only_wanted_besides_is_not_judged() -> None:
    """An export shows what iSAMS says; only classes must fit the people."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.spoil("/api/students", RestFaults(fields={"formGroup": "8/Nobody"}))
    simulator.spoil("/api/school/houses", RestFaults(fields={"name": "One House"}))
    read = rest_of(simulator, clock).school(
        Budget.of(clock, BUDGET_S), Wanted(besides=frozenset(EXTRAS), tutors=True)
    )

    assert {pupil.form for pupil in read.pupils.values()} == {"8/Nobody"}
    assert {pupil.academic_house_id for pupil in read.pupils.values()} == {""}


def test_a_school_that_lacks_what_nobody_needs_is_read_all_the_same() -> None:
    """Older instances may tell less of a person than classes of sets need."""
    clock = FakeClock()
    simulator = simulated(clock)
    lacking = ("formGroup", "academicHouse", "boardingHouse", "tutorEmployeeId", "schoolCode")
    simulator.spoil("/api/students", RestFaults(without_fields=lacking))
    simulator.spoil(
        "/api/humanresources/employees",
        RestFaults(without_fields=("title", "schoolInitials", "isTeachingStaff")),
    )
    read = rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert len(read.pupils) == len(CLEAN.pupils)
    assert {(p.code, p.form, p.tutor_id) for p in read.pupils.values()} == {("", "", "")}
    assert not any(employee.teaches for employee in read.employees.values())


@pytest.mark.parametrize("name", ENDPOINTS)
def test_each_endpoint_can_be_tried_alone(name: str) -> None:
    """Rows are counted and fields named, and no value is."""
    clock = FakeClock()
    tried = rest_of(simulated(clock), clock).try_endpoint(
        name, Budget.of(clock, BUDGET_S), ALL_OF_REST
    )

    assert tried is not None
    rows, fields = tried
    assert rows > 0
    if name == "timetables/structure":
        assert {"startTime", "timetableDays"} <= set(fields)
    else:
        assert set(ENDPOINTS[name].kind.spellings["id"]) & set(fields)


def test_each_endpoint_is_tried_as_the_night_would_ask() -> None:
    """What is needed and missing is an error of `check` too."""
    clock = FakeClock()
    simulator = simulated(clock, invent(60, quirks=False))
    simulator.spoil("/api/students", RestFaults(without_fields=("formGroup",)))
    simulator.spoil("/api/school/terms", RestFaults(collection="null", without=("totalCount",)))
    isams = rest_of(simulator, clock)

    assert isams.try_endpoint("students", Budget.of(clock, BUDGET_S))
    with pytest.raises(SourceMalformed, match="no form"):
        isams.try_endpoint("students", Budget.of(clock, BUDGET_S), needing(FORMS))
    with pytest.raises(SourceIncomplete, match="School Terms"):
        isams.try_endpoint("school/terms", Budget.of(clock, BUDGET_S), needing(TERMS))


def test_forms_that_a_night_can_do_without_are_an_error_of_a_trial() -> None:
    """So that somebody hears which fields there are, though an export of them is all one lacks."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.rest.choices = RestChoices(forms=FormSpelling(names=("label",)))
    wanted = Wanted(besides=frozenset({FORMS}))
    with pytest.raises(
        SourceMalformed, match=r"form has no id: expected code or .* label"
    ) as caught:
        rest_of(simulator, clock).try_endpoint("school/forms", Budget.of(clock, BUDGET_S), wanted)

    assert CLEAN.forms[0].name not in str(caught.value)


def test_timetables_are_tried_where_lessons_are_wanted() -> None:
    """Though sets name their teachers, who alone would not need them."""
    clock = FakeClock()
    isams = rest_of(simulated(clock), clock)
    name = "timetables/employees/{id}"

    assert isams.try_endpoint(name, Budget.of(clock, BUDGET_S)) is None
    assert isams.try_endpoint(name, Budget.of(clock, BUDGET_S), needing(LESSONS))


@pytest.mark.parametrize(
    ("wanted", "more"),
    [
        (Wanted(), []),
        (needing(YEARS), ["school/yeargroups"]),
        (needing(DIVISIONS), ["school/yeargroups", "school/yeargroups/{id}/divisions"]),
        (needing(BOARDING_HOUSES), ["school/houses?houseType=boarding"]),
        (Wanted(besides=frozenset({BUILDINGS})), ["estates/buildings", "estates/rooms"]),
        (needing(TEACHING_FORMS), []),
        (ALL_OF_REST, list(ENDPOINTS)[6:]),
    ],
)
def test_check_tries_what_the_settings_need(wanted: Wanted, more: list[str]) -> None:
    """Nobody is asked to allow a module that no setting of theirs uses."""
    assert [endpoint.name for endpoint in asked_for(wanted)] == [*list(ENDPOINTS)[:6], *more]
