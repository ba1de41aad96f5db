"""What a command is given, and what it gives back: the same for every command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sync.edge.clock import Clock
from sync.edge.world import World
from sync.errors import ConfigError, SyncError
from sync.report import Exit, Step
from sync.settings import Settings
from sync.settings.load import load
from sync.settings.local_file import LOCAL_FILE, with_local_file

PLAIN_WIDTH = 110  # columns where stdout is no terminal: a file or a pipe


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command runs: tests hand in another.

    `folder` is where local.settings.json is looked for. `opened` opens the outside, without
    queues, and tells each step to the callable that it is given.
    """

    env: Mapping[str, str]
    folder: Path
    clock: Clock
    opened: Callable[[Settings, Callable[[Step], None]], World]

    def settings(self) -> Settings:
        """Read the settings: the environment's, then the local file's; raises `ConfigError`."""
        try:
            text = (self.folder / LOCAL_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            text = None
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{LOCAL_FILE}: is there, but cannot be read as UTF-8") from None
        return load(with_local_file(self.env, text))


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a command: `shown` and `errors` for people, `document` for programs."""

    code: Exit
    document: Mapping[str, object]
    shown: Sequence[RenderableType] = ()
    errors: Sequence[SyncError] = ()


def out() -> Console:
    """Return the console for results: stdout, on which nothing is markup."""
    return _console(on_stderr=False)


def err() -> Console:
    """Return the console for progress and errors: stderr."""
    return _console(on_stderr=True)


def _console(*, on_stderr: bool) -> Console:
    console = Console(stderr=on_stderr, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console


@contextmanager
def doing(what: str) -> Iterator[Callable[[str], None]]:
    """Show *what* is being done and for how long, on stderr and only on a terminal.

    What is yielded takes a word on how far it is.
    """
    console = err()
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task(what, total=None)
        yield lambda word: shown.update(task, description=f"{what} ({word})")
