"""What the last hand-over left: the way to SDS's answers, and whether runs tell of our files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from sync import afterwards, fates, state
from sync.doctor.visit import Note, Row, Visit
from sync.edge.graph import FLOWS
from sync.edge.queues import Unqueued
from sync.edge.world import World, opened
from sync.fates import Fate
from sync.settings import Settings
from sync.view import View, look

_NOTHING = Note("nothing was handed over yet")


def rows(settings: Settings, visit: Visit) -> Iterator[Row]:
    """Look at each connector's newest hand-over, and knock where SDS said to ask after it."""
    for connector, profiles in settings.connectors().items():
        about = f"SDS connector of {', '.join(profiles)}"
        way, whose = f"{about}: way to SDS's answers", f"{about}: whose files a run took"
        row, seen = visit.attempt(
            way, partial(_seen, settings, connector, visit), partial(_way, visit)
        )
        yield row
        if seen is None:
            yield from visit.skipped((whose,), way)
        else:
            yield visit.attempt(whose, partial(_fate, seen), _whose).row


class _Seen(NamedTuple):
    world: World
    view: View


def _seen(settings: Settings, connector: str, visit: Visit) -> _Seen:
    world = opened(settings, lambda _: None, nudges=Unqueued(), clock=visit.clock)
    return _Seen(world, look(world, connector))


def _way(visit: Visit, seen: _Seen) -> Note:
    """Knock without a token: that the way is open shows by any answer."""
    world, view = seen
    handed = [folder for folder, _ in view.states if folder.has(state.SUBMITTED)]
    if not handed:
        return _NOTHING
    place = afterwards.place_of(world, view, handed[-1])
    if place is None or not place.address:
        return Note("no address of SDS's own was noted: Graph alone is asked")
    world.target().reach(place.address, visit.budget())
    return Note("open")


def _fate(seen: _Seen) -> Fate | None:
    handed = seen.view.hand_overs(seen.world)
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
