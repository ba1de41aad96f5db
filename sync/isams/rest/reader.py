"""The REST API's answers, taken a collection at a time: rows in, a `School` out, or an error.

Pure. What batch's reader joins and counts is joined and counted by the same `Register`. Sets that
iSAMS hides are left out; hidden subjects are kept, because sets refer to them.

See docs/reference/isams.md#hidden-sets, docs/reference/isams.md#rest-sets.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from sync.errors import SourceError, SourceIncomplete, SourceMalformed
from sync.isams.assembly import Register, SetRecord
from sync.isams.datasets import (
    FORMS,
    LESSONS,
    NOTHING_MORE,
    PUPILS,
    SET_LISTS,
    SETS,
    STAFF,
    SUBJECTS,
    Dataset,
    Wanted,
)
from sync.isams.rest import answers, fields, spellings
from sync.isams.rest.answers import Answer
from sync.isams.rest.endpoints import EMPLOYEES, MEMBERS, STUDENTS, TEACHING_SETS
from sync.isams.rest.fields import Values
from sync.isams.rest.spellings import Kind
from sync.isams.rest.structure import RestStructure, Rows, refuse_what_rest_lacks
from sync.isams.rest.timetables import Timetable, Timetables
from sync.isams.school import CurrentPeople, Employee, Pupil, School, Subject
from sync.texts import composed


def subjects_by_id(rows: Rows) -> dict[str, Subject]:
    """Return the subjects by id, in the order of iSAMS."""
    kind = spellings.SUBJECT
    return {
        subject_id: Subject(subject_id, *fields.texts(kind, record, "code", "name"))
        for subject_id, record in rows.items()
    }


def school_ids_in(answer: Answer, set_id: str) -> tuple[str, ...]:
    """Return the SchoolIds in a set's list, row by row; null is no pupil, as elsewhere in REST.

    See docs/reference/isams.md#rest-null.

    Raises:
        SourceMalformed: it is no set list, or another set's.
    """
    kind = spellings.MEMBER
    if answer.get("id") is not None and fields.identity(kind, answer) != set_id:
        raise SourceMalformed("iSAMS gave another set's list than the one asked for")
    rows = answers.rows_of(answer, MEMBERS) or ()
    records = (fields.values_of(kind, row) for row in rows)
    return tuple(fields.identity(kind, record, as_text=True) for record in records)


class RestSchool:
    """What has been read so far. First the four collections, then lists and timetables.

    `structure` takes what is *wanted* beyond them; the four must be there before it.
    """

    def __init__(self, wanted: Wanted = NOTHING_MORE) -> None:
        refuse_what_rest_lacks(wanted)
        self._wanted = wanted
        self._register = Register()
        self.structure = RestStructure(self._register, wanted)
        self._set_ids = frozenset[str]()  # of all, hidden or not
        self._timetables = Timetables()

    @property
    def set_ids(self) -> tuple[str, ...]:
        """The sets whose lists are wanted."""
        return tuple(self._register.sets)

    @property
    def timetables_of(self) -> tuple[str, ...]:
        """The employees whose timetables are wanted: all, because anybody may teach, or none."""
        if self.needs_timetables or LESSONS in self._wanted.extras:
            return tuple(self._register.employees)
        return ()

    @property
    def needs_timetables(self) -> bool:
        """Whether classes are made of timetables; else they are wanted for an export at most."""
        return self.lacks_teachers or LESSONS in self._wanted.needed

    def leave_untold(self, dataset: Dataset, error: SourceError) -> None:
        """Note that *dataset*, which no class needs, could not be read."""
        self._register.structure.untold[dataset] = error

    @property
    def lacks_teachers(self) -> bool:
        """Whether no set's record names a teacher, so that timetables must."""
        return not any(record.staff_ids for record in self._register.sets.values())

    def take_employees(self, rows: Rows) -> None:
        """Take the current ones; raises `SourceIncomplete` if there are none."""
        kind = spellings.EMPLOYEE
        self._register.counts[STAFF.name] = len(rows)
        for employee_id, record in rows.items():
            if fields.is_current(kind, record):
                employee = Employee(
                    employee_id,
                    *_person(kind, record),
                    title=self._register.shared(fields.loose_text(record, "title")),
                    initials=fields.loose_text(record, "initials"),
                    teaches=fields.boolean(kind, record, "teaches"),
                    person=fields.person(record),
                    leaves_on=fields.last_day(record),
                )
                self._register.add_employee(employee)
        if not self._register.employees:
            raise answers.empty(EMPLOYEES)

    def take_students(self, rows: Rows) -> None:
        """Take the current ones; raises `SourceIncomplete` if there are none."""
        kind, shared, with_tutor = spellings.STUDENT, self._register.shared, self._wanted.tutors
        # What is no form's name matters only where classes are made of forms.
        form_of = (
            fields.loose_text if FORMS not in self._wanted.needed else partial(fields.text, kind)
        )
        self._register.counts[PUPILS.name] = len(rows)
        for school_id, record in rows.items():
            if fields.is_current(kind, record):
                pupil = Pupil(
                    school_id,
                    fields.year(kind, record),
                    *_person(kind, record),
                    code=fields.loose_text(record, "code"),
                    form=shared(composed(form_of(record, "form"))),
                    tutor_id=shared(fields.text(kind, record, "tutor") if with_tutor else ""),
                    person=fields.person(record),
                    leaves_on=fields.last_day(record),
                )
                self._register.add_pupil(pupil)
                self.structure.add_houses(school_id, record)
        if not self._register.pupils:
            raise answers.empty(STUDENTS)
        if all(pupil.year is None for pupil in self._register.pupils.values()):
            raise SourceMalformed("no student has a yearGroup that is an NC year")

    def take_subjects(self, rows: Rows) -> None:
        """Take them all."""
        self._register.counts[SUBJECTS.name] = len(rows)
        for subject in subjects_by_id(rows).values():
            self._register.add_subject(subject)

    def take_sets(self, rows: Rows) -> None:
        """Take those that are not hidden; raises `SourceIncomplete` if there are none."""
        kind, shared = spellings.TEACHING_SET, self._register.shared
        self._register.counts[SETS.name] = len(rows)
        self._set_ids = frozenset(rows)
        for set_id, record in rows.items():
            if fields.boolean(kind, record, "hidden"):
                continue
            code, name, subject_id = fields.texts(kind, record, "code", "name", "subject")
            self._register.sets.add(
                SetRecord(
                    id=set_id,
                    code=code,
                    name=name,
                    year=fields.year(kind, record),
                    subject_id=shared(subject_id),
                    staff_ids=tuple(map(shared, fields.teacher_ids(record))),
                )
            )
        sets = self._register.sets.values()
        if not sets:
            raise answers.empty(TEACHING_SETS)
        if all(record.year is None for record in sets):
            raise SourceMalformed("no teaching set has a year that is an NC year")
        if not any(record.code for record in sets):
            raise SourceMalformed("no teaching set has a code")

    def take_list(self, set_id: str, school_ids: Iterable[str]) -> None:
        """Take a set's list."""
        rows = [self._register.shared(school_id) for school_id in school_ids]
        self._register.counts[SET_LISTS.name] += len(rows)
        self._register.school_ids[set_id] = rows

    def take_timetable(self, timetable: Timetable) -> None:
        """Take an employee's timetable."""
        self._timetables.take(timetable)

    @property
    def people(self) -> CurrentPeople:
        """The employees and students that have been taken, if nothing else is wanted."""
        return self._register.people()

    def whole(self) -> School:
        """Put it together.

        Raises:
            SourceIncomplete: all set lists are empty, no set has a teacher, or lessons are needed
                and there are none.
            SourceMalformed: what sets call pupils or teachers, or lessons call sets, is not what
                these are called.
        """
        if not self._register.counts[SET_LISTS.name]:
            raise answers.empty(MEMBERS)
        if self.needs_timetables:
            self._timetables.refuse_strangers(self._set_ids)
        self._add_teachers()
        if LESSONS in self._wanted.needed:
            self._timetables.add_to(self._register, needed=True)
        elif LESSONS in self._wanted.extras and LESSONS not in self._register.structure.untold:
            self._add_lessons()
        return self._register.school()

    def _add_lessons(self) -> None:
        """Add the lessons that an export alone wants, or note why they cannot be told."""
        try:
            self._timetables.refuse_strangers(self._set_ids)
            self._timetables.add_to(self._register, needed=False)
        except SourceMalformed as error:
            self.leave_untold(LESSONS, error)

    def _add_teachers(self) -> None:
        sets, employees = self._register.sets, self._register.employees
        if self.lacks_teachers:
            for set_id, teachers in self._timetables.teachers().items():
                if set_id in sets:
                    sets[set_id] = sets[set_id]._replace(staff_ids=teachers)
        named = {staff_id for record in sets.values() for staff_id in record.staff_ids}
        if not named:
            raise SourceIncomplete(
                "iSAMS tells no teacher of any set, neither with the set nor in the timetables of"
                " its employees",
                sets=len(sets),
            )
        if 2 * len(named & employees.keys()) < len(named):
            # A teacher or two may have left. If most are unknown, these are not employees' ids.
            raise SourceMalformed(
                "most teachers of sets are not among the employees", teachers=len(named)
            )


def _person(kind: Kind, record: Values) -> tuple[str, str, str]:
    """Return address, forename and surname."""
    email, forename, surname = (
        fields.text(kind, record, field) for field in ("email", "forename", "surname")
    )
    return email, forename, surname
