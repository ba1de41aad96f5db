"""What a school loses night by night: each loss is under every limit, and together they are not.

So losses are compared with one delivery more: that which was in force a week ago, or the newest
that a person let go or brought back, if that is later. Its files are there still: what SDS held
stays a week (docs/decisions/0009-what-sds-held-stays-a-week.md).

What no week makes too large may be so within a month: that is told, by what manifests have counted,
which stay a year. It holds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.ledger import fates, holdings, offers
from sync.ledger.marks import Accepted, Approved, Swept
from sync.ledger.offers import SchoolPart, Why
from sync.report import Outcome, Step
from sync.sds.diff import Former
from sync.settings import SchoolLimits
from sync.steps.baselines import known_beside, manifest_of
from sync.steps.connector import Listing
from sync.steps.delivery import Delivery
from sync.steps.offers import base_of, set_manifest

WEEK, MONTH = timedelta(days=7), timedelta(days=35)


def read_formers(
    listing: Listing, orgs: Collection[str], compared: Collection[str]
) -> Iterator[Former]:
    """Yield what the losses of the schools *orgs* are compared with, each for some of them.

    *compared* are the ids of the deliveries that all is compared with: none of these is another.
    """
    by_id: dict[str, tuple[Delivery, set[str]]] = {}
    for org, delivery in in_force(listing, orgs, WEEK, with_files=True):
        by_id.setdefault(delivery.id, (delivery, set()))[1].add(org)
    for delivery, of_orgs in by_id.values():
        if delivery.id not in compared:
            yield _former(delivery, of_orgs)


def _former(delivery: Delivery, orgs: Collection[str]) -> Former:
    try:
        files = delivery.files()
    except (StoreMissing, StoreConflict):
        return Former(delivery.id, frozenset(orgs), None)
    beside = known_beside(delivery)
    return Former(
        delivery.id, frozenset(orgs), files, beside.extra, beside.names, beside.unreadable
    )


def in_force(
    listing: Listing, orgs: Collection[str], span: timedelta, *, with_files: bool
) -> Iterator[tuple[str, Delivery]]:
    """Yield for each of *orgs* the delivery in force *span* ago, or a person's last word if later.

    Where there is none so old, it is the oldest. *with_files*: a swept one is none.
    """
    pending, last = set(orgs), None
    for at, delivery in _handed(listing, with_files=with_files):
        last = delivery
        said = {org for org in pending if _is_a_persons_word(listing, delivery, org)}
        yield from ((org, delivery) for org in sorted(said))
        pending -= said
        if not pending or listing.now - at >= span:
            break
    if last:
        yield from ((org, last) for org in sorted(pending))


def _handed(listing: Listing, *, with_files: bool) -> Iterator[tuple[datetime, Delivery]]:
    """Yield the deliveries that were in force, the newest first."""
    for at, delivery in reversed(holdings.by_moment(listing.deliveries, listing.claims)):
        if _was_in_force(delivery) and not (with_files and delivery.has(Swept)):
            yield at, delivery


def _was_in_force(delivery: Delivery) -> bool:
    """Say whether SDS accepted *delivery*, and did not refuse it in the end."""
    if not delivery.has(Accepted):
        return False
    try:
        receipt = delivery.receipt()
    except (StoreMissing, StoreConflict):
        return True  # nobody can read how it ended: then SDS may have held it
    return fates.TABLE[fates.fate_of(delivery, receipt)].may_hold


def _is_a_persons_word(listing: Listing, delivery: Delivery, org: str) -> bool:
    """Say whether a person let the school *org* go with *delivery*, or brought it back by it."""
    schools = delivery.schools()
    if schools is None:  # of the version before: all schools had one answer
        manifest = manifest_of(delivery)
        return delivery.has(Approved) or bool(manifest and manifest.restores)
    parts = {school: part for school, part in schools.parts.items() if part.org == org}
    return any(
        part.why == Why.RESTORED or _is_approved(listing, delivery, school, part)
        for school, part in parts.items()
    )


def _is_approved(listing: Listing, delivery: Delivery, school: str, part: SchoolPart) -> bool:
    """Say whether a person has said yes to what *delivery* has of *school*."""
    if delivery.has(Approved):
        return True
    steps = offers.same_step(listing.offers.get(school, ()), part.digest)
    return bool(part.offer) and offers.approved_at(steps) is not None


# -- what a month has lost -----------------------------------------------------------------------


def steps(world: World, listing: Listing) -> Iterator[Step]:
    """Yield a line for each school of a connector of which SDS has lost much within 35 days."""
    base = base_of(world, listing)
    if base is None:
        return
    school_of = {part.org: school for school, part in base.parts.items()}
    by_org = world.settings.limits_by_org()
    for org, former in in_force(listing, school_of, MONTH, with_files=False):
        was, now = _counts(former, org), _counts(base.delivery, org)
        limits = by_org.get(org, world.settings.sds.limits)
        if was and now and (lost := _lost(was, now, limits)):
            facts: dict[str, int | str] = {"connector": listing.connector, **lost}
            yield Step("drift", Outcome.SHRUNK, school_of[org], former.id, facts)


def _counts(delivery: Delivery, org: str) -> Mapping[str, int] | None:
    """Return how many students, teachers and classes the sets of a school in *delivery* have.

    Somebody of two profiles counts in both. None where nobody can say it any more.
    """
    schools = delivery.schools()
    part = offers.part_of(org, schools.parts) if schools else None
    manifests = [
        set_manifest(delivery.store, profile, set_id)
        for profile, set_id in (part.sources.items() if part else ())
    ]
    counts = Counter[str]()
    for manifest in manifests:
        if manifest is None:
            return None
        counts.update(manifest.counts)
    return counts or None


def _lost(was: Mapping[str, int], now: Mapping[str, int], limits: SchoolLimits) -> dict[str, int]:
    """Return how many fewer there are of what has lost more than a night may lose."""
    may = {
        "students": limits.pupils_lost,
        "teachers": limits.teachers_lost,
        "classes": limits.classes_lost,
    }
    lost = {what: was.get(what, 0) - now.get(what, 0) for what in may}
    return {what: rows for what, rows in lost.items() if rows > may[what].of(was.get(what, 0))}
