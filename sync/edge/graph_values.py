"""What SDS tells us, as frozen values; `sync.edge.graph_answers` reads them out of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Connector:
    """A place in SDS that takes one set of files. `format` is None on old connectors."""

    id: str
    name: str
    kind: str
    format: str | None


@dataclass(frozen=True, slots=True)
class FlowState:
    """The inbound flows of one connector.

    `states` are SDS's own words in lower case, sorted: `ready`, `expired`, `notready`, `disabled`,
    `failed`. `ends_at` is when the last flow that has not expired will stop.
    """

    states: tuple[str, ...]
    ends_at: datetime | None = None

    @property
    def ready(self) -> bool:
        """Say whether at least one flow takes what is sent."""
        return "ready" in self.states

    @property
    def expired(self) -> bool:
        """Say whether every flow is of a past academic year: what is sent would go nowhere."""
        return set(self.states) == {"expired"}


@dataclass(frozen=True, slots=True)
class Session:
    """An empty directory to put files in. Whoever holds `url` may write there."""

    url: SecretStr
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing SDS says of a file; either may be empty if SDS gave something unfit to show."""

    code: str
    file: str


@dataclass(frozen=True, slots=True)
class Operation:
    """How far SDS is with checking a set of files: names and headers, not rows."""

    state: Literal["waiting", "accepted", "rejected"]
    errors: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    validated_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of SDS over all flows of the tenant, hours long.

    `status` is in lower case. `blocked_by` is the code of what stopped it, if anything did.
    """

    id: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    blocked_by: str | None

    @property
    def over(self) -> bool:
        """Say whether the run has ended, well or not."""
        return self.status.startswith("completed") or self.status == "failed"


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a run made of the rows: counts only. A count that SDS left out is 0.

    `inactive` counts, by `people`, `groups` …, the records that this run or an earlier one retired.
    """

    status: str
    errors: int
    warnings: int
    organizations: int
    people: int
    groups: int
    memberships: int
    matched: int
    unmatched: int
    inactive: Mapping[str, int]
