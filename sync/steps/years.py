"""When the ids of all classes change, as far as settings and the newest sets tell."""

from __future__ import annotations

from datetime import date, datetime

from sync import texts
from sync.edge.world import World
from sync.roster.academic_year import SOON, school_day, turn_by_calendar
from sync.roster.finding_codes import FindingCode
from sync.steps.delivery import newest_set
from sync.steps.findings import told_of


def turns_soon(world: World, school: str, now: datetime) -> date | None:
    """Return the day on which the next academic year begins; None unless that is soon.

    Only the newest sets of its profiles know iSAMS's terms, if SCHOOL_YEAR goes by these. None as
    well where no id carries the year.
    """
    settings, school_settings = world.settings, world.settings.schools[school]
    profiles = settings.profiles_of(school)
    if not any(settings.profiles[key].ids_carry_year for key in profiles):
        return None
    day = school_day(now, school_settings.time_zone)
    if school_settings.school_year == "terms":
        newest = filter(None, (newest_set(world.store, key) for key in profiles))
        told = (each for sealed in newest for each in told_of(sealed, FindingCode.YEAR_TURNS))
        turn = min(filter(None, (texts.day(finding.name) for finding in told)), default=None)
    else:
        turn = turn_by_calendar(day, school_settings)
    return turn if turn and day < turn <= day + SOON else None
