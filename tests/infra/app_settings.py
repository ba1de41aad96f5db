"""The app settings that a deployment would have, worked out from `infra/app.bicep` itself."""

from __future__ import annotations

from collections.abc import Mapping

from tests.infra.bicep import Code, File, last, spot
from tests.infra.evaluate import evaluated

# What other modules hand to the app.
MADE = {
    "hostBlobUri": "https://host.blob.core.example/",
    "hostQueueUri": "https://host.queue.core.example/",
    "identityClientId": "22222222-2222-2222-2222-222222222222",
    "insightsConnection": "InstrumentationKey=00000000-0000-0000-0000-000000000000",
    "rostersContainer": "rosters",
    "rostersUri": "https://rosters.blob.core.example/",
    "vaultName": "kv-sync-invented",
}


def app_settings(files: Mapping[str, File], given: Mapping[str, object]) -> dict[str, str]:
    """Return the app settings when the deployer's parameters are *given*."""
    app = files["app.bicep"]
    known: dict[str, object] = {
        name: one.value for name, one in app.of("parameter").items() if one.has_value
    }
    known |= MADE
    known |= given
    for name, one in app.of("variable").items():
        known[name] = evaluated(last(one.node), known)
    settings = evaluated(last(spot(app.of("resource")["settings"], "properties")), known)
    assert isinstance(settings, Mapping)
    return {name: str(worth) for name, worth in settings.items()}


def sample(files: Mapping[str, File]) -> dict[str, object]:
    """Return what `main.bicepparam` says, without what it takes from the environment."""
    said = files["main.bicepparam"].of("variable")
    return {
        name: evaluated(last(one.node), {})
        for name, one in said.items()
        if not isinstance(one.value, Code)
    }
