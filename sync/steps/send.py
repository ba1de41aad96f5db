"""The second half of a run: `send` moves a connector's delivery by a step.

Look at what exists, do what is next, leave word. The steps, each safe to repeat: merge the newest
sets and seal the delivery; compare it with what SDS last accepted, and hold or plan it; hand it
over under a claim; ask what became of it; follow SDS's run; write the receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from sync.edge.world import World
from sync.errors import SyncError, concerning
from sync.ledger import states
from sync.ledger.marks import Failed, Vouched
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.steps import acceptance, follow, merge, restore, submit
from sync.steps.connector import Listing, look, sets_on
from sync.steps.delivery import Delivery
from sync.steps.plan import plan

AGAIN_S = 15.0  # the chain of a step's nudges while SDS checks the files
CHAIN_LASTS = timedelta(minutes=8)  # then only ticks look: they start when a chain must be over
RUN_AGAIN_S = 60.0

_OPEN = (State.SUBMITTED, State.SEALED, State.READY)
_FOLLOWED = (State.UNPROVEN, State.ACCEPTED)


class Standing(NamedTuple):
    """Whether a connector has work that nobody seems to be at.

    `look_at` is from when on it may have some though nobody writes anything; None: never.
    """

    lies_idle: bool
    look_at: datetime | None


def standing(world: World, connector: str) -> Standing:
    """Look whether *connector* has work that nobody seems to be at, or from when on it may."""
    listing = look(world, connector)
    open_work = listing.in_state(*_OPEN)
    if follow.is_due(listing):
        open_work += listing.in_state(*_FOLLOWED)[-1:]
    if any(states.is_forgotten(delivery, listing.now) for delivery in open_work):
        return Standing(lies_idle=True, look_at=listing.now)
    due = _due(world, listing)
    if open_work or due.is_now:
        return Standing(due.is_now, listing.now)
    moments = filter(None, (follow.due_at(listing), due.look_at))
    return Standing(lies_idle=False, look_at=min(moments, default=None))


def _due(world: World, listing: Listing) -> merge.Due:
    """Say whether anything is to be merged or restored of which nobody has begun a delivery."""
    sets = sets_on(world, listing.connector)
    last = max((listed[-1].pulled_at for listed in sets.values() if listed), default=None)
    if listing.pause and listing.delivery(listing.pause.delivery) is None:
        return merge.Due(restore.is_overdue(listing), listing.now)
    if last and listing.now - last <= states.STANDSTILL:
        return merge.Due(is_now=False, look_at=listing.now)
    due = merge.due(world, listing, sets)
    return due._replace(is_now=False) if listing.pause or last is None else due


def send(world: World, connector: str, *, is_awaited: bool = False) -> Step:
    """Move *connector* by a step and tell what was done.

    While a person waits for SDS's run (*is_awaited*), it is looked for at every step.

    Errors become the step's outcome: what may pass leaves everything for the next nudge; what a
    person must mend is written down, and the next pull makes another delivery.
    """
    try:
        with concerning(connector=connector):
            step = _send(world, connector, is_awaited=is_awaited)
    except SyncError as error:
        outcome = Outcome.LATER if error.retry else Outcome.FAILED
        again_s = RUN_AGAIN_S if error.retry else None
        step = Step("send", outcome, connector, error=error, again_in_s=again_s)
    world.tell(step)
    return step


def _send(world: World, connector: str, *, is_awaited: bool) -> Step:
    """Do what is next: SDS's answer first, then a newer delivery, then what waits for SDS's run."""
    listing = look(world, connector)
    follow_up = partial(_followed, world, listing, is_awaited=is_awaited)
    for delivery in listing.in_state(State.SUBMITTED):
        return _nudged(world, listing, acceptance.ask_once(world, listing, delivery), delivery)
    step = restore.go_on(world, listing) if listing.pause else merge.merge_if_newer(world, listing)
    if step is None:
        return _moved(world, listing) or follow_up(_at_rest(listing))
    if step.outcome is Outcome.SETTLING:  # what was merged before goes on meanwhile
        return _moved(world, listing) or follow_up(step)
    if step.outcome not in {Outcome.WAITING, Outcome.STALE}:
        return step
    return follow_up(step)


def _moved(world: World, listing: Listing) -> Step | None:
    """Plan or hand over the newest delivery; None if it waits for something else."""
    for delivery, reached in listing.states[-1:]:
        if reached is State.SEALED:
            return _ending(world, listing, delivery, plan)
        if reached is State.READY:
            return _ending(world, listing, delivery, _hand_over)
    return None


_WAITING = {
    State.HELD: Outcome.HELD,
    State.EXPIRED: Outcome.EXPIRED,
    State.REJECTED: Outcome.REJECTED,
    State.UNCHANGED: Outcome.UNCHANGED,
    State.FAILED: Outcome.FAILED,
    State.UNPROVEN: Outcome.UNPROVEN,
}


def _at_rest(listing: Listing) -> Step:
    """Return how the connector stands, where there is nothing to move."""
    if not listing.states:
        return Step("merge", Outcome.NOTHING, listing.connector)
    newest, reached = listing.states[-1]
    if listing.pause and reached not in {State.ACCEPTED, State.UNPROVEN, State.HELD}:
        facts = {"restored": newest.id}
        return Step("send", Outcome.PAUSED, listing.connector, facts=facts)
    outcome = _WAITING.get(reached, Outcome.NOTHING)
    return Step("send", outcome, listing.connector, newest.id)


def _followed(world: World, listing: Listing, step: Step, *, is_awaited: bool) -> Step:
    """Look what became of the deliveries that SDS has; return the newest's step, or *step*.

    Only when a run of SDS can have ended, unless a person waits for it.
    """
    if not listing.in_state(*_FOLLOWED):
        return step
    if not (is_awaited or follow.is_due(listing)):
        return _not_looked(listing, step)
    newest_step = step
    for each in [*_asked_again(world, listing)] or follow.follow(world, listing):
        delivery = next(known for known in listing.deliveries if known.id == each.delivery)
        _nudged(world, listing, each, delivery)
        is_newest = delivery is listing.deliveries[-1]
        if is_newest and step.outcome in {Outcome.NOTHING, Outcome.UNPROVEN}:
            newest_step = each
        else:
            world.tell(each)
    return newest_step


def _not_looked(listing: Listing, step: Step) -> Step:
    """Return *step*, or if it says nothing that SDS's run is awaited still."""
    is_newest = listing.states[-1][1] in _FOLLOWED
    return follow.awaited(listing) if is_newest and step.outcome is Outcome.NOTHING else step


