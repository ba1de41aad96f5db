"""How each school of a connector stands: what SDS has of it, what it offers, and what it waits for.

Counts, states, ids and codes: nobody's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.edge.world import World
from sync.errors import StoreError
from sync.ledger.marks import Hold
from sync.ledger.offers import ANSWERABLE, HELD, Why
from sync.ledger.states import State
from sync.steps.connector import Listing, look, newest_sets
from sync.steps.delivery import SealedSet
from sync.steps.offers import Offer, held_of, view
from sync.steps.status_values import SchoolState, SchoolStatus

_STATES: Mapping[Why, SchoolState] = {
    Why.SAME: "delivered",
    Why.REJECTED: "rejected",
    Why.FAILED: "failed",
    **dict.fromkeys(HELD, "held"),
}


def schools_of(
    world: World, listing: Listing, newest: Mapping[str, SealedSet | None]
) -> dict[str, SchoolStatus]:
    """Return how each school stands, by its key: those of the settings and those that SDS has.

    Nothing if what SDS may hold cannot be read: then its delivery says so.
    """
    try:
        offers, whole = view(world, listing, newest).offers, _whole(listing)
    except StoreError:
        return {}
    return {offer.school: _status(listing, offer, whole) for offer in offers}


def _whole(listing: Listing) -> str:
    """Return the id of the newest delivery if it waits as a whole, else ""."""
    for newest, reached in listing.states[-1:]:
        if reached is State.HELD and newest.read(Hold).is_whole:
            return newest.id
    return ""


def schools_now(world: World, connector: str) -> dict[str, SchoolStatus]:
    """Return how each school of *connector* stands at this moment; see `schools_of`."""
    return schools_of(world, look(world, connector), newest_sets(world, connector))


def _status(listing: Listing, offer: Offer, whole: str) -> SchoolStatus:
    since = offer.part.pulled_at if offer.part else None
    if offer.why is None:
        held = SchoolStatus("held", Why.WHOLE.value, since, whole)
        return held if whole else SchoolStatus("next", "", since)
    state = _STATES.get(offer.why, "carried" if offer.part else "waiting")
    return _waiting(listing, offer, SchoolStatus(state, offer.why.value, since))


def _waiting(listing: Listing, offer: Offer, shown: SchoolStatus) -> SchoolStatus:
    """Return *shown* with what a person can answer, and why it waits, if it is held."""
    if offer.why not in HELD:
        return shown
    held = (each for each in listing.offers.get(offer.school, ()) if each.id == offer.name.id)
    folder = next(held, None)
    hold = held_of(folder) if folder else None
    answerable = offer.name.id if offer.why in ANSWERABLE else ""
    return replace(shown, offer=answerable, hold=hold)
