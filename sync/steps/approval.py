"""A person's answer to what is held: yes or no, for exactly these sets, once.

What waits is a school's offer: an answer covers the step from what SDS has of the school to these
sets, so other schools may go on meanwhile. To answer a delivery is to answer every offer of it that
is held; and the delivery itself, if it was held as a whole. If two people answer at once, a
rejection wins; of two equal answers only the first counts, and the second is refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sync.edge.world import World
from sync.errors import AnswerRefused, concerning
from sync.ledger import offers
from sync.ledger.marks import Approved, Hold, Rejected
from sync.ledger.offers import ANSWERABLE, HeldOffer, Schools, Why
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.steps import receipts
from sync.steps.connector import Listing, find, find_offer, newest_sets
from sync.steps.delivery import Delivery, StoredFolder
from sync.steps.offers import Offer, View, is_approved, view


class Answered(NamedTuple):
    """What came of a person's answer: for which connector, the word for it, and what it covers.

    `offers` are the ids of the offers that were answered, by school. `delivery` is that of the
    delivery that was answered beside them: it goes, or does not, just as it is.
    """

    connector: str
    outcome: Outcome
    offers: Mapping[str, str]
    delivery: str = ""


type Answer = type[Approved | Rejected]


def approve(world: World, answered_id: str) -> Answered:
    """Let a held offer go, or all that are held of a delivery; they may go for 24 h.

    To approve an *unproven* delivery says: I have looked in SDS, it holds this.

    Raises:
        AnswerRefused: there is nothing of that id, or it does not wait for an answer.
    """
    if found := find_offer(world, answered_id):
        return _answer_offer(world, *found, answered_id, Approved)
    listing, delivery = find(world, answered_id)
    with concerning(connector=listing.connector, delivery=delivery.id):
        if _state(listing, delivery) is State.UNPROVEN:
            world.tell(receipts.vouch(world, listing, delivery))
            return Answered(listing.connector, Outcome.TAKEN, {}, delivery.id)
        return _answer_delivery(world, listing, delivery, Approved)


def reject(world: World, answered_id: str) -> Answered:
    """End a held offer or delivery, or any that may go and has not gone yet.

    Raises:
        AnswerRefused: there is nothing of that id, or it is too late to say no.
    """
    if found := find_offer(world, answered_id):
        return _answer_offer(world, *found, answered_id, Rejected)
    listing, delivery = find(world, answered_id)
    with concerning(connector=listing.connector, delivery=delivery.id):
        return _answer_delivery(world, listing, delivery, Rejected)


def _answer_delivery(
    world: World, listing: Listing, delivery: Delivery, answer: Answer
) -> Answered:
    """Answer the offers of *delivery* that wait, and then itself, if it waits."""
    now = _view(world, listing)
    meant = [*_offers_meant(listing, now, delivery, answer)]
    waits = _waits_itself(listing, now, delivery, answer, is_alone=not meant)
    if waits:
        _demand_unanswered(delivery, answer)
    answered = {
        offer.school: offer.name.id
        for offer in meant
        if _write(_folder(listing, offer, answer), answer, offer.name.digest)
    }
    was_first = _write(delivery, answer, delivery.manifest().digest) if waits else bool(answered)
    if not was_first:
        raise _too_late()
    return _answered(world, listing, answer, answered, delivery.id if waits else "")


def _waits_itself(
    listing: Listing, now: View, delivery: Delivery, answer: Answer, *, is_alone: bool
) -> bool:
    """Say whether *delivery* waits for an *answer* just as it is, with all that it has.

    Raises:
        AnswerRefused: it *is_alone*, without an offer that waits, and does not.
    """
    state = _state(listing, delivery)
    waits = state is State.HELD or (answer is Rejected and state is State.READY)
    if not waits and is_alone:
        raise _not_held(listing, delivery, state)
    is_current = answer is Rejected or _is_current(listing, now, delivery)
    if not is_current and is_alone:
        raise _superseded(None)
    return waits and is_current


def _answer_offer(
    world: World, listing: Listing, school: str, offer_id: str, answer: Answer
) -> Answered:
    """Answer the offer of that id, of *school*; and the delivery that waits for it alone."""
    with concerning(connector=listing.connector, school=school):
        offer = _view(world, listing).of(school)
        if offer is None or not offers.is_step_of(offer_id, offer.name.digest):
            raise _superseded(offer)
        if not _waits(listing, offer, answer):
            raise _waits_not(offer)
        if not _write(_folder(listing, offer, answer), answer, offer.name.digest):
            raise _too_late()
        delivery_id = _answer_whole(listing, offer, answer)
    return _answered(world, listing, answer, {school: offer.name.id}, delivery_id)


def _answer_whole(listing: Listing, offer: Offer, answer: Answer) -> str:
    """Answer the newest delivery as well, if it waits for *offer* alone; return its id, or ""."""
    for newest, state in listing.states[-1:]:
        schools = newest.schools() if state is State.HELD else None
        parts = schools.parts.values() if schools else ()
        is_alone = {part.offer for part in parts if part.offer} == {offer.name.id}
        if is_alone and not newest.read(Hold).is_whole:
            return newest.id if _write(newest, answer, newest.manifest().digest) else ""
    return ""


# -- whom an answer means ------------------------------------------------------------------------


def _offers_meant(
    listing: Listing, now: View, delivery: Delivery, answer: Answer
) -> Iterator[Offer]:
    """Yield the offers that an answer to *delivery* means.

    Those of it that wait, as long as there is nothing newer of the school. A no means all of it.
    """
    schools = delivery.schools()
    for offer in now.offers if schools else ():
        if schools and _waits(listing, offer, answer) and _is_of(offer, schools):
            yield offer


def _waits(listing: Listing, offer: Offer, answer: Answer) -> bool:
    """Say whether *offer* waits for an *answer*; what may go and has not gone waits for a no.

    The same step as one that is held waits like that one, before it is compared again.
    """
    if offer.why is not None or answer is Rejected:
        return offer.why in {None, *ANSWERABLE}
    steps = offers.same_step(listing.offers.get(offer.school, ()), offer.name.digest)
    is_held = any(step.has(HeldOffer) for step in steps)
    return is_held and not is_approved(listing, offer.school, offer.name.digest)


def _is_current(listing: Listing, now: View, delivery: Delivery) -> bool:
    """Say whether every school offers what *delivery* has of it, and nobody said no to any.

    Of what is restored, and of a delivery of the version before, nothing was offered.
    """
    schools = delivery.schools()
    for school, part in schools.parts.items() if schools else ():
        offer = now.of(school)
        if part.offer and (offer is None or offer.now != part.now):
            return False
        steps = offers.same_step(listing.offers.get(school, ()), part.digest)
        if part.offer and offers.is_rejected(steps):
            return False
    return True


def _is_of(offer: Offer, schools: Schools) -> bool:
    """Say whether a delivery has *offer*, or was made without it because it waits."""
    part = schools.parts.get(offer.school)
    if part and part.offer:
        return part.offer == offer.name.id
    word = part.why if part else schools.left_out.get(offer.school)
    as_seen = all(schools.seen.get(key) == set_id for key, set_id in offer.sources.items())
    return as_seen and word == offer.why


def _view(world: World, listing: Listing) -> View:
    return view(world, listing, newest_sets(world, listing.connector))


def _folder(listing: Listing, offer: Offer, answer: Answer) -> StoredFolder:
    """Return where an *answer* to *offer* is written.

    A yes that went by, or that a restore has undone, stays where it is: the next has the folder of
    the second after it, which is the same for all who answer now.
    """
    steps = offers.same_step(listing.offers.get(offer.school, ()), offer.name.digest)
    last = offers.approved_at(steps) if answer is Approved else None
    name = offer.name.after(last) if last else offer.name
    return StoredFolder(name.id, {}, listing.store, offers.folder_of(listing.prefix, offer.school))


# -- the answer ----------------------------------------------------------------------------------


def _answered(
    world: World, listing: Listing, answer: Answer, answered: Mapping[str, str], delivery_id: str
) -> Answered:
    outcome = Outcome.REJECTED if answer is Rejected else Outcome.APPROVED
    for school, offer_id in answered.items():
        world.tell(Step("offer", outcome, school, offer_id))
    if answer is Approved:
        world.nudges.nudge("send", {"connector": listing.connector})
    return Answered(listing.connector, outcome, answered, delivery_id)


def _write(folder: StoredFolder, answer: Answer, digest: str) -> bool:
    """Write the answer, marked as this call's: of two equal answers only the first is kept."""
    now = folder.store.now()
    return folder.claim(answer(digest=digest, at=now, by=uuid.uuid4().hex))


