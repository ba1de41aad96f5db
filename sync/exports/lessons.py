"""The published timetable as rows: a row for each lesson and teacher, as iSAMS keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from sync.exports.columns import Row, TellsOf
from sync.isams.datasets import BUILDINGS, TEACHING_FORMS, WEEKS, Dataset
from sync.isams.school import Lesson, Period, School

type _Cell = Callable[[School, Lesson], str]


class LessonColumn(NamedTuple):
    """A column that may be chosen: what it holds, and how it is told of a lesson.

    `of` is the file whose ids it holds, `needs` what must be read for it besides the lessons,
    `tells_of` whom it tells of.
    """

    about: str
    cell: _Cell
    of: str = ""
    needs: tuple[Dataset, ...] = ()
    tells_of: TellsOf = TellsOf.NOBODY


def lesson_rows(school: School, columns: Sequence[str]) -> Iterator[Row] | None:
    """Return a row of *columns* for each lesson; None if lessons were not read.

    A lesson whose teacher, room or set is not among what was read stays, with blanks.
    """
    if school.lessons is None:
        return None
    cells = [COLUMNS[name].cell for name in columns]
    return (tuple(cell(school, lesson) for cell in cells) for lesson in school.lessons)


def _subject(school: School, lesson: Lesson) -> str:
    teaching_set = school.sets.get(lesson.set_id)
    of_form = (school.teaching_forms or {}).get(lesson.teaching_form_id)
    taught = teaching_set or of_form
    subject = school.subjects.get(taught.subject_id) if taught else None
    return subject.code if subject else ""


def _teacher(school: School, lesson: Lesson) -> str:
    teacher = school.employees.get(lesson.teacher_id)
    return teacher.initials if teacher else ""


def _teacher_name(school: School, lesson: Lesson) -> str:
    teacher = school.employees.get(lesson.teacher_id)
    return f"{teacher.forename} {teacher.surname}".strip() if teacher else ""


def _room(school: School, lesson: Lesson) -> str:
    room = (school.rooms or {}).get(lesson.room_id)
    return room.code if room else ""


def _of_period(pick: Callable[[Period], str]) -> _Cell:
    def cell(school: School, lesson: Lesson) -> str:
        period = (school.periods or {}).get(lesson.period_id)
        return pick(period) if period else ""

    return cell


def _of_lesson(pick: Callable[[Lesson], str]) -> _Cell:
    return lambda _, lesson: pick(lesson)


COLUMNS: Mapping[str, LessonColumn] = {
    "code": LessonColumn(
        "what the timetable calls the set or the lessons of a form", _of_lesson(attrgetter("code"))
    ),
    "set_id": LessonColumn(
        "the set that is taught; blank for a form's lesson",
        _of_lesson(attrgetter("set_id")),
        of="sets",
    ),
    "teaching_form_id": LessonColumn(
        "the form's lessons that are taught; blank for a set's lesson",
        _of_lesson(attrgetter("teaching_form_id")),
        of="teaching-forms",
        needs=(TEACHING_FORMS,),
    ),
    "subject": LessonColumn("the code of the subject", _subject, needs=(TEACHING_FORMS,)),
    "teacher": LessonColumn("the teacher's initials", _teacher, tells_of=TellsOf.PEOPLE_BY_ID),
    "teacher_id": LessonColumn(
        "the teacher, if current",
        _of_lesson(attrgetter("teacher_id")),
        of="employees",
        tells_of=TellsOf.PEOPLE_BY_ID,
    ),
    "teacher_name": LessonColumn(
        "the teacher's forename and surname", _teacher_name, tells_of=TellsOf.PEOPLE_BY_NAME
    ),
    "period": LessonColumn(
        "the period: it says week, day and time", _of_lesson(attrgetter("period_id")), of="periods"
    ),
    "week": LessonColumn("name of the week", _of_period(attrgetter("week")), needs=(WEEKS,)),
    "day": LessonColumn("name of the day", _of_period(attrgetter("day")), needs=(WEEKS,)),
    "starts": LessonColumn("HH:mm, school time", _of_period(attrgetter("starts")), needs=(WEEKS,)),
    "ends": LessonColumn("HH:mm, school time", _of_period(attrgetter("ends")), needs=(WEEKS,)),
    "room": LessonColumn("the code of the room", _room, needs=(BUILDINGS,)),
    "room_id": LessonColumn(
        "the room; blank where iSAMS does not say", _of_lesson(attrgetter("room_id")), of="rooms"
    ),
}
"""Every column that timetable.csv can have, by the names that settings use."""
