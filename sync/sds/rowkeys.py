"""What says which row is which, of which school and of which year group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
