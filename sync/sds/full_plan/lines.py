"""The lines of a plan: every row that differs, told once, what could do most damage first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sync.sds import blocks
from sync.sds.full_plan.differences import (
    ChangedClass,
    Differences,
    RowChange,
    SchoolDifferences,
    enrollment_changes,
)
from sync.sds.guard import doubts
from sync.sds.guard.away import Away
from sync.sds.guard.classes import Classes
from sync.sds.guard.doubts import ClassInDoubt, YearInDoubt
from sync.sds.rowkeys import YearGroup
from sync.sds.tables import Row
from sync.sds.walk import ENROLLMENTS


class LineKind(StrEnum):
    """What a line tells, in the order of the damage."""

    EXCHANGED = doubts.EXCHANGED  # two classes would have each other's pupils
    TAKEN_OVER = doubts.TAKEN_OVER  # hardly any of its pupils were in it
    NOBODY_LEFT = doubts.NOBODY_LEFT  # of a class of fewer than five
    RENAMED = doubts.RENAMED  # one ends, and one begins with its pupils
    YEAR = "year-in-doubt"  # so much of a year that its classes are told below
    ENDS = "team-ends"
    BEGINS = "team-begins"
    TEACHER = "teacher-loses-classes"
    PUPIL = "pupil-loses-all-classes"
    ADDRESS = "address-moves"
    CLASS = "class-changes"
    PERSON = "person-changes"
    SCHOOL = "school-changes"


class BothRosters(NamedTuple):
    """Who was in a class and who would be, as rows of enrollments, by user.

    `away` are the ids of pupils whom a class last had that is not there now, and comes back.
    """

    class_id: str
    before: tuple[Row, ...]
    after: tuple[Row, ...]
    away: tuple[str, ...] = ()


class Line(NamedTuple):
    """What would change for some classes, or for a person.

    `rows` are what this line tells and no other does. `classes` are those that it is about, and
    `rosters` their people where these are in doubt. `other` had the address of `person`. Of a
    `year`, so many of its `of` classes are `in_doubt`.
    """

    kind: LineKind
    rows: tuple[RowChange, ...] = ()
    classes: tuple[str, ...] = ()
    rosters: tuple[BothRosters, ...] = ()
    person: str = ""
    other: str = ""
    year: YearGroup | None = None
    in_doubt: int = 0
    of: int = 0


def lines(differing: Differences, org: str, away: Away | None = None) -> Iterator[Line]:
    """Yield the lines of the school with the id *org*; *away* is what SDS holds' delivery has.

    Raises:
        StoreConflict: the bytes are not what was sealed, or not in order.
    """
    yield from _School(differing, differing.schools[org], away or {}).lines()


@dataclass(slots=True)
class _Seen:
    """What the walk through the classes that differ has seen, for what is told of people.

    `lost` are the classes that go on and that a teacher, or a pupil who would be in none, leaves.
    """

    classes: Classes
    lost_by_teacher: dict[str, list[str]] = field(default_factory=dict)
    lost_by_pupil: dict[str, list[str]] = field(default_factory=dict)


class _School:
    def __init__(self, differing: Differences, school: SchoolDifferences, away: Away) -> None:
        self.differing, self.school, self.away = differing, school, away
        self.changed = school.classes
        self.seen = self._look()
        self.doubts = self._doubts()
        self.told_classes = {key for doubt in self.doubts for key in _classes_of(doubt)}

    def lines(self) -> Iterator[Line]:
        yield from self._of_doubts()
        yield from self._of_teams()
        yield from self._of_teachers()
        without = self._without_classes()
        yield from self._of_pupils(without)
        people = _by_person(self.school.rows)
        yield from self._of_addresses(people)
        yield from self._of_other_classes(without)
        yield from self._of_people(people)
        for change in self.school.rows:
            if change.file not in _OF_PEOPLE:
                yield Line(LineKind.SCHOOL, (change,))

    # -- the walk --------------------------------------------------------------------------------

    def _look(self) -> _Seen:
        old, new = self.differing.class_rows
        seen = _Seen(Classes(old.keys(), new.keys()))
        for changed in self.changed.values():
            changes = enrollment_changes(self.differing, changed)
            if self._may_be_in_doubt(changed, changes):
                was, now = map(_pupils, self._people(changed))
                seen.classes.note(changed.id, was, now, self.away)
            goes_on = changed.id in old and changed.id in new
            for change in changes:
                if change.before and change.after is None:
                    _, user_id, role = change.before
                    if role == "student":
                        seen.lost_by_pupil.setdefault(user_id, []).append(changed.id)
                    elif goes_on:
                        seen.lost_by_teacher.setdefault(user_id, []).append(changed.id)
        return seen

    def _may_be_in_doubt(self, changed: ChangedClass, changes: Iterable[RowChange]) -> bool:
        """Say whether a class ends, begins, or may have another's pupils.

        None of which a fifth of the pupils or fewer differ has: `sync.sds.guard.rosters`.
        """
        old, new = self.differing.class_rows
        if changed.id not in old or changed.id not in new:
            return True
        pupils, _ = blocks.counted(self.differing.before, changed.before)
        others = sum(
            any(row and row[2] == "student" for row in (each.before, each.after))
            for each in changes
        )
        return others * 5 > pupils

    def _people(self, changed: ChangedClass) -> tuple[list[Row], list[Row]]:
        return (
            blocks.members(self.differing.before, changed.before),
            blocks.members(self.differing.after, changed.after),
        )

    # -- classes in doubt ------------------------------------------------------------------------

    def _doubts(self) -> list[ClassInDoubt | YearInDoubt]:
        """Return the classes in doubt, the largest of a kind first, and then years in doubt."""
        classes = self.seen.classes
        if classes.others or classes.taken_over or classes.replaced:
            classes.year_of.update(self._year_of_each())
        return sorted(doubts.doubts(classes), key=self._order)

    def _order(self, doubt: ClassInDoubt | YearInDoubt) -> tuple[int, int]:
        if isinstance(doubt, YearInDoubt):
            return _ORDER.index(LineKind.YEAR), -doubt.in_doubt
        return _ORDER.index(LineKind(doubt.what)), -_bytes_of(self.changed[doubt.class_id])

    def _year_of_each(self) -> Iterator[tuple[str, YearGroup]]:
        """Yield of which year group most pupils were, of each class that goes on."""
        org, (grades, _), (_, new) = self.school.org, self.school.grades, self.differing.class_rows
        for class_id, was, _ in blocks.blocks(self.differing.before, {}):
            row = new.get(class_id)
            if row and row[1] == org:
                members = blocks.members(self.differing.before, was)
                counted = Counter(grades[user] for _, user, _ in members if user in grades)
                if counted:
                    yield class_id, (org, max(sorted(counted), key=counted.__getitem__))

    def _of_doubts(self) -> Iterator[Line]:
        """Yield a line for each; what changes in a class that is in two is told with the first."""
        told = set[str]()
        for doubt in self.doubts:
            if isinstance(doubt, YearInDoubt):
                year, in_doubt, of = doubt
                yield Line(LineKind.YEAR, year=year, in_doubt=in_doubt, of=of)
            else:
                classes = _classes_of(doubt)
                new = [self.changed[key] for key in classes if key not in told]
                told.update(classes)
                rows = tuple(row for changed in new for row in self._all_rows(changed))
                yield Line(LineKind(doubt.what), rows, classes, tuple(map(self._roster, classes)))

    def _roster(self, class_id: str) -> BothRosters:
        was, now = self._people(self.changed[class_id])
        last = () if was else tuple(sorted(self.away.get(class_id, ())))
        return BothRosters(class_id, tuple(was), tuple(now), last)

    def _all_rows(self, changed: ChangedClass) -> Iterator[RowChange]:
        row = self.differing.class_row(changed.id)
        if row.before != row.after:
            yield row
        yield from enrollment_changes(self.differing, changed)

    # -- Teams -----------------------------------------------------------------------------------

    def _of_teams(self) -> Iterator[Line]:
        old, new = self.differing.class_rows
        for kind, there, gone in ((LineKind.ENDS, old, new), (LineKind.BEGINS, new, old)):
            only = [
                changed
                for key, changed in self.changed.items()
                if key in there and key not in gone and key not in self.told_classes
            ]
            for changed in sorted(only, key=lambda each: -_bytes_of(each)):
                yield Line(kind, tuple(self._all_rows(changed)), (changed.id,))

    # -- people ----------------------------------------------------------------------------------

    def _of_teachers(self) -> Iterator[Line]:
        by_teacher = self.seen.lost_by_teacher
        for user_id in sorted(by_teacher, key=lambda user: (-len(by_teacher[user]), user)):
            told = [key for key in by_teacher[user_id] if key not in self.told_classes]
            if told:
                rows = _left(told, user_id, "teacher")
                yield Line(LineKind.TEACHER, rows, tuple(told), person=user_id)

    def _without_classes(self) -> Mapping[str, list[str]]:
        """Return the pupils who would be in no class any more, and the classes that they leave."""
        lost = self.seen.lost_by_pupil
        placed = set(blocks.places(self.differing.after, lost))
        return {user: classes for user, classes in lost.items() if user not in placed}

    def _of_pupils(self, without: Mapping[str, list[str]]) -> Iterator[Line]:
        for user_id in sorted(without, key=lambda user: (-len(without[user]), user)):
            rows = _left(filter(self._is_other, without[user_id]), user_id, "student")
            yield Line(LineKind.PUPIL, rows, tuple(without[user_id]), person=user_id)

    def _is_other(self, class_id: str) -> bool:
        """Say whether a class goes on and is not in doubt: its changes are told by person first."""
        old, new = self.differing.class_rows
        return class_id in old and class_id in new and class_id not in self.told_classes

    def _of_addresses(self, people: Mapping[str, list[RowChange]]) -> Iterator[Line]:
        """Yield who gets another address; those first who get one that somebody else had."""
        moved = [
            Line(LineKind.ADDRESS, (change,), person=user_id, other=self._holder(change))
            for user_id, changes in people.items()
            for change in changes
            if self._is_of_address(change)
        ]
        yield from sorted(moved, key=lambda line: not line.other)

    def _is_of_address(self, change: RowChange) -> bool:
        is_another = change.before and change.after and change.before[1] != change.after[1]
        return change.file == "users.csv" and bool(is_another or self._holder(change))

    def _holder(self, change: RowChange) -> str:
        """Return who had the address that somebody would have; "" if nobody, or they themselves."""
        holder = self.differing.holders.get(change.after[1], "") if change.after else ""
        return "" if holder == change.row[0] else holder

    def _of_people(self, people: Mapping[str, list[RowChange]]) -> Iterator[Line]:
        """Yield who goes, who comes, and whose name or role differs."""
        told = [
            Line(LineKind.PERSON, rows, person=user_id)
            for user_id, changes in people.items()
            if (rows := tuple(each for each in changes if not self._is_of_address(each)))
        ]
        yield from sorted(told, key=lambda line: (_way(line.rows), line.person))

    # -- what is left ----------------------------------------------------------------------------

    def _of_other_classes(self, without: Collection[str]) -> Iterator[Line]:
        for changed in self.changed.values():
            if self._is_other(changed.id):
                rows = tuple(
                    change
                    for change in self._all_rows(changed)
                    if not _is_told_of_person(change, without)
                )
                if rows:
                    yield Line(LineKind.CLASS, rows, (changed.id,))


_ORDER = list(LineKind)
_OF_PEOPLE = frozenset({"users.csv", "roles.csv"})


def _left(classes: Iterable[str], user_id: str, role: str) -> tuple[RowChange, ...]:
    return tuple(RowChange(ENROLLMENTS, (key, user_id, role), None) for key in classes)


def _pupils(listed: Iterable[Row]) -> frozenset[str]:
    return frozenset(user_id for _, user_id, role in listed if role == "student")


def _classes_of(doubt: ClassInDoubt | YearInDoubt) -> tuple[str, ...]:
    if isinstance(doubt, YearInDoubt):
        return ()
    return tuple(key for key in (doubt.class_id, doubt.other) if key)


def _bytes_of(changed: ChangedClass) -> int:
    """Return about how large a class is, to sort by."""
    return max(span.end - span.start for span in (changed.before, changed.after))


def _by_person(changes: Iterable[RowChange]) -> dict[str, list[RowChange]]:
    people = dict[str, list[RowChange]]()
    for change in changes:
        if change.file in _OF_PEOPLE:
            people.setdefault(change.row[0], []).append(change)
    for of_person in people.values():
        of_person.sort(key=lambda change: change.file == "roles.csv")
    return people


def _way(changes: Iterable[RowChange]) -> int:
    """Return 0 for who goes, 1 for who comes, 2 for who stays."""
    return min(0 if each.after is None else 1 if each.before is None else 2 for each in changes)


def _is_told_of_person(change: RowChange, without: Collection[str]) -> bool:
    """Say whether an enrollment goes that is told of a teacher, or of a pupil without classes."""
    if change.file != ENROLLMENTS or change.before is None or change.after is not None:
        return False
    return change.before[2] == "teacher" or change.before[1] in without
