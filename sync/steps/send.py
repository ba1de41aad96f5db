"""The second half of a run: `send` moves one connector's delivery one step.

Look at what exists, do what is next, leave word. The steps, each safe to repeat: merge the newest
sets and seal the delivery; compare it with what SDS last accepted, and hold or plan it; hand it
over under a claim; ask what became of it; follow SDS's run; write the receipt.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from sync.edge.world import World
from sync.errors import PlanOutdated, SyncError
from sync.ledger import ids, states
from sync.ledger import manifests as delivery
from sync.ledger.manifests import DeliveryManifest, SetManifest
from sync.ledger.marks import Against, Unchanged, fault
from sync.ledger.states import Folder, State
from sync.report import Outcome, Step
from sync.sds import diff, rules
from sync.sds.merge import SealedFiles, merge
from sync.sds.tables import ON_REQUEST
from sync.steps import acceptance, baselines, follow, repeats, restore, submit
from sync.steps.connector import Newest, View, look, newest_sets, set_manifest

AGAIN_S = 15.0  # the chain of a step's own nudges while SDS checks the files
CHAIN_LASTS = timedelta(minutes=8)  # then only ticks look: they start when a chain must be over
RUN_AGAIN_S = 60.0

_OPEN = (State.SUBMITTED, State.UNPROVEN, State.ACCEPTED, State.SEALED, State.READY)


def stands_still(world: World, connector: str) -> bool:
    """Say whether *connector* has work that nobody seems to be at."""
    view = look(world, connector)
    open_work = view.named(*_OPEN)
    if any(states.stands_still(one, view.now) for one in open_work):
        return True
    if view.pause:
        return restore.stands_still(view)
    newest = newest_sets(world, connector)
    if None in newest.values():
        return False
    sources = [one for one in newest.values() if one]
    last = max(one.pulled_at for one in sources)
    return view.now - last > states.STANDSTILL and not _is_covered(world, view, sources)


def send(world: World, connector: str) -> Step:
    """Move *connector* one step and tell what was done.

    Errors become the step's outcome: one that may pass leaves everything for the next nudge, one
    that a person must mend is written down, and the next pull makes another delivery.
    """
    try:
        step = _send(world, connector)
    except SyncError as error:
        outcome = Outcome.LATER if error.retry else Outcome.FAILED
        again_s = RUN_AGAIN_S if error.retry else None
        step = Step("send", outcome, connector, error=error, again_in_s=again_s)
    world.tell(step)
    return step


def _send(world: World, connector: str) -> Step:
    view = look(world, connector)
    if submitted := view.named(State.SUBMITTED):
        return _nudged(world, view, acceptance.check(world, view, submitted[0]), submitted[0])
    step = restore.go_on(world, view) if view.pause else _merge_if_newer(world, view)
    if step and step.outcome not in {Outcome.WAITING, Outcome.STALE}:
        return step
    if not view.states:
        return step or Step("merge", Outcome.NOTHING, connector)
    newest, reached = view.states[-1]
    if not step and reached is State.SEALED:
        return _ending(world, view, newest, _plan)
    if not step and reached is State.READY:
        return _ending(world, view, newest, _hand_over)
    if view.pause and reached not in {State.ACCEPTED, State.UNPROVEN, State.HELD}:
        step = Step("send", Outcome.PAUSED, connector, facts={"restored": newest.id})
    step = step or Step("send", _WAITING.get(reached, Outcome.NOTHING), connector, newest.id)
    return _followed(world, view, step)


def _followed(world: World, view: View, step: Step) -> Step:
    """Look what became of the deliveries that SDS has; return the newest's, or *step*."""
    if not view.named(State.ACCEPTED, State.UNPROVEN):
        return step
    steps = [*_asked_again(world, view)] or follow.follow(world, view)
    newest = view.states[-1][0]
    ours = step
    for each in steps:
        folder = next(one for one, _ in view.states if one.id == each.delivery)
        _nudged(world, view, each, folder)
        if folder is newest and step.outcome in {Outcome.NOTHING, Outcome.UNPROVEN}:
            ours = each
        else:
            world.tell(each)
    return ours


def _asked_again(world: World, view: View) -> Iterator[Step]:
    """Ask once more after a delivery that was never answered for: the way may be open by now."""
    for folder in view.named(State.UNPROVEN)[-1:]:
        if not folder.has(states.VOUCHED):
            step = acceptance.check(world, view, folder)
            if step.outcome is not Outcome.UNPROVEN:
                yield step


