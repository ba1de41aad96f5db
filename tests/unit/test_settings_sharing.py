"""What two profiles must write alike, and what else must fit together."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from sync.settings import ProfileSettings, names, sharing
from sync.settings import text as setting_text
from sync.settings.class_kinds import CLASSES, TITLE_OF
from tests.unit.app_settings import SECOND, load, only
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
        ({"title_clash": "id"}, {}, "title_clash"),
        ({"title_clash": "id", "year_groups": "7-13"}, {"year_groups": "3-6"}, ""),
        ({"title_clash": "id"}, {"classes": "forms"}, ""),
        ({"title_clash": "id"}, {"included_subjects": "Ga"}, ""),
        ({"suffix": " x"}, {"year_groups": "3-7"}, "suffix"),
        ({"suffix": " x"}, {"excluded_subjects": "Ga"}, "suffix"),
        ({"class_title": "{set_name}"}, {"suffix": " x"}, "class_title"),
        ({"class_title": "{set_name}"}, {"class_title": "{set_name}", "suffix": " x"}, ""),
        ({"suffix": " x", "year_groups": "7-13"}, {"year_groups": "3-6"}, ""),
        ({"suffix": " x"}, {"included_subjects": "Ga"}, ""),
        ({"suffix": " x", "classes": "forms"}, {}, ""),
        (
            {"classes": "forms", "form_title": "{code}"},
            {"classes": "forms", "included_subjects": "Ga"},
            "form_title",
        ),
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
ALIKE = {"classes", "id_style", "keep_teams", "keep_teams_from", "pupils_from", "suffix"}
ALIKE |= {"title_clash"}
ALIKE |= set(TITLE_OF.values())
MAY_DIFFER = {
    *("school", "connector"),  # then the two do not meet
    *("year_groups", "included_subjects", "excluded_subjects"),  # which part of the school
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

    assert {name for name in ALIKE if f"first.{name}" not in rule} == set(TITLE_OF.values())
    assert "TITLE_OF[kind]" in rule
    assert TITLE_OF.keys() == set(CLASSES)


def test_what_may_differ_is_no_contradiction() -> None:
    """Two profiles of the same years that differ in all of it are taken."""
    settings = {
        name: names.example(ProfileSettings.model_fields[name])
        for name in MAY_DIFFER - {"school", "connector", "included_subjects", "year_groups"}
    }
    profiles = {"plain": ProfileSettings(), "other": ProfileSettings.model_validate(settings)}

    assert built(schools("1"), profiles, "c").connectors() == {"c": ("other", "plain")}


ONE_ISAMS = {
    **SECOND,
    "SCHOOLS__SOUTHBANK__ISAMS_HOST": "northbank.isams.example",
    "PROFILES__SENIORS__SCHOOL": "northbank",
    "PROFILES__PREP__SCHOOL": "southbank",
    "PROFILES__PREP__YEAR_GROUPS": "3-7,13",
}


def test_two_schools_never_send_the_same_pupils() -> None:
    """With one iSAMS and one key they would be in SDS twice, and in two Teams of each set."""
    assert only(ONE_ISAMS) == (
        "SCHOOLS__NORTHBANK__ISAMS_HOST and SCHOOLS__SOUTHBANK__ISAMS_HOST: both read one iSAMS"
        " with one key and take NC years 7,13: give their profiles other YEAR_GROUPS, or make one"
        " school with two profiles of them"
    )


@pytest.mark.parametrize("written", ["{%s}", "%s"])
def test_a_key_is_the_same_however_it_is_written(written: str) -> None:
    """Guids come in braces, in capitals and without hyphens: iSAMS takes them all."""
    key = "12345678-abcd-4000-8000-000000000001"
    schools = {
        "SCHOOLS__NORTHBANK__ISAMS_KEY": key,
        "SCHOOLS__SOUTHBANK__ISAMS_KEY": written % key.upper().replace("-", ""),
    }

    assert "both read one iSAMS" in only(ONE_ISAMS, schools)


@pytest.mark.parametrize(
    ("apart", "shared"),
    [
        ({"PROFILES__PREP__YEAR_GROUPS": "3-6"}, [("northbank", "southbank")]),
        ({"SCHOOLS__SOUTHBANK__ISAMS_KEY": "of-another-division"}, []),
        ({"SCHOOLS__SOUTHBANK__ISAMS_HOST": "southbank.isams.example"}, []),
    ],
)
def test_senior_and_prep_of_one_isams_may_be_two_schools(
    apart: dict[str, str], shared: list[tuple[str, str]]
) -> None:
    """Of other years, or by keys that see other divisions: `check` tells of the first."""
    assert list(load(ONE_ISAMS, apart).of_one_isams()) == shared
