"""`subjects`: what `INCLUDED_SUBJECTS` and `EXCLUDED_SUBJECTS` can be, and the use of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rich.console import RenderableType

from sync.edge.clock import Budget
from sync.edge.world import open_source
from sync.errors import SourceError, SourceIncomplete, SourceRefused, concerning
from sync.isams.datasets import FORMS, NOTHING_MORE, TEACHING_FORMS, Wanted
from sync.isams.school import School, Subject
from sync.ledger.marks import fault
from sync.report import Exit
from sync.roster.subject_use import SubjectUse, use_of_subjects
from sync.settings.text import as_years
from sync.steps import pull
from sync.terminal import options
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.scope import only_school
from sync.terminal.source import kept_school, kept_subjects, read_school
from sync.terminal.tables import table

_COLUMNS = ("id", "code", "name")
_USES = ("sets", "years", "pupils", "")
_LESSONS = Wanted(besides=frozenset({FORMS, TEACHING_FORMS}))
_NO_LESSONS = (
    "Lessons to whole forms are not told: the Batch API has them, if Teaching Forms and Forms are"
    " ticked for its key."
)


@command("subjects")
@options.school
@options.source("A document kept by build --save.")
def list_subjects(terminal: Terminal, school: str | None, source: Path | None) -> Result:
    """List the school's subjects: id, code, name, and the sets, years and pupils of each."""
    read = _of_document(source) if source else _live(terminal, school)
    whole = _whole(read)
    if isinstance(whole, SourceError):
        subjects = kept_subjects(source) if source else _live_subjects(terminal, school)
        return _without_uses(subjects, whole)
    return _with_uses(whole)


# -- reading -------------------------------------------------------------------------------------


def _of_document(source: Path) -> Callable[[Wanted], School]:
    return lambda wanted: kept_school(source, wanted)


def _live(terminal: Terminal, school: str | None) -> Callable[[Wanted], School]:
    settings = terminal.settings()
    key = only_school(settings, school)

    def read(wanted: Wanted) -> School:
        return read_school(settings, key, terminal.clock, None, asked=wanted).school

    return read


def _whole(
    read: Callable[[Wanted], School], wanted: Wanted = _LESSONS
) -> School | SourceIncomplete | SourceRefused:
    """Return the school: without lessons to forms if the key lacks these, or why it is not told.

    Subjects are looked up when nothing else is settled yet, so a key that lacks a method, or lists
    that are empty before term, are no reason to show none.
    """
    try:
        return read(wanted)
    except SourceIncomplete as error:
        return error
    except SourceRefused as error:
        if not {"methods", "module", "place"} & error.facts.keys():
            raise
        return _whole(read, NOTHING_MORE) if wanted is _LESSONS else error


def _live_subjects(terminal: Terminal, school: str | None) -> Mapping[str, Subject]:
    settings = terminal.settings()
    key = only_school(settings, school)
    isams = open_source(settings.schools[key], terminal.clock)
    with doing(f"Reading the subjects of {key}"), concerning(school=key):
        return isams.subjects(Budget.of(terminal.clock, pull.PULL_S))


# -- showing -------------------------------------------------------------------------------------


def _with_uses(school: School) -> Result:
    uses = use_of_subjects(school)
    subjects = list(pull.subject_rows(school.subjects))
    rows = [(*row, *_cells(uses[row[0]])) for row in subjects]
    shown: list[RenderableType] = [table(f"{len(rows)} subjects", (*_COLUMNS, *_USES), rows)]
    if school.teaching_forms is None:
        shown.append(_NO_LESSONS)
    document = [_document(row) | _use_document(uses[row[0]]) for row in subjects]
    return Result(Exit.DONE, {"subjects": document}, shown)


def _without_uses(subjects: Mapping[str, Subject], why: SourceError) -> Result:
    rows = list(pull.subject_rows(subjects))
    shown: list[RenderableType] = [
        table(f"{len(rows)} subjects", _COLUMNS, rows),
        f"Sets, years and pupils are not told: {why}",
    ]
    document = {"subjects": [_document(row) for row in rows], "not_told": fault(why).model_dump()}
    return Result(Exit.DONE, document, shown)


def _cells(use: SubjectUse) -> Iterator[str]:
    yield f"{use.sets:,}"
    yield as_years(use.years)
    yield f"{use.pupils:,}"
    yield "only lessons to whole forms" if use.whole_forms else ""


def _document(row: tuple[str, str, str]) -> dict[str, object]:
    return dict(zip(_COLUMNS, row, strict=True))


def _use_document(use: SubjectUse) -> dict[str, object]:
    return {
        "sets": use.sets,
        "years": sorted(use.years),
        "pupils": use.pupils,
        "only_whole_forms": use.whole_forms,
    }
