"""`check`: what the doctor found, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import RenderableType

from sync.steps import doctor
from sync.steps.doctor.checks import Check
from sync.terminal import exits
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.tables import WHO, table

_WITHIN_S = 3600.0  # as long as it takes: somebody is watching


@command("check")
def check_deployment(terminal: Terminal) -> Result:
    """Try settings, iSAMS, storage, sign-in and SDS, and say what is wrong. Nothing is sent."""
    with doing("Checking") as trying:
        checks = doctor.examine(terminal.settings, terminal.clock, within_s=_WITHIN_S, tell=trying)
    code = exits.worst(exits.exit_of(check.error) for check in checks if check.error)
    lines = [(check.state, check.name, _finding(check)) for check in checks]
    shown: list[RenderableType] = [table("Checks", ("", "what", "found"), lines), _sum(checks)]
    return Result(code, doctor.document(checks), shown)


def _finding(check: Check) -> str:
    if check.error:
        return f"{check.error}\nWho must act: {WHO[check.error.who]}"
    if check.state == "warning":
        return f"{check.note.text}\nWhat to do: {check.next}"
    return check.note.text


def _sum(checks: Sequence[Check]) -> str:
    states = Counter(check.state for check in checks)
    wrong, warnings, skipped = states["wrong"], states["warning"], states["not tried"]
    if not wrong:
        sentence = "All is well" if not warnings else "Nothing is wrong"
    else:
        sentence = f"{wrong} of {len(checks)} {'is' if wrong == 1 else 'are'} wrong"
    if warnings:
        sentence += f", {warnings} {'warning' if warnings == 1 else 'warnings'}"
    if skipped:
        sentence += f", {skipped} {'was' if skipped == 1 else 'were'} not tried"
    return f"{sentence}."
