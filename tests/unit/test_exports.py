"""The school's records as files: every row, every column, every id that joins them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators.isams.documents import METHODS, batch_xml
from simulators.school import InventedSchool, invent, shuffled
from sync.exports.columns import MANY, TellsOf
from sync.exports.files import DATASETS_JSON, Exported, export_school
from sync.exports.tables import tables
from sync.isams.batch.reader import read_document
from sync.isams.datasets import EXTRAS, LESSONS, Wanted
from sync.isams.school import Building, Employee, School, Subject
from sync.settings import SchoolSettings
from sync.settings.export_kinds import DATASETS, LESSON_COLUMNS
from sync.steps.needs import datasets_of_files
from sync.texts import is_unsafe, of_cell
from tests.canaries import found_in
from tests.unit.schools import NORTHBANK, school

AT = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
INVENTED = invent(150)
NAMED = {"employees.csv", "pupils.csv"}

type Rows = set[tuple[str, ...]]


@cache
def read(seed: int = 1, *, quirks: bool = True) -> School:
    """Return everything of an invented school, as the Batch API tells it."""
    return reading(invent(150, seed=seed, quirks=quirks))


def reading(invented: InventedSchool) -> School:
    return read_document(
        batch_xml(invented, METHODS), Wanted(besides=frozenset(EXTRAS), tutors=True)
    )


def northbank(**changes: object) -> SchoolSettings:
    return SchoolSettings.model_validate(NORTHBANK.model_dump(exclude_defaults=True) | changes)


def made(
    read: School, names: Iterable[str] = DATASETS, at: datetime = AT, **changes: object
) -> Exported:
    return export_school(read, northbank(**changes), at, tuple(names))


@cache
def whole() -> Exported:
    """Return every file of the invented school, with everything that is odd in it."""
    return made(read())


def cells(body: bytes) -> list[list[str]]:
    """Return the rows of a file as another program reads them, headings first."""
    return list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))


def rows(of: Exported, name: str) -> Rows:
    """Return what iSAMS said, row by row, without headings."""
    return {tuple(map(of_cell, row)) for row in cells(of.files[f"{name}.csv"])[1:]}


def column(of: Exported, name: str, heading: str) -> list[str]:
    first, *rest = cells(of.files[f"{name}.csv"])
    return [row[first.index(heading)] for row in rest]


# --- Every row --------------------------------------------------------------------------------


def said(*values: object) -> tuple[str, ...]:
    return tuple("" if value is None else str(value).strip() for value in values)


def listed(value: object, known: Mapping[object, object] | Iterable[object]) -> object:
    return value if value in known else None


def several(*ids: object) -> str:
    return MANY.join(dict.fromkeys(str(record_id) for record_id in ids if record_id is not None))


def _timetable(invented: InventedSchool) -> Rows:
    sets = Counter(item.code.strip() for item in invented.sets)
    set_ids = {item.code.strip(): item for item in invented.sets if sets[item.code.strip()] == 1}
    taught = {item.timetable_code: item for item in invented.teaching_forms}
    staff = {item.user_code: item for item in invented.staff}
    rooms = {room.id: room for building in invented.buildings for room in building.classrooms}
    periods = {
        period.id: (week, day, period)
        for week in invented.weeks
        for day in week.days
        for period in day.periods
    }
    subjects = {subject.id: subject.code for subject in invented.subjects}
    lessons: Rows = set()
    for lesson in invented.lessons:
        teaching_set = set_ids.get(lesson.code.strip()) if lesson.for_set else None
        form = None if lesson.for_set else taught.get(lesson.code)
        about = teaching_set or form
        teacher, room = staff.get(lesson.teacher), rooms.get(lesson.room_id)
        week, day, period = periods.get(lesson.period_id, (None, None, None))
        lessons.add(
            said(
                lesson.code,
                teaching_set and teaching_set.id,
                form and form.id,
                about and subjects.get(about.subject_id),
                teacher and teacher.initials,
                teacher and teacher.id,
                period and period.id,
                week and week.name,
                day and day.name,
                period and period.starts,
                period and period.ends,
                room and room.code,
                room and room.id,
            )
        )
    return lessons


TRUTH: Mapping[str, Callable[[InventedSchool], Iterable[tuple[str, ...]]]] = {
    "school": lambda _: [("9990001", "Northbank School", "2026-11-21", "2026", "34", "Autumn")],
    "subjects": lambda invented: (said(s.id, s.code, s.name) for s in invented.subjects),
    "buildings": lambda invented: (said(b.id, b.initials, b.name) for b in invented.buildings),
    "rooms": lambda invented: (
        said(r.id, r.code, r.name, b.id) for b in invented.buildings for r in b.classrooms
    ),
    "year-groups": lambda invented: (
        said(y.id, y.code, y.name, y.tutor_id) for y in invented.years
    ),
    "forms": lambda invented: (said(f.name, f.year, f.tutor_id, f.room_id) for f in invented.forms),
    "academic-houses": lambda invented: (
        said(h.id, h.code, h.name, several(h.master_id, h.assistant_id))
        for h in invented.academic_houses
    ),
    "boarding-houses": lambda invented: (
        said(h.id, h.code, h.name, several(h.master_id, h.assistant_id))
        for h in invented.boarding_houses
    ),
    "divisions": lambda invented: (
        said(d.id, d.code, d.name, several(*d.years)) for d in invented.divisions
    ),
    "terms": lambda invented: (
        said(t.id, t.name, t.school_year, t.starts_on, t.finishes_on) for t in invented.terms
    ),
    "employees": lambda invented: (
        said(
            *(e.id, e.initials, e.title, e.forename, e.surname, e.email),
            "true" if e.teaches else "false",
        )
        for e in invented.staff
    ),
    "pupils": lambda invented: (
        said(
            *(p.school_id, p.school_code, p.forename, p.surname, p.year),
            listed(p.form, {f.name for f in invented.forms}),
            *(p.email, p.academic_house_id, p.boarding_house_id, p.division_id),
            listed(p.tutor_id, invented.employee),
        )
        for p in invented.pupils
    ),
    "sets": lambda invented: (
        said(s.id, s.code, s.name, s.year, listed(s.subject_id, {x.id for x in invented.subjects}))
        for s in invented.sets
    ),
    "set-members": lambda invented: (
        said(row.set_id, row.school_id)
        for row in invented.memberships
        if row.school_id in invented.pupil and row.set_id in invented.teaching_set
    ),
    "set-teachers": lambda invented: (
        said(s.id, t.staff_id)
        for s in invented.sets
        for t in s.teachers
        if t.staff_id in invented.employee
    ),
    "weeks": lambda invented: (
        said(week.name, len(week.days), sum(len(day.periods) for day in week.days))
        for week in invented.weeks
    ),
    "days": lambda invented: (
        said(week.name, d.name, len(d.periods), d.periods[0].starts, d.periods[-1].ends)
        for week in invented.weeks
        for d in week.days
    ),
    "periods": lambda invented: (
        said(p.id, p.name, week.name, day.name, p.starts, p.ends)
        for week in invented.weeks
        for day in week.days
        for p in day.periods
    ),
    "teaching-forms": lambda invented: (
        said(t.id, t.timetable_code, t.form, t.subject_id) for t in invented.teaching_forms
    ),
    "timetable": _timetable,
}


@pytest.mark.parametrize("name", DATASETS)
def test_every_row_is_what_the_school_knows(name: str) -> None:
    """Not a record is missing, none is added, and each cell is what iSAMS says."""
    expected = set(TRUTH[name](INVENTED))

    assert rows(whole(), name) == expected
    assert len(cells(whole().files[f"{name}.csv"])) == len(expected) + 1


def test_what_is_told_is_all_there_is() -> None:
    """The setting's names, the declaration and the files are one list."""
    assert [table.name for table in tables(NORTHBANK)] == list(DATASETS)
    assert list(whole().files) == [*(f"{name}.csv" for name in DATASETS), DATASETS_JSON]
    assert set(TRUTH) == set(DATASETS)


