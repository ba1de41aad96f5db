"""`check`: what the doctor found, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click
from rich.console import RenderableType

from sync.steps import doctor
from sync.steps.doctor.checks import Check
from sync.steps.told.states import WHO
from sync.terminal import exits
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.tables import table

_WITHIN_S = 3600.0  # as long as it takes: somebody is watching
_LISTED = 40  # rows: one school has 30, each further one 8. Of more only what is not well is listed


@command("check")
@click.option(
    "--all",
    "in_full",
    is_flag=True,
    help="List what is well too, also where there are many schools.",
)
def check_deployment(terminal: Terminal, *, in_full: bool) -> Result:
    """Try settings, iSAMS, storage, sign-in and SDS, and say what is wrong. Nothing is sent."""
    with doing("Checking") as trying:
        checks = doctor.examine(terminal.settings, terminal.clock, within_s=_WITHIN_S, tell=trying)
    code = exits.worst(exits.exit_of(check.error) for check in checks if check.error)
    listed = checks if in_full or len(checks) <= _LISTED else _to_look_at(checks)
    lines = [(check.state, check.name, _finding(check)) for check in listed]
    shown: list[RenderableType] = [table("Checks", ("", "what", "found"), lines), _sum(checks)]
    if well := len(checks) - len(listed):
        shown.append(f"{well} are well, and not listed: `isams-sync check --all` lists them.")
    return Result(code, doctor.document(checks), shown)


def _to_look_at(checks: Sequence[Check]) -> list[Check]:
    """Return what is not well, the worst first."""
    order = ("wrong", "warning", "not tried")
    return [check for state in order for check in checks if check.state == state]


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
