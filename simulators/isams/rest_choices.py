"""What the REST API does where nobody has published it: each guess by name, to be switched.

iSAMS's Swagger is not public. A client may rely on what `RestChoices` cannot change, and must
live with every value of what it can.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSpelling:
    """The keys of a teaching set; *teachers* "" leaves them out.

    With *teacher_id* the teachers are a list of objects that hold the employee's id under that
    key and a flag under *primary*; without, a list of ids, the primary teacher first.
    """

    code: str = "setCode"
    name: str = "name"
    subject: str = "subjectId"
    year: str = "yearId"
    hidden: str = "isHidden"
    teachers: str = "teachers"
    teacher_id: str = "staffId"
    primary: str = "primaryTeacher"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSpelling:
    """The keys of a room; *building* "" leaves its building out."""

    name: str = "name"
    code: str = "initials"
    building: str = "buildingId"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSpelling:
    """The keys of a form: *names* hold its name; *row_id* a number of the row, "" no such.

    *unsaid* come as null; *updated* says when the form was last changed, "" leaves that out.
    """

    names: tuple[str, ...] = ("id", "name")
    year: str = "ncYear"
    tutor: str = "tutorEmployeeId"
    room: str = "roomId"
    row_id: str = ""
    unsaid: tuple[str, ...] = ()
    updated: str = "lastUpdated"


SET_SPELLINGS: Mapping[str, SetSpelling] = {
    "as in batch": SetSpelling(),
    "short": SetSpelling(
        code="code", year="yearGroup", hidden="hidden", teacher_id="employeeId", primary="isPrimary"
    ),
    "prefixed": SetSpelling(name="setName", year="ncYear", teachers="teacherIds", teacher_id=""),
    "teachers by id": SetSpelling(code="code", name="setName", teacher_id="id"),
    "no teachers": SetSpelling(code="code", year="ncYear", teachers=""),
}
ROOM_SPELLINGS: Mapping[str, RoomSpelling] = {
    "as in batch": RoomSpelling(),
    "coded": RoomSpelling(name="roomName", code="code"),
    "no building": RoomSpelling(code="code", building=""),
}
FORM_SPELLINGS: Mapping[str, FormSpelling] = {
    # The only one that anybody has published: docs/reference/isams.md#rest-forms
    "published": FormSpelling(
        names=("code",),
        year="nationalCurriculumYear",
        tutor="tutorId",
        unsaid=("assistantTutor", "emailAddress", "secondAssistantTutor"),
        updated="",
    ),
    "named twice": FormSpelling(),
    "as in batch": FormSpelling(names=("id",), year="yearId", tutor="tutorId"),
    "with a row's id": FormSpelling(names=("form",), year="yearGroup", row_id="id"),
    "prefixed": FormSpelling(
        names=("formName",), year="nationalCurriculumYear", room="classroomId", row_id="id"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RestChoices:
    """A set of guesses.

    *base* is what all paths begin with, instead of `/api`: docs/reference/isams.md#main-prefix.
    *forms_path* and *school_path* are where the forms and the name of the school stand; "" is
    nowhere, so that asking is a 404. *lists_are_paged*: the collections that known clients read
    with a plain call (terms, sets, rooms …) honour `page` and `pageSize` too; if not, they hold
    everything. *lists_have_totals*: these then still say count and totals.
    *houses_by_type*: `houseType` leaves out the houses of the other type; if not, nobody heeds it.
    *student_lesson_id*: what `id` is in a pupil's timetable row; in an employee's it is the set.
    """

    base: Literal["/api", "/Main/api"] = "/api"
    sets: SetSpelling = field(default_factory=SetSpelling)
    rooms: RoomSpelling = field(default_factory=RoomSpelling)
    forms: FormSpelling = field(default_factory=FormSpelling)
    forms_path: str = "/api/school/forms"
    school_path: str = "/api/school/details"
    subject_hidden: Literal["isHidden", "hidden"] = "isHidden"
    lists_are_paged: bool = False
    lists_have_totals: bool = True
    houses_by_type: bool = True
    set_list_names: bool = True  # set lists say names and forms beside each schoolId
    set_lists_keep_leavers: bool = True
    student_lesson_id: Literal["set", "row"] = "set"
    lessons_have_rooms: bool = False
    zoned_times: bool = False  # lastUpdated ends in Z
    links: Literal["absolute", "relative"] = "absolute"
    links_without_hal: bool = False  # `_links` comes whatever the client accepts
    over_long_page: Literal["capped", "refused"] = "capped"
    not_authorised_status: int = 403
    retry_after_s: int | None = None  # sent with a throttled answer, if at all
