"""A person's answer to what is held: yes or no, for exactly these sets, once.

What waits is a school's offer: an answer covers the step from what SDS has of the school to these
sets, so other schools may go on meanwhile. To answer a delivery is to answer every offer of it that
is held; and the delivery itself, if it was held as a whole. If two people answer at once, a
rejection wins; of two equal answers only the first counts, and the second is told whose that was.

All that an answer to an id is about has a digest, whole or in eight digits. Who gives it with the
answer says so what they mean, and is refused if it is another by now.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Set
from typing import NamedTuple

from sync.edge.world import World
from sync.errors import AnswerOutdated, concerning
from sync.ledger import callers
from sync.ledger.marks import Approved, Hold, Rejected
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.steps import receipts
from sync.steps.delivery import Delivery, StoredFolder
from sync.steps.meant import Answer, Answerable, meant, too_late


class Answered(NamedTuple):
    """What came of a person's answer: for which connector, the word for it, and what it covers.

    `offers` are the ids of the offers that were answered, by school. `delivery` is that of the
    delivery that was answered beside them: it goes, or does not, just as it is.
    """

    connector: str
    outcome: Outcome
    offers: Mapping[str, str]
    delivery: str = ""


def approve(world: World, answered_id: str, digest: str | None = None) -> Answered:
    """Let a held offer go, or all that are held of a delivery; they may go for 24 h.

    To approve an *unproven* delivery says: I have looked in SDS, it holds this. With a *digest*
    (see `digest_of`) it is only what that stands for.

    Raises:
        AnswerRefused: there is nothing of that id, or it does not wait for an answer.
        AnswerOutdated: *digest* is of something else.
    """
    return _answer(world, meant(world, answered_id, Approved), digest)


def reject(world: World, answered_id: str, digest: str | None = None) -> Answered:
    """End a held offer or delivery, or any that may go and has not gone yet.

    Raises:
        AnswerRefused: there is nothing of that id, or it is too late to say no.
        AnswerOutdated: *digest* is of something else.
    """
    return _answer(world, meant(world, answered_id, Rejected), digest)


def digest_of(world: World, answered_id: str, answer: Answer = Approved) -> str:
    """Return the eight digits of what *answer* to that id would be about now.

    Raises:
        AnswerRefused: there is nothing of that id, or it does not wait for this answer.
    """
    return meant(world, answered_id, answer).digest


def demand(world: World, answered_id: str, digest: str) -> None:
    """Return if that id waits for an answer, and *digest* is of it as it is now.

    Raises:
        AnswerRefused: there is nothing of that id, or it waits for none.
        AnswerOutdated: *digest* is of something else.
    """
    _demand_same(meant(world, answered_id, Approved), digest)


def _demand_same(what: Answerable, digest: str) -> None:
    if digest not in {what.digest, what.full}:
        raise AnswerOutdated(
            f"what waits is {what.digest} now, and this answer is for something else, so"
            " nothing was changed: look at it again, then answer with these digits",
            digest=what.digest,
        )


def _answer(world: World, what: Answerable, digest: str | None) -> Answered:
    """Write the answer on *what* it means, and nudge."""
    connector = what.listing.connector
    with concerning(connector=connector, **what.about):
        if digest is not None:
            _demand_same(what, digest)
        if what.vouches and what.delivery:
            world.tell(receipts.vouch(world, what.listing, what.delivery))
            return Answered(connector, Outcome.TAKEN, {}, what.delivery.id)
        return _written(world, what)


def _written(world: World, what: Answerable) -> Answered:
    """Answer the offers, and then the delivery; being second to all of it is too late."""
    offers = {
        each.school: each.offer_id
        for each in what.offers
        if _write(world, each.folder, what.answer, each.digest)
    }
    delivery = what.delivery
    was_first = bool(offers)
    if delivery:
        was_first = _write(world, delivery, what.answer, delivery.manifest().digest)
    if not was_first:
        raise too_late([each.folder for each in what.offers] + ([delivery] if delivery else []))
    delivery_id = delivery.id if delivery else _answer_whole(world, what)
    return _answered(world, what, offers, delivery_id)


def _answer_whole(world: World, what: Answerable) -> str:
    """Answer the newest delivery as well, if it waits for a single offer; return its id, or ""."""
    offered = {each.offer_id for each in what.offers}
    for newest, state in what.listing.states[-1:]:
        if what.is_one_offer and state is State.HELD and _waits_for(newest, offered):
            digest = newest.manifest().digest
            return newest.id if _write(world, newest, what.answer, digest) else ""
    return ""


def _waits_for(delivery: Delivery, offered: Set[str]) -> bool:
    """Say whether a held *delivery* waits for these offers alone, and not as a whole."""
    schools = delivery.schools()
    has = {part.offer for part in (schools.parts.values() if schools else ()) if part.offer}
    return has == offered and not delivery.read(Hold).is_whole


def _answered(
    world: World, what: Answerable, offers: Mapping[str, str], delivery_id: str
) -> Answered:
    outcome = Outcome.REJECTED if what.answer is Rejected else Outcome.APPROVED
    for school, offer_id in offers.items():
        world.tell(Step("offer", outcome, school, offer_id, callers.facts(world.caller)))
    if what.answer is Approved:
        world.nudges.nudge("send", {"connector": what.listing.connector})
    return Answered(what.listing.connector, outcome, offers, delivery_id)


def _write(world: World, folder: StoredFolder, answer: Answer, digest: str) -> bool:
    """Write the answer, marked as this call's: of two equal answers only the first is kept."""
    now, mark = folder.store.now(), uuid.uuid4().hex
    return folder.claim(answer(digest=digest, at=now, by=mark, caller=world.caller))
