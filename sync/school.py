"""What iSAMS says, as frozen records.

Each reader in `sync.isams` turns one API's answers into one `School`; from here on nobody knows
which API it was. Text is stripped, blank is "", a number that is not one is None: the reader
judges no record, it only refuses an answer that is not a whole school.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pupil:
    """One of iSAMS's current pupils.

    `id` is the SchoolId, the key that every module shares: digits as text, perhaps with leading
    zeros. `year` is the NC year, -2 to 17, None if it is missing or no number.
    """

    id: str
    year: int | None
    email: str
    forename: str
    surname: str


@dataclass(frozen=True, slots=True)
class Employee:
    """One of iSAMS's current staff. `id` is StaffMember/@Id, which sets and forms refer to."""

    id: str
    email: str
    forename: str
    surname: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject; one that several departments share is read once."""

    id: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class TeachingSet:
    """A teaching set and its list.

    `year` is the NC year. `teacher_ids` are Employee ids, `pupil_ids` Pupil ids, each once and
    sorted. `unknown_members` are rows of the set list whose pupil is not among the current ones,
    by whatever id the row gave.
    """

    id: str
    code: str
    name: str
    year: int | None
    subject_id: str
    teacher_ids: tuple[str, ...]
    pupil_ids: tuple[str, ...]
    unknown_members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class School:
    """One read of one school: whole, or it was never made.

    `repeated` holds the ids that a dataset listed more than once, by dataset name; the first
    record was kept. `counts` is the number of rows that iSAMS gave, by dataset name, before any
    repeat was dropped: what manifests and status show as the source's totals.
    """

    pupils: Mapping[str, Pupil]
    employees: Mapping[str, Employee]
    subjects: Mapping[str, Subject]
    sets: Mapping[str, TeachingSet]
    repeated: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, int]
