"""Records of REST beyond people and sets, where a single answer shows all there is to see."""

from __future__ import annotations

import pytest

from sync.errors import SourceError, SourceIncomplete, SourceMalformed
from sync.isams.assembly import Register
from sync.isams.datasets import ACADEMIC_HOUSES, FORMS, LESSONS, YEARS, Dataset, Wanted
from sync.isams.rest import endpoints, structure, timetables, weeks
from sync.isams.rest.answers import Answer
from sync.isams.rest.paging import PageProgress, Pages
from sync.isams.school import Employee, Form, Period, Pupil, School
from sync.isams.structure import LessonRecord, Structure
from tests.unit.schools import school, teaching_set


def taken(*needed: Dataset) -> tuple[Register, structure.RestStructure]:
    """Return a register with three employees and three pupils, and what fills its structure."""
    register = Register()
    for employee_id in ("41", "42", "43"):
        register.add_employee(Employee(employee_id, "", "", ""))
    for school_id, form in (("1", "8/A"), ("2", "8/B"), ("3", "")):
        register.add_pupil(Pupil(school_id, 8, "", "", "", form=form))
    return register, structure.RestStructure(register, Wanted(needed=frozenset(needed)))


def cycle(**period: object) -> Answer:
    row = {"id": 101, "name": "P1", "startTime": "09:00", "endTime": "09:40", **period}
    day = {"name": "Monday", "periods": [row]}
    return {"timetableWeeks": [{"name": "Week A", "timetableDays": [day]}]}


def test_a_period_knows_its_week_and_day_by_name() -> None:
    """Ids of weeks and days are nobody's business; a week may have no name."""
    read = weeks.read_cycle(cycle())
    nameless = weeks.read_cycle({"timetableWeeks": [{"timetableDays": [{"periods": None}]}]})

    assert read.periods == [Period("101", "P1", "Week A", "Monday", "09:00", "09:40")]
    assert {"timetableDays", "periods", "startTime"} <= read.names
    assert (nameless.weeks, nameless.periods) == (1, [])


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("09:00", "09:00"),
        ("09:00:30", "09:00"),
        ("09:00:00.000", "09:00"),
        ("1900-01-01T09:00:00", "09:00"),
        ("1900-01-01T09:00:00Z", "1900-01-01T09:00:00Z"),
        ("nine", "nine"),
        (None, ""),
        (900, "900"),
    ],
)
def test_a_time_is_hours_and_minutes(text: object, time: str) -> None:
    """In any form that says nothing else; a moment of another zone is not turned into one."""
    assert weeks.read_cycle(cycle(startTime=text)).periods[0].starts == time


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"timetableWeeks": {}},
        {"timetableWeeks": [7]},
        {"timetableWeeks": [{"name": "A"}]},
        {"timetableWeeks": [{"timetableDays": 7}]},
        {"timetableWeeks": [{"timetableDays": [None]}]},
        {"timetableWeeks": [{"timetableDays": [{"periods": [{"name": "P1"}]}]}]},
        {"timetableWeeks": [{"timetableDays": [{"periods": [{"id": 1, "name": "P1"}]}]}]},
    ],
)
def test_what_is_no_structure_is_malformed(answer: Answer) -> None:
    """Levels that are missing, or of a wrong type, and periods without ids or times."""
    with pytest.raises(SourceMalformed):
        weeks.read_cycle(answer)


@pytest.mark.parametrize("year", ["99", "Year 7", "-3"])
def test_a_year_group_that_is_no_nc_year_is_malformed(year: str) -> None:
    """What pupils, sets and divisions mean by a year is the NC year."""
    with pytest.raises(SourceMalformed, match="no NC year"):
        structure.nc_years({"7": {}, year: {}})


@pytest.mark.parametrize(
    ("tutors", "fits"),
    [((41, 42, 43), True), ((41, 42, 9), True), ((41, 8, 9), False), ((7, 8, 9), False)],
)
def test_somebody_who_has_left_may_be_head_of_year_and_strangers_may_not(
    tutors: tuple[int, ...], *, fits: bool
) -> None:
    """If most are nobody's ids, they are not employees' ids at all."""
    rows = {str(year): {"tutor": tutor, "name": "Y"} for year, tutor in enumerate(tutors, start=7)}
    register, extras = taken(YEARS)
    error: SourceError | None = None
    try:
        extras.take_years(rows)
    except SourceError as caught:
        error = caught

    assert (error is None) is fits
    assert register.counts["Year"] == 3


def test_a_form_is_the_same_however_its_accent_was_typed() -> None:
    """Names from a Mac have it apart; listed in both ways, a form is listed twice."""
    register, extras = taken(FORMS)
    rows = {
        name: {"id": name, "year": 8, "tutor": 41} for name in ("8/A", "8/Ze\u0308", "8/Z\u00eb")
    }
    extras.take_forms(rows)
    held = register.structure

    assert list(held.forms) == ["8/A", "8/Z\u00eb"]
    assert held.repeated() == {"Form": ("8/Z\u00eb",)}


