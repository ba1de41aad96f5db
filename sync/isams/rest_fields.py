"""The one table of what REST calls its fields, and how their values are read.

iSAMS's Swagger is not public: several spellings of a set's fields are accepted, and nothing is
guessed beyond them (isams.md section 10). A record that fits none is refused, with the names of
the fields that were seen and none of their values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync.errors import SourceMalformed
from sync.isams.register import nc_year

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_NAMES_SHOWN = 60

type Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: our name of each field, and its spellings, the surest first.

    `id` must be in every record. Of the others each must be in at least one of a collection,
    because a server may leave out what is null; those in *may_lack* may be nowhere.
    """

    name: str
    spellings: Mapping[str, tuple[str, ...]]
    may_lack: frozenset[str] = frozenset()


STUDENT = Kind(
    "student",
    {
        "id": ("schoolId",),  # not `id`: set lists and timetables go by this one
        "year": ("yearGroup",),
        "email": ("schoolEmailAddress",),
        "forename": ("forename",),
        "surname": ("surname",),
        "status": ("systemStatus",),
    },
    may_lack=frozenset({"status"}),
)
EMPLOYEE = Kind(
    "employee",
    {
        "id": ("id",),
        "email": ("schoolEmailAddress",),
        "forename": ("forename",),
        "surname": ("surname",),
        "status": ("systemStatus",),
    },
    may_lack=frozenset({"status"}),
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
# A row's own `id` comes last: in batch it is the row's, and the teacher is StaffId.
TEACHER = Kind("teacher of a set", {"id": ("staffId", "employeeId", "id")})
MEMBER = Kind("row of a set list", {"id": ("schoolId",)})
LESSON = Kind("row of a timetable", {"id": ("id",)})


def values(kind: Kind, row: object) -> Values:
    """Return the fields of *row* by our names; absent ones are left out, null ones are None.

    Raises:
        SourceMalformed: it is no record, or has no id.
    """
    if not isinstance(row, dict):
        raise SourceMalformed(f"iSAMS's {kind.name} is not a record")
    said = {str(name).lower(): value for name, value in row.items()}
    found: dict[str, object] = {}
    for field, spellings in kind.spellings.items():
        here = [said[own.lower()] for own in spellings if own.lower() in said]
        if here:
            found[field] = next((value for value in here if value is not None), None)
    if found.get("id") is None:
        raise unfit(kind, "id", row)
    return found


def identity(kind: Kind, said: Values, *, as_text: bool = False) -> str:
    """Return the record's id; a number will do unless it must come *as_text*.

    Raises:
        SourceMalformed: it is neither, or blank.
    """
    own = said["id"]
    if isinstance(own, str) and own.strip():
        return own.strip()
    if isinstance(own, int) and not isinstance(own, bool) and not as_text:
        return str(own)
    raise SourceMalformed(f"iSAMS's {kind.name} has an id of a wrong type")


def text(kind: Kind, said: Values, field: str) -> str:
    """Return a field's text without blanks around, "" for none."""
    value = said.get(field)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise SourceMalformed(f"iSAMS's {kind.name} has a {field} that is no text")


def year(kind: Kind, said: Values) -> int | None:
    """Return the NC year, None for none."""
    return nc_year(text(kind, said, "year"))


def flag(kind: Kind, said: Values, field: str) -> bool:
    """Return a field that is true or false; absent is false."""
    value = said.get(field)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise SourceMalformed(f"iSAMS's {kind.name} has a {field} that is neither true nor false")
    return value


def is_current(kind: Kind, said: Values) -> bool:
    """Say whether a person is of the school now; nothing said, they are."""
    return text(kind, said, "status").lower() in {"", "current"}


def teacher_ids(said: Values) -> tuple[str, ...]:
    """Return the employee ids of a set's teachers, each once, sorted; () where none is told."""
    rows = said.get("teachers")
    if rows is None:
        return ()
    if not isinstance(rows, list):
        raise SourceMalformed(f"iSAMS's {TEACHING_SET.name} has teachers that are no list")
    told = (values(TEACHER, row) if isinstance(row, dict) else {"id": row} for row in rows)
    return tuple(sorted({identity(TEACHER, one) for one in told}))


def unfit(kind: Kind, field: str, row: Iterable[object]) -> SourceMalformed:
    """Return the error for a record, or the fields of many, in which *field* is not found."""
    wanted = " or ".join(kind.spellings[field])
    return SourceMalformed(
        f"iSAMS's {kind.name} has no {field}: expected {wanted} among its fields, seen were"
        f" {', '.join(names(row)) or 'none'}"
    )


def names(row: Iterable[object]) -> list[str]:
    """Return the field names in *row*, sorted, as far as they look like names of fields."""
    told = sorted({str(name) for name in row if _NAME.fullmatch(str(name))})
    return told[:_NAMES_SHOWN]
