"""Microsoft's compiler takes `infra/` without a warning, and what it predicts is what is meant."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.settings.load import load
from tests.infra.bicep import INFRA
from tests.infra.predicted import (
    ALONE,
    ENDPOINTS,
    NEEDS_BICEP,
    NETWORKS,
    TRUST,
    WAYS,
    Resource,
    bicep,
    predicted,
)
from tests.infra.safety import READERS, ROLES, TABLES
from tests.infra.test_app_settings import PLATFORM

pytestmark = NEEDS_BICEP

SCHOOLS = {"sample": 1, "endpoints": 2, "trust": 2, "alone": 1}
DEFAULTED = {"sample": 0, "endpoints": 6, "trust": 6, "alone": 0}
ADMINISTRATORS = {"endpoints": ["203.0.113.7", "203.0.113.16/28"]}
# Who is let in besides whom the rules name: services of Azure's, or nobody.
BYPASS = {"sthost": "None", "strosters": "AzureServices", "kv-sync": "AzureServices"}
RULES = "Microsoft.Insights/scheduledQueryRules"
WRITTEN_DOWN = {
    ("strosters", "StorageRead"),
    ("strosters", "StorageDelete"),
    ("kv-sync", "AuditEvent"),
}
CLOSABLE = ("Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults")
# Azure's rules for names: azure-docs, resource-name-rules.
NAMES = {
    "Microsoft.Insights/actionGroups": r"[^%&?+/]{1,260}",
    "Microsoft.Insights/components": r"[^%&?/]{1,260}",
    "Microsoft.Insights/scheduledQueryRules": r"[^%&?+/*]{1,260}",
    "Microsoft.KeyVault/vaults": r"[a-zA-Z][a-zA-Z0-9-]{2,23}",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[a-zA-Z0-9][\w-]{2,127}",
    "Microsoft.Network/virtualNetworks": r"[a-zA-Z0-9][\w.-]{1,63}",
    "Microsoft.OperationalInsights/workspaces": r"[a-zA-Z0-9][a-zA-Z0-9-]{3,62}",
    "Microsoft.Resources/resourceGroups": r"[\w.()-]{1,90}",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Web/serverfarms": r"[a-zA-Z0-9-]{1,60}",
    "Microsoft.Web/sites": r"[a-zA-Z0-9][a-zA-Z0-9-]{1,42}",
}
ADDRESSES = {
    "AzureWebJobsStorage__blobServiceUri": "https://host.blob.core.example/",
    "AzureWebJobsStorage__queueServiceUri": "https://host.queue.core.example/",
    "STORAGE__ACCOUNT_URL": "https://rosters.blob.core.example/",
}


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """Return the name of a way to deploy."""
    return str(request.param)


@pytest.fixture(scope="module")
def made(way: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Resource, ...]:
    """Return what that way would make."""
    return predicted(tmp_path_factory.mktemp(way), WAYS[way])


def of(made: tuple[Resource, ...], kind: str) -> list[Resource]:
    """Return the resources of *kind*."""
    return [one for one in made if one.kind == kind]


@pytest.mark.parametrize("file", ["main.bicep", "main.bicepparam", "resources.bicep"])
def test_the_compiler_has_nothing_to_say(file: str, tmp_path: Path) -> None:
    """No error and no warning.

    But for the age of an API version: a test must not fail because time went by.
    """
    shutil.copytree(INFRA, tmp_path / "infra")
    shutil.copy(INFRA.parent / "bicepconfig.json", tmp_path)
    said = bicep("lint", tmp_path / "infra" / file, cwd=tmp_path).splitlines()

    assert [line for line in said if "use-recent-api-versions" not in line] == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("app.bicep", "httpsOnly: true", "httpOnly: true", "BCP089"),
        ("app.bicep", "serverFarmId: plan.id", "serverFarmId: plans.id", "BCP057"),
        ("watching.bicep", "threshold: 0", "threshold: 'none'", "BCP036"),
        ("resources.bicep", "    recover: recoverVault\n", "", "BCP035"),
        ("vault.bicep", "var secretsUser", "var spare = 1\nvar secretsUser", "no-unused-vars"),
        ("watching.bicep", "'queries/held.kql'", "'queries/hold.kql'", "BCP091"),
    ],
)
def test_the_compiler_is_heard(name: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    """A word that Azure has not, a name or a file that is not there, a value of none, a rest."""
    shutil.copytree(INFRA, tmp_path / "infra")
    shutil.copy(INFRA.parent / "bicepconfig.json", tmp_path)
    file = tmp_path / "infra" / name
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")

    assert said in bicep("lint", tmp_path / "infra" / "main.bicep", cwd=tmp_path)


def test_names_are_as_azure_wants_them(made: tuple[Resource, ...]) -> None:
    """Lengths and letters; and no two of a kind share one."""
    named = [one for one in made if one.kind in NAMES]

    assert {one.kind for one in named} >= NAMES.keys() - {
        "Microsoft.Network/virtualNetworks",
        "Microsoft.Resources/resourceGroups",
    }
    for one in named:
        assert re.fullmatch(NAMES[one.kind], one.name), one.id
    assert len({one.id for one in made}) == len(made)


def test_the_app_starts_on_its_settings(made: tuple[Resource, ...], way: str) -> None:
    """Each is one that the app or the platform reads, and together they are without a fault."""
    [config] = [one for one in made if one.id.endswith("/config/appsettings")]
    given = {
        name: ADDRESSES.get(name, "invented") if str(worth).startswith(("[", "@")) else str(worth)
        for name, worth in config.properties.items()
    }

    settings = load(given | {"WEBSITE_INSTANCE_ID": "1"})

    assert set(PLATFORM) <= set(given)
    assert len(settings.schools) == SCHOOLS[way]
    assert len(settings.defaulted) == DEFAULTED[way]
    assert {one.id for one in of(made, "Microsoft.Web/sites/config")} >= {config.id}


def test_each_role_is_on_one_resource_and_no_other_is_given(made: tuple[Resource, ...]) -> None:
    """Never on the group or the subscription, and to the app's identity alone."""
    roles = of(made, "Microsoft.Authorization/roleAssignments")
    found = {str(one.properties["roleDefinitionId"]).rsplit("/", 1)[1] for one in roles}

    assert found == {role for _, _, role in ROLES}
    assert len(roles) == len(ROLES)
    for one in roles:
        assert one.properties["principalType"] == "ServicePrincipal"
        assert "id-sync-" in str(one.properties["principalId"])
        scope = one.id.partition("'")[2].partition("'")[0]
        assert "/providers/Microsoft." in scope, one.id


