"""The files, and `datasets.json` beside them, which says what they are.

Each file is RFC 4180: UTF-8 without a byte order mark, which importers take for a part of the
first heading, CRLF, a row of headings.

A cell that a spreadsheet would take for a formula, or that holds a control character, begins with
an apostrophe that is not part of it (`texts.of_cell` takes it away). Numbers stay as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime, time

from sync import __version__
from sync.exports.columns import MANY, Row, Snapshot, Table
from sync.exports.tables import known_ids, tables
from sync.isams.school import School
from sync.ledger.manifests import FileFacts
from sync.ledger.record import Record
from sync.roster.academic_year import academic_year_at, school_day
from sync.sds.csvtext import encode
from sync.settings import SchoolSettings
from sync.texts import as_cell

DATASETS_JSON = "datasets.json"

_FORM = (
    "CSV as in RFC 4180: UTF-8, CRLF, one row of headings. Several ids in a cell stand between"
    " semicolons. An apostrophe before what a spreadsheet would take for a formula is not part of"
    " the text."
)


class ExportedColumn(Record):
    """A column; its cells are ids of the file `ids_of`, unless that is blank."""

    name: str
    about: str
    ids_of: str


class ExportedFile(FileFacts):
    """A file; `tells_of` is nobody, people by id, or people by name. Rows without headings."""

    about: str
    tells_of: str
    columns: tuple[ExportedColumn, ...]


class ExportManifest(Record):
    """What was exported. No personal data. `not_told` are files that iSAMS has nothing for."""

    school: str
    read_at: datetime
    academic_year: int
    form: str = _FORM
    files: Mapping[str, ExportedFile]
    not_told: tuple[str, ...]
    code_version: str = __version__


@dataclass(frozen=True, slots=True)
class Exported:
    """The files by name, `datasets.json` last, and what that says."""

    manifest: ExportManifest
    files: Mapping[str, bytes]


def export_school(
    school: School,
    settings: SchoolSettings,
    read_at: datetime,
    names: Collection[str],
    *,
    on: date | None = None,
) -> Exported:
    """Return *school*, as it was read, as the files called *names*, such as `rooms`.

    Equal schools give equal bytes, in whatever order iSAMS told them. An empty dataset is a file
    of headings; a dataset that was not told is no file. Term and academic year are those of *on*,
    a day at the school; left out, of the day on which it was read.

    Raises:
        ConfigError: the academic year goes by terms, and none has begun.
    """
    moment = datetime.combine(on, time(12), settings.time_zone) if on else read_at
    year = academic_year_at(school, settings, moment)
    snapshot = Snapshot(school, settings, year, school_day(moment, settings.time_zone))
    known = known_ids(school)
    bodies: dict[str, bytes] = {}
    facts: dict[str, ExportedFile] = {}
    not_told: list[str] = []
    for table in tables(settings):
        if table.name not in names:
            continue
        rows = table.rows(snapshot)
        if rows is None:
            not_told.append(table.name)
            continue
        file, cleaned = f"{table.name}.csv", _cleaned(table, rows, known)
        bodies[file] = encode(tuple(column.name for column in table.columns), cleaned)
        facts[file] = _facts(table, len(cleaned), bodies[file])
    manifest = ExportManifest(
        school=settings.id,
        read_at=read_at,
        academic_year=year,
        files=facts,
        not_told=tuple(not_told),
    )
    return Exported(manifest, {**bodies, DATASETS_JSON: manifest.to_json()})


def _cleaned(table: Table, rows: Iterable[Row], known: Mapping[str, Set[str]]) -> list[Row]:
    """Return *rows* sorted, with ids that lead somewhere, and no formulas."""
    refers = [known.get(column.of) for column in table.columns]
    cleaned = []
    for row in rows:
        cells = [_leading(cell, ids) for cell, ids in zip(row, refers, strict=True)]
        if not table.is_link or all(cells):
            cleaned.append(tuple(map(as_cell, cells)))
    return sorted(cleaned, key=lambda row: [(len(cell), cell) for cell in row])


def _leading(cell: str, ids: Set[str] | None) -> str:
    """Return *cell* without what is not among *ids*; None, they were not read, leaves it."""
    if ids is None or cell in ids:
        return cell
    return MANY.join(record_id for record_id in cell.split(MANY) if record_id in ids)


def _facts(table: Table, rows: int, body: bytes) -> ExportedFile:
    return ExportedFile(
        size_bytes=len(body),
        rows=rows,
        sha256=hashlib.sha256(body).hexdigest(),
        about=table.about,
        tells_of=table.tells_of.words,
        columns=tuple(
            ExportedColumn(name=column.name, about=column.about, ids_of=column.of)
            for column in table.columns
        ),
    )
