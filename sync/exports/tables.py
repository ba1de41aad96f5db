"""What each exported file holds: its columns, what must be read for it, whom it tells of.

A file is declared here and nowhere else; the file itself, `datasets.json` beside it and
docs/datasets.md follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sync.exports import cycle, lessons
from sync.exports.columns import Column, Row, Snapshot, Table, TellsOf, of_records
from sync.isams import datasets
from sync.isams.school import School
from sync.roster.academic_year import active_term
from sync.settings import SchoolSettings


def tables(settings: SchoolSettings) -> tuple[Table, ...]:
    """Return every file; what stands in timetable.csv, *settings* say."""
    return (*_FIXED, _timetable(settings.timetable_header))


def known_ids(school: School) -> dict[str, set[str]]:
    """Return the ids of each file that others refer to, as far as it was read."""
    records: dict[str, Iterable[str] | None] = {
        "subjects": school.subjects,
        "buildings": school.buildings,
        "rooms": school.rooms,
        "forms": school.forms,
        "academic-houses": school.academic_houses,
        "boarding-houses": school.boarding_houses,
        "divisions": school.divisions,
        "terms": school.terms,
        "employees": school.employees,
        "pupils": school.pupils,
        "sets": school.sets,
        "periods": school.periods,
        "teaching-forms": school.teaching_forms,
    }
    return {name: set(ids) for name, ids in records.items() if ids is not None}


def _school(snapshot: Snapshot) -> Iterator[Row]:
    settings, day = snapshot.settings, snapshot.day
    term = active_term(snapshot.school.terms or {}, day)
    active = (term.id, term.name) if term else ("", "")
    yield settings.id, settings.name, day.isoformat(), str(snapshot.academic_year), *active


def _memberships(snapshot: Snapshot) -> Iterator[Row]:
    for teaching_set in snapshot.school.sets.values():
        for pupil_id in teaching_set.pupil_ids:
            yield teaching_set.id, pupil_id


def _set_teachers(snapshot: Snapshot) -> Iterator[Row]:
    for teaching_set in snapshot.school.sets.values():
        for employee_id in teaching_set.teacher_ids:
            yield teaching_set.id, employee_id


def _staff(name: str, about: str, field: str = "") -> Column:
    return Column(name, about, of="employees", tells_of=TellsOf.PEOPLE_BY_ID, field=field)


_ID = Column("id", "iSAMS's own id")
_CODE = Column("code", "what people and timetables call it")
_NAME = Column("name", "its name")
_FORENAME = Column("forename", "forename", tells_of=TellsOf.PEOPLE_BY_NAME)
_SURNAME = Column("surname", "surname", tells_of=TellsOf.PEOPLE_BY_NAME)
_EMAIL = Column("email", "e-mail address at the school", tells_of=TellsOf.PEOPLE_BY_NAME)
_YEAR = Column("year", "NC year, -2 to 17: `id` in year-groups.csv where that lists it")
_SUBJECT = Column("subject_id", "its subject", of="subjects")
_SET = Column("set_id", "the set", of="sets")
_STARTS = Column("starts", "HH:mm, school time")
_ENDS = Column("ends", "HH:mm, school time")
_MASTERS = _staff("master_ids", "house master, then assistant")

_FIXED = (
    Table(
        "school",
        "The school, and the term that a day is in.",
        (
            Column("id", "the school's own number, from the settings"),
            Column("name", "its name, from the settings"),
            Column("day", "the day of reading, in the school's time zone, or that of `--on`"),
            Column("academic_year", "the calendar year in which the academic year began"),
            Column("term_id", "the active term; blank in the holidays", of="terms"),
            Column("term", "its name"),
        ),
        _school,
        needs=(datasets.TERMS,),
    ),
    of_records("subjects", "Subjects; one that departments share comes once.", _ID, _CODE, _NAME),
    of_records("buildings", "Buildings.", _ID, _CODE, _NAME, needs=(datasets.BUILDINGS,)),
    of_records(
        "rooms",
        "Classrooms.",
        *(_ID, _CODE, _NAME),
        Column("building_id", "the building that it is in", of="buildings"),
        needs=(datasets.BUILDINGS,),
    ),
    of_records(
        "year-groups",
        "Year groups.",
        *(Column("id", "NC year, -2 to 17"), _CODE, _NAME),
        _staff("tutor_ids", "head of year, then assistant"),
        needs=(datasets.YEARS,),
    ),
    of_records(
        "forms",
        "Forms.",
        *(Column("id", "the form's name, which is its id"), _YEAR),
        _staff("tutor_ids", "form tutor, then assistants"),
        Column("room_id", "the form's room", of="rooms"),
        needs=(datasets.FORMS,),
    ),
    of_records(
        "academic-houses",
        "Academic houses. A boarding house may have the id of one of them.",
        *(_ID, _CODE, _NAME, _MASTERS),
        needs=(datasets.ACADEMIC_HOUSES,),
    ),
    of_records(
        "boarding-houses",
        "Boarding houses.",
        *(_ID, _CODE, _NAME, _MASTERS),
        needs=(datasets.BOARDING_HOUSES,),
    ),
    of_records(
        "divisions",
        "Divisions: parts of the school.",
        *(_ID, _CODE, _NAME, Column("years", "its NC years")),
        needs=(datasets.DIVISIONS,),
    ),
    of_records(
        "terms",
        "Terms, of every academic year that iSAMS tells.",
        *(_ID, _NAME),
        Column(
            "academic_year",
            "the calendar year in which its academic year began",
            field="school_year",
        ),
        Column("starts_on", "first day"),
        Column("finishes_on", "last day"),
        needs=(datasets.TERMS,),
    ),
    of_records(
        "employees",
        "Current staff.",
        Column("id", "iSAMS's own id", tells_of=TellsOf.PEOPLE_BY_ID),
        Column("initials", "the school's code for them", tells_of=TellsOf.PEOPLE_BY_ID),
        Column("title", "such as Dr"),
        *(_FORENAME, _SURNAME, _EMAIL),
        Column("teaches", "`true` if iSAMS marks them as teaching staff, else `false`"),
    ),
    of_records(
        "pupils",
        "Current pupils.",
        Column("id", "SchoolId, the key that all of iSAMS shares", tells_of=TellsOf.PEOPLE_BY_ID),
        Column("code", "the admission number that people use", tells_of=TellsOf.PEOPLE_BY_ID),
        *(_FORENAME, _SURNAME, _YEAR),
        Column("form", "their form", of="forms"),
        _EMAIL,
        Column("academic_house_id", "their academic house", of="academic-houses"),
        Column("boarding_house_id", "their boarding house", of="boarding-houses"),
        Column("division_id", "their division; REST does not tell it", of="divisions"),
        _staff("tutor_id", "their pastoral tutor"),
        # REST tells a pupil's houses by name: their ids come with the houses.
        needs=(datasets.ACADEMIC_HOUSES, datasets.BOARDING_HOUSES),
    ),
    of_records("sets", "Teaching sets.", _ID, _CODE, _NAME, _YEAR, _SUBJECT),
    Table(
        "set-members",
        "Who is in which set: current pupils alone.",
        (_SET, Column("pupil_id", "a pupil in it", of="pupils", tells_of=TellsOf.PEOPLE_BY_ID)),
        _memberships,
        is_link=True,
    ),
    Table(
        "set-teachers",
        "Who teaches which set: current staff alone.",
        (_SET, _staff("employee_id", "a teacher of it")),
        _set_teachers,
        is_link=True,
    ),
    Table(
        "weeks",
        "The weeks of the timetable's cycle, as far as they have periods.",
        (
            Column("name", "its name; blank where iSAMS does not say"),
            Column("days", "how many days with periods it has"),
            Column("periods", "how many periods it has"),
        ),
        lambda snapshot: cycle.weeks(snapshot.school.periods),
        needs=(datasets.WEEKS,),
    ),
    Table(
        "days",
        "The days of each week of the timetable's cycle, as far as they have periods.",
        (
            Column("week", "name of the week, as in weeks.csv"),
            Column("name", "its name"),
            Column("periods", "how many periods it has"),
            Column("starts", "HH:mm, school time: when its first period begins"),
            Column("ends", "HH:mm, school time: when its last period ends"),
        ),
        lambda snapshot: cycle.days(snapshot.school.periods),
        needs=(datasets.WEEKS,),
    ),
    of_records(
        "periods",
        "The timetable's cycle: each period of each day of each week.",
        *(_ID, _NAME, Column("week", "name of the week"), Column("day", "name of the day")),
        *(_STARTS, _ENDS),
        needs=(datasets.WEEKS,),
    ),
    of_records(
        "teaching-forms",
        "Lessons of one subject to a whole form, as the youngest years have them.",
        *(_ID, _CODE, Column("form_id", "the form", of="forms", field="form"), _SUBJECT),
        needs=(datasets.TEACHING_FORMS,),
    ),
)


def _timetable(header: Mapping[str, str]) -> Table:
    """Return timetable.csv with the columns and headings of *header*."""
    chosen = {heading: lessons.COLUMNS[name] for name, heading in header.items()}
    needs = dict.fromkeys(dataset for column in chosen.values() for dataset in column.needs)
    return Table(
        "timetable",
        "The published timetable: one row per lesson and teacher; what two teach together is two.",
        tuple(
            Column(heading, column.about, of=column.of, tells_of=column.tells_of)
            for heading, column in chosen.items()
        ),
        lambda snapshot: lessons.lesson_rows(snapshot.school, tuple(header)),
        (datasets.LESSONS, *needs),
    )
