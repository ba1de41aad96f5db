"""`datasets`: a school's records as CSV files in a folder, for other programs to import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType

from sync.exports.files import DATASETS_JSON, Exported, export_school
from sync.settings.export_kinds import DATASETS
from sync.steps import needs
from sync.terminal import scope
from sync.terminal.context import Surroundings, Told, one_of
from sync.terminal.exits import Exit
from sync.terminal.output import refuse_others, write_set
from sync.terminal.source import kept, read
from sync.terminal.tables import table

_OURS = frozenset(f"{name}.csv" for name in DATASETS) | {DATASETS_JSON}


def datasets(
    around: Surroundings,
    out: Path,
    chosen: tuple[str | None, Sequence[str]],
    source: Path | None,
    save: Path | None,
) -> Told:
    """Write files to `out/<school>/`; *chosen* are `--school` and `--only`."""
    settings = around.settings()
    school, only = chosen
    names = only or DATASETS
    schools = [one_of("--school", school, settings.schools)] if school else sorted(settings.schools)
    scope.need_one_school(settings, schools, {"--from": source, "--save": save})
    for key in schools:
        refuse_others(out / key, _OURS)
    made: dict[str, Exported] = {}
    for key in schools:
        place = settings.schools[key]
        found = read(
            settings, key, around.clock, source, save, needs.datasets_of_files(place, names)
        )
        made[key] = export_school(found.school, place, found.at, names)
        write_set(out / key, made[key].files)
    shown = [line for key, one in made.items() for line in _lines(key, one, out / key)]
    if save:
        shown.append(kept(save))
    value = {"schools": {key: _value(one, out / key) for key, one in made.items()}}
    return Told(Exit.DONE, value, shown)


def _lines(key: str, made: Exported, folder: Path) -> Iterator[RenderableType]:
    files = made.manifest.files
    rows = [(name, f"{one.rows:,}", one.tells_of) for name, one in files.items()]
    yield table(f"{key}: {len(rows)} files in {folder}", ("file", "rows", "tells of"), rows)
    if made.manifest.not_told:
        told = ", ".join(made.manifest.not_told)
        yield f"Not told, so without a file: {told}. That is not the same as empty."
    if any(one.tells_of != "nobody" for one in files.values()):
        yield "Some of them are personal data: only you can read them. Delete them when used."


def _value(made: Exported, folder: Path) -> dict[str, object]:
    return {
        "folder": str(folder),
        "academic_year": made.manifest.academic_year,
        "files": {
            name: {"rows": one.rows, "tells_of": one.tells_of}
            for name, one in made.manifest.files.items()
        },
        "not_told": made.manifest.not_told,
    }
