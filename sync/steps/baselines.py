"""What a delivery is compared with: each delivery that SDS may hold, in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sync.edge.storage.store import Store
from sync.errors import StoreConflict, StoreMissing
from sync.ledger import ids
from sync.ledger.holdings import HandOver
from sync.ledger.manifests import DeliveryManifest, SetManifest
from sync.roster.finding_codes import EXTRA_TEACHERS_GONE
from sync.sds.csvtext import widest_rows
from sync.sds.diff import Baseline, Meant
from sync.steps.connector import Listing
from sync.steps.delivery import Delivery, SealedSet, read_record
from sync.steps.findings import told_of

CLASSES = "classes.csv"


def read_baselines(
    compared: Sequence[HandOver[Delivery]], manifest: DeliveryManifest
) -> Iterator[Baseline]:
    """Yield a baseline for each of *compared*, the newest first; equal files once.

    *manifest* is of the delivery that is compared. Files that are gone or damaged give a baseline
    that nothing can be compared with.
    """
    lacking: Mapping[str, tuple[str, ...]] | None = None
    left_out = frozenset[str]()
    digests = set[str]()
    for hand_over in reversed(compared):
        delivery = hand_over.delivery
        was = manifest_of(delivery) if delivery else None
        if delivery is None or was is None:
            yield Baseline(hand_over.delivery_id, None)
        elif was.digest not in digests:
            digests.add(was.digest)
            if lacking is None:
                lacking = _lacking(delivery.store, manifest)
                left_out = _left_out(delivery.store, manifest)
            emptied = _emptied(delivery.store, was, lacking)
            meant = replace(_meant(was, manifest, emptied), extra_left_out=left_out)
            yield Baseline(hand_over.delivery_id, _files(delivery, was), meant)


def held_classes(listing: Listing) -> frozenset[str]:
    """Return the ids of the classes in the newest delivery that SDS may hold.

    None of them if there is no such delivery, or if nobody can read it any more: then `plan` holds
    what is compared with it.
    """
    newest = next((each.delivery for each in listing.may_hold()[-1:] if each.delivery), None)
    if newest is None:
        return frozenset()
    try:
        listed = newest.manifest().files
        body = newest.read_files({CLASSES: listed[CLASSES]})
        # Which files there are says which columns this one has.
        rows = widest_rows(CLASSES, dict.fromkeys(listed, b"") | body)
        return frozenset(row[0] for row in rows)
    except (StoreMissing, StoreConflict):
        return frozenset()


def manifest_of(delivery: Delivery) -> DeliveryManifest | None:
    """Return the manifest of *delivery*; None if nobody can read it any more."""
    try:
        return delivery.manifest()
    except (StoreMissing, StoreConflict):
        return None


def _files(delivery: Delivery, manifest: DeliveryManifest) -> dict[str, bytes] | None:
    try:
        return delivery.files(manifest)
    except (StoreMissing, StoreConflict):
        return None


def _meant(
    was: DeliveryManifest, manifest: DeliveryManifest, emptied: Mapping[tuple[str, str], int]
) -> Meant:
    """Return what settings have to do with a difference from *was*."""
    gone = len(was.sources.keys() - manifest.sources.keys())
    withheld = Counter(manifest.withheld) - Counter(was.withheld)
    return Meant(gone, withheld, emptied)


def _left_out(store: Store, manifest: DeliveryManifest) -> frozenset[str]:
    """Return the user ids of extra teachers who are none, as the findings of its sets say."""
    sets = (
        SealedSet(set_id, {}, store, ids.profile_folder(profile))
        for profile, set_id in manifest.sources.items()
    )
    return frozenset(
        finding.detail for sealed in sets for finding in told_of(sealed, *EXTRA_TEACHERS_GONE)
    )


def _lacking(store: Store, manifest: DeliveryManifest) -> dict[str, tuple[str, ...]]:
    """Return what profiles of *manifest* have none of: their own sets say it."""
    sets = {profile: set_manifest(store, profile, of) for profile, of in manifest.sources.items()}
    return {profile: of.lacking for profile, of in sets.items() if of and of.lacking}


def _emptied(
    store: Store, was: DeliveryManifest, lacking: Mapping[str, tuple[str, ...]]
) -> dict[tuple[str, str], int]:
    """Return what profiles had in *was* of what they are *lacking*; 0 if nobody knows."""
    emptied = {}
    for profile in lacking.keys() & was.sources.keys():
        before = set_manifest(store, profile, was.sources[profile])
        for what in lacking[profile]:
            if before is None or what not in before.lacking:
                emptied[profile, what] = before.counts[what] if before else 0
    return emptied


def set_manifest(store: Store, profile: str, set_id: str) -> SetManifest | None:
    """Return the manifest of a profile's set; None if nobody can read it any more."""
    name = f"{ids.profile_folder(profile)}{set_id}/{SetManifest.file_name}"
    try:
        return read_record(store, SetManifest, name)
    except (StoreMissing, StoreConflict):
        return None
