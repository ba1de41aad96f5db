"""Whom an answer to an id means at this moment, and why there may be nothing to answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sync.edge.world import World
from sync.errors import AnswerRefused, concerning
from sync.ledger import ids, offers
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import Approved, Rejected, Submitted
from sync.ledger.offers import ANSWERABLE, HeldOffer, Schools, Why, full_digest
from sync.ledger.states import State
from sync.steps import answers, receipts
from sync.steps.answers import replaced_by, said_of
from sync.steps.connector import Listing, find, find_offer, newest_sets
from sync.steps.delivery import Delivery, StoredFolder
from sync.steps.offers import Offer, View, is_approved, offer_of, view
from sync.steps.status_values import seconds
from sync.steps.unfolded import demand_folded

type Answer = type[Approved | Rejected]


class OfferMeant(NamedTuple):
    """An offer that is answered: whose, its id, where its answer is written, and its digest."""

    school: str
    offer_id: str
    folder: StoredFolder
    digest: str


@dataclass(frozen=True, slots=True)
class Answerable:
    """What an answer to an id is written on, and `full`: what it is about, in 64 digits.

    `delivery` is the delivery that is answered itself, if it is; `vouches`: that SDS holds it.
    `is_one_offer`: the id was an offer's. `about` is what an error of it concerns.
    """

    listing: Listing
    answer: Answer
    full: str
    about: Mapping[str, str]
    offers: Sequence[OfferMeant] = ()
    delivery: Delivery | None = None
    vouches: bool = False
    is_one_offer: bool = False

    @property
    def digest(self) -> str:
        """What it is about, in the eight digits that a person types."""
        return self.full[:8]


def meant(world: World, answered_id: str, answer: Answer) -> Answerable:
    """Return what *answer* to that id means.

    Raises:
        AnswerRefused: there is nothing of that id, or it does not wait for this answer.
    """
    if found := find_offer(world, answered_id):
        return _of_offer(world, *found, answered_id, answer)
    listing, delivery = find(world, answered_id)
    with concerning(connector=listing.connector, delivery=delivery.id):
        if answer is Approved and _state(listing, delivery) is State.UNPROVEN:
            return _unproven(listing, delivery)
        return _of_delivery(world, listing, delivery, answer)


def delivery_digest(listing: Listing, delivery: Delivery, now: Iterable[Offer]) -> str:
    """Return the eight digits of what an answer to *delivery* is about, "" if there is nothing."""
    return _full_digest(listing, delivery, now)[:8]


def _full_digest(listing: Listing, delivery: Delivery, now: Iterable[Offer]) -> str:
    """Return the digest of what an answer to *delivery* is about, "" if there is nothing.

    It is of itself, if it waits or may go, and of each of the offers *now* that it was made with or
    without. Of them a yes means those that wait, and a no those that may go as well.
    """
    state = _state(listing, delivery)
    digests = [offer.name.digest for offer in _offers_of(delivery, now)]
    if state is State.UNPROVEN:
        digests.append(delivery.read(Submitted).digest)
    elif state in {State.HELD, State.READY}:
        digests.append(delivery.manifest().digest)
    return full_digest(digests) if digests else ""


# -- a delivery ----------------------------------------------------------------------------------


def _unproven(listing: Listing, delivery: Delivery) -> Answerable:
    receipts.demand_vouchable(listing, delivery)
    return Answerable(
        listing,
        Approved,
        _full_digest(listing, delivery, ()),
        {"delivery": delivery.id},
        delivery=delivery,
        vouches=True,
    )


def _of_delivery(world: World, listing: Listing, delivery: Delivery, answer: Answer) -> Answerable:
    """Return the offers of *delivery* that wait, and itself, if it waits."""
    now = _view(world, listing)
    answered = [
        OfferMeant(offer.school, offer.name.id, _folder(listing, offer, answer), offer.name.digest)
        for offer in _offers_of(delivery, now.offers)
        if _waits(listing, offer, answer)
    ]
    waits = _waits_itself(world, listing, now, delivery, answer, is_alone=not answered)
    if waits:
        _demand_unanswered(delivery, answer)
    if not delivery.has(DeliveryManifest) or not delivery.manifest().restores:
        demand_folded(world, delivery.sources() or {})
    return Answerable(
        listing,
        answer,
        _full_digest(listing, delivery, now.offers),
        {"delivery": delivery.id},
        answered,
        delivery if waits else None,
    )


def _waits_itself(
    world: World,
    listing: Listing,
    now: View,
    delivery: Delivery,
    answer: Answer,
    *,
    is_alone: bool,
) -> bool:
    """Say whether *delivery* waits for an *answer* just as it is, with all that it has.

    Raises:
        AnswerRefused: it *is_alone*, without an offer that waits, and does not.
    """
    state = _state(listing, delivery)
    waits = state is State.HELD or (answer is Rejected and state is State.READY)
    if not waits and is_alone:
        raise _not_held(world, listing, delivery, state)
    is_current = answer is Rejected or _is_current(listing, now, delivery)
    if not is_current and is_alone:
        raise AnswerRefused(_OLD)
    return waits and is_current


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


def _offers_of(delivery: Delivery, now: Iterable[Offer]) -> Iterator[Offer]:
    """Yield those of the offers *now* that may be answered, and that *delivery* has or waits for.

    As long as there is nothing newer of the school.
    """
    answerable = [offer for offer in now if offer.why is None or offer.why in ANSWERABLE]
    schools = delivery.schools() if answerable else None
    for offer in answerable:
        if schools and _is_of(offer, schools):
            yield offer


def _is_of(offer: Offer, schools: Schools) -> bool:
    """Say whether a delivery has *offer*, or was made without it because it waits."""
    part = schools.parts.get(offer.school)
    if part and part.offer:
        return part.offer == offer.name.id
    word = part.why if part else schools.left_out.get(offer.school)
    as_seen = all(schools.seen.get(key) == set_id for key, set_id in offer.sources.items())
    return as_seen and word == offer.why


def _demand_unanswered(delivery: Delivery, answer: Answer) -> None:
    """Refuse a second equal answer before any of its offers is answered."""
    now = delivery.store.blobs(delivery.path(answer.file_name))
    if any(blob.name == delivery.path(answer.file_name) for blob in now):
        raise too_late([delivery])


def _state(listing: Listing, delivery: Delivery) -> State:
    return next(state for listed, state in listing.states if listed.id == delivery.id)


# -- an offer ------------------------------------------------------------------------------------


def _of_offer(
    world: World, listing: Listing, school: str, offer_id: str, answer: Answer
) -> Answerable:
    """Return the offer of that id, of *school*, if it is the school's newest and waits."""
    with concerning(connector=listing.connector, school=school):
        offer = offer_of(world, listing, newest_sets(world, listing.connector), school)
        if offer is None or not offers.is_step_of(offer_id, offer.name.digest):
            prefix = offers.folder_of(listing.prefix, school)
            former = StoredFolder(offer_id, {}, world.store, prefix)
            raise _superseded(world, former, offer)
        folder, digest = _folder(listing, offer, answer), offer.name.digest
        if not _waits(listing, offer, answer):
            raise _waits_not(listing, folder, offer)
        demand_folded(world, offer.sources)
        return Answerable(
            listing,
            answer,
            full_digest([digest]),
            {"school": school},
            [OfferMeant(school, offer.name.id, folder, digest)],
            is_one_offer=True,
        )


