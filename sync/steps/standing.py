"""How each school of a connector stands: what SDS has of it, what it offers, and what it waits for.

Counts, states, ids and codes: nobody's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.ledger.marks import Hold
from sync.ledger.offers import ANSWERABLE, HELD, Why, same_step, short_digest
from sync.ledger.states import State
from sync.steps.answers import said_as_listed
from sync.steps.connector import Listing, look, newest_sets
from sync.steps.delivery import SealedSet
from sync.steps.offers import Offer, held_of, view
from sync.steps.status_values import Said, SchoolState, SchoolStatus

_STATES: Mapping[Why, SchoolState] = {
    Why.SAME: "delivered",
    Why.REJECTED: "rejected",
    Why.FAILED: "failed",
    **dict.fromkeys(HELD, "held"),
}


def offers_of(
    world: World, listing: Listing, newest: Mapping[str, SealedSet | None]
) -> Sequence[Offer]:
    """Return what each school offers: those of the settings and those that SDS has.

    Nothing if what SDS may hold cannot be read: then its delivery says so.
    """
    try:
        return view(world, listing, newest).offers
    except (StoreMissing, StoreConflict):
        return ()


def schools_of(listing: Listing, offers: Iterable[Offer]) -> dict[str, SchoolStatus]:
    """Return how each school of *offers* stands, by its key."""
    whole = _whole(listing)
    return {offer.school: _status(listing, offer, whole) for offer in offers}


def _whole(listing: Listing) -> str:
    """Return the id of the newest delivery if it waits as a whole, else ""."""
    for newest, reached in listing.states[-1:]:
        if reached is State.HELD and newest.read(Hold).is_whole:
            return newest.id
    return ""


def schools_now(world: World, connector: str) -> dict[str, SchoolStatus]:
    """Return how each school of *connector* stands at this moment; see `offers_of`."""
    listing = look(world, connector)
    return schools_of(listing, offers_of(world, listing, newest_sets(world, connector)))


def _status(listing: Listing, offer: Offer, whole: str) -> SchoolStatus:
    since = offer.part.pulled_at if offer.part else None
    if offer.why is None:
        held = SchoolStatus("held", Why.WHOLE.value, since, whole)
        goes = SchoolStatus("next", "", since, answer=_answer(listing, offer))
        return held if whole else goes
    state = _STATES.get(offer.why, "carried" if offer.part else "waiting")
    return _waiting(listing, offer, SchoolStatus(state, offer.why.value, since))


def _waiting(listing: Listing, offer: Offer, shown: SchoolStatus) -> SchoolStatus:
    """Return *shown* with what a person can answer, and why it waits, if it is held."""
    if offer.why not in HELD:
        return replace(shown, answer=_answer(listing, offer))
    held = (each for each in listing.offers.get(offer.school, ()) if each.id == offer.name.id)
    folder = next(held, None)
    hold = held_of(folder) if folder else None
    if offer.why not in ANSWERABLE:
        return replace(shown, hold=hold)
    digest = short_digest([offer.name.digest])
    return replace(shown, offer=offer.name.id, hold=hold, digest=digest)


def _answer(listing: Listing, offer: Offer) -> Said | None:
    """Return what a person has said to *offer*, which goes next or was rejected."""
    if offer.why not in {None, Why.REJECTED}:
        return None
    return said_as_listed(same_step(listing.offers.get(offer.school, ()), offer.name.digest))
