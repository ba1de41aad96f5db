"""The declaration of the settings, and the page and sample that must agree with it."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from sync.settings import (
    Limits,
    ProfileSettings,
    SchoolSettings,
    SdsSettings,
    Settings,
    StorageSettings,
    load,
)
from sync.settings import names as setting_names
from sync.settings import text as setting_text
from sync.settings.class_kinds import title_template
from tests.pages import settings_page

SAMPLE = Path("local.settings.sample.json")
SCHOOL = {"name": "A", "isams_host": "a.isams.example", "isams_key": "invented-key"}
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
    settings = load.load(load.with_local_file({}, SAMPLE.read_text(encoding="utf-8")))

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
    for place in ("FOLDER", "ACCOUNT_URL", "CONNECTION"):
        example = examples["storage", place.lower()]
        assert load.load({**env, f"STORAGE__{place}": example})


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
    one = dict(line.split("=", 1) for line in block.splitlines())
    other = {name: text for name, text in one.items() if not name.startswith("PROFILES__")}
    other["PROFILES_JSON"] = page.partition("```json\n")[2].partition("```")[0]

    assert load.load(one) == load.load(other)


def test_the_command_on_the_page_names_real_settings() -> None:
    """Each NAME=value of the az command is a setting, and together they work on Azure."""
    page = settings_page.PAGE.read_text(encoding="utf-8")
    block = page.partition("```bash\n")[2].partition("```")[0]
    env = dict(line.split("=", 1) for line in re.findall(r"'([^']+)'", block))
    env["SCHOOLS__NORTHBANK__ISAMS_KEY"] = "invented-key"  # the reference, resolved

    assert load.load({**env, "WEBSITE_SITE_NAME": "func-rosters"})


def test_the_names_cover_every_group_of_the_declaration() -> None:
    """A group added to `Settings` is read, listed and documented, or this fails."""
    groups = {path[0] for path in setting_names.GROUPS}

    assert groups | {"host"} == set(Settings.model_fields)
    assert all(issubclass(group, BaseModel) for group in setting_names.GROUPS.values())


@pytest.mark.parametrize(
    ("read", "given_text", "value"),
    [
        (setting_text.years, "7-13", frozenset(range(7, 14))),
        (setting_text.years, " 7, 9 ,8", frozenset({7, 8, 9})),
        (setting_text.years, "-2--1,17", frozenset({-2, -1, 17})),
        (setting_text.words, " a ,, b,", ("a", "b")),
        (setting_text.times, "22:00,06:30,22:00", (time(6, 30), time(22))),
        (setting_text.grades, "-1=PK, 14 = 14", {-1: "PK", 14: "14"}),
        (setting_text.flag, "YES", True),
        (setting_text.flag, "0", False),
        (setting_text.whole, "0025", 25),
        (setting_text.key, "Northbank", "northbank"),
        (setting_text.host, "School.iSAMS.example", "school.isams.example"),
        (setting_text.host, "school.isams.example:8443", "school.isams.example:8443"),
        (setting_text.host, "http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        (setting_text.host, "http://[::1]:8080", "http://[::1]:8080"),
        (setting_text.service_url, "https://a.example/", "https://a.example"),
        (setting_text.service_url, "http://localhost:1/acc", "http://localhost:1/acc"),
        (setting_text.operations_url, "https://A.example:8698/api/", "https://A.example:8698/api"),
        (setting_text.operations_url, "http://127.0.0.1:1", "http://127.0.0.1:1"),
        (title_template, "{subject} {year}", "{subject} {year}"),
    ],
)
def test_a_text_becomes_its_value(read: object, given_text: str, value: object) -> None:
    """Blanks, order and case that mean nothing are forgiven."""
    assert callable(read)

    assert read(given_text) == value


@pytest.mark.parametrize(
    ("read", "texts"),
    [
        (setting_text.years, ["", "7 to 9", "9-7", "7,", "18", "-3", "\uff17", "7-13-14"]),
        (setting_text.times, ["24:00", "9:00", "22.00", "", "22:00,", "22:00:00"]),
        (setting_text.zone, ["Mars", "../etc/passwd", "Europe", "\0", "a" * 5000]),
        (setting_text.grades, ["7", "7=", "18=X", "7=A,7=B", "7=a b", "7==x"]),
        (setting_text.flag, ["on", "off", "t", "2", "y", "truee"]),
        (setting_text.whole, ["1.0", "+1", "1_0", "1e3", "\u0663", "9" * 10, ""]),
        (
            setting_text.host,
            [
                "https://a.example",
                "a.example/path",
                "http://a.example",
                "http://127.0.0.1@a.example",
                "http://127.0.0.1/path",
                "http://user@127.0.0.1",
                "a.example:99999",
                "a.example:0",
                "a b",
                "-a.example",
                "a..example",
                "a" * 254,
            ],
        ),
        (
            setting_text.service_url,
            [
                "http://a.example",
                "ftp://127.0.0.1",
                "https://u:p@a.example",
                "https://:p@a.example",
                "https://a.example?sig=x",
                "https://a.example/?",
                "https://a.example#x",
                "https://a.exa\nmple",
                "https://a.example\\@b.example",
                "https://[x",
                "https://",
                "a.example",
            ],
        ),
        (
            setting_text.operations_url,
            [
                "http://a.example/api",
                "https://u:p@a.example/api",
                "https://a.example/api?sig=x",
                "https://a.example/api#x",
                "https://a.example/api/../admin",
                "https://a.example/./api",
                "https://a.example//api",
                "https://a.example./api",
                "https://10.0.0.1/api",
                "https://2130706433/api",
                "https://0x7f.1/api",
                "https://[2001:db8::1]/api",
            ],
        ),
        (
            title_template,
            ["{set_code", "}", "{}", "{pupil}", "{set_code!r}", "{set_code:>9}", "{set_code.x}"],
        ),
        (title_template, ["Maths", "{school}{suffix}", "{year} {academic_year}"]),
    ],
)
def test_a_text_that_could_be_misread_is_refused(read: object, texts: list[str]) -> None:
    """What is not plainly one of the allowed forms is an error that does not repeat the text."""
    assert callable(read)

    for text in texts:
        with pytest.raises(ValueError, match=r"expected|stands alone") as refusal:
            read(text)
        assert len(text) < 9 or text not in str(refusal.value)


READERS = [
    setting_text.years,
    setting_text.times,
    setting_text.zone,
    setting_text.grades,
    setting_text.flag,
    setting_text.whole,
    setting_text.host,
    setting_text.service_url,
    setting_text.operations_url,
    title_template,
    setting_text.words,
    setting_text.key,
]


@hypothesis_settings(deadline=None)
@given(st.text() | st.text(alphabet="0123456789-,:=/.{}[]@ahtps ", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes a reader fail in another way than ValueError."""
    for read in READERS:
        with suppress(ValueError):
            read(text)


