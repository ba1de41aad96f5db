"""What settings are called: found in any case, misspelt with the nearest offered, left alone."""

from __future__ import annotations

import json

import pytest

from sync.errors import ConfigError
from sync.settings import Settings, names
from sync.settings import load as environment
from tests.unit.app_settings import BASE, CANARY, SECOND, load, only, refusal


def test_the_smallest_set_works() -> None:
    """The names that the refusal offers to a newcomer are enough."""
    env = dict(line.split("=", 1) for line in environment.smallest())

    assert set(env) == set(BASE)
    assert environment.load(env).storage.folder == ".rosters"


def test_case_means_nothing_in_names() -> None:
    """Whatever capitals a portal or a shell makes of a name, it is the same setting."""
    lower = {name.lower(): value for name, value in BASE.items()}

    assert environment.load(lower) == load()


def test_two_spellings_of_one_setting_are_refused() -> None:
    """Nobody can know which of the two is meant."""
    line = only({"sds__Connector": "other"})

    assert line == "SDS__CONNECTOR and sds__Connector: the same setting twice"


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_a_blank_value_is_not_set(blank: str) -> None:
    """A blank leaves the default in force, and a blank required setting is missing."""
    assert load({"SDS__LIMITS__REMOVED_ROWS": blank}).sds.limits.removed_rows == 10
    assert "is not set" in only({"SCHOOLS__NORTHBANK__ISAMS_KEY": blank})


@pytest.mark.parametrize("path", names.DECLARED, ids=names.written)
def test_blanks_around_a_setting_are_dropped_as_azure_drops_them(path: names.Path) -> None:
    """What a desk reads, and what the app is handed, are the same of every setting."""
    key = "NORTHBANK" if path[0] == "schools" else "SENIORS"
    name = names.written(path).replace(names.KEY, key)
    value = names.example(names.DECLARED[path])
    other = {"SDS__CLIENT_SECRET": "x" * 8} if name == "SDS__CLIENT_ID" else {}

    def read(text: str) -> Settings | list[str]:
        try:
            return load(other, {name: text})
        except ConfigError:  # what does not go together with the others
            return refusal(other, {name: text})

    assert read(f"\t {value} \r\n") == read(value)


def test_inside_json_a_suffix_and_a_title_stay_as_they_were_typed() -> None:
    """No platform trims inside a value."""
    typed = {"SUFFIX": " 2026-27 ", "CLASS_TITLE": " {set_code}", "FORM_TITLE": "{name} "}

    profile = load(
        {"PROFILES_JSON": json.dumps({"seniors": typed})}, without="PROFILES__"
    ).profiles["seniors"]

    assert (profile.suffix, profile.class_title, profile.form_title) == tuple(typed.values())


def test_a_missing_setting_is_named_with_the_key_as_it_was_written() -> None:
    """The administrator can search for the name that the message shows."""
    line = only(
        {"SCHOOLS__west__NAME": "West"} | SECOND,
        {"PROFILES__SENIORS__SCHOOL": "west"}
        | {"SCHOOLS__west__ID": "3", "SCHOOLS__west__ISAMS_HOST": "w.example"},
    )

    assert line == (
        "SCHOOLS__west__ISAMS_KEY: is not set. The Batch API key, from API Services Manager:"
        " required unless ISAMS_API is rest. On Azure a Key Vault reference."
        " Example: 00000000-0000-0000-0000-000000000000"
    )


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("PROFILES__SENIORS__YEAR_GROUP", "PROFILES__SENIORS__YEAR_GROUPS"),
        ("PROFILE__SENIORS__SUFFIX", "PROFILES__SENIORS__SUFFIX"),
        ("Profile__x__School", "PROFILES__x__SCHOOL"),
        ("PROFILES_SENIORS_SUFFIX", "PROFILES__SENIORS__SUFFIX"),
        ("PROFLIES__SENIORS__SUFFIX", "PROFILES__SENIORS__SUFFIX"),
        ("SCHOOL__NORTHBANK__PULL_AT", "SCHOOLS__NORTHBANK__PULL_AT"),
        ("SCHOOLS:NORTHBANK:PULL_AT", "SCHOOLS__NORTHBANK__PULL_AT"),
        ("SDS_CONNECTOR", "SDS__CONNECTOR"),
        ("SDS__CONECTOR", "SDS__CONNECTOR"),
        ("SDS__LIMIT__REMOVED_ROWS", "SDS__LIMITS__REMOVED_ROWS"),
        ("SDS__REMOVED_ROWS", "SDS__LIMITS__REMOVED_ROWS"),
        ("STORAGE_FOLDER", "STORAGE__FOLDER"),
        ("STORAGE__ACOUNT_URL", "STORAGE__ACCOUNT_URL"),
        ("PROFILE_JSON", "PROFILES_JSON"),
        ("PROFILES__JSON", "PROFILES_JSON"),
        ("PROFILES", "PROFILES_JSON"),
        ("SCHOOL_JSON", "SCHOOLS_JSON"),
        ("SCHOOLS__JSON", "SCHOOLS_JSON"),
        ("SCHOOLS", "SCHOOLS_JSON"),
    ],
)
def test_a_misspelt_name_is_refused_and_the_nearest_offered(wrong: str, right: str) -> None:
    """A misspelt limit must not leave the usual one in force unseen."""
    line = only({wrong: CANARY})

    assert line == f"{wrong}: there is no such setting; did you mean {right}?"


