"""What a school's profiles and exports need beyond what is always read."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sync.exports.tables import tables
from sync.isams import datasets
from sync.isams.datasets import Dataset, Wanted
from sync.settings import ProfileSettings, SchoolSettings, Settings

# Divisions have no head of their own: those of their year groups teach them. What is taught to a
# whole form is known from its lessons, and the form's year from the form.
OF_CLASSES: dict[str, tuple[Dataset, ...]] = {
    "forms": (datasets.FORMS,),
    "form-lessons": (datasets.TEACHING_FORMS, datasets.FORMS, datasets.LESSONS),
    "year-groups": (datasets.YEARS,),
    "houses": (datasets.ACADEMIC_HOUSES,),
    "boarding-houses": (datasets.BOARDING_HOUSES,),
    "divisions": (datasets.DIVISIONS, datasets.YEARS),
}


def wanted(settings: Settings, school: str) -> Wanted:
    """Return what to read of *school*."""
    profiles = [settings.profiles[key] for key in settings.profiles_of(school)]
    needed = frozenset(one for profile in profiles for one in _of_profile(profile))
    place = settings.schools[school]
    exports = exported(place, place.datasets)
    tutors = exports.tutors or any("tutors" in profile.classes for profile in profiles)
    return Wanted(needed | exports.needed, exports.besides, tutors)


def exported(place: SchoolSettings, names: Collection[str]) -> Wanted:
    """Return what to read for the files called *names*: their datasets may be empty."""
    besides = {one for table in tables(place) if table.name in names for one in table.needs}
    return Wanted(frozenset(_of_school(place)), frozenset(besides), tutors="pupils" in names)


def _of_profile(profile: ProfileSettings) -> Iterator[Dataset]:
    for kind in profile.classes:
        yield from OF_CLASSES.get(kind, ())
    if profile.timetable_teachers:
        yield datasets.LESSONS
    if profile.sessions:
        yield datasets.TERMS


def _of_school(place: SchoolSettings) -> Iterator[Dataset]:
    if place.school_year == "terms":
        yield datasets.TERMS
