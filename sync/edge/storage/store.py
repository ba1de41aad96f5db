"""Where rosters are kept: blobs that are written once, in a folder or in Azure.

What exists under which name is the whole state of the app, so a store promises three things. A
blob is there with all its bytes or not at all. A name, once written, keeps its bytes. A failure
raises: it never looks like a blob that is missing or a listing that is empty.

Names are segments of `A-Z a-z 0-9 . _ -` joined by `/`, as strict as the strictest place that may
hold them. A name under which others stand (`a` where `a/b` is) cannot itself be a blob.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from sync.errors import StoreConflict, StoreRefused

# A leading dot is left to the files of the folder store itself. A trailing dot, and names of
# devices, mean something else on Windows.
_SEGMENT = re.compile(
    r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9_-](?:[a-z0-9._-]{0,198}[a-z0-9_-])?",
    re.ASCII | re.IGNORECASE,
)
_UNFINISHED = re.compile(r"(?:[a-z0-9_-][a-z0-9._-]{0,199})?", re.ASCII | re.IGNORECASE)
_LONGEST_NAME = 900  # Storage takes 1,024 characters: docs/reference/functions.md#names


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob as listed. `created_at` is aware, in UTC, by the store's clock."""

    name: str
    size_bytes: int
    created_at: datetime


class BlobsAt(NamedTuple):
    """The blobs of a listing, and its moment by the store's clock."""

    blobs: Sequence[Blob]
    at: datetime


class Store(Protocol):
    """Blobs that are written once.

    Every call raises `StoreUnavailable` when storage is away or busy, and `StoreRefused` when it
    refuses us, when the container or folder is gone, or when a name is none of ours.
    """

    def create(self, name: str, body: bytes) -> bool:
        """Write *name* once; True if this call made it, False if it held the same bytes already.

        False may also mean that an earlier attempt of ours did it and its answer was lost.
        Raises `StoreConflict` if it holds other bytes.
        """

    def claim(self, name: str, body: bytes) -> bool:
        """Try to be who writes *name*; True if we are, False if somebody else was.

        *body* must be unlike every other claimer's: by it we know a lost attempt of ours.
        """

    def read(self, name: str) -> bytes:
        """Return all the bytes of *name*; raise `StoreMissing` if there is no such blob."""

    def blobs(self, prefix: str) -> Sequence[Blob]:
        """Return every blob whose name starts with *prefix*, sorted by name."""

    def listed(self, prefix: str) -> BlobsAt:
        """Return `blobs(prefix)`, and `now()` as it was when they were asked for, at once."""

    def folders(self, prefix: str) -> Sequence[str]:
        """Return the next segment of the names that go on below *prefix*, sorted, each once.

        *prefix* is empty or ends with `/`. Blobs directly under it are not folders.
        """

    def delete(self, name: str) -> None:
        """Remove *name*; a blob that is not there is fine."""

    def now(self) -> datetime:
        """Return the moment by the clock that also stamps `created_at`; aware, in UTC."""


class WriteOnce(ABC):
    """What every kind of store shares: a write that may meet a lost attempt of itself."""

    def create(self, name: str, body: bytes) -> bool:
        if self._put(name, body):
            return True
        if self.read(name) != body:
            raise StoreConflict("this blob exists and holds something else", blob=name)
        return False

    def claim(self, name: str, body: bytes) -> bool:
        return self._put(name, body) or self.read(name) == body

    def listed(self, prefix: str) -> BlobsAt:
        now = self.now()
        return BlobsAt(self.blobs(prefix), now)

    @abstractmethod
    def read(self, name: str) -> bytes: ...

    @abstractmethod
    def blobs(self, prefix: str) -> Sequence[Blob]: ...

    @abstractmethod
    def now(self) -> datetime: ...

    @abstractmethod
    def _put(self, name: str, body: bytes) -> bool:
        """Write *name* if nothing is there, whole or not at all; False if something is."""


def check_name(name: str) -> str:
    """Return *name* if a blob may be called so, else raise `StoreRefused`."""
    if len(name) > _LONGEST_NAME or not all(_SEGMENT.fullmatch(part) for part in name.split("/")):
        raise StoreRefused("not a name for a blob: segments of A-Z a-z 0-9 . _ - joined by /")
    return name


def check_prefix(prefix: str) -> str:
    """Return *prefix* if names may start so (the last segment may be unfinished), or raise."""
    folder, _, rest = prefix.rpartition("/")
    if not _UNFINISHED.fullmatch(rest) or prefix.startswith("/"):
        raise StoreRefused("not the start of a blob's name")
    if folder:
        check_name(folder)
    return prefix


def check_folder(prefix: str) -> str:
    """Return *prefix* if it is empty or names that end with `/`, or raise `StoreRefused`."""
    if prefix and not prefix.endswith("/"):
        raise StoreRefused("a folder's name ends with /")
    return check_prefix(prefix)