def _demand_unanswered(delivery: Delivery, answer: Answer) -> None:
    """Refuse a second equal answer before any of its offers is answered."""
    now = delivery.store.blobs(delivery.path(answer.file_name))
    if any(blob.name == delivery.path(answer.file_name) for blob in now):
        raise _too_late()


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


def _superseded(offer: Offer | None) -> AnswerRefused:
    """Return the refusal of an answer to what a school does not offer any more, but *offer*."""
    tells = "`isams-sync status` tells what waits now"
    if offer is None:
        return AnswerRefused(
            "the school has newer sets, or SDS has these already, or they are older than 48 h, so"
            f" nothing was changed: {tells}"
        )
    state = offer.why.value if offer.why else "next"
    if offer.why is Why.SAME:
        why = "SDS has what the school offers already"
    elif offer.why in {Why.STALE, Why.UNREAD}:
        why = "what was read of the school is older than 48 h, or is gone"
    else:
        why = "the school offers something newer"
        return AnswerRefused(
            f"{why}, so nothing was changed: {tells}", state=state, newest=offer.name.id
        )
    return AnswerRefused(f"{why}, so nothing was changed: {tells}", state=state)


_FIRST_ELSE: Mapping[Why | None, str] = {
    Why.ELSEWHERE: "first approve that it leaves the other connector, which holds it",
    Why.CONFLICT: "first mend the id that two schools use, and have this one read again",
    Why.REJECTED: "a person has said no: the next other reading makes another offer",
}


def _waits_not(offer: Offer) -> AnswerRefused:
    """Return the refusal of an answer to *offer*, which waits for none."""
    state = offer.why.value if offer.why else "approved"
    what = _FIRST_ELSE.get(offer.why, "`isams-sync status` tells how it stands")
    return AnswerRefused(
        f"this does not wait for an answer but is {state}, so nothing was changed: {what}",
        state=state,
    )


def _too_late() -> AnswerRefused:
    return AnswerRefused(
        "somebody has answered at the same moment: `isams-sync status` tells how it stands"
    )
