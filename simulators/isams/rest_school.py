"""Year groups, forms, terms, houses, departments, buildings and rooms, as REST gives them."""

from __future__ import annotations

from simulators.invented.places import Building, Classroom, Division, Form, House, Term, Year
from simulators.isams.rest_index import RestIndex, Row, on_day
from simulators.school import Department


def details(index: RestIndex, _: str) -> Row:
    return {"name": index.school.name, "lastUpdated": index.last_updated}


def year_group(index: RestIndex, year: Year) -> Row:
    unsaid = (
        *("assistantTutorId", "censusYearGroup", "iscEnglandWalesYearGroup", "iscIrelandYearGroup"),
        *("iscScotlandYearGroup", "reference", "websiteAddress"),
    )
    return dict.fromkeys(unsaid) | {
        "averageStartingAge": year.id + 4,
        "code": year.code,
        "emailAddress": year.email,
        "lastUpdated": index.last_updated,
        "name": year.name,
        "ncYear": year.id,
        "tutorId": year.tutor_id,
    }


def division(index: RestIndex, item: Division) -> Row:
    return {
        "id": item.id,
        "code": item.code,
        "lastUpdated": index.last_updated,
        "name": item.name,
        "order": item.id,
    }


def form(index: RestIndex, item: Form) -> Row:
    """Return a form, in the chosen spelling."""
    spelling = index.choices.forms
    row: Row = dict.fromkeys(spelling.unsaid) | dict.fromkeys(spelling.names, item.name)
    row |= {
        spelling.year: item.year,
        spelling.tutor: item.tutor_id,
        spelling.room: item.room_id,
    }
    if spelling.updated:
        row[spelling.updated] = index.last_updated
    if spelling.row_id:
        row[spelling.row_id] = 40_001 + index.school.forms.index(item)
    return row


def term(_: RestIndex, item: Term) -> Row:
    return {
        "id": item.id,
        "finishDate": on_day(item.finishes_on),
        "name": item.name,
        "schoolYear": item.school_year,
        "startDate": on_day(item.starts_on),
    }


def house(index: RestIndex, item: House) -> Row:
    unsaid = ("addressLine", "county", "fax", "postcode", "telephone", "town", "website")
    return dict.fromkeys(unsaid) | {
        "id": item.id,
        "assistantHouseMasterEmployeeId": item.assistant_id,
        "code": item.code,
        "email": f"house{item.id}@{index.school.domain}",
        "gender": item.sex,
        "houseMasterEmployeeId": item.master_id,
        "name": item.name,
        "type": item.kind,
    }


def department(index: RestIndex, item: Department) -> Row:
    return {"id": item.id, "lastUpdated": index.last_updated, "name": item.name}


def building(index: RestIndex, item: Building) -> Row:
    return {
        "id": item.id,
        "description": "",
        "hasClassrooms": bool(item.classrooms),
        "initials": item.initials,
        "modifiedOn": index.last_updated,
        "name": item.name,
        "ordinal": item.id,
    }


def room(index: RestIndex, item: tuple[int, Classroom]) -> Row:
    """Return a room, in the chosen spelling."""
    building_id, classroom = item
    spelling = index.choices.rooms
    row: Row = {"id": classroom.id, "description": ""}
    row |= {spelling.name: classroom.name, spelling.code: classroom.code}
    return row | ({spelling.building: building_id} if spelling.building else {})