# --- Ids that join them -----------------------------------------------------------------------


@pytest.mark.parametrize("quirks", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_reference_resolves_or_is_blank(seed: int, *, quirks: bool) -> None:
    """Whatever iSAMS refers to and does not list: no cell leads nowhere."""
    files = made(read(seed, quirks=quirks))
    ids = {table.name: set(column(files, table.name, "id")) for table in tables(NORTHBANK)
           if table.columns[0].name == "id"}  # fmt: skip
    astray = [
        (table.name, described.name, record_id)
        for table in tables(NORTHBANK)
        for described in table.columns
        if described.of
        for cell in column(files, table.name, described.name)
        for record_id in cell.split(MANY)
        if record_id and record_id not in ids[described.of]
    ]

    assert astray == []


def test_an_id_stays_where_what_it_means_was_not_read() -> None:
    """Of forms alone the rooms are unknown, and unknown is not gone."""
    alone = read_document(
        batch_xml(INVENTED, METHODS),
        Wanted(besides=datasets_of_files(NORTHBANK, ["forms"]).besides),
    )

    assert alone.rooms is None
    assert rows(made(alone, ["forms"]), "forms") == set(TRUTH["forms"](INVENTED))


def test_a_row_that_joins_nothing_is_left_out() -> None:
    """A set's teacher who has left is not a teacher without an id."""
    written = whole()

    assert "" not in column(written, "set-teachers", "employee_id")
    assert INVENTED.quirks["teacher_not_current"] not in column(written, "set-teachers", "set_id")


def test_lessons_that_two_teach_are_two_rows() -> None:
    """Co-taught rows stay apart, as iSAMS has them."""
    lesson = next(each for each in read().lessons or () if each.set_id and each.teacher_id)
    other = next(
        employee_id for employee_id in read().employees if employee_id != lesson.teacher_id
    )
    shared = replace(read(), lessons=(lesson, replace(lesson, teacher_id=other)))

    assert len(cells(made(shared).files["timetable.csv"])) == 3
    assert set(column(made(shared), "timetable", "teacher_id")) == {lesson.teacher_id, other}


# --- The timetable's columns ------------------------------------------------------------------


def test_the_header_chooses_columns_order_and_headings() -> None:
    """What the import wants to see is what it is given."""
    header = "room=Room, code=SetCode ,teacher_name=Teacher,period"
    first, *rest = cells(made(read(), timetable_header=header).files["timetable.csv"])
    names = {
        f"{employee.forename.strip()} {employee.surname.strip()}".strip()
        for employee in INVENTED.staff
    }

    assert first == ["Room", "SetCode", "Teacher", "period"]
    assert {row[2] for row in rest} - {""} <= names
    assert len(rest) == len(cells(whole().files["timetable.csv"])) - 1


@pytest.mark.parametrize("name", LESSON_COLUMNS)
def test_each_column_may_be_chosen(name: str) -> None:
    """Alone or with others a column holds the same, and it is not blank."""
    other = "code" if name != "code" else "period"
    told = column(made(read(), timetable_header=f"{other},{name}=X"), "timetable", "X")

    assert any(told)
    if name != "teacher_name":
        assert Counter(told) == Counter(column(whole(), "timetable", name))


def test_nothing_of_isams_is_called_set_id() -> None:
    """SetId is a flag there: our set_id is a set's id, or blank."""
    sets = {str(teaching_set.id) for teaching_set in INVENTED.sets}

    assert set(column(whole(), "timetable", "set_id")) <= sets | {""}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("code,colour", "expected columns out of code, set_id,"),
        ("code,code=Code", "each column once"),
        ("code=X,period=X", "each heading once"),
        ("code=,period", "headings such as"),
        ("code==SUM,period", "headings such as"),
        ("code=@cmd,period", "headings such as"),
        ('code="x",period', "headings such as"),
        ("code", "two columns at least"),
        (",", "two columns at least"),
    ],
)
def test_a_wrong_header_is_refused(header: str, expected: str) -> None:
    """Before anything is read, with what was expected."""
    with pytest.raises(ValidationError, match=expected):
        northbank(timetable_header=header)