def test_a_value_that_is_no_text_stays_as_it_is() -> None:
    """Code that builds settings from values need not write them as text."""
    assert [read(7) for read in READERS] == [7] * len(READERS)
    assert ProfileSettings(year_groups=frozenset({7})).year_groups == {7}


@pytest.mark.parametrize("url", ["http://127.9.9.9:1", "http://[::1]/", "http://localhost"])
def test_this_machine_is_known(url: str) -> None:
    """127.0.0.0/8, ::1 and localhost are this machine."""
    assert setting_text.is_loopback(url)


@pytest.mark.parametrize(
    "url", ["", "http://", "http://localhost.example", "http://127.0.0.1.example", "http://[x"]
)
def test_another_machine_is_never_taken_for_this_one(url: str) -> None:
    """A name that merely begins like this machine's is another machine."""
    assert not setting_text.is_loopback(url)


@pytest.mark.parametrize("name", ["abc", "a-b", "rosters", "2026-a-b", "a" * 63])
def test_a_name_that_storage_takes_is_taken(name: str) -> None:
    """3 to 63 small letters, digits and single hyphens, as Azure Storage demands."""
    assert StorageSettings(folder="x", container=name).container == name


@pytest.mark.parametrize("name", ["ab", "a" * 64, "a--b", "-ab", "ab-", "Abc", "a_b", "abc\n\n."])
def test_a_name_that_storage_would_refuse_is_refused(name: str) -> None:
    """The container is not the place to learn that at the first run."""
    with pytest.raises(ValidationError, match="container"):
        StorageSettings(folder="x", container=name)


