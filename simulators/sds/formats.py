"""The CSV formats as School Data Sync reads them: files, columns, types, value lists.

Columns: docs/reference/sds.md#files and what follows it; lists: docs/reference/sds.md#grades.
Column and file names are case-sensitive,
values of a list are not. V1 is known by its file names and headers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

V2_1_CODE = "schoolDataSyncV2Rev1"
V1_CODE = "schoolDataSyncV1"


class Kind(StrEnum):
    TEXT = "text"
    ENUM = "enum"
    GRADE = "grade"
    EMAIL = "email"
    DATE = "date"
    YEAR = "year"
    PHONE = "phone"
    BOOLEAN = "boolean"
    REFERENCE = "reference"
    REFERENCES = "references"


@dataclass(frozen=True, slots=True)
class Column:
    """*values* maps the lower-case spelling to the one SDS stores; *refers_to* names a file."""

    name: str
    required: bool = False
    kind: Kind = Kind.TEXT
    values: Mapping[str, str] = MappingProxyType({})
    refers_to: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One file. *key* tells rows apart; with *one_row_per_key* a second row is an error.

    *distinct* names a further column whose values may occur once, compared without case.
    """

    file: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False
    one_row_per_key: bool = True
    distinct: str = ""


def _values(words: str) -> Mapping[str, str]:
    return MappingProxyType({word.lower(): word for word in words.split()})


ORG_TYPES = _values(
    "school ministryOfEducation localAuthority department university region district college "
    "division local campus province state adultEducation researchCenter national municipality "
    "program departmentOfEducation academicTrust"
)
STAFF_ROLES = _values(
    "principal chair professor researcher adjunct affiliate occupationalTherapist "
    "physicalTherapist speechTherapist visionTherapist paraprofessional specialServices advisor "
    "proctor nurse officeStaff lecturer itAdmin administrator teacher faculty staff "
    "teacherAssistant assistant instructor substitute coach alumni"
)
ROLES = MappingProxyType({**STAFF_ROLES, **_values("student other")})
# Without `aide`: two sources spell it differently, so the reference says to use neither.
CLASS_ROLES = _values(
    "student visionTherapist substitute paraprofessional principal proctor teacherAssistant "
    "specialServices teacher professor advisor administrator lecturer coach "
    "occupationalTherapist affiliate assistant physicalTherapist adjunct staff speechTherapist "
    "instructor alumni chair itAdmin officeStaff"
)
GRADES = _values(
    "IT PR PK TK KG 01 02 03 04 05 06 07 08 09 10 11 12 13 14 PS UG Other PS1 PS2 PS3 PS4 "
    "undergraduate graduate postgraduate alumni adultEducation"
)
SESSION_TYPES = _values("schoolYear semester term gradingPeriod quarter")
RELATIONSHIPS = _values("parent guardian relative aide doctor other")
SEXES = _values("male female notSelected")


def _enum(name: str, values: Mapping[str, str], *, required: bool = False) -> Column:
    return Column(name, required, Kind.ENUM, values)


def _grade(name: str) -> Column:
    return Column(name, kind=Kind.GRADE, values=GRADES)


def _to(file: str, name: str, *, required: bool = True) -> Column:
    return Column(name, required, Kind.REFERENCE, refers_to=file)


def _required(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, required=True) for name in names)


def _optional(*names: str, kind: Kind = Kind.TEXT) -> tuple[Column, ...]:
    return tuple(Column(name, kind=kind) for name in names)


