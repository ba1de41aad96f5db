"""Work that its process may not survive: begun under a mark, and given up when that was in vain.

What ends a process, such as too little memory, cannot be written down by it. So the mark comes
first, and whoever finds too many of them without an end says so in its place.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from sync.edge.storage.store import Store
from sync.errors import SyncError, UnexpectedError
from sync.ledger import states
from sync.ledger.folders import Folder, folders
from sync.ledger.marks import AttemptBegun, AttemptFailed
from sync.steps.delivery import StoredFolder

KILLED_TIMES = 5
"""After so many attempts that must have been killed there is no other."""


class Place(NamedTuple):
    """The folder of an id below *prefix*, where marks of attempts are kept."""

    store: Store
    prefix: str
    folder_id: str

    def listed(self) -> StoredFolder:
        """Return the folder as it is listed now; an empty one if it does not exist yet."""
        found = folders(self.prefix, self.store.blobs(f"{self.prefix}{self.folder_id}/"))
        made_at = found[0].made_at if found else {}
        return StoredFolder(self.folder_id, made_at, self.store, self.prefix)


def attempted[T](
    place: Place, work: Callable[[], T], *, again: str, since: datetime | None = None
) -> T:
    """Do *work* under a mark in the folder of *place*, which may not exist yet.

    Only what was begun after *since* counts; None: all. *again* says how a person asks for more.

    Raises:
        UnexpectedError: it was killed too often.
    """
    store, folder = place.store, place.listed()
    begun = folder.numbers(AttemptBegun)
    killed = [number for number in begun if _was_killed(folder, number, since, store.now())]
    if len(killed) >= KILLED_TIMES:
        raise UnexpectedError(
            "this was killed again and again, as by too little memory: see the host's log, give the"
            f" app more memory, then {again}",
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


def _was_killed(folder: Folder, number: int, since: datetime | None, now: datetime) -> bool:
    """Say whether an attempt has no end, and is too old to be at work."""
    begun_at = folder.made_at[AttemptBegun.name_for(number)]
    counts = since is None or begun_at > since
    is_over = abs(now - begun_at) > states.ATTEMPT_LASTS
    return counts and is_over and not folder.has(AttemptFailed, number)
