"""What people ask of a running sync: how it stands, what to mend, and their answer to a hold.

`status` holds counts, states, ids of our own and codes: nobody's name. `findings` names people.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import NamedTuple

from sync import __version__
from sync.edge.storage.queues import QUEUES
from sync.edge.world import World
from sync.errors import AnswerRefused, SyncError
from sync.ledger import fates, states
from sync.ledger.claims import Paused
from sync.ledger.folders import Folder
from sync.ledger.holdings import HandOver
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import (
    Accepted,
    Approved,
    AttemptFailed,
    Failed,
    Hold,
    Plan,
    Pulled,
    Receipt,
    Rejected,
    Submitted,
    Swept,
    fault,
)
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import receipts
from sync.steps.connector import Listing, find, look, newest_sets
from sync.steps.delivery import Delivery, list_pulls, list_sets

type Json = dict[str, object]

DELIVERIES_SHOWN = 5


# -- status --------------------------------------------------------------------------------------


def status(world: World) -> Json:
    """Return how everything stands, as JSON values; built from what exists, at this moment."""
    now = world.store.now()
    settings = world.settings
    return {
        "version": __version__,
        "now": _text(now),
        "schools": {school: _school(world, school, now) for school in sorted(settings.schools)},
        "profiles": {
            profile: _profile(world, profile, now) for profile in sorted(settings.profiles)
        },
        "connectors": {name: _connector(world, name) for name in settings.connectors()},
        "failed_messages": _failed_messages(world),
    }


def _school(world: World, school: str, now: datetime) -> Json:
    listed = list_pulls(world.store, school)
    if not listed:
        return {"pull": None}
    last = listed[-1]
    told: Json = {"id": last.id, "state": _pull_state(last, now), "attempts": states.attempts(last)}
    if failed := last.read_if_listed(Failed):
        told["error"] = failed.model_dump()
    elif pulled := last.read_if_listed(Pulled):
        told["sets"] = dict(pulled.sets)
        told["faults"] = {key: one.model_dump() for key, one in pulled.faults.items()}
    elif ended := last.numbers(AttemptFailed):
        told["error"] = last.read(AttemptFailed, ended[-1]).model_dump()
    return {"pull": told}


def _pull_state(one: Folder, now: datetime) -> str:
    if one.has(Pulled):
        return "sealed"
    if one.has(Failed):
        return "failed"
    return "running" if states.pull_is_running(one, now) else "waiting"


def _profile(world: World, profile: str, now: datetime) -> Json:
    listed = list_sets(world.store, profile)
    if not listed:
        return {"set": None}
    manifest = listed[-1].manifest()
    return {
        "set": {
            "id": listed[-1].id,
            "pulled_at": _text(manifest.pulled_at),
            "age_h": round((now - manifest.pulled_at).total_seconds() / 3600, 1),
            "academic_year": manifest.academic_year,
            "counts": dict(manifest.counts),
            "source": dict(manifest.source),
            "findings": dict(manifest.findings),
        }
    }


def _connector(world: World, connector: str) -> Json:
    view = look(world, connector)
    missing = [key for key, one in newest_sets(world, connector).items() if one is None]
    shown = view.states[-DELIVERIES_SHOWN:]
    known = {each.delivery_id: each for each in view.hand_overs()}
    return {
        "profiles": list(world.settings.connectors()[connector]),
        "waiting_for": missing,
        "paused": _paused(view.pause),
        "restorable": _restorable(view),
        "deliveries": [_told(one, reached, known.get(one.id)) for one, reached in reversed(shown)],
    }


def _paused(pause: Paused | None) -> Json | None:
    if pause is None:
        return None
    return {"since": _text(pause.at), "restores": pause.restores, "delivery": pause.delivery}


def _restorable(view: Listing) -> list[Json]:
    """Return what SDS has accepted and could be sent again, the newest first."""
    taken = [
        (at, one.id) for one, _ in view.states if (at := one.when(Accepted)) and not one.has(Swept)
    ]
    taken.sort(key=lambda accepted: accepted[0], reverse=True)
    return [{"id": delivery_id, "accepted_at": _text(at)} for at, delivery_id in taken]


def _told(one: Delivery, reached: State, hand_over: HandOver[Delivery] | None) -> Json:
    """Return how a delivery stands; one unreadable record does not hide the others."""
    try:
        return _delivery(one, reached) | _became(one, hand_over)
    except SyncError as error:
        return {"id": one.id, "state": reached.value, "error": fault(error).model_dump()}


def _delivery(one: Delivery, reached: State) -> Json:
    told: Json = {"id": one.id, "state": reached.value}
    if manifest := one.read_if_listed(DeliveryManifest):
        told |= {"counts": dict(manifest.counts), "pulled_at": _text(manifest.pulled_at)}
    if plan := one.read_if_listed(Plan):
        told["changes"] = {name: change.model_dump() for name, change in plan.changes.items()}
    if hold := one.read_if_listed(Hold):
        told["hold"] = hold.model_dump(exclude={"digest"})
    if failed := one.read_if_listed(Failed):
        told["error"] = failed.model_dump()
    if receipt := one.receipt():
        told["receipt"] = receipt.model_dump(mode="json")
    return told


def _became(one: Delivery, hand_over: HandOver[Delivery] | None) -> Json:
    """Return what became of a delivery that was handed over; nothing of one that was not."""
    if hand_over is None and not one.has(Submitted) and not one.has(Receipt):
        return {}
    fate = hand_over.fate if hand_over else fates.fate_of(one, one.receipt())
    row = fates.TABLE[fate]
    return {"became": {"word": row.word, "may_hold": row.may_hold, "who": row.who}}


def _failed_messages(world: World) -> Json:
    """Return the messages that the host gave up on, by queue: they name a school or connector."""
    poisoned = world.nudges.poisoned()
    return {queue: [_message(text) for text in poisoned.get(queue, ())] for queue in QUEUES}


def _message(text: str) -> Json:
    """Return what a failed message was about; anything but a message of ours stays untold."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    known = found if isinstance(found, dict) else {}
    return {key: str(known[key]) for key in ("school", "connector") if key in known}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


