"""What each reading gave and what became of it, for a month: a day each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from sync.errors import StoreConflict, StoreMissing
from sync.ledger import ids
from sync.roster.academic_year import school_day
from sync.steps.delivery import SealedSet
from sync.steps.status_values import (
    ConnectorStatus,
    Night,
    NightStood,
    NightWord,
    PullStatus,
    SchoolStatus,
)

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


def stood(
    known: Sequence[NightStood],
    school: str,
    pull: PullStatus | None,
    connector: ConnectorStatus,
    zone: ZoneInfo,
) -> Sequence[NightStood]:
    """Return *known* with what has become of the newest *pull* of *school*, the oldest first. Pure.

    Of a day on which it was read twice, the last reading counts; while one is under way, those
    before.
    """
    shown = connector.schools.get(school)
    if pull is None or shown is None:
        return known
    began_at = ids.moment_of_stamp(pull.id)
    word = _word(pull, shown, began_at, connector.accepted.get(school))
    if word is None:
        return known
    of_pull = (each.id for each in connector.deliveries[:1] if ids.pulled_at(each.id) >= began_at)
    night = NightStood(school_day(began_at, zone), word, shown.why, pull.id, next(of_pull, ""))
    return [*(each for each in known if each.on < night.on), night][-KEPT:]


def _word(
    pull: PullStatus, shown: SchoolStatus, began_at: datetime, accepted_at: datetime | None
) -> NightWord | None:
    """Return what became of *pull*; None while it is under way, or SDS has not been asked.

    SDS accepted something new of the school last at *accepted_at*: before, it was of another pull.
    """
    if pull.state == "failed":
        return "failed"
    if pull.state != "sealed" or shown.state == "waiting":
        return None
    if shown.state == "delivered":
        is_new = accepted_at is not None and accepted_at >= began_at
        return "delivered" if is_new else "unchanged"
    return shown.state