def test_only_what_the_columns_need_is_read() -> None:
    """A key for lessons alone is enough for lessons alone."""
    least = datasets_of_files(
        northbank(timetable_header="code,teacher,period,room_id"), ["timetable"]
    )
    usual = datasets_of_files(NORTHBANK, ["timetable"])

    assert least.besides == {LESSONS}
    assert {dataset.method.partition("_")[0] for dataset in usual.besides} == {
        *("Timetable", "Teaching", "Estate")
    }


# --- What is asked for, and what is not told ------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("all", DATASETS),
        (" Rooms, buildings,rooms ", ("buildings", "rooms")),
        ("rooms,ALL", DATASETS),
        ("", ()),
    ],
)
def test_the_setting_names_files(text: str, names: tuple[str, ...]) -> None:
    """In any order and case, each once; left out, nothing is exported."""
    settings = northbank(datasets=text) if text else northbank()

    assert settings.datasets == names


@pytest.mark.parametrize("text", ["rooms,chairs", "chairs", ","])
def test_an_unknown_file_is_refused(text: str) -> None:
    """A misspelt name must not leave a file out unseen."""
    with pytest.raises(ValidationError, match=r"expected all, or one or more of school, subjects"):
        northbank(datasets=text)


@pytest.mark.parametrize("name", DATASETS)
def test_one_file_needs_no_other(name: str) -> None:
    """With what it needs and no more, a file is what it is among all the others."""
    asked = datasets_of_files(NORTHBANK, [name])
    alone = read_document(batch_xml(INVENTED, METHODS), asked)

    assert set(made(alone, [name]).files) == {f"{name}.csv", DATASETS_JSON}
    if name not in {"pupils", "forms", "teaching-forms", "timetable"}:  # their ids are unchecked
        assert made(alone, [name]).files[f"{name}.csv"] == whole().files[f"{name}.csv"]


