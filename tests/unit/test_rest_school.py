"""What the collections, lists and timetables of REST are put together to."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sync.errors import SourceIncomplete, SourceMalformed, SourceRefused, SourceUnavailable
from sync.isams.datasets import FORMS, Wanted
from sync.isams.rest import answers, reader, timetables
from sync.isams.rest.endpoints import MEMBERS, STUDENTS, TEACHING_SETS, Endpoint

PEOPLE = ("email", "forename", "surname")


def half_read(
    teachers: Iterable[object] = (41,), *, hidden: bool = False, second: bool = True
) -> reader.RestSchool:
    """Return two pupils, a teacher and a set, and with *second* another set."""
    read = reader.RestSchool()
    read.take_employees({"41": {"id": 41, **dict.fromkeys(PEOPLE, "x")}})
    read.take_students(
        {key: {"id": key, "year": 7, **dict.fromkeys(PEOPLE)} for key in ("01", "2")}
    )
    read.take_subjects({"21": {"id": 21, "code": "Ma", "name": "Maths"}})
    fields = {"code": "7A/Ma1", "name": "7A", "subject": 21, "year": 7}
    sets = {"301": {"id": 301, "teachers": list(teachers), "hidden": hidden, **fields}}
    read.take_sets(sets | ({"302": {"id": 302, "teachers": [41], **fields}} if second else {}))
    return read


def test_pupils_teachers_and_sets_are_joined() -> None:
    """A list may be empty, and may name somebody who has left."""
    read = half_read()
    read.take_list("301", ["2", "01", "2", "0499"])
    read.take_list("302", [])
    school = read.whole()

    assert school.sets["301"].pupil_ids == ("01", "2")
    assert school.sets["301"].unknown_members == ("0499",)
    assert school.sets["301"].teacher_ids == ("41",)
    assert school.sets["302"].pupil_ids == ()
    assert school.counts == {"StaffMember": 1, "Pupil": 2, "Subject": 1, "Set": 2, "SetList": 4}


def test_people_who_are_not_current_are_left_out() -> None:
    """If nobody is left, that is no school."""
    read = reader.RestSchool()
    person = dict.fromkeys(PEOPLE)
    read.take_employees({"41": {"id": 41, **person}, "42": {"id": 42, "status": "Old", **person}})
    with pytest.raises(SourceIncomplete, match="Current Staff"):
        reader.RestSchool().take_employees({"42": {"id": 42, "status": "Old", **person}})

    read.take_sets({"301": {"id": 301, "code": "7A/Ma1", "name": "7A", "subject": 21, "year": 7}})

    assert read.timetables_of == ("41",)


@pytest.mark.parametrize("odd", [{}, [], 1.5, True])
def test_what_no_class_is_made_of_may_be_of_any_kind(odd: object) -> None:
    """A title, a code or a guid that is no text is unknown, and the night goes on without it."""
    read = reader.RestSchool()
    person = dict.fromkeys(PEOPLE, "x") | dict.fromkeys(("person_guid", "person_id", "leaves"), odd)
    read.take_employees({"41": {"id": 41, "title": odd, "initials": odd, **person}})
    read.take_students({"01": {"id": "01", "year": 7, "code": odd, "form": odd, **person}})

    assert read.set_ids == ()


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("form", Wanted(needed=frozenset({FORMS}))),
        ("tutor", Wanted(tutors=True)),
    ],
)
def test_what_classes_are_made_of_must_be_a_text(field: str, wanted: Wanted) -> None:
    """Else the classes would lose members without a word."""
    read = reader.RestSchool(wanted)
    with pytest.raises(SourceMalformed, match=f"{field} that is no text"):
        read.take_students({"01": {"id": "01", "year": 7, field: {}, **dict.fromkeys(PEOPLE)}})


def test_a_hidden_set_is_not_asked_for() -> None:
    """Nor is it in the school."""
    read = half_read(hidden=True)
    read.take_list("302", ["2"])

    assert read.set_ids == ("302",)
    assert list(read.whole().sets) == ["302"]


def test_teachers_come_from_timetables_where_no_set_names_any() -> None:
    """Only of sets that are ours."""
    read = half_read(teachers=(), second=False)
    needed = read.timetables_of
    read.take_timetable(timetables.read_timetable({"sets": [{"id": 301}, {"id": 999}]}, "41"))
    read.take_list("301", ["2"])

    assert needed == ("41",)
    assert read.whole().sets["301"].teacher_ids == ("41",)


def test_lists_that_are_all_empty_are_no_school() -> None:
    """An empty set is a finding; a school of them is a fault."""
    read = half_read()
    for set_id in read.set_ids:
        read.take_list(set_id, [])
    with pytest.raises(SourceIncomplete, match="Teaching Set Lists"):
        read.whole()


def test_a_school_without_any_teacher_is_incomplete() -> None:
    """Neither sets nor timetables name a teacher."""
    read = half_read(teachers=(), second=False)
    read.take_list("301", ["2"])
    with pytest.raises(SourceIncomplete, match="no teacher"):
        read.whole()


def test_strangers_alone_are_no_school() -> None:
    """If no list names a pupil, what it names is something else."""
    read = half_read()
    read.take_list("301", ["9901", "9902"])
    with pytest.raises(SourceMalformed, match="current pupil"):
        read.whole()


def test_the_list_of_another_set_is_refused() -> None:
    """An answer that says whose it is must be of the set that was asked for."""
    answer = {"id": 302, "students": [{"schoolId": "2"}]}

    assert reader.school_ids_in(answer, "302") == ("2",)
    assert reader.school_ids_in({"students": None}, "302") == ()
    with pytest.raises(SourceMalformed, match="another set's"):
        reader.school_ids_in(answer, "301")


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b'{"message": "The user is not authorised for this request"}', 200, SourceRefused),
        (b'{"Message": "The user is not authorized"}', 500, SourceRefused),
        (b'{"message": "Transaction was deadlocked"}', 200, SourceUnavailable),
        (b'{"message": "API calls quota: throttled"}', 400, SourceUnavailable),
        (b'{"message": "?"}', 200, SourceMalformed),
        (b'{"message": "?"}', 400, SourceRefused),
        (b'{"message": "?"}', 503, SourceUnavailable),
        (b'{"message": "?", "students": []}', 500, SourceUnavailable),
        (b'{"students": []}', 503, SourceUnavailable),
        (b'{"students": []}', 401, SourceRefused),
        (b"<html>", 200, SourceRefused),
        (b"<html>", 502, SourceUnavailable),
        (b"", 200, SourceUnavailable),
        (b'{"students": [', 200, SourceUnavailable),
        (b'"students"', 200, SourceMalformed),
        (b"1" * 5_000, 200, SourceMalformed),
    ],
)
def test_an_answer_is_data_or_an_error(body: bytes, status: int, error: type[Exception]) -> None:
    """The message counts first, then the status; neither is ever repeated."""
    with pytest.raises(error) as caught:
        answers.read_object(body, STUDENTS, status)

    assert type(caught.value) is error
    assert "deadlocked" not in str(caught.value)


def test_rows_beside_a_message_are_rows() -> None:
    """A record may have a field of that name."""
    answer = {"message": "welcome", "students": []}

    assert answers.read_object(b'{"message": "welcome", "students": []}', STUDENTS) == answer


@pytest.mark.parametrize(
    ("endpoint", "error"), [(TEACHING_SETS, SourceRefused), (MEMBERS, SourceMalformed)]
)
def test_what_is_not_there_is_a_wrong_host_or_a_broken_promise(
    endpoint: Endpoint, error: type[Exception]
) -> None:
    """A collection is missing where there is no REST; a set that was listed has a list."""
    assert type(answers.bad_status(endpoint, 404)) is error
