"""What is wrong in the data, as counts for logs and as records for people."""

from __future__ import annotations

import re

from sync.roster import findings
from sync.roster.finding_codes import FindingCode
from sync.roster.findings import Finding, harm
from sync.roster.model import Org, Roster, SchoolClass, User
from tests.unit.schools import built


def test_counts_are_by_code_and_name_nobody() -> None:
    """What status and logs show is a number per code."""
    listed = [
        Finding(FindingCode.SET_WITHOUT_PUPILS, "Set 301", "8A"),
        Finding(FindingCode.PUPIL_BAD_EMAIL, "Pupil 2", "Sam Osei"),
        Finding(FindingCode.SET_WITHOUT_PUPILS, "Set 302", "8B"),
    ]

    assert list(findings.counts_by_code(listed).items()) == [
        ("pupil-bad-email", 1),
        ("set-without-pupils", 2),
    ]


def test_two_misspelt_settings_are_told_in_one_order() -> None:
    """Findings that differ in the name alone have their order too, in every process."""
    made = built(excluded_subjects="z9,a1,m5,b2,x8,c3")

    assert [finding.name for finding in made.findings] == ["a1", "b2", "c3", "m5", "x8", "z9"]


def test_a_roster_counts_its_people_classes_and_enrollments() -> None:
    """The counts of a set's manifest: rows by role."""
    roster = Roster(
        Org("9990001", "Northbank School"),
        (User("a", "a@x.example", "student"), User("b", "b@x.example", "teacher")),
        (SchoolClass("c", "8A", ("b",), ("a",)), SchoolClass("d", "8B", ("b",), ())),
    )

    assert roster.counts() == {"students": 1, "teachers": 1, "classes": 2, "enrollments": 3}


def test_what_is_left_out_hurts_more_than_what_is_kept() -> None:
    """Where only some can be shown, nobody misses a class or a person for a tidied title."""
    lost = {
        code for code in FindingCode if re.match(r"Left out|Everyone|Both are left", code.advice)
    }
    least = max(map(harm, FindingCode))

    assert lost
    assert {code for code in lost if harm(code) == least} == set()
    assert harm(FindingCode.SET_WITHOUT_TEACHER) < harm(FindingCode.PUPIL_WITHOUT_EMAIL) < least