def test_no_door_stands_open_that_should_not(made: tuple[Resource, ...], way: str) -> None:
    """No public blob, no key, no FTP."""
    for account in of(made, "Microsoft.Storage/storageAccounts"):
        assert account.properties["allowBlobPublicAccess"] is False
        assert account.properties["allowSharedKeyAccess"] is False
        assert account.properties["minimumTlsVersion"] == "TLS1_2"
    for container in of(made, "Microsoft.Storage/storageAccounts/blobServices/containers"):
        assert container.properties["publicAccess"] == "None"
    for policy in of(made, "Microsoft.Web/sites/basicPublishingCredentialsPolicies"):
        assert policy.properties["allow"] is False
    [site] = of(made, "Microsoft.Web/sites")
    assert site.properties["httpsOnly"] is True
    asked = [one for one in made if one.id.endswith("/config/authsettingsV2")]
    assert len(asked) == (1 if way in {"endpoints", "trust"} else 0)


def reached(made: tuple[Resource, ...], network: str, addresses: list[str]) -> Iterator[str]:
    """Yield where storage or vault would answer otherwise than *network* means."""
    [site] = of(made, "Microsoft.Web/sites")
    networks = of(made, "Microsoft.Network/virtualNetworks")
    subnet = f"{networks[0].id}/subnets/app" if networks else None
    if bool(networks) is (network == "open") or site.properties["virtualNetworkSubnetId"] != subnet:
        yield f"the app is in {site.properties['virtualNetworkSubnetId']}"
    yield from (fault for one in networks for fault in _app_subnet(one, network))
    for one in (one for kind in CLOSABLE for one in of(made, kind)):
        rules = one.properties["networkAcls"]
        assert isinstance(rules, dict)
        wanted = {
            "bypass": next(worth for name, worth in BYPASS.items() if one.name.startswith(name)),
            "defaultAction": "Allow" if network == "open" else "Deny",
            "addresses": [] if network == "open" else addresses,
            "subnets": [subnet] if network == "endpoints" else [],
            "answers": "Disabled" if network == "private" and not addresses else "Enabled",
        }
        found = {
            "bypass": rules["bypass"],
            "defaultAction": rules["defaultAction"],
            "addresses": [rule["value"] for rule in rules["ipRules"]],
            "subnets": [rule["id"] for rule in rules["virtualNetworkRules"]],
            "answers": one.properties["publicNetworkAccess"],
        }
        yield from (f"{one.name}: {name}" for name in wanted if wanted[name] != found[name])
    doors = of(made, "Microsoft.Network/privateEndpoints")
    if len(doors) != (4 if network == "private" else 0):
        yield f"{len(doors)} private endpoints"


