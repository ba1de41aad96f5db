"""App settings for tests, what is read of them, and how they are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import strategies as st

from sync.errors import ConfigError
from sync.settings import Settings, names
from sync.settings import load as environment

BASE = {
    "SCHOOLS__NORTHBANK__NAME": "Northbank School",
    "SCHOOLS__NORTHBANK__ID": "9990001",
    "SCHOOLS__NORTHBANK__ISAMS_HOST": "northbank.isams.example",
    "SCHOOLS__NORTHBANK__ISAMS_KEY": "invented-key",
    "PROFILES__SENIORS__YEAR_GROUPS": "7-13",
    "SDS__CONNECTOR": "iSAMS nightly",
}
SECOND = {
    "SCHOOLS__SOUTHBANK__NAME": "Southbank School",
    "SCHOOLS__SOUTHBANK__ID": "9990002",
    "SCHOOLS__SOUTHBANK__ISAMS_HOST": "southbank.isams.example",
    "SCHOOLS__SOUTHBANK__ISAMS_KEY": "invented-key",
}
AZURE = {"WEBSITE_SITE_NAME": "func-rosters", "STORAGE__ACCOUNT_URL": "https://a.example"}
CANARY = "kanarienvogel"
REFERENCE = "@Microsoft.KeyVault(VaultName=kv-rosters;SecretName=isams-key)"

PARTS = st.sampled_from(
    sorted({part.upper() for path in names.DECLARED for part in path[1:]} - {"<KEY>"})
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)  # half characters, too
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(PARTS | ANY_TEXT, inner, max_size=3)
    ),
    max_leaves=8,
).map(json.dumps)


def load(*more: Mapping[str, str], without: str = "") -> Settings:
    env = BASE | {name: value for part in more for name, value in part.items()}
    return environment.load({name: env[name] for name in env if not without or without not in name})


def refusal(*more: Mapping[str, str], without: str = "") -> list[str]:
    """Return the lines of the refusal."""
    with pytest.raises(ConfigError) as error:
        load(*more, without=without)
    lines = str(error.value).split("\n")
    assert error.value.facts == {"faults": len(lines)}
    return lines


def only(*more: Mapping[str, str], without: str = "") -> str:
    lines = refusal(*more, without=without)
    assert len(lines) == 1, lines
    return lines[0]
