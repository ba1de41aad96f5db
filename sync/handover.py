"""Talking to SDS about one delivery: hand it over, ask what became of it, follow the run.

Only who holds the connector's claim may open an upload session, because opening one empties what
another had put there. The claim is taken *before* the session: taken just before `validate`, it
let two runs mix their files.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Literal

from sync import state
from sync.delivery import DeliveryManifest, Record
from sync.edge.clock import Budget
from sync.edge.graph_values import Operation, Run
from sync.edge.world import World
from sync.errors import (
    PlanOutdated,
    StoreConflict,
    StoreMissing,
    TargetError,
    TargetRefused,
    TargetRejected,
    TargetUnavailable,
)
from sync.plan import Plan
from sync.report import Fault, Outcome, Step, fault
from sync.sds.tables import COLUMNS
from sync.state import Folder, State
from sync.view import View, look

STEP_S = 180.0
ANSWER_WITHIN = timedelta(hours=6)  # SDS checks names and headers within minutes
RUN_WITHIN = timedelta(hours=26)  # SDS runs twice a day


class Claim(Record):
    """`claims/000123.json`: who talks to SDS, about which delivery. `by` is one invocation's."""

    delivery: str
    at: datetime
    by: str


class ClaimDone(Record):
    """`claims/000123.done`: whether SDS was given the files.

    There is none where that is unknown: the request may still be on its way, and would validate
    whatever the next holder had uploaded by then. So such a claim ends by its age.
    """

    delivery: str
    submitted: Literal["yes", "no"]
    fault: Fault | None = None


class Approved(Record):
    """`approved.json` or `rejected.json`: a person's answer, for exactly this digest.

    `by` is the answer's own mark: of two equal answers at one moment only one is the first.
    """

    digest: str
    at: datetime
    by: str


class Submitted(Record):
    """`submitted.json`: SDS took the upload, and checks it under this operation."""

    operation: str
    digest: str
    claim: str
    at: datetime


class Accepted(Record):
    """`accepted.json`: SDS found no fault in names and headers. It holds these files now."""

    operation: str
    at: datetime
    warnings: int


class RunAsked(Record):
    """`run-asked.json`: we asked SDS to run; it may have refused, and then runs on its own."""

    at: datetime
    started: bool


class Receipt(Record):
    """`receipt.json`: how it ended. Counts and codes only.

    `refused`: SDS took nothing. `incomplete`: it took the files, but says it did not find them all.
    """

    outcome: Literal[
        "completed", "run-failed", "run-unseen", "refused", "incomplete", "no-answer", "gave-up"
    ]
    at: datetime
    faults: tuple[Mapping[str, str], ...] = ()
    run: Mapping[str, str] = {}
    counts: Mapping[str, int] = {}


# -- hand over -----------------------------------------------------------------------------------


def hand_over(world: World, view: View, one: Folder) -> Step:
    """Upload the files of *one* and have SDS validate them, alone.

    Raises:
        TargetError: nothing was validated, unless its `outcome_unknown` says so.
    """
    manifest = view.manifest(world, one)
    if view.now - manifest.pulled_at > state.DATA_LASTS:
        return Step("hand-over", Outcome.STALE, view.connector, one.id)
    _check_answer(world, view, one, manifest)
    claims = _claims(world, view)
    if claims.is_open:
        return _busy(view.connector, one)
    spent = {name: own for name in claims.young if (own := _spent(world, name))}
    if list(spent.values()).count(one.id) >= state.SUBMISSIONS_EACH:
        return _receipt(world, view, one, Receipt(outcome="gave-up", at=view.now))
    if len(spent.keys() & set(claims.recent)) >= state.SUBMISSIONS_A_DAY:
        return Step("hand-over", Outcome.LIMITED, view.connector, one.id)
    claim = Claim(delivery=one.id, at=view.now, by=uuid.uuid4().hex)
    if not world.store.claim(f"{claims.next_name}.json", claim.to_json()):
        return _busy(view.connector, one)
    return _under_claim(world, one, view.connector, claims.next_name, manifest)


def is_under_way(world: World, view: View) -> bool:
    """Say whether somebody may be talking to SDS about this connector."""
    return _claims(world, view).is_open


def _claims(world: World, view: View) -> state.Claims:
    prefix = f"{view.prefix}claims/"
    return state.claims(prefix, world.store.blobs(prefix), view.now)


def _busy(connector: str, one: Folder) -> Step:
    return Step("hand-over", Outcome.BUSY, connector, one.id, again_in_s=60.0)