@pytest.mark.parametrize("name", ["SDS__", "SDS__XYZZY", "SCHOOLS__NORTHBANK", "SDS"])
def test_a_name_near_to_nothing_points_to_the_page(name: str) -> None:
    """An unknown name under our prefixes is refused even if we cannot guess what was meant."""
    if name == "SDS":  # a bare word that others may use
        assert load({name: "x"}) == load()
    else:
        assert only({name: "x"}) == (
            f"{name}: there is no such setting; docs/settings.md lists all there are"
        )


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOME",
        "STORAGE",
        "STORAGE_DRIVER",
        "AzureWebJobsStorage__blobServiceUri",
        "AzureWebJobsFeatureFlags",
        "FUNCTIONS_EXTENSION_VERSION",
        "TICK_SCHEDULE",
        "_",
        "",
        "WEBSITE_TIME_ZONE",
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "AZURE_CLIENT_ID",
    ],
)
def test_names_of_others_are_left_alone(name: str) -> None:
    """The environment is full of names that are not ours."""
    assert load({name: "x"}) == load()


@pytest.mark.parametrize(
    "key", ["north_bank", "-north", "north bank", "a" * 31, "\u00e9cole", "aux", "Com1"]
)
def test_a_key_that_cannot_be_a_folder_name_is_refused(key: str) -> None:
    """Keys become folder names and parts of messages."""
    lines = refusal(
        {f"SCHOOLS__{key}__PULL_AT": "22:00"},
        {"PROFILES_JSON": json.dumps({key: {}})},
        without="PROFILES__",
    )

    assert len(lines) == 2
    for line in lines:
        assert "expected a key of 1 to 30 letters, digits and hyphens" in line


def test_a_name_cannot_break_the_line() -> None:
    """A line end or a half character in a name is shown escaped."""
    assert only({"SDS__A\nB": "x"}).startswith("'SDS__A\\nB': there is no such setting")
    assert only({"SDS__\ud800": "x"}).startswith("'SDS__\\ud800': there is no such setting")


def test_no_school_and_no_profile_shows_the_least_that_works() -> None:
    """A newcomer's first message is a set of names to copy."""
    with pytest.raises(ConfigError) as error:
        environment.load({})

    assert str(error.value).startswith("No school and no profile is set. The least that works: ")
    assert all(name in str(error.value) for name in BASE)
    assert only(without="PROFILES").startswith("No profile is set.")
    assert only(without="SCHOOLS").startswith("No school is set.")
    assert only({"PROFILES_JSON": "{}"}, without="PROFILES__").startswith("No profile is set.")


def test_a_misspelt_profile_is_not_called_missing_as_well() -> None:
    """One slip of the finger is one line."""
    line = only({"PROFILE__SENIORS__YEAR_GROUPS": "7"}, without="PROFILES")

    assert line.endswith("did you mean PROFILES__SENIORS__YEAR_GROUPS?")
