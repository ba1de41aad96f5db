"""What must be read for a profile's classes beyond what is always read."""

from __future__ import annotations

from collections.abc import Iterator

from sync.isams import datasets
from sync.isams.datasets import Dataset
from sync.settings import ProfileSettings

# Divisions have no head: those of their year groups teach them. What is taught to a
# whole form is known from its lessons, and the form's year from the form.
# docs/reference/isams.md#division, docs/reference/isams.md#teaching-forms
OF_CLASSES: dict[str, tuple[Dataset, ...]] = {
    "forms": (datasets.FORMS,),
    "form-lessons": (datasets.TEACHING_FORMS, datasets.FORMS, datasets.LESSONS),
    "year-groups": (datasets.YEARS,),
    "houses": (datasets.ACADEMIC_HOUSES,),
    "boarding-houses": (datasets.BOARDING_HOUSES,),
    "divisions": (datasets.DIVISIONS, datasets.YEARS),
}


def datasets_of_profile(profile: ProfileSettings) -> Iterator[Dataset]:
    """Yield the datasets that the classes of *profile* are made of."""
    for kind in profile.classes:
        yield from OF_CLASSES.get(kind, ())
    if profile.timetable_teachers:
        yield datasets.LESSONS
    if profile.sessions:
        yield datasets.TERMS
