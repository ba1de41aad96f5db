"""Following SDS's runs: one look judges every delivery whose run is awaited.

A look costs at most three calls of Graph. What it has no call left for, the next look asks.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Literal

from sync import afterwards, fates, state, verdicts
from sync.afterwards import CHECKED
from sync.edge.clock import Budget
from sync.edge.graph_values import Counts, Run, Statistics
from sync.edge.world import World
from sync.errors import AnswerRefused, StoreConflict, StoreMissing, TargetError
from sync.fates import Fate
from sync.holdings import HandOver, handed_at
from sync.records import Checked, Counted, Receipt, RunAsked, Vouched
from sync.report import Outcome, Step
from sync.state import Folder, State
from sync.verdicts import Judgement, Known, Seen, Verdict
from sync.view import View

RUN_AGAIN_S = 60.0

_COUNTED_BEFORE = "counted-"
_COUNTED = _COUNTED_BEFORE + "{}.json"  # a run's statistics; no mark, it goes with the files


def follow(world: World, view: View) -> list[Step]:
    """Look once at SDS's runs; return a step for each delivery that is followed, oldest first.

    Raises:
        TargetError: the runs cannot be seen, and nothing is overdue yet.
    """
    followed = view.named(State.ACCEPTED, State.UNPROVEN)
    vouched = [folder for folder in followed if folder.has(state.VOUCHED)]
    if vouched:
        return [_vouched(world, view, folder) for folder in vouched]
    known = _known(world, view)
    budget = Budget.of(world.clock, state.STEP_S)
    try:
        runs = world.target().runs_since(min(each.at for each in known if each.followed), budget)
        started = _starts_run(world, view, known, runs)
        asked = _asked_for_run(world, view, budget) if started else None
        seen = Seen(runs, _counted(world, view, followed))
        judged = _judged(world, view, known, seen, budget, calls=1 if started else 2)
    except TargetError as error:
        if error.retry and not _is_overdue(known, view):
            raise
        # What SDS has accepted it has, whoever may not see its runs.
        asked, judged = error, verdicts.judge(known, Seen((), {}), view.now)
    steps = [
        write_verdict(world, view, folder, judged.verdicts[folder.id])
        for folder in _replaced_first(followed, judged.verdicts)
    ]
    return steps + [
        _awaited(view, folder, judged.heard.get(folder.id), asked)
        for folder in followed
        if folder.id not in judged.verdicts
    ]


def _is_overdue(known: Sequence[Known], view: View) -> bool:
    return any(each.followed and view.now - each.at > verdicts.RUN_WITHIN for each in known)


def _replaced_first(followed: Sequence[Folder], judged: dict[str, Verdict]) -> list[Folder]:
    """Order what is written so that a death in between leaves nothing that is judged otherwise."""
    closed = [folder for folder in followed if folder.id in judged]
    return sorted(closed, key=lambda folder: judged[folder.id].outcome == "completed")


def _awaited(
    view: View, folder: Folder, heard: Verdict | None, refusal: TargetError | None
) -> Step:
    """Say that a run is awaited still, and what the last one did with our flow, if it was over."""
    if not folder.has(state.ACCEPTED):
        return Step("run", Outcome.UNPROVEN, view.connector, folder.id)
    return Step(
        "run",
        Outcome.RUNNING,
        view.connector,
        folder.id,
        {"left_out": heard.ours} if heard else {},
        error=refusal,
        again_in_s=RUN_AGAIN_S,
    )


# -- what is known -------------------------------------------------------------------------------


def _known(world: World, view: View) -> list[Known]:
    """Return every hand-over since the last that a run took, and what is still followed before."""
    recent = view.hand_overs(world)
    listed = {hand_over.delivery for hand_over in recent}
    older = [
        HandOver(folder.id, at, fates.of(folder, None), folder)
        for folder in view.named(State.ACCEPTED, State.UNPROVEN)
        if folder.id not in listed and (at := handed_at(folder, view.claims))
    ]
    ordered = sorted([*older, *recent], key=lambda hand_over: (hand_over.at, hand_over.delivery))
    return [_as_known(world, view, hand_over) for hand_over in ordered]


def _as_known(world: World, view: View, hand_over: HandOver) -> Known:
    known = Known(hand_over.delivery, hand_over.at, hand_over.fate)
    folder = hand_over.folder
    if folder is None:
        return known
    try:
        manifest = view.manifest(world, folder)
    except (StoreMissing, StoreConflict):
        return known  # nobody knows its numbers any more, so nothing is proven by them
    known = replace(
        known,
        digest=manifest.digest,
        people=manifest.counts["users"],
        groups=manifest.counts["classes"],
        memberships=manifest.counts["enrollments"],
    )
    if not folder.has(state.SUBMITTED) or hand_over.fate is Fate.LOST:
        return known  # of a lost one SDS has said nothing, whatever it said of a later one
    place = afterwards.place_of(world, view, folder) if known.followed else None
    flows = frozenset(place.flows) if place and place.flows is not None else None
    accepted_at = folder.made_at.get(state.ACCEPTED)
    if accepted_at is None:
        return replace(known, flows=flows)
    moment = verdicts.counts_from(_ended_at(world, view, folder), known.at, accepted_at)
    return replace(known, flows=flows, counts_from=moment)


def _ended_at(world: World, view: View, folder: Folder) -> datetime | None:
    """Return when SDS's check ended; None of an older version's, or where SDS did not say."""
    if not folder.has(CHECKED):
        return None
    name = f"{view.prefix}{folder.id}/{CHECKED}"
    return Checked.from_json(name, world.store.read(name)).ended_at


# -- the look ------------------------------------------------------------------------------------


def _judged(
    world: World, view: View, known: Sequence[Known], seen: Seen, budget: Budget, *, calls: int
) -> Judgement:
    """Judge, and ask for what is needed to judge more, while there are *calls* left."""
    judgement = verdicts.judge(known, seen, view.now)
    if not judgement.needs or not calls:
        return judgement
    more = _seen_more(world, view, seen, judgement.needs, budget)
    return _judged(world, view, known, more, budget, calls=calls - 1)


def _seen_more(world: World, view: View, seen: Seen, needs: str, budget: Budget) -> Seen:
    if needs == verdicts.FLOWS:
        return replace(seen, flows=_flows_now(world, view, budget))
    try:
        world.target().statistics(needs, budget)
    except TargetError as error:
        if error.retry or needs not in world.target().counted():
            raise
    found = world.target().counted()[needs]
    folder = view.named(State.ACCEPTED, State.UNPROVEN)[-1]
    name = f"{view.prefix}{folder.id}/{_COUNTED.format(needs)}"
    world.store.claim(name, _as_record(found).to_json())
    return replace(seen, statistics={**seen.statistics, needs: found})


def _counted(world: World, view: View, followed: Sequence[Folder]) -> dict[str, Statistics | None]:
    """Return the statistics that this process or another has asked for already, by run.

    They are kept beside the delivery, because nearly every look is made by a process of its own.
    """
    known = dict(world.target().counted())
    for folder in followed:
        for name in folder.made_at:
            run = name.removeprefix(_COUNTED_BEFORE).removesuffix(".json")
            if name.startswith(_COUNTED_BEFORE) and run not in known:
                whole = f"{view.prefix}{folder.id}/{name}"
                record = Counted.from_json(whole, world.store.read(whole))
                known[run] = _as_statistics(record)
    return known


def _as_record(statistics: Statistics | None) -> Counted:
    if statistics is None:
        return Counted(totals=None, activities=None)
    return Counted.model_validate(asdict(statistics))


def _as_statistics(record: Counted) -> Statistics | None:
    if record.totals is None:
        return None
    activities = None
    if record.activities is not None:
        activities = {
            flow: Counts(**counts.model_dump()) for flow, counts in record.activities.items()
        }
    return Statistics(Counts(**record.totals.model_dump()), activities)


def _flows_now(world: World, view: View, budget: Budget) -> verdicts.FlowsNow | Literal["hidden"]:
    flows = world.target().flows(budget)
    if flows is None:
        return "hidden"
    return verdicts.flows_now(flows, _connector_id(world, view, budget))


def _connector_id(world: World, view: View, budget: Budget) -> str:
    """Return SDS's id of the connector, as noted at a hand-over; one before that was not noted."""
    for folder in reversed(view.named(State.ACCEPTED, State.UNPROVEN)):
        if place := afterwards.place_of(world, view, folder):
            return place.connector
    return world.target().connector(view.connector, budget).id


