"""What a school would have SDS hold: the sets of its profiles, walked as one.

They were sealed each at its moment, and may be a day apart. So every fact is taken from the newest
set that has it: a user, a role, and a class *with all its enrollments*. Enrollments are never
united, because the older list may hold a pupil who has since moved.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from sync.errors import StoreConflict, concerning
from sync.roster.respelt import kept_ids
from sync.sds.tables import COURSES, SESSIONS, Row
from sync.sds.walk import ENROLLMENTS, Members, demand_files, members_in_order, rows_in_order

_WHO_WHERE = itemgetter(0, 1)  # of a role


@dataclass(frozen=True, slots=True)
class Offered:
    """What a school would have SDS hold: the sealed files of its profiles' sets, newest first."""

    school: str  # its key in the settings, for messages
    org: str  # its id in SDS
    sets: Sequence[Mapping[str, bytes]]  # each: file name to bytes


@dataclass(frozen=True, slots=True)
class OfferedSchool:
    """An offer, read but for roles and enrollments: these are many, and walked when written.

    *classes* have the ids under which they go on, and *keeps* says which these are of those that
    were made otherwise. *source* is the number of the set that has the enrollments of a class, by
    the id it was made with. *dropped* are users whose address a newer set gives to somebody else.
    """

    key: str
    org: str
    sets: Sequence[Mapping[str, bytes]]
    users: Mapping[str, Row]
    dropped: Set[str]
    classes: Mapping[str, Row]
    source: Mapping[str, int]
    keeps: Mapping[str, str]
    orgs: Mapping[str, Row]
    sessions: Mapping[str, Row]
    courses: Mapping[str, Row]

    def roles(self, stays: Mapping[str, str], *, moved: bool) -> Iterator[Row]:
        """Yield the roles of those whom *stays* gives another id (*moved*), or of all others.

        They have that id then, and are in the order of the ids that they had. Of each user and
        school there is one: the newest set's.
        """
        with concerning(school=self.key):
            walks = [rows_in_order("roles.csv", files) for files in self.sets]
            for _, same in groupby(heapq.merge(*walks, key=_WHO_WHERE), _WHO_WHERE):
                row = next(same)  # equal keys come in the order of the walks, the newest first
                if (row[0] in stays) is moved and self._is_there(row[0], "roles.csv"):
                    yield (stays[row[0]], *row[1:]) if moved else row

    def walks(self, stays: Mapping[str, str]) -> Iterator[Iterable[Members]]:
        """Yield walks through the enrollments, each by class; together they have each class once.

        *stays* says under which other id somebody is sent.
        """
        for number in range(len(self.sets)):
            yield self._walk(number, stays, renamed=False)
            if self.keeps:  # few, and out of order under the ids they keep
                yield sorted(self._walk(number, stays, renamed=True))

    def _walk(self, number: int, stays: Mapping[str, str], *, renamed: bool) -> Iterator[Members]:
        """Yield the classes that set *number* enrolls, those that keep another id or all others."""
        with concerning(school=self.key):
            for made, listed in members_in_order(self.sets[number]):
                if made not in self.source:
                    raise _unknown(ENROLLMENTS)
                if self.source[made] == number and (made in self.keeps) is renamed:
                    yield self._sent(self.keeps.get(made, made), listed, stays)

    def _sent(self, class_id: str, listed: list[Row], stays: Mapping[str, str]) -> Members:
        """Return a class as it is sent: without the dropped, and all under the id that stays.

        A school has an address but once, so nobody is in a class twice.
        """
        users = [row[1] for row in listed]
        if not all(map(self.users.__contains__, users)):
            listed = [row for row in listed if self._is_there(row[1], ENROLLMENTS)]
        if listed and (listed[0][0] != class_id or not stays.keys().isdisjoint(users)):
            listed = sorted((class_id, stays.get(user, user), role) for _, user, role in listed)
        return class_id, listed

    def _is_there(self, user_id: str, file: str) -> bool:
        """Say whether a user goes along, or was dropped; refuse one whom no set has."""
        if user_id in self.users:
            return True
        if user_id not in self.dropped:
            raise _unknown(file)
        return False


def read(offered: Offered, held: Collection[str]) -> OfferedSchool:
    """Return *offered*, read; *held* are the ids of its classes that SDS may hold.

    A class that is only written otherwise keeps the id there (`sync.roster.respelt`).

    Raises:
        StoreConflict: a file is not what was sealed; it names the school.
    """
    with concerning(school=offered.school):
        for files in offered.sets:
            demand_files(files)
        users, dropped = _users(offered.sets)
        classes, source = _classes(offered.sets)
        keeps = kept_ids({row[0]: row[2] for row in classes.values()}, held)
        for made, kept in keeps.items():
            classes[kept] = (kept, *classes.pop(made)[1:])
        return OfferedSchool(
            key=offered.school,
            org=offered.org,
            sets=offered.sets,
            users=users,
            dropped=dropped,
            classes=classes,
            source=source,
            keeps=keeps,
            orgs=_newest("orgs.csv", offered.sets),
            sessions=_newest(SESSIONS, offered.sets),
            courses=_newest(COURSES, offered.sets),
        )


def _users(sets: Iterable[Mapping[str, bytes]]) -> tuple[dict[str, Row], set[str]]:
    """Return the users, and whom a newer set has taken the address: they are dropped for good.

    An older set may know them by another address, which may be somebody else's by now, whom no
    profile covers.
    """
    users, dropped = dict[str, Row](), set[str]()
    owner = dict[str, str]()  # address to user id
    for files in sets:
        for row in rows_in_order("users.csv", files):
            if row[0] in users or row[0] in dropped:
                continue
            if owner.setdefault(row[1], row[0]) == row[0]:
                users[row[0]] = row
            else:
                dropped.add(row[0])
    return users, dropped


def _classes(sets: Iterable[Mapping[str, bytes]]) -> tuple[dict[str, Row], dict[str, int]]:
    """Return the classes, and the number of the newest set that has each."""
    classes, source = dict[str, Row](), dict[str, int]()
    for number, files in enumerate(sets):
        for row in rows_in_order("classes.csv", files):
            source.setdefault(row[0], number)
            # A newer set that did not ask for sessions or courses says nothing of them.
            known = classes.get(row[0])
            classes[row[0]] = row if known is None else _filled(known, row)
    return classes, source


def _filled(newer: Row, older: Row) -> Row:
    """Return *newer* with what it leaves blank taken from *older*."""
    return tuple(cell or before for cell, before in zip(newer, older, strict=True))


def _newest(name: str, sets: Iterable[Mapping[str, bytes]]) -> dict[str, Row]:
    """Return the rows of a file by id, each of the newest set that has it."""
    rows = dict[str, Row]()
    for files in sets:
        for row in rows_in_order(name, files):
            rows.setdefault(row[0], row)
    return rows


def _unknown(file: str) -> StoreConflict:
    return StoreConflict(
        "a sealed file names somebody or something its set does not have", file=file
    )
