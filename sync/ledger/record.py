"""JSON blobs of ours, and the marks among them.

A *mark* says how far a folder has come: that it exists says it, and so its name is part of the
format. A mark names itself where its class is written, and nowhere else. What is no mark is kept as
long as a roster and no longer (`sync.ledger.retention`), so a mark that was left out of some list
would be deleted after a week.
"""

from __future__ import annotations

import json
import re
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from sync.errors import StoreConflict


class Record(BaseModel):
    """A JSON blob: equal values give equal bytes, and only what we wrote can be read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> bytes:
        """Return the blob: sorted, indented for people."""
        body = self.model_dump(mode="json")
        return (json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_json(cls, name: str, body: bytes) -> Self:
        """Read a blob called *name*.

        Raises:
            StoreConflict: it is no record of ours. The message names the blob, not what it holds.
        """
        try:
            return cls.model_validate_json(body)
        except ValidationError:
            raise StoreConflict("a stored record cannot be read", blob=name) from None


class NamedRecord(Record):
    """A record that has a name in its folder, given where its class is written.

    So: `class Checked(NamedRecord, name="checked.json")`. A `*` in the name stands for a key: of a
    mark a number. A class without a name is a base of others.
    """

    file_name: ClassVar[str]

    def __init_subclass__(cls, name: str = "") -> None:
        super().__init_subclass__()
        if name:
            cls.file_name = name

    @classmethod
    def name_for(cls, key: int | str = "") -> str:
        """Return the name in the folder, with *key* for the star."""
        return cls.file_name.replace("*", str(key))

    @classmethod
    def key_in(cls, name: str) -> str | None:
        """Return what stands for the star in *name*; None if it is no name of this kind."""
        head, _, end = cls.file_name.partition("*")
        key = name.removeprefix(head).removesuffix(end)
        return key if key and cls.name_for(key) == name else None


_patterns: dict[str, re.Pattern[str]] = {}


class Mark(NamedRecord):
    """A record that says how far its folder has come. It outlives the rosters beside it."""

    def __init_subclass__(cls, name: str = "") -> None:
        super().__init_subclass__(name)
        if name:
            _patterns[name] = re.compile(re.escape(name).replace(r"\*", r"\d+"))


def mark_names() -> frozenset[str]:
    """Return the names of all marks there are, as their classes write them."""
    return frozenset(_patterns)


def is_mark(name: str) -> bool:
    """Say whether a file called *name* in its folder is a mark."""
    # Nearly every name is either a mark's whole name or no mark: the patterns are for the rest.
    return name in _patterns or any(
        pattern.fullmatch(name) for text, pattern in _patterns.items() if "*" in text
    )
