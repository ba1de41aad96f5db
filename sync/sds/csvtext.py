"""Rows as CSV bytes and back: UTF-8 without BOM, CRLF, quoted only where needed (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import batched

from sync.errors import StoreConflict

from .tables import Row

_ROWS_AT_ONCE = 2_000  # text is four bytes a letter while it is being written: keep little of it


def encode(header: Row, rows: Iterable[Row]) -> bytes:
    """Return one file. Cells must hold no line break: SDS refuses them, quoted or not."""
    out = bytearray()
    for chunk in batched(_with_header(header, rows), _ROWS_AT_ONCE, strict=False):
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(chunk)
        out += text.getvalue().encode()
    return bytes(out)


def decode(name: str, body: bytes, header: Row) -> Iterator[Row]:
    """Yield the rows of a file that `encode` wrote.

    Raises:
        StoreConflict: the bytes are not such a file. They were sealed under a digest, so
            somebody has changed them.
    """
    try:
        lines = csv.reader(io.StringIO(body.decode(), newline=""), strict=True)
        first = tuple(next(lines, ()))
        if first != header:
            raise StoreConflict("a sealed file has other columns than ours", file=name)
        for cells in lines:
            row = tuple(cells)
            if len(row) != len(header):
                raise StoreConflict("a sealed file has a row of another length", file=name)
            yield row
    except (UnicodeDecodeError, csv.Error):
        raise StoreConflict("a sealed file is not the CSV we wrote", file=name) from None


def _with_header(header: Row, rows: Iterable[Row]) -> Iterator[Row]:
    yield header
    yield from rows
