"""`STORAGE__…`, and the storage of the Functions host."""

from __future__ import annotations

from pydantic import Field, SecretStr, model_validator

from sync.settings import text
from sync.settings.types import Block, ServiceUrl

STORES = ("folder", "account_url", "connection")  # in `StorageSettings`: never two of them


class StorageSettings(Block):
    """`STORAGE__…`: where rosters are kept: three places to choose from."""

    folder: str | None = Field(
        default=None,
        min_length=1,
        description="A folder on this machine, private to its user; on Windows, to whom the folder"
        " above it lets in. Not on Azure. `.rosters` if nothing else is set under STORAGE__.",
        examples=[".rosters"],
    )
    account_url: ServiceUrl | None = Field(
        default=None,
        description="The blob endpoint of the rosters' account, reached by managed identity.",
        examples=["https://rosters.blob.core.example"],
    )
    connection: SecretStr | None = Field(
        default=None,
        description="A connection string. For development only.",
        examples=["UseDevelopmentStorage=true"],
    )
    container: str = Field(
        default="rosters",
        min_length=3,
        max_length=63,
        pattern=r"^[a-z0-9](?:-?[a-z0-9])+$",  # docs/reference/functions.md#names
        description="The container in that account: small letters, digits and single hyphens.",
        examples=["rosters"],
    )

    @model_validator(mode="after")
    def _one_place(self) -> StorageSettings:
        if sum(bool(getattr(self, name)) for name in STORES) != 1:
            names = tuple((name,) for name in STORES)
            raise text.Contradiction((names, "give exactly one of them"))
        return self


class HostStorage(Block):
    """`AzureWebJobsStorage`, the account of the Functions host: the queues live there."""

    connection: SecretStr | None = Field(
        default=None,
        description="The host's storage account as a connection string. For development; on Azure"
        " take one of the next two.",
        examples=["UseDevelopmentStorage=true"],
    )
    queue_url: ServiceUrl | None = Field(
        default=None,
        description="The queue endpoint of the host's account, reached by managed identity.",
        examples=["https://host.queue.core.example"],
    )
