"""Sending a former delivery's files again, and keeping anything newer back until a person resumes.

What a person asks for is a mark, `pauses/000001.json`: it names the former delivery and the id of
the new. From then on nothing else of that connector may be sent. The next `send` makes the new
delivery of the former's files, and it goes the way of every other: compared with what SDS holds
now, held if it must be. Schools are read as ever, so that there is something to resume with.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sync.edge.world import World
from sync.errors import AnswerRefused, StoreConflict, StoreMissing, SyncError, concerning
from sync.ledger import fates, ids, manifests, states
from sync.ledger.claims import Paused, Resumed
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import Accepted, Failed, Swept
from sync.ledger.offers import Schools, Why
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.sds import rules
from sync.sds.csvtext import decode
from sync.sds.merge import merge
from sync.sds.tables import ON_REQUEST, columns
from sync.steps.attempts import Place, attempted
from sync.steps.connector import Listing, find, look
from sync.steps.delivery import Delivery
from sync.steps.seal import NewDelivery, seal_delivery

# A restored delivery that ended so did not reach SDS: asked for again, there is another.
_IN_VAIN = {State.REJECTED, State.EXPIRED, State.FAILED, State.SWEPT}


def restore(world: World, delivery_id: str) -> Paused:
    """Pause the connector of the delivery of that id, and have its files sent again.

    Asked again while that pause is in force, the answer is the same, unless it came to nothing.

    Raises:
        AnswerRefused: there is no such delivery, SDS never accepted it, or its files are gone.
    """
    listing, former = find(world, delivery_id)
    with concerning(connector=listing.connector, delivery=former.id):
        return _restored(world, listing, former)


def _restored(world: World, listing: Listing, former: Delivery) -> Paused:
    if not former.has(Accepted):
        raise AnswerRefused(
            "SDS has never accepted this delivery: only what it accepted can come back"
        )
    if former.has(Swept):
        raise AnswerRefused(
            "the files of this delivery are past their time and gone: `isams-sync status` lists"
            " what can be restored"
        )
    if listing.pause and listing.pause.restores == former.id and not _was_in_vain(listing):
        world.nudges.nudge("send", {"connector": listing.connector})
        return listing.pause
    _demand_files(former)
    pauses = listing.pauses
    moment = ids.after(listing.now, (delivery.id for delivery in listing.deliveries))
    new_id = ids.set_id(moment, f"{pauses.next_name}\n{former.manifest().digest}".encode())
    pause = Paused(restores=former.id, delivery=new_id, at=listing.now, by=uuid.uuid4().hex)
    if not world.store.claim(f"{pauses.next_name}.json", pause.to_json()):
        raise AnswerRefused(
            "somebody has asked for a restore at the same moment: see `isams-sync status`"
        )
    world.tell(Step("restore", Outcome.PAUSED, listing.connector, new_id, {"restores": former.id}))
    world.nudges.nudge("send", {"connector": listing.connector})
    return pause


def _demand_files(former: Delivery) -> None:
    """Refuse what cannot be sent again, before anything waits for it."""
    try:
        former.files()
    except (StoreMissing, StoreConflict):
        raise AnswerRefused(
            "files of this delivery are gone or damaged in storage: restore another that"
            " `isams-sync status` lists"
        ) from None


def resume(world: World, connector: str | None = None) -> list[str]:
    """End the pause of *connector*, or of all; return those that were paused."""
    resumed = []
    for name in world.settings.connectors() if connector is None else [connector]:
        with concerning(connector=name):
            listing = look(world, name)
        if listing.pauses.in_force is None:
            continue
        record = Resumed(at=listing.now, by=uuid.uuid4().hex)
        world.store.claim(f"{listing.pauses.in_force}.done", record.to_json())
        world.tell(Step("resume", Outcome.RESUMED, name))
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
                lambda: seal_delivery(world, listing, _made(listing, pause)),
                again="ask for the restore again",
            )
    except SyncError as error:
        if error.retry:
            raise
        listing.new_delivery(pause.delivery).claim(Failed.of(error))
        return Step("restore", Outcome.FAILED, listing.connector, pause.delivery, error=error)


def _made(listing: Listing, pause: Paused) -> NewDelivery:
    """Return the delivery of *pause*, made of the former's files."""
    former = listing.delivery(pause.restores)
    if former is None:
        raise StoreMissing("the delivery that was to be restored is gone")
    was = former.manifest()
    files = _files(listing, was, former.files(was))
    facts = manifests.facts(files)
    manifest = was.model_copy(
        update={
            "restores": pause.restores,
            "digest": manifests.digest(facts),
            "files": facts,
            "counts": manifests.rows_by_table(facts),
        }
    )
    return NewDelivery(pause.delivery, files, manifest, was.counts, _schools(former))


def _schools(former: Delivery) -> Schools | None:
    """Return what *former* has of each school: nobody offers it now, so nobody answers for it."""
    schools = former.schools()
    if schools is None:
        return None
    again = {"offer": "", "digest": "", "why": Why.RESTORED.value}
    parts = {
        school: part.model_copy(update=again) for school, part in schools.parts.items() if part.rows
    }
    return Schools(seen=schools.seen, parts=parts)


def _files(
    listing: Listing, was: DeliveryManifest, files: Mapping[str, bytes]
) -> Mapping[str, bytes]:
    """Return *files*, and the headers of those on request that SDS has been given since.

    Raises:
        RosterInvalid: SDS would not take them by the rules as they are known now.
    """
    made = columns(files)
    rows = {name: list(decode(name, files[name], made[name])) for name in made}
    own_grades = set(was.own_grades)
    rules.files(rows, own_grades, sealed_before=True)
    since = listing.may_have_sent(ON_REQUEST) - files.keys()
    if not since:
        return files
    widened = merge([], since, held=files, carried=[row[0] for row in rows["orgs.csv"]])
    return rules.files(widened, own_grades, sealed_before=True)


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
