"""Reading how SDS is set up, and what the settings and our own records say of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from sync.edge.clock import Budget, Clock
from sync.edge.graph.requests import Errand
from sync.edge.graph.setup import SdsSetup, may
from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, TargetError, TargetMalformed, TargetRefused
from sync.ledger.marks import Receipt
from sync.settings import Settings
from sync.steps.connector import Listing, look
from sync.steps.setup import notes
from sync.steps.setup.shown import Matched, SetupExpected, SetupSeen

LIST_S = 60.0


def seen(sds: SdsSetup, clock: Clock) -> SetupSeen:
    """Read all lists; one that may not be read, or that nobody can, is not seen.

    Raises:
        TargetError: Graph is away, does not know the token, or SDS is not switched on.
    """

    def read[T](ask: Callable[[Budget], tuple[T, ...]]) -> tuple[T, ...] | TargetError:
        try:
            return ask(Budget.of(clock, LIST_S))
        except TargetMalformed as error:
            return error
        except TargetRefused as error:
            if error.facts.get("status") != 403:
                raise
            return error

    return SetupSeen(
        sources=read(sds.sources),
        connectors=read(sds.connectors),
        years=read(sds.years),
        flows=read(sds.flows),
        sets=read(sds.flow_sets),
        codes=read(sds.codes),
    )


def expected(world: World) -> SetupExpected:
    """Return what the settings say of SDS, what was planned, and what runs have told."""
    connectors = world.settings.connectors()
    return SetupExpected(
        connectors=list(connectors),
        matches={plan.connector: plan.match for plan in notes.planned(world.store)},
        grades=_grades(world.settings),
        matched={name: matched for name in connectors if (matched := _matched(look(world, name)))},
    )


def demand_may(held: frozenset[str] | None, errands: Iterable[Errand]) -> None:
    """Raise `TargetRefused` with all that a token's *held* scopes lack; None: not known."""
    lacking = [errand for errand in errands if not may(held, errand)]
    if lacking:
        named = "; ".join(f"{errand.role}, to {errand.words}" for errand in lacking)
        raise TargetRefused(
            f"the token lacks permissions ({len(lacking)}): {named}. Consent to them in Graph"
            " Explorer, under Modify permissions, and copy the token anew",
            missing=len(lacking),
        )


def writing(held: Collection[str]) -> list[str]:
    """Return which of *held* roles let their holder change how SDS is set up."""
    return sorted(
        role for role in held if role.startswith("IndustryData") and ".ReadWrite." in role
    )


def _grades(settings: Settings) -> Mapping[str, str]:
    """Return every code in GRADES with a profile that has it."""
    return {
        code: key for key, profile in settings.profiles.items() for code in profile.grades.values()
    }


def _matched(listing: Listing) -> Matched | None:
    """Return how many had an account in the last run that told; None: none has told."""
    for delivery in reversed(listing.deliveries):
        if not delivery.has(Receipt):
            continue
        try:
            receipt = delivery.receipt()
        except (StoreConflict, StoreMissing):
            continue
        if receipt and (counts := receipt.counts) and "matched_students" in counts:
            return Matched(
                counts.get("matched_students"),
                counts.get("unmatched_students"),
                counts.get("matched_staff"),
                counts.get("unmatched_staff"),
            )
    return None
