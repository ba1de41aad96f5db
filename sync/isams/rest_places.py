"""Where the REST API keeps what a roster needs, and what a client must be allowed for it."""

from __future__ import annotations

from dataclasses import dataclass

from sync.isams import rest_fields
from sync.isams.datasets import PUPILS, SET_LISTS, SETS, STAFF, SUBJECTS, Dataset
from sync.isams.rest_fields import Kind

CLIENT_SCREEN = "API Services Manager > Manage REST API Clients"


@dataclass(frozen=True, slots=True)
class Place:
    """One endpoint: a collection, or with `{id}` in its *path* an object for each id.

    *key* holds its rows, *kind* is what they are, *module* the permission that it needs. *dataset*
    is the same in batch, which gives the name on the screen; batch has no timetables here.
    """

    path: str
    key: str
    kind: Kind
    module: str
    dataset: Dataset | None

    @property
    def name(self) -> str:
        """What messages call it: the path without its beginning."""
        return self.path.removeprefix("/api/")


EMPLOYEES = Place(
    "/api/humanresources/employees", "employees", rest_fields.EMPLOYEE, "HRMANAGER", STAFF
)
STUDENTS = Place("/api/students", "students", rest_fields.STUDENT, "STUDENTMANAGEMENT", PUPILS)
TEACHING = Place("/api/teaching/subjects", "subjects", rest_fields.SUBJECT, "TEACHING", SUBJECTS)
TEACHING_SETS = Place("/api/teaching/sets", "sets", rest_fields.TEACHING_SET, "TEACHING", SETS)
MEMBERS = Place(
    "/api/teaching/sets/{id}/setList", "students", rest_fields.MEMBER, "TEACHING", SET_LISTS
)
LESSONS = Place(
    "/api/timetables/employees/{id}", "sets", rest_fields.LESSON, "TIMETABLEMANAGER", None
)

ALL = (EMPLOYEES, STUDENTS, TEACHING, TEACHING_SETS, MEMBERS, LESSONS)
