"""What to read of a school: all that its profiles and its files for other programs need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sync.exports.tables import tables
from sync.isams import datasets
from sync.isams.datasets import Dataset, Wanted
from sync.roster.needs import datasets_of_profile
from sync.settings import ProfileSettings, SchoolSettings, Settings
from sync.settings.class_kinds import TITLE_OF, shows_year


def datasets_of_school(settings: Settings, school: str) -> Wanted:
    """Return what to read of *school*."""
    profiles = [settings.profiles[key] for key in settings.profiles_of(school)]
    of_profiles = {dataset for profile in profiles for dataset in datasets_of_profile(profile)}
    school_settings = settings.schools[school]
    of_files = datasets_of_files(school_settings, school_settings.datasets)
    besides = of_files.besides | frozenset(_of_titles(school_settings, profiles))
    tutors = of_files.tutors or any("tutors" in profile.classes for profile in profiles)
    return Wanted(of_files.needed | of_profiles, besides, tutors)


def _of_titles(settings: SchoolSettings, profiles: Iterable[ProfileSettings]) -> Iterator[Dataset]:
    """Yield what titles are called by as far as iSAMS has it: `2027` or `2027-28`, by the terms."""
    titles = (getattr(each, TITLE_OF[kind]) for each in profiles for kind in each.classes)
    if settings.school_year is not None and any(map(shows_year, titles)):
        yield datasets.TERMS


def datasets_of_files(settings: SchoolSettings, names: Collection[str]) -> Wanted:
    """Return what to read for the files called *names*: their datasets may be empty."""
    chosen = [table for table in tables(settings) if table.name in names]
    besides = frozenset(dataset for table in chosen for dataset in table.needs)
    return Wanted(frozenset(_of_academic_year(settings)), besides, tutors="pupils" in names)


def _of_academic_year(settings: SchoolSettings) -> Iterator[Dataset]:
    """Yield what says in which academic year a moment is: terms, if the settings go by them."""
    if settings.school_year == "terms":
        yield datasets.TERMS
