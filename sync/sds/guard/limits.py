"""The closed table: each limit of the settings, what is counted for it, and of how much."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from sync.ledger.marks import Excess
from sync.roster.identifiers import is_service_account
from sync.sds.guard.across import Across
from sync.sds.guard.classes import BesideFiles, Classes, compare
from sync.sds.guard.doubts import EXCHANGED, NOBODY_LEFT, RENAMED, TAKEN_OVER
from sync.sds.guard.people import (
    SchoolPeople,
    crossed_addresses,
    gone,
    other_people,
    passed_addresses,
)
from sync.sds.rowkeys import YearGroup
from sync.settings.limits import SchoolLimits

MOST_OTHER_PEOPLE = 5
"""So many pupils may have another name and another address at once."""


class Count(NamedTuple):
    """What a limit is about: `rows` of `table` would be `what`, of which `allowed` may be."""

    table: str
    what: str
    rows: int
    allowed: int


def met(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    limits: SchoolLimits,
    known: BesideFiles,
    withheld: Mapping[str, int],
) -> Iterator[Excess]:
    """Yield every limit that a school meets. *before* and *after* are its slices.

    *withheld* is how many more enrollments PUPILS_FROM keeps back now, by `<org>/<grade>`.

    Raises:
        StoreConflict: the bytes are not what was sealed, or not in order.
    """
    classes, of_all = _judged(before, after, limits, known)
    yield from of_all
    # A loss that is told of all need not be told of each year; a year that is gone must be.
    is_told = any(excess.table == PUPIL_PLACES and excess.what == "removed" for excess in of_all)
    for excess in _of_years(classes, limits, withheld):
        if excess.what == "emptied" or not is_told:
            yield excess
    yield from _doubled(classes, limits, known)


def met_across(found: Across, limits: SchoolLimits) -> Iterator[Excess]:
    """Yield the limits that a school meets by people of other schools."""
    yield from _over(
        (
            Count("addresses", "crossed", found.crossed, 0),
            Count("pupils", "joined", found.joined, limits.addresses_passed),
        )
    )


PUPIL_PLACES, TEACHER_PLACES = "places of pupils", "places of teachers"
DRIFTED = "drifted"
"""What is said of what no single night has made."""

_DRIFTS: Mapping[tuple[str, str], str] = {
    **{
        (table, "removed"): table
        for table in ("pupils", "teachers", "classes", PUPIL_PLACES, TEACHER_PLACES)
    },
    ("classes", TAKEN_OVER): "rosters",
    ("classes", EXCHANGED): "pairs of rosters",
    ("classes", NOBODY_LEFT): "small rosters",
    ("addresses", "passed"): "addresses",
}
"""What can come about night by night, by what it is of a single night."""


def drifted(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    limits: SchoolLimits,
    known: BesideFiles,
    told: Collection[tuple[str, str]],
) -> Iterator[Excess]:
    """Yield what has come about since *before*, a week ago, where it is too much.

    What a school would have lost, whose roster would be another's, and whose address somebody
    else's: the limits of a night are those of a week. What is *told* of this night, by table and
    what, is left out. Raises as `met` does.
    """
    for each in _judged(before, after, limits, known)[1]:
        kind = (each.table, each.what)
        if kind in _DRIFTS and kind not in told:
            yield each.model_copy(update={"table": _DRIFTS[kind], "what": DRIFTED})


def _judged(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    limits: SchoolLimits,
    known: BesideFiles,
) -> tuple[Classes, list[Excess]]:
    """Return how the classes differ, and every limit that is met of all people and classes."""
    people = SchoolPeople.of(before, known.names), SchoolPeople.of(after, known.names_after)
    classes = compare(before, after, people, known)
    counted = (*_of_people(*people, limits), *_of_classes(classes, limits, known))
    return classes, list(_over(counted))


def _over(counted: Iterable[Count]) -> Iterator[Excess]:
    for each in counted:
        if each.rows > each.allowed:
            yield Excess(table=each.table, what=each.what, rows=each.rows, allowed=each.allowed)


def _of_people(before: SchoolPeople, after: SchoolPeople, limits: SchoolLimits) -> Iterator[Count]:
    pupils, teachers = before.pupils, before.teachers
    lost = gone(pupils, before, after.pupils, after)
    yield Count("pupils", "removed", lost, limits.pupils_lost.of(len(pupils)))
    lost = gone(teachers, before, after.teachers, after)
    yield Count("teachers", "removed", lost, limits.teachers_lost.of(len(teachers)))
    gained = gone(after.pupils, after, pupils, before)
    gained += gone(after.teachers, after, teachers, before)
    were = len(pupils) + len(teachers)
    yield Count("people", "added", gained, limits.people_gained.of(were))
    passed = len(passed_addresses(before, after))
    yield Count("addresses", "passed", passed, limits.addresses_passed)
    crossed = len(crossed_addresses(before, after))
    yield Count("addresses", "crossed", crossed, 0)
    others = len(other_people(before, after))
    yield Count("pupils", "other-people", others, MOST_OTHER_PEOPLE)


def _of_classes(classes: Classes, limits: SchoolLimits, known: BesideFiles) -> Iterator[Count]:
    were, are = classes.before, classes.after
    yield Count("classes", "removed", len(were - are), limits.classes_lost.of(len(were)))
    yield Count("classes", "added", len(are - were), limits.classes_gained.of(len(were)))
    places, gained = classes.of_pupils, classes.gained(known.released)
    allowed = limits.pupil_places_lost.of(places.before)
    yield Count(PUPIL_PLACES, "removed", places.lost, allowed)
    allowed = limits.pupil_places_gained.of(places.before)
    yield Count(PUPIL_PLACES, "added", gained, allowed)
    places = classes.of_teachers
    allowed = limits.teacher_places_lost.of(places.before)
    yield Count(TEACHER_PLACES, "removed", places.lost, allowed)
    allowed = limits.class_teachers_changed.of(classes.taught)
    yield Count("classes", "other-teachers", len(classes.other_teachers), allowed)
    yield Count("classes", TAKEN_OVER, len(classes.taken_over), limits.classes_taken_over)
    yield Count("classes", EXCHANGED, len(classes.exchanged()), limits.rosters_exchanged)
    yield Count("classes", NOBODY_LEFT, len(classes.replaced), limits.small_classes_replaced)
    yield Count("classes", RENAMED, len(classes.renamed()), limits.classes_renamed)
    services = set(filter(is_service_account, classes.left_all))
    yield Count("service accounts", "removed", len(services), 0)
    yield Count("extra teachers", "removed", len(classes.left_all - services), 0)


def _of_years(
    classes: Classes, limits: SchoolLimits, withheld: Mapping[str, int]
) -> Iterator[Excess]:
    """Yield the year groups that lose all their places, or half, however few they are of all.

    A filter that somebody sets in iSAMS looks like that, a key for a single division, a setting
    that gives a year other Teams in mid-year. Who waits for PUPILS_FROM lost nothing where the old
    class has ended; from a class that goes on, pupils would be taken out.
    """
    limit, years = limits.year_places_lost, classes.years
    for year, places in sorted(years.before.items()):
        org, grade = year
        waits = withheld.get(f"{org}/{grade}") and years.taken_out[year] <= limit.rows
        if waits or places <= limit.rows:
            continue
        if year not in years.present:
            yield _of_year(year, "emptied", places, 0)
        elif years.lost[year] > limit.of(places):
            yield _of_year(year, "removed", years.lost[year], limit.of(places))


def _doubled(classes: Classes, limits: SchoolLimits, known: BesideFiles) -> Iterator[Excess]:
    """Yield the year groups whose pupils would be put into more places than they had.

    In classes that went on with others: so it looks when everybody is put into every set of a year,
    which in a large school is few places of all.
    """
    years = classes.years
    for (org, grade), places in sorted(years.before.items()):
        put_in = years.put_in[org, grade] - known.released.get(f"{org}/{grade}", 0)
        if put_in > places > limits.year_places_lost.rows:
            yield _of_year((org, grade), "doubled", put_in, places)


def _of_year(year: YearGroup, what: str, rows: int, allowed: int) -> Excess:
    org, grade = year
    return Excess(
        table="enrollments.csv", what=what, rows=rows, allowed=allowed, org=org, grade=grade
    )
