"""Handing one delivery to SDS, alone.

Only who holds the connector's claim may open an upload session, because opening one empties what
another had put there. The claim is taken *before* the session: taken just before `validate`, it
let two runs mix their files.
"""

from __future__ import annotations

import uuid
from typing import Literal

from sync import afterwards, delivery, numbered, state
from sync.delivery import DeliveryManifest
from sync.edge.clock import Budget
from sync.edge.graph_answers import flow_state
from sync.edge.world import World
from sync.errors import (
    ConfigError,
    PlanOutdated,
    StoreConflict,
    StoreMissing,
    TargetError,
    TargetMalformed,
    TargetRefused,
    TargetUnavailable,
)
from sync.numbered import Claims
from sync.plan import Plan
from sync.records import Approved, Claim, ClaimDone, Receipt, Submitted
from sync.report import Fault, Outcome, Step, fault
from sync.sds.tables import columns
from sync.state import Folder, State
from sync.view import View, look


def hand_over(world: World, view: View, one: Folder) -> Step:
    """Upload the files of *one* and have SDS validate them, alone.

    Raises:
        TargetError: nothing was validated, unless its `outcome_unknown` says so.
    """
    manifest = view.manifest(world, one)
    # What a person wants back is as old as it is: then the moment counts when they asked.
    since = delivery.pulled_at(one.id) if manifest.restores else manifest.pulled_at
    if view.now - since > state.DATA_LASTS:
        return Step("hand-over", Outcome.STALE, view.connector, one.id)
    _check_answer(world, view, one, manifest)
    claims = _claims(world, view)
    if claims.is_open:
        return _busy(view.connector, one)
    spent = {name: own for name in claims.young if (own := _spent(world, name))}
    if list(spent.values()).count(one.id) >= state.SUBMISSIONS_EACH:
        return afterwards.write_receipt(world, view, one, Receipt(outcome="gave-up", at=view.now))
    if len(spent.keys() & set(claims.recent)) >= state.SUBMISSIONS_A_DAY:
        return Step("hand-over", Outcome.LIMITED, view.connector, one.id)
    claim = Claim(delivery=one.id, at=view.now, by=uuid.uuid4().hex)
    if not world.store.claim(f"{claims.next_name}.json", claim.to_json()):
        return _busy(view.connector, one)
    return _under_claim(world, one, view.connector, claims.next_name, manifest)


def is_under_way(world: World, view: View) -> bool:
    """Say whether somebody may be talking to SDS about this connector."""
    return _claims(world, view).is_open


def _claims(world: World, view: View) -> Claims:
    blobs = world.store.blobs(f"{view.prefix}{numbered.CLAIMS}/")
    return numbered.claims(view.prefix, blobs, view.now)


def _busy(connector: str, one: Folder) -> Step:
    return Step("hand-over", Outcome.BUSY, connector, one.id, again_in_s=60.0)


def _under_claim(
    world: World, one: Folder, connector: str, claim: str, manifest: DeliveryManifest
) -> Step:
    """Do what only the holder of *claim* may do, and say in its `.done` how it went."""
    given: Literal["yes", "no", "unknown"] = "no"
    failure: Fault | None = None
    budget = Budget.of(world.clock, state.STEP_S)
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
        operation = world.target().validate(sds_id, budget).operation_id
        if not operation:
            raise TargetMalformed("SDS gave no operation to follow", outcome="unknown")
        record = Submitted(
            operation=operation, digest=manifest.digest, claim=claim, at=world.clock.now()
        )
        world.store.create(f"{view.prefix}{one.id}/{state.SUBMITTED}", record.to_json())
        given = "yes"  # only now: until the mark stands, nobody knows that SDS is reading
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
    if len({connector.id, connector.name} & world.settings.connectors().keys()) > 1:
        raise ConfigError(
            "two CONNECTOR settings, a name and an id, mean one connector of SDS: each would empty"
            " what the other sent. Write it in one way everywhere"
        )
    flows = target.flows(budget)
    if flows is not None and flow_state(flows, connector.id).expired:
        raise TargetRefused(
            "the inbound flow of this connector has expired: make a new one in School Data Sync"
            " for the new academic year, and set its connector"
        )
    session = target.open_session(connector.id, budget)
    for name in columns(files):
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
    if _ended(world, view, last.id) in {"run-failed", "run-unseen"}:
        return None  # SDS took the files, and did nothing with them: they are sent again
    since = last.made_at[state.ACCEPTED]
    for blob in world.store.blobs(f"{view.prefix}{numbered.CLAIMS}/"):
        # Azure's moments are whole seconds, so an equal one may be later.
        if blob.name.endswith(".json") and blob.created_at >= since:
            replaced = _spent(world, blob.name.removesuffix(".json"))
            if replaced in (None, last.id):
                continue
            if _ended(world, view, replaced) != "refused":
                return None
    return last.id


def _ended(world: World, view: View, own: str) -> str:
    """Return the outcome in the receipt of the delivery called *own*, "" if it has none."""
    name = f"{view.prefix}{own}/{state.RECEIPT}"
    try:
        return Receipt.from_json(name, world.store.read(name)).outcome
    except StoreMissing:
        return ""
