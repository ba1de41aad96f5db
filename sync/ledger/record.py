"""A JSON blob of ours: equal values give equal bytes, and only what we wrote can be read."""

from __future__ import annotations

import json
from typing import Self

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
            StoreConflict: it is not one of ours. The message names the blob, not what it holds.
        """
        try:
            return cls.model_validate_json(body)
        except ValidationError:
            raise StoreConflict("a stored record cannot be read", blob=name) from None
