"""Whether the same files go again: SDS has them already, may yet take them, or did so in vain."""

from __future__ import annotations

from collections.abc import Sequence

from sync import delivery, fates, state
from sync.delivery import DeliveryManifest
from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, SyncError, TargetRefused, TargetRejected
from sync.fates import Fate
from sync.holdings import SENT_IN_VAIN, HandOver, may_hold
from sync.records import Attempt
from sync.view import View


def held(world: World, view: View, recent: Sequence[HandOver], digest: str) -> str | None:
    """Return the newest delivery that SDS may hold if it has *digest* and needs nothing more.

    *recent* are the hand-overs since the last that a run took. A newer one, or one that did not
    come through, may have replaced what SDS holds: then the same files are sent again.
    """
    last = next(reversed(may_hold(recent)), None)
    if last is None or fates.TABLE[last.fate].tomorrow != "unchanged":
        return None
    return last.delivery if _digest(world, view, last) == digest else None


def demand_hope(
    world: World, view: View, recent: Sequence[HandOver], manifest: DeliveryManifest
) -> None:
    """Refuse to send the same files night after night in vain, unless a person asks for it.

    Raises:
        TargetRejected, TargetRefused: they were handed over often enough since the last that a run
            took, by who must act.
    """
    in_vain = _last_in_vain(world, view, recent, manifest.digest)
    if len(in_vain) < SENT_IN_VAIN or _a_person_asked(world, manifest):
        return
    raise _in_vain(recent[-1].fate, len(in_vain))


def _last_in_vain(world: World, view: View, recent: Sequence[HandOver], digest: str) -> set[str]:
    """Return the deliveries with *digest* that were handed over last, with no other in between.

    Those of the version before do not count: it could not hear what became of them.
    """
    in_vain = set[str]()
    for hand_over in reversed(recent):
        if hand_over.alone or _digest(world, view, hand_over) != digest:
            break
        if hand_over.folder and hand_over.folder.has(state.AGAINST):
            in_vain.add(hand_over.delivery)
    return in_vain


def _in_vain(fate: Fate, times: int) -> SyncError:
    word = fates.TABLE[fate].word
    again = "a change in iSAMS, or a person who asks for a pull, sends them again"
    if fate is Fate.REFUSED:
        return TargetRejected(
            f"SDS has refused these very files {times} times: look at the receipt; {again}",
            times=times,
            last=word,
        )
    return TargetRefused(
        f"these very files were handed to SDS {times} times, and nothing shows that it took them:"
        f" look at Sync health in School Data Sync; {again}",
        times=times,
        last=word,
    )


def _digest(world: World, view: View, hand_over: HandOver) -> str | None:
    """Return the digest of what was handed over; None where its manifest is gone or damaged."""
    folder = hand_over.folder
    if folder is None or not folder.has(delivery.MANIFEST):
        return None
    try:
        return view.manifest(world, folder).digest
    except (StoreMissing, StoreConflict):
        return None


def _a_person_asked(world: World, manifest: DeliveryManifest) -> bool:
    """Say whether one of the pulls whose sets were merged was asked for by a person."""
    schools = {
        world.settings.school_of(profile)
        for profile in manifest.sources
        if profile in world.settings.profiles
    }
    return any(_asked_by_person(world, school) for school in schools)


def _asked_by_person(world: World, school: str) -> bool:
    prefix = delivery.pulls_folder(school)
    last = state.last_sealed(state.pulls(school, world.store.blobs(prefix)))
    if last is None or not last.has(state.ASKED):
        return False
    name = f"{prefix}{last.id}/{state.ASKED}"
    return not Attempt.from_json(name, world.store.read(name)).by.startswith("timer")
