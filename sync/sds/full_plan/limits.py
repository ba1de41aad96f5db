"""Why an offer is held, in a plan: each limit with how much there is, would be, and may change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sync.ledger.marks import Excess
from sync.sds.full_plan import blocks
from sync.sds.full_plan.differences import ClassCounts, Differences, SchoolDifferences
from sync.sds.full_plan.names import Names
from sync.sds.guard import doubts
from sync.sds.guard.limits import PUPIL_PLACES, TEACHER_PLACES


class Limit(NamedTuple):
    """A limit that is met: `how_many` of `what`, of which `allowed` may be.

    `now` and `then` are how many there are and would be in all; None where that says nothing.
    """

    what: str
    how_many: int
    allowed: int
    now: int | None = None
    then: int | None = None


# By table and what would be done with it: docs/troubleshooting.md, Holds
_WORDS: Mapping[tuple[str, str], str] = {
    ("pupils", "removed"): "pupils who would go, or have another address",
    ("pupils", "other-people"): "pupils who would have another name and another address",
    ("teachers", "removed"): "teachers who would go, or have another address",
    ("people", "added"): "people who would come, or have another address",
    ("addresses", "passed"): "addresses that would pass to somebody else who is there",
    ("classes", "removed"): "classes that would end",
    ("classes", "added"): "classes that would begin",
    ("classes", "other-teachers"): "classes that would keep none of their own teachers",
    ("classes", doubts.TAKEN_OVER): "classes that would have hardly any pupils of before",
    ("classes", doubts.EXCHANGED): "pairs of classes that would have each other's pupils",
    ("classes", doubts.NOBODY_LEFT): "small classes that would keep none of their pupils",
    ("classes", doubts.RENAMED): "classes that would end while another begins with their pupils",
    (PUPIL_PLACES, "removed"): "places in classes that pupils who stay would lose",
    (PUPIL_PLACES, "added"): "places in classes that pupils who stay would gain",
    (TEACHER_PLACES, "removed"): "places that classes' own teachers would lose",
    ("service accounts", "removed"): "service accounts that would be in no class any more",
    ("extra teachers", "removed"): "extra teachers who would be in no class any more",
    ("enrollments.csv", "removed"): "places in classes that would be lost",
    ("enrollments.csv", "emptied"): "places in classes that would be lost, all there are",
    ("users.csv", "removed"): "people who would go, or have another address",
    ("users.csv", "added"): "people who would come, or have another address",
    ("users.csv", "moved"): "people who would get another id",
    ("users.csv", "of-no-school"): "people who would be of no school",
    ("roles.csv", "removed"): "people who would go, or have another role",
    ("classes.csv", "removed"): "classes that would end",
    ("classes.csv", "replaced"): "classes that would end, all there are, while others begin",
    ("classes.csv", "new-ids"): "classes that would get another id, and so another Team",
    ("classes.csv", "same-letters"): "classes that would end while one of like name begins",
    ("profiles", "removed"): "profiles of the last delivery that would be missing",
    ("deliveries", "unknown"): "deliveries that SDS may hold and nobody can read",
    ("deliveries", "many"): "deliveries of which SDS may hold any",
}

_ALL: Mapping[str, Callable[[SchoolDifferences, int], int]] = {
    "pupils": lambda school, side: len(school.grades[side]),
    "teachers": lambda school, side: len(school.teachers[side]),
    "people": lambda school, side: len(school.teachers[side] | school.grades[side].keys()),
    "classes": lambda school, side: school.counts[side].classes,
    PUPIL_PLACES: lambda school, side: school.counts[side].pupils,
    TEACHER_PLACES: lambda school, side: school.counts[side].teachers,
    "users.csv": lambda school, side: len(school.teachers[side] | school.grades[side].keys()),
    "classes.csv": lambda school, side: school.counts[side].classes,
    "enrollments.csv": lambda school, side: _places(school.counts[side]),
}
_AMONG = frozenset({"removed", "emptied", "added", "replaced"})
"""What is said of so many of all; else it is said of pairs, or of people one by one."""


def limit(excess: Excess, differing: Differences, school: SchoolDifferences, names: Names) -> Limit:
    """Return what *excess* says of *school*, in the school's words."""
    what = words(excess)
    if excess.grade:
        there = (_places_of_year(differing, school, side, excess.grade) for side in (0, 1))
        return Limit(f"{names.year(excess.grade)}: {what}", excess.rows, excess.allowed, *there)
    if excess.what in _AMONG and (of_all := _ALL.get(excess.table)):
        now, then = (of_all(school, side) for side in (0, 1))
        return Limit(what, excess.rows, excess.allowed, now, then)
    return Limit(what, excess.rows, excess.allowed)


def words(excess: Excess) -> str:
    """Return what would be done, without how often."""
    said = _WORDS.get((excess.table, excess.what))
    return said or f"{excess.table.removesuffix('.csv')}: {excess.what}"


def _places(counts: ClassCounts) -> int:
    return counts.pupils + counts.teachers


def _places_of_year(
    differing: Differences, school: SchoolDifferences, side: int, grade: str
) -> int:
    files = (differing.before, differing.after)[side]
    wanted = {user for user, of_user in school.grades[side].items() if of_user == grade}
    return sum(1 for _ in blocks.places(files, wanted))
