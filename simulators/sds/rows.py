"""The rows of one file against its columns, in the order in which a run checks them.

Required value blank, duplicate key, value of the wrong kind, reference that leads nowhere
(reference §9). A row is dropped at its first error; a dropped row's dependents fall in turn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from simulators.sds.formats import Column, Kind, Table
from simulators.sds.verdict import Level, RowFault

type Row = dict[str, str]

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
PHONE = re.compile(r"\+[1-9][0-9]{1,14}")  # E.164
YEAR = re.compile(r"[0-9]{4}")
# The group's mailNickname is `Section_<id>`, later with `Exp<MMYY>_` before it: 63 in all, and no
# dots but single ones inside (§2.2, §13).
CLASS_ID = re.compile(r"(?!.*\.\.)[A-Za-z0-9._-]{0,46}[A-Za-z0-9_-]")
TITLE_REFUSED = re.compile(r'[~"#%&*:<>?/\\{|}]')
TITLE_LENGTH = 120
OWNERS = 100


class RowCheck:
    """Checks one file's records; *ids* holds the surviving ids of the files before it."""

    def __init__(self, table: Table, header: list[str], ids: Mapping[str, set[str]]) -> None:
        known = {column.name: column for column in table.columns}
        self.faults: list[RowFault] = []
        self.table = table
        self.header = header
        self.ids = dict(ids)
        self.present = [known[name] for name in header if name in known]
        self.required = [column.name for column in self.present if column.required]
        self.referring = [column for column in self.present if column.refers_to]
        # Ids are told apart by case, words of a value list are not (§2.1).
        self.key = [(name, not name.lower().endswith("sourcedid")) for name in table.key]
        self.seen: set[tuple[str, ...]] = set()
        self.distinct: set[str] = set()
        # `password` is in the samples, not on today's page: tolerated. Others are unknown.
        for name in header:
            if name not in known:
                self._say(Level.WARNING, "UnknownHeader", 1, {}, name)

    def survivors(self, records: list[list[str]]) -> list[Row]:
        """Return the rows that SDS keeps, as it would store them, in file order."""
        kept: list[tuple[int, Row]] = []
        for line, record in enumerate(records, start=2):
            if record and (row := self._row(line, record)):
                kept.append((line, row))
        if self.table.key == ("sourcedId",):  # a file may refer to its own rows, forward too
            self.ids[self.table.file] = {row["sourcedId"] for _, row in kept}
        return [row for line, row in kept if self._references(line, row)]

    def _row(self, line: int, record: list[str]) -> Row | None:
        if len(record) != len(self.header):
            self._drop("InvalidRow", line, {})
            return None
        row = dict(zip(self.header, record, strict=True))
        for name in self.required:
            if not row[name].strip():
                self._drop("RequiredValueMissing", line, row, name)
                return None
        return row if self._first_of_its_key(line, row) and self._values(line, row) else None

    def _first_of_its_key(self, line: int, row: Row) -> bool:
        table = self.table
        key = tuple([_folded(row.get(name, ""), fold=fold) for name, fold in self.key])
        if key in self.seen:
            level = Level.ERROR if table.one_row_per_key else Level.WARNING
            self._say(level, "DuplicateRow", line, row)
            return False
        self.seen.add(key)
        if table.distinct:
            value = row[table.distinct].strip().lower()
            if value in self.distinct:
                self._drop("DuplicateValue", line, row, table.distinct)
                return False
            self.distinct.add(value)
        return True

    def _values(self, line: int, row: Row) -> bool:
        for column in self.present:
            value = row[column.name]
            if "\n" in value or "\r" in value:
                self._drop("LineBreakInValue", line, row, column.name)
                return False
            if column.kind is Kind.TEXT or not value.strip():
                continue
            stored = _stored(column, value)
            if stored is None:
                self._say(_level(column), _code(column), line, row, column.name)
                if column.required:
                    return False
            row[column.name] = stored or ""
        return True

    def _references(self, line: int, row: Row) -> bool:
        for column in self.referring:
            value = row[column.name]
            if not value:
                continue
            known = self.ids.get(column.refers_to, set())
            several = column.kind is Kind.REFERENCES
            parts = [part.strip() for part in value.split(",")] if several else [value]
            found = [part for part in parts if part in known]
            if len(found) == len(parts):
                continue
            self._say(_level(column), "ReferenceNotFound", line, row, column.name)
            if column.required:
                return False
            row[column.name] = ",".join(found)
        return True

    def _drop(self, code: str, line: int, row: Row, column: str = "") -> None:
        self._say(Level.ERROR, code, line, row, column)

    def _say(self, level: Level, code: str, line: int, row: Row, column: str = "") -> None:
        key = "/".join(row.get(name, "") for name in self.table.key)
        fault = RowFault(
            level=level, code=code, file=self.table.file, line=line, key=key, column=column
        )
        self.faults.append(fault)


def _folded(value: str, *, fold: bool) -> str:
    return value.lower() if fold else value


def _level(column: Column) -> Level:
    return Level.ERROR if column.required else Level.WARNING


def _code(column: Column) -> str:
    in_list = column.kind in {Kind.ENUM, Kind.GRADE}
    return "InvalidOrMissingReferenceCode" if in_list else "InvalidValue"


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


_VALID: Mapping[Kind, Callable[[str], bool]] = {
    Kind.EMAIL: _matches(EMAIL),
    Kind.PHONE: _matches(PHONE),
    Kind.YEAR: _matches(YEAR),
    Kind.BOOLEAN: lambda value: value.lower() in {"true", "false"},
    Kind.DATE: _is_day,
}


def _stored(column: Column, value: str) -> str | None:
    """Return *value* as SDS stores it, None if it is not of the column's kind (§2.1)."""
    if column.kind is Kind.ENUM:
        return column.values.get(value.lower())
    if column.kind is Kind.GRADE:  # `1` matches `01`
        padded = value.zfill(2) if value.isdecimal() else value
        return column.values.get(padded.lower())
    valid = _VALID.get(column.kind)
    if valid is None:  # references are looked up later
        return value
    if not valid(value):
        return None
    return value.lower() if column.kind in {Kind.EMAIL, Kind.BOOLEAN} else value


def platform_faults(rows: Mapping[str, list[Row]]) -> Iterator[RowFault]:
    """Yield what SDS takes but Entra or Teams stumble over (§2.2, §2.3, §13).

    Without a nickname there is no group, and to a Team with too many owners nobody can be added:
    these are errors.
    """
    for row in rows["classes.csv"]:
        key, title = row["sourcedId"], row["title"]
        if not CLASS_ID.fullmatch(key):
            code = "AzureActiveDirectoryInvalidPropertyValue"
            yield RowFault(level=Level.ERROR, code=code, file="classes.csv", key=key)
        if TITLE_REFUSED.search(title) or len(title) > TITLE_LENGTH or title != title.strip():
            level, code = Level.WARNING, "UnsupportedTitle"
            yield RowFault(level=level, code=code, file="classes.csv", key=key, column="title")
    owners = Counter(
        row["classSourcedId"] for row in rows["enrollments.csv"] if row["role"] == "teacher"
    )
    for key, count in owners.items():
        if count > OWNERS:
            file, code = "enrollments.csv", "TooManyOwners"
            yield RowFault(level=Level.ERROR, code=code, file=file, key=key)
