"""Whether the same files go again: SDS has them already, may yet take them, or did so in vain."""

from __future__ import annotations

from collections.abc import Sequence

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, SyncError, TargetRefused, TargetRejected
from sync.ledger import fates, states
from sync.ledger.fates import Fate
from sync.ledger.holdings import SENT_IN_VAIN, HandOver, may_hold
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import Against, Asked
from sync.steps.delivery import Delivery, list_pulls


def held_already(recent: Sequence[HandOver[Delivery]], digest: str) -> str | None:
    """Return the newest delivery that SDS may hold if it has *digest* and needs nothing more.

    *recent* are the hand-overs since the last that a run took. A newer delivery, or a hand-over
    that did not come through, may have replaced what SDS holds: then the same files are sent again.
    """
    last = next(reversed(may_hold(recent)), None)
    if last is None or fates.TABLE[last.fate].tomorrow != "unchanged":
        return None
    return last.delivery_id if _digest(last) == digest else None


def demand_hope(
    world: World, recent: Sequence[HandOver[Delivery]], manifest: DeliveryManifest
) -> None:
    """Refuse to send the same files night after night in vain, unless a person asks for it.

    Raises:
        TargetRejected, TargetRefused: they were handed over often enough since the last that a run
            took, by who must act.
    """
    in_vain = _last_in_vain(recent, manifest.digest)
    if len(in_vain) < SENT_IN_VAIN or _a_person_asked(world, manifest):
        return
    raise _in_vain(recent[-1].fate, len(in_vain))


def _last_in_vain(recent: Sequence[HandOver[Delivery]], digest: str) -> set[str]:
    """Return the deliveries with *digest* that were handed over last, with no other in between.

    Those of the version before do not count: it could not hear what became of them.
    """
    in_vain = set[str]()
    for hand_over in reversed(recent):
        if hand_over.alone or _digest(hand_over) != digest:
            break
        if hand_over.delivery and hand_over.delivery.has(Against):
            in_vain.add(hand_over.delivery_id)
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


def _digest(hand_over: HandOver[Delivery]) -> str | None:
    """Return the digest of what was handed over; None where its manifest is gone or damaged."""
    delivery = hand_over.delivery
    if delivery is None or not delivery.has(DeliveryManifest):
        return None
    try:
        return delivery.manifest().digest
    except (StoreMissing, StoreConflict):
        return None


def _a_person_asked(world: World, manifest: DeliveryManifest) -> bool:
    """Say whether a person asked for any of the pulls whose sets were merged."""
    schools = {
        world.settings.school_of(profile)
        for profile in manifest.sources
        if profile in world.settings.profiles
    }
    return any(_asked_by_person(world, school) for school in schools)


def _asked_by_person(world: World, school: str) -> bool:
    pull = states.last_sealed(list_pulls(world.store, school))
    asked = pull.read_if_listed(Asked) if pull else None
    return asked is not None and not asked.by_timer
