"""What the 2020 script wrote, beside what we write of the same school, with a reason for each row.

With ID_STYLE=legacy and the same years, subjects, suffix and extra teachers, a school that moves
over keeps its people, classes and enrollments, but for what docs/operations.md names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from sync.isams.batch.reader import read_document
from sync.roster.build import Built, build_roster
from sync.roster.finding_codes import FindingCode
from sync.settings import ProfileSettings
from tests.unit.schools import NORTHBANK, TODAY

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples" / "script-2020"
PROFILES: Mapping[str, Mapping[str, str]] = {
    "all": {"year_groups": "-2-17"},
    "seniors": {
        "year_groups": "7-13",
        "excluded_subjects": "4",
        "suffix": "/2020/21",
        "extra_teachers": "t.1@school.example",
        "service_accounts": "svc-sync@school.example",
    },
    "prep": {"year_groups": "0-6", "included_subjects": "2,3"},
}
RUNS = [(school, name) for school in ("clean", "broken", "unlisted") for name in PROFILES]
# The school `unlisted` is `clean` without Art in any department: sets 3 (Year 9) and 21 (Year 5).
ART = '<Subject Id="5"><Code>S5</Code><Name>Art "Fine"</Name></Subject>'
ART_IN_PREP = "21"
ORGANISATION = "8889999"  # of the script

# What a row of the table in docs/operations.md is called, by the finding that tells of it.
REASONS = {
    FindingCode.SET_WITHOUT_TEACHER: "a set without a teacher",
    FindingCode.SET_UNKNOWN_SUBJECT: "a subject in no department",
    FindingCode.EMAIL_USED_TWICE: "two people with one address",
    FindingCode.STAFF_WITHOUT_EMAIL: "a member of staff without an address",
    FindingCode.PUPIL_WITHOUT_EMAIL: "members who have left, or have no address",
    FindingCode.PUPIL_BAD_EMAIL: "an address that is none",
    FindingCode.STAFF_BAD_EMAIL: "an address that is none",
}
LEFT = "members who have left, or have no address"
OTHER_YEAR = "a pupil of another year in a covered set"
TWICE = "an enrollment that stands twice"
REFUSED = "`/` and other characters that Teams refuses"
BLANKS = "blanks around a code or an address"
CAPITALS = "capital letters in an address"
LONG = "a title longer than Teams takes"
FORMULA = "a title that a spreadsheet would run"
COMMA = "a comma in a title"
FILES = "files"


@dataclass(frozen=True)
class Written:
    """The rows of the script's files, without their headers: a comma makes a field more."""

    users: list[list[str]]
    classes: list[list[str]]
    enrollments: list[tuple[str, ...]]


def written(school: str, name: str) -> Written:
    """Read what the script wrote for *school* with the parameters called *name*."""
    if school == "unlisted":
        return _of_unlisted(name)

    def rows(file: str) -> list[list[str]]:
        text = (SAMPLES / f"{school}-{name}" / f"{file}.csv").read_text("utf-8-sig")
        return [line.split(",") for line in text.splitlines()[1:]]

    return Written(rows("users"), rows("classes"), [tuple(row) for row in rows("enrollments")])


def _of_unlisted(name: str) -> Written:
    """Return what the script makes where Art is in no department.

    It asks departments only for what `-IncludedSubjects` leaves out, so all else is as it was.
    With that, the sets of Art go too: their rows are those that it wrote without it.
    """
    was, every = written("clean", name), written("clean", "all")
    if name != "prep":
        return was
    enrollments = [row for row in every.enrollments if row[0] == ART_IN_PREP]
    teachers = {row[1] for row in enrollments if row[2] == "teacher"} - {
        row[0] for row in was.users
    }
    return Written(
        [*was.users, *(row for row in every.users if row[0] in teachers)],
        [*was.classes, *(row for row in every.classes if row[0] == ART_IN_PREP)],
        [*was.enrollments, *enrollments],
    )


def document(school: str) -> bytes:
    """Return the school as iSAMS answers it."""
    if school != "unlisted":
        return (SAMPLES / f"{school}.xml").read_bytes()
    whole = document("clean")
    assert whole.count(ART.encode()) == 1
    return whole.replace(ART.encode(), b"")


@cache
def built(school: str, name: str) -> Built:
    """Return what we make of the same document, with the settings that mean the same."""
    read = read_document([document(school)])
    profile = ProfileSettings.model_validate({"id_style": "legacy", **PROFILES[name]})
    return build_roster(read, NORTHBANK, profile, 2026, TODAY)


