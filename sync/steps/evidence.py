"""What a look at SDS has brought, and what a run in it tells of a delivery: values in, values out.

What is ours stands in `activityStatistics[]` by the flow's id; `inboundTotals` are of all flows of
the tenant. Where a run's moment proves nothing its counts may: as many people and groups
as the delivery has, nobody unmatched, no error, and no other delivery that SDS may hold with the
same numbers. Counts prove; they never refuse.

See docs/reference/sds.md#statistics, docs/reference/sds.md#totals-of-the-tenant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sync.edge.graph.values import Counts, Flow, Run, Statistics
from sync.ledger.fates import Fate

CLOCKS_APART = timedelta(minutes=10)
"""How far SDS's clock may be from storage's before its word for the end of a check is not believed:
no longer before the hand-over, and no longer after our acceptance. Within that SDS's word stands,
because the moments of runs are by its clock too."""

FLOWS = "flows"  # what may be needed beside a run's statistics

_FOLLOWED = frozenset({Fate.ACCEPTED, Fate.UNPROVEN})

type Whose = Literal["ours", "only-flow", "not-known"]


@dataclass(frozen=True, slots=True)
class Known:
    """A hand-over as it is judged.

    A run that began at `counts_from` or later took these files or newer ones; None while SDS has
    not accepted them. `flows` are ours at the hand-over, in lower case; None: they were not read.
    `people`, `groups` and `memberships` are the users, classes and enrollments of the delivery,
    which `digest` tells apart; None where its manifest is gone.
    """

    delivery_id: str
    at: datetime
    fate: Fate
    digest: str = ""
    people: int | None = None
    groups: int | None = None
    memberships: int | None = None
    counts_from: datetime | None = None
    flows: frozenset[str] | None = None

    @property
    def followed(self) -> bool:
        """Say whether a run is awaited that tells what became of it."""
        return self.fate in _FOLLOWED


@dataclass(frozen=True, slots=True)
class FlowsNow:
    """The flows of the tenant at the moment of the look.

    `ours` lead to our connector and can take files. `only` says that no other flow of the tenant
    is still in its time, so that the totals of a run are those of ours.
    """

    listed: frozenset[str]
    ours: frozenset[str]
    only: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the look has brought. `statistics` by run: None where SDS has none to give.

    `flows` is None until they were asked for, and "hidden" where they may not be read.
    """

    runs: Sequence[Run]
    statistics: Mapping[str, Statistics | None]
    flows: FlowsNow | Literal["hidden"] | None = None


class NeedError(Exception):
    """Something must be asked before this can be said: a run's id, or `FLOWS`."""


def flows_now(flows: Sequence[Flow], connector_id: str) -> FlowsNow:
    """Return what of *flows* matters to the connector of *connector_id*."""
    alive = [flow.id for flow in flows if flow.state != "expired"]
    ours = usable(flows, connector_id)
    return FlowsNow(
        listed=frozenset(flow.id for flow in flows),
        ours=frozenset(ours),
        only=len(alive) == 1 and set(alive) <= set(ours),
    )


def usable(flows: Sequence[Flow], connector_id: str) -> tuple[str, ...]:
    """Return the ids of the flows that lead to a connector and are neither expired nor disabled."""
    return tuple(
        sorted(
            flow.id
            for flow in flows
            if flow.connector_id == connector_id.lower()
            and flow.state not in {"expired", "disabled"}
        )
    )


def counts_from(ended_at: datetime | None, handed_at: datetime, accepted_at: datetime) -> datetime:
    """Return from when on a run took the files of a delivery: SDS's word if it can be true."""
    if ended_at and handed_at - CLOCKS_APART <= ended_at <= accepted_at + CLOCKS_APART:
        return ended_at
    # docs/reference/sds.md#run-list
    return accepted_at.replace(microsecond=0)  # Graph tells the moments of runs in whole seconds


@dataclass(frozen=True, slots=True)
class OurFlow:
    """What a run tells of our flow: its status, whose the counts are, and the counts."""

    status: str
    whose: Whose
    counts: Counts | None = None

    @property
    def completed(self) -> bool:
        """Say whether the flow came to its end, with errors or without."""
        return self.status.startswith("completed")


def our_flow(known: Known, run: Run, evidence: Evidence) -> OurFlow:
    """Return what *run* tells of the flows of *known*; `not-listed` where it tells of others only.

    Raises:
        NeedError: the flows of the tenant must be known first.
    """
    statistics = evidence.statistics[run.id]

    activities = _activities(statistics)
    if rows := [activities[flow] for flow in _flows_of(known, evidence) if flow in activities]:
        best = min(rows, key=lambda counts: not counts.status.startswith("completed"))
        return OurFlow(best.status, "ours", best)
    flows = evidence.flows
    if flows is None:
        raise NeedError(FLOWS)
    if isinstance(flows, FlowsNow):
        if activities.keys() & flows.listed:
            return OurFlow("not-listed", "ours")
        if flows.only and statistics:
            return OurFlow(run.status, "only-flow", statistics.totals)
    return OurFlow(run.status, "not-known")


def _flows_of(known: Known, evidence: Evidence) -> list[str]:
    """Return our flows as noted at the hand-over, else as they are now; none if nobody knows."""
    if known.flows is not None:
        return sorted(known.flows)
    flows = evidence.flows
    return sorted(flows.ours) if isinstance(flows, FlowsNow) else []


def _activities(statistics: Statistics | None) -> Mapping[str, Counts]:
    """Return what our and other flows did in a run, by the flow's id; {} where SDS tells none."""
    return (statistics.activities if statistics else None) or {}


# -- counts --------------------------------------------------------------------------------------


def is_proven(known: Known, run: Run, evidence: Evidence, others: Sequence[Known]) -> bool:
    """Say whether the counts of *run* are those of *known* and of nothing else.

    What was never answered for may be known so only while nothing was handed over after it.
    """
    if known.fate is Fate.UNPROVEN and _is_followed_by_another(known, others):
        return False
    flow = our_flow(known, run, evidence)
    return (
        flow.completed
        and flow.counts is not None
        and _are_clean(flow.counts, known)
        and (flow.counts.people, flow.counts.groups) == (known.people, known.groups)
        and not _may_be_a_rivals(flow.counts, known, others)
    )


def _is_followed_by_another(known: Known, others: Iterable[Known]) -> bool:
    return any(each.at > known.at and each.fate is not Fate.REFUSED for each in others)


def _are_clean(counts: Counts, known: Known) -> bool:
    """Say whether nobody was unmatched and nothing went wrong. None is not 0: SDS did not say so.

    No membership where there are some would mean a file that SDS did not find.
    """
    without_classes = counts.memberships == 0 and known.memberships
    return (counts.errors, counts.unmatched) == (0, 0) and not without_classes


def _may_be_a_rivals(counts: Counts, known: Known, others: Iterable[Known]) -> bool:
    """Say whether SDS may hold something else that has these counts, or counts nobody knows."""
    rivals = {_numbers(each) for each in others if _is_rival(each, known)}
    return bool({(counts.people, counts.groups), (None, None)} & rivals)


def _is_rival(other: Known, known: Known) -> bool:
    """Say whether SDS may hold *other* as something else than the files of *known*."""
    if other.fate is Fate.INCOMPLETE:
        return True  # what SDS made of it are not these files, whatever was sent
    return other.digest != known.digest and other.fate is not Fate.REFUSED


def _numbers(known: Known) -> tuple[int | None, int | None]:
    if known.fate is Fate.INCOMPLETE:
        return None, None
    return known.people, known.groups
