"""What breaks a rule of SDS is never written, and what is written pleases SDS."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.sds import check_files
from sync.errors import RosterInvalid
from sync.roster.grades import GRADES
from sync.sds import rules
from sync.sds.csvtext import decode
from sync.sds.tables import COLUMNS, WIDEST, Row

CLASS = "9990001-2026-301"
SOUND: Mapping[str, list[Row]] = {
    "orgs.csv": [("9990001", "Northbank School", "school")],
    "users.csv": [
        ("9990001-P1", "p1@northbank.example", "", ""),
        ("9990001-T41", "t41@northbank.example", "Ida", "Vale"),
    ],
    "roles.csv": [
        ("9990001-P1", "9990001", "student", "08", "TRUE"),
        ("9990001-T41", "9990001", "teacher", "", "TRUE"),
    ],
    "classes.csv": [(CLASS, "9990001", "8A-Ph1")],
    "enrollments.csv": [
        (CLASS, "9990001-P1", "student"),
        (CLASS, "9990001-T41", "teacher"),
    ],
}
YEAR = "9990001-2026"
COURSE = "9990001-course-21"
WIDER: Mapping[str, list[Row]] = {
    **SOUND,
    "academicSessions.csv": [
        (YEAR, "2026-27", "schoolYear", "2026", "2026-09-03", "2027-07-09"),
        (f"{YEAR}-term-31", "Autumn", "term", "2026", "2026-09-03", "2026-12-11"),
    ],
    "courses.csv": [(COURSE, "9990001", "Physics", "Ph")],
    "classes.csv": [(CLASS, "9990001", "8A-Ph1", YEAR, COURSE)],
}
DAY = "is not a day, written as 2026-09-01"
FORM = "is not in the form that SDS takes"
UNSAFE = "has a control character, a blank at an end, or would be a formula"
TWICE = "is used twice, or the rows are not sorted"
UNKNOWN = "is not a value that SDS knows"


def test_sound_rows_are_written_as_they_are() -> None:
    """Nothing is changed on the way, and the oracle finds no fault."""
    files = rules.files(SOUND)

    assert {name: list(decode(name, files[name], COLUMNS[name])) for name in files} == SOUND
    assert check_files(files) == []


def test_no_rows_at_all_are_five_headers() -> None:
    """The same files every time, header only when empty."""
    files = rules.files(dict.fromkeys(COLUMNS, ()))

    assert files == {
        name: (",".join(columns) + "\r\n").encode() for name, columns in COLUMNS.items()
    }


def test_sound_rows_of_all_seven_files_are_written_as_they_are() -> None:
    """Sessions and courses too, and a class may refer to neither."""
    other = ("9990001-2026-302", "9990001", "8B-Ph1", "", "")
    rows = {**WIDER, "classes.csv": [*WIDER["classes.csv"], other]}

    files = rules.files(rows)

    assert {name: list(decode(name, files[name], WIDEST[name])) for name in files} == rows
    assert list(files) == list(WIDEST)
    assert check_files(files) == []


@pytest.mark.parametrize("name", ["academicSessions.csv", "courses.csv"])
def test_a_class_is_written_with_the_one_reference_that_was_asked_for(name: str) -> None:
    """Its column comes fourth then, whichever it is, and leads to the right file."""
    place = 3 if name == "academicSessions.csv" else 4
    (row,) = WIDER["classes.csv"]
    rows = {**SOUND, name: WIDER[name], "classes.csv": [(*row[:3], row[place])]}

    assert check_files(rules.files(rows)) == []
    rows["classes.csv"] = [(*row[:3], row[7 - place])]
    with pytest.raises(RosterInvalid, match=rf"classes.csv row 1: .* is not in {name}"):
        rules.files(rows)


BREAKS: list[tuple[str, Row, str, str]] = [
    # file, a row put after the sound ones, the column, what is told
    ("orgs.csv", ("9990 002", "Hillside", "school"), "sourcedId", FORM),
    ("orgs.csv", ("9990002", "", "school"), "name", "is blank"),
    ("orgs.csv", ("9990002", "=Hillside", "school"), "name", UNSAFE),
    ("orgs.csv", ("9990002", "Hillside", "trust"), "type", UNKNOWN),
    ("users.csv", ("9990001-T42 ", "t42@northbank.example", "", ""), "sourcedId", UNSAFE),
    ("users.csv", ("9990001-T42,", "t42@northbank.example", "", ""), "sourcedId", FORM),
    ("users.csv", ("9990001-T" + "4" * 248, "x@y.example", "", ""), "sourcedId", "is too long"),
    ("users.csv", ("9990001-T41", "t42@northbank.example", "", ""), "sourcedId", TWICE),
    ("users.csv", ("9990001-A", "t42@northbank.example", "", ""), "sourcedId", TWICE),
    ("users.csv", ("9990001-T42", "", "", ""), "username", "is blank"),
    ("users.csv", ("9990001-T42", "t41@northbank.example", "", ""), "username", "is used twice"),
    ("users.csv", ("9990001-T42", "T42@northbank.example", "", ""), "username", FORM),
    ("users.csv", ("9990001-T42", "é@northbank.example", "", ""), "username", FORM),
    ("users.csv", ("9990001-T42", "secret", "", ""), "username", FORM),
    (
        "users.csv",
        ("9990001-T42", "t" * 65 + "@x.example", "", ""),
        "username",
        "is not in the form",
    ),
    ("users.csv", ("9990001-T42", "t42@x.example", "secret\n", ""), "givenName", UNSAFE),
    ("users.csv", ("9990001-T42", "t42@x.example", "Ida", " secret"), "familyName", UNSAFE),
    ("roles.csv", ("secret", "9990001", "teacher", "", "TRUE"), "userSourcedId", "users.csv"),
    ("roles.csv", ("9990001-T41", "secret", "teacher", "", "TRUE"), "orgSourcedId", "orgs.csv"),
    ("roles.csv", ("9990001-T41", "9990001", "Teacher", "", "TRUE"), "role", UNKNOWN),
    ("roles.csv", ("9990001-T41", "9990001", "teacher", "8", "TRUE"), "grade", UNKNOWN),
    ("roles.csv", ("9990001-T41", "9990001", "teacher", "", "true"), "isPrimary", UNKNOWN),
    ("roles.csv", ("9990001-T41", "9990001", "teacher", "09", "TRUE"), "userSourcedId", TWICE),
    ("classes.csv", ("9990001-2026_302", "9990001", "8A"), "sourcedId", FORM),
    ("classes.csv", ("9990001-2026-" + "3" * 35, "9990001", "8A"), "sourcedId", FORM),
    ("classes.csv", ("9990001-2026-3..2", "9990001", "8A"), "sourcedId", FORM),
    ("classes.csv", ("9990001-2026-302.", "9990001", "8A"), "sourcedId", FORM),
    ("classes.csv", ("9990001-2026-302", "9990002", "8A"), "orgSourcedId", "orgs.csv"),
    ("classes.csv", ("9990001-2026-302", "9990001", ""), "title", "is blank"),
    ("classes.csv", ("9990001-2026-302", "9990001", "8A/secret"), "title", FORM),
    ("classes.csv", ("9990001-2026-302", "9990001", "8A & secret"), "title", FORM),
    ("classes.csv", ("9990001-2026-302", "9990001", "8" * 121), "title", "is too long"),
    ("classes.csv", (CLASS, "9990001", "8A"), "sourcedId", TWICE),
    ("enrollments.csv", ("secret", "9990001-P1", "student"), "classSourcedId", "classes.csv"),
    ("enrollments.csv", (CLASS, "secret", "student"), "userSourcedId", "users.csv"),
    ("enrollments.csv", (CLASS, "9990001-T41", "owner"), "role", UNKNOWN),
    ("enrollments.csv", (CLASS, "9990001-T41", "student"), "classSourcedId", TWICE),
    ("enrollments.csv", (CLASS, "9990001-P1", "student"), "classSourcedId", TWICE),
]


_TERM = f"{YEAR}-term-32"
_AUTUMN = "Autumn", "term", "2026", "2026-09-03", "2026-12-11"
WIDER_BREAKS: list[tuple[str, Row, str, str]] = [
    ("academicSessions.csv", (f"{YEAR}_2", *_AUTUMN), "sourcedId", FORM),
    ("academicSessions.csv", (YEAR, *_AUTUMN), "sourcedId", TWICE),
    ("academicSessions.csv", (_TERM, "", *_AUTUMN[1:]), "title", "is blank"),
    ("academicSessions.csv", (_TERM, "=secret", *_AUTUMN[1:]), "title", UNSAFE),
    ("academicSessions.csv", (_TERM, "Autumn", "Term", *_AUTUMN[2:]), "type", UNKNOWN),
    ("academicSessions.csv", (_TERM, "Autumn", "semester", *_AUTUMN[2:]), "type", UNKNOWN),
    ("academicSessions.csv", (_TERM, *_AUTUMN[:2], "2026-27", *_AUTUMN[3:]), "schoolYear", FORM),
    ("academicSessions.csv", (_TERM, *_AUTUMN[:2], "", *_AUTUMN[3:]), "schoolYear", "is blank"),
    ("academicSessions.csv", (_TERM, *_AUTUMN[:3], "", "2026-12-11"), "startDate", DAY),
    ("academicSessions.csv", (_TERM, *_AUTUMN[:3], "20260903", "2026-12-11"), "startDate", DAY),
    ("academicSessions.csv", (_TERM, *_AUTUMN[:3], "2026-W36-4", "2026-12-11"), "startDate", DAY),
    ("academicSessions.csv", (_TERM, *_AUTUMN[:4], "2027-02-29"), "endDate", DAY),
    ("academicSessions.csv", (_TERM, *_AUTUMN[:4], "2026-09-02"), "endDate", "is before the day"),
    ("courses.csv", ("9990001-course_22", "9990001", "Maths", "Ma"), "sourcedId", FORM),
    ("courses.csv", (COURSE, "9990001", "Maths", "Ma"), "sourcedId", TWICE),
    ("courses.csv", (f"{COURSE}2", "secret", "Maths", "Ma"), "orgSourcedId", "orgs.csv"),
    ("courses.csv", (f"{COURSE}2", "9990001", "", "Ma"), "title", "is blank"),
    ("courses.csv", (f"{COURSE}2", "9990001", "M" * 257, "Ma"), "title", "is too long"),
    ("courses.csv", (f"{COURSE}2", "9990001", "Maths", ""), "code", "is blank"),
    ("courses.csv", (f"{COURSE}2", "9990001", "Maths", "+secret"), "code", UNSAFE),
    ("classes.csv", (f"{CLASS}2", "9990001", "8B", "secret", ""), "sessionSourcedIds",
     "academicSessions.csv"),
    ("classes.csv", (f"{CLASS}2", "9990001", "8B", f"{YEAR},{YEAR}", ""), "sessionSourcedIds",
     "academicSessions.csv"),
    ("classes.csv", (f"{CLASS}2", "9990001", "8B", "", "secret"), "courseSourcedId", "courses.csv"),
    ("classes.csv", (f"{CLASS}2", "", "8B", "", ""), "orgSourcedId", "orgs.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "row", "column", "told"), [*BREAKS, *WIDER_BREAKS])
def test_a_row_that_breaks_a_rule_stops_everything(
    file: str, row: Row, column: str, told: str
) -> None:
    """No file is written; the message names file, row and column, and no cell."""
    wide = (file, row, column, told) in WIDER_BREAKS
    tables = WIDER if wide else SOUND
    rows = {name: [*sound, *([row] if name == file else [])] for name, sound in tables.items()}

    with pytest.raises(RosterInvalid) as caught:
        rules.files(rows)

    number = len(tables[file]) + 1
    assert str(caught.value).startswith(f"{file} row {number}: {column} ")
    assert told in str(caught.value)
    assert caught.value.facts == {"file": file, "row": number, "column": column}
    assert not any(cell in str(caught.value) for cell in row if len(cell) > 5 and cell != "teacher")


def test_nobody_is_enrolled_twice_in_one_class() -> None:
    """Not even as teacher and student: a team has them as owner or as member."""
    rows = dict(SOUND)
    rows["enrollments.csv"] = [(CLASS, "9990001-P1", "student"), (CLASS, "9990001-P1", "teacher")]

    with pytest.raises(RosterInvalid, match=r"enrollments.csv row 2: classSourcedId is used twice"):
        rules.files(rows)


def test_limits_are_met_exactly() -> None:
    """A class id of 47, a title of 120, a cell of 256, an address of 64 and 48 fit."""
    rows: dict[str, list[Row]] = {
        "orgs.csv": [("9990001", "N" * rules.CELL_LIMIT, "school")],
        "users.csv": [("9990001-P1", "p" * 64 + "@" + "x" * 40 + ".example", "", "")],
        "roles.csv": [("9990001-P1", "9990001", "student", "08", "FALSE")],
        "classes.csv": [("9990001-2026-" + "3" * 34, "9990001", "8" * 120)],
        "enrollments.csv": [("9990001-2026-" + "3" * 34, "9990001-P1", "student")],
    }

    assert check_files(rules.files(rows)) == []


@pytest.mark.parametrize("class_id", ["9990001-2026-" + "3" * 35, "8A..2", "8A."])
def test_a_class_id_that_was_once_taken_is_carried_on_and_never_made(class_id: str) -> None:
    """SDS holds the class under it, until its school is read again."""
    rows: dict[str, list[Row]] = {
        **SOUND,
        "classes.csv": [(class_id, "9990001", "8A")],
        "enrollments.csv": [(class_id, "9990001-P1", "student")],
    }

    assert class_id.encode() in rules.files(rows, sealed_before=True)["classes.csv"]
    with pytest.raises(RosterInvalid, match=r"classes.csv row 1: sourcedId is not in the form"):
        rules.files(rows)


def test_a_grade_of_the_tenants_own_is_taken_where_it_is_told() -> None:
    """A tenant may add codes to its value list; elsewhere the same code is a break."""
    rows = dict(SOUND)
    rows["roles.csv"] = [("9990001-P1", "9990001", "student", "Year 8", "TRUE")]

    assert b"Year 8" in rules.files(rows, {"Year 8"})["roles.csv"]
    with pytest.raises(RosterInvalid, match=r"roles.csv row 1: grade is not a value"):
        rules.files(rows)


WORDS = st.text("aB1.-_@ =+&/'é\t", max_size=6) | st.text(max_size=4)


def _ids(form: str) -> st.SearchStrategy[list[str]]:
    known = st.from_regex(form, fullmatch=True) | st.sampled_from(("9990001-P1", CLASS))
    return st.lists(known, max_size=3, unique=True).map(sorted)


@st.composite
def _nearly_sound(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Rows of the right width whose cells are often right, and often enough not."""
    orgs = draw(_ids(r"[A-Z0-9.-]{1,3}")) or ["9990001"]
    users, classes = draw(_ids(r"[A-Za-z0-9_.'-]{1,3}")), draw(_ids(r"[A-Za-z0-9.-]{1,4}"))
    address = st.from_regex(r"[a-z0-9_.'+-]{1,3}@[a-z0-9]\.example", fullmatch=True) | WORDS
    role, flag = st.sampled_from(("student", "teacher")), st.sampled_from(("TRUE", "FALSE"))
    grade = st.sampled_from([*sorted(GRADES), ""])
    org = st.sampled_from(orgs)
    made: dict[str, list[Row]] = {
        "orgs.csv": [(org_id, draw(WORDS) or "School", "school") for org_id in orgs],
        "users.csv": [(user_id, draw(address), draw(WORDS), draw(WORDS)) for user_id in users],
        "roles.csv": [
            (user_id, draw(org), draw(role), draw(grade), draw(flag)) for user_id in users
        ],
        "classes.csv": [(class_id, draw(org), draw(WORDS)) for class_id in classes],
        "enrollments.csv": [
            (class_id, user, draw(role))
            for class_id in classes
            for user in users
            if draw(st.booleans())
        ],
    }
    sessions, courses = draw(st.booleans()), draw(st.booleans())
    day = st.sampled_from(("2026-09-03", "2026-12-11", "20270709", ""))
    kind = st.sampled_from(("schoolYear", "term"))
    if sessions:
        made["academicSessions.csv"] = [
            (record_id, draw(WORDS), draw(kind), "2026", draw(day), draw(day))
            for record_id in draw(_ids(r"[A-Z0-9.-]{1,3}"))
        ]
    if courses:
        made["courses.csv"] = [
            (record_id, draw(org), draw(WORDS), draw(WORDS))
            for record_id in draw(_ids(r"[A-Z0-9.-]{1,3}"))
        ]
    made["classes.csv"] = [
        (
            *row,
            *([draw(_one_of(made["academicSessions.csv"]))] if sessions else []),
            *([draw(_one_of(made["courses.csv"]))] if courses else []),
        )
        for row in made["classes.csv"]
    ]
    return made


