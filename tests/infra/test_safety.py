"""Every property of the infrastructure that children's data rely on, each seen to be missed."""

from __future__ import annotations

import pytest

from sync.ledger.ids import SWEEPS
from sync.ledger.retention import MARKS_LAST, ROSTERS
from sync.ledger.words import WORDS
from tests.infra import safety
from tests.infra.bicep import File, last, load, parsed, spot
from tests.infra.safety import WANTED, Wanted
from tests.infra.test_bicep import files

TEXTS = load()
THIRD = "resource third 'Microsoft.Storage/storageAccounts@2023-05-01' = {\n  name: 'third'\n}\n"


def changed(wanted: Wanted, new: bytes | None) -> dict[str, File]:
    """Return every file, with *new* for what stands at the place, or with its line left out."""
    declared = parsed(wanted.file, TEXTS[wanted.file]).of("resource")[wanted.name]
    pair, raw = spot(declared, wanted.path), TEXTS[wanted.file].encode()
    node = pair if new is None else last(pair)
    text = (raw[: node.start_byte] + (new or b"") + raw[node.end_byte :]).decode()
    return files() | {wanted.file: parsed(wanted.file, text)}


def test_everything_is_as_it_must_be() -> None:
    """No complaint about what is deployed."""
    assert not list(safety.complaints(files()))


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_a_line_that_is_left_out_is_missed(wanted: Wanted) -> None:
    """Azure's defaults are not relied on, so a missing line is a complaint."""
    assert [one for one in safety.complaints(changed(wanted, None)) if str(wanted) in one]


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_a_line_that_says_otherwise_is_found(wanted: Wanted) -> None:
    """So is one with another value: the opposite, another number, another word."""
    match wanted.worth:
        case bool():
            other = b"false" if wanted.worth else b"true"
        case int():
            other = b"1"
        case _:
            other = b"'Enabled'"

    assert [one for one in safety.complaints(changed(wanted, other)) if str(wanted) in one]


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        (
            "storage.bicep",
            "  scope: container\n  name: guid(container.id",
            "  scope: rosters\n  name: guid(container.id",
            "on rosters",
        ),
        ("vault.bicep", "  scope: vault\n  name: guid(", "  name: guid(", "on everything"),
        (
            "vault.bicep",
            "4633458b-17de-408a-b874-0445c86b69e6",
            "00482a5a-887f-4fb3-b363-3b7fe8e74483",
            "does not grant Key Vault Secrets User",
        ),
        (
            "insights.bicep",
            "principalId: principalId",
            "principalId: location",
            "somebody else",
        ),
        ("insights.bicep", "'ServicePrincipal'", "'User'", "must be for a ServicePrincipal"),
        (
            "storage.bicep",
            "resource sweep ",
            THIRD + "resource sweep ",
            "storageAccounts: ['host', 'rosters', 'third']",
        ),
        ("main.bicep", "@secure()\n", "", "secrets must be @secure()"),
        ("main.bicep", "secrets object = {}", "secrets object = { A: 'b' }", "for a default"),
        (
            "vault.bicep",
            "output vaultId string = vault.id",
            "output vaultId object = secrets",
            "tells secrets",
        ),
        ("main.bicep", "recoverVault bool = false", "recoverVault bool = true", "must be off"),
        ("main.bicep", "network string = 'open'", "network string = 'private'", "must be off"),
        ("main.bicep", "authClientId string = ''", "authClientId string = 'a'", "must be off"),
        ("app.bicep", "if (!empty(authClientId)) {", "{", "auth must wait"),
        ("resources.bicep", "if (used != 'open') {", "{", "subnets must wait"),
        ("resources.bicep", "if (used == 'private') {", "{", "doors must wait"),
        ("main.bicep", "shortLogs bool = true", "shortLogs bool = false", "shortLogs must be on"),
        (
            "retention.bicep",
            "@batchSize(1)\nresource tables",
            "resource tables",
            "tables must be set one after another",
        ),
        (
            "retention.bicep",
            "@batchSize(1)\nresource readers",
            "resource readers",
            "readers must be set one after another",
        ),
        ("retention.bicep", "    'StorageBlobLogs'\n", "", "StorageBlobLogs would be gone"),
        ("main.bicep", "watchReaders bool = true", "watchReaders bool", "watchReaders must be on"),
        ("vault.bicep", "if (!empty(readersWorkspaceId))", "if (false)", "must be written down"),
        ("retention.bicep", "    'AppTraces'\n", "", "AppTraces would keep its 90 days"),
    ],
)
def test_a_wider_grant_or_a_shown_secret_is_found(
    name: str, old: str, new: str, complaint: str
) -> None:
    """Roles stay as narrow as they are, secrets unseen, and options off."""
    found = list(safety.complaints(files(name, old, new)))

    assert any(complaint in one for one in found), found


def test_the_second_sweep_takes_nothing_that_the_app_keeps() -> None:
    """It cannot tell a receipt from a roster, so it waits for longer than the app keeps either."""
    days = parsed("storage.bicep", TEXTS["storage.bicep"]).of("parameter")["sweepAfterDays"].value

    assert isinstance(days, int)
    assert days > MARKS_LAST.days


def test_the_second_sweep_leaves_what_was_said_of_teams() -> None:
    """It takes every place but that: with legacy ids a word holds for longer than any number."""
    rule = parsed("storage.bicep", TEXTS["storage.bicep"]).of("resource")["sweep"]
    taken = spot(rule, f"{safety.SWEEP}.definition.filters.prefixMatch").text or b""
    places = {f"'${{container.name}}/{top}'".encode() for top in (*ROSTERS, SWEEPS, "check/")}

    assert all(place in taken for place in places)
    assert f"/{WORDS}".encode() not in taken
