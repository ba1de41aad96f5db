"""A store beside another: what is there can be read, and what is written stays in memory.

So the steps of a night can be tried on what is stored, and nothing of that is ever stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Never, override

from sync.edge.storage.store import Blob, Store, WriteOnce, check_name
from sync.errors import StoreMissing, StoreRefused


class ApartStore(WriteOnce):
    """Implements `Store` over another, which it only reads. For a single thread."""

    def __init__(self, beneath: Store) -> None:
        self._beneath = beneath
        self._written: dict[str, tuple[bytes, datetime]] = {}

    @override
    def read(self, name: str) -> bytes:
        if name in self._written:
            return self._written[name][0]
        return self._beneath.read(name)

    @override
    def blobs(self, prefix: str) -> Sequence[Blob]:
        own = [
            Blob(name, len(body), at)
            for name, (body, at) in self._written.items()
            if name.startswith(prefix)
        ]
        return sorted([*self._beneath.blobs(prefix), *own], key=lambda blob: blob.name)

    def folders(self, prefix: str) -> Sequence[str]:
        below = (name.removeprefix(prefix) for name in self._written if name.startswith(prefix))
        own = {name.partition("/")[0] for name in below if "/" in name}
        return sorted({*self._beneath.folders(prefix), *own})

    def delete(self, name: str) -> Never:
        """Refuse: nothing that is tried deletes."""
        raise StoreRefused("what is tried deletes nothing", blob=name)

    @override
    def now(self) -> datetime:
        return self._beneath.now()

    @override
    def _put(self, name: str, body: bytes) -> bool:
        if check_name(name) in self._written or self._is_beneath(name):
            return False
        self._written[name] = (body, self.now())
        return True

    def _is_beneath(self, name: str) -> bool:
        try:
            self._beneath.read(name)
        except StoreMissing:
            return False
        return True