_WAITING = {
    State.HELD: Outcome.HELD,
    State.EXPIRED: Outcome.EXPIRED,
    State.REJECTED: Outcome.REJECTED,
    State.UNCHANGED: Outcome.UNCHANGED,
    State.FAILED: Outcome.FAILED,
    State.UNPROVEN: Outcome.UNPROVEN,
}


def _ending(
    world: World, view: View, one: Folder, move: Callable[[World, View, Folder], Step]
) -> Step:
    """Move *one*; a fault that only a person can mend ends this delivery."""
    try:
        return move(world, view, one)
    except SyncError as error:
        if error.retry:
            raise
        world.store.claim(f"{view.prefix}{one.id}/{states.FAILED}", fault(error).to_json())
        return Step("send", Outcome.FAILED, view.connector, one.id, error=error)


def _nudged(world: World, view: View, step: Step, one: Folder) -> Step:
    """Leave word for the next look, while the chain that began with *one*'s last mark is young."""
    if step.again_in_s is not None and view.now - max(one.made_at.values()) < CHAIN_LASTS:
        world.nudges.nudge("send", {"connector": view.connector}, step.again_in_s)
    return step


# -- merge ---------------------------------------------------------------------------------------


def _merge_if_newer(world: World, view: View) -> Step | None:
    """Merge the newest sets if no delivery covers them; None if one does, or there are none."""
    newest = newest_sets(world, view.connector)
    missing = sorted(profile for profile, one in newest.items() if one is None)
    if len(missing) == len(newest):
        return None
    if missing:
        return Step(
            "merge", Outcome.WAITING, view.connector, facts={"profiles_missing": len(missing)}
        )
    sources = [one for one in newest.values() if one]
    if _is_covered(world, view, sources):
        return None
    oldest = min(one.pulled_at for one in sources)
    if view.now - oldest > states.DATA_LASTS:
        age_h = int((view.now - oldest).total_seconds() // 3600)
        return Step("merge", Outcome.STALE, view.connector, facts={"age_h": age_h})
    try:
        return _merge(world, view, sources)
    except SyncError as error:
        if error.retry:
            raise
        own = ids.set_id(view.now, _named(sources))
        name = f"{view.prefix}{own}/{states.FAILED}"
        world.store.claim(name, fault(error).to_json())
        return Step("merge", Outcome.FAILED, view.connector, own, error=error)


def _is_covered(world: World, view: View, sources: Sequence[Newest]) -> bool:
    """Say whether the newest delivery was made of these very sets, whatever has become of it.

    Its moment alone does not tell. Of two merges at once the slower may have looked at older sets;
    and settings may have changed since.
    """
    if not view.states:
        return False
    newest = view.states[-1][0]
    if newest.id.endswith("-" + _named(sources)[:8]):
        return True  # they could not be merged
    return view.sources(world, newest) == {one.profile: one.own for one in sources}


def _named(sources: Sequence[Newest]) -> str:
    """Return a digest of the names of *sources*, for a delivery that they do not give."""
    names = "\n".join(sorted(f"{one.profile}/{one.own}" for one in sources))
    return hashlib.sha256(names.encode()).hexdigest()


def _merge(world: World, view: View, sources: list[Newest]) -> Step:
    """Merge *sources*; seal the delivery, or note that SDS holds it already.

    It is named by the moment at which we looked, which was before *sources* were looked up: so what
    is named later was made of sets that are as new or newer. The connector is part of the digest in
    its id, because an answer of a person names nothing but that id.
    """
    newest_first = sorted(sources, key=lambda one: (-one.pulled_at.timestamp(), one.profile))
    manifests = {one.profile: set_manifest(world, one.profile, one.own) for one in newest_first}
    own_grades = {grade for one in manifests.values() for grade in one.own_grades}
    sealed = [
        SealedFiles(manifests[one.profile].school, _set_files(world, one, manifests[one.profile]))
        for one in newest_first
    ]
    once_sent = view.may_have_sent(world, ON_REQUEST)
    files = rules.files(merge(sealed, once_sent), own_grades)
    facts = delivery.facts(files)
    manifest = DeliveryManifest(
        connector=view.connector,
        sources={one.profile: one.own for one in sources},
        pulled_at=min(one.pulled_at for one in manifests.values()),
        digest=delivery.digest(facts),
        files=facts,
        counts=delivery.counts(facts),
        withheld=dict(sum((Counter(one.withheld) for one in manifests.values()), Counter())),
        own_grades=tuple(sorted(own_grades)),
    )
    digest = hashlib.sha256(f"{view.connector}\n{manifest.digest}".encode()).hexdigest()
    own = ids.set_id(view.now, digest)
    folder = f"{view.prefix}{own}/"
    recent = view.hand_overs(world)
    if held := repeats.held(world, view, recent, manifest.digest):
        record = Unchanged(sources=manifest.sources, digest=manifest.digest, accepted=held)
        world.store.claim(f"{folder}{states.UNCHANGED}", record.to_json())
        return Step("merge", Outcome.UNCHANGED, view.connector, own, manifest.counts)
    repeats.demand_hope(world, view, recent, manifest)
    for name, body in files.items():
        world.store.create(f"{folder}{name}", body)
    if not world.store.claim(f"{folder}{delivery.MANIFEST}", manifest.to_json()):
        return Step("merge", Outcome.BUSY, view.connector, own, again_in_s=0)
    world.nudges.nudge("send", {"connector": view.connector})
    return Step("merge", Outcome.SEALED, view.connector, own, manifest.counts, again_in_s=0)


def _set_files(world: World, one: Newest, manifest: SetManifest) -> dict[str, bytes]:
    folder = f"{ids.profile_folder(one.profile)}{one.own}/"
    return {
        name: delivery.check(name, world.store.read(folder + name), facts)
        for name, facts in manifest.files.items()
    }


# -- plan ----------------------------------------------------------------------------------------


def _plan(world: World, view: View, one: Folder) -> Step:
    """Compare with all that SDS may hold. The hold is written before the plan, never after.

    While another delivery may be on its way to SDS, what it will hold is not known.
    """
    if submit.is_under_way(view):
        return Step("plan", Outcome.BUSY, view.connector, one.id, again_in_s=RUN_AGAIN_S)
    manifest = view.manifest(world, one)
    compared = view.may_hold(world)
    decision = diff.judge(
        manifest.digest,
        baselines.of(world, view, compared, manifest),
        view.files(world, one, manifest),
        limits=world.settings.sds.limits,
        hold_first=not compared and (world.settings.sds.hold_first or _has_ever_accepted(world)),
    )
    # Of two looks at once the one that came later may know that SDS holds less: the first counts.
    folder = f"{view.prefix}{one.id}/"
    if decision.hold:
        world.store.claim(f"{folder}{states.HELD}", decision.hold.to_json())
    _note_against(world, folder, tuple(each.delivery for each in compared))
    world.store.claim(f"{folder}{states.PLAN}", decision.plan.to_json())
    changes = {
        f"{table.removesuffix('.csv')}_{what}": count
        for table, change in decision.plan.changes.items()
        for what, count in (("added", change.added), ("removed", change.removed))
    }
    if decision.hold:
        return Step("plan", Outcome.HELD, view.connector, one.id, changes)
    world.nudges.nudge("send", {"connector": view.connector})
    return Step("plan", Outcome.PLANNED, view.connector, one.id, changes, again_in_s=0)


def _note_against(world: World, folder: str, compared: tuple[str, ...]) -> None:
    """Note with what a delivery was compared, or see that somebody has noted as much.

    Raises:
        PlanOutdated: somebody has compared it with less, when SDS could not hold as much yet.
    """
    name = f"{folder}{states.AGAINST}"
    if world.store.claim(name, Against(deliveries=compared).to_json()):
        return
    noted = Against.from_json(name, world.store.read(name)).deliveries
    if set(compared) - set(noted):
        raise PlanOutdated("this delivery was compared before SDS was given another one")


def _has_ever_accepted(world: World) -> bool:
    """Say whether SDS has accepted anything of ours, for whatever connector.

    Then a connector without a baseline is no first start: its setting was written in another way.
    """
    return any(one.name.endswith(f"/{states.ACCEPTED}") for one in world.store.blobs("connectors/"))


def _hand_over(world: World, view: View, one: Folder) -> Step:
    step = submit.hand_over(world, view, one)
    if step.outcome is Outcome.SUBMITTED:
        world.nudges.nudge("send", {"connector": view.connector}, AGAIN_S)
    return step
