"""The terminal against both simulators: commands as words, answers as text and exit code."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from simulators.invented.records import InventedSchool
from simulators.school import invent
from simulators.sds import Knobs
from simulators.staging import Stage, staged
from sync.edge.storage.folder import FolderStore
from sync.edge.storage.queues import Unqueued
from sync.edge.world import World, opened
from sync.report import Step
from sync.settings import Settings
from sync.settings.load import load
from sync.steps.connector import look
from sync.steps.follow import follow
from sync.terminal.cli import main
from sync.terminal.context import Terminal
from tests.clocks import FakeClock

RUN_S = 1800.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # Any: parsed JSON
        return json.loads(self.out)


@dataclass
class Trial:
    """One folder, one clock, two simulators; `settings` may be changed between commands."""

    stage: Stage
    clock: FakeClock
    folder: Path
    capsys: pytest.CaptureFixture[str]
    settings: dict[str, str] = field(default_factory=dict)

    def sync(self, *words: str) -> Said:
        """Type `isams-sync` and *words*; a minute passes before."""
        self.clock.advance(60)
        around = Terminal(self.settings, self.folder, self.clock, self._opened)
        code = main(words, around)
        return Said(code, *self.capsys.readouterr())

    def end_run(self) -> Step:
        """Let SDS's run end, and have the app see it, as its timer would."""
        self.clock.advance(RUN_S)
        world = self._opened(load(self.settings), lambda _: None)
        return next(iter(follow(world, look(world, self.stage.connector))))

    def asked_of_sds(self) -> set[str]:
        """Return what SDS was asked for beyond sign-in, connector and flow, by route."""
        routes = {line.route for line in self.stage.sds.requests}
        return routes - {"token", "dataConnectors", "dataConnector", "inboundFlows"}

    def _opened(self, settings: Settings, tell: Callable[[Step], None]) -> World:
        world = opened(settings, tell, nudges=Unqueued(), clock=self.clock)
        return replace(world, store=FolderStore(settings.storage.folder or "", clock=self.clock))


@contextmanager
def trial(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    school: InventedSchool | None = None,
    knobs: Knobs | None = None,
) -> Generator[Trial]:
    """Yield a trial over a small clean school, unless another is given."""
    clock = FakeClock()
    small = school or invent(60, quirks=False)
    with staged(small, clock.now, knobs or Knobs(run_duration_s=RUN_S)) as stage:
        settings = {**stage.settings, "STORAGE__FOLDER": str(folder / "rosters")}
        yield Trial(stage, clock, folder, capsys, settings)
