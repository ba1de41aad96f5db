"""The sample and the page of the settings, against the declaration.

The sample on the real host: docs/reference/functions.md#sample-settings
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from sync.errors import ConfigError
from sync.settings import ProfileSettings, load
from sync.settings import names as setting_names
from sync.settings.class_kinds import TITLE_OF
from tests.pages import settings_page

SAMPLE = Path("local.settings.sample.json")
HOSTS_OWN = {
    "AzureWebJobsDisableHomepage",
    "AzureWebJobsStorage",
    "FUNCTIONS_WORKER_RUNTIME",
    "TICK_SCHEDULE",
}


def sample() -> dict[str, str]:
    values: dict[str, str] = json.loads(SAMPLE.read_text(encoding="utf-8"))["Values"]
    return values


def declared_names() -> set[str]:
    return {setting_names.written(path) for path in setting_names.DECLARED}


def ours() -> dict[str, str]:
    """Return the sample's settings but for the host's."""
    return {name: value for name, value in sample().items() if name not in HOSTS_OWN}


def test_the_sample_is_the_least_that_works() -> None:
    """Whoever copies it fills in a few lines, and sends nothing that somebody else thought of."""
    assert [f"{name}={value}" for name, value in ours().items()] == list(load.smallest())


@pytest.mark.parametrize("name", list(ours()))
def test_nothing_in_the_sample_can_be_left_out(name: str) -> None:
    """Without any of its lines the settings are refused."""
    fewer = {other: value for other, value in ours().items() if other != name}

    with pytest.raises(ConfigError):
        load.load(fewer)


def test_the_sample_shows_what_the_host_needs() -> None:
    """A copy of the sample starts under the Functions tools without another setting."""
    values = sample()

    assert set(values) >= HOSTS_OWN
    assert values["TICK_SCHEDULE"] == "0 */5 * * * *"
    assert values["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert values["AzureWebJobsDisableHomepage"] == "true"
    assert json.loads(SAMPLE.read_text(encoding="utf-8"))["IsEncrypted"] is False


BLOCK = re.compile(r"```(?:text|json)\n")


def test_the_sample_loads_as_it_is() -> None:
    """The sample is a working set, and says nothing that it would say if it were left out."""
    settings = load.load({}, local=SAMPLE.read_text(encoding="utf-8"))
    profile = settings.profiles["seniors"]

    assert list(settings.schools) == ["northbank"]
    assert settings.connectors() == {"iSAMS nightly": ("seniors",)}
    assert profile == ProfileSettings(year_groups=profile.year_groups)
    assert profile.year_groups == set(range(7, 14))


def test_every_example_in_the_declaration_is_sound() -> None:
    """Each setting has words and an example, and the example may be set."""
    examples = {path: setting_names.example(f) for path, f in setting_names.DECLARED.items()}
    alone = {path: text for path, text in examples.items() if path[0] in {"schools", "profiles"}}
    alone.pop(("profiles", setting_names.KEY, "excluded_subjects"))
    env = {setting_names.written(path): text for path, text in alone.items()}
    env = {name.replace("<key>", "northbank"): text for name, text in env.items()}
    env |= {setting_names.written(p): t for p, t in examples.items() if p[0] == "sds"}
    env.pop("SDS__CERTIFICATE")  # this and the next would be too long for a table
    env.pop("SCHOOLS__northbank__ISAMS_CA")
    fixed = env.pop("SCHOOLS__northbank__SCHOOL_YEAR")

    assert all(field.description for field in setting_names.DECLARED.values())
    for store in ("FOLDER", "ACCOUNT_URL", "CONNECTION"):
        example = examples["storage", store.lower()]
        load.load({**env, f"STORAGE__{store}": example})
    del env["SCHOOLS__northbank__YEAR_STARTS"]
    load.load({**env, f"STORAGE__{store}": example, "SCHOOLS__northbank__SCHOOL_YEAR": fixed})


def test_the_page_shows_exactly_what_is_declared() -> None:
    """Every setting has its row in docs/settings.md, and nothing else has."""
    page = settings_page.PAGE.read_text(encoding="utf-8")

    rows = set(re.findall(r"^\| `([^`]+)` \|", page, flags=re.MULTILINE))
    assert rows == declared_names() | settings_page.host_names()


def test_the_defaults_shown_on_the_page_are_taken() -> None:
    """They are real settings, and the sample's school and profile take what they do not say."""
    page = settings_page.PAGE.read_text(encoding="utf-8").partition("## One policy for many")[2]
    block = page.partition("```text\n")[2].partition("```")[0]

    settings = load.load(ours() | dict(line.split("=", 1) for line in block.splitlines()))

    assert settings.defaulted == {
        ("schools", "northbank", "pull_at"),
        ("schools", "northbank", "year_starts"),
    }


