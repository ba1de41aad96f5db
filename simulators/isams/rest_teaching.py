"""Subjects, sets, set lists and timetables, as REST gives them."""

from __future__ import annotations

from simulators.isams.batch_index import AUTHOR_ID
from simulators.isams.rest_index import RestIndex, Row
from simulators.school import Lesson, Membership, Subject, TeachingSet


def subject(index: RestIndex, item: Subject) -> Row:
    return {
        "id": item.id,
        "active": True,
        "code": item.code,
        "formSubject": not item.set_subject,
        index.choices.subject_hidden: False,
        "name": item.name,
        "reportingName": item.name,
        "setSubject": item.set_subject,
    }


def curriculum_code(_: RestIndex, item: Subject) -> Row:
    return {"id": item.id, "code": item.code.upper(), "name": item.name}


def teaching_set(index: RestIndex, item: TeachingSet) -> Row:
    """Return a set, in the chosen spelling; teachers whom batch leaves out are null."""
    spelling = index.choices.sets
    row: Row = {
        "id": item.id,
        "authorId": AUTHOR_ID,
        "block": item.block,
        "description": "",
        "lastUpdated": index.last_updated,
        "setNumber": item.number,
        spelling.code: item.code,
        spelling.name: item.name,
        spelling.subject: item.subject_id,
        spelling.year: item.year,
        spelling.hidden: False,
    }
    if not spelling.teachers:
        return row
    return row | {spelling.teachers: None if item.omits_teachers else _teachers(index, item)}


def _teachers(index: RestIndex, item: TeachingSet) -> list[object]:
    spelling = index.choices.sets
    if spelling.teacher_id:
        return [
            {spelling.teacher_id: t.staff_id, spelling.primary: t.primary} for t in item.teachers
        ]
    return [t.staff_id for t in sorted(item.teachers, key=lambda t: not t.primary)]


def set_list(index: RestIndex, set_id: str) -> Row | None:
    """Return a set with its pupils: this is an object, and the only way to who is in a set."""
    item = index.school.teaching_set.get(int(set_id)) if set_id.isdecimal() else None
    if item is None:
        return None
    rows = index.members.get(item.id, [])
    if not index.choices.set_lists_keep_leavers:
        rows = [row for row in rows if row.school_id in index.school.pupil]
    return {"id": item.id, "students": [_member(index, row) for row in rows]}


def _member(index: RestIndex, row: Membership) -> Row:
    if not index.choices.set_list_names:
        return {"schoolId": row.school_id}
    pupil = index.school.pupil.get(row.school_id)
    return {
        "schoolId": row.school_id,
        "forename": pupil.forename if pupil else None,
        "formGroup": pupil.form if pupil else None,
        "surname": pupil.surname if pupil else None,
    }


def structure(index: RestIndex, _: str) -> Row:
    """Return the weeks with their days and periods; ids of weeks and days are our guess."""
    return {
        "timetableWeeks": [
            {
                "id": week.id,
                "name": week.name,
                "timetableDays": [
                    {
                        "id": day.id,
                        "name": day.name,
                        "periods": [
                            {
                                "id": period.id,
                                "author": AUTHOR_ID,
                                "endTime": period.ends,
                                "lastUpdated": index.last_updated,
                                "name": period.name,
                                "ordinal": ordinal,
                                "startTime": period.starts,
                            }
                            for ordinal, period in enumerate(day.periods, start=1)
                        ],
                    }
                    for day in week.days
                ],
            }
            for week in index.school.weeks
        ]
    }


def timetable_of_student(index: RestIndex, school_id: str) -> Row | None:
    """Return a row for each set and period: of a lesson taught by two, the first teacher's."""
    if school_id not in index.school.pupil:
        return None
    rows: dict[tuple[int, int], Row] = {}
    for item in index.sets_of.get(school_id, []):
        for lesson in index.lessons_of.get(item.code, []):
            teacher = index.teacher.get(lesson.teacher)
            by_row = index.choices.student_lesson_id == "row"
            row = _lesson(index, item, lesson) | {
                "id": lesson.id if by_row else item.id,
                "employeeId": teacher.id if teacher else None,
                "employeeSurname": teacher.surname if teacher else None,
                "employeeTitle": teacher.title if teacher else None,
            }
            rows.setdefault((item.id, lesson.period_id), row)
    return {"sets": list(rows.values())}


def timetable_of_employee(index: RestIndex, employee_id: str) -> Row | None:
    """Return a row for each lesson of a teacher, whose `id` is the set's."""
    person = index.school.employee.get(int(employee_id)) if employee_id.isdecimal() else None
    if person is None:
        return None
    rows = [
        _lesson(index, item, lesson)
        for lesson in index.lessons_by.get(person.user_code, [])
        if (item := index.set_coded.get(lesson.code))
    ]
    return {"sets": rows}


def _lesson(index: RestIndex, item: TeachingSet, lesson: Lesson) -> Row:
    row: Row = {
        "id": item.id,
        "code": item.code,
        "periodId": lesson.period_id,
        "subjectId": item.subject_id,
    }
    return row | ({"roomId": lesson.room_id} if index.choices.lessons_have_rooms else {})
