"""Deleting what is past its time: the part of a tick that nobody waits for.

Which blobs may go is decided by `sync.ledger.retention`, from a listing of all that is of a school,
connector or profile, and storage's clock. What a sweep that is killed anywhere has left, the next
goes on with.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterable, Mapping, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sync.edge.clock import Budget
from sync.edge.storage.store import Blob
from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, SyncError, concerning
from sync.ledger import address_plans, ids, retention, rounds, words
from sync.ledger.folders import Folder, folders
from sync.ledger.marks import SweepDone, Swept
from sync.ledger.retention import Sweep
from sync.steps.connector import listing_of, look
from sync.steps.delivery import StoredFolder

SWEEP_EVERY = rounds.ALL_AFTER
"""A sweep lists all that is stored, so not every tick can do it. Once a day is enough for what is
counted in days; some hours less, so that a tick a day, which may be early, is enough too."""

SWEEP_BLOBS = 1_500  # in a tick; a night leaves about 30 of a school with two profiles
SWEEP_S = 30.0


class Done(NamedTuple):
    """How many blobs a sweep has deleted, and when the last was over; None: it goes on."""

    deleted: int
    over_at: datetime | None


def sweep(
    world: World, now: datetime, *, once_a_day: Callable[[World], None] = lambda _: None
) -> Done:
    """Delete what may go at *now*, storage's clock.

    Only if the last sweep is `SWEEP_EVERY` ago, at most `SWEEP_BLOBS`, and begun within `SWEEP_S`.
    One that stops at either is not the last: the next tick goes on. *once_a_day* is called when
    one is done, before that is noted: if it is killed, it is called again.

    Raises:
        SyncError: the first trouble. What can be deleted all the same is, unless storage is away.
    """
    done = folders(ids.SWEEPS, world.store.blobs(ids.SWEEPS))
    last = max((folder.last_made_at for folder in done), default=None)
    if last and abs(now - last) < SWEEP_EVERY:
        return Done(0, last)
    sweeping = _Sweeping(world, now, Budget.of(world.clock, SWEEP_S), _merged(world))
    for prefix in _prefixes(world, now):
        if sweeping.is_over:
            break
        with sweeping.going_on(prefix):
            sweeping.sweep_under(prefix)
    if not sweeping.is_over:
        with sweeping.going_on(ids.SWEEPS):
            once_a_day(world)
        _note(world, now, done)
    if sweeping.troubles:
        raise sweeping.troubles[0]
    return Done(SWEEP_BLOBS - sweeping.left, None if sweeping.is_over else now)


def _note(world: World, now: datetime, before: Iterable[Folder]) -> None:
    """Note that a sweep is done; the notes *before* go."""
    done = SweepDone(at=now, by=uuid.uuid4().hex)
    StoredFolder(ids.stamp(now), {}, world.store, ids.SWEEPS).claim(done)
    for folder in before:
        for name in folder.made_at:
            world.store.delete(f"{ids.SWEEPS}{folder.id}/{name}")


@dataclass(frozen=True, slots=True)
class _Merged:
    """The sets, by profile, that what SDS may hold was merged from; and of whom it is `unknown`."""

    sets: Mapping[str, Set[str]]
    unknown: Set[str]


def _merged(world: World) -> _Merged:
    """Look which sets the deliveries that SDS may hold were merged from.

    Of a delivery that nobody can read any more no set is needed: none goes in for it.
    """
    sets: dict[str, set[str]] = {}
    unknown = set[str]()
    for connector, profiles in world.settings.connectors().items():
        try:
            held = look(world, connector).held()
        except SyncError as error:
            if error.retry:
                raise
            unknown.update(profiles)  # the next look at the connector tells it
            continue
        for delivery in held:
            with suppress(StoreConflict, StoreMissing):
                for profile, set_id in delivery.manifest().sources.items():
                    sets.setdefault(profile, set()).add(set_id)
    return _Merged(sets, unknown)


@dataclass(slots=True)
class _Sweeping:
    """A tick's sweep: how many blobs may still go, and what could not."""

    world: World
    now: datetime
    budget: Budget
    merged: _Merged
    left: int = SWEEP_BLOBS
    troubles: list[SyncError] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return not self.left or not self.budget.left_s

    @contextmanager
    def going_on(self, folder: str) -> Generator[None]:
        """Keep a trouble of *folder* for later, unless storage is away."""
        try:
            with concerning(folder=folder):
                yield
        except SyncError as error:
            if error.retry:
                raise
            self.troubles.append(error)

    def sweep_under(self, prefix: str) -> None:
        """List what is under *prefix*, and delete what may go of it."""
        for folder in self._due(prefix):
            if self.is_over:
                break
            with self.going_on(prefix):
                self._sweep_folder(folder)

    def _due(self, prefix: str) -> Iterable[Sweep]:
        """List what is under *prefix*, and return what may go of it."""
        if prefix == rounds.NOTES:
            return retention.of_notes(self.world.store.blobs(prefix), self.now)
        top, name, _ = prefix.split("/")
        if top != "profiles":
            return _due(self.world, prefix, self.now)
        if name in self.merged.unknown:
            return []
        return retention.of_sets(
            prefix,
            self.world.store.blobs(prefix),
            self.now,
            known=name in self.world.settings.profiles,
            needed=self.merged.sets.get(name, frozenset()),
        )

    def _sweep_folder(self, folder: Sweep) -> None:
        """Delete what may go of a folder, the mark first."""
        if folder.mark:
            swept = Swept(at=self.world.store.now(), by=uuid.uuid4().hex)
            self.world.store.claim(folder.mark, swept.to_json())
        for name in folder.names:
            if self.is_over:
                break
            self.world.store.delete(name)
            self.left -= 1


def _prefixes(world: World, now: datetime) -> list[str]:
    """Return where each school, connector and profile has its blobs; each day begins with another.

    Also of those that settings do not name any more. What a day's sweeps have no time for comes
    first on some other day.
    """
    tops = (*retention.ROSTERS, words.WORDS, address_plans.ADDRESSES)
    prefixes = [f"{top}{name}/" for top in tops for name in world.store.folders(top)]
    prefixes.append(rounds.NOTES)
    start = now.toordinal() % len(prefixes)
    return prefixes[start:] + prefixes[:start]


def _due(world: World, prefix: str, now: datetime) -> Iterable[Sweep]:
    """List what is under *prefix*, and return what may go of it."""
    top, name, _ = prefix.split("/")
    blobs, settings = world.store.blobs(prefix), world.settings
    if f"{top}/" == address_plans.ADDRESSES:
        return address_plans.of_addresses(name, blobs, now, known=name in settings.schools)
    if f"{top}/" == words.WORDS:
        return retention.of_words(blobs, now, known=name in settings.schools)
    if top == "schools":
        return retention.of_pulls(name, blobs, now, known=name in settings.schools)
    return _of_connector(world, prefix, blobs, now)


def _of_connector(
    world: World, prefix: str, blobs: Iterable[Blob], now: datetime
) -> Iterable[Sweep]:
    ours = {ids.connector_folder(name) for name in world.settings.connectors()}
    try:
        listing = listing_of(world, "", prefix, blobs)
        held = listing.may_hold()
    except (StoreConflict, StoreMissing):
        return []  # the next look at the connector tells it; what must stay is not known
    needed = {hand_over.delivery_id for hand_over in held}
    if pause := listing.pause:
        needed |= {pause.restores, pause.delivery, pause.beside}
    since = min((hand_over.at for hand_over in held), default=None)
    return retention.of_deliveries(
        prefix, blobs, now, known=prefix in ours, needed=needed, since=since
    )
