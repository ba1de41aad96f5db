"""Where rosters are kept, and the queues: can we get in, and do there what a night does?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sync.edge.clock import Clock
from sync.edge.storage.opening import open_queues, open_store
from sync.edge.storage.queues import Nudges, Queue, named_in, queue_name
from sync.edge.storage.store import Store
from sync.edge.world import queues_of
from sync.errors import StoreConflict, StoreRefused
from sync.ledger.retention import ROSTERS, names_people
from sync.settings import Settings, StorageSettings
from sync.steps.doctor.checks import Check, Note, Visit
from sync.steps.doctor.clocks import TOO_MUCH, compared

# The name and the text are always the same: two checks at once, or a killed check, do
# no harm. The blob stays.
PROBE = "check/probe.txt"
_BODY = b"Written by `check`, to see that this storage takes and gives back what it is given.\n"
_NEVER = "check/never-written.txt"

_EMULATOR = "usedevelopmentstorage=true"


class _Opened(NamedTuple):
    store: Store
    ours: datetime
    theirs: datetime


def check_storage(settings: Settings, visit: Visit) -> Iterator[Check]:
    """Try identity, container, clock and every right that a night uses; then the queues."""
    folder = settings.storage.folder is not None
    what = "storage: folder" if folder else "storage: identity and container"
    opened, check = _open(settings.storage, visit, what)
    yield check
    others = "clock, against storage", "storage: create, read, list, delete"
    if opened is None:
        yield from visit.skipped(others, what)
    else:
        clock = partial(_clock, folder=folder)
        yield visit.examine(others[0], lambda: opened, clock).check
        yield visit.examine(others[1], lambda: _probed(opened.store), _kept).check
    yield _queues(settings, visit)


def _open(settings: StorageSettings, visit: Visit, what: str) -> tuple[_Opened | None, Check]:
    check, opened = visit.examine(
        what, lambda: _look(settings, visit.clock), lambda _: Note("open")
    )
    return opened, check


def _look(settings: StorageSettings, clock: Clock) -> _Opened:
    store = open_store(settings)
    theirs = store.now()
    return _Opened(store, clock.now(), theirs)


def _clock(opened: _Opened, *, folder: bool) -> Note:
    if folder:
        return _of_folder(opened)
    return compared(opened.ours, opened.theirs, StoreRefused)


def _of_folder(opened: _Opened) -> Note:
    """A folder has no clock of its own: what is dated ahead of this machine's is told."""
    text = "a folder on this machine goes by this machine's clock"
    last = max((blob.created_at for blob in opened.store.blobs("")), default=opened.ours)
    if last - opened.ours <= TOO_MUCH:
        return Note(text)
    return Note(
        f"{text}, and its newest file is of {last:%Y-%m-%d %H:%M} UTC",
        "see that the clock is right; if it once ran ahead, nothing: names go on from there",
    )


def _probed(store: Store) -> datetime | None:
    """Do what a night does; return the moment of the oldest roster there is."""
    store.create(PROBE, _BODY)
    listed = [blob.name for blob in store.blobs(PROBE)]
    if store.read(PROBE) != _BODY or PROBE not in listed:
        raise StoreConflict("storage does not give back what was written", blob=PROBE)
    store.delete(_NEVER)  # that we may, though there is nothing: ticks sweep what is old
    rosters = (blob for top in ROSTERS for blob in store.blobs(top) if names_people(blob.name))
    return min((blob.created_at for blob in rosters), default=None)


def _kept(oldest: datetime | None) -> Note:
    return Note(
        f"work; the oldest roster is of {oldest:%Y-%m-%d}" if oldest else "work; no roster yet"
    )


def _queues(settings: Settings, visit: Visit) -> Check:
    check, host = "queues of the app", settings.host
    connection = host.connection.get_secret_value().strip().lower() if host.connection else ""
    if connection.startswith(_EMULATOR):
        return Check(check, Note("of an emulator on this machine: no deployment"), skipped=True)
    if not (connection or host.queue_url):
        text = "AzureWebJobsStorage is not set: the app on Azure needs it, a terminal does not"
        return Check(check, Note(text), skipped=True)
    return visit.examine(
        check, lambda: open_queues(host, asked=queues_of(settings)), partial(_waiting, settings)
    ).check


def _waiting(settings: Settings, queues: Nudges) -> Note:
    held, failed = queues.waiting(), queues.poisoned()
    text = ", ".join(f"{queue_name(queue)} holds {count}" for queue, count in held.items())
    do = []
    if missing := [queue_name(queue) for queue in queues_of(settings) if queue not in held]:
        do.append(
            f"{' and '.join(missing)} will be made when first needed: nothing, if the app is new"
        )
    if any(failed.values()):
        do.append("some messages were given up on: GET /api/status says what they were about")
    if foreign := _foreign(settings, queues):
        text += f"; of these, {foreign} that can be read now name what these settings do not know"
        do.append(
            "let no other app, and no slot, use this app's host storage (AzureWebJobsStorage): each"
            " takes the other's messages. If a school or connector was just taken out of the"
            " settings, nothing: these messages are its last"
        )
    return Note(text or "none exists yet", "; ".join(do))


def _foreign(settings: Settings, queues: Nudges) -> int:
    """Return how many of the next messages are not for us."""
    connectors = {*settings.connectors()}
    known: Mapping[Queue, Set[str]] = {
        "pull": {*settings.schools},
        "send": connectors,
        "read-back": connectors,
    }
    return sum(
        named_in(queue, message) not in known[queue]
        for queue, messages in queues.next().items()
        for message in messages
    )
