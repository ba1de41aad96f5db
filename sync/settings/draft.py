"""What is read of the app settings so far, before it becomes `Settings`."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.settings import names
from sync.settings.faults import Given, hidden, printable, quoted
from sync.settings.names import Path
from sync.settings.references import unresolved


@dataclass(frozen=True, slots=True)
class Draft:
    """What is read so far, by path, and what is wrong with it, a line each.

    `places` says where the JSON of a school or profile stands, such as `SCHOOLS_JSON west`, even if
    that sets nothing. `reported` are paths, of settings or of whole blocks, whose fault has its
    line already.
    """

    given: dict[Path, Given] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    places: dict[Path, str] = field(default_factory=dict)
    reported: set[Path] = field(default_factory=set)

    def take(self, path: Path, name: str, value: str) -> None:
        """Take a setting, unless it was given before; a reference must have been resolved."""
        if path in self.given:
            first = printable(self.given[path].name)
            self.faults.append(f"{first} and {printable(name)}: the same setting twice")
            return
        self.given[path] = Given(name, value)
        declared = names.field_of(path)
        if fault := quoted(value, declared) or unresolved(value) or hidden(value, declared):
            self.reported.add(path)
            self.faults.append(f"{printable(name)}: {fault}")

    def of(self, block: str) -> list[Path]:
        """Return the paths of what was given under *block*."""
        return [path for path in self.given if path[0] == block]

    def keys(self, block: str) -> set[str]:
        """Return the keys of the schools or profiles of which anything is known."""
        return {path[1] for path in (*self.of(block), *self.places) if path[0] == block}
