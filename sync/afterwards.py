"""What became of a delivery: did SDS take it, did its run end, and the receipt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Literal

from sync import state
from sync.edge.clock import Budget
from sync.edge.graph_values import Operation, Run, Whereabouts
from sync.edge.world import World
from sync.errors import (
    TargetError,
    TargetMalformed,
    TargetRefused,
    TargetRejected,
    TargetUnavailable,
)
from sync.records import Accepted, Receipt, RunAsked, Submitted
from sync.report import Outcome, Step
from sync.state import Folder
from sync.view import View

ANSWER_WITHIN = timedelta(hours=6)  # SDS checks names and headers within minutes
RUN_WITHIN = timedelta(hours=26)  # SDS runs twice a day


def check(world: World, view: View, one: Folder) -> Step:
    """Ask once what SDS made of the files of *one*."""
    folder = f"{view.prefix}{one.id}/"
    submitted = Submitted.from_json(state.SUBMITTED, world.store.read(f"{folder}{state.SUBMITTED}"))
    overdue = view.now - one.made_at[state.SUBMITTED] > ANSWER_WITHIN
    try:
        operation = _look(world, submitted)
    except TargetError:
        if not overdue:
            raise
        operation = Operation("waiting")  # a role taken away must not block the connector for ever
    if operation.state == "waiting":
        if overdue:
            return write_receipt(world, view, one, Receipt(outcome="no-answer", at=view.now))
        return Step("check", Outcome.CHECKING, view.connector, one.id, again_in_s=15.0)
    faults = _faults(operation, view.manifest(world, one).files)
    if faults:
        took_some = operation.state == "accepted"
        outcome: Literal["incomplete", "refused"] = "incomplete" if took_some else "refused"
        return write_receipt(world, view, one, Receipt(outcome=outcome, at=view.now, faults=faults))
    record = Accepted(
        operation=submitted.operation, at=world.clock.now(), warnings=len(operation.warnings)
    )
    world.store.claim(f"{folder}{state.ACCEPTED}", record.to_json())
    return Step("check", Outcome.ACCEPTED, view.connector, one.id, again_in_s=0.0)


def _look(world: World, submitted: Submitted) -> Operation:
    """Ask Graph's two places, which know an operation by its id."""
    asked = Whereabouts(submitted.operation, "", "", submitted.at)
    look = world.target().operation(asked, Budget.of(world.clock, state.STEP_S))
    if look.operation is None:
        errors = [place.error for place in look.places if place.error]
        raise errors[0] if errors else TargetUnavailable("nobody knows the operation (yet)")
    return look.operation


def _faults(operation: Operation, sent: Collection[str]) -> tuple[Mapping[str, str], ...]:
    """Return why SDS did not take every file that was *sent*; () if it did.

    A file of ours that SDS did not find is only a warning to SDS, but would empty every class.
    """
    warned = [one for one in operation.warnings if "NotFound" in one.code]
    unseen = [one for one in warned if one.file.lower() in sent]
    validated = {name.lower() for name in operation.validated_files or ()}
    left = set(sent) - validated if validated else ()
    found = [{"code": one.code, "file": one.file} for one in (*operation.errors, *unseen)]
    found += [{"code": "NotValidated", "file": name} for name in sorted(left)]
    if operation.state == "rejected" and not found:
        found = [{"code": "Failed", "file": ""}]
    return tuple(found)


def follow_run(world: World, view: View, one: Folder) -> Step:
    """Ask SDS to run if we are told to, once; then look for the run, and write the receipt."""
    budget = Budget.of(world.clock, state.STEP_S)
    if world.settings.sds.start_run and not one.has(state.RUN_ASKED):
        return _ask_for_run(world, view, one, budget)
    since = one.made_at[state.SUBMITTED]  # SDS may begin a run before we hear it has accepted
    overdue = view.now - since > RUN_WITHIN
    try:
        runs = world.target().runs_since(since, budget)
    except TargetError:
        if not overdue:
            raise
        runs = ()
    over = sorted((run for run in runs if run.over), key=lambda run: run.status == "failed")
    run = over[0] if over else None  # one that did its work, if there is one
    if run is None and not overdue:
        return Step("run", Outcome.RUNNING, view.connector, one.id, again_in_s=60.0)
    if run is None:
        return write_receipt(world, view, one, Receipt(outcome="run-unseen", at=view.now))
    counts = asdict(world.target().statistics(run.id, budget).totals)
    receipt = Receipt(
        outcome="run-failed" if run.status == "failed" else "completed",
        at=view.now,
        run=_run(run),
        counts={name: value for name, value in counts.items() if isinstance(value, int)},
    )
    return write_receipt(world, view, one, receipt)


def _ask_for_run(world: World, view: View, one: Folder, budget: Budget) -> Step:
    """Start a run unless one began since: after a lost answer a second would cost one of five."""
    since = one.made_at[state.SUBMITTED]
    started = bool(world.target().runs_since(since, budget)) or _start(world, budget)
    record = RunAsked(at=world.clock.now(), started=started)
    world.store.claim(f"{view.prefix}{one.id}/{state.RUN_ASKED}", record.to_json())
    return Step("run", Outcome.RUNNING, view.connector, one.id, again_in_s=60.0)


def _start(world: World, budget: Budget) -> bool:
    try:
        return world.target().start_run(budget)
    except (TargetRefused, TargetMalformed):
        return False  # its own run will do


def _run(run: Run) -> dict[str, str]:
    return {"id": run.id, "status": run.status, "blocked_by": run.blocked_by or ""}


def write_receipt(world: World, view: View, one: Folder, receipt: Receipt) -> Step:
    """Write the last word on *one*."""
    world.store.claim(f"{view.prefix}{one.id}/{state.RECEIPT}", receipt.to_json())
    if receipt.outcome in {"refused", "incomplete", "gave-up", "no-answer"}:
        error = TargetRejected(
            "SDS found faults in the files: status shows file and code"
            if receipt.faults
            else "SDS gave no answer that we could read: look at it in the SDS portal",
            faults=len(receipt.faults),
            receipt=receipt.outcome,
        )
        return Step("receipt", Outcome.REFUSED, view.connector, one.id, error=error)
    counts = dict(receipt.counts) | {
        "receipt": receipt.outcome,
        "run": receipt.run.get("status", ""),
    }
    whole = receipt.outcome == "completed" and not receipt.counts.get("errors")
    outcome = Outcome.DONE if whole else Outcome.FAULTY
    return Step("receipt", outcome, view.connector, one.id, counts)
