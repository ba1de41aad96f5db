"""The settings of `addresses`: by what is matched, in which domains, and the client that writes."""

from __future__ import annotations

import json

import pytest

from sync.errors import ConfigError
from sync.settings import load
from sync.settings.address_match import AddressMatch
from sync.settings.as_read import as_read
from tests.unit.test_rest_settings import LEAST, REST

PLACE = "SCHOOLS__NORTHBANK__"
TYPED = "Northbank.example,@pupils.example,northbank.example"
WRITER = {f"{PLACE}WRITE_CLIENT_ID": "invented-writer", f"{PLACE}WRITE_CLIENT_SECRET": "invented"}


def refusal(env: dict[str, str], local: str | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load.load(env, local)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("employeeId:schoolCode", ("employeeId", "schoolCode")),
        ("EMPLOYEEID : schoolid", ("employeeId", "schoolId")),
        ("extensionAttribute15:schoolCode", ("extensionAttribute15", "schoolCode")),
    ],
)
def test_a_match_names_an_attribute_and_a_field(text: str, match: tuple[str, str]) -> None:
    """In any case of letters; and it is shown as it may be written."""
    settings = load.load({**LEAST, **REST, f"{PLACE}ADDRESS_MATCH": text})
    shown = {each.name: each.value for each in as_read(settings)}

    assert settings.schools["northbank"].address_match == AddressMatch(*match)
    assert shown[f"{PLACE}ADDRESS_MATCH"] == ":".join(match)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ADDRESS_MATCH", "mail:schoolCode"),
        ("ADDRESS_MATCH", "employeeId"),
        ("ADDRESS_MATCH", "employeeId:id"),
        ("ADDRESS_MATCH", "extensionAttribute16:schoolCode"),
        ("ADDRESS_MATCH_STAFF", "employeeId:schoolCode"),
        ("ADDRESS_DOMAINS", "northbank.example, *"),
        ("ADDRESS_DOMAINS", "northbank"),
    ],
)
def test_what_is_no_match_says_what_was_expected(name: str, text: str) -> None:
    """Nothing is matched by name, nor by a field that is not an id."""
    assert f"{PLACE}{name}" in refusal({**LEAST, **REST, f"{PLACE}{name}": text})


def test_nothing_is_matched_unless_somebody_says_by_what() -> None:
    """There is no default that guesses, and no domain that is taken for granted."""
    school = load.load(LEAST | REST).schools["northbank"]

    assert (school.address_match, school.address_match_staff) == (None, None)
    assert school.address_domains == ()


def test_domains_are_read_in_small_letters_and_once() -> None:
    """An @ before one is no harm."""
    env = {
        **LEAST,
        **REST,
        f"{PLACE}ADDRESS_DOMAINS": TYPED,
    }

    assert load.load(env).schools["northbank"].address_domains == (
        "northbank.example",
        "pupils.example",
    )


def test_the_client_that_writes_is_never_the_one_that_reads() -> None:
    """However its guid is written."""
    same = {
        f"{PLACE}ISAMS_CLIENT_ID": "5EED0000-0000-4000-8000-0000000000C1",
        f"{PLACE}WRITE_CLIENT_ID": "{5eed0000000040008000-0000000000c1}",
    }

    assert "the one that reads may not write" in refusal({**LEAST, **REST, **WRITER, **same})


def test_nor_is_it_the_one_that_reads_another_school() -> None:
    """Of one iSAMS, as Senior and Prep often are: else the app's own client could write."""
    prep = {name.replace("NORTHBANK", "PREP"): value for name, value in (LEAST | REST).items()}
    prep |= {"SCHOOLS__PREP__ID": "9990002", "SCHOOLS__PREP__ISAMS_CLIENT_ID": "invented-writer"}
    prep |= {"PROFILES__SENIORS__SCHOOL": "northbank"}
    prep |= {"PROFILES__JUNIORS__SCHOOL": "prep", "PROFILES__JUNIORS__YEAR_GROUPS": "3-6"}
    told = refusal({**LEAST, **REST, **WRITER, **prep})

    assert "the one that reads may not write" in told
    assert "SCHOOLS__PREP__ISAMS_CLIENT_ID" in told


@pytest.mark.parametrize("left", WRITER)
def test_the_client_that_writes_has_id_and_secret(left: str) -> None:
    """Neither alone."""
    assert "give both" in refusal({**LEAST, **REST, left: "invented-writer"})


@pytest.mark.parametrize("sign", ["WEBSITE_INSTANCE_ID", "WEBSITE_SITE_NAME"])
def test_the_client_that_writes_is_refused_on_azure(sign: str) -> None:
    """The deployed app can write nothing, whatever anybody sets."""
    azure = {sign: "x", "STORAGE__ACCOUNT_URL": "https://rosters.blob.core.example"}
    told = refusal({**LEAST, **REST, **WRITER, **azure})

    assert f"{PLACE}WRITE_CLIENT_ID: a client that may write iSAMS is not taken on Azure" in told
    assert f"{PLACE}WRITE_CLIENT_SECRET: a client that may write" in told
    assert "invented-writer" not in told


def test_the_client_that_writes_is_refused_in_a_file_that_can_be_published() -> None:
    """In the environment it is taken, also as part of SCHOOLS_JSON."""
    file = json.dumps({"IsEncrypted": False, "Values": {**LEAST, **REST, **WRITER}})
    taken = load.load({**LEAST, **REST, **WRITER}).schools["northbank"]

    assert "is not taken from a file" in refusal({}, file)
    assert taken.write_client_id == "invented-writer"
