"""What says which row is which, of which school and of which year group, and what is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from sync.sds import csvtext
from sync.sds.tables import COURSES, SESSIONS, Row

# How many of a table's first columns say *what* a row is; the rest says how it looks. A changed
# username counts as a user gone and another come: SDS would match another account.
# docs/reference/sds.md#matching
KEY_SIZE: Mapping[str, int] = {
    "orgs.csv": 1,
    SESSIONS: 1,
    COURSES: 1,
    "users.csv": 2,
    "roles.csv": 3,
    "classes.csv": 1,
    "enrollments.csv": 3,
}

type YearGroup = tuple[str, str]  # a school's id and a grade


def rows_of(name: str, files: Mapping[str, bytes]) -> Iterator[Row]:
    """Yield the rows of a table, none if *files* has no such table."""
    return csvtext.widest_rows(name, files) if name in files else iter(())


def keys_by_org(name: str, files: Mapping[str, bytes]) -> dict[str, set[Row]]:
    """Return the keys of a table's rows by the school they are about.

    What is a school's is known from its courses, its roles, its classes, and through these its
    enrollments.
    """
    size = KEY_SIZE[name]
    org_of = {row[0]: row[1] for row in rows_of("classes.csv", files)}
    keys: dict[str, set[Row]] = {}
    for row in rows_of(name, files):
        org = org_of.get(row[0], "") if name == "enrollments.csv" else row[1]
        keys.setdefault(org, set()).add(row[:size])
    return keys


def _enrolled_students(files: Mapping[str, bytes]) -> Iterator[tuple[Row, YearGroup]]:
    """Yield the enrollments of students, by class and user, with their year group."""
    roles = rows_of("roles.csv", files)
    year_of = {row[0]: (row[1], row[3]) for row in roles if row[2] == "student"}
    for row in rows_of("enrollments.csv", files):
        if year := year_of.get(row[1]):
            yield row[:2], year


@dataclass(frozen=True, slots=True)
class YearLosses:
    """Enrollments of students by year group: those there were, and those that are lost.

    Of the lost, `taken_out` are from classes that go on; `present` are the year groups that still
    have any.
    """

    before: Mapping[YearGroup, int]
    lost: Counter[YearGroup]
    taken_out: Counter[YearGroup]
    present: Set[YearGroup]


def losses_by_year(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> YearLosses:
    """Return what *after* has lost of the enrollments of students in *before*."""
    gone = dict(_enrolled_students(before))
    rows_before = Counter(gone.values())
    present = set[YearGroup]()
    for row, year in _enrolled_students(after):
        present.add(year)
        gone.pop(row, None)
    goes_on = {row[0] for row in rows_of("classes.csv", after)}
    taken_out = Counter(year for (class_id, _), year in gone.items() if class_id in goes_on)
    return YearLosses(rows_before, Counter(gone.values()), taken_out, present)