@pytest.mark.parametrize(("form", "fits"), [("8/B", True), ("8/Z", False)])
def test_forms_are_those_that_students_name(form: str, *, fits: bool) -> None:
    """A pupil or two may be in a form that is not listed; most may not."""
    rows = {name: {"id": name, "year": 8, "tutor": 41} for name in ("8/Y", form)}
    _, extras = taken(FORMS)
    if fits:
        extras.take_forms(rows)
    else:
        with pytest.raises(SourceMalformed, match="most forms of students"):
            extras.take_forms(rows)


def test_forms_are_read_as_the_only_public_source_spells_them() -> None:
    """Their code is what students carry; assistants are ids too, and null is nobody."""
    rows: list[object] = [
        {
            "code": "8/A",
            "emailAddress": "8a@northbank.example",
            "nationalCurriculumYear": 8,
            "tutorId": 41,
            "assistantTutor": 42,
            "secondAssistantTutor": 43,
            "roomId": 31,
        },
        {
            "code": "8/B",
            "emailAddress": None,
            "nationalCurriculumYear": 9,
            "tutorId": 42,
            "assistantTutor": None,
            "secondAssistantTutor": None,
            "roomId": None,
        },
    ]
    register, extras = taken(FORMS)
    pages = Pages(endpoints.FORMS, "northbank.isams.example")
    progress = pages.add({"forms": rows})
    extras.take_forms(pages.rows)

    assert progress is PageProgress.WHOLE
    assert list(register.structure.forms.values()) == [
        Form("8/A", 8, ("41", "42", "43"), "31"),
        Form("8/B", 9, ("42",), ""),
    ]


def test_a_pupils_houses_are_kept_as_far_as_they_were_asked_for() -> None:
    """Boarding houses stay unknown to a school that needs academic ones."""
    register, extras = taken(ACADEMIC_HOUSES)
    extras.add_houses("1", {"academic": "Kestrel", "boarding": "Millrace"})
    extras.add_houses("2", {"academic": None})
    houses = {"1": "Academic", "2": " boarding "}
    rows = {key: {"id": key, "name": "Kestrel", "type": kind} for key, kind in houses.items()}
    extras.take_houses("academic", rows)

    assert [kind for kind, known in register.structure.houses.items() if known] == ["academic"]
    assert register.structure.house_id("academic", "Kestrel") == "1"
    assert "BoardingHouse" not in register.counts


def test_a_house_is_found_in_whatever_case_it_was_typed() -> None:
    """As it is written first; who has no house is in none, though a house has no name."""
    register, extras = taken(ACADEMIC_HOUSES)
    named = {"1": "Kestrel", "2": "Otter", "3": "OTTER", "4": None}
    rows = {key: {"id": key, "name": name, "type": "Academic"} for key, name in named.items()}
    extras.take_houses("academic", rows)

    names = ("kestrel", "Otter", "otter", "")
    assert [register.structure.house_id("academic", name) for name in names] == ["1", "2", "", ""]


def test_a_lesson_has_the_set_whose_accent_was_typed_otherwise() -> None:
    """The timetable's code and the set's look the same; else the set would lose a teacher."""
    made = structure_of("8/Zo\u00eb", "8/Zoe\u0308")

    assert made.lessons
    assert [lesson.set_id for lesson in made.lessons] == ["301"]


def structure_of(set_code: str, lesson_code: str) -> School:
    """Return a school with a set of one code and a lesson of the other."""
    structure = Structure()
    structure.ask(LESSONS)
    structure.lessons.append(LessonRecord(lesson_code, for_set=True, period_id="1"))
    read = school(sets=[teaching_set("301", code=set_code)])
    return structure.added_to(read, lambda _, _record: "")


def test_a_house_is_found_however_its_accent_was_typed() -> None:
    """REST tells a pupil's house by its name alone."""
    register, extras = taken()
    extras.take_houses("academic", {"1": {"id": "1", "name": "Bronte\u0308", "type": "Academic"}})

    assert register.structure.house_id("academic", "Bront\u00eb") == "1"


def test_lessons_without_a_period_are_malformed_and_none_at_all_is_unknown() -> None:
    """A lesson without will do no harm; where all are without, the field has another name."""
    register, _ = taken(LESSONS)
    taught = timetables.Timetables()
    with pytest.raises(SourceIncomplete, match="TIMETABLEMANAGER"):
        taught.add_to(register, needed=True)
    taught.add_to(register, needed=False)
    rows: list[object] = [{"id": 301, "code": "7A/Ma1", "slot": 5}, {"id": 301}]
    taught.take(timetables.read_timetable({"sets": rows}, "41"))
    with pytest.raises(SourceMalformed, match=r"no period: expected periodId .* slot"):
        taught.add_to(register, needed=True)
    taught.take(timetables.read_timetable({"sets": [{"id": 302, "periodId": 101}]}, "42"))
    taught.add_to(register, needed=True)

    assert register.counts["Schedule"] == 3
    assert taught.teachers() == {"301": ("41",), "302": ("42",)}
    assert timetables.read_timetable({"sets": None}, "41").lessons == ()
