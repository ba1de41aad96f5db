"""What a listing shows: folders, the names in them, and when each was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sync.ledger.record import NamedRecord


class Listed(Protocol):
    """A listed blob: its whole name, and when storage made it, by storage's clock."""

    @property
    def name(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Folder:
    """A set, delivery or pull: the names in it, and when each was made."""

    id: str
    made_at: Mapping[str, datetime]

    def has(self, kind: type[NamedRecord], key: int | str = "") -> bool:
        """Say whether the folder holds that mark, or a record of that kind."""
        return kind.name_for(key) in self.made_at

    def when(self, kind: type[NamedRecord]) -> datetime | None:
        """Return when storage made that mark; None if it is not there."""
        return self.made_at.get(kind.file_name)

    def keys(self, kind: type[NamedRecord]) -> list[str]:
        """Return what stands for the star in each of its names of that kind."""
        return [key for name in self.made_at if (key := kind.key_in(name))]

    def numbers(self, kind: type[NamedRecord]) -> list[int]:
        """Return the numbers of those of its names that are of that kind, in order."""
        return sorted(int(key) for key in self.keys(kind) if key.isdecimal())

    @property
    def last_made_at(self) -> datetime:
        """The moment of the youngest blob in it."""
        return max(self.made_at.values())


def folders(prefix: str, blobs: Iterable[Listed]) -> list[Folder]:
    """Return the folders directly under *prefix*, oldest first by name.

    A name that others go on below is a directory, and no blob: nothing that was written has one.
    """
    made_at: dict[str, dict[str, datetime]] = {}
    for blob in blobs:
        folder_id, slash, name = blob.name.removeprefix(prefix).partition("/")
        if slash:
            made_at.setdefault(folder_id, {})[name] = blob.created_at
    return [Folder(folder_id, _files(made_at[folder_id])) for folder_id in sorted(made_at)]


def _files(made_at: Mapping[str, datetime]) -> Mapping[str, datetime]:
    # docs/reference/functions.md#data-lake-directories
    above = {name.rpartition("/")[0] for name in made_at}
    return {name: at for name, at in made_at.items() if name not in above}
