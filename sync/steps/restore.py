"""Sending a former delivery's files again, and keeping anything newer back until a person resumes.

What a person asks for is one mark, `pauses/000001.json`: it names the former delivery and the id of
the new one. From then on nothing else of that connector may be sent. The next `send` makes the new
delivery of the former one's files, and it goes the way of every other: compared with what SDS holds
now, held if it must be. Schools are read as ever, so that there is something to resume with.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping

from sync.edge.world import World
from sync.errors import AnswerRefused, StoreMissing, SyncError
from sync.ledger import fates, ids, manifests, states
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import Paused, Resumed, Unchanged, fault
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.sds import rules
from sync.sds.csvtext import decode
from sync.sds.merge import SealedFiles, merge
from sync.sds.tables import ON_REQUEST, columns
from sync.steps import repeats
from sync.steps.connector import View, find, look

# A restored delivery that ended so did not reach SDS: asked for again, there is another.
_IN_VAIN = {State.REJECTED, State.EXPIRED, State.FAILED, State.SWEPT}


def restore(world: World, own: str) -> Paused:
    """Pause the connector of the delivery called *own*, and have its files sent again.

    Asked again while that pause is in force, the answer is the same, unless it came to nothing.

    Raises:
        AnswerRefused: there is no such delivery, SDS never accepted it, or its files are gone.
    """
    view, one = find(world, own)
    if not one.has(states.ACCEPTED):
        raise AnswerRefused("SDS has never accepted this delivery: only such a one can come back")
    if one.has(states.SWEPT):
        raise AnswerRefused("the files of this delivery are past their time and gone; see status")
    if view.pause and view.pause.restores == own and not _was_in_vain(world, view):
        world.nudges.nudge("send", {"connector": view.connector})
        return view.pause
    pauses = view.pauses
    digest = f"{pauses.next_name}\n{view.manifest(world, one).digest}"
    new = ids.set_id(view.now, hashlib.sha256(digest.encode()).hexdigest())
    pause = Paused(restores=own, delivery=new, at=view.now, by=uuid.uuid4().hex)
    if not world.store.claim(f"{pauses.next_name}.json", pause.to_json()):
        raise AnswerRefused("somebody has asked for one at the same moment; see status")
    world.tell(Step("restore", Outcome.PAUSED, view.connector, new, {"restores": own}))
    world.nudges.nudge("send", {"connector": view.connector})
    return pause


def resume(world: World, connector: str | None = None) -> list[str]:
    """End the pause of *connector*, or of every one; return those that were paused."""
    resumed = []
    for name in world.settings.connectors() if connector is None else [connector]:
        view = look(world, name)
        if view.pauses.in_force is None:
            continue
        record = Resumed(at=view.now, by=uuid.uuid4().hex)
        world.store.claim(f"{view.pauses.in_force}.done", record.to_json())
        world.tell(Step("resume", Outcome.RESUMED, name))
        world.nudges.nudge("send", {"connector": name})
        resumed.append(name)
    return resumed


def stands_still(view: View) -> bool:
    """Say whether the delivery of a pause should be there by now, and is not."""
    pause = view.pause
    return (
        pause is not None and not _exists(view, pause) and view.now - pause.at > states.STANDSTILL
    )


def go_on(world: World, view: View) -> Step | None:
    """Make the delivery of the pause in force; None if it is there, or nothing is paused."""
    pause = view.pause
    if pause is None or _exists(view, pause):
        return None
    try:
        return _make(world, view, pause)
    except SyncError as error:
        if error.retry:
            raise
        name = f"{view.prefix}{pause.delivery}/{states.FAILED}"
        world.store.claim(name, fault(error).to_json())
        return Step("restore", Outcome.FAILED, view.connector, pause.delivery, error=error)


def _make(world: World, view: View, pause: Paused) -> Step:
    """Seal the delivery of *pause*, or note that SDS holds it already; the manifest comes last."""
    former = next((one for one, _ in view.states if one.id == pause.restores), None)
    if former is None:
        raise StoreMissing("the delivery that was to be restored is gone")
    was = view.manifest(world, former)
    files = _files(world, view, was, view.files(world, former, was))
    facts = manifests.facts(files)
    manifest = was.model_copy(
        update={
            "restores": pause.restores,
            "digest": manifests.digest(facts),
            "files": facts,
            "counts": manifests.counts(facts),
        }
    )
    folder = f"{view.prefix}{pause.delivery}/"
    if held := repeats.held(world, view, view.hand_overs(world), manifest.digest):
        record = Unchanged(sources=was.sources, digest=manifest.digest, accepted=held)
        world.store.claim(f"{folder}{states.UNCHANGED}", record.to_json())
        return Step("restore", Outcome.UNCHANGED, view.connector, pause.delivery, was.counts)
    for name, body in files.items():
        world.store.create(f"{folder}{name}", body)
    world.store.create(f"{folder}{manifests.MANIFEST}", manifest.to_json())
    world.nudges.nudge("send", {"connector": view.connector})
    return Step("restore", Outcome.SEALED, view.connector, pause.delivery, was.counts, again_in_s=0)


def _files(
    world: World, view: View, was: DeliveryManifest, files: Mapping[str, bytes]
) -> Mapping[str, bytes]:
    """Return *files*, and the headers of those on request that SDS has been given since.

    Raises:
        RosterInvalid: SDS would not take them by the rules as they are known now.
    """
    made = columns(files)
    rows = {name: list(decode(name, files[name], made[name])) for name in made}
    rules.files(rows, set(was.own_grades))
    since = view.may_have_sent(world, ON_REQUEST) - files.keys()
    if not since:
        return files
    return rules.files(merge([SealedFiles(view.connector, files)], since), set(was.own_grades))


def _exists(view: View, pause: Paused) -> bool:
    return any(one.id == pause.delivery for one, _ in view.states)


def _was_in_vain(world: World, view: View) -> bool:
    """Say whether what the pause in force was to bring back did not reach SDS."""
    pause = view.pause
    for one, reached in view.states:
        if pause and one.id == pause.delivery:
            receipt = view.receipt(world, one)
            if receipt is None:
                return reached in _IN_VAIN
            return fates.TABLE[fates.of(one, receipt)].tomorrow != "unchanged"
    return False
