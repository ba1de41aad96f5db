"""What to read of a school: all that its profiles and its files for other programs need."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sync.exports.tables import tables
from sync.isams import datasets
from sync.isams.datasets import Dataset, Wanted
from sync.roster.needs import of_profile
from sync.settings import SchoolSettings, Settings


def wanted(settings: Settings, school: str) -> Wanted:
    """Return what to read of *school*."""
    profiles = [settings.profiles[key] for key in settings.profiles_of(school)]
    needed = frozenset(one for profile in profiles for one in of_profile(profile))
    place = settings.schools[school]
    exports = exported(place, place.datasets)
    tutors = exports.tutors or any("tutors" in profile.classes for profile in profiles)
    return Wanted(needed | exports.needed, exports.besides, tutors)


def exported(place: SchoolSettings, names: Collection[str]) -> Wanted:
    """Return what to read for the files called *names*: their datasets may be empty."""
    besides = {one for table in tables(place) if table.name in names for one in table.needs}
    return Wanted(frozenset(_of_school(place)), frozenset(besides), tutors="pupils" in names)


def _of_school(place: SchoolSettings) -> Iterator[Dataset]:
    if place.school_year == "terms":
        yield datasets.TERMS
