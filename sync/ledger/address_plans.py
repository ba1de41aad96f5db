"""What a person has planned to write into iSAMS, how far it came, and what was learnt for it.

    addresses/<school>/learnt/000001.json           what the school's Swagger says
    addresses/<school>/looked/<kind>-<digest8>.json a person has compared the first record written
    addresses/<school>/plans/000007/                plan `<school>-7`
        planned.json                                somebody planned it; by its name the number is
                                                    taken
        addresses.json                              which records, and which addresses; names people
        begun-*.json                                a run of it began: the first, the second …
        before-*.json, back-*.json                  a record as it was before a PUT, to write or to
                                                    take back; names people; gone with the next word
        written-*.json, unwritten-*.json, passed-*.json, undone-*.json      what became of a record
        over.json                                   no run of it goes on

What names people is gone after seven days; the rest are marks, and hold numbers, codes and names of
fields. A *before* without a word on what became of its record is a record in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from sync.isams.addresses.kinds import PeopleKind
from sync.ledger.folders import Folder, Listed, folders
from sync.ledger.marks import Caller, Fault
from sync.ledger.record import Mark, NamedRecord, Record, is_mark
from sync.ledger.retention import MARKS_LAST, ROSTERS_LAST, Sweep

ADDRESSES = "addresses/"
"""Below this lies what was learnt and planned, for every school."""

MOST = 25  # records of a plan
VOID_AFTER = timedelta(hours=1)  # unstarted, or without a word since

_ID = re.compile(r"(?P<school>[a-z0-9][a-z0-9-]{0,29})-(?P<number>[1-9][0-9]{0,5})")

type Way = Literal["write", "undo"]


class LearntFields(Record):
    """What PUT takes of a record of a kind, GET shows, and a person called unused."""

    takes: tuple[str, ...]
    shows: tuple[str, ...]
    unused: tuple[str, ...] = ()


class Learnt(Record):
    """`learnt/000001.json`: what a Swagger says, by kind."""

    at: datetime
    by: str
    digest: str
    kinds: Mapping[str, LearntFields]
    caller: Caller = ""


class LookedAt(Record):
    """`looked/…`: a person has compared what the first plan of a kind wrote, on iSAMS's screens."""

    at: datetime
    by: str
    plan: str
    caller: Caller = ""


class Planned(Mark, name="planned.json"):
    """That a plan of so many records was made: its digest is over each as it was read."""

    at: datetime
    by: str
    kind: str
    records: int
    digest: str
    learnt: str
    caller: Caller = ""


class PlannedAddress(Record):
    """A record, the address that it shall have, and the JSON text of what stands there now."""

    record_id: str
    address: str
    was: str
    digest: str


class AddressPlan(NamedRecord, name="addresses.json"):
    """Which records get which address, and what PUT takes of each. It names people: no mark."""

    rows: tuple[PlannedAddress, ...]
    takes: tuple[str, ...]
    shows: tuple[str, ...]


class RunBegun(Mark, name="begun-*.json"):
    """A run of the plan began, to write or to take back."""

    at: datetime
    by: str
    way: Way
    caller: Caller = ""


class Before(NamedRecord, name="before-*.json"):
    """A record as it was before a PUT, member by member, and the JSON text of the address to be."""

    at: datetime
    by: str
    members: Mapping[str, str]
    address: str


class Back(Before, name="back-*.json"):
    """A record as it was before its address was taken back."""


class AddressWritten(Mark, name="written-*.json"):
    """The address is there, and all else is as it was. `held` are the fields that had a value."""

    at: datetime
    held: tuple[str, ...] = ()


class WriteRefused(Mark, name="unwritten-*.json"):
    """iSAMS refused the record, and left it as it was: its status, and the fields that it names."""

    at: datetime
    status: int
    fields: tuple[str, ...]


class Passed(Mark, name="passed-*.json"):
    """A record was passed over, or left as it was: why, by code."""

    at: datetime
    code: str


class AddressUndone(Mark, name="undone-*.json"):
    """The address that was written is gone again, and all else is as it was."""

    at: datetime


class PlanOver(Mark, name="over.json"):
    """No run of the plan goes on: why, by code; and the error, if one ended it."""

    at: datetime
    code: str
    error: Fault | None = None


_ENDS = (AddressWritten, WriteRefused, Passed)


