"""What is wrong or odd in real registers, seeded at records that tests can point at.

Every quirk but those that are about two records has a record of its own, spread over the senior
years, so that the findings of one do not hide another's. A school of 150 pupils or more has room
for all; in a smaller one the pupils, sets or teachers run out and the last ones are missing from
`InventedSchool.quirks`. A quirk about a pair is found twice: `two_pupils_one_email` and
`two_pupils_one_email_first`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import count
from types import MappingProxyType

from simulators.invented.records import (
    Employee,
    InventedSchool,
    Lesson,
    Membership,
    Pupil,
    SetTeacher,
    TeachingSet,
)
from simulators.invented.teaching import NO_DEPARTMENT_SUBJECT_ID

NOBODY_ID = 39_999_999  # an employee, a pupil or a set that iSAMS does not list
LEFT_SCHOOL_ID = "0499999999"

_PUPILS: Mapping[str, Callable[[Pupil], Pupil]] = {
    "pupil_without_email": lambda p: replace(p, email=None),
    "pupil_email_empty": lambda p: replace(p, email=""),
    "pupil_email_blank": lambda p: replace(p, email=" "),
    "pupil_email_malformed": lambda p: replace(p, email=(p.email or "").replace("@", " at ")),
    "pupil_email_with_spaces": lambda p: replace(p, email=f"  {p.email} "),
    "pupil_email_upper_case": lambda p: replace(p, email=(p.email or "").upper()),
    "several_emails_in_one_field": lambda p: replace(p, email=f"{p.email}; {p.private_email}"),
    "blank_surname": lambda p: replace(p, surname=" "),
    "surname_with_spaces": lambda p: replace(p, surname=f" {p.surname}  "),
    "formula_name": lambda p: replace(p, surname='=HYPERLINK("https://trap.example","x")'),
    "pupil_without_preferred_name": lambda p: replace(p, preferred_name=None),
    "pupil_without_form": lambda p: replace(p, form=None),
    "pupil_form_unlisted": lambda p: replace(p, form="8/Nobody"),
    "pupil_without_house": lambda p: replace(p, academic_house_id=None, boarding_house_id=None),
    "pupil_year_14": lambda p: replace(p, year=14),
    "pupil_year_nursery": lambda p: replace(p, year=-2),
}
_SETS: Mapping[str, Callable[[TeachingSet], TeachingSet]] = {
    "set_without_teachers": lambda s: replace(s, teachers=()),
    "set_without_teachers_element": lambda s: replace(s, teachers=(), omits_teachers=True),
    "teacher_not_current": lambda s: replace(
        s, teachers=(SetTeacher(8_001, NOBODY_ID, primary=True),)
    ),
    "teacher_twice_in_set": lambda s: replace(s, teachers=(*s.teachers, s.teachers[0])),
    "ampersand_in_set_code": lambda s: replace(s, code=f"{s.code} D&T"),
    "comma_in_set_code": lambda s: replace(s, code=f"{s.code}, upper"),
    "quote_in_set_code": lambda s: replace(s, code=f'{s.code} "B"'),
    "set_code_with_spaces": lambda s: replace(s, code=f" {s.code}  "),
    "formula_set_code": lambda s: replace(s, code=f"={s.code}"),
    "set_name_differs": lambda s: replace(s, name=f"Set {s.number}, the other name"),
    "set_subject_unlisted": lambda s: replace(s, subject_id=NO_DEPARTMENT_SUBJECT_ID),
}


class _Draft:
    """A school while quirks are being put into it."""

    def __init__(self, school: InventedSchool) -> None:
        self.school = school
        self.pupils = {pupil.id: pupil for pupil in school.pupils}
        self.staff = {employee.id: employee for employee in school.staff}
        self.sets = {teaching_set.id: teaching_set for teaching_set in school.sets}
        self.memberships = list(school.memberships)
        self.lessons = list(school.lessons)
        self.found: dict[str, str] = {}
        self.row_ids = count(900_000_001)
        older_sets = [s for s in school.sets if s.year >= 7]
        self.spare_pupils = _spread([p.id for p in school.pupils if p.year >= 7], 24)
        self.spare_teachers = _spread(list({s.teachers[0].staff_id: 0 for s in older_sets}), 8)
        odd = set(self.spare_teachers)
        ordinary = [s.id for s in older_sets if odd.isdisjoint(t.staff_id for t in s.teachers)]
        self.spare_sets = _spread(ordinary, 18)

    def note(self, quirk: str, record: Hashable) -> None:
        self.found[quirk] = str(record)

    def list_in(self, set_id: int, pupil_id: int | None, school_id: str) -> int:
        row = Membership(next(self.row_ids), set_id, pupil_id, school_id)
        self.memberships.append(row)
        return row.id

    def done(self) -> InventedSchool:
        renamed = {s.code: self.sets[s.id].code for s in self.school.sets}
        return replace(
            self.school,
            pupils=tuple(self.pupils.values()),
            staff=tuple(self.staff.values()),
            sets=tuple(self.sets.values()),
            memberships=tuple(self.memberships),
            lessons=tuple(
                replace(lesson, code=code)
                if (code := renamed.get(lesson.code, lesson.code)) != lesson.code
                else lesson
                for lesson in self.lessons
            ),
            quirks=MappingProxyType(self.found),
        )


def with_quirks(school: InventedSchool) -> InventedSchool:
    """Return *school* with every quirk that it has room for."""
    draft = _Draft(school)
    _seed_pupils(draft)
    _seed_staff(draft)
    _seed_sets(draft)
    _seed_set_lists(draft)
    _seed_structure(draft)
    return draft.done()


def _seed_pupils(draft: _Draft) -> None:
    for quirk, change in _PUPILS.items():
        if not draft.spare_pupils:
            return
        pupil = draft.pupils[draft.spare_pupils.pop()]
        draft.pupils[pupil.id] = change(pupil)
        draft.note(quirk, pupil.school_id)
    if len(draft.spare_pupils) >= 3:
        first, second, third = (draft.pupils[draft.spare_pupils.pop()] for _ in range(3))
        draft.pupils[second.id] = replace(second, email=first.email)
        draft.note("two_pupils_one_email", second.school_id)
        draft.note("two_pupils_one_email_first", first.school_id)
        employee = draft.staff[draft.spare_teachers.pop()]
        draft.pupils[third.id] = replace(third, email=employee.email)
        draft.note("staff_and_pupil_one_email", third.school_id)
        draft.note("staff_and_pupil_one_email_staff", employee.id)
    for pupil in draft.pupils.values():
        if pupil.school_id.startswith("0"):
            draft.note("leading_zero_school_id", pupil.school_id)
            return


def _seed_staff(draft: _Draft) -> None:
    year = draft.school.school_year
    changes: Mapping[str, Callable[[Employee], Employee]] = {
        "staff_without_email": lambda e: replace(e, email=None),
        "staff_email_upper_case": lambda e: replace(e, email=(e.email or "").upper()),
        "leaver_in_current_staff": lambda e: replace(e, leaves_on=date(year - 1, 8, 31)),
        "staff_leaving_later": lambda e: replace(e, leaves_on=date(year + 1, 8, 31)),
        "teacher_not_marked_teaching": lambda e: replace(e, teaches=False),
    }
    for quirk, change in changes.items():
        if not draft.spare_teachers:
            return
        employee = draft.staff[draft.spare_teachers.pop()]
        draft.staff[employee.id] = change(employee)
        draft.note(quirk, employee.id)


def _seed_sets(draft: _Draft) -> None:
    for quirk, change in _SETS.items():
        if not draft.spare_sets:
            return
        teaching_set = draft.sets[draft.spare_sets.pop()]
        draft.sets[teaching_set.id] = change(teaching_set)
        draft.note(quirk, teaching_set.id)


def _seed_set_lists(draft: _Draft) -> None:
    """Seed what is odd in the set lists; the rows of left pupils come after the ordinary ones."""
    if len(draft.spare_sets) < 4 or len(draft.spare_pupils) < 2:
        return
    spare = [draft.pupils[draft.spare_pupils.pop()] for _ in range(2)]
    empty, left, listed_left, twice = (draft.spare_sets.pop() for _ in range(4))
    lonely, young = sorted(spare, key=lambda p: -p.year)
    draft.memberships = [
        row
        for row in draft.memberships
        if row.set_id not in {empty, left} and row.pupil_id != lonely.id
    ]
    draft.note("set_without_pupils", empty)
    draft.note("pupil_in_no_set", lonely.school_id)
    draft.note("set_whose_pupils_have_left", left)
    draft.note("member_has_left", draft.list_in(left, None, LEFT_SCHOOL_ID))
    draft.note("member_not_current", draft.list_in(listed_left, NOBODY_ID, LEFT_SCHOOL_ID))
    same = next(row for row in draft.memberships if row.set_id == twice)
    draft.note("duplicate_set_list_row", draft.list_in(twice, same.pupil_id, same.school_id))
    draft.note("set_list_of_unknown_set", draft.list_in(NOBODY_ID, young.id, young.school_id))
    older = next(s.id for s in draft.school.sets if s.year > young.year)
    draft.note("pupil_in_older_set", young.school_id)
    draft.note("pupil_in_older_set_set", older)
    draft.list_in(older, young.id, young.school_id)


def _seed_structure(draft: _Draft) -> None:
    """Point at what every school has, and add lessons that lead nowhere."""
    school = draft.school
    departments = [{s.id for s in d.subjects} for d in school.departments]
    for subject in school.subjects:
        if sum(subject.id in ids for ids in departments) > 1:
            draft.note("subject_in_two_departments", subject.id)
    draft.note(
        "department_without_subjects", next(d.id for d in school.departments if not d.subjects)
    )
    draft.note("building_without_rooms", next(b.id for b in school.buildings if not b.classrooms))
    if school.lessons:
        changes: Mapping[str, Callable[[Lesson], Lesson]] = {
            "lesson_in_unknown_period": lambda e: replace(e, period_id=NOBODY_ID),
            "lesson_in_unknown_room": lambda e: replace(e, room_id=NOBODY_ID),
            "lesson_by_unknown_teacher": lambda e: replace(e, teacher="NOB00000039999999"),
            "lesson_of_unknown_code": lambda e: replace(e, code="7Z/Nothing"),
        }
        for quirk, change in changes.items():
            lesson = change(replace(school.lessons[0], id=next(draft.row_ids)))
            draft.lessons.append(lesson)
            draft.note(quirk, lesson.id)


def _spread(ids: Sequence[int], wanted: int) -> list[int]:
    """Return up to *wanted* of *ids*, evenly far apart, to be taken from the end."""
    step = max(1, len(ids) // wanted)
    return list(ids[::step][:wanted])[::-1]