def test_what_was_not_told_is_no_file() -> None:
    """Unknown is never an empty file: it is named as not told."""
    least = made(read_document(batch_xml(INVENTED, METHODS)))
    told = {"school", "subjects", "employees", "pupils", "sets", "set-members", "set-teachers"}

    assert set(least.manifest.not_told) == set(DATASETS) - told
    assert set(least.files) == {f"{name}.csv" for name in told} | {DATASETS_JSON}


def test_what_is_empty_is_a_file_of_headings() -> None:
    """A school without boarding houses has none, and says so."""
    without = replace(read(), boarding_houses={}, lessons=(), rooms={})
    written = made(without)

    assert written.files["boarding-houses.csv"] == b"id,code,name,master_ids\r\n"
    assert written.manifest.files["timetable.csv"].rows == 0
    assert not any(column(written, "pupils", "boarding_house_id"))
    assert written.manifest.not_told == ()


# --- Bytes ----------------------------------------------------------------------------------------


def test_the_same_school_in_another_order_gives_the_same_bytes() -> None:
    """Whatever order iSAMS lists its records in."""
    for seed in range(3):
        assert made(reading(shuffled(INVENTED, seed))).files == whole().files


def test_a_file_is_rfc_4180_in_utf_8_without_a_mark() -> None:
    """CRLF, quotes where needed, letters of any script, and nothing before the first heading."""
    odd = Building("1", 'Łódź, "Old"\nWing', "東")
    body = made(replace(school(), buildings={"1": odd}), ["buildings"]).files["buildings.csv"]
    said = of_cell('\'Łódź, "Old"\nWing')

    assert body == 'id,code,name\r\n1,東,"\'Łódź, ""Old""\nWing"\r\n'.encode()
    assert said == odd.name


def test_half_a_character_stops_nothing() -> None:
    """JSON can hold what no file can: one room's name must not stop a school's night."""
    subjects = {"21": Subject("21", "Ph", "Phys\ud800ics")}

    assert rows(made(replace(school(), subjects=subjects)), "subjects") == {
        ("21", "Ph", "Phys?ics")
    }


