"""What two profiles must write alike, and what else must fit together."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from sync.settings import ProfileSettings, names, sharing
from sync.settings import text as setting_text
from tests.unit.app_settings import load
from tests.unit.test_settings import built, schools


def test_everything_that_does_not_fit_is_said_at_once() -> None:
    """Each profile and each school that contradicts another is named in one refusal."""
    lost, wrong = ProfileSettings(), ProfileSettings(school="elsewhere", connector="another")

    with pytest.raises(ValidationError) as refusal:
        built(schools("A1", "a1"), {"lost": lost, "wrong": wrong}, None)
    reason = refusal.value.errors()[0]["ctx"]["error"]

    assert isinstance(reason, setting_text.Contradiction)
    assert [names[-1] for names, _ in reason.faults] == [
        ("profiles", "lost", "school"),
        ("sds", "connector"),
        ("profiles", "wrong", "school"),
        ("schools", "school1", "id"),
    ]


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ({"school": "school0", "id_style": "legacy"}, {}, "id_style"),
        ({"keep_teams": "8"}, {"keep_teams": "11"}, "keep_teams"),
        ({"keep_teams": "8"}, {"keep_teams": "8", "keep_teams_from": "2027"}, "keep_teams"),
        ({"pupils_from": "2027-09-01"}, {"classes": "sets,forms"}, "pupils_from"),
        ({"pupils_from": "2027-09-01", "year_groups": "0-6"}, {"year_groups": "7-13"}, ""),
        ({"pupils_from": "2027-09-01"}, {"classes": "forms"}, ""),
        ({"keep_teams": "8", "year_groups": "7-8"}, {"year_groups": "9-13"}, ""),
        ({"keep_teams": "8", "keep_teams_from": "2027"}, {"year_groups": "9-13"}, ""),
        ({"keep_teams": "8", "excluded_subjects": "Ga"}, {"included_subjects": "Ga"}, ""),
        ({"keep_teams": "8"}, {"connector": "another"}, ""),
    ],
)
def test_two_profiles_never_say_two_things_of_one_class(
    first: dict[str, str], second: dict[str, str], name: str
) -> None:
    """Else it would go by the profile that was read last whose Team a pupil is in."""
    profiles = {
        "first": ProfileSettings.model_validate(first),
        "second": ProfileSettings.model_validate(second),
    }
    try:
        built(schools("1"), profiles, "c")
        named = ""
    except ValidationError as refusal:
        reason = refusal.errors()[0]["ctx"]["error"]
        named = reason.faults[0][0][0][-1]

    assert named == name


@pytest.mark.parametrize(
    "apart",
    [
        {"PROFILES__PREP__CLASSES": "sets,forms,year-groups"},
        {"PROFILES__PREP__CLASSES": "houses", "PROFILES__PREP__CONNECTOR": "another"},
        {"PROFILES__PREP__CLASSES": "houses", "PROFILES__SENIORS__YEAR_GROUPS": "3-6"},
        {"PROFILES__PREP__CLASSES": "boarding-houses"},
    ],
)
def test_kinds_that_do_not_meet_are_no_contradiction(apart: dict[str, str]) -> None:
    """Forms are of one year; another connector is another file set; the same years the same."""
    read = load(
        {"PROFILES__SENIORS__CLASSES": "sets,forms,year-groups,houses"}
        | {"PROFILES__PREP__YEAR_GROUPS": "3-6"}
        | apart
    )

    assert set(read.profiles) == {"seniors", "prep"}


# The rule is in `sync.settings.sharing`: what decides an id, or who is in a class, is alike.
ALIKE = {"classes", "id_style", "keep_teams", "keep_teams_from", "pupils_from"}
MAY_DIFFER = {
    *("school", "connector"),  # then the two do not meet
    *("year_groups", "included_subjects", "excluded_subjects"),  # which part of the school
    *("class_title", "suffix", "form_title", "form_lesson_title", "tutor_title"),
    *("year_group_title", "house_title", "boarding_house_title", "division_title"),
    *("names", "grades"),  # how somebody is told: the newer set's word holds
    *("extra_teachers", "service_accounts", "timetable_teachers"),  # who teaches
    *("keep_without_teacher", "staff"),
    *("sessions", "courses"),  # what is told besides
}


def test_of_every_profile_setting_somebody_decided_whether_two_profiles_may_differ() -> None:
    """A setting that is new fails here until it is in a list, and in `sharing` if it must be."""
    assert not ALIKE & MAY_DIFFER
    assert set(ProfileSettings.model_fields) == ALIKE | MAY_DIFFER


def test_the_rule_speaks_of_every_setting_that_must_be_alike() -> None:
    """A setting that is put into this list and not into the rule would be refused by nobody."""
    rule = Path(sharing.__file__).read_text("utf-8")

    assert {name for name in ALIKE if f"first.{name}" not in rule} == set()


def test_what_may_differ_is_no_contradiction() -> None:
    """Two profiles of the same years that differ in all of it are taken."""
    settings = {
        name: names.example(ProfileSettings.model_fields[name])
        for name in MAY_DIFFER - {"school", "connector", "included_subjects", "year_groups"}
    }
    profiles = {"plain": ProfileSettings(), "other": ProfileSettings.model_validate(settings)}

    assert built(schools("1"), profiles, "c").connectors() == {"c": ("other", "plain")}
