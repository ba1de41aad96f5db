"""Days in school time: which day a moment is in, and which term and academic year a day is in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo

from sync.errors import ConfigError
from sync.isams.datasets import TERMS
from sync.isams.school import School, Term
from sync.roster import identifiers
from sync.settings import SchoolSettings
from sync.settings.text import OF_START, spoken

SOON = timedelta(days=30)
"""How long before it the turn of the academic year is told."""

_YEAR = timedelta(days=365.2425)
_NONE_BEGUN = (
    "SCHOOL_YEAR is terms, but no term in iSAMS has begun: enter the terms in School Manager, or"
    " give the year, such as 2026"
)


def school_day(moment: datetime, zone: tzinfo) -> date:
    """Return the day that *moment* is in, at a school in *zone*."""
    return moment.astimezone(zone).date()


def active_term(terms: Mapping[str, Term], day: date) -> Term | None:
    """Return the term that *day* is in, None in the holidays; of two, that which began later."""
    running = [term for term in terms.values() if term.starts_on <= day <= term.finishes_on]
    return max(running, key=lambda term: (term.starts_on, term.id), default=None)


def academic_year_at(school: School, school_settings: SchoolSettings, moment: datetime) -> int:
    """Return the calendar year in which the academic year of *moment* began.

    The setting says it; or, if that is `terms`, the term that began last; else YEAR_STARTS.

    See docs/reference/isams.md#term, docs/reference/isams.md#academic-year.

    Raises:
        ConfigError: no term had begun, so nothing can be said.
    """
    day = school_day(moment, school_settings.time_zone)
    return _year_of(day, school, school_settings)


def _year_of(day: date, school: School, school_settings: SchoolSettings) -> int:
    if school_settings.school_year != "terms":
        return by_calendar(day, school_settings)
    begun = [term for term in (school.terms or {}).values() if term.starts_on <= day]
    if not begun:
        raise ConfigError(_NONE_BEGUN)
    return max(begun, key=lambda term: (term.starts_on, term.school_year)).school_year


def by_calendar(day: date, school_settings: SchoolSettings) -> int:
    """Return the calendar year in which the academic year of *day* began, without any term.

    As SCHOOL_YEAR says, if it is a year; else the year turns on YEAR_STARTS.
    """
    if isinstance(school_settings.school_year, int):
        return school_settings.school_year
    return day.year - (day < school_settings.year_turns.in_year(day.year))


def next_turn(
    day: date, academic_year: int, school: School, school_settings: SchoolSettings
) -> date | None:
    """Return the first day after *day* that is of another academic year; None if nobody knows.

    *academic_year* is that of *day*. With `terms` it is known once iSAMS has the next year's.
    """
    if school_settings.school_year != "terms":
        return turn_by_calendar(day, school_settings)
    terms = (school.terms or {}).values()
    later = (t.starts_on for t in terms if t.starts_on > day and t.school_year != academic_year)
    return min(later, default=None)


def turn_by_calendar(day: date, school_settings: SchoolSettings) -> date | None:
    """Return the next YEAR_STARTS after *day*; None where SCHOOL_YEAR says what year it is."""
    if school_settings.school_year is not None:
        return None
    starts = school_settings.year_turns
    return next(start for year in (0, 1) if (start := starts.in_year(day.year + year)) > day)


def year_opened(opens: date, school: School, school_settings: SchoolSettings) -> int:
    """Return the academic year whose pupils come on *opens*, which lies about its start.

    With `terms` its first term says when it starts: where iSAMS has none of it yet, as many whole
    years after a first term that it has. A SCHOOL_YEAR that is a number says nothing of that; then
    it is the calendar year that *opens* lies in, or the next if that is less than 60 days away: no
    year starts in November or December.

    Raises:
        ConfigError: by the terms no academic year starts within 60 days of *opens*; or there are
            no terms to go by.
    """
    if isinstance(school_settings.school_year, int):
        return (opens + OF_START).year
    if school_settings.school_year != "terms":
        return school_settings.year_turns.nearest(opens).year
    starts = _first_days(school)
    if not starts:
        raise ConfigError(_NONE_BEGUN)
    year = min(starts, key=lambda known: abs(starts[known] - opens))
    years_on = round((opens - starts[year]) / _YEAR)
    if abs(starts[year] + years_on * _YEAR - opens) > OF_START:
        raise ConfigError(
            f"PUPILS_FROM is {spoken(opens)}, and by iSAMS's School Terms no academic year starts"
            f" within {OF_START.days} days of it: the nearest that iSAMS has starts on"
            f" {spoken(starts[year])}. Correct PUPILS_FROM, or the terms in School Manager"
        )
    return year + years_on


def label_of_year(academic_year: int, school: School, school_settings: SchoolSettings) -> str:
    """Return how people call an academic year of the school: `2026-27`, or `2026`.

    Where SCHOOL_YEAR is set, the first term of that year says when it starts, or that of the
    nearest year that iSAMS has; without any term the year counts as one that starts in September.
    Where SCHOOL_YEAR is left out, YEAR_STARTS says it.

    Raises:
        SourceUnavailable: terms were asked for and may come at the next try. To go without them
            would call every Team otherwise for a night.
    """
    starts_in = school_settings.year_turns.month
    if school_settings.school_year is not None:
        missing = school.untold.get(TERMS.ui_name)
        if missing and missing.retry:
            raise missing
        starts = _first_days(school)
        nearest = min(starts, key=lambda known: (abs(known - academic_year), known), default=None)
        starts_in = starts_in if nearest is None else starts[nearest].month
    return identifiers.year_label(academic_year, starts_in)


def _first_days(school: School) -> dict[int, date]:
    """Return the first day of each academic year of which iSAMS has terms."""
    starts: dict[int, date] = {}
    for term in (school.terms or {}).values():
        starts[term.school_year] = min(term.starts_on, starts.get(term.school_year, date.max))
    return starts
