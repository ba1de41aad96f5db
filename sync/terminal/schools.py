"""How the schools of a connector stand, a line each: by their names, and by their own clocks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, tzinfo

from sync.edge.world import World
from sync.ledger.offers import ANSWERABLE, BECAUSE, Why
from sync.report import Exit
from sync.settings import Settings
from sync.steps.status_values import SchoolStatus
from sync.steps.told.clocks import zone_of
from sync.steps.told.holds import sentences
from sync.terminal.holds import how_to_answer
from sync.terminal.tables import when

FEW = 3
"""So many reasons of a hold are told, where there are lines of other schools beside it."""


def stands(settings: Settings, school: str, shown: SchoolStatus) -> str:
    """Return how *school* stands, in words: what waits and why, and since when SDS has what."""
    zone = zone_of(settings, [school])
    if shown.state == "delivered":
        return f"delivered, as read {when(shown.since, zone)}" if shown.since else "delivered"
    had = _had(shown.since, zone)
    if shown.state == "next":
        return f"is compared next, and goes if no limit is met; {had}"
    because = f": {BECAUSE[Why(shown.why)]}" if shown.why else ""
    return f"{shown.state}{because}; {had}"


def _had(since: datetime | None, zone: tzinfo) -> str:
    return f"SDS keeps it as read {when(since, zone)}" if since else "SDS has nothing of it yet"


def is_told_by_school(schools: Mapping[str, SchoolStatus]) -> bool:
    """Say whether a connector is told school by school: it has several, or a delivery cannot say.

    Of what an answer does not let go there is no delivery that waits; and what was rejected is in
    none, so that the next one has what SDS holds already.
    """
    return len(schools) > 1 or any(
        shown.state == "rejected" or (shown.state == "held" and shown.why not in ANSWERABLE)
        for shown in schools.values()
    )


def school_lines(
    world: World, schools: Mapping[str, SchoolStatus], *, errors: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Yield a line a school; what waits for a person comes first, and says how to answer it.

    *errors* are what went wrong with a school just now, by its key.
    """
    order = sorted(schools, key=lambda school: (schools[school].state != "held", school))
    for school in order:
        shown, name = schools[school], world.settings.called(school)
        yield f"{name}: {stands(world.settings, school, shown)}"
        if shown.state in {"held", "failed"} and errors and school in errors:
            yield f"  {errors[school]}"
        yield from (f"  {line}" for line in why_it_waits(school, shown, FEW))


def why_it_waits(school: str, shown: SchoolStatus, most: int | None = None) -> Iterator[str]:
    """Yield what limits the offer of *school* meets, *most* of them, and how a person answers."""
    if shown.state != "held":
        return
    met = list(sentences(shown.hold)) if shown.hold else []
    yield from met[:most]
    if most is not None and len(met) > most:
        yield f"and {len(met) - most} more: `isams-sync status --school {school}`"
    yield how_to_answer(school, shown)


def exit_of_schools(schools: Mapping[str, SchoolStatus], read: Collection[str]) -> Exit:
    """Return the exit code of what a run did not send though others went.

    A person must look if anything is held, or if what was *read* just now was rejected before.
    """
    if any(schools[school].state == "failed" for school in read if school in schools):
        return Exit.PARTLY
    waits = any(
        shown.state == "held" or (shown.state == "rejected" and school in read)
        for school, shown in schools.items()
    )
    return Exit.HELD if waits else Exit.DONE
