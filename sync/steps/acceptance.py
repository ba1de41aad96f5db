"""What SDS made of the files: did it take them?

The answer is asked for in three places (see `sync.edge.graph`). Until any has it, SDS is checking;
after two hours the delivery is *unproven*: the connector goes on, and what a run takes may still
prove it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Literal

from sync.edge.clock import Budget
from sync.edge.graph.values import Operation, OperationLook, PlaceAsked, Whereabouts
from sync.edge.world import World
from sync.errors import (
    StoreConflict,
    StoreMissing,
    TargetError,
    TargetRefused,
    TargetUnavailable,
    TargetUnreachable,
    concerning,
)
from sync.ledger import states
from sync.ledger.manifests import FileFacts
from sync.ledger.marks import Checked, Receipt, Submitted, Unproven
from sync.report import Outcome, Step
from sync.sds.tables import FILES
from sync.steps import receipts
from sync.steps.connector import Listing
from sync.steps.delivery import Delivery

ANSWER_WITHIN = timedelta(hours=2)
"""SDS checks names and headers within minutes: after this the way to its answer is what fails.

See docs/reference/sds.md#pipeline.
"""

CHECK_AGAIN_S = 15.0
# A small school is checked within seconds: whoever waits looks after 5, 10 and 15 s. Nearer than
# 5 s nothing is asked of SDS.
QUICK_AGAIN_S = 5.0
_QUICK_FOR = timedelta(seconds=15)

type ReceiptFault = Mapping[str, str]
"""What a receipt says of a file that SDS did not take: `code` and `file`."""


def ask_once(world: World, listing: Listing, delivery: Delivery) -> Step:
    """Ask once what SDS made of the files of *delivery*."""
    look, trouble = _look(world, listing, delivery)
    operation = look.operation
    if operation is None or operation.state == "waiting":
        return _not_yet(listing, delivery, look, trouble)
    files = _files(delivery)
    if files is None:
        return _unjudged(listing, delivery, _heard(look.places))
    faults = _faults(operation, files)
    if faults:
        took_some = operation.state == "accepted"
        outcome: Literal["incomplete", "refused"] = "incomplete" if took_some else "refused"
        receipt = Receipt(outcome=outcome, at=listing.now, faults=faults)
        return receipts.write_receipt(listing, delivery, receipt)
    delivery.claim(Checked(ended_at=operation.ended_at))
    receipts.accept(world, delivery, warnings=len(operation.warnings))
    facts = _oddities(operation, files)
    return Step("check", Outcome.ACCEPTED, listing.connector, delivery.id, facts, again_in_s=0.0)


def _files(delivery: Delivery) -> Mapping[str, FileFacts] | None:
    """Return what was handed over; None if nobody can read it any more."""
    try:
        return delivery.manifest().files
    except (StoreMissing, StoreConflict):
        return None


def _unjudged(listing: Listing, delivery: Delivery, heard: dict[str, str]) -> Step:
    """Go on without the answer for a delivery whose manifest is gone or damaged in storage.

    SDS may hold it, and nothing can be compared with it: a person looks at what comes next.
    """
    delivery.claim(Unproven(at=listing.now, heard=heard))
    return Step("check", Outcome.UNPROVEN, listing.connector, delivery.id, again_in_s=0.0)


def _look(
    world: World, listing: Listing, delivery: Delivery
) -> tuple[OperationLook, TargetError | None]:
    """Ask each place, and return what came of it; the error is of the sign-in, if that failed."""
    tracking = delivery.tracking()
    whereabouts = Whereabouts(
        operation_id=delivery.read(Submitted).operation,
        location=tracking.address if tracking else "",
        connector_id=tracking.connector if tracking else "",
        since=tracking.since if tracking else delivery.made_at[Submitted.file_name],
    )
    budget = Budget.of(world.clock, states.STEP_S)
    try:
        with concerning(connector=listing.connector, delivery=delivery.id):
            return world.target().operation(whereabouts, budget), None
    except TargetError as error:
        return OperationLook(None, ()), error


def _not_yet(
    listing: Listing, delivery: Delivery, look: OperationLook, trouble: TargetError | None
) -> Step:
    """Wait, or after two hours go on without an answer: silence is never acceptance."""
    heard, error = _heard(look.places), _trouble(listing, delivery, look, trouble)
    facts: dict[str, int | str] = {f"place_{name}": word for name, word in heard.items()}
    waited = listing.now - delivery.made_at[Submitted.file_name]
    overdue = waited > ANSWER_WITHIN
    again_s = QUICK_AGAIN_S if waited < _QUICK_FOR else CHECK_AGAIN_S
    if overdue and not delivery.has(Unproven):
        delivery.claim(Unproven(at=listing.now, heard=heard))
    return Step(
        "check",
        Outcome.UNPROVEN if overdue else Outcome.CHECKING,
        listing.connector,
        delivery.id,
        facts,
        error=error,
        again_in_s=None if overdue else max(again_s, look.retry_after_s or 0.0),
    )


def _trouble(
    listing: Listing, delivery: Delivery, look: OperationLook, trouble: TargetError | None
) -> TargetError | None:
    """Return why nobody answered, None if somebody did, or nothing is wrong."""
    error = None if look.operation else trouble or _worst(look.places)
    if error:
        error.concerns(connector=listing.connector, delivery=delivery.id)
    return error


def _heard(places: tuple[PlaceAsked, ...]) -> dict[str, str]:
    """Return what came of each way of asking, in a word."""
    return {asked.name: asked.heard for asked in places if asked.heard != "skipped"}


def _worst(places: tuple[PlaceAsked, ...]) -> TargetError | None:
    """Return the error that a person can do most about: a refusal, then what was out of reach."""
    errors = [asked.error for asked in places if asked.error]
    kinds = (TargetRefused, TargetUnreachable, TargetUnavailable, TargetError)
    return next((error for kind in kinds for error in errors if isinstance(error, kind)), None)


def _faults(operation: Operation, sent: Mapping[str, FileFacts]) -> tuple[ReceiptFault, ...]:
    """Return why SDS did not take every file of *sent* that has rows; () if it did.

    A file without rows has nothing to lose.
    """
    full = {name.lower(): name for name, facts in sent.items() if facts.rows}
    faults: list[ReceiptFault] = [
        {"code": error.code, "file": error.file} for error in operation.errors
    ]
    faults += _not_found(operation, full)
    faults += _not_validated(operation, full, sent)
    if operation.state == "rejected" and not faults:
        faults = [{"code": "Failed", "file": ""}]
    return tuple(faults)


def _not_found(operation: Operation, full: Mapping[str, str]) -> Iterator[ReceiptFault]:
    """Yield the files that SDS did not find: to SDS a warning, but it would empty every class.

    See docs/reference/sds.md#file-not-found.
    """
    for warning in operation.warnings:
        if warning.file.lower() in full and "notfound" in warning.code.lower():
            yield {"code": warning.code, "file": warning.file}


def _not_validated(
    operation: Operation, full: Mapping[str, str], sent: Mapping[str, FileFacts]
) -> Iterator[ReceiptFault]:
    """Yield the files that SDS leaves out of its list; where it lists none, that says nothing."""
    validated = {name.lower() for name in operation.validated_files or ()}
    if validated & {name.lower() for name in sent}:
        for name in sorted(full[lower] for lower in full.keys() - validated):
            yield {"code": "NotValidated", "file": name}


def _oddities(operation: Operation, sent: Mapping[str, FileFacts]) -> dict[str, int]:
    """Return what is odd about an acceptance all the same, as counts; what is 0 is left out.

    A file that we did not send means that the upload session was not new.
    """
    ours = {name.lower() for name in sent}
    validated = {name.lower() for name in operation.validated_files or ()}
    known = {name.lower() for name in FILES}
    counts = {
        "warnings": sum(warning.file.lower() in ours for warning in operation.warnings),
        "files_not_listed": len(sent) if operation.validated_files == () else 0,
        "files_not_ours": len((validated & known) - ours),
    }
    return {name: count for name, count in counts.items() if count}
