"""Every app setting of a deployment is one that exists, and every one that exists can be given."""

from __future__ import annotations

import json

import pytest

from sync.edge.storage.queues import QUEUES, queue_name
from sync.errors import ConfigError
from sync.settings import StorageSettings
from sync.settings import names as setting_names
from sync.settings.load import load
from sync.settings.names import DECLARED, HOST, JSON, KEY
from tests.edge.hosted import TRIGGERS
from tests.infra.app_settings import app_settings, sample
from tests.infra.bicep import Code, last, value, walk
from tests.infra.test_bicep import TEXTS, files

# What the platform and the host read, and why we set it.
PLATFORM = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "telemetry by identity: local auth is off",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "where telemetry goes",
    "AZURE_CLIENT_ID": "which identity DefaultAzureCredential takes",
    "AzureWebJobsDisableHomepage": "that the app's own front page is there",
    "AzureWebJobsStorage__blobServiceUri": "the host's locks and keys",
    "AzureWebJobsStorage__clientId": "which identity the host takes",
    "AzureWebJobsStorage__credential": "that the host signs in by identity",
    "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID": "that the identity vouches for the app registration",
    "TICK_SCHEDULE": "the timer's binding",
}
# What a deployment never sets, and why.
NEVER = {
    "STORAGE__FOLDER": "lost with the machine",
    "STORAGE__CONNECTION": "rosters are reached by identity",
    "AzureWebJobsStorage": "a connection string holds a key",
    "AzureWebJobsStorage__accountName": "the addresses are given instead",
}


DEFAULTS = {"SCHOOL": {"RETRY_UNTIL": "05:00"}, "PROFILE": {"COURSES": True}}


def deployed(**changes: object) -> dict[str, str]:
    """Return the sample's app settings as the app sees them: references are resolved."""
    settings = app_settings(files(), sample(files()) | changes)
    return {
        name: "invented-key" if worth.startswith("@Microsoft.KeyVault(") else worth
        for name, worth in settings.items()
    } | {"WEBSITE_INSTANCE_ID": "1"}


def test_the_app_starts_on_what_the_sample_gives() -> None:
    """The sample's settings are read on Azure without a fault: one school and two profiles."""
    settings = load(deployed())

    assert set(settings.schools) == {"northbank"}
    assert set(settings.profiles) == {"seniors", "prep"}
    assert settings.connectors() == {"iSAMS nightly": ("prep", "seniors")}
    assert settings.storage.account_url == "https://rosters.blob.core.example"
    assert settings.host.queue_url == "https://host.queue.core.example"


def test_true_and_numbers_of_bicep_are_understood() -> None:
    """A deployer may write true or 5 without quotation marks, in settings and in profiles."""
    sds = {"CONNECTOR": "iSAMS nightly", "HOLD_FIRST": False, "LIMITS__REMOVED_PERCENT": 5}
    settings = load(deployed(sds=sds, profiles={"all": {"NAMES": True}}))

    assert settings.sds.hold_first is False
    assert settings.sds.limits.removed_percent == 5
    assert settings.profiles["all"].names is True


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SCHOOLS_JSON:", "SCHOOL_JSON:"),
        ("'DEFAULTS__${kind.key}__", "'DEFAULTS__"),
        ("name: 'SDS__${one.key}'", "name: 'SDS_${one.key}'"),
        ("PROFILES_JSON:", "PROFILE_JSON:"),
        ("STORAGE__ACCOUNT_URL:", "STORAGE__ACCOUNT:"),
        ("STORAGE__ACCOUNT_URL: rostersUri\n", ""),
    ],
)
def test_a_wrong_name_in_bicep_stops_the_app(old: str, new: str) -> None:
    """What Bicep misspells or forgets would be told at the first start, so it is told here."""
    broken = files("app.bicep", old, new)
    settings = {
        name: "invented-key" if worth.startswith("@") else worth
        for name, worth in app_settings(broken, sample(files()) | {"defaults": DEFAULTS}).items()
    }

    with pytest.raises(ConfigError):
        load(settings | {"WEBSITE_INSTANCE_ID": "1"})


