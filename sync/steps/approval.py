"""A person's answer to a delivery that is held: yes or no, for exactly these files, once.

An answer covers the delivery's digest. If two people answer at once, a rejection wins; of two equal
answers only the first counts, and the second is refused.
"""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sync.edge.world import World
from sync.errors import AnswerRefused, concerning
from sync.ledger.marks import Approved, Rejected
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import receipts
from sync.steps.connector import Listing, find
from sync.steps.delivery import Delivery


class Answered(NamedTuple):
    """What came of a person's answer: for which connector, and the word for it."""

    connector: str
    outcome: Outcome


def approve(world: World, delivery_id: str) -> Answered:
    """Let a held delivery go; it may go for 24 h.

    To approve an *unproven* delivery says: I have looked in SDS, it holds this.

    Raises:
        AnswerRefused: there is no such delivery, or it does not wait for an answer.
    """
    listing, delivery = find(world, delivery_id)
    state = _state(listing, delivery)
    with concerning(connector=listing.connector, delivery=delivery.id):
        if state is State.UNPROVEN:
            world.tell(receipts.vouch(world, listing, delivery))
            return Answered(listing.connector, Outcome.TAKEN)
        if state is not State.HELD:
            raise _not_held(listing, delivery, state)
        _write(world, delivery, Approved)
    world.nudges.nudge("send", {"connector": listing.connector})
    return Answered(listing.connector, Outcome.APPROVED)


def reject(world: World, delivery_id: str) -> Answered:
    """End a held delivery, or any that may go and has not gone yet: approved, or within limits.

    Raises:
        AnswerRefused: there is no such delivery, or it is too late to say no.
    """
    listing, delivery = find(world, delivery_id)
    state = _state(listing, delivery)
    with concerning(connector=listing.connector, delivery=delivery.id):
        if state not in {State.HELD, State.READY}:
            raise _not_held(listing, delivery, state)
        _write(world, delivery, Rejected)
    return Answered(listing.connector, Outcome.REJECTED)


def _state(listing: Listing, delivery: Delivery) -> State:
    return next(state for listed, state in listing.states if listed.id == delivery.id)


def _not_held(listing: Listing, delivery: Delivery, state: State) -> AnswerRefused:
    """Return the refusal of an answer to *delivery*; the newest is a fact if it is another."""
    newest = listing.deliveries[-1].id
    return AnswerRefused(
        f"this delivery is not held but {state.value}, so nothing was changed: `isams-sync status`"
        " tells how it stands",
        state=state.value,
        **({"newest": newest} if newest != delivery.id else {}),
    )


def _write(world: World, delivery: Delivery, answer: type[Approved | Rejected]) -> None:
    """Write the answer, marked as this call's: of two equal answers only the first is kept."""
    digest = delivery.manifest().digest
    if not delivery.claim(answer(digest=digest, at=world.store.now(), by=uuid.uuid4().hex)):
        raise AnswerRefused(
            "somebody has answered at the same moment: `isams-sync status` tells how it stands"
        )