def _waits(listing: Listing, offer: Offer, answer: Answer) -> bool:
    """Say whether *offer* waits for an *answer*; what may go and has not gone waits for a no.

    The same step as one that is held waits like that one, before it is compared again.
    """
    if offer.why is not None or answer is Rejected:
        return offer.why in {None, *ANSWERABLE}
    steps = offers.same_step(listing.offers.get(offer.school, ()), offer.name.digest)
    is_held = any(step.has(HeldOffer) for step in steps)
    return is_held and not is_approved(listing, offer.school, offer.name.digest)


def _folder(listing: Listing, offer: Offer, answer: Answer) -> StoredFolder:
    """Return where an *answer* to *offer* is written.

    A yes that went by, or that a restore has undone, stays where it is: the next has the folder of
    the second after it, which is the same for all who answer now.
    """
    steps = offers.same_step(listing.offers.get(offer.school, ()), offer.name.digest)
    last = offers.approved_at(steps) if answer is Approved else None
    name = offer.name.after(last) if last else offer.name
    return StoredFolder(name.id, {}, listing.store, offers.folder_of(listing.prefix, offer.school))


def _view(world: World, listing: Listing) -> View:
    return view(world, listing, newest_sets(world, listing.connector))


# -- why there is nothing to answer --------------------------------------------------------------

