"""Telling once a day which schools SDS has had nothing newer of for long, and why.

What SDS has of a school may be repeated for ever, so that it loses nothing and stops no other. But
somebody must know of it: after SDS__CARRY_DAYS, and as soon as a new academic year has begun there,
when the classes in Teams are those of the year before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sync.edge.world import World
from sync.ledger.offers import SchoolPart, Why
from sync.report import Outcome, Step
from sync.roster.academic_year import by_calendar, school_day
from sync.steps.connector import Listing, newest_sets
from sync.steps.delivery import newest_set
from sync.steps.offers import set_manifest, view


def steps(world: World, listing: Listing) -> Iterator[Step]:
    """Yield a line for each school of a connector that is carried for too long."""
    connector = listing.connector
    for offer in view(world, listing, newest_sets(world, connector)).offers:
        if offer.part is None or offer.why in {None, Why.SAME}:
            continue
        days = (listing.now - _since(listing, offer.school, offer.part)).days
        has_turned = _has_turned(world, offer.school, offer.part, listing.now)
        if days >= world.settings.sds.carry_days or has_turned:
            facts: dict[str, int | str] = {"connector": connector, "days": days}
            facts["why"] = str(offer.why)
            if has_turned:
                facts["year_turned"] = 1
            yield Step("carry", Outcome.CARRIED, offer.school, facts=facts)


def _since(listing: Listing, school: str, part: SchoolPart) -> datetime:
    """Return when the newest sets of *school* were read of which SDS has all: it has *part*.

    A school in which nothing happens goes into no delivery for weeks; what found it the same says
    when.
    """
    for delivery in reversed(listing.deliveries):
        schools = delivery.schools()
        later = schools.parts.get(school) if schools else None
        if later and later.why in {"", Why.SAME} and later.rows == part.rows:
            return max(later.pulled_at, part.pulled_at)
    return part.pulled_at


def _has_turned(world: World, school: str, part: SchoolPart, now: datetime) -> bool:
    """Say whether *part*, what SDS has of *school*, is of an academic year before today's."""
    settings = world.settings
    if school not in settings.schools:
        return False
    profiles = [
        key for key in settings.profiles_of(school) if settings.profiles[key].ids_carry_year
    ]
    held = (
        set_manifest(world.store, key, part.sources[key]) for key in profiles if key in part.sources
    )
    then = [manifest.academic_year for manifest in held if manifest]
    return bool(then) and min(then) < max(_years_now(world, school, profiles, now), default=0)


def _years_now(world: World, school: str, profiles: Sequence[str], now: datetime) -> Iterator[int]:
    """Yield today's academic year, as the newest sets say it, and the calendar.

    Where SCHOOL_YEAR goes by terms, only iSAMS knows.
    """
    for sealed in filter(None, (newest_set(world.store, key) for key in profiles)):
        manifest = set_manifest(world.store, sealed.profile, sealed.id)
        if manifest:
            yield manifest.academic_year
    settings = world.settings.schools[school]
    if settings.school_year != "terms":
        yield by_calendar(school_day(now, settings.time_zone), settings)