class PlanState(StrEnum):
    """How a plan stands."""

    WAITS = "waits"
    BEGUN = "begun"
    VOID = "void"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class PlanFolder:
    """A plan as its names tell it, at the moment of the listing."""

    school: str
    number: int
    folder: Folder
    at: datetime

    @property
    def id(self) -> str:
        return f"{self.school}-{self.number}"

    def path(self, name: str) -> str:
        """Return the whole name of what is called *name* in it."""
        return f"{plans_folder(self.school)}{self.folder.id}/{name}"

    @property
    def state(self) -> PlanState:
        """How it stands: open is what waits or is begun."""
        if self.folder.has(PlanOver):
            return PlanState.OVER
        # By distance: a clock that ran ahead keeps no plan open.
        if abs(self.at - self.folder.last_made_at) > VOID_AFTER:
            return PlanState.VOID
        return PlanState.BEGUN if self.folder.keys(RunBegun) else PlanState.WAITS

    @property
    def is_open(self) -> bool:
        return self.state in {PlanState.WAITS, PlanState.BEGUN}

    def numbers(self, kind: type[NamedRecord]) -> set[int]:
        """Return of which of its records there is such a mark or file, by their place in it."""
        return set(self.folder.numbers(kind))

    @property
    def ended(self) -> set[int]:
        """Of which records it is known what became of them."""
        return {number for kind in _ENDS for number in self.numbers(kind)}

    def in_doubt(self) -> list[tuple[int, type[Before]]]:
        """Return of which records nobody has said what a PUT made of them."""
        return [each for each in self._kept() if each not in self.told()]

    def told(self) -> list[tuple[int, type[Before]]]:
        """Return of which records it is kept how they were, though it is known what became of them.

        A run was killed before it could delete that.
        """
        done = {Before: self.ended, Back: self.numbers(AddressUndone)}
        return [(number, kind) for number, kind in self._kept() if number in done[kind]]

    def _kept(self) -> list[tuple[int, type[Before]]]:
        kinds: tuple[type[Before], ...] = (Before, Back)
        return [(number, kind) for kind in kinds for number in sorted(self.numbers(kind))]


def school_of(plan_id: str) -> tuple[str, int] | None:
    """Return the school and the number in the id of a plan, as it is typed; None if it is none."""
    found = _ID.fullmatch(plan_id.strip().lower())
    return (found["school"], int(found["number"])) if found else None


def plans_folder(school: str) -> str:
    return f"{ADDRESSES}{school}/plans/"


def learnt_folder(school: str) -> str:
    return f"{ADDRESSES}{school}/learnt/"


def numbered(number: int) -> str:
    """Return *number*, from 1, as it stands in a name."""
    return f"{number:06}"


def looked_name(school: str, kind: PeopleKind, learnt: str) -> str:
    """Return the name of the word that *kind* was looked at, under the Swagger of that digest."""
    return f"{ADDRESSES}{school}/looked/{kind}-{learnt[:8]}.json"


def plans(school: str, blobs: Iterable[Listed], now: datetime) -> Sequence[PlanFolder]:
    """Return the plans of *school*, oldest first."""
    listed = folders(plans_folder(school), blobs)
    return [
        PlanFolder(school, int(folder.id), folder, now)
        for folder in listed
        if folder.id.isdecimal()
    ]


def of_addresses(
    school: str, blobs: Iterable[Listed], now: datetime, *, known: bool
) -> Iterator[Sweep]:
    """Yield what may go of a school's plans, and of what was learnt for them.

    What names people goes after seven days, each file by itself; marks after a year, but those of
    the newest plan while settings *know* the school: its number is never given again.
    """
    listed = list(blobs)
    newest = max((each.folder.id for each in plans(school, listed, now)), default="")
    going = [blob.name for blob in listed if _goes(school, blob, now, newest, known=known)]
    if going:
        yield Sweep(tuple(sorted(going)))


def _goes(school: str, blob: Listed, now: datetime, newest: str, *, known: bool) -> bool:
    # By distance: what a clock that ran ahead has dated must not stay for that long as well.
    age = abs(now - blob.created_at)
    place, _, name = blob.name.removeprefix(plans_folder(school)).rpartition("/")
    if not blob.name.startswith(plans_folder(school)):
        return not known and age > MARKS_LAST
    if not is_mark(name):
        return age > ROSTERS_LAST
    return age > MARKS_LAST and not (known and place == newest)
