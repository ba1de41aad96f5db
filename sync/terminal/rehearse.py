"""`rehearse`: what another day would send. Nothing is sent and nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click
from rich.console import RenderableType

from sync.edge.world import World
from sync.isams.school import School
from sync.report import Step
from sync.roster.academic_year import school_day
from sync.sds import rehearsal
from sync.sds.rehearsal import Named, Rehearsal
from sync.settings import Settings
from sync.steps.connector import look
from sync.terminal import scope
from sync.terminal.context import Surroundings, Told
from sync.terminal.exits import Exit
from sync.terminal.source import read
from sync.terminal.tables import numbers, table

_SHOWN = 20  # rows of a table; --json has all
_TODAY = "what iSAMS gives today"


def rehearsed(around: Surroundings, on: date, source: Path | None) -> Told:
    """Rehearse every connector for the day *on*, against the newest that SDS may hold.

    With a saved document, or before anything was accepted: against what today would send.
    """
    settings = around.settings()
    reads = _read(around, settings, on, source)
    now = around.clock.now()
    world = None if source else around.opened(settings, _untold)
    shown: list[RenderableType] = []
    value: dict[str, object] = {}
    for connector, profiles in settings.connectors().items():
        against, before = _accepted(world, connector) if world else ("", ())
        if not against:
            before = rehearsal.of_day(settings, connector, reads, now)
        moment = rehearsal.noon(settings, settings.school_of(profiles[0]), on)
        made = rehearsal.rehearse(settings, connector, reads, moment, before)
        shown += _lines(settings, connector, made, on, against)
        value[connector] = asdict(made) | {"against": against or None}
    return Told(Exit.DONE, {"on": on.isoformat(), "connectors": value}, shown)


def _read(
    around: Surroundings, settings: Settings, on: date, source: Path | None
) -> Mapping[str, School]:
    wanted = scope.choose(settings, None, ())
    scope.need_one_school(settings, wanted.schools, {"--from": source})
    for school in wanted.schools:
        if on < school_day(around.clock.now(), settings.schools[school].time_zone):
            raise click.BadParameter("this day has passed", param_hint="--on")
    return {
        school: read(settings, school, around.clock, source).school for school in wanted.schools
    }


def _accepted(world: World, connector: str) -> tuple[str, Sequence[Named]]:
    """Return the newest delivery that SDS may hold, and its classes; "" if there is none."""
    view = look(world, connector)
    held = view.may_hold(world)
    last = held[-1].folder if held else None
    if last is None:
        return "", ()
    return last.id, rehearsal.of_files(view.files(world, last, view.manifest(world, last)))


def _lines(
    settings: Settings, connector: str, made: Rehearsal, on: date, against: str
) -> Iterator[RenderableType]:
    yield f"{connector} on {on}, against {against or _TODAY}. Nothing is sent."
    yield (
        f"  Teams that go on: {len(made.goes_on):,}; new: {len(made.new):,}; end:"
        f" {len(made.ended):,}"
    )
    for profile, part in made.parts.items():
        yield f"  {profile}: {numbers(part.counts)}; academic year from {part.academic_year}"
        year = settings.schools[settings.school_of(profile)].school_year
        if isinstance(year, int):
            yield (
                f"  SCHOOL_YEAR is {year}, so classes keep that year: change it on the day, or"
                " leave it out."
            )
        if part.without_pupils:
            yield f"  {part.without_pupils:,} classes have no pupils until PUPILS_FROM."
    yield from _table("Teams that end", made.ended)
    yield from _table("New Teams", made.new)
    alike = "Called like another: put {academic_year} into CLASS_TITLE"
    yield from _table(alike, made.clashes)
    for profile, part in made.parts.items():
        if part.without_teacher:
            rows = [(record,) for record in part.without_teacher[:_SHOWN]]
            yield f"{profile}, without a teacher: {len(part.without_teacher):,}"
            yield table("", ("in iSAMS",), rows)
    yield ""


def _table(title: str, classes: Sequence[Named]) -> Iterator[RenderableType]:
    if classes:
        rows = [(one.id, one.title) for one in classes[:_SHOWN]]
        more = f", the first {_SHOWN}" if len(classes) > _SHOWN else ""
        yield f"{title}: {len(classes):,}{more}"
        yield table("", ("class", "title"), rows)


def _untold(step: Step) -> None:
    """Tell nobody: nothing is done."""
    del step