def test_every_setting_of_a_deployment_is_known() -> None:
    """To the app, or to the platform for a reason."""
    names = set(deployed()) - {"WEBSITE_INSTANCE_ID", *JSON.values()}

    assert {name for name in names if not setting_names.path_of(name)} - set(HOST) == set(PLATFORM)


def test_every_setting_that_exists_can_be_given_or_is_left_out_for_a_reason() -> None:
    """What the handbook lists, a deployer can write into the parameters, a secret as its name."""
    groups: dict[str, dict[str, str]] = {"schools": {}, "profiles": {}, "sds": {}}
    secrets = list[str]()
    for path, declared in DECLARED.items():
        if setting_names.is_secret(declared):
            secrets.append(setting_names.written(path).replace(KEY, "KEY"))
        elif path[0] in groups:
            name = "__".join(path[1:]).replace(f"{KEY}__", "").upper()
            groups[path[0]][name] = setting_names.example(declared)
    given = {
        "schools": {"KEY": groups["schools"]},
        "profiles": {"KEY": groups["profiles"]},
        "sds": groups["sds"],
        "secretSettings": [name for name in secrets if not name.startswith("STORAGE")],
    }
    settings = app_settings(files(), given)
    names = {
        *settings,
        *(
            f"{block.upper()}__KEY__{name}"
            for block, whole in JSON.items()
            for name in json.loads(settings[whole])["KEY"]
        ),
    }

    every = {setting_names.written(path).replace(KEY, "KEY") for path in DECLARED} | set(HOST)
    assert every - names == set(NEVER)


def test_a_secret_is_only_ever_a_reference() -> None:
    """The setting says where the Key Vault holds it; the vault's module stores it by that name."""
    settings = app_settings(files(), sample(files()))
    stored = files()["vault.bicep"].of("resource")["values"].at("name")

    assert settings["SCHOOLS__NORTHBANK__ISAMS_KEY"] == (
        "@Microsoft.KeyVault(VaultName=kv-sync-invented;SecretName=SCHOOLS--NORTHBANK--ISAMS-KEY)"
    )
    assert stored == Code("replace(secret.key, '_', '-')")
    assert "SecretName=${replace(name, '_', '-')})" in TEXTS["app.bicep"]


def test_ten_schools_are_one_setting_and_a_secret_each() -> None:
    """What a trust deploys grows by a line for each school: the reference to its key."""
    ten = [f"SCHOOL{number}" for number in range(10)]
    keys = [f"SCHOOLS__{key}__ISAMS_KEY" for key in ten]
    schools = {
        key: {"NAME": key, "ID": number, "ISAMS_HOST": f"{key.lower()}.isams.example"}
        for number, key in enumerate(ten)
    }
    profiles = {key: {"SCHOOL": key} for key in ten}
    settings = deployed(schools=schools, profiles=profiles, secretSettings=keys)

    assert [name for name in settings if name.startswith("SCHOOLS")] == ["SCHOOLS_JSON", *keys]
    assert len(load(settings).schools) == 10


def test_what_a_deployment_says_once_every_school_and_profile_takes() -> None:
    """One line of the parameters is one rule for all of them."""
    settings = load(deployed(defaults=DEFAULTS))

    assert {str(school.retry_until) for school in settings.schools.values()} == {"05:00:00"}
    assert {profile.courses for profile in settings.profiles.values()} == {True}


def test_the_timer_has_its_schedule() -> None:
    """The host starts no timer without it."""
    schedule = TRIGGERS["tick"]["schedule"]

    assert schedule == "%TICK_SCHEDULE%"
    assert len(deployed()["TICK_SCHEDULE"].split()) == 6


def test_queues_and_container_are_called_what_the_code_calls_them() -> None:
    """Messages and rosters go where the app looks for them."""
    storage = files()["storage.bicep"].of("resource")
    container = StorageSettings.model_fields["container"].default
    named = [
        value(node)
        for node in walk(storage["queues"].node)
        if node.type == "array" and node.parent == last(storage["queues"].node)
    ]

    assert named == [[queue_name(queue) for queue in QUEUES]]
    assert storage["container"].at("name") == container
