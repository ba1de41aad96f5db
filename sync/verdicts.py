"""What SDS's runs say of the deliveries that are followed: values in, values out, nothing waits.

A run is of the whole tenant, hours long, and takes whatever lay there when it began. So three
things must be known before it says anything of a delivery: that it began after SDS had finished
with the files, that no later delivery had taken their place, and what became of *our* flow in it.

Where the first cannot be known, a run's counts may prove what its moment does not: as many people
and groups as the delivery has, nobody unmatched, no error, and no other delivery that SDS may hold
with the same numbers. Counts prove; they never refuse.

What is ours stands in `activityStatistics[]` by the flow's id; `inboundTotals` are of all flows of
the tenant (sds.md section 13). A run takes hours (sds.md section 4.8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sync.edge.graph_values import Counts, Flow, Run, Statistics
from sync.fates import Fate

RUN_WITHIN = timedelta(hours=26)  # SDS runs twice a day
CLOCKS_APART = timedelta(minutes=10)
"""How far SDS's clock may be from storage's before its word for the end of a check is not believed:
no longer before the hand-over, and no longer after our acceptance. Within that, SDS's own word
stands, because the moments of runs are by its clock too."""

FLOWS = "flows"  # what may be needed beside a run's statistics

_FOLLOWED = frozenset({Fate.ACCEPTED, Fate.UNPROVEN})
_ALONE = frozenset({Fate.TAKEN, Fate.DONE, Fate.FAULTY, Fate.ENDED})

type Whose = Literal["ours", "only-flow", "not-known"]


@dataclass(frozen=True, slots=True)
class Known:
    """A hand-over as it is judged.

    A run that began at `counts_from` or later took these files or newer ones; None while SDS has
    not accepted them. `flows` are ours at the hand-over, in lower case; None: they were not read.
    `people`, `groups` and `memberships` are the users, classes and enrollments of the delivery,
    which `digest` tells apart; None where its manifest is gone.
    """

    delivery: str
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
class Seen:
    """What the look has brought. `statistics` by run: None where SDS has none to give.

    `flows` is None until they were asked for, and "hidden" where they may not be read.
    """

    runs: Sequence[Run]
    statistics: Mapping[str, Statistics | None]
    flows: FlowsNow | Literal["hidden"] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a delivery ended: what its receipt will say.

    `run` is the last one that was heard of. `ours` is what our flow did in it, in SDS's word.
    `counts` are ours, or the tenant's where `whose` says that these are the same.
    """

    outcome: Literal["completed", "run-failed", "run-unseen", "no-answer"]
    run: Run | None = None
    ours: str = ""
    whose: Whose | None = None
    counts: Counts | None = None
    by_counts: bool = False
    replaced_by: str = ""


@dataclass(slots=True)
class Judgement:
    """Verdicts by delivery, and what is still to be asked before more can be said.

    `needs` is a run whose statistics are needed, or "flows".
    """

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    heard: dict[str, Verdict] = field(default_factory=dict)
    needs: str = ""


class _NeedError(Exception):
    """Something must be asked before this can be said."""


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
    """Return from when on a run took the files of a delivery: SDS's own word if it can be true."""
    if ended_at and handed_at - CLOCKS_APART <= ended_at <= accepted_at + CLOCKS_APART:
        return ended_at
    return accepted_at.replace(microsecond=0)  # Graph tells the moments of runs in whole seconds


def judge(known: Sequence[Known], seen: Seen, now: datetime) -> Judgement:
    """Judge every followed delivery of *known*, which are all hand-overs in their order.

    Runs are taken in the order in which they began. What is past its time without an answer is
    judged by what was heard last.
    """
    judgement = Judgement()
    _replace_older(known, judgement)
    try:
        for run in seen.runs:
            if run.over and run.started_at is not None:
                _hear(known, run, run.started_at, seen, judgement)
    except _NeedError as need:
        judgement.needs = str(need)
        return judgement
    for delivery in _open(known, judgement):
        if now - delivery.at > RUN_WITHIN:
            judgement.verdicts[delivery.delivery] = _overdue(delivery, judgement)
    return judgement


def begun_since(known: Known, runs: Sequence[Run]) -> bool:
    """Say whether a run has begun, over or not, that takes the files of *known*."""
    moment = known.counts_from
    return moment is not None and any(run.started_at and run.started_at >= moment for run in runs)


def _open(known: Sequence[Known], judgement: Judgement) -> list[Known]:
    return [one for one in known if one.followed and one.delivery not in judgement.verdicts]


def _overdue(delivery: Known, judgement: Judgement) -> Verdict:
    if delivery.fate is Fate.UNPROVEN:
        return Verdict("no-answer")
    return judgement.heard.get(delivery.delivery, Verdict("run-unseen"))


