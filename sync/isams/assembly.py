"""A school's records, whichever API gave them, until all are there and can be joined.

Collections come in any order, so rows are kept by the ids they give until all have been read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from sync.errors import SourceMalformed
from sync.isams.datasets import ALWAYS, BUILDINGS, PUPILS, ROOMS, SET_LISTS, SETS, STAFF, Dataset
from sync.isams.joins import ByCode
from sync.isams.records import Records, repeated_in
from sync.isams.school import (
    CurrentPeople,
    Employee,
    PersonKey,
    Pupil,
    School,
    Subject,
    TeachingSet,
)
from sync.isams.structure import Structure, day_in
from sync.texts import folded

WITHOUT_SET = "SetListWithoutSet"  # in `School.counts`: rows whose set iSAMS did not give

_YEAR = re.compile(r"-?[0-9]{1,2}")
_NC_YEARS = range(-2, 18)  # docs/reference/isams.md#nc-year


class SetRecord(NamedTuple):
    """A set as its record gives it; `user_code` is the Legacy primary teacher of batch."""

    id: str
    code: str
    name: str
    year: int | None
    subject_id: str
    staff_ids: tuple[str, ...]
    user_code: str = ""


class Register:
    """What has been read so far.

    `counts` is rows by dataset, repeats included: whoever reads the rows counts them. `listed` are
    the pupils in each set's list who were known when their row came, `rows` the other rows by the
    id of the pupil's row, `school_ids` those that give a SchoolId alone. `pupil_ids` are the pupils
    by their row's id. Of a record that comes twice the first is kept. `texts` holds a single copy
    of each id.
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys((dataset.name for dataset in ALWAYS), 0)
        self.subjects: dict[str, Subject] = {}
        self.employees = Records[Employee](STAFF)
        self.pupils = Records[Pupil](PUPILS)
        self.sets = Records[SetRecord](SETS)
        self.listed: defaultdict[str, list[str]] = defaultdict(list)
        self.rows: defaultdict[str, list[str]] = defaultdict(list)
        self.school_ids: defaultdict[str, list[str]] = defaultdict(list)
        self.pupil_ids: dict[str, str] = {}
        self._also_called: dict[str, str] = {}  # SchoolIds beside a row id, "" if they differ
        self._tutor_codes: dict[str, str] = {}  # user codes by pupil
        self._house_names: dict[str, tuple[str, str]] = {}  # academic and boarding, by pupil
        self.structure = Structure()
        self._staff_ids = ByCode(self.structure.joined_by_case, of_people=True)  # by user code
        self.texts: dict[str, str] = {}

    def shared(self, text: str) -> str:
        """Return the copy of *text* that is kept: many rows repeat an id."""
        return self.texts.setdefault(text, text)

    def ask(self, dataset: Dataset) -> None:
        """Note that *dataset* was asked for: from now on it is empty, and no longer unknown."""
        self.structure.ask(dataset)
        self.counts.setdefault(dataset.name, 0)
        if dataset is BUILDINGS:
            self.counts.setdefault(ROOMS.name, 0)

    def counted_id(
        self, dataset: Dataset, record_id: str, name: str = "Id", *, is_counted: bool = False
    ) -> str:
        """Count a batch record, unless it *is_counted*, and return *record_id*.

        Raises:
            SourceMalformed: it is "", as the record has no *name*: an id is never guessed.
        """
        if not is_counted:
            self.counts[dataset.name] += 1
        if not record_id:
            raise SourceMalformed(
                f"{dataset.ui_name}: a record has no {name}", record=self.counts[dataset.name]
            )
        return record_id

    def add_employee(self, employee: Employee, user_code: str = "") -> None:
        """Take an employee, and the code that Legacy records know them by.

        Raises:
            SourceMalformed: two members of staff have the same id: whose sets are whose?
        """
        self._staff_ids.add(user_code, employee.id)
        self._demand_one_person(STAFF, self.employees.get(employee.id), employee)
        self.employees.add(employee)

    def add_pupil(self, pupil: Pupil, row_id: str = "") -> None:
        """Take a pupil; *row_id* is what rows of set lists may call them.

        Raises:
            SourceMalformed: two pupils have the same row id, or SchoolId: whose rows they are,
                nobody can say.
        """
        if row_id and self.pupil_ids.setdefault(row_id, pupil.id) != pupil.id:
            raise SourceMalformed(
                f"{PUPILS.ui_name}: two pupils have one Id", record=self.counts[PUPILS.name]
            )
        self._demand_one_person(PUPILS, self.pupils.get(pupil.id), pupil)
        self.pupils.add(pupil)

    def _demand_one_person(
        self, dataset: Dataset, known: Pupil | Employee | None, again: Pupil | Employee
    ) -> None:
        """Raise if *known*, the record of the same id, is of somebody else than *again*."""
        if known and _differ(known, again):
            raise SourceMalformed(
                f"{dataset.ui_name}: two people have one id, so nobody can say who is in which"
                " class: mend one of the two records in iSAMS",
                record=self.counts[dataset.name],
            )

    def note_school_id(self, row_id: str, school_id: str) -> None:
        """Take the SchoolId, "" if none, of a row of a set list that gives a *row_id* too."""
        if self._also_called.setdefault(row_id, self.shared(school_id)) != school_id:
            self._also_called[row_id] = ""

    def add_tutor(self, pupil_id: str, user_code: str) -> None:
        """Take a pupil's tutor, by the code that Legacy records know them by."""
        self._tutor_codes.setdefault(pupil_id, self.shared(user_code))

    def add_houses(self, pupil_id: str, academic: str, boarding: str) -> None:
        """Take the houses of a pupil, by the names that iSAMS gives instead of ids."""
        self._house_names.setdefault(pupil_id, (academic, boarding))

    def add_subject(self, subject: Subject) -> None:
        """Take a subject. Departments share them: to meet it again is nothing to report.

        See docs/reference/isams.md#subjects.
        """
        self.subjects.setdefault(subject.id, subject)

    def people(self) -> CurrentPeople:
        """Return the pupils and staff alone."""
        repeated = repeated_in(self.employees, self.pupils)
        return CurrentPeople(self.pupils, self.employees, repeated)

    def school(self) -> School:
        """Put it together: each row finds its pupil, each Legacy code its member of staff.

        See docs/reference/isams.md#set-lists.

        Raises:
            SourceMalformed: not a single row did. A stranger has left; a school of strangers is
                a fault.
        """
        sets = {record.id: self._whole_set(record) for record in self.sets.values()}
        if not any(teaching_set.pupil_ids for teaching_set in sets.values()):
            raise SourceMalformed(
                f"no row of {SET_LISTS.ui_name} names both a set and a current pupil",
                rows=self.counts[SET_LISTS.name],
            )
        strays = self._rows_without_set()
        self.pupils |= self._completed()
        people = repeated_in(self.employees, self.pupils, self.sets)
        school = School(
            pupils=self.pupils,
            employees=self.employees,
            subjects=self.subjects,
            sets=sets,
            repeated=people | self.structure.repeated(),
            counts=dict(self.counts) | ({WITHOUT_SET: strays} if strays else {}),
            joined_by_case=tuple(sorted(self.structure.joined_by_case)),
        )
        structure = self.structure
        if not (structure.asked or structure.untold):
            return school
        return structure.added_to(school, self._staff_id)

    def _rows_without_set(self) -> int:
        return sum(
            len(rows)
            for lists in (self.listed, self.rows, self.school_ids)
            for set_id, rows in lists.items()
            if set_id not in self.sets
        )

    def _completed(self) -> Iterator[tuple[str, Pupil]]:
        """Yield the pupils whose tutor or houses are known by other names than their ids."""
        for pupil_id, code in self._tutor_codes.items():
            tutor_id = self.shared(self._staff_id(code, "Tutor of pupils"))
            yield pupil_id, replace(self.pupils[pupil_id], tutor_id=tutor_id)
        house_id = cache(self.structure.house_id)
        for pupil_id, (academic, boarding) in self._house_names.items():
            yield (
                pupil_id,
                replace(
                    self.pupils[pupil_id],
                    academic_house_id=house_id("academic", academic),
                    boarding_house_id=house_id("boarding", boarding),
                ),
            )

    def _whole_set(self, record: SetRecord) -> TeachingSet:
        members, strangers, otherwise = self._members(record.id)
        teacher_ids = record.staff_ids
        if record.user_code and not teacher_ids:
            teacher_ids = (self._staff_id(record.user_code, f"Set {record.id}"),)
        return TeachingSet(
            id=record.id,
            code=record.code,
            name=record.name,
            year=record.year,
            subject_id=record.subject_id,
            teacher_ids=teacher_ids,
            pupil_ids=tuple(sorted(members)),
            unknown_members=tuple(sorted(strangers)),
            known_otherwise=tuple(sorted(otherwise)),
        )

    def _members(self, set_id: str) -> tuple[set[str], set[str], set[tuple[str, str]]]:
        """Return the current pupils in a set's list, and the ids in it that are no such pupil's.

        The last are the members who are known by their SchoolId alone, though the row gives a
        row id: the id of each with that row id.
        """
        rows, school_ids = self.rows.get(set_id, ()), self.school_ids.get(set_id, ())
        members = set(filter(None, map(self.pupil_ids.get, rows)))
        strangers, otherwise = set[str](), set[tuple[str, str]]()
        if len(members) < len(rows):  # a stranger, or a row twice
            strangers = set(rows) - self.pupil_ids.keys()
            otherwise = self._known_otherwise(strangers)
            strangers.difference_update(row for _, row in otherwise)
            members.update(key for key, _ in otherwise)
        members.update(self.listed.get(set_id, ()))
        if school_ids:
            members |= {self.pupils[key].id for key in school_ids if key in self.pupils}
            strangers |= set(school_ids) - self.pupils.keys()
        return members, strangers, otherwise

    def _known_otherwise(self, row_ids: Iterable[str]) -> set[tuple[str, str]]:
        """Return those of *row_ids* that come with a SchoolId which is exactly one current pupil's.

        iSAMS keeps set lists by SchoolId, and joins the row id:
        docs/reference/isams.md#set-lists-by-school-id
        """
        also_called, pupils = self._also_called, self.pupils
        return {
            (pupils[key].id, row_id)
            for row_id in row_ids
            if (key := also_called.get(row_id, "")) in pupils and key not in pupils.repeated
        }

    def _staff_id(self, user_code: str, record: str) -> str:
        """Return whom a Legacy code in *record* means; if nobody, a text that is nobody's id."""
        return self._staff_ids.id_of(user_code, record) or f"UserCode {user_code}"


def person_of(guid: str, person_id: str) -> PersonKey:
    """Return by what iSAMS knows a person; what is blank or nought says nothing."""
    plain = folded(guid.strip("{}"))
    return PersonKey(*(text if text.strip("0-") else "" for text in (plain, person_id)))


def _differ(known: Pupil | Employee, again: Pupil | Employee) -> bool:
    """Say whether two records of one id are of two people, for all that they say."""
    if known.person.is_of(again.person):
        return False
    pairs = (
        *zip(known.person, again.person, strict=True),
        (folded(known.email), folded(again.email)),
        (known.forename, again.forename),
        (known.surname, again.surname),
    )
    return any(first and second and first != second for first, second in pairs)


def day_of(text: str) -> date | None:
    """Return the day with which *text* begins, as in `2026-08-31T00:00:00`; None if with none.

    No day that anybody typed is older than 1901: such are what .NET and SQL write for none.
    """
    day = day_in(text)
    return day if day and day.year > 1900 else None


@lru_cache(maxsize=64)  # a school has few
def nc_year(text: str) -> int | None:
    """Return the NC year that *text* says, None if it is none that schools have."""
    year = int(text) if _YEAR.fullmatch(text) else None
    return year if year in _NC_YEARS else None
