"""The sample and the page of the settings, against the declaration."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from sync.settings import ProfileSettings, load, local_file
from sync.settings import names as setting_names
from tests.pages import settings_page

SAMPLE = Path("local.settings.sample.json")


KEYS = {"NORTHBANK", "SENIORS", "PREP"}


def sample() -> dict[str, str]:
    values: dict[str, str] = json.loads(SAMPLE.read_text(encoding="utf-8"))["Values"]
    return values


def declared_names() -> set[str]:
    return {setting_names.written(path) for path in setting_names.DECLARED}


def without_key(name: str) -> str:
    head, *rest = name.split("__")
    return "__".join([head, *(setting_names.KEY if part in KEYS else part for part in rest)])


def test_the_sample_shows_exactly_the_settings_there_are() -> None:
    """A setting added in code but not in the sample, or the reverse, fails here."""
    shown = {without_key(name) for name in sample()} - settings_page.host_names()

    assert shown == declared_names() | {"PROFILES_JSON"}


def test_the_sample_shows_what_the_host_needs() -> None:
    """A copy of the sample starts under the Functions tools without another setting."""
    values = sample()

    assert settings_page.host_names() <= set(values)
    assert values["TICK_SCHEDULE"] == "0 */5 * * * *"
    assert values["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert json.loads(SAMPLE.read_text(encoding="utf-8"))["IsEncrypted"] is False


def test_the_sample_loads_as_it_is() -> None:
    """The sample is a working set: one school, Seniors of Years 7-13 and Prep of Years 3-6."""
    settings = load.load(local_file.with_local_file({}, SAMPLE.read_text(encoding="utf-8")))

    assert list(settings.schools) == ["northbank"]
    assert settings.profiles["seniors"].year_groups == set(range(7, 14))
    assert settings.profiles["prep"].year_groups == set(range(3, 7))
    assert settings.connectors() == {"iSAMS nightly": ("prep", "seniors")}


def test_every_example_in_the_declaration_is_sound() -> None:
    """Each setting has words and an example, and the example may be set."""
    examples = {path: setting_names.example(f) for path, f in setting_names.DECLARED.items()}
    alone = {path: text for path, text in examples.items() if path[0] in {"schools", "profiles"}}
    alone.pop(("profiles", setting_names.KEY, "excluded_subjects"))
    env = {setting_names.written(path): text for path, text in alone.items()}
    env = {name.replace("<key>", "northbank"): text for name, text in env.items()}
    env |= {setting_names.written(p): t for p, t in examples.items() if p[0] == "sds"}
    env.pop("SDS__CERTIFICATE")

    assert all(field.description for field in setting_names.DECLARED.values())
    for store in ("FOLDER", "ACCOUNT_URL", "CONNECTION"):
        example = examples["storage", store.lower()]
        assert load.load({**env, f"STORAGE__{store}": example})


def test_a_blank_line_in_the_sample_has_its_reason() -> None:
    """What the sample leaves blank is an alternative, or a trap for whoever copies it."""
    blank = {without_key(name) for name, value in sample().items() if not value}
    filled = {without_key(name) for name, value in sample().items() if value}

    assert blank - filled == {
        "AzureWebJobsStorage__accountName",  # the connection string stands for it
        "AzureWebJobsStorage__queueServiceUri",
        "PROFILES_JSON",  # the other way to give the profiles
        "PROFILES__<key>__KEEP_TEAMS",  # copied, it would carry classes over the year
        "PROFILES__<key>__KEEP_TEAMS_FROM",
        "PROFILES__<key>__PUPILS_FROM",  # copied, it would keep a school's pupils waiting
        "SCHOOLS__<key>__DATASETS",  # copied, it would keep the whole school in storage
        "SCHOOLS__<key>__ISAMS_CLIENT_ID",  # most schools have the key alone
        "SCHOOLS__<key>__ISAMS_CLIENT_SECRET",
        "SCHOOLS__<key>__SCHOOL_YEAR",  # copied, it would stop the year from turning
        "SDS__CERTIFICATE",  # the secret stands for it
        "SDS__OPERATIONS_URL",  # copied, it would let the token go where nobody has looked
        "STORAGE__ACCOUNT_URL",  # the folder stands for both
        "STORAGE__CONNECTION",
    }


def test_the_page_shows_exactly_what_is_declared() -> None:
    """Every setting has its row in docs/settings.md, and nothing else has."""
    page = settings_page.PAGE.read_text(encoding="utf-8")

    rows = set(re.findall(r"^\| `([^`]+)` \|", page, flags=re.MULTILINE))
    assert rows == declared_names() | settings_page.host_names()


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


def test_the_command_on_the_page_names_real_settings() -> None:
    """Each NAME=value of the az command is a setting, and together they work on Azure."""
    page = settings_page.PAGE.read_text(encoding="utf-8")
    block = page.partition("```bash\n")[2].partition("```")[0]
    env = dict(line.split("=", 1) for line in re.findall(r"'([^']+)'", block))
    env["SCHOOLS__NORTHBANK__ISAMS_KEY"] = "invented-key"  # the reference, resolved

    assert load.load({**env, "WEBSITE_SITE_NAME": "func-rosters"})


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

    assert set(ProfileSettings.model_fields) - by_settings_alone <= asked
