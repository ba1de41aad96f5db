"""Sending a former delivery's files again, and keeping anything newer back until a person resumes.

What a person asks for is a mark, `pauses/000001.json`: it names the former delivery and the id of
the new. From then on nothing else of that connector may be sent. The next `send` makes the new
delivery (`sync.steps.restored`), and it goes the way of every other: compared with what SDS holds
now, held if it must be. Schools are read as ever, so that there is something to resume with.
"""

from __future__ import annotations

import uuid
from contextlib import suppress

from sync.edge.world import World
from sync.errors import AnswerRefused, StoreConflict, StoreMissing, SyncError, concerning
from sync.ledger import callers, fates, ids, states
from sync.ledger.claims import Paused, Resumed
from sync.ledger.marks import Accepted, Failed, Swept
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.steps.attempts import Place, attempted
from sync.steps.connector import Listing, find, look
from sync.steps.delivery import Delivery, read_record
from sync.steps.offers import base_of
from sync.steps.restored import former_part, former_parts, made
from sync.steps.seal import seal_delivery

# A restored delivery that ended so did not reach SDS: asked for again, there is another.
_IN_VAIN = {State.REJECTED, State.EXPIRED, State.FAILED, State.SWEPT}


def restore(world: World, delivery_id: str, school: str | None = None) -> Paused:
    """Pause the connector of the delivery of that id, and have its files sent again.

    With a *school*, by its key, only its rows come back, and all others stay as SDS has them.
    Asked again while that pause is in force, the answer is the same, unless it came to nothing.

    Raises:
        AnswerRefused: there is no such delivery, SDS never accepted it, or its files are gone; or
            it has nothing of the school.
    """
    listing, former = find(world, delivery_id)
    with concerning(connector=listing.connector, delivery=former.id):
        return _restored(world, listing, former, school)


def _restored(world: World, listing: Listing, former: Delivery, school: str | None) -> Paused:
    _demand_accepted(former)
    asked, pause = (former.id, school or ""), listing.pause
    if pause and (pause.restores, pause.school) == asked and not _was_in_vain(listing):
        world.nudges.nudge("send", {"connector": listing.connector})
        return pause
    _demand_files(former)
    _demand_nowhere_else(world, listing, former, school)
    pause = Paused(
        restores=former.id,
        delivery=_new_id(listing, former),
        at=listing.now,
        by=uuid.uuid4().hex,
        caller=world.caller,
        school=school or "",
        beside="" if school is None else _beside(world, listing, former, school),
    )
    if not world.store.claim(f"{listing.pauses.next_name}.json", pause.to_json()):
        raise _too_late(listing)
    facts = {"restores": former.id} | ({"school": school} if school else {})
    facts |= callers.facts(world.caller)
    world.tell(Step("restore", Outcome.PAUSED, listing.connector, pause.delivery, facts))
    world.nudges.nudge("send", {"connector": listing.connector})
    return pause


def _too_late(listing: Listing) -> AnswerRefused:
    """Return the refusal of a restore by who came second, with who came first."""
    by_whom, facts = "by somebody", {}
    with suppress(StoreMissing, StoreConflict):
        first = read_record(listing.store, Paused, f"{listing.pauses.next_name}.json")
        by_whom = callers.in_words(first.caller)
        facts = {"restores": first.restores} | callers.facts(first.caller)
    return AnswerRefused(
        f"a restore was asked for at the same moment {by_whom}, so nothing was changed: see"
        " `isams-sync status`",
        **facts,
    )


def _new_id(listing: Listing, former: Delivery) -> str:
    moment = ids.after(listing.now, (delivery.id for delivery in listing.deliveries))
    content = f"{listing.pauses.next_name}\n{former.manifest().digest}"
    return ids.set_id(moment, content.encode())


def _demand_accepted(former: Delivery) -> None:
    if not former.has(Accepted):
        raise AnswerRefused(
            "SDS has never accepted this delivery: only what it accepted can come back"
        )
    if former.has(Swept):
        raise AnswerRefused(
            "the files of this delivery are past their time and gone: `isams-sync status` lists"
            " what can be restored"
        )


