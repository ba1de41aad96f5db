"""A school's records, whichever API told them, until all are there and can be joined.

Collections come in any order, so rows are kept by the ids they give until all have been read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from sync.errors import SourceMalformed
from sync.isams.datasets import ALWAYS, BUILDINGS, PUPILS, ROOMS, SET_LISTS, SETS, STAFF, Dataset
from sync.isams.school import Employee, Pupil, School, Subject, TeachingSet
from sync.isams.structure import Frame

WITHOUT_SET = "SetListWithoutSet"  # in `School.counts`: rows whose set iSAMS did not give

_YEAR = re.compile(r"-?[0-9]{1,2}")
_NC_YEARS = range(-2, 18)


class SetRecord(NamedTuple):
    """A set as its record tells it; `user_code` is the Legacy primary teacher of batch."""

    id: str
    code: str
    name: str
    year: int | None
    subject_id: str
    staff_ids: tuple[str, ...]
    user_code: str = ""


class Register:
    """What has been read so far.

    `counts` is rows by dataset, repeats included: whoever reads the rows counts them. `rows` are
    the rows of each set's list by the pupil's own row id, `school_ids` those that say a SchoolId.
    Of a record that comes twice the first is kept. `texts` holds one copy of each id.
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys((dataset.name for dataset in ALWAYS), 0)
        self.subjects: dict[str, Subject] = {}
        self.employees: dict[str, Employee] = {}
        self.pupils: dict[str, Pupil] = {}
        self.sets: dict[str, SetRecord] = {}
        self.rows: defaultdict[str, list[str]] = defaultdict(list)
        self.school_ids: defaultdict[str, list[str]] = defaultdict(list)
        self._pupil_ids: dict[str, str] = {}  # by the pupil's row id
        self._staff_ids: dict[str, str] = {}  # by user code
        self._tutor_codes: dict[str, str] = {}  # user codes by pupil
        self._house_names: dict[str, tuple[str, str]] = {}  # academic and boarding, by pupil
        self.frame = Frame(self._is_new)
        self.texts: dict[str, str] = {}
        self._repeated: dict[str, dict[str, None]] = {}

    def shared(self, text: str) -> str:
        """Return the one copy of *text* that is kept: an id is said by many rows."""
        return self.texts.setdefault(text, text)

    def ask(self, dataset: Dataset) -> None:
        """Note that *dataset* was asked for: from now on it is empty, and no longer unknown."""
        self.frame.asked.add(dataset)
        self.counts.setdefault(dataset.name, 0)
        if dataset is BUILDINGS:
            self.counts.setdefault(ROOMS.name, 0)

    def counted_id(
        self, dataset: Dataset, own: str, name: str = "Id", *, is_counted: bool = False
    ) -> str:
        """Count a batch record, unless it *is_counted*, and return its id *own*.

        Raises:
            SourceMalformed: it is "", as it has no *name*: an id is never guessed.
        """
        if not is_counted:
            self.counts[dataset.name] += 1
        if not own:
            raise SourceMalformed(
                f"{dataset.ui_name}: a record has no {name}", record=self.counts[dataset.name]
            )
        return own

    def add_employee(self, one: Employee, user_code: str = "") -> None:
        """Take an employee, and the code that Legacy records know them by."""
        if user_code and self._staff_ids.setdefault(user_code, one.id) != one.id:
            self._staff_ids[user_code] = ""  # two people: it tells nobody
        if self._is_new(STAFF, one.id, self.employees):
            self.employees[one.id] = one

    def add_pupil(self, one: Pupil, row_id: str = "") -> None:
        """Take a pupil; *row_id* is what rows of set lists may call them.

        Raises:
            SourceMalformed: two pupils have one row id: whose rows they are, nobody can say.
        """
        if row_id and self._pupil_ids.setdefault(row_id, one.id) != one.id:
            raise SourceMalformed(
                f"{PUPILS.ui_name}: two pupils have one Id", record=self.counts[PUPILS.name]
            )
        if self._is_new(PUPILS, one.id, self.pupils):
            self.pupils[one.id] = one

    def add_tutor(self, pupil_id: str, user_code: str) -> None:
        """Take a pupil's tutor, by the code that Legacy records know them by."""
        self._tutor_codes.setdefault(pupil_id, self.shared(user_code))

    def add_houses(self, pupil_id: str, academic: str, boarding: str) -> None:
        """Take the houses of a pupil, by the names that iSAMS gives instead of ids."""
        self._house_names.setdefault(pupil_id, (academic, boarding))

    def add_subject(self, one: Subject) -> None:
        """Take a subject. Departments share them: to meet one again is nothing to report."""
        self.subjects.setdefault(one.id, one)

    def add_set(self, one: SetRecord) -> None:
        """Take a set."""
        if self._is_new(SETS, one.id, self.sets):
            self.sets[one.id] = one

    def school(self) -> School:
        """Put it together: each row finds its pupil, each Legacy code its member of staff.

        Raises:
            SourceMalformed: not one row did. One stranger has left; a school of them is a fault.
        """
        sets = {one.id: self._whole_set(one) for one in self.sets.values()}
        if not any(one.pupil_ids for one in sets.values()):
            raise SourceMalformed(
                f"no row of {SET_LISTS.ui_name} names both a set and a current pupil",
                rows=self.counts[SET_LISTS.name],
            )
        strays = sum(
            len(rows)
            for lists in (self.rows, self.school_ids)
            for set_id, rows in lists.items()
            if set_id not in self.sets
        )
        self.pupils |= self._completed()
        school = School(
            pupils=self.pupils,
            employees=self.employees,
            subjects=self.subjects,
            sets=sets,
            repeated={record: tuple(ids) for record, ids in self._repeated.items()},
            counts=dict(self.counts) | ({WITHOUT_SET: strays} if strays else {}),
        )
        return self.frame.added_to(school, self._staff_id) if self.frame.asked else school

    def _completed(self) -> Iterator[tuple[str, Pupil]]:
        """Yield the pupils whose tutor or houses are known by other names than their ids."""
        for own, code in self._tutor_codes.items():
            yield own, replace(self.pupils[own], tutor_id=self.shared(self._staff_id(code)))
        for own, (academic, boarding) in self._house_names.items():
            yield (
                own,
                replace(
                    self.pupils[own],
                    academic_house_id=self.frame.house_id("academic", academic),
                    boarding_house_id=self.frame.house_id("boarding", boarding),
                ),
            )

    def _whole_set(self, one: SetRecord) -> TeachingSet:
        rows = self.rows.get(one.id, ())
        school_ids = self.school_ids.get(one.id, ())
        members = {own for own in map(self._pupil_ids.get, rows) if own is not None}
        strangers = set[str]()
        if len(members) < len(rows):  # a stranger, or a row twice
            strangers.update(row for row in rows if row not in self._pupil_ids)
        if school_ids:
            members |= {self.pupils[own].id for own in school_ids if own in self.pupils}
            strangers |= {own for own in school_ids if own not in self.pupils}
        return TeachingSet(
            id=one.id,
            code=one.code,
            name=one.name,
            year=one.year,
            subject_id=one.subject_id,
            teacher_ids=one.staff_ids
            or ((self._staff_id(one.user_code),) if one.user_code else ()),
            pupil_ids=tuple(sorted(members)),
            unknown_members=tuple(sorted(strangers)),
        )

    def _staff_id(self, user_code: str) -> str:
        """Return whom a Legacy code means; if nobody current, a text that is nobody's id."""
        return self._staff_ids.get(user_code) or f"UserCode {user_code}"

    def _is_new(self, dataset: Dataset, own: str, known: Mapping[str, object]) -> bool:
        """Say whether *own* is met for the first time; if not, note that it is repeated."""
        if own in known:
            self._repeated.setdefault(dataset.name, {})[own] = None
        return own not in known


def nc_year(text: str) -> int | None:
    """Return the NC year that *text* says, None if it is none that schools have."""
    year = int(text) if _YEAR.fullmatch(text) else None
    return year if year in _NC_YEARS else None