def schools(*ids: str) -> dict[str, SchoolSettings]:
    built = [SchoolSettings.model_validate({**SCHOOL, "id": number}) for number in ids]
    return {f"school{index}": school for index, school in enumerate(built)}


def built(
    found: dict[str, SchoolSettings], profiles: dict[str, ProfileSettings], connector: str | None
) -> Settings:
    return Settings(
        schools=found,
        profiles=profiles,
        sds=SdsSettings(connector=connector),
        storage=StorageSettings(folder=".rosters"),
    )


def test_everything_that_does_not_fit_is_said_at_once() -> None:
    """Each profile and each school that contradicts another is named in one refusal."""
    lost, wrong = ProfileSettings(), ProfileSettings(school="elsewhere", connector="own")

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
    ("one", "two", "name"),
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
        ({"keep_teams": "8"}, {"connector": "own"}, ""),
    ],
)
def test_two_profiles_never_say_two_things_of_one_class(
    one: dict[str, str], two: dict[str, str], name: str
) -> None:
    """Else it would go by the profile that was read last whose Team a pupil is in."""
    profiles = {
        "one": ProfileSettings.model_validate(one),
        "two": ProfileSettings.model_validate(two),
    }
    try:
        built(schools("1"), profiles, "c")
        named = ""
    except ValidationError as refusal:
        reason = refusal.errors()[0]["ctx"]["error"]
        named = reason.faults[0][0][0][-1]

    assert named == name


def test_a_team_is_kept_for_a_second_year_and_never_for_a_third() -> None:
    """Of 10,11 the Year 11 sets would get other ids than they had as Year 10, which kept theirs."""
    assert ProfileSettings.model_validate({"keep_teams": "11,13"}).keep_teams == {11, 13}
    with pytest.raises(ValidationError, match="never two in a row"):
        ProfileSettings.model_validate({"keep_teams": "10,11"})


def test_no_school_or_no_profile_is_no_settings() -> None:
    """An app without a school would be an app that finds nobody."""
    with pytest.raises(ValidationError, match="at least 1 item"):
        built({}, {"all": ProfileSettings()}, "c")
    with pytest.raises(ValidationError, match="at least 1 item"):
        built(schools("1"), {}, "c")


def test_each_profile_finds_its_school_and_connector() -> None:
    """A profile's own connector beats the common one; its school is found by key, in any case."""
    profiles = {
        "b": ProfileSettings(school="School1", connector="own"),
        "a": ProfileSettings(school="school0"),
        "c": ProfileSettings(school="school1"),
    }
    made = built(schools("1", "2"), profiles, "common")

    assert made.school_of("b") == "school1"
    assert made.profiles_of("school1") == ("b", "c")
    assert made.connector_of("b") == "own"
    assert made.connectors() == {"common": ("a", "c"), "own": ("b",)}


def test_the_only_school_need_not_be_named() -> None:
    """With one school, a profile without SCHOOL selects from it."""
    assert built(schools("1"), {"all": ProfileSettings()}, "c").school_of("all") == "school0"


def test_settings_never_show_a_secret() -> None:
    """Neither `repr` nor `str` of the settings holds a key."""
    made = built(schools("1"), {"all": ProfileSettings()}, "c")

    assert "invented-key" not in repr(made) + str(made)


def test_settings_do_not_change() -> None:
    """What was read at the start holds to the end of the run."""
    with pytest.raises(ValidationError, match="frozen"):
        Limits().removed_percent = 50
