"""Which term and which academic year a day is in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sync.errors import ConfigError
from sync.isams.school import School, Term
from sync.settings import SchoolSettings


def active(terms: Mapping[str, Term], day: date) -> Term | None:
    """Return the term that *day* is in, None in the holidays; of two, that which began later."""
    on = [one for one in terms.values() if one.starts_on <= day <= one.finishes_on]
    return max(on, key=lambda one: (one.starts_on, one.id), default=None)


def academic_year(read: School, place: SchoolSettings, moment: datetime) -> int:
    """Return the calendar year in which the academic year of *moment* began.

    The setting says it; or, if that is `terms`, the term that began last; else the calendar.

    Raises:
        ConfigError: no term had begun, so nothing can be said.
    """
    if place.school_year != "terms":
        return by_calendar(moment, place.time_zone, place.school_year)
    day = moment.astimezone(place.time_zone).date()
    begun = [one for one in (read.terms or {}).values() if one.starts_on <= day]
    if not begun:
        raise ConfigError(
            "SCHOOL_YEAR is terms, but no term in iSAMS has begun: enter the terms in School"
            " Manager, or give the year, such as 2026"
        )
    return max(begun, key=lambda one: (one.starts_on, one.school_year)).school_year


def by_calendar(now: datetime, zone: ZoneInfo, setting: int | None) -> int:
    """Return the calendar year in which the academic year of *now* began.

    The setting if there is one; else the year turns on 1 September, school time.
    """
    local = now.astimezone(zone)
    return setting or local.year - (local.month < 9)
