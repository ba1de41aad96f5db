"""A store that says where work is begun before anything is written there.

A tick must see at once what was begun and dropped, and must not list all that is stored to see that
nothing was. So whoever writes below a school, profile or connector first leaves a note, and a tick
looks where there are notes: `sync.ledger.rounds`. Notes are nudges: what is true is what is there.
"""

from __future__ import annotations

import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sync.edge.clock import Clock
from sync.edge.storage.store import Blob, BlobsAt, Store

BEGUN = "work/begun/"
"""Below it a note is called `<top>/<key>/<id>`, after the place where work was begun."""

NOTE_LASTS_S = 60.0
"""After a note so much may be written without another."""

# What ticks write, and what a person does alone: no tick goes on with it.
_UNNOTED = ("work/", "sweeps/", "setup/", "addresses/")


def unnoted(store: Store) -> Store:
    """Return *store* without notes: for what may be lost, because it is done again anyway."""
    return store.plain if isinstance(store, NotingStore) else store


class NotingStore:
    """Implements `Store` over another.

    Every write of `<top>/<key>/...` comes at most `NOTE_LASTS_S` after a note of that place. If the
    machine slept in between, another comes after it. If the note cannot be written, neither is what
    it was to announce. Several threads may use it at once; two may leave a note each.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self.plain = store
        self._clock = clock
        self._noted: dict[str, tuple[float, datetime]] = {}

    def create(self, name: str, body: bytes) -> bool:
        with self._noting(name):
            return self.plain.create(name, body)

    def claim(self, name: str, body: bytes) -> bool:
        with self._noting(name):
            return self.plain.claim(name, body)

    def read(self, name: str) -> bytes:
        return self.plain.read(name)

    def blobs(self, prefix: str) -> Sequence[Blob]:
        return self.plain.blobs(prefix)

    def listed(self, prefix: str) -> BlobsAt:
        return self.plain.listed(prefix)

    def folders(self, prefix: str) -> Sequence[str]:
        return self.plain.folders(prefix)

    def delete(self, name: str) -> None:
        self.plain.delete(name)

    def now(self) -> datetime:
        return self.plain.now()

    @contextmanager
    def _noting(self, name: str) -> Generator[None]:
        place = "/".join(name.split("/")[:2])
        if name.startswith(_UNNOTED):
            yield
            return
        self._note(place)
        yield
        self._note(place)

    def _note(self, place: str) -> None:
        """Leave a note, unless the last one is young by the stopwatch and by the wall clock.

        The stopwatch stands still while a machine sleeps; the wall clock may be put right.
        """
        at_s, at = self._clock.monotonic_s(), self._clock.now()
        if place in self._noted:
            noted_s, noted_at = self._noted[place]
            if max(at_s - noted_s, abs((at - noted_at).total_seconds())) < NOTE_LASTS_S:
                return
        self.plain.create(f"{BEGUN}{place}/{uuid.uuid4().hex}", b"")
        self._noted[place] = (at_s, at)
