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


class TellsOf(IntEnum):
    """Whom a column or a file tells of; the more, the greater."""

    NOBODY = 0
    PEOPLE_BY_ID = 1
    PEOPLE_BY_NAME = 2

    @property
    def words(self) -> str:
        """How datasets.json and the page say it."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Column:
    """A column. With `of`, its cells are ids of that file, none or any number in a tuple.

    `field` is that of the record, if it is not called like the column.
    """

    name: str
    about: str
    of: str = ""
    tells_of: TellsOf = TellsOf.NOBODY
    field: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A school as it was read, with its settings, on a day."""

    school: School
    settings: SchoolSettings
    academic_year: int
    day: date


@dataclass(frozen=True, slots=True)
class Table:
    """A file. `rows` gives None if iSAMS was not asked for it, or does not tell it.

    With `is_link`, a row says only that two records belong together: it needs both. `needs` are
    datasets beyond the five that are always read.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    rows: Callable[[Snapshot], Iterable[Row] | None]
    needs: tuple[Dataset, ...] = ()
    is_link: bool = False

    @property
    def tells_of(self) -> TellsOf:
        """What the most telling of its columns tells."""
        return max(column.tells_of for column in self.columns)


def of_records(name: str, about: str, *columns: Column, needs: tuple[Dataset, ...] = ()) -> Table:
    """Return the file of a school's records of that name: a row for each, a cell for each field."""
    fields = [column.field or column.name for column in columns]

    def rows(snapshot: Snapshot) -> Iterable[Row] | None:
        records: Mapping[object, object] | None = getattr(
            snapshot.school, _FIELDS.get(name, name.replace("-", "_"))
        )
        if records is None:
            return None
        return (
            tuple(_text(getattr(record, field)) for field in fields) for record in records.values()
        )

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
