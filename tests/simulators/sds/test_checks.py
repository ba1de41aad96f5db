"""The checks of files by themselves, as other tests use them for an oracle."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

import pytest

from simulators.sds import Level, check_files
from simulators.sds.checks import check
from tests.simulators.sds.sender import lines, school


def codes(files: Mapping[str, bytes]) -> list[tuple[Level, str, str]]:
    return [(fault.level, fault.code, fault.key) for fault in check_files(files)]


def edited(file: str, old: str, new: str) -> dict[str, bytes]:
    files = school()
    assert old.encode() in files[file]
    return files | {file: files[file].replace(old.encode(), new.encode(), 1)}


ERROR, WARNING = Level.ERROR, Level.WARNING


def test_a_sound_school_has_no_fault() -> None:
    """What the reference recommends passes without a word."""
    assert check_files(school(30, sets=4)) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (edited("orgs.csv", ",school", ",School"), []),
        (edited("roles.csv", ",09", ",9"), []),
        (edited("roles.csv", ",09", ",Year 9"), [(WARNING, "InvalidOrMissingReferenceCode")]),
        (
            edited("roles.csv", "teacher,", "wizard,"),
            [(ERROR, "InvalidOrMissingReferenceCode")],
        ),
        (edited("roles.csv", "p0,o1", "p9,o1"), [(ERROR, "ReferenceNotFound")]),
        (
            edited("enrollments.csv", ",teacher", ",aide"),
            [(ERROR, "InvalidOrMissingReferenceCode")],
        ),
        (edited("enrollments.csv", "c0,p0", "c9,p0"), [(ERROR, "ReferenceNotFound")]),
        (edited("enrollments.csv", "c0,p1", "c0,p0"), [(WARNING, "DuplicateRow")]),
        (
            edited("classes.csv", "Set 0", " "),
            [(ERROR, "RequiredValueMissing"), *[(ERROR, "ReferenceNotFound")] * 4],
        ),
        (
            edited("classes.csv", "Set 0", '"Set\n0"'),
            [(ERROR, "LineBreakInValue"), *[(ERROR, "ReferenceNotFound")] * 4],
        ),
        (edited("classes.csv", "Set 0", "9A/Ma1"), [(WARNING, "UnsupportedTitle")]),
        (
            edited("classes.csv", "Set 0", "Set 0,extra"),
            [(ERROR, "InvalidRow"), *[(ERROR, "ReferenceNotFound")] * 4],
        ),
        (
            edited("users.csv", "p1@fern", "P0@fern"),
            [(ERROR, "DuplicateValue"), *[(ERROR, "ReferenceNotFound")] * 2],
        ),
        (
            edited("users.csv", "p1,p1", "p0,p1"),
            [(ERROR, "DuplicateRow"), *[(ERROR, "ReferenceNotFound")] * 2],
        ),
    ],
)
def test_each_rule_of_the_run(files: dict[str, bytes], expected: list[tuple[Level, str]]) -> None:
    """Errors drop rows and whatever hangs on them, warnings drop values."""
    found = [(level, code) for level, code, _ in codes(files)]

    assert found == expected


def test_a_column_nobody_knows_is_told_of() -> None:
    """Whether SDS minds is unknown, so it is a warning; the samples' `password` is known."""
    users = lines("sourcedId,username,password,shoe", "t1,t1,,7", "p0,p0,,", "p1,p1,,", "p2,p2,,")
    faults = check_files(school() | {"users.csv": users})

    assert [(fault.code, fault.column) for fault in faults] == [("UnknownHeader", "shoe")]


def test_without_its_org_everything_falls() -> None:
    """The cascade goes from orgs over classes and roles to enrollments."""
    files = edited("orgs.csv", ",school", ",castle")
    faults = check_files(files)

    assert {fault.file for fault in faults} == {
        "orgs.csv",
        "roles.csv",
        "classes.csv",
        "enrollments.csv",
    }
    assert len(faults) == 1 + 4 + 1 + 4


def test_a_fault_says_where() -> None:
    """File, record counted from the header as 1, key and column."""
    (fault,) = check_files(edited("enrollments.csv", "c0,p0,student", "c0,p0,king"))

    assert (fault.file, fault.line, fault.key, fault.column) == (
        "enrollments.csv",
        3,
        "c0/p0/king",
        "role",
    )


def test_bad_contact_values_are_dropped_not_the_person() -> None:
    """Email and phone are optional: each wrong one is a warning."""
    files = school() | {
        "users.csv": lines(
            "sourcedId,username,email,phone",
            "t1,t1,T1@fern.example,+441632960000",
            "p0,p0,not an address,01632 960000",
            "p1,p1,,",
            "p2,p2,a@b,+0",
        )
    }

    assert [(fault.level, fault.key, fault.column) for fault in check_files(files)] == [
        (WARNING, key, column) for key in ("p0", "p2") for column in ("email", "phone")
    ]