def _app_subnet(network: Resource, way: str) -> Iterator[str]:
    subnets = network.properties["subnets"]
    assert isinstance(subnets, list)
    [app] = [one["properties"] for one in subnets if one["name"] == "app"]
    services = {one["service"] for one in app["serviceEndpoints"]}
    if services != ({"Microsoft.Storage", "Microsoft.KeyVault"} if way == "endpoints" else set()):
        yield f"service endpoints of {sorted(services)}"
    if app["defaultOutboundAccess"] is not True:
        yield "the app has no way to the internet"


def test_storage_and_vault_answer_whom_the_network_means(
    made: tuple[Resource, ...], way: str
) -> None:
    """Everybody with a role; the app's subnet and those who are named; or private endpoints."""
    faults = reached(made, NETWORKS[way], ADMINISTRATORS.get(way, []))

    assert list(faults) == []


def _callers(made: tuple[Resource, ...]) -> tuple[object, list[str], bool]:
    """Return what an unknown caller gets, who is known, and whether publishing is the same."""
    [site] = of(made, "Microsoft.Web/sites")
    config = site.properties["siteConfig"]
    assert isinstance(config, dict)
    assert config["scmIpSecurityRestrictionsDefaultAction"] == "Allow"
    rules = config["ipSecurityRestrictions"]
    priorities = {rule["priority"] for rule in rules}
    assert len(priorities) == len(rules)
    assert {rule["action"] for rule in rules} <= {"Allow"}
    return (
        config["ipSecurityRestrictionsDefaultAction"],
        [rule["ipAddress"] for rule in rules],
        config["scmIpSecurityRestrictionsUseMain"],
    )


def test_only_known_callers_are_heard_if_any_is_named(made: tuple[Resource, ...], way: str) -> None:
    """Each as a range, as the platform wants it; nobody named is everybody; publishing is apart."""
    named = ["198.51.100.0/24", "203.0.113.7/32", "2001:db8::7/128"]

    assert _callers(made) == (
        ("Deny", named, False) if way == "endpoints" else ("Allow", [], False)
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("empty(callerAddresses) ? 'Allow' : 'Deny'", "'Allow'"),
        ("ipAddress: address", "ipAddress: '0.0.0.0/0'"),
        ("RestrictionsUseMain: false", "RestrictionsUseMain: true"),
    ],
)
def test_a_caller_who_should_not_be_heard_is_found(old: str, new: str, tmp_path: Path) -> None:
    """Each part of the rule is missed when it is otherwise."""
    made = predicted(tmp_path, ENDPOINTS, ("app.bicep", old, new))

    assert _callers(made) != (
        "Deny",
        ["198.51.100.0/24", "203.0.113.7/32", "2001:db8::7/128"],
        False,
    )


