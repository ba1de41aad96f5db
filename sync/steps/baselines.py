"""What a delivery is compared with: each delivery that SDS may hold, one at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.ledger.holdings import HandOver
from sync.ledger.manifests import DeliveryManifest
from sync.sds.diff import Baseline, Meant
from sync.steps.connector import View


def of(
    world: World, view: View, compared: Sequence[HandOver], manifest: DeliveryManifest
) -> Iterator[Baseline]:
    """Yield a baseline for each of *compared*, the newest first; equal files once.

    *manifest* is of the delivery that is compared. Files that are gone or damaged give a baseline
    that nothing can be compared with.
    """
    digests = set[str]()
    for hand_over in reversed(compared):
        was = _manifest(world, view, hand_over)
        if was is None:
            yield Baseline(hand_over.delivery, None)
        elif was.digest not in digests:
            digests.add(was.digest)
            yield Baseline(
                hand_over.delivery, _files(world, view, hand_over, was), _meant(was, manifest)
            )


def _manifest(world: World, view: View, hand_over: HandOver) -> DeliveryManifest | None:
    if hand_over.folder is None:
        return None
    try:
        return view.manifest(world, hand_over.folder)
    except (StoreMissing, StoreConflict):
        return None


def _files(
    world: World, view: View, hand_over: HandOver, was: DeliveryManifest
) -> dict[str, bytes] | None:
    if hand_over.folder is None:
        return None
    try:
        return view.files(world, hand_over.folder, was)
    except (StoreMissing, StoreConflict):
        return None


def _meant(was: DeliveryManifest, manifest: DeliveryManifest) -> Meant:
    """Return what settings have to do with a difference from *was*."""
    gone = len(was.sources.keys() - manifest.sources.keys())
    return Meant(gone, Counter(manifest.withheld) - Counter(was.withheld))
