"""For how many school days iSAMS has given exactly the same of a school.

A school that lives changes within days: somebody comes, goes or moves to another set. A source that
is read each night and never changes may be a copy, a test system or a cache, while the school has
moved on; SDS would keep what it has for ever, and all would look well. Weekends and holidays say
nothing, so school days are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sync.isams.school import School
from sync.settings.text import MonthDay

WARNS_AFTER = 5  # school days; a mail comes after ten: infra/queries/unmoved.kql

LOOKED_BACK = timedelta(days=35)
"""How far back readings are compared: two weeks of school, with Christmas or Easter between."""

_SUMMER = timedelta(days=62)  # before the year starts: July and August, if that is 1 September
_WEEKEND = timedelta(days=3)  # of three days in term one is a school day
_SATURDAY = 5


class TermDays(NamedTuple):
    """The first and the last day of a term."""

    starts_on: date
    finishes_on: date


def terms_about(school: School, day: date) -> tuple[TermDays, ...]:
    """Return iSAMS's terms that say which days before *day* were school days; none if not read.

    A term that ended long ago says nothing: whoever forgot to enter the next has no endless
    holidays.
    """
    terms = (TermDays(t.starts_on, t.finishes_on) for t in (school.terms or {}).values())
    return tuple(sorted({term for term in terms if term.finishes_on > day - LOOKED_BACK}))


@dataclass(frozen=True, slots=True)
class SchoolDays:
    """Which days are school days: Monday to Friday in *terms*.

    Where there are none to go by, Monday to Friday but for the two months before *year_turns*:
    July and August, or December and January in the south. What is a holiday besides nobody knows.
    """

    terms: Sequence[TermDays]
    year_turns: MonthDay

    def has(self, day: date) -> bool:
        """Say whether *day* is a school day."""
        if day.weekday() >= _SATURDAY:
            return False
        if self.terms:
            return any(term.starts_on <= day <= term.finishes_on for term in self.terms)
        starts = (self.year_turns.in_year(day.year + years) for years in (0, 1))
        return not any(timedelta() < start - day <= _SUMMER for start in starts)

    def in_term(self, day: date) -> bool:
        """Say whether *day* is a school day, or one of a weekend between two weeks of school."""
        return self.between(day - _WEEKEND, day) > 0

    def between(self, after: date, until: date) -> int:
        """Return how many school days there are after *after*, up to *until* with it."""
        days = (after + timedelta(days=n + 1) for n in range((until - after).days))
        return sum(map(self.has, days))


class Reading(NamedTuple):
    """What a reading made of a profile, on a school's *day*.

    *digest* is of the files for SDS, *counts* of the records that iSAMS gave. *people* is the
    checksum of who stands behind the ids; None once that was deleted, or was never kept.
    """

    day: date
    digest: str
    counts: Mapping[str, int]
    people: str | None

    def is_like(self, other: Reading) -> bool:
        """Say whether both are the same, as far as anybody can say."""
        if (self.digest, self.counts) != (other.digest, other.counts):
            return False
        return self.people == other.people or None in {self.people, other.people}


class Unmoved(NamedTuple):
    """All readings from one day to another, the newest, gave the same."""

    since: date
    until: date


def unmoved(readings: Iterable[Reading]) -> Unmoved | None:
    """Return since when a profile's *readings*, from the newest back, are the same; None if none.

    No more of them is taken than it needs.
    """
    remaining = iter(readings)
    newest = next(remaining, None)
    if newest is None:
        return None
    since = newest.day
    for former in remaining:
        if newest.day - former.day > LOOKED_BACK or not former.is_like(newest):
            break
        since = former.day
    return Unmoved(min(since, newest.day), newest.day)


def school_days_unmoved(profiles: Sequence[Unmoved], days: SchoolDays) -> int:
    """Return for how many school days nothing has changed in any of a school's *profiles*.

    The day of the first of the like readings does not count, that of the newest does. Days without
    a reading count: what is the same before and after was so between.
    """
    if not profiles:
        return 0
    since = max(profile.since for profile in profiles)
    return days.between(since, max(profile.until for profile in profiles))
