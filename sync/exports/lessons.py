"""The published timetable as rows: one for each lesson and teacher, as iSAMS keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from sync.exports.columns import People, Row
from sync.isams.datasets import BUILDINGS, TEACHING_FORMS, WEEKS, Dataset
from sync.isams.school import Lesson, Period, School

type _Cell = Callable[[School, Lesson], str]


class LessonColumn(NamedTuple):
    """A column that may be chosen: what it holds, and how it is told of a lesson.

    `of` is the file whose ids it holds, `needs` what must be read for it besides the lessons,
    `people` whom it tells of.
    """

    about: str
    cell: _Cell
    of: str = ""
    needs: tuple[Dataset, ...] = ()
    people: People = People.NONE


def rows(read: School, columns: Sequence[str]) -> Iterator[Row] | None:
    """Return a row of *columns* for each lesson; None if lessons were not read.

    A lesson whose teacher, room or set is not among what was read stays, with blanks.
    """
    if read.lessons is None:
        return None
    cells = [COLUMNS[name].cell for name in columns]
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


COLUMNS: Mapping[str, LessonColumn] = {
    "code": LessonColumn(
        "what the timetable calls the set or the lessons of a form", _own(attrgetter("code"))
    ),
    "set_id": LessonColumn(
        "the set that is taught; blank for a form's lesson", _own(attrgetter("set_id")), of="sets"
    ),
    "teaching_form_id": LessonColumn(
        "the form's lessons that are taught; blank for a set's lesson",
        _own(attrgetter("teaching_form_id")),
        of="teaching-forms",
        needs=(TEACHING_FORMS,),
    ),
    "subject": LessonColumn("the code of the subject", _subject, needs=(TEACHING_FORMS,)),
    "teacher": LessonColumn("the teacher's initials", _teacher, people=People.BY_ID),
    "teacher_id": LessonColumn(
        "the teacher, if current",
        _own(attrgetter("teacher_id")),
        of="employees",
        people=People.BY_ID,
    ),
    "teacher_name": LessonColumn(
        "the teacher's forename and surname", _teacher_name, people=People.BY_NAME
    ),
    "period": LessonColumn(
        "the period: it says week, day and time", _own(attrgetter("period_id")), of="periods"
    ),
    "week": LessonColumn("name of the week", _of_period(attrgetter("week")), needs=(WEEKS,)),
    "day": LessonColumn("name of the day", _of_period(attrgetter("day")), needs=(WEEKS,)),
    "starts": LessonColumn("HH:mm, school time", _of_period(attrgetter("starts")), needs=(WEEKS,)),
    "ends": LessonColumn("HH:mm, school time", _of_period(attrgetter("ends")), needs=(WEEKS,)),
    "room": LessonColumn("the code of the room", _room, needs=(BUILDINGS,)),
    "room_id": LessonColumn(
        "the room; blank where iSAMS does not say", _own(attrgetter("room_id")), of="rooms"
    ),
}
"""Every column that timetable.csv can have, by the names that settings use."""
