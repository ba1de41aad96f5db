"""The records of a batch document, gathered one by one and put together as a `School`.

Collections come in any order, so rows are kept by the ids they give until all have been read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sync.errors import SourceMalformed
from sync.isams.datasets import ALL, PUPILS, SET_LISTS, SETS, STAFF, SUBJECTS, Dataset
from sync.isams.records import Attributes, Reading, Texts
from sync.school import Employee, Pupil, School, Subject, TeachingSet

WITHOUT_SET = "SetListWithoutSet"  # in `School.counts`: rows whose set iSAMS did not give

_YEAR = re.compile(r"-?[0-9]{1,2}")
_NC_YEARS = range(-2, 18)


class _Set(NamedTuple):
    """A set as its record tells it; `user_code` is the Legacy primary teacher."""

    id: str
    code: str
    name: str
    year: int | None
    subject_id: str
    staff_ids: tuple[str, ...]
    user_code: str


class Gathered:
    """What has been read so far; `counts` is rows by dataset, repeats included."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys((dataset.record for dataset in ALL), 0)
        self.subjects: dict[str, Subject] = {}
        self._employees: dict[str, Employee] = {}
        self._staff_ids: dict[str, str] = {}  # by UserCode
        self._pupils: dict[str, Pupil] = {}
        self._pupil_ids: dict[str, str] = {}  # by Pupil/@Id
        self._sets: dict[str, _Set] = {}
        self._members: defaultdict[str, list[str]] = defaultdict(list)  # Pupil/@Id by set
        self._legacy_members: defaultdict[str, list[str]] = defaultdict(list)  # SchoolId by set
        self._shared: dict[str, str] = {}
        self._repeated: dict[str, dict[str, None]] = {}

    def readings(self) -> dict[Dataset, Reading]:
        """Return what to take of each dataset, and what is done with it."""
        pupil = frozenset({"SchoolId", "NCYear", "EmailAddress", "Forename", "Surname"})
        employee = frozenset({"UserCode", "SchoolEmailAddress", "Forename", "Surname"})
        teaching_set = frozenset({"SubjectId", "YearId", "Teacher", "SetCode", "Name"})
        set_list = frozenset({"SetId", "SchoolId"})
        return {
            STAFF: Reading(STAFF, self._employee, employee),
            PUPILS: Reading(PUPILS, self._pupil, pupil),
            SUBJECTS: Reading(SUBJECTS, self._subject, frozenset({"Code", "Name"})),
            SETS: Reading(SETS, self._set, teaching_set, parts=("Teachers", "Teacher")),
            SET_LISTS: Reading(SET_LISTS, self._row, set_list, take_bare=self._bare_rows()),
        }

    def school(self) -> School:
        """Put it together: each row finds its pupil, each Legacy code its member of staff.

        Raises:
            SourceMalformed: not one row did. One stranger has left; a school of them is a fault.
        """
        sets = {one.id: self._whole_set(one) for one in self._sets.values()}
        if not any(one.pupil_ids for one in sets.values()):
            raise SourceMalformed(
                f"no row of {SET_LISTS.ui_name} names both a set and a current pupil",
                rows=self.counts[SET_LISTS.record],
            )
        strays = sum(
            len(rows)
            for lists in (self._members, self._legacy_members)
            for set_id, rows in lists.items()
            if set_id not in self._sets
        )
        return School(
            pupils=self._pupils,
            employees=self._employees,
            subjects=self.subjects,
            sets=sets,
            repeated={record: tuple(ids) for record, ids in self._repeated.items()},
            counts=dict(self.counts) | ({WITHOUT_SET: strays} if strays else {}),
        )

    def _whole_set(self, one: _Set) -> TeachingSet:
        rows = self._members.get(one.id, ())
        legacy = self._legacy_members.get(one.id, ())
        members = {own for own in map(self._pupil_ids.get, rows) if own is not None}
        strangers = set[str]()
        if len(members) < len(rows):  # a stranger, or a row twice
            strangers.update(row for row in rows if row not in self._pupil_ids)
        if legacy:
            members |= {self._pupils[own].id for own in legacy if own in self._pupils}
            strangers |= {own for own in legacy if own not in self._pupils}
        return TeachingSet(
            id=one.id,
            code=one.code,
            name=one.name,
            year=one.year,
            subject_id=one.subject_id,
            teacher_ids=one.staff_ids or self._legacy_teacher(one.user_code),
            pupil_ids=tuple(sorted(members)),
            unknown_members=tuple(sorted(strangers)),
        )

    def _legacy_teacher(self, user_code: str) -> tuple[str, ...]:
        if not user_code:
            return ()
        # An unknown code stays visible as a teacher who is not current, and cannot be taken for
        # somebody's id.
        return (self._staff_ids.get(user_code) or f"UserCode {user_code}",)

    # One method for each dataset's records.

    def _employee(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        own = self._id(STAFF, _attribute(attributes, "Id"), "Id")
        user_code = texts.get("UserCode", "")
        if self._staff_ids.setdefault(user_code, own) != own:
            self._staff_ids[user_code] = ""  # two people: it tells nobody
        if self._is_new(STAFF, own, self._employees):
            self._employees[own] = Employee(
                id=own,
                email=texts.get("SchoolEmailAddress", ""),
                forename=texts.get("Forename", ""),
                surname=texts.get("Surname", ""),
            )

    def _pupil(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        row_id = self._id(PUPILS, _attribute(attributes, "Id"), "Id")
        own = self._id(PUPILS, texts.get("SchoolId", ""), "SchoolId", counted=True)
        if self._pupil_ids.setdefault(row_id, own) != own:
            # Set lists refer to pupils by this id: whose rows they are, nobody can say.
            raise SourceMalformed(
                f"{PUPILS.ui_name}: two pupils have one Id", record=self.counts[PUPILS.record]
            )
        if self._is_new(PUPILS, own, self._pupils):
            self._pupils[own] = Pupil(
                id=own,
                year=_year(texts.get("NCYear", "")),
                email=texts.get("EmailAddress", ""),
                forename=texts.get("Forename", ""),
                surname=texts.get("Surname", ""),
            )

    def _subject(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        own = self._id(SUBJECTS, _attribute(attributes, "Id"), "Id")
        # Departments share subjects: to meet one again is nothing to report.
        if own not in self.subjects:
            self.subjects[own] = Subject(own, texts.get("Code", ""), texts.get("Name", ""))

    def _set(self, attributes: Attributes, texts: Texts, parts: list[Attributes]) -> None:
        own = self._id(SETS, _attribute(attributes, "Id"), "Id")
        if not self._is_new(SETS, own, self._sets):
            return
        subject_id = _attribute(attributes, "SubjectId") or texts.get("SubjectId", "")
        staff_ids = {_attribute(teacher, "StaffId") for teacher in parts} - {""}
        self._sets[own] = _Set(
            id=own,
            code=texts.get("SetCode", ""),
            name=texts.get("Name", ""),
            year=_year(_attribute(attributes, "YearId") or texts.get("YearId", "")),
            subject_id=self._shared.setdefault(subject_id, subject_id),
            staff_ids=tuple(sorted(self._shared.setdefault(own, own) for own in staff_ids)),
            user_code=texts.get("Teacher", ""),
        )

    def _bare_rows(self) -> Callable[[Attributes], bool]:
        """Return what takes a row whose attributes say all: most of a document is such rows.

        A closure over what it fills, because it is called more often than all else together.
        """
        members, shared, counts = self._members, self._shared, self.counts

        def take(attributes: Attributes) -> bool:
            set_id = attributes.get("SetId", "").strip()
            member = attributes.get("PupilId", "").strip()
            if not set_id or not member:
                return False
            members[set_id].append(shared.setdefault(member, member))
            counts["SetList"] += 1
            return True

        return take

    def _row(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        set_id = _attribute(attributes, "SetId") or texts.get("SetId", "")
        set_id = self._id(SET_LISTS, set_id, "SetId")
        member = _attribute(attributes, "PupilId")
        if member:
            self._members[set_id].append(self._shared.setdefault(member, member))
        else:
            self._legacy_members[set_id].append(texts.get("SchoolId") or self._nobody(attributes))

    def _nobody(self, attributes: Attributes) -> str:
        """Return the row's own id in a form that no pupil's can have."""
        own = _attribute(attributes, "Id")
        return f"SetList {self._id(SET_LISTS, own, 'PupilId', counted=True)}"

    def _id(self, dataset: Dataset, own: str, name: str, *, counted: bool = False) -> str:
        """Count the record, unless it was *counted*, and return its id: an id is never guessed."""
        if not counted:
            self.counts[dataset.record] += 1
        if not own:
            raise SourceMalformed(
                f"{dataset.ui_name}: a record has no {name}", record=self.counts[dataset.record]
            )
        return own

    def _is_new(self, dataset: Dataset, own: str, known: Mapping[str, object]) -> bool:
        """Say whether *own* is met for the first time; if not, note that it is repeated."""
        if own in known:
            self._repeated.setdefault(dataset.record, {})[own] = None
        return own not in known


def _attribute(attributes: Attributes, name: str) -> str:
    """Return an attribute's stripped text, "" if it is missing; `SetID` will do for `SetId`."""
    if name in attributes:
        return attributes[name].strip()
    folded = name.lower()
    return next((text.strip() for key, text in attributes.items() if key.lower() == folded), "")


def _year(text: str) -> int | None:
    year = int(text) if _YEAR.fullmatch(text) else None
    return year if year in _NC_YEARS else None
