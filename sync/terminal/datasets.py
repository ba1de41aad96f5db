"""`datasets`: a school's records as CSV files in a folder, for other programs to import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
from rich.console import RenderableType

from sync.errors import SyncError
from sync.exports.files import DATASETS_JSON, Exported, export_school
from sync.report import Exit
from sync.settings.export_kinds import DATASETS
from sync.steps import needs
from sync.terminal import options, scope
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal
from sync.terminal.output import WHO_READS, refuse_others, warnings, write_set
from sync.terminal.source import read_school
from sync.terminal.tables import table

_OURS = frozenset(f"{name}.csv" for name in DATASETS) | {DATASETS_JSON}


@command("datasets")
@options.folder("Where to write: a folder for each school. Some of the files name people.")
@click.option(
    "--only",
    metavar="NAME",
    multiple=True,
    type=click.Choice(DATASETS, case_sensitive=False),
    help="A file, by its name without .csv; repeatable. Left out, all: " + ", ".join(DATASETS),
)
@click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Tell the term and academic year of that day, such as 2027-01-11; left out, today's.",
)
@options.source("A document kept by --save; asks no network.")
@options.save
@options.school
def write_datasets(  # click hands each option over by name
    terminal: Terminal,
    folder: Path,
    only: Sequence[str],
    day: datetime | None,
    source: Path | None,
    save: Path | None,
    school: str | None,
) -> Result:
    """Write the school's records as CSV files for other programs. Nothing is sent or stored."""
    options.not_both(source, save)
    settings = terminal.settings()
    names, keys = only or DATASETS, settings.schools
    schools = [options.known_key("--school", school, keys)] if school else sorted(keys)
    scope.need_single_school(settings, schools, {"--from": source, "--save": save})
    for key in schools:
        refuse_others(folder / key, _OURS)
    made: list[_Made] = []
    for key in schools:
        wanted = needs.datasets_of_files(keys[key], names)
        reading = read_school(settings, key, terminal.clock, source, save, wanted)
        exported = export_school(
            reading.school, keys[key], reading.at, names, on=day.date() if day else None
        )
        made.append(_Made(key, folder / key, exported, reading.school.untold))
        made[-1].write()
    return _told(made, warnings(folder, save))


@dataclass(frozen=True, slots=True)
class _Made:
    """The files of a school, and why some could not be made."""

    key: str
    folder: Path
    exported: Exported
    untold: Mapping[str, SyncError]

    def write(self) -> None:
        """Write them, whole or not at all; raise why, if there is not one to write."""
        if self.untold and not self.exported.manifest.files:
            raise next(iter(self.untold.values()))
        write_set(self.folder, self.exported.files)


def _told(made: Sequence[_Made], warned: Iterable[str]) -> Result:
    shown = [line for each in made for line in _lines(each.key, each.exported, each.folder)]
    shown += [line for each in made for line in _reasons(each.key, each.untold)]
    shown += warned
    document = {"schools": {each.key: _document(each.exported, each.folder) for each in made}}
    return Result(Exit.PARTLY if any(each.untold for each in made) else Exit.DONE, document, shown)


def _reasons(key: str, untold: Mapping[str, SyncError]) -> Iterator[str]:
    for dataset, error in sorted(untold.items()):
        yield f"{key}: {dataset} could not be read. {error}"


def _lines(key: str, made: Exported, folder: Path) -> Iterator[RenderableType]:
    files = made.manifest.files
    rows = [(name, f"{file.rows:,}", file.tells_of) for name, file in files.items()]
    yield table(f"{key}: {len(rows)} files in {folder}", ("file", "rows", "tells of"), rows)
    if made.manifest.not_told:
        names = ", ".join(made.manifest.not_told)
        yield f"Not told, so without a file: {names}. That is not the same as empty."
    if any(file.tells_of != "nobody" for file in files.values()):
        yield f"Some of them are personal data: {WHO_READS} read them. Delete them when used."


def _document(made: Exported, folder: Path) -> dict[str, object]:
    return {
        "folder": str(folder),
        "academic_year": made.manifest.academic_year,
        "files": {
            name: {"rows": file.rows, "tells_of": file.tells_of}
            for name, file in made.manifest.files.items()
        },
        "not_told": made.manifest.not_told,
    }
