"""Every REST path that is served: the module it needs, and what stands there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulators.isams import rest_clients as modules
from simulators.isams import rest_people, rest_school, rest_teaching
from simulators.isams.rest_choices import RestChoices
from simulators.isams.rest_index import RestIndex, Row
from simulators.isams.rest_writing import RecordKind

type ReadRows = Callable[[RestIndex, str, slice], tuple[list[Row], int] | None]
type ReadOne = Callable[[RestIndex, str], Row | None]


@dataclass(frozen=True, slots=True)
class Collection:
    """Rows under *key*. *read* gives a slice of them and how many there are, None where nothing is.

    *paged*: known to be paged. The others are read with a plain call by all known clients.
    *only* is a parameter that leaves out other rows: its value stands for the id. *writes* are the
    records that can be written one by one.
    """

    module: str
    key: str
    read: ReadRows
    paged: bool = False
    only: str = ""
    writes: RecordKind | None = None


@dataclass(frozen=True, slots=True)
class Single:
    """An object, without an envelope. *writes* is its kind, if it can be written."""

    module: str
    read: ReadOne
    writes: RecordKind | None = None


type Endpoint = Collection | Single


def _rows[T](
    records: Callable[[RestIndex, str], Sequence[T] | None],
    tell: Callable[[RestIndex, T], Row],
) -> ReadRows:
    """Return a reader that tells no more rows than it is asked for."""

    def read(index: RestIndex, id_: str, part: slice) -> tuple[list[Row], int] | None:
        listed = records(index, id_)
        if listed is None:
            return None
        return [tell(index, record) for record in listed[part]], len(listed)

    return read


def _single[T](
    records: Callable[[RestIndex], Sequence[T]],
    id_of: Callable[[T], object],
    tell: Callable[[RestIndex, T], Row],
) -> ReadOne:
    """Return a reader of the record that has the id in the path."""

    def read(index: RestIndex, id_: str) -> Row | None:
        record = next((each for each in records(index) if str(id_of(each)) == id_), None)
        return None if record is None else tell(index, record)

    return read


def _student(index: RestIndex, school_id: str) -> Row | None:
    pupil = index.school.pupil.get(school_id)
    return rest_people.student(index, pupil) if pupil else None


_houses = _rows(
    lambda t, kind: [h for h in t.houses.values() if kind.lower() in {"", h.kind.lower()}],
    rest_school.house,
)
_year_divisions = _rows(
    lambda t, id_: [d for d in t.school.divisions if id_ in map(str, d.years)] or None,
    rest_school.division,
)
_departments_of = _rows(
    lambda t, id_: (
        [d for d in t.school.departments if id_ in {str(s.id) for s in d.subjects}]
        if id_ in {str(s.id) for s in t.school.subjects}
        else None
    ),
    rest_school.department,
)
_subjects_of = _rows(
    lambda t, id_: next((d.subjects for d in t.school.departments if str(d.id) == id_), None),
    rest_teaching.subject,
)

ENDPOINTS: dict[str, Endpoint] = {
    "/api/students": Collection(
        modules.STUDENTS,
        "students",
        _rows(lambda t, _: t.school.pupils, rest_people.student),
        paged=True,
        writes="students",
    ),
    "/api/students/{}": Single(modules.STUDENTS, _student, writes="students"),
    "/api/humanresources/employees": Collection(
        modules.STAFF,
        "employees",
        _rows(lambda t, _: t.school.staff, rest_people.employee),
        paged=True,
        writes="employees",
    ),
    "/api/humanresources/employees/{}": Single(
        modules.STAFF,
        _single(lambda t: t.school.staff, lambda e: e.id, rest_people.employee),
        writes="employees",
    ),
    "/api/school/yeargroups": Collection(
        modules.SCHOOL, "yearGroups", _rows(lambda t, _: t.school.years, rest_school.year_group)
    ),
    "/api/school/yeargroups/{}": Single(
        modules.SCHOOL, _single(lambda t: t.school.years, lambda y: y.id, rest_school.year_group)
    ),
    "/api/school/yeargroups/{}/divisions": Collection(modules.SCHOOL, "divisions", _year_divisions),
    "/api/school/terms": Collection(
        modules.SCHOOL, "terms", _rows(lambda t, _: t.school.terms, rest_school.term)
    ),
    "/api/school/houses": Collection(modules.SCHOOL, "houses", _houses, only="houseType"),
    "/api/school/divisions": Collection(
        modules.SCHOOL, "divisions", _rows(lambda t, _: t.school.divisions, rest_school.division)
    ),
    "/api/school/houses/{}": Single(
        modules.SCHOOL,
        _single(lambda t: tuple(t.houses.values()), lambda h: h.id, rest_school.house),
    ),
    "/api/school/departments/teaching": Collection(
        modules.SCHOOL,
        "departments",
        _rows(lambda t, _: t.school.departments, rest_school.department),
    ),
    "/api/school/departments/nonteaching": Collection(
        modules.SCHOOL, "departments", _rows(lambda _, __: (), rest_school.department)
    ),
    "/api/school/departments/teaching/{}": Single(
        modules.SCHOOL,
        _single(lambda t: t.school.departments, lambda d: d.id, rest_school.department),
    ),
    "/api/school/departments/teaching/{}/subjects": Collection(
        modules.SCHOOL, "subjects", _subjects_of
    ),
    "/api/teaching/subjects": Collection(
        modules.TEACHING, "subjects", _rows(lambda t, _: t.school.subjects, rest_teaching.subject)
    ),
    "/api/teaching/subjects/{}": Single(
        modules.TEACHING,
        _single(lambda t: t.school.subjects, lambda s: s.id, rest_teaching.subject),
    ),
    "/api/teaching/subjects/{}/departments": Collection(
        modules.TEACHING, "teachingDepartments", _departments_of
    ),
    "/api/teaching/sets": Collection(
        modules.TEACHING, "sets", _rows(lambda t, _: t.school.sets, rest_teaching.teaching_set)
    ),
    "/api/teaching/sets/{}/setlist": Single(modules.TEACHING, rest_teaching.set_list),
    "/api/teaching/curriculumsubjectcodes": Collection(
        modules.TEACHING,
        "items",
        _rows(lambda t, _: t.school.subjects, rest_teaching.curriculum_code),
    ),
    "/api/estates/buildings": Collection(
        modules.ESTATES, "buildings", _rows(lambda t, _: t.school.buildings, rest_school.building)
    ),
    "/api/estates/rooms": Collection(
        modules.ESTATES, "rooms", _rows(lambda t, _: t.rooms, rest_school.room)
    ),
    "/api/timetables/structure": Single(modules.TIMETABLES, rest_teaching.structure),
    "/api/timetables/students/{}": Single(modules.TIMETABLES, rest_teaching.timetable_of_student),
    "/api/timetables/employees/{}": Single(modules.TIMETABLES, rest_teaching.timetable_of_employee),
}
_FORMS = Collection(modules.SCHOOL, "forms", _rows(lambda t, _: t.school.forms, rest_school.form))
_DETAILS = Single(modules.SCHOOL, rest_school.details)


def find(path: str, choices: RestChoices) -> tuple[Endpoint, str] | None:
    """Return what stands at *path* and the id in it; in any case, with or without a last slash."""
    base = choices.base
    if not path.lower().startswith(f"{base}/".lower()):
        return None
    path = "/api" + path.rstrip("/")[len(base) :]
    for guessed, there in ((choices.forms_path, _FORMS), (choices.school_path, _DETAILS)):
        if guessed and path.lower() == guessed.lower():
            return there, ""
    if endpoint := ENDPOINTS.get(path.lower()):
        return endpoint, ""
    parts = path.split("/")
    for at in range(3, len(parts)):
        pattern = "/".join([*parts[:at], "{}", *parts[at + 1 :]]).lower()
        if endpoint := ENDPOINTS.get(pattern):
            return endpoint, parts[at]
    return None
