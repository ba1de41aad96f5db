"""One connector takes one set of files: the sets of its profiles become one delivery.

The sets were sealed at their own moments, and one may be a day older than another. So every fact
is taken from the newest set that has it: a user, a role, and a class *with all its enrollments*.
Enrollments are never united, because the older list may hold a pupil who has since moved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sync.errors import MergeConflict
from sync.sds.csvtext import rows
from sync.sds.tables import COURSES, ON_REQUEST, SESSIONS, WIDEST, Row, columns


@dataclass(frozen=True, slots=True)
class SealedFiles:
    """One profile's sealed set: its school's key and its files by name."""

    school: str
    files: Mapping[str, bytes]


def merge(sets: Sequence[SealedFiles], also: Collection[str] = ()) -> dict[str, Iterable[Row]]:
    """Return the rows of every file for *sets*, the newest first; sorted, ready to be checked.

    People of different schools with one address are one person: the smallest id stays, with a
    role at each school. Within one school an address belongs to whoever the newest set says.

    A file on request is there if one of the sets has it, or if it is among *also*: what SDS may
    hold already goes on to be sent, if only as a header.

    Raises:
        MergeConflict: two schools use one id for different things, as legacy ids can.
        StoreConflict: a file is not what was sealed.
    """
    work = _Merge()
    for one in sets:
        work.add(one)
    return work.rows({name for one in sets for name in one.files} | set(also))


@dataclass(slots=True)
class _Merge:
    orgs: dict[str, Row] = field(default_factory=dict)
    users: dict[str, Row] = field(default_factory=dict)
    roles: dict[tuple[str, str], Row] = field(default_factory=dict)
    classes: dict[str, Row] = field(default_factory=dict)
    enrollments: dict[str, list[Row]] = field(default_factory=dict)
    sessions: dict[str, Row] = field(default_factory=dict)
    courses: dict[str, Row] = field(default_factory=dict)
    _school_of: dict[str, str] = field(default_factory=dict)  # user or class id to school
    _owner: dict[tuple[str, str], str] = field(default_factory=dict)  # school, address to user id
    _holder: dict[str, str] = field(default_factory=dict)  # address to the first user id
    _alias: dict[str, str] = field(default_factory=dict)  # user id to the id that stays
    _dropped: set[str] = field(default_factory=set)  # user ids

    def add(self, one: SealedFiles) -> None:
        """Take from *one* what no newer set had."""
        self._add_users(one)
        for row in _rows(one, "orgs.csv"):
            self.orgs.setdefault(row[0], row)
        for row in _rows(one, SESSIONS):
            self.sessions.setdefault(row[0], row)
        for row in _rows(one, COURSES):
            self.courses.setdefault(row[0], row)
        for row in _rows(one, "roles.csv"):
            if row[0] not in self._dropped:
                self.roles.setdefault((row[0], row[1]), row)
        fresh: dict[str, list[Row]] = {}
        for row in _rows(one, "classes.csv"):
            self._claim(row[0], one.school, "classes.csv")
            known = self.classes.get(row[0])
            if known is None:
                fresh[row[0]] = self.enrollments[row[0]] = []
            # A newer set that did not ask for sessions or courses says nothing of them.
            self.classes[row[0]] = row if known is None else _filled(known, row)
        for row in _rows(one, "enrollments.csv"):
            if row[0] in fresh and row[1] not in self._dropped:
                fresh[row[0]].append(row)

    def _add_users(self, one: SealedFiles) -> None:
        """Take users, but drop for good whose address a newer set gives to a schoolmate."""
        for row in _rows(one, "users.csv"):
            own, address = row[0], row[1]
            self._claim(own, one.school, "users.csv")
            if own in self.users or own in self._dropped:
                continue
            if self._owner.setdefault((one.school, address), own) != own:
                self._dropped.add(own)
                continue
            self.users[own] = row
            holder = self._id(self._holder.setdefault(address, own))
            if holder != own:
                stays = min(holder, own)
                self._alias |= {holder: stays, own: stays}

    def _claim(self, own: str, school: str, file: str) -> None:
        if self._school_of.setdefault(f"{file} {own}", school) != school:
            raise MergeConflict(
                f"two schools use one id in {file}: set ID_STYLE=year for their profiles",
                file=file,
            )

    def rows(self, files: Collection[str]) -> dict[str, Iterable[Row]]:
        """Return the rows of every one of *files*, with each person under the id that stays."""
        made: dict[str, Iterable[Row]] = {
            "orgs.csv": sorted(self.orgs.values()),
            SESSIONS: sorted(self.sessions.values()),
            COURSES: sorted(self.courses.values()),
            "users.csv": sorted(row for own, row in self.users.items() if self._id(own) == own),
            "roles.csv": self._merged_roles(),
            "classes.csv": self._merged_classes(columns(files)["classes.csv"]),
            "enrollments.csv": self._merged_enrollments(),
        }
        return {name: found for name, found in made.items() if name in columns(files)}

    def _id(self, own: str) -> str:
        while (other := self._alias.get(own, own)) != own:
            own = other
        return own

    def _merged_roles(self) -> Iterator[Row]:
        """Yield roles; only a person's first is primary, and a teacher's comes first."""
        merged = sorted({(self._id(row[0]), *row[1:]) for row in self.roles.values()})
        first: dict[str, Row] = {}
        for row in sorted(merged, key=lambda row: (row[2] != "teacher", row)):
            first.setdefault(row[0], row)
        for row in merged:
            yield row if first[row[0]] is row else (*row[:4], "FALSE")

    def _merged_classes(self, wanted: Row) -> Iterator[Row]:
        """Yield classes with the columns that are *wanted*."""
        places = [WIDEST["classes.csv"].index(column) for column in wanted]
        for row in sorted(self.classes.values()):
            yield tuple(row[place] for place in places)

    def _merged_enrollments(self) -> Iterator[Row]:
        """Yield enrollments. A school has one id for an address, so nobody is in a class twice."""
        for own, listed in sorted(self.enrollments.items()):
            yield from sorted((own, self._id(user), role) for _, user, role in listed)


def _filled(newer: Row, older: Row) -> Row:
    """Return *newer* with what it leaves blank taken from *older*."""
    return tuple(one or other for one, other in zip(newer, older, strict=True))


def _rows(one: SealedFiles, name: str) -> Iterator[Row]:
    if name in ON_REQUEST and name not in one.files:
        return iter(())
    return rows(name, one.files)
