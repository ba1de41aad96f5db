"""What a file, a column and a cell are; and how a record becomes a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from sync.isams.datasets import Dataset
from sync.isams.school import School
from sync.settings import SchoolSettings

type Row = tuple[str, ...]

MANY = ";"  # between the values of a cell that holds several


class People(IntEnum):
    """Whom a column or a file tells of."""

    NONE = 0
    BY_ID = 1
    BY_NAME = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One column. With `of`, its cells are ids of that file, none or one, or several in a tuple.

    `field` is the record's own, if it is not called like the column.
    """

    name: str
    about: str
    of: str = ""
    people: People = People.NONE
    field: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, of which school, on which day."""

    read: School
    place: SchoolSettings
    academic_year: int
    day: date


@dataclass(frozen=True, slots=True)
class Table:
    """One file. `rows` gives None if iSAMS was not asked for it, or does not tell it.

    With `is_link`, a row says only that two records belong together: it needs both. `needs` are
    datasets beyond the five that are always read.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    rows: Callable[[Reading], Iterable[Row] | None]
    needs: tuple[Dataset, ...] = ()
    is_link: bool = False

    @property
    def people(self) -> People:
        """What the most telling of its columns tells."""
        return max(column.people for column in self.columns)


def of_records(name: str, about: str, *columns: Column, needs: tuple[Dataset, ...] = ()) -> Table:
    """Return the file of a school's records of that name: a row for each, a cell for each field."""
    fields = [column.field or column.name for column in columns]

    def rows(one: Reading) -> Iterable[Row] | None:
        found: Mapping[object, object] | None = getattr(
            one.read, _FIELDS.get(name, name.replace("-", "_"))
        )
        if found is None:
            return None
        return (tuple(_text(getattr(r, field)) for field in fields) for r in found.values())

    return Table(name, about, columns, rows, needs)


_FIELDS = {"year-groups": "years"}  # of the school, where they are not called like the file


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case tuple():
            return MANY.join(map(str, value))
        case _:  # days are told as 2026-09-01
            return str(value)
