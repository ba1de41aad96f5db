"""Telling once a day of which schools iSAMS has given the same for days, by what is stored.

Each reading seals a set, changed or not. Manifests say what the files for SDS were for a year; who
stood behind the ids is compared as long as that is kept. Nothing is held for it: what SDS holds is
then what iSAMS says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.ledger.manifests import Beside
from sync.ledger.states import DATA_LASTS
from sync.report import Outcome, Step
from sync.roster.academic_year import school_day
from sync.roster.unmoved import (
    WARNS_AFTER,
    Reading,
    SchoolDays,
    TermDays,
    school_days_unmoved,
    unmoved,
)
from sync.steps.delivery import SealedSet, all_sets


def steps(world: World, school: str) -> Iterator[Step]:
    """Yield a line if iSAMS has given the same of *school* for long."""
    if days := days_unmoved(world, school, world.store.now()):
        yield Step("source", Outcome.UNMOVED, school, facts={"school_days": days})


def days_unmoved(world: World, school: str, now: datetime) -> int:
    """Return for how many school days iSAMS has given the same; 0 if they are too few to tell.

    0 in holidays too, when nobody expects that anything changes: then nothing of before is read. A
    weekend is none, or what is told would come and go. A profile that was not read within 48 hours
    says nothing: that is told as such.
    """
    settings = world.settings.schools[school]
    fresh = _fresh(world, school, now)
    terms = next(filter(None, (_terms(sets[-1]) for sets in fresh)), ())
    days = SchoolDays(terms, settings.year_turns)
    if not days.in_term(school_day(now, settings.time_zone)):
        return 0
    each = (unmoved(_readings(sets, settings.time_zone)) for sets in fresh)
    count = school_days_unmoved([span for span in each if span], days)
    return count if count >= WARNS_AFTER else 0


def _fresh(world: World, school: str, now: datetime) -> list[list[SealedSet]]:
    """Return the sets of each profile of *school* that was read within 48 hours."""
    listed = (all_sets(world.store, profile) for profile in world.settings.profiles_of(school))
    return [sets for sets in listed if sets and now - sets[-1].pulled_at <= DATA_LASTS]


def _readings(sets: Sequence[SealedSet], zone: ZoneInfo) -> Iterator[Reading]:
    """Yield what readings gave, from the newest back, to one that nobody can read any more."""
    for sealed in reversed(sets):
        try:
            manifest = sealed.manifest()
        except (StoreMissing, StoreConflict):
            return
        beside = _beside(sealed)
        people = beside.people.sha256 if beside and beside.people else None
        day = school_day(manifest.pulled_at, zone)
        yield Reading(day, manifest.digest, manifest.source, people)


def _beside(sealed: SealedSet) -> Beside | None:
    """Return what lies beside a set; None if it is gone, or cannot be read."""
    try:
        return sealed.read_if_listed(Beside)
    except (StoreMissing, StoreConflict):
        return None


def _terms(sealed: SealedSet) -> tuple[TermDays, ...]:
    beside = _beside(sealed)
    return tuple(TermDays(*days) for days in beside.terms) if beside else ()
