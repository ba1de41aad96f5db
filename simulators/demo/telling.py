"""What the demo shows, and what it expects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console, RenderableType

from sync.report import Step
from sync.steps.told.counts import numbers
from sync.terminal.context import out, say


class Teller:
    """Tells the story on stdout, in plain sentences; `failed` is what was not as expected."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or out()
        self._chapter = 0
        self._last = ""
        self.met = 0
        self.failed: list[str] = []

    @property
    def console(self) -> Console:
        """Where it is told: a spinner that is shown meanwhile must be shown there too."""
        return self._console

    def chapter(self, title: str) -> None:
        self._chapter += 1
        self._console.print()
        say(self._console, f"{self._chapter}. {title}", style="bold")

    def say(self, *lines: RenderableType) -> None:
        for line in lines:
            say(self._console, f"   {line}" if isinstance(line, str) else line)

    def step(self, step: Step) -> None:
        """Show a step as it ends; looks that find nothing new are shown once."""
        counts = {name: value for name, value in step.facts.items() if isinstance(value, int)}
        told = f"   {step.name:<10} {step.outcome.value:<10} {step.about:<10}"
        if any(counts.values()):
            told += f" {numbers(counts)}"
        if told != self._last:
            say(self._console, told, style="dim")
        self._last = told

    def expect(self, what: str, *, holds: bool) -> None:
        """Say *what* if it holds; if not, say so, and the demo fails."""
        say(self._console, f"   {'ok ' if holds else 'NOT SO:'} {what}")
        if holds:
            self.met += 1
        else:
            self.failed.append(what)

    def end(self) -> int:
        """Sum up, and return the exit code."""
        self._console.print()
        if self.failed:
            self._console.print(f"{len(self.failed)} of {self.met + len(self.failed)} not so:")
            self.say(*self.failed)
            return 1
        self._console.print(f"All {self.met} expectations were met. Everything here was invented.")
        return 0


def counts_by(columns: Sequence[str], rows: Mapping[str, Mapping[str, int]]) -> Iterable[list[str]]:
    """Yield a row for each key, with the counts of *columns*."""
    for key, counts in rows.items():
        yield [key, *(f"{counts.get(name, 0):,}" for name in columns)]