# -- findings ------------------------------------------------------------------------------------


def findings(world: World, profile: str) -> bytes | None:
    """Return `findings.json` of the profile's newest set; None if it has none. Names people."""
    listed = list_sets(world.store, profile)
    return listed[-1].findings() if listed else None


# -- a person's answer ---------------------------------------------------------------------------


class Answered(NamedTuple):
    """What came of a person's answer: for which connector, and the word for it."""

    connector: str
    outcome: Outcome


def answer(world: World, own: str, *, approve: bool) -> Answered:
    """Approve or reject the held delivery called *own*, once.

    An approval covers exactly this delivery's digest and lasts 24 h. If two people answer at
    once, a rejection wins. A delivery that may go and has not gone yet can be rejected too. To
    approve an *unproven* one says: I have looked in SDS, it holds this.

    Raises:
        AnswerRefused: there is no such delivery, or it does not wait for an answer.
    """
    view, one = find(world, own)
    reached = {folder.id: found for folder, found in view.states}[own]
    if approve and reached is State.UNPROVEN:
        world.tell(receipts.vouch(world, view, one))
        return Answered(view.connector, Outcome.TAKEN)
    withdrawn = not approve and reached is State.READY  # approved, or within the limits: not sent
    if reached is not State.HELD and not withdrawn:
        newest = view.states[-1][0].id
        raise AnswerRefused(
            f"this delivery is not held but {reached.value}: nothing was changed; see status",
            state=reached.value,
            newest=newest,
        )
    mark = Approved if approve else Rejected
    record = mark(digest=one.manifest().digest, at=world.store.now(), by=uuid.uuid4().hex)
    if not one.claim(record):
        raise AnswerRefused("somebody has answered at the same moment; see status")
    if approve:
        world.nudges.nudge("send", {"connector": view.connector})
    return Answered(view.connector, Outcome.APPROVED if approve else Outcome.REJECTED)
