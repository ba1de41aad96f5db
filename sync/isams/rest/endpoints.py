"""Where the REST API keeps what a school needs, and what a client must be allowed for it."""

from __future__ import annotations

from dataclasses import dataclass

from sync.isams import datasets
from sync.isams.datasets import ALWAYS, Dataset, Wanted
from sync.isams.rest import spellings
from sync.isams.rest.spellings import Kind

# What all paths may begin with, the usual first: docs/reference/isams.md#main-prefix
BASES = ("/api", "/Main/api")

# docs/reference/isams.md#rest-client
CLIENT_SCREEN = "API Services Manager > Manage REST API Clients"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A collection, or with `{id}` in its *path* an answer for each id.

    *key* holds its rows, *kind* is what they are, *module* the permission that it needs. *datasets*
    are those that are read there, as batch calls them; the first gives its name on the screen.
    *only* is a parameter that leaves out the other rows, such as `houseType=academic`.
    """

    path: str
    key: str
    kind: Kind
    module: str
    datasets: tuple[Dataset, ...]
    only: str = ""

    @property
    def name(self) -> str:
        """What messages call it: the path without its beginning."""
        return self.path.removeprefix("/api/") + (f"?{self.only}" if self.only else "")


EMPLOYEES = Endpoint(
    "/api/humanresources/employees",  # docs/reference/isams.md#rest-employees
    "employees",
    spellings.EMPLOYEE,
    "HRMANAGER",
    (datasets.STAFF,),
)
STUDENTS = Endpoint(
    # docs/reference/isams.md#rest-students
    "/api/students",
    "students",
    spellings.STUDENT,
    "STUDENTMANAGEMENT",
    (datasets.PUPILS,),
)
TEACHING = Endpoint(
    # docs/reference/isams.md#rest-subjects
    "/api/teaching/subjects",
    "subjects",
    spellings.SUBJECT,
    "TEACHING",
    (datasets.SUBJECTS,),
)
TEACHING_SETS = Endpoint(
    # docs/reference/isams.md#rest-sets
    "/api/teaching/sets",
    "sets",
    spellings.TEACHING_SET,
    "TEACHING",
    (datasets.SETS,),
)
MEMBERS = Endpoint(
    # One call for each set: there is no list of all: docs/reference/isams.md#rest-setlist
    "/api/teaching/sets/{id}/setList",
    "students",
    spellings.MEMBER,
    "TEACHING",
    (datasets.SET_LISTS,),
)

# docs/reference/isams.md#rest-modules
_SCHOOL, _ESTATES, _TIMETABLES = "SCHOOLMANAGEMENT", "ESTATESMANAGER", "TIMETABLEMANAGER"

TIMETABLES = Endpoint(
    # docs/reference/isams.md#rest-timetables
    "/api/timetables/employees/{id}",
    "sets",
    spellings.LESSON,
    _TIMETABLES,
    (datasets.LESSONS,),
)
YEAR_GROUPS = Endpoint(
    "/api/school/yeargroups",  # docs/reference/isams.md#rest-yeargroups
    "yearGroups",
    spellings.YEAR,
    _SCHOOL,
    (datasets.YEARS, datasets.DIVISIONS),  # divisions are given year group by year group
)
YEAR_DIVISIONS = Endpoint(
    "/api/school/yeargroups/{id}/divisions",
    "divisions",
    spellings.DIVISION,
    _SCHOOL,
    (datasets.DIVISIONS,),
)
# docs/reference/isams.md#rest-forms
FORMS = Endpoint("/api/school/forms", "forms", spellings.FORM, _SCHOOL, (datasets.FORMS,))
ACADEMIC_HOUSES = Endpoint(
    "/api/school/houses",  # docs/reference/isams.md#rest-houses
    "houses",
    spellings.HOUSE,
    _SCHOOL,
    (datasets.ACADEMIC_HOUSES,),
    only="houseType=academic",
)
BOARDING_HOUSES = Endpoint(
    "/api/school/houses",
    "houses",
    spellings.HOUSE,
    _SCHOOL,
    (datasets.BOARDING_HOUSES,),
    only="houseType=boarding",
)
# docs/reference/isams.md#rest-terms
TERMS = Endpoint("/api/school/terms", "terms", spellings.TERM, _SCHOOL, (datasets.TERMS,))
BUILDINGS = Endpoint(
    # docs/reference/isams.md#rest-buildings
    "/api/estates/buildings",
    "buildings",
    spellings.BUILDING,
    _ESTATES,
    (datasets.BUILDINGS,),
)
# Its fields are not known: docs/reference/isams.md#rest-rooms
ROOMS = Endpoint("/api/estates/rooms", "rooms", spellings.ROOM, _ESTATES, (datasets.BUILDINGS,))
STRUCTURE = Endpoint(
    # docs/reference/isams.md#rest-structure
    "/api/timetables/structure",
    "timetableWeeks",
    spellings.WEEK,
    _TIMETABLES,
    (datasets.WEEKS,),
)

ALL = (
    EMPLOYEES,
    STUDENTS,
    TEACHING,
    TEACHING_SETS,
    MEMBERS,
    TIMETABLES,
    YEAR_GROUPS,
    YEAR_DIVISIONS,
    FORMS,
    ACADEMIC_HOUSES,
    BOARDING_HOUSES,
    TERMS,
    BUILDINGS,
    ROOMS,
    STRUCTURE,
)

# A record by itself, which may be written by who may. Not among `ALL`: no school is read so.
# docs/reference/isams.md#put-student, docs/reference/isams.md#put-employee
STUDENT = Endpoint(
    "/api/students/{id}", "student", spellings.STUDENT, STUDENTS.module, STUDENTS.datasets
)
EMPLOYEE = Endpoint(
    "/api/humanresources/employees/{id}",
    "employee",
    spellings.EMPLOYEE,
    EMPLOYEES.module,
    EMPLOYEES.datasets,
)

# What a student's record must say for the classes that are made of these.
_OF_STUDENTS = {
    datasets.FORMS: "form",
    datasets.ACADEMIC_HOUSES: "academic",
    datasets.BOARDING_HOUSES: "boarding",
}


def needed_fields(endpoint: Endpoint, wanted: Wanted) -> frozenset[str]:
    """Return the fields that records of *endpoint* may lack, but not where *wanted* needs them."""
    if endpoint is not STUDENTS:
        return frozenset()
    return frozenset(field for dataset, field in _OF_STUDENTS.items() if dataset in wanted.needed)


def asked_for(wanted: Wanted) -> tuple[Endpoint, ...]:
    """Return what is asked for a school from which that is *wanted*.

    Timetables are among them always: sets may name no teacher, and then timetables must.

    See docs/reference/isams.md#rest-set-teachers.
    """
    asked = {*ALWAYS, *wanted.extras}
    return tuple(each for each in ALL if each is TIMETABLES or not asked.isdisjoint(each.datasets))
