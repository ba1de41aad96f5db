"""What the last hand-over left: the way to SDS's answers, and whether runs tell of our files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from sync.edge.graph.sds import FLOWS
from sync.edge.storage.queues import Unqueued
from sync.edge.world import World, opened
from sync.ledger import fates
from sync.ledger.fates import Fate
from sync.ledger.marks import Submitted
from sync.settings import Settings
from sync.steps.connector import Listing, look
from sync.steps.delivery import Delivery
from sync.steps.doctor import class_ids, every_class, many_classes, suffixes
from sync.steps.doctor.checks import Check, Note, Visit

type Judge = Callable[[Sequence[Delivery]], Note]
"""What is told of the deliveries that SDS may hold, oldest first; there is at least one."""

_NOTHING = Note("nothing was handed over yet")


def check_hand_overs(settings: Settings, visit: Visit) -> Iterator[Check]:
    """Look at each connector's newest hand-over, and knock where SDS said to ask after it."""
    for connector, profiles in settings.connectors().items():
        about = f"SDS connector of {', '.join(profiles)}"
        way, whose = f"{about}: way to SDS's answers", f"{about}: whose files a run took"
        judged = {f"{about}: {what}": judge for what, judge in _judges(settings, connector).items()}
        check, listed = visit.examine(
            way,
            partial(_listed, settings, connector, visit),
            partial(_way, visit),
            connector=connector,
        )
        yield check
        if listed is None:
            yield from visit.skipped((whose, *judged), way)
            continue
        yield visit.examine(whose, partial(_fate, listed), _whose, connector=connector).check
        held = cache(listed.listing.held)
        for name, judge in judged.items():
            yield visit.examine(name, held, partial(_of_held, judge), connector=connector).check


def _judges(settings: Settings, connector: str) -> Mapping[str, Judge]:
    """Return what is looked at in the deliveries that SDS may hold of *connector*, and how."""
    return {
        "teachers of every class": lambda held: every_class.note_of(
            every_class.of_every_class(settings, connector, held)
        ),
        "titles with a suffix": lambda held: suffixes.note_of(
            suffixes.changed_titles(settings, connector, held[-1])
        ),
        "class ids": lambda held: class_ids.note_of(class_ids.with_new_ids(held)),
        "classes of a person": lambda held: many_classes.note_of(
            many_classes.most_classes(held[-1])
        ),
    }


def _of_held(judge: Judge, held: Sequence[Delivery]) -> Note:
    return judge(held) if held else Note("SDS holds nothing of ours yet")


class _ConnectorListed(NamedTuple):
    world: World
    listing: Listing


def _listed(settings: Settings, connector: str, visit: Visit) -> _ConnectorListed:
    world = opened(settings, lambda _: None, nudges=Unqueued(), clock=visit.clock)
    return _ConnectorListed(world, look(world, connector))


def _way(visit: Visit, listed: _ConnectorListed) -> Note:
    """Knock without a token: that the way is open shows by any answer."""
    world, listing = listed
    handed = [delivery for delivery in listing.deliveries if delivery.has(Submitted)]
    if not handed:
        return _NOTHING
    tracking = handed[-1].tracking()
    if tracking is None or not tracking.address:
        return Note("no address of SDS's own was noted: Graph alone is asked")
    world.target().reach(tracking.address, visit.budget())
    return Note("open")


def _fate(listed: _ConnectorListed) -> Fate | None:
    handed = listed.listing.hand_overs()
    return handed[-1].fate if handed else None


_PORTAL = "look at Sync health in School Data Sync"
_DO: Mapping[Fate, str] = {
    Fate.ENDED: f"grant {FLOWS.role}, to {FLOWS.words}, unless the app has it",
    Fate.UNPROVEN: f"see the row before this; then {_PORTAL}, and approve it if it is there",
    Fate.NO_ANSWER: f"see the row before this, and {_PORTAL}",
    **dict.fromkeys(
        (Fate.NOT_TAKEN, Fate.UNSEEN, Fate.GAVE_UP, Fate.INCOMPLETE, Fate.FAULTY), _PORTAL
    ),
    Fate.REFUSED: "see its receipt in the status",
}


def _whose(fate: Fate | None) -> Note:
    if fate is None:
        return _NOTHING
    return Note(f"the last is {fates.TABLE[fate].word}", _DO.get(fate, ""))
