"""The place that settings name: a folder or Azure for blobs, the host's account for queues.

The Azure packages are imported where they are used: a cold start pays for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sync.edge.storage.queues import QUEUES, Nudges, Queue
from sync.edge.storage.store import Store
from sync.settings import HostStorage, StorageSettings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


def open_store(
    settings: StorageSettings, *, credential: Callable[[], TokenCredential] | None = None
) -> Store:
    """Open the place that *settings* name.

    *credential* is called only for `STORAGE__ACCOUNT_URL`, and left out it is Azure's
    `DefaultAzureCredential`. Only a connection string makes a missing container: in Azure the
    container comes with the account.
    """
    if settings.folder is not None:
        from sync.edge.storage.folder import FolderStore

        return FolderStore(settings.folder)
    from sync.edge.storage.azure_blobs import BlobStore

    if settings.connection is not None:
        connection = settings.connection.get_secret_value()
        return BlobStore.by_connection(connection, settings.container)
    return BlobStore.by_identity(settings.account_url or "", settings.container, credential)


def open_queues(
    settings: HostStorage,
    *,
    credential: Callable[[], TokenCredential] | None = None,
    asked: Sequence[Queue] = QUEUES,
) -> Nudges:
    """Open the queues in the host's account; nothing is sent yet. Only those *asked* are looked at.

    *credential* is called only for a queue URL; left out, it is `DefaultAzureCredential`. Raises
    `ConfigError` if `AzureWebJobsStorage` is missing or unusable.
    """
    from sync.edge.storage.azure_queues import StorageQueues

    return StorageQueues.opened(settings, credential, asked=asked)
