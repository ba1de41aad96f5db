"""What a delivery is compared with: each delivery that SDS may hold, in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sync.errors import StoreConflict, StoreMissing
from sync.ledger.holdings import HandOver
from sync.ledger.manifests import DeliveryManifest
from sync.sds.diff import Baseline, Meant
from sync.steps.delivery import Delivery


def read_baselines(
    compared: Sequence[HandOver[Delivery]], manifest: DeliveryManifest
) -> Iterator[Baseline]:
    """Yield a baseline for each of *compared*, the newest first; equal files once.

    *manifest* is of the delivery that is compared. Files that are gone or damaged give a baseline
    that nothing can be compared with.
    """
    digests = set[str]()
    for hand_over in reversed(compared):
        delivery = hand_over.delivery
        was = _manifest(delivery) if delivery else None
        if delivery is None or was is None:
            yield Baseline(hand_over.delivery_id, None)
        elif was.digest not in digests:
            digests.add(was.digest)
            yield Baseline(hand_over.delivery_id, _files(delivery, was), _meant(was, manifest))


def _manifest(delivery: Delivery) -> DeliveryManifest | None:
    try:
        return delivery.manifest()
    except (StoreMissing, StoreConflict):
        return None


def _files(delivery: Delivery, manifest: DeliveryManifest) -> dict[str, bytes] | None:
    try:
        return delivery.files(manifest)
    except (StoreMissing, StoreConflict):
        return None


def _meant(was: DeliveryManifest, manifest: DeliveryManifest) -> Meant:
    """Return what settings have to do with a difference from *was*."""
    gone = len(was.sources.keys() - manifest.sources.keys())
    withheld = Counter(manifest.withheld) - Counter(was.withheld)
    return Meant(gone, withheld, frozenset(manifest.extra_left_out))
