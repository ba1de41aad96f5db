"""`build`: the files of each profile in a folder, to look at before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import RenderableType

from sync.errors import SyncError
from sync.ledger.manifests import FINDINGS, SetManifest
from sync.ledger.marks import fault
from sync.settings import Settings
from sync.steps.seal import profile_set
from sync.terminal import exits, scope
from sync.terminal.context import Surroundings, Told
from sync.terminal.exits import Exit
from sync.terminal.output import refuse_others, write_set
from sync.terminal.scope import Chosen
from sync.terminal.source import Read, kept, read
from sync.terminal.tables import findings_table, numbers


def build(
    around: Surroundings,
    out: Path,
    chosen: tuple[str | None, Sequence[str]],
    source: Path | None,
    save: Path | None,
) -> Told:
    """Write each profile's files to `out/<profile>/`; *chosen* are `--school` and `--profile`."""
    settings = around.settings()
    wanted = scope.choose(settings, *chosen)
    scope.need_one_school(settings, wanted.schools, {"--from": source, "--save": save})
    for profile in wanted.profiles:
        refuse_others(out / profile)
    work = _Work(settings, out)
    for school in wanted.schools:
        work.write(wanted, school, read(settings, school, around.clock, source, save))
    return work.told(save)


class _Work:
    """The profiles that were written, and those that could not be."""

    def __init__(self, settings: Settings, out: Path) -> None:
        self._settings = settings
        self._out = out
        self._written: dict[str, SetManifest] = {}
        self._failed: dict[str, SyncError] = {}

    def write(self, wanted: Chosen, school: str, found: Read) -> None:
        """Write every wanted profile of *school*: one that fails does not stop the others."""
        for profile in wanted.by_school[school]:
            try:
                made = profile_set(self._settings, profile, found.school, found.at)
            except SyncError as error:
                self._failed[profile] = error
                continue
            write_set(self._out / profile, made.files)
            self._written[profile] = made.manifest

    def told(self, save: Path | None) -> Told:
        shown: list[RenderableType] = [
            line for profile in self._written for line in self._lines(profile)
        ]
        if save:
            shown.append(kept(save))
        value: dict[str, object] = {
            "profiles": {key: self._value(key) for key in self._written},
            "failed": {key: fault(error).model_dump() for key, error in self._failed.items()},
        }
        return Told(self._code(), value, shown, tuple(self._failed.values()))

    def _code(self) -> Exit:
        if self._written and self._failed:
            return Exit.PARTLY
        return exits.worst(exits.of_error(error) for error in self._failed.values())

    def _lines(self, profile: str) -> list[RenderableType]:
        manifest, folder = self._written[profile], self._out / profile
        lines: list[RenderableType] = [
            f"{profile}: {numbers(manifest.counts)}",
            f"  academic year from {manifest.academic_year}, in {folder}",
        ]
        if manifest.findings:
            title = f"Findings in {profile}. {folder / FINDINGS} says who: it names people."
            lines += ["", findings_table(title, manifest.findings)]
        return [*lines, ""]

    def _value(self, profile: str) -> dict[str, object]:
        manifest = self._written[profile]
        told = manifest.model_dump(mode="json", include={"counts", "source", "findings", "digest"})
        return told | {
            "folder": str(self._out / profile),
            "academic_year": manifest.academic_year,
        }
