"""The shape of SDS v2.1, as `sds.tables` writes it."""

from __future__ import annotations

import pytest

from simulators.sds.formats import FORMATS, V2_1_CODE
from sync.roster import Org, Roster, SchoolClass, User
from sync.sds import tables

ROSTER = Roster(
    Org("9990001", "Northbank School"),
    (
        User("9990001-P1", "p1@northbank.example", "student", "08", "Sam", "Osei"),
        User("9990001-T41", "t41@northbank.example", "teacher"),
    ),
    (
        SchoolClass("9990001-2026-301", "8A Ph", ("9990001-T41",), ("9990001-P1",)),
        SchoolClass("9990001-2026-302", "8B Ph", (), ("9990001-P1",)),
    ),
)


def test_a_roster_becomes_five_tables() -> None:
    """One org, every user with one role, every class with all that are in it; in id order."""
    assert {name: list(rows) for name, rows in tables.rows(ROSTER).items()} == {
        "orgs.csv": [("9990001", "Northbank School", "school")],
        "users.csv": [
            ("9990001-P1", "p1@northbank.example", "Sam", "Osei"),
            ("9990001-T41", "t41@northbank.example", "", ""),
        ],
        "roles.csv": [
            ("9990001-P1", "9990001", "student", "08", "TRUE"),
            ("9990001-T41", "9990001", "teacher", "", "TRUE"),
        ],
        "classes.csv": [
            ("9990001-2026-301", "9990001", "8A Ph"),
            ("9990001-2026-302", "9990001", "8B Ph"),
        ],
        "enrollments.csv": [
            ("9990001-2026-301", "9990001-P1", "student"),
            ("9990001-2026-301", "9990001-T41", "teacher"),
            ("9990001-2026-302", "9990001-P1", "student"),
        ],
    }


def test_every_file_is_always_there() -> None:
    """A file that is missing empties in SDS what it held before: header only is not missing."""
    empty = Roster(Org("9990001", "Northbank School"), (), ())

    assert tables.rows(empty).keys() == tables.COLUMNS.keys()


def test_columns_are_those_of_sds_and_none_that_it_needs_is_left_out() -> None:
    """Header names are SDS's own, to the letter."""
    known = {one.file: one for one in FORMATS[V2_1_CODE]}

    for name, columns in tables.COLUMNS.items():
        assert set(columns) <= {column.name for column in known[name].columns}
        assert {c.name for c in known[name].columns if c.required} <= set(columns)


@pytest.mark.parametrize(
    ("year", "grade"),
    [
        (None, ""),
        (-3, "Other"),
        (-2, "PR"),
        (-1, "PK"),
        (0, "KG"),
        (1, "01"),
        (9, "09"),
        (10, "10"),
        (13, "13"),
        (14, "Other"),
        (17, "Other"),
    ],
)
def test_nc_years_become_grades(year: int | None, grade: str) -> None:
    """The default mapping, at its edges; each is a code that every tenant has."""
    assert tables.grade(year, {}) == grade
    assert grade in tables.GRADES | {""}


def test_the_tenants_own_grade_codes_come_first() -> None:
    """A mapping in the settings wins, and only for its years."""
    assert tables.grade(14, {14: "14"}) == "14"
    assert tables.grade(8, {8: "Year 8"}) == "Year 8"
    assert tables.grade(9, {8: "Year 8"}) == "09"
    assert tables.grade(None, {8: "Year 8"}) == ""
