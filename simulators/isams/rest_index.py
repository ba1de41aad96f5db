"""What REST answers are made from: a school, the choices, and the look-ups that rows need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from simulators.invented.places import Classroom, House
from simulators.isams.rest_choices import RestChoices
from simulators.school import Department, Employee, InventedSchool, Lesson, Membership, TeachingSet

type Row = dict[str, object]


def on_day(day: date | None) -> str | None:
    """Return a day as iSAMS writes it: a school-local moment without a zone."""
    return f"{day}T00:00:00" if day else None


@dataclass(frozen=True)
class RestIndex:
    """A school as these choices give it; look-ups are made once, when first asked for."""

    school: InventedSchool
    choices: RestChoices

    @property
    def last_updated(self) -> str:
        return self.school.last_updated + ("Z" if self.choices.zoned_times else "")

    @cached_property
    def houses(self) -> Mapping[int | None, House]:
        return {h.id: h for h in (*self.school.academic_houses, *self.school.boarding_houses)}

    @cached_property
    def divisions(self) -> Mapping[int, str]:
        return {division.id: division.name for division in self.school.divisions}

    @cached_property
    def departments(self) -> Mapping[int, Department]:
        return {department.id: department for department in self.school.departments}

    @cached_property
    def tutors(self) -> frozenset[int]:
        return frozenset(form.tutor_id for form in self.school.forms)

    @cached_property
    def rooms(self) -> tuple[tuple[int, Classroom], ...]:
        """Every room, with its building's id."""
        return tuple((b.id, room) for b in self.school.buildings for room in b.classrooms)

    @cached_property
    def members(self) -> Mapping[int, list[Membership]]:
        """Set list rows by set id."""
        by_set: defaultdict[int, list[Membership]] = defaultdict(list)
        for row in self.school.memberships:
            by_set[row.set_id].append(row)
        return dict(by_set)

    @cached_property
    def sets_of(self) -> Mapping[str, list[TeachingSet]]:
        """Each pupil's sets by `schoolId`, every set once."""
        by_pupil: defaultdict[str, dict[int, TeachingSet]] = defaultdict(dict)
        for row in self.school.memberships:
            if row.set_id in self.school.teaching_set:
                by_pupil[row.school_id][row.set_id] = self.school.teaching_set[row.set_id]
        return {school_id: list(sets.values()) for school_id, sets in by_pupil.items()}

    @cached_property
    def teacher(self) -> Mapping[str, Employee]:
        """Staff by the user code that lessons name them by."""
        return {employee.user_code: employee for employee in self.school.staff}

    @cached_property
    def lessons_of(self) -> Mapping[str, list[Lesson]]:
        """The lessons of sets, by set code."""
        by_code: defaultdict[str, list[Lesson]] = defaultdict(list)
        for lesson in self.school.lessons:
            if lesson.for_set:
                by_code[lesson.code].append(lesson)
        return dict(by_code)

    @cached_property
    def lessons_by(self) -> Mapping[str, list[Lesson]]:
        """The lessons of sets, by their teacher's user code."""
        by_teacher: defaultdict[str, list[Lesson]] = defaultdict(list)
        for lesson in self.school.lessons:
            if lesson.for_set:
                by_teacher[lesson.teacher].append(lesson)
        return dict(by_teacher)

    @cached_property
    def set_coded(self) -> Mapping[str, TeachingSet]:
        return {item.code: item for item in self.school.sets}
