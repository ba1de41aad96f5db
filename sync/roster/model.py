"""What SDS shall hold for a profile: orgs, users, their roles, classes and who is in them.

The words are SDS's. Ids here are SDS `sourcedId`s: anchors for ever in Entra, so they never
change for the same person or set, and contain `[A-Za-z0-9.-]` only (legacy ids excepted).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

RoleName = Literal["student", "teacher"]


@dataclass(frozen=True, slots=True)
class Org:
    """A school."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A pupil or a teacher, with the role that they have at the school.

    `username` is the lower-case address. `given_name` and `family_name` are "" unless the school
    lets SDS create users. `grade` is an SDS grade code, "" for staff.
    """

    id: str
    username: str
    role: RoleName
    grade: str = ""
    given_name: str = ""
    family_name: str = ""


class NamedPerson(NamedTuple):
    """Somebody of a roster, as iSAMS has them; *id* is that of a `User`, `address` their username.

    `form` is the id of a pupil's form in iSAMS, "" if it was not read; `year` is their NC year.
    `extra` is said of those whom settings make teachers of every class, service accounts among
    them, who have no name: they are no class's own.
    """

    id: str
    forename: str
    surname: str
    form: str
    year: int | None
    address: str
    role: Literal["student", "teacher", "extra"]


@dataclass(frozen=True, slots=True)
class SchoolClass:
    """A class, its teachers and its students: user ids, sorted, each once, none in both.

    `subject_id` is the id in iSAMS of what is taught, "" if that is no single subject;
    `names_person` says that the title may name somebody in it.
    """

    id: str
    title: str
    teacher_ids: tuple[str, ...]
    student_ids: tuple[str, ...]
    subject_id: str = ""
    names_person: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A school year or a term of it, both days included.

    `school_year` is the calendar year in which the school year began, of its terms too.
    """

    id: str
    title: str
    type: Literal["schoolYear", "term"]
    school_year: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Course:
    """What is taught in classes of a subject; `subject_id` is the subject's id in iSAMS."""

    id: str
    title: str
    code: str
    subject_id: str


@dataclass(frozen=True, slots=True)
class Roster:
    """All of a profile: everything sorted by id, every reference resolved within it.

    Sessions and courses are None where the profile does not ask for them: then SDS hears of none.
    """

    org: Org
    users: tuple[User, ...]
    classes: tuple[SchoolClass, ...]
    sessions: tuple[Session, ...] | None = None
    courses: tuple[Course, ...] | None = None

    def counts(self) -> dict[str, int]:
        """Return how many students, teachers, classes and so on there are."""
        students = sum(user.role == "student" for user in self.users)
        return {
            "students": students,
            "teachers": len(self.users) - students,
            "classes": len(self.classes),
            "enrollments": sum(len(c.teacher_ids) + len(c.student_ids) for c in self.classes),
            **({} if self.sessions is None else {"sessions": len(self.sessions)}),
            **({} if self.courses is None else {"courses": len(self.courses)}),
        }
