"""What SDS tells us, as frozen values; `sync.edge.graph.answers` reads them out of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import SecretStr

from sync.errors import TargetError

type Heard = Literal["answered", "unknown", "refused", "later", "skipped"]


@dataclass(frozen=True, slots=True)
class Connector:
    """A place in SDS that takes a set of files. `format` is None on old connectors.

    `source_id` is that of its source, in small letters; None where SDS does not say.

    See docs/reference/sds.md#no-file-format.
    """

    id: str
    name: str
    kind: str
    format: str | None
    source_id: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """An inbound flow of the tenant; ids in small letters.

    `state` is SDS's readiness in lower case, "" if none is given; `connector_id` is "" where the
    flow leads to no connector, None where it does not say. `id` is "" if it has no usable one.
    `year_id` is None where it does not say of which year it is.
    """

    id: str
    connector_id: str | None
    state: str
    ends_at: datetime | None = None
    name: str = ""
    year_id: str | None = None


@dataclass(frozen=True, slots=True)
class FlowState:
    """The inbound flows of a connector.

    `states` are the words of SDS in lower case, sorted: `ready`, `expired`, `notready`, `disabled`,
    `failed`. `ends_at` is when the last flow that has not expired will stop.

    See docs/reference/sds.md#flow-state.
    """

    states: tuple[str, ...]
    ends_at: datetime | None = None

    @property
    def ready(self) -> bool:
        """Say whether any flow takes what is sent."""
        return "ready" in self.states

    @property
    def expired(self) -> bool:
        """Say whether every flow is of a past academic year: what is sent would go nowhere.

        See docs/reference/sds.md#flow-expiry.
        """
        return set(self.states) == {"expired"}


@dataclass(frozen=True, slots=True)
class UploadSession:
    """An empty directory to put files in. Whoever holds `url` may write there."""

    url: SecretStr
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileFault:
    """A thing that SDS says of a file; either may be empty if SDS gave something unfit to show."""

    code: str
    file: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What `validate` answered; both are "" where its `Location` gave no id.

    `location` is as it came, query and all: never shown or logged.
    """

    operation_id: str
    location: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where to ask after a hand-over.

    "" is: not known. Without `operation_id` only the list can tell, by `connector_id` and `since`,
    the moment of the claim in UTC.
    """

    operation_id: str
    location: str
    connector_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Operation:
    """How far SDS is with checking a set of files: names and headers, not rows.

    `validated_files` is None where SDS gave no list; names are as they came, without folders.
    `ended_at` is the last moment SDS did anything to it. `id` is as it came, "" if there is none.

    See docs/reference/sds.md#pipeline.
    """

    state: Literal["waiting", "accepted", "rejected"]
    errors: tuple[FileFault, ...] = ()
    warnings: tuple[FileFault, ...] = ()
    validated_files: tuple[str, ...] | None = None
    ended_at: datetime | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class PlaceAsked:
    """A place that may know an operation, and what was heard there.

    `host` is host and port, never more, and "" where there is none. `skipped`: not asked, because
    nothing is known to ask for, or it was asked already, or our token may not go there; only the
    last has an `error`, which says who must act.
    """

    name: Literal["graph", "list", "location"]
    host: str
    heard: Heard
    error: TargetError | None = None


@dataclass(frozen=True, slots=True)
class OperationLook:
    """What a look at an operation gave: None if nobody answered. `places` are as asked."""

    operation: Operation | None
    places: tuple[PlaceAsked, ...]
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run of SDS over all flows of the tenant, hours long.

    `status` is in lower case. `blocked_by` is the code of what stopped it, if anything did.

    See docs/reference/sds.md#one-flow, docs/reference/sds.md#run-length.
    """

    id: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    blocked_by: str | None

    @property
    def over(self) -> bool:
        """Say whether the run has ended, well or not."""
        # docs/reference/sds.md#run-list
        return self.status.startswith("completed") or self.status == "failed"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run made of rows, of a flow or of all. None: SDS did not give it; that is not 0.

    `organizations` to `memberships` are the active ones. `inactive` counts, by `people`, `groups`
    …, the records that this run or an earlier run retired: only what was given. `status` is in
    lower case. `matched_students` to `unmatched_staff` are parts of `matched` and `unmatched`: who
    has a role of pupils, and everybody else.
    """

    status: str
    errors: int | None = None
    warnings: int | None = None
    organizations: int | None = None
    people: int | None = None
    groups: int | None = None
    memberships: int | None = None
    matched: int | None = None
    unmatched: int | None = None
    matched_students: int | None = None
    unmatched_students: int | None = None
    matched_staff: int | None = None
    unmatched_staff: int | None = None
    inactive: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statistics:
    """The counts of a run: of all flows of the tenant, and by the id of each flow in small letters.

    `activities` is None where SDS gave none.
    """

    totals: Counts
    activities: Mapping[str, Counts] | None
