"""When the ids of all classes change, as far as settings and the newest sets tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sync.roster.academic_year import SOON, turn_by_calendar
from sync.roster.finding_codes import FindingCode
from sync.settings import Settings
from sync.steps.delivery import SealedSet
from sync.steps.findings import told_of


def turns_soon(
    settings: Settings, school: str, newest: Iterable[SealedSet], day: date
) -> date | None:
    """Return the day on which the next academic year begins; None unless that is soon.

    *day* is today at *school*, and *newest* are the newest sets of its profiles: only they know
    iSAMS's terms, if SCHOOL_YEAR goes by these. None as well where no id carries the year.
    """
    school_settings = settings.schools[school]
    if not any(settings.profiles[key].ids_carry_year for key in settings.profiles_of(school)):
        return None
    if school_settings.school_year == "terms":
        told = (each for sealed in newest for each in told_of(sealed, FindingCode.YEAR_TURNS))
        turn = min((date.fromisoformat(finding.name) for finding in told), default=None)
    else:
        turn = turn_by_calendar(day, school_settings)
    return turn if turn and day < turn <= day + SOON else None
