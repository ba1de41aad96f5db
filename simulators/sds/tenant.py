"""One Microsoft 365 tenant with School Data Sync: what it holds, what it has been sent."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.sds.knobs import EducationKnobs, Knobs
from simulators.sds.objects import Connector, Flow, FlowSet, Reference, Source, Year, made_from
from simulators.sds.references import REFERENCES
from simulators.sds.store import Entra, Store
from simulators.sds.verdict import RowFault

type Files = Mapping[str, bytes]
type Json = dict[str, object]

TENANT_ID = "7c1e0000-0000-4000-8000-0000000000d1"


@dataclass(slots=True)
class Upload:
    """A file in a container. *flushed* None: created, nothing of it to be seen yet."""

    received: bytearray = field(default_factory=bytearray)
    flushed: bytes | None = None
    flushed_bytes: int = 0

    @property
    def complete(self) -> bool:
        return self.flushed is not None and self.flushed_bytes == len(self.received)


@dataclass(slots=True)
class Session:
    """*writes_left* counts down to *cut_off*: from then on storage refuses the SAS."""

    connector_id: str
    container_id: str
    expires: datetime
    container_expires: datetime
    uploads: dict[str, Upload] = field(default_factory=dict)
    writes_left: int | None = None
    cut_off: bool = False

    def alive(self, now: datetime) -> bool:
        return not self.cut_off and now < self.expires


@dataclass(frozen=True, slots=True)
class Submission:
    """A validate that was accepted with 202, whatever came of it.

    *unfinished* names files that were created but not flushed to their end: a set that has any
    was validated half-way. *errors* are those that the operation reports.
    """

    connector_id: str
    operation_id: str
    at: datetime
    digest: str
    files: Files = field(repr=False)
    unfinished: tuple[str, ...]
    errors: tuple[Json, ...]


@dataclass(slots=True)
class Operation:
    """*takes* is what becomes SDS's when it ends, at *ends*, None: nothing does.

    *ended*: what its end brings about has been done. *status* None: it is never told to be over.
    """

    connector_id: str
    created: datetime
    status: str | None
    polls_left: int
    ends: datetime
    document: Json
    takes: Files | None = field(default=None, repr=False)
    ended: bool = False
    last_poll: datetime | None = None


@dataclass(slots=True)
class Activity:
    id: str
    flow: Flow
    status: str = "inProgress"
    errors: int = 0
    warnings: int = 0
    store: Store = field(default_factory=Store)


@dataclass(frozen=True, slots=True)
class Processed:
    """What a run made of *files* against *people*; the same again next time, so kept."""

    files: Files
    people: Entra
    status: str
    errors: int
    warnings: int


@dataclass(slots=True)
class Run:
    """*ends* None: it never does. *files* is what was staged when it began."""

    id: str
    started: datetime
    ends: datetime | None
    files: Mapping[str, Files]
    activities: tuple[Activity, ...]
    status: str = "running"
    blocking_error: str | None = None


@dataclass(frozen=True, slots=True)
class RequestLine:
    """*path* is without its query, so no line holds a SAS or a token.

    *sas_intact*: the query began with the SAS, byte for byte; None where none was due.
    *status* 0: no answer was given. *file_type* is the content type that a flush sets. *body* is
    the JSON that Graph was sent, None: none was.
    """

    at: datetime
    method: str
    host: str
    path: str
    route: str
    status: int
    had_authorization: bool
    sas_intact: bool | None = None
    accept: str = ""
    prefer: str = ""
    file_type: str = ""
    body: object = field(default=None, repr=False)


@dataclass(kw_only=True, repr=False, eq=False)
class Tenant:
    """*clock* gives aware moments.

    A URL that is None is that of the host the request came to; one that is set is the only host
    on which that service answers. *backend_url* is SDS's own host, to which `Location` leads:
    nothing else is served there. *connectors*' first is the one that `store` speaks of. *education*
    is what `simulators.sds.education` makes of ended runs when somebody first asks.

    *sources*, *years*, *flow_sets* and *references* are the rest of the set-up. Of what a person
    makes, each joins the end of its list. An empty tenant has no connectors, years, flow sets.
    """

    clock: Callable[[], datetime]
    connectors: Sequence[Connector] = (Connector(),)
    flows: Sequence[Flow] | None = None
    sources: Sequence[Source] | None = None
    years: Sequence[Year] = (Year(),)
    flow_sets: Sequence[FlowSet] = (FlowSet(),)
    references: Sequence[Reference] = REFERENCES
    people: Entra = "all"
    knobs: Knobs = field(default_factory=Knobs)
    education_knobs: EducationKnobs = field(default_factory=EducationKnobs)
    tenant_id: str = TENANT_ID
    base_url: str | None = None
    login_url: str | None = None
    storage_url: str | None = None
    backend_url: str = "https://edu-sds.microsoft.com:8698"

    staged: dict[str, Files] = field(init=False, default_factory=dict)
    submissions: list[Submission] = field(init=False, default_factory=list)
    requests: list[RequestLine] = field(init=False, default_factory=list)
    tokens: dict[str, tuple[datetime, frozenset[str]]] = field(init=False, default_factory=dict)
    sessions: dict[str, Session] = field(init=False, default_factory=dict)
    current: dict[str, Session] = field(init=False, default_factory=dict)
    operations: dict[str, Operation] = field(init=False, default_factory=dict)
    runs: list[Run] = field(init=False, default_factory=list)
    stores: dict[str, Store] = field(init=False, default_factory=dict)
    row_faults: list[RowFault] = field(init=False, default_factory=list)
    next_run_at: datetime = field(init=False)
    run_wanted: bool = field(init=False, default=False)
    started_at: list[datetime] = field(init=False, default_factory=list)
    processed: dict[str, Processed] = field(init=False, default_factory=dict)
    rejections: list[tuple[Json, ...]] = field(init=False, default_factory=list)
    unseen: dict[str, int] = field(init=False, default_factory=dict)
    education: object = field(init=False, default=None)
    _ids: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.next_run_at = self.after(self.knobs.run_period_s)

    def new_id(self) -> str:
        """Return ids that are equal from one test run to the next."""
        self._ids += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.tenant_id}/{self._ids}"))

    def after(self, seconds: float) -> datetime:
        return self.clock() + timedelta(seconds=seconds)

    @property
    def first_connector_id(self) -> str:
        """The id of the connector that knobs and `store` speak of; empty if there is none."""
        return next((connector.id for connector in self.connectors), "")

    def all_flows(self) -> Sequence[Flow]:
        """The flows as given, else one ready flow for each connector."""
        if self.flows is not None:
            return self.flows
        return [self.flow_of(connector) for connector in self.connectors]

    def all_sources(self) -> Sequence[Source]:
        """The sources as given, else one for each connector that names none."""
        if self.sources is not None:
            return self.sources
        return [self.source_of(one) for one in self.connectors if one.source_id is None]

    @staticmethod
    def flow_of(connector: Connector) -> Flow:
        """Return the ready flow that a connector has unless flows were given."""
        return Flow(id=made_from("flow", connector.id), connector_id=connector.id)

    @staticmethod
    def source_of(connector: Connector) -> Source:
        """Return the source that a connector has unless sources were given."""
        return Source(id=made_from("source", connector.id))