def test_an_administrator_is_let_into_a_private_network(tmp_path: Path) -> None:
    """By their address alone: storage and vault show a public side again, and refuse all others."""
    parameters = TRUST + "param administratorAddresses = ['203.0.113.7']\n"

    assert list(reached(predicted(tmp_path, parameters), "private", ["203.0.113.7"])) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("vault.bicep", "? 'Allow' : 'Deny'", "? 'Allow' : 'Allow'"), "defaultAction"),
        (("storage.bicep", "      bypass: 'None'", "      bypass: 'AzureServices'"), "bypass"),
        (("vault.bicep", "network == 'endpoints' ? [{", "network == 'open' ? [{"), "subnets"),
        (("network.bicep", "/subnets/app'", "/subnets/endpoints'"), "the app is in"),
        (("network.bicep", "{ service: 'Microsoft.KeyVault', locations: ['*'] }", ""), "service"),
        (("network.bicep", "OutboundAccess: true", "OutboundAccess: false"), "no way to the"),
        (("resources.bicep", "endsWith(each, '/32')", "endsWith(each, '/33')"), "addresses"),
        (("resources.bicep", "if (used == 'private')", "if (used != 'open')"), "private endpoints"),
    ],
)
def test_an_open_door_is_found(change: tuple[str, str, str], fault: str, tmp_path: Path) -> None:
    """Each thing that is looked at is missed when it is otherwise."""
    made = predicted(tmp_path, ENDPOINTS, change)
    faults = list(reached(made, "endpoints", ADMINISTRATORS["endpoints"]))

    assert [one for one in faults if fault in one], faults


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("param privateNetwork = true", "write: param network = 'private'"),
        ("param privateNetwork = false", "write: param network = 'open'"),
        ("param publicVault = true", "Take both out"),
        ("param administratorAddresses = ['203.0.113.6/31']", "take '203.0.113.6/31'"),
        ("param administratorAddresses = ['2001:db8::1']", "take '2001:db8::1'"),
        ("param administratorAddresses = ['']", "take ''. Write public"),
        ("param administratorAddresses = [' 203.0.113.7']", "take ' 203.0.113.7'"),
        ("param administratorAddresses = ['10.1.2.3']", "take '10.1.2.3'"),
        ("param administratorAddresses = ['203.0.113.7/24']", "Write the first address"),
        ("param administratorAddresses = ['0.0.0.0/0']", "a range of /8 or smaller"),
        ("param administratorAddresses = ['203.0.113.999']", "203.0.113.999"),
        ("param callerAddresses = ['']", "callerAddresses: '' is no address"),
        ("param callerAddresses = ['203.0.113.7, 203.0.113.8']", "as an entry of its own"),
        ("param callerAddresses = ['Any']", "Any"),
        ("param network = 'endpoints'\nparam publicVault = false", "param network = 'endpoints'"),
        ("param network = 'private'\nparam privateNetwork = false", "param network = 'private'"),
        ("param rosterReaders = ['a-b-c-d-averylongname@northbank.exam']", "is no object id"),
        ("param rosterReaders = ['it@northbank.example']", "it@northbank.example is no object id"),
        (
            "param rosterReaders = ['gggggggg-0000-4000-8000-000000000002']",
            "gggggggg-0000-4000-8000-000000000002 is no object id",
        ),
        ("param rosterReaders = ['']", "rosterReaders:  is no object id"),
        (
            "param watchReaders = false\nparam rosterReaders = ['somebody']",
            "Take it out, or write: param watchReaders = true",
        ),
        ("param alertAddresses = []", "alertAddresses: nobody would hear of a fault"),
        ("param alertAddresses = ['']", "alertAddresses: '' is no mail address"),
        ("param alertAddresses = ['the office']", "'the office' is no mail address"),
        ("param alertAddresses = ['a@b.example; c@b.example']", "as an entry of its own"),
        ("param alertAddresses = [' it@b.example']", "without blanks"),
        ("param network = 'closed'", "'endpoints' | 'open' | 'private'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_line_to_write(
    parameters: str, said: str, tmp_path: Path
) -> None:
    """Of an older version, or what Azure would refuse half-way through or never match."""
    left_out = re.sub(r"param alertAddresses .*\n", "", ALONE) if "alert" in parameters else ALONE

    with pytest.raises(AssertionError, match=re.escape(said)):
        predicted(tmp_path, left_out + parameters + "\n")