_USERS = Table(
    "users.csv",
    (
        *_required("sourcedId", "username"),
        *_optional("givenName", "familyName", "password", "activeDirectoryMatchId"),
        *_optional("email", kind=Kind.EMAIL),
        *_optional("phone", "sms", kind=Kind.PHONE),
        *_optional("userNumber"),
    ),
    key=("sourcedId",),
    required=True,
    distinct="username",
)
_ORGS = Table(
    "orgs.csv",
    (
        *_required("sourcedId", "name"),
        _enum("type", ORG_TYPES, required=True),
        _to("orgs.csv", "parentSourcedId", required=False),
    ),
    key=("sourcedId",),
    required=True,
)
_SESSIONS = Table(
    "academicSessions.csv",
    (
        *_required("sourcedId", "title"),
        _enum("type", SESSION_TYPES, required=True),
        Column("schoolYear", required=True, kind=Kind.YEAR),
        Column("startDate", required=True, kind=Kind.DATE),
        Column("endDate", required=True, kind=Kind.DATE),
    ),
    key=("sourcedId",),
)
_COURSES = Table(
    "courses.csv",
    (
        *_required("sourcedId"),
        _to("orgs.csv", "orgSourcedId"),
        *_required("title", "code"),  # one source demands a code, another does not
        *_optional("subject"),
        _to("academicSessions.csv", "schoolYearSourcedId", required=False),
        _grade("grade"),
    ),
    key=("sourcedId",),
)
_ROLES = Table(
    "roles.csv",
    (
        _to("users.csv", "userSourcedId"),
        _to("orgs.csv", "orgSourcedId"),
        _enum("role", ROLES, required=True),
        _to("academicSessions.csv", "sessionSourcedId", required=False),
        _grade("grade"),
        *_optional("isPrimary", kind=Kind.BOOLEAN),
        *_optional("roleStartDate", "roleEndDate", kind=Kind.DATE),
    ),
    key=("userSourcedId", "orgSourcedId", "role", "grade"),
    required=True,
    one_row_per_key=False,
)
_CLASSES = Table(
    "classes.csv",
    (
        *_required("sourcedId"),
        _to("orgs.csv", "orgSourcedId"),
        *_required("title"),
        Column("sessionSourcedIds", kind=Kind.REFERENCES, refers_to="academicSessions.csv"),
        _to("courses.csv", "courseSourcedId", required=False),
        *_optional("code"),
    ),
    key=("sourcedId",),
)
_ENROLLMENTS = Table(
    "enrollments.csv",
    (
        _to("classes.csv", "classSourcedId"),
        _to("users.csv", "userSourcedId"),
        _enum("role", CLASS_ROLES, required=True),
    ),
    key=("classSourcedId", "userSourcedId", "role"),
    one_row_per_key=False,
)
_DEMOGRAPHICS = Table(
    "demographics.csv",
    (
        _to("users.csv", "userSourcedId"),
        _enum("sex", SEXES),
        *_optional("birthDate", kind=Kind.DATE),
        *_optional("birthCity", "birthState", "birthCountry", "ethnicityCodes", "raceCodes"),
    ),
    key=("userSourcedId",),
)
_FLAGS = Table(
    "userFlags.csv",
    (_to("users.csv", "userSourcedId"), *_required("flag")),  # full value list unknown
    key=("userSourcedId", "flag"),
    one_row_per_key=False,
)
_RELATIONSHIPS = Table(
    "relationships.csv",
    (
        _to("users.csv", "userSourcedId"),
        _to("users.csv", "relationshipUserSourcedId"),
        _enum("relationshipRole", RELATIONSHIPS, required=True),
    ),
    key=("userSourcedId", "relationshipUserSourcedId", "relationshipRole"),
    one_row_per_key=False,
)


def _v1(file: str, *columns: str, required: bool = False) -> Table:
    return Table(file, _required(*columns), key=(), required=required)


# In the order of the cascade: a file comes after those that it refers to.
FORMATS: Mapping[str, tuple[Table, ...]] = {
    V2_1_CODE: (
        *(_ORGS, _USERS, _SESSIONS, _COURSES, _ROLES),
        *(_CLASSES, _ENROLLMENTS, _DEMOGRAPHICS, _FLAGS, _RELATIONSHIPS),
    ),
    V1_CODE: (
        _v1("School.csv", "SIS ID", "Name", required=True),
        _v1("Student.csv", "SIS ID", "School SIS ID", "Username", required=True),
        _v1("Teacher.csv", "SIS ID", "School SIS ID", "Username", required=True),
        _v1("Section.csv", "SIS ID", "School SIS ID", "Section Name"),
        _v1("StudentEnrollment.csv", "Section SIS ID", "SIS ID"),
        _v1("TeacherRoster.csv", "Section SIS ID", "SIS ID"),
    ),
}