@pytest.mark.parametrize("text", ["=1+1", "+44", "-x", "@cmd", "'=1+1", "''@x", "a\tb"])
def test_a_formula_is_text_and_loses_nothing(text: str) -> None:
    """A spreadsheet shows it and runs nothing; the apostrophe can be taken away again."""
    odd = replace(school(), buildings={"1": Building("1", text, "")})
    (cell,) = column(made(odd), "buildings", "name")

    assert cell == f"'{text}"
    assert of_cell(cell) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_cell_can_be_undone_and_none_is_a_formula(text: str) -> None:
    """Two texts never become one, and only whole numbers begin with a sign."""
    odd = replace(school(), buildings={"1": Building("1", text, "")})
    (cell,) = column(made(odd, ["buildings"]), "buildings", "name")

    assert of_cell(cell) == text
    assert (
        not is_unsafe(cell) or cell.startswith("'") or cell.lstrip("-").replace(";-", "").isdigit()
    )


def test_a_nursery_year_stays_a_number() -> None:
    """-1 is a year and no formula, in pupils and among the years of a division."""
    written = whole()

    assert "-2" in column(written, "pupils", "year")
    assert "-1;0;1;2" in column(written, "divisions", "years")
    assert "'-1" not in column(written, "year-groups", "id")


# --- What says what it is -------------------------------------------------------------------------


def test_the_manifest_says_what_each_file_is() -> None:
    """What, of whom, how many rows, which bytes, which columns and what they join, read when."""
    written = whole()
    told = json.loads(written.files[DATASETS_JSON])
    for name, facts in told["files"].items():
        body = written.files[name]
        assert facts["rows"] == len(cells(body)) - 1
        assert facts["size_bytes"] == len(body)
        assert facts["sha256"] == hashlib.sha256(body).hexdigest()
        assert [described["name"] for described in facts["columns"]] == cells(body)[0]
        assert facts["about"]
        assert all(described["about"] for described in facts["columns"])

    assert (told["school"], told["academic_year"]) == ("9990001", 2026)
    assert datetime.fromisoformat(told["read_at"]) == AT
    assert set(told["files"]) == set(written.files) - {DATASETS_JSON}


def test_names_are_in_the_files_that_say_so() -> None:
    """P13: who is named, and where, is known before the file is opened."""
    written = whole()
    named = {name for name, body in written.files.items() if found_in(body.decode())}
    by_name = {
        name
        for name, facts in written.manifest.files.items()
        if facts.tells_of == TellsOf.PEOPLE_BY_NAME.words
    }

    assert named == by_name == NAMED


def test_a_timetable_with_names_says_so() -> None:
    """The column that names teachers makes the file personal in name."""
    named = made(read(), timetable_header="code,teacher_name")

    assert named.manifest.files["timetable.csv"].tells_of == "people by name"
    assert whole().manifest.files["timetable.csv"].tells_of == "people by id"


def test_files_of_things_tell_of_nobody() -> None:
    """What is said to tell of nobody holds no id of a person."""
    ids_of_people = {pupil.school_id for pupil in INVENTED.pupils} | {
        employee.initials for employee in INVENTED.staff
    }
    nobody = {"subjects", "buildings", "rooms", "divisions", "terms", "periods", "sets"}
    nobody |= {"weeks", "days"}
    impersonal = {table.name for table in tables(NORTHBANK) if table.tells_of is TellsOf.NOBODY}

    assert impersonal == nobody | {"school", "teaching-forms"}
    for name in nobody:
        assert ids_of_people.isdisjoint(cell for row in rows(whole(), name) for cell in row), name


def test_an_employee_is_told_as_teaching_or_not() -> None:
    """The flag is true or false, in small letters."""
    staff = {
        employee_id: Employee(employee_id, "", "A", "B", teaches=employee_id == "1")
        for employee_id in ("1", "2")
    }

    assert column(made(replace(school(), employees=staff)), "employees", "teaches") == [
        "true",
        "false",
    ]
