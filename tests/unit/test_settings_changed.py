"""Other values of a profile's settings, and the lines that would make it so."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import ConfigError
from sync.settings.changed import CHANGEABLE, SettingLine, with_changes, written
from sync.settings.load import load, smallest

LEAST = dict(line.split("=", 1) for line in smallest())
PREP = {"PROFILES__PREP__YEAR_GROUPS": "3-6"}
WITHOUT = {name: value for name, value in LEAST.items() if not name.startswith("PROFILES__")}
IN_JSON = {
    **WITHOUT,
    "profiles_json": json.dumps(
        {"Seniors": {"year_groups": "7-13", "names": True}, "prep": {"YEAR_GROUPS": "3-6"}}
    ),
}


def test_a_setting_that_is_written_is_changed_under_its_own_spelling() -> None:
    """So that the line to copy takes the place of what is there."""
    env = {**LEAST, "Profiles__Seniors__Suffix": "-26"}
    changed = with_changes(env, None, "seniors", {"SUFFIX": "-27"})

    assert changed.lines == (SettingLine("Profiles__Seniors__Suffix", "-27"),)
    assert load(changed.values).profiles["seniors"].suffix == "-27"


def test_a_setting_that_is_not_written_is_called_as_its_neighbours() -> None:
    """With the key in the case that the others have."""
    env = {**WITHOUT, "PROFILES__Seniors__YEAR_GROUPS": "7-13"}
    changed = with_changes(env, None, "seniors", {"INCLUDED_SUBJECTS": "Ma"})

    assert changed.lines == (SettingLine("PROFILES__Seniors__INCLUDED_SUBJECTS", "Ma"),)
    assert load(changed.values).profiles["seniors"].included_subjects == ("Ma",)


def test_what_is_so_already_is_no_line() -> None:
    """Nor are blanks at its ends, which Azure takes off."""
    same = {"YEAR_GROUPS": f" {LEAST['PROFILES__SENIORS__YEAR_GROUPS']} ", "SUFFIX": ""}

    assert with_changes(LEAST, None, "seniors", same).lines == ()
    assert with_changes(IN_JSON, None, "seniors", {"NAMES": "true"}).lines == ()


def test_a_blank_takes_a_setting_away_and_the_default_counts() -> None:
    """Also one that stands in DEFAULTS."""
    env = {**LEAST, "PROFILES__SENIORS__SUFFIX": "-26", "DEFAULTS__PROFILE__SUFFIX": "-all"}
    changed = with_changes(env, None, "seniors", {"SUFFIX": " "})

    assert changed.lines == (SettingLine("PROFILES__SENIORS__SUFFIX", ""),)
    assert load(changed.values).profiles["seniors"].suffix == "-all"


def test_of_profiles_in_one_value_that_value_is_the_line() -> None:
    """With all that it held, under the names that it had."""
    changed = with_changes(IN_JSON, None, "seniors", {"YEAR_GROUPS": "9-13", "SUFFIX": " x"})
    (line,) = changed.lines

    assert line.name == "profiles_json"
    assert json.loads(line.value) == {
        "Seniors": {"year_groups": "9-13", "names": True, "SUFFIX": " x"},
        "prep": {"YEAR_GROUPS": "3-6"},
    }
    assert load(changed.values).profiles["seniors"].year_groups == frozenset(range(9, 14))


def test_a_blank_takes_a_setting_out_of_the_json() -> None:
    """The others of the profile stay."""
    (line,) = with_changes(IN_JSON, None, "seniors", {"NAMES": ""}).lines

    assert json.loads(line.value)["Seniors"] == {"year_groups": "7-13"}


def test_the_local_file_counts_as_it_does_for_the_app() -> None:
    """What the environment sets beats it; what it has is changed as if it were there."""
    local = json.dumps({"Values": {**LEAST, "PROFILES__SENIORS__SUFFIX": "-26"}})
    changed = with_changes({}, local, "seniors", {"SUFFIX": "-27"})

    assert load(changed.values).profiles["seniors"].suffix == "-27"
    assert written({}, local, "seniors")["SUFFIX"] == "-26"


@pytest.mark.parametrize("env", [LEAST, IN_JSON])
def test_a_setting_of_another_profile_stays(env: Mapping[str, str]) -> None:
    """Only what was asked for differs."""
    before = {**env, **({} if env is IN_JSON else PREP)}
    changed = with_changes(before, None, "seniors", {"YEAR_GROUPS": "8"})
    prep = [load(values).profiles["prep"] for values in (before, changed.values)]

    assert prep[0] == prep[1]


@pytest.mark.parametrize("name", ["SCHOOL", "CONNECTOR", "year_groups", "ISAMS_KEY", "X=1"])
def test_what_cannot_be_tried_is_told_with_what_can(name: str) -> None:
    """Whose a profile is and where it goes would be another delivery."""
    with pytest.raises(ConfigError, match="YEAR_GROUPS, INCLUDED_SUBJECTS") as refused:
        with_changes(LEAST, None, "seniors", {name: "7"})

    assert "7" not in str(refused.value)


def test_what_is_written_is_told_for_each_that_can_be_tried() -> None:
    """As text, wherever it stands: a form begins with it."""
    apart, together = (written(env, None, "seniors") for env in (LEAST, IN_JSON))

    assert apart.keys() == together.keys() == set(CHANGEABLE)
    assert (together["YEAR_GROUPS"], together["NAMES"], together["SUFFIX"]) == ("7-13", "true", "")
    assert apart["YEAR_GROUPS"] == LEAST["PROFILES__SENIORS__YEAR_GROUPS"]
    assert set(written(IN_JSON, None, "nobody").values()) == {""}


@given(st.dictionaries(st.sampled_from(CHANGEABLE), st.text(max_size=8)))
def test_lines_are_the_way_from_one_to_the_other(changes: dict[str, str]) -> None:
    """Put into the settings as they are, they make the settings that were tried."""
    for env in (LEAST, IN_JSON):
        changed = with_changes(env, None, "seniors", changes)

        assert {**env, **{line.name: line.value for line in changed.lines}} == changed.values
