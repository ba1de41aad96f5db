"""What each reading gave, for a month: the counts of a profile's sets, a day each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from zoneinfo import ZoneInfo

from sync.errors import StoreConflict, StoreMissing
from sync.roster.academic_year import school_day
from sync.steps.delivery import SealedSet
from sync.steps.status_values import Night

KEPT = 30  # days


def nights_of(sets: Iterable[SealedSet], known: Sequence[Night], zone: ZoneInfo) -> Sequence[Night]:
    """Return the last reading of each of the last days on which there was one, the oldest first.

    *sets* are a profile's, oldest first, also those of which only the manifest is left. Only what
    is not *known* is read; what nobody can read any more is passed over.
    """
    by_id = {night.id: night for night in known}
    last_of_day = {school_day(each.pulled_at, zone): each for each in sets}
    newest = islice(reversed(last_of_day.values()), KEPT)
    nights = (by_id.get(each.id) or _read(each) for each in newest)
    return list(reversed([night for night in nights if night]))


def _read(sealed: SealedSet) -> Night | None:
    try:
        return Night.of(sealed.id, sealed.manifest())
    except (StoreMissing, StoreConflict):
        return None
