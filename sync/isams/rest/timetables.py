"""The timetables of employees: who teaches which set, and when.

Rows are lessons of sets, each of a set and a period; lessons to whole forms are not given.

See docs/reference/isams.md#rest-timetables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from typing import NamedTuple

from sync.errors import SourceMalformed
from sync.isams.assembly import Register
from sync.isams.datasets import LESSONS
from sync.isams.rest import answers, fields, spellings
from sync.isams.rest.answers import Answer
from sync.isams.rest.endpoints import TIMETABLES
from sync.isams.structure import LessonRecord


class Timetable(NamedTuple):
    """An employee's lessons, and which fields their rows have: by our names, and by iSAMS's."""

    lessons: tuple[LessonRecord, ...]
    fields: frozenset[str]
    names: frozenset[str]


def read_timetable(answer: Answer, employee_id: str) -> Timetable:
    """Return an employee's timetable; null is no lesson."""
    kind = spellings.LESSON
    rows = answers.rows_of(answer, TIMETABLES) or []
    records = [fields.values_of(kind, row) for row in rows]
    lessons = tuple(
        LessonRecord(
            code=fields.text(kind, record, "code"),
            for_set=True,
            period_id=fields.text(kind, record, "period"),
            room_id=fields.text(kind, record, "room"),
            set_id=fields.identity(kind, record),
            staff_id=employee_id,
        )
        for record in records
    )
    seen = frozenset(field for record in records for field in record)
    names = frozenset(name for row in rows for name in fields.keys(row))
    return Timetable(lessons, seen, names)


class Timetables:
    """All timetables that have been read so far."""

    def __init__(self) -> None:
        self._lessons: list[LessonRecord] = []
        self._fields = set[str]()
        self._names = set[str]()

    def take(self, timetable: Timetable) -> None:
        """Take an employee's."""
        self._lessons += timetable.lessons
        self._fields |= timetable.fields
        self._names |= timetable.names

    def refuse_strangers(self, set_ids: Set[str]) -> None:
        """Raise if most lessons are of sets that are not listed: then their ids are not sets'."""
        taught = {lesson.set_id for lesson in self._lessons}
        if 2 * len(taught & set_ids) < len(taught):
            raise SourceMalformed(
                "most lessons in timetables are of sets that iSAMS does not list", sets=len(taught)
            )

    def teachers(self) -> Mapping[str, tuple[str, ...]]:
        """Return the employees who take lessons of each set, sorted."""
        teachers = defaultdict[str, set[str]](set)
        for lesson in self._lessons:
            teachers[lesson.set_id].add(lesson.staff_id)
        return {set_id: tuple(sorted(ids)) for set_id, ids in teachers.items()}

    def add_to(self, register: Register, *, needed: bool) -> None:
        """Give *register* the lessons.

        Raises:
            SourceIncomplete: there are none, and they are *needed*.
            SourceMalformed: none of them says its period.
        """
        if self._lessons:
            fields.refuse_unfit(spellings.LESSON, self._fields, self._names)
        elif needed:
            raise answers.empty(TIMETABLES)
        register.ask(LESSONS)
        register.counts[LESSONS.name] = len(self._lessons)
        shared = register.shared
        register.structure.lessons += (
            LessonRecord(
                code=shared(lesson.code),
                for_set=lesson.for_set,
                period_id=shared(lesson.period_id),
                room_id=shared(lesson.room_id),
                set_id=shared(lesson.set_id),
                staff_id=lesson.staff_id,
            )
            for lesson in self._lessons
        )
