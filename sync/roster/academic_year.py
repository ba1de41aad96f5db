"""Days in school time: which day a moment is in, and which term and academic year a day is in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sync.errors import ConfigError
from sync.isams.school import School, Term
from sync.settings import SchoolSettings


def school_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day that *moment* is in, at a school in *zone*."""
    return moment.astimezone(zone).date()


def active_term(terms: Mapping[str, Term], day: date) -> Term | None:
    """Return the term that *day* is in, None in the holidays; of two, that which began later."""
    running = [term for term in terms.values() if term.starts_on <= day <= term.finishes_on]
    return max(running, key=lambda term: (term.starts_on, term.id), default=None)


def academic_year_at(school: School, school_settings: SchoolSettings, moment: datetime) -> int:
    """Return the calendar year in which the academic year of *moment* began.

    The setting says it; or, if that is `terms`, the term that began last; else the calendar.

    See docs/reference/isams.md#term, docs/reference/isams.md#academic-year.

    Raises:
        ConfigError: no term had begun, so nothing can be said.
    """
    if school_settings.school_year != "terms":
        return by_calendar(moment, school_settings.time_zone, school_settings.school_year)
    day = school_day(moment, school_settings.time_zone)
    begun = [term for term in (school.terms or {}).values() if term.starts_on <= day]
    if not begun:
        raise ConfigError(
            "SCHOOL_YEAR is terms, but no term in iSAMS has begun: enter the terms in School"
            " Manager, or give the year, such as 2026"
        )
    return max(begun, key=lambda term: (term.starts_on, term.school_year)).school_year


def by_calendar(moment: datetime, zone: ZoneInfo, setting: int | None) -> int:
    """Return the calendar year in which the academic year of *moment* began.

    As the setting says, if it is set; else the year turns on 1 September, school time.
    """
    day = school_day(moment, zone)
    return setting or day.year - (day.month < 9)
