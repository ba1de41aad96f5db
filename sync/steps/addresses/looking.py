"""How a plan stands, and a person's word that what the first one wrote was compared."""

from __future__ import annotations

from collections.abc import Mapping

from sync.errors import AddressRefused
from sync.isams.addresses.kinds import NATIONALITIES
from sync.ledger.address_plans import (
    AddressUndone,
    AddressWritten,
    LookedAt,
    Passed,
    WriteRefused,
    looked_name,
)
from sync.steps.addresses.desk import OpenPlan, Shelf, open_plan


def to_compare(shelf: Shelf, plan_id: str) -> tuple[OpenPlan, tuple[str, ...]]:
    """Return the plan, and the names of all fields that its PUT carried.

    Raises:
        AddressRefused: it has written nothing, may still go on, or has a record in doubt.
    """
    plan = open_plan(shelf, plan_id)
    if plan.folder.in_doubt():
        raise AddressRefused(
            f"a record of {plan.id} is in doubt: see `isams-sync addresses doubt {plan.id}`",
            plan=plan.id,
        )
    if not plan.folder.numbers(AddressWritten):
        raise AddressRefused(
            f"{plan.id} has not written a record yet: there is nothing to compare", plan=plan.id
        )
    if plan.folder.is_open:
        raise AddressRefused(
            f"{plan.id} is not over: end it with `isams-sync addresses write {plan.id}` first",
            plan=plan.id,
        )
    return plan, plan.content.takes


def looked(shelf: Shelf, plan: OpenPlan) -> None:
    """Keep that a person has compared what *plan* wrote: others of its kind may follow."""
    word = LookedAt(at=shelf.store.now(), by=shelf.by, plan=plan.id, caller=shelf.caller)
    name = looked_name(shelf.school, plan.kind, plan.planned.learnt)
    shelf.store.claim(name, word.to_json())


def asked_of(plan: OpenPlan) -> Mapping[str, str]:
    """Return the addresses of *plan* by the id of their record, to see what has arrived."""
    return {row.record_id: row.address for row in plan.content.rows}


def standing(plan: OpenPlan) -> Mapping[str, int]:
    """Return how many records of *plan* became what, by the word that is said of it."""
    folder = plan.folder
    return {
        "planned": plan.planned.records,
        "written": len(folder.numbers(AddressWritten)),
        "refused": len(folder.numbers(WriteRefused)),
        "passed over": len(folder.numbers(Passed)),
        "in doubt": len(folder.in_doubt()),
        "undone": len(folder.numbers(AddressUndone)),
    }


LEFT_OUT_OF_PUT = f"{NATIONALITIES}, where there are none, is left out of it: iSAMS refuses it."