def _starts_run(world: World, view: View, known: Sequence[Known], runs: Sequence[Run]) -> bool:
    """Say whether SDS is to be asked for a run now; what has begun already is noted.

    After a lost answer a second start would cost one of five: so it is looked at what has begun.
    """
    newest = view.named(State.ACCEPTED)[-1:]
    if not world.settings.sds.start_run or not newest or newest[0].has(state.RUN_ASKED):
        return False
    ours = next(each for each in known if each.delivery == newest[0].id)
    if verdicts.begun_since(ours, runs):
        _note_asked(world, view, started=True)
        return False
    return True


def _asked_for_run(world: World, view: View, budget: Budget) -> TargetError | None:
    """Ask SDS to run, once; return why it would not. Then its own run, twice a day, will do."""
    started, refusal = False, None
    try:
        started = world.target().start_run(budget)
    except TargetError as error:
        if error.retry:
            raise
        refusal = error
    _note_asked(world, view, started=started)
    return refusal


def _note_asked(world: World, view: View, *, started: bool) -> None:
    record = RunAsked(at=world.clock.now(), started=started)
    folder = view.named(State.ACCEPTED)[-1]
    world.store.claim(f"{view.prefix}{folder.id}/{state.RUN_ASKED}", record.to_json())


# -- what is written -----------------------------------------------------------------------------


