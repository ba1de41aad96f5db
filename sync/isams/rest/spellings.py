"""The only table of what REST calls the fields of its records.

iSAMS's Swagger is not public: several spellings of a set's, a form's or a room's fields are
accepted, and nothing is guessed beyond them (docs/reference/isams.md#rest-base).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: our name of each field, and its spellings, the surest first.

    `id`, where it is named, must be in every record. Each of the others must be somewhere in a
    collection, because a server may leave out what is null; those in *may_lack* may be nowhere,
    unless a dataset that is needed cannot do without.
    """

    name: str
    spellings: Mapping[str, tuple[str, ...]]
    may_lack: frozenset[str] = frozenset()


_ONE_PERSON = {  # what tells whether two records are about one person, and which is in use
    "person_guid": ("personGuid",),
    "person_id": ("personId",),
    "leaves": ("leavingDate",),
}
STUDENT = Kind(
    "student",
    {
        # docs/reference/isams.md#rest-students
        "id": ("schoolId",),  # not `id`: set lists and timetables go by this
        "year": ("yearGroup",),
        "email": ("schoolEmailAddress",),
        "forename": ("forename",),
        "surname": ("surname",),
        "status": ("systemStatus",),
        "code": ("schoolCode",),
        "form": ("formGroup",),
        "academic": ("academicHouse",),  # houses by name
        "boarding": ("boardingHouse",),
        "tutor": ("tutorEmployeeId",),
        **_ONE_PERSON,
    },
    may_lack=frozenset({"status", "code", "form", "academic", "boarding", "tutor", *_ONE_PERSON}),
)
EMPLOYEE = Kind(
    "employee",
    {
        "id": ("id",),
        "email": ("schoolEmailAddress",),
        "forename": ("forename",),
        "surname": ("surname",),
        "status": ("systemStatus",),
        "title": ("title",),
        "initials": ("schoolInitials",),
        "teaches": ("isTeachingStaff",),  # docs/reference/isams.md#rest-employees
        **_ONE_PERSON,
    },
    may_lack=frozenset({"status", "title", "initials", "teaches", *_ONE_PERSON}),
)
SUBJECT = Kind("subject", {"id": ("id",), "code": ("code",), "name": ("name",)})
TEACHING_SET = Kind(
    "teaching set",
    {
        "id": ("id",),
        "code": ("setCode", "code"),
        "name": ("setName", "name"),
        "subject": ("subjectId",),
        "year": ("ncYear", "yearGroup", "yearId"),  # batch's YearId is the NC year too
        "hidden": ("isHidden", "hidden"),
        "teachers": ("teachers", "teacherIds"),
    },
    may_lack=frozenset({"hidden", "teachers"}),
)
# `id` comes last: in batch it is the row's, and the teacher is StaffId.
TEACHER = Kind("teacher of a set", {"id": ("staffId", "employeeId", "id")})
MEMBER = Kind("row of a set list", {"id": ("schoolId",)})
LESSON = Kind(
    "row of a timetable",
    {
        # docs/reference/isams.md#rest-timetables
        "id": ("id",),  # in an employee's timetable it is the set's
        "code": ("code",),
        "period": ("periodId",),
        "room": ("roomId", "classroomId"),
    },
    may_lack=frozenset({"room"}),
)
YEAR = Kind(
    "year group",
    {
        "id": ("ncYear",),
        "name": ("name",),
        "code": ("code",),
        "tutor": ("tutorId",),
        "assistant": ("assistantTutorId",),
    },
    may_lack=frozenset({"assistant"}),
)
DIVISION = Kind("division", {"id": ("id",), "name": ("name",), "code": ("code",)})
# What students call their form is its id, and that is its code: the only public source knows no
# other. An `id` comes last, as it may be a row's; so does a tutor without `Id`, who may be a name
# where another field is the id.
# docs/reference/isams.md#rest-forms
FORM = Kind(
    "form",
    {
        "id": ("code", "name", "formName", "form", "id"),
        "year": ("nationalCurriculumYear", "ncYear", "yearGroup", "yearId"),
        "tutor": ("tutorId", "tutorEmployeeId"),
        "assistant": ("assistantTutorId", "assistantTutorEmployeeId", "assistantTutor"),
        "second": (
            "secondAssistantTutorId",
            "secondAssistantTutorEmployeeId",
            "secondAssistantTutor",
        ),
        "room": ("roomId", "classroomId"),
    },
    may_lack=frozenset({"assistant", "second", "room"}),
)
HOUSE = Kind(
    "house",
    {
        "id": ("id",),
        "name": ("name",),
        "code": ("code",),
        "type": ("type",),
        "master": ("houseMasterEmployeeId",),
        "assistant": ("assistantHouseMasterEmployeeId",),
    },
    may_lack=frozenset({"assistant"}),
)
TERM = Kind(
    "term",
    {
        "id": ("id",),
        "name": ("name",),
        "school_year": ("schoolYear",),
        "starts": ("startDate",),
        "finishes": ("finishDate",),
    },
)
BUILDING = Kind("building", {"id": ("id",), "name": ("name",), "code": ("initials",)})
ROOM = Kind(
    "room",
    {
        "id": ("id",),
        "name": ("name", "roomName"),
        "code": ("code", "initials"),
        "building": ("buildingId",),
    },
    may_lack=frozenset({"building"}),
)
WEEK = Kind("week", {"name": ("name",), "days": ("timetableDays",)}, may_lack=frozenset({"name"}))
DAY = Kind("day", {"name": ("name",), "periods": ("periods",)})
PERIOD = Kind(
    "period", {"id": ("id",), "name": ("name",), "starts": ("startTime",), "ends": ("endTime",)}
)
