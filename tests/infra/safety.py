"""What must stand in the Bicep files so that children's data are safe: a list, and how to check it.

Each line of `WANTED` is a file, the name of a resource in it, a place and what must stand there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.infra.bicep import Code, Declared, File, Value, said, walk

ANSWERS = Code("network == 'private' && empty(administratorAddresses) ? 'Disabled' : 'Enabled'")
FOR_READERS = "(!empty(readersWorkspaceId))"
DENIES = Code("network == 'open' ? 'Allow' : 'Deny'")
SWEEP = "properties.policy.rules.0"
KEEPS = "properties.deleteRetentionPolicy"
KEEPS_CONTAINERS = "properties.containerDeleteRetentionPolicy"
APP_SUBNET = "properties.subnets.0.properties"
DOORS = "properties.subnets.1.properties"
CALLERS = Code(
    "map(callerAddresses, (address, i) => {\n"
    "        action: 'Allow'\n"
    "        ipAddress: address\n"
    "        name: 'caller-${i}'\n"
    "        priority: 100 + i\n"
    "      })"
)
REGISTRATION = "properties.identityProviders.azureActiveDirectory.registration"
PURGE = "immediatePurgeDataOn30Days"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must stand at a place of a resource."""

    file: str
    name: str
    path: str
    worth: Value

    def __str__(self) -> str:
        return f"{self.file} {self.name}.{self.path}"


def _letting_in(item: str) -> tuple[Code, Code]:
    """Return the rules for addresses and for subnets, where *item* stands in each of them."""
    return (
        Code(
            "network == 'open' ? [] : map(administratorAddresses, "
            f"address => {{ {item}value: address }})"
        ),
        Code(f"network == 'endpoints' ? [{{ {item}id: appSubnetId }}] : []"),
    )


def _readers(file: str, scope: str, *categories: str) -> tuple[Wanted, ...]:
    """Return what has it written down who reads: in tables of their own, in our workspace."""
    places: dict[str, Value] = {
        "scope": Code(scope),
        "properties.workspaceId": Code("readersWorkspaceId"),
        "properties.logAnalyticsDestinationType": "Dedicated",
    }
    for i, category in enumerate(categories):
        places[f"properties.logs.{i}.category"] = category
        places[f"properties.logs.{i}.enabled"] = True
    return tuple(Wanted(file, "readers", place, worth) for place, worth in places.items())


def _account(name: str, bypass: str) -> tuple[Wanted, ...]:
    addresses, subnets = _letting_in("action: 'Allow', ")
    places: Mapping[str, Value] = {
        "allowBlobPublicAccess": False,
        "allowCrossTenantReplication": False,
        "allowSharedKeyAccess": False,
        "minimumTlsVersion": "TLS1_2",
        "networkAcls.bypass": bypass,
        "networkAcls.defaultAction": DENIES,
        "networkAcls.ipRules": addresses,
        "networkAcls.virtualNetworkRules": subnets,
        "publicNetworkAccess": ANSWERS,
        "supportsHttpsTrafficOnly": True,
    }
    return tuple(
        Wanted("storage.bicep", name, f"properties.{place}", worth)
        for place, worth in places.items()
    )