def _demand_files(former: Delivery) -> None:
    """Refuse what cannot be sent again, before anything waits for it."""
    try:
        former.files()
    except (StoreMissing, StoreConflict):
        raise AnswerRefused(
            "files of this delivery are gone or damaged in storage: restore another that"
            " `isams-sync status` lists"
        ) from None


def _demand_nowhere_else(
    world: World, listing: Listing, former: Delivery, school: str | None
) -> None:
    """Refuse to bring back a school that has moved: two connectors would hold its classes."""
    parts = former_parts(world, former)
    if school is not None:
        part = former_part(world, former, school)
        parts = {school: part} if part else {}
    back = {part.org: key for key, part in parts.items()}
    for other in world.settings.connectors():
        if other == listing.connector:
            continue
        held = base_of(world, look(world, other))
        for part in held.parts.values() if held else ():
            if part.org in back:
                raise AnswerRefused(
                    f"the connector {other} holds {back[part.org]} now, and both would hold its"
                    " classes: first let it leave there (docs/trusts.md), or restore another"
                    " school alone"
                )


def _beside(world: World, listing: Listing, former: Delivery, school: str) -> str:
    """Return the delivery that all schools but *school* are to be as in: what SDS has.

    Raises:
        AnswerRefused: the school cannot come back alone.
    """
    part, then = former_part(world, former, school), former_parts(world, former)
    if part is None:
        what = (
            f"nothing of {school}" if school in world.settings.schools else "no school of that key"
        )
        raise AnswerRefused(f"this delivery has {what}: it has {', '.join(sorted(then))}")
    now = base_of(world, listing)
    if now is None or not now.is_readable():
        raise AnswerRefused(
            "nobody can read any more what SDS has of the other schools, so they cannot stay as"
            " they are: restore the whole delivery, without a school"
        )
    if {each.org for each in (*then.values(), *now.parts.values())} == {part.org}:
        raise AnswerRefused(
            "this connector has one school: restore the delivery without naming a school"
        )
    return now.delivery.id


def resume(world: World, connector: str | None = None) -> list[str]:
    """End the pause of *connector*, or of all; return those that were paused."""
    resumed = []
    for name in world.settings.connectors() if connector is None else [connector]:
        with concerning(connector=name):
            listing = look(world, name)
        if listing.pauses.in_force is None:
            continue
        record = Resumed(at=listing.now, by=uuid.uuid4().hex, caller=world.caller)
        world.store.claim(f"{listing.pauses.in_force}.done", record.to_json())
        facts = callers.facts(world.caller)
        world.tell(Step("resume", Outcome.RESUMED, name, facts=facts))
        world.nudges.nudge("send", {"connector": name})
        resumed.append(name)
    return resumed


def is_overdue(listing: Listing) -> bool:
    """Say whether the delivery of a pause should be there by now, and is not."""
    pause = listing.pause
    return (
        pause is not None
        and listing.delivery(pause.delivery) is None
        and listing.now - pause.at > states.STANDSTILL
    )


def go_on(world: World, listing: Listing) -> Step | None:
    """Make the delivery of the pause in force; None if it is there, or nothing is paused."""
    pause = listing.pause
    if pause is None or listing.delivery(pause.delivery):
        return None
    try:
        with concerning(connector=listing.connector, delivery=pause.delivery):
            return attempted(
                Place(world.store, listing.prefix, pause.delivery),
                lambda: seal_delivery(world, listing, made(world, listing, pause)),
                again="ask for the restore again",
            )
    except SyncError as error:
        if error.retry:
            raise
        listing.new_delivery(pause.delivery).claim(Failed.of(error))
        return Step("restore", Outcome.FAILED, listing.connector, pause.delivery, error=error)


def _was_in_vain(listing: Listing) -> bool:
    """Say whether what the pause in force was to bring back did not reach SDS."""
    pause = listing.pause
    for delivery, reached in listing.states:
        if pause and delivery.id == pause.delivery:
            receipt = delivery.receipt()
            if receipt is None:
                return reached in _IN_VAIN
            return fates.TABLE[fates.fate_of(delivery, receipt)].tomorrow != "unchanged"
    return False
