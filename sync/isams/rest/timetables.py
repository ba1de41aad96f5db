"""The timetables of employees: who teaches which set, and when.

Rows are lessons of sets, one for each set and period; lessons to whole forms are not told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from typing import NamedTuple

from sync.errors import SourceMalformed
from sync.isams.assembly import Register
from sync.isams.datasets import LESSONS
from sync.isams.rest import answers, spellings
from sync.isams.rest import fields as rest_fields
from sync.isams.rest.answers import Answer
from sync.isams.rest.endpoints import TIMETABLES
from sync.isams.structure import LessonRecord


class Timetable(NamedTuple):
    """One employee's lessons, and which fields their rows have: by our names, and by iSAMS's."""

    lessons: tuple[LessonRecord, ...]
    fields: frozenset[str]
    names: frozenset[str]


def read(answer: Answer, employee_id: str) -> Timetable:
    """Return an employee's timetable; null is no lesson."""
    kind = spellings.LESSON
    rows = answers.rows(answer, TIMETABLES) or []
    told = [rest_fields.values(kind, row) for row in rows]
    lessons = tuple(
        LessonRecord(
            code=rest_fields.text(kind, said, "code"),
            for_set=True,
            period_id=rest_fields.text(kind, said, "period"),
            room_id=rest_fields.text(kind, said, "room"),
            set_id=rest_fields.identity(kind, said),
            staff_id=employee_id,
        )
        for said in told
    )
    fields = frozenset(field for said in told for field in said)
    return Timetable(lessons, fields, frozenset(n for row in rows for n in rest_fields.keys(row)))


class Taught:
    """All timetables that have been read so far."""

    def __init__(self) -> None:
        self._lessons: list[LessonRecord] = []
        self._fields = set[str]()
        self._names = set[str]()

    def take(self, told: Timetable) -> None:
        """Take one employee's."""
        self._lessons += told.lessons
        self._fields |= told.fields
        self._names |= told.names

    def refuse_strangers(self, set_ids: Set[str]) -> None:
        """Raise if most lessons are of sets that are not listed: then their ids are not sets'."""
        told = {one.set_id for one in self._lessons}
        if 2 * len(told & set_ids) < len(told):
            raise SourceMalformed(
                "most lessons in timetables are of sets that iSAMS does not list", sets=len(told)
            )

    def teachers(self) -> Mapping[str, tuple[str, ...]]:
        """Return the employees who take lessons of each set, sorted."""
        found = defaultdict[str, set[str]](set)
        for one in self._lessons:
            found[one.set_id].add(one.staff_id)
        return {set_id: tuple(sorted(ids)) for set_id, ids in found.items()}

    def add_to(self, register: Register, *, needed: bool) -> None:
        """Give *register* the lessons.

        Raises:
            SourceIncomplete: there are none, and they are *needed*.
            SourceMalformed: not one says its period.
        """
        register.ask(LESSONS)
        register.counts[LESSONS.name] = len(self._lessons)
        if self._lessons:
            rest_fields.refuse_unfit(spellings.LESSON, self._fields, self._names)
        elif needed:
            raise answers.empty(TIMETABLES)
        shared = register.shared
        register.frame.lessons += (
            LessonRecord(
                code=shared(one.code),
                for_set=one.for_set,
                period_id=shared(one.period_id),
                room_id=shared(one.room_id),
                set_id=shared(one.set_id),
                staff_id=one.staff_id,
            )
            for one in self._lessons
        )
