"""What a store lists, made up: a name, and when it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Seen:
    """A listed blob."""

    name: str
    created_at: datetime


def listed(*names: str, ages: Mapping[str, timedelta] | None = None) -> list[Seen]:
    """Return blobs as a store lists them, each made now unless *ages* says how long ago."""
    return [Seen(name, NOW - (ages or {}).get(name, timedelta(0))) for name in sorted(names)]
