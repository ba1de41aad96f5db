"""Merging a connector's newest sets into a delivery, if no delivery covers them yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sync.edge.world import World
from sync.errors import SyncError, concerning
from sync.ledger import ids, manifests, states
from sync.ledger.manifests import DeliveryManifest, SetManifest
from sync.ledger.marks import Failed
from sync.report import Outcome, Step
from sync.sds import rules
from sync.sds.csvtext import widest_rows
from sync.sds.merge import Offered, merge
from sync.sds.tables import ON_REQUEST
from sync.steps import baselines
from sync.steps.attempts import Place, attempted
from sync.steps.connector import Listing, newest_sets
from sync.steps.delivery import SealedSet, in_order
from sync.steps.seal import NewDelivery, seal_delivery


def merge_if_newer(world: World, listing: Listing) -> Step | None:
    """Merge the newest sets if no delivery covers them; None if any does, or there are none."""
    newest = newest_sets(world, listing.connector)
    sources = [sealed for sealed in newest.values() if sealed]
    if not sources:
        return None
    if missing := len(newest) - len(sources):
        facts = {"profiles_missing": missing}
        return Step("merge", Outcome.WAITING, listing.connector, facts=facts)
    if is_covered(listing, sources):
        return None
    age = listing.now - min(sealed.pulled_at for sealed in sources)
    if abs(age) > states.DATA_LASTS:  # also what a clock that ran ahead has dated
        facts = {"age_h": int(age.total_seconds() // 3600)}
        return Step("merge", Outcome.STALE, listing.connector, facts=facts)
    return _merged(world, listing, sources)


def is_covered(listing: Listing, sources: Sequence[SealedSet]) -> bool:
    """Say whether the newest delivery was made of these very sets, whatever has become of it.

    Its moment alone does not tell. Of two merges at once the slower may have looked at older sets;
    and settings may have changed since.
    """
    if not listing.states:
        return False
    newest = listing.deliveries[-1]
    if newest.id == ids.set_id(ids.pulled_at(newest.id), _names(sources)):
        return True  # they could not be merged
    return newest.sources() == _set_ids(sources)


def _set_ids(sources: Sequence[SealedSet]) -> dict[str, str]:
    return {sealed.profile: sealed.id for sealed in sources}


def _names(sources: Sequence[SealedSet]) -> bytes:
    """Return the names of *sources*: what stands for a delivery that they do not give."""
    return "\n".join(sorted(f"{sealed.profile}/{sealed.id}" for sealed in sources)).encode()


def _moment(listing: Listing) -> datetime:
    """Return the moment that names a delivery made now: the newest, whatever the clock once was."""
    return ids.after(listing.now, (delivery.id for delivery in listing.deliveries))


def _merged(world: World, listing: Listing, sources: Sequence[SealedSet]) -> Step:
    """Merge *sources* and seal the delivery; what only a person can mend is written down."""
    newest = listing.deliveries[-1:]
    since = max((delivery.last_made_at for delivery in newest), default=None)
    newest_at = max(sealed.pulled_at for sealed in sources)
    try:
        with concerning(connector=listing.connector):
            return attempted(
                Place(world.store, listing.prefix, ids.set_id(newest_at, _names(sources))),
                lambda: seal_delivery(world, listing, _made(listing, sources)),
                again="ask for a pull",
                since=since,
            )
    except SyncError as error:
        if error.retry:
            raise
        failed = listing.new_delivery(ids.set_id(_moment(listing), _names(sources)))
        failed.claim(Failed.of(error))
        return Step("merge", Outcome.FAILED, listing.connector, failed.id, error=error)


def _made(listing: Listing, sources: Sequence[SealedSet]) -> NewDelivery:
    """Return the delivery that *sources* give.

    It is named by the moment at which we looked, which was before *sources* were looked up: so what
    is named later was made of sets that are as new or newer. Its manifest gives the digits in its
    id, and names the connector: an answer of a person names nothing but that id.
    """
    newest_first = in_order(sources)
    of_profile = {sealed.profile: sealed.manifest() for sealed in newest_first}
    own_grades = {grade for manifest in of_profile.values() for grade in manifest.own_grades}
    offered = _offered([(sealed, of_profile[sealed.profile]) for sealed in newest_first])
    held = baselines.held_files(listing)
    merged = merge(offered, listing.may_have_sent(ON_REQUEST), held=held)
    files = rules.files(merged, own_grades, sealed_before=True)
    facts = manifests.facts(files)
    manifest = DeliveryManifest(
        connector=listing.connector,
        sources=_set_ids(sources),
        pulled_at=min(manifest.pulled_at for manifest in of_profile.values()),
        digest=manifests.digest(facts),
        files=facts,
        counts=manifests.rows_by_table(facts),
        withheld=_withheld(of_profile),
        own_grades=tuple(sorted(own_grades)),
    )
    delivery_id = ids.set_id(_moment(listing), manifest.to_json())
    return NewDelivery(delivery_id, files, manifest, manifest.counts)


def _offered(newest_first: Iterable[tuple[SealedSet, SetManifest]]) -> list[Offered]:
    """Return what each school offers: the files of its sets."""
    of_school: dict[str, list[Mapping[str, bytes]]] = {}
    for sealed, manifest in newest_first:
        with concerning(school=manifest.school):
            of_school.setdefault(manifest.school, []).append(sealed.read_files(manifest.files))
    return [Offered(school, _org(sets[0]), sets) for school, sets in of_school.items()]


def _org(files: Mapping[str, bytes]) -> str:
    """Return the id in SDS of the school whose set this is."""
    return next(widest_rows("orgs.csv", files))[0]


def _withheld(of_profile: Mapping[str, SetManifest]) -> dict[str, int]:
    return dict(sum((Counter(manifest.withheld) for manifest in of_profile.values()), Counter()))
