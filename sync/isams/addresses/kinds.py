"""Pupils and staff: what iSAMS calls them, and which of their fields are spoken of here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Self

from sync.isams.school import CurrentPeople, Employee, Pupil, School

ADDRESS = "schoolEmailAddress"  # docs/reference/isams.md#put-student
UPDATED = "lastUpdated"
NATIONALITIES = "nationalities"


class PeopleKind(StrEnum):
    """Whose addresses: the word that is typed and stored, and REST's words for record and key."""

    _value_: str
    record: str
    key: str
    setting: str

    def __new__(cls, word: str, record: str = "", key: str = "", setting: str = "") -> Self:
        """Make a member that is its word, and carries the rest of its row."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.record = record
        member.key = key
        member.setting = setting
        return member

    PUPILS = "pupils", "students", "schoolId", "ADDRESS_MATCH"
    STAFF = "staff", "employees", "id", "ADDRESS_MATCH_STAFF"


type Record = Pupil | Employee
type People = School | CurrentPeople
"""Who has these: a whole school, or its people alone."""


def records_of(school: People, kind: PeopleKind) -> Iterator[Record]:
    """Yield every current record of *kind*, by id."""
    records = school.pupils if kind is PeopleKind.PUPILS else school.employees
    yield from (records[key] for key in sorted(records))


def lacks_address(record: Record, day: date) -> bool:
    """Say whether *record* has no school address, and is of somebody who has not left by *day*.

    Current staff hold leavers too: docs/reference/isams.md#leaving-date
    """
    if record.email.strip():
        return False
    return isinstance(record, Pupil) or record.leaves_on is None or record.leaves_on >= day