def _under_claim(
    world: World, one: Folder, connector: str, claim: str, manifest: DeliveryManifest
) -> Step:
    """Do what only the holder of *claim* may do, and say in its `.done` how it went."""
    given: Literal["yes", "no", "unknown"] = "no"
    failure: Fault | None = None
    budget = Budget.of(world.clock, STEP_S)
    try:
        view = look(world, connector)  # what was seen before the claim may have changed since
        if not _is_alone(view, one):
            return _busy(connector, one)
        _check_baseline(world, view, one)
        sds_id = _upload(world, view, one, manifest, budget)
        after = look(world, connector)  # somebody may have said no, or a newer one come, meanwhile
        if not _is_alone(after, one):
            return _busy(connector, one)
        # A machine that slept may come back after its claim is over and another has begun.
        if after.now - view.now > state.CLAIM_LASTS / 2:
            raise TargetUnavailable("the upload took too long: nothing was validated")
        given = "unknown"
        operation = world.target().validate(sds_id, budget)
        given = "yes"
        record = Submitted(
            operation=operation, digest=manifest.digest, claim=claim, at=world.clock.now()
        )
        world.store.create(f"{view.prefix}{one.id}/{state.SUBMITTED}", record.to_json())
    except TargetError as error:
        failure = fault(error)
        if not error.outcome_unknown:
            given = "no"
        raise
    finally:
        if given != "unknown":
            done = ClaimDone(delivery=one.id, submitted=given, fault=failure)
            world.store.claim(f"{claim}.done", done.to_json())
    return Step("hand-over", Outcome.SUBMITTED, connector, one.id, manifest.counts, again_in_s=15.0)


def _upload(
    world: World, view: View, one: Folder, manifest: DeliveryManifest, budget: Budget
) -> str:
    """Put every file into a fresh session; return the connector's id in SDS."""
    files = view.files(world, one, manifest)
    target = world.target()
    connector = target.connector(view.connector, budget)
    flow = target.flow_state(connector.id, budget)
    if flow is not None and flow.expired:
        raise TargetRefused(
            "the inbound flow of this connector has expired: make a new one in School Data Sync"
            " for the new academic year, and set its connector"
        )
    session = target.open_session(connector.id, budget)
    for name in COLUMNS:
        target.put_file(session, name, files[name], budget)
    return connector.id


def _is_alone(view: View, one: Folder) -> bool:
    """Say whether *one* is still what is to be sent, and SDS is not checking another."""
    ready = [folder.id for folder in view.named(State.READY)]
    return ready == [one.id] and not view.named(State.SUBMITTED)


def _check_baseline(world: World, view: View, one: Folder) -> None:
    """Refuse a plan that was made against another delivery than the one SDS holds now."""
    name = f"{view.prefix}{one.id}/{state.PLAN}"
    planned = Plan.from_json(name, world.store.read(name)).against
    held = state.last_accepted([folder for folder, _ in view.states])
    if planned != (held.id if held else None):
        raise PlanOutdated(
            "SDS has accepted another delivery since this one was compared: the next pull makes"
            " a new one"
        )


def _check_answer(world: World, view: View, one: Folder, manifest: DeliveryManifest) -> None:
    if one.has(state.APPROVED):
        name = f"{view.prefix}{one.id}/{state.APPROVED}"
        if Approved.from_json(name, world.store.read(name)).digest != manifest.digest:
            raise StoreConflict("the approval is for other files than these", blob=name)


def _spent(world: World, claim: str) -> str | None:
    """Return the delivery that *claim* may have submitted, None if it surely did not."""
    done = _done(world, claim)
    if done is not None:
        return done.delivery if done.submitted != "no" else None
    name = f"{claim}.json"
    return Claim.from_json(name, world.store.read(name)).delivery


def _done(world: World, claim: str) -> ClaimDone | None:
    """Return how a claim ended; None if its holder was killed, and may have got through."""
    name = f"{claim}.done"
    try:
        return ClaimDone.from_json(name, world.store.read(name))
    except StoreMissing:
        return None


def certainly_holds(world: World, view: View, digest: str) -> str | None:
    """Return the delivery that SDS accepted last, if it has *digest* and nothing came after.

    A later hand-over whose answer was lost may have replaced it: then it must be sent again.
    """
    listed = [one for one, _ in view.states]
    last = state.last_accepted(listed)
    if last is None or view.manifest(world, last).digest != digest:
        return None
    since = last.made_at[state.ACCEPTED]
    prefix = f"{view.prefix}claims/"
    for blob in world.store.blobs(prefix):
        # Azure's moments are whole seconds, so an equal one may be later.
        if blob.name.endswith(".json") and blob.created_at >= since:
            replaced = _spent(world, blob.name.removesuffix(".json"))
            if replaced not in (None, last.id) and not _was_refused(world, view, replaced):
                return None
    return last.id