WANTED = (
    *_account("host", "None"),
    *_account("rosters", "AzureServices"),
    Wanted("storage.bicep", "deployments", "properties.publicAccess", "None"),
    Wanted("storage.bicep", "container", "properties.publicAccess", "None"),
    Wanted("storage.bicep", "rosterBlobs", "properties.isVersioningEnabled", worth=False),
    Wanted("storage.bicep", "rosterBlobs", f"{KEEPS}.enabled", worth=True),
    Wanted("storage.bicep", "rosterBlobs", f"{KEEPS}.days", 7),
    Wanted("storage.bicep", "rosterBlobs", f"{KEEPS_CONTAINERS}.enabled", worth=True),
    Wanted("storage.bicep", "rosterBlobs", f"{KEEPS_CONTAINERS}.days", 7),
    Wanted("storage.bicep", "sweep", f"{SWEEP}.enabled", worth=True),
    Wanted(
        "storage.bicep",
        "sweep",
        f"{SWEEP}.definition.actions.baseBlob.delete.daysAfterModificationGreaterThan",
        Code("sweepAfterDays"),
    ),
    Wanted(
        "vault.bicep", "vault", "properties.createMode", Code("recover ? 'recover' : 'default'")
    ),
    Wanted("vault.bicep", "vault", "properties.enableRbacAuthorization", worth=True),
    Wanted("vault.bicep", "vault", "properties.enablePurgeProtection", worth=True),
    Wanted("vault.bicep", "vault", "properties.enableSoftDelete", worth=True),
    Wanted("vault.bicep", "vault", "properties.networkAcls.bypass", "AzureServices"),
    Wanted("vault.bicep", "vault", "properties.networkAcls.defaultAction", DENIES),
    Wanted("vault.bicep", "vault", "properties.networkAcls.ipRules", _letting_in("")[0]),
    Wanted(
        "vault.bicep", "vault", "properties.networkAcls.virtualNetworkRules", _letting_in("")[1]
    ),
    Wanted("vault.bicep", "vault", "properties.publicNetworkAccess", ANSWERS),
    Wanted("network.bicep", "virtualNetwork", f"{APP_SUBNET}.defaultOutboundAccess", worth=True),
    Wanted(
        "network.bicep",
        "virtualNetwork",
        f"{APP_SUBNET}.serviceEndpoints",
        Code("network == 'endpoints' ? serviceEndpoints : []"),
    ),
    Wanted(
        "network.bicep",
        "virtualNetwork",
        f"{APP_SUBNET}.delegations.0.properties.serviceName",
        "Microsoft.App/environments",
    ),
    Wanted("network.bicep", "virtualNetwork", f"{DOORS}.defaultOutboundAccess", worth=False),
    Wanted("insights.bicep", "workspace", "properties.retentionInDays", 30),
    Wanted("insights.bicep", "workspace", "properties.features.disableLocalAuth", worth=True),
    Wanted("insights.bicep", "workspace", f"properties.features.{PURGE}", worth=True),
    Wanted("insights.bicep", "insights", "properties.DisableLocalAuth", worth=True),
    Wanted("insights.bicep", "insights", "properties.DisableIpMasking", worth=False),
    Wanted("app.bicep", "plan", "sku.name", "FC1"),
    Wanted("app.bicep", "plan", "properties.reserved", worth=True),
    Wanted("app.bicep", "app", "identity.type", "UserAssigned"),
    Wanted("app.bicep", "app", "properties.httpsOnly", worth=True),
    Wanted("app.bicep", "app", "properties.keyVaultReferenceIdentity", Code("identityId")),
    Wanted("app.bicep", "app", "properties.siteConfig.ipSecurityRestrictions", CALLERS),
    Wanted(
        "app.bicep",
        "app",
        "properties.siteConfig.ipSecurityRestrictionsDefaultAction",
        Code("empty(callerAddresses) ? 'Allow' : 'Deny'"),
    ),
    Wanted(
        "app.bicep", "app", "properties.siteConfig.scmIpSecurityRestrictionsUseMain", worth=False
    ),
    Wanted("app.bicep", "app", "properties.siteConfig.minTlsVersion", "1.2"),
    Wanted("app.bicep", "app", "properties.siteConfig.scmMinTlsVersion", "1.2"),
    Wanted(
        "app.bicep",
        "app",
        "properties.functionAppConfig.deployment.storage.authentication.type",
        "UserAssignedIdentity",
    ),
    Wanted("app.bicep", "app", "properties.functionAppConfig.runtime.name", "python"),
    Wanted("app.bicep", "app", "properties.functionAppConfig.runtime.version", "3.13"),
    Wanted("app.bicep", "app", "properties.functionAppConfig.scaleAndConcurrency.alwaysReady", []),
    Wanted(
        "app.bicep",
        "app",
        "properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB",
        Code("instanceMemoryMB"),
    ),
    Wanted(
        "app.bicep",
        "app",
        "properties.functionAppConfig.scaleAndConcurrency.maximumInstanceCount",
        Code("maximumInstanceCount"),
    ),
    Wanted("app.bicep", "ftp", "location", Code("location")),
    Wanted("app.bicep", "ftp", "properties.allow", worth=False),
    Wanted("app.bicep", "scm", "location", Code("location")),
    Wanted("app.bicep", "scm", "properties.allow", worth=False),
    Wanted("app.bicep", "auth", "properties.platform.enabled", worth=True),
    Wanted("app.bicep", "auth", "properties.globalValidation.requireAuthentication", worth=True),
    Wanted(
        "app.bicep",
        "auth",
        "properties.globalValidation.unauthenticatedClientAction",
        "RedirectToLoginPage",
    ),
    Wanted(
        "app.bicep", "auth", f"{REGISTRATION}.clientSecretSettingName", Code("identityForSecret")
    ),
    Wanted("app.bicep", "auth", "properties.login.cookieExpiration.convention", "FixedTime"),
    Wanted("app.bicep", "auth", "properties.login.cookieExpiration.timeToExpiration", "01:00:00"),
    Wanted("app.bicep", "auth", "properties.login.nonce.validateNonce", worth=True),
    Wanted("app.bicep", "auth", "properties.httpSettings.requireHttps", worth=True),
    Wanted("retention.bicep", "tables", "properties.retentionInDays", 30),
    Wanted("retention.bicep", "tables", "properties.totalRetentionInDays", 30),
    Wanted("retention.bicep", "readers", "properties.retentionInDays", 365),
    Wanted("retention.bicep", "readers", "properties.totalRetentionInDays", 365),
    *_readers("storage.bicep", "rosterBlobs", "StorageRead", "StorageDelete"),
    *_readers("vault.bicep", "vault", "AuditEvent"),
    Wanted("app.bicep", "auth", "properties.login.tokenStore.enabled", worth=False),
)

