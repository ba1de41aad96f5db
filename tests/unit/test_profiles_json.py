"""PROFILES_JSON: all profiles in a single value."""

from __future__ import annotations

import json

import pytest

from tests.unit.app_settings import load, only


def profiles(value: object) -> dict[str, str]:
    return {"PROFILES_JSON": value if isinstance(value, str) else json.dumps(value)}


def test_profiles_may_come_as_one_json_value() -> None:
    """Both forms mean the same; numbers and true need no quotation marks; null is not set."""
    whole = {
        "Seniors": {"year_groups": 7, "NAMES": True, "SUFFIX": "x", "GRADES": None},
        "all": {"CLASSES": "forms"},
    }
    parts = {
        "PROFILES__SENIORS__YEAR_GROUPS": "7",
        "PROFILES__SENIORS__NAMES": "true",
        "PROFILES__SENIORS__SUFFIX": "x",
        "PROFILES__ALL__CLASSES": "forms",
    }

    assert load(profiles(whole), without="PROFILES__") == load(parts)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("{", "PROFILES_JSON, character 1: a } is missing"),
        ("[]", "PROFILES_JSON: expected a JSON object, in curly brackets"),
        ("7", "PROFILES_JSON: expected a JSON object, in curly brackets"),
        ("9" * 5_000, "PROFILES_JSON: is not JSON that can be read"),
        ('{"a": {}, "A": {}}', "PROFILES_JSON, character 11: A: the same name twice"),
        (
            '{"a": {"NAMES": 1, "names": 0}}',
            "PROFILES_JSON, character 20: names: the same name twice",
        ),
        ({"a": []}, 'PROFILES_JSON a: expected an object such as {"YEAR_GROUPS": "7-13"}'),
        (
            {"a": {"YEAR_GROUPS": [7, 8]}},
            (
                "PROFILES_JSON a.YEAR_GROUPS: expected a text; several values stand in one text,"
                " with commas"
            ),
        ),
        (
            {"a": {"YEARGROUPS": "7"}},
            "PROFILES_JSON a.YEARGROUPS: there is no such setting; did you mean YEAR_GROUPS?",
        ),
        (
            {"a": {"XYZZY__QUUX": "7"}},
            (
                "PROFILES_JSON a.XYZZY__QUUX: there is no such setting;"
                " docs/settings.md lists all there are"
            ),
        ),
        (
            {"a": {"SDS__CLIENT_SECRET": "x"}},
            (
                "PROFILES_JSON a.SDS__CLIENT_SECRET: there is no such setting;"
                " docs/settings.md lists all there are"
            ),
        ),
        ({"a": {"SUFFIX": True}}, "PROFILES_JSON a.SUFFIX: expected a text"),
        (
            {"a": {"YEAR_GROUPS": "x"}},
            (
                "PROFILES_JSON a.YEAR_GROUPS: got 'x'; expected years such as 7,8,9 or 7-13;"
                " Reception is 0, pre-reception -1, nursery -2. Example: 7-13"
            ),
        ),
        (
            {"a": {"SCHOOL": "x"}},
            "PROFILES_JSON a.SCHOOL: not one of the schools: expected northbank",
        ),
    ],
)
def test_a_fault_in_the_json_is_found(value: object, line: str) -> None:
    """The message says which profile and which name, not just that JSON is hard."""
    assert only(profiles(value), without="PROFILES__") == line


def test_profiles_in_two_forms_are_refused() -> None:
    """Nobody can know which of the two is meant."""
    way = "give the profiles in one way, not two"
    once = profiles({"a": {}})

    assert only(once) == f"PROFILES_JSON and PROFILES__SENIORS__YEAR_GROUPS: {way}"
    assert only(once, {"Profiles_Json": "{}"}, without="PROFILES__") == (
        f"PROFILES_JSON and Profiles_Json: {way}"
    )