def _one_of(rows: list[Row]) -> st.SearchStrategy[str]:
    return st.sampled_from(["", "x", *(row[0] for row in rows)])


@settings(max_examples=300)
@given(_nearly_sound())
def test_what_the_rules_take_sds_takes_without_a_word(rows: dict[str, list[Row]]) -> None:
    """A set of files is refused by us, or the oracle finds no fault in it at all."""
    try:
        files = rules.files(rows)
    except RosterInvalid:
        return

    assert check_files(files) == []


@pytest.mark.parametrize("number", [2, 999, 1_000, 1_001, 2_500])
@pytest.mark.parametrize(
    ("change", "column", "fault"),
    [
        (lambda row, _: (row[0], "9990001-P0", row[2]), "userSourcedId", "is not in users.csv"),
        (lambda row, _: (*row[:2], "owner"), "role", UNKNOWN),
        (lambda _, before: before, "classSourcedId", TWICE),
    ],
)
def test_one_wrong_row_of_thousands_is_named(
    number: int, change: Callable[[Row, Row], Row], column: str, fault: str
) -> None:
    """Rows are judged a thousand at a time, and told of one by one."""
    users = [f"9990001-P{n}" for n in range(10_000, 13_000)]
    rows: list[Row] = [(CLASS, user, "student") for user in users]
    rows[number - 1] = change(rows[number - 1], rows[number - 2])
    roster: Mapping[str, list[Row]] = {
        **SOUND,
        "users.csv": [(user, f"p{user[9:]}@northbank.example", "", "") for user in users],
        "roles.csv": [(user, "9990001", "student", "08", "TRUE") for user in users],
        "enrollments.csv": rows,
    }

    with pytest.raises(RosterInvalid) as caught:
        rules.files(roster)

    assert f"enrollments.csv row {number}: {column} {fault}" in str(caught.value)