def _was_refused(world: World, view: View, own: str | None) -> bool:
    name = f"{view.prefix}{own}/{state.RECEIPT}"
    try:
        return Receipt.from_json(name, world.store.read(name)).outcome == "refused"
    except StoreMissing:
        return False


# -- what became of it ---------------------------------------------------------------------------


def check(world: World, view: View, one: Folder) -> Step:
    """Ask once what SDS made of the files of *one*."""
    folder = f"{view.prefix}{one.id}/"
    submitted = Submitted.from_json(state.SUBMITTED, world.store.read(f"{folder}{state.SUBMITTED}"))
    overdue = view.now - one.made_at[state.SUBMITTED] > ANSWER_WITHIN
    try:
        operation = world.target().operation(submitted.operation, Budget.of(world.clock, STEP_S))
    except TargetError:
        if not overdue:
            raise
        operation = Operation("waiting")  # a role taken away must not block the connector for ever
    if operation.state == "waiting":
        if overdue:
            return _receipt(world, view, one, Receipt(outcome="no-answer", at=view.now))
        return Step("check", Outcome.CHECKING, view.connector, one.id, again_in_s=15.0)
    faults = _faults(operation)
    if faults:
        took_some = operation.state == "accepted"
        outcome: Literal["incomplete", "refused"] = "incomplete" if took_some else "refused"
        return _receipt(world, view, one, Receipt(outcome=outcome, at=view.now, faults=faults))
    record = Accepted(
        operation=submitted.operation, at=world.clock.now(), warnings=len(operation.warnings)
    )
    world.store.claim(f"{folder}{state.ACCEPTED}", record.to_json())
    return Step("check", Outcome.ACCEPTED, view.connector, one.id, again_in_s=0.0)


def _faults(operation: Operation) -> tuple[Mapping[str, str], ...]:
    """Return why SDS did not take everything; () if it did.

    A file of ours that SDS did not find is only a warning to SDS, but would empty every class.
    """
    unseen = [one for one in operation.warnings if one.file in COLUMNS and "NotFound" in one.code]
    left = COLUMNS.keys() - set(operation.validated_files) if operation.validated_files else ()
    found = [{"code": one.code, "file": one.file} for one in (*operation.errors, *unseen)]
    found += [{"code": "NotValidated", "file": name} for name in sorted(left)]
    if operation.state == "rejected" and not found:
        found = [{"code": "Failed", "file": ""}]
    return tuple(found)


def follow_run(world: World, view: View, one: Folder) -> Step:
    """Ask SDS to run if we are told to, once; then look for the run, and write the receipt."""
    budget = Budget.of(world.clock, STEP_S)
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
    run = next((run for run in runs if run.over), None)
    if run is None and not overdue:
        return Step("run", Outcome.RUNNING, view.connector, one.id, again_in_s=60.0)
    if run is None:
        return _receipt(world, view, one, Receipt(outcome="run-unseen", at=view.now))
    counts = asdict(world.target().statistics(run.id, budget))
    receipt = Receipt(
        outcome="run-failed" if run.status == "failed" else "completed",
        at=view.now,
        run=_run(run),
        counts={name: value for name, value in counts.items() if isinstance(value, int)},
    )
    return _receipt(world, view, one, receipt)


def _ask_for_run(world: World, view: View, one: Folder, budget: Budget) -> Step:
    """Start a run unless one began since: after a lost answer a second would cost one of five."""
    since = one.made_at[state.SUBMITTED]
    started = bool(world.target().runs_since(since, budget)) or world.target().start_run(budget)
    record = RunAsked(at=world.clock.now(), started=started)
    world.store.claim(f"{view.prefix}{one.id}/{state.RUN_ASKED}", record.to_json())
    return Step("run", Outcome.RUNNING, view.connector, one.id, again_in_s=60.0)


def _run(run: Run) -> dict[str, str]:
    return {"id": run.id, "status": run.status, "blocked_by": run.blocked_by or ""}


def _receipt(world: World, view: View, one: Folder, receipt: Receipt) -> Step:
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
    counts = dict(receipt.counts) | {"receipt": receipt.outcome}
    return Step("receipt", Outcome.DONE, view.connector, one.id, counts)
