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
from sync.report import Exit
from sync.roster.academic_year import school_day
from sync.sds import rehearsal
from sync.sds.rehearsal import Named, Rehearsal
from sync.settings import Settings
from sync.steps.connector import look
from sync.steps.told.counts import numbers
from sync.steps.words import words_of
from sync.terminal import options, scope
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal
from sync.terminal.source import read_school
from sync.terminal.tables import SHOWN, cut, table

_TODAY = "what iSAMS gives today"


@command("rehearse")
@click.option(
    "--on",
    "day",
    required=True,
    type=options.Day(),
    help="The day to rehearse, such as 2027-09-01.",
)
@options.source("Read a document kept by build --save; asks no network.")
def rehearse_day(terminal: Terminal, day: date, source: Path | None) -> Result:
    """Show what another day would send: Teams that go on, are new, or end; clashes; no teacher.

    iSAMS is read as it is now, and compared with what SDS may hold. Nothing is sent.
    """
    settings, on = terminal.settings(), day
    schools = _read(terminal, settings, on, source)
    now = terminal.clock.now()
    # With a saved document, or before anything was accepted: against what today would send.
    world = None if source else terminal.opened(settings, lambda _: None)
    words = {key: words_of(world.store, key) for key in schools} if world else {}
    shown: list[RenderableType] = []
    document: dict[str, object] = {}
    for connector, profiles in settings.connectors().items():
        against, before = _accepted(world, connector) if world else ("", ())
        if not against:
            before = rehearsal.of_day(settings, connector, schools, now, words)
        moment = rehearsal.noon(settings, settings.school_of(profiles[0]), on)
        made = rehearsal.rehearse(settings, connector, schools, moment, before, words)
        shown += _lines(settings, connector, made, on, against)
        document[connector] = asdict(made) | {"against": against or None}
    return Result(Exit.DONE, {"on": on.isoformat(), "connectors": document}, shown)


def _read(
    terminal: Terminal, settings: Settings, on: date, source: Path | None
) -> Mapping[str, School]:
    chosen = scope.choose(settings, None, ())
    scope.need_single_school(settings, chosen.schools, {"--from": source})
    for school in chosen.schools:
        if on < school_day(terminal.clock.now(), settings.schools[school].time_zone):
            raise click.BadParameter("this day has passed", param_hint="--on")
    return {
        school: read_school(settings, school, terminal.clock, source).school
        for school in chosen.schools
    }


def _accepted(world: World, connector: str) -> tuple[str, Sequence[Named]]:
    """Return the newest delivery that SDS may hold, and its classes; "" if there is none."""
    held = look(world, connector).may_hold()
    last = held[-1].delivery if held else None
    return (last.id, rehearsal.of_files(last.files())) if last else ("", ())


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
            rows = [(record,) for record in part.without_teacher]
            title = f"{profile}, without a teacher: {len(rows):,}{cut(rows)}"
            yield table(title, ("in iSAMS",), rows[:SHOWN])
    yield ""


def _table(title: str, classes: Sequence[Named]) -> Iterator[RenderableType]:
    """Yield a table of *classes*, those with most pupils first."""
    if classes:
        largest = sorted(classes, key=lambda named: -named.pupils)
        rows = [(named.id, named.title, named.pupils) for named in largest]
        yield table(
            f"{title}: {len(rows):,}{cut(rows)}", ("class", "title", "pupils"), rows[:SHOWN]
        )