def test_secrets_lie_in_the_vault_and_nowhere_else(made: tuple[Resource, ...], way: str) -> None:
    """Each value that is given is a secret by its setting's name; settings hold references."""
    secrets = of(made, "Microsoft.KeyVault/vaults/secrets")
    others = [one for one in made if one not in secrets]

    assert len(secrets) == {"alone": 0}.get(way, SCHOOLS[way])
    for one in secrets:
        assert one.name.rsplit("/", 1)[1] in {
            "SCHOOLS--NORTHBANK--ISAMS-KEY",
            "SCHOOLS--SOUTHBANK--ISAMS-KEY",
        }
        value = str(one.properties["value"])
        assert value.startswith("invented")
        assert not [two for two in others if f"'{value}'" in str(two.properties)]


def test_log_lines_go_after_thirty_days_and_readers_after_a_year(
    made: tuple[Resource, ...],
) -> None:
    """Every table of Application Insights, by itself; and who has read rosters or keys."""
    tables = of(made, "Microsoft.OperationalInsights/workspaces/tables")
    days = dict.fromkeys(TABLES, 30) | dict.fromkeys(READERS, 365)

    assert {one.name.rsplit("/", 1)[1]: one.properties for one in tables} == {
        name: {"retentionInDays": kept, "totalRetentionInDays": kept} for name, kept in days.items()
    }


def unwatched(made: tuple[Resource, ...], readers: list[str]) -> Iterator[str]:
    """Yield what would not be written down or told of those who read rosters and keys."""
    [workspace] = of(made, "Microsoft.OperationalInsights/workspaces")
    written = {
        (next((name for name in BYPASS if f"/{name}" in one.id), one.id), log["category"])
        for one in of(made, "Microsoft.Insights/diagnosticSettings")
        if one.properties["workspaceId"] == workspace.id
        and one.properties["logAnalyticsDestinationType"] == "Dedicated"
        and isinstance(one.properties["logs"], list)
        for log in one.properties["logs"]
        if log["enabled"] is True
    }
    yield from (f"nobody writes down {one}" for one in WRITTEN_DOWN - written)
    rules = {one.name.split("-")[2]: one for one in of(made, RULES)}
    if rules["read"].properties["enabled"] is not True:
        yield "nobody is told"
        return
    query = str(rules["read"].properties["criteria"])
    if "id-sync-" not in query or ").principalId" not in query:
        yield "the app's own reads are told"
    yield from (f"reads of {one} are told" for one in readers if f'"{one}"' not in query)
    if rules["read"].properties["scopes"] != [workspace.id]:
        yield "the rule looks elsewhere"
    if rules["read"].properties["skipQueryValidation"] is not True:
        yield "the rule is refused until its table is there"


def test_it_is_written_down_and_told_who_reads(made: tuple[Resource, ...], way: str) -> None:
    """Of rosters and of keys; told, unless it is the app or somebody who is named."""
    readers = ["bbbbbbbb-0000-4000-8000-000000000002"] if way == "endpoints" else []
    others = [one for one in of(made, RULES) if "-read-" not in one.name]

    assert list(unwatched(made, readers)) == []
    assert len(others) == 11
    for rule in others:
        assert "/components/appi-sync-" in str(rule.properties["scopes"])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("storage.bicep", "category: 'StorageRead'", "category: 'StorageWrite'"), "StorageRead"),
        (("storage.bicep", "scope: rosterBlobs\n", "scope: hostBlobs\n"), "StorageRead"),
        (("vault.bicep", "Type: 'Dedicated'", "Type: null"), "AuditEvent"),
        (("watching.bicep", "Validation: true", "Validation: false"), "refused until"),
        (("watching.bicep", "'read' || watch", "'read' && watch"), "nobody is told"),
        (("watching.bicep", "toLower(id)", "id"), "reads of bbbbbbbb"),
        (
            ("watching.bicep", "? workspaceId : insightsId", "? insightsId : insightsId"),
            "elsewhere",
        ),
        (("resources.bicep", "concat([identity.properties.principalId], ", "concat([], "), "own"),
    ],
)
def test_a_reader_who_would_not_be_noticed_is(
    change: tuple[str, str, str], fault: str, tmp_path: Path
) -> None:
    """Each thing that is looked at is missed when it is otherwise."""
    made = predicted(tmp_path, ENDPOINTS, change)

    assert fault in " ".join(unwatched(made, ["bbbbbbbb-0000-4000-8000-000000000002"]))


