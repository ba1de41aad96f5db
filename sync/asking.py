"""What people ask of a running sync: how it stands, what to mend, and their answer to a hold.

`status` holds counts, states, ids of our own and codes: nobody's name. `findings` names people.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sync import __version__, delivery, fates, follow, run, state
from sync.edge.queues import QUEUES
from sync.edge.world import World
from sync.errors import AnswerRefused, StoreError, SyncError
from sync.holdings import HandOver
from sync.plan import Hold, Plan
from sync.records import Approved, Paused, Pulled, Receipt, Unchanged
from sync.report import Fault, Outcome, fault
from sync.state import Folder, State
from sync.view import View, find, look, newest_sets, set_manifest

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
    listed = run.pulls(world, school)
    if not listed:
        return {"pull": None}
    last = listed[-1]
    told: Json = {"id": last.id, "state": _pull_state(last, now), "attempts": state.attempts(last)}
    folder = f"{delivery.pulls_folder(school)}{last.id}/"
    if last.has(state.FAILED):
        told["error"] = _fault(world, folder + state.FAILED)
    elif last.has(state.SEALED):
        pulled = Pulled.from_json(state.SEALED, world.store.read(folder + state.SEALED))
        told["sets"] = dict(pulled.sets)
        told["faults"] = {key: one.model_dump() for key, one in pulled.faults.items()}
    elif ended := sorted(name for name in last.made_at if name.startswith("ended-")):
        told["error"] = _fault(world, folder + ended[-1])
    return {"pull": told}


def _pull_state(one: Folder, now: datetime) -> str:
    if one.has(state.SEALED):
        return "sealed"
    if one.has(state.FAILED):
        return "failed"
    return "running" if state.pull_is_running(one, now) else "waiting"


def _profile(world: World, profile: str, now: datetime) -> Json:
    listed = state.sets(profile, world.store.blobs(delivery.profile_folder(profile)))
    if not listed:
        return {"set": None}
    manifest = set_manifest(world, profile, listed[-1].id)
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
    known = _hand_overs(world, view)
    return {
        "profiles": list(world.settings.connectors()[connector]),
        "waiting_for": missing,
        "paused": _paused(view.pause),
        "restorable": _restorable(view),
        "deliveries": [_told(world, view, one, reached, known) for one, reached in reversed(shown)],
    }


def _paused(pause: Paused | None) -> Json | None:
    if pause is None:
        return None
    return {"since": _text(pause.at), "restores": pause.restores, "delivery": pause.delivery}


def _restorable(view: View) -> list[Json]:
    """Return what SDS has accepted and could be sent again, the newest first."""
    taken = [one for one, _ in view.states if one.has(state.ACCEPTED) and not one.has(state.SWEPT)]
    taken.sort(key=lambda one: one.made_at[state.ACCEPTED], reverse=True)
    return [{"id": one.id, "accepted_at": _text(one.made_at[state.ACCEPTED])} for one in taken]


def _hand_overs(world: World, view: View) -> dict[str, HandOver]:
    """Return what SDS was given since the last that a run took; of each delivery the last time."""
    try:
        return {each.delivery: each for each in view.hand_overs(world)}
    except StoreError:  # an unreadable record is told where its delivery is
        return {}


def _told(
    world: World, view: View, one: Folder, reached: State, known: Mapping[str, HandOver]
) -> Json:
    """Return how a delivery stands; one unreadable record does not hide the others."""
    try:
        return _delivery(world, view, one, reached) | _became(world, view, one, known)
    except SyncError as error:
        return {"id": one.id, "state": reached.value, "error": fault(error).model_dump()}


def _delivery(world: World, view: View, one: Folder, reached: State) -> Json:
    folder = f"{view.prefix}{one.id}/"
    told: Json = {"id": one.id, "state": reached.value}
    if one.has(delivery.MANIFEST):
        manifest = view.manifest(world, one)
        told |= {"counts": dict(manifest.counts), "pulled_at": _text(manifest.pulled_at)}
    if one.has(state.PLAN):
        plan = Plan.from_json(state.PLAN, world.store.read(folder + state.PLAN))
        told["changes"] = {name: change.model_dump() for name, change in plan.changes.items()}
    if one.has(state.HELD):
        hold = Hold.from_json(state.HELD, world.store.read(folder + state.HELD))
        told["hold"] = hold.model_dump(exclude={"digest"})
    if one.has(state.FAILED):
        told["error"] = _fault(world, folder + state.FAILED)
    if one.has(state.RECEIPT):
        receipt = Receipt.from_json(state.RECEIPT, world.store.read(folder + state.RECEIPT))
        told["receipt"] = receipt.model_dump(mode="json")
    return told


def _became(world: World, view: View, one: Folder, known: Mapping[str, HandOver]) -> Json:
    """Return what became of a delivery that was handed over; nothing of one that was not.

    An unchanged one was not handed over itself: it tells what became of the one that it repeats.
    """
    repeats: Json = {}
    if one.has(state.UNCHANGED):
        name = f"{view.prefix}{one.id}/{state.UNCHANGED}"
        former = Unchanged.from_json(name, world.store.read(name)).accepted
        found = next((folder for folder, _ in view.states if folder.id == former), None)
        if found is None:
            return {}
        one, repeats = found, {"repeats": former}
    hand_over = known.get(one.id)
    if hand_over is None and not one.has(state.SUBMITTED) and not one.has(state.RECEIPT):
        return {}
    row = fates.TABLE[hand_over.fate if hand_over else fates.of(one, view.receipt(world, one))]
    # What was handed over before the last that a run took is not held any more.
    may_hold = hand_over is not None and hand_over.may_hold
    return {"became": {"word": row.word, "may_hold": may_hold, "who": row.who, **repeats}}


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


def _fault(world: World, name: str) -> Json:
    return Fault.from_json(name, world.store.read(name)).model_dump()


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


# -- findings ------------------------------------------------------------------------------------


def findings(world: World, profile: str) -> bytes | None:
    """Return `findings.json` of the profile's newest set; None if it has none. Names people."""
    listed = state.sets(profile, world.store.blobs(delivery.profile_folder(profile)))
    if not listed:
        return None
    folder = f"{delivery.profile_folder(profile)}{listed[-1].id}/"
    return world.store.read(folder + delivery.FINDINGS)


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
        world.tell(follow.vouch(world, view, one))
        return Answered(view.connector, Outcome.TAKEN)
    withdrawn = not approve and reached is State.READY  # approved, or within the limits: not sent
    if reached is not State.HELD and not withdrawn:
        newest = view.states[-1][0].id
        raise AnswerRefused(
            f"this delivery is not held but {reached.value}: nothing was changed; see status",
            state=reached.value,
            newest=newest,
        )
    record = Approved(
        digest=view.manifest(world, one).digest, at=world.store.now(), by=uuid.uuid4().hex
    )
    mark = state.APPROVED if approve else state.REJECTED
    if not world.store.claim(f"{view.prefix}{own}/{mark}", record.to_json()):
        raise AnswerRefused("somebody has answered at the same moment; see status")
    if approve:
        world.nudges.nudge("send", {"connector": view.connector})
    return Answered(view.connector, Outcome.APPROVED if approve else Outcome.REJECTED)
