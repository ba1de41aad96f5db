"""Comparing a delivery with all that SDS may hold: a plan, and a hold if a limit is met."""

from __future__ import annotations

from sync.edge.world import World
from sync.errors import PlanOutdated
from sync.ledger import claims
from sync.ledger.marks import Accepted, Against, Plan
from sync.report import Outcome, Step
from sync.sds import diff
from sync.steps import baselines
from sync.steps.attempts import Place, attempted
from sync.steps.connector import Listing
from sync.steps.delivery import Delivery
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
    manifest = delivery.manifest()
    compared = listing.may_hold()
    hold_first = not compared and (world.settings.sds.hold_first or _has_ever_accepted(world))
    decision = diff.judge(
        manifest.digest,
        baselines.read_baselines(compared, manifest),
        delivery.files(manifest),
        limits=world.settings.sds.limits,
        hold_first=hold_first,
    )
    # Of two looks at once the later may know that SDS holds less: the first counts.
    if decision.hold:
        delivery.claim(decision.hold)
    _note_against(delivery, tuple(hand_over.delivery_id for hand_over in compared))
    delivery.claim(decision.plan)
    changes = _changes(decision.plan)
    if decision.hold:
        return Step("plan", Outcome.HELD, listing.connector, delivery.id, changes)
    world.nudges.nudge("send", {"connector": listing.connector})
    return Step("plan", Outcome.PLANNED, listing.connector, delivery.id, changes, again_in_s=0)


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
