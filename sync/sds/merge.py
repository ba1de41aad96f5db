"""A connector takes a single set of files: the sets of its profiles become a delivery.

The sets were sealed each at its moment, and may be a day apart. So every fact
is taken from the newest set that has it: a user, a role, and a class *with all its enrollments*.
Enrollments are never united, because the older list may hold a pupil who has since moved.

See docs/reference/sds.md#whole-truth.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from sync.errors import MergeConflict
from sync.roster.identifiers import is_service_account
from sync.roster.respelt import kept_ids
from sync.sds.csvtext import widest_rows
from sync.sds.tables import COURSES, ON_REQUEST, SESSIONS, WIDEST, Row, columns


@dataclass(frozen=True, slots=True)
class SealedFiles:
    """A profile's sealed set: its school's key and its files by name."""

    school: str
    files: Mapping[str, bytes]


def merge(
    sets: Sequence[SealedFiles], also: Collection[str] = (), held: Collection[str] = ()
) -> dict[str, Iterable[Row]]:
    """Return the rows of every file for *sets*, the newest first; sorted, ready to be checked.

    People of different schools with the same address are the same person: the smallest id stays,
    with a role at each school. Within a school an address belongs to whoever the newest set says.

    A file on request is there if any of the sets has it, or if it is among *also*: what SDS may
    hold already goes on to be sent, if only as a header. *held* are the ids of the classes that SDS
    may hold: one that is only written otherwise keeps its own (`sync.roster.respelt`).

    Raises:
        MergeConflict: two schools use the same id for different things, as legacy ids can; or a
            service account of one is a person of another.
        StoreConflict: a file is not what was sealed.
    """
    merged = _Merge()
    for sealed in sets:
        merged.add(sealed)
    merged.keep_ids(held)
    return merged.rows({name for sealed in sets for name in sealed.files} | set(also))


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

    def add(self, sealed: SealedFiles) -> None:
        """Take from *sealed* what no newer set had."""
        self._add_users(sealed)
        for name, kept in (
            ("orgs.csv", self.orgs),
            (SESSIONS, self.sessions),
            (COURSES, self.courses),
        ):
            for row in _rows(sealed, name):
                kept.setdefault(row[0], row)
        for row in _rows(sealed, "roles.csv"):
            if row[0] not in self._dropped:
                self.roles.setdefault((row[0], row[1]), row)
        self._add_enrollments(sealed, self._add_classes(sealed))

    def _add_users(self, sealed: SealedFiles) -> None:
        """Take users, but drop for good whose address a newer set gives to a schoolmate."""
        for row in _rows(sealed, "users.csv"):
            user_id, address = row[0], row[1]
            self._claim(user_id, sealed.school, "users.csv")
            if user_id in self.users or user_id in self._dropped:
                continue
            if self._owner.setdefault((sealed.school, address), user_id) != user_id:
                self._dropped.add(user_id)
                continue
            self.users[user_id] = row
            first = self._holder.setdefault(address, user_id)
            self._demand_one_kind(first, user_id)
            holder = self._id(first)
            if holder != user_id:
                stays = min(holder, user_id)
                self._alias |= {holder: stays, user_id: stays}

    def _demand_one_kind(self, first: str, second: str) -> None:
        """Refuse a service account that is a person of another school: they would own its Teams."""
        if is_service_account(first) != is_service_account(second):
            one, other = (self._school_of[f"users.csv {each}"] for each in (first, second))
            raise MergeConflict(
                f"a service account of {one} or {other} has the address of somebody in the other"
                " school's iSAMS: correct SERVICE_ACCOUNTS",
                school=one,
                other_school=other,
            )

    def _add_classes(self, sealed: SealedFiles) -> Set[str]:
        """Take classes; return the ids of those that no newer set had."""
        fresh = set[str]()
        for row in _rows(sealed, "classes.csv"):
            class_id = row[0]
            self._claim(class_id, sealed.school, "classes.csv")
            known = self.classes.get(class_id)
            if known is None:
                fresh.add(class_id)
                self.enrollments[class_id] = []
            # A newer set that did not ask for sessions or courses says nothing of them.
            self.classes[class_id] = row if known is None else _filled(known, row)
        return fresh

    def _add_enrollments(self, sealed: SealedFiles, fresh: Set[str]) -> None:
        """Take the enrollments of the classes that are *fresh*: of others a newer set has them."""
        for row in _rows(sealed, "enrollments.csv"):
            if row[0] in fresh and row[1] not in self._dropped:
                self.enrollments[row[0]].append(row)

    def _claim(self, record_id: str, school: str, file: str) -> None:
        other = self._school_of.setdefault(f"{file} {record_id}", school)
        if other != school:
            raise MergeConflict(
                f"{other} and {school} use one id in {file}: set ID_STYLE=year for their profiles",
                file=file,
                school=other,
                other_school=school,
            )

    def keep_ids(self, held: Collection[str]) -> None:
        """Give the classes that are only written otherwise the ids that they have among *held*."""
        titles = {row[0]: row[2] for row in self.classes.values()}
        for made, kept in kept_ids(titles, held).items():
            self.classes[kept] = (kept, *self.classes.pop(made)[1:])
            self.enrollments[kept] = self.enrollments.pop(made)

    def rows(self, files: Collection[str]) -> dict[str, Iterable[Row]]:
        """Return the rows of each of *files*, with every person under the id that stays."""
        made: dict[str, Iterable[Row]] = {
            "orgs.csv": sorted(self.orgs.values()),
            SESSIONS: sorted(self.sessions.values()),
            COURSES: sorted(self.courses.values()),
            "users.csv": sorted(row for key, row in self.users.items() if self._id(key) == key),
            "roles.csv": self._merged_roles(),
            "classes.csv": self._merged_classes(columns(files)["classes.csv"]),
            "enrollments.csv": self._merged_enrollments(),
        }
        return {name: rows for name, rows in made.items() if name in columns(files)}

    def _id(self, user_id: str) -> str:
        while (stays := self._alias.get(user_id, user_id)) != user_id:
            user_id = stays
        return user_id

    def _merged_roles(self) -> Iterator[Row]:
        """Yield roles; only a person's first is primary, and a teacher's comes first."""
        merged = sorted({(self._id(row[0]), *row[1:]) for row in self.roles.values()})
        first: dict[str, Row] = {}
        for row in sorted(merged, key=lambda row: (row[2] != "teacher", row)):
            first.setdefault(row[0], row)
        for row in merged:
            yield row if first[row[0]] is row else (*row[:4], "FALSE")

    def _merged_classes(self, header: Row) -> Iterator[Row]:
        """Yield classes with the columns of *header*."""
        indexes = [WIDEST["classes.csv"].index(column) for column in header]
        for row in sorted(self.classes.values()):
            yield tuple(row[index] for index in indexes)

    def _merged_enrollments(self) -> Iterator[Row]:
        """Yield enrollments. A school has an address but once, so nobody is in a class twice."""
        for class_id, listed in sorted(self.enrollments.items()):
            yield from sorted((class_id, self._id(user), role) for _, user, role in listed)


def _filled(newer: Row, older: Row) -> Row:
    """Return *newer* with what it leaves blank taken from *older*."""
    return tuple(cell or before for cell, before in zip(newer, older, strict=True))


def _rows(sealed: SealedFiles, name: str) -> Iterator[Row]:
    if name in ON_REQUEST and name not in sealed.files:
        return iter(())
    return widest_rows(name, sealed.files)
