"""Everything outside that a step may touch, in a single value that can be handed in.

`opened` builds the real world. Tests and the demo build the same with simulators behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

from sync.edge.beating import Beating, beating
from sync.edge.clock import Budget, Clock, SystemClock
from sync.edge.graph.answers import Json
from sync.edge.graph.education_values import ClassPeople, ClassSeen
from sync.edge.graph.setup_values import CodeKnown, Inbound, Kind, Made
from sync.edge.graph.values import (
    Connector,
    Flow,
    HandedOver,
    OperationLook,
    Run,
    Statistics,
    UploadSession,
    Whereabouts,
)
from sync.edge.storage.noting import NotingStore
from sync.edge.storage.opening import open_queues, open_store
from sync.edge.storage.queues import NIGHTLY, QUEUES, Nudges, Queue
from sync.edge.storage.store import Store
from sync.errors import ConfigError
from sync.isams.datasets import NOTHING_MORE, Wanted
from sync.isams.school import CurrentPeople, School, Subject
from sync.report import Step
from sync.settings import SchoolSettings, Settings


class Source(Protocol):
    """A school's iSAMS. Every call raises `SourceError` and nothing else."""

    def school(self, budget: Budget, wanted: Wanted = NOTHING_MORE) -> School:
        """Read the whole school, and what is *wanted* beyond it, within *budget*."""

    def subjects(self, budget: Budget) -> Mapping[str, Subject]:
        """Read the school's subjects, within *budget*."""


class PeopleSource(Source, Protocol):
    """A school's iSAMS that can also be asked for its people alone."""

    def people(self, budget: Budget) -> CurrentPeople:
        """Read the current pupils and staff and nothing else, within *budget*."""


class Target(Protocol):
    """A tenant's SDS: see `edge.graph.sds.SdsTarget`. Raises `TargetError` and nothing else."""

    def connector(self, name_or_id: str, budget: Budget) -> Connector: ...
    def flows(self, budget: Budget) -> tuple[Flow, ...] | None: ...
    def open_session(self, connector_id: str, budget: Budget) -> UploadSession: ...
    def put_file(self, session: UploadSession, name: str, body: bytes, budget: Budget) -> None: ...
    def validate(self, connector_id: str, budget: Budget) -> HandedOver: ...
    def operation(self, whereabouts: Whereabouts, budget: Budget) -> OperationLook: ...
    def runs_since(self, moment: datetime, budget: Budget) -> Sequence[Run]: ...
    def start_run(self, budget: Budget) -> bool: ...
    def statistics(self, run_id: str, budget: Budget) -> Statistics: ...
    def counted(self) -> Mapping[str, Statistics | None]: ...
    def reach(self, address: str, budget: Budget) -> None: ...


class SetupTarget(Protocol):
    """How a tenant's SDS is set up: see `edge.graph.setup.SdsSetup`. Raises `TargetError` alone."""

    def inbound(self, budget: Budget) -> Inbound: ...
    def codes(self, budget: Budget) -> tuple[CodeKnown, ...]: ...
    def one(self, kind: Kind, made_id: str, budget: Budget) -> Made | None: ...
    def make(self, kind: Kind, body: Json, budget: Budget) -> str: ...
    def link(self, kind: Kind, made_id: str) -> str: ...
    def group_link(self, group: str) -> str: ...
    def list_url(self, kind: Kind) -> str: ...


class Reader(Protocol):
    """What reached a tenant: see `edge.graph.education`. Raises `TargetError` and nothing else."""

    @property
    def gave_more(self) -> bool: ...
    def roles(self) -> frozenset[str]: ...
    def classes(self, budget: Budget) -> Sequence[ClassSeen]: ...
    def people(
        self, class_ids: Sequence[str], budget: Budget
    ) -> Mapping[str, ClassPeople | None]: ...
    def accounts(self, addresses: Iterable[str], budget: Budget) -> Mapping[str, bool | None]: ...


def _nobody_reads() -> Reader:
    raise ConfigError("reading back is off: set SDS__READ_BACK and SDS__READ_BACK_CLIENT_ID")


@dataclass(frozen=True, slots=True)
class World:
    """The settings and the outside.

    `source` takes a school's key, `tell` hears of every step, `beating` gives signs of life.
    `reader` is another identity's than `target`, and is asked only where read-back is on.
    `caller` is who asks, as it is kept with what they say; "" where nobody does, as on a timer.
    """

    settings: Settings
    clock: Clock
    store: Store
    nudges: Nudges
    source: Callable[[str], Source]
    target: Callable[[], Target]
    tell: Callable[[Step], None]
    beating: Beating = beating
    caller: str = ""
    reader: Callable[[], Reader] = _nobody_reads


def open_source(
    school: SchoolSettings, clock: Clock, *, tell: Callable[[int, int], None] | None = None
) -> PeopleSource:
    """Return the way to a school's iSAMS by the API that it has chosen.

    *tell* hears how many of the questions have been answered, where there are many.
    """
    if school.isams_api == "rest":
        from sync.edge.isams.rest import RestIsams

        return RestIsams(school, clock, tell=tell)
    from sync.edge.isams.batch import Isams

    return Isams(school, clock)


def queues_of(settings: Settings) -> tuple[Queue, ...]:
    """Return the queues that *settings* have the app use."""
    return QUEUES if settings.sds.read_back else NIGHTLY


def opened(
    settings: Settings,
    tell: Callable[[Step], None],
    *,
    nudges: Nudges | None = None,
    clock: Clock | None = None,
    caller: str = "",
) -> World:
    """Open the real outside. iSAMS and SDS are reached when a step first needs them.

    *nudges* stand in for the storage queues where there is no Functions host, as at a terminal.
    *caller* is who asks.
    """
    the_clock = clock or SystemClock()

    @cache
    def source(key: str) -> Source:
        return open_source(settings.schools[key], the_clock)

    @cache
    def target() -> Target:
        from sync.edge.graph.identity import graph_tokens
        from sync.edge.graph.sds import SdsTarget

        return SdsTarget(settings.sds, graph_tokens(settings.sds, the_clock), the_clock)

    @cache
    def reader() -> Reader:
        from sync.edge.graph.education import EducationReader
        from sync.edge.graph.identity import read_back_tokens

        tokens = read_back_tokens(settings.sds, the_clock)
        return EducationReader(settings.sds, tokens, the_clock)

    return World(
        settings=settings,
        clock=the_clock,
        store=NotingStore(open_store(settings.storage), the_clock),
        nudges=nudges or open_queues(settings.host, asked=queues_of(settings)),
        source=source,
        target=target,
        tell=tell,
        caller=caller,
        reader=reader if settings.sds.read_back else _nobody_reads,
    )
