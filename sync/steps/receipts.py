"""The last word on a delivery: its receipt, from SDS's check, from a run, or from a person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict

from sync.edge.world import World
from sync.errors import AnswerRefused, TargetError, TargetRejected
from sync.ledger import fates
from sync.ledger.fates import Fate
from sync.ledger.holdings import handed_at
from sync.ledger.marks import Accepted, Receipt, Submitted, Vouched
from sync.report import Outcome, Step
from sync.steps.connector import Listing
from sync.steps.delivery import Delivery
from sync.steps.verdicts import Verdict


def accept(world: World, delivery: Delivery, *, warnings: int = 0) -> None:
    """Note that SDS holds the files of *delivery*, or will with its next run."""
    operation = delivery.read(Submitted).operation
    delivery.claim(Accepted(operation=operation, at=world.clock.now(), warnings=warnings))


def write_receipt(listing: Listing, delivery: Delivery, receipt: Receipt) -> Step:
    """Write the last word on *delivery*."""
    delivery.claim(receipt)
    fate = fates.fate_of(delivery, receipt)
    facts: dict[str, int | str] = {}
    if fate not in _UNANSWERED:
        facts = dict(receipt.counts) | {
            "receipt": receipt.outcome,
            "run": receipt.run.get("status", ""),
        }
    error = _error(fate, receipt)
    return Step("receipt", _OUTCOMES[fate], listing.connector, delivery.id, facts, error=error)


_UNANSWERED = frozenset({Fate.REFUSED, Fate.INCOMPLETE, Fate.GAVE_UP, Fate.NO_ANSWER})
_OUTCOMES: Mapping[Fate, Outcome] = {
    **dict.fromkeys(_UNANSWERED, Outcome.REFUSED),
    Fate.TAKEN: Outcome.TAKEN,
    Fate.DONE: Outcome.DONE,
    Fate.FAULTY: Outcome.FAULTY,
    Fate.ENDED: Outcome.ENDED,
    Fate.NOT_TAKEN: Outcome.NOT_TAKEN,
    Fate.UNSEEN: Outcome.NOT_TAKEN,
    Fate.REPLACED: Outcome.REPLACED,
}


def _error(fate: Fate, receipt: Receipt) -> TargetError | None:
    """Return what a person must know of how a delivery ended, None if nothing."""
    if fate in {Fate.REFUSED, Fate.INCOMPLETE}:
        return TargetRejected(
            "SDS found faults in the files: status shows file and code",
            faults=len(receipt.faults),
            receipt=receipt.outcome,
        )
    if fate in {Fate.GAVE_UP, Fate.NO_ANSWER}:
        return TargetRejected(
            "SDS gave no answer that we could read: look at it in the SDS portal",
            faults=0,
            receipt=receipt.outcome,
        )
    return None


# -- what a run says -----------------------------------------------------------------------------


def write_verdict(world: World, listing: Listing, delivery: Delivery, verdict: Verdict) -> Step:
    """Write what *verdict* says: the acceptance first where only its counts proved it."""
    if verdict.outcome == "completed" and not delivery.has(Accepted):
        accept(world, delivery)
    receipt = Receipt(
        outcome=verdict.outcome, at=listing.now, run=_run(verdict), counts=_counts(verdict)
    )
    return write_receipt(listing, delivery, receipt)


def _run(verdict: Verdict) -> dict[str, str]:
    """Return what a receipt says of the run; blank words are left out."""
    words = {
        "id": verdict.run.id if verdict.run else "",
        "status": verdict.run.status if verdict.run else "",
        "blocked_by": (verdict.run.blocked_by or "") if verdict.run else "",
        fates.OURS: verdict.ours,
        fates.WHOSE: verdict.whose or "",
        fates.KNOWN_BY: "counts" if verdict.by_counts else "",
        fates.REPLACED_BY: verdict.replaced_by,
    }
    return {name: word for name, word in words.items() if word}


def _counts(verdict: Verdict) -> dict[str, int]:
    """Return the counts by name; what SDS left out is left out, because it is not 0."""
    counts = asdict(verdict.counts) if verdict.counts else {}
    return {name: value for name, value in counts.items() if isinstance(value, int)}


# -- a person's word -----------------------------------------------------------------------------


def demand_vouchable(listing: Listing, delivery: Delivery) -> None:
    """Return if a person's word that SDS holds *delivery* can be taken.

    Raises:
        AnswerRefused: something was handed over after it, so it may be gone again.
    """
    later = [each for each in listing.may_hold() if each.delivery_id != delivery.id]
    at = handed_at(delivery, listing.claims)
    if at is None or any(each.at > at for each in later):
        raise AnswerRefused(
            "a newer delivery was handed to SDS since: whether SDS holds this still, nobody"
            " can say: see `isams-sync status`"
        )


def vouch(world: World, listing: Listing, delivery: Delivery) -> Step:
    """Take a person's word that SDS holds the unproven *delivery*; see `demand_vouchable`."""
    delivery.claim(Vouched(at=listing.now, by=uuid.uuid4().hex, caller=world.caller))
    return write_vouched(world, listing, delivery)


def write_vouched(world: World, listing: Listing, delivery: Delivery) -> Step:
    """Write what follows from a person's word; every part may be there already."""
    if not delivery.has(Accepted):
        accept(world, delivery)
    receipt = Receipt(outcome="completed", at=listing.now, run={fates.KNOWN_BY: "person"})
    return write_receipt(listing, delivery, receipt)
