"""Following SDS's runs: a look judges every delivery whose run is awaited.

A look costs at most three calls of Graph. What it has no call left for, the next look asks.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sync.edge.clock import Budget
from sync.edge.graph.answers import leading_to
from sync.edge.graph.values import Run, Statistics
from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, TargetError, concerning
from sync.ledger import fates, pace, states
from sync.ledger.fates import Fate
from sync.ledger.holdings import HandOver, handed_at
from sync.ledger.marks import Accepted, Checked, Counted, Looked, RunAsked, Submitted, Vouched
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.steps import verdicts
from sync.steps.connector import Listing
from sync.steps.counted import as_record, as_statistics
from sync.steps.delivery import Delivery
from sync.steps.evidence import FLOWS, Evidence, FlowsNow, Known, counts_from, flows_now
from sync.steps.receipts import write_verdict, write_vouched
from sync.steps.verdicts import Judgement, Verdict

ASK_MORE_S = 60.0  # what one look has no call left for


def follow(world: World, listing: Listing) -> list[Step]:
    """Look once at SDS's runs; return a step for each delivery that is followed, oldest first.

    Raises:
        TargetError: the runs cannot be seen, and nothing is overdue yet.
    """
    followed = listing.in_state(State.ACCEPTED, State.UNPROVEN)
    if vouched := [delivery for delivery in followed if delivery.has(Vouched)]:
        return [write_vouched(world, listing, delivery) for delivery in vouched]
    look = _Look(world, listing, _known(listing), Budget.of(world.clock, states.STEP_S))
    judgement, refusal = look.judged()
    if followed[-1].id not in judgement.verdicts and not judgement.needs:
        _note_look(followed[-1])
    written = [
        write_verdict(world, listing, delivery, judgement.verdicts[delivery.id])
        for delivery in _replaced_first(followed, judgement.verdicts)
    ]
    return [*written, *_still_awaited(listing, followed, judgement, refusal)]


def _still_awaited(
    listing: Listing,
    followed: Sequence[Delivery],
    judgement: Judgement,
    refusal: TargetError | None,
) -> Iterator[Step]:
    for delivery in followed:
        if delivery.id not in judgement.verdicts:
            heard = judgement.heard.get(delivery.id)
            again_in_s = ASK_MORE_S if judgement.needs else _next_look_s(listing, delivery)
            yield _awaited(listing, delivery, heard, refusal, again_in_s=again_in_s)


def _replaced_first(followed: Sequence[Delivery], judged: dict[str, Verdict]) -> list[Delivery]:
    """Order what is written so that a death in between leaves nothing that is judged otherwise."""
    closed = [delivery for delivery in followed if delivery.id in judged]
    return sorted(closed, key=lambda delivery: judged[delivery.id].outcome == "completed")


def _awaited(
    listing: Listing,
    delivery: Delivery,
    heard: Verdict | None,
    refusal: TargetError | None,
    *,
    again_in_s: float,
) -> Step:
    """Say that a run is awaited still, and what the last did with our flow, if it was over."""
    if not delivery.has(Accepted):
        return Step("run", Outcome.UNPROVEN, listing.connector, delivery.id)
    return Step(
        "run",
        Outcome.RUNNING,
        listing.connector,
        delivery.id,
        {"left_out": heard.ours} if heard else {},
        error=refusal,
        again_in_s=again_in_s,
    )


# -- when it is looked ---------------------------------------------------------------------------


def is_due(listing: Listing) -> bool:
    """Say whether SDS's runs are worth a look now: see `due_at`."""
    at = due_at(listing)
    return at is not None and listing.now >= at


def due_at(listing: Listing) -> datetime | None:
    """Return from when on SDS's runs are worth a look: see `pace.look_at_run_at`.

    At the latest when the time of a run is over, for then it is judged without one, and at once
    when a person has said how it ended. None: no run is awaited.
    """
    followed = listing.in_state(State.ACCEPTED, State.UNPROVEN)
    if not followed:
        return None
    if any(delivery.has(Vouched) for delivery in followed):
        return listing.now
    oldest_ends = _with_sds_since(followed[0]) + verdicts.RUN_WITHIN
    return min(oldest_ends, _look_at(followed[-1]))


