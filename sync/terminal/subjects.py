"""`subjects`: what `INCLUDED_SUBJECTS` and `EXCLUDED_SUBJECTS` can be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sync.edge.clock import Budget
from sync.edge.world import open_source
from sync.errors import concerning
from sync.isams.school import Subject
from sync.report import Exit
from sync.steps import pull
from sync.terminal import options
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.scope import only_school
from sync.terminal.source import kept_subjects
from sync.terminal.tables import table

_COLUMNS = ("id", "code", "name")


@command("subjects")
@options.school
@options.source("A document kept by build --save.")
def list_subjects(terminal: Terminal, school: str | None, source: Path | None) -> Result:
    """List id, code and name of the school's subjects."""
    subjects = kept_subjects(source) if source else _live_subjects(terminal, school)
    rows = list(pull.subject_rows(subjects))
    document = {"subjects": [dict(zip(_COLUMNS, row, strict=True)) for row in rows]}
    return Result(Exit.DONE, document, [table(f"{len(rows)} subjects", _COLUMNS, rows)])


def _live_subjects(terminal: Terminal, school: str | None) -> Mapping[str, Subject]:
    settings = terminal.settings()
    key = only_school(settings, school)
    isams = open_source(settings.schools[key], terminal.clock)
    with doing(f"Reading the subjects of {key}"), concerning(school=key):
        return isams.subjects(Budget.of(terminal.clock, pull.PULL_S))
