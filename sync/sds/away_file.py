"""`away.json`: what the classes last held that SDS once had and a delivery has not.

It lies beside the delivery, is never sent and goes when it goes. It names people by id. It is JSON
with a class a line: see `sync.sds.guard.away`.
"""

from __future__ import annotations

import json

from sync.errors import StoreConflict
from sync.ledger.manifests import AWAY
from sync.sds.guard.away import Away
from sync.sds.json_lines import lines_of, to_lines


def away_json(away: Away) -> bytes:
    """Return the file, in order of ids. Equal classes give equal bytes."""
    return to_lines([class_id, *sorted(pupils)] for class_id, pupils in sorted(away.items()))


def away_of(body: bytes) -> Away:
    """Return what is in a file.

    Raises:
        StoreConflict: it is not what `away_json` writes.
    """
    return dict(map(_class, lines_of(body)))


def _class(line: bytes) -> tuple[str, frozenset[str]]:
    try:
        class_id, *pupils = json.loads(line)
        return class_id, frozenset(pupils)
    except (ValueError, TypeError):
        raise StoreConflict("a file of classes that are away cannot be read", file=AWAY) from None
