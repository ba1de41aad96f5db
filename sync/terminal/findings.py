"""`findings`: what the newest sets leave out, and what to mend. It names people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click
from rich.console import RenderableType

from sync.report import Exit
from sync.roster.findings import counts_by_code
from sync.steps.findings import Findings, findings_csv, newest_findings
from sync.terminal import options, scope
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.tables import SHOWN, cut, findings_table, table


@command("findings")
@click.option("--csv", "as_csv", is_flag=True, help="Print all of them as CSV, for a spreadsheet.")
@options.profiles
@options.school
def show_findings(
    terminal: Terminal, profiles: Sequence[str], school: str | None, *, as_csv: bool
) -> Result:
    """Show what the newest sets leave out, and what to mend in iSAMS. This names people.

    iSAMS is not read: it is what was found when the sets were made.
    """
    settings = terminal.settings()
    chosen = scope.choose(settings, school, profiles)
    world = terminal.opened(settings, lambda _: None)
    with doing("Looking at what is stored"):
        newest = {profile: newest_findings(world, profile) for profile in chosen.profiles}
    told = [found for found in newest.values() if found]
    document: dict[str, object] = {
        "profiles": {profile: found and _document(found) for profile, found in newest.items()}
    }
    if as_csv:
        # Stdout makes of a line end what this system takes for one.
        return Result(Exit.DONE, document, verbatim=findings_csv(told).replace("\r\n", "\n"))
    lines = [line for profile, found in newest.items() for line in _lines(profile, found)]
    return Result(Exit.DONE, document, lines)


def _document(found: Findings) -> dict[str, object]:
    rows = [asdict(finding) | {"advice": finding.code.advice} for finding in found.findings]
    return {"set": found.set_id, "findings": rows}


def _lines(profile: str, found: Findings | None) -> Iterator[RenderableType]:
    if found is None:
        yield f"{profile}: no set yet; `isams-sync run` makes one, as does the app at its hour"
    elif not found.findings:
        yield f"{profile}: nothing to mend in set {found.set_id}"
    else:
        counts = counts_by_code(found.findings)
        yield findings_table(f"Findings in {profile}, set {found.set_id}", counts)
        rows = [(each.record, each.name, each.code, each.detail) for each in found.findings]
        title = f"Records of {profile} to mend: {len(rows):,}{cut(rows)}"
        yield table(title, ("record", "name", "finding", "detail"), rows[:SHOWN])
        if len(rows) > SHOWN:
            yield "`isams-sync findings --csv` prints all of them."
