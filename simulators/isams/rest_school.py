"""Year groups, forms, terms, houses, departments, buildings and rooms, as REST tells them."""

from __future__ import annotations

from simulators.invented.places import Building, Classroom, Division, Form, House, Term, Year
from simulators.isams.rest_telling import RestTelling, Row, on_day
from simulators.school import Department


def details(telling: RestTelling, _: str) -> Row:
    return {"name": telling.school.name, "lastUpdated": telling.last_updated}


def year_group(telling: RestTelling, year: Year) -> Row:
    unsaid = (
        *("assistantTutorId", "censusYearGroup", "iscEnglandWalesYearGroup", "iscIrelandYearGroup"),
        *("iscScotlandYearGroup", "reference", "websiteAddress"),
    )
    return dict.fromkeys(unsaid) | {
        "averageStartingAge": year.id + 4,
        "code": year.code,
        "emailAddress": year.email,
        "lastUpdated": telling.last_updated,
        "name": year.name,
        "ncYear": year.id,
        "tutorId": year.tutor_id,
    }


def division(telling: RestTelling, item: Division) -> Row:
    return {
        "id": item.id,
        "code": item.code,
        "lastUpdated": telling.last_updated,
        "name": item.name,
        "order": item.id,
    }


def form(telling: RestTelling, item: Form) -> Row:
    """Return a form, in the chosen spelling: all of its keys are our guess."""
    spelling = telling.choices.forms
    row: Row = dict.fromkeys(spelling.names, item.name) | {
        spelling.year: item.year,
        spelling.tutor: item.tutor_id,
        spelling.room: item.room_id,
        "lastUpdated": telling.last_updated,
    }
    if not spelling.row_id:
        return row
    return row | {spelling.row_id: 40_001 + telling.school.forms.index(item)}


def term(_: RestTelling, item: Term) -> Row:
    return {
        "id": item.id,
        "finishDate": on_day(item.finishes_on),
        "name": item.name,
        "schoolYear": item.school_year,
        "startDate": on_day(item.starts_on),
    }


def house(telling: RestTelling, item: House) -> Row:
    unsaid = ("addressLine", "county", "fax", "postcode", "telephone", "town", "website")
    return dict.fromkeys(unsaid) | {
        "id": item.id,
        "assistantHouseMasterEmployeeId": item.assistant_id,
        "code": item.code,
        "email": f"house{item.id}@{telling.school.domain}",
        "gender": item.sex,
        "houseMasterEmployeeId": item.master_id,
        "name": item.name,
        "type": item.kind,
    }


def department(telling: RestTelling, item: Department) -> Row:
    return {"id": item.id, "lastUpdated": telling.last_updated, "name": item.name}


def building(telling: RestTelling, item: Building) -> Row:
    return {
        "id": item.id,
        "description": "",
        "hasClassrooms": bool(item.classrooms),
        "initials": item.initials,
        "modifiedOn": telling.last_updated,
        "name": item.name,
        "ordinal": item.id,
    }


def room(telling: RestTelling, item: tuple[int, Classroom]) -> Row:
    """Return a room, in the chosen spelling."""
    building_id, classroom = item
    spelling = telling.choices.rooms
    row: Row = {"id": classroom.id, "description": ""}
    row |= {spelling.name: classroom.name, spelling.code: classroom.code}
    return row | ({spelling.building: building_id} if spelling.building else {})