def of_schools(count: int) -> str:
    """Return `ALONE` with so many schools."""
    one = "{ NAME: 'Northbank School', ID: '9990001', ISAMS_HOST: 'northbank.isams.example' }"
    many = "".join(f"  NORTHBANK{i}: {one}\n" for i in range(count))
    return ALONE.replace(f"  NORTHBANK: {one}\n", many)


@pytest.mark.parametrize(
    ("schools", "more", "memory_mb"),
    [(1, "", 512), (10, "", 512), (11, "", 2048), (1, "param instanceMemoryMB = 2048\n", 2048)],
)
def test_an_instance_is_as_large_as_so_many_schools_need(
    schools: int, more: str, memory_mb: int, tmp_path: Path
) -> None:
    """Ten schools of 1,500 pupils fit into the smallest; whoever has larger ones says so."""
    made = predicted(tmp_path, of_schools(schools) + more)
    [app] = of(made, "Microsoft.Web/sites")

    assert f"'instanceMemoryMB': {memory_mb}" in str(app.properties["functionAppConfig"])


@pytest.mark.parametrize(
    ("schools", "more", "watched"),
    [
        (1, "", True),
        (11, "", True),
        (1, "param watchReaders = false\n", False),
        (11, "param watchReaders = false\n", False),
    ],
)
def test_readers_are_watched_whatever_the_number_of_schools(
    schools: int, more: str, tmp_path: Path, *, watched: bool
) -> None:
    """A trust of a hundred is not less watched than a school, unless it says so itself.

    Then the rule is there and off: a deployment deletes none that was made before.
    """
    made = predicted(tmp_path, of_schools(schools) + more)
    settings = of(made, "Microsoft.Insights/diagnosticSettings")
    tables = of(made, "Microsoft.OperationalInsights/workspaces/tables")
    on = {rule.name.split("-")[2]: rule.properties["enabled"] for rule in of(made, RULES)}

    assert (len(settings), len(tables)) == ((2, 13) if watched else (0, 11))
    assert {name for name in on if on[name] is not True} == (set() if watched else {"read"})


@pytest.mark.parametrize(("watched", "days"), [("true", {365}), ("false", set())])
def test_without_short_logs_only_readers_have_days_of_their_own(
    watched: str, days: set[int], tmp_path: Path
) -> None:
    """Either is left out without the other."""
    more = f"param shortLogs = false\nparam watchReaders = {watched}\n"
    tables = of(
        predicted(tmp_path, ALONE + more), "Microsoft.OperationalInsights/workspaces/tables"
    )

    assert {one.properties["retentionInDays"] for one in tables} == days


def waits(folder: Path) -> dict[str, set[str]]:
    """Return for each module of resources.bicep in *folder* which must be there before it."""
    made = folder / "resources.json"
    said = bicep("build", folder / "infra" / "resources.bicep", "--outfile", made, cwd=folder)
    assert "ended with" not in said, said
    resources = json.loads(made.read_text(encoding="utf-8"))["resources"]
    return {name: set(one.get("dependsOn", [])) for name, one in resources.items()}


ORDER = {
    "storage": {"subnets"},
    "vault": {"subnets"},
    "doors": {"subnets", "storage", "vault"},
    "app": {"subnets", "storage", "vault", "doors"},
    "retention": {"app", "watching"},
}


def test_the_network_comes_first_then_what_it_closes_then_the_app(tmp_path: Path) -> None:
    """A subnet that is not there cannot be named; an app that storage refuses does not start."""
    shutil.copytree(INFRA, tmp_path / "infra")
    before = waits(tmp_path)

    assert [name for name, needed in ORDER.items() if not needed <= before[name]] == []


def test_an_app_that_does_not_wait_is_found(tmp_path: Path) -> None:
    """Private endpoints are named by nothing that the app reads: it must be said that it waits."""
    shutil.copytree(INFRA, tmp_path / "infra")
    file = tmp_path / "infra" / "resources.bicep"
    text = file.read_text(encoding="utf-8")
    said = "  dependsOn: [\n    doors\n  ]\n"
    assert text.count(said) == 1
    file.write_text(text.replace(said, ""), encoding="utf-8")

    assert "doors" not in waits(tmp_path)["app"]
