"""How a running sync stands, read from what exists at this moment; and what there is to mend.

The status holds counts, states, ids of ours and codes: nobody's name. The findings name people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sync.edge.storage.queues import QUEUES, Queue
from sync.edge.world import World
from sync.errors import SyncError
from sync.ledger import fates, ids, manifests, states
from sync.ledger.fates import Fate
from sync.ledger.holdings import HandOver
from sync.ledger.marks import Fault, Pulled, Receipt, fault
from sync.ledger.record import Record
from sync.ledger.states import Folder, State
from sync.sds.diff import Hold, Plan
from sync.steps import pull
from sync.steps.connector import View, look, newest_sets, set_manifest
from sync.steps.status_values import (
    ConnectorStatus,
    DeliveryStatus,
    PullState,
    PullStatus,
    Restorable,
    SetStatus,
    Status,
)

DELIVERIES_SHOWN = 5


def survey(world: World) -> Status:
    """Return how everything stands: built from what exists, at this moment."""
    now, settings = world.store.now(), world.settings
    return Status(
        now=now,
        schools={school: _pull(world, school, now) for school in sorted(settings.schools)},
        profiles={profile: _set(world, profile, now) for profile in sorted(settings.profiles)},
        connectors={name: _connector(world, name) for name in settings.connectors()},
        failed_messages=_failed_messages(world),
    )


def newest_findings(world: World, profile: str) -> bytes | None:
    """Return `findings.json` of the profile's newest set; None if it has none. Names people."""
    newest = _newest_set(world, profile)
    if newest is None:
        return None
    return world.store.read(f"{ids.profile_folder(profile)}{newest}/{manifests.FINDINGS}")


# -- schools and profiles ------------------------------------------------------------------------


def _pull(world: World, school: str, now: datetime) -> PullStatus | None:
    listed = pull.pulls(world, school)
    if not listed:
        return None
    last = listed[-1]
    return PullStatus(
        id=last.id,
        state=_pull_state(last, now),
        attempts=states.attempts(last),
        error=_pull_error(world, school, last),
        sealed=_sealed(world, school, last),
    )


def _pull_state(last: Folder, now: datetime) -> PullState:
    if last.has(states.SEALED):
        return "sealed"
    if last.has(states.FAILED):
        return "failed"
    return "running" if states.pull_is_running(last, now) else "waiting"


def _pull_error(world: World, school: str, last: Folder) -> Fault | None:
    """Return why a pull failed, or why its last attempt did while it may be tried again."""
    ended = sorted(name for name in last.made_at if name.startswith("ended-"))
    if last.has(states.FAILED):
        mark = states.FAILED
    elif ended and not last.has(states.SEALED):
        mark = ended[-1]
    else:
        return None
    return _fault(world, f"{ids.pulls_folder(school)}{last.id}/{mark}")


def _sealed(world: World, school: str, last: Folder) -> Pulled | None:
    if not last.has(states.SEALED) or last.has(states.FAILED):
        return None
    folder = f"{ids.pulls_folder(school)}{last.id}/"
    return Pulled.from_json(states.SEALED, world.store.read(folder + states.SEALED))


def _newest_set(world: World, profile: str) -> str | None:
    listed = states.sets(profile, world.store.blobs(ids.profile_folder(profile)))
    return listed[-1].id if listed else None


def _set(world: World, profile: str, now: datetime) -> SetStatus | None:
    newest = _newest_set(world, profile)
    if newest is None:
        return None
    manifest = set_manifest(world, profile, newest)
    age_h = round((now - manifest.pulled_at).total_seconds() / 3600, 1)
    return SetStatus(newest, manifest, age_h)


# -- connectors ----------------------------------------------------------------------------------


def _connector(world: World, connector: str) -> ConnectorStatus:
    view = look(world, connector)
    newest = newest_sets(world, connector)
    hand_overs = {hand_over.delivery: hand_over for hand_over in view.hand_overs(world)}
    return ConnectorStatus(
        profiles=world.settings.connectors()[connector],
        waiting_for=[profile for profile, sealed in newest.items() if sealed is None],
        paused=view.pause,
        restorable=_restorable(view),
        deliveries=[
            _delivery(world, view, folder, state, hand_overs.get(folder.id))
            for folder, state in reversed(view.states[-DELIVERIES_SHOWN:])
        ],
    )


def _restorable(view: View) -> list[Restorable]:
    """Return what SDS has accepted and could be sent again, the newest first."""
    taken = [
        Restorable(folder.id, folder.made_at[states.ACCEPTED])
        for folder, _ in view.states
        if folder.has(states.ACCEPTED) and not folder.has(states.SWEPT)
    ]
    return sorted(taken, key=lambda former: former.accepted_at, reverse=True)


def _delivery(
    world: World, view: View, folder: Folder, state: State, hand_over: HandOver | None
) -> DeliveryStatus:
    """Return how a delivery stands; an unreadable record does not hide the other deliveries."""
    try:
        return DeliveryStatus(
            id=folder.id,
            state=state,
            manifest=view.manifest(world, folder) if folder.has(manifests.MANIFEST) else None,
            plan=_mark(world, view, folder, states.PLAN, Plan),
            hold=_mark(world, view, folder, states.HELD, Hold),
            error=_failure(world, view, folder),
            receipt=_mark(world, view, folder, states.RECEIPT, Receipt),
            fate=_fate(world, view, folder, hand_over),
        )
    except SyncError as error:
        return DeliveryStatus(folder.id, state, error=fault(error))


def _mark[M: Record](
    world: World, view: View, folder: Folder, mark: str, record: type[M]
) -> M | None:
    """Read a mark of the delivery in *folder*; None if it is not there."""
    if not folder.has(mark):
        return None
    return record.from_json(mark, world.store.read(f"{view.prefix}{folder.id}/{mark}"))


def _failure(world: World, view: View, folder: Folder) -> Fault | None:
    if not folder.has(states.FAILED):
        return None
    return _fault(world, f"{view.prefix}{folder.id}/{states.FAILED}")


def _fault(world: World, name: str) -> Fault:
    return Fault.from_json(name, world.store.read(name))


def _fate(world: World, view: View, folder: Folder, hand_over: HandOver | None) -> Fate | None:
    """Return what became of a delivery that was handed over; None of any other."""
    if hand_over:
        return hand_over.fate
    if folder.has(states.SUBMITTED) or folder.has(states.RECEIPT):
        return fates.of(folder, view.receipt(world, folder))
    return None


# -- messages ------------------------------------------------------------------------------------


def _failed_messages(world: World) -> Mapping[Queue, Sequence[Mapping[str, str]]]:
    poisoned = world.nudges.poisoned()
    return {queue: [_subject(text) for text in poisoned.get(queue, ())] for queue in QUEUES}


def _subject(text: str) -> dict[str, str]:
    """Return what a failed message was about; anything but a message of ours stays untold."""
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(message, dict):
        return {}
    return {key: str(message[key]) for key in ("school", "connector") if key in message}
