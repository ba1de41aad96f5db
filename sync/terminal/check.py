"""`check`: what the doctor found, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import RenderableType

from sync.steps import doctor
from sync.steps.doctor.attempts import Row
from sync.terminal import exits
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.tables import WHO, table

_WITHIN_S = 3600.0  # as long as it takes: somebody is watching


@command("check")
def check_deployment(terminal: Terminal) -> Result:
    """Try settings, iSAMS, storage, sign-in and SDS, and say what is wrong. Nothing is sent."""
    with doing("Checking") as trying:
        rows = doctor.check(terminal.settings, terminal.clock, within_s=_WITHIN_S, tell=trying)
    code = exits.worst(exits.exit_of(row.error) for row in rows if row.error)
    lines = [(row.state, row.check, _finding(row)) for row in rows]
    shown: list[RenderableType] = [table("Checks", ("", "what", "found"), lines), _sum(rows)]
    return Result(code, doctor.document(rows), shown)


def _finding(row: Row) -> str:
    if row.error:
        return f"{row.error}\nWho must act: {WHO[row.error.who]}"
    if row.state == "warning":
        return f"{row.note.told}\nWhat to do: {row.next}"
    return row.note.told


def _sum(rows: Sequence[Row]) -> str:
    states = Counter(row.state for row in rows)
    wrong, warnings, skipped = states["wrong"], states["warning"], states["not tried"]
    if not wrong:
        sentence = "All is well" if not warnings else "Nothing is wrong"
    else:
        sentence = f"{wrong} of {len(rows)} {'is' if wrong == 1 else 'are'} wrong"
    if warnings:
        sentence += f", {warnings} {'warning' if warnings == 1 else 'warnings'}"
    if skipped:
        sentence += f", {skipped} {'was' if skipped == 1 else 'were'} not tried"
    return f"{sentence}."
