"""`build`: the files of each profile in a folder, to look at before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import RenderableType

from sync.errors import SyncError
from sync.ledger.manifests import FINDINGS, PEOPLE, WHY, Beside, SetManifest
from sync.ledger.marks import fault
from sync.report import Exit
from sync.sds.titles import MEND, called_apart, titles
from sync.settings import Settings
from sync.steps.seal import profile_set
from sync.steps.told.counts import numbers
from sync.terminal import exits, options, scope
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal
from sync.terminal.output import refuse_others, warnings, write_set
from sync.terminal.scope import Chosen
from sync.terminal.source import Read, read_school
from sync.terminal.tables import findings_table

_NOT_WRITTEN = frozenset({PEOPLE, WHY, Beside.file_name})  # nobody asked for a copy of all names


@command("build")
@options.folder("Where to write: a folder for each profile. The files name people.")
@options.source("Build from a document kept by --save; asks no network.")
@options.save
@options.profiles
@options.school
def build_files(  # click hands each option over by name
    terminal: Terminal,
    folder: Path,
    source: Path | None,
    save: Path | None,
    profiles: Sequence[str],
    school: str | None,
) -> Result:
    """Write each profile's files, to look at. Nothing is sent and nothing is stored."""
    options.not_both(source, save)
    settings = terminal.settings()
    chosen = scope.choose(settings, school, profiles)
    scope.need_single_school(settings, chosen.schools, {"--from": source, "--save": save})
    for profile in chosen.profiles:
        refuse_others(folder / profile)
    work = _Work(settings, folder)
    for key in chosen.schools:
        work.write(chosen, key, read_school(settings, key, terminal.clock, source, save))
    return work.result(save)


class _Work:
    """The profiles that were written, and those that could not be."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._written: dict[str, SetManifest] = {}
        self._titles: dict[str, Mapping[str, str]] = {}
        self._failed: dict[str, SyncError] = {}

    def write(self, chosen: Chosen, school: str, reading: Read) -> None:
        """Write the chosen profiles of *school*: if a profile fails, the others go on."""
        for profile in chosen.by_school[school]:
            try:
                made = profile_set(self._settings, profile, reading.school, reading.at)
            except SyncError as error:
                self._failed[profile] = error
                continue
            files = {name: body for name, body in made.files.items() if name not in _NOT_WRITTEN}
            write_set(self._folder / profile, files)
            self._written[profile] = made.manifest
            self._titles[profile] = titles(made.files)

    def result(self, save: Path | None) -> Result:
        """Return what came of it; *save* is where the document was kept, if it was."""
        shown: list[RenderableType] = [
            line for profile in self._written for line in self._lines(profile)
        ]
        shown += [f"{sentence}. {MEND}\n" for sentence in self._called_apart()]
        shown += [f"{sentence}.\n" for sentence in self._settings.doubts()]
        shown += warnings(self._folder, save)
        document: dict[str, object] = {
            "profiles": {key: self._document(key) for key in self._written},
            "failed": {key: fault(error).model_dump() for key, error in self._failed.items()},
        }
        return Result(self._code(), document, shown, tuple(self._failed.values()))

    def _called_apart(self) -> Iterator[str]:
        """Yield which classes profiles of a connector call differently; they were read at once."""
        for profiles in self._settings.connectors().values():
            yield from called_apart(
                {key: self._titles[key] for key in profiles if key in self._titles}
            )

    def _code(self) -> Exit:
        if self._written and self._failed:
            return Exit.PARTLY
        return exits.worst(exits.exit_of(error) for error in self._failed.values())

    def _lines(self, profile: str) -> list[RenderableType]:
        manifest, folder = self._written[profile], self._folder / profile
        lines: list[RenderableType] = [
            f"{profile}: {numbers(manifest.counts)}",
            f"  academic year from {manifest.academic_year}, in {folder}",
        ]
        if manifest.findings:
            title = f"Findings in {profile}. {folder / FINDINGS} says who: it names people."
            lines += ["", findings_table(title, manifest.findings)]
        return [*lines, ""]

    def _document(self, profile: str) -> dict[str, object]:
        manifest = self._written[profile]
        shown = manifest.model_dump(mode="json", include={"counts", "source", "findings", "digest"})
        return shown | {
            "folder": str(self._folder / profile),
            "academic_year": manifest.academic_year,
        }
