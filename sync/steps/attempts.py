"""Work that its process may not survive: begun under a mark, and given up when that was in vain.

What ends a process, such as too little memory, cannot be written down by it. So the mark comes
first, and whoever finds too many of them without an end says so in its place.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sync.edge.storage.store import Store
from sync.errors import SyncError, UnexpectedError
from sync.ledger.folders import folders
from sync.ledger.marks import AttemptBegun, AttemptFailed
from sync.steps.delivery import StoredFolder

KILLED_TIMES = 5
"""After so many attempts that nobody heard the end of, there is no other."""


def attempted[T](
    store: Store, prefix: str, folder_id: str, work: Callable[[], T], since: datetime | None = None
) -> T:
    """Do *work* under a mark in the folder of that id, which may not exist yet.

    Only what was begun after *since* counts; None: all.

    Raises:
        UnexpectedError: it was begun too often, and never came to an end.
    """
    folder = _listed(store, prefix, folder_id)
    begun = folder.numbers(AttemptBegun)
    killed = [
        number
        for number in begun
        if not folder.has(AttemptFailed, number)
        and (since is None or folder.made_at[AttemptBegun.name_for(number)] > since)
    ]
    if len(killed) >= KILLED_TIMES:
        raise UnexpectedError(
            "this was killed again and again, as by too little memory: see the host's log, give the"
            " app more memory, then ask for a pull",
            attempts=len(killed),
        )
    attempt = max(begun, default=0) + 1
    folder.claim(AttemptBegun(at=store.now(), by=uuid.uuid4().hex), attempt)
    try:
        return work()
    except SyncError as error:
        with suppress(SyncError):  # storage may be what is away
            folder.claim(AttemptFailed.of(error), attempt)
        raise


def _listed(store: Store, prefix: str, folder_id: str) -> StoredFolder:
    """Return the folder of that id as it is listed now; an empty one if it does not exist yet."""
    listed = folders(prefix, store.blobs(f"{prefix}{folder_id}/"))
    made_at = listed[0].made_at if listed else {}
    return StoredFolder(folder_id, made_at, store, prefix)
