"""Which academic year it is at each school, and when the ids of all classes change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sync.edge.storage.queues import Unqueued
from sync.edge.world import World, opened
from sync.roster.academic_year import by_calendar, school_day
from sync.settings import SchoolSettings, Settings
from sync.settings.text import spoken
from sync.steps.baselines import manifest_of, set_manifest
from sync.steps.connector import look
from sync.steps.delivery import newest_set
from sync.steps.doctor.checks import Check, Note, Visit
from sync.steps.years import turns_soon


class YearSeen(NamedTuple):
    """The calendar years in which academic years began: today's, and those that SDS may hold.

    Today's is None if only terms would tell, and nothing was read yet. `turns_on` is the day on
    which the next begins, None unless that is soon.
    """

    year: int | None
    held: frozenset[int]
    turns_on: date | None


def check_years(settings: Settings, visit: Visit) -> Iterator[Check]:
    """Compare each school's academic year with what SDS holds: iSAMS is not asked."""
    waiting = {f"school {school}: academic year": school for school in settings.schools}
    for name in sorted(waiting):
        school = waiting.pop(name)
        note = partial(note_of, settings.schools[school])
        check = visit.examine(name, partial(_seen, settings, school, visit), note).check
        yield check
        if check.error:  # storage, which the others need as well
            yield from visit.skipped(sorted(waiting), name)
            return


def _seen(settings: Settings, school: str, visit: Visit) -> YearSeen:
    world = opened(settings, lambda _: None, nudges=Unqueued(), clock=visit.clock)
    school_settings, now = settings.schools[school], visit.clock.now()
    if school_settings.school_year == "terms":
        sets = (newest_set(world.store, profile) for profile in settings.profiles_of(school))
        years = (sealed.manifest().academic_year for sealed in sets if sealed)
        year = max(years, default=None)
    else:
        year = by_calendar(school_day(now, school_settings.time_zone), school_settings)
    return YearSeen(year, frozenset(_held(world, school)), turns_soon(world, school, now))


def _held(world: World, school: str) -> Iterator[int]:
    """Yield the academic years of the sets of which the newest hand-overs were made."""
    profiles = world.settings.profiles_of(school)
    carry = [key for key in profiles if world.settings.profiles[key].ids_carry_year]
    for connector in sorted({world.settings.connector_of(profile) for profile in carry}):
        for hand_over in look(world, connector).may_hold()[-1:]:
            was = manifest_of(hand_over.delivery) if hand_over.delivery else None
            sources = was.sources if was else {}
            for profile in sources.keys() & set(carry):
                if sealed := set_manifest(world.store, profile, sources[profile]):
                    yield sealed.academic_year


def note_of(school_settings: SchoolSettings, seen: YearSeen) -> Note:
    """Return what is told of a school's year, and what to do: no setting that another forbids."""
    if seen.year is None:
        return Note("by iSAMS's School Terms: nothing was read yet")
    texts, do = [f"began in {seen.year}"], list[str]()
    if others := seen.held - {seen.year}:
        texts.append(
            f"SDS holds classes of the year that began in {', '.join(map(str, sorted(others)))}:"
            " every class gets another Team, and the delivery is held for that"
        )
        what = _what_tells(school_settings)
        do.append(f"if the year has turned, approve that delivery; else correct {what}")
    if turn := seen.turns_on:
        texts.append(f"on {spoken(turn)} the next begins: all classes get other Teams")
        do.append("prepare it: docs/operations.md, Year-end")
    is_left_out = school_settings.school_year is None and school_settings.year_starts is None
    if is_left_out and _is_southern(school_settings.time_zone):
        texts.append(f"it turns on {school_settings.year_turns}, and the school lies in the south")
        do.append("set YEAR_STARTS, such as 01-28, or SCHOOL_YEAR=terms")
    return Note("; ".join(texts), "; ".join(do))


def _what_tells(school_settings: SchoolSettings) -> str:
    """Return what says which year it is: only settings that go together with those that are set."""
    if school_settings.school_year is None:
        return "YEAR_STARTS or TIME_ZONE"
    if school_settings.school_year == "terms":
        return "the terms in iSAMS's School Manager, SCHOOL_YEAR or TIME_ZONE"
    return "SCHOOL_YEAR"


def _is_southern(zone: ZoneInfo) -> bool:
    """Say whether the place that a time zone is called after lies south of the equator."""
    table = resources.files("tzdata") / "zoneinfo" / "zone.tab"
    rows = (line.split("\t") for line in table.read_text("utf-8").splitlines())
    return any(row[2:3] == [zone.key] and row[1].startswith("-") for row in rows)