_TELLS = "`isams-sync status` tells what waits now"
_OLD = (
    "the school has newer sets, or SDS has these already, or they are older than 48 h, so nothing"
    f" was changed: {_TELLS}"
)


def too_late(folders: Iterable[StoredFolder]) -> AnswerRefused:
    """Return the refusal of an answer to *folders* by who came second, with who came first."""
    tells = "so nothing was changed: `isams-sync status` tells how it stands"
    if said := said_of(folders):
        return AnswerRefused(
            f"this was {answers.words(said)} already, {tells}", **answers.facts(said)
        )
    return AnswerRefused(f"somebody has answered at the same moment, {tells}")


def _not_held(world: World, listing: Listing, delivery: Delivery, state: State) -> AnswerRefused:
    """Return the refusal of an answer to *delivery*, with what replaced it or who answered it."""
    facts, since = {"state": state.value}, ""
    schools, newest = delivery.schools(), listing.deliveries[-1]
    answered = [
        StoredFolder(part.offer, {}, world.store, offers.folder_of(listing.prefix, school))
        for school, part in (schools.parts.items() if schools else ())
        if part.offer
    ]
    if newest.id != delivery.id:
        facts |= {"newest": newest.id, "replaced_at": seconds(ids.pulled_at(newest.id))}
    if said := said_of([delivery, *answered]):
        facts |= answers.facts(said)
        since = f" ({answers.words(said)})"
    return AnswerRefused(
        f"this delivery is not held but {state.value}{since}, so nothing was changed:"
        " `isams-sync status` tells how it stands",
        **facts,
    )


def _superseded(world: World, former: StoredFolder, offer: Offer | None) -> AnswerRefused:
    """Return the refusal of an answer to *former*, in whose place a school offers *offer* now."""
    said = said_of([former])
    facts, was = (answers.facts(said), f"this was {answers.words(said)}; ") if said else ({}, "")
    if offer is None:
        return AnswerRefused(f"{was}{_OLD}", **facts)
    facts |= {"state": offer.why.value if offer.why else "next"}
    if offer.why is Why.SAME:
        why = "SDS has what the school offers already"
    elif offer.why in {Why.STALE, Why.UNREAD}:
        why = "what was read of the school is older than 48 h, or is gone"
    else:
        newer = replaced_by(world, offer)
        facts = newer | facts
        at = newer.get("replaced_at")
        why = f"the school offers something newer{f' since {at}' if at else ''}"
    return AnswerRefused(f"{was}{why}, so nothing was changed: {_TELLS}", **facts)


_FIRST_ELSE: Mapping[Why | None, str] = {
    Why.ELSEWHERE: "first approve that it leaves the other connector, which holds it",
    Why.CONFLICT: "first mend the id that two schools use, and have this one read again",
    Why.REJECTED: "a person has said no: the next other reading makes another offer",
}


def _waits_not(listing: Listing, folder: StoredFolder, offer: Offer) -> AnswerRefused:
    """Return the refusal of an answer to *offer*, which waits for none."""
    state = offer.why.value if offer.why else "approved"
    what = _FIRST_ELSE.get(offer.why, "`isams-sync status` tells how it stands")
    is_answered = offer.why in {None, Why.REJECTED}
    steps = offers.same_step(listing.offers.get(offer.school, ()), offer.name.digest)
    said = said_of([folder, *steps]) if is_answered else None
    how = answers.words(said) if said else state
    return AnswerRefused(
        f"this does not wait for an answer but is {how}, so nothing was changed: {what}",
        state=state,
        **(answers.facts(said) if said else {}),
    )
