"""Several processes at once, one call at a time, in an order that a seed decides.

Each process runs in a thread of its own, but only the one that holds the baton moves; before every
call to the outside it puts the baton down. So a race is a list of choices, and its seed repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from threading import Semaphore, Thread

import httpx

from sync.edge.storage.store import Blob, BlobsAt, Store
from sync.edge.world import World
from sync.errors import SyncError
from tests.worlds import TestWorld

type Script = Callable[[World], object]


@dataclass
class _Racer:
    number: int
    thread: Thread | None = None
    baton: Semaphore = field(default_factory=lambda: Semaphore(0))
    is_over: bool = False
    asleep_until_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Uploading:
    """One request that opens, fills or validates a session, and whose it was."""

    racer: int
    what: str


class Race:
    """Runs *scripts* at once over *scene*, interleaved by *seed*.

    With *sleeper* set, that racer sleeps for *sleep_s* before its call number *sleep_at*, as a
    frozen machine does: the others go on, and the clock with them.
    """

    def __init__(
        self,
        scene: TestWorld,
        seed: int,
        *,
        sleeper: int | None = None,
        sleep_at: int = 0,
        sleep_s: float = 0.0,
    ) -> None:
        self.scene = scene
        self.uploads: list[Uploading] = []
        self._rng = Random(seed)
        self._sleeper, self._sleep_at, self._sleep_s = sleeper, sleep_at, sleep_s
        self._racers: list[_Racer] = []
        self._calls = 0
        self._over = Semaphore(0)
        self._errors: list[Exception] = []

    def run(self, scripts: Sequence[Script]) -> None:
        """Run every script to its end; raise what one of them raised that is no `SyncError`."""
        self._racers = [_Racer(number) for number in range(len(scripts))]
        for racer, script in zip(self._racers, scripts, strict=True):
            racer.thread = Thread(target=self._life, args=(racer, script), daemon=True)
            racer.thread.start()
        self._pass_on()
        self._over.acquire()
        if self._errors:
            raise self._errors[0]

    def pause(self, number: int, what: str) -> None:
        """Put the baton down before a call, and wait to be given it again."""
        racer = self._racers[number]
        # A request cannot be called back once it has left: nobody guards against one that takes
        # ten minutes to arrive. The host ends a function after five.
        if number == self._sleeper and what != "POST validate":
            self._calls += 1
            if self._calls == self._sleep_at:
                racer.asleep_until_s = self.scene.clock.passed_s + self._sleep_s
        self._pass_on()
        racer.baton.acquire()

    def _life(self, racer: _Racer, script: Script) -> None:
        racer.baton.acquire()
        try:
            with suppress(SyncError):
                script(self._process(racer.number))
        except Exception as error:  # noqa: BLE001  # raised again by `run`, in the test's own thread
            self._errors.append(error)
        racer.is_over = True
        self._pass_on()

    def _pass_on(self) -> None:
        left = [racer for racer in self._racers if not racer.is_over]
        if not left:
            self._over.release()
            return
        clock = self.scene.clock
        awake = [racer for racer in left if racer.asleep_until_s <= clock.passed_s]
        if not awake:  # nobody to wait for
            clock.passed_s = min(racer.asleep_until_s for racer in left)
            awake = [racer for racer in left if racer.asleep_until_s <= clock.passed_s]
        clock.advance(self._rng.choice((0, 0, 0, 0.5)))
        self._rng.choice(awake).baton.release()

    def _process(self, number: int) -> World:
        return self.scene.process(
            store=_SharedStore(self.scene.store, self, number),
            isams_transport=lambda wire: _SharedWire(wire, self, number),
            sds_transport=lambda wire: _SharedWire(wire, self, number),
        )


class _SharedStore:
    """Implements `sync.edge.storage.store.Store` for one racer."""

    def __init__(self, store: Store, race: Race, number: int) -> None:
        self._store = store
        self._race = race
        self._number = number

    def create(self, name: str, body: bytes) -> bool:
        self._race.pause(self._number, "create")
        return self._store.create(name, body)

    def claim(self, name: str, body: bytes) -> bool:
        self._race.pause(self._number, "claim")
        return self._store.claim(name, body)

    def read(self, name: str) -> bytes:
        return self._store.read(name)  # what is written never changes: no choice to be made

    def blobs(self, prefix: str) -> Sequence[Blob]:
        self._race.pause(self._number, "list")
        return self._store.blobs(prefix)

    def listed(self, prefix: str) -> BlobsAt:
        self._race.pause(self._number, "list")
        return self._store.listed(prefix)

    def folders(self, prefix: str) -> Sequence[str]:
        self._race.pause(self._number, "list")
        return self._store.folders(prefix)

    def delete(self, name: str) -> None:
        self._race.pause(self._number, "delete")
        self._store.delete(name)

    def now(self) -> datetime:
        return self._store.now()


class _SharedWire(httpx.BaseTransport):
    """One racer's way to the outside."""

    def __init__(self, wire: httpx.BaseTransport, race: Race, number: int) -> None:
        self._wire = wire
        self._race = race
        self._number = number

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]
        self._race.pause(self._number, f"{request.method} {last}")
        if _uploads(request.url, last):
            self._race.uploads.append(Uploading(self._number, last))
        return self._wire.handle_request(request)


def _uploads(url: httpx.URL, last: str) -> bool:
    return url.host.endswith(".dfs.core.windows.net") or last in {"getUploadSession", "validate"}


def uploaded_at_once(uploads: Sequence[Uploading]) -> bool:
    """Say whether a racer went on with its upload after another had opened a session."""
    holder: int | None = None
    for upload in uploads:
        if upload.what == "getUploadSession":
            holder = upload.racer
        elif upload.racer != holder:
            return True
    return False
