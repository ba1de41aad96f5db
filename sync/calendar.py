"""School-local time: what is due, which academic year it is, and moments as parts of names.

Linux Flex Consumption has no time-zone setting: the timer ticks in UTC and this module decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_STAMP = "%Y%m%dT%H%M%SZ"


def stamp(moment: datetime) -> str:
    """Return *moment* as part of a blob's name: `20261121T220000Z`, which sorts by time."""
    return moment.astimezone(UTC).strftime(_STAMP)


def moment(text: str) -> datetime:
    """Return the moment that `stamp` wrote.

    Raises:
        ValueError: it is not one.
    """
    # Ten times as fast as strptime, and every listing reads as many of these as there are folders.
    found = datetime.fromisoformat(text)
    if stamp(found) != text:
        raise ValueError("not a moment as `stamp` writes it")
    return found


def is_stamp(text: str) -> bool:
    """Say whether *text* is what `stamp` writes."""
    try:
        return bool(moment(text))
    except ValueError:
        return False


def last_due(times: Sequence[time], zone: ZoneInfo, now: datetime) -> datetime:
    """Return the latest moment, not after *now*, at which one of *times* struck in *zone*.

    There is at least one of *times*. One that a clock change skips strikes an hour later; one that
    it repeats strikes once.
    """
    today = now.astimezone(zone).date()
    struck = [_utc(day, at, zone) for day in (today - timedelta(days=1), today) for at in times]
    return max(found for found in struck if found <= now)


def academic_year(now: datetime, zone: ZoneInfo, setting: int | None) -> int:
    """Return the calendar year in which the academic year of *now* began.

    The setting if there is one; else the year turns on 1 September, school time.
    """
    local = now.astimezone(zone)
    return setting or local.year - (local.month < 9)


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