# Who may do what: the file, the scope, and the role's id. Nothing else is granted.
ROLES = {
    ("storage.bicep", "host", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"): "Storage Blob Data Owner",
    ("storage.bicep", "host", "974c5e8b-45b9-4653-ba55-5f855dd0fb88"): (
        "Storage Queue Data Contributor"
    ),
    ("storage.bicep", "container", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"): (
        "Storage Blob Data Contributor"
    ),
    ("vault.bicep", "vault", "4633458b-17de-408a-b874-0445c86b69e6"): "Key Vault Secrets User",
    ("insights.bicep", "insights", "3913510d-42f4-4e42-8a64-420c390055eb"): (
        "Monitoring Metrics Publisher"
    ),
}
# All of a kind are named above, or a new one would be without rules.
KNOWN = {
    "Microsoft.Storage/storageAccounts": {"host", "rosters"},
    "Microsoft.Storage/storageAccounts/blobServices/containers": {"deployments", "container"},
    "Microsoft.KeyVault/vaults": {"vault"},
    "Microsoft.Insights/components": {"insights"},
    "Microsoft.Web/sites": {"app"},
}
# All tables of Application Insights in a workspace: azure-docs, convert-classic-resource.
TABLES = (
    "AppAvailabilityResults",
    "AppBrowserTimings",
    "AppDependencies",
    "AppEvents",
    "AppExceptions",
    "AppMetrics",
    "AppPageViews",
    "AppPerformanceCounters",
    "AppRequests",
    "AppSystemEvents",
    "AppTraces",
)
# What storage and Key Vault write about their callers: azure-monitor-docs, tables.
READERS = ("AZKVAuditLogs", "StorageBlobLogs")
# What is off until somebody asks for it.
OFF: Mapping[str, Value] = {
    "network": "open",
    "administratorAddresses": [],
    "callerAddresses": [],
    "recoverVault": False,
    "rosterReaders": [],
    "authClientId": "",
}
# Modules that wait until they are asked for.
WAITING = {"subnets": "(used != 'open')", "doors": "(used == 'private')"}


def complaints(files: Mapping[str, File]) -> Iterator[str]:
    """Yield what is not as it must be."""
    for one in WANTED:
        found = files[one.file].of("resource").get(one.name)
        stands = found.at(one.path) if found else None
        if stands != one.worth or type(stands) is not type(one.worth):
            yield f"{one}: is {stands!r}, must be {one.worth!r}"
    for kind, names in KNOWN.items():
        made = {one.name for file in files.values() for one in file.resources(kind)}
        if made != names:
            yield f"{kind}: {sorted(made)}, must be {sorted(names)}"
    yield from _grants(files)
    yield from _secrets(files)
    yield from _options(files)
    yield from _logs(files)


def _grants(files: Mapping[str, File]) -> Iterator[str]:
    granted = []
    for file in files.values():
        for role in file.resources("Microsoft.Authorization/roleAssignments"):
            granted.append((file.name, _text(role.at("scope")), _role_id(file, role)))
            if role.at("properties.principalId") != Code("principalId"):
                yield f"{file.name} {role.name}: is for somebody else than the app"
            if role.at("properties.principalType") != "ServicePrincipal":
                yield f"{file.name} {role.name}: must be for a ServicePrincipal"
    for one in sorted(set(granted) - set(ROLES)):
        yield f"{one[0]}: grants {one[2]} on {one[1] or 'everything'}"
    for one in sorted(set(ROLES) - set(granted)):
        yield f"{one[0]}: does not grant {ROLES[one]} on {one[1]}"


def _role_id(file: File, role: Declared) -> str:
    said_id = _text(role.at("properties.roleDefinitionId"))
    name = said_id.rpartition(", ")[2].removesuffix(")")
    known = file.of("variable").get(name)
    return str(known.value) if known else said_id


def _secrets(files: Mapping[str, File]) -> Iterator[str]:
    for file in files.values():
        for one in file.of("parameter").values():
            secure = "@secure()" in one.decorators
            if one.name == "secrets" and not secure:
                yield f"{file.name}: {one.name} must be @secure()"
            if secure and one.has_value and one.value != {}:
                yield f"{file.name}: {one.name} has a secret for a default"
        for output in file.of("output").values():
            if any(
                node.type == "identifier" and said(node) == "secrets" for node in walk(output.node)
            ):
                yield f"{file.name}: {output.name} tells secrets"


def _options(files: Mapping[str, File]) -> Iterator[str]:
    for name in ("main.bicep", "resources.bicep"):
        for option, off in OFF.items():
            if files[name].of("parameter")[option].value != off:
                yield f"{name}: {option} must be off unless asked for"
    auth = files["app.bicep"].of("resource")["auth"]
    if auth.condition != "(!empty(authClientId))":
        yield "app.bicep: auth must wait for an app registration"
    for module, condition in WAITING.items():
        if files["resources.bicep"].of("module")[module].condition != condition:
            yield f"resources.bicep: {module} must wait until it is asked for"


def _logs(files: Mapping[str, File]) -> Iterator[str]:
    """Yield where log lines would stay longer than the pages promise.

    Tables keep 90 days unless each is set: docs/reference/functions.md#retention
    """
    for name in ("main.bicep", "resources.bicep"):
        parameters = files[name].of("parameter")
        if parameters["shortLogs"].value is not True:
            yield f"{name}: shortLogs must be on unless it is turned off"
        if parameters["watchReaders"].value is not True:
            yield f"{name}: watchReaders must be on unless it is turned off"
    for name in ("storage.bicep", "vault.bicep"):
        if files[name].of("resource")["readers"].condition != FOR_READERS:
            yield f"{name}: readers must be written down wherever they are asked for"
    for loop, tables, otherwise in (
        ("tables", TABLES, "would keep its 90 days"),
        ("readers", READERS, "would be gone before anybody asks"),
    ):
        made = files["retention.bicep"].of("resource")[loop]
        if "@batchSize(1)" not in made.decorators:
            yield f"retention.bicep: {loop} must be set one after another"
        named = {said(node).strip("'") for node in walk(made.node) if node.type == "string"}
        yield from (f"retention.bicep: {one} {otherwise}" for one in tables if one not in named)


def _text(worth: Value) -> str:
    return worth.text if isinstance(worth, Code) else str(worth or "")
