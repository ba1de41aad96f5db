"""Whether what was asked for has arrived: a list, and the school as it was read since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from sync import texts
from sync.isams.addresses.kinds import People, PeopleKind, records_of


class Arrival(StrEnum):
    """What became of an address that was asked for, and what that means."""

    _value_: str
    meaning: str

    def __new__(cls, code: str, meaning: str) -> Self:
        """Make a member that is its code, and carries its sentence."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    ARRIVED = "arrived", "iSAMS gives the address that the list has"
    OTHERWISE = "arrived-otherwise", "iSAMS gives another address: see which is right"
    BLANK = "still-blank", "iSAMS gives none yet: not typed, not imported, or not read anew"
    GONE = "gone", "no current record has this id any more"


def arrivals(kind: PeopleKind, asked: Mapping[str, str], school: People) -> Mapping[Arrival, int]:
    """Return how many of *asked*, addresses by the id of their record, became what; all codes."""
    now = {record.id: record.email for record in records_of(school, kind)}
    counted = Counter(_arrival(now.get(key), address) for key, address in asked.items())
    return {code: counted[code] for code in Arrival}


def _arrival(email: str | None, address: str) -> Arrival:
    if email is None:
        return Arrival.GONE
    if not email.strip():
        return Arrival.BLANK
    return Arrival.ARRIVED if texts.address(email) == address else Arrival.OTHERWISE
