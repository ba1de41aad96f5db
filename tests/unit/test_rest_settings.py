"""Which API a school is read by, and what each needs."""

from __future__ import annotations

import pytest

from sync.errors import ConfigError
from sync.settings import load

LEAST = {
    "SCHOOLS__NORTHBANK__NAME": "Northbank School",
    "SCHOOLS__NORTHBANK__ID": "9990001",
    "SCHOOLS__NORTHBANK__ISAMS_HOST": "northbank.isams.example",
    "PROFILES__SENIORS__YEAR_GROUPS": "7-13",
    "SDS__CONNECTOR": "iSAMS nightly",
}
KEY = {"SCHOOLS__NORTHBANK__ISAMS_KEY": "invented-key"}
REST = {
    "SCHOOLS__NORTHBANK__ISAMS_API": "rest",
    "SCHOOLS__NORTHBANK__ISAMS_CLIENT_ID": "invented-client",
    "SCHOOLS__NORTHBANK__ISAMS_CLIENT_SECRET": "invented-client-secret",
}


def refusal(env: dict[str, str]) -> list[str]:
    """Return the lines of the error."""
    with pytest.raises(ConfigError) as caught:
        load.load(env)
    return str(caught.value).splitlines()


def test_batch_is_read_unless_the_settings_say_otherwise() -> None:
    """A key alone works as it always has."""
    place = load.load(LEAST | KEY).schools["northbank"]

    assert (place.isams_api, place.batch_key) == ("batch", "invented-key")


def test_rest_needs_no_batch_key() -> None:
    """Client and secret are enough; a key that is left over does no harm."""
    alone = load.load(LEAST | REST).schools["northbank"]
    both = load.load(LEAST | REST | KEY).schools["northbank"]

    assert (alone.isams_api, alone.batch_key) == ("rest", "")
    assert both.batch_key == "invented-key"


def test_batch_needs_its_key() -> None:
    """Named with an example, even where a client is given."""
    (line,) = refusal(LEAST)
    client = {name: value for name, value in REST.items() if "CLIENT" in name}

    assert line.startswith("SCHOOLS__NORTHBANK__ISAMS_KEY: is not set.")
    assert "Example: 00000000-" in line
    assert refusal(LEAST | client) == [line]


@pytest.mark.parametrize("missing", ["ISAMS_CLIENT_ID", "ISAMS_CLIENT_SECRET"])
def test_rest_needs_client_and_secret(missing: str) -> None:
    """Each is named with an example."""
    name = f"SCHOOLS__NORTHBANK__{missing}"
    (line,) = refusal({**LEAST, **REST, name: " "})

    assert line.startswith(f"{name}: is not set.")
    assert "Example: " in line


def test_all_that_is_missing_is_told_at_once() -> None:
    """Nobody corrects one setting to hear of the next."""
    env = LEAST | {"SCHOOLS__NORTHBANK__ISAMS_API": "rest", "SCHOOLS__NORTHBANK__NAME": ""}

    assert [line.partition(":")[0].rpartition("__")[2] for line in refusal(env)] == [
        "NAME",
        "ISAMS_CLIENT_SECRET",
        "ISAMS_CLIENT_ID",
    ]


def test_an_api_that_does_not_exist_is_refused_alone() -> None:
    """What it would need is not guessed."""
    assert refusal({**LEAST, "SCHOOLS__NORTHBANK__ISAMS_API": "soap"}) == [
        "SCHOOLS__NORTHBANK__ISAMS_API: got 'soap'; expected batch or rest. Example: batch"
    ]