def awaited(listing: Listing) -> Step:
    """Return the step of the newest delivery that is followed, without a look."""
    newest = listing.in_state(State.ACCEPTED, State.UNPROVEN)[-1]
    again_in_s = (_look_at(newest) - listing.now).total_seconds()
    return _awaited(listing, newest, None, None, again_in_s=again_in_s)


def _next_look_s(listing: Listing, delivery: Delivery) -> float:
    """Return in how many seconds the next look is due, after one just now."""
    return (_look_after(delivery, listing.now) - listing.now).total_seconds()


def _look_at(newest: Delivery) -> datetime:
    """Return when the next look at the runs is due for the *newest* that is followed."""
    looks = [newest.made_at[Looked.name_for(key)] for key in newest.keys(Looked)]
    return _look_after(newest, max(looks, default=None))


def _look_after(delivery: Delivery, looked_at: datetime | None) -> datetime:
    since = _with_sds_since(delivery)
    return min(pace.look_at_run_at(since, looked_at), since + verdicts.RUN_WITHIN)


def _with_sds_since(delivery: Delivery) -> datetime:
    return delivery.when(Accepted) or delivery.when(Submitted) or delivery.last_made_at


def _note_look(newest: Delivery) -> None:
    """Note that SDS has answered, so that the next look waits."""
    number = max(newest.numbers(Looked), default=0) + 1
    newest.claim(Looked(by=uuid.uuid4().hex), number)


# -- what is known -------------------------------------------------------------------------------


def _known(listing: Listing) -> list[Known]:
    """Return every hand-over since the last that a run took, and what is still followed before."""
    recent = listing.hand_overs()
    among = {hand_over.delivery_id for hand_over in recent}
    older = [
        HandOver(delivery.id, at, fates.fate_of(delivery, None), delivery)
        for delivery in listing.in_state(State.ACCEPTED, State.UNPROVEN)
        if delivery.id not in among and (at := handed_at(delivery, listing.claims))
    ]
    ordered = sorted([*older, *recent], key=lambda hand_over: (hand_over.at, hand_over.delivery_id))
    return [_as_known(hand_over) for hand_over in ordered]


def _as_known(hand_over: HandOver[Delivery]) -> Known:
    known = Known(hand_over.delivery_id, hand_over.at, hand_over.fate)
    delivery = hand_over.delivery
    if delivery is None:
        return known
    try:
        manifest = delivery.manifest()
    except (StoreMissing, StoreConflict):
        return known  # nobody knows its numbers any more, so nothing is proven by them
    known = replace(
        known,
        digest=manifest.digest,
        people=manifest.counts["users"],
        groups=manifest.counts["classes"],
        memberships=manifest.counts["enrollments"],
    )
    if not delivery.has(Submitted) or hand_over.fate is Fate.LOST:
        return known  # of a lost hand-over SDS has said nothing, whatever it said of a later
    tracking = delivery.tracking() if known.followed else None
    flows = frozenset(tracking.flows) if tracking and tracking.flows is not None else None
    return replace(known, flows=flows, counts_from=_counts_from(delivery, known.at))


def _counts_from(delivery: Delivery, handed_at: datetime) -> datetime | None:
    """Return from when on a run took the files; None while SDS has not accepted them."""
    accepted_at = delivery.when(Accepted)
    if accepted_at is None:
        return None
    checked = delivery.read_if_listed(Checked)  # a version before did not write it
    return counts_from(checked.ended_at if checked else None, handed_at, accepted_at)


