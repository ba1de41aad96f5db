"""Handing a delivery to SDS, alone.

Only who holds the connector's claim may open an upload session, because opening it empties what
another had put there. The claim is taken *before* the session: taken just before `validate`, it
let two runs mix their files.

See docs/reference/sds.md#reset-session.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sync.edge.clock import Budget
from sync.edge.graph.values import HandedOver
from sync.edge.world import World
from sync.errors import (
    PlanOutdated,
    StoreConflict,
    TargetError,
    TargetUnavailable,
    concerning,
)
from sync.ledger import claims, ids, states
from sync.ledger.claims import Claim, ClaimDone, Claims
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import Against, Approved, Fault, Plan, Receipt, Submitted, Tracking, fault
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.sds.tables import columns
from sync.steps import receipts
from sync.steps.acceptance import QUICK_AGAIN_S
from sync.steps.connector import Listing, ended, look
from sync.steps.delivery import Delivery, hand_over_number, read_record
from sync.steps.destination import Destination, find_destination
from sync.steps.unfolded import school_of_word

UNTIL = "until"
"""The fact of a busy step that says until when another turn may last."""


def hand_over(world: World, listing: Listing, delivery: Delivery) -> Step:
    """Upload the files of *delivery* and have SDS validate them, alone.

    Raises:
        TargetError: nothing was validated, unless its `outcome_unknown` says so.
    """
    manifest = delivery.manifest()
    # What a person wants back is as old as it is: then the moment counts when they asked.
    asked_at = min(ids.pulled_at(delivery.id), delivery.made_at[DeliveryManifest.file_name])
    since = asked_at if manifest.restores else manifest.pulled_at
    if states.is_stale(since, listing.now):
        return Step("hand-over", Outcome.STALE, listing.connector, delivery.id)
    _check_answer(delivery, manifest)
    if not manifest.restores:
        _demand_folded(world, delivery)
    held = claims.read_claims(
        listing.prefix, world.store.blobs(f"{listing.prefix}{claims.CLAIMS}/"), listing.now
    )
    if held.open_until:
        return _busy(listing.connector, delivery, held.open_until)
    if step := _given_up(world, listing, delivery, held):
        return step
    budget = Budget.of(world.clock, states.STEP_S)
    destination = find_destination(world, listing.connector, budget)
    claim = Claim(delivery=delivery.id, at=listing.now, by=uuid.uuid4().hex)
    if not world.store.claim(f"{held.next_name}.json", claim.to_json()):
        return _busy(listing.connector, delivery)
    turn = _Turn(world, delivery, manifest, held.next_name, claim.at, destination, budget)
    return turn.take()


def _busy(connector: str, delivery: Delivery, until: datetime | None = None) -> Step:
    step = Step("hand-over", Outcome.BUSY, connector, delivery.id, again_in_s=60.0)
    return replace(step, facts={UNTIL: until.isoformat(timespec="seconds")}) if until else step


def _demand_folded(world: World, delivery: Delivery) -> None:
    """Refuse to send what was read before a person said which Team is whose, whoever approved it.

    What goes in just as SDS has it is of no reading of today.
    """
    schools = delivery.schools()
    parts = schools.parts.values() if schools else ()
    new = {key: set_id for part in parts if part.offer for key, set_id in part.sources.items()}
    if school := school_of_word(world, new):
        raise PlanOutdated(
            "a person has said which Team is whose since this was read: the school is read again,"
            " and what is left of it goes then",
            school=school,
        )


def _check_answer(delivery: Delivery, manifest: DeliveryManifest) -> None:
    approved = delivery.read_if_listed(Approved)
    if approved and approved.digest != manifest.digest:
        name = delivery.path(Approved.file_name)
        raise StoreConflict("the approval is for other files than these", blob=name)


# -- enough is enough ----------------------------------------------------------------------------


def _given_up(world: World, listing: Listing, delivery: Delivery, held: Claims) -> Step | None:
    """Return the step that ends or delays what was handed over often enough; None if it was not."""
    spent = {name: sent for name in held.young if (sent := _spent(world, name))}
    if list(spent.values()).count(delivery.id) >= states.SUBMISSIONS_EACH:
        receipt = Receipt(outcome="gave-up", at=listing.now)
        return receipts.write_receipt(listing, delivery, receipt)
    if len(spent.keys() & set(held.recent)) >= states.SUBMISSIONS_A_DAY:
        return Step("hand-over", Outcome.LIMITED, listing.connector, delivery.id)
    return None


def _spent(world: World, claim: str) -> str | None:
    """Return the delivery that *claim* may have submitted, None if it surely did not."""
    done = ended(world.store, claim)
    if done is not None:
        return done.delivery if done.submitted != "no" else None
    return read_record(world.store, Claim, f"{claim}.json").delivery


# -- under a claim -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Turn:
    """What the holder of a claim does: `claim` is its name, `at` when it was taken.

    `given` says whether SDS was given the files, as far as we know.
    """

    world: World
    delivery: Delivery
    manifest: DeliveryManifest
    claim: str
    at: datetime
    destination: Destination
    budget: Budget
    given: Literal["yes", "no", "unknown"] = "no"

    def take(self) -> Step:
        """Do what only the holder of a claim may do, and say in its `.done` how it went."""
        failure: Fault | None = None
        try:
            with concerning(connector=self.destination.connector, delivery=self.delivery.id):
                step = self._submit()
        except TargetError as error:
            failure = fault(error)
            if not error.outcome_unknown:
                self.given = "no"
            raise
        finally:
            if self.given != "unknown":
                done = ClaimDone(delivery=self.delivery.id, submitted=self.given, fault=failure)
                self.world.store.claim(f"{self.claim}.done", done.to_json())
        return step

    def _submit(self) -> Step:
        connector = self.destination.connector
        before = look(self.world, connector)  # what was seen before the claim may have changed
        if not _is_alone(before, self.delivery):
            return _busy(connector, self.delivery)
        _check_baselines(before, self.delivery, self.claim)
        self._upload()
        after = look(self.world, connector)  # a person may have rejected it, or a newer come
        if not _is_alone(after, self.delivery):
            return _busy(connector, self.delivery)
        # A machine that slept may come back after its claim is over and another has begun.
        if after.now - before.now > states.CLAIM_LASTS / 2:
            raise TargetUnavailable("the upload took too long: nothing was validated")
        self.given = "unknown"
        answer = self.world.target().validate(self.destination.sds_id, self.budget)
        self._note(answer)
        self.given = "yes"  # only now: until the mark stands, nobody knows that SDS is reading
        facts = dict(self.manifest.counts) | _of_flow(self.destination, after.now)
        return Step(
            "hand-over",
            Outcome.SUBMITTED,
            connector,
            self.delivery.id,
            facts,
            again_in_s=QUICK_AGAIN_S,
        )

    def _upload(self) -> None:
        """Put every file into a fresh session."""
        files = self.delivery.files(self.manifest)
        target = self.world.target()
        session = target.open_session(self.destination.sds_id, self.budget)
        for name in columns(files):
            target.put_file(session, name, files[name], self.budget)

    def _note(self, answer: HandedOver) -> None:
        """Note where to ask what became of it and which flows are ours; then that SDS has it."""
        tracking = Tracking(
            address=answer.location,
            connector=self.destination.sds_id,
            flows=self.destination.flows,
            since=self.at,
        )
        self.delivery.create(tracking, hand_over_number(self.claim))
        submitted = Submitted(
            operation=answer.operation_id,
            digest=self.manifest.digest,
            claim=self.claim,
            at=self.world.clock.now(),
        )
        self.delivery.create(submitted)


def _is_alone(listing: Listing, delivery: Delivery) -> bool:
    """Say whether *delivery* is still what is to be sent, and SDS is not checking another."""
    ready = [each.id for each in listing.in_state(State.READY)]
    return ready == [delivery.id] and not listing.in_state(State.SUBMITTED)


def _check_baselines(listing: Listing, delivery: Delivery, claim: str) -> None:
    """Refuse a plan that was not made against all that SDS may hold now; *claim* is ours."""
    if against := delivery.read_if_listed(Against):
        planned = set(against.deliveries)
    else:  # a plan of the version before
        baseline = delivery.read(Plan).against
        planned = {baseline} if baseline else set()
    held = {hand_over.delivery_id for hand_over in listing.may_hold(claim)}
    if held - planned - {delivery.id}:
        raise PlanOutdated(
            "SDS may hold another delivery since this was compared: the next pull makes a new one"
        )


def _of_flow(destination: Destination, now: datetime) -> dict[str, int | str]:
    """Return what is to be told of our inbound flow: how it is, if odd, and how long it lasts."""
    facts: dict[str, int | str] = {"flow": destination.odd} if destination.odd else {}
    if destination.ends_at:
        facts["flow_days"] = (destination.ends_at - now).days
    return facts
