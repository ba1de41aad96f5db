"""The published timetable as rows: one for each lesson and teacher, as iSAMS keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter

from sync.exports.columns import People, Row
from sync.isams.datasets import BUILDINGS, TEACHING_FORMS, WEEKS, Dataset
from sync.school import Lesson, Period, School

type _Cell = Callable[[School, Lesson], str]

ABOUT: Mapping[str, str] = {
    "code": "what the timetable calls the set or the lessons of a form",
    "set_id": "the set that is taught; blank for a form's lesson",
    "teaching_form_id": "the form's lessons that are taught; blank for a set's lesson",
    "subject": "the code of the subject",
    "teacher": "the teacher's initials",
    "teacher_id": "the teacher, if current",
    "teacher_name": "the teacher's forename and surname",
    "period": "the period: it says week, day and time",
    "week": "name of the week",
    "day": "name of the day",
    "starts": "HH:mm, school time",
    "ends": "HH:mm, school time",
    "room": "the code of the room",
    "room_id": "the room; blank where iSAMS does not say",
}
"""What each column that may be chosen holds."""

NEEDS: Mapping[str, tuple[Dataset, ...]] = {
    "teaching_form_id": (TEACHING_FORMS,),
    "subject": (TEACHING_FORMS,),
    "week": (WEEKS,),
    "day": (WEEKS,),
    "starts": (WEEKS,),
    "ends": (WEEKS,),
    "room": (BUILDINGS,),
}
"""What must be read for a column besides the lessons."""

REFERS: Mapping[str, str] = {
    "set_id": "sets",
    "teaching_form_id": "teaching-forms",
    "teacher_id": "employees",
    "period": "periods",
    "room_id": "rooms",
}
"""The file whose ids a column holds."""

PEOPLE: Mapping[str, People] = {
    "teacher": People.BY_ID,
    "teacher_id": People.BY_ID,
    "teacher_name": People.BY_NAME,
}
"""Whom a column tells of."""


def rows(read: School, columns: Sequence[str]) -> Iterator[Row] | None:
    """Return a row of *columns* for each lesson; None if lessons were not read.

    A lesson whose teacher, room or set is not among what was read stays, with blanks.
    """
    if read.lessons is None:
        return None
    cells = [_CELLS[name] for name in columns]
    return (tuple(cell(read, lesson) for cell in cells) for lesson in read.lessons)


def _subject(read: School, lesson: Lesson) -> str:
    taught = read.sets.get(lesson.set_id)
    of_form = (read.teaching_forms or {}).get(lesson.teaching_form_id)
    own = taught.subject_id if taught else of_form.subject_id if of_form else ""
    return read.subjects[own].code if own in read.subjects else ""


def _teacher(read: School, lesson: Lesson) -> str:
    found = read.employees.get(lesson.teacher_id)
    return found.initials if found else ""


def _teacher_name(read: School, lesson: Lesson) -> str:
    found = read.employees.get(lesson.teacher_id)
    return f"{found.forename} {found.surname}".strip() if found else ""


def _room(read: School, lesson: Lesson) -> str:
    found = (read.rooms or {}).get(lesson.room_id)
    return found.code if found else ""


def _of_period(pick: Callable[[Period], str]) -> _Cell:
    def cell(read: School, lesson: Lesson) -> str:
        found = (read.periods or {}).get(lesson.period_id)
        return pick(found) if found else ""

    return cell


def _own(pick: Callable[[Lesson], str]) -> _Cell:
    return lambda _, lesson: pick(lesson)


_CELLS: Mapping[str, _Cell] = {
    "code": _own(attrgetter("code")),
    "set_id": _own(attrgetter("set_id")),
    "teaching_form_id": _own(attrgetter("teaching_form_id")),
    "subject": _subject,
    "teacher": _teacher,
    "teacher_id": _own(attrgetter("teacher_id")),
    "teacher_name": _teacher_name,
    "period": _own(attrgetter("period_id")),
    "week": _of_period(attrgetter("week")),
    "day": _of_period(attrgetter("day")),
    "starts": _of_period(attrgetter("starts")),
    "ends": _of_period(attrgetter("ends")),
    "room": _room,
    "room_id": _own(attrgetter("room_id")),
}
