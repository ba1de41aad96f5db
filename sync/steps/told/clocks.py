"""By whose clock people are told when something was."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, tzinfo

from sync.settings import Settings


def zone_of(settings: Settings, schools: Collection[str]) -> tzinfo:
    """Return the time zone of *schools*; UTC if they have several, or settings know none."""
    zones = {settings.schools[key].time_zone for key in schools if key in settings.schools}
    return next(iter(zones)) if len(zones) == 1 else UTC
