"""A store in memory whose clock tests move; it passes the same contract as the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from sync.edge.clock import Clock
from sync.edge.storage.store import Blob, WriteOnce, check_folder, check_name, check_prefix
from sync.errors import StoreMissing


class MemoryStore(WriteOnce):
    """Implements `sync.edge.blobs.Store`. Several threads may use it at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self.held: dict[str, tuple[bytes, datetime]] = {}

    def read(self, name: str) -> bytes:
        try:
            return self.held[check_name(name)][0]
        except KeyError:
            raise StoreMissing("no such blob", blob=name) from None

    def blobs(self, prefix: str) -> Sequence[Blob]:
        check_prefix(prefix)
        with self._lock:
            found = sorted((n, b, at) for n, (b, at) in self.held.items() if n.startswith(prefix))
        return [Blob(name, len(body), at) for name, body, at in found]

    def folders(self, prefix: str) -> Sequence[str]:
        check_folder(prefix)
        below = (blob.name.removeprefix(prefix) for blob in self.blobs(prefix))
        return sorted({name.partition("/")[0] for name in below if "/" in name})

    def delete(self, name: str) -> None:
        self.held.pop(check_name(name), None)

    def now(self) -> datetime:
        return self._clock.now()

    def _put(self, name: str, body: bytes) -> bool:
        with self._lock:
            if check_name(name) in self.held:
                return False
            self.held[name] = (body, self._clock.now())
            return True
