"""What the set-up of School Data Sync is made of, from the source to the class groups.

    Source ── Connector ── Flow ── Year      inbound: what comes in (reference §4.10)
    FlowSet ── class groups, users, …        outbound: what is made of it (reference §4.11)

A name of another object that is None leads to the one that `Tenant` lets it have by itself.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import ClassVar

from simulators.sds.formats import V2_1_CODE

NAMESPACE = "#microsoft.graph.industryData."
DATA_LAKE = f"{NAMESPACE}azureDataLakeConnector"


def made_from(*words: str) -> str:
    """Return an id that is the same in each test run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """By what SDS knows the users of one role group again in Entra."""

    role_group: str
    identifier: str = "username"
    target: str = "userPrincipalName"
    priority: int = 0


BY_USERNAME = (Matching(role_group="staff"), Matching(role_group="students", priority=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """*matching* None: Graph gives null, as for a source whose matching was never set."""

    id: str
    name: str = "MIS"
    vendor: str | None = None
    matching: tuple[Matching, ...] | None = BY_USERNAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """*format_code* None: the answer has no `fileFormat`, as that of old connectors."""

    id: str = "0b1f8a52-0000-4000-8000-0000000000c1"
    name: str = "MIS feed"
    format_code: str | None = V2_1_CODE
    odata_type: str = DATA_LAKE
    source_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """*starts* and *ends* are its first and its last day; *code* is one of `RefYear`."""

    id: str = "0b1f8a52-0000-4000-8000-0000000000a1"
    name: str = "2026/27"
    code: str = "2027"
    starts: date = date(2026, 9, 1)
    ends: date = date(2027, 8, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """*readiness* is what SDS says until *expires*, then it is `expired`. None: never.

    `ready` apart, a flow takes nothing: `notReady`, `failed`, `disabled`, or any other word.
    Until *settles* it is `notReady` whatever it is to be; None: it has settled.
    """

    id: str
    connector_id: str
    name: str = "Roster"
    readiness: str = "ready"
    begins: datetime = datetime(2026, 8, 20, tzinfo=UTC)
    expires: datetime | None = None
    year_id: str | None = None
    settles: datetime | None = None

    def readiness_at(self, now: datetime) -> str:
        if self.expires is not None and self.expires <= now:
            return "expired"
        return "notReady" if self.settles is not None and now < self.settles else self.readiness


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningFlow:
    """*readiness* None: Graph gives null."""

    kind: ClassVar[str]
    id: str
    readiness: str | None = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassGroups(ProvisioningFlow):
    """*owners* and *members* are the roles in a class that become such; None: null."""

    kind: ClassVar[str] = "classGroupProvisioningFlow"
    id: str = "0b1f8a52-0000-4000-8000-0000000000e1"
    create_team: bool = True
    name_on_create_only: bool = True
    owners: tuple[str, ...] | None = ("teacher",)
    members: tuple[str, ...] | None = ("student",)
    attributes: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Users(ProvisioningFlow):
    kind: ClassVar[str] = "userProvisioningFlow"
    id: str = "0b1f8a52-0000-4000-8000-0000000000e2"
    create_unmatched: bool | None = False
    attributes: tuple[str, ...] | None = ()
    age_group: str | None = None
    contacts: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroups(ProvisioningFlow):
    kind: ClassVar[str] = "securityGroupProvisioningFlow"
    id: str = "0b1f8a52-0000-4000-8000-0000000000e3"
    by_role_group: bool = True
    by_org_and_role_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrativeUnits(ProvisioningFlow):
    kind: ClassVar[str] = "administrativeUnitProvisioningFlow"
    id: str = "0b1f8a52-0000-4000-8000-0000000000e4"
    by_org: bool = True
    by_org_and_role_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSet:
    """*org_ids*: of which organisations, by their ids in the source; None: of all.

    Of each kind of flow there is at most one in a set (reference §4.1).
    """

    id: str = "0b1f8a52-0000-4000-8000-0000000000e0"
    name: str = "Managed data"
    org_ids: tuple[str, ...] | None = None
    flows: tuple[ProvisioningFlow, ...] = (ClassGroups(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One word of one of SDS's lists. *sort_index* is unique within its *kind*."""

    kind: str
    code: str
    sort_index: int
    name: str | None = None
    disabled: bool = False
    origin: str = "CEDS"

    @property
    def id(self) -> str:
        return f"{self.kind}-{self.code}"
