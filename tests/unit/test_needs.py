"""Which datasets settings ask for, beyond the five."""

from __future__ import annotations

import pytest

from sync.isams.datasets import NOTHING_MORE, TERMS
from sync.settings import ProfileSettings, SdsSettings, Settings, StorageSettings
from sync.steps.needs import datasets_of_school
from tests.unit.schools import NORTHBANK


def settings(*profiles: dict[str, str], **place: object) -> Settings:
    return Settings(
        schools={"northbank": NORTHBANK.model_copy(update=place)},
        profiles={
            f"p{n}": ProfileSettings.model_validate(profile) for n, profile in enumerate(profiles)
        },
        sds=SdsSettings(connector="invented"),
        storage=StorageSettings(folder="nowhere"),
    )


def names(chosen: Settings) -> list[str]:
    return sorted(dataset.name for dataset in datasets_of_school(chosen, "northbank").needed)


def test_a_profile_of_sets_asks_for_the_five_alone() -> None:
    """A key that ticks five methods is enough for what most schools do."""
    assert datasets_of_school(settings({}), "northbank") == NOTHING_MORE


@pytest.mark.parametrize(
    ("profile", "needed"),
    [
        ({"classes": "forms"}, ["Form"]),
        ({"classes": "form-lessons"}, ["Form", "Schedule", "TeachingForm"]),
        ({"classes": "tutors"}, []),
        ({"classes": "year-groups"}, ["Year"]),
        ({"classes": "houses"}, ["AcademicHouse"]),
        ({"classes": "boarding-houses"}, ["BoardingHouse"]),
        ({"classes": "divisions"}, ["SchoolDivision", "Year"]),
        ({"timetable_teachers": "true"}, ["Schedule"]),
    ],
)
def test_each_option_asks_for_what_it_is_made_of(
    profile: dict[str, str], needed: list[str]
) -> None:
    """And needs it: an empty answer would empty these classes."""
    assert names(settings(profile)) == needed


def test_what_any_profile_needs_is_read_once_for_all() -> None:
    """A school is read with all its profiles."""
    assert names(settings({"classes": "forms"}, {"classes": "houses"})) == ["AcademicHouse", "Form"]


def test_a_school_year_by_terms_needs_the_terms() -> None:
    """Without them no class has an id."""
    assert names(settings({}, school_year="terms")) == ["Term"]


@pytest.mark.parametrize(
    ("school_year", "profile", "asked"),
    [
        (2027, {"class_title": "{set_code} {academic_year}"}, True),
        (2027, {"classes": "forms", "form_title": "{name} {academic_year}"}, True),
        (2027, {"form_title": "{name} {academic_year}"}, False),
        (2027, {}, False),
        (None, {"class_title": "{set_code} {academic_year}"}, False),
    ],
)
def test_terms_are_asked_for_where_they_say_how_a_title_calls_the_year(
    school_year: int | None, profile: dict[str, str], *, asked: bool
) -> None:
    """They may be missing: then the year counts as one that starts in September."""
    to_read = datasets_of_school(settings(profile, school_year=school_year), "northbank")

    assert (TERMS in to_read.optional) is asked
    assert TERMS not in to_read.needed


@pytest.mark.parametrize(
    ("profile", "datasets", "asked"),
    [
        ({}, (), False),
        ({"classes": "sets,forms"}, ("forms", "timetable"), False),
        ({"classes": "sets,tutors"}, (), True),
        ({}, ("pupils",), True),
    ],
)
def test_tutors_are_read_for_their_classes_and_for_pupils_csv(
    profile: dict[str, str], datasets: tuple[str, ...], *, asked: bool
) -> None:
    """Nothing else says who a pupil's tutor is, and reading it takes time."""
    to_read = datasets_of_school(settings(profile, datasets=datasets), "northbank")

    assert to_read.tutors is asked
