"""What SDS's runs say of the deliveries that are followed: values in, values out, nothing waits.

A run is of the whole tenant, hours long, and takes whatever lay there when it began. So three
things must be known before it says anything of a delivery: that it began after SDS had finished
with the files, that no later delivery had taken their place, and what became of *our* flow in it.
Where the first cannot be known, a run's counts may prove what its moment does not
(`sync.steps.evidence`).

See docs/reference/sds.md#run-length, docs/reference/sds.md#one-flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from sync.edge.graph.values import Counts, Run
from sync.ledger.fates import Fate
from sync.steps.evidence import Evidence, Known, NeedError, OurFlow, Whose, is_proven, our_flow

# SDS runs every 12 hours, and a run takes hours: docs/reference/sds.md#runs
RUN_WITHIN = timedelta(hours=26)

_ALONE = frozenset({Fate.TAKEN, Fate.DONE, Fate.FAULTY, Fate.ENDED})

type RunOutcome = Literal["completed", "run-failed", "run-unseen", "no-answer"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a delivery ended: what its receipt will say.

    `run` is the last that was heard of. `ours` is what our flow did in it, in SDS's word.
    `counts` are ours, or the tenant's where `whose` says that these are the same.
    """

    outcome: RunOutcome
    run: Run | None = None
    ours: str = ""
    whose: Whose | None = None
    counts: Counts | None = None
    by_counts: bool = False
    replaced_by: str = ""

    @classmethod
    def of_run(
        cls, outcome: RunOutcome, run: Run, flow: OurFlow, *, by_counts: bool = False
    ) -> Verdict:
        """Return the verdict that *run* gives by what it tells of our *flow*."""
        return cls(outcome, run, flow.status, flow.whose, flow.counts, by_counts=by_counts)


@dataclass(slots=True)
class Judgement:
    """Verdicts by delivery, and what is still to be asked before more can be said.

    `needs` is a run whose statistics are needed, or "flows".
    """

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    heard: dict[str, Verdict] = field(default_factory=dict)
    needs: str = ""

    def replace(self, older: Sequence[Known], newer: Known) -> None:
        """Close those of *older* that are open: *newer* has taken their place."""
        for known in older:
            if known.delivery_id not in self.verdicts:
                verdict = Verdict("run-unseen", replaced_by=newer.delivery_id)
                self.verdicts[known.delivery_id] = verdict

    def still_open(self, known: Sequence[Known]) -> list[Known]:
        """Return those of *known* that are followed and not judged yet."""
        return [each for each in known if each.followed and each.delivery_id not in self.verdicts]


def judge_by_runs(known: Sequence[Known], evidence: Evidence, now: datetime) -> Judgement:
    """Judge every followed delivery of *known*, which are all hand-overs in their order.

    Runs are taken in the order in which they began. What is past its time without an answer is
    judged by what was heard last.
    """
    judgement = Judgement()
    _replace_older(known, judgement)
    try:
        for run in evidence.runs:
            if run.over and run.started_at is not None:
                _hear(known, run, run.started_at, evidence, judgement)
    except NeedError as need:
        judgement.needs = str(need)
        return judgement
    for delivery in judgement.still_open(known):
        if now - delivery.at > RUN_WITHIN:
            judgement.verdicts[delivery.delivery_id] = _overdue(delivery, judgement)
    return judgement


def begun_since(known: Known, runs: Sequence[Run]) -> bool:
    """Say whether a run has begun, over or not, that takes the files of *known*."""
    moment = known.counts_from
    return moment is not None and any(run.started_at and run.started_at >= moment for run in runs)


def _overdue(delivery: Known, judgement: Judgement) -> Verdict:
    if delivery.fate is Fate.UNPROVEN:
        return Verdict("no-answer")
    return judgement.heard.get(delivery.delivery_id, Verdict("run-unseen"))


def _replace_older(known: Sequence[Known], judgement: Judgement) -> None:
    """Close what a run can no longer take: a later delivery was taken already."""
    taken = [number for number, each in enumerate(known) if each.fate in _ALONE]
    if taken:
        judgement.replace([each for each in known[: taken[-1]] if each.followed], known[taken[-1]])


def _hear(
    known: Sequence[Known], run: Run, began: datetime, evidence: Evidence, judgement: Judgement
) -> None:
    """Let *run* speak for the newest delivery that was handed over before it, or for nobody."""
    before = _handed_over_before(known, began)
    awaited = judgement.still_open(before)
    if not awaited:
        return
    if run.id not in evidence.statistics:
        raise NeedError(run.id)
    newest = before[-1]
    if newest.counts_from is not None and began >= newest.counts_from:
        if newest in awaited:
            _hear_of(newest, run, evidence, judgement)
        judgement.replace([each for each in awaited if each.at < newest.at], newest)
    else:
        _hear_by_counts(known, awaited, run, evidence, judgement)


def _handed_over_before(known: Sequence[Known], began: datetime) -> list[Known]:
    """Return what SDS had not refused of what was handed over by then, to the second."""
    second = began.replace(microsecond=0)
    return [
        each
        for each in known
        if each.at.replace(microsecond=0) <= second and each.fate is not Fate.REFUSED
    ]


def _hear_of(newest: Known, run: Run, evidence: Evidence, judgement: Judgement) -> None:
    """Take what our flow did in *run* for the answer, or keep it as the last word heard."""
    flow = our_flow(newest, run, evidence)
    if flow.completed:
        ours = replace(flow, status="" if flow.whose == "not-known" else flow.status)
        judgement.verdicts[newest.delivery_id] = Verdict.of_run("completed", run, ours)
    else:
        judgement.heard[newest.delivery_id] = Verdict.of_run("run-failed", run, flow)


def _hear_by_counts(
    known: Sequence[Known],
    awaited: Sequence[Known],
    run: Run,
    evidence: Evidence,
    judgement: Judgement,
) -> None:
    """Take the counts of *run* for the answer of the newest delivery that they prove."""
    for each in reversed(awaited):
        if is_proven(each, run, evidence, known):
            flow = our_flow(each, run, evidence)
            verdict = Verdict.of_run("completed", run, flow, by_counts=True)
            judgement.verdicts[each.delivery_id] = verdict
            judgement.replace([older for older in awaited if older.at < each.at], each)
            return
