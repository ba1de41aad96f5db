"""What School Data Sync says about a set of files, without any HTTP.

Two stages, as in the service: names and headers when the upload is validated (reference §4.6),
rows when a run reads them (§5.1 and §9). Where the reference is silent the stricter reading is
taken: a set without a fault here should please the real service.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulators.sds.formats import FORMATS, V1_CODE, V2_1_CODE, Table
from simulators.sds.rows import Row, RowCheck, platform_faults
from simulators.sds.verdict import Level, RowFault


@dataclass(frozen=True, slots=True)
class Checked:
    """*rows*: what is left of each file; empty as a whole if a fault is catastrophic."""

    faults: tuple[RowFault, ...]
    rows: Mapping[str, list[Row]]

    def count(self, level: Level) -> int:
        return sum(fault.level is level for fault in self.faults)


@dataclass(slots=True)
class _Text:
    header: list[str] = field(default_factory=list)
    records: list[list[str]] = field(default_factory=list)


def check_files(files: Mapping[str, bytes], format_code: str = V2_1_CODE) -> list[RowFault]:
    """Return every fault of the set, in the order of the files; empty means SDS takes it all."""
    return list(check(files, format_code).faults)


def basic_faults(files: Mapping[str, bytes], format_code: str) -> list[RowFault]:
    """Return what the validation of the upload reports: names, headers, readability."""
    return _read(files, format_code)[0]


def absent_files(files: Mapping[str, bytes], format_code: str) -> list[str]:
    """Return the optional files that are not there: each is a warning of the validation."""
    return [t.file for t in FORMATS[format_code] if not t.required and t.file not in files]


def check(files: Mapping[str, bytes], format_code: str = V2_1_CODE) -> Checked:
    """Both stages. Of V1 only names and headers are known, so its rows are not looked at."""
    faults, texts = _read(files, format_code)
    if faults or format_code == V1_CODE:
        return Checked(tuple(faults), {})
    ids: dict[str, set[str]] = {}
    rows: dict[str, list[Row]] = {}
    for table in FORMATS[format_code]:
        text = texts.get(table.file, _Text())
        one = RowCheck(table, text.header, ids)
        rows[table.file] = one.survivors(text.records)
        if table.key == ("sourcedId",):
            ids[table.file] = {row["sourcedId"] for row in rows[table.file]}
        faults += one.faults
    platform = list(platform_faults(rows))
    refused = {fault.key for fault in platform if fault.level is Level.ERROR}
    for file, column in (("classes.csv", "sourcedId"), ("enrollments.csv", "classSourcedId")):
        rows[file] = [row for row in rows[file] if row[column] not in refused]
    return Checked((*faults, *platform), rows)


def _read(files: Mapping[str, bytes], format_code: str) -> tuple[list[RowFault], dict[str, _Text]]:
    tables = {table.file: table for table in FORMATS[format_code]}
    faults = [_catastrophe("InvalidFileFormat", name) for name in files if name not in tables]
    texts: dict[str, _Text] = {}
    for name, table in tables.items():
        if name in files:
            faults += _read_one(table, files[name], texts)
        elif table.required:
            faults.append(_catastrophe("RequiredFileNotFound", name))
    return faults, texts


def _read_one(table: Table, content: bytes, texts: dict[str, _Text]) -> list[RowFault]:
    """A byte order mark does no harm: Microsoft's page has schools save with one (§13)."""
    text = content.removeprefix(codecs.BOM_UTF8)
    if not text:
        return [_catastrophe("EmptyFile", table.file)]
    try:
        lines = list(csv.reader(io.StringIO(text.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return [_catastrophe("InvalidFileFormat", table.file)]
    header = lines[0]
    texts[table.file] = _Text(header, lines[1:])
    doubled = sorted({name for name in header if header.count(name) > 1})
    missing = [c.name for c in table.columns if c.required and c.name not in header]
    return [
        *(_catastrophe("DuplicateHeader", table.file, name) for name in doubled),
        *(_catastrophe("RequiredHeaderNotFound", table.file, name) for name in missing),
    ]


def _catastrophe(code: str, file: str, column: str = "") -> RowFault:
    return RowFault(level=Level.CATASTROPHIC, code=code, file=file, column=column)
