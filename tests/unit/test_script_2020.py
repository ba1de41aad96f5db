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
RUNS = [(school, name) for school in ("clean", "broken") for name in PROFILES]

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

    def rows(file: str) -> list[list[str]]:
        text = (SAMPLES / f"{school}-{name}" / f"{file}.csv").read_text("utf-8-sig")
        return [line.split(",") for line in text.splitlines()[1:]]

    return Written(rows("users"), rows("classes"), [tuple(row) for row in rows("enrollments")])


@cache
def built(school: str, name: str) -> Built:
    """Return what we make of the same document, with the settings that mean the same."""
    read = read_document([(SAMPLES / f"{school}.xml").read_bytes()])
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
    were = {row[0]: (row[2], row[3], row[7]) for row in theirs.users}
    are = {user.id: (user.username, user.role, user.grade) for user in ours.roster.users}
    for user_id in were.keys() - are.keys():
        yield _why(ours, f"Pupil {user_id}", f"StaffMember {user_id}")
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


def test_the_page_names_each_reason_and_no_other() -> None:
    """Who compares the two sets of files finds each difference there, and nothing that is not."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    table = page.partition("### What is different in the files")[2].partition("\n\nThe README")[0]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if " | " in line]
    met = set[str]().union(*(reasons(*run) for run in RUNS))

    assert rows[0] == "|"
    assert set(rows[1:]) == met | {FILES, "a subject in no department"}
