"""How SDS is set up, as far as the app may see it: an optional look, by roles that only read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from sync.edge.graph.identity import Tokens
from sync.edge.graph.setup import CODES, FLOW_SETS, SOURCES, YEARS, SdsSetup, may
from sync.edge.storage.queues import Unqueued
from sync.edge.world import opened
from sync.settings import Settings
from sync.steps.doctor.checks import Check, Examined, Note, Visit
from sync.steps.setup import look, shown
from sync.steps.setup.shown import Area, Misfit

OPTIONAL = (SOURCES, YEARS, FLOW_SETS, CODES)
"""What `grant-graph.py --with-sds-show` grants to read beyond what each night needs."""

SETUP = "set-up of SDS"
_AREAS: tuple[Area, ...] = ("connectors", "sources", "flows", "class groups", "year groups")


def check_setup(
    settings: Settings, tokens: Tokens, held: frozenset[str], visit: Visit
) -> Iterator[Check]:
    """Judge what the app's token shows of SDS's set-up; nothing more is asked than it allows."""
    if not any(may(held, errand) for errand in OPTIONAL):
        yield Check(SETUP, Note("not looked at: the app has no role for it, and needs none"))
        return
    seen: Examined[_Misfits] = visit.examine(SETUP, partial(_seen, settings, tokens, visit), _told)
    yield seen.check
    if seen.value:
        for area in _AREAS:
            misfits = [each for each in seen.value.found if each.area == area]
            yield Check(f"{SETUP}: {area}", _note(misfits))


class _Misfits(NamedTuple):
    found: Sequence[Misfit]
    unseen: int


def _seen(settings: Settings, tokens: Tokens, visit: Visit) -> _Misfits:
    world = opened(settings, lambda _: None, nudges=Unqueued(), clock=visit.clock)
    seen = look.seen(SdsSetup(settings.sds, tokens, visit.clock), visit.clock)
    found = shown.misfits(seen, look.expected(world), visit.clock.now())
    return _Misfits(found, len(seen.unseen()))


def _told(seen: _Misfits) -> Note:
    unseen = seen.unseen
    lists = "one list" if unseen == 1 else f"{unseen} lists"
    return Note(f"seen, but for {lists} that the app may not read" if unseen else "seen")


def _note(misfits: Sequence[Misfit]) -> Note:
    """Tell the first of what does not fit, and how many there are."""
    if not misfits:
        return Note("nothing that is seen is at odds with the settings")
    more = f"; and {len(misfits) - 1} more: `isams-sync sds show`" if len(misfits) > 1 else ""
    return Note(f"{misfits[0].sentence}{more}", misfits[0].do)
