"""Handing one delivery to SDS, alone.

Only who holds the connector's claim may open an upload session, because opening one empties what
another had put there. The claim is taken *before* the session: taken just before `validate`, it
let two runs mix their files.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sync.edge.clock import Budget
from sync.edge.graph.values import HandedOver
from sync.edge.world import World
from sync.errors import (
    ConfigError,
    PlanOutdated,
    StoreConflict,
    StoreMissing,
    TargetError,
    TargetRefused,
    TargetUnavailable,
)
from sync.ledger import claims as numbered
from sync.ledger import ids, states
from sync.ledger.claims import Claims
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import (
    Against,
    Approved,
    Claim,
    ClaimDone,
    Fault,
    Place,
    Receipt,
    Submitted,
    fault,
)
from sync.ledger.states import Folder, State
from sync.report import Outcome, Step
from sync.sds.diff import Plan
from sync.sds.tables import columns
from sync.steps import acceptance, verdicts
from sync.steps.connector import View, look


def hand_over(world: World, view: View, one: Folder) -> Step:
    """Upload the files of *one* and have SDS validate them, alone.

    Raises:
        TargetError: nothing was validated, unless its `outcome_unknown` says so.
    """
    manifest = view.manifest(world, one)
    # What a person wants back is as old as it is: then the moment counts when they asked.
    since = ids.pulled_at(one.id) if manifest.restores else manifest.pulled_at
    if view.now - since > states.DATA_LASTS:
        return Step("hand-over", Outcome.STALE, view.connector, one.id)
    _check_answer(world, view, one, manifest)
    claims = _claims(world, view)
    if claims.is_open:
        return _busy(view.connector, one)
    spent = {name: own for name in claims.young if (own := _spent(world, name))}
    if list(spent.values()).count(one.id) >= states.SUBMISSIONS_EACH:
        return acceptance.write_receipt(world, view, one, Receipt(outcome="gave-up", at=view.now))
    if len(spent.keys() & set(claims.recent)) >= states.SUBMISSIONS_A_DAY:
        return Step("hand-over", Outcome.LIMITED, view.connector, one.id)
    budget = Budget.of(world.clock, states.STEP_S)
    goal = _goal(world, view.connector, budget)
    claim = Claim(delivery=one.id, at=view.now, by=uuid.uuid4().hex)
    if not world.store.claim(f"{claims.next_name}.json", claim.to_json()):
        return _busy(view.connector, one)
    return _under_claim(world, one, _Held(claims.next_name, claim.at, goal, budget), manifest)


@dataclass(frozen=True, slots=True)
class _Goal:
    """Where the files go: our connector, by name and by SDS's id, and the flows that lead on.

    `flows` is None where they may not be read. `odd` are their states that SDS may mean anything
    by: `notready`, or a word that nobody knows.
    """

    connector: str
    sds_id: str
    flows: tuple[str, ...] | None
    odd: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    """A claim that is ours: its name, when it was taken, and what it was taken for."""

    name: str
    at: datetime
    goal: _Goal
    budget: Budget


def _goal(world: World, connector: str, budget: Budget) -> _Goal:
    """Find the connector in SDS, and see whether what it is given can go anywhere.

    Raises:
        TargetRefused: it has no flow, or each of its flows is expired, disabled or failed.
    """
    target = world.target()
    found = target.connector(connector, budget)
    if len({found.id, found.name} & world.settings.connectors().keys()) > 1:
        raise ConfigError(
            "two CONNECTOR settings, a name and an id, mean one connector of SDS: each would empty"
            " what the other sent. Write it in one way everywhere"
        )
    flows = target.flows(budget)
    if flows is None:
        return _Goal(connector, found.id, None)
    ours = {flow.state for flow in flows if flow.connector_id == found.id.lower()}
    if not ours:
        raise TargetRefused(
            "this connector has no inbound flow, so what is sent would go nowhere: make one in"
            " School Data Sync"
        )
    if ours <= _DEAD:
        raise TargetRefused(
            "each inbound flow of this connector is expired, disabled or failed: look at it in"
            " School Data Sync. For a new academic year make a new one, and set its connector",
            states=" ".join(sorted(ours)),
        )
    odd = " ".join(sorted(ours - _DEAD - {"ready"}))
    return _Goal(connector, found.id, verdicts.usable(flows, found.id), odd)


_DEAD = frozenset({"expired", "disabled", "failed"})


def is_under_way(view: View) -> bool:
    """Say whether somebody may be talking to SDS about this connector, as of the listing."""
    return any(not claim.done and view.now - claim.at < states.CLAIM_LASTS for claim in view.claims)


def _claims(world: World, view: View) -> Claims:
    blobs = world.store.blobs(f"{view.prefix}{numbered.CLAIMS}/")
    return numbered.claims(view.prefix, blobs, view.now)


def _busy(connector: str, one: Folder) -> Step:
    return Step("hand-over", Outcome.BUSY, connector, one.id, again_in_s=60.0)


def _under_claim(world: World, one: Folder, held: _Held, manifest: DeliveryManifest) -> Step:
    """Do what only the holder of a claim may do, and say in its `.done` how it went."""
    connector = held.goal.connector
    given: Literal["yes", "no", "unknown"] = "no"
    failure: Fault | None = None
    try:
        view = look(world, connector)  # what was seen before the claim may have changed since
        if not _is_alone(view, one):
            return _busy(connector, one)
        _check_baselines(world, view, one, held.name)
        _upload(world, view, one, manifest, held)
        after = look(world, connector)  # somebody may have said no, or a newer one come, meanwhile
        if not _is_alone(after, one):
            return _busy(connector, one)
        # A machine that slept may come back after its claim is over and another has begun.
        if after.now - view.now > states.CLAIM_LASTS / 2:
            raise TargetUnavailable("the upload took too long: nothing was validated")
        given = "unknown"
        answer = world.target().validate(held.goal.sds_id, held.budget)
        _note(world, view, one, held, answer)
        record = Submitted(
            operation=answer.operation_id,
            digest=manifest.digest,
            claim=held.name,
            at=world.clock.now(),
        )
        world.store.create(f"{view.prefix}{one.id}/{states.SUBMITTED}", record.to_json())
        given = "yes"  # only now: until the mark stands, nobody knows that SDS is reading
    except TargetError as error:
        failure = fault(error)
        if not error.outcome_unknown:
            given = "no"
        raise
    finally:
        if given != "unknown":
            done = ClaimDone(delivery=one.id, submitted=given, fault=failure)
            world.store.claim(f"{held.name}.done", done.to_json())
    facts = dict(manifest.counts) | ({"flow": held.goal.odd} if held.goal.odd else {})
    return Step("hand-over", Outcome.SUBMITTED, connector, one.id, facts, again_in_s=15.0)


def _upload(world: World, view: View, one: Folder, manifest: DeliveryManifest, held: _Held) -> None:
    """Put every file into a fresh session."""
    files = view.files(world, one, manifest)
    target = world.target()
    session = target.open_session(held.goal.sds_id, held.budget)
    for name in columns(files):
        target.put_file(session, name, files[name], held.budget)


def _note(world: World, view: View, one: Folder, held: _Held, answer: HandedOver) -> None:
    """Note where to ask what became of this hand-over, and which flows are ours."""
    place = Place(
        address=answer.location,
        connector=held.goal.sds_id,
        flows=held.goal.flows,
        since=held.at,
    )
    name = f"{view.prefix}{one.id}/{acceptance.place_name(held.name)}"
    world.store.create(name, place.to_json())


def _is_alone(view: View, one: Folder) -> bool:
    """Say whether *one* is still what is to be sent, and SDS is not checking another."""
    ready = [folder.id for folder in view.named(State.READY)]
    return ready == [one.id] and not view.named(State.SUBMITTED)


def _check_baselines(world: World, view: View, one: Folder, claim: str) -> None:
    """Refuse a plan that was not made against all that SDS may hold now; *claim* is our own."""
    folder = f"{view.prefix}{one.id}/"
    if one.has(states.AGAINST):
        body = world.store.read(folder + states.AGAINST)
        planned = set(Against.from_json(folder + states.AGAINST, body).deliveries)
    else:  # a plan of the version before
        against = Plan.from_json(
            folder + states.PLAN, world.store.read(folder + states.PLAN)
        ).against
        planned = {against} if against else set()
    if {each.delivery for each in view.may_hold(world, claim)} - planned - {one.id}:
        raise PlanOutdated(
            "SDS may hold another delivery since this one was compared: the next pull makes a new"
            " one"
        )


def _check_answer(world: World, view: View, one: Folder, manifest: DeliveryManifest) -> None:
    if one.has(states.APPROVED):
        name = f"{view.prefix}{one.id}/{states.APPROVED}"
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
