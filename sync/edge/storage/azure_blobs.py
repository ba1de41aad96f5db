"""The store in Azure: block blobs in a container.

The SDK is imported here and nowhere above: a function that needs no blobs does not pay for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceExistsError, ResourceModifiedError
from azure.storage.blob import BlobPrefix, BlobProperties, ContainerClient

from sync.edge.storage.azure_client import (
    Service,
    code_of,
    default_credential,
    moments,
    sdk_options,
)
from sync.edge.storage.store import Blob, BlobsAt, WriteOnce, check_folder, check_name, check_prefix
from sync.errors import ConfigError, StoreMissing

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_ROLE = "Storage Blob Data Contributor"  # docs/reference/functions.md#storage-roles
_SETTINGS = "STORAGE__ACCOUNT_URL, STORAGE__CONNECTION and STORAGE__CONTAINER"

# The service's limit for a Put Blob. A body is always a single request, which is whole or absent
# by nature; above 64 MiB the SDK alone would stage blocks and commit them with the same condition.
# docs/reference/functions.md#put-blob
_ONE_PUT_BYTES = 5000 * 1024 * 1024

# docs/reference/functions.md#list-page
_PAGE = 5000  # names in a page of a listing: the service's limit


class BlobStore(WriteOnce):
    """A `Store` in a container of an Azure storage account. Safe to share between threads."""

    def __init__(self, container: ContainerClient, *, page: int = _PAGE) -> None:
        self._container = container
        self._service = Service(container.url, _ROLE, _SETTINGS)
        self._page = page

    @classmethod
    def by_identity(
        cls,
        account_url: str,
        container: str,
        credential: Callable[[], TokenCredential] | None = None,
        *,
        transport: object = None,
    ) -> BlobStore:
        """Open *container* of an account that knows our identity; it must exist already."""
        try:
            client = ContainerClient(
                account_url,
                container,
                (credential or default_credential)(),
                max_single_put_size=_ONE_PUT_BYTES,
                **sdk_options(transport),
            )
        except ValueError:
            client = None
        if client is None:
            raise ConfigError("STORAGE__ACCOUNT_URL is not a blob endpoint over https")
        return cls(client)

    @classmethod
    def by_connection(
        cls,
        connection: str,
        container: str,
        *,
        transport: object = None,
        page: int = _PAGE,
    ) -> BlobStore:
        """Open *container* by a connection string, making it if it is missing."""
        try:
            client = ContainerClient.from_connection_string(
                connection,
                container,
                max_single_put_size=_ONE_PUT_BYTES,
                **sdk_options(transport),
            )
        except ValueError:
            client = None
        if client is None:
            raise ConfigError("STORAGE__CONNECTION is not a storage connection string")
        store = cls(client, page=page)
        store._service.ask(lambda: _make(client))
        return store

    def read(self, name: str) -> bytes:
        blob = self._container.get_blob_client(check_name(name))
        return self._service.ask(lambda: blob.download_blob().readall(), blob=name)

    def blobs(self, prefix: str) -> Sequence[Blob]:
        check_prefix(prefix)
        listed = self._service.ask(
            lambda: list(
                self._container.list_blobs(name_starts_with=prefix, results_per_page=self._page)
            )
        )
        blobs = (
            Blob(blob.name, blob.size, blob.creation_time)
            for blob in listed
            if not _is_directory(blob)
        )
        return sorted(blobs, key=lambda blob: blob.name)

    def listed(self, prefix: str) -> BlobsAt:
        with moments() as first_answered_at:
            return BlobsAt(self.blobs(prefix), first_answered_at())

    def folders(self, prefix: str) -> Sequence[str]:
        check_folder(prefix)
        names = self._service.ask(
            lambda: [
                item.name
                for item in self._container.walk_blobs(
                    name_starts_with=prefix, delimiter="/", results_per_page=self._page
                )
                if isinstance(item, BlobPrefix)
            ]
        )
        return sorted(name[len(prefix) : -1] for name in names)

    def delete(self, name: str) -> None:
        blob = self._container.get_blob_client(check_name(name))

        try:
            self._service.ask(blob.delete_blob, blob=name)
        except StoreMissing:
            return

    def now(self) -> datetime:
        with moments() as first_answered_at:
            self._service.ask(self._container.get_container_properties)
            return first_answered_at()

    def _put(self, name: str, body: bytes) -> bool:
        blob = self._container.get_blob_client(check_name(name))

        def put() -> bool:
            try:
                # docs/reference/functions.md#create-once
                blob.upload_blob(body, overwrite=False)  # If-None-Match: *
            except (ResourceExistsError, ResourceModifiedError) as error:
                if code_of(error) in {"BlobAlreadyExists", "ConditionNotMet"}:
                    return False
                raise
            return True

        return self._service.ask(put, blob=name)


def _is_directory(blob: BlobProperties) -> bool:
    """Say whether *blob* is a directory of an account with a hierarchical namespace.

    The SDK hands on no other sign: a directory has neither length nor kind of content, and a blob,
    an empty one too, has a kind. Should one pass all the same, `sync.ledger.folders` drops it.

    See docs/reference/functions.md#data-lake-directories.
    """
    return not blob.size and not blob.content_settings.content_type


def _make(container: ContainerClient) -> None:
    try:
        container.create_container()
    except ResourceExistsError as error:
        if code_of(error) != "ContainerAlreadyExists":
            raise
