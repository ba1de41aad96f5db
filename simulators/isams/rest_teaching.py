"""Subjects, sets, set lists and timetables, as REST tells them."""

from __future__ import annotations

from simulators.isams.rest_telling import RestTelling, Row
from simulators.isams.telling import AUTHOR_ID
from simulators.school import Lesson, Membership, Subject, TeachingSet


def subject(telling: RestTelling, item: Subject) -> Row:
    return {
        "id": item.id,
        "active": True,
        "code": item.code,
        "formSubject": not item.set_subject,
        telling.choices.subject_hidden: False,
        "name": item.name,
        "reportingName": item.name,
        "setSubject": item.set_subject,
    }


def curriculum_code(_: RestTelling, item: Subject) -> Row:
    return {"id": item.id, "code": item.code.upper(), "name": item.name}


def teaching_set(telling: RestTelling, item: TeachingSet) -> Row:
    """Return a set, in the chosen spelling; teachers whom batch leaves out are null."""
    spelling = telling.choices.sets
    row: Row = {
        "id": item.id,
        "authorId": AUTHOR_ID,
        "block": item.block,
        "description": "",
        "lastUpdated": telling.last_updated,
        "setNumber": item.number,
        spelling.code: item.code,
        spelling.name: item.name,
        spelling.subject: item.subject_id,
        spelling.year: item.year,
        spelling.hidden: False,
    }
    if not spelling.teachers:
        return row
    return row | {spelling.teachers: None if item.omits_teachers else _teachers(telling, item)}


def _teachers(telling: RestTelling, item: TeachingSet) -> list[object]:
    spelling = telling.choices.sets
    if spelling.teacher_id:
        return [
            {spelling.teacher_id: t.staff_id, spelling.primary: t.primary} for t in item.teachers
        ]
    return [t.staff_id for t in sorted(item.teachers, key=lambda t: not t.primary)]


def set_list(telling: RestTelling, set_id: str) -> Row | None:
    """Return one set with its pupils: this is an object, and the only way to who is in a set."""
    item = telling.school.teaching_set.get(int(set_id)) if set_id.isdecimal() else None
    if item is None:
        return None
    rows = telling.members.get(item.id, [])
    if not telling.choices.set_lists_keep_leavers:
        rows = [row for row in rows if row.school_id in telling.school.pupil]
    return {"id": item.id, "students": [_member(telling, row) for row in rows]}


def _member(telling: RestTelling, row: Membership) -> Row:
    if not telling.choices.set_list_names:
        return {"schoolId": row.school_id}
    pupil = telling.school.pupil.get(row.school_id)
    return {
        "schoolId": row.school_id,
        "forename": pupil.forename if pupil else None,
        "formGroup": pupil.form if pupil else None,
        "surname": pupil.surname if pupil else None,
    }


def structure(telling: RestTelling, _: str) -> Row:
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
                                "lastUpdated": telling.last_updated,
                                "name": period.name,
                                "ordinal": place,
                                "startTime": period.starts,
                            }
                            for place, period in enumerate(day.periods, start=1)
                        ],
                    }
                    for day in week.days
                ],
            }
            for week in telling.school.weeks
        ]
    }


def timetable_of_student(telling: RestTelling, school_id: str) -> Row | None:
    """Return one row for each set and period: of a lesson taught by two, the first teacher's."""
    if school_id not in telling.school.pupil:
        return None
    rows: dict[tuple[int, int], Row] = {}
    for item in telling.sets_of.get(school_id, []):
        for lesson in telling.lessons_of.get(item.code, []):
            teacher = telling.teacher.get(lesson.teacher)
            by_row = telling.choices.student_lesson_id == "row"
            row = _lesson(telling, item, lesson) | {
                "id": lesson.id if by_row else item.id,
                "employeeId": teacher.id if teacher else None,
                "employeeSurname": teacher.surname if teacher else None,
                "employeeTitle": teacher.title if teacher else None,
            }
            rows.setdefault((item.id, lesson.period_id), row)
    return {"sets": list(rows.values())}


def timetable_of_employee(telling: RestTelling, employee_id: str) -> Row | None:
    """Return one row for each lesson of one teacher, whose `id` is the set's."""
    person = telling.school.employee.get(int(employee_id)) if employee_id.isdecimal() else None
    if person is None:
        return None
    rows = [
        _lesson(telling, item, lesson)
        for lesson in telling.lessons_by.get(person.user_code, [])
        if (item := telling.set_coded.get(lesson.code))
    ]
    return {"sets": rows}


def _lesson(telling: RestTelling, item: TeachingSet, lesson: Lesson) -> Row:
    row: Row = {
        "id": item.id,
        "code": item.code,
        "periodId": lesson.period_id,
        "subjectId": item.subject_id,
    }
    return row | ({"roomId": lesson.room_id} if telling.choices.lessons_have_rooms else {})
