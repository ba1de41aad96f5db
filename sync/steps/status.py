"""How a running sync stands, read from what exists at this moment.

The status holds counts, states, ids of ours and codes: nobody's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sync.edge.storage.queues import NIGHTLY, QUEUES, Queue
from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, concerning
from sync.ledger import callers, fates, states
from sync.ledger.claims import Paused
from sync.ledger.holdings import HandOver
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import (
    Accepted,
    AttemptFailed,
    Failed,
    Fault,
    Hold,
    Plan,
    Pulled,
    Receipt,
    Submitted,
    Swept,
    Unchanged,
    fault,
)
from sync.ledger.states import State
from sync.steps.answers import said_as_listed
from sync.steps.connector import Listing, look, newest_sets
from sync.steps.delivery import Delivery, Pull, list_pulls, newest_set
from sync.steps.meant import delivery_digest
from sync.steps.nights import stood
from sync.steps.offers import Offer
from sync.steps.rounds import Glance, SchoolSeen, glance
from sync.steps.standing import offers_of, schools_of
from sync.steps.status_values import (
    Became,
    ConnectorStatus,
    DeliveryStatus,
    NightStood,
    PullState,
    PullStatus,
    Restorable,
    SetStatus,
    Status,
)
from sync.steps.unmoved import days_unmoved
from sync.steps.years import turns_soon

DELIVERIES_SHOWN = 5

LOOKED_THROUGH = 60
"""Of so many accepted deliveries it is asked which schools went, the newest first: some months."""


def survey(world: World) -> Status:
    """Return how everything stands at this moment.

    What nothing has been written about since a tick looked is told from what that tick found, which
    is the same: nothing that is stored changes.
    """
    seen, settings = glance(world), world.settings
    schools, connectors = _schools(world, seen), _connectors(world, seen)
    return Status(
        now=seen.now,
        schools={key: stood.pull for key, stood in schools.items()},
        profiles={
            profile: schools[settings.school_of(profile)].sets[profile]
            for profile in sorted(settings.profiles)
        },
        turns=_given({key: stood.turns for key, stood in schools.items()}),
        unmoved=_given({key: stood.unmoved for key, stood in schools.items()}),
        connectors=connectors,
        failed_messages=_failed_messages(world),
        nights={key: seen.nights(key) for key in sorted(settings.profiles)},
        stood={
            name: _stood(world, seen, name, shown, schools) for name, shown in connectors.items()
        },
    )


def _schools(world: World, seen: Glance) -> dict[str, SchoolSeen]:
    return {
        school: seen.school(school) or see_school(world, school, seen.now)
        for school in sorted(world.settings.schools)
    }


def _connectors(world: World, seen: Glance) -> dict[str, ConnectorStatus]:
    return {
        name: seen.connector(name) or see_connector(world, name)
        for name in world.settings.connectors()
    }


def _stood(
    world: World,
    seen: Glance,
    name: str,
    shown: ConnectorStatus,
    schools: Mapping[str, SchoolSeen],
) -> Mapping[str, Sequence[NightStood]]:
    """Return what became of the readings of each school of a connector, the newest as it stands."""
    return {
        key: stood(
            seen.stood(name, key),
            key,
            schools[key].pull,
            shown,
            world.settings.schools[key].time_zone,
        )
        for key in shown.schools
        if key in schools
    }


def _given[Value](by_school: Mapping[str, Value | None]) -> dict[str, Value]:
    """Return what there is to tell, and of which school."""
    return {school: told for school, told in by_school.items() if told}


# -- schools and profiles ------------------------------------------------------------------------


def see_school(world: World, school: str, now: datetime) -> SchoolSeen:
    """Look how *school* and the newest sets of its profiles stand."""
    return SchoolSeen(
        pull=_pull(world, school, now),
        sets={key: _set(world, key) for key in world.settings.profiles_of(school)},
        turns=turns_soon(world, school, now),
        unmoved=days_unmoved(world, school, now),
    )


def _pull(world: World, school: str, now: datetime) -> PullStatus | None:
    listed = list_pulls(world.store, school)
    if not listed:
        return None
    last = listed[-1]
    try:
        with concerning(school=school):
            return _pull_status(last, now)
    except (StoreMissing, StoreConflict) as error:
        # An unreadable mark does not hide all else: the next pull heals it.
        return PullStatus(
            last.id, _pull_state(last, now), states.attempts(last), fault(error), None
        )


def _pull_status(last: Pull, now: datetime) -> PullStatus:
    return PullStatus(
        id=last.id,
        state=_pull_state(last, now),
        attempts=states.attempts(last),
        error=_pull_error(last),
        sealed=None if last.has(Failed) else last.read_if_listed(Pulled),
    )


def _pull_state(last: Pull, now: datetime) -> PullState:
    if last.has(Pulled):
        return "sealed"
    if last.has(Failed):
        return "failed"
    return "running" if states.pull_is_running(last, now) else "waiting"


def _pull_error(last: Pull) -> Fault | None:
    """Return why a pull failed, or why its last attempt did while it may be tried again."""
    if failed := last.read_if_listed(Failed):
        return failed
    attempts = last.numbers(AttemptFailed)
    if attempts and not last.has(Pulled):
        return last.read(AttemptFailed, attempts[-1])
    return None


def _set(world: World, profile: str) -> SetStatus | None:
    newest = newest_set(world.store, profile)
    return SetStatus(newest.id, newest.manifest()) if newest else None


# -- connectors ----------------------------------------------------------------------------------


def see_connector(world: World, connector: str) -> ConnectorStatus:
    """Look how *connector* stands."""
    listing = look(world, connector)
    newest = newest_sets(world, connector)
    offers = offers_of(world, listing, newest)
    hand_overs, schools = _hand_overs(listing), schools_of(listing, offers)
    return ConnectorStatus(
        profiles=world.settings.connectors()[connector],
        waiting_for=[profile for profile, sealed in newest.items() if sealed is None],
        schools=schools,
        paused=_told(listing.pause) if listing.pause else None,
        restorable=_restorable(listing),
        deliveries=[
            _delivery(listing, delivery, state, hand_overs, offers)
            for delivery, state in reversed(listing.states[-DELIVERIES_SHOWN:])
        ],
        accepted=_accepted(listing, schools),
    )


def _told(pause: Paused) -> Paused:
    """Return *pause* without the name of a user: that stays in its mark."""
    return pause.model_copy(update={"caller": callers.told(pause.caller)})


def _accepted(listing: Listing, schools: Iterable[str]) -> Mapping[str, datetime]:
    """Return when SDS last accepted something new of each of *schools*, as far as is kept."""
    found: dict[str, datetime] = {}
    wanted = set(schools)
    accepted = [each for each in listing.deliveries if each.has(Accepted)]
    for delivery in reversed(accepted[-LOOKED_THROUGH:]):
        if wanted <= found.keys():
            break
        went, at = delivery.schools(), delivery.when(Accepted)
        for school in wanted - found.keys():
            # One of the version before had every school in it.
            is_new = went is None or (school in went.parts and bool(went.parts[school].offer))
            if at and is_new:
                found[school] = at
    return found


def _hand_overs(listing: Listing) -> Mapping[str, HandOver[Delivery]]:
    """Return what SDS was given since the last that a run took; of each delivery the last time."""
    try:
        return {hand_over.delivery_id: hand_over for hand_over in listing.hand_overs()}
    except (StoreMissing, StoreConflict):  # an unreadable record is told where its delivery is
        return {}


def _restorable(listing: Listing) -> list[Restorable]:
    """Return what SDS has accepted and could be sent again, the newest first."""
    taken = [
        Restorable(delivery.id, accepted_at)
        for delivery in listing.deliveries
        if (accepted_at := delivery.when(Accepted)) and not delivery.has(Swept)
    ]
    return sorted(taken, key=lambda former: former.accepted_at, reverse=True)


def _delivery(
    listing: Listing,
    delivery: Delivery,
    state: State,
    hand_overs: Mapping[str, HandOver[Delivery]],
    offers: Sequence[Offer],
) -> DeliveryStatus:
    """Return how a delivery stands; an unreadable record does not hide the other deliveries."""
    try:
        with concerning(connector=listing.connector, delivery=delivery.id):
            return DeliveryStatus(
                id=delivery.id,
                state=state,
                manifest=delivery.read_if_listed(DeliveryManifest),
                plan=delivery.read_if_listed(Plan),
                hold=delivery.read_if_listed(Hold),
                error=delivery.read_if_listed(Failed),
                receipt=delivery.receipt(),
                became=_became(listing, delivery, hand_overs),
                digest=delivery_digest(listing, delivery, offers),
                answer=said_as_listed([delivery]),
            )
    except (StoreMissing, StoreConflict) as error:
        return DeliveryStatus(delivery.id, state, error=fault(error))


def _became(
    listing: Listing, delivery: Delivery, hand_overs: Mapping[str, HandOver[Delivery]]
) -> Became | None:
    """Return what became of a delivery that was handed over; None of any other.

    An unchanged delivery was not handed over itself: it tells of what it repeats.
    """
    if unchanged := delivery.read_if_listed(Unchanged):
        former = listing.delivery(unchanged.accepted)
        became = _became(listing, former, hand_overs) if former else None
        return replace(became, repeats=unchanged.accepted) if became else None
    if hand_over := hand_overs.get(delivery.id):
        return Became(hand_over.fate, may_hold=hand_over.may_hold)
    if delivery.has(Submitted) or delivery.has(Receipt):
        # It was handed over before the last that a run took: SDS holds it no more.
        return Became(fates.fate_of(delivery, delivery.receipt()), may_hold=False)
    return None


# -- messages ------------------------------------------------------------------------------------


def _failed_messages(world: World) -> Mapping[Queue, Sequence[Mapping[str, str]]]:
    poisoned = world.nudges.poisoned()
    return {
        queue: [_subject(text) for text in poisoned.get(queue, ())]
        for queue in QUEUES
        if queue in NIGHTLY or poisoned.get(queue)
    }


def _subject(text: str) -> dict[str, str]:
    """Return what a failed message was about; anything but a message of ours stays untold."""
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(message, dict):
        return {}
    return {key: str(message[key]) for key in ("school", "connector") if key in message}
