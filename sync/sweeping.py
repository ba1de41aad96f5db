"""Deleting what is past its time: the part of a tick that nobody waits for.

Which blobs may go is decided by `sync.retention`, from one listing and storage's own clock. A sweep
that is killed anywhere is gone on with by the next tick.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from sync import delivery, retention, state
from sync.edge.clock import Budget
from sync.edge.world import World
from sync.errors import StoreConflict, SyncError
from sync.records import Swept
from sync.retention import Sweep
from sync.state import Seen
from sync.view import read_pause

SWEEP_BLOBS = 200  # in one tick; a night leaves about five for each profile and connector
SWEEP_S = 30.0


def sweep(world: World) -> int:
    """Delete what may go, at most `SWEEP_BLOBS` blobs; return how many.

    Raises:
        SyncError: the first trouble. What can be deleted all the same is, unless storage is away.
    """
    budget = Budget.of(world.clock, SWEEP_S)
    left = SWEEP_BLOBS
    first: SyncError | None = None
    for one in _due(world):
        if not left or not budget.left_s:
            break
        try:
            left -= _swept(world, one, left)
        except SyncError as error:
            if error.retry:
                raise
            first = first or error
    if first:
        raise first
    return SWEEP_BLOBS - left


def _swept(world: World, one: Sweep, at_most: int) -> int:
    """Delete what may go of one folder, the mark first; return how many blobs."""
    if one.mark:
        body = Swept(at=world.store.now(), by=uuid.uuid4().hex).to_json()
        world.store.claim(one.mark, body)
    for name in one.names[:at_most]:
        world.store.delete(name)
    return len(one.names[:at_most])


def _due(world: World) -> Iterator[Sweep]:
    """Yield what may go, of all that is stored: also of what settings do not name any more."""
    now, settings = world.store.now(), world.settings
    for place, blobs in _places(world, "schools/"):
        school = place.split("/")[1]
        yield from retention.of_pulls(school, blobs, now, known=school in settings.schools)
    ours = {delivery.connector_folder(name) for name in settings.connectors()}
    for place, blobs in _places(world, "connectors/"):
        try:
            pause = read_pause(world, state.pauses(place, blobs))
        except StoreConflict:
            continue  # the connector's own look tells it; what the pause needs is not known
        needed = {pause.restores, pause.delivery} if pause else set()
        yield from retention.of_deliveries(place, blobs, now, known=place in ours, needed=needed)
    for place, blobs in _places(world, "profiles/"):
        known = place.split("/")[1] in settings.profiles
        yield from retention.of_sets(place, blobs, now, known=known)


def _places(world: World, top: str) -> Sequence[tuple[str, list[Seen]]]:
    """List what stands under *top* at once, and return it by the folder next below."""
    return sorted(retention.by_place(top, world.store.blobs(top)).items())