def reasons(school: str, name: str) -> Counter[str]:
    """Return how often each reason explains a difference; raise `KeyError` if none does."""
    ours, theirs = built(school, name), written(school, name)
    return Counter(
        [
            *_of_users(ours, theirs),
            *_of_classes(ours, theirs),
            *_of_enrollments(ours, theirs),
        ]
    )


def _why(ours: Built, *records: str) -> str:
    """Return the reason that a finding about one of *records* gives."""
    codes = {finding.code for finding in ours.findings if finding.record in records}
    return next(REASONS[code] for code in REASONS if code in codes)


def _of_users(ours: Built, theirs: Written) -> Iterator[str]:
    were = {row[0]: (*row[2:4], *row[4:6], row[7]) for row in theirs.users}
    are = {
        user.id: (user.username, user.role, user.family_name, user.given_name, user.grade)
        for user in ours.roster.users
    }
    assert {(row[1], row[6]) for row in theirs.users} == {(ORGANISATION, "")}  # no password, ever
    for user_id in were.keys() - are.keys():
        # Who teaches nothing but what is left out is left out with it.
        taught = [f"Set {row[0]}" for row in theirs.enrollments if row[1:] == (user_id, "teacher")]
        yield _why(ours, f"Pupil {user_id}", f"StaffMember {user_id}", *taught)
    for user_id in are.keys() - were.keys():
        assert are[user_id][1] == "student"
        yield OTHER_YEAR
    for user_id in are.keys() & were.keys():
        assert were[user_id][1:] == are[user_id][1:]
        yield from _of_address(were[user_id][0], are[user_id][0])


def _of_address(was: str, now: str) -> Iterator[str]:
    assert was.strip().lower() == now
    if was != was.strip():
        yield BLANKS
    if was != was.lower():
        yield CAPITALS


def _of_classes(ours: Built, theirs: Written) -> Iterator[str]:
    were = {row[0]: ",".join(row[2:]) for row in theirs.classes}
    are = {kept.id: kept.title for kept in ours.roster.classes}
    assert {row[1] for row in theirs.classes} == {ORGANISATION}
    assert are.keys() <= were.keys()
    for class_id, title in were.items():
        if "," in title:
            yield COMMA
        if class_id not in are:
            yield _why(ours, f"Set {class_id}")
        elif title != are[class_id]:
            yield from _of_title(title, are[class_id])


def _of_title(was: str, now: str) -> Iterator[str]:
    found = [
        (REFUSED, re.search(r'[~"#%*:<>?/\\{|}\[\]&]', was)),
        (BLANKS, was != " ".join(was.split()) or "  " in was),
        (LONG, len(was) > len(now) + 20),
        (FORMULA, was[:1] in "=+-@"),
    ]
    assert any(met for _, met in found), (was, now)
    yield from (reason for reason, met in found if met)


def _of_enrollments(ours: Built, theirs: Written) -> Iterator[str]:
    are = {
        (kept.id, user_id, role)
        for kept in ours.roster.classes
        for role, ids in (("teacher", kept.teacher_ids), ("student", kept.student_ids))
        for user_id in ids
    }
    were = Counter(theirs.enrollments)
    assert are <= were.keys()
    users, classes = {row[0] for row in theirs.users}, {kept.id for kept in ours.roster.classes}
    for row, times in were.items():
        class_id, user_id, _ = row
        if times > 1:
            yield TWICE
        if row in are:
            continue
        if class_id not in classes:
            yield _why(ours, f"Set {class_id}")
        elif user_id not in users:
            yield LEFT
        else:
            yield _why(ours, f"Pupil {user_id}", f"StaffMember {user_id}")


@pytest.mark.parametrize(("school", "name"), RUNS)
def test_every_difference_to_the_script_has_its_reason(school: str, name: str) -> None:
    """A difference that none of the rows explains is a fault, of theirs or of ours."""
    found = reasons(school, name)

    assert found
    if school == "clean":
        assert set(found) == {REFUSED, CAPITALS}
    if school == "unlisted":
        unlisted = {"a subject in no department"} if name != "all" else set[str]()
        assert set(found) == {REFUSED, CAPITALS} | unlisted


def test_the_page_names_each_reason_and_no_other() -> None:
    """Who compares the two sets of files finds each difference there, and nothing that is not."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    table = page.partition("### What is different in the files")[2].partition("\n\nThe README")[0]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if " | " in line]
    met = set[str]().union(*(reasons(*run) for run in RUNS))

    assert rows[0] == "|"
    assert set(rows[1:]) == met | {FILES}