def _asked_again(world: World, listing: Listing) -> Iterator[Step]:
    """Ask once more after a delivery that was never answered for: the way may be open by now."""
    for delivery in listing.in_state(State.UNPROVEN)[-1:]:
        if not delivery.has(Vouched):
            step = acceptance.ask_once(world, listing, delivery)
            if step.outcome is not Outcome.UNPROVEN:
                yield step


def _ending(
    world: World,
    listing: Listing,
    delivery: Delivery,
    move: Callable[[World, Listing, Delivery], Step],
) -> Step:
    """Move *delivery*; a fault that only a person can mend ends it."""
    try:
        with concerning(connector=listing.connector, delivery=delivery.id):
            return move(world, listing, delivery)
    except SyncError as error:
        if error.retry:
            raise
        delivery.claim(Failed.of(error))
        return Step("send", Outcome.FAILED, listing.connector, delivery.id, error=error)


def _hand_over(world: World, listing: Listing, delivery: Delivery) -> Step:
    step = submit.hand_over(world, listing, delivery)
    if step.outcome is Outcome.SUBMITTED:
        world.nudges.nudge("send", {"connector": listing.connector}, AGAIN_S)
    return step


def _nudged(world: World, listing: Listing, step: Step, delivery: Delivery) -> Step:
    """Leave word for the next look, while the chain that began with the last mark is young.

    For a later one a tick will see to it.
    """
    if step.again_in_s is None or step.again_in_s > CHAIN_LASTS.total_seconds():
        return step
    if listing.now - delivery.last_made_at < CHAIN_LASTS:
        world.nudges.nudge("send", {"connector": listing.connector}, step.again_in_s)
    return step
