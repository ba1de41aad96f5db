"""What an invented school is made of: one frozen record for each thing that iSAMS keeps.

Both APIs are told from these records, so they hold what either needs. What no test will ever
choose (telephone numbers, UPNs, addresses) is derived from the record's id when it is asked for:
a school of 60,000 pupils then stays small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from simulators.invented.places import Building, Division, Form, House, Term, Week, Year


@dataclass(frozen=True, slots=True)
class Employee:
    """A member of staff; *id* is the key that sets, forms and houses use.

    A text that is None is left out of the document, "" is an empty element, " " a single space.
    """

    id: int
    initials: str
    title: str
    forename: str
    surname: str
    gender: str
    born: date
    email: str | None
    teaches: bool
    division_id: int
    leaves_on: date | None = None

    @property
    def user_code(self) -> str:
        """The key of older modules: timetables, tutors and everything marked Legacy."""
        return f"{self.initials}{self.id:014}"

    @property
    def person_id(self) -> int:
        return 500_000 + self.id

    @property
    def person_guid(self) -> str:
        return str(UUID(int=self.person_id << 64 | 0x4000_8000))

    @property
    def mobile(self) -> str:
        return f"00000 9{self.id:05}"


@dataclass(frozen=True, slots=True)
class Pupil:
    """A pupil, with both keys: *id* (set lists) and *school_id* (everywhere else).

    *year* is the National Curriculum year, -2 to 17. Absent, empty and blank texts are as in
    `Employee`.
    """

    id: int
    school_id: str
    forename: str
    surname: str
    preferred_name: str | None
    gender: str
    born: date
    email: str | None
    year: int
    form: str | None
    division_id: int
    academic_house_id: int | None
    boarding_house_id: int | None
    tutor_id: int | None
    enrolled_on: date

    @property
    def school_code(self) -> str:
        return f"A{self.id:06}"

    @property
    def user_code(self) -> str:
        return f"PUPIL{self.id:014}"

    @property
    def person_id(self) -> int:
        return 1_000_000 + self.id

    @property
    def person_guid(self) -> str:
        return str(UUID(int=self.person_id << 64 | 0x4000_8000))

    @property
    def upn(self) -> str:
        return f"X9{self.id:011}"

    @property
    def mobile(self) -> str:
        return f"00000 8{self.id:05}"

    @property
    def private_email(self) -> str:
        return f"family{self.id}@home.example"

    @property
    def home_address(self) -> str:
        return f"{self.id} Invented Lane"

    @property
    def private_texts(self) -> tuple[str, ...]:
        """What the document holds about a pupil that no client of ours may pass on."""
        return (self.upn, self.mobile, self.private_email, self.home_address)


@dataclass(frozen=True, slots=True)
class Subject:
    """*set_subject*: taught in sets; otherwise to whole forms."""

    id: int
    code: str
    name: str
    set_subject: bool = True


@dataclass(frozen=True, slots=True)
class Department:
    """A department may have no subjects, and a subject may be in several departments."""

    id: int
    name: str
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class SetTeacher:
    """*id* is only this row's; the teacher is *staff_id*."""

    id: int
    staff_id: int
    primary: bool


@dataclass(frozen=True, slots=True)
class TeachingSet:
    """A class; the timetable joins by *code*, which *name* usually but not always repeats.

    *omits_teachers*: with no teachers, the `Teachers` element is left out instead of empty.
    """

    id: int
    subject_id: int
    year: int
    number: int
    block: str
    code: str
    name: str
    teachers: tuple[SetTeacher, ...]
    omits_teachers: bool = False


class Membership(NamedTuple):
    """One set list row; *pupil_id* is None where only the Legacy SchoolId is left.

    A tuple, not a dataclass: the largest school has a million of them.
    """

    id: int
    set_id: int
    pupil_id: int | None
    school_id: str


@dataclass(frozen=True, slots=True)
class TeachingForm:
    """A whole form's lessons in one subject: how the youngest years are taught."""

    id: int
    form: str
    timetable_code: str
    subject_id: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """One teacher, in one room, in one period: a lesson taught by two is two of these.

    *code* is a set's code if *for_set*, else a teaching form's timetable code.
    """

    id: int
    code: str
    teacher: str
    period_id: int
    room_id: int
    for_set: bool


@dataclass(frozen=True)
class InventedSchool:
    """A whole school at one moment.

    *quirks* points from each seeded peculiarity to the record that has it: a pupil's `school_id`,
    or the id of the employee, set, set list row or other record. It is empty for a clean school.
    """

    key: str
    name: str
    domain: str
    school_year: int
    pupils: tuple[Pupil, ...]
    staff: tuple[Employee, ...]
    departments: tuple[Department, ...]
    sets: tuple[TeachingSet, ...]
    memberships: tuple[Membership, ...]
    teaching_forms: tuple[TeachingForm, ...]
    years: tuple[Year, ...]
    forms: tuple[Form, ...]
    academic_houses: tuple[House, ...]
    boarding_houses: tuple[House, ...]
    divisions: tuple[Division, ...]
    terms: tuple[Term, ...]
    buildings: tuple[Building, ...]
    weeks: tuple[Week, ...]
    lessons: tuple[Lesson, ...]
    quirks: Mapping[str, str]

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """Every subject once, in id order."""
        found = {s.id: s for department in self.departments for s in department.subjects}
        return tuple(found[id_] for id_ in sorted(found))

    @cached_property
    def pupil(self) -> Mapping[str, Pupil]:
        """Pupils by `school_id`."""
        return {pupil.school_id: pupil for pupil in self.pupils}

    @cached_property
    def employee(self) -> Mapping[int, Employee]:
        """Staff by id."""
        return {employee.id: employee for employee in self.staff}

    @cached_property
    def teaching_set(self) -> Mapping[int, TeachingSet]:
        """Sets by id."""
        return {teaching_set.id: teaching_set for teaching_set in self.sets}

    @property
    def last_updated(self) -> str:
        """The moment that every record says it was last changed: school-local, without a zone."""
        return f"{self.school_year}-09-01T14:09:09"
