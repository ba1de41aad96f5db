"""When a school's clock strikes: the hours of its settings, as moments in UTC.

What a clock change skips strikes an hour later; what it repeats strikes once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sync.roster.academic_year import school_day

_DAY = timedelta(days=1)


def last_strike(times: Sequence[time], zone: ZoneInfo, now: datetime) -> datetime:
    """Return the latest moment, not after *now*, at which any of *times* struck in *zone*.

    *times* are never empty.
    """
    today = school_day(now, zone)
    struck = [_utc(day, at, zone) for day in (today - _DAY, today) for at in times]
    return max(moment for moment in struck if moment <= now)


def next_strike(times: Sequence[time], zone: ZoneInfo, now: datetime) -> datetime:
    """Return the first moment after *now* at which any of *times* strikes in *zone*.

    *times* are never empty.
    """
    today = school_day(now, zone)
    strikes = [_utc(day, at, zone) for day in (today, today + _DAY) for at in times]
    return min(moment for moment in strikes if moment > now)


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    # The timer ticks in UTC, and Flex Consumption knows no zone:
    # docs/reference/functions.md#utc
    return datetime.combine(day, at, zone).astimezone(UTC)
