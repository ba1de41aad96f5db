"""The storage emulator does what the rest of the tests lean on."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from azure.core.exceptions import ResourceExistsError
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueClient, QueueServiceClient

from simulators import azurite as emulator
from simulators import identity
from simulators.azurite import Azurite
from tests.conftest import FreshNames


@pytest.fixture
def container(azurite: Azurite, azurite_names: FreshNames) -> Iterator[ContainerClient]:
    with ContainerClient.from_connection_string(
        azurite.connection, azurite_names.container
    ) as client:
        client.create_container()
        yield client


def test_a_blob_can_be_created_only_once(container: ContainerClient) -> None:
    """`If-None-Match: *` holds: the second write is refused and the first one stays."""
    container.upload_blob("manifest.json", b"first", overwrite=False)

    with pytest.raises(ResourceExistsError, match="BlobAlreadyExists"):
        container.upload_blob("manifest.json", b"second", overwrite=False)

    assert container.download_blob("manifest.json").readall() == b"first"


def test_a_delayed_message_is_not_seen_yet(azurite: Azurite, azurite_names: FreshNames) -> None:
    """A message sent with a delay is in the queue and is not handed out."""
    with QueueClient.from_connection_string(azurite.connection, azurite_names.queue) as queue:
        queue.create_queue()
        queue.send_message("later", visibility_timeout=3600)

        assert list(queue.receive_messages()) == []
        assert queue.get_queue_properties().approximate_message_count == 1


def test_two_emulators_share_nothing(azurite: Azurite, azurite_names: FreshNames) -> None:
    """A second one has other ports, another key and no containers; and it stops."""
    with emulator.start() as second:
        with BlobServiceClient.from_connection_string(second.connection) as blobs:
            assert list(blobs.list_containers()) == []
        assert second.connection != azurite.connection

    with pytest.raises(httpx.ConnectError):
        httpx.get(second.blob_url)


def test_it_ends_with_the_process_that_started_it() -> None:
    """A starter that is killed leaves no emulator behind."""
    starter = (
        "import os; from simulators import azurite; "
        "print(azurite.start().__enter__().blob_url, flush=True); os._exit(1)"
    )
    killed = subprocess.run([sys.executable, "-c", starter], capture_output=True, check=False)
    url, give_up = killed.stdout.decode().strip(), time.monotonic() + 20

    while not _is_gone(url) and time.monotonic() < give_up:
        pass

    assert url.startswith("http://127.0.0.1:")
    assert _is_gone(url)


def test_a_missing_emulator_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without the installed script, the error names the command to run."""
    monkeypatch.setattr(emulator, "SCRIPT", tmp_path / "azurite.js")

    with pytest.raises(emulator.AzuriteError, match=r"python dev\.py setup"):
        emulator.start().__enter__()


def test_a_managed_identity_reads_and_writes_storage(
    monkeypatch: pytest.MonkeyPatch, azurite_names: FreshNames
) -> None:
    """With the identity's two settings, azure-identity drives blobs and queues over https."""
    with emulator.start(https=True) as secure, identity.serve() as mine:
        for name, value in mine.settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.certificate))
        with (
            ManagedIdentityCredential() as credential,
            BlobServiceClient(secure.blob_url, credential) as blobs,
            QueueServiceClient(secure.queue_url, credential) as queues,
        ):
            container = blobs.create_container(azurite_names.container)
            container.upload_blob("manifest.json", b"{}")
            queue = queues.create_queue(azurite_names.queue)
            queue.send_message("nudge")

            assert container.download_blob("manifest.json").readall() == b"{}"
            assert [message.content for message in queue.receive_messages()] == ["nudge"]
    assert set(mine.asked) == {"https://storage.azure.com"}


ASKED = {"resource": "any", "api-version": identity.API_VERSION}


def test_only_the_app_itself_gets_a_token() -> None:
    """Without the header that the app was given, the identity answers 401."""
    with identity.serve() as mine:
        answer = httpx.get(mine.settings["IDENTITY_ENDPOINT"], params=ASKED)

    assert answer.status_code == 401
    assert mine.asked == []


@pytest.mark.parametrize(
    ("has", "query", "status"),
    [
        (None, ASKED, 200),
        (None, ASKED | {"client_id": "somebody-elses"}, 400),
        ("made", ASKED | {"client_id": "made"}, 200),
        ("made", ASKED | {"client_id": "somebody-elses"}, 400),
        ("made", ASKED, 400),
        (None, {"resource": "any"}, 400),
        (None, ASKED | {"api-version": "2017-09-01"}, 400),
        (None, {"api-version": identity.API_VERSION}, 400),
    ],
)
def test_a_token_is_for_the_identity_that_there_is(
    has: str | None, query: dict[str, str], status: int
) -> None:
    """Another client id, no client id where one is due, no version or no resource: 400."""
    with identity.serve(has) as mine:
        headers = {"X-IDENTITY-HEADER": mine.settings["IDENTITY_HEADER"]}
        answer = httpx.get(mine.settings["IDENTITY_ENDPOINT"], params=query, headers=headers)

    assert answer.status_code == status
    assert mine.asked == ([query["resource"]] if status == 200 else [])


def test_a_token_is_for_its_resource_and_expires() -> None:
    """The claims name the resource and end an hour after the moment given."""
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    claims = identity.token("https://storage.azure.com", moment).split(".")[1]
    read = json.loads(base64.urlsafe_b64decode(claims + "=="))

    assert read["aud"] == "https://storage.azure.com"
    assert read["exp"] == moment.timestamp() + identity.LIFETIME_S


def _is_gone(url: str) -> bool:
    try:
        httpx.get(url)
    except httpx.TransportError:
        return True
    return False
