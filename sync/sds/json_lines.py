"""JSON with a record a line: one can be read, or looked for, without holding all.

See docs/decisions/0024-people-not-totals.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from io import BytesIO

from sync.ledger import manifests
from sync.ledger.manifests import FileFacts


def to_lines(records: Iterable[object]) -> bytes:
    """Return the file of *records*, in their order: a JSON array."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    out = BytesIO()  # which gives its bytes without a second copy of them
    out.write(b"[")
    end = b"\n"
    for record in records:
        out.write(end + encode(record).encode())
        end = b",\n"
    out.write(b"\n]\n")
    return out.getvalue()


def lines_of(body: bytes) -> Iterator[bytes]:
    """Yield the line of each record, without its comma."""
    for line in BytesIO(body):
        said = line.rstrip(b"\n")
        if said not in {b"[", b"]", b""}:
            yield said.removesuffix(b",")


def facts(body: bytes) -> FileFacts:
    """Return what is to be known of a file: its rows are records."""
    return manifests.facts_of(body, sum(1 for _ in lines_of(body)))
