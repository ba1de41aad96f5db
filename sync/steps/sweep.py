"""Deleting what is past its time: the part of a tick that nobody waits for.

Which blobs may go is decided by `sync.retention`, from one listing of a place (a school, connector
or profile) and storage's own clock. A sweep that is killed anywhere is gone on with by the next.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sync.edge.clock import Budget
from sync.edge.storage.store import Blob
from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, SyncError
from sync.ledger import ids, retention
from sync.ledger.marks import Swept
from sync.ledger.retention import Sweep
from sync.steps.connector import seen

SWEEP_HOUR_UTC = 3
"""A sweep lists all that is stored, so not every tick can do it. One hour a day is enough for what
is counted in days, any schedule with a tick an hour has one in it, and most nights are over by then
in Europe."""

SWEEP_BLOBS = 1_500  # in one tick; a night leaves about 30 of a school with two profiles
SWEEP_S = 30.0

_TOPS = ("schools/", "connectors/", "profiles/")


def sweep(world: World, now: datetime) -> int:
    """Delete what may go at *now*, storage's clock; return how many blobs.

    Only in the hour for it, at most `SWEEP_BLOBS`, and begun within `SWEEP_S`.

    Raises:
        SyncError: the first trouble. What can be deleted all the same is, unless storage is away.
    """
    if now.hour != SWEEP_HOUR_UTC:
        return 0
    own = _Round(world, now, Budget.of(world.clock, SWEEP_S))
    for place in _places(world, now):
        if own.is_over:
            break
        with own.going_on():
            own.sweep_place(place)
    if own.troubles:
        raise own.troubles[0]
    return SWEEP_BLOBS - own.left


@dataclass(slots=True)
class _Round:
    """One tick's sweep: how many blobs may still go, and what could not."""

    world: World
    now: datetime
    budget: Budget
    left: int = SWEEP_BLOBS
    troubles: list[SyncError] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return not self.left or not self.budget.left_s

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Keep a trouble for later, unless storage is away."""
        try:
            yield
        except SyncError as error:
            if error.retry:
                raise
            self.troubles.append(error)

    def sweep_place(self, place: str) -> None:
        """List one place, and delete what may go of it."""
        for one in _due(self.world, place, self.now):
            if self.is_over:
                break
            with self.going_on():
                self._sweep_folder(one)

    def _sweep_folder(self, one: Sweep) -> None:
        """Delete what may go of one folder, the mark first."""
        if one.mark:
            body = Swept(at=self.world.store.now(), by=uuid.uuid4().hex).to_json()
            self.world.store.claim(one.mark, body)
        for name in one.names:
            if self.is_over:
                break
            self.world.store.delete(name)
            self.left -= 1


def _places(world: World, now: datetime) -> list[str]:
    """Return all there are, also what settings do not name any more; each day begins with another.

    So what one day's sweeps have no time for comes first on some other day.
    """
    found = [f"{top}{own}/" for top in _TOPS for own in world.store.folders(top)]
    start = now.toordinal() % len(found) if found else 0
    return found[start:] + found[:start]


def _due(world: World, place: str, now: datetime) -> Iterable[Sweep]:
    """List *place*, and return what may go of it."""
    top, own, _ = place.split("/")
    blobs, settings = world.store.blobs(place), world.settings
    if top == "schools":
        return retention.of_pulls(own, blobs, now, known=own in settings.schools)
    if top == "profiles":
        return retention.of_sets(place, blobs, now, known=own in settings.profiles)
    return _of_connector(world, place, blobs, now)


def _of_connector(
    world: World, place: str, blobs: Iterable[Blob], now: datetime
) -> Iterable[Sweep]:
    ours = {ids.connector_folder(name) for name in world.settings.connectors()}
    try:
        view = seen(world, "", place, blobs)
        held = view.may_hold(world)
    except (StoreConflict, StoreMissing):
        return []  # the connector's own look tells it; what must stay is not known
    needed = {each.delivery for each in held}
    if view.pause:
        needed |= {view.pause.restores, view.pause.delivery}
    since = min((each.at for each in held), default=None)
    return retention.of_deliveries(
        place, blobs, now, known=place in ours, needed=needed, since=since
    )
