"""Which rows differ: one walk along both files of each table, for the schools asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sync.sds import blocks
from sync.sds.blocks import NOWHERE, Files, Span
from sync.sds.slices import org_of
from sync.sds.tables import COURSES, SESSIONS, Row
from sync.sds.walk import ENROLLMENTS, ID_SIZE, demand_files, rows_in_order, side_by_side


class RowChange(NamedTuple):
    """A row of *file* that goes, comes or changes; None on the side where it is not."""

    file: str
    before: Row | None
    after: Row | None

    @property
    def row(self) -> Row:
        """The row as it would be; as it was, if it goes."""
        return self.after or self.before or ()


class ChangedClass(NamedTuple):
    """A class of which anything differs: its own row, or who is in it."""

    id: str
    before: Span
    after: Span


@dataclass(slots=True)
class ClassCounts:
    """How many classes a school has, and places of pupils and of teachers in them."""

    classes: int = 0
    pupils: int = 0
    teachers: int = 0


@dataclass(slots=True)
class SchoolDifferences:
    """What differs at a school; `grades` are those of its pupils, by user, then and now.

    `rows` are of every table but enrollments and classes; `classes` are by id.
    """

    org: str
    rows: list[RowChange] = field(default_factory=list)
    classes: dict[str, ChangedClass] = field(default_factory=dict)
    grades: tuple[dict[str, str], dict[str, str]] = field(default_factory=lambda: ({}, {}))
    teachers: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    counts: tuple[ClassCounts, ClassCounts] = field(
        default_factory=lambda: (ClassCounts(), ClassCounts())
    )

    def note_role(self, change: RowChange) -> None:
        """Note whose role this is, and whether it differs."""
        for row, grades, teachers in zip(
            (change.before, change.after), self.grades, self.teachers, strict=True
        ):
            if row and row[2] == "student":
                grades[row[0]] = row[3]
            elif row:
                teachers.add(row[0])
        if change.before != change.after:
            self.rows.append(change)


@dataclass(frozen=True, slots=True)
class Differences:
    """How a delivery differs from what SDS holds, school by school, by the school's id.

    `class_rows` are the rows of all classes, then and now, by id. `holders` says whose an address
    was that somebody else would have.
    """

    before: Files
    after: Files
    schools: Mapping[str, SchoolDifferences]
    class_rows: tuple[Mapping[str, Row], Mapping[str, Row]]
    holders: Mapping[str, str]

    def class_row(self, class_id: str) -> RowChange:
        """Return how the row of a class was, and how it would be."""
        was, now = (of_side.get(class_id) for of_side in self.class_rows)
        return RowChange("classes.csv", was, now)


def differences(before: Files, after: Files, orgs: Collection[str] | None = None) -> Differences:
    """Return what differs at the schools of *orgs*, or at all; *before* is {} if SDS has nothing.

    The rows of users and sessions that are no school's are told with the first.

    Raises:
        StoreConflict: the bytes are not what was sealed, or not in order.
    """
    for files in (before, after):
        if files:
            demand_files(files)
    return _BothSides(before, after, orgs).made()


def rows(name: str, files: Files) -> Iterator[Row]:
    """Yield the rows of any file but enrollments, in order; none where there are no files."""
    return rows_in_order(name, files) if files else iter(())


def both_sides(name: str, before: Files, after: Files) -> Iterator[RowChange]:
    """Yield each row of any file but enrollments as it was and would be, in order."""
    size, sides = ID_SIZE[name], (rows(name, before), rows(name, after))
    return (RowChange(name, *both) for both in side_by_side(*sides, lambda row: row[:size]))


def changed_rows(name: str, before: Files, after: Files) -> Iterator[RowChange]:
    """Yield the rows of any file but enrollments that differ, in order."""
    return (each for each in both_sides(name, before, after) if each.before != each.after)


class _BothSides:
    def __init__(self, before: Files, after: Files, orgs: Collection[str] | None) -> None:
        self.sides = before, after
        there = sorted({row[0] for files in self.sides for row in rows("orgs.csv", files)})
        self.there = there
        wanted = there if orgs is None else [org for org in there if org in orgs]
        self.schools = {org: SchoolDifferences(org) for org in wanted}
        self.class_rows = self._class_rows()

    def made(self) -> Differences:
        if self.schools:
            users = list(changed_rows("users.csv", *self.sides))
            self._take_people(users)
            self._take_classes()
            for name in ("orgs.csv", SESSIONS, COURSES):
                for change in changed_rows(name, *self.sides):
                    self._add(change, self._whose(name, change.row))
        else:
            users = []
        return Differences(*self.sides, self.schools, self.class_rows, self._holders(users))

    def _whose(self, name: str, row: Row) -> Collection[str]:
        if name == "orgs.csv":
            return (row[0],)
        return (org_of(row[0], self.there),) if name == SESSIONS else (row[1],)

    def _add(self, change: RowChange, orgs: Collection[str]) -> None:
        """Tell *change* with the first of *orgs* that is compared; of no school, with the first."""
        known = [org for org in orgs if org in self.there]
        told = [org for org in known if org in self.schools] or ([] if known else [*self.schools])
        if told:
            self.schools[told[0]].rows.append(change)

    def _take_people(self, users: list[RowChange]) -> None:
        at: dict[str, set[str]] = {change.row[0]: set() for change in users}
        for change in both_sides("roles.csv", *self.sides):
            user_id, org, *_ = change.row
            if user_id in at:
                at[user_id].add(org)
            if school := self.schools.get(org):
                school.note_role(change)
        for change in users:
            self._add(change, sorted(at[change.row[0]]))

    def _class_rows(self) -> tuple[dict[str, Row], dict[str, Row]]:
        old = {row[0]: row for row in rows("classes.csv", self.sides[0])}
        new = dict[str, Row]()
        for row in rows("classes.csv", self.sides[1]):
            was = old.get(row[0])
            new[row[0]] = was if was is not None and was == row else row  # one object for both
        return old, new

    def _take_classes(self) -> None:
        """Take each class once: with the school that would have it, or else had it."""
        for of_side, number in zip(self.class_rows, (0, 1), strict=True):
            for row in of_side.values():
                if school := self.schools.get(row[1]):
                    school.counts[number].classes += 1
        left = self.class_rows[0].keys() | self.class_rows[1].keys()
        for class_id, was, now in blocks.blocks(*self.sides):
            left.discard(class_id)
            self._take_class(class_id, was, now)
        for class_id in sorted(left):
            self._take_class(class_id, NOWHERE, NOWHERE)

    def _take_class(self, class_id: str, was: Span, now: Span) -> None:
        before, after = (of_side.get(class_id) for of_side in self.class_rows)
        if school := self._school_of(after, before):
            self._count_class(school, class_id, (was, now), is_row_alike=before == after)

    def _school_of(self, *rows: Row | None) -> SchoolDifferences | None:
        """Return the school of the first of *rows* that is of one that is compared."""
        orgs = [row[1] for row in rows if row]
        return next((self.schools[each] for each in orgs if each in self.schools), None)

    def _count_class(
        self,
        school: SchoolDifferences,
        class_id: str,
        spans: tuple[Span, Span],
        *,
        is_row_alike: bool,
    ) -> None:
        was, now = spans
        is_alike = blocks.are_alike(self.sides[0], was, self.sides[1], now)
        of_before = blocks.counted(self.sides[0], was)
        of_after = of_before if is_alike else blocks.counted(self.sides[1], now)
        for counts, (pupils, teachers) in zip(school.counts, (of_before, of_after), strict=True):
            counts.pupils += pupils
            counts.teachers += teachers
        if not (is_alike and is_row_alike):
            school.classes[class_id] = ChangedClass(class_id, was, now)

    def _holders(self, users: list[RowChange]) -> dict[str, str]:
        """Return whose each address was that is new to somebody."""
        new = {
            change.after[1]
            for change in users
            if change.after and (change.before is None or change.before[1] != change.after[1])
        }
        if not new:
            return {}
        return {row[1]: row[0] for row in rows("users.csv", self.sides[0]) if row[1] in new}


def enrollment_changes(differing: Differences, changed: ChangedClass) -> list[RowChange]:
    """Return the enrollments of a class that differ, by user."""
    before, after = (differing.before, changed.before), (differing.after, changed.after)
    was = {row[1]: row for row in blocks.gone(*before, *after)}
    now = {row[1]: row for row in blocks.gone(*after, *before)}
    return [
        RowChange(ENROLLMENTS, was.get(user_id), now.get(user_id))
        for user_id in sorted(was.keys() | now.keys())
    ]
