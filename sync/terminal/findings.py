"""`findings`: what the newest sets leave out, and what to mend. It names people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
from rich.console import RenderableType

from sync.report import Exit
from sync.roster.finding_days import Dated, FindingKind
from sync.steps.findings import Findings, findings_csv, newest_findings
from sync.terminal import options, scope
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.tables import SHOWN, Rows, cut, table


@command("findings")
@click.option("--csv", "as_csv", is_flag=True, help="Print all of them as CSV, for a spreadsheet.")
@options.profiles
@options.school
def show_findings(
    terminal: Terminal, profiles: Sequence[str], school: str | None, *, as_csv: bool
) -> Result:
    """Show what the newest sets leave out, and what to mend in iSAMS. This names people.

    iSAMS is not read: it is what was found when the sets were made: that is
    when new ones were first seen.
    """
    settings = terminal.settings()
    chosen = scope.choose(settings, school, profiles)
    world = terminal.opened(settings, lambda _: None)
    with doing("Looking at what is stored"):
        newest = {profile: newest_findings(world, profile) for profile in chosen.profiles}
    told = [found for found in newest.values() if found]
    document: dict[str, object] = {
        "profiles": {profile: found and found.document() for profile, found in newest.items()}
    }
    if as_csv:
        # Stdout makes of a line end what this system takes for one.
        return Result(Exit.DONE, document, verbatim=findings_csv(told).replace("\r\n", "\n"))
    lines = [line for profile, found in newest.items() for line in _lines(profile, found)]
    return Result(Exit.DONE, document, lines)


def _lines(profile: str, found: Findings | None) -> Iterator[RenderableType]:
    if found is None:
        yield f"{profile}: no set yet; `isams-sync run` makes one, as does the app at its hour"
        return
    crowds = [kind for kind in found.kinds if kind.many_new]
    rows = _one_by_one(found, crowds)
    yield from _kinds(profile, found)
    yield from (f"{kind.code.value}: {kind.many_new}." for kind in crowds)
    yield from _records(f"Records of {profile} to mend", rows)
    yield from _records(f"Mended in {profile} within a week", found.mended)
    if crowds or len(rows) > SHOWN or len(found.mended) > SHOWN:
        yield "`isams-sync findings --csv` prints all of them."


def _one_by_one(found: Findings, crowds: Sequence[FindingKind]) -> list[Dated]:
    """Return what is there, but for the new ones of *crowds*: so many at once are one fault."""
    codes = {kind.code for kind in crowds}
    return [dated for dated in found.there if not (dated.is_new and dated.finding.code in codes)]


def _kinds(profile: str, found: Findings) -> Iterator[RenderableType]:
    if not found.there:
        yield f"{profile}: nothing to mend in set {found.set_id}"
    if found.kinds:
        yield _kinds_table(f"Findings in {profile}, set {found.set_id}", found.kinds)


def _kinds_table(title: str, kinds: Sequence[FindingKind]) -> Rows:
    """Return how many there are of each kind, since when, and what to mend; the worst first."""
    rows = [
        (kind.new, kind.older, kind.since, kind.mended, kind.code.value, kind.code.advice)
        for kind in kinds
    ]
    columns = ("new", "open", "since", "mended", "finding", "what happened, and what to mend")
    return table(title, columns, rows)


def _records(title: str, dated: Sequence[Dated]) -> Iterator[RenderableType]:
    if dated:
        found = [(each.finding, each.told) for each in dated]
        rows = [(one.record, one.name, one.code, one.detail, told) for one, told in found]
        columns = ("record", "name", "finding", "detail", "state")
        yield table(f"{title}: {len(rows):,}{cut(rows)}", columns, rows[:SHOWN])
