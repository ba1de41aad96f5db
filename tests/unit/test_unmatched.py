"""What the settings of a profile name and the school has not, and a profile without anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.isams.school import Form, School, TeachingForm
from sync.roster.finding_codes import OF_SETTINGS
from tests.unit.schools import built, employee, pupil, school, teaching_set


def told(read: School | None = None, **profile: object) -> list[tuple[str, str, str]]:
    """Return the findings about the settings: word, setting, and what of it."""
    made = built(read, **profile)
    return [(f.code.value, f.record, f.name) for f in made.findings if f.code in OF_SETTINGS]


def with_lessons() -> School:
    """Return a school with a set in Year 8, and Maths taught to a whole form of Year 2 alone."""
    of_form = replace(pupil("2", 2), form="R ABC")
    return replace(
        school([pupil("1"), of_form]),
        forms={"R ABC": Form("R ABC", 2, ("41",), "")},
        teaching_forms={"12": TeachingForm("12", "R ABC Ma", "r abc", "22")},
        lessons=(),
    )


@pytest.mark.parametrize(
    ("profile", "findings"),
    [
        ({"year_groups": "7-8"}, [("year-without-pupils", "YEAR_GROUPS", "Year 7")]),
        ({"grades": "8=08,14=14"}, [("year-without-pupils", "GRADES", "Year 14")]),
        ({"keep_teams": "8,11"}, [("kept-year-without-sets", "KEEP_TEAMS", "Year 11")]),
        ({"included_subjects": "Ph,ma"}, [("subject-without-classes", "INCLUDED_SUBJECTS", "Ma")]),
        ({"included_subjects": "Ph,Xy"}, [("subject-unknown", "INCLUDED_SUBJECTS", "Xy")]),
        ({"excluded_subjects": "Xy"}, [("subject-unknown", "EXCLUDED_SUBJECTS", "Xy")]),
        ({"extra_teachers": "x*"}, [("extra-teacher-unknown", "EXTRA_TEACHERS", "x*")]),
        ({}, []),  # left out, YEAR_GROUPS names years that few schools have
        ({"year_groups": "8", "keep_teams": "8", "grades": "8=X", "included_subjects": "21"}, []),
    ],
)
def test_what_matches_nothing_is_told_by_its_setting(
    profile: dict[str, object], findings: list[tuple[str, str, str]]
) -> None:
    """A year, a subject or a person that the school has not is no silent gap."""
    assert told(school(), **profile) == findings


def test_a_year_that_is_kept_must_have_sets_that_are_covered() -> None:
    """KEEP_TEAMS is about sets of the profile's own years."""
    read = school([pupil("1"), pupil("2", 9)])

    kept = told(read, year_groups="9", keep_teams="8", classes="sets")

    assert ("kept-year-without-sets", "KEEP_TEAMS", "Year 8") in kept


@pytest.mark.parametrize("classes", ["sets", "sets,form-lessons"])
def test_a_subject_of_whole_forms_needs_their_kind_of_classes(classes: str) -> None:
    """The youngest years may have no sets: then the subject is told until CLASSES names them."""
    wanting = told(with_lessons(), included_subjects="Ph,Ma", classes=classes)

    assert wanting == (
        [("subject-without-classes", "INCLUDED_SUBJECTS", "Ma")] if classes == "sets" else []
    )


def test_lessons_to_forms_of_other_years_are_no_classes() -> None:
    """A subject that is taught in years that the profile has not is told as well."""
    told_of = told(
        with_lessons(), year_groups="8", included_subjects="Ph,Ma", classes="sets,form-lessons"
    )

    assert told_of == [("subject-without-classes", "INCLUDED_SUBJECTS", "Ma")]


def test_a_profile_without_a_class_is_told() -> None:
    """Its pupils are sent all the same; that none is in a class somebody should know."""
    read = school([pupil("1"), pupil("2", 9)])

    assert told(read, year_groups="9") == [("profile-without-classes", "CLASSES", "")]


def test_a_profile_without_a_pupil_is_told() -> None:
    """Years that the school has not, or pupils none of whom can be sent."""
    read = school([pupil("1", email="")], [employee("41")], [teaching_set("301")])

    assert told(read) == [
        ("profile-without-classes", "CLASSES", ""),
        ("profile-without-pupils", "YEAR_GROUPS", ""),
    ]