def _replace_older(known: Sequence[Known], judgement: Judgement) -> None:
    """Close what a run can no longer take: a later delivery was taken already."""
    taken = [number for number, each in enumerate(known) if each.fate in _ALONE]
    for each in known[: taken[-1]] if taken else ():
        if each.followed:
            judgement.verdicts[each.delivery] = Verdict(
                "run-unseen", replaced_by=known[taken[-1]].delivery
            )


def _hear(
    known: Sequence[Known], run: Run, began: datetime, seen: Seen, judgement: Judgement
) -> None:
    """Let *run* speak for the newest delivery that was handed over before it, or for nobody."""
    second = began.replace(microsecond=0)
    before = [
        each
        for each in known
        if each.at.replace(microsecond=0) <= second and each.fate is not Fate.REFUSED
    ]
    awaited = [each for each in before if each in _open(known, judgement)]
    if not awaited:
        return
    if run.id not in seen.statistics:
        raise _NeedError(run.id)
    newest = before[-1]
    if newest.counts_from is not None and began >= newest.counts_from:
        if newest in awaited:
            _hear_of(newest, run, seen, judgement)
        _replace(awaited, newest, judgement)
        return
    proven = next((each for each in reversed(awaited) if _is_proven(each, run, seen, known)), None)
    if proven:
        told = _ours(proven, run, seen)
        judgement.verdicts[proven.delivery] = Verdict(
            "completed", run, told.status, told.whose, told.counts, by_counts=True
        )
        _replace(awaited, proven, judgement)


def _replace(awaited: Sequence[Known], newer: Known, judgement: Judgement) -> None:
    for each in awaited:
        if each.at < newer.at and each.delivery not in judgement.verdicts:
            judgement.verdicts[each.delivery] = Verdict("run-unseen", replaced_by=newer.delivery)


def _hear_of(newest: Known, run: Run, seen: Seen, judgement: Judgement) -> None:
    """Take what our flow did in *run* for the answer, or keep it as the last word heard."""
    told = _ours(newest, run, seen)
    if told.status.startswith("completed"):
        ours = "" if told.whose == "not-known" else told.status
        verdict = Verdict("completed", run, ours, told.whose, told.counts)
        judgement.verdicts[newest.delivery] = verdict
    else:
        heard = Verdict("run-failed", run, told.status, told.whose, told.counts)
        judgement.heard[newest.delivery] = heard


@dataclass(frozen=True, slots=True)
class _Told:
    """What a run tells of our flow: its status, whose the counts are, and the counts."""

    status: str
    whose: Whose
    counts: Counts | None = None


def _ours(known: Known, run: Run, seen: Seen) -> _Told:
    """Return what *run* tells of the flows of *known*; `not-listed` where it tells of others only.

    Raises:
        _NeedError: the flows of the tenant must be known first.
    """
    statistics = seen.statistics[run.id]
    activities = (statistics.activities if statistics else None) or {}
    flows = seen.flows
    ours = known.flows
    if ours is None and isinstance(flows, FlowsNow):
        ours = flows.ours
    rows = [activities[flow] for flow in sorted(ours or ()) if flow in activities]
    if rows:
        best = min(rows, key=lambda counts: not counts.status.startswith("completed"))
        return _Told(best.status, "ours", best)
    if flows is None:
        raise _NeedError(FLOWS)
    if isinstance(flows, FlowsNow):
        if activities.keys() & flows.listed:
            return _Told("not-listed", "ours")
        if flows.only and statistics:
            return _Told(run.status, "only-flow", statistics.totals)
    return _Told(run.status, "not-known")


def _is_proven(known: Known, run: Run, seen: Seen, others: Sequence[Known]) -> bool:
    """Say whether the counts of *run* are those of *known* and of nothing else.

    What was never answered for may be known so only while nothing was handed over after it.
    """
    if known.fate is Fate.UNPROVEN and any(
        each.at > known.at and each.fate is not Fate.REFUSED for each in others
    ):
        return False
    told = _ours(known, run, seen)
    counts = told.counts
    if counts is None or not told.status.startswith("completed"):
        return False
    if (counts.errors, counts.unmatched) != (0, 0):  # None is not 0: SDS has not said so
        return False
    if counts.memberships == 0 and known.memberships:
        return False  # a file that SDS did not find: everybody would be in no class
    numbers = (counts.people, counts.groups)
    rivals = [_numbers(each) for each in others if _is_rival(each, known)]
    # Of what is gone nobody knows the numbers, so it could have these.
    return numbers == (known.people, known.groups) and not {numbers, (None, None)} & {*rivals}


def _is_rival(other: Known, known: Known) -> bool:
    """Say whether SDS may hold *other* as something else than the files of *known*."""
    if other.fate is Fate.INCOMPLETE:
        return True  # what SDS made of it are not these files, whatever was sent
    return other.digest != known.digest and other.fate is not Fate.REFUSED


def _numbers(known: Known) -> tuple[int | None, int | None]:
    if known.fate is Fate.INCOMPLETE:
        return None, None
    return known.people, known.groups
