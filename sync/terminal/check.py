"""`check`: what the doctor found, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import RenderableType

from sync.steps import doctor
from sync.steps.doctor.attempts import Check
from sync.terminal import exits
from sync.terminal.context import Surroundings, Told, doing
from sync.terminal.tables import WHO, table

_WITHIN_S = 3600.0  # as long as it takes: somebody is watching


def check(around: Surroundings) -> Told:
    """Try settings, storage, sign-in, SDS and iSAMS; tell of each."""
    with doing("Checking") as trying:
        rows = doctor.examine(around.settings, around.clock, within_s=_WITHIN_S, tell=trying)
    code = exits.worst(exits.of_error(row.error) for row in rows if row.error)
    lines = [(row.state, row.name, _found(row)) for row in rows]
    shown: list[RenderableType] = [table("Checks", ("", "what", "found"), lines), _sum(rows)]
    return Told(code, doctor.document(rows), shown)


def _found(row: Check) -> str:
    if row.error:
        return f"{row.error}\nWho must act: {WHO[row.error.who]}"
    if row.state == "warning":
        return f"{row.note.text}\nWhat to do: {row.next}"
    return row.note.text


def _sum(rows: Sequence[Check]) -> str:
    states = Counter(row.state for row in rows)
    wrong, warnings, skipped = states["wrong"], states["warning"], states["not tried"]
    if not wrong:
        told = "All is well" if not warnings else "Nothing is wrong"
    else:
        told = f"{wrong} of {len(rows)} {'is' if wrong == 1 else 'are'} wrong"
    if warnings:
        told += f", {warnings} {'warning' if warnings == 1 else 'warnings'}"
    if skipped:
        told += f", {skipped} {'was' if skipped == 1 else 'were'} not tried"
    return f"{told}."