def write_verdict(world: World, view: View, folder: Folder, verdict: Verdict) -> Step:
    """Write what *verdict* says: the acceptance first where only its counts proved it."""
    if verdict.outcome == "completed" and not folder.has(state.ACCEPTED):
        afterwards.accept(world, view, folder)
    receipt = Receipt(
        outcome=verdict.outcome, at=view.now, run=_run(verdict), counts=_counts(verdict)
    )
    return afterwards.write_receipt(world, view, folder, receipt)


def _run(verdict: Verdict) -> dict[str, str]:
    """Return what a receipt says of the run; blank words are left out."""
    told = {
        "id": verdict.run.id if verdict.run else "",
        "status": verdict.run.status if verdict.run else "",
        "blocked_by": (verdict.run.blocked_by or "") if verdict.run else "",
        fates.OURS: verdict.ours,
        fates.WHOSE: verdict.whose or "",
        fates.KNOWN_BY: "counts" if verdict.by_counts else "",
        fates.REPLACED_BY: verdict.replaced_by,
    }
    return {name: word for name, word in told.items() if word}


def _counts(verdict: Verdict) -> dict[str, int]:
    """Return the counts by name; what SDS left out is left out, because it is not 0."""
    found = asdict(verdict.counts) if verdict.counts else {}
    return {name: value for name, value in found.items() if isinstance(value, int)}


# -- a person's word -----------------------------------------------------------------------------


def vouch(world: World, view: View, folder: Folder) -> Step:
    """Take a person's word that SDS holds the unproven delivery in *folder*.

    Raises:
        AnswerRefused: something was handed over after it, so it may be gone again.
    """
    later = [each for each in view.may_hold(world) if each.delivery != folder.id]
    at = handed_at(folder, view.claims)
    if at is None or any(each.at > at for each in later):
        raise AnswerRefused(
            "a newer delivery was handed to SDS since: whether SDS holds this one still, nobody"
            " can say; see status"
        )
    record = Vouched(at=view.now, by=uuid.uuid4().hex)
    world.store.claim(f"{view.prefix}{folder.id}/{state.VOUCHED}", record.to_json())
    return _vouched(world, view, folder)


def _vouched(world: World, view: View, folder: Folder) -> Step:
    """Write what follows from a person's word; every part may be there already."""
    if not folder.has(state.ACCEPTED):
        afterwards.accept(world, view, folder)
    receipt = Receipt(outcome="completed", at=view.now, run={fates.KNOWN_BY: "person"})
    return afterwards.write_receipt(world, view, folder, receipt)