def test_the_ten_schools_on_the_page_have_one_policy_in_the_settings_that_it_counts() -> None:
    """Somebody who types what the page shows gets ten schools, and the two that differ differ."""
    page = settings_page.PAGE.read_text(encoding="utf-8").partition("## One policy for many")[2]
    policy, schools, profiles = (part.partition("```")[0] for part in BLOCK.split(page)[1:4])
    keys = list(json.loads(schools))
    env = dict(line.split("=", 1) for line in policy.splitlines())
    env |= {"SCHOOLS_JSON": schools, "PROFILES_JSON": profiles, "SDS__CONNECTOR": "iSAMS nightly"}
    env |= {f"SCHOOLS__{key.upper()}__ISAMS_KEY": "invented-key" for key in keys}

    settings = load.load(env)

    assert f"{len(env)} settings" in page
    assert f"SCHOOLS__{keys[-1].upper()}__ISAMS_KEY" in page
    assert len(settings.schools) == len(settings.profiles) == 10
    assert {str(school.pull_at[0]) for school in settings.schools.values()} == {"21:00:00"}
    turns = {key: str(school.year_turns) for key, school in settings.schools.items()}
    assert [key for key in keys if turns[key] != "15 August"] == ["harbour"]
    years = {key: len(profile.year_groups) for key, profile in settings.profiles.items()}
    assert [key for key in keys if years[key] != 7] == ["meadow"]


@pytest.mark.parametrize("heading", ["## The least that works", "## A worked example"])
def test_the_settings_shown_on_the_page_load(heading: str) -> None:
    """Somebody who types what the page shows gets a working app."""
    page = settings_page.PAGE.read_text(encoding="utf-8")
    block = page.partition(heading)[2].partition("```text\n")[2].partition("```")[0]

    env = dict(line.split("=", 1) for line in block.splitlines())

    assert load.load(env).profiles["seniors"].year_groups == set(range(7, 14))


def test_both_ways_to_give_the_profiles_on_the_page_say_the_same() -> None:
    """The JSON of the worked example is the same two profiles as its separate settings."""
    page = settings_page.PAGE.read_text(encoding="utf-8").partition("## A worked example")[2]
    block = page.partition("```text\n")[2].partition("```")[0]
    apart = dict(line.split("=", 1) for line in block.splitlines())
    together = {name: text for name, text in apart.items() if not name.startswith("PROFILES__")}
    together["PROFILES_JSON"] = page.partition("```json\n")[2].partition("```")[0]

    assert load.load(apart) == load.load(together)


def test_the_schools_in_json_on_the_page_load_with_their_keys_beside() -> None:
    """Somebody who types what the page shows, and its secrets as it says, gets two schools."""
    page = settings_page.PAGE.read_text(encoding="utf-8").partition("`SCHOOLS_JSON`. Their")[2]
    env = {
        "SCHOOLS_JSON": page.partition("```json\n")[2].partition("```")[0],
        "SCHOOLS__NORTHBANK__ISAMS_KEY": "invented-key",
        "SCHOOLS__SOUTHBANK__ISAMS_KEY": "invented-key",
        "PROFILES__NORTH__SCHOOL": "northbank",
        "PROFILES__SOUTH__SCHOOL": "southbank",
        "SDS__CONNECTOR": "iSAMS nightly",
    }

    assert list(load.load(env).schools) == ["northbank", "southbank"]


def test_the_file_for_azure_on_the_page_names_real_settings() -> None:
    """Each name in it is a setting, each value a text, and together they work on Azure."""
    page = settings_page.PAGE.read_text(encoding="utf-8").partition("## Setting them on Azure")[2]
    env = json.loads(page.partition("```json\n")[2].partition("```")[0])
    assert all(isinstance(value, str) for value in env.values())
    env["SCHOOLS__NORTHBANK__ISAMS_KEY"] = "invented-key"  # the reference, resolved

    load.load({**env, "WEBSITE_SITE_NAME": "func-rosters"})


def test_every_profile_setting_is_asked_for_by_the_code() -> None:
    """A setting that is declared and documented and does nothing would be a promise not kept."""
    asked = {
        node.attr
        for path in Path("sync").rglob("*.py")
        if path.parts[1] != "settings"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    by_settings_alone = {"school", "connector"}  # `school_of` and `connector_of` answer for them
    by_kind = set(TITLE_OF.values())  # the title of each kind of class is looked up there

    assert set(ProfileSettings.model_fields) - by_settings_alone - by_kind <= asked


def test_no_page_and_no_parameter_file_has_a_suffix_that_lives_by_a_blank() -> None:
    """In whatever form it is written, a reader may take it over into a single setting."""
    pages = [Path("README.md"), *Path("docs").rglob("*.md"), *Path("infra").glob("*.bicep*")]
    given = {
        page.as_posix(): re.findall(r"""SUFFIX["'`]?\s?[=:|]\s?["'`](.*?)["'`]""", text)
        for page in pages
        if (text := page.read_text(encoding="utf-8"))
    }

    assert given["infra/main.bicepparam"]
    assert given["docs/classes.md"]
    assert [page for page, values in given.items() if any(v != v.strip() for v in values)] == []


def test_no_example_relies_on_a_blank_at_its_ends() -> None:
    """Azure takes it off, so that at home a Team would be called otherwise than at night."""
    examples = {path: setting_names.example(f) for path, f in setting_names.DECLARED.items()}
    page = settings_page.PAGE.read_text(encoding="utf-8")
    typed = re.findall(r"^[A-Z_]+__\w+=(.*)$", page, flags=re.MULTILINE)

    assert typed
    assert {path: text for path, text in examples.items() if text != text.strip()} == {}
    assert [value for value in (*typed, *sample().values()) if value != value.strip()] == []
