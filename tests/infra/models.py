"""Resources against Azure's own models: names, values of a fixed choice, kinds of value.

The packages `azure-mgmt-…` hold a class for everything that Azure Resource Manager takes. They
come in two generations, which say what they hold in different ways: `_schema` reads both. What
an expression gives is not known here, so only its name is checked.
"""

from __future__ import annotations

import enum
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from tests.infra.bicep import Code, Declared, Value

WEB, STORAGE, NETWORK = "azure.mgmt.web.models", "azure.mgmt.storage.models", "azure.mgmt.network"
ROLES = "azure.mgmt.authorization.v2022_04_01.models"
INSIGHTS = "azure.mgmt.applicationinsights"
MONITOR, DNS = "azure.mgmt.monitor.models", "azure.mgmt.privatedns.models"

# A resource's type, and where its model is.
MODELS = {
    "Microsoft.Authorization/roleAssignments": (ROLES, "RoleAssignmentCreateParameters"),
    "Microsoft.Insights/actionGroups": (MONITOR, "ActionGroupResource"),
    "Microsoft.Insights/components": (
        f"{INSIGHTS}.v2020_02_02.models",
        "ApplicationInsightsComponent",
    ),
    "Microsoft.Insights/scheduledQueryRules": (MONITOR, "ScheduledQueryRuleResource"),
    "Microsoft.Insights/workbooks": (f"{INSIGHTS}.v2023_06_01.models", "Workbook"),
    "Microsoft.KeyVault/vaults": ("azure.mgmt.keyvault.models", "VaultCreateOrUpdateParameters"),
    "Microsoft.KeyVault/vaults/secrets": (
        "azure.mgmt.keyvault.models",
        "SecretCreateOrUpdateParameters",
    ),
    "Microsoft.Network/privateDnsZones": (DNS, "PrivateZone"),
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": (DNS, "VirtualNetworkLink"),
    "Microsoft.Network/privateEndpoints": (f"{NETWORK}.models", "PrivateEndpoint"),
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": (
        f"{NETWORK}.models",
        "PrivateDnsZoneGroup",
    ),
    "Microsoft.Network/virtualNetworks": (f"{NETWORK}.models", "VirtualNetwork"),
    "Microsoft.OperationalInsights/workspaces": ("azure.mgmt.loganalytics.models", "Workspace"),
    "Microsoft.OperationalInsights/workspaces/tables": ("azure.mgmt.loganalytics.models", "Table"),
    "Microsoft.Storage/storageAccounts": (STORAGE, "StorageAccountCreateParameters"),
    "Microsoft.Storage/storageAccounts/blobServices": (STORAGE, "BlobServiceProperties"),
    "Microsoft.Storage/storageAccounts/blobServices/containers": (STORAGE, "BlobContainer"),
    "Microsoft.Storage/storageAccounts/managementPolicies": (STORAGE, "ManagementPolicy"),
    "Microsoft.Storage/storageAccounts/queueServices": (STORAGE, "QueueServiceProperties"),
    "Microsoft.Storage/storageAccounts/queueServices/queues": (STORAGE, "StorageQueue"),
    "Microsoft.Web/serverfarms": (WEB, "AppServicePlan"),
    "Microsoft.Web/sites": (WEB, "Site"),
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": (
        WEB,
        "CsmPublishingCredentialsPoliciesEntity",
    ),
    "Microsoft.Web/sites/config/appsettings": (WEB, "StringDictionary"),
    "Microsoft.Web/sites/config/authsettingsV2": (WEB, "SiteAuthSettingsV2"),
}
# These hold a name, a place and tags, and nothing that could be wrong.
BARE = {"Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Resources/resourceGroups"}

