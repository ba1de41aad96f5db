"""The shape of SDS v2.1, as `sds.tables` writes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from simulators.sds import check_files
from simulators.sds.formats import FORMATS, V2_1_CODE
from sync.roster import grades
from sync.roster.model import Course, Org, Roster, SchoolClass, Session, User
from sync.sds import rules, tables

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


SESSIONS = (
    Session("9990001-2026", "2026-27", "schoolYear", 2026, date(2026, 9, 3), date(2027, 7, 9)),
    Session("9990001-2026-term-31", "Autumn", "term", 2026, date(2026, 9, 3), date(2026, 12, 11)),
)
COURSES = (Course("9990001-course-21", "Physics", "Ph", "21"),)


def asking(*, sessions: bool, courses: bool) -> Roster:
    """Return the roster of a profile that asks for these; its first class is in physics."""
    first, second = ROSTER.classes
    return replace(
        ROSTER,
        classes=(replace(first, subject_id="21"), second),
        sessions=SESSIONS if sessions else None,
        courses=COURSES if courses else None,
    )


def test_a_roster_becomes_five_tables() -> None:
    """One org, every user with one role, every class with all that are in it; in id order."""
    assert {name: list(rows) for name, rows in tables.roster_rows(ROSTER).items()} == {
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


def test_who_asks_for_nothing_gets_the_five_files_byte_for_byte() -> None:
    """What SDS holds of every school from before: a byte more would be another delivery."""
    assert rules.files(tables.roster_rows(asking(sessions=False, courses=False))) == {
        "orgs.csv": b"sourcedId,name,type\r\n9990001,Northbank School,school\r\n",
        "users.csv": (
            b"sourcedId,username,givenName,familyName\r\n"
            b"9990001-P1,p1@northbank.example,Sam,Osei\r\n"
            b"9990001-T41,t41@northbank.example,,\r\n"
        ),
        "roles.csv": (
            b"userSourcedId,orgSourcedId,role,grade,isPrimary\r\n"
            b"9990001-P1,9990001,student,08,TRUE\r\n"
            b"9990001-T41,9990001,teacher,,TRUE\r\n"
        ),
        "classes.csv": (
            b"sourcedId,orgSourcedId,title\r\n"
            b"9990001-2026-301,9990001,8A Ph\r\n"
            b"9990001-2026-302,9990001,8B Ph\r\n"
        ),
        "enrollments.csv": (
            b"classSourcedId,userSourcedId,role\r\n"
            b"9990001-2026-301,9990001-P1,student\r\n"
            b"9990001-2026-301,9990001-T41,teacher\r\n"
            b"9990001-2026-302,9990001-P1,student\r\n"
        ),
    }


@pytest.mark.parametrize(("sessions", "courses"), list(product((False, True), repeat=2)))
def test_each_request_is_a_file_and_a_column_of_classes(*, sessions: bool, courses: bool) -> None:
    """Either, both or neither; nothing else changes, and the oracle finds no fault."""
    files = rules.files(tables.roster_rows(asking(sessions=sessions, courses=courses)))

    plain = rules.files(tables.roster_rows(ROSTER))
    header = ["sourcedId", "orgSourcedId", "title"]
    cells = [["9990001-2026-301", "9990001", "8A Ph"], ["9990001-2026-302", "9990001", "8B Ph"]]
    if sessions:
        header.append("sessionSourcedIds")
        cells = [[*row, "9990001-2026"] for row in cells]
        assert files.pop("academicSessions.csv") == (
            b"sourcedId,title,type,schoolYear,startDate,endDate\r\n"
            b"9990001-2026,2026-27,schoolYear,2026,2026-09-03,2027-07-09\r\n"
            b"9990001-2026-term-31,Autumn,term,2026,2026-09-03,2026-12-11\r\n"
        )
    if courses:
        header.append("courseSourcedId")
        cells = [[*cells[0], "9990001-course-21"], [*cells[1], ""]]
        assert files.pop("courses.csv") == (
            b"sourcedId,orgSourcedId,title,code\r\n9990001-course-21,9990001,Physics,Ph\r\n"
        )
    lines = "".join(",".join(row) + "\r\n" for row in [header, *cells])
    assert files == plain | {"classes.csv": lines.encode()}
    assert (
        check_files(rules.files(tables.roster_rows(asking(sessions=sessions, courses=courses))))
        == []
    )


def test_references_are_to_files_before() -> None:
    """The order of the files is the order in which they are written, checked and uploaded."""
    assert list(tables.WIDEST) == [
        "orgs.csv",
        "academicSessions.csv",
        "courses.csv",
        "users.csv",
        "roles.csv",
        "classes.csv",
        "enrollments.csv",
    ]
    assert tables.columns(()) == tables.COLUMNS
    assert list(tables.columns(["courses.csv", "findings.json"])) == [
        "orgs.csv",
        "courses.csv",
        *list(tables.COLUMNS)[1:],
    ]


def test_a_roster_counts_what_it_was_asked_for() -> None:
    """Only that: a profile that asks for nothing has the counts it always had."""
    asked = asking(sessions=True, courses=True).counts()

    assert asked == ROSTER.counts() | {"sessions": 2, "courses": 1}


def test_every_file_is_always_there() -> None:
    """A file that is missing empties in SDS what it held before: header only is not missing."""
    empty = Roster(Org("9990001", "Northbank School"), (), ())

    assert tables.roster_rows(empty).keys() == tables.COLUMNS.keys()


def test_columns_are_those_of_sds_and_none_that_it_needs_is_left_out() -> None:
    """Header names are SDS's own, to the letter."""
    known = {known_format.file: known_format for known_format in FORMATS[V2_1_CODE]}

    for name, columns in tables.WIDEST.items():
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
    assert grades.grade(year, {}) == grade
    assert grade in grades.GRADES | {""}


def test_the_tenants_own_grade_codes_come_first() -> None:
    """A mapping in the settings wins, and only for its years."""
    assert grades.grade(14, {14: "14"}) == "14"
    assert grades.grade(8, {8: "Year 8"}) == "Year 8"
    assert grades.grade(9, {8: "Year 8"}) == "09"
    assert grades.grade(None, {8: "Year 8"}) == ""
