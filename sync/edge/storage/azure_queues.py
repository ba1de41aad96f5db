"""The queues in Azure. The SDK is imported here and nowhere above."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from azure.storage.queue import QueueServiceClient

from sync.edge.storage.azure_client import Service, default_credential, sdk_options
from sync.edge.storage.queues import LONGEST_DELAY_S, QUEUES, Queue, queue_name
from sync.errors import ConfigError, StoreMissing
from sync.settings import HostStorage

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_ROLE = "Storage Queue Data Contributor"  # docs/reference/functions.md#storage-roles
_KEPT_S = 86_400  # from when it may be read: a tick says it again long before
# docs/reference/functions.md#queue-limits
_PEEKED = 32  # the service's limit


class StorageQueues:
    """`Nudges` over Azure Storage: JSON in base64, which is what the host expects.

    See docs/reference/functions.md#base64.
    """

    def __init__(self, client: QueueServiceClient, asked: Sequence[Queue] = QUEUES) -> None:
        self._client = client
        self._asked = asked
        self._service = Service(client.url, _ROLE, "AzureWebJobsStorage")

    @classmethod
    def opened(
        cls,
        settings: HostStorage,
        credential: Callable[[], TokenCredential] | None = None,
        *,
        asked: Sequence[Queue] = QUEUES,
        transport: object = None,
    ) -> StorageQueues:
        """Open the account that *settings* name; see `sync.edge.storage.opening.open_queues`."""
        options = sdk_options(transport)
        try:
            if settings.connection is not None:
                connection = settings.connection.get_secret_value()
                client = QueueServiceClient.from_connection_string(connection, **options)
                return cls(client, asked)
            if settings.queue_url is not None:
                identity = (credential or default_credential)()
                return cls(QueueServiceClient(settings.queue_url, identity, **options), asked)
        except ValueError:
            pass  # the SDK's words may repeat the setting
        raise ConfigError("AzureWebJobsStorage is missing, or is not a storage account")

    def nudge(self, queue: Queue, message: Mapping[str, str], delay_s: float = 0) -> None:
        text = base64.b64encode(json.dumps(dict(message)).encode()).decode()
        hidden_s = math.ceil(min(max(delay_s, 0), LONGEST_DELAY_S))
        client = self._client.get_queue_client(queue_name(queue))

        def send() -> None:
            # A binding cannot delay a message: docs/reference/functions.md#delay
            client.send_message(text, visibility_timeout=hidden_s, time_to_live=hidden_s + _KEPT_S)

        try:
            self._service.ask(send)
        except StoreMissing:
            self._service.ask(client.create_queue)  # fine if somebody else was quicker
            self._service.ask(send)

    def poisoned(self) -> Mapping[Queue, Sequence[str]]:
        return {queue: self._peeked(f"{queue_name(queue)}-poison") for queue in self._asked}

    def next(self) -> Mapping[Queue, Sequence[str]]:
        return {queue: self._peeked(queue_name(queue)) for queue in self._asked}

    def waiting(self) -> Mapping[Queue, int]:
        counts = {queue: self._count(queue_name(queue)) for queue in self._asked}
        return {queue: count for queue, count in counts.items() if count is not None}

    def _peeked(self, name: str) -> Sequence[str]:
        client = self._client.get_queue_client(name)
        try:
            messages = self._service.ask(lambda: client.peek_messages(max_messages=_PEEKED))
        except StoreMissing:
            return ()
        return tuple(_text(message.content) for message in messages)

    def _count(self, name: str) -> int | None:
        client = self._client.get_queue_client(name)
        try:
            return self._service.ask(client.get_queue_properties).approximate_message_count or 0
        except StoreMissing:
            return None


def _text(content: object) -> str:
    """Return a message's text; what a person put in by hand may not be base64."""
    text = str(content)
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text
