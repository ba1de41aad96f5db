"""The list as CSV: for iSAMS's own import screens and for typing, and back for the summary."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sync import texts
from sync.isams.addresses.kinds import ADDRESS, PeopleKind, Record
from sync.isams.addresses.matching import LeftOut, Proposal
from sync.isams.school import Pupil

_OF_RECORD: Mapping[PeopleKind, tuple[str, ...]] = {
    PeopleKind.PUPILS: ("schoolId", "schoolCode", "forename", "surname", "formGroup"),
    PeopleKind.STAFF: ("id", "schoolInitials", "forename", "surname"),
}
_LONGEST = 100_000  # lines of a list that is read back


class ListFault(ValueError):
    """The file is no list of ours; the message says what is wrong, and quotes nothing of it."""


def names(kind: PeopleKind) -> tuple[str, str]:
    """Return what the two files are called: whom there is an address for, and whom not."""
    return f"{kind}-addresses.csv", f"{kind}-left-out.csv"


def proposed_csv(kind: PeopleKind, proposals: Iterable[Proposal]) -> bytes:
    """Return the list of addresses, a line a record."""
    rows = ((*_cells(each.record), each.address) for each in proposals)
    return _csv((*_OF_RECORD[kind], ADDRESS), rows)


def left_out_csv(kind: PeopleKind, left_out: Iterable[LeftOut]) -> bytes:
    """Return the list of those who get no address, and why."""
    rows = ((*_cells(each.record), each.reason.value, each.reason.why) for each in left_out)
    return _csv((*_OF_RECORD[kind], "reason", "why"), rows)


def asked_in(kind: PeopleKind, body: bytes) -> Mapping[str, str]:
    """Return the addresses that a list of ours asks for, by the id of their record.

    A spreadsheet may have saved it again, with a byte order mark or with semicolons.

    Raises:
        ListFault: it is no list of *kind*, or says two things of one record.
    """
    try:
        text = body.decode("utf-8-sig")
        rows = list(_rows(text))
    except (UnicodeDecodeError, csv.Error):
        raise ListFault("this is no CSV in UTF-8") from None
    if not rows or tuple(rows[0]) != (*_OF_RECORD[kind], ADDRESS):
        raise ListFault(
            f"this is no list of {kind}: expected {names(kind)[0]} as `addresses {kind} --out`"
            " wrote it, with all its columns"
        )
    asked: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        address = texts.address(texts.of_cell(row[-1])) if len(row) == len(rows[0]) else None
        key = texts.of_cell(row[0]) if row else ""
        if not address or not key or key in asked:
            raise ListFault(
                f"line {number} is no line of the list: expected an id that no other line has, and"
                " an address"
            )
        asked[key] = address
    return asked


def _rows(text: str) -> Iterator[Sequence[str]]:
    first = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",")
    for number, row in enumerate(lines):
        if number > _LONGEST:
            raise ListFault("this is no list of ours: it is too long")
        if row:
            yield row


def _cells(record: Record) -> tuple[str, ...]:
    if isinstance(record, Pupil):
        return record.id, record.code, record.forename, record.surname, record.form
    return record.id, record.initials, record.forename, record.surname


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *(tuple(map(texts.as_cell, row)) for row in rows)])
    return text.getvalue().encode()