def test_an_org_may_come_before_its_parent() -> None:
    """A reference into the same file may point forward; one that leads nowhere is dropped."""
    orgs = lines(
        "sourcedId,name,type,parentSourcedId",
        "o1,Fernhill,school,o2",
        "o2,Fern Trust,academicTrust,o3",
    )

    assert codes(school() | {"orgs.csv": orgs}) == [(WARNING, "ReferenceNotFound", "o2")]


def test_sessions_and_courses_are_followed() -> None:
    """Optional files count as soon as they are referred to, several ids in one cell too."""
    files = school() | {
        "academicSessions.csv": lines(
            "sourcedId,title,type,schoolYear,startDate,endDate",
            "y1,2026/27,schoolYear,2027,2026-09-01,2027-08-31",
            "y2,Autumn,term,2027,1.9.2026,2026-12-18",
        ),
        "classes.csv": lines(
            "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId",
            'c0,o1,Set 0,"y1,y2",k1',
        ),
    }

    assert codes(files) == [
        (ERROR, "InvalidValue", "y2"),
        (WARNING, "ReferenceNotFound", "c0"),
        (WARNING, "ReferenceNotFound", "c0"),
    ]


def test_each_session_and_course_is_checked_and_takes_its_references_with_it() -> None:
    """What SDS drops is missed by the classes that refer to it: they stay, without it."""
    files = school() | {
        "academicSessions.csv": lines(
            "sourcedId,title,type,schoolYear,startDate,endDate",
            "y1,2026/27,SchoolYear,2026,2026-09-01,2027-08-31",
            "y2,2026/27,year,2026,2026-09-01,2027-08-31",
            "y3,2026/27,term,2026-27,2026-09-01,2027-08-31",
            "y4,,term,2026,2026-09-01,2027-08-31",
            "y5,Autumn,term,2026,2026-09-01,",
            "y6,Autumn,term,2026,20260901,2026-12-11",
            "y7,Autumn,term,2026,2026-09-01,2026-W50-5",
        ),
        "courses.csv": lines(
            "sourcedId,orgSourcedId,title,code",
            "k1,o1,Physics,Ph",
            "k2,o9,Physics,Ph",
            "k3,o1,Physics,",
        ),
        "classes.csv": lines(
            "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId",
            "c0,o1,Set 0,y1,k1",
            "c1,o1,Set 1,y2,k2",
        ),
    }

    assert codes(files) == [
        (ERROR, "InvalidOrMissingReferenceCode", "y2"),
        (ERROR, "InvalidValue", "y3"),
        (ERROR, "RequiredValueMissing", "y4"),
        (ERROR, "RequiredValueMissing", "y5"),
        (ERROR, "InvalidValue", "y6"),
        (ERROR, "InvalidValue", "y7"),
        (ERROR, "RequiredValueMissing", "k3"),
        (ERROR, "ReferenceNotFound", "k2"),
        (WARNING, "ReferenceNotFound", "c1"),
        (WARNING, "ReferenceNotFound", "c1"),
    ]


@pytest.mark.parametrize("class_id", ["c 0", "c..0", "c0.", "x" * 48])
def test_a_class_id_must_make_a_mail_name(class_id: str) -> None:
    """A blank, dots together or at the end, or more than 47 characters: there is no such class."""
    files = school(0) | {
        "classes.csv": lines("sourcedId,orgSourcedId,title", f"{class_id},o1,A", f"{'x' * 47},o1,B")
    }
    files["enrollments.csv"] = files["enrollments.csv"].replace(b"c0,", f"{class_id},".encode())
    checked = check(files)

    assert codes(files) == [(ERROR, "AzureActiveDirectoryInvalidPropertyValue", class_id)]
    assert [row["sourcedId"] for row in checked.rows["classes.csv"]] == ["x" * 47]
    assert checked.rows["enrollments.csv"] == []


def test_a_byte_order_mark_does_no_harm() -> None:
    """Microsoft's page tells schools to save as "CSV UTF-8", which begins with one."""
    marked = {name: codecs.BOM_UTF8 + content for name, content in school(2).items()}

    assert check_files(marked) == []
    assert [fault.code for fault in check_files(marked | {"users.csv": codecs.BOM_UTF8})] == [
        "EmptyFile"
    ]


def test_more_than_a_hundred_owners_are_too_many() -> None:
    """A Microsoft 365 group takes a hundred."""
    teachers = [f"t{n}" for n in range(101)]
    files = school(0) | {
        "users.csv": lines("sourcedId,username", *(f"{t},{t}" for t in teachers)),
        "enrollments.csv": lines(
            "classSourcedId,userSourcedId,role", *(f"c0,{t},teacher" for t in teachers)
        ),
        "roles.csv": lines("userSourcedId,orgSourcedId,role"),
    }

    assert codes(files) == [(ERROR, "TooManyOwners", "c0")]
    assert check(files).rows["classes.csv"] == []
