"""Rows as CSV bytes and back: UTF-8 without BOM, CRLF, quoted only where needed (RFC 4180).

See docs/reference/sds.md#csv, docs/reference/sds.md#no-bom.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched

from sync.errors import StoreConflict
from sync.sds.tables import WIDEST, Row, columns

_ROWS_AT_ONCE = 1_000  # text is four bytes a letter while it is being written: keep little of it


def encode(header: Row, rows: Iterable[Row]) -> bytes:
    """Return a file. Cells must hold no line break: SDS refuses them, quoted or not.

    See docs/reference/sds.md#no-line-breaks.
    """
    file = Growing(header)
    file.add(rows)
    return file.body()


class Growing:
    """The file that `encode` would return, for rows that come a few at a time."""

    __slots__ = ("_commas", "_out")

    def __init__(self, header: Row) -> None:
        self._out = io.BytesIO()  # gives its bytes without a second copy of them
        self._commas = len(header) - 1
        self.add([header])

    def add(self, rows: Iterable[Row]) -> None:
        """Write *rows* behind those that are there."""
        for chunk in batched(rows, _ROWS_AT_ONCE, strict=False):
            self._out.write(_as_lines(chunk, self._commas).encode())

    def body(self) -> bytes:
        """Return the file as it is now."""
        return self._out.getvalue()


def _as_lines(rows: Sequence[Row], commas: int) -> str:
    """Return *rows* as lines, each ended, with *commas* between the cells of each.

    Where nothing needs a quote, as in almost every chunk of ids, joining gives what the csv
    module would, in a third of the time. A quote is needed where a cell holds a comma, a quote or a
    line break, and then the counts are off.
    """
    text = "\r\n".join(map(",".join, rows)) + "\r\n"
    bare = text.count(",") == commas * len(rows) and '"' not in text
    if bare and text.count("\n") == text.count("\r") == len(rows):
        return text
    quoted = io.StringIO(newline="")
    csv.writer(quoted, lineterminator="\r\n").writerows(rows)
    return quoted.getvalue()


def decode(name: str, body: bytes, header: Row) -> Iterator[Row]:
    """Yield the rows of a file that `encode` wrote, read a little at a time.

    Raises:
        StoreConflict: the bytes are not such a file. They were sealed under a digest, so
            somebody has changed them.
    """
    try:
        # Neither copies *body*: a text of it would be four times as large.
        text = io.TextIOWrapper(io.BytesIO(body), "utf-8", newline="")
        lines = csv.reader(text, strict=True)
        headings = tuple(next(lines, ()))
        if headings != header:
            raise StoreConflict("a sealed file has other columns than ours", file=name)
        for cells in lines:
            row = tuple(cells)
            if len(row) != len(header):
                raise StoreConflict("a sealed file has a row of another length", file=name)
            yield row
    except (UnicodeDecodeError, csv.Error):
        raise StoreConflict("a sealed file is not the CSV we wrote", file=name) from None


def widest_rows(name: str, files: Mapping[str, bytes]) -> Iterator[Row]:
    """Yield the rows of a file out of a sealed set's *files*, as wide as they can be.

    A column that this set has not asked for is blank, so rows of any two sets can be compared.

    Raises:
        StoreConflict: the bytes are not what `encode` wrote for a set of these files.
    """
    header, widest = columns(files)[name], WIDEST[name]
    rows = decode(name, files[name], header)
    if header == widest:
        yield from rows
        return
    indexes = [header.index(column) if column in header else None for column in widest]
    for row in rows:
        yield tuple("" if index is None else row[index] for index in indexes)
