"""What exists of a connector's read-backs, and when another is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.ledger import ids, landed
from sync.ledger.landed import Measure
from sync.ledger.marks import ReadBackEnded
from sync.sds.landed.differences import Seen
from sync.steps.connector import Listing, listing_of
from sync.steps.delivery import Delivery, StoredFolder
from sync.steps.landed.records import RowsKept


@dataclass(frozen=True, slots=True)
class ReadBacks:
    """What exists of a connector's read-backs, and what the next is held against."""

    listing: Listing
    listed: Sequence[StoredFolder]
    against: Measure[Delivery] | None
    next_number: str

    @property
    def now(self) -> datetime:
        return self.listing.now

    @property
    def open(self) -> StoredFolder | None:
        """The read-back that has not ended."""
        newest = next(reversed(self.listed), None)
        return None if newest is None or landed.has_ended(newest) else newest

    def last_ended(self) -> ReadBackEnded | None:
        """Read how the last that has ended did; None if none has, or nobody can read it."""
        return next(filter(None, map(ended, reversed(self.listed))), None)

    def due_at(self) -> datetime | None:
        """Return when there is something to do; None: nothing."""
        if self.open:
            return landed.goes_on_at(self.open)
        return landed.next_due(self.against, self.last_ended(), self.now)


def ended(read_back: StoredFolder) -> ReadBackEnded | None:
    """Read how *read_back* ended; None if it did not, or nobody can read it."""
    try:
        return read_back.read_if_listed(ReadBackEnded)
    except (StoreMissing, StoreConflict):
        return None


def read_backs(world: World, connector: str) -> ReadBacks:
    """List what exists of the read-backs of *connector*."""
    prefix = ids.connector_folder(connector)
    blobs = world.store.blobs(prefix)
    listing = listing_of(world, connector, prefix, blobs)
    listed = [
        StoredFolder.of(folder, world.store, landed.folder_of(prefix))
        for folder in landed.read_backs(prefix, blobs)
    ]
    number = landed.number_after(prefix, blobs)
    return ReadBacks(listing, listed, landed.measure(listing.hand_overs()), number)


def due_at(world: World, connector: str) -> datetime | None:
    """Return when a read-back of *connector* has something to do; None: nothing."""
    return read_backs(world, connector).due_at()


def rows_of(read_back: StoredFolder, now: datetime) -> Seen | None:
    """Read what a whole read-back saw; None if its rows are past their time, or unreadable."""
    if now - read_back.made_at[landed.ROWS] > landed.ROWS_LAST:
        return None
    try:
        return read_back.read(RowsKept).seen()
    except (StoreMissing, StoreConflict, ValueError):
        return None
