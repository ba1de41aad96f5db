"""The invented school's teaching: departments, sets and their pupils, forms, lessons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, count, cycle
from random import Random

from simulators.invented.places import Form
from simulators.invented.records import (
    Department,
    Employee,
    Lesson,
    Membership,
    Pupil,
    SetTeacher,
    Subject,
    TeachingForm,
    TeachingSet,
)
from simulators.invented.structure import FIRST_YEAR_WITH_SETS, Frame

SET_SIZE = 22
LESSONS_PER_SET = 3  # in a fortnight
NO_DEPARTMENT_SUBJECT_ID = 990

_CORE = (
    ("En", "English"), ("Ma", "Mathematics"), ("Bi", "Biology"), ("Ch", "Chemistry"),
    ("Ph", "Physics"), ("Hi", "History"), ("Gg", "Geography"), ("Co", "Computing"),
    ("RP", "Religion, Philosophy & Ethics"), ("PE", "Physical Education"), ("Ga", "Games"),
    ("PS", "Personal, Social & Health Education"),
)  # fmt: skip
# Of each pair a pupil takes one.
_OPTIONS = (
    (("Fr", "French"), ("Sp", "Spanish")),
    (("La", "Latin"), ("CC", "Classical Civilisation")),
    (("Ar", "Art, Craft and Design"), ("Mu", "Music")),
    (("Dr", "Drama"), ("Da", "Dance")),
    (("DT", "Design & Technology"), ("FN", "Food & Nutrition")),
    (("Ec", "Economics"), ("Py", "Psychology")),
)
_WHOLE_FORM = (("Li", "Literacy"), ("Nu", "Numeracy"), ("To", "Topic Work"))
_SUBJECTS = {
    code: Subject(id_, code, name, set_subject=(code, name) not in _WHOLE_FORM)
    for id_, (code, name) in enumerate((*_CORE, *chain(*_OPTIONS), *_WHOLE_FORM), start=21)
}
# Drama is in two departments, and Learning Support has no subjects.
_DEPARTMENTS = (
    ("English & Drama", "En Dr"), ("Mathematics", "Ma"), ("Science", "Bi Ch Ph"),
    ("Humanities", "Hi Gg RP"), ("Languages, Modern & Classical", "Fr Sp La CC"),
    ("Art, Design & Technology", "Ar DT FN"), ("Performing Arts", "Mu Dr Da"),
    ("Computing and Society", "Co Ec Py"), ("Sport & Wellbeing", "PE Ga PS"),
    ("Pre-Prep", "Li Nu To"), ("Learning Support", ""),
)  # fmt: skip


def departments() -> tuple[Department, ...]:
    return tuple(
        Department(id_, name, tuple(_SUBJECTS[code] for code in codes.split()))
        for id_, (name, codes) in enumerate(_DEPARTMENTS, start=1)
    )


def sets(
    pupils: Sequence[Pupil], teachers: Sequence[Employee], rng: Random
) -> tuple[tuple[TeachingSet, ...], tuple[Membership, ...]]:
    """Return the sets of the years taught in sets, and who is in them.

    With 18 pupils or more in a year each has 18 classes; a smaller year has fewer subjects, so
    that a small school does not have many more sets than pupils.
    """
    made: list[TeachingSet] = []
    rows: list[Membership] = []
    set_ids, row_ids, teacher_row_ids = count(301), count(70_001), count(9_001)
    turn = cycle(teachers)
    for year in sorted({p.year for p in pupils if p.year >= FIRST_YEAR_WITH_SETS}):
        for subject, slot, number, members in _groups([p for p in pupils if p.year == year], rng):
            set_id = next(set_ids)
            code = f"{year}{'ABCD'[number % 4]}/{subject.code}{number // 4 + 1}"
            taught_by = (next(turn), next(turn)) if set_id % 10 == 0 else (next(turn),)
            made.append(
                TeachingSet(
                    id=set_id,
                    subject_id=subject.id,
                    year=year,
                    number=number + 1,
                    block="ABCDEFGHIJKLMNOPQR"[slot],
                    code=code,
                    name=code if year < 12 else f"Year {year} {subject.name} {number + 1}",
                    teachers=tuple(
                        SetTeacher(next(teacher_row_ids), teacher.id, primary=place == 0)
                        for place, teacher in enumerate(taught_by)
                    ),
                )
            )
            rows += [Membership(next(row_ids), set_id, p.id, p.school_id) for p in members]
    return tuple(made), tuple(rows)


def _groups(cohort: list[Pupil], rng: Random) -> Iterator[tuple[Subject, int, int, list[Pupil]]]:
    """Yield each set of a year: subject, slot in the week, number within the subject, pupils."""
    slots = min(max(len(cohort), 3), len(_CORE) + len(_OPTIONS))
    choices = [rng.getrandbits(len(_OPTIONS)) for _ in cohort]
    for slot in range(slots):
        if slot < len(_CORE):
            groups = [(_CORE[slot][0], cohort)]
        else:
            pair = slot - len(_CORE)
            halves: tuple[list[Pupil], list[Pupil]] = ([], [])
            for pupil, bits in zip(cohort, choices, strict=True):
                halves[bits >> pair & 1].append(pupil)
            groups = [(code, half) for (code, _), half in zip(_OPTIONS[pair], halves, strict=True)]
        for code, members in groups:
            number_of_sets = -(-len(members) // SET_SIZE)
            turned = members[slot:] + members[:slot]
            for number in range(number_of_sets):
                yield _SUBJECTS[code], slot, number, turned[number::number_of_sets]


def teaching_forms(forms: Sequence[Form]) -> tuple[TeachingForm, ...]:
    """Return the whole-form teaching of the years that have no sets."""
    ids = count(12)
    return tuple(
        TeachingForm(next(ids), form.name, f"{form.name} {code}", _SUBJECTS[code].id)
        for form in forms
        if form.year < FIRST_YEAR_WITH_SETS
        for code, _ in _WHOLE_FORM
    )


def lessons(
    frame: Frame, sets: Sequence[TeachingSet], teaching_forms: Sequence[TeachingForm]
) -> tuple[Lesson, ...]:
    """Return a timetable in which no pupil is in two places; teachers and rooms may be.

    All sets of one slot of a year are taught at the same time, and a pupil has one of them.
    """
    ids, room = count(5_001), cycle(frame.rooms)
    user_code = {employee.id: employee.user_code for employee in frame.staff}
    period_ids = frame.period_ids
    made: list[Lesson] = []
    for item in sets:
        first = (ord(item.block) - ord("A")) * LESSONS_PER_SET
        for place in range(first, first + LESSONS_PER_SET):
            room_id = next(room).id
            made += [
                Lesson(
                    next(ids),
                    item.code,
                    user_code[teacher.staff_id],
                    period_ids[place],
                    room_id,
                    for_set=True,
                )
                for teacher in item.teachers
            ]
    form_named = {form.name: form for form in frame.forms}
    for index, taught in enumerate(teaching_forms):
        form = form_named[taught.form]
        for place in range(index % 3, len(period_ids), 3):
            made.append(
                Lesson(
                    next(ids),
                    taught.timetable_code,
                    user_code[form.tutor_id],
                    period_ids[place],
                    form.room_id,
                    for_set=False,
                )
            )
    return tuple(made)
