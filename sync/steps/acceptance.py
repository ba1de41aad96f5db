"""What SDS made of the files: did it take them, and the receipt.

The answer is asked for in three places (see `sync.edge.graph`). Until one has it, SDS is checking;
after two hours the delivery is *unproven*: the connector goes on, and what a run takes may still
prove it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from sync.edge.clock import Budget
from sync.edge.graph.values import Operation, OperationLook, PlaceAsked, Whereabouts
from sync.edge.world import World
from sync.errors import TargetError, TargetRefused, TargetRejected, TargetUnavailable
from sync.ledger import fates, states
from sync.ledger.fates import Fate
from sync.ledger.manifests import FileFacts
from sync.ledger.marks import Accepted, Checked, Place, Receipt, Submitted, Unproven
from sync.ledger.states import Folder
from sync.report import Outcome, Step
from sync.sds.tables import FILES
from sync.steps.connector import View

ANSWER_WITHIN = timedelta(hours=2)
"""SDS checks names and headers within minutes: after this the way to its answer is what fails."""

CHECK_AGAIN_S = 15.0
CHECKED = "checked.json"


def check(world: World, view: View, folder: Folder) -> Step:
    """Ask once what SDS made of the files of the delivery in *folder*."""
    look, trouble = _look(world, view, folder)
    operation = look.operation
    if operation is None or operation.state == "waiting":
        return _not_yet(world, view, folder, look, trouble)
    files = view.manifest(world, folder).files
    faults = _faults(operation, files)
    if faults:
        took_some = operation.state == "accepted"
        outcome: Literal["incomplete", "refused"] = "incomplete" if took_some else "refused"
        receipt = Receipt(outcome=outcome, at=view.now, faults=faults)
        return write_receipt(world, view, folder, receipt)
    checked = Checked(ended_at=operation.ended_at)
    world.store.claim(f"{view.prefix}{folder.id}/{CHECKED}", checked.to_json())
    accept(world, view, folder, warnings=len(operation.warnings))
    facts = _oddities(operation, files)
    return Step("check", Outcome.ACCEPTED, view.connector, folder.id, facts, again_in_s=0.0)


def accept(world: World, view: View, folder: Folder, *, warnings: int = 0) -> None:
    """Note that SDS holds the files of the delivery in *folder*, or will with its next run."""
    record = Accepted(
        operation=_submitted(world, view, folder).operation,
        at=world.clock.now(),
        warnings=warnings,
    )
    world.store.claim(f"{view.prefix}{folder.id}/{states.ACCEPTED}", record.to_json())


def place_of(world: World, view: View, folder: Folder) -> Place | None:
    """Return what was noted of the hand-over of the delivery in *folder*; None of an older one."""
    claim = _submitted(world, view, folder).claim
    name = f"{view.prefix}{folder.id}/{place_name(claim)}"
    if not folder.has(place_name(claim)):
        return None
    return Place.from_json(name, world.store.read(name))


def place_name(claim: str) -> str:
    """Return the name of the file that says where to ask after the hand-over under *claim*."""
    return f"place-{claim.rpartition('/')[2]}.json"


def _submitted(world: World, view: View, folder: Folder) -> Submitted:
    name = f"{view.prefix}{folder.id}/{states.SUBMITTED}"
    return Submitted.from_json(name, world.store.read(name))


def _look(world: World, view: View, folder: Folder) -> tuple[OperationLook, TargetError | None]:
    """Ask each place, and return what came of it; the error is of the sign-in, if that failed."""
    place = place_of(world, view, folder)
    whereabouts = Whereabouts(
        operation_id=_submitted(world, view, folder).operation,
        location=place.address if place else "",
        connector_id=place.connector if place else "",
        since=place.since if place else folder.made_at[states.SUBMITTED],
    )
    try:
        return world.target().operation(whereabouts, Budget.of(world.clock, states.STEP_S)), None
    except TargetError as error:
        return OperationLook(None, ()), error


def _not_yet(
    world: World, view: View, folder: Folder, look: OperationLook, trouble: TargetError | None
) -> Step:
    """Wait, or after two hours go on without an answer: what nobody told is never acceptance."""
    heard: dict[str, str] = {
        place.name: place.heard for place in look.places if place.heard != "skipped"
    }
    error = None if look.operation else trouble or _worst(look.places)
    facts: dict[str, int | str] = {f"place_{name}": word for name, word in heard.items()}
    overdue = view.now - folder.made_at[states.SUBMITTED] > ANSWER_WITHIN
    if overdue and not folder.has(states.UNPROVEN):
        record = Unproven(at=view.now, heard=heard)
        world.store.claim(f"{view.prefix}{folder.id}/{states.UNPROVEN}", record.to_json())
    if overdue:
        return Step("check", Outcome.UNPROVEN, view.connector, folder.id, facts, error=error)
    wish_s = max(CHECK_AGAIN_S, look.retry_after_s or 0.0)
    return Step(
        "check", Outcome.CHECKING, view.connector, folder.id, facts, error=error, again_in_s=wish_s
    )


def _worst(places: tuple[PlaceAsked, ...]) -> TargetError | None:
    """Return the error that a person can do most about: a refusal, then what was out of reach."""
    errors = [place.error for place in places if place.error]
    kinds = (TargetRefused, TargetUnavailable, TargetError)
    return next((error for kind in kinds for error in errors if isinstance(error, kind)), None)


def _faults(operation: Operation, sent: Mapping[str, FileFacts]) -> tuple[Mapping[str, str], ...]:
    """Return why SDS did not take every file of *sent* that has rows; () if it did.

    A file of ours that SDS did not find is only a warning to SDS, but would empty every class. One
    without rows has nothing to lose. Where SDS lists no file at all, nothing can be said by that.
    """
    full = {name.lower(): name for name, facts in sent.items() if facts.rows}
    unseen = [
        warning
        for warning in operation.warnings
        if warning.file.lower() in full and "notfound" in warning.code.lower()
    ]
    validated = {name.lower() for name in operation.validated_files or ()}
    listed = validated & {name.lower() for name in sent}
    left = sorted(full[name] for name in full.keys() - validated) if listed else []
    faults = [{"code": each.code, "file": each.file} for each in (*operation.errors, *unseen)]
    faults += [{"code": "NotValidated", "file": name} for name in left]
    if operation.state == "rejected" and not faults:
        faults = [{"code": "Failed", "file": ""}]
    return tuple(faults)


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


# -- the receipt ---------------------------------------------------------------------------------


def write_receipt(world: World, view: View, folder: Folder, receipt: Receipt) -> Step:
    """Write the last word on the delivery in *folder*."""
    world.store.claim(f"{view.prefix}{folder.id}/{states.RECEIPT}", receipt.to_json())
    fate = fates.of(folder, receipt)
    facts: dict[str, int | str] = {}
    if fate not in _UNANSWERED:
        facts = dict(receipt.counts) | {
            "receipt": receipt.outcome,
            "run": receipt.run.get("status", ""),
        }
    error = _error(fate, receipt)
    return Step("receipt", _OUTCOMES[fate], view.connector, folder.id, facts, error=error)


_UNANSWERED = frozenset({Fate.REFUSED, Fate.INCOMPLETE, Fate.GAVE_UP, Fate.NO_ANSWER})
_OUTCOMES: Mapping[Fate, Outcome] = {
    **dict.fromkeys(_UNANSWERED, Outcome.REFUSED),
    Fate.TAKEN: Outcome.TAKEN,
    Fate.DONE: Outcome.DONE,
    Fate.FAULTY: Outcome.FAULTY,
    Fate.ENDED: Outcome.ENDED,
    Fate.NOT_TAKEN: Outcome.NOT_TAKEN,
    Fate.UNSEEN: Outcome.NOT_TAKEN,
    Fate.REPLACED: Outcome.REPLACED,
}


def _error(fate: Fate, receipt: Receipt) -> TargetError | None:
    """Return what a person must know of how a delivery ended, None if nothing."""
    if fate in {Fate.REFUSED, Fate.INCOMPLETE}:
        return TargetRejected(
            "SDS found faults in the files: status shows file and code",
            faults=len(receipt.faults),
            receipt=receipt.outcome,
        )
    if fate in {Fate.GAVE_UP, Fate.NO_ANSWER}:
        return TargetRejected(
            "SDS gave no answer that we could read: look at it in the SDS portal",
            faults=0,
            receipt=receipt.outcome,
        )
    return None