# Bicep's own properties, and what every resource may have although its model leaves it to the SDK.
_BICEP = {"name", "parent", "scope", "dependsOn"}
_COMMON = {"location", "tags"}
_KINDS: tuple[tuple[str, type], ...] = (
    ("bool", bool),
    ("float", int),
    ("int", int),
    ("str", str),
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One property of a model: its type as the SDK writes it, and who must or may set it."""

    type: str
    read_only: bool
    required: bool
    module: ModuleType


type Schema = dict[str, "Schema | Leaf"]


def complaints(resource: Declared) -> Iterator[str]:
    """Yield what Azure would not know, or not take, in *resource*."""
    kind = resource.type
    if kind == "Microsoft.Web/sites/config":
        kind = f"{kind}/{resource.at('name')}"
    body = {name: worth for name, worth in resource.body.items() if name not in _BICEP}
    if kind in BARE:
        yield from (f"{resource.name}.{name}: not known" for name in set(body) - _COMMON)
    elif kind not in MODELS:
        yield f"{resource.name}: there is no model for {kind}"
    else:
        module, name = MODELS[kind]
        model: type = getattr(importlib.import_module(module), name)
        schema = _schema(model)
        own = {key: worth for key, worth in body.items() if key in schema or key not in _COMMON}
        yield from _within(own, schema, resource.name)


def _within(body: Mapping[str, Value], schema: Schema, path: str) -> Iterator[str]:
    for name, leaf in schema.items():
        if isinstance(leaf, Leaf) and leaf.required and name not in body:
            yield f"{path}.{name}: is required"
    for name, worth in body.items():
        where, found = f"{path}.{name}", schema.get(name)
        if found is None:
            yield f"{where}: not known"
        elif not isinstance(found, Leaf):
            if isinstance(worth, Mapping):
                yield from _within(worth, found, where)
            elif not isinstance(worth, Code):
                yield f"{where}: should be an object"
        elif found.read_only:
            yield f"{where}: only Azure sets it"
        else:
            yield from _fits(worth, found, where)


def _fits(worth: Value, leaf: Leaf, path: str) -> Iterator[str]:
    models, choices = _meant(leaf)
    if isinstance(worth, Code | None):
        return
    if isinstance(worth, list):
        if not re.search(r"\blist\[|\bList\[|^\[|Sequence\[", leaf.type):
            yield f"{path}: is a list, should be {leaf.type}"
        for i, one in enumerate(worth):
            yield from _fits_one(one, leaf, f"{path}.{i}", models, choices)
    elif isinstance(worth, Mapping) and re.search(r"\bdict\[|\bDict\[|^\{|Mapping\[", leaf.type):
        for key, one in worth.items():
            yield from _fits_one(one, leaf, f"{path}.{key}", models, choices)
    else:
        yield from _fits_one(worth, leaf, path, models, choices)


def _fits_one(
    worth: Value, leaf: Leaf, path: str, models: list[type], choices: set[str]
) -> Iterator[str]:
    if isinstance(worth, Mapping):
        if models:
            yield from _within(worth, _schema(models[0]), path)
        elif not re.search(r"Any|object|JSON", leaf.type):
            yield f"{path}: is an object, should be {leaf.type}"
    elif isinstance(worth, str | bool | int):
        if choices and worth not in choices:
            yield f"{path}: {worth!r} is none of {', '.join(sorted(choices))}"
        elif models and not choices:
            yield f"{path}: should be an object"
        elif not choices and not _is_kind(worth, leaf.type):
            yield f"{path}: {worth!r} should be {leaf.type}"


def _is_kind(worth: object, said: str) -> bool:
    known = [kind for name, kind in _KINDS if re.search(rf"\b{name}\b", said)]
    return not known or any(type(worth) is kind for kind in known)


def _meant(leaf: Leaf) -> tuple[list[type], set[str]]:
    """Return the models and the values that a property's type names."""
    classes = [
        found
        for name in re.findall(r"[A-Z]\w+", leaf.type)
        if isinstance(found := getattr(leaf.module, name, None), type)
    ]
    choices = {str(one.value) for kind in classes if issubclass(kind, enum.Enum) for one in kind}
    return [kind for kind in classes if not issubclass(kind, enum.Enum)], choices


@cache
def _schema(model: type) -> Schema:
    """Return what *model* may hold. The older generation names places with dots."""
    module = importlib.import_module(re.sub(r"\._models(_py3)?$", "", model.__module__))
    schema: Schema = {}
    for name, leaf in (*_newer(model, module), *_older(model, module)):
        *folders, key = re.split(r"(?<!\\)\.", name)
        at = schema
        for folder in folders:
            inner = at.setdefault(folder, {})
            assert not isinstance(inner, Leaf), f"{folder} is both a value and a place"
            at = inner
        at[key.replace("\\.", ".")] = leaf
    return schema


def _newer(model: type, module: ModuleType) -> Iterator[tuple[str, Leaf]]:
    for base in reversed(model.__mro__):
        hints: Mapping[str, object] = vars(base).get("__annotations__", {})
        for name, field in vars(base).items():
            if type(field).__name__ == "_RestField":
                key: str = getattr(field, "_rest_name_input", None) or name
                read_only = getattr(field, "_visibility", None) == ["read"]
                said = str(hints.get(name, ""))
                required = bool(said) and not re.search(r"Optional|None", said) and not read_only
                yield key, Leaf(said, read_only, required, module)


def _older(model: type, module: ModuleType) -> Iterator[tuple[str, Leaf]]:
    places: Mapping[str, Mapping[str, str]] = getattr(model, "_attribute_map", {})
    rules: Mapping[str, Mapping[str, bool]] = getattr(model, "_validation", {})
    hints: Mapping[str, object] = getattr(vars(model).get("__init__"), "__annotations__", {})
    for name, place in places.items():
        rule = rules.get(name, {})
        # The signature names a fixed choice; the map calls it a text.
        said = str(hints.get(name) or place["type"])
        read_only, required = rule.get("readonly", False), rule.get("required", False)
        yield place["key"], Leaf(said, read_only, required, module)
