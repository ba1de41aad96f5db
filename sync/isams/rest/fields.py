"""How the fields of a REST record are looked up and read, by the table of their spellings.

A record that fits none is refused, with the names of the fields that were seen and none of their
values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from datetime import date

from sync.errors import SourceMalformed
from sync.isams.assembly import day_of, nc_year, person_of
from sync.isams.rest.spellings import TEACHER, TEACHING_SET, Kind
from sync.isams.school import PersonKey

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_NAMES_SHOWN = 60

type Values = Mapping[str, object]


def values_of(kind: Kind, row: object) -> Values:
    """Return the fields of *row* by our names; absent ones are left out, null ones are None.

    Raises:
        SourceMalformed: it is no record, or has no id.
    """
    if not isinstance(row, dict):
        raise SourceMalformed(f"iSAMS's {kind.name} is not a record")
    given = {str(name).lower(): value for name, value in row.items()}
    record: dict[str, object] = {}
    for field, spellings in kind.spellings.items():
        spelt = [given[name.lower()] for name in spellings if name.lower() in given]
        if spelt:
            record[field] = next((value for value in spelt if value is not None), None)
    if _lacks_id(kind, record):
        raise unfit(kind, "id", row)
    return record


def _lacks_id(kind: Kind, record: Values) -> bool:
    return "id" in kind.spellings and record.get("id") is None


def identity(kind: Kind, record: Values, *, as_text: bool = False) -> str:
    """Return the record's id; a number will do unless it must come *as_text*.

    Raises:
        SourceMalformed: it is neither, or blank.
    """
    value = record["id"]
    if isinstance(value, str) and value.strip():
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool) and not as_text:
        return str(value)
    raise SourceMalformed(f"iSAMS's {kind.name} has an id of a wrong type")


def text(kind: Kind, record: Values, field: str) -> str:
    """Return a field's text without blanks around, "" for none."""
    value = record.get(field)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise SourceMalformed(f"iSAMS's {kind.name} has a {field} that is no text")


def texts(kind: Kind, record: Values, *fields: str) -> tuple[str, ...]:
    """Return the texts of several fields, in that order."""
    return tuple(text(kind, record, field) for field in fields)


def loose_text(record: Values, field: str) -> str:
    """Return a field's text as `text` does; "" for what is none, where nothing depends on it."""
    value = record.get(field)
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).strip() if is_text else ""


def ids(kind: Kind, record: Values, *fields: str) -> tuple[str, ...]:
    """Return the ids in several fields, in that order, each once."""
    return tuple(dict.fromkeys(filter(None, texts(kind, record, *fields))))


def year(kind: Kind, record: Values) -> int | None:
    """Return the NC year, None for none."""
    return nc_year(text(kind, record, "year"))


def boolean(kind: Kind, record: Values, field: str) -> bool:
    """Return a field that is true or false; absent is false."""
    value = record.get(field)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise SourceMalformed(f"iSAMS's {kind.name} has a {field} that is neither true nor false")
    return value


def person(record: Values) -> PersonKey:
    """Return by what iSAMS knows the person in all their records."""
    return person_of(loose_text(record, "person_guid"), loose_text(record, "person_id"))


def last_day(record: Values) -> date | None:
    """Return when the person leaves or left, None for none."""
    return day_of(loose_text(record, "leaves"))


def is_current(kind: Kind, record: Values) -> bool:
    """Say whether a person is of the school now; where nothing says so, they are."""
    # docs/reference/isams.md#rest-students
    return text(kind, record, "status").lower() in {"", "current"}


def teacher_ids(record: Values) -> tuple[str, ...]:
    """Return the employee ids of a set's teachers, each once, sorted; () where none is given."""
    rows = record.get("teachers")
    if rows is None:
        return ()
    if not isinstance(rows, list):
        raise SourceMalformed(f"iSAMS's {TEACHING_SET.name} has teachers that are no list")
    teachers = (values_of(TEACHER, row) if isinstance(row, dict) else {"id": row} for row in rows)
    return tuple(sorted({identity(TEACHER, teacher) for teacher in teachers}))


def inner(kind: Kind, row: object, record: Values, field: str) -> list[object]:
    """Return the rows that *record*, read from *row*, holds under *field*; null is none.

    Raises:
        SourceMalformed: the field is not there, or is no list.
    """
    if field not in record:
        raise unfit(kind, field, keys(row))
    rows = record[field]
    if rows is not None and not isinstance(rows, list):
        raise SourceMalformed(f"iSAMS's {kind.name} has {field} that are no list")
    return rows or []


def keys(row: object) -> set[str]:
    """Return what a record calls its fields."""
    return {str(name) for name in row} if isinstance(row, dict) else set()


def refuse_unfit(
    kind: Kind, seen: Set[str], names_seen: Iterable[object], may_lack: Set[str] | None = None
) -> None:
    """Raise if a field is *seen* in no record, and not among those that they *may_lack*."""
    lacking = kind.may_lack if may_lack is None else may_lack
    for field in kind.spellings:
        if field not in seen and field not in lacking:
            raise unfit(kind, field, names_seen)


def unfit(kind: Kind, field: str, row: Iterable[object]) -> SourceMalformed:
    """Return the error for a record, or the fields of many, in which *field* is missing."""
    wanted = " or ".join(kind.spellings[field])
    return SourceMalformed(
        f"iSAMS's {kind.name} has no {field}: expected {wanted} among its fields, seen were"
        f" {', '.join(names(row)) or 'none'}"
    )


def names(row: Iterable[object]) -> list[str]:
    """Return the field names in *row*, sorted, as far as they look like names of fields."""
    shown = sorted({str(name) for name in row if _NAME.fullmatch(str(name))})
    return shown[:_NAMES_SHOWN]
