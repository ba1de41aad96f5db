"""Comparing a delivery with all that SDS may hold: a plan, and a hold if a limit is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain

from sync.edge.world import World
from sync.errors import PlanOutdated
from sync.ledger import claims, offers
from sync.ledger.holdings import HandOver
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import Accepted, Against, Hold, Plan
from sync.ledger.offers import HeldOffer, SchoolPart, Schools, Why
from sync.report import Outcome, Step
from sync.sds import diff
from sync.sds.by_school import orgs_of
from sync.sds.diff import Comparison
from sync.steps import baselines, drift
from sync.steps.attempts import Place, attempted
from sync.steps.connector import Listing
from sync.steps.delivery import Delivery, StoredFolder
from sync.steps.offers import is_approved
from sync.steps.submit import UNTIL

AGAIN_S = 60.0


def plan(world: World, listing: Listing, delivery: Delivery) -> Step:
    """Compare with all that SDS may hold. The hold is written before the plan, never after.

    While another delivery may be on its way to SDS, what it will hold is not known.
    """
    if until := claims.turn_ends(listing.claims, listing.now):
        facts = {UNTIL: until.isoformat(timespec="seconds")}
        return Step("plan", Outcome.BUSY, listing.connector, delivery.id, facts, again_in_s=AGAIN_S)
    is_restored = listing.pause is not None and listing.pause.delivery == delivery.id
    return attempted(
        Place(world.store, listing.prefix, delivery.id),
        lambda: _compared(world, listing, delivery),
        again="ask for the restore again" if is_restored else "ask for a pull",
    )


def _compared(world: World, listing: Listing, delivery: Delivery) -> Step:
    compared = listing.may_hold()
    judged, hold = _judged(world, listing, delivery, compared)
    judgement = judged.judgement
    # Of two looks at once the later may know that SDS holds less: the first counts.
    if hold:
        if not judged.waits_whole:
            judged.note_held()
        delivery.claim(hold)
    _note_against(delivery, tuple(hand_over.delivery_id for hand_over in compared))
    delivery.claim(judgement.plan)
    step = partial(
        Step, "plan", about=listing.connector, delivery=delivery.id, facts=_changes(judgement.plan)
    )
    if hold and not judged.goes_on_without:
        return step(outcome=Outcome.HELD)
    world.nudges.nudge("send", {"connector": listing.connector})
    return step(outcome=Outcome.HELD if hold else Outcome.PLANNED, again_in_s=0)


def would_wait(world: World, listing: Listing, delivery: Delivery) -> Hold | None:
    """Return why *delivery* would wait for a person; None if it may go. Nothing is written."""
    return _judged(world, listing, delivery, listing.may_hold())[1]


def _judged(
    world: World,
    listing: Listing,
    delivery: Delivery,
    compared: Sequence[HandOver[Delivery]],
) -> tuple[_Judged, Hold | None]:
    manifest = delivery.manifest()
    offered = _offered(manifest, delivery.schools())
    judgement = _judgement(world, listing, delivery, manifest, compared, offered)
    judged = _Judged(world, listing, offered or {}, judgement)
    return judged, judged.hold(manifest.digest, offered_all=offered is None)


def _judgement(
    world: World,
    listing: Listing,
    delivery: Delivery,
    manifest: DeliveryManifest,
    compared: Sequence[HandOver[Delivery]],
    offered: Mapping[str, SchoolPart] | None,
) -> Comparison:
    files = delivery.files(manifest)
    orgs = set(orgs_of(files)) if offered is None else {part.org for part in offered.values()}
    return diff.judge(
        baselines.read_baselines(world.settings, compared, delivery),
        files,
        limits=world.settings.sds.limits,
        limits_by_org=world.settings.limits_by_org(),
        names=baselines.names_beside(delivery),
        formers=drift.read_formers(listing, orgs, {each.delivery_id for each in compared}),
        orgs=None if offered is None else orgs,
    )


def _offered(
    manifest: DeliveryManifest, schools: Schools | None
) -> Mapping[str, SchoolPart] | None:
    """Return the parts that are to be judged, by school; None: every school, whole.

    Of what is restored, and of a delivery of the version before, nothing was offered.
    """
    if schools is None or manifest.restores:
        return None
    return {school: part for school, part in schools.parts.items() if part.offer}


@dataclass(frozen=True)
class _Judged:
    """A comparison, beside what a person has said of each school in it."""

    world: World
    listing: Listing
    offered: Mapping[str, SchoolPart]
    judgement: Comparison

    @cached_property
    def held(self) -> Mapping[str, Why]:
        """The schools that wait for a person, and why."""
        return {
            school: why
            for school, part in self.offered.items()
            if (why := self._why(part)) and not is_approved(self.listing, school, part.digest)
        }

    def _why(self, part: SchoolPart) -> Why | None:
        if not part.rows:
            return Why.LEFT
        if (self.judgement.first or part.org in self.judgement.new) and self._hold_first:
            return Why.FIRST
        return Why.LIMITS if self.judgement.schools.get(part.org) else None

    @cached_property
    def _hold_first(self) -> bool:
        """Whether a school waits of which SDS has nothing.

        A connector without a baseline is no first start where SDS has ever accepted anything of
        ours: its setting was written in another way.
        """
        if self.world.settings.sds.hold_first:
            return True
        return self.judgement.first and _has_ever_accepted(self.world)

    @property
    def goes_on_without(self) -> bool:
        """Whether another delivery can be made of those that do not wait."""
        some = bool(self.held) and self.held.keys() < self.offered.keys()
        return some and not self.waits_whole

    @property
    def waits_whole(self) -> bool:
        """Whether no school may go, and one yes is for all.

        People who would get another id are those of the schools that wait, if any do.
        """
        return any(excess.what != "moved" for excess in self.judgement.whole)

    def hold(self, digest: str, *, offered_all: bool) -> Hold | None:
        """Return why the delivery waits; None if it may go."""
        first = self.judgement.first
        if offered_all:
            excesses = self.judgement.excesses
            waits = bool(excesses) or (first and self._hold_first)
        else:
            of_held = (self.judgement.schools.get(self.offered[key].org, ()) for key in self.held)
            excesses = (*self.judgement.whole, *chain.from_iterable(of_held))
            waits = bool(excesses or self.held)
        return Hold(digest=digest, first=first, excesses=excesses) if waits else None

    def note_held(self) -> None:
        """Write down of each school that waits why it does, so that a person can answer."""
        for school, why in self.held.items():
            part = self.offered[school]
            prefix = offers.folder_of(self.listing.prefix, school)
            held = HeldOffer(
                digest=part.digest,
                first=why is Why.FIRST,
                excesses=self.judgement.schools.get(part.org, ()),
                why=why,
                sources=part.sources,
            )
            is_news = StoredFolder(part.offer, {}, self.world.store, prefix).claim(held)
            if is_news and self.goes_on_without:  # else the delivery's own step says it
                self.world.tell(Step("offer", Outcome.HELD, school, part.offer))


def _changes(plan: Plan) -> dict[str, int]:
    """Return what is added and removed, by table: `users_added`."""
    return {
        f"{table.removesuffix('.csv')}_{what}": count
        for table, change in plan.changes.items()
        for what, count in (("added", change.added), ("removed", change.removed))
    }


def _note_against(delivery: Delivery, compared: tuple[str, ...]) -> None:
    """Note with what a delivery was compared, or see that somebody has noted as much.

    Raises:
        PlanOutdated: somebody has compared it with less, when SDS could not hold as much yet.
    """
    if delivery.claim(Against(deliveries=compared)):
        return
    if set(compared) - set(delivery.read(Against).deliveries):
        raise PlanOutdated("this delivery was compared before SDS was given another")


def _has_ever_accepted(world: World) -> bool:
    """Say whether SDS has accepted anything of ours, for whatever connector.

    Then a connector without a baseline is no first start: its setting was written in another way.
    """
    accepted = f"/{Accepted.file_name}"
    return any(blob.name.endswith(accepted) for blob in world.store.blobs("connectors/"))
