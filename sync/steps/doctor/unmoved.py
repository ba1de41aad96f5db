"""Whether what iSAMS gives of each school changes at all, by what was read and is stored."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sync.edge.storage.queues import Unqueued
from sync.edge.world import opened
from sync.settings import Settings
from sync.steps.doctor.checks import Check, Note, Visit
from sync.steps.unmoved import days_unmoved

MEND = (
    "compare a recent change with iSAMS: is ISAMS_HOST the live system, and does the key give what"
    " is there now? docs/troubleshooting.md, State unmoved"
)


def check_changes(settings: Settings, visit: Visit) -> Iterator[Check]:
    """Look for how long each school has stood still: iSAMS is not asked."""
    waiting = {f"school {school}: changes": school for school in settings.schools}
    for name in sorted(waiting):
        check = visit.examine(name, partial(_days, settings, waiting.pop(name), visit), _note).check
        yield check
        if check.error:  # storage, which the others need as well
            yield from visit.skipped(sorted(waiting), name)
            return


def _days(settings: Settings, school: str, visit: Visit) -> int:
    world = opened(settings, lambda _: None, nudges=Unqueued(), clock=visit.clock)
    return days_unmoved(world, school, visit.clock.now())


def _note(school_days: int) -> Note:
    if not school_days:
        return Note("nothing stands still")
    return Note(f"iSAMS has given the same for {school_days} school days", MEND)