# -- the look ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at SDS's runs for a connector; `budget` is the time of all that it asks."""

    world: World
    listing: Listing
    known: Sequence[Known]
    budget: Budget

    def judged(self) -> tuple[Judgement, TargetError | None]:
        """Ask SDS for its runs and judge; also return why SDS would not run at our word.

        What is overdue is judged also while SDS cannot be asked; then the error says why.
        """
        try:
            with concerning(connector=self.listing.connector):
                return self._seen_and_judged()
        except TargetError as error:
            if error.retry and not self._is_overdue():
                raise
            # What SDS has accepted it has, whoever may not see its runs.
            unseen = Evidence((), {})
            return verdicts.judge_by_runs(self.known, unseen, self.listing.now), error

    def _seen_and_judged(self) -> tuple[Judgement, TargetError | None]:
        since = min(each.at for each in self.known if each.followed)
        runs = self.world.target().runs_since(since, self.budget)
        starts = self._starts_run(runs)
        refusal = self._ask_for_run() if starts else None
        evidence = Evidence(runs, self._counted())
        return self._judged_by(evidence, calls=1 if starts else 2), refusal

    def _is_overdue(self) -> bool:
        late = self.listing.now - verdicts.RUN_WITHIN
        return any(each.followed and each.at < late for each in self.known)

    def _judged_by(self, evidence: Evidence, *, calls: int) -> Judgement:
        """Judge, and ask for what is needed to judge more, while there are *calls* left."""
        judgement = verdicts.judge_by_runs(self.known, evidence, self.listing.now)
        if not judgement.needs or not calls:
            return judgement
        return self._judged_by(self._with_more(evidence, judgement.needs), calls=calls - 1)

    def _with_more(self, evidence: Evidence, needs: str) -> Evidence:
        """Return *evidence* and what it *needs*: the flows, or the statistics of a run."""
        target = self.world.target()
        if needs == FLOWS:
            return replace(evidence, flows=self._flows_now())
        try:
            target.statistics(needs, self.budget)
        except TargetError as error:
            if error.retry or needs not in target.counted():
                raise
        statistics = target.counted()[needs]
        newest = self.listing.in_state(State.ACCEPTED, State.UNPROVEN)[-1]
        newest.claim(as_record(statistics), needs)
        return replace(evidence, statistics={**evidence.statistics, needs: statistics})

    def _counted(self) -> dict[str, Statistics | None]:
        """Return the statistics that this process or another has asked for already, by run.

        They are kept beside the delivery, because nearly every look is made by a new process.
        """
        counted = dict(self.world.target().counted())
        for delivery in self.listing.in_state(State.ACCEPTED, State.UNPROVEN):
            for run_id in delivery.keys(Counted):
                if run_id not in counted:
                    counted[run_id] = as_statistics(delivery.read(Counted, run_id))
        return counted

    def _flows_now(self) -> FlowsNow | Literal["hidden"]:
        flows, connector_id = self.world.target().flows(self.budget), self._connector_id()
        if flows is None or leading_to(flows, connector_id) is None:
            return "hidden"
        return flows_now(flows, connector_id)

    def _connector_id(self) -> str:
        """Return SDS's id of the connector, as noted at a hand-over; older versions did not."""
        for delivery in reversed(self.listing.in_state(State.ACCEPTED, State.UNPROVEN)):
            if tracking := delivery.tracking():
                return tracking.connector
        return self.world.target().connector(self.listing.connector, self.budget).id

    def _starts_run(self, runs: Sequence[Run]) -> bool:
        """Say whether SDS is to be asked for a run now; what has begun already is noted.

        After a lost answer a second start would cost another of five: so it is looked at what has
        begun (docs/reference/sds.md#run-limit).
        """
        newest = self._newest_accepted()
        starts = self.world.settings.sds.start_run
        if not starts or newest is None or newest.has(RunAsked):
            return False
        ours = next(each for each in reversed(self.known) if each.delivery_id == newest.id)
        if verdicts.begun_since(ours, runs):
            self._note_asked(started=True)
            return False
        return True

    def _ask_for_run(self) -> TargetError | None:
        """Ask SDS to run, once; return why it would not. Then it runs by itself, twice a day."""
        started, refusal = False, None
        try:
            with concerning(connector=self.listing.connector):
                started = self.world.target().start_run(self.budget)
        except TargetError as error:
            if error.retry:
                raise
            refusal = error
        self._note_asked(started=started)
        return refusal

    def _note_asked(self, *, started: bool) -> None:
        if newest := self._newest_accepted():
            newest.claim(RunAsked(at=self.world.clock.now(), started=started))

    def _newest_accepted(self) -> Delivery | None:
        return next(reversed(self.listing.in_state(State.ACCEPTED)), None)
