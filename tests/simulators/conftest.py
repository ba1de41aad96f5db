"""A host around the small app, its queue, and what an administrator asks it with."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from azure.storage.queue import QueueClient

from simulators.azurite import Azurite
from simulators.host import RunningHost, running_host
from tests.conftest import FreshNames
from tests.simulators.sample_host import KEYS, SAMPLE, Waits


@pytest.fixture
def settings(azurite: Azurite, azurite_names: FreshNames) -> dict[str, str]:
    return {
        "AzureWebJobsStorage": azurite.connection,
        "WORK_QUEUE": azurite_names.queue,
        "TICK_SCHEDULE": "0 */5 * * * *",
        "FLAKY_FAILS": "0",
    }


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def queue(azurite: Azurite, azurite_names: FreshNames) -> Iterator[QueueClient]:
    with QueueClient.from_connection_string(azurite.connection, azurite_names.queue) as client:
        client.create_queue()
        yield client


@pytest.fixture
def poison(azurite: Azurite, queue: QueueClient) -> Iterator[QueueClient]:
    name = f"{queue.queue_name}-poison"
    with QueueClient.from_connection_string(azurite.connection, name) as client:
        yield client


@pytest.fixture
def host(settings: dict[str, str], waits: Waits, queue: QueueClient) -> Iterator[RunningHost]:
    with running_host(SAMPLE, settings, KEYS, idle_poll_s=0.02, sleep=waits) as running:
        yield running


@pytest.fixture
def web(host: RunningHost) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=host.url, timeout=30) as client:
        yield client
