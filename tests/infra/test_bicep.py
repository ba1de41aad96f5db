"""The Bicep files are Bicep, Azure knows every word of them, and every name leads somewhere."""

from __future__ import annotations

import pytest

from tests.infra import models, symbols
from tests.infra.bicep import INFRA, File, inner, key_of, load, mistakes, parsed, walk

TEXTS = load()
BICEP = [name for name in TEXTS if name.endswith(".bicep")]

# Site settings that exist, but with which Azure refuses an app on Flex Consumption (error 51021).
NOT_ON_FLEX = {
    "alwaysOn",
    "ftpsState",
    "functionAppScaleLimit",
    "functionsRuntimeScaleMonitoringEnabled",
    "linuxFxVersion",
    "netFrameworkVersion",
    "preWarmedInstanceCount",
    "use32BitWorkerProcess",
    "windowsFxVersion",
}

# Below these, keys are the deployer's own words.
FREE = {"tags", "userAssignedIdentities"}


def files(name: str = "", old: str = "", new: str = "") -> dict[str, File]:
    """Return every file, with *old* made *new* in the one called *name*."""
    if name:
        assert TEXTS[name].count(old) == 1, f"{old!r} is not just once in {name}"
    return {
        file: parsed(file, text.replace(old, new) if file == name else text)
        for file, text in TEXTS.items()
    }


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_is_bicep(name: str) -> None:
    """No part of any file is beyond the grammar."""
    assert not list(mistakes(parsed(name, TEXTS[name])))


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("main.bicep", "targetScope = 'subscription'", "targetScope = ", "main.bicep:4:"),
        ("vault.bicep", "family: 'A'", "family: 'A", "vault.bicep:33:"),
        ("app.bicep", "reserved: true // Linux\n  }", "reserved: true // Linux", "app.bicep:"),
        ("main.bicepparam", "ID: '9990001'", "ID '9990001'", "main.bicepparam:12:"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_column(
    name: str, old: str, new: str, place: str
) -> None:
    """Whoever broke a file is told where."""
    found = list(mistakes(files(name, old, new)[name]))

    assert any(one.startswith(place) for one in found), found


@pytest.mark.parametrize("name", BICEP)
def test_azure_knows_every_property_and_value(name: str) -> None:
    """Names, fixed choices and kinds of value are those of Azure's own models."""
    resources = parsed(name, TEXTS[name]).resources()

    assert not [one for resource in resources for one in models.complaints(resource)]


@pytest.mark.parametrize("name", BICEP)
def test_a_misspelt_property_is_found_wherever_it_is(name: str) -> None:
    """Each property of each resource, misspelt in turn, is complained of."""
    unseen = []
    for resource in parsed(name, TEXTS[name]).resources():
        free = {
            node.id
            for pair in walk(resource.node)
            if pair.type == "object_property" and key_of(pair) in FREE
            for node in walk(pair)
            if node.id != pair.id
        }
        pairs = [node for node in walk(resource.node) if node.type == "object_property"]
        for pair in (one for one in pairs if one.id not in free):
            key, raw = inner(pair)[0], TEXTS[name].encode()
            text = (raw[: key.end_byte] + b"s" + raw[key.end_byte :]).decode()
            broken = parsed(name, text).of("resource")[resource.name]
            if not list(models.complaints(broken)):
                unseen.append(f"{resource.name}: {key_of(pair)}")

    assert not unseen


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("vault.bicep", "family: 'A'", "family: 'B'", "'B' is none of A"),
        ("insights.bicep", "'PerGB2018'", "'PerGB'", "'PerGB' is none of"),
        ("app.bicep", "'Return401'", "'Return402'", "'Return402' is none of"),
        ("app.bicep", "httpsOnly: true", "httpsOnly: 'true'", "'true' should be"),
        ("watching.bicep", "threshold: 0", "threshold: 'none'", "'none' should be"),
        ("watching.bicep", "kind: 'LogAlert'", "kind: 'LogAlarm'", "'LogAlarm' is none of"),
        ("app.bicep", "alwaysReady: []", "alwaysReady: 0", "should be"),
        ("app.bicep", "serverFarmId: plan.id", "state: 'Running'", "only Azure sets it"),
        ("vault.bicep", "    tenantId: subscription().tenantId\n", "", "tenantId: is required"),
        ("vault.bicep", "    principalId: principalId\n", "", "principalId: is required"),
        (
            "vault.bicep",
            "'Microsoft.KeyVault/vaults@",
            "'Microsoft.KeyVault/vault@",
            "there is no model",
        ),
    ],
)
def test_a_value_that_azure_would_not_take_is_found(
    name: str, old: str, new: str, complaint: str
) -> None:
    """Wrong choices, wrong kinds and what only Azure sets are complained of."""
    resources = files(name, old, new)[name].resources()
    found = [one for resource in resources for one in models.complaints(resource)]

    assert len(found) == 1, found
    assert complaint in found[0]


def test_the_app_has_no_setting_that_its_plan_refuses() -> None:
    """Azure's models know them, as other plans have them; here the deployment would end on one."""
    config = (
        parsed("app.bicep", TEXTS["app.bicep"]).of("resource")["app"].at("properties.siteConfig")
    )

    assert isinstance(config, dict)
    assert not NOT_ON_FLEX & config.keys()


def test_every_name_leads_somewhere() -> None:
    """Parameters, variables, resources, modules, outputs and files exist, and all are used."""
    assert not list(symbols.complaints(files()))


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("app.bicep", "serverFarmId: plan.id", "serverFarmId: plans.id", "nothing is called plans"),
        ("app.bicep", "string(profiles)", "string(profile)", "nothing is called profile"),
        ("app.bicep", "string(profiles)", "text(profiles)", "there is no function text"),
        ("app.bicep", "serverFarmId: plan.id", "serverFarmId: plan.key", "a resource has no key"),
        ("vault.bicep", "name: replace(secret.key", "name: replace(secrets2.key", "secrets2"),
        ("vault.bicep", "var secretsUser", "var spare = 1\nvar secretsUser", "nothing uses spare"),
        ("resources.bicep", "vault.outputs.vaultId\n", "vault.outputs.id\n", "has no output id"),
        ("resources.bicep", "app.outputs.appName", "app.result.appName", "a module has no result"),
        ("resources.bicep", "'./vault.bicep'", "'./safe.bicep'", "there is no file ./safe.bicep"),
        ("resources.bicep", "    public: publicVault\n", "", "vault.bicep needs public"),
        ("resources.bicep", "public: publicVault", "open: publicVault", "has no parameter open"),
        ("main.bicepparam", "param sds =", "param sbs =", "has no parameter sbs"),
        ("watching.bicep", "'queries/held.kql'", "'queries/hold.kql'", "no file queries/hold.kql"),
        ("network.bicep", "resource zone ", "resource network ", "declared twice"),
    ],
)
def test_a_name_that_leads_nowhere_is_found(name: str, old: str, new: str, complaint: str) -> None:
    """What a compiler would refuse is complained of."""
    found = list(symbols.complaints(files(name, old, new)))

    assert any(complaint in one for one in found), found


def test_there_is_no_second_copy_to_forget() -> None:
    """No template that a person would have to keep in step with the Bicep files."""
    assert not list(INFRA.rglob("azuredeploy*.json"))
