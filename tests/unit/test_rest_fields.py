"""The table of spellings, and values of the right types."""

from __future__ import annotations

import pytest

from sync.errors import SourceMalformed
from sync.isams.rest import fields
from sync.isams.rest.spellings import EMPLOYEE, FORM, MEMBER, STUDENT, TEACHING_SET


@pytest.mark.parametrize(
    ("row", "year"),
    [
        ({"ncYear": 7}, 7),
        ({"yearGroup": "7"}, 7),
        ({"yearId": -1}, -1),
        ({"YearID": 7}, 7),
        ({"ncYear": None, "yearId": 7}, 7),
        ({"ncYear": 8, "yearId": 301}, 8),
        ({"yearId": 301}, None),
        ({"yearId": "Year 7"}, None),
        ({"yearId": None}, None),
        ({}, None),
    ],
)
def test_a_year_is_found_by_any_of_its_names(row: dict[str, object], year: int | None) -> None:
    """In any case; the surest name that says something counts, and no number is no year."""
    record = fields.values_of(TEACHING_SET, {"id": 1, **row})

    assert fields.year(TEACHING_SET, record) == year


@pytest.mark.parametrize(
    ("row", "called"),
    [
        ({"code": "8/JDO"}, "8/JDO"),
        ({"name": "8/JDO"}, "8/JDO"),
        ({"formName": "8/JDO", "id": 40_001}, "8/JDO"),
        ({"form": "8/JDO"}, "8/JDO"),
        ({"id": "8/JDO"}, "8/JDO"),
        ({"code": None, "name": "8/JDO"}, "8/JDO"),
        ({"id": 40_001, "name": "Eight Jackdaw", "code": "8/JDO"}, "8/JDO"),
    ],
)
def test_a_form_is_what_students_call_it(row: dict[str, object], called: str) -> None:
    """Its code, of whatever else it may be called; a row's own id only where there is no other."""
    assert fields.identity(FORM, fields.values_of(FORM, row)) == called


@pytest.mark.parametrize(
    ("row", "heads"),
    [
        ({"tutorId": 41, "assistantTutor": 57, "secondAssistantTutor": 60}, ("41", "57", "60")),
        ({"tutorEmployeeId": 41, "assistantTutorEmployeeId": 57}, ("41", "57")),
        ({"tutorId": 41, "secondAssistantTutorId": 60}, ("41", "60")),
        ({"tutorId": 41, "assistantTutor": "Mr J. Odell", "assistantTutorId": 57}, ("41", "57")),
        ({"tutorId": 41, "assistantTutor": 57, "assistantTutorId": None}, ("41", "57")),
    ],
)
def test_a_forms_tutors_are_ids(row: dict[str, object], heads: tuple[str, ...]) -> None:
    """By any of their names; what is called an id counts before what might be a name."""
    record = fields.values_of(FORM, {"code": "8/JDO", **row})

    assert fields.ids(FORM, record, "tutor", "assistant", "second") == heads


@pytest.mark.parametrize(
    ("teachers", "ids"),
    [
        (None, ()),
        ([], ()),
        ([41, "40", 41], ("40", "41")),
        ([{"staffId": 41, "id": 9001}], ("41",)),
        ([{"employeeId": 41, "primary": True}], ("41",)),
        ([{"id": 41}], ("41",)),
    ],
)
def test_teachers_are_found_in_each_form(teachers: object, ids: tuple[str, ...]) -> None:
    """Ids, or objects; the row's own id only where there is no other."""
    record = fields.values_of(TEACHING_SET, {"id": 1, "teachers": teachers})

    assert fields.teacher_ids(record) == ids


@pytest.mark.parametrize(
    "teachers", [7, "41", {"staffId": 41}, [None], [[41]], [True], [{"name": "x"}], [{"id": ""}]]
)
def test_teachers_of_another_form_are_malformed(teachers: object) -> None:
    """A teacher is never guessed."""
    with pytest.raises(SourceMalformed):
        fields.teacher_ids(fields.values_of(TEACHING_SET, {"id": 1, "teachers": teachers}))


@pytest.mark.parametrize(("value", "text"), [(None, ""), (" a ", "a"), (7, "7"), ("", "")])
def test_a_text_is_stripped(value: object, text: str) -> None:
    """Null is no text, and a number is its digits."""
    assert fields.text(EMPLOYEE, {"forename": value}, "forename") == text


@pytest.mark.parametrize("value", [True, 1.5, [], {}])
def test_what_is_no_text_is_malformed(value: object) -> None:
    """The message names the field and not the value."""
    with pytest.raises(SourceMalformed, match="employee has a forename that is no text"):
        fields.text(EMPLOYEE, {"forename": value}, "forename")


@pytest.mark.parametrize(
    ("status", "current"),
    [(None, True), ("", True), ("Current", True), ("current ", True), ("Former", False)],
)
def test_only_current_people_are_of_the_school(status: object, *, current: bool) -> None:
    """Where nothing is said, they are."""
    assert fields.is_current(STUDENT, {"status": status}) is current


@pytest.mark.parametrize("value", ["true", 1, []])
def test_a_flag_is_true_or_false(value: object) -> None:
    """A text or a number is neither, and whether a set is hidden is not guessed."""
    with pytest.raises(SourceMalformed, match="hidden"):
        fields.boolean(TEACHING_SET, {"hidden": value}, "hidden")


@pytest.mark.parametrize("row", [None, 7, "x", [], {}, {"id": "1"}, {"schoolId": None}])
def test_a_row_without_its_id_is_malformed(row: object) -> None:
    """A member of a set list is a schoolId, whatever else it says."""
    with pytest.raises(SourceMalformed):
        fields.values_of(MEMBER, row)
