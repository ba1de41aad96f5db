"""What would come, go and stay of a school, from what SDS may hold to other files: counts, classes.

Pure. Tutor groups are told without their titles, which name people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sync.ledger.marks import Change
from sync.sds import rehearsal
from sync.sds.diff import changes_between
from sync.sds.rehearsal import Named
from sync.sds.rowkeys import rows_of
from sync.sds.walk import ENROLLMENTS


class Move(NamedTuple):
    """How many there are now, would go, would come, and would be there then."""

    now: int
    go: int
    come: int
    then: int


class YearMove(NamedTuple):
    """The pupils and classes of an SDS grade, now and then; a class is of most of its pupils'."""

    grade: str
    pupils_now: int
    pupils_then: int
    classes_now: int
    classes_then: int


@dataclass(frozen=True, slots=True)
class Moves:
    """What would move: `counts` of pupils, teachers, classes and enrollments, and years by grade.

    `go` and `come` are classes, by id; `renamed` are those that go on, as they would be, with what
    they are called now; `clashes` are those that would be called like another, or like one that
    goes.
    """

    counts: Mapping[str, Move]
    years: tuple[YearMove, ...]
    go: tuple[Named, ...]
    come: tuple[Named, ...]
    renamed: tuple[tuple[str, Named], ...]
    clashes: tuple[Named, ...]


def moves(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Moves:
    """Return what moves from the files *before*, {} where there are none, to those *after*.

    Raises:
        StoreConflict: the bytes are not what was sealed.
    """
    was, will = _FilesSide.of(before), _FilesSide.of(after)
    old, new = ({named.id: named for named in side.classes} for side in (was, will))
    go = tuple(named for class_id, named in old.items() if class_id not in new)
    come = tuple(named for class_id, named in new.items() if class_id not in old)
    counts = {
        "pupils": _move(was.grades.keys(), will.grades.keys()),
        "teachers": _move(was.teachers, will.teachers),
        "classes": _move(old.keys(), new.keys()),
        "enrollments": _of_change(changes_between(before, after)[ENROLLMENTS]),
    }
    renamed = tuple(
        (old[class_id].title, named)
        for class_id, named in new.items()
        if class_id in old and old[class_id].title != named.title
    )
    clashing = rehearsal.clashes(new.values(), go)
    return Moves(counts, tuple(_years(was, will)), go, come, renamed, clashing)


@dataclass(frozen=True, slots=True)
class _FilesSide:
    """A school's files, read: pupils with their grades, teachers, classes, and these by grade."""

    grades: Mapping[str, str]
    teachers: Set[str]
    classes: tuple[Named, ...]
    classes_by_grade: Counter[str]

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> _FilesSide:
        roles = list(rows_of("roles.csv", files))
        grades = {row[0]: row[3] for row in roles if row[2] == "student"}
        teachers = {row[0] for row in roles if row[2] != "student"}
        classes = rehearsal.of_files(files) if files else ()
        return cls(grades, teachers, classes, Counter(_grades_of_classes(files, grades)))


def _grades_of_classes(files: Mapping[str, bytes], grades: Mapping[str, str]) -> Iterator[str]:
    """Yield the grade of most pupils of each class that has any; of two the first."""
    for _, places in groupby(rows_of(ENROLLMENTS, files), itemgetter(0)):
        of_class = Counter(grades[row[1]] for row in places if row[1] in grades)
        if of_class:
            yield max(sorted(of_class), key=of_class.__getitem__)


def _of_change(change: Change) -> Move:
    return Move(change.before, change.removed, change.added, change.after)


def _move(before: Set[object], after: Set[object]) -> Move:
    return Move(len(before), len(before - after), len(after - before), len(after))


def _years(was: _FilesSide, will: _FilesSide) -> list[YearMove]:
    pupils = [Counter(side.grades.values()) for side in (was, will)]
    classes = [side.classes_by_grade for side in (was, will)]
    grades = sorted({*pupils[0], *pupils[1]})
    return [YearMove(grade, *(each[grade] for each in (*pupils, *classes))) for grade in grades]
