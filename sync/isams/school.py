"""What iSAMS says, as frozen records.

Each reader in `sync.isams` turns the answers of its API into a `School`; from here on nobody knows
which API it was. Text is stripped, blank is "", what should be a number and is none is None: the
reader judges no record, it only refuses an answer that is not a whole school.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from sync.errors import SyncError
from sync.isams.joins import JoinedByCase

type HouseKind = Literal["academic", "boarding"]


class PersonKey(NamedTuple):
    """By what iSAMS knows a person in all their records; "" where it does not say.

    See docs/reference/isams.md#person-twice.
    """

    guid: str = ""
    id: str = ""

    def is_of(self, other: PersonKey) -> bool:
        """Say whether both are one person's: by the guid, or where a record has none, by the id."""
        if self.guid and other.guid:
            return self.guid == other.guid
        return bool(self.id) and self.id == other.id


UNKNOWN_PERSON = PersonKey()


@dataclass(frozen=True, slots=True)
class Pupil:
    """A current pupil of iSAMS.

    `id` is the SchoolId, the key that every module shares: digits as text, perhaps with leading
    zeros. `year` is the NC year, -2 to 17, None if it is missing or no number. `code` is the
    admission number that people use, `form` a Form's id; the houses and the division are ids too,
    `tutor_id` is an Employee's. Each is "" if the pupil has none. REST tells no division, and
    houses by name: their ids are known only where the houses have been read. `tutor_id` is ""
    too where tutors were not asked for (`Wanted.tutors`). `person` and `leaves_on` are as those
    of an Employee.

    See docs/reference/isams.md#school-id.
    """

    id: str
    year: int | None
    email: str
    forename: str
    surname: str
    code: str = ""
    form: str = ""
    academic_house_id: str = ""
    boarding_house_id: str = ""
    division_id: str = ""
    tutor_id: str = ""
    person: PersonKey = UNKNOWN_PERSON
    leaves_on: date | None = None


@dataclass(frozen=True, slots=True)
class Employee:
    """A current member of staff of iSAMS. `id` is StaffMember/@Id, which sets and forms refer to.

    `initials` are the school's code for them, `teaches` whether iSAMS marks them as teaching staff.
    `person` is by what iSAMS knows the person, whatever records they have. `leaves_on` is their
    last day: it may have passed, of those who have left and of those who came back; None if there
    is none, or none that can be read.

    See docs/reference/isams.md#staff, docs/reference/isams.md#leaving-date.
    """

    id: str
    email: str
    forename: str
    surname: str
    title: str = ""
    initials: str = ""
    teaches: bool = False
    person: PersonKey = UNKNOWN_PERSON
    leaves_on: date | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject; if several departments share it, it is read once."""

    id: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class TeachingSet:
    """A teaching set and its list.

    `year` is the NC year. `teacher_ids` are Employee ids, `pupil_ids` Pupil ids, each once and
    sorted. `unknown_members` are rows of the set list whose pupil is not among the current ones,
    by whatever id the row gave. `known_otherwise` are those of `pupil_ids` whom a row calls by a
    row id that is nobody's, and by a SchoolId that is theirs: each with that row id.
    """

    id: str
    code: str
    name: str
    year: int | None
    subject_id: str
    teacher_ids: tuple[str, ...]
    pupil_ids: tuple[str, ...]
    unknown_members: tuple[str, ...] = ()
    known_otherwise: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Year:
    """A year group. `id` is the NC year; `tutor_ids` its head and assistant head: Employee ids."""

    id: int
    name: str
    code: str
    tutor_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A form, known by its name, in NFC. `tutor_ids` are Employee ids, the tutor before assistants.

    Names that write an accent in one character or in two look the same, and are the same.

    See docs/reference/isams.md#form, docs/reference/isams.md#form-renamed.
    """

    id: str
    year: int | None
    tutor_ids: tuple[str, ...]
    room_id: str


@dataclass(frozen=True, slots=True)
class House:
    """A house; academic and boarding houses may share ids. `master_ids` are Employee ids.

    See docs/reference/isams.md#house.
    """

    id: str
    kind: HouseKind
    name: str
    code: str
    master_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Division:
    """A part of the school, with its NC years, sorted."""

    id: str
    name: str
    code: str
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A term, both days included. `school_year` is the calendar year in which its year began.

    See docs/reference/isams.md#term.
    """

    id: str
    name: str
    school_year: int
    starts_on: date
    finishes_on: date


@dataclass(frozen=True, slots=True)
class Building:
    """A building."""

    id: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Room:
    """A room. `building_id` is "" where iSAMS does not say."""

    id: str
    name: str
    code: str
    building_id: str


@dataclass(frozen=True, slots=True)
class Period:
    """A period of a day of a week of the timetable's cycle: ids run on across all weeks.

    `day` is the day's name; `starts` and `ends` are HH:mm in school time.

    See docs/reference/isams.md#weeks.
    """

    id: str
    name: str
    week: str
    day: str
    starts: str
    ends: str


@dataclass(frozen=True, slots=True)
class TeachingForm:
    """Lessons of a subject to a whole form: how the youngest years are taught.

    `form` is a Form's id, `code` what the timetable calls it.

    See docs/reference/isams.md#teaching-forms.
    """

    id: str
    code: str
    form: str
    subject_id: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A teacher in a room in a period: what two teach together is two of these.

    `code` is what the timetable says; `set_id` or `teaching_form_id` is what it turned out to be,
    both "" if nothing, or several things, are called so. `teacher_id` is an Employee's id, or shows
    by its form that nobody current is meant. `room_id` is "" where iSAMS does not say.

    See docs/reference/isams.md#schedule-rows.
    """

    code: str
    set_id: str
    teaching_form_id: str
    teacher_id: str
    period_id: str
    room_id: str


@dataclass(frozen=True, slots=True)
class CurrentPeople:
    """The pupils and staff of a school, whole, where nothing else of it was asked for.

    `repeated` is as that of a `School`.
    """

    pupils: Mapping[str, Pupil]
    employees: Mapping[str, Employee]
    repeated: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class School:
    """A single read of a school: whole, or it was never made.

    `repeated` holds the ids that a dataset listed more than once, by dataset name; the first
    record was kept. `counts` is the number of rows that iSAMS gave, by dataset name, before any
    repeat was dropped: what manifests and status show as the source's totals. `joined_by_case`,
    sorted, are the joins that are good but for case.

    `rest_base` is what the paths of REST began with, where that is not the usual `/api`.

    From `years` on, None is a dataset that was not asked for, or that could not be read and no
    class needs: nobody may take it for empty. `untold` says why, by what iSAMS calls the dataset.
    """

    pupils: Mapping[str, Pupil]
    employees: Mapping[str, Employee]
    subjects: Mapping[str, Subject]
    sets: Mapping[str, TeachingSet]
    repeated: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, int]
    joined_by_case: tuple[JoinedByCase, ...] = ()
    rest_base: str = ""
    years: Mapping[int, Year] | None = None
    forms: Mapping[str, Form] | None = None
    academic_houses: Mapping[str, House] | None = None
    boarding_houses: Mapping[str, House] | None = None
    divisions: Mapping[str, Division] | None = None
    terms: Mapping[str, Term] | None = None
    buildings: Mapping[str, Building] | None = None
    rooms: Mapping[str, Room] | None = None
    periods: Mapping[str, Period] | None = None
    teaching_forms: Mapping[str, TeachingForm] | None = None
    lessons: tuple[Lesson, ...] | None = None
    untold: Mapping[str, SyncError] = field(default_factory=dict)
