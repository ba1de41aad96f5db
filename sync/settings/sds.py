"""`SDS__…`."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, SecretStr, model_validator

from sync.settings import text
from sync.settings.limits import Limits
from sync.settings.types import (
    Block,
    CarryDays,
    Flag,
    GraphUrl,
    LoginUrl,
    Minutes,
    OperationsUrl,
)


class SdsSettings(Block):
    """`SDS__…`: the connector, and how the app signs in to Microsoft Graph."""

    connector: str | None = Field(
        default=None,
        min_length=1,
        description="The SDS connector, by name or id, for every profile that names none.",
        examples=["iSAMS nightly"],
    )
    start_run: Flag = Field(
        default=False,
        description="Ask SDS to run at once. Needs IndustryData-Run.Start; left out, SDS runs"
        " by itself, twice a day.",
        examples=["false"],
    )
    hold_first: Flag = Field(
        default=True,
        description="Hold the first delivery of a connector, and the first of each school on it,"
        " for a person to approve.",
        examples=["true"],
    )
    settle_minutes: Minutes = Field(
        default=60,
        description="Where several schools share a connector: how long a school that has been read"
        " waits at most for pulls of the others that are being tried, in minutes. With one school"
        " nothing waits.",
        examples=["60"],
    )
    limits: Limits = Limits()
    carry_days: CarryDays = Field(
        default=14,
        description="After so many days a school that goes on as SDS has it is told of, once a day,"
        " and a mail is sent.",
        examples=["14"],
    )
    tenant_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9.-]+$",
        description="The tenant of SDS, by id or domain. Left out, the app's own managed identity"
        " is used.",
        examples=["11111111-1111-1111-1111-111111111111"],
    )
    client_id: str | None = Field(
        default=None,
        description="The app registration in that tenant. Without secret or certificate: federated"
        " with the managed identity.",
        examples=["22222222-2222-2222-2222-222222222222"],
    )
    client_secret: SecretStr | None = Field(
        default=None,
        description="Its secret. A Key Vault reference.",
        examples=["invented-client-secret"],
    )
    certificate: SecretStr | None = Field(
        default=None,
        description="Its certificate with private key, as PEM text. A Key Vault reference.",
        examples=["@Microsoft.KeyVault(VaultName=invented;SecretName=sds-certificate)"],
    )
    graph_url: GraphUrl = Field(
        default="https://graph.microsoft.com",
        description="Where Microsoft Graph is: in a cloud of Microsoft's, or this machine. Change"
        " it only to try the simulator.",
        examples=["https://graph.microsoft.com"],
    )
    login_url: LoginUrl = Field(
        default="https://login.microsoftonline.com",
        description="Where tokens come from, likewise. Change it only to try the simulator.",
        examples=["https://login.microsoftonline.com"],
    )
    operations_url: OperationsUrl | None = Field(
        default=None,
        description="How one more address begins that may be asked, with the app's token, what"
        " became of a delivery. Only where check or status asks for it.",
        examples=["https://sds-proxy.northbank.example:8698/api/industryData"],
    )

    read_back: Flag = Field(
        default=False,
        description="Look once a day, by Microsoft Graph, which of the classes, teachers and pupils"
        " that were sent are in Teams. Needs READ_BACK_CLIENT_ID.",
        examples=["on"],
    )
    read_back_client_id: str | None = Field(
        default=None,
        min_length=1,
        description="The identity that looks, by its client id: a managed identity of the app's"
        " beside its own, or, with TENANT_ID, another app registration of that tenant. It alone"
        " holds EduRoster.Read.All and Member.Read.Hidden.",
        examples=["33333333-3333-3333-3333-333333333333"],
    )

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> SdsSettings:
        if faults := [*self._sign_in_faults(), *self._read_back_faults()]:
            raise text.Contradiction(*faults)
        return self

    def _sign_in_faults(self) -> Iterator[text.Fault]:
        proofs = ("client_secret",), ("certificate",)
        given = tuple(name for name in proofs if getattr(self, name[0]))
        if given == proofs:
            yield proofs, "give one of them, not both"
        if given and not self.client_id:
            yield (*given, ("client_id",)), "a secret or certificate needs its client id"
        if bool(self.client_id) != bool(self.tenant_id):
            yield (("client_id",), ("tenant_id",)), "give both or neither"

    def _read_back_faults(self) -> Iterator[text.Fault]:
        reader = ("read_back_client_id",)
        if self.read_back and not self.read_back_client_id:
            yield (("read_back",), reader), "reading back needs an identity of its own: give both"
        if self.read_back_client_id and self.read_back_client_id == self.client_id:
            yield (("client_id",), reader), "the identity that reads back must be another"
