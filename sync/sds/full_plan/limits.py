"""Why an offer is held, in a plan: each limit with how much there is, would be, and may change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sync.ledger.manifests import AWAY, PEOPLE
from sync.ledger.marks import Excess
from sync.sds import blocks
from sync.sds.diff import DRIFT_UNKNOWN
from sync.sds.full_plan.differences import ClassCounts, Differences, SchoolDifferences
from sync.sds.full_plan.names import Names
from sync.sds.guard import limit_words
from sync.sds.guard.limit_words import Would
from sync.sds.guard.limits import DRIFTED, PUPIL_PLACES, TEACHER_PLACES


class Limit(NamedTuple):
    """A limit that is met: `said` tells how many would do what, `how_many`, of whom `allowed` may.

    `now` and `then` are how many there are and would be in all; None where that says nothing.
    """

    said: str
    how_many: int
    allowed: int
    now: int | None = None
    then: int | None = None


_CLASS = ("class", "classes")
_PERSON = ("person", "people")
_PLACE = ("place in a class", "places in classes")
_DELIVERY = ("delivery", "deliveries")
_OTHERS: Mapping[tuple[str, str], Would] = {
    ("enrollments.csv", "removed"): Would(*_PLACE, "would be lost"),
    ("enrollments.csv", "emptied"): Would(*_PLACE, "would be lost, all there are"),
    ("enrollments.csv", "doubled"): Would(*_PLACE, "would be added in classes that go on"),
    ("users.csv", "moved"): Would(*_PERSON, "would get another id"),
    ("users.csv", "of-no-school"): Would(*_PERSON, "would be of no school"),
    ("classes.csv", "replaced"): Would(*_CLASS, "would end, all there are, while others begin"),
    ("classes.csv", "new-ids"): Would(*_CLASS, "would get another id, and so another Team"),
    ("classes.csv", "same-letters"): Would(
        *_CLASS, "would end while another comes with the same letters and digits in its name"
    ),
    ("profiles", "removed"): Would("profile", "profiles", "of the last delivery would be missing"),
    ("service accounts", "removed"): Would(
        "service account", "service accounts", "of every class would go"
    ),
    ("extra teachers", "removed"): Would(
        "extra teacher", "extra teachers", "of every class would go"
    ),
    ("deliveries", "unknown"): Would(*_DELIVERY, "that SDS may hold cannot be read"),
    ("deliveries", "many"): Would(*_DELIVERY, "may be what SDS holds: which, is not known"),
    ("deliveries", DRIFT_UNKNOWN): Would(
        *_DELIVERY, "of a week ago cannot be read: nobody can say what was lost since"
    ),
    (PEOPLE, "unknown"): Would(
        *_DELIVERY, "before cannot be read by name: nobody can say who is a class's own teacher"
    ),
    (AWAY, "unknown"): Would(
        *_DELIVERY, "before cannot be read: nobody can say what classes last held that come back"
    ),
}
"""What is held that is no limit of `sync.sds.guard`, by table and what."""

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
_AMONG = frozenset({"removed", "emptied", "added", "replaced", DRIFTED})
"""What is said of so many of all; else it is said of pairs, or of people one by one."""


def limit(excess: Excess, differing: Differences, school: SchoolDifferences, names: Names) -> Limit:
    """Return what *excess* says of *school*, in the school's words."""
    said = what_would(excess)
    if excess.grade:
        there = (_places_of_year(differing, school, side, excess.grade) for side in (0, 1))
        return Limit(f"{names.year(excess.grade)}: {said}", excess.rows, excess.allowed, *there)
    if excess.what in _AMONG and (of_all := _ALL.get(excess.table)):
        now, then = (of_all(school, side) for side in (0, 1))
        return Limit(said, excess.rows, excess.allowed, now, then)
    return Limit(said, excess.rows, excess.allowed)


def what_would(excess: Excess) -> str:
    """Return how many would do what, without the school and its grade codes."""
    if counted := limit_words.what_would(excess):
        return counted
    if other := _OTHERS.get((excess.table, excess.what)):
        return other.said(excess.rows)
    return f"{excess.table.removesuffix('.csv')}: {excess.what} {excess.rows:,}"


def _places(counts: ClassCounts) -> int:
    return counts.pupils + counts.teachers


def _places_of_year(
    differing: Differences, school: SchoolDifferences, side: int, grade: str
) -> int:
    files = (differing.before, differing.after)[side]
    wanted = {user for user, of_user in school.grades[side].items() if of_user == grade}
    return sum(1 for _ in blocks.places(files, wanted))
