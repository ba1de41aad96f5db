"""Deleting what is past its time: the part of a tick that nobody waits for.

Which blobs may go is decided by `sync.retention`, from one listing and storage's own clock. A sweep
that is killed anywhere is gone on with by the next tick.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime

from sync import delivery, retention, state
from sync.edge.clock import Budget
from sync.edge.world import World
from sync.errors import SyncError
from sync.records import Swept
from sync.retention import Sweep
from sync.state import Seen
from sync.view import View, read_pause

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
    connectors = _places(world, "connectors/")
    ours = {delivery.connector_folder(name) for name in settings.connectors()}
    for place, blobs in connectors:
        pause = read_pause(world, state.pauses(place, blobs))
        needed_here = {pause.restores, pause.delivery} if pause else set()
        yield from retention.of_deliveries(
            place, blobs, now, known=place in ours, needed=needed_here
        )
    needed: Mapping[str, Set[str]] | None = None
    for place, blobs in _places(world, "profiles/"):
        profile = place.split("/")[1]
        known = profile in settings.profiles
        if not any(retention.of_sets(place, blobs, now, known=known)):
            continue
        needed = _needed(world, connectors, now) if needed is None else needed
        used = needed.get(profile, frozenset())
        yield from retention.of_sets(place, blobs, now, known=known, needed=used)


def _places(world: World, top: str) -> Sequence[tuple[str, list[Seen]]]:
    """List what stands under *top* at once, and return it by the folder next below."""
    return sorted(retention.by_place(top, world.store.blobs(top)).items())


def _needed(
    world: World, connectors: Sequence[tuple[str, list[Seen]]], now: datetime
) -> Mapping[str, Set[str]]:
    """Return the sets, by profile, of which deliveries were merged that may still be sent."""
    found: dict[str, set[str]] = {}
    for place, blobs in connectors:
        listed = state.states(state.deliveries(place, blobs), now)
        view = View(place, place, now, listed, state.pauses(place, blobs), pause=None)
        for one in retention.referring([folder for folder, _ in view.states], now):
            for profile, own in (view.sources(world, one) or {}).items():
                found.setdefault(profile, set()).add(own)
    return found
