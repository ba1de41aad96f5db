"""`Settings`: frozen, whole, and each profile with its school and its connector."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sync.settings import (
    Block,
    Limits,
    ProfileSettings,
    SchoolSettings,
    SdsSettings,
    Settings,
    StorageSettings,
)
from sync.settings import names as setting_names

SCHOOL = {"name": "A", "isams_key": "invented-key"}


def schools(*ids: str) -> dict[str, SchoolSettings]:
    hosts = (f"{index}.isams.example" for index, _ in enumerate(ids))
    declared = [
        SchoolSettings.model_validate({**SCHOOL, "id": number, "isams_host": host})
        for number, host in zip(ids, hosts, strict=True)
    ]
    return {f"school{index}": school for index, school in enumerate(declared)}


def built(
    by_key: dict[str, SchoolSettings], profiles: dict[str, ProfileSettings], connector: str | None
) -> Settings:
    return Settings(
        schools=by_key,
        profiles=profiles,
        sds=SdsSettings(connector=connector),
        storage=StorageSettings(folder=".rosters"),
    )


def test_the_names_cover_every_block_of_the_declaration() -> None:
    """A block added to `Settings` is read, listed and documented, or this fails."""
    heads = {path[0] for path in setting_names.BLOCKS}

    assert heads | {"host", "defaulted"} == set(Settings.model_fields)
    assert all(issubclass(block, Block) for block in setting_names.BLOCKS.values())
    assert set(setting_names.BLOCKS) == {
        ("schools", "<key>"),
        ("schools", "<key>", "limits"),
        ("profiles", "<key>"),
        ("sds",),
        ("sds", "limits"),
        ("storage",),
    }


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
    """A connector that a profile names beats the common one; its school is found in any case."""
    profiles = {
        "b": ProfileSettings(school="School1", connector="another"),
        "a": ProfileSettings(school="school0"),
        "c": ProfileSettings(school="school1"),
    }
    made = built(schools("1", "2"), profiles, "common")

    assert made.school_of("b") == "school1"
    assert made.profiles_of("school1") == ("b", "c")
    assert made.connector_of("b") == "another"
    assert made.connectors() == {"common": ("a", "c"), "another": ("b",)}


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


def test_a_school_in_no_profile_is_told_unless_its_datasets_are_kept() -> None:
    """Nothing of it is sent: of many schools, the one whose profile was forgotten is not seen."""
    two = schools("1", "2")
    only_first = {"seniors": ProfileSettings(school="school0")}
    kept = two["school1"].model_copy(update={"datasets": ("rooms",)})

    (told,) = built(two, only_first, "c").doubts()

    assert told.startswith("the school school1 is in no profile")
    assert not list(built(two | {"school1": kept}, only_first, "c").doubts())
